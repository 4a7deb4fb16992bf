//! Revoking a grant.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::find;
use crate::management::{self, ManagementError};
use crate::store::grants::MOST;
use crate::store::{StoreError, grants};
use crate::web::admin::submitted::Submitted;
use crate::web::confirm::ConfirmPage;
use crate::web::error::PageError;
use crate::web::page::{Layout, Section, respond, some};
use crate::web::routes;
use crate::web::visitor::{Support, Supporter};

/// Asks before `POST /admin/grants/{id}/revoke`; a machine's grant has no username.
pub fn revoke_page(
    layout: Layout,
    id: &str,
    client_name: &str,
    username: Option<&str>,
    live_tokens: i64,
) -> ConfirmPage {
    let lead = match username {
        Some(username) => format!("{client_name} can no longer act for {username}."),
        None => {
            format!("What {client_name} got for itself ends. It may ask again; to stop it, disable the client.")
        }
    };
    ConfirmPage::ask(
        layout,
        "Revoke this grant?",
        lead,
        ("Revoke grant", routes::admin_grant_revoke(id)),
        ("The grant", routes::admin_grant(id)),
    )
    .with([format!("{} end at once", some(live_tokens, MOST, "token"))])
    .with(username.map(|username| format!("{client_name} has to ask {username} again")))
    .dangerous()
}

/// `GET /admin/grants/{id}/revoke`
pub async fn confirm(user: Supporter, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let (record, client_name) = find(&user, &id).await?;
    let (now, grant_id) = (user.visitor.now(), record.id);
    let tokens = user
        .visitor
        .app
        .store
        .read::<_, StoreError, _>(move |connection| Ok(grants::count_tokens(connection, &[grant_id], now)?))
        .await?;
    let layout = user.layout("", Section::Grants);
    let username = record.owner.as_ref().map(|owner| owner.username.as_str());
    let page = revoke_page(layout, &record.id.to_string(), &client_name, username, tokens.values().sum());
    Ok(respond(StatusCode::OK, &page))
}

/// `POST /admin/grants/{id}/revoke`
pub async fn revoke(sent: Submitted<Support>, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let (record, _) = find(&sent.admin, &id).await?;
    let to = routes::admin_grant(&id);
    match sent.attempt(move |connection, context| management::grants::revoke(connection, context, record.id)).await? {
        Ok(()) => Ok(sent.done("The grant was revoked.", &to)),
        Err(ManagementError::NotFound) => Ok(sent.refused("The grant was revoked before.", &to)),
        Err(refusal) => Ok(sent.refused(refusal.to_string(), &to)),
    }
}
