//! Table `leases`: which process does a job, where several share a database.

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::store::connection::{AnyConnection, on_backend};
use crate::store::schema::leases;

/// Takes or renews a lease; false while another process holds it.
pub fn acquire(
    connection: &mut AnyConnection,
    name: &str,
    holder: &str,
    now: Timestamp,
    until: Timestamp,
) -> QueryResult<bool> {
    on_backend!(&mut *connection, |c| diesel::insert_into(leases::table)
        .values((leases::name.eq(name), leases::holder.eq(holder), leases::until.eq(until)))
        .on_conflict_do_nothing()
        .execute(c))?;
    let taken = diesel::update(leases::table.find(name).filter(leases::holder.eq(holder).or(leases::until.lt(now))))
        .set((leases::holder.eq(holder), leases::until.eq(until)))
        .execute(connection)?;
    Ok(taken == 1)
}
