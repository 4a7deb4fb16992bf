//! Storage: the only place that reaches the database. No policy.
//!
//! Two verbs, and nothing else opens a transaction: [`Store::read`] runs on a pooled connection, [`Store::write`] in a
//! transaction and returns after its commit is durable. Both take a closure over a connection and run it on a thread of
//! the store; handlers await the answer. On SQLite all writes go through one writer ([`writer`]); on PostgreSQL they run
//! on pooled connections. Handlers cannot tell the difference. [`Store::add`] is a write of one statement, which saves
//! PostgreSQL the way to a transaction and back. What servers do most has methods of its own, such as [`Store::access_token`]:
//! to PostgreSQL those of many callers go as one statement (`together`).
//!
//! # Why reads leave the reactor
//! A read of SQLite costs less than the way to another thread. But a disk that hangs would then hang the reactor, and
//! with it what needs no database: the keys, the metadata, the word that we are not ready. So the way is made cheap
//! instead ([`queue`]), and the statements on it are concrete for each database (`on_backend!`), because the
//! ones that suit both are put together anew each time.
//!
//! House rules for queries: one file per table; functions take the connection first; what may be missing is an `Option`;
//! rows become domain types at the file's edge. A row that is the only one of its key is read by `get_result`, not `first`:
//! the latter adds a `LIMIT` with a parameter, and SQLite prepares such a statement anew each time it runs. A single-use thing is claimed by one conditional `UPDATE … WHERE … IS
//! NULL`, in the transaction of what it leads to.

pub mod access_tokens;
pub mod account_events;
pub mod attempts;
pub mod audit_chain;
pub mod audit_log;
pub mod authorization_codes;
pub mod authorization_requests;
pub mod backup;
pub mod cache;
pub mod client_logos;
pub mod client_reviews;
pub mod client_traffic;
pub mod clients;
pub mod condition;
pub mod connection;
pub mod consents;
pub mod counts;
pub mod device_authorizations;
pub mod email_confirmations;
pub mod error;
pub mod figures;
#[cfg(feature = "postgres")]
mod gather;
pub mod grants;
mod job;
pub mod jwks_readers;
pub mod leases;
pub mod live_tokens;
pub mod logout_deliveries;
pub mod logout_requests;
pub mod mails;
pub mod migrate;
pub mod one_time_links;
mod pace;
pub mod paging;
pub mod playground_runs;
mod pool;
pub mod ports;
mod prepared;
mod queue;
pub mod redemptions;
pub mod refresh_tokens;
pub mod refreshes;
pub mod registration_tokens;
pub mod request_log;
pub mod resource_owners;
pub mod resources;
pub mod schema;
pub mod scopes;
pub mod search;
mod second_chance;
pub mod self_registrations;
pub mod session_clients;
pub mod sessions;
pub mod settings;
pub mod signing_keys;
pub mod statistics;
pub mod sweep;
mod together;
pub mod used_jtis;
mod writer;

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

pub use error::{Failure, StoreError};

use arc_swap::ArcSwap;
use tokio::sync::oneshot::error::RecvError;
use tokio::time::error::Elapsed;

use crate::config::database_url::DatabaseUrl;
use crate::domain::client::Client;
use crate::telemetry::trace;
use cache::{Cache, Catalog};
use connection::{AnyConnection, Manager};
use figures::{Figures, Traffic};
use job::{Answer, Ending, Job, Verdict, job};
use pool::{Connections, Pool, Queued, Task};
use queue::Queue;
#[cfg(feature = "postgres")]
use together::Together;
use writer::Doubt;

/// How long a caller waits for its answer, so that a database that hangs is a clear refusal within two seconds.
const PATIENCE: Duration = Duration::from_millis(1900);
/// The same for a long write. The audit log's chain counts on no transaction living for ten seconds.
const LONG_PATIENCE: Duration = Duration::from_secs(8);
/// Most units of work that wait, or fewer when they would wait for too long ([`pace`]); beyond, callers are refused at once.
const QUEUE: usize = 4096;
/// Connections for reading SQLite; more would only wait for the processor.
const SQLITE_READERS: u32 = 4;
/// Reads of SQLite that wait for a worker before another is woken: each takes a few microseconds, a waking more.
const SQLITE_SHARE: usize = 16;
/// Connections to PostgreSQL.
const POSTGRES_CONNECTIONS: u32 = 16;

/// The way to the database. Cheap to clone.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    pool: Arc<Queue<Queued>>,
    /// Only where one thread does all writing.
    writer: Option<Arc<Queue<Box<dyn Job>>>>,
    /// Whether that thread can write. A PostgreSQL that takes no writes says so when it is asked for news.
    doubt: Arc<Doubt>,
    cache: Arc<Cache>,
    connections: Arc<ArcSwap<Connections>>,
    /// Only for PostgreSQL.
    #[cfg(feature = "postgres")]
    together: Option<Together>,
    url: DatabaseUrl,
    figures: Arc<Figures>,
}

/// Why the store could not be opened.
#[derive(Debug)]
pub struct OpenStoreError(String);

impl std::fmt::Display for OpenStoreError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for OpenStoreError {}

impl Store {
    /// Opens the database, brings its schema up to date and starts the threads that serve it.
    pub fn open(url: &DatabaseUrl) -> Result<Self, OpenStoreError> {
        let mut first = Manager::new(url.clone()).open().map_err(|error| OpenStoreError(error.to_string()))?;
        migrate::run(&mut first).map_err(OpenStoreError)?;
        Self::start(url, first).map_err(|error| OpenStoreError(format!("cannot start the store's threads: {error}")))
    }

    fn start(url: &DatabaseUrl, first: AnyConnection) -> std::io::Result<Self> {
        let cache = Arc::new(Cache::default());
        let (figures, doubt) = (Arc::new(Figures::default()), Arc::new(Doubt::default()));
        let is_sqlite = matches!(url, DatabaseUrl::Sqlite(_));
        let size = if is_sqlite { SQLITE_READERS } else { POSTGRES_CONNECTIONS };
        // A worker of PostgreSQL mostly waits for its answer, so nobody waits for a worker while there is another.
        let queue = Arc::new(Queue::new(if is_sqlite { SQLITE_SHARE } else { 0 }, QUEUE));
        let pool = Pool::start(url.clone(), size, Arc::clone(&queue), Arc::clone(&cache), figures.pool.clone())?;
        let writer = if is_sqlite {
            let queue = Arc::new(Queue::new(0, QUEUE));
            // Were the only connection closed, SQLite would first write its whole log back.
            let manager = Manager::new(url.clone());
            let (cache, figures, doubt) = (Arc::clone(&cache), Arc::clone(&figures), Arc::clone(&doubt));
            writer::start(first, manager, Arc::clone(&queue), cache, figures, doubt)?;
            Some(queue)
        } else {
            None
        };
        let connections = pool.connections();
        #[cfg(feature = "postgres")]
        let together = (!is_sqlite).then(|| Together::new(&queue, &cache));
        let url = url.clone();
        let store = Self(Arc::new(Inner {
            pool: queue,
            writer,
            doubt,
            cache,
            connections,
            #[cfg(feature = "postgres")]
            together,
            url,
            figures,
        }));
        store.watch(pool)?;
        Ok(store)
    }

    /// Reads. The closure runs once, or again when its connection turns out to be lost.
    ///
    /// # Errors
    /// What the closure refuses; a [`StoreError`] when the database does not answer within two seconds.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnMut(&mut AnyConnection) -> Result<T, E> + Send + 'static,
    {
        let (job, answer) = job(work);
        let _step = trace::span(self.0.figures.reads.step);
        self.0.pooled(Task::Read, job, &self.0.figures.reads, answer.ending).await?;
        answer.outcome.take()
    }

    /// Writes, all or nothing; returns after the commit is durable. The closure runs once, or again when its connection
    /// turns out to be lost before the commit; it is rolled back when its caller waits no more. No hashing, signing or network in it: it may hold the only write lock.
    ///
    /// # Errors
    /// What the closure refuses, and then nothing is written; a [`StoreError`] when the database does not answer within
    /// two seconds, and only when that falls into the commit is it unknown whether the write happened.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnMut(&mut AnyConnection) -> Result<T, E> + Send + 'static,
    {
        let (job, answer) = job(work);
        let _step = trace::span(self.0.figures.writes.step);
        self.0.written(Task::Write, job, answer.ending).await?;
        answer.outcome.take()
    }

    /// Writes by a single statement; returns when it is durable. It may happen although its caller waits no more, and
    /// twice when a connection is lost at the wrong moment: for rows that mean nothing to who was not given their secret.
    ///
    /// # Errors
    /// Those of [`Store::write`].
    pub async fn add<T, E, F>(&self, statement: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnMut(&mut AnyConnection) -> Result<T, E> + Send + 'static,
    {
        let (job, answer) = job(statement);
        let _step = trace::span(self.0.figures.writes.step);
        self.0.written(Task::Add, job, answer.ending).await?;
        answer.outcome.take()
    }

    /// Writes like [`write`](Self::write) what may take longer than two seconds, on a connection and a thread of its own. On
    /// SQLite nobody else writes meanwhile, and who has waited for two seconds is refused: the caller limits what is done.
    ///
    /// # Errors
    /// Those of [`Store::write`], after eight seconds.
    pub async fn write_at_length<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnMut(&mut AnyConnection) -> Result<T, E> + Send + 'static,
    {
        let (job, answer) = job(work);
        let (url, cache) = (self.0.url.clone(), self.cache());
        let _step = trace::span(self.0.figures.writes.step);
        thread::Builder::new()
            .name("store-long".into())
            .spawn(move || pool::alone(&url, job, &cache))
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        self.0.figures.told(tokio::time::timeout(LONG_PATIENCE, answer.ending).await)?;
        answer.outcome.take()
    }

    /// What is kept in memory, for closures that look things up.
    pub fn cache(&self) -> Arc<Cache> {
        Arc::clone(&self.0.cache)
    }

    /// The client as it is now, for who found out that memory is behind.
    pub async fn newest_client(&self, id: &str) -> Result<Option<Arc<Client>>, StoreError> {
        let (cache, id) = (self.cache(), id.to_owned());
        self.read(move |connection| {
            cache.ask(connection)?;
            cache.client(connection, &id)
        })
        .await
    }

    /// Scopes, resources and settings, from memory when they were asked for before.
    pub async fn catalog(&self) -> Result<Arc<Catalog>, StoreError> {
        if let Some(catalog) = self.0.cache.kept_catalog() {
            return Ok(catalog);
        }
        let cache = self.cache();
        self.read(move |connection| cache.catalog(connection)).await
    }

    /// The same for a request that names these scopes and resources. What another process or the command line made a moment ago
    /// is not unknown: where one is missing, the database is asked whether there is news.
    pub async fn catalog_with<'a>(
        &self,
        scopes: impl IntoIterator<Item = &'a str>,
        resources: impl IntoIterator<Item = &'a str>,
    ) -> Result<Arc<Catalog>, StoreError> {
        let catalog = self.catalog().await?;
        let is_known = scopes.into_iter().all(|name| catalog.scopes.find(name).is_some())
            && resources.into_iter().all(|uri| catalog.resources.contains_key(uri));
        if is_known {
            return Ok(catalog);
        }
        let cache = self.cache();
        self.read(move |connection| {
            cache.ask(connection)?;
            cache.catalog(connection)
        })
        .await
    }

    /// The same, from memory of any age while the database cannot be asked: for what is published and decides nothing.
    pub async fn published_catalog(&self) -> Result<Arc<Catalog>, StoreError> {
        match self.0.cache.last_catalog() {
            Some(last) => Ok(last),
            None => self.catalog().await,
        }
    }

    /// What the store has counted.
    pub fn figures(&self) -> &Figures {
        &self.0.figures
    }

    /// How many units of work wait, by the queue they wait in.
    pub fn queues(&self) -> Vec<(&'static str, usize)> {
        let writer = self.0.writer.as_ref().map(|writer| ("writer", writer.len()));
        std::iter::once(("pool", self.0.pool.len())).chain(writer).collect()
    }

    /// Looks as if hardly anything were served of what waits now, for tests.
    #[doc(hidden)]
    pub fn crawl(&self) {
        self.0.pool.crawl();
        if let Some(writer) = &self.0.writer {
            writer.crawl();
        }
    }

    /// How many connections the pool has, by what they do.
    pub fn connections(&self) -> [(&'static str, u32); 2] {
        let state = self.0.connections.load().state();
        [("busy", state.connections.saturating_sub(state.idle_connections)), ("idle", state.idle_connections)]
    }

    /// Whether the database does its work. The watcher asks all the time, so this costs nothing while it hears from it; when
    /// its last answer is older than a second, the database is asked again. After a write of SQLite's failed, another must succeed:
    /// one of somebody's, or a small one that is tried here. A PostgreSQL that takes no writes has no answer.
    pub async fn answers(&self) -> bool {
        const RECENT: Duration = Duration::from_secs(1);
        if self.0.doubt.hangs() {
            return false;
        }
        if let Some(doubt) = self.0.doubt.newest() {
            match self.write(writer::rehearse).await {
                Ok(()) => self.0.doubt.dispel(doubt),
                // Those who wait before it will show.
                Err(StoreError::Overloaded) => {}
                Err(_) => return false,
            }
        }
        self.0.cache.age() < RECENT || self.0.hears().await
    }

    /// Looks for other processes' changes and for hanging workers until the store is gone.
    fn watch(&self, mut pool: Pool) -> std::io::Result<()> {
        let store = Arc::downgrade(&self.0);
        thread::Builder::new().name("store-watch".into()).spawn(move || {
            let mut question: Option<Question> = None;
            while let Some(inner) = store.upgrade() {
                if question.as_ref().is_none_or(Question::is_over) {
                    let (asked, is_queued) = inner.ask();
                    question = is_queued.then_some(asked);
                }
                drop(inner);
                if let Err(error) = pool.relieve() {
                    tracing::error!(%error, "hanging workers could not be replaced");
                }
                thread::park_timeout(cache::POLL_INTERVAL);
            }
        })?;
        Ok(())
    }
}

impl Figures {
    /// Waits for a call to end, and counts it, and its failure once.
    async fn wait(
        &self,
        traffic: &Traffic,
        is_queued: bool,
        mut ending: Ending,
        held_up: &(dyn Fn() -> bool + Sync),
    ) -> Result<(), StoreError> {
        if !is_queued {
            return self.fail("overloaded", StoreError::Overloaded);
        }
        let (_in_flight, begun) = (traffic.in_flight.track(), Instant::now());
        let heard = if let Ok(heard) = tokio::time::timeout(queue::HELD_UP, &mut ending).await {
            Ok(heard)
        } else {
            if !held_up() {
                return self.fail("overloaded", StoreError::Overloaded);
            }
            tokio::time::timeout(PATIENCE.saturating_sub(queue::HELD_UP), ending).await
        };
        traffic.times.observe(begun.elapsed());
        self.told(heard)
    }

    /// Whether there is an outcome for the caller.
    fn told(&self, heard: Result<Result<Verdict, RecvError>, Elapsed>) -> Result<(), StoreError> {
        match heard {
            Ok(Ok(Verdict { failure, is_outage })) => {
                if is_outage {
                    self.failures.increment(["unavailable"]);
                }
                failure.map_or(Ok(()), Err)
            }
            Ok(Err(_)) => self.fail("ended", StoreError::Unavailable("the store's threads have ended".into())),
            Err(_) => self.fail("timeout", StoreError::Unavailable("it did not answer in time".into())),
        }
    }

    fn fail(&self, reason: &'static str, error: StoreError) -> Result<(), StoreError> {
        self.failures.increment([reason]);
        Err(error)
    }
}

/// What the watching thread wants to know: the newest generation number, which goes to the cache by itself.
struct Question {
    asked_at: Instant,
    answer: Answer<(), StoreError>,
}

impl Question {
    /// Whether it was answered, or nobody has patience any more.
    fn is_over(&self) -> bool {
        !self.answer.ending.is_empty() || self.asked_at.elapsed() >= PATIENCE
    }
}

impl Inner {
    /// Has a job done by the pool.
    async fn pooled(&self, task: Task, job: Box<dyn Job>, traffic: &Traffic, ending: Ending) -> Result<(), StoreError> {
        let is_queued = self.pool.push((task, job));
        self.figures.wait(traffic, is_queued, ending, &|| self.call_another()).await
    }

    /// For who has waited for a while: its worker may be held up.
    fn call_another(&self) -> bool {
        self.pool.call_another();
        true
    }

    /// Has a job done by whoever writes.
    async fn written(&self, task: Task, job: Box<dyn Job>, ending: Ending) -> Result<(), StoreError> {
        let Some(writer) = &self.writer else { return self.pooled(task, job, &self.figures.writes, ending).await };
        let is_queued = writer.push(job);
        self.figures.wait(&self.figures.writes, is_queued, ending, &|| true).await
    }

    /// Asks, before all who wait: while memory does not count, each of them costs more. Says whether there was room even for
    /// that.
    fn ask(&self) -> (Question, bool) {
        let (question, job) = self.question();
        (question, self.pool.push_first((Task::Read, job)))
    }

    fn question(&self) -> (Question, Box<dyn Job>) {
        let cache = Arc::clone(&self.cache);
        let (job, answer) = job(move |connection| cache.ask(connection));
        (Question { asked_at: Instant::now(), answer }, job)
    }

    /// Asks, and waits for the answer; behind those who wait, since anybody may ask whether we are ready.
    async fn hears(&self) -> bool {
        let (Question { answer, .. }, job) = self.question();
        let is_queued = self.pool.push((Task::Read, job));
        let heard = self.figures.wait(&self.figures.reads, is_queued, answer.ending, &|| self.call_another()).await;
        heard.and_then(|()| answer.outcome.take()).is_ok()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.pool.close();
        if let Some(writer) = &self.writer {
            writer.close();
        }
    }
}
