//! `/api/v1/clients`: client metadata as in RFC 7591, registered by the same rules as everywhere.

use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Map, Value, json};

use super::problem::{self, ListQuery, Problem, deleted, object, ok, page, version};
use crate::domain::client::Client;
use crate::domain::resource_owner::Right;
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

fn describe(client: &Client) -> Value {
    let mut members = registration::response(&client.id, client.created_at, &client.metadata);
    members.insert("enabled".into(), client.is_enabled().into());
    members.insert("version".into(), client.version.into());
    members.insert(
        "secrets".into(),
        client
            .secrets
            .iter()
            .map(|secret| json!({ "id": secret.id, "created_at": secret.created_at, "last_used_at": secret.last_used_at, "last_used_address": secret.last_used_address, "expires_at": secret.expires_at }))
            .collect(),
    );
    Value::Object(members)
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
    let (page_of, stopped_at) = found;
    let items: Vec<Value> = page_of.iter().map(describe).collect();
    Ok(match stopped_at {
        Some(key) => problem::found(&items, Some(&key.to_string())),
        None => page(&items, limit, || page_of.last().map(|client| clients::key(client).to_string())),
    })
}

pub async fn show(bearer: Bearer<Read>, id: web::Path<String>) -> Result<HttpResponse, Problem> {
    let found = bearer.app.store.read(move |connection| clients::find(connection, &id)).await?;
    Ok(ok(describe(&found.ok_or_else(Problem::not_found)?)))
}

pub async fn create(
    bearer: Bearer<Write>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let metadata = object(&request, payload).await?;
    let catalog = bearer.app.store.catalog().await?;
    client_metadata::look_at(&metadata, None, &catalog.scopes, &bearer.app.outbound).await.map_err(Problem::Refused)?;
    let new = bearer
        .manage(move |connection, context| management::clients::create(connection, context, &metadata, &catalog.scopes))
        .await?;
    let mut members = registration::response(&new.client_id, bearer.app.now(), &new.metadata);
    add_secret(&mut members, new.secret);
    Ok(HttpResponse::Created()
        .insert_header((LOCATION, format!("/api/v1/clients/{}", new.client_id)))
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(members))
}

/// RFC 7591 §3.2.1: 0 says that the secret does not expire.
fn add_secret(members: &mut Map<String, Value>, secret: Option<String>) {
    if let Some(secret) = secret {
        members.insert("client_secret".into(), secret.into());
        members.insert("client_secret_expires_at".into(), 0.into());
    }
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
    let Value::Object(mut members) = describe(&client.ok_or_else(Problem::not_found)?) else {
        return Err(Problem::not_found());
    };
    add_secret(&mut members, secret);
    Ok(ok(Value::Object(members)))
}

pub async fn delete(bearer: Bearer<Write>, id: web::Path<String>) -> Result<HttpResponse, Problem> {
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
    Ok(ok(describe(&client.ok_or_else(Problem::not_found)?)))
}
