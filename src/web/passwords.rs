//! Hashing passwords in a small pool of its own.
//!
//! A hash costs a quarter of a second of processor time on purpose. With as many threads as half the processors, which
//! give way to all others, and a bounded queue, a storm of logins cannot slow down token traffic; who finds the queue full,
//! or has waited in it for long, is asked to come again. That one address or account does not fill it is
//! [`throttle`](crate::throttle)'s: an [`Attempt`] lasts until its hash has left the queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::domain::resource_owner::{Password, PasswordHash};
use crate::metrics::instrument::{Counter, Histogram};
use crate::password_rules::{ChooseError, PasswordRules, Rating};
use crate::telemetry::trace;
use crate::throttle::Attempt;

/// Most hashes that wait for each thread: ten seconds at a quarter of a second each.
const QUEUE: usize = 40;
/// Longest that one waits, on a machine that is slower or has more urgent things to do.
const PATIENCE: Duration = Duration::from_secs(10);

/// The pool.
pub struct Passwords {
    queue: flume::Sender<Box<dyn FnOnce() + Send>>,
    patience: Duration,
    cost: u32,
    rules: PasswordRules,
    /// Fewest characters of a new one.
    least: AtomicUsize,
    /// What an unknown user's password is compared with, so that it takes the same time.
    nobody: PasswordHash,
    /// How long hashes waited, and how long they took.
    pub waits: Histogram,
    pub times: Histogram,
    /// Hashes for which the queue was full, or that waited too long.
    pub refused: Counter,
}

/// The queue is full, or does not move.
#[derive(Debug, PartialEq, Eq)]
pub struct Busy;

impl Passwords {
    /// Starts the pool; it ends with the value.
    pub fn start(cost: u32, rules: PasswordRules) -> Self {
        let threads = threads();
        let (queue, jobs) = flume::bounded::<Box<dyn FnOnce() + Send>>(QUEUE * threads);
        for number in 1..=threads {
            let jobs = jobs.clone();
            let started = thread::Builder::new().name(format!("passwords-{number}")).spawn(move || {
                give_way();
                while let Ok(job) = jobs.recv() {
                    job();
                }
            });
            started.expect("the system gives a few threads at start");
        }
        let nobody = PasswordHash::from_stored(NOBODY.replace("12", &format!("{cost:02}")));
        Self {
            queue,
            patience: PATIENCE,
            cost,
            rules,
            least: AtomicUsize::new(usize::MAX),
            nobody,
            waits: Histogram::of_times(),
            times: Histogram::of_times(),
            refused: Counter::default(),
        }
    }

    /// From now on new passwords have at least so many characters.
    pub fn set_least(&self, least: usize) {
        self.least.store(least, Ordering::Relaxed);
    }

    /// A new password that keeps to the rules; `personal` is what everybody who knows the user tries.
    pub async fn choose(&self, text: &str, personal: &[&str]) -> Result<Password, ChooseError> {
        let personal = personal.iter().map(|each| (*each).to_owned()).collect();
        let least = self.least.load(Ordering::Relaxed);
        self.hold_to_rules(text, personal, move |rules, text, personal| rules.choose(text, personal, least)).await
    }

    /// How good a password is, for who is choosing it.
    pub async fn rate(&self, text: &str, personal: Vec<String>) -> Result<Rating, ChooseError> {
        let least = self.least.load(Ordering::Relaxed);
        let rate = move |rules: &PasswordRules, text: &str, personal: &[&str]| rules.rate(text, personal, least);
        self.hold_to_rules(text, personal, rate).await
    }

    /// A list is read and guesses are counted, off the reactor.
    async fn hold_to_rules<T: Send + 'static>(
        &self,
        text: &str,
        personal: Vec<String>,
        work: impl FnOnce(&PasswordRules, &str, &[&str]) -> Result<T, ChooseError> + Send + 'static,
    ) -> Result<T, ChooseError> {
        let (rules, text) = (self.rules.clone(), zeroize::Zeroizing::new(text.to_owned()));
        let done = tokio::task::spawn_blocking(move || {
            let personal: Vec<&str> = personal.iter().map(String::as_str).collect();
            work(&rules, &text, &personal)
        });
        done.await.unwrap_or_else(|error| Err(ChooseError::Unreadable(std::io::Error::other(error))))
    }

    /// Hashes a new password, for those who run the server.
    pub async fn hash(&self, password: Password) -> Result<PasswordHash, Busy> {
        self.make(None, password).await
    }

    /// Hashes a new password for somebody who may not have many hashed at once. Whoever goes away before the answer still has
    /// the attempt under check until its turn has come.
    pub async fn hash_in(&self, attempt: Arc<Attempt>, password: Password) -> Result<PasswordHash, Busy> {
        self.make(Some(attempt), password).await
    }

    async fn make(&self, attempt: Option<Arc<Attempt>>, password: Password) -> Result<PasswordHash, Busy> {
        let cost = self.cost;
        self.run(attempt, move || PasswordHash::new(&password, cost)).await?.map_err(|_| Busy)
    }

    /// Whether `password` is the one of `stored`; without a stored one no, in the same time. As [`Passwords::hash_in`].
    pub async fn matches_in(
        &self,
        attempt: Arc<Attempt>,
        password: Password,
        stored: Option<PasswordHash>,
    ) -> Result<bool, Busy> {
        let is_known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.nobody.clone());
        Ok(self.run(Some(attempt), move || stored.matches(&password)).await? && is_known)
    }

    pub fn cost(&self) -> u32 {
        self.cost
    }

    /// How many hashes wait.
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    async fn run<T: Send + 'static>(
        &self,
        attempt: Option<Arc<Attempt>>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let _step = trace::span("password hash");
        let (its_turn, turn) = oneshot::channel();
        let (reply, answer) = oneshot::channel();
        let queued = Instant::now();
        let job = Box::new(move || {
            let begun = Instant::now();
            // Not for those who have gone, or were sent away.
            if its_turn.send(begun - queued).is_ok() {
                let done = work();
                // Before the answer, after which the next may come.
                drop(attempt);
                let _ = reply.send((done, begun.elapsed()));
            }
        });
        self.queue.try_send(job).map_err(|_| self.refuse())?;
        let turn = tokio::time::timeout(self.patience, turn).await.map_err(|_| self.refuse())?;
        let waited = turn.map_err(|_| Busy)?;
        // What has begun is waited for: it is paid already.
        let (done, took) = answer.await.map_err(|_| Busy)?;
        self.waits.observe(waited);
        self.times.observe(took);
        Ok(done)
    }

    /// Keeps all threads at something else until the sender goes, for tests.
    #[doc(hidden)]
    pub fn occupy(&self) -> flume::Sender<()> {
        let (free, is_free) = flume::bounded::<()>(0);
        for _ in 0..threads() {
            let is_free = is_free.clone();
            let sent = self.queue.send(Box::new(move || {
                let _ = is_free.recv();
            }));
            assert!(sent.is_ok(), "the threads live as long as the pool");
        }
        free
    }

    fn refuse(&self) -> Busy {
        self.refused.increment();
        Busy
    }
}

fn threads() -> usize {
    thread::available_parallelism().map_or(1, |count| count.get().div_ceil(2))
}

/// Lets threads of usual priority go first. Without them hashes are as fast as ever, and among them they get about a tenth
/// of a processor, so that logins go on.
fn give_way() {
    /// What `nice` gives.
    const NICENESS: i32 = 10;
    // To Linux a thread is a process of its own here. Who may not is only slower for others.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, NICENESS);
}

/// The hash of a password that nobody knows.
const NOBODY: &str = "$2b$12$WApznUPhDubN0oeveSXHp.Rk0rMpkS0QYNLIPFO4YkSjrhLyQtRJm";

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::throttle::{AT_ONCE, Key, OWN_AT_ONCE, Throttle};

    /// A pool whose threads are at something else until the sender goes.
    fn occupied() -> (Passwords, flume::Sender<()>) {
        let passwords = Passwords::start(4, PasswordRules::default());
        let free = passwords.occupy();
        until(|| passwords.waiting() == 0);
        (passwords, free)
    }

    fn until(is_so: impl Fn() -> bool) {
        while !is_so() {
            thread::yield_now();
        }
    }

    fn wait_for<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(work)
    }

    #[test]
    fn the_queue_is_as_long_as_the_threads_are_many() {
        let (passwords, _free) = occupied();
        for _ in 0..QUEUE * threads() {
            assert!(passwords.queue.try_send(Box::new(|| ())).is_ok());
        }
        assert_eq!(wait_for(passwords.run(None, || 1)), Err(Busy));
        assert_eq!(passwords.refused.get(), 1);
    }

    #[test]
    fn a_hash_that_has_waited_too_long_is_not_made() {
        let (mut passwords, free) = occupied();
        passwords.patience = Duration::ZERO;
        let is_made = Arc::new(AtomicBool::new(false));
        let by_job = Arc::clone(&is_made);
        assert_eq!(wait_for(passwords.run(None, move || by_job.swap(true, Ordering::Relaxed))), Err(Busy));
        assert_eq!((passwords.refused.get(), passwords.waiting()), (1, 1));
        drop(free);
        until(|| Arc::strong_count(&is_made) == 1);
        assert!(!is_made.load(Ordering::Relaxed));
    }

    #[test]
    fn an_attempt_is_under_check_until_its_hash_has_left_the_queue() {
        let (mut passwords, free) = occupied();
        passwords.patience = Duration::ZERO;
        let throttle = Throttle::default();
        let key = Key::Address(IpAddr::V4(Ipv4Addr::LOCALHOST));
        for _ in 0..AT_ONCE {
            let (attempt, password) = (throttle.begin(key).unwrap(), Password::typed("x").unwrap());
            assert_eq!(wait_for(passwords.matches_in(attempt, password, None)), Err(Busy));
        }
        let own = Key::Own { account: "u_alice" };
        for _ in 0..OWN_AT_ONCE {
            let (attempt, password) = (throttle.begin(own).unwrap(), Password::typed("x").unwrap());
            assert_eq!(wait_for(passwords.hash_in(attempt, password)).unwrap_err(), Busy);
        }
        for key in [key, own] {
            assert!(throttle.begin(key).is_err(), "who goes away makes no room for more");
        }
        drop(free);
        for key in [key, own] {
            until(|| throttle.begin(key).is_ok());
        }
    }
}
