//! The door (set-up, sign-in, consent, sign-out) and a user's own pages.

pub mod activity;
pub mod applications;
pub mod confirm_email;
pub mod consent;
pub mod device;
pub mod email;
pub mod login;
pub mod logout;
pub mod password;
pub mod password_strength;
pub mod profile;
pub mod sessions;
pub mod set_password;
pub mod setup;

use actix_web::web;

use super::confirm::ConfirmPage;
use super::error::PageError;
use super::page::{Section, render_all, sample};
use super::visitor::User;
use super::{only_page, routes};
use crate::management::{Context, ManagementError, Outcome};
use crate::store::connection::AnyConnection;
use crate::store::{Failure, StoreError};
use crate::web::handler::{get, post};

pub fn configure(config: &mut web::ServiceConfig) {
    let form = |path: &str| web::resource(path).default_service(only_page("GET, POST"));
    let action = |path: &str| web::resource(path).default_service(only_page("POST"));
    let list = |path: &str| web::resource(path).default_service(only_page("GET"));
    config
        .service(form(routes::SETUP).route(get(setup::new)).route(post(setup::create)))
        .service(form(routes::LOGIN).route(get(login::new)).route(post(login::create)))
        .service(form(routes::CONSENT).route(get(consent::new)).route(post(consent::create)))
        .service(form(routes::DEVICE).route(get(device::new)).route(post(device::create)))
        .service(list(routes::DEVICE_DONE).route(get(device::done)))
        .service(form(routes::LOGOUT).route(get(logout::new)).route(post(logout::create)))
        .service(form(routes::SET_PASSWORD).route(get(set_password::edit)).route(post(set_password::update)))
        .service(form(routes::CONFIRM_EMAIL).route(get(confirm_email::edit)).route(post(confirm_email::update)))
        .service(action(routes::PASSWORD_STRENGTH).route(post(password_strength::rate)))
        .service(form(routes::ACCOUNT).route(get(profile::show)).route(post(profile::update)))
        .service(form(routes::ACCOUNT_EMAIL).route(get(email::edit)).route(post(email::update)))
        .service(action(routes::ACCOUNT_EMAIL_SEND).route(post(email::send)))
        .service(action(routes::ACCOUNT_EMAIL_CANCEL).route(post(email::cancel)))
        .service(form(routes::ACCOUNT_PASSWORD).route(get(password::edit)).route(post(password::update)))
        .service(list(routes::ACCOUNT_SESSIONS).route(get(sessions::index)))
        .service(action(routes::ACCOUNT_SESSIONS_END_OTHERS).route(post(sessions::end_others)))
        .service(action(routes::ACCOUNT_SESSION_END).route(post(sessions::end)))
        .service(list(routes::ACCOUNT_APPLICATIONS).route(get(applications::index)))
        .service(
            form(routes::ACCOUNT_APPLICATION_WITHDRAW)
                .route(get(applications::confirm))
                .route(post(applications::withdraw)),
        )
        .service(action(routes::ACCOUNT_APPLICATION_UNDO).route(post(applications::undo)))
        .service(list(routes::ACCOUNT_ACTIVITY).route(get(activity::index)))
        .service(form(routes::ACCOUNT_NOT_ME).route(get(activity::not_me)).route(post(activity::end_all)));
}

/// Does something to the user's own account. What the rules refuse is a value, for the page to say.
async fn act<T: Send + 'static>(
    user: &User,
    mut work: impl FnMut(&mut AnyConnection, &Context, &str) -> Outcome<T> + Send + 'static,
) -> Result<Result<T, ManagementError>, StoreError> {
    let (context, owner_id) = (user.context(), user.owner.id.clone());
    match user.visitor.app.store.write(move |connection| work(connection, &context, &owner_id)).await {
        Ok(done) => Ok(Ok(done)),
        Err(Failure::Refused(refusal)) => Ok(Err(refusal)),
        Err(Failure::Store(error)) => Err(error),
    }
}

/// What was asked for is not done, since the session in which it was asked for has ended meanwhile.
fn signed_out(page: &str) -> PageError {
    PageError::SignIn { return_to: page.to_owned(), is_lost: true }
}

/// Renders the samples of all pages in this module.
pub(super) fn render_samples(into: &mut Vec<(String, String)>) {
    render_all(into, "account/setup/new", &setup::NewPage::samples());
    render_all(into, "account/setup/invalid", &setup::InvalidPage::samples());
    render_all(into, "account/login", &login::LoginPage::samples());
    render_all(into, "account/consent", &consent::ConsentPage::samples());
    render_all(into, "account/device/new", &device::NewPage::samples());
    render_all(into, "account/device/done", &device::DonePage::samples());
    render_all(into, "account/logout/confirm", &logout::ConfirmPage::samples());
    render_all(into, "account/logout/done", &logout::DonePage::samples());
    render_all(into, "account/logout/invalid", &logout::InvalidPage::samples());
    render_all(into, "account/set_password/edit", &set_password::EditPage::samples());
    render_all(into, "account/set_password/invalid", &set_password::InvalidPage::samples());
    render_all(into, "account/confirm_email/edit", &confirm_email::EditPage::samples());
    render_all(into, "account/confirm_email/done", &confirm_email::DonePage::samples());
    render_all(into, "account/confirm_email/invalid", &confirm_email::InvalidPage::samples());
    render_all(into, "account/profile", &profile::ProfilePage::samples());
    render_all(into, "account/email", &email::EmailPage::samples());
    render_all(into, "account/password", &password::PasswordPage::samples());
    render_all(into, "account/sessions", &sessions::SessionsPage::samples());
    render_all(into, "account/applications", &applications::ApplicationsPage::samples());
    render_all(into, "account/activity", &activity::ActivityPage::samples());
}

/// One of each page that asks before something ends.
pub(super) fn confirm_samples() -> Vec<ConfirmPage> {
    let layout = sample::account("", Section::Applications);
    vec![
        applications::withdraw_page(layout.clone(), "c_9aVqk2Lw0TzYx4RbN1mEuP", "Acme Reports", true),
        activity::not_me_page(layout),
    ]
}
