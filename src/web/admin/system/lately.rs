//! What each route did in the last minutes, and what was refused.

use std::collections::BTreeMap;

use super::show_time;
use crate::metrics::instrument::Distribution;
use crate::metrics::requests::Seen;
use crate::web::page::numbers::{count, percent, short};

/// Endpoints that are listed.
const MOST_ENDPOINTS: usize = 25;

/// A route in the last minutes.
pub struct Endpoint {
    pub method: &'static str,
    pub route: String,
    pub per_second: String,
    /// Half, 95 and 99 of a hundred answers came within these.
    pub times: [String; 3],
    pub refused: String,
    pub failed: String,
    pub has_failed: bool,
}

pub struct Refusal {
    pub words: String,
    pub reason: &'static str,
    pub lately: String,
    pub since_start: String,
}

/// Since some minutes ago.
pub struct Lately {
    pub seconds: f64,
    lines: Vec<Line>,
    times: Option<Distribution>,
}

struct Line {
    method: &'static str,
    route: String,
    times: Distribution,
    refused: u64,
    failed: u64,
}

impl Lately {
    pub fn of(routes: &[Seen], before: &[Seen], seconds: i64) -> Self {
        let mut lines = Vec::new();
        for route in routes {
            let earlier = before.iter().find(|each| each.pattern == route.pattern);
            for (method, times) in &route.times {
                let past = earlier.and_then(|seen| seen.times.iter().find(|(name, _)| name == method));
                let times = past.map_or_else(|| times.clone(), |(_, past)| times.since(past));
                if times.count == 0 {
                    continue;
                }
                let answers = |seen: &Seen, class: &str| {
                    let found = seen.answers.iter().find(|(name, each, _)| name == method && *each == class);
                    found.map_or(0, |(_, _, count)| *count)
                };
                let since = |class| answers(route, class) - earlier.map_or(0, |seen| answers(seen, class));
                let (refused, failed) = (since("4xx"), since("5xx"));
                lines.push(Line { method, route: route.pattern.clone(), times, refused, failed });
            }
        }
        lines.sort_by_key(|line| std::cmp::Reverse(line.times.count));
        let times = Distribution::sum(lines.iter().map(|line| &line.times));
        Self { seconds: seconds.max(1) as f64, lines, times }
    }

    /// The busiest first.
    pub fn endpoints(&self) -> Vec<Endpoint> {
        let line = |line: &Line| Endpoint {
            method: line.method,
            route: line.route.clone(),
            per_second: short(line.times.count as f64 / self.seconds),
            times: [0.5, 0.95, 0.99].map(|part| line.times.quantile(part).map_or_else(String::new, show_time)),
            refused: percent(line.refused, line.times.count),
            failed: count(line.failed),
            has_failed: line.failed > 0,
        };
        self.lines.iter().take(MOST_ENDPOINTS).map(line).collect()
    }

    pub fn failed(&self) -> u64 {
        self.lines.iter().map(|line| line.failed).sum()
    }

    pub fn p95(&self) -> String {
        let p95 = self.times.as_ref().and_then(|times| times.quantile(0.95));
        p95.map_or_else(|| "–".to_owned(), show_time)
    }
}

/// Counts by reason, since the start.
pub type Reasons = BTreeMap<&'static str, u64>;

/// The most frequent lately first.
pub fn refusals(now: &Reasons, before: &Reasons) -> Vec<Refusal> {
    let earlier = |reason: &str| before.get(reason).copied().unwrap_or(0);
    let mut lines: Vec<(u64, u64, &'static str)> =
        now.iter().map(|(reason, count)| (count.saturating_sub(earlier(reason)), *count, *reason)).collect();
    lines.sort_unstable_by(|one, other| other.cmp(one));
    let line = |(lately, total, reason): (u64, u64, &'static str)| Refusal {
        words: words(reason),
        reason,
        lately: count(lately),
        since_start: count(total),
    };
    lines.into_iter().map(line).collect()
}

/// A reason in words.
pub fn words(reason: &str) -> String {
    match reason {
        "login_failed" => t!("reason-login-failed"),
        "too_many_requests" => t!("reason-too-many-requests"),
        "invalid_client" => t!("reason-invalid-client"),
        "invalid_grant" => t!("reason-invalid-grant"),
        "invalid_token" => t!("reason-invalid-token"),
        "insufficient_scope" => t!("reason-insufficient-scope"),
        "invalid_request" => t!("reason-invalid-request"),
        "unauthorized_client" => t!("reason-unauthorized-client"),
        "unsupported_grant_type" => t!("reason-unsupported-grant-type"),
        "unsupported_response_type" => t!("reason-unsupported-response-type"),
        "invalid_scope" => t!("reason-invalid-scope"),
        "invalid_target" => t!("reason-invalid-target"),
        "access_denied" => t!("reason-access-denied"),
        "login_required" | "consent_required" | "interaction_required" | "account_selection_required" => {
            t!("reason-person-needed")
        }
        "temporarily_unavailable" => t!("reason-temporarily-unavailable"),
        "keys_unavailable" => t!("reason-keys-unavailable"),
        "server_error" => t!("reason-server-error"),
        "invalid_redirect_uri" | "invalid_client_metadata" => t!("reason-registration"),
        _ => t!("reason-other"),
    }
}

/// How many more there are now.
pub fn more(now: &Reasons, before: &Reasons) -> String {
    count(now.values().sum::<u64>().saturating_sub(before.values().sum()))
}
