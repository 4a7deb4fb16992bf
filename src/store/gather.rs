//! Statements of one kind that go to the database together.
//!
//! Most of what a short statement costs on PostgreSQL is the way there and back: it is sent, a thread sleeps until the answer
//! comes, two processes are woken for it. So while one of a kind is on its way, those that come wait until it is back, and then
//! all who wait go as one statement. Where few come at a time each goes alone and at once.
//!
//! What is written in a transaction is written for all on the way or for none: who has stopped waiting before the commit is left out,
//! and the others' part is done again.
//!
//! Nobody waits for what hangs: who has waited for [`HELD_UP`](super::queue::HELD_UP) sets out beside it. What goes together fails
//! together only where the database fails; what one of them does wrong is no other's fault, which is for the [`Work`] to see to.
//!
//! SQLite has no such way: a read is done before others could gather, and writes share transactions anyway ([`writer`](super::writer)).

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::store::cache::Changed;
use crate::store::connection::AnyConnection;
use crate::store::error::{self, Obstacle, StoreError};
use crate::store::job::{Answer, Job, Outcome, Verdict};
use crate::store::pool::{Queued, Task};
use crate::store::queue::Queue;

/// Most that go together.
const MOST: usize = 64;
/// For how many waiting there is room for good.
const USUAL: usize = 1024;

/// What came of each, in their order.
pub type Outcomes<T> = Vec<Result<T, StoreError>>;

/// Does for several by one statement what each asks for.
type Work<K, T> = dyn Fn(&mut AnyConnection, &[K]) -> Result<Outcomes<T>, StoreError> + Send + Sync;

/// What is asked for, the last again where it is little: PostgreSQL makes a new plan each time where that looks cheaper than the
/// plan that it has, which is for ten.
pub fn padded<T: Copy>(mut asked: Vec<T>) -> Vec<T> {
    const FEWEST: usize = 16;
    if let Some(last) = asked.last().copied() {
        asked.resize(asked.len().max(FEWEST), last);
    }
    asked
}

/// Those who ask for the same kind of thing.
pub struct Gathering<K, T> {
    task: Task,
    work: Box<Work<K, T>>,
    queue: Arc<Queue<Queued>>,
    waiting: Mutex<Waiting<K, T>>,
}

struct Waiting<K, T> {
    /// In the order of their numbers.
    callers: VecDeque<Caller<K, T>>,
    /// How many have ever come.
    came: u64,
    under_way: usize,
}

struct Caller<K, T> {
    number: u64,
    key: K,
    reply: Reply<T>,
}

struct Reply<T> {
    ending: oneshot::Sender<Verdict>,
    outcome: Outcome<T, StoreError>,
}

impl<T> Reply<T> {
    /// Whether somebody still waits for it.
    fn is_awaited(&self) -> bool {
        !self.ending.is_closed()
    }
}

impl<K, T> Waiting<K, T> {
    fn find(&self, number: u64) -> Option<usize> {
        self.callers.binary_search_by_key(&number, |caller| caller.number).ok()
    }
}

/// A caller among those who wait.
#[derive(Clone, Copy)]
pub struct Number(u64);

impl<K, T> Gathering<K, T>
where
    K: Send + 'static,
    T: Send + 'static,
{
    /// Nobody, and how it is done by the workers of `queue`.
    pub fn new(
        queue: &Arc<Queue<Queued>>,
        task: Task,
        work: impl Fn(&mut AnyConnection, &[K]) -> Result<Outcomes<T>, StoreError> + Send + Sync + 'static,
    ) -> Arc<Self> {
        let waiting = Mutex::new(Waiting { callers: VecDeque::new(), came: 0, under_way: 0 });
        Arc::new(Self { task, work: Box::new(work), queue: Arc::clone(queue), waiting })
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting<K, T>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more who asks: its number, its answer, and false when the queue has no room for it.
    pub fn join(self: &Arc<Self>, key: K) -> (Number, Answer<T, StoreError>, bool) {
        let ((told, ending), outcome) = (oneshot::channel(), Outcome::default());
        let reply = Reply { ending: told, outcome: outcome.clone() };
        let mut waiting = self.waiting();
        waiting.came += 1;
        let number = waiting.came;
        waiting.callers.push_back(Caller { number, key, reply });
        let has_room = waiting.under_way > 0 || self.set_out_for(number, waiting);
        (Number(number), Answer { ending, outcome }, has_room)
    }

    /// For who has waited for a while: sets out, unless it is on its way already. False when the queue has no room for it.
    pub fn hurry(self: &Arc<Self>, Number(number): Number) -> bool {
        let waiting = self.waiting();
        waiting.find(number).is_none() || self.set_out_for(number, waiting)
    }

    /// Sets out; who finds no room in the queue is refused, and waits no more.
    fn set_out_for(self: &Arc<Self>, number: u64, waiting: MutexGuard<'_, Waiting<K, T>>) -> bool {
        let has_room = self.set_out(waiting, Queue::push);
        if !has_room {
            let mut waiting = self.waiting();
            let refused = waiting.find(number).and_then(|place| waiting.callers.remove(place));
            drop(waiting);
            // Where another took it along meanwhile, its answer comes too late.
            drop(refused);
        }
        has_room
    }

    /// For who is back: sets out again for those who have come meanwhile.
    fn go_on(self: &Arc<Self>) {
        let waiting = self.waiting();
        if !waiting.callers.is_empty() && waiting.under_way == 0 {
            self.set_out(waiting, Queue::push_own);
        }
    }

    /// Puts a trip into the queue, which takes those along who wait when its turn has come.
    fn set_out(
        self: &Arc<Self>,
        mut waiting: MutexGuard<'_, Waiting<K, T>>,
        push: fn(&Queue<Queued>, Queued) -> bool,
    ) -> bool {
        waiting.under_way += 1;
        drop(waiting);
        let gathering = Arc::clone(self);
        let trip = Trip { gathering, keys: Vec::new(), replies: Vec::new(), done: None, obstacle: None };
        push(&self.queue, (self.task, Box::new(trip)))
    }
}

/// One way to the database and back.
struct Trip<K, T>
where
    K: Send + 'static,
    T: Send + 'static,
{
    gathering: Arc<Gathering<K, T>>,
    /// Of those on it, once it has begun.
    keys: Vec<K>,
    replies: Vec<Reply<T>>,
    /// `None` when the work ended in a panic.
    done: Option<Result<Outcomes<T>, StoreError>>,
    obstacle: Option<Obstacle>,
}

impl<K, T> Trip<K, T>
where
    K: Send + 'static,
    T: Send + 'static,
{
    /// Leaves out who has stopped waiting, and takes those along who wait, where nobody is on it.
    fn take_along(&mut self) {
        let on_it = self.keys.drain(..).zip(self.replies.drain(..));
        let mut on_it: Vec<_> = on_it.filter(|(_, reply)| reply.is_awaited()).collect();
        if on_it.is_empty() {
            let mut waiting = self.gathering.waiting();
            while on_it.len() < MOST
                && let Some(Caller { key, reply, .. }) = waiting.callers.pop_front()
            {
                if reply.is_awaited() {
                    on_it.push((key, reply));
                }
            }
            if waiting.callers.is_empty() {
                waiting.callers.shrink_to(USUAL);
            }
        }
        (self.keys, self.replies) = on_it.into_iter().unzip();
    }
}

impl<K, T> Drop for Trip<K, T>
where
    K: Send + 'static,
    T: Send + 'static,
{
    fn drop(&mut self) {
        self.gathering.waiting().under_way -= 1;
    }
}

static NOTHING: Changed = Changed::Nothing;

impl<K, T> Job for Trip<K, T>
where
    K: Send + 'static,
    T: Send + 'static,
{
    fn is_abandoned(&self) -> bool {
        let nobody_waits = || self.gathering.waiting().callers.iter().all(|caller| !caller.reply.is_awaited());
        !self.replies.iter().any(Reply::is_awaited) && nobody_waits()
    }

    fn has_lost_a_caller(&self) -> bool {
        !self.replies.iter().all(Reply::is_awaited)
    }

    fn run(&mut self, connection: &mut AnyConnection) -> bool {
        self.take_along();
        error::take_obstacle();
        let (gathering, keys) = (&self.gathering, &self.keys);
        // A bug in it must not end the thread that serves all.
        let work = || if keys.is_empty() { Ok(Vec::new()) } else { (gathering.work)(connection, keys) };
        self.done = catch_unwind(AssertUnwindSafe(work)).ok();
        self.obstacle = error::take_obstacle();
        self.obstacle.is_none() && matches!(self.done, Some(Ok(_)))
    }

    fn obstacle(&self) -> Option<Obstacle> {
        self.obstacle
    }

    fn changed_cache(&self) -> &Changed {
        &NOTHING
    }

    fn answer(mut self: Box<Self>, failure: Option<StoreError>) {
        let is_outage = failure.is_some() || self.obstacle.is_some();
        if failure.is_some() && self.replies.is_empty() {
            // It did not come as far as to take them along, as where no connection is to be had.
            self.take_along();
        }
        let done = match (failure, self.done.take()) {
            (Some(failure), _) | (None, Some(Err(failure))) => Err(failure),
            (None, Some(Ok(outcomes))) => Ok(outcomes),
            (None, None) => Err(StoreError::Corrupt("a unit of work ended in a panic".into())),
        };
        let replies = std::mem::take(&mut self.replies);
        let outcomes =
            done.unwrap_or_else(|failure| replies.iter().map(|_| Err(failure.for_another())).collect::<Outcomes<T>>());
        for (reply, outcome) in replies.into_iter().zip(outcomes) {
            let is_outage = is_outage && outcome.is_err();
            reply.outcome.put(outcome);
            // A caller that is gone needs no answer.
            let _ = reply.ending.send(Verdict { failure: None, is_outage });
        }
        let gathering = Arc::clone(&self.gathering);
        drop(self);
        gathering.go_on();
    }
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use diesel::Connection;

    use super::*;

    /// Answers with ten times what is asked for; 3 is a mistake, 5 a panic, and 7 finds the database gone.
    fn work(_: &mut AnyConnection, asked: &[u32]) -> Result<Outcomes<u32>, StoreError> {
        let one = |&number: &u32| match number {
            3 => Err(StoreError::Corrupt("three".into())),
            5 => panic!("five"),
            number => Ok(10 * number),
        };
        if asked.contains(&7) {
            return Err(StoreError::Unavailable(format!("with {} asked", asked.len())));
        }
        Ok(asked.iter().map(one).collect())
    }

    struct Course {
        gathering: Arc<Gathering<u32, u32>>,
        queue: Arc<Queue<Queued>>,
        connection: AnyConnection,
    }

    impl Course {
        fn with_room_for(most: usize) -> Self {
            let queue = Arc::new(Queue::new(0, most));
            let connection = diesel::SqliteConnection::establish(":memory:").unwrap();
            Self {
                gathering: Gathering::new(&queue, Task::Read, work),
                queue,
                connection: AnyConnection::Sqlite(connection),
            }
        }

        /// The next trip, begun.
        fn begin(&mut self) -> (bool, Box<dyn Job>) {
            let (_, mut trip) = self.queue.take(0).expect("one waits");
            (trip.run(&mut self.connection), trip)
        }

        /// Does all that waits.
        fn finish(&mut self) {
            while self.queue.len() > 0 {
                self.begin().1.answer(None);
            }
        }
    }

    fn heard(mut answer: Answer<u32, StoreError>) -> Result<u32, String> {
        let verdict = answer.ending.try_recv().map_err(|_| "nothing yet".to_owned())?;
        verdict.failure.map_or_else(|| answer.outcome.take(), Err).map_err(|error| error.to_string())
    }

    #[test]
    fn who_comes_while_one_is_on_its_way_goes_with_all_who_wait() {
        let mut course = Course::with_room_for(9);
        let (_, first, is_queued) = course.gathering.join(1);
        assert!(is_queued);
        let (is_done, trip) = course.begin();
        let others = [2, 3, 4].map(|number| course.gathering.join(number));
        assert!(is_done && course.queue.len() == 0, "they wait until it is back");
        trip.answer(None);
        assert_eq!((heard(first), course.queue.len()), (Ok(10), 1), "all go at once");
        course.finish();
        let others = others.map(|(_, answer, is_queued)| (heard(answer).ok(), is_queued));
        assert_eq!(others, [(Some(20), true), (None, true), (Some(40), true)], "a mistake is its own caller's");
        let (_, last, _) = course.gathering.join(6);
        assert_eq!(course.queue.len(), 1, "nobody is on the way");
        course.finish();
        assert_eq!(heard(last), Ok(60));
    }

    #[test]
    fn who_has_waited_for_a_while_sets_out_beside_what_hangs() {
        let mut course = Course::with_room_for(9);
        let (one, mut hung, _) = course.gathering.join(1);
        let (_, hangs) = course.begin();
        let (two, second, _) = course.gathering.join(2);
        assert!(course.gathering.hurry(one) && course.queue.len() == 0, "its own is on its way");
        assert!(course.gathering.hurry(two) && course.queue.len() == 1);
        course.finish();
        assert_eq!(heard(second), Ok(20));
        hangs.answer(Some(StoreError::Unavailable("it hung".into())));
        assert!(matches!(hung.ending.try_recv(), Ok(verdict) if verdict.is_outage) && hung.outcome.take().is_err());
    }

    #[test]
    fn there_is_no_room_where_the_queue_has_none() {
        let mut course = Course::with_room_for(1);
        let (one, _first, is_queued) = course.gathering.join(1);
        assert!(
            is_queued && !course.gathering.hurry(one),
            "its own trip has not begun, and there is no room for another"
        );
        let (_, hangs) = course.begin();
        assert!(course.queue.push((Task::Read, hangs)), "somebody else's work, which waits for long");
        let (two, _second, waits) = course.gathering.join(2);
        assert!(waits && !course.gathering.hurry(two));
        assert_eq!(course.gathering.waiting().callers.len(), 0, "who is refused waits no more");
    }

    #[test]
    fn those_hear_it_for_whom_there_was_no_connection() {
        let mut course = Course::with_room_for(9);
        let asked = [1, 2].map(|number| course.gathering.join(number).1);
        let (_, trip) = course.queue.take(0).expect("it waits");
        trip.answer(Some(StoreError::Unavailable("none to be had".into())));
        for answer in asked {
            assert!(heard(answer).unwrap_err().contains("none to be had"));
        }
        assert_eq!(course.gathering.waiting().callers.len(), 0);
        let after = course.gathering.join(2).1;
        course.finish();
        assert_eq!(heard(after), Ok(20));
    }

    #[test]
    fn those_who_are_gone_take_no_places() {
        let mut course = Course::with_room_for(9);
        let (one, hung, _) = course.gathering.join(1);
        let (_, hangs) = course.begin();
        drop((0..2 * MOST).map(|_| course.gathering.join(1)).collect::<Vec<_>>());
        let (two, second, _) = course.gathering.join(2);
        assert!(course.gathering.hurry(one) && course.gathering.hurry(two));
        course.finish();
        assert_eq!(heard(second), Ok(20));
        drop((hangs, hung));
    }

    #[test]
    fn what_fails_fails_for_all_and_is_done_again_for_the_same() {
        let mut course = Course::with_room_for(9);
        let asked = [1, 7].map(|number| course.gathering.join(number).1);
        let (is_done, mut trip) = course.begin();
        let late = course.gathering.join(2).1;
        assert!(!is_done && !trip.run(&mut course.connection));
        trip.answer(None);
        for answer in asked {
            assert!(heard(answer).unwrap_err().contains("with 2 asked"));
        }
        course.finish();
        assert_eq!(heard(late), Ok(20));
        let (panics, fine) = (course.gathering.join(5).1, course.gathering.join(1).1);
        course.finish();
        assert!(heard(panics).unwrap_err().contains("panic"));
        assert!(heard(fine).is_err());
        let after = course.gathering.join(1).1;
        course.finish();
        assert_eq!(heard(after), Ok(10), "and it goes on");
    }

    #[test]
    fn who_is_gone_is_not_taken_along() {
        let mut course = Course::with_room_for(9);
        drop(course.gathering.join(7));
        let stays = course.gathering.join(1).1;
        course.finish();
        assert_eq!(heard(stays), Ok(10));
        let all = [1, 2].map(|number| course.gathering.join(number).1);
        let (_, trip) = course.queue.take(0).expect("it waits");
        assert!(!trip.is_abandoned());
        drop(all);
        assert!(trip.is_abandoned());
        drop(trip);
        let after = course.gathering.join(2).1;
        course.finish();
        assert_eq!(heard(after), Ok(20), "a trip that was never made is none on its way");
    }
}
