//! Migrations: one folder for each database, embedded in the binary, applied at start.

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
            // A migration may take longer than a statement of a request may.
            let lock = format!("SET statement_timeout = 0; SET lock_timeout = 0; SELECT pg_advisory_lock({LOCK})");
            connection.batch_execute(&lock).map_err(not_migrated)?;
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
        AnyConnection::Sqlite(c) => apply(c, SQLITE),
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(c) => apply(c, POSTGRES),
    }
    .map_err(not_migrated)
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
    match applied.iter().find(|version| !known.contains(version)) {
        None => Ok(()),
        Some(version) => Err(format!(
            "the database was written by a newer version of Grantor (it has migration {version}, which this one does \
             not know): start that version, or restore the backup made before the upgrade"
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

fn apply<DB: diesel::backend::Backend, C: MigrationHarness<DB>>(
    connection: &mut C,
    migrations: EmbeddedMigrations,
) -> diesel::migration::Result<Vec<String>> {
    let applied = connection.run_pending_migrations(migrations)?;
    Ok(applied.iter().map(ToString::to_string).collect())
}
