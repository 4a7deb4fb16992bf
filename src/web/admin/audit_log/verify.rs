//! Whether the audit log is whole.

use std::time::{Duration, Instant};

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use crate::jobs;
use crate::management::audit_chain::{self, Break, Progress};
use crate::store::StoreError;
use crate::web::admin::query_of;
use crate::web::error::PageError;
use crate::web::language::say;
use crate::web::page::{Layout, Moment, Section, Tone, grouped, respond, sample};
use crate::web::routes;
use crate::web::visitor::Reader;

/// How long a page may check; a longer log is checked on by another.
const PATIENCE: Duration = Duration::from_millis(1500);

/// `GET /admin/audit-log/verify?from=`
#[derive(Template)]
#[template(path = "admin/audit_log/verify.html")]
pub struct VerifyPage {
    pub layout: Layout,
    /// Whether something is wrong, and what was found, in a sentence.
    pub tone: Tone,
    pub result: String,
    /// How many entries this page checked.
    pub entries: String,
    pub position: i64,
    /// Of the last link; empty when something is wrong.
    pub hash: String,
    pub since: Option<Moment>,
    /// Where it goes on, when the log is too long for one page.
    pub next: Option<String>,
}

impl VerifyPage {
    pub fn title() -> String {
        t!("audit-verify")
    }

    fn of(layout: Layout, checked: Result<Progress, Break>, now: i64) -> Self {
        match checked {
            Ok(progress) => Self {
                layout,
                tone: Tone::Success,
                result: if progress.is_done { t!("audit-verify-whole") } else { t!("audit-verify-so-far") },
                entries: grouped(i64::try_from(progress.entries).unwrap_or(i64::MAX)),
                position: progress.position,
                hash: progress.hash(),
                since: Some(Moment::new(progress.since, now)).filter(|_| progress.since > 0),
                next: (!progress.is_done).then(|| {
                    routes::with_query(routes::ADMIN_AUDIT_LOG_VERIFY, &[("from", &progress.position.to_string())])
                }),
            },
            Err(Break { position, entry_id, what }) => Self {
                layout,
                tone: Tone::Danger,
                result: t!("audit-verify-broken", entry = entry_id, what = say(&what.sentence())),
                entries: String::new(),
                position,
                hash: String::new(),
                since: None,
                next: None,
            },
        }
    }

    pub fn samples() -> Vec<Self> {
        let page = |tone, result: String, hash: &str, next: Option<String>| Self {
            layout: sample::desk(&Self::title(), Section::AuditLog),
            tone,
            result,
            entries: "12,408".to_owned(),
            position: 12_408,
            hash: hash.to_owned(),
            since: (tone == Tone::Success).then(|| sample::ago(86_400 * 200)),
            next,
        };
        let hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        let next = Some("/admin/audit-log/verify?from=12408".to_owned());
        vec![
            page(Tone::Success, t!("audit-verify-whole"), hash, None),
            page(Tone::Success, t!("audit-verify-so-far"), hash, next),
            page(Tone::Danger, t!("audit-verify-broken", entry = 41_i64, what = t!("audit-missing-entry")), "", None),
        ]
    }
}

/// `GET /admin/audit-log/verify`
pub async fn verify(user: Reader, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let from = query_of(&request)?.get("from").map(str::parse::<i64>).transpose().map_err(|_| PageError::NotFound)?;
    let app = &user.visitor.app;
    let from = match from {
        None => None,
        Some(position) => {
            let found = app.store.read::<_, StoreError, _>(move |connection| audit_chain::resume(connection, position));
            Some(found.await?.ok_or(PageError::NotFound)?)
        }
    };
    let begun = Instant::now();
    let checked = jobs::audit_log::verify(&app.store, &app.chain_key, from, |_| begun.elapsed() < PATIENCE).await?;
    let layout = user.layout(VerifyPage::title(), Section::AuditLog);
    Ok(respond(StatusCode::OK, &VerifyPage::of(layout, checked, user.visitor.now())))
}
