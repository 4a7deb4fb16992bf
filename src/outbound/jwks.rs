//! Clients' key sets, fetched from their `jwks_uri` and kept.
//!
//! - A set is fresh as long as its `Cache-Control: max-age` says, but at least a minute and at most an hour; ten minutes
//!   when it says nothing.
//! - A client that has rotated its keys signs with one that we do not know: [`KeySets::refreshed`] asks again, at most
//!   every 30 seconds, so that nonsense from strangers is no way to make us ask more.
//! - When the client's server is down, the last set serves for a day. Longer would keep a withdrawn key alive.
//! - What is no fault of the client's registration says when to try again: [`KeysUnavailable::retry_after`].
//! - One request at a time for each client, however many wait for its answer, and one set: with ever new addresses a client
//!   takes nothing from others. At most 1,000 clients are remembered; beyond, the one heard of longest ago goes.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::clock::{Clock, Seconds, Timestamp};
use crate::keys::foreign::{self, KeySet, KeySetError};
use crate::outbound::{Client, OutboundError, Response};

/// The shortest and the longest time that a set is fresh, and the time without `max-age`.
const FRESH: (Seconds, Seconds, Seconds) = (60, 3600, 600);
/// The time between two requests to one address, and between two attempts to make one when there are too many.
const INTERVAL: Seconds = 30;
const BUSY_INTERVAL: Seconds = 2;
/// How long a set serves when its server is down.
const STALE: Seconds = 24 * 60 * 60;
/// Clients that are remembered.
const CAPACITY: usize = 1000;

/// Why there are no keys. `Display` is for the client's developer.
#[derive(Debug)]
pub enum KeysUnavailable {
    /// The address gave no answer.
    Outbound(OutboundError),
    /// The answer is not 200.
    Status(u16),
    /// The answer is no set of public keys.
    NotKeys(KeySetError),
}

impl KeysUnavailable {
    /// Seconds after which there may be keys; `None` when the address, or what is there, has to be mended first.
    pub fn retry_after(&self) -> Option<Seconds> {
        match self {
            Self::Outbound(OutboundError::Busy) => Some(BUSY_INTERVAL),
            Self::Outbound(error) => error.is_temporary().then_some(INTERVAL),
            // RFC 9110 §15.5.9 and §15.6, RFC 6585 §4: the server says itself that it is not the address.
            Self::Status(408 | 429 | 500..=599) => Some(INTERVAL),
            Self::Status(_) | Self::NotKeys(_) => None,
        }
    }

    /// The same for whoever chose the address without being asked: a forbidden one is like one that does not answer, or
    /// the difference would tell which names lead into our network.
    pub fn retry_after_for_strangers(&self) -> Option<Seconds> {
        match self {
            Self::Outbound(OutboundError::Forbidden(_)) => Some(INTERVAL),
            error => error.retry_after(),
        }
    }
}

impl std::error::Error for KeysUnavailable {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Outbound(source) => Some(source),
            Self::NotKeys(source) => Some(source),
            Self::Status(_) => None,
        }
    }
}

impl fmt::Display for KeysUnavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outbound(error) => write!(f, "jwks_uri cannot be read: {error}"),
            Self::Status(status) => write!(f, "jwks_uri cannot be read: the answer has the status {status}"),
            Self::NotKeys(error) => write!(f, "jwks_uri cannot be used: {error}"),
        }
    }
}

type Outcome = Result<Arc<KeySet>, Arc<KeysUnavailable>>;

/// Key sets of this process.
pub struct KeySets {
    client: Client,
    clock: Clock,
    /// By whose they are: a client, or all that have them at one URL.
    entries: Mutex<HashMap<String, Kept>>,
}

struct Kept {
    entry: Arc<Entry>,
    used_at: Timestamp,
}

#[derive(Default)]
struct Entry {
    known: Mutex<Known>,
    /// Held by whoever asks.
    asking: tokio::sync::Mutex<()>,
}

/// What is known of one owner's keys.
#[derive(Clone, Default)]
struct Known {
    /// Where they are.
    url: String,
    set: Option<Fetched>,
    /// Why the last request failed, if it did, and when the next may be made.
    failure: Option<Arc<KeysUnavailable>>,
    next_at: Timestamp,
}

#[derive(Clone)]
struct Fetched {
    set: Arc<KeySet>,
    at: Timestamp,
    fresh_until: Timestamp,
}

impl KeySets {
    pub fn new(client: Client, clock: Clock) -> Self {
        Self { client, clock, entries: Mutex::default() }
    }

    /// The keys that `owner` has at `url`, as fresh as they have to be.
    pub async fn key_set(&self, owner: &str, url: &str) -> Outcome {
        let entry = self.entry(owner);
        if let Some(set) = entry.known(url).fresh(self.clock.now()) {
            return Ok(set);
        }
        let _turn = entry.asking.lock().await;
        // Somebody else may have asked while we waited.
        let now = self.clock.now();
        let known = entry.known(url).clone();
        match known.fresh(now) {
            Some(set) => Ok(set),
            None if known.was_asked_just_now(now) => known.best(now),
            None => self.ask(url, &entry).await.best(now),
        }
    }

    /// The keys that `owner` has at `url`, for one who has met a key that is not among them: asked for again, unless that
    /// was just now. When asking failed, no older set serves: the key may be in the newest.
    pub async fn refreshed(&self, owner: &str, url: &str) -> Outcome {
        let entry = self.entry(owner);
        let _turn = entry.asking.lock().await;
        let now = self.clock.now();
        let known = entry.known(url).clone();
        let known = if known.was_asked_just_now(now) { known } else { self.ask(url, &entry).await };
        known.newest()
    }

    /// What is known after asking.
    async fn ask(&self, url: &str, entry: &Entry) -> Known {
        let answer = self.fetch(url).await;
        let now = self.clock.now();
        let mut known = entry.known(url);
        known.next_at = now + INTERVAL;
        match answer {
            Ok(fetched) => {
                known.failure = None;
                known.set = Some(fetched);
            }
            Err(error) => {
                tracing::info!(url, ?error, "a client's keys could not be fetched");
                if matches!(error, KeysUnavailable::Outbound(OutboundError::Busy)) {
                    known.next_at = now + BUSY_INTERVAL;
                }
                known.failure = Some(Arc::new(error));
            }
        }
        known.clone()
    }

    async fn fetch(&self, url: &str) -> Result<Fetched, KeysUnavailable> {
        let accept = "application/jwk-set+json, application/json";
        let answer = self.client.get(url, foreign::MAX_LENGTH, accept).await.map_err(KeysUnavailable::Outbound)?;
        if answer.status != 200 {
            return Err(KeysUnavailable::Status(answer.status));
        }
        let set = KeySet::parse(&answer.body).map_err(KeysUnavailable::NotKeys)?;
        let at = self.clock.now();
        Ok(Fetched { set: Arc::new(set), at, fresh_until: at + freshness(&answer) })
    }

    fn entry(&self, owner: &str) -> Arc<Entry> {
        let now = self.clock.now();
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = entries.get_mut(owner) {
            kept.used_at = now;
            return Arc::clone(&kept.entry);
        }
        if entries.len() >= CAPACITY
            && let Some(oldest) = entries.iter().min_by_key(|(_, kept)| kept.used_at).map(|(id, _)| id.clone())
        {
            entries.remove(&oldest);
        }
        let entry = Arc::<Entry>::default();
        entries.insert(owner.to_owned(), Kept { entry: Arc::clone(&entry), used_at: now });
        entry
    }
}

impl Entry {
    /// What is known of the keys at `url`: nothing, when the owner had them elsewhere before.
    fn known(&self, url: &str) -> MutexGuard<'_, Known> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.url != url {
            *known = Known { url: url.to_owned(), ..Known::default() };
        }
        known
    }
}

impl Known {
    fn fresh(&self, now: Timestamp) -> Option<Arc<KeySet>> {
        self.set.as_ref().filter(|fetched| now < fetched.fresh_until).map(|fetched| Arc::clone(&fetched.set))
    }

    fn was_asked_just_now(&self, now: Timestamp) -> bool {
        now < self.next_at
    }

    /// The last set, if it may still serve, or why there is none. Only for those who have asked.
    fn best(&self, now: Timestamp) -> Outcome {
        self.newest().or_else(|failure| match &self.set {
            Some(fetched) if now < fetched.at + STALE => Ok(Arc::clone(&fetched.set)),
            _ => Err(failure),
        })
    }

    /// The set if the last request brought it, or why it brought none. Only for those who have asked.
    fn newest(&self) -> Outcome {
        match (&self.set, &self.failure) {
            (_, Some(failure)) => Err(Arc::clone(failure)),
            (Some(fetched), None) => Ok(Arc::clone(&fetched.set)),
            (None, None) => unreachable!("whoever has asked has a set or a failure"),
        }
    }
}

/// Seconds for which the answer may be kept (RFC 9111 §5.2.2).
fn freshness(answer: &Response) -> Seconds {
    let (shortest, longest, unsaid) = FRESH;
    let directives = answer.header("cache-control").unwrap_or_default().to_ascii_lowercase();
    let mut stated = None;
    for directive in directives.split(',').map(str::trim) {
        match directive.split_once('=') {
            None if matches!(directive, "no-store" | "no-cache") => return shortest,
            Some(("max-age", seconds)) => stated = seconds.trim_matches('"').parse::<u32>().ok(),
            _ => {}
        }
    }
    stated.map_or(unsaid, |seconds| Seconds::from(seconds).clamp(shortest, longest))
}
