//! `/api/v1/grants`: who allowed which client what.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::problem::{ListQuery, Problem, deleted, ok, page};
use crate::domain::grant::{GrantId, GrantRecord};
use crate::domain::resource_owner::Right;
use crate::domain::scope;
use crate::management;
use crate::store::{StoreError, grants};
use crate::web::tokens::{Bearer, Requires};

pub struct Read;

impl Requires for Read {
    const SCOPE: &'static str = "grantor.grants:read";
    const RIGHT: Option<Right> = Some(Right::Read);
}

pub struct Write;

impl Requires for Write {
    const SCOPE: &'static str = "grantor.grants:write";
    const RIGHT: Option<Right> = Some(Right::Support);
}

fn describe(grant: &GrantRecord) -> Value {
    json!({
        "id": grant.id.to_string(),
        "client_id": grant.client_id,
        "user_id": grant.owner.as_ref().map(|owner| &owner.id),
        "username": grant.owner.as_ref().map(|owner| &owner.username),
        "scope": scope::render(&grant.scope),
        "resource": grant.resource,
        "created_at": grant.created_at,
        "last_used_at": grant.last_used_at,
        "expires_at": grant.expires_at,
        "revoked_at": grant.revoked_at,
    })
}

fn parse(id: &str) -> Result<GrantId, Problem> {
    id.parse().map_err(|_| Problem::not_found())
}

pub async fn index(bearer: Bearer<Read>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let query = ListQuery::of(&request)?;
    let (limit, place, now) = (query.limit()?, query.place()?, bearer.app.now());
    let filter = grants::Filter { owner_id: query.user_id, client_id: query.client_id, place };
    let found = bearer
        .app
        .store
        .read::<_, StoreError, _>(move |connection| Ok(grants::list(connection, &filter, limit, now)?))
        .await?;
    Ok(page(&found.iter().map(describe).collect::<Vec<_>>(), limit, || {
        found.last().map(|grant| grants::key(grant).to_string())
    }))
}

pub async fn show(bearer: Bearer<Read>, id: web::Path<String>) -> Result<HttpResponse, Problem> {
    let id = parse(&id)?;
    let found = bearer.app.store.read::<_, StoreError, _>(move |connection| Ok(grants::find(connection, id)?)).await?;
    Ok(ok(describe(&found.ok_or_else(Problem::not_found)?)))
}

pub async fn revoke(bearer: Bearer<Write>, id: web::Path<String>) -> Result<HttpResponse, Problem> {
    let id = parse(&id)?;
    bearer.manage(move |connection, context| management::grants::revoke(connection, context, id)).await?;
    Ok(deleted())
}
