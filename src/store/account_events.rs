//! Table `account_events`: what happened to accounts, for their owners.

use diesel::prelude::*;
use serde_json::Value;

use crate::clock::Timestamp;
use crate::domain::account_event::Kind;
use crate::store::connection::{AnyConnection, on_backend};
use crate::store::paging::{Place, in_order};
use crate::store::schema::account_events;

/// An event to be.
#[derive(Clone, Debug)]
pub struct NewEvent<'a> {
    pub owner_id: &'a str,
    pub at: Timestamp,
    pub kind: Kind,
    pub client_id: Option<&'a str>,
    /// Where it came from, as far as that concerns the owner; else empty.
    pub address: &'a str,
    pub user_agent: &'a str,
    /// A JSON object.
    pub detail: Value,
}

/// An event as stored.
#[derive(Clone, Debug)]
pub struct Event {
    pub id: i64,
    pub at: Timestamp,
    /// `None` for one of a newer version.
    pub kind: Option<Kind>,
    pub client_id: Option<String>,
    pub address: String,
    pub user_agent: String,
    pub detail: Value,
}

type Row = (i64, Timestamp, String, Option<String>, String, String, String);
type Columns = (
    account_events::id,
    account_events::at,
    account_events::kind,
    account_events::client_id,
    account_events::address,
    account_events::user_agent,
    account_events::detail,
);
const COLUMNS: Columns = (
    account_events::id,
    account_events::at,
    account_events::kind,
    account_events::client_id,
    account_events::address,
    account_events::user_agent,
    account_events::detail,
);

fn event((id, at, kind, client_id, address, user_agent, detail): Row) -> Event {
    let detail = serde_json::from_str(&detail).unwrap_or_default();
    Event { id, at, kind: Kind::from_stored(&kind), client_id, address, user_agent, detail }
}

pub fn insert(connection: &mut AnyConnection, new: &NewEvent<'_>) -> QueryResult<()> {
    on_backend!(connection, |c| diesel::insert_into(account_events::table)
        .values((
            account_events::resource_owner_id.eq(new.owner_id),
            account_events::at.eq(new.at),
            account_events::kind.eq(new.kind.as_str()),
            account_events::client_id.eq(new.client_id),
            account_events::address.eq(new.address),
            account_events::user_agent.eq(new.user_agent),
            account_events::detail.eq(new.detail.to_string()),
        ))
        .execute(c))?;
    Ok(())
}

/// A page of an account's events, newest first.
pub fn list(connection: &mut AnyConnection, owner_id: &str, place: &Place<i64>, limit: i64) -> QueryResult<Vec<Event>> {
    let query = account_events::table
        .filter(account_events::resource_owner_id.eq(owner_id))
        .select(COLUMNS)
        .limit(limit)
        .into_boxed();
    let query = match place {
        Place::Top => query.order(account_events::id.desc()),
        Place::After(id) => query.filter(account_events::id.lt(*id)).order(account_events::id.desc()),
        Place::Before(id) => query.filter(account_events::id.gt(*id)).order(account_events::id.asc()),
    };
    let rows = in_order(query.load::<Row>(connection)?, place);
    Ok(rows.into_iter().map(event).collect())
}

/// What became of applications, newest first.
pub fn of_applications(connection: &mut AnyConnection, owner_id: &str, limit: i64) -> QueryResult<Vec<Event>> {
    let rows = account_events::table
        .filter(account_events::resource_owner_id.eq(owner_id))
        .filter(account_events::client_id.is_not_null())
        .order(account_events::id.desc())
        .select(COLUMNS)
        .limit(limit)
        .load::<Row>(connection)?;
    Ok(rows.into_iter().map(event).collect())
}

/// What became of one application last.
pub fn last_of_application(
    connection: &mut AnyConnection,
    owner_id: &str,
    client_id: &str,
) -> QueryResult<Option<Event>> {
    let row = account_events::table
        .filter(account_events::resource_owner_id.eq(owner_id))
        .filter(account_events::client_id.eq(client_id))
        .order(account_events::id.desc())
        .select(COLUMNS)
        .first::<Row>(connection)
        .optional()?;
    Ok(row.map(event))
}

/// Whether somebody has signed in to the account from this address.
pub fn has_signed_in_from(connection: &mut AnyConnection, owner_id: &str, address: &str) -> QueryResult<bool> {
    let sign_ins = account_events::table
        .filter(account_events::resource_owner_id.eq(owner_id))
        .filter(account_events::address.eq(address))
        .filter(account_events::kind.eq_any(Kind::SIGN_INS.map(Kind::as_str)));
    Ok(sign_ins.select(account_events::id).first::<i64>(connection).optional()?.is_some())
}
