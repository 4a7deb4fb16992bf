//! Table `authorization_codes`. A redeemed code's row stays a while, because its return may mean theft.

#[cfg(feature = "postgres")]
use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::domain::grant::{GrantFacts, GrantId};
use crate::domain::scope::{self, Scope};
use crate::secret::Digest;
use crate::store::connection::{AnyConnection, on_backend};
use crate::store::error::StoreError;
#[cfg(feature = "postgres")]
use crate::store::gather::{Outcomes, padded};
#[cfg(feature = "postgres")]
use crate::store::prepared::PreparedRows;
use crate::store::prepared::{Prepared, Value, known};
use crate::store::schema::authorization_codes;

/// Wrong verifiers that burn a code.
pub const MAX_FAILURES: i32 = 3;

/// What a code stands for.
#[derive(Clone, Debug)]
pub struct AuthorizationCode {
    pub grant_id: GrantId,
    pub client_id: String,
    pub owner_id: String,
    pub scope: Scope,
    pub redirect_uri: String,
    pub code_challenge: Option<String>,
    pub facts: CodeFacts,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub redeemed_at: Option<Timestamp>,
    pub failures: i32,
}

/// A code to be, by its digest.
pub type NewCode = (Digest, AuthorizationCode);

/// What a code carries from the request to the tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeFacts {
    #[serde(flatten)]
    pub grant: GrantFacts,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resource: Vec<String>,
}

impl AuthorizationCode {
    /// Whether it may still be redeemed.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.redeemed_at.is_none() && self.expires_at > now && self.failures < MAX_FAILURES
    }
}

#[derive(Queryable)]
struct Row {
    #[cfg_attr(not(feature = "postgres"), expect(dead_code, reason = "the others are found by it"))]
    digest: Vec<u8>,
    grant_id: i64,
    client_id: String,
    resource_owner_id: String,
    scope: String,
    redirect_uri: String,
    code_challenge: Option<String>,
    facts: String,
    failures: i32,
    created_at: Timestamp,
    expires_at: Timestamp,
    redeemed_at: Option<Timestamp>,
}

impl TryFrom<Row> for AuthorizationCode {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            grant_id: GrantId::from_stored(row.grant_id),
            client_id: row.client_id,
            owner_id: row.resource_owner_id,
            scope: scope::stored(&row.scope),
            redirect_uri: row.redirect_uri,
            code_challenge: row.code_challenge,
            facts: serde_json::from_str(&row.facts)
                .map_err(|error| StoreError::Corrupt(format!("the facts of a code: {error}")))?,
            created_at: row.created_at,
            expires_at: row.expires_at,
            redeemed_at: row.redeemed_at,
            failures: row.failures,
        })
    }
}

pub fn insert(connection: &mut AnyConnection, digest: &Digest, code: &AuthorizationCode) -> Result<(), StoreError> {
    let facts = stored_facts(code)?;
    let (digest, grant_id, scope) = (digest.as_bytes(), code.grant_id.get(), scope::render(&code.scope));
    let challenge = code.code_challenge.as_deref();
    known!(
        connection,
        [
            Value::Bytes(digest),
            Value::Number(grant_id),
            Value::Text(&code.client_id),
            Value::Text(&code.owner_id),
            Value::Text(&scope),
            Value::Text(&code.redirect_uri),
            Value::MaybeText(challenge),
            Value::Text(&facts),
            Value::Number(code.created_at),
            Value::Number(code.expires_at),
        ],
        diesel::insert_into(authorization_codes::table).values((
            authorization_codes::digest.eq(digest),
            authorization_codes::grant_id.eq(grant_id),
            authorization_codes::client_id.eq(&code.client_id),
            authorization_codes::resource_owner_id.eq(&code.owner_id),
            authorization_codes::scope.eq(&scope),
            authorization_codes::redirect_uri.eq(&code.redirect_uri),
            authorization_codes::code_challenge.eq(challenge),
            authorization_codes::facts.eq(&facts),
            authorization_codes::failures.eq(diesel::dsl::sql("0")),
            authorization_codes::created_at.eq(code.created_at),
            authorization_codes::expires_at.eq(code.expires_at),
        )),
        |c, known| known.execute(c)
    )?;
    Ok(())
}

/// [`insert`] for several by one statement.
#[cfg(feature = "postgres")]
pub fn insert_each(connection: &mut AnyConnection, new: &[NewCode]) -> Result<Outcomes<()>, StoreError> {
    let Some(c) = connection.postgres() else {
        return Ok(new.iter().map(|(digest, code)| insert(connection, digest, code)).collect());
    };
    let texts = new.iter().map(|(_, code)| Ok((scope::render(&code.scope), stored_facts(code)?)));
    let texts = texts.collect::<Result<Vec<_>, StoreError>>()?;
    let rows = new.iter().zip(&texts).map(|((digest, code), (scope, facts))| {
        [
            Value::Bytes(digest.as_bytes()),
            Value::Number(code.grant_id.get()),
            Value::Text(&code.client_id),
            Value::Text(&code.owner_id),
            Value::Text(scope),
            Value::Text(&code.redirect_uri),
            Value::MaybeText(code.code_challenge.as_deref()),
            Value::Text(facts),
            Value::Number(code.created_at),
            Value::Number(code.expires_at),
        ]
    });
    let insert = PreparedRows::<()>::new(
        "INSERT INTO authorization_codes (digest, grant_id, client_id, resource_owner_id, scope, redirect_uri, \
         code_challenge, facts, created_at, expires_at, failures) \
         SELECT *, 0 FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        rows,
    );
    insert.execute(c)?;
    Ok(new.iter().map(|_| Ok(())).collect())
}

fn stored_facts(code: &AuthorizationCode) -> Result<String, StoreError> {
    serde_json::to_string(&code.facts).map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// Claims the one redemption of a code that is in time and not burnt; says, too, whether its resource owner is enabled.
/// `None` when somebody was first or it is unknown.
pub fn claim(
    connection: &mut AnyConnection,
    digest: &Digest,
    now: Timestamp,
) -> Result<Option<(AuthorizationCode, bool)>, StoreError> {
    let values = [
        Value::Number(now),
        Value::Bytes(digest.as_bytes()),
        Value::Number(now),
        Value::Number(i64::from(MAX_FAILURES)),
    ];
    let claim = Prepared::<(authorization_codes::SqlType, BigInt)>::new(
        "UPDATE authorization_codes SET redeemed_at = ? \
         WHERE digest = ? AND redeemed_at IS NULL AND expires_at > ? AND failures < ? \
         RETURNING digest, grant_id, client_id, resource_owner_id, scope, redirect_uri, code_challenge, facts, failures, \
         created_at, expires_at, redeemed_at, (SELECT COUNT(*) FROM resource_owners AS owner \
         WHERE owner.id = authorization_codes.resource_owner_id AND owner.disabled_at IS NULL)",
        &values,
    );
    let claimed = on_backend!(connection, |c| claim.get_result::<(Row, i64)>(c).optional())?;
    claimed.map(|(row, enabled)| Ok((row.try_into()?, enabled == 1))).transpose()
}

/// What a code stood for, whatever became of it.
pub fn find(connection: &mut AnyConnection, digest: &Digest) -> Result<Option<AuthorizationCode>, StoreError> {
    let row = authorization_codes::table.find(digest.as_bytes()).get_result::<Row>(connection).optional()?;
    row.map(TryInto::try_into).transpose()
}

/// What these codes stood for, by their digests. What of them cannot be read is left out.
#[cfg(feature = "postgres")]
pub fn find_each<'a>(
    connection: &mut AnyConnection,
    digests: impl Iterator<Item = &'a Digest>,
) -> Result<HashMap<Vec<u8>, AuthorizationCode>, StoreError> {
    let digests = padded(digests.map(Digest::as_bytes).collect());
    let some = authorization_codes::table.filter(authorization_codes::digest.eq_any(digests));
    let rows = on_backend!(connection, |c| some.load::<Row>(c))?;
    Ok(rows.into_iter().filter_map(|row| Some((row.digest.clone(), row.try_into().ok()?))).collect())
}

/// Counts a wrong verifier against a code.
pub fn note_failure(connection: &mut AnyConnection, digest: &Digest) -> QueryResult<()> {
    diesel::update(authorization_codes::table.find(digest.as_bytes()))
        .set(authorization_codes::failures.eq(authorization_codes::failures + 1))
        .execute(connection)?;
    Ok(())
}

/// Ends the codes that a resource owner gave and nobody has redeemed: to one client, or to all.
/// Whoever ends sessions, too, does this before: a redemption holds the code, and then the session.
pub fn end_of_owner(
    connection: &mut AnyConnection,
    owner_id: &str,
    client_id: Option<&str>,
    now: Timestamp,
) -> QueryResult<usize> {
    let waiting = diesel::delete(authorization_codes::table)
        .filter(authorization_codes::resource_owner_id.eq(owner_id.to_owned()))
        .filter(authorization_codes::redeemed_at.is_null())
        .filter(authorization_codes::expires_at.gt(now))
        .into_boxed();
    match client_id {
        Some(client_id) => waiting.filter(authorization_codes::client_id.eq(client_id.to_owned())).execute(connection),
        None => waiting.execute(connection),
    }
}

/// Ends codes of one client that are on their way.
pub fn end_of_client(connection: &mut AnyConnection, client_id: &str, now: Timestamp) -> QueryResult<usize> {
    diesel::delete(authorization_codes::table)
        .filter(authorization_codes::client_id.eq(client_id))
        .filter(authorization_codes::redeemed_at.is_null())
        .filter(authorization_codes::expires_at.gt(now))
        .execute(connection)
}
