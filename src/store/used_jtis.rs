//! Table `used_jtis`: identifiers of other people's JWTs that count once (RFC 7523 §3 7), until the JWT has expired.

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::secret::Digest;
use crate::store::connection::{AnyConnection, on_backend};
use crate::store::schema::used_jtis;

/// Uses an identifier of `signer` up; false when it was used before, on any process. To be committed by itself: an
/// identifier stays used when the rest of its request fails.
pub fn insert(connection: &mut AnyConnection, signer: &str, jti: &str, expires_at: Timestamp) -> QueryResult<bool> {
    // No signer's name contains NUL, so two pairs never read alike.
    let digest = Digest::of(&format!("{signer}\0{jti}"));
    let inserted = on_backend!(connection, |c| diesel::insert_into(used_jtis::table)
        .values((used_jtis::digest.eq(digest.as_bytes()), used_jtis::expires_at.eq(expires_at)))
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(inserted == 1)
}
