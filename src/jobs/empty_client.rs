//! Deleting what a client has before the client itself goes. With millions of tokens one statement would take longer than a
//! caller or the database waits, be undone, and never succeed; so it is done in parts.

use crate::management::{Context, clients};
use crate::store::{Failure, Store, StoreError};

/// Deletes the tokens, grants and consents of a client, if there is one. Where that takes more than one part, the client is
/// disabled meanwhile.
pub async fn run(store: &Store, context: &Context, id: &str) -> Result<(), StoreError> {
    loop {
        let (context, id) = (context.clone(), id.to_owned());
        match store.write(move |connection| clients::empty_some(connection, &context, &id)).await {
            Ok(true) => {}
            Ok(false) | Err(Failure::Refused(_)) => return Ok(()),
            Err(Failure::Store(error)) => return Err(error),
        }
    }
}
