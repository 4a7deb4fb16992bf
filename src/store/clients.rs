//! Tables `clients` and `client_secrets`.

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::domain::client::{Client, ClientMetadata, ClientSecret, Origin};
use crate::domain::grant::GrantId;
use crate::domain::redirect_uri::RedirectUri;
use crate::secret::{Digest, random_id};
use crate::store::cache;
use crate::store::connection::AnyConnection;
use crate::store::error::StoreError;
use crate::store::schema::{client_secrets, clients, grants};

#[derive(Queryable)]
struct Row {
    id: String,
    _name: String,
    origin: String,
    metadata: String,
    created_at: Timestamp,
    updated_at: Timestamp,
    disabled_at: Option<Timestamp>,
    version: i32,
}

#[derive(Queryable)]
struct SecretRow {
    id: String,
    _client_id: String,
    digest: Vec<u8>,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
}

/// The client with this id, with its secrets and its machine grant.
pub fn find(connection: &mut AnyConnection, id: &str) -> Result<Option<Client>, StoreError> {
    let Some(row) = clients::table.find(id).first::<Row>(connection).optional()? else { return Ok(None) };
    complete(connection, row).map(Some)
}

fn complete(connection: &mut AnyConnection, row: Row) -> Result<Client, StoreError> {
    let secrets = client_secrets::table
        .filter(client_secrets::client_id.eq(&row.id))
        .order((client_secrets::created_at, client_secrets::id))
        .load::<SecretRow>(connection)?;
    let machine_grant = grants::table
        .filter(grants::client_id.eq(&row.id))
        .filter(grants::resource_owner_id.is_null())
        .filter(grants::revoked_at.is_null())
        .select(grants::id)
        .first::<i64>(connection)
        .optional()?;
    let metadata: ClientMetadata = serde_json::from_str(&row.metadata)
        .map_err(|error| StoreError::Corrupt(format!("the metadata of client {}: {error}", row.id)))?;
    let redirect_uris = metadata.redirect_uris.iter().filter_map(|uri| RedirectUri::parse(uri).ok()).collect();
    Ok(Client {
        id: row.id,
        origin: Origin::from_stored(&row.origin),
        metadata,
        redirect_uris,
        secrets: secrets.into_iter().filter_map(secret).collect(),
        machine_grant: machine_grant.map(GrantId::from_stored),
        created_at: row.created_at,
        updated_at: row.updated_at,
        disabled_at: row.disabled_at,
        version: row.version,
    })
}

fn secret(row: SecretRow) -> Option<ClientSecret> {
    Some(ClientSecret {
        id: row.id,
        digest: Digest::from_bytes(&row.digest)?,
        created_at: row.created_at,
        expires_at: row.expires_at,
        last_used_at: row.last_used_at,
    })
}

/// A page of clients, newest first: those created before the client with the id `before`, whose name or id holds `search`.
pub fn list(
    connection: &mut AnyConnection,
    search: Option<&str>,
    before: Option<&str>,
    limit: i64,
) -> Result<Vec<Client>, StoreError> {
    let mut query = clients::table.order((clients::created_at.desc(), clients::id.desc())).limit(limit).into_boxed();
    if let Some(search) = search {
        let pattern = format!("%{}%", super::like_literal(search));
        query =
            query.filter(clients::name.like(pattern.clone()).escape('\\').or(clients::id.like(pattern).escape('\\')));
    }
    if let Some(before) = before {
        let Some(since) =
            clients::table.find(before).select(clients::created_at).first::<Timestamp>(connection).optional()?
        else {
            return Ok(Vec::new());
        };
        query = query.filter(
            clients::created_at.lt(since).or(clients::created_at.eq(since).and(clients::id.lt(before.to_owned()))),
        );
    }
    let rows = query.load::<Row>(connection)?;
    rows.into_iter().map(|row| complete(connection, row)).collect()
}

/// How many clients there are.
pub fn count(connection: &mut AnyConnection) -> QueryResult<i64> {
    clients::table.count().get_result(connection)
}

/// How many clients name `scope` in their registration.
pub fn count_naming_scope(connection: &mut AnyConnection, scope: &str) -> QueryResult<i64> {
    let rows = clients::table
        .filter(clients::metadata.like(format!("%{}%", super::like_literal(scope))).escape('\\'))
        .select(clients::metadata)
        .load::<String>(connection)?;
    let naming = rows.iter().filter(|metadata| {
        serde_json::from_str::<ClientMetadata>(metadata)
            .is_ok_and(|each| each.scope.is_some_and(|each| crate::domain::scope::contains(&each, scope)))
    });
    Ok(i64::try_from(naming.count()).unwrap_or(i64::MAX))
}

/// Registers a client.
pub fn insert(
    connection: &mut AnyConnection,
    id: &str,
    origin: Origin,
    metadata: &ClientMetadata,
    now: Timestamp,
) -> Result<(), StoreError> {
    diesel::insert_into(clients::table)
        .values((
            clients::id.eq(id),
            clients::name.eq(&metadata.client_name),
            clients::origin.eq(origin.as_str()),
            clients::metadata.eq(encode(metadata)?),
            clients::created_at.eq(now),
            clients::updated_at.eq(now),
            clients::version.eq(1),
        ))
        .execute(connection)?;
    Ok(cache::touch(connection)?)
}

/// Replaces what a client is registered with; false when it is gone or somebody changed it since `version`.
pub fn update(
    connection: &mut AnyConnection,
    id: &str,
    version: i32,
    metadata: &ClientMetadata,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let changed = diesel::update(clients::table.find(id).filter(clients::version.eq(version)))
        .set((
            clients::name.eq(&metadata.client_name),
            clients::metadata.eq(encode(metadata)?),
            clients::updated_at.eq(now),
            clients::version.eq(version + 1),
        ))
        .execute(connection)?;
    cache::touch(connection)?;
    Ok(changed == 1)
}

fn encode(metadata: &ClientMetadata) -> Result<String, StoreError> {
    serde_json::to_string(metadata).map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// Disables (with a time) or enables (without) a client; false when there is none.
pub fn set_disabled(connection: &mut AnyConnection, id: &str, at: Option<Timestamp>) -> QueryResult<bool> {
    let changed = diesel::update(clients::table.find(id)).set(clients::disabled_at.eq(at)).execute(connection)?;
    cache::touch(connection)?;
    Ok(changed == 1)
}

/// Deletes a client, its secrets, consents and grants; its tokens are dead with the grants. False when there is none.
pub fn delete(connection: &mut AnyConnection, id: &str) -> QueryResult<bool> {
    let deleted = diesel::delete(clients::table.find(id)).execute(connection)?;
    cache::touch(connection)?;
    Ok(deleted == 1)
}

/// Adds a secret by its digest; gives the secret's id.
pub fn add_secret(
    connection: &mut AnyConnection,
    client_id: &str,
    digest: &Digest,
    now: Timestamp,
) -> QueryResult<String> {
    let id = random_id();
    diesel::insert_into(client_secrets::table)
        .values((
            client_secrets::id.eq(&id),
            client_secrets::client_id.eq(client_id),
            client_secrets::digest.eq(digest.as_bytes()),
            client_secrets::created_at.eq(now),
        ))
        .execute(connection)?;
    cache::touch(connection)?;
    Ok(id)
}

/// Deletes one of a client's secrets; false when there is none.
pub fn delete_secret(connection: &mut AnyConnection, client_id: &str, id: &str) -> QueryResult<bool> {
    let deleted = diesel::delete(client_secrets::table.find(id).filter(client_secrets::client_id.eq(client_id)))
        .execute(connection)?;
    cache::touch(connection)?;
    Ok(deleted == 1)
}

/// Notes when secrets were last used; gathered in memory and written in batches, so it does not count as a change.
pub fn note_secret_use(connection: &mut AnyConnection, id: &str, at: Timestamp) -> QueryResult<()> {
    diesel::update(client_secrets::table.find(id)).set(client_secrets::last_used_at.eq(at)).execute(connection)?;
    Ok(())
}
