//! Tables `access_tokens` (opaque ones) and `denied_tokens` (JWTs revoked before they expire).

#[cfg(feature = "postgres")]
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use diesel::prelude::*;
#[cfg(feature = "postgres")]
use diesel::sql_types::Binary;

use crate::clock::Timestamp;
use crate::domain::client::{Brief, Holder};
use crate::domain::grant::{self, GrantId, LiveGrant};
use crate::domain::resource_owner::ResourceOwner;
use crate::domain::scope::{self, Scope, ScopeCatalog};
use crate::secret::Digest;
use crate::store::cache::Cache;
use crate::store::connection::{AnyConnection, on_backend};
use crate::store::error::StoreError;
#[cfg(feature = "postgres")]
use crate::store::gather::{Outcomes, padded};
use crate::store::grants::{self, NewGrant, OWNER, OwnerRow, Row as GrantRow};
#[cfg(feature = "postgres")]
use crate::store::prepared::PreparedRows;
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

impl NewAccessToken {
    /// Scope and audience as they are stored.
    pub(super) fn texts(&self) -> (String, Option<String>) {
        (scope::render(&self.scope), grants::join(&self.audience))
    }
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
    let (digest, grant_id, (scope, audience)) = (new.digest.as_bytes(), new.grant_id.get(), new.texts());
    let audience = audience.as_deref();
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

/// Inserts a token with the grant that it is the first of.
pub fn insert_with_grant(connection: &mut AnyConnection, grant: &NewGrant, token: &NewAccessToken) -> QueryResult<()> {
    #[cfg(feature = "postgres")]
    if let Some(c) = connection.postgres() {
        // One way there and back instead of two.
        let (row, (scope, audience)) = (grants::NewRow::of(grant), token.texts());
        let of_token = [
            Value::Bytes(token.digest.as_bytes()),
            Value::Text(&scope),
            Value::MaybeText(audience.as_deref()),
            Value::Number(token.created_at),
            Value::Number(token.expires_at),
        ];
        let values: Vec<Value<'_>> = row.values().into_iter().chain(of_token).collect();
        let insert = Prepared::<()>::new(
            "WITH new AS (INSERT INTO grants (id, client_id, resource_owner_id, session_id, scope, resource, facts, \
             created_at, last_used_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id) \
             INSERT INTO access_tokens (digest, grant_id, scope, audience, created_at, expires_at) \
             SELECT ?, id, ?, ?, ?, ? FROM new",
            &values,
        );
        return insert.execute(c).map(drop);
    }
    grants::insert(connection, grant)?;
    insert(connection, token)
}

/// Inserts a machine's token when its grant was not revoked, by one statement; false when it was.
pub fn insert_for_machine(connection: &mut AnyConnection, new: &NewAccessToken) -> QueryResult<bool> {
    let (digest, (scope, audience)) = (new.digest.as_bytes(), new.texts());
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

/// [`insert_for_machine`] for several by one statement.
#[cfg(feature = "postgres")]
pub fn insert_each_for_machine(
    connection: &mut AnyConnection,
    new: &[NewAccessToken],
) -> Result<Outcomes<bool>, StoreError> {
    let mut there = HashSet::new();
    if let ([_, _, ..], Some(c)) = (new, connection.postgres()) {
        let texts: Vec<_> = new.iter().map(NewAccessToken::texts).collect();
        let rows = new.iter().zip(&texts).map(|(each, (scope, audience))| {
            [
                Value::Bytes(each.digest.as_bytes()),
                Value::Number(each.grant_id.get()),
                Value::Text(scope),
                Value::MaybeText(audience.as_deref()),
                Value::Number(each.created_at),
                Value::Number(each.expires_at),
            ]
        });
        let insert = PreparedRows::<Binary>::new(
            "INSERT INTO access_tokens (digest, grant_id, scope, audience, created_at, expires_at) \
             SELECT new.digest, grants.id, new.scope, new.audience, new.created_at, new.expires_at \
             FROM unnest(?, ?, ?, ?, ?, ?) AS new (digest, grant_id, scope, audience, created_at, expires_at) \
             JOIN grants ON grants.id = new.grant_id AND grants.revoked_at IS NULL \
             ON CONFLICT DO NOTHING RETURNING digest",
            rows,
        )
        .padded();
        there.extend(insert.load::<Vec<u8>>(c)?);
    }
    let is_there = |each: &NewAccessToken| -> Result<bool, StoreError> {
        Ok(there.contains(each.digest.as_bytes()) || insert_for_machine(connection, each)?)
    };
    Ok(new.iter().map(is_there).collect())
}

type TokenRow = (String, Option<String>, Timestamp, Timestamp);

/// What is read of a token and its grant, and of its resource owner what `$owner` names.
macro_rules! with_grant {
    ($owner:expr) => {
        access_tokens::table.inner_join(grants_table::table.left_join(resource_owners_table::table)).select((
            access_tokens::digest,
            (access_tokens::scope, access_tokens::audience, access_tokens::created_at, access_tokens::expires_at),
            grants_table::all_columns,
            $owner.nullable(),
        ))
    };
}

/// A row of it.
type Joined<Owner> = (Vec<u8>, TokenRow, GrantRow, Option<Owner>);

/// Reads such a row by the token's digest.
macro_rules! by_digest {
    ($connection:expr, $digest:expr, $owner:expr) => {
        known!(
            $connection,
            [Value::Bytes($digest.as_bytes())],
            with_grant!($owner).filter(access_tokens::digest.eq($digest.as_bytes())),
            |c, known| known.get_result(c).optional()
        )
    };
}

/// A token that was presented, and when.
pub type Presented = (Digest, Timestamp);

/// A token that counts, with the resource owner that it speaks for.
pub type WithOwner = (LiveAccessToken, Option<ResourceOwner>);

/// The token with this digest, when it has not expired and its grant is alive.
pub fn find_alive(
    connection: &mut AnyConnection,
    cache: &Cache,
    (digest, now): &Presented,
) -> Result<Option<LiveAccessToken>, StoreError> {
    let found: Option<Joined<OwnerRow>> = by_digest!(&mut *connection, digest, OWNER)?;
    found.map_or(Ok(None), |found| judge(connection, cache, *now, found))
}

/// The same with the resource owner, by one statement.
pub fn find_alive_with_owner(
    connection: &mut AnyConnection,
    cache: &Cache,
    (digest, now): &Presented,
) -> Result<Option<WithOwner>, StoreError> {
    let found: Option<Joined<resource_owners::Row>> =
        by_digest!(&mut *connection, digest, resource_owners_table::all_columns)?;
    found.map_or(Ok(None), |found| judge_with_owner(connection, cache, *now, found))
}

/// [`find_alive`] for several tokens by one statement.
#[cfg(feature = "postgres")]
pub fn find_each_alive(
    connection: &mut AnyConnection,
    cache: &Cache,
    tokens: &[Presented],
) -> Result<Outcomes<Option<LiveAccessToken>>, StoreError> {
    if let [only] = tokens {
        return Ok(vec![find_alive(connection, cache, only)]);
    }
    let query = with_grant!(OWNER).filter(access_tokens::digest.eq_any(digests(tokens)));
    let rows = on_backend!(&mut *connection, |c| query.load::<Joined<OwnerRow>>(c))?;
    cache.prepare_briefs(connection, rows.iter().map(|(_, _, grant, _)| grant.1.as_str()))?;
    Ok(for_each(tokens, &rows, |now, row| judge(connection, cache, now, row)))
}

/// [`find_alive_with_owner`] for several tokens by one statement.
#[cfg(feature = "postgres")]
pub fn find_each_alive_with_owner(
    connection: &mut AnyConnection,
    cache: &Cache,
    tokens: &[Presented],
) -> Result<Outcomes<Option<WithOwner>>, StoreError> {
    if let [only] = tokens {
        return Ok(vec![find_alive_with_owner(connection, cache, only)]);
    }
    let query = with_grant!(resource_owners_table::all_columns).filter(access_tokens::digest.eq_any(digests(tokens)));
    let rows = on_backend!(&mut *connection, |c| query.load::<Joined<resource_owners::Row>>(c))?;
    cache.prepare_briefs(connection, rows.iter().map(|(_, _, grant, _)| grant.1.as_str()))?;
    Ok(for_each(tokens, &rows, |now, row| judge_with_owner(connection, cache, now, row)))
}

#[cfg(feature = "postgres")]
fn digests(tokens: &[Presented]) -> Vec<&[u8]> {
    padded(tokens.iter().map(|(digest, _)| digest.as_bytes()).collect())
}

#[cfg(feature = "postgres")]
fn for_each<Owner: Clone, T>(
    tokens: &[Presented],
    rows: &[Joined<Owner>],
    mut judge: impl FnMut(Timestamp, Joined<Owner>) -> Result<Option<T>, StoreError>,
) -> Outcomes<Option<T>> {
    let rows: HashMap<&[u8], &Joined<Owner>> = rows.iter().map(|row| (row.0.as_slice(), row)).collect();
    let one = |(digest, now): &Presented| match rows.get(digest.as_bytes()) {
        Some(&row) => judge(*now, row.clone()),
        None => Ok(None),
    };
    tokens.iter().map(one).collect()
}

fn judge_with_owner(
    connection: &mut AnyConnection,
    cache: &Cache,
    now: Timestamp,
    (digest, token, grant, owner): Joined<resource_owners::Row>,
) -> Result<Option<WithOwner>, StoreError> {
    let owner = owner.map(ResourceOwner::try_from).transpose()?;
    let essential = owner.as_ref().map(|owner| (owner.id.clone(), owner.username.clone(), owner.disabled_at));
    let live = judge(connection, cache, now, (digest, token, grant, essential))?;
    Ok(live.map(|token| (token, owner)))
}

fn judge(
    connection: &mut AnyConnection,
    cache: &Cache,
    now: Timestamp,
    (_, (token_scope, audience, created_at, expires_at), grant, owner): Joined<OwnerRow>,
) -> Result<Option<LiveAccessToken>, StoreError> {
    if expires_at <= now {
        return Ok(None);
    }
    let Some((grant, client)) = grants::judge(connection, cache, grants::record(grant, owner))? else {
        return Ok(None);
    };
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
