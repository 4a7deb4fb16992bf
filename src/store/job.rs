//! A unit of work on its way to a connection and back: the caller awaits the answer, a worker thread does the work.
//!
//! There are hundreds of kinds of work, and what carries them is the same for all: only the closure and the place of its
//! outcome know their types.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

use crate::store::cache::{self, Changed};
use crate::store::connection::AnyConnection;
use crate::store::error::{self, Obstacle, StoreError};
use crate::telemetry::context::{self, Context};

/// Work of any type.
pub trait Job: Send {
    /// Whether the caller has stopped waiting.
    fn is_abandoned(&self) -> bool;

    /// Whether somebody has stopped waiting of those it is done for, where they are several.
    fn has_lost_a_caller(&self) -> bool {
        self.is_abandoned()
    }

    /// Does the work; false when it came to nothing, so that it must be rolled back.
    fn run(&mut self, connection: &mut AnyConnection) -> bool;

    /// Why the work came to nothing, when that was the database's fault.
    fn obstacle(&self) -> Option<Obstacle>;

    /// What the work changed of what servers keep in memory.
    fn changed_cache(&self) -> &Changed;

    /// Answers the caller: with what the work gave, or with `failure`.
    fn answer(self: Box<Self>, failure: Option<StoreError>);
}

/// That a job has ended.
pub struct Verdict {
    /// Why there is no outcome.
    pub failure: Option<StoreError>,
    /// Whether the database failed the work, which refused nothing itself.
    pub is_outage: bool,
}

/// Hears that a job has ended.
pub type Ending = oneshot::Receiver<Verdict>;

/// What a caller has of its job: who hears when it has ended, and where its outcome is then.
pub struct Answer<T, E> {
    pub ending: Ending,
    pub outcome: Outcome<T, E>,
}

/// What the work gave or refused, once it has.
pub struct Outcome<T, E>(Arc<Mutex<Option<Result<T, E>>>>);

impl<T, E> Clone for Outcome<T, E> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T, E> Default for Outcome<T, E> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T, E> Outcome<T, E> {
    pub fn put(&self, outcome: Result<T, E>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
    }

    /// For who has heard that it is there.
    pub fn take(&self) -> Result<T, E>
    where
        E: From<StoreError>,
    {
        let outcome = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        outcome.unwrap_or_else(|| Err(StoreError::Corrupt("a unit of work left nothing".into()).into()))
    }
}

/// How the work itself ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Done,
    Refused,
    Panicked,
}

struct Work {
    /// Leaves its outcome where the caller finds it; says whether it did what it was asked for.
    run: Box<dyn FnMut(&mut AnyConnection) -> bool + Send>,
    end: End,
    /// Of the database, after the work was done.
    failure: Option<StoreError>,
    changed_cache: Changed,
    obstacle: Option<Obstacle>,
    /// Whose log lines the work writes.
    request: Option<Arc<Context>>,
    reply: oneshot::Sender<Verdict>,
}

/// A job of `work`, and its answer.
pub fn job<T, E, F>(mut work: F) -> (Box<dyn Job>, Answer<T, E>)
where
    T: Send + 'static,
    E: Send + 'static,
    F: FnMut(&mut AnyConnection) -> Result<T, E> + Send + 'static,
{
    let outcome = Outcome::default();
    let place = outcome.clone();
    let run = Box::new(move |connection: &mut AnyConnection| {
        let outcome = work(connection);
        let is_done = outcome.is_ok();
        place.put(outcome);
        is_done
    });
    let (job, ending) = Work::of(run);
    (job, Answer { ending, outcome })
}

impl Work {
    fn of(run: Box<dyn FnMut(&mut AnyConnection) -> bool + Send>) -> (Box<dyn Job>, Ending) {
        let (reply, ending) = oneshot::channel();
        let (request, changed_cache) = (context::current(), Changed::default());
        let work = Self { run, end: End::Panicked, failure: None, changed_cache, obstacle: None, request, reply };
        (Box::new(work), ending)
    }
}

impl Job for Work {
    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn run(&mut self, connection: &mut AnyConnection) -> bool {
        cache::begin_unit();
        error::take_obstacle();
        // A bug in one unit of work must not end the thread that serves all.
        let done = catch_unwind(AssertUnwindSafe(|| context::enter(self.request.as_ref(), || (self.run)(connection))));
        self.changed_cache = cache::end_unit();
        self.end = match done {
            Ok(true) => End::Done,
            Ok(false) => End::Refused,
            Err(_) => End::Panicked,
        };
        self.failure = match self.end {
            End::Done => cache::tell(connection, &self.changed_cache).err().map(StoreError::from),
            End::Refused | End::Panicked => None,
        };
        let is_well = self.end == End::Done && self.failure.is_none();
        self.obstacle = error::take_obstacle().filter(|_| !is_well);
        is_well
    }

    fn obstacle(&self) -> Option<Obstacle> {
        self.obstacle
    }

    fn changed_cache(&self) -> &Changed {
        &self.changed_cache
    }

    fn answer(mut self: Box<Self>, failure: Option<StoreError>) {
        let of_obstacle = self.obstacle.is_some();
        let (failure, is_outage) = match (failure, self.failure.take(), self.end) {
            (_, Some(failure), _) => (Some(failure), of_obstacle),
            (None, None, End::Done) | (_, None, End::Refused) => (None, of_obstacle),
            (Some(failure), None, End::Done | End::Panicked) => (Some(failure), true),
            (None, None, End::Panicked) => (Some(StoreError::Corrupt("a unit of work ended in a panic".into())), false),
        };
        // A caller that is gone needs no answer.
        let _ = self.reply.send(Verdict { failure, is_outage });
    }
}
