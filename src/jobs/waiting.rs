//! What was noted in memory and waits to be written: never one write for each request.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::jobs::pace::Pace;
use crate::store::connection::AnyConnection;
use crate::store::{Store, StoreError};

/// Notes by what they are about.
#[derive(Debug)]
pub struct Waiting<K, V> {
    notes: Mutex<HashMap<K, V>>,
    most: usize,
}

impl<K, V> Default for Waiting<K, V> {
    fn default() -> Self {
        Self::for_at_most(usize::MAX)
    }
}

impl<K, V> Waiting<K, V> {
    /// Room for so many, which whoever notes something keeps to; beyond, what goes back is forgotten.
    pub fn for_at_most(most: usize) -> Self {
        Self { notes: Mutex::default(), most }
    }

    pub fn lock(&self) -> MutexGuard<'_, HashMap<K, V>> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Clone + Eq + Hash + Send + 'static, V: Clone + Send + 'static> Waiting<K, V> {
    /// Writes all that waits now, batch by batch; what is noted meanwhile is for the next time. `write` puts its batch in an order
    /// first that is the same everywhere: two processes that write the same rows in different orders would wait for each other.
    ///
    /// What was not written waits on, also where this future is dropped: `add` makes one of it and what was noted since. Where
    /// the database's answer came too late or never, a batch may have been written all the same, and is then written twice.
    ///
    /// # Errors
    /// Of the first batch that cannot be written.
    pub async fn write(
        &self,
        store: &Store,
        pace: impl FnOnce(usize) -> Pace,
        write: impl Fn(&mut AnyConnection, &mut [(K, V)]) -> Result<(), StoreError> + Clone + Send + 'static,
        add: impl Fn(&mut V, V),
    ) -> Result<(), StoreError> {
        let rows: Vec<(K, V)> = mem::take(&mut *self.lock()).into_iter().collect();
        let mut pace = pace(rows.len());
        let mut left = Left { waiting: self, rows, add };
        while !left.rows.is_empty() {
            let others = left.rows.len().saturating_sub(pace.rows());
            let (mut batch, write) = (left.rows[others..].to_vec(), write.clone());
            store.write::<_, StoreError, _>(move |connection| write(connection, &mut batch)).await?;
            left.rows.truncate(others);
            if others > 0 {
                pace.pause().await;
            }
        }
        Ok(())
    }
}

/// What was taken and is not written yet; it goes back when this is dropped.
struct Left<'a, K: Eq + Hash, V, A: Fn(&mut V, V)> {
    waiting: &'a Waiting<K, V>,
    rows: Vec<(K, V)>,
    add: A,
}

impl<K: Eq + Hash, V, A: Fn(&mut V, V)> Drop for Left<'_, K, V, A> {
    fn drop(&mut self) {
        let mut waiting = self.waiting.lock();
        for (key, before) in self.rows.drain(..) {
            let has_room = waiting.len() < self.waiting.most;
            match waiting.entry(key) {
                Entry::Occupied(mut since) => (self.add)(since.get_mut(), before),
                Entry::Vacant(place) if has_room => {
                    place.insert(before);
                }
                Entry::Vacant(_) => {}
            }
        }
    }
}
