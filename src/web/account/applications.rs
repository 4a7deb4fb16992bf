//! `/account/applications`: what you allowed which clients, when, and how to take it back, or take that back.
//!
//! A withdrawal ends all tokens for good: a revoked token is never revived, whoever may have copied it. What a mistaken click
//! can cost is the remembered consent, and that can be restored for [`UNDO`](management::grants::UNDO): then the next sign-in
//! does not ask.
//!
//! The title says "applications", because that is what people call them; everywhere else they are clients.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::act;
use super::consent::ConsentScope;
use crate::clock::Timestamp;
use crate::domain::account_event::Kind;
use crate::domain::client::Client;
use crate::domain::grant::{LiveGrant, alive};
use crate::domain::resource_owner::ResourceOwner;
use crate::domain::scope::{self, Scope, ScopeCatalog};
use crate::management;
use crate::protocol::authorize::interaction::remembers_consent;
use crate::protocol::parameters::Parameters;
use crate::store::account_events::{self, Event};
use crate::store::consents::{self, Remembered};
use crate::store::{StoreError, grants};
use crate::web::confirm::ConfirmPage;
use crate::web::error::{PageError, see_other};
use crate::web::language;
use crate::web::page::face::Face;
use crate::web::page::{Layout, Moment, Pager, ScopeLine, Section, Tone, respond, sample};
use crate::web::visitor::User;
use crate::web::{routes, session};

#[derive(Template)]
#[template(path = "account/applications.html")]
pub struct ApplicationsPage {
    pub layout: Layout,
    /// Withdrawn a moment ago: that can be undone.
    pub undoable: Vec<Undoable>,
    /// By name.
    pub applications: Vec<Application>,
    /// What was allowed once.
    pub earlier: Vec<Earlier>,
    pub pager: Pager,
}

/// A client that may act for this user.
pub struct Application {
    pub client_id: String,
    pub name: String,
    pub face: Face,
    /// The host of its web page or first redirect URI; empty for one without.
    pub host: String,
    pub scopes: Vec<ConsentScope>,
    pub since: Moment,
    pub last_used: Option<Moment>,
    /// Nothing it holds works at the moment, but it need not ask.
    pub is_idle: bool,
    pub history: Vec<Change>,
}

/// A client whose access was just withdrawn.
pub struct Undoable {
    pub client_id: String,
    pub name: String,
    pub at: Moment,
    pub until: Moment,
}

/// A client that may do nothing any more.
pub struct Earlier {
    pub name: String,
    pub history: Vec<Change>,
}

/// What was once decided about a client.
pub struct Change {
    pub at: Moment,
    pub what: String,
    /// What was allowed.
    pub scopes: Vec<ScopeLine>,
}

/// Asks before `POST /account/applications/{client_id}/withdraw`.
pub fn withdraw_page(mut layout: Layout, client_id: &str, name: &str, is_remembered: bool) -> ConfirmPage {
    layout.title = t!("applications-withdraw-title", client = name);
    let mut consequences = vec![t!("applications-withdraw-ends"), t!("applications-withdraw-asks")];
    if is_remembered {
        consequences.push(t!("applications-withdraw-undo"));
    }
    ConfirmPage {
        layout,
        lead: t!("applications-withdraw-lead", client = name),
        consequences,
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
        let change = |ago, what: String, scopes: usize| Change {
            at: sample::ago(ago),
            what,
            scopes: sample::scopes().into_iter().take(scopes).collect(),
        };
        let allowed = || change(86_400 * 20, t!("event-allowed"), 3);
        let applications = vec![
            Application {
                client_id: "c_9aVqk2Lw0TzYx4RbN1mEuP".into(),
                name: "Acme Reports".into(),
                face: Face::named("Acme Reports"),
                host: "reports.acme.example".into(),
                scopes: ConsentScope::samples(),
                since: sample::ago(86_400 * 20),
                last_used: Some(sample::ago(600)),
                is_idle: false,
                history: vec![change(3600, t!("event-restored"), 0), change(3700, t!("event-withdrawn"), 0), allowed()],
            },
            Application {
                client_id: "c_2".into(),
                name: sample::LONG.into(),
                face: Face::named(sample::LONG),
                host: String::new(),
                scopes: ConsentScope::samples().into_iter().take(1).collect(),
                since: sample::ago(86_400 * 400),
                last_used: None,
                is_idle: true,
                history: Vec::new(),
            },
        ];
        let undoable = vec![Undoable {
            client_id: "c_3".into(),
            name: "Acme Mail".into(),
            at: sample::ago(120),
            until: sample::ago(-480),
        }];
        let earlier =
            vec![Earlier { name: "Acme Mail".into(), history: vec![change(120, t!("event-withdrawn"), 0), allowed()] }];
        let page = |undoable, applications, earlier| Self {
            layout: sample::account(&Self::title(), Section::Applications),
            undoable,
            applications,
            earlier,
            pager: Pager::default(),
        };
        vec![page(undoable, applications, earlier), page(Vec::new(), Vec::new(), Vec::new())]
    }
}

/// Most grants that are looked at for one page.
const MAX_GRANTS: i64 = 1000;
/// Applications on one page.
const PAGE: usize = 50;
/// Most events.
const MAX_EVENTS: i64 = 500;

/// What is stored about one client.
#[derive(Default)]
struct Known {
    grants: Vec<LiveGrant>,
    remembered: Option<Remembered>,
    /// Newest first.
    events: Vec<Event>,
}

/// `GET /account/applications?after=`
pub async fn index(user: User, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let query = Parameters::parse(request.query_string().as_bytes()).map_err(|_| PageError::NotFound)?;
    let after = query.get("after").map(str::to_owned);
    let app = &user.visitor.app;
    let (owner_id, now, cache) = (user.owner.id.clone(), user.visitor.now(), app.store.cache());
    let catalog = app.store.catalog().await?;
    let all = app
        .store
        .read::<_, StoreError, _>(move |connection| {
            let mut all: BTreeMap<String, Known> = BTreeMap::new();
            for event in account_events::of_applications(connection, &owner_id, MAX_EVENTS)? {
                let Some(id) = event.client_id.clone() else { continue };
                all.entry(id).or_default().events.push(event);
            }
            for remembered in consents::list_of_owner(connection, &owner_id)? {
                let known = all.entry(remembered.client_id.clone()).or_default();
                known.remembered = Some(remembered);
            }
            let filter = grants::Filter { owner_id: Some(owner_id.clone()), ..grants::Filter::default() };
            let records = grants::list(connection, &filter, MAX_GRANTS, now)?;
            let ids = all.keys().chain(records.iter().map(|record| &record.client_id));
            let ids: Vec<String> = ids.collect::<BTreeSet<_>>().into_iter().cloned().collect();
            let mut clients = cache.clients(connection, &ids)?;
            for record in records {
                let Some(client) = clients.get(&record.client_id) else { continue };
                if let Some(live) = alive(record, Some(&**client)) {
                    all.entry(client.id.clone()).or_default().grants.push(live);
                }
            }
            Ok(all.into_iter().map(|(id, known)| (clients.remove(&id), known)).collect::<Vec<_>>())
        })
        .await?;
    let mut page = ApplicationsPage {
        layout: user.layout(ApplicationsPage::title(), Section::Applications),
        undoable: Vec::new(),
        applications: Vec::new(),
        earlier: Vec::new(),
        pager: Pager::default(),
    };
    let mut allowed = Vec::new();
    for (client, known) in &all {
        let client = client.as_deref();
        if let Some(client) = client
            && let Some(until) = known.events.first().and_then(|last| management::grants::undoable_until(last, now))
            && remembers_consent(client)
        {
            page.undoable.push(Undoable {
                client_id: client.id.clone(),
                name: language::clients::name(client),
                at: Moment::new(known.events[0].at, now),
                until: Moment::new(until, now),
            });
        }
        match client.filter(|_| !known.grants.is_empty() || known.remembered.is_some()) {
            Some(client) => allowed.push((language::clients::name(client), client, known)),
            None if !known.events.is_empty() => {
                let name = client.map(language::clients::name);
                let name = name.or_else(|| known.events[0].detail["client"].as_str().map(str::to_owned));
                let history = history(&known.events, &catalog.scopes, now);
                page.earlier.push(Earlier { name: name.unwrap_or_default(), history });
            }
            None => {}
        }
    }
    allowed.sort_by_cached_key(|(name, client, _)| (name.to_lowercase(), client.id.clone()));
    // One that is not there any more lets the list begin anew.
    let place = after.and_then(|after| allowed.iter().position(|(_, client, _)| client.id == after));
    let begin = place.map_or(0, |at| at + 1);
    let line =
        |(_, client, known): &(_, &Client, &Known)| application(client, known, &catalog.scopes, &user.owner, now);
    page.applications = allowed.iter().skip(begin).take(PAGE).map(line).collect();
    page.pager = pager(&allowed, begin);
    if begin > 0 {
        // What was taken back stands on the first page.
        (page.undoable, page.earlier) = (Vec::new(), Vec::new());
    }
    page.earlier.sort_by_key(|earlier| earlier.name.to_lowercase());
    Ok(respond(StatusCode::OK, &page))
}

/// The links to the pages before and after the one that begins here.
fn pager(all: &[(String, &Client, &Known)], begin: usize) -> Pager {
    let from = |at: usize| match at.checked_sub(1).and_then(|before| all.get(before)) {
        Some((_, client, _)) => routes::with_query(routes::ACCOUNT_APPLICATIONS, &[("after", &client.id)]),
        None => routes::ACCOUNT_APPLICATIONS.to_owned(),
    };
    Pager {
        previous: (begin > 0).then(|| from(begin.saturating_sub(PAGE))),
        next: (begin + PAGE < all.len()).then(|| from(begin + PAGE)),
    }
}

fn application(
    client: &Client,
    known: &Known,
    catalog: &ScopeCatalog,
    owner: &ResourceOwner,
    now: Timestamp,
) -> Application {
    let remembered = known.remembered.as_ref();
    let granted = known.grants.iter().map(|grant| &grant.scope);
    let scope: Scope = granted
        .chain(remembered.map(|remembered| &remembered.consent.scope))
        .fold(scope::empty(), |all, each| scope::union(&all, each));
    let since = known.grants.iter().map(|grant| grant.record.created_at);
    let since = since.chain(remembered.map(|remembered| remembered.created_at)).min().unwrap_or(now);
    let last_used = known.grants.iter().map(|grant| grant.record.last_used_at).max();
    Application {
        client_id: client.id.clone(),
        name: language::clients::name(client),
        face: Face::of(client),
        host: client.redirect_uris.first().map(|uri| uri.host_for_display().to_owned()).unwrap_or_default(),
        scopes: scope::names(&scope).into_iter().map(|name| ConsentScope::of(name, catalog, owner)).collect(),
        since: Moment::new(since, now),
        last_used: last_used.map(|at| Moment::new(at, now)),
        is_idle: known.grants.is_empty(),
        history: history(&known.events, catalog, now),
    }
}

fn history(events: &[Event], catalog: &ScopeCatalog, now: Timestamp) -> Vec<Change> {
    let change = |event: &Event| {
        let what = match event.kind? {
            Kind::Allowed => t!("event-allowed"),
            Kind::Withdrawn => t!("event-withdrawn"),
            Kind::Restored => t!("event-restored"),
            _ => return None,
        };
        let names = event.detail["scope"].as_str().filter(|_| event.kind == Some(Kind::Allowed)).unwrap_or_default();
        let names: BTreeSet<&str> = names.split(' ').filter(|name| !name.is_empty()).collect();
        let line = |name| ScopeLine::new(name, catalog.find(name).map_or("", |entry| entry.description.as_str()));
        Some(Change { at: Moment::new(event.at, now), what, scopes: names.into_iter().map(line).collect() })
    };
    events.iter().filter_map(change).collect()
}

/// `GET /account/applications/{client_id}/withdraw`
pub async fn confirm(user: User, client_id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let client = user.visitor.app.store.client(&client_id).await?.ok_or(PageError::NotFound)?;
    let layout = user.layout("", Section::Applications);
    Ok(respond(
        StatusCode::OK,
        &withdraw_page(layout, &client.id, &language::clients::name(&client), remembers_consent(&client)),
    ))
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
    let done = t!("applications-withdrawn", client = language::clients::name(&client));
    // What has nothing left to lose has lost it.
    let _ = act(&user, move |connection, context, owner_id| {
        management::grants::withdraw(connection, context, owner_id, &client.id)
    })
    .await?;
    user.flash(done);
    Ok(see_other(routes::ACCOUNT_APPLICATIONS))
}

/// `POST /account/applications/{client_id}/undo`
pub async fn undo(
    user: User,
    client_id: web::Path<String>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, PageError> {
    user.visitor.form(&request, payload).await?;
    let client = user.visitor.app.store.client(&client_id).await?.ok_or(PageError::NotFound)?;
    let name = language::clients::name(&client);
    let mut is_restored = remembers_consent(&client);
    if is_restored {
        let undone = act(&user, move |connection, context, owner_id| {
            management::grants::undo_withdrawal(connection, context, owner_id, &client)
        });
        is_restored = undone.await?.is_ok();
    }
    if is_restored {
        user.flash(t!("applications-restored", client = name));
    } else {
        session::flash(&user.visitor.session, Tone::Danger, t!("applications-undo-late", client = name));
    }
    Ok(see_other(routes::ACCOUNT_APPLICATIONS))
}
