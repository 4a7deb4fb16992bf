//! Worker threads on pooled connections: all reads, and on PostgreSQL the writes too.
//!
//! A lost connection is noticed when a statement fails on it; the unit of work then runs once more on another one, unless
//! its commit was under way already, because then nobody knows whether it happened.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use diesel::connection::SimpleConnection;

use crate::store::cache::Cache;
use crate::store::connection::{AnyConnection, Manager};
use crate::store::error::StoreError;
use crate::store::figures::PoolFigures;
use crate::store::job::Job;

/// How long a worker waits for a connection.
const PATIENCE: Duration = Duration::from_millis(1500);

/// What a worker does with a job.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Task {
    Read,
    Write,
}

/// A job and how to do it.
pub type Queued = (Task, Box<dyn Job>);

/// A pool of `size` connections, opened as they are needed.
pub fn pool(manager: Manager, size: u32, figures: &PoolFigures) -> r2d2::Pool<Manager> {
    r2d2::Pool::builder()
        .max_size(size)
        .min_idle(Some(1))
        .test_on_check_out(false)
        .connection_timeout(PATIENCE)
        .idle_timeout(Some(Duration::from_secs(600)))
        .error_handler(Box::new(Watch(figures.clone())))
        .event_handler(Box::new(Watch(figures.clone())))
        .build_unchecked(manager)
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

/// Starts one worker thread; it ends when the last sender is gone.
pub fn start(
    number: u32,
    pool: r2d2::Pool<Manager>,
    queue: flume::Receiver<Queued>,
    cache: Arc<Cache>,
) -> std::io::Result<thread::JoinHandle<()>> {
    thread::Builder::new().name(format!("store-{number}")).spawn(move || {
        while let Ok((task, mut job)) = queue.recv() {
            if job.is_abandoned() {
                continue;
            }
            let failure = serve(&pool, task, job.as_mut()).err();
            if failure.is_none() && job.changed_cache() {
                cache.invalidate();
            }
            job.answer(failure);
        }
    })
}

/// Does the work, on another connection when the first turns out to be lost.
fn serve(pool: &r2d2::Pool<Manager>, task: Task, job: &mut dyn Job) -> Result<(), StoreError> {
    // Every idle connection may be lost when the database comes back; the one after them is new.
    for _ in 0..=pool.state().idle_connections {
        let mut pooled = pool.get().map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let attempt = match task {
            Task::Read => read(&mut pooled.connection, job),
            Task::Write => write(&mut pooled.connection, job),
        };
        match attempt {
            Attempt::Done => return Ok(()),
            Attempt::Unknown(why) => {
                pooled.is_lost = true;
                return Err(StoreError::Unavailable(why));
            }
            Attempt::Lost => pooled.is_lost = true,
        }
    }
    Err(StoreError::Unavailable("its connections are lost".into()))
}

enum Attempt {
    /// The job has an outcome; when it is an error, nothing was written.
    Done,
    /// The connection was lost before anything was committed.
    Lost,
    /// The connection was lost while committing.
    Unknown(String),
}

fn read(connection: &mut AnyConnection, job: &mut dyn Job) -> Attempt {
    if job.run(connection) || is_alive(connection) { Attempt::Done } else { Attempt::Lost }
}

fn write(connection: &mut AnyConnection, job: &mut dyn Job) -> Attempt {
    if connection.begin_write().is_err() {
        return Attempt::Lost;
    }
    if job.run(connection) {
        return match connection.commit() {
            Ok(()) => Attempt::Done,
            Err(error) => Attempt::Unknown(error.to_string()),
        };
    }
    if connection.rollback().is_ok() { Attempt::Done } else { Attempt::Lost }
}

fn is_alive(connection: &mut AnyConnection) -> bool {
    connection.batch_execute("SELECT 1").is_ok()
}
