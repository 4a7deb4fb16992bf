//! Table `consents`: what a resource owner allowed a client, remembered.

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::domain::scope::{self, Scope};
use crate::store::connection::{AnyConnection, on_backend};
use crate::store::schema::consents;

/// The scopes that `owner_id` has allowed `client_id`.
pub fn find(connection: &mut AnyConnection, owner_id: &str, client_id: &str) -> QueryResult<Option<Scope>> {
    let scope =
        consents::table.find((owner_id, client_id)).select(consents::scope).first::<String>(connection).optional()?;
    Ok(scope.as_deref().map(scope::stored))
}

/// Remembers `scope` beside what was allowed before.
pub fn remember(
    connection: &mut AnyConnection,
    owner_id: &str,
    client_id: &str,
    scope: &Scope,
    now: Timestamp,
) -> QueryResult<()> {
    let before = find(connection, owner_id, client_id)?.unwrap_or_else(scope::empty);
    let text = scope::render(&scope::union(&before, scope));
    on_backend!(connection, |c| diesel::insert_into(consents::table)
        .values((
            consents::resource_owner_id.eq(owner_id),
            consents::client_id.eq(client_id),
            consents::scope.eq(&text),
            consents::created_at.eq(now),
            consents::updated_at.eq(now),
        ))
        .on_conflict((consents::resource_owner_id, consents::client_id))
        .do_update()
        .set((consents::scope.eq(&text), consents::updated_at.eq(now)))
        .execute(c))?;
    Ok(())
}

/// Forgets what was allowed; false when nothing was.
pub fn delete(connection: &mut AnyConnection, owner_id: &str, client_id: &str) -> QueryResult<bool> {
    Ok(diesel::delete(consents::table.find((owner_id, client_id))).execute(connection)? == 1)
}
