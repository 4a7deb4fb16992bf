//! Table `leases`: which process does a job, where several share a database.

use diesel::prelude::*;

use crate::clock::{Seconds, Timestamp};
use crate::store::connection::{AnyConnection, on_backend};
use crate::store::schema::leases;

/// Takes or renews a lease for `seconds`; false while another process holds it. One that is to last much longer counts no more:
/// the clock of who took it was ahead, and if it has died meanwhile, nobody would do its job until then.
pub fn acquire(
    connection: &mut AnyConnection,
    name: &str,
    holder: &str,
    now: Timestamp,
    seconds: Seconds,
) -> QueryResult<bool> {
    let until = now + seconds;
    on_backend!(&mut *connection, |c| diesel::insert_into(leases::table)
        .values((leases::name.eq(name), leases::holder.eq(holder), leases::until.eq(until)))
        .on_conflict_do_nothing()
        .execute(c))?;
    let is_free = leases::until.lt(now).or(leases::until.gt(until + seconds));
    let taken = diesel::update(leases::table.find(name).filter(leases::holder.eq(holder).or(is_free)))
        .set((leases::holder.eq(holder), leases::until.eq(until)))
        .execute(connection)?;
    Ok(taken == 1)
}
