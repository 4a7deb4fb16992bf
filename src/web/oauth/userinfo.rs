//! `GET` and `POST /oauth2/userinfo` (OpenID Connect Core §5.3).

use actix_web::http::Method;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Map, Value};

use crate::domain::claims::ClaimsRequest;
use crate::domain::resource_owner::ResourceOwner;
use crate::domain::scope::{self, OPENID};
use crate::protocol::bearer::BearerError;
use crate::protocol::check::Check;
use crate::protocol::error::OAuthError;
use crate::protocol::parameters::Parameters;
use crate::protocol::userinfo;
use crate::store::access_tokens::LiveAccessToken;
use crate::store::cache::Catalog;
use crate::web::error::{JsonError, no_store};
use crate::web::state::{App, State};
use crate::web::{form, inspector, tokens};

/// The `typ` of a signed answer, which is no ID token.
const TYP: &str = "userinfo+jwt";

pub async fn answer(app: State, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, JsonError> {
    let form = body(&request, payload).await?;
    if form.any_repeats() {
        return Err(OAuthError::invalid_request("A parameter is there more than once. Send each once.")
            .at(Check::ParametersOnce)
            .into());
    }
    let presented = tokens::presented(&request, form.get("access_token"))?;
    let (token, owner) = tokens::admit_with_owner(&app, &presented, &scope::from_names([OPENID])).await?;
    let owner = owner.ok_or(BearerError::InvalidToken)?;
    inspector::note(|draft| draft.owner_id = Some(owner.id.clone()));
    let catalog = app.store.catalog().await?;
    let claims = claims(&app, &catalog, &token, &owner);
    let mut response = HttpResponse::Ok();
    let response = no_store(&mut response);
    let Some(algorithm) = token.client.userinfo_signed_response_alg else { return Ok(response.json(claims)) };
    let signed = app.sign(algorithm, TYP, &Value::Object(claims))?;
    Ok(response.insert_header((CONTENT_TYPE, "application/jwt")).body(signed))
}

/// What `token` opens about `owner`.
pub fn claims(app: &App, catalog: &Catalog, token: &LiveAccessToken, owner: &ResourceOwner) -> Map<String, Value> {
    let subject = app.subjects.subject(&*token.client, &owner.id);
    // Like the scopes, these shrink with what an admin takes away from the client.
    let requested = match &token.grant.record.facts.claims {
        none if none.is_empty() => ClaimsRequest::default(),
        some => some.clone().within(&token.client.allowed_scope(&catalog.scopes), &catalog.scopes),
    };
    let mut claims = userinfo::claims(owner, subject, &token.scope, &requested, &catalog.scopes);
    if token.client.userinfo_signed_response_alg.is_some() {
        // OpenID Connect Core §5.3.2: a signed answer says who it is from and for.
        claims.insert("iss".to_owned(), app.issuer().into());
        claims.insert("aud".to_owned(), token.client.id.to_string().into());
        claims.insert("iat".to_owned(), app.now().into());
    }
    claims
}

/// RFC 6750 §2.2: the token may be in the form of a POST; a body of another type says nothing.
async fn body(request: &HttpRequest, payload: web::Payload) -> Result<Parameters, JsonError> {
    let is_form = request.method() == Method::POST && form::has_type(request, "application/x-www-form-urlencoded");
    if is_form { Ok(form::read(request, payload).await?) } else { Ok(Parameters::default()) }
}
