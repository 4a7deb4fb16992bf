//! Resources (RFC 8707).

use serde_json::json;

use super::{Context, Outcome, conflict, found, invalid, note};
use crate::domain::client::TokenFormat;
use crate::domain::resource::{Resource, parse_identifier};
use crate::domain::scope::{self, Scope, ScopeCatalog};
use crate::domain::sentence::sentence;
use crate::store::connection::AnyConnection;
use crate::store::{clients, resources};

/// A resource to be.
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
    let uri = new.uri.trim();
    if let Err(problem) = parse_identifier(uri) {
        return invalid("uri", problem);
    }
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
    if resources::list(connection)?.iter().any(|each| each.uri == uri) {
        return conflict(sentence!("resource-taken", "A resource with this identifier exists already."));
    }
    let resource = Resource {
        uri: uri.to_owned(),
        name: name.to_owned(),
        scope,
        token_format: new.token_format,
        introspected_by: new.introspected_by.clone(),
        created_at: context.now,
    };
    resources::insert(connection, &resource)?;
    Ok(note(connection, context, "resource.created", uri, json!({}))?)
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
