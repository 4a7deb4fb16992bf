//! The last hour, in memory: a reading every few seconds, for pictures without anything that collects metrics.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use super::instrument::Distribution;
use super::requests::Seen;

/// Seconds between readings.
pub const INTERVAL: i64 = 5;
/// Readings that are kept: an hour.
const READINGS: usize = 720;
/// Every so many readings, what each route counted is kept too, for a few minutes.
const EVERY: u64 = 6;
const TOTALS: usize = 11;

/// Numbers of one moment. What is counted, is counted since the process started.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reading {
    /// Seconds since the Unix epoch.
    pub at: i64,
    pub requests: u64,
    /// Of those, how many ended in a class 5xx.
    pub failures: u64,
    pub refusals: u64,
    /// Microseconds within which half, 95 and 99 of a hundred requests since the last reading were answered, or
    /// [`BEYOND`](super::instrument::BEYOND).
    pub times: Option<[u64; 3]>,
    /// Units of work that wait for the store, and password hashes that wait.
    pub store_queue: u64,
    pub password_queue: u64,
    pub resident_bytes: u64,
    /// `None` when the database could not be looked at.
    pub database_bytes: Option<u64>,
}

/// What has been counted by route and by reason until one moment.
#[derive(Debug)]
pub struct Totals {
    pub at: i64,
    pub routes: Vec<Seen>,
    pub refusals: BTreeMap<&'static str, u64>,
    /// Password hashes that found the queue full, and calls that the store did not serve.
    pub refused_hashes: u64,
    pub store_failures: u64,
}

#[derive(Debug, Default)]
pub struct History(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    number: u64,
    readings: VecDeque<Reading>,
    totals: VecDeque<std::sync::Arc<Totals>>,
    /// Of all requests until the last reading.
    times: Option<Distribution>,
}

impl History {
    /// Keeps a reading with what was counted until it.
    pub fn add(&self, mut reading: Reading, totals: Totals) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let times =
            Distribution::sum(totals.routes.iter().flat_map(|route| route.times.iter().map(|(_, times)| times)));
        if let (Some(times), Some(before)) = (&times, &kept.times) {
            let since = times.since(before);
            let part = |part| since.quantile(part);
            reading.times =
                part(0.5).zip(part(0.95)).zip(part(0.99)).map(|((half, most), nearly)| [half, most, nearly]);
        }
        kept.times = times.or(kept.times.take());
        if kept.number.is_multiple_of(EVERY) {
            kept.totals.push_back(totals.into());
        }
        kept.number += 1;
        kept.readings.push_back(reading);
        while kept.readings.len() > READINGS {
            kept.readings.pop_front();
        }
        while kept.totals.len() > TOTALS {
            kept.totals.pop_front();
        }
    }

    /// Those of the last `seconds` before `now`, in the order of time.
    pub fn readings(&self, now: i64, seconds: i64) -> Vec<Reading> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.readings.iter().filter(|reading| reading.at > now - seconds - INTERVAL).copied().collect()
    }

    /// What had been counted about five minutes ago; since the start, when that is later.
    pub fn before(&self) -> Option<std::sync::Arc<Totals>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).totals.front().cloned()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::metrics::requests::{Ended, Requests};

    #[test]
    fn an_hour_is_kept_and_times_are_those_since_the_last_reading() {
        let (history, requests) = (History::default(), Requests::default());
        for number in 0..800 {
            let took = Duration::from_millis(if number < 799 { 1 } else { 400 });
            requests.record(Some("/a"), Ended { method: "GET", status: 200, took, error: None });
            let reading = Reading { at: number * INTERVAL, ..Reading::default() };
            let (routes, refusals) = (requests.get(), BTreeMap::new());
            let totals = Totals { at: reading.at, routes, refusals, refused_hashes: 0, store_failures: 0 };
            history.add(reading, totals);
        }
        let now = 799 * INTERVAL;
        let kept = history.readings(now, 3600);
        assert_eq!((kept.len(), kept[0].at), (READINGS, now - 3595));
        let [half, ..] = kept[718].times.unwrap();
        assert!((500..=1000).contains(&half), "{half}");
        let [half, ..] = kept[719].times.unwrap();
        assert!((250_000..=500_000).contains(&half), "{half}");
        let before = history.before().unwrap();
        assert!((now - 330..=now - 270).contains(&before.at), "{}", before.at);
    }
}
