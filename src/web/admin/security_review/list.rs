//! The reviews of all clients, the worst first; of a search in the order of the clients' list.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::ReviewLines;
use crate::jobs::review::{last_used, reviews};
use crate::store::paging::{Key, Place};
use crate::store::{StoreError, client_reviews, clients};
use crate::web::admin::paging::{Slice, place_of};
use crate::web::admin::query_of;
use crate::web::error::PageError;
use crate::web::page::{Layout, Pager, Section, Status, Tone, respond, sample};
use crate::web::routes;
use crate::web::visitor::Reader;

/// `GET /admin/security-review?q=`
#[derive(Template)]
#[template(path = "admin/security_review/index.html")]
pub struct IndexPage {
    pub layout: Layout,
    /// A part of a client's name.
    pub query: String,
    pub clients: Vec<ClientLine>,
    pub pager: Pager,
    /// Where a search goes on that has taken its time without filling the page.
    pub search_on: Option<String>,
}

/// How a client stands.
pub struct ClientLine {
    pub href: String,
    pub name: String,
    pub score: u32,
    pub verdict: Status,
    /// What matters most, and how many findings there are beside it.
    pub worst: String,
    pub others: usize,
}

impl IndexPage {
    fn title() -> String {
        t!("review")
    }

    pub fn samples() -> Vec<Self> {
        let line = |name: &str, score, verdict, worst: String, others| ClientLine {
            href: "/admin/clients/c_9aVqk2Lw0TzYx4RbN1mEuP#review".into(),
            name: name.into(),
            score,
            verdict,
            worst,
            others,
        };
        let page = |query: &str, clients, pager| Self {
            layout: sample::desk(&Self::title(), Section::Clients),
            query: query.into(),
            clients,
            pager,
            search_on: (!query.is_empty()).then(|| "/admin/security-review?q=zed&after=1.c_1".to_owned()),
        };
        let lines = vec![
            line(
                "Acme Reports",
                71,
                Status::new(Tone::Warning, t!("review-could-be-better")),
                t!("finding-pkce-optional"),
                3,
            ),
            line("Nightly export", 100, Status::new(Tone::Success, t!("review-good")), String::new(), 0),
            line(
                sample::LONG,
                40,
                Status::new(Tone::Danger, t!("review-needs-attention")),
                t!("finding-pkce-unused"),
                1,
            ),
        ];
        let pager = Pager { previous: None, next: Some("/admin/security-review?after=1.c_1".into()) };
        vec![page("", lines, pager), page("zed", Vec::new(), Pager::default()), page("", Vec::new(), Pager::default())]
    }
}

/// `GET /admin/security-review`
pub async fn index(user: Reader, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let query = query_of(&request)?;
    let (search, place) = (query.get("q").unwrap_or_default().trim().to_owned(), place_of(&query)?);
    let app = &user.visitor.app;
    let (catalog, now, wanted) = (app.store.catalog().await?, user.visitor.now(), search.clone());
    let (slice, stopped_at) = app
        .store
        .read::<_, StoreError, _>(move |connection| {
            let wanted = Some(wanted.as_str()).filter(|wanted| !wanted.is_empty());
            let mut stopped_at = None;
            let slice = if let Some(wanted) = wanted {
                let list = |place: &Place<Key<String>>, limit| {
                    let found = clients::search(connection, wanted, place, limit)?;
                    stopped_at = found.stopped_at;
                    Ok(found.items)
                };
                Slice::read(place.clone(), list, clients::key)?
            } else {
                let list =
                    |place: &Place<Key<String>>, limit| Ok(client_reviews::worst_first(connection, place, limit)?);
                let keys = Slice::read(place.clone(), list, Clone::clone)?;
                let ids: Vec<String> = keys.items.iter().map(|key| key.id.clone()).collect();
                keys.with(clients::with_ids(connection, &ids)?)
            };
            let last_used = last_used(connection, &slice.items)?;
            let reviews = reviews(connection, &slice.items, &last_used, &catalog.scopes, now)?;
            let line = |client: &crate::domain::client::Client| {
                let review = ReviewLines::of(&client.id, reviews.get(&client.id)?, now);
                Some(ClientLine {
                    href: format!("{}#review", routes::admin_client(&client.id)),
                    name: client.name().to_owned(),
                    score: review.score,
                    verdict: review.verdict,
                    worst: review.findings.first().map(|finding| finding.title.clone()).unwrap_or_default(),
                    others: review.findings.len().saturating_sub(1),
                })
            };
            let lines = slice.items.iter().filter_map(line).collect();
            Ok((slice.with(lines), stopped_at))
        })
        .await?;
    let page = IndexPage {
        layout: user.layout(IndexPage::title(), Section::Clients),
        pager: slice.pager(routes::ADMIN_SECURITY_REVIEW, &[("q", &search)]),
        search_on: stopped_at.map(|key| {
            routes::with_query(routes::ADMIN_SECURITY_REVIEW, &[("q", &search), ("after", &key.to_string())])
        }),
        clients: slice.items,
        query: search,
    };
    Ok(respond(StatusCode::OK, &page))
}
