//! `/admin/system`: what happens now, from memory.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use grantor::clock::Clock;
use grantor::config::database_url::DatabaseUrl;
use grantor::config::trusted_proxies::TrustedProxies;
use grantor::jobs::CLOCK_TOLERANCE;
use grantor::management::keys::Haste;
use grantor::metrics::Condition;
use grantor::serve::beside;
use grantor::store::StoreError;
use grantor::web::live;

use crate::support::app::{Backend, TestApp, on_both_databases, run};
use crate::support::http::{Answer, Browser};
use crate::support::postgres::cluster_or_skip;
use crate::support::process::{Process, Settings};
use crate::support::until;

on_both_databases!(
    what_happens_is_seen_without_anything_that_collects_metrics,
    expired_rows_that_wait_are_counted_until_they_are_swept,
    grants_wait_from_when_the_sweep_deletes_them,
    what_could_not_be_looked_at_is_unknown,
    what_needs_attention_comes_first,
    a_sweep_that_is_behind_needs_attention,
    clocks_that_differ_by_more_than_a_minute_need_attention,
    a_postgresql_that_may_lose_what_it_confirmed_needs_attention,
    a_proxy_that_is_not_trusted_needs_attention_for_a_day,
    only_this_page_may_fetch,
);

async fn admin(app: &TestApp) -> Browser {
    app.admin("alice").await;
    let mut browser = Browser::new(app);
    assert_eq!(browser.sign_in("alice").await.status, 303);
    browser
}

async fn execute(app: &TestApp, statement: impl Into<String>) {
    let statement = statement.into();
    let done = app.app.store.write::<_, StoreError, _>(move |connection| Ok(connection.batch_execute(&statement)?));
    done.await.expect("the statement is right");
}

/// The sample of this series, as it is written.
async fn sample(app: &TestApp, series: &str) -> Option<String> {
    let page = app.http.get("/metrics").await.body;
    page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')).map(str::to_owned)
}

/// The text of every element that matches.
fn all(page: &Answer, css: &str) -> Vec<String> {
    let html = scraper::Html::parse_document(&page.body);
    let words = |element: scraper::ElementRef<'_>| {
        element.text().collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
    };
    html.select(&scraper::Selector::parse(css).expect("a selector")).map(words).collect()
}

async fn what_happens_is_seen_without_anything_that_collects_metrics(app: TestApp) {
    let mut browser = admin(&app).await;
    app.scope("notes").await;
    let machine = app.machine("notes").await;
    live::read(&app.app);
    app.clock.advance(60);
    for _ in 0..30 {
        app.http.as_client(&machine, "/oauth2/token", &[("grant_type", "client_credentials")]).await;
    }
    for _ in 0..3 {
        app.http
            .as_client(&machine, "/oauth2/token", &[("grant_type", "refresh_token"), ("refresh_token", "grt_x")])
            .await;
    }
    live::read(&app.app);
    let page = browser.get("/admin/system").await;
    assert_eq!(page.status, 200);
    let rows = all(&page, "tbody tr");
    let token = rows.iter().find(|row| row.starts_with("POST /oauth2/token")).unwrap_or_else(|| panic!("{rows:#?}"));
    // 33 requests in the minute since the first reading.
    assert!(token.contains(" 0.6 ") || token.contains(" 0.5 "), "{token}");
    assert!(token.contains(" ms ") && token.contains("9.1%"), "{token}");
    let refusals: Vec<_> =
        rows.iter().filter(|row| row.contains("unauthorized_client") || row.contains("invalid_grant")).collect();
    assert!(refusals.iter().any(|row| row.ends_with("3 3")), "{rows:#?}");
    assert_eq!(all(&page, "figure.chart").len(), 4);
    let numbers = all(&page, "#requests-numbers tbody tr");
    assert!(numbers.len() == 60 && numbers[0].ends_with("0.6 0.05 0"), "{:?}", numbers[0]);
    let hour = browser.get("/admin/system?span=hour").await;
    assert_eq!(all(&hour, "[aria-current=true]"), ["1 hour"]);
}

async fn expired_rows_that_wait_are_counted_until_they_are_swept(app: TestApp) {
    let mut browser = admin(&app).await;
    app.scope("notes").await;
    let machine = app.machine("notes").await;
    for _ in 0..3 {
        app.http.as_client(&machine, "/oauth2/token", &[("grant_type", "client_credentials")]).await;
    }
    live::look(&app.app, true).await.expect("it can be looked at");
    let backlog = "grantor_sweep_backlog_rows{table=\"access_tokens\"} ";
    let count = async || {
        let page = app.http.get("/metrics").await.body;
        page.lines().find_map(|line| line.strip_prefix(backlog)).map(str::to_owned)
    };
    assert_eq!(count().await.as_deref(), Some("0"));
    app.clock.advance(2 * 3600);
    live::look(&app.app, true).await.expect("it can be looked at");
    assert_eq!(count().await.as_deref(), Some("3"));
    let page = browser.get("/admin/system").await;
    assert!(page.body.contains("<li><code>access_tokens</code>: 3</li>"), "{}", page.body);
    assert!(!page.body.contains("<li><code>grants</code>"), "where nothing waits, nothing is said: {}", page.body);
    let size = app.http.get("/metrics").await.body;
    let size = size.lines().find_map(|line| line.strip_prefix("grantor_database_size_bytes ")?.parse::<u64>().ok());
    assert!(size.is_some_and(|size| size > 100_000), "{size:?}");

    grantor::jobs::sweep::run(&app.app.store, app.clock.now()).await.expect("it sweeps");
    live::look(&app.app, true).await.expect("it can be looked at");
    assert_eq!(count().await.as_deref(), Some("0"));
}

async fn grants_wait_from_when_the_sweep_deletes_them(app: TestApp) {
    app.scope("notes").await;
    let machine = app.machine("notes").await;
    app.http.as_client(&machine, "/oauth2/token", &[("grant_type", "client_credentials")]).await;
    let waiting = async || {
        live::look(&app.app, false).await.expect("it can be looked at");
        sample(&app, "grantor_sweep_backlog_rows{table=\"grants\"}").await
    };
    // A machine's grant has no end of its own.
    execute(&app, "UPDATE grants SET expires_at = created_at").await;
    app.clock.advance(3600 - 1);
    assert_eq!(waiting().await.as_deref(), Some("0"));
    app.clock.advance(1);
    assert_eq!(waiting().await.as_deref(), Some("1"), "an hour after its end");

    execute(&app, "UPDATE grants SET expires_at = NULL, revoked_at = created_at").await;
    app.clock.advance(23 * 3600 - 1);
    assert_eq!(waiting().await.as_deref(), Some("0"));
    app.clock.advance(1);
    assert_eq!(waiting().await.as_deref(), Some("1"), "a day after it was revoked");
    execute(&app, "UPDATE grants SET expires_at = created_at").await;
    assert_eq!(waiting().await.as_deref(), Some("1"), "once");

    grantor::jobs::sweep::run(&app.app.store, app.clock.now()).await.expect("it sweeps");
    assert_eq!(waiting().await.as_deref(), Some("0"));
}

async fn what_could_not_be_looked_at_is_unknown(app: TestApp) {
    let mut browser = admin(&app).await;
    let (size, tokens) = ("grantor_database_size_bytes", "grantor_sweep_backlog_rows{table=\"access_tokens\"}");
    let nothing_waits = "<dt>Expired, waiting to be swept</dt><dd>Nothing</dd>";
    live::look(&app.app, true).await.expect("it can be looked at");
    assert!(sample(&app, size).await.is_some());
    assert_eq!(sample(&app, tokens).await.as_deref(), Some("0"));
    let page = browser.get("/admin/system").await;
    assert!(page.body.contains(nothing_waits), "{}", page.body);

    execute(&app, "ALTER TABLE access_tokens RENAME TO away").await;
    assert!(live::look(&app.app, true).await.is_err());
    assert_eq!((sample(&app, size).await, sample(&app, tokens).await), (None, None), "nothing old is shown as new");
    let page = browser.get("/admin/system").await;
    assert!(page.body.contains(&nothing_waits.replace("Nothing", "–")), "{}", page.body);

    execute(&app, "ALTER TABLE away RENAME TO access_tokens").await;
    live::look(&app.app, true).await.expect("it can be looked at");
    assert!(sample(&app, size).await.is_some());
}

async fn what_needs_attention_comes_first(mut app: TestApp) {
    let mut browser = admin(&app).await;
    assert!(all(&browser.get("/admin/system").await, ".attention li").is_empty());

    // The keys get old.
    app.clock.advance(86 * 24 * 3600);
    let mut browser_then = Browser::new(&app);
    assert_eq!(browser_then.sign_in("alice").await.status, 303);
    let found = all(&browser_then.get("/admin/system").await, ".attention li b");
    assert_eq!(found, ["The signing keys rotate in 4 days"]);
    app.clock.advance(7 * 24 * 3600);
    let mut browser_then = Browser::new(&app);
    assert_eq!(browser_then.sign_in("alice").await.status, 303);
    let found = all(&browser_then.get("/admin/system").await, ".attention li b");
    assert_eq!(found, ["The signing keys are overdue for rotation"]);

    // A machine whose clock was set back.
    grantor::jobs::rotate_keys::rotate(&app.app.store, &app.app.sealing_key, app.context(), Haste::None)
        .await
        .expect("keys rotate");
    app.clock = Clock::manual();
    let behind = app.another().await;
    let mut browser = Browser::new(&behind);
    assert_eq!(browser.sign_in("alice").await.status, 303);
    let found = all(&browser.get("/admin/system").await, ".attention li b");
    assert_eq!(found[0], "This machine's clock was set back");
}

async fn a_sweep_that_is_behind_needs_attention(app: TestApp) {
    let mut browser = admin(&app).await;
    let mut needed = async |tokens: u64, grants: u64| {
        let backlog = vec![("access_tokens", tokens), ("grants", grants)];
        app.app.metrics.set_condition(Condition { size_bytes: Some(1), backlog });
        all(&browser.get("/admin/system").await, ".attention li b")
    };
    assert!(needed(5_000, 4_999).await.is_empty());
    let begun = Instant::now();
    // The server looks by itself now and then, and finds nothing.
    while needed(6_000, 4_000).await != ["10,000 expired rows wait to be deleted"] {
        assert!(begun.elapsed() < Duration::from_secs(20), "all tables count");
    }
}

async fn clocks_that_differ_by_more_than_a_minute_need_attention(app: TestApp) {
    let mut browser = admin(&app).await;
    let mut needed = async |seconds: Option<i64>| {
        app.app.metrics.set_clock_difference(seconds);
        all(&browser.get("/admin/system").await, ".attention li b")
    };
    assert!(needed(Some(CLOCK_TOLERANCE)).await.is_empty());
    assert!(needed(None).await.is_empty());
    let (begun, differ) = (Instant::now(), "The clocks of this server and of the database differ by 61 seconds");
    // The server asks by itself now and then, and finds none.
    while needed(Some(CLOCK_TOLERANCE + 1)).await != [differ] {
        assert!(begun.elapsed() < Duration::from_secs(20), "it is said");
    }
    let rules = include_str!("../../deploy/prometheus-alerts.yml");
    let rule = format!("expr: grantor_database_clock_difference_seconds > {CLOCK_TOLERANCE}\n");
    assert!(rules.contains(&rule), "the alert means the same");
}

#[test]
fn clocks_that_differ_need_attention_until_they_agree() {
    run(Backend::Postgres, |app| async move {
        let DatabaseUrl::Postgres(url) = &app.config.database else { panic!("it is PostgreSQL") };
        let database = url.rsplit('/').next().expect("a URL has a last segment");
        app.admin("alice").await;
        let another_clock = |behind: &str| {
            format!(
                "CREATE OR REPLACE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql
                     AS $$SELECT pg_catalog.clock_timestamp() - interval '{behind}'$$"
            )
        };
        execute(&app, another_clock("2 hours")).await;
        // It is the database's for those who connect from now on.
        execute(&app, format!("ALTER DATABASE {database} SET search_path = public, pg_catalog")).await;
        let server = app.another().await;
        let mut browser = Browser::new(&server);
        assert_eq!(browser.sign_in("alice").await.status, 303);
        let mut said = async |path: &str| {
            let found = all(&browser.get(path).await, ".attention li");
            found.into_iter().find(|each| each.contains("The clocks of this server"))
        };
        let apart = async || {
            let sample = sample(&server, "grantor_database_clock_difference_seconds").await;
            sample.expect("the database was asked").parse::<i64>().expect("a number")
        };

        assert_eq!(beside::sweep(&server.app, "one").await, "failed");
        for path in ["/admin/system", "/admin"] {
            let attention = said(path).await.unwrap_or_else(|| panic!("{path} says nothing"));
            assert!(attention.contains("differ by 7") && attention.contains("NTP"), "{path}: {attention}");
        }
        let seconds = apart().await;
        assert!((7_100..7_300).contains(&seconds), "{seconds} seconds");

        execute(&app, another_clock("0 hours")).await;
        assert_ne!(beside::sweep(&server.app, "one").await, "failed");
        assert_eq!(said("/admin/system").await, None);
        let seconds = apart().await;
        assert!(seconds <= CLOCK_TOLERANCE, "{seconds} seconds");
    });
}

/// As that of the tests, whose settings say so. A server in a test does not look by itself.
async fn a_postgresql_that_may_lose_what_it_confirmed_needs_attention(app: TestApp) {
    let mut browser = admin(&app).await;
    let mut needed = async |path: &str| {
        let found = all(&browser.get(path).await, ".attention li");
        found.into_iter().find(|each| each.contains("PostgreSQL runs with"))
    };
    assert_eq!(needed("/admin/system").await, None);
    live::look_at_durability(&app.app).await.expect("it can be looked at");
    let is_postgres = matches!(app.config.database, DatabaseUrl::Postgres(_));
    for path in ["/admin/system", "/admin"] {
        let found = needed(path).await;
        assert_eq!(found.is_some(), is_postgres, "{path}");
        for part in ["fsync = off, full_page_writes = off", "may be gone", "to on in postgresql.conf"] {
            assert!(found.as_ref().is_none_or(|found| found.contains(part)), "{path}: {found:?}");
        }
    }
    app.app.metrics.set_risky_settings(vec!["full_page_writes".to_owned()]);
    let found = needed("/admin/system").await.expect("it is said");
    assert!(found.contains("PostgreSQL runs with full_page_writes = off"), "{found}");
    app.app.metrics.set_risky_settings(Vec::new());
    assert_eq!(needed("/admin/system").await, None);
}

#[test]
fn a_postgresql_that_may_lose_what_it_confirmed_is_told_of_at_start_and_by_check_config() {
    let Some(cluster) = cluster_or_skip() else { return };
    let database = cluster.create_database();
    let settings = Settings::of(&database);
    let told = "PostgreSQL runs with fsync = off, full_page_writes = off: ";
    // Also before there is a table.
    let checked = settings.program(&["check-config"]).output().expect("the program starts");
    let said = String::from_utf8(checked.stderr).expect("text");
    assert!(checked.status.success() && said.contains(told) && said.contains("Set that to on"), "{said}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let server = Process::start(&settings, "");
        until("it is in the log", async || server.has_logged(told)).await;
    });
    cluster.drop_database(&database);
}

async fn a_proxy_that_is_not_trusted_needs_attention_for_a_day(app: TestApp) {
    app.admin("alice").await;
    let mut config = app.config.clone();
    config.trusted_proxies = TrustedProxies::parse("127.0.0.0/8").expect("a network");
    let trusting = app.another_with(config).await;
    let needed = async |server: &TestApp| {
        let mut browser = Browser::new(server);
        assert_eq!(browser.sign_in("alice").await.status, 303);
        all(&browser.get("/admin/system").await, ".attention li")
    };
    for server in [&app, &trusting] {
        server.http.send("GET", "/login", &[("x-forwarded-for", "192.0.2.7")], None).await;
    }
    let found = needed(&app).await;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].contains("127.0.0.1 passes requests on"), "{found:#?}");
    assert!(found[0].contains("set GRANTOR_TRUSTED_PROXIES"), "{found:#?}");
    assert!(needed(&trusting).await.is_empty());
    app.clock.advance(24 * 60 * 60);
    assert!(needed(&app).await.is_empty());
}

async fn only_this_page_may_fetch(app: TestApp) {
    let mut browser = admin(&app).await;
    let page = browser.get("/admin/system").await;
    let policy = page.header("content-security-policy");
    assert!(policy.contains("connect-src 'self'") && policy.contains("default-src 'none'"), "{policy}");
    assert!(!browser.get("/admin").await.header("content-security-policy").contains("connect-src"));
    app.user("bob").await;
    let mut bob = Browser::new(&app);
    assert_eq!(bob.sign_in("bob").await.status, 303);
    assert_eq!(bob.get("/admin/system").await.status, 403);
}
