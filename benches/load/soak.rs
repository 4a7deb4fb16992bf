//! A constant load for a long time, with tokens that expire soon: what grows, and what the sweeper does to others.
//!
//! Machines take tokens, servers introspect, and applications refresh along chains of their own. Code flows are left out:
//! each leaves an entry in the audit log for 400 days, and a code and a grant for a day after their end, which is growth
//! on purpose.
//!
//! What is compared comes after two lifetimes and [`KEPT`], when as much is swept as is written: before, everything is smaller.
//! Every second is one of the sweeper's or not, as the server's counter of swept rows says; latencies are kept apart. What
//! a request costs is told of the first quarter and of the last: a server must not grow slow.

use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::generator::{Plan, during};
use crate::report::{mebibytes, percentile};
use crate::works::Work;
use crate::{Bench, Result, behaviour::Mix};

const PARTS: [(u64, Work); 3] = [(50, Work::ClientCredentials), (30, Work::Introspection), (20, Work::Refresh)];
const SECOND: Duration = Duration::from_secs(1);
/// Seconds that access tokens are kept after their end.
const KEPT: u64 = 60;

#[derive(Clone, Copy)]
pub struct Settings {
    pub minutes: f64,
    /// Units of work in a second.
    pub rate: f64,
    /// Of access and refresh tokens, in seconds.
    pub lifetime: u64,
}

impl Settings {
    /// The seconds after which things are as they stay.
    fn settled(&self) -> u64 {
        2 * self.lifetime + KEPT
    }
}

#[derive(Serialize)]
pub struct Outcome {
    samples: Vec<Sample>,
    failures: u64,
    /// The largest the database was in the first quarter after two lifetimes and [`KEPT`], and in the last quarter.
    early_mib: f64,
    late_mib: f64,
    /// The server's processor time for one request, in microseconds, in the same quarters.
    early_us: f64,
    late_us: f64,
    p99_ms_while_sweeping: f64,
    p99_ms_otherwise: f64,
    sweeping_seconds: usize,
}

/// One interval.
#[derive(Serialize)]
struct Sample {
    seconds: u64,
    database_mib: f64,
    log_mib: f64,
    resident_mib: f64,
    per_second: f64,
    server_us: f64,
    p50_ms: f64,
    p99_ms: f64,
    swept: f64,
}

/// Runs it, and prints a line for each minute.
pub fn run(bench: &Bench, settings: Settings) -> Result<Outcome> {
    let lifetime = settings.lifetime.to_string();
    let names =
        ["GRANTOR_ACCESS_TOKEN_LIFETIME", "GRANTOR_JWT_ACCESS_TOKEN_LIFETIME", "GRANTOR_REFRESH_TOKEN_IDLE_LIFETIME"];
    let servers = bench.start_servers(&names.map(|name| (name.to_owned(), lifetime.clone())))?;
    // Of so many chains each is drawn so rarely that its newest token has ended by then.
    let prepared = bench.prepared.without_chains();
    let behaviour =
        |connection| -> Box<dyn crate::generator::Behaviour> { Box::new(Mix::of(&PARTS, &prepared, connection)) };
    let plan = Plan { rate: Some(settings.rate), behaviour: &behaviour, ..bench.plan(&servers.addresses) };
    println!("second   database MiB   log MiB   resident MiB    per s  server µs   p50 ms   p99 ms    swept");
    during(&plan, |recorder| {
        let (begun, end) = (Instant::now(), Duration::from_secs_f64(settings.minutes * 60.0));
        let mut watch = Watch::default();
        let mut outcome = Outcome::default();
        while begun.elapsed() < end {
            let (minute, swept_before) = (Instant::now(), watch.swept);
            let (spent_before, mut failed, mut latencies) = (servers.processes.processor_time(), 0, Vec::new());
            while minute.elapsed() < 60 * SECOND && begun.elapsed() < end {
                thread::sleep(SECOND);
                let tally = recorder.take();
                for (what, times) in &tally.failures {
                    failed += times;
                    println!("    {times} × {what}");
                }
                latencies.extend_from_slice(&tally.latencies);
                let swept = servers.metric("grantor_swept_rows_total")?;
                if begun.elapsed().as_secs() > settings.settled() {
                    watch.second(&tally.latencies, swept);
                }
                watch.swept = swept;
            }
            outcome.failures += failed;
            latencies.sort_unstable();
            let (database, log) = bench.database.size()?;
            let sample = Sample {
                seconds: begun.elapsed().as_secs(),
                database_mib: mebibytes(database / 1024),
                log_mib: mebibytes(log / 1024),
                resident_mib: servers.processes.resident_kib().map_or(f64::NAN, mebibytes),
                per_second: count(latencies.len() as u64) / minute.elapsed().as_secs_f64(),
                server_us: spent_before
                    .zip(servers.processes.processor_time())
                    .map_or(f64::NAN, |(before, after)| count(after - before) / count(latencies.len() as u64 + failed)),
                p50_ms: percentile(&latencies, 500),
                p99_ms: percentile(&latencies, 990),
                swept: watch.swept - swept_before,
            };
            println!(
                "{:>6}{:>15.1}{:>10.1}{:>15.1}{:>9.0}{:>11.1}{:>9.2}{:>9.2}{:>9.0}",
                sample.seconds,
                sample.database_mib,
                sample.log_mib,
                sample.resident_mib,
                sample.per_second,
                sample.server_us,
                sample.p50_ms,
                sample.p99_ms,
                sample.swept,
            );
            outcome.samples.push(sample);
        }
        outcome.conclude(watch, settings.settled());
        servers.print_complaints()?;
        Ok(outcome)
    })
}

/// Latencies of seconds in which rows were swept, and of the others.
#[derive(Default)]
struct Watch {
    swept: f64,
    sweeping: Vec<u32>,
    otherwise: Vec<u32>,
    sweeping_seconds: usize,
}

impl Watch {
    fn second(&mut self, latencies: &[u32], swept: f64) {
        if swept > self.swept {
            self.sweeping.extend_from_slice(latencies);
            self.sweeping_seconds += 1;
        } else {
            self.otherwise.extend_from_slice(latencies);
        }
    }
}

impl Default for Outcome {
    fn default() -> Self {
        Self {
            samples: Vec::new(),
            failures: 0,
            early_mib: f64::NAN,
            late_mib: f64::NAN,
            early_us: f64::NAN,
            late_us: f64::NAN,
            p99_ms_while_sweeping: f64::NAN,
            p99_ms_otherwise: f64::NAN,
            sweeping_seconds: 0,
        }
    }
}

impl Outcome {
    fn conclude(&mut self, mut watch: Watch, settled: u64) {
        let settled: Vec<&Sample> = self.samples.iter().filter(|sample| sample.seconds > settled).collect();
        let largest = |samples: &[&Sample]| samples.iter().map(|sample| sample.database_mib).fold(f64::NAN, f64::max);
        let quarter = settled.len().div_ceil(4);
        let mean = |samples: &[&Sample]| {
            samples.iter().map(|sample| sample.server_us).sum::<f64>() / count(samples.len() as u64)
        };
        let (early, late) = (&settled[..quarter], &settled[settled.len() - quarter..]);
        (self.early_mib, self.late_mib) = (largest(early), largest(late));
        (self.early_us, self.late_us) = (mean(early), mean(late));
        watch.sweeping.sort_unstable();
        watch.otherwise.sort_unstable();
        self.p99_ms_while_sweeping = percentile(&watch.sweeping, 990);
        self.p99_ms_otherwise = percentile(&watch.otherwise, 990);
        self.sweeping_seconds = watch.sweeping_seconds;
        let growth = self.late_mib / self.early_mib - 1.0;
        println!(
            "the database {} growing after two lifetimes and {KEPT} seconds: {:.1} MiB early, {:.1} MiB late",
            if growth < 0.02 { "stopped" } else { "did not stop" },
            self.early_mib,
            self.late_mib,
        );
        println!("a request cost the server {:.1} µs early, {:.1} µs late", self.early_us, self.late_us);
        println!(
            "p99 {:.2} ms in {} seconds with a sweep, {:.2} ms in the others; {} requests failed",
            self.p99_ms_while_sweeping, self.sweeping_seconds, self.p99_ms_otherwise, self.failures,
        );
    }
}

#[expect(clippy::cast_precision_loss, reason = "requests, or microseconds of a minute, far below 2^52")]
fn count(number: u64) -> f64 {
    number as f64
}
