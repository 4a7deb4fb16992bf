//! The three journeys, on the real program in a real browser: an admin registers a client, an app gets a token, a user
//! consents.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::thread;

use tempfile::TempDir;

use crate::cdp::{Browser, Page};
use crate::{browser_or_skip, switch};

/// The program, started in an empty directory.
pub struct Server {
    child: Child,
    setup_link: String,
    issuer: String,
    directory: TempDir,
}

impl Server {
    pub fn start() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mut child = Command::new(env!("CARGO_BIN_EXE_grantor"))
            .current_dir(directory.path())
            // The tests' own switches are no settings of the server.
            .env_clear()
            .env("GRANTOR_LISTEN", "127.0.0.1:0")
            .env("RUST_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        let setup_link = output
            .lines()
            .map_while(Result::ok)
            .find_map(|line| line.contains("/setup?token=").then(|| line.trim().to_owned()))
            .expect("a new database prints a set-up link");
        let issuer = setup_link.split("/setup").next().expect("the issuer").to_owned();
        Self { child, setup_link, issuer, directory }
    }

    /// Runs a command beside the server; gives what it prints.
    pub fn command(&self, arguments: &[&str], input: &str) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_grantor"));
        command.current_dir(self.directory.path()).env_clear().args(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program starts");
        child.stdin.take().expect("it is piped").write_all(input.as_bytes()).expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8(output.stdout).expect("text")
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The app that the browser comes back to: shows what it was sent.
pub fn app() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let port = listener.local_addr().expect("it is bound").port();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 8192];
            let _ = stream.read(&mut request);
            let body = "<!doctype html><link rel=icon href=data:,><h1 id=back>Back at the app</h1>";
            let head = format!("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\n\r\n", body.len());
            let _ = stream.write_all(format!("{head}{body}").as_bytes());
        }
    });
    port
}

/// A form sent by a program.
fn post(url: &str, basic: Option<(&str, &str)>, form: &[(&str, &str)]) -> serde_json::Value {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut request = reqwest::Client::new().post(url).form(form);
        if let Some((id, secret)) = basic {
            request = request.basic_auth(id, Some(secret));
        }
        request.send().await.expect("an answer").json().await.expect("JSON")
    })
}

fn picture(page: &Page<'_>, name: &str) {
    if let Some(directory) = switch("GRANTOR_TEST_PICTURES") {
        page.screenshot(format!("{directory}/{name}.png"), 1200, 820, false);
        page.screenshot(format!("{directory}/{name}-dark.png"), 1200, 820, true);
        page.screenshot(format!("{directory}/{name}-narrow.png"), 360, 760, false);
    }
    assert!(!page.has_horizontal_scroll(320), "{name} scrolls sideways on a telephone");
}

/// Every page that a link of the navigation leads to, and the forms behind them.
const PLACES: [(&str, &str); 26] = [
    ("/account/applications", "applications"),
    ("/account", "account"),
    ("/account/sessions", "sessions"),
    ("/account/password", "password"),
    ("/admin", "console"),
    ("/admin/clients", "clients"),
    ("/admin/scopes", "scopes"),
    ("/admin/resources", "resources"),
    ("/admin/users", "users"),
    ("/admin/grants", "grants"),
    ("/admin/keys", "keys"),
    ("/admin/audit-log", "audit-log"),
    ("/admin/clients/new", "client-new"),
    ("/admin/users/new", "user-new"),
    ("/admin/scopes/new", "scope-new"),
    ("/admin/resources/new", "resource-new"),
    ("/admin/logout-deliveries", "sign-outs"),
    ("/admin/mails", "mails"),
    ("/admin/registration-tokens", "registration-tokens"),
    ("/admin/settings", "settings"),
    ("/admin/settings/branding", "settings-branding"),
    ("/admin/settings/lifetimes", "settings-lifetimes"),
    ("/admin/settings/access", "settings-access"),
    ("/admin/settings/limits", "settings-limits"),
    ("/admin/settings/retention", "settings-retention"),
    ("/admin/settings/configuration", "settings-configuration"),
];

pub const PASSWORD: &str = "tulip anchor seven bread";

/// The page of the first admin, at the console.
fn set_up<'browser>(browser: &'browser Browser, server: &Server) -> Page<'browser> {
    let admin = browser.page();
    admin.goto(&server.setup_link);
    picture(&admin, "setup");
    admin.fill("#username", "root");
    admin.fill("#email", "root@example.com");
    admin.fill("#password", PASSWORD);
    admin.click("#setup-submit");
    admin.wait_for("nav.places a[href='/admin/clients']");
    admin
}

#[test]
fn an_admin_registers_clients_an_app_gets_a_token_and_a_user_consents() {
    let Some(browser) = browser_or_skip() else { return };
    let server = Server::start();
    let admin = set_up(&browser, &server);
    assert_eq!(admin.url(), server.url("/admin"));
    picture(&admin, "console-empty");

    // A scope and a machine client.
    admin.goto(&server.url("/admin/scopes/new"));
    admin.fill("#name", "secret");
    admin.fill("#description", "Open the secret route");
    admin.click("main form button[type=submit]");
    assert!(admin.text("main").contains("secret"));
    admin.goto(&server.url("/admin/clients/new"));
    picture(&admin, "client-new");
    admin.click("input[name=kind][value=machine]");
    admin.fill("#client_name", "Nightly job");
    admin.click("input[name=scope][value=secret]");
    admin.click("main form button[type=submit]");
    picture(&admin, "client-secret");
    let shown = admin.text("main");
    let word = |prefix: &str| {
        shown
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'))
            .find(|word| word.starts_with(prefix))
            .unwrap_or_else(|| panic!("no {prefix} in {shown}"))
            .to_owned()
    };
    let (id, secret) = (word("c_"), word("gcs_"));

    // The app gets a token.
    let form = [("grant_type", "client_credentials"), ("scope", "secret")];
    let token = post(&server.url("/oauth2/token"), Some((&id, &secret)), &form);
    assert_eq!(token["scope"], "secret", "{token}");

    // A public client, and a user who consents.
    let port = app();
    let callback = format!("http://127.0.0.1:{port}/callback");
    admin.goto(&server.url("/admin/clients/new"));
    admin.click("input[name=kind][value=native]");
    admin.fill("#client_name", "Acme Reports");
    admin.fill("#redirect_uris", &callback);
    admin.click("input[name=scope][value=secret]");
    admin.click("main form button[type=submit]");
    picture(&admin, "client");
    let public = admin.text("#client-id").trim().to_owned();

    let user = browser.page();
    let query = format!(
        "response_type=code&client_id={public}&redirect_uri={callback}&scope=secret&state=s1\
         &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
    );
    user.goto(&server.url(&format!("/oauth2/authorize?{query}")));
    picture(&user, "login");
    user.fill("#username", "root@example.com");
    user.fill("#password", PASSWORD);
    user.click("#login-submit");
    let asked = user.text("main");
    for named in ["Acme Reports", "127.0.0.1", "Open the secret route"] {
        assert!(asked.contains(named), "{named}: {asked}");
    }
    picture(&user, "consent");
    user.click("#consent-approve");
    assert_eq!(user.text("h1"), "Back at the app");
    let landed = user.url();
    assert!(landed.starts_with(&callback), "{landed}");
    let code = landed.split("code=").nth(1).and_then(|rest| rest.split('&').next()).expect("a code").to_owned();
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", public.as_str()),
        ("code", code.as_str()),
        ("redirect_uri", callback.as_str()),
        ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
    ];
    let tokens = post(&server.url("/oauth2/token"), None, &form);
    assert!(tokens["refresh_token"].as_str().is_some_and(|token| token.starts_with("grt_")), "{tokens}");

    // The user sees the app, and every page of the console and the account fits a telephone, in every language.
    for language in ["en", "ko"] {
        admin.goto(&server.url(&format!("/language?to={language}&return_to=/account")));
        assert_eq!(
            admin.text("html > head > title"),
            if language == "ko" { "프로필 · Grantor" } else { "Profile · Grantor" }
        );
        for (path, name) in PLACES {
            admin.goto(&server.url(path));
            picture(&admin, &format!("{name}-{language}"));
        }
    }
    for page in [&admin, &user] {
        assert_eq!(page.console_errors(), Vec::<String>::new(), "nothing is blocked or missing");
    }
}

#[test]
fn a_brand_is_seen_before_it_is_saved() {
    let Some(browser) = browser_or_skip() else { return };
    let server = Server::start();
    let admin = set_up(&browser, &server);
    admin.goto(&server.url("/admin/settings/branding"));
    // The frame follows what is filled in, and the page stays.
    admin.eval(
        "document.querySelector('iframe').addEventListener('load', () => { window.shown = (window.shown || 0) + 1 })",
    );
    admin.fill("#name", "Acme ID");
    admin.fill("#accent", "#7a2048");
    admin.fill("#login_text_en", "For staff of Acme.");
    admin.eval("document.querySelector('#accent').dispatchEvent(new Event('change', { bubbles: true }))");
    admin.eval("new Promise(done => { const look = () => window.shown ? done(true) : setTimeout(look, 20); look() })");
    assert_eq!(admin.url(), server.url("/admin/settings/branding"));
    picture(&admin, "branding-preview");
    admin.click("main form button[type=submit]");
    assert_eq!(admin.text(".brand").trim(), "Acme ID");
    let accent = "getComputedStyle(document.querySelector('button.primary')).backgroundColor";
    assert_eq!(admin.eval(accent), "rgb(122, 32, 72)");
    let stranger = browser.page();
    stranger.goto(&server.url("/login"));
    assert_eq!(stranger.eval(accent), "rgb(122, 32, 72)");
    assert!(stranger.text("main").contains("For staff of Acme."));
    picture(&stranger, "branding-login");
    for page in [&admin, &stranger] {
        assert_eq!(page.console_errors(), Vec::<String>::new(), "nothing is blocked or missing");
    }
}

#[test]
fn a_form_leads_to_the_app_by_every_way_there_is() {
    let Some(browser) = browser_or_skip() else { return };
    let server = Server::start();
    let callback = format!("http://127.0.0.1:{}/callback", app());
    server.command(&["user", "create", "--username", "alice", "--password-stdin"], PASSWORD);
    let metadata = serde_json::json!({
        "client_name": "Acme Reports", "redirect_uris": [callback], "post_logout_redirect_uris": [callback],
    });
    let created = server.command(&["client", "create", "--metadata", "-"], &metadata.to_string());
    let created: serde_json::Value = serde_json::from_str(&created).expect("JSON");
    let client = created["client_id"].as_str().expect("an id");
    let request = format!(
        "/oauth2/authorize?response_type=code&client_id={client}&redirect_uri={callback}&scope=openid%20profile\
         &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
    );
    let page = browser.page();
    let sign_in = || {
        page.fill("#username", "alice");
        page.fill("#password", PASSWORD);
        page.click("#login-submit");
    };
    let is_back = |way: &str| {
        assert_eq!(page.text("h1"), "Back at the app", "{way}: {}", page.url());
        assert!(page.url().starts_with(&callback), "{way}: {}", page.url());
    };

    page.goto(&server.url(&request));
    sign_in();
    page.click("#consent-approve");
    is_back("by the consent page");
    // The consent is remembered, so the login page is the last of ours.
    page.goto(&server.url(&format!("{request}&prompt=login")));
    sign_in();
    is_back("by the login page");
    page.goto(&server.url(&format!("{request}&response_mode=form_post")));
    page.wait_for("#back");
    is_back("by a form that sends itself");
    page.goto(&server.url(&format!("{request}&prompt=consent")));
    page.click("#consent-deny");
    is_back("by a denial");
    page.goto(&server.url(&format!("/oauth2/logout?client_id={client}&post_logout_redirect_uri={callback}")));
    page.click("#logout-confirm");
    is_back("by a logout");
    page.goto(&server.url(&format!("{request}&prompt=none")));
    assert!(page.url().contains("error=login_required"), "{}", page.url());
    assert_eq!(page.console_errors(), Vec::<String>::new(), "nothing is blocked");
}
