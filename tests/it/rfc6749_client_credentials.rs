//! RFC 6749 §4.4, and what every request to the token endpoint has to get right (§3.2, §5.2).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantor::domain::client::TokenFormat;
use grantor::jobs::rotate_keys;
use grantor::management;
use grantor::management::keys::Haste;
use grantor::management::resources::NewResource;
use grantor::store::{StoreError, audit_log};
use grantor::throttle::FAILURES;
use jsonwebtoken::jwk::{AlgorithmParameters, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::support::app::{TestApp, TestClient, on_both_databases};
use crate::support::http::{basic, encode};
use crate::support::jose::verified;
use crate::support::registration::send;

on_both_databases!(
    a_machine_gets_a_token_that_opens_the_secret_route,
    the_client_authenticates_in_one_way,
    a_wrong_client_is_refused_without_a_hint,
    only_what_is_registered_is_granted,
    the_request_is_a_form_in_the_body,
    a_repeated_or_missing_parameter_is_an_error,
    guessing_a_secret_is_slowed_down_but_not_for_others,
    random_client_ids_are_slowed_down_but_not_clients_beside_them,
    a_jwt_opens_our_own_routes_until_it_is_revoked,
    a_jwt_is_signed_with_the_algorithm_of_its_client,
    the_client_s_algorithm_holds_for_resources_with_jwts,
    a_jwt_that_claims_another_algorithm_than_its_key_s_is_refused,
    an_rs256_jwt_outlives_the_rotation_of_its_key,
    an_algorithm_without_keys_is_refused_with_those_that_have_some,
    a_disabled_client_is_dead_at_once,
);

const TOKEN: &str = "/oauth2/token";
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const MACHINE: &[(&str, &str)] = &[("grant_type", "client_credentials"), ("scope", "secret")];

async fn a_machine_gets_a_token_that_opens_the_secret_route(app: TestApp) {
    app.scope("secret").await;
    let client = app.machine("secret").await;
    let answer = app.http.as_client(&client, TOKEN, MACHINE).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("pragma"), "no-cache");
    let body = answer.json();
    assert_eq!((body["token_type"].as_str(), body["expires_in"].as_i64()), (Some("Bearer"), Some(3600)));
    assert_eq!(body["scope"], "secret");
    assert!(body["refresh_token"].is_null(), "RFC 6749 §4.4.3");
    let token = answer.text("access_token");
    assert!(token.starts_with("gat_") && token.len() == 47);

    let secret = app.http.bearer("/secret", &token).await;
    assert_eq!(
        (secret.status.as_u16(), secret.body.as_str()),
        (200, "You have successfully accessed the secret route!")
    );
    app.clock.advance(3600);
    assert_eq!(app.http.bearer("/secret", &token).await.status, 401, "expired");
}

async fn the_client_authenticates_in_one_way(app: TestApp) {
    app.scope("secret").await;
    let client = app.machine("secret").await;
    let secret = client.secret.clone().unwrap();
    let mut post = MACHINE.to_vec();
    post.extend([("client_id", client.id.as_str()), ("client_secret", secret.as_str())]);
    assert_eq!(app.http.form(TOKEN, &post).await.status, 200, "client_secret_post");
    // The same client_id beside Basic is no second method.
    let mut both = MACHINE.to_vec();
    both.push(("client_id", &client.id));
    assert_eq!(app.http.as_client(&client, TOKEN, &both).await.status, 200);

    let answer = app.http.as_client(&client, TOKEN, &post).await;
    assert_eq!((answer.status.as_u16(), answer.error().as_str()), (400, "invalid_request"));
    let mut other = MACHINE.to_vec();
    other.push(("client_id", "c_other"));
    let answer = app.http.as_client(&client, TOKEN, &other).await;
    assert_eq!((answer.status.as_u16(), answer.error().as_str()), (400, "invalid_request"));
}

async fn a_wrong_client_is_refused_without_a_hint(app: TestApp) {
    app.scope("secret").await;
    let client = app.machine("secret").await;
    let refused = async |header: &str| {
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("authorization", header)];
        app.http.send("POST", TOKEN, &headers, Some(encode(MACHINE))).await
    };
    let wrong = refused(&basic(&client.id, "gcs_wrong")).await;
    let unknown = refused(&basic("c_unknown", "gcs_wrong")).await;
    assert_eq!((wrong.status, wrong.body_without_id()), (unknown.status, unknown.body_without_id()));
    assert_eq!((wrong.status.as_u16(), wrong.error().as_str()), (401, "invalid_client"));
    assert!(wrong.header("www-authenticate").starts_with("Basic realm="));
    let no_secret = [MACHINE, &[("client_id", client.id.as_str())]].concat();
    let no_key = [MACHINE, &[("client_assertion", "a.b.c"), ("client_assertion_type", ASSERTION_TYPE)]].concat();
    for form in [&no_secret, &no_key] {
        for path in [TOKEN, "/oauth2/introspect", "/oauth2/revoke", "/oauth2/device_authorization"] {
            let answer = app.http.form(path, form).await;
            assert_eq!((answer.status.as_u16(), answer.error().as_str()), (401, "invalid_client"), "{path}");
            assert_eq!(answer.header("www-authenticate"), "", "RFC 6749 §5.2: for those who sent the header: {path}");
        }
    }
    assert_eq!(refused("Basic ???").await.status, 401);
}

async fn only_what_is_registered_is_granted(app: TestApp) {
    app.scope("secret").await;
    app.scope("other").await;
    let client = app.machine("secret").await;
    let ask = async |scope: &str| {
        app.http.as_client(&client, TOKEN, &[("grant_type", "client_credentials"), ("scope", scope)]).await
    };
    for scope in ["other", "secret other", "unknown", "openid", "se\"cret", "é"] {
        let answer = ask(scope).await;
        assert_eq!((answer.status.as_u16(), answer.error().as_str()), (400, "invalid_scope"), "{scope}");
    }
    assert_eq!(ask("").await.json()["scope"], "secret", "an empty scope counts as omitted");
    let public = app.native("secret").await;
    let answer = app.http.as_client(&public, TOKEN, MACHINE).await;
    assert_eq!((answer.status.as_u16(), answer.error().as_str()), (400, "unauthorized_client"));
    let with_secret = [MACHINE, &[("client_id", public.id.as_str()), ("client_secret", "gcs_x")]].concat();
    assert_eq!(app.http.form(TOKEN, &with_secret).await.status, 401, "a public client has no secret");
}

async fn the_request_is_a_form_in_the_body(app: TestApp) {
    app.scope("secret").await;
    let client = app.machine("secret").await;
    let header = basic(&client.id, client.secret.as_deref().unwrap());
    for method in ["GET", "PUT", "DELETE", "PATCH"] {
        let answer = app.http.send(method, TOKEN, &[("authorization", &header)], None).await;
        assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "POST"), "{method}");
    }
    let query = format!("{TOKEN}?{}", encode(MACHINE));
    let answer = app.http.send("POST", &query, &[("authorization", &header)], None).await;
    assert_eq!(
        (answer.status.as_u16(), answer.error().as_str()),
        (400, "invalid_request"),
        "nothing is read from the query"
    );
    for kind in ["application/json", "text/plain", "multipart/form-data; boundary=x", ""] {
        let headers = [("authorization", header.as_str()), ("content-type", kind)];
        let answer = app.http.send("POST", TOKEN, &headers, Some(encode(MACHINE))).await;
        assert_eq!((answer.status.as_u16(), answer.error().as_str()), (400, "invalid_request"), "{kind}");
    }
    let headers =
        [("authorization", header.as_str()), ("content-type", "application/x-www-form-urlencoded; charset=UTF-8")];
    assert_eq!(app.http.send("POST", TOKEN, &headers, Some(encode(MACHINE))).await.status, 200);
    let huge = format!("{}&x={}", encode(MACHINE), "a".repeat(70_000));
    assert_eq!(app.http.send("POST", TOKEN, &headers, Some(huge)).await.status, 413);
    for body in ["grant_type=%FF", "grant_type=%00", "grant_type=%C0%AF", "scope=%ED%A0%80"] {
        let answer = app.http.send("POST", TOKEN, &headers, Some(body.to_owned())).await;
        assert_eq!((answer.status.as_u16(), answer.error().as_str()), (400, "invalid_request"), "{body}");
    }
}

async fn a_repeated_or_missing_parameter_is_an_error(app: TestApp) {
    app.scope("secret").await;
    let client = app.machine("secret").await;
    for name in ["grant_type", "scope", "unknown"] {
        let form = [MACHINE, &[(name, "secret"), (name, "secret")]].concat();
        let answer = app.http.as_client(&client, TOKEN, &form).await;
        assert_eq!((answer.status.as_u16(), answer.error().as_str()), (400, "invalid_request"), "{name}");
    }
    let answer = app.http.as_client(&client, TOKEN, &[("scope", "secret")]).await;
    assert_eq!(answer.error(), "invalid_request");
    let answer = app.http.as_client(&client, TOKEN, &[("grant_type", "password")]).await;
    assert_eq!(answer.error(), "unsupported_grant_type");
    let answer =
        app.http.as_client(&client, TOKEN, &[("grant_type", "refresh_token"), ("refresh_token", "grt_x")]).await;
    assert_eq!(answer.error(), "unauthorized_client", "not registered for it");
    let ignored = [MACHINE, &[("foo", "bar"), ("empty", "")]].concat();
    assert_eq!(app.http.as_client(&client, TOKEN, &ignored).await.status, 200, "unknown parameters are ignored");
}

async fn guessing_a_secret_is_slowed_down_but_not_for_others(app: TestApp) {
    app.scope("secret").await;
    let (client, other) = (app.machine("secret").await, app.machine("secret").await);
    let guess = [MACHINE, &[("client_id", client.id.as_str()), ("client_secret", "gcs_guess")]].concat();
    for _ in 0..20 {
        assert_eq!(app.http.form(TOKEN, &guess).await.status, 401);
    }
    let stopped = app.http.form(TOKEN, &guess).await;
    assert_eq!(stopped.status, 429);
    assert!(stopped.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds > 0));
    assert_eq!(app.http.as_client(&other, TOKEN, MACHINE).await.status, 200, "another client is not slowed down");
    app.clock.advance(901);
    assert_eq!(app.http.as_client(&client, TOKEN, MACHINE).await.status, 200);
}

async fn random_client_ids_are_slowed_down_but_not_clients_beside_them(app: TestApp) {
    app.scope("secret").await;
    let client = app.machine("secret").await;
    let claim = async |number: u32| {
        let id = format!("c_unknown{number}");
        let form = [MACHINE, &[("client_id", id.as_str()), ("client_secret", "gcs_guess")]].concat();
        app.http.form(TOKEN, &form).await
    };
    for number in 0..FAILURES {
        assert_eq!(claim(number).await.status, 401, "{number}");
    }
    for number in FAILURES..FAILURES + 5 {
        let stopped = claim(number).await;
        assert_eq!(stopped.status, 429, "{number}");
        assert!(stopped.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds > 0));
    }
    let action = Some("client.authentication_failed".to_owned());
    let filter = audit_log::Filter { action, ..audit_log::Filter::default() };
    let noted = app
        .app
        .store
        .read::<_, StoreError, _>(move |connection| Ok(audit_log::list(connection, &filter, 100)?))
        .await
        .unwrap();
    assert_eq!(noted.len(), usize::try_from(FAILURES).unwrap(), "what is not looked at is not noted");
    assert_eq!(app.http.as_client(&client, TOKEN, MACHINE).await.status, 200, "from the same address");
    let guess = [MACHINE, &[("client_id", client.id.as_str()), ("client_secret", "gcs_guess")]].concat();
    assert_eq!(app.http.form(TOKEN, &guess).await.status, 401, "a client that there is counts for itself");
    app.clock.advance(901);
    assert_eq!(claim(0).await.status, 401);
}

async fn a_jwt_opens_our_own_routes_until_it_is_revoked(app: TestApp) {
    app.scope("secret").await;
    let client = app
        .client(serde_json::json!({
            "client_name": "Job", "grant_types": ["client_credentials"], "scope": "secret", "access_token_format": "jwt",
        }))
        .await;
    let answer = app.http.as_client(&client, TOKEN, MACHINE).await;
    let token = answer.text("access_token");
    assert_eq!(answer.json()["expires_in"], 600);

    // RFC 9068 §2, verified by a library that is not ours.
    let jwks: jsonwebtoken::jwk::JwkSet =
        serde_json::from_str(&app.http.get("/.well-known/jwks.json").await.body).unwrap();
    let header = jsonwebtoken::decode_header(&token).unwrap();
    assert_eq!(header.typ.as_deref(), Some("at+jwt"));
    let key = jsonwebtoken::DecodingKey::from_jwk(jwks.find(&header.kid.unwrap()).unwrap()).unwrap();
    let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::ES256);
    let issuer = app.app.issuer().to_owned();
    rules.set_audience(&[&issuer]);
    rules.set_issuer(&[&issuer]);
    let claims = jsonwebtoken::decode::<serde_json::Value>(&token, &key, &rules).unwrap().claims;
    assert_eq!(
        (claims["sub"].as_str(), claims["client_id"].as_str()),
        (Some(client.id.as_str()), Some(client.id.as_str()))
    );
    assert_eq!(claims["scope"], "secret");

    assert_eq!(app.http.bearer("/secret", &token).await.status, 200);
    let (head, signature) = token.rsplit_once('.').unwrap();
    let forged =
        format!("{head}.{}", signature.replace(&signature[..1], if signature.starts_with('A') { "B" } else { "A" }));
    assert_eq!(app.http.bearer("/secret", &forged).await.status, 401);
    let introspected = app.http.as_client(&client, "/oauth2/introspect", &[("token", &token)]).await.json();
    assert_eq!(
        (introspected["active"].as_bool(), introspected["client_id"].as_str()),
        (Some(true), Some(client.id.as_str()))
    );

    assert_eq!(app.http.as_client(&client, "/oauth2/revoke", &[("token", &token)]).await.status, 200);
    assert_eq!(app.http.bearer("/secret", &token).await.status, 401);
    let introspected = app.http.as_client(&client, "/oauth2/introspect", &[("token", &token)]).await;
    assert_eq!(introspected.body, r#"{"active":false}"#);
}

/// A machine whose tokens are JWTs, signed with this algorithm.
async fn signing(app: &TestApp, algorithm: &str) -> TestClient {
    let metadata = json!({
        "client_name": "Job", "grant_types": ["client_credentials"], "scope": "secret", "access_token_format": "jwt",
        "access_token_signing_alg": algorithm,
    });
    app.client(metadata).await
}

async fn a_jwt_is_signed_with_the_algorithm_of_its_client(app: TestApp) {
    app.scope("secret").await;
    // RFC 9068 §2.1: RS256 must be among them.
    for algorithm in ["RS256", "PS256", "ES256", "EdDSA"] {
        let client = signing(&app, algorithm).await;
        let token = app.http.as_client(&client, TOKEN, MACHINE).await.text("access_token");
        let (header, claims) = verified(&app.http, &token, app.app.issuer()).await;
        assert_eq!((format!("{:?}", header.alg).as_str(), header.typ.as_deref()), (algorithm, Some("at+jwt")));
        assert_eq!((claims["sub"].as_str(), claims["scope"].as_str()), (Some(client.id.as_str()), Some("secret")));

        assert_eq!(app.http.bearer("/secret", &token).await.status, 200, "{algorithm}");
        let introspected = app.http.as_client(&client, "/oauth2/introspect", &[("token", &token)]).await.json();
        assert_eq!((&introspected["active"], &introspected["jti"]), (&json!(true), &claims["jti"]), "{algorithm}");
        assert_eq!(app.http.as_client(&client, "/oauth2/revoke", &[("token", &token)]).await.status, 200);
        assert_eq!(app.http.bearer("/secret", &token).await.status, 401, "{algorithm}");
        let introspected = app.http.as_client(&client, "/oauth2/introspect", &[("token", &token)]).await;
        assert_eq!(introspected.body, r#"{"active":false}"#, "{algorithm}");
    }
}

async fn the_client_s_algorithm_holds_for_resources_with_jwts(app: TestApp) {
    const API: &str = "https://api.example/";
    app.scope("secret").await;
    let (context, catalog) = (app.context(), app.app.store.catalog().await.expect("a catalogue"));
    let api = NewResource {
        uri: API.to_owned(),
        name: "API".to_owned(),
        token_format: Some(TokenFormat::Jwt),
        ..NewResource::default()
    };
    app.manage(move |connection| management::resources::create(connection, &context, &api, &catalog.scopes)).await;
    let opaque = json!({
        "client_name": "Job", "grant_types": ["client_credentials"], "scope": "secret",
        "access_token_signing_alg": "RS256",
    });
    let (chosen, default) = (app.client(opaque).await, app.machine("secret").await);
    for (client, algorithm) in [(&chosen, Algorithm::RS256), (&default, Algorithm::ES256)] {
        let form = [MACHINE, &[("resource", API)]].concat();
        let token = app.http.as_client(client, TOKEN, &form).await.text("access_token");
        assert_eq!(verified(&app.http, &token, API).await.0.alg, algorithm);
    }
    let token = app.http.as_client(&chosen, TOKEN, MACHINE).await.text("access_token");
    assert!(token.starts_with("gat_"), "for no resource its own format counts");
}

/// RFC 8725 §3.1: the key says which algorithm it is for.
async fn a_jwt_that_claims_another_algorithm_than_its_key_s_is_refused(app: TestApp) {
    app.scope("secret").await;
    let client = signing(&app, "RS256").await;
    let token = app.http.as_client(&client, TOKEN, MACHINE).await.text("access_token");
    let (Header { kid, typ, .. }, claims) = verified(&app.http, &token, app.app.issuer()).await;
    let kid = kid.expect("a kid");
    let [_, payload, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
    let renamed = |algorithm: &str, signature: &str| {
        let header = json!({ "alg": algorithm, "typ": "at+jwt", "kid": kid }).to_string();
        format!("{}.{payload}.{signature}", URL_SAFE_NO_PAD.encode(header))
    };
    let mut forged = vec![renamed("none", "")];
    forged.extend(["none", "HS256", "PS256", "ES256", "EdDSA"].map(|name| renamed(name, signature)));
    // The public key as the secret of an HMAC, in every form that a verifier may have it.
    let keys: JwkSet = serde_json::from_str(&app.http.get("/.well-known/jwks.json").await.body).expect("a JWK set");
    let key = keys.find(&kid).expect("it is published");
    let AlgorithmParameters::RSA(rsa) = &key.algorithm else { panic!("it is an RSA key") };
    let modulus = URL_SAFE_NO_PAD.decode(&rsa.n).expect("base64url");
    let as_json = serde_json::to_vec(key).expect("a JWK is JSON");
    let header = Header { kid: Some(kid.clone()), typ, ..Header::new(Algorithm::HS256) };
    for secret in [modulus.as_slice(), rsa.n.as_bytes(), as_json.as_slice()] {
        let key = EncodingKey::from_secret(secret);
        forged.push(jsonwebtoken::encode(&header, &claims, &key).expect("a signature"));
    }
    for forged in &forged {
        let refused = app.http.bearer("/secret", forged).await;
        assert_eq!((refused.status.as_u16(), refused.error().as_str()), (401, "invalid_token"), "{forged}");
        let introspected = app.http.as_client(&client, "/oauth2/introspect", &[("token", forged)]).await;
        assert_eq!(introspected.body, r#"{"active":false}"#, "{forged}");
        let revoked = app.http.as_client(&client, "/oauth2/revoke", &[("token", forged)]).await;
        assert_eq!(revoked.status, 200, "RFC 7009 §2.2: as good as revoked, and it ends nothing");
    }
    assert_eq!(app.http.bearer("/secret", &token).await.status, 200, "the true one");
}

async fn an_rs256_jwt_outlives_the_rotation_of_its_key(app: TestApp) {
    app.scope("secret").await;
    let client = signing(&app, "RS256").await;
    let ask = async || app.http.as_client(&client, TOKEN, MACHINE).await.text("access_token");
    let before = ask().await;
    rotate_keys::rotate(&app.app.store, &app.app.sealing_key, app.context(), Haste::None).await.expect("keys rotate");
    app.app.reload_keys().await.expect("the keys can be read");
    let after = ask().await;
    let mut kids = Vec::new();
    for token in [&before, &after] {
        let (header, _) = verified(&app.http, token, app.app.issuer()).await;
        assert_eq!(header.alg, Algorithm::RS256);
        kids.push(header.kid);
        assert_eq!(app.http.bearer("/secret", token).await.status, 200);
    }
    assert_ne!(kids[0], kids[1]);
}

async fn an_algorithm_without_keys_is_refused_with_those_that_have_some(app: TestApp) {
    let admin = app.machine("grantor.clients:write").await;
    let form = [("grant_type", "client_credentials")];
    let token = app.http.as_client(&admin, TOKEN, &form).await.text("access_token");
    for (sent, problem) in [
        (json!("HS256"), Some("Use RS256 or PS256 or ES256 or EdDSA.")),
        (json!("none"), Some("Use RS256 or PS256 or ES256 or EdDSA.")),
        (json!(256), Some("Send a string.")),
        (json!("RS256"), None),
        (Value::Null, None),
    ] {
        let metadata = json!({
            "client_name": "Job", "grant_types": ["client_credentials"], "access_token_signing_alg": sent,
        });
        let answer = send(&app, "POST", "/api/v1/clients", &token, Some(&metadata)).await;
        if let Some(problem) = problem {
            assert_eq!(answer.status, 422, "{}", answer.body);
            let expected = json!([{ "member": "access_token_signing_alg", "problem": problem }]);
            assert_eq!(answer.json()["errors"], expected);
        } else {
            assert_eq!(answer.status, 201, "{}", answer.body);
            assert_eq!(answer.text("access_token_signing_alg"), sent.as_str().unwrap_or("ES256"));
        }
    }
}

async fn a_disabled_client_is_dead_at_once(app: TestApp) {
    app.scope("secret").await;
    let client = app.machine("secret").await;
    let other = app.machine("secret").await;
    let token = app.http.as_client(&client, TOKEN, MACHINE).await.text("access_token");
    let (context, id) = (app.context(), client.id.clone());
    app.manage(move |connection| grantor::management::clients::set_disabled(connection, &context, &id, true)).await;
    assert_eq!(app.http.bearer("/secret", &token).await.status, 401);
    assert_eq!(app.http.as_client(&client, TOKEN, MACHINE).await.status, 401);
    let seen = app.http.as_client(&other, "/oauth2/introspect", &[("token", &token)]).await;
    assert_eq!(seen.body, r#"{"active":false}"#);
}
