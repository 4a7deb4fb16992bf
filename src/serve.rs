//! Serving: put the application together, listen, run the jobs, stop gracefully.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::middleware::from_fn;
use actix_web::web::Data;
use actix_web::{App as ActixApp, HttpServer};

use crate::clock::Clock;
use crate::config::{Config, Tls};
use crate::jobs;
use crate::keys::sealed::{self, SealingKey};
use crate::secret::{Secret, SecretKind, random_id};
use crate::store::one_time_links::{self, Purpose};
use crate::store::{Store, StoreError, resource_owners};
use crate::web::state::App;
use crate::web::{self, headers, routes};

/// Seconds that a set-up link is good for; the next start makes a new one.
const SETUP_LIFETIME: i64 = 24 * 60 * 60;
/// Seconds between readiness turning false and the listener closing.
const DRAIN: Duration = Duration::from_secs(2);
/// Seconds in which requests may finish when the server stops.
const SHUTDOWN_SECONDS: u64 = 25;
/// How often the sweeper looks, and how often secrets' last uses are written.
const SWEEP_INTERVAL: Duration = Duration::from_secs(30);
/// How often the keys' age is looked at.
const KEYS_INTERVAL: Duration = Duration::from_secs(3600);

/// A server that listens and can be run.
pub struct Server {
    pub app: Data<App>,
    pub address: SocketAddr,
    listener: actix_web::dev::Server,
}

/// Opens storage, makes what a new database lacks, and listens.
///
/// # Errors
/// A sentence for the operator.
pub async fn bind(config: Config, clock: Clock, workers: Option<usize>) -> Result<Server, String> {
    let secret = config.secret_key.load().map_err(|error| error.to_string())?;
    let store = {
        let url = config.database.clone();
        tokio::task::spawn_blocking(move || Store::open(&url)).await.map_err(|error| error.to_string())?
    }
    .map_err(|error| error.to_string())?;
    let listener = std::net::TcpListener::bind(config.listen).map_err(|error| {
        format!("cannot listen on {}: {error}. Set GRANTOR_LISTEN to a free address.", config.listen)
    })?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let config = config.bound_to(address.port());
    let sealing_key = SealingKey::new(&secret.derive(sealed::PURPOSE));
    jobs::rotate_keys::ensure(&store, &sealing_key, clock.now()).await.map_err(|error| error.to_string())?;
    let tls = config.tls.clone();
    let app = Data::new(App::new(config, &secret, store, clock).await.map_err(|error| error.to_string())?);

    let for_workers = app.clone();
    let mut server = HttpServer::new(move || {
        let app = for_workers.clone();
        ActixApp::new()
            .app_data(app.clone())
            .configure(move |services| web::configure(&app, services))
            .wrap(from_fn(headers::protect))
    })
    .client_request_timeout(Duration::from_secs(15))
    .keep_alive(Duration::from_secs(75))
    .max_connections(10_000)
    .shutdown_timeout(SHUTDOWN_SECONDS)
    .disable_signals();
    if let Some(workers) = workers {
        server = server.workers(workers);
    }
    let listening = match tls {
        None => server.listen(listener),
        Some(tls) => server.listen_rustls_0_23(listener, tls_config(&tls)?),
    };
    let server = listening.map_err(|error| format!("cannot listen on {address}: {error}"))?.run();
    Ok(Server { app, address, listener: server })
}

impl Server {
    /// Serves until the process is told to stop, then lets requests finish.
    pub async fn run(self) -> Result<(), String> {
        let handle = self.listener.handle();
        let jobs = spawn_jobs(&self.app);
        let app = self.app.clone();
        let stop = tokio::spawn(async move {
            stop_signal().await;
            tracing::info!("stopping: no new connections, requests may finish");
            app.begin_stopping();
            // A balancer needs a moment to see that we are not ready.
            tokio::time::sleep(DRAIN).await;
            handle.stop(true).await;
        });
        let served = self.listener.await.map_err(|error| error.to_string());
        stop.abort();
        jobs.iter().for_each(tokio::task::JoinHandle::abort);
        if let Err(error) = self.app.uses.flush(&self.app.store).await {
            tracing::warn!(%error, "last uses of client secrets could not be written");
        }
        served
    }

    /// Serves until `stop` resolves, for tests: no signals and no waiting.
    pub async fn run_until(self, stop: impl Future<Output = ()>) {
        let handle = self.listener.handle();
        let jobs = spawn_jobs(&self.app);
        tokio::select! {
            _ = self.listener => {}
            () = stop => handle.stop(false).await,
        }
        jobs.iter().for_each(tokio::task::JoinHandle::abort);
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

async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

fn spawn_jobs(app: &Data<App>) -> Vec<tokio::task::JoinHandle<()>> {
    let holder: Arc<str> = random_id().into();
    vec![
        tokio::spawn(follow_keys(app.clone())),
        tokio::spawn(sweep(app.clone(), Arc::clone(&holder))),
        tokio::spawn(tell_clients(app.clone())),
        tokio::spawn(rotate(app.clone(), holder)),
    ]
}

/// Reads the keys anew whenever something that servers keep in memory has changed.
async fn follow_keys(app: Data<App>) {
    let mut changes = app.store.cache().changes();
    while changes.changed().await.is_ok() {
        if let Err(error) = app.reload_keys().await {
            tracing::error!(%error, "the signing keys could not be read anew");
        }
    }
}

async fn sweep(app: Data<App>, holder: Arc<str>) {
    loop {
        tokio::time::sleep(SWEEP_INTERVAL).await;
        if let Err(error) = app.uses.flush(&app.store).await {
            tracing::warn!(%error, "last uses of client secrets could not be written");
        }
        match jobs::lease(&app.store, "sweep", &holder, app.now(), 120).await {
            Ok(true) => match jobs::sweep::run(&app.store, app.now()).await {
                Ok(0) => {}
                Ok(deleted) => tracing::debug!(deleted, "expired rows were deleted"),
                Err(error) => tracing::warn!(%error, "the sweep stopped early"),
            },
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "the sweep could not begin"),
        }
    }
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

async fn rotate(app: Data<App>, holder: Arc<str>) {
    loop {
        tokio::time::sleep(KEYS_INTERVAL).await;
        let rotation = i64::from(app.config.key_rotation_days) * 24 * 60 * 60;
        let longest = app.config.lifetimes.jwt_access_token.max(app.config.lifetimes.id_token);
        let is_ours = jobs::lease(&app.store, "keys", &holder, app.now(), 600).await;
        if matches!(is_ours, Ok(true))
            && let Err(error) = jobs::rotate_keys::run(&app.store, &app.sealing_key, app.now(), rotation, longest).await
        {
            tracing::error!(%error, "the signing keys could not be looked after");
        }
    }
}

fn tls_config(tls: &Tls) -> Result<rustls::ServerConfig, String> {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let unreadable =
        |path: &std::path::Path, error: &dyn std::fmt::Display| format!("cannot read {}: {error}", path.display());
    let chain = CertificateDer::pem_file_iter(&tls.cert)
        .map_err(|error| unreadable(&tls.cert, &error))?
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| unreadable(&tls.cert, &error))?;
    let key = PrivateKeyDer::from_pem_file(&tls.key).map_err(|error| unreadable(&tls.key, &error))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|error| format!("cannot use {} with {}: {error}", tls.cert.display(), tls.key.display()))
}
