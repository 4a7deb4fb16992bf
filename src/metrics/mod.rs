//! What the server counts about itself, for Prometheus.
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

pub mod instrument;
pub mod process;
pub mod requests;
pub mod text;

use instrument::{Counter, Family, Gauge};
use requests::Requests;

/// What requests, logins and jobs come to. The store and the password pool count for themselves.
#[derive(Debug, Default)]
pub struct Metrics {
    pub requests: Requests,
    /// Open connections.
    pub connections: Gauge,
    /// Access tokens by grant type and format.
    pub tokens_issued: Family<2>,
    /// Authorization requests that were answered, by outcome: `granted`, or the error.
    pub authorizations: Family<1>,
    /// Attempts to sign in, by outcome.
    pub logins: Family<1>,
    /// Requests that were one too many, by what they exceeded.
    pub refusals: Family<1>,
    /// Runs of background jobs, by job and outcome.
    pub job_runs: Family<2>,
    /// Rows that the sweep deleted.
    pub swept_rows: Counter,
}
