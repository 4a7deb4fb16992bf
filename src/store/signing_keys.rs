//! Table `signing_keys`. Private keys are sealed before they come here.

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::domain::signing_key::{Algorithm, KeyState, SigningKey};
use crate::store::cache;
use crate::store::connection::AnyConnection;
use crate::store::error::StoreError;
use crate::store::schema::signing_keys;

type Row = (String, String, String, Vec<u8>, Timestamp, Option<Timestamp>, Option<Timestamp>, Option<Timestamp>);

/// Lets no other transaction change the keys until this one has ended: to be called before looking at what to change. Two
/// processes that start on an empty database would else both make the first key.
pub fn lock(connection: &mut AnyConnection) -> QueryResult<()> {
    cache::touch(connection)?;
    // Now and not at the end: that row holds up whoever comes second.
    cache::raise(connection)
}

/// All keys with their sealed private halves, the oldest first.
pub fn list(connection: &mut AnyConnection) -> Result<Vec<(SigningKey, Vec<u8>)>, StoreError> {
    let rows = signing_keys::table.order((signing_keys::created_at, signing_keys::kid)).load::<Row>(connection)?;
    rows.into_iter().map(key).collect()
}

fn key(row: Row) -> Result<(SigningKey, Vec<u8>), StoreError> {
    let (kid, algorithm, state, sealed, created_at, activated_at, retiring_at, retired_at) = row;
    let corrupt = |what: &str| StoreError::Corrupt(format!("signing key {kid}: unknown {what}"));
    let key = SigningKey {
        algorithm: Algorithm::from_name(&algorithm).ok_or_else(|| corrupt("algorithm"))?,
        state: KeyState::from_name(&state).ok_or_else(|| corrupt("state"))?,
        kid,
        created_at,
        activated_at,
        retiring_at,
        retired_at,
    };
    Ok((key, sealed))
}

pub fn insert(connection: &mut AnyConnection, key: &SigningKey, sealed: &[u8]) -> QueryResult<()> {
    diesel::insert_into(signing_keys::table)
        .values((
            signing_keys::kid.eq(&key.kid),
            signing_keys::algorithm.eq(key.algorithm.name()),
            signing_keys::state.eq(key.state.name()),
            signing_keys::sealed.eq(sealed),
            signing_keys::created_at.eq(key.created_at),
            signing_keys::activated_at.eq(key.activated_at),
            signing_keys::retiring_at.eq(key.retiring_at),
            signing_keys::retired_at.eq(key.retired_at),
        ))
        .execute(connection)?;
    cache::touch(connection)
}

/// Writes the state a key has come to.
pub fn update(connection: &mut AnyConnection, key: &SigningKey) -> QueryResult<()> {
    diesel::update(signing_keys::table.find(&key.kid))
        .set((
            signing_keys::state.eq(key.state.name()),
            signing_keys::activated_at.eq(key.activated_at),
            signing_keys::retiring_at.eq(key.retiring_at),
            signing_keys::retired_at.eq(key.retired_at),
        ))
        .execute(connection)?;
    cache::touch(connection)
}
