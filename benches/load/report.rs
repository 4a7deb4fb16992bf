//! The table.

use std::fmt;
use std::time::Duration;

use crate::generator::Load;

/// What was run, and the columns.
pub fn heading(database: &str, connections: usize, seconds: f64) -> String {
    // A database URL may hold a password.
    let database = database.split("://").next().unwrap_or_default();
    format!(
        "grantor {}, {database}, {connections} connections, {seconds} s per row, {} processors\n\
         {:<24}{:>10}{:>9}{:>9}{:>9}{:>10}{:>10}{:>8}{:>8}",
        env!("CARGO_PKG_VERSION"),
        std::thread::available_parallelism().map_or(0, usize::from),
        "",
        "req/s",
        "p50 ms",
        "p99 ms",
        "p99.9",
        "server µs",
        "client µs",
        "bytes",
        "errors",
    )
}

/// The median of the starts.
pub fn start(times: &mut [Duration]) -> String {
    times.sort_unstable();
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    format!(
        "start until ready: {:.1} ms (median of {}; {:.1} to {:.1})",
        milliseconds(times[times.len() / 2]),
        times.len(),
        milliseconds(times[0]),
        milliseconds(times[times.len() - 1]),
    )
}

/// One work on the server, the same on the floor, and the ratio.
pub struct Row<'a> {
    pub name: &'a str,
    pub server: &'a Load,
    pub floor: &'a Load,
}

impl fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        line(f, self.name, self.server)?;
        writeln!(f)?;
        line(f, "  floor", self.floor)?;
        writeln!(f)?;
        write!(f, "  {:<22}{:>9.0}%", "of the floor", 100.0 * rate(self.server) / rate(self.floor))?;
        if let (Some(server), Some(floor)) =
            (per_request(self.server, self.server.server_time), per_request(self.floor, self.floor.server_time))
        {
            write!(f, "{:>36.1}×", server / floor)?;
        }
        Ok(())
    }
}

fn line(f: &mut fmt::Formatter<'_>, name: &str, load: &Load) -> fmt::Result {
    write!(f, "{name:<24}{:>10.0}", rate(load))?;
    for per_mille in [500, 990, 999] {
        write!(f, "{:>9.2}", percentile(&load.latencies, per_mille))?;
    }
    for time in [load.server_time, load.generator_time] {
        match per_request(load, time) {
            Some(microseconds) => write!(f, "{microseconds:>10.1}")?,
            None => write!(f, "{:>10}", "-")?,
        }
    }
    write!(f, "{:>8}{:>8}", load.body_bytes, load.failed())
}

/// Good answers per second.
#[expect(clippy::cast_precision_loss, reason = "a count of requests, far below 2^52")]
fn rate(load: &Load) -> f64 {
    load.latencies.len() as f64 / load.elapsed.as_secs_f64()
}

#[expect(clippy::cast_precision_loss, reason = "microseconds of one run, far below 2^52")]
fn per_request(load: &Load, time: Option<u64>) -> Option<f64> {
    Some(time? as f64 / load.requests() as f64)
}

/// In milliseconds, of latencies that are sorted.
fn percentile(latencies: &[u32], per_mille: usize) -> f64 {
    let rank = (latencies.len() * per_mille).div_ceil(1000).saturating_sub(1);
    latencies.get(rank).map_or(f64::NAN, |microseconds| f64::from(*microseconds) / 1e3)
}
