//! More than the server can do: whether it goes on serving as much as it can, how fast it says no to the rest, what memory that
//! takes, and whether it is as before afterwards.
//!
//! What it can do is measured first, in a closed loop. Then a multiple of that is offered on as many connections as it takes, up
//! to [`CONNECTIONS`]; a unit that is due while its connection waits is left out, so times count from sending.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::Serialize;

use crate::generator::{Behaviour, Late, Plan, Recorder, Step, Tally, during, measure};
use crate::http::Answer;
use crate::report::{mebibytes, percentile};
use crate::server::Servers;
use crate::works::Work;
use crate::{Bench, Result};

/// Most connections of the overload.
pub const CONNECTIONS: usize = 2_000;
/// How long is measured what the server can do, and what is usual at half of that.
const CAPACITY_SECONDS: f64 = 3.0;
const USUAL_SECONDS: f64 = 2.0;
/// How long it has to become as usual again, and how often that is looked at.
const RECOVERY: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(250);

#[derive(Serialize)]
pub struct Outcome {
    work: String,
    /// Units in a second that the server can do.
    capacity: f64,
    /// At half of that, before.
    usual: Answers,
    offered_per_second: f64,
    connections: usize,
    served: Answers,
    /// By status.
    refused: BTreeMap<u16, Answers>,
    /// Connections that were refused, or closed without an answer.
    broken: u64,
    /// These among others.
    failures: BTreeMap<String, u64>,
    resident_mib: Option<f64>,
    /// Until the p99 at half of the capacity was again at most twice the usual one, or 5 ms more.
    usual_again_after_seconds: Option<f64>,
}

#[derive(Serialize)]
struct Answers {
    count: usize,
    per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
}

impl Answers {
    fn of(mut latencies: Vec<u32>, seconds: f64) -> Self {
        latencies.sort_unstable();
        let at = |per_mille| percentile(&latencies, per_mille);
        let count = latencies.len();
        Self { count, per_second: count as f64 / seconds, p50_ms: at(500), p99_ms: at(990) }
    }
}

/// Measures it, and prints what came of it.
pub fn run(bench: &Bench, work: Work, factor: f64) -> Result<Outcome> {
    if work == Work::Start {
        return Err("overload: a start is no load; name another --work".into());
    }
    raise_open_files();
    let servers = bench.start_servers(&[])?;
    let behaviour =
        |connection| -> Box<dyn Behaviour> { Box::new(Refusable(work.behaviour(&bench.prepared, connection))) };
    let connections = work.connections(bench.connections);
    let closed = Plan { connections, behaviour: &behaviour, ..bench.plan(&servers.addresses) };
    let capacity = measure(&closed, &servers.processes, None, CAPACITY_SECONDS).per_second();
    if capacity <= 0.0 {
        servers.print_complaints()?;
        return Err(format!("{} never succeeded", work.name()).into());
    }
    let at_half = Plan { rate: Some(capacity / 2.0), ..closed };
    let usual = during(&at_half, |recorder| seconds_of(recorder, USUAL_SECONDS));
    let rate = factor.max(0.1) * capacity;
    let flood = Plan { connections: enough(rate), rate: Some(rate), late: Late::LeftOut, ..closed };
    let (tally, resident_kib, ended) = during(&flood, |recorder| watch(recorder, &servers, bench.seconds));
    let usual_again_after_seconds = wait_until_usual(&at_half, &usual, ended);
    let outcome = Outcome {
        work: work.name(),
        capacity,
        usual,
        offered_per_second: rate,
        connections: flood.connections,
        served: Answers::of(tally.latencies, bench.seconds),
        refused: tally.refusals.into_iter().map(|(status, all)| (status, Answers::of(all, bench.seconds))).collect(),
        broken: tally.failures.iter().filter(|(what, _)| !what.starts_with("status ")).map(|(_, times)| times).sum(),
        failures: tally.failures,
        resident_mib: resident_kib.map(mebibytes),
        usual_again_after_seconds,
    };
    outcome.print();
    servers.print_complaints()?;
    Ok(outcome)
}

/// Refusals for the load are answers here.
struct Refusable(Box<dyn Behaviour>);

impl Behaviour for Refusable {
    fn request(&mut self, into: &mut Vec<u8>) {
        self.0.request(into);
    }

    fn answer(&mut self, answer: &Answer<'_>) -> Step {
        match (self.0.answer(answer), answer.status) {
            (Step::Failed(_), 429 | 503) => Step::Refused(answer.status),
            (step, _) => step,
        }
    }
}

/// Each connection is a file, and many systems let a program have a thousand unless it asks.
fn raise_open_files() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // What then does not open is told as a failure.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}

/// Connections for such a rate, whose answers may take ten seconds: no connection then sleeps for long until its turn.
fn enough(rate: f64) -> usize {
    let units = Duration::from_secs_f64(10.0 * rate).as_secs();
    usize::try_from(units).unwrap_or(CONNECTIONS).clamp(16, CONNECTIONS)
}

fn seconds_of(recorder: &Recorder, seconds: f64) -> Answers {
    // Connections are opened first.
    thread::sleep(LOOK);
    recorder.take();
    thread::sleep(Duration::from_secs_f64(seconds));
    Answers::of(recorder.take().latencies, seconds)
}

/// What was answered in so many seconds, the most memory that the servers had meanwhile, and when those seconds ended.
fn watch(recorder: &Recorder, servers: &Servers, seconds: f64) -> (Tally, Option<u64>, Instant) {
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    let mut resident_kib: Option<u64> = None;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return (recorder.take(), resident_kib, end);
        }
        thread::sleep(left.min(Duration::from_millis(50)));
        resident_kib = resident_kib.max(servers.processes.resident_kib());
    }
}

/// How long after `since` it was as usual again; `None` when that took too long.
fn wait_until_usual(at_half: &Plan<'_>, usual: &Answers, since: Instant) -> Option<f64> {
    let most_ms = (2.0 * usual.p99_ms).max(usual.p99_ms + 5.0);
    during(at_half, |recorder| {
        while since.elapsed() < RECOVERY {
            thread::sleep(LOOK);
            let tally = recorder.take();
            let is_whole = tally.refusals.is_empty() && tally.failures.is_empty();
            if is_whole && Answers::of(tally.latencies, LOOK.as_secs_f64()).p99_ms <= most_ms {
                return Some(since.elapsed().as_secs_f64());
            }
        }
        None
    })
}

impl Outcome {
    fn print(&self) {
        let Self { work, capacity, usual, offered_per_second, connections, served, .. } = self;
        println!("{work}: {capacity:.0} per s at most; {offered_per_second:.0} offered on {connections} connections");
        println!("{:<28}{:>10}{:>9}{:>10}{:>10}", "", "count", "per s", "p50 ms", "p99 ms");
        let line = |name: &str, answers: &Answers| {
            let Answers { count, per_second, p50_ms, p99_ms } = answers;
            println!("  {name:<26}{count:>10}{per_second:>9.0}{p50_ms:>10.2}{p99_ms:>10.2}");
        };
        line("at half of it, before", usual);
        line("served", served);
        for (status, answers) in &self.refused {
            line(&format!("refused with {status}"), answers);
        }
        println!(
            "served {:.0} % of what it can do; {} connections refused or broken; {:.0} MiB at most",
            100.0 * served.per_second / capacity,
            self.broken,
            self.resident_mib.unwrap_or(f64::NAN),
        );
        match self.usual_again_after_seconds {
            Some(seconds) => println!("as before {seconds:.2} s after the end"),
            None => println!("not as before within {} s after the end", RECOVERY.as_secs()),
        }
        for (what, times) in &self.failures {
            println!("    {times} × {what}");
        }
    }
}
