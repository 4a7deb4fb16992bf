//! Backups of a server at work, what a restore accepts, and that it brings nothing back to life.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl};
use grantor::config::database_url::DatabaseUrl;
use grantor::jobs::revoke_all;
use grantor::store::audit_log::{self, Filter};
use grantor::store::cache;
use grantor::store::connection::Manager;
use serde_json::{Value, json};

use crate::support::app::{Backend, PASSWORD, REDIRECT_URI, TestApp, TestClient, on_both_databases, run};
use crate::support::http::{Answer, Authorization, Browser, Http, allow, redemption, tokens};
use crate::support::postgres::{Cluster, cluster_or_skip, or_skip, room};
use crate::support::process::{Process, Settings};
use crate::support::switch;

on_both_databases!(
    what_was_issued_ends_at_once_when_everything_is_revoked,
    what_is_issued_while_everything_is_revoked_ends_too,
    memory_is_forgotten_for_machines_grants_only_when_everything_is_revoked,
);

async fn machine(http: &Http, client: &TestClient) -> Answer {
    http.as_client(client, "/oauth2/token", &[("grant_type", "client_credentials")]).await
}

async fn refresh(http: &Http, client: &TestClient, token: &str) -> Answer {
    http.as_client(client, "/oauth2/token", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
}

/// What was issued, one of each kind.
struct Issued {
    browser: Browser,
    web: TestClient,
    job: TestClient,
    signed_job: TestClient,
    access: String,
    refresh: String,
    code: String,
    own: String,
    signed: String,
    set_password: String,
}

impl Issued {
    async fn at(http: &Http, web: TestClient, job: TestClient, signed_job: TestClient, set_password: String) -> Self {
        let mut browser = Browser::at(http);
        let request = Authorization::of(&web, "reports");
        let code = allow(&mut browser, &request, "alice").await.redirect()["code"].clone();
        let given = http.as_client(&web, "/oauth2/token", &redemption(&code)).await;
        assert_eq!(given.status, 200, "{}", given.body);
        let code = allow(&mut browser, &request, "alice").await.redirect()["code"].clone();
        let own = machine(http, &job).await.text("access_token");
        let signed = machine(http, &signed_job).await.text("access_token");
        let (access, refresh) = (given.text("access_token"), given.text("refresh_token"));
        Self { browser, web, job, signed_job, access, refresh, code, own, signed, set_password }
    }

    /// Whether each kind counts, by name.
    async fn alive(&mut self, http: &Http) -> BTreeSet<&'static str> {
        let mut alive = BTreeSet::new();
        let mut note = |name, is_alive: bool| is_alive.then(|| alive.insert(name));
        for (name, client, token) in [
            ("access", &self.web, &self.access),
            ("own", &self.job, &self.own),
            ("signed", &self.signed_job, &self.signed),
        ] {
            let answer = http.as_client(client, "/oauth2/introspect", &[("token", token)]).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            note(name, answer.json()["active"] == true);
        }
        note("set-password link", http.get(&self.set_password).await.status == 200);
        self.browser.http = http.clone();
        note("session", self.browser.get("/account").await.status == 200);
        note("refresh", refresh(http, &self.web, &self.refresh).await.status == 200);
        note("code", http.as_client(&self.web, "/oauth2/token", &redemption(&self.code)).await.status == 200);
        alive
    }

    /// Revokes what clients can.
    async fn revoke(&self, http: &Http) {
        for (client, token) in [(&self.web, &self.access), (&self.web, &self.refresh), (&self.job, &self.own)] {
            assert_eq!(http.as_client(client, "/oauth2/revoke", &[("token", token)]).await.status, 200);
        }
    }

    /// Whether alice's consent is remembered, seen after she has signed in again.
    async fn has_consent(&mut self, http: &Http) -> bool {
        let mut browser = Browser::at(http);
        browser.sign_in("alice").await;
        let first = browser.get(&Authorization::of(&self.web, "reports").path()).await;
        browser.follow(first).await.find("#consent-approve").is_none()
    }
}

const EVERYTHING: [&str; 7] = ["access", "code", "own", "refresh", "session", "set-password link", "signed"];

fn web() -> serde_json::Value {
    json!({ "client_name": "App", "scope": "reports", "redirect_uris": [REDIRECT_URI],
        "grant_types": ["authorization_code", "refresh_token"] })
}

fn job(format: &str) -> serde_json::Value {
    json!({ "client_name": "Job", "scope": "reports", "grant_types": ["client_credentials"], "access_token_format": format })
}

/// A database with a user and clients, and the commands on it.
fn settled(directory: &Path) -> (Settings, [TestClient; 3]) {
    settled_on(&directory.join("grantor.db").display().to_string())
}

fn settled_on(database: &str) -> (Settings, [TestClient; 3]) {
    let settings = Settings::of(database);
    settings.command(&["scope", "create", "reports", "--description", "Read reports"], "");
    settings.command(&["user", "create", "--username", "alice", "--password-stdin"], PASSWORD);
    let clients = [web(), job("opaque"), job("jwt")].map(|metadata| settings.client(&metadata));
    (settings, clients)
}

/// A link for a new user to choose a password.
fn set_password_link(settings: &Settings) -> String {
    let link = settings.command(&["user", "create", "--username", "bob"], "");
    link.trim().strip_prefix("http://localhost:8080").expect("a link").to_owned()
}

#[test]
fn a_restored_backup_brings_nothing_back_to_life() {
    let directory = tempfile::tempdir_in(room()).expect("a temporary directory");
    let (settings, [web, job, signed_job]) = settled(directory.path());
    let link = set_password_link(&settings);
    let file = directory.path().join("backup.db");
    let backup = file.display().to_string();
    let restore = |extra: &'static [&'static str]| [&["restore", backup.as_str()], extra].concat();
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(async {
        let server = Process::start(&settings, "");
        let mut issued = Issued::at(&server.http, web, job, signed_job, link).await;
        settings.command(&["backup", &backup], "");
        let refused = settings.refusal(&restore(&[]), "");
        assert!(refused.contains("stop the server"), "{refused}");
        assert_eq!(issued.alive(&server.http).await, EVERYTHING.into(), "a refused restore changes nothing");

        // Since the backup, the code was used, and now everything that can be is revoked.
        issued.revoke(&server.http).await;
        drop(server);

        settings.command(&restore(&[]), "");
        let server = Process::start(&settings, "");
        assert_eq!(issued.alive(&server.http).await, BTreeSet::new());
        assert!(!issued.has_consent(&server.http).await);
        assert_eq!(machine(&server.http, &issued.job).await.status, 200);
        drop(server);
        let kept = fs::read_dir(directory.path()).expect("it is there").filter_map(Result::ok);
        let kept: Vec<_> = kept.filter(|entry| entry.file_name().to_string_lossy().contains(".replaced-")).collect();
        assert_eq!(kept.len(), 1, "{kept:?}");

        // Who wants it takes the risk.
        settings.command(&restore(&["--keep-issued"]), "");
        let server = Process::start(&settings, "");
        assert!(issued.alive(&server.http).await.contains("access"));
    });
}

/// What the README has people type for PostgreSQL, line by line.
fn documented() -> Vec<&'static str> {
    let (_, text) = include_str!("../../README.md").split_once("**PostgreSQL.** Its own tools").expect("a paragraph");
    let (_, commands) = text.split_once("```sh\n").expect("commands");
    let (commands, _) = commands.split_once("```").expect("their end");
    commands.lines().filter(|line| !line.starts_with('#')).collect()
}

/// The shell of PostgreSQL's administrator, who has its programs, ours and our settings.
struct Shell {
    directory: PathBuf,
    variables: Vec<(OsString, OsString)>,
}

impl Shell {
    /// The error is which program is missing.
    fn of(cluster: &Cluster, settings: &Settings, directory: &Path) -> Result<Self, String> {
        let mut connection = PgConnection::establish(&cluster.url("postgres")).expect("the cluster is up");
        let programs = diesel::dsl::sql::<Text>("SELECT setting FROM pg_config WHERE name = 'BINDIR'");
        let programs: String = programs.get_result(&mut connection).expect("PostgreSQL tells");
        // The server's own come first: those of another version may refuse it.
        let path = format!("{}:{programs}:{}", directory.display(), switch("PATH").unwrap_or_default());
        let is_there = |program: &str| std::env::split_paths(&path).any(|place| place.join(program).is_file());
        for program in ["createuser", "createdb", "dropdb", "pg_dump", "pg_restore"] {
            if !is_there(program) {
                return Err(format!("{program} is not installed"));
            }
        }
        let grantor = settings.program(&[]);
        let program = fs::canonicalize(grantor.get_program()).expect("it was built");
        std::os::unix::fs::symlink(program, directory.join("grantor")).expect("a link");
        let url = url::Url::parse(&cluster.url("postgres")).expect("a URL");
        let host = url.host_str().expect("a host").to_owned();
        let port = url.port().expect("a port").to_string();
        let administrator = [("PATH", path), ("PGHOST", host), ("PGPORT", port), ("PGUSER", "postgres".to_owned())];
        let variables = administrator
            .into_iter()
            .map(|(name, value)| (OsString::from(name), OsString::from(value)))
            .chain(grantor.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))))
            .collect();
        Ok(Self { directory: directory.to_owned(), variables })
    }

    fn run(&self, line: &str) {
        let mut shell = Command::new("sh");
        shell.args(["-c", line]).current_dir(&self.directory).env_clear().envs(self.variables.iter().cloned());
        let ended = shell.output().expect("a shell");
        assert!(ended.status.success(), "{line}: {}", String::from_utf8_lossy(&ended.stderr));
    }
}

#[test]
fn a_dump_of_postgresql_restored_as_documented_brings_nothing_back_to_life() {
    let Some(cluster) = cluster_or_skip() else { return };
    let directory = tempfile::tempdir_in(room()).expect("a temporary directory");
    // As in the README: the database of a role that is no administrator.
    let database = cluster.url("grantor").replace("//postgres@", "//grantor@");
    let Some(shell) = or_skip(Shell::of(cluster, &Settings::of(&database), directory.path())) else { return };
    let commands = documented();
    let [dump, anew, restore, end] = commands[..] else { panic!("{commands:?}") };
    shell.run("createuser grantor && createdb --owner=grantor grantor");
    let (settings, [web, job, signed_job]) = settled_on(&database);
    let link = set_password_link(&settings);
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(async {
        let server = Process::start(&settings, "");
        let mut issued = Issued::at(&server.http, web, job, signed_job, link).await;
        shell.run(dump);
        assert_eq!(issued.alive(&server.http).await, EVERYTHING.into());
        issued.revoke(&server.http).await;
        drop(server);

        shell.run(anew);
        shell.run(restore);
        shell.run(end);
        let server = Process::start(&settings, "");
        assert_eq!(issued.alive(&server.http).await, BTreeSet::new());
        assert!(!issued.has_consent(&server.http).await);
        assert_eq!(machine(&server.http, &issued.job).await.status, 200);
        drop(server);
        for action in ["everything.revocation_begun", "everything.revoked"] {
            let noted = settings.command(&["audit", "export", "--action", action], "");
            assert_eq!(noted.lines().count(), 1, "{action}: {noted}");
        }

        // What the last command is for.
        shell.run(anew);
        shell.run(restore);
        let server = Process::start(&settings, "");
        assert!(issued.alive(&server.http).await.contains("access"), "it was revoked after the dump");
    });
    cluster.drop_database(&database);
}

#[test]
fn a_restore_stands_in_the_audit_log_with_what_became_of_what_was_issued() {
    let directory = tempfile::tempdir_in(room()).expect("a temporary directory");
    let (settings, _) = settled(directory.path());
    let backup = directory.path().join("backup.db").display().to_string();
    settings.command(&["backup", &backup], "");
    let noted = || {
        let lines = settings.command(&["audit", "export", "--action", "database.restored"], "");
        let entry = |line: &str| serde_json::from_str::<Value>(line).expect("JSON")["detail"].clone();
        lines.lines().map(entry).collect::<Vec<_>>()
    };
    settings.command(&["restore", &backup, "--keep-issued"], "");
    assert_eq!(noted(), [json!({ "kept_issued": true })]);
    settings.command(&["restore", &backup], "");
    assert_eq!(noted(), [json!({ "kept_issued": false })]);
}

async fn what_was_issued_ends_at_once_when_everything_is_revoked(app: TestApp) {
    app.scope("reports").await;
    app.user("alice").await;
    let bob = app.user("bob").await;
    let context = app.context();
    let link = app.manage(move |connection| grantor::management::users::make_link(connection, &context, &bob)).await;
    let link = grantor::web::routes::set_password(&link);
    let clients = [app.client(web()).await, app.client(job("opaque")).await, app.client(job("jwt")).await];
    let [web, job, signed_job] = clients;
    let mut issued = Issued::at(&app.http, web, job, signed_job, link).await;
    let ended = revoke_all::run(&app.app.store, &app.context(), &app.clock).await.expect("the database is well");
    assert_eq!((ended.sessions, ended.consents), (1, 1));
    assert_eq!(issued.alive(&app.http).await, BTreeSet::new());
    assert!(!issued.has_consent(&app.http).await);
    assert_eq!(machine(&app.http, &issued.job).await.status, 200, "machines go on");
}

async fn what_is_issued_while_everything_is_revoked_ends_too(app: TestApp) {
    app.scope("reports").await;
    app.user("alice").await;
    let (web, job) = (app.client(web()).await, app.client(job("opaque")).await);
    // It began a minute ago, and what had not been deleted yet went on giving until now.
    let began = app.context();
    app.clock.advance(60);
    let given = tokens(&app, &web, "reports", "alice").await;
    let own = machine(&app.http, &job).await;
    revoke_all::run(&app.app.store, &began, &app.clock).await.expect("the database is well");
    for (client, token) in [(&web, given.text("access_token")), (&job, own.text("access_token"))] {
        let found = app.http.as_client(client, "/oauth2/introspect", &[("token", &token)]).await;
        assert_eq!(found.json()["active"], false, "{}", found.body);
    }
    assert_ne!(refresh(&app.http, &web, &given.text("refresh_token")).await.status, 200);

    // Both ends of it are known, so one that has no end was interrupted.
    let log = app.manage(|connection| Ok(audit_log::list(connection, &Filter::default(), 1000)?)).await;
    let of = |action: &str| log.iter().find(|entry| entry.action == action).unwrap_or_else(|| panic!("no {action}"));
    let (first, end) = (of("everything.revocation_begun"), of("everything.revoked"));
    assert!(first.id < end.id);
    assert_eq!((first.at, end.at), (began.now, app.clock.now()));
    let numbers: Value = serde_json::from_str(&end.detail).expect("JSON");
    assert_eq!(numbers, json!({ "sessions": 1, "grants": 2, "consents": 1 }));
}

async fn memory_is_forgotten_for_machines_grants_only_when_everything_is_revoked(app: TestApp) {
    app.scope("reports").await;
    app.user("alice").await;
    let (web, job) = (app.client(web()).await, app.client(job("opaque")).await);
    let generation = async || app.app.store.read(cache::generation).await.expect("the database is well");
    let revoke = async || {
        let before = generation().await;
        let ended = revoke_all::run(&app.app.store, &app.context(), &app.clock).await.expect("the database is well");
        (ended.grants, generation().await - before)
    };
    tokens(&app, &web, "reports", "alice").await;
    assert_eq!(revoke().await, (1, 0), "a user's grant is in nobody's memory");
    assert_eq!(machine(&app.http, &job).await.status, 200);
    assert_eq!(revoke().await, (1, 1));
    let next = machine(&app.http, &job).await.text("access_token");
    let found = app.http.as_client(&job, "/oauth2/introspect", &[("token", &next)]).await;
    assert_eq!(found.json()["active"], true, "{}", found.body);
}

/// Every table, and whether its rows stay when everything that was issued ends. Who adds a table decides it here, and ends its
/// rows in `src/jobs/revoke_all.rs` if a revocation could be undone by their return.
#[test]
fn every_table_is_ended_or_kept() {
    const ENDED: [&str; 12] = [
        "authorization_codes",
        "authorization_requests",
        "browser_sessions",
        "consents",
        "device_authorizations",
        "email_confirmations",
        "grants",
        "logout_requests",
        "one_time_links",
        "playground_runs",
        "registration_tokens",
        "session_clients",
    ];
    const KEPT: [&str; 30] = [
        // Counts with its grant.
        "access_tokens",
        "refresh_tokens",
        // Refuses things.
        "denied_tokens",
        "used_jtis",
        "audit_links",
        "audit_log",
        "audit_marks",
        // Say what was, or is still to be said: a letter's link is made when it is sent.
        "account_events",
        "mails",
        "request_log",
        "client_traffic",
        "counts",
        "active_users",
        "cache_changes",
        "cache_generation",
        "client_scopes",
        "client_secrets",
        "clients",
        "client_logos",
        "client_reviews",
        "jwks_readers",
        "leases",
        "logout_deliveries",
        "resource_owners",
        "resources",
        "scopes",
        "self_registrations",
        "settings",
        "signing_keys",
        "statistics",
    ];
    let schema = include_str!("../../src/store/schema.rs");
    let tables = schema.split("table! {").skip(1).filter_map(|rest| rest.trim_start().split([' ', '(']).next());
    let decided: BTreeSet<&str> = ENDED.into_iter().chain(KEPT).collect();
    let undecided: Vec<&str> = tables.filter(|table| !decided.contains(table)).collect();
    assert!(undecided.is_empty(), "does {undecided:?} end with a restore?");
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

fn integrity(path: &Path) -> String {
    let mut connection = Manager::new(DatabaseUrl::Sqlite(path.to_owned())).open().expect("it opens");
    let check = "SELECT integrity_check AS line FROM pragma_integrity_check";
    diesel::sql_query(check).get_result::<Line>(&mut connection).expect("it is checked").line
}

#[test]
fn every_backup_under_load_is_whole() {
    run(Backend::Sqlite, |app| async move {
        app.scope("reports").await;
        let client = app.machine("reports").await;
        let load: Vec<_> = (0..8)
            .map(|_| {
                let (http, client) = (app.http.clone(), client.clone());
                tokio::spawn(async move {
                    loop {
                        assert_eq!(machine(&http, &client).await.status, 200);
                    }
                })
            })
            .collect();
        let DatabaseUrl::Sqlite(database) = &app.config.database else { panic!("it is SQLite") };
        let settings = Settings::of(&database.display().to_string());
        let directory = tempfile::tempdir_in(room()).expect("a temporary directory");
        let mut taken = Vec::new();
        for number in 0..5 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            // What was acknowledged before the backup began is in it.
            let known = machine(&app.http, &client).await.text("access_token");
            let file = directory.path().join(format!("{number}.db"));
            let (settings, name) = (settings.clone(), file.display().to_string());
            tokio::task::spawn_blocking(move || settings.command(&["backup", &name], "")).await.expect("it is taken");
            taken.push((file, known));
        }
        for each in &load {
            each.abort();
        }
        assert_eq!(fs::read_dir(directory.path()).expect("it is there").count(), 5, "nothing but the backups");
        for (file, known) in taken {
            #[cfg(unix)]
            assert_eq!(
                std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&file).expect("a file").permissions()) & 0o777,
                0o600
            );
            let refused = settings.refusal(&["backup", &file.display().to_string()], "");
            assert!(refused.contains("is there already"), "{refused}");
            assert_eq!(integrity(&file), "ok");
            let mut copy = app.config.clone();
            copy.database = DatabaseUrl::Sqlite(file);
            let server = app.by_way_of(copy.database).await;
            let found = server.http.as_client(&client, "/oauth2/introspect", &[("token", &known)]).await;
            assert_eq!(found.json()["active"], true);
        }
    });
}

#[test]
fn a_restore_takes_nothing_but_a_whole_backup_of_ours() {
    let directory = tempfile::tempdir_in(room()).expect("a temporary directory");
    let at = |name: &str| directory.path().join(name);
    let (settings, _) = settled(directory.path());
    settings.command(&["keys", "rotate", "--force"], "");
    settings.command(&["backup", &at("good.db").display().to_string()], "");
    let list = || settings.command(&["--json", "client", "list"], "");
    let before = list();

    fs::write(at("text.db"), "no database").expect("it can be written");
    let mut torn = fs::read(at("good.db")).expect("the backup");
    let middle = torn.len() / 2;
    torn[middle..].fill(0x5a);
    fs::write(at("torn.db"), torn).expect("it can be written");
    let other = Manager::new(DatabaseUrl::Sqlite(at("other.db"))).open();
    other.expect("it opens").batch_execute("CREATE TABLE notes (text TEXT)").expect("a table");
    fs::copy(at("good.db"), at("newer.db")).expect("a copy");
    let newer = Manager::new(DatabaseUrl::Sqlite(at("newer.db"))).open();
    let later = "INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231000000')";
    newer.expect("it opens").batch_execute(later).expect("a row");
    let cases = [
        ("missing.db", "there is no file"),
        ("grantor.db", "the database itself"),
        ("text.db", "no backup that can be restored"),
        ("torn.db", "no backup that can be restored"),
        ("other.db", "not a database of Grantor's"),
        ("newer.db", "29991231000000"),
    ];
    for (name, why) in cases {
        let refused = settings.refusal(&["restore", &at(name).display().to_string()], "");
        assert!(refused.contains(why), "{name}: {refused}");
    }
    let other_key = settings.clone().with("GRANTOR_SECRET_KEY", "AAAAyUvJ5hVQ1q0M8mJb7Yk2Xw9sRt4LdGfEaNcKi6o=");
    let refused = other_key.refusal(&["restore", &at("good.db").display().to_string()], "");
    assert!(refused.contains("do not open"), "{refused}");
    assert_eq!(list(), before, "it was not touched");
    let left: Vec<_> = fs::read_dir(directory.path())
        .expect("it is there")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.contains("restoring") || name.contains("replaced"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn for_postgresql_the_commands_name_its_own_tools() {
    let settings = Settings::of("postgres://localhost:1/nothing");
    assert!(settings.refusal(&["backup", "grantor.dump"], "").contains("pg_dump --format=custom"));
    let refused = settings.refusal(&["restore", "grantor.dump"], "");
    assert!(
        refused.contains("pg_restore --single-transaction") && refused.contains("grantor revoke-all --yes"),
        "{refused}"
    );
}
