//! Disabling, enabling and deleting a client.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::{Found, find};
use crate::jobs::empty_client;
use crate::management::clients::{delete as delete_client, set_disabled};
use crate::store::grants::MOST;
use crate::web::admin::submitted::{Next, Submitted};
use crate::web::confirm::ConfirmPage;
use crate::web::error::PageError;
use crate::web::page::{Layout, Section, counted, respond};
use crate::web::routes;
use crate::web::visitor::Admin;

/// Asks before `POST /admin/clients/{id}/disable`.
pub fn disable_page(layout: Layout, id: &str, name: &str, live_grants: i64, live_tokens: i64) -> ConfirmPage {
    ConfirmPage::ask(
        layout,
        t!("client-disable-question", client = name),
        t!("client-disable-lead"),
        (t!("client-disable"), routes::admin_client_disable(id)),
        (name, routes::admin_client(id)),
    )
    .with([
        t!("client-disable-ends", grants = counted(live_grants, MOST), tokens = counted(live_tokens, MOST)),
        t!("client-disable-kept"),
    ])
    .dangerous()
}

/// Asks before `POST /admin/clients/{id}/enable`.
pub fn enable_page(layout: Layout, id: &str, name: &str) -> ConfirmPage {
    ConfirmPage::ask(
        layout,
        t!("client-enable-question", client = name),
        t!("client-enable-lead"),
        (t!("client-enable"), routes::admin_client_enable(id)),
        (name, routes::admin_client(id)),
    )
}

/// Asks before `POST /admin/clients/{id}/delete`.
pub fn delete_page(layout: Layout, id: &str, name: &str, live_grants: i64, live_tokens: i64) -> ConfirmPage {
    ConfirmPage::ask(
        layout,
        t!("client-delete-question", client = name),
        t!("client-delete-lead"),
        (t!("client-delete"), routes::admin_client_delete(id)),
        (name, routes::admin_client(id)),
    )
    .with([
        t!("client-delete-ends", grants = counted(live_grants, MOST), tokens = counted(live_tokens, MOST)),
        t!("client-delete-gone"),
        t!("audit-log-kept"),
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
    let next = Next::new(t!("client-disabled"), routes::admin_client(&id));
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
    let next = Next::new(t!("client-enabled"), routes::admin_client(&id));
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
    let next = Next::new(t!("client-deleted"), routes::ADMIN_CLIENTS);
    empty_client::run(&sent.admin.visitor.app.store, &id).await?;
    sent.act(next, move |connection, context| delete_client(connection, context, &id)).await
}
