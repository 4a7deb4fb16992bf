//! `/admin/system`: what happens now, from memory.

use grantor::clock::Clock;
use grantor::management::keys::Haste;
use grantor::web::live;

use crate::support::app::{TestApp, on_both_databases};
use crate::support::http::{Answer, Browser};

on_both_databases!(
    what_happens_is_seen_without_anything_that_collects_metrics,
    expired_rows_that_wait_are_counted_until_they_are_swept,
    what_needs_attention_comes_first,
    only_this_page_may_fetch,
);

async fn admin(app: &TestApp) -> Browser {
    app.admin("alice").await;
    let mut browser = Browser::new(app);
    assert_eq!(browser.sign_in("alice").await.status, 303);
    browser
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
