//! What handlers know of a server that is about to stop: readiness says no, and every answer ends its connection.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Begins once and never ends.
#[derive(Debug, Default)]
pub struct Stopping {
    has_begun: AtomicBool,
    /// Requests that came since, but for probes.
    late: AtomicU64,
}

impl Stopping {
    pub fn begin(&self) {
        self.has_begun.store(true, Ordering::SeqCst);
    }

    pub fn has_begun(&self) -> bool {
        self.has_begun.load(Ordering::SeqCst)
    }

    /// Takes note of a request; says whether its connection ends with its answer.
    pub fn notes_request(&self, path: &str) -> bool {
        let has_begun = self.has_begun();
        if has_begun && !path.starts_with("/health/") && !path.starts_with("/metrics") {
            self.late.fetch_add(1, Ordering::Relaxed);
        }
        has_begun
    }

    /// How many requests have come although readiness says no.
    pub fn late_requests(&self) -> u64 {
        self.late.load(Ordering::Relaxed)
    }
}
