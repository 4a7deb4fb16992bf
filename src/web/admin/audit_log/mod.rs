//! `/admin/audit-log`: who did what, when, from where.

pub mod words;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::NaiveDate;

use self::words::ACTIONS;
use super::{page, query_of};
use crate::clock::Timestamp;
use crate::domain::resource_owner::login_key;
use crate::store::paging::Place;
use crate::store::{StoreError, audit_log, resource_owners};
use crate::web::admin::paging::{Slice, place_of};
use crate::web::error::PageError;
use crate::web::page::{AuditEntry, Choice, FormErrors, Layout, Pager, Section, respond, sample};
use crate::web::routes;
use crate::web::visitor::{Reader, User};

/// The routes of these pages.
pub fn configure(config: &mut web::ServiceConfig) {
    config.service(page(routes::ADMIN_AUDIT_LOG).route(web::get().to(index)));
}

/// `GET /admin/audit-log?action=&actor=&target=&from=&to=`
#[derive(Template)]
#[template(path = "admin/audit_log/index.html")]
pub struct IndexPage {
    pub layout: Layout,
    pub filter: Filter,
    /// Ids: `action`, `actor`, `target`, `from`, `to`.
    pub errors: FormErrors,
    /// Newest first.
    pub entries: Vec<AuditEntry>,
    /// Its links keep the filter.
    pub pager: Pager,
}

/// What was asked for; empty means anything.
pub struct Filter {
    /// A select; the first choice is `("", "Anything")`.
    pub actions: Vec<Choice>,
    pub actor: String,
    pub target: String,
    /// Days as `2026-03-14`, in UTC, both inclusive.
    pub from: String,
    pub to: String,
}

impl Filter {
    /// Whether anything was asked for.
    pub fn is_set(&self) -> bool {
        let has_action = self.actions.iter().any(|choice| choice.is_chosen && !choice.value.is_empty());
        has_action || [&self.actor, &self.target, &self.from, &self.to].iter().any(|value| !value.is_empty())
    }
}

impl IndexPage {
    pub const TITLE: &str = "Audit log";

    pub fn samples() -> Vec<Self> {
        let page = |actor: &str, from: &str, errors, entries, pager| Self {
            layout: sample::desk(Self::TITLE, Section::AuditLog),
            filter: Filter {
                actions: vec![
                    Choice::new("", "Anything", "", true),
                    Choice::new("client_created", "Client created", "", false),
                    Choice::new("login_refused", "Sign-in refused", "", false),
                ],
                actor: actor.into(),
                target: String::new(),
                from: from.into(),
                to: String::new(),
            },
            errors,
            entries,
            pager,
        };
        let pager = Pager {
            previous: Some("/admin/audit-log?before=900".into()),
            next: Some("/admin/audit-log?after=850".into()),
        };
        let errors = FormErrors::none().with("from", "Give a day, such as 2026-03-14.");
        vec![
            page("", "", FormErrors::none(), sample::audit_entries(), pager),
            page("", "", FormErrors::none(), Vec::new(), Pager::default()),
            page("zed", "yesterday", errors, Vec::new(), Pager::default()),
        ]
    }
}

const DAY: i64 = 24 * 60 * 60;

/// `GET /admin/audit-log`
pub async fn index(user: Reader, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let query = query_of(&request)?;
    let value = |name| query.get(name).map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned);
    let mut errors = FormErrors::none();
    let action = value("action");
    if action.as_ref().is_some_and(|action| ACTIONS.iter().all(|(name, ..)| name != action)) {
        errors.add("action", "Choose one from the list.");
    }
    let (from, to) = (day(value("from"), "from", &mut errors), day(value("to"), "to", &mut errors));
    if from.zip(to).is_some_and(|(from, to)| to < from) {
        errors.add("to", "Give a day that is not before the first one.");
    }
    let filter = audit_log::Filter {
        action: action.clone(),
        actor: value("actor"),
        target: value("target"),
        target_alias: None,
        from,
        until: to.map(|to| to + DAY),
        place: place_of(&query)?,
    };
    let slice = if errors.is_empty() { find(&user, filter).await? } else { Slice::default() };
    let field = |name| query.get(name).unwrap_or_default().to_owned();
    let kept = ["action", "actor", "target", "from", "to"].map(|name| (name, query.get(name).unwrap_or_default()));
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = IndexPage {
        layout: user.layout(IndexPage::TITLE, Section::AuditLog),
        filter: Filter {
            actions: choices(action.as_deref()),
            actor: field("actor"),
            target: field("target"),
            from: field("from"),
            to: field("to"),
        },
        errors,
        pager: slice.pager(routes::ADMIN_AUDIT_LOG, &kept),
        entries: slice.items,
    };
    Ok(respond(status, &page))
}

async fn find(user: &User, mut filter: audit_log::Filter) -> Result<Slice<AuditEntry, i64>, StoreError> {
    let app = &user.visitor.app;
    let (cache, now) = (app.store.cache(), user.visitor.now());
    app.store
        .read(move |connection| {
            if let Some(target) = &filter.target {
                // People know accounts by name, the log knows them by id.
                let owner = resource_owners::find_by_login(connection, &login_key(target))?;
                filter.target_alias = owner.map(|owner| owner.id);
            }
            let list = |place: &Place<i64>, limit| {
                let filter = audit_log::Filter { place: place.clone(), ..filter.clone() };
                Ok(audit_log::list(connection, &filter, limit)?)
            };
            let slice = Slice::read(filter.place.clone(), list, |entry| entry.id)?;
            Ok(slice.with(words::in_words(connection, &cache, &slice.items, now)?))
        })
        .await
}

/// The start of a day in UTC.
fn day(text: Option<String>, field: &'static str, errors: &mut FormErrors) -> Option<Timestamp> {
    let day = NaiveDate::parse_from_str(&text?, "%Y-%m-%d").ok().and_then(|day| day.and_hms_opt(0, 0, 0));
    if day.is_none() {
        errors.add(field, "Give a day, such as 2026-03-14.");
    }
    day.map(|day| day.and_utc().timestamp())
}

fn choices(chosen: Option<&str>) -> Vec<Choice> {
    let anything = Choice::new("", "Anything", "", chosen.is_none());
    let actions = ACTIONS.iter().map(|(name, words, _)| Choice::new(*name, *words, "", chosen == Some(*name)));
    std::iter::once(anything).chain(actions).collect()
}
