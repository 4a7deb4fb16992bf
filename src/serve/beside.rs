//! The jobs that run beside the listener, each in its own time, and the listeners beside it.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Data;
use tokio::time::{Instant, Interval, MissedTickBehavior};

use crate::jobs;
use crate::jobs::logout::UnderWay;
use crate::jobs::pace::Pace;
use crate::metrics::history::INTERVAL;
use crate::secret::random_id;
use crate::serve::side::Side;
use crate::serve::tls::Certificates;
use crate::store::StoreError;
use crate::web::state::App;
use crate::web::{connections, live};

/// How often the sweeper looks, and how often what was gathered is written.
const SWEEP_INTERVAL: Duration = Duration::from_secs(30);
/// How long an entry of the audit log waits for its place in the chain.
const CHAIN_INTERVAL: Duration = Duration::from_secs(1);
/// How often the keys' age is looked at.
const KEYS_INTERVAL: Duration = Duration::from_secs(3600);
/// Seconds for which a process takes the sweep or the review, and the keys.
const LEASE: i64 = 120;
const KEYS_LEASE: i64 = 600;

/// How often our own instruments are read, and after how many times the database is looked at.
const READ_INTERVAL: Duration = Duration::from_secs(INTERVAL.unsigned_abs());
const LOOK_EVERY: usize = 6;
/// After how many looks what is many is counted to its end.
const COUNT_EVERY: usize = 10;
/// How often PostgreSQL is asked whether it keeps what it confirms.
const DURABILITY_INTERVAL: Duration = Duration::from_secs(300);

/// How soon reading keys or settings is tried again.
const RELOAD_INTERVAL: Duration = Duration::from_millis(500);

/// What runs beside the listener.
pub struct Beside {
    jobs: Vec<tokio::task::JoinHandle<()>>,
    sides: Vec<actix_web::dev::ServerHandle>,
}

impl Beside {
    pub fn start(app: &Data<App>, sides: [Option<Side>; 2], certificates: Option<Arc<Certificates>>) -> Self {
        let holder: Arc<str> = random_id().into();
        let mut jobs = vec![
            tokio::spawn(follow_changes(app.clone())),
            tokio::spawn(keep_swept(app.clone(), Arc::clone(&holder))),
            tokio::spawn(keep_gathered(app.clone())),
            tokio::spawn(write_requests(app.clone())),
            tokio::spawn(tell_clients(app.clone())),
            tokio::spawn(send_mails(app.clone())),
            tokio::spawn(keep_reviewed(app.clone(), Arc::clone(&holder))),
            tokio::spawn(keep_rotated(app.clone(), holder)),
            tokio::spawn(chain(app.clone())),
            tokio::spawn(send_traces(app.clone())),
            tokio::spawn(watch_itself(app.clone())),
            tokio::spawn(connections::look_after(app.clone())),
            tokio::spawn(keep_counts(app.clone())),
        ];
        jobs.extend(certificates.map(|certificates| tokio::spawn(certificates.follow())));
        Self { jobs, sides: sides.into_iter().flatten().map(Side::start).collect() }
    }

    /// Asks PostgreSQL now and then whether it keeps what it confirms. By itself, because that of the tests does not.
    pub fn watch_durability(&mut self, app: &Data<App>) {
        self.jobs.push(tokio::spawn(watch_durability(app.clone())));
    }

    /// Ends the jobs; what they were about to write waits for who writes the last.
    pub async fn end_jobs(&mut self) {
        self.jobs.iter().for_each(tokio::task::JoinHandle::abort);
        for job in self.jobs.drain(..) {
            // That it was cancelled.
            let _ = job.await;
        }
    }

    pub async fn stop(mut self) {
        self.end_jobs().await;
        for side in self.sides {
            side.stop(false).await;
        }
    }
}

/// Takes readings for the console, and looks at the database now and then.
async fn watch_itself(app: Data<App>) {
    loop {
        for number in 0..COUNT_EVERY {
            let counts = number == 0;
            // What could not be looked at is unknown, and said in the log.
            let _: Result<(), StoreError> = live::look(&app, counts).await;
            for _ in 0..LOOK_EVERY {
                live::read(&app);
                tokio::time::sleep(READ_INTERVAL).await;
            }
        }
    }
}

async fn watch_durability(app: Data<App>) {
    loop {
        // What could not be looked at is unknown, and said in the log.
        let _: Result<(), StoreError> = live::look_at_durability(&app).await;
        tokio::time::sleep(DURABILITY_INTERVAL).await;
    }
}

async fn keep_counts(app: Data<App>) {
    loop {
        tokio::time::sleep(SWEEP_INTERVAL).await;
        let outcome = write_counts(&app, |rows| Pace::within(SWEEP_INTERVAL / 2, rows)).await;
        app.metrics.job_ended("counts", outcome, app.now());
    }
}

pub async fn write_counts(app: &App, pace: fn(usize) -> Pace) -> &'static str {
    match app.statistics.flush(&app.metrics, &app.store, app.now(), pace).await {
        Ok(()) => "done",
        Err(error) => {
            tracing::warn!(%error, "what was counted could not be written; it is tried again");
            "failed"
        }
    }
}

async fn send_traces(app: Data<App>) {
    if let Some(traces) = &app.traces {
        traces.run().await;
    }
}

/// Reads keys and settings anew whenever something that servers keep in memory has changed, other than clients.
async fn follow_changes(app: Data<App>) {
    let mut changes = app.store.cache().changes();
    // The first reading was before this: what has changed since is read now.
    changes.mark_changed();
    while changes.changed().await.is_ok() {
        // Until it succeeds: without it another process's next key would stay unknown here for as long as nothing changes.
        while let Err(error) = app.reload_keys().await {
            tracing::error!(%error, "the signing keys could not be read anew");
            tokio::time::sleep(RELOAD_INTERVAL).await;
        }
        while let Err(error) = app.reload_settings().await {
            tracing::error!(%error, "the settings could not be read anew");
            tokio::time::sleep(RELOAD_INTERVAL).await;
        }
    }
}

async fn keep_gathered(app: Data<App>) {
    let mut turns = turns(SWEEP_INTERVAL);
    loop {
        turns.tick().await;
        write_gathered(&app, |rows| Pace::within(SWEEP_INTERVAL / 3, rows)).await;
    }
}

/// For work that takes a good part of the time between its beginnings; the first is after one.
fn turns(period: Duration) -> Interval {
    let mut turns = tokio::time::interval_at(Instant::now() + period, period);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    turns
}

/// Writes what was gathered in memory about clients, which is of three kinds.
pub async fn write_gathered(app: &App, pace: fn(usize) -> Pace) {
    if let Err(error) = app.readers.flush(&app.store, pace).await {
        tracing::warn!(%error, "who fetched the keys could not be written");
    }
    if let Err(error) = app.uses.flush(&app.store, pace).await {
        tracing::warn!(%error, "last uses of client secrets could not be written");
    }
    if let Err(error) = app.traffic.flush(&app.store, pace).await {
        tracing::warn!(%error, "what clients make use of could not be written");
    }
}

/// Writes records of requests, beside the requests.
async fn write_requests(app: Data<App>) {
    let mut turns = turns(jobs::request_log::INTERVAL);
    loop {
        turns.tick().await;
        if let Err(error) =
            app.request_log.flush(&app.store, app.now(), |rows| Pace::within(jobs::request_log::INTERVAL, rows)).await
        {
            tracing::warn!(%error, "records of requests could not be written");
        }
    }
}

async fn keep_swept(app: Data<App>, holder: Arc<str>) {
    loop {
        tokio::time::sleep(SWEEP_INTERVAL).await;
        let outcome = sweep(&app, &holder).await;
        app.metrics.job_ended("sweep", outcome, app.now());
    }
}

/// Sweeps, unless another process does; gives how it ended.
pub async fn sweep(app: &App, holder: &str) -> &'static str {
    let swept = match jobs::clocks_agree(&app.store, &app.metrics).await {
        Ok(true) => jobs::in_turn(&app.store, "sweep", holder, app.now(), LEASE, sweep_once(app)).await,
        Ok(false) => return "failed",
        Err(error) => Err(error),
    };
    match swept {
        Ok(Some(deleted)) => {
            tracing::debug!(deleted, "expired rows were deleted");
            "done"
        }
        Ok(None) => "elsewhere",
        Err(error) => {
            tracing::warn!(%error, "the sweep left something; it is tried again");
            "failed"
        }
    }
}

async fn keep_reviewed(app: Data<App>, holder: Arc<str>) {
    loop {
        tokio::time::sleep(SWEEP_INTERVAL).await;
        let outcome = review_clients(&app, &holder).await;
        app.metrics.job_ended("review", outcome, app.now());
    }
}

/// Reviews clients, unless another process does; gives how it ended.
pub async fn review_clients(app: &App, holder: &str) -> &'static str {
    let review = jobs::review::run(&app.store, app.now());
    match jobs::in_turn(&app.store, "review", holder, app.now(), LEASE, review).await {
        Ok(Some(_)) => "done",
        Ok(None) => "elsewhere",
        Err(error) => {
            tracing::warn!(%error, "clients could not be reviewed; it is tried again");
            "failed"
        }
    }
}

/// Deletes what has expired. What cannot be deleted keeps nothing else from leaving.
async fn sweep_once(app: &App) -> Result<usize, StoreError> {
    let retention = i64::from(app.policies().audit_retention_days) * 24 * 60 * 60;
    let note = |rows: usize| app.metrics.swept_rows.add(rows as u64);
    let trimmed = app.request_log.trim(&app.store, app.now()).await;
    let expired = jobs::audit_log::expire(&app.store, &app.chain_key, app.now() - retention).await;
    note(*expired.as_ref().unwrap_or(&0));
    let swept = jobs::sweep::noting(&app.store, app.now(), &app.metrics).await;
    trimmed?;
    Ok(expired? + swept?)
}

/// Tells clients of sessions that ended: one delivery at a time to each, so that a client that is down holds up no other.
async fn tell_clients(app: Data<App>) {
    let mut under_way = UnderWay::default();
    let tell = |client: String| {
        let app = app.clone();
        tokio::spawn(async move { app.courier.tell(&app.messenger, || app.keys(), &client).await })
    };
    loop {
        if let Err(error) = under_way.begin(&app.store, app.now(), tell).await {
            tracing::warn!(%error, "clients could not be told of logouts");
        }
        app.courier.idle().await;
    }
}

/// Sends letters as they come.
async fn send_mails(app: Data<App>) {
    let Some(mailer) = &app.mailer else { return };
    loop {
        if let Err(error) = jobs::mail::send_due(&app.store, &app.clock, mailer, &**app, &app.metrics).await {
            tracing::warn!(%error, "mail could not be sent");
        }
        app.post.idle().await;
    }
}

/// Chains the audit log. Every process may: they take turns.
async fn chain(app: Data<App>) {
    let mut failures = 0_u32;
    loop {
        tokio::time::sleep(CHAIN_INTERVAL).await;
        match jobs::audit_log::chain(&app.store, &app.chain_key, app.now()).await {
            Ok(_) => failures = 0,
            Err(error) => {
                // Once a minute is enough for what does not mend itself.
                if failures.is_multiple_of(60) {
                    tracing::error!(%error, "the audit log could not be chained");
                }
                failures += 1;
            }
        }
    }
}

async fn keep_rotated(app: Data<App>, holder: Arc<str>) {
    loop {
        tokio::time::sleep(KEYS_INTERVAL).await;
        let outcome = rotate_keys(&app, &holder).await;
        app.metrics.job_ended("keys", outcome, app.now());
    }
}

/// Looks after the keys, unless another process does; gives how it ended.
pub async fn rotate_keys(app: &App, holder: &str) -> &'static str {
    let policies = app.policies();
    let rotation = i64::from(policies.key_rotation_days) * 24 * 60 * 60;
    let rotate = jobs::rotate_keys::run(&app.store, &app.sealing_key, app.now(), rotation, &policies.lifetimes);
    let rotated = match jobs::clocks_agree(&app.store, &app.metrics).await {
        Ok(true) => jobs::in_turn(&app.store, "keys", holder, app.now(), KEYS_LEASE, rotate).await,
        Ok(false) => return "failed",
        Err(error) => Err(error.into()),
    };
    match rotated {
        Ok(Some(())) => "done",
        Ok(None) => "elsewhere",
        Err(error) => {
            tracing::error!(%error, "the signing keys could not be looked after");
            "failed"
        }
    }
}
