//! Table `scopes`.

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::domain::scope::ScopeEntry;
use crate::store::cache;
use crate::store::connection::AnyConnection;
use crate::store::schema::scopes;

type Row = (String, String, bool, bool, String);

fn entry((name, description, is_default, is_builtin, claims): Row) -> ScopeEntry {
    let claims = claims.split_whitespace().map(str::to_owned).collect();
    ScopeEntry { name, description, is_default, is_builtin, claims }
}

/// All scopes, by name.
pub fn list(connection: &mut AnyConnection) -> QueryResult<Vec<ScopeEntry>> {
    let rows = scopes::table
        .select((scopes::name, scopes::description, scopes::is_default, scopes::is_builtin, scopes::claims))
        .order(scopes::name)
        .load::<Row>(connection)?;
    Ok(rows.into_iter().map(entry).collect())
}

/// Adds a scope; a unique violation when the name is taken.
pub fn insert(connection: &mut AnyConnection, scope: &ScopeEntry, now: Timestamp) -> QueryResult<()> {
    diesel::insert_into(scopes::table)
        .values((
            scopes::name.eq(&scope.name),
            scopes::description.eq(&scope.description),
            scopes::is_default.eq(scope.is_default),
            scopes::is_builtin.eq(scope.is_builtin),
            scopes::claims.eq(scope.claims.join(" ")),
            scopes::created_at.eq(now),
        ))
        .execute(connection)?;
    cache::touch(connection)
}

/// Changes description, default mark and claims; false when there is no such scope.
pub fn update(connection: &mut AnyConnection, scope: &ScopeEntry) -> QueryResult<bool> {
    let changed = diesel::update(scopes::table.find(&scope.name))
        .set((
            scopes::description.eq(&scope.description),
            scopes::is_default.eq(scope.is_default),
            scopes::claims.eq(scope.claims.join(" ")),
        ))
        .execute(connection)?;
    cache::touch(connection)?;
    Ok(changed == 1)
}

/// Deletes a scope that the server itself does not need; false when there is none.
pub fn delete(connection: &mut AnyConnection, name: &str) -> QueryResult<bool> {
    let deleted = diesel::delete(scopes::table.find(name).filter(scopes::is_builtin.eq(false))).execute(connection)?;
    cache::touch(connection)?;
    Ok(deleted == 1)
}
