//! The list of clients.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::kind::{Kind, grant_type_labels};
use super::list_or_search;
use crate::clock::Timestamp;
use crate::domain::client::{Client, Origin};
use crate::domain::policies::Registration;
use crate::jobs::review::last_used;
use crate::store::paging::Place;
use crate::store::{StoreError, clients, self_registrations};
use crate::web::admin::paging::{Slice, place_of};
use crate::web::admin::query_of;
use crate::web::error::PageError;
use crate::web::page::{Layout, Moment, Pager, Section, Status, respond, sample};
use crate::web::routes;
use crate::web::visitor::Reader;

/// `GET /admin/clients?q=`
#[derive(Template)]
#[template(path = "admin/clients/index.html")]
pub struct IndexPage {
    pub layout: Layout,
    /// What was searched for.
    pub query: String,
    pub clients: Vec<ClientLine>,
    pub pager: Pager,
    /// Where a search goes on that has taken its time without filling the page.
    pub search_on: Option<String>,
    /// Whether clients may register themselves at all.
    pub has_registration: bool,
}

/// A client in the list.
pub struct ClientLine {
    pub id: String,
    pub name: String,
    /// [`Kind::label`].
    pub kind: String,
    /// In words: `Authorization code, Refresh token`. See [`grant_type_label`].
    pub grant_types: String,
    pub status: Status,
    /// Whether it registered itself.
    pub is_self_registered: bool,
    /// When it goes unless somebody allows it something before.
    pub expires: Option<Moment>,
    pub last_used: Option<Moment>,
}

impl IndexPage {
    pub fn title() -> String {
        t!("place-clients")
    }

    pub fn samples() -> Vec<Self> {
        let line = |id: &str, name: &str, kind: Kind, grant_types: &str, is_enabled, last_used| ClientLine {
            id: id.into(),
            name: name.into(),
            kind: kind.label(),
            grant_types: grant_types.into(),
            status: Status::enabled(is_enabled),
            is_self_registered: kind == Kind::Native,
            expires: (kind == Kind::Native).then(|| sample::ahead(86_400 * 6)),
            last_used,
        };
        let code = format!("{}, {}", t!("grant-type-code"), t!("grant-type-refresh"));
        let clients = vec![
            line("c_9aVqk2Lw0TzYx4RbN1mEuP", "Acme Reports", Kind::Web, &code, true, Some(sample::ago(300))),
            line("c_Tq0b7cYpWz3LxVn5sKdR2A", "Notes for iPhone", Kind::Native, &code, true, Some(sample::ago(9000))),
            line(
                "c_hN4mXe8uGf1JyB6vQrZoC3",
                "Nightly export",
                Kind::Machine,
                &t!("grant-type-client-credentials"),
                false,
                None,
            ),
            line("c_pLw2sDt9kRa5MiU7bHgEx0", sample::LONG, Kind::Web, &code, true, Some(sample::ago(86_400 * 70))),
        ];
        let page = |query: &str, clients, pager| Self {
            layout: sample::desk(&Self::title(), Section::Clients),
            query: query.into(),
            clients,
            pager,
            search_on: (!query.is_empty()).then(|| "/admin/clients?q=x&after=1.c_x".to_owned()),
            has_registration: true,
        };
        let pager = Pager { previous: None, next: Some("/admin/clients?after=c_pLw2sDt9kRa5MiU7bHgEx0".into()) };
        vec![
            page("", clients, pager),
            page("", Vec::new(), Pager::default()),
            page("nothing like it", Vec::new(), Pager::default()),
        ]
    }
}

/// `GET /admin/clients`
pub async fn index(user: Reader, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let query = query_of(&request)?;
    let searched = query.get("q").unwrap_or_default().trim().to_owned();
    let (now, search, place) = (user.visitor.now(), searched.clone(), place_of(&query)?);
    let (slice, stopped_at) = user
        .visitor
        .app
        .store
        .read::<_, StoreError, _>(move |connection| {
            let mut stopped_at = None;
            let list = |place: &Place<_>, limit| {
                let found = list_or_search(connection, &search, place, limit)?;
                stopped_at = found.stopped_at;
                Ok(found.items)
            };
            let slice = Slice::read(place.clone(), list, clients::key)?;
            let last_used = last_used(connection, &slice.items)?;
            let ids: Vec<String> = slice.items.iter().map(|client| client.id.clone()).collect();
            let expiries = self_registrations::expiries(connection, &ids)?;
            let line = |(client, at): (&Client, _)| client_line(client, at, expiries.get(&client.id).copied(), now);
            Ok((slice.with(slice.items.iter().zip(last_used).map(line).collect()), stopped_at))
        })
        .await?;
    let page = IndexPage {
        layout: user.layout(IndexPage::title(), Section::Clients),
        has_registration: user.visitor.app.policies().registration != Registration::Closed,
        pager: slice.pager(routes::ADMIN_CLIENTS, &[("q", &searched)]),
        search_on: stopped_at
            .map(|key| routes::with_query(routes::ADMIN_CLIENTS, &[("q", &searched), ("after", &key.to_string())])),
        clients: slice.items,
        query: searched,
    };
    Ok(respond(StatusCode::OK, &page))
}

fn client_line(
    client: &Client,
    last_used: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> ClientLine {
    ClientLine {
        id: client.id.clone(),
        name: client.name().to_owned(),
        kind: Kind::of(&client.metadata).label(),
        grant_types: grant_type_labels(&client.metadata).join(", "),
        status: Status::enabled(client.is_enabled()),
        is_self_registered: client.origin == Origin::Registered,
        expires: expires_at.map(|at| Moment::new(at, now)),
        last_used: last_used.map(|at| Moment::new(at, now)),
    }
}
