//! `/health/live`: the process answers. `/health/ready`: it can do its work, and is not about to stop.

use actix_web::HttpResponse;
use serde_json::json;

use crate::domain::signing_key::Algorithm;
use crate::store::StoreError;
use crate::store::cache;
use crate::web::state::State;

pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "ok" }))
}

pub async fn ready(app: State) -> HttpResponse {
    let database: Result<i64, StoreError> = app.store.read(cache::generation).await;
    let has_keys = app.keys().current(Algorithm::Es256).is_some();
    let is_ready = database.is_ok() && has_keys && !app.is_stopping();
    let word = |is_fine: bool| if is_fine { "ok" } else { "failing" };
    let report = json!({
        "status": word(is_ready),
        "database": word(database.is_ok()),
        "keys": word(has_keys),
        "stopping": app.is_stopping(),
    });
    if is_ready {
        HttpResponse::Ok().json(report)
    } else {
        HttpResponse::ServiceUnavailable().insert_header(("Retry-After", "2")).json(report)
    }
}
