//! Counters, gauges, histograms, and families of counters by label. All are shared by reference and never block each other.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    pub fn increment(&self) {
        self.add(1);
    }

    pub fn add(&self, number: u64) {
        self.0.fetch_add(number, Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// A number of things that are there now.
#[derive(Debug, Default)]
pub struct Gauge(AtomicI64);

impl Gauge {
    pub fn increment(&self) {
        self.0.fetch_add(1, Relaxed);
    }

    pub fn decrement(&self) {
        self.0.fetch_sub(1, Relaxed);
    }

    /// Counts one more for as long as the value lives, also when what it stands for is given up half-way.
    pub fn track(&self) -> Tracked<'_> {
        self.increment();
        Tracked(self)
    }

    pub fn get(&self) -> i64 {
        self.0.load(Relaxed)
    }
}

/// One of the things that a [`Gauge`] counts.
#[derive(Debug)]
pub struct Tracked<'a>(&'a Gauge);

impl Drop for Tracked<'_> {
    fn drop(&mut self) {
        self.0.decrement();
    }
}

/// Counters by the values of `N` labels.
#[derive(Debug)]
pub struct Family<const N: usize>(RwLock<BTreeMap<[&'static str; N], Counter>>);

impl<const N: usize> Default for Family<N> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<const N: usize> Family<N> {
    pub fn increment(&self, labels: [&'static str; N]) {
        if let Some(counter) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&labels) {
            return counter.increment();
        }
        self.0.write().unwrap_or_else(PoisonError::into_inner).entry(labels).or_default().increment();
    }

    /// Every series that has counted something, in the order of their labels.
    pub fn get(&self) -> Vec<([&'static str; N], u64)> {
        let series = self.0.read().unwrap_or_else(PoisonError::into_inner);
        series.iter().map(|(labels, counter)| (*labels, counter.get())).collect()
    }
}

/// How observed numbers are distributed.
#[derive(Debug)]
pub struct Histogram {
    unit: Unit,
    bounds: &'static [u64],
    /// One more than bounds: the last is what exceeds them.
    buckets: Box<[AtomicU64]>,
    sum: AtomicU64,
}

/// What a histogram's numbers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Kept in microseconds, shown in seconds.
    Time,
    Number,
}

/// What a [`Histogram`] has seen.
#[derive(Clone, Debug)]
pub struct Distribution {
    pub unit: Unit,
    /// The upper bound of each bucket, and how much is at most that.
    pub cumulative: Vec<(u64, u64)>,
    pub count: u64,
    pub sum: u64,
}

impl Distribution {
    /// What was observed after `earlier`, which the same histogram gave.
    pub fn since(&self, earlier: &Self) -> Self {
        let before = earlier.cumulative.iter().map(|(_, count)| *count).chain(std::iter::repeat(0));
        Self {
            unit: self.unit,
            cumulative: self
                .cumulative
                .iter()
                .zip(before)
                .map(|((bound, count), before)| (*bound, count.saturating_sub(before)))
                .collect(),
            count: self.count.saturating_sub(earlier.count),
            sum: self.sum.saturating_sub(earlier.sum),
        }
    }

    /// All of them together; they have the same bounds.
    pub fn sum<'a>(all: impl Iterator<Item = &'a Self>) -> Option<Self> {
        all.cloned().reduce(|mut sum, each| {
            for ((_, count), (_, more)) in sum.cumulative.iter_mut().zip(&each.cumulative) {
                *count += more;
            }
            sum.count += each.count;
            sum.sum += each.sum;
            sum
        })
    }

    /// The number that this part (from 0 to 1) of what was observed is at most, as well as buckets tell: evenly spread
    /// within each, and what exceeds them all is one more than the last bound: [`BEYOND`], of times. `None` when nothing
    /// was observed.
    pub fn quantile(&self, part: f64) -> Option<u64> {
        if self.count == 0 {
            return None;
        }
        let rank = part * self.count as f64;
        let (mut low, mut below) = (0_u64, 0_u64);
        for (bound, count) in &self.cumulative {
            if *count as f64 >= rank && *count > below {
                let within = (rank - below as f64) / (count - below) as f64;
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between two bounds")]
                return Some(low + ((bound - low) as f64 * within) as u64);
            }
            (low, below) = (*bound, *count);
        }
        Some(low + 1)
    }
}

/// The last bound of times: longer than the patience of a client.
pub const LONGEST: u64 = 10_000_000;
/// What [`Distribution::quantile`] gives for a time that exceeds [`LONGEST`]: nobody knows by how much.
pub const BEYOND: u64 = LONGEST + 1;
/// From a quarter of a millisecond, which a request without the database takes.
const TIMES: &[u64] = &[
    250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000,
    LONGEST,
];
const SIZES: &[u64] = &[1, 2, 4, 8, 16, 32, 64, 128, 256];

impl Histogram {
    pub fn of_times() -> Self {
        Self::new(Unit::Time, TIMES)
    }

    pub fn of_sizes() -> Self {
        Self::new(Unit::Number, SIZES)
    }

    fn new(unit: Unit, bounds: &'static [u64]) -> Self {
        let buckets = std::iter::repeat_with(AtomicU64::default).take(bounds.len() + 1).collect();
        Self { unit, bounds, buckets, sum: AtomicU64::default() }
    }

    /// Observes a length of time.
    pub fn observe(&self, time: Duration) {
        self.observe_number(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
    }

    /// Observes a number, or a length of time in microseconds.
    pub fn observe_number(&self, number: u64) {
        let bucket = self.bounds.partition_point(|bound| *bound < number);
        self.buckets[bucket].fetch_add(1, Relaxed);
        self.sum.fetch_add(number, Relaxed);
    }

    pub fn get(&self) -> Distribution {
        let mut count = 0;
        let mut running = self.buckets.iter().map(|bucket| {
            count += bucket.load(Relaxed);
            count
        });
        let cumulative = self.bounds.iter().copied().zip(running.by_ref()).collect();
        running.for_each(drop);
        Distribution { unit: self.unit, cumulative, count, sum: self.sum.load(Relaxed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_counts_what_is_at_most_its_bounds() {
        let sizes = Histogram::of_sizes();
        for size in [0, 1, 2, 3, 256, 257] {
            sizes.observe_number(size);
        }
        let seen = sizes.get();
        assert_eq!(seen.cumulative.first(), Some(&(1, 2)));
        assert_eq!(seen.cumulative.last(), Some(&(256, 5)));
        assert_eq!((seen.count, seen.sum), (6, 519));
    }

    #[test]
    fn quantiles_are_found_in_their_bucket() {
        let times = Histogram::of_times();
        (0..98).for_each(|_| times.observe_number(700));
        let before = times.get();
        times.observe_number(40_000);
        times.observe_number(12_000_000);
        let seen = times.get();
        assert!(seen.quantile(0.5).is_some_and(|half| (500..=1_000).contains(&half)), "{seen:?}");
        assert!(seen.quantile(0.985).is_some_and(|most| (25_000..=50_000).contains(&most)), "{seen:?}");
        assert_eq!(seen.quantile(1.0), Some(BEYOND));
        let since = seen.since(&before);
        assert_eq!((since.count, since.sum, since.quantile(0.0)), (2, 12_040_000, Some(25_000)));
        assert_eq!(Distribution::sum([&before, &since].into_iter()).unwrap().cumulative, seen.cumulative);
        assert_eq!(Histogram::of_times().get().quantile(0.5), None);
    }

    #[test]
    fn what_is_tracked_leaves_when_it_is_given_up() {
        let gauge = Gauge::default();
        let first = gauge.track();
        drop(gauge.track());
        assert_eq!(gauge.get(), 1);
        drop(first);
        assert_eq!(gauge.get(), 0);
    }

    #[test]
    fn a_family_counts_each_label_by_itself() {
        let family = Family::default();
        for label in ["b", "a", "b"] {
            family.increment([label]);
        }
        assert_eq!(family.get(), [(["a"], 1), (["b"], 2)]);
    }
}
