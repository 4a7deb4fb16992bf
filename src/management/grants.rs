//! Grants: revoking one, and withdrawing consent.

use serde_json::json;

use super::{Context, Outcome, found, note};
use crate::domain::grant::GrantId;
use crate::secret::Digest;
use crate::store::connection::AnyConnection;
use crate::store::live_tokens::Token;
use crate::store::{access_tokens, consents, grants};

/// Revokes a grant with all its tokens.
pub fn revoke(connection: &mut AnyConnection, context: &Context, id: GrantId) -> Outcome<()> {
    found(grants::revoke(connection, id, context.now)?)?;
    Ok(note(connection, context, "grant.revoked", &id.to_string(), json!({}))?)
}

/// Revokes one access token; the grant stays.
pub fn revoke_token(connection: &mut AnyConnection, context: &Context, token: &Token) -> Outcome<()> {
    let digest = Digest::from_bytes(&token.id.0);
    found(digest.map(|digest| access_tokens::delete(connection, &digest)).transpose()?.unwrap_or(false))?;
    let detail = json!({ "token": token.id.to_string() });
    Ok(note(connection, context, "token.revoked", &token.grant_id.to_string(), detail)?)
}

/// Revokes some of what a client was given, codes on their way included; whether there is more.
pub fn revoke_some_of_client(connection: &mut AnyConnection, context: &Context, client_id: &str) -> Outcome<bool> {
    let revoked = grants::revoke_some_of_client(connection, client_id, context.now)?;
    if revoked > 0 {
        note(connection, context, "client.grants_revoked", client_id, json!({ "grants": revoked }))?;
    }
    Ok(revoked >= grants::PART)
}

/// Forgets what a resource owner allowed a client, and revokes what it got.
pub fn withdraw(connection: &mut AnyConnection, context: &Context, owner_id: &str, client_id: &str) -> Outcome<()> {
    let was_remembered = consents::delete(connection, owner_id, client_id)?;
    let revoked = grants::revoke_of_owner(connection, owner_id, Some(client_id), context.now)?;
    found(was_remembered || revoked > 0)?;
    Ok(note(connection, context, "consent.withdrawn", client_id, json!({ "grants": revoked }))?)
}
