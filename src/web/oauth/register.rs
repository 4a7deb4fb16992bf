//! `/oauth2/register` (RFC 7591 §3, RFC 7592 §2, OpenID Connect Registration 1.0 §3, §4): clients that register themselves.
//!
//! 1. The setting decides who may ([`applicant`]): nobody (then these routes do not exist), holders of an initial access
//!    token, or anybody, which has a limit for each address and one for all together.
//! 2. What the client says of itself is checked ([`self_registration`]) and stored; the answer shows it as stored, with
//!    the client's secret and its registration access token. We keep their digests, so they are shown this once.
//! 3. With the registration access token the client reads, replaces and deletes its registration. What it replaces is read
//!    anew by every process, so this has a limit for each client.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Map, Value};

use crate::domain::client::{Client, ClientMetadata};
use crate::domain::policies::Registration;
use crate::jobs::empty_client;
use crate::management::registration::{self, Applicant, RegistrationRefused};
use crate::management::{self, Context, ManagementError};
use crate::protocol::bearer::BearerError;
use crate::protocol::check::Check;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::registration::response;
use crate::protocol::self_registration::{self, Standing};
use crate::secret::Digest;
use crate::store::audit_log::Actor;
use crate::store::{Failure, StoreError, clients, registration_tokens, self_registrations};
use crate::throttle::Key;
use crate::web::error::{JsonError, no_store};
use crate::web::state::{App, State};
use crate::web::{client_metadata, form, inspector, request_id, routes, tokens};

/// `POST /oauth2/register`
pub async fn create(app: State, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, JsonError> {
    let applicant = applicant(&app, &request).await?;
    let sent = object(&request, payload).await?;
    let catalog = app.store.catalog().await?;
    let is_vouched_for = matches!(applicant, Applicant::Vouched(_));
    let metadata = self_registration::register(&sent, &catalog.scopes, Standing { is_vouched_for, current: None })?;
    if !is_vouched_for {
        app.registrations.admit(Key::Address(app.client_address(&request)), app.now())?;
    }
    verify(&app, &metadata).await?;
    let context = context(&app, &request, Actor::Anonymous);
    let now = context.now;
    let registered = app
        .store
        .write(move |connection| registration::register(connection, &context, applicant, &metadata))
        .await
        .map_err(|failure| match failure {
            Failure::Refused(RegistrationRefused::UnknownToken) => BearerError::InvalidToken.into(),
            Failure::Refused(RegistrationRefused::Full) => JsonError::RegistrationFull,
            Failure::Store(error) => error.into(),
        })?;
    let registration = Shown {
        client_id: &registered.client.client_id,
        issued_at: now,
        metadata: &registered.client.metadata,
        secret: registered.client.secret,
        access_token: registered.access_token.expose(),
    };
    Ok(registration.answer(&app, StatusCode::CREATED))
}

/// Who asks, as the setting has it. Where anybody may, a token is believed or refused all the same.
async fn applicant(app: &App, request: &HttpRequest) -> Result<Applicant, JsonError> {
    let digest = match tokens::presented(request, None) {
        Ok(token) => Digest::of(&token),
        Err(BearerError::Missing) if app.policies().registration == Registration::Open => {
            return Ok(Applicant::Stranger);
        }
        Err(error) => return Err(error.into()),
    };
    let now = app.now();
    let is_live = app
        .store
        .read::<_, StoreError, _>(move |connection| Ok(registration_tokens::is_live(connection, &digest, now)?))
        .await?;
    if is_live { Ok(Applicant::Vouched(digest)) } else { Err(BearerError::InvalidToken.into()) }
}

/// `GET /oauth2/register/{client_id}`
pub async fn show(app: State, request: HttpRequest, id: web::Path<String>) -> Result<HttpResponse, JsonError> {
    let own = own(&app, &request, &id).await?;
    Ok(own.shown(&own.client.metadata, None).answer(&app, StatusCode::OK))
}

/// `PUT /oauth2/register/{client_id}`
pub async fn update(
    app: State,
    request: HttpRequest,
    id: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, JsonError> {
    let own = own(&app, &request, &id).await?;
    let sent = object(&request, payload).await?;
    let now = app.now();
    self_registration::check_update(&sent, &own.client.id, |secret| {
        let digest = Digest::of(secret);
        own.client.secrets.iter().any(|each| each.digest == digest && each.is_live(now))
    })?;
    let catalog = app.store.catalog().await?;
    let standing = Standing { is_vouched_for: own.is_vouched_for, current: Some(&own.client.metadata) };
    let metadata = self_registration::register(&sent, &catalog.scopes, standing)?;
    if metadata.sector_identifier_uri.is_some() && !own.is_vouched_for {
        // Fetching is work that a stranger makes us do, here as at the registration.
        app.registrations.admit(Key::Address(app.client_address(&request)), now)?;
    }
    app.registration_updates.admit(Key::Client(&own.client.id), now)?;
    verify(&app, &metadata).await?;
    let context = context(&app, &request, Actor::Client(own.client.id.clone()));
    let (client, replacement) = (own.client.clone(), metadata.clone());
    let secret = app
        .store
        .write(move |connection| registration::update(connection, &context, &client, &replacement))
        .await
        .map_err(meanwhile)?;
    Ok(own.shown(&metadata, secret).answer(&app, StatusCode::OK))
}

/// `DELETE /oauth2/register/{client_id}`
pub async fn delete(app: State, request: HttpRequest, id: web::Path<String>) -> Result<HttpResponse, JsonError> {
    let id = own(&app, &request, &id).await?.client.id;
    let context = context(&app, &request, Actor::Client(id.clone()));
    empty_client::run(&app.store, &id).await?;
    app.store
        .write(move |connection| management::clients::delete(connection, &context, &id))
        .await
        .map_err(meanwhile)?;
    Ok(no_store(&mut HttpResponse::NoContent()).finish())
}

/// The client was there a moment ago; whoever repeats the request is told what has become of it.
fn meanwhile(failure: Failure<ManagementError>) -> JsonError {
    match failure {
        Failure::Refused(_) => JsonError::Unavailable,
        Failure::Store(error) => error.into(),
    }
}

/// A client at its own registration.
struct Own {
    client: Client,
    is_vouched_for: bool,
    /// As it was presented.
    access_token: String,
}

/// The client that `request` is from. An unknown client and a wrong token look the same (RFC 7592 §2.1).
async fn own(app: &App, request: &HttpRequest, id: &str) -> Result<Own, JsonError> {
    let access_token = tokens::presented(request, None)?;
    let id = id.to_owned();
    let found = app
        .store
        .read::<_, StoreError, _>(move |connection| {
            Ok(self_registrations::find(connection, &id)?.zip(clients::find(connection, &id)?))
        })
        .await?;
    let presented = Digest::of(&access_token);
    let found = found.filter(|(registration, _)| registration.digest == presented);
    let (registration, client) = found.ok_or(BearerError::InvalidToken)?;
    inspector::note(|draft| draft.client = Some(Arc::new(client.clone())));
    if !client.is_enabled() {
        return Err(JsonError::Forbidden("An admin has disabled this client."));
    }
    Ok(Own { client, is_vouched_for: registration.vouched_by.is_some(), access_token })
}

impl Own {
    fn shown<'a>(&'a self, metadata: &'a ClientMetadata, secret: Option<String>) -> Shown<'a> {
        Shown {
            client_id: &self.client.id,
            issued_at: self.client.created_at,
            metadata,
            secret,
            access_token: &self.access_token,
        }
    }
}

/// What a client information response shows (RFC 7591 §3.2.1, RFC 7592 §3).
struct Shown<'a> {
    client_id: &'a str,
    issued_at: i64,
    metadata: &'a ClientMetadata,
    /// Only when it was just made.
    secret: Option<String>,
    /// RFC 7592 §3 wants it in every answer: the one just made, or back the one that was presented.
    access_token: &'a str,
}

impl Shown<'_> {
    fn answer(self, app: &App, status: StatusCode) -> HttpResponse {
        let mut members = response(self.client_id, self.issued_at, self.metadata);
        if let Some(secret) = self.secret {
            members.insert("client_secret".into(), secret.into());
            // RFC 7591 §3.2.1: 0 says that it does not expire.
            members.insert("client_secret_expires_at".into(), 0.into());
        }
        let uri = app.config.issuer.url(&routes::registered_client(self.client_id));
        members.insert("registration_client_uri".into(), uri.into());
        members.insert("registration_access_token".into(), self.access_token.into());
        no_store(&mut HttpResponse::build(status)).json(members)
    }
}

async fn verify(app: &App, metadata: &ClientMetadata) -> Result<(), OAuthError> {
    let verified = client_metadata::verify(&app.strangers, metadata).await;
    verified.map_err(|error| self_registration::refused(&[error]))
}

fn context(app: &App, request: &HttpRequest, actor: Actor) -> Context {
    let address = app.client_address(request).to_string();
    Context {
        actor,
        address,
        user_agent: String::new(),
        request_id: request_id::current(),
        has_mail: false,
        language: "",
        now: app.now(),
    }
}

/// The JSON object in the body. The parser itself refuses what is nested more than 127 deep.
async fn object(request: &HttpRequest, payload: web::Payload) -> Result<Map<String, Value>, JsonError> {
    if !form::has_type(request, "application/json") {
        return Err(OAuthError::invalid_request("Send the client metadata as application/json.")
            .at(Check::MetadataReadable)
            .into());
    }
    let bytes = form::bytes(request, payload).await?;
    let no_object = || {
        OAuthError::new(ErrorCode::InvalidClientMetadata, "The body is no JSON object of client metadata.")
            .at(Check::MetadataReadable)
    };
    serde_json::from_slice(&bytes).map_err(|_| no_object().into())
}
