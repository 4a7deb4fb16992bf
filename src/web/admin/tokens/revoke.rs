//! Revoking one token, or everything that one client was given.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::show::find;
use crate::management;
use crate::store::StoreError;
use crate::store::grants::MOST;
use crate::store::live_tokens::{Kind, Token};
use crate::web::admin::submitted::{Next, Submitted};
use crate::web::confirm::ConfirmPage;
use crate::web::error::{PageError, in_words};
use crate::web::page::{Layout, Section, counted, respond};
use crate::web::routes;
use crate::web::visitor::{Support, Supporter, User};

/// Asks before `POST /admin/tokens/{id}/revoke`.
pub fn revoke_page(layout: Layout, id: &str, client_name: &str, username: Option<&str>) -> ConfirmPage {
    let lead = match username {
        Some(user) => t!("token-revoke-lead", client = client_name, user = user),
        None => t!("token-revoke-lead-machine", client = client_name),
    };
    ConfirmPage::ask(
        layout,
        t!("token-revoke-question"),
        lead,
        (t!("token-revoke"), routes::admin_token_revoke(id)),
        (id, routes::admin_token(id)),
    )
    .with([t!("token-revoke-at-once"), t!("token-revoke-others-stay")])
    .dangerous()
}

/// Asks before `POST /admin/clients/{id}/revoke`.
pub fn revoke_all_page(layout: Layout, id: &str, name: &str, live_grants: i64, live_tokens: i64) -> ConfirmPage {
    ConfirmPage::ask(
        layout,
        t!("client-revoke-question", client = name),
        t!("client-revoke-lead"),
        (t!("client-revoke-button"), routes::admin_client_revoke(id)),
        (name, routes::admin_client(id)),
    )
    .with([t!("client-revoke-ends", grants = counted(live_grants, MOST), tokens = counted(live_tokens, MOST))])
    .dangerous()
}

/// `GET /admin/tokens/{id}/revoke`
pub async fn confirm(user: Supporter, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let token = access(&user, &id).await?;
    let client = user.visitor.app.store.client(&token.client_id).await?;
    let name = client.map_or_else(|| token.client_id.clone(), |client| client.name().to_owned());
    let username = token.owner.as_ref().map(|(_, name)| name.as_str());
    let page = revoke_page(user.layout("", Section::Grants), &token.id.to_string(), &name, username);
    Ok(respond(StatusCode::OK, &page))
}

/// A refresh token ends with its grant.
async fn access(user: &User, id: &str) -> Result<Token, PageError> {
    let token = find(user, id).await?;
    if token.kind == Kind::Access { Ok(token) } else { Err(PageError::NotFound) }
}

/// `POST /admin/tokens/{id}/revoke`
pub async fn revoke(sent: Submitted<Support>, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let token = access(&sent.admin, &id).await?;
    let next = Next::new(t!("token-revoked"), routes::admin_grant(&token.grant_id.to_string()));
    sent.act(next, move |connection, context| management::grants::revoke_token(connection, context, &token)).await
}

async fn client_name(user: &User, id: &str) -> Result<String, PageError> {
    let client = user.visitor.app.store.client(id).await?;
    client.map(|client| client.name().to_owned()).ok_or(PageError::NotFound)
}

/// `GET /admin/clients/{id}/revoke`
pub async fn confirm_all(user: Supporter, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let (name, now, of) = (client_name(&user, &id).await?, user.visitor.now(), id.clone());
    let (live_grants, live_tokens) = user
        .visitor
        .app
        .store
        .read::<_, StoreError, _>(move |connection| management::clients::impact(connection, &of, now))
        .await?;
    let layout = user.layout("", Section::Clients);
    Ok(respond(StatusCode::OK, &revoke_all_page(layout, &id, &name, live_grants, live_tokens)))
}

/// `POST /admin/clients/{id}/revoke`
pub async fn revoke_all(sent: Submitted<Support>, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    client_name(&sent.admin, &id).await?;
    let next = Next::new(t!("client-revoked"), routes::admin_client(&id));
    // A part at a time, so that nobody waits for the database meanwhile.
    loop {
        let of = id.clone();
        let part = sent
            .attempt(move |connection, context| management::grants::revoke_some_of_client(connection, context, &of));
        match part.await? {
            Ok(true) => {}
            Ok(false) => break,
            Err(refusal) => return Ok(sent.refused(in_words(&refusal), &routes::admin_client(&id))),
        }
    }
    sent.act(next, |_, _| Ok(())).await
}
