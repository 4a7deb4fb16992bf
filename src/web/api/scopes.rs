//! `/api/v1/scopes`.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::problem::{Problem, created, deleted, object, ok};
use crate::domain::resource_owner::Right;
use crate::domain::scope::ScopeEntry;
use crate::management;
use crate::management::scopes::Meaning;
use crate::store::scopes;
use crate::web::tokens::{Bearer, Requires};

pub struct Read;

impl Requires for Read {
    const SCOPE: &'static str = "grantor.scopes:read";
    const RIGHT: Option<Right> = Some(Right::Read);
}

pub struct Write;

impl Requires for Write {
    const SCOPE: &'static str = "grantor.scopes:write";
    const RIGHT: Option<Right> = Some(Right::Administer);
}

fn describe(scope: &ScopeEntry) -> Value {
    json!({
        "name": scope.name,
        "description": scope.description,
        "default": scope.is_default,
        "builtin": scope.is_builtin,
        "claims": scope.claims,
    })
}

/// All of them: they are few.
pub async fn index(bearer: Bearer<Read>) -> Result<HttpResponse, Problem> {
    let catalog = bearer.app.store.catalog().await?;
    let items: Vec<Value> = catalog.scopes.iter().map(describe).collect();
    Ok(ok(json!({ "items": items, "next": null })))
}

pub async fn create(
    bearer: Bearer<Write>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let body = object(&request, payload).await?;
    let text = |name: &str| match body.get(name) {
        Some(Value::String(text)) => Ok(text.clone()),
        None => Ok(String::new()),
        Some(_) => Err(Problem::BadRequest(format!("Send {name} as a string."))),
    };
    let (name, description) = (text("name")?, text("description")?);
    let is_default = match body.get("default") {
        None => false,
        Some(Value::Bool(is_default)) => *is_default,
        Some(_) => return Err(Problem::BadRequest("Send default as true or false.".to_owned())),
    };
    let claims = match body.get("claims") {
        None => Vec::new(),
        Some(claims) => serde_json::from_value(claims.clone())
            .map_err(|_| Problem::BadRequest("Send claims as an array of strings.".to_owned()))?,
    };
    let meaning = Meaning { description, is_default, claims };
    let made = bearer
        .manage(move |connection, context| {
            management::scopes::create(connection, context, &name, &meaning)?;
            Ok(scopes::list(connection)?.into_iter().find(|scope| scope.name == name.trim()))
        })
        .await?;
    Ok(created(describe(&made.ok_or_else(Problem::not_found)?)))
}

pub async fn delete(bearer: Bearer<Write>, name: web::Path<String>) -> Result<HttpResponse, Problem> {
    bearer.manage(move |connection, context| management::scopes::delete(connection, context, &name)).await?;
    Ok(deleted())
}
