//! Deleting a scope.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::find;
use crate::management;
use crate::store::{StoreError, clients};
use crate::web::admin::submitted::{Next, Submitted};
use crate::web::confirm::ConfirmPage;
use crate::web::error::PageError;
use crate::web::page::{Layout, Section, respond, sample};
use crate::web::routes;
use crate::web::visitor::Admin;

/// Why a scope cannot be deleted, and what to do.
#[derive(Template)]
#[template(path = "admin/scopes/in_use.html")]
pub struct InUsePage {
    pub layout: Layout,
    pub name: String,
    /// The first of the clients that name it.
    pub clients: Vec<NamingClient>,
    /// How many more there are.
    pub more: i64,
}

/// A client that names the scope.
pub struct NamingClient {
    pub id: String,
    pub name: String,
}

impl InUsePage {
    pub fn title(name: &str) -> String {
        t!("scope-in-use", scope = name)
    }

    pub fn samples() -> Vec<Self> {
        let client = |id: &str, name: &str| NamingClient { id: id.into(), name: name.into() };
        let page = |clients, more| Self {
            layout: sample::desk(&Self::title("reports:read"), Section::Scopes),
            name: "reports:read".into(),
            clients,
            more,
        };
        let clients = vec![client("c_9aVqk2Lw0TzYx4RbN1mEuP", "Acme Reports"), client("c_2", sample::LONG)];
        vec![page(vec![client("c_9aVqk2Lw0TzYx4RbN1mEuP", "Acme Reports")], 0), page(clients, 3)]
    }
}

/// Clients that are named; more are only counted.
const NAMED: i64 = 20;

/// Asks before `POST /admin/scopes/{name}/delete`, when no client names it.
pub fn delete_page(layout: Layout, name: &str) -> ConfirmPage {
    ConfirmPage::ask(
        layout,
        t!("scope-delete-question", scope = name),
        t!("scope-delete-lead"),
        (t!("scope-delete"), routes::admin_scope_delete(name)),
        (t!("place-scopes"), routes::ADMIN_SCOPES.to_owned()),
    )
    .with([t!("scope-delete-grants")])
    .dangerous()
}

/// `GET /admin/scopes/{name}/delete`
pub async fn confirm_delete(user: Admin, name: web::Path<String>) -> Result<HttpResponse, PageError> {
    let (entry, clients) = find(&user, &name).await?;
    if clients == 0 {
        let layout = user.layout("", Section::Scopes);
        return Ok(respond(StatusCode::OK, &delete_page(layout, &entry.name)));
    }
    let named = user
        .visitor
        .app
        .store
        .read::<_, StoreError, _>(move |connection| Ok(clients::naming_scope(connection, &name, NAMED)?))
        .await?;
    let more = clients - i64::try_from(named.len()).unwrap_or(i64::MAX);
    let page = InUsePage {
        layout: user.layout(InUsePage::title(&entry.name), Section::Scopes),
        name: entry.name,
        clients: named.into_iter().map(|(id, name)| NamingClient { id, name }).collect(),
        more,
    };
    Ok(respond(StatusCode::OK, &page))
}

/// `POST /admin/scopes/{name}/delete`
pub async fn delete(sent: Submitted, name: web::Path<String>) -> Result<HttpResponse, PageError> {
    let next = Next::new(t!("scope-deleted"), routes::ADMIN_SCOPES);
    sent.act(next, move |connection, context| management::scopes::delete(connection, context, &name)).await
}
