//! OpenID Connect Core 1.0: the ID token, userinfo, and what an authentication request may say.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantor::secret::sha256;
use serde_json::{Value, json};

use crate::support::app::{REDIRECT_URI, TestApp, TestClient, on_both_databases};
use crate::support::http::{Answer, Authorization, Browser, allow, redemption, tokens};
use crate::support::jose::verified;

on_both_databases!(
    an_id_token_says_who_when_and_for_whom,
    every_algorithm_verifies_with_the_published_keys,
    a_refreshed_id_token_keeps_the_login_and_has_no_nonce,
    userinfo_says_what_the_scopes_open,
    userinfo_takes_the_token_in_one_way,
    userinfo_is_signed_for_clients_that_want_it,
    userinfo_takes_a_jwt_of_the_client_s_algorithm_and_no_id_token_of_its_key,
    a_custom_scope_opens_custom_claims,
    an_unticked_scope_is_not_granted,
    who_leaves_out_everything_says_no,
    the_consent_page_shows_what_will_be_known,
    claims_are_asked_for_one_by_one,
    what_was_unticked_is_not_asked_for_one_by_one,
    requested_claims_shrink_with_what_the_client_may_have,
    a_claims_parameter_is_parsed_safely,
    max_age_and_prompt_ask_for_a_new_login,
    consent_is_no_way_around_the_login,
    who_may_choose_an_account_may_keep_theirs,
    a_hint_names_the_user_and_proves_nothing,
    pairwise_clients_do_not_share_subjects,
    wishes_about_the_page_change_nothing,
    what_is_not_supported_is_refused_by_name,
    a_machine_has_no_scopes_of_people,
    discovery_says_what_there_is,
);

const TOKEN: &str = "/oauth2/token";
const USERINFO: &str = "/oauth2/userinfo";

fn claims_of_alice() -> Value {
    json!({
        "given_name": "Alice", "family_name": "Example", "middle_name": "B", "nickname": "Al",
        "profile": "https://alice.example/", "picture": "https://alice.example/me.png",
        "website": "https://alice.example/blog", "gender": "female", "birthdate": "1990-04-01",
        "zoneinfo": "Europe/Berlin", "locale": "de-DE", "email_verified": true,
        "phone_number": "+49 30 123456", "address": {"formatted": "Main Street 1\nBerlin", "country": "DE"},
        "employee_number": "E-7",
    })
}

/// A client for everything that OpenID Connect has.
async fn party(app: &TestApp, more: Value) -> TestClient {
    let mut metadata = json!({
        "client_name": "Relying party",
        "redirect_uris": [REDIRECT_URI],
        "grant_types": ["authorization_code", "refresh_token"],
    });
    metadata.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    app.client(metadata).await
}

async fn alice(app: &TestApp) -> String {
    app.user_with("alice", "Alice Example", claims_of_alice()).await
}

/// Redeems the code in `answer`.
async fn redeem(app: &TestApp, client: &TestClient, answer: &Answer) -> Answer {
    let redirect = answer.redirect();
    let code = redirect.get("code").unwrap_or_else(|| panic!("no code: {redirect:?}"));
    let tokens = app.http.as_client(client, TOKEN, &redemption(code)).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    tokens
}

/// The claims of the ID token in `tokens`.
async fn identity(app: &TestApp, client: &TestClient, tokens: &Answer) -> Value {
    verified(&app.http, &tokens.text("id_token"), &client.id).await.1
}

async fn an_id_token_says_who_when_and_for_whom(app: TestApp) {
    let id = alice(&app).await;
    let client = party(&app, json!({})).await;
    let mut browser = Browser::new(&app);
    let login_time = app.clock.now();
    let request = Authorization::of(&client, "openid profile").with("nonce", "n-1");
    let answer = allow(&mut browser, &request, "alice").await;
    app.clock.advance(5);
    let tokens = redeem(&app, &client, &answer).await;
    assert!(tokens.json().get("refresh_token").is_none(), "only offline_access gives one");

    let (header, claims) = verified(&app.http, &tokens.text("id_token"), &client.id).await;
    assert_eq!((format!("{:?}", header.alg).as_str(), header.typ.as_deref()), ("RS256", Some("JWT")));
    let now = app.clock.now();
    let half = &sha256(tokens.text("access_token").as_bytes())[..16];
    assert!(claims["sid"].is_string());
    let expected = json!({
        "iss": app.app.issuer(), "sub": id, "aud": client.id, "azp": client.id, "iat": now, "exp": now + 3600,
        "auth_time": login_time, "nonce": "n-1", "acr": "1", "amr": ["pwd"], "at_hash": URL_SAFE_NO_PAD.encode(half),
        "sid": claims["sid"],
    });
    // OpenID Connect Core §5.4: the claims of the scopes are at userinfo.
    assert_eq!(claims, expected);

    // A second client in the same session, without asking for the password again.
    let other = party(&app, json!({ "skip_consent": true })).await;
    let silent = Authorization::of(&other, "openid").with("prompt", "none");
    let tokens = redeem(&app, &other, &allow(&mut browser, &silent, "alice").await).await;
    let again = identity(&app, &other, &tokens).await;
    assert_eq!((&again["auth_time"], &again["sid"]), (&claims["auth_time"], &claims["sid"]));
    assert!(again.get("nonce").is_none());
}

async fn every_algorithm_verifies_with_the_published_keys(app: TestApp) {
    app.user("alice").await;
    for algorithm in ["RS256", "PS256", "ES256", "EdDSA"] {
        let client = party(&app, json!({ "id_token_signed_response_alg": algorithm, "id_token_lifetime": 60 })).await;
        let tokens = tokens(&app, &client, "openid", "alice").await;
        let (header, claims) = verified(&app.http, &tokens.text("id_token"), &client.id).await;
        assert_eq!(format!("{:?}", header.alg), algorithm);
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 60);
    }
}

async fn a_refreshed_id_token_keeps_the_login_and_has_no_nonce(app: TestApp) {
    app.user("alice").await;
    let client = party(&app, json!({})).await;
    let request = Authorization::of(&client, "openid offline_access").with("nonce", "n-1");
    let first = redeem(&app, &client, &allow(&mut Browser::new(&app), &request, "alice").await).await;
    let before = identity(&app, &client, &first).await;
    app.clock.advance(100);
    let token = first.text("refresh_token");
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
    let second = app.http.as_client(&client, TOKEN, &refresh).await;
    let after = identity(&app, &client, &second).await;
    for same in ["iss", "sub", "aud", "auth_time", "sid"] {
        assert_eq!(before[same], after[same], "{same}");
    }
    assert!(after.get("nonce").is_none());
    assert_eq!(after["iat"], app.clock.now());
    assert_ne!(before["at_hash"], after["at_hash"]);
    // Without openid there is no ID token.
    let narrower = [&refresh[..], &[("scope", "offline_access")]].concat();
    let third = app.http.as_client(&client, TOKEN, &narrower).await;
    assert!(third.json().get("id_token").is_none(), "{}", third.body);
}

async fn userinfo_says_what_the_scopes_open(app: TestApp) {
    let id = alice(&app).await;
    let client = party(&app, json!({})).await;
    let everything = tokens(&app, &client, "openid profile email phone address", "alice").await;
    let answer = app.http.bearer(USERINFO, &everything.text("access_token")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("cache-control"), "no-store");
    let mut expected = claims_of_alice();
    let members = expected.as_object_mut().unwrap();
    members.remove("employee_number");
    members.insert("sub".into(), id.clone().into());
    members.insert("name".into(), "Alice Example".into());
    members.insert("preferred_username".into(), "alice".into());
    members.insert("email".into(), "alice@example.com".into());
    members.insert("phone_number_verified".into(), false.into());
    members.insert("updated_at".into(), app.clock.now().into());
    assert_eq!(answer.json(), expected);

    let little = tokens(&app, &client, "openid", "alice").await;
    let answer = app.http.bearer(USERINFO, &little.text("access_token")).await;
    assert_eq!(answer.json(), json!({ "sub": id }));
}

async fn userinfo_takes_the_token_in_one_way(app: TestApp) {
    app.user("alice").await;
    app.scope("reports").await;
    let client = party(&app, json!({})).await;
    let answer = tokens(&app, &client, "openid", "alice").await;
    let (token, id_token) = (answer.text("access_token"), answer.text("id_token"));
    let header = format!("Bearer {token}");
    let authorized = [("authorization", header.as_str())];
    assert_eq!(app.http.send("POST", USERINFO, &authorized, None).await.status, 200);
    assert_eq!(app.http.form(USERINFO, &[("access_token", &token)]).await.status, 200);

    let twice = app.http.form(USERINFO, &[("access_token", &token), ("access_token", &token)]).await;
    assert_eq!((twice.status.as_u16(), twice.error().as_str()), (400, "invalid_request"));

    let form = [authorized[0], ("content-type", "application/x-www-form-urlencoded")];
    let both = app.http.send("POST", USERINFO, &form, Some(format!("access_token={token}"))).await;
    assert_eq!((both.status.as_u16(), both.error().as_str()), (400, "invalid_request"));
    let in_query = app.http.get(&format!("{USERINFO}?access_token={token}")).await;
    assert_eq!((in_query.status.as_u16(), in_query.header("www-authenticate")), (401, "Bearer realm=\"grantor\""));
    for bad in [id_token.as_str(), "gat_unknown", &token[..token.len() - 1]] {
        let refused = app.http.bearer(USERINFO, bad).await;
        assert_eq!((refused.status.as_u16(), refused.error().as_str()), (401, "invalid_token"), "{bad}");
    }
    assert_eq!(app.http.send("PUT", USERINFO, &authorized, None).await.status, 405);

    // A token for other things does not open it.
    let reports = app.web("reports").await;
    let token = tokens(&app, &reports, "reports", "alice").await.text("access_token");
    let refused = app.http.bearer(USERINFO, &token).await;
    assert_eq!(refused.status, 403);
    assert!(refused.header("www-authenticate").contains("scope=\"openid\""));
}

async fn userinfo_is_signed_for_clients_that_want_it(app: TestApp) {
    let id = alice(&app).await;
    let client = party(&app, json!({ "userinfo_signed_response_alg": "ES256" })).await;
    let answer = tokens(&app, &client, "openid email", "alice").await;
    let userinfo = app.http.bearer(USERINFO, &answer.text("access_token")).await;
    assert_eq!(userinfo.header("content-type"), "application/jwt");
    let (_, claims) = verified(&app.http, &userinfo.body, &client.id).await;
    assert_eq!((claims["iss"].as_str(), claims["sub"].as_str()), (Some(app.app.issuer()), Some(id.as_str())));
    assert_eq!(claims["email_verified"], true);
    // It is no access token and no hint.
    assert_eq!(app.http.bearer(USERINFO, &userinfo.body).await.status, 401);
    let request = Authorization::of(&client, "openid").with("id_token_hint", &userinfo.body);
    assert_eq!(app.http.get(&request.path()).await.redirect()["error"], "invalid_request");
}

async fn userinfo_takes_a_jwt_of_the_client_s_algorithm_and_no_id_token_of_its_key(app: TestApp) {
    let id = alice(&app).await;
    let more = json!({ "access_token_format": "jwt", "access_token_signing_alg": "RS256" });
    let client = party(&app, more).await;
    let answer = tokens(&app, &client, "openid email", "alice").await;
    let (token, id_token) = (answer.text("access_token"), answer.text("id_token"));
    let (of_access, claims) = verified(&app.http, &token, app.app.issuer()).await;
    let (of_id, _) = verified(&app.http, &id_token, &client.id).await;
    assert_eq!((of_access.alg, claims["sub"].as_str()), (jsonwebtoken::Algorithm::RS256, Some(id.as_str())));
    assert_eq!(of_access.kid, of_id.kid, "one key signs both");
    let userinfo = app.http.bearer(USERINFO, &token).await;
    assert_eq!((userinfo.status.as_u16(), userinfo.json()["sub"].as_str()), (200, Some(id.as_str())));

    // RFC 9068 §2.1: only their typ keeps them apart.
    assert_eq!(app.http.bearer(USERINFO, &id_token).await.error(), "invalid_token");
    let request = Authorization::of(&client, "openid").with("id_token_hint", &token);
    assert_eq!(app.http.get(&request.path()).await.redirect()["error"], "invalid_request");

    assert_eq!(app.http.as_client(&client, "/oauth2/revoke", &[("token", &token)]).await.status, 200);
    assert_eq!(app.http.bearer(USERINFO, &token).await.status, 401, "revoked");
}

async fn a_custom_scope_opens_custom_claims(app: TestApp) {
    let id = alice(&app).await;
    app.scope_with_claims("staff", &["employee_number", "sub", "iss", "nothing"]).await;
    let client = party(&app, json!({ "scope": "openid staff" })).await;
    let token = tokens(&app, &client, "openid staff", "alice").await.text("access_token");
    let answer = app.http.bearer(USERINFO, &token).await;
    assert_eq!(answer.json(), json!({ "sub": id, "employee_number": "E-7" }));
    // What the client may not have it is not told for asking.
    let wish = json!({ "userinfo": { "email": { "essential": true }, "employee_number": null } }).to_string();
    let request = Authorization::of(&client, "openid").with("claims", &wish);
    let answer = redeem(&app, &client, &allow(&mut Browser::new(&app), &request, "alice").await).await;
    let answer = app.http.bearer(USERINFO, &answer.text("access_token")).await;
    assert_eq!(answer.json(), json!({ "sub": id, "employee_number": "E-7" }));
}

async fn an_unticked_scope_is_not_granted(app: TestApp) {
    alice(&app).await;
    app.scope("reports").await;
    let client = party(&app, json!({ "scope": "openid profile email reports" })).await;
    let mut browser = Browser::new(&app);
    browser.sign_in("alice").await;
    let first = browser.get(&Authorization::of(&client, "openid profile email reports").path()).await;
    let page = browser.follow(first).await;
    let form: Vec<(String, String)> = page.hidden().into_iter().filter(|(_, value)| value != "email").collect();
    let mut form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert!(form.contains(&("scope", "profile")) && !form.contains(&("scope", "reports")));
    // What was not asked for cannot be ticked.
    form.extend([("scope", "phone"), ("scope", "grantor.users:write"), ("decision", "approve")]);
    let answer = browser.post("/consent", &form).await;
    let answer = redeem(&app, &client, &answer).await;
    assert_eq!(answer.text("scope"), "openid profile reports");
    let userinfo = app.http.bearer(USERINFO, &answer.text("access_token")).await.json();
    assert!(userinfo.get("email").is_none() && userinfo["name"] == "Alice Example");
    // Next time it is asked again, because not all was allowed.
    let first = browser.get(&Authorization::of(&client, "openid profile email reports").path()).await;
    assert!(browser.follow(first).await.body.contains("Now it asks for more"));
}

async fn who_leaves_out_everything_says_no(app: TestApp) {
    alice(&app).await;
    let client = party(&app, json!({ "scope": "profile email" })).await;
    let mut browser = Browser::new(&app);
    browser.sign_in("alice").await;
    let first = browser.get(&Authorization::of(&client, "profile email").path()).await;
    let page = browser.follow(first).await;
    let mut form = page.hidden();
    form.retain(|(name, _)| name != "scope");
    let mut form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    form.push(("decision", "approve"));
    let answer = browser.post("/consent", &form).await.redirect();
    assert_eq!(answer.get("error").map(String::as_str), Some("access_denied"), "{answer:?}");
}

async fn the_consent_page_shows_what_will_be_known(app: TestApp) {
    alice(&app).await;
    let client = party(&app, json!({})).await;
    let mut browser = Browser::new(&app);
    browser.sign_in("alice").await;
    let wish = json!({ "id_token": { "birthdate": null } }).to_string();
    let first = browser.get(&Authorization::of(&client, "openid email phone").with("claims", &wish).path()).await;
    let page = browser.follow(first).await;
    for shown in ["alice@example.com", "+49 30 123456", "Date of birth", "1990-04-01"] {
        assert!(page.body.contains(shown), "{shown}");
    }
    for hidden in ["Main Street", "Europe/Berlin"] {
        assert!(!page.body.contains(hidden), "{hidden} was not asked for");
    }
}

async fn claims_are_asked_for_one_by_one(app: TestApp) {
    let id = alice(&app).await;
    let client = party(&app, json!({})).await;
    let wish = json!({
        "userinfo": { "name": { "essential": true }, "unheard_of": null },
        "id_token": { "email": null, "iss": { "value": "x" }, "acr": { "essential": true, "values": ["1", "9"] } },
    });
    let request = Authorization::of(&client, "openid").with("claims", &wish.to_string());
    let mut browser = Browser::new(&app);
    let answer = redeem(&app, &client, &allow(&mut browser, &request, "alice").await).await;
    let claims = identity(&app, &client, &answer).await;
    assert_eq!((claims["email"].as_str(), claims["acr"].as_str()), (Some("alice@example.com"), Some("1")));
    assert_eq!(claims["iss"], app.app.issuer());
    assert!(claims.get("name").is_none());
    let userinfo = app.http.bearer(USERINFO, &answer.text("access_token")).await;
    assert_eq!(userinfo.json(), json!({ "sub": id, "name": "Alice Example" }));
    // Consent covers exactly these claims.
    let silent = request.clone().with("prompt", "none");
    assert!(browser.get(&silent.path()).await.redirect().contains_key("code"));
    let more = json!({ "userinfo": { "birthdate": null } }).to_string();
    assert_eq!(browser.get(&silent.with("claims", &more).path()).await.redirect()["error"], "consent_required");
}

async fn what_was_unticked_is_not_asked_for_one_by_one(app: TestApp) {
    alice(&app).await;
    let client = party(&app, json!({})).await;
    let wish = json!({ "userinfo": { "email": null, "birthdate": null }, "id_token": { "email": null } }).to_string();
    let request = Authorization::of(&client, "openid email").with("claims", &wish);
    let mut browser = Browser::new(&app);
    browser.sign_in("alice").await;
    let first = browser.get(&request.path()).await;
    let page = browser.follow(first).await;
    let form: Vec<(String, String)> = page.hidden().into_iter().filter(|(_, value)| value != "email").collect();
    let mut form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    form.push(("decision", "approve"));
    let answer = browser.post("/consent", &form).await;
    let answer = redeem(&app, &client, &answer).await;
    let userinfo = app.http.bearer(USERINFO, &answer.text("access_token")).await.json();
    assert!(userinfo.get("email").is_none() && userinfo["birthdate"] == "1990-04-01", "{userinfo}");
    assert!(identity(&app, &client, &answer).await.get("email").is_none());
}

async fn requested_claims_shrink_with_what_the_client_may_have(app: TestApp) {
    alice(&app).await;
    let metadata = json!({
        "client_name": "Relying party", "redirect_uris": [REDIRECT_URI], "scope": "openid email offline_access",
        "grant_types": ["authorization_code", "refresh_token"],
    });
    let client = app.client(metadata.clone()).await;
    let wish = json!({ "userinfo": { "email": null }, "id_token": { "email": null } }).to_string();
    let request = Authorization::of(&client, "openid offline_access").with("claims", &wish);
    let answer = redeem(&app, &client, &allow(&mut Browser::new(&app), &request, "alice").await).await;
    assert_eq!(identity(&app, &client, &answer).await["email"], "alice@example.com");
    let (context, id, catalog) = (app.context(), client.id.clone(), app.app.store.catalog().await.unwrap());
    let Value::Object(mut metadata) = metadata else { unreachable!() };
    metadata.insert("scope".into(), "openid offline_access".into());
    app.manage(move |connection| {
        grantor::management::clients::update(connection, &context, &id, None, &metadata, &catalog.scopes)
    })
    .await;
    let userinfo = app.http.bearer(USERINFO, &answer.text("access_token")).await.json();
    assert!(userinfo["sub"].is_string() && userinfo.get("email").is_none(), "{userinfo}");
    let token = answer.text("refresh_token");
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
    let refreshed = app.http.as_client(&client, TOKEN, &refresh).await;
    assert!(identity(&app, &client, &refreshed).await.get("email").is_none());
}

async fn a_claims_parameter_is_parsed_safely(app: TestApp) {
    alice(&app).await;
    let client = party(&app, json!({ "skip_consent": true })).await;
    let mut browser = Browser::new(&app);
    browser.sign_in("alice").await;
    let request = Authorization::of(&client, "openid").with("prompt", "none");
    let deep = format!("{{\"userinfo\":{}", "{\"a\":".repeat(2_000));
    let long = format!("{{\"userinfo\":{{\"{}\":null}}}}", "x".repeat(30_000));
    for bad in ["x", "[]", "{\"userinfo\":", deep.as_str(), long.as_str()] {
        let answer = browser.get(&request.clone().with("claims", bad).path()).await;
        assert_eq!(answer.redirect()["error"], "invalid_request", "{}", &bad[..bad.len().min(50)]);
    }
    let other = json!({ "id_token": { "sub": { "value": "somebody" } } }).to_string();
    let answer = browser.get(&request.clone().with("claims", &other).path()).await;
    assert_eq!(answer.redirect()["error"], "login_required");
    let unmet = json!({ "id_token": { "acr": { "essential": true, "values": ["urn:strong"] } } }).to_string();
    let answer = browser.get(&request.clone().with("claims", &unmet).path()).await;
    assert_eq!(answer.redirect()["error"], "unmet_authentication_requirements");
    let harmless = json!({ "id_token": { "acr": { "value": "urn:strong" } }, "other": 1 }).to_string();
    assert!(browser.get(&request.with("claims", &harmless).path()).await.redirect().contains_key("code"));
}

async fn max_age_and_prompt_ask_for_a_new_login(app: TestApp) {
    app.user("alice").await;
    let client = party(&app, json!({ "skip_consent": true })).await;
    let patient = party(&app, json!({ "skip_consent": true, "default_max_age": 30 })).await;
    let mut browser = Browser::new(&app);
    let plain = Authorization::of(&client, "openid");
    let first =
        identity(&app, &client, &redeem(&app, &client, &allow(&mut browser, &plain, "alice").await).await).await;
    app.clock.advance(20);
    for old_enough in [plain.clone().with("max_age", "20"), Authorization::of(&patient, "openid")] {
        assert!(browser.get(&old_enough.path()).await.redirect().contains_key("code"));
    }
    app.clock.advance(20);
    for (name, value) in [("max_age", "1"), ("max_age", "0"), ("prompt", "login"), ("prompt", "select_account")] {
        let request = plain.clone().with(name, value);
        let answer = browser.get(&request.path()).await;
        assert!(answer.location().starts_with("/login"), "{name}={value}: {}", answer.location());
        if name == "max_age" {
            let answer = browser.get(&request.clone().with("prompt", "none").path()).await;
            assert_eq!(answer.redirect()["error"], "login_required");
        }
        let tokens = redeem(&app, &client, &allow(&mut browser, &request, "alice").await).await;
        let again = identity(&app, &client, &tokens).await;
        assert_eq!(again["auth_time"], app.clock.now(), "{name}={value}");
        assert_eq!(again["sid"], first["sid"], "the session is still the same one");
        app.clock.advance(2);
    }
    app.clock.advance(31);
    assert!(browser.get(&Authorization::of(&patient, "openid").path()).await.location().starts_with("/login"));
    for bad in ["-1", "abc", "99999999999999999999", "1.5"] {
        assert_eq!(
            browser.get(&plain.clone().with("max_age", bad).path()).await.redirect()["error"],
            "invalid_request"
        );
    }
}

async fn consent_is_no_way_around_the_login(app: TestApp) {
    app.user("alice").await;
    app.user("bob").await;
    let client = party(&app, json!({})).await;
    let hint = tokens(&app, &client, "openid", "bob").await.text("id_token");
    let mut browser = Browser::new(&app);
    browser.sign_in("alice").await;
    app.clock.advance(20);
    let plain = Authorization::of(&client, "openid email");
    let first = browser.get(&plain.path()).await;
    let form = browser.follow(first).await;
    for (name, value) in
        [("prompt", "login"), ("max_age", "10"), ("prompt", "select_account"), ("id_token_hint", &hint)]
    {
        let login = browser.get(&plain.clone().with(name, value).path()).await.location();
        let id = login.strip_prefix("/login?request=").unwrap_or_else(|| panic!("{name}: {login}"));
        let resume = format!("/oauth2/authorize/{id}");
        assert_eq!(browser.get(&format!("/consent?request={id}")).await.location(), resume, "{name}={value}");
        for decision in ["approve", "deny"] {
            let csrf_token = form.hidden().into_iter().find(|(name, _)| name == "csrf_token").expect("a token").1;
            let forged = [("csrf_token", csrf_token.as_str()), ("request", id), ("decision", decision)];
            assert_eq!(browser.post("/consent", &forged).await.location(), resume, "{name}={value}");
        }
    }
}

async fn who_may_choose_an_account_may_keep_theirs(app: TestApp) {
    app.user("alice").await;
    app.user("bob").await;
    let client = party(&app, json!({ "skip_consent": true })).await;
    let mut browser = Browser::new(&app);
    browser.sign_in("alice").await;
    app.clock.advance(50);
    let request = Authorization::of(&client, "openid").with("prompt", "select_account");
    let first = browser.get(&request.path()).await;
    let page = browser.follow(first).await;
    assert_eq!(page.find("#login-current").as_deref(), Some("Go on as alice@example.com"));
    let chosen = browser.submit("/login", &page, &[("account", "current")]).await;
    let tokens = redeem(&app, &client, &browser.follow(chosen).await).await;
    let claims = identity(&app, &client, &tokens).await;
    assert_eq!(claims["auth_time"], app.clock.now() - 50, "no new login");
    // Where the client wants more than a choice, keeping the account is no answer.
    for (name, value) in [("prompt", "select_account login"), ("max_age", "10"), ("max_age", "0")] {
        let first = browser.get(&request.clone().with(name, value).path()).await;
        let page = browser.follow(first).await;
        assert_eq!(page.find("h1").as_deref(), Some("Sign in"), "{name}={value}");
        assert!(page.find("#login-current").is_none(), "{name}={value}");
        assert_eq!(browser.submit("/login", &page, &[("account", "current")]).await.status, 400, "{name}={value}");
    }
    let mut nobody = Browser::new(&app);
    let first = nobody.get(&request.path()).await;
    let page = nobody.follow(first).await;
    assert!(page.find("#login-current").is_none());
    assert_eq!(nobody.submit("/login", &page, &[("account", "current")]).await.status, 400);
}

async fn a_hint_names_the_user_and_proves_nothing(app: TestApp) {
    app.user("alice").await;
    app.user("bob").await;
    let client = party(&app, json!({ "skip_consent": true })).await;
    let other = party(&app, json!({ "skip_consent": true })).await;
    let hint = tokens(&app, &client, "openid", "alice").await.text("id_token");
    let foreign = tokens(&app, &other, "openid", "alice").await.text("id_token");
    let request = Authorization::of(&client, "openid").with("id_token_hint", &hint);
    let silent = request.clone().with("prompt", "none");

    app.clock.advance(100_000);
    let mut nobody = Browser::new(&app);
    assert_eq!(nobody.get(&silent.path()).await.redirect()["error"], "login_required");
    assert!(nobody.get(&request.path()).await.location().starts_with("/login"));
    let mut alices = Browser::new(&app);
    alices.sign_in("alice").await;
    assert!(alices.get(&silent.path()).await.redirect().contains_key("code"), "expired hints are hints");
    let mut bobs = Browser::new(&app);
    bobs.sign_in("bob").await;
    assert_eq!(bobs.get(&silent.path()).await.redirect()["error"], "login_required");
    // Bob is asked to sign in, does so as Bob, and the client is not given him for Alice.
    let answer = allow(&mut bobs, &request, "bob").await;
    assert_eq!(answer.redirect()["error"], "login_required");
    let answer = redeem(&app, &client, &allow(&mut bobs, &request, "alice").await).await;
    assert!(answer.json()["id_token"].is_string());

    let unsigned = format!("{}.{}.", URL_SAFE_NO_PAD.encode("{\"alg\":\"none\"}"), hint.split('.').nth(1).unwrap());
    for bad in [foreign.as_str(), "x", &unsigned, &hint[..hint.len() - 4]] {
        let answer = alices.get(&silent.clone().with("id_token_hint", bad).path()).await;
        assert_eq!(answer.redirect()["error"], "invalid_request", "{bad}");
    }
}

async fn pairwise_clients_do_not_share_subjects(app: TestApp) {
    let id = app.user("alice").await;
    let pairwise = |host: &str| json!({ "subject_type": "pairwise", "redirect_uris": [REDIRECT_URI, format!("https://{host}/callback")] });
    let one = party(&app, pairwise("rp.example")).await;
    let same_sector = party(&app, pairwise("rp.example")).await;
    let elsewhere = json!({ "subject_type": "pairwise", "sector_identifier_uri": "https://sector.example/uris.json" });
    let other = party(&app, elsewhere).await;
    let mut subjects = Vec::new();
    for client in [&one, &one, &same_sector, &other] {
        let answer = tokens(&app, client, "openid", "alice").await;
        let claims = identity(&app, client, &answer).await;
        let token = answer.text("access_token");
        let userinfo = app.http.bearer(USERINFO, &token).await.json();
        let introspected = app.http.as_client(client, "/oauth2/introspect", &[("token", &token)]).await.json();
        assert_eq!((&userinfo["sub"], &introspected["sub"]), (&claims["sub"], &claims["sub"]));
        let request = Authorization::of(client, "openid").with("id_token_hint", &answer.text("id_token"));
        let mut browser = Browser::new(&app);
        assert!(allow(&mut browser, &request, "alice").await.redirect().contains_key("code"), "its hint is understood");
        subjects.push(claims["sub"].as_str().unwrap().to_owned());
    }
    assert!(subjects.iter().all(|subject| *subject != id && subject.len() == 43));
    assert_eq!(subjects[0], subjects[1]);
    assert_eq!(subjects[0], subjects[2]);
    assert_ne!(subjects[0], subjects[3]);
}

async fn wishes_about_the_page_change_nothing(app: TestApp) {
    app.user("alice").await;
    let client = party(&app, json!({ "skip_consent": true })).await;
    let mut browser = Browser::new(&app);
    let long = "x".repeat(10_000);
    for (name, value) in [
        ("display", "popup"),
        ("ui_locales", "se"),
        ("ui_locales", "../../etc/passwd"),
        ("ui_locales", &long),
        ("claims_locales", "de"),
        ("acr_values", "1 2"),
        ("prompt", "unheard_of"),
        ("extra", "foobar"),
    ] {
        let request = Authorization::of(&client, "openid").with(name, value);
        assert!(allow(&mut browser, &request, "alice").await.redirect().contains_key("code"), "{name}");
    }
    let request = Authorization::of(&client, "openid").with("login_hint", "\"><script>bob");
    let mut stranger = Browser::new(&app);
    let first = stranger.get(&request.path()).await;
    let page = stranger.follow(first).await;
    assert!(page.body.contains("value=\"&#34;&#62;&#60;script&#62;bob\""), "{}", page.body);
}

async fn what_is_not_supported_is_refused_by_name(app: TestApp) {
    let client = party(&app, json!({})).await;
    for (name, value, error) in [
        ("request", "e30.e30.", "request_not_supported"),
        ("request_uri", "https://rp.example/request.jwt", "request_uri_not_supported"),
        ("registration", "{}", "registration_not_supported"),
        ("response_type", "id_token", "unsupported_response_type"),
        ("response_type", "code id_token", "unsupported_response_type"),
        ("prompt", "none login", "invalid_request"),
    ] {
        let request = Authorization::of(&client, "openid").with(name, value);
        assert_eq!(app.http.get(&request.path()).await.redirect()["error"], error, "{name}={value}");
    }
    // OpenID Connect Core §3.1.2.1: scopes that are not understood are ignored.
    let request = Authorization::of(&client, "openid unheard_of");
    assert!(app.http.get(&request.path()).await.location().starts_with("/login"));
}

async fn a_machine_has_no_scopes_of_people(app: TestApp) {
    app.scope("reports").await;
    let listed = app.machine("reports email").await;
    let unlisted = app.client(json!({ "client_name": "Job", "grant_types": ["client_credentials"] })).await;
    for (client, scope) in [(&listed, "email"), (&unlisted, "openid"), (&unlisted, "offline_access"), (&unlisted, "")] {
        let form = [("grant_type", "client_credentials"), ("scope", scope)];
        let answer = app.http.as_client(client, TOKEN, &form).await;
        assert_eq!(answer.error(), "invalid_scope", "{scope}: {}", answer.body);
    }
    let answer = app.http.as_client(&listed, TOKEN, &[("grant_type", "client_credentials")]).await;
    assert_eq!(answer.text("scope"), "reports");
}

async fn discovery_says_what_there_is(app: TestApp) {
    let answer = app.http.get("/.well-known/openid-configuration").await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    let document = answer.json();
    let issuer = app.app.issuer();
    assert_eq!(document["issuer"], issuer);
    assert_eq!(document["userinfo_endpoint"], format!("{issuer}{USERINFO}"));
    let has = |member: &str, value: &str| document[member].as_array().unwrap().contains(&value.into());
    for (member, values) in [
        ("scopes_supported", &["openid", "profile", "email", "phone", "address", "offline_access"][..]),
        ("claims_supported", &["sub", "name", "birthdate", "email_verified", "address", "updated_at", "sid"]),
        ("id_token_signing_alg_values_supported", &["RS256", "PS256", "ES256", "EdDSA"]),
        ("userinfo_signing_alg_values_supported", &["RS256"]),
        ("subject_types_supported", &["public", "pairwise"]),
        ("response_modes_supported", &["query", "form_post"]),
        ("acr_values_supported", &["1"]),
    ] {
        assert!(values.iter().all(|value| has(member, value)), "{member}: {}", document[member]);
    }
    assert!(!document.to_string().contains("\"none\",\"HS"));
    assert_eq!(document["claims_parameter_supported"], true);
    assert_eq!(document["request_parameter_supported"], false);
    assert_eq!(document["response_types_supported"], json!(["code"]));
}
