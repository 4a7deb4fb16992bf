//! Sessions and what surrounds them: a login or a form that comes too late, twice, or from another tab, and a cookie that was
//! copied.

use std::future::Future;
use std::time::{Duration, Instant};

use grantor::config::trusted_proxies::TrustedProxies;
use grantor::domain::resource_owner::{Password, PasswordHash};
use grantor::management::{self, ManagementError};
use grantor::store::{Failure, StoreError, resource_owners, sessions};
use grantor::web::routes;
use serde_json::json;

use crate::support::app::{PASSWORD, REDIRECT_URI, TestApp, on_both_databases};
use crate::support::http::{Answer, Authorization, Browser, Http, allow, encode, redemption};

on_both_databases!(
    a_login_under_way_does_not_outlive_its_password,
    a_login_under_way_notices_that_its_hash_was_made_anew,
    two_clicks_on_sign_in_are_one_session,
    a_copied_cookie_dies_with_the_password,
    what_was_asked_with_another_password_comes_too_late,
    an_admin_who_signs_out_everywhere_gets_another_key,
    the_current_password_cannot_be_guessed_from_an_open_session,
    a_password_link_signs_out_whoever_was_at_the_browser,
    a_wait_does_not_tell_whose_a_name_is,
    a_site_of_ipv6_guesses_no_more_than_eight_of_its_networks,
    what_is_too_long_for_a_password_counts_for_no_name,
    a_request_waits_for_whoever_was_signed_out_at_the_consent,
    a_request_waits_for_somebody_else,
    a_login_form_of_another_tab_leads_on,
    signing_out_twice_is_signing_out,
    a_session_that_is_gone_is_ended,
    a_form_that_came_too_late_leads_back_to_its_page,
    a_profile_changed_meanwhile_is_not_overwritten,
    a_profile_is_not_changed_all_the_time,
    buttons_beside_the_profile_keep_what_was_typed,
);

const ANOTHER: &str = "velvet canyon orbit lemon";
const BYE: &str = "https://rp.example/bye";

async fn signed_in(app: &TestApp, username: &str) -> Browser {
    let mut browser = Browser::new(app);
    assert_eq!(browser.sign_in(username).await.status, 303);
    browser
}

async fn is_signed_in(browser: &mut Browser) -> bool {
    browser.get("/account").await.status == 200
}

/// The names of an account's sessions.
async fn names(app: &TestApp, owner: &str) -> Vec<String> {
    let (owner, now) = (owner.to_owned(), app.clock.now());
    let list =
        app.app.store.read::<_, StoreError, _>(move |connection| Ok(sessions::list_of_owner(connection, &owner, now)?));
    list.await.expect("they can be read").into_iter().map(|session| session.id).collect()
}

fn hash(password: &str) -> PasswordHash {
    PasswordHash::new(&Password::choose(password, &[], 12).expect("a good password"), 4).expect("a hash")
}

async fn set_password(app: &TestApp, id: &str, password: &str) {
    let (context, id, hash) = (app.context(), id.to_owned(), hash(password));
    app.manage(move |connection| management::users::set_password(connection, &context, &id, &hash, None)).await;
}

async fn set_disabled(app: &TestApp, id: &str, is_disabled: bool) {
    let (context, id) = (app.context(), id.to_owned());
    app.manage(move |connection| management::users::set_disabled(connection, &context, &id, is_disabled)).await;
}

async fn end_all(app: &TestApp, id: &str) {
    let (context, id) = (app.context(), id.to_owned());
    app.manage(move |connection| management::users::end_all_sessions(connection, &context, &id, None)).await;
}

/// Waits until so many passwords wait to be checked.
async fn until_waiting(app: &TestApp, count: usize) {
    let begun = Instant::now();
    while app.app.passwords.waiting() != count {
        assert!(begun.elapsed() < Duration::from_secs(10), "{} wait", app.app.passwords.waiting());
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Does something while `count` logins wait for their passwords to be checked: they have read what they need to know, and
/// nothing is decided. Gives the answers to the logins.
async fn while_passwords_are_checked<T>(
    app: &TestApp,
    count: usize,
    logins: impl Future<Output = T>,
    meanwhile: impl Future<Output = ()>,
) -> T {
    let occupied = app.app.passwords.occupy();
    until_waiting(app, 0).await;
    let meanwhile = async {
        until_waiting(app, count).await;
        meanwhile.await;
        drop(occupied);
    };
    tokio::join!(logins, meanwhile).0
}

async fn a_login_under_way_does_not_outlive_its_password(app: TestApp) {
    let id = app.user("alice").await;
    for way in ["another password", "disabled"] {
        let mut thief = Browser::new(&app);
        let page = thief.get("/login").await;
        let form = [("username", "alice"), ("password", PASSWORD)];
        let login = while_passwords_are_checked(&app, 1, thief.submit("/login", &page, &form), async {
            match way {
                "disabled" => set_disabled(&app, &id, true).await,
                _ => set_password(&app, &id, ANOTHER).await,
            }
        })
        .await;
        assert_eq!(login.status, 401, "{way}: {}", login.body);
        assert!(login.find("#login-error").expect("it says so").contains("do not match"), "{way}");
        // What had begun would come to life again.
        set_disabled(&app, &id, false).await;
        assert!(!is_signed_in(&mut thief).await && names(&app, &id).await.is_empty(), "{way}");
        set_password(&app, &id, PASSWORD).await;
    }
}

async fn a_login_under_way_notices_that_its_hash_was_made_anew(app: TestApp) {
    let id = app.user("alice").await;
    let mut browser = Browser::new(&app);
    let page = browser.get("/login").await;
    let form = [("username", "alice"), ("password", PASSWORD)];
    let login = while_passwords_are_checked(&app, 1, browser.submit("/login", &page, &form), async {
        let (id, new) = (id.clone(), hash(PASSWORD));
        app.manage(move |connection| {
            let owner = resource_owners::find(connection, &id)?.expect("she is there");
            let old = owner.password.expect("she has a password");
            Ok(resource_owners::rehash(connection, &id, &old, &new)?)
        })
        .await;
    })
    .await;
    assert_eq!(login.status, 303, "the password is the same: {}", login.body);
    assert!(is_signed_in(&mut browser).await);
}

async fn two_clicks_on_sign_in_are_one_session(app: TestApp) {
    let id = app.user("alice").await;
    let client = app.web("openid").await;
    let mut browser = signed_in(&app, "alice").await;
    let before = names(&app, &id).await;
    let again = browser.get(&Authorization::of(&client, "openid").with("prompt", "login").path()).await;
    let page = browser.follow(again).await;
    assert_eq!(page.find("h1").as_deref(), Some("Sign in"));
    let (mut one, mut two) = (browser.copy(), browser.copy());
    let form = [("username", "alice"), ("password", PASSWORD)];
    let clicks = async { tokio::join!(one.submit("/login", &page, &form), two.submit("/login", &page, &form)) };
    let (first, second) = while_passwords_are_checked(&app, 2, clicks, async {}).await;
    assert_eq!((first.status.as_u16(), second.status.as_u16()), (303, 303), "{} {}", first.body, second.body);
    assert_eq!(names(&app, &id).await, before, "one session, with the name that clients know");
    let signed_in = [is_signed_in(&mut one).await, is_signed_in(&mut two).await];
    assert_eq!(signed_in.iter().filter(|is_signed_in| **is_signed_in).count(), 1, "the last key opens it");
    assert!(!is_signed_in(&mut browser).await, "and the first does not");
}

async fn a_copied_cookie_dies_with_the_password(app: TestApp) {
    let id = app.user("alice").await;
    for way in ["/account/password", "/account/activity/not-me", "/account/sessions/end-others"] {
        let mut alice = signed_in(&app, "alice").await;
        let mut thief = alice.copy();
        assert!(is_signed_in(&mut thief).await);
        let page = alice.get(if way.ends_with("others") { "/account/sessions" } else { way }).await;
        let fields: &[(&str, &str)] = match way {
            "/account/password" => &[("current_password", PASSWORD), ("new_password", PASSWORD)],
            _ => &[],
        };
        let before = names(&app, &id).await;
        let done = alice.submit(way, &page, fields).await;
        assert_eq!(done.status, 303, "{way}: {}", done.body);
        assert!(is_signed_in(&mut alice).await, "{way}");
        assert!(!is_signed_in(&mut thief).await, "{way}: a copy of the cookie opens nothing");
        let after = names(&app, &id).await;
        assert!(after.len() == 1 && before.contains(&after[0]), "{way}: the session is still the same one");
        // A form that was open in another tab is as good as before.
        assert_eq!(alice.submit("/account/sessions/end-others", &page, &[]).await.status, 303, "{way}");
        end_all(&app, &id).await;
    }
}

async fn what_was_asked_with_another_password_comes_too_late(app: TestApp) {
    let id = app.user("alice").await;
    let of = id.clone();
    let found = app.app.store.read(move |connection| resource_owners::find(connection, &of)).await;
    let before = found.expect("it can be read").expect("she is there");
    let is_refused = async || {
        let owner = before.clone();
        let done =
            app.app.store.write(move |connection| management::users::unless_password_changed(connection, &owner));
        matches!(done.await, Err(Failure::Refused(ManagementError::Outdated)))
    };
    assert!(!is_refused().await);
    set_password(&app, &id, ANOTHER).await;
    assert!(is_refused().await, "whoever knew the old one is out");
}

async fn an_admin_who_signs_out_everywhere_gets_another_key(app: TestApp) {
    let id = app.admin("root").await;
    let mut root = signed_in(&app, "root").await;
    let (mut thief, path) = (root.copy(), format!("/admin/users/{id}/sign-out"));
    let page = root.get(&path).await;
    assert_eq!(root.submit(&path, &page, &[]).await.status, 303);
    assert!(is_signed_in(&mut root).await && !is_signed_in(&mut thief).await);
}

async fn the_current_password_cannot_be_guessed_from_an_open_session(app: TestApp) {
    app.user("alice").await;
    let mut thief = signed_in(&app, "alice").await;
    let mut statuses = Vec::new();
    for attempt in 0..=20 {
        // Which browser it is, it says itself.
        thief.cookies.insert("grantor-browser".to_owned(), grantor::secret::random_id());
        let page = thief.get("/account/password").await;
        let guess = format!("guess number {attempt}");
        let form = [("current_password", guess.as_str()), ("new_password", ANOTHER)];
        statuses.push(thief.submit("/account/password", &page, &form).await.status.as_u16());
    }
    assert_eq!(statuses, [vec![422_u16; 20], vec![429]].concat());
    let page = thief.get("/account/email").await;
    let form = [("email", "mallory@example.com"), ("current_password", PASSWORD)];
    assert_eq!(thief.submit("/account/email", &page, &form).await.status, 429, "nor there");

    // The owner is elsewhere, and not slowed down.
    let mut alice = signed_in(&app, "alice").await;
    let page = alice.get("/account/password").await;
    let form = [("current_password", PASSWORD), ("new_password", ANOTHER)];
    assert_eq!(alice.submit("/account/password", &page, &form).await.status, 303);
}

async fn a_password_link_signs_out_whoever_was_at_the_browser(app: TestApp) {
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let client = app.web("openid").await;
    let mut browser = Browser::new(&app);
    let code = allow(&mut browser, &Authorization::of(&client, "openid"), "alice").await.redirect()["code"].clone();
    let token = app.http.as_client(&client, "/oauth2/token", &redemption(&code)).await.text("access_token");
    assert_eq!(app.http.bearer("/oauth2/userinfo", &token).await.status, 200);

    let (context, of) = (app.context(), bob.clone());
    let link = app.manage(move |connection| management::users::make_link(connection, &context, &of)).await;
    let page = browser.get(&routes::set_password(&link)).await;
    let done = browser.submit("/set-password", &page, &[("password", ANOTHER)]).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert!(names(&app, &alice).await.is_empty());
    assert_eq!(
        app.http.bearer("/oauth2/userinfo", &token).await.status,
        401,
        "what was given in her session has ended"
    );
    let form = [("username", "bob"), ("password", ANOTHER)];
    assert_eq!(browser.submit("/login", &done, &form).await.status, 303, "the page that follows is good");
    assert_eq!(names(&app, &bob).await.len(), 1);
}

/// A login by a browser that was never here, behind a proxy.
async fn attempt(http: &Http, from: &str, username: &str, password: &str) -> Answer {
    let page = http.send("GET", "/login", &[("x-forwarded-for", from)], None).await;
    let cookie = page.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
    let token = page.attribute("input[name=csrf_token]", "value").expect("a form");
    let headers =
        [("x-forwarded-for", from), ("cookie", cookie.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    let form = [("csrf_token", token.as_str()), ("username", username), ("password", password)];
    http.send("POST", "/login", &headers, Some(encode(&form))).await
}

async fn a_wait_does_not_tell_whose_a_name_is(mut app: TestApp) {
    app.user("bob").await;
    app.config.trusted_proxies = TrustedProxies::parse("127.0.0.1/32").expect("a network");
    let server = app.another().await;
    for _ in 0..20 {
        assert_eq!(attempt(&server.http, "192.0.2.1", "bob", "a wrong password").await.status, 401);
    }
    let said = attempt(&server.http, "192.0.2.2", "BOB", "a wrong password").await;
    assert_eq!(said.status, 429, "of the name that was typed it is told");
    let mut answers = Vec::new();
    for name in ["bob@example.com", "nobody@example.com"] {
        let answer = attempt(&server.http, "192.0.2.3", name, PASSWORD).await;
        answers.push((answer.status, answer.find("[role=alert]"), answer.header("retry-after").to_owned()));
    }
    assert_eq!(answers[0], answers[1], "whose the address is, is not told, nor is the password looked at");
    assert_eq!(answers[0].0, 401);
    for _ in 1..20 {
        attempt(&server.http, "192.0.2.4", "bob@example.com", "a wrong password").await;
    }
    assert_eq!(attempt(&server.http, "192.0.2.5", "bob@example.com", PASSWORD).await.status, 429);
    server.clock.advance(900);
    assert_eq!(attempt(&server.http, "192.0.2.5", "bob@example.com", PASSWORD).await.status, 303);
}

/// A server behind a proxy, where two failures are too many.
async fn behind_a_proxy(app: &mut TestApp) -> TestApp {
    app.config.trusted_proxies = TrustedProxies::parse("127.0.0.1/32").expect("a network");
    app.config.policies.limits.failures = 2;
    app.another().await
}

async fn a_site_of_ipv6_guesses_no_more_than_eight_of_its_networks(mut app: TestApp) {
    let server = behind_a_proxy(&mut app).await;
    let mut statuses = Vec::new();
    for network in 0..9 {
        for number in 0..2 {
            let (from, name) = (format!("2001:db8:0:{network}::1"), format!("nobody{network}{number}"));
            statuses.push(attempt(&server.http, &from, &name, "a wrong password").await.status.as_u16());
        }
    }
    assert_eq!(statuses, [vec![401_u16; 16], vec![429; 2]].concat());
    for elsewhere in ["2001:db8:1::1", "192.0.2.1"] {
        assert_eq!(attempt(&server.http, elsewhere, "nobody", "a wrong password").await.status, 401, "{elsewhere}");
    }
}

async fn what_is_too_long_for_a_password_counts_for_no_name(mut app: TestApp) {
    app.user("bob").await;
    let server = behind_a_proxy(&mut app).await;
    let long = "x".repeat(Password::MAX_LENGTH + 1);
    for expected in [401, 401, 429] {
        assert_eq!(attempt(&server.http, "192.0.2.1", "bob", &long).await.status, expected);
    }
    assert_eq!(attempt(&server.http, "192.0.2.2", "bob", PASSWORD).await.status, 303);
}

async fn a_request_waits_for_whoever_was_signed_out_at_the_consent(app: TestApp) {
    let id = app.user("alice").await;
    let client = app.web("openid").await;
    let mut browser = signed_in(&app, "alice").await;
    let location = browser.get(&Authorization::of(&client, "openid").path()).await.location();
    let consent = browser.get(&location).await;
    end_all(&app, &id).await;
    let allowed = browser.submit("/consent", &consent, &[("decision", "approve")]).await;
    assert!(allowed.location().starts_with("/login?request="), "{}", allowed.location());
    assert_eq!(browser.get(&location).await.location(), allowed.location(), "reloading leads there, too");

    let login = browser.get(&allowed.location()).await;
    let form = [("username", "alice"), ("password", PASSWORD)];
    let back = browser.submit("/login", &login, &form).await;
    let consent = browser.follow(back).await;
    let answer = browser.submit("/consent", &consent, &[("decision", "approve")]).await;
    assert!(answer.redirect().contains_key("code"));
}

async fn a_request_waits_for_somebody_else(app: TestApp) {
    let alice = app.user("alice").await;
    app.user("bob").await;
    let client = app.web("openid email").await;
    let mut browser = signed_in(&app, "alice").await;
    let first = browser.get(&Authorization::of(&client, "openid email").path()).await;
    let consent = browser.follow(first).await;
    let link = consent.attribute("footer a", "href").expect("a way to be somebody else");
    let login = browser.get(&link).await;
    assert_eq!((login.status.as_u16(), login.find("h1").as_deref()), (200, Some("Sign in")), "it does not lead on");
    assert_eq!(login.find("#login-current").as_deref(), Some("Go on as alice@example.com"), "or back");
    let kept = browser.submit("/login", &login, &[("account", "current")]).await;
    assert!(browser.follow(kept).await.find("#consent-approve").is_some());

    let wrong = browser.submit("/login", &login, &[("username", "bob"), ("password", "not his")]).await;
    assert_eq!(wrong.status, 401);
    let back = browser.submit("/login", &wrong, &[("username", "bob"), ("password", PASSWORD)]).await;
    let consent = browser.follow(back).await;
    assert!(consent.body.contains("bob@example.com"), "{}", consent.body);
    assert!(names(&app, &alice).await.is_empty(), "her session has ended");
    let answer = browser.submit("/consent", &consent, &[("decision", "approve")]).await;
    let code = answer.redirect()["code"].clone();
    let token = app.http.as_client(&client, "/oauth2/token", &redemption(&code)).await.text("access_token");
    assert_eq!(app.http.bearer("/oauth2/userinfo", &token).await.json()["email"], "bob@example.com");
}

async fn a_login_form_of_another_tab_leads_on(app: TestApp) {
    app.user("alice").await;
    app.user("bob").await;
    let client = app.web("openid").await;
    let mut browser = Browser::new(&app);
    let location = browser.get(&Authorization::of(&client, "openid").path()).await.location();
    let (tab, plain) = (browser.get(&location).await, browser.get("/login").await);
    let alice = [("username", "Alice@example.com"), ("password", PASSWORD)];
    let resumed = browser.submit("/login", &tab, &alice).await.location();
    assert!(resumed.starts_with("/oauth2/authorize/"), "{resumed}");

    // The same form in another tab, and its address.
    assert_eq!(browser.submit("/login", &tab, &alice).await.location(), resumed);
    assert_eq!(browser.get(&location).await.location(), resumed);
    assert_eq!(browser.submit("/login", &plain, &alice).await.location(), "/account");
    // Somebody else is not taken for her.
    let other = browser.submit("/login", &tab, &[("username", "bob"), ("password", PASSWORD)]).await;
    assert_eq!((other.status.as_u16(), other.find("h1").as_deref()), (403, Some("Sign in")));
    assert!(other.find("#login-error").is_some(), "it says why");
    assert_eq!(other.attribute("#username", "value").as_deref(), Some("bob"));
    let back = browser.submit("/login", &other, &[("username", "bob"), ("password", PASSWORD)]).await;
    assert_eq!(back.location(), resumed);
    assert!(browser.follow(back).await.body.contains("bob@example.com"));

    // Where the client wants another login, nobody may go on.
    let strict = browser.get(&Authorization::of(&client, "openid").with("prompt", "login").path()).await.location();
    let page = browser.get(&strict).await;
    assert_eq!((page.status.as_u16(), page.find("#login-current")), (200, None));
}

async fn signing_out_twice_is_signing_out(app: TestApp) {
    app.user("alice").await;
    let client = app
        .client(json!({ "client_name": "App", "redirect_uris": [REDIRECT_URI], "post_logout_redirect_uris": [BYE] }))
        .await;
    let request = [("client_id", client.id.as_str()), ("post_logout_redirect_uri", BYE), ("state", "s-1")];
    let mut browser = signed_in(&app, "alice").await;
    let first = browser.get(&format!("/oauth2/logout?{}", encode(&request))).await;
    let page = browser.follow(first).await;
    let mut tab = browser.copy();
    for browser in [&mut browser, &mut tab] {
        let done = browser.submit("/logout", &page, &[]).await;
        assert_eq!((done.status.as_u16(), done.location()), (303, format!("{BYE}?state=s-1")), "{}", done.body);
    }

    let mut browser = signed_in(&app, "alice").await;
    let page = browser.get("/account").await;
    let token = page.attribute("#sign-out input[name=csrf_token]", "value").expect("a button on every page");
    for _ in 0..2 {
        let done = browser.post("/logout", &[("csrf_token", &token)]).await;
        assert_eq!((done.status.as_u16(), done.find("h1").as_deref()), (200, Some("You are signed out")));
    }
    // Who signed in again is not signed out by a form of before.
    let mut browser = signed_in(&app, "alice").await;
    assert_eq!(browser.post("/logout", &[("csrf_token", &token)]).await.status, 403);
    assert!(is_signed_in(&mut browser).await);
}

async fn a_session_that_is_gone_is_ended(app: TestApp) {
    let id = app.user("alice").await;
    let (mut here, _there) = (signed_in(&app, "alice").await, signed_in(&app, "alice").await);
    let page = here.get("/account/sessions").await;
    let end = page.attribute("button[formaction$='/end']", "formaction").expect("a button");
    for _ in 0..2 {
        assert_eq!(here.submit(&end, &page, &[]).await.location(), "/account/sessions");
        let page = here.get("/account/sessions").await;
        assert_eq!(page.find(".notice").as_deref(), Some("That browser is signed out."));
    }
    assert_eq!(names(&app, &id).await.len(), 1);
}

async fn a_form_that_came_too_late_leads_back_to_its_page(app: TestApp) {
    let id = app.user("alice").await;
    let mut browser = signed_in(&app, "alice").await;
    for (page, sent_to) in [
        ("/account/password", "/account/password"),
        ("/account", "/account/email/cancel"),
        ("/account/sessions", "/account/sessions/end-others"),
    ] {
        let form = browser.get(page).await;
        end_all(&app, &id).await;
        let late = browser.submit(sent_to, &form, &[("current_password", PASSWORD)]).await;
        let login = browser.get(&late.location()).await;
        let notice = login.find(".notice").expect("it says what became of it");
        assert!(notice.contains("was not saved"), "{sent_to}: {notice}");
        let back = browser.submit("/login", &login, &[("username", "alice"), ("password", PASSWORD)]).await;
        assert_eq!(back.location(), page, "{sent_to}");
    }
    // Who only looked has lost nothing.
    let looked = app.http.get("/account/password").await;
    assert_eq!(looked.location(), "/login?return_to=%2Faccount%2Fpassword");
    assert!(app.http.get(&looked.location()).await.find(".notice").is_none());
}

async fn a_profile_changed_meanwhile_is_not_overwritten(app: TestApp) {
    app.user("alice").await;
    let (mut one, mut other) = (signed_in(&app, "alice").await, signed_in(&app, "alice").await);
    let (first, second) = (one.get("/account").await, other.get("/account").await);
    let fields = |name, website| [("username", "alice"), ("display_name", name), ("website", website)];
    assert_eq!(one.submit("/account", &first, &fields("Alice Archer", "")).await.status, 303);
    let told = other.submit("/account", &second, &fields("", "https://alice.example/")).await;
    assert_eq!(told.status, 409, "{}", told.body);
    assert_eq!(told.find("#display_name-error").as_deref(), Some("It is now: Alice Archer"));
    assert_eq!(told.attribute("#website", "value").as_deref(), Some("https://alice.example/"), "nothing is lost");
    assert_eq!(one.get("/account").await.attribute("#display_name", "value").as_deref(), Some("Alice Archer"));
    // Saving again replaces it knowingly.
    assert_eq!(other.submit("/account", &told, &fields("Alice", "https://alice.example/")).await.status, 303);
    assert_eq!(one.get("/account").await.attribute("#display_name", "value").as_deref(), Some("Alice"));
    let token = told.attribute("input[name=csrf_token]", "value").expect("a form");
    let without = [("csrf_token", token.as_str()), ("username", "alice")];
    assert_eq!(other.post("/account", &without).await.status, 400, "a form says what it was filled from");
}

async fn a_profile_is_not_changed_all_the_time(app: TestApp) {
    app.user("alice").await;
    let mut alice = signed_in(&app, "alice").await;
    let page = alice.get("/account").await;
    let form = [("username", "alice"), ("display_name", "Alice Archer")];
    assert_eq!(alice.submit("/account", &page, &form).await.status, 303);
    for _ in 1..60 {
        assert_eq!(alice.submit("/account", &page, &form).await.status, 409);
    }
    assert_eq!(alice.submit("/account", &page, &form).await.status, 429);
    app.clock.advance(3600);
    let page = alice.get("/account").await;
    assert_eq!(alice.submit("/account", &page, &form).await.status, 303);
}

async fn buttons_beside_the_profile_keep_what_was_typed(app: TestApp) {
    app.user("alice").await;
    let mut alice = signed_in(&app, "alice").await;
    let page = alice.get("/account/email").await;
    let form = [("email", "alice@new.example"), ("current_password", PASSWORD)];
    assert_eq!(alice.submit("/account/email", &page, &form).await.status, 303);
    let page = alice.get("/account").await;
    let typed = [("username", "alice"), ("display_name", "Alice Archer")];
    let kept = alice.submit("/account/email/cancel", &page, &typed).await;
    assert_eq!(kept.status, 200, "{}", kept.body);
    assert_eq!(kept.attribute("#display_name", "value").as_deref(), Some("Alice Archer"));
    assert!(kept.body.contains("The change was cancelled") && kept.body.contains("not saved yet"), "{}", kept.body);
    assert!(kept.find("#email .notice").is_none(), "it is cancelled");
    assert_eq!(alice.get("/account").await.attribute("#display_name", "value").as_deref(), Some(""), "and not saved");
    assert_eq!(alice.submit("/account", &kept, &typed).await.status, 303, "but can be");
    // Where nothing was typed, the page is as it was.
    let page = alice.get("/account").await;
    assert_eq!(alice.submit("/account/email/cancel", &page, &typed).await.location(), "/account");
}
