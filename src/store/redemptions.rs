//! What redeeming a code reads and writes: what the code stands for, and what is issued for it.
//!
//! A transaction claims the code, and then writes. On PostgreSQL that is many ways there and back, so codes that nobody has
//! redeemed go together: each is read without being claimed, and all are claimed and settled by one statement, which leaves out
//! what somebody holds or has changed meanwhile. What is left out, and all else, is for a transaction.

#[cfg(feature = "postgres")]
use std::collections::HashSet;

#[cfg(feature = "postgres")]
use diesel::RunQueryDsl;
#[cfg(feature = "postgres")]
use diesel::sql_types::Binary;

use crate::clock::Timestamp;
use crate::domain::extension::Standing;
use crate::domain::grant::ends_with_session;
use crate::secret::Digest;
#[cfg(feature = "postgres")]
use crate::store::access_tokens::Presented;
use crate::store::access_tokens::{self, NewAccessToken};
use crate::store::audit_log::{self, Event};
use crate::store::authorization_codes::{self, AuthorizationCode};
use crate::store::cache::Cache;
use crate::store::connection::AnyConnection;
use crate::store::error::StoreError;
#[cfg(feature = "postgres")]
use crate::store::gather::Outcomes;
use crate::store::grants::{self, NewGrant};
#[cfg(feature = "postgres")]
use crate::store::prepared::{PreparedRows, Value};
use crate::store::session_clients::{self, SessionClient};
use crate::store::{refresh_tokens, sessions};

/// What is issued for a code.
#[derive(Clone, Debug)]
pub struct Redeemed {
    pub grant: NewGrant,
    /// `None` where it is a JWT.
    pub access_token: Option<NewAccessToken>,
    /// With its end.
    pub refresh_token: Option<(Digest, Timestamp)>,
}

/// A redemption to be.
#[derive(Clone, Debug)]
pub struct Redemption {
    pub code: Digest,
    /// The session that has to be open.
    pub session: Option<String>,
    pub redeemed: Redeemed,
    /// For the audit log.
    pub event: Event,
    /// Who is told when the session ends.
    pub session_client: Option<SessionClient>,
}

/// The session without which a code opens nothing: who signed out meanwhile is not signed in again by what was on its way.
pub fn session_of(code: &AuthorizationCode) -> Option<&String> {
    code.facts.session_id.as_ref().filter(|_| ends_with_session(&code.scope))
}

/// A code that is claimed by this while its owner may still have given it, or a spent one while what it gave counts: when
/// that is revoked, there is nothing left to protect.
pub fn claim(
    connection: &mut AnyConnection,
    cache: &Cache,
    digest: &Digest,
    now: Timestamp,
) -> Result<Option<(AuthorizationCode, Standing)>, StoreError> {
    if let Some((code, owner_is_enabled)) = authorization_codes::claim(connection, digest, now)? {
        let counts = owner_is_enabled
            && match session_of(&code) {
                Some(session) => sessions::hold_open(connection, &code.owner_id, session)?,
                None => true,
            };
        return Ok(counts.then_some((code, Standing::Fresh)));
    }
    let Some(spent) = authorization_codes::find(connection, digest)?.filter(|code| code.redeemed_at.is_some()) else {
        return Ok(None);
    };
    let counts = grants::find_alive(connection, cache, spent.grant_id)?.is_some();
    Ok(counts.then_some((spent, Standing::Spent)))
}

/// Writes what is issued for a code that is claimed.
pub fn settle(connection: &mut AnyConnection, redemption: &Redemption) -> Result<(), StoreError> {
    let Redeemed { grant, access_token, refresh_token } = &redemption.redeemed;
    match access_token {
        Some(token) => access_tokens::insert_with_grant(connection, grant, token)?,
        None => grants::insert(connection, grant)?,
    }
    if let Some((digest, end)) = refresh_token {
        refresh_tokens::insert(connection, digest, grant.id, grant.created_at, *end)?;
    }
    audit_log::insert(connection, &redemption.event)?;
    if let Some(client) = &redemption.session_client {
        session_clients::note(connection, client)?;
    }
    Ok(())
}

// The statement names it.
#[cfg(feature = "postgres")]
const _: () = assert!(authorization_codes::MAX_FAILURES == 3);

/// Claims and settles several by one statement. False for those whose code or session somebody holds, or that do not count any more:
/// nothing is written of them. Who is to be told of a logout is for a transaction to note.
#[cfg(feature = "postgres")]
pub fn settle_each(connection: &mut AnyConnection, redemptions: &[Redemption]) -> Result<Outcomes<bool>, StoreError> {
    let Some(c) = connection.postgres() else { return Ok(redemptions.iter().map(|_| Ok(false)).collect()) };
    // Who redeems a code that another of them redeems, too, is second.
    let mut codes = HashSet::new();
    let firsts = redemptions.iter().filter(|each| each.session_client.is_none() && codes.insert(each.code.as_bytes()));
    let firsts: Vec<_> = firsts.map(Stored::of).collect();
    if firsts.is_empty() {
        return Ok(redemptions.iter().map(|_| Ok(false)).collect());
    }
    let settle = PreparedRows::<Binary>::new(
        "WITH held AS ( \
         SELECT asked.* FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
         AS asked (code, session, id, client_id, owner_id, session_id, scope, resource, facts, now, used_at, expires_at, \
         token, token_scope, audience, token_ends_at, refresh, refresh_ends_at, \
         action, actor_kind, actor, target, address, request_id, detail) \
         JOIN authorization_codes AS code ON code.digest = asked.code AND code.redeemed_at IS NULL \
         AND code.expires_at > asked.now AND code.failures < 3 \
         JOIN resource_owners AS owner ON owner.id = asked.owner_id AND owner.disabled_at IS NULL \
         JOIN clients AS client ON client.id = asked.client_id \
         FOR UPDATE OF code SKIP LOCKED FOR KEY SHARE OF owner, client SKIP LOCKED), \
         open AS (SELECT session.id FROM held JOIN browser_sessions AS session \
         ON session.id = held.session AND session.resource_owner_id = held.owner_id \
         FOR KEY SHARE OF session SKIP LOCKED), \
         good AS (SELECT * FROM held WHERE session IS NULL OR session IN (SELECT id FROM open)), \
         claimed AS (UPDATE authorization_codes SET redeemed_at = good.now FROM good WHERE digest = good.code), \
         granted AS (INSERT INTO grants (id, client_id, resource_owner_id, session_id, scope, resource, facts, created_at, \
         last_used_at, expires_at) SELECT id, client_id, owner_id, session_id, scope, resource, facts, now, used_at, \
         expires_at FROM good), \
         tokens AS (INSERT INTO access_tokens (digest, grant_id, scope, audience, created_at, expires_at) \
         SELECT token, id, token_scope, audience, now, token_ends_at FROM good WHERE token IS NOT NULL), \
         refreshing AS (INSERT INTO refresh_tokens (digest, grant_id, created_at, expires_at) \
         SELECT refresh, id, now, refresh_ends_at FROM good WHERE refresh IS NOT NULL), \
         logged AS (INSERT INTO audit_log (at, action, actor_kind, actor, target, address, request_id, detail) \
         SELECT now, action, actor_kind, actor, target, address, request_id, detail FROM good) \
         SELECT code FROM good",
        firsts.iter().map(Stored::values),
    )
    .padded();
    let mut settled: HashSet<Vec<u8>> = settle.load::<Vec<u8>>(c)?.into_iter().collect();
    Ok(redemptions.iter().map(|each| Ok(settled.remove(each.code.as_bytes()))).collect())
}

/// What a redemption's rows hold that is put together for it.
#[cfg(feature = "postgres")]
struct Stored<'a> {
    redemption: &'a Redemption,
    grant: grants::NewRow<'a>,
    token: Option<(String, Option<String>)>,
    detail: String,
}

#[cfg(feature = "postgres")]
impl<'a> Stored<'a> {
    fn of(redemption: &'a Redemption) -> Self {
        Self {
            redemption,
            grant: grants::NewRow::of(&redemption.redeemed.grant),
            token: redemption.redeemed.access_token.as_ref().map(NewAccessToken::texts),
            detail: redemption.event.detail.to_string(),
        }
    }

    fn values(&self) -> [Value<'_>; 25] {
        let Redemption { code, session, redeemed, event, .. } = self.redemption;
        let [id, client, owner, session_id, scope, resource, facts, created_at, used_at, expires_at] =
            self.grant.values();
        let (token, refresh) = (redeemed.access_token.as_ref(), redeemed.refresh_token.as_ref());
        let [_, action, actor_kind, actor, target, address, request_id, detail] = event.values(&self.detail);
        [
            Value::Bytes(code.as_bytes()),
            Value::MaybeText(session.as_deref()),
            id,
            client,
            owner,
            session_id,
            scope,
            resource,
            facts,
            created_at,
            used_at,
            expires_at,
            Value::MaybeBytes(token.map(|token| token.digest.as_bytes())),
            Value::MaybeText(self.token.as_ref().map(|(scope, _)| scope.as_str())),
            Value::MaybeText(self.token.as_ref().and_then(|(_, audience)| audience.as_deref())),
            Value::MaybeNumber(token.map(|token| token.expires_at)),
            Value::MaybeBytes(refresh.map(|(digest, _)| digest.as_bytes())),
            Value::MaybeNumber(refresh.map(|(_, end)| *end)),
            action,
            actor_kind,
            actor,
            target,
            address,
            request_id,
            detail,
        ]
    }
}

/// Those of the codes that nobody has redeemed and that are in time and not burnt, by one statement.
#[cfg(feature = "postgres")]
pub fn find_each_fresh(
    connection: &mut AnyConnection,
    codes: &[Presented],
) -> Result<Outcomes<Option<AuthorizationCode>>, StoreError> {
    let digests = codes.iter().map(|(digest, _)| digest);
    let mut found = authorization_codes::find_each(connection, digests)?;
    let fresh = codes.iter().map(|(digest, now)| found.remove(digest.as_bytes()).filter(|code| code.is_fresh(*now)));
    Ok(fresh.map(Ok).collect())
}
