//! SQLite's single writer: everything waiting goes into one durable transaction.
//!
//! SQLite lets one transaction write at a time, and a commit costs a sync to the disk. So one thread owns the one writing
//! connection, takes what waits (up to [`BATCH`]), commits once, and answers all: the more load, the bigger the batch, the
//! cheaper a commit. Mostly all of them succeed, and then no unit of work pays for a savepoint. When one comes to nothing,
//! everything is rolled back and done once more, each in a savepoint of its own, so that it takes nobody with it.
//!
//! A caller that was refused for its time must find nothing done: a code that it sends again is not a replay. It may leave
//! while those after it are served, so before the commit all are asked whether they still wait, and without those that do not
//! everything is done once more.
//!
//! What can be read tells nothing about what can be written: on a full disk all reads go well. So a write that failed leaves
//! a [`Doubt`], until one after it has succeeded.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{QueryResult, RunQueryDsl};

use crate::store::cache::{Cache, Forgotten};
use crate::store::connection::{AnyConnection, Manager};
use crate::store::error::StoreError;
use crate::store::figures::Figures;
use crate::store::job::Job;
use crate::store::queue::Queue;

/// Most units of work in one transaction.
const BATCH: usize = 256;
/// How long a transaction takes at most where nothing is wrong: who waits for it has less patience.
const HANGING: Duration = Duration::from_secs(4);

/// Whether the database can be written, as far as is known.
#[derive(Default)]
pub struct Doubt {
    /// Transactions that the database failed.
    failed: AtomicU64,
    /// How many of them came before a write that is known to have succeeded.
    dispelled: AtomicU64,
    /// Since when a transaction is under way.
    begun: Mutex<Option<Instant>>,
}

impl Doubt {
    fn arise(&self) {
        self.failed.fetch_add(1, Ordering::SeqCst);
    }

    fn begin(&self) {
        *self.begun.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn end(&self) {
        *self.begun.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whether a transaction is under way for longer than any should, as on a disk that hangs.
    pub fn hangs(&self) -> bool {
        let begun = *self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.is_some_and(|begun| begun.elapsed() > HANGING)
    }

    /// A write that began after this doubt has succeeded.
    pub fn dispel(&self, doubt: u64) {
        self.dispelled.fetch_max(doubt, Ordering::SeqCst);
    }

    /// The newest doubt that was not dispelled.
    pub fn newest(&self) -> Option<u64> {
        let newest = self.failed.load(Ordering::SeqCst);
        (newest > self.dispelled.load(Ordering::SeqCst)).then_some(newest)
    }
}

/// Writes what leaves everything as it was. A page goes to disk nevertheless, which it would not if the number were set to
/// itself: SQLite notices that.
pub fn rehearse(connection: &mut AnyConnection) -> Result<(), StoreError> {
    Ok(connection.batch_execute(
        "UPDATE cache_generation SET value = value + 1; UPDATE cache_generation SET value = value - 1",
    )?)
}

/// Starts the thread on a connection; it ends when the queue is closed.
pub fn start(
    first: AnyConnection,
    manager: Manager,
    queue: Arc<Queue<Box<dyn Job>>>,
    cache: Arc<Cache>,
    figures: Arc<Figures>,
    doubt: Arc<Doubt>,
) -> std::io::Result<thread::JoinHandle<()>> {
    queue.join();
    thread::Builder::new().name("store-writer".into()).spawn(move || {
        let (mut connection, mut served) = (Some(first), 0);
        while let Some(first) = queue.take(served) {
            served = 0;
            let mut batch = vec![first];
            batch.extend(queue.take_more(BATCH - 1));
            batch.retain(|job| !job.is_abandoned());
            if batch.is_empty() {
                continue;
            }
            if connection.is_none() {
                match manager.open() {
                    Ok(opened) => connection = Some(opened),
                    Err(error) => {
                        doubt.arise();
                        answer_all(batch, || Some(StoreError::Unavailable(error.to_string())));
                        continue;
                    }
                }
            }
            let ready = connection.as_mut().expect("it was opened above");
            let (size, begun) = (batch.len(), Instant::now());
            let is_sound = write(ready, batch, &cache, &doubt);
            figures.batch_sizes.observe_number(size as u64);
            figures.batch_times.observe(begun.elapsed());
            if is_sound {
                served = size;
            } else {
                // Whatever state it is in, a new connection is in a known one.
                connection = None;
            }
        }
    })
}

/// Runs the batch in one transaction; false when the connection is not to be trusted any more.
fn write(connection: &mut AnyConnection, mut batch: Vec<Box<dyn Job>>, cache: &Cache, doubt: &Doubt) -> bool {
    let doubted = doubt.newest().map(|newest| (newest, changes(connection)));
    doubt.begin();
    let committed = settle(connection, &mut batch, cache);
    doubt.end();
    // Freed at the end, when all have their answers.
    let _gone = forget_changes(&batch, cache);
    if let Some((newest, before)) = doubted.filter(|_| committed.as_ref().is_ok_and(|is_whole| *is_whole))
        && before.is_some_and(|before| changes(connection).is_some_and(|after| after > before))
    {
        doubt.dispel(newest);
    }
    // Before anybody is refused: who then asks whether we are ready must not hear yes.
    if committed.is_err() || batch.iter().any(|job| job.obstacle().is_some()) {
        doubt.arise();
    }
    match committed {
        Ok(_) => {
            answer_all(batch, || None);
            true
        }
        Err(error) => {
            let _ = connection.rollback();
            answer_all(batch, || Some(StoreError::Unavailable(error.to_string())));
            false
        }
    }
}

/// Commits what of the batch can be done. Whose caller is gone is left out. Says whether that was all of it, and nothing was rolled
/// back.
fn settle(connection: &mut AnyConnection, batch: &mut Vec<Box<dyn Job>>, cache: &Cache) -> QueryResult<bool> {
    connection.begin_write()?;
    if together(connection, batch) {
        return connection.commit().map(|()| true);
    }
    undo(connection, batch, cache)?;
    // The only one says itself why.
    if batch.len() == 1 {
        return Ok(false);
    }
    loop {
        batch.retain(|job| !job.is_abandoned());
        connection.begin_write()?;
        apart(connection, batch)?;
        if all_wait(batch) {
            return connection.commit().map(|()| false);
        }
        undo(connection, batch, cache)?;
    }
}

/// Does all of the batch; false when one came to nothing or is waited for no more.
fn together(connection: &mut AnyConnection, batch: &mut [Box<dyn Job>]) -> bool {
    batch.iter_mut().all(|job| job.run(connection) && !job.is_abandoned()) && all_wait(batch)
}

/// Does what of the batch can be done.
fn apart(connection: &mut AnyConnection, batch: &mut [Box<dyn Job>]) -> QueryResult<()> {
    batch.iter_mut().try_for_each(|job| in_savepoint(connection, job.as_mut()))
}

fn in_savepoint(connection: &mut AnyConnection, job: &mut dyn Job) -> QueryResult<()> {
    connection.begin_savepoint()?;
    if job.run(connection) { connection.commit() } else { connection.rollback() }
}

fn all_wait(batch: &[Box<dyn Job>]) -> bool {
    batch.iter().all(|job| !job.is_abandoned())
}

fn undo(connection: &mut AnyConnection, batch: &[Box<dyn Job>], cache: &Cache) -> QueryResult<()> {
    let _gone = forget_changes(batch, cache);
    connection.rollback()
}

/// Lets memory go when something in it was changed, whatever became of the change: one of the batch may have read what
/// another had not committed yet.
fn forget_changes(batch: &[Box<dyn Job>], cache: &Cache) -> Option<Forgotten> {
    cache.forget_changes(batch.iter().map(|job| job.changed_cache()))
}

/// How many rows this connection has changed so far, also those of what was rolled back.
fn changes(connection: &mut AnyConnection) -> Option<i64> {
    #[derive(diesel::QueryableByName)]
    struct Changed {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        number: i64,
    }
    let changed = diesel::sql_query("SELECT total_changes() AS number").get_result::<Changed>(connection);
    changed.ok().map(|changed| changed.number)
}

fn answer_all(batch: Vec<Box<dyn Job>>, failure: impl Fn() -> Option<StoreError>) {
    for job in batch {
        job.answer(failure());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "sqlite")]
    #[test]
    fn only_what_was_written_dispels_a_doubt() {
        let mut connection = crate::store::connection::open_in_memory().unwrap();
        connection.batch_execute("CREATE TABLE notes (number INTEGER)").unwrap();
        let (cache, doubt) = (Cache::default(), Doubt::default());
        doubt.arise();
        let mut leaves_it = |statement: &'static str, is_refused: bool| {
            let (job, _answer) = crate::store::job::job(move |connection| {
                connection.batch_execute(statement)?;
                if is_refused { Err(StoreError::Overloaded) } else { Ok(()) }
            });
            assert!(write(&mut connection, vec![job], &cache, &doubt));
            doubt.newest().is_some()
        };
        assert!(leaves_it("INSERT INTO notes VALUES (1)", true), "it was rolled back");
        assert!(leaves_it("SELECT 1", false), "nothing was written");
        assert!(!leaves_it("INSERT INTO notes VALUES (1)", false));
    }

    #[test]
    fn a_transaction_that_does_not_end_hangs() {
        let doubt = Doubt::default();
        assert!(!doubt.hangs());
        doubt.begin();
        assert!(!doubt.hangs(), "it has just begun");
        *doubt.begun.lock().unwrap() = Instant::now().checked_sub(HANGING + Duration::from_secs(1));
        assert!(doubt.hangs());
        doubt.end();
        assert!(!doubt.hangs());
    }

    #[test]
    fn a_doubt_stays_when_only_an_older_one_is_dispelled() {
        let doubt = Doubt::default();
        assert_eq!(doubt.newest(), None);
        doubt.arise();
        let first = doubt.newest().unwrap();
        doubt.arise();
        doubt.dispel(first);
        let second = doubt.newest().unwrap();
        doubt.dispel(second);
        assert_eq!(doubt.newest(), None);
    }
}
