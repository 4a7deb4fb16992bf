//! `GET /secret`: the route that this project grew out of. Only a valid bearer token with the scope `secret` opens it.

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;

use crate::domain::resource_owner::Right;
use crate::web::tokens::{Bearer, Requires};

pub struct SecretScope;

impl Requires for SecretScope {
    const SCOPE: &'static str = "secret";
    const RIGHT: Option<Right> = None;
}

pub async fn get(_bearer: Bearer<SecretScope>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .insert_header((CACHE_CONTROL, "no-store"))
        .body("You have successfully accessed the secret route!")
}
