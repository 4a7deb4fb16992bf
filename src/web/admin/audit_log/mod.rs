//! `/admin/audit-log`: who did what, when, from where.

pub mod verify;
pub mod words;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use self::words::ACTIONS;
use super::{page, query_of};
use crate::management::ManagementError;
use crate::management::audit_log::{note_export, resolve};
use crate::store::paging::Place;
use crate::store::{Failure, StoreError, audit_log};
use crate::web::admin::paging::{Slice, place_of};
use crate::web::api::audit_log::wanted;
use crate::web::error::{PageError, note_refusal};
use crate::web::handler::get;
use crate::web::json_lines;
use crate::web::page::{AuditEntry, Choice, FormErrors, Layout, Pager, Section, respond, sample};
use crate::web::routes;
use crate::web::visitor::{Reader, User};

/// The routes of these pages.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .service(page(routes::ADMIN_AUDIT_LOG).route(get(index)))
        .service(page(routes::ADMIN_AUDIT_LOG_EXPORT).route(get(export)))
        .service(page(routes::ADMIN_AUDIT_LOG_VERIFY).route(get(verify::verify)));
}

/// `GET /admin/audit-log?action=&actor=&target=&address=&from=&to=`
#[derive(Template)]
#[template(path = "admin/audit_log/index.html")]
pub struct IndexPage {
    pub layout: Layout,
    pub filter: Filter,
    /// Ids: the names of the filter's fields.
    pub errors: FormErrors,
    /// Newest first.
    pub entries: Vec<AuditEntry>,
    /// Its links keep the filter.
    pub pager: Pager,
    /// Where the entries that match are found as JSON Lines.
    pub export: String,
}

/// What was asked for; empty means anything.
pub struct Filter {
    /// A select; the first choice is `("", t!("audit-anything"))`.
    pub actions: Vec<Choice>,
    pub actor: String,
    pub target: String,
    pub address: String,
    /// Days as `2026-03-14`, in UTC, both inclusive, or times.
    pub from: String,
    pub to: String,
}

impl Filter {
    /// Whether anything was asked for.
    pub fn is_set(&self) -> bool {
        let has_action = self.actions.iter().any(|choice| choice.is_chosen && !choice.value.is_empty());
        has_action
            || [&self.actor, &self.target, &self.address, &self.from, &self.to].iter().any(|value| !value.is_empty())
    }
}

impl IndexPage {
    pub fn title() -> String {
        t!("place-audit-log")
    }

    pub fn samples() -> Vec<Self> {
        let page = |actor: &str, from: &str, errors, entries, pager| Self {
            layout: sample::desk(&Self::title(), Section::AuditLog),
            filter: Filter {
                actions: vec![
                    Choice::new("", t!("audit-anything"), "", true),
                    Choice::new("client_created", t!("action-client-created"), "", false),
                    Choice::new("login_refused", t!("action-login-failed"), "", false),
                ],
                actor: actor.into(),
                target: String::new(),
                address: String::new(),
                from: from.into(),
                to: String::new(),
            },
            errors,
            entries,
            pager,
            export: routes::ADMIN_AUDIT_LOG_EXPORT.into(),
        };
        let pager = Pager {
            previous: Some("/admin/audit-log?before=900".into()),
            next: Some("/admin/audit-log?after=850".into()),
        };
        let errors = FormErrors::none().with("from", t!("audit-day-malformed"));
        vec![
            page("", "", FormErrors::none(), sample::audit_entries(), pager),
            page("", "", FormErrors::none(), Vec::new(), Pager::default()),
            page("zed", "yesterday", errors, Vec::new(), Pager::default()),
        ]
    }
}

/// The names of the parameters that narrow the log.
const FIELDS: [&str; 6] = ["action", "actor", "target", "address", "from", "to"];

/// `GET /admin/audit-log`
pub async fn index(user: Reader, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let query = query_of(&request)?;
    let wanted = wanted(&query);
    let mut errors = FormErrors::none();
    if wanted.action.as_ref().is_some_and(|action| ACTIONS.iter().all(|(name, ..)| name != action)) {
        errors.add("action", t!("audit-choose"));
    }
    let filter = match wanted.filter() {
        Ok(filter) => audit_log::Filter { place: place_of(&query)?, ..filter },
        Err(failure) => {
            note_failure(failure, &mut errors)?;
            audit_log::Filter::default()
        }
    };
    let slice = if errors.is_empty() { find(&user, filter).await? } else { Slice::default() };
    let field = |name| query.get(name).unwrap_or_default().to_owned();
    let kept = FIELDS.map(|name| (name, query.get(name).unwrap_or_default()));
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = IndexPage {
        layout: user.layout(IndexPage::title(), Section::AuditLog),
        filter: Filter {
            actions: choices(wanted.action.as_deref()),
            actor: field("actor"),
            target: field("target"),
            address: field("address"),
            from: field("from"),
            to: field("to"),
        },
        errors,
        pager: slice.pager(routes::ADMIN_AUDIT_LOG, &kept),
        export: routes::with_query(routes::ADMIN_AUDIT_LOG_EXPORT, &kept),
        entries: slice.items,
    };
    Ok(respond(status, &page))
}

fn note_failure(failure: Failure<ManagementError>, errors: &mut FormErrors) -> Result<(), PageError> {
    match failure {
        Failure::Refused(refusal) => {
            note_refusal(&refusal, errors);
            Ok(())
        }
        Failure::Store(error) => Err(error.into()),
    }
}

/// `GET /admin/audit-log/export`: what the page with this query lists, all of it.
pub async fn export(user: Reader, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let wanted = wanted(&query_of(&request)?);
    let Ok(filter) = wanted.filter() else {
        return Err(PageError::BadRequest(t!("audit-export-malformed")));
    };
    let (app, context) = (&user.visitor.app, user.context());
    let noted = app.store.write(move |connection| note_export(connection, &context, &wanted)).await;
    match noted {
        Ok(()) => Ok(json_lines::audit_log(app.clone(), filter)),
        Err(Failure::Refused(_)) => Err(PageError::Internal),
        Err(Failure::Store(error)) => Err(error.into()),
    }
}

async fn find(user: &User, mut filter: audit_log::Filter) -> Result<Slice<AuditEntry, i64>, StoreError> {
    let app = &user.visitor.app;
    let (cache, now) = (app.store.cache(), user.visitor.now());
    app.store
        .read(move |connection| {
            resolve(connection, &mut filter)?;
            let list = |place: &Place<i64>, limit| {
                let filter = audit_log::Filter { place: place.clone(), ..filter.clone() };
                Ok(audit_log::list(connection, &filter, limit)?)
            };
            let slice = Slice::read(filter.place.clone(), list, |entry| entry.id)?;
            Ok(slice.with(words::in_words(connection, &cache, &slice.items, now)?))
        })
        .await
}

fn choices(chosen: Option<&str>) -> Vec<Choice> {
    let anything = Choice::new("", t!("audit-anything"), "", chosen.is_none());
    let actions = ACTIONS.iter().map(|(name, words, _)| Choice::new(*name, t!(words), "", chosen == Some(*name)));
    std::iter::once(anything).chain(actions).collect()
}
