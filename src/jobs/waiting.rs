//! What was noted in memory and waits to be written: never one write for each request.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::jobs::pace::Pace;
use crate::store::connection::AnyConnection;
use crate::store::{Store, StoreError};

/// Notes by what they are about.
#[derive(Debug)]
pub struct Waiting<K, V>(Mutex<HashMap<K, V>>);

impl<K, V> Default for Waiting<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Clone + Eq + Hash + Send + 'static, V: Clone + Send + 'static> Waiting<K, V> {
    pub fn lock(&self) -> MutexGuard<'_, HashMap<K, V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes as many as wait now, batch by batch. What was not written yet stays here, so whoever stops in between leaves it
    /// to the next. `write` puts its batch in an order first that is the same everywhere: two processes that write the same
    /// rows in different orders would wait for each other.
    ///
    /// # Errors
    /// Of the first batch that cannot be written. It waits on: `add` makes one of it and what was noted since.
    pub async fn write(
        &self,
        store: &Store,
        pace: impl FnOnce(usize) -> Pace,
        write: impl Fn(&mut AnyConnection, &mut [(K, V)]) -> Result<(), StoreError> + Clone + Send + 'static,
        add: impl Fn(&mut V, V),
    ) -> Result<(), StoreError> {
        let mut left = self.lock().len();
        let mut pace = pace(left);
        loop {
            let batch = self.take(pace.rows().min(left));
            if batch.is_empty() {
                return Ok(());
            }
            left -= batch.len();
            let (mut rows, write) = (batch.clone(), write.clone());
            let written = store.write::<_, StoreError, _>(move |connection| write(connection, &mut rows)).await;
            if let Err(error) = written {
                self.put_back(batch, add);
                return Err(error);
            }
            if left > 0 {
                pace.pause().await;
            }
        }
    }

    fn take(&self, most: usize) -> Vec<(K, V)> {
        let mut waiting = self.lock();
        let some = waiting.extract_if(|_, _| true).take(most).collect();
        if waiting.is_empty() {
            waiting.shrink_to_fit();
        }
        some
    }

    fn put_back(&self, batch: Vec<(K, V)>, add: impl Fn(&mut V, V)) {
        let mut waiting = self.lock();
        for (key, before) in batch {
            match waiting.entry(key) {
                Entry::Occupied(mut since) => add(since.get_mut(), before),
                Entry::Vacant(place) => {
                    place.insert(before);
                }
            }
        }
    }
}
