//! Worker threads on pooled connections: all reads, and on PostgreSQL the writes too.
//!
//! A lost connection is noticed when a statement fails on it; the unit of work then runs once more on another one, unless
//! its commit was under way already, because then nobody knows whether it happened.
//!
//! One that leads to a standby, or to what has become one, reads well and refuses all writes. It is given up like a lost one,
//! once in [`RENEWAL`], so that the address of the database is asked again.
//!
//! PostgreSQL ends a deadlock by giving up one of the transactions in it. Nothing of that one was committed, so it is run
//! again while its caller has patience.
//!
//! A connection can also hang: what was sent is neither answered nor refused, for as long as a proxy or a dead machine's
//! network pleases. Nobody can interrupt a worker in that state, so the pool gives it up ([`Pool::relieve`]): a new worker
//! takes its place, and new connections that of all old ones, because what hung one is likely to hang the others.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use diesel::connection::SimpleConnection;
use scheduled_thread_pool::ScheduledThreadPool;

use crate::config::database_url::DatabaseUrl;
use crate::store::cache::Cache;
use crate::store::connection::{AnyConnection, Manager};
use crate::store::error::{Obstacle, StoreError};
use crate::store::figures::PoolFigures;
use crate::store::job::Job;
use crate::store::queue::Queue;

/// How long a worker waits for a connection.
pub(super) const PATIENCE: Duration = Duration::from_millis(1500);

/// How long a worker is busy at most while the database answers: a unit of work has few statements, and each ends in time.
const HANGING: Duration = Duration::from_secs(4);
/// How often a transaction that the database gave up is run again.
const MOST_REPETITIONS: u32 = 2;
/// What it waits before.
const PAUSE: Duration = Duration::from_millis(20);
/// For how long such a transaction is run again: deadlocks are ended after a second, and who has waited in
/// vain for a lock has waited longer than this.
const REPEATING: Duration = Duration::from_millis(1500);
/// How old a connection that takes no writes is at least when it is replaced: what a new one says, all would say.
const RENEWAL: Duration = Duration::from_secs(1);
/// Most threads, those included that were given up and still hang.
const MOST_THREADS: usize = 64;

/// What a worker does with a job.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Task {
    Read,
    /// One statement that is its own transaction, and may be done twice.
    Add,
    Write,
}

/// A job and how to do it.
pub type Queued = (Task, Box<dyn Job>);

/// What the workers take their connections from.
pub type Connections = r2d2::Pool<Manager>;

/// The workers and their connections.
pub struct Pool {
    url: DatabaseUrl,
    size: u32,
    connections: Arc<ArcSwap<Connections>>,
    queue: Arc<Queue<Queued>>,
    cache: Arc<Cache>,
    figures: PoolFigures,
    workers: Vec<Arc<Worker>>,
    /// Threads that have not ended, given up or not.
    threads: Arc<AtomicUsize>,
}

/// What the pool knows of a worker.
#[derive(Default)]
struct Worker(Mutex<State>);

#[derive(Clone, Copy, Default)]
enum State {
    #[default]
    Ready,
    BusySince(Instant),
    GivenUp,
}

impl Worker {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self) {
        *self.state() = State::BusySince(Instant::now());
    }

    /// Says whether it goes on, which it does not once it was given up.
    fn end(&self) -> bool {
        let mut state = self.state();
        let goes_on = !matches!(*state, State::GivenUp);
        if goes_on {
            *state = State::Ready;
        }
        goes_on
    }

    /// Gives it up where it hangs.
    fn give_up(&self) -> bool {
        let mut state = self.state();
        let hangs = matches!(*state, State::BusySince(since) if since.elapsed() > HANGING);
        if hangs {
            *state = State::GivenUp;
        }
        hangs
    }
}

impl Pool {
    /// Starts `size` workers on as many connections, opened as they are needed. They end when the queue is closed.
    pub fn start(
        url: DatabaseUrl,
        size: u32,
        queue: Arc<Queue<Queued>>,
        cache: Arc<Cache>,
        figures: PoolFigures,
    ) -> std::io::Result<Self> {
        let connections = Arc::new(ArcSwap::from_pointee(connect(&url, size, &figures)));
        let (workers, threads) = (Vec::new(), Arc::default());
        let mut pool = Self { url, size, connections, queue, cache, figures, workers, threads };
        for _ in 0..size {
            pool.hire()?;
        }
        Ok(pool)
    }

    /// The connections of this moment: new ones take their place when they hang.
    pub fn connections(&self) -> Arc<ArcSwap<Connections>> {
        Arc::clone(&self.connections)
    }

    /// Replaces workers that hang. To be called now and then.
    pub fn relieve(&mut self) -> std::io::Result<()> {
        let before = self.workers.len();
        self.workers.retain(|worker| {
            let hangs = worker.give_up();
            if hangs {
                self.queue.leave();
            }
            !hangs
        });
        let hanging = before - self.workers.len();
        if hanging > 0 {
            tracing::warn!(hanging, "the database does not answer; its connections are given up for new ones");
            self.connections.store(Arc::new(connect(&self.url, self.size, &self.figures)));
        }
        // Where new connections hang too, the threads that wait for them must not become ever more.
        while self.workers.len() < self.size as usize && self.threads.load(Ordering::SeqCst) < MOST_THREADS {
            self.hire()?;
        }
        Ok(())
    }

    fn hire(&mut self) -> std::io::Result<()> {
        let worker = Arc::new(Worker::default());
        let (queue, connections, cache, threads) = (
            Arc::clone(&self.queue),
            Arc::clone(&self.connections),
            Arc::clone(&self.cache),
            Arc::clone(&self.threads),
        );
        let hired = Arc::clone(&worker);
        self.queue.join();
        let spawned = thread::Builder::new().name("store".into()).spawn(move || {
            let mut served = 0;
            while let Some(queued) = queue.take(served) {
                hired.begin();
                served = usize::from(work(queued, &connections.load_full(), &cache));
                if !hired.end() {
                    break;
                }
            }
            threads.fetch_sub(1, Ordering::SeqCst);
        });
        spawned.inspect_err(|_| self.queue.leave())?;
        self.threads.fetch_add(1, Ordering::SeqCst);
        self.workers.push(worker);
        Ok(())
    }
}

/// A pool of `size` connections, opened as they are needed.
fn connect(url: &DatabaseUrl, size: u32, figures: &PoolFigures) -> Connections {
    // Those who open connections: a file is opened in a moment.
    let openers = if matches!(url, DatabaseUrl::Sqlite(_)) { 1 } else { 3 };
    let openers = ScheduledThreadPool::builder().num_threads(openers).thread_name_pattern("store-opener").build();
    r2d2::Pool::builder()
        .thread_pool(Arc::new(openers))
        .max_size(size)
        .min_idle(Some(1))
        .test_on_check_out(false)
        .connection_timeout(PATIENCE)
        .idle_timeout(Some(Duration::from_secs(600)))
        .error_handler(Box::new(Watch(figures.clone())))
        .event_handler(Box::new(Watch(figures.clone())))
        .build_unchecked(Manager::new(url.clone()))
}

/// Logs and counts what the pool says.
#[derive(Debug)]
struct Watch(PoolFigures);

impl<E: std::error::Error> r2d2::HandleError<E> for Watch {
    fn handle_error(&self, error: E) {
        self.0.errors.increment();
        tracing::warn!(%error, "the database cannot be reached");
    }
}

impl r2d2::HandleEvent for Watch {
    fn handle_checkout(&self, event: r2d2::event::CheckoutEvent) {
        self.0.waits.observe(event.duration());
    }

    fn handle_timeout(&self, event: r2d2::event::TimeoutEvent) {
        self.0.waits.observe(event.timeout());
        self.0.timeouts.increment();
    }
}

/// Does a long write on a connection of its own, and again when the database gave it up.
pub fn alone(url: &DatabaseUrl, mut job: Box<dyn Job>, cache: &Cache) {
    let failure = match Manager::new(url.clone()).open() {
        Err(error) => Some(error.to_string()),
        Ok(mut connection) => {
            let mut again = MOST_REPETITIONS;
            loop {
                match attempt(Task::Write, &mut connection, job.as_mut(), cache) {
                    Attempt::GivenUp if again > 0 && !job.is_abandoned() => {
                        again -= 1;
                        thread::sleep(PAUSE);
                    }
                    Attempt::Done | Attempt::Thinned | Attempt::GivenUp | Attempt::ReadOnly => break None,
                    Attempt::Lost => break Some("somebody else is writing, or its connection is lost".to_owned()),
                    Attempt::Unknown(why) => break Some(why),
                }
            }
        }
    };
    job.answer(failure.map(StoreError::Unavailable));
}

/// Does the work and answers; false when nobody waits for it any more, or the database failed it.
fn work((task, mut job): Queued, connections: &Connections, cache: &Cache) -> bool {
    if job.is_abandoned() {
        return false;
    }
    let failure = serve(connections, task, job.as_mut(), cache).err();
    let is_served = failure.is_none() && job.obstacle().is_none();
    job.answer(failure);
    is_served
}

/// Does the work, on another connection when the first turns out to be lost, and again when the database gave it up.
fn serve(pool: &Connections, task: Task, job: &mut dyn Job, cache: &Cache) -> Result<(), StoreError> {
    let (begun, mut again) = (Instant::now(), MOST_REPETITIONS);
    // Every idle connection may be lost when the database comes back; the one after them is new.
    let mut lost = pool.state().idle_connections;
    loop {
        let mut pooled = pool.get().map_err(|error| StoreError::Unavailable(error.to_string()))?;
        match attempt(task, &mut pooled.connection, job, cache) {
            Attempt::Unknown(why) => {
                pooled.is_lost = true;
                return Err(StoreError::Unavailable(why));
            }
            Attempt::GivenUp if again > 0 && begun.elapsed() < REPEATING => {
                again -= 1;
                // Who waited for what this one held goes first.
                thread::sleep(PAUSE);
            }
            Attempt::Thinned => {}
            Attempt::Done | Attempt::GivenUp => return Ok(()),
            Attempt::ReadOnly if pooled.opened_at.elapsed() < RENEWAL => return Ok(()),
            Attempt::Lost | Attempt::ReadOnly if lost > 0 => {
                pooled.is_lost = true;
                lost -= 1;
            }
            Attempt::Lost | Attempt::ReadOnly => {
                pooled.is_lost = true;
                return Err(StoreError::Unavailable("its connections are lost".into()));
            }
        }
    }
}

/// Tries once. Memory lets go of what the job changed whatever became of it: the job may have read what was never committed.
fn attempt(task: Task, connection: &mut AnyConnection, job: &mut dyn Job, cache: &Cache) -> Attempt {
    let attempt = match task {
        Task::Read | Task::Add => once(connection, job),
        Task::Write => write(connection, job),
    };
    drop(cache.forget_changes([job.changed_cache()]));
    attempt
}

enum Attempt {
    /// The job has an outcome; when it is an error, nothing was written.
    Done,
    /// Some of those it was done for have stopped waiting; nothing was written for the others either.
    Thinned,
    /// The database gave up a statement; nothing was written.
    GivenUp,
    /// The connection takes no writes.
    ReadOnly,
    /// The connection was lost before anything was committed.
    Lost,
    /// The connection was lost while committing.
    Unknown(String),
}

/// What needs no transaction around it.
fn once(connection: &mut AnyConnection, job: &mut dyn Job) -> Attempt {
    if job.run(connection) {
        return Attempt::Done;
    }
    match job.obstacle() {
        Some(Obstacle::ReadOnly) => Attempt::ReadOnly,
        _ if is_alive(connection) => Attempt::Done,
        _ => Attempt::Lost,
    }
}

fn write(connection: &mut AnyConnection, job: &mut dyn Job) -> Attempt {
    if connection.begin_write().is_err() {
        return Attempt::Lost;
    }
    let is_done = job.run(connection);
    // A caller that was told of a failure must find nothing done: a code that it sends again is not a replay.
    if is_done && !job.has_lost_a_caller() {
        return match connection.commit() {
            Ok(()) => Attempt::Done,
            Err(error) => Attempt::Unknown(error.to_string()),
        };
    }
    match (connection.rollback(), job.obstacle()) {
        (Err(_), _) => Attempt::Lost,
        (Ok(()), _) if is_done && !job.is_abandoned() => Attempt::Thinned,
        (Ok(()), None) => Attempt::Done,
        (Ok(()), Some(Obstacle::GivenUp)) => Attempt::GivenUp,
        (Ok(()), Some(Obstacle::ReadOnly)) => Attempt::ReadOnly,
    }
}

fn is_alive(connection: &mut AnyConnection) -> bool {
    connection.batch_execute("SELECT 1").is_ok()
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use diesel::result::{DatabaseErrorKind, Error as DieselError};

    use super::*;
    use crate::store::job::job;

    #[test]
    fn what_nobody_waits_for_and_what_the_database_failed_was_not_served() {
        let directory = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::Sqlite(directory.path().join("grantor.db"));
        Manager::new(url.clone()).open().unwrap();
        let (connections, cache) =
            (r2d2::Pool::builder().max_size(1).build(Manager::new(url)).unwrap(), Cache::default());
        let is_served = |job| work((Task::Read, job), &connections, &cache);
        let (done, _waits) = job(|_| Ok::<_, StoreError>(()));
        assert!(is_served(done));
        let (refused, _waits) = job(|_| Err::<(), _>(StoreError::Unavailable("of a rule".into())));
        assert!(is_served(refused), "it took its time as any other");
        let (abandoned, waits) = job(|_| Ok::<_, StoreError>(()));
        drop(waits);
        assert!(!is_served(abandoned));
        let (failed, _waits) = job(|_| {
            let standby = DieselError::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, Box::new(String::new()));
            Err::<(), _>(StoreError::from(standby))
        });
        assert!(!is_served(failed));
    }

    /// Of those who go together.
    #[cfg(feature = "postgres")]
    #[test]
    fn what_is_written_for_several_is_not_written_for_who_has_stopped_waiting() {
        use diesel::sql_types::Integer;
        use diesel::{RunQueryDsl, sql_query};

        use crate::store::gather::Gathering;
        use crate::store::job::Answer;

        let directory = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::Sqlite(directory.path().join("grantor.db"));
        Manager::new(url.clone()).open().unwrap();
        let connections = r2d2::Pool::builder().max_size(1).build(Manager::new(url)).unwrap();
        let execute = |statement: &str| connections.get().unwrap().connection.batch_execute(statement).unwrap();
        execute("CREATE TABLE notes (number INTEGER PRIMARY KEY)");
        let gone: Arc<Mutex<Option<Answer<(), StoreError>>>> = Arc::default();
        let queue = Arc::new(Queue::new(0, 9));
        let leaves = Arc::clone(&gone);
        let gathering = Gathering::new(&queue, Task::Write, move |connection, numbers: &[i32]| {
            for number in numbers {
                sql_query("INSERT INTO notes VALUES (?)").bind::<Integer, _>(number).execute(connection)?;
            }
            drop(leaves.lock().unwrap().take());
            Ok(numbers.iter().map(|_| Ok(())).collect())
        });
        let (_, mut stays, _) = gathering.join(1);
        *gone.lock().unwrap() = Some(gathering.join(2).1);
        let (_, mut stays_too, _) = gathering.join(3);
        assert!(work(queue.take(0).unwrap(), &connections, &Cache::default()));
        for answer in [&mut stays, &mut stays_too] {
            assert!(answer.ending.try_recv().is_ok_and(|verdict| verdict.failure.is_none()));
            answer.outcome.take().unwrap();
        }
        // A second time for who was left out, and not for the others.
        execute("INSERT INTO notes VALUES (2)");
        assert!(connections.get().unwrap().connection.batch_execute("INSERT INTO notes VALUES (3)").is_err());
        *gone.lock().unwrap() = Some(gathering.join(4).1);
        work(queue.take(0).unwrap(), &connections, &Cache::default());
        // And nothing at all where nobody waits any more.
        execute("INSERT INTO notes VALUES (4)");
    }
}
