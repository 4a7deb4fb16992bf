//! The console: everything an admin sees and changes.

pub mod audit_log;
pub mod clients;
pub mod dashboard;
pub mod grants;
pub mod keys;
pub mod logout_deliveries;
pub mod resources;
pub mod scopes;
pub mod users;

use super::confirm::ConfirmPage;
use super::page::{Section, render_all, sample};

/// The console's routes.
pub fn configure(config: &mut actix_web::web::ServiceConfig) {
    dashboard::configure(config);
    clients::configure(config);
    scopes::configure(config);
    resources::configure(config);
    users::configure(config);
    grants::configure(config);
    logout_deliveries::configure(config);
    keys::configure(config);
    audit_log::configure(config);
}

/// Renders the samples of all pages in this module.
pub(super) fn render_samples(into: &mut Vec<(String, String)>) {
    render_all(into, "admin/dashboard", &dashboard::DashboardPage::samples());
    render_all(into, "admin/clients/index", &clients::IndexPage::samples());
    render_all(into, "admin/clients/new", &clients::NewPage::samples());
    render_all(into, "admin/clients/show", &clients::ShowPage::samples());
    render_all(into, "admin/clients/edit", &clients::EditPage::samples());
    render_all(into, "admin/clients/secret", &clients::SecretPage::samples());
    render_all(into, "admin/scopes/index", &scopes::IndexPage::samples());
    render_all(into, "admin/scopes/new", &scopes::NewPage::samples());
    render_all(into, "admin/scopes/edit", &scopes::EditPage::samples());
    render_all(into, "admin/resources/index", &resources::IndexPage::samples());
    render_all(into, "admin/resources/new", &resources::NewPage::samples());
    render_all(into, "admin/users/index", &users::IndexPage::samples());
    render_all(into, "admin/users/new", &users::NewPage::samples());
    render_all(into, "admin/users/show", &users::ShowPage::samples());
    render_all(into, "admin/users/edit", &users::EditPage::samples());
    render_all(into, "admin/users/link", &users::LinkPage::samples());
    render_all(into, "admin/grants/index", &grants::IndexPage::samples());
    render_all(into, "admin/grants/show", &grants::ShowPage::samples());
    render_all(into, "admin/logout_deliveries/index", &logout_deliveries::IndexPage::samples());
    render_all(into, "admin/keys/index", &keys::IndexPage::samples());
    render_all(into, "admin/audit_log/index", &audit_log::IndexPage::samples());
}

/// One of each page that asks before something ends.
pub(super) fn confirm_samples() -> Vec<ConfirmPage> {
    const ID: &str = "c_9aVqk2Lw0TzYx4RbN1mEuP";
    let client = || sample::desk("", Section::Clients);
    let user = || sample::desk("", Section::Users);
    vec![
        clients::disable_page(client(), ID, "Acme Reports", 3, 128),
        clients::enable_page(client(), ID, "Acme Reports"),
        clients::rotate_secret_page(client(), ID, "Acme Reports", true),
        clients::delete_secret_page(client(), ID, "Acme Reports", "7"),
        clients::delete_page(client(), ID, "Acme Reports", 3, 128),
        scopes::delete_page(sample::desk("", Section::Scopes), "reports:read", 2, 17),
        resources::delete_page(
            sample::desk("", Section::Resources),
            "https://api.acme.example/reports",
            "Reports API",
            4,
        ),
        users::disable_page(user(), "u_7Qp0s3xK", "bob", 2, 4),
        users::enable_page(user(), "u_7Qp0s3xK", "bob"),
        users::set_password_page(user(), "u_7Qp0s3xK", "bob"),
        users::delete_page(user(), "u_7Qp0s3xK", "bob", 2, 4),
        grants::revoke_page(sample::desk("", Section::Grants), "g_41", "Acme Reports", "bob", 12),
        keys::rotate_page(sample::desk("", Section::Keys)),
    ]
}
