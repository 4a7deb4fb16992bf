//! Who fetched the key set lately: whether those who check tokens know a new key.
//!
//! Gathered in memory and written in batches: a request for the keys costs no write. Whoever keeps asking is seen again, so
//! what could not be written is left.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use crate::clock::Timestamp;
use crate::store::jwks_readers::{self, Reader};
use crate::store::{Store, StoreError};

/// Most readers that are told apart between two batches.
const MOST: usize = 1_000;
/// Most characters of a user agent.
const MOST_CHARACTERS: usize = 200;

/// By address and user agent.
#[derive(Debug, Default)]
pub struct Readers {
    seen: Mutex<HashMap<u64, Reader>>,
    hasher: RandomState,
}

impl Readers {
    pub fn note(&self, address: IpAddr, user_agent: &[u8], now: Timestamp) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = seen.len() >= MOST;
        match seen.get_mut(&self.hasher.hash_one((address, user_agent))) {
            Some(reader) => reader.last_at = now,
            None if is_full => {}
            None => {
                let text = String::from_utf8_lossy(user_agent);
                let user_agent_shown = text.chars().filter(|c| !c.is_control()).take(MOST_CHARACTERS).collect();
                let reader =
                    Reader { address: address.to_string(), user_agent: user_agent_shown, first_at: now, last_at: now };
                seen.insert(self.hasher.hash_one((address, user_agent)), reader);
            }
        }
    }

    /// Writes who was seen.
    pub async fn flush(&self, store: &Store) -> Result<(), StoreError> {
        let seen = std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner));
        if seen.is_empty() {
            return Ok(());
        }
        let mut seen: Vec<Reader> = seen.into_values().collect();
        // In one order everywhere, so that two processes do not wait for each other's rows.
        seen.sort_unstable_by(|a, b| (&a.address, &a.user_agent).cmp(&(&b.address, &b.user_agent)));
        store.write(move |connection| Ok(jwks_readers::note(connection, &seen)?)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_are_told_apart_and_bounded() {
        let readers = Readers::default();
        let address = |last| IpAddr::from([192, 0, 2, last]);
        readers.note(address(1), b"curl", 10);
        readers.note(address(1), b"curl", 20);
        readers.note(address(1), b"python", 5);
        readers.note(address(2), &[b'x'; 9_000], 20);
        let seen = |readers: &Readers| readers.seen.lock().unwrap().clone();
        let mut all: Vec<_> = seen(&readers).into_values().map(|each| (each.first_at, each.last_at)).collect();
        all.sort_unstable();
        assert_eq!(all, [(5, 5), (10, 20), (20, 20)]);
        assert!(seen(&readers).values().all(|each| each.user_agent.len() <= MOST_CHARACTERS));
        for number in 0..2_000_u32 {
            readers.note(IpAddr::from(number.to_be_bytes()), b"", 30);
        }
        assert_eq!(seen(&readers).len(), MOST);
    }
}
