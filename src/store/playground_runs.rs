//! Table `playground_runs`: for some minutes the console acts in a client's name.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::domain::client::Trial;
use crate::secret::Digest;
use crate::store::cache;
use crate::store::connection::AnyConnection;
use crate::store::schema::playground_runs;

/// A run to be.
#[derive(Clone, Debug)]
pub struct NewRun {
    pub id: String,
    pub client_id: String,
    pub owner_id: String,
    pub redirect_uri: String,
    pub secret: Digest,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

pub fn insert(connection: &mut AnyConnection, new: &NewRun) -> QueryResult<()> {
    diesel::insert_into(playground_runs::table)
        .values((
            playground_runs::id.eq(&new.id),
            playground_runs::client_id.eq(&new.client_id),
            playground_runs::resource_owner_id.eq(&new.owner_id),
            playground_runs::redirect_uri.eq(&new.redirect_uri),
            playground_runs::secret_digest.eq(new.secret.as_bytes()),
            playground_runs::created_at.eq(new.created_at),
            playground_runs::expires_at.eq(new.expires_at),
        ))
        .execute(connection)?;
    // Clients are kept in memory with their runs.
    cache::touch_client(connection, &new.client_id)
}

/// The client of a run that this owner started and that lasts beyond `now`.
pub fn find(connection: &mut AnyConnection, id: &str, owner_id: &str, now: Timestamp) -> QueryResult<Option<String>> {
    playground_runs::table
        .filter(playground_runs::id.eq(id))
        .filter(playground_runs::resource_owner_id.eq(owner_id))
        .filter(playground_runs::expires_at.gt(now))
        .select(playground_runs::client_id)
        .first(connection)
        .optional()
}

/// The newest run of this owner with this client that lasts beyond `until`.
pub fn latest(
    connection: &mut AnyConnection,
    client_id: &str,
    owner_id: &str,
    until: Timestamp,
) -> QueryResult<Option<String>> {
    playground_runs::table
        .filter(playground_runs::client_id.eq(client_id))
        .filter(playground_runs::resource_owner_id.eq(owner_id))
        .filter(playground_runs::expires_at.gt(until))
        .order(playground_runs::expires_at.desc())
        .select(playground_runs::id)
        .first(connection)
        .optional()
}

/// What these clients may be tried with.
pub(super) fn trials(connection: &mut AnyConnection, client_ids: &[&str]) -> QueryResult<HashMap<String, Vec<Trial>>> {
    let rows = playground_runs::table
        .filter(playground_runs::client_id.eq_any(client_ids))
        .select((
            playground_runs::client_id,
            playground_runs::redirect_uri,
            playground_runs::secret_digest,
            playground_runs::expires_at,
        ))
        .load::<(String, String, Vec<u8>, Timestamp)>(connection)?;
    let mut trials: HashMap<String, Vec<Trial>> = HashMap::new();
    for (client_id, redirect_uri, digest, expires_at) in rows {
        trials.entry(client_id).or_default().extend(trial(redirect_uri, &digest, expires_at));
    }
    Ok(trials)
}

pub(super) fn trial(redirect_uri: String, digest: &[u8], expires_at: Timestamp) -> Option<Trial> {
    Digest::from_bytes(digest).map(|secret| Trial { redirect_uri, secret, expires_at })
}
