//! The programs that the console offers for a client, run as they are against a server.
//!
//! A program runs where its tools are: curl and openssl from the path, the others from the directory that
//! `GRANTOR_TEST_SNIPPETS` names, which `tests/snippets/install DIRECTORY` fills. Without, it is skipped.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::spawn_blocking;

use crate::support::app::{Backend, PASSWORD, TestApp, TestClient, run};
use crate::support::http::{Answer, Browser, Http};
use crate::support::switch;

/// Long enough for a compiler on a machine with other work.
const PATIENCE: Duration = Duration::from_secs(240);

/// Where the languages' libraries are installed.
fn tools() -> Option<PathBuf> {
    switch("GRANTOR_TEST_SNIPPETS").map(PathBuf::from)
}

fn is_there(command: &str) -> bool {
    std::process::Command::new(command).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// A program that ends with its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    /// What it prints until it ends.
    async fn output(mut self) -> String {
        let printed = spawn_blocking(move || {
            let (mut printed, mut errors) = (String::new(), String::new());
            let (mut out, mut err) = (self.0.stdout.take().expect("piped"), self.0.stderr.take().expect("piped"));
            out.read_to_string(&mut printed).expect("text");
            err.read_to_string(&mut errors).expect("text");
            assert!(self.0.wait().expect("it ends").success(), "{printed}{errors}");
            printed
        });
        tokio::time::timeout(PATIENCE, printed).await.expect("it ends in time").expect("it succeeds")
    }
}

/// How to run a program of one language: the file to save it as, and the command.
fn runner(language: &str, directory: &Path) -> Option<Command> {
    let tools = || tools().filter(|tools| tools.join(language).exists());
    let link = |name: &str, target: PathBuf| {
        std::os::unix::fs::symlink(target, directory.join(name)).expect("a link to the libraries");
    };
    let mut command = match language {
        "curl" => {
            if !is_there("curl") || !is_there("openssl") {
                return None;
            }
            Command::new("sh")
        }
        "javascript" => {
            link("node_modules", tools()?.join("javascript/node_modules"));
            Command::new("node")
        }
        "python" | "hug" => Command::new(tools()?.join(language).join("bin/python")),
        "go" => {
            for file in ["go.mod", "go.sum"] {
                link(file, tools()?.join("go").join(file));
            }
            let mut go = Command::new("go");
            go.arg("run");
            go
        }
        _ => return None,
    };
    command.current_dir(directory).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Some(command)
}

/// The program that the console shows for a client.
async fn program(app: &TestApp, client: &TestClient, language: &str) -> String {
    let mut admin = Browser::new(app);
    admin.sign_in("root").await;
    let page = admin.get(&format!("/admin/clients/{}/connect", client.id)).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let html = scraper::Html::parse_document(&page.body);
    let code = scraper::Selector::parse(&format!("#{language}-code")).expect("a selector");
    let code = html.select(&code).next().unwrap_or_else(|| panic!("no program in {language}"));
    code.text().collect()
}

/// Starts a client's program, if its tools are there.
async fn start(app: &TestApp, client: &TestClient, language: &str) -> Option<(Running, tempfile::TempDir)> {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let Some(mut command) = runner(language, directory.path()) else {
        eprintln!("SKIPPED: the tools for {language} are not installed");
        return None;
    };
    let file = match language {
        "curl" => "app.sh",
        "javascript" => "app.mjs",
        "go" => "main.go",
        _ => "app.py",
    };
    let code = program(app, client, language).await;
    assert!(!code.contains("gcs_"), "a program has no secret in it: {code}");
    std::fs::write(directory.path().join(file), code).expect("the program is saved");
    command.arg(file).env("CLIENT_SECRET", client.secret.as_deref().unwrap_or_default());
    Some((Running(command.spawn().expect("the program starts")), directory))
}

async fn a_machine(app: &TestApp) -> TestClient {
    app.scope("reports").await;
    app.admin("root").await;
    app.machine("reports").await
}

fn machine_runs(language: &'static str) {
    run(Backend::Sqlite, |app| async move {
        let client = a_machine(&app).await;
        let Some((child, _directory)) = start(&app, &client, language).await else { return };
        let said = child.output().await;
        assert!(said.contains("client_id") && said.contains(&client.id), "{said}");
    });
}

#[test]
fn curl_gets_a_machine_its_token() {
    machine_runs("curl");
}

#[test]
fn javascript_gets_a_machine_its_token() {
    machine_runs("javascript");
}

#[test]
fn python_gets_a_machine_its_token() {
    machine_runs("python");
}

#[test]
fn go_gets_a_machine_its_token() {
    machine_runs("go");
}

#[test]
fn hug_opens_a_route_for_valid_tokens_only() {
    run(Backend::Sqlite, |app| async move {
        let client = a_machine(&app).await;
        let Some((child, directory)) = start(&app, &client, "hug").await else { return };
        drop(child);
        // The same program on a port that is free.
        let port = free_port();
        let file = directory.path().join("app.py");
        let code = std::fs::read_to_string(&file).expect("it was saved").replace("port=8000", &format!("port={port}"));
        std::fs::write(&file, code).expect("the program is saved");
        let mut command = runner("hug", directory.path()).expect("its tools are there");
        command.arg("app.py").env("CLIENT_SECRET", client.secret.as_deref().unwrap_or_default());
        let child = Running(command.spawn().expect("the program starts"));
        let api = Http::new(format!("http://127.0.0.1:{port}"));
        answers(port).await;
        let form = [("grant_type", "client_credentials"), ("scope", "reports")];
        let token = app.http.as_client(&client, "/oauth2/token", &form).await.text("access_token");
        let opened = api.bearer("/secret", &token).await;
        assert_eq!(opened.status, 200, "{}", opened.body);
        assert!(opened.body.contains("You have successfully accessed the secret route"));
        assert_eq!(api.bearer("/secret", "gat_nonsense").await.status, 401);
        assert_eq!(api.get("/secret").await.status, 401);
        drop(child);
    });
}

/// A port for a program that starts later: below those that the system gives to others meanwhile.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 20_000 + u16::try_from(std::process::id() % 10_000).expect("it is small");
    let mut ports = std::iter::repeat_with(|| first + NEXT.fetch_add(1, Ordering::Relaxed));
    ports.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("loopback has a free port")
}

/// Waits until somebody listens.
async fn answers(port: u16) {
    let listens = async {
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, listens).await.expect("the program listens");
}

/// A client with users whose program listens on a port of this machine.
async fn with_users(app: &TestApp, port: u16, auth_method: &str) -> TestClient {
    app.scope("reports").await;
    app.admin("root").await;
    app.user("alice").await;
    let application_type = if auth_method == "none" { "native" } else { "web" };
    app.client(json!({
        "client_name": "Notes",
        "redirect_uris": [format!("http://127.0.0.1:{port}/callback")],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": auth_method,
        "application_type": application_type,
        "scope": "openid profile reports",
    }))
    .await
}

/// Alice follows an address of the program through login and consent, and back to the program.
async fn back_from(app: &TestApp, address: &str) -> String {
    let mut browser = Browser::new(app);
    let path = address.strip_prefix(app.app.issuer()).unwrap_or_else(|| panic!("not at the issuer: {address}"));
    let first = browser.get(path).await;
    let login = browser.follow(first).await;
    let signed_in = browser.submit("/login", &login, &[("username", "alice"), ("password", PASSWORD)]).await;
    let consent = browser.follow(signed_in).await;
    let answer = browser.submit("/consent", &consent, &[("decision", "approve")]).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.location()
}

fn signs_in(language: &'static str, auth_method: &'static str) {
    run(Backend::Sqlite, move |app| async move {
        let port = free_port();
        let client = with_users(&app, port, auth_method).await;
        let Some((_child, _directory)) = start(&app, &client, language).await else { return };
        answers(port).await;
        let own = Http::new(format!("http://127.0.0.1:{port}"));
        // One session with the program, as a browser has it.
        let first: Answer = own.get("/").await;
        assert!(first.status.is_redirection(), "{}", first.body);
        let cookie = first.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
        let back = back_from(&app, &first.location()).await;
        let path = back.strip_prefix(&own.base).unwrap_or_else(|| panic!("not at the program: {back}"));
        let signed_in = own.send("GET", path, &[("cookie", &cookie)], None).await;
        assert_eq!(signed_in.status, 200, "{}", signed_in.body);
        let claims: Value = serde_json::from_str(&signed_in.body).expect("JSON");
        assert_eq!(claims["aud"], client.id.as_str(), "{claims}");
        assert_eq!(claims["iss"], app.app.issuer());
    });
}

#[test]
fn javascript_signs_users_in() {
    signs_in("javascript", "client_secret_basic");
}

#[test]
fn javascript_without_a_secret_signs_users_in() {
    signs_in("javascript", "none");
}

#[test]
fn python_signs_users_in() {
    signs_in("python", "client_secret_basic");
}

#[test]
fn python_without_a_secret_signs_users_in() {
    signs_in("python", "none");
}

#[test]
fn go_signs_users_in() {
    signs_in("go", "client_secret_basic");
}

fn curl_signs_in(auth_method: &'static str) {
    run(Backend::Sqlite, move |app| async move {
        let client = with_users(&app, free_port(), auth_method).await;
        let Some((mut child, _directory)) = start(&app, &client, "curl").await else { return };
        let mut lines = BufReader::new(child.0.stdout.take().expect("it is piped"));
        let (lines, address) = spawn_blocking(move || {
            let mut address = String::new();
            lines.read_line(&mut address).expect("it prints an address");
            (lines, address)
        })
        .await
        .expect("it prints an address");
        let back = back_from(&app, address.trim()).await;
        let code = back.split("code=").nth(1).and_then(|rest| rest.split('&').next()).expect("a code").to_owned();
        child.0.stdin.take().expect("it is piped").write_all(format!("{code}\n").as_bytes()).expect("it reads");
        let rest = spawn_blocking(move || {
            let (mut lines, mut rest) = (lines, String::new());
            lines.read_to_string(&mut rest).map(|_| rest)
        })
        .await
        .expect("it answers")
        .expect("text");
        let tokens: Value = serde_json::from_str(&rest[rest.find('{').expect("JSON")..]).expect("JSON");
        assert!(tokens["access_token"].as_str().is_some_and(|token| token.starts_with("gat_")), "{tokens}");
        assert!(tokens["id_token"].is_string());
    });
}

#[test]
fn curl_signs_users_in() {
    curl_signs_in("client_secret_basic");
}

#[test]
fn curl_without_a_secret_signs_users_in() {
    curl_signs_in("none");
}

/// A device's program: it prints where to go, and ends when somebody has allowed it.
fn connects_a_device(language: &'static str, auth_method: &'static str) {
    run(Backend::Sqlite, move |app| async move {
        app.scope("reports").await;
        app.admin("root").await;
        app.user("alice").await;
        let client = app
            .client(json!({
                "client_name": "Television",
                "grant_types": ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"],
                "token_endpoint_auth_method": auth_method,
                "scope": "openid profile reports",
            }))
            .await;
        let Some((mut child, _directory)) = start(&app, &client, language).await else { return };
        let mut lines = BufReader::new(child.0.stdout.take().expect("it is piped"));
        let (lines, address) = spawn_blocking(move || {
            let mut line = String::new();
            lines.read_line(&mut line).expect("it prints an address");
            (lines, line)
        })
        .await
        .expect("it prints an address");
        let address = address.trim().trim_start_matches("Open ");
        let path = address.strip_prefix(app.app.issuer()).unwrap_or_else(|| panic!("not at the issuer: {address}"));
        let mut browser = Browser::new(&app);
        let page = browser.get(path).await;
        let code = page.attribute("#user_code", "value").expect("the code is filled in");
        let entered = browser.submit("/device", &page, &[("user_code", &code)]).await;
        let login = browser.follow(entered).await;
        let signed_in = browser.submit("/login", &login, &[("username", "alice"), ("password", PASSWORD)]).await;
        let consent = browser.follow(signed_in).await;
        let allowed = browser.submit("/consent", &consent, &[("decision", "approve")]).await;
        assert_eq!(allowed.status, 303, "{}", allowed.body);
        // The device's next poll is in time by the clock of the test, too.
        app.clock.advance(5);
        let rest = spawn_blocking(move || {
            let (mut lines, mut rest) = (lines, String::new());
            lines.read_to_string(&mut rest).map(|_| rest)
        });
        let rest = tokio::time::timeout(PATIENCE, rest).await.expect("in time").expect("it answers").expect("text");
        let is_connected = ["access_token", "access token until", &client.id].iter().any(|sign| rest.contains(sign));
        assert!(is_connected, "{rest}");
    });
}

#[test]
fn curl_connects_a_device() {
    connects_a_device("curl", "none");
}

#[test]
fn curl_with_a_secret_connects_a_device() {
    connects_a_device("curl", "client_secret_basic");
}

#[test]
fn javascript_connects_a_device() {
    connects_a_device("javascript", "none");
}

#[test]
fn python_connects_a_device() {
    connects_a_device("python", "none");
}

#[test]
fn go_connects_a_device() {
    connects_a_device("go", "none");
}
