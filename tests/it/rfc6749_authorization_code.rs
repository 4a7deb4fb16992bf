//! RFC 6749 §4.1 with RFC 7636, RFC 9207 and RFC 9700: the whole flow, and one wrong step at a time.

use crate::support::app::{PASSWORD, REDIRECT_URI, TestApp, on_both_databases};
use crate::support::http::{Authorization, Browser, VERIFIER, allow, but, code, redemption, tokens};
use crate::support::until;

on_both_databases!(
    a_user_allows_a_web_app,
    denying_tells_the_client_and_leaves_no_code,
    nothing_is_redirected_to_an_address_that_is_not_registered,
    errors_go_to_the_client_with_state_and_issuer,
    state_comes_back_byte_for_byte,
    a_code_belongs_to_its_client_its_redirect_uri_and_its_minute,
    a_code_is_redeemed_once_and_its_replay_ends_what_it_gave,
    a_replay_that_is_otherwise_wrong_ends_nothing,
    the_verifier_must_fit_and_three_wrong_ones_burn_the_code,
    fifty_at_once_get_one_answer,
    a_loopback_port_may_vary_and_nothing_else,
    consent_is_remembered_for_confidential_clients_only,
    nobody_poses_as_a_client_whose_users_are_not_asked,
    prompt_none_never_shows_a_page,
    a_post_is_answered_by_a_redirect_to_our_own_get,
    a_form_post_response_is_escaped,
    a_request_belongs_to_the_browser_that_opened_it,
    a_request_is_answered_once,
    what_an_admin_took_away_since_the_consent_is_not_given,
    what_was_taken_away_makes_no_request_for_more,
    a_request_asks_for_no_more_than_the_client_may_have_by_now,
    requests_of_strangers_are_stored_up_to_a_limit,
    one_process_issues_and_another_redeems,
);

const TOKEN: &str = "/oauth2/token";

async fn a_user_allows_a_web_app(app: TestApp) {
    app.scope("reports").await;
    app.user("alice").await;
    let client = app.web("reports").await;
    let mut browser = Browser::new(&app);
    let request = Authorization::of(&client, "reports");

    let login = {
        let first = browser.get(&request.path()).await;
        browser.follow(first).await
    };
    assert_eq!(login.find("h1").as_deref(), Some("Sign in"));
    let wrong = browser.submit("/login", &login, &[("username", "alice"), ("password", "wrong")]).await;
    assert_eq!(wrong.status, 401);
    assert!(wrong.find("[role=alert]").is_some());
    let consent = {
        let answer =
            browser.submit("/login", &login, &[("username", "ALICE@example.com"), ("password", PASSWORD)]).await;
        browser.follow(answer).await
    };
    for named in ["Web app", "rp.example", "alice@example.com", "Use reports"] {
        assert!(consent.body.contains(named), "{named}");
    }
    assert!(consent.header("content-security-policy").contains("form-action 'self' https://rp.example;"));
    let answer = browser.submit("/consent", &consent, &[("decision", "approve")]).await;
    let redirect = answer.redirect();
    assert!(answer.location().starts_with(REDIRECT_URI));
    assert_eq!(redirect["state"], "s-1");
    assert_eq!(redirect["iss"], app.app.issuer());
    let again = browser.submit("/consent", &consent, &[("decision", "approve")]).await;
    assert_eq!(again.status, 400, "a request is answered once");

    let answer = app.http.as_client(&client, TOKEN, &redemption(&redirect["code"])).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let token = answer.text("access_token");
    let me = app.http.bearer("/api/v1/whoami", &token).await.json();
    assert_eq!((me["sub"].is_string(), me["client_id"].as_str()), (true, Some(client.id.as_str())));

    let page = browser.get("/account/applications").await;
    assert!(page.body.contains("Web app"));
    let path = format!("/account/applications/{}/withdraw", client.id);
    let confirm = browser.get(&path).await;
    assert_eq!(browser.submit(&path, &confirm, &[]).await.status, 303);
    assert_eq!(app.http.bearer("/api/v1/whoami", &token).await.status, 401, "withdrawn");
    let refresh = answer.text("refresh_token");
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    assert_eq!(app.http.as_client(&client, TOKEN, &refresh).await.error(), "invalid_grant");
}

async fn denying_tells_the_client_and_leaves_no_code(app: TestApp) {
    app.scope("reports").await;
    app.user("alice").await;
    let client = app.web("reports").await;
    let mut browser = Browser::new(&app);
    browser.sign_in("alice").await;
    let consent = {
        let first = browser.get(&Authorization::of(&client, "reports").path()).await;
        browser.follow(first).await
    };
    let redirect = browser.submit("/consent", &consent, &[("decision", "deny")]).await.redirect();
    assert_eq!((redirect["error"].as_str(), redirect["state"].as_str()), ("access_denied", "s-1"));
    assert_eq!(redirect["iss"], app.app.issuer());
    assert!(!redirect.contains_key("code"));
}

async fn nothing_is_redirected_to_an_address_that_is_not_registered(app: TestApp) {
    app.scope("reports").await;
    let client = app.web("reports").await;
    let request = Authorization::of(&client, "reports");
    let unregistered = [
        "https://rp.example.evil.com/callback",
        "https://rp.example/callback?x=1",
        "https://rp.example/callback/",
        "https://rp.example/callback#f",
        "https://rp.example@evil.com/callback",
        "https://rp.example/%63allback",
        "HTTPS://rp.example/callback",
        "javascript:alert(1)",
        "//rp.example/callback",
        "/callback",
    ];
    let mut refused: Vec<Authorization> =
        unregistered.iter().map(|uri| request.clone().with("redirect_uri", uri)).collect();
    refused.extend(["client_id", "redirect_uri"].map(|name| request.clone().and(name, "x")));
    refused.push(request.clone().with("client_id", "nope"));
    refused.push(request.clone().without("client_id"));
    refused.push(request.clone().with("response_mode", "fragment"));
    // Whatever else is wrong, the address is looked at first.
    refused.push(
        request.clone().with("redirect_uri", "https://evil.example/").with("prompt", "none").with("scope", "bad"),
    );
    for request in refused {
        let answer = app.http.get(&request.path()).await;
        assert_eq!((answer.status.as_u16(), answer.location().as_str()), (400, ""), "{request:?}");
        assert_eq!(answer.find("h1").as_deref(), Some("This request cannot be completed"));
        assert!(!answer.body.contains("evil"), "{request:?}");
        assert!(answer.body.contains(answer.header("x-request-id")));
    }
}

async fn errors_go_to_the_client_with_state_and_issuer(app: TestApp) {
    app.scope("reports").await;
    app.scope("other").await;
    let client = app.web("reports").await;
    let request = Authorization::of(&client, "reports");
    let broken = [
        (request.clone().without("response_type"), "invalid_request"),
        (request.clone().with("response_type", "token"), "unsupported_response_type"),
        (request.clone().with("response_type", "code id_token"), "unsupported_response_type"),
        (request.clone().with("scope", "other"), "invalid_scope"),
        (request.clone().with("scope", "unknown"), "invalid_scope"),
        (request.clone().with("scope", "a\"b"), "invalid_scope"),
        (request.clone().without("code_challenge").without("code_challenge_method"), "invalid_request"),
        (request.clone().with("code_challenge_method", "plain"), "invalid_request"),
        (request.clone().without("code_challenge_method"), "invalid_request"),
        (request.clone().with("code_challenge", "short"), "invalid_request"),
        (request.clone().with("code_challenge", &"=".repeat(43)), "invalid_request"),
        (request.clone().and("scope", "reports"), "invalid_request"),
        (request.clone().and("nonce", "1").and("nonce", "1"), "invalid_request"),
        (request.clone().with("nonce", &"n".repeat(4097)), "invalid_request"),
        (request.clone().with("max_age", "-1"), "invalid_request"),
        (request.clone().with("max_age", "99999999999999999999"), "invalid_request"),
        (request.clone().with("prompt", "none login"), "invalid_request"),
        (request.clone().with("prompt", "none"), "login_required"),
        (request.clone().with("resource", "https://unknown.example/"), "invalid_target"),
        (request.clone().with("resource", "relative"), "invalid_target"),
        (request.clone().with("request", "x.y.z"), "request_not_supported"),
        (request.clone().with("request_uri", "urn:x"), "request_uri_not_supported"),
    ];
    for (request, error) in broken {
        let redirect = app.http.get(&request.path()).await.redirect();
        assert_eq!(redirect["error"], error, "{request:?}");
        assert_eq!((redirect["state"].as_str(), redirect["iss"].as_str()), ("s-1", app.app.issuer()));
        assert!(!redirect.contains_key("code"));
    }
    let twice = app.http.get(&request.and("state", "s-2").path()).await.redirect();
    assert_eq!(twice["error"], "invalid_request");
    assert!(!twice.contains_key("state"), "of two states none is the client's");
}

async fn state_comes_back_byte_for_byte(app: TestApp) {
    app.scope("reports").await;
    app.user("alice").await;
    let client = app.web("reports").await;
    let mut browser = Browser::new(&app);
    let long = "s".repeat(2048);
    for state in ["%25+&=#\"<>é😀 ", "x", long.as_str(), "\r\nLocation: https://evil.example/"] {
        let request = Authorization::of(&client, "reports").with("state", state);
        assert_eq!(allow(&mut browser, &request, "alice").await.redirect()["state"], state);
    }
    let none = allow(&mut browser, &Authorization::of(&client, "reports").with("state", ""), "alice").await;
    assert!(!none.redirect().contains_key("state"));
}

async fn a_code_belongs_to_its_client_its_redirect_uri_and_its_minute(app: TestApp) {
    app.scope("reports").await;
    app.user("alice").await;
    let (client, other, public) = (app.web("reports").await, app.web("reports").await, app.native("reports").await);
    let code = code(&app, &client, "reports", "alice").await;
    let form = redemption(&code);
    for thief in [&other, &public] {
        assert_eq!(app.http.as_client(thief, TOKEN, &form).await.error(), "invalid_grant");
    }
    assert_eq!(app.http.form(TOKEN, &form).await.status, 401, "nobody");
    let elsewhere = but(&form, "redirect_uri", "https://rp.example/other");
    assert_eq!(app.http.as_client(&client, TOKEN, &elsewhere).await.error(), "invalid_grant");
    for mangled in
        [&code[..code.len() - 1], &format!("{code}A"), &format!("{code}="), &code.to_lowercase(), &format!("{code} ")]
    {
        assert_eq!(app.http.as_client(&client, TOKEN, &but(&form, "code", mangled)).await.error(), "invalid_grant");
    }
    // None of that cost the owner the code; and with PKCE the redirect_uri may be left out.
    let form: Vec<_> = form.into_iter().filter(|(name, _)| *name != "redirect_uri").collect();
    assert_eq!(app.http.as_client(&client, TOKEN, &form).await.status, 200);

    let late = crate::support::http::code(&app, &client, "reports", "alice").await;
    app.clock.advance(61);
    assert_eq!(app.http.as_client(&client, TOKEN, &redemption(&late)).await.error(), "invalid_grant");
}

async fn a_code_is_redeemed_once_and_its_replay_ends_what_it_gave(app: TestApp) {
    app.scope("reports").await;
    app.user("alice").await;
    let client = app.web("reports").await;
    let code = code(&app, &client, "reports", "alice").await;
    let first = app.http.as_client(&client, TOKEN, &redemption(&code)).await;
    let (access, refresh) = (first.text("access_token"), first.text("refresh_token"));
    assert_eq!(app.http.bearer("/api/v1/whoami", &access).await.status, 200);
    app.clock.advance(30);
    assert_eq!(app.http.as_client(&client, TOKEN, &redemption(&code)).await.error(), "invalid_grant");
    assert_eq!(app.http.bearer("/api/v1/whoami", &access).await.status, 401);
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    assert_eq!(app.http.as_client(&client, TOKEN, &form).await.error(), "invalid_grant");
}

async fn a_replay_that_is_otherwise_wrong_ends_nothing(app: TestApp) {
    // OAuth 2.1 §7.5.2: who merely knows a spent code must not be able to end a session with it.
    app.scope("reports").await;
    app.user("alice").await;
    let (client, other) = (app.web("reports").await, app.web("reports").await);
    let code = code(&app, &client, "reports", "alice").await;
    let access = app.http.as_client(&client, TOKEN, &redemption(&code)).await.text("access_token");
    let wrong = "x".repeat(43);
    for (who, form) in [
        (&client, but(&redemption(&code), "code_verifier", &wrong)),
        (&client, but(&redemption(&code), "redirect_uri", "https://rp.example/x")),
        (&other, redemption(&code)),
    ] {
        assert_eq!(app.http.as_client(who, TOKEN, &form).await.error(), "invalid_grant");
    }
    assert_eq!(app.http.bearer("/api/v1/whoami", &access).await.status, 200);
}

async fn the_verifier_must_fit_and_three_wrong_ones_burn_the_code(app: TestApp) {
    app.scope("reports").await;
    app.user("alice").await;
    let client = app.web("reports").await;
    let wrong = "x".repeat(43);
    let fresh = code(&app, &client, "reports", "alice").await;
    for verifier in [wrong.as_str(), ""] {
        let answer = app.http.as_client(&client, TOKEN, &but(&redemption(&fresh), "code_verifier", verifier)).await;
        assert_eq!(answer.error(), "invalid_grant", "{verifier:?}");
    }
    assert_eq!(app.http.as_client(&client, TOKEN, &redemption(&fresh)).await.status, 200, "two failures are forgiven");

    let burnt = code(&app, &client, "reports", "alice").await;
    for _ in 0..3 {
        app.http.as_client(&client, TOKEN, &but(&redemption(&burnt), "code_verifier", &wrong)).await;
    }
    assert_eq!(app.http.as_client(&client, TOKEN, &redemption(&burnt)).await.error(), "invalid_grant");

    // RFC 9700 §2.1.1: where PKCE is optional, a verifier without a challenge is a downgrade.
    let lax = app
        .client(serde_json::json!({
            "client_name": "Old", "redirect_uris": [REDIRECT_URI], "scope": "reports", "require_pkce": false,
        }))
        .await;
    let request = Authorization::of(&lax, "reports").without("code_challenge").without("code_challenge_method");
    let mut browser = Browser::new(&app);
    let code = allow(&mut browser, &request, "alice").await.redirect()["code"].clone();
    let answer = app.http.as_client(&lax, TOKEN, &redemption(&code)).await;
    assert_eq!(answer.error(), "invalid_request");
    let no_uri = [("grant_type", "authorization_code"), ("code", code.as_str())];
    assert_eq!(app.http.as_client(&lax, TOKEN, &no_uri).await.error(), "invalid_grant", "without PKCE it is needed");
    let plain = [no_uri.as_slice(), &[("redirect_uri", REDIRECT_URI)]].concat();
    assert_eq!(app.http.as_client(&lax, TOKEN, &plain).await.status, 200);
}

async fn fifty_at_once_get_one_answer(app: TestApp) {
    app.scope("reports").await;
    app.user("alice").await;
    let client = app.web("reports").await;
    let code = code(&app, &client, "reports", "alice").await;
    let attempts = (0..50).map(|_| {
        let (http, client, code) = (app.http.clone(), client.clone(), code.clone());
        tokio::spawn(async move {
            loop {
                let answer = http.as_client(&client, TOKEN, &redemption(&code)).await;
                // Whoever waited for too long behind the others asks again.
                if answer.status != 503 {
                    return answer;
                }
            }
        })
    });
    let mut won = Vec::new();
    for attempt in attempts.collect::<Vec<_>>() {
        let answer = attempt.await.unwrap();
        match answer.status.as_u16() {
            200 => won.push(answer),
            400 => assert_eq!(answer.error(), "invalid_grant"),
            other => panic!("{other}: {}", answer.body),
        }
    }
    assert_eq!(won.len(), 1);
    // The losers were valid repetitions, so what the winner got has ended: two held the code.
    assert_eq!(app.http.bearer("/api/v1/whoami", &won[0].text("access_token")).await.status, 401);
}

async fn a_loopback_port_may_vary_and_nothing_else(app: TestApp) {
    // RFC 8252 §7.3
    app.scope("reports").await;
    let client = app
        .client(serde_json::json!({
            "client_name": "Cli", "redirect_uris": ["http://127.0.0.1/cb", "http://[::1]/cb", "com.example.app:/cb"],
            "token_endpoint_auth_method": "none", "scope": "reports", "application_type": "native",
        }))
        .await;
    let request = Authorization::of(&client, "reports");
    for fine in ["http://127.0.0.1:51004/cb", "http://127.0.0.1/cb", "http://[::1]:1/cb", "com.example.app:/cb"] {
        let answer = app.http.get(&request.clone().with("redirect_uri", fine).path()).await;
        assert_eq!(answer.status, 303, "{fine}");
        assert!(answer.location().starts_with("/login"), "{fine}");
    }
    for wrong in [
        "http://127.0.0.1:1/cb?x=1",
        "http://127.0.0.1:1/other",
        "http://localhost:1/cb",
        "http://127.0.0.1:1@evil.example/cb",
        "http://127.0.0.2:1/cb",
        "https://127.0.0.1:1/cb",
        "com.example.app:/cb2",
    ] {
        assert_eq!(app.http.get(&request.clone().with("redirect_uri", wrong).path()).await.status, 400, "{wrong}");
    }
}

async fn consent_is_remembered_for_confidential_clients_only(app: TestApp) {
    app.scope("reports").await;
    app.scope("more").await;
    app.user("alice").await;
    let (web, native) = (app.web("reports more").await, app.native("reports").await);
    let mut browser = Browser::new(&app);
    allow(&mut browser, &Authorization::of(&web, "reports"), "alice").await;
    let silent = browser.get(&Authorization::of(&web, "reports").path()).await;
    assert!(silent.redirect().contains_key("code"), "allowed before");
    let grown = browser.get(&Authorization::of(&web, "reports more").path()).await;
    assert!(grown.location().starts_with("/consent"), "asked again when scopes grow");
    let forced = browser.get(&Authorization::of(&web, "reports").with("prompt", "consent").path()).await;
    assert!(forced.location().starts_with("/consent"));

    allow(&mut browser, &Authorization::of(&native, "reports"), "alice").await;
    let again = browser.get(&Authorization::of(&native, "reports").path()).await;
    assert!(again.location().starts_with("/consent"), "RFC 8252 §8.6: anybody can pose as a public client");
}

async fn nobody_poses_as_a_client_whose_users_are_not_asked(app: TestApp) {
    // RFC 8252 §8.6
    app.scope("reports").await;
    app.user("alice").await;
    let client = app
        .client(serde_json::json!({
            "client_name": "Own app", "redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": "none",
            "scope": "reports", "skip_consent": true,
        }))
        .await;
    let mut browser = Browser::new(&app);
    browser.sign_in("alice").await;
    let request = Authorization::of(&client, "reports");
    assert!(browser.get(&request.path()).await.redirect().contains_key("code"), "an address of its own");

    // One at which any program may listen.
    let stored = app.app.store.client(&client.id).await.unwrap().expect("it is there");
    let (mut metadata, id, now) = (stored.metadata.clone(), client.id.clone(), app.clock.now());
    metadata.redirect_uris.push("http://127.0.0.1/cb".to_owned());
    app.manage(move |connection| Ok(grantor::store::clients::update(connection, &id, 1, &metadata, now)?)).await;
    for uri in [REDIRECT_URI, "http://127.0.0.1:51004/cb"] {
        let asked = browser.get(&request.clone().with("redirect_uri", uri).path()).await;
        assert!(asked.location().starts_with("/consent"), "{uri}: {}", asked.location());
    }
}

async fn prompt_none_never_shows_a_page(app: TestApp) {
    app.scope("reports").await;
    app.user("alice").await;
    let client = app.web("reports").await;
    let silent = Authorization::of(&client, "reports").with("prompt", "none");
    let mut browser = Browser::new(&app);
    assert_eq!(browser.get(&silent.path()).await.redirect()["error"], "login_required");
    browser.sign_in("alice").await;
    assert_eq!(browser.get(&silent.path()).await.redirect()["error"], "consent_required");
    allow(&mut browser, &Authorization::of(&client, "reports"), "alice").await;
    assert!(browser.get(&silent.path()).await.redirect().contains_key("code"));

    // A login that was asked for is asked for again, and then counts.
    let relogin = Authorization::of(&client, "reports").with("prompt", "login");
    let answer = browser.get(&relogin.path()).await;
    assert!(answer.location().starts_with("/login"));
    assert!(allow(&mut browser, &relogin, "alice").await.redirect().contains_key("code"));
    app.clock.advance(100);
    let aged = Authorization::of(&client, "reports").with("max_age", "60");
    assert!(browser.get(&aged.path()).await.location().starts_with("/login"));
    assert!(allow(&mut browser, &aged, "alice").await.redirect().contains_key("code"));
}

async fn a_post_is_answered_by_a_redirect_to_our_own_get(app: TestApp) {
    app.scope("reports").await;
    app.user("alice").await;
    let client = app.web("reports").await;
    let mut browser = Browser::new(&app);
    allow(&mut browser, &Authorization::of(&client, "reports"), "alice").await;
    // From another site the cookies are missing, and no CSRF token is asked.
    let posted = app.http.form("/oauth2/authorize", &Authorization::of(&client, "reports").pairs()).await;
    assert_eq!(posted.status, 303);
    assert!(posted.location().starts_with("/oauth2/authorize/"));
    let answer = browser.get(&posted.location()).await;
    assert!(answer.redirect().contains_key("code"), "at our own GET the user is recognised");
}

async fn a_form_post_response_is_escaped(app: TestApp) {
    app.scope("reports").await;
    app.user("alice").await;
    let client = app.web("reports").await;
    let request =
        Authorization::of(&client, "reports").with("response_mode", "form_post").with("state", "\"><img onerror>");
    let answer = allow(&mut Browser::new(&app), &request, "alice").await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, "no-store"));
    assert!(!answer.body.contains("<img"));
    let sent = answer.hidden();
    assert!(sent.contains(&("state".to_owned(), "\"><img onerror>".to_owned())), "{sent:?}");
    assert!(sent.iter().any(|(name, value)| name == "code" && value.starts_with("gac_")));
    assert!(answer.header("content-security-policy").contains("form-action 'self' https://rp.example;"));
}

async fn a_request_belongs_to_the_browser_that_opened_it(app: TestApp) {
    app.scope("reports").await;
    app.user("alice").await;
    app.user("mallory").await;
    let client = app.web("reports").await;
    let mut mallory = Browser::new(&app);
    mallory.sign_in("mallory").await;
    let first = mallory.get(&Authorization::of(&client, "reports").path()).await;
    let mut alice = Browser::new(&app);
    alice.sign_in("alice").await;
    let consent = alice.get(&first.location()).await;
    assert_eq!(consent.status, 400, "another browser's request");
    let page = mallory.get(&first.location()).await;
    let stolen = alice.submit("/consent", &page, &[("decision", "approve")]).await;
    assert_eq!(stolen.status, 403, "another browser's form");
    assert_eq!(mallory.post("/consent", &[("request", "x"), ("decision", "approve")]).await.status, 403, "no token");
}

async fn requests_of_strangers_are_stored_up_to_a_limit(mut app: TestApp) {
    app.config.policies.limits.stored_requests = 3;
    let app = app.another().await;
    app.scope("reports").await;
    app.user("alice").await;
    let client = app.web("reports").await;
    let (nonce, hint) = ("n".repeat(4096), "h".repeat(4096));
    let request = Authorization::of(&client, "reports").with("nonce", &nonce).with("login_hint", &hint);
    let posted = async || app.http.form("/oauth2/authorize", &request.pairs()).await;
    let back = "https://rp.example/bye";
    let signing_out = app
        .client(serde_json::json!({
            "client_name": "Bye", "redirect_uris": [REDIRECT_URI], "post_logout_redirect_uris": [back],
        }))
        .await;
    let logout = [("client_id", signing_out.id.as_str()), ("post_logout_redirect_uri", back)];
    assert_eq!(app.http.get(&request.path()).await.status, 303);
    assert_eq!(posted().await.status, 303);
    assert_eq!(app.http.form("/oauth2/logout", &logout).await.status, 303);
    for refused in [app.http.get(&request.path()).await, posted().await, app.http.form("/oauth2/logout", &logout).await]
    {
        assert_eq!((refused.status.as_u16(), refused.find("h1").as_deref()), (429, Some("Please wait a moment")));
        assert!((1..=180).contains(&refused.header("retry-after").parse::<i64>().expect("seconds")));
    }
    let refusals = app.http.get("/metrics").await.body;
    assert!(refusals.contains("grantor_refusals_total{limit=\"stored_requests\"} 3"), "{refusals}");

    // Neither what is wrong nor who is signed in counts, and the next window is another.
    let unknown = app.http.get(&request.clone().with("scope", "unknown").path()).await;
    assert_eq!(unknown.redirect()["error"], "invalid_scope");
    let mut browser = Browser::new(&app);
    browser.sign_in("alice").await;
    assert!(browser.get(&request.path()).await.location().starts_with("/consent"));
    app.clock.advance(3 * 60);
    assert_eq!(app.http.get(&request.path()).await.status, 303);
}

async fn one_process_issues_and_another_redeems(app: TestApp) {
    app.scope("reports").await;
    app.user("alice").await;
    let client = app.web("reports").await;
    let other = app.another().await;
    let code = code(&app, &client, "reports", "alice").await;
    let answer = other.http.as_client(&client, TOKEN, &redemption(&code)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let token = answer.text("access_token");
    assert_eq!(app.http.bearer("/api/v1/whoami", &token).await.status, 200);
    assert_eq!(other.http.as_client(&client, "/oauth2/revoke", &[("token", &token)]).await.status, 200);
    assert_eq!(app.http.bearer("/api/v1/whoami", &token).await.status, 401);

    // A client disabled at one is refused at the other soon, also when both keep it in memory.
    let fresh = tokens(&app, &client, "reports", "alice").await.text("access_token");
    assert_eq!(other.http.bearer("/api/v1/whoami", &fresh).await.status, 200);
    let (context, id) = (app.context(), client.id.clone());
    app.manage(move |connection| grantor::management::clients::set_disabled(connection, &context, &id, true)).await;
    let is_refused = async || other.http.bearer("/api/v1/whoami", &fresh).await.status == 401;
    until("the other one refuses it", is_refused).await;
    assert_eq!(VERIFIER.len(), 43);
}

async fn a_request_is_answered_once(app: TestApp) {
    app.scope("reports").await;
    app.user("alice").await;
    let client = app.native("reports").await;
    let mut browser = Browser::new(&app);
    browser.sign_in("alice").await;
    let first = browser.get(&Authorization::of(&client, "reports").path()).await;
    let page = browser.follow(first).await;
    // Many clicks at once, as if in many tabs.
    let clicks = (0..10).map(|_| {
        let (mut tab, page) = (Browser::new(&app), page.clone());
        tab.cookies = browser.cookies.clone();
        tokio::spawn(async move { tab.submit("/consent", &page, &[("decision", "approve")]).await })
    });
    let mut codes = 0;
    for click in clicks.collect::<Vec<_>>() {
        let answer = click.await.expect("it is answered");
        match answer.status.as_u16() {
            303 => codes += usize::from(answer.redirect().contains_key("code")),
            status => assert_eq!(status, 400, "{}", answer.body),
        }
    }
    assert_eq!(codes, 1);
}

/// The registration of [`TestApp::web`] with another list of scopes.
fn web(scope: &str) -> serde_json::Value {
    serde_json::json!({
        "client_name": "Web app", "redirect_uris": [REDIRECT_URI], "scope": scope,
        "grant_types": ["authorization_code", "refresh_token"],
    })
}

async fn what_an_admin_took_away_since_the_consent_is_not_given(app: TestApp) {
    app.scope("reports").await;
    app.scope("more").await;
    app.user("alice").await;
    let client = app.web("reports more").await;
    let (first, second) =
        (code(&app, &client, "reports more", "alice").await, code(&app, &client, "more", "alice").await);
    app.reregister(&client, web("reports")).await;
    let answer = app.http.as_client(&client, TOKEN, &redemption(&first)).await;
    assert_eq!(answer.text("scope"), "reports");
    app.reregister(&client, web("reports more")).await;
    let refresh = answer.text("refresh_token");
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    let refreshed = app.http.as_client(&client, TOKEN, &refresh).await;
    assert_eq!(refreshed.text("scope"), "reports", "the grant never had it");

    app.reregister(&client, web("reports")).await;
    let refused = app.http.as_client(&client, TOKEN, &redemption(&second)).await;
    assert_eq!((refused.status.as_u16(), refused.error().as_str()), (400, "invalid_grant"), "nothing is left");
}

async fn what_was_taken_away_makes_no_request_for_more(app: TestApp) {
    app.scope("reports").await;
    app.user("alice").await;
    // OpenID Connect Core §11: with openid it needs offline_access, which was allowed and may be given.
    for (consented, left) in [("openid reports", "reports"), ("openid reports offline_access", "openid reports")] {
        let client = app.web(consented).await;
        let code = code(&app, &client, consented, "alice").await;
        app.reregister(&client, web(left)).await;
        let answer = app.http.as_client(&client, TOKEN, &redemption(&code)).await.json();
        assert_eq!((&answer["scope"], &answer["refresh_token"]), (&left.into(), &serde_json::Value::Null), "{answer}");
    }
}

async fn a_request_asks_for_no_more_than_the_client_may_have_by_now(app: TestApp) {
    app.scope("reports").await;
    app.scope("more").await;
    app.user("alice").await;
    let client = app.web("reports more").await;
    let mut browser = Browser::new(&app);
    browser.sign_in("alice").await;
    let mut consents = Vec::new();
    for scope in ["reports more", "more"] {
        let first = browser.get(&Authorization::of(&client, scope).path()).await;
        consents.push(browser.follow(first).await);
    }
    app.reregister(&client, web("reports")).await;
    let allowed = browser.submit("/consent", &consents[0], &[("decision", "approve")]).await;
    let answer = app.http.as_client(&client, TOKEN, &redemption(&allowed.redirect()["code"])).await;
    assert_eq!(answer.text("scope"), "reports");
    for decision in ["approve", "deny"] {
        let answered = browser.submit("/consent", &consents[1], &[("decision", decision)]).await;
        let redirect = browser.follow(answered).await.redirect();
        assert_eq!((redirect["error"].as_str(), redirect["state"].as_str()), ("invalid_scope", "s-1"), "{decision}");
    }
}
