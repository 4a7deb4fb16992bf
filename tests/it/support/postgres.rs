//! A private PostgreSQL cluster for this test process, and a fresh database per test.
//!
//! 1. The first test that asks starts the cluster ([`cluster`]): `initdb` into a scratch directory, a free port on
//!    loopback, durability off. As root it runs as another user, because the server refuses root.
//! 2. Each test gets a database of its own ([`Cluster::create_database_from`]), copied from a template that is prepared
//!    once, so the migrations run once and not per test.
//! 3. The cluster ends with the process: see [`guarded`](super::guarded).
//!
//! A test that crashes the database has a cluster of its own, which keeps what it acknowledged and comes back by itself
//! ([`Cluster::crashable`]).
//!
//! Where no server is installed the tests on PostgreSQL say so and pass, unless `GRANTOR_TEST_REQUIRE_POSTGRES=1`.
//! `GRANTOR_TEST_PG_BIN` names a directory with `initdb` and `postgres`.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, Once, OnceLock};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::sql_types::BigInt;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl};

use super::guarded::{Guarded, User};
use super::switch;

/// Speed before safety: the data lives as long as the tests. No socket file, whose path may be too long.
const SETTINGS: &[&str] = &[
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=400",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_wal_size=128MB",
    "autovacuum=off",
    "jit=off",
    // A second, as it is otherwise, is half of a caller's patience.
    "deadlock_timeout=100ms",
];
const FAST: &[&str] = &["fsync=off", "synchronous_commit=off", "full_page_writes=off"];
/// Safe from the end of its processes, though not of the machine.
const CRASHABLE: &[&str] = &["fsync=off", "synchronous_commit=on", "full_page_writes=on"];

/// `$1` the programs' directory, `$2` the data directory, the rest for the server. One command for both steps, so that the
/// guard has the data directory from its first byte on.
const SERVE: &str = r#"
bin=$1 data=$2
shift 2
"$bin/initdb" -U postgres -A trust --no-sync -E UTF8 --locale=C -D "$data" && exec "$bin/postgres" -D "$data" "$@"
"#;
/// The same, and the server is started again whenever it ends. (A child of a shell cannot trap SIGQUIT.)
const SERVE_AGAIN: &str = r#"
bin=$1 data=$2
shift 2
"$bin/initdb" -U postgres -A trust --no-sync -E UTF8 --locale=C -D "$data" || exit
trap 'kill -s QUIT "$server"; wait "$server"; exit' TERM
while :; do
    "$bin/postgres" -D "$data" "$@" &
    server=$!
    wait "$server"
    sleep 0.05
done
"#;

/// A running cluster.
pub struct Cluster {
    server: Guarded,
    data: PathBuf,
    port: u16,
    databases: AtomicU32,
    /// The databases that others are copied from, by what they hold.
    templates: Mutex<BTreeMap<&'static str, String>>,
}

/// The cluster of this process, or why there is none. The first call starts it.
pub fn cluster() -> Result<&'static Cluster, String> {
    static CLUSTER: OnceLock<Result<Cluster, String>> = OnceLock::new();
    // The port that was free may be taken before the server has it, so there is a second attempt.
    let start = || Cluster::start(SERVE, "QUIT", FAST, free_port().map_err(|e| e.to_string())?);
    CLUSTER.get_or_init(|| start().or_else(|_| start())).as_ref().map_err(Clone::clone)
}

/// The cluster of this process, or `None` after saying loudly that the tests on PostgreSQL do not run.
///
/// # Panics
/// When `GRANTOR_TEST_REQUIRE_POSTGRES=1` forbids skipping.
pub fn cluster_or_skip() -> Option<&'static Cluster> {
    or_skip(cluster())
}

/// The same for any cluster.
pub fn or_skip<T>(cluster: Result<T, String>) -> Option<T> {
    match cluster {
        Ok(cluster) => Some(cluster),
        Err(why) if switch("GRANTOR_TEST_REQUIRE_POSTGRES").as_deref() == Some("1") => {
            panic!("GRANTOR_TEST_REQUIRE_POSTGRES=1, but there is no PostgreSQL: {why}")
        }
        Err(why) => {
            // Not `eprintln!`, which the test harness keeps to itself when a test passes.
            let _ = writeln!(io::stderr(), "SKIPPED on PostgreSQL: {why}");
            None
        }
    }
}

/// Waits until so many of those who use this database wait for a lock.
pub async fn until_blocked(url: &str, number: i64) {
    #[derive(QueryableByName)]
    struct Waiting {
        #[diesel(sql_type = BigInt)]
        number: i64,
    }
    let mut connection = PgConnection::establish(url).expect("a connection");
    let began = Instant::now();
    loop {
        let waiting = diesel::sql_query(
            "SELECT count(*) AS number FROM pg_stat_activity
             WHERE datname = current_database() AND wait_event_type = 'Lock'",
        );
        if waiting.get_result::<Waiting>(&mut connection).expect("PostgreSQL tells").number >= number {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "nobody waits");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Where databases live: in memory where there is enough of it. A cluster is hundreds of files for each of its databases, and a
/// test waits for the disk at every commit.
pub fn room() -> PathBuf {
    const ENOUGH: u64 = 2 << 30;
    static SAID: Once = Once::new();
    let memory = Path::new("/dev/shm");
    let free = rustix::fs::statvfs(memory).map_or(0, |state| state.f_bavail * state.f_frsize);
    if free >= ENOUGH {
        return memory.to_path_buf();
    }
    SAID.call_once(|| {
        let _ = writeln!(io::stderr(), "SLOW: databases are on the disk, because /dev/shm has less than 2 GiB free");
    });
    std::env::temp_dir()
}

impl Cluster {
    /// A cluster that may be crashed, on a port that nobody else gets while it is down.
    pub fn crashable(port: u16) -> Result<Self, String> {
        Self::start(SERVE_AGAIN, "TERM", CRASHABLE, port)
    }

    fn start(script: &str, stop: &str, settings: &[&str], port: u16) -> Result<Self, String> {
        let bin = find_binaries().ok_or("initdb and postgres are not installed (looked at GRANTOR_TEST_PG_BIN, PATH and the usual places); on Debian: apt-get install postgresql")?;
        let scratch = tempfile::Builder::new().prefix("grantor-pg-").tempdir_in(room()).map_err(|e| e.to_string())?;
        let user = unprivileged_user(scratch.path())?;
        if let Some(User { uid, gid }) = user {
            chown(scratch.path(), Some(uid), Some(gid)).map_err(|e| e.to_string())?;
        }
        let data = scratch.path().join("data");
        let mut arguments = vec!["-c".to_owned(), script.to_owned(), "serve".to_owned()];
        arguments.extend([bin.display().to_string(), data.display().to_string()]);
        arguments.extend(["-p".to_owned(), port.to_string()]);
        let settings = SETTINGS.iter().chain(settings);
        arguments.extend(settings.flat_map(|setting| ["-c".to_owned(), (*setting).to_owned()]));
        // To PostgreSQL, SIGQUIT is the immediate shutdown. From here on the guard removes the directory.
        let server = Guarded::spawn(Path::new("sh"), &arguments, &scratch.keep(), stop, user)
            .map_err(|e| format!("postgres: {e}"))?;
        server
            .wait_for_log(Duration::from_secs(60), |line| line.contains("ready to accept connections").then_some(()))?;
        Ok(Self { server, data, port, databases: AtomicU32::new(0), templates: Mutex::default() })
    }

    /// The process that all others of the cluster belong to.
    pub fn main_process(&self) -> Option<u32> {
        fs::read_to_string(self.data.join("postmaster.pid")).ok()?.lines().next()?.trim().parse().ok()
    }

    /// Waits until the cluster is back from a crash: until it says so in its log. The error is the log so far.
    pub fn wait_until_back(&self, within: Duration) -> Result<(), String> {
        self.server.wait_for_log(within, |line| line.contains("ready to accept connections").then_some(()))
    }

    /// The URL of a fresh, empty database.
    pub fn create_database(&self) -> String {
        let name = self.next_name("test");
        self.admin(&format!("CREATE DATABASE {name}"));
        self.url(&name)
    }

    /// The URL of a fresh copy of the template `what`, which `prepare` fills: it gets the URL of an empty database, runs
    /// once per process, and closes its connections; later calls copy what the first one made.
    pub fn create_database_from(&self, what: &'static str, prepare: impl FnOnce(&str)) -> String {
        let mut templates = self.templates.lock().expect("no template failed");
        let template = templates.entry(what).or_insert_with(|| {
            let name = self.next_name("template");
            self.admin(&format!("CREATE DATABASE {name}"));
            prepare(&self.url(&name));
            // A template can be copied only while nobody is connected to it.
            self.admin(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"));
            name
        });
        let template = template.clone();
        let name = self.next_name("test");
        self.admin(&format!("CREATE DATABASE {name} TEMPLATE {template}"));
        self.url(&name)
    }

    /// Gives back the space of a database that [`Self::create_database`] made, whoever is still connected to it.
    pub fn drop_database(&self, url: &str) {
        let name = url.rsplit('/').next().expect("a URL has a last segment");
        self.admin(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
    }

    fn next_name(&self, kind: &str) -> String {
        format!("{kind}_{}", self.databases.fetch_add(1, Ordering::Relaxed))
    }

    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    fn admin(&self, statement: &str) {
        PgConnection::establish(&self.url("postgres"))
            .map_err(|e| e.to_string())
            .and_then(|mut connection| connection.batch_execute(statement).map_err(|e| e.to_string()))
            .unwrap_or_else(|why| panic!("{statement}: {why}"));
    }
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// The directory of the server's programs.
fn find_binaries() -> Option<PathBuf> {
    let complete = |bin: &PathBuf| bin.join("initdb").is_file() && bin.join("postgres").is_file();
    if let Some(named) = switch("GRANTOR_TEST_PG_BIN") {
        return Some(PathBuf::from(named)).filter(complete);
    }
    let path = switch("PATH").unwrap_or_default();
    std::env::split_paths(&path).find(complete).or_else(|| {
        // (parent directory, start of the entry's name, where the programs are below the entry)
        let places = [
            ("/usr/lib/postgresql", "", "bin"),
            ("/usr", "pgsql-", "bin"),
            ("/opt/homebrew/opt", "postgresql", "bin"),
            ("/usr/local/opt", "postgresql", "bin"),
        ];
        places.iter().find_map(|(parent, start, below)| {
            let mut found: Vec<(u32, PathBuf)> = fs::read_dir(parent)
                .ok()?
                .filter_map(Result::ok)
                .filter_map(|entry| {
                    let version = entry.file_name().to_str()?.strip_prefix(start)?.trim_start_matches('@').parse();
                    Some((version.unwrap_or(0), entry.path().join(below)))
                })
                .filter(|(_, bin)| complete(bin))
                .collect();
            found.sort();
            found.pop().map(|(_, bin)| bin)
        })
    })
}

/// Whom to run the server as: `None` for ourselves, which is right unless we are root. A directory we just made tells who
/// we are, without a foreign function call.
fn unprivileged_user(ours: &Path) -> Result<Option<User>, String> {
    if fs::metadata(ours).map_err(|e| e.to_string())?.uid() != 0 {
        return Ok(None);
    }
    let accounts = fs::read_to_string("/etc/passwd").map_err(|e| e.to_string())?;
    let find = |name: &str| {
        accounts.lines().find_map(|line| {
            let mut fields = line.split(':');
            (fields.next()? == name).then_some(())?;
            Some(User { uid: fields.nth(1)?.parse().ok()?, gid: fields.next()?.parse().ok()? })
        })
    };
    find("postgres").or_else(|| find("nobody")).map(Some).ok_or_else(|| {
        "we are root, which PostgreSQL refuses, and there is neither a user postgres nor nobody".to_owned()
    })
}
