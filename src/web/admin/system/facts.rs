//! What the system page says of the database, the jobs and the process.

use super::show_time;
use crate::clock::Timestamp;
use crate::config::database_url::DatabaseUrl;
use crate::metrics::history::Reading;
use crate::metrics::instrument::Distribution;
use crate::metrics::process;
use crate::store::condition;
use crate::web::page::numbers::{bytes, count, short};
use crate::web::page::{Moment, Status, Tone, duration};
use crate::web::state::App;

pub struct Fact {
    pub name: String,
    pub value: String,
}

impl Fact {
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

pub struct Job {
    pub name: String,
    pub does: String,
    pub every: String,
    pub status: Status,
    pub last: Option<Moment>,
}

pub fn database(app: &App, readings: &[Reading]) -> Vec<Fact> {
    let kind = match app.config.database {
        DatabaseUrl::Sqlite(_) => "SQLite",
        DatabaseUrl::Postgres(_) => "PostgreSQL",
    };
    let sizes = || readings.iter().filter_map(|reading| Some((reading.at, reading.database_bytes?)));
    let growth = sizes().next().zip(sizes().next_back()).map(|((begin, from), (end, to))| {
        let by = if to >= from { bytes(to - from) } else { format!("−{}", bytes(from - to)) };
        t!("system-growth-in", size = by, time = duration((end - begin).max(1)))
    });
    let on_disk = app.metrics.condition().size_bytes;
    let figures = app.store.figures();
    let [(_, busy), (_, idle)] = app.store.connections();
    let (reads, writes) = (figures.reads.in_flight.get(), figures.writes.in_flight.get());
    let waiting: usize = app.store.queues().iter().map(|(_, depth)| depth).sum();
    vec![
        Fact::new(t!("system-kind"), kind),
        Fact::new(t!("system-size"), on_disk.map_or_else(|| "–".to_owned(), bytes)),
        Fact::new(t!("system-growth"), growth.unwrap_or_else(|| "–".to_owned())),
        Fact::new(t!("system-connections"), t!("system-busy-idle", busy = busy, idle = idle)),
        Fact::new(t!("system-waiting"), count(waiting as u64)),
        Fact::new(t!("system-under-way"), t!("system-reads-writes", reads = reads, writes = writes)),
        Fact::new(t!("system-read-time"), p95(&figures.reads.times.get())),
        Fact::new(t!("system-write-time"), p95(&figures.writes.times.get())),
        Fact::new(t!("system-unserved"), count(figures.failed())),
    ]
}

fn p95(times: &Distribution) -> String {
    times.quantile(0.95).map_or_else(|| "–".to_owned(), show_time)
}

/// Tables with rows that wait to be swept; `None` when nobody knows, as nobody knows the size then.
pub fn backlog(app: &App) -> Option<Vec<Fact>> {
    let most = condition::MOST.unsigned_abs();
    let condition = app.metrics.condition();
    let waiting = condition.backlog.into_iter().filter(|(_, rows)| *rows > 0);
    let line = |(table, rows): (&str, u64)| {
        Fact::new(table, if rows >= most { t!("system-or-more", count = rows) } else { count(rows) })
    };
    condition.size_bytes.map(|_| waiting.map(line).collect())
}

pub fn jobs(runs: &[(&'static str, &'static str, i64)], now: Timestamp) -> Vec<Job> {
    let known = [
        ("sweep", t!("job-sweep"), t!("job-sweep-does"), t!("job-every-half-minute")),
        ("review", t!("job-review"), t!("job-review-does"), t!("job-every-half-minute")),
        ("counts", t!("job-counts"), t!("job-counts-does"), t!("job-every-half-minute")),
        ("keys", t!("job-keys"), t!("job-keys-does"), t!("job-every-hour")),
    ];
    let job = |(id, name, does, every): (&str, String, String, String)| {
        let last = runs.iter().filter(|(job, ..)| *job == id).max_by_key(|(.., at)| *at);
        let status = match last.map(|(_, outcome, _)| *outcome) {
            None => Status::new(Tone::Neutral, t!("job-not-yet")),
            Some("done") => Status::new(Tone::Success, t!("job-done")),
            Some("elsewhere") => Status::new(Tone::Neutral, t!("job-elsewhere")),
            Some(_) => Status::new(Tone::Danger, t!("job-failed")),
        };
        Job { name, does, every, status, last: last.map(|(.., at)| Moment::new(*at, now)) }
    };
    known.into_iter().map(job).collect()
}

pub fn process(app: &App, now: Timestamp) -> Vec<Fact> {
    let passwords = &app.passwords;
    let positive = |number: i64| count(u64::try_from(number).unwrap_or_default());
    let mut facts = vec![
        Fact::new(t!("system-version"), env!("CARGO_PKG_VERSION")),
        Fact::new(t!("system-running-for"), duration(now - app.started_at())),
        Fact::new(t!("system-requests-under-way"), positive(app.metrics.requests.in_flight.get())),
        Fact::new(t!("system-open-connections"), positive(app.metrics.connections.get())),
        Fact::new(t!("system-hashes-waiting"), count(passwords.waiting() as u64)),
        Fact::new(t!("system-hash-time"), p95(&passwords.times.get())),
        Fact::new(t!("system-hashes-refused"), count(passwords.refused.get())),
    ];
    if let Some(process) = process::read() {
        let files = t!("system-of", part = count(process.open_files), whole = count(process.max_files));
        facts.push(Fact::new(t!("system-memory"), bytes(process.resident_bytes)));
        facts.push(Fact::new(t!("system-processor"), format!("{} s", short(process.cpu_micros as f64 / 1e6))));
        facts.push(Fact::new(t!("system-files"), files));
    }
    if let Some(traces) = &app.traces {
        let (sent, lost) = (traces.tracer.delivered.get(), traces.tracer.lost.get());
        facts.push(Fact::new(t!("system-traces"), t!("system-traces-sent", spans = sent, lost = lost)));
    }
    facts
}
