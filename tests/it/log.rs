//! The log: one line for each request when asked for, and never a secret, however much is logged.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use diesel::connection::SimpleConnection;
use grantor::config::database_url::DatabaseUrl;
use grantor::store::connection::Manager;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::app::{Backend, PASSWORD, REDIRECT_URI};
use crate::support::http::{Authorization, Browser, VERIFIER, allow, redemption};
use crate::support::postgres;
use crate::support::process::{Process, Settings};

/// The program itself, with a log of its own: in this process all tests share one.
fn settings(database: &DatabaseUrl, log: &str, format: &str) -> Settings {
    let url = match database {
        DatabaseUrl::Sqlite(path) => format!("sqlite://{}", path.display()),
        DatabaseUrl::Postgres(url) => url.clone(),
    };
    Settings::of(&url).with("RUST_LOG", log).with("GRANTOR_LOG_FORMAT", format)
}

fn on(backend: Backend, test: impl AsyncFnOnce(&DatabaseUrl)) {
    let directory = tempfile::tempdir_in(postgres::room()).expect("a temporary directory");
    let database = match backend {
        Backend::Sqlite => DatabaseUrl::Sqlite(directory.path().join("grantor.db")),
        Backend::Postgres => match postgres::cluster_or_skip() {
            Some(cluster) => DatabaseUrl::Postgres(cluster.create_database()),
            None => return,
        },
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(test(&database));
    if let (DatabaseUrl::Postgres(url), Ok(cluster)) = (&database, postgres::cluster()) {
        cluster.drop_database(url);
    }
}

#[test]
fn sqlite_a_whole_flow_leaves_no_secret_in_the_fullest_log() {
    on(Backend::Sqlite, a_whole_flow_leaves_no_secret_in_the_fullest_log);
}

#[test]
fn postgres_a_whole_flow_leaves_no_secret_in_the_fullest_log() {
    on(Backend::Postgres, a_whole_flow_leaves_no_secret_in_the_fullest_log);
}

async fn a_whole_flow_leaves_no_secret_in_the_fullest_log(database: &DatabaseUrl) {
    let settings = settings(database, "trace,actix_http=trace,h2=trace,rustls=trace", "text");
    settings.command(&["scope", "create", "notes", "--description", "Notes"], "");
    settings.command(&["user", "create", "--username", "alice", "--password-stdin"], PASSWORD);
    let client = settings.client(&json!({
        "client_name": "Web", "redirect_uris": [REDIRECT_URI], "scope": "notes",
        "grant_types": ["authorization_code", "refresh_token"],
    }));
    let secret = client.secret.clone().expect("a secret");

    let server = Process::start(&settings, "");
    let mut browser = Browser::at(&server.http);
    let answer = allow(&mut browser, &Authorization::of(&client, "notes"), "alice").await;
    let code = answer.redirect()["code"].clone();
    let issued = server.http.as_client(&client, "/oauth2/token", &redemption(&code)).await;
    let (access, refresh) = (issued.text("access_token"), issued.text("refresh_token"));
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    let refreshed = server.http.as_client(&client, "/oauth2/token", &form).await.text("access_token");
    server.http.as_client(&client, "/oauth2/introspect", &[("token", &access)]).await;
    server.http.bearer("/api/v1/whoami", &refreshed).await;
    server.http.as_client(&client, "/oauth2/token", &redemption(&code)).await;
    server.http.as_client(&client, "/oauth2/revoke", &[("token", &refresh)]).await;
    let page = browser.get("/account/password").await;
    let typed = "a peculiar word in the making";
    assert_eq!(browser.submit("/password-strength", &page, &[("password", typed)]).await.status, 200);
    let cookies: Vec<String> = browser.cookies().map(str::to_owned).collect();
    assert!(!cookies.is_empty());

    let log = server.log().await;
    assert!(log.iter().any(|line| line.contains("TRACE")), "that is not the fullest log");
    let secrets = [secret.as_str(), &code, &access, &refresh, &refreshed, PASSWORD, VERIFIER, typed];
    for secret in secrets.into_iter().chain(cookies.iter().map(String::as_str)) {
        let telling: Vec<_> = log.iter().filter(|line| line.contains(secret)).collect();
        assert!(telling.is_empty(), "{secret} is in {telling:#?}");
    }
}

#[test]
fn the_access_log_has_one_event_for_each_request_and_no_path() {
    on(Backend::Sqlite, async |database| {
        let server = Process::start(&settings(database, "warn,access=debug", "json"), "");
        let headers = [("x-forwarded-for", "192.0.2.7")];
        server.http.send("GET", "/admin/users/u_1?search=peculiar", &headers, None).await;
        server.http.get("/peculiar/path").await;
        let log = server.log().await;
        let events = log.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let events: Vec<Value> = events.filter(|event| event["target"] == "access").collect();
        assert_eq!(events.len(), 3, "{log:#?}");
        let fields = &events[0];
        assert_eq!((&fields["method"], &fields["route"]), (&"GET".into(), &"/admin/users/{id}".into()));
        assert_eq!((&fields["status"], &fields["client"]), (&303.into(), &"127.0.0.1".into()));
        assert!(fields["duration_us"].is_u64() && fields["request_id"].is_string(), "{fields}");
        assert_eq!(events[1]["route"], "none");
        assert!(!log.iter().any(|line| line.contains("peculiar")), "{log:#?}");
    });
}

#[test]
fn a_proxy_that_is_not_trusted_is_told_of_once() {
    on(Backend::Sqlite, async |database| {
        let server = Process::start(&settings(database, "warn,access=debug", "json"), "");
        for _ in 0..2 {
            server.http.send("GET", "/login", &[("x-forwarded-for", "192.0.2.7")], None).await;
        }
        let log = server.log().await;
        let told: Vec<_> = log.iter().filter(|line| line.contains("GRANTOR_TRUSTED_PROXIES")).collect();
        assert!(told.len() == 1 && told[0].contains("\"proxy\":\"127.0.0.1\""), "{log:#?}");
    });
}

#[test]
fn keys_that_only_a_newer_program_knows_are_told_of_once() {
    on(Backend::Sqlite, async |database| {
        let settings = settings(database, "warn", "text");
        settings.command(&["scope", "create", "notes", "--description", "Notes"], "");
        let mut connection = Manager::new(database.clone()).open().expect("it opens");
        let newer = "INSERT INTO signing_keys (kid, algorithm, state, sealed, created_at)
                     VALUES ('newer', 'ES384', 'current', X'00', 0)";
        connection.batch_execute(newer).expect("a row");
        // It reads the keys several times before it gives up.
        let log = settings.with("GRANTOR_BREACHED_PASSWORDS", "/nowhere/to/be/found").refusal(&["serve"], "");
        assert_eq!(log.matches("are left alone").count(), 1, "{log}");
    });
}

#[test]
fn every_line_is_an_object_and_those_of_a_request_say_which() {
    on(Backend::Sqlite, async |database| {
        let settings = settings(database, "info,access=debug", "json").with("GRANTOR_TRUSTED_PROXIES", "127.0.0.0/8");
        let server = Process::start(&settings, "");
        let client = settings.client(&json!({
            "client_name": "Job", "grant_types": ["client_credentials"], "token_endpoint_auth_method": "private_key_jwt",
            "jwks_uri": "https://127.0.0.1:9/keys",
        }));
        // The keys cannot be fetched, which our log says, in two rooms.
        let claims = URL_SAFE_NO_PAD.encode(json!({ "sub": client.id, "iss": client.id }).to_string());
        let assertion = format!("eyJhbGciOiJFUzI1NiIsImtpZCI6IngifQ.{claims}.e30");
        let form = format!(
            "grant_type=client_credentials&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3A\
             jwt-bearer&client_assertion={assertion}"
        );
        let headers = [
            ("x-request-id", "from-the-proxy.7"),
            ("content-type", "application/x-www-form-urlencoded"),
            ("x-forwarded-for", "192.0.2.7"),
        ];
        let answer = server.http.send("POST", "/oauth2/token", &headers, Some(form)).await;
        assert_eq!((answer.status.as_u16(), answer.header("x-request-id")), (401, "from-the-proxy.7"));
        let log = server.log().await;
        let of_request: Vec<Value> = log
            .iter()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
            .filter(|event: &Value| event["request_id"] == "from-the-proxy.7")
            .collect();
        assert!(of_request.len() >= 2, "{log:#?}");
        for event in &of_request {
            assert_eq!(event["route"], "/oauth2/token", "{event}");
            for member in ["timestamp", "level", "target"] {
                assert!(event[member].is_string(), "{event}");
            }
        }
    });
}

#[test]
fn text_lines_of_a_request_say_which() {
    on(Backend::Sqlite, async |database| {
        let server = Process::start(&settings(database, "trace,access=debug", "text"), "");
        let answer = server.http.get("/login").await;
        let id = answer.header("x-request-id").to_owned();
        let log = server.log().await;
        let telling = |word: &str| {
            log.iter().any(|line| line.contains(word) && line.contains(" route=/login") && line.contains(&id))
        };
        assert!(telling("duration_us="), "{log:#?}");
    });
}

#[test]
fn a_request_id_of_a_stranger_or_with_odd_characters_is_not_taken_over() {
    on(Backend::Sqlite, async |database| {
        let ids = ["chosen-by-a-stranger", "a\tb", "a b", "\"}", ""];
        for (trusted, ids) in [("192.0.2.0/24", &ids[..]), ("127.0.0.1", &ids[1..])] {
            let settings = settings(database, "warn", "text").with("GRANTOR_TRUSTED_PROXIES", trusted);
            let server = Process::start(&settings, "");
            for id in ids {
                let answer = server.http.send("GET", "/health/live", &[("x-request-id", id)], None).await;
                let ours = answer.header("x-request-id");
                assert!(ours != *id && ours.len() >= 20, "{id:?}: {ours:?}");
            }
        }
    });
}

#[test]
fn the_access_log_is_off_unless_asked_for() {
    on(Backend::Sqlite, async |database| {
        let server = Process::start(&settings(database, "info", "text"), "");
        server.http.get("/login").await;
        assert!(!server.has_logged("duration_us"));
    });
}

#[test]
fn bytes_that_are_no_request_leave_no_line_unless_they_are_asked_for() {
    on(Backend::Sqlite, async |database| {
        for (filter, is_logged) in [("info,access=debug", false), ("info,access=debug,actix_http=error", true)] {
            let server = Process::start(&settings(database, filter, "text"), "");
            let address = server.http.base.strip_prefix("http://").expect("http");
            let mut stream = TcpStream::connect(address).await.expect("it listens");
            stream.write_all(b"this is no request\r\n\r\n").await.expect("it reads");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.expect("it answers and closes");
            assert!(answer.contains(" 400 "), "{answer}");
            let log = server.log().await;
            let has_line = log.iter().any(|line| line.contains("actix_http"));
            assert_eq!(has_line, is_logged, "{filter}: {log:#?}");
        }
    });
}
