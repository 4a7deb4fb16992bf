//! The pictures of the system page: readings gathered into as many points as a picture has.

use super::{Span, show_time};
use crate::clock::Timestamp;
use crate::metrics::history::Reading;
use crate::web::page::chart::{About, Chart, Point};
use crate::web::page::numbers::{bytes, short};

/// Points of a picture.
const POINTS: i64 = 60;

/// Those of one point, and the last one before them to count from.
type Within<'a> = Vec<&'a Reading>;

/// Requests, answer times, what waits, and sizes.
pub fn charts(readings: &[Reading], now: Timestamp, span: Span) -> Vec<Chart> {
    let step = span.seconds() / POINTS;
    let start = now - span.seconds();
    let points: Vec<(String, Within<'_>)> = (0..POINTS)
        .map(|number| {
            let (from, until) = (start + number * step, start + (number + 1) * step);
            let before = readings.iter().rfind(|reading| reading.at <= from);
            let within = readings.iter().filter(|reading| reading.at > from && reading.at <= until);
            (clock_time(until), before.into_iter().chain(within).collect())
        })
        .collect();
    let drawn = |id, title, unit, labels: Vec<String>, show, values: &dyn Fn(&Within<'_>) -> Vec<Option<f64>>| {
        let points: Vec<Point> =
            points.iter().map(|(at, readings)| Point { at: at.clone(), values: values(readings) }).collect();
        Chart::lines(About { id, title, unit, labels, show }, &points)
    };
    let percentiles = ["p50", "p95", "p99"].map(str::to_owned).to_vec();
    let requests = vec![t!("system-answered"), t!("system-refused"), t!("system-failed")];
    let queues = vec![t!("system-for-database"), t!("system-for-password")];
    let sizes = vec![t!("system-memory"), t!("system-database")];
    vec![
        drawn("requests", t!("system-requests"), t!("system-per-second"), requests, short, &|readings| {
            let counts: [fn(&Reading) -> u64; 3] = [|r| r.requests, |r| r.refusals, |r| r.failures];
            counts.map(|of| rate(readings, of)).to_vec()
        }),
        drawn("times", t!("system-times"), t!("system-times-unit"), percentiles, show_micros, &|readings| {
            (0..3).map(|part| highest(readings, |reading| reading.times.map(|times| times[part]))).collect()
        }),
        drawn("queues", t!("system-waiting"), t!("system-waiting-unit"), queues, short, &|readings| {
            vec![
                highest(readings, |reading| Some(reading.store_queue)),
                highest(readings, |reading| Some(reading.password_queue)),
            ]
        }),
        drawn("sizes", t!("system-sizes"), String::new(), sizes, show_bytes, &|readings| {
            vec![
                highest(readings, |reading| Some(reading.resident_bytes)),
                highest(readings, |reading| reading.database_bytes),
            ]
        }),
    ]
}

/// How many a second, between the first and the last.
pub fn rate(readings: &[&Reading], of: impl Fn(&Reading) -> u64) -> Option<f64> {
    let (first, last) = (readings.first()?, readings.last()?);
    let seconds = last.at - first.at;
    (seconds > 0).then(|| of(last).saturating_sub(of(first)) as f64 / seconds as f64)
}

fn highest(readings: &Within<'_>, of: impl Fn(&Reading) -> Option<u64>) -> Option<f64> {
    let own = readings.iter().skip(usize::from(readings.len() > 1));
    own.filter_map(|reading| of(reading)).max().map(|most| most as f64)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was a whole number before")]
fn show_micros(number: f64) -> String {
    show_time(number as u64)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was a whole number before")]
fn show_bytes(number: f64) -> String {
    bytes(number as u64)
}

/// `09:26:53`, UTC.
fn clock_time(at: Timestamp) -> String {
    chrono::DateTime::from_timestamp(at, 0).unwrap_or_default().format("%H:%M:%S").to_string()
}
