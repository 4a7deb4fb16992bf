//! RFC 7591 and OpenID Connect Registration 1.0: clients that register themselves.

use diesel::connection::SimpleConnection;
use grantor::config::Outbound;
use grantor::domain::policies::Registration;
use grantor::jobs::sweep;
use grantor::management::scopes::Meaning;
use grantor::management::{self, registration_tokens};
use grantor::store;
use serde_json::{Value, json};

use crate::support::app::{REDIRECT_URI, TestApp, TestClient, on_both_databases};
use crate::support::http::{Authorization, Browser, allow, redemption, tokens};
use crate::support::registration::{
    TOKEN_LIFETIME, but, initial_access_token, register, registered, send, web, with_registration,
};
use crate::support::remote::{Authority, Remote, Reply};

on_both_databases!(
    a_registered_client_gets_tokens,
    the_answer_shows_what_is_stored,
    without_a_valid_initial_access_token_nobody_registers,
    a_token_is_used_up_once_by_requests_at_the_same_time,
    closed_there_is_nothing_at_the_path,
    open_anybody_registers_up_to_a_limit,
    clients_without_consent_have_a_ceiling,
    a_client_that_nobody_consents_to_goes,
    strangers_get_no_machine_grants_and_no_admin_s_scopes,
    a_public_client_gets_no_secret,
    bad_metadata_is_refused_with_its_code,
    what_is_no_json_object_is_refused,
    browser_apps_may_register,
    a_stranger_is_marked_on_the_consent_page,
    an_error_of_a_stranger_waits_for_a_click_and_travels_as_it_asked,
    the_audit_log_knows_who_registered,
    a_sector_identifier_lists_the_redirect_uris,
);

const DAY: u32 = 24 * 60 * 60;

async fn opened(app: TestApp) -> TestApp {
    with_registration(app, Registration::Open).await
}

async fn sweep(app: &TestApp) {
    sweep::run(&app.app.store, app.clock.now()).await.expect("the sweep runs");
}

async fn exists(app: &TestApp, client: &TestClient) -> bool {
    app.app.store.client(&client.id).await.expect("the store answers").is_some()
}

async fn a_registered_client_gets_tokens(app: TestApp) {
    app.user("alice").await;
    let (client, _) = registered(&app, &web()).await;
    let answer = tokens(&app, &client, "openid offline_access", "alice").await;
    assert!(answer.text("access_token").starts_with("gat_") && answer.text("refresh_token").starts_with("grt_"));
}

async fn the_answer_shows_what_is_stored(app: TestApp) {
    let sent = json!({
        "redirect_uris": ["https://rp.example/callback"], "scope": "openid grantor.users:write nonsense",
        "skip_consent": true, "require_pkce": false, "access_token_lifetime": 999_999, "client_id": "mine",
        "client_secret": "mine", "software_id": "x", "client_name#de": "Notizen", "redirect_uris#de": [],
        "id_token_signed_response_alg": "EdDSA", "access_token_signing_alg": "RS256",
    });
    let (client, answer) = registered(&app, &sent).await;
    let shown = answer.json();
    assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"));
    assert!(client.id.starts_with("c_") && answer.text("client_secret").starts_with("gcs_"));
    assert!(answer.text("registration_access_token").starts_with("grr_"));
    assert_eq!(shown["client_secret_expires_at"], 0);
    assert_eq!(shown["client_id_issued_at"], app.clock.now());
    let uri = format!("{}/oauth2/register/{}", app.app.issuer(), client.id);
    assert_eq!(shown["registration_client_uri"], uri);
    assert_eq!((&shown["client_name"], &shown["scope"]), (&json!("rp.example"), &json!("openid")));
    assert_eq!((&shown["skip_consent"], &shown["require_pkce"]), (&json!(false), &json!(true)));
    assert_eq!(shown["token_endpoint_auth_method"], "client_secret_basic");
    assert_eq!(shown["id_token_signed_response_alg"], "EdDSA");
    assert_eq!(shown["access_token_signing_alg"], "ES256");
    // OpenID Connect Registration §2.1.
    assert_eq!(shown["client_name#de"], "Notizen");
    for ignored in ["access_token_lifetime", "software_id", "redirect_uris#de"] {
        assert!(shown.get(ignored).is_none(), "{ignored}");
    }
    let stored = app.app.store.client(&client.id).await.unwrap().expect("it is there");
    assert!(stored.metadata.require_pkce && !stored.metadata.skip_consent);
}

async fn without_a_valid_initial_access_token_nobody_registers(app: TestApp) {
    let none = register(&app, "", &web()).await;
    assert_eq!((none.status.as_u16(), none.header("www-authenticate")), (401, "Bearer realm=\"grantor\""));
    let once = initial_access_token(&app, 1).await;
    // A request that fails leaves the token as it was.
    assert_eq!(register(&app, &once, &json!({})).await.status, 400);
    assert_eq!(register(&app, &once, &web()).await.status, 201);
    let late = initial_access_token(&app, 9).await;
    let revoked = initial_access_token(&app, 9).await;
    let context = app.context();
    let ids = app.manage(|connection| Ok(store::registration_tokens::list(connection)?)).await;
    assert_eq!(ids.iter().map(|token| token.remaining_uses).filter(|uses| *uses == 9).count(), 2);
    for bad in ["gia_unknown", once.as_str(), "gat_x"] {
        let answer = register(&app, bad, &web()).await;
        assert_eq!((answer.status.as_u16(), answer.error().as_str()), (401, "invalid_token"), "{bad}");
        assert!(answer.header("www-authenticate").contains("error=\"invalid_token\""));
    }
    let nines: Vec<String> = ids.into_iter().filter(|token| token.remaining_uses == 9).map(|token| token.id).collect();
    app.manage(move |connection| nines.iter().try_for_each(|id| registration_tokens::revoke(connection, &context, id)))
        .await;
    assert_eq!(register(&app, &revoked, &web()).await.status, 401);
    assert_eq!(register(&app, &late, &web()).await.status, 401);

    let old = initial_access_token(&app, 9).await;
    app.clock.advance(TOKEN_LIFETIME);
    assert_eq!(register(&app, &old, &web()).await.status, 401);
    sweep(&app).await;
    assert!(app.manage(|connection| Ok(store::registration_tokens::list(connection)?)).await.is_empty());
}

async fn a_token_is_used_up_once_by_requests_at_the_same_time(app: TestApp) {
    let token = initial_access_token(&app, 1).await;
    let metadata = web();
    let once = || register(&app, &token, &metadata);
    let (a, b, c, d) = tokio::join!(once(), once(), once(), once());
    let mut codes = [a, b, c, d].map(|answer| answer.status.as_u16());
    codes.sort_unstable();
    assert_eq!(codes, [201, 401, 401, 401]);
}

async fn closed_there_is_nothing_at_the_path(app: TestApp) {
    let endpoint = json!(format!("{}/oauth2/register", app.app.issuer()));
    for path in ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"] {
        assert_eq!(app.http.get(path).await.json()["registration_endpoint"], endpoint);
    }
    let token = initial_access_token(&app, 1).await;
    let app = with_registration(app, Registration::Closed).await;
    let unknown = app.http.get("/oauth2/nonsense").await;
    for path in ["/oauth2/register", "/oauth2/register/c_1"] {
        let answer = app.http.get(path).await;
        assert_eq!((answer.status.as_u16(), &answer.body), (404, &unknown.body));
    }
    assert_eq!(register(&app, &token, &web()).await.status, 404);
    for path in ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"] {
        assert!(app.http.get(path).await.json().get("registration_endpoint").is_none());
    }
}

async fn open_anybody_registers_up_to_a_limit(app: TestApp) {
    let app = opened(app).await;
    assert_eq!(register(&app, "gia_unknown", &web()).await.status, 401, "a token is believed or refused");
    assert_eq!(register(&app, "", &json!({})).await.status, 400, "what is refused does not count");
    for number in 1..=20 {
        assert_eq!(register(&app, "", &web()).await.status, 201, "{number}");
    }
    let refused = register(&app, "", &web()).await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "3600"));
    assert_eq!(refused.error(), "temporarily_unavailable");
    let token = initial_access_token(&app, 1).await;
    assert_eq!(register(&app, &token, &web()).await.status, 201, "who is vouched for has no limit");
    app.clock.advance(3600);
    assert_eq!(register(&app, "", &web()).await.status, 201);
}

async fn clients_without_consent_have_a_ceiling(app: TestApp) {
    let app = opened(app).await;
    let ((client, _), (vouched, _)) = (registered(&app, &web()).await, registered(&app, &web()).await);
    let crowd = "WITH RECURSIVE crowd (number) AS
                     (SELECT 1 UNION ALL SELECT number + 1 FROM crowd WHERE number < 9998)";
    let bytes = if matches!(app.config.database, grantor::config::database_url::DatabaseUrl::Postgres(_)) {
        "decode('00', 'hex')"
    } else {
        "x'00'"
    };
    let week = app.clock.now() + i64::from(7 * DAY);
    let fill = format!(
        "INSERT INTO clients (id, name, origin, metadata, created_at, updated_at, version)
             {crowd} SELECT 'c_' || number, 'x', 'registered', '{{}}', 0, 0, 1 FROM crowd;
         INSERT INTO self_registrations (client_id, digest, expires_at)
             {crowd} SELECT 'c_' || number, {bytes}, {week} + number FROM crowd;"
    );
    app.prepare(|connection| Ok(connection.batch_execute(&fill)?));
    let refused = register(&app, "", &web()).await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (503, "3600"));
    assert!(refused.text("error_description").contains("initial access token"));
    app.user("alice").await;
    tokens(&app, &client, "openid", "alice").await;
    let late = register(&app, "", &web()).await;
    assert_eq!(late.status, 201, "a consent makes room");
    let late = TestClient { id: late.text("client_id"), secret: None };

    app.clock.advance(3600);
    assert!(exists(&app, &late).await);
    assert_eq!(register(&app, "", &web()).await.status, 201, "who has waited for an hour makes room");
    assert!(!exists(&app, &late).await);
    assert!(exists(&app, &vouched).await, "strangers push out nobody else");
    let entries = app.manage(move |connection| Ok(actions(connection, &late.id)?)).await;
    assert_eq!(entries, ["client.expired", "client.registered"]);
    assert_eq!(register(&app, "", &web()).await.status, 503, "the next has waited a second less");
}

async fn a_client_that_nobody_consents_to_goes(app: TestApp) {
    app.user("alice").await;
    let (wanted, _) = registered(&app, &web()).await;
    let (denied, _) = registered(&app, &web()).await;
    let (machine, _) = registered(&app, &json!({ "grant_types": ["client_credentials"] })).await;
    let admins = app.web("openid").await;
    tokens(&app, &wanted, "openid", "alice").await;
    let (context, id) = (app.context(), wanted.id.clone());
    let owner = app
        .manage(|connection| Ok(store::resource_owners::find_by_login(connection, "alice")?.expect("she is there").id));
    let owner = owner.await;
    app.manage(move |connection| management::grants::withdraw(connection, &context, &owner, &id)).await;
    let mut browser = Browser::new(&app);
    browser.sign_in("alice").await;
    let first = browser.get(&Authorization::of(&denied, "openid").path()).await;
    let page = browser.follow(first).await;
    browser.submit("/consent", &page, &[("decision", "deny")]).await;

    app.clock.advance(7 * DAY - 1);
    sweep(&app).await;
    assert!(exists(&app, &denied).await);
    app.clock.advance(1);
    sweep(&app).await;
    assert!(!exists(&app, &denied).await);
    for stays in [&wanted, &machine, &admins] {
        assert!(exists(&app, stays).await);
    }
    let id = denied.id;
    let entries = app.manage(move |connection| Ok(actions(connection, &id)?)).await;
    assert_eq!(entries.first().map(String::as_str), Some("client.expired"));
}

/// What happened to `target`, newest first.
fn actions(
    connection: &mut grantor::store::connection::AnyConnection,
    target: &str,
) -> diesel::QueryResult<Vec<String>> {
    use diesel::prelude::*;
    use grantor::store::schema::audit_log;
    audit_log::table
        .filter(audit_log::target.eq(target))
        .order(audit_log::id.desc())
        .select(audit_log::action)
        .load(connection)
}

async fn strangers_get_no_machine_grants_and_no_admin_s_scopes(app: TestApp) {
    let app = opened(app).await;
    app.scope("secret").await;
    let machine = but(web(), "grant_types", json!(["authorization_code", "client_credentials"]));
    let refused = register(&app, "", &machine).await;
    assert_eq!((refused.status.as_u16(), refused.error().as_str()), (400, "invalid_client_metadata"));
    assert!(refused.text("error_description").starts_with("grant_types: "));
    let (client, _) = registered(&app, &web()).await;
    for scope in ["secret", "grantor.clients:write"] {
        let asked = app.http.get(&Authorization::of(&client, scope).path()).await;
        assert_eq!(asked.status, 400, "a page, no redirect for strangers");
        assert!(asked.body.contains("invalid_scope"), "{scope}");
    }
    let context = app.context();
    let marked = app
        .app
        .store
        .write(move |connection| {
            let meaning = Meaning { description: "Register clients".into(), is_default: true, claims: Vec::new() };
            management::scopes::update(connection, &context, "grantor.clients:write", &meaning)
        })
        .await;
    assert!(marked.is_err(), "scopes of the management API are no defaults");
}

async fn a_public_client_gets_no_secret(app: TestApp) {
    app.user("alice").await;
    let public = but(web(), "token_endpoint_auth_method", "none".into());
    let (client, answer) = registered(&app, &public).await;
    assert!(client.secret.is_none() && answer.json().get("client_secret_expires_at").is_none());
    tokens(&app, &client, "openid", "alice").await;
    let form = [("grant_type", "client_credentials"), ("client_id", client.id.as_str())];
    assert_eq!(app.http.form("/oauth2/token", &form).await.error(), "unauthorized_client");

    let (confidential, _) = registered(&app, &web()).await;
    let callback = allow(&mut Browser::new(&app), &Authorization::of(&confidential, "openid"), "alice").await;
    let nameless = TestClient { secret: None, ..confidential };
    let code = callback.redirect()["code"].clone();
    let answer = app.http.as_client(&nameless, "/oauth2/token", &redemption(&code)).await;
    assert_eq!((answer.status.as_u16(), answer.error().as_str()), (401, "invalid_client"));
}

async fn bad_metadata_is_refused_with_its_code(app: TestApp) {
    let token = initial_access_token(&app, 1).await;
    let code = async |metadata: Value| {
        let answer = register(&app, &token, &metadata).await;
        assert_eq!(answer.status, 400, "{metadata}");
        let told = answer.text("error_description");
        // RFC 6749 §5.2
        assert!(told.bytes().all(|byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e)), "{told}");
        answer.error()
    };
    for uri in [
        "javascript:alert(1)",
        "data:text/html,x",
        "http://rp.example/cb",
        "https://rp.example/#x",
        "https://*.rp.example/",
        "https://rp.example/?code=x",
        "/cb",
        "app:/cb",
        "com.example.app:/cb",
        "https://\u{202e}rp.example/",
        "https://rp.example/\"\\\r\n",
    ] {
        assert_eq!(code(but(web(), "redirect_uris", json!([uri]))).await, "invalid_redirect_uri", "{uri}");
    }
    assert_eq!(code(json!({ "client_name": "x" })).await, "invalid_redirect_uri", "code needs one");
    for (member, value) in [
        ("client_name", json!("Goo\u{200b}gle")),
        ("client_name#ko", json!("Goo\u{200b}gle")),
        ("client_name#", json!("x")),
        ("client_name#한국어", json!("x")),
        ("client_name#\"\\\n", json!("x")),
        ("tos_uri#ko", json!("http://rp.example/tos")),
        ("grant_types", json!(["implicit"])),
        ("response_types", json!(["token"])),
        ("token_endpoint_auth_method", json!("none_of_these")),
        ("jwks", json!({ "keys": [{ "kty": "RSA", "d": "x" }] })),
        ("logo_uri", json!("javascript:alert(1)")),
        ("tos_uri", json!("http://rp.example/tos")),
        ("policy_uri", json!("data:,x")),
        ("client_uri", json!(7)),
        ("initiate_login_uri", json!("http://rp.example/login")),
        ("initiate_login_uri", json!("https://rp.example/^login$")),
        ("logo_uri", json!("https://*.rp.example/logo.png")),
        ("client_uri", json!("https://rp.example\\@evil.example/")),
        ("post_logout_redirect_uris", json!(["javascript:alert(1)"])),
        ("backchannel_logout_uri", json!("file:///etc/passwd")),
        ("id_token_signed_response_alg", json!("none")),
        ("subject_type", json!("secret")),
    ] {
        assert_eq!(code(but(web(), member, value)).await, "invalid_client_metadata", "{member}");
    }
    assert_eq!(code(but(web(), "software_statement", "a.b.c".into())).await, "unapproved_software_statement");
    assert_eq!(register(&app, &token, &web()).await.status, 201, "the token is unused");
}

async fn what_is_no_json_object_is_refused(app: TestApp) {
    let token = format!("Bearer {}", initial_access_token(&app, 1).await);
    let send = async |kind: &str, body: String| {
        let headers = [("content-type", kind), ("authorization", token.as_str())];
        app.http.send("POST", "/oauth2/register", &headers, Some(body)).await
    };
    let json = "application/json";
    assert_eq!(send("application/x-www-form-urlencoded", "a=b".into()).await.error(), "invalid_request");
    for body in ["", "[]", "{", "\"x\"", "{\"redirect_uris\":"] {
        let answer = send(json, body.into()).await;
        assert_eq!((answer.status.as_u16(), answer.error().as_str()), (400, "invalid_client_metadata"), "{body}");
    }
    let deep = format!("{{\"jwks\":{}{}}}", "[".repeat(30_000), "]".repeat(30_000));
    assert_eq!(send(json, deep).await.status, 400);
    assert_eq!(send(json, format!("{{\"x\":\"{}\"}}", "x".repeat(65_536))).await.status, 413);
    let put = app.http.send("PUT", "/oauth2/register", &[], None).await;
    assert_eq!((put.status.as_u16(), put.header("allow")), (405, "POST"));
    assert_eq!(send("application/json; charset=utf-8", web().to_string()).await.status, 201);
}

async fn browser_apps_may_register(app: TestApp) {
    let origin = ("origin", "https://spa.example");
    for (path, methods) in [("/oauth2/register", "POST"), ("/oauth2/register/c_1", "GET, PUT, DELETE")] {
        let preflight = app.http.send("OPTIONS", path, &[origin], None).await;
        assert_eq!(preflight.header("access-control-allow-origin"), "*");
        assert_eq!(preflight.header("access-control-allow-methods"), methods);
        assert!(preflight.header("access-control-allow-headers").contains("Authorization"));
        let refused = app.http.send("POST", path, &[origin], None).await;
        assert_eq!(refused.header("access-control-allow-origin"), "*", "errors are readable too");
    }
}

async fn a_stranger_is_marked_on_the_consent_page(app: TestApp) {
    app.user("alice").await;
    let posing = but(but(web(), "client_name", "Google".into()), "logo_uri", "https://google.example/logo.png".into());
    let (client, _) = registered(&app, &posing).await;
    let mut browser = Browser::new(&app);
    browser.sign_in("alice").await;
    let first = browser.get(&Authorization::of(&client, "openid").path()).await;
    let page = browser.follow(first).await;
    assert!(page.body.contains("registered itself"), "{}", page.body);
    assert!(page.body.contains("rp.example") && !page.body.contains("google.example"));
}

async fn an_error_of_a_stranger_waits_for_a_click_and_travels_as_it_asked(app: TestApp) {
    let (client, _) = registered(&app, &web()).await;
    let refused = Authorization::of(&client, "grantor.clients:write");
    let page = app.http.get(&refused.path()).await;
    assert_eq!((page.status.as_u16(), page.find("main form")), (400, None));
    let link = page.attribute("main a.button", "href").expect("a way back");
    assert!(link.starts_with(&format!("{REDIRECT_URI}?error=invalid_scope&")), "{link}");

    let page = app.http.get(&refused.with("response_mode", "form_post").with("state", "\"><b>").path()).await;
    assert_eq!((page.status.as_u16(), page.find("main a.button")), (400, None));
    assert_eq!(page.attribute("main form", "action").as_deref(), Some(REDIRECT_URI));
    assert_eq!(page.attribute("main form", "data-send-at-once"), None, "a person decides");
    assert!(page.header("content-security-policy").contains("form-action 'self' https://rp.example;"));
    let sent = page.hidden();
    for (name, value) in [("error", "invalid_scope"), ("state", "\"><b>"), ("iss", app.app.issuer())] {
        assert!(sent.contains(&(name.to_owned(), value.to_owned())), "{name}: {sent:?}");
    }
}

async fn the_audit_log_knows_who_registered(app: TestApp) {
    let (client, _) = registered(&app, &web()).await;
    let entries = app.manage(move |connection| Ok(actions(connection, &client.id)?)).await;
    assert_eq!(entries, ["client.registered"]);
}

async fn a_sector_identifier_lists_the_redirect_uris(mut app: TestApp) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let authority = Authority::new();
    let sector = Remote::start(Some(&authority.certify(&["127.0.0.1"])), |request| {
        let document = json!(["https://other.example/cb", crate::support::app::REDIRECT_URI]).to_string();
        match request.split(' ').nth(1) {
            Some("/good") => Reply::http("200 OK", "", &document),
            Some("/gone") => Reply::http("404 Not Found", "", &document),
            Some("/elsewhere") => Reply::http("302 Found", "Location: /good\r\n", ""),
            _ => Reply::http("200 OK", "", "[\"https://other.example/cb\"]"),
        }
    })
    .await;
    let at = |path: &str| but(web(), "sector_identifier_uri", sector.url("https", "127.0.0.1", path).into());
    let token = initial_access_token(&app, 1).await;
    let private = register(&app, &token, &at("/good")).await;
    assert_eq!((private.status.as_u16(), private.error().as_str()), (400, "invalid_client_metadata"));
    assert!(sector.requests().is_empty(), "nobody makes us call into our own network");

    app.config.outbound = Outbound { ca: Some(authority.file(directory.path())), allow_private: true };
    let app = app.restarted().await;
    for path in ["/gone", "/elsewhere", "/another"] {
        let refused = register(&app, &token, &at(path)).await;
        assert_eq!((refused.status.as_u16(), refused.error().as_str()), (400, "invalid_client_metadata"), "{path}");
        assert!(refused.text("error_description").starts_with("sector_identifier_uri: "), "{path}");
    }
    let registration = register(&app, &token, &at("/good")).await;
    assert_eq!(registration.status, 201, "{}", registration.body);
    let (id, own) = (registration.text("client_id"), registration.text("registration_access_token"));
    let path = format!("/oauth2/register/{id}");
    let mut update = but(at("/good"), "client_id", id.into());
    assert_eq!(send(&app, "PUT", &path, &own, Some(&update)).await.status, 200);
    update["redirect_uris"] = json!(["https://third.example/cb"]);
    assert_eq!(send(&app, "PUT", &path, &own, Some(&update)).await.error(), "invalid_client_metadata");
}
