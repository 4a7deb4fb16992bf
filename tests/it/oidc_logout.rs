//! OpenID Connect RP-Initiated, Back-Channel and Front-Channel Logout 1.0. Clients listen on loopback, and verify what they
//! are told with an independent implementation of JOSE.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use grantor::clock::Timestamp;
use grantor::domain::client::Origin;
use grantor::domain::policies::Registration;
use grantor::domain::signing_key::Algorithm;
use grantor::jobs::logout::{MOST_TOLD, UnderWay, clients_due};
use grantor::jobs::rotate_keys;
use grantor::keys::NewKey;
use grantor::management;
use grantor::management::keys::Haste;
use grantor::secret::random_id;
use grantor::store::connection::AnyConnection;
use grantor::store::paging::Place;
use grantor::store::{StoreError, logout_deliveries, sessions};
use grantor::web::routes;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::outbound::all_turns;
use crate::support::app::{Backend, PASSWORD, REDIRECT_URI, TestApp, TestClient, on_both_databases, run};
use crate::support::http::{Answer, Authorization, Browser, allow, encode, redemption};
use crate::support::jose::verified;
use crate::support::plans::plans_of;
use crate::support::registration::{but, registered, web};
use crate::support::remote::{Remote, Reply};

on_both_databases!(
    discovery_announces_logout,
    a_hint_of_this_session_ends_it_without_a_question,
    a_hint_is_believed_as_long_as_its_session_may_last,
    whoever_proves_nothing_makes_the_user_decide,
    a_request_that_is_not_valid_is_a_page_and_ends_nothing,
    the_address_to_return_to_is_compared_byte_for_byte,
    state_comes_back_byte_for_byte,
    a_form_of_another_site_is_taken_up_by_our_own_page,
    a_logout_without_anybody_signed_in_is_no_error,
    a_client_that_nobody_vouches_for_does_not_move_the_browser,
    a_stored_request_belongs_to_one_browser,
    what_was_given_for_the_session_ends_with_it,
    a_code_on_its_way_does_not_outlive_the_session,
    a_code_on_its_way_ends_with_all_that_was_given,
    a_logout_waits_for_a_code_that_is_being_redeemed,
    clients_are_told_with_a_logout_token,
    every_client_of_a_session_is_told_once,
    clients_of_a_renewed_session_are_told_to_its_end,
    a_client_that_is_down_is_told_later,
    a_client_that_refuses_is_not_asked_again,
    a_slow_client_holds_up_nobody,
    clients_that_hang_hold_up_nobody,
    clients_that_registered_themselves_hold_up_each_other_only,
    very_many_that_registered_themselves_take_no_other_clients_room,
    of_those_that_registered_themselves_few_begin_with_each_look,
    those_that_have_waited_longest_come_first_without_those_under_way,
    waiting_for_others_is_no_attempt,
    a_withdrawn_key_signs_no_more_logout_tokens,
    two_processes_tell_a_client_once,
    addresses_of_our_own_network_are_not_told,
    whoever_ends_a_session_tells_its_clients,
    the_front_channel_is_a_page_with_frames,
);

const LOGOUT: &str = "/oauth2/logout";
const BYE: &str = "https://rp.example/bye?a=1";

/// The server with clients on this machine.
async fn near(app: TestApp) -> TestApp {
    let mut app = app;
    app.config.outbound.allow_private = true;
    app.restarted().await
}

/// A client with a place to return to.
async fn party(app: &TestApp, more: Value) -> TestClient {
    let mut metadata = json!({
        "client_name": "Relying party",
        "redirect_uris": [REDIRECT_URI],
        "post_logout_redirect_uris": [BYE],
        "grant_types": ["authorization_code", "refresh_token"],
        "skip_consent": true,
    });
    metadata.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    app.client(metadata).await
}

/// Where a client hears of logouts.
struct Listener {
    remote: Remote,
    /// Answers with this.
    reply: Arc<Mutex<Reply>>,
}

impl Listener {
    async fn start() -> Self {
        let reply = Arc::new(Mutex::new(Reply::http("200 OK", "", "")));
        let current = Arc::clone(&reply);
        let remote = Remote::start(None, move |_| current.lock().unwrap().clone()).await;
        Self { remote, reply }
    }

    fn answer(&self, reply: Reply) {
        *self.reply.lock().unwrap() = reply;
    }

    fn uri(&self) -> String {
        self.remote.url("http", "127.0.0.1", "/backchannel?x=1")
    }

    /// A client that listens here.
    async fn client(&self, app: &TestApp, more: Value) -> TestClient {
        let mut metadata = json!({ "backchannel_logout_uri": self.uri() });
        metadata.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        party(app, metadata).await
    }

    /// The logout tokens so far, once there are `count`.
    async fn tokens(&self, count: usize) -> Vec<String> {
        eventually("a logout token arrives", async || self.remote.requests().len() >= count).await;
        let requests = self.remote.requests();
        assert_eq!(requests.len(), count);
        let token = |request: &String| {
            assert!(request.starts_with("POST /backchannel?x=1 HTTP/1.1\r\n"), "{request}");
            assert!(request.contains("content-type: application/x-www-form-urlencoded\r\n"), "{request}");
            let body = request.split_once("\r\n\r\n").unwrap().1;
            body.strip_prefix("logout_token=").expect("one parameter").to_owned()
        };
        requests.iter().map(token).collect()
    }
}

/// Waits for what another thread does.
async fn eventually(what: &str, is_so: impl AsyncFn() -> bool) {
    let start = Instant::now();
    while !is_so().await {
        assert!(start.elapsed() < Duration::from_secs(20), "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Signs in to the client, and gives its tokens.
async fn sign_in(app: &TestApp, browser: &mut Browser, client: &TestClient, scope: &str, username: &str) -> Answer {
    let answer = allow(browser, &Authorization::of(client, scope), username).await;
    let redirect = answer.redirect();
    let code = redirect.get("code").unwrap_or_else(|| panic!("no code: {redirect:?}"));
    let tokens = app.http.as_client(client, "/oauth2/token", &redemption(code)).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    tokens
}

async fn id_token(app: &TestApp, browser: &mut Browser, client: &TestClient, username: &str) -> String {
    sign_in(app, browser, client, "openid", username).await.text("id_token")
}

fn logout(parameters: &[(&str, &str)]) -> String {
    format!("{LOGOUT}?{}", encode(parameters))
}

fn heading(answer: &Answer) -> String {
    answer.find("h1").unwrap_or_default()
}

async fn is_signed_in(browser: &mut Browser) -> bool {
    browser.get("/account").await.status == 200
}

/// A browser in which an admin is signed in.
async fn admin(app: &TestApp) -> Browser {
    app.admin("root").await;
    let mut browser = Browser::new(app);
    browser.sign_in("root").await;
    browser
}

/// What the console says of the newest delivery: state and attempts.
async fn newest_delivery(root: &mut Browser) -> (String, String) {
    let page = root.get(routes::ADMIN_LOGOUT_DELIVERIES).await;
    let cell = |label: &str| page.find(&format!("td[data-label='{label}']")).unwrap_or_default();
    (cell("State"), cell("Attempts"))
}

async fn discovery_announces_logout(app: TestApp) {
    let document = app.http.get("/.well-known/openid-configuration").await.json();
    assert_eq!(document["end_session_endpoint"], format!("{}{LOGOUT}", app.app.issuer()));
    for member in ["backchannel", "frontchannel"] {
        assert_eq!(document[format!("{member}_logout_supported")], true);
        assert_eq!(document[format!("{member}_logout_session_supported")], true);
    }
}

async fn a_hint_of_this_session_ends_it_without_a_question(app: TestApp) {
    app.user("alice").await;
    let client = party(&app, json!({ "id_token_lifetime": 60 })).await;
    let mut browser = Browser::new(&app);
    let hint = id_token(&app, &mut browser, &client, "alice").await;
    let copied = browser.copy();
    // RP-Initiated §2: accepted although it has expired.
    app.clock.advance(3600);
    let request = [
        ("id_token_hint", hint.as_str()),
        ("client_id", &client.id),
        ("post_logout_redirect_uri", BYE),
        ("state", "s-1"),
        ("logout_hint", "Alice@example.com"),
        ("ui_locales", "fr-CA fr"),
    ];
    let answer = browser.get(&logout(&request)).await;
    assert_eq!((answer.status.as_u16(), answer.location()), (303, format!("{BYE}&state=s-1")), "{}", answer.body);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(!is_signed_in(&mut browser).await);
    let mut copied = copied;
    assert!(!is_signed_in(&mut copied).await, "a cookie that was copied before is useless");
    let silent = Authorization::of(&client, "openid").with("prompt", "none");
    let silent = browser.get(&silent.path()).await;
    assert_eq!(silent.redirect()["error"], "login_required");

    // Without an address to return to the page is ours.
    let hint = id_token(&app, &mut browser, &client, "alice").await;
    let done = browser.get(&logout(&[("id_token_hint", &hint)])).await;
    assert_eq!((done.status.as_u16(), heading(&done).as_str()), (200, "You are signed out"));
    assert!(!is_signed_in(&mut browser).await);
}

async fn a_hint_is_believed_as_long_as_its_session_may_last(app: TestApp) {
    const HOUR: u32 = 60 * 60;
    app.user("alice").await;
    let client = party(&app, json!({})).await;
    let mut browser = Browser::new(&app);
    let hint = id_token(&app, &mut browser, &client, "alice").await;
    // Keys that are as old as this are rotated; the session is in use all the time.
    for (hours, rotation) in [(33, 1), (110, i64::MAX)] {
        for _ in 0..hours / 11 {
            app.clock.advance(11 * HOUR);
            assert!(is_signed_in(&mut browser).await);
        }
        let lifetimes = app.app.policies().lifetimes.clone();
        rotate_keys::run(&app.app.store, &app.app.sealing_key, app.clock.now(), rotation, &lifetimes)
            .await
            .expect("the keys are looked after");
        app.app.reload_keys().await.expect("the keys can be read");
    }
    let request = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", BYE)];
    let answer = browser.get(&logout(&request)).await;
    assert_eq!((answer.status.as_u16(), answer.location()), (303, BYE.to_owned()), "{}", answer.body);
}

async fn whoever_proves_nothing_makes_the_user_decide(app: TestApp) {
    app.user("alice").await;
    app.user("bob").await;
    let client = party(&app, json!({})).await;
    let of_bob = id_token(&app, &mut Browser::new(&app), &client, "bob").await;
    let of_another_session = id_token(&app, &mut Browser::new(&app), &client, "alice").await;
    let mut browser = Browser::new(&app);
    let own = id_token(&app, &mut browser, &client, "alice").await;
    let back = ("post_logout_redirect_uri", BYE);
    for request in [
        vec![],
        vec![("state", "s-1")],
        vec![("client_id", client.id.as_str())],
        vec![("client_id", &client.id), back, ("state", "s-1")],
        vec![("client_id", &client.id), back, ("logout_hint", "alice")],
        vec![("id_token_hint", &of_bob), back],
        vec![("id_token_hint", &of_another_session), back],
        vec![("id_token_hint", &own), back, ("logout_hint", "bob")],
    ] {
        let first = browser.get(&logout(&request)).await;
        let page = browser.follow(first).await;
        assert_eq!(heading(&page), "Do you want to sign out?", "{request:?}");
        assert!(page.find("button#logout-confirm").is_some());
        let names_client = request.iter().any(|(name, _)| ["client_id", "id_token_hint"].contains(name));
        assert_eq!(page.body.contains("Relying party"), names_client, "{request:?}");
        assert!(is_signed_in(&mut browser).await, "{request:?}");
    }
    // Chromium holds the redirect after the form to the page's policy.
    let first = browser.get(&logout(&[("client_id", &client.id), back, ("state", "s-1")])).await;
    let page = browser.follow(first).await;
    let policy = page.header("content-security-policy");
    assert!(policy.contains("form-action 'self' https://rp.example;"), "{policy}");
    let forged = browser.post("/logout", &[("request", "x"), ("csrf_token", "x")]).await;
    assert_eq!(forged.status, 403);
    assert!(is_signed_in(&mut browser).await);
    // What else the form says is not believed.
    let form = [("post_logout_redirect_uri", "https://evil.example/"), ("state", "other")];
    let answer = browser.submit("/logout", &page, &form).await;
    assert_eq!((answer.status.as_u16(), answer.location()), (303, format!("{BYE}&state=s-1")));
    assert!(!is_signed_in(&mut browser).await);
}

async fn a_request_that_is_not_valid_is_a_page_and_ends_nothing(app: TestApp) {
    app.user("alice").await;
    let (client, other) = (party(&app, json!({})).await, party(&app, json!({})).await);
    let gone = party(&app, json!({})).await;
    let (context, id) = (app.context(), gone.id.clone());
    app.manage(move |connection| management::clients::set_disabled(connection, &context, &id, true)).await;
    let mut browser = Browser::new(&app);
    let tokens = sign_in(&app, &mut browser, &client, "openid", "alice").await;
    let (hint, access_token) = (tokens.text("id_token"), tokens.text("access_token"));
    let jwt = party(&app, json!({ "access_token_format": "jwt" })).await;
    let of_other_kind = sign_in(&app, &mut browser, &jwt, "openid", "alice").await.text("access_token");
    let mut parts: Vec<&str> = hint.split('.').collect();
    let signature = parts[2].chars().rev().collect::<String>();
    parts[2] = &signature;
    let forged = parts.join(".");
    let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{}.", hint.split('.').nth(1).unwrap());
    let back = ("post_logout_redirect_uri", BYE);
    let long = "s".repeat(4097);
    for request in [
        vec![("id_token_hint", forged.as_str()), back],
        vec![("id_token_hint", &unsigned), back],
        vec![("id_token_hint", &of_other_kind), back],
        vec![("id_token_hint", &access_token), back],
        vec![("id_token_hint", "x"), ("client_id", &client.id), back],
        vec![("id_token_hint", &hint), ("client_id", &other.id), back],
        vec![("client_id", "c_unknown"), back],
        vec![("client_id", &gone.id), back],
        vec![back],
        vec![back, ("state", "s-1"), ("logout_hint", "alice")],
        vec![("id_token_hint", &hint), back, ("state", &long)],
        vec![("id_token_hint", &hint), ("id_token_hint", &hint), back],
        vec![("id_token_hint", &hint), back, back],
        vec![("id_token_hint", &hint), back, ("state", "a"), ("state", "b")],
    ] {
        for method in ["GET", "POST"] {
            let answer = match method {
                "GET" => browser.get(&logout(&request)).await,
                _ => browser.post(LOGOUT, &request).await,
            };
            assert_eq!(answer.status, 400, "{method} {request:?}");
            assert_eq!(heading(&answer), "This logout request is not valid", "{method} {request:?}");
            assert_eq!(answer.location(), "", "{method} {request:?}");
        }
    }
    assert_eq!(browser.get(&format!("{LOGOUT}?state=%ff")).await.status, 400);
    assert_eq!(browser.send("PUT", LOGOUT, None).await.status, 405);
    assert!(is_signed_in(&mut browser).await);
}

async fn the_address_to_return_to_is_compared_byte_for_byte(app: TestApp) {
    let native = "com.example.app:/bye";
    let registered = ["https://rp.example/bye", "https://rp.example/%62ye", "http://127.0.0.1:4000/bye", native];
    let client = party(&app, json!({ "post_logout_redirect_uris": registered })).await;
    let goes_to = async |uri: &str| {
        let answer = app.http.get(&logout(&[("client_id", &client.id), ("post_logout_redirect_uri", uri)])).await;
        assert!(answer.status == 303 || heading(&answer) == "This logout request is not valid", "{uri}");
        answer.location()
    };
    for uri in registered {
        assert_eq!(goes_to(uri).await, uri);
    }
    for uri in [
        "https://rp.example/bye/",
        "https://rp.example/bye?",
        "https://rp.example/bye?x=1",
        "https://rp.example/bye#x",
        "https://rp.example/by",
        "https://rp.example/BYE",
        "https://RP.example/bye",
        "https://rp.example:443/bye",
        "http://rp.example/bye",
        "https://rp.example/./bye",
        "https://rp.example/x/../bye",
        "https://rp.example.evil.example/bye",
        "https://rp.example@evil.example/bye",
        "https://rp.example/%6Bye",
        " https://rp.example/bye",
        "https://rp.example/bye ",
        "//rp.example/bye",
        "http://127.0.0.1:4001/bye",
        "javascript:alert(1)",
        REDIRECT_URI,
    ] {
        assert_eq!(goes_to(uri).await, "", "{uri}");
    }
}

async fn state_comes_back_byte_for_byte(app: TestApp) {
    app.user("alice").await;
    let client = party(&app, json!({})).await;
    let mut browser = Browser::new(&app);
    for state in [" a+b&c=d%20#?/\\\"'<>", "ü\u{1F600}\r\n\t", "%00%ff", "a;b,c", &"x".repeat(4096)] {
        let request = [("client_id", client.id.as_str()), ("post_logout_redirect_uri", BYE), ("state", state)];
        let at_once = app.http.get(&logout(&request)).await;
        assert_eq!(at_once.redirect()["state"], state);
        browser.sign_in("alice").await;
        let first = browser.get(&logout(&request)).await;
        let page = browser.follow(first).await;
        let answer = browser.submit("/logout", &page, &[]).await;
        assert_eq!(answer.redirect()["state"], state);
        assert_eq!(answer.redirect()["a"], "1");
    }
    let without = app.http.get(&logout(&[("client_id", &client.id), ("post_logout_redirect_uri", BYE)])).await;
    assert_eq!(without.location(), BYE);
}

async fn a_form_of_another_site_is_taken_up_by_our_own_page(app: TestApp) {
    app.user("alice").await;
    let client = party(&app, json!({})).await;
    let mut browser = Browser::new(&app);
    let hint = id_token(&app, &mut browser, &client, "alice").await;
    let request = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", BYE), ("state", "s-1")];
    // Lax cookies stay at home.
    let first = app.http.form(LOGOUT, &request).await;
    assert_eq!(first.status, 303);
    assert!(first.location().starts_with("/oauth2/logout/"), "{}", first.location());
    assert_eq!(first.header("set-cookie"), "", "it would replace the browser's own");
    assert!(is_signed_in(&mut browser).await);
    assert_eq!(browser.get(&first.location()).await.location(), format!("{BYE}&state=s-1"));
    assert!(!is_signed_in(&mut browser).await);

    browser.sign_in("alice").await;
    for request in [vec![], vec![("client_id", client.id.as_str()), ("post_logout_redirect_uri", BYE)]] {
        let first = app.http.form(LOGOUT, &request).await;
        let page = browser.follow(first).await;
        assert_eq!(heading(&page), "Do you want to sign out?");
        assert!(is_signed_in(&mut browser).await);
    }
}

async fn a_logout_without_anybody_signed_in_is_no_error(app: TestApp) {
    app.user("alice").await;
    let client = party(&app, json!({})).await;
    let mut browser = Browser::new(&app);
    let hint = id_token(&app, &mut browser, &client, "alice").await;
    for _ in 0..2 {
        let answer = browser.get(&logout(&[("id_token_hint", &hint), ("post_logout_redirect_uri", BYE)])).await;
        assert_eq!((answer.status.as_u16(), answer.location().as_str()), (303, BYE));
    }
    for request in [vec![], vec![("client_id", client.id.as_str())]] {
        let first = browser.get(&logout(&request)).await;
        let page = browser.follow(first).await;
        assert_eq!((page.status.as_u16(), heading(&page).as_str()), (200, "You are signed out"));
    }
}

async fn a_client_that_nobody_vouches_for_does_not_move_the_browser(app: TestApp) {
    let mut app = app;
    app.config.policies.registration = Registration::Open;
    let app = app.restarted().await;
    app.user("alice").await;
    let metadata = json!({
        "client_name": "Stranger", "redirect_uris": [REDIRECT_URI], "post_logout_redirect_uris": [BYE],
    });
    let json = [("content-type", "application/json")];
    let registered = app.http.send("POST", "/oauth2/register", &json, Some(metadata.to_string())).await;
    assert_eq!(registered.status, 201, "{}", registered.body);
    let client = TestClient { id: registered.text("client_id"), secret: Some(registered.text("client_secret")) };
    let request = [("client_id", client.id.as_str()), ("post_logout_redirect_uri", BYE)];
    let mut browser = Browser::new(&app);
    for is_signed_in in [false, true] {
        let mut page = browser.get(&logout(&request)).await;
        if is_signed_in {
            page = browser.follow(page).await;
            page = browser.submit("/logout", &page, &[]).await;
        }
        assert_eq!((page.location().as_str(), heading(&page).as_str()), ("", "You are signed out"));
        assert!(page.body.contains("rp.example") && !page.body.contains("http-equiv=\"refresh\""));
        browser.sign_in("alice").await;
    }
    // Whoever used it in this session knows it.
    let mut browser = Browser::new(&app);
    let hint = id_token(&app, &mut browser, &client, "alice").await;
    let answer = browser.get(&logout(&[("id_token_hint", &hint), ("post_logout_redirect_uri", BYE)])).await;
    assert_eq!(answer.location(), BYE);
}

async fn a_stored_request_belongs_to_one_browser(app: TestApp) {
    app.user("alice").await;
    let client = party(&app, json!({})).await;
    let (mut alice, mut thief) = (Browser::new(&app), Browser::new(&app));
    alice.sign_in("alice").await;
    thief.sign_in("alice").await;
    let request = logout(&[("client_id", &client.id), ("post_logout_redirect_uri", BYE)]);
    let asked = alice.get(&request).await.location();
    assert_eq!(thief.get(&asked).await.status, 400);
    let id = asked.split_once("request=").unwrap().1.to_owned();
    // Signing out works without the request, but then leads nowhere.
    let page = thief.get("/logout").await;
    let done = thief.submit("/logout", &page, &[("request", &id)]).await;
    assert_eq!((done.location().as_str(), heading(&done).as_str()), ("", "You are signed out"));
    let page = alice.get(&asked).await;
    assert_eq!(alice.submit("/logout", &page, &[]).await.location(), BYE);
    assert_eq!(alice.get(&asked).await.location(), BYE, "nobody is signed in any more");

    alice.sign_in("alice").await;
    let late = alice.get(&request).await.location();
    app.clock.advance(30 * 60);
    assert_eq!(alice.get(&late).await.status, 400, "expired");
    let gone = alice.get(&request).await.location();
    let (context, id) = (app.context(), client.id.clone());
    app.manage(move |connection| management::clients::set_disabled(connection, &context, &id, true)).await;
    assert_eq!(alice.get(&gone).await.status, 400, "the client is gone");
}

async fn what_was_given_for_the_session_ends_with_it(app: TestApp) {
    app.user("alice").await;
    app.scope("secret").await;
    let client = party(&app, json!({ "scope": "openid offline_access secret" })).await;
    let (mut browser, mut other) = (Browser::new(&app), Browser::new(&app));
    let online = sign_in(&app, &mut browser, &client, "openid secret", "alice").await;
    let offline = sign_in(&app, &mut browser, &client, "openid offline_access", "alice").await;
    let plain = sign_in(&app, &mut browser, &client, "secret", "alice").await;
    let elsewhere = sign_in(&app, &mut other, &client, "openid", "alice").await;
    let hint = online.text("id_token");
    assert_eq!(heading(&browser.get(&logout(&[("id_token_hint", &hint)])).await), "You are signed out");

    let opens = async |path: &str, tokens: &Answer| app.http.bearer(path, &tokens.text("access_token")).await.status;
    assert_eq!(opens("/oauth2/userinfo", &online).await, 401);
    assert_eq!(opens("/secret", &online).await, 401);
    assert_eq!(opens("/oauth2/userinfo", &offline).await, 200);
    assert_eq!(opens("/secret", &plain).await, 200);
    assert_eq!(opens("/oauth2/userinfo", &elsewhere).await, 200);
    for (tokens, status) in [(&offline, 200), (&plain, 200)] {
        let form = [("grant_type", "refresh_token"), ("refresh_token", &tokens.text("refresh_token"))];
        assert_eq!(app.http.as_client(&client, "/oauth2/token", &form).await.status, status);
    }
    // Signing out everywhere is chosen for that.
    let page = other.get("/account/sessions").await;
    other.submit("/account/sessions/end-others", &page, &[]).await;
    assert_eq!(opens("/oauth2/userinfo", &offline).await, 401);
    assert_eq!(opens("/secret", &plain).await, 401);
}

async fn a_code_on_its_way_does_not_outlive_the_session(app: TestApp) {
    app.user("alice").await;
    let client = party(&app, json!({})).await;
    for (scope, status) in [("openid", 400), ("openid offline_access", 200)] {
        let mut browser = Browser::new(&app);
        let answer = allow(&mut browser, &Authorization::of(&client, scope), "alice").await;
        let page = browser.get("/logout").await;
        assert_eq!(browser.submit("/logout", &page, &[]).await.status, 200);
        let code = answer.redirect()["code"].clone();
        let redeemed = app.http.as_client(&client, "/oauth2/token", &redemption(&code)).await;
        assert_eq!(redeemed.status, status, "{scope}: {}", redeemed.body);
    }
}

/// Signing out everywhere, another password and a withdrawn consent end what was given, and what is on its way.
async fn a_code_on_its_way_ends_with_all_that_was_given(app: TestApp) {
    let alice = app.user("alice").await;
    let client = party(&app, json!({})).await;
    for way in ["everywhere", "withdrawn", "password"] {
        let consents = Authorization::of(&client, "openid offline_access").with("prompt", "consent");
        let answer = allow(&mut Browser::new(&app), &consents, "alice").await;
        let (context, id, client_id) = (app.context(), alice.clone(), client.id.clone());
        let hash = grantor::domain::resource_owner::PasswordHash::from_stored("none".to_owned());
        app.manage(move |connection| match way {
            "everywhere" => management::users::end_all_sessions(connection, &context, &id, None),
            "withdrawn" => management::grants::withdraw(connection, &context, &id, &client_id),
            _ => management::users::set_password(connection, &context, &id, &hash, None),
        })
        .await;
        let code = answer.redirect()["code"].clone();
        let redeemed = app.http.as_client(&client, "/oauth2/token", &redemption(&code)).await;
        assert_eq!(redeemed.error(), "invalid_grant", "{way}: {}", redeemed.body);
    }
}

/// Where transactions run side by side, the session must not end between the look at it and what is given in it.
async fn a_logout_waits_for_a_code_that_is_being_redeemed(app: TestApp) {
    let alice = app.user("alice").await;
    let client = party(&app, json!({})).await;
    let token = id_token(&app, &mut Browser::new(&app), &client, "alice").await;
    let session = verified(&app.http, &token, &client.id).await.1["sid"].as_str().unwrap().to_owned();
    let (held, is_held) = tokio::sync::oneshot::channel();
    let (ended, is_ended) = std::sync::mpsc::channel();
    let (mut held, id, name) = (Some(held), alice.clone(), session.clone());
    let redemption = app.manage(move |connection| {
        assert!(sessions::hold_open(connection, &id, &name)?);
        held.take().map(|held| held.send(()));
        Ok(is_ended.recv_timeout(Duration::from_millis(200)).is_err())
    });
    let logout = async {
        is_held.await.expect("the session is open");
        let context = app.context();
        app.manage(move |connection| management::users::end_session(connection, &context, &alice, &session)).await;
        let _ = ended.send(());
    };
    assert!(tokio::join!(redemption, logout).0, "the session ended in the middle");
}

async fn clients_are_told_with_a_logout_token(app: TestApp) {
    let app = near(app).await;
    let alice = app.user("alice").await;
    for (algorithm, more) in [
        ("RS256", json!({})),
        ("ES256", json!({ "id_token_signed_response_alg": "ES256", "backchannel_logout_session_required": true })),
        ("EdDSA", json!({ "id_token_signed_response_alg": "EdDSA", "subject_type": "pairwise" })),
    ] {
        let listener = Listener::start().await;
        let client = listener.client(&app, more).await;
        let mut browser = Browser::new(&app);
        let request = Authorization::of(&client, "openid").with("nonce", "n-1");
        let redirect = allow(&mut browser, &request, "alice").await.redirect();
        let tokens = app.http.as_client(&client, "/oauth2/token", &redemption(&redirect["code"])).await;
        let hint = tokens.text("id_token");
        let login = verified(&app.http, &hint, &client.id).await.1;
        assert_eq!(login["sub"] == alice.as_str(), algorithm != "EdDSA", "a pairwise client knows another name");
        app.clock.advance(100);
        let asked = Instant::now();
        let answer = browser.get(&logout(&[("id_token_hint", &hint), ("post_logout_redirect_uri", BYE)])).await;
        assert_eq!(answer.location(), BYE);
        // RP-Initiated §3: the client knew before the browser came back, which waits for a second at most.
        assert!(listener.remote.requests().len() == 1 || asked.elapsed() >= Duration::from_secs(1));
        let token = &listener.tokens(1).await[0];
        let (header, claims) = verified(&app.http, token, &client.id).await;
        assert_eq!(header.typ.as_deref(), Some("logout+jwt"));
        assert_eq!(format!("{:?}", header.alg), algorithm);
        let now = app.clock.now();
        assert_eq!(
            claims,
            json!({
                "iss": app.app.issuer(), "aud": client.id, "iat": now, "exp": now + 120, "jti": claims["jti"],
                "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
                "sub": login["sub"], "sid": login["sid"],
            })
        );
        assert!(claims["jti"].as_str().unwrap().len() >= 22);
        // Back-Channel §4.1: it is none of the other tokens.
        assert_eq!(app.http.bearer("/oauth2/userinfo", token).await.status, 401);
        assert_eq!(app.http.get(&logout(&[("id_token_hint", token)])).await.status, 400);
    }
}

async fn every_client_of_a_session_is_told_once(app: TestApp) {
    let app = near(app).await;
    app.user("alice").await;
    let (first, second, stranger) = (Listener::start().await, Listener::start().await, Listener::start().await);
    let asking = party(&app, json!({})).await;
    let (one, two) = (first.client(&app, json!({})).await, second.client(&app, json!({})).await);
    let not_in_it = stranger.client(&app, json!({})).await;
    let (mut browser, mut elsewhere) = (Browser::new(&app), Browser::new(&app));
    let hint = id_token(&app, &mut browser, &asking, "alice").await;
    let mut sids = Vec::new();
    for client in [&one, &two, &one] {
        let token = id_token(&app, &mut browser, client, "alice").await;
        sids.push(verified(&app.http, &token, &client.id).await.1["sid"].clone());
    }
    assert!(sids.iter().all(|sid| *sid == sids[0]), "one session");
    id_token(&app, &mut elsewhere, &not_in_it, "alice").await;
    // A client that was never given an ID token has nothing to end.
    app.scope("secret").await;
    let plain = stranger.client(&app, json!({ "scope": "secret" })).await;
    sign_in(&app, &mut browser, &plain, "secret", "alice").await;

    browser.get(&logout(&[("id_token_hint", &hint), ("post_logout_redirect_uri", BYE)])).await;
    for (listener, client) in [(&first, &one), (&second, &two)] {
        let claims = verified(&app.http, &listener.tokens(1).await[0], &client.id).await.1;
        assert_eq!(claims["sid"], sids[0]);
    }
    // Nothing is left to say, neither when it is asked again nor when all other sessions end.
    browser.get(&logout(&[("id_token_hint", &hint), ("post_logout_redirect_uri", BYE)])).await;
    let page = elsewhere.get("/account/sessions").await;
    assert_eq!(elsewhere.submit("/account/sessions/end-others", &page, &[]).await.status, 303);
    eventually("all is written down", async || {
        clients_due(&app.app.store, Origin::Admin, app.clock.now() + 60, Vec::new()).await.unwrap().is_empty()
    })
    .await;
    assert_eq!((first.remote.requests().len(), second.remote.requests().len()), (1, 1));
    assert_eq!(stranger.remote.requests().len(), 0);
    assert!(is_signed_in(&mut elsewhere).await);
}

async fn clients_of_a_renewed_session_are_told_to_its_end(app: TestApp) {
    let app = near(app).await;
    let alice = app.user("alice").await;
    let listener = Listener::start().await;
    let client = listener.client(&app, json!({})).await;
    let mut browser = Browser::new(&app);
    let token = id_token(&app, &mut browser, &client, "alice").await;
    let session = verified(&app.http, &token, &client.id).await.1["sid"].as_str().unwrap().to_owned();
    // A session lasts for seven days. This one is in use all the time, and renewed half-way.
    for hours in (11..=176).step_by(11) {
        app.clock.advance(11 * 3600);
        assert!(is_signed_in(&mut browser).await, "after {hours} hours");
        if hours == 88 {
            let again = Authorization::of(&client, "openid").with("prompt", "login");
            assert!(allow(&mut browser, &again, "alice").await.redirect().contains_key("code"));
        }
    }
    grantor::jobs::sweep::run(&app.app.store, app.clock.now()).await.unwrap();
    let context = app.context();
    app.manage(move |connection| management::users::end_session(connection, &context, &alice, &session)).await;
    listener.tokens(1).await;
}

async fn a_client_that_is_down_is_told_later(app: TestApp) {
    let app = near(app).await;
    app.user("alice").await;
    let mut root = admin(&app).await;
    let listener = Listener::start().await;
    let client = listener.client(&app, json!({})).await;
    listener.answer(Reply::http("503 Down", "", "secret detail"));
    let mut browser = Browser::new(&app);
    let hint = id_token(&app, &mut browser, &client, "alice").await;
    browser.get(&logout(&[("id_token_hint", &hint), ("post_logout_redirect_uri", BYE)])).await;
    let mut ids = BTreeSet::new();
    for (attempt, pause) in (1..).zip([5, 30, 120, 600, 3600, 6 * 3600, 0]) {
        let token = listener.tokens(attempt).await.pop().unwrap();
        let claims = verified(&app.http, &token, &client.id).await.1;
        assert_eq!(claims["iat"], app.clock.now(), "signed anew");
        assert!(ids.insert(claims["jti"].to_string()));
        let state = if pause == 0 { "Given up" } else { "Trying" };
        eventually("the console shows it", async || {
            let mut root = root.copy();
            let (shown, attempts) = newest_delivery(&mut root).await;
            shown.starts_with(&format!("{state} The client answered 503.")) && attempts == attempt.to_string()
        })
        .await;
        app.clock.advance(u32::try_from(pause).unwrap());
    }
    assert!(!root.get(routes::ADMIN_LOGOUT_DELIVERIES).await.body.contains("secret detail"));

    listener.answer(Reply::http("204 No Content", "", ""));
    let page = root.get(routes::ADMIN_LOGOUT_DELIVERIES).await;
    let id = {
        let html = scraper::Html::parse_document(&page.body);
        let button = scraper::Selector::parse("button[name=delivery]").unwrap();
        html.select(&button).next().unwrap().attr("value").unwrap().to_owned()
    };
    let again = root.submit(routes::ADMIN_LOGOUT_DELIVERIES, &page, &[("delivery", &id)]).await;
    assert_eq!(again.location(), routes::ADMIN_LOGOUT_DELIVERIES);
    listener.tokens(8).await;
    eventually("it arrived", async || newest_delivery(&mut root.copy()).await == ("Delivered".into(), "1".into()))
        .await;
    assert_eq!(root.submit(routes::ADMIN_LOGOUT_DELIVERIES, &page, &[("delivery", &id)]).await.status, 404);
    let log = root.get(routes::ADMIN_AUDIT_LOG).await;
    assert!(log.body.contains("Sign-out repeated to a client"));

    // Results are kept for a week.
    let kept = async || {
        let list = |connection: &mut AnyConnection| Ok(logout_deliveries::list(connection, &Place::Top, 10)?.len());
        app.app.store.read::<_, StoreError, _>(list).await.unwrap()
    };
    let week = app.clock.now() + 7 * 24 * 3600;
    grantor::jobs::sweep::run(&app.app.store, week - 1).await.unwrap();
    assert_eq!(kept().await, 1);
    grantor::jobs::sweep::run(&app.app.store, week).await.unwrap();
    assert_eq!(kept().await, 0);
}

async fn a_client_that_refuses_is_not_asked_again(app: TestApp) {
    let app = near(app).await;
    app.user("alice").await;
    let root = admin(&app).await;
    let listener = Listener::start().await;
    let client = listener.client(&app, json!({})).await;
    listener.answer(Reply::http("400 Bad Request", "", "{\"error\":\"invalid_request\"}"));
    let mut browser = Browser::new(&app);
    let hint = id_token(&app, &mut browser, &client, "alice").await;
    let answer = browser.get(&logout(&[("id_token_hint", &hint), ("post_logout_redirect_uri", BYE)])).await;
    assert_eq!(answer.location(), BYE);
    listener.tokens(1).await;
    let given_up = ("Given up The client refused the logout token (400).".to_owned(), "1".to_owned());
    eventually("it is given up", async || newest_delivery(&mut root.copy()).await == given_up).await;
}

async fn a_slow_client_holds_up_nobody(app: TestApp) {
    let app = near(app).await;
    app.user("alice").await;
    let (slow, quick) = (Listener::start().await, Listener::start().await);
    slow.answer(Reply::Silence);
    let (client, other) = (slow.client(&app, json!({})).await, quick.client(&app, json!({})).await);
    let mut browser = Browser::new(&app);
    let hint = id_token(&app, &mut browser, &client, "alice").await;
    id_token(&app, &mut browser, &other, "alice").await;
    let start = Instant::now();
    let answer = browser.get(&logout(&[("id_token_hint", &hint), ("post_logout_redirect_uri", BYE)])).await;
    assert_eq!(answer.location(), BYE);
    // Who says nothing is left after five seconds.
    assert!(start.elapsed() < Duration::from_millis(4500), "{:?}", start.elapsed());
    let told = async || (slow.remote.requests().len(), quick.remote.requests().len()) == (1, 1);
    eventually("both are told", told).await;
}

/// Puts `count` deliveries to each client in the queue, due at `at`, as if a session of somebody's had ended each time.
async fn queue(app: &TestApp, clients: &[String], count: usize, at: Timestamp) {
    let clients = clients.to_vec();
    app.manage(move |connection| {
        for client in &clients {
            for _ in 0..count {
                logout_deliveries::insert(connection, &random_id(), client, "u_1", &random_id(), at)?;
            }
        }
        Ok(())
    })
    .await;
    app.app.courier.wake();
}

async fn clients_that_hang_hold_up_nobody(app: TestApp) {
    let app = near(app).await;
    let (hanging, quick) = (Listener::start().await, Listener::start().await);
    hanging.answer(Reply::Silence);
    let mut clients = Vec::new();
    for _ in 0..64 {
        clients.push(hanging.client(&app, json!({})).await.id);
    }
    let elsewhere = quick.remote.url("http", "localhost", "/backchannel?x=1");
    clients.push(party(&app, json!({ "backchannel_logout_uri": elsewhere })).await.id);
    // Each of those that hang takes half a minute to hear nothing of it.
    queue(&app, &clients, 6, app.clock.now()).await;
    quick.tokens(6).await;
}

async fn clients_that_registered_themselves_hold_up_each_other_only(app: TestApp) {
    let app = near(app).await;
    let (listener, other) = (Listener::start().await, Listener::start().await);
    let client = listener.client(&app, json!({})).await;
    let metadata = but(web(), "backchannel_logout_uri", other.uri().into());
    let (stranger, _) = registered(&app, &metadata).await;
    let turns = all_turns(&app.app.messenger.strangers).await;
    queue(&app, &[stranger.id, client.id], 1, app.clock.now()).await;
    listener.tokens(1).await;
    assert_eq!(other.remote.requests().len(), 0);
    drop(turns);
    other.tokens(1).await;
}

async fn very_many_that_registered_themselves_take_no_other_clients_room(app: TestApp) {
    let app = near(app).await;
    let listener = Listener::start().await;
    let client = listener.client(&app, json!({})).await;
    let metadata = but(web(), "backchannel_logout_uri", listener.uri().into());
    let (stranger, _) = registered(&app, &metadata).await;
    let _turns = all_turns(&app.app.messenger.strangers).await;
    let now = app.clock.now();
    // They have waited longer.
    queue_for_very_many(&app, &stranger, MOST_TOLD + 100, now - 1);
    queue(&app, &[client.id], 1, now).await;
    listener.tokens(1).await;
}

/// Makes `count` more clients like this one, which registered itself, and puts a delivery to each in the queue, due at `at`.
fn queue_for_very_many(app: &TestApp, stranger: &TestClient, count: usize, at: Timestamp) {
    let id = &stranger.id;
    let many = format!(
        "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})
         INSERT INTO clients (id, name, origin, metadata, created_at, updated_at, version, name_key)
         SELECT id || n, name, origin, metadata, created_at, updated_at, version, name_key
         FROM clients, numbers WHERE id = '{id}';
         INSERT INTO logout_deliveries
         (id, client_id, resource_owner_id, session_id, attempts, created_at, next_attempt_at)
         SELECT id, id, 'u_1', 's_1', 0, {at}, {at} FROM clients WHERE origin = 'registered'"
    );
    app.prepare(|connection| Ok(connection.batch_execute(&many)?));
}

async fn of_those_that_registered_themselves_few_begin_with_each_look(app: TestApp) {
    let metadata = but(web(), "backchannel_logout_uri", "https://rp.example/backchannel".into());
    let (stranger, _) = registered(&app, &metadata).await;
    let mut clients = Vec::new();
    for _ in 0..70 {
        clients.push(party(&app, json!({})).await.id);
    }
    // Nothing that this server would begin with.
    let later = app.clock.now() + 1000;
    queue_for_very_many(&app, &stranger, 200, later);
    queue(&app, &clients, 1, later).await;
    let begun = Mutex::new(Vec::new());
    let tell = |client: String| {
        begun.lock().expect("no panic").push(client);
        tokio::spawn(std::future::pending::<()>())
    };
    let mut under_way = UnderWay::default();
    for expected in [70 + 64, 70 + 64 + 64] {
        under_way.begin(&app.app.store, later + 1, tell).await.expect("the store answers");
        assert_eq!(begun.lock().expect("no panic").len(), expected);
    }
}

async fn those_that_have_waited_longest_come_first_without_those_under_way(app: TestApp) {
    let mut clients = Vec::new();
    for _ in 0..65 {
        clients.push(party(&app, json!({})).await.id);
    }
    // Nothing that this server would begin with.
    let later = app.clock.now() + 1000;
    queue(&app, &clients[64..], 100, later + 1).await;
    queue(&app, &clients[..64], 1, later).await;
    let set = |clients: &[String]| clients.iter().cloned().collect::<BTreeSet<_>>();
    let due = async |under_way: &[String]| {
        let due = clients_due(&app.app.store, Origin::Admin, later + 1, under_way.to_vec()).await;
        set(&due.expect("the store answers"))
    };
    assert_eq!(due(&[]).await, set(&clients[..64]));
    assert_eq!(due(&clients[..64]).await, set(&clients[64..]));
    assert_eq!(due(&clients[1..]).await, set(&clients[..1]));
    assert_eq!(due(&clients).await, set(&[]));
}

async fn waiting_for_others_is_no_attempt(app: TestApp) {
    let app = near(app).await;
    app.user("alice").await;
    let root = admin(&app).await;
    let listener = Listener::start().await;
    let client = listener.client(&app, json!({})).await;
    let mut browser = Browser::new(&app);
    let hint = id_token(&app, &mut browser, &client, "alice").await;
    let turns = all_turns(&app.app.messenger.outbound).await;
    // The browser waits for a second, too.
    let answer = browser.get(&logout(&[("id_token_hint", &hint), ("post_logout_redirect_uri", BYE)])).await;
    assert_eq!(answer.location(), BYE);
    assert_eq!(newest_delivery(&mut root.copy()).await.1, "0");
    // Where the client is when its turn comes, it is told, and nowhere else.
    let moved = Listener::start().await;
    app.reregister(&client, but(web(), "backchannel_logout_uri", moved.uri().into())).await;
    drop(turns);
    moved.tokens(1).await;
    assert_eq!(listener.remote.requests().len(), 0);
    let delivered = ("Delivered".to_owned(), "1".to_owned());
    eventually("it arrived", async || newest_delivery(&mut root.copy()).await == delivered).await;
}

async fn a_withdrawn_key_signs_no_more_logout_tokens(app: TestApp) {
    let app = near(app).await;
    let listener = Listener::start().await;
    let client = listener.client(&app, json!({})).await;
    let key = NewKey::generate(Algorithm::Rs256).expect("a key").sealed(&app.app.sealing_key, app.clock.now());
    let end = Arc::new(Notify::new());
    listener.answer(Reply::Held(Arc::clone(&end)));
    queue(&app, std::slice::from_ref(&client.id), 2, app.clock.now()).await;
    listener.tokens(1).await;
    let context = app.context();
    app.manage(move |connection| {
        management::keys::rotate(connection, &context, std::slice::from_ref(&key), Haste::Emergency)
    })
    .await;
    app.app.reload_keys().await.expect("the keys can be read");
    listener.answer(Reply::http("200 OK", "", ""));
    end.notify_one();
    let token = listener.tokens(2).await.pop().expect("two");
    // By a key that is published.
    verified(&app.http, &token, &client.id).await;
}

/// Several times a second, whether or not there is something to tell.
#[test]
fn what_is_due_is_found_by_its_time() {
    run(Backend::Sqlite, |app| async move {
        let under_way = ["c_1".to_owned(), "c_2".to_owned()];
        let plans = plans_of(&app, |connection| {
            logout_deliveries::clients_due(connection, Origin::Admin, 1, &under_way, 64).expect("it can be asked");
        });
        let [(query, steps)] = plans.as_slice() else { panic!("one statement: {plans:?}") };
        assert!(steps[0].contains("USING INDEX logout_deliveries_by_next_attempt"), "{query}: {steps:?}");
        assert!(steps[1].contains("SEARCH clients USING INDEX sqlite_autoindex_clients_1"), "{query}: {steps:?}");
        assert!(steps.iter().all(|step| !step.contains("B-TREE")), "{query}: {steps:?}");
    });
}

async fn two_processes_tell_a_client_once(app: TestApp) {
    let app = near(app).await;
    let second = app.another().await;
    let owner = app.user("alice").await;
    let listener = Listener::start().await;
    let client = listener.client(&app, json!({})).await;
    for _ in 0..4 {
        id_token(&app, &mut Browser::new(&app), &client, "alice").await;
    }
    let context = app.context();
    app.manage(move |connection| management::users::end_all_sessions(connection, &context, &owner, None)).await;
    app.app.courier.wake();
    second.app.courier.wake();
    let tokens = listener.tokens(4).await;
    let mut sids = BTreeSet::new();
    for token in tokens {
        sids.insert(verified(&app.http, &token, &client.id).await.1["sid"].to_string());
    }
    assert_eq!(sids.len(), 4, "each session once");
    eventually("all is written down", async || {
        clients_due(&app.app.store, Origin::Admin, app.clock.now() + 60, Vec::new()).await.unwrap().is_empty()
    })
    .await;
    assert_eq!(listener.remote.requests().len(), 4);
}

async fn addresses_of_our_own_network_are_not_told(app: TestApp) {
    app.user("alice").await;
    let root = admin(&app).await;
    let listener = Listener::start().await;
    let client = listener.client(&app, json!({})).await;
    let mut browser = Browser::new(&app);
    let hint = id_token(&app, &mut browser, &client, "alice").await;
    browser.get(&logout(&[("id_token_hint", &hint), ("post_logout_redirect_uri", BYE)])).await;
    eventually("the console shows it", async || {
        let (state, _) = newest_delivery(&mut root.copy()).await;
        state.starts_with("Trying The host does not answer at a public address in time.")
    })
    .await;
    assert_eq!(listener.remote.requests().len(), 0);
}

/// Who ends a session of alice's; the last argument is the session.
type Ending = fn(&mut AnyConnection, &management::Context, &str, &str) -> management::Outcome<()>;

async fn whoever_ends_a_session_tells_its_clients(app: TestApp) {
    let app = near(app).await;
    let alice = app.user("alice").await;
    app.user("bob").await;
    let listener = Listener::start().await;
    let client = listener.client(&app, json!({})).await;
    let mut count = 0;
    let mut expect = async |what: &str| {
        count += 1;
        let token = listener.tokens(count).await.pop().unwrap_or_else(|| panic!("{what}"));
        verified(&app.http, &token, &client.id).await.1
    };

    // The user, elsewhere.
    let (mut here, mut there) = (Browser::new(&app), Browser::new(&app));
    here.sign_in("alice").await;
    let sid =
        verified(&app.http, &id_token(&app, &mut there, &client, "alice").await, &client.id).await.1["sid"].clone();
    let page = here.get("/account/sessions").await;
    let path = routes::account_session_end(sid.as_str().unwrap());
    assert_eq!(here.submit(&path, &page, &[]).await.status, 303);
    assert_eq!(expect("one session").await["sid"], sid);

    id_token(&app, &mut there, &client, "alice").await;
    here.submit("/account/sessions/end-others", &page, &[]).await;
    expect("all others").await;

    id_token(&app, &mut there, &client, "alice").await;
    let page = here.get("/account/password").await;
    let new = [("current_password", PASSWORD), ("new_password", "velvet canyon orbit lemon")];
    assert_eq!(here.submit("/account/password", &page, &new).await.status, 303);
    expect("another password").await;
    assert!(is_signed_in(&mut here).await);
    let hash = {
        use grantor::domain::resource_owner::{Password, PasswordHash};
        PasswordHash::new(&Password::choose(PASSWORD, &[], 12).unwrap(), 4).unwrap()
    };
    let (context, id) = (app.context(), alice.clone());
    app.manage(move |connection| management::users::set_password(connection, &context, &id, &hash, None)).await;

    // Somebody else at the same browser.
    id_token(&app, &mut there, &client, "alice").await;
    let before = listener.remote.requests().len();
    let page = {
        let first = there.get(&Authorization::of(&client, "openid").with("prompt", "login").path()).await;
        there.follow(first).await
    };
    there.submit("/login", &page, &[("username", "bob"), ("password", PASSWORD)]).await;
    expect("another user").await;
    assert_eq!(listener.remote.requests().len(), before + 1);

    // The button of the console's and the account's pages.
    let mut there = Browser::new(&app);
    id_token(&app, &mut there, &client, "alice").await;
    let page = there.get("/logout").await;
    there.submit("/logout", &page, &[]).await;
    expect("the page").await;

    // Admins.
    let endings: [Ending; 3] = [
        |connection, context, id, session| management::users::end_session(connection, context, id, session),
        |connection, context, id, _| management::users::set_disabled(connection, context, id, true),
        |connection, context, id, _| management::users::delete(connection, context, id),
    ];
    for (number, ending) in endings.into_iter().enumerate() {
        let mut there = Browser::new(&app);
        let token = id_token(&app, &mut there, &client, "alice").await;
        let session = verified(&app.http, &token, &client.id).await.1["sid"].as_str().unwrap().to_owned();
        let (context, id) = (app.context(), alice.clone());
        app.manage(move |connection| ending(connection, &context, &id, &session)).await;
        let claims = expect("an admin").await;
        assert_eq!(claims["sub"], alice.as_str(), "{number}");
        let (context, id) = (app.context(), alice.clone());
        if number == 1 {
            app.manage(move |connection| management::users::set_disabled(connection, &context, &id, false)).await;
        }
    }
}

async fn the_front_channel_is_a_page_with_frames(app: TestApp) {
    app.user("alice").await;
    let asking = party(&app, json!({ "client_name": "First" })).await;
    let with_frame = |more: Value| {
        let mut metadata = json!({ "redirect_uris": [REDIRECT_URI, "https://two.example:8443/cb", "http://[::1]/cb"] });
        metadata.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        metadata
    };
    let one = party(&app, with_frame(json!({ "frontchannel_logout_uri": "https://rp.example/front?a=1%20b" }))).await;
    let two = json!({
        "frontchannel_logout_uri": "https://two.example:8443/front?a=1",
        "frontchannel_logout_session_required": true,
        "client_name": "<Two>",
    });
    let two = party(&app, with_frame(two)).await;
    let three = party(&app, with_frame(json!({ "frontchannel_logout_uri": "http://[::1]/front" }))).await;
    let mut browser = Browser::new(&app);
    let hint = id_token(&app, &mut browser, &asking, "alice").await;
    let sid = verified(&app.http, &hint, &asking.id).await.1["sid"].as_str().unwrap().to_owned();
    for client in [&one, &two, &three] {
        id_token(&app, &mut browser, client, "alice").await;
    }
    let request = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", BYE), ("state", "s-1")];
    let page = browser.get(&logout(&request)).await;
    assert_eq!((page.status.as_u16(), heading(&page).as_str()), (200, "You are signed out"));
    assert!(!is_signed_in(&mut browser).await, "before the frames load");
    let html = scraper::Html::parse_document(&page.body);
    let attributes = |css: &str, name: &str| {
        let found: Vec<String> = html
            .select(&scraper::Selector::parse(css).unwrap())
            .map(|element| element.attr(name).unwrap_or_default().to_owned())
            .collect();
        found
    };
    let mut frames = attributes("iframe", "src");
    frames.sort();
    let issuer: String = url::form_urlencoded::byte_serialize(app.app.issuer().as_bytes()).collect();
    let with_session = format!("https://two.example:8443/front?a=1&iss={issuer}&sid={sid}");
    assert_eq!(frames, ["http://[::1]/front", "https://rp.example/front?a=1%20b", &with_session]);
    let next = format!("{BYE}&state=s-1");
    assert_eq!(attributes("meta[http-equiv=refresh]", "content"), [format!("1; url={next}")]);
    assert_eq!(attributes("main a", "href"), [next]);
    let policy = page.header("content-security-policy");
    assert!(policy.ends_with("; frame-src http: https://rp.example https://two.example:8443"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("default-src 'none'"), "{policy}");
    assert_eq!(page.header("x-frame-options"), "DENY");

    // Without an address to return to the page stays, after the question too.
    browser.sign_in("alice").await;
    id_token(&app, &mut browser, &one, "alice").await;
    let page = browser.get("/logout").await;
    assert!(!page.header("content-security-policy").contains("frame-src"));
    let done = browser.submit("/logout", &page, &[]).await;
    assert!(done.body.contains("src=\"https://rp.example/front?a=1%20b\""), "{}", done.body);
    assert!(!done.body.contains("http-equiv=\"refresh\""));
    assert!(done.header("content-security-policy").ends_with("frame-src https://rp.example"));
}
