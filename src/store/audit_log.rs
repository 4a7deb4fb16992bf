//! Table `audit_log`: who did what to what, from where. No secrets in it.

use std::collections::HashMap;

use diesel::dsl::{AsExprOf, sql};
use diesel::expression::{SqlLiteral, UncheckedBind};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};

use crate::clock::{Seconds, Timestamp};
use crate::store::connection::AnyConnection;
use crate::store::paging::{Place, in_order};
use crate::store::prepared::{Value, known};
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
    pub detail: serde_json::Value,
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

impl Event {
    /// In the order of the columns after the id; `detail` as it is stored.
    pub(super) fn values<'a>(&'a self, detail: &'a str) -> [Value<'a>; 8] {
        let (actor_kind, actor) = self.actor.columns();
        [
            Value::Number(self.at),
            Value::Text(self.action),
            Value::Text(actor_kind),
            Value::Text(actor),
            Value::Text(&self.target),
            Value::Text(&self.address),
            Value::Text(&self.request_id),
            Value::Text(detail),
        ]
    }
}

pub fn insert(connection: &mut AnyConnection, event: &Event) -> QueryResult<()> {
    let ((actor_kind, actor), detail) = (event.actor.columns(), event.detail.to_string());
    known!(
        connection,
        event.values(&detail),
        diesel::insert_into(audit_log::table).values((
            audit_log::at.eq(event.at),
            audit_log::action.eq(event.action),
            audit_log::actor_kind.eq(actor_kind),
            audit_log::actor.eq(actor),
            audit_log::target.eq(&event.target),
            audit_log::address.eq(&event.address),
            audit_log::request_id.eq(&event.request_id),
            audit_log::detail.eq(&detail),
        )),
        |c, known| known.execute(c)
    )?;
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

/// Narrows a boxed query to what one column says exactly; each has an index that goes on by the id.
macro_rules! narrow {
    ($query:expr, $filter:expr) => {{
        let mut query = $query;
        if let Some(action) = $filter.exact_action() {
            query = query.filter(audit_log::action.eq(action.to_owned()));
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
        query
    }};
}

impl Filter {
    /// What several actions begin with.
    fn action_beginning(&self) -> Option<&str> {
        self.action.as_deref().filter(|action| action.ends_with('.'))
    }

    fn exact_action(&self) -> Option<&str> {
        self.action.as_deref().filter(|action| !action.ends_with('.'))
    }

    /// Whether an entry is in the time that is meant, and its action begins as it should.
    fn holds(&self, entry: &Entry) -> bool {
        self.from.is_none_or(|from| entry.at >= from)
            && self.until.is_none_or(|until| entry.at < until)
            && self.action_beginning().is_none_or(|beginning| entry.action.starts_with(beginning))
    }
}

/// An entry, with its position and its hash once it is chained.
pub type Linked = (Entry, Option<(i64, Vec<u8>)>);

/// What matches of the next entries after the one with this id, oldest first, and after which it goes on; `None` at the end.
///
/// Time and beginnings are looked at here: with them in the statement a database may sort all that matches for each step.
pub fn export(
    connection: &mut AnyConnection,
    filter: &Filter,
    after: i64,
    limit: i64,
) -> QueryResult<(Vec<Linked>, Option<i64>)> {
    let query = audit_log::table
        .left_join(audit_links::table)
        .filter(audit_log::id.gt(after))
        .order(audit_log::id)
        .limit(limit)
        .select((audit_log::all_columns, (audit_links::position, audit_links::hash).nullable()))
        .into_boxed();
    let mut entries: Vec<Linked> = narrow!(query, filter).load(connection)?;
    let is_full = i64::try_from(entries.len()).unwrap_or(i64::MAX) >= limit;
    let last = entries.last().map(|(entry, _)| entry.id).filter(|_| is_full);
    entries.retain(|(entry, _)| filter.holds(entry));
    Ok((entries, last))
}

/// The actions that begin so, each found by a step in the index.
fn actions_beginning(connection: &mut AnyConnection, beginning: &str) -> QueryResult<Vec<String>> {
    let mut found: Vec<String> = Vec::new();
    loop {
        let next = audit_log::table
            .filter(audit_log::action.gt(found.last().map_or(beginning, String::as_str).to_owned()))
            .order(audit_log::action)
            .select(audit_log::action)
            .first::<String>(connection)
            .optional()?;
        match next {
            Some(action) if action.starts_with(beginning) => found.push(action),
            _ => return Ok(found),
        }
    }
}

/// A page of entries, newest first.
pub fn list(connection: &mut AnyConnection, filter: &Filter, limit: i64) -> QueryResult<Vec<Entry>> {
    let Some(beginning) = filter.action_beginning() else { return list_exactly(connection, filter, limit) };
    let mut all = Vec::new();
    for action in actions_beginning(connection, beginning)? {
        all.extend(list_exactly(connection, &Filter { action: Some(action), ..filter.clone() }, limit)?);
    }
    all.sort_by_key(|entry| std::cmp::Reverse(entry.id));
    let most = usize::try_from(limit).unwrap_or_default();
    if matches!(filter.place, Place::Before(_)) {
        all.drain(..all.len().saturating_sub(most));
    }
    all.truncate(most);
    Ok(all)
}

/// Seconds by which the times of entries may differ from the order of their ids: the clocks of processes do, and what takes long
/// is noted at its end with the time at which it began.
const SKEW: Seconds = 60 * 60;

/// The ids between which all entries of the filter's time are. A list is in the order of ids; with the time alone in its
/// statement a database would sort all entries of that time, or look at all that are newer.
fn between(connection: &mut AnyConnection, filter: &Filter) -> QueryResult<(i64, i64)> {
    let mut ids = (0, i64::MAX);
    if let Some(from) = filter.from {
        let before = audit_log::table.filter(audit_log::at.lt(from - SKEW));
        let last = before.order((audit_log::at.desc(), audit_log::id.desc())).select(audit_log::id);
        ids.0 = last.first(connection).optional()?.unwrap_or(ids.0);
    }
    if let Some(until) = filter.until {
        let after = audit_log::table.filter(audit_log::at.ge(until + SKEW));
        let first = after.order((audit_log::at.asc(), audit_log::id.asc())).select(audit_log::id);
        ids.1 = first.first(connection).optional()?.unwrap_or(ids.1);
    }
    Ok(ids)
}

/// A comparison of the time that no index answers: [`between`] has narrowed it down already.
fn at_is(compared: &str, at: Timestamp) -> UncheckedBind<SqlLiteral<Bool>, AsExprOf<Timestamp, BigInt>> {
    sql::<Bool>(&format!("coalesce(audit_log.at, 0) {compared} ")).bind::<BigInt, _>(at)
}

fn list_exactly(connection: &mut AnyConnection, filter: &Filter, limit: i64) -> QueryResult<Vec<Entry>> {
    let (after, before) = between(connection, filter)?;
    let mut query = narrow!(audit_log::table.limit(limit).into_boxed(), filter);
    if let Some(from) = filter.from {
        query = query.filter(audit_log::id.gt(after)).filter(at_is(">=", from));
    }
    if let Some(until) = filter.until {
        query = query.filter(audit_log::id.lt(before)).filter(at_is("<", until));
    }
    let query = match filter.place {
        Place::Top => query.order(audit_log::id.desc()),
        Place::After(id) => query.filter(audit_log::id.lt(id)).order(audit_log::id.desc()),
        Place::Before(id) => query.filter(audit_log::id.gt(id)).order(audit_log::id.asc()),
    };
    Ok(in_order(query.load(connection)?, &filter.place))
}

/// Position and hash of those of these entries that are chained, by the entry's id.
pub fn links(connection: &mut AnyConnection, entries: &[Entry]) -> QueryResult<HashMap<i64, (i64, Vec<u8>)>> {
    let ids: Vec<i64> = entries.iter().map(|entry| entry.id).collect();
    let links = audit_links::table
        .filter(audit_links::entry_id.eq_any(ids))
        .select((audit_links::entry_id, (audit_links::position, audit_links::hash)))
        .load::<(i64, (i64, Vec<u8>))>(connection)?;
    Ok(links.into_iter().collect())
}

/// When the newest entry was written.
pub fn newest(connection: &mut AnyConnection) -> QueryResult<Option<Timestamp>> {
    audit_log::table.order(audit_log::id.desc()).select(audit_log::at).first(connection).optional()
}
