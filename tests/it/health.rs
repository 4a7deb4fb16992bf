//! `/health/*`: what is in the way, without delay, and without the writer while all is written.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use grantor::clock::Clock;
use grantor::management::keys::Haste;
use grantor::store::StoreError;
use grantor::store::connection::AnyConnection;

use crate::support::app::{TestApp, on_both_databases};
use crate::support::until;

on_both_databases!(
    readiness_names_what_is_in_the_way,
    readiness_says_that_no_key_signs,
    readiness_does_not_wait_for_the_writer,
    readiness_answers_while_the_database_hangs,
);

/// Work that lasts until the other end is dropped; says when it began.
fn hanging(
    began: tokio::sync::oneshot::Sender<()>,
) -> (mpsc::Sender<()>, impl FnMut(&mut AnyConnection) -> Result<(), StoreError> + Send + 'static) {
    let (release, released) = mpsc::channel();
    let mut began = Some(began);
    let work = move |_: &mut AnyConnection| {
        if let Some(began) = began.take() {
            let _ = began.send(());
        }
        let _ = released.recv();
        Ok(())
    };
    (release, work)
}

async fn readiness_names_what_is_in_the_way(mut app: TestApp) {
    let ready = app.http.get("/health/ready").await;
    assert_eq!((ready.status.as_u16(), ready.body.as_str()), (200, r#"{"status":"ok"}"#));
    assert_eq!(app.http.get("/health/live").await.body, r#"{"status":"ok"}"#);

    app.app.metrics.set_clock_difference(Some(61));
    let warned = app.http.get("/health/ready").await;
    assert_eq!((warned.status.as_u16(), warned.body.as_str()), (200, r#"{"status":"ok","warnings":["clock"]}"#));
    app.app.metrics.set_clock_difference(Some(60));
    assert_eq!(app.http.get("/health/ready").await.body, r#"{"status":"ok"}"#);

    // A key that is made an hour from now, as other machines see it.
    app.clock.advance(3600);
    let context = app.context();
    grantor::jobs::rotate_keys::rotate(&app.app.store, &app.app.sealing_key, context, Haste::None)
        .await
        .expect("keys rotate");
    app.clock = Clock::manual();
    let behind = app.another().await;
    let answer = behind.http.get("/health/ready").await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.text("reason"), "clock");
    assert_eq!(answer.header("retry-after"), "2");

    behind.app.stopping.begin();
    assert_eq!(behind.http.get("/health/ready").await.text("reason"), "stopping");
    assert_eq!(behind.http.get("/health/live").await.status, 200);
}

async fn readiness_says_that_no_key_signs(app: TestApp) {
    let turns = ["ES256", "RS256"]
        .into_iter()
        .flat_map(|each| [(each, "current", "retiring", Some("keys")), (each, "retiring", "current", None)]);
    for (algorithm, from, to, reason) in turns {
        let turn =
            format!("UPDATE signing_keys SET state = '{to}' WHERE state = '{from}' AND algorithm = '{algorithm}'");
        let turned = app.app.store.write::<_, StoreError, _>(move |connection| Ok(connection.batch_execute(&turn)?));
        turned.await.expect("the statement is right");
        // The server reads its keys by itself, too, when it begins.
        until("the keys are read", async || {
            app.app.reload_keys().await.expect("the keys can be read");
            let answer = app.http.get("/health/ready").await;
            answer.json()["reason"].as_str() == reason && (answer.status == 200) == reason.is_none()
        })
        .await;
    }
}

async fn readiness_does_not_wait_for_the_writer(app: TestApp) {
    let (began, has_begun) = tokio::sync::oneshot::channel();
    let (release, work) = hanging(began);
    let store = app.app.store.clone();
    let write = tokio::spawn(async move { store.write(work).await });
    has_begun.await.expect("the write begins");
    assert_eq!(app.http.get("/health/ready").await.status, 200);
    drop(release);
    write.await.expect("no panic").expect("it is written");
}

async fn readiness_answers_while_the_database_hangs(app: TestApp) {
    // Opens all connections, so that nobody fails for want of one later.
    let nap = |_: &mut AnyConnection| -> Result<(), StoreError> {
        std::thread::sleep(Duration::from_millis(100));
        Ok(())
    };
    let naps = (0..16).map(|_| {
        let store = app.app.store.clone();
        tokio::spawn(async move { store.read(nap).await })
    });
    for nap in naps.collect::<Vec<_>>() {
        let _ = nap.await.expect("no panic");
    }
    // More than the pool of PostgreSQL has threads, which are 16; SQLite's has fewer.
    let releases: Vec<mpsc::Sender<()>> = (0..20)
        .map(|_| {
            let (release, work) = hanging(tokio::sync::oneshot::channel().0);
            let store = app.app.store.clone();
            tokio::spawn(async move { store.read(work).await });
            release
        })
        .collect();
    // For a second, what the watcher heard last counts.
    let hung = Instant::now();
    let answer = loop {
        assert!(hung.elapsed() < Duration::from_secs(20), "it says that the database answers");
        let begun = Instant::now();
        let answer = app.http.get("/health/ready").await;
        // Two seconds, where the machine has nothing else to do.
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
        if answer.status == 503 {
            break answer;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(answer.text("reason"), "database");
    let metrics = app.http.get("/metrics").await.body;
    assert!(!metrics.contains("grantor_store_failures_total{reason=\"timeout\"} 0"), "{metrics}");
    drop(releases);
    until("it is ready again", async || app.http.get("/health/ready").await.status == 200).await;
}
