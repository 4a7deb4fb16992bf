//! What clients make use of: counted in memory, written in batches, never one write per request.

use std::hash::{BuildHasher, RandomState};

use crate::clock::Timestamp;
use crate::domain::client_traffic::Kind;
use crate::jobs::pace::Pace;
use crate::jobs::waiting::Waiting;
use crate::store::client_traffic::{self, NewUses};
use crate::store::{Store, StoreError};

/// Most things that are counted until they are written; beyond, uses of others are not counted.
const CAPACITY: usize = 20_000;

/// Uses that wait to be written, by a hash of what was used: counting one that is known makes no copy of its name.
#[derive(Debug)]
pub struct Traffic {
    waiting: Waiting<u64, NewUses>,
    hasher: RandomState,
}

impl Default for Traffic {
    fn default() -> Self {
        Self { waiting: Waiting::for_at_most(CAPACITY), hasher: RandomState::new() }
    }
}

impl Traffic {
    /// Counts what a request of `client` used.
    pub fn note<'a>(&self, client: &str, uses: impl IntoIterator<Item = (Kind, &'a str)>, now: Timestamp) {
        let mut waiting = self.waiting.lock();
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

    /// Writes what was counted. What could not be written is written the next time.
    pub async fn flush(&self, store: &Store, pace: impl FnOnce(usize) -> Pace) -> Result<(), StoreError> {
        let write = |connection: &mut _, uses: &mut [(u64, NewUses)]| {
            uses.sort_unstable_by(|(_, a), (_, b)| {
                (&a.client_id, a.kind.as_str(), &a.name).cmp(&(&b.client_id, b.kind.as_str(), &b.name))
            });
            Ok(client_traffic::add(connection, uses.iter().map(|(_, uses)| uses))?)
        };
        let add = |since: &mut NewUses, before: NewUses| {
            since.count += before.count;
            since.first_at = since.first_at.min(before.first_at);
        };
        self.waiting.write(store, pace, write, add).await
    }
}
