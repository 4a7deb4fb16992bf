//! The button that mends a finding by changing the registration.

use std::collections::BTreeSet;
use std::slice::from_ref;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde_json::{Map, Value};

use super::words;
use crate::domain::client::{Client, GrantType};
use crate::domain::scope::{self, ScopeCatalog};
use crate::jobs::review::{last_used, reviews};
use crate::management;
use crate::protocol::review::{Finding, Mend, Rule};
use crate::store::{StoreError, clients};
use crate::web::admin::clients::members_of;
use crate::web::admin::outdated;
use crate::web::admin::submitted::{Next, Submitted};
use crate::web::confirm::ConfirmPage;
use crate::web::error::PageError;
use crate::web::page::{Layout, Section, respond};
use crate::web::routes;
use crate::web::visitor::{Admin, User};

/// Asks before `POST /admin/clients/{id}/review/{rule}`; `along` is what has to go, too.
pub fn mend_page(
    layout: Layout,
    client: (&str, &str, i32),
    finding: &Finding,
    mend: &Mend,
    along: &Along,
) -> ConfirmPage {
    let (id, name, version) = client;
    let button = words::mend(mend);
    let path = routes::admin_client_review_mend(id, finding.rule.as_str());
    ConfirmPage::ask(
        layout,
        t!("mend-question", button = button, client = name),
        words::lead(mend),
        (&button, path),
        (name, routes::admin_client(id)),
    )
    .with(finding.about.clone())
    .with(along.in_words())
    .sending("version", version.to_string())
}

/// `GET /admin/clients/{id}/review/{rule}`
pub async fn confirm(user: Admin, path: web::Path<(String, String)>) -> Result<HttpResponse, PageError> {
    let (id, rule) = path.into_inner();
    let (client, finding, mend) = find(&user, &id, &rule).await?;
    let layout = user.layout("", Section::Clients);
    let along = Along::of(&client, &mend);
    let page = mend_page(layout, (&client.id, client.name(), client.version), &finding, &mend, &along);
    Ok(respond(StatusCode::OK, &page))
}

/// `POST /admin/clients/{id}/review/{rule}`
pub async fn apply(sent: Submitted, path: web::Path<(String, String)>) -> Result<HttpResponse, PageError> {
    let version = outdated::version(&sent)?;
    let (id, rule) = path.into_inner();
    let (client, _, mend) = find(&sent.admin, &id, &rule).await?;
    let catalog = sent.admin.visitor.app.store.catalog().await?;
    let members = members(&client, &mend, &catalog.scopes);
    let next = Next::new(t!("mend-done"), format!("{}#review", routes::admin_client(&id)));
    sent.act(next, move |connection, context| {
        management::clients::update(connection, context, &id, Some(version), &members, &catalog.scopes)?;
        Ok(())
    })
    .await
}

/// The client as it is now, with what this rule finds and what would mend it.
async fn find(user: &User, id: &str, rule: &str) -> Result<(Client, Finding, Mend), PageError> {
    let rule = Rule::from_path(rule).ok_or(PageError::NotFound)?;
    let app = &user.visitor.app;
    let (catalog, now, id) = (app.store.catalog().await?, user.visitor.now(), id.to_owned());
    let found = app
        .store
        .read::<_, StoreError, _>(move |connection| {
            let Some(client) = clients::find(connection, &id)? else { return Ok(None) };
            let last_used = last_used(connection, from_ref(&client))?;
            let review = reviews(connection, from_ref(&client), &last_used, &catalog.scopes, now)?.remove(&client.id);
            Ok(Some((client, review)))
        })
        .await?;
    let (client, review) = found.ok_or(PageError::NotFound)?;
    let finding = review.into_iter().flat_map(|review| review.findings).find(|finding| finding.rule == rule);
    let finding = finding.ok_or_else(|| PageError::Conflict(t!("mend-nothing-left")))?;
    // Secrets and the client itself have pages of their own.
    let by_registration = |mend: &Mend| !matches!(mend, Mend::DeleteSecret(_) | Mend::RotateSecret | Mend::Disable);
    let mend = finding.mend.clone().filter(by_registration).ok_or(PageError::NotFound)?;
    Ok((client, finding, mend))
}

/// The registration with the finding mended.
fn members(client: &Client, mend: &Mend, catalog: &ScopeCatalog) -> Map<String, Value> {
    let mut members = members_of(&client.metadata);
    // They follow from the grant types.
    members.remove("response_types");
    match mend {
        Mend::AskForConsent => drop(members.insert("skip_consent".to_owned(), false.into())),
        Mend::RequirePkce => drop(members.insert("require_pkce".to_owned(), true.into())),
        Mend::RemoveRedirectUris(gone) => {
            let left = client.metadata.redirect_uris.iter().filter(|uri| !gone.contains(uri));
            members.insert("redirect_uris".to_owned(), left.cloned().collect::<Vec<_>>().into());
        }
        Mend::RemoveScopes(gone) => {
            let gone = scope::from_names(gone.iter().map(String::as_str));
            let allowed = client.metadata.scope.clone().unwrap_or_else(|| client.allowed_scope(catalog));
            let left = scope::difference(&allowed, &gone);
            members.insert("scope".to_owned(), scope::render(&left).into());
        }
        Mend::RemoveGrantTypes(gone) => {
            let along = Along::of(client, mend);
            let left = left_of(client, gone).into_iter().filter(|each| !along.grant_types.contains(each));
            members.insert("grant_types".to_owned(), left.map(GrantType::as_str).collect::<Vec<_>>().into());
            if !along.redirect_uris.is_empty() {
                members.remove("redirect_uris");
            }
            if along.frontchannel_logout_uri.is_some() {
                members.remove("frontchannel_logout_uri");
            }
        }
        Mend::UseDefaultAccessTokenLifetime => drop(members.remove("access_token_lifetime")),
        Mend::UseDefaultRefreshTokenLifetime => drop(members.remove("refresh_token_lifetime")),
        Mend::DeleteSecret(_) | Mend::RotateSecret | Mend::Disable => {}
    }
    members
}

/// What has to go with grant types, because it is of no use without them, and is refused.
#[derive(Default)]
pub struct Along {
    pub grant_types: Vec<GrantType>,
    pub redirect_uris: Vec<String>,
    /// It shares its origin with a redirect URI.
    pub frontchannel_logout_uri: Option<String>,
}

impl Along {
    fn of(client: &Client, mend: &Mend) -> Self {
        let Mend::RemoveGrantTypes(gone) = mend else { return Self::default() };
        let left = left_of(client, gone);
        let is_alone = left.contains(&GrantType::RefreshToken) && !left.iter().any(|each| each.asks_users());
        let grant_types = if is_alone { vec![GrantType::RefreshToken] } else { Vec::new() };
        if left.contains(&GrantType::AuthorizationCode) {
            return Self { grant_types, ..Self::default() };
        }
        Self {
            grant_types,
            redirect_uris: client.metadata.redirect_uris.clone(),
            frontchannel_logout_uri: client.metadata.frontchannel_logout_uri.clone(),
        }
    }

    fn in_words(&self) -> Vec<String> {
        let grant_types = self.grant_types.iter().map(|each| t!("mend-grant-type-goes", name = each.as_str()));
        let uris = self.redirect_uris.iter().map(|uri| t!("mend-redirect-uri-goes", uri = uri));
        let logout = self.frontchannel_logout_uri.iter().map(|uri| t!("mend-logout-uri-goes", uri = uri));
        grant_types.chain(uris).chain(logout).collect()
    }
}

/// The grant types that a client keeps.
fn left_of(client: &Client, gone: &[GrantType]) -> BTreeSet<GrantType> {
    client.metadata.grant_types.iter().copied().filter(|each| !gone.contains(each)).collect()
}
