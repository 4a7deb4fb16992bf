//! Deleting what has expired: what leaves, what stays, and that nothing keeps the rest from leaving.

use diesel::connection::SimpleConnection;
use diesel::sql_types::BigInt;
use diesel::{QueryResult, QueryableByName, RunQueryDsl};
use grantor::clock::Timestamp;
use grantor::config::database_url::DatabaseUrl;
use grantor::jobs::sweep;
use grantor::store::connection::{AnyConnection, Manager};
use grantor::store::session_clients::SessionClient;
use grantor::store::sessions::Which;
use grantor::store::{self, StoreError, session_clients};
use serde_json::json;

use crate::support::app::{Backend, TestApp, TestClient, on_both_databases, run};
use crate::support::http::{Authorization, Browser, tokens};
use crate::support::plans::plans_of;
use crate::support::postgres::until_blocked;

on_both_databases!(
    each_client_of_a_session_leaves_at_its_time,
    a_denied_token_stays_denied_where_clocks_are_behind,
    a_token_lives_on_where_clocks_are_behind,
    a_revoked_grant_leaves_after_a_day,
    a_table_that_cannot_be_swept_keeps_no_other_from_it,
);

const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

async fn rows(app: &TestApp, table: &str) -> i64 {
    let query = format!("SELECT count(*) AS number FROM {table}");
    let counted = app.app.store.read::<_, StoreError, _>(move |connection| {
        Ok(diesel::sql_query(&query).get_result::<Number>(connection)?.number)
    });
    counted.await.expect("it can be counted")
}

/// An access token, and when it expires.
async fn issued(app: &TestApp, machine: &TestClient) -> (String, Timestamp) {
    let given = app.http.as_client(machine, "/oauth2/token", &[("grant_type", "client_credentials")]).await;
    let lifetime = given.json()["expires_in"].as_i64().expect("a number");
    (given.text("access_token"), app.clock.now() + lifetime)
}

async fn execute(app: &TestApp, statement: String) {
    let done = app.app.store.write::<_, StoreError, _>(move |connection| Ok(connection.batch_execute(&statement)?));
    done.await.expect("the statement is right");
}

fn in_session(client_id: &str, expires_at: Timestamp) -> SessionClient {
    let (session_id, owner_id) = ("session".into(), "alice".into());
    SessionClient { session_id, client_id: client_id.into(), owner_id, expires_at }
}

async fn each_client_of_a_session_leaves_at_its_time(app: TestApp) {
    let (first, second) = (app.web("openid").await.id, app.web("openid").await.id);
    let (now, last) = (app.clock.now(), second.clone());
    app.manage(move |connection| {
        session_clients::note(connection, &in_session(&first, now + 10))?;
        Ok(session_clients::note(connection, &in_session(&second, now + 20))?)
    })
    .await;
    sweep::run(&app.app.store, now + 10).await.expect("it sweeps");
    let left = app.manage(|connection| Ok(session_clients::take(connection, "alice", Which::All)?)).await;
    assert_eq!(left, [("session".to_owned(), last)]);
}

async fn a_denied_token_stays_denied_where_clocks_are_behind(app: TestApp) {
    app.scope("reports").await;
    let metadata = json!({ "client_name": "Job", "grant_types": ["client_credentials"], "scope": "reports",
        "access_token_format": "jwt" });
    let machine = app.client(metadata).await;
    let (token, end) = issued(&app, &machine).await;
    let introspected = async || app.http.as_client(&machine, "/oauth2/introspect", &[("token", &token)]).await.json();
    assert_eq!(introspected().await["active"], true);
    assert_eq!(app.http.as_client(&machine, "/oauth2/revoke", &[("token", &token)]).await.status, 200);
    for later in [30, HOUR - 1] {
        sweep::run(&app.app.store, end + later).await.expect("it sweeps");
        assert_eq!(introspected().await, json!({ "active": false }), "{later} seconds later");
    }
    assert_eq!(rows(&app, "denied_tokens").await, 1);
    sweep::run(&app.app.store, end + HOUR).await.expect("it sweeps");
    assert_eq!(rows(&app, "denied_tokens").await, 0);
}

async fn a_token_lives_on_where_clocks_are_behind(app: TestApp) {
    app.scope("reports").await;
    let machine = app.machine("reports").await;
    let (token, end) = issued(&app, &machine).await;
    sweep::run(&app.app.store, end + 59).await.expect("it sweeps");
    let found = app.http.as_client(&machine, "/oauth2/introspect", &[("token", &token)]).await;
    assert_eq!(found.json()["active"], true);
    sweep::run(&app.app.store, end + 60).await.expect("it sweeps");
    assert_eq!(rows(&app, "access_tokens").await, 0);
}

async fn a_revoked_grant_leaves_after_a_day(app: TestApp) {
    app.scope("reports").await;
    let machine = app.machine("reports").await;
    let given = app.http.as_client(&machine, "/oauth2/token", &[("grant_type", "client_credentials")]).await;
    assert_eq!(given.status, 200, "{}", given.body);
    // A machine's grant has no end of its own.
    let now = app.clock.now();
    execute(&app, format!("UPDATE grants SET revoked_at = {now}")).await;
    for (later, left) in [(DAY - 1, 1), (DAY, 0)] {
        sweep::run(&app.app.store, now + later).await.expect("it sweeps");
        assert_eq!(rows(&app, "grants").await, left, "{later} seconds later");
    }
}

async fn a_table_that_cannot_be_swept_keeps_no_other_from_it(app: TestApp) {
    app.scope("reports").await;
    let web = app.web("reports").await;
    Browser::new(&app).get(&Authorization::of(&web, "reports").path()).await;
    assert_eq!(rows(&app, "authorization_requests").await, 1, "it waits for a login");
    execute(&app, "ALTER TABLE access_tokens RENAME TO away".to_owned()).await;
    assert!(sweep::run(&app.app.store, app.clock.now() + DAY).await.is_err(), "it says so");
    assert_eq!(rows(&app, "authorization_requests").await, 0);
    execute(&app, "ALTER TABLE away RENAME TO access_tokens".to_owned()).await;
    assert!(sweep::run(&app.app.store, app.clock.now() + DAY).await.is_ok());
}

#[test]
fn what_is_extended_while_it_is_swept_stays() {
    run(Backend::Postgres, |app| async move {
        app.scope("reports").await;
        app.user("alice").await;
        let web = app.web("reports").await;
        tokens(&app, &web, "reports", "alice").await;
        let unused = app.clock.now() + 31 * DAY;
        let DatabaseUrl::Postgres(url) = &app.config.database else { panic!("it is PostgreSQL") };
        let mut refresh = Manager::new(app.config.database.clone()).open().expect("a connection");
        let mut execute = |statement: &str| refresh.batch_execute(statement).expect("the statement is right");
        let mut is_swept = false;
        // Once more where the machine has so much else to do that the sweep has waited for too long.
        for _ in 0..5 {
            execute(&format!("UPDATE refresh_tokens SET expires_at = {unused}"));
            // A refresh that has extended its token and has not committed yet.
            execute(&format!("BEGIN; UPDATE refresh_tokens SET expires_at = {}", unused + DAY));
            let store = app.app.store.clone();
            let swept = tokio::spawn(async move { sweep::run(&store, unused).await });
            until_blocked(url, 1).await;
            execute("COMMIT");
            is_swept = swept.await.expect("no panic").is_ok();
            if is_swept {
                break;
            }
        }
        assert!(is_swept);
        assert_eq!(rows(&app, "refresh_tokens").await, 1);
    });
}

/// Within SQLite's only write lock, twice a minute.
#[test]
fn no_table_that_grows_is_read_to_its_end() {
    type Batch = fn(&mut AnyConnection, Timestamp, i64) -> QueryResult<usize>;
    let batches: [Batch; 9] = [
        store::sweep::access_tokens,
        store::sweep::refresh_tokens,
        store::sweep::authorization_codes,
        store::sweep::authorization_requests,
        store::sweep::grants,
        store::sweep::revoked_grants,
        store::sweep::browser_sessions,
        store::sweep::session_clients,
        store::sweep::account_events,
    ];
    run(Backend::Sqlite, |app| async move {
        let plans = plans_of(&app, |connection| {
            for batch in batches {
                batch(connection, 1, 25).expect("it sweeps");
            }
        });
        assert!(plans.len() >= batches.len(), "{plans:?}");
        for (query, steps) in plans {
            assert!(steps.iter().all(|step| step.starts_with("SEARCH")), "{query}: {steps:?}");
        }
    });
}

/// Or each part of very many would take as long as all of them.
#[test]
fn a_part_of_what_a_client_has_is_found_without_sorting_all_of_it() {
    run(Backend::Sqlite, |app| async move {
        let plans = plans_of(&app, |connection| {
            store::grants::delete_some_of_client(connection, "nobody").expect("it can be asked");
        });
        let (query, steps) = plans.first().expect("it asks");
        assert!(query.contains("LIMIT"), "{query}");
        assert!(steps.iter().all(|step| step.starts_with("SEARCH")), "{query}: {steps:?}");
    });
}

/// However the rows lie: those that are alive before those that are over.
#[test]
fn postgresql_comes_to_what_is_over_by_an_index() {
    run(Backend::Postgres, |app| async move {
        let mut connection = Manager::new(app.config.database.clone()).open().expect("a connection");
        let rows = |from, to, end| {
            format!(
                "INSERT INTO access_tokens (digest, grant_id, scope, created_at, expires_at)
                 SELECT sha256(n::text::bytea), n, 'reports', 0, {end} FROM generate_series({from}, {to}) AS n;"
            )
        };
        let all =
            [rows(1, 8_000, "1000 + n"), rows(8_001, 10_000, "1"), "ANALYZE access_tokens; BEGIN".into()].concat();
        connection.batch_execute(&all).expect("they can be written");
        assert_eq!(store::sweep::access_tokens(&mut connection, 10, 25), Ok(25));
        let query = "SELECT seq_scan AS number FROM pg_stat_xact_user_tables WHERE relname = 'access_tokens'";
        let read_whole = diesel::sql_query(query).get_result::<Number>(&mut connection).expect("it is counted").number;
        assert_eq!(read_whole, 0);
    });
}
