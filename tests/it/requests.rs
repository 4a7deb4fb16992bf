//! The request inspector: what is recorded of a request, what never is, and what admins and developers are shown of it.

use std::collections::BTreeSet;

use grantor::domain::request_log::Recording;
use grantor::jobs::pace::Pace;
use grantor::protocol::check::Check;
use grantor::store::StoreError;
use grantor::store::request_log::{self, Filter, Record};
use serde_json::{Value, json};

use crate::rfc7523_client_assertion::{Key, TYPE};
use crate::support::app::{REDIRECT_URI, TestApp, TestClient, on_both_databases};
use crate::support::http::{
    Answer, Authorization, Browser, CHALLENGE, VERIFIER, allow, basic, but, encode, redemption, tokens,
};

on_both_databases!(
    a_refusal_says_at_which_check_it_arose,
    an_authorization_request_is_checked_in_the_order_that_is_shown,
    a_token_request_is_checked_in_the_order_that_is_shown,
    a_code_is_checked_in_the_order_that_is_shown,
    no_secret_is_ever_recorded,
    what_is_pasted_into_the_wrong_field_is_not_recorded,
    an_error_leads_to_a_page_that_says_the_same_to_everybody,
    an_introspection_that_tells_nothing_says_why,
    a_clock_that_is_ahead_is_told_in_seconds,
    the_secret_that_matched_is_told,
    of_successes_there_is_a_sample,
    a_setting_decides_what_is_recorded,
    the_oldest_records_leave,
    a_redirect_uri_is_added_by_a_button,
    scopes_and_grant_types_are_allowed_by_a_button,
    what_is_not_safe_has_no_button,
    requests_are_found_by_what_they_were,
    only_admins_see_requests,
    the_api_lists_requests,
);

async fn records(app: &TestApp) -> Vec<Record> {
    app.app
        .request_log
        .flush(&app.app.store, app.clock.now(), |_| Pace::hurried())
        .await
        .expect("records can be written");
    let all = |connection: &mut _| Ok(request_log::list(connection, &Filter::default(), 10_000)?);
    app.app.store.read::<_, StoreError, _>(all).await.expect("records can be read")
}

/// The record of the request that was answered so.
async fn record(app: &TestApp, answer: &Answer) -> Record {
    let id = answer.header("x-request-id");
    let all = records(app).await;
    let found = all.iter().find(|record| record.request_id == id);
    found.unwrap_or_else(|| panic!("no record of {} {}", answer.status, answer.body)).clone()
}

/// The check at which the request failed that was answered so.
async fn failed(app: &TestApp, answer: &Answer) -> String {
    record(app, answer).await.failed_check.unwrap_or_else(|| panic!("{} {}", answer.status, answer.body))
}

fn detail(record: &Record) -> Value {
    serde_json::from_str(&record.detail).expect("JSON")
}

async fn a_refusal_says_at_which_check_it_arose(app: TestApp) {
    app.scope("reports").await;
    app.scope("exports").await;
    let (web, machine) = (app.web("reports").await, app.machine("reports").await);
    let sent = "https://rp.example/Callback?tenant=1";
    let answer = app.http.get(&Authorization::of(&web, "reports").with("redirect_uri", sent).path()).await;
    assert_eq!(answer.status, 400);
    let of = record(&app, &answer).await;
    assert_eq!(of.failed_check.as_deref(), Some("redirect_uri"));
    assert_eq!((of.endpoint.as_str(), of.outcome.as_str()), ("authorize", "invalid_request"));
    assert_eq!((of.client_id.as_deref(), of.client_name.as_str()), (Some(web.id.as_str()), "Web app"));
    assert_eq!(of.address, "127.0.0.1");
    assert_eq!(detail(&of)["expected"], json!([REDIRECT_URI]));
    assert_eq!(detail(&of)["received"], "https://rp.example/Callback?tenant=…");

    let form = [("grant_type", "client_credentials"), ("scope", "reports exports")];
    let answer = app.http.as_client(&machine, "/oauth2/token", &form).await;
    let of = record(&app, &answer).await;
    assert_eq!((of.failed_check.as_deref(), of.flow.as_str()), (Some("scope_allowed"), "client_credentials"));
    assert_eq!(detail(&of)["received"], "exports", "what the client may have is left out");

    let mut gone = machine.clone();
    "c_9aVqk2Lw0TzYx4RbN1mEuP".clone_into(&mut gone.id);
    let answer = app.http.as_client(&gone, "/oauth2/token", &form).await;
    let of = record(&app, &answer).await;
    assert_eq!((of.failed_check.as_deref(), of.client_id.as_deref()), (Some("client_known"), None));
    assert_eq!(detail(&of)["facts"]["claimed_client_id"], gone.id);

    let wrong = TestClient { secret: Some("gcs_wrong".to_owned()), ..machine.clone() };
    let answer = app.http.as_client(&wrong, "/oauth2/token", &form).await;
    assert_eq!(failed(&app, &answer).await, "secret_matches");
    let none = TestClient { secret: None, ..machine.clone() };
    let answer = app.http.as_client(&none, "/oauth2/token", &form).await;
    assert_eq!(failed(&app, &answer).await, "auth_method");

    let answer = app.http.bearer("/oauth2/userinfo", "gat_unknown").await;
    assert_eq!(failed(&app, &answer).await, "bearer_alive");
    let logout = format!("/oauth2/logout?client_id={}&post_logout_redirect_uri=https://rp.example/", web.id);
    assert_eq!(failed(&app, &app.http.get(&logout).await).await, "logout_redirect_uri");
    let answer =
        app.http.send("POST", "/oauth2/register", &[("content-type", "application/json")], Some("{}".into())).await;
    assert_eq!(failed(&app, &answer).await, "bearer_sent");
}

type Break = (&'static str, fn(Authorization) -> Authorization);

/// Breaks a good request in each two places, and expects the check that is shown as the earlier one.
async fn an_authorization_request_is_checked_in_the_order_that_is_shown(app: TestApp) {
    const LONG: &str = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
    let breaks: [Break; 20] = [
        ("client_id_sent", |request| request.without("client_id")),
        ("client_known", |request| request.with("client_id", "c_unknown")),
        ("redirect_uri_sent", |request| request.and("redirect_uri", "https://rp.example/2")),
        ("redirect_uri", |request| request.with("redirect_uri", "https://rp.example/other")),
        ("response_mode", |request| request.with("response_mode", "fragment")),
        ("parameters_once", |request| request.and("display", "a").and("display", "b")),
        ("request_object", |request| request.with("request", "x")),
        ("response_type", |request| request.with("response_type", "token")),
        ("lengths", |request| request.with("nonce", &LONG.repeat(65))),
        ("pkce", |request| request.without("code_challenge")),
        ("pkce_method", |request| request.with("code_challenge_method", "plain")),
        ("pkce_challenge", |request| request.with("code_challenge", "short")),
        ("resource_syntax", |request| request.with("resource", "relative")),
        ("prompt", |request| request.with("prompt", "none login")),
        ("max_age", |request| request.with("max_age", "soon")),
        ("target_known", |request| request.with("resource", "https://unknown.example/")),
        ("scope_syntax", |request| request.with("scope", "a\"b")),
        ("scope_known", |request| request.with("scope", "unheard-of")),
        ("scope_allowed", |request| request.with("scope", "exports")),
        ("id_token_hint", |request| request.with("id_token_hint", "no.id.token")),
    ];
    app.scope("reports").await;
    app.scope("exports").await;
    let client = app.web("openid reports").await;
    let good = Authorization::of(&client, "reports");
    for (at, (earlier, break_earlier)) in breaks.iter().enumerate() {
        for (later, break_later) in &breaks[at..] {
            let request = break_earlier(break_later(good.clone()));
            let answer = app.http.get(&request.path()).await;
            assert_eq!(failed(&app, &answer).await, *earlier, "with {later}: {}", request.path());
        }
    }
    shown_in_order(
        &app,
        &app.http.get(&good.clone().with("prompt", "none").path()).await,
        &breaks.map(|(name, _)| name),
    )
    .await;
}

/// Asserts that the page of a request shows these checks in this order.
async fn shown_in_order(app: &TestApp, answer: &Answer, checks: &[&str]) {
    let of = record(app, answer).await;
    let endpoint = grantor::protocol::check::Endpoint::from_stored(&of.endpoint).expect("an endpoint");
    let flow = grantor::domain::client::GrantType::from_wire(&of.flow);
    let proof = grantor::protocol::check::ProofKind::from_stored(&of.proof);
    let all: Vec<&str> = grantor::protocol::check::of(endpoint, flow, proof).into_iter().map(Check::as_str).collect();
    let places: Vec<_> = checks.iter().map(|check| all.iter().position(|each| each == check)).collect();
    assert!(places.iter().all(Option::is_some), "{checks:?} are not all in {all:?}");
    assert!(places.is_sorted(), "{checks:?} are in another order: {all:?}");
}

type Form = Vec<(&'static str, String)>;

async fn a_token_request_is_checked_in_the_order_that_is_shown(mut app: TestApp) {
    type Break = (&'static str, fn(&mut Form));
    fn set(form: &mut Form, name: &'static str, value: &str) {
        form.retain(|(each, _)| *each != name);
        form.push((name, value.to_owned()));
    }
    let breaks: [Break; 13] = [
        ("credentials_once", |form| form.extend([("client_id", "a".to_owned()), ("client_id", "b".to_owned())])),
        ("one_method", |form| set(form, "client_secret", "s")),
        ("assertion_declared", |form| set(form, "client_assertion_type", TYPE)),
        ("credentials_readable", |form| set(form, "client_id", "other")),
        ("secret_matches", |form| set(form, "(secret)", "gcs_wrong")),
        ("parameters_once", |form| form.extend([("x", "a".to_owned()), ("x", "b".to_owned())])),
        ("grant_type_supported", |form| set(form, "grant_type", "password")),
        ("resource_syntax", |form| set(form, "resource", "relative")),
        ("scope_syntax", |form| set(form, "scope", "a\"b")),
        ("scope_for_machines", |form| set(form, "scope", "openid reports")),
        ("scope_known", |form| set(form, "scope", "unheard-of")),
        ("scope_allowed", |form| set(form, "scope", "exports")),
        ("target_known", |form| set(form, "resource", "https://unknown.example/")),
    ];
    app.config.policies.rate_limits = false;
    let app = app.another().await;
    app.scope("reports").await;
    app.scope("exports").await;
    let client = app.machine("reports").await;
    let secret = client.secret.clone().expect("a secret");
    let mut last = None;
    for (at, (earlier, break_earlier)) in breaks.iter().enumerate() {
        for (later, break_later) in &breaks[at..] {
            let mut form: Form = vec![("grant_type", "client_credentials".to_owned())];
            break_later(&mut form);
            break_earlier(&mut form);
            let of_secret = form.iter().position(|(name, _)| *name == "(secret)").map(|at| form.remove(at).1);
            let header = basic(&client.id, of_secret.as_deref().unwrap_or(&secret));
            let headers = [("content-type", "application/x-www-form-urlencoded"), ("authorization", header.as_str())];
            let pairs: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let answer = app.http.send("POST", "/oauth2/token", &headers, Some(encode(&pairs))).await;
            assert_eq!(failed(&app, &answer).await, *earlier, "with {later}: {pairs:?}");
            last = Some(answer);
        }
    }
    shown_in_order(&app, &last.expect("an answer"), &breaks.map(|(name, _)| name)).await;
}

async fn a_code_is_checked_in_the_order_that_is_shown(app: TestApp) {
    app.scope("reports").await;
    app.user("alice").await;
    let (client, other) = (app.web("reports").await, app.web("reports").await);
    let mut browser = Browser::new(&app);
    browser.sign_in("alice").await;
    let names = ["code_known", "code_redirect_uri", "code_client", "verifier_matches", "target_granted", "code_fresh"];
    let mut last = None;
    for (at, earlier) in names.iter().enumerate() {
        for later in &names[at..] {
            let answer = allow(&mut browser, &Authorization::of(&client, "reports"), "alice").await;
            let code = answer.redirect()["code"].clone();
            let is_broken = |name: &str| *earlier == name || *later == name;
            let form = redemption(&code);
            if is_broken("code_fresh") {
                assert_eq!(app.http.as_client(&client, "/oauth2/token", &form).await.status, 200);
            }
            let mut form = redemption(if is_broken("code_known") { "gac_unknown" } else { &code });
            if is_broken("code_redirect_uri") {
                form = but(&form, "redirect_uri", "https://rp.example/2");
            }
            if is_broken("verifier_matches") {
                form = but(&form, "code_verifier", CHALLENGE);
            }
            if is_broken("target_granted") {
                form = but(&form, "resource", "https://api.example/");
            }
            let client = if is_broken("code_client") { &other } else { &client };
            let answer = app.http.as_client(client, "/oauth2/token", &form).await;
            assert_eq!(failed(&app, &answer).await, *earlier, "with {later}");
            last = Some(answer);
        }
    }
    shown_in_order(&app, &last.expect("an answer"), &names).await;
}

/// All that is stored of requests, as text.
async fn everything(app: &TestApp) -> String {
    app.app.traffic.flush(&app.app.store, |_| Pace::hurried()).await.expect("uses can be written");
    let records = records(app).await;
    assert!(records.len() > 10, "something is recorded");
    format!("{records:?}")
}

async fn no_secret_is_ever_recorded(mut app: TestApp) {
    app.config.policies.request_log.recording = Recording::All;
    let app = app.another().await;
    app.scope("reports").await;
    app.user("alice").await;
    let (web, native, machine) =
        (app.web("openid reports").await, app.native("reports").await, app.machine("reports").await);
    let mut secrets = Vec::new();
    secrets.extend([&web, &machine].map(|client| client.secret.clone().expect("a secret")));
    secrets.extend([VERIFIER.to_owned(), CHALLENGE.to_owned(), "peculiar-state-4711".to_owned()]);
    secrets.push("alice@example.com".to_owned());

    // What goes well, and then what it gave, wrongly used.
    let mut browser = Browser::new(&app);
    let request = Authorization::of(&web, "openid reports").with("state", "peculiar-state-4711");
    let answer = allow(&mut browser, &request, "alice").await;
    let code = answer.redirect()["code"].clone();
    let given = app.http.as_client(&web, "/oauth2/token", &redemption(&code)).await;
    let id_token = given.text("id_token");
    secrets.extend([code.clone(), given.text("access_token"), id_token.clone()]);
    let rotated = tokens(&app, &native, "reports", "alice").await;
    let refresh = rotated.text("refresh_token");
    secrets.extend([rotated.text("access_token"), refresh.clone()]);
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    let successor = app.http.as_client(&native, "/oauth2/token", &form).await;
    secrets.extend([successor.text("access_token"), successor.text("refresh_token")]);
    app.http.as_client(&native, "/oauth2/token", &but(&form, "refresh_token", &successor.text("refresh_token"))).await;
    app.http.as_client(&native, "/oauth2/token", &form).await;
    app.http.as_client(&web, "/oauth2/token", &redemption(&code)).await;
    app.http.as_client(&web, "/oauth2/token", &but(&redemption(&code), "code_verifier", CHALLENGE)).await;
    let own = app.http.as_client(&machine, "/oauth2/token", &[("grant_type", "client_credentials")]).await;
    secrets.push(own.text("access_token"));
    for token in secrets.clone() {
        app.http.as_client(&web, "/oauth2/introspect", &[("token", &token)]).await;
        app.http.as_client(&machine, "/oauth2/revoke", &[("token", &token)]).await;
        app.http.bearer("/oauth2/userinfo", &token).await;
    }
    let logout = format!("/oauth2/logout?id_token_hint={id_token}&state=peculiar-state-4711");
    app.http.get(&logout).await;
    app.http.get(&format!("{logout}&post_logout_redirect_uri=https://rp.example/")).await;
    app.http.get(&request.clone().with("id_token_hint", &id_token).with("prompt", "none").path()).await;

    // An assertion.
    let key = Key::es256();
    let signed = app
        .client(json!({ "client_name": "Signed", "grant_types": ["client_credentials"], "scope": "reports",
            "token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [key.jwk("1")]} }))
        .await;
    for (audience, jti) in [(app.app.issuer(), "peculiar-jti"), ("https://other.example", "peculiar-jti-2")] {
        let now = app.clock.now();
        let claims =
            json!({ "iss": signed.id, "sub": signed.id, "aud": audience, "exp": now + 60, "jti": jti, "iat": now });
        let assertion = key.sign(None, Some("1"), &claims);
        let form = [
            ("grant_type", "client_credentials"),
            ("client_assertion_type", TYPE),
            ("client_assertion", assertion.as_str()),
        ];
        for _ in 0..2 {
            app.http.form("/oauth2/token", &form).await;
        }
        secrets.extend([assertion, jti.to_owned()]);
    }
    secrets.extend(browser.cookies().map(str::to_owned));
    nothing_of(&everything(&app).await, &secrets);
}

/// Asserts that none of these, and no longer part of one, is in what was stored.
fn nothing_of(stored: &str, secrets: &[String]) {
    for secret in secrets {
        let parts: BTreeSet<&str> =
            secret.split(['.', '_', '%', '@']).chain([secret.as_str()]).filter(|part| part.len() >= 10).collect();
        for part in parts {
            for piece in part.as_bytes().chunks(10).filter(|piece| piece.len() == 10) {
                let piece = std::str::from_utf8(piece).expect("secrets are ASCII");
                // Other things have these in them rightly.
                if !["example", "rp.example"].iter().any(|word| piece.contains(word)) {
                    assert!(!stored.contains(piece), "{piece} of {secret} is in {stored}");
                }
            }
        }
    }
}

/// Every parameter of every endpoint with a secret in it.
async fn what_is_pasted_into_the_wrong_field_is_not_recorded(app: TestApp) {
    app.scope("reports").await;
    app.user("alice").await;
    let client = app.web("openid reports").await;
    let given = tokens(&app, &client, "openid reports", "alice").await;
    let secrets = vec![
        client.secret.clone().expect("a secret"),
        given.text("access_token"),
        given.text("id_token"),
        VERIFIER.to_owned(),
    ];
    let authorize = [
        "client_id",
        "redirect_uri",
        "response_type",
        "scope",
        "state",
        "code_challenge",
        "code_challenge_method",
        "nonce",
        "prompt",
        "max_age",
        "resource",
        "claims",
        "id_token_hint",
        "login_hint",
        "response_mode",
        "request",
    ];
    let token = [
        "client_id",
        "client_secret",
        "grant_type",
        "code",
        "redirect_uri",
        "code_verifier",
        "scope",
        "resource",
        "refresh_token",
        "client_assertion",
        "client_assertion_type",
    ];
    for secret in &secrets {
        for name in authorize {
            app.http.get(&Authorization::of(&client, "reports").with(name, secret).path()).await;
        }
        for uri in [
            format!("{REDIRECT_URI}?token={secret}"),
            format!("{REDIRECT_URI}/{secret}"),
            format!("{REDIRECT_URI}#{secret}"),
            format!("https://{secret}@rp.example/callback"),
            format!("https://{secret}.example/callback"),
        ] {
            app.http.get(&Authorization::of(&client, "reports").with("redirect_uri", &uri).path()).await;
            let form = [("grant_type", "client_credentials"), ("resource", uri.as_str())];
            app.http.as_client(&client, "/oauth2/token", &form).await;
        }
        for name in token {
            for grant_type in ["authorization_code", "refresh_token", "client_credentials"] {
                let form = [("grant_type", grant_type), ("code", "x"), ("refresh_token", "x")];
                app.http.as_client(&client, "/oauth2/token", &but(&form, name, secret)).await;
            }
        }
        let header = format!("Bearer {secret}");
        app.http.send("POST", "/oauth2/token", &[("authorization", &header)], Some(String::new())).await;
        let body = json!({ "client_name": secret, "redirect_uris": [secret], "scope": secret }).to_string();
        let headers = [("authorization", header.as_str()), ("content-type", "application/json")];
        app.http.send("POST", "/oauth2/register", &headers, Some(body)).await;
    }
    let stored = everything(&app).await;
    nothing_of(&stored, &secrets);
    // Nor how a JWT begins (three characters are in some request's random id now and then).
    assert!(!stored.contains("eyJhb"), "{stored}");
}

async fn an_error_leads_to_a_page_that_says_the_same_to_everybody(app: TestApp) {
    app.scope("reports").await;
    app.admin("root").await;
    let client = app.web("reports").await;
    let answer = app.http.as_client(&client, "/oauth2/token", &redemption("gac_unknown")).await;
    let id = answer.header("x-request-id").to_owned();
    let uri = answer.text("error_uri");
    assert_eq!(uri, format!("{}/errors/invalid_grant/{id}", app.app.issuer()));
    let members: Vec<String> = answer.json().as_object().expect("an object").keys().cloned().collect();
    assert_eq!(members, ["error", "error_description", "error_uri"]);

    // What redirects says it too, and what is a page links to it.
    let refused = app.http.get(&Authorization::of(&client, "unheard-of").path()).await;
    let uri = format!("{}/errors/invalid_scope/{}", app.app.issuer(), refused.header("x-request-id"));
    assert_eq!(refused.redirect()["error_uri"], uri);
    assert_eq!(refused.redirect()["state"], "s-1");
    let page =
        app.http.get(&Authorization::of(&client, "reports").with("redirect_uri", "https://evil.example/").path()).await;
    let path = format!("/errors/invalid_request/{}", page.header("x-request-id"));
    assert!(page.body.contains(&path), "{}", page.body);

    let path = format!("/errors/invalid_grant/{id}");
    let page = app.http.get(&path).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains(&id) && page.body.contains("invalid_grant"), "{}", page.body);
    let made_up = "AAAAAAAAAAAAAAAAAAAAAA";
    let other = app.http.get(&format!("/errors/invalid_grant/{made_up}")).await;
    let scrubbed = |page: &Answer, id: &str| {
        let text = page.body.replace(id, "");
        text.lines().filter(|line| !line.contains("csrf")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(scrubbed(&other, made_up), scrubbed(&page, &id), "an id that there is not looks the same");
    assert!(!page.body.contains("/admin/"), "{}", page.body);
    for nothing in ["/errors/no_such_error/x", "/errors/invalid_grant/<script>", "/errors/invalid_grant/a%2Fb"] {
        assert_eq!(app.http.get(nothing).await.status, 404, "{nothing}");
    }

    let mut admin = Browser::new(&app);
    admin.sign_in("root").await;
    let page = admin.get(&path).await;
    assert!(page.body.contains(&format!("/admin/requests/{id}")), "{}", page.body);
    let shown = admin.get(&format!("/admin/requests/{id}")).await;
    assert_eq!(shown.find("#refusal h2").as_deref(), Some("It stopped at: The code works"));
    assert_eq!(shown.find(".checks .failed span:nth-child(2)").as_deref(), Some("The code works: Failed"));
}

async fn an_introspection_that_tells_nothing_says_why(app: TestApp) {
    app.scope("reports").await;
    let (machine, other) = (app.machine("reports").await, app.web("reports").await);
    app.user("alice").await;
    let answer = app.http.as_client(&other, "/oauth2/introspect", &[("token", "gat_unknown")]).await;
    let of = record(&app, &answer).await;
    assert_eq!((of.outcome.as_str(), of.failed_check.as_deref()), ("inactive", Some("token_alive")));
    assert!(!of.is_failure);
    let refresh = tokens(&app, &other, "reports", "alice").await.text("refresh_token");
    let answer = app.http.as_client(&machine, "/oauth2/introspect", &[("token", &refresh)]).await;
    assert_eq!(failed(&app, &answer).await, "token_visible");
}

async fn a_clock_that_is_ahead_is_told_in_seconds(app: TestApp) {
    app.scope("reports").await;
    app.admin("root").await;
    let key = Key::es256();
    let client = app
        .client(json!({ "client_name": "Signed", "grant_types": ["client_credentials"], "scope": "reports",
            "token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [key.jwk("1")]} }))
        .await;
    let now = app.clock.now() + 95;
    let claims =
        json!({ "iss": client.id, "sub": client.id, "aud": app.app.issuer(), "exp": now + 60, "jti": "1", "iat": now });
    let assertion = key.sign(None, Some("1"), &claims);
    let form =
        [("grant_type", "client_credentials"), ("client_assertion_type", TYPE), ("client_assertion", &assertion)];
    let answer = app.http.form("/oauth2/token", &form).await;
    let of = record(&app, &answer).await;
    assert_eq!(of.failed_check.as_deref(), Some("assertion_not_yet"));
    assert_eq!((&detail(&of)["expected"], &detail(&of)["received"]), (&json!(["+30"]), &json!("+95")));
    let mut admin = Browser::new(&app);
    admin.sign_in("root").await;
    let page = admin.get(&format!("/admin/requests/{}", of.request_id)).await;
    assert!(page.body.contains("95 seconds ahead of this server"), "{}", page.body);

    // Older libraries name the token endpoint, and a button lets them.
    let now = app.clock.now();
    let token_endpoint = format!("{}/oauth2/token", app.app.issuer());
    let assert_as = |jti: &str| {
        let claims = json!({ "iss": client.id, "sub": client.id, "aud": token_endpoint, "exp": now + 60, "jti": jti });
        key.sign(None, Some("1"), &claims)
    };
    let assertion = assert_as("2");
    let answer = app.http.form("/oauth2/token", &but(&form, "client_assertion", &assertion)).await;
    assert_eq!(failed(&app, &answer).await, "assertion_audience");
    mend(&mut admin, &answer, "Accept the token endpoint as audience").await;
    let assertion = assert_as("3");
    let answer = app.http.form("/oauth2/token", &but(&form, "client_assertion", &assertion)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

async fn the_secret_that_matched_is_told(mut app: TestApp) {
    app.config.policies.request_log.recording = Recording::All;
    let app = app.another().await;
    app.scope("reports").await;
    let old = app.machine("reports").await;
    let (context, id) = (app.context(), old.id.clone());
    let secret =
        app.manage(move |connection| grantor::management::clients::add_secret(connection, &context, &id)).await;
    let new = TestClient { secret: Some(secret), ..old.clone() };
    for (client, which) in [(&old, "older"), (&new, "newest")] {
        let answer = app.http.as_client(client, "/oauth2/token", &[("grant_type", "client_credentials")]).await;
        let facts = &detail(&record(&app, &answer).await)["facts"];
        assert_eq!(
            (facts["secret"].as_str(), facts["auth_method"].as_str()),
            (Some(which), Some("client_secret_basic"))
        );
        assert_eq!(facts["secret_created_at"], app.clock.now());
    }
}

async fn of_successes_there_is_a_sample(app: TestApp) {
    app.scope("reports").await;
    let (machine, other) = (app.machine("reports").await, app.machine("reports").await);
    let ask = async |client| app.http.as_client(client, "/oauth2/token", &[("grant_type", "client_credentials")]).await;
    for _ in 0..5 {
        assert_eq!(ask(&machine).await.status, 200);
    }
    assert_eq!(records(&app).await.len(), 1);
    ask(&other).await;
    assert_eq!(records(&app).await.len(), 2, "each client has a sample of its own");
    app.clock.advance(10);
    ask(&machine).await;
    assert_eq!(records(&app).await.len(), 3);
    let wrong = TestClient { secret: Some("gcs_wrong".to_owned()), ..machine.clone() };
    for _ in 0..3 {
        ask(&wrong).await;
    }
    assert_eq!(records(&app).await.len(), 6, "every failure is recorded");
}

async fn a_setting_decides_what_is_recorded(mut app: TestApp) {
    app.scope("reports").await;
    let machine = app.machine("reports").await;
    let wrong = TestClient { secret: Some("gcs_wrong".to_owned()), ..machine.clone() };
    for (recording, expected) in [(Recording::Off, 0), (Recording::Failures, 2), (Recording::All, 4)] {
        app.config.policies.request_log.recording = recording;
        let server = app.another().await;
        let before = records(&server).await.len();
        for client in [&machine, &machine, &wrong, &wrong] {
            server.http.as_client(client, "/oauth2/token", &[("grant_type", "client_credentials")]).await;
        }
        assert_eq!(records(&server).await.len() - before, expected, "{recording:?}");
    }
}

async fn the_oldest_records_leave(mut app: TestApp) {
    app.config.policies.request_log.max_rows = 40;
    let app = app.another().await;
    let mut last = String::new();
    for _ in 0..60 {
        app.http.get("/oauth2/authorize").await.header("x-request-id").clone_into(&mut last);
    }
    let kept = records(&app).await;
    assert_eq!(kept.len(), 40);
    assert_eq!(kept[0].request_id, last, "the newest stay");
    app.clock.advance(8 * 24 * 60 * 60);
    app.app.request_log.trim(&app.app.store, app.clock.now()).await.expect("it can be trimmed");
    assert!(records(&app).await.is_empty(), "they are older than a week");
}

/// Presses the button on the page of a request, and the one on the page that asks.
async fn mend(admin: &mut Browser, refused: &Answer, button: &str) {
    let path = format!("/admin/requests/{}", refused.header("x-request-id"));
    let page = admin.get(&path).await;
    assert_eq!(page.find("#refusal .button").as_deref(), Some(button), "{}", page.body);
    let fix = format!("{path}/fix");
    let confirm = admin.get(&fix).await;
    assert!(confirm.find("h1").expect("a heading").starts_with(button), "{}", confirm.body);
    let done = admin.submit(&fix, &confirm, &[]).await;
    assert_eq!((done.status.as_u16(), done.location()), (303, path.clone()), "{}", done.body);
    let page = admin.get(&path).await;
    assert_eq!(page.find("#refusal .button"), None, "it is mended");
    let again = admin.submit(&fix, &confirm, &[]).await;
    assert_eq!(again.status, 409, "{}", again.body);
}

async fn a_redirect_uri_is_added_by_a_button(app: TestApp) {
    app.scope("reports").await;
    app.admin("root").await;
    let client = app.web("reports").await;
    let request = Authorization::of(&client, "reports").with("redirect_uri", "https://rp.example/second");
    let refused = app.http.get(&request.path()).await;
    assert_eq!(refused.status, 400);
    let mut admin = Browser::new(&app);
    admin.sign_in("root").await;
    let path = format!("/admin/requests/{}/fix", refused.header("x-request-id"));
    let forged = admin.post(&path, &[("version", "1")]).await;
    assert_eq!(forged.status, 403, "without a CSRF token nothing happens");
    mend(&mut admin, &refused, "Add this redirect URI").await;
    assert_eq!(app.http.get(&request.path()).await.status, 303, "the same request passes now");
    let log = admin.get("/admin/audit-log?action=client.updated").await;
    assert!(log.body.contains("redirect_uris") && log.body.contains("root"), "{}", log.body);
}

async fn scopes_and_grant_types_are_allowed_by_a_button(app: TestApp) {
    app.scope("reports").await;
    app.scope("exports").await;
    app.admin("root").await;
    let client = app.web("reports").await;
    let mut admin = Browser::new(&app);
    admin.sign_in("root").await;
    let form = [("grant_type", "client_credentials"), ("scope", "exports")];
    let refused = app.http.as_client(&client, "/oauth2/token", &form).await;
    assert_eq!(refused.error(), "unauthorized_client");
    mend(&mut admin, &refused, "Allow client_credentials").await;
    let refused = app.http.as_client(&client, "/oauth2/token", &form).await;
    assert_eq!(refused.error(), "invalid_scope");
    mend(&mut admin, &refused, "Allow this scope").await;
    assert_eq!(app.http.as_client(&client, "/oauth2/token", &form).await.status, 200);
}

async fn what_is_not_safe_has_no_button(app: TestApp) {
    app.scope("reports").await;
    app.admin("root").await;
    let (client, public) = (app.web("reports").await, app.native("reports").await);
    let mut admin = Browser::new(&app);
    admin.sign_in("root").await;
    let request = |name, value| Authorization::of(&client, "reports").with(name, value).path();
    let machine = [("grant_type", "client_credentials")];
    for answer in [
        app.http.get(&request("redirect_uri", "http://evil.example/")).await,
        app.http.get(&request("redirect_uri", "https://rp.example/callback?user=alice")).await,
        app.http.get(&request("redirect_uri", "https://rp.example/#fragment")).await,
        app.http.get(&request("scope", "grantor.clients:write")).await,
        app.http.get(&request("scope", "unheard-of")).await,
        app.http.get(&request("code_challenge_method", "plain")).await,
        app.http.as_client(&public, "/oauth2/token", &machine).await,
    ] {
        let path = format!("/admin/requests/{}", answer.header("x-request-id"));
        let page = admin.get(&path).await;
        assert!(page.find("#refusal h2").is_some(), "{}", page.body);
        assert_eq!(page.find("#refusal .button"), None, "{}", page.body);
        assert_eq!(admin.get(&format!("{path}/fix")).await.status, 409, "{path}");
    }
}

async fn requests_are_found_by_what_they_were(app: TestApp) {
    app.scope("reports").await;
    app.admin("root").await;
    let (web, machine) = (app.web("reports").await, app.machine("reports").await);
    let failed = app.http.get(&Authorization::of(&web, "unheard-of").path()).await;
    let succeeded = app.http.as_client(&machine, "/oauth2/token", &[("grant_type", "client_credentials")]).await;
    let (failed, succeeded) = (failed.header("x-request-id"), succeeded.header("x-request-id"));
    let mut admin = Browser::new(&app);
    admin.sign_in("root").await;
    let of_client = format!("client={}", web.id);
    let of_id = format!("request={succeeded}");
    for (query, with_failed, with_succeeded) in [
        ("", true, true),
        ("outcome=refused", true, false),
        ("outcome=succeeded", false, true),
        ("outcome=invalid_scope", true, false),
        ("outcome=invalid_grant", false, false),
        ("endpoint=token", false, true),
        ("client=Web+app", true, false),
        (&of_client, true, false),
        ("client=nobody", false, false),
        (&of_id, false, true),
        ("endpoint=authorize&outcome=refused&client=web", true, false),
    ] {
        let page = admin.get(&format!("/admin/requests?{query}")).await;
        assert_eq!(page.status, 200, "{query}");
        let has = |id: &str| page.body.contains(&format!("/admin/requests/{id}\""));
        assert_eq!((has(failed), has(succeeded)), (with_failed, with_succeeded), "{query}: {}", page.body);
    }
    let page = admin.get(&format!("/admin/clients/{}", web.id)).await;
    assert!(page.body.contains(&format!("/admin/requests/{failed}")), "{}", page.body);
    for _ in 0..60 {
        app.http.get("/oauth2/authorize").await;
    }
    let first = admin.get("/admin/requests?endpoint=authorize").await;
    let next = first.body.split("rel=\"next\" href=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a link");
    assert!(next.contains("endpoint=authorize"), "{next}");
    let second = admin.get(&next.replace("&#38;", "&").replace("&amp;", "&")).await;
    assert!(second.body.contains(&format!("/admin/requests/{failed}")), "{}", second.body);
}

async fn only_admins_see_requests(app: TestApp) {
    app.scope("reports").await;
    app.user("alice").await;
    let client = app.web("reports").await;
    let refused =
        app.http.get(&Authorization::of(&client, "reports").with("redirect_uri", "https://rp.example/2").path()).await;
    let id = refused.header("x-request-id");
    let mut browser = Browser::new(&app);
    browser.sign_in("alice").await;
    for path in ["/admin/requests".to_owned(), format!("/admin/requests/{id}"), format!("/admin/requests/{id}/fix")] {
        assert_eq!(browser.get(&path).await.status, 403, "{path}");
        assert_eq!(app.http.get(&path).await.status, 303, "{path}");
    }
    let page = browser.get("/account").await;
    let mut form = page.hidden();
    form.push(("version".to_owned(), "1".to_owned()));
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(browser.post(&format!("/admin/requests/{id}/fix"), &form).await.status, 403);
    let page = browser.get(&format!("/errors/invalid_request/{id}")).await;
    assert!(!page.body.contains("/admin/requests"), "{}", page.body);
}

async fn the_api_lists_requests(app: TestApp) {
    app.scope("reports").await;
    let reader = app.machine("grantor.requests:read").await;
    let token = app.http.as_client(&reader, "/oauth2/token", &[("grant_type", "client_credentials")]).await;
    let token = token.text("access_token");
    let web = app.web("reports").await;
    let refused = app.http.get(&Authorization::of(&web, "unheard-of").path()).await;
    let listed = app.http.bearer(&format!("/api/v1/requests?client_id={}", web.id), &token).await;
    assert_eq!(listed.status, 200, "{}", listed.body);
    let item = &listed.json()["items"][0];
    assert_eq!(item["request_id"], refused.header("x-request-id"));
    assert_eq!((item["outcome"].as_str(), item["check"].as_str()), (Some("invalid_scope"), Some("scope_known")));
    assert_eq!(item["received"], "unheard-of");
    assert_eq!(item["clause"], "RFC 6749 §3.3");
    let one = app.http.bearer(&format!("/api/v1/requests/{}", refused.header("x-request-id")), &token).await;
    assert_eq!(one.json(), *item);
    assert_eq!(app.http.bearer("/api/v1/requests/unknown", &token).await.status, 404);
    let other = app.machine("reports").await;
    let other = app.http.as_client(&other, "/oauth2/token", &[("grant_type", "client_credentials")]).await;
    assert_eq!(app.http.bearer("/api/v1/requests", &other.text("access_token")).await.status, 403);
}
