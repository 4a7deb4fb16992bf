//! What the store counts about itself.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crate::metrics::instrument::{Counter, Family, Gauge, Histogram};

/// Counted by the store's threads and their callers.
#[derive(Debug)]
pub struct Figures {
    pub reads: Traffic,
    pub writes: Traffic,
    /// Calls that the store itself failed, by reason.
    pub failures: Family<1>,
    /// Units of work in each of SQLite's transactions.
    pub batch_sizes: Histogram,
    /// How long SQLite's transactions took, from their beginning to their end on disk.
    pub batch_times: Histogram,
    pub pool: PoolFigures,
    /// When and what the last look at the generation number found.
    started: Instant,
    generation: AtomicI64,
    looked_at: AtomicU64,
}

/// Calls of one kind.
#[derive(Debug)]
pub struct Traffic {
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
        let traffic = || Traffic { in_flight: Gauge::default(), times: Histogram::of_times() };
        Self {
            reads: traffic(),
            writes: traffic(),
            failures: Family::default(),
            batch_sizes: Histogram::of_sizes(),
            batch_times: Histogram::of_times(),
            pool: PoolFigures(
                PoolCounts { waits: Histogram::of_times(), timeouts: Counter::default(), errors: Counter::default() }
                    .into(),
            ),
            started: Instant::now(),
            generation: AtomicI64::new(0),
            looked_at: AtomicU64::new(0),
        }
    }
}

impl std::ops::Deref for PoolFigures {
    type Target = PoolCounts;

    fn deref(&self) -> &PoolCounts {
        &self.0
    }
}

impl Figures {
    /// Notes the generation number that was just read.
    pub(super) fn note_generation(&self, generation: i64) {
        self.generation.store(generation, Relaxed);
        self.looked_at.store(u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX), Relaxed);
    }

    /// The newest generation number that is known.
    pub fn generation(&self) -> i64 {
        self.generation.load(Relaxed)
    }

    /// How long ago the database last answered which generation it is at; what is kept in memory is at most that old.
    pub fn since_last_look(&self) -> Duration {
        self.started.elapsed().saturating_sub(Duration::from_millis(self.looked_at.load(Relaxed)))
    }
}
