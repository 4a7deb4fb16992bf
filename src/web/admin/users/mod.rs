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
use crate::web::page::{Status, Tone};
use crate::web::routes;
use crate::web::visitor::User;

/// The routes of these pages.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .service(form(routes::ADMIN_USERS).route(web::get().to(list::index)).route(web::post().to(new::create)))
        .service(page(routes::ADMIN_USERS_NEW).route(web::get().to(new::new)))
        .service(form(routes::ADMIN_USER).route(web::get().to(show::show)).route(web::post().to(edit::update)))
        .service(page(routes::ADMIN_USER_EDIT).route(web::get().to(edit::edit)))
        .service(
            form(routes::ADMIN_USER_DISABLE)
                .route(web::get().to(actions::confirm_disable))
                .route(web::post().to(actions::disable)),
        )
        .service(
            form(routes::ADMIN_USER_ENABLE)
                .route(web::get().to(actions::confirm_enable))
                .route(web::post().to(actions::enable)),
        )
        .service(
            form(routes::ADMIN_USER_SET_PASSWORD)
                .route(web::get().to(link::confirm_set_password))
                .route(web::post().to(link::set_password)),
        )
        .service(
            form(routes::ADMIN_USER_DELETE)
                .route(web::get().to(actions::confirm_delete))
                .route(web::post().to(actions::delete)),
        )
        .service(
            form(routes::ADMIN_USER_SIGN_OUT)
                .route(web::get().to(actions::confirm_sign_out))
                .route(web::post().to(actions::sign_out)),
        )
        .service(
            form(routes::ADMIN_USER_MAIL_LINK)
                .route(web::get().to(link::confirm_mail_link))
                .route(web::post().to(link::mail_link)),
        )
        .service(
            form(routes::ADMIN_USER_CONFIRM_EMAIL)
                .route(web::get().to(link::ask_confirm_email))
                .route(web::post().to(link::confirm_email)),
        )
        .service(
            form(routes::ADMIN_USER_MAIL_CONFIRMATION)
                .route(web::get().to(link::ask_mail_confirmation))
                .route(web::post().to(link::mail_confirmation)),
        )
        .service(button(routes::ADMIN_USER_SESSION_END).route(web::post().to(show::end_session)));
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
