//! `/admin/users`: the people who sign in.
//!
//! An admin never sees or chooses a password: a new user, or one who forgot, gets a one-time link
//! ([`LinkPage`](link::LinkPage)). So does one whose address is to be confirmed.

pub mod account;
pub mod actions;
pub mod edit;
pub mod link;
pub mod list;
pub mod new;
pub mod show;

use actix_web::web;

use super::{button, form, page};
use crate::domain::resource_owner::ResourceOwner;
use crate::store::{StoreError, resource_owners};
use crate::web::error::PageError;
use crate::web::handler::{get, post};
use crate::web::page::{Status, Tone};
use crate::web::routes;
use crate::web::visitor::User;

/// The routes of these pages.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .service(form(routes::ADMIN_USERS).route(get(list::index)).route(post(new::create)))
        .service(page(routes::ADMIN_USERS_NEW).route(get(new::new)))
        .service(form(routes::ADMIN_USER).route(get(show::show)).route(post(edit::update)))
        .service(page(routes::ADMIN_USER_EDIT).route(get(edit::edit)))
        .service(form(routes::ADMIN_USER_DISABLE).route(get(actions::confirm_disable)).route(post(actions::disable)))
        .service(form(routes::ADMIN_USER_ENABLE).route(get(actions::confirm_enable)).route(post(actions::enable)))
        .service(
            form(routes::ADMIN_USER_SET_PASSWORD)
                .route(get(link::confirm_set_password))
                .route(post(link::set_password)),
        )
        .service(form(routes::ADMIN_USER_DELETE).route(get(actions::confirm_delete)).route(post(actions::delete)))
        .service(form(routes::ADMIN_USER_SIGN_OUT).route(get(actions::confirm_sign_out)).route(post(actions::sign_out)))
        .service(form(routes::ADMIN_USER_MAIL_LINK).route(get(link::confirm_mail_link)).route(post(link::mail_link)))
        .service(
            form(routes::ADMIN_USER_CONFIRM_EMAIL).route(get(link::ask_confirm_email)).route(post(link::confirm_email)),
        )
        .service(
            form(routes::ADMIN_USER_MAIL_CONFIRMATION)
                .route(get(link::ask_mail_confirmation))
                .route(post(link::mail_confirmation)),
        )
        .service(button(routes::ADMIN_USER_SESSION_END).route(post(show::end_session)));
}

async fn find(user: &User, id: &str) -> Result<ResourceOwner, PageError> {
    let id = id.to_owned();
    let found = user.visitor.app.store.read(move |connection| resource_owners::find(connection, &id)).await;
    found.map_err(|error: StoreError| error.into()).and_then(|owner| owner.ok_or(PageError::NotFound))
}

fn status(owner: &ResourceOwner) -> Status {
    if owner.is_enabled() && owner.password.is_none() {
        Status::new(Tone::Warning, t!("state-invited"))
    } else {
        Status::enabled(owner.is_enabled())
    }
}
