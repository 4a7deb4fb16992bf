//! The configuration as a file: settings, scopes, resources and the clients that admins made, without anything that was
//! issued. Made to be kept under version control, and to set up another installation like this one.
//!
//! - The file is JSON; [`VERSION`] says which edition. Everything is found by its name, names are in order, and members
//!   that are as by default are written all the same: the same configuration is always the same bytes.
//! - Secrets of clients are in it as digests, which is what the database holds. Private keys, passwords, users, sessions,
//!   grants and tokens are not; neither are clients that registered themselves, which come and go like sessions.
//! - [`parse`] reads a file, and says of everything that is wrong where it stands and what to write. [`import`] makes it
//!   so, in one transaction, after a comparison with what is there ([`differences`]).

pub mod differences;
pub mod import;
pub mod parse;

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::domain::client::{Client, ClientMetadata, Origin, TokenFormat};
use crate::domain::resource::Resource;
use crate::domain::scope::{self, ScopeEntry};
use crate::management::settings::check;
use crate::secret::hex;
use crate::store::connection::AnyConnection;
use crate::store::paging::{Key, Place};
use crate::store::{Store, StoreError, client_logos, clients, resources, scopes, settings};

/// What the file calls itself.
pub const FORMAT: &str = "grantor-configuration";
/// The edition of the format that this program writes, and the newest that it reads.
pub const VERSION: i64 = 1;
/// Clients that one read brings.
const PAGE: i64 = 500;

/// A configuration: each part by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    pub settings: BTreeMap<String, String>,
    pub scopes: BTreeMap<String, Value>,
    pub resources: BTreeMap<String, Value>,
    pub clients: BTreeMap<String, Value>,
}

/// The file, in the order in which it is written.
#[derive(Serialize)]
struct File<'a> {
    format: &'static str,
    version: i64,
    settings: &'a BTreeMap<String, String>,
    scopes: &'a BTreeMap<String, Value>,
    resources: &'a BTreeMap<String, Value>,
    clients: &'a BTreeMap<String, Value>,
}

impl Document {
    /// The bytes of the file.
    pub fn to_text(&self) -> String {
        let Self { settings, scopes, resources, clients } = self;
        let file = File { format: FORMAT, version: VERSION, settings, scopes, resources, clients };
        serde_json::to_string_pretty(&file).expect("names are strings and values are JSON") + "\n"
    }
}

/// The configuration of this installation.
///
/// # Errors
/// When storage fails.
pub async fn export(store: &Store) -> Result<Document, StoreError> {
    let mut document: Document = store.read(all_but_clients).await?;
    // In pages, so that no read of many clients keeps others waiting.
    let mut place = Place::Top;
    loop {
        let from = place.clone();
        let (page, last) = store.read::<_, StoreError, _>(move |connection| read_page(connection, &from)).await?;
        let is_last = last.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
        place = Place::after(last.last().map(clients::key));
        document.clients.extend(page);
        if is_last {
            return Ok(document);
        }
    }
}

/// The same within a transaction, and the clients as they are stored.
fn read(connection: &mut AnyConnection) -> Result<(Document, BTreeMap<String, Client>), StoreError> {
    let mut document = all_but_clients(connection)?;
    let (mut stored, mut place) = (BTreeMap::new(), Place::Top);
    loop {
        let (of_admins, page) = read_page(connection, &place)?;
        let is_last = page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
        place = Place::after(page.last().map(clients::key));
        document.clients.extend(of_admins);
        stored.extend(page.into_iter().map(|client| (client.id.clone(), client)));
        if is_last {
            return Ok((document, stored));
        }
    }
}

fn all_but_clients(connection: &mut AnyConnection) -> Result<Document, StoreError> {
    let is_known = |(name, value): &(String, String)| check(name, value).is_ok();
    Ok(Document {
        settings: settings::list(connection)?.into_iter().filter(is_known).collect(),
        scopes: scopes::list(connection)?.into_iter().map(|entry| (entry.name.clone(), of_scope(&entry))).collect(),
        resources: resources::list(connection)?
            .into_iter()
            .map(|each| (each.uri.clone(), of_resource(&each)))
            .collect(),
        clients: BTreeMap::new(),
    })
}

fn of_scope(entry: &ScopeEntry) -> Value {
    json!({ "description": entry.description, "default": entry.is_default, "claims": entry.claims })
}

fn of_resource(resource: &Resource) -> Value {
    json!({
        "name": resource.name,
        "scopes": resource.scope.as_ref().map(scope::names),
        "token_format": resource.token_format.map(TokenFormat::as_str),
        "introspected_by": resource.introspected_by,
    })
}

/// Entries of a file by their names.
type Entries = Vec<(String, Value)>;

/// Some clients: those that admins made as the file has them, and all as they are stored.
fn read_page(connection: &mut AnyConnection, place: &Place<Key<String>>) -> Result<(Entries, Vec<Client>), StoreError> {
    let page = clients::list(connection, place, PAGE)?;
    let with_logo = page.iter().filter(|client| client.logo.is_some()).map(|client| client.id.clone());
    let logos = client_logos::of_clients(connection, &with_logo.collect::<Vec<_>>())?;
    let of_admins = page.iter().filter(|client| client.origin == Origin::Admin);
    let entry = |client: &Client| (client.id.clone(), of_client(client, logos.get(&client.id).map(Vec::as_slice)));
    Ok((of_admins.map(entry).collect(), page))
}

fn of_client(client: &Client, logo: Option<&[u8]>) -> Value {
    let secret = |secret: &crate::domain::client::ClientSecret| json!({ "sha256": hex(secret.digest.as_bytes()), "expires_at": secret.expires_at });
    json!({
        "enabled": client.is_enabled(),
        "logo": logo.map(|bytes| STANDARD.encode(bytes)),
        "metadata": members(&client.metadata),
        "secrets": client.secrets.iter().map(secret).collect::<Vec<_>>(),
    })
}

fn members(metadata: &ClientMetadata) -> Map<String, Value> {
    match serde_json::to_value(metadata) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    }
}
