//! Tables `access_tokens` (opaque ones) and `denied_tokens` (JWTs revoked before they expire).

use std::sync::Arc;

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::domain::client::{Brief, Holder};
use crate::domain::grant::{self, GrantId, GrantRecord, LiveGrant};
use crate::domain::resource_owner::ResourceOwner;
use crate::domain::scope::{self, Scope, ScopeCatalog};
use crate::secret::Digest;
use crate::store::cache::Cache;
use crate::store::connection::{AnyConnection, on_backend};
use crate::store::error::StoreError;
use crate::store::grants::{self, OWNER, OwnerRow, Row as GrantRow};
use crate::store::prepared::{Prepared, Value, known};
use crate::store::resource_owners;
use crate::store::schema::{
    access_tokens, denied_tokens, grants as grants_table, resource_owners as resource_owners_table,
};

/// An access token to be.
#[derive(Clone, Debug)]
pub struct NewAccessToken {
    pub digest: Digest,
    pub grant_id: GrantId,
    pub scope: Scope,
    pub audience: Vec<String>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// An access token that counts.
#[derive(Clone, Debug)]
pub struct LiveAccessToken {
    pub grant: LiveGrant,
    pub client: Arc<Brief>,
    /// What was granted to this token and may still be.
    pub scope: Scope,
    pub audience: Vec<String>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// The `jti` of a JWT.
    pub jwt_id: Option<String>,
}

pub fn insert(connection: &mut AnyConnection, new: &NewAccessToken) -> QueryResult<()> {
    let (digest, grant_id, audience) = (new.digest.as_bytes(), new.grant_id.get(), grants::join(&new.audience));
    let (scope, audience) = (scope::render(&new.scope), audience.as_deref());
    known!(
        connection,
        [
            Value::Bytes(digest),
            Value::Number(grant_id),
            Value::Text(&scope),
            Value::MaybeText(audience),
            Value::Number(new.created_at),
            Value::Number(new.expires_at),
        ],
        diesel::insert_into(access_tokens::table)
            .values((
                access_tokens::digest.eq(digest),
                access_tokens::grant_id.eq(grant_id),
                access_tokens::scope.eq(&scope),
                access_tokens::audience.eq(audience),
                access_tokens::created_at.eq(new.created_at),
                access_tokens::expires_at.eq(new.expires_at),
            ))
            // Done once more after a lost connection, it is there already.
            .on_conflict_do_nothing(),
        |c, known| known.execute(c)
    )?;
    Ok(())
}

/// Inserts a machine's token when its grant was not revoked, by one statement; false when it was.
pub fn insert_for_machine(connection: &mut AnyConnection, new: &NewAccessToken) -> QueryResult<bool> {
    let (digest, audience, scope) = (new.digest.as_bytes(), grants::join(&new.audience), scope::render(&new.scope));
    let values = [
        Value::Bytes(digest),
        Value::Text(&scope),
        Value::MaybeText(audience.as_deref()),
        Value::Number(new.created_at),
        Value::Number(new.expires_at),
        Value::Number(new.grant_id.get()),
    ];
    let insert = Prepared::<()>::new(
        "INSERT INTO access_tokens (digest, grant_id, scope, audience, created_at, expires_at) \
         SELECT ?, id, ?, ?, ?, ? FROM grants WHERE id = ? AND revoked_at IS NULL ON CONFLICT DO NOTHING",
        &values,
    );
    if on_backend!(&mut *connection, |c| insert.execute(c))? == 1 {
        return Ok(true);
    }
    // Done once more after a lost connection, it is there already.
    let there = access_tokens::table.find(digest).select(access_tokens::grant_id);
    Ok(there.get_result::<i64>(connection).optional()?.is_some())
}

type TokenRow = (String, Option<String>, Timestamp, Timestamp);

/// Reads the row of a token that has not expired, its grant's, and of its resource owner's what `$owner` names.
macro_rules! with_grant {
    ($connection:expr, $digest:expr, $now:expr, $owner:expr) => {
        known!(
            $connection,
            [Value::Bytes($digest.as_bytes()), Value::Number($now)],
            access_tokens::table
                .inner_join(grants_table::table.left_join(resource_owners_table::table))
                .filter(access_tokens::digest.eq($digest.as_bytes()))
                .filter(access_tokens::expires_at.gt($now))
                .select((
                    (
                        access_tokens::scope,
                        access_tokens::audience,
                        access_tokens::created_at,
                        access_tokens::expires_at
                    ),
                    grants_table::all_columns,
                    $owner.nullable(),
                )),
            |c, known| known.get_result(c).optional()
        )
    };
}

/// The token with this digest, when it has not expired and its grant is alive.
pub fn find_alive(
    connection: &mut AnyConnection,
    cache: &Cache,
    digest: &Digest,
    now: Timestamp,
) -> Result<Option<LiveAccessToken>, StoreError> {
    let found: Option<(TokenRow, GrantRow, Option<OwnerRow>)> = with_grant!(&mut *connection, digest, now, OWNER)?;
    let Some((token, grant, owner)) = found else { return Ok(None) };
    judge(connection, cache, token, grants::record(grant, owner))
}

/// The same with the resource owner, by one statement.
pub fn find_alive_with_owner(
    connection: &mut AnyConnection,
    cache: &Cache,
    digest: &Digest,
    now: Timestamp,
) -> Result<Option<(LiveAccessToken, Option<ResourceOwner>)>, StoreError> {
    let found: Option<(TokenRow, GrantRow, Option<resource_owners::Row>)> =
        with_grant!(&mut *connection, digest, now, resource_owners_table::all_columns)?;
    let Some((token, grant, owner)) = found else { return Ok(None) };
    let owner = owner.map(ResourceOwner::try_from).transpose()?;
    let essential = owner.as_ref().map(|owner| (owner.id.clone(), owner.username.clone(), owner.disabled_at));
    let live = judge(connection, cache, token, grants::record(grant, essential))?;
    Ok(live.map(|token| (token, owner)))
}

fn judge(
    connection: &mut AnyConnection,
    cache: &Cache,
    (token_scope, audience, created_at, expires_at): TokenRow,
    record: GrantRecord,
) -> Result<Option<LiveAccessToken>, StoreError> {
    let Some((grant, client)) = grants::judge(connection, cache, record)? else { return Ok(None) };
    let catalog = cache.catalog(connection)?;
    Ok(Some(LiveAccessToken {
        scope: still_allowed(scope::stored(&token_scope), &grant, &*client, &catalog.scopes),
        audience: audience.as_deref().map(grants::split).unwrap_or_default(),
        grant,
        client,
        created_at,
        expires_at,
        jwt_id: None,
    }))
}

/// What is left of a token's scope when an admin took some from its client, or deleted them.
pub fn still_allowed(token: Scope, grant: &LiveGrant, client: &impl Holder, catalog: &ScopeCatalog) -> Scope {
    if grant.record.owner.is_some() {
        return scope::intersection(&token, &grant.scope);
    }
    // A machine's grant names no scopes: the client's registration does.
    grant::still_allowed(token, client, catalog)
}

/// Deletes a token, which is how a single one is revoked; false when it is unknown.
pub fn delete(connection: &mut AnyConnection, digest: &Digest) -> QueryResult<bool> {
    Ok(diesel::delete(access_tokens::table.find(digest.as_bytes())).execute(connection)? == 1)
}

/// Puts a JWT on the deny list until it expires.
pub fn deny(connection: &mut AnyConnection, jwt_id: &str, expires_at: Timestamp) -> QueryResult<()> {
    on_backend!(connection, |c| diesel::insert_into(denied_tokens::table)
        .values((denied_tokens::id.eq(jwt_id), denied_tokens::expires_at.eq(expires_at)))
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(())
}

/// Whether a JWT is on the deny list.
pub fn is_denied(connection: &mut AnyConnection, jwt_id: &str) -> QueryResult<bool> {
    let found = on_backend!(connection, |c| denied_tokens::table
        .find(jwt_id)
        .select(denied_tokens::id)
        .get_result::<String>(c)
        .optional())?;
    Ok(found.is_some())
}
