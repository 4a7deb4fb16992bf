//! What is gathered in memory and written beside the requests: all of it is written, also when more comes meanwhile or the
//! job that writes it ends.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use grantor::domain::client_traffic::{Kind, Usage};
use grantor::jobs::pace::Pace;
use grantor::store::{StoreError, client_traffic, clients};

use crate::support::app::{TestApp, on_both_databases};

on_both_databases!(
    what_is_used_all_the_time_is_written_too,
    what_was_under_way_when_its_job_ended_is_written_by_the_next,
    records_under_way_when_their_job_ended_are_written_by_the_next,
    who_writes_later_does_not_turn_times_back,
);

/// More than one batch.
fn names() -> Vec<String> {
    (0..200).map(|number| format!("scope{number}")).collect()
}

async fn used(app: &TestApp, client: &str) -> Vec<Usage> {
    let ids = [client.to_owned()];
    let used = app.app.store.read(move |c| Ok::<_, StoreError>(client_traffic::of_clients(c, &ids)?)).await;
    used.expect("the database is well").into_iter().map(|(_, usage)| usage).collect()
}

/// As where a job is ended.
async fn begin_and_drop(job: impl Future) {
    let mut job = pin!(job);
    poll_fn(|context| {
        assert!(job.as_mut().poll(context).is_pending(), "it has begun, and not more");
        Poll::Ready(())
    })
    .await;
}

async fn what_is_used_all_the_time_is_written_too(app: TestApp) {
    let machine = app.machine("grantor.users:read").await;
    let names = names();
    let uses = || names.iter().map(|name| (Kind::Scope, name.as_str()));
    app.app.traffic.note(&machine.id, uses(), app.clock.now());
    let mut flush = pin!(app.app.traffic.flush(&app.app.store, |_| Pace::hurried()));
    let written = loop {
        tokio::select! {
            written = &mut flush => break written,
            () = tokio::task::yield_now() => app.app.traffic.note(&machine.id, uses(), app.clock.now()),
        }
    };
    written.expect("it can be written");
    assert_eq!(used(&app, &machine.id).await.len(), names.len());
}

async fn what_was_under_way_when_its_job_ended_is_written_by_the_next(app: TestApp) {
    let machine = app.machine("grantor.users:read").await;
    let names = names();
    let (begun, uses) = (app.clock.now(), || names.iter().map(|name| (Kind::Scope, name.as_str())));
    app.app.traffic.note(&machine.id, uses(), begun);
    let flush = || app.app.traffic.flush(&app.app.store, |_| Pace::hurried());
    begin_and_drop(flush()).await;
    app.clock.advance(60);
    app.app.traffic.note(&machine.id, uses(), app.clock.now());
    flush().await.expect("it can be written");
    let written = used(&app, &machine.id).await;
    assert_eq!(written.len(), names.len());
    for usage in written {
        assert_eq!((usage.count, usage.first_at, usage.last_at), (2, begun, begun + 60), "{}", usage.name);
    }
}

async fn records_under_way_when_their_job_ended_are_written_by_the_next(app: TestApp) {
    let (log, store) = (&app.app.request_log, &app.app.store);
    let (before, _) = log.figures();
    for _ in 0..100 {
        assert_eq!(app.http.get("/oauth2/authorize").await.status, 400);
    }
    let flush = || log.flush(store, app.clock.now(), |_| Pace::hurried());
    begin_and_drop(flush()).await;
    flush().await.expect("it can be written");
    let (after, dropped) = log.figures();
    assert_eq!((after - before, dropped), (100, 0));
}

async fn who_writes_later_does_not_turn_times_back(app: TestApp) {
    let other = app.another().await;
    let machine = app.machine("grantor.users:read").await;
    let (now, id) = (app.clock.now(), machine.id.clone());
    let secret = async || {
        let id = id.clone();
        let client = app.app.store.read(move |connection| clients::find(connection, &id)).await;
        client.expect("the database is well").expect("it is there").secrets.remove(0)
    };
    let secret_id = secret().await.id;
    for (server, at, from) in [(&app, now + 50, "192.0.2.2"), (&other, now + 10, "192.0.2.1")] {
        server.app.traffic.note(&machine.id, [(Kind::Scope, "one")], at);
        server.app.uses.note(&secret_id, at, from.parse().expect("an address"));
        server.app.traffic.flush(&server.app.store, |_| Pace::hurried()).await.expect("it can be written");
        server.app.uses.flush(&server.app.store, |_| Pace::hurried()).await.expect("it can be written");
    }
    let usage = used(&app, &machine.id).await.remove(0);
    assert_eq!((usage.count, usage.first_at, usage.last_at), (2, now + 10, now + 50));
    let secret = secret().await;
    assert_eq!((secret.first_used_at, secret.last_used_at), (Some(now + 10), Some(now + 50)));
    assert_eq!(secret.last_used_address.as_deref(), Some("192.0.2.2"));
}
