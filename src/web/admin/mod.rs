//! The console: everything an admin sees and changes.

pub mod attention;
pub mod audit_log;
pub mod claims;
pub mod clients;
pub mod dashboard;
pub mod deliveries;
pub mod grants;
pub mod keys;
pub mod logout_deliveries;
pub mod mails;
mod outdated;
pub mod paging;
pub mod playground;
pub mod registration_tokens;
pub mod requests;
pub mod resources;
pub mod scopes;
pub mod security_review;
pub mod sessions;
pub mod settings;
mod submitted;
pub mod system;
pub mod tokens;
pub mod users;

use actix_web::{HttpRequest, Resource, web};

use super::confirm::ConfirmPage;
use super::error::PageError;
use super::form::BodyProblem;
use super::only_page;
use super::page::{Section, render_all, sample};
use crate::domain::client::GrantType;
use crate::protocol::parameters::Parameters;
use crate::protocol::review::{Finding, Mend, Rule, Severity};

/// The console's routes.
pub fn configure(config: &mut web::ServiceConfig) {
    dashboard::configure(config);
    clients::configure(config);
    playground::configure(config);
    registration_tokens::configure(config);
    scopes::configure(config);
    resources::configure(config);
    users::configure(config);
    claims::configure(config);
    grants::configure(config);
    tokens::configure(config);
    sessions::configure(config);
    logout_deliveries::configure(config);
    mails::configure(config);
    requests::configure(config);
    security_review::configure(config);
    keys::configure(config);
    system::configure(config);
    settings::configure(config);
    audit_log::configure(config);
}

/// A page that is only read.
fn page(path: &str) -> Resource {
    web::resource(path).default_service(only_page("GET"))
}

/// A page that asks, and whose form is sent to the same path.
fn form(path: &str) -> Resource {
    web::resource(path).default_service(only_page("GET, POST"))
}

/// A button of another page.
fn button(path: &str) -> Resource {
    web::resource(path).default_service(only_page("POST"))
}

/// The parameters of a page's query.
fn query_of(request: &HttpRequest) -> Result<Parameters, PageError> {
    Ok(Parameters::parse(request.query_string().as_bytes()).map_err(BodyProblem::Malformed)?)
}

/// What stands on the lines of a text area, which browsers end with CR LF.
fn lines(form: &Parameters, name: &str) -> Vec<String> {
    let text = form.get(name).unwrap_or_default();
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// Renders the samples of all pages in this module.
pub(super) fn render_samples(into: &mut Vec<(String, String)>) {
    render_all(into, "admin/dashboard", &dashboard::DashboardPage::samples());
    render_all(into, "admin/clients/index", &clients::list::IndexPage::samples());
    render_all(into, "admin/clients/new", &clients::new::NewPage::samples());
    render_all(into, "admin/clients/show", &clients::show::ShowPage::samples());
    render_all(into, "admin/clients/logo", &clients::logo::LogoPage::samples());
    render_all(into, "admin/clients/edit", &clients::edit::EditPage::samples());
    render_all(into, "admin/clients/connect", &clients::connect::ConnectPage::samples());
    render_all(into, "admin/clients/secret", &clients::secrets::SecretPage::samples());
    render_all(into, "admin/playground/index", &playground::IndexPage::samples());
    render_all(into, "admin/playground/show", &playground::PlaygroundPage::samples());
    render_all(into, "admin/clients/secret_expiry", &clients::secrets::ExpiryPage::samples());
    render_all(into, "admin/registration_tokens/index", &registration_tokens::IndexPage::samples());
    render_all(into, "admin/registration_tokens/new", &registration_tokens::NewPage::samples());
    render_all(into, "admin/registration_tokens/created", &registration_tokens::CreatedPage::samples());
    render_all(into, "admin/scopes/index", &scopes::list::IndexPage::samples());
    render_all(into, "admin/scopes/new", &scopes::new::NewPage::samples());
    render_all(into, "admin/scopes/edit", &scopes::edit::EditPage::samples());
    render_all(into, "admin/scopes/in_use", &scopes::delete::InUsePage::samples());
    render_all(into, "admin/resources/index", &resources::IndexPage::samples());
    render_all(into, "admin/resources/new", &resources::NewPage::samples());
    render_all(into, "admin/resources/edit", &resources::EditPage::samples());
    render_all(into, "admin/users/index", &users::list::IndexPage::samples());
    render_all(into, "admin/users/new", &users::new::NewPage::samples());
    render_all(into, "admin/users/show", &users::show::ShowPage::samples());
    render_all(into, "admin/users/edit", &users::edit::EditPage::samples());
    render_all(into, "admin/users/link", &users::link::LinkPage::samples());
    render_all(into, "admin/claims/show", &claims::ClaimsPage::samples());
    render_all(into, "admin/grants/index", &grants::list::IndexPage::samples());
    render_all(into, "admin/grants/show", &grants::show::ShowPage::samples());
    render_all(into, "admin/tokens/index", &tokens::list::IndexPage::samples());
    render_all(into, "admin/tokens/find", &tokens::find::FindPage::samples());
    render_all(into, "admin/tokens/show", &tokens::show::ShowPage::samples());
    render_all(into, "admin/sessions/index", &sessions::IndexPage::samples());
    render_all(into, "admin/logout_deliveries/index", &logout_deliveries::IndexPage::samples());
    render_all(into, "admin/mails/index", &mails::IndexPage::samples());
    render_all(into, "admin/requests/index", &requests::list::IndexPage::samples());
    render_all(into, "admin/requests/show", &requests::show::ShowPage::samples());
    render_all(into, "admin/security_review/index", &security_review::list::IndexPage::samples());
    render_all(into, "admin/keys/index", &keys::IndexPage::samples());
    render_all(into, "admin/system", &system::SystemPage::samples());
    render_all(into, "admin/settings/index", &settings::IndexPage::samples());
    render_all(into, "admin/settings/branding", &settings::branding::BrandingPage::samples());
    render_all(into, "admin/settings/configuration", &settings::configuration::ConfigurationPage::samples());
    render_all(into, "admin/settings/import", &settings::configuration::ImportPage::samples());
    render_all(into, "admin/settings/policies", &settings::policies::PoliciesPage::samples());
    render_all(into, "admin/audit_log/index", &audit_log::IndexPage::samples());
    render_all(into, "admin/audit_log/verify", &audit_log::verify::VerifyPage::samples());
}

/// One of each page that asks before something ends.
pub(super) fn confirm_samples() -> Vec<ConfirmPage> {
    const ID: &str = "c_9aVqk2Lw0TzYx4RbN1mEuP";
    let client = || sample::desk("", Section::Clients);
    let user = || sample::desk("", Section::Users);
    vec![
        clients::actions::disable_page(client(), ID, "Acme Reports", 3, 128),
        clients::actions::enable_page(client(), ID, "Acme Reports"),
        clients::secrets::rotate_secret_page(client(), ID, "Acme Reports", Some("7")),
        clients::secrets::delete_secret_page(client(), ID, "Acme Reports", "7"),
        clients::actions::delete_page(client(), ID, "Acme Reports", 3, 128),
        registration_tokens::revoke_page(
            client(),
            &registration_tokens::sample_token("Certification run", 20, -3600, 86_400),
            2,
        ),
        scopes::delete::delete_page(sample::desk("", Section::Scopes), "reports:read"),
        resources::delete_page(sample::desk("", Section::Resources), "https://api.acme.example/reports", "Reports API"),
        users::actions::disable_page(user(), "u_7Qp0s3xK", "bob", 2, 4),
        users::actions::enable_page(user(), "u_7Qp0s3xK", "bob"),
        users::link::set_password_page(user(), "u_7Qp0s3xK", "bob"),
        users::link::mail_link_page(user(), "u_7Qp0s3xK", "bob", "bob@example.com"),
        users::link::confirm_email_page(user(), "u_7Qp0s3xK", "bob", "bob@example.com"),
        users::link::mail_confirmation_page(user(), "u_7Qp0s3xK", "bob", "bob@example.com"),
        users::actions::sign_out_page(user(), "u_7Qp0s3xK", "bob", true, 2, 1001),
        users::actions::delete_page(user(), "u_7Qp0s3xK", "bob", 2, 4),
        grants::revoke::revoke_page(sample::desk("", Section::Grants), "g_41", "Acme Reports", Some("bob"), 12),
        requests::fix::fix_page(
            sample::desk("", Section::Requests),
            "9aVqk2Lw0TzYx4RbN1mEuP",
            "Acme Reports",
            7,
            &requests::fix::Fix::AddRedirectUri("https://reports.acme.example/Callback".to_owned()),
        ),
        security_review::mend::mend_page(
            client(),
            (ID, "Acme Reports", 7),
            &Finding {
                rule: Rule::ScopesUnused,
                severity: Severity::Low,
                about: vec!["reports:read".to_owned()],
                number: 0,
                since: None,
                mend: None,
            },
            &Mend::RemoveScopes(vec!["reports:read".to_owned()]),
            &security_review::mend::Along::default(),
        ),
        security_review::mend::mend_page(
            client(),
            (ID, "Acme Reports", 7),
            &Finding {
                rule: Rule::GrantTypesUnused,
                severity: Severity::Low,
                about: vec!["authorization_code".to_owned()],
                number: 0,
                since: None,
                mend: None,
            },
            &Mend::RemoveGrantTypes(vec![GrantType::AuthorizationCode]),
            &security_review::mend::Along {
                grant_types: vec![GrantType::RefreshToken],
                redirect_uris: vec!["https://reports.acme.example/callback".to_owned()],
                frontchannel_logout_uri: Some("https://reports.acme.example/logout".to_owned()),
            },
        ),
        tokens::revoke::revoke_page(sample::desk("", Section::Grants), "9f86d081884c7d65", "Acme Reports", Some("bob")),
        tokens::revoke::revoke_all_page(client(), ID, "Acme Reports", 1001, 1001),
        sessions::end_page(sample::desk("", Section::Grants), "s_02", "bob", "Firefox on Linux", 2),
        keys::rotate_page(sample::desk("", Section::Keys), None),
        keys::rotate_page(sample::desk("", Section::Keys), Some(crate::management::keys::wait(9))),
        keys::withdraw_page(sample::desk("", Section::Keys)),
    ]
}
