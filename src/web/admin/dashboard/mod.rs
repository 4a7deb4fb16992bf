//! `/admin`: is everything well, and what happened lately?
//!
//! No table is counted to its end here: what is many was counted in the background, and what happened over time is read
//! from sums.

mod over_time;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::attention::{self, Attention};
use super::{page, query_of};
use crate::jobs::statistics::{ACTIVE_USERS, LOGINS, TOKENS};
use crate::metrics::Census;
use crate::store::{StoreError, audit_log, client_reviews, counts, statistics};
use crate::web::error::PageError;
use crate::web::handler::get;
use crate::web::page::chart::Chart;
use crate::web::page::{AuditEntry, Layout, Section, Tone, grouped, respond, sample};
use crate::web::routes;
use crate::web::visitor::Reader;
use over_time::{OverTime, SlowEndpoint, Span};

#[derive(Template)]
#[template(path = "admin/dashboard.html")]
pub struct DashboardPage {
    pub layout: Layout,
    pub attention: Vec<Attention>,
    pub figures: Vec<Figure>,
    /// What to do on a new server; empty once all is done, and the group disappears.
    pub first_steps: Vec<Step>,
    /// The spans of time that one can choose from.
    pub spans: Vec<SpanLink>,
    pub charts: Vec<Chart>,
    pub slow: Vec<SlowEndpoint>,
    /// The newest entries of the audit log, about eight.
    pub recent: Vec<AuditEntry>,
}

/// A number with its name, leading to the list it counts.
pub struct Figure {
    pub label: String,
    /// Formatted: `12,408`.
    pub value: String,
    /// A remark below, such as `last 24 hours`; may be empty.
    pub note: String,
    pub href: &'static str,
    /// [`Tone::Warning`] when the number deserves a look.
    pub tone: Tone,
}

/// One thing to do on a new server.
pub struct Step {
    pub label: String,
    pub help: String,
    pub href: &'static str,
    pub is_done: bool,
}

pub struct SpanLink {
    pub label: String,
    pub href: String,
    pub is_current: bool,
}

impl DashboardPage {
    fn new(layout: Layout, census: &Census, over_time: &OverTime, span: Span) -> Self {
        Self {
            layout,
            attention: Vec::new(),
            figures: figures(census, over_time, span),
            first_steps: Vec::new(),
            spans: spans(span),
            charts: over_time.charts(),
            slow: over_time.slow(),
            recent: Vec::new(),
        }
    }

    /// The first steps; none when all are done.
    pub fn first_steps(has_client: bool, has_scope: bool, has_second_user: bool) -> Vec<Step> {
        if has_client && has_scope && has_second_user {
            return Vec::new();
        }
        let step = |label, help, href, is_done| Step { label, help, href, is_done };
        vec![
            step(t!("step-scope"), t!("step-scope-help"), routes::ADMIN_SCOPES_NEW, has_scope),
            step(t!("step-client"), t!("step-client-help"), routes::ADMIN_CLIENTS_NEW, has_client),
            step(t!("step-user"), t!("step-user-help"), routes::ADMIN_USERS_NEW, has_second_user),
        ]
    }

    pub fn samples() -> Vec<Self> {
        let layout = || sample::desk(&t!("place-overview"), Section::Overview);
        let census = Census { clients: 12, resource_owners: 348, live_grants: 1_207, active: [41, 173, 290] };
        let busy = Self {
            attention: Attention::samples(),
            recent: sample::audit_entries(),
            ..Self::new(layout(), &census, &OverTime::sample(Span::Day, sample::NOW), Span::Day)
        };
        let month = Self {
            recent: sample::audit_entries(),
            ..Self::new(layout(), &census, &OverTime::sample(Span::Month, sample::NOW), Span::Month)
        };
        let nobody = Census { resource_owners: 1, ..Census::default() };
        let nothing = OverTime::new(Span::Day, sample::NOW, Vec::new(), Vec::new());
        let fresh = Self {
            first_steps: Self::first_steps(false, true, false),
            ..Self::new(
                layout().with_flash(Tone::Success, "Welcome, Alice. Your account is ready."),
                &nobody,
                &nothing,
                Span::Day,
            )
        };
        vec![busy, fresh, month]
    }
}

fn figures(census: &Census, over_time: &OverTime, span: Span) -> Vec<Figure> {
    let figure =
        |label, value, note: String, href| Figure { label, value: grouped(value), note, href, tone: Tone::Neutral };
    let refused = over_time.total(LOGINS, Some("failed")) + over_time.total(LOGINS, Some("throttled"));
    let tone = if refused > 0 { Tone::Warning } else { Tone::Neutral };
    let [today, week, month] = census.active;
    let (active, active_note) = match span {
        Span::Day => (today, t!("dashboard-today")),
        Span::Week => (week, Span::Week.label()),
        Span::Month => (month, Span::Month.label()),
    };
    let tokens = over_time.total(TOKENS, None);
    vec![
        figure(t!("place-clients"), census.clients, String::new(), routes::ADMIN_CLIENTS),
        figure(t!("place-users"), census.resource_owners, String::new(), routes::ADMIN_USERS),
        figure(t!("dashboard-live-grants"), census.live_grants, String::new(), routes::ADMIN_GRANTS),
        figure(t!("dashboard-active"), active, active_note, routes::ADMIN_USERS),
        figure(t!("dashboard-tokens"), tokens, span.label(), routes::ADMIN_GRANTS),
        Figure { tone, ..figure(t!("dashboard-refused-logins"), refused, span.label(), routes::ADMIN_AUDIT_LOG) },
    ]
}

fn spans(current: Span) -> Vec<SpanLink> {
    let link = |span: Span| SpanLink {
        label: span.label(),
        href: format!("{}?span={}", routes::ADMIN, span.name()),
        is_current: span == current,
    };
    Span::ALL.into_iter().map(link).collect()
}

/// Where counting clients that need attention ends.
const MOST_BAD: i64 = 1_000;
/// How many entries of the audit log it shows.
const RECENT: i64 = 8;

/// `GET /admin`
pub async fn show(user: Reader, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let app = &user.visitor.app;
    let (cache, now) = (app.store.cache(), user.visitor.now());
    let span = Span::named(query_of(&request)?.get("span"));
    let catalog = app.store.catalog().await?;
    let counted = app.metrics.census();
    let (census, sums, active, recent, bad) = app
        .store
        .read::<_, StoreError, _>(move |connection| {
            let everything = audit_log::Filter::default();
            let recent = super::audit_log::words::newest(connection, &cache, &everything, RECENT, now)?;
            let (length, since) = span.reading(now);
            let days = now - span.days() * counts::DAY;
            Ok((
                statistics::at_least(connection, counted, now)?,
                counts::list(connection, length, since)?,
                counts::list_named(connection, counts::DAY, days, ACTIVE_USERS)?,
                recent,
                client_reviews::count_bad(connection, MOST_BAD)?,
            ))
        })
        .await?;
    let has_scope = catalog.scopes.iter().any(|scope| !scope.is_builtin);
    let layout = user.layout(t!("place-overview"), Section::Overview);
    let page = DashboardPage {
        attention: attention::now(app).into_iter().chain(attention::clients(bad)).collect(),
        // Who may not take them is not asked to.
        first_steps: if layout.may_administer() {
            DashboardPage::first_steps(census.clients > 0, has_scope, census.resource_owners > 1)
        } else {
            Vec::new()
        },
        recent,
        ..DashboardPage::new(layout, &census, &OverTime::new(span, now, sums, active), span)
    };
    Ok(respond(StatusCode::OK, &page))
}

/// The routes of these pages.
pub fn configure(config: &mut web::ServiceConfig) {
    config.service(page(routes::ADMIN).route(get(show)));
}
