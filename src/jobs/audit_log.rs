//! Looks after the audit log: chains its entries, checks the chain, deletes what is too old.

use crate::clock::Timestamp;
use crate::jobs::pace::Pace;
use crate::management::audit_chain::{self, BATCH, Break, ChainKey, Progress};
use crate::store::{Store, StoreError};

/// Chains everything that was written; gives the number of entries.
pub async fn chain(store: &Store, key: &ChainKey, now: Timestamp) -> Result<usize, StoreError> {
    if !store.read(audit_chain::is_behind).await? {
        return Ok(0);
    }
    in_batches(store, key, move |connection, key| audit_chain::link(connection, key, now)).await
}

/// Deletes entries from before a time; gives their number.
pub async fn expire(store: &Store, key: &ChainKey, before: Timestamp) -> Result<usize, StoreError> {
    in_batches(store, key, move |connection, key| audit_chain::expire(connection, key, before)).await
}

async fn in_batches(
    store: &Store,
    key: &ChainKey,
    batch: impl Fn(&mut crate::store::connection::AnyConnection, &ChainKey) -> Result<usize, StoreError>
    + Clone
    + Send
    + 'static,
) -> Result<usize, StoreError> {
    let (mut done, mut pace) = (0, Pace::calm());
    loop {
        let (key, batch) = (key.clone(), batch.clone());
        let count = store.write(move |connection| batch(connection, &key)).await?;
        done += count;
        if i64::try_from(count).unwrap_or(i64::MAX) < BATCH {
            return Ok(done);
        }
        pace.pause().await;
    }
}

/// Checks the whole chain from `from` on, or until `goes_on` says no.
pub async fn verify(
    store: &Store,
    key: &ChainKey,
    from: Option<Progress>,
    goes_on: impl Fn(&Progress) -> bool,
) -> Result<Result<Progress, Break>, StoreError> {
    let mut at = from;
    loop {
        let (key, before) = (key.clone(), at.take());
        let checked = store
            .read::<_, StoreError, _>(move |connection| audit_chain::verify(connection, &key, before.as_ref()))
            .await?;
        match checked {
            Ok(progress) if !progress.is_done && goes_on(&progress) => at = Some(progress),
            outcome => return Ok(outcome),
        }
    }
}
