//! What the server costs: requests per second, latency, processor time and memory, beside the floor of the same machine.
//!
//! `cargo load` measures every [`works::Work`] on a new SQLite database, `cargo load --database postgres` on a PostgreSQL
//! server that it starts for the purpose. `cargo load --help` lists the commands and settings.
//!
//! 1. A database is prepared ([`data`]): users who are signed in and have consented, each with a refresh token and nine that it
//!    has replaced, clients, live access tokens. With `--large` there are ten million of those, a hundred thousand of the
//!    others, and what has gathered beside ([`history`]).
//! 2. The release binary is started on it as it is by default, and N keep-alive connections do one unit of work after the
//!    other ([`generator`], [`behaviour`]), first to warm up, then measured. Its limits are off only for works that send more
//!    than they let pass from one address ([`Work::exceeds_limits`]).
//! 3. The floor of the same work is measured in the same run ([`floor`]). The ratio to it is what carries over from one
//!    machine to another; the rates do not.
//!
//! On one machine the generator takes processor time from the server; its own is in the table. Compare the server's time
//! per request (µs) first, and rates only between runs on the same machine with nothing else to do.

mod behaviour;
mod chains;
mod changes;
mod cpu_share;
mod data;
mod database;
mod floor;
mod generator;
mod history;
mod http;
mod interference;
mod overload;
mod process;
mod report;
mod server;
mod soak;
mod works;

use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::{Args, Parser, Subcommand};
use serde_json::{Value, json};

use behaviour::Repeat;
use data::Prepared;
use database::Database;
use floor::{Floor, Prices};
use generator::{Behaviour, Late, Plan, measure};
use report::Row;
use server::Servers;
use works::Work;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[derive(Parser)]
#[command(about = "Load on the server's endpoints, beside the floor of the same machine")]
struct Options {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
struct Common {
    /// `sqlite` or `postgres` for a new one that is thrown away; or the URL of an empty or a prepared one.
    #[arg(long, global = true, default_value = "sqlite")]
    database: String,
    /// Where PostgreSQL's `initdb` and `postgres` are, for a new one.
    #[arg(long, global = true)]
    postgres_bin: Option<PathBuf>,
    /// What to measure; repeat for several. Everything by default.
    #[arg(long, global = true, value_enum)]
    work: Vec<Work>,
    /// From one address, which may have about a thousand; for more, `--set GRANTOR_RATE_LIMITS=off`.
    #[arg(long, global = true, default_value_t = 64)]
    connections: usize,
    /// How long to measure each row, after a warm-up of a fifth of that.
    #[arg(long, global = true, default_value_t = 4.0)]
    seconds: f64,
    /// Threads of the generator; one for each four processors by default.
    #[arg(long, global = true)]
    threads: Option<usize>,
    /// Prepare 100,000 users and clients, 10,000,000 live access tokens, 1,000,000 refresh tokens of which 100,000 are alive,
    /// 100,000 spent codes and 500,000 entries of the audit log.
    #[arg(long, global = true, conflicts_with_all = ["users", "clients", "tokens"])]
    large: bool,
    /// Users to prepare, each with a session.
    #[arg(long, global = true, default_value_t = 10_000)]
    users: u64,
    #[arg(long, global = true, default_value_t = 10_000)]
    clients: u64,
    #[arg(long, global = true, default_value_t = 100_000)]
    tokens: u64,
    /// Only so many of the users are busy, and with them ten tokens of each, and their clients: to load a large database as a
    /// small one.
    #[arg(long, global = true)]
    busy: Option<u64>,
    /// Ask for client credentials and introspection as any of the clients, not as one.
    #[arg(long, global = true)]
    many_clients: bool,
    /// Change so many clients in a second beside the works, by the management API.
    #[arg(long, global = true, value_name = "N")]
    changes: Option<f64>,
    /// Start so many servers on one PostgreSQL, which share the connections.
    #[arg(long, global = true, default_value_t = 1)]
    processes: usize,
    /// Hold each server to so much of a core, such as 0.2: on Linux, as root.
    #[arg(long, global = true, value_name = "CORES")]
    cpu_share: Option<f64>,
    /// The server's program, to compare builds; the one of this tree by default.
    #[arg(long, global = true, default_value = server::PROGRAM, hide_default_value = true)]
    server: PathBuf,
    /// A further setting of the server, such as `GRANTOR_LOG_FORMAT=json`.
    #[arg(long, global = true, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Write the results to this file, to compare them later.
    #[arg(long, global = true)]
    json: Option<PathBuf>,
    /// Cargo adds this to every benchmark.
    #[arg(long, global = true, hide = true)]
    bench: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Measure the works one after the other (the default).
    Works,
    /// Prepare the database that `--database` names, for later runs.
    Prepare,
    /// The latency of client credentials with logins beside them, and without.
    Interference {
        /// Client credentials in a second.
        #[arg(long, default_value_t = 500.0)]
        rate: f64,
        /// Logins in a second.
        #[arg(long, default_value_t = 20.0)]
        logins: f64,
    },
    /// More of one work (`--work`, or client credentials) than the server can do: what is served, and what the others hear.
    Overload {
        /// How many times what it can do is offered.
        #[arg(long, default_value_t = 2.5)]
        factor: f64,
    },
    /// A constant load for a long time, with tokens that expire soon.
    Soak {
        #[arg(long, default_value_t = 60.0)]
        minutes: f64,
        /// Requests in a second.
        #[arg(long, default_value_t = 500.0)]
        rate: f64,
        /// Seconds that tokens live.
        #[arg(long, default_value_t = 60)]
        lifetime: u64,
    },
    /// Be the floor.
    #[command(hide = true)]
    Floor {
        #[arg(long)]
        bytes: usize,
        #[arg(long)]
        insert: Option<String>,
    },
}

/// How much a database is prepared with.
struct Sizes {
    users: u64,
    clients: u64,
    tokens: u64,
    /// Of the users' grants, rotated ones with them.
    refresh_tokens: u64,
    /// Spent ones.
    codes: u64,
    audit_entries: u64,
}

impl Common {
    fn sizes(&self) -> Sizes {
        if self.large {
            return Sizes {
                users: 100_000,
                clients: 100_000,
                tokens: 10_000_000,
                refresh_tokens: 1_000_000,
                codes: 100_000,
                audit_entries: 500_000,
            };
        }
        let (users, clients, tokens) = (self.users.max(1), self.clients.max(1), self.tokens.max(1));
        // As many of each user as in a large one, so that a refresh is the same work in both.
        Sizes { users, clients, tokens, refresh_tokens: 10 * users, codes: 0, audit_entries: 0 }
    }

    fn settings(&self) -> Result<Vec<(String, String)>> {
        let pair = |text: &String| {
            let (name, value) = text.split_once('=').ok_or_else(|| format!("--set {text}: write NAME=VALUE"))?;
            Ok((name.to_owned(), value.to_owned()))
        };
        self.set.iter().map(pair).collect()
    }
}

/// A prepared database and how to load it.
struct Bench {
    server: PathBuf,
    database: Database,
    prepared: Arc<Prepared>,
    settings: Vec<(String, String)>,
    processes: usize,
    cpu_share: Option<f64>,
    /// Clients that are changed in a second.
    changes: Option<f64>,
    connections: usize,
    threads: usize,
    seconds: f64,
}

impl Bench {
    fn prepare(common: &Common) -> Result<Self> {
        let database = Database::open(&common.database, common.postgres_bin.as_deref())?;
        if common.processes > 1 && database.is_sqlite() {
            return Err("--processes: several share a PostgreSQL database only; add --database postgres".into());
        }
        let begun = Instant::now();
        let mut prepared = data::prepare(&common.server, &database.url, &common.sizes())?;
        prepared.busy = common.busy.map(|busy| busy.clamp(1, prepared.users));
        prepared.many_clients = common.many_clients;
        // Each connection refreshes for somebody else.
        if prepared.busy_users() < 2 * common.connections.max(overload::CONNECTIONS) as u64 {
            prepared.chains = None;
        }
        let prepared = Arc::new(prepared);
        let (size, _) = database.size()?;
        println!(
            "{}: {} users, {} clients, {} live access tokens, {:.0} MiB, prepared in {:.1} s",
            if database.is_sqlite() { "SQLite" } else { "PostgreSQL" },
            prepared.users,
            prepared.clients,
            prepared.tokens,
            report::mebibytes(size / 1024),
            begun.elapsed().as_secs_f64(),
        );
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = common.threads.unwrap_or(processors / 4).clamp(1, common.connections.max(1));
        println!(
            "grantor {}, processes {}, {} connections, {} s per row, {processors} processors, machine load {:.1}",
            env!("CARGO_PKG_VERSION"),
            common.processes,
            common.connections,
            common.seconds,
            process::machine_load().unwrap_or(f64::NAN),
        );
        Ok(Self {
            server: common.server.clone(),
            database,
            prepared,
            settings: common.settings()?,
            processes: common.processes.max(1),
            cpu_share: common.cpu_share,
            changes: common.changes.filter(|rate| *rate > 0.0),
            connections: common.connections.max(1),
            threads,
            seconds: common.seconds,
        })
    }

    fn start_servers(&self, further: &[(String, String)]) -> Result<Servers> {
        let settings: Vec<_> = further.iter().chain(&self.settings).cloned().collect();
        let (url, secret_key) = (&self.database.url, &self.prepared.secret_key);
        Servers::start(self.processes, &self.server, url, secret_key, &settings, self.cpu_share)
    }

    /// A closed loop that does nothing of use yet.
    fn plan<'a>(&self, addresses: &'a [SocketAddr]) -> Plan<'a> {
        let idle: &'static (dyn Fn(u64) -> Box<dyn Behaviour> + Sync) = &|_| Box::new(Repeat(http::get("/", "")));
        let (connections, threads) = (self.connections, self.threads);
        Plan { addresses, connections, threads, rate: None, late: Late::Counted, behaviour: idle }
    }
}

fn main() -> Result<()> {
    let Options { command, common } = Options::parse();
    if let Some(Command::Floor { bytes, insert }) = &command {
        return floor::serve(*bytes, insert.as_deref());
    }
    let bench = Bench::prepare(&common)?;
    let outcome = match command {
        None | Some(Command::Works) => works(&bench, &common.work)?,
        Some(Command::Interference { rate, logins }) => json!(interference::run(&bench, rate, logins)?),
        Some(Command::Overload { factor }) => {
            let work = common.work.first().copied().unwrap_or(Work::ClientCredentials);
            json!(overload::run(&bench, work, factor)?)
        }
        Some(Command::Soak { minutes, rate, lifetime }) => {
            json!(soak::run(&bench, soak::Settings { minutes, rate, lifetime })?)
        }
        Some(Command::Prepare | Command::Floor { .. }) => Value::Null,
    };
    if let Some(path) = &common.json {
        let context = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "database": if bench.database.is_sqlite() { "sqlite" } else { "postgres" },
            "users": bench.prepared.users,
            "clients": bench.prepared.clients,
            "tokens": bench.prepared.tokens,
            "refresh_tokens": bench.prepared.refresh_tokens,
            "busy": bench.prepared.busy,
            "many_clients": bench.prepared.many_clients,
            "changes": bench.changes,
            "processes": bench.processes,
            "cpu_share": bench.cpu_share,
            "connections": bench.connections,
            "seconds": bench.seconds,
            "machine_load_afterwards": process::machine_load(),
            "outcome": outcome,
        });
        std::fs::write(path, serde_json::to_string_pretty(&context)?)?;
    }
    Ok(())
}

/// Measures the works, and prints a row for each.
fn works(bench: &Bench, asked: &[Work]) -> Result<Value> {
    let works: Vec<Work> = if asked.is_empty() { all() } else { asked.to_vec() };
    let starts = if works.contains(&Work::Start) { Some(time_starts(bench)?) } else { None };
    let loads: Vec<Work> = works.into_iter().filter(|work| *work != Work::Start).collect();
    let recipes: Vec<_> = loads.iter().map(|work| work.recipe()).collect();
    let prices = Prices::measure(&recipes, &bench.database, bench.plan(&[]), bench.seconds / 2.0)?;
    println!("{prices}\n{}", report::COLUMNS);
    let (beyond, within): (Vec<Work>, Vec<Work>) =
        loads.into_iter().partition(|work| work.exceeds_limits(bench.connections));
    let mut rows: Vec<Row> = Vec::new();
    measure_works(bench, &within, &[], &prices, &mut rows)?;
    measure_works(bench, &beyond, &server::without_limits(), &prices, &mut rows)?;
    if let Some(failed) = rows.iter().find(|row| row.per_second == 0.0) {
        return Err(format!("{} never succeeded", failed.work).into());
    }
    Ok(json!({ "start": starts, "rows": rows }))
}

fn all() -> Vec<Work> {
    clap::ValueEnum::value_variants().to_vec()
}

/// Measures these one after the other on servers with such settings.
fn measure_works(
    bench: &Bench,
    works: &[Work],
    settings: &[(String, String)],
    prices: &Prices,
    rows: &mut Vec<Row>,
) -> Result<()> {
    if works.is_empty() {
        return Ok(());
    }
    let servers = bench.start_servers(settings)?;
    for work in works {
        let row = measure_work(bench, &servers, *work, prices, rows)?;
        println!("{row}");
        rows.push(row);
    }
    servers.print_complaints()
}

/// Measures one, after those of `before`.
fn measure_work(bench: &Bench, servers: &Servers, work: Work, prices: &Prices, before: &[Row]) -> Result<Row> {
    let behaviour = |connection| work.behaviour(&bench.prepared, connection);
    let connections = work.connections(bench.connections);
    let plan = Plan { connections, behaviour: &behaviour, ..bench.plan(&servers.addresses) };
    let (load, failed_changes) = changes::beside(bench, &servers.addresses, || {
        measure(&plan, &servers.processes, bench.database.process.as_ref(), work.seconds(bench.seconds))
    });
    let mut row = Row::new(work.name(), &load, servers.processes.resident_kib());
    row.failures.extend(failed_changes);
    row.floor = if work.parts().is_empty() {
        let mut routes = 0.0;
        for sample in &load.samples {
            routes += Floor::start(sample.body_bytes, None)?.measure(sample, None, plan, bench.seconds / 4.0).server;
        }
        Some(report::Floor::of(routes, work.recipe(), prices))
    } else {
        // Known when its parts were measured in this run.
        let floor_of = |part: Work| before.iter().find(|row| row.work == part.name())?.floor;
        let part = |(weight, part): &(u64, Work)| Some((f64::from(u32::try_from(*weight).ok()?), floor_of(*part)?));
        work.parts().iter().map(part).collect::<Option<Vec<_>>>().map(|parts| report::Floor::mixed(&parts))
    };
    Ok(row)
}

/// How soon a server is ready, and what it takes before anybody asks.
#[derive(serde::Serialize)]
struct Starts {
    /// Ascending.
    ready_after_ms: Vec<f64>,
    idle_mib: Option<f64>,
}

/// Ten starts on the prepared database.
fn time_starts(bench: &Bench) -> Result<Starts> {
    let (mut times, mut idle) = (Vec::new(), None);
    for _ in 0..10 {
        let servers = bench.start_servers(&[])?;
        times.push(servers.ready_after().as_secs_f64() * 1e3);
        std::thread::sleep(Duration::from_millis(200));
        idle = servers.processes.resident_kib().map(report::mebibytes);
    }
    times.sort_unstable_by(f64::total_cmp);
    println!(
        "start until ready: {:.1} ms (median of {}; {:.1} to {:.1}); {:.1} MiB when idle",
        times[times.len() / 2],
        times.len(),
        times[0],
        times[times.len() - 1],
        idle.unwrap_or(f64::NAN),
    );
    Ok(Starts { ready_after_ms: times, idle_mib: idle })
}
