//! `/api/v1/clients`: client metadata as in RFC 7591, registered by the same rules as everywhere.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::problem::{self, ListQuery, Problem, created_at, deleted, object, ok, page, version};
use crate::clock::Timestamp;
use crate::domain::client::{Client, ClientSecret, Unused};
use crate::domain::resource_owner::Right;
use crate::jobs::empty_client;
use crate::management;
use crate::protocol::registration;
use crate::store::{StoreError, clients};
use crate::web::client_metadata;
use crate::web::tokens::{Bearer, Requires};

pub struct Read;

impl Requires for Read {
    const SCOPE: &'static str = "grantor.clients:read";
    const RIGHT: Option<Right> = Some(Right::Read);
}

pub struct Write;

impl Requires for Write {
    const SCOPE: &'static str = "grantor.clients:write";
    const RIGHT: Option<Right> = Some(Right::Administer);
}

fn describe(client: &Client, now: Timestamp) -> Value {
    let mut members = registration::response(&client.id, client.created_at, &client.metadata);
    members.insert("enabled".into(), client.is_enabled().into());
    members.insert("version".into(), client.version.into());
    let secrets = client.secrets.iter().map(|secret| describe_secret(client, secret, now));
    members.insert("secrets".into(), secrets.collect());
    Value::Object(members)
}

/// A secret without itself, the oldest first; the hint says why nobody would miss it.
fn describe_secret(client: &Client, secret: &ClientSecret, now: Timestamp) -> Value {
    let newest = client.live_secrets(now).last().filter(|newest| newest.id != secret.id);
    let hint = secret.unused(newest, now).map(|unused| match unused {
        Unused::SinceNewer => "newer_in_use",
        Unused::ForLong => "long_unused",
    });
    json!({
        "id": secret.id,
        "hint": hint,
        "created_at": secret.created_at,
        "last_used_at": secret.last_used_at,
        "last_used_address": secret.last_used_address,
        "expires_at": secret.expires_at,
    })
}

/// A client as it is now, with the secret that it was just given. RFC 7591 §3.2.1: 0 says that the secret does not expire.
fn changed(client: Option<Client>, secret: Option<String>, now: Timestamp) -> Result<Value, Problem> {
    let mut members = describe(&client.ok_or_else(Problem::not_found)?, now);
    if let Some(secret) = secret {
        members["client_secret"] = secret.into();
        members["client_secret_expires_at"] = 0.into();
    }
    Ok(members)
}

pub async fn index(bearer: Bearer<Read>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let query = ListQuery::of(&request)?;
    let (limit, place) = (query.limit()?, query.place()?);
    let found = bearer
        .app
        .store
        .read::<_, StoreError, _>(move |connection| match query.q.as_deref() {
            None => Ok((clients::list(connection, &place, limit)?, None)),
            Some(text) => {
                let found = clients::search(connection, text, &place, limit)?;
                Ok((found.items, found.stopped_at))
            }
        })
        .await?;
    let ((page_of, stopped_at), now) = (found, bearer.app.now());
    let items: Vec<Value> = page_of.iter().map(|client| describe(client, now)).collect();
    Ok(match stopped_at {
        Some(key) => problem::found(&items, Some(&key.to_string())),
        None => page(&items, limit, || page_of.last().map(|client| clients::key(client).to_string())),
    })
}

pub async fn show(bearer: Bearer<Read>, id: web::Path<String>) -> Result<HttpResponse, Problem> {
    let found = bearer.app.store.read(move |connection| clients::find(connection, &id)).await?;
    Ok(ok(describe(&found.ok_or_else(Problem::not_found)?, bearer.app.now())))
}

pub async fn create(
    bearer: Bearer<Write>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let metadata = object(&request, payload).await?;
    let catalog = bearer.app.store.catalog().await?;
    client_metadata::look_at(&metadata, None, &catalog.scopes, &bearer.app.outbound).await.map_err(Problem::Refused)?;
    let (id, client, secret) = bearer
        .manage(move |connection, context| {
            let new = management::clients::create(connection, context, &metadata, &catalog.scopes)?;
            let client = clients::find(connection, &new.client_id)?;
            Ok((new.client_id, client, new.secret))
        })
        .await?;
    Ok(created_at(format!("/api/v1/clients/{id}"), changed(client, secret, bearer.app.now())?))
}

pub async fn update(
    bearer: Bearer<Write>,
    id: web::Path<String>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let metadata = object(&request, payload).await?;
    let version = version(&metadata)?;
    let catalog = bearer.app.store.catalog().await?;
    let of = id.clone();
    let current = bearer.app.store.read::<_, StoreError, _>(move |connection| clients::find(connection, &of)).await?;
    let current = current.ok_or_else(Problem::not_found)?.metadata;
    client_metadata::look_at(&metadata, Some(&current), &catalog.scopes, &bearer.app.outbound)
        .await
        .map_err(Problem::Refused)?;
    let (client, secret) = bearer
        .manage(move |connection, context| {
            let secret = management::clients::update(connection, context, &id, version, &metadata, &catalog.scopes)?;
            Ok((clients::find(connection, &id)?, secret))
        })
        .await?;
    Ok(ok(changed(client, secret, bearer.app.now())?))
}

pub async fn delete(bearer: Bearer<Write>, id: web::Path<String>) -> Result<HttpResponse, Problem> {
    empty_client::run(&bearer.app.store, &id).await?;
    bearer.manage(move |connection, context| management::clients::delete(connection, context, &id)).await?;
    Ok(deleted())
}

/// `POST /api/v1/clients/{id}/disable`, `…/enable`, `…/rotate-secret`.
pub async fn act(bearer: Bearer<Write>, path: web::Path<(String, String)>) -> Result<HttpResponse, Problem> {
    let (id, action) = path.into_inner();
    if action == "rotate-secret" {
        let secret =
            bearer.manage(move |connection, context| management::clients::add_secret(connection, context, &id)).await?;
        return Ok(ok(json!({ "client_secret": secret, "client_secret_expires_at": 0 })));
    }
    let is_disabled = match action.as_str() {
        "disable" => true,
        "enable" => false,
        _ => return Err(Problem::not_found()),
    };
    let client = bearer
        .manage(move |connection, context| {
            management::clients::set_disabled(connection, context, &id, is_disabled)?;
            Ok(clients::find(connection, &id)?)
        })
        .await?;
    Ok(ok(changed(client, None, bearer.app.now())?))
}

/// `DELETE /api/v1/clients/{id}/secrets/{secret}`
pub async fn delete_secret(bearer: Bearer<Write>, path: web::Path<(String, String)>) -> Result<HttpResponse, Problem> {
    let (id, secret) = path.into_inner();
    bearer
        .manage(move |connection, context| management::clients::delete_secret(connection, context, &id, &secret))
        .await?;
    Ok(deleted())
}
