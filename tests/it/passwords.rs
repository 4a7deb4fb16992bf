//! NIST SP 800-63B-4 §3.1.1.2: which passwords may be chosen, wherever somebody chooses one, and what is said of the others.

use std::io::Write;

use grantor::config::Config;
use grantor::web::routes;
use tempfile::NamedTempFile;

use crate::support::app::{Backend, PASSWORD, TestApp, on_both_databases, run_prepared};
use crate::support::http::{Answer, Browser};
use crate::support::process::Settings;

on_both_databases!(
    an_easy_password_is_refused_with_the_reason_wherever_one_is_chosen,
    the_meter_rates_what_is_typed,
    the_meter_is_for_our_own_pages_and_in_measure,
);

/// A good password, if it had not been stolen.
const STOLEN: &str = "velvet canyon orbit lemon";
/// What is said of it, in part.
const STOLEN_ELSEWHERE: &str = "stolen elsewhere";

/// A list with [`STOLEN`] among others. `SHA1("velvet canyon orbit lemon")`, and what sorts before and after it.
fn list() -> NamedTempFile {
    use aws_lc_rs::digest;
    let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, STOLEN.as_bytes());
    let hash = digest.as_ref().iter().fold(String::new(), |hash, byte| format!("{hash}{byte:02X}"));
    let mut file = NamedTempFile::new().expect("a temporary file");
    write!(file, "{}:3\r\n{hash}:17\r\n{}:1\r\n", "0".repeat(40), "F".repeat(40)).expect("it can be written");
    file
}

fn on<F: Future<Output = ()>>(backend: Backend, test: impl FnOnce(TestApp) -> F) {
    let list = list();
    let mut config = Config::for_tests();
    config.breached_passwords = Some(list.path().to_owned());
    run_prepared(backend, config, |_| {}, test);
}

#[test]
fn sqlite_a_breached_password_is_refused_wherever_one_is_chosen() {
    on(Backend::Sqlite, a_breached_password_is_refused_wherever_one_is_chosen);
}

#[test]
fn postgres_a_breached_password_is_refused_wherever_one_is_chosen() {
    on(Backend::Postgres, a_breached_password_is_refused_wherever_one_is_chosen);
}

/// What the three pages where somebody chooses a password say of this one.
async fn chosen_everywhere(app: &TestApp, password: &str) -> [Answer; 3] {
    let link = grantor::serve::setup_link(&app.app).await.unwrap().expect("there is no admin yet");
    let mut browser = Browser::new(app);
    let page = browser.get(link.strip_prefix(app.app.issuer()).unwrap()).await;
    let form = [("username", "root"), ("email", "root@example.com"), ("password", password)];
    let setup = browser.submit("/setup", &page, &form).await;

    let id = app.user("bob").await;
    let context = app.context();
    let token = app.manage(move |connection| grantor::management::users::make_link(connection, &context, &id)).await;
    let mut browser = Browser::new(app);
    let page = browser.get(&routes::set_password(&token)).await;
    let by_link = browser.submit("/set-password", &page, &[("password", password)]).await;

    app.user("carol").await;
    let mut browser = Browser::new(app);
    browser.sign_in("carol").await;
    let page = browser.get("/account/password").await;
    let form = [("current_password", PASSWORD), ("new_password", password)];
    [setup, by_link, browser.submit("/account/password", &page, &form).await]
}

async fn an_easy_password_is_refused_with_the_reason_wherever_one_is_chosen(app: TestApp) {
    for answer in chosen_everywhere(&app, "password1234").await {
        assert_eq!(answer.status, 422, "{}", answer.body);
        let said = answer.find(".field .error").expect("beside its field");
        assert!(said.starts_with("Many people have this password"), "{said}");
    }
    // What is personal is known of each account.
    let mut browser = Browser::new(&app);
    app.user("quentin").await;
    browser.sign_in("quentin").await;
    let page = browser.get("/account/password").await;
    let form = [("current_password", PASSWORD), ("new_password", "quentinquentin")];
    let answer = browser.submit("/account/password", &page, &form).await;
    let said = answer.find("#new_password-error").expect("beside its field");
    assert!(said.contains("whoever knows your name"), "{said}");
}

async fn a_breached_password_is_refused_wherever_one_is_chosen(app: TestApp) {
    for answer in chosen_everywhere(&app, STOLEN).await {
        assert_eq!(answer.status, 422, "{}", answer.body);
        let said = answer.find(".field .error").expect("beside its field");
        assert!(said.contains(STOLEN_ELSEWHERE), "{said}");
    }
    let mut browser = Browser::new(&app);
    browser.sign_in("carol").await;
    let page = browser.get("/account/password").await;
    let rated = browser.submit("/password-strength", &page, &[("password", STOLEN)]).await;
    assert!(
        rated.json()["score"].as_u64() < Some(4) && rated.text("words").contains(STOLEN_ELSEWHERE),
        "{}",
        rated.body
    );
    let form = [("current_password", PASSWORD), ("new_password", "pebble violin harbour nine")];
    assert_eq!(browser.submit("/account/password", &page, &form).await.status, 303, "one that is not in the list");
}

#[test]
fn the_command_line_holds_to_the_rules() {
    let (directory, list) = (tempfile::tempdir().expect("a temporary directory"), list());
    let settings = Settings::of(&format!("sqlite://{}", directory.path().join("grantor.db").display()))
        .with("GRANTOR_BREACHED_PASSWORDS", &list.path().display().to_string());
    let create = ["user", "create", "--username", "alice", "--password-stdin"];
    assert!(settings.refusal(&create, STOLEN).contains(STOLEN_ELSEWHERE));
    assert!(settings.refusal(&create, "password1234").contains("Many people have this password"));
    settings.command(&create, PASSWORD);
    let change = ["user", "set-password", "alice", "--password-stdin"];
    assert!(settings.refusal(&change, STOLEN).contains(STOLEN_ELSEWHERE));
}

#[test]
fn a_server_does_not_start_with_a_list_that_it_cannot_use() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let at = |name: &str| directory.path().join(name).display().to_string();
    std::fs::write(at("words.txt"), "password\nhunter2\n").expect("it can be written");
    let settings = Settings::of(&format!("sqlite://{}", at("grantor.db")));
    for (name, reason) in [("absent.txt", "cannot be read"), ("words.txt", "has no SHA-1 hash")] {
        let refusal = settings.clone().with("GRANTOR_BREACHED_PASSWORDS", &at(name)).refusal(&["serve"], "");
        for part in ["GRANTOR_BREACHED_PASSWORDS", name, reason] {
            assert!(refusal.contains(part), "{refusal}");
        }
    }
}

async fn the_meter_rates_what_is_typed(app: TestApp) {
    app.user("alice").await;
    let mut browser = Browser::new(&app);
    browser.sign_in("alice").await;
    let page = browser.get("/account/password").await;
    assert!(page.header("content-security-policy").contains("connect-src 'self'"), "its script may ask");
    let asked = page.attribute("#new_password", "data-strength").expect("the field asks");
    for (typed, score, words) in [
        ("short", 0..=2, "at least 12 characters"),
        ("password1234", 0..=1, "Many people"),
        ("alice@example.com", 0..=1, "whoever knows your name"),
        ("tulip anchor seven bread", 4..=4, "Hard to guess."),
    ] {
        let rated = browser.submit(&asked, &page, &[("password", typed)]).await;
        assert_eq!((rated.status.as_u16(), rated.header("cache-control")), (200, "no-store"), "{}", rated.body);
        let given = rated.json()["score"].as_u64().expect("a score");
        assert!(score.contains(&given) && rated.text("words").contains(words), "{typed}: {}", rated.body);
    }
    let korean = [("accept-language", "ko"), ("content-type", "application/x-www-form-urlencoded")];
    let cookies = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
    let form =
        [("csrf_token", page.attribute("input[name=csrf_token]", "value").unwrap()), ("password", "short".into())];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let headers = [korean[0], korean[1], ("cookie", cookies.as_str())];
    let rated = app.http.send("POST", &asked, &headers, Some(crate::support::http::encode(&form))).await;
    assert!(rated.text("words").contains("12자"), "{}", rated.body);
}

async fn the_meter_is_for_our_own_pages_and_in_measure(app: TestApp) {
    app.user("alice").await;
    let stranger = app.http.form("/password-strength", &[("password", PASSWORD)]).await;
    assert_eq!(stranger.status, 403, "without the page's token");
    let mut browser = Browser::new(&app);
    browser.sign_in("alice").await;
    let page = browser.get("/account/password").await;
    let mut last = 0;
    for _ in 0..241 {
        last = browser.submit("/password-strength", &page, &[("password", "x")]).await.status.as_u16();
        if last == 429 {
            break;
        }
    }
    assert_eq!(last, 429);
    app.clock.advance(60);
    assert_eq!(browser.submit("/password-strength", &page, &[("password", "x")]).await.status, 200);
}
