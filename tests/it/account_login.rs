//! The door: set-up, login, sessions, and what protects every page.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantor::secret::Digest;
use grantor::store::{StoreError, audit_log, sessions};
use grantor::throttle::{AT_ONCE, Key, OWN_AT_ONCE};
use grantor::web::routes;
use tokio::task::JoinSet;

use crate::support::app::{PASSWORD, TestApp, on_both_databases};
use crate::support::http::{Authorization, Browser};
use crate::support::until;

on_both_databases!(
    the_first_admin_is_set_up_by_a_link_that_works_once,
    a_password_is_set_by_a_link_that_works_once,
    a_login_does_not_tell_who_exists,
    what_is_typed_as_a_name_is_not_kept,
    guessing_is_slowed_down_but_a_known_browser_gets_in,
    one_address_has_few_passwords_checked_at_once,
    one_account_has_few_passwords_checked_at_once,
    whoever_knows_a_password_does_not_keep_a_link_waiting,
    one_account_leaves_room_for_others,
    every_late_form_leads_back_to_a_page,
    a_login_leads_to_our_own_pages_only,
    a_login_gives_the_session_a_new_key,
    cookies_are_for_this_server_alone,
    a_session_ends_when_it_should,
    sessions_are_listed_and_ended,
    a_profile_cannot_promote_itself,
    every_form_wants_its_token,
    a_zero_byte_names_nothing,
    every_page_is_protected,
    the_console_is_for_admins,
);

/// A password that is as good as [`PASSWORD`].
const ANOTHER: &str = "velvet canyon orbit lemon";

async fn the_first_admin_is_set_up_by_a_link_that_works_once(app: TestApp) {
    let link = grantor::serve::setup_link(&app.app).await.unwrap().expect("there is no admin yet");
    let path = link.strip_prefix(app.app.issuer()).unwrap();
    let mut browser = Browser::new(&app);
    let page = browser.get(path).await;
    for id in ["#username", "#email", "#password", "#setup-submit"] {
        assert!(page.find(id).is_some(), "{id}");
    }
    let weak = [("username", "root"), ("email", "root@example.com"), ("password", "password1234")];
    let refused = browser.submit("/setup", &page, &weak).await;
    assert_eq!(refused.status, 422);
    assert!(refused.find("[role=alert]").is_some());
    let good = [("username", "root"), ("email", "root@example.com"), ("password", PASSWORD)];
    let done = browser.submit("/setup", &page, &good).await;
    assert_eq!((done.status.as_u16(), done.location().as_str()), (303, "/admin"), "{}", done.body);
    assert_eq!(browser.get("/account").await.status, 200, "signed in");
    assert_eq!(Browser::new(&app).get(path).await.status, 404, "used");
    assert_eq!(grantor::serve::setup_link(&app.app).await.unwrap(), None);
    assert_eq!(app.http.get("/setup?token=").await.status, 404);
}

async fn a_password_is_set_by_a_link_that_works_once(app: TestApp) {
    let id = app.user("bob").await;
    let context = app.context();
    let token = app.manage(move |connection| grantor::management::users::make_link(connection, &context, &id)).await;
    let path = routes::set_password(&token);
    let mut browser = Browser::new(&app);
    let page = browser.get(&path).await;
    assert_eq!(browser.submit("/set-password", &page, &[("password", "short")]).await.status, 422);
    assert_eq!(browser.submit("/set-password", &page, &[("password", ANOTHER)]).await.status, 200);
    assert_eq!(browser.submit("/set-password", &page, &[("password", ANOTHER)]).await.status, 404, "used");
    assert_eq!(browser.sign_in("bob").await.status, 401, "the old one is gone");
    let page = browser.get("/login").await;
    assert_eq!(browser.submit("/login", &page, &[("username", "bob"), ("password", ANOTHER)]).await.status, 303);
    let id = {
        let answer = browser.get("/account").await;
        assert_eq!(answer.status, 200);
        answer
    };
    assert!(id.body.contains("bob"));
    app.clock.advance(0);
    let late = app.user("carol").await;
    let context = app.context();
    let token = app.manage(move |connection| grantor::management::users::make_link(connection, &context, &late)).await;
    app.clock.advance(24 * 60 * 60);
    assert_eq!(app.http.get(&routes::set_password(&token)).await.status, 404, "expired");
}

async fn a_login_does_not_tell_who_exists(app: TestApp) {
    app.admin("root").await;
    let disabled = app.user("dora").await;
    let context = app.context();
    app.manage(move |connection| grantor::management::users::set_disabled(connection, &context, &disabled, true)).await;
    let mut answers = Vec::new();
    for (name, password) in [("root", "wrong password"), ("nobody", "wrong password"), ("dora", PASSWORD)] {
        let mut browser = Browser::new(&app);
        let page = browser.get("/login").await;
        let answer = browser.submit("/login", &page, &[("username", name), ("password", password)]).await;
        answers.push((answer.status, answer.find("[role=alert]")));
    }
    assert_eq!(answers[0].0, 401);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    let mut browser = Browser::new(&app);
    let page = browser.get("/login").await;
    let huge = "x".repeat(20_000);
    let answer = browser.submit("/login", &page, &[("username", &huge), ("password", &huge)]).await;
    assert!(answer.status.is_client_error());
}

/// People type passwords into the wrong field.
async fn what_is_typed_as_a_name_is_not_kept(app: TestApp) {
    app.user("alice").await;
    let mut browser = Browser::new(&app);
    let page = browser.get("/login").await;
    // What cannot be compressed does not fit PostgreSQL's indexes.
    let long: String = (0..600).map(|_| grantor::secret::random_id()).collect();
    for name in ["Velvet canyon orbit", &long] {
        assert_eq!(browser.submit("/login", &page, &[("username", name), ("password", "x")]).await.status, 401);
    }
    let filter = audit_log::Filter { action: Some("login.failed".to_owned()), ..audit_log::Filter::default() };
    let entries = app
        .app
        .store
        .read::<_, StoreError, _>(move |connection| Ok(audit_log::list(connection, &filter, 10)?))
        .await
        .unwrap();
    assert_eq!(entries.iter().map(|entry| entry.target.as_str()).collect::<Vec<_>>(), ["", ""]);
}

async fn guessing_is_slowed_down_but_a_known_browser_gets_in(app: TestApp) {
    app.user("alice").await;
    let mut known = Browser::new(&app);
    known.sign_in("alice").await;
    let page = known.get("/logout").await;
    assert_eq!(known.submit("/logout", &page, &[]).await.find("h1").as_deref(), Some("You are signed out"));

    let mut stranger = Browser::new(&app);
    let names = ["alice", "ALICE", " alice ", "alice@example.com"];
    let page = stranger.get("/login").await;
    for attempt in 0..20 {
        let guess = [("username", names[attempt % names.len()]), ("password", "a wrong password")];
        assert_eq!(stranger.submit("/login", &page, &guess).await.status, 401, "{attempt}");
    }
    let stopped = stranger.submit("/login", &page, &[("username", "alice"), ("password", PASSWORD)]).await;
    assert_eq!(stopped.status, 429, "from one address, by whichever name");
    assert!(!stopped.header("retry-after").is_empty());
    assert_eq!(known.sign_in("alice").await.status, 303, "the owner is not locked out");
    app.clock.advance(901);
    assert_eq!(stranger.sign_in("alice").await.status, 303);
}

async fn one_address_has_few_passwords_checked_at_once(app: TestApp) {
    app.user("alice").await;
    let mut known = Browser::new(&app);
    known.sign_in("alice").await;
    let page = known.get("/logout").await;
    known.submit("/logout", &page, &[]).await;

    let here = Key::Address(std::net::Ipv4Addr::LOCALHOST.into());
    let attempts: Vec<_> = (0..AT_ONCE).map(|_| app.app.throttle.begin(here).expect("there is room")).collect();
    let mut stranger = Browser::new(&app);
    let waiting = stranger.sign_in("alice").await;
    assert_eq!((waiting.status.as_u16(), waiting.header("retry-after")), (429, "1"), "{}", waiting.body);
    assert_eq!(known.sign_in("alice").await.status, 303, "neighbours do not keep the owner waiting");
    drop(attempts);
    assert_eq!(stranger.sign_in("alice").await.status, 303);
}

async fn one_account_has_few_passwords_checked_at_once(app: TestApp) {
    let id = app.user("alice").await;
    let mut known = Browser::new(&app);
    known.sign_in("alice").await;

    let own = Key::Own { account: &id };
    let attempts: Vec<_> = (0..OWN_AT_ONCE).map(|_| app.app.throttle.begin(own).expect("there is room")).collect();
    let form = [("current_password", PASSWORD), ("new_password", ANOTHER), ("email", "a@new.example")];
    for path in ["/account/password", "/account/email"] {
        let page = known.get(path).await;
        let waiting = known.submit(path, &page, &form).await;
        assert_eq!((waiting.status.as_u16(), waiting.header("retry-after")), (429, "1"), "{path}: {}", waiting.body);
    }
    assert_eq!(Browser::new(&app).sign_in("alice").await.status, 303, "a browser that was never here is not hers yet");
    drop(attempts);
    let page = known.get("/account/password").await;
    assert_eq!(known.submit("/account/password", &page, &form).await.status, 303);
}

/// By the link its owner gets rid of them.
async fn whoever_knows_a_password_does_not_keep_a_link_waiting(app: TestApp) {
    let id = app.user("alice").await;
    let (context, of) = (app.context(), id.clone());
    let token = app.manage(move |connection| grantor::management::users::make_link(connection, &context, &of)).await;
    let under_check =
        |key| -> Vec<_> { (0..OWN_AT_ONCE).map(|_| app.app.throttle.begin(key).expect("there is room")).collect() };
    let _by_password = under_check(Key::Own { account: &id });
    let by_link = under_check(Key::Link { account: &id });

    let mut alice = Browser::new(&app);
    let page = alice.get(&routes::set_password(&token)).await;
    let waiting = alice.submit("/set-password", &page, &[("password", ANOTHER)]).await;
    assert_eq!((waiting.status.as_u16(), waiting.header("retry-after")), (429, "1"), "{}", waiting.body);
    drop(by_link);
    assert_eq!(alice.submit("/set-password", &page, &[("password", ANOTHER)]).await.status, 200);
}

/// Whoever has an account has as many browsers that it knows as they like.
async fn one_account_leaves_room_for_others(app: TestApp) {
    app.user("alice").await;
    app.user("bob").await;
    let mut known = Vec::new();
    for _ in 0..3 {
        let mut browser = Browser::new(&app);
        assert_eq!(browser.sign_in("alice").await.status, 303);
        // Signed in it would be led on.
        browser.cookies.retain(|name, _| name.contains("browser"));
        let page = browser.get("/login").await;
        known.push((browser, page));
    }
    let mut bob = Browser::new(&app);
    let page = bob.get("/login").await;

    let occupied = app.app.passwords.occupy();
    let mut logins = JoinSet::new();
    for (browser, page) in known.iter().flat_map(|known| [known; 3]) {
        let (mut browser, page) = (browser.copy(), page.clone());
        let form = [("username", "alice"), ("password", PASSWORD)];
        logins.spawn(async move { browser.submit("/login", &page, &form).await.status });
    }
    let checked = usize::try_from(OWN_AT_ONCE).expect("a small number");
    while logins.len() > checked {
        assert_eq!(logins.join_next().await.expect("one is left").expect("no panic"), 429);
    }
    let form = [("username", "bob"), ("password", PASSWORD)];
    let elsewhere = tokio::spawn(async move { bob.submit("/login", &page, &form).await.status });
    until("his turn comes after few of hers", async || app.app.passwords.waiting() == checked + 1).await;
    drop(occupied);
    assert_eq!(elsewhere.await.expect("no panic"), 303);
    assert!(logins.join_all().await.iter().all(|status| *status == 303));
}

async fn a_login_leads_to_our_own_pages_only(app: TestApp) {
    app.user("alice").await;
    for (return_to, location) in [
        ("/account/sessions", "/account/sessions"),
        ("//evil.example", "/account"),
        ("https://evil.example/", "/account"),
        ("/account\\evil", "/account"),
    ] {
        let mut browser = Browser::new(&app);
        let page = browser.get(&routes::with_query("/login", &[("return_to", return_to)])).await;
        let answer = browser.submit("/login", &page, &[("username", "alice"), ("password", PASSWORD)]).await;
        assert_eq!(answer.location(), location, "{return_to}");
    }
    let sent_away = app.http.get("/account/sessions").await;
    assert_eq!(sent_away.location(), "/login?return_to=%2Faccount%2Fsessions");
}

async fn a_login_gives_the_session_a_new_key(app: TestApp) {
    app.scope("reports").await;
    app.user("alice").await;
    let client = app.web("reports").await;
    let mut browser = Browser::new(&app);
    browser.sign_in("alice").await;
    // Somebody has got hold of the key; a later login must not be theirs too.
    let mut thief = Browser::new(&app);
    thief.cookies = browser.cookies.clone();
    let again = browser.get(&Authorization::of(&client, "reports").with("prompt", "login").path()).await;
    let page = browser.follow(again).await;
    assert_eq!(page.find("h1").as_deref(), Some("Sign in"));
    browser.submit("/login", &page, &[("username", "alice"), ("password", PASSWORD)]).await;
    assert_eq!(browser.get("/account").await.status, 200);
    assert_eq!(thief.get("/account").await.status, 303, "the key of before opens nothing");
}

async fn cookies_are_for_this_server_alone(app: TestApp) {
    app.user("alice").await;
    let mut browser = Browser::new(&app);
    let signed_in = browser.sign_in("alice").await;
    let cookies: Vec<_> =
        signed_in.headers.get_all("set-cookie").iter().filter_map(|text| text.to_str().ok()).collect();
    assert_eq!(cookies.len(), 2, "the session's and the browser's: {cookies:?}");
    for cookie in cookies {
        for attribute in ["; HttpOnly", "; SameSite=Lax", "; Path=/"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
}

async fn a_session_ends_when_it_should(app: TestApp) {
    const HOUR: u32 = 3600;
    app.user("alice").await;
    let mut browser = Browser::new(&app);
    browser.sign_in("alice").await;
    app.clock.advance(11 * HOUR);
    assert_eq!(browser.get("/account").await.status, 200, "use moves the idle end");
    app.clock.advance(11 * HOUR);
    assert_eq!(browser.get("/account").await.status, 200);
    app.clock.advance(12 * HOUR);
    assert_eq!(browser.get("/account").await.status, 303, "12 hours idle");

    browser.sign_in("alice").await;
    for _ in 0..15 {
        app.clock.advance(11 * HOUR);
        assert_eq!(browser.get("/account").await.status, 200);
    }
    app.clock.advance(4 * HOUR);
    assert_eq!(browser.get("/account").await.status, 303, "7 days in all");
}

async fn sessions_are_listed_and_ended(app: TestApp) {
    let owner = app.user("alice").await;
    let (mut here, mut there) = (Browser::new(&app), Browser::new(&app));
    here.sign_in("alice").await;
    there.sign_in("alice").await;
    let now = app.clock.now();
    let live = app.app.store.read::<_, StoreError, _>({
        let owner = owner.clone();
        move |connection| Ok(sessions::list_of_owner(connection, &owner, now)?)
    });
    let live = live.await.unwrap();
    assert_eq!(live.len(), 2);
    assert!(live.iter().all(|session| Digest::from_bytes(&session.digest).is_some()), "keys are stored as digests");
    let page = here.get("/account/sessions").await;
    assert!(page.body.contains("127.0.0.1"));
    assert_eq!(here.submit("/account/sessions/end-others", &page, &[]).await.status, 303);
    assert_eq!(there.get("/account").await.status, 303, "a copied cookie is useless");
    assert_eq!(here.get("/account").await.status, 200);

    app.user("mallory").await;
    let mut mallory = Browser::new(&app);
    mallory.sign_in("mallory").await;
    let page = mallory.get("/account/sessions").await;
    let path = format!("/account/sessions/{}/end", live[0].id);
    assert_eq!(mallory.submit(&path, &page, &[]).await.status, 303, "there is none of hers to end");
    assert_eq!(here.get("/account").await.status, 200, "somebody else's session");
}

async fn a_profile_cannot_promote_itself(app: TestApp) {
    app.user("alice").await;
    let mut browser = Browser::new(&app);
    browser.sign_in("alice").await;
    let page = browser.get("/account").await;
    let fields = [
        ("username", "alice"),
        ("display_name", "Alice <script>"),
        ("role", "admin"),
        ("is_admin", "true"),
        ("id", "x"),
    ];
    assert_eq!(browser.submit("/account", &page, &fields).await.status, 303);
    let page = browser.get("/account").await;
    assert!(page.body.contains("Alice &#60;script&#62;") && !page.body.contains("<script>"), "{}", page.body);
    assert_eq!(browser.get("/admin").await.status, 403);
    app.user("bob").await;
    let taken = browser.submit("/account", &page, &[("username", "BOB"), ("display_name", "")]).await;
    assert_eq!(taken.status, 422);
}

/// Every path of a form that changes something.
const ROUTES: &str = include_str!("../../src/web/routes.rs");

/// The paths of all pages, with `x` for what varies.
fn pages() -> impl Iterator<Item = String> {
    let paths = ROUTES.lines().filter_map(|line| line.strip_prefix("pub const ")?.split_once(": &str = \"/"));
    let places = ["setup", "login", "consent", "logout", "set-password", "account", "admin"];
    paths.filter_map(move |(_, rest)| {
        let path = rest.strip_suffix("\";")?;
        let place = path.split('/').next()?;
        let filled = path.split('/').map(|part| if part.starts_with('{') { "x" } else { part });
        places.contains(&place).then(|| format!("/{}", filled.collect::<Vec<_>>().join("/")))
    })
}

/// Nobody is sent to a page that is none when they have signed in.
async fn every_late_form_leads_back_to_a_page(app: TestApp) {
    app.admin("root").await;
    let mut root = Browser::new(&app);
    root.sign_in("root").await;
    let mut forms = 0;
    for path in pages().filter(|path| path.starts_with("/account") || path.starts_with("/admin")) {
        let late = Browser::new(&app).post(&path, &[]).await;
        if late.status == 405 {
            continue;
        }
        let login = url::Url::parse(&format!("http://localhost{}", late.location())).expect("a path");
        let query: std::collections::BTreeMap<_, _> = login.query_pairs().into_owned().collect();
        assert_eq!((login.path(), query["lost"].as_str()), ("/login", "form"), "{path}");
        assert_ne!(root.get(&query["return_to"]).await.status, 405, "{path} leads to {}", query["return_to"]);
        forms += 1;
    }
    assert!(forms > 25, "{forms}");
}

/// PostgreSQL cannot even look for one.
async fn a_zero_byte_names_nothing(app: TestApp) {
    app.admin("root").await;
    let mut browser = Browser::new(&app);
    let mut statuses = Vec::new();
    for path in ["/login?request=%00", "/logout?request=a%00", "/setup?token=%00", "/set-password?token=%00"] {
        statuses.push((path, browser.get(path).await.status.as_u16()));
    }
    browser.sign_in("root").await;
    for path in [
        "/consent?request=%00",
        "/logout?request=%00",
        "/admin/clients?search=%00",
        "/admin/users?search=%00&after=%00",
    ] {
        statuses.push((path, browser.get(path).await.status.as_u16()));
    }
    let header = "eyJhbGciOiJFUzI1NiJ9";
    let claims = URL_SAFE_NO_PAD.encode("{\"sub\":\"a\\u0000\"}");
    let assertion = format!("{header}.{claims}.AAAA");
    let form = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion.as_str()),
    ];
    statuses.push(("assertion", app.http.form("/oauth2/token", &form).await.status.as_u16()));
    assert!(statuses.iter().all(|(_, status)| *status < 500), "{statuses:?}");
}

async fn every_form_wants_its_token(app: TestApp) {
    app.admin("root").await;
    let (mut browser, mut other) = (Browser::new(&app), Browser::new(&app));
    browser.sign_in("root").await;
    other.sign_in("root").await;
    let foreign = other.get("/account").await.hidden();
    let foreign = foreign.iter().find(|(name, _)| name == "csrf_token").unwrap().1.clone();
    let mut forms = 0;
    for path in pages() {
        for form in [vec![], vec![("csrf_token", "x")], vec![("csrf_token", foreign.as_str())]] {
            let status = browser.post(&path, &form).await.status.as_u16();
            assert!(matches!(status, 403 | 405), "{path} {form:?}: {status}");
            forms += usize::from(status == 403);
        }
    }
    assert!(forms > 3 * 25, "most pages have a form: {forms}");
    assert_eq!(browser.get("/account").await.status, 200, "nobody was signed out");
}

async fn every_page_is_protected(app: TestApp) {
    app.admin("root").await;
    app.scope("secret").await;
    let client = app.web("secret").await;
    let mut browser = Browser::new(&app);
    browser.sign_in("root").await;
    let consent = Authorization::of(&client, "secret").path();
    let first = browser.get(&consent).await;
    for path in [
        first.location().as_str(),
        "/login",
        "/account",
        "/account/sessions",
        "/admin",
        "/nothing",
        "/oauth2/authorize",
        "/logout",
        "/oauth2/logout?post_logout_redirect_uri=x",
    ] {
        let answer = browser.get(path).await;
        let policy = answer.header("content-security-policy");
        for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'"] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert!(!answer.header("x-request-id").is_empty(), "{path}");
    }
    let cookie = app.http.get("/login").await;
    let cookie = cookie.header("set-cookie");
    for flag in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(flag), "{cookie}");
    }
    for path in ["/%61dmin", "//admin", "/admin;x", "/ADMIN", "/admin%2f", "/admin/..;/"] {
        let answer = app.http.get(path).await;
        assert!([303, 404].contains(&answer.status.as_u16()), "{path}: {}", answer.status);
    }
    assert_eq!(app.http.send("GET", "/login", &[("host", "a b")], None).await.status, 400);
}

async fn the_console_is_for_admins(app: TestApp) {
    app.admin("root").await;
    app.user("alice").await;
    let pages = [
        routes::ADMIN,
        routes::ADMIN_CLIENTS,
        routes::ADMIN_CLIENTS_NEW,
        routes::ADMIN_REGISTRATION_TOKENS,
        routes::ADMIN_REGISTRATION_TOKENS_NEW,
        routes::ADMIN_SCOPES,
        routes::ADMIN_SCOPES_NEW,
        routes::ADMIN_RESOURCES,
        routes::ADMIN_RESOURCES_NEW,
        routes::ADMIN_USERS,
        routes::ADMIN_USERS_NEW,
        routes::ADMIN_GRANTS,
        routes::ADMIN_LOGOUT_DELIVERIES,
        routes::ADMIN_MAILS,
        routes::ADMIN_KEYS,
        routes::ADMIN_KEYS_ROTATE,
        routes::ADMIN_AUDIT_LOG,
    ];
    let (mut root, mut alice) = (Browser::new(&app), Browser::new(&app));
    root.sign_in("root").await;
    alice.sign_in("alice").await;
    for page in pages {
        assert_eq!(app.http.get(page).await.status, 303, "{page}: sign in first");
        assert_eq!(alice.get(page).await.status, 403, "{page}");
        assert_eq!(root.get(page).await.status, 200, "{page}");
    }
}
