//! `/admin/grants`: who allowed which client what, and the tokens that came of it.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::clock::Timestamp;
use crate::domain::client::Client;
use crate::domain::grant::{GrantId, GrantRecord, alive};
use crate::domain::resource_owner::login_key;
use crate::domain::scope::{self, Scope, ScopeCatalog};
use crate::management::{self, ManagementError};
use crate::protocol::parameters::Parameters;
use crate::store::connection::AnyConnection;
use crate::store::grants::TokenSummary;
use crate::store::{Failure, StoreError, clients, grants, resource_owners};
use crate::web::confirm::ConfirmPage;
use crate::web::error::{PageError, see_other};
use crate::web::form::BodyProblem;
use crate::web::page::{Layout, Moment, Pager, ScopeLine, Section, Status, Tone, count, respond, sample};
use crate::web::visitor::Admin;
use crate::web::{only_page, routes, session};

/// `GET /admin/grants?user=&client=`
#[derive(Template)]
#[template(path = "admin/grants/index.html")]
pub struct IndexPage {
    pub layout: Layout,
    /// Filters: a username, and a client's id or name.
    pub user: String,
    pub client: String,
    pub grants: Vec<GrantLine>,
    pub pager: Pager,
}

/// A live grant in the list.
pub struct GrantLine {
    pub id: String,
    /// `None` for a machine that acts for itself.
    pub username: Option<String>,
    pub client_name: String,
    pub scopes: Vec<ScopeLine>,
    pub since: Moment,
    /// Live access and refresh tokens.
    pub tokens: i64,
}

/// `GET /admin/grants/{id}`
#[derive(Template)]
#[template(path = "admin/grants/show.html")]
pub struct ShowPage {
    /// Its title: [`ShowPage::title`].
    pub layout: Layout,
    pub id: String,
    /// Username and id; `None` for a machine that acts for itself.
    pub user: Option<(String, String)>,
    pub client_name: String,
    pub client_id: String,
    pub scopes: Vec<ScopeLine>,
    /// The APIs it is for; empty means none in particular.
    pub resources: Vec<String>,
    pub status: Status,
    /// Whether there is something left to revoke.
    pub is_live: bool,
    pub since: Moment,
    pub last_used: Option<Moment>,
    /// Newest first; the handler bounds their number.
    pub tokens: Vec<TokenLine>,
}

/// A token, without its value.
pub struct TokenLine {
    /// `Access token`, `Refresh token`.
    pub kind: String,
    pub issued: Moment,
    pub expires: Moment,
    /// `Live`, `Expired`, `Revoked`, `Rotated`: [`TokenLine::live`] and its like.
    pub status: Status,
}

/// Asks before `POST /admin/grants/{id}/revoke`.
pub fn revoke_page(mut layout: Layout, id: &str, client_name: &str, username: &str, live_tokens: i64) -> ConfirmPage {
    "Revoke this grant?".clone_into(&mut layout.title);
    ConfirmPage {
        layout,
        lead: format!("{client_name} can no longer act for {username}."),
        consequences: vec![
            format!("{} end at once", count(live_tokens, "token")),
            format!("{client_name} has to ask {username} again"),
        ],
        action: routes::admin_grant_revoke(id),
        hidden: Vec::new(),
        button: "Revoke grant".to_owned(),
        is_dangerous: true,
        back: ("The grant".to_owned(), routes::admin_grant(id)),
    }
}

impl IndexPage {
    pub const TITLE: &str = "Grants";

    pub fn is_filtered(&self) -> bool {
        !self.user.is_empty() || !self.client.is_empty()
    }

    pub fn samples() -> Vec<Self> {
        let line = |id: &str, username: Option<&str>, client: &str, scopes: usize, since, tokens| GrantLine {
            id: id.into(),
            username: username.map(str::to_owned),
            client_name: client.into(),
            scopes: sample::scopes().into_iter().take(scopes).collect(),
            since,
            tokens,
        };
        let page = |user: &str, grants, pager| Self {
            layout: sample::desk(Self::TITLE, Section::Grants),
            user: user.into(),
            client: String::new(),
            grants,
            pager,
        };
        let grants = vec![
            line("g_41", Some("bob"), "Acme Reports", 5, sample::ago(86_400 * 20), 12),
            line("g_42", None, "Nightly export", 1, sample::ago(3000), 1),
            line("g_43", Some(sample::LONG), sample::LONG, 2, sample::ago(30), 2),
        ];
        let pager = Pager { newer: None, older: Some("/admin/grants?after=g_43".into()) };
        vec![
            page("", grants, pager),
            page("", Vec::new(), Pager::default()),
            page("nobody", Vec::new(), Pager::default()),
        ]
    }
}

impl ShowPage {
    pub fn title(client_name: &str, username: Option<&str>) -> String {
        username.map_or_else(|| client_name.to_owned(), |username| format!("{client_name} for {username}"))
    }

    pub fn samples() -> Vec<Self> {
        let token = |kind: &str, issued, expires, status| TokenLine { kind: kind.into(), issued, expires, status };
        let tokens = vec![
            token("Access token", sample::ago(600), sample::ahead(3000), TokenLine::live()),
            token("Refresh token", sample::ago(600), sample::ahead(86_400 * 30), TokenLine::live()),
            token("Refresh token", sample::ago(4200), sample::ahead(86_400 * 30), TokenLine::rotated()),
            token("Access token", sample::ago(4200), sample::ago(600), TokenLine::expired()),
        ];
        let page = |user: Option<&str>, is_live, resources, tokens| Self {
            layout: sample::desk(&Self::title("Acme Reports", user), Section::Grants),
            id: "g_41".into(),
            user: user.map(|user| (user.to_owned(), "u_7Qp0s3xK".to_owned())),
            client_name: "Acme Reports".into(),
            client_id: "c_9aVqk2Lw0TzYx4RbN1mEuP".into(),
            scopes: sample::scopes(),
            resources,
            status: if is_live { TokenLine::live() } else { TokenLine::revoked() },
            is_live,
            since: sample::ago(86_400 * 20),
            last_used: is_live.then(|| sample::ago(600)),
            tokens,
        };
        let resources = vec!["https://api.acme.example/reports".to_owned()];
        vec![page(Some("bob"), true, resources, tokens), page(None, false, Vec::new(), Vec::new())]
    }
}

impl TokenLine {
    pub fn live() -> Status {
        Status::new(Tone::Success, "Live")
    }

    pub fn expired() -> Status {
        Status::new(Tone::Neutral, "Expired")
    }

    pub fn rotated() -> Status {
        Status::new(Tone::Neutral, "Rotated")
    }

    pub fn revoked() -> Status {
        Status::new(Tone::Danger, "Revoked")
    }
}

const PAGE: usize = 50;
/// By this one more it is known whether there is another page.
const PAGE_AND_ONE: i64 = 51;
/// Most tokens of each kind that a grant's page shows.
const MAX_TOKENS: i64 = 50;

/// What the filter stands for.
enum Narrowed {
    To(grants::Filter),
    /// Nobody is called like this.
    Nothing,
    /// Several clients are.
    Ambiguous,
}

/// `GET /admin/grants`
pub async fn index(user: Admin, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let query = Parameters::parse(request.query_string().as_bytes()).map_err(BodyProblem::Malformed)?;
    let field = |name| query.get(name).unwrap_or_default().trim().to_owned();
    let (username, client) = (field("user"), field("client"));
    let before = match query.get("before") {
        Some(id) => Some(id.parse::<GrantId>().map_err(|_| PageError::NotFound)?),
        None => None,
    };
    let app = &user.visitor.app;
    let catalog = app.store.catalog().await?;
    let (cache, now) = (app.store.cache(), user.visitor.now());
    let (wanted_user, wanted_client) = (username.clone(), client.clone());
    let (lines, last, is_ambiguous) = app
        .store
        .read::<_, StoreError, _>(move |connection| {
            let filter = match narrow(connection, &wanted_user, &wanted_client)? {
                Narrowed::To(filter) => grants::Filter { before, ..filter },
                Narrowed::Nothing => return Ok((Vec::new(), None, false)),
                Narrowed::Ambiguous => return Ok((Vec::new(), None, true)),
            };
            let mut records = grants::list(connection, &filter, PAGE_AND_ONE)?;
            let has_more = records.len() > PAGE;
            records.truncate(PAGE);
            let last = records.last().map(|record| record.id).filter(|_| has_more);
            let mut lines = Vec::new();
            for record in records {
                let client = cache.client(connection, &record.client_id)?;
                let is_over = is_over(&record, now);
                let Some((grant, client)) = alive(record, client.as_deref()).filter(|_| !is_over).zip(client) else {
                    continue;
                };
                lines.push(GrantLine {
                    id: grant.record.id.to_string(),
                    client_name: client.name().to_owned(),
                    scopes: scope_lines(&grant.scope, &catalog.scopes),
                    since: Moment::new(grant.record.created_at, now),
                    tokens: grants::count_tokens(connection, grant.record.id, now)?,
                    username: grant.record.owner.map(|owner| owner.username),
                });
            }
            Ok((lines, last, false))
        })
        .await?;
    let older = last.map(|id| {
        let id = id.to_string();
        routes::with_query(routes::ADMIN_GRANTS, &[("user", &username), ("client", &client), ("before", &id)])
    });
    let mut layout = user.layout(IndexPage::TITLE, Section::Grants);
    if is_ambiguous {
        layout = layout.with_flash(Tone::Warning, "Several clients match. Give the whole name or the client id.");
    }
    let page = IndexPage { layout, user: username, client, grants: lines, pager: Pager { newer: None, older } };
    Ok(respond(StatusCode::OK, &page))
}

fn narrow(connection: &mut AnyConnection, username: &str, client: &str) -> Result<Narrowed, StoreError> {
    let mut filter = grants::Filter::default();
    if !username.is_empty() {
        let Some(owner) = resource_owners::find_by_login(connection, &login_key(username))? else {
            return Ok(Narrowed::Nothing);
        };
        filter.owner_id = Some(owner.id);
    }
    if !client.is_empty() {
        let found = clients::list(connection, Some(client), None, PAGE_AND_ONE)?;
        let of_id = |each: &&Client| each.id == client;
        let exact: Vec<Client> =
            found.iter().filter(|each| each.name().to_lowercase() == client.to_lowercase()).cloned().collect();
        filter.client_id = match (found.iter().find(of_id), exact.as_slice(), found.as_slice()) {
            (Some(one), ..) | (None, [one], _) | (None, [], [one]) => Some(one.id.clone()),
            (None, [], []) => return Ok(Narrowed::Nothing),
            _ => return Ok(Narrowed::Ambiguous),
        };
    }
    Ok(Narrowed::To(filter))
}

/// Scopes in words, as far as somebody described them.
pub fn scope_lines(scope: &Scope, catalog: &ScopeCatalog) -> Vec<ScopeLine> {
    scope::names(scope)
        .into_iter()
        .map(|name| ScopeLine::new(name, catalog.find(name).map_or("", |entry| entry.description.as_str())))
        .collect()
}

/// Whether its time has run out.
pub fn is_over(record: &GrantRecord, now: Timestamp) -> bool {
    record.expires_at.is_some_and(|end| end <= now)
}

/// A grant, revoked or not, and what its client is called.
async fn find(user: &Admin, id: &str) -> Result<(GrantRecord, String), PageError> {
    let id: GrantId = id.parse().map_err(|_| PageError::NotFound)?;
    let store = &user.visitor.app.store;
    let record = store.read::<_, StoreError, _>(move |connection| Ok(grants::find(connection, id)?)).await?;
    let record = record.ok_or(PageError::NotFound)?;
    let client = store.client(&record.client_id).await?;
    let name = client.map_or_else(|| record.client_id.clone(), |client| client.name().to_owned());
    Ok((record, name))
}

/// `GET /admin/grants/{id}`
pub async fn show(user: Admin, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let (record, client_name) = find(&user, &id).await?;
    let store = &user.visitor.app.store;
    let (now, catalog, grant_id) = (user.visitor.now(), store.catalog().await?, record.id);
    let mut tokens =
        store.read::<_, StoreError, _>(move |connection| Ok(grants::tokens(connection, grant_id, MAX_TOKENS)?)).await?;
    tokens.sort_by_key(|token| std::cmp::Reverse(token.created_at));
    let client = store.client(&record.client_id).await?;
    let status = if record.revoked_at.is_some() {
        TokenLine::revoked()
    } else if is_over(&record, now) {
        TokenLine::expired()
    } else if alive(record.clone(), client.as_deref()).is_some() {
        TokenLine::live()
    } else {
        // Its user or its client is.
        Status::enabled(false)
    };
    let username = record.owner.as_ref().map(|owner| owner.username.as_str());
    let page = ShowPage {
        layout: user.layout(ShowPage::title(&client_name, username), Section::Grants),
        id: record.id.to_string(),
        scopes: scope_lines(&record.scope, &catalog.scopes),
        is_live: record.revoked_at.is_none(),
        since: Moment::new(record.created_at, now),
        last_used: Some(Moment::new(record.last_used_at, now)),
        tokens: tokens.iter().map(|token| token_line(token, &status, now)).collect(),
        status,
        user: record.owner.map(|owner| (owner.username, owner.id)),
        client_name,
        client_id: record.client_id,
        resources: record.resource,
    };
    Ok(respond(StatusCode::OK, &page))
}

/// A token that is neither used up nor expired is worth what its grant is.
fn token_line(token: &TokenSummary, grant: &Status, now: Timestamp) -> TokenLine {
    let status = if token.rotated_at.is_some() {
        TokenLine::rotated()
    } else if token.expires_at <= now {
        TokenLine::expired()
    } else {
        grant.clone()
    };
    TokenLine {
        kind: if token.is_refresh { "Refresh token" } else { "Access token" }.to_owned(),
        issued: Moment::new(token.created_at, now),
        expires: Moment::new(token.expires_at, now),
        status,
    }
}

/// `GET /admin/grants/{id}/revoke`
pub async fn confirm(user: Admin, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let (record, client_name) = find(&user, &id).await?;
    let (now, grant_id) = (user.visitor.now(), record.id);
    let tokens = user
        .visitor
        .app
        .store
        .read::<_, StoreError, _>(move |connection| Ok(grants::count_tokens(connection, grant_id, now)?))
        .await?;
    let layout = user.layout("", Section::Grants);
    let id = record.id.to_string();
    let page = match &record.owner {
        Some(owner) => revoke_page(layout, &id, &client_name, &owner.username, tokens),
        None => ConfirmPage {
            lead: format!("What {client_name} got for itself ends. It may ask again; to stop it, disable the client."),
            consequences: vec![format!("{} end at once", count(tokens, "token"))],
            ..revoke_page(layout, &id, &client_name, "", tokens)
        },
    };
    Ok(respond(StatusCode::OK, &page))
}

/// `POST /admin/grants/{id}/revoke`
pub async fn revoke(
    user: Admin,
    id: web::Path<String>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, PageError> {
    user.visitor.form(&request, payload).await?;
    let (record, _) = find(&user, &id).await?;
    let (context, grant_id) = (user.context(), record.id);
    let outcome: Result<(), Failure<ManagementError>> = user
        .visitor
        .app
        .store
        .write(move |connection| management::grants::revoke(connection, &context, grant_id))
        .await;
    match outcome {
        Ok(()) => user.flash("The grant was revoked."),
        Err(Failure::Refused(ManagementError::NotFound)) => {
            session::flash(&user.visitor.session, Tone::Warning, "The grant was revoked before.");
        }
        Err(Failure::Refused(refusal)) => {
            session::flash(&user.visitor.session, Tone::Danger, refusal.to_string());
        }
        Err(Failure::Store(error)) => return Err(error.into()),
    }
    Ok(see_other(&routes::admin_grant(&id)))
}

/// The routes of these pages.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .service(web::resource(routes::ADMIN_GRANTS).route(web::get().to(index)).default_service(only_page("GET")))
        .service(web::resource(routes::ADMIN_GRANT).route(web::get().to(show)).default_service(only_page("GET")))
        .service(
            web::resource(routes::ADMIN_GRANT_REVOKE)
                .route(web::get().to(confirm))
                .route(web::post().to(revoke))
                .default_service(only_page("GET, POST")),
        );
}
