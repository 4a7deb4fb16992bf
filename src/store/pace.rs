//! How many may wait in a queue: as many as are served while their callers have patience.
//!
//! A caller waits for two seconds. Where more comes for long than can be done, a queue that is bounded by number alone grows
//! until all wait about that long; then much of what is done is too late for who asked, and is undone. So one that would wait
//! for longer than [`SLICES`] slices of time is refused at once. What waits already is served.
//!
//! How long it would wait is told by how many wait, and by how many were served of late while some waited. Not by how long the
//! first has waited: that tells how long the queue was when it came, too late where much comes, and after a standstill it tells
//! nothing about what is ahead. A database stands still for a second now and then, for a lock, a checkpoint, a slow disk or
//! a failover. What waits is served in a moment when it goes on, so who comes meanwhile may wait, as if there were no rule. Hence:
//!
//! 1. **Served is counted only while somebody waits**, or it would be a count of what comes. With the last one that waits, what
//!    was counted is forgotten: the burst after it comes in.
//! 2. **A standstill is not a slow service.** A slice begins when one was served, and one without any says nothing. What the
//!    database failed was not served.
//! 3. **One slow slice is not a slow database**, since a standstill may be within it: it lowers the pace by a quarter at
//!    most. A fast one raises it at once. The first has nothing to lower, so it is left out when nobody was served for
//!    [`STANDSTILL`] in it; what comes after it counts.
//! 4. **Few may always wait**: [`FEW`] of them are no overload, and so few served would tell nothing.

use std::time::{Duration, Instant};

/// How long is counted at a time: longer than a commit of SQLite's takes on a slow disk.
const SLICE: Duration = Duration::from_millis(600);
/// How many slices one may have to wait: what is left of the patience is for its own work, and for the pace's being wrong.
const SLICES: usize = 2;
/// How long nobody is served where it stands still.
const STANDSTILL: Duration = Duration::from_millis(300);
/// As many may always wait.
const FEW: usize = 64;

/// How fast a queue is served.
#[derive(Default)]
pub struct Pace {
    slice: Option<Slice>,
    /// How many are served in a slice, when it is known.
    measured: Option<usize>,
    /// Whether the first slice was left out.
    has_doubted: bool,
}

/// A slice of time.
struct Slice {
    began: Instant,
    /// How many were served in it, and when the last of them.
    served: usize,
    last: Instant,
    /// Whether it stood still between two of them.
    stood_still: bool,
}

impl Slice {
    fn begin(now: Instant) -> Self {
        Self { began: now, served: 0, last: now, stood_still: false }
    }

    /// Whether nobody was served for long before `now`.
    fn stands_still(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.last) >= STANDSTILL
    }
}

impl Pace {
    /// As if hardly anything were served.
    pub fn crawling() -> Self {
        Self { measured: Some(0), ..Self::default() }
    }

    /// So many more were served.
    pub fn count(&mut self, served: usize, now: Instant) {
        if served == 0 {
            return;
        }
        if let Some(slice) = &mut self.slice {
            slice.stood_still |= slice.stands_still(now);
            slice.served += served;
            slice.last = now;
        } else {
            // Without these, which may have taken any time.
            self.slice = Some(Slice::begin(now));
        }
    }

    /// How many may wait.
    pub fn room(&mut self, now: Instant) -> usize {
        if let Some(slice) = self.slice.take_if(|slice| now.saturating_duration_since(slice.began) >= SLICE) {
            self.go_by(&slice, now);
        }
        self.measured.map_or(usize::MAX, |measured| FEW.max(measured * SLICES))
    }

    /// Goes by a slice that is over.
    fn go_by(&mut self, slice: &Slice, now: Instant) {
        if slice.served == 0 {
            return;
        }
        let is_doubtful = self.measured.is_none() && (slice.stood_still || slice.stands_still(now));
        if is_doubtful && !self.has_doubted {
            self.has_doubted = true;
            return;
        }
        let before = self.measured.unwrap_or(0);
        self.measured = Some(slice.served.max(before - before / 4));
        self.slice = Some(Slice::begin(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_without_service_says_nothing() {
        let (mut pace, begun) = (Pace::default(), Instant::now());
        pace.count(0, begun);
        assert_eq!(pace.room(begun + SLICE), usize::MAX, "all failed");
        pace.count(100, begun);
        assert_eq!(pace.room(begun + SLICE), usize::MAX, "it stands still since");
        pace.count(1, begun + 2 * SLICE);
        for third in [1_u32, 2] {
            pace.count(250, begun + 2 * SLICE + third * SLICE / 3);
        }
        assert_eq!(pace.room(begun + 2 * SLICE), usize::MAX, "the slice is not over");
        assert_eq!(pace.room(begun + 3 * SLICE), 1000);
        assert_eq!(pace.room(begun + 4 * SLICE), 1000, "it stands still again");
    }

    #[test]
    fn the_pace_rises_at_once_and_falls_by_a_quarter() {
        let (mut pace, begun) = (Pace::default(), Instant::now());
        pace.count(1, begun);
        let mut room_after = |slice: u32, served: usize| {
            for third in [1_u32, 2] {
                pace.count(served / 2, begun + (slice - 1) * SLICE + third * SLICE / 3);
            }
            pace.room(begun + slice * SLICE)
        };
        assert_eq!((room_after(1, 100), room_after(2, 400)), (200, 800));
        assert_eq!((room_after(3, 10), room_after(4, 10)), (600, 450));
        let later: Vec<_> = (5..20).map(|slice| room_after(slice, 10)).collect();
        assert!(later.is_sorted_by(|before, after| before >= after) && later.ends_with(&[FEW]), "{later:?}");
    }

    #[test]
    fn a_first_slice_with_a_standstill_in_it_is_left_out_once() {
        for pause in [SLICE / 2, SLICE] {
            let (mut pace, begun) = (Pace::default(), Instant::now());
            let mut room_after = |slice: u32| {
                let begun = begun + 2 * slice * SLICE;
                pace.count(1, begun);
                pace.count(40, begun);
                pace.count(10, begun + pause);
                pace.room(begun + SLICE)
            };
            assert_eq!((room_after(0), room_after(1)), (usize::MAX, 100), "it is as slow as that");
        }
    }
}
