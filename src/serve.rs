//! Serving: put the application together, listen, run the jobs, stop gracefully.

mod capacity;
mod metrics;
pub mod redirect;
mod side;
mod stop;
pub mod tls;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpServer;
use actix_web::web::Data;

use crate::clock::Clock;
use crate::config::Config;
use crate::jobs;
use crate::keys::sealed::{self, SealingKey};
use crate::metrics::history::INTERVAL;
use crate::secret::{Secret, SecretKind, random_id};
use crate::store::one_time_links::{self, Purpose};
use crate::store::{Store, StoreError, resource_owners, signing_keys};
use crate::web::state::App;
use crate::web::{base_path, in_process, live, routes, watch};

use side::Side;
use tls::Certificates;

/// Seconds that a set-up link is good for; the next start makes a new one.
const SETUP_LIFETIME: i64 = 24 * 60 * 60;
/// How often the sweeper looks, and how often secrets' last uses are written.
const SWEEP_INTERVAL: Duration = Duration::from_secs(30);
/// How long an entry of the audit log waits for its place in the chain.
const CHAIN_INTERVAL: Duration = Duration::from_secs(1);
/// How often the keys' age is looked at.
const KEYS_INTERVAL: Duration = Duration::from_secs(3600);

/// How often our own instruments are read, and after how many times the database is looked at.
const READ_INTERVAL: Duration = Duration::from_secs(INTERVAL.unsigned_abs());
const LOOK_EVERY: usize = 6;
/// After how many looks what is many is counted to its end.
const COUNT_EVERY: usize = 10;

/// How soon reading keys or settings is tried again.
const RELOAD_INTERVAL: Duration = Duration::from_millis(500);

/// A server that listens and can be run.
pub struct Server {
    pub app: Data<App>,
    pub address: SocketAddr,
    listener: actix_web::dev::Server,
    metrics: Option<Side>,
    redirector: Option<Side>,
    certificates: Option<Arc<Certificates>>,
}

/// Opens storage, makes what a new database lacks, and listens.
///
/// # Errors
/// A sentence for the operator.
pub async fn bind(config: Config, clock: Clock, workers: Option<usize>) -> Result<Server, String> {
    base_path::check(config.issuer.path())?;
    let store = {
        let url = config.database.clone();
        tokio::task::spawn_blocking(move || Store::open(&url)).await.map_err(|error| error.to_string())?
    }
    .map_err(|error| error.to_string())?;
    let keys = store.read::<_, StoreError, _>(signing_keys::list).await.map_err(|error| error.to_string())?;
    let secret = if keys.is_empty() { config.secret_key.load() } else { config.secret_key.needed() };
    let secret = secret.map_err(|error| error.to_string())?;
    let (listener, address) = side::listen(config.listen, "GRANTOR_LISTEN")?;
    let config = config.bound_to(address.port());
    let sealing_key = SealingKey::new(&secret.derive(sealed::PURPOSE));
    jobs::rotate_keys::ensure(&store, &sealing_key, clock.now()).await.map_err(|error| error.to_string())?;
    let certificates = config.tls.as_ref().map(Certificates::load).transpose()?;
    let redirector = redirect::bind(&config)?;
    let metrics = config.metrics.listen.map(|address| side::listen(address, "GRANTOR_METRICS_LISTEN")).transpose()?;
    let app = Data::new(App::new(config, &secret, store, clock).await.map_err(|error| error.to_string())?);

    let workers = workers.unwrap_or_else(capacity::workers);
    let (for_workers, for_connections) = (app.clone(), app.clone());
    let server = HttpServer::new(move || in_process::application(&for_workers))
        .on_connect(move |_, data| watch::connection(&for_connections, data))
        .client_request_timeout(Duration::from_secs(15))
        .keep_alive(Duration::from_secs(75))
        .workers(workers)
        .max_connections(capacity::connections_per_worker(workers))
        .shutdown_timeout(stop::FINISH_SECONDS)
        .disable_signals();
    let listening = match &certificates {
        None => server.listen(listener),
        Some(certificates) => server.listen_rustls_0_23(listener, certificates.server_config()),
    };
    let listener = listening.map_err(|error| format!("cannot listen on {address}: {error}"))?.run();
    let metrics = metrics.map(|bound| metrics::serve(&app, bound)).transpose()?;
    Ok(Server { app, address, listener, metrics, redirector, certificates })
}

impl Server {
    /// Where metrics and health are served alone, if anywhere.
    pub fn metrics_on(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().map(|side| side.address)
    }

    /// Where http is sent to the issuer from, if anywhere.
    pub fn redirects_on(&self) -> Option<SocketAddr> {
        self.redirector.as_ref().map(|side| side.address)
    }

    /// Serves until the process is told to stop, then lets requests finish.
    pub async fn run(self) -> Result<(), String> {
        let handle = self.listener.handle();
        let beside = Beside::start(&self.app, [self.redirector, self.metrics], self.certificates);
        // Left half-way, the listener ends and takes what is idle with it.
        let served = tokio::select! {
            served = self.listener => served.map_err(|error| error.to_string()),
            () = stop::on_signal(&self.app, &handle) => Ok(()),
        };
        write_gathered(&self.app).await;
        write_counts(&self.app).await;
        if let Err(error) = self.app.request_log.flush(&self.app.store, self.app.now()).await {
            tracing::warn!(%error, "records of requests could not be written");
        }
        // Last, so that one can watch the rest end.
        beside.stop().await;
        if let Some(traces) = &self.app.traces {
            traces.finish().await;
        }
        served
    }

    /// Serves until `stop` resolves, for tests: no signals and no waiting.
    pub async fn run_until(self, stop: impl Future<Output = ()>) {
        let handle = self.listener.handle();
        let beside = Beside::start(&self.app, [self.redirector, self.metrics], self.certificates);
        tokio::select! {
            _ = self.listener => {}
            () = stop => handle.stop(false).await,
        }
        beside.stop().await;
    }
}

/// A link for the first admin, when there is no admin yet.
pub async fn setup_link(app: &App) -> Result<Option<String>, StoreError> {
    if app.store.read::<_, StoreError, _>(|connection| Ok(resource_owners::any_admin(connection)?)).await? {
        return Ok(None);
    }
    let (secret, now) = (Secret::generate(SecretKind::OneTimeLink), app.now());
    let digest = secret.digest();
    app.store
        .write::<_, StoreError, _>(move |connection| {
            Ok(one_time_links::replace(connection, &digest, &Purpose::Setup, now, now + SETUP_LIFETIME)?)
        })
        .await?;
    Ok(Some(app.config.issuer.url(&routes::setup(secret.expose()))))
}

/// What runs beside the listener.
struct Beside {
    jobs: Vec<tokio::task::JoinHandle<()>>,
    sides: Vec<actix_web::dev::ServerHandle>,
}

impl Beside {
    fn start(app: &Data<App>, sides: [Option<Side>; 2], certificates: Option<Arc<Certificates>>) -> Self {
        let holder: Arc<str> = random_id().into();
        let mut jobs = vec![
            tokio::spawn(follow_changes(app.clone())),
            tokio::spawn(sweep(app.clone(), Arc::clone(&holder))),
            tokio::spawn(write_requests(app.clone())),
            tokio::spawn(tell_clients(app.clone())),
            tokio::spawn(send_mails(app.clone())),
            tokio::spawn(review_clients(app.clone(), Arc::clone(&holder))),
            tokio::spawn(rotate(app.clone(), holder)),
            tokio::spawn(chain(app.clone())),
            tokio::spawn(send_traces(app.clone())),
            tokio::spawn(watch_itself(app.clone())),
            tokio::spawn(keep_counts(app.clone())),
        ];
        jobs.extend(certificates.map(|certificates| tokio::spawn(certificates.follow())));
        Self { jobs, sides: sides.into_iter().flatten().map(Side::start).collect() }
    }

    async fn stop(self) {
        self.jobs.iter().for_each(tokio::task::JoinHandle::abort);
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

async fn keep_counts(app: Data<App>) {
    loop {
        tokio::time::sleep(SWEEP_INTERVAL).await;
        let outcome = write_counts(&app).await;
        app.metrics.job_ended("counts", outcome, app.now());
    }
}

async fn write_counts(app: &App) -> &'static str {
    match app.statistics.flush(&app.metrics, &app.store, app.now()).await {
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

/// Reads keys and settings anew whenever something that servers keep in memory has changed.
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

/// Writes what was gathered in memory about clients.
async fn write_gathered(app: &App) {
    if let Err(error) = app.uses.flush(&app.store).await {
        tracing::warn!(%error, "last uses of client secrets could not be written");
    }
    if let Err(error) = app.readers.flush(&app.store).await {
        tracing::warn!(%error, "who fetched the keys could not be written");
    }
    if let Err(error) = app.traffic.flush(&app.store).await {
        tracing::warn!(%error, "what clients make use of could not be written");
    }
}

/// Writes records of requests, beside the requests.
async fn write_requests(app: Data<App>) {
    loop {
        tokio::time::sleep(jobs::request_log::INTERVAL).await;
        if let Err(error) = app.request_log.flush(&app.store, app.now()).await {
            tracing::warn!(%error, "records of requests could not be written");
        }
    }
}

async fn sweep(app: Data<App>, holder: Arc<str>) {
    loop {
        tokio::time::sleep(SWEEP_INTERVAL).await;
        write_gathered(&app).await;
        match jobs::lease(&app.store, "sweep", &holder, app.now(), 120).await {
            Ok(true) => match sweep_once(&app).await {
                Ok(deleted) => {
                    app.metrics.job_ended("sweep", "done", app.now());
                    tracing::debug!(deleted, "expired rows were deleted");
                }
                Err(error) => {
                    app.metrics.job_ended("sweep", "failed", app.now());
                    tracing::warn!(%error, "the sweep left something; it is tried again");
                }
            },
            Ok(false) => app.metrics.job_ended("sweep", "elsewhere", app.now()),
            Err(error) => {
                app.metrics.job_ended("sweep", "failed", app.now());
                tracing::warn!(%error, "the sweep could not begin");
            }
        }
    }
}

/// Reviews clients, unless another process does.
async fn review_clients(app: Data<App>, holder: Arc<str>) {
    loop {
        tokio::time::sleep(SWEEP_INTERVAL).await;
        let reviewed = match jobs::lease(&app.store, "review", &holder, app.now(), 120).await {
            Ok(true) => jobs::review::run(&app.store, app.now()).await.map(Some),
            Ok(false) => Ok(None),
            Err(error) => Err(error),
        };
        let outcome = match reviewed {
            Ok(Some(_)) => "done",
            Ok(None) => "elsewhere",
            Err(error) => {
                tracing::warn!(%error, "clients could not be reviewed; it is tried again");
                "failed"
            }
        };
        app.metrics.job_ended("review", outcome, app.now());
    }
}

/// Deletes what has expired. What cannot be deleted keeps nothing else from leaving.
async fn sweep_once(app: &App) -> Result<usize, StoreError> {
    let retention = i64::from(app.policies().audit_retention_days) * 24 * 60 * 60;
    let note = |rows: usize| app.metrics.swept_rows.add(rows as u64);
    let trimmed = app.request_log.trim(&app.store, app.now()).await;
    let expired = jobs::audit_log::expire(&app.store, &app.chain_key, app.now() - retention).await;
    note(*expired.as_ref().unwrap_or(&0));
    let swept = jobs::sweep::noting(&app.store, app.now(), note).await;
    trimmed?;
    Ok(expired? + swept?)
}

/// Tells clients of sessions that ended: one delivery at a time to each, so that a client that is down holds up no other.
async fn tell_clients(app: Data<App>) {
    let mut under_way = HashMap::<String, tokio::task::JoinHandle<()>>::new();
    loop {
        under_way.retain(|_, telling| !telling.is_finished());
        match jobs::logout::clients_due(&app.store, app.now()).await {
            Ok(due) => {
                for client in due {
                    under_way.entry(client).or_insert_with_key(|client| {
                        let (app, client) = (app.clone(), client.clone());
                        tokio::spawn(async move { app.courier.tell(&app.messenger(), &client).await })
                    });
                }
            }
            Err(error) => tracing::warn!(%error, "clients could not be told of logouts"),
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

async fn rotate(app: Data<App>, holder: Arc<str>) {
    loop {
        tokio::time::sleep(KEYS_INTERVAL).await;
        let rotation = i64::from(app.policies().key_rotation_days) * 24 * 60 * 60;
        let lifetimes = app.policies().lifetimes.clone();
        let outcome = match jobs::lease(&app.store, "keys", &holder, app.now(), 600).await {
            Ok(true) => {
                match jobs::rotate_keys::run(&app.store, &app.sealing_key, app.now(), rotation, &lifetimes).await {
                    Ok(()) => "done",
                    Err(error) => {
                        tracing::error!(%error, "the signing keys could not be looked after");
                        "failed"
                    }
                }
            }
            Ok(false) => "elsewhere",
            Err(error) => {
                tracing::warn!(%error, "the signing keys' turn could not be taken");
                "failed"
            }
        };
        app.metrics.job_ended("keys", outcome, app.now());
    }
}
