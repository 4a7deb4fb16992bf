//! Who fetched the key set lately: whether those who check tokens know a new key.
//!
//! Key sets are fetched without a name, so this knows addresses and programs, not clients; it is kept in memory by each
//! process, and begins with it.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use crate::clock::Timestamp;

/// Most readers that are told apart.
const MOST: usize = 10_000;

/// By address and user agent, when they last came.
#[derive(Debug, Default)]
pub struct Readers {
    seen: Mutex<HashMap<u64, Timestamp>>,
    hasher: RandomState,
}

impl Readers {
    pub fn note(&self, address: IpAddr, user_agent: &[u8], now: Timestamp) {
        let reader = self.hasher.hash_one((address, user_agent));
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() < MOST || seen.contains_key(&reader) {
            seen.insert(reader, now);
        }
    }

    /// How many came at `since` or later, and how many in all.
    pub fn since(&self, since: Timestamp) -> (usize, usize) {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        (seen.values().filter(|at| **at >= since).count(), seen.len())
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
        readers.note(address(2), b"curl", 20);
        assert_eq!(readers.since(20), (2, 3));
        for number in 0..20_000_u32 {
            readers.note(IpAddr::from(number.to_be_bytes()), b"", 30);
        }
        assert_eq!(readers.since(0).1, MOST);
    }
}
