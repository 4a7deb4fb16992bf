//! Background jobs: idempotent functions without input, run at start, now and then, and on demand by the command line.
//!
//! Where several processes share a database, a lease lets one of them do a job at a time.

pub mod audit_log;
pub mod empty_client;
pub mod logout;
pub mod mail;
pub mod pace;
pub mod readers;
pub mod request_log;
pub mod review;
pub mod revoke_all;
pub mod rotate_keys;
pub mod statistics;
pub mod sweep;
pub mod traces;
pub mod traffic;
mod waiting;

use std::net::IpAddr;

use crate::clock::{Seconds, Timestamp, wall_millis};
use crate::jobs::pace::Pace;
use crate::jobs::waiting::Waiting;
use crate::metrics::Metrics;
use crate::store::{Store, StoreError, clients, leases};

/// How far our clock may be from the database's, and behind that of the machine that made a signing key.
pub const CLOCK_TOLERANCE: Seconds = 60;

/// When which client secret was first and last used, and from where: gathered in memory, written in batches, never one write
/// per request.
#[derive(Debug, Default)]
pub struct SecretUses(Waiting<String, SecretUse>);

#[derive(Clone, Copy, Debug)]
struct SecretUse {
    first: Timestamp,
    last: Timestamp,
    from: IpAddr,
}

impl SecretUses {
    /// Notes a use.
    pub fn note(&self, secret_id: &str, at: Timestamp, from: IpAddr) {
        let mut uses = self.0.lock();
        match uses.get_mut(secret_id) {
            Some(seen) => *seen = SecretUse { last: at, from, ..*seen },
            None => {
                uses.insert(secret_id.to_owned(), SecretUse { first: at, last: at, from });
            }
        }
    }

    /// Writes what was gathered. What could not be written is written the next time.
    pub async fn flush(&self, store: &Store, pace: impl FnOnce(usize) -> Pace) -> Result<(), StoreError> {
        let write = |connection: &mut _, uses: &mut [(String, SecretUse)]| {
            uses.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
            for (id, SecretUse { first, last, from }) in uses {
                clients::note_secret_use(connection, id, *first, *last, &from.to_string())?;
            }
            Ok(())
        };
        self.0.write(store, pace, write, |since, before| since.first = since.first.min(before.first)).await
    }
}

/// Whether our clock is within a minute of the database's; the log and the console say when it is not. By one that is ahead what
/// lives elsewhere would be deleted, and keys be made in the future, so that all other processes would take their own clocks to
/// be behind. To be asked before a lease is taken, which leaves it to them.
pub async fn clocks_agree(store: &Store, metrics: &Metrics) -> Result<bool, StoreError> {
    let asked = store.read::<_, StoreError, _>(|connection| Ok(connection.wall_clock()?)).await;
    let ours = i64::try_from(wall_millis() / 1000).unwrap_or(i64::MAX);
    let apart = asked.map(|theirs| theirs.map(|theirs| (ours - theirs).abs()));
    // Unknown without an answer: what was so earlier must not pass for what is so now.
    metrics.set_clock_difference(*apart.as_ref().unwrap_or(&None));
    match apart? {
        Some(seconds) if seconds > CLOCK_TOLERANCE => {
            tracing::error!(seconds, "the clocks of this machine and of the database are apart; set them right");
            Ok(false)
        }
        _ => Ok(true),
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
    store.write(move |connection| Ok(leases::acquire(connection, job, &holder, now, seconds)?)).await
}

/// Does `work` with the lease of a job; `None`, and nothing done, while another process does it.
pub async fn in_turn<T, E: From<StoreError>>(
    store: &Store,
    job: &'static str,
    holder: &str,
    now: Timestamp,
    seconds: i64,
    work: impl Future<Output = Result<T, E>>,
) -> Result<Option<T>, E> {
    if lease(store, job, holder, now, seconds).await? { work.await.map(Some) } else { Ok(None) }
}
