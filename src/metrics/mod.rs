//! What the server counts about itself, for Prometheus and for the console.
//!
//! Instruments are relaxed atomics that belong to what they describe. There is no global registry: servers in one process
//! count for themselves, and nothing on the way of a request is looked up by a metric's name. What can be read off
//! anyway (the length of a queue, the age of a key) is not counted but read when somebody asks.
//!
//! Labels are `&'static str` or the pattern of a route: nothing that a request says can become one. So the number of series
//! is bounded, and no name, identifier or secret gets out.
//!
//! # Why our own
//! The common crates keep a global registry, or take a lock and hash the labels for each observation and answer in
//! OpenMetrics only. What we need of them is two pages: [`instrument`] and [`text`].

pub mod history;
pub mod instrument;
pub mod process;
pub mod requests;
pub mod text;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use history::History;
use instrument::{Counter, Family, Gauge};
use requests::{Requests, Seen};

/// What requests, logins and jobs come to. The store and the password pool count for themselves.
#[derive(Debug, Default)]
pub struct Metrics {
    pub requests: Requests,
    /// Open connections.
    pub connections: Gauge,
    /// Connections that we shut down, by reason.
    pub connections_closed: Family<1>,
    /// Access tokens by grant type and format.
    pub tokens_issued: Family<2>,
    /// Authorization requests that were answered, by outcome: `granted`, or the error.
    pub authorizations: Family<1>,
    /// Attempts to sign in, by outcome.
    pub logins: Family<1>,
    /// Attempts to hand over a letter, by outcome.
    pub mails: Family<1>,
    /// Requests that were one too many, by what they exceeded.
    pub refusals: Family<1>,
    /// Runs of background jobs, by job and outcome.
    pub job_runs: Family<2>,
    /// Rows that the sweep deleted.
    pub swept_rows: Counter,
    /// When each job last ended with each outcome, in seconds since the Unix epoch.
    last_runs: Mutex<BTreeMap<(&'static str, &'static str), i64>>,
    /// How the database was when it was last looked at.
    condition: Mutex<Condition>,
    /// By how many seconds our clock and the database's differed when a job last asked; `None` when it got no answer, or the
    /// database has no clock of its own.
    clock_difference: Mutex<Option<i64>>,
    /// Settings of PostgreSQL's that are off, so that a crash may take what it confirmed; none while that is unknown.
    risky_settings: Mutex<Vec<String>>,
    /// How many of everything there were when it was last counted.
    census: Mutex<Census>,
    pub history: History,
}

/// How the database is; unknown until it was looked at, and when it could not be.
#[derive(Clone, Debug, Default)]
pub struct Condition {
    pub size_bytes: Option<u64>,
    /// Rows that wait to be swept, by table; not counted to the end where there are many. Empty when unknown.
    pub backlog: Vec<(&'static str, u64)>,
}

/// How many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    pub clients: i64,
    pub resource_owners: i64,
    pub live_grants: i64,
    /// Users who did something today, within 7 days, within 30 days.
    pub active: [i64; 3],
}

impl Metrics {
    /// Counts the run of a job that ended at this time.
    pub fn job_ended(&self, job: &'static str, outcome: &'static str, at: i64) {
        self.job_runs.increment([job, outcome]);
        self.last_runs.lock().unwrap_or_else(PoisonError::into_inner).insert((job, outcome), at);
    }

    /// Job, outcome, and when it last ended so.
    pub fn last_runs(&self) -> Vec<(&'static str, &'static str, i64)> {
        let runs = self.last_runs.lock().unwrap_or_else(PoisonError::into_inner);
        runs.iter().map(|((job, outcome), at)| (*job, *outcome, *at)).collect()
    }

    pub fn set_condition(&self, condition: Condition) {
        *self.condition.lock().unwrap_or_else(PoisonError::into_inner) = condition;
    }

    pub fn set_clock_difference(&self, seconds: Option<i64>) {
        *self.clock_difference.lock().unwrap_or_else(PoisonError::into_inner) = seconds;
    }

    pub fn clock_difference(&self) -> Option<i64> {
        *self.clock_difference.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn set_risky_settings(&self, settings: Vec<String>) {
        *self.risky_settings.lock().unwrap_or_else(PoisonError::into_inner) = settings;
    }

    pub fn risky_settings(&self) -> Vec<String> {
        self.risky_settings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn set_census(&self, census: Census) {
        *self.census.lock().unwrap_or_else(PoisonError::into_inner) = census;
    }

    pub fn census(&self) -> Census {
        *self.census.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn condition(&self) -> Condition {
        self.condition.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Everything that was refused, by reason: OAuth's errors in JSON and by redirect, sign-ins, and what came too often.
    pub fn refusals(&self, routes: &[Seen]) -> BTreeMap<&'static str, u64> {
        let mut refusals = BTreeMap::new();
        let mut add = |reason, count: u64| {
            if count > 0 {
                *refusals.entry(reason).or_insert(0) += count;
            }
        };
        for route in routes {
            add("too_many_requests", route.throttled);
            for ([error], count) in &route.errors {
                // What came too often has this error too.
                let counted = if *error == "temporarily_unavailable" { route.throttled } else { 0 };
                add(error, count.saturating_sub(counted));
            }
        }
        for ([outcome], count) in self.authorizations.get() {
            add(outcome, if outcome == "granted" { 0 } else { count });
        }
        for ([outcome], count) in self.logins.get() {
            add("login_failed", if outcome == "failed" { count } else { 0 });
        }
        refusals
    }
}
