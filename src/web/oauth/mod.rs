//! The protocol's endpoints: HTTP on the outside, [`protocol`](crate::protocol) inside, storage between.

mod assertion;
pub mod authorize;
pub mod device;
pub mod introspect;
pub mod logout;
pub mod metadata;
pub mod register;
pub mod revoke;
pub mod token;
pub mod userinfo;

use std::net::IpAddr;
use std::sync::Arc;

use actix_web::http::header::AUTHORIZATION;
use actix_web::{HttpRequest, web};

use crate::protocol::check::Check;
use crate::protocol::client_auth::{AuthenticatedClient, Credentials};
use crate::protocol::error::{OAuthError, TokenError};
use crate::protocol::id_token::{self, PastLogin};
use crate::protocol::parameters::Parameters;
use crate::store::StoreError;
use crate::store::audit_log::{self, Actor, Event};
use crate::store::cache::Catalog;
use crate::telemetry::trace;
use crate::throttle::Key;
use crate::web::error::JsonError;
use crate::web::state::App;
use crate::web::{form, inspector, limits, request_id};

/// The catalogue for a request, with what it names.
async fn catalog_for(app: &App, parameters: &Parameters) -> Result<Arc<Catalog>, StoreError> {
    let scopes = parameters.get("scope").unwrap_or_default().split(' ').filter(|name| !name.is_empty());
    app.store.catalog_with(scopes, parameters.all("resource")).await
}

/// A form from a client that has proved who it is.
struct ClientForm {
    parameters: Parameters,
    client: AuthenticatedClient,
    address: IpAddr,
}

/// Reads a form and authenticates the client behind it, before anything in the form is looked at.
async fn client_form(app: &App, request: &HttpRequest, payload: web::Payload) -> Result<ClientForm, JsonError> {
    let parameters = form::read(request, payload).await?;
    if ["client_id", "client_secret", "client_assertion", "client_assertion_type"]
        .into_iter()
        .any(|name| parameters.repeats(name))
    {
        return Err(OAuthError::invalid_request("A parameter is there more than once. Send each once.")
            .at(Check::CredentialsOnce)
            .into());
    }
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let authorization = headers.next().map(|value| value.to_str().unwrap_or("?"));
    if headers.next().is_some() {
        return Err(OAuthError::invalid_request("There is more than one Authorization header.")
            .at(Check::OneMethod)
            .into());
    }
    let address = app.client_address(request);
    let credentials = Credentials::parse(authorization, &parameters, assertion::subject(&parameters))?;
    let client = authenticate(app, &credentials, address).await?;
    limits::admit_client(app, &client.client, address)
        .inspect_err(|_| inspector::note(|draft| draft.check = Some(Check::WithinLimit)))?;
    Ok(ClientForm { parameters, client, address })
}

/// Failed attempts are counted by client and address, so that nobody can shut a client out from elsewhere (OAuth 2.1 §2.4.1);
/// those for clients that there are not by address alone, since random ids are as many as one likes.
async fn authenticate(app: &App, credentials: &Credentials, address: IpAddr) -> Result<AuthenticatedClient, JsonError> {
    let now = app.now();
    let key = [Key::ClientSecret { client: &credentials.client_id, address }];
    if credentials.has_proof() {
        app.client_failures.check(&key, now)?;
    }
    let client = app.store.client(&credentials.client_id).await?;
    let is_known = client.is_some();
    if !is_known && credentials.has_proof() {
        // It cannot succeed, so it counts at once. That a client exists may be told by this wait; its id is no secret.
        app.client_failures.admit(Key::UnknownClient { address }, now)?;
    }
    inspector::note(|draft| {
        draft.client.clone_from(&client);
        draft.proof = Some(credentials.proof_kind());
        draft.method = credentials.method();
    });
    let judged = match credentials.assertion() {
        None => AuthenticatedClient::judge(client, credentials, now),
        Some(assertion) => assertion::judge(app, client, assertion).await?,
    };
    match judged {
        Ok(client) => {
            trace::name_client(&client.client.id);
            if let Some(secret) = &client.secret_id {
                app.uses.note(secret, now, address);
                inspector::note(|draft| draft.secret_id = Some(secret.clone()));
            }
            Ok(client)
        }
        Err(error) => {
            inspector::note(|draft| {
                if !is_known {
                    draft.claimed(&credentials.client_id);
                }
                if let Some((length, is_ours)) = credentials.secret_shape() {
                    draft.fact("secret_length", length);
                    draft.fact("secret_is_ours", is_ours);
                }
            });
            // Who has the client's key and makes a mistake is not guessing, nor is who was not judged for want of keys.
            if credentials.has_proof() && matches!(error, TokenError::Unauthenticated { .. }) {
                if is_known {
                    app.client_failures.record_failure(&key, now);
                }
                let target = if is_known { credentials.client_id.clone() } else { String::new() };
                note(app, "client.authentication_failed", Actor::Anonymous, &target, address).await;
            }
            Err(error.into())
        }
    }
}

/// What an `id_token_hint` proves; `None` when it is no ID token of ours.
fn past_login(app: &App, token: &str) -> Option<PastLogin> {
    let claims = app.keys().verify(token, id_token::TYP).ok()?;
    PastLogin::of(&claims, app.issuer())
}

/// Whether the database can be asked for this name: PostgreSQL refuses a zero byte, which would look like an outage.
fn may_be_stored(name: &str) -> bool {
    !name.contains('\0')
}

/// Notes something that smells of attack. The refusal stands whether or not it can be noted.
async fn note(app: &App, action: &'static str, actor: Actor, target: &str, address: IpAddr) {
    let event = Event {
        at: app.now(),
        action,
        actor,
        target: target.to_owned(),
        address: address.to_string(),
        request_id: request_id::current(),
        detail: serde_json::json!({}),
    };
    let noted: Result<(), crate::store::StoreError> =
        app.store.write(move |connection| Ok(audit_log::insert(connection, &event)?)).await;
    if let Err(error) = noted {
        tracing::warn!(%error, action, "an event could not be noted");
    }
}

/// The error for a client that presents something in another's name.
fn unauthorized_client(description: &'static str) -> OAuthError {
    OAuthError::new(crate::protocol::error::ErrorCode::UnauthorizedClient, description)
}
