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
use crate::web::page::{AuditEntry, Moment, Tone, count};
use crate::web::routes;

/// Every action there is, in words.
pub const ACTIONS: &[(&str, &str, Tone)] = &[
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
    ("client.registered", "Client registered itself", Tone::Neutral),
    ("client.expired", "Client expired: nobody allowed it", Tone::Neutral),
    ("client.tried", "Client tried in the playground", Tone::Neutral),
    ("client.updated", "Client changed", Tone::Neutral),
    ("client.disabled", "Client disabled", Tone::Neutral),
    ("client.enabled", "Client enabled", Tone::Neutral),
    ("client.secret_added", "Secret added", Tone::Neutral),
    ("client.secret_deleted", "Secret deleted", Tone::Neutral),
    ("client.secret_expiry_set", "Expiry of a secret changed", Tone::Neutral),
    ("client.grants_revoked", "Grants of a client revoked", Tone::Neutral),
    ("client.deleted", "Client deleted", Tone::Neutral),
    ("scope.created", "Scope created", Tone::Neutral),
    ("scope.updated", "Scope changed", Tone::Neutral),
    ("scope.deleted", "Scope deleted", Tone::Neutral),
    ("resource.created", "Resource created", Tone::Neutral),
    ("resource.deleted", "Resource deleted", Tone::Neutral),
    ("user.created", "User created", Tone::Neutral),
    ("user.updated", "User changed", Tone::Neutral),
    ("user.role_changed", "Role changed", Tone::Warning),
    ("user.disabled", "User disabled", Tone::Neutral),
    ("user.enabled", "User enabled", Tone::Neutral),
    ("user.password_set", "Password set", Tone::Neutral),
    ("user.link_made", "Set-password link made", Tone::Neutral),
    ("user.deleted", "User deleted", Tone::Neutral),
    ("registration_token.created", "Registration token made", Tone::Neutral),
    ("registration_token.revoked", "Registration token revoked", Tone::Neutral),
    ("keys.rotated", "Keys rotated", Tone::Neutral),
    ("audit_log.exported", "Audit log exported", Tone::Neutral),
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
                ("operator", _) => "Command line".to_owned(),
                ("anonymous", _) => "Nobody signed in".to_owned(),
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
            Some((format!("Grant of {whose}"), routes::admin_grant(target)))
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
    let role = |text: &str| Role::parse(text).map_or_else(|| text.to_owned(), |role| role_label(role).to_owned());
    let remark = |(name, value): (&String, &Value)| {
        let text = plain(value);
        match (name.as_str(), value) {
            _ if text.is_empty() || text == target => None,
            ("role", _) if text == "user" => None,
            ("role", _) => Some(role(&text)),
            ("from", _) => Some(format!("Was {}", role(&text))),
            ("to", _) => Some(format!("Is {}", role(&text))),
            ("is_default", Value::Bool(is_default)) => {
                Some(if *is_default { "Default" } else { "Not default" }.to_owned())
            }
            ("grants", Value::Number(number)) => Some(count(number.as_i64().unwrap_or_default(), "grant")),
            ("sessions", Value::Number(number)) => Some(count(number.as_i64().unwrap_or_default(), "session")),
            // What it was called at the time.
            ("username" | "client_name", _) => Some(format!("As {text}")),
            ("uses", Value::Number(number)) => Some(count(number.as_i64().unwrap_or_default(), "use")),
            ("expires_at", Value::Number(at)) => {
                Some(format!("Until {}", Moment::new(at.as_i64().unwrap_or_default(), 0).absolute))
            }
            ("note", _) => Some(text),
            ("registration_token", _) => Some(format!("Registration token: {text}")),
            ("claims", _) => Some(format!("Claims: {text}")),
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
