//! Table `registration_tokens`: initial access tokens (RFC 7591 §3), by their digests.

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::secret::Digest;
use crate::store::connection::AnyConnection;
use crate::store::paging::{Key, Place, in_order, newest_first};
use crate::store::schema::registration_tokens;

/// A token as its keeper sees it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = registration_tokens)]
pub struct RegistrationToken {
    pub id: String,
    /// Whom it was made for.
    pub note: String,
    /// How many clients it may still register.
    pub remaining_uses: i32,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// Adds a token by its digest.
pub fn insert(connection: &mut AnyConnection, token: &RegistrationToken, digest: &Digest) -> QueryResult<()> {
    diesel::insert_into(registration_tokens::table)
        .values((
            registration_tokens::id.eq(&token.id),
            registration_tokens::digest.eq(digest.as_bytes()),
            registration_tokens::note.eq(&token.note),
            registration_tokens::remaining_uses.eq(token.remaining_uses),
            registration_tokens::created_at.eq(token.created_at),
            registration_tokens::expires_at.eq(token.expires_at),
        ))
        .execute(connection)?;
    Ok(())
}

/// All tokens, oldest first; the sweep takes those that are spent.
pub fn list(connection: &mut AnyConnection) -> QueryResult<Vec<RegistrationToken>> {
    registration_tokens::table
        .order((registration_tokens::created_at, registration_tokens::id))
        .select(RegistrationToken::as_select())
        .load(connection)
}

/// The key of a token in [`page`].
pub fn key(token: &RegistrationToken) -> Key<String> {
    Key { at: token.created_at, id: token.id.clone() }
}

/// A page of tokens, newest first.
pub fn page(
    connection: &mut AnyConnection,
    place: &Place<Key<String>>,
    limit: i64,
) -> QueryResult<Vec<RegistrationToken>> {
    let query = registration_tokens::table.select(RegistrationToken::as_select()).limit(limit).into_boxed();
    let id = |key: &Key<String>| key.id.clone();
    let query = newest_first!(query, place, registration_tokens::created_at, registration_tokens::id, id);
    Ok(in_order(query.load(connection)?, place))
}

pub fn find(connection: &mut AnyConnection, id: &str) -> QueryResult<Option<RegistrationToken>> {
    registration_tokens::table.find(id).select(RegistrationToken::as_select()).first(connection).optional()
}

/// Whether the token may still register a client.
pub fn is_live(connection: &mut AnyConnection, digest: &Digest, now: Timestamp) -> QueryResult<bool> {
    let live = registration_tokens::table
        .filter(registration_tokens::digest.eq(digest.as_bytes()))
        .filter(registration_tokens::remaining_uses.gt(0))
        .filter(registration_tokens::expires_at.gt(now));
    diesel::select(diesel::dsl::exists(live)).get_result(connection)
}

/// Uses the token once, and gives its id; `None` when it is unknown, expired or used up.
pub fn use_once(connection: &mut AnyConnection, digest: &Digest, now: Timestamp) -> QueryResult<Option<String>> {
    let live = registration_tokens::table
        .filter(registration_tokens::digest.eq(digest.as_bytes()))
        .filter(registration_tokens::remaining_uses.gt(0))
        .filter(registration_tokens::expires_at.gt(now));
    diesel::update(live)
        .set(registration_tokens::remaining_uses.eq(registration_tokens::remaining_uses - 1))
        .returning(registration_tokens::id)
        .get_result(connection)
        .optional()
}

/// Deletes a token; false when there is none.
pub fn delete(connection: &mut AnyConnection, id: &str) -> QueryResult<bool> {
    Ok(diesel::delete(registration_tokens::table.find(id)).execute(connection)? == 1)
}
