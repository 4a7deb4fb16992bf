//! Telling clients on the back channel that a session has ended (OpenID Connect Back-Channel Logout §2.4–2.8).
//!
//! Whoever ends a session puts deliveries in the queue, in the same transaction. Every process looks at the queue
//! ([`UnderWay::begin`]) and works for clients that have something due ([`Courier::tell`]):
//!
//! 1. It waits for its turn: clients take turns, so that those that do not answer hold up others for a few seconds, and those
//!    that registered themselves wait for each other only.
//! 2. A delivery is claimed by one statement, so that one process sends it; the claim runs out should the process die.
//! 3. A logout token is signed for this attempt, since an earlier one has expired, with the key of this moment.
//! 4. 200 and 204 mean the client is signed out. 400 means that it understood and refused, which no repetition changes. All
//!    else may pass, so it is tried again after [`BACKOFF`], and then given up. The console shows both.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::clock::{Clock, Seconds, Timestamp};
use crate::domain::client::{Client, Origin};
use crate::domain::subject::SubjectKey;
use crate::keys::KeyRing;
use crate::outbound::{self, OutboundError, Turn};
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
/// Most deliveries that are looked at in one go.
const DELIVERIES: i64 = 64;
/// Most clients of one origin that are told at one time. Most of so many wait for their turn.
pub const MOST_TOLD: usize = 2_000;

/// What it takes to tell a client, beside the keys.
pub struct Messenger {
    pub store: Store,
    pub clock: Clock,
    /// The way out to clients that admins made, and that to those that registered themselves.
    pub outbound: outbound::Client,
    pub strangers: outbound::Client,
    pub subjects: SubjectKey,
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

/// Who tells which client: those that admins made, and those that registered themselves.
#[derive(Default)]
pub struct UnderWay([HashMap<String, JoinHandle<()>>; 2]);

impl UnderWay {
    /// Lets `tell` begin with clients that have something due and are not under way, and with at most [`MOST_TOLD`] of each
    /// origin: neither takes the other's room. Of those that admins made it begins with all, of the others with what one look
    /// finds: however many of them have something due, the next look for the former comes soon.
    pub async fn begin(
        &mut self,
        store: &Store,
        now: Timestamp,
        tell: impl Fn(String) -> JoinHandle<()>,
    ) -> Result<(), StoreError> {
        for (origin, under_way) in [Origin::Admin, Origin::Registered].into_iter().zip(&mut self.0) {
            under_way.retain(|_, telling| !telling.is_finished());
            while under_way.len() < MOST_TOLD {
                let due = clients_due(store, origin, now, under_way.keys().cloned().collect()).await?;
                if due.is_empty() {
                    break;
                }
                for client in due {
                    under_way.entry(client).or_insert_with_key(|client| tell(client.clone()));
                }
                if origin == Origin::Registered {
                    break;
                }
            }
        }
        Ok(())
    }
}

/// Clients of this origin that must be told something now and are not `under_way`, those that have waited longest first, one as
/// often as it has something due. Empty when there are none.
pub async fn clients_due(
    store: &Store,
    origin: Origin,
    now: Timestamp,
    under_way: Vec<String>,
) -> Result<Vec<String>, StoreError> {
    store
        .read(move |connection| Ok(logout_deliveries::clients_due(connection, origin, now, &under_way, DELIVERIES)?))
        .await
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

    /// Tells a client everything that is due, one thing after the other. That may take long, and `keys` gives the keys of the
    /// moment.
    pub async fn tell(&self, messenger: &Messenger, keys: impl Fn() -> Arc<KeyRing>, client_id: &str) {
        loop {
            match messenger.tell_next(&keys, client_id).await {
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
    /// Makes one attempt, or none when the client was changed before its turn came; false when nothing is due.
    async fn tell_next(&self, keys: &impl Fn() -> Arc<KeyRing>, client_id: &str) -> Result<bool, StoreError> {
        // What is due goes with its client.
        let Some(client) = self.store.client(client_id).await? else { return Ok(false) };
        // Before the claim: waiting for others is no attempt, and must not outlast the claim.
        let turn = self.turn(&client).await;
        // It may have moved while it waited: then it waits for where it is now.
        if self.store.client(client_id).await?.is_none_or(|current| current.metadata != client.metadata) {
            return Ok(true);
        }
        let (id, now) = (client_id.to_owned(), self.clock.now());
        let claimed = self
            .store
            .write::<_, StoreError, _>(move |connection| {
                Ok(logout_deliveries::claim(connection, &id, now, now + CLAIM)?)
            })
            .await?;
        let Some(delivery) = claimed else { return Ok(false) };
        let attempt = match turn {
            Ok(turn) => self.attempt(turn, &keys(), &client, &delivery).await,
            Err(failed) => Err(failed),
        };
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

    /// Waits for the turn of an attempt, however long.
    async fn turn(&self, client: &Client) -> Result<Turn, Failed> {
        let Some(uri) = &client.metadata.backchannel_logout_uri else {
            return Err(Failed::ForGood("The client has no back-channel logout URI any more.".to_owned()));
        };
        let outbound = match client.origin {
            Origin::Admin => &self.outbound,
            Origin::Registered => &self.strangers,
        };
        outbound.turn(uri).await.map_err(Failed::from)
    }

    async fn attempt(&self, turn: Turn, keys: &KeyRing, client: &Client, delivery: &Delivery) -> Result<(), Failed> {
        let claims = logout::token(&About {
            issuer: &self.issuer,
            client_id: &client.id,
            subject: &self.subjects.subject(&client.metadata, &delivery.owner_id),
            session: &self.subjects.session(&client.metadata, &delivery.session_id),
            token_id: &random_id(),
            issued_at: self.clock.now(),
        });
        let algorithm = client.metadata.id_token_signed_response_alg;
        let token = keys.sign(algorithm, logout::TYP, &claims).map_err(|error| {
            tracing::error!(%error, "a logout token could not be signed");
            Failed::ForNow("The logout token could not be signed.".to_owned())
        })?;
        judge(turn.post_form(&[("logout_token", &token)]).await?.status)
    }
}

/// Why an attempt came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failed {
    ForNow(String),
    ForGood(String),
}

impl From<OutboundError> for Failed {
    fn from(error: OutboundError) -> Self {
        Self::ForNow(sentence(&error.to_string()))
    }
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
