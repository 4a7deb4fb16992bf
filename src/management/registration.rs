//! Clients that register themselves: admitting, changing, and letting go of those that nobody consented to.
//!
//! What they may say is checked before, by [`self_registration`](crate::protocol::self_registration).

use serde_json::json;

use super::clients::{Created, changed_members, enter, replace};
use super::{Context, Outcome, note};
use crate::clock::{Seconds, Timestamp};
use crate::domain::client::{Client, ClientMetadata, GrantType, Origin};
use crate::secret::{Digest, Secret, SecretKind};
use crate::store::audit_log;
use crate::store::connection::AnyConnection;
use crate::store::self_registrations::SelfRegistration;
use crate::store::{Failure, StoreError, clients, registration_tokens, self_registrations};

/// How long a client waits for the first consent.
pub const PATIENCE: Seconds = 7 * 24 * 60 * 60;
/// How many clients may wait for it at one time.
pub const MAX_WAITING: i64 = 10_000;
/// How long a stranger's client waits at least, before it makes room for another stranger's.
pub const MIN_PATIENCE: Seconds = 60 * 60;
/// How many clients are let go in one transaction.
pub const BATCH: i64 = 100;

/// Who asks to register a client.
#[derive(Clone, Copy, Debug)]
pub enum Applicant {
    /// Anybody, where registration is open.
    Stranger,
    /// Somebody with an initial access token, of which this is the digest.
    Vouched(Digest),
}

/// Why nobody was registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegistrationRefused {
    /// The initial access token is unknown, expired or used up.
    UnknownToken,
    /// [`MAX_WAITING`] is reached, and no stranger's client has waited for [`MIN_PATIENCE`].
    Full,
}

/// A client that registered itself.
#[derive(Debug)]
pub struct Registered {
    pub client: Created,
    /// Shown once.
    pub access_token: Secret,
}

/// Registers a client. The initial access token is used up in the same transaction.
pub fn register(
    connection: &mut AnyConnection,
    context: &Context,
    applicant: Applicant,
    metadata: &ClientMetadata,
) -> Result<Registered, Failure<RegistrationRefused>> {
    let vouched_by = match applicant {
        Applicant::Vouched(digest) => {
            let token = registration_tokens::use_once(connection, &digest, context.now)?;
            Some(token.ok_or(Failure::Refused(RegistrationRefused::UnknownToken))?)
        }
        Applicant::Stranger => {
            make_room(connection, context.now)?;
            None
        }
    };
    let client = enter(connection, Origin::Registered, metadata.clone(), context.now)?;
    let access_token = Secret::generate(SecretKind::RegistrationAccessToken);
    let detail = json!({ "client_name": metadata.client_name, "registration_token": vouched_by });
    // Nobody ever consents to a machine, and an admin has vouched for it.
    let is_machine = metadata.grant_types.contains(&GrantType::ClientCredentials);
    let expires_at = (!is_machine).then_some(context.now + PATIENCE);
    let registration = SelfRegistration { digest: access_token.digest(), vouched_by, expires_at };
    self_registrations::insert(connection, &client.client_id, &registration)?;
    note(connection, context, "client.registered", &client.client_id, detail)?;
    Ok(Registered { client, access_token })
}

/// Lets those strangers' clients go that have waited longest, when there are too many. Otherwise whoever fills all places would
/// shut the others out for a week.
fn make_room(connection: &mut AnyConnection, now: Timestamp) -> Result<(), Failure<RegistrationRefused>> {
    let too_many = self_registrations::count_waiting(connection)? + 1 - MAX_WAITING;
    if too_many <= 0 {
        return Ok(());
    }
    let since = now - MIN_PATIENCE;
    let longest = self_registrations::expiring_strangers(connection, since + PATIENCE, too_many.min(BATCH))?;
    if longest.is_empty() {
        return Err(Failure::Refused(RegistrationRefused::Full));
    }
    // When somebody else lets them go at the same moment there is one too many, until the next comes.
    let_go(connection, &longest, now)?;
    Ok(())
}

/// Replaces what `client` is registered with by what it says itself; gives a secret when it had none and needs one. What is as
/// it was costs nobody what they keep in memory, and the audit log no entry.
pub fn update(
    connection: &mut AnyConnection,
    context: &Context,
    client: &Client,
    metadata: &ClientMetadata,
) -> Outcome<Option<String>> {
    let has_its_secret = metadata.token_endpoint_auth_method.has_secret() != client.secrets.is_empty();
    if has_its_secret && changed_members(&client.metadata, metadata).is_empty() {
        return Ok(None);
    }
    replace(connection, context, client, client.version, metadata)
}

/// Deletes at most [`BATCH`] clients that nobody consented to in time; gives their number.
pub fn expire(connection: &mut AnyConnection, now: Timestamp) -> Result<usize, StoreError> {
    let expired = self_registrations::expiring(connection, now, BATCH)?;
    let_go(connection, &expired, now)
}

/// Deletes those of these clients that nobody has consented to; gives their number.
fn let_go(connection: &mut AnyConnection, client_ids: &[String], now: Timestamp) -> Result<usize, StoreError> {
    let context = Context::of_server(now);
    let gone = self_registrations::take_waiting(connection, client_ids)?;
    for id in &gone {
        clients::delete(connection, id)?;
        audit_log::insert(connection, &context.event("client.expired", id))?;
    }
    Ok(gone.len())
}
