//! oxide-auth's traits as a request needs them, built for it and dropped with it. None of them reaches the database: what a request
//! presents was read before, and what is to be written is gathered, for who writes it by as few statements as there can be.
//!
//! What a grant needs to know travels in its extensions ([`extension`]).

/// What some ports issue, they cannot find again.
macro_rules! knows_no_tokens {
    () => {
        fn refresh(&mut self, _refresh: &str, _grant: Grant) -> Result<RefreshedToken, ()> {
            Err(())
        }

        fn recover_token<'a>(&'a self, _token: &'a str) -> Result<Option<Grant>, ()> {
            Err(())
        }

        fn recover_refresh<'a>(&'a self, _token: &'a str) -> Result<Option<Grant>, ()> {
            Err(())
        }
    };
}

pub mod client;
pub mod code;
pub mod machine;
pub mod redemption;
pub mod refresh;

use oxide_auth::code_grant::extensions::Pkce;
use oxide_auth::primitives::grant::{Extensions, Grant, GrantExtension, Value};

use crate::clock::{Timestamp, wall_millis};
use crate::domain::client::TokenFormat;
use crate::domain::extension;
use crate::domain::extension::Standing;
use crate::domain::grant::{GrantId, still_allowed};
use crate::secret::{Secret, SecretKind, random_id};
use crate::store::access_tokens::NewAccessToken;
use crate::store::authorization_codes::{AuthorizationCode, CodeFacts};
use crate::store::error::StoreError;
use client::ClientRegistrar;

/// A new access token: what the client gets (the `jti` of a JWT), and the row of an opaque one.
fn access_token(grant: &Grant, now: Timestamp) -> Result<(String, Option<NewAccessToken>), ()> {
    let grant_id = extension::grant_id(&grant.extensions).ok_or(())?;
    if extension::format(&grant.extensions) == TokenFormat::Jwt {
        return Ok((jwt_id(grant_id), None));
    }
    let secret = Secret::generate_in_order(SecretKind::AccessToken, wall_millis());
    let row = NewAccessToken {
        digest: secret.digest(),
        grant_id,
        scope: grant.scope.clone(),
        audience: extension::audience(&grant.extensions),
        created_at: now,
        expires_at: grant.until.timestamp(),
    };
    Ok((secret.expose().to_owned(), Some(row)))
}

/// A code's row.
fn authorization_code(grant: &Grant, now: Timestamp) -> Result<AuthorizationCode, ()> {
    let extensions = &grant.extensions;
    let challenge = extensions
        .private()
        .find(|(name, _)| *name == Pkce::required().identifier())
        .and_then(|(_, value)| value)
        // oxide-auth marks the method by a letter at the end.
        .and_then(|encoded| encoded.strip_suffix('S'));
    Ok(AuthorizationCode {
        grant_id: extension::grant_id(extensions).ok_or(())?,
        client_id: grant.client_id.clone(),
        owner_id: grant.owner_id.clone(),
        scope: grant.scope.clone(),
        redirect_uri: extension::redirect_uri(extensions).ok_or(())?.to_owned(),
        code_challenge: challenge.map(str::to_owned),
        facts: CodeFacts {
            grant: extension::facts(extensions),
            session_id: extension::session(extensions).map(str::to_owned),
            resource: extension::resource(extensions),
        },
        created_at: now,
        expires_at: grant.until.timestamp(),
        redeemed_at: None,
        failures: 0,
    })
}

/// What a code stands for.
///
/// # Errors
/// That the code cannot be read.
pub fn grant_of(
    code: &AuthorizationCode,
    standing: Standing,
    registrar: &ClientRegistrar,
) -> Result<Grant, StoreError> {
    let mut extensions = Extensions::new();
    extension::set_grant_id(&mut extensions, code.grant_id);
    extension::set_standing(&mut extensions, standing);
    extension::set_redirect_uri(&mut extensions, &code.redirect_uri);
    extension::set_resource(&mut extensions, &code.facts.resource);
    extension::set_facts(&mut extensions, &code.facts.grant);
    if let Some(session) = &code.facts.session_id {
        extension::set_session(&mut extensions, session);
    }
    if let Some(challenge) = &code.code_challenge {
        let encoded = Pkce::required()
            .challenge(Some("S256".into()), Some(challenge.as_str().into()))
            .map_err(|()| StoreError::Corrupt("a code challenge".into()))?;
        extensions.set(&Pkce::required(), encoded.unwrap_or_else(|| Value::private(None)));
    }
    extension::set_granted_scope(&mut extensions, &code.scope);
    Ok(Grant {
        owner_id: code.owner_id.clone(),
        client_id: code.client_id.clone(),
        // As of a refresh token's grant: what an admin took away since the consent is no part of it.
        scope: still_allowed(code.scope.clone(), &*registrar.client, &registrar.catalog.scopes),
        redirect_uri: code
            .redirect_uri
            .parse()
            .map_err(|_| StoreError::Corrupt("the redirect URI of a code".into()))?,
        // Whoever found the code has judged its end by our clock.
        until: far_future(),
        extensions,
    })
}

/// A JWT's `jti` names the grant, so that the JWT dies with it.
fn jwt_id(grant: GrantId) -> String {
    format!("{grant}.{}", random_id())
}

/// The grant that a `jti` of ours names.
pub fn grant_of_jwt_id(jwt_id: &str) -> Option<GrantId> {
    jwt_id.split_once('.')?.0.parse().ok()
}

/// For what our own clock has judged already: oxide-auth's machines compare with the real one.
fn far_future() -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::<chrono::Utc>::MAX_UTC
}
