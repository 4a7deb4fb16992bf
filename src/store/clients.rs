//! Tables `clients`, `client_secrets` and `client_scopes`.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::domain::client::{Client, ClientMetadata, ClientSecret, Origin};
use crate::domain::grant::GrantId;
use crate::domain::redirect_uri::RedirectUri;
use crate::domain::scope;
use crate::secret::{Digest, random_id};
use crate::store::connection::{AnyConnection, lock_rows, on_backend};
use crate::store::error::StoreError;
use crate::store::paging::{Key, Place, in_order, newest_first};
use crate::store::prepared::{Value, known};
use crate::store::schema::{client_scopes, client_secrets, clients, grants, playground_runs as runs};
use crate::store::search::{self, Found};
use crate::store::{cache, client_reviews, playground_runs};

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
    _name_key: String,
    logo: Option<String>,
}

#[derive(Queryable)]
struct SecretRow {
    id: String,
    client_id: String,
    digest: Vec<u8>,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
    number: i32,
    first_used_at: Option<Timestamp>,
    last_used_address: Option<String>,
}

/// A client, and of other tables a secret, its machine grant and a run in the playground: a row for each of those it has.
type Joined = (Row, Option<SecretRow>, Option<i64>, Option<(String, String, Vec<u8>, Timestamp)>);

macro_rules! joined {
    () => {
        clients::table
            .left_join(client_secrets::table)
            .left_join(
                grants::table.on(grants::client_id
                    .eq(clients::id)
                    .and(grants::resource_owner_id.is_null())
                    .and(grants::revoked_at.is_null())),
            )
            .left_join(runs::table)
            .select((
                clients::all_columns,
                client_secrets::all_columns.nullable(),
                grants::id.nullable(),
                (runs::id, runs::redirect_uri, runs::secret_digest, runs::expires_at).nullable(),
            ))
    };
}

/// The client with this id, with what stands in other tables. Requests wait for it when the client is not in memory, so it
/// is one statement.
pub fn find(connection: &mut AnyConnection, id: &str) -> Result<Option<Client>, StoreError> {
    let rows = known!(connection, [Value::Text(id)], joined!().filter(clients::id.eq(id)), |c, known| known
        .load::<Joined>(c))?;
    Ok(assemble(rows)?.pop())
}

/// The clients with these ids, as far as they are there, in no order; by one statement, too.
pub fn find_all(connection: &mut AnyConnection, ids: &[String]) -> Result<Vec<Client>, StoreError> {
    let query = joined!().filter(clients::id.eq_any(ids));
    assemble(on_backend!(connection, |c| query.load::<Joined>(c))?)
}

fn assemble(rows: Vec<Joined>) -> Result<Vec<Client>, StoreError> {
    let mut found = HashMap::new();
    for (row, secret, grant, run) in rows {
        let (_, _, secrets, trials) =
            found.entry(row.id.clone()).or_insert_with(|| (row, grant, BTreeMap::new(), BTreeMap::new()));
        if let Some(row) = secret {
            secrets.insert((row.number, row.created_at, row.id.clone()), row);
        }
        if let Some((id, redirect_uri, digest, expires_at)) = run {
            trials.insert(id, playground_runs::trial(redirect_uri, &digest, expires_at));
        }
    }
    let whole = found.into_values().map(|(row, grant, secrets, trials)| {
        let secrets = secrets.into_values().filter_map(secret).collect();
        let trials = trials.into_values().flatten().collect();
        Ok(Client { trials, ..client(row, secrets, grant.map(GrantId::from_stored))? })
    });
    whole.collect()
}

/// Adds what stands in other tables, with one query for each of them.
fn complete(connection: &mut AnyConnection, rows: Vec<Row>) -> Result<Vec<Client>, StoreError> {
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let mut secrets: HashMap<String, Vec<ClientSecret>> = HashMap::new();
    let stored = client_secrets::table
        .filter(client_secrets::client_id.eq_any(&ids))
        .order((client_secrets::number, client_secrets::created_at, client_secrets::id))
        .load::<SecretRow>(connection)?;
    for row in stored {
        secrets.entry(row.client_id.clone()).or_default().extend(secret(row));
    }
    let machine_grants: HashMap<String, i64> = grants::table
        .filter(grants::client_id.eq_any(&ids))
        .filter(grants::resource_owner_id.is_null())
        .filter(grants::revoked_at.is_null())
        .select((grants::client_id, grants::id))
        .load::<(String, i64)>(connection)?
        .into_iter()
        .collect();
    let mut trials = playground_runs::trials(connection, &ids)?;
    rows.into_iter()
        .map(|row| {
            let secrets = secrets.remove(&row.id).unwrap_or_default();
            let trials = trials.remove(&row.id).unwrap_or_default();
            let machine_grant = machine_grants.get(&row.id).copied().map(GrantId::from_stored);
            Ok(Client { trials, ..client(row, secrets, machine_grant)? })
        })
        .collect()
}

fn client(row: Row, secrets: Vec<ClientSecret>, machine_grant: Option<GrantId>) -> Result<Client, StoreError> {
    let metadata: ClientMetadata = serde_json::from_str(&row.metadata)
        .map_err(|error| StoreError::Corrupt(format!("the metadata of client {}: {error}", row.id)))?;
    let redirect_uris = metadata.redirect_uris.iter().filter_map(|uri| RedirectUri::parse(uri).ok()).collect();
    let mut client = Client {
        id: row.id,
        origin: Origin::from_stored(&row.origin),
        metadata,
        redirect_uris,
        logo: row.logo,
        secrets,
        trials: Vec::new(),
        machine_grant,
        created_at: row.created_at,
        updated_at: row.updated_at,
        disabled_at: row.disabled_at,
        version: row.version,
    };
    client.shrink_to_fit();
    Ok(client)
}

fn secret(row: SecretRow) -> Option<ClientSecret> {
    Some(ClientSecret {
        id: row.id,
        digest: Digest::from_bytes(&row.digest)?,
        created_at: row.created_at,
        expires_at: row.expires_at,
        last_used_at: row.last_used_at,
        last_used_address: row.last_used_address,
        first_used_at: row.first_used_at,
    })
}

/// The key of a client in [`list`].
pub fn key(client: &Client) -> Key<String> {
    Key { at: client.created_at, id: client.id.clone() }
}

/// A page of clients, newest first.
pub fn list(connection: &mut AnyConnection, place: &Place<Key<String>>, limit: i64) -> Result<Vec<Client>, StoreError> {
    let query = clients::table.limit(limit).into_boxed();
    let query = newest_first!(query, place, clients::created_at, clients::id, |key: &Key<String>| key.id.clone());
    let rows = in_order(query.load::<Row>(connection)?, place);
    complete(connection, rows)
}

/// The client with this id, or those whose name begins with `text`, or else holds it somewhere, whatever its case.
pub fn search(
    connection: &mut AnyConnection,
    text: &str,
    place: &Place<Key<String>>,
    limit: i64,
) -> Result<Found<Client, Key<String>>, StoreError> {
    let (name, most) = (text.to_lowercase(), usize::try_from(limit).unwrap_or_default());
    let begin = search::beginning_with(connection, ("clients", "name_key"), ("created_at", "id"), &name)?;
    let of_id = clients::table.find(text).select((clients::created_at, clients::id));
    let of_id = of_id.first::<(Timestamp, String)>(connection).optional()?;
    if let Some(begin) = begin.filter(|begin| of_id.is_some() || !begin.is_empty()) {
        // The newest first.
        let mut keys: Vec<_> = begin.into_iter().chain(of_id).map(Reverse).collect();
        keys.sort_unstable();
        keys.dedup();
        let of = |key: &Key<String>| Reverse((key.at, key.id.clone()));
        let place = match place {
            Place::Top => Place::Top,
            Place::After(key) => Place::After(of(key)),
            Place::Before(key) => Place::Before(of(key)),
        };
        let ids: Vec<String> = search::page(&keys, &place, most).into_iter().map(|Reverse((_, id))| id).collect();
        return Ok(Found { items: with_ids(connection, &ids)?, stopped_at: None });
    }
    let step = |place: &Place<Key<String>>| {
        let query = clients::table
            .select((clients::created_at, clients::id, clients::name_key))
            .limit(search::STEP)
            .into_boxed();
        let query = newest_first!(query, place, clients::created_at, clients::id, |key: &Key<String>| key.id.clone());
        query.load::<(Timestamp, String, String)>(connection)
    };
    let key = |(at, id, _): &(Timestamp, String, String)| Key { at: *at, id: id.clone() };
    let found = search::walk(place, most, step, key, |(.., each)| each.contains(&name))?;
    let ids: Vec<String> = in_order(found.items, place).into_iter().map(|key| key.id).collect();
    Ok(Found { items: with_ids(connection, &ids)?, stopped_at: found.stopped_at })
}

/// The clients with these ids, in their order.
pub fn with_ids(connection: &mut AnyConnection, ids: &[String]) -> Result<Vec<Client>, StoreError> {
    let all = find_all(connection, ids)?;
    let mut by_id: HashMap<String, Client> = all.into_iter().map(|client| (client.id.clone(), client)).collect();
    Ok(ids.iter().filter_map(|id| by_id.remove(id)).collect())
}

pub fn count(connection: &mut AnyConnection) -> QueryResult<i64> {
    clients::table.count().get_result(connection)
}

/// How many clients name `scope` in their registration.
pub fn count_naming_scope(connection: &mut AnyConnection, scope: &str) -> QueryResult<i64> {
    client_scopes::table.filter(client_scopes::scope.eq(scope)).count().get_result(connection)
}

/// How many clients name each scope in their registration; a scope that none names is left out.
pub fn count_by_scope(connection: &mut AnyConnection) -> QueryResult<HashMap<String, i64>> {
    let counted = client_scopes::table
        .group_by(client_scopes::scope)
        .select((client_scopes::scope, diesel::dsl::count_star()))
        .load::<(String, i64)>(connection)?;
    Ok(counted.into_iter().collect())
}

/// Id and name of the first clients, by name, that name `scope` in their registration.
pub fn naming_scope(connection: &mut AnyConnection, scope: &str, limit: i64) -> QueryResult<Vec<(String, String)>> {
    client_scopes::table
        .inner_join(clients::table)
        .filter(client_scopes::scope.eq(scope))
        .order((clients::name_key, clients::id))
        .limit(limit)
        .select((clients::id, clients::name))
        .load(connection)
}

/// Writes down which scopes a client names.
fn note_scopes(connection: &mut AnyConnection, id: &str, metadata: &ClientMetadata) -> QueryResult<()> {
    let named = metadata.scope.iter().flat_map(scope::names);
    let rows: Vec<_> = named.map(|scope| (client_scopes::client_id.eq(id), client_scopes::scope.eq(scope))).collect();
    if !rows.is_empty() {
        on_backend!(connection, |c| diesel::insert_into(client_scopes::table).values(&rows).execute(c))?;
    }
    Ok(())
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
            clients::name_key.eq(metadata.client_name.to_lowercase()),
        ))
        .execute(connection)?;
    note_scopes(connection, id, metadata)?;
    client_reviews::insert(connection, id)?;
    Ok(cache::touch_client(connection, id)?)
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
            clients::name_key.eq(metadata.client_name.to_lowercase()),
        ))
        .execute(connection)?;
    if changed == 1 {
        diesel::delete(client_scopes::table.filter(client_scopes::client_id.eq(id))).execute(connection)?;
        note_scopes(connection, id, metadata)?;
        client_reviews::mark(connection, id)?;
    }
    cache::touch_client(connection, id)?;
    Ok(changed == 1)
}

fn encode(metadata: &ClientMetadata) -> Result<String, StoreError> {
    serde_json::to_string(metadata).map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// Disables (with a time) or enables (without) a client; false when there is none.
pub fn set_disabled(connection: &mut AnyConnection, id: &str, at: Option<Timestamp>) -> QueryResult<bool> {
    let changed = diesel::update(clients::table.find(id)).set(clients::disabled_at.eq(at)).execute(connection)?;
    if changed == 1 {
        client_reviews::mark(connection, id)?;
    }
    cache::touch_client(connection, id)?;
    Ok(changed == 1)
}

/// Deletes a client, its secrets, consents and grants; its tokens are dead with the grants. False when there is none.
pub fn delete(connection: &mut AnyConnection, id: &str) -> QueryResult<bool> {
    let deleted = diesel::delete(clients::table.find(id)).execute(connection)?;
    cache::touch_client(connection, id)?;
    Ok(deleted == 1)
}

/// Takes a client's row until this transaction ends, so that whoever else changes it or its secrets waits. Call it before they
/// are read.
pub fn lock(connection: &mut AnyConnection, id: &str) -> QueryResult<()> {
    let row = clients::table.filter(clients::id.eq(id)).select(clients::id);
    let _: Vec<String> = lock_rows!(connection, row)?;
    Ok(())
}

/// Adds a secret by its digest; gives the secret's id.
pub fn add_secret(
    connection: &mut AnyConnection,
    client_id: &str,
    digest: &Digest,
    now: Timestamp,
) -> QueryResult<String> {
    let id = random_id();
    let newest = client_secrets::table
        .filter(client_secrets::client_id.eq(client_id))
        .select(diesel::dsl::max(client_secrets::number))
        .first::<Option<i32>>(connection)?;
    diesel::insert_into(client_secrets::table)
        .values((
            client_secrets::id.eq(&id),
            client_secrets::client_id.eq(client_id),
            client_secrets::digest.eq(digest.as_bytes()),
            client_secrets::created_at.eq(now),
            client_secrets::number.eq(newest.unwrap_or(0) + 1),
        ))
        .execute(connection)?;
    client_reviews::mark(connection, client_id)?;
    cache::touch_client(connection, client_id)?;
    Ok(id)
}

/// Deletes one of a client's secrets; false when there is none.
pub fn delete_secret(connection: &mut AnyConnection, client_id: &str, id: &str) -> QueryResult<bool> {
    let deleted = diesel::delete(client_secrets::table.find(id).filter(client_secrets::client_id.eq(client_id)))
        .execute(connection)?;
    if deleted == 1 {
        client_reviews::mark(connection, client_id)?;
    }
    cache::touch_client(connection, client_id)?;
    Ok(deleted == 1)
}

/// Lets a secret end at a time, or not; false when there is none.
pub fn set_secret_expiry(
    connection: &mut AnyConnection,
    client_id: &str,
    id: &str,
    expires_at: Option<Timestamp>,
) -> QueryResult<bool> {
    let changed = diesel::update(client_secrets::table.find(id).filter(client_secrets::client_id.eq(client_id)))
        .set(client_secrets::expires_at.eq(expires_at))
        .execute(connection)?;
    if changed == 1 {
        client_reviews::mark(connection, client_id)?;
    }
    cache::touch_client(connection, client_id)?;
    Ok(changed == 1)
}

/// Notes when a secret was first and last used, and from where; gathered in memory and written in batches, so it does not
/// count as a change. Another process may have noted a later use before, or an earlier one.
pub fn note_secret_use(
    connection: &mut AnyConnection,
    id: &str,
    first: Timestamp,
    last: Timestamp,
    address: &str,
) -> QueryResult<()> {
    use diesel::sql_types::{BigInt, Text};
    let query = diesel::sql_query(
        "UPDATE client_secrets SET
             first_used_at = CASE WHEN first_used_at <= $1 THEN first_used_at ELSE $1 END,
             last_used_address = CASE WHEN last_used_at > $2 THEN last_used_address ELSE $3 END,
             last_used_at = CASE WHEN last_used_at > $2 THEN last_used_at ELSE $2 END
         WHERE id = $4",
    )
    .bind::<BigInt, _>(first)
    .bind::<BigInt, _>(last)
    .bind::<Text, _>(address)
    .bind::<Text, _>(id);
    on_backend!(connection, |c| query.execute(c))?;
    Ok(())
}
