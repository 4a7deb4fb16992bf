//! The programs that the console offers for a client, run as they are against a server.
//!
//! A program runs where its tools are: curl and openssl from the path, the others from the directory that
//! `GRANTOR_TEST_SNIPPETS` names, which `tests/snippets/install DIRECTORY` fills. Without, it is skipped.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use grantor::clock::Clock;
use grantor::domain::client::TokenFormat;
use grantor::management::{self, resources::NewResource};
use grantor::web::routes::with_query;
use serde_json::{Value, json};
use tokio::task::spawn_blocking;

use crate::support::app::{Backend, PASSWORD, TestApp, TestClient, run};
use crate::support::http::{Answer, Browser, Http};
use crate::support::jose::verified;
use crate::support::switch;

/// Long enough for a compiler on a machine with other work.
const PATIENCE: Duration = Duration::from_secs(600);

/// What programs on a user's machine ask for tokens of.
const API: &str = "https://api.example/";

/// Where Debian puts Apache's.
const APACHE_MODULES: &str = "/usr/lib/apache2/modules";

/// Where the languages' libraries are installed.
fn tools() -> Option<PathBuf> {
    switch("GRANTOR_TEST_SNIPPETS").map(PathBuf::from)
}

fn is_there(command: &str) -> bool {
    Command::new(command).arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// A program that ends with its test, and whatever it started.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let group = format!("-{}", self.0.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.0.wait();
    }
}

impl Running {
    fn start(mut command: Command) -> Self {
        Self(command.process_group(0).spawn().expect("the program starts"))
    }

    /// What it prints until it ends.
    async fn output(mut self) -> String {
        let (out, err) = (self.0.stdout.take().expect("piped"), self.0.stderr.take().expect("piped"));
        let (printed, errors) = tokio::join!(rest_of(out), rest_of(err));
        assert!(self.0.wait().expect("it ends").success(), "{printed}{errors}");
        printed
    }

    /// The first line that it prints, and the way to the rest.
    async fn first_line(&mut self) -> (String, BufReader<ChildStdout>) {
        let mut lines = BufReader::new(self.0.stdout.take().expect("it is piped"));
        let line = spawn_blocking(move || {
            let mut line = String::new();
            lines.read_line(&mut line).map(|_| (line, lines))
        });
        let (line, lines) =
            tokio::time::timeout(PATIENCE, line).await.expect("in time").expect("it prints a line").expect("text");
        if line.is_empty() {
            let mut errors = String::new();
            let _ = self.0.stderr.take().expect("it is piped").read_to_string(&mut errors);
            panic!("it ends: {errors}");
        }
        (line, lines)
    }

    /// Answers a question of the program.
    fn tell(&mut self, line: &str) {
        let mut input = self.0.stdin.take().expect("it is piped");
        input.write_all(format!("{line}\n").as_bytes()).expect("it reads");
    }
}

async fn rest_of(mut pipe: impl Read + Send + 'static) -> String {
    let rest = spawn_blocking(move || {
        let mut rest = String::new();
        pipe.read_to_string(&mut rest).map(|_| rest)
    });
    tokio::time::timeout(PATIENCE, rest).await.expect("in time").expect("it answers").expect("text")
}

/// The files that a program is saved as.
fn files(language: &str) -> &'static [&'static str] {
    match language {
        "curl" => &["app.sh"],
        "javascript" => &["app.mjs"],
        "rust" => &["src/main.rs"],
        "go" => &["main.go"],
        "spring" => &["pom.xml", "src/main/resources/application.yml", "src/main/java/app/App.java"],
        "nginx" | "apache" => &["snippet.conf"],
        _ => &["app.py"],
    }
}

/// How to run a program of one language that is saved in `directory`.
fn runner(language: &str, directory: &Path) -> Option<Command> {
    let tools = || tools().filter(|tools| tools.join(language).exists());
    let link = |name: &str, target: PathBuf| {
        std::os::unix::fs::symlink(target, directory.join(name)).expect("a link to the libraries");
    };
    let with = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments);
        command
    };
    let mut command = match language {
        "curl" if is_there("curl") && is_there("openssl") => with("sh", &["app.sh"]),
        "javascript" => {
            link("node_modules", tools()?.join("javascript/node_modules"));
            with("node", &["app.mjs"])
        }
        "python" | "hug" => {
            with(tools()?.join(language).join("bin/python").to_str().expect("a path in UTF-8"), &["app.py"])
        }
        "go" => {
            for file in ["go.mod", "go.sum"] {
                link(file, tools()?.join("go").join(file));
            }
            with("go", &["run", "main.go"])
        }
        "rust" => {
            let rust = tools()?.join("rust");
            // A name of its own, or programs that are built at the same time take each other's place.
            let name = directory.file_name().and_then(|name| name.to_str()).expect("a name").replace('.', "_");
            let manifest = std::fs::read_to_string(rust.join("Cargo.toml")).expect("a manifest");
            let manifest = manifest.replace("name = \"app\"", &format!("name = \"app{name}\""));
            std::fs::write(directory.join("Cargo.toml"), manifest).expect("the manifest is saved");
            std::fs::copy(rust.join("Cargo.lock"), directory.join("Cargo.lock")).expect("its versions are saved");
            let mut cargo = with("cargo", &["run", "--quiet", "--offline"]);
            cargo.env("CARGO_TARGET_DIR", rust.join("target"));
            cargo
        }
        "spring" => {
            let repository = format!("-Dmaven.repo.local={}", tools()?.join("spring/repository").display());
            with("mvn", &["--quiet", "--offline", "--batch-mode", &repository, "spring-boot:run"])
        }
        "nginx" if is_there("nginx") => {
            let place = directory.display().to_string();
            with("nginx", &["-p", &place, "-c", "nginx.conf", "-e", "stderr"])
        }
        "apache" if is_there("apache2") && Path::new(APACHE_MODULES).join("mod_auth_openidc.so").exists() => {
            let place = directory.display().to_string();
            with("apache2", &["-D", "FOREGROUND", "-d", &place, "-f", "httpd.conf"])
        }
        _ => return None,
    };
    command.current_dir(directory).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Some(command)
}

/// The files of the program that the console shows for a client.
async fn program(app: &TestApp, client: &TestClient, language: &str) -> Vec<String> {
    let mut admin = Browser::new(app);
    admin.sign_in("root").await;
    let catalog = app.app.store.catalog().await.expect("a catalogue");
    let resource = catalog.resources.keys().next().map_or("", String::as_str);
    let path = with_query(&format!("/admin/clients/{}/connect", client.id), &[("resource", resource)]);
    let page = admin.get(&path).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let html = scraper::Html::parse_document(&page.body);
    let code = scraper::Selector::parse(&format!("#{language} code[id^={language}-code]")).expect("a selector");
    let code: Vec<String> = html.select(&code).map(|code| code.text().collect()).collect();
    assert_eq!(code.len(), files(language).len(), "the program in {language}");
    for text in &code {
        assert!(!text.contains("gcs_"), "a program has no secret in it: {text}");
    }
    code
}

/// Saves a client's program in a directory, and says how to run it, if its tools are there.
async fn prepare(app: &TestApp, client: &TestClient, language: &str) -> Option<(Command, tempfile::TempDir)> {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let Some(mut command) = runner(language, directory.path()) else {
        eprintln!("SKIPPED: the tools for {language} are not installed");
        return None;
    };
    for (name, code) in files(language).iter().zip(program(app, client, language).await) {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("its directory is made");
        std::fs::write(path, code).expect("the program is saved");
    }
    command.env("CLIENT_SECRET", client.secret.as_deref().unwrap_or_default());
    Some((command, directory))
}

/// Starts a client's program, if its tools are there.
async fn start(app: &TestApp, client: &TestClient, language: &str) -> Option<(Running, tempfile::TempDir)> {
    let (command, directory) = prepare(app, client, language).await?;
    Some((Running::start(command), directory))
}

/// Replaces what a reader of the program would replace.
fn edit(directory: &Path, file: &str, from: &str, to: &str) {
    let file = directory.join(file);
    let code = std::fs::read_to_string(&file).expect("it was saved");
    assert!(code.contains(from), "{from} is in {code}");
    std::fs::write(&file, code.replace(from, to)).expect("the program is saved");
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

/// Without a secret, with a key of its own.
#[test]
fn javascript_with_a_key_gets_a_machine_its_token() {
    run(Backend::Sqlite, |app| async move {
        app.scope("reports").await;
        app.admin("root").await;
        let client = app
            .client(json!({
                "client_name": "Job", "grant_types": ["client_credentials"], "scope": "reports",
                "token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [key(false)]},
            }))
            .await;
        let Some((command, directory)) = prepare(&app, &client, "javascript").await else { return };
        std::fs::write(directory.path().join("private-key.json"), key(true).to_string()).expect("the key is saved");
        let said = Running::start(command).output().await;
        assert!(said.contains("client_id") && said.contains(&client.id), "{said}");
    });
}

/// A key, made for nothing else.
fn key(is_private: bool) -> Value {
    let mut key = json!({
        "kty": "EC", "crv": "P-256", "kid": "1", "alg": "ES256",
        "x": "YR0Z4mQJCHPOTMKlupF-Oa2eCv3fauSHt3igtYcKR0g",
        "y": "N9UenIHz0wb0yP3bARODmi6yNxO4se8AlmbLKTRd_HQ",
    });
    if is_private {
        key["d"] = "5Y6AvTIdT8CzOQoHKuLEUvxYKjaYT3odVU9Lzamt4oc".into();
    }
    key
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
fn rust_gets_a_machine_its_token() {
    machine_runs("rust");
}

#[test]
fn spring_gets_a_machine_its_token() {
    machine_runs("spring");
}

/// A token of the machine for `scope`.
async fn machine_token(app: &TestApp, machine: &TestClient, scope: &str) -> String {
    let form = [("grant_type", "client_credentials"), ("scope", scope)];
    app.http.as_client(machine, "/oauth2/token", &form).await.text("access_token")
}

/// hug's program beside a client of either kind that it is offered for.
async fn hug_opens_its_route(app: TestApp, client: TestClient) {
    let Some((mut command, directory)) = prepare(&app, &client, "hug").await else { return };
    let port = free_port();
    edit(directory.path(), "app.py", "port=8000", &format!("port={port}"));
    command.env("CLIENT_SECRET", client.secret.as_deref().unwrap_or_default());
    let _running = Running::start(command);
    answers(port).await;
    let api = Http::new(format!("http://127.0.0.1:{port}"));
    let machine = app.machine("reports").await;
    let token = machine_token(&app, &machine, "reports").await;
    let opened = api.bearer("/secret", &token).await;
    assert_eq!(opened.status, 200, "{}", opened.body);
    assert!(opened.body.contains("You have successfully accessed the secret route"));
    assert_eq!(api.bearer("/secret", "gat_nonsense").await.status, 401);
    assert_eq!(api.get("/secret").await.status, 401);
}

#[test]
fn hug_opens_a_route_for_valid_tokens_only() {
    run(Backend::Sqlite, |app| async move {
        let client = a_machine(&app).await;
        hug_opens_its_route(app, client).await;
    });
}

#[test]
fn hug_opens_a_route_beside_a_web_application() {
    run(Backend::Sqlite, |app| async move {
        let client = with_users(&app, free_port(), "client_secret_basic").await;
        hug_opens_its_route(app, client).await;
    });
}

#[test]
fn nginx_lets_tokens_of_the_clients_scope_to_an_api() {
    run(Backend::Sqlite, |app| async move {
        app.scope("other").await;
        let client = a_machine(&app).await;
        let Some((command, directory)) = prepare(&app, &client, "nginx").await else { return };
        let (port, api) = (free_port(), free_port());
        edit(directory.path(), "snippet.conf", "127.0.0.1:3000", &format!("127.0.0.1:{api}"));
        let paths: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {};\n", directory.path().join(name).display()))
            .concat();
        let around = format!(
            "daemon off; pid nginx.pid; events {{}} http {{ access_log off; {paths} \
             server {{ listen 127.0.0.1:{api}; return 200 'the API'; }} \
             server {{ listen 127.0.0.1:{port}; include snippet.conf; }} }}"
        );
        std::fs::write(directory.path().join("nginx.conf"), around).expect("the configuration is saved");
        let _running = Running::start(command);
        answers(port).await;
        let nginx = Http::new(format!("http://127.0.0.1:{port}"));
        let opened = nginx.bearer("/api/", &machine_token(&app, &client, "reports").await).await;
        assert_eq!((opened.status.as_u16(), opened.body.as_str()), (200, "the API"));
        let other = app.machine("other").await;
        let lacking = nginx.bearer("/api/", &machine_token(&app, &other, "other").await).await;
        assert_eq!(lacking.status, 403, "a token for something else");
        for header in ["Bearer gat_nonsense", "Bearer a b", "Basic eDp5", "Bearer"] {
            let refused = nginx.send("GET", "/api/", &[("authorization", header)], None).await;
            assert_eq!(refused.status, 401, "{header}: {}", refused.body);
            assert!(refused.header("www-authenticate").starts_with("Bearer"), "{header}: {:?}", refused.headers);
        }
        assert_eq!(nginx.get("/api/").await.status, 401);
        assert_eq!(nginx.get("/_token").await.status, 404, "nobody asks from outside");
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
    with_users_for(app, port, auth_method, "openid profile reports").await
}

async fn with_users_for(app: &TestApp, port: u16, auth_method: &str, scope: &str) -> TestClient {
    app.scope("reports").await;
    app.admin("root").await;
    app.user("alice").await;
    let application_type = if auth_method == "none" { "native" } else { "web" };
    if application_type == "native" {
        // Its program asks for tokens of an API.
        let api = NewResource {
            uri: API.to_owned(),
            name: "API".to_owned(),
            token_format: Some(TokenFormat::Jwt),
            ..NewResource::default()
        };
        let (context, catalog) = (app.context(), app.app.store.catalog().await.expect("a catalogue"));
        app.manage(move |connection| management::resources::create(connection, &context, &api, &catalog.scopes)).await;
    }
    app.client(json!({
        "client_name": "Notes",
        "redirect_uris": [format!("http://127.0.0.1:{port}/callback")],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": auth_method,
        "application_type": application_type,
        "scope": scope,
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

/// Opens the program in a browser, signs in, and says what the program answers in the end.
async fn opened_by_alice(app: &TestApp, port: u16) -> Answer {
    let own = Http::new(format!("http://127.0.0.1:{port}"));
    let mut browser = Browser::at(&own);
    let mut answer = browser.get("/").await;
    for _ in 0..6 {
        let location = answer.location();
        if !answer.status.is_redirection() {
            break;
        }
        let address = if location.starts_with(app.app.issuer()) { back_from(app, &location).await } else { location };
        let path = address.strip_prefix(&own.base).unwrap_or(&address);
        assert!(path.starts_with('/'), "not at the program: {address}");
        answer = browser.get(path).await;
    }
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer
}

/// Whether the claims of a program that shows them are of this client's ID token.
fn assert_claims(app: &TestApp, client: &TestClient, shown: &str) {
    let claims: Value = serde_json::from_str(shown).expect("JSON");
    let aud = if claims["aud"].is_array() { &claims["aud"][0] } else { &claims["aud"] };
    assert_eq!(aud, client.id.as_str(), "{claims}");
    assert_eq!(claims["iss"], app.app.issuer());
}

fn signs_in(language: &'static str, auth_method: &'static str) {
    run(Backend::Sqlite, move |app| async move {
        let port = free_port();
        let client = with_users(&app, port, auth_method).await;
        let Some((_child, _directory)) = start(&app, &client, language).await else { return };
        answers(port).await;
        let shown = opened_by_alice(&app, port).await;
        assert_claims(&app, &client, &shown.body);
    });
}

/// Without `openid` there is no ID token: the program says what it got.
fn gets_tokens(language: &'static str) {
    run(Backend::Sqlite, move |app| async move {
        let port = free_port();
        let client = with_users_for(&app, port, "client_secret_basic", "reports").await;
        let Some((_child, _directory)) = start(&app, &client, language).await else { return };
        answers(port).await;
        let shown = opened_by_alice(&app, port).await;
        assert!(shown.body.contains("reports"), "{}", shown.body);
    });
}

#[test]
fn javascript_without_openid_gets_tokens() {
    gets_tokens("javascript");
}

#[test]
fn python_without_openid_gets_tokens() {
    gets_tokens("python");
}

#[test]
fn go_without_openid_gets_tokens() {
    gets_tokens("go");
}

#[test]
fn go_without_a_secret_signs_users_in() {
    signs_in("go", "none");
}

#[test]
fn spring_signs_users_in() {
    signs_in("spring", "client_secret_basic");
}

/// The program in Rust waits for one answer, after it has printed where to go.
fn rust_signs_in(auth_method: &'static str, scope: &'static str) {
    run(Backend::Sqlite, move |app| async move {
        let port = free_port();
        let client = with_users_for(&app, port, auth_method, scope).await;
        let Some((mut child, _directory)) = start(&app, &client, "rust").await else { return };
        let (line, _rest) = child.first_line().await;
        let back = back_from(&app, line.trim().trim_start_matches("Open ")).await;
        answers(port).await;
        let own = Http::new(format!("http://127.0.0.1:{port}"));
        let shown = own.get(back.strip_prefix(&own.base).expect("at the program")).await;
        if scope.contains("openid") {
            assert_claims(&app, &client, &shown.body);
        } else {
            assert!(shown.body.contains("reports"), "{}", shown.body);
        }
    });
}

#[test]
fn rust_signs_users_in() {
    rust_signs_in("client_secret_basic", "openid profile reports");
}

#[test]
fn rust_without_a_secret_signs_users_in() {
    rust_signs_in("none", "openid profile reports");
}

#[test]
fn rust_without_openid_gets_tokens() {
    rust_signs_in("client_secret_basic", "reports");
}

#[test]
fn apache_signs_users_in_to_a_page() {
    run(Backend::Sqlite, |app| async move {
        let port = free_port();
        let client = with_users(&app, port, "client_secret_basic").await;
        let Some((command, directory)) = prepare(&app, &client, "apache").await else { return };
        let modules: String = ["mpm_event", "authn_core", "authz_core", "authz_user", "dir", "auth_openidc"]
            .map(|name| format!("LoadModule {name}_module {APACHE_MODULES}/mod_{name}.so\n"))
            .concat();
        // Apache as Debian installs it, as far as this needs it. Started by root, it works as somebody else.
        let around = format!(
            "{modules}ServerName 127.0.0.1\nListen 127.0.0.1:{port}\nPidFile httpd.pid\nErrorLog /dev/stderr\n\
             User www-data\nGroup www-data\nDocumentRoot pages\nInclude snippet.conf\n"
        );
        std::fs::write(directory.path().join("httpd.conf"), around).expect("the configuration is saved");
        std::fs::create_dir(directory.path().join("pages")).expect("a directory for pages");
        std::fs::write(directory.path().join("pages/index.html"), "the protected page").expect("a page");
        std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o755)).expect("others may read");
        let _running = Running::start(command);
        answers(port).await;
        assert_eq!(opened_by_alice(&app, port).await.body, "the protected page");
    });
}

/// The module of an application in a browser, with what a browser would give it.
const BROWSER: &str = r#"
import readline from "node:readline";
const kept = new Map();
globalThis.sessionStorage = {
  getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => kept.set(name, value), removeItem: (name) => kept.delete(name),
};
globalThis.location = { assign: (address) => console.log(String(address)) };
const { signIn, signedIn } = await import("./sign-in.mjs");
await signIn();
for await (const line of readline.createInterface({ input: process.stdin })) {
  location.href = line;
  console.log(JSON.stringify((await signedIn()).claims()));
  process.exit();
}
"#;

#[test]
fn javascript_signs_users_in_within_a_page() {
    run(Backend::Sqlite, |app| async move {
        app.scope("reports").await;
        app.admin("root").await;
        app.user("alice").await;
        let client = app
            .client(json!({
                "client_name": "Notes",
                "redirect_uris": ["http://127.0.0.1:7777/callback"],
                "token_endpoint_auth_method": "none",
                "scope": "openid profile reports",
            }))
            .await;
        let Some((command, directory)) = prepare(&app, &client, "javascript").await else { return };
        let place = directory.path();
        std::fs::rename(place.join("app.mjs"), place.join("sign-in.mjs")).expect("the module is saved");
        std::fs::write(place.join("app.mjs"), BROWSER).expect("what a browser gives it is saved");
        let mut child = Running::start(command);
        let (address, lines) = child.first_line().await;
        child.tell(&back_from(&app, address.trim()).await);
        assert_claims(&app, &client, rest_of(lines).await.trim());
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
        let (address, lines) = child.first_line().await;
        let back = back_from(&app, address.trim()).await;
        child.tell(back.split("code=").nth(1).and_then(|rest| rest.split('&').next()).expect("a code"));
        let rest = rest_of(lines).await;
        let tokens: Value = serde_json::from_str(&rest[rest.find('{').expect("JSON")..]).expect("JSON");
        let token = tokens["access_token"].as_str().expect("a token");
        match client.secret {
            Some(_) => assert!(token.starts_with("gat_"), "{tokens}"),
            None => drop(verified(&app.http, token, API).await),
        }
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

/// Moves the clock a little faster than the machine's goes, by which a device waits for its next poll.
async fn go_on(clock: Clock) {
    let mut second = tokio::time::interval(Duration::from_millis(900));
    loop {
        second.tick().await;
        clock.advance(1);
    }
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
        let (address, lines) = child.first_line().await;
        tokio::spawn(go_on(app.clock.clone()));
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
        let rest = rest_of(lines).await;
        let is_connected = ["access_token", "access token", &client.id].iter().any(|sign| rest.contains(sign));
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

#[test]
fn rust_connects_a_device() {
    connects_a_device("rust", "none");
}

#[test]
fn rust_with_a_secret_connects_a_device() {
    connects_a_device("rust", "client_secret_basic");
}

#[test]
fn javascript_with_a_secret_connects_a_device() {
    connects_a_device("javascript", "client_secret_basic");
}

#[test]
fn python_with_a_secret_connects_a_device() {
    connects_a_device("python", "client_secret_basic");
}

#[test]
fn go_with_a_secret_connects_a_device() {
    connects_a_device("go", "client_secret_basic");
}
