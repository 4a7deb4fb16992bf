//! `/account/applications`: which clients you allowed what, and how to take it back.
//!
//! The title says "applications", because that is what people call them; everywhere else they are clients.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::clock::Timestamp;
use crate::domain::client::Client;
use crate::domain::grant::{LiveGrant, alive};
use crate::domain::scope::{self, ScopeCatalog};
use crate::management::{self, ManagementError};
use crate::store::{Failure, StoreError, grants};
use crate::web::confirm::ConfirmPage;
use crate::web::error::{PageError, see_other};
use crate::web::page::{Layout, Moment, ScopeLine, Section, respond, sample};
use crate::web::routes;
use crate::web::visitor::User;

#[derive(Template)]
#[template(path = "account/applications.html")]
pub struct ApplicationsPage {
    pub layout: Layout,
    pub applications: Vec<Application>,
}

/// A client that holds a live grant of this user.
pub struct Application {
    pub client_id: String,
    pub name: String,
    /// The host of its web page or first redirect URI; empty for one without.
    pub host: String,
    pub scopes: Vec<ScopeLine>,
    pub since: Moment,
    pub last_used: Option<Moment>,
}

/// Asks before `POST /account/applications/{client_id}/withdraw`.
pub fn withdraw_page(mut layout: Layout, client_id: &str, name: &str) -> ConfirmPage {
    layout.title = t!("applications-withdraw-title", client = name);
    ConfirmPage {
        layout,
        lead: t!("applications-withdraw-lead", client = name),
        consequences: vec![t!("applications-withdraw-ends"), t!("applications-withdraw-asks")],
        action: routes::account_application_withdraw(client_id),
        hidden: Vec::new(),
        button: t!("applications-withdraw"),
        is_dangerous: true,
        back: (t!("place-applications"), routes::ACCOUNT_APPLICATIONS.to_owned()),
    }
}

impl ApplicationsPage {
    pub fn title() -> String {
        t!("place-applications")
    }

    pub fn samples() -> Vec<Self> {
        let page = |applications| Self { layout: sample::account(&Self::title(), Section::Applications), applications };
        let applications = vec![
            Application {
                client_id: "c_9aVqk2Lw0TzYx4RbN1mEuP".into(),
                name: "Acme Reports".into(),
                host: "reports.acme.example".into(),
                scopes: sample::scopes(),
                since: sample::ago(86_400 * 20),
                last_used: Some(sample::ago(600)),
            },
            Application {
                client_id: "c_2".into(),
                name: sample::LONG.into(),
                host: String::new(),
                scopes: sample::scopes().into_iter().take(1).collect(),
                since: sample::ago(86_400 * 400),
                last_used: None,
            },
        ];
        vec![page(applications), page(Vec::new())]
    }
}

/// `GET /account/applications`
pub async fn index(user: User) -> Result<HttpResponse, PageError> {
    let app = &user.visitor.app;
    let (owner_id, now, cache) = (user.owner.id.clone(), user.visitor.now(), app.store.cache());
    let catalog = app.store.catalog().await?;
    let applications = app
        .store
        .read::<_, StoreError, _>(move |connection| {
            let filter = grants::Filter { owner_id: Some(owner_id.clone()), ..grants::Filter::default() };
            let mut by_client: BTreeMap<String, Vec<LiveGrant>> = BTreeMap::new();
            let mut clients = BTreeMap::new();
            for record in grants::list(connection, &filter, MAX_GRANTS)? {
                let Some(client) = cache.client(connection, &record.client_id)? else { continue };
                let is_over = record.expires_at.is_some_and(|end| end <= now);
                if let Some(live) = alive(record, Some(&client)).filter(|_| !is_over) {
                    by_client.entry(client.id.clone()).or_default().push(live);
                    clients.insert(client.id.clone(), client);
                }
            }
            Ok(by_client
                .into_iter()
                .filter_map(|(id, grants)| Some((clients.get(&id)?.clone(), grants)))
                .collect::<Vec<_>>())
        })
        .await?;
    let mut applications: Vec<Application> =
        applications.iter().map(|(client, grants)| application(client, grants, &catalog.scopes, now)).collect();
    applications.sort_by_key(|application| application.name.to_lowercase());
    let page = ApplicationsPage { layout: user.layout(ApplicationsPage::title(), Section::Applications), applications };
    Ok(respond(StatusCode::OK, &page))
}

/// Most grants that are looked at for one page.
const MAX_GRANTS: i64 = 1000;

fn application(client: &Client, grants: &[LiveGrant], catalog: &ScopeCatalog, now: Timestamp) -> Application {
    let scope = grants.iter().fold(scope::empty(), |all, grant| scope::union(&all, &grant.scope));
    let since = grants.iter().map(|grant| grant.record.created_at).min().unwrap_or(now);
    let last_used = grants.iter().map(|grant| grant.record.last_used_at).max();
    Application {
        client_id: client.id.clone(),
        name: client.name().to_owned(),
        host: client.redirect_uris.first().map(|uri| uri.host_for_display().to_owned()).unwrap_or_default(),
        scopes: scope::names(&scope)
            .into_iter()
            .map(|name| ScopeLine::new(name, catalog.find(name).map_or("", |entry| entry.description.as_str())))
            .collect(),
        since: Moment::new(since, now),
        last_used: last_used.map(|at| Moment::new(at, now)),
    }
}

/// `GET /account/applications/{client_id}/withdraw`
pub async fn confirm(user: User, client_id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let client = user.visitor.app.store.client(&client_id).await?.ok_or(PageError::NotFound)?;
    let layout = user.layout("", Section::Applications);
    Ok(respond(StatusCode::OK, &withdraw_page(layout, &client.id, client.name())))
}

/// `POST /account/applications/{client_id}/withdraw`
pub async fn withdraw(
    user: User,
    client_id: web::Path<String>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, PageError> {
    user.visitor.form(&request, payload).await?;
    let client = user.visitor.app.store.client(&client_id).await?.ok_or(PageError::NotFound)?;
    let (context, owner_id, id) = (user.context(), user.owner.id.clone(), client.id.clone());
    let outcome: Result<(), Failure<ManagementError>> = user
        .visitor
        .app
        .store
        .write(move |connection| management::grants::withdraw(connection, &context, &owner_id, &id))
        .await;
    match outcome {
        Ok(()) => {
            user.flash(t!("applications-withdrawn", client = client.name()));
            Ok(see_other(routes::ACCOUNT_APPLICATIONS))
        }
        Err(Failure::Refused(_)) => Err(PageError::NotFound),
        Err(Failure::Store(error)) => Err(error.into()),
    }
}
