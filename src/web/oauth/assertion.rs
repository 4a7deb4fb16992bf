//! A client's JWT (RFC 7523 §2.2): finding its keys, verifying it, and using it up. What it must say is
//! [`client_assertion`](crate::protocol::client_assertion)'s.

use std::sync::Arc;

use super::may_be_stored;
use crate::domain::client::{AuthMethod, Client, Origin};
use crate::keys::foreign::KeySet;
use crate::keys::jwt::{Claims, JwtError, UnverifiedJwt};
use crate::protocol::check::Check;
use crate::protocol::client_assertion::{Expected, VerifiedAssertion};
use crate::protocol::client_auth::AuthenticatedClient;
use crate::protocol::error::TokenError;
use crate::protocol::parameters::Parameters;
use crate::store::{StoreError, used_jtis};
use crate::web::state::App;
use crate::web::{inspector, routes};

/// The client that the assertion in a form claims to come from.
pub fn subject(parameters: &Parameters) -> Option<String> {
    UnverifiedJwt::parse(parameters.get("client_assertion")?).ok()?.subject().filter(|subject| may_be_stored(subject))
}

/// Judges an assertion, and uses it up when everything in it is right. The same refusal for an unknown client, a disabled
/// one, and one whose key did not sign this; whoever has the key is told more.
pub async fn judge(
    app: &App,
    client: Option<Arc<Client>>,
    assertion: &str,
) -> Result<Result<AuthenticatedClient, TokenError>, StoreError> {
    let refused = |check| Ok(Err(TokenError::Unauthenticated { check }));
    let Some(client) = client else { return refused(Check::ClientKnown) };
    if !client.is_enabled() {
        return refused(Check::ClientEnabled);
    }
    if client.metadata.token_endpoint_auth_method != AuthMethod::PrivateKeyJwt {
        return refused(Check::AuthMethod);
    }
    let Ok(token) = UnverifiedJwt::parse(assertion) else { return refused(Check::AssertionSigned) };
    let claims = match verify(app, &client, &token).await {
        Ok(claims) => claims,
        Err(reason) => {
            tracing::info!(client = client.id, reason, "a client assertion was not believed");
            inspector::note(|draft| draft.fact("signature", reason));
            return refused(Check::AssertionSigned);
        }
    };
    let expected = Expected {
        client_id: &client.id,
        audience: client.metadata.client_assertion_audience,
        issuer: &app.config.issuer,
        token_endpoint: &app.config.issuer.url(routes::TOKEN),
        now: app.now(),
    };
    let verified = match VerifiedAssertion::judge(token.typ(), &claims, &expected) {
        Ok(verified) => verified,
        Err(error) => {
            let cause = error.cause(token.typ(), &claims, &expected);
            return Ok(Err(TokenError::Assertion(error, Box::new(cause))));
        }
    };
    let (signer, used) = (client.id.clone(), verified.clone());
    let is_new = app
        .store
        .write::<_, StoreError, _>(move |connection| {
            Ok(used_jtis::insert(connection, &signer, &used.jti, used.expires_at)?)
        })
        .await?;
    Ok(if is_new { Ok(AuthenticatedClient::asserted(client, &verified)) } else { Err(TokenError::AssertionReplayed) })
}

/// The claims, if a key of the client signed them with the algorithm that it is registered for; else why not, for the log.
async fn verify(app: &App, client: &Client, token: &UnverifiedJwt<'_>) -> Result<Claims, String> {
    let metadata = &client.metadata;
    if metadata.token_endpoint_auth_signing_alg.is_some_and(|registered| registered != token.algorithm()) {
        return Err(JwtError::Algorithm.to_string());
    }
    if let Some(jwks) = metadata.jwks.as_ref().and_then(serde_json::Value::as_object) {
        let keys = KeySet::from_json(jwks).map_err(|error| error.to_string())?;
        return keys.verify(token).map_err(|error| error.to_string());
    }
    let uri = metadata.jwks_uri.as_deref().ok_or("the client has no keys")?;
    // Clients that admins made may share a set; those that registered themselves would push each other's out.
    let (sets, kept_by) = match client.origin {
        Origin::Admin => (&app.client_keys, uri),
        Origin::Registered => (&app.strangers_keys, client.id.as_str()),
    };
    let keys = sets.key_set(kept_by, uri).await.map_err(|error| error.to_string())?;
    match keys.verify(token) {
        // The client may have a new key since we asked.
        Err(JwtError::UnknownKey | JwtError::Signature) => {
            let keys = sets.refreshed(kept_by, uri).await.map_err(|error| error.to_string())?;
            keys.verify(token).map_err(|error| error.to_string())
        }
        verified => verified.map_err(|error| error.to_string()),
    }
}
