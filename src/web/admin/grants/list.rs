//! The list of live grants.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::is_over;
use crate::domain::client::Client;
use crate::domain::grant::{GrantId, alive};
use crate::domain::resource_owner::login_key;
use crate::store::connection::AnyConnection;
use crate::store::{StoreError, clients, grants, resource_owners};
use crate::web::admin::query_of;
use crate::web::admin::scopes::words::scope_lines;
use crate::web::error::PageError;
use crate::web::page::{Layout, Moment, Pager, ScopeLine, Section, Tone, respond, sample};
use crate::web::routes;
use crate::web::visitor::Admin;

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

const PAGE: usize = 50;
/// By this one more it is known whether there is another page.
const PAGE_AND_ONE: i64 = 51;

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
    let query = query_of(&request)?;
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
