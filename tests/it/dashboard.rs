//! `/admin`: what happened over time, from sums of all processes.

use grantor::domain::resource_owner::Role;
use grantor::jobs::pace::Pace;
use grantor::jobs::statistics::{MICROSECONDS, REQUESTS};
use grantor::store::counts::{self, DAY, HOUR, Increase};
use serde_json::json;

use crate::support::app::{TestApp, on_both_databases};
use crate::support::http::{Answer, Browser};

on_both_databases!(
    what_processes_counted_is_summed_by_hour_and_day,
    a_user_is_active_once_a_day_and_only_while_there,
    the_first_steps_are_offered_until_all_are_done,
    the_first_steps_are_for_those_who_may_take_them,
    the_slowest_endpoint_comes_first,
    what_could_not_be_written_is_written_the_next_time,
    what_was_written_counts_once_when_the_rest_fails,
    hours_leave_before_days,
);

async fn flush(app: &TestApp) {
    app.app
        .statistics
        .flush(&app.app.metrics, &app.app.store, app.clock.now(), |_| Pace::hurried())
        .await
        .expect("it can be written");
}

async fn admin(app: &TestApp) -> Browser {
    app.admin("root").await;
    let mut browser = Browser::new(app);
    assert_eq!(browser.sign_in("root").await.status, 303);
    browser
}

fn all(page: &Answer, css: &str) -> Vec<String> {
    let html = scraper::Html::parse_document(&page.body);
    let words = |element: scraper::ElementRef<'_>| {
        element.text().collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
    };
    html.select(&scraper::Selector::parse(css).expect("a selector")).map(words).collect()
}

/// The figure with this name: its number.
fn figure(page: &Answer, name: &str) -> String {
    let figures = all(page, ".figure");
    let found = figures.iter().find_map(|figure| figure.strip_prefix(name)).unwrap_or_else(|| panic!("{figures:?}"));
    found.split_whitespace().next().unwrap_or_default().to_owned()
}

async fn what_processes_counted_is_summed_by_hour_and_day(app: TestApp) {
    let mut browser = admin(&app).await;
    app.scope("notes").await;
    let machine = app.machine("notes").await;
    let another = app.another().await;
    let issue = async |server: &TestApp, times: usize| {
        for _ in 0..times {
            let answer =
                server.http.as_client(&machine, "/oauth2/token", &[("grant_type", "client_credentials")]).await;
            assert_eq!(answer.status, 200);
        }
        flush(server).await;
    };
    issue(&app, 3).await;
    issue(&another, 2).await;
    issue(&app, 1).await;
    app.http.as_client(&machine, "/oauth2/token", &[("grant_type", "refresh_token"), ("refresh_token", "x")]).await;
    flush(&app).await;
    // Nothing new, nothing written.
    flush(&app).await;

    let page = browser.get("/admin").await;
    assert_eq!(figure(&page, "Tokens issued"), "6");
    let hours = all(&page, "#tokens-numbers tbody tr");
    assert!(hours.len() == 24 && hours[0].ends_with(" 6"), "{hours:?}");
    assert_eq!(all(&page, "#tokens-numbers thead th"), ["When (UTC)", "Client credentials"]);
    assert_eq!(all(&page, "#refusals-numbers thead th")[1], "The client may not do that");
    assert!(all(&page, "#logins-numbers tbody tr")[0].ends_with(" 1"));
    assert!(all(&page, "tbody tr").iter().any(|row| row.starts_with("POST /oauth2/token") && row.contains(" 7 ")));

    app.clock.advance(2 * 24 * 3600);
    issue(&app, 1).await;
    let mut browser = Browser::new(&app);
    assert_eq!(browser.sign_in("root").await.status, 303);
    for (span, total, bars) in [("day", "1", 24), ("week", "7", 28), ("month", "7", 30)] {
        let page = browser.get(&format!("/admin?span={span}")).await;
        assert_eq!(figure(&page, "Tokens issued"), total, "{span}");
        let rows = all(&page, "#tokens-numbers tbody tr");
        assert!(rows.len() == bars && rows[0].ends_with(" 1"), "{span}: {rows:?}");
    }
}

async fn a_user_is_active_once_a_day_and_only_while_there(app: TestApp) {
    let mut browser = admin(&app).await;
    let alice = app.user("alice").await;
    app.user("bob").await;
    let another = app.another().await;
    for server in [&app, &another, &app] {
        let mut browser = Browser::new(server);
        assert_eq!(browser.sign_in("alice").await.status, 303);
        flush(server).await;
    }
    let page = browser.get("/admin").await;
    assert_eq!(figure(&page, "Active users"), "2", "the admin and alice");
    assert!(all(&page, "#active-numbers tbody tr")[0].ends_with(" 2"));

    app.clock.advance(24 * 3600);
    for name in ["bob", "root"] {
        let mut browser = Browser::new(&app);
        assert_eq!(browser.sign_in(name).await.status, 303);
    }
    flush(&app).await;
    let mut browser = Browser::new(&app);
    assert_eq!(browser.sign_in("root").await.status, 303);
    assert_eq!(figure(&browser.get("/admin").await, "Active users"), "2");
    assert_eq!(figure(&browser.get("/admin?span=week").await, "Active users"), "3");
    let month = all(&browser.get("/admin?span=month").await, "#active-numbers tbody tr");
    assert_eq!(month.len(), 30);
    let by_day: Vec<_> = month[..3].iter().filter_map(|row| row.split_whitespace().next_back()).collect();
    assert_eq!(by_day, ["2", "2", "0"], "today, yesterday, and before there was anybody");

    // Who was deleted is not counted any more, and what is left to write of them is nothing.
    app.app.statistics.note_active(&alice);
    let context = app.context();
    app.app
        .store
        .write(move |connection| grantor::management::users::delete(connection, &context, &alice))
        .await
        .expect("alice is deleted");
    flush(&app).await;
    assert_eq!(figure(&browser.get("/admin?span=week").await, "Active users"), "2");
}

async fn the_first_steps_are_offered_until_all_are_done(app: TestApp) {
    let mut browser = admin(&app).await;
    let steps = async |browser: &mut Browser| {
        let page = browser.get("/admin").await;
        (all(&page, ".steps li").len(), all(&page, ".steps s").len())
    };
    assert_eq!(steps(&mut browser).await, (3, 0));
    app.scope("notes").await;
    assert_eq!(steps(&mut browser).await, (3, 1));
    app.machine("notes").await;
    assert_eq!(steps(&mut browser).await, (3, 2));
    app.user("alice").await;
    assert_eq!(steps(&mut browser).await, (0, 0));
}

async fn the_first_steps_are_for_those_who_may_take_them(app: TestApp) {
    for (name, role) in [("ada", Role::Auditor), ("sue", Role::Support), ("root", Role::Admin)] {
        app.person(name, None, role, json!({})).await;
        let mut browser = Browser::new(&app);
        assert_eq!(browser.sign_in(name).await.status, 303);
        let page = browser.get("/admin").await;
        assert_eq!(page.status, 200, "{name}");
        assert_eq!(all(&page, ".steps li").is_empty(), role != Role::Admin, "{name}: {}", page.body);
    }
}

async fn the_slowest_endpoint_comes_first(app: TestApp) {
    let mut browser = admin(&app).await;
    let now = app.clock.now();
    app.manage(move |connection| {
        let of = |name, label: &str, by| Increase { name, label: label.to_owned(), by };
        let sums = [("GET /quick", 10, 10_000), ("GET /slow", 2, 900_000), ("GET /usual", 5, 200_000)];
        let sums = sums.into_iter().flat_map(|(route, requests, microseconds)| {
            [of(REQUESTS, route, requests), of(MICROSECONDS, route, microseconds)]
        });
        Ok(counts::add(connection, &sums.collect::<Vec<_>>(), now)?)
    })
    .await;
    let rows = all(&browser.get("/admin").await, "tbody tr");
    let place = |route| rows.iter().position(|row| row.starts_with(route)).unwrap_or_else(|| panic!("{rows:#?}"));
    assert!(place("GET /slow") < place("GET /usual") && place("GET /usual") < place("GET /quick"), "{rows:#?}");
}

/// Takes a table's name away, so that transactions on it fail.
async fn rename(app: &TestApp, from: &'static str, to: &'static str) {
    use diesel::connection::SimpleConnection;
    let renamed = app.app.store.write::<_, grantor::store::StoreError, _>(move |connection| {
        Ok(connection.batch_execute(&format!("ALTER TABLE {from} RENAME TO {to}"))?)
    });
    renamed.await.expect("it is renamed");
}

/// The sums of today with this name.
async fn sums(app: &TestApp, name: &str) -> Vec<i64> {
    let since = app.clock.now() - DAY;
    let sums = app.app.store.read::<_, grantor::store::StoreError, _>(move |c| Ok(counts::list(c, DAY, since)?)).await;
    let sums = sums.expect("they can be read");
    sums.iter().filter(|sum| sum.name == name).map(|sum| sum.count).collect()
}

async fn what_could_not_be_written_is_written_the_next_time(app: TestApp) {
    let now = app.clock.now();
    app.app.metrics.tokens_issued.increment(["refresh_token", "opaque"]);
    rename(&app, "counts", "counted").await;
    assert!(app.app.statistics.flush(&app.app.metrics, &app.app.store, now, |_| Pace::hurried()).await.is_err());
    rename(&app, "counted", "counts").await;
    app.app.metrics.tokens_issued.increment(["refresh_token", "opaque"]);
    flush(&app).await;
    assert_eq!(sums(&app, "tokens").await, [2]);
}

async fn what_was_written_counts_once_when_the_rest_fails(app: TestApp) {
    let (alice, now) = (app.user("alice").await, app.clock.now());
    app.app.metrics.tokens_issued.increment(["refresh_token", "opaque"]);
    app.app.statistics.note_active(&alice);
    rename(&app, "active_users", "active").await;
    assert!(app.app.statistics.flush(&app.app.metrics, &app.app.store, now, |_| Pace::hurried()).await.is_err());
    assert_eq!((sums(&app, "tokens").await, sums(&app, "active_users").await), (vec![1], vec![]));
    rename(&app, "active", "active_users").await;
    flush(&app).await;
    assert_eq!((sums(&app, "tokens").await, sums(&app, "active_users").await), (vec![1], vec![1]));
}

async fn hours_leave_before_days(app: TestApp) {
    app.app.metrics.tokens_issued.increment(["refresh_token", "opaque"]);
    flush(&app).await;
    let count = async |span| {
        let sums = app
            .app
            .store
            .read::<_, grantor::store::StoreError, _>(move |connection| Ok(counts::list(connection, span, 0)?))
            .await;
        sums.expect("they can be read").iter().filter(|sum| sum.name == "tokens").count()
    };
    for (days, expected) in [(7, (1, 1)), (3, (0, 1)), (400, (0, 0))] {
        app.clock.advance(days * 24 * 3600);
        grantor::jobs::sweep::run(&app.app.store, app.clock.now()).await.expect("it sweeps");
        assert_eq!((count(HOUR).await, count(DAY).await), expected, "{days} days later");
    }
}
