//! A client's JWT (RFC 7523 §2.2): finding its keys, verifying it, and using it up. What it must say is
//! [`client_assertion`](crate::protocol::client_assertion)'s.

use std::sync::Arc;

use super::may_be_stored;
use crate::clock::Seconds;
use crate::domain::client::{AuthMethod, Client, Origin};
use crate::keys::foreign::{KeySet, KeySetError};
use crate::keys::jwt::{Claims, JwtError, UnverifiedJwt};
use crate::outbound::jwks::KeysUnavailable;
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
/// one, and one whose key did not sign this; whoever has the key is told more. Nothing is judged while its keys cannot be
/// fetched.
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
        Err(Unverified::Refused(reason)) => {
            tracing::info!(client = client.id, reason, "a client assertion was not believed");
            inspector::note(|draft| draft.fact("signature", reason));
            return refused(Check::AssertionSigned);
        }
        Err(Unverified::KeysUnavailable { reason, retry_after }) => {
            // It counts nothing, so anybody may cause it without end; what we asked for in vain is in the log already.
            tracing::debug!(client = client.id, reason, "a client assertion could not be judged");
            inspector::note(|draft| draft.fact("signature", reason));
            // This tells a client from one that there is not, which is no harm: its id is no secret (RFC 6749 §2.2).
            return Ok(Err(TokenError::KeysUnavailable { retry_after }));
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

/// Why there are no claims to judge, each with the reason for the log.
enum Unverified {
    /// No key of the client signed them, or what it is registered with gives no keys.
    Refused(String),
    /// The client's keys could not be fetched, which may be otherwise after these seconds.
    KeysUnavailable { reason: String, retry_after: Seconds },
}

impl From<JwtError> for Unverified {
    fn from(error: JwtError) -> Self {
        Self::Refused(error.to_string())
    }
}

impl From<KeySetError> for Unverified {
    fn from(error: KeySetError) -> Self {
        Self::Refused(error.to_string())
    }
}

impl Unverified {
    fn without_keys(error: &KeysUnavailable, origin: Origin) -> Self {
        let reason = error.to_string();
        let retry_after = match origin {
            Origin::Admin => error.retry_after(),
            Origin::Registered => error.retry_after_for_strangers(),
        };
        match retry_after {
            Some(retry_after) => Self::KeysUnavailable { reason, retry_after },
            None => Self::Refused(reason),
        }
    }
}

/// The claims, if a key of the client signed them with the algorithm that it is registered for.
async fn verify(app: &App, client: &Client, token: &UnverifiedJwt<'_>) -> Result<Claims, Unverified> {
    let metadata = &client.metadata;
    if metadata.token_endpoint_auth_signing_alg.is_some_and(|registered| registered != token.algorithm()) {
        return Err(JwtError::Algorithm.into());
    }
    if let Some(jwks) = metadata.jwks.as_ref().and_then(serde_json::Value::as_object) {
        return Ok(KeySet::from_json(jwks)?.verify(token)?);
    }
    let Some(uri) = metadata.jwks_uri.as_deref() else {
        return Err(Unverified::Refused("the client has no keys".to_owned()));
    };
    // Clients that admins made may share a set; those that registered themselves would push each other's out.
    let (sets, kept_by) = match client.origin {
        Origin::Admin => (&app.client_keys, uri),
        Origin::Registered => (&app.strangers_keys, client.id.as_str()),
    };
    let unavailable = |error: Arc<KeysUnavailable>| Unverified::without_keys(&error, client.origin);
    let keys = sets.key_set(kept_by, uri).await.map_err(unavailable)?;
    match keys.verify(token) {
        // The client may have a new key since we asked.
        Err(JwtError::UnknownKey | JwtError::Signature) => {
            let keys = sets.refreshed(kept_by, uri).await.map_err(unavailable)?;
            Ok(keys.verify(token)?)
        }
        verified => Ok(verified?),
    }
}
