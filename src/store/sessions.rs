//! Table `browser_sessions`. The cookie's key is stored as a digest; `id` names the session where its key must not appear.

#[cfg(feature = "postgres")]
use std::collections::HashMap;

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::secret::Digest;
use crate::store::access_tokens::Presented;
use crate::store::connection::{AnyConnection, lock_rows, on_backend};
#[cfg(feature = "postgres")]
use crate::store::error::StoreError;
#[cfg(feature = "postgres")]
use crate::store::gather::{Outcomes, padded};
use crate::store::paging::{Key, Place, in_order, newest_first};
use crate::store::prepared::{Prepared, Value, known};
use crate::store::schema::{browser_sessions, resource_owners};

/// A session as stored.
#[derive(Clone, Debug, Queryable)]
pub struct StoredSession {
    pub digest: Vec<u8>,
    pub id: String,
    pub owner_id: Option<String>,
    /// What the session keeps, as JSON.
    pub state: String,
    pub user_agent: String,
    pub address: String,
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub idle_expires_at: Timestamp,
    pub expires_at: Timestamp,
}

/// The session with this key, when it has not ended.
pub fn find(connection: &mut AnyConnection, &(digest, now): &Presented) -> QueryResult<Option<StoredSession>> {
    known!(
        connection,
        [Value::Bytes(digest.as_bytes()), Value::Number(now), Value::Number(now)],
        browser_sessions::table
            .find(digest.as_bytes())
            .filter(browser_sessions::idle_expires_at.gt(now))
            .filter(browser_sessions::expires_at.gt(now)),
        |c, known| known.get_result(c).optional()
    )
}

/// [`find`] for several by one statement.
#[cfg(feature = "postgres")]
pub fn find_each(
    connection: &mut AnyConnection,
    keys: &[Presented],
) -> Result<Outcomes<Option<StoredSession>>, StoreError> {
    if let [only] = keys {
        return Ok(vec![find(connection, only).map_err(StoreError::from)]);
    }
    let digests = padded(keys.iter().map(|(digest, _)| digest.as_bytes()).collect());
    let some = browser_sessions::table.filter(browser_sessions::digest.eq_any(digests));
    let rows = on_backend!(connection, |c| some.load::<StoredSession>(c))?;
    let rows: HashMap<&[u8], &StoredSession> = rows.iter().map(|row| (row.digest.as_slice(), row)).collect();
    let one = |(digest, now): &Presented| {
        let found = rows.get(digest.as_bytes()).filter(|row| row.idle_expires_at > *now && row.expires_at > *now);
        found.map(|&row| row.clone())
    };
    Ok(keys.iter().map(|key| Ok(one(key))).collect())
}

pub fn insert(connection: &mut AnyConnection, new: &StoredSession) -> QueryResult<()> {
    diesel::insert_into(browser_sessions::table)
        .values((
            browser_sessions::digest.eq(&new.digest),
            browser_sessions::id.eq(&new.id),
            browser_sessions::resource_owner_id.eq(new.owner_id.as_deref()),
            browser_sessions::state.eq(&new.state),
            browser_sessions::user_agent.eq(&new.user_agent),
            browser_sessions::address.eq(&new.address),
            browser_sessions::created_at.eq(new.created_at),
            browser_sessions::last_seen_at.eq(new.last_seen_at),
            browser_sessions::idle_expires_at.eq(new.idle_expires_at),
            browser_sessions::expires_at.eq(new.expires_at),
        ))
        .execute(connection)?;
    Ok(())
}

/// Begins a session: in the place of an earlier one of the same resource owner, whose name it keeps, unless that has ended.
/// Gives its name. Where two take the same place, the key of the second opens it.
pub fn begin(connection: &mut AnyConnection, new: &StoredSession, earlier: Option<&str>) -> QueryResult<String> {
    if let Some(earlier) = earlier
        && take_place(connection, new, earlier)?
    {
        return Ok(earlier.to_owned());
    }
    insert(connection, new)?;
    Ok(new.id.clone())
}

fn take_place(connection: &mut AnyConnection, new: &StoredSession, earlier: &str) -> QueryResult<bool> {
    let Some(owner_id) = new.owner_id.as_deref() else { return Ok(false) };
    let place = browser_sessions::table
        .filter(browser_sessions::resource_owner_id.eq(owner_id))
        .filter(browser_sessions::id.eq(earlier));
    let changed = diesel::update(place)
        .set((
            browser_sessions::digest.eq(&new.digest),
            browser_sessions::state.eq(&new.state),
            browser_sessions::user_agent.eq(&new.user_agent),
            browser_sessions::address.eq(&new.address),
            browser_sessions::created_at.eq(new.created_at),
            browser_sessions::last_seen_at.eq(new.last_seen_at),
            browser_sessions::idle_expires_at.eq(new.idle_expires_at),
            browser_sessions::expires_at.eq(new.expires_at),
        ))
        .execute(connection)?;
    Ok(changed == 1)
}

/// Gives a session of a resource owner another key; false when it has ended, and then it stays ended.
pub fn renew_key(connection: &mut AnyConnection, owner_id: &str, id: &str, key: &Digest) -> QueryResult<bool> {
    let open = browser_sessions::table
        .filter(browser_sessions::resource_owner_id.eq(owner_id))
        .filter(browser_sessions::id.eq(id));
    Ok(diesel::update(open).set(browser_sessions::digest.eq(key.as_bytes())).execute(connection)? == 1)
}

/// Replaces what a session keeps; false when it was ended meanwhile, and then it stays ended.
pub fn update_state(connection: &mut AnyConnection, digest: &Digest, state: &str) -> QueryResult<bool> {
    let changed = diesel::update(browser_sessions::table.find(digest.as_bytes()))
        .set(browser_sessions::state.eq(state))
        .execute(connection)?;
    Ok(changed == 1)
}

/// Notes that a session is in use.
pub fn extend(
    connection: &mut AnyConnection,
    digest: &Digest,
    now: Timestamp,
    idle_expires_at: Timestamp,
) -> QueryResult<()> {
    let values = [Value::Number(now), Value::Number(idle_expires_at), Value::Bytes(digest.as_bytes())];
    let extend = Prepared::<()>::new(
        "UPDATE browser_sessions SET last_seen_at = ?, idle_expires_at = ? WHERE digest = ?",
        &values,
    );
    on_backend!(connection, |c| extend.execute(c))?;
    Ok(())
}

pub fn delete(connection: &mut AnyConnection, digest: &Digest) -> QueryResult<()> {
    diesel::delete(browser_sessions::table.find(digest.as_bytes())).execute(connection)?;
    Ok(())
}

/// A resource owner's live sessions, the last used first.
pub fn list_of_owner(
    connection: &mut AnyConnection,
    owner_id: &str,
    now: Timestamp,
) -> QueryResult<Vec<StoredSession>> {
    browser_sessions::table
        .filter(browser_sessions::resource_owner_id.eq(owner_id))
        .filter(browser_sessions::idle_expires_at.gt(now))
        .filter(browser_sessions::expires_at.gt(now))
        .order(browser_sessions::last_seen_at.desc())
        .limit(200)
        .load(connection)
}

/// The key of a session in [`list_live`].
pub fn key(session: &StoredSession) -> Key<String> {
    Key { at: session.idle_expires_at, id: session.id.clone() }
}

/// A page of live sessions with the names of those who signed in, the last used first.
pub fn list_live(
    connection: &mut AnyConnection,
    owner_id: Option<&str>,
    place: &Place<Key<String>>,
    limit: i64,
    now: Timestamp,
) -> QueryResult<Vec<(StoredSession, String)>> {
    let mut query = browser_sessions::table
        .inner_join(resource_owners::table)
        .filter(browser_sessions::expires_at.gt(now))
        .select((browser_sessions::all_columns, resource_owners::username))
        .limit(limit)
        .into_boxed();
    if !place.lies_after(now) {
        query = query.filter(browser_sessions::idle_expires_at.gt(now));
    }
    if let Some(owner_id) = owner_id {
        query = query.filter(browser_sessions::resource_owner_id.eq(owner_id.to_owned()));
    }
    let id = |key: &Key<String>| key.id.clone();
    let query = newest_first!(query, place, browser_sessions::idle_expires_at, browser_sessions::id, id);
    Ok(in_order(query.load(connection)?, place))
}

/// A live session by its id, with the name of who signed in.
pub fn find_live(
    connection: &mut AnyConnection,
    id: &str,
    now: Timestamp,
) -> QueryResult<Option<(StoredSession, String)>> {
    browser_sessions::table
        .inner_join(resource_owners::table)
        .filter(browser_sessions::id.eq(id))
        .filter(browser_sessions::idle_expires_at.gt(now))
        .filter(browser_sessions::expires_at.gt(now))
        .select((browser_sessions::all_columns, resource_owners::username))
        .first(connection)
        .optional()
}

/// Whether nobody has ended this session of a resource owner; nobody can until this transaction ends, so that whoever ends
/// the session finds what was given in it.
pub fn hold_open(connection: &mut AnyConnection, owner_id: &str, id: &str) -> QueryResult<bool> {
    let open = browser_sessions::table
        .filter(browser_sessions::resource_owner_id.eq(owner_id))
        .filter(browser_sessions::id.eq(id))
        .select(browser_sessions::id);
    let found: Vec<String> = lock_rows!(connection, open)?;
    Ok(!found.is_empty())
}

/// Some of a resource owner's sessions.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    One(&'a str),
    All,
    AllBut(&'a str),
}

impl<'a> Which<'a> {
    /// All, or all but the one to keep.
    pub fn all_but(keep: Option<&'a str>) -> Self {
        keep.map_or(Self::All, Self::AllBut)
    }
}

/// Narrows a boxed query to the sessions that are meant, by the column that names them.
macro_rules! narrow {
    ($query:expr, $column:expr, $which:expr) => {
        match $which {
            $crate::store::sessions::Which::One(id) => $query.filter($column.eq(id.to_owned())),
            $crate::store::sessions::Which::All => $query,
            $crate::store::sessions::Which::AllBut(keep) => $query.filter($column.ne(keep.to_owned())),
        }
    };
}
pub(super) use narrow;

/// Ends a resource owner's sessions; gives their number.
pub fn end(connection: &mut AnyConnection, owner_id: &str, which: Which<'_>) -> QueryResult<usize> {
    let of_owner = diesel::delete(browser_sessions::table)
        .filter(browser_sessions::resource_owner_id.eq(owner_id.to_owned()))
        .into_boxed();
    narrow!(of_owner, browser_sessions::id, which).execute(connection)
}
