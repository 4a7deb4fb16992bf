//! Grants: revoking one, and withdrawing consent.

use serde_json::json;

use super::{Context, Outcome, found, note};
use crate::domain::grant::GrantId;
use crate::store::connection::AnyConnection;
use crate::store::{consents, grants};

/// Revokes a grant with all its tokens.
pub fn revoke(connection: &mut AnyConnection, context: &Context, id: GrantId) -> Outcome<()> {
    found(grants::revoke(connection, id, context.now)?)?;
    Ok(note(connection, context, "grant.revoked", &id.to_string(), json!({}))?)
}

/// Forgets what a resource owner allowed a client, and revokes what it got.
pub fn withdraw(connection: &mut AnyConnection, context: &Context, owner_id: &str, client_id: &str) -> Outcome<()> {
    let was_remembered = consents::delete(connection, owner_id, client_id)?;
    let revoked = grants::revoke_of_owner(connection, owner_id, Some(client_id), context.now)?;
    found(was_remembered || revoked > 0)?;
    Ok(note(connection, context, "consent.withdrawn", client_id, json!({ "grants": revoked }))?)
}
