//! Deleting a scope.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::find;
use crate::management;
use crate::web::admin::submitted::{Next, Submitted};
use crate::web::confirm::ConfirmPage;
use crate::web::error::PageError;
use crate::web::page::{Layout, Section, count, respond};
use crate::web::routes;
use crate::web::visitor::Admin;

/// Asks before `POST /admin/scopes/{name}/delete`.
pub fn delete_page(layout: Layout, name: &str, clients: i64, live_grants: i64) -> ConfirmPage {
    ConfirmPage::ask(
        layout,
        format!("Delete the scope {name}?"),
        "Nobody can ask for it any more, and it leaves the grants that have it.",
        ("Delete scope", routes::admin_scope_delete(name)),
        ("Scopes", routes::ADMIN_SCOPES.to_owned()),
    )
    .with([
        format!("{} may no longer ask for it", count(clients, "client")),
        format!("{} keep only their other scopes", count(live_grants, "live grant")),
    ])
    .dangerous()
}

/// `GET /admin/scopes/{name}/delete`
pub async fn confirm_delete(user: Admin, name: web::Path<String>) -> Result<HttpResponse, PageError> {
    let (entry, clients, live_grants) = find(&user, &name).await?;
    let layout = user.layout("", Section::Scopes);
    Ok(respond(StatusCode::OK, &delete_page(layout, &entry.name, clients, live_grants)))
}

/// `POST /admin/scopes/{name}/delete`
pub async fn delete(sent: Submitted, name: web::Path<String>) -> Result<HttpResponse, PageError> {
    let next = Next::new("The scope was deleted.", routes::ADMIN_SCOPES);
    sent.act(next, move |connection, context| management::scopes::delete(connection, context, &name)).await
}
