//! Who fetched the key set lately: whether those who check tokens know a new key.
//!
//! Gathered in memory and written in batches: a request for the keys costs no write.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;

use crate::clock::Timestamp;
use crate::jobs::pace::Pace;
use crate::jobs::waiting::Waiting;
use crate::store::jwks_readers::{self, Reader};
use crate::store::{Store, StoreError};

/// Most readers that are told apart between two batches.
const MOST: usize = 1_000;
/// Most characters of a user agent.
const MOST_CHARACTERS: usize = 200;

/// By address and user agent.
#[derive(Debug)]
pub struct Readers {
    seen: Waiting<u64, Reader>,
    hasher: RandomState,
}

impl Default for Readers {
    fn default() -> Self {
        Self { seen: Waiting::for_at_most(MOST), hasher: RandomState::new() }
    }
}

impl Readers {
    pub fn note(&self, address: IpAddr, user_agent: &[u8], now: Timestamp) {
        let mut seen = self.seen.lock();
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

    /// Writes who was seen. What could not be written is written the next time.
    pub async fn flush(&self, store: &Store, pace: impl FnOnce(usize) -> Pace) -> Result<(), StoreError> {
        if self.seen.lock().is_empty() {
            return Ok(());
        }
        let write = |connection: &mut _, seen: &mut [(u64, Reader)]| {
            seen.sort_unstable_by(|(_, a), (_, b)| (&a.address, &a.user_agent).cmp(&(&b.address, &b.user_agent)));
            Ok(jwks_readers::note(connection, seen.iter().map(|(_, reader)| reader))?)
        };
        self.seen.write(store, pace, write, |since, before| since.first_at = before.first_at).await?;
        store.write(|connection| Ok(jwks_readers::trim(connection)?)).await
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
        let seen = |readers: &Readers| readers.seen.lock().clone();
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
