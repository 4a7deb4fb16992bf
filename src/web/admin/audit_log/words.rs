//! Entries of the audit log as people read them: what happened in words, to what by name, with a link while it is there.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::clock::Timestamp;
use crate::domain::grant::GrantId;
use crate::domain::resource_owner::Role;
use crate::store::audit_log::{self, Entry};
use crate::store::cache::Cache;
use crate::store::connection::AnyConnection;
use crate::store::{StoreError, grants, resource_owners};
use crate::web::admin::users::account::role_label;
use crate::web::page::{AuditEntry, Moment, Tone};
use crate::web::routes;

/// Every action there is, in words.
pub const ACTIONS: &[(&str, &str, Tone)] = &[
    ("login.succeeded", key!("action-login-succeeded"), Tone::Neutral),
    ("login.failed", key!("action-login-failed"), Tone::Warning),
    ("session.ended", key!("action-session-ended"), Tone::Neutral),
    ("session.all_ended", key!("action-session-all-ended"), Tone::Neutral),
    ("logout.retried", key!("action-logout-retried"), Tone::Neutral),
    ("consent.given", key!("action-consent-given"), Tone::Neutral),
    ("consent.denied", key!("action-consent-denied"), Tone::Neutral),
    ("consent.withdrawn", key!("action-consent-withdrawn"), Tone::Neutral),
    ("mail.retried", key!("action-mail-retried"), Tone::Neutral),
    ("consent.restored", key!("action-consent-restored"), Tone::Neutral),
    ("grant.issued", key!("action-grant-issued"), Tone::Neutral),
    ("grant.revoked", key!("action-grant-revoked"), Tone::Neutral),
    ("grant.replayed", key!("action-grant-replayed"), Tone::Danger),
    ("token.revoked", key!("action-token-revoked"), Tone::Neutral),
    ("client.authentication_failed", key!("action-client-authentication-failed"), Tone::Warning),
    ("client.created", key!("action-client-created"), Tone::Neutral),
    ("client.registered", key!("action-client-registered"), Tone::Neutral),
    ("client.expired", key!("action-client-expired"), Tone::Neutral),
    ("client.tried", key!("action-client-tried"), Tone::Neutral),
    ("client.updated", key!("action-client-updated"), Tone::Neutral),
    ("client.disabled", key!("action-client-disabled"), Tone::Neutral),
    ("client.enabled", key!("action-client-enabled"), Tone::Neutral),
    ("client.secret_added", key!("action-client-secret-added"), Tone::Neutral),
    ("client.secret_deleted", key!("action-client-secret-deleted"), Tone::Neutral),
    ("client.secret_expiry_set", key!("action-client-secret-expiry-set"), Tone::Neutral),
    ("client.grants_revoked", key!("action-client-grants-revoked"), Tone::Neutral),
    ("client.deleted", key!("action-client-deleted"), Tone::Neutral),
    ("scope.created", key!("action-scope-created"), Tone::Neutral),
    ("scope.updated", key!("action-scope-updated"), Tone::Neutral),
    ("scope.deleted", key!("action-scope-deleted"), Tone::Neutral),
    ("resource.created", key!("action-resource-created"), Tone::Neutral),
    ("resource.updated", key!("action-resource-updated"), Tone::Neutral),
    ("resource.deleted", key!("action-resource-deleted"), Tone::Neutral),
    ("user.created", key!("action-user-created"), Tone::Neutral),
    ("user.updated", key!("action-user-updated"), Tone::Neutral),
    ("user.role_changed", key!("action-user-role-changed"), Tone::Warning),
    ("user.disabled", key!("action-user-disabled"), Tone::Neutral),
    ("user.enabled", key!("action-user-enabled"), Tone::Neutral),
    ("user.password_set", key!("action-user-password-set"), Tone::Neutral),
    ("user.email_change_asked", key!("action-user-email-change-asked"), Tone::Neutral),
    ("user.email_change_cancelled", key!("action-user-email-change-cancelled"), Tone::Neutral),
    ("user.email_link_made", key!("action-user-email-link-made"), Tone::Neutral),
    ("user.email_link_sent", key!("action-user-email-link-sent"), Tone::Neutral),
    ("user.email_confirmed", key!("action-user-email-confirmed"), Tone::Neutral),
    ("user.link_made", key!("action-user-link-made"), Tone::Neutral),
    ("user.deleted", key!("action-user-deleted"), Tone::Neutral),
    ("registration_token.created", key!("action-registration-token-created"), Tone::Neutral),
    ("registration_token.revoked", key!("action-registration-token-revoked"), Tone::Neutral),
    ("configuration.imported", key!("action-configuration-imported"), Tone::Warning),
    ("configuration.exported", key!("action-configuration-exported"), Tone::Neutral),
    ("settings.changed", key!("action-settings-changed"), Tone::Warning),
    ("keys.rotated", key!("action-keys-rotated"), Tone::Neutral),
    ("database.restored", key!("action-database-restored"), Tone::Warning),
    ("everything.revocation_begun", key!("action-everything-revocation-begun"), Tone::Warning),
    ("everything.revoked", key!("action-everything-revoked"), Tone::Warning),
    ("audit_log.exported", key!("action-audit-log-exported"), Tone::Neutral),
];

/// The newest entries that match, in words.
pub fn newest(
    connection: &mut AnyConnection,
    cache: &Cache,
    filter: &audit_log::Filter,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<AuditEntry>, StoreError> {
    let stored = audit_log::list(connection, filter, limit)?;
    in_words(connection, cache, &stored, now)
}

/// Entries in words.
pub fn in_words(
    connection: &mut AnyConnection,
    cache: &Cache,
    stored: &[Entry],
    now: Timestamp,
) -> Result<Vec<AuditEntry>, StoreError> {
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
                ("operator", _) => t!("audit-operator"),
                ("anonymous", _) => t!("audit-anonymous"),
                ("server", _) => "Grantor".to_owned(),
                (_, name) => name.to_owned(),
            };
            Ok(line(entry, actor, known[&key].clone(), now))
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
            Some((t!("audit-grant-of", name = whose), routes::admin_grant(target)))
        }
        Kind::Scope => cache
            .catalog(connection)?
            .scopes
            .find(target)
            .map(|scope| (scope.name.clone(), routes::ADMIN_SCOPES.to_owned())),
        Kind::Resource => cache
            .catalog(connection)?
            .resources
            .contains_key(target)
            .then(|| (target.to_owned(), routes::ADMIN_RESOURCES.to_owned())),
        Kind::Other => None,
    })
}

/// A stored entry as people read it; `target` is its name and place, where it still has them.
fn line(entry: &Entry, actor: String, target: Option<(String, String)>, now: Timestamp) -> AuditEntry {
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
        action: known.map_or_else(|| entry.action.clone(), |(_, words, _)| t!(words)),
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
    let role = |text: &str| Role::parse(text).map_or_else(|| text.to_owned(), role_label);
    let remark = |(name, value): (&String, &Value)| {
        let text = plain(value);
        match (name.as_str(), value) {
            _ if text.is_empty() || text == target => None,
            ("role", _) if text == "user" => None,
            ("role", _) => Some(role(&text)),
            ("from", _) => Some(t!("audit-was", role = role(&text))),
            ("to", _) => Some(t!("audit-is", role = role(&text))),
            ("is_default", Value::Bool(is_default)) => {
                Some(if *is_default { t!("audit-default") } else { t!("audit-not-default") })
            }
            ("grants", Value::Number(number)) => Some(t!("audit-grants", count = number.as_i64().unwrap_or_default())),
            ("sessions", Value::Number(number)) => {
                Some(t!("audit-sessions", count = number.as_i64().unwrap_or_default()))
            }
            // What it was called at the time.
            ("username" | "client_name", _) => Some(t!("audit-as", text = text)),
            ("before", _) => Some(t!("audit-before", text = text)),
            ("withdrawn", _) => Some(t!("audit-withdrawn", text = text)),
            ("kept_issued", Value::Bool(is_kept)) => {
                Some(if *is_kept { t!("audit-issued-kept") } else { t!("audit-issued-ended") })
            }
            ("uses", Value::Number(number)) => Some(t!("audit-uses", count = number.as_i64().unwrap_or_default())),
            ("expires_at", Value::Number(at)) => {
                Some(t!("audit-until", when = Moment::new(at.as_i64().unwrap_or_default(), 0).absolute))
            }
            ("settings", Value::Object(changes)) => Some(changed_settings(changes)),
            ("added", Value::Number(_)) => Some(t!("audit-added", text = text)),
            ("removed", Value::Number(_)) => Some(t!("audit-removed", text = text)),
            ("note", _) => Some(text),
            ("registration_token", _) => Some(t!("audit-registration-token", text = text)),
            ("claims", _) => Some(t!("audit-claims", text = text)),
            ("changed", _) | ("changed_items", Value::Number(_)) => Some(t!("audit-changed", text = text)),
            ("scope", _) => Some(t!("audit-scopes", text = text)),
            ("client", _) => Some(t!("audit-client", text = text)),
            ("secret", _) => Some(t!("audit-secret", text = text)),
            ("next", _) => Some(t!("audit-next", text = text)),
            (name, _) => Some(format!("{name}: {text}")),
        }
    };
    facts.iter().filter_map(remark).collect::<Vec<_>>().join("; ")
}

/// Each setting with what it was and what it is.
fn changed_settings(changes: &Map<String, Value>) -> String {
    let shown = |value: Option<&Value>| match value.and_then(Value::as_str) {
        None => t!("settings-as-default"),
        Some(text) => text.to_owned(),
    };
    let one =
        |(name, values): (&String, &Value)| format!("{name}: {} → {}", shown(values.get(0)), shown(values.get(1)));
    changes.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(", "),
        value => value.to_string(),
    }
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
        let words = line(&stored, "alice".into(), None, 0);
        assert_eq!((words.action.as_str(), words.target.as_str()), ("User deleted", "bob"));
        assert!(words.target_href.is_none() && words.detail.is_empty());
    }

    #[test]
    fn an_unknown_action_is_called_what_it_is_called() {
        let words = line(&entry("moon.rose", "x", "no JSON"), "alice".into(), None, 0);
        assert_eq!((words.action.as_str(), words.detail.as_str()), ("moon.rose", ""));
    }

    #[test]
    fn details_are_short_remarks() {
        let stored = entry("session.all_ended", "u_1", r#"{"sessions":1,"grants":3}"#);
        assert_eq!(line(&stored, "alice".into(), None, 0).detail, "3 grants; 1 session");
        let stored = entry("client.updated", "c_1", r#"{"changed":["scope","client_name"]}"#);
        assert_eq!(line(&stored, "alice".into(), None, 0).detail, "Changed: scope, client_name");
    }
}
