//! Table `logout_deliveries`: what clients are told of sessions that ended, until they know it, and for some days after
//! ([`attempts`](super::attempts)).

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::domain::client::Origin;
use crate::store::attempts::{self, Outcome, Progress};
use crate::store::connection::AnyConnection;
use crate::store::paging::{Key, Place, in_order, newest_first};
use crate::store::schema::{clients, logout_deliveries, resource_owners};

/// A delivery that is being tried.
#[derive(Clone, Debug, Queryable)]
pub struct Delivery {
    pub id: String,
    pub owner_id: String,
    pub session_id: String,
    /// Attempts so far, this one included.
    pub attempts: i32,
}

/// A delivery as the console shows it.
#[derive(Clone, Debug, Queryable)]
pub struct Listed {
    pub id: String,
    pub client_id: String,
    pub client_name: String,
    pub owner_id: String,
    /// `None` when the account was deleted.
    pub username: Option<String>,
    pub progress: Progress,
}

impl Listed {
    pub fn key(&self) -> Key<String> {
        Key { at: self.progress.created_at, id: self.id.clone() }
    }
}

/// Puts a delivery in the queue, due at once.
pub fn insert(
    connection: &mut AnyConnection,
    id: &str,
    client_id: &str,
    owner_id: &str,
    session_id: &str,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::insert_into(logout_deliveries::table)
        .values((
            logout_deliveries::id.eq(id),
            logout_deliveries::client_id.eq(client_id),
            logout_deliveries::resource_owner_id.eq(owner_id),
            logout_deliveries::session_id.eq(session_id),
            logout_deliveries::attempts.eq(0),
            logout_deliveries::created_at.eq(now),
            logout_deliveries::next_attempt_at.eq(now),
        ))
        .execute(connection)?;
    Ok(())
}

/// The clients of at most `limit` deliveries to clients of this origin that somebody must try now, those that have been due
/// longest first; without the clients in `except`.
pub fn clients_due(
    connection: &mut AnyConnection,
    origin: Origin,
    now: Timestamp,
    except: &[String],
    limit: i64,
) -> QueryResult<Vec<String>> {
    logout_deliveries::table
        .inner_join(clients::table)
        .filter(logout_deliveries::next_attempt_at.le(now))
        .filter(logout_deliveries::client_id.ne_all(except))
        .filter(clients::origin.eq(origin.as_str()))
        .order(logout_deliveries::next_attempt_at)
        .select(logout_deliveries::client_id)
        .limit(limit)
        .load(connection)
}

/// The delivery to a client that has been due longest, for the caller alone until `until`. `None` when none is due, or
/// another process was faster.
pub fn claim(
    connection: &mut AnyConnection,
    client_id: &str,
    now: Timestamp,
    until: Timestamp,
) -> QueryResult<Option<Delivery>> {
    let columns = (
        logout_deliveries::id,
        logout_deliveries::resource_owner_id,
        logout_deliveries::session_id,
        logout_deliveries::attempts,
    );
    let of_client = logout_deliveries::client_id.eq(client_id);
    Ok(attempts::claim!(connection, logout_deliveries, of_client, now, until, columns))
}

/// Writes down what became of a claimed attempt, unless another one has begun meanwhile.
pub fn conclude(
    connection: &mut AnyConnection,
    delivery: &Delivery,
    outcome: &Outcome,
    now: Timestamp,
) -> QueryResult<()> {
    attempts::conclude!(connection, logout_deliveries, delivery, outcome, now)?;
    Ok(())
}

/// Begins anew with a delivery that has not arrived, at once; gives its client. `None` when there is no such delivery.
pub fn retry(connection: &mut AnyConnection, id: &str, now: Timestamp) -> QueryResult<Option<String>> {
    let begun = attempts::begin_anew!(logout_deliveries, id, now);
    begun.returning(logout_deliveries::client_id).get_result(connection).optional()
}

/// Whether some client of a session that ended has not even been tried.
pub fn any_untried(connection: &mut AnyConnection, session_id: &str) -> QueryResult<bool> {
    let untried = logout_deliveries::table
        .filter(logout_deliveries::session_id.eq(session_id))
        .filter(logout_deliveries::finished_at.is_null())
        .filter(logout_deliveries::last_error.is_null());
    diesel::select(diesel::dsl::exists(untried)).get_result(connection)
}

/// A page of deliveries, newest first.
pub fn list(connection: &mut AnyConnection, place: &Place<Key<String>>, limit: i64) -> QueryResult<Vec<Listed>> {
    let query = logout_deliveries::table
        .inner_join(clients::table)
        .left_join(resource_owners::table.on(resource_owners::id.eq(logout_deliveries::resource_owner_id)))
        .select((
            logout_deliveries::id,
            logout_deliveries::client_id,
            clients::name,
            logout_deliveries::resource_owner_id,
            resource_owners::username.nullable(),
            attempts::progress!(logout_deliveries),
        ))
        .limit(limit)
        .into_boxed();
    let query =
        newest_first!(query, place, logout_deliveries::created_at, logout_deliveries::id, |key: &Key<String>| key
            .id
            .clone());
    Ok(in_order(query.load(connection)?, place))
}
