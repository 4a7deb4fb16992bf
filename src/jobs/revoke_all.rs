//! Ends everything that was issued until now: after a backup was restored, or when the database may have leaked.
//!
//! | what | how |
//! |---|---|
//! | grants, and with them access and refresh tokens, JWTs too | revoked; machines get a new grant when they next ask |
//! | authorization codes, stored requests, devices that wait, one-time links, addresses to confirm, initial access tokens, runs of the playground | deleted |
//! | browser sessions | deleted; clients are not told one by one, their tokens have ended |
//! | remembered consents | deleted: one that was withdrawn since the backup must not count, so people are asked once more |
//!
//! In batches, so that it may run beside a server. What others verify by themselves ends within ten minutes: JWTs.
//!
//! Grants come last, up to the moment when nothing is left that they could be made from: while sessions and codes are being
//! deleted, those that are still there go on giving. The audit log says when it began and when it ended, so that one that was
//! interrupted is known and can be done again.

use serde_json::json;

use crate::clock::{Clock, Timestamp};
use crate::management::Context;
use crate::store::audit_log::{self, Event};
use crate::store::connection::AnyConnection;
use crate::store::{Store, StoreError, consents, grants, sweep};

/// How much was ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    pub sessions: usize,
    pub grants: usize,
    pub consents: usize,
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { sessions, grants, consents } = self;
        write!(f, "ended: {sessions} sessions, {grants} grants with their tokens, {consents} remembered consents")
    }
}

/// Ends everything. In the audit log this is `everything.revocation_begun`, and `everything.revoked` with the numbers.
pub async fn run(store: &Store, context: &Context, clock: &Clock) -> Result<Ended, StoreError> {
    // Nothing expires later: what is to be swept by then is everything.
    const END_OF_TIME: Timestamp = Timestamp::MAX;
    note(store, context.event("everything.revocation_begun", "")).await?;
    // What leads to new grants goes first.
    all(store, |connection| sweep::one_time_links(connection, END_OF_TIME, sweep::BATCH)).await?;
    all(store, |connection| sweep::email_confirmations(connection, END_OF_TIME, sweep::BATCH)).await?;
    all(store, |connection| sweep::registration_tokens(connection, END_OF_TIME, sweep::BATCH)).await?;
    let sessions = all(store, |connection| sweep::browser_sessions(connection, END_OF_TIME, sweep::BATCH)).await?;
    all(store, |connection| sweep::session_clients(connection, END_OF_TIME, sweep::BATCH)).await?;
    all(store, |connection| sweep::authorization_requests(connection, END_OF_TIME, sweep::BATCH)).await?;
    all(store, |connection| sweep::device_authorizations(connection, END_OF_TIME, sweep::BATCH)).await?;
    all(store, |connection| sweep::playground_runs(connection, END_OF_TIME, sweep::BATCH)).await?;
    all(store, |connection| sweep::logout_requests(connection, END_OF_TIME, sweep::BATCH)).await?;
    all(store, |connection| sweep::authorization_codes(connection, END_OF_TIME, sweep::BATCH)).await?;
    let consents = all(store, consents::forget_some).await?;
    // The time of now and not of the beginning: what was deleted last may have led to grants until a moment ago.
    let now = clock.now();
    let grants = all(store, move |connection| grants::revoke_some(connection, now)).await?;
    let detail = json!({ "sessions": sessions, "grants": grants, "consents": consents });
    note(store, Event { at: clock.now(), detail, ..context.event("everything.revoked", "") }).await?;
    Ok(Ended { sessions, grants, consents })
}

async fn note(store: &Store, event: Event) -> Result<(), StoreError> {
    store.write::<_, StoreError, _>(move |connection| Ok(audit_log::insert(connection, &event)?)).await
}

/// Repeats a batch until nothing is left.
async fn all(
    store: &Store,
    batch: impl Fn(&mut AnyConnection) -> diesel::QueryResult<usize> + Copy + Send + 'static,
) -> Result<usize, StoreError> {
    let mut ended = 0;
    loop {
        let count = store.write::<_, StoreError, _>(move |connection| Ok(batch(connection)?)).await?;
        ended += count;
        if count == 0 {
            return Ok(ended);
        }
        tokio::task::yield_now().await;
    }
}
