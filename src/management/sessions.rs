//! Ending browser sessions: one operation for everybody who ends one, so that nothing is forgotten.
//!
//! | ends | does not end |
//! |---|---|
//! | the session itself | other sessions of the user |
//! | grants that were given in it with `openid` and without `offline_access`, with their tokens | grants with `offline_access`, which are meant to outlive it, and those of plain OAuth, which know no session |
//!
//! Whoever ends all sessions of an account holds the account first, by changing it or by
//! [`hold`](crate::store::resource_owners::hold): a sign-in that is under way then has stored its session, which is found,
//! or goes through only as far as the account still lets it.
//!
//! The clients that took part are told: by a delivery in the queue those with a back-channel logout URI (OpenID Connect
//! Back-Channel Logout), by the page that the caller shows those with a front-channel one.

use serde_json::json;

use super::account_events::{self, Happened};
use super::{Context, Outcome, found, note};
use crate::clock::Timestamp;
use crate::domain::account_event::Kind;
use crate::domain::client::Client;
use crate::secret::{Digest, random_id};
use crate::store::connection::AnyConnection;
use crate::store::sessions::{self, Which};
use crate::store::{StoreError, clients, grants, logout_deliveries, session_clients};

/// What has ended.
#[derive(Debug)]
pub struct Ended {
    /// The number of sessions.
    pub sessions: usize,
    /// The clients that took part in them, as often as they did.
    pub clients: Vec<Client>,
}

/// Ends sessions of a resource owner, for operations that have their own entry in the audit log.
pub fn end(
    connection: &mut AnyConnection,
    owner_id: &str,
    which: Which<'_>,
    now: Timestamp,
) -> Result<Ended, StoreError> {
    let ended = sessions::end(connection, owner_id, which)?;
    grants::revoke_online(connection, owner_id, which, now)?;
    let mut told = Vec::new();
    for (session_id, client_id) in session_clients::take(connection, owner_id, which)? {
        let Some(client) = clients::find(connection, &client_id)? else { continue };
        if client.metadata.backchannel_logout_uri.is_some() {
            logout_deliveries::insert(connection, &random_id(), &client_id, owner_id, &session_id, now)?;
        }
        told.push(client);
    }
    Ok(Ended { sessions: ended, clients: told })
}

/// Signs out of one browser.
pub fn end_one(
    connection: &mut AnyConnection,
    context: &Context,
    owner_id: &str,
    session_id: &str,
) -> Result<Ended, StoreError> {
    let ended = end(connection, owner_id, Which::One(session_id), context.now)?;
    if ended.sessions > 0 {
        account_events::record(connection, context, owner_id, Happened::of(Kind::SignedOut))?;
        note(connection, context, "session.ended", owner_id, json!({}))?;
    }
    Ok(ended)
}

/// Gives the session that stays when all others end another key, so that a copy of its cookie opens nothing. Refused when it
/// has ended itself: what was asked for in it is not done.
pub fn renew(connection: &mut AnyConnection, owner_id: &str, session_id: &str, key: &Digest) -> Outcome<()> {
    found(sessions::renew_key(connection, owner_id, session_id, key)?)
}

/// Tries once more to tell a client of a session that ended.
pub fn retry_delivery(connection: &mut AnyConnection, context: &Context, id: &str) -> Outcome<()> {
    let client = logout_deliveries::retry(connection, id, context.now)?;
    found(client.is_some())?;
    Ok(note(connection, context, "logout.retried", &client.unwrap_or_default(), json!({}))?)
}
