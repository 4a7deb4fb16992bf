//! RFC 6750 bearer tokens, RFC 8414 metadata, and the management API behind them.

use serde_json::json;

use crate::support::app::{TestApp, TestClient, on_both_databases};
use crate::support::http::{Answer, tokens};

on_both_databases!(
    each_refusal_has_its_challenge,
    metadata_says_what_is_there,
    browsers_may_call_what_public_clients_call,
    the_api_manages_clients,
    the_api_manages_scopes_users_and_grants,
    the_api_refuses_clearly,
    head_is_get_without_a_body,
);

async fn token(app: &TestApp, client: &TestClient, scope: &str) -> String {
    let form = [("grant_type", "client_credentials"), ("scope", scope)];
    app.http.as_client(client, "/oauth2/token", &form).await.text("access_token")
}

async fn each_refusal_has_its_challenge(app: TestApp) {
    app.scope("secret").await;
    app.scope("other").await;
    app.user("alice").await;
    let client = app.machine("secret other").await;
    let none = app.http.get("/secret").await;
    assert_eq!((none.status.as_u16(), none.header("www-authenticate")), (401, "Bearer realm=\"grantor\""));
    let good = token(&app, &client, "secret").await;
    let web = app.web("secret").await;
    let refresh = tokens(&app, &web, "secret", "alice").await.text("refresh_token");
    for bad in ["gat_unknown", &good[..46], &format!("{good}A"), refresh.as_str(), "a.b.c"] {
        let answer = app.http.bearer("/secret", bad).await;
        assert_eq!(answer.status, 401, "{bad}");
        assert!(answer.header("www-authenticate").contains("error=\"invalid_token\""), "{bad}");
    }
    let other = token(&app, &client, "other").await;
    let lacking = app.http.bearer("/secret", &other).await;
    assert_eq!(lacking.status, 403);
    assert!(lacking.header("www-authenticate").contains("error=\"insufficient_scope\""));
    assert!(lacking.header("www-authenticate").contains("scope=\"secret\""));

    let asked = async |scope: &str| app.http.bearer(&format!("/api/v1/whoami?{scope}"), &good).await;
    assert_eq!(asked("").await.status, 200);
    assert_eq!(asked("scope=secret").await.status, 200);
    let lacking = asked("scope=other%20secret").await;
    assert_eq!((lacking.status.as_u16(), lacking.error().as_str()), (403, "insufficient_scope"));
    assert!(lacking.header("www-authenticate").contains("scope=\"other secret\""));
    assert_eq!(asked("scope=secret&scope=other").await.status, 403, "none is overlooked");
    for bad in ["scope=%22", "scope=%FF"] {
        assert_eq!(asked(bad).await.status, 400, "{bad}");
    }

    let in_query = app.http.get(&format!("/secret?access_token={good}")).await;
    assert_eq!((in_query.status.as_u16(), in_query.header("www-authenticate")), (401, "Bearer realm=\"grantor\""));
    let send = async |values: &[&str]| {
        let headers: Vec<(&str, &str)> = values.iter().map(|value| ("authorization", *value)).collect();
        app.http.send("GET", "/secret", &headers, None).await
    };
    assert_eq!(send(&[&format!("bEaReR {good}")]).await.status, 200);
    assert_eq!(send(&[&format!("Bearer {good}"), &format!("Bearer {good}")]).await.status, 400);
    assert_eq!(send(&[&format!("Bearer {good} extra")]).await.status, 400);
    assert_eq!(app.http.send("POST", "/secret", &[], None).await.status, 405);
    assert_eq!(
        app.http.send("HEAD", "/secret", &[("authorization", &format!("Bearer {good}"))], None).await.status,
        200
    );
}

async fn metadata_says_what_is_there(app: TestApp) {
    app.scope("secret").await;
    let headers = [("host", "evil.example"), ("x-forwarded-host", "evil.example"), ("x-forwarded-proto", "https")];
    for path in ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"] {
        let answer = app.http.send("GET", path, &headers, None).await;
        assert!(!answer.body.contains("evil"), "the issuer comes from configuration");
        let document = answer.json();
        let issuer = app.app.issuer();
        assert_eq!(document["issuer"], issuer);
        for (name, path) in [
            ("authorization_endpoint", "/oauth2/authorize"),
            ("token_endpoint", "/oauth2/token"),
            ("revocation_endpoint", "/oauth2/revoke"),
            ("introspection_endpoint", "/oauth2/introspect"),
            ("jwks_uri", "/.well-known/jwks.json"),
        ] {
            assert_eq!(document[name], format!("{issuer}{path}"));
        }
        assert_eq!(document["response_types_supported"], json!(["code"]));
        assert_eq!(document["code_challenge_methods_supported"], json!(["S256"]));
        assert_eq!(document["authorization_response_iss_parameter_supported"], true);
        assert!(document["scopes_supported"].as_array().unwrap().contains(&json!("secret")));
        assert_eq!(answer.header("access-control-allow-origin"), "*");
    }
    for elsewhere in ["oauth-authorization-server/not-us", "oauth-authorization-server/", "openid-configuration/not-us"]
    {
        let answer = app.http.get(&format!("/.well-known/{elsewhere}")).await;
        assert_eq!(answer.status, 404, "RFC 8414 §3.1: {elsewhere} is of another issuer");
    }
    let jwks = app.http.get("/.well-known/jwks.json").await;
    for key in jwks.json()["keys"].as_array().unwrap() {
        assert!(["d", "p", "q", "k"].iter().all(|private| key.get(private).is_none()), "{key}");
        assert_eq!(key["use"], "sig");
    }
    let etag = jwks.header("etag").to_owned();
    let known = app.http.send("GET", "/.well-known/jwks.json", &[("if-none-match", &etag)], None).await;
    assert_eq!((known.status.as_u16(), known.body.as_str()), (304, ""));
    assert!(known.headers.get("set-cookie").is_none());
}

async fn browsers_may_call_what_public_clients_call(app: TestApp) {
    let origin = [("origin", "https://spa.example"), ("access-control-request-method", "POST")];
    for path in ["/oauth2/token", "/oauth2/revoke"] {
        let preflight = app.http.send("OPTIONS", path, &origin, None).await;
        assert_eq!(preflight.status, 204);
        assert_eq!(preflight.header("access-control-allow-origin"), "*");
        let refused = app.http.form(path, &[]).await;
        assert_eq!(refused.header("access-control-allow-origin"), "*", "an error can be read as well");
        assert_eq!(refused.header("access-control-allow-credentials"), "");
    }
    let get =
        [origin[0], ("access-control-request-method", "GET"), ("access-control-request-headers", "if-none-match")];
    for path in ["openid-configuration", "oauth-authorization-server", "jwks.json"] {
        let path = format!("/.well-known/{path}");
        let preflight = app.http.send("OPTIONS", &path, &get, None).await;
        assert_eq!(preflight.status, 204, "{path}");
        assert_eq!(preflight.header("access-control-allow-methods"), "GET", "{path}");
        // The wildcard does not cover Authorization.
        assert_eq!(preflight.header("access-control-allow-headers"), "Authorization, Content-Type, *");
        let answer = app.http.send("GET", &path, &get[..1], None).await;
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
        assert!(answer.header("access-control-expose-headers").contains("ETag"), "{path}");
        assert_eq!(app.http.send("POST", &path, &get[..1], None).await.status, 405, "{path}");
    }
    let challenged = app.http.send("GET", "/oauth2/userinfo", &origin[..1], None).await;
    assert!(challenged.header("access-control-expose-headers").contains("WWW-Authenticate"));
    for path in ["/oauth2/authorize", "/login", "/account", "/oauth2/introspect"] {
        let answer = app.http.send("OPTIONS", path, &origin, None).await;
        assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
    }
}

async fn send(app: &TestApp, token: &str, method: &str, path: &str, body: Option<serde_json::Value>) -> Answer {
    let authorization = format!("Bearer {token}");
    let headers = [("authorization", authorization.as_str()), ("content-type", "application/json")];
    app.http.send(method, path, &headers, body.map(|body| body.to_string())).await
}

async fn the_api_manages_clients(app: TestApp) {
    app.scope("secret").await;
    let console = app.machine("grantor.clients:read grantor.clients:write").await;
    let admin = token(&app, &console, "grantor.clients:read grantor.clients:write").await;
    let metadata = json!({ "client_name": "New", "grant_types": ["client_credentials"], "scope": "secret" });
    let created = send(&app, &admin, "POST", "/api/v1/clients", Some(metadata.clone())).await;
    assert_eq!(created.status, 201, "{}", created.body);
    let client = TestClient { id: created.text("client_id"), secret: Some(created.text("client_secret")) };
    assert_eq!(created.header("cache-control"), "no-store");
    let path = format!("/api/v1/clients/{}", client.id);
    let shown = send(&app, &admin, "GET", &path, None).await;
    assert_eq!(shown.json()["client_name"], "New");
    assert!(!shown.body.contains("gcs_"), "a secret is shown once");
    assert_eq!(token(&app, &client, "secret").await.len(), 47);

    let renamed =
        json!({ "client_name": "Newer", "grant_types": ["client_credentials"], "scope": "secret", "version": 1 });
    assert_eq!(send(&app, &admin, "PUT", &path, Some(renamed.clone())).await.json()["client_name"], "Newer");
    assert_eq!(send(&app, &admin, "PUT", &path, Some(renamed)).await.status, 409, "a lost update");
    let rotated = send(&app, &admin, "POST", &format!("{path}/rotate-secret"), None).await.text("client_secret");
    for secret in [client.secret.clone().unwrap(), rotated] {
        token(&app, &TestClient { id: client.id.clone(), secret: Some(secret) }, "secret").await;
    }
    assert_eq!(send(&app, &admin, "POST", &format!("{path}/rotate-secret"), None).await.status, 409, "two at most");
    assert_eq!(send(&app, &admin, "POST", &format!("{path}/disable"), None).await.json()["enabled"], false);
    let form = [("grant_type", "client_credentials")];
    assert_eq!(app.http.as_client(&client, "/oauth2/token", &form).await.status, 401);
    let page = send(&app, &admin, "GET", "/api/v1/clients?limit=1", None).await.json();
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    let next = format!("/api/v1/clients?limit=1&after={}", page["next"].as_str().unwrap());
    assert_ne!(send(&app, &admin, "GET", &next, None).await.json()["items"][0], page["items"][0]);
    assert_eq!(send(&app, &admin, "DELETE", &path, None).await.status, 204);
    assert_eq!(send(&app, &admin, "GET", &path, None).await.status, 404);
}

async fn the_api_manages_scopes_users_and_grants(app: TestApp) {
    let all = "grantor.scopes:read grantor.scopes:write grantor.users:read grantor.users:write grantor.grants:read grantor.grants:write";
    let admin = token(&app, &app.machine(all).await, all).await;
    let scope = json!({ "name": "notes", "description": "Read notes", "default": true });
    assert_eq!(send(&app, &admin, "POST", "/api/v1/scopes", Some(scope.clone())).await.status, 201);
    assert_eq!(send(&app, &admin, "POST", "/api/v1/scopes", Some(scope)).await.status, 409);
    assert!(send(&app, &admin, "GET", "/api/v1/scopes", None).await.body.contains("\"notes\""));
    assert_eq!(send(&app, &admin, "DELETE", "/api/v1/scopes/offline_access", None).await.status, 409, "built in");

    let created =
        send(&app, &admin, "POST", "/api/v1/users", Some(json!({ "username": "bob", "claims": { "locale": "ko" } })))
            .await;
    assert_eq!(created.status, 201, "{}", created.body);
    assert!(created.text("set_password_link").contains("/set-password?token=gol_"));
    let path = format!("/api/v1/users/{}", created.text("id"));
    assert_eq!(send(&app, &admin, "GET", &path, None).await.json()["claims"]["locale"], "ko");
    let taken = send(&app, &admin, "POST", "/api/v1/users", Some(json!({ "username": "BOB" }))).await;
    assert_eq!((taken.status.as_u16(), taken.json()["errors"][0]["member"].as_str()), (422, Some("username")));
    let bad = send(&app, &admin, "PUT", &path, Some(json!({ "username": "bob", "claims": { "sub": "x" } }))).await;
    assert_eq!((bad.status.as_u16(), bad.json()["errors"][0]["member"].as_str()), (422, Some("claims")));
    assert_eq!(send(&app, &admin, "POST", &format!("{path}/disable"), None).await.json()["enabled"], false);

    app.user("alice").await;
    let client = app.web("notes").await;
    let access = tokens(&app, &client, "notes", "alice").await.text("access_token");
    let grants = send(&app, &admin, "GET", &format!("/api/v1/grants?client_id={}", client.id), None).await.json();
    let id = grants["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(send(&app, &admin, "DELETE", &format!("/api/v1/grants/{id}"), None).await.status, 204);
    assert_eq!(app.http.bearer("/api/v1/whoami", &access).await.status, 401);
    assert_eq!(send(&app, &admin, "DELETE", &path, None).await.status, 204);
}

async fn the_api_refuses_clearly(app: TestApp) {
    let reader = app.machine("grantor.clients:read").await;
    let reader = token(&app, &reader, "grantor.clients:read").await;
    assert_eq!(app.http.get("/api/v1/clients").await.status, 401);
    assert_eq!(send(&app, &reader, "POST", "/api/v1/clients", Some(json!({}))).await.status, 403);
    assert_eq!(send(&app, &reader, "GET", "/api/v1/users", None).await.status, 403);
    for query in [
        "limit=0",
        "limit=-1",
        "limit=201",
        "limit=9223372036854775808",
        "limit=x",
        "q=%00",
        "limit=1&limit=2",
        "after=nope",
    ] {
        let answer = send(&app, &reader, "GET", &format!("/api/v1/clients?{query}"), None).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("content-type")),
            (400, "application/problem+json"),
            "{query}"
        );
    }
    assert_eq!(send(&app, &reader, "GET", "/api/v1/clients?after=0.gone", None).await.json()["items"], json!([]));
    assert_eq!(send(&app, &reader, "GET", "/api/v1/clients?q=%25_%27%3B--", None).await.json()["items"], json!([]));
    let writer = app.machine("grantor.clients:write").await;
    let writer = token(&app, &writer, "grantor.clients:write").await;
    let bad = send(
        &app,
        &writer,
        "POST",
        "/api/v1/clients",
        Some(json!({ "client_name": "" , "grant_types": ["client_credentials"] })),
    )
    .await;
    assert_eq!((bad.status.as_u16(), bad.json()["errors"][0]["member"].as_str()), (422, Some("client_name")));
    let headers = [("authorization", format!("Bearer {writer}")), ("content-type", "application/json".to_owned())];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    for (body, status) in
        [("{", 400), ("[]", 400), ("\"x\"", 400), (&"[".repeat(50_000), 400), (&"x".repeat(70_000), 413)]
    {
        let answer = app.http.send("POST", "/api/v1/clients", &headers, Some(body.to_owned())).await;
        assert_eq!(answer.status.as_u16(), status);
    }
    assert_eq!(app.http.send("POST", "/api/v1/clients", &headers[..1], Some("{}".into())).await.status, 415);
    let document = app.http.get("/api/v1/openapi.json").await.json();
    for path in ["/api/v1/clients", "/api/v1/scopes", "/api/v1/users", "/api/v1/grants", "/api/v1/whoami"] {
        assert!(document["paths"][path].is_object(), "{path}");
    }
}

/// RFC 9110 §9.3.2: HEAD is answered wherever GET is, alike and without a body.
async fn head_is_get_without_a_body(app: TestApp) {
    for path in
        ["/login", "/.well-known/jwks.json", "/health/ready", "/account", "/no-such-page", "/api/v1/whoami", "/metrics"]
    {
        let (head, get) = (app.http.send("HEAD", path, &[], None).await, app.http.get(path).await);
        assert_eq!(head.status, get.status, "{path}");
        assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
        assert!(head.body.is_empty(), "{path}");
    }
    let wrong = app.http.send("PUT", "/login", &[], None).await;
    assert_eq!((wrong.status.as_u16(), wrong.header("allow")), (405, "GET, HEAD, POST"));
}
