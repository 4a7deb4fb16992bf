//! `/admin`: is everything well, and what happened lately?

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::page;
use crate::store::{StoreError, audit_log, statistics};
use crate::web::error::PageError;
use crate::web::page::{AuditEntry, Layout, Section, Tone, grouped, respond, sample};
use crate::web::routes;
use crate::web::visitor::Reader;

#[derive(Template)]
#[template(path = "admin/dashboard.html")]
pub struct DashboardPage {
    pub layout: Layout,
    /// Clients, users, live grants, access tokens of the last 24 hours, refused sign-ins of the last 24 hours.
    pub figures: Vec<Figure>,
    /// What to do on a new server; empty once all is done, and the group disappears.
    pub first_steps: Vec<Step>,
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
    pub href: String,
    /// [`Tone::Warning`] when the number deserves a look.
    pub tone: Tone,
}

/// One thing to do on a new server.
pub struct Step {
    pub label: String,
    pub help: String,
    pub href: String,
    pub is_done: bool,
}

impl DashboardPage {
    pub const TITLE: &str = "Overview";

    /// The five figures, in order.
    pub fn figures(
        clients: i64,
        users: i64,
        live_grants: i64,
        tokens_issued: i64,
        refused_sign_ins: i64,
    ) -> Vec<Figure> {
        let figure = |label: &str, value, note: &str, href: &str, tone| Figure {
            label: label.to_owned(),
            value: grouped(value),
            note: note.to_owned(),
            href: href.to_owned(),
            tone,
        };
        let refused = if refused_sign_ins > 0 { Tone::Warning } else { Tone::Neutral };
        vec![
            figure("Clients", clients, "", routes::ADMIN_CLIENTS, Tone::Neutral),
            figure("Users", users, "", routes::ADMIN_USERS, Tone::Neutral),
            figure("Live grants", live_grants, "", routes::ADMIN_GRANTS, Tone::Neutral),
            figure("Tokens issued", tokens_issued, "last 24 hours", routes::ADMIN_GRANTS, Tone::Neutral),
            figure("Refused sign-ins", refused_sign_ins, "last 24 hours", routes::ADMIN_AUDIT_LOG, refused),
        ]
    }

    /// The first steps; none when all are done.
    pub fn first_steps(has_client: bool, has_scope: bool, has_second_user: bool) -> Vec<Step> {
        if has_client && has_scope && has_second_user {
            return Vec::new();
        }
        let step = |label: &str, help: &str, href: &str, is_done| Step {
            label: label.to_owned(),
            help: help.to_owned(),
            href: href.to_owned(),
            is_done,
        };
        vec![
            step("Describe a scope", "What clients may ask for, in plain words.", routes::ADMIN_SCOPES_NEW, has_scope),
            step("Create a client", "The software that asks for tokens.", routes::ADMIN_CLIENTS_NEW, has_client),
            step("Invite a user", "They choose their password by a link.", routes::ADMIN_USERS_NEW, has_second_user),
        ]
    }

    pub fn samples() -> Vec<Self> {
        vec![
            Self {
                layout: sample::desk(Self::TITLE, Section::Overview),
                figures: Self::figures(12, 348, 1207, 12_408, 9),
                first_steps: Self::first_steps(true, true, true),
                recent: sample::audit_entries(),
            },
            Self {
                layout: sample::desk(Self::TITLE, Section::Overview)
                    .with_flash(Tone::Success, "Welcome, Alice. Your account is ready."),
                figures: Self::figures(0, 1, 0, 0, 0),
                first_steps: Self::first_steps(false, true, false),
                recent: Vec::new(),
            },
        ]
    }
}

/// How many entries of the audit log it shows.
const RECENT: i64 = 8;

/// `GET /admin`
pub async fn show(user: Reader) -> Result<HttpResponse, PageError> {
    let app = &user.visitor.app;
    let (cache, now) = (app.store.cache(), user.visitor.now());
    let catalog = app.store.catalog().await?;
    let (overview, recent) = app
        .store
        .read::<_, StoreError, _>(move |connection| {
            let everything = audit_log::Filter::default();
            let recent = super::audit_log::words::newest(connection, &cache, &everything, RECENT, now)?;
            Ok((statistics::overview(connection, now)?, recent))
        })
        .await?;
    let page = DashboardPage {
        layout: user.layout(DashboardPage::TITLE, Section::Overview),
        figures: DashboardPage::figures(
            overview.clients,
            overview.resource_owners,
            overview.live_grants,
            overview.tokens_today,
            overview.failed_logins_today,
        ),
        first_steps: DashboardPage::first_steps(
            overview.clients > 0,
            catalog.scopes.iter().any(|scope| !scope.is_builtin),
            overview.resource_owners > 1,
        ),
        recent,
    };
    Ok(respond(StatusCode::OK, &page))
}

/// The routes of these pages.
pub fn configure(config: &mut web::ServiceConfig) {
    config.service(page(routes::ADMIN).route(web::get().to(show)));
}
