//! `/api/v1/requests`: what became of requests to the protocol's endpoints.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Map, Value, json};

use super::problem::{ListQuery, Problem, ok, page};
use crate::domain::resource_owner::Right;
use crate::protocol::check::Check;
use crate::store::StoreError;
use crate::store::request_log::{self, Filter, Outcome, Record};
use crate::web::inspector;
use crate::web::tokens::{Bearer, Requires};

pub struct Read;

impl Requires for Read {
    const SCOPE: &'static str = "grantor.requests:read";
    const RIGHT: Option<Right> = Some(Right::Read);
}

fn describe(record: &Record) -> Value {
    let check = record.failed_check.as_deref().and_then(Check::from_stored);
    let detail: Map<String, Value> = serde_json::from_str(&record.detail).unwrap_or_default();
    let of = |name| detail.get(name).cloned().unwrap_or_default();
    json!({
        "request_id": record.request_id,
        "at": record.at,
        "endpoint": record.endpoint,
        "client_id": record.client_id,
        "client_name": record.client_name,
        "flow": record.flow,
        "outcome": record.outcome,
        "is_failure": record.is_failure,
        "check": record.failed_check,
        "clause": check.map(|check| check.clause().to_string()),
        "clause_uri": check.map(|check| check.clause().url()),
        "expected": of("expected"),
        "received": of("received"),
        "facts": of("facts"),
        "user_id": record.owner_id,
        "address": record.address,
        "duration_us": record.duration_us,
    })
}

pub async fn index(bearer: Bearer<Read>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let query = ListQuery::of(&request)?;
    let limit = query.limit()?;
    let filter = Filter {
        place: query.place()?,
        client_id: query.client_id,
        endpoint: query.endpoint,
        outcome: query.outcome.map(|outcome| match outcome.as_str() {
            request_log::OK => Outcome::Success,
            "failed" => Outcome::Failure,
            _ => Outcome::Error(outcome),
        }),
        request_id: None,
    };
    inspector::catch_up(&bearer.app).await;
    let found = bearer
        .app
        .store
        .read::<_, StoreError, _>(move |connection| Ok(request_log::list(connection, &filter, limit)?))
        .await?;
    Ok(page(&found.iter().map(describe).collect::<Vec<_>>(), limit, || {
        found.last().map(|record| record.id.to_string())
    }))
}

pub async fn show(bearer: Bearer<Read>, id: web::Path<String>) -> Result<HttpResponse, Problem> {
    let id = id.into_inner();
    let read = move |connection: &mut _| Ok(request_log::find(connection, &id)?);
    inspector::catch_up(&bearer.app).await;
    let found = bearer.app.store.read::<_, StoreError, _>(read).await?;
    Ok(ok(describe(&found.ok_or_else(Problem::not_found)?)))
}
