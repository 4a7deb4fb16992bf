//! `POST /oauth2/device_authorization` (RFC 8628 §3.1, §3.2): codes for a device that has no browser of its own.
//!
//! 1. The device gets a device code for itself and a user code for a person, here.
//! 2. The person enters the user code at [`/device`](crate::web::account::device), signs in and decides.
//! 3. Meanwhile the device polls the [token endpoint](super::token), and redeems the device code after a yes.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;

use super::{catalog_for, client_form};
use crate::clock::Seconds;
use crate::domain::client::GrantType;
use crate::domain::device::{DeviceAuthorization, DeviceState, UserCode};
use crate::protocol::authorize::validate::{IdTokenHint, Known, validate_device};
use crate::protocol::check::Check;
use crate::protocol::token::device_code::PACE;
use crate::secret::{Secret, SecretKind};
use crate::store::ports::client::ClientRegistrar;
use crate::store::{StoreError, device_authorizations};
use crate::throttle::Key;
use crate::web::error::{JsonError, no_store};
use crate::web::state::State;
use crate::web::{inspector, routes};

/// RFC 8628 §3.2.
#[derive(Serialize)]
struct Response<'a> {
    device_code: &'a str,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: String,
    expires_in: Seconds,
    interval: Seconds,
}

pub async fn post(app: State, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, JsonError> {
    let form = client_form(&app, &request, payload).await?;
    inspector::note(|draft| draft.flow = GrantType::DeviceCode.as_str());
    let client = form.client.client;
    // Whoever knows a public client's id may ask, and each answer is a row.
    app.devices
        .admit(Key::PublicClient { client: &client.id, address: form.address }, app.now())
        .inspect_err(|_| inspector::note(|draft| draft.check = Some(Check::WithinLimit)))?;
    let catalog = catalog_for(&app, &form.parameters).await?;
    let known =
        Known { client: &client, scopes: &catalog.scopes, resources: &catalog.resources, hint: IdTokenHint::None };
    let registrar = ClientRegistrar { client: Arc::clone(&client), catalog: Arc::clone(&catalog) };
    let valid = validate_device(&registrar, &known, &form.parameters)?;
    let device_code = Secret::generate(SecretKind::DeviceCode);
    let digest = device_code.digest();
    let now = app.now();
    let expires_in = app.policies().lifetimes.device_code;
    let new = DeviceAuthorization {
        client_id: client.id.clone(),
        request: serde_json::to_string(&valid.of_device(&digest)).map_err(|_| JsonError::Internal)?,
        address: form.address.to_string(),
        state: DeviceState::Pending,
        browser: None,
        pace: PACE,
        polled_at: None,
        created_at: now,
        expires_at: now + expires_in,
    };
    let user_code = app
        .store
        .write::<_, StoreError, _>(move |connection| {
            loop {
                let user_code = UserCode::generate();
                if device_authorizations::insert(connection, &digest, &user_code.digest(), &new)? {
                    return Ok(user_code);
                }
            }
        })
        .await?;
    let user_code = user_code.to_string();
    let url = |path: &str| app.config.issuer.url(path);
    let response = Response {
        device_code: device_code.expose(),
        verification_uri: url(routes::DEVICE),
        verification_uri_complete: url(&routes::with_query(routes::DEVICE, &[("user_code", &user_code)])),
        user_code,
        expires_in,
        interval: PACE,
    };
    Ok(no_store(&mut HttpResponse::Ok()).json(response))
}
