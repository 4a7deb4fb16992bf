//! Revoking a grant.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::find;
use crate::management::{self, ManagementError};
use crate::store::grants::MOST;
use crate::store::{StoreError, grants};
use crate::web::admin::submitted::Submitted;
use crate::web::confirm::ConfirmPage;
use crate::web::error::{PageError, in_words};
use crate::web::page::{Layout, Section, counted, respond};
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
        Some(username) => t!("grant-revoke-lead", client = client_name, username = username),
        None => {
            t!("grant-revoke-lead-machine", client = client_name)
        }
    };
    ConfirmPage::ask(
        layout,
        t!("grant-revoke-question"),
        lead,
        (t!("grant-revoke"), routes::admin_grant_revoke(id)),
        (t!("grant-back"), routes::admin_grant(id)),
    )
    .with([t!("grant-revoke-tokens", count = counted(live_tokens, MOST))])
    .with(username.map(|username| t!("grant-revoke-asks", client = client_name, username = username)))
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
        Ok(()) => Ok(sent.done(t!("grant-revoked"), &to)),
        Err(ManagementError::NotFound) => Ok(sent.refused(t!("grant-revoked-before"), &to)),
        Err(refusal) => Ok(sent.refused(in_words(&refusal), &to)),
    }
}
