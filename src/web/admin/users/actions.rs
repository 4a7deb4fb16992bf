//! Disabling, enabling and deleting a user.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::find;
use crate::domain::resource_owner::ResourceOwner;
use crate::management::users::{delete as delete_user, end_all_sessions, set_disabled};
use crate::store::grants::MOST;
use crate::store::{StoreError, grants, sessions};
use crate::web::account::sessions::end_all_others;
use crate::web::admin::submitted::{Next, Submitted};
use crate::web::confirm::ConfirmPage;
use crate::web::error::PageError;
use crate::web::page::{Layout, Section, counted, respond};
use crate::web::routes;
use crate::web::visitor::{Admin, Support, Supporter, User};

fn not_yourself() -> String {
    t!("user-not-yourself")
}

/// Asks before `POST /admin/users/{id}/disable`.
pub fn disable_page(layout: Layout, id: &str, username: &str, sessions: i64, live_grants: i64) -> ConfirmPage {
    ConfirmPage::ask(
        layout,
        t!("user-disable-question", username = username),
        t!("user-disable-lead"),
        (t!("user-disable"), routes::admin_user_disable(id)),
        (username, routes::admin_user(id)),
    )
    .with([
        t!("user-disable-sessions", count = counted(sessions, MOST)),
        t!("user-disable-grants", count = counted(live_grants, MOST)),
    ])
    .dangerous()
}

/// Asks before `POST /admin/users/{id}/enable`.
pub fn enable_page(layout: Layout, id: &str, username: &str) -> ConfirmPage {
    ConfirmPage::ask(
        layout,
        t!("user-enable-question", username = username),
        t!("user-enable-lead"),
        (t!("user-enable"), routes::admin_user_enable(id)),
        (username, routes::admin_user(id)),
    )
}

/// Asks before `POST /admin/users/{id}/delete`.
pub fn delete_page(layout: Layout, id: &str, username: &str, sessions: i64, live_grants: i64) -> ConfirmPage {
    ConfirmPage::ask(
        layout,
        t!("user-delete-question", username = username),
        t!("user-delete-lead"),
        (t!("user-delete"), routes::admin_user_delete(id)),
        (username, routes::admin_user(id)),
    )
    .with([
        t!("user-delete-ends", sessions = counted(sessions, MOST), grants = counted(live_grants, MOST)),
        t!("user-delete-gone"),
        t!("audit-log-kept"),
    ])
    .dangerous()
}

/// How many sessions and live grants would end.
async fn counts(user: &User, id: &str) -> Result<(i64, i64), StoreError> {
    let (id, now) = (id.to_owned(), user.visitor.now());
    user.visitor
        .app
        .store
        .read(move |connection| {
            let sessions = sessions::list_of_owner(connection, &id, now)?.len();
            let filter = grants::Filter { owner_id: Some(id.clone()), ..grants::Filter::default() };
            let (grants, _) = grants::count(connection, &filter, now)?;
            Ok((i64::try_from(sessions).unwrap_or(i64::MAX), grants))
        })
        .await
}

/// Asks before `POST /admin/users/{id}/sign-out`.
pub fn sign_out_page(
    layout: Layout,
    id: &str,
    username: &str,
    is_enabled: bool,
    sessions: i64,
    live_grants: i64,
) -> ConfirmPage {
    let lead = if is_enabled { t!("user-sign-out-lead") } else { t!("user-sign-out-disabled-lead") };
    ConfirmPage::ask(
        layout,
        t!("user-sign-out-question", username = username),
        lead,
        (t!("user-sign-out"), routes::admin_user_sign_out(id)),
        (username, routes::admin_user(id)),
    )
    .with([
        t!("user-disable-sessions", count = counted(sessions, MOST)),
        t!("user-sign-out-grants", count = counted(live_grants, MOST)),
    ])
    .dangerous()
}

/// `GET /admin/users/{id}/sign-out`
pub async fn confirm_sign_out(user: Supporter, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let owner = find(&user, &id).await?;
    let (sessions, grants) = counts(&user, &owner.id).await?;
    let layout = user.layout("", Section::Users);
    Ok(respond(
        StatusCode::OK,
        &sign_out_page(layout, &owner.id, &owner.username, owner.is_enabled(), sessions, grants),
    ))
}

/// `POST /admin/users/{id}/sign-out`
pub async fn sign_out(sent: Submitted<Support>, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let owner = find(&sent.admin, &id).await?;
    if owner.id == sent.admin.owner.id {
        end_all_others(&sent.admin).await?;
        return Ok(sent.done(t!("user-signed-out", username = owner.username), &routes::admin_user(&owner.id)));
    }
    let next = Next::new(t!("user-signed-out", username = owner.username), routes::admin_user(&owner.id));
    sent.act(next, move |connection, context| end_all_sessions(connection, context, &owner.id, None)).await
}

/// `GET /admin/users/{id}/disable`
pub async fn confirm_disable(user: Admin, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let owner = find(&user, &id).await?;
    let (sessions, grants) = counts(&user, &owner.id).await?;
    let layout = user.layout("", Section::Users);
    Ok(respond(StatusCode::OK, &disable_page(layout, &owner.id, &owner.username, sessions, grants)))
}

/// `POST /admin/users/{id}/disable`
pub async fn disable(sent: Submitted, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let owner = match somebody_else(&sent, &id).await? {
        Ok(owner) => owner,
        Err(refused) => return Ok(refused),
    };
    let next = Next::new(t!("user-disabled", username = owner.username), routes::admin_user(&owner.id));
    sent.act(next, move |connection, context| set_disabled(connection, context, &owner.id, true)).await
}

/// The account, or the answer when it is the admin's own.
async fn somebody_else(sent: &Submitted, id: &str) -> Result<Result<ResourceOwner, HttpResponse>, PageError> {
    let owner = find(&sent.admin, id).await?;
    if owner.id == sent.admin.owner.id {
        return Ok(Err(sent.refused(not_yourself(), &routes::admin_user(&owner.id))));
    }
    Ok(Ok(owner))
}

/// `GET /admin/users/{id}/enable`
pub async fn confirm_enable(user: Admin, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let owner = find(&user, &id).await?;
    let layout = user.layout("", Section::Users);
    Ok(respond(StatusCode::OK, &enable_page(layout, &owner.id, &owner.username)))
}

/// `POST /admin/users/{id}/enable`
pub async fn enable(sent: Submitted, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let owner = find(&sent.admin, &id).await?;
    let next = Next::new(t!("user-enabled", username = owner.username), routes::admin_user(&owner.id));
    sent.act(next, move |connection, context| set_disabled(connection, context, &owner.id, false)).await
}

/// `GET /admin/users/{id}/delete`
pub async fn confirm_delete(user: Admin, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let owner = find(&user, &id).await?;
    let (sessions, grants) = counts(&user, &owner.id).await?;
    let layout = user.layout("", Section::Users);
    Ok(respond(StatusCode::OK, &delete_page(layout, &owner.id, &owner.username, sessions, grants)))
}

/// `POST /admin/users/{id}/delete`
pub async fn delete(sent: Submitted, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let owner = match somebody_else(&sent, &id).await? {
        Ok(owner) => owner,
        Err(refused) => return Ok(refused),
    };
    let next = Next::new(t!("user-deleted", username = owner.username), routes::ADMIN_USERS)
        .unless_refused(routes::admin_user(&owner.id));
    sent.act(next, move |connection, context| delete_user(connection, context, &owner.id)).await
}
