//! A one-time link at which a user chooses a password, shown once to the admin who hands it over.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::find;
use crate::management::users::{LINK_LIFETIME, make_link};
use crate::management::{self, ManagementError};
use crate::web::admin::submitted::Submitted;
use crate::web::confirm::ConfirmPage;
use crate::web::error::PageError;
use crate::web::language::say;
use crate::web::page::{Layout, Moment, Section, respond, sample};
use crate::web::routes;
use crate::web::visitor::{Support, Supporter, User};

/// The answer to the POST that made a user or a set-password link. Shown once.
#[derive(Template)]
#[template(path = "admin/users/link.html")]
pub struct LinkPage {
    /// Its title is [`LinkPage::created()`] or [`LinkPage::reset()`].
    pub layout: Layout,
    pub id: String,
    pub username: String,
    /// The whole URL.
    pub link: String,
    pub expires: Moment,
    /// Where it can be sent instead of handed over; empty when it cannot.
    pub address: String,
}

impl LinkPage {
    pub fn created() -> String {
        t!("user-created-title")
    }

    pub fn reset() -> String {
        t!("user-link-title")
    }

    pub fn samples() -> Vec<Self> {
        let page = |title: &str, address: &str| Self {
            layout: sample::desk(title, Section::Users),
            id: "u_3".into(),
            username: "carol".into(),
            link: "https://id.example/set-password?token=gsp_u2JvKq9cY7mB0xT4nWlZs8RdHf3EaPoG1iQyVt6CkXM".into(),
            expires: sample::ahead(86_400 * 3),
            address: address.into(),
        };
        vec![page(&Self::created(), "carol@example.com"), page(&Self::reset(), "")]
    }
}

/// Asks before `POST /admin/users/{id}/set-password`, which answers with a [`LinkPage`].
pub fn set_password_page(layout: Layout, id: &str, username: &str) -> ConfirmPage {
    ConfirmPage::ask(
        layout,
        t!("user-link-question", username = username),
        t!("user-link-lead"),
        (t!("user-link-button"), routes::admin_user_set_password(id)),
        (username, routes::admin_user(id)),
    )
    .with([t!("user-link-old"), t!("user-link-earlier")])
}

/// Whose link it is.
pub(super) struct Linked {
    pub id: String,
    pub username: String,
    pub email: Option<String>,
}

pub(super) fn link(user: &User, title: String, owner: Linked, token: &str) -> HttpResponse {
    let Linked { id, username, email } = owner;
    let now = user.visitor.now();
    let page = LinkPage {
        layout: user.layout(title, Section::Users),
        id,
        username,
        link: user.visitor.app.config.issuer.url(&routes::set_password(token)),
        expires: Moment::new(now + LINK_LIFETIME, now),
        address: email.filter(|_| user.visitor.app.mailer.is_some()).unwrap_or_default(),
    };
    respond(StatusCode::OK, &page)
}

/// `GET /admin/users/{id}/set-password`
pub async fn confirm_set_password(user: Supporter, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let owner = find(&user, &id).await?;
    let layout = user.layout("", Section::Users);
    Ok(respond(StatusCode::OK, &set_password_page(layout, &owner.id, &owner.username)))
}

/// `POST /admin/users/{id}/set-password`
pub async fn set_password(sent: Submitted<Support>, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let owner = find(&sent.admin, &id).await?;
    let id = owner.id.clone();
    match sent.attempt(move |connection, context| make_link(connection, context, &id)).await? {
        Ok(token) => {
            let linked = Linked { id: owner.id, username: owner.username, email: owner.email };
            Ok(link(&sent.admin, LinkPage::reset(), linked, &token))
        }
        Err(ManagementError::NotFound) => Err(PageError::NotFound),
        Err(refusal) => Ok(sent.refused(refusal.to_string(), &routes::admin_user(&owner.id))),
    }
}

/// Asks before `POST /admin/users/{id}/mail-link`.
pub fn mail_link_page(layout: Layout, id: &str, username: &str, address: &str) -> ConfirmPage {
    ConfirmPage::ask(
        layout,
        t!("user-link-mail-question", username = username),
        t!("user-link-mail-lead", address = address),
        (t!("user-link-mail-send"), routes::admin_user_mail_link(id)),
        (username, routes::admin_user(id)),
    )
    .with([t!("user-link-old"), t!("user-link-earlier")])
}

/// `GET /admin/users/{id}/mail-link`. Where nothing can be sent, there is still a link to hand over.
pub async fn confirm_mail_link(user: Supporter, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let owner = find(&user, &id).await?;
    let layout = user.layout("", Section::Users);
    let page = match owner.email.filter(|_| user.visitor.app.mailer.is_some()) {
        Some(address) => mail_link_page(layout, &owner.id, &owner.username, &address),
        None => set_password_page(layout, &owner.id, &owner.username),
    };
    Ok(respond(StatusCode::OK, &page))
}

/// `POST /admin/users/{id}/mail-link`
pub async fn mail_link(sent: Submitted<Support>, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let owner = find(&sent.admin, &id).await?;
    let app = &sent.admin.visitor.app;
    if app.mailer.is_none() {
        return Err(PageError::NotFound);
    }
    let id = owner.id.clone();
    let at = routes::admin_user(&owner.id);
    match sent.attempt(move |connection, context| management::users::mail_link(connection, context, &id)).await? {
        Ok(address) => {
            app.post.wake();
            Ok(sent.done(t!("user-link-mailed", address = address), &at))
        }
        Err(ManagementError::NotFound) => Err(PageError::NotFound),
        Err(ManagementError::Conflict(why)) => Ok(sent.refused(say(&why), &at)),
        Err(refusal) => Ok(sent.refused(refusal.to_string(), &at)),
    }
}
