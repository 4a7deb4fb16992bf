//! Counts kept over time: what this process counted since the last time is added to the sums of the hour and the day.
//!
//! Nothing on the way of a request counts for this: the instruments of the metrics are read now and then, and what they have
//! grown by is written, a batch at a time. A process that is killed loses the counts of the last half minute.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use tokio::sync::Mutex;

use crate::clock::Timestamp;
use crate::jobs::{Uses, in_batches};
use crate::metrics::Metrics;
use crate::store::connection::AnyConnection;
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
        let counted = written.add_growth(&totals(metrics), store, now).await;
        let noted = self.note_active(&mut written, store, now).await;
        counted.and(noted)
    }

    async fn note_active(&self, written: &mut Written, store: &Store, now: Timestamp) -> Result<(), StoreError> {
        let today = now - now.rem_euclid(counts::DAY);
        if written.day != today {
            written.day = today;
            written.active.clear();
        }
        let mut active = self.active.take();
        active.retain(|(owner, _)| !written.active.contains(&written.hasher.hash_one(owner)));
        let (noted, outcome) =
            in_batches(store, &active, move |connection, owners| note_owners(connection, owners, now)).await;
        self.active.put_back(active.split_off(noted));
        written.active.extend(active.iter().map(|(owner, _)| written.hasher.hash_one(owner)));
        outcome
    }
}

/// Notes who was active today, and counts whom nobody noted before.
fn note_owners(
    connection: &mut AnyConnection,
    owners: &[(String, Timestamp)],
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut first = 0;
    for (owner, _) in owners {
        first += i64::from(counts::note_activity(connection, owner, now)?);
    }
    if first > 0 {
        counts::add(connection, &[Increase { name: ACTIVE_USERS, label: String::new(), by: first }], now)?;
    }
    Ok(())
}

impl Written {
    /// Adds to the sums what has grown since it was written.
    async fn add_growth(&mut self, totals: &Totals, store: &Store, now: Timestamp) -> Result<(), StoreError> {
        let increases: Vec<Increase> = totals
            .iter()
            .filter_map(|((name, label), total)| {
                let before = self.totals.get(&(*name, label.clone())).copied().unwrap_or(0);
                let by = i64::try_from(total.saturating_sub(before)).unwrap_or(i64::MAX);
                (by > 0).then(|| Increase { name, label: label.clone(), by })
            })
            .collect();
        let (written, outcome) =
            in_batches(store, &increases, move |connection, batch| Ok(counts::add(connection, batch, now)?)).await;
        for Increase { name, label, by } in increases.into_iter().take(written) {
            *self.totals.entry((name, label)).or_default() += by.unsigned_abs();
        }
        outcome
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
