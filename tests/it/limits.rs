//! Too much: of requests, of headers, of bodies, of patience. Refused early, and in the way of nobody else.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use grantor::config::Config;
use grantor::config::trusted_proxies::TrustedProxies;
use grantor::store::StoreError;
use grantor::store::connection::AnyConnection;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::app::{TestApp, on_both_databases};
use crate::support::http::{Answer, Http};
use crate::support::until;

on_both_databases!(
    a_client_has_its_own_limit,
    an_address_has_its_own_limit,
    an_address_has_so_many_requests_at_once,
    cookies_are_bounded_in_length_and_number,
    failures_and_registrations_have_limits_of_their_own,
    limits_can_be_switched_off,
);

async fn limited(app: &mut TestApp, change: impl FnOnce(&mut Config)) -> TestApp {
    change(&mut app.config);
    app.another().await
}

async fn ask(http: &Http, client: &crate::support::app::TestClient) -> Answer {
    http.as_client(client, "/oauth2/token", &[("grant_type", "client_credentials")]).await
}

async fn a_client_has_its_own_limit(mut app: TestApp) {
    app.scope("reports").await;
    let (one, two) = (app.machine("reports").await, app.machine("reports").await);
    let server = limited(&mut app, |config| config.policies.limits.client = Some(3)).await;
    for _ in 0..3 {
        assert_eq!(ask(&server.http, &one).await.status, 200);
    }
    let refused = ask(&server.http, &one).await;
    assert_eq!((refused.status.as_u16(), refused.error().as_str()), (429, "temporarily_unavailable"));
    assert!((1..=60).contains(&refused.header("retry-after").parse::<i64>().expect("seconds")));
    assert_eq!(refused.header("cache-control"), "no-store");
    let introspection = server.http.as_client(&one, "/oauth2/introspect", &[("token", "gat_x")]).await;
    assert_eq!(introspection.status, 429, "whatever it asks");
    assert_eq!(ask(&server.http, &two).await.status, 200, "others have theirs");
    let page = server.http.get("/metrics").await.body;
    assert!(page.contains("grantor_refusals_total{limit=\"client\"} 2"), "{page}");
    app.clock.advance(60);
    assert_eq!(ask(&server.http, &one).await.status, 200);
}

async fn an_address_has_its_own_limit(mut app: TestApp) {
    let server = limited(&mut app, |config| {
        config.policies.limits.address = Some(4);
        config.trusted_proxies = TrustedProxies::parse("127.0.0.1/32").expect("a network");
    })
    .await;
    let from =
        async |address: &str, path: &str| server.http.send("GET", path, &[("x-forwarded-for", address)], None).await;
    for _ in 0..4 {
        assert_eq!(from("192.0.2.1", "/.well-known/jwks.json").await.status, 200);
    }
    let refused = from("192.0.2.1", "/.well-known/jwks.json").await;
    assert_eq!((refused.status.as_u16(), refused.error().as_str()), (429, "temporarily_unavailable"));
    let page = from("192.0.2.1", "/login").await;
    assert_eq!((page.status.as_u16(), page.find("h1").as_deref()), (429, Some("Please wait a moment")));
    assert_ne!(page.header("retry-after"), "");
    assert_ne!(page.header("content-security-policy"), "");
    assert_eq!(from("192.0.2.2", "/login").await.status, 200);
    assert_eq!(from("192.0.2.1", "/health/ready").await.status, 200, "probes are never refused");
}

async fn an_address_has_so_many_requests_at_once(mut app: TestApp) {
    const KEYS: &str = "/.well-known/jwks.json";
    let server = limited(&mut app, |config| {
        config.policies.limits.in_flight = 10;
        config.trusted_proxies = TrustedProxies::parse("127.0.0.1/32").expect("a network");
    })
    .await;
    let from =
        async |address: &str, path: &str| server.http.send("GET", path, &[("x-forwarded-for", address)], None).await;
    let mut waiting = Vec::new();
    for _ in 0..10 {
        let mut stream = open(&server).await;
        stream
            .write_all(
                b"POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 192.0.2.1\r\n\
                  Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\n",
            )
            .await
            .expect("it listens");
        waiting.push(stream);
    }
    // With the one that asks, which takes no place.
    until("all wait", async || server.http.get("/metrics").await.body.contains("grantor_http_requests_in_flight 11\n"))
        .await;
    until("another is one too many", async || from("192.0.2.1", KEYS).await.status == 429).await;
    let refused = from("192.0.2.1", KEYS).await;
    assert_eq!((refused.status.as_u16(), refused.error().as_str()), (429, "temporarily_unavailable"));
    assert_eq!(refused.header("retry-after"), "2");
    let page = from("192.0.2.1", "/login").await;
    assert_eq!((page.status.as_u16(), page.find("h1").as_deref()), (429, Some("Please wait a moment")));
    assert_eq!(from("192.0.2.2", KEYS).await.status, 200, "others have theirs");
    assert_eq!(from("192.0.2.1", "/health/ready").await.status, 200, "probes are never refused");
    let metrics = server.http.get("/metrics").await.body;
    assert!(metrics.contains("grantor_refusals_total{limit=\"address_in_flight\"}"), "{metrics}");
    drop(waiting);
    until("who goes away counts no more", async || from("192.0.2.1", KEYS).await.status == 200).await;
}

async fn cookies_are_bounded_in_length_and_number(app: TestApp) {
    let with = async |path: &str, cookie: &str| app.http.send("GET", path, &[("cookie", cookie)], None).await;
    let (long, longer) = (format!("a={}", "x".repeat(16_000)), format!("a={}", "x".repeat(16_400)));
    let (many, more) = (vec!["a=b"; 256].join("; "), vec!["a=b"; 257].join("; "));
    for (allowed, refused) in [(long.as_str(), longer.as_str()), (many.as_str(), more.as_str())] {
        assert_eq!(with("/login", allowed).await.status, 200);
        let page = with("/login", refused).await;
        assert_eq!((page.status.as_u16(), page.find("h1").as_deref()), (431, Some("That did not work")));
        assert!(page.body.contains("16 KiB of cookies, or more than 256"), "{}", page.body);
        assert_ne!(page.header("content-security-policy"), "");
        for path in ["/oauth2/userinfo", "/secret"] {
            let json = with(path, refused).await;
            assert_eq!((json.status.as_u16(), json.error().as_str()), (431, "invalid_request"), "{path}");
            assert!(json.text("error_description").contains("16 KiB together, or more than 256"), "{}", json.body);
        }
    }
    // Browsers send each in a line of its own over HTTP/2.
    let lines = [("cookie", "a=b; c=d; e=f"); 86];
    assert_eq!(app.http.send("GET", "/login", &lines[..85], None).await.status, 200);
    assert_eq!(app.http.send("GET", "/login", &lines, None).await.status, 431);
}

async fn failures_and_registrations_have_limits_of_their_own(mut app: TestApp) {
    app.scope("reports").await;
    let mut client = app.machine("reports").await;
    client.secret = Some("gcs_wrong".to_owned());
    let server = limited(&mut app, |config| {
        config.policies.limits.failures = 2;
        config.policies.limits.registrations = 1;
        config.policies.registration = grantor::domain::policies::Registration::Open;
    })
    .await;
    for expected in [401, 401, 429] {
        assert_eq!(ask(&server.http, &client).await.status, expected);
    }
    let register = async || {
        let metadata = r#"{"redirect_uris": ["https://rp.example/callback"]}"#.to_owned();
        server.http.send("POST", "/oauth2/register", &[("content-type", "application/json")], Some(metadata)).await
    };
    assert_eq!(register().await.status, 201);
    assert_eq!(register().await.status, 429);
}

async fn limits_can_be_switched_off(mut app: TestApp) {
    app.scope("reports").await;
    let client = app.machine("reports").await;
    let server = limited(&mut app, |config| {
        config.policies.limits.client = Some(1);
        config.policies.limits.address = Some(1);
        config.policies.rate_limits = false;
    })
    .await;
    for _ in 0..3 {
        assert_eq!(ask(&server.http, &client).await.status, 200);
    }
}

#[test]
fn what_would_wait_too_long_for_the_database_is_refused_at_once() {
    /// Of which more wait than may always.
    const WAITING: usize = 100;
    crate::support::app::run(crate::support::app::Backend::Sqlite, |app| async move {
        let machine = app.machine("grantor.users:read").await;
        assert_eq!(ask(&app.http, &machine).await.status, 200);
        let store = &app.app.store;
        let (let_go, held) = flume::bounded::<()>(0);
        let begun = Arc::new(AtomicUsize::new(0));
        let work = || {
            let (held, begun) = (held.clone(), Arc::clone(&begun));
            move |_: &mut AnyConnection| {
                begun.fetch_add(1, Ordering::SeqCst);
                // Until the test lets go.
                let _ = held.recv();
                Ok::<_, StoreError>(())
            }
        };
        let write = || {
            let (store, work) = (store.clone(), work());
            tokio::spawn(async move { store.write(work).await })
        };
        let read = || {
            let (store, work) = (store.clone(), work());
            tokio::spawn(async move { store.read(work).await })
        };
        let at_work = [write(), read(), read(), read(), read()];
        until("the writer and all readers are at work", async || begun.load(Ordering::SeqCst) == at_work.len()).await;
        let waiting: Vec<_> = (0..WAITING).flat_map(|_| [write(), read()]).collect();
        until("they wait", async || store.queues().iter().all(|(_, number)| *number >= WAITING)).await;
        store.crawl();
        for refused in [store.read(work()).await, store.write(work()).await] {
            assert!(matches!(refused, Err(StoreError::Overloaded)), "{refused:?}");
        }
        let refused = ask(&app.http, &machine).await;
        assert_eq!((refused.status.as_u16(), refused.error().as_str()), (503, "temporarily_unavailable"));
        assert_eq!(refused.header("retry-after"), "2");
        let page = app.http.get("/metrics").await.body;
        assert!(!page.contains("grantor_store_failures_total{reason=\"overloaded\"} 0\n"), "{page}");
        drop(let_go);
        for each in at_work.into_iter().chain(waiting) {
            let served = each.await.expect("no panic");
            assert!(!matches!(served, Err(StoreError::Overloaded)), "it waited already");
        }
        until("a token", async || ask(&app.http, &machine).await.status == 200).await;
    });
}

/// Sends bytes as they are; gives the answer's head, or what came of it.
async fn raw(app: &TestApp, bytes: &[u8]) -> String {
    let mut stream = open(app).await;
    // It may be refused while we still send.
    let _ = stream.write_all(bytes).await;
    answer(&mut stream).await
}

async fn open(app: &TestApp) -> TcpStream {
    TcpStream::connect(app.http.base.strip_prefix("http://").expect("http")).await.expect("it listens")
}

async fn answer(stream: &mut TcpStream) -> String {
    let mut bytes = vec![0; 16 * 1024];
    let mut text = String::new();
    while !text.contains("\r\n\r\n") {
        match tokio::time::timeout(Duration::from_secs(60), stream.read(&mut bytes)).await.expect("within a minute") {
            Ok(0) | Err(_) => break,
            Ok(length) => text.push_str(&String::from_utf8_lossy(&bytes[..length])),
        }
    }
    text
}

#[test]
fn requests_that_are_too_large_or_ambiguous_are_refused() {
    crate::support::app::run(crate::support::app::Backend::Sqlite, |app| async move {
        let head =
            "POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n";
        let of_status = |answer: &str| answer.split(' ').nth(1).unwrap_or("none").to_owned();
        let cases = [
            ("a huge header", format!("{head}X-Padding: {}\r\n\r\n", "x".repeat(200_000)), "431"),
            ("a large header", format!("{head}X-Padding: {}\r\n\r\n", "x".repeat(40_000)), "431"),
            (
                "cookies before a body that does not come",
                format!("{head}Content-Length: 10\r\nCookie: {}\r\n\r\n", "a=;".repeat(33_000)),
                "431",
            ),
            ("very many headers", format!("{head}{}\r\n", "X-One: 1\r\n".repeat(500)), "431"),
            ("a huge body, announced", format!("{head}Content-Length: 10000000000\r\n\r\n"), "413"),
            (
                "a huge body in chunks",
                format!(
                    "{head}Transfer-Encoding: chunked\r\n\r\n{}",
                    format!("4000\r\n{}\r\n", "x".repeat(0x4000)).repeat(8)
                ),
                "413",
            ),
            ("two lengths", format!("{head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), "400"),
            ("two content lengths", format!("{head}Content-Length: 4\r\nContent-Length: 5\r\n\r\naaaaa"), "400"),
            ("a bad length", format!("{head}Content-Length: +4\r\n\r\naaaa"), "400"),
            ("two hosts", "GET /login HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".to_owned(), "400"),
            ("no host", "GET /login HTTP/1.1\r\n\r\n".to_owned(), "400"),
            ("a host that is none", "GET /login HTTP/1.1\r\nHost: a/b\r\n\r\n".to_owned(), "400"),
        ];
        for (what, request, expected) in cases {
            let begun = Instant::now();
            let answered = raw(&app, request.as_bytes()).await;
            assert_eq!(of_status(&answered), expected, "{what}: {answered}");
            assert!(begun.elapsed() < Duration::from_secs(10), "{what}: {:?}", begun.elapsed());
        }
        assert_eq!(app.http.get("/health/ready").await.status, 200);
    });
}

#[test]
fn those_who_are_slow_or_idle_are_in_nobodys_way() {
    crate::support::app::run(crate::support::app::Backend::Sqlite, |mut app| async move {
        // One address alone may not hold so many where few files may be open.
        app.config.trusted_proxies = TrustedProxies::parse("127.0.0.1/32").expect("a network");
        let app = app.restarted().await;
        app.scope("reports").await;
        let client = app.machine("reports").await;
        // Connections that say nothing, half a head, or half a body.
        let beginnings: [&[u8]; 3] = [
            b"",
            b"GET /login HTTP/1.1\r\nHost: loc",
            b"POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\
              Content-Type: application/x-www-form-urlencoded\r\n\r\ngrant",
        ];
        let mut waiting = Vec::new();
        for number in 0..1500 {
            let mut stream = open(&app).await;
            stream.write_all(beginnings[number % beginnings.len()]).await.expect("it listens");
            waiting.push(stream);
        }
        let begun = Instant::now();
        for _ in 0..20 {
            assert_eq!(ask(&app.http, &client).await.status, 200);
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
        // All are closed within a minute, the last three stand for them.
        for mut stream in waiting.split_off(waiting.len() - beginnings.len()) {
            let last = answer(&mut stream).await;
            assert!(last.is_empty() || last.contains(" 408 ") || last.contains(" 400 "), "{last}");
            assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
        }
    });
}
