//! Clients: register, change, disable, delete, and their secrets.

use serde_json::{Map, Value, json};

use super::{Context, FieldProblem, ManagementError, Outcome, conflict, found, note, refuse};
use crate::clock::Timestamp;
use crate::domain::branding::Logo;
use crate::domain::client::{Client, ClientMetadata, Origin, generate_client_id};
use crate::domain::scope::ScopeCatalog;
use crate::domain::sentence::sentence;
use crate::protocol::registration;
use crate::secret::{Secret, SecretKind};
use crate::store::connection::AnyConnection;
use crate::store::{StoreError, client_logos, clients, consents, grants, session_clients};

/// Secrets that a client may have at once, beside those that have expired: the old one works on while the new one is rolled
/// out.
pub const MAX_SECRETS: usize = 2;

/// A client that was just registered.
#[derive(Debug)]
pub struct Created {
    pub client_id: String,
    /// Shown once.
    pub secret: Option<String>,
    pub metadata: ClientMetadata,
}

/// Registers a client; a confidential one gets a secret.
pub fn create(
    connection: &mut AnyConnection,
    context: &Context,
    metadata: &Map<String, Value>,
    catalog: &ScopeCatalog,
) -> Outcome<Created> {
    let created = enter(connection, Origin::Admin, checked(metadata, catalog)?, context.now)?;
    let detail = json!({ "client_name": created.metadata.client_name });
    note(connection, context, "client.created", &created.client_id, detail)?;
    Ok(created)
}

/// Enters a client whose metadata was checked; the caller notes it.
pub(super) fn enter(
    connection: &mut AnyConnection,
    origin: Origin,
    metadata: ClientMetadata,
    now: Timestamp,
) -> Result<Created, StoreError> {
    let client_id = generate_client_id();
    clients::insert(connection, &client_id, origin, &metadata, now)?;
    let has_secret = metadata.token_endpoint_auth_method.has_secret();
    let secret = if has_secret { Some(new_secret(connection, &client_id, now)?) } else { None };
    Ok(Created { client_id, secret, metadata })
}

/// Replaces what a client is registered with: as it was at `version`, or as it is, and then whoever else changes it at the
/// same time takes turns. A client that needs a secret and has none gets one, which is returned; one that needs none loses
/// its secrets.
pub fn update(
    connection: &mut AnyConnection,
    context: &Context,
    id: &str,
    version: Option<i32>,
    metadata: &Map<String, Value>,
    catalog: &ScopeCatalog,
) -> Outcome<Option<String>> {
    clients::lock(connection, id)?;
    let client = find(connection, id)?;
    let metadata = checked(metadata, catalog)?;
    replace(connection, context, &client, version.unwrap_or(client.version), &metadata)
}

/// The same with metadata that was checked.
pub(super) fn replace(
    connection: &mut AnyConnection,
    context: &Context,
    client: &Client,
    version: i32,
    metadata: &ClientMetadata,
) -> Outcome<Option<String>> {
    let id = client.id.as_str();
    if !clients::update(connection, id, version, metadata, context.now)? {
        return refuse(ManagementError::Outdated);
    }
    let changed = changed_members(&client.metadata, metadata);
    note(connection, context, "client.updated", id, json!({ "changed": changed }))?;
    if !metadata.token_endpoint_auth_method.has_secret() {
        for secret in &client.secrets {
            drop_secret(connection, context, id, &secret.id)?;
        }
        return Ok(None);
    }
    if client.secrets.is_empty() {
        note(connection, context, "client.secret_added", id, json!({}))?;
        return Ok(Some(new_secret(connection, id, context.now)?));
    }
    Ok(None)
}

pub(super) fn changed_members(before: &ClientMetadata, after: &ClientMetadata) -> Vec<String> {
    let members = |metadata: &ClientMetadata| match serde_json::to_value(metadata) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    };
    let (before, after) = (members(before), members(after));
    let mut names: Vec<String> = before.keys().chain(after.keys()).cloned().collect();
    names.sort_unstable();
    names.dedup();
    names.retain(|name| before.get(name) != after.get(name));
    names
}

fn checked(metadata: &Map<String, Value>, catalog: &ScopeCatalog) -> Outcome<ClientMetadata> {
    registration::register(metadata, catalog).or_else(|errors| {
        let problems = errors.into_iter().map(|error| FieldProblem { field: error.member, problem: error.problem });
        refuse(ManagementError::Invalid(problems.collect()))
    })
}

fn find(connection: &mut AnyConnection, id: &str) -> Outcome<Client> {
    match clients::find(connection, id)? {
        Some(client) => Ok(client),
        None => refuse(ManagementError::NotFound),
    }
}

fn new_secret(connection: &mut AnyConnection, id: &str, now: Timestamp) -> Result<String, StoreError> {
    let secret = Secret::generate(SecretKind::ClientSecret);
    clients::add_secret(connection, id, &secret.digest(), now)?;
    Ok(secret.expose().to_owned())
}

/// Disables or enables a client. Disabled, it and all it was given are refused everywhere within a second.
pub fn set_disabled(connection: &mut AnyConnection, context: &Context, id: &str, is_disabled: bool) -> Outcome<()> {
    found(clients::set_disabled(connection, id, is_disabled.then_some(context.now))?)?;
    let action = if is_disabled { "client.disabled" } else { "client.enabled" };
    Ok(note(connection, context, action, id, json!({}))?)
}

/// Gives a client a picture, or takes it away.
pub fn set_logo(connection: &mut AnyConnection, context: &Context, id: &str, logo: Option<&Logo>) -> Outcome<()> {
    found(client_logos::set(connection, id, logo)?)?;
    Ok(note(connection, context, "client.updated", id, json!({ "changed": ["logo"] }))?)
}

/// Adds a secret beside the one in use. Those that open nothing any more make room.
pub fn add_secret(connection: &mut AnyConnection, context: &Context, id: &str) -> Outcome<String> {
    clients::lock(connection, id)?;
    let client = find(connection, id)?;
    if client.is_public() {
        return conflict(sentence!(
            "client-public-no-secret",
            "A public client has no secret. Change its token_endpoint_auth_method first."
        ));
    }
    if client.live_secrets(context.now).count() >= MAX_SECRETS {
        return conflict(sentence!(
            "client-two-secrets",
            "This client has two secrets already. Delete the one that is no longer used first."
        ));
    }
    for ended in client.secrets.iter().filter(|secret| !secret.is_live(context.now)) {
        drop_secret(connection, context, id, &ended.id)?;
    }
    let secret = new_secret(connection, id, context.now)?;
    note(connection, context, "client.secret_added", id, json!({}))?;
    Ok(secret)
}

/// Deletes one of a client's secrets; the last one that opens something stays.
pub fn delete_secret(connection: &mut AnyConnection, context: &Context, id: &str, secret_id: &str) -> Outcome<()> {
    clients::lock(connection, id)?;
    let client = find(connection, id)?;
    if client.live_secrets(context.now).map(|secret| secret.id.as_str()).eq([secret_id]) {
        return conflict(sentence!(
            "client-only-secret",
            "This is the client's only secret that works. Add a new one first, or disable the client."
        ));
    }
    drop_secret(connection, context, id, secret_id)
}

fn drop_secret(connection: &mut AnyConnection, context: &Context, id: &str, secret_id: &str) -> Outcome<()> {
    found(clients::delete_secret(connection, id, secret_id)?)?;
    Ok(note(connection, context, "client.secret_deleted", id, json!({ "secret": secret_id }))?)
}

/// Lets a secret end by itself at a time, or never.
pub fn set_secret_expiry(
    connection: &mut AnyConnection,
    context: &Context,
    id: &str,
    secret_id: &str,
    expires_at: Option<Timestamp>,
) -> Outcome<()> {
    found(clients::set_secret_expiry(connection, id, secret_id, expires_at)?)?;
    let detail = json!({ "secret": secret_id, "expires_at": expires_at });
    Ok(note(connection, context, "client.secret_expiry_set", id, detail)?)
}

/// Deletes some of what a client has; whether there may be more.
pub fn empty_some(connection: &mut AnyConnection, id: &str) -> Result<bool, StoreError> {
    Ok(grants::delete_some_of_client(connection, id)?
        || consents::forget_some_of_client(connection, id)?
        || session_clients::forget_some_of_client(connection, id)?)
}

/// Deletes a client; its grants and tokens are dead at once.
pub fn delete(connection: &mut AnyConnection, context: &Context, id: &str) -> Outcome<()> {
    let client = find(connection, id)?;
    found(clients::delete(connection, id)?)?;
    Ok(note(connection, context, "client.deleted", id, json!({ "client_name": client.name() }))?)
}

/// What ends with a client: its live grants and access tokens.
pub fn impact(connection: &mut AnyConnection, id: &str, now: Timestamp) -> Result<(i64, i64), StoreError> {
    let filter = grants::Filter { client_id: Some(id.to_owned()), ..grants::Filter::default() };
    Ok(grants::count(connection, &filter, now)?)
}
