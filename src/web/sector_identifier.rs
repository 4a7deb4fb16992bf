//! Fetching what a `sector_identifier_uri` points at, before a client is stored. One function for everybody who registers
//! clients.

use crate::domain::client::ClientMetadata;
use crate::outbound::Client;
use crate::protocol::registration::RegistrationError;
use crate::protocol::sector_identifier::{MAX_DOCUMENT, check, refused};

/// Checks the client's sector identifier, if it has one. Takes as long as a request of ours may, so it is never called in
/// a transaction.
///
/// # Errors
/// The document cannot be had, or does not list all redirect URIs.
pub async fn verify(outbound: &Client, metadata: &ClientMetadata) -> Result<(), RegistrationError> {
    let Some(uri) = &metadata.sector_identifier_uri else { return Ok(()) };
    let answer = outbound
        .get(uri, MAX_DOCUMENT, "application/json")
        .await
        .map_err(|error| refused(format!("It cannot be fetched: {error}.")))?;
    if !answer.is_success() {
        return Err(refused(format!("It answers with status {}.", answer.status)));
    }
    check(&answer.body, metadata)
}
