//! Table `session_clients`: which clients took part in a browser session and must be told when it ends (OpenID Connect
//! Back-Channel Logout §2.3, Front-Channel Logout §2).

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::store::connection::{AnyConnection, on_backend};
use crate::store::schema::session_clients;
use crate::store::sessions::{Which, narrow};

/// Notes that `client_id` got an ID token in a session that ends at `expires_at` at the latest.
pub fn note(
    connection: &mut AnyConnection,
    session_id: &str,
    client_id: &str,
    owner_id: &str,
    expires_at: Timestamp,
) -> QueryResult<()> {
    on_backend!(connection, |c| diesel::insert_into(session_clients::table)
        .values((
            session_clients::session_id.eq(session_id),
            session_clients::client_id.eq(client_id),
            session_clients::resource_owner_id.eq(owner_id),
            session_clients::expires_at.eq(expires_at),
        ))
        .on_conflict((session_clients::session_id, session_clients::client_id))
        .do_update()
        .set(session_clients::expires_at.eq(expires_at))
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
