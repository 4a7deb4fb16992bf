//! What is answered where no handler answers: what it carries, and who may read it.

use actix_web::App;
use actix_web::http::header::HeaderMap;
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, init_service, try_call_service};
use actix_web::web;
use diesel::connection::SimpleConnection;
use grantor::config::database_url::DatabaseUrl;
use grantor::domain::policies::Registration;
use grantor::store::connection::Manager;
use grantor::web::{headers, watch};

use crate::support::app::{Backend, PASSWORD, TestApp, run};
use crate::support::balancer::{connect, exchange};
use crate::support::http::{Answer, Browser};
use crate::support::postgres::room;
use crate::support::process::{Process, Settings};

/// What browser apps of any origin call.
const FOR_BROWSER_APPS: [&str; 8] = [
    "/.well-known/jwks.json",
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
    "/oauth2/register",
    "/oauth2/register/c_1",
    "/oauth2/revoke",
    "/oauth2/token",
    "/oauth2/userinfo",
];
/// What is for programs and people only.
const FOR_OTHERS: [&str; 14] = [
    "/",
    "/.well-known/openid-configuration/not-us",
    "/account",
    "/admin",
    "/api/v1/whoami",
    "/consent",
    "/health/live",
    "/login",
    "/oauth2/authorize",
    "/oauth2/device_authorization",
    "/oauth2/introspect",
    "/oauth2/logout",
    "/oauth2/register/c_1/more",
    "/oauth2/tokens",
];

/// A GET with more cookies than there may be.
async fn oversized(app: &TestApp, path: &str) -> Answer {
    let answer = app.http.send("GET", path, &[("cookie", &"a=b;".repeat(300))], None).await;
    assert_eq!(answer.status, 431, "{path}");
    answer
}

#[test]
fn a_refusal_is_for_whom_the_answer_would_be() {
    run(Backend::Sqlite, |mut app| async move {
        for path in FOR_BROWSER_APPS {
            let refused = oversized(&app, path).await;
            assert_eq!(refused.header("access-control-allow-origin"), "*", "{path}");
            assert!(refused.header("access-control-expose-headers").contains("X-Request-Id"), "{path}");
            assert_eq!(refused.header("access-control-allow-credentials"), "", "{path}");
            assert_eq!(refused.error(), "invalid_request", "{path}");
        }
        for path in FOR_OTHERS {
            let refused = oversized(&app, path).await;
            assert_eq!(refused.header("access-control-allow-origin"), "", "{path}");
        }
        app.config.policies.registration = Registration::Closed;
        let closed = app.another().await;
        for path in ["/oauth2/register", "/oauth2/register/c_1"] {
            let refused = oversized(&closed, path).await;
            assert_eq!(refused.header("access-control-allow-origin"), "", "closed, it is nowhere: {path}");
        }
    });
}

#[test]
fn every_refusal_has_an_id_and_is_kept_by_nobody() {
    run(Backend::Sqlite, |app| async move {
        let send =
            async |method: &str, path: &str, headers: &[(&str, &str)]| app.http.send(method, path, headers, None).await;
        for (answer, status) in [
            (oversized(&app, "/login").await, 431),
            (oversized(&app, "/oauth2/token").await, 431),
            (send("GET", "/login", &[("host", "a b")]).await, 400),
            (send("GET", "/oauth2/userinfo", &[("host", "a b")]).await, 400),
            (send("GET", "/admin/users/%00", &[]).await, 404),
            (send("GET", "/oauth2/nonsense", &[]).await, 404),
            (send("GET", "/static/none.css", &[]).await, 404),
            (send("GET", "/branding/none.png", &[]).await, 404),
            (send("GET", "/nowhere", &[]).await, 404),
            (send("PUT", "/login", &[]).await, 405),
            (send("GET", "/oauth2/token", &[]).await, 405),
            (send("DELETE", "/api/v1/whoami", &[]).await, 405),
        ] {
            assert_eq!(answer.status, status, "{}", answer.body);
            assert_eq!(answer.header("x-request-id").len(), 22, "{}", answer.body);
            assert_eq!(answer.header("cache-control"), "no-store", "{}", answer.body);
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{}", answer.body);
        }
    });
}

#[test]
fn what_names_nothing_is_told_to_programs_in_json_and_to_people_on_a_page() {
    run(Backend::Sqlite, |app| async move {
        let unknown = app.http.get("/oauth2/register/%00").await;
        assert_eq!((unknown.status.as_u16(), unknown.error().as_str()), (404, "not_found"));
        assert_eq!(unknown.header("access-control-allow-origin"), "*");
        let unknown = app.http.get("/admin/users/%00").await;
        assert_eq!((unknown.status.as_u16(), unknown.find("h1").as_deref()), (404, Some("There is nothing here")));
        let misled = app.http.send("GET", "/oauth2/userinfo", &[("host", "a b")], None).await;
        assert_eq!((misled.status.as_u16(), misled.error().as_str()), (400, "invalid_request"));
        assert_eq!(misled.header("access-control-allow-origin"), "*");
        let doubled = app.http.get("/login?request=a&request=b").await;
        assert_eq!((doubled.status.as_u16(), doubled.find("h1").as_deref()), (400, Some("That did not work")));
    });
}

#[test]
fn a_refusal_is_in_the_language_that_the_browser_wishes() {
    run(Backend::Sqlite, |mut app| async move {
        app.config.policies.limits.address = Some(1);
        let server = app.another().await;
        assert_eq!(server.http.get("/login").await.status, 200);
        let (short, many) = ("a=b".to_owned(), "a=b;".repeat(300));
        for (path, cookie, status, heading) in [
            ("/login", &many, 431, "처리하지 못했습니다"),
            ("/admin/users/%00", &short, 404, "페이지를 찾을 수 없습니다"),
            ("/login", &short, 429, "잠시 기다려 주세요"),
        ] {
            let headers = [("accept-language", "ko-KR,ko;q=0.9"), ("cookie", cookie.as_str())];
            let page = server.http.send("GET", path, &headers, None).await;
            assert_eq!((page.status.as_u16(), page.find("h1").as_deref()), (status, Some(heading)));
            assert_eq!(page.header("content-language"), "ko");
            assert!(!page.body.contains("KiB of cookies"), "{}", page.body);
        }
    });
}

#[test]
fn a_host_is_demanded_of_http_1_1_only() {
    run(Backend::Sqlite, |app| async move {
        let address = app.http.base.strip_prefix("http://").expect("http");
        for (version, host, expected) in [
            // So a balancer asks that is told of a path and no more.
            ("HTTP/1.0", "", 200),
            ("HTTP/1.0", "Host: localhost\r\n", 200),
            ("HTTP/1.0", "Host: a/b\r\n", 400),
            ("HTTP/1.1", "", 400),
        ] {
            let request = format!("GET /health/ready {version}\r\n{host}\r\n");
            let (answer, _) = exchange(connect(address).await.expect("it listens"), &request).await.expect("an answer");
            assert_eq!(answer.status, expected, "{version} {host}: {}", answer.body);
        }
    });
}

#[test]
fn a_browser_app_learns_that_it_asks_too_often() {
    run(Backend::Sqlite, |mut app| async move {
        app.config.policies.limits.address = Some(1);
        let server = app.another().await;
        let ask = async |method: &str, path: &str| {
            server.http.send(method, path, &[("origin", "https://spa.example")], None).await
        };
        assert_eq!(ask("GET", "/oauth2/userinfo").await.status, 401);
        // It asks with a header that browsers ask about first, and would never get to the answer.
        let preflight = ask("OPTIONS", "/oauth2/userinfo").await;
        assert_eq!((preflight.status.as_u16(), preflight.header("access-control-allow-origin")), (204, "*"));
        let refused = ask("GET", "/oauth2/userinfo").await;
        assert_eq!((refused.status.as_u16(), refused.header("access-control-allow-origin")), (429, "*"));
        assert!(refused.header("access-control-expose-headers").contains("Retry-After"));
        assert_ne!(refused.header("retry-after"), "");
        assert_eq!(ask("OPTIONS", "/oauth2/introspect").await.status, 429, "there it is a request like any other");
    });
}

#[test]
fn what_the_api_refuses_is_a_problem_wherever_it_is_refused() {
    run(Backend::Sqlite, |mut app| async move {
        const USERS: &str = "/api/v1/users";
        app.config.policies.limits.address = Some(1);
        let server = app.another().await;
        let misled = server.http.send("GET", USERS, &[("host", "a b")], None).await;
        let nameless = server.http.get("/api/v1/users/%00").await;
        let large = oversized(&server, USERS).await;
        assert_eq!(server.http.get(USERS).await.status, 401, "the others did not count");
        let one_too_many = server.http.get(USERS).await;
        assert_ne!(one_too_many.header("retry-after"), "");
        for (answer, status, code) in [
            (misled, 400, Some("invalid_request")),
            (nameless, 404, None),
            (large, 431, Some("invalid_request")),
            (one_too_many, 429, Some("temporarily_unavailable")),
        ] {
            let told = (answer.status.as_u16(), answer.header("content-type"));
            assert_eq!(told, (status, "application/problem+json"), "{}", answer.body);
            let body = answer.json();
            assert_eq!((body["status"].as_u64(), body["error"].as_str()), (Some(u64::from(status)), code), "{body}");
            assert!(body["detail"].as_str().is_some_and(|detail| detail.ends_with('.')), "{body}");
            assert_eq!(answer.header("x-request-id").len(), 22, "{body}");
        }
    });
}

#[test]
fn what_a_middleware_refuses_stands_in_the_access_log() {
    let directory = tempfile::tempdir_in(room()).expect("a temporary directory");
    let database = directory.path().join("grantor.db").display().to_string();
    let settings = Settings::of(&database).with("RUST_LOG", "warn,access=debug");
    settings.command(&["user", "create", "--username", "alice", "--password-stdin"], PASSWORD);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let server = Process::start(&settings, "");
        let mut browser = Browser::at(&server.http);
        assert_eq!(browser.sign_in("alice").await.status, 303);
        let database = DatabaseUrl::parse(&database).expect("a database");
        let mut connection = Manager::new(database).open().expect("it opens");
        connection.batch_execute("ALTER TABLE browser_sessions RENAME TO gone").expect("it is there");
        let refused = browser.get("/account").await;
        assert_eq!(refused.status, 503, "{}", refused.body);
        let log = server.log().await;
        let id = refused.header("x-request-id");
        let is_told = |line: &&String| line.contains(id) && line.contains("status=503");
        let told: Vec<_> = log.iter().filter(is_told).collect();
        assert!(told.len() == 1 && told[0].contains("client=127.0.0.1"), "{log:#?}");
    });
}

/// A number that is none.
async fn broken() -> String {
    let number = std::future::ready("x").await.parse::<u8>();
    number.expect("a panic that is meant").to_string()
}

#[test]
fn a_panic_is_answered() {
    run(Backend::Sqlite, |app| async move {
        let service = App::new()
            .app_data(app.app.clone())
            .default_service(web::to(broken))
            .wrap(from_fn(headers::protect))
            .wrap(from_fn(watch::requests));
        let service = init_service(service).await;
        for (path, content_type, origin) in [
            ("/oauth2/userinfo", "application/json", "*"),
            ("/api/v1/whoami", "application/problem+json", ""),
            ("/account", "text/html; charset=utf-8", ""),
        ] {
            let request = TestRequest::with_uri(path).peer_addr(([127, 0, 0, 1], 7).into());
            let request = request.insert_header(("host", "localhost")).to_request();
            let Err(error) = try_call_service(&service, request).await else { panic!("{path} has an answer") };
            let answer = error.error_response();
            let header = |name| text(answer.headers(), name);
            assert_eq!((answer.status().as_u16(), header("content-type")), (500, content_type), "{path}");
            assert_eq!((header("access-control-allow-origin"), header("cache-control")), (origin, "no-store"));
            assert_eq!(header("x-request-id").len(), 22, "{path}");
        }
    });
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().expect("it is text"))
}
