//! Background jobs: idempotent functions without input, run at start, now and then, and on demand by the command line.
//!
//! Where several processes share a database, a lease lets one of them do a job at a time.

pub mod audit_log;
pub mod logout;
pub mod mail;
pub mod readers;
pub mod request_log;
pub mod review;
pub mod revoke_all;
pub mod rotate_keys;
pub mod statistics;
pub mod sweep;
pub mod traces;
pub mod traffic;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use crate::clock::Timestamp;
use crate::store::{Store, StoreError, clients, leases};

/// When which user last did something: gathered in memory, written in batches, never one write per request.
#[derive(Debug, Default)]
pub struct Uses(Mutex<HashMap<String, Timestamp>>);

impl Uses {
    /// Notes a use.
    pub fn note(&self, id: &str, at: Timestamp) {
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match uses.get_mut(id) {
            Some(last) => *last = at,
            None => {
                uses.insert(id.to_owned(), at);
            }
        }
    }

    fn take(&self) -> HashMap<String, Timestamp> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// When which client secret was first and last used, and from where: gathered and written in the same way.
#[derive(Debug, Default)]
pub struct SecretUses(Mutex<HashMap<String, SecretUse>>);

#[derive(Debug)]
struct SecretUse {
    first: Timestamp,
    last: Timestamp,
    from: IpAddr,
}

impl SecretUses {
    /// Notes a use.
    pub fn note(&self, secret_id: &str, at: Timestamp, from: IpAddr) {
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match uses.get_mut(secret_id) {
            Some(seen) => *seen = SecretUse { last: at, from, ..*seen },
            None => {
                uses.insert(secret_id.to_owned(), SecretUse { first: at, last: at, from });
            }
        }
    }

    /// Writes what was gathered.
    pub async fn flush(&self, store: &Store) -> Result<(), StoreError> {
        let uses = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if uses.is_empty() {
            return Ok(());
        }
        store
            .write(move |connection| {
                for (id, SecretUse { first, last, from }) in &uses {
                    clients::note_secret_use(connection, id, *first, *last, &from.to_string())?;
                }
                Ok(())
            })
            .await
    }
}

/// Takes the lease of a job for `seconds`; false while another process does it.
pub async fn lease(
    store: &Store,
    job: &'static str,
    holder: &str,
    now: Timestamp,
    seconds: i64,
) -> Result<bool, StoreError> {
    let holder = holder.to_owned();
    store.write(move |connection| Ok(leases::acquire(connection, job, &holder, now, now + seconds)?)).await
}
