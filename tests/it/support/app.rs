//! A server of its own for each test: real sockets, real database, a clock that moves when told to.

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use actix_web::web::Data;
use diesel::connection::SimpleConnection;
use grantor::clock::Clock;
use grantor::config::Config;
use grantor::config::database_url::DatabaseUrl;
use grantor::config::secret_key::SecretKeySource;
use grantor::domain::resource_owner::{Password, PasswordHash, Role};
use grantor::domain::scope::ScopeEntry;
use grantor::management::scopes::Meaning;
use grantor::management::users::NewUser;
use grantor::management::{self, Context};
use grantor::store::audit_log::Actor;
use grantor::store::connection::{AnyConnection, Manager};
use grantor::store::scopes;
use grantor::web::state::App;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;

use super::http::Http;
use super::{postgres, template};

/// Which database a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

/// Makes a test of each function on each database; the functions take a [`TestApp`].
macro_rules! on_both_databases {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { crate::support::app::run(crate::support::app::Backend::Sqlite, super::$name); })*
        }
        mod postgres {
            $(#[test] fn $name() { crate::support::app::run(crate::support::app::Backend::Postgres, super::$name); })*
        }
    };
}
pub(crate) use on_both_databases;

/// Where a test's data lives, and what clears it away.
pub struct Home {
    backend: Backend,
    /// Goes away with the test.
    _directory: TempDir,
    database: DatabaseUrl,
}

impl Home {
    /// A database without anything.
    fn empty(backend: Backend) -> Option<Self> {
        Self::of(backend, |_| {}, postgres::Cluster::create_database)
    }

    /// A database on which a server has started before.
    fn started(backend: Backend) -> Option<Self> {
        Self::of(backend, template::sqlite, template::postgres)
    }

    fn of(
        backend: Backend,
        sqlite: impl FnOnce(&Path),
        postgres: impl FnOnce(&postgres::Cluster) -> String,
    ) -> Option<Self> {
        let directory = tempfile::tempdir_in(postgres::room()).expect("a temporary directory");
        let database = match backend {
            Backend::Sqlite => {
                let path = directory.path().join("grantor.db");
                sqlite(&path);
                DatabaseUrl::Sqlite(path)
            }
            Backend::Postgres => DatabaseUrl::Postgres(postgres(postgres::cluster_or_skip()?)),
        };
        Some(Self { backend, _directory: directory, database })
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let (Backend::Postgres, DatabaseUrl::Postgres(url)) = (self.backend, &self.database)
            && let Ok(cluster) = postgres::cluster()
        {
            cluster.drop_database(url);
        }
    }
}

/// A running server.
pub struct TestApp {
    pub app: Data<App>,
    pub clock: Clock,
    pub http: Http,
    /// The second listener, when the settings name one.
    pub metrics_address: Option<std::net::SocketAddr>,
    pub config: Config,
    /// Where http is sent to the issuer from.
    pub redirects_on: Option<SocketAddr>,
    home: Arc<Home>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

/// A registered client.
#[derive(Clone, Debug)]
pub struct TestClient {
    pub id: String,
    pub secret: Option<String>,
}

/// The password of every test user.
pub const PASSWORD: &str = "tulip anchor seven bread";

/// Runs a test on a server of its own.
pub fn run<F: Future<Output = ()>>(backend: Backend, test: impl FnOnce(TestApp) -> F) {
    let mut config = Config::for_tests();
    config.secret_key = SecretKeySource::Given(template::SECRET_KEY.clone());
    run_on(Home::started(backend), config, test);
}

/// The same with settings of the test's own, on a database that was prepared for it.
pub fn run_prepared<F: Future<Output = ()>>(
    backend: Backend,
    config: Config,
    prepare: impl FnOnce(&DatabaseUrl),
    test: impl FnOnce(TestApp) -> F,
) {
    let home = Home::empty(backend);
    if let Some(home) = &home {
        prepare(&home.database);
    }
    run_on(home, config, test);
}

fn run_on<F: Future<Output = ()>>(home: Option<Home>, mut config: Config, test: impl FnOnce(TestApp) -> F) {
    let Some(home) = home else { return };
    config.database = home.database.clone();
    let home = Arc::new(home);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let app = TestApp::start(Arc::clone(&home), config, Clock::manual()).await;
        test(app).await;
    });
    drop(runtime);
    drop(home);
}

impl TestApp {
    async fn start(home: Arc<Home>, config: Config, clock: Clock) -> Self {
        let (ready, is_ready) = oneshot::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let (for_server, its_clock) = (config.clone(), clock.clone());
        let thread = thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = grantor::serve::bind(for_server, its_clock, Some(2)).await.expect("the server starts");
                let _ = ready.send((server.app.clone(), server.address, server.metrics_on(), server.redirects_on()));
                server
                    .run_until(async {
                        let _ = stopped.await;
                    })
                    .await;
            });
        });
        let (app, address, metrics_address, redirects_on) = is_ready.await.expect("the server starts");
        let http = Http::new(format!("http://{address}"));
        let (stop, thread) = (Some(stop), Some(thread));
        Self { app, clock, http, metrics_address, config, redirects_on, home, stop, thread }
    }

    /// A second server on the same database, as a balancer would have it.
    pub async fn another(&self) -> Self {
        self.another_with(self.config.clone()).await
    }

    /// A second server on the same database, with other settings.
    pub async fn another_with(&self, config: Config) -> Self {
        Self::start(Arc::clone(&self.home), config, self.clock.clone()).await
    }

    /// A second server that reaches the same database at another address.
    pub async fn by_way_of(&self, database: DatabaseUrl) -> Self {
        let mut config = self.config.clone();
        config.database = database;
        Self::start(Arc::clone(&self.home), config, self.clock.clone()).await
    }

    /// The same server after the process ended and began again.
    pub async fn restarted(mut self) -> Self {
        let (home, config, clock) = (Arc::clone(&self.home), self.config.clone(), self.clock.clone());
        self.halt();
        Self::start(home, config, clock).await
    }

    fn halt(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            if !thread::panicking() {
                ended.expect("the server ends without a panic");
            }
        }
    }

    pub fn context(&self) -> Context {
        Context {
            actor: Actor::Operator,
            address: String::new(),
            user_agent: String::new(),
            request_id: String::new(),
            has_mail: self.config.mail.is_some(),
            language: "",
            now: self.clock.now(),
        }
    }

    /// Creates a scope.
    pub async fn scope(&self, name: &str) {
        let (context, name) = (self.context(), name.to_owned());
        self.app
            .store
            .write(move |connection| {
                let meaning = Meaning { description: format!("Use {name}"), ..Meaning::default() };
                management::scopes::create(connection, &context, &name, &meaning)
            })
            .await
            .expect("the scope is new");
    }

    /// Creates a scope that opens claims about the user.
    pub async fn scope_with_claims(&self, name: &str, claims: &[&str]) {
        self.scope(name).await;
        let (name, claims) = (name.to_owned(), claims.iter().map(|claim| (*claim).to_owned()).collect::<Vec<_>>());
        self.app
            .store
            .write::<_, grantor::store::StoreError, _>(move |connection| {
                let entry = scopes::list(connection)?.into_iter().find(|entry| entry.name == name);
                let entry = ScopeEntry { claims: claims.clone(), ..entry.expect("the scope was created") };
                Ok(scopes::update(connection, &entry)?)
            })
            .await
            .expect("the scope can be changed");
    }

    /// Registers a client from RFC 7591 metadata.
    pub async fn client(&self, metadata: Value) -> TestClient {
        let Value::Object(metadata) = metadata else { panic!("metadata is an object") };
        let (context, catalog) = (self.context(), self.app.store.catalog().await.expect("a catalogue"));
        let created = self
            .app
            .store
            .write(move |connection| management::clients::create(connection, &context, &metadata, &catalog.scopes))
            .await
            .expect("the metadata is right");
        TestClient { id: created.client_id, secret: created.secret }
    }

    /// Replaces what a client is registered with.
    pub async fn reregister(&self, client: &TestClient, metadata: Value) {
        let Value::Object(metadata) = metadata else { panic!("metadata is an object") };
        let (context, id) = (self.context(), client.id.clone());
        let catalog = self.app.store.catalog().await.expect("a catalogue");
        self.manage(move |connection| {
            management::clients::update(connection, &context, &id, None, &metadata, &catalog.scopes)
        })
        .await;
    }

    /// Changes whether clients without a scope list of their own may ask for a scope.
    pub async fn set_default(&self, name: &str, is_default: bool) {
        let (context, name) = (self.context(), name.to_owned());
        self.manage(move |connection| {
            let meaning = Meaning { description: format!("Use {name}"), is_default, ..Meaning::default() };
            management::scopes::update(connection, &context, &name, &meaning)
        })
        .await;
    }

    /// A confidential client for client credentials.
    pub async fn machine(&self, scope: &str) -> TestClient {
        self.client(json!({ "client_name": "Job", "grant_types": ["client_credentials"], "scope": scope })).await
    }

    /// A confidential client with code and refresh grants.
    pub async fn web(&self, scope: &str) -> TestClient {
        self.client(json!({
            "client_name": "Web app",
            "redirect_uris": [REDIRECT_URI],
            "grant_types": ["authorization_code", "refresh_token"],
            "scope": scope,
        }))
        .await
    }

    /// A public client with code and refresh grants.
    pub async fn native(&self, scope: &str) -> TestClient {
        self.client(json!({
            "client_name": "Native app",
            "redirect_uris": [REDIRECT_URI],
            "grant_types": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_method": "none",
            "scope": scope,
        }))
        .await
    }

    /// Creates a user with [`PASSWORD`]; gives the id.
    pub async fn user(&self, username: &str) -> String {
        self.owner(username, Role::User).await
    }

    /// Creates an admin with [`PASSWORD`]; gives the id.
    pub async fn admin(&self, username: &str) -> String {
        self.owner(username, Role::Admin).await
    }

    async fn owner(&self, username: &str, role: Role) -> String {
        self.person(username, None, role, json!({})).await
    }

    /// Creates a user with a name and claims and [`PASSWORD`]; gives the id.
    pub async fn user_with(&self, username: &str, name: &str, claims: Value) -> String {
        self.person(username, Some(name), Role::User, claims).await
    }

    /// Creates somebody with [`PASSWORD`]; gives the id.
    pub async fn person(&self, username: &str, name: Option<&str>, role: Role, claims: Value) -> String {
        let Value::Object(claims) = claims else { panic!("claims are an object") };
        let hash =
            PasswordHash::new(&Password::choose(PASSWORD, &[], 12).expect("a good password"), 4).expect("a hash");
        let new = NewUser {
            username: username.to_owned(),
            email: Some(format!("{username}@example.com")),
            email_verified: None,
            name: name.map(str::to_owned),
            role,
            claims,
        };
        let context = self.context();
        self.app
            .store
            .write(move |connection| management::users::create(connection, &context, &new, Some(&hash)))
            .await
            .expect("the user is new")
    }

    /// An operation of an admin, as console, API and command line do it.
    pub async fn manage<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut AnyConnection) -> management::Outcome<T> + Send + 'static,
    ) -> T {
        self.app.store.write(work).await.expect("the operation is allowed")
    }

    /// Writes in one transaction what a test begins with, however much it is: on a connection of its own, with more patience
    /// than requests have. The server forgets what it kept in memory.
    pub fn prepare(&self, work: impl FnOnce(&mut AnyConnection) -> management::Outcome<()>) {
        self.prepare_unheard(work);
        self.app.store.cache().invalidate();
    }

    /// The same, of which the server does not hear.
    pub fn prepare_unheard(&self, work: impl FnOnce(&mut AnyConnection) -> management::Outcome<()>) {
        let mut connection = Manager::new(self.config.database.clone()).open().expect("the database opens");
        let begin = match self.config.database {
            DatabaseUrl::Sqlite(_) => "PRAGMA busy_timeout = 20000; BEGIN IMMEDIATE",
            DatabaseUrl::Postgres(_) => "SET statement_timeout = 0; SET lock_timeout = 0; BEGIN",
        };
        connection.batch_execute(begin).expect("a transaction");
        work(&mut connection).expect("it can be written");
        connection.batch_execute("COMMIT").expect("it can be committed");
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.halt();
    }
}

/// Where test clients are answered.
pub const REDIRECT_URI: &str = "https://rp.example/callback";
