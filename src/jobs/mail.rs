//! Sending letters from the queue, one after the other and those with a link first, with the pauses and the giving up of
//! [`logout`](super::logout): what a server refuses for good is not repeated, all else is. While a newer program works on the
//! same database, its kinds of letters wait for it, until [`sweep`](super::sweep) deletes them.

use crate::clock::{Clock, Seconds};
use crate::jobs::logout::{Failed, outcome};
use crate::mail::{Letter, Mailer, SendError};
use crate::metrics::Metrics;
use crate::store::attempts::Outcome;
use crate::store::mails::{self, Queued};
use crate::store::{Store, StoreError};

/// Seconds after which another process may take a claimed letter over; longer than a mail server is waited for.
const CLAIM: Seconds = 60;

/// Who writes the letters: what they say is a matter of languages and links.
pub trait Secretary: Sync {
    /// The letter, or `None` when there is nobody to write to any more.
    fn compose(&self, queued: &Queued) -> impl Future<Output = Result<Option<Letter>, StoreError>> + Send;
}

/// Sends everything that is due.
pub async fn send_due(
    store: &Store,
    clock: &Clock,
    mailer: &Mailer,
    secretary: &impl Secretary,
    metrics: &Metrics,
) -> Result<(), StoreError> {
    loop {
        let now = clock.now();
        if !store.read::<_, StoreError, _>(move |connection| Ok(mails::any_due(connection, now)?)).await? {
            return Ok(());
        }
        let claimed =
            store.write::<_, StoreError, _>(move |connection| Ok(mails::claim(connection, now, now + CLAIM)?)).await?;
        let Some(mail) = claimed else { return Ok(()) };
        let attempt = match secretary.compose(&mail).await? {
            Some(letter) => mailer.send(&letter).await.map_err(|error| match error {
                SendError::Later(error) => Failed::ForNow(error),
                SendError::Never(error) => Failed::ForGood(error),
            }),
            None => Err(Failed::ForGood("There is nobody to write to any more.".to_owned())),
        };
        let now = clock.now();
        let outcome = outcome(attempt, mail.attempts, now);
        metrics.mails.increment([match &outcome {
            Outcome::Delivered => "sent",
            Outcome::Later { .. } => "retried",
            Outcome::GivenUp { .. } => "given_up",
        }]);
        if outcome != Outcome::Delivered {
            tracing::info!(mail = mail.id, kind = mail.kind.as_str(), attempt = mail.attempts, "a mail was not taken");
        }
        store
            .write::<_, StoreError, _>(move |connection| Ok(mails::conclude(connection, &mail, &outcome, now)?))
            .await?;
    }
}
