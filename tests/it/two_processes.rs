//! Two processes on one PostgreSQL, as behind a balancer: what one issues the other accepts, and what one changes the other
//! knows within a second.

use std::sync::Arc;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use grantor::config::database_url::DatabaseUrl;
use grantor::domain::client::Client;
use grantor::domain::signing_key::Algorithm;
use grantor::jobs::pace::Pace;
use grantor::jobs::{self, rotate_keys};
use grantor::management::grants;
use grantor::management::keys::Haste;
use grantor::management::settings::{self, Changes};
use grantor::serve::beside;
use grantor::store::cache::Catalog;
use grantor::store::connection::AnyConnection;
use grantor::store::schema::cache_changes;
use grantor::store::{StoreError, cache, client_reviews, clients, signing_keys};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::support::app::{Backend, PASSWORD, REDIRECT_URI, TestApp, TestClient, on_both_databases, run};
use crate::support::http::{Answer, Authorization, Browser, Http, allow, redemption};
use crate::support::postgres::cluster_or_skip;
use crate::support::process::{Process, Settings};
use crate::support::until;

on_both_databases!(
    what_another_process_has_just_made_is_not_unknown,
    a_job_is_done_by_one_process_at_a_time,
    a_lease_of_a_clock_that_was_far_ahead_does_not_count,
    every_job_is_left_to_the_process_that_does_it,
    keys_are_opened_anew_only_when_they_have_changed,
    all_processes_know_who_fetched_the_keys,
    a_machine_whose_grant_was_just_revoked_elsewhere_gets_a_token_that_counts,
    a_jwt_counts_where_the_rotation_is_not_known_yet,
    what_changes_while_a_process_starts_is_known_to_it,
    a_client_that_changed_elsewhere_is_forgotten_and_no_other,
    what_is_no_client_s_change_empties_the_memory_of_all,
    a_change_that_came_to_nothing_is_told_to_nobody,
    changes_at_the_same_moment_are_each_told,
);

#[test]
fn changes_are_looked_for_so_often_that_all_know_them_within_a_second() {
    assert!(cache::POLL_INTERVAL <= Duration::from_millis(250));
}

#[test]
fn two_processes_are_one_server() {
    let Some(cluster) = cluster_or_skip() else { return };
    let database = cluster.create_database();
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(share(&database));
    cluster.drop_database(&database);
}

async fn share(database: &str) {
    let settings = Settings::of(database);
    // At the same time, on an empty database: one migrates and makes the keys, the other waits for it.
    let (one, two) = std::thread::scope(|scope| {
        let other = scope.spawn(|| Process::start(&settings, ""));
        (Process::start(&settings, ""), other.join().expect("it starts"))
    });
    let (one, two) = (&one.http, &two.http);
    assert_eq!(keys(one).await.len(), keys(two).await.len());
    assert_eq!(keys(one).await, keys(two).await);

    settings.command(&["scope", "create", "reports", "--description", "Read reports"], "");
    settings.command(&["user", "create", "--username", "alice", "--admin", "--password-stdin"], PASSWORD);
    let web = settings.client(&json!({ "client_name": "App", "scope": "reports", "redirect_uris": [REDIRECT_URI],
        "grant_types": ["authorization_code", "refresh_token"] }));
    let native = settings.client(&json!({ "client_name": "App", "scope": "reports", "redirect_uris": [REDIRECT_URI],
        "grant_types": ["authorization_code", "refresh_token"], "token_endpoint_auth_method": "none" }));
    let job = settings.client(
        &json!({ "client_name": "Job", "grant_types": ["client_credentials"], "scope": "grantor.clients:write" }),
    );

    // Its first token, where the other has known it without one.
    let machine_alone = json!({ "client_name": "New job", "grant_types": ["client_credentials"], "scope": "reports" });
    let new_job = settings.client(&machine_alone);
    assert_eq!(introspect(two, &new_job, "unknown").await["active"], false);
    let first = machine(one, &new_job).await.text("access_token");
    assert_eq!(introspect(two, &new_job, &first).await["active"], true);

    // A session, a code, and tokens.
    let mut browser = Browser::at(one);
    let given = grant(&mut browser, &web, two).await;
    browser.http = two.clone();
    assert_eq!(browser.get("/account").await.status, 200, "the session of the one is valid at the other");
    let access = given.text("access_token");
    for http in [one, two] {
        assert_eq!(introspect(http, &web, &access).await["active"], true);
        assert_eq!(refresh(http, &web, &given.text("refresh_token")).await.status, 200);
    }

    // Rotation, and a lost answer asked for again at the other.
    let first = grant(&mut browser, &native, one).await.text("refresh_token");
    let second = refresh(one, &native, &first).await.text("refresh_token");
    assert_eq!(refresh(two, &native, &first).await.text("refresh_token"), second, "never two chains");
    let third = refresh(two, &native, &second).await.text("refresh_token");
    assert_eq!(refresh(one, &native, &third).await.status, 200);

    // Revoking is at once, because nobody keeps tokens in memory.
    let revoked = one.as_client(&web, "/oauth2/revoke", &[("token", &access)]).await;
    assert_eq!(revoked.status, 200);
    assert_eq!(introspect(two, &web, &access).await, json!({ "active": false }));

    // Keys: by a form at the one.
    let before = keys(two).await;
    browser.http = one.clone();
    let page = browser.get("/admin/keys/rotate").await;
    let rotated = browser.submit("/admin/keys/rotate", &page, &[]).await;
    assert_eq!(rotated.status, 303, "{}", rotated.body);
    until("the new keys", async || keys(two).await != before).await;
    assert_eq!(keys(one).await, keys(two).await);

    // A client: by the API at the one.
    assert_eq!(machine(two, &job).await.status, 200);
    let access = refresh(two, &web, &given.text("refresh_token")).await.text("access_token");
    assert_eq!(introspect(two, &job, &access).await["active"], true);
    let token = machine(one, &job).await.text("access_token");
    let headers = [("authorization", format!("Bearer {token}"))];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    let disabled = one.send("POST", &format!("/api/v1/clients/{}/disable", web.id), &headers, None).await;
    assert_eq!(disabled.status, 200, "{}", disabled.body);
    until("the disabled client", async || {
        refresh(two, &web, &given.text("refresh_token")).await.error() == "invalid_client"
    })
    .await;
    // What is kept of a client for its tokens goes with it.
    assert_eq!(introspect(two, &job, &access).await, json!({ "active": false }));
}

/// A code from where the browser is, redeemed `at`.
async fn grant(browser: &mut Browser, client: &TestClient, at: &Http) -> Answer {
    let answer = allow(browser, &Authorization::of(client, "reports"), "alice").await;
    let given = at.as_client(client, "/oauth2/token", &redemption(&answer.redirect()["code"])).await;
    assert_eq!(given.status, 200, "{}", given.body);
    given
}

async fn refresh(http: &Http, client: &TestClient, token: &str) -> Answer {
    http.as_client(client, "/oauth2/token", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
}

async fn machine(http: &Http, client: &TestClient) -> Answer {
    http.as_client(client, "/oauth2/token", &[("grant_type", "client_credentials")]).await
}

async fn introspect(http: &Http, client: &TestClient, token: &str) -> Value {
    http.as_client(client, "/oauth2/introspect", &[("token", token)]).await.json()
}

/// The ids of the published keys.
async fn keys(http: &Http) -> Vec<String> {
    let keys = http.get("/.well-known/jwks.json").await.json();
    let mut ids: Vec<String> =
        keys["keys"].as_array().expect("keys").iter().map(|key| key["kid"].to_string()).collect();
    ids.sort();
    ids
}

async fn a_job_is_done_by_one_process_at_a_time(app: TestApp) {
    let other = app.another().await;
    let lease = async |app: &TestApp, holder: &str| {
        jobs::lease(&app.app.store, "sweep", holder, app.clock.now(), 120).await.expect("the database answers")
    };
    assert!(lease(&app, "one").await);
    assert!(!lease(&other, "two").await, "the one is at it");
    assert!(lease(&app, "one").await, "it may go on");
    app.clock.advance(121);
    assert!(lease(&other, "two").await, "the one has not been heard of");
    assert!(!lease(&app, "one").await);
}

async fn a_lease_of_a_clock_that_was_far_ahead_does_not_count(app: TestApp) {
    let lease = async |holder: &str, ahead: i64| {
        let now = app.clock.now() + ahead;
        jobs::lease(&app.app.store, "job", holder, now, 120).await.expect("the database answers")
    };
    assert!(lease("one", 119).await);
    assert!(!lease("two", 0).await, "clocks differ a little");
    assert!(lease("one", 24 * 60 * 60).await);
    assert!(lease("two", 0).await);
}

async fn every_job_is_left_to_the_process_that_does_it(app: TestApp) {
    app.scope("reports").await;
    let client = app.machine("reports").await;
    assert_eq!(machine(&app.http, &client).await.status, 200);
    // An expired token, a client to review, and old keys.
    app.clock.advance(91 * 24 * 60 * 60);
    let now = app.clock.now();
    for job in ["sweep", "review", "keys"] {
        assert!(jobs::lease(&app.app.store, job, "one", now, 120).await.expect("the database answers"), "{job}");
    }
    let run = async |holder: &str| {
        let app = &app.app;
        [
            beside::sweep(app, holder).await,
            beside::review_clients(app, holder).await,
            beside::rotate_keys(app, holder).await,
        ]
    };
    let left = async || {
        let work = app.manage(move |connection| {
            let reviews = client_reviews::due(connection, now, 10)?.len();
            Ok((reviews, signing_keys::list(connection)?.len()))
        });
        (app.app.metrics.swept_rows.get(), work.await)
    };
    let (swept, (reviews, keys)) = left().await;
    assert_eq!(reviews, 1);
    assert_eq!(run("two").await, ["elsewhere"; 3]);
    assert_eq!(left().await, (swept, (reviews, keys)), "nothing was done");
    assert_eq!(run("one").await, ["done"; 3]);
    let (swept_now, (reviews_now, keys_now)) = left().await;
    assert!(swept_now > swept && keys_now > keys, "{swept_now} rows, {keys_now} keys");
    assert_eq!(reviews_now, 0);
}

#[test]
fn a_process_whose_clock_is_not_the_database_s_leaves_jobs_to_others() {
    run(Backend::Postgres, |app| async move {
        let DatabaseUrl::Postgres(url) = &app.config.database else { panic!("it is PostgreSQL") };
        let database = url.rsplit('/').next().expect("a URL has a last segment").to_owned();
        // For those who connect from now on, the database's clock is another one, which is the same as theirs being wrong.
        let another_clock = format!(
            "CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql
                 AS $$SELECT pg_catalog.clock_timestamp() - interval '2 minutes'$$;
             ALTER DATABASE {database} SET search_path = public, pg_catalog"
        );
        let prepared = app.app.store.write(move |c| Ok::<_, StoreError>(c.batch_execute(&another_clock)?));
        prepared.await.expect("the database is well");
        let wrong = app.another().await;
        // The keys are old enough.
        app.clock.advance(91 * 24 * 60 * 60);
        let keys = async || app.app.store.read(signing_keys::list).await.expect("the keys can be read").len();
        let before = keys().await;
        assert_eq!(beside::rotate_keys(&wrong.app, "one").await, "failed");
        assert_eq!(beside::sweep(&wrong.app, "one").await, "failed");
        assert_eq!(keys().await, before);
        let back = format!("ALTER DATABASE {database} RESET search_path");
        let reset = app.app.store.write(move |c| Ok::<_, StoreError>(c.batch_execute(&back)?));
        reset.await.expect("the database is well");
        let right = app.another().await;
        assert_eq!(beside::rotate_keys(&right.app, "two").await, "done", "the lease was left to it");
        assert!(keys().await > before);
    });
}

/// Waits until a process has heard of every change so far.
async fn up_to_date(server: &TestApp) {
    let newest = server.app.store.read(cache::generation).await.expect("the database is well");
    until("it has heard of all", async || server.app.store.cache().generation() >= Some(newest)).await;
}

async fn a_machine_whose_grant_was_just_revoked_elsewhere_gets_a_token_that_counts(app: TestApp) {
    let other = app.another().await;
    app.scope("reports").await;
    let job = app.machine("reports").await;
    up_to_date(&other).await;
    let before = machine(&other.http, &job).await.text("access_token");
    up_to_date(&other).await;
    assert_eq!(machine(&other.http, &job).await.status, 200, "and its grant is kept");
    let client = app.app.store.newest_client(&job.id).await.expect("the database is well").expect("it is there");
    let (context, grant) = (app.context(), client.machine_grant.expect("it has tokens"));
    app.manage(move |connection| grants::revoke(connection, &context, grant)).await;
    let token = machine(&other.http, &job).await.text("access_token");
    for server in [&app, &other] {
        assert_eq!(introspect(&server.http, &job, &token).await["active"], true);
        assert_eq!(introspect(&server.http, &job, &before).await, json!({ "active": false }));
    }
}

async fn a_jwt_counts_where_the_rotation_is_not_known_yet(app: TestApp) {
    app.scope("reports").await;
    let signed = json!({ "client_name": "Job", "grant_types": ["client_credentials"], "scope": "reports",
        "access_token_format": "jwt" });
    let job = app.client(signed).await;
    assert_eq!(machine(&app.http, &job).await.status, 200);
    let other = app.another_with(app.config.clone().issued_by(app.app.config.issuer.clone())).await;
    up_to_date(&other).await;
    rotate_keys::rotate(&app.app.store, &app.app.sealing_key, app.context(), Haste::None).await.expect("keys rotate");
    app.app.reload_keys().await.expect("the keys can be read");
    let token = machine(&app.http, &job).await.text("access_token");
    assert_eq!(introspect(&other.http, &job, &token).await["active"], true);
    assert_eq!(other.http.as_client(&job, "/oauth2/revoke", &[("token", &token)]).await.status, 200);
    assert_eq!(introspect(&app.http, &job, &token).await, json!({ "active": false }));
}

async fn keys_are_opened_anew_only_when_they_have_changed(app: TestApp) {
    let other = app.another().await;
    let before = other.app.keys();
    let reload = async || other.app.reload_keys().await.expect("the keys can be read");
    app.machine("").await;
    reload().await;
    assert!(Arc::ptr_eq(&before, &other.app.keys()), "a client is no key");
    rotate_keys::rotate(&app.app.store, &app.app.sealing_key, app.context(), Haste::Emergency)
        .await
        .expect("the keys can be rotated");
    reload().await;
    let signing = |ring: &grantor::keys::KeyRing| ring.current(Algorithm::Es256).map(|key| key.kid.clone());
    assert_ne!(signing(&before), signing(&other.app.keys()));
}

async fn all_processes_know_who_fetched_the_keys(app: TestApp) {
    app.scope("reports").await;
    let machine = app.machine("reports").await;
    app.admin("root").await;
    let mut root = Browser::new(&app);
    root.sign_in("root").await;
    assert!(root.get("/admin/keys").await.body.contains("Nobody has fetched the keys yet"));
    app.http.as_client(&machine, "/oauth2/token", &[("grant_type", "client_credentials")]).await;
    app.app.uses.flush(&app.app.store, |_| Pace::hurried()).await.expect("it can be written");
    let other = app.another().await;
    let writes = || other.app.store.figures().writes.times.get().count;
    let mut least = u64::MAX;
    // In the background something may be written meanwhile, though not each time.
    for _ in 0..5 {
        let before = writes();
        for server in [&app, &other, &other] {
            assert_eq!(server.http.get("/.well-known/jwks.json").await.status, 200);
        }
        least = least.min(writes() - before);
    }
    assert_eq!(least, 0, "nothing is written on its way");
    for server in [&other, &app] {
        server.app.readers.flush(&server.app.store, |_| Pace::hurried()).await.expect("it can be written");
    }
    let page = app.another().await;
    root.http = page.http.clone();
    let seen = root.get("/admin/keys").await;
    root.http = app.http.clone();
    assert!(seen.body.contains("1 of 1 program that fetched"), "{}", seen.body);
    assert!(seen.body.contains("Has the newest key") && seen.body.contains("127.0.0.1"), "{}", seen.body);
    let client = format!("/admin/clients/{}", machine.id);
    assert!(
        seen.find("#readers ul a").is_some() && seen.body.contains(&client),
        "which client is there: {}",
        seen.body
    );

    app.clock.advance(100);
    let ask = root.get("/admin/keys/rotate?emergency=true").await;
    let rotated = root.submit("/admin/keys/rotate", &ask, &[]).await;
    assert_eq!(rotated.status, 303, "{}", rotated.body);
    let seen = root.get("/admin/keys").await;
    assert!(seen.body.contains("0 of 1 program that fetched"), "{}", seen.body);
    assert!(seen.body.contains("Not since the newest key"), "{}", seen.body);
    app.http.get("/.well-known/jwks.json").await;
    app.app.readers.flush(&app.app.store, |_| Pace::hurried()).await.expect("it can be written");
    assert!(root.get("/admin/keys").await.body.contains("1 of 1 program that fetched"));
    app.clock.advance(91 * 24 * 60 * 60);
    jobs::sweep::run(&app.app.store, app.clock.now()).await.expect("it sweeps");
    root.sign_in("root").await;
    assert!(root.get("/admin/keys").await.body.contains("Nobody has fetched the keys yet"));
}

async fn what_changes_while_a_process_starts_is_known_to_it(app: TestApp) {
    let (config, clock) = (app.config.clone(), app.clock.clone());
    let (bound, is_bound) = oneshot::channel();
    let (go, goes) = oneshot::channel::<()>();
    let (stop, stopped) = oneshot::channel::<()>();
    let process = std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = grantor::serve::bind(config, clock, Some(1)).await.expect("the server starts");
            let _ = bound.send(server.app.clone());
            let _ = goes.await;
            let until = async {
                let _ = stopped.await;
            };
            server.run_until(until).await;
        });
    });
    let starting = is_bound.await.expect("the server starts");
    let (context, changes) = (app.context(), Changes::from([("tokens.code_lifetime".into(), Some("30".into()))]));
    app.manage(move |connection| settings::change(connection, &context, "test", None, &changes)).await;
    // All that it hears of later is nothing new to it.
    let newest = app.app.store.read(cache::generation).await.expect("the database is well");
    until("it has heard of the change", async || starting.store.cache().generation() == Some(newest)).await;
    go.send(()).expect("it waits");
    until("it goes by the change", async || starting.policies().lifetimes.authorization_code == 30).await;
    drop(stop);
    drop(starting);
    process.join().expect("no panic");
}

async fn what_another_process_has_just_made_is_not_unknown(app: TestApp) {
    let other = app.another().await;
    for name in ["one", "two", "three"] {
        // Its memory is full.
        other.app.store.catalog().await.expect("it can be read");
        app.scope(name).await;
        let machine = app.machine(name).await;
        let form = [("grant_type", "client_credentials"), ("scope", name)];
        let token = other.http.as_client(&machine, "/oauth2/token", &form).await;
        assert_eq!(token.status, 200, "{}", token.body);
        let web = app.web(name).await;
        let asked = other.http.get(&Authorization::of(&web, name).path()).await;
        assert!(asked.location().starts_with("/login"), "{}", asked.location());
    }
}

/// A client as a process keeps it in memory.
async fn keep(server: &TestApp, client: &TestClient) -> Arc<Client> {
    let (store, mut kept) = (&server.app.store, None);
    until("it is kept", async || {
        store.client(&client.id).await.expect("the database is well").expect("it is there");
        kept = store.cache().kept_client(&client.id);
        kept.is_some()
    })
    .await;
    kept.expect("it is kept")
}

/// Whether it is in memory still, and not again.
fn is_kept(server: &TestApp, client: &Arc<Client>) -> bool {
    server.app.store.cache().kept_client(&client.id).is_some_and(|kept| Arc::ptr_eq(&kept, client))
}

/// Disables or enables a client.
async fn set_disabled(server: &TestApp, id: &str, at: Option<i64>) {
    let id = id.to_owned();
    server.manage(move |connection| Ok(clients::set_disabled(connection, &id, at).map(drop)?)).await;
}

async fn a_client_that_changed_elsewhere_is_forgotten_and_no_other(app: TestApp) {
    let other = app.another().await;
    app.scope("reports").await;
    let (changed, same) = (app.machine("reports").await, app.machine("reports").await);
    let is_enabled = async |server: &TestApp| keep(server, &changed).await.is_enabled();
    let mut all_others_stayed = false;
    // A process that was held up for a second forgets everything, whatever it hears then: that is not so each time.
    for at in [Some(1), None].into_iter().cycle().take(20) {
        for server in [&app, &other] {
            up_to_date(server).await;
        }
        let here = [keep(&app, &changed).await, keep(&app, &same).await];
        let there = [keep(&other, &changed).await, keep(&other, &same).await];
        // A client that comes, its first token, and one that changes.
        let new = app.machine("reports").await;
        assert_eq!(machine(&app.http, &new).await.status, 200);
        set_disabled(&app, &changed.id, at).await;
        assert!(!is_kept(&app, &here[0]), "where it was changed, that is known at once");
        up_to_date(&other).await;
        assert!(!is_kept(&other, &there[0]));
        for server in [&app, &other] {
            assert_eq!(is_enabled(server).await, at.is_none());
        }
        up_to_date(&app).await;
        all_others_stayed = is_kept(&app, &here[1]) && is_kept(&other, &there[1]);
        if all_others_stayed {
            break;
        }
    }
    assert!(all_others_stayed, "each time everything was forgotten");
}

async fn what_is_no_client_s_change_empties_the_memory_of_all(app: TestApp) {
    let other = app.another().await;
    let client = app.machine("").await;
    let keep_all = async || {
        up_to_date(&other).await;
        let catalog = other.app.store.catalog().await.expect("the database is well");
        (catalog, keep(&other, &client).await)
    };
    let forgotten = async |what: &str, (catalog, client): (Arc<Catalog>, Arc<Client>)| {
        up_to_date(&other).await;
        assert!(!is_kept(&other, &client), "{what}");
        let kept = other.app.store.cache().kept_catalog();
        assert!(kept.is_none_or(|kept| !Arc::ptr_eq(&kept, &catalog)), "{what}");
    };
    let kept = keep_all().await;
    app.scope("reports").await;
    forgotten("a scope", kept).await;
    // A program of before knows no rows, and what it changed may be anything.
    let kept = keep_all().await;
    let raise = |connection: &mut AnyConnection| -> Result<(), StoreError> {
        Ok(connection.batch_execute("UPDATE cache_generation SET value = value + 1")?)
    };
    app.app.store.write(raise).await.expect("the database is well");
    app.machine("").await;
    forgotten("a number without a row", kept).await;
}

async fn a_change_that_came_to_nothing_is_told_to_nobody(app: TestApp) {
    let other = app.another().await;
    let (refused, done) = (app.machine("").await, app.machine("").await);
    for server in [&app, &other] {
        up_to_date(server).await;
    }
    let (store, memory) = (&app.app.store, app.app.store.cache());
    let before = store.read(cache::generation).await.expect("the database is well");
    let (id, now) = (refused.id.clone(), app.clock.now());
    // On SQLite both may come into one transaction.
    let refuse = store.write(move |connection| {
        clients::set_disabled(connection, &id, Some(now))?;
        // It is in memory now as this transaction has it.
        memory.client(connection, &id)?;
        Err::<(), _>(StoreError::Corrupt("a refusal".into()))
    });
    let (refusal, ()) = tokio::join!(refuse, set_disabled(&app, &done.id, Some(now)));
    assert!(refusal.is_err());
    let after = store.read(cache::generation).await.expect("the database is well");
    assert_eq!(after, before + 1, "one client has changed");
    up_to_date(&other).await;
    for server in [&app, &other] {
        assert!(keep(server, &refused).await.is_enabled(), "what never came about is not kept");
        assert!(!keep(server, &done).await.is_enabled());
    }
}

async fn changes_at_the_same_moment_are_each_told(app: TestApp) {
    let other = app.another().await;
    let mut ids = Vec::new();
    for _ in 0..8 {
        ids.push(app.machine("").await.id);
    }
    let before = app.app.store.read(cache::generation).await.expect("the database is well");
    let changes = ids.iter().zip([&app, &other].into_iter().cycle()).map(|(id, server)| {
        let (id, store) = (id.clone(), server.app.store.clone());
        tokio::spawn(async move {
            store.write(move |c| Ok::<_, StoreError>(clients::set_disabled(c, &id, Some(1)).map(drop)?)).await
        })
    });
    for change in changes.collect::<Vec<_>>() {
        change.await.expect("it ends").expect("the database is well");
    }
    let rows = app.app.store.read(move |connection| {
        let rows = cache_changes::table.filter(cache_changes::generation.gt(before)).order(cache_changes::generation);
        Ok::<_, StoreError>(rows.load::<(i64, String)>(connection)?)
    });
    let (numbers, mut told): (Vec<i64>, Vec<String>) = rows.await.expect("the database is well").into_iter().unzip();
    assert_eq!(numbers, (before + 1..=before + 8).collect::<Vec<_>>(), "each number says whose it is");
    told.sort();
    ids.sort();
    assert_eq!(told, ids);
}
