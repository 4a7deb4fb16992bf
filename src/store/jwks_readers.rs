//! Table `jwks_readers`: which programs fetched the key set, from where, and when last. Fetching it takes no name, so a
//! program is an address and a user agent; which clients are at the address is known from their secrets.

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::store::connection::{AnyConnection, on_backend};
use crate::store::schema::{client_secrets, clients, jwks_readers};

/// Rows that are kept, about: beyond, those leave that did not come for the longest time.
const MOST: i64 = 10_000;

/// A program that fetched the keys.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Reader {
    pub address: String,
    pub user_agent: String,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
}

/// Notes who came; what another process has written meanwhile counts too.
pub fn note<'a>(connection: &mut AnyConnection, readers: impl IntoIterator<Item = &'a Reader>) -> QueryResult<()> {
    for reader in readers {
        let known = jwks_readers::table.find((&reader.address, &reader.user_agent));
        let changed = diesel::update(known.filter(jwks_readers::last_at.lt(reader.last_at)))
            .set(jwks_readers::last_at.eq(reader.last_at))
            .execute(connection)?;
        if changed == 0 {
            on_backend!(&mut *connection, |c| diesel::insert_into(jwks_readers::table)
                .values((
                    jwks_readers::address.eq(&reader.address),
                    jwks_readers::user_agent.eq(&reader.user_agent),
                    jwks_readers::first_at.eq(reader.first_at),
                    jwks_readers::last_at.eq(reader.last_at),
                ))
                .on_conflict_do_nothing()
                .execute(c))?;
        }
    }
    Ok(())
}

/// Lets those leave that are too many.
pub fn trim(connection: &mut AnyConnection) -> QueryResult<()> {
    let newest = jwks_readers::table.order(jwks_readers::last_at.desc()).select(jwks_readers::last_at);
    if let Some(at) = newest.offset(MOST).limit(1).first::<Timestamp>(connection).optional()? {
        diesel::delete(jwks_readers::table.filter(jwks_readers::last_at.lt(at))).execute(connection)?;
    }
    Ok(())
}

/// How many came at `since` or later.
pub fn count(connection: &mut AnyConnection, since: Timestamp) -> QueryResult<i64> {
    jwks_readers::table.filter(jwks_readers::last_at.ge(since)).count().get_result(connection)
}

/// Those that came at `since` or later, or those that did not; who was last first.
pub fn list(connection: &mut AnyConnection, since: Timestamp, has_come: bool, limit: i64) -> QueryResult<Vec<Reader>> {
    let query = jwks_readers::table.order(jwks_readers::last_at.desc()).limit(limit).into_boxed();
    let query = if has_come {
        query.filter(jwks_readers::last_at.ge(since))
    } else {
        query.filter(jwks_readers::last_at.lt(since))
    };
    query.load(connection)
}

/// Id and name of some clients that last proved themselves with a secret from this address.
pub fn clients_at(connection: &mut AnyConnection, address: &str, limit: i64) -> QueryResult<Vec<(String, String)>> {
    client_secrets::table
        .inner_join(clients::table)
        .filter(client_secrets::last_used_address.eq(address))
        .limit(limit)
        .select((clients::id, clients::name))
        .load(connection)
}

/// Forgets who has not come since.
pub fn forget(connection: &mut AnyConnection, before: Timestamp) -> QueryResult<usize> {
    diesel::delete(jwks_readers::table.filter(jwks_readers::last_at.lt(before))).execute(connection)
}
