//! Grants: the lasting fact that a resource owner allowed a client some scopes, and the family of tokens that hangs on it.
//!
//! Everything issued names its [`GrantId`]. Whether a grant still counts is decided by [`alive`], and nowhere else:
//! redemption, refresh, introspection, userinfo and the bearer guard all ask it.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::domain::claims::ClaimsRequest;
use crate::domain::client::Holder;
use crate::domain::scope::{self, OFFLINE_ACCESS, OPENID, Scope, ScopeCatalog};
use crate::secret::random_bytes;

/// Names a grant: the millisecond and 37 random bits, so that it can be chosen before the grant is stored and tells nothing
/// of their number. The time comes first, so that what is written at one time lies beside each other in the database's
/// trees, however large they are. It begins anew every 18 hours, which no grant of another round minds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GrantId(i64);

impl GrantId {
    /// A new id; the time is in milliseconds.
    pub fn generate(millis: u64) -> Self {
        const RANDOM_BITS: u32 = 37;
        let random = u64::from_be_bytes(random_bytes()) & ((1 << RANDOM_BITS) - 1);
        // The sign stays clear.
        Self(i64::MAX & (millis << RANDOM_BITS | random).cast_signed())
    }

    /// An id read back from storage.
    pub const fn from_stored(id: i64) -> Self {
        Self(id)
    }

    /// For storage.
    pub const fn get(self) -> i64 {
        self.0
    }
}

/// Eleven base64url characters.
impl fmt::Display for GrantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0.to_be_bytes()))
    }
}

/// What was not the text of a grant id.
#[derive(Debug, PartialEq, Eq)]
pub struct NotAGrantId;

impl FromStr for GrantId {
    type Err = NotAGrantId;

    fn from_str(text: &str) -> Result<Self, NotAGrantId> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| NotAGrantId)?;
        let id = i64::from_be_bytes(bytes.try_into().map_err(|_| NotAGrantId)?);
        if id < 0 { Err(NotAGrantId) } else { Ok(Self(id)) }
    }
}

/// What a grant remembers of the request it came from, beside what it is looked up by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantFacts {
    /// When the resource owner last proved who they are, seconds since the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<Timestamp>,
    /// OpenID Connect's `nonce`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// The claims that were asked for one by one.
    #[serde(default, skip_serializing_if = "ClaimsRequest::is_empty")]
    pub claims: ClaimsRequest,
}

/// What a resource owner allowed a client, remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    pub scope: Scope,
    /// The claims that were asked for one by one.
    pub claims: BTreeSet<String>,
}

impl Consent {
    /// Whether a scope name is in it.
    pub fn has(&self, name: &str) -> bool {
        scope::contains(&self.scope, name)
    }
}

/// A grant as stored.
#[derive(Clone, Debug)]
pub struct GrantRecord {
    pub id: GrantId,
    pub client_id: String,
    /// The resource owner; `None` for the standing grant of a machine client.
    pub owner: Option<GrantOwner>,
    /// The browser session it was given in.
    pub session_id: Option<String>,
    pub scope: Scope,
    /// RFC 8707 resources the tokens may be for.
    pub resource: Vec<String>,
    pub facts: GrantFacts,
    pub created_at: Timestamp,
    pub last_used_at: Timestamp,
    /// The absolute end of its refresh tokens.
    pub expires_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

/// What a grant needs to know about its resource owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantOwner {
    pub id: String,
    pub username: String,
    pub disabled_at: Option<Timestamp>,
}

/// Whether a grant of `scope` ends with the browser session it was given in: an OpenID one that did not ask to outlive it
/// (OpenID Connect Core §11).
pub fn ends_with_session(scope: &Scope) -> bool {
    scope::contains(scope, OPENID) && !scope::contains(scope, OFFLINE_ACCESS)
}

/// A grant that counts now.
#[derive(Clone, Debug)]
pub struct LiveGrant {
    pub record: GrantRecord,
    /// The granted scopes that the client may still have.
    pub scope: Scope,
}

impl LiveGrant {
    /// The same with what there still is of its scopes, by the catalogue of this moment.
    pub fn within(self, client: &impl Holder, catalog: &ScopeCatalog) -> Self {
        Self { scope: still_allowed(self.scope, client, catalog), ..self }
    }
}

/// The names of `scope` that the client may have now. Nobody has what was deleted; a client without a list of its own has only
/// what is still marked as default.
pub fn still_allowed(scope: Scope, client: &impl Holder, catalog: &ScopeCatalog) -> Scope {
    scope::retaining(scope, |name| {
        catalog.find(name).is_some_and(|entry| client.lists(name).unwrap_or(entry.is_default))
    })
}

/// Whether `record` counts: not revoked, its client registered and enabled, its resource owner enabled.
///
/// The scopes shrink with what an admin takes away from the client. Withdrawing consent, changing the password and
/// signing out everywhere revoke the grant itself.
pub fn alive(record: GrantRecord, client: Option<&impl Holder>) -> Option<LiveGrant> {
    let client = client.filter(|client| client.id() == record.client_id && client.is_enabled())?;
    if record.revoked_at.is_some() {
        return None;
    }
    match &record.owner {
        Some(owner) if owner.disabled_at.is_some() => return None,
        // RFC 6749 §4.4: a machine's grant is only worth something while the client has the grant type.
        None if client.machine_grant() != Some(record.id) => return None,
        _ => {}
    }
    let scope = scope::retaining(record.scope.clone(), |name| client.lists(name).unwrap_or(true));
    Some(LiveGrant { record, scope })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_one_time_lie_beside_each_other() {
        let at = |millis| GrantId::generate(millis).get();
        assert_ne!(at(60), at(60));
        assert!((0..100).all(|_| at(60) < at(61) && at(60) >= 0));
        assert_eq!(at(60) >> 37, at(60 + (1 << 26)) >> 37);
    }

    #[test]
    fn a_grant_id_survives_its_text() {
        let id = GrantId::generate(1_800_000_000_000);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("".parse::<GrantId>(), Err(NotAGrantId));
        assert_eq!("AAAA".parse::<GrantId>(), Err(NotAGrantId));
        assert_eq!("__________8".parse::<GrantId>(), Err(NotAGrantId), "negative");
    }
}
