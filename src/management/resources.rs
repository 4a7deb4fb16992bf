//! Resources (RFC 8707).

use serde_json::{Value, json};

use super::{Context, ManagementError, Outcome, found, invalid, note, refuse};
use crate::clock::Timestamp;
use crate::domain::client::TokenFormat;
use crate::domain::resource::{Resource, parse_identifier};
use crate::domain::scope::{self, Scope, ScopeCatalog};
use crate::domain::sentence::sentence;
use crate::secret::{hex, sha256};
use crate::store::connection::AnyConnection;
use crate::store::error::unless_taken;
use crate::store::{clients, resources};

/// What a resource is to be.
#[derive(Clone, Debug, Default)]
pub struct NewResource {
    pub uri: String,
    pub name: String,
    /// Names of scopes; none means all.
    pub scopes: Vec<String>,
    pub token_format: Option<TokenFormat>,
    pub introspected_by: Vec<String>,
}

/// Registers a resource.
pub fn create(
    connection: &mut AnyConnection,
    context: &Context,
    new: &NewResource,
    catalog: &ScopeCatalog,
) -> Outcome<()> {
    if let Err(problem) = parse_identifier(new.uri.trim()) {
        return invalid("uri", problem);
    }
    let resource = checked(connection, new, catalog, context.now)?;
    if resources::list(connection)?.iter().any(|each| each.uri == resource.uri) {
        return refuse(taken());
    }
    unless_taken(resources::insert(connection, &resource), |_| taken())?;
    Ok(note(connection, context, "resource.created", &resource.uri, json!({}))?)
}

fn taken() -> ManagementError {
    ManagementError::Conflict(sentence!("resource-taken", "A resource with this identifier exists already."))
}

/// Changes everything of a resource but its identifier. `filled_from` is the [`version`] that the caller has seen.
pub fn update(
    connection: &mut AnyConnection,
    context: &Context,
    new: &NewResource,
    filled_from: &str,
    catalog: &ScopeCatalog,
) -> Outcome<()> {
    let Some(stored) = resources::hold(connection, new.uri.trim())? else { return found(false) };
    if filled_from != version(&stored) {
        return refuse(ManagementError::Outdated);
    }
    let resource = checked(connection, new, catalog, stored.created_at)?;
    let (before, after) = (said(&stored), said(&resource));
    let changed: Vec<&str> =
        before.iter().zip(&after).filter(|(before, after)| before != after).map(|((name, _), _)| *name).collect();
    if changed.is_empty() {
        return Ok(());
    }
    found(resources::update(connection, &resource)?)?;
    Ok(note(connection, context, "resource.updated", &resource.uri, json!({ "changed": changed }))?)
}

/// What a resource is now, as a form carries it.
pub fn version(resource: &Resource) -> String {
    let all: Vec<String> = said(resource).into_iter().map(|(_, value)| value.to_string()).collect();
    hex(&sha256(all.join("\n").as_bytes())[..12])
}

/// What can be changed of a resource, by name.
fn said(resource: &Resource) -> [(&'static str, Value); 4] {
    [
        ("name", json!(resource.name)),
        ("scope", json!(resource.scope.as_ref().map(scope::render))),
        ("token_format", json!(resource.token_format.map(TokenFormat::as_str))),
        ("introspected_by", json!(resource.introspected_by)),
    ]
}

/// The resource that was asked for, when all but its identifier is right.
fn checked(
    connection: &mut AnyConnection,
    new: &NewResource,
    catalog: &ScopeCatalog,
    created_at: Timestamp,
) -> Outcome<Resource> {
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > 200 || name.chars().any(char::is_control) {
        return invalid("name", sentence!("resource-name-malformed", "Give the API a name of at most 200 characters."));
    }
    if new.scopes.iter().any(|name| catalog.find(name).is_none()) {
        return invalid("scope", sentence!("scope-unknown", "One of the scopes does not exist. Create it first."));
    }
    let scope: Option<Scope> =
        (!new.scopes.is_empty()).then(|| scope::from_names(new.scopes.iter().map(String::as_str)));
    check_introspectors(connection, &new.introspected_by)?;
    Ok(Resource {
        uri: new.uri.trim().to_owned(),
        name: name.to_owned(),
        scope,
        token_format: new.token_format,
        introspected_by: new.introspected_by.clone(),
        created_at,
    })
}

/// Only who can prove who they are may introspect (RFC 7662 §2.1).
fn check_introspectors(connection: &mut AnyConnection, ids: &[String]) -> Outcome<()> {
    let known = clients::find_all(connection, ids)?;
    let problem = ids.iter().find_map(|id| match known.iter().find(|client| client.id == *id) {
        None => Some(sentence!("resource-client-unknown", "There is no client with the id {id}.", id = id.as_str())),
        Some(client) if client.is_public() => Some(sentence!(
            "resource-client-public",
            "{client} ({id}) is a public client and cannot prove who it is. Name a confidential one.",
            client = client.name(),
            id = id.as_str()
        )),
        Some(_) => None,
    });
    problem.map_or(Ok(()), |problem| invalid("introspected_by", problem))
}

/// Deletes a resource. Nobody gets tokens for it any more.
pub fn delete(connection: &mut AnyConnection, context: &Context, uri: &str) -> Outcome<()> {
    found(resources::delete(connection, uri)?)?;
    Ok(note(connection, context, "resource.deleted", uri, json!({}))?)
}
