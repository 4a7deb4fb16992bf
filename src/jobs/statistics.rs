//! Counts kept over time: what this process counted since the last time is added to the sums of the hour and the day.
//!
//! Nothing on the way of a request counts for this: the instruments of the metrics are read now and then, and what they have
//! grown by is written, a batch at a time. A process that is killed loses the counts of the last minute at most.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use tokio::sync::Mutex;

use crate::clock::Timestamp;
use crate::jobs::pace::Pace;
use crate::jobs::waiting::Waiting;
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
    active: Waiting<String, ()>,
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
    /// Notes that a user did something.
    pub fn note_active(&self, owner: &str) {
        let mut active = self.active.lock();
        if !active.contains_key(owner) {
            active.insert(owner.to_owned(), ());
        }
    }

    /// Writes what is new. What could not be written is written the next time.
    pub async fn flush(
        &self,
        metrics: &Metrics,
        store: &Store,
        now: Timestamp,
        pace: fn(usize) -> Pace,
    ) -> Result<(), StoreError> {
        let mut written = self.written.lock().await;
        let counted = written.add_growth(&totals(metrics), store, now, pace).await;
        let noted = self.write_active(&mut written, store, now, pace).await;
        counted.and(noted)
    }

    async fn write_active(
        &self,
        written: &mut Written,
        store: &Store,
        now: Timestamp,
        pace: fn(usize) -> Pace,
    ) -> Result<(), StoreError> {
        let today = now - now.rem_euclid(counts::DAY);
        if written.day != today {
            written.day = today;
            written.active.clear();
        }
        let new: Vec<u64> = {
            let mut active = self.active.lock();
            active.retain(|owner, ()| !written.active.contains(&written.hasher.hash_one(owner)));
            active.keys().map(|owner| written.hasher.hash_one(owner)).collect()
        };
        let write = move |connection: &mut _, owners: &mut [(String, ())]| {
            owners.sort_unstable();
            note_owners(connection, owners, now)
        };
        self.active.write(store, pace, write, |(), ()| ()).await?;
        written.active.extend(new);
        Ok(())
    }
}

/// Notes who was active today, and counts whom nobody noted before.
fn note_owners(connection: &mut AnyConnection, owners: &[(String, ())], now: Timestamp) -> Result<(), StoreError> {
    let mut first = 0;
    for (owner, ()) in owners {
        first += i64::from(counts::note_activity(connection, owner, now)?);
    }
    if first > 0 {
        counts::add(connection, &[Increase { name: ACTIVE_USERS, label: String::new(), by: first }], now)?;
    }
    Ok(())
}

impl Written {
    /// Adds to the sums what has grown since it was written, in the order of the names: two processes that write the same rows
    /// in different orders would wait for each other.
    async fn add_growth(
        &mut self,
        totals: &Totals,
        store: &Store,
        now: Timestamp,
        pace: fn(usize) -> Pace,
    ) -> Result<(), StoreError> {
        let increases: Vec<Increase> = totals
            .iter()
            .filter_map(|((name, label), total)| {
                let before = self.totals.get(&(*name, label.clone())).copied().unwrap_or(0);
                let by = i64::try_from(total.saturating_sub(before)).unwrap_or(i64::MAX);
                (by > 0).then(|| Increase { name, label: label.clone(), by })
            })
            .collect();
        let mut pace = pace(increases.len());
        for batch in increases.chunks(pace.rows()) {
            let rows = batch.to_vec();
            store.write::<_, StoreError, _>(move |connection| Ok(counts::add(connection, &rows, now)?)).await?;
            for Increase { name, label, by } in batch {
                *self.totals.entry((*name, label.clone())).or_default() += by.unsigned_abs();
            }
            pace.pause().await;
        }
        Ok(())
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
