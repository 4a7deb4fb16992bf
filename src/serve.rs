//! Serving: put the application together, listen, run the jobs, stop gracefully.

pub mod beside;
mod capacity;
mod metrics;
pub mod redirect;
mod side;
pub mod stop;
pub mod tls;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpServer;
use actix_web::web::Data;

use crate::clock::Clock;
use crate::config::Config;
use crate::jobs;
use crate::jobs::pace::Pace;
use crate::keys::sealed::{self, SealingKey};
use crate::secret::{Secret, SecretKind};
use crate::store::one_time_links::{self, Purpose};
use crate::store::{Store, StoreError, resource_owners, signing_keys};
use crate::web::connections::{self, Listener};
use crate::web::state::App;
use crate::web::{base_path, in_process, routes};

use beside::{Beside, write_counts, write_gathered};
use side::Side;
use stop::Signals;
use tls::Certificates;

/// Seconds that a set-up link is good for; the next start makes a new one.
const SETUP_LIFETIME: i64 = 24 * 60 * 60;

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
    let has_keys = store.read::<_, StoreError, _>(|connection| Ok(signing_keys::any(connection)?)).await;
    let has_keys = has_keys.map_err(|error| error.to_string())?;
    let secret = if has_keys { config.secret_key.needed() } else { config.secret_key.load() };
    let secret = secret.map_err(|error| error.to_string())?;
    let (listener, address) = side::listen(config.listen, "GRANTOR_LISTEN")?;
    let config = config.bound_to(address.port());
    let sealing_key = SealingKey::new(&secret.derive(sealed::PURPOSE));
    jobs::rotate_keys::ensure(&store, &sealing_key, clock.now()).await.map_err(|error| error.to_string())?;
    let certificates = config.tls.as_ref().map(Certificates::load).transpose()?;
    let redirector =
        config.http_redirect_listen.map(|address| side::listen(address, "GRANTOR_HTTP_REDIRECT_LISTEN")).transpose()?;
    let metrics = config.metrics.listen.map(|address| side::listen(address, "GRANTOR_METRICS_LISTEN")).transpose()?;
    let app = Data::new(App::new(config, &secret, store, clock).await.map_err(|error| error.to_string())?);

    let workers = workers.unwrap_or_else(capacity::workers);
    let most = capacity::connections_per_worker(workers);
    let listens = Listener { name: "main", most: most * workers };
    let (for_workers, for_connections) = (app.clone(), app.clone());
    let server = HttpServer::new(move || in_process::application(&for_workers))
        .on_connect(move |io, data| connections::open(&for_connections, listens, io, data))
        .client_request_timeout(Duration::from_secs(15))
        .keep_alive(Duration::from_secs(75))
        .workers(workers)
        .max_connections(most)
        // TLS handshakes at once. With fewer, a few who connect and say nothing would keep everybody else out.
        .max_connection_rate(most)
        .shutdown_timeout(stop::FINISH_SECONDS)
        .disable_signals();
    let listening = match &certificates {
        None => server.listen(listener),
        Some(certificates) => server.listen_rustls_0_23(listener, certificates.server_config()),
    };
    let listener = listening.map_err(|error| format!("cannot listen on {address}: {error}"))?.run();
    let beside = |most| capacity::beside(listens.most, most);
    let redirector = redirector.map(|bound| redirect::serve(&app, bound, beside(capacity::REDIRECTS))).transpose()?;
    let metrics = metrics.map(|bound| metrics::serve(&app, bound, beside(capacity::METRICS))).transpose()?;
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

    /// Serves until `signals` tell it to stop, then lets requests finish. Make them before anybody hears that we listen.
    pub async fn run(self, signals: Signals) -> Result<(), String> {
        let handle = self.listener.handle();
        let mut beside = Beside::start(&self.app, [self.redirector, self.metrics], self.certificates);
        beside.watch_durability(&self.app);
        // Left half-way, the listener ends and takes what is idle with it.
        let served = tokio::select! {
            served = self.listener => served.map_err(|error| error.to_string()),
            () = stop::on_signal(signals, &self.app, &handle) => Ok(()),
        };
        beside.end_jobs().await;
        let last_writes = async {
            write_gathered(&self.app, |_| Pace::hurried()).await;
            write_counts(&self.app, |_| Pace::hurried()).await;
            if let Err(error) = self.app.request_log.flush(&self.app.store, self.app.now(), |_| Pace::hurried()).await {
                tracing::warn!(%error, "records of requests could not be written");
            }
        };
        if tokio::time::timeout(stop::LAST_WRITES, last_writes).await.is_err() {
            tracing::warn!("some of what was counted could not be written before the end");
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
