//! How the database is: its size, what waits to be swept, and whether PostgreSQL keeps what it confirms.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::clock::{Seconds, Timestamp};
use crate::store::connection::{AnyConnection, on_backend, scan};

/// Most rows of a table that are counted: what is beyond is "many", and counting on would cost.
pub const MOST: i64 = 10_000;
const MINUTE: Seconds = 60;
const HOUR: Seconds = 60 * MINUTE;
const DAY: Seconds = 24 * HOUR;

/// The tables that grow with traffic, apart from [`grants`]: the column by whose age their rows leave, and how long after
/// that. As `jobs::sweep` has it: what that does not delete yet does not wait for it.
const EXPIRING: [(&str, &str, Seconds); 16] = [
    ("access_tokens", "expires_at", MINUTE),
    ("refresh_tokens", "expires_at", 0),
    ("denied_tokens", "expires_at", HOUR),
    ("used_jtis", "expires_at", HOUR),
    ("authorization_codes", "expires_at", DAY),
    ("authorization_requests", "expires_at", 0),
    ("device_authorizations", "expires_at", DAY),
    ("browser_sessions", "idle_expires_at", 0),
    ("session_clients", "expires_at", 0),
    ("logout_requests", "expires_at", 0),
    ("logout_deliveries", "finished_at", 7 * DAY),
    ("mails", "finished_at", 7 * DAY),
    ("one_time_links", "expires_at", 0),
    ("email_confirmations", "expires_at", 0),
    ("playground_runs", "expires_at", 0),
    // These leave when they are older than that.
    ("account_events", "at", 180 * DAY + 1),
];

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// Bytes on disk.
pub fn size(connection: &mut AnyConnection) -> QueryResult<i64> {
    match connection {
        #[cfg(feature = "sqlite")]
        AnyConnection::Sqlite(connection) => {
            diesel::sql_query("SELECT page_count * page_size AS number FROM pragma_page_count(), pragma_page_size()")
                .get_result::<Number>(connection)
        }
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(connection) => {
            diesel::sql_query("SELECT pg_database_size(current_database()) AS number").get_result::<Number>(connection)
        }
    }
    .map(|size| size.number)
}

/// Rows of each table whose time has come and that are still there; at most [`MOST`] of each are counted.
pub fn backlog(connection: &mut AnyConnection, now: Timestamp) -> QueryResult<Vec<(&'static str, i64)>> {
    scan(connection, |connection| {
        let mut waiting = vec![("grants", grants(connection, now)?)];
        for (table, column, after) in EXPIRING {
            let until = now - after;
            waiting.push((table, count(connection, table, column, &format!("{column} <= {until}"))?));
        }
        Ok(waiting)
    })
}

/// An hour after their end, and a day after they were revoked. Each half has an index, and none is counted twice.
fn grants(connection: &mut AnyConnection, now: Timestamp) -> QueryResult<i64> {
    let (over, revoked) = (now - HOUR, now - DAY);
    let ended = count(connection, "grants", "expires_at", &format!("expires_at <= {over}"))?;
    let only_revoked = format!("revoked_at <= {revoked} AND coalesce(expires_at, {}) > {over}", Timestamp::MAX);
    Ok((ended + count(connection, "grants", "revoked_at", &only_revoked)?).min(MOST))
}

/// The settings of PostgreSQL's that are off, so that a crash of its machine may take what was confirmed. They are the whole
/// server's; whether a commit waits is set when a connection is opened.
pub fn risky_settings(connection: &mut AnyConnection) -> QueryResult<Vec<String>> {
    match connection {
        #[cfg(feature = "sqlite")]
        AnyConnection::Sqlite(_) => Ok(Vec::new()),
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(connection) => {
            #[derive(QueryableByName)]
            struct Setting {
                #[diesel(sql_type = diesel::sql_types::Text)]
                name: String,
            }
            // One that is unknown there, in what only speaks like PostgreSQL, is null.
            let off = diesel::sql_query(
                "SELECT name FROM (VALUES ('fsync'), ('full_page_writes')) AS settings (name)
                 WHERE current_setting(name, true) = 'off'",
            );
            Ok(off.load::<Setting>(connection)?.into_iter().map(|setting| setting.name).collect())
        }
    }
}

/// What it means that these settings are off, in a line for the log and the command line.
pub fn risk_of(settings: &[String]) -> String {
    format!(
        "PostgreSQL runs with {} = off: a crash of its machine may take tokens and revocations that it had confirmed, or \
         damage the whole database. Set that to on, unless the storage below PostgreSQL keeps all it is given by itself",
        settings.join(" = off, ")
    )
}

/// Counts in the order of `column`: without one PostgreSQL may read the whole table, as in a sweep.
fn count(connection: &mut AnyConnection, table: &str, column: &str, condition: &str) -> QueryResult<i64> {
    let some = format!("SELECT 1 FROM {table} WHERE {condition} ORDER BY {column} LIMIT {MOST}");
    let query = format!("SELECT count(*) AS number FROM ({some}) AS waiting");
    on_backend!(connection, |c| diesel::sql_query(query).get_result::<Number>(c)).map(|counted| counted.number)
}
