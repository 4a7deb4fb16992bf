//! Clients, scopes, resources and settings in memory, and how a change reaches every process.
//!
//! Whoever changes one of them calls [`touch`] in the same transaction. After the commit this process forgets what it
//! kept, before the change is acknowledged; other processes notice the new generation number within
//! [`POLL_INTERVAL`] and forget too. Clients are kept as they are asked for, in about as much memory as [`MOST_OF_CLIENTS`],
//! so a server with very many starts as fast as one with few. A token that is presented asks little of its client, and there may
//! be tokens of very many, so that little is kept beside ([`Brief`]) and longer.
//!
//! # Why a polled number
//! `LISTEN` costs a connection that many poolers in front of PostgreSQL cannot keep, and loses what happens while it
//! reconnects. One indexed row four times a second costs nothing and cannot miss a change.
//!
//! What is kept counts only while the number can be asked for: who cannot hear of a change must not decide by memory, or a
//! disabled client would live on where the database cannot be reached. A standby's number may be an old one, so only a
//! database that takes writes can be asked. After a failover the same number may stand for another change, when the standby
//! had not got the last one: so what did not count for a while is forgotten, whatever the number is then.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use diesel::prelude::*;
#[cfg(feature = "postgres")]
use diesel::sql_types::{BigInt, Bool};
use tokio::sync::watch;

use crate::domain::client::{Brief, Client};
use crate::domain::resource::Resource;
use crate::domain::scope::{Scope, ScopeCatalog};
use crate::store::connection::AnyConnection;
#[cfg(feature = "postgres")]
use crate::store::error;
use crate::store::error::StoreError;
#[cfg(feature = "postgres")]
use crate::store::prepared::Prepared;
use crate::store::schema::cache_generation;
use crate::store::second_chance::SecondChance;
use crate::store::{clients, resources, scopes, settings};

/// How often other processes' changes are looked for.
pub const POLL_INTERVAL: Duration = Duration::from_millis(250);
/// How long what is kept counts without word from the database: no change takes longer to reach a process.
const TRUST: Duration = Duration::from_secs(1);
/// Most bytes of clients kept, about: some eight thousand.
const MOST_OF_CLIENTS: usize = 16 << 20;
/// Most bytes of what tokens ask of them: some hundred thousand.
const MOST_OF_BRIEFS: usize = 36 << 20;

/// What is small enough to be kept whole.
#[derive(Debug, Default)]
pub struct Catalog {
    pub scopes: ScopeCatalog,
    pub resources: BTreeMap<String, Resource>,
    pub settings: BTreeMap<String, String>,
}

struct Entries {
    clients: SecondChance<Arc<Client>>,
    briefs: SecondChance<Arc<Brief>>,
    catalog: Option<Arc<Catalog>>,
}

impl Default for Entries {
    fn default() -> Self {
        let (clients, briefs) = (SecondChance::new(MOST_OF_CLIENTS), SecondChance::new(MOST_OF_BRIEFS));
        Self { clients, briefs, catalog: None }
    }
}

/// What was kept and counts no more.
#[must_use]
pub struct Forgotten {
    _entries: Entries,
}

/// The memory of one process.
pub struct Cache {
    /// Counts the times everything was forgotten: what was read before does not come in after.
    epoch: AtomicU64,
    entries: RwLock<Entries>,
    changes: watch::Sender<u64>,
    /// The newest generation number, and when it was the newest.
    heard: RwLock<(Option<i64>, Instant)>,
    /// The newest catalogue that was read, however old.
    last_catalog: ArcSwapOption<Catalog>,
}

impl Default for Cache {
    fn default() -> Self {
        Self {
            epoch: AtomicU64::new(0),
            entries: RwLock::default(),
            changes: watch::Sender::new(0),
            heard: RwLock::new((None, Instant::now())),
            last_catalog: ArcSwapOption::empty(),
        }
    }
}

impl Cache {
    /// The client, when it is kept.
    pub fn kept_client(&self, id: &str) -> Option<Arc<Client>> {
        self.kept()?.clients.get(id).cloned()
    }

    /// The catalogue, when it is kept.
    pub fn kept_catalog(&self) -> Option<Arc<Catalog>> {
        self.kept()?.catalog.clone()
    }

    /// The newest catalogue that was read, only while the database cannot be asked.
    pub fn last_catalog(&self) -> Option<Arc<Catalog>> {
        if self.is_in_touch() { None } else { self.last_catalog.load_full() }
    }

    /// What is kept, while it counts.
    fn kept(&self) -> Option<RwLockReadGuard<'_, Entries>> {
        self.is_in_touch().then(|| self.entries.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn is_in_touch(&self) -> bool {
        self.age() <= TRUST
    }

    /// How long ago the database last said which generation is the newest.
    pub fn age(&self) -> Duration {
        self.heard.read().unwrap_or_else(PoisonError::into_inner).1.elapsed()
    }

    /// The newest generation number that was heard of.
    pub fn generation(&self) -> Option<i64> {
        self.heard.read().unwrap_or_else(PoisonError::into_inner).0
    }

    /// Asks for the newest generation number; forgets everything when it is news, or nothing was heard for so long that there
    /// may have been some.
    pub(super) fn ask(&self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        let asked_at = Instant::now();
        let generation = generation(connection)?;
        let mut heard = self.heard.write().unwrap_or_else(PoisonError::into_inner);
        if asked_at < heard.1 {
            // Somebody asked after us, and memory goes by that already.
            return Ok(());
        }
        let gone = (heard.0 != Some(generation) || heard.1.elapsed() > TRUST).then(|| self.forget());
        *heard = (Some(generation), asked_at);
        drop(heard);
        drop(gone);
        Ok(())
    }

    /// The client, kept or read.
    pub fn client(&self, connection: &mut AnyConnection, id: &str) -> Result<Option<Arc<Client>>, StoreError> {
        if let Some(client) = self.kept_client(id) {
            return Ok(Some(client));
        }
        let epoch = self.epoch.load(Ordering::SeqCst);
        let Some(client) = clients::find(connection, id)? else { return Ok(None) };
        let client = Arc::new(client);
        self.keep_client(epoch, &client);
        Ok(Some(client))
    }

    /// What tokens ask of the client, kept or read.
    pub fn brief(&self, connection: &mut AnyConnection, id: &str) -> Result<Option<Arc<Brief>>, StoreError> {
        if let Some(brief) = self.kept().and_then(|entries| entries.briefs.get(id).cloned()) {
            return Ok(Some(brief));
        }
        let epoch = self.epoch.load(Ordering::SeqCst);
        // Read for its brief alone, the whole client pushes out none that is asked for.
        let brief = match self.kept_client(id) {
            Some(client) => Brief::of(&client),
            None => match clients::find(connection, id)? {
                Some(client) => Brief::of(&client),
                None => return Ok(None),
            },
        };
        let brief = Arc::new(brief);
        self.keep(epoch, |entries| {
            entries.briefs.insert(id, Arc::clone(&brief), brief.footprint() + ENTRY);
        });
        Ok(Some(brief))
    }

    /// The clients with these ids, as far as they are there: those that are not kept are read at once.
    pub fn clients(
        &self,
        connection: &mut AnyConnection,
        ids: &[String],
    ) -> Result<HashMap<String, Arc<Client>>, StoreError> {
        let epoch = self.epoch.load(Ordering::SeqCst);
        let mut known: HashMap<String, Arc<Client>> =
            ids.iter().filter_map(|id| Some((id.clone(), self.kept_client(id)?))).collect();
        let missing: Vec<String> = ids.iter().filter(|id| !known.contains_key(*id)).cloned().collect();
        if missing.is_empty() {
            return Ok(known);
        }
        for client in clients::find_all(connection, &missing)? {
            let client = Arc::new(client);
            self.keep_client(epoch, &client);
            known.insert(client.id.clone(), client);
        }
        Ok(known)
    }

    fn keep_client(&self, epoch: u64, client: &Arc<Client>) {
        self.keep(epoch, |entries| {
            entries.clients.insert(&client.id, Arc::clone(client), footprint(client));
        });
    }

    /// The catalogue, kept or read.
    pub fn catalog(&self, connection: &mut AnyConnection) -> Result<Arc<Catalog>, StoreError> {
        if let Some(catalog) = self.kept_catalog() {
            return Ok(catalog);
        }
        let epoch = self.epoch.load(Ordering::SeqCst);
        let catalog = Arc::new(Catalog {
            scopes: scopes::list(connection)?.into_iter().collect(),
            resources: resources::list(connection)?.into_iter().map(|each| (each.uri.clone(), each)).collect(),
            settings: settings::list(connection)?,
        });
        self.keep(epoch, |entries| entries.catalog = Some(Arc::clone(&catalog)));
        self.last_catalog.store(Some(Arc::clone(&catalog)));
        Ok(catalog)
    }

    fn keep(&self, epoch: u64, insert: impl FnOnce(&mut Entries)) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if self.epoch.load(Ordering::SeqCst) == epoch {
            insert(&mut entries);
        }
    }

    /// Forgets everything, and tells those who keep something of their own.
    pub fn invalidate(&self) {
        drop(self.forget());
    }

    /// The same; what is forgotten is freed with the value, which takes a while where it is much. Nobody should have to wait for
    /// that: let go of it when all locks are free and all callers have their answers.
    pub fn forget(&self) -> Forgotten {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        let epoch = self.epoch.fetch_add(1, Ordering::SeqCst) + 1;
        let gone = std::mem::take(&mut *entries);
        drop(entries);
        self.changes.send_replace(epoch);
        Forgotten { _entries: gone }
    }

    /// Changes whenever everything is forgotten.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}

/// Bytes that keeping something takes, about: its name, its places in a table and a queue.
const ENTRY: usize = 200;

/// Bytes that a client takes in memory, about: what is many in some of them is counted.
fn footprint(client: &Client) -> usize {
    const OTHERWISE: usize = 1024;
    let metadata = &client.metadata;
    let uris: usize = metadata.redirect_uris.iter().map(|uri| 200 + 3 * uri.len()).sum();
    let keys = metadata.jwks.as_ref().map_or(0, |keys| 8 * keys.to_string().len());
    let scopes: usize = metadata.scope.iter().flat_map(Scope::iter).map(|name| 60 + name.len()).sum();
    let texts = metadata.post_logout_redirect_uris.iter().chain(&metadata.contacts).chain(metadata.localized.values());
    let pages = [&metadata.client_uri, &metadata.logo_uri, &metadata.policy_uri, &metadata.tos_uri];
    let others: usize = texts.chain(pages.into_iter().flatten()).map(|text| 100 + text.len()).sum();
    size_of::<Client>() + OTHERWISE + uris + keys + scopes + others
}

thread_local! {
    /// Within a unit of work, whether something has changed.
    static CHANGED: Cell<Option<bool>> = const { Cell::new(None) };
}

/// Says, in the transaction that changes it, that something kept in memory has changed. Within a unit of work the number is
/// raised once, at its end: whoever else changes something waits for that row.
pub fn touch(connection: &mut AnyConnection) -> QueryResult<()> {
    if CHANGED.get().is_some() {
        CHANGED.set(Some(true));
        return Ok(());
    }
    raise(connection)
}

pub(super) fn raise(connection: &mut AnyConnection) -> QueryResult<()> {
    diesel::update(cache_generation::table)
        .set(cache_generation::value.eq(cache_generation::value + 1))
        .execute(connection)?;
    Ok(())
}

/// A unit of work begins on this thread.
pub(super) fn begin_unit() {
    CHANGED.set(Some(false));
}

/// It has ended; whether [`touch`] was called in it.
pub(super) fn end_unit() -> bool {
    CHANGED.replace(None).unwrap_or(false)
}

/// The number of the newest change.
///
/// # Errors
/// Also when the database takes no writes: somewhere else there may be newer ones.
pub fn generation(connection: &mut AnyConnection) -> Result<i64, StoreError> {
    match connection {
        #[cfg(feature = "sqlite")]
        AnyConnection::Sqlite(c) => Ok(cache_generation::table.select(cache_generation::value).get_result(c)?),
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(c) => {
            let question = Prepared::<(BigInt, Bool)>::new(
                "SELECT value, current_setting('transaction_read_only') = 'on' FROM cache_generation",
                &[],
            );
            let (newest, is_read_only) = question.get_result::<(i64, bool)>(c)?;
            if is_read_only { Err(error::read_only()) } else { Ok(newest) }
        }
    }
}

#[cfg(test)]
mod tests {
    #[cfg(feature = "sqlite")]
    #[test]
    fn news_and_silence_empty_the_memory_and_a_late_answer_does_not() {
        use diesel::connection::SimpleConnection;

        use super::*;

        let mut connection = crate::store::connection::open_in_memory().unwrap();
        let six = "CREATE TABLE cache_generation (value BIGINT); INSERT INTO cache_generation VALUES (6)";
        connection.batch_execute(six).unwrap();
        let cache = Cache::default();
        let mut forgets = |heard: (Option<i64>, Instant)| {
            *cache.heard.write().unwrap() = heard;
            let epoch = cache.epoch.load(Ordering::SeqCst);
            cache.ask(&mut connection).unwrap();
            cache.epoch.load(Ordering::SeqCst) != epoch
        };
        let (now, minute) = (Instant::now(), Duration::from_secs(60));
        assert!(forgets((Some(5), now)));
        assert!(forgets((Some(6), now.checked_sub(TRUST * 2).unwrap())), "there may have been news");
        assert!(!forgets((Some(7), now + minute)), "somebody has asked since");
        assert_eq!(cache.generation(), Some(7));
    }
}
