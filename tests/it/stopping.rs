//! Stopping and replacing servers while requests come: nobody behind a balancer notices.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::app::TestClient;
use crate::support::balancer::{Balancer, connect, exchange};
use crate::support::http::{basic, encode};
use crate::support::postgres::cluster_or_skip;
use crate::support::process::{Process, Settings};

/// A process that was told to stop has ended by then.
const END: Duration = Duration::from_secs(30);

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(test);
}

fn job(settings: &Settings) -> TestClient {
    settings
        .client(&json!({ "client_name": "Job", "grant_types": ["client_credentials"], "scope": "grantor.users:read" }))
}

fn token_request(client: &TestClient) -> String {
    let body = encode(&[("grant_type", "client_credentials")]);
    format!(
        "POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nAuthorization: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        basic(&client.id, client.secret.as_deref().expect("a secret")),
        body.len()
    )
}

#[test]
fn a_server_that_is_told_to_stop_serves_on_until_the_balancer_knows() {
    for signal in ["TERM", "INT"] {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let settings = Settings::of(&directory.path().join("grantor.db").display().to_string());
        let request = token_request(&job(&settings));
        let server = Process::start(&settings, "");
        let address = server.http.base.strip_prefix("http://").expect("http").to_owned();
        run(async {
            let (before, kept) =
                exchange(connect(&address).await.expect("it listens"), &request).await.expect("a token");
            assert_eq!((before.status, before.closes), (200, false));
            server.signal(signal);
            let told = Instant::now();
            while server.http.get("/health/ready").await.status != 503 {
                assert!(told.elapsed() < Duration::from_secs(2), "{signal}: it still says that it is ready");
            }
            // On a connection that was idle, and on new ones, for as long as a balancer may need.
            let (after, _) = exchange(kept, &request).await.expect("a token");
            assert_eq!((after.status, after.closes), (200, true), "{signal}");
            while told.elapsed() < Duration::from_millis(1500) {
                let connection = connect(&address).await.expect("it still listens");
                let (passed, _) = exchange(connection, &request).await.expect("a token");
                assert_eq!((passed.status, passed.closes), (200, true), "{signal}");
            }
            // One that sends nothing holds nobody up.
            let _idle = connect(&address).await.expect("it still listens");
            server.ended(END).await;
        });
    }
}

#[test]
fn processes_are_replaced_one_by_one_and_no_request_fails() {
    let Some(cluster) = cluster_or_skip() else { return };
    let database = cluster.create_database();
    let settings = Settings::of(&database);
    let request = Arc::new(token_request(&job(&settings)));
    let first = vec![Process::start(&settings, ""), Process::start(&settings, "")];
    run(async {
        let balancer = Arc::new(Balancer::default());
        for process in &first {
            balancer.add(&process.http.base).await;
        }
        let (is_over, given) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let clients: Vec<_> = (0..10)
            .map(|_| {
                let (balancer, request) = (Arc::clone(&balancer), Arc::clone(&request));
                let (is_over, given) = (Arc::clone(&is_over), Arc::clone(&given));
                tokio::spawn(async move {
                    while !is_over.load(Ordering::SeqCst) {
                        let passed = balancer.pass(&request).await.expect("no request fails");
                        assert_eq!(passed.status, 200, "{}", passed.body);
                        given.fetch_add(1, Ordering::Relaxed);
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                })
            })
            .collect();
        let mut second = Vec::new();
        for old in &first {
            let settings = settings.clone();
            let new = tokio::task::spawn_blocking(move || Process::start(&settings, "")).await.expect("it starts");
            balancer.add(&new.http.base).await;
            second.push(new);
            old.signal("TERM");
            old.ended(END).await;
        }
        is_over.store(true, Ordering::SeqCst);
        for client in clients {
            client.await.expect("no request fails");
        }
        assert!(given.load(Ordering::Relaxed) > 200, "{given:?}");
    });
    drop(first);
    cluster.drop_database(&database);
}
