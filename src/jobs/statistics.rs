//! Counts kept over time: what this process counted since the last time is added to the sums of the hour and the day.
//!
//! Nothing on the way of a request counts for this: the instruments of the metrics are read now and then, and what they have
//! grown by is written, in one transaction. A process that is killed loses the counts of the last half minute.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use tokio::sync::Mutex;

use crate::clock::Timestamp;
use crate::jobs::Uses;
use crate::metrics::Metrics;
use crate::store::counts::{self, Increase};
use crate::store::{Store, StoreError};

/// What is kept, and the label that says what of it.
pub const TOKENS: &str = "tokens";
pub const LOGINS: &str = "logins";
pub const REFUSALS: &str = "refusals";
/// By method and route: answers, their microseconds, and those that took more than half a second.
pub const REQUESTS: &str = "requests";
pub const MICROSECONDS: &str = "request_microseconds";
pub const SLOW: &str = "slow_requests";
/// Users by day; without a label.
pub const ACTIVE_USERS: &str = "active_users";

/// From here on an answer is slow, in microseconds: a bound of the histograms.
const SLOW_FROM: u64 = 500_000;

/// What was written already.
#[derive(Debug, Default)]
pub struct Statistics {
    written: Mutex<Written>,
    /// Users that did something, until it is written.
    pub active: Uses,
}

#[derive(Debug, Default)]
struct Written {
    totals: Totals,
    /// Who was written today already, as hashes: there may be many.
    day: Timestamp,
    active: HashSet<u64>,
    hasher: RandomState,
}

type Totals = BTreeMap<(&'static str, String), u64>;

impl Statistics {
    /// Writes what is new. What could not be written is written the next time.
    pub async fn flush(&self, metrics: &Metrics, store: &Store, now: Timestamp) -> Result<(), StoreError> {
        let mut written = self.written.lock().await;
        let today = now - now.rem_euclid(counts::DAY);
        if written.day != today {
            written.day = today;
            written.active.clear();
        }
        let totals = totals(metrics);
        let increases: Vec<Increase> = totals
            .iter()
            .filter_map(|((name, label), total)| {
                let before = written.totals.get(&(*name, label.clone())).copied().unwrap_or(0);
                let by = i64::try_from(total.saturating_sub(before)).unwrap_or(i64::MAX);
                (by > 0).then(|| Increase { name, label: label.clone(), by })
            })
            .collect();
        let mut active = self.active.take();
        active.retain(|owner, _| !written.active.contains(&written.hasher.hash_one(owner)));
        if increases.is_empty() && active.is_empty() {
            return Ok(());
        }
        let owners: Vec<String> = active.keys().cloned().collect();
        let outcome = store
            .write::<_, StoreError, _>(move |connection| {
                let mut increases = increases.clone();
                let mut first = 0;
                for owner in &owners {
                    first += i64::from(counts::note_activity(connection, owner, now)?);
                }
                if first > 0 {
                    increases.push(Increase { name: ACTIVE_USERS, label: String::new(), by: first });
                }
                Ok(counts::add(connection, &increases, now)?)
            })
            .await;
        match outcome {
            Ok(()) => {
                written.totals = totals;
                let hashes: Vec<u64> = active.keys().map(|owner| written.hasher.hash_one(owner)).collect();
                written.active.extend(hashes);
                Ok(())
            }
            Err(error) => {
                for (owner, at) in active {
                    self.active.note(&owner, at);
                }
                Err(error)
            }
        }
    }
}

fn totals(metrics: &Metrics) -> Totals {
    let mut totals = Totals::new();
    let mut add = |name, label: &str, count: u64| {
        if count > 0 {
            *totals.entry((name, label.to_owned())).or_insert(0) += count;
        }
    };
    for ([grant_type, _], count) in metrics.tokens_issued.get() {
        add(TOKENS, grant_type, count);
    }
    for ([outcome], count) in metrics.logins.get() {
        add(LOGINS, outcome, count);
    }
    let routes = metrics.requests.get();
    for (reason, count) in metrics.refusals(&routes) {
        add(REFUSALS, reason, count);
    }
    for route in &routes {
        for (method, times) in &route.times {
            let label = format!("{method} {}", route.pattern);
            add(REQUESTS, &label, times.count);
            add(MICROSECONDS, &label, times.sum);
            let quick = times.cumulative.iter().find(|(bound, _)| *bound == SLOW_FROM).map_or(0, |(_, count)| *count);
            add(SLOW, &label, times.count.saturating_sub(quick));
        }
    }
    totals
}
