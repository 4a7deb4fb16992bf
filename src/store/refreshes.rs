//! What a refresh reads and writes: the token that was presented with its grant, and what comes of them.
//!
//! A transaction holds what it reads, and then writes. On PostgreSQL that is many ways there and back, so those whose token
//! is as good as new go together: it is read without being held, and all is settled by one statement, which leaves out what
//! somebody holds or has changed meanwhile. What is left out, and all else, is for a transaction.

#[cfg(feature = "postgres")]
use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
#[cfg(feature = "postgres")]
use diesel::sql_types::Binary;

use crate::clock::Timestamp;
use crate::domain::extension::Standing;
use crate::domain::grant::{GrantId, GrantRecord, LiveGrant};
use crate::secret::{Digest, Secret, SecretKind};
use crate::store::access_tokens::{self, NewAccessToken, Presented};
use crate::store::cache::Cache;
use crate::store::connection::AnyConnection;
#[cfg(feature = "postgres")]
use crate::store::connection::on_backend;
use crate::store::error::StoreError;
#[cfg(feature = "postgres")]
use crate::store::gather::{Outcomes, padded};
use crate::store::grants::{self, OWNER, OwnerRow, Row as GrantRow};
#[cfg(feature = "postgres")]
use crate::store::prepared::PreparedRows;
use crate::store::prepared::{Value, known};
use crate::store::refresh_tokens::{self, StoredRefreshToken};
use crate::store::schema::{grants as grants_table, refresh_tokens as refresh_tokens_table, resource_owners};

/// What a refresh needs to know of the server.
#[derive(Clone, Copy)]
pub struct RefreshRules {
    /// Computes a refresh token's successor.
    pub successor_key: [u8; 32],
    /// Seconds in which a rotated token may be repeated.
    pub retry_window: i64,
    /// When the server began to answer.
    pub started_at: Timestamp,
}

impl RefreshRules {
    /// What follows a refresh token that is rotated.
    pub fn successor(&self, token: &str) -> Secret {
        Secret::succeeding(SecretKind::RefreshToken, token, &self.successor_key)
    }
}

/// A refresh token that has not expired, and its grant, which is alive.
#[derive(Clone, Debug)]
pub struct Found {
    pub token: StoredRefreshToken,
    pub grant: LiveGrant,
}

/// What a refresh writes.
#[derive(Clone, Debug)]
pub struct Refreshed {
    pub digest: Digest,
    pub grant_id: GrantId,
    pub now: Timestamp,
    /// Whether the grant's last use is so long ago that this one is noted.
    pub notes_use: bool,
    /// `None` where it is a JWT.
    pub access_token: Option<NewAccessToken>,
    pub next: Next,
}

/// What becomes of the refresh token.
#[derive(Clone, Debug)]
pub enum Next {
    /// It is used up: this one follows, until then.
    Succeeded(Digest, Timestamp),
    /// It stays in use until then.
    Extended(Timestamp),
    Unchanged,
}

/// The token with its row's lock, when it and its grant count.
pub fn hold(
    connection: &mut AnyConnection,
    cache: &Cache,
    rules: &RefreshRules,
    (token, now): (&str, Timestamp),
) -> Result<Option<(Found, Standing)>, StoreError> {
    let Some(stored) = refresh_tokens::hold(connection, &Digest::of(token))? else { return Ok(None) };
    let Some(record) = grants::find(connection, stored.grant_id)? else { return Ok(None) };
    let Some(found) = judge(connection, cache, now, stored, record)? else { return Ok(None) };
    let standing = match found.token.rotated_at {
        None => Standing::Fresh,
        Some(rotated_at) if may_repeat(connection, rules, token, &found.token, now, rotated_at)? => {
            Standing::Repeatable
        }
        Some(_) => Standing::Spent,
    };
    Ok(Some((found, standing)))
}

fn judge(
    connection: &mut AnyConnection,
    cache: &Cache,
    now: Timestamp,
    token: StoredRefreshToken,
    record: GrantRecord,
) -> Result<Option<Found>, StoreError> {
    if token.expires_at <= now || record.expires_at.is_some_and(|end| end <= now) {
        return Ok(None);
    }
    let grant = grants::judge(connection, cache, record)?;
    Ok(grant.map(|(grant, _)| Found { token, grant }))
}

/// The retry window: still open, and the successor was never used.
fn may_repeat(
    connection: &mut AnyConnection,
    rules: &RefreshRules,
    token: &str,
    stored: &StoredRefreshToken,
    now: Timestamp,
    rotated_at: Timestamp,
) -> Result<bool, StoreError> {
    if now >= rotated_at.max(rules.started_at) + rules.retry_window {
        return Ok(false);
    }
    let successor = rules.successor(token).digest();
    if stored.successor != Some(successor) {
        return Ok(false);
    }
    Ok(refresh_tokens::find(connection, &successor)?.is_some_and(|successor| successor.rotated_at.is_none()))
}

/// Writes what comes of a token that is held.
pub fn settle(connection: &mut AnyConnection, refreshed: &Refreshed) -> Result<(), StoreError> {
    if let Some(token) = &refreshed.access_token {
        access_tokens::insert(connection, token)?;
    }
    if refreshed.notes_use {
        grants::note_use(connection, refreshed.grant_id, refreshed.now)?;
    }
    match &refreshed.next {
        Next::Unchanged => Ok(()),
        Next::Extended(end) => Ok(refresh_tokens::extend(connection, &refreshed.digest, *end)?),
        Next::Succeeded(successor, end) => {
            let (digest, grant_id, now) = (&refreshed.digest, refreshed.grant_id, refreshed.now);
            if refresh_tokens::rotate(connection, digest, grant_id, successor, now, *end)? {
                return Ok(());
            }
            Err(StoreError::Unavailable("a refresh token was rotated while it was held".into()))
        }
    }
}

/// A token with its grant, as it is read by one statement.
type Joined = (Vec<u8>, refresh_tokens::Row, GrantRow, Option<OwnerRow>);

macro_rules! fresh_with_grant {
    () => {
        refresh_tokens_table::table
            .inner_join(grants_table::table.left_join(resource_owners::table))
            .filter(refresh_tokens_table::rotated_at.is_null())
            .select((
                refresh_tokens_table::digest,
                refresh_tokens::COLUMNS,
                grants_table::all_columns,
                OWNER.nullable(),
            ))
    };
}

/// The token, when it was never rotated and counts, with its grant.
pub fn find_fresh(
    connection: &mut AnyConnection,
    cache: &Cache,
    (digest, now): &Presented,
) -> Result<Option<Found>, StoreError> {
    let found = known!(
        &mut *connection,
        [Value::Bytes(digest.as_bytes())],
        fresh_with_grant!().filter(refresh_tokens_table::digest.eq(digest.as_bytes())),
        |c, known| known.get_result::<Joined>(c).optional()
    )?;
    found.map_or(Ok(None), |found| judge_joined(connection, cache, *now, found))
}

/// [`find_fresh`] for several by one statement.
#[cfg(feature = "postgres")]
pub fn find_each_fresh(
    connection: &mut AnyConnection,
    cache: &Cache,
    tokens: &[Presented],
) -> Result<Outcomes<Option<Found>>, StoreError> {
    if let [only] = tokens {
        return Ok(vec![find_fresh(connection, cache, only)]);
    }
    let digests = padded(tokens.iter().map(|(digest, _)| digest.as_bytes()).collect());
    let query = fresh_with_grant!().filter(refresh_tokens_table::digest.eq_any(digests));
    let rows = on_backend!(&mut *connection, |c| query.load::<Joined>(c))?;
    cache.prepare_briefs(connection, rows.iter().map(|(_, _, grant, _)| grant.1.as_str()))?;
    let rows: HashMap<&[u8], &Joined> = rows.iter().map(|row| (row.0.as_slice(), row)).collect();
    let one = |(digest, now): &Presented| match rows.get(digest.as_bytes()) {
        Some(&row) => judge_joined(connection, cache, *now, row.clone()),
        None => Ok(None),
    };
    Ok(tokens.iter().map(one).collect())
}

fn judge_joined(
    connection: &mut AnyConnection,
    cache: &Cache,
    now: Timestamp,
    (_, token, grant, owner): Joined,
) -> Result<Option<Found>, StoreError> {
    judge(connection, cache, now, refresh_tokens::stored(token), grants::record(grant, owner))
}

/// Settles several by one statement. False for those whose token somebody holds, or that does not count any more: nothing is
/// written of them.
#[cfg(feature = "postgres")]
pub fn settle_each(connection: &mut AnyConnection, refreshed: &[Refreshed]) -> Result<Outcomes<bool>, StoreError> {
    let Some(c) = connection.postgres() else { return Ok(refreshed.iter().map(|_| Ok(false)).collect()) };
    // Who presents a token that another of them presents, too, is second.
    let mut presented = HashSet::new();
    let firsts: Vec<&Refreshed> = refreshed.iter().filter(|each| presented.insert(each.digest.as_bytes())).collect();
    let texts: Vec<_> = firsts.iter().map(|each| each.access_token.as_ref().map(NewAccessToken::texts)).collect();
    let rows = firsts.iter().zip(&texts).map(|(each, texts)| {
        let token = each.access_token.as_ref();
        let (successor, end) = match &each.next {
            Next::Succeeded(successor, end) => (Some(successor.as_bytes()), Some(*end)),
            Next::Extended(end) => (None, Some(*end)),
            Next::Unchanged => (None, None),
        };
        [
            Value::Bytes(each.digest.as_bytes()),
            Value::Number(each.grant_id.get()),
            Value::Number(each.now),
            Value::Number(i64::from(each.notes_use)),
            Value::MaybeBytes(successor),
            Value::MaybeNumber(end),
            Value::MaybeBytes(token.map(|token| token.digest.as_bytes())),
            Value::MaybeText(texts.as_ref().map(|(scope, _)| scope.as_str())),
            Value::MaybeText(texts.as_ref().and_then(|(_, audience)| audience.as_deref())),
            Value::MaybeNumber(token.map(|token| token.expires_at)),
        ]
    });
    let settle = PreparedRows::<Binary>::new(
        "WITH held AS ( \
         SELECT asked.* FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
         AS asked (digest, grant_id, now, notes_use, successor, ends_at, token, scope, audience, token_ends_at) \
         JOIN refresh_tokens AS old ON old.digest = asked.digest AND old.rotated_at IS NULL \
         JOIN grants ON grants.id = asked.grant_id AND grants.revoked_at IS NULL \
         FOR UPDATE OF old SKIP LOCKED), \
         changed AS (UPDATE refresh_tokens AS old SET \
         rotated_at = CASE WHEN held.successor IS NULL THEN NULL ELSE held.now END, successor = held.successor, \
         expires_at = CASE WHEN held.successor IS NULL THEN held.ends_at ELSE old.expires_at END \
         FROM held WHERE old.digest = held.digest AND held.ends_at IS NOT NULL), \
         successors AS (INSERT INTO refresh_tokens (digest, grant_id, created_at, expires_at) \
         SELECT successor, grant_id, now, ends_at FROM held WHERE successor IS NOT NULL), \
         tokens AS (INSERT INTO access_tokens (digest, grant_id, scope, audience, created_at, expires_at) \
         SELECT token, grant_id, scope, audience, now, token_ends_at FROM held WHERE token IS NOT NULL), \
         used AS (UPDATE grants SET last_used_at = free.now FROM ( \
         SELECT grants.id, held.now FROM held JOIN grants ON grants.id = held.grant_id WHERE held.notes_use = 1 \
         FOR NO KEY UPDATE OF grants SKIP LOCKED) AS free WHERE grants.id = free.id) \
         SELECT digest FROM held",
        rows,
    )
    .padded();
    let mut settled: HashSet<Vec<u8>> = settle.load::<Vec<u8>>(c)?.into_iter().collect();
    Ok(refreshed.iter().map(|each| Ok(settled.remove(each.digest.as_bytes()))).collect())
}
