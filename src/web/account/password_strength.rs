//! `POST /password-strength`: how good the password is that somebody is typing, for the meter below its field.
//!
//! A convenience of the script: who has none is told by the refusal. The form is the page's own, CSRF token and all. The
//! password is neither kept nor logged, the list of breached ones is read here and nowhere else, and an address may ask as
//! often as people type.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde_json::json;

use crate::throttle::Key;
use crate::web::error::PageError;
use crate::web::headers::updating_policy;
use crate::web::language::say;
use crate::web::page;
use crate::web::visitor::Visitor;

/// Questions of an address in a minute.
pub const MOST_QUESTIONS: u32 = 240;

/// Answers with a page on which somebody chooses a password; its script may ask us.
pub fn respond(status: StatusCode, page: &impl Template) -> HttpResponse {
    let mut response = page::respond(status, page);
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, updating_policy());
    response
}

/// `POST /password-strength`: `password`, and the `username` and `email` that the form has.
pub async fn rate(visitor: Visitor, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, PageError> {
    let app = &visitor.app;
    let admitted = app.password_checks.admit(Key::Address(visitor.address), visitor.now());
    admitted.map_err(|wait| PageError::TooMany(wait.0))?;
    let form = visitor.form(&request, payload).await?;
    let field = |name| form.get(name).unwrap_or_default();
    let mut personal = vec![field("username").to_owned(), field("email").to_owned()];
    if let Some((owner, _)) = visitor.owner().await? {
        personal.extend(owner.email);
    }
    let rating = app.passwords.rate(field("password"), personal).await?;
    let words = rating.refusal.map_or_else(|| t!("password-strength-enough"), |refusal| say(&refusal));
    let answer = json!({ "score": rating.score, "words": words });
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(answer))
}
