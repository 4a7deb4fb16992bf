//! Deleting what a client has before the client itself goes. With very many grants one statement would take longer than a caller
//! or the database waits, be undone, and never succeed; so it is done in parts.

use crate::management::clients;
use crate::store::{Store, StoreError};

/// Deletes the grants of a client, its consents and its places in sessions. Its tokens are dead with the grants, and leave when
/// they expire.
pub async fn run(store: &Store, id: &str) -> Result<(), StoreError> {
    loop {
        let id = id.to_owned();
        let is_left = store.write::<_, StoreError, _>(move |connection| clients::empty_some(connection, &id)).await?;
        if !is_left {
            return Ok(());
        }
    }
}
