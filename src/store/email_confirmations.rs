//! Table `email_confirmations`: addresses that wait for their accounts' owners to confirm them, one for each account: a new one,
//! or the one that the account has.

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::store::connection::{AnyConnection, lock_rows};
use crate::store::schema::{email_confirmations, resource_owners};

/// An address to be confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Pending {
    pub address: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// Lets an address wait; one that waited before does no more. Asked for twice at once, the later one counts.
pub fn replace(connection: &mut AnyConnection, owner_id: &str, pending: &Pending) -> QueryResult<()> {
    let owner = resource_owners::table.find(owner_id).select(resource_owners::id);
    let _: Vec<String> = lock_rows!(connection, owner)?;
    delete(connection, owner_id)?;
    diesel::insert_into(email_confirmations::table)
        .values((
            email_confirmations::resource_owner_id.eq(owner_id),
            email_confirmations::address.eq(&pending.address),
            email_confirmations::created_at.eq(pending.created_at),
            email_confirmations::expires_at.eq(pending.expires_at),
        ))
        .execute(connection)?;
    Ok(())
}

/// What waits for a resource owner, if it is not too late.
pub fn find(connection: &mut AnyConnection, owner_id: &str, now: Timestamp) -> QueryResult<Option<Pending>> {
    email_confirmations::table
        .find(owner_id)
        .filter(email_confirmations::expires_at.gt(now))
        .select((email_confirmations::address, email_confirmations::created_at, email_confirmations::expires_at))
        .first(connection)
        .optional()
}

/// Lets nothing wait any more; false when nothing did.
pub fn delete(connection: &mut AnyConnection, owner_id: &str) -> QueryResult<bool> {
    Ok(diesel::delete(email_confirmations::table.find(owner_id)).execute(connection)? == 1)
}
