//! Table `authorization_requests`: validated requests that wait for a person. Pages carry only the id.

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::store::connection::AnyConnection;
use crate::store::schema::authorization_requests;

/// A request as stored: `request` is what `web` put in.
#[derive(Clone, Debug, Queryable)]
pub struct StoredRequest {
    pub id: String,
    pub client_id: String,
    /// The browser that continues it; the first that opens it.
    pub browser: Option<String>,
    pub request: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

pub fn insert(connection: &mut AnyConnection, new: &StoredRequest) -> QueryResult<()> {
    diesel::insert_into(authorization_requests::table)
        .values((
            authorization_requests::id.eq(&new.id),
            authorization_requests::client_id.eq(&new.client_id),
            authorization_requests::browser.eq(new.browser.as_deref()),
            authorization_requests::request.eq(&new.request),
            authorization_requests::created_at.eq(new.created_at),
            authorization_requests::expires_at.eq(new.expires_at),
        ))
        .execute(connection)?;
    Ok(())
}

/// The request, when it has not expired.
pub fn find(connection: &mut AnyConnection, id: &str, now: Timestamp) -> QueryResult<Option<StoredRequest>> {
    authorization_requests::table
        .find(id)
        .filter(authorization_requests::expires_at.gt(now))
        .get_result(connection)
        .optional()
}

/// Binds a request to the first browser that opens it; false when another was first.
pub fn bind(connection: &mut AnyConnection, id: &str, browser: &str) -> QueryResult<bool> {
    let bound = diesel::update(
        authorization_requests::table
            .find(id)
            .filter(authorization_requests::browser.is_null().or(authorization_requests::browser.eq(browser))),
    )
    .set(authorization_requests::browser.eq(browser))
    .execute(connection)?;
    Ok(bound == 1)
}

/// Takes a request away to answer it, so that it is answered once; `None` when somebody was first.
pub fn take(connection: &mut AnyConnection, id: &str, now: Timestamp) -> QueryResult<Option<StoredRequest>> {
    diesel::delete(authorization_requests::table.find(id).filter(authorization_requests::expires_at.gt(now)))
        .returning(authorization_requests::all_columns)
        .get_result(connection)
        .optional()
}
