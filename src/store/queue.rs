//! The queue in front of the pool's workers: first come, first served, and no more workers awake than it takes.
//!
//! Only what decides whether memory counts goes before all others ([`Queue::push_first`]): were it to wait behind them while
//! they are too many, requests would read what is in memory too, and be more still.
//!
//! Waking a thread costs several times what a read of SQLite takes, and a worker that is awake takes the next unit of work
//! for nothing. So whoever adds one wakes a worker only when those awake have their share already. A worker that is held
//! up must not hold up what waits behind it: a caller that has waited for [`HELD_UP`] wakes another
//! ([`Queue::call_another`]).

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a caller waits before it wakes another worker.
pub const HELD_UP: Duration = Duration::from_millis(2);

/// The queue.
pub struct Queue<T> {
    state: Mutex<State<T>>,
    called: Condvar,
    /// How many may wait for each worker that is awake before another is woken.
    share: usize,
    most: usize,
}

struct State<T> {
    waiting: VecDeque<T>,
    /// Workers that are at work or on their way to it.
    awake: usize,
    asleep: usize,
    /// Those asleep that were woken and have not noticed yet.
    calls: usize,
    is_closed: bool,
}

impl<T> Queue<T> {
    /// A queue for at most `most`, without workers.
    pub fn new(share: usize, most: usize) -> Self {
        let state = State { waiting: VecDeque::new(), awake: 0, asleep: 0, calls: 0, is_closed: false };
        Self { state: Mutex::new(state), called: Condvar::new(), share, most }
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds one at the end; false when the queue is full.
    pub fn push(&self, one: T) -> bool {
        let mut state = self.state();
        if state.waiting.len() >= self.most {
            return false;
        }
        state.waiting.push_back(one);
        let is_needed = state.waiting.len() > state.awake * self.share;
        self.call(state, is_needed);
        true
    }

    /// Adds one before all others, also when the queue is full; false when there is one more than fits already. Who sleeps is
    /// woken for it: those awake may be held up.
    pub fn push_first(&self, one: T) -> bool {
        let mut state = self.state();
        if state.waiting.len() > self.most {
            return false;
        }
        state.waiting.push_front(one);
        self.call(state, true);
        true
    }

    /// Wakes another worker when something waits.
    pub fn call_another(&self) {
        let state = self.state();
        let is_needed = !state.waiting.is_empty();
        self.call(state, is_needed);
    }

    fn call(&self, mut state: MutexGuard<'_, State<T>>, is_needed: bool) {
        if is_needed && state.asleep > 0 {
            state.asleep -= 1;
            state.awake += 1;
            state.calls += 1;
            drop(state);
            self.called.notify_one();
        }
    }

    /// Takes the first; waits for it. `None` when the queue is closed. Only for workers that have [joined](Self::join).
    pub fn take(&self) -> Option<T> {
        let mut state = self.state();
        loop {
            if state.is_closed {
                return None;
            }
            if let Some(first) = state.waiting.pop_front() {
                return Some(first);
            }
            state.awake = state.awake.saturating_sub(1);
            state.asleep += 1;
            state = self
                .called
                .wait_while(state, |state| state.calls == 0 && !state.is_closed)
                .unwrap_or_else(PoisonError::into_inner);
            state.calls = state.calls.saturating_sub(1);
        }
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

    /// Sends the workers home; what waits is dropped.
    pub fn close(&self) {
        let mut state = self.state();
        state.is_closed = true;
        state.waiting.clear();
        drop(state);
        self.called.notify_all();
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
        assert_eq!((queue.take(), queue.take(), queue.len()), (Some('a'), Some('b'), 0));
        queue.close();
        assert_eq!(queue.take(), None);
    }

    #[test]
    fn what_is_pushed_first_is_taken_first_also_when_the_queue_is_full() {
        let queue = Queue::new(1, 2);
        queue.join();
        assert!(queue.push('a') && queue.push_first('b'));
        assert_eq!(queue.take(), Some('b'));
        assert!(queue.push('c') && queue.push_first('d'), "it was full");
        assert!(!queue.push_first('e') && !queue.push('f'), "one more than fits is enough");
        assert_eq!([queue.take(), queue.take(), queue.take()], ['d', 'a', 'c'].map(Some));
    }

    #[test]
    fn a_worker_is_woken_when_those_awake_have_their_share_or_are_held_up() {
        let queue = Arc::new(Queue::new(2, 100));
        let (report, reports) = flume::unbounded();
        for _ in 0..2 {
            queue.join();
            let (queue, report) = (Arc::clone(&queue), report.clone());
            thread::spawn(move || {
                while let Some((name, hold)) = queue.take() {
                    report.send(name).unwrap();
                    // Until the test lets go of the other end.
                    let _: Result<(), _> = flume::Receiver::recv(&hold);
                }
            });
        }
        while queue.state().asleep < 2 {
            thread::yield_now();
        }
        let (let_go, hold) = flume::bounded::<()>(0);
        queue.push(("first", hold.clone()));
        assert_eq!(reports.recv(), Ok("first"));
        queue.push(("second", hold.clone()));
        queue.push(("third", hold.clone()));
        assert_eq!((queue.len(), queue.state().asleep), (2, 1), "the one awake will come to them");
        queue.call_another();
        assert_eq!(reports.recv(), Ok("second"), "it was held up");
        drop(let_go);
        assert_eq!(reports.recv(), Ok("third"));
        queue.close();
    }
}
