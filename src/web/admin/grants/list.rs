//! The list of grants that were not revoked, whether they count now or wait for a user or a client that is disabled.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::show::TokenLine;
use super::{Standing, standing, waits_for_user};
use crate::clock::Timestamp;
use crate::domain::grant::GrantRecord;
use crate::domain::resource_owner::login_key;
use crate::domain::scope::ScopeCatalog;
use crate::store::cache::Cache;
use crate::store::connection::AnyConnection;
use crate::store::paging::Place;
use crate::store::{StoreError, grants, resource_owners};
use crate::web::admin::clients::{Named, named};
use crate::web::admin::paging::{Slice, place_of};
use crate::web::admin::query_of;
use crate::web::admin::scopes::words::scope_lines;
use crate::web::error::PageError;
use crate::web::page::{Layout, Moment, Pager, ScopeLine, Section, Status, Tone, respond, sample};
use crate::web::routes;
use crate::web::visitor::Reader;

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

/// A grant in the list.
pub struct GrantLine {
    pub id: String,
    /// `None` for a machine that acts for itself.
    pub username: Option<String>,
    pub client_name: String,
    pub scopes: Vec<ScopeLine>,
    pub status: Status,
    pub since: Moment,
    /// Access and refresh tokens that have not ended.
    pub tokens: i64,
}

impl IndexPage {
    pub fn title() -> String {
        t!("place-grants")
    }

    pub fn is_filtered(&self) -> bool {
        !self.user.is_empty() || !self.client.is_empty()
    }

    pub fn samples() -> Vec<Self> {
        let line = |id: &str, username: Option<&str>, client: &str, scopes: usize, since, tokens| GrantLine {
            id: id.into(),
            username: username.map(str::to_owned),
            client_name: client.into(),
            scopes: sample::scopes().into_iter().take(scopes).collect(),
            status: if id == "g_43" { waits_for_user() } else { TokenLine::live() },
            since,
            tokens,
        };
        let page = |user: &str, grants, pager| Self {
            layout: sample::desk(&Self::title(), Section::Grants),
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
        let pager = Pager { previous: None, next: Some("/admin/grants?after=g_43".into()) };
        vec![
            page("", grants, pager),
            page("", Vec::new(), Pager::default()),
            page("nobody", Vec::new(), Pager::default()),
        ]
    }
}

/// What a filter by user and client stands for.
pub enum Narrowed {
    To(grants::Filter),
    /// Nobody is called like this.
    Nothing,
    /// Several clients are.
    Ambiguous,
}

/// `GET /admin/grants`
pub async fn index(user: Reader, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let query = query_of(&request)?;
    let field = |name| query.get(name).unwrap_or_default().trim().to_owned();
    let (username, client, place) = (field("user"), field("client"), place_of(&query)?);
    let app = &user.visitor.app;
    let catalog = app.store.catalog().await?;
    let (cache, now) = (app.store.cache(), user.visitor.now());
    let (wanted_user, wanted_client) = (username.clone(), client.clone());
    let found = app
        .store
        .read::<_, StoreError, _>(move |connection| {
            let filter = match narrow(connection, &wanted_user, &wanted_client)? {
                Narrowed::To(filter) => filter,
                Narrowed::Nothing => return Ok(Some(Slice::default())),
                Narrowed::Ambiguous => return Ok(None),
            };
            let list = |place: &Place<_>, limit| {
                let filter = grants::Filter { place: place.clone(), ..filter.clone() };
                Ok(grants::list(connection, &filter, limit, now)?)
            };
            let slice = Slice::read(place.clone(), list, grants::key)?;
            let lines = lines(connection, &cache, &catalog.scopes, &slice.items, now)?;
            Ok(Some(slice.with(lines)))
        })
        .await?;
    let mut layout = user.layout(IndexPage::title(), Section::Grants);
    if found.is_none() {
        layout = layout.with_flash(Tone::Warning, t!("grants-several"));
    }
    let slice = found.unwrap_or_default();
    let pager = slice.pager(routes::ADMIN_GRANTS, &[("user", &username), ("client", &client)]);
    let page = IndexPage { layout, user: username, client, grants: slice.items, pager };
    Ok(respond(StatusCode::OK, &page))
}

fn lines(
    connection: &mut AnyConnection,
    cache: &Cache,
    catalog: &ScopeCatalog,
    records: &[GrantRecord],
    now: Timestamp,
) -> Result<Vec<GrantLine>, StoreError> {
    let tokens = grants::count_tokens(connection, &records.iter().map(|record| record.id).collect::<Vec<_>>(), now)?;
    let line = |Standing { record, client_name, scope, status }| GrantLine {
        id: record.id.to_string(),
        client_name,
        scopes: scope_lines(&scope, catalog),
        status,
        since: Moment::new(record.created_at, now),
        tokens: tokens.get(&record.id).copied().unwrap_or_default(),
        username: record.owner.map(|owner| owner.username),
    };
    Ok(standing(connection, cache, records, catalog, now)?.into_iter().map(line).collect())
}

pub fn narrow(connection: &mut AnyConnection, username: &str, client: &str) -> Result<Narrowed, StoreError> {
    let mut filter = grants::Filter::default();
    if !username.is_empty() {
        let Some(owner) = resource_owners::find_by_login(connection, &login_key(username))? else {
            return Ok(Narrowed::Nothing);
        };
        filter.owner_id = Some(owner.id);
    }
    if !client.is_empty() {
        filter.client_id = match named(connection, client)? {
            Named::One(id) => Some(id),
            Named::Nobody => return Ok(Narrowed::Nothing),
            Named::Several | Named::Unknown => return Ok(Narrowed::Ambiguous),
        };
    }
    Ok(Narrowed::To(filter))
}
