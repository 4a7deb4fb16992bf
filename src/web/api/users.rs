//! `/api/v1/users`. Passwords never travel here: a new user gets a one-time link.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Map, Value, json};

use super::problem::{self, ListQuery, Problem, created, created_at, deleted, object, ok, page, version};
use crate::domain::resource_owner::{Right, Role, login_key};
use crate::management;
use crate::management::users::{NewUser, describe};
use crate::store::sessions::StoredSession;
use crate::store::{StoreError, resource_owners, sessions};
use crate::web::routes;
use crate::web::tokens::{Bearer, Requires};

pub struct Read;

impl Requires for Read {
    const SCOPE: &'static str = "grantor.users:read";
    const RIGHT: Option<Right> = Some(Right::Read);
}

pub struct Write;

impl Requires for Write {
    const SCOPE: &'static str = "grantor.users:write";
    const RIGHT: Option<Right> = Some(Right::Administer);
}

pub async fn index(bearer: Bearer<Read>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let query = ListQuery::of(&request)?;
    let (limit, place) = (query.limit()?, query.place()?);
    let found = bearer
        .app
        .store
        .read::<_, StoreError, _>(move |connection| match query.q.as_deref() {
            None => Ok((resource_owners::list(connection, &place, limit)?, None)),
            Some(text) => {
                let found = resource_owners::search(connection, text, &place, limit)?;
                Ok((found.items, found.stopped_at))
            }
        })
        .await?;
    let (owners, stopped_at) = found;
    let items: Vec<Value> = owners.iter().map(describe).collect();
    Ok(match stopped_at {
        Some(key) => problem::found(&items, Some(&key)),
        None => page(&items, limit, || owners.last().map(|owner| login_key(&owner.username))),
    })
}

pub async fn show(bearer: Bearer<Read>, id: web::Path<String>) -> Result<HttpResponse, Problem> {
    let found = bearer.app.store.read(move |connection| resource_owners::find(connection, &id)).await?;
    Ok(ok(describe(&found.ok_or_else(Problem::not_found)?)))
}

fn parse(body: &Map<String, Value>) -> Result<NewUser, Problem> {
    let text = |name: &str| match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if !text.contains('\0') => Ok(Some(text.clone())),
        Some(_) => Err(Problem::BadRequest(format!("Send {name} as a string."))),
    };
    let role = match text("role")?.as_deref() {
        None => Role::User,
        Some(role) => Role::parse(role)
            .ok_or_else(|| Problem::BadRequest("The role is user, auditor, support or admin.".to_owned()))?,
    };
    let email_verified = match body.get("email_verified") {
        None | Some(Value::Null) => None,
        Some(Value::Bool(is_verified)) => Some(*is_verified),
        Some(_) => return Err(Problem::BadRequest("Send email_verified as true or false.".to_owned())),
    };
    let claims = match body.get("claims") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(claims)) => claims.clone(),
        Some(_) => return Err(Problem::BadRequest("Send claims as an object.".to_owned())),
    };
    Ok(NewUser {
        username: text("username")?.unwrap_or_default(),
        email: text("email")?,
        email_verified,
        name: text("name")?,
        role,
        claims,
    })
}

/// Answers with the one-time link at which the new user chooses a password.
pub async fn create(
    bearer: Bearer<Write>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let new = parse(&object(&request, payload).await?)?;
    let (owner, link) = bearer
        .manage(move |connection, context| {
            let id = management::users::create(connection, context, &new, None)?;
            let link = management::users::make_link(connection, context, &id)?;
            Ok((resource_owners::find(connection, &id)?, link))
        })
        .await?;
    let owner = owner.ok_or_else(Problem::not_found)?;
    let mut body = describe(&owner);
    body["set_password_link"] = bearer.app.config.issuer.url(&routes::set_password(&link)).into();
    Ok(created_at(format!("/api/v1/users/{}", owner.id), body))
}

pub async fn update(
    bearer: Bearer<Write>,
    id: web::Path<String>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let body = object(&request, payload).await?;
    let changed = parse(&body)?;
    let version = version(&body)?;
    let owner = bearer
        .manage(move |connection, context| {
            management::users::update(connection, context, &id, version, &changed)?;
            Ok(resource_owners::find(connection, &id)?)
        })
        .await?;
    bearer.app.post.wake();
    Ok(ok(describe(&owner.ok_or_else(Problem::not_found)?)))
}

pub async fn delete(bearer: Bearer<Write>, id: web::Path<String>) -> Result<HttpResponse, Problem> {
    bearer.manage(move |connection, context| management::users::delete(connection, context, &id)).await?;
    Ok(deleted())
}

/// `POST /api/v1/users/{id}/disable` and `…/enable`.
pub async fn act(bearer: Bearer<Write>, path: web::Path<(String, String)>) -> Result<HttpResponse, Problem> {
    let (id, action) = path.into_inner();
    let is_disabled = match action.as_str() {
        "disable" => true,
        "enable" => false,
        _ => return Err(Problem::not_found()),
    };
    let owner = bearer
        .manage(move |connection, context| {
            management::users::set_disabled(connection, context, &id, is_disabled)?;
            Ok(resource_owners::find(connection, &id)?)
        })
        .await?;
    Ok(ok(describe(&owner.ok_or_else(Problem::not_found)?)))
}

/// What those may who help users.
pub struct Help;

impl Requires for Help {
    const SCOPE: &'static str = "grantor.users:write";
    const RIGHT: Option<Right> = Some(Right::Support);
}

/// `POST /api/v1/users/{id}/set-password-link`
pub async fn make_link(bearer: Bearer<Help>, id: web::Path<String>) -> Result<HttpResponse, Problem> {
    let link = bearer.manage(move |connection, context| management::users::make_link(connection, context, &id)).await?;
    let link = bearer.app.config.issuer.url(&routes::set_password(&link));
    Ok(created(json!({ "set_password_link": link, "expires_in": management::users::LINK_LIFETIME })))
}

/// `POST /api/v1/users/{id}/confirm-email-link`: for the address that the user asked for, or the unverified one that they have.
pub async fn make_email_link(bearer: Bearer<Help>, id: web::Path<String>) -> Result<HttpResponse, Problem> {
    let (link, email) =
        bearer.manage(move |connection, context| management::email::make_link(connection, context, &id)).await?;
    let link = bearer.app.config.issuer.url(&routes::confirm_email(&link));
    let members = json!({ "confirm_email_link": link, "email": email, "expires_in": management::users::LINK_LIFETIME });
    Ok(created(members))
}

/// `GET /api/v1/users/{id}/sessions`: where they are signed in.
pub async fn sessions(bearer: Bearer<Read>, id: web::Path<String>) -> Result<HttpResponse, Problem> {
    let now = bearer.app.now();
    let found = bearer
        .app
        .store
        .read::<_, StoreError, _>(move |connection| {
            let owner = resource_owners::find(connection, &id)?;
            Ok(owner.map(|_| sessions::list_of_owner(connection, &id, now)).transpose()?)
        })
        .await?;
    let items: Vec<Value> = found.ok_or_else(Problem::not_found)?.iter().map(describe_session).collect();
    Ok(problem::found(&items, None))
}

pub(super) fn describe_session(session: &StoredSession) -> Value {
    json!({
        "id": session.id,
        "user_id": session.owner_id,
        "user_agent": session.user_agent,
        "address": session.address,
        "created_at": session.created_at,
        "last_seen_at": session.last_seen_at,
        "expires_at": session.idle_expires_at.min(session.expires_at),
    })
}

/// `DELETE /api/v1/users/{id}/sessions`: signs them out everywhere, and revokes their grants.
pub async fn end_sessions(bearer: Bearer<Help>, id: web::Path<String>) -> Result<HttpResponse, Problem> {
    bearer
        .manage(move |connection, context| management::users::end_all_sessions(connection, context, &id, None))
        .await?;
    Ok(deleted())
}

/// `DELETE /api/v1/users/{id}/sessions/{session}`
pub async fn end_session(bearer: Bearer<Help>, path: web::Path<(String, String)>) -> Result<HttpResponse, Problem> {
    let (id, session) = path.into_inner();
    bearer
        .manage(move |connection, context| management::users::end_session(connection, context, &id, &session))
        .await?;
    Ok(deleted())
}
