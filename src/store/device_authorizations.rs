//! Table `device_authorizations`: devices that wait for a person (RFC 8628). A row stays until its device code expires.

use diesel::prelude::*;

use crate::clock::{Seconds, Timestamp};
use crate::domain::device::{DeviceAuthorization, DeviceState};
use crate::secret::Digest;
use crate::store::connection::{AnyConnection, lock_rows, on_backend};
use crate::store::schema::device_authorizations;

#[derive(Queryable)]
struct Row {
    client_id: String,
    request: String,
    address: String,
    state: String,
    browser: Option<String>,
    pace: Seconds,
    polled_at: Option<Timestamp>,
    created_at: Timestamp,
    expires_at: Timestamp,
}

const COLUMNS: (
    device_authorizations::client_id,
    device_authorizations::request,
    device_authorizations::address,
    device_authorizations::state,
    device_authorizations::browser,
    device_authorizations::pace,
    device_authorizations::polled_at,
    device_authorizations::created_at,
    device_authorizations::expires_at,
) = (
    device_authorizations::client_id,
    device_authorizations::request,
    device_authorizations::address,
    device_authorizations::state,
    device_authorizations::browser,
    device_authorizations::pace,
    device_authorizations::polled_at,
    device_authorizations::created_at,
    device_authorizations::expires_at,
);

impl From<Row> for DeviceAuthorization {
    fn from(row: Row) -> Self {
        Self {
            client_id: row.client_id,
            request: row.request,
            address: row.address,
            state: DeviceState::from_stored(&row.state),
            browser: row.browser,
            pace: row.pace,
            polled_at: row.polled_at,
            created_at: row.created_at,
            expires_at: row.expires_at,
        }
    }
}

/// Stores a new one; false when another that is still stored shows the same user code.
pub fn insert(
    connection: &mut AnyConnection,
    digest: &Digest,
    user_code: &Digest,
    new: &DeviceAuthorization,
) -> QueryResult<bool> {
    let inserted = on_backend!(connection, |c| diesel::insert_into(device_authorizations::table)
        .values((
            device_authorizations::digest.eq(digest.as_bytes()),
            device_authorizations::user_code.eq(user_code.as_bytes()),
            device_authorizations::client_id.eq(&new.client_id),
            device_authorizations::request.eq(&new.request),
            device_authorizations::address.eq(&new.address),
            device_authorizations::state.eq(new.state.as_str()),
            device_authorizations::pace.eq(new.pace),
            device_authorizations::created_at.eq(new.created_at),
            device_authorizations::expires_at.eq(new.expires_at),
        ))
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(inserted == 1)
}

/// The one with this device code.
pub fn find(connection: &mut AnyConnection, digest: &Digest) -> QueryResult<Option<DeviceAuthorization>> {
    let row: Option<Row> =
        device_authorizations::table.find(digest.as_bytes()).select(COLUMNS).get_result(connection).optional()?;
    Ok(row.map(Into::into))
}

/// The same, held until the transaction ends.
pub fn hold(connection: &mut AnyConnection, digest: &Digest) -> QueryResult<Option<DeviceAuthorization>> {
    let row = device_authorizations::table.find(digest.as_bytes()).select(COLUMNS);
    let rows: Vec<Row> = lock_rows!(connection, row)?;
    Ok(rows.into_iter().next().map(Into::into))
}

/// Notes that the device asked, and how long it must wait before it asks again.
pub fn note_poll(connection: &mut AnyConnection, digest: &Digest, pace: Seconds, now: Timestamp) -> QueryResult<()> {
    diesel::update(device_authorizations::table.find(digest.as_bytes()))
        .set((device_authorizations::polled_at.eq(now), device_authorizations::pace.eq(pace)))
        .execute(connection)?;
    Ok(())
}

/// Binds the one that shows this user code to the browser where it was entered; `None` when none waits for it, or another
/// browser was first.
pub fn claim(
    connection: &mut AnyConnection,
    user_code: &Digest,
    browser: &str,
    now: Timestamp,
) -> QueryResult<Option<DeviceAuthorization>> {
    let waiting = device_authorizations::table
        .filter(device_authorizations::user_code.eq(user_code.as_bytes()))
        .filter(device_authorizations::state.eq(DeviceState::Pending.as_str()))
        .filter(device_authorizations::expires_at.gt(now))
        .filter(device_authorizations::browser.is_null().or(device_authorizations::browser.eq(browser)));
    let row: Option<Row> = diesel::update(waiting)
        .set(device_authorizations::browser.eq(browser))
        .returning(COLUMNS)
        .get_result(connection)
        .optional()?;
    Ok(row.map(Into::into))
}

/// What the person at this browser decided; false when it is no longer waited for.
pub fn answer(
    connection: &mut AnyConnection,
    digest: &Digest,
    browser: &str,
    state: DeviceState,
    now: Timestamp,
) -> QueryResult<bool> {
    let waiting = device_authorizations::table
        .find(digest.as_bytes())
        .filter(device_authorizations::state.eq(DeviceState::Pending.as_str()))
        .filter(device_authorizations::browser.eq(browser))
        .filter(device_authorizations::expires_at.gt(now));
    Ok(diesel::update(waiting).set(device_authorizations::state.eq(state.as_str())).execute(connection)? == 1)
}
