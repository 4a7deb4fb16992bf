//! Writing letters to users, in the transaction of what they are about. What they say is written when they are sent.

use serde_json::{Value, json};

use super::{Context, Outcome, found, note, users};
use crate::domain::resource_owner::ResourceOwner;
use crate::secret::random_id;
use crate::store::StoreError;
use crate::store::connection::AnyConnection;
use crate::store::mails::{self, Kind};

/// Puts a letter to an account's owner in the queue, when there is mail and they have an address.
pub fn tell(
    connection: &mut AnyConnection,
    context: &Context,
    owner: &ResourceOwner,
    kind: Kind,
) -> Result<(), StoreError> {
    match &owner.email {
        Some(address) => write_to(connection, context, owner, address, kind, json!({})),
        None => Ok(()),
    }
}

/// Tells of a sign-in that looks like somebody else's.
pub fn tell_of_browser(
    connection: &mut AnyConnection,
    context: &Context,
    owner: &ResourceOwner,
) -> Result<(), StoreError> {
    let Some(address) = &owner.email else { return Ok(()) };
    let detail = json!({ "browser": context.user_agent, "address": context.address });
    write_to(connection, context, owner, address, Kind::NewBrowser, detail)
}

/// The same to any address.
pub(super) fn write_to(
    connection: &mut AnyConnection,
    context: &Context,
    owner: &ResourceOwner,
    address: &str,
    kind: Kind,
    mut detail: Value,
) -> Result<(), StoreError> {
    if !context.has_mail {
        return Ok(());
    }
    if owner.language.is_none() && !context.language.is_empty() {
        // Nobody has heard them yet; most likely they speak like whoever writes.
        detail["language"] = context.language.into();
    }
    Ok(mails::insert(connection, &random_id(), kind, &owner.id, address, &detail, context.now)?)
}

/// Gives up the letters with a link of this kind that wait: sent later, it would end the links that are made now.
pub(super) fn give_up(
    connection: &mut AnyConnection,
    context: &Context,
    owner_id: &str,
    kind: Kind,
) -> Result<(), StoreError> {
    Ok(mails::withdraw(connection, owner_id, kind, "A newer link was made, or the account was changed.", context.now)?)
}

/// Tries once more to send a letter. One with a link is for whoever may make that link now.
pub fn retry(connection: &mut AnyConnection, context: &Context, id: &str) -> Outcome<()> {
    if let Some((Kind::SetPassword | Kind::ConfirmEmail, owner_id)) = mails::about(connection, id)? {
        let owner = users::find(connection, &owner_id)?;
        users::may_link(connection, context, &owner)?;
    }
    found(mails::retry(connection, id, context.now)?)?;
    Ok(note(connection, context, "mail.retried", id, json!({}))?)
}
