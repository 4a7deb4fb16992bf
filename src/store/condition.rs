//! How the database is: its size, and what waits to be swept.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::clock::{Seconds, Timestamp};
use crate::store::connection::{AnyConnection, on_backend};

/// Most rows of a table that are counted: what is beyond is "many", and counting on would cost.
pub const MOST: i64 = 10_000;
const DAY: Seconds = 24 * 60 * 60;

/// The tables that grow with traffic: the column by whose age their rows leave, and how long after they expired.
const EXPIRING: [(&str, &str, Seconds); 11] = [
    ("access_tokens", "expires_at", 0),
    ("refresh_tokens", "expires_at", 0),
    ("denied_tokens", "expires_at", 0),
    ("used_jtis", "expires_at", 0),
    ("authorization_codes", "expires_at", DAY),
    ("authorization_requests", "expires_at", 0),
    ("device_authorizations", "expires_at", DAY),
    ("grants", "expires_at", DAY),
    ("browser_sessions", "idle_expires_at", 0),
    ("session_clients", "expires_at", 0),
    ("logout_requests", "expires_at", 0),
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
    EXPIRING
        .into_iter()
        .map(|(table, column, after)| {
            let until = now - after;
            let query = format!(
                "SELECT count(*) AS number FROM (SELECT 1 FROM {table} WHERE {column} <= {until} LIMIT {MOST}) AS waiting"
            );
            let counted = on_backend!(&mut *connection, |c| diesel::sql_query(query).get_result::<Number>(c))?;
            Ok((table, counted.number))
        })
        .collect()
}
