//! What the store counts about itself.

use crate::metrics::instrument::{Counter, Family, Gauge, Histogram};

/// Counted by the store's threads and their callers.
#[derive(Debug)]
pub struct Figures {
    pub reads: Traffic,
    pub writes: Traffic,
    /// Calls that the store or the database failed, by reason; not those that a rule refused.
    pub failures: Family<1>,
    /// Units of work in each of SQLite's transactions.
    pub batch_sizes: Histogram,
    /// How long SQLite's transactions took, from their beginning to their end on disk.
    pub batch_times: Histogram,
    pub pool: PoolFigures,
}

impl Figures {
    /// Calls that the store or the database failed.
    pub fn failed(&self) -> u64 {
        self.failures.get().iter().map(|(_, count)| count).sum()
    }
}

/// Calls of one kind.
#[derive(Debug)]
pub struct Traffic {
    /// What it is called in traces.
    pub(super) step: &'static str,
    pub in_flight: Gauge,
    /// From the call to its answer.
    pub times: Histogram,
}

/// What the pool of connections says; it lives as long as the pool.
#[derive(Debug, Clone)]
pub struct PoolFigures(std::sync::Arc<PoolCounts>);

#[derive(Debug)]
pub struct PoolCounts {
    /// How long a thread waited for a connection.
    pub waits: Histogram,
    /// Waits that ended without one.
    pub timeouts: Counter,
    /// Connections that could not be opened.
    pub errors: Counter,
}

impl Default for Figures {
    fn default() -> Self {
        let traffic = |step| Traffic { step, in_flight: Gauge::default(), times: Histogram::of_times() };
        Self {
            reads: traffic("store read"),
            writes: traffic("store write"),
            failures: Family::default(),
            batch_sizes: Histogram::of_sizes(),
            batch_times: Histogram::of_times(),
            pool: PoolFigures(
                PoolCounts { waits: Histogram::of_times(), timeouts: Counter::default(), errors: Counter::default() }
                    .into(),
            ),
        }
    }
}

impl std::ops::Deref for PoolFigures {
    type Target = PoolCounts;

    fn deref(&self) -> &PoolCounts {
        &self.0
    }
}
