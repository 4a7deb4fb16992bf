//! Deleting what has expired, in small batches: a sweep never holds up traffic, and tables stay bounded.
//!
//! On PostgreSQL somebody may extend a row between its being found and its being deleted, so a deletion asks once more. A
//! batch from a table that grows with traffic has one condition, on a column with an index: for two of which either is enough
//! a database reads the whole table. And it goes by the order of that column: of rows in no order, PostgreSQL expects to meet a
//! few soon wherever it begins to read, passes by all that are alive and all that were just deleted, and does so in each batch.

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::store::cache;
use crate::store::connection::AnyConnection;
use crate::store::schema::{
    access_tokens, account_events, active_users, authorization_codes, authorization_requests, browser_sessions,
    denied_tokens, device_authorizations, email_confirmations, grants, logout_deliveries, logout_requests, mails,
    one_time_links, playground_runs, refresh_tokens, registration_tokens, used_jtis,
};
use crate::store::{counts, jwks_readers, session_clients};

/// Rows in one batch of those who have no reason to choose.
pub const BATCH: i64 = 500;

/// Whether so many rows are a whole batch, so that there may be more.
pub fn is_whole(rows: usize) -> bool {
    i64::try_from(rows).is_ok_and(|rows| rows >= BATCH)
}

/// Deletes rows of `$table` that match, at most `$limit` of them, by their key: those first whose `$column` says the least. One
/// that was changed meanwhile and matches no more stays.
macro_rules! delete_batch {
    ($connection:expr, $limit:expr, $table:ident, $key:ident: $type:ty, $column:ident.$matches:ident($than:expr)) => {
        delete_batch!($connection, $limit, $table, $key: $type, $column, $table::$column.$matches($than))
    };
    ($connection:expr, $limit:expr, $table:ident, $key:ident: $type:ty, $column:ident, $condition:expr) => {{
        let some = $table::table.filter($condition).order($table::$column).limit($limit);
        let keys = some.select($table::$key).load::<$type>($connection)?;
        if keys.is_empty() {
            Ok(0)
        } else {
            diesel::delete($table::table.filter($table::$key.eq_any(keys)).filter($condition)).execute($connection)
        }
    }};
}

pub fn access_tokens(connection: &mut AnyConnection, expired: Timestamp, limit: i64) -> QueryResult<usize> {
    delete_batch!(connection, limit, access_tokens, digest: Vec<u8>, expires_at.le(expired))
}

pub fn refresh_tokens(connection: &mut AnyConnection, expired: Timestamp, limit: i64) -> QueryResult<usize> {
    delete_batch!(connection, limit, refresh_tokens, digest: Vec<u8>, expires_at.le(expired))
}

pub fn authorization_codes(connection: &mut AnyConnection, expired: Timestamp, limit: i64) -> QueryResult<usize> {
    delete_batch!(connection, limit, authorization_codes, digest: Vec<u8>, expires_at.le(expired))
}

pub fn authorization_requests(connection: &mut AnyConnection, expired: Timestamp, limit: i64) -> QueryResult<usize> {
    delete_batch!(connection, limit, authorization_requests, id: String, expires_at.le(expired))
}

/// Devices whose codes have expired.
pub fn device_authorizations(connection: &mut AnyConnection, expired: Timestamp, limit: i64) -> QueryResult<usize> {
    delete_batch!(connection, limit, device_authorizations, digest: Vec<u8>, expires_at.le(expired))
}

pub fn one_time_links(connection: &mut AnyConnection, expired: Timestamp, limit: i64) -> QueryResult<usize> {
    delete_batch!(connection, limit, one_time_links, digest: Vec<u8>, expires_at.le(expired))
}

/// Addresses that nobody confirmed in time.
pub fn email_confirmations(connection: &mut AnyConnection, expired: Timestamp, limit: i64) -> QueryResult<usize> {
    delete_batch!(
        connection,
        limit,
        email_confirmations,
        resource_owner_id: String,
        expires_at.le(expired)
    )
}

/// Initial access tokens that have expired or have no uses left.
pub fn registration_tokens(connection: &mut AnyConnection, expired: Timestamp, limit: i64) -> QueryResult<usize> {
    delete_batch!(
        connection,
        limit,
        registration_tokens,
        id: String,
        expires_at,
        registration_tokens::expires_at.le(expired).or(registration_tokens::remaining_uses.le(0))
    )
}

/// Sessions that have ended; unused, none lasts longer than in all.
pub fn browser_sessions(connection: &mut AnyConnection, expired: Timestamp, limit: i64) -> QueryResult<usize> {
    delete_batch!(connection, limit, browser_sessions, digest: Vec<u8>, idle_expires_at.le(expired))
}

/// The clients of sessions that have ended; gives how many were due.
pub fn session_clients(connection: &mut AnyConnection, expired: Timestamp, limit: i64) -> QueryResult<usize> {
    session_clients::forget(connection, expired, limit)
}

pub fn logout_requests(connection: &mut AnyConnection, expired: Timestamp, limit: i64) -> QueryResult<usize> {
    delete_batch!(connection, limit, logout_requests, id: String, expires_at.le(expired))
}

pub fn logout_deliveries(connection: &mut AnyConnection, finished: Timestamp, limit: i64) -> QueryResult<usize> {
    delete_batch!(connection, limit, logout_deliveries, id: String, finished_at.le(finished))
}

/// Runs of the playground; their clients are forgotten with them, for they are kept in memory together.
pub fn playground_runs(connection: &mut AnyConnection, expired: Timestamp, limit: i64) -> QueryResult<usize> {
    let deleted = delete_batch!(connection, limit, playground_runs, id: String, expires_at.le(expired))?;
    if deleted > 0 {
        cache::touch(connection)?;
    }
    Ok(deleted)
}

pub fn account_events(connection: &mut AnyConnection, before: Timestamp, limit: i64) -> QueryResult<usize> {
    delete_batch!(connection, limit, account_events, id: i64, at.lt(before))
}

pub fn mails(connection: &mut AnyConnection, finished: Timestamp, limit: i64) -> QueryResult<usize> {
    delete_batch!(connection, limit, mails, id: String, finished_at.le(finished))
}

/// Letters of any kind that have been due since, and that nobody has tried to send.
pub fn unsent_mails(connection: &mut AnyConnection, due: Timestamp, limit: i64) -> QueryResult<usize> {
    delete_batch!(connection, limit, mails, id: String, next_attempt_at.le(due))
}

pub fn denied_tokens(connection: &mut AnyConnection, expired: Timestamp, limit: i64) -> QueryResult<usize> {
    delete_batch!(connection, limit, denied_tokens, id: String, expires_at.le(expired))
}

pub fn used_jtis(connection: &mut AnyConnection, expired: Timestamp, limit: i64) -> QueryResult<usize> {
    delete_batch!(connection, limit, used_jtis, digest: Vec<u8>, expires_at.le(expired))
}

/// Grants whose refresh tokens have reached their absolute end, when no token of theirs can be alive.
pub fn grants(connection: &mut AnyConnection, ended: Timestamp, limit: i64) -> QueryResult<usize> {
    delete_batch!(connection, limit, grants, id: i64, expires_at.le(ended))
}

/// Grants that were revoked.
pub fn revoked_grants(connection: &mut AnyConnection, revoked: Timestamp, limit: i64) -> QueryResult<usize> {
    delete_batch!(connection, limit, grants, id: i64, revoked_at.le(revoked))
}

/// Programs that have not fetched the keys since: few leave at a time, so all of them at once.
pub fn jwks_readers(connection: &mut AnyConnection, before: Timestamp, _: i64) -> QueryResult<usize> {
    jwks_readers::forget(connection, before)
}

pub fn active_users(connection: &mut AnyConnection, before: Timestamp, limit: i64) -> QueryResult<usize> {
    delete_batch!(connection, limit, active_users, resource_owner_id: String, last_day.lt(before))
}

/// The sums of hours: few leave at a time, so all of them at once.
pub fn hours(connection: &mut AnyConnection, before: Timestamp, _: i64) -> QueryResult<usize> {
    counts::forget(connection, counts::HOUR, before)
}

pub fn days(connection: &mut AnyConnection, before: Timestamp, _: i64) -> QueryResult<usize> {
    counts::forget(connection, counts::DAY, before)
}
