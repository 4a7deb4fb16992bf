//! Disabling, enabling and deleting a client.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::{Found, find};
use crate::management::clients::{delete as delete_client, set_disabled};
use crate::store::grants::MOST;
use crate::web::admin::submitted::{Next, Submitted};
use crate::web::confirm::ConfirmPage;
use crate::web::error::PageError;
use crate::web::page::{Layout, Section, respond, some};
use crate::web::routes;
use crate::web::visitor::Admin;

/// Asks before `POST /admin/clients/{id}/disable`.
pub fn disable_page(layout: Layout, id: &str, name: &str, live_grants: i64, live_tokens: i64) -> ConfirmPage {
    ConfirmPage::ask(
        layout,
        format!("Disable {name}?"),
        "Nobody can sign in through it and its tokens stop working. You can enable it again.",
        ("Disable client", routes::admin_client_disable(id)),
        (name, routes::admin_client(id)),
    )
    .with([
        format!("{} and {} stop working", some(live_grants, MOST, "live grant"), some(live_tokens, MOST, "token")),
        "Its settings and secrets are kept".to_owned(),
    ])
    .dangerous()
}

/// Asks before `POST /admin/clients/{id}/enable`.
pub fn enable_page(layout: Layout, id: &str, name: &str) -> ConfirmPage {
    ConfirmPage::ask(
        layout,
        format!("Enable {name}?"),
        "It may ask for tokens again. Grants and tokens that are still alive work again too.",
        ("Enable client", routes::admin_client_enable(id)),
        (name, routes::admin_client(id)),
    )
}

/// Asks before `POST /admin/clients/{id}/delete`.
pub fn delete_page(layout: Layout, id: &str, name: &str, live_grants: i64, live_tokens: i64) -> ConfirmPage {
    ConfirmPage::ask(
        layout,
        format!("Delete {name}?"),
        "This cannot be undone: a new client gets another id. To pause it, disable it instead.",
        ("Delete client", routes::admin_client_delete(id)),
        (name, routes::admin_client(id)),
    )
    .with([
        format!("{} and {} end at once", some(live_grants, MOST, "live grant"), some(live_tokens, MOST, "token")),
        "Its secrets, settings and remembered consents are gone".to_owned(),
        "The audit log is kept".to_owned(),
    ])
    .dangerous()
}

/// `GET /admin/clients/{id}/disable`
pub async fn confirm_disable(user: Admin, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let Found { client, live_grants, live_tokens, .. } = find(&user, &id).await?;
    let layout = user.layout("", Section::Clients);
    Ok(respond(StatusCode::OK, &disable_page(layout, &client.id, client.name(), live_grants, live_tokens)))
}

/// `POST /admin/clients/{id}/disable`
pub async fn disable(sent: Submitted, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let next = Next::new("The client was disabled.", routes::admin_client(&id));
    sent.act(next, move |connection, context| set_disabled(connection, context, &id, true)).await
}

/// `GET /admin/clients/{id}/enable`
pub async fn confirm_enable(user: Admin, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let client = find(&user, &id).await?.client;
    let layout = user.layout("", Section::Clients);
    Ok(respond(StatusCode::OK, &enable_page(layout, &client.id, client.name())))
}

/// `POST /admin/clients/{id}/enable`
pub async fn enable(sent: Submitted, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let next = Next::new("The client was enabled.", routes::admin_client(&id));
    sent.act(next, move |connection, context| set_disabled(connection, context, &id, false)).await
}

/// `GET /admin/clients/{id}/delete`
pub async fn confirm_delete(user: Admin, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let Found { client, live_grants, live_tokens, .. } = find(&user, &id).await?;
    let layout = user.layout("", Section::Clients);
    Ok(respond(StatusCode::OK, &delete_page(layout, &client.id, client.name(), live_grants, live_tokens)))
}

/// `POST /admin/clients/{id}/delete`
pub async fn delete(sent: Submitted, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let next = Next::new("The client was deleted.", routes::ADMIN_CLIENTS);
    sent.act(next, move |connection, context| delete_client(connection, context, &id)).await
}
