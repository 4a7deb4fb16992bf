//! Writing an account's own record, in the transaction of what happened.

use serde_json::{Value, json};

use super::Context;
use crate::domain::account_event::Kind;
use crate::store::account_events::{self, NewEvent};
use crate::store::audit_log::Actor;
use crate::store::connection::AnyConnection;
use crate::store::{StoreError, resource_owners};

/// What happened.
pub struct Happened<'a> {
    pub kind: Kind,
    pub client_id: Option<&'a str>,
    /// A JSON object.
    pub detail: Value,
}

impl Happened<'_> {
    pub fn of(kind: Kind) -> Self {
        Self { kind, client_id: None, detail: json!({}) }
    }
}

/// Records what whoever is at the owner's door did: the owner, or somebody who tries to be them.
pub fn record_at_door(
    connection: &mut AnyConnection,
    context: &Context,
    owner_id: &str,
    happened: Happened<'_>,
) -> Result<(), StoreError> {
    let new = NewEvent {
        owner_id,
        at: context.now,
        kind: happened.kind,
        client_id: happened.client_id,
        address: &context.address,
        user_agent: &context.user_agent,
        detail: happened.detail,
    };
    Ok(account_events::insert(connection, &new)?)
}

/// Records what was done to an account. Of those who run the server it is told that it was they, and not from where.
pub fn record(
    connection: &mut AnyConnection,
    context: &Context,
    owner_id: &str,
    mut happened: Happened<'_>,
) -> Result<(), StoreError> {
    let Some(owner) = resource_owners::find(connection, owner_id)? else { return Ok(()) };
    if matches!(&context.actor, Actor::Owner(name) if *name == owner.username) {
        return record_at_door(connection, context, owner_id, happened);
    }
    happened.detail["by"] = "administrator".into();
    let context = Context { address: String::new(), user_agent: String::new(), ..context.clone() };
    record_at_door(connection, &context, owner_id, happened)
}
