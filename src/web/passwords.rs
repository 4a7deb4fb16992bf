//! Hashing passwords in a small pool of its own.
//!
//! A hash costs a quarter of a second of processor time on purpose. With as many threads as half the processors, which
//! give way to all others, and a bounded queue, a storm of logins cannot slow down token traffic; who finds the queue full
//! is asked to come again.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use tokio::sync::oneshot;

use crate::domain::resource_owner::{Password, PasswordHash};
use crate::metrics::instrument::{Counter, Histogram};
use crate::password_rules::{ChooseError, PasswordRules, Rating};
use crate::telemetry::trace;

/// Most logins that wait.
const QUEUE: usize = 64;

/// The pool.
pub struct Passwords {
    queue: flume::Sender<Box<dyn FnOnce() + Send>>,
    cost: u32,
    rules: PasswordRules,
    /// Fewest characters of a new one.
    least: AtomicUsize,
    /// What an unknown user's password is compared with, so that it takes the same time.
    nobody: PasswordHash,
    /// How long hashes waited, and how long they took.
    pub waits: Histogram,
    pub times: Histogram,
    /// Hashes for which the queue was full.
    pub refused: Counter,
}

/// The queue is full.
#[derive(Debug, PartialEq, Eq)]
pub struct Busy;

impl Passwords {
    /// Starts the pool; it ends with the value.
    pub fn start(cost: u32, rules: PasswordRules) -> Self {
        let (queue, jobs) = flume::bounded::<Box<dyn FnOnce() + Send>>(QUEUE);
        let threads = thread::available_parallelism().map_or(1, |count| count.get().div_ceil(2));
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

    /// Hashes a new password.
    pub async fn hash(&self, password: Password) -> Result<PasswordHash, Busy> {
        let cost = self.cost;
        self.run(move || PasswordHash::new(&password, cost)).await?.map_err(|_| Busy)
    }

    /// Whether `password` is the one of `stored`; without a stored one no, in the same time.
    pub async fn matches(&self, password: Password, stored: Option<PasswordHash>) -> Result<bool, Busy> {
        let is_known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.nobody.clone());
        Ok(self.run(move || stored.matches(&password)).await? && is_known)
    }

    pub fn cost(&self) -> u32 {
        self.cost
    }

    /// How many hashes wait.
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Busy> {
        let _step = trace::span("password hash");
        let (reply, answer) = oneshot::channel();
        let queued = Instant::now();
        let job = Box::new(move || {
            if !reply.is_closed() {
                let begun = Instant::now();
                let done = work();
                let _ = reply.send((done, begun - queued, begun.elapsed()));
            }
        });
        self.queue.try_send(job).map_err(|_| {
            self.refused.increment();
            Busy
        })?;
        let (done, waited, took) = answer.await.map_err(|_| Busy)?;
        self.waits.observe(waited);
        self.times.observe(took);
        Ok(done)
    }
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
