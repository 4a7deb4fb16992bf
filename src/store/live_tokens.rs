//! Tables `access_tokens` and `refresh_tokens` for those who look after them: what is alive, whose it is, and since when.
//!
//! A token is named by the beginning of its digest, which opens nothing and says nothing about the token.

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::domain::grant::GrantId;
use crate::domain::scope::{self, Scope};
use crate::store::connection::AnyConnection;
use crate::store::grants;
use crate::store::paging::{Key, Place, in_order, newest_first};
use crate::store::schema::{access_tokens, grants as grants_table, refresh_tokens, resource_owners};

/// Grants of one user or client whose tokens are listed: their newest that last.
pub const MOST_GRANTS: i64 = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Access,
    Refresh,
}

/// A token that counts while its grant does.
#[derive(Clone, Debug)]
pub struct Token {
    pub kind: Kind,
    pub id: TokenId,
    pub grant_id: GrantId,
    pub client_id: String,
    /// Id and name; `None` for a machine's.
    pub owner: Option<(String, String)>,
    pub is_owner_disabled: bool,
    pub scope: Scope,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// When its grant was last used.
    pub last_used_at: Timestamp,
    pub is_grant_revoked: bool,
    /// A refresh token that was exchanged.
    pub is_rotated: bool,
}

/// The digest of a token, by the beginning of which it is named: 16 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenId(pub Vec<u8>);

impl std::fmt::Display for TokenId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().take(8).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::str::FromStr for TokenId {
    type Err = ();

    /// Reads what begins a digest: an even number of hexadecimal digits, 8 at least.
    fn from_str(text: &str) -> Result<Self, ()> {
        let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_hex || !text.len().is_multiple_of(2) || !(8..=64).contains(&text.len()) {
            return Err(());
        }
        let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).map_err(|_| ());
        (0..text.len()).step_by(2).map(byte).collect::<Result<_, _>>().map(Self)
    }
}

/// The key of a token in [`list`].
pub fn key(token: &Token) -> Key<WholeId> {
    Key { at: token.expires_at, id: WholeId(token.id.0.clone()) }
}

/// A whole digest, as the key of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WholeId(Vec<u8>);

impl std::fmt::Display for WholeId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::str::FromStr for WholeId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        text.parse::<TokenId>().map(|id| Self(id.0))
    }
}

type AccessRow = (Vec<u8>, i64, String, Timestamp, Timestamp);
type RefreshRow = (Vec<u8>, i64, Timestamp, Timestamp, Option<Timestamp>);
type GrantRow = (String, String, Timestamp, Option<Timestamp>);
type Owner = Option<(String, String, Option<Timestamp>)>;

const GRANT: (grants_table::client_id, grants_table::scope, grants_table::last_used_at, grants_table::revoked_at) =
    (grants_table::client_id, grants_table::scope, grants_table::last_used_at, grants_table::revoked_at);

fn access(((digest, grant_id, scope, created_at, expires_at), grant, owner): (AccessRow, GrantRow, Owner)) -> Token {
    let (client_id, _, last_used_at, revoked_at) = grant;
    Token {
        kind: Kind::Access,
        id: TokenId(digest),
        grant_id: GrantId::from_stored(grant_id),
        client_id,
        is_owner_disabled: is_disabled(owner.as_ref()),
        owner: owner.map(|(id, username, _)| (id, username)),
        scope: scope::stored(&scope),
        created_at,
        expires_at,
        last_used_at,
        is_grant_revoked: revoked_at.is_some(),
        is_rotated: false,
    }
}

fn refresh(
    ((digest, grant_id, created_at, expires_at, rotated_at), grant, owner): (RefreshRow, GrantRow, Owner),
) -> Token {
    let (client_id, scope, last_used_at, revoked_at) = grant;
    Token {
        kind: Kind::Refresh,
        id: TokenId(digest),
        grant_id: GrantId::from_stored(grant_id),
        client_id,
        is_owner_disabled: is_disabled(owner.as_ref()),
        owner: owner.map(|(id, username, _)| (id, username)),
        scope: scope::stored(&scope),
        created_at,
        expires_at,
        last_used_at,
        is_grant_revoked: revoked_at.is_some(),
        is_rotated: rotated_at.is_some(),
    }
}

fn is_disabled(owner: Option<&(String, String, Option<Timestamp>)>) -> bool {
    owner.is_some_and(|(.., disabled_at)| disabled_at.is_some())
}

/// The columns of access tokens with their grants and users.
macro_rules! access_tokens {
    () => {
        access_tokens::table.inner_join(grants_table::table.left_join(resource_owners::table)).select((
            (
                access_tokens::digest,
                access_tokens::grant_id,
                access_tokens::scope,
                access_tokens::created_at,
                access_tokens::expires_at,
            ),
            GRANT,
            (resource_owners::id, resource_owners::username, resource_owners::disabled_at).nullable(),
        ))
    };
}

macro_rules! refresh_tokens {
    () => {
        refresh_tokens::table.inner_join(grants_table::table.left_join(resource_owners::table)).select((
            (
                refresh_tokens::digest,
                refresh_tokens::grant_id,
                refresh_tokens::created_at,
                refresh_tokens::expires_at,
                refresh_tokens::rotated_at,
            ),
            GRANT,
            (resource_owners::id, resource_owners::username, resource_owners::disabled_at).nullable(),
        ))
    };
}

/// A page of live tokens of one kind, those that live longest first: of everybody, or of the newest [`MOST_GRANTS`] grants
/// that `filter` narrows to.
pub fn list(
    connection: &mut AnyConnection,
    kind: Kind,
    filter: &grants::Filter,
    place: &Place<Key<WholeId>>,
    limit: i64,
    now: Timestamp,
) -> QueryResult<Vec<Token>> {
    if filter.owner_id.is_none() && filter.client_id.is_none() {
        return Ok(in_order(of(connection, kind, None, place, limit, now)?, place));
    }
    let mut all = Vec::new();
    for grant in grants::list(connection, filter, MOST_GRANTS, now)? {
        all.extend(of(connection, kind, Some(grant.id), place, limit, now)?);
    }
    let order = |token: &Token| (token.expires_at, token.id.0.clone());
    if matches!(place, Place::Before(_)) {
        all.sort_by_key(order);
    } else {
        all.sort_by_key(|token| std::cmp::Reverse(order(token)));
    }
    all.truncate(usize::try_from(limit).unwrap_or_default());
    Ok(in_order(all, place))
}

/// From the side that the place is asked from.
fn of(
    connection: &mut AnyConnection,
    kind: Kind,
    grant: Option<GrantId>,
    place: &Place<Key<WholeId>>,
    limit: i64,
    now: Timestamp,
) -> QueryResult<Vec<Token>> {
    let digest = |key: &Key<WholeId>| key.id.0.clone();
    let is_implied = place.lies_after(now);
    match kind {
        Kind::Access => {
            let mut query = access_tokens!().filter(grants_table::revoked_at.is_null()).limit(limit).into_boxed();
            if !is_implied {
                query = query.filter(access_tokens::expires_at.gt(now));
            }
            if let Some(grant) = grant {
                query = query.filter(access_tokens::grant_id.eq(grant.get()));
            }
            let query = newest_first!(query, place, access_tokens::expires_at, access_tokens::digest, digest);
            Ok(query.load(connection)?.into_iter().map(access).collect())
        }
        Kind::Refresh => {
            let mut query = refresh_tokens!()
                .filter(refresh_tokens::rotated_at.is_null())
                .filter(grants_table::revoked_at.is_null())
                .limit(limit)
                .into_boxed();
            if !is_implied {
                query = query.filter(refresh_tokens::expires_at.gt(now));
            }
            if let Some(grant) = grant {
                query = query.filter(refresh_tokens::grant_id.eq(grant.get()));
            }
            let query = newest_first!(query, place, refresh_tokens::expires_at, refresh_tokens::digest, digest);
            Ok(query.load(connection)?.into_iter().map(refresh).collect())
        }
    }
}

/// The token whose digest begins so, alive or not.
pub fn find(connection: &mut AnyConnection, id: &TokenId) -> QueryResult<Option<Token>> {
    let mut end = id.0.clone();
    end.resize(33, 0xff);
    let found = access_tokens!()
        .filter(access_tokens::digest.ge(id.0.clone()))
        .filter(access_tokens::digest.le(end.clone()))
        .order(access_tokens::digest)
        .first(connection)
        .optional()?;
    if let Some(found) = found {
        return Ok(Some(access(found)));
    }
    let found = refresh_tokens!()
        .filter(refresh_tokens::digest.ge(id.0.clone()))
        .filter(refresh_tokens::digest.le(end))
        .order(refresh_tokens::digest)
        .first(connection)
        .optional()?;
    Ok(found.map(refresh))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_named_by_the_beginning_of_its_digest() {
        let id = TokenId((0..32).collect());
        assert_eq!(id.to_string(), "0001020304050607");
        assert_eq!(id.to_string().parse(), Ok(TokenId((0..8).collect())));
        for bad in ["", "00010203040506", "gat_0001020304050607", "000102030405060", "zz01020304050607"] {
            assert!(bad.parse::<TokenId>().is_err() || bad.len() == 14, "{bad}");
        }
    }
}
