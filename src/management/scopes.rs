//! Scopes.

use serde_json::json;

use super::{Context, ManagementError, Outcome, conflict, found, invalid, note, refuse};
use crate::domain::claims::PROTOCOL;
use crate::domain::scope::{ScopeEntry, ScopeName};
use crate::domain::sentence::sentence;
use crate::store::connection::AnyConnection;
use crate::store::error::unless_taken;
use crate::store::{clients, scopes};

const MAX_DESCRIPTION: usize = 500;
const MAX_CLAIMS: usize = 20;
const MAX_CLAIM_LENGTH: usize = 128;

/// What a scope means, as somebody typed it.
#[derive(Clone, Debug, Default)]
pub struct Meaning {
    /// What it allows, in words for the consent page.
    pub description: String,
    /// Whether clients without a scope list of their own may ask for it.
    pub is_default: bool,
    /// The claims about the user that it opens.
    pub claims: Vec<String>,
}

/// Creates a scope.
pub fn create(connection: &mut AnyConnection, context: &Context, name: &str, meaning: &Meaning) -> Outcome<()> {
    let name = match ScopeName::parse(name.trim()) {
        Ok(name) => name,
        Err(problem) => return invalid("name", problem),
    };
    let description = check_description(&meaning.description)?;
    check_default(name.as_str(), meaning.is_default)?;
    let claims = check_claims(&meaning.claims)?;
    let is_default = meaning.is_default;
    let entry = ScopeEntry { name: name.to_string(), description, is_default, is_builtin: false, claims };
    if scopes::list(connection)?.iter().any(|each| each.name == entry.name) {
        return refuse(taken());
    }
    unless_taken(scopes::insert(connection, &entry, context.now), |_| taken())?;
    Ok(note(connection, context, "scope.created", name.as_str(), json!({ "claims": entry.claims }))?)
}

fn taken() -> ManagementError {
    ManagementError::Conflict(sentence!(
        "scope-taken",
        "A scope with this name exists already. Change that one, or choose another name."
    ))
}

/// Changes what a scope means. What those of OpenID Connect open is in the specification.
pub fn update(connection: &mut AnyConnection, context: &Context, name: &str, meaning: &Meaning) -> Outcome<()> {
    let description = check_description(&meaning.description)?;
    check_default(name, meaning.is_default)?;
    let claims = check_claims(&meaning.claims)?;
    let known = scopes::list(connection)?.into_iter().find(|each| each.name == name);
    let Some(known) = known else { return found(false) };
    if known.is_builtin && known.claims != claims {
        return invalid(
            "claims",
            sentence!(
                "scope-claims-of-server",
                "The server itself decides which claims this scope opens. Leave them as they are."
            ),
        );
    }
    let detail = json!({ "is_default": meaning.is_default, "claims": claims });
    scopes::update(connection, &ScopeEntry { description, is_default: meaning.is_default, claims, ..known })?;
    Ok(note(connection, context, "scope.updated", name, detail)?)
}

/// What opens this server itself is given by name only: strangers who register a client get all defaults.
fn check_default(name: &str, is_default: bool) -> Outcome<()> {
    if is_default && name.starts_with("grantor.") {
        return invalid(
            "default",
            sentence!(
                "scope-no-default",
                "A scope of the management API is no default. Name it in each client that needs it."
            ),
        );
    }
    Ok(())
}

fn check_claims(names: &[String]) -> Outcome<Vec<String>> {
    let mut claims: Vec<String> = Vec::new();
    for name in names {
        let is_name = !name.is_empty()
            && name.len() <= MAX_CLAIM_LENGTH
            && !name.chars().any(|c| c.is_whitespace() || c.is_control());
        if !is_name {
            let problem = sentence!(
                "scope-claim-name",
                "The name of a claim has from 1 to {most} characters and no spaces.",
                most = MAX_CLAIM_LENGTH
            );
            return invalid("claims", problem);
        }
        if PROTOCOL.contains(&name.as_str()) {
            return invalid(
                "claims",
                sentence!("claim-of-server", "The server itself says {name}; leave it out.", name = name.as_str()),
            );
        }
        if !claims.contains(name) {
            claims.push(name.clone());
        }
    }
    if claims.len() > MAX_CLAIMS {
        return invalid(
            "claims",
            sentence!("scope-claims-many", "A scope opens at most {most} claims.", most = MAX_CLAIMS),
        );
    }
    Ok(claims)
}

fn check_description(text: &str) -> Outcome<String> {
    let text = text.trim();
    if text.is_empty() {
        return invalid(
            "description",
            sentence!(
                "scope-description-missing",
                "Say in a few words what the scope allows; users read it before they consent."
            ),
        );
    }
    if text.chars().count() > MAX_DESCRIPTION || text.chars().any(char::is_control) {
        return invalid(
            "description",
            sentence!("scope-description-long", "Write one line of at most 500 characters."),
        );
    }
    Ok(text.to_owned())
}

/// Deletes a scope that no client names. Nobody can be given it any more.
pub fn delete(connection: &mut AnyConnection, context: &Context, name: &str) -> Outcome<()> {
    let known = scopes::list(connection)?;
    if known.iter().any(|each| each.name == name && each.is_builtin) {
        return conflict(sentence!("scope-needed", "The server itself needs this scope, so it cannot be deleted."));
    }
    let clients = clients::count_naming_scope(connection, name)?;
    if clients > 0 {
        return conflict(if clients == 1 {
            sentence!("scope-named-once", "1 client names this scope. Take it away there first, then delete it.")
        } else {
            sentence!(
                "scope-named",
                "{count} clients name this scope. Take it away there first, then delete it.",
                count = clients
            )
        });
    }
    found(scopes::delete(connection, name)?)?;
    Ok(note(connection, context, "scope.deleted", name, json!({}))?)
}
