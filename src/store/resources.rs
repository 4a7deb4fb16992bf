//! Table `resources`.

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::domain::client::TokenFormat;
use crate::domain::resource::Resource;
use crate::domain::scope;
use crate::store::cache;
use crate::store::connection::{AnyConnection, lock_rows};
use crate::store::schema::resources;

type Row = (String, String, Option<String>, Option<String>, String, Timestamp);

fn resource((uri, name, allowed, format, introspected_by, created_at): Row) -> Resource {
    Resource {
        uri,
        name,
        scope: allowed.as_deref().map(scope::stored),
        token_format: format.as_deref().and_then(TokenFormat::from_wire),
        introspected_by: introspected_by.split(' ').filter(|id| !id.is_empty()).map(str::to_owned).collect(),
        created_at,
    }
}

/// All resources, by identifier.
pub fn list(connection: &mut AnyConnection) -> QueryResult<Vec<Resource>> {
    Ok(resources::table.order(resources::uri).load::<Row>(connection)?.into_iter().map(resource).collect())
}

/// The resource with this identifier, held until the transaction ends.
pub fn hold(connection: &mut AnyConnection, uri: &str) -> QueryResult<Option<Resource>> {
    let row = resources::table.find(uri).select(resources::all_columns);
    let rows: Vec<Row> = lock_rows!(connection, row)?;
    Ok(rows.into_iter().next().map(resource))
}

/// Adds a resource; a unique violation when the identifier is taken.
pub fn insert(connection: &mut AnyConnection, resource: &Resource) -> QueryResult<()> {
    diesel::insert_into(resources::table)
        .values((
            resources::uri.eq(&resource.uri),
            resources::name.eq(&resource.name),
            resources::scope.eq(resource.scope.as_ref().map(scope::render)),
            resources::token_format.eq(resource.token_format.map(TokenFormat::as_str)),
            resources::introspected_by.eq(resource.introspected_by.join(" ")),
            resources::created_at.eq(resource.created_at),
        ))
        .execute(connection)?;
    cache::touch(connection)
}

/// Changes everything of a resource but its identifier; false when there is none.
pub fn update(connection: &mut AnyConnection, resource: &Resource) -> QueryResult<bool> {
    let changed = diesel::update(resources::table.find(&resource.uri))
        .set((
            resources::name.eq(&resource.name),
            resources::scope.eq(resource.scope.as_ref().map(scope::render)),
            resources::token_format.eq(resource.token_format.map(TokenFormat::as_str)),
            resources::introspected_by.eq(resource.introspected_by.join(" ")),
        ))
        .execute(connection)?;
    cache::touch(connection)?;
    Ok(changed == 1)
}

/// Deletes a resource; false when there is none.
pub fn delete(connection: &mut AnyConnection, uri: &str) -> QueryResult<bool> {
    let deleted = diesel::delete(resources::table.find(uri)).execute(connection)?;
    cache::touch(connection)?;
    Ok(deleted == 1)
}
