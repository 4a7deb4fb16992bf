//! Deletes what has expired, a batch at a time, so that tables stay bounded and traffic never waits.
//!
//! On SQLite a batch holds up whoever writes meanwhile, so batches are short and pauses long: what a usual load has let
//! expire in half a minute is swept in seconds of which one in a hundred belongs to the sweep. Where so much has expired
//! that this would not keep up, batches grow, as the transactions of such a load do by themselves.
//!
//! | what | leaves | why then |
//! |---|---|---|
//! | access tokens, denied JWTs | when they expire | they open nothing any more |
//! | refresh tokens, rotated ones too | when they expire | until then the return of a rotated one means theft |
//! | used identifiers of JWTs | when the JWT has expired | it is refused for its age from then on |
//! | devices that wait | a day after their codes expire | until then they are told that it is too late |
//! | authorization codes | a day after they expire | until then the return of a spent one revokes what it gave |
//! | grants | a day after their refresh tokens' absolute end, or after they were revoked | every token of theirs has expired |
//! | stored requests, one-time links, addresses to confirm, sessions, runs of the playground | when they expire | |
//! | what clients were told of logouts | 7 days after it arrived or was given up | the console shows it |
//! | letters | 7 days after they were sent or given up | the console shows it |
//! | initial access tokens | when they expire or are used up | |
//! | clients that registered themselves | after 7 days without any consent | [`registration::expire`] |
//! | programs that fetched the keys | 90 days after they did last | longer than a key signs by default |
//! | what happened to accounts | after 180 days | their owners look for what was lately |
//! | audit log | after `GRANTOR_AUDIT_RETENTION_DAYS`, by [`audit_log::expire`](super::audit_log::expire) | its chain begins later then |

use std::time::Duration;

use crate::clock::Timestamp;
use crate::management::registration;
use crate::store::connection::AnyConnection;
use crate::store::{Store, StoreError, sweep};

const DAY: i64 = 24 * 60 * 60;

/// Between two batches.
const PAUSE: Duration = Duration::from_millis(20);
/// Rows in a batch at first, and at most.
const BATCH: (i64, i64) = (25, 1_600);
/// After so many batches they grow to twice as many rows.
const PATIENCE: u32 = 200;

type Batch = fn(&mut AnyConnection, Timestamp, i64) -> diesel::QueryResult<usize>;

/// Deletes everything whose time has come; gives the number of rows.
pub async fn run(store: &Store, now: Timestamp) -> Result<usize, StoreError> {
    noting(store, now, |_| ()).await
}

/// The same; `note` hears of each batch.
pub async fn noting(store: &Store, now: Timestamp, mut note: impl FnMut(usize)) -> Result<usize, StoreError> {
    let batches: [(Batch, Timestamp); 22] = [
        (sweep::access_tokens, now),
        (sweep::refresh_tokens, now),
        (sweep::denied_tokens, now),
        (sweep::used_jtis, now),
        (sweep::authorization_codes, now - DAY),
        (sweep::grants, now - DAY),
        (sweep::authorization_requests, now),
        (sweep::device_authorizations, now - DAY),
        (sweep::one_time_links, now),
        (sweep::email_confirmations, now),
        (sweep::browser_sessions, now),
        (sweep::session_clients, now),
        (sweep::logout_requests, now),
        (sweep::logout_deliveries, now - 7 * DAY),
        (sweep::mails, now - 7 * DAY),
        (sweep::registration_tokens, now),
        (sweep::playground_runs, now),
        (sweep::account_events, now - 180 * DAY),
        (sweep::active_users, now - 31 * DAY),
        (sweep::jwks_readers, now - 90 * DAY),
        (sweep::hours, now - 8 * DAY),
        (sweep::days, now - 400 * DAY),
    ];
    let mut deleted = expire_clients(store, now).await?;
    note(deleted);
    let mut pace = Pace::default();
    for (batch, until) in batches {
        loop {
            let limit = pace.rows;
            let count: usize =
                store.write::<_, StoreError, _>(move |connection| Ok(batch(connection, until, limit)?)).await?;
            deleted += count;
            note(count);
            if i64::try_from(count).unwrap_or(i64::MAX) < limit {
                break;
            }
            pace.pause().await;
        }
    }
    Ok(deleted)
}

/// How many rows the next batch may have.
struct Pace {
    rows: i64,
    batches: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self { rows: BATCH.0, batches: 0 }
    }
}

impl Pace {
    /// Lets requests that came meanwhile go first.
    async fn pause(&mut self) {
        self.batches += 1;
        if self.batches.is_multiple_of(PATIENCE) {
            self.rows = (self.rows * 2).min(BATCH.1);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Clients go with an entry in the audit log each.
async fn expire_clients(store: &Store, now: Timestamp) -> Result<usize, StoreError> {
    let mut deleted = 0;
    loop {
        let count = store.write(move |connection| registration::expire(connection, now)).await?;
        deleted += count;
        if i64::try_from(count).unwrap_or(i64::MAX) < registration::BATCH {
            return Ok(deleted);
        }
        tokio::task::yield_now().await;
    }
}
