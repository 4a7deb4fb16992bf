//! Deletes what has expired, a batch at a time ([`Pace`]), so that tables stay bounded and traffic hardly waits.
//!
//! The clock of this process may be ahead of others': what is over by it still counts there. So what refuses a JWT stays for an
//! hour after its end, and an access token for a minute, which is as far as clocks may be apart.
//!
//! | what | leaves | why then |
//! |---|---|---|
//! | access tokens | a minute after they expire | they open nothing any more |
//! | denied JWTs | an hour after they expire | a JWT is refused for its age from then on |
//! | refresh tokens, rotated ones too | when they expire | until then the return of a rotated one means theft |
//! | used identifiers of JWTs | an hour after the JWT has expired | it is refused for its age from then on |
//! | devices that wait | a day after their codes expire | until then they are told that it is too late |
//! | authorization codes | a day after they expire | until then the return of a spent one revokes what it gave |
//! | grants | an hour after their last token's end, a day after they were revoked | every token of theirs has expired; those that are over must not be many beside those that are alive |
//! | stored requests, one-time links, addresses to confirm, sessions, runs of the playground | when they expire | |
//! | clients that took part in a session | at its latest end, renewed or not | whoever ends it tells them |
//! | what clients were told of logouts | 7 days after it arrived or was given up | the console shows it |
//! | letters | 7 days after they were sent or given up | the console shows it |
//! | letters that nobody tries to send | 7 days after they were due | what they are about has passed |
//! | initial access tokens | when they expire or are used up | |
//! | clients that registered themselves | after 7 days without any consent | [`registration::expire`] |
//! | programs that fetched the keys | 90 days after they did last | longer than a key signs by default |
//! | what happened to accounts | after 180 days | their owners look for what was lately |
//! | the last day on which a user did something | after 31 days | the console counts those of 30 days |
//! | sums of hours | after 8 days | the console shows 7 days by the hour |
//! | sums of days | after 400 days | the console shows 30 days; a year is there for who compares |
//! | records of requests | after `GRANTOR_REQUEST_LOG_DAYS`, or when there are more than `GRANTOR_REQUEST_LOG_ROWS`, by [`RequestLog`](super::request_log::RequestLog) | it is a ring |
//! | audit log | after `GRANTOR_AUDIT_RETENTION_DAYS`, by [`audit_log::expire`](super::audit_log::expire) | its chain begins later then |
//! | retired signing keys | never | they are few, and say which key signed what |

use crate::clock::Timestamp;
use crate::jobs::pace::Pace;
use crate::management::registration;
use crate::metrics::Metrics;
use crate::store::connection::AnyConnection;
use crate::store::{Store, StoreError, sweep};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// How long a letter may be due: nothing that one is about waits longer, and an address to confirm waits as long.
const UNSENT: i64 = 7 * DAY;

type Batch = fn(&mut AnyConnection, Timestamp, i64) -> diesel::QueryResult<usize>;

/// Deletes everything whose time has come; gives the number of rows.
pub async fn run(store: &Store, now: Timestamp) -> Result<usize, StoreError> {
    noting(store, now, &Metrics::default()).await
}

/// The same, counted batch by batch. A table whose rows cannot be deleted keeps no other from being swept.
///
/// # Errors
/// The first of what went wrong, when everything else is done; the log has all of it.
pub async fn noting(store: &Store, now: Timestamp, metrics: &Metrics) -> Result<usize, StoreError> {
    let tables: [(&str, Batch, Timestamp); 23] = [
        ("access_tokens", sweep::access_tokens, now - MINUTE),
        ("refresh_tokens", sweep::refresh_tokens, now),
        ("denied_tokens", sweep::denied_tokens, now - HOUR),
        ("used_jtis", sweep::used_jtis, now - HOUR),
        ("authorization_codes", sweep::authorization_codes, now - DAY),
        ("grants", sweep::grants, now - HOUR),
        ("grants", sweep::revoked_grants, now - DAY),
        ("authorization_requests", sweep::authorization_requests, now),
        ("device_authorizations", sweep::device_authorizations, now - DAY),
        ("one_time_links", sweep::one_time_links, now),
        ("email_confirmations", sweep::email_confirmations, now),
        ("browser_sessions", sweep::browser_sessions, now),
        ("session_clients", sweep::session_clients, now),
        ("logout_requests", sweep::logout_requests, now),
        ("logout_deliveries", sweep::logout_deliveries, now - 7 * DAY),
        ("mails", sweep::mails, now - 7 * DAY),
        ("registration_tokens", sweep::registration_tokens, now),
        ("playground_runs", sweep::playground_runs, now),
        ("account_events", sweep::account_events, now - 180 * DAY),
        ("active_users", sweep::active_users, now - 31 * DAY),
        ("jwks_readers", sweep::jwks_readers, now - 90 * DAY),
        ("counts", sweep::hours, now - 8 * DAY),
        ("counts", sweep::days, now - 400 * DAY),
    ];
    let mut note = |rows: usize| metrics.swept_rows.add(rows as u64);
    let mut pace = Pace::calm();
    let mut deleted = expire_clients(store, now, &mut pace).await.inspect_err(log("clients"));
    note(*deleted.as_ref().unwrap_or(&0));
    for (table, batch, until) in tables {
        let of_table = sweep_table(store, batch, until, &mut pace, &mut note).await.inspect_err(log(table));
        deleted = deleted.and_then(|sum| Ok(sum + of_table?));
    }
    let letters = give_up_letters(store, now, metrics, &mut pace, &mut note).await.inspect_err(log("mails"));
    deleted.and_then(|sum| Ok(sum + letters?))
}

async fn sweep_table(
    store: &Store,
    batch: Batch,
    until: Timestamp,
    pace: &mut Pace,
    note: &mut impl FnMut(usize),
) -> Result<usize, StoreError> {
    let mut deleted = 0;
    loop {
        let limit = i64::try_from(pace.rows()).unwrap_or(i64::MAX);
        let count: usize =
            store.write::<_, StoreError, _>(move |connection| Ok(batch(connection, until, limit)?)).await?;
        deleted += count;
        note(count);
        if i64::try_from(count).unwrap_or(i64::MAX) < limit {
            return Ok(deleted);
        }
        pace.pause().await;
    }
}

/// Whoever tries to send a letter moves the time when it is due. So those that stay due are of a kind that only a newer program
/// knows, which is not there any more, or from before mail was turned off.
async fn give_up_letters(
    store: &Store,
    now: Timestamp,
    metrics: &Metrics,
    pace: &mut Pace,
    note: &mut impl FnMut(usize),
) -> Result<usize, StoreError> {
    let letters = sweep_table(store, sweep::unsent_mails, now - UNSENT, pace, note).await?;
    if letters > 0 {
        (0..letters).for_each(|_| metrics.mails.increment(["given_up"]));
        tracing::warn!(letters, "letters that nobody here could send for 7 days were given up and deleted");
    }
    Ok(letters)
}

fn log(table: &'static str) -> impl FnOnce(&StoreError) {
    move |error| tracing::warn!(%error, table, "expired rows could not be deleted; other tables are swept all the same")
}

/// Clients go with an entry in the audit log each.
async fn expire_clients(store: &Store, now: Timestamp, pace: &mut Pace) -> Result<usize, StoreError> {
    let mut deleted = 0;
    loop {
        let count = store.write(move |connection| registration::expire(connection, now)).await?;
        deleted += count;
        if i64::try_from(count).unwrap_or(i64::MAX) < registration::BATCH {
            return Ok(deleted);
        }
        pace.pause().await;
    }
}
