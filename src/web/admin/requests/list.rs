//! The list of requests.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::{RequestLine, words};
use crate::protocol::check::Endpoint;
use crate::protocol::error::ErrorCode;
use crate::store::StoreError;
use crate::store::paging::Place;
use crate::store::request_log::{self, Outcome};
use crate::web::admin::clients::{Named, named};
use crate::web::admin::paging::{Slice, place_of};
use crate::web::admin::query_of;
use crate::web::error::PageError;
use crate::web::page::{Choice, Layout, Pager, Section, Status, Tone, respond, sample};
use crate::web::visitor::Reader;
use crate::web::{inspector, routes};

/// `GET /admin/requests?outcome=&endpoint=&client=&request=`
#[derive(Template)]
#[template(path = "admin/requests/index.html")]
pub struct IndexPage {
    pub layout: Layout,
    /// Selects; the first choice of each is `("", "Any")`.
    pub outcomes: Vec<Choice>,
    pub endpoints: Vec<Choice>,
    /// A client's id or name.
    pub client: String,
    /// The id of a request.
    pub request: String,
    /// Newest first.
    pub requests: Vec<RequestLine>,
    pub pager: Pager,
    /// Whether anything is recorded at all.
    pub is_recording: bool,
}

/// Values of the filter that stand for no single error.
const SUCCEEDED: &str = "succeeded";
const REFUSED: &str = "refused";

impl IndexPage {
    fn title() -> String {
        t!("place-requests")
    }

    pub fn is_filtered(&self) -> bool {
        let is_chosen = |choices: &[Choice]| choices.iter().any(|each| each.is_chosen && !each.value.is_empty());
        is_chosen(&self.outcomes) || is_chosen(&self.endpoints) || !self.client.is_empty() || !self.request.is_empty()
    }

    pub fn samples() -> Vec<Self> {
        let page = |outcome: &str, requests, pager, is_recording| Self {
            layout: sample::desk(&Self::title(), Section::Requests),
            outcomes: outcomes(outcome),
            endpoints: endpoints(""),
            client: String::new(),
            request: String::new(),
            requests,
            pager,
            is_recording,
        };
        let pager = Pager { previous: None, next: Some("/admin/requests?after=850".into()) };
        vec![
            page("", sample_lines(), pager, true),
            page("", Vec::new(), Pager::default(), true),
            page("invalid_scope", Vec::new(), Pager::default(), true),
            page("", Vec::new(), Pager::default(), false),
        ]
    }
}

pub fn sample_lines() -> Vec<RequestLine> {
    let line = |seconds, what: String, client: &str, outcome, check: &str| RequestLine {
        href: routes::admin_request("9aVqk2Lw0TzYx4RbN1mEuP"),
        at: sample::ago(seconds),
        what,
        client_name: client.into(),
        outcome,
        check: if check.is_empty() { String::new() } else { t!(check) },
    };
    let token = |flow: &str| format!("{} · {flow}", t!("endpoint-token"));
    let refused = |error: &str| Status::new(Tone::Danger, error);
    let succeeded = || Status::new(Tone::Success, t!("requests-succeeded"));
    vec![
        line(5, t!("endpoint-authorize"), "Acme Reports", refused("invalid_request"), "check-redirect-uri"),
        line(12, token("client_credentials"), "Nightly export", succeeded(), ""),
        line(90, token("authorization_code"), sample::LONG, refused("invalid_grant"), "check-verifier-matches"),
        line(400, t!("endpoint-token"), "", refused("invalid_client"), "check-client-known"),
        line(
            4000,
            t!("endpoint-introspect"),
            "Reports API",
            Status::new(Tone::Neutral, t!("requests-told-nothing")),
            "check-token-alive",
        ),
    ]
}

/// `GET /admin/requests`
pub async fn index(user: Reader, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let query = query_of(&request)?;
    let field = |name| query.get(name).unwrap_or_default().trim().to_owned();
    let (outcome, endpoint, client, id) = (field("outcome"), field("endpoint"), field("client"), field("request"));
    let mut filter = request_log::Filter {
        outcome: match outcome.as_str() {
            "" => None,
            SUCCEEDED => Some(Outcome::Success),
            REFUSED => Some(Outcome::Failure),
            error => Some(Outcome::Error(error.to_owned())),
        },
        endpoint: (!endpoint.is_empty()).then(|| endpoint.clone()),
        request_id: (!id.is_empty()).then(|| id.clone()),
        client_id: None,
        place: place_of(&query)?,
    };
    let app = &user.visitor.app;
    inspector::catch_up(app).await;
    let (now, wanted) = (user.visitor.now(), client.clone());
    let found = app
        .store
        .read::<_, StoreError, _>(move |connection| {
            if !wanted.is_empty() {
                match named(connection, &wanted)? {
                    Named::One(id) => filter.client_id = Some(id),
                    // A client that is gone is still known by its id.
                    Named::Nobody | Named::Unknown => filter.client_id = Some(wanted.clone()),
                    Named::Several => return Ok(None),
                }
            }
            let list = |place: &Place<i64>, limit| {
                let filter = request_log::Filter { place: place.clone(), ..filter.clone() };
                Ok(request_log::list(connection, &filter, limit)?)
            };
            Ok(Some(Slice::read(filter.place.clone(), list, |record| record.id)?))
        })
        .await?;
    let mut layout = user.layout(IndexPage::title(), Section::Requests);
    if found.is_none() {
        layout = layout.with_flash(Tone::Warning, t!("requests-several-clients"));
    }
    let slice = found.unwrap_or_default();
    let kept = [("outcome", outcome.as_str()), ("endpoint", &endpoint), ("client", &client), ("request", &id)];
    let page = IndexPage {
        layout,
        outcomes: outcomes(&outcome),
        endpoints: endpoints(&endpoint),
        pager: slice.pager(routes::ADMIN_REQUESTS, &kept),
        client,
        request: id,
        requests: slice.items.iter().map(|record| RequestLine::of(record, now)).collect(),
        is_recording: app.request_log.wants_failures(),
    };
    Ok(respond(StatusCode::OK, &page))
}

fn outcomes(chosen: &str) -> Vec<Choice> {
    let kinds = [("", t!("requests-any")), (REFUSED, t!("requests-refused")), (SUCCEEDED, t!("requests-succeeded"))];
    let errors = ErrorCode::ALL.map(|code| (code.as_str(), code.as_str().to_owned()));
    kinds.into_iter().chain(errors).map(|(value, label)| Choice::new(value, label, "", value == chosen)).collect()
}

fn endpoints(chosen: &str) -> Vec<Choice> {
    let all = Endpoint::ALL.map(|endpoint| (endpoint.as_str(), words::endpoint(endpoint.as_str())));
    let all = std::iter::once(("", t!("requests-any"))).chain(all);
    all.map(|(value, label)| Choice::new(value, label, "", value == chosen)).collect()
}
