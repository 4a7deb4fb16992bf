//! Table `refresh_tokens`. A rotated token's row stays until it expires, because its return means theft.

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::domain::grant::GrantId;
use crate::secret::Digest;
use crate::store::connection::{AnyConnection, lock_rows, on_backend};
use crate::store::prepared::{Prepared, Value, known};
use crate::store::schema::refresh_tokens;

/// A refresh token as stored.
#[derive(Clone, Debug)]
pub struct StoredRefreshToken {
    pub grant_id: GrantId,
    pub successor: Option<Digest>,
    /// When it ends unless it is used.
    pub expires_at: Timestamp,
    pub rotated_at: Option<Timestamp>,
}

pub fn insert(
    connection: &mut AnyConnection,
    digest: &Digest,
    grant_id: GrantId,
    now: Timestamp,
    expires_at: Timestamp,
) -> QueryResult<()> {
    let (digest, grant_id) = (digest.as_bytes(), grant_id.get());
    known!(
        connection,
        [Value::Bytes(digest), Value::Number(grant_id), Value::Number(now), Value::Number(expires_at)],
        diesel::insert_into(refresh_tokens::table).values((
            refresh_tokens::digest.eq(digest),
            refresh_tokens::grant_id.eq(grant_id),
            refresh_tokens::created_at.eq(now),
            refresh_tokens::expires_at.eq(expires_at),
        )),
        |c, known| known.execute(c)
    )?;
    Ok(())
}

pub(super) const COLUMNS: (
    refresh_tokens::grant_id,
    refresh_tokens::successor,
    refresh_tokens::expires_at,
    refresh_tokens::rotated_at,
) = (refresh_tokens::grant_id, refresh_tokens::successor, refresh_tokens::expires_at, refresh_tokens::rotated_at);
pub(super) type Row = (i64, Option<Vec<u8>>, Timestamp, Option<Timestamp>);

pub(super) fn stored((grant_id, successor, expires_at, rotated_at): Row) -> StoredRefreshToken {
    StoredRefreshToken {
        grant_id: GrantId::from_stored(grant_id),
        successor: successor.as_deref().and_then(Digest::from_bytes),
        expires_at,
        rotated_at,
    }
}

pub fn find(connection: &mut AnyConnection, digest: &Digest) -> QueryResult<Option<StoredRefreshToken>> {
    let row = known!(
        connection,
        [Value::Bytes(digest.as_bytes())],
        refresh_tokens::table.find(digest.as_bytes()).select(COLUMNS),
        |c, known| known.get_result::<Row>(c).optional()
    )?;
    Ok(row.map(stored))
}

/// The same with the row's lock where the database has several writers, so that what is read stays true.
pub fn hold(connection: &mut AnyConnection, digest: &Digest) -> QueryResult<Option<StoredRefreshToken>> {
    let row = refresh_tokens::table.find(digest.as_bytes()).select(COLUMNS);
    let rows: Vec<Row> = lock_rows!(connection, row)?;
    Ok(rows.into_iter().next().map(stored))
}

/// Claims the one rotation of a token and inserts its successor; false when somebody was first.
pub fn rotate(
    connection: &mut AnyConnection,
    digest: &Digest,
    grant_id: GrantId,
    successor: &Digest,
    now: Timestamp,
    expires_at: Timestamp,
) -> QueryResult<bool> {
    let claim = [Value::Number(now), Value::Bytes(successor.as_bytes()), Value::Bytes(digest.as_bytes())];
    #[cfg(feature = "postgres")]
    if let Some(c) = connection.postgres() {
        // One way there and back instead of two.
        let new = [
            Value::Bytes(successor.as_bytes()),
            Value::Number(grant_id.get()),
            Value::Number(now),
            Value::Number(expires_at),
        ];
        let values: Vec<Value<'_>> = claim.into_iter().chain(new).collect();
        let rotate = Prepared::<()>::new(
            "WITH rotated AS (UPDATE refresh_tokens SET rotated_at = ?, successor = ? \
             WHERE digest = ? AND rotated_at IS NULL RETURNING digest) \
             INSERT INTO refresh_tokens (digest, grant_id, created_at, expires_at) SELECT ?, ?, ?, ? FROM rotated",
            &values,
        );
        return Ok(rotate.execute(c)? == 1);
    }
    let rotate = Prepared::<()>::new(
        "UPDATE refresh_tokens SET rotated_at = ?, successor = ? WHERE digest = ? AND rotated_at IS NULL",
        &claim,
    );
    if on_backend!(&mut *connection, |c| rotate.execute(c))? != 1 {
        return Ok(false);
    }
    insert(connection, successor, grant_id, now, expires_at)?;
    Ok(true)
}

/// Moves the end of a token that stays in use.
pub fn extend(connection: &mut AnyConnection, digest: &Digest, expires_at: Timestamp) -> QueryResult<()> {
    diesel::update(refresh_tokens::table.find(digest.as_bytes()).filter(refresh_tokens::expires_at.lt(expires_at)))
        .set(refresh_tokens::expires_at.eq(expires_at))
        .execute(connection)?;
    Ok(())
}
