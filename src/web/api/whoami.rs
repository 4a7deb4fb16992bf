//! `GET /api/v1/whoami`: what the presented token stands for. Any valid token opens it.

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use serde::Serialize;

use crate::clock::Timestamp;
use crate::domain::resource_owner::Right;
use crate::domain::scope;
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

pub async fn get(bearer: Bearer<AnyScope>) -> HttpResponse {
    let token = &bearer.token;
    let owner = token.grant.record.owner.as_ref();
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(WhoAmI {
        sub: owner.map_or_else(
            || token.client.id.clone(),
            |owner| bearer.app.subjects.subject(&token.client.metadata, &owner.id),
        ),
        username: owner.map(|owner| owner.username.as_str()),
        client_id: &token.client.id,
        client_name: token.client.name(),
        scope: scope::render(&token.scope),
        expires_at: token.expires_at,
    })
}
