//! One-time links, shown once to the admin who hands them over: to choose a password, and to confirm an address.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::find;
use crate::domain::resource_owner::ResourceOwner;
use crate::management::users::{LINK_LIFETIME, make_link};
use crate::management::{self, ManagementError, email};
use crate::web::account::email::Address;
use crate::web::admin::submitted::Submitted;
use crate::web::confirm::ConfirmPage;
use crate::web::error::{PageError, in_words};
use crate::web::page::{Layout, Moment, Section, respond, sample};
use crate::web::routes;
use crate::web::visitor::{Support, Supporter, User};

/// The answer to the POST that made a user or a link. Shown once.
#[derive(Template)]
#[template(path = "admin/users/link.html")]
pub struct LinkPage {
    /// Its title is [`LinkPage::created()`], [`LinkPage::reset()`] or [`LinkPage::confirming()`].
    pub layout: Layout,
    pub id: String,
    pub username: String,
    /// The whole URL.
    pub link: String,
    pub expires: Moment,
    /// Where it can be sent instead of handed over; empty when it cannot.
    pub address: String,
    /// The address that it confirms; empty of one to choose a password.
    pub confirms: String,
}

impl LinkPage {
    pub fn created() -> String {
        t!("user-created-title")
    }

    pub fn reset() -> String {
        t!("user-link-title")
    }

    pub fn confirming() -> String {
        t!("user-email-link-title")
    }

    pub fn samples() -> Vec<Self> {
        let page = |title: &str, address: &str, confirms: &str| Self {
            layout: sample::desk(title, Section::Users),
            id: "u_3".into(),
            username: "carol".into(),
            link: "https://id.example/set-password?token=gsp_u2JvKq9cY7mB0xT4nWlZs8RdHf3EaPoG1iQyVt6CkXM".into(),
            expires: sample::ahead(86_400 * 3),
            address: address.into(),
            confirms: confirms.into(),
        };
        vec![
            page(&Self::created(), "carol@example.com", ""),
            page(&Self::reset(), "", ""),
            page(&Self::confirming(), "", "carol@example.com"),
        ]
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
        confirms: String::new(),
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
        Err(refusal) => Ok(sent.refused(in_words(&refusal), &routes::admin_user(&owner.id))),
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
        Err(refusal) => Ok(sent.refused(in_words(&refusal), &at)),
    }
}

/// Asks before `POST /admin/users/{id}/confirm-email`, which answers with a [`LinkPage`].
pub fn confirm_email_page(layout: Layout, id: &str, username: &str, address: &str) -> ConfirmPage {
    ConfirmPage::ask(
        layout,
        t!("user-email-link-question", username = username),
        t!("user-email-link-lead", address = address),
        (t!("user-link-button"), routes::admin_user_confirm_email(id)),
        (username, routes::admin_user(id)),
    )
    .with([t!("user-link-earlier")])
}

/// Asks before `POST /admin/users/{id}/mail-confirmation`.
pub fn mail_confirmation_page(layout: Layout, id: &str, username: &str, address: &str) -> ConfirmPage {
    ConfirmPage::ask(
        layout,
        t!("user-email-mail-question", username = username),
        t!("user-link-mail-lead", address = address),
        (t!("user-email-send"), routes::admin_user_mail_confirmation(id)),
        (username, routes::admin_user(id)),
    )
    .with([t!("user-link-earlier")])
}

/// The account, and the address that a link would confirm.
async fn unconfirmed(user: &User, id: &str) -> Result<(ResourceOwner, String), PageError> {
    let owner = find(user, id).await?;
    let address = Address::of(&user.visitor.app, &owner).await?;
    let pending = address.pending.map(|(pending, _)| pending);
    Ok((owner, pending.unwrap_or(address.current)))
}

/// `GET /admin/users/{id}/confirm-email`
pub async fn ask_confirm_email(user: Supporter, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let (owner, address) = unconfirmed(&user, &id).await?;
    let layout = user.layout("", Section::Users);
    Ok(respond(StatusCode::OK, &confirm_email_page(layout, &owner.id, &owner.username, &address)))
}

/// `POST /admin/users/{id}/confirm-email`
pub async fn confirm_email(sent: Submitted<Support>, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let owner = find(&sent.admin, &id).await?;
    let id = owner.id.clone();
    match sent.attempt(move |connection, context| email::make_link(connection, context, &id)).await? {
        Ok((token, confirms)) => {
            let now = sent.admin.visitor.now();
            let page = LinkPage {
                layout: sent.admin.layout(LinkPage::confirming(), Section::Users),
                id: owner.id,
                username: owner.username,
                link: sent.admin.visitor.app.config.issuer.url(&routes::confirm_email(&token)),
                expires: Moment::new(now + LINK_LIFETIME, now),
                address: String::new(),
                confirms,
            };
            Ok(respond(StatusCode::OK, &page))
        }
        Err(ManagementError::NotFound) => Err(PageError::NotFound),
        Err(refusal) => Ok(sent.refused(in_words(&refusal), &routes::admin_user(&owner.id))),
    }
}

/// `GET /admin/users/{id}/mail-confirmation`. Where nothing can be sent, there is still a link to hand over.
pub async fn ask_mail_confirmation(user: Supporter, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let (owner, address) = unconfirmed(&user, &id).await?;
    let page = if user.visitor.app.mailer.is_some() { mail_confirmation_page } else { confirm_email_page };
    Ok(respond(StatusCode::OK, &page(user.layout("", Section::Users), &owner.id, &owner.username, &address)))
}

/// `POST /admin/users/{id}/mail-confirmation`
pub async fn mail_confirmation(sent: Submitted<Support>, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let owner = find(&sent.admin, &id).await?;
    let app = &sent.admin.visitor.app;
    if app.mailer.is_none() {
        return Err(PageError::NotFound);
    }
    let (id, at) = (owner.id.clone(), routes::admin_user(&owner.id));
    match sent.attempt(move |connection, context| email::send(connection, context, &id)).await? {
        Ok(address) => {
            app.post.wake();
            Ok(sent.done(t!("email-link-sent", address = address), &at))
        }
        Err(ManagementError::NotFound) => Err(PageError::NotFound),
        Err(refusal) => Ok(sent.refused(in_words(&refusal), &at)),
    }
}
