//! Table `signing_keys`. Private keys are sealed before they come here.

use std::sync::Once;

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::domain::signing_key::{Algorithm, KeyState, SigningKey};
use crate::store::cache;
use crate::store::connection::AnyConnection;
use crate::store::error::StoreError;
use crate::store::schema::signing_keys;

/// Whether this process has said that it leaves keys alone: they are read anew with every change.
static SAID: Once = Once::new();

type Row = (String, String, String, Vec<u8>, Timestamp, Option<Timestamp>, Option<Timestamp>, Option<Timestamp>);

/// Lets no other transaction change the keys until this one has ended: to be called before looking at what to change. Two
/// processes that start on an empty database would else both make the first key.
pub fn lock(connection: &mut AnyConnection) -> QueryResult<()> {
    cache::touch(connection)?;
    // Now and not at the end: that row holds up whoever comes second.
    cache::raise(connection)
}

/// Whether there are any keys, be it of an algorithm that only a newer program knows.
pub fn any(connection: &mut AnyConnection) -> QueryResult<bool> {
    Ok(signing_keys::table.select(signing_keys::kid).first::<String>(connection).optional()?.is_some())
}

/// All keys with their sealed private halves, the oldest first. Those of an algorithm that only a newer program knows are left
/// to it, and the log says so once.
pub fn list(connection: &mut AnyConnection) -> Result<Vec<(SigningKey, Vec<u8>)>, StoreError> {
    let rows = signing_keys::table.order((signing_keys::created_at, signing_keys::kid)).load::<Row>(connection)?;
    let (mut keys, mut unknown) = (Vec::new(), 0);
    for row in rows {
        match Algorithm::from_name(&row.1) {
            Some(algorithm) => keys.push(key(row, algorithm)?),
            None => unknown += 1,
        }
    }
    if unknown > 0 {
        SAID.call_once(|| {
            tracing::warn!(keys = unknown, "signing keys of algorithms that this version does not know are left alone");
        });
    }
    Ok(keys)
}

fn key(row: Row, algorithm: Algorithm) -> Result<(SigningKey, Vec<u8>), StoreError> {
    let (kid, _, state, sealed, created_at, activated_at, retiring_at, retired_at) = row;
    let corrupt = || StoreError::Corrupt(format!("signing key {kid}: unknown state"));
    let state = KeyState::from_name(&state).ok_or_else(corrupt)?;
    Ok((SigningKey { kid, algorithm, state, created_at, activated_at, retiring_at, retired_at }, sealed))
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

/// Withdraws the keys of algorithms that only a newer program knows, in whatever state they are, and gives their ids. A newer
/// program makes others when it starts.
pub fn withdraw_unknown(connection: &mut AnyConnection, now: Timestamp) -> QueryResult<Vec<String>> {
    let unknown = signing_keys::algorithm.ne_all(Algorithm::ALL.map(Algorithm::name));
    let kids = signing_keys::table
        .filter(unknown)
        .filter(signing_keys::state.ne(KeyState::Retired.name()))
        .order(signing_keys::kid)
        .select(signing_keys::kid)
        .load::<String>(connection)?;
    diesel::update(signing_keys::table.filter(signing_keys::kid.eq_any(&kids)))
        .set((signing_keys::state.eq(KeyState::Retired.name()), signing_keys::retired_at.eq(now)))
        .execute(connection)?;
    cache::touch(connection)?;
    Ok(kids)
}
