//! The token endpoint: one driver for each grant type, over oxide-auth's machines.

pub mod authorization_code;
pub mod client_credentials;
pub mod device_code;
pub mod refresh_token;
pub mod request;
pub mod response;

use chrono::{DateTime, Utc};

use oxide_auth::primitives::grant::{Extensions, Grant};

use crate::clock::{Seconds, Timestamp};
use crate::domain::claims::ClaimsRequest;
use crate::domain::client::{Client, GrantType, TokenFormat};
use crate::domain::extension;
use crate::domain::grant::GrantId;
use crate::domain::lifetimes::Lifetimes;
use crate::domain::resource::Resource;
use crate::domain::scope::{self, OFFLINE_ACCESS, OPENID, Scope};
use crate::protocol::check::{Cause, Check};
use crate::protocol::error::{ErrorCode, OAuthError, TokenError};

/// What was issued, before it is put into words: a JWT is not signed yet.
#[derive(Debug)]
pub struct Issued {
    pub grant_id: GrantId,
    pub format: TokenFormat,
    /// The opaque access token, or the `jti` of the JWT to sign.
    pub access_token: String,
    pub refresh_token: Option<String>,
    pub scope: Scope,
    /// The resource owner; `None` for a machine.
    pub owner_id: Option<String>,
    pub client_id: String,
    pub audience: Vec<String>,
    pub auth_time: Option<Timestamp>,
    /// For an ID token, where one is due.
    pub authentication: Option<Authentication>,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
}

/// The authentication that an ID token tells of (OpenID Connect Core §2).
#[derive(Clone, Debug)]
pub struct Authentication {
    /// When the resource owner proved who they are.
    pub auth_time: Option<Timestamp>,
    /// Of the authorization request; a refreshed ID token has none (OpenID Connect Core §12.2).
    pub nonce: Option<String>,
    /// The browser session it happened in.
    pub session_id: Option<String>,
    /// The claims that were asked for one by one.
    pub claims: ClaimsRequest,
}

impl Authentication {
    /// That of a grant whose scopes have `openid`.
    fn of(grant: &Grant, scope: &Scope) -> Option<Self> {
        let facts = extension::facts(&grant.extensions);
        scope::contains(scope, OPENID).then(|| Self {
            auth_time: facts.auth_time,
            nonce: facts.nonce,
            session_id: extension::session(&grant.extensions).map(str::to_owned),
            claims: facts.claims,
        })
    }
}

/// A point in time as oxide-auth wants it.
pub fn time(at: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp(at, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// What the client and the resources say about the tokens to issue.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    pub client: &'a Client,
    pub lifetimes: &'a Lifetimes,
    pub now: Timestamp,
}

impl Terms<'_> {
    /// The format and the end of an access token for `audience`.
    fn access_token(&self, resources: &[&Resource]) -> (TokenFormat, Timestamp) {
        let format = resources
            .iter()
            .find_map(|resource| resource.token_format)
            .unwrap_or(self.client.metadata.access_token_format);
        let own = self.client.metadata.access_token_lifetime.map(Seconds::from);
        let seconds = match format {
            TokenFormat::Opaque => own.unwrap_or(self.lifetimes.access_token),
            // A JWT is believed elsewhere until it expires, so it never lives long.
            TokenFormat::Jwt => {
                own.map_or(self.lifetimes.jwt_access_token, |own| own.min(self.lifetimes.jwt_access_token))
            }
        };
        (format, self.now + seconds)
    }

    /// The end of a refresh token that nobody uses.
    fn refresh_idle(&self) -> Timestamp {
        self.now + self.lifetimes.refresh_token_idle
    }

    /// The end of a new grant's refresh tokens, however much they are used.
    fn refresh_absolute(&self) -> Timestamp {
        let own = self.client.metadata.refresh_token_lifetime.map(Seconds::from);
        self.now + own.unwrap_or(self.lifetimes.refresh_token)
    }
}

/// Whether a grant comes with a refresh token: the client has the grant type, and either `offline_access` was granted or
/// this is no OpenID request (OpenID Connect Core §11).
pub fn gives_refresh_token(client: &Client, granted: &Scope) -> bool {
    client.may_use(GrantType::RefreshToken)
        && (scope::contains(granted, OFFLINE_ACCESS) || !scope::contains(granted, OPENID))
}

/// The grant that the access token is issued with: `granted` narrowed to what this token is to be.
fn with_access_token(granted: &Grant, terms: &Terms<'_>, resources: &[&Resource], token_scope: &Scope) -> Grant {
    let (format, until) = terms.access_token(resources);
    let mut extensions: Extensions = granted.extensions.clone();
    let audience: Vec<String> = resources.iter().map(|resource| resource.uri.clone()).collect();
    extension::set_format(&mut extensions, format);
    extension::set_audience(&mut extensions, &audience);
    extension::set_granted_scope(&mut extensions, &granted.scope);
    extension::set_rotation(&mut extensions, terms.client.rotates_refresh_tokens());
    Grant { scope: token_scope.clone(), until: time(until), extensions, ..granted.clone() }
}

/// RFC 8707 §2.2: a token request may narrow the resources of its grant, never widen them.
fn narrow<'a>(
    granted: &[String],
    requested: &[String],
    known: &'a std::collections::BTreeMap<String, Resource>,
) -> Result<Vec<&'a Resource>, OAuthError> {
    if requested.iter().any(|each| !granted.is_empty() && !granted.contains(each)) {
        return Err(OAuthError::new(
            ErrorCode::InvalidTarget,
            "The resource was not part of the authorization request. Ask for one that was.",
        )
        .because(Cause::new(Check::TargetGranted).expecting(granted).receiving(requested.join(" "))));
    }
    if granted.is_empty() && !requested.is_empty() {
        return Err(OAuthError::new(
            ErrorCode::InvalidTarget,
            "The authorization request named no resource, so its tokens cannot be for one. Name it there.",
        )
        .because(Cause::new(Check::TargetGranted).receiving(requested.join(" "))));
    }
    find_resources(if requested.is_empty() { granted } else { requested }, known)
}

/// The registered resources that a request names.
pub fn find_resources<'a>(
    requested: &[String],
    known: &'a std::collections::BTreeMap<String, Resource>,
) -> Result<Vec<&'a Resource>, OAuthError> {
    let unknown = |uri: &String| {
        OAuthError::new(
            ErrorCode::InvalidTarget,
            "The resource is not registered here. Send the exact identifier of a registered resource.",
        )
        .because(Cause::new(Check::TargetKnown).expecting(known.keys()).receiving(uri))
    };
    requested.iter().map(|uri| known.get(uri).ok_or_else(|| unknown(uri))).collect()
}

/// Cuts scopes down to those that mean something at the resources; a resource without a list takes all.
///
/// # Errors
/// `invalid_scope` when nothing is left: RFC 6749 §3.3 has no empty scope. A token with `openid` is one to sign in by, whatever
/// it opens there.
fn at_resources(scope: &Scope, resources: &[&Resource]) -> Result<Scope, OAuthError> {
    let lists = resources.iter().filter_map(|resource| resource.scope.as_ref());
    let left = lists.clone().fold(scope.clone(), |left, allowed| scope::intersection(&left, allowed));
    if scope::is_empty(&left) && !scope::contains(scope, OPENID) {
        return Err(OAuthError::invalid_scope(
            "None of the scopes means anything at the resources together. Ask for one that does, or for fewer resources.",
        )
        .because(
            Cause::new(Check::ScopeAllowed).expecting(lists.flat_map(scope::names)).receiving(scope::render(scope)),
        ));
    }
    Ok(left)
}

/// Refuses scopes that mean nothing at any of the resources. At one is enough: a token request may name it alone (RFC 8707
/// §2.2).
pub fn mean_something(scope: &Scope, resources: &[&Resource]) -> Result<(), OAuthError> {
    let does = |resource: &&Resource| at_resources(scope, &[*resource]).is_ok();
    if resources.is_empty() || resources.iter().any(does) { Ok(()) } else { at_resources(scope, resources).map(drop) }
}

/// Refuses a grant of which nothing is left, since the client may have none of its scopes any more.
fn refuse_empty(granted: &Scope) -> Result<(), OAuthError> {
    if scope::is_empty(granted) { Err(nothing_left()) } else { Ok(()) }
}

/// The error of a grant of which nothing is left: the client has to ask its user anew.
fn nothing_left() -> OAuthError {
    OAuthError::invalid_grant(
        "The client may not have any of the granted scopes any more. Have an admin allow them, or start a new authorization \
         request for others.",
    )
    .at(Check::ScopeAllowed)
}

/// What is compared when a client asks for a grant type that it may not use.
pub fn grant_type_cause(client: &Client, asked: GrantType) -> Cause {
    let allowed = client.metadata.grant_types.iter().map(|each| each.as_str());
    Cause::new(Check::GrantTypeAllowed).expecting(allowed).receiving(asked.as_str())
}

/// A port says only that it failed; it keeps why.
fn port_failed<E>(_: E) -> TokenError {
    TokenError::Port
}
