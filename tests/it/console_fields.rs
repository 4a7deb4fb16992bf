//! The console's forms of clients, scopes and users: every field, and that saving loses nothing.

use grantor::config::Outbound;
use grantor::domain::policies::Registration;
use grantor::store::{clients, registration_tokens, resource_owners};
use grantor::web::routes;
use serde_json::{Value, json};

use crate::support::app::{TestApp, on_both_databases};
use crate::support::form::{admin, save, untouched};
use crate::support::http::Browser;
use crate::support::process::Settings;
use crate::support::registration::{but, initial_access_token, register, send, web, with_registration};
use crate::support::remote::{Authority, Remote, Reply};

on_both_databases!(
    saving_a_client_untouched_changes_nothing,
    a_form_that_lacks_a_field_leaves_the_member_alone,
    a_field_of_a_client_can_be_set_and_emptied,
    the_group_with_an_error_is_open,
    a_scope_carries_claims,
    the_claims_of_a_built_in_scope_stay,
    a_client_is_looked_at_before_it_is_stored,
    saving_a_user_untouched_loses_nothing,
    claims_with_fields_are_set_and_emptied,
    people_say_harmless_things_about_themselves,
    a_registration_token_is_made_and_revoked,
    closed_registration_has_no_tokens,
);

fn key() -> Value {
    json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid": "1"})
}

/// Everything that a client can be registered with; `jwks_uri` excludes `jwks`, so it is not there.
fn everything() -> Value {
    json!({
        "client_name": "Everything",
        "client_name#ko": "모두",
        "tos_uri#de-AT": "https://rp.example/agb",
        "redirect_uris": ["https://rp.example/cb", "https://rp.example/other"],
        "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
        "response_types": ["code"],
        "scope": "openid reports",
        "token_endpoint_auth_method": "private_key_jwt",
        "application_type": "native",
        "client_uri": "https://rp.example/",
        "logo_uri": "https://rp.example/logo.png",
        "policy_uri": "https://rp.example/policy",
        "tos_uri": "https://rp.example/tos",
        "contacts": ["ops@rp.example", "security@rp.example"],
        "jwks": {"keys": [key()]},
        "token_endpoint_auth_signing_alg": "EdDSA",
        "subject_type": "pairwise",
        "sector_identifier_uri": "https://rp.example/sector.json",
        "id_token_signed_response_alg": "ES256",
        "userinfo_signed_response_alg": "PS256",
        "default_max_age": 0,
        "require_auth_time": true,
        "post_logout_redirect_uris": ["https://rp.example/bye"],
        "backchannel_logout_uri": "https://rp.example/back",
        "backchannel_logout_session_required": true,
        "frontchannel_logout_uri": "https://rp.example/front",
        "frontchannel_logout_session_required": true,
        "initiate_login_uri": "https://rp.example/login",
        "require_pkce": false,
        "access_token_format": "jwt",
        "access_token_signing_alg": "RS256",
        "refresh_token_rotation": false,
        "client_assertion_audience": "token_endpoint",
        "skip_consent": true,
        "access_token_lifetime": 120,
        "refresh_token_lifetime": 3600,
        "id_token_lifetime": 60,
    })
}

async fn metadata(app: &TestApp, id: &str) -> Value {
    let id = id.to_owned();
    let client = app.manage(move |connection| Ok(clients::find(connection, &id)?.expect("it is there"))).await;
    serde_json::to_value(client.metadata).expect("metadata are JSON")
}

async fn saving_a_client_untouched_changes_nothing(app: TestApp) {
    app.scope("reports").await;
    let mut browser = admin(&app).await;
    let mut native = everything();
    for member in ["jwks", "token_endpoint_auth_signing_alg", "require_pkce", "refresh_token_rotation"] {
        native.as_object_mut().expect("an object").remove(member);
    }
    native["token_endpoint_auth_method"] = "none".into();
    native["grant_types"] = json!(["authorization_code"]);
    native["jwks_uri"] = "https://rp.example/jwks".into();
    for registered in [everything(), native, json!({"client_name": "Job", "grant_types": ["client_credentials"]})] {
        let id = app.client(registered.clone()).await.id;
        let before = metadata(&app, &id).await;
        for (member, value) in registered.as_object().expect("an object") {
            assert_eq!(&before[member], value, "{member} is registered");
        }
        let path = format!("/admin/clients/{id}");
        let page = browser.get(&format!("{path}/edit")).await;
        let saved = save(&mut browser, &path, &page, &[]).await;
        assert_eq!(saved.status, 303, "{}", saved.body);
        assert_eq!(metadata(&app, &id).await, before);
    }
}

async fn a_form_that_lacks_a_field_leaves_the_member_alone(app: TestApp) {
    app.scope("reports").await;
    let mut browser = admin(&app).await;
    let id = app.client(everything()).await.id;
    let (path, before) = (format!("/admin/clients/{id}"), metadata(&app, &id).await);
    let page = browser.get(&format!("{path}/edit")).await;
    let texts = [
        "jwks",
        "contacts",
        "id_token_signed_response_alg",
        "access_token_signing_alg",
        "default_max_age",
        "sector_identifier_uri",
    ];
    let saved = save(&mut browser, &path, &page, &texts.map(|name| (name, None))).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    assert_eq!(metadata(&app, &id).await, before);
    let shown: Vec<String> = untouched(&page).into_iter().map(|(name, _)| name).collect();
    for member in before.as_object().expect("an object").keys().filter(|name| *name != "response_types") {
        let is_ticked = before[member] != Value::Bool(false);
        let field = if member.contains('#') { "localized" } else { member };
        assert!(!is_ticked || shown.iter().any(|each| each == field), "{member} is not in the form");
    }
}

async fn a_field_of_a_client_can_be_set_and_emptied(app: TestApp) {
    app.scope("reports").await;
    let mut browser = admin(&app).await;
    let id = app.client(json!({"client_name": "Web", "redirect_uris": ["https://rp.example/cb"]})).await.id;
    let (path, before) = (format!("/admin/clients/{id}"), metadata(&app, &id).await);
    let keys = json!({"keys": [key()]}).to_string();
    let changes = [
        ("post_logout_redirect_uris", "https://rp.example/bye\r\nhttps://rp.example/adieu"),
        ("default_max_age", "0"),
        ("require_auth_time", "true"),
        ("subject_type", "pairwise"),
        ("userinfo_signed_response_alg", "ES256"),
        ("access_token_signing_alg", "RS256"),
        ("backchannel_logout_uri", "https://rp.example/back"),
        ("jwks", keys.as_str()),
        ("token_endpoint_auth_method", "private_key_jwt"),
    ];
    let page = browser.get(&format!("{path}/edit")).await;
    let saved = save(&mut browser, &path, &page, &changes.map(|(name, value)| (name, Some(value)))).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let now = metadata(&app, &id).await;
    assert_eq!(now["post_logout_redirect_uris"], json!(["https://rp.example/bye", "https://rp.example/adieu"]));
    assert_eq!((&now["default_max_age"], &now["require_auth_time"]), (&json!(0), &json!(true)));
    assert_eq!((&now["subject_type"], &now["userinfo_signed_response_alg"]), (&json!("pairwise"), &json!("ES256")));
    assert_eq!(now["access_token_signing_alg"], "RS256");
    assert_eq!(now["jwks"], json!({"keys": [key()]}));
    let shown = browser.get(&path).await.find("#settings").expect("the settings");
    for words in [
        "After signing out",
        "https://rp.example/adieu",
        "Ids of its own",
        "ES256",
        "Access tokens are signed with",
        "RS256: RSA",
        "Given by value",
    ] {
        assert!(shown.contains(words), "{shown}");
    }
    let page = browser.get(&format!("{path}/edit")).await;
    let back = [
        ("post_logout_redirect_uris", Some("")),
        ("default_max_age", Some("")),
        ("require_auth_time", None),
        ("subject_type", Some("public")),
        ("userinfo_signed_response_alg", Some("")),
        ("access_token_signing_alg", Some("ES256")),
        ("backchannel_logout_uri", Some(" ")),
        ("jwks", Some("")),
        ("token_endpoint_auth_method", Some("client_secret_basic")),
    ];
    assert_eq!(save(&mut browser, &path, &page, &back).await.status, 200, "a secret is shown");
    assert_eq!(metadata(&app, &id).await, before);
}

async fn the_group_with_an_error_is_open(app: TestApp) {
    let mut browser = admin(&app).await;
    let id = app.client(json!({"client_name": "Web", "redirect_uris": ["https://rp.example/cb"]})).await.id;
    let path = format!("/admin/clients/{id}");
    let page = browser.get(&format!("{path}/edit")).await;
    assert!(page.find("details.fold").is_some() && page.find("details.fold[open]").is_none(), "all is default");
    for (field, bad) in [
        ("jwks", "no JSON"),
        ("jwks", r#"[{"kty": "OKP"}]"#),
        ("default_max_age", "soon"),
        ("frontchannel_logout_uri", "https://elsewhere.example/"),
        ("id_token_lifetime", "-1"),
        ("tos_uri", "http://rp.example/"),
    ] {
        let refused = save(&mut browser, &path, &page, &[(field, Some(bad))]).await;
        assert_eq!(refused.status, 422, "{field}");
        let error = refused.find(&format!("details.fold[open] #{field}-error"));
        assert!(error.is_some_and(|error| error.len() > 10), "{field}: {}", refused.body);
        assert!(refused.find("details.fold:not([open])").is_some(), "the others stay closed");
        let kept = untouched(&refused).into_iter().find(|(name, _)| name == field);
        assert_eq!(kept.map(|(_, value)| value).as_deref(), Some(bad), "what was typed is kept");
    }
    let refused = save(&mut browser, &path, &page, &[("token_endpoint_auth_method", Some("private_key_jwt"))]).await;
    assert!(refused.find("details.fold[open] #jwks_uri-error").is_some(), "{}", refused.body);
}

async fn claims_of(app: &TestApp, scope: &str) -> String {
    let catalog = app.app.store.catalog().await.expect("a catalogue");
    catalog.scopes.find(scope).expect("it was created").claims.join(" ")
}

async fn a_scope_carries_claims(app: TestApp) {
    let mut browser = admin(&app).await;
    let page = browser.get(routes::ADMIN_SCOPES_NEW).await;
    let fields =
        [("name", Some("staff")), ("description", Some("See your post")), ("claims", Some(" dept  room dept"))];
    let created = save(&mut browser, routes::ADMIN_SCOPES, &page, &fields).await;
    assert_eq!(created.status, 303, "{}", created.body);
    assert_eq!(claims_of(&app, "staff").await, "dept room");
    let edit = routes::admin_scope_edit("staff");
    let page = browser.get(&edit).await;
    assert_eq!(save(&mut browser, &edit, &page, &[]).await.status, 303);
    assert_eq!(claims_of(&app, "staff").await, "dept room", "saving loses nothing");
    let many = (0..21).map(|each| format!("c{each}")).collect::<Vec<_>>().join(" ");
    for bad in ["dept sub", "sid", many.as_str(), &"x".repeat(129)] {
        let refused = save(&mut browser, &edit, &page, &[("claims", Some(bad))]).await;
        assert_eq!(refused.status, 422, "{bad}");
        assert!(refused.find("#claims-error").is_some(), "{bad}");
        assert!(untouched(&refused).contains(&("claims".to_owned(), bad.to_owned())), "what was typed is kept");
    }
    assert_eq!(save(&mut browser, &edit, &page, &[("claims", Some(""))]).await.status, 303);
    assert_eq!(claims_of(&app, "staff").await, "");

    let machine = app.machine("grantor.scopes:read grantor.scopes:write").await;
    let form = [("grant_type", "client_credentials")];
    let token = app.http.as_client(&machine, "/oauth2/token", &form).await.text("access_token");
    let body = json!({"name": "post", "description": "See your post", "claims": ["dept"]});
    let made = send(&app, "POST", "/api/v1/scopes", &token, Some(&body)).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(made.json()["claims"], json!(["dept"]));
    let listed = app.http.bearer("/api/v1/scopes", &token).await.json();
    let items = listed["items"].as_array().expect("a list");
    assert!(items.iter().any(|scope| scope["name"] == "post" && scope["claims"] == json!(["dept"])), "{listed}");
    for (bad, status) in [(json!("dept"), 400), (json!(["sub"]), 422), (json!(["a b"]), 422), (json!([""]), 422)] {
        let body = json!({"name": "other", "description": "x", "claims": bad});
        assert_eq!(send(&app, "POST", "/api/v1/scopes", &token, Some(&body)).await.status, status, "{bad}");
    }
}

async fn the_claims_of_a_built_in_scope_stay(app: TestApp) {
    let mut browser = admin(&app).await;
    let (edit, before) = (routes::admin_scope_edit("email"), claims_of(&app, "email").await);
    assert_eq!(before, "email email_verified");
    let page = browser.get(&edit).await;
    assert!(page.find("#claims[readonly]").is_some(), "they can be seen");
    let refused = save(&mut browser, &edit, &page, &[("claims", Some("email phone_number"))]).await;
    assert_eq!(refused.status, 422);
    let saved = save(&mut browser, &edit, &page, &[("description", Some("See your address"))]).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    assert_eq!(claims_of(&app, "email").await, before);
    let bare = routes::admin_scope_edit("offline_access");
    let page = browser.get(&bare).await;
    assert_eq!(save(&mut browser, &bare, &page, &[]).await.status, 303, "one without claims can be saved too");
}

async fn a_client_is_looked_at_before_it_is_stored(mut app: TestApp) {
    let (authority, directory) = (Authority::new(), tempfile::tempdir().expect("a directory"));
    let sector = Remote::start(Some(&authority.certify(&["127.0.0.1"])), |request| {
        let (path, listed) = (request.split(' ').nth(1).unwrap_or_default(), r#"["https://rp.example/cb"]"#);
        if path == "/good" { Reply::http("200 OK", "", listed) } else { Reply::http("404 Not Found", "", "") }
    })
    .await;
    app.config.outbound = Outbound { ca: Some(authority.file(directory.path())), allow_private: true };
    let app = app.restarted().await;
    let mut browser = admin(&app).await;
    let weak = json!({"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]});
    let unknown = json!({"keys": [{"kty": "OKP", "crv": "X448", "x": "AQAB"}]});
    let (good, bad) = (sector.url("https", "127.0.0.1", "/good"), sector.url("https", "127.0.0.1", "/bad"));
    let plain = json!({"client_name": "Web", "redirect_uris": ["https://rp.example/cb"]});
    let id = app.client(plain.clone()).await.id;

    let (path, machine) = (format!("/admin/clients/{id}"), app.machine("grantor.clients:write").await);
    let page = browser.get(&format!("{path}/edit")).await;
    let form = [("grant_type", "client_credentials")];
    let token = app.http.as_client(&machine, "/oauth2/token", &form).await.text("access_token");
    for (member, value) in [("jwks", weak), ("jwks", unknown), ("sector_identifier_uri", bad.clone().into())] {
        let typed = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let refused = save(&mut browser, &path, &page, &[(member, Some(&typed))]).await;
        assert_eq!(refused.status, 422, "{member}");
        assert!(refused.find(&format!("details.fold[open] #{member}-error")).is_some(), "{member}: {}", refused.body);
        let metadata = but(plain.clone(), member, value);
        let (all, one) = ("/api/v1/clients".to_owned(), format!("/api/v1/clients/{id}"));
        for (method, path) in [("POST", all), ("PUT", one)] {
            let refused = send(&app, method, &path, &token, Some(&metadata)).await;
            assert_eq!(refused.status, 422, "{method} {}", refused.body);
            assert_eq!(refused.json()["errors"][0]["member"], member, "{method}");
        }
        assert_eq!(register(&app, &initial_access_token(&app, 1).await, &metadata).await.status, 400, "{member}");
    }
    let saved = save(&mut browser, &path, &page, &[("sector_identifier_uri", Some(&good))]).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let asked = sector.requests().len();
    let page = browser.get(&format!("{path}/edit")).await;
    assert_eq!(save(&mut browser, &path, &page, &[("client_name", Some("Renamed"))]).await.status, 303);
    assert_eq!(sector.requests().len(), asked, "what has not changed is not fetched again");
    let page = browser.get(&format!("{path}/edit")).await;
    let elsewhere = [("redirect_uris", Some("https://other.example/cb"))];
    assert_eq!(save(&mut browser, &path, &page, &elsewhere).await.status, 422, "it is not on the list");
}

async fn claims(app: &TestApp, id: &str) -> Value {
    let id = id.to_owned();
    let owner = app.manage(move |connection| Ok(resource_owners::find(connection, &id)?.expect("it is there"))).await;
    owner.claims.into()
}

fn person() -> Value {
    json!({
        "given_name": "Bob", "family_name": "Brewer", "nickname": "bobby", "picture": "https://bob.example/me.png",
        "website": "https://bob.example/", "birthdate": "1990-12-31", "locale": "de-CH", "zoneinfo": "Europe/Zurich",
        "email_verified": true, "phone_number": "+41 44 1234567", "phone_number_verified": true, "gender": "male",
        "department": {"id": 7}, "roles": ["a", "b"], "updated_at": 1,
        "address": {"street_address": "Gasse 1\nHof", "locality": "Z\u{fc}rich", "country": "CH", "floor": 2},
    })
}

async fn saving_a_user_untouched_loses_nothing(app: TestApp) {
    let mut browser = admin(&app).await;
    for (name, stored) in [
        ("bob", person()),
        ("carol", json!({})),
        ("dave", json!({"email_verified": false, "phone_number": "1", "address": {"locality": 5}, "nickname": ""})),
    ] {
        let id = app.user_with(name, "", stored.clone()).await;
        let page = browser.get(&routes::admin_user_edit(&id)).await;
        let saved = save(&mut browser, &routes::admin_user(&id), &page, &[]).await;
        assert_eq!(saved.status, 303, "{}", saved.body);
        assert_eq!(claims(&app, &id).await, stored);
    }
}

async fn claims_with_fields_are_set_and_emptied(app: TestApp) {
    let mut browser = admin(&app).await;
    let id = app.user_with("bob", "", json!({"department": "Sales"})).await;
    let (edit, path) = (routes::admin_user_edit(&id), routes::admin_user(&id));
    let page = browser.get(&edit).await;
    assert!(page.find("details.fold[open]").is_none(), "what most people need comes first");
    let fields = [
        ("given_name", Some("Bob")),
        ("email_verified", Some("true")),
        ("street_address", Some("Gasse 1\r\nHof")),
        ("country", Some("CH")),
    ];
    assert_eq!(save(&mut browser, &path, &page, &fields).await.status, 303);
    let address = json!({"street_address": "Gasse 1\nHof", "country": "CH"});
    let expected = json!({"given_name": "Bob", "email_verified": true, "address": address, "department": "Sales"});
    assert_eq!(claims(&app, &id).await, expected);
    let page = browser.get(&edit).await;
    assert!(page.find("details.fold[open] #given_name").is_some(), "what is set can be seen");
    for (field, bad) in [("website", "javascript:alert(1)"), ("picture", "me.png"), ("birthdate", "31.12.1990")] {
        let refused = save(&mut browser, &path, &page, &[(field, Some(bad))]).await;
        assert_eq!(refused.status, 422, "{bad}");
        assert!(refused.find(&format!("details.fold[open] #{field}-error")).is_some(), "{field}");
    }
    let fields =
        [("given_name", Some("")), ("email_verified", None), ("street_address", Some("")), ("country", Some(""))];
    assert_eq!(save(&mut browser, &path, &page, &fields).await.status, 303);
    assert_eq!(claims(&app, &id).await, json!({"department": "Sales"}));
}

async fn people_say_harmless_things_about_themselves(app: TestApp) {
    let id = app.user_with("bob", "", person()).await;
    let mut browser = Browser::new(&app);
    assert_eq!(browser.sign_in("bob").await.status, 303);
    let page = browser.get(routes::ACCOUNT).await;
    assert_eq!(save(&mut browser, routes::ACCOUNT, &page, &[]).await.status, 303);
    assert_eq!(claims(&app, &id).await, person(), "saving loses nothing");
    let page = browser.get(routes::ACCOUNT).await;
    let sent = [
        ("nickname", Some("bo")),
        ("website", Some("")),
        ("phone_number_verified", Some("true")),
        ("department", Some("Board")),
        ("country", Some("LI")),
        ("claims", Some("{\"role\": \"admin\"}")),
    ];
    assert_eq!(save(&mut browser, routes::ACCOUNT, &page, &sent).await.status, 303);
    let mut expected = person();
    expected["nickname"] = "bo".into();
    expected.as_object_mut().expect("an object").remove("website");
    assert_eq!(claims(&app, &id).await, expected, "nothing but what is theirs to say");

    let page = browser.get(routes::ACCOUNT).await;
    assert_eq!(save(&mut browser, routes::ACCOUNT, &page, &[("phone_number", Some("+41 2"))]).await.status, 303);
    assert_eq!(claims(&app, &id).await["phone_number_verified"], Value::Null, "nobody has verified the new number");
    assert_eq!(claims(&app, &id).await["email_verified"], true);
    let page = browser.get(routes::ACCOUNT).await;
    let refused = save(&mut browser, routes::ACCOUNT, &page, &[("website", Some("javascript:alert(1)"))]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.find("details.fold[open] #website-error").is_some(), "{}", refused.body);
}

async fn a_registration_token_is_made_and_revoked(app: TestApp) {
    let mut browser = admin(&app).await;
    let list = routes::ADMIN_REGISTRATION_TOKENS;
    let clients = browser.get(routes::ADMIN_CLIENTS).await;
    assert!(clients.find(&format!("a[href='{list}']")).is_some(), "the list of clients leads there");
    let page = browser.get(routes::ADMIN_REGISTRATION_TOKENS_NEW).await;
    for (field, bad) in [("uses", "many"), ("uses", "0"), ("expires_in", "-1"), ("note", "a\nb")] {
        let refused = save(&mut browser, list, &page, &[(field, Some(bad))]).await;
        assert_eq!(refused.status, 422, "{field}={bad}");
        assert!(refused.find(&format!("#{field}-error")).is_some(), "{}", refused.body);
    }
    let fields = [("note", Some("Partners")), ("uses", Some("2")), ("expires_in", Some("86400"))];
    let made = save(&mut browser, list, &page, &fields).await;
    assert_eq!((made.status.as_u16(), made.header("cache-control")), (200, "no-store"));
    let token = made.find("#token").expect("the token, once");
    let shown = browser.get(list).await;
    assert!(shown.body.contains("Partners") && shown.body.contains("2 clients left"), "{}", shown.body);
    assert!(!shown.body.contains(&token), "never again");
    assert_eq!(register(&app, &token, &web()).await.status, 201);

    let clients = browser.get(routes::ADMIN_CLIENTS).await;
    assert!(clients.body.contains("registered itself") && clients.body.contains("Expires"), "{}", clients.body);
    let client = clients.find("main td .mono").expect("its id");
    let client = browser.get(&routes::admin_client(&client)).await.find("#summary").expect("a summary");
    assert!(client.contains("unless somebody allows it something"), "{client}");

    let listed = app.manage(|connection| Ok(registration_tokens::list(connection)?)).await;
    let path = routes::admin_registration_token_revoke(&listed[0].id);
    let asked = browser.get(&path).await;
    assert!(asked.body.contains("1 client registered with it"), "{}", asked.body);
    assert_eq!(save(&mut browser, &path, &asked, &[]).await.status, 303);
    assert_eq!(register(&app, &token, &web()).await.status, 401, "it ended");
    assert_eq!(browser.get(&path).await.status, 404);
    let log = browser.get(routes::ADMIN_AUDIT_LOG).await.body;
    for words in ["Registration token made", "Registration token revoked", "Client registered itself"] {
        assert!(log.contains(words), "{words}");
    }
}

async fn closed_registration_has_no_tokens(app: TestApp) {
    let app = with_registration(app, Registration::Closed).await;
    let mut browser = admin(&app).await;
    let page = browser.get(routes::ADMIN_SCOPES_NEW).await;
    for path in [routes::ADMIN_REGISTRATION_TOKENS, routes::ADMIN_REGISTRATION_TOKENS_NEW] {
        assert_eq!(browser.get(path).await.status, 404, "{path}");
    }
    let fields = [("uses", Some("1")), ("expires_in", Some("86400"))];
    assert_eq!(save(&mut browser, routes::ADMIN_REGISTRATION_TOKENS, &page, &fields).await.status, 404);
    let clients = browser.get(routes::ADMIN_CLIENTS).await;
    assert!(!clients.body.contains(routes::ADMIN_REGISTRATION_TOKENS), "{}", clients.body);
}

#[test]
fn the_command_line_takes_the_same() {
    let directory = tempfile::tempdir().expect("a directory");
    let settings = Settings::of(&format!("sqlite://{}", directory.path().join("grantor.db").display()));
    settings.command(&["scope", "create", "staff", "--description", "See your post", "--claims", "dept  room"], "");
    let listed: Value = serde_json::from_str(&settings.command(&["scope", "list", "--json"], "")).expect("JSON");
    let staff = listed.as_array().expect("a list").iter().find(|scope| scope["name"] == "staff");
    assert_eq!(staff.expect("it was created")["claims"], json!(["dept", "room"]));
    let refused = settings.refusal(&["scope", "create", "x", "--description", "x", "--claims", "sub"], "");
    assert!(refused.contains("The server itself says sub"), "{refused}");

    let plain = json!({"client_name": "Web", "redirect_uris": ["https://rp.example/cb"]});
    let id = settings.client(&plain).id;
    let weak = json!({"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]});
    let private = "https://127.0.0.1:1/sector.json";
    for (member, value) in
        [("jwks", weak), ("sector_identifier_uri", private.into()), ("access_token_signing_alg", "HS256".into())]
    {
        let metadata = but(plain.clone(), member, value).to_string();
        for command in [&["client", "create"][..], &["client", "update", &id]] {
            let refused = settings.refusal(&[command, &["--metadata", "-"]].concat(), &metadata);
            assert!(refused.contains(&format!("{member}: ")), "{refused}");
        }
    }
}
