//! The address of an account: changing it, and making sure that letters to it reach the account's owner.
//!
//! 1. The owner asks for a new address, which is pending from then on ([`ask`]). The present one stays in use, in claims
//!    too, and hears of it.
//! 2. A link goes to the new address: by mail ([`send`]), or handed over by an admin ([`make_link`]). A letter's link is made
//!    when the letter is sent ([`link_of_letter`]), and stands nowhere else.
//! 3. Whoever uses the link reads the letters to the address: it becomes the account's, and is verified ([`confirm`]).
//!
//! The address that an account has is confirmed in the same way, pending without being new. Who asks for an address that
//! belongs to another account is told nothing: it is pending, and what goes there is a letter to the other account's
//! owner. A new password, or signing out everywhere, ends what is pending: it may have been somebody else who asked.

use serde_json::json;

use super::account_events::{self, Happened};
use super::users::{LINK_LIFETIME, find, may_link};
use super::{Context, ManagementError, Outcome, conflict, invalid, letters, note, refuse};
use crate::clock::{Seconds, Timestamp};
use crate::domain::account_event::Kind;
use crate::domain::resource_owner::{Email, ResourceOwner, login_key};
use crate::domain::sentence::sentence;
use crate::secret::{Digest, Secret, SecretKind};
use crate::store::connection::AnyConnection;
use crate::store::email_confirmations::{self, Pending};
use crate::store::one_time_links::{self, Purpose};
use crate::store::{StoreError, mails, resource_owners};

/// Seconds that an address waits to be confirmed; links to do so live shorter.
pub const PENDING_LIFETIME: Seconds = 7 * 24 * 60 * 60;

/// What a letter to an address that waits may say.
pub enum Invitation {
    /// The token of the link that confirms it.
    Link(String),
    /// It belongs to another account.
    Taken,
}

/// Lets the owner of an account change its address to another one, or confirm the one that it has.
pub fn ask(connection: &mut AnyConnection, context: &Context, id: &str, typed: &str) -> Outcome<()> {
    let owner = find(connection, id)?;
    let address = Email::parse(typed).or_else(|problem| invalid("email", problem))?;
    let is_change = !is_of(&owner, address.as_str());
    if !is_change && owner.is_email_verified() {
        return invalid("email", sentence!("email-same", "This is your address already. Enter another one."));
    }
    let_wait(connection, context, &owner, &address)?;
    if is_change {
        note(connection, context, "user.email_change_asked", id, json!({ "username": owner.username }))?;
        account_events::record(connection, context, id, Happened::of(Kind::EmailChangeAsked))?;
        letters::tell(connection, context, &owner, mails::Kind::EmailChangeAsked)?;
    }
    Ok(invite(connection, context, &owner, address.as_str())?)
}

/// Sends the link once more to the address that waits, or to the one that the account has. Gives the address.
pub fn send(connection: &mut AnyConnection, context: &Context, id: &str) -> Outcome<String> {
    let owner = find(connection, id)?;
    let address = waiting(connection, context, &owner)?;
    note(connection, context, "user.email_link_sent", id, json!({ "username": owner.username }))?;
    invite(connection, context, &owner, &address)?;
    Ok(address)
}

/// Lets an address wait no more.
pub fn cancel(connection: &mut AnyConnection, context: &Context, id: &str) -> Outcome<()> {
    let owner = find(connection, id)?;
    if !forget(connection, id)? {
        return refuse(ManagementError::NotFound);
    }
    note(connection, context, "user.email_change_cancelled", id, json!({ "username": owner.username }))?;
    Ok(account_events::record(connection, context, id, Happened::of(Kind::EmailChangeCancelled))?)
}

/// Makes a link that confirms the address that waits, or the one that the account has; earlier ones end. Gives its token,
/// shown once, and the address.
pub fn make_link(connection: &mut AnyConnection, context: &Context, id: &str) -> Outcome<(String, String)> {
    let owner = find(connection, id)?;
    may_link(connection, context, &owner)?;
    let address = waiting(connection, context, &owner)?;
    if resource_owners::is_taken(connection, &login_key(&address), Some(id))? {
        return conflict(sentence!("email-taken", "This address belongs to another account."));
    }
    letters::give_up(connection, context, id, mails::Kind::ConfirmEmail)?;
    let token = new_link(connection, &owner.id, &address, context.now)?;
    note(connection, context, "user.email_link_made", id, json!({ "username": owner.username }))?;
    Ok((token, address))
}

/// What a letter about confirming `address` says now; `None` when nobody waits for it any more.
pub fn link_of_letter(
    connection: &mut AnyConnection,
    id: &str,
    address: &str,
    now: Timestamp,
) -> Result<Option<Invitation>, StoreError> {
    if email_confirmations::find(connection, id, now)?.is_none_or(|pending| pending.address != address) {
        return Ok(None);
    }
    if resource_owners::is_taken(connection, &login_key(address), Some(id))? {
        return Ok(Some(Invitation::Taken));
    }
    Ok(Some(Invitation::Link(new_link(connection, id, address, now)?)))
}

/// Uses a link up: the address that it was made for becomes the account's, and is verified. A refusal leaves all as it was.
pub fn confirm(connection: &mut AnyConnection, context: &Context, link: &Digest) -> Outcome<()> {
    let Some(Purpose::ConfirmEmail { owner_id, address }) = one_time_links::redeem(connection, link, context.now)?
    else {
        return refuse(ManagementError::NotFound);
    };
    let owner = find(connection, &owner_id)?;
    let is_pending = email_confirmations::find(connection, &owner_id, context.now)?
        .is_some_and(|pending| pending.address == address);
    if !is_pending || !owner.is_enabled() {
        return refuse(ManagementError::NotFound);
    }
    let address = Email::parse(&address).or_else(|problem| invalid("email", problem))?;
    if resource_owners::is_taken(connection, &address.key(), Some(&owner_id))? {
        // Not why: a link may have been handed to anybody.
        return conflict(sentence!(
            "email-unusable",
            "This address cannot be used for this account any more. Sign in and choose another one."
        ));
    }
    email_confirmations::delete(connection, &owner_id)?;
    verify(connection, context, &owner, &address)
}

/// Notes that letters to the account's address reach its owner.
pub(super) fn prove(connection: &mut AnyConnection, context: &Context, id: &str, address: &str) -> Outcome<()> {
    let owner = find(connection, id)?;
    if owner.email.as_deref() != Some(address) || owner.is_email_verified() {
        return Ok(());
    }
    let address = Email::parse(address).or_else(|problem| invalid("email", problem))?;
    verify(connection, context, &owner, &address)
}

/// Ends what waits, links included; false when nothing did.
pub(super) fn forget(connection: &mut AnyConnection, id: &str) -> Result<bool, StoreError> {
    one_time_links::end_confirming(connection, id)?;
    Ok(email_confirmations::delete(connection, id)?)
}

fn verify(connection: &mut AnyConnection, context: &Context, owner: &ResourceOwner, address: &Email) -> Outcome<()> {
    if !resource_owners::set_verified_email(connection, owner, address, context.now)? {
        return refuse(ManagementError::Outdated);
    }
    let is_change = !is_of(owner, address.as_str());
    note(connection, context, "user.email_confirmed", &owner.id, json!({ "username": owner.username }))?;
    let kind = if is_change { Kind::EmailChanged } else { Kind::EmailConfirmed };
    account_events::record(connection, context, &owner.id, Happened::of(kind))?;
    if is_change {
        letters::tell(connection, context, owner, mails::Kind::EmailChanged)?;
    }
    Ok(())
}

/// Whether it is the address of the account, whatever its case.
fn is_of(owner: &ResourceOwner, address: &str) -> bool {
    owner.email.as_deref().map(login_key) == Some(login_key(address))
}

/// The address that waits, or else the unverified one of the account, which waits from now on.
fn waiting(connection: &mut AnyConnection, context: &Context, owner: &ResourceOwner) -> Outcome<String> {
    if let Some(pending) = email_confirmations::find(connection, &owner.id, context.now)? {
        return Ok(pending.address);
    }
    match owner.email.as_deref().filter(|_| !owner.is_email_verified()).map(Email::parse) {
        Some(Ok(address)) => {
            let_wait(connection, context, owner, &address)?;
            Ok(address.as_str().to_owned())
        }
        _ => conflict(sentence!("email-nothing-to-confirm", "There is no address to confirm.")),
    }
}

fn let_wait(
    connection: &mut AnyConnection,
    context: &Context,
    owner: &ResourceOwner,
    address: &Email,
) -> Result<(), StoreError> {
    let pending = Pending {
        address: address.as_str().to_owned(),
        created_at: context.now,
        expires_at: context.now + PENDING_LIFETIME,
    };
    forget(connection, &owner.id)?;
    Ok(email_confirmations::replace(connection, &owner.id, &pending)?)
}

/// Puts the letter with the link in the queue.
fn invite(
    connection: &mut AnyConnection,
    context: &Context,
    owner: &ResourceOwner,
    address: &str,
) -> Result<(), StoreError> {
    letters::write_to(connection, context, owner, address, mails::Kind::ConfirmEmail, json!({}))
}

fn new_link(
    connection: &mut AnyConnection,
    owner_id: &str,
    address: &str,
    now: Timestamp,
) -> Result<String, StoreError> {
    let secret = Secret::generate(SecretKind::OneTimeLink);
    let purpose = Purpose::ConfirmEmail { owner_id: owner_id.to_owned(), address: address.to_owned() };
    one_time_links::replace(connection, &secret.digest(), &purpose, now, now + LINK_LIFETIME)?;
    Ok(secret.expose().to_owned())
}
