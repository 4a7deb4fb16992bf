//! `/health/live`: the process answers. `/health/ready`: it can do its work, and is not about to stop.
//!
//! Readiness costs no query while the store's watcher hears from a database that takes writes, and waits for SQLite's writer
//! only after a write has failed; it is answered within two seconds whatever the database does. Neither says what runs here, or which
//! version.

use actix_web::HttpResponse;
use serde_json::json;

use crate::clock::Seconds;
use crate::domain::signing_key::{Algorithm, SigningKey};
use crate::jobs::CLOCK_TOLERANCE;
use crate::web::state::{App, State};

pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "ok" }))
}

/// 200, or 503 with the reason: `stopping`, `clock`, `keys` or `database`. With 200 comes a warning where our clock and the
/// database's are apart: whose is wrong is not known, and if it is the database's, no process would be left that is ready.
pub async fn ready(app: State) -> HttpResponse {
    match obstacle(&app).await {
        None if clocks_apart(&app).is_some() => {
            HttpResponse::Ok().json(json!({ "status": "ok", "warnings": ["clock"] }))
        }
        None => HttpResponse::Ok().json(json!({ "status": "ok" })),
        Some(reason) => HttpResponse::ServiceUnavailable()
            .insert_header(("Retry-After", "2"))
            .json(json!({ "status": "failing", "reason": reason })),
    }
}

async fn obstacle(app: &App) -> Option<&'static str> {
    let keys = app.keys();
    if app.stopping.has_begun() {
        Some("stopping")
    } else if clock_is_behind(app) {
        Some("clock")
    } else if Algorithm::ALL.into_iter().any(|algorithm| keys.current(algorithm).is_none()) {
        Some("keys")
    } else if !app.store.answers().await {
        Some("database")
    } else {
        None
    }
}

/// How far the clock and the database's are apart, if that is too far.
pub fn clocks_apart(app: &App) -> Option<Seconds> {
    app.metrics.clock_difference().filter(|apart| *apart > CLOCK_TOLERANCE)
}

/// Whether the clock is behind the machine that made one of the keys.
pub fn clock_is_behind(app: &App) -> bool {
    app.keys().keys().any(|key| is_from_the_future(key, app))
}

/// Then our clock is wrong: tokens would be refused elsewhere as not valid yet or expired, and we would believe expired ones.
fn is_from_the_future(key: &SigningKey, app: &App) -> bool {
    key.created_at > app.now() + CLOCK_TOLERANCE
}
