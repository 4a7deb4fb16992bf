//! https: the certificate follows its files, HTTP/2 and HTTP/1.1, and what becomes of people who typed http.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::cookie::{Cookie, CookieJar};
use actix_web::web::Bytes;
use diesel::connection::SimpleConnection;
use grantor::config::{Config, Outbound, Tls};
use grantor::outbound::{Client, Patience, Resolver};
use grantor::web::connections::close_stale;
use h2::RecvStream;
use h2::client::SendRequest;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::support::app::{Backend, TestApp, on_both_databases, run};
use crate::support::http::Http;
use crate::support::remote::{Authority, Certificate};
use crate::support::until;

on_both_databases!(a_renewed_certificate_is_served_without_a_restart, http_leads_to_the_issuer_and_nowhere_else);

/// What `/health/live` says.
const LIVE: &str = r#"{"status":"ok"}"#;

struct World {
    authority: Authority,
    directory: TempDir,
}

impl World {
    fn new() -> Self {
        Self { authority: Authority::new(), directory: tempfile::tempdir().expect("a temporary directory") }
    }

    fn certificate(&self) -> Certificate {
        self.authority.certify(&["localhost", "127.0.0.1"])
    }

    fn write(&self, certificate: &Certificate) -> Tls {
        let tls = Tls { cert: self.path("cert.pem"), key: self.path("key.pem") };
        std::fs::write(&tls.cert, &certificate.chain).expect("the directory can be written");
        std::fs::write(&tls.key, &certificate.key).expect("the directory can be written");
        tls
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.directory.path().join(name)
    }

    /// The server again, with https.
    async fn secured(&self, mut app: TestApp, further: &[(&str, &str)]) -> TestApp {
        let tls = self.write(&self.certificate());
        let text = |path: &Path| path.to_str().expect("a name").to_owned();
        let mut environment = vec![
            ("GRANTOR_LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
            ("GRANTOR_TLS_CERT".to_owned(), text(&tls.cert)),
            ("GRANTOR_TLS_KEY".to_owned(), text(&tls.key)),
        ];
        environment.extend(further.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let mut config = Config::load(None, environment).expect("the settings are right");
        config.database = app.config.database.clone();
        (config.secret_key, config.bcrypt_cost) = (app.config.secret_key.clone(), app.config.bcrypt_cost);
        app.config = config;
        app.restarted().await
    }
}

async fn open(world: &World, port: u16, protocols: &[&str]) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_file(world.authority.file(world.directory.path())).expect("a certificate");
    roots.add(authority).expect("an authority");
    let mut config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider has them")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    let stream = TcpStream::connect(("127.0.0.1", port)).await.expect("it listens");
    let name = ServerName::try_from("localhost").expect("a name");
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.expect("a handshake")
}

/// What a handshake shows: the certificate, and the protocol that was agreed on.
async fn handshake(world: &World, port: u16, protocols: &[&str]) -> (CertificateDer<'static>, Option<Vec<u8>>) {
    let stream = open(world, port, protocols).await;
    let (_, session) = stream.get_ref();
    let shown = session.peer_certificates().expect("a certificate")[0].clone().into_owned();
    (shown, session.alpn_protocol().map(<[u8]>::to_vec))
}

fn parsed(certificate: &Certificate) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(certificate.chain.as_bytes()).expect("a certificate")
}

async fn a_renewed_certificate_is_served_without_a_restart(app: TestApp) {
    let world = World::new();
    let app = world.secured(app, &[]).await;
    let port = app.app.config.listen.port();
    assert_eq!(app.app.issuer(), format!("https://localhost:{port}"));

    let (first, protocol) = handshake(&world, port, &["h2", "http/1.1"]).await;
    assert_eq!(protocol.as_deref(), Some(b"h2".as_slice()));
    assert_eq!(handshake(&world, port, &["http/1.1"]).await.1.as_deref(), Some(b"http/1.1".as_slice()));
    let outbound = Outbound { ca: Some(world.path("authority.pem")), allow_private: true };
    let client = Client::with(&outbound, Resolver::System, Patience::default()).expect("a client");
    let live = client.get(&format!("{}/health/live", app.app.issuer()), 1024, "*/*").await.expect("an answer");
    assert_eq!(live.status, 200);
    assert_eq!(live.header("strict-transport-security"), Some("max-age=63072000; includeSubDomains"));

    let renewed = world.certificate();
    world.write(&renewed);
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let (shown, _) = handshake(&world, port, &[]).await;
        if shown == parsed(&renewed) {
            break;
        }
        assert!(shown == first, "it is one or the other");
        assert!(Instant::now() < deadline, "the files are looked at every two seconds");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[test]
fn who_connects_and_says_nothing_is_in_no_handshakes_way() {
    run(Backend::Sqlite, |app| async move {
        let world = World::new();
        let app = world.secured(app, &[]).await;
        let port = app.app.config.listen.port();
        // With 256 handshakes at once for each of two workers, and three seconds for each, the next would wait for twelve.
        let mut silent = Vec::new();
        for _ in 0..2_200 {
            silent.push(TcpStream::connect(("127.0.0.1", port)).await.expect("it listens"));
        }
        let greeted = tokio::time::timeout(Duration::from_secs(8), handshake(&world, port, &[])).await;
        assert!(greeted.is_ok(), "it waits for the silent ones");
    });
}

/// An answer over HTTP/2, of which only the head has come.
async fn ask(requests: &SendRequest<Bytes>, port: u16) -> http::Response<RecvStream> {
    ask_for(requests, port, "/health/live", "").await
}

/// The same at any path, with cookies.
async fn ask_for(requests: &SendRequest<Bytes>, port: u16, path: &str, cookies: &str) -> http::Response<RecvStream> {
    let request = http::Request::get(format!("https://localhost:{port}{path}")).header("cookie", cookies);
    let request = request.body(()).expect("a request");
    let mut requests = requests.clone().ready().await.expect("there is room for one");
    let (answer, _) = requests.send_request(request, true).expect("it is sent");
    answer.await.expect("a head")
}

#[test]
fn answers_that_nobody_takes_are_few_and_end_their_connection() {
    run(Backend::Sqlite, |app| async move {
        let world = World::new();
        let app = world.secured(app, &[]).await;
        let port = app.app.config.listen.port();
        let mut shut = h2::client::Builder::new();
        shut.initial_window_size(0);
        let stream = open(&world, port, &["h2"]).await;
        let (requests, connection) = shut.handshake::<_, Bytes>(stream).await.expect("HTTP/2");
        let connection = tokio::spawn(connection);
        let mut lying = Vec::new();
        for _ in 0..512 {
            let answer = ask(&requests, port).await;
            assert_eq!(answer.status(), 200);
            lying.push(answer);
        }
        // Some refusals say why, and lie with the others; what follows them is no more than a head.
        for is_beyond in (0..66).map(|number| number >= 64) {
            let refused = ask(&requests, port).await;
            assert_eq!((refused.status().as_u16(), refused.body().is_end_stream()), (503, is_beyond));
            assert_eq!(refused.headers()["retry-after"], "2");
            assert!(!refused.headers()["x-request-id"].is_empty());
            assert_eq!(refused.headers().get("content-type").is_none(), is_beyond);
            lying.push(refused);
        }
        assert_eq!(app.app.metrics.refusals.get(), [(["unread"], 66)]);
        assert_eq!(app.app.metrics.requests.in_flight.get(), 0, "they are in nobody's way");

        let stream = open(&world, port, &["h2"]).await;
        let (others, connection_of_others) = h2::client::handshake(stream).await.expect("HTTP/2");
        tokio::spawn(connection_of_others);
        assert_eq!(ask(&others, port).await.into_body().data().await.expect("a body").expect("of bytes"), LIVE);

        let closed = || app.app.metrics.connections_closed.get();
        close_stale(&app.app, Instant::now() + Duration::from_secs(40));
        assert!(closed().is_empty());
        close_stale(&app.app, Instant::now() + Duration::from_secs(65));
        assert_eq!(closed(), [(["unread"], 1)]);
        let ended = tokio::time::timeout(Duration::from_secs(20), connection).await;
        assert!(ended.is_ok(), "it is held by answers that nobody takes");
        assert_eq!(ask(&others, port).await.status(), 200);
    });
}

/// A connection over which no body comes.
async fn shut(world: &World, port: u16) -> SendRequest<Bytes> {
    let mut shut = h2::client::Builder::new();
    shut.initial_window_size(0);
    let stream = open(world, port, &["h2"]).await;
    let (requests, connection) = shut.handshake::<_, Bytes>(stream).await.expect("HTTP/2");
    tokio::spawn(connection);
    requests
}

#[test]
fn one_who_takes_no_answers_cuts_off_nobody_behind_the_same_proxy() {
    run(Backend::Sqlite, |app| async move {
        let world = World::new();
        let app = world.secured(app, &[("GRANTOR_TRUSTED_PROXIES", "127.0.0.1")]).await;
        let port = app.app.config.listen.port();
        let requests = shut(&world, port).await;
        let mut lying = Vec::new();
        // One more than answers and refusals that may lie on a connection of one's own.
        for _ in 0..577 {
            let answer = ask(&requests, port).await;
            assert_eq!(answer.status(), 200);
            lying.push(answer);
        }
        close_stale(&app.app, Instant::now() + Duration::from_secs(3_600));
        assert!(app.app.metrics.connections_closed.get().is_empty());
        assert_eq!(ask(&requests, port).await.status(), 200);
    });
}

#[test]
fn a_refusal_of_a_middleware_lies_like_any_answer() {
    run(Backend::Sqlite, |app| async move {
        let world = World::new();
        let app = world.secured(app, &[]).await;
        let port = app.app.config.listen.port();
        app.prepare(|connection| Ok(connection.batch_execute("ALTER TABLE browser_sessions RENAME TO gone")?));
        let (name, mut jar) = (app.app.cookie_name("session"), CookieJar::new());
        jar.private_mut(&app.app.session_cookie_key()).add(Cookie::new(name.clone(), "a-key"));
        let cookie = format!("{name}={}", jar.get(&name).expect("it was added").value());

        let requests = shut(&world, port).await;
        let refused = ask_for(&requests, port, "/login", &cookie).await;
        assert_eq!((refused.status().as_u16(), refused.body().is_end_stream()), (503, false));
        assert!(app.app.connections.are_busy(), "a stop waits for it");
        close_stale(&app.app, Instant::now() + Duration::from_secs(65));
        assert_eq!(app.app.metrics.connections_closed.get(), [(["unread"], 1)]);
    });
}

#[test]
fn a_connection_of_http_2_is_kept_for_as_long_as_browsers_keep_it() {
    run(Backend::Sqlite, |app| async move {
        let world = World::new();
        let app = world.secured(app, &[]).await;
        let port = app.app.config.listen.port();
        let stream = open(&world, port, &["h2"]).await;
        let (requests, connection) = h2::client::handshake(stream).await.expect("HTTP/2");
        tokio::spawn(connection);
        assert_eq!(ask(&requests, port).await.into_body().data().await.expect("a body").expect("of bytes"), LIVE);
        until("the answer is sent", async || !app.app.connections.are_busy()).await;
        let closed = || app.app.metrics.connections_closed.get();
        close_stale(&app.app, Instant::now() + Duration::from_secs(310));
        assert!(closed().is_empty());
        close_stale(&app.app, Instant::now() + Duration::from_secs(335));
        assert_eq!(closed(), [(["idle"], 1)]);
    });
}

async fn http_leads_to_the_issuer_and_nowhere_else(app: TestApp) {
    let world = World::new();
    let further = [("GRANTOR_HTTP_REDIRECT_LISTEN", "127.0.0.1:0"), ("GRANTOR_ISSUER", "https://as.example/tenant")];
    let app = world.secured(app, &further).await;
    let http = Http::new(format!("http://{}", app.redirects_on.expect("it listens")));
    for (path, location) in [
        ("/", "https://as.example/"),
        ("/tenant/login?a=b%20c", "https://as.example/tenant/login?a=b%20c"),
        ("//evil.example/x", "https://as.example/evil.example/x"),
        ("/@evil.example", "https://as.example/@evil.example"),
    ] {
        for method in ["GET", "HEAD"] {
            let answer = http.send(method, path, &[("host", "evil.example")], None).await;
            assert_eq!((answer.status.as_u16(), answer.location().as_str()), (308, location), "{method} {path}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
        }
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let answer = http.send(method, "/tenant/oauth2/token", &[], Some("client_secret=s".to_owned())).await;
        assert_eq!((answer.status.as_u16(), answer.location().as_str()), (400, ""), "{method}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{method}");
    }
}

#[test]
fn without_https_there_is_nowhere_to_lead_to() {
    let settings = |issuer: &str| {
        let environment = [("GRANTOR_HTTP_REDIRECT_LISTEN", "127.0.0.1:0"), ("GRANTOR_ISSUER", issuer)];
        Config::load(None, environment.map(|(name, value)| (name.to_owned(), value.to_owned())))
    };
    assert!(settings("https://as.example").is_ok(), "a proxy may do the TLS");
    for issuer in ["", "http://localhost:8080"] {
        let error = settings(issuer).expect_err("it is refused").to_string();
        assert!(error.starts_with("GRANTOR_HTTP_REDIRECT_LISTEN: "), "{error}");
    }
}
