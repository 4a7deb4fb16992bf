//! What clients make use of: counted in memory, written in batches, never one write per request.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

use crate::clock::Timestamp;
use crate::domain::client_traffic::Kind;
use crate::store::client_traffic::{self, NewUses};
use crate::store::{Store, StoreError};

/// Most things that are counted until they are written; beyond, uses of others are not counted.
const CAPACITY: usize = 20_000;
/// Rows in one transaction.
const BATCH: usize = 256;

/// Uses that wait to be written, by a hash of what was used: counting one that is known makes no copy of its name.
#[derive(Debug, Default)]
pub struct Traffic {
    waiting: Mutex<HashMap<u64, NewUses>>,
    hasher: RandomState,
}

impl Traffic {
    /// Counts what a request of `client` used.
    pub fn note<'a>(&self, client: &str, uses: impl IntoIterator<Item = (Kind, &'a str)>, now: Timestamp) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for (kind, name) in uses {
            let key = self.hasher.hash_one((client, kind, name));
            if let Some(known) = waiting.get_mut(&key) {
                known.count += 1;
                known.last_at = now;
            } else if waiting.len() < CAPACITY {
                let (client_id, name) = (client.into(), name.into());
                waiting.insert(key, NewUses { client_id, kind, name, count: 1, first_at: now, last_at: now });
            }
        }
    }

    /// Writes what was counted.
    pub async fn flush(&self, store: &Store) -> Result<(), StoreError> {
        let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        let mut uses: Vec<NewUses> = waiting.into_values().collect();
        // In one order everywhere, so that two processes do not wait for each other's rows.
        uses.sort_unstable_by(|a, b| {
            (&a.client_id, a.kind.as_str(), &a.name).cmp(&(&b.client_id, b.kind.as_str(), &b.name))
        });
        let mut uses = uses.into_iter();
        while !uses.as_slice().is_empty() {
            let batch: Vec<NewUses> = uses.by_ref().take(BATCH).collect();
            store.write::<_, StoreError, _>(move |connection| Ok(client_traffic::add(connection, &batch)?)).await?;
        }
        Ok(())
    }
}
