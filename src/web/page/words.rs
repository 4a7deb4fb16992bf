//! Times, lengths of time and numbers in words.

use chrono::DateTime;

use crate::clock::Timestamp;

/// A moment, relative in text and absolute on hover.
#[derive(Clone)]
pub struct Moment {
    /// For machines, in `datetime`: `2026-03-14T09:26:53Z`.
    pub iso: String,
    /// For hovering: `14 March 2026, 09:26 UTC`.
    pub absolute: String,
    /// For reading: `5 minutes ago`, `in 3 days`.
    pub relative: String,
}

impl Moment {
    /// `at` as seen from `now`.
    pub fn new(at: Timestamp, now: Timestamp) -> Self {
        let time = DateTime::from_timestamp(at, 0).unwrap_or_default();
        Self {
            iso: time.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            absolute: time.format("%-d %B %Y, %H:%M UTC").to_string(),
            relative: relative(at - now),
        }
    }
}

/// A length of time in words: `60 minutes`, `30 days`, `90 seconds`. For lifetimes, so it is exact or nearly so.
pub fn duration(seconds: i64) -> String {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    match seconds {
        s if s >= 2 * DAY => count(s / DAY, "day"),
        s if s >= 2 * HOUR => count(s / HOUR, "hour"),
        s if s >= 2 * MINUTE => count(s / MINUTE, "minute"),
        s => count(s, "second"),
    }
}

/// `1 client`, `2 clients`.
pub fn count(number: i64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Time from now in the largest unit that is not zero. Beyond a year the absolute date says more, but rarely.
fn relative(offset: i64) -> String {
    let words = match offset.abs() {
        0..45 => return "just now".to_owned(),
        s if s < 90 => "a minute".to_owned(),
        s if s < 45 * 60 => count((s + 30) / 60, "minute"),
        s if s < 90 * 60 => "an hour".to_owned(),
        s if s < 22 * 3600 => count((s + 1800) / 3600, "hour"),
        s if s < 36 * 3600 => "a day".to_owned(),
        s if s < 45 * 86_400 => count((s + 43_200) / 86_400, "day"),
        s if s < 345 * 86_400 => count((s / (30 * 86_400)).max(2), "month"),
        s if s < 545 * 86_400 => "a year".to_owned(),
        s => count((s + 182 * 86_400) / (365 * 86_400), "year"),
    };
    if offset < 0 { format!("{words} ago") } else { format!("in {words}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_reads_in_the_largest_unit() {
        let seen = |offset: i64| Moment::new(1_000_000 + offset, 1_000_000).relative;
        assert_eq!(seen(-10), "just now");
        assert_eq!(seen(-300), "5 minutes ago");
        assert_eq!(seen(-3600), "an hour ago");
        assert_eq!(seen(3 * 86_400), "in 3 days");
        assert_eq!(seen(-90 * 86_400), "3 months ago");
    }

    #[test]
    fn a_moment_is_absolute_in_utc() {
        let moment = Moment::new(0, 0);
        assert_eq!(
            (moment.iso.as_str(), moment.absolute.as_str()),
            ("1970-01-01T00:00:00Z", "1 January 1970, 00:00 UTC")
        );
    }

    #[test]
    fn a_lifetime_reads_exactly() {
        assert_eq!(duration(3600), "60 minutes");
        assert_eq!(duration(30 * 86_400), "30 days");
        assert_eq!(duration(60), "60 seconds");
    }
}
