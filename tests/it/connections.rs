//! The life of connections: who holds one for nothing loses it, and nobody holds them all.

use std::time::{Duration, Instant};

use grantor::config::trusted_proxies::TrustedProxies;
use grantor::web::connections::close_stale;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::app::{Backend, TestApp, run};
use crate::support::balancer::{connect, exchange};
use crate::support::until;

const LIVE: &str = "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n";

fn address(app: &TestApp) -> String {
    app.http.base.strip_prefix("http://").expect("http").to_owned()
}

/// How many connections were shut down for this reason.
fn closed(app: &TestApp, reason: &str) -> u64 {
    let counts = app.app.metrics.connections_closed.get();
    counts.into_iter().find(|([counted], _)| *counted == reason).map_or(0, |(_, count)| count)
}

/// Looks at the connections as if so many seconds had passed.
fn look_after(app: &TestApp, seconds: u64) {
    close_stale(&app.app, Instant::now() + Duration::from_secs(seconds));
}

#[test]
fn who_holds_a_connection_for_nothing_loses_it() {
    run(Backend::Sqlite, |app| async move {
        // A byte after the answer, and a body that never comes: no timer of actix's is for these.
        let chunked = "GET /health/live HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
        for (request, more, closed_so_far) in [(LIVE, "G", 0), (chunked, "", 1)] {
            let (answer, mut connection) =
                exchange(connect(&address(&app)).await.expect("it listens"), request).await.expect("an answer");
            assert_eq!(answer.status, 200);
            connection.write_all(more.as_bytes()).await.expect("it is open");
            look_after(&app, 80);
            assert_eq!(closed(&app, "idle"), closed_so_far);
            look_after(&app, 95);
            assert_eq!(closed(&app, "idle"), closed_so_far + 1);
            let mut rest = Vec::new();
            let end = tokio::time::timeout(Duration::from_secs(20), connection.read_to_end(&mut rest)).await;
            assert!(end.is_ok(), "{request:?} and {more:?} hold it");
            until("it is gone", async || app.app.metrics.connections.get() == 0).await;
        }
    });
}

#[test]
fn a_request_under_way_keeps_its_connection() {
    run(Backend::Sqlite, |app| async move {
        let mut connection = connect(&address(&app)).await.expect("it listens");
        let head = "POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 29\r\n\
                    Content-Type: application/x-www-form-urlencoded\r\n\r\n";
        connection.write_all(head.as_bytes()).await.expect("it listens");
        until("it is under way", async || app.app.connections.are_busy()).await;
        look_after(&app, 3_600);
        assert_eq!(closed(&app, "idle"), 0);
        let (answer, _) = exchange(connection, "grant_type=client_credentials").await.expect("an answer");
        assert!(matches!(answer.status, 400 | 401), "{}", answer.body);
    });
}

#[test]
fn an_address_has_a_share_of_the_connections() {
    run(Backend::Sqlite, |mut app| async move {
        app.config.metrics.listen = Some(([127, 0, 0, 1], 0).into());
        let server = app.another().await;
        let metrics = server.metrics_address.expect("it listens").to_string();
        let ask = async || exchange(connect(&metrics).await?, LIVE).await;
        // Of a hundred.
        let mut held = Vec::new();
        for _ in 0..75 {
            held.push(ask().await.expect("an answer"));
        }
        assert!(ask().await.is_err(), "one too many");
        assert_eq!(closed(&server, "address"), 1);
        held.pop();
        until("its place is free", async || ask().await.is_ok()).await;
        drop(held);

        app.config.policies.limits.connections = Some(80);
        let server = app.another().await;
        let metrics = server.metrics_address.expect("it listens").to_string();
        let ask = async || exchange(connect(&metrics).await?, LIVE).await;
        let mut held = Vec::new();
        for _ in 0..80 {
            held.push(ask().await.expect("as many as the setting says"));
        }
        assert!(ask().await.is_err(), "one too many");
        drop(held);

        app.config.policies.limits.connections = None;
        app.config.trusted_proxies = TrustedProxies::parse("127.0.0.1/32").expect("a network");
        let server = app.another().await;
        let metrics = server.metrics_address.expect("it listens").to_string();
        let mut held = Vec::new();
        for _ in 0..76 {
            held.push(exchange(connect(&metrics).await.expect("it listens"), LIVE).await.expect("a trusted proxy"));
        }
    });
}
