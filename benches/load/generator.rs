//! The load: many keep-alive connections, each doing one unit of work after the other as its [`Behaviour`] says.
//!
//! Without a rate the loop is closed: each connection sends as soon as it was answered. With a rate units begin on a
//! schedule, whatever the server does; what becomes of one whose connection still waits then, [`Late`] says.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::task::LocalSet;

use crate::http::{Answer, Connection};
use crate::process::Measured;

/// What one connection does.
pub trait Behaviour {
    /// The next request.
    fn request(&mut self, into: &mut Vec<u8>);
    /// Takes its answer.
    fn answer(&mut self, answer: &Answer<'_>) -> Step;
}

/// What an answer means for the unit of work.
pub enum Step {
    /// It goes on with another request.
    More,
    /// It is complete.
    Done,
    /// It was needed before the first unit and is not counted.
    Prepared,
    /// The server said with this status that it has too much to do.
    Refused(u16),
    Failed(String),
}

/// What becomes of a unit that is due while its connection waits for an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Late {
    /// It begins late and is counted from when it was due: a server that stalls cannot hide it.
    Counted,
    /// It is left out, but for the last, which begins then: who offers more than can be done would measure a queue of their own.
    LeftOut,
}

/// A load to be.
#[derive(Clone, Copy)]
pub struct Plan<'a> {
    /// Of the processes that share the connections.
    pub addresses: &'a [SocketAddr],
    pub connections: usize,
    /// Threads that the connections are divided among.
    pub threads: usize,
    /// Units of work in a second, over all connections.
    pub rate: Option<f64>,
    pub late: Late,
    /// The behaviour of the connection with this number.
    pub behaviour: &'a (dyn Fn(u64) -> Box<dyn Behaviour> + Sync),
}

/// What the connections have done since it was last taken.
#[derive(Default)]
pub struct Tally {
    /// Of the units that were completed, in microseconds.
    pub latencies: Vec<u32>,
    /// The same of those that were refused, by status.
    pub refusals: BTreeMap<u16, Vec<u32>>,
    /// What went wrong, and how often.
    pub failures: BTreeMap<String, u64>,
    /// One example of each request of a unit.
    pub samples: Vec<Sample>,
}

/// A request as it was sent, and how long the answer's body was.
#[derive(Clone)]
pub struct Sample {
    pub request: Vec<u8>,
    pub body_bytes: usize,
}

/// Where the connections write down what they have done.
#[derive(Default)]
pub struct Recorder {
    tally: Mutex<Tally>,
    is_over: AtomicBool,
}

impl Recorder {
    /// What was done since the last time.
    pub fn take(&self) -> Tally {
        std::mem::take(&mut *self.tally.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, note: impl FnOnce(&mut Tally)) {
        note(&mut self.tally.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }
}

/// Does `work` while the load runs.
pub fn during<T>(plan: &Plan<'_>, work: impl FnOnce(&Recorder) -> T) -> T {
    let recorder = Arc::new(Recorder::default());
    thread::scope(|scope| {
        for thread in 0..plan.threads {
            let recorder = &recorder;
            scope.spawn(move || drive(plan, thread, recorder));
        }
        let outcome = work(&recorder);
        recorder.is_over.store(true, Ordering::Relaxed);
        outcome
    })
}

/// What was measured. Times are processor time in microseconds.
pub struct Load {
    pub elapsed: Duration,
    /// Ascending, in microseconds.
    pub latencies: Vec<u32>,
    pub failures: BTreeMap<String, u64>,
    pub samples: Vec<Sample>,
    pub server_time: Option<u64>,
    pub database_time: Option<u64>,
    pub generator_time: Option<u64>,
}

/// Warms up for a fifth of `seconds`, then measures for as long.
pub fn measure(plan: &Plan<'_>, server: &Measured, database: Option<&Measured>, seconds: f64) -> Load {
    let duration = Duration::from_secs_f64(seconds);
    let ourselves = Measured::ourselves();
    let read = || [Some(server), database, Some(&ourselves)].map(|process| process.and_then(Measured::processor_time));
    let (mut tally, elapsed, before, after) = during(plan, |recorder| {
        thread::sleep(duration / 5);
        recorder.take();
        let (before, begun) = (read(), Instant::now());
        thread::sleep(duration);
        let (after, elapsed) = (read(), begun.elapsed());
        (recorder.take(), elapsed, before, after)
    });
    tally.latencies.sort_unstable();
    let [server_time, database_time, generator_time] =
        std::array::from_fn(|each| Some(after[each]?.saturating_sub(before[each]?)));
    Load {
        elapsed,
        latencies: tally.latencies,
        failures: tally.failures,
        samples: tally.samples,
        server_time,
        database_time,
        generator_time,
    }
}

/// One thread: the connections whose number falls to it.
fn drive(plan: &Plan<'_>, thread: usize, recorder: &Arc<Recorder>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    let lines = LocalSet::new();
    for number in (thread..plan.connections).step_by(plan.threads) {
        lines.spawn_local(Line::new(plan, number).work(Arc::clone(recorder)));
    }
    runtime.block_on(lines);
}

/// One connection.
struct Line {
    address: SocketAddr,
    behaviour: Box<dyn Behaviour>,
    schedule: Option<Schedule>,
    open: Option<Connection>,
    request: Vec<u8>,
}

impl Line {
    fn new(plan: &Plan<'_>, number: usize) -> Self {
        Self {
            address: plan.addresses[number % plan.addresses.len()],
            behaviour: (plan.behaviour)(number as u64),
            schedule: plan.rate.map(|rate| Schedule::new(rate, plan.connections, number, plan.late)),
            open: None,
            request: Vec::new(),
        }
    }

    async fn work(mut self, recorder: Arc<Recorder>) {
        while !recorder.is_over() {
            let begun = match &mut self.schedule {
                Some(schedule) => schedule.next().await,
                None => Instant::now(),
            };
            let mut number = 0;
            loop {
                let step = match self.exchange(number, &recorder).await {
                    Ok(step) => step,
                    Err(why) => {
                        self.open = None;
                        // A server that is gone must not turn this into a busy loop.
                        tokio::time::sleep(Duration::from_millis(10)).await;
                        Step::Failed(why.to_string())
                    }
                };
                match step {
                    Step::More => {
                        number += 1;
                        continue;
                    }
                    Step::Done => {
                        let took = microseconds(begun);
                        recorder.note(|tally| tally.latencies.push(took));
                    }
                    Step::Refused(status) => {
                        let took = microseconds(begun);
                        recorder.note(|tally| tally.refusals.entry(status).or_default().push(took));
                    }
                    Step::Prepared => {}
                    Step::Failed(why) => recorder.note(|tally| *tally.failures.entry(why).or_default() += 1),
                }
                break;
            }
        }
    }

    /// Sends the request with this number in its unit, and gives the answer to the behaviour.
    async fn exchange(&mut self, number: usize, recorder: &Recorder) -> std::io::Result<Step> {
        let connection = match &mut self.open {
            Some(open) => open,
            none => none.insert(Connection::open(self.address).await?),
        };
        self.request.clear();
        self.behaviour.request(&mut self.request);
        let answer = connection.exchange(&self.request).await?;
        let (step, closes, body_bytes) = (self.behaviour.answer(&answer), answer.closes, answer.body_bytes());
        if closes {
            self.open = None;
        }
        if matches!(step, Step::More | Step::Done) {
            recorder.note(|tally| {
                if tally.samples.len() == number {
                    tally.samples.push(Sample { request: self.request.clone(), body_bytes });
                }
            });
        }
        Ok(step)
    }
}

fn microseconds(since: Instant) -> u32 {
    u32::try_from(since.elapsed().as_micros()).unwrap_or(u32::MAX)
}

/// When a connection's units begin.
struct Schedule {
    due: Instant,
    interval: Duration,
    late: Late,
}

impl Schedule {
    fn new(rate: f64, connections: usize, number: usize, late: Late) -> Self {
        let share = |part: usize| Duration::from_secs_f64(f64::from(u32::try_from(part).unwrap_or(u32::MAX)) / rate);
        Self { due: Instant::now() + share(number), interval: share(connections), late }
    }

    /// Waits until the next unit is due; when it begins, or should have begun.
    async fn next(&mut self) -> Instant {
        let now = Instant::now();
        while self.late == Late::LeftOut && self.due + self.interval <= now {
            self.due += self.interval;
        }
        let due = self.due;
        self.due += self.interval;
        if due <= now {
            return if self.late == Late::LeftOut { now } else { due };
        }
        tokio::time::sleep_until(due.into()).await;
        // The timer's own lateness is not the server's.
        Instant::now()
    }
}
