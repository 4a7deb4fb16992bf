//! `/admin/audit-log`: who did what, when, from where.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::NaiveDate;
use serde_json::{Map, Value};

use crate::clock::Timestamp;
use crate::domain::grant::GrantId;
use crate::domain::resource_owner::login_key;
use crate::protocol::parameters::Parameters;
use crate::store::audit_log::{self, Entry};
use crate::store::cache::Cache;
use crate::store::connection::AnyConnection;
use crate::store::{StoreError, grants, resource_owners};
use crate::web::error::PageError;
use crate::web::form::BodyProblem;
use crate::web::page::{AuditEntry, Choice, FormErrors, Layout, Moment, Pager, Section, Tone, count, respond, sample};
use crate::web::visitor::Admin;
use crate::web::{only_page, routes};

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
            newer: Some("/admin/audit-log?before=900".into()),
            older: Some("/admin/audit-log?after=850".into()),
        };
        let errors = FormErrors::none().with("from", "Give a day, such as 2026-03-14.");
        vec![
            page("", "", FormErrors::none(), sample::audit_entries(), pager),
            page("", "", FormErrors::none(), Vec::new(), Pager::default()),
            page("zed", "yesterday", errors, Vec::new(), Pager::default()),
        ]
    }
}

const PAGE: usize = 50;
const DAY: i64 = 24 * 60 * 60;

/// Every action there is, in words.
const ACTIONS: [(&str, &str, Tone); 33] = [
    ("login.succeeded", "Signed in", Tone::Neutral),
    ("login.failed", "Sign-in refused", Tone::Warning),
    ("session.ended", "Session ended", Tone::Neutral),
    ("session.all_ended", "Signed out everywhere", Tone::Neutral),
    ("logout.retried", "Sign-out repeated to a client", Tone::Neutral),
    ("consent.given", "Access allowed", Tone::Neutral),
    ("consent.denied", "Access denied", Tone::Neutral),
    ("consent.withdrawn", "Access withdrawn", Tone::Neutral),
    ("grant.issued", "Grant issued", Tone::Neutral),
    ("grant.revoked", "Grant revoked", Tone::Neutral),
    ("grant.replayed", "Code or refresh token replayed", Tone::Danger),
    ("token.revoked", "Token revoked", Tone::Neutral),
    ("client.authentication_failed", "Client authentication failed", Tone::Warning),
    ("client.created", "Client created", Tone::Neutral),
    ("client.updated", "Client changed", Tone::Neutral),
    ("client.disabled", "Client disabled", Tone::Neutral),
    ("client.enabled", "Client enabled", Tone::Neutral),
    ("client.secret_added", "Secret added", Tone::Neutral),
    ("client.secret_deleted", "Secret deleted", Tone::Neutral),
    ("client.deleted", "Client deleted", Tone::Neutral),
    ("scope.created", "Scope created", Tone::Neutral),
    ("scope.updated", "Scope changed", Tone::Neutral),
    ("scope.deleted", "Scope deleted", Tone::Neutral),
    ("resource.created", "Resource created", Tone::Neutral),
    ("resource.deleted", "Resource deleted", Tone::Neutral),
    ("user.created", "User created", Tone::Neutral),
    ("user.updated", "User changed", Tone::Neutral),
    ("user.disabled", "User disabled", Tone::Neutral),
    ("user.enabled", "User enabled", Tone::Neutral),
    ("user.password_set", "Password set", Tone::Neutral),
    ("user.link_made", "Set-password link made", Tone::Neutral),
    ("user.deleted", "User deleted", Tone::Neutral),
    ("keys.rotated", "Keys rotated", Tone::Neutral),
];

/// `GET /admin/audit-log`
pub async fn index(user: Admin, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let query = Parameters::parse(request.query_string().as_bytes()).map_err(BodyProblem::Malformed)?;
    let value = |name| query.get(name).map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned);
    let number = |name| query.get(name).and_then(|text| text.parse::<i64>().ok());
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
        before: number("before"),
        after: number("after"),
    };
    let mut found = if errors.is_empty() { find(&user, filter.clone()).await? } else { Vec::new() };
    let has_more = found.len() > PAGE;
    let is_back = filter.after.is_some();
    if has_more && is_back {
        // The list is newest first, and what is too much lies beyond the newest.
        found.remove(0);
    }
    found.truncate(PAGE);
    let field = |name| query.get(name).unwrap_or_default().to_owned();
    let link = |name, id: &i64| {
        let kept = ["action", "actor", "target", "from", "to"].map(|name| (name, query.get(name).unwrap_or_default()));
        let id = id.to_string();
        routes::with_query(routes::ADMIN_AUDIT_LOG, &[&kept[..], &[(name, id.as_str())]].concat())
    };
    let (first, last) = (found.first().map(|(id, _)| id), found.last().map(|(id, _)| id));
    let pager = Pager {
        newer: first.filter(|_| if is_back { has_more } else { filter.before.is_some() }).map(|id| link("after", id)),
        older: last.filter(|_| is_back || has_more).map(|id| link("before", id)),
    };
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
        entries: found.into_iter().map(|(_, entry)| entry).collect(),
        pager,
    };
    Ok(respond(status, &page))
}

/// One more than a page, so that it is known whether there is another.
async fn find(user: &Admin, mut filter: audit_log::Filter) -> Result<Vec<(i64, AuditEntry)>, StoreError> {
    let app = &user.visitor.app;
    let (cache, now) = (app.store.cache(), user.visitor.now());
    app.store
        .read(move |connection| {
            if let Some(target) = &filter.target {
                // People know accounts by name, the log knows them by id.
                let owner = resource_owners::find_by_login(connection, &login_key(target))?;
                filter.target_alias = owner.map(|owner| owner.id);
            }
            read(connection, &cache, &filter, PAGE + 1, now)
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

/// A page of entries in words, each with its id.
pub fn read(
    connection: &mut AnyConnection,
    cache: &Cache,
    filter: &audit_log::Filter,
    limit: usize,
    now: Timestamp,
) -> Result<Vec<(i64, AuditEntry)>, StoreError> {
    let stored = audit_log::list(connection, filter, i64::try_from(limit).unwrap_or(i64::MAX))?;
    let mut known = BTreeMap::new();
    stored
        .iter()
        .map(|entry| {
            let kind = kind_of(&entry.action);
            let key = (kind, entry.target.clone());
            if !known.contains_key(&key) {
                known.insert(key.clone(), look_up(connection, cache, kind, &entry.target)?);
            }
            let actor = match (entry.actor_kind.as_str(), entry.actor.as_str()) {
                ("client", id) => {
                    cache.client(connection, id)?.map_or(id.to_owned(), |client| client.name().to_owned())
                }
                ("operator", _) => "Command line".to_owned(),
                ("anonymous", _) => "Nobody signed in".to_owned(),
                ("server", _) => "Grantor".to_owned(),
                (_, name) => name.to_owned(),
            };
            Ok((entry.id, in_words(entry, actor, known[&key].clone(), now)))
        })
        .collect()
}

/// What the target of an entry is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Client,
    User,
    Grant,
    Scope,
    Resource,
    Other,
}

fn kind_of(action: &str) -> Kind {
    match action.split('.').next() {
        Some("client" | "consent") => Kind::Client,
        Some("user" | "login" | "session") => Kind::User,
        Some("grant" | "token") => Kind::Grant,
        Some("scope") => Kind::Scope,
        Some("resource") => Kind::Resource,
        _ => Kind::Other,
    }
}

/// The name of a target and where to see it, as long as it is there.
fn look_up(
    connection: &mut AnyConnection,
    cache: &Cache,
    kind: Kind,
    target: &str,
) -> Result<Option<(String, String)>, StoreError> {
    Ok(match kind {
        _ if target.is_empty() => None,
        Kind::Client => {
            cache.client(connection, target)?.map(|client| (client.name().to_owned(), routes::admin_client(&client.id)))
        }
        Kind::User => {
            resource_owners::find(connection, target)?.map(|owner| (owner.username, routes::admin_user(&owner.id)))
        }
        Kind::Grant => {
            let Ok(id) = target.parse::<GrantId>() else { return Ok(None) };
            let Some(grant) = grants::find(connection, id)? else { return Ok(None) };
            let whose = if let Some(owner) = grant.owner {
                owner.username
            } else {
                let client = cache.client(connection, &grant.client_id)?;
                client.map_or(grant.client_id, |client| client.name().to_owned())
            };
            Some((format!("Grant of {whose}"), routes::admin_grant(target)))
        }
        Kind::Scope => cache
            .catalog(connection)?
            .scopes
            .find(target)
            .map(|scope| (scope.name.clone(), routes::admin_scope_edit(&scope.name))),
        Kind::Resource => cache
            .catalog(connection)?
            .resources
            .contains_key(target)
            .then(|| (target.to_owned(), routes::ADMIN_RESOURCES.to_owned())),
        Kind::Other => None,
    })
}

/// A stored entry as people read it; `target` is its name and place, where it still has them.
fn in_words(entry: &Entry, actor: String, target: Option<(String, String)>, now: Timestamp) -> AuditEntry {
    let known = ACTIONS.iter().find(|(name, ..)| *name == entry.action);
    let facts: Map<String, Value> = serde_json::from_str(&entry.detail).unwrap_or_default();
    // What is gone was called by name when it went.
    let last_name = || {
        let name = facts.get("username").or_else(|| facts.get("client_name")).and_then(Value::as_str);
        name.filter(|name| !name.is_empty()).unwrap_or(&entry.target).to_owned()
    };
    let (target, target_href) = target.map_or_else(|| (last_name(), None), |(name, href)| (name, Some(href)));
    AuditEntry {
        at: Moment::new(entry.at, now),
        action: known.map_or(entry.action.as_str(), |(_, words, _)| words).to_owned(),
        actor,
        detail: detail(&facts, &target),
        target,
        target_href,
        address: entry.address.clone(),
        tone: known.map_or(Tone::Neutral, |(.., tone)| *tone),
    }
}

/// What else is known, as a short remark.
fn detail(facts: &Map<String, Value>, target: &str) -> String {
    let remark = |(name, value): (&String, &Value)| {
        let text = plain(value);
        match (name.as_str(), value) {
            _ if text.is_empty() || text == target => None,
            ("role", _) if text == "user" => None,
            ("role", _) => Some("Administrator".to_owned()),
            ("is_default", Value::Bool(is_default)) => {
                Some(if *is_default { "Default" } else { "Not default" }.to_owned())
            }
            ("grants", Value::Number(number)) => Some(count(number.as_i64().unwrap_or_default(), "grant")),
            ("sessions", Value::Number(number)) => Some(count(number.as_i64().unwrap_or_default(), "session")),
            // What it was called at the time.
            ("username" | "client_name", _) => Some(format!("As {text}")),
            ("changed", _) => Some(format!("Changed: {text}")),
            ("scope", _) => Some(format!("Scopes: {text}")),
            ("client", _) => Some(format!("Client: {text}")),
            ("secret", _) => Some(format!("Secret: {text}")),
            ("next", _) => Some(format!("New next keys: {text}")),
            (name, _) => Some(format!("{name}: {text}")),
        }
    };
    facts.iter().filter_map(remark).collect::<Vec<_>>().join("; ")
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(", "),
        value => value.to_string(),
    }
}

/// The routes of these pages.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .service(web::resource(routes::ADMIN_AUDIT_LOG).route(web::get().to(index)).default_service(only_page("GET")));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(action: &str, target: &str, detail: &str) -> Entry {
        Entry {
            id: 1,
            at: 0,
            action: action.to_owned(),
            actor_kind: "user".to_owned(),
            actor: "alice".to_owned(),
            target: target.to_owned(),
            address: String::new(),
            request_id: String::new(),
            detail: detail.to_owned(),
        }
    }

    #[test]
    fn what_is_gone_keeps_its_name_and_has_no_link() {
        let stored = entry("user.deleted", "u_1", r#"{"username":"bob"}"#);
        let words = in_words(&stored, "alice".into(), None, 0);
        assert_eq!((words.action.as_str(), words.target.as_str()), ("User deleted", "bob"));
        assert!(words.target_href.is_none() && words.detail.is_empty());
    }

    #[test]
    fn an_unknown_action_is_called_what_it_is_called() {
        let words = in_words(&entry("moon.rose", "x", "no JSON"), "alice".into(), None, 0);
        assert_eq!((words.action.as_str(), words.detail.as_str()), ("moon.rose", ""));
    }

    #[test]
    fn details_are_short_remarks() {
        let stored = entry("session.all_ended", "u_1", r#"{"sessions":1,"grants":3}"#);
        assert_eq!(in_words(&stored, "alice".into(), None, 0).detail, "3 grants; 1 session");
        let stored = entry("client.updated", "c_1", r#"{"changed":["scope","client_name"]}"#);
        assert_eq!(in_words(&stored, "alice".into(), None, 0).detail, "Changed: scope, client_name");
    }
}
