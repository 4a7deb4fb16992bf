//! Records of requests on their way to the database: gathered in memory, written in batches, never in a request's way.
//!
//! The buffer is bounded. When it is full, because requests fail faster than the database takes them, records are dropped
//! and counted. So a flood costs the database [`CAPACITY`] rows a second at most, or each time that somebody looks at them.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;

use crate::clock::Timestamp;
use crate::domain::request_log::{Recording, RequestLog as Settings, SAMPLE};
use crate::jobs::pace::Pace;
use crate::store::request_log::{self, NewRecord};
use crate::store::{Store, StoreError};

/// Most records that wait.
const CAPACITY: usize = 1024;
/// Most kinds of successes that are told apart; beyond, they are all forgotten and recorded once more.
const MAX_KINDS: usize = 50_000;
/// How often what waits is written.
pub const INTERVAL: Duration = Duration::from_secs(1);

/// The records that wait to be written.
#[derive(Debug)]
pub struct RequestLog {
    settings: ArcSwap<Settings>,
    waiting: Mutex<VecDeque<NewRecord>>,
    /// Held while a batch is on its way, so that whoever writes next finds all before it written.
    writing: tokio::sync::Mutex<()>,
    /// When a success of each kind was last recorded.
    sampled: Mutex<HashMap<u64, Timestamp>>,
    hasher: RandomState,
    written: AtomicU64,
    dropped: AtomicU64,
}

impl RequestLog {
    pub fn new(settings: Settings) -> Self {
        Self {
            settings: ArcSwap::from_pointee(settings),
            waiting: Mutex::default(),
            writing: tokio::sync::Mutex::default(),
            sampled: Mutex::default(),
            hasher: RandomState::new(),
            written: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
        }
    }

    /// From now on records and keeps by these settings.
    pub fn set(&self, settings: Settings) {
        self.settings.store(Arc::new(settings));
    }

    /// Whether a failure is to be recorded.
    pub fn wants_failures(&self) -> bool {
        self.settings.load().recording != Recording::Off
    }

    /// Whether a success of this kind is to be recorded now.
    pub fn wants_success(&self, endpoint: &str, flow: &str, client: &str, now: Timestamp) -> bool {
        match self.settings.load().recording {
            Recording::Off | Recording::Failures => false,
            Recording::All => true,
            Recording::Sample => {
                let kind = self.hasher.hash_one((endpoint, flow, client));
                let mut sampled = self.sampled.lock().unwrap_or_else(PoisonError::into_inner);
                match sampled.get_mut(&kind) {
                    Some(last) if now - *last < SAMPLE => false,
                    Some(last) => {
                        *last = now;
                        true
                    }
                    None => {
                        if sampled.len() >= MAX_KINDS {
                            sampled.clear();
                        }
                        sampled.insert(kind, now);
                        true
                    }
                }
            }
        }
    }

    /// Takes a record to be written soon.
    pub fn push(&self, record: NewRecord) {
        let mut waiting = self.waiting();
        if waiting.len() < CAPACITY {
            waiting.push_back(record);
        } else {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<NewRecord>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records that were written, and that were dropped because too many waited.
    pub fn figures(&self) -> (u64, u64) {
        (self.written.load(Ordering::Relaxed), self.dropped.load(Ordering::Relaxed))
    }

    /// Writes as many as wait now, and lets the ring's oldest records go. What cannot be written is dropped with all that waits:
    /// a database that is down has other worries. Where this future is dropped, what may not be written yet waits on.
    pub async fn flush(
        &self,
        store: &Store,
        now: Timestamp,
        pace: impl FnOnce(usize) -> Pace,
    ) -> Result<(), StoreError> {
        let mut left = self.waiting().len();
        let mut pace = pace(left);
        loop {
            let turn = self.writing.lock().await;
            let batch: Vec<NewRecord> = {
                let waiting = self.waiting();
                waiting.iter().take(pace.rows().min(left)).cloned().collect()
            };
            if batch.is_empty() {
                return Ok(());
            }
            let size = batch.len();
            left -= size;
            if let Err(error) = self.write(store, batch, now).await {
                let waited = std::mem::take(&mut *self.waiting()).len();
                self.dropped.fetch_add(waited as u64, Ordering::Relaxed);
                return Err(error);
            }
            self.waiting().drain(..size);
            self.written.fetch_add(size as u64, Ordering::Relaxed);
            drop(turn);
            if left > 0 {
                pace.pause().await;
            }
        }
    }

    async fn write(&self, store: &Store, records: Vec<NewRecord>, now: Timestamp) -> Result<(), StoreError> {
        let settings = **self.settings.load();
        store
            .write(move |connection| {
                request_log::insert(connection, &records)?;
                // More than come, so that a ring that is to be smaller becomes so.
                let most = 2 * records.len();
                request_log::trim(connection, settings.max_rows, now - settings.max_age, most)?;
                Ok(())
            })
            .await
    }

    /// Lets records go whose time has come, also where no new ones push them out; gives their number.
    pub async fn trim(&self, store: &Store, now: Timestamp) -> Result<usize, StoreError> {
        let settings = **self.settings.load();
        trim(store, settings.max_rows, now - settings.max_age).await
    }
}

/// Lets the oldest records beyond `max_rows` go, and those from before `before`; gives their number.
pub async fn trim(store: &Store, max_rows: i64, before: Timestamp) -> Result<usize, StoreError> {
    let (mut trimmed, mut pace) = (0, Pace::calm());
    loop {
        let most = pace.rows();
        let batch = store
            .write::<_, StoreError, _>(move |connection| Ok(request_log::trim(connection, max_rows, before, most)?));
        let number = batch.await?;
        trimmed += number;
        if number < most {
            return Ok(trimmed);
        }
        pace.pause().await;
    }
}
