//! Stopping and replacing servers while requests come: nobody behind a balancer notices.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use grantor::clock::Clock;
use grantor::config::database_url::DatabaseUrl;
use grantor::store::audit_log::{self, Actor, Event};
use grantor::store::connection::Manager;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::support::app::TestClient;
use crate::support::balancer::{Balancer, connect, exchange};
use crate::support::http::{basic, encode};
use crate::support::postgres::{cluster_or_skip, room};
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
        let directory = tempfile::tempdir_in(room()).expect("a temporary directory");
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
                assert!(told.elapsed() < Duration::from_secs(10), "{signal}: it still says that it is ready");
            }
            // One that sends nothing holds nobody up.
            let _idle = connect(&address).await.expect("it still listens");
            // On a connection that was idle, and on new ones, for as long as a balancer may need.
            let (after, _) = exchange(kept, &request).await.expect("a token");
            assert_eq!((after.status, after.closes), (200, true), "{signal}");
            while told.elapsed() < Duration::from_millis(1500) {
                let connection = connect(&address).await.expect("it still listens");
                let (passed, _) = exchange(connection, &request).await.expect("a token");
                assert_eq!((passed.status, passed.closes), (200, true), "{signal}");
            }
            server.ended(END).await;
        });
    }
}

/// Of the audit log, two kilobytes each: more in all than the sockets of both ends hold.
const ENTRIES: usize = 3_000;

fn fill_audit_log(database: &Path) {
    let mut connection = Manager::new(DatabaseUrl::Sqlite(database.to_owned())).open().expect("the database opens");
    let event = Event {
        at: Clock::system().now(),
        action: "test.happened",
        actor: Actor::Operator,
        target: String::new(),
        address: String::new(),
        request_id: String::new(),
        detail: json!({ "padding": "x".repeat(2_000) }),
    };
    connection.batch_execute("BEGIN IMMEDIATE").expect("a transaction");
    for _ in 0..ENTRIES {
        audit_log::insert(&mut connection, &event).expect("it can be written");
    }
    connection.batch_execute("COMMIT").expect("it can be committed");
}

/// The body of an answer that comes in chunks, to its end.
async fn chunks(connection: &mut BufReader<TcpStream>) -> String {
    let mut body = Vec::new();
    loop {
        let mut size = String::new();
        connection.read_line(&mut size).await.expect("it is not cut");
        let size = usize::from_str_radix(size.trim_end(), 16).expect("it is not cut");
        let begun = body.len();
        body.resize(begun + size + "\r\n".len(), 0);
        connection.read_exact(&mut body[begun..]).await.expect("it is not cut");
        body.truncate(begun + size);
        if size == 0 {
            return String::from_utf8(body).expect("text");
        }
    }
}

#[test]
fn an_answer_that_is_being_sent_arrives_whole() {
    let directory = tempfile::tempdir_in(room()).expect("a temporary directory");
    let database = directory.path().join("grantor.db");
    let settings = Settings::of(&database.display().to_string());
    let client = settings.client(&json!({
        "client_name": "Archive", "grant_types": ["client_credentials"], "scope": "grantor.audit-log:read",
    }));
    fill_audit_log(&database);
    let server = Process::start(&settings, "");
    let address = server.http.base.strip_prefix("http://").expect("http").to_owned();
    run(async {
        let given = server.http.as_client(&client, "/oauth2/token", &[("grant_type", "client_credentials")]).await;
        let request = format!(
            "GET /api/v1/audit-log?format=jsonl HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\r\n",
            given.text("access_token")
        );
        let mut connection = connect(&address).await.expect("it listens");
        connection.write_all(request.as_bytes()).await.expect("it listens");
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(connection.read_line(&mut head).await.expect("an answer") > 0, "{head}");
        }
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");

        server.signal("TERM");
        let told = Instant::now();
        while connect(&address).await.is_ok() {
            assert!(told.elapsed() < END, "it still listens");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // With nothing under way it would have ended by then.
        tokio::time::sleep(Duration::from_millis(2500)).await;
        let log = chunks(&mut connection).await;
        assert_eq!(log.lines().filter(|line| line.contains("\"test.happened\"")).count(), ENTRIES);
        server.ended(END).await;
    });
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
        // Together up to 500 a second.
        let clients: Vec<_> = (0..25)
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
        assert!(given.load(Ordering::Relaxed) > 400, "{given:?}");
    });
    drop(first);
    cluster.drop_database(&database);
}
