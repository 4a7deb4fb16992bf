//! Scopes.

use serde_json::json;

use super::{Context, Outcome, conflict, found, invalid, note};
use crate::domain::scope::{ScopeEntry, ScopeName};
use crate::store::connection::AnyConnection;
use crate::store::{clients, scopes};

const MAX_DESCRIPTION: usize = 500;

/// Creates a scope.
pub fn create(
    connection: &mut AnyConnection,
    context: &Context,
    name: &str,
    description: &str,
    is_default: bool,
) -> Outcome<()> {
    let name = match ScopeName::parse(name.trim()) {
        Ok(name) => name,
        Err(problem) => return invalid("name", problem),
    };
    let description = check_description(description)?;
    check_default(name.as_str(), is_default)?;
    let entry = ScopeEntry { name: name.to_string(), description, is_default, is_builtin: false, claims: Vec::new() };
    if scopes::list(connection)?.iter().any(|each| each.name == entry.name) {
        return conflict("A scope with this name exists already. Change that one, or choose another name.");
    }
    scopes::insert(connection, &entry, context.now)?;
    Ok(note(connection, context, "scope.created", name.as_str(), json!({}))?)
}

/// Changes description and default mark.
pub fn update(
    connection: &mut AnyConnection,
    context: &Context,
    name: &str,
    description: &str,
    is_default: bool,
) -> Outcome<()> {
    let description = check_description(description)?;
    check_default(name, is_default)?;
    let known = scopes::list(connection)?.into_iter().find(|each| each.name == name);
    let Some(known) = known else { return found(false) };
    scopes::update(connection, &ScopeEntry { description, is_default, ..known })?;
    Ok(note(connection, context, "scope.updated", name, json!({ "is_default": is_default }))?)
}

/// What opens this server itself is given by name only: strangers who register a client get all defaults.
fn check_default(name: &str, is_default: bool) -> Outcome<()> {
    if is_default && name.starts_with("grantor.") {
        return invalid(
            "is_default",
            "A scope of the management API is no default. Name it in each client that needs it.",
        );
    }
    Ok(())
}

fn check_description(text: &str) -> Outcome<String> {
    let text = text.trim();
    if text.is_empty() {
        return invalid("description", "Say in a few words what the scope allows; users read it before they consent.");
    }
    if text.chars().count() > MAX_DESCRIPTION || text.chars().any(char::is_control) {
        return invalid("description", "Write one line of at most 500 characters.");
    }
    Ok(text.to_owned())
}

/// Deletes a scope that no client names. Nobody can be given it any more.
pub fn delete(connection: &mut AnyConnection, context: &Context, name: &str) -> Outcome<()> {
    let known = scopes::list(connection)?;
    if known.iter().any(|each| each.name == name && each.is_builtin) {
        return conflict("The server itself needs this scope, so it cannot be deleted.");
    }
    let clients = clients::count_naming_scope(connection, name)?;
    if clients > 0 {
        let who = if clients == 1 { "1 client names".to_owned() } else { format!("{clients} clients name") };
        return conflict(format!("{who} this scope. Take it away there first, then delete it."));
    }
    found(scopes::delete(connection, name)?)?;
    Ok(note(connection, context, "scope.deleted", name, json!({}))?)
}
