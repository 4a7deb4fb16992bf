//! Table `request_log`: what became of requests to the protocol's endpoints. No secret in it, and no name of a person.
//!
//! It is a ring: what is newest pushes out what is oldest, by number and by age.

use diesel::prelude::*;
use serde_json::Value;

use crate::clock::Timestamp;
use crate::store::connection::{AnyConnection, on_backend};
use crate::store::paging::{Place, in_order};
use crate::store::schema::request_log;

/// The outcome of a request that went well.
pub const OK: &str = "ok";

/// A record to be.
#[derive(Clone, Debug)]
pub struct NewRecord {
    pub at: Timestamp,
    pub request_id: String,
    pub endpoint: &'static str,
    /// A client that is registered.
    pub client_id: Option<String>,
    pub client_name: String,
    /// The grant type or the response type, as far as the request came; or empty.
    pub flow: &'static str,
    /// By what the client proved itself, or empty.
    pub proof: &'static str,
    /// [`OK`], or what it was refused with.
    pub outcome: &'static str,
    pub is_failure: bool,
    /// The check that said no.
    pub failed_check: Option<&'static str>,
    pub owner_id: Option<String>,
    pub address: String,
    pub duration_us: i64,
    /// What was compared and what else is known, as a JSON object.
    pub detail: Value,
}

/// A record as stored.
#[derive(Clone, Debug, Queryable)]
pub struct Record {
    pub id: i64,
    pub at: Timestamp,
    pub request_id: String,
    pub endpoint: String,
    pub client_id: Option<String>,
    pub client_name: String,
    pub flow: String,
    pub proof: String,
    pub outcome: String,
    pub is_failure: bool,
    pub failed_check: Option<String>,
    pub owner_id: Option<String>,
    pub address: String,
    pub duration_us: i64,
    pub detail: String,
}

/// Writes records, in one statement where the database can.
pub fn insert(connection: &mut AnyConnection, records: &[NewRecord]) -> QueryResult<()> {
    let rows: Vec<_> = records
        .iter()
        .map(|record| {
            (
                request_log::at.eq(record.at),
                request_log::request_id.eq(&record.request_id),
                request_log::endpoint.eq(record.endpoint),
                request_log::client_id.eq(record.client_id.as_deref()),
                request_log::client_name.eq(&record.client_name),
                request_log::flow.eq(record.flow),
                request_log::proof.eq(record.proof),
                request_log::outcome.eq(record.outcome),
                request_log::is_failure.eq(record.is_failure),
                request_log::failed_check.eq(record.failed_check),
                request_log::owner_id.eq(record.owner_id.as_deref()),
                request_log::address.eq(&record.address),
                request_log::duration_us.eq(record.duration_us),
                request_log::detail.eq(record.detail.to_string()),
            )
        })
        .collect();
    on_backend!(connection, |c| diesel::insert_into(request_log::table).values(rows).execute(c))?;
    Ok(())
}

/// What a list of records is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub client_id: Option<String>,
    pub endpoint: Option<String>,
    pub outcome: Option<Outcome>,
    pub request_id: Option<String>,
    pub place: Place<i64>,
}

/// An outcome that is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Success,
    Failure,
    /// A failure with this error.
    Error(String),
}

/// A page of records, newest first.
pub fn list(connection: &mut AnyConnection, filter: &Filter, limit: i64) -> QueryResult<Vec<Record>> {
    let mut query = request_log::table.limit(limit).into_boxed();
    if let Some(id) = &filter.client_id {
        query = query.filter(request_log::client_id.eq(id.clone()));
    }
    if let Some(endpoint) = &filter.endpoint {
        query = query.filter(request_log::endpoint.eq(endpoint.clone()));
    }
    if let Some(id) = &filter.request_id {
        query = query.filter(request_log::request_id.eq(id.clone()));
    }
    query = match &filter.outcome {
        None => query,
        Some(Outcome::Success) => query.filter(request_log::is_failure.eq(false)),
        Some(Outcome::Failure) => query.filter(request_log::is_failure.eq(true)),
        Some(Outcome::Error(error)) => query.filter(request_log::outcome.eq(error.clone())),
    };
    let query = match filter.place {
        Place::Top => query.order(request_log::id.desc()),
        Place::After(id) => query.filter(request_log::id.lt(id)).order(request_log::id.desc()),
        Place::Before(id) => query.filter(request_log::id.gt(id)).order(request_log::id.asc()),
    };
    Ok(in_order(query.load(connection)?, &filter.place))
}

/// The newest record of a request.
pub fn find(connection: &mut AnyConnection, request_id: &str) -> QueryResult<Option<Record>> {
    let filter = Filter { request_id: Some(request_id.to_owned()), ..Filter::default() };
    Ok(list(connection, &filter, 1)?.pop())
}

/// Deletes the oldest records beyond `max_rows`, and those from before `before`, but `most` at a time; gives their number.
pub fn trim(connection: &mut AnyConnection, max_rows: i64, before: Timestamp, most: usize) -> QueryResult<usize> {
    let newest: Option<i64> = request_log::table.select(diesel::dsl::max(request_log::id)).first(connection)?;
    let Some(newest) = newest else { return Ok(0) };
    // They come in the order of time, so the first of them tell whether any is old: no index is needed for it.
    let oldest = request_log::table
        .order(request_log::id)
        .limit(i64::try_from(most).unwrap_or(i64::MAX))
        .select((request_log::id, request_log::at))
        .load::<(i64, Timestamp)>(connection)?;
    let last = oldest.iter().take_while(|(id, at)| *id <= newest - max_rows || *at < before).last();
    match last {
        None => Ok(0),
        Some((last, _)) => diesel::delete(request_log::table.filter(request_log::id.le(last))).execute(connection),
    }
}
