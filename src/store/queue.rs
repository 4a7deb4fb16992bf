//! The queue in front of those who work: first come, first served, and no more workers awake than it takes.
//!
//! Who would wait for too long is refused ([`pace`](super::pace)), as is who comes when it is full.
//!
//! Only what decides whether memory counts goes before all others ([`Queue::push_first`]): were it to wait behind them while
//! they are too many, requests would read what is in memory too, and be more still.
//!
//! Waking a thread costs several times what a read of SQLite takes, and a worker that is awake takes the next unit of work
//! for nothing. So whoever adds one wakes a worker only when those awake have their share already. A worker that is held
//! up must not hold up what waits behind it: a caller that has waited for [`HELD_UP`] wakes another
//! ([`Queue::call_another`]). The last one to fall asleep is woken first, so no more of them than it takes fill memory with what
//! they need for their work.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use crate::store::pace::Pace;

/// How long a caller waits before it wakes another worker.
pub const HELD_UP: Duration = Duration::from_millis(2);

/// The queue.
pub struct Queue<T> {
    state: Mutex<State<T>>,
    /// How many may wait for each worker that is awake before another is woken.
    share: usize,
    most: usize,
}

struct State<T> {
    waiting: VecDeque<T>,
    /// How fast they are served.
    pace: Pace,
    /// Workers that are at work or on their way to it.
    awake: usize,
    /// The last to fall asleep is the last.
    asleep: Vec<Thread>,
    is_closed: bool,
}

impl<T> State<T> {
    /// Forgets how fast they were served when none is left.
    fn rest(&mut self) {
        if self.waiting.is_empty() {
            self.pace = Pace::default();
        }
    }
}

impl<T> Queue<T> {
    /// A queue for at most `most`, without workers.
    pub fn new(share: usize, most: usize) -> Self {
        let (waiting, pace) = (VecDeque::new(), Pace::default());
        let state = State { waiting, pace, awake: 0, asleep: Vec::new(), is_closed: false };
        Self { state: Mutex::new(state), share, most }
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds one at the end; false when the queue is full, or it would wait for too long.
    pub fn push(&self, one: T) -> bool {
        self.push_at(one, Instant::now())
    }

    /// The same for a worker that is about to take it, or what waits before it: none is woken. Where it has been given up
    /// meanwhile and takes nothing any more, whoever waits for long [calls another](Self::call_another).
    #[cfg(feature = "postgres")]
    pub fn push_own(&self, one: T) -> bool {
        self.add(one, Instant::now()).is_some()
    }

    fn push_at(&self, one: T, now: Instant) -> bool {
        let Some(state) = self.add(one, now) else { return false };
        let is_needed = state.waiting.len() > state.awake * self.share;
        Self::call(state, is_needed);
        true
    }

    fn add(&self, one: T, now: Instant) -> Option<MutexGuard<'_, State<T>>> {
        let mut state = self.state();
        let room = state.pace.room(now).min(self.most);
        if state.waiting.len() >= room {
            return None;
        }
        state.waiting.push_back(one);
        Some(state)
    }

    /// Adds one before all others, also when the queue is full; false when there is one more than fits already. Who sleeps is
    /// woken for it: those awake may be held up.
    pub fn push_first(&self, one: T) -> bool {
        let mut state = self.state();
        if state.waiting.len() > self.most {
            return false;
        }
        state.waiting.push_front(one);
        Self::call(state, true);
        true
    }

    /// Wakes another worker when something waits.
    pub fn call_another(&self) {
        let state = self.state();
        let is_needed = !state.waiting.is_empty();
        Self::call(state, is_needed);
    }

    fn call(mut state: MutexGuard<'_, State<T>>, is_needed: bool) {
        if is_needed && let Some(worker) = state.asleep.pop() {
            state.awake += 1;
            drop(state);
            worker.unpark();
        }
    }

    /// Takes the first; waits for it. `None` when the queue is closed. Only for workers that have [joined](Self::join), who say
    /// how many they have `served` since they last took.
    pub fn take(&self, served: usize) -> Option<T> {
        self.take_at(served, Instant::now())
    }

    fn take_at(&self, served: usize, now: Instant) -> Option<T> {
        let mut state = self.state();
        if !state.waiting.is_empty() {
            state.pace.count(served, now);
        }
        loop {
            if state.is_closed {
                return None;
            }
            if let Some(first) = state.waiting.pop_front() {
                state.rest();
                return Some(first);
            }
            state = self.sleep(state);
        }
    }

    /// Waits until somebody wakes this worker.
    fn sleep<'a>(&'a self, mut state: MutexGuard<'a, State<T>>) -> MutexGuard<'a, State<T>> {
        let worker = thread::current();
        state.awake = state.awake.saturating_sub(1);
        state.asleep.push(worker.clone());
        // It may also wake for no reason.
        while state.asleep.iter().any(|each| each.id() == worker.id()) {
            drop(state);
            thread::park();
            state = self.state();
        }
        state
    }

    /// Takes up to `most` more, if they wait.
    pub fn take_more(&self, most: usize) -> Vec<T> {
        let mut state = self.state();
        let number = most.min(state.waiting.len());
        let more = state.waiting.drain(..number).collect();
        state.rest();
        more
    }

    /// One more worker, awake.
    pub fn join(&self) {
        self.state().awake += 1;
    }

    /// One worker less, which was awake: it will take nothing any more.
    pub fn leave(&self) {
        let mut state = self.state();
        state.awake = state.awake.saturating_sub(1);
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.state().waiting.len()
    }

    /// Looks as if hardly anything were served of what waits now, for tests.
    pub fn crawl(&self) {
        self.state().pace = Pace::crawling();
    }

    /// Sends the workers home; what waits is dropped.
    pub fn close(&self) {
        let mut state = self.state();
        state.is_closed = true;
        state.waiting.clear();
        let asleep = mem::take(&mut state.asleep);
        drop(state);
        asleep.iter().for_each(Thread::unpark);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use super::*;

    #[test]
    fn what_is_added_is_taken_in_order_and_no_more_than_fits() {
        let queue = Queue::new(1, 2);
        queue.join();
        assert!(queue.push('a') && queue.push('b'));
        assert!(!queue.push('c'));
        assert_eq!((queue.take(0), queue.take(0), queue.len()), (Some('a'), Some('b'), 0));
        queue.close();
        assert_eq!(queue.take(0), None);
    }

    #[test]
    fn what_is_pushed_first_is_taken_first_also_when_the_queue_is_full() {
        let queue = Queue::new(1, 2);
        queue.join();
        assert!(queue.push('a') && queue.push_first('b'));
        assert_eq!(queue.take(0), Some('b'));
        assert!(queue.push('c') && queue.push_first('d'), "it was full");
        assert!(!queue.push_first('e') && !queue.push('f'), "one more than fits is enough");
        assert_eq!([queue.take(0), queue.take(0), queue.take(0)], ['d', 'a', 'c'].map(Some));
    }

    #[test]
    fn more_are_taken_as_far_as_they_wait() {
        let queue = Queue::new(0, 4);
        queue.join();
        for one in ['a', 'b', 'c', 'd'] {
            assert!(queue.push(one));
        }
        assert_eq!((queue.take(0), queue.take_more(2)), (Some('a'), vec!['b', 'c']));
        assert_eq!((queue.take_more(2), queue.take_more(2)), (vec!['d'], vec![]));
    }

    /// A queue in a time of its own, in which waits when it came.
    struct Course {
        queue: Queue<Instant>,
        now: Instant,
        refused: usize,
        /// How long one had waited at most when it was taken.
        longest: Duration,
    }

    /// Nobody is served.
    const STANDSTILL: (usize, usize) = (0, 1);

    impl Course {
        fn new() -> Self {
            Self { queue: Queue::new(0, 4096), now: Instant::now(), refused: 0, longest: Duration::ZERO }
        }

        /// For so long, so many come in each millisecond, and up to so many are served each time so many have passed.
        fn run(&mut self, milliseconds: usize, come: usize, (served, pause): (usize, usize)) {
            for millisecond in 1..=milliseconds {
                self.now += Duration::from_millis(1);
                for _ in 0..come {
                    self.refused += usize::from(!self.queue.push_at(self.now, self.now));
                }
                let number = served.min(self.queue.len());
                if number > 0 && millisecond % pause == 0 {
                    let first = self.queue.take_at(number, self.now).expect("it waits");
                    self.longest = self.longest.max(self.now - first);
                    self.queue.take_more(number - 1);
                }
            }
        }
    }

    #[test]
    fn under_overload_all_that_can_be_is_served_in_time() {
        let mut course = Course::new();
        course.run(10_000, 3, (1, 1));
        assert!(course.longest < Duration::from_millis(1300), "{:?}", course.longest);
        assert!((18_000..20_000).contains(&course.refused), "{} of 30000 when 10000 could be served", course.refused);
        course.run(2_000, 0, (1, 1));
        let before = course.refused;
        course.run(1, 4096, STANDSTILL);
        assert_eq!(course.refused, before, "a burst comes in when it is over");
    }

    #[test]
    fn under_overload_all_is_in_time_again_when_the_database_has_become_slow() {
        let mut course = Course::new();
        course.run(3_000, 8, (4, 1));
        course.run(6_000, 8, (1, 1));
        course.longest = Duration::ZERO;
        course.run(2_000, 8, (1, 1));
        assert!(course.longest < Duration::from_millis(1300), "{:?}", course.longest);
    }

    #[test]
    fn under_overload_what_is_served_in_batches_is_in_time() {
        let mut course = Course::new();
        course.run(5_000, 10, (256, 100));
        course.longest = Duration::ZERO;
        course.run(5_000, 10, (256, 100));
        assert!(course.longest < Duration::from_millis(1400), "{:?}", course.longest);
    }

    #[test]
    fn a_standstill_refuses_nobody_where_half_of_what_can_be_served_comes() {
        let mut course = Course::new();
        for standstill in [500, 1000, 1900] {
            course.run(1_000, 1, (2, 1));
            course.run(standstill, 1, STANDSTILL);
            course.run(3_000, 1, (2, 1));
            assert_eq!((course.refused, course.queue.len()), (0, 0), "{standstill} ms");
        }
    }

    #[test]
    fn a_standstill_that_begins_while_some_wait_refuses_nobody() {
        let mut course = Course::new();
        for standstill in [500, 1000, 1900] {
            course.run(5, 2, (1, 1));
            course.run(standstill, 1, STANDSTILL);
            course.run(3_000, 1, (2, 1));
            assert_eq!((course.refused, course.queue.len()), (0, 0), "{standstill} ms");
        }
    }

    #[test]
    fn few_may_wait_however_slow_it_is() {
        let mut course = Course::new();
        course.run(1, 63, STANDSTILL);
        for _ in 0..10 {
            course.run(1, 1, STANDSTILL);
            course.run(500, 0, (1, 500));
        }
        assert_eq!((course.refused, course.queue.len()), (0, 63));
        course.run(1, 2, STANDSTILL);
        assert_eq!(course.refused, 1, "and no more");
    }

    #[test]
    fn who_goes_before_all_others_is_not_asked_how_long_it_would_wait() {
        let queue = Queue::new(1, 100);
        for _ in 0..64 {
            assert!(queue.push('a'));
        }
        queue.crawl();
        assert!(!queue.push('b') && queue.push_first('c'));
    }

    #[test]
    fn a_worker_is_woken_when_those_awake_have_their_share_or_are_held_up() {
        let queue = Arc::new(Queue::new(2, 100));
        let (report, reports) = flume::unbounded();
        for _ in 0..2 {
            queue.join();
            let (queue, report) = (Arc::clone(&queue), report.clone());
            thread::spawn(move || {
                while let Some((name, hold)) = queue.take(0) {
                    report.send(name).unwrap();
                    // Until the test lets go of the other end.
                    let _: Result<(), _> = flume::Receiver::recv(&hold);
                }
            });
        }
        while queue.state().asleep.len() < 2 {
            thread::yield_now();
        }
        let (let_go, hold) = flume::bounded::<()>(0);
        queue.push(("first", hold.clone()));
        assert_eq!(reports.recv(), Ok("first"));
        queue.push(("second", hold.clone()));
        queue.push(("third", hold.clone()));
        assert_eq!((queue.len(), queue.state().asleep.len()), (2, 1), "the one awake will come to them");
        queue.call_another();
        assert_eq!(reports.recv(), Ok("second"), "it was held up");
        drop(let_go);
        assert_eq!(reports.recv(), Ok("third"));
        queue.close();
    }

    #[test]
    fn the_last_worker_to_fall_asleep_is_woken_first() {
        let queue = Arc::new(Queue::new(0, 100));
        let (report, reports) = flume::unbounded();
        for number in 1..=3 {
            queue.join();
            let (worker, report) = (Arc::clone(&queue), report.clone());
            thread::spawn(move || {
                while worker.take(0).is_some() {
                    report.send(number).unwrap();
                }
            });
            while queue.state().asleep.len() < number {
                thread::yield_now();
            }
        }
        for _ in 0..9 {
            queue.push(());
            assert_eq!(reports.recv(), Ok(3));
            while queue.state().asleep.len() < 3 {
                thread::yield_now();
            }
        }
        queue.close();
    }
}
