//! `/api/v1/tokens` and `/api/v1/sessions`: what is alive now.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::grants::{Read, Write};
use super::problem::{ListQuery, Problem, deleted, ok, page};
use super::users::describe_session;
use crate::domain::scope;
use crate::management;
use crate::management::ManagementError;
use crate::store::live_tokens::{self, Kind, Token, TokenId};
use crate::store::{Failure, StoreError, grants, sessions};
use crate::web::tokens::Bearer;

fn describe(token: &Token) -> Value {
    json!({
        "id": token.id.to_string(),
        "kind": if token.kind == Kind::Access { "access" } else { "refresh" },
        "grant_id": token.grant_id.to_string(),
        "client_id": token.client_id,
        "user_id": token.owner.as_ref().map(|(id, _)| id),
        "username": token.owner.as_ref().map(|(_, name)| name),
        "scope": scope::render(&token.scope),
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "grant_last_used_at": token.last_used_at,
        "revoked": token.is_grant_revoked,
    })
}

pub async fn index(bearer: Bearer<Read>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let query = ListQuery::of(&request)?;
    let (limit, place, now) = (query.limit()?, query.place()?, bearer.app.now());
    let kind = match query.kind.as_deref() {
        None | Some("access") => Kind::Access,
        Some("refresh") => Kind::Refresh,
        Some(_) => return Err(Problem::BadRequest("The kind is access or refresh.".to_owned())),
    };
    let filter = grants::Filter { owner_id: query.user_id, client_id: query.client_id, ..grants::Filter::default() };
    let found = bearer
        .app
        .store
        .read::<_, StoreError, _>(move |connection| {
            Ok(live_tokens::list(connection, kind, &filter, &place, limit, now)?)
        })
        .await?;
    Ok(page(&found.iter().map(describe).collect::<Vec<_>>(), limit, || {
        found.last().map(|token| live_tokens::key(token).to_string())
    }))
}

fn parse(id: &str) -> Result<TokenId, Problem> {
    id.parse().map_err(|()| Problem::not_found())
}

pub async fn show(bearer: Bearer<Read>, id: web::Path<String>) -> Result<HttpResponse, Problem> {
    let id = parse(&id)?;
    let found =
        bearer.app.store.read::<_, StoreError, _>(move |connection| Ok(live_tokens::find(connection, &id)?)).await?;
    Ok(ok(describe(&found.ok_or_else(Problem::not_found)?)))
}

/// An access token; a refresh token ends with its grant.
pub async fn revoke(bearer: Bearer<Write>, id: web::Path<String>) -> Result<HttpResponse, Problem> {
    let id = parse(&id)?;
    bearer
        .manage(move |connection, context| {
            let found = live_tokens::find(connection, &id)?.filter(|token| token.kind == Kind::Access);
            let token = found.ok_or(Failure::Refused(ManagementError::NotFound))?;
            management::grants::revoke_token(connection, context, &token)
        })
        .await?;
    Ok(deleted())
}

/// `GET /api/v1/sessions`
pub async fn sessions(bearer: Bearer<Read>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let query = ListQuery::of(&request)?;
    let (limit, place, now) = (query.limit()?, query.place()?, bearer.app.now());
    let found = bearer
        .app
        .store
        .read::<_, StoreError, _>(move |connection| {
            Ok(sessions::list_live(connection, query.user_id.as_deref(), &place, limit, now)?)
        })
        .await?;
    let items: Vec<Value> = found
        .iter()
        .map(|(session, username)| {
            let mut item = describe_session(session);
            item["username"] = username.as_str().into();
            item
        })
        .collect();
    Ok(page(&items, limit, || found.last().map(|(session, _)| sessions::key(session).to_string())))
}
