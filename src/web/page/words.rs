//! Times, lengths of time and numbers in words.

use chrono::{DateTime, Datelike};

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
            absolute: t!(
                "moment-absolute",
                year = time.year().to_string(),
                month = time.month(),
                day = time.day(),
                clock = time.format("%H:%M").to_string()
            ),
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
        s if s >= 2 * DAY => t!("duration-days", count = s / DAY),
        s if s >= 2 * HOUR => t!("duration-hours", count = s / HOUR),
        s if s >= 2 * MINUTE => t!("duration-minutes", count = s / MINUTE),
        s => t!("duration-seconds", count = s),
    }
}

/// `1 client`, `2 clients`.
pub fn count(number: i64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// A number, as far as it was counted: beyond `most` a text says `more than`.
pub struct Counted {
    pub number: i64,
    pub most: i64,
}

pub fn counted(number: i64, most: i64) -> Counted {
    Counted { number, most }
}

/// How many of something there are, as far as they were counted: `more than 1,000 tokens`.
pub fn some(number: i64, most: i64, noun: &str) -> String {
    if number > most { format!("more than {} {noun}s", grouped(most)) } else { count(number, noun) }
}

/// `12,408`
pub fn grouped(number: i64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Time from now in the largest unit that is not zero. Beyond a year the absolute date says more, but rarely.
fn relative(offset: i64) -> String {
    let is_past = offset < 0;
    match offset.abs() {
        0..45 => t!("moment-now"),
        s if s < 90 => ago_or_ahead(is_past, (key!("ago-minutes"), key!("ahead-minutes")), 1),
        s if s < 45 * 60 => ago_or_ahead(is_past, ("ago-minutes", "ahead-minutes"), (s + 30) / 60),
        s if s < 90 * 60 => ago_or_ahead(is_past, (key!("ago-hours"), key!("ahead-hours")), 1),
        s if s < 22 * 3600 => ago_or_ahead(is_past, ("ago-hours", "ahead-hours"), (s + 1800) / 3600),
        s if s < 36 * 3600 => ago_or_ahead(is_past, (key!("ago-days"), key!("ahead-days")), 1),
        s if s < 45 * 86_400 => ago_or_ahead(is_past, ("ago-days", "ahead-days"), (s + 43_200) / 86_400),
        s if s < 345 * 86_400 => {
            ago_or_ahead(is_past, (key!("ago-months"), key!("ahead-months")), (s / (30 * 86_400)).max(2))
        }
        s if s < 545 * 86_400 => ago_or_ahead(is_past, (key!("ago-years"), key!("ahead-years")), 1),
        s => ago_or_ahead(is_past, ("ago-years", "ahead-years"), (s + 182 * 86_400) / (365 * 86_400)),
    }
}

fn ago_or_ahead(is_past: bool, (ago, ahead): (&str, &str), count: i64) -> String {
    t!(if is_past { ago } else { ahead }, count = count)
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
