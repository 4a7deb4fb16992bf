//! Table `logout_requests`: validated logout requests that wait for a person. Pages carry only the id.

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::store::connection::AnyConnection;
use crate::store::schema::logout_requests;

/// A request to be: `request` is what `web` puts in, `browser` the one that may go on with it, or the first that opens it.
#[derive(Clone, Debug)]
pub struct NewLogoutRequest {
    pub id: String,
    pub browser: Option<String>,
    pub request: String,
    pub expires_at: Timestamp,
}

pub fn insert(connection: &mut AnyConnection, new: &NewLogoutRequest) -> QueryResult<()> {
    diesel::insert_into(logout_requests::table)
        .values((
            logout_requests::id.eq(&new.id),
            logout_requests::browser.eq(new.browser.as_deref()),
            logout_requests::request.eq(&new.request),
            logout_requests::expires_at.eq(new.expires_at),
        ))
        .execute(connection)?;
    Ok(())
}

/// The request, when it has not expired and no other browser was first; from here on it is this browser's.
pub fn open(connection: &mut AnyConnection, id: &str, browser: &str, now: Timestamp) -> QueryResult<Option<String>> {
    diesel::update(
        logout_requests::table
            .find(id)
            .filter(logout_requests::expires_at.gt(now))
            .filter(logout_requests::browser.is_null().or(logout_requests::browser.eq(browser))),
    )
    .set(logout_requests::browser.eq(browser))
    .returning(logout_requests::request)
    .get_result(connection)
    .optional()
}
