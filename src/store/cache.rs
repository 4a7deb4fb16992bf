//! Clients, scopes, resources and settings in memory, and how a change reaches every process.
//!
//! Whoever changes one of them says so in the same transaction: [`touch_client`] for a client, [`touch`] for all else. After
//! the commit this process forgets what it kept, before the change is acknowledged; other processes notice the new generation
//! number within [`POLL_INTERVAL`] and forget too. Clients are kept as they are asked for, in about as much memory as
//! [`MOST_OF_CLIENTS`], so a server with very many starts as fast as one with few. A token that is presented asks little of its
//! client, and there may be tokens of very many, so that little is kept beside ([`Brief`]) and longer.
//!
//! # What is forgotten
//! Where there are very many clients, one of them changes all the time: they register, and a machine gets its first token. So a
//! number that stands for the change of one client has a row in `cache_changes` that names it, and nothing else is forgotten. A
//! number without a row stands for any change, and everything is forgotten: also where a row was deleted for its age, and where
//! the number was raised by an earlier version, which knows no rows.
//!
//! # Why a polled number
//! `LISTEN` costs a connection that many poolers in front of PostgreSQL cannot keep, and loses what happens while it
//! reconnects. One indexed row four times a second costs nothing and cannot miss a change.
//!
//! What is kept counts only while the number can be asked for: who cannot hear of a change must not decide by memory, or a
//! disabled client would live on where the database cannot be reached. A standby's number may be an old one, so only a
//! database that takes writes can be asked. After a failover the same number may stand for another change, when the standby
//! had not got the last one: so where another server answers, or the same one after it was started anew, everything is
//! forgotten, whatever the number is then; and after so long a silence that the database itself may be another. Not after a
//! shorter one: a database that is slow would be asked for everything at once, and be slower still.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
#[cfg(feature = "postgres")]
use diesel::sql_types::Bool;
use tokio::sync::watch;

use crate::domain::client::{Brief, Client};
use crate::domain::resource::Resource;
use crate::domain::scope::{Scope, ScopeCatalog};
use crate::store::connection::{AnyConnection, on_backend};
#[cfg(feature = "postgres")]
use crate::store::error;
use crate::store::error::StoreError;
#[cfg(feature = "postgres")]
use crate::store::gather::Outcomes;
use crate::store::prepared::{Prepared, Value};
use crate::store::schema::cache_changes;
#[cfg(feature = "sqlite")]
use crate::store::schema::cache_generation;
use crate::store::second_chance::SecondChance;
use crate::store::{clients, resources, scopes, settings};

/// How often other processes' changes are looked for.
pub const POLL_INTERVAL: Duration = Duration::from_millis(250);
/// How long what is kept counts without word from the database: no change takes longer to reach a process.
const TRUST: Duration = Duration::from_secs(1);
/// After how long a silence everything is forgotten.
const SILENCE: Duration = Duration::from_secs(10);
/// Most bytes of clients kept, about: some eight thousand.
const MOST_OF_CLIENTS: usize = 12 << 20;
/// Most bytes of what tokens ask of them: some hundred thousand.
const MOST_OF_BRIEFS: usize = 36 << 20;
/// Most clients that one unit of work names; where it changes more, everything is forgotten.
const MOST_NAMED: usize = 128;
/// Most changes that a process reads the rows of; behind by more, it forgets everything.
const MOST_READ: i64 = 1000;
/// How many numbers back there are rows, and after how many numbers those before them are deleted.
const KEPT: i64 = 2 * MOST_READ;
const SWEPT_EVERY: i64 = 100;

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

/// What was kept of a client.
type Kept = (Option<Arc<Client>>, Option<Arc<Brief>>);

/// What was kept and counts no more.
#[must_use]
pub struct Forgotten {
    _everything: Option<Entries>,
    _clients: Vec<Kept>,
}

/// What somebody has changed of what is kept in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Changed {
    #[default]
    Nothing,
    /// Clients with these ids.
    Clients(BTreeSet<String>),
    Everything,
}

impl Changed {
    fn add_client(&mut self, id: &str) {
        match self {
            Self::Nothing => *self = Self::Clients(BTreeSet::from([id.to_owned()])),
            Self::Clients(ids) if ids.len() < MOST_NAMED => {
                ids.insert(id.to_owned());
            }
            Self::Clients(_) => *self = Self::Everything,
            Self::Everything => {}
        }
    }
}

/// The newest generation number, whose it is, and between which moments it was read.
struct Heard {
    generation: Option<i64>,
    server: Server,
    asked_at: Instant,
    answered_at: Instant,
}

/// Tells a server from another, and from itself before it was started anew: the microsecond at which PostgreSQL was started.
/// An SQLite file is always the same.
type Server = i64;

/// The memory of one process.
pub struct Cache {
    /// Counts the times something was forgotten: what was read before does not come in after.
    epoch: AtomicU64,
    entries: RwLock<Entries>,
    changes: watch::Sender<u64>,
    heard: RwLock<Heard>,
    /// The newest catalogue that was read, however old.
    last_catalog: ArcSwapOption<Catalog>,
}

impl Default for Cache {
    fn default() -> Self {
        let now = Instant::now();
        Self {
            epoch: AtomicU64::new(0),
            entries: RwLock::default(),
            changes: watch::Sender::new(0),
            heard: RwLock::new(Heard { generation: None, server: 0, asked_at: now, answered_at: now }),
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
        self.heard.read().unwrap_or_else(PoisonError::into_inner).asked_at.elapsed()
    }

    /// The newest generation number that was heard of.
    pub fn generation(&self) -> Option<i64> {
        self.heard.read().unwrap_or_else(PoisonError::into_inner).generation
    }

    /// Asks for the newest generation number. When it is news, forgets the clients that changed, or everything when more than
    /// they may have changed.
    pub(super) fn ask(&self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        let asked_at = Instant::now();
        let (newest, server) = newest(connection)?;
        let answered_at = Instant::now();
        let known = self.generation();
        let clients = match known {
            Some(known) => clients_changed(connection, known, newest)?,
            None => None,
        };
        self.hear(Heard { generation: Some(newest), server, asked_at, answered_at }, known, clients.as_deref());
        Ok(())
    }

    /// Goes by an answer. `clients` are those that changed after the number `known`, if only they did. Several may ask at the same
    /// time, and their answers come in any order.
    fn hear(&self, answer: Heard, known: Option<i64>, clients: Option<&[String]>) {
        let mut heard = self.heard.write().unwrap_or_else(PoisonError::into_inner);
        // Somebody asked after us, or was answered after we had asked and heard of more: memory goes by that already. A lower
        // number that was read later than a higher one is another database's.
        let is_older = answer.generation < heard.generation && answer.asked_at < heard.answered_at;
        if answer.asked_at < heard.asked_at || is_older {
            return;
        }
        let is_same = answer.server == heard.server && heard.asked_at.elapsed() <= SILENCE;
        let gone = match clients {
            _ if is_same && answer.generation == heard.generation => None,
            // What somebody else heard of meanwhile is among them.
            Some(clients) if is_same && (known..=answer.generation).contains(&heard.generation) => {
                Some(self.forget_clients(clients))
            }
            _ => Some(self.forget()),
        };
        *heard = answer;
        drop(heard);
        drop(gone);
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
        self.keep_brief(epoch, &brief, id);
        Ok(Some(brief))
    }

    fn keep_brief(&self, epoch: u64, brief: &Arc<Brief>, id: &str) {
        self.keep(epoch, |entries| {
            entries.briefs.insert(id, Arc::clone(brief), brief.footprint() + ENTRY);
        });
    }

    /// Reads at once what tokens ask of those of these clients that are not kept, for who will ask for each of them.
    #[cfg(feature = "postgres")]
    pub fn prepare_briefs<'a>(
        &self,
        connection: &mut AnyConnection,
        ids: impl Iterator<Item = &'a str>,
    ) -> Result<(), StoreError> {
        let epoch = self.epoch.load(Ordering::SeqCst);
        let Some(entries) = self.kept() else { return Ok(()) };
        let mut missing: Vec<String> = ids.filter(|id| entries.briefs.get(id).is_none()).map(str::to_owned).collect();
        drop(entries);
        missing.sort_unstable();
        missing.dedup();
        // One is read as well by who asks for it.
        if let [_, _, ..] = missing.as_slice() {
            let found = match clients::find_all(connection, &missing) {
                // Who asks for the one that cannot be read is told.
                Err(StoreError::Corrupt(_)) => Vec::new(),
                found => found?,
            };
            for client in found {
                self.keep_brief(epoch, &Arc::new(Brief::of(&client)), &client.id);
            }
        }
        Ok(())
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

    /// [`client`](Self::client) for several.
    #[cfg(feature = "postgres")]
    pub fn each_client(
        &self,
        connection: &mut AnyConnection,
        ids: &[String],
    ) -> Result<Outcomes<Option<Arc<Client>>>, StoreError> {
        if let [only] = ids {
            return Ok(vec![self.client(connection, only)]);
        }
        match self.clients(connection, ids) {
            Ok(found) => Ok(ids.iter().map(|id| Ok(found.get(id).cloned())).collect()),
            // Who asks for another than the one that cannot be read is answered.
            Err(StoreError::Corrupt(_)) => Ok(ids.iter().map(|id| self.client(connection, id)).collect()),
            Err(error) => Err(error),
        }
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
        Forgotten { _everything: Some(gone), _clients: Vec::new() }
    }

    /// Forgets what units of work have changed, as [`forget`](Self::forget) does; `None` when that is nothing.
    pub fn forget_changes<'a>(&self, changes: impl IntoIterator<Item = &'a Changed>) -> Option<Forgotten> {
        let mut ids: Vec<&String> = Vec::new();
        for changed in changes {
            match changed {
                Changed::Nothing => {}
                Changed::Clients(some) => ids.extend(some),
                Changed::Everything => return Some(self.forget()),
            }
        }
        (!ids.is_empty()).then(|| self.forget_clients(ids))
    }

    fn forget_clients<'a>(&self, ids: impl IntoIterator<Item = &'a String>) -> Forgotten {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        self.epoch.fetch_add(1, Ordering::SeqCst);
        let gone = ids.into_iter().map(|id| (entries.clients.remove(id), entries.briefs.remove(id))).collect();
        Forgotten { _everything: None, _clients: gone }
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
    const OTHERWISE: usize = 400;
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
    /// Within a unit of work, what has changed.
    static CHANGED: RefCell<Option<Changed>> = const { RefCell::new(None) };
}

/// Says, in the transaction that changes it, that something kept in memory has changed that is no client. Within a unit of work
/// the number is raised at its end, and not each time: whoever else changes something waits for that row.
pub fn touch(connection: &mut AnyConnection) -> QueryResult<()> {
    if note(|changed| *changed = Changed::Everything) { Ok(()) } else { raise(connection) }
}

/// The same of one client and what is kept with it: no other is forgotten. Outside a unit of work there may be no transaction
/// that a row comes with, so everything is.
pub fn touch_client(connection: &mut AnyConnection, id: &str) -> QueryResult<()> {
    if note(|changed| changed.add_client(id)) { Ok(()) } else { raise(connection) }
}

/// Notes a change in the unit of work; false when there is none.
fn note(add: impl FnOnce(&mut Changed)) -> bool {
    CHANGED.with_borrow_mut(|changed| changed.as_mut().map(add).is_some())
}

/// A unit of work begins on this thread.
pub(super) fn begin_unit() {
    CHANGED.set(Some(Changed::Nothing));
}

/// It has ended; what was touched in it.
pub(super) fn end_unit() -> Changed {
    CHANGED.take().unwrap_or_default()
}

/// Lets all processes know what a unit of work has changed, at its end and in its transaction.
pub(super) fn tell(connection: &mut AnyConnection, changed: &Changed) -> QueryResult<()> {
    let ids = match changed {
        Changed::Nothing => return Ok(()),
        Changed::Everything => return raise(connection),
        Changed::Clients(ids) => ids,
    };
    let number = i64::try_from(ids.len()).unwrap_or(i64::MAX);
    let newest = raise_by(connection, number)?;
    for (generation, id) in (newest - number + 1..).zip(ids) {
        let values = [Value::Number(generation), Value::Text(id)];
        // There is one already where an operator has set the number back.
        let insert = Prepared::<()>::new(
            "INSERT INTO cache_changes (generation, client_id) VALUES (?, ?) \
             ON CONFLICT (generation) DO UPDATE SET client_id = excluded.client_id",
            &values,
        );
        on_backend!(&mut *connection, |c| insert.execute(c))?;
    }
    Ok(())
}

/// Raises the number without a row: everything may have changed.
pub(super) fn raise(connection: &mut AnyConnection) -> QueryResult<()> {
    let newest = raise_by(connection, 1)?;
    // There is one where an operator has set the number back, and it names who changed then.
    diesel::delete(cache_changes::table.find(newest)).execute(connection).map(drop)
}

/// Raises the number; gives the newest. Until this transaction ends nobody else raises it, so rows are written in the order of
/// their numbers, and whoever reads a number finds the rows of all up to it.
fn raise_by(connection: &mut AnyConnection, by: i64) -> QueryResult<i64> {
    let values = [Value::Number(by)];
    let raise = Prepared::<BigInt>::new("UPDATE cache_generation SET value = value + ? RETURNING value", &values);
    let newest = on_backend!(&mut *connection, |c| raise.get_result::<i64>(c))?;
    if newest / SWEPT_EVERY > (newest - by) / SWEPT_EVERY {
        let old = cache_changes::table.filter(cache_changes::generation.le(newest - KEPT));
        diesel::delete(old).execute(connection)?;
    }
    Ok(newest)
}

/// The clients that changed after the number `known`, up to `newest`; `None` when other things may have changed too.
fn clients_changed(connection: &mut AnyConnection, known: i64, newest: i64) -> QueryResult<Option<Vec<String>>> {
    let number = newest - known;
    if number == 0 {
        return Ok(Some(Vec::new()));
    }
    if !(1..=MOST_READ).contains(&number) {
        return Ok(None);
    }
    let ids = cache_changes::table
        .filter(cache_changes::generation.gt(known))
        .filter(cache_changes::generation.le(newest))
        .select(cache_changes::client_id)
        .load::<String>(connection)?;
    Ok((i64::try_from(ids.len()) == Ok(number)).then_some(ids))
}

/// The number of the newest change.
///
/// # Errors
/// Also when the database takes no writes: somewhere else there may be newer ones.
pub fn generation(connection: &mut AnyConnection) -> Result<i64, StoreError> {
    Ok(newest(connection)?.0)
}

fn newest(connection: &mut AnyConnection) -> Result<(i64, Server), StoreError> {
    match connection {
        #[cfg(feature = "sqlite")]
        AnyConnection::Sqlite(c) => Ok((cache_generation::table.select(cache_generation::value).get_result(c)?, 0)),
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(c) => {
            let question = Prepared::<(BigInt, BigInt, Bool)>::new(
                "SELECT value, (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint, \
                 current_setting('transaction_read_only') = 'on' FROM cache_generation",
                &[],
            );
            let (newest, server, is_read_only) = question.get_result::<(i64, i64, bool)>(c)?;
            if is_read_only { Err(error::read_only()) } else { Ok((newest, server)) }
        }
    }
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use diesel::connection::SimpleConnection;

    use super::*;
    use crate::domain::client::{ClientMetadata, Origin};
    use crate::secret::Digest;
    use crate::store::{connection, migrate};

    const NAMES: [&str; 2] = ["one", "two"];

    /// A database with clients of these names.
    fn database() -> AnyConnection {
        let mut connection = connection::open_in_memory().unwrap();
        migrate::run(&mut connection).unwrap();
        let stored = serde_json::json!({
            "client_name": "App", "grant_types": [], "token_endpoint_auth_method": "none",
        });
        let metadata: ClientMetadata = serde_json::from_value(stored).unwrap();
        for name in NAMES {
            clients::insert(&mut connection, name, Origin::Admin, &metadata, 0).unwrap();
        }
        connection
    }

    /// Reads everything, so that it is kept.
    fn fill(cache: &Cache, connection: &mut AnyConnection) {
        cache.ask(connection).unwrap();
        for name in NAMES {
            cache.client(connection, name).unwrap().unwrap();
            cache.brief(connection, name).unwrap().unwrap();
        }
        cache.catalog(connection).unwrap();
        assert_eq!(kept(cache), (NAMES.to_vec(), true));
    }

    /// Which clients are kept, and whether the catalogue is.
    fn kept(cache: &Cache) -> (Vec<&'static str>, bool) {
        let entries = cache.entries.read().unwrap();
        let is_kept = |name: &&str| {
            let is_kept = entries.clients.get(name).is_some();
            assert_eq!(entries.briefs.get(name).is_some(), is_kept, "what tokens ask of {name}");
            is_kept
        };
        (NAMES.into_iter().filter(is_kept).collect(), entries.catalog.is_some())
    }

    /// A unit of work of another process.
    fn unit(
        connection: &mut AnyConnection,
        work: impl FnOnce(&mut AnyConnection) -> Result<(), StoreError>,
    ) -> Changed {
        begin_unit();
        work(connection).unwrap();
        let changed = end_unit();
        tell(connection, &changed).unwrap();
        changed
    }

    fn disable(connection: &mut AnyConnection, name: &str) {
        unit(connection, |c| Ok(clients::set_disabled(c, name, Some(1)).map(drop)?));
    }

    fn run(connection: &mut AnyConnection, sql: &str) {
        connection.batch_execute(sql).unwrap();
    }

    fn changed(names: &[&str]) -> Changed {
        Changed::Clients(names.iter().map(|name| (*name).to_owned()).collect())
    }

    /// Lists that grow reserve room for four at least, and a secret takes 130 bytes.
    #[test]
    fn a_client_that_is_kept_takes_no_more_than_it_needs() {
        let mut connection = database();
        let stored = serde_json::json!({
            "client_name": "App", "grant_types": ["authorization_code"], "response_types": ["code"],
            "redirect_uris": ["https://app.example/back"], "post_logout_redirect_uris": ["https://app.example/"],
            "contacts": ["a@app.example"], "token_endpoint_auth_method": "client_secret_basic",
        });
        let metadata: ClientMetadata = serde_json::from_value(stored).unwrap();
        clients::insert(&mut connection, "three", Origin::Admin, &metadata, 0).unwrap();
        clients::add_secret(&mut connection, "three", &Digest::of("secret"), 0).unwrap();
        let client = Cache::default().client(&mut connection, "three").unwrap().unwrap();
        assert_eq!((client.redirect_uris.capacity(), client.secrets.capacity()), (1, 1));
        let metadata = &client.metadata;
        for texts in
            [&metadata.redirect_uris, &metadata.response_types, &metadata.post_logout_redirect_uris, &metadata.contacts]
        {
            assert_eq!(texts.capacity(), 1, "{texts:?}");
        }
    }

    #[test]
    fn news_another_server_and_long_silence_empty_the_memory_and_a_late_answer_does_not() {
        let mut connection = database();
        run(&mut connection, "UPDATE cache_generation SET value = 6");
        let cache = Cache::default();
        let mut forgets = |generation: i64, server: Server, asked_at: Instant| {
            *cache.heard.write().unwrap() =
                Heard { generation: Some(generation), server, asked_at, answered_at: asked_at };
            let epoch = cache.epoch.load(Ordering::SeqCst);
            cache.ask(&mut connection).unwrap();
            cache.epoch.load(Ordering::SeqCst) != epoch
        };
        let (now, minute) = (Instant::now(), Duration::from_secs(60));
        let ago = |time: Duration| now.checked_sub(time).unwrap();
        assert!(forgets(5, 0, now));
        assert!(!forgets(6, 0, ago(TRUST * 2)), "it counts again");
        assert!(forgets(6, 0, ago(SILENCE * 2)), "the database may be another");
        assert!(forgets(6, 1, now), "another server's sixth change may be another");
        assert!(!forgets(7, 0, now + minute), "somebody has asked since");
        assert_eq!(cache.generation(), Some(7));
    }

    #[test]
    fn only_clients_that_changed_are_forgotten() {
        let (cache, mut connection) = (Cache::default(), database());
        fill(&cache, &mut connection);
        let changes = cache.changes();
        disable(&mut connection, "one");
        cache.ask(&mut connection).unwrap();
        assert_eq!(kept(&cache), (vec!["two"], true));
        assert!(!cache.client(&mut connection, "one").unwrap().unwrap().is_enabled());
        unit(&mut connection, |c| Ok(clients::delete(c, "two").map(drop)?));
        disable(&mut connection, "one");
        cache.ask(&mut connection).unwrap();
        assert_eq!(kept(&cache), (vec![], true), "two changes at once");
        assert!(!changes.has_changed().unwrap(), "keys and settings are as they were");
        unit(&mut connection, |c| Ok(touch(c)?));
        cache.ask(&mut connection).unwrap();
        assert!(changes.has_changed().unwrap());
    }

    #[test]
    fn everything_is_forgotten_where_more_than_some_clients_may_have_changed() {
        type Change<'a> = &'a dyn Fn(&mut AnyConnection);
        let many = |c: &mut AnyConnection| (0..=MOST_READ).for_each(|_| tell(c, &changed(&["one"])).unwrap());
        let changes: [(&str, Change<'_>); 6] = [
            ("a scope", &|c| drop(unit(c, |c| Ok(touch(c)?)))),
            ("what an earlier version changed, and then a client", &|c| {
                run(c, "UPDATE cache_generation SET value = value + 1");
                disable(c, "one");
            }),
            ("a client, and then what an earlier version changed", &|c| {
                disable(c, "one");
                run(c, "UPDATE cache_generation SET value = value + 1");
            }),
            ("a change whose row is gone", &|c| {
                disable(c, "one");
                run(c, "DELETE FROM cache_changes");
                disable(c, "one");
            }),
            ("very many changes", &many),
            ("another database", &|c| run(c, "UPDATE cache_generation SET value = value - 1")),
        ];
        let (cache, mut connection) = (Cache::default(), database());
        for (what, change) in changes {
            fill(&cache, &mut connection);
            change(&mut connection);
            cache.ask(&mut connection).unwrap();
            assert_eq!(kept(&cache), (vec![], false), "{what}");
        }
        fill(&cache, &mut connection);
        disable(&mut connection, "two");
        cache.ask(&mut connection).unwrap();
        assert_eq!(kept(&cache), (vec!["one"], true), "a number that was there before is written anew");
        run(&mut connection, "UPDATE cache_generation SET value = value - 1");
        fill(&cache, &mut connection);
        unit(&mut connection, |c| Ok(touch(c)?));
        cache.ask(&mut connection).unwrap();
        assert_eq!(kept(&cache), (vec![], false), "a number that named a client before names none now");
    }

    #[test]
    fn answers_that_cross_take_nothing_back_and_leave_nothing_out() {
        let (cache, now) = (Cache::default(), Instant::now());
        let clients = ["one".to_owned()];
        let hear = |generation: i64, asked: u64, answered: u64, known: i64| {
            let at = |ms| now + Duration::from_millis(ms);
            let answer =
                Heard { generation: Some(generation), server: 0, asked_at: at(asked), answered_at: at(answered) };
            let before = *cache.changes.borrow();
            cache.hear(answer, Some(known), Some(&clients));
            (cache.generation(), *cache.changes.borrow() != before)
        };
        assert_eq!(hear(8, 0, 10, 8), (Some(8), true), "it is the first");
        assert_eq!(hear(10, 20, 60, 8), (Some(10), false));
        assert_eq!(hear(9, 30, 40, 8), (Some(10), false), "the newer one was read at the same time");
        assert_eq!(hear(11, 50, 70, 8), (Some(11), false), "what it says of more than it needs is right");
        assert_eq!(hear(9, 80, 90, 11), (Some(9), true), "a number that goes back is another database's");
        assert_eq!(hear(13, 85, 95, 11), (Some(13), true), "nothing is said of those in between");
    }

    #[test]
    fn what_was_read_before_a_client_changed_does_not_come_in_after() {
        let (cache, mut connection) = (Cache::default(), database());
        cache.ask(&mut connection).unwrap();
        let epoch = cache.epoch.load(Ordering::SeqCst);
        let read = Arc::new(clients::find(&mut connection, "one").unwrap().unwrap());
        assert!(cache.forget_changes([&Changed::Nothing]).is_none());
        assert!(cache.forget_changes([&Changed::Nothing, &changed(&["one"])]).is_some());
        cache.keep_client(epoch, &read);
        assert_eq!(kept(&cache), (vec![], false));
        fill(&cache, &mut connection);
        drop(cache.forget_changes([&changed(&["one"]), &Changed::Nothing]));
        assert_eq!(kept(&cache), (vec!["two"], true));
        drop(cache.forget_changes([&changed(&["two"]), &Changed::Everything]));
        assert_eq!(kept(&cache), (vec![], false));
    }

    #[test]
    fn a_unit_of_work_raises_the_number_once_for_each_client_that_it_touched() {
        let mut connection = database();
        let mut comes_to = |work: &dyn Fn(&mut AnyConnection) -> QueryResult<()>| {
            let before = generation(&mut connection).unwrap();
            let changed = unit(&mut connection, |c| Ok(work(c)?));
            (changed, generation(&mut connection).unwrap() - before)
        };
        assert_eq!(comes_to(&|_| Ok(())), (Changed::Nothing, 0));
        let both = comes_to(&|c| ["two", "one", "two"].into_iter().try_for_each(|name| touch_client(c, name)));
        assert_eq!(both, (changed(&["one", "two"]), 2));
        let all = comes_to(&|c| touch_client(c, "one").and_then(|()| touch(c)).and_then(|()| touch_client(c, "two")));
        assert_eq!(all, (Changed::Everything, 1));
        let many = comes_to(&|c| (0..=MOST_NAMED).try_for_each(|number| touch_client(c, &number.to_string())));
        assert_eq!(many, (Changed::Everything, 1));
        let rows = cache_changes::table.order(cache_changes::generation).select(cache_changes::client_id);
        assert_eq!(rows.load::<String>(&mut connection).unwrap(), NAMES);
    }

    #[test]
    fn rows_that_nobody_reads_any_more_are_deleted() {
        let mut connection = database();
        let mut rows = |before: i64| {
            run(&mut connection, &format!("UPDATE cache_generation SET value = {before}"));
            tell(&mut connection, &changed(&["one"])).unwrap();
            let rows = cache_changes::table.order(cache_changes::generation).select(cache_changes::generation);
            rows.load::<i64>(&mut connection).unwrap()
        };
        assert_eq!(rows(SWEPT_EVERY), [SWEPT_EVERY + 1]);
        assert_eq!(rows(KEPT + SWEPT_EVERY), [SWEPT_EVERY + 1, KEPT + SWEPT_EVERY + 1], "not each time");
        let next = KEPT + 2 * SWEPT_EVERY;
        assert_eq!(rows(next - 1), [KEPT + SWEPT_EVERY + 1, next]);
    }
}
