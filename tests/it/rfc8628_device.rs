//! RFC 8628: a device shows a code, a person enters it elsewhere and decides, and the device polls until then.

use grantor::jobs::pace::Pace;
use serde_json::json;

use crate::support::app::{PASSWORD, TestApp, TestClient, on_both_databases};
use crate::support::http::{Answer, Browser, CHALLENGE, VERIFIER};

on_both_databases!(
    a_person_connects_a_device,
    the_answer_is_what_the_specification_says,
    a_no_is_told_to_the_device,
    a_device_that_hurries_is_slowed_down,
    codes_end_in_time,
    a_device_code_belongs_to_its_client,
    a_device_code_is_redeemed_once,
    only_the_browser_that_entered_the_code_decides,
    a_person_is_asked_every_time,
    a_second_click_is_told_what_was_answered,
    wrong_codes_are_counted_by_browser_and_by_address,
    a_challenge_binds_the_polls,
    the_device_stays_when_the_browser_signs_out,
    what_a_client_may_not_ask_for_is_refused_at_once,
    who_asks_for_too_many_codes_waits,
    a_disabled_user_gives_nothing,
    what_an_admin_took_away_meanwhile_is_not_given,
    a_resource_goes_into_the_token,
    polls_are_no_failures_in_the_inspector,
    a_device_is_registered_in_the_console,
);

const DEVICE: &str = "/oauth2/device_authorization";
const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// A television.
async fn device(app: &TestApp) -> TestClient {
    app.scope("reports").await;
    app.user("alice").await;
    app.client(json!({
        "client_name": "Television", "grant_types": [GRANT_TYPE, "refresh_token"],
        "token_endpoint_auth_method": "none", "application_type": "native", "scope": "openid email reports",
    }))
    .await
}

async fn begin(app: &TestApp, client: &TestClient, scope: &str) -> Answer {
    let answer = app.http.as_client(client, DEVICE, &[("scope", scope)]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer
}

/// A poll, as soon as the device may.
async fn poll(app: &TestApp, client: &TestClient, begun: &Answer) -> Answer {
    app.clock.advance(5);
    poll_now(app, client, begun, &[]).await
}

async fn poll_now(app: &TestApp, client: &TestClient, begun: &Answer, more: &[(&str, &str)]) -> Answer {
    let code = begun.text("device_code");
    let mut form = vec![("grant_type", GRANT_TYPE), ("device_code", code.as_str())];
    form.extend_from_slice(more);
    app.http.as_client(client, "/oauth2/token", &form).await
}

/// Enters the code; gives the page that it leads to.
async fn enter(browser: &mut Browser, user_code: &str) -> Answer {
    let page = browser.get("/device").await;
    let answer = browser.submit("/device", &page, &[("user_code", user_code)]).await;
    browser.follow(answer).await
}

/// Enters the code, signs in if need be, and decides.
async fn decide(browser: &mut Browser, username: &str, begun: &Answer, decision: &str) -> Answer {
    let mut page = enter(browser, &begun.text("user_code")).await;
    if page.find("h1").as_deref() == Some("Sign in") {
        let answer = browser.submit("/login", &page, &[("username", username), ("password", PASSWORD)]).await;
        page = browser.follow(answer).await;
    }
    let answer = browser.submit("/consent", &page, &[("decision", decision)]).await;
    browser.follow(answer).await
}

async fn a_person_connects_a_device(app: TestApp) {
    let client = device(&app).await;
    let begun = begin(&app, &client, "openid email reports").await;
    assert_eq!(poll(&app, &client, &begun).await.error(), "authorization_pending");

    let mut browser = Browser::new(&app);
    let typed = begun.text("user_code").to_lowercase().replace('-', " ");
    let login = enter(&mut browser, &typed).await;
    assert_eq!(login.find("h1").as_deref(), Some("Sign in"));
    assert!(login.header("content-security-policy").contains("form-action 'self';"));
    let answer = browser.submit("/login", &login, &[("username", "alice"), ("password", PASSWORD)]).await;
    let consent = browser.follow(answer).await;
    for named in ["Television", "alice@example.com", "Use reports"] {
        assert!(consent.body.contains(named), "{named}");
    }
    let warning = consent.find("#consent-device").expect("a warning");
    assert!(warning.contains("setting up a device yourself") && warning.contains("127.0.0.1"), "{warning}");
    assert_eq!(poll(&app, &client, &begun).await.error(), "authorization_pending");
    let answer = browser.submit("/consent", &consent, &[("decision", "approve")]).await;
    let done = browser.follow(answer).await;
    assert_eq!(done.find("h1").as_deref(), Some("Your device is connected"));

    let given = poll(&app, &client, &begun).await;
    assert_eq!(given.status, 200, "{}", given.body);
    assert_eq!(given.header("cache-control"), "no-store");
    assert_eq!(given.text("scope"), "email openid reports");
    let me = app.http.bearer("/oauth2/userinfo", &given.text("access_token")).await.json();
    assert_eq!(me["email"], "alice@example.com");
    assert!(given.json()["id_token"].is_string());
    let page = browser.get("/account/applications").await;
    assert!(page.body.contains("Television"));
}

async fn the_answer_is_what_the_specification_says(app: TestApp) {
    let client = device(&app).await;
    let metadata = app.http.get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["device_authorization_endpoint"], format!("{}{DEVICE}", app.app.issuer()));
    assert!(metadata["grant_types_supported"].as_array().expect("a list").contains(&GRANT_TYPE.into()));

    let begun = begin(&app, &client, "reports").await;
    assert_eq!(begun.header("cache-control"), "no-store");
    assert!(begun.text("device_code").starts_with("gdc_"));
    let code = begun.text("user_code");
    assert_eq!((code.len(), code.chars().nth(4)), (9, Some('-')));
    assert_eq!(begun.text("verification_uri"), format!("{}/device", app.app.issuer()));
    assert_eq!(begun.text("verification_uri_complete"), format!("{}/device?user_code={code}", app.app.issuer()));
    assert_eq!((begun.json()["expires_in"].as_i64(), begun.json()["interval"].as_i64()), (Some(600), Some(5)));
    // A link fills the code in, and the person compares it.
    let page = app.http.get(&format!("/device?user_code={code}")).await;
    assert_eq!(page.attribute("#user_code", "value"), Some(code.clone()));
    assert!(page.body.contains("Compare"));
    let nonsense = app.http.get("/device?user_code=%3Cb%3Ecall+0190+123456").await;
    assert_eq!(nonsense.attribute("#user_code", "value").as_deref(), Some(""));
    assert_eq!(app.http.get(DEVICE).await.status, 405);
}

async fn a_no_is_told_to_the_device(app: TestApp) {
    let client = device(&app).await;
    let begun = begin(&app, &client, "reports").await;
    let done = decide(&mut Browser::new(&app), "alice", &begun, "deny").await;
    assert_eq!(done.find("h1").as_deref(), Some("The device was not connected"));
    assert_eq!(poll(&app, &client, &begun).await.error(), "access_denied");
    assert_eq!(poll(&app, &client, &begun).await.error(), "access_denied", "a lost answer is given again");
    // What was answered cannot be answered again.
    let again = enter(&mut Browser::new(&app), &begun.text("user_code")).await;
    assert_eq!(again.status, 404);
}

async fn a_device_that_hurries_is_slowed_down(app: TestApp) {
    let client = device(&app).await;
    let begun = begin(&app, &client, "reports").await;
    assert_eq!(
        poll_now(&app, &client, &begun, &[]).await.error(),
        "authorization_pending",
        "the first may come at once"
    );
    app.clock.advance(4);
    assert_eq!(poll_now(&app, &client, &begun, &[]).await.error(), "slow_down");
    app.clock.advance(9);
    assert_eq!(poll_now(&app, &client, &begun, &[]).await.error(), "slow_down", "five seconds more");
    app.clock.advance(15);
    assert_eq!(poll_now(&app, &client, &begun, &[]).await.error(), "authorization_pending");
    decide(&mut Browser::new(&app), "alice", &begun, "approve").await;
    assert_eq!(poll_now(&app, &client, &begun, &[]).await.error(), "slow_down", "also after a yes");
    app.clock.advance(20);
    assert_eq!(poll_now(&app, &client, &begun, &[]).await.status, 200);
}

async fn codes_end_in_time(app: TestApp) {
    let client = device(&app).await;
    let (begun, late) = (begin(&app, &client, "reports").await, begin(&app, &client, "reports").await);
    let mut browser = Browser::new(&app);
    let page = enter(&mut browser, &late.text("user_code")).await;
    let answer = browser.submit("/login", &page, &[("username", "alice"), ("password", PASSWORD)]).await;
    let consent = browser.follow(answer).await;
    app.clock.advance(600);
    let too_late = browser.submit("/consent", &consent, &[("decision", "approve")]).await;
    assert_eq!(too_late.status, 400, "{}", too_late.body);
    assert_eq!(poll_now(&app, &client, &late, &[]).await.error(), "expired_token");
    assert_eq!(poll_now(&app, &client, &begun, &[]).await.error(), "expired_token");
    assert_eq!(enter(&mut Browser::new(&app), &begun.text("user_code")).await.status, 404);
    app.clock.advance(24 * 60 * 60);
    grantor::jobs::sweep::run(&app.app.store, app.clock.now()).await.expect("a sweep");
    assert_eq!(poll_now(&app, &client, &begun, &[]).await.error(), "invalid_grant");
}

async fn a_device_code_belongs_to_its_client(app: TestApp) {
    let client = device(&app).await;
    let other = app
        .client(json!({ "client_name": "Other", "grant_types": [GRANT_TYPE], "token_endpoint_auth_method": "none",
            "application_type": "native", "scope": "reports" }))
        .await;
    let begun = begin(&app, &client, "reports").await;
    decide(&mut Browser::new(&app), "alice", &begun, "approve").await;
    let stolen = poll(&app, &other, &begun).await;
    assert_eq!((stolen.status.as_u16(), stolen.error().as_str()), (400, "invalid_grant"));
    assert_eq!(poll_now(&app, &client, &begun, &[]).await.status, 200, "another's polls slow nobody down");
}

async fn a_device_code_is_redeemed_once(app: TestApp) {
    let client = device(&app).await;
    let begun = begin(&app, &client, "reports").await;
    decide(&mut Browser::new(&app), "alice", &begun, "approve").await;
    let given = poll(&app, &client, &begun).await;
    let token = given.text("access_token");
    assert_eq!(app.http.bearer("/api/v1/whoami", &token).await.status, 200);
    let refresh = given.text("refresh_token");
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    assert_eq!(app.http.as_client(&client, "/oauth2/token", &form).await.status, 200);
    assert_eq!(poll(&app, &client, &begun).await.error(), "invalid_grant");
    assert_eq!(app.http.bearer("/api/v1/whoami", &token).await.status, 401, "its return ends what it gave");
}

async fn only_the_browser_that_entered_the_code_decides(app: TestApp) {
    let client = device(&app).await;
    app.user("bob").await;
    let begun = begin(&app, &client, "reports").await;
    let mut alice = Browser::new(&app);
    alice.sign_in("alice").await;
    let consent = enter(&mut alice, &begun.text("user_code")).await;
    let mut bob = Browser::new(&app);
    bob.sign_in("bob").await;
    assert_eq!(enter(&mut bob, &begun.text("user_code")).await.status, 404, "it was entered elsewhere");
    // Not with the page of the other, either.
    let own = bob.get("/device").await.hidden();
    let token = own.iter().find(|(name, _)| name == "csrf_token").map(|(_, value)| value.clone()).expect("a token");
    let request = consent.hidden().into_iter().find(|(name, _)| name == "request").expect("a request").1;
    for decision in ["approve", "deny"] {
        let form = [("csrf_token", token.as_str()), ("request", request.as_str()), ("decision", decision)];
        assert_eq!(bob.post("/consent", &form).await.status, 400);
    }
    assert_eq!(poll(&app, &client, &begun).await.error(), "authorization_pending");
    // The same browser may enter it again.
    let consent = enter(&mut alice, &begun.text("user_code")).await;
    assert_eq!(alice.submit("/consent", &consent, &[("decision", "approve")]).await.status, 303);
    assert_eq!(poll(&app, &client, &begun).await.status, 200);
}

async fn a_person_is_asked_every_time(app: TestApp) {
    app.scope("reports").await;
    app.user("alice").await;
    // Even where nobody else could pose as the client, somebody else may have started the device.
    let client = app
        .client(json!({ "client_name": "Box", "grant_types": [GRANT_TYPE], "scope": "reports", "skip_consent": true }))
        .await;
    let mut browser = Browser::new(&app);
    browser.sign_in("alice").await;
    for _ in 0..2 {
        let begun = begin(&app, &client, "reports").await;
        let page = enter(&mut browser, &begun.text("user_code")).await;
        assert!(page.find("#consent-approve").is_some(), "{}", page.body);
        browser.submit("/consent", &page, &[("decision", "approve")]).await;
        assert_eq!(poll(&app, &client, &begun).await.status, 200);
    }
}

async fn a_second_click_is_told_what_was_answered(app: TestApp) {
    let client = device(&app).await;
    let mut browser = Browser::new(&app);
    browser.sign_in("alice").await;
    for (decision, heading, polled) in
        [("approve", "Your device is connected", 200), ("deny", "The device was not connected", 400)]
    {
        let begun = begin(&app, &client, "reports").await;
        let consent = enter(&mut browser, &begun.text("user_code")).await;
        for _ in 0..2 {
            let answer = browser.submit("/consent", &consent, &[("decision", decision)]).await;
            assert_eq!(browser.follow(answer).await.find("h1").as_deref(), Some(heading), "{decision}");
        }
        let changed = browser.submit("/consent", &consent, &[("decision", "deny")]).await;
        assert_eq!(browser.follow(changed).await.find("h1").as_deref(), Some(heading), "the first answer holds");
        let request = consent.hidden().into_iter().find(|(name, _)| name == "request").expect("a request").1;
        let page = browser.get(&grantor::web::routes::consent(&request)).await;
        assert_eq!(browser.follow(page).await.find("h1").as_deref(), Some(heading), "and is shown to who comes back");
        assert_eq!(poll(&app, &client, &begun).await.status, polled, "{decision}");
    }
}

async fn wrong_codes_are_counted_by_browser_and_by_address(app: TestApp) {
    let client = device(&app).await;
    let begun = begin(&app, &client, "reports").await;
    let mut browser = Browser::new(&app);
    browser.get("/device").await;
    assert_eq!(enter(&mut browser, "AAAA").await.status, 422, "what is no code is no guess");
    for _ in 0..5 {
        assert_eq!(enter(&mut browser, "BBBB-BBBB").await.status, 404);
    }
    let refused = enter(&mut browser, &begun.text("user_code")).await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "900"));
    for _ in 0..3 {
        let mut another = Browser::new(&app);
        for _ in 0..5 {
            assert_eq!(enter(&mut another, "BBBB-BBBB").await.status, 404);
        }
    }
    assert_eq!(enter(&mut Browser::new(&app), &begun.text("user_code")).await.status, 429, "20 from an address");
    app.clock.advance(900);
    let begun = begin(&app, &client, "reports").await;
    assert_eq!(enter(&mut Browser::new(&app), &begun.text("user_code")).await.status, 200);
}

async fn a_challenge_binds_the_polls(app: TestApp) {
    let client = device(&app).await;
    let form = [("scope", "reports"), ("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    let begun = app.http.as_client(&client, DEVICE, &form).await;
    decide(&mut Browser::new(&app), "alice", &begun, "approve").await;
    assert_eq!(poll(&app, &client, &begun).await.error(), "invalid_grant");
    app.clock.advance(5);
    assert_eq!(poll_now(&app, &client, &begun, &[("code_verifier", VERIFIER)]).await.status, 200);
    let plain = [("scope", "reports"), ("code_challenge", CHALLENGE), ("code_challenge_method", "plain")];
    assert_eq!(app.http.as_client(&client, DEVICE, &plain).await.error(), "invalid_request");
}

async fn the_device_stays_when_the_browser_signs_out(app: TestApp) {
    let client = device(&app).await;
    let begun = begin(&app, &client, "openid reports").await;
    let mut browser = Browser::new(&app);
    decide(&mut browser, "alice", &begun, "approve").await;
    let given = poll(&app, &client, &begun).await;
    let confirm = browser.get("/logout").await;
    browser.submit("/logout", &confirm, &[]).await;
    let token = given.text("access_token");
    assert_eq!(app.http.bearer("/oauth2/userinfo", &token).await.status, 200);
    assert!(browser.get("/account").await.location().starts_with("/login"), "the browser is signed out");
}

async fn what_a_client_may_not_ask_for_is_refused_at_once(app: TestApp) {
    let client = device(&app).await;
    app.scope("other").await;
    let web = app.web("reports").await;
    let ask = async |client, form: &[(&str, &str)]| app.http.as_client(client, DEVICE, form).await.error();
    assert_eq!(ask(&web, &[("scope", "reports")]).await, "unauthorized_client");
    assert_eq!(ask(&client, &[("scope", "other")]).await, "invalid_scope");
    assert_eq!(ask(&client, &[("scope", "unknown")]).await, "invalid_scope");
    assert_eq!(ask(&client, &[("scope", "reports"), ("scope", "reports")]).await, "invalid_request");
    assert_eq!(ask(&client, &[("scope", "reports"), ("resource", "https://unknown.example/")]).await, "invalid_target");
    assert_eq!(app.http.form(DEVICE, &[("client_id", "nope")]).await.error(), "invalid_client");
    let confidential =
        app.client(json!({ "client_name": "Box", "grant_types": [GRANT_TYPE], "scope": "reports" })).await;
    assert_eq!(app.http.form(DEVICE, &[("client_id", &confidential.id)]).await.status, 401, "by its name alone");
    let missing = app.http.as_client(&client, "/oauth2/token", &[("grant_type", GRANT_TYPE)]).await;
    assert_eq!(missing.error(), "invalid_request");
}

async fn who_asks_for_too_many_codes_waits(app: TestApp) {
    let client = device(&app).await;
    for _ in 0..60 {
        begin(&app, &client, "reports").await;
    }
    let refused = app.http.as_client(&client, DEVICE, &[("scope", "reports")]).await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "900"));
    app.clock.advance(900);
    begin(&app, &client, "reports").await;
}

async fn a_disabled_user_gives_nothing(app: TestApp) {
    let client = device(&app).await;
    let bob = app.user("bob").await;
    app.admin("root").await;
    let begun = begin(&app, &client, "reports").await;
    decide(&mut Browser::new(&app), "bob", &begun, "approve").await;
    let mut admin = Browser::new(&app);
    admin.sign_in("root").await;
    let path = format!("/admin/users/{bob}/disable");
    let confirm = admin.get(&path).await;
    assert_eq!(admin.submit(&path, &confirm, &[]).await.status, 303);
    assert_eq!(poll(&app, &client, &begun).await.error(), "invalid_grant");
}

async fn what_an_admin_took_away_meanwhile_is_not_given(app: TestApp) {
    let client = device(&app).await;
    let registered = |scope: &str| {
        json!({
            "client_name": "Television", "grant_types": [GRANT_TYPE, "refresh_token"],
            "token_endpoint_auth_method": "none", "application_type": "native", "scope": scope,
        })
    };
    let (some, none) = (begin(&app, &client, "email reports").await, begin(&app, &client, "reports").await);
    let unasked = begin(&app, &client, "reports").await;
    for begun in [&some, &none] {
        decide(&mut Browser::new(&app), "alice", begun, "approve").await;
    }
    app.reregister(&client, registered("email")).await;
    assert_eq!(poll(&app, &client, &some).await.text("scope"), "email");
    let refused = poll(&app, &client, &none).await;
    assert_eq!((refused.status.as_u16(), refused.error().as_str()), (400, "invalid_grant"));
    let mut browser = Browser::new(&app);
    browser.sign_in("alice").await;
    let page = enter(&mut browser, &unasked.text("user_code")).await;
    assert_eq!(page.find("h1").as_deref(), Some("This request cannot be completed"), "{}", page.body);
}

async fn a_resource_goes_into_the_token(app: TestApp) {
    let client = device(&app).await;
    let context = app.context();
    let catalog = app.app.store.catalog().await.expect("a catalogue");
    app.manage(move |connection| {
        let resource = grantor::management::resources::NewResource {
            uri: "https://api.example/".into(),
            name: "An API".into(),
            ..Default::default()
        };
        grantor::management::resources::create(connection, &context, &resource, &catalog.scopes)
    })
    .await;
    let form = [("scope", "reports"), ("resource", "https://api.example/")];
    let begun = app.http.as_client(&client, DEVICE, &form).await;
    assert_eq!(begun.status, 200, "{}", begun.body);
    decide(&mut Browser::new(&app), "alice", &begun, "approve").await;
    let token = poll(&app, &client, &begun).await.text("access_token");
    let wrong = app.http.bearer("/api/v1/whoami", &token).await;
    assert_eq!(wrong.status, 401, "it is for the other API: {}", wrong.body);
}

async fn polls_are_no_failures_in_the_inspector(app: TestApp) {
    use grantor::store::request_log::{self, Filter};
    let client = device(&app).await;
    let begun = begin(&app, &client, "reports").await;
    poll(&app, &client, &begun).await;
    let hurried = poll_now(&app, &client, &begun, &[]).await;
    assert_eq!(hurried.error(), "slow_down");
    app.app
        .request_log
        .flush(&app.app.store, app.clock.now(), |_| Pace::hurried())
        .await
        .expect("records can be written");
    let all = |connection: &mut _| Ok(request_log::list(connection, &Filter::default(), 100)?);
    let all = app.app.store.read::<_, grantor::store::StoreError, _>(all).await.expect("records can be read");
    let failed: Vec<_> = all.iter().filter(|record| record.is_failure).collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert_eq!(failed[0].failed_check.as_deref(), Some("device_pace"));
    let whole = format!("{all:?}");
    for secret in [begun.text("device_code"), begun.text("user_code")] {
        assert!(!whole.contains(&secret));
    }
}

async fn a_device_is_registered_in_the_console(app: TestApp) {
    app.scope("reports").await;
    app.user("alice").await;
    app.admin("root").await;
    let mut admin = Browser::new(&app);
    admin.sign_in("root").await;
    let page = admin.get("/admin/clients/new").await;
    let fields = [("kind", "device"), ("client_name", "Television"), ("scope", "reports")];
    let made = admin.submit("/admin/clients", &page, &fields).await;
    assert_eq!(made.status, 200, "{}", made.body);
    assert!(made.body.contains("/oauth2/device_authorization"), "the program knows where to ask");
    let id = made.find("#client-id").expect("its id");
    let client = TestClient { id, secret: None };
    let begun = begin(&app, &client, "reports").await;
    decide(&mut Browser::new(&app), "alice", &begun, "approve").await;
    let given = poll(&app, &client, &begun).await;
    assert!(given.json()["refresh_token"].is_string(), "{}", given.body);
}
