//! Migrations: one folder for each database, embedded in the binary, applied at start.
//!
//! On SQLite all of them are one transaction. On PostgreSQL each is one of its own, unless it says that it cannot be (an index
//! that is built `CONCURRENTLY`). A transaction that waits for a table makes everybody after it wait for that table too, so it
//! gives up after [`LOCK_PATIENCE`], before they do, lets them through and tries again. Nothing but its text, in the server's
//! language, tells that failure from others: so what failed sooner is not tried again, and nothing after [`LOCK_TIME`].

pub mod plan;

#[cfg(feature = "postgres")]
use std::time::{Duration, Instant};

#[cfg(feature = "postgres")]
use diesel::RunQueryDsl;
#[cfg(feature = "postgres")]
use diesel::connection::SimpleConnection;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::store::connection::AnyConnection;

#[cfg(feature = "sqlite")]
const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
#[cfg(feature = "postgres")]
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Any number that no other program takes: replicas that start together migrate one after the other.
#[cfg(feature = "postgres")]
const LOCK: i64 = 0x0067_7261_6e74_6f72;

/// Between two attempts to be the one that migrates. Who waited for it inside the database would be waited for by an index that
/// is built `CONCURRENTLY`, for ever.
#[cfg(feature = "postgres")]
const LOCK_PAUSE: Duration = Duration::from_millis(100);

/// How long a migration waits for a table that others use, and then lets those through who wait behind it.
#[cfg(feature = "postgres")]
const LOCK_PATIENCE: Duration = Duration::from_millis(400);
#[cfg(feature = "postgres")]
const LOCK_BREAK: Duration = Duration::from_millis(600);
/// For how long it tries.
#[cfg(feature = "postgres")]
const LOCK_TIME: Duration = Duration::from_secs(40);

/// Brings the schema up to date; says which migrations were applied.
///
/// # Errors
/// A sentence for the operator, also when the database is newer than this program.
pub fn run(connection: &mut AnyConnection) -> Result<Vec<String>, String> {
    match connection {
        #[cfg(feature = "sqlite")]
        AnyConnection::Sqlite(_) => {
            // Commands beside a busy server look only, and do not wait for its writer.
            if pending(connection)?.is_empty() {
                return Ok(Vec::new());
            }
            connection.begin_write().map_err(not_migrated)?;
            let applied = apply_pending(connection);
            if applied.is_ok() { connection.commit() } else { connection.rollback() }.map_err(not_migrated)?;
            applied
        }
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(_) => {
            // As for SQLite: who finds nothing to do waits for nobody.
            if is_begun(connection)? && pending(connection)?.is_empty() {
                return Ok(Vec::new());
            }
            // A migration may take longer than a statement of a request may.
            connection.batch_execute("SET statement_timeout = 0; SET lock_timeout = 0").map_err(not_migrated)?;
            while !is_locked(connection).map_err(not_migrated)? {
                std::thread::sleep(LOCK_PAUSE);
            }
            let applied = apply_pending(connection);
            connection.batch_execute(&format!("SELECT pg_advisory_unlock({LOCK})")).map_err(not_migrated)?;
            applied
        }
    }
}

/// Runs while no other process migrates: even looking makes the table of migrations.
fn apply_pending(connection: &mut AnyConnection) -> Result<Vec<String>, String> {
    refuse_newer(connection)?;
    match connection {
        #[cfg(feature = "sqlite")]
        AnyConnection::Sqlite(c) => {
            c.run_pending_migrations(SQLITE).map(|applied| applied.iter().map(ToString::to_string).collect())
        }
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(c) => one_by_one(c),
    }
    .map_err(not_migrated)
}

#[cfg(feature = "postgres")]
fn one_by_one(connection: &mut diesel::PgConnection) -> diesel::migration::Result<Vec<String>> {
    let mut applied = Vec::new();
    for migration in connection.pending_migrations(POSTGRES)? {
        let is_alone = migration.metadata().run_in_transaction();
        // What builds an index beside the traffic waits for transactions, in nobody's way.
        let patience = if is_alone { LOCK_PATIENCE.as_millis() } else { 0 };
        connection.batch_execute(&format!("SET lock_timeout = {patience}"))?;
        let begun = Instant::now();
        let version = loop {
            let attempt = Instant::now();
            let done = if is_alone {
                connection.run_migration(&*migration).map(|version| version.to_string())
            } else {
                run_beside(connection, &migration.name().to_string(), migration.name().version().to_string())
            };
            match done {
                Ok(version) => break version,
                Err(error) if is_alone && attempt.elapsed() >= LOCK_PATIENCE && begun.elapsed() < LOCK_TIME => {
                    tracing::warn!(migration = %migration.name(), %error, "a table may be in use; trying again");
                    std::thread::sleep(LOCK_BREAK);
                }
                Err(error) => return Err(error),
            }
        };
        applied.push(version);
    }
    Ok(applied)
}

/// Runs the statements of a migration one by one: those that are sent together are one transaction to PostgreSQL, in which no
/// index can be built `CONCURRENTLY`.
#[cfg(feature = "postgres")]
fn run_beside(connection: &mut diesel::PgConnection, name: &str, version: String) -> diesel::migration::Result<String> {
    for statement in plan::statements_of(name)? {
        connection.batch_execute(&statement)?;
    }
    diesel::sql_query("INSERT INTO __diesel_schema_migrations (version) VALUES ($1)")
        .bind::<diesel::sql_types::Text, _>(&version)
        .execute(connection)?;
    Ok(version)
}

/// Whether this process is the one that migrates.
#[cfg(feature = "postgres")]
fn is_locked(connection: &mut AnyConnection) -> diesel::QueryResult<bool> {
    #[derive(diesel::QueryableByName)]
    struct Locked {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        is_locked: bool,
    }
    let locked = diesel::sql_query(format!("SELECT pg_try_advisory_lock({LOCK}) AS is_locked"));
    Ok(locked.get_result::<Locked>(connection)?.is_locked)
}

/// Whether the database has a table of migrations, which asking for them would make.
#[cfg(feature = "postgres")]
fn is_begun(connection: &mut AnyConnection) -> Result<bool, String> {
    plan::rows(connection, "__diesel_schema_migrations").map(|rows| rows.is_some()).map_err(not_migrated)
}

fn not_migrated(error: impl std::fmt::Display) -> String {
    format!("cannot bring the database's schema up to date: {error}")
}

/// The migrations that [`run`] would apply.
pub fn pending(connection: &mut AnyConnection) -> Result<Vec<String>, String> {
    refuse_newer(connection)?;
    let pending = match connection {
        #[cfg(feature = "sqlite")]
        AnyConnection::Sqlite(c) => {
            c.pending_migrations(SQLITE).map(|all| all.iter().map(|each| each.name().to_string()).collect())
        }
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(c) => {
            c.pending_migrations(POSTGRES).map(|all| all.iter().map(|each| each.name().to_string()).collect())
        }
    };
    pending.map_err(|error| format!("cannot read which migrations the database has: {error}"))
}

/// An older program must not write into a schema it does not know.
fn refuse_newer(connection: &mut AnyConnection) -> Result<(), String> {
    let (applied, known): (Vec<String>, Vec<String>) = match connection {
        #[cfg(feature = "sqlite")]
        AnyConnection::Sqlite(c) => (versions(c.applied_migrations())?, known::<diesel::sqlite::Sqlite>(&SQLITE)?),
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(c) => (versions(c.applied_migrations())?, known::<diesel::pg::Pg>(&POSTGRES)?),
    };
    match applied.iter().filter(|version| !known.contains(version)).max() {
        None => Ok(()),
        Some(newest) => Err(format!(
            "the database was written by a newer Grantor: its schema is {newest}, and this program, version {}, knows \
             schemas up to {}. Start the newer program again, or restore the backup that was made before the upgrade",
            env!("CARGO_PKG_VERSION"),
            known.iter().max().map_or("none", String::as_str),
        )),
    }
}

type Versions = diesel::migration::Result<Vec<diesel::migration::MigrationVersion<'static>>>;

fn versions(applied: Versions) -> Result<Vec<String>, String> {
    let applied = applied.map_err(|error| format!("cannot read which migrations the database has: {error}"))?;
    Ok(applied.iter().map(ToString::to_string).collect())
}

fn known<DB: diesel::backend::Backend>(embedded: &EmbeddedMigrations) -> Result<Vec<String>, String> {
    let migrations =
        diesel::migration::MigrationSource::<DB>::migrations(embedded).map_err(|error| error.to_string())?;
    Ok(migrations.iter().map(|each| each.name().version().to_string()).collect())
}
