//! oxide-auth's traits as a request needs them, built for it and dropped with it: over one connection in one transaction
//! ([`transaction`]), without any reading ([`machine`]), or without leaving anything behind ([`preview`]).
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
pub mod preview;
pub mod transaction;

use oxide_auth::code_grant::extensions::Pkce;
use oxide_auth::primitives::grant::{Grant, GrantExtension};
use oxide_auth::primitives::registrar::{BoundClient, ClientUrl, PreGrant, Registrar, RegistrarError};

use crate::clock::{Timestamp, wall_millis};
use crate::domain::client::TokenFormat;
use crate::domain::extension;
use crate::domain::grant::GrantId;
use crate::domain::scope::Scope;
use crate::secret::{Secret, SecretKind, random_id};
use crate::store::access_tokens::NewAccessToken;
use crate::store::authorization_codes::{AuthorizationCode, CodeFacts};
use machine::MachinePorts;
use preview::PreviewPorts;
use transaction::TransactionPorts;

/// Ports know the client of their request through their field `registrar`.
macro_rules! registers_its_client {
    ($ports:ty) => {
        impl Registrar for $ports {
            fn bound_redirect<'a>(&self, bound: ClientUrl<'a>) -> Result<BoundClient<'a>, RegistrarError> {
                self.registrar.bound_redirect(bound)
            }

            fn negotiate(&self, client: BoundClient<'_>, scope: Option<Scope>) -> Result<PreGrant, RegistrarError> {
                self.registrar.negotiate(client, scope)
            }

            fn check(&self, client_id: &str, passphrase: Option<&[u8]>) -> Result<(), RegistrarError> {
                self.registrar.check(client_id, passphrase)
            }
        }
    };
}

registers_its_client!(MachinePorts);
registers_its_client!(PreviewPorts);
registers_its_client!(TransactionPorts<'_>);

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
