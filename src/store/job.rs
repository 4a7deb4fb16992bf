//! A unit of work on its way to a connection and back: the caller awaits the answer, a worker thread does the work.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::sync::oneshot;

use crate::store::cache::{self, Changed};
use crate::store::connection::AnyConnection;
use crate::store::error::{self, Obstacle, StoreError};
use crate::telemetry::context::{self, Context};

/// Work of any type.
pub trait Job: Send {
    /// Whether the caller has stopped waiting.
    fn is_abandoned(&self) -> bool;

    /// Does the work; false when it came to nothing, so that it must be rolled back.
    fn run(&mut self, connection: &mut AnyConnection) -> bool;

    /// Why the work came to nothing, when that was the database's fault.
    fn obstacle(&self) -> Option<Obstacle>;

    /// What the work changed of what servers keep in memory.
    fn changed_cache(&self) -> &Changed;

    /// Answers the caller: with what the work gave, or with `failure`.
    fn answer(self: Box<Self>, failure: Option<StoreError>);
}

/// Where the answer to a job arrives.
pub type Answer<T, E> = oneshot::Receiver<Reply<T, E>>;

/// The answer to a job.
pub struct Reply<T, E> {
    pub outcome: Result<T, E>,
    /// Whether the database failed the work, which refused nothing itself.
    pub is_outage: bool,
}

struct Work<T, E, F> {
    run: F,
    outcome: Option<Result<T, E>>,
    changed_cache: Changed,
    obstacle: Option<Obstacle>,
    /// Whose log lines the work writes.
    request: Option<Arc<Context>>,
    reply: oneshot::Sender<Reply<T, E>>,
}

/// A job of `work`, and where its answer arrives.
pub fn job<T, E, F>(work: F) -> (Box<dyn Job>, Answer<T, E>)
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
    F: FnMut(&mut AnyConnection) -> Result<T, E> + Send + 'static,
{
    let (reply, answer) = oneshot::channel();
    let (outcome, request) = (None, context::current());
    let changed_cache = Changed::default();
    (Box::new(Work { run: work, outcome, changed_cache, obstacle: None, request, reply }), answer)
}

impl<T, E, F> Job for Work<T, E, F>
where
    T: Send,
    E: From<StoreError> + Send,
    F: FnMut(&mut AnyConnection) -> Result<T, E> + Send,
{
    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn run(&mut self, connection: &mut AnyConnection) -> bool {
        cache::begin_unit();
        error::take_obstacle();
        // A bug in one unit of work must not end the thread that serves all.
        let outcome =
            catch_unwind(AssertUnwindSafe(|| context::enter(self.request.as_ref(), || (self.run)(connection))));
        self.changed_cache = cache::end_unit();
        let outcome = match outcome {
            Ok(Ok(done)) => {
                let told = cache::tell(connection, &self.changed_cache);
                Ok(told.map(|()| done).map_err(|error| StoreError::from(error).into()))
            }
            outcome => outcome,
        };
        self.obstacle = error::take_obstacle().filter(|_| !matches!(outcome, Ok(Ok(_))));
        self.outcome = outcome.ok();
        matches!(self.outcome, Some(Ok(_)))
    }

    fn obstacle(&self) -> Option<Obstacle> {
        self.obstacle
    }

    fn changed_cache(&self) -> &Changed {
        &self.changed_cache
    }

    fn answer(self: Box<Self>, failure: Option<StoreError>) {
        let (outcome, is_outage) = match (failure, self.outcome) {
            (None, Some(outcome)) | (Some(_), Some(outcome @ Err(_))) => (outcome, self.obstacle.is_some()),
            (Some(failure), _) => (Err(failure.into()), true),
            (None, None) => (Err(StoreError::Corrupt("a unit of work ended in a panic".into()).into()), false),
        };
        // A caller that is gone needs no answer.
        let _ = self.reply.send(Reply { outcome, is_outage });
    }
}
