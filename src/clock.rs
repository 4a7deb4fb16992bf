//! The clock: the only place that may read the time.
//!
//! All times are whole seconds since the Unix epoch ([`Timestamp`]). Handlers take the time once and pass it down, so one
//! request sees one moment. Tests move a [`Clock::manual`] forward instead of sleeping; it starts at the real time and
//! never goes back, because oxide-auth's machines compare with the real clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

/// Seconds since the Unix epoch.
pub type Timestamp = i64;

/// A length of time in seconds, to be added to a [`Timestamp`].
pub type Seconds = i64;

/// Where the time comes from. Cheap to clone; clones of a manual clock move together.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The time of this machine.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that starts at the real time, stands still, and moves when told to.
    pub fn manual() -> Self {
        Self(Source::Manual(Arc::new(AtomicI64::new(system_now()))))
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System => system_now(),
            Source::Manual(seconds) => seconds.load(Ordering::SeqCst),
        }
    }

    /// Moves a manual clock forward.
    ///
    /// # Panics
    /// On the system's clock, which nobody can move.
    pub fn advance(&self, seconds: u32) {
        match &self.0 {
            Source::System => panic!("only a manual clock can be moved"),
            Source::Manual(now) => now.fetch_add(i64::from(seconds), Ordering::SeqCst),
        };
    }
}

fn system_now() -> Timestamp {
    i64::try_from(since_epoch().as_secs()).unwrap_or(i64::MAX)
}

/// Nanoseconds since the Unix epoch by this machine, whatever a manual clock says: for what is only told, not decided by.
pub fn wall_nanos() -> u64 {
    u64::try_from(since_epoch().as_nanos()).unwrap_or(u64::MAX)
}

/// Milliseconds since the Unix epoch, likewise: for what is written in the order of its making.
pub fn wall_millis() -> u64 {
    wall_nanos() / 1_000_000
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the time")]
fn since_epoch() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}
