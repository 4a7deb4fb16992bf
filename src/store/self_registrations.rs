//! Table `self_registrations`: what is kept of a client that registered itself, beside the client.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::secret::Digest;
use crate::store::connection::AnyConnection;
use crate::store::error::StoreError;
use crate::store::schema::self_registrations;

/// How a client registered itself.
#[derive(Clone, Debug)]
pub struct SelfRegistration {
    /// Of its registration access token.
    pub digest: Digest,
    /// The id of the initial access token that it had.
    pub vouched_by: Option<String>,
    /// When it goes, unless somebody consents to it before.
    pub expires_at: Option<Timestamp>,
}

/// Keeps how a client registered itself.
pub fn insert(connection: &mut AnyConnection, client_id: &str, registration: &SelfRegistration) -> QueryResult<()> {
    diesel::insert_into(self_registrations::table)
        .values((
            self_registrations::client_id.eq(client_id),
            self_registrations::digest.eq(registration.digest.as_bytes()),
            self_registrations::vouched_by.eq(registration.vouched_by.as_deref()),
            self_registrations::expires_at.eq(registration.expires_at),
        ))
        .execute(connection)?;
    Ok(())
}

/// How a client registered itself; `None` for one that an admin made.
pub fn find(connection: &mut AnyConnection, client_id: &str) -> Result<Option<SelfRegistration>, StoreError> {
    let row = self_registrations::table
        .find(client_id)
        .select((self_registrations::digest, self_registrations::vouched_by, self_registrations::expires_at))
        .first::<(Vec<u8>, Option<String>, Option<Timestamp>)>(connection)
        .optional()?;
    let Some((digest, vouched_by, expires_at)) = row else { return Ok(None) };
    let digest = Digest::from_bytes(&digest)
        .ok_or_else(|| StoreError::Corrupt(format!("the registration access token of client {client_id}")))?;
    Ok(Some(SelfRegistration { digest, vouched_by, expires_at }))
}

/// Those of these clients that go unless somebody consents to them, and when.
pub fn expiries(connection: &mut AnyConnection, client_ids: &[String]) -> QueryResult<HashMap<String, Timestamp>> {
    let rows = self_registrations::table
        .filter(self_registrations::client_id.eq_any(client_ids))
        .filter(self_registrations::expires_at.is_not_null())
        .select((self_registrations::client_id, self_registrations::expires_at.assume_not_null()))
        .load::<(String, Timestamp)>(connection)?;
    Ok(rows.into_iter().collect())
}

/// How many clients registered with this initial access token.
pub fn count_vouched_by(connection: &mut AnyConnection, token_id: &str) -> QueryResult<i64> {
    self_registrations::table.filter(self_registrations::vouched_by.eq(token_id)).count().get_result(connection)
}

/// Somebody consented to the client, so it stays.
pub fn keep(connection: &mut AnyConnection, client_id: &str) -> QueryResult<()> {
    diesel::update(self_registrations::table.find(client_id).filter(self_registrations::expires_at.is_not_null()))
        .set(self_registrations::expires_at.eq(None::<Timestamp>))
        .execute(connection)?;
    Ok(())
}

/// How many clients nobody has consented to.
pub fn count_waiting(connection: &mut AnyConnection) -> QueryResult<i64> {
    self_registrations::table.filter(self_registrations::expires_at.is_not_null()).count().get_result(connection)
}

/// At most `limit` clients that go by `until` unless somebody consents to them, the first to go first.
pub fn expiring(connection: &mut AnyConnection, until: Timestamp, limit: i64) -> QueryResult<Vec<String>> {
    self_registrations::table
        .filter(self_registrations::expires_at.le(until))
        .order(self_registrations::expires_at)
        .select(self_registrations::client_id)
        .limit(limit)
        .load(connection)
}

/// The same without those that an initial access token vouches for.
pub fn expiring_strangers(connection: &mut AnyConnection, until: Timestamp, limit: i64) -> QueryResult<Vec<String>> {
    self_registrations::table
        .filter(self_registrations::expires_at.le(until))
        .filter(self_registrations::vouched_by.is_null())
        .order(self_registrations::expires_at)
        .select(self_registrations::client_id)
        .limit(limit)
        .load(connection)
}

/// Takes the registrations of these clients, as far as nobody has consented to them, and gives the clients' ids. A consent
/// at the same moment wins or finds them gone.
pub fn take_waiting(connection: &mut AnyConnection, client_ids: &[String]) -> QueryResult<Vec<String>> {
    let waiting = self_registrations::table
        .filter(self_registrations::client_id.eq_any(client_ids))
        .filter(self_registrations::expires_at.is_not_null());
    diesel::delete(waiting).returning(self_registrations::client_id).get_results(connection)
}
