//! Token introspection (RFC 7662): who may see what, and what they see.

use serde::Serialize;

use crate::clock::Timestamp;
use crate::domain::client::{Client, Origin};
use crate::domain::grant::GrantOwner;
use crate::domain::resource::Resource;
use crate::domain::scope::{self, PROFILE, Scope};
use crate::domain::subject::Sector;
use crate::protocol::token::response::Audience;

/// The answer about a token that the caller may not see, or that does not count: exactly this, always.
#[derive(Debug, Serialize)]
pub struct Inactive {
    active: bool,
}

/// The one answer that says nothing.
pub const INACTIVE: Inactive = Inactive { active: false };

/// The answer about a token that counts.
#[derive(Debug, Serialize)]
pub struct Active<'a> {
    pub active: bool,
    pub iss: &'a str,
    pub sub: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<&'a str>,
    pub client_id: &'a str,
    pub scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aud: Option<Audience<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_type: Option<&'static str>,
    pub iat: Timestamp,
    pub exp: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jti: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<Timestamp>,
}

/// RFC 7662 §4: whether `caller` may see an access token of `client_id` for `audience`.
///
/// A token bound to resources is visible to their servers; one for no resource to any confidential client that an admin
/// made; and its own client always sees it.
pub fn may_see<'a>(
    caller: &Client,
    client_id: &str,
    audience: &[String],
    find: impl Fn(&str) -> Option<&'a Resource>,
) -> bool {
    if caller.id == client_id {
        return true;
    }
    if audience.is_empty() {
        return caller.origin == Origin::Admin && !caller.is_public();
    }
    audience.iter().filter_map(|uri| find(uri)).any(|resource| resource.introspected_by.contains(&caller.id))
}

/// The `username` that is told of a token of `client` with `scope`: it is a claim like `preferred_username` (OpenID Connect Core
/// §5.4), so the scope must open it. Of a pairwise client's token it is never told: by it others could tell who its users are
/// elsewhere (§8.1).
pub fn username<'a>(client: &impl Sector, scope: &Scope, owner: Option<&'a GrantOwner>) -> Option<&'a str> {
    let is_told = client.sector().is_none() && scope::contains(scope, PROFILE);
    owner.filter(|_| is_told).map(|owner| owner.username.as_str())
}
