//! `/admin/security-review`: how each client stands against RFC 9700 and OAuth 2.1, as registered and as it behaves.
//!
//! The rules are [`protocol::review`](crate::protocol::review)'s. Here a finding gets its words, and the button that mends it:
//! a change of the registration under the rules that its form uses, after a question.

pub mod list;
pub mod mend;
pub mod words;

use actix_web::web;

use super::{form, page};
use crate::clock::Timestamp;
use crate::protocol::review::{Finding, Mend, Review, Rule, Severity};
use crate::web::handler::{get, post};
use crate::web::page::{Status, Tone, sample};
use crate::web::routes;

/// The routes of these pages.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .service(page(routes::ADMIN_SECURITY_REVIEW).route(get(list::index)))
        .service(form(routes::ADMIN_CLIENT_REVIEW_MEND).route(get(mend::confirm)).route(post(mend::apply)));
}

/// A review in words.
#[derive(Clone, Default)]
pub struct ReviewLines {
    pub score: u32,
    /// `Good`, with a dot.
    pub verdict: Status,
    pub findings: Vec<FindingLine>,
}

/// A finding in words.
#[derive(Clone)]
pub struct FindingLine {
    pub severity: Status,
    pub title: String,
    pub explanation: String,
    /// Redirect URIs, scopes.
    pub about: Vec<String>,
    pub clause: String,
    pub url: String,
    /// The words of the button that mends it, and where it leads.
    pub mend: Option<(String, String)>,
}

impl ReviewLines {
    pub fn of(client_id: &str, review: &Review, now: Timestamp) -> Self {
        Self {
            score: review.score,
            verdict: verdict(review),
            findings: review.findings.iter().map(|finding| FindingLine::of(client_id, finding, now)).collect(),
        }
    }
}

impl FindingLine {
    fn of(client_id: &str, finding: &Finding, now: Timestamp) -> Self {
        let (title, explanation) = words::finding(finding, now);
        let href = |mend: &Mend| match mend {
            Mend::DeleteSecret(id) => routes::admin_client_secret_delete(client_id, id),
            Mend::RotateSecret => routes::admin_client_rotate_secret(client_id),
            Mend::Disable => routes::admin_client_disable(client_id),
            _ => routes::admin_client_review_mend(client_id, finding.rule.as_str()),
        };
        Self {
            severity: severity(finding.severity),
            title,
            explanation,
            about: finding.about.clone(),
            clause: finding.rule.clause().to_string(),
            url: finding.rule.clause().url(),
            mend: finding.mend.as_ref().map(|mend| (words::mend(mend), href(mend))),
        }
    }
}

fn severity(severity: Severity) -> Status {
    match severity {
        Severity::High => Status::new(Tone::Danger, t!("review-high")),
        Severity::Medium => Status::new(Tone::Warning, t!("review-medium")),
        Severity::Low => Status::new(Tone::Neutral, t!("review-low")),
        Severity::Hint => Status::new(Tone::Neutral, t!("review-hint")),
    }
}

fn verdict(review: &Review) -> Status {
    let worst = review.findings.first().map(|finding| finding.severity);
    match worst {
        Some(Severity::High) => Status::new(Tone::Danger, t!("review-needs-attention")),
        Some(Severity::Medium) => Status::new(Tone::Warning, t!("review-could-be-better")),
        _ => Status::new(Tone::Success, t!("review-good")),
    }
}

/// Findings for samples.
pub fn sample_review() -> ReviewLines {
    let line = |rule, severity, number, about: &[&str], mend| {
        let about = about.iter().map(|each| (*each).to_owned()).collect();
        let finding = Finding { rule, severity, number, since: Some(sample::NOW - 7_800_000), about, mend };
        FindingLine::of("c_9aVqk2Lw0TzYx4RbN1mEuP", &finding, sample::NOW)
    };
    let local = ["http://127.0.0.1/callback", "http://localhost:3000/a-rather-long-path/for/a/callback"];
    let remove = Mend::RemoveRedirectUris(local.map(str::to_owned).to_vec());
    ReviewLines {
        score: 71,
        verdict: Status::new(Tone::Warning, t!("review-could-be-better")),
        findings: vec![
            line(Rule::PkceOptional, Severity::Medium, 1204, &[], Some(Mend::RequirePkce)),
            line(Rule::LoopbackMixed, Severity::Medium, 0, &local, Some(remove)),
            line(Rule::SecretOld, Severity::Low, 0, &[], Some(Mend::RotateSecret)),
            line(Rule::SecretAndNoKey, Severity::Hint, 0, &[], None),
        ],
    }
}
