//! One request: which checks it passed, which one said no, and what can be done about it.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde_json::{Map, Value};

use super::diff::Diff;
use super::fix::Fix;
use super::words;
use super::{find, what};
use crate::clock::Timestamp;
use crate::domain::client::GrantType;
use crate::protocol::check::{self, Check, Endpoint, ProofKind};
use crate::store::request_log::Record;
use crate::web::error::PageError;
use crate::web::page::{Layout, Moment, Section, Status, respond, sample};
use crate::web::routes;
use crate::web::visitor::Reader;

/// `GET /admin/requests/{id}`
#[derive(Template)]
#[template(path = "admin/requests/show.html")]
pub struct ShowPage {
    pub layout: Layout,
    pub id: String,
    /// `Token · client_credentials`.
    pub what: String,
    pub at: Moment,
    pub outcome: Status,
    /// Name and page.
    pub client: Option<(String, String)>,
    /// The id of the user, which leads to their page.
    pub user: Option<String>,
    pub address: String,
    pub duration: String,
    /// What else is known: label and value.
    pub facts: Vec<(String, String)>,
    /// Of a request that came to nothing.
    pub refusal: Option<Refusal>,
    /// In the order in which they are made.
    pub checks: Vec<CheckLine>,
}

/// The check that said no.
pub struct Refusal {
    pub check: String,
    pub remedy: String,
    /// What would have passed; one of these.
    pub expected: Vec<String>,
    pub received: Option<String>,
    /// Where the received text differs from the nearest that was expected.
    pub diff: Option<Diff>,
    /// The words of a button that mends it, and where it leads.
    pub fix: Option<(String, String)>,
}

/// What became of a check.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Passed,
    Failed,
    /// An earlier one failed.
    NotReached,
}

pub struct CheckLine {
    pub name: String,
    pub standing: Standing,
    /// Its clause, and where that can be read.
    pub clause: String,
    pub url: String,
}

impl CheckLine {
    pub fn word(&self) -> String {
        match self.standing {
            Standing::Passed => t!("request-passed"),
            Standing::Failed => t!("request-failed"),
            Standing::NotReached => t!("request-not-reached"),
        }
    }

    pub fn class(&self) -> &'static str {
        match self.standing {
            Standing::Passed => "passed",
            Standing::Failed => "failed",
            Standing::NotReached => "waiting",
        }
    }

    pub fn icon(&self) -> &'static str {
        match self.standing {
            Standing::Passed => "check",
            Standing::Failed => "cross",
            Standing::NotReached => "ring",
        }
    }
}

impl ShowPage {
    /// Its title.
    pub fn title(what: &str) -> String {
        t!("request-title", what = what)
    }

    pub fn samples() -> Vec<Self> {
        let page = |record: &Record, fix| Self {
            user: record.owner_id.clone(),
            ..Self::of(sample::desk("", Section::Requests), record, fix, true, sample::NOW)
        };
        vec![
            page(
                &sample_record(
                    "authorize",
                    "code",
                    "invalid_request",
                    Some(Check::RedirectUri),
                    r#"{"facts":{},"expected":["https://reports.acme.example/callback","http://127.0.0.1/callback"],
                        "received":"https://reports.acme.example/Callback/"}"#,
                ),
                Some((t!("request-fix-redirect-uri"), routes::admin_request_fix("9aVqk2Lw0TzYx4RbN1mEuP"))),
            ),
            page(
                &sample_record(
                    "token",
                    "client_credentials",
                    "invalid_client",
                    Some(Check::AssertionNotYet),
                    r#"{"facts":{"auth_method":"private_key_jwt"},"expected":["+30"],"received":"+95"}"#,
                ),
                None,
            ),
            page(
                &sample_record(
                    "token",
                    "authorization_code",
                    "ok",
                    None,
                    r#"{"facts":{"auth_method":"client_secret_basic","secret":"older","secret_created_at":1790000000,
                        "verifier_length":43}}"#,
                ),
                None,
            ),
            page(&sample_record("token", "", "server_error", None, r#"{"facts":{}}"#), None),
        ]
    }

    fn of(
        layout: Layout,
        record: &Record,
        fix: Option<(String, String)>,
        is_client_there: bool,
        now: Timestamp,
    ) -> Self {
        let detail: Map<String, Value> = serde_json::from_str(&record.detail).unwrap_or_default();
        let no_facts = Map::new();
        let facts = detail.get("facts").and_then(Value::as_object).unwrap_or(&no_facts);
        let failed = record.failed_check.as_deref().and_then(Check::from_stored);
        let what = what(record);
        let client = record.client_id.as_ref().map(|id| {
            let name = if record.client_name.is_empty() { id } else { &record.client_name };
            (name.clone(), if is_client_there { routes::admin_client(id) } else { String::new() })
        });
        Self {
            layout: Layout { title: Self::title(&what), ..layout },
            id: record.request_id.clone(),
            at: Moment::new(record.at, now),
            outcome: words::outcome(record),
            client,
            user: record.owner_id.clone(),
            address: record.address.clone(),
            duration: words::duration(record.duration_us),
            facts: words::facts(facts, now),
            refusal: failed.map(|check| refusal(check, &detail, fix)),
            checks: checks(record, failed),
            what,
        }
    }
}

fn sample_record(endpoint: &str, flow: &str, outcome: &str, failed: Option<Check>, detail: &str) -> Record {
    let assertion = if outcome == "invalid_client" { "assertion" } else { "secret" };
    Record {
        id: 1,
        at: sample::NOW - 90,
        request_id: "9aVqk2Lw0TzYx4RbN1mEuP".into(),
        endpoint: endpoint.into(),
        client_id: Some("c_9aVqk2Lw0TzYx4RbN1mEuP".into()),
        client_name: "Acme Reports".into(),
        flow: flow.into(),
        proof: assertion.into(),
        outcome: outcome.into(),
        is_failure: outcome != "ok",
        failed_check: failed.map(|check| check.as_str().to_owned()),
        owner_id: (outcome == "ok").then(|| "u_7Qp0s3xK".to_owned()),
        address: "203.0.113.7".into(),
        duration_us: 1840,
        detail: detail.into(),
    }
}

/// What the check that said no compared.
fn refusal(check: Check, detail: &Map<String, Value>, fix: Option<(String, String)>) -> Refusal {
    let words = words::check(check);
    let expected: Vec<String> = match detail.get("expected") {
        Some(Value::Array(values)) => values.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    let received = detail.get("received").and_then(Value::as_str);
    let is_text = matches!(
        check,
        Check::RedirectUri
            | Check::CodeRedirectUri
            | Check::LogoutRedirectUri
            | Check::AssertionAudience
            | Check::TargetKnown
    );
    let nearest = received.filter(|received| is_text && !received.is_empty());
    let diff = nearest.and_then(|received| Diff::nearest(&expected, received));
    Refusal {
        check: words.name,
        remedy: words.remedy,
        expected: expected.iter().map(|each| words::measured(check, each)).collect(),
        received: received.map(|received| words::measured(check, received)),
        diff: diff.map(|(_, diff)| diff),
        fix,
    }
}

/// The checks of the request's endpoint; one that failed is the last that was made.
fn checks(record: &Record, failed: Option<Check>) -> Vec<CheckLine> {
    let Some(endpoint) = Endpoint::from_stored(&record.endpoint) else { return Vec::new() };
    let mut all = check::of(endpoint, GrantType::from_wire(&record.flow), ProofKind::from_stored(&record.proof));
    if record.is_failure && failed.is_none() {
        // It broke off for another reason, and nobody knows where.
        return Vec::new();
    }
    if let Some(failed) = failed.filter(|failed| !all.contains(failed)) {
        all.push(failed);
    }
    let at = failed.and_then(|failed| all.iter().position(|each| *each == failed)).unwrap_or(all.len());
    let line = |(index, check): (usize, Check)| CheckLine {
        name: words::check(check).name,
        standing: match index.cmp(&at) {
            std::cmp::Ordering::Less => Standing::Passed,
            std::cmp::Ordering::Equal => Standing::Failed,
            std::cmp::Ordering::Greater => Standing::NotReached,
        },
        clause: check.clause().to_string(),
        url: check.clause().url(),
    };
    all.into_iter().enumerate().map(line).collect()
}

/// `GET /admin/requests/{id}`
pub async fn show(user: Reader, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let record = find(&user, &id).await?;
    let app = &user.visitor.app;
    let client = match &record.client_id {
        Some(id) => app.store.client(id).await?,
        None => None,
    };
    let fix = match &client {
        Some(client) => Fix::of(app, &record, client, &app.store.catalog().await?.scopes),
        None => None,
    };
    let fix = fix.map(|fix| (fix.button(), fix.href(&record)));
    let layout = user.layout("", Section::Requests);
    let page = ShowPage::of(layout, &record, fix, client.is_some(), user.visitor.now());
    Ok(respond(StatusCode::OK, &page))
}
