//! The database under the server: an SQLite file, a PostgreSQL server that is there, or one of our own for this run.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer};
use grantor::store::connection::AnyConnection;
use tempfile::TempDir;

use crate::process::{self, Measured, Running};
use crate::{Result, data};

/// What the throw-away server is told beside its defaults; it keeps its promises, as a real one would.
const SETTINGS: &[&str] =
    &["listen_addresses=127.0.0.1", "unix_socket_directories=", "shared_buffers=512MB", "max_wal_size=4GB", "jit=off"];

/// A database that lives as long as this value, unless the caller named one.
pub struct Database {
    pub url: String,
    /// PostgreSQL's processes, when they are on this machine.
    pub process: Option<Measured>,
    _cluster: Option<Cluster>,
    _directory: Option<TempDir>,
}

impl Database {
    /// `sqlite` and `postgres` are new ones that end with this value; anything else is a URL.
    pub fn open(named: &str, postgres_bin: Option<&Path>) -> Result<Self> {
        match named {
            "sqlite" => {
                let directory = tempfile::Builder::new().prefix("grantor-load-db-").tempdir()?;
                let url = format!("sqlite://{}", directory.path().join("grantor.db").display());
                Ok(Self { url, process: None, _cluster: None, _directory: Some(directory) })
            }
            "postgres" => Self::cluster(&find_binaries(postgres_bin)),
            url => {
                let process = if is_sqlite(url) { None } else { postmaster(url)? };
                Ok(Self { url: url.to_owned(), process, _cluster: None, _directory: None })
            }
        }
    }

    pub fn is_sqlite(&self) -> bool {
        is_sqlite(&self.url)
    }

    /// Bytes on disk; of SQLite the file and its write-ahead log.
    pub fn size(&self) -> Result<(u64, u64)> {
        if let Some(path) = self.url.strip_prefix("sqlite://") {
            let length = |path: &str| fs::metadata(path).map_or(0, |metadata| metadata.len());
            return Ok((length(path), length(&format!("{path}-wal"))));
        }
        let size: Size = diesel::sql_query("SELECT pg_database_size(current_database()) AS bytes")
            .get_result(&mut data::open(&self.url)?)?;
        Ok((size.bytes.unsigned_abs(), 0))
    }

    /// A PostgreSQL server of our own.
    fn cluster(bin: &Path) -> Result<Self> {
        let directory = tempfile::Builder::new().prefix("grantor-load-pg-").tempdir()?;
        let (path, port) = (directory.path(), TcpListener::bind("127.0.0.1:0")?.local_addr()?.port());
        // It refuses to run as root.
        let user = unprivileged_user(path)?;
        if let Some((uid, gid)) = user {
            chown(path, Some(uid), Some(gid))?;
        }
        let program = |name: &str| {
            let mut command = Command::new(bin.join(name));
            if let Some((uid, gid)) = user {
                command.uid(uid).gid(gid);
            }
            command.current_dir(path).stdin(Stdio::null()).stdout(Stdio::null());
            command
        };
        let data = path.join("data");
        let made = program("initdb")
            .args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-D"])
            .arg(&data)
            .status()
            .map_err(|error| {
                format!("PostgreSQL's initdb cannot be run ({error}); name its directory by --postgres-bin")
            })?;
        if !made.success() {
            return Err(format!("initdb: {made}").into());
        }
        let settings = SETTINGS.iter().flat_map(|setting| ["-c", setting]);
        let log = fs::File::create(path.join("postgres.log"))?;
        let child = program("postgres")
            .arg("-D")
            .arg(&data)
            .args(["-p", &port.to_string()])
            .args(settings)
            .stderr(log)
            .spawn()?;
        let (process, running) = (Measured::with_children(child.id()), Cluster(Running(child)));
        let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
        let begun = Instant::now();
        while let Err(error) = data::open(&url) {
            if begun.elapsed() > Duration::from_secs(30) {
                return Err(error);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(Self { url, process: Some(process), _cluster: Some(running), _directory: Some(directory) })
    }
}

/// The processes of a server of our own: told to end, they clean up after themselves.
struct Cluster(Running);

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-QUIT", &self.0.0.id().to_string()]).status();
        let _ = self.0.0.wait();
    }
}

fn is_sqlite(url: &str) -> bool {
    !url.starts_with("postgres")
}

#[derive(QueryableByName)]
struct Size {
    #[diesel(sql_type = BigInt)]
    bytes: i64,
}

#[derive(QueryableByName)]
struct Backend {
    #[diesel(sql_type = Integer)]
    pid: i32,
}

/// The process that started all of the database's, when they are on this machine.
fn postmaster(url: &str) -> Result<Option<Measured>> {
    let AnyConnection::Postgres(connection) = &mut data::open(url)? else { return Ok(None) };
    let Backend { pid } = diesel::sql_query("SELECT pg_backend_pid() AS pid").get_result(connection)?;
    Ok(process::parent_called(pid.unsigned_abs(), "postgres").map(Measured::with_children))
}

/// The directory of PostgreSQL's programs: the named one, that of the newest version where Debian puts them, or wherever
/// the shell would find them.
fn find_binaries(named: Option<&Path>) -> PathBuf {
    if let Some(named) = named {
        return named.to_owned();
    }
    let version = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let versions =
        fs::read_dir("/usr/lib/postgresql").into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    let newest = versions.max_by_key(|path| version(path));
    newest.map(|path| path.join("bin")).unwrap_or_default()
}

/// User and group to run the server as; `None` for ourselves, which is right unless we are root.
fn unprivileged_user(ours: &Path) -> Result<Option<(u32, u32)>> {
    if fs::metadata(ours)?.uid() != 0 {
        return Ok(None);
    }
    let accounts = fs::read_to_string("/etc/passwd")?;
    let find = |name: &str| {
        accounts.lines().find_map(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            (fields.first() == Some(&name)).then_some(())?;
            Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?))
        })
    };
    let found = find("postgres").or_else(|| find("nobody"));
    Ok(Some(found.ok_or("we are root, which PostgreSQL refuses, and there is neither a user postgres nor nobody")?))
}
