//! The server's own scopes in words. An admin who describes one anew means those words, in every language.

use super::{Language, within};

/// What `name` allows, as people read it; `stored` is its description in the catalogue.
pub fn description(name: &str, stored: &str) -> String {
    match key_of(name) {
        Some(key) if within(Language::english(), || t!(key)) == stored => t!(key),
        _ => stored.to_owned(),
    }
}

fn key_of(name: &str) -> Option<&'static str> {
    Some(match name {
        "openid" => key!("scope-openid"),
        "profile" => key!("scope-profile"),
        "email" => key!("scope-email"),
        "phone" => key!("scope-phone"),
        "address" => key!("scope-address"),
        "offline_access" => key!("scope-offline-access"),
        "grantor.clients:read" => key!("scope-clients-read"),
        "grantor.clients:write" => key!("scope-clients-write"),
        "grantor.scopes:read" => key!("scope-scopes-read"),
        "grantor.scopes:write" => key!("scope-scopes-write"),
        "grantor.users:read" => key!("scope-users-read"),
        "grantor.users:write" => key!("scope-users-write"),
        "grantor.grants:read" => key!("scope-grants-read"),
        "grantor.grants:write" => key!("scope-grants-write"),
        _ => return None,
    })
}
