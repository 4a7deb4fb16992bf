//! `/admin/system`: what this process does right now, without anything that collects metrics.
//!
//! Everything comes from memory: our own instruments, and readings of them every five seconds ([`crate::web::live`]). So the
//! page costs no query beyond who asks, and it is about this process: others on the same database count for themselves.

mod facts;
pub mod lately;
mod pictures;

use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_SECURITY_POLICY;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::attention::{self, Attention};
use super::{page, query_of};
use crate::clock::Timestamp;
use crate::metrics::history::Reading;
use crate::metrics::instrument::{BEYOND, LONGEST};
use crate::metrics::process;
use crate::web::error::PageError;
use crate::web::handler::get;
use crate::web::headers::updating_policy;
use crate::web::page::chart::Chart;
use crate::web::page::numbers::{bytes, count, micros, short};
use crate::web::page::{Layout, Section, Tone, respond, sample};
use crate::web::routes;
use crate::web::state::App;
use crate::web::visitor::Reader;
use facts::{Fact, Job};
use lately::{Endpoint, Lately, Reasons, Refusal};

const MINUTE: i64 = 60;
/// What is counted by route is kept every half minute: so much back is five minutes.
const FIVE_MINUTES: f64 = 270.0;

#[derive(Template)]
#[template(path = "admin/system.html")]
pub struct SystemPage {
    pub layout: Layout,
    /// Whether another process does jobs on the same database.
    pub has_others: bool,
    pub attention: Vec<Attention>,
    /// A number of this moment with its name and a remark.
    pub figures: Vec<Figure>,
    pub span: Span,
    pub charts: Vec<Chart>,
    /// The busiest first.
    pub endpoints: Vec<Endpoint>,
    /// The most frequent first.
    pub refusals: Vec<Refusal>,
    pub database: Vec<Fact>,
    /// Rows that wait to be swept, by table; those without any are left out. `None` when the database could not be
    /// looked at.
    pub backlog: Option<Vec<Fact>>,
    pub jobs: Vec<Job>,
    pub process: Vec<Fact>,
}

pub struct Figure {
    pub label: String,
    pub value: String,
    pub note: String,
    pub tone: Tone,
}

impl Figure {
    fn new(label: String, value: impl Into<String>, note: impl Into<String>) -> Self {
        Self { label, value: value.into(), note: note.into(), tone: Tone::Neutral }
    }
}

/// How far back the pictures go.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Span {
    QuarterHour,
    Hour,
}

impl Span {
    fn seconds(self) -> i64 {
        match self {
            Self::QuarterHour => 15 * MINUTE,
            Self::Hour => 60 * MINUTE,
        }
    }

    pub fn is_hour(self) -> bool {
        self == Self::Hour
    }
}

/// `GET /admin/system`
pub async fn show(user: Reader, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let (app, now) = (&user.visitor.app, user.visitor.now());
    let span = if query_of(&request)?.get("span") == Some("hour") { Span::Hour } else { Span::QuarterHour };
    let readings = app.metrics.history.readings(now, span.seconds());
    let routes = app.metrics.requests.get();
    let reasons = app.metrics.refusals(&routes);
    let (before, none) = (app.metrics.history.before(), Reasons::new());
    let (since, routes_before, reasons_before) = match &before {
        Some(before) => (before.at, &before.routes[..], &before.refusals),
        None => (app.started_at(), &[][..], &none),
    };
    let lately = Lately::of(&routes, routes_before, now - since);
    let runs = app.metrics.last_runs();
    let page = SystemPage {
        layout: user.layout(t!("place-system"), Section::System),
        has_others: runs.iter().any(|(_, outcome, _)| *outcome == "elsewhere"),
        attention: attention::now(app),
        figures: figures(app, &lately, lately::more(&reasons, reasons_before), now),
        span,
        charts: pictures::charts(&readings, now, span),
        endpoints: lately.endpoints(),
        refusals: lately::refusals(&reasons, reasons_before),
        database: facts::database(app, &readings),
        backlog: facts::backlog(app),
        jobs: facts::jobs(&runs, now),
        process: facts::process(app, now),
    };
    let mut response = respond(StatusCode::OK, &page);
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, updating_policy());
    Ok(response)
}

fn figures(app: &App, lately: &Lately, refused: String, now: Timestamp) -> Vec<Figure> {
    let minute = app.metrics.history.readings(now, MINUTE);
    let rate = pictures::rate(&minute.iter().collect::<Vec<_>>(), |reading| reading.requests).unwrap_or(0.0);
    let minutes = if lately.seconds >= FIVE_MINUTES { t!("system-five-minutes") } else { t!("system-since-start") };
    let failed = lately.failed();
    let memory = process::resident_bytes().map_or_else(|| "–".to_owned(), bytes);
    let version = t!("system-version-is", version = env!("CARGO_PKG_VERSION"));
    vec![
        Figure::new(t!("system-requests-per-second"), short(rate), t!("system-last-minute")),
        Figure::new(t!("system-p95"), lately.p95(), &minutes),
        Figure::new(t!("system-refused"), refused, &minutes),
        Figure {
            tone: if failed > 0 { Tone::Danger } else { Tone::Neutral },
            ..Figure::new(t!("system-server-errors"), count(failed), &minutes)
        },
        Figure::new(t!("system-memory"), memory, t!("system-resident")),
        Figure::new(t!("system-uptime"), uptime(now - app.started_at()), version),
    ]
}

/// Microseconds, as buckets tell them: `24 ms`, and `> 10 s` for what exceeds them all.
fn show_time(time: u64) -> String {
    if time == BEYOND { format!("> {}", micros(LONGEST)) } else { micros(time) }
}

/// `40 s`, `12 min`, `5 h`, `3 days`
fn uptime(seconds: i64) -> String {
    match seconds {
        s if s < 2 * MINUTE => format!("{s} s"),
        s if s < 120 * MINUTE => format!("{} min", s / MINUTE),
        s if s < 48 * 60 * MINUTE => format!("{} h", s / (60 * MINUTE)),
        s => t!("duration-days", count = s / (24 * 60 * MINUTE)),
    }
}

/// The routes of this page.
pub fn configure(config: &mut web::ServiceConfig) {
    config.service(page(routes::ADMIN_SYSTEM).route(get(show)));
}

impl SystemPage {
    pub fn samples() -> Vec<Self> {
        let readings: Vec<Reading> = (0..180)
            .map(|number: u32| {
                let wave = u64::from(number * 37 % 53);
                Reading {
                    at: sample::NOW - i64::from(179 - number) * 5,
                    requests: u64::from(number) * 900 + wave * 20,
                    failures: u64::from(number / 60),
                    refusals: u64::from(number) * 12,
                    times: Some([300 + wave, 900 + wave * 30, 2_000 + wave * 400]),
                    store_queue: wave / 9,
                    password_queue: u64::from(number % 7),
                    resident_bytes: (30 << 20) + wave * 40_000,
                    database_bytes: Some((48 << 20) + u64::from(number) * 10_000),
                }
            })
            .collect();
        let endpoint = |method, route: &str, per_second: &str, failed: &str| Endpoint {
            method,
            route: route.to_owned(),
            per_second: per_second.to_owned(),
            times: ["0.2 ms", "1.1 ms", "11 ms"].map(str::to_owned),
            refused: "2%".to_owned(),
            failed: failed.to_owned(),
            has_failed: failed != "0",
        };
        let layout = || sample::desk(&t!("place-system"), Section::System);
        let reasons = |count: u64| Reasons::from([("invalid_grant", 1_304 - count), ("login_failed", 92 - count / 3)]);
        let full = Self {
            layout: layout(),
            has_others: true,
            attention: Attention::samples(),
            figures: vec![
                Figure::new(t!("system-requests-per-second"), "184", t!("system-last-minute")),
                Figure::new(t!("system-p95"), "4.2 ms", t!("system-five-minutes")),
                Figure {
                    tone: Tone::Danger,
                    ..Figure::new(t!("system-server-errors"), "3", t!("system-five-minutes"))
                },
                Figure::new(t!("system-uptime"), uptime(260_000), ""),
            ],
            span: Span::QuarterHour,
            charts: pictures::charts(&readings, sample::NOW, Span::QuarterHour),
            endpoints: vec![
                endpoint("POST", routes::INTROSPECT, "110", "0"),
                endpoint("POST", routes::TOKEN, "62", "3"),
                endpoint("POST", routes::ADMIN_CLIENT_SECRET_DELETE, "0.02", "0"),
            ],
            refusals: lately::refusals(&reasons(0), &reasons(24)),
            database: vec![Fact::new(t!("system-kind"), "SQLite"), Fact::new(t!("system-size"), "48 MiB")],
            backlog: Some(vec![
                Fact::new("access_tokens", t!("system-or-more", count = 10_000)),
                Fact::new("used_jtis", "12"),
            ]),
            jobs: facts::jobs(
                &[("sweep", "done", sample::NOW - 12), ("keys", "failed", sample::NOW - 900)],
                sample::NOW,
            ),
            process: vec![Fact::new(t!("system-version"), "0.1.0"), Fact::new(t!("system-running-for"), uptime(3_000))],
        };
        let fresh = Self {
            layout: layout(),
            has_others: false,
            attention: Vec::new(),
            figures: vec![Figure::new(t!("system-requests-per-second"), "0", t!("system-last-minute"))],
            span: Span::Hour,
            charts: pictures::charts(&[], sample::NOW, Span::Hour),
            endpoints: Vec::new(),
            refusals: Vec::new(),
            database: vec![Fact::new(t!("system-kind"), "PostgreSQL")],
            backlog: Some(Vec::new()),
            jobs: facts::jobs(&[], sample::NOW),
            process: vec![Fact::new(t!("system-version"), "0.1.0")],
        };
        vec![full, fresh]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::instrument::Histogram;

    #[test]
    fn a_time_beyond_the_last_bucket_is_shown_as_more() {
        let times = Histogram::of_times();
        let shown = || times.get().quantile(0.99).map(show_time);
        times.observe_number(LONGEST);
        assert!(shown().is_some_and(|time| time.starts_with("9.9") || time == "10 s"), "{:?}", shown());
        times.observe_number(60_000_000);
        assert_eq!(shown().as_deref(), Some("> 10 s"));
    }
}
