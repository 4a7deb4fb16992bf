//! Table `audit_log`: who did what to what, from where. No secrets in it.

use diesel::prelude::*;
use serde_json::Value;

use crate::clock::Timestamp;
use crate::store::connection::{AnyConnection, on_backend};
use crate::store::paging::{Place, in_order};
use crate::store::schema::{audit_links, audit_log};

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A resource owner, by username.
    Owner(String),
    /// A client, by id.
    Client(String),
    /// Somebody at the command line of the server's machine.
    Operator,
    /// Somebody who has not proved who they are.
    Anonymous,
    /// The server itself.
    Server,
}

impl Actor {
    fn columns(&self) -> (&'static str, &str) {
        match self {
            Self::Owner(name) => ("user", name),
            Self::Client(id) => ("client", id),
            Self::Operator => ("operator", ""),
            Self::Anonymous => ("anonymous", ""),
            Self::Server => ("server", ""),
        }
    }
}

/// An entry to be.
#[derive(Clone, Debug)]
pub struct Event {
    pub at: Timestamp,
    /// What happened, for example `client.created`.
    pub action: &'static str,
    pub actor: Actor,
    /// What it happened to: an id or a name, or empty.
    pub target: String,
    /// From where: an address, or empty.
    pub address: String,
    pub request_id: String,
    /// What else is worth knowing, as a JSON object; never a secret.
    pub detail: Value,
}

/// An entry as stored.
#[derive(Clone, Debug, Queryable)]
pub struct Entry {
    pub id: i64,
    pub at: Timestamp,
    pub action: String,
    pub actor_kind: String,
    pub actor: String,
    pub target: String,
    pub address: String,
    pub request_id: String,
    pub detail: String,
}

pub fn insert(connection: &mut AnyConnection, event: &Event) -> QueryResult<()> {
    let (actor_kind, actor) = event.actor.columns();
    on_backend!(connection, |c| diesel::insert_into(audit_log::table)
        .values((
            audit_log::at.eq(event.at),
            audit_log::action.eq(event.action),
            audit_log::actor_kind.eq(actor_kind),
            audit_log::actor.eq(actor),
            audit_log::target.eq(&event.target),
            audit_log::address.eq(&event.address),
            audit_log::request_id.eq(&event.request_id),
            audit_log::detail.eq(event.detail.to_string()),
        ))
        .execute(c))?;
    Ok(())
}

/// What a list of entries is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// An action, or what several begin with (`client.`).
    pub action: Option<String>,
    pub actor: Option<String>,
    pub target: Option<String>,
    pub address: Option<String>,
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
    pub place: Place<i64>,
}

/// Narrows a boxed query to what matches.
macro_rules! narrow {
    ($query:expr, $filter:expr) => {{
        let mut query = $query;
        match $filter.action.as_deref() {
            // As a range, which an index finds: what follows the dot is a slash.
            Some(action) if action.ends_with('.') => {
                let end = format!("{}/", action.trim_end_matches('.'));
                query = query.filter(audit_log::action.ge(action.to_owned())).filter(audit_log::action.lt(end));
            }
            Some(action) => query = query.filter(audit_log::action.eq(action.to_owned())),
            None => {}
        }
        if let Some(actor) = &$filter.actor {
            query = query.filter(audit_log::actor.eq(actor.clone()));
        }
        if let Some(target) = &$filter.target {
            query = query.filter(audit_log::target.eq(target.clone()));
        }
        if let Some(address) = &$filter.address {
            query = query.filter(audit_log::address.eq(address.clone()));
        }
        if let Some(from) = $filter.from {
            query = query.filter(audit_log::at.ge(from));
        }
        if let Some(until) = $filter.until {
            query = query.filter(audit_log::at.lt(until));
        }
        query
    }};
}

/// An entry, with its position and its hash once it is chained.
pub type Linked = (Entry, Option<(i64, Vec<u8>)>);

/// Entries after the one with this id, oldest first.
pub fn export(connection: &mut AnyConnection, filter: &Filter, after: i64, limit: i64) -> QueryResult<Vec<Linked>> {
    let query = audit_log::table
        .left_join(audit_links::table)
        .filter(audit_log::id.gt(after))
        .order(audit_log::id)
        .limit(limit)
        .select((audit_log::all_columns, (audit_links::position, audit_links::hash).nullable()))
        .into_boxed();
    narrow!(query, filter).load(connection)
}

/// A page of entries, newest first.
pub fn list(connection: &mut AnyConnection, filter: &Filter, limit: i64) -> QueryResult<Vec<Entry>> {
    let query = narrow!(audit_log::table.limit(limit).into_boxed(), filter);
    let query = match filter.place {
        Place::Top => query.order(audit_log::id.desc()),
        Place::After(id) => query.filter(audit_log::id.lt(id)).order(audit_log::id.desc()),
        Place::Before(id) => query.filter(audit_log::id.gt(id)).order(audit_log::id.asc()),
    };
    Ok(in_order(query.load(connection)?, &filter.place))
}

/// When the newest entry was written.
pub fn newest(connection: &mut AnyConnection) -> QueryResult<Option<Timestamp>> {
    audit_log::table.order(audit_log::id.desc()).select(audit_log::at).first(connection).optional()
}
