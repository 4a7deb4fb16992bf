//! Connections: one enum over both databases, opened by the scheme of the URL and nothing else.
//!
//! # Why not the derived `establish`
//! The one that `MultiConnection` derives tries each database in turn: with PostgreSQL down it would quietly create an
//! SQLite file of that name.

use std::path::Path;
use std::time::{Duration, Instant};

use diesel::connection::{AnsiTransactionManager, Connection, SimpleConnection, TransactionManager};
use diesel::r2d2::R2D2Connection;
use diesel::result::Error as DieselError;
use diesel::{ConnectionError, QueryResult};
#[cfg(feature = "sqlite")]
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::clock::Timestamp;
use crate::config::database_url::DatabaseUrl;
use crate::store::pool;

/// A connection to whichever database is used.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    #[cfg(feature = "sqlite")]
    Sqlite(diesel::SqliteConnection),
    #[cfg(feature = "postgres")]
    Postgres(diesel::PgConnection),
}

/// The same code on the concrete connection, for what [`AnyConnection`] cannot express (`ON CONFLICT`).
macro_rules! on_backend {
    ($connection:expr, |$each:ident| $body:expr) => {
        match $connection {
            #[cfg(feature = "sqlite")]
            $crate::store::connection::AnyConnection::Sqlite($each) => $body,
            #[cfg(feature = "postgres")]
            $crate::store::connection::AnyConnection::Postgres($each) => $body,
        }
    };
}
pub(crate) use on_backend;

/// Reads rows that nobody else may change until this transaction ends. On SQLite a transaction that writes is alone anyway.
macro_rules! lock_rows {
    ($connection:expr, $rows:expr) => {
        match $connection {
            #[cfg(feature = "sqlite")]
            $crate::store::connection::AnyConnection::Sqlite(c) => $rows.load(c),
            #[cfg(feature = "postgres")]
            $crate::store::connection::AnyConnection::Postgres(c) => $rows.for_update().load(c),
        }
    };
}
pub(crate) use lock_rows;

/// How long a statement may wait for another's lock, and how long connecting may take.
const PATIENCE: Duration = Duration::from_millis(1800);

// A caller is refused within two seconds, and what it waits for gives up before it does, so that it learns why.
const _: () = {
    assert!(super::PATIENCE.as_millis() < 2000);
    assert!(PATIENCE.as_millis() < super::PATIENCE.as_millis());
    assert!(pool::PATIENCE.as_millis() < super::PATIENCE.as_millis());
};

/// Refuses a file that is not there, for those who must not make one: opening it would.
///
/// # Errors
/// A sentence for the operator.
pub fn expect_file(database: &Path) -> Result<(), String> {
    if database.exists() {
        return Ok(());
    }
    let place = std::path::absolute(database).unwrap_or_else(|_| database.to_owned());
    Err(format!(
        "there is no database at {}; run this in the directory of the server, or set DATABASE_URL to its database",
        place.display()
    ))
}

/// An empty database that goes away with the connection: what a new file would be.
#[cfg(feature = "sqlite")]
pub fn open_in_memory() -> Result<AnyConnection, OpenError> {
    Ok(AnyConnection::Sqlite(diesel::SqliteConnection::establish(":memory:")?))
}

/// Opens connections for the pool.
#[derive(Debug)]
pub struct Manager {
    url: DatabaseUrl,
}

impl Manager {
    pub fn new(url: DatabaseUrl) -> Self {
        Self { url }
    }

    /// Opens one connection and sets it up.
    pub fn open(&self) -> Result<AnyConnection, OpenError> {
        match &self.url {
            #[cfg(feature = "sqlite")]
            DatabaseUrl::Sqlite(path) => open_sqlite(path),
            #[cfg(feature = "postgres")]
            DatabaseUrl::Postgres(url) => open_postgres(url),
            #[allow(unreachable_patterns, reason = "with both databases built in there is nothing left")]
            _ => Err(OpenError(
                "this build has no support for that database; build it with the feature sqlite or postgres".into(),
            )),
        }
    }
}

/// Why a connection could not be opened.
#[derive(Debug)]
pub struct OpenError(String);

impl std::fmt::Display for OpenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for OpenError {}

impl From<ConnectionError> for OpenError {
    fn from(error: ConnectionError) -> Self {
        Self(error.to_string())
    }
}

impl From<DieselError> for OpenError {
    fn from(error: DieselError) -> Self {
        Self(error.to_string())
    }
}

/// A connection in the pool.
pub struct Pooled {
    pub connection: AnyConnection,
    pub opened_at: Instant,
    /// Set when a statement found it lost, or of no use for writing; the pool then replaces it.
    pub is_lost: bool,
}

impl r2d2::ManageConnection for Manager {
    type Connection = Pooled;
    type Error = OpenError;

    fn connect(&self) -> Result<Pooled, OpenError> {
        let opened = match &self.url {
            // The pool opens them when it pleases: one that comes late must not make a file anew that was removed.
            #[cfg(feature = "sqlite")]
            DatabaseUrl::Sqlite(path) => open_existing(path),
            #[allow(unreachable_patterns, reason = "with SQLite alone there is nothing left")]
            _ => self.open(),
        };
        opened.map(|connection| Pooled { connection, opened_at: Instant::now(), is_lost: false })
    }

    fn is_valid(&self, pooled: &mut Pooled) -> Result<(), OpenError> {
        Ok(pooled.connection.batch_execute("SELECT 1")?)
    }

    fn has_broken(&self, pooled: &mut Pooled) -> bool {
        pooled.is_lost || R2D2Connection::is_broken(&mut pooled.connection)
    }
}

/// Reads much, once. SQLite keeps what was read in a cache of two megabytes: what others ask for all the time is not displaced
/// for it, and no memory taken.
pub fn scan<T>(
    connection: &mut AnyConnection,
    read: impl FnOnce(&mut AnyConnection) -> QueryResult<T>,
) -> QueryResult<T> {
    match connection {
        #[cfg(feature = "sqlite")]
        AnyConnection::Sqlite(_) => {
            connection.batch_execute("PRAGMA cache_size = -64")?;
            let found = read(connection);
            // As by default.
            connection.batch_execute("PRAGMA cache_size = -2000")?;
            found
        }
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(_) => read(connection),
    }
}

#[cfg(feature = "sqlite")]
fn open_sqlite(path: &Path) -> Result<AnyConnection, OpenError> {
    create_private(path).map_err(|error| OpenError(format!("cannot open the database {}: {error}", path.display())))?;
    open_existing(path)
}

#[cfg(feature = "sqlite")]
fn open_existing(path: &Path) -> Result<AnyConnection, OpenError> {
    let path = path.to_str().ok_or_else(|| OpenError("the path of the database is not UTF-8".into()))?;
    let mut connection = diesel::SqliteConnection::establish(&without_making(path))
        .map_err(|error| OpenError(format!("cannot open the database {path}: {error}")))?;
    // The wait comes first, because turning on the write-ahead log needs a lock already.
    connection.batch_execute(&format!(
        "PRAGMA busy_timeout = {};
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA temp_store = MEMORY;",
        PATIENCE.as_millis()
    ))?;
    Ok(AnyConnection::Sqlite(connection))
}

/// The URI by which SQLite opens a file that is there, and makes none.
#[cfg(feature = "sqlite")]
fn without_making(path: &str) -> String {
    const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_').remove(b'~');
    // Two slashes would begin the name of a machine.
    let root = if path.starts_with('/') { "/" } else { "" };
    format!("file:{root}{}?mode=rw", utf8_percent_encode(path.trim_start_matches('/'), PLAIN))
}

/// Creates the file with mode 0600 when it is missing, so that SQLite's companions (`-wal`, `-shm`) get that mode too.
#[cfg(feature = "sqlite")]
fn create_private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

#[cfg(feature = "postgres")]
fn open_postgres(url: &str) -> Result<AnyConnection, OpenError> {
    let mut connection = diesel::PgConnection::establish(&with_time_limits(url))?;
    // What was answered must survive a crash, whatever the role or the database has by default. All other values wait for the
    // server's own disk at least, and which of them is the operator's choice. And each statement must see what was committed
    // before it: by what its transaction saw first, memory would be filled anew with what it was just told to forget.
    connection.batch_execute(&format!(
        "SET statement_timeout = {0}; SET lock_timeout = {0}; SET idle_in_transaction_session_timeout = 10000;
         SET default_transaction_isolation = 'read committed'; SET client_min_messages = warning;
         SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';",
        PATIENCE.as_millis()
    ))?;
    Ok(AnyConnection::Postgres(connection))
}

/// A server that does not answer must not hold a request longer than we may keep it waiting, and a network that swallows
/// what is sent must not hold a connection for the quarter of an hour that the kernel would try. What the URL says itself
/// is left.
#[cfg(feature = "postgres")]
fn with_time_limits(url: &str) -> String {
    // Seconds, except `tcp_user_timeout`.
    let limits = [
        ("connect_timeout", "2"),
        ("tcp_user_timeout", "3000"),
        ("keepalives_idle", "5"),
        ("keepalives_interval", "2"),
        ("keepalives_count", "2"),
    ];
    let mut limited = url.to_owned();
    for (name, value) in limits.into_iter().filter(|(name, _)| !url.contains(&format!("{name}="))) {
        let separator = if limited.contains('?') { '&' } else { '?' };
        limited.extend([String::from(separator), format!("{name}={value}")]);
    }
    limited
}

impl AnyConnection {
    /// The connection, where it leads to PostgreSQL.
    #[cfg(feature = "postgres")]
    #[cfg_attr(not(feature = "sqlite"), expect(clippy::unnecessary_wraps, reason = "without SQLite it always does"))]
    pub(super) fn postgres(&mut self) -> Option<&mut diesel::PgConnection> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => None,
            Self::Postgres(c) => Some(c),
        }
    }

    /// Begins a transaction that may write. On SQLite it takes the write lock at once: a transaction that reads first and
    /// writes later fails when another wrote in between, and no waiting helps.
    pub(super) fn begin_write(&mut self) -> QueryResult<()> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE"),
            #[cfg(feature = "postgres")]
            Self::Postgres(c) => AnsiTransactionManager::begin_transaction(c),
        }
    }

    /// Begins a savepoint inside a transaction.
    pub(super) fn begin_savepoint(&mut self) -> QueryResult<()> {
        on_backend!(self, |c| AnsiTransactionManager::begin_transaction(c))
    }

    /// Commits the innermost transaction or savepoint.
    pub(super) fn commit(&mut self) -> QueryResult<()> {
        on_backend!(self, |c| AnsiTransactionManager::commit_transaction(c))
    }

    /// Rolls back the innermost transaction or savepoint.
    pub(super) fn rollback(&mut self) -> QueryResult<()> {
        on_backend!(self, |c| AnsiTransactionManager::rollback_transaction(c))
    }

    /// The time by the database's own clock; `None` where that is this machine's.
    pub fn wall_clock(&mut self) -> QueryResult<Option<Timestamp>> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Ok(None),
            #[cfg(feature = "postgres")]
            Self::Postgres(c) => {
                let now = "extract(epoch FROM clock_timestamp())::bigint";
                let now = diesel::select(diesel::dsl::sql::<diesel::sql_types::BigInt>(now));
                diesel::RunQueryDsl::get_result(now, c).map(Some)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use diesel::RunQueryDsl;
    use diesel::dsl::sql;
    use diesel::sql_types::{Integer, Text};

    use super::*;

    #[test]
    fn the_pool_makes_no_file_and_finds_one_by_any_name() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["grantor.db", "a b?mode=rwc#c%41.db"] {
            let path = directory.path().join(name);
            let manager = Manager::new(DatabaseUrl::Sqlite(path.clone()));
            assert!(r2d2::ManageConnection::connect(&manager).is_err() && !path.exists(), "{name}");
            manager.open().unwrap();
            let mut pooled = r2d2::ManageConnection::connect(&manager).unwrap();
            pooled.connection.batch_execute("CREATE TABLE notes (text TEXT)").unwrap();
            assert!(
                std::fs::metadata(&path).unwrap().len()
                    + std::fs::metadata(path.with_extension("db-wal")).unwrap().len()
                    > 0
            );
        }
        assert!(!std::path::Path::new("a b").exists());
    }

    #[test]
    fn a_commit_waits_for_the_disk_and_keeps_what_refers_to_something() {
        let directory = tempfile::tempdir().unwrap();
        let manager = Manager::new(DatabaseUrl::Sqlite(directory.path().join("grantor.db")));
        let opened = manager.open().unwrap();
        for mut connection in [opened, r2d2::ManageConnection::connect(&manager).unwrap().connection] {
            let number = |connection: &mut AnyConnection, pragma: &str| -> i32 {
                on_backend!(connection, |c| sql::<Integer>(pragma).get_result(c)).unwrap()
            };
            // FULL: with the write-ahead log, NORMAL would lose the newest commits when the machine crashes.
            assert_eq!(number(&mut connection, "PRAGMA synchronous"), 2);
            assert_eq!(number(&mut connection, "PRAGMA foreign_keys"), 1);
            let journal: String =
                on_backend!(&mut connection, |c| sql::<Text>("PRAGMA journal_mode").get_result(c)).unwrap();
            assert_eq!(journal, "wal");
        }
    }

    #[test]
    fn what_is_read_once_is_not_kept() {
        fn kept(connection: &mut AnyConnection) -> QueryResult<i32> {
            on_backend!(connection, |c| sql::<Integer>("PRAGMA cache_size").get_result(c))
        }
        let mut connection = open_in_memory().unwrap();
        let usual = kept(&mut connection).unwrap();
        assert_eq!(scan(&mut connection, kept), Ok(-64));
        assert!(scan(&mut connection, |c| c.batch_execute("a mistake")).is_err());
        assert_eq!(kept(&mut connection).unwrap(), usual);
    }

    #[test]
    fn a_new_database_is_readable_by_its_owner_only() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("grantor.db");
        let mut connection = Manager::new(DatabaseUrl::Sqlite(path.clone())).open().unwrap();
        connection.batch_execute("CREATE TABLE notes (text TEXT)").unwrap();
        #[cfg(unix)]
        for file in [path.clone(), path.with_extension("db-wal")] {
            let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600, "{}", file.display());
        }
    }
}
