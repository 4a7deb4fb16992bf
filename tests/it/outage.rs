//! The database fails, hangs or is held by others: every route that needs it says so in time and in words that no client
//! takes for an answer about its token, the rest goes on, and all is well again when the database is.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::task::Poll;
use std::time::{Duration, Instant};

use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::sql_types::Text;
use grantor::config::database_url::DatabaseUrl;
use grantor::domain::client::Holder;
use grantor::domain::client_traffic::Kind;
use grantor::jobs::pace::Pace;
use grantor::store::connection::{AnyConnection, Manager};
use grantor::store::{StoreError, cache, client_traffic, clients};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::support::app::{Backend, PASSWORD, TestApp, TestClient, on_both_databases, run};
use crate::support::http::{Answer, Authorization, Browser, Http, code, redemption, tokens};
use crate::support::postgres::room;
use crate::support::process::{Process, Settings};
use crate::support::until;

on_both_databases!(
    memory_keeps_nothing_of_a_commit_that_failed,
    uses_of_secrets_that_could_not_be_written_are_written_later,
    what_clients_used_and_could_not_be_written_is_counted_later,
);

/// A refusal comes within two seconds, recovery within five; the rest is for a machine that is busy with other tests.
const REFUSAL: Duration = Duration::from_secs(10);
const RECOVERY: Duration = Duration::from_secs(20);
/// What nine of ten refusals keep to also there.
const USUAL_REFUSAL: Duration = Duration::from_secs(3);
/// What most keep to: the two seconds that are promised, and the way there and back.
const TYPICAL_REFUSAL: Duration = Duration::from_millis(2100);

#[test]
fn a_database_that_hangs_is_a_refusal_in_time() {
    run(Backend::Postgres, |app| outage(app, Line::Silent));
}

#[test]
fn a_database_that_is_gone_is_a_refusal_in_time() {
    run(Backend::Postgres, |app| outage(app, Line::Cut));
}

#[test]
fn a_database_that_takes_no_writes_is_left_for_one_that_does() {
    run(Backend::Postgres, |app| async move {
        let machine = app.machine("grantor.users:read").await;
        assert_eq!(ask(app.http.clone(), machine.clone()).await.status, 200);
        let DatabaseUrl::Postgres(url) = &app.config.database else { panic!("it is PostgreSQL") };
        let database = url.rsplit('/').next().expect("a URL has a last segment");
        // As after a failover, where the old address leads to what has become a standby.
        let mut operator = hold(&app, &format!("ALTER DATABASE {database} SET default_transaction_read_only = on"));
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        operator.batch_execute(end).expect("the statement is right");
        refused("a token", ask(app.http.clone(), machine.clone())).await;
        until("readiness notices", async || app.http.get("/health/ready").await.status == 503).await;
        refused("a token", ask(app.http.clone(), machine.clone())).await;

        let back = format!("ALTER DATABASE {database} RESET default_transaction_read_only");
        operator.batch_execute(&back).expect("the statement is right");
        until("a token", async || ask(app.http.clone(), machine.clone()).await.status == 200).await;
        until("ready", async || app.http.get("/health/ready").await.status == 200).await;
    });
}

#[test]
fn a_commit_waits_for_the_disk_whatever_the_database_has_by_default() {
    run(Backend::Postgres, |app| async move {
        let DatabaseUrl::Postgres(url) = &app.config.database else { panic!("it is PostgreSQL") };
        let database = url.rsplit('/').next().expect("a URL has a last segment");
        let in_force = |connection: &mut AnyConnection| -> Result<String, StoreError> {
            Ok(sql::<Text>("SELECT current_setting('synchronous_commit')").get_result(connection)?)
        };
        let mut operator = hold(&app, "SELECT 1");
        let mut by_default = |value: &str| {
            let statement = format!("ALTER DATABASE {database} SET synchronous_commit = {value}");
            operator.batch_execute(&statement).expect("the statement is right");
        };
        // What an operator may have chosen waits for this disk at least.
        for chosen in ["on", "local", "remote_write", "remote_apply"] {
            by_default(chosen);
            assert_eq!(in_force(&mut hold(&app, "SELECT 1")).expect("the database is well"), chosen);
        }
        by_default("off");
        let server = app.another().await;
        assert_eq!(server.app.store.read(in_force).await.expect("the database is well"), "on");
        assert_eq!(server.app.store.write(in_force).await.expect("the database is well"), "on");
    });
}

#[test]
fn a_statement_sees_what_was_committed_before_it_whatever_the_database_has_by_default() {
    run(Backend::Postgres, |app| async move {
        let DatabaseUrl::Postgres(url) = &app.config.database else { panic!("it is PostgreSQL") };
        let database = url.rsplit('/').next().expect("a URL has a last segment");
        let by_default = "default_transaction_isolation = 'repeatable read'";
        hold(&app, &format!("ALTER DATABASE {database} SET {by_default}"));
        let in_force = |connection: &mut AnyConnection| -> Result<String, StoreError> {
            Ok(sql::<Text>("SELECT current_setting('transaction_isolation')").get_result(connection)?)
        };
        let server = app.another().await;
        assert_eq!(server.app.store.read(in_force).await.expect("the database is well"), "read committed");
        assert_eq!(server.app.store.write(in_force).await.expect("the database is well"), "read committed");
    });
}

#[test]
fn what_was_kept_before_a_failover_counts_no_more() {
    run(Backend::Postgres, |app| async move {
        let (switch, line) = watch::channel(Line::Open);
        let other = app.by_way_of(carry(&app.config.database, line).await).await;
        let machine = app.machine("grantor.users:read").await;
        assert_eq!(ask(other.http.clone(), machine.clone()).await.status, 200);
        let (store, cache) = (&app.app.store, other.app.store.cache());
        let newest = store.read(cache::generation).await.expect("the database is well");
        until("all was heard", async || cache.generation() == Some(newest)).await;
        until("it is kept", async || {
            assert_eq!(ask(other.http.clone(), machine.clone()).await.status, 200);
            cache.kept_client(&machine.id).is_some()
        })
        .await;

        switch.send_replace(Line::Cut);
        until("memory ends to count", async || cache.kept_client(&machine.id).is_none()).await;
        // The standby lacked the last change, so the first one after it has its number.
        let (id, now) = (machine.id.clone(), app.clock.now());
        let disabled = store.write(move |connection| {
            clients::set_disabled(connection, &id, Some(now))?;
            Ok::<_, StoreError>(())
        });
        disabled.await.expect("the database is well");
        let DatabaseUrl::Postgres(url) = &app.config.database else { panic!("it is PostgreSQL") };
        let database = url.rsplit('/').next().expect("a URL has a last segment");
        // Another server, for those who connect from now on: it was started at another time.
        let _standby = hold(
            &app,
            &format!(
                "UPDATE cache_generation SET value = {newest};
                 CREATE FUNCTION pg_postmaster_start_time() RETURNS timestamptz LANGUAGE sql
                     AS $$SELECT pg_catalog.pg_postmaster_start_time() + interval '1 hour'$$;
                 ALTER DATABASE {database} SET search_path = public, pg_catalog"
            ),
        );
        switch.send_replace(Line::Open);
        until("it hears again", async || cache.age() < Duration::from_secs(1)).await;
        assert_eq!(ask(other.http.clone(), machine.clone()).await.error(), "invalid_client");
    });
}

#[test]
fn tables_that_somebody_holds_are_a_refusal_in_time() {
    run(Backend::Postgres, |app| async move {
        let mut issued = issued(&app).await;
        let mut holder = hold(
            &app,
            "BEGIN; LOCK TABLE access_tokens, browser_sessions, authorization_requests, device_authorizations, registration_tokens",
        );
        Box::pin(everything_is_refused(&app, &mut issued)).await;
        // More than there are connections: those who wait must not keep the others from being told.
        let asked = Instant::now();
        let many = (0..40).map(|_| tokio::spawn(ask(app.http.clone(), issued.machine.clone())));
        for answer in many.collect::<Vec<_>>() {
            assert_eq!(answer.await.expect("it is answered").status, 503);
        }
        assert!(asked.elapsed() < REFUSAL, "{:?}", asked.elapsed());
        holder.batch_execute("ROLLBACK").expect("the tables are let go");
        everything_recovers(&app, &mut issued).await;
    });
}

#[test]
fn a_write_lock_that_somebody_holds_is_a_refusal_of_what_writes() {
    run(Backend::Sqlite, |app| async move {
        let mut issued = issued(&app).await;
        let mut holder = hold(&app, "BEGIN IMMEDIATE");
        let Issued { browser, web, machine, access, code, .. } = &mut issued;
        let (redemption, token) = (redemption(code), [("token", access.as_str())]);
        let request = Authorization::of(web, "secret").path();
        tokio::join!(
            refused("client credentials", ask(app.http.clone(), machine.clone())),
            refused("a code", app.http.as_client(web, "/oauth2/token", &redemption)),
            refused("revocation", app.http.as_client(web, "/oauth2/revoke", &token)),
            refused("a page that writes", browser.get(&request)),
        );
        let live = app.http.as_client(web, "/oauth2/introspect", &token).await;
        assert_eq!(live.json()["active"], true, "reading waits for no writer");
        until("readiness notices", async || app.http.get("/health/ready").await.status == 503).await;
        holder.batch_execute("ROLLBACK").expect("the lock is let go");
        everything_recovers(&app, &mut issued).await;
    });
}

#[test]
fn a_write_that_was_refused_for_its_time_is_not_done_later() {
    run(Backend::Sqlite, |app| async move {
        let insert = |connection: &mut AnyConnection| -> Result<(), StoreError> {
            Ok(connection.batch_execute("INSERT INTO settings (name, value) VALUES ('late', '')")?)
        };
        let (refused, is_refused) = std::sync::mpsc::channel::<()>();
        let slow = app.app.store.write(move |connection| {
            insert(connection)?;
            // Ends when the other end is dropped: when the caller has been refused.
            let _ = is_refused.recv();
            Ok::<_, StoreError>(())
        });
        assert!(slow.await.is_err_and(|error| error.is_transient()));
        drop(refused);
        until("the writer is free", async || app.app.store.write(insert).await.is_ok()).await;
    });
}

/// A write that says when it has begun, and ends when the other end of `is_open` is dropped.
fn gate(
    app: &TestApp,
    has_begun: &Arc<AtomicBool>,
    is_open: mpsc::Receiver<()>,
) -> impl Future<Output = Result<(), StoreError>> {
    let has_begun = Arc::clone(has_begun);
    app.app.store.write(move |_| {
        has_begun.store(true, Ordering::SeqCst);
        let _ = is_open.recv();
        Ok::<_, StoreError>(())
    })
}

/// Lets work begin, so that it is in the queue.
async fn queued<F: Future>(work: F) -> Pin<Box<F>> {
    let mut work = Box::pin(work);
    let waits = poll_fn(|context| Poll::Ready(work.as_mut().poll(context).is_pending())).await;
    assert!(waits, "somebody is before it");
    work
}

#[test]
fn what_a_caller_left_while_others_were_served_is_not_done() {
    run(Backend::Sqlite, |app| async move {
        let insert = |connection: &mut AnyConnection| -> Result<(), StoreError> {
            Ok(connection.batch_execute("INSERT INTO settings (name, value) VALUES ('late', '')")?)
        };
        let [has_begun, is_last] = [(); 2].map(|()| Arc::new(AtomicBool::new(false)));
        let [(open, is_open), (end, may_end)] = [(); 2].map(|()| mpsc::channel::<()>());
        let first = queued(gate(&app, &has_begun, is_open)).await;
        until("the writer is at work", async || has_begun.load(Ordering::SeqCst)).await;
        // Those that wait behind it come into one transaction.
        let left = queued(app.app.store.write(insert)).await;
        let last = queued(gate(&app, &is_last, may_end)).await;
        drop(open);
        first.await.expect("it is done");
        until("the last one is served", async || is_last.load(Ordering::SeqCst)).await;
        drop(left);
        drop(end);
        last.await.expect("it is done");
        app.app.store.write(insert).await.expect("it was not there");
    });
}

/// What fails at the commit, on both databases.
const TOO_LATE: &str = "CREATE TABLE promises (id BIGINT NOT NULL PRIMARY KEY,
    kept BIGINT NOT NULL REFERENCES promises (id) DEFERRABLE INITIALLY DEFERRED)";

async fn memory_keeps_nothing_of_a_commit_that_failed(app: TestApp) {
    let id = app.machine("grantor.users:read").await.id;
    let (store, cache, now) = (&app.app.store, app.app.store.cache(), app.clock.now());
    store.write(|c| Ok::<_, StoreError>(c.batch_execute(TOO_LATE)?)).await.expect("a table");
    // Or what is heard of the client's making would empty the memory anyway.
    let newest = store.read(cache::generation).await.expect("the database is well");
    until("all was heard", async || cache.generation() == Some(newest)).await;
    cache.invalidate();
    let (disabled, memory) = (id.clone(), app.app.store.cache());
    let failed = store.write(move |connection| {
        clients::set_disabled(connection, &disabled, Some(now))?;
        let read = memory.client(connection, &disabled)?.expect("it is there");
        assert!(!read.is_enabled(), "as this transaction has it");
        let brief = memory.brief(connection, &disabled)?.expect("it is there");
        assert!(!brief.is_enabled(), "as this transaction has it");
        connection.batch_execute("INSERT INTO promises (id, kept) VALUES (1, 2)")?;
        Ok::<_, StoreError>(())
    });
    assert!(failed.await.is_err(), "the commit fails");
    let client = store.client(&id).await.expect("the database is well").expect("it is there");
    assert!(client.is_enabled());
    let (memory, read) = (store.cache(), id.clone());
    let brief = store.read(move |connection| memory.brief(connection, &read)).await.expect("the database is well");
    assert!(brief.expect("it is there").is_enabled());
}

async fn what_clients_used_and_could_not_be_written_is_counted_later(app: TestApp) {
    let machine = app.machine("grantor.users:read").await;
    let (store, begun) = (&app.app.store, app.clock.now());
    // More than one batch.
    let names: Vec<String> = (0..600).map(|number| format!("scope{number}")).collect();
    let rename = async |from: &'static str, to: &'static str| {
        let statement = format!("ALTER TABLE {from} RENAME TO {to}");
        let renamed = store.write(move |c| Ok::<_, StoreError>(c.batch_execute(&statement)?));
        renamed.await.expect("the database is well");
    };
    for is_down in [true, false] {
        app.app.traffic.note(&machine.id, names.iter().map(|name| (Kind::Scope, name.as_str())), app.clock.now());
        if is_down {
            rename("client_traffic", "away").await;
            assert!(app.app.traffic.flush(store, |_| Pace::hurried()).await.is_err());
            rename("away", "client_traffic").await;
            app.clock.advance(60);
        }
    }
    app.app.traffic.flush(store, |_| Pace::hurried()).await.expect("it can be written");
    let ids = [machine.id.clone()];
    let used = store.read(move |c| Ok::<_, StoreError>(client_traffic::of_clients(c, &ids)?)).await;
    let used: Vec<_> = used.expect("the database is well").into_iter().map(|(_, usage)| usage).collect();
    assert_eq!(used.len(), names.len());
    for usage in used {
        assert_eq!((usage.count, usage.first_at, usage.last_at), (2, begun, begun + 60), "{}", usage.name);
    }
}

async fn uses_of_secrets_that_could_not_be_written_are_written_later(app: TestApp) {
    let machine = app.machine("grantor.users:read").await;
    assert_eq!(ask(app.http.clone(), machine.clone()).await.status, 200);
    let store = &app.app.store;
    let rename = async |from: &'static str, to: &'static str| {
        let statement = format!("ALTER TABLE {from} RENAME TO {to}");
        let renamed = store.write(move |c| Ok::<_, StoreError>(c.batch_execute(&statement)?));
        renamed.await.expect("the database is well");
    };
    rename("client_secrets", "away").await;
    assert!(app.app.uses.flush(store, |_| Pace::hurried()).await.is_err());
    rename("away", "client_secrets").await;
    app.app.uses.flush(store, |_| Pace::hurried()).await.expect("it can be written");
    let id = machine.id.clone();
    let client = store.read(move |connection| clients::find(connection, &id)).await.expect("the database is well");
    assert_eq!(client.expect("it is there").secrets[0].last_used_at, Some(app.clock.now()));
}

#[test]
fn a_transaction_that_a_deadlock_ended_is_run_again() {
    run(Backend::Postgres, |app| async move {
        let insert = "INSERT INTO settings (name, value) VALUES ('one', ''), ('two', '')";
        let prepared = app.app.store.write(move |connection| Ok::<_, StoreError>(connection.batch_execute(insert)?));
        prepared.await.expect("the database is well");
        // Each takes one row and then wants the other's, the first time.
        let meeting = std::sync::Arc::new(std::sync::Barrier::new(2));
        let crossing = |first: &'static str, second: &'static str| {
            let (store, meeting) = (app.app.store.clone(), std::sync::Arc::clone(&meeting));
            let mut attempts = 0;
            tokio::spawn(async move {
                store
                    .write(move |connection| {
                        attempts += 1;
                        let update =
                            |name| format!("UPDATE settings SET value = value || '{first}' WHERE name = '{name}'");
                        connection.batch_execute(&update(first))?;
                        if attempts == 1 {
                            meeting.wait();
                        }
                        connection.batch_execute(&update(second))?;
                        Ok::<_, StoreError>(attempts)
                    })
                    .await
            })
        };
        let (one, two) = (crossing("one", "two"), crossing("two", "one"));
        let attempts = [one, two].map(|each| async { each.await.expect("no panic").expect("neither is refused") });
        let [one, two] = attempts;
        // On a busy machine PostgreSQL may give up both.
        assert!(matches!(one.await + two.await, 3 | 4), "one was run again");
    });
}

/// As on a full disk: files may not grow. (The kernel would end the process with a signal; ignored, it is an error.)
const FULL: &str = "trap '' XFSZ; ulimit -S -f 2048;";

#[test]
fn a_full_disk_is_a_refusal_and_loses_nothing() {
    let directory = tempfile::tempdir_in(room()).expect("a temporary directory");
    let settings = Settings::of(&directory.path().join("grantor.db").display().to_string());
    let machine = settings
        .client(&json!({ "client_name": "Job", "grant_types": ["client_credentials"], "scope": "grantor.users:read" }));
    let check = async {
        let full = Process::start(&settings, FULL);
        let mut given = Vec::new();
        let refusal = loop {
            let answer = ask(full.http.clone(), machine.clone()).await;
            if answer.status != 200 {
                break answer;
            }
            given.push(answer.text("access_token"));
        };
        refused("the token that does not fit", async { refusal }).await;
        refused("the next one", ask(full.http.clone(), machine.clone())).await;
        assert!(given.len() > 10, "there was room for some: {}", given.len());
        // What readiness tries is smaller than a token, so there may have been room for that, for the last time.
        until("readiness notices", async || {
            refused("another one", ask(full.http.clone(), machine.clone())).await;
            full.http.get("/health/ready").await.status == 503
        })
        .await;
        refused("readiness", full.http.get("/health/ready")).await;
        everything_published_is_there(&full.http).await;
        is_counted(&full.http, "unavailable").await;
        all_active(&full, &machine, &given).await;
        #[cfg(target_os = "linux")]
        {
            full.let_files_grow();
            let recovering = Instant::now();
            until("ready", async || full.http.get("/health/ready").await.status == 200).await;
            until("a token", async || ask(full.http.clone(), machine.clone()).await.status == 200).await;
            assert!(recovering.elapsed() < RECOVERY, "{:?}", recovering.elapsed());
            given.push(ask(full.http.clone(), machine.clone()).await.text("access_token"));
            all_active(&full, &machine, &given).await;
        }
        drop(full);
        let next = Process::start(&settings, "");
        all_active(&next, &machine, &given).await;
        assert_eq!(ask(next.http.clone(), machine.clone()).await.status, 200);
    };
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(check);
}

async fn all_active(server: &Process, machine: &TestClient, tokens: &[String]) {
    for token in tokens {
        let answer = server.http.as_client(machine, "/oauth2/introspect", &[("token", token)]).await;
        assert_eq!(answer.json()["active"], true, "{}", answer.body);
    }
}

/// Another program's connection, in the middle of something.
fn hold(app: &TestApp, statement: &str) -> AnyConnection {
    let mut holder = Manager::new(app.config.database.clone()).open().expect("a connection");
    holder.batch_execute(statement).expect("the statement is right");
    holder
}

/// The network between server and database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Open,
    /// Takes what is sent, and never answers again: connections from this time are dead for good, and nobody says so.
    Silent,
    /// Ends every connection.
    Cut,
}

/// Carries connections to the database as long as it is told to. Gives the URL to use instead of `url`.
async fn carry(url: &DatabaseUrl, line: watch::Receiver<Line>) -> DatabaseUrl {
    let DatabaseUrl::Postgres(url) = url else { panic!("SQLite has no network") };
    let host = url::Url::parse(url).expect("a URL").socket_addrs(|| None).expect("an address")[0];
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            tokio::spawn(carry_one(near, host, line.clone()));
        }
    });
    DatabaseUrl::Postgres(url.replace(&format!(":{}/", host.port()), &format!(":{port}/")))
}

async fn carry_one(mut near: TcpStream, host: std::net::SocketAddr, mut line: watch::Receiver<Line>) {
    let mut far = TcpStream::connect(host).await.expect("the database itself is well");
    let how = tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => Line::Cut,
        failed = line.wait_for(|line| *line != Line::Open) => failed.map_or(Line::Cut, |how| *how),
    };
    if how == Line::Silent {
        std::future::pending::<()>().await;
    }
}

/// What was issued before the outage.
struct Issued {
    browser: Browser,
    /// Before the page of a login.
    visitor: (Browser, Answer),
    web: TestClient,
    television: TestClient,
    machine: TestClient,
    /// Its tokens are JWTs, which are stored nowhere.
    self_contained: TestClient,
    access: String,
    refresh: String,
    code: String,
}

async fn issued(app: &TestApp) -> Issued {
    app.scope("secret").await;
    app.user("alice").await;
    let (web, machine) = (app.web("secret").await, app.machine("secret").await);
    let self_contained = app
        .client(json!({
            "client_name": "Signed job", "grant_types": ["client_credentials"], "scope": "secret", "access_token_format": "jwt",
        }))
        .await;
    let television = app
        .client(json!({
            "client_name": "Television", "grant_types": ["urn:ietf:params:oauth:grant-type:device_code"], "scope": "secret",
        }))
        .await;
    assert_eq!(ask(app.http.clone(), self_contained.clone()).await.status, 200);
    assert_eq!(ask(app.http.clone(), machine.clone()).await.status, 200);
    let given = tokens(app, &web, "secret", "alice").await;
    let code = code(app, &web, "secret", "alice").await;
    let mut browser = Browser::new(app);
    browser.sign_in("alice").await;
    assert_eq!(browser.get("/account").await.status, 200);
    let mut visitor = Browser::new(app);
    let login = visitor.get("/login").await;
    let (access, refresh) = (given.text("access_token"), given.text("refresh_token"));
    Issued { browser, visitor: (visitor, login), web, television, machine, self_contained, access, refresh, code }
}

async fn outage(app: TestApp, how: Line) {
    let (switch, line) = watch::channel(Line::Open);
    let app = app.by_way_of(carry(&app.config.database, line).await).await;
    let mut issued = issued(&app).await;

    warm_up(&app, &issued).await;

    let load = Load::start(&app, &issued);
    switch.send_replace(how);
    Box::pin(everything_is_refused(&app, &mut issued)).await;
    // Every connection has somebody who waits at it.
    let many = (0..40).map(|_| tokio::spawn(ask(app.http.clone(), issued.machine.clone())));
    for answer in many.collect::<Vec<_>>() {
        assert_eq!(answer.await.expect("it is answered").status, 503);
    }
    refused("readiness", app.http.get("/health/ready")).await;
    everything_published_is_there(&app.http).await;
    is_counted(&app.http, if how == Line::Cut { "unavailable" } else { "timeout" }).await;
    // Memory ends to count, and then not even a token that is written nowhere is given.
    until("memory ends to count", async || app.app.store.cache().kept_client(&issued.machine.id).is_none()).await;
    refused("a token that is not stored", ask(app.http.clone(), issued.self_contained.clone())).await;

    switch.send_replace(Line::Open);
    everything_recovers(&app, &mut issued).await;
    load.tells_no_lies(&app, &issued).await;
}

/// Clients that go on asking through the outage.
struct Load {
    is_over: watch::Sender<bool>,
    clients: Vec<tokio::task::JoinHandle<Vec<(Answer, Duration)>>>,
}

impl Load {
    fn start(app: &TestApp, issued: &Issued) -> Self {
        let (is_over, over) = watch::channel(false);
        let clients = (0..8).map(|number| {
            let (http, over) = (app.http.clone(), over.clone());
            let (machine, web, access) = (issued.machine.clone(), issued.web.clone(), issued.access.clone());
            tokio::spawn(async move {
                let mut answers = Vec::new();
                while !*over.borrow() {
                    let asked = Instant::now();
                    let answer = if number % 2 == 0 {
                        ask(http.clone(), machine.clone()).await
                    } else {
                        http.as_client(&web, "/oauth2/introspect", &[("token", &access)]).await
                    };
                    answers.push((answer, asked.elapsed()));
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                answers
            })
        });
        Self { is_over, clients: clients.collect() }
    }

    /// Everything was given and is there, or was refused in time; nothing else was said.
    async fn tells_no_lies(self, app: &TestApp, issued: &Issued) {
        self.is_over.send_replace(true);
        let (mut given, mut refused) = (Vec::new(), Vec::new());
        for client in self.clients {
            for (answer, took) in client.await.expect("the server answers") {
                assert!(took < REFUSAL, "{took:?}: {}", answer.body);
                match answer.status.as_u16() {
                    200 if answer.body.contains("access_token") => given.push(answer.text("access_token")),
                    200 => assert_eq!(answer.json()["active"], true, "it never says that a live token is dead"),
                    status => {
                        assert_eq!((status, answer.header("retry-after")), (503, "2"), "{}", answer.body);
                        refused.push(took);
                    }
                }
            }
        }
        assert!(refused.len() > 8 && !given.is_empty(), "{} refused, {} given", refused.len(), given.len());
        refused.sort_unstable();
        assert!(refused[refused.len() * 9 / 10 - 1] < USUAL_REFUSAL, "{refused:?}");
        assert!(refused[refused.len() / 2] <= TYPICAL_REFUSAL, "{refused:?}");
        for token in given {
            let found = app.http.as_client(&issued.machine, "/oauth2/introspect", &[("token", &token)]).await;
            assert_eq!(found.json()["active"], true, "a token that was given is stored");
        }
    }
}

/// Opens every connection of the pool, and lets memory fill after the last change is known.
async fn warm_up(app: &TestApp, issued: &Issued) {
    let nap = |connection: &mut AnyConnection| -> Result<(), StoreError> {
        Ok(connection.batch_execute("SELECT pg_sleep(0.1)")?)
    };
    let naps = (0..16).map(|_| {
        let store = app.app.store.clone();
        tokio::spawn(async move { store.read(nap).await })
    });
    for nap in naps.collect::<Vec<_>>() {
        nap.await.expect("it ends").expect("the database is well");
    }
    let newest = app.app.store.read(cache::generation).await.expect("the database is well");
    until("the last change is known", async || app.app.store.cache().generation() == Some(newest)).await;
    for client in [&issued.machine, &issued.self_contained] {
        until("the client is kept", async || {
            assert_eq!(ask(app.http.clone(), client.clone()).await.status, 200);
            app.app.store.cache().kept_client(&client.id).is_some()
        })
        .await;
    }
}

async fn ask(http: Http, machine: TestClient) -> Answer {
    http.as_client(&machine, "/oauth2/token", &[("grant_type", "client_credentials")]).await
}

/// All routes at once, as in life.
async fn everything_is_refused(app: &TestApp, issued: &mut Issued) {
    let Issued { browser, visitor: (visitor, login), web, television, machine, access, refresh, code, .. } = issued;
    let http = &app.http;
    let initial = [("content-type", "application/json"), ("authorization", &format!("Bearer gia_{}", "a".repeat(43)))];
    let metadata = json!({ "client_name": "App", "redirect_uris": ["https://app.example/cb"] }).to_string();
    let password = [("username", "alice"), ("password", PASSWORD)];
    let (redemption, token) = (redemption(code), [("token", access.as_str())]);
    let request = Authorization::of(web, "secret").path();
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    tokio::join!(
        refused("client credentials", ask(http.clone(), machine.clone())),
        refused("a code", http.as_client(web, "/oauth2/token", &redemption)),
        refused("a refresh token", http.as_client(web, "/oauth2/token", &refresh)),
        refused("introspection", http.as_client(web, "/oauth2/introspect", &token)),
        refused("revocation", http.as_client(web, "/oauth2/revoke", &token)),
        refused("the secret route", http.bearer("/secret", access)),
        refused("userinfo", http.bearer("/oauth2/userinfo", access)),
        refused("the API", http.bearer("/api/v1/whoami", access)),
        refused("a device", http.as_client(television, "/oauth2/device_authorization", &[])),
        refused("a registration", http.send("POST", "/oauth2/register", &initial, Some(metadata))),
        refused("a login", visitor.submit("/login", login, &password)),
        refused("a page with a session", browser.get("/account")),
        refused("a page without", http.get(&request)),
    );
}

/// What needs no database, or nothing new from it.
async fn everything_published_is_there(http: &Http) {
    for path in ["/.well-known/jwks.json", "/.well-known/oauth-authorization-server", "/health/live"] {
        assert_eq!(http.get(path).await.status, 200, "{path}");
    }
}

/// The metrics say why the store served no more.
async fn is_counted(http: &Http, reason: &str) {
    let page = http.get("/metrics").await.body;
    let sample = format!("grantor_store_failures_total{{reason=\"{reason}\"}} ");
    let count = page.lines().find_map(|line| line.strip_prefix(&sample));
    assert!(count.is_some_and(|count| count != "0"), "{reason} in\n{page}");
}

/// The answer says that it is about the server, not about what was sent, and comes in time.
async fn refused(what: &str, answer: impl Future<Output = Answer>) {
    let asked = Instant::now();
    let answer = answer.await;
    assert!(asked.elapsed() < REFUSAL, "{what}: {:?}", asked.elapsed());
    assert_eq!(answer.status, 503, "{what}: {}", answer.body);
    assert_eq!(answer.header("retry-after"), "2", "{what}");
    for name in ["content-security-policy", "x-content-type-options", "x-frame-options", "referrer-policy"] {
        assert_ne!(answer.header(name), "", "{what} has no {name}");
    }
    let id = answer.header("x-request-id");
    assert!(!id.is_empty(), "{what}");
    if answer.header("content-type").starts_with("text/html") {
        assert!(answer.body.contains("Try again shortly") && answer.body.contains(id), "{what}: {}", answer.body);
    } else if what != "readiness" {
        assert_eq!(answer.error(), "temporarily_unavailable", "{what}");
    }
}

/// Without a restart, and with everything as it was.
async fn everything_recovers(app: &TestApp, issued: &mut Issued) {
    let recovering = Instant::now();
    until("ready", async || app.http.get("/health/ready").await.status == 200).await;
    until("a token", async || ask(app.http.clone(), issued.machine.clone()).await.status == 200).await;
    until("a page", async || issued.browser.get("/account").await.status == 200).await;
    assert!(recovering.elapsed() < RECOVERY, "{:?}", recovering.elapsed());
    let Issued { web, access, refresh, code, .. } = issued;
    let redeemed = app.http.as_client(web, "/oauth2/token", &redemption(code)).await;
    assert_eq!(redeemed.status, 200, "the code was not spent: {}", redeemed.body);
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    assert_eq!(app.http.as_client(web, "/oauth2/token", &refresh).await.status, 200);
    let token = app.http.as_client(web, "/oauth2/introspect", &[("token", access)]).await;
    assert_eq!(token.json()["active"], true);
}
