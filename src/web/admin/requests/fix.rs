//! The button that mends what a request failed at, where it is safe to mend by a button: the client's registration is
//! changed by the operation and under the rules that its form uses, and the audit log says so.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde_json::{Map, Value};

use super::find;
use crate::domain::client::{Client, GrantType};
use crate::domain::redirect_uri::RedirectUri;
use crate::domain::scope::{self, Scope, ScopeCatalog};
use crate::management;
use crate::protocol::check::Check;
use crate::store::request_log::Record;
use crate::web::admin::clients::members_of;
use crate::web::admin::outdated;
use crate::web::admin::submitted::{Next, Submitted};
use crate::web::confirm::ConfirmPage;
use crate::web::error::PageError;
use crate::web::page::{Layout, Section, respond};
use crate::web::routes;
use crate::web::state::App;
use crate::web::visitor::Admin;

/// The scopes of the management API are nothing to give away by a click.
const OURS: &str = "grantor.";

/// What would let the request pass.
#[derive(Clone, Debug, PartialEq)]
pub enum Fix {
    AddRedirectUri(String),
    AddLogoutRedirectUri(String),
    AllowScope(Scope),
    AllowGrantType(GrantType),
    AcceptTokenEndpoint,
    Enable,
}

impl Fix {
    /// What would mend the client that a request was of; `None` where nothing would, or nothing that is safe, or where it
    /// is mended already.
    pub fn of(app: &App, record: &Record, client: &Client, catalog: &ScopeCatalog) -> Option<Self> {
        let failed = Check::from_stored(record.failed_check.as_deref()?)?;
        let detail: Map<String, Value> = serde_json::from_str(&record.detail).ok()?;
        // What was redacted is not what was sent.
        let received = detail.get("received").and_then(Value::as_str).filter(|received| !received.contains('…'));
        let members = &client.metadata;
        match failed {
            Check::ClientEnabled => (!client.is_enabled()).then_some(Self::Enable),
            Check::RedirectUri => {
                let uri = RedirectUri::parse(received?).ok()?;
                let is_missing = !client.redirect_uris.iter().any(|each| each.matches(uri.as_str()));
                is_missing.then(|| Self::AddRedirectUri(uri.as_str().to_owned()))
            }
            Check::LogoutRedirectUri => {
                let uri = RedirectUri::parse(received?).ok()?.as_str().to_owned();
                (!members.post_logout_redirect_uris.contains(&uri)).then_some(Self::AddLogoutRedirectUri(uri))
            }
            Check::ScopeAllowed => {
                let asked: Scope = received?.parse().ok()?;
                let is_safe = scope::names(&asked).iter().all(|name| !name.starts_with(OURS));
                let is_known = catalog.known(&asked) == asked && !scope::is_empty(&asked);
                let is_missing = !client.allowed_scope(catalog).priviledged_to(&asked);
                (is_safe && is_known && is_missing).then_some(Self::AllowScope(asked))
            }
            Check::GrantTypeAllowed => {
                let asked = GrantType::from_wire(received?)?;
                let is_possible = match asked {
                    GrantType::AuthorizationCode => !members.redirect_uris.is_empty(),
                    GrantType::RefreshToken => members.grant_types.iter().any(|each| each.asks_users()),
                    GrantType::DeviceCode => true,
                    GrantType::ClientCredentials => !client.is_public(),
                };
                (is_possible && !client.may_use(asked)).then_some(Self::AllowGrantType(asked))
            }
            Check::AssertionAudience => {
                let is_token_endpoint = received == Some(app.config.issuer.url(routes::TOKEN).as_str());
                let is_missing = members.client_assertion_audience == crate::domain::client::AssertionAudience::Issuer;
                (is_token_endpoint && is_missing).then_some(Self::AcceptTokenEndpoint)
            }
            _ => None,
        }
    }

    /// The words of the button.
    pub fn button(&self) -> String {
        match self {
            Self::AddRedirectUri(_) => t!("request-fix-redirect-uri"),
            Self::AddLogoutRedirectUri(_) => t!("request-fix-logout-uri"),
            Self::AllowScope(asked) => t!("request-fix-scopes", count = scope::names(asked).len()),
            Self::AllowGrantType(grant_type) => t!("request-fix-grant-type", name = grant_type.as_str()),
            Self::AcceptTokenEndpoint => t!("request-fix-audience"),
            Self::Enable => t!("request-fix-enable"),
        }
    }

    /// Where the button leads: a page that asks first.
    pub fn href(&self, record: &Record) -> String {
        match (self, &record.client_id) {
            (Self::Enable, Some(id)) => routes::admin_client_enable(id),
            _ => routes::admin_request_fix(&record.request_id),
        }
    }

    /// What it means, in a sentence or two.
    fn lead(&self) -> String {
        match self {
            Self::AddRedirectUri(_) => t!("request-fix-redirect-uri-help"),
            Self::AddLogoutRedirectUri(_) => t!("request-fix-logout-uri-help"),
            Self::AllowScope(_) => t!("request-fix-scopes-help"),
            Self::AllowGrantType(GrantType::ClientCredentials) => t!("request-fix-machine-help"),
            Self::AllowGrantType(GrantType::RefreshToken) => t!("request-fix-refresh-help"),
            Self::AllowGrantType(GrantType::AuthorizationCode) => t!("request-fix-code-help"),
            Self::AcceptTokenEndpoint => t!("request-fix-audience-help"),
            Self::Enable => t!("request-fix-enable-help"),
            Self::AllowGrantType(GrantType::DeviceCode) => t!("request-fix-device-help"),
        }
    }

    /// What changes, one line each.
    fn lines(&self) -> Vec<String> {
        match self {
            Self::AddRedirectUri(uri) | Self::AddLogoutRedirectUri(uri) => vec![uri.clone()],
            Self::AllowScope(asked) => scope::names(asked).into_iter().map(str::to_owned).collect(),
            Self::AllowGrantType(grant_type) => vec![grant_type.to_string()],
            Self::AcceptTokenEndpoint | Self::Enable => Vec::new(),
        }
    }

    /// The client's registration with it.
    fn apply(&self, client: &Client, catalog: &ScopeCatalog) -> Map<String, Value> {
        let mut members = members_of(&client.metadata);
        // They follow from the grant types.
        members.remove("response_types");
        let mut set = |name: &str, value: Value| drop(members.insert(name.to_owned(), value));
        let with = |list: &[String], one: &String| list.iter().chain([one]).cloned().collect::<Vec<_>>();
        match self {
            Self::AddRedirectUri(uri) => set("redirect_uris", with(&client.metadata.redirect_uris, uri).into()),
            Self::AddLogoutRedirectUri(uri) => {
                let uris = with(&client.metadata.post_logout_redirect_uris, uri);
                set("post_logout_redirect_uris", uris.into());
            }
            Self::AllowScope(asked) => {
                let scope = scope::union(&client.allowed_scope(catalog), asked);
                set("scope", scope::render(&scope).into());
            }
            Self::AllowGrantType(grant_type) => {
                let all = client.metadata.grant_types.iter().chain([grant_type]);
                set("grant_types", all.map(|each| each.as_str()).collect::<Vec<_>>().into());
            }
            Self::AcceptTokenEndpoint => set("client_assertion_audience", "token_endpoint".into()),
            Self::Enable => {}
        }
        members
    }
}

/// Asks before `POST /admin/requests/{id}/fix`.
pub fn fix_page(layout: Layout, request_id: &str, name: &str, version: i32, fix: &Fix) -> ConfirmPage {
    ConfirmPage::ask(
        layout,
        t!("request-fix-question", button = fix.button(), client = name),
        fix.lead(),
        (&fix.button(), routes::admin_request_fix(request_id)),
        (&t!("request-fix-back"), routes::admin_request(request_id)),
    )
    .with(fix.lines())
    .sending("version", version.to_string())
}

/// `GET /admin/requests/{id}/fix`
pub async fn confirm(user: Admin, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let record = find(&user, &id).await?;
    let (client, fix) = mend(&user, &record).await?;
    let layout = user.layout("", Section::Requests);
    Ok(respond(StatusCode::OK, &fix_page(layout, &id, client.name(), client.version, &fix)))
}

/// `POST /admin/requests/{id}/fix`
pub async fn apply(sent: Submitted, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let version = outdated::version(&sent)?;
    let record = find(&sent.admin, &id).await?;
    let (client, fix) = mend(&sent.admin, &record).await?;
    let catalog = sent.admin.visitor.app.store.catalog().await?;
    let members = fix.apply(&client, &catalog.scopes);
    let client_id = client.id.clone();
    let next = Next::new(t!("request-fixed"), routes::admin_request(&id));
    sent.act(next, move |connection, context| {
        management::clients::update(connection, context, &client_id, Some(version), &members, &catalog.scopes)?;
        Ok(())
    })
    .await
}

/// The client of a request as it is now, and what would mend it.
async fn mend(user: &Admin, record: &Record) -> Result<(std::sync::Arc<Client>, Fix), PageError> {
    let app = &user.visitor.app;
    let client = match &record.client_id {
        Some(id) => app.store.client(id).await?,
        None => None,
    };
    let client = client.ok_or(PageError::NotFound)?;
    let catalog = app.store.catalog().await?;
    let fix = Fix::of(app, record, &client, &catalog.scopes).filter(|fix| *fix != Fix::Enable);
    let gone = || PageError::Conflict(t!("request-nothing-to-fix"));
    Ok((client, fix.ok_or_else(gone)?))
}
