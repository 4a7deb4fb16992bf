//! Table `session_clients`: which clients took part in a browser session and must be told when it ends (OpenID Connect
//! Back-Channel Logout §2.3, Front-Channel Logout §2).

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::store::connection::{AnyConnection, on_backend};
use crate::store::schema::{browser_sessions, session_clients};
use crate::store::sessions::{Which, narrow};
use crate::store::sweep;

/// A client that got an ID token in a session that ends then at the latest, unless it is renewed.
#[derive(Clone, Debug)]
pub struct SessionClient {
    pub session_id: String,
    pub client_id: String,
    pub owner_id: String,
    pub expires_at: Timestamp,
}

/// Notes that a client took part in a session.
pub fn note(connection: &mut AnyConnection, new: &SessionClient) -> QueryResult<()> {
    on_backend!(connection, |c| diesel::insert_into(session_clients::table)
        .values((
            session_clients::session_id.eq(&new.session_id),
            session_clients::client_id.eq(&new.client_id),
            session_clients::resource_owner_id.eq(&new.owner_id),
            session_clients::expires_at.eq(new.expires_at),
        ))
        .on_conflict((session_clients::session_id, session_clients::client_id))
        .do_update()
        .set(session_clients::expires_at.eq(new.expires_at))
        .execute(c))?;
    Ok(())
}

/// Clients of a resource owner's sessions, taken: whoever ends the sessions tells them, once. Gives session and client.
pub fn take(connection: &mut AnyConnection, owner_id: &str, which: Which<'_>) -> QueryResult<Vec<(String, String)>> {
    let of_owner = session_clients::table
        .filter(session_clients::resource_owner_id.eq(owner_id))
        .select((session_clients::session_id, session_clients::client_id))
        .order((session_clients::session_id, session_clients::client_id))
        .into_boxed();
    let taken = narrow!(of_owner, session_clients::session_id, which).load(connection)?;
    let of_owner = diesel::delete(session_clients::table)
        .filter(session_clients::resource_owner_id.eq(owner_id.to_owned()))
        .into_boxed();
    narrow!(of_owner, session_clients::session_id, which).execute(connection)?;
    Ok(taken)
}

/// Forgets the clients of sessions that have ended, some of those whose time has come; gives the number of those. A renewed
/// session lasts longer than its clients were noted for: they stay as long as it does.
pub fn forget(connection: &mut AnyConnection, expired: Timestamp, limit: i64) -> QueryResult<usize> {
    let due = session_clients::table
        .filter(session_clients::expires_at.le(expired))
        .order(session_clients::expires_at)
        .select(session_clients::session_id)
        .limit(limit)
        .load::<String>(connection)?;
    if due.is_empty() {
        return Ok(0);
    }
    let open = browser_sessions::table
        .filter(browser_sessions::id.eq_any(&due))
        .filter(browser_sessions::idle_expires_at.gt(expired))
        .select((browser_sessions::id, browser_sessions::expires_at))
        .load::<(String, Timestamp)>(connection)?;
    for (session_id, ends_at) in open {
        keep(connection, &session_id, ends_at)?;
    }
    let of_due = session_clients::table.filter(session_clients::session_id.eq_any(&due));
    diesel::delete(of_due.filter(session_clients::expires_at.le(expired))).execute(connection)?;
    Ok(due.len())
}

/// Takes a client out of sessions, at most [`sweep::BATCH`]; whether there may be more.
pub fn forget_some_of_client(connection: &mut AnyConnection, client_id: &str) -> QueryResult<bool> {
    let of_client = session_clients::table.filter(session_clients::client_id.eq(client_id));
    let some = of_client.select(session_clients::session_id).limit(sweep::BATCH).load::<String>(connection)?;
    let is_full = sweep::is_whole(some.len());
    diesel::delete(of_client.filter(session_clients::session_id.eq_any(some))).execute(connection)?;
    Ok(is_full)
}

/// The clients of a session are known until `ends_at`.
fn keep(connection: &mut AnyConnection, session_id: &str, ends_at: Timestamp) -> QueryResult<()> {
    let of_session = session_clients::table.filter(session_clients::session_id.eq(session_id));
    diesel::update(of_session.filter(session_clients::expires_at.lt(ends_at)))
        .set(session_clients::expires_at.eq(ends_at))
        .execute(connection)?;
    Ok(())
}
