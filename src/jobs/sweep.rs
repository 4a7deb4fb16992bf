//! Deletes what has expired, a batch at a time, so that tables stay bounded and traffic never waits.
//!
//! | what | leaves | why then |
//! |---|---|---|
//! | access tokens, denied JWTs | when they expire | they open nothing any more |
//! | refresh tokens, rotated ones too | when they expire | until then the return of a rotated one means theft |
//! | used identifiers of JWTs | when the JWT has expired | it is refused for its age from then on |
//! | authorization codes | a day after they expire | until then the return of a spent one revokes what it gave |
//! | grants | a day after their refresh tokens' absolute end, or after they were revoked | every token of theirs has expired |
//! | stored requests, one-time links, sessions | when they expire | |
//! | what clients were told of logouts | 7 days after it arrived or was given up | the console shows it |
//! | initial access tokens | when they expire or are used up | |
//! | clients that registered themselves | after 7 days without any consent | [`registration::expire`] |
//! | audit log | after `GRANTOR_AUDIT_RETENTION_DAYS`, by [`audit_log::expire`](super::audit_log::expire) | its chain begins later then |

use crate::clock::Timestamp;
use crate::management::registration;
use crate::store::connection::AnyConnection;
use crate::store::{Store, StoreError, sweep};

const DAY: i64 = 24 * 60 * 60;

type Batch = fn(&mut AnyConnection, Timestamp) -> diesel::QueryResult<usize>;

/// Deletes everything whose time has come; gives the number of rows.
pub async fn run(store: &Store, now: Timestamp) -> Result<usize, StoreError> {
    let batches: [(Batch, Timestamp); 13] = [
        (sweep::access_tokens, now),
        (sweep::refresh_tokens, now),
        (sweep::denied_tokens, now),
        (sweep::used_jtis, now),
        (sweep::authorization_codes, now - DAY),
        (sweep::grants, now - DAY),
        (sweep::authorization_requests, now),
        (sweep::one_time_links, now),
        (sweep::browser_sessions, now),
        (sweep::session_clients, now),
        (sweep::logout_requests, now),
        (sweep::logout_deliveries, now - 7 * DAY),
        (sweep::registration_tokens, now),
    ];
    let mut deleted = expire_clients(store, now).await?;
    for (batch, until) in batches {
        loop {
            let count: usize = store.write::<_, StoreError, _>(move |connection| Ok(batch(connection, until)?)).await?;
            deleted += count;
            if i64::try_from(count).unwrap_or(i64::MAX) < sweep::BATCH {
                break;
            }
            // Let requests that came meanwhile go first.
            tokio::task::yield_now().await;
        }
    }
    Ok(deleted)
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
