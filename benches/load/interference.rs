//! Whether people who log in slow down machines: the latency of client credentials at a fixed rate, alone and while
//! logins arrive at a fixed rate, each of which costs a quarter of a second of a processor.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use serde::Serialize;

use crate::Bench;
use crate::Result;
use crate::generator::{Plan, Tally, during};
use crate::report::percentile;
use crate::server::without_limits;
use crate::works::Work;

/// Connections that log in; more wait at the server than it lets wait.
const LOGIN_CONNECTIONS: usize = 40;

#[derive(Serialize)]
pub struct Outcome {
    alone: Latencies,
    beside_logins: Latencies,
    logins_offered: f64,
    logins_done: f64,
    logins_refused: f64,
}

#[derive(Serialize)]
struct Latencies {
    per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
    p999_ms: f64,
}

impl Latencies {
    #[expect(clippy::cast_precision_loss, reason = "a count of requests, far below 2^52")]
    fn of(mut tally: Tally, seconds: f64) -> Self {
        tally.latencies.sort_unstable();
        let at = |per_mille| percentile(&tally.latencies, per_mille);
        Self { per_second: tally.latencies.len() as f64 / seconds, p50_ms: at(500), p99_ms: at(990), p999_ms: at(999) }
    }
}

/// Measures both, and prints them.
#[expect(clippy::cast_precision_loss, reason = "counts of logins")]
pub fn run(bench: &Bench, rate: f64, logins: f64) -> Result<Outcome> {
    // So many people do not come from one address.
    let servers = bench.start_servers(&without_limits())?;
    let seconds = bench.seconds;
    let token = |connection| Work::ClientCredentials.behaviour(&bench.prepared, connection);
    let login = |connection| Work::Login.behaviour(&Arc::clone(&bench.prepared), connection);
    let tokens = Plan { rate: Some(rate), behaviour: &token, ..bench.plan(&servers.addresses) };
    let people = Plan { connections: LOGIN_CONNECTIONS, threads: 1, rate: Some(logins), behaviour: &login, ..tokens };
    let measured = |warm_up: f64| {
        during(&tokens, |recorder| {
            thread::sleep(Duration::from_secs_f64(warm_up));
            recorder.take();
            thread::sleep(Duration::from_secs_f64(seconds));
            recorder.take()
        })
    };
    let alone = Latencies::of(measured(1.0), seconds);
    let (beside, done) = during(&people, |recorder| {
        // The hashes' queue fills before anything is measured.
        thread::sleep(Duration::from_secs(2));
        recorder.take();
        let beside = measured(1.0);
        (beside, recorder.take())
    });
    let during_logins = seconds + 1.0;
    let outcome = Outcome {
        alone,
        beside_logins: Latencies::of(beside, seconds),
        logins_offered: logins,
        logins_done: done.latencies.len() as f64 / during_logins,
        logins_refused: done.failures.values().sum::<u64>() as f64 / during_logins,
    };
    println!("client credentials at {rate}/s{:>18}{:>9}{:>9}{:>9}", "per s", "p50 ms", "p99 ms", "p99.9");
    for (name, Latencies { per_second, p50_ms, p99_ms, p999_ms }) in
        [("alone", &outcome.alone), ("beside logins", &outcome.beside_logins)]
    {
        println!("  {name:<38}{per_second:>7.0}{p50_ms:>9.2}{p99_ms:>9.2}{p999_ms:>9.2}");
    }
    println!(
        "logins per second: {logins:.1} offered, {:.1} done, {:.1} refused; p99 beside them is {:.2} × that alone",
        outcome.logins_done,
        outcome.logins_refused,
        outcome.beside_logins.p99_ms / outcome.alone.p99_ms,
    );
    for (what, times) in done.failures {
        println!("    {times} × {what}");
    }
    Ok(outcome)
}
