//! Grants and consents: allowing, withdrawing and taking that back, revoking.

use serde_json::json;

use super::account_events::{self, Happened};
use super::{Context, ManagementError, Outcome, found, note, refuse};
use crate::clock::{Seconds, Timestamp};
use crate::domain::account_event::Kind;
use crate::domain::client::Client;
use crate::domain::grant::{Consent, GrantId};
use crate::domain::scope;
use crate::secret::Digest;
use crate::store::account_events::{Event, last_of_application};
use crate::store::connection::AnyConnection;
use crate::store::live_tokens::Token;
use crate::store::{StoreError, access_tokens, clients, consents, grants, self_registrations};

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

/// What a resource owner decided about all that a client asked for.
#[derive(Clone, Debug)]
pub struct Decision {
    pub allowed: Consent,
    pub refused: Consent,
}

impl Decision {
    /// What holds from here on, after `before`: what was not asked for this time stays, and what was refused goes.
    fn after(&self, before: Option<Consent>) -> Consent {
        let Some(before) = before else { return self.allowed.clone() };
        let scope = scope::difference(&before.scope, &self.refused.scope);
        let claims = before.claims.difference(&self.refused.claims).chain(&self.allowed.claims);
        Consent { scope: scope::union(&scope, &self.allowed.scope), claims: claims.cloned().collect() }
    }
}

/// Remembers what a resource owner allows a client, and no more what they refuse it now.
pub fn allow(
    connection: &mut AnyConnection,
    context: &Context,
    owner_id: &str,
    client: &Client,
    decision: &Decision,
) -> Result<(), StoreError> {
    let before = consents::find(connection, owner_id, &client.id)?;
    consents::remember(connection, owner_id, &client.id, &decision.after(before), context.now)?;
    self_registrations::keep(connection, &client.id)?;
    let scope = scope::render(&decision.allowed.scope);
    let mut happened = decided(Kind::Allowed, client);
    happened.detail["scope"] = scope.as_str().into();
    account_events::record_at_door(connection, context, owner_id, happened)?;
    note(connection, context, "consent.given", &client.id, json!({ "scope": scope }))
}

/// Forgets what a resource owner allowed a client, and revokes what it got. What is forgotten stands in the account's record,
/// until nobody takes it back any more.
pub fn withdraw(connection: &mut AnyConnection, context: &Context, owner_id: &str, client_id: &str) -> Outcome<()> {
    let remembered = consents::find(connection, owner_id, client_id)?;
    consents::delete(connection, owner_id, client_id)?;
    let revoked = grants::revoke_of_owner(connection, owner_id, Some(client_id), context.now)?;
    found(remembered.is_some() || revoked > 0)?;
    if let Some(client) = clients::find(connection, client_id)? {
        let mut happened = decided(Kind::Withdrawn, &client);
        if let Some(consent) = remembered {
            happened.detail["scope"] = scope::render(&consent.scope).into();
            happened.detail["claims"] = consent.claims.into_iter().collect();
        }
        account_events::record(connection, context, owner_id, happened)?;
    }
    Ok(note(connection, context, "consent.withdrawn", client_id, json!({ "grants": revoked }))?)
}

/// Seconds in which a withdrawal can be taken back.
pub const UNDO: Seconds = 10 * 60;

/// Until when the last thing that happened to a client can be taken back, if it is a withdrawal of what was remembered.
pub fn undoable_until(last: &Event, now: Timestamp) -> Option<Timestamp> {
    let until = last.at + UNDO;
    (last.kind == Some(Kind::Withdrawn) && last.detail["scope"].is_string() && now < until).then_some(until)
}

/// Takes a withdrawal back: the consent is remembered again, if it is not already. Tokens stay revoked, for a revoked token
/// that works again is one that nobody can be sure of.
pub fn undo_withdrawal(
    connection: &mut AnyConnection,
    context: &Context,
    owner_id: &str,
    client: &Client,
) -> Outcome<()> {
    if consents::find(connection, owner_id, &client.id)?.is_some() {
        return Ok(());
    }
    let last = last_of_application(connection, owner_id, &client.id)?;
    let Some(last) = last.filter(|last| undoable_until(last, context.now).is_some()) else {
        return refuse(ManagementError::NotFound);
    };
    let claims = last.detail["claims"].as_array().into_iter().flatten();
    let consent = Consent {
        scope: scope::stored(last.detail["scope"].as_str().unwrap_or_default()),
        claims: claims.filter_map(|claim| claim.as_str().map(str::to_owned)).collect(),
    };
    consents::remember(connection, owner_id, &client.id, &consent, context.now)?;
    account_events::record(connection, context, owner_id, decided(Kind::Restored, client))?;
    Ok(note(connection, context, "consent.restored", &client.id, json!({}))?)
}

/// The client's name is kept, too: the record outlives the client.
fn decided(kind: Kind, client: &Client) -> Happened<'_> {
    Happened { kind, client_id: Some(&client.id), detail: json!({ "client": client.name() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn consent(scope: &str, claims: &[&str]) -> Consent {
        Consent { scope: scope::stored(scope), claims: claims.iter().map(|claim| (*claim).to_owned()).collect() }
    }

    #[test]
    fn what_is_refused_now_is_not_allowed_any_more() {
        let before = consent("email openid reports", &["birthdate", "zoneinfo"]);
        let decision =
            Decision { allowed: consent("openid profile", &["name"]), refused: consent("email phone", &["birthdate"]) };
        assert_eq!(decision.after(Some(before)), consent("openid profile reports", &["name", "zoneinfo"]));
        assert_eq!(decision.after(None), decision.allowed);
    }
}
