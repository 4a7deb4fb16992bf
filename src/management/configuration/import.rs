//! Making an installation what a file says: compare, and do what differs, in one transaction.
//!
//! 1. What is in the file and not here is added, what differs is changed, field by field. What is here and not in the file
//!    stays, unless the caller wants it pruned.
//! 2. Each item goes through the same rules as in the console, and leaves its own entry in the audit log; the import leaves
//!    one of its own.
//! 3. A rehearsal does all of it and rolls back: what it says is what would happen.
//! 4. Whoever was shown the differences may say of what ([`version`]): when something has changed since, nothing is done.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::differences::{Difference, Differences, Kind, compare};
use super::parse::{Problem, at};
use super::{Document, members, read};
use crate::domain::branding::Logo;
use crate::domain::client::{Client, ClientMetadata, Origin, TokenFormat};
use crate::domain::scope::{ScopeCatalog, ScopeEntry};
use crate::domain::sentence::sentence;
use crate::management::clients::MAX_SECRETS;
use crate::management::resources::NewResource;
use crate::management::scopes::Meaning;
use crate::management::settings::Changes;
use crate::management::{self, Context, FieldProblem, ManagementError, Outcome, note, refuse};
use crate::protocol::registration;
use crate::secret::{Digest, hex, sha256};
use crate::store::connection::AnyConnection;
use crate::store::{Failure, Store, StoreError, clients, scopes, settings};

/// What a caller wants.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// Remove what the file does not have.
    pub prunes: bool,
    /// Do nothing but say what would be done.
    pub rehearses: bool,
    /// The [`version`] of the installation that the caller has seen.
    pub seen: Option<String>,
}

/// What an installation is, for [`Wishes::seen`].
pub fn version(document: &Document) -> String {
    hex(&sha256(document.to_text().as_bytes())[..12])
}

/// Most things that one import changes: for as long as it takes, nobody else writes to a SQLite database, and PostgreSQL needs
/// about a millisecond for each.
const MOST_CHANGES: usize = 5_000;

enum Ending {
    Failed(Failure<ManagementError>),
    Rehearsed(Differences),
}

impl From<StoreError> for Ending {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// Makes the installation what `document` says, or says what that would be.
///
/// # Errors
/// What the rules refuse, with where it stands in the file; nothing was done then.
pub async fn run(store: &Store, context: &Context, document: Document, wishes: Wishes) -> Outcome<Differences> {
    let context = context.clone();
    // Thousands of clients take longer than a request may.
    let done = store.write_at_length(move |connection| match apply(connection, &context, &document, &wishes) {
        Ok(differences) if wishes.rehearses => Err(Ending::Rehearsed(differences)),
        Ok(differences) => Ok(differences),
        Err(failure) => Err(Ending::Failed(failure)),
    });
    match done.await {
        Ok(differences) | Err(Ending::Rehearsed(differences)) => Ok(differences),
        Err(Ending::Failed(failure)) => Err(failure),
    }
}

fn apply(
    connection: &mut AnyConnection,
    context: &Context,
    wanted: &Document,
    wishes: &Wishes,
) -> Outcome<Differences> {
    // Whoever wants to change something waits.
    settings::list_to_change(connection)?;
    if !wishes.rehearses {
        settings::keep_others_out(connection)?;
    }
    let (here, stored) = read(connection)?;
    let version = version(&here);
    if wishes.seen.as_ref().is_some_and(|seen| *seen != version) {
        return refuse(ManagementError::Outdated);
    }
    let catalog = scopes_to_be(connection, wanted)?;
    let checked = check_clients(wanted, &stored, &catalog)?;
    let mut wanted = wanted.clone();
    for (id, metadata) in &checked {
        if let Some(client) = wanted.clients.get_mut(id) {
            client["metadata"] = Value::Object(members(metadata));
        }
    }
    merge_secrets(&here, &mut wanted, wishes.prunes)?;
    for (id, client) in &mut wanted.clients {
        if client.get("logo").is_none() {
            client["logo"] = here.clients.get(id).map_or(Value::Null, |here| here["logo"].clone());
        }
    }
    let needed =
        scopes::list(connection)?.into_iter().filter(|entry| entry.is_builtin).map(|entry| entry.name).collect();
    let differences = compare(&here, &wanted, wishes.prunes, &needed, version);
    let [additions, alterations, removals, _] = differences.counts();
    let number = additions + alterations + removals;
    if number > MOST_CHANGES {
        let problem = sentence!(
            "import-large",
            "This file would change {count} things at once, and {most} is the most. Split it into several files and import \
             them one after another, without --prune.",
            count = number,
            most = MOST_CHANGES
        );
        return refused(&[Problem::new("$", problem)]);
    }
    let changes = |part: &'static str| differences.all.iter().filter(move |each| each.part == part);

    let set: Changes = changes("settings")
        .filter(|each| !matches!(each.kind, Kind::Left { is_removed: false }))
        .map(|each| (each.name.clone(), wanted.settings.get(&each.name).cloned()))
        .collect();
    management::settings::change(connection, context, "import", None, &set)?;
    for each in changes("scopes").filter(|each| !matches!(each.kind, Kind::Left { .. })) {
        let (name, value) = (&each.name, &wanted.scopes[&each.name]);
        let meaning = Meaning {
            description: text(value, "description"),
            is_default: value["default"] == true,
            claims: texts(value, "claims"),
        };
        let done = match each.kind {
            Kind::Added(_) => management::scopes::create(connection, context, name, &meaning),
            _ => management::scopes::update(connection, context, name, &meaning),
        };
        standing(&at("scopes", name), done)?;
    }
    for each in changes("clients").filter(|each| !matches!(each.kind, Kind::Left { .. })) {
        let (id, value) = (&each.name, &wanted.clients[&each.name]);
        put_client(connection, context, id, value, &checked[id], stored.get(id))?;
    }
    for each in changes("resources") {
        let uri = &each.name;
        if matches!(each.kind, Kind::Changed(_) | Kind::Left { is_removed: true }) {
            standing(&at("resources", uri), management::resources::delete(connection, context, uri))?;
        }
        let Some(value) = wanted.resources.get(uri) else { continue };
        let new = NewResource {
            uri: uri.clone(),
            name: text(value, "name"),
            scopes: texts(value, "scopes"),
            token_format: value["token_format"].as_str().and_then(TokenFormat::from_wire),
            introspected_by: texts(value, "introspected_by"),
        };
        standing(&at("resources", uri), management::resources::create(connection, context, &new, &catalog))?;
    }
    let is_removed = |each: &&Difference| each.kind == Kind::Left { is_removed: true };
    for each in changes("clients").filter(is_removed) {
        standing(&at("clients", &each.name), management::clients::delete(connection, context, &each.name))?;
    }
    for each in changes("scopes").filter(is_removed) {
        standing(&at("scopes", &each.name), management::scopes::delete(connection, context, &each.name))?;
    }
    if number > 0 {
        let detail = json!({ "added": additions, "changed_items": alterations, "removed": removals });
        note(connection, context, "configuration.imported", "", detail)?;
    }
    Ok(differences)
}

/// The scopes as they will be: clients may name those that come with the file.
fn scopes_to_be(connection: &mut AnyConnection, wanted: &Document) -> Result<ScopeCatalog, StoreError> {
    let known = scopes::list(connection)?;
    let names: BTreeSet<String> = known.iter().map(|entry| entry.name.clone()).collect();
    let new = wanted.scopes.iter().filter(|(name, _)| !names.contains(*name)).map(|(name, value)| ScopeEntry {
        name: name.clone(),
        description: text(value, "description"),
        is_default: value["default"] == true,
        is_builtin: false,
        claims: texts(value, "claims"),
    });
    Ok(known.into_iter().chain(new).collect())
}

/// The metadata of all clients of the file, by the rules of registration.
fn check_clients(
    wanted: &Document,
    stored: &BTreeMap<String, Client>,
    catalog: &ScopeCatalog,
) -> Outcome<BTreeMap<String, ClientMetadata>> {
    let (mut checked, mut problems) = (BTreeMap::new(), Vec::new());
    for (id, value) in &wanted.clients {
        let path = at("clients", id);
        let is_id = (1..=200).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_id {
            problems.push(Problem::new(
                &path,
                sentence!(
                    "import-client-id",
                    "A client id has from 1 to 200 letters, digits and signs, without spaces."
                ),
            ));
        }
        if stored.get(id).is_some_and(|client| client.origin != Origin::Admin) {
            problems.push(Problem::new(
                &path,
                sentence!(
                    "import-client-registered",
                    "A client that registered itself here has this id. Delete that one first, or leave this one out."
                ),
            ));
        }
        match registration::register(value["metadata"].as_object().unwrap_or(&Map::new()), catalog) {
            Ok(metadata) => drop(checked.insert(id.clone(), metadata)),
            Err(errors) => problems.extend(
                errors
                    .into_iter()
                    .map(|error| Problem::new(format!("{path}.metadata.{}", error.member), error.problem)),
            ),
        }
    }
    if problems.is_empty() { Ok(checked) } else { refused(&problems) }
}

fn refused<T>(problems: &[Problem]) -> Outcome<T> {
    let of_file = |problem: &Problem| FieldProblem { field: "file", problem: problem.sentence() };
    refuse(ManagementError::Invalid(problems.iter().map(of_file).collect()))
}

/// A secret that is here and not in the file works on, unless what the file does not have is pruned: it may be newer.
fn merge_secrets(here: &Document, wanted: &mut Document, prunes: bool) -> Outcome<()> {
    let secrets = |value: &Value| -> Vec<Value> { value["secrets"].as_array().cloned().unwrap_or_default() };
    let is_one = |one: &Value, other: &Value| one["sha256"] == other["sha256"];
    for (id, value) in &mut wanted.clients {
        if matches!(value["metadata"]["token_endpoint_auth_method"].as_str(), Some("none" | "private_key_jwt")) {
            value["secrets"] = json!([]);
            continue;
        }
        let named = secrets(value);
        if named.iter().enumerate().any(|(at, one)| named[..at].iter().any(|other| is_one(one, other))) {
            let problem = sentence!("import-secret-twice", "The same secret is here twice. Leave one out.");
            return refused(&[Problem::new(format!("{}.secrets", at("clients", id)), problem)]);
        }
        let before = here.clients.get(id).filter(|_| !prunes).map(secrets).unwrap_or_default();
        // In their order here, so that nothing differs when nothing is new.
        let kept = before.iter().map(|each| named.iter().find(|one| is_one(one, each)).unwrap_or(each));
        let new = named.iter().filter(|one| !before.iter().any(|each| is_one(each, one)));
        let merged: Vec<Value> = kept.chain(new).cloned().collect();
        if merged.len() > MAX_SECRETS && merged.len() > before.len() {
            let problem = sentence!(
                "import-secrets",
                "With those that the client has here it would have {count} secrets, and two is the most. Delete one here, \
                 or import with --prune, which ends those that the file does not have.",
                count = merged.len()
            );
            return refused(&[Problem::new(format!("{}.secrets", at("clients", id)), problem)]);
        }
        value["secrets"] = merged.into();
    }
    Ok(())
}

fn put_client(
    connection: &mut AnyConnection,
    context: &Context,
    id: &str,
    value: &Value,
    metadata: &ClientMetadata,
    stored: Option<&Client>,
) -> Outcome<()> {
    match stored {
        None => {
            clients::insert(connection, id, Origin::Admin, metadata, context.now)?;
            note(connection, context, "client.created", id, json!({ "client_name": metadata.client_name }))?;
        }
        Some(client) if members(&client.metadata) != *value["metadata"].as_object().unwrap_or(&Map::new()) => {
            let changed = management::clients::changed_members(&client.metadata, metadata);
            if !clients::update(connection, id, client.version, metadata, context.now)? {
                return refuse(ManagementError::Outdated);
            }
            note(connection, context, "client.updated", id, json!({ "changed": changed }))?;
        }
        Some(_) => {}
    }
    put_secrets(connection, context, id, &value["secrets"], stored)?;
    let logo = value["logo"].as_str().and_then(|text| Logo::of_client_from_text(text).ok());
    if stored.and_then(|client| client.logo.clone()) != logo.as_ref().map(Logo::file) {
        management::clients::set_logo(connection, context, id, logo.as_ref())?;
    }
    let is_enabled = stored.is_none_or(Client::is_enabled);
    if value["enabled"] != is_enabled {
        management::clients::set_disabled(connection, context, id, is_enabled)?;
    }
    Ok(())
}

/// The client's secrets are these.
fn put_secrets(
    connection: &mut AnyConnection,
    context: &Context,
    id: &str,
    wanted: &Value,
    stored: Option<&Client>,
) -> Outcome<()> {
    let none = Vec::new();
    let wanted = wanted.as_array().unwrap_or(&none);
    let stored = stored.map(|client| client.secrets.as_slice()).unwrap_or_default();
    for secret in stored.iter().filter(|secret| !wanted.iter().any(|each| digest(each) == Some(secret.digest))) {
        clients::delete_secret(connection, id, &secret.id)?;
        note(connection, context, "client.secret_deleted", id, json!({ "secret": secret.id }))?;
    }
    for each in wanted {
        let Some(digest) = digest(each) else { continue };
        let expires_at = each["expires_at"].as_i64();
        let known = stored.iter().find(|secret| secret.digest == digest);
        let secret = match known {
            Some(secret) => secret.id.clone(),
            None => clients::add_secret(connection, id, &digest, context.now)?,
        };
        if known.is_none() {
            note(connection, context, "client.secret_added", id, json!({}))?;
        }
        if known.map_or(expires_at.is_some(), |secret| secret.expires_at != expires_at) {
            management::clients::set_secret_expiry(connection, context, id, &secret, expires_at)?;
        }
    }
    Ok(())
}

fn digest(secret: &Value) -> Option<Digest> {
    let digits = secret["sha256"].as_str()?;
    let byte = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    Digest::from_bytes(&(0..digits.len()).step_by(2).map(byte).collect::<Option<Vec<u8>>>()?)
}

/// Where in the file stands what the rules refuse.
fn standing<T>(path: &str, outcome: Outcome<T>) -> Outcome<T> {
    match outcome {
        Err(Failure::Refused(ManagementError::Conflict(why))) => refused(&[Problem::new(path, why)]),
        Err(Failure::Refused(ManagementError::Invalid(problems))) => {
            let of_item = |each: FieldProblem| Problem::new(format!("{path}.{}", each.field), each.problem);
            refused(&problems.into_iter().map(of_item).collect::<Vec<_>>())
        }
        outcome => outcome,
    }
}

fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_default().to_owned()
}

fn texts(value: &Value, member: &str) -> Vec<String> {
    let texts = value[member].as_array().into_iter().flatten();
    texts.filter_map(|each| each.as_str().map(str::to_owned)).collect()
}
