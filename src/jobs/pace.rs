//! How much a job beside the requests writes at once.
//!
//! On SQLite a batch holds up whoever writes meanwhile, and to a distant PostgreSQL each row takes its time. So batches are short and
//! pauses long: while a usual load's rows are written or deleted, a few in a hundred of that time belong to it on a disk that syncs
//! within a millisecond. Where there is so much that this would not keep up, batches are larger, as the transactions of such a
//! load are by themselves.

use std::time::Duration;

/// Between two batches.
const PAUSE: Duration = Duration::from_millis(32);
/// Rows in a batch at least, and at most where one statement does for all of them.
const ROWS: (usize, usize) = (16, 1_600);
/// The most where each row takes a few statements, and with them a few ways to PostgreSQL.
const SINGLY: usize = 256;
/// After so many batches, thirteen seconds, they grow to twice as many rows where nobody knows how many there are.
const PATIENCE: u32 = 400;
/// What a batch takes itself, about, for who must be ready within a time.
const WRITING: Duration = Duration::from_millis(8);
/// Rows in a batch for who does not pause: with three statements for a row, a database fifteen milliseconds away writes them
/// before its caller has lost patience.
const HURRIED: usize = 32;

/// How many rows the next batch may have, and how long it waits.
#[derive(Debug)]
pub struct Pace {
    rows: usize,
    batches: u32,
    pause: Duration,
    grows: bool,
}

impl Pace {
    /// Beside requests, for as many rows as there are.
    pub const fn calm() -> Self {
        Self { rows: ROWS.0, batches: 0, pause: PAUSE, grows: true }
    }

    /// Beside requests, for so many rows within about so long, or longer where they are very many.
    pub fn within(time: Duration, rows: usize) -> Self {
        let batches = time.as_millis() / (PAUSE + WRITING).as_millis();
        let batches = usize::try_from(batches).unwrap_or(usize::MAX).max(1);
        Self { rows: rows.div_ceil(batches).clamp(ROWS.0, SINGLY), batches: 0, pause: PAUSE, grows: false }
    }

    /// For what somebody waits for.
    pub const fn hurried() -> Self {
        Self { rows: HURRIED, batches: 0, pause: Duration::ZERO, grows: false }
    }

    /// Rows of the next batch at most.
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// After a batch: lets requests that came meanwhile go first.
    pub async fn pause(&mut self) {
        self.batches += 1;
        if self.grows && self.batches.is_multiple_of(PATIENCE) {
            self.rows = (self.rows * 2).min(ROWS.1);
        }
        if !self.pause.is_zero() {
            tokio::time::sleep(self.pause).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_be_written_within_a_time_is_in_batches_as_small_as_that_allows() {
        let rows = |seconds, rows| Pace::within(Duration::from_secs(seconds), rows).rows();
        assert_eq!([rows(1, 0), rows(1, 400), rows(1, 401), rows(1, 1024)], [16, 16, 17, 41]);
        assert_eq!([rows(30, 20_000), rows(30, usize::MAX), rows(0, 5_000)], [27, 256, 256]);
    }
}
