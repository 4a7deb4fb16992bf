//! `POST /oauth2/introspect` (RFC 7662 §2).

use actix_web::{HttpRequest, HttpResponse, web};

use super::client_form;
use crate::domain::scope;
use crate::protocol::check::Check;
use crate::protocol::error::{OAuthError, TokenError};
use crate::protocol::introspection::{Active, INACTIVE, may_see, username};
use crate::protocol::token::response::Audience;
use crate::secret::Digest;
use crate::store::access_tokens::LiveAccessToken;
use crate::store::refreshes;
use crate::web::error::{JsonError, no_store};
use crate::web::state::{App, State};
use crate::web::{inspector, tokens};

pub async fn post(app: State, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, JsonError> {
    let form = client_form(&app, &request, payload).await?;
    let caller = form.client.client;
    if caller.is_public() {
        // RFC 7662 §2.1: the caller must be authorized, and a public client cannot prove that it is.
        return Err(TokenError::Unauthenticated { check: Check::ClientConfidential }.into());
    }
    if form.parameters.any_repeats() {
        return Err(OAuthError::invalid_request("A parameter is there more than once. Send each once.")
            .at(Check::ParametersOnce)
            .into());
    }
    let missing = || OAuthError::invalid_request("The parameter token is missing.").at(Check::TokenSent);
    let token = form.parameters.get("token").ok_or_else(missing)?;
    let mut response = HttpResponse::Ok();
    let response = no_store(&mut response);

    if let Some(found) = tokens::find(&app, token).await? {
        let catalog = app.store.catalog().await?;
        if !may_see(&caller, &found.client.id, &found.audience, |uri| catalog.resources.get(uri)) {
            inspector::inactive(Check::TokenVisible);
            return Ok(response.json(INACTIVE));
        }
        return Ok(response.json(active(&app, &found)));
    }
    // A refresh token is its own client's business alone.
    let found = app.store.fresh_refresh_token((Digest::of(token), app.now())).await?;
    let Some(refreshes::Found { token: stored, grant }) = found else {
        inspector::inactive(Check::TokenAlive);
        return Ok(response.json(INACTIVE));
    };
    if grant.record.client_id != caller.id {
        inspector::inactive(Check::TokenVisible);
        return Ok(response.json(INACTIVE));
    }
    let owner = grant.record.owner.as_ref();
    Ok(response.json(Active {
        active: true,
        iss: app.issuer(),
        sub: owner.map_or_else(|| caller.id.clone(), |owner| app.subjects.subject(&caller.metadata, &owner.id)),
        username: username(&caller.metadata, &grant.scope, owner),
        client_id: &caller.id,
        scope: scope::render(&grant.scope),
        aud: None,
        token_type: None,
        iat: grant.record.created_at,
        exp: stored.expires_at,
        jti: None,
        auth_time: grant.record.facts.auth_time,
    }))
}

/// What is said about an access token that counts.
pub fn active<'a>(app: &'a App, token: &'a LiveAccessToken) -> Active<'a> {
    let record = &token.grant.record;
    Active {
        active: true,
        iss: app.issuer(),
        sub: record
            .owner
            .as_ref()
            .map_or_else(|| token.client.id.to_string(), |owner| app.subjects.subject(&*token.client, &owner.id)),
        username: username(&*token.client, &token.scope, record.owner.as_ref()),
        client_id: &token.client.id,
        scope: scope::render(&token.scope),
        aud: match token.audience.as_slice() {
            [] => None,
            [only] => Some(Audience::One(only)),
            several => Some(Audience::Several(several)),
        },
        token_type: Some("Bearer"),
        iat: token.created_at,
        exp: token.expires_at,
        jti: token.jwt_id.as_deref(),
        auth_time: record.facts.auth_time,
    }
}
