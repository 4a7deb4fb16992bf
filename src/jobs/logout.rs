//! Telling clients on the back channel that a session has ended (OpenID Connect Back-Channel Logout §2.4–2.8).
//!
//! Whoever ends a session puts deliveries in the queue, in the same transaction. Every process looks at the queue
//! ([`clients_due`]) and works for clients that have something due ([`Courier::tell`]):
//!
//! 1. A delivery is claimed by one statement, so that one process sends it; the claim runs out should the process die.
//! 2. A logout token is signed for this attempt, since an earlier one has expired.
//! 3. 200 and 204 mean the client is signed out. 400 means that it understood and refused, which no repetition changes. All
//!    else may pass, so it is tried again after [`BACKOFF`], and then given up. The console shows both.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};

use crate::clock::{Clock, Seconds, Timestamp};
use crate::domain::subject::SubjectKey;
use crate::keys::KeyRing;
use crate::outbound;
use crate::protocol::logout::{self, About};
use crate::secret::random_id;
use crate::store::attempts::Outcome;
use crate::store::logout_deliveries::{self, Delivery};
use crate::store::{Store, StoreError};

/// Seconds between two attempts.
pub const BACKOFF: [Seconds; 6] = [5, 30, 2 * 60, 10 * 60, 60 * 60, 6 * 60 * 60];
/// Seconds after which another process may take a claimed delivery over; longer than any request of ours takes.
const CLAIM: Seconds = 30;
/// How often deliveries that other processes queued, and those whose time has come, are looked for.
const POLL_INTERVAL: Duration = Duration::from_millis(250);
/// Most clients that are looked at in one go.
const CLIENTS: i64 = 64;

/// What it takes to tell a client.
pub struct Messenger {
    pub store: Store,
    pub clock: Clock,
    pub outbound: outbound::Client,
    pub subjects: SubjectKey,
    pub keys: Arc<KeyRing>,
    pub issuer: String,
}

/// Links those who end sessions and those who tell clients, within this process.
#[derive(Debug)]
pub struct Courier {
    wanted: Notify,
    attempts: watch::Sender<()>,
}

impl Default for Courier {
    fn default() -> Self {
        Self { wanted: Notify::new(), attempts: watch::Sender::new(()) }
    }
}

/// The clients that must be told something now.
pub async fn clients_due(store: &Store, now: Timestamp) -> Result<Vec<String>, StoreError> {
    store.read(move |connection| Ok(logout_deliveries::clients_due(connection, now, CLIENTS)?)).await
}

impl Courier {
    /// Says that something was put in the queue.
    pub fn wake(&self) {
        self.wanted.notify_one();
    }

    /// Waits until there may be something to do.
    pub async fn idle(&self) {
        let _ = tokio::time::timeout(POLL_INTERVAL, self.wanted.notified()).await;
    }

    /// Waits until each client of a session that ended was tried once. A failure of storage ends the waiting, too.
    pub async fn first_attempts(&self, store: &Store, session_id: &str) {
        let mut attempts = self.attempts.subscribe();
        loop {
            let id = session_id.to_owned();
            let untried = store
                .read::<_, StoreError, _>(move |connection| Ok(logout_deliveries::any_untried(connection, &id)?))
                .await;
            if !matches!(untried, Ok(true)) || attempts.changed().await.is_err() {
                return;
            }
        }
    }

    /// Tells a client everything that is due, one thing after the other.
    pub async fn tell(&self, messenger: &Messenger, client_id: &str) {
        loop {
            match messenger.tell_next(client_id).await {
                Ok(true) => self.attempts.send_replace(()),
                Ok(false) => return,
                Err(error) => {
                    tracing::warn!(%error, client = client_id, "a client could not be told of a logout");
                    return;
                }
            }
        }
    }
}

impl Messenger {
    /// Makes one attempt; false when nothing is due.
    async fn tell_next(&self, client_id: &str) -> Result<bool, StoreError> {
        let (id, now) = (client_id.to_owned(), self.clock.now());
        let claimed = self
            .store
            .write::<_, StoreError, _>(move |connection| {
                Ok(logout_deliveries::claim(connection, &id, now, now + CLAIM)?)
            })
            .await?;
        let Some(delivery) = claimed else { return Ok(false) };
        let attempt = self.attempt(client_id, &delivery).await?;
        let now = self.clock.now();
        let outcome = outcome(attempt, delivery.attempts, now);
        if outcome != Outcome::Delivered {
            tracing::info!(client = client_id, attempt = delivery.attempts, ?outcome, "a logout token did not arrive");
        }
        self.store
            .write::<_, StoreError, _>(move |connection| {
                Ok(logout_deliveries::conclude(connection, &delivery, &outcome, now)?)
            })
            .await?;
        Ok(true)
    }

    async fn attempt(&self, client_id: &str, delivery: &Delivery) -> Result<Result<(), Failed>, StoreError> {
        let client = self.store.client(client_id).await?;
        let Some((metadata, uri)) = client
            .as_ref()
            .and_then(|client| Some((&client.metadata, client.metadata.backchannel_logout_uri.as_ref()?)))
        else {
            return Ok(Err(Failed::ForGood("The client has no back-channel logout URI any more.".to_owned())));
        };
        let claims = logout::token(&About {
            issuer: &self.issuer,
            client_id,
            subject: &self.subjects.subject(metadata, &delivery.owner_id),
            session: &self.subjects.session(metadata, &delivery.session_id),
            token_id: &random_id(),
            issued_at: self.clock.now(),
        });
        let token = match self.keys.sign(metadata.id_token_signed_response_alg, logout::TYP, &claims) {
            Ok(token) => token,
            Err(error) => {
                tracing::error!(%error, "a logout token could not be signed");
                return Ok(Err(Failed::ForNow("The logout token could not be signed.".to_owned())));
            }
        };
        Ok(match self.outbound.post_form(uri, &[("logout_token", &token)]).await {
            Ok(answer) => judge(answer.status),
            Err(error) => Err(Failed::ForNow(sentence(&error.to_string()))),
        })
    }
}

/// Why an attempt came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failed {
    ForNow(String),
    ForGood(String),
}

/// Back-Channel Logout §2.8.
fn judge(status: u16) -> Result<(), Failed> {
    match status {
        200 | 204 => Ok(()),
        400 => Err(Failed::ForGood("The client refused the logout token (400).".to_owned())),
        status => Err(Failed::ForNow(format!("The client answered {status}."))),
    }
}

/// Back-Channel Logout §2.5: repeated only when it may help, and with growing pauses.
pub(super) fn outcome(attempt: Result<(), Failed>, attempts: i32, now: Timestamp) -> Outcome {
    let pause = usize::try_from(attempts - 1).ok().and_then(|number| BACKOFF.get(number));
    match (attempt, pause) {
        (Ok(()), _) => Outcome::Delivered,
        (Err(Failed::ForNow(error)), Some(pause)) => Outcome::Later { at: now + pause, error },
        (Err(Failed::ForNow(error) | Failed::ForGood(error)), _) => Outcome::GivenUp { error },
    }
}

/// `the host …` as `The host ….`
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_200_and_204_mean_that_the_client_is_signed_out() {
        assert_eq!((judge(200), judge(204)), (Ok(()), Ok(())));
        for status in [201, 202, 401, 404, 429, 500, 503] {
            assert!(matches!(judge(status), Err(Failed::ForNow(_))), "{status}");
        }
        assert!(matches!(judge(400), Err(Failed::ForGood(_))));
    }

    #[test]
    fn pauses_grow_until_it_is_given_up() {
        let failed = |attempts| outcome(Err(Failed::ForNow("It is down.".into())), attempts, 1000);
        let pauses: Vec<_> = (1..=6)
            .map(|attempts| match failed(attempts) {
                Outcome::Later { at, .. } => at - 1000,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(pauses, [5, 30, 120, 600, 3600, 21_600]);
        assert_eq!(failed(7), Outcome::GivenUp { error: "It is down.".into() });
        let refused = outcome(Err(Failed::ForGood("No.".into())), 1, 1000);
        assert_eq!(refused, Outcome::GivenUp { error: "No.".into() });
    }
}
