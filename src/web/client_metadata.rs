//! What client metadata alone do not show: whether the keys in them can be used, and what their `sector_identifier_uri`
//! points at. Looked at before a client is stored, for everybody who registers clients: the client itself, the console, the
//! API and the command line.

use serde_json::{Map, Value};

use crate::domain::client::ClientMetadata;
use crate::domain::scope::ScopeCatalog;
use crate::domain::sentence::{Sentence, sentence};
use crate::keys::foreign::KeySet;
use crate::management::{FieldProblem, ManagementError};
use crate::outbound::Client;
use crate::protocol::registration::{self, RegistrationError};
use crate::protocol::sector_identifier::{MAX_DOCUMENT, check, refused};

/// Looks at the keys and the sector identifier of metadata that an admin sent. What `current` has already is not looked at
/// again: a server that is down must not keep anybody from renaming its client. Metadata that are wrong by themselves are
/// left to [`management`](crate::management::clients), which says all that is wrong with them.
///
/// Takes as long as a request of ours may, so it is never called in a transaction.
///
/// # Errors
/// [`ManagementError::Invalid`], as the operation itself would say it.
pub async fn look_at(
    sent: &Map<String, Value>,
    current: Option<&ClientMetadata>,
    catalog: &ScopeCatalog,
    outbound: &Client,
) -> Result<(), ManagementError> {
    let Ok(metadata) = registration::register(sent, catalog) else { return Ok(()) };
    let mut news = metadata.clone();
    if let Some(current) = current {
        if current.jwks == metadata.jwks {
            news.jwks = None;
        }
        let is_same_sector = current.sector_identifier_uri == metadata.sector_identifier_uri;
        if is_same_sector && current.redirect_uris == metadata.redirect_uris {
            news.sector_identifier_uri = None;
        }
    }
    verify(outbound, &news)
        .await
        .map_err(|error| ManagementError::Invalid(vec![FieldProblem { field: error.member, problem: error.problem }]))
}

/// Checks the client's keys and its sector identifier, as far as it has them. Never called in a transaction.
///
/// # Errors
/// A key is malformed or too weak, or there is none that we could use. The sector's document cannot be had, or does not
/// list all redirect URIs.
pub async fn verify(outbound: &Client, metadata: &ClientMetadata) -> Result<(), RegistrationError> {
    verify_keys(metadata)?;
    let Some(uri) = &metadata.sector_identifier_uri else { return Ok(()) };
    let answer = outbound.get(uri, MAX_DOCUMENT, "application/json").await.map_err(|error| {
        refused(sentence!("metadata-not-fetched", "It cannot be fetched: {error}.", error = error.to_string()))
    })?;
    if !answer.is_success() {
        return Err(refused(sentence!(
            "metadata-status",
            "It answers with status {status}.",
            status = answer.status.to_string()
        )));
    }
    check(&answer.body, metadata)
}

fn verify_keys(metadata: &ClientMetadata) -> Result<(), RegistrationError> {
    let Some(set) = &metadata.jwks else { return Ok(()) };
    let refused = |problem: Sentence| Err(RegistrationError { member: "jwks", problem });
    match set.as_object().map(KeySet::from_json) {
        Some(Ok(keys)) if keys.is_empty() => refused(sentence!(
            "metadata-no-usable-key",
            "None of the keys can be used. Send one for RS256, PS256, ES256 or EdDSA."
        )),
        Some(Ok(_)) => Ok(()),
        Some(Err(error)) => {
            refused(sentence!("metadata-bad-key", "A key cannot be used: {error}.", error = error.to_string()))
        }
        None => {
            refused(sentence!("metadata-jwk-set", "Send a JWK set: an object whose member keys is an array of keys."))
        }
    }
}
