//! `GET /api/v1/whoami`: what the presented token stands for. Any valid token opens it; with `scope` in the query, only one
//! that carries those, for proxies that guard an API by asking here.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use crate::clock::Timestamp;
use crate::domain::resource_owner::Right;
use crate::domain::scope;
use crate::protocol::bearer::BearerError;
use crate::protocol::parameters::Parameters;
use crate::protocol::{introspection, scope_policy};
use crate::web::error::JsonError;
use crate::web::form::BodyProblem;
use crate::web::tokens::{Bearer, Requires};

pub struct AnyScope;

impl Requires for AnyScope {
    const SCOPE: &'static str = "";
    const RIGHT: Option<Right> = None;
}

#[derive(Serialize)]
struct WhoAmI<'a> {
    sub: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    client_id: &'a str,
    client_name: &'a str,
    scope: String,
    expires_at: Timestamp,
}

/// `GET /api/v1/whoami`
pub async fn get(request: HttpRequest, bearer: Bearer<AnyScope>) -> Result<HttpResponse, JsonError> {
    let token = &bearer.token;
    let query = Parameters::parse(request.query_string().as_bytes()).map_err(BodyProblem::Malformed)?;
    let required = scope_policy::parse(&query.all("scope").collect::<Vec<_>>().join(" "))?;
    if !scope::is_empty(&scope::difference(&required, &token.scope)) {
        return Err(BearerError::InsufficientScope(required).into());
    }
    let owner = token.grant.record.owner.as_ref();
    let answer = WhoAmI {
        sub: owner.map_or_else(
            || token.client.id.to_string(),
            |owner| bearer.app.subjects.subject(&*token.client, &owner.id),
        ),
        username: introspection::username(&*token.client, &token.scope, owner),
        client_id: &token.client.id,
        client_name: &token.client.name,
        scope: scope::render(&token.scope),
        expires_at: token.expires_at,
    };
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(answer))
}
