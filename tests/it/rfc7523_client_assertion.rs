//! `private_key_jwt` (RFC 7521 §4.2, RFC 7523, RFC 10070, OpenID Connect Core §9). The assertions are made by an
//! independent implementation of JOSE.

use std::sync::{Arc, LazyLock, Mutex};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantor::config::Outbound;
use grantor::management;
use grantor::store::{StoreError, audit_log};
use grantor::throttle::FAILURES;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519, PKCS_RSA_SHA256};
use serde_json::{Value, json};

use crate::outbound::all_turns;
use crate::support::app::{TestApp, TestClient, on_both_databases};
use crate::support::http::{Answer, basic};
use crate::support::postgres::room;
use crate::support::process::{Process, Settings};
use crate::support::registration::{but, registered, web};
use crate::support::remote::{Authority, Remote, Reply};

on_both_databases!(
    every_algorithm_proves_a_client,
    all_endpoints_take_assertions,
    an_assertion_is_the_only_method,
    the_audience_is_the_issuer_as_one_string,
    older_clients_may_name_the_token_endpoint,
    an_assertion_counts_once,
    of_many_at_the_same_time_one_is_accepted,
    an_assertion_stays_used_when_its_request_fails,
    clients_may_have_the_same_identifiers,
    identifiers_are_forgotten_an_hour_after_the_assertion_has_expired,
    times_are_judged_with_clocks_that_differ_a_little,
    another_kind_of_token_proves_nothing,
    whoever_has_no_key_learns_nothing,
    a_client_keeps_to_its_algorithm,
    a_client_without_keys_cannot_assert,
    keys_behind_a_jwks_uri_are_found_and_followed,
    keys_that_cannot_be_fetched_for_now_are_no_failed_proof,
    a_new_key_waits_for_a_server_that_is_down,
    a_jwks_uri_that_has_no_keys_proves_nothing,
    strangers_do_not_learn_which_addresses_are_forbidden,
);

pub const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A key of a client.
pub struct Key {
    signing: EncodingKey,
    algorithm: Algorithm,
    public: Value,
}

impl Key {
    pub fn es256() -> Self {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a key");
        Self::new(EncodingKey::from_ec_der(key.serialized_der()), Algorithm::ES256)
    }

    fn eddsa() -> Self {
        let key = KeyPair::generate_for(&PKCS_ED25519).expect("a key");
        let x = URL_SAFE_NO_PAD.encode(key.public_key_raw());
        let public = json!({"kty": "OKP", "crv": "Ed25519", "x": x});
        Self { signing: EncodingKey::from_ed_der(key.serialized_der()), algorithm: Algorithm::EdDSA, public }
    }

    fn rsa(algorithm: Algorithm) -> Self {
        /// PKCS #8 puts 26 bytes before an RSA key of 2048 bits.
        const HEADER: usize = 26;
        /// Making one takes its time.
        static KEY: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate_for(&PKCS_RSA_SHA256).expect("a key"));
        Self::new(EncodingKey::from_rsa_der(&KEY.serialized_der()[HEADER..]), algorithm)
    }

    fn new(signing: EncodingKey, algorithm: Algorithm) -> Self {
        let public = Jwk::from_encoding_key(&signing, algorithm).expect("a JWK");
        Self { signing, algorithm, public: serde_json::to_value(public).expect("a JWK is JSON") }
    }

    /// The public half, under `kid`.
    pub fn jwk(&self, kid: &str) -> Value {
        let mut jwk = self.public.clone();
        jwk["kid"] = kid.into();
        jwk
    }

    pub fn sign(&self, typ: Option<&str>, kid: Option<&str>, claims: &Value) -> String {
        let mut header = Header::new(self.algorithm);
        header.typ = typ.map(str::to_owned);
        header.kid = kid.map(str::to_owned);
        jsonwebtoken::encode(&header, claims, &self.signing).expect("a signature")
    }
}

/// A registered client and its key.
struct Asserting {
    client: TestClient,
    key: Key,
}

/// Registers a client for client credentials with this key and further metadata.
async fn asserting(app: &TestApp, key: Key, further: Value) -> Asserting {
    let mut metadata = json!({
        "client_name": "Job", "grant_types": ["client_credentials"], "scope": "notes",
        "token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [key.jwk("1")]},
    });
    let Value::Object(further) = further else { panic!("metadata is an object") };
    further.into_iter().for_each(|(name, value)| metadata[name] = value);
    Asserting { client: app.client(metadata).await, key }
}

async fn with_scope(app: &TestApp) {
    app.scope("notes").await;
}

impl Asserting {
    /// The claims of a good assertion, with its own identifier each time.
    fn claims(&self, app: &TestApp) -> Value {
        let now = app.clock.now();
        json!({
            "iss": self.client.id, "sub": self.client.id, "aud": app.app.issuer(), "iat": now, "exp": now + 60,
            "jti": grantor::secret::random_id(),
        })
    }

    fn good(&self, app: &TestApp) -> String {
        self.key.sign(None, Some("1"), &self.claims(app))
    }

    /// An assertion in which one claim is another; `null` takes it away.
    fn with(&self, app: &TestApp, claim: &str, value: Value) -> String {
        let mut claims = self.claims(app);
        match value {
            Value::Null => drop(claims.as_object_mut().expect("an object").remove(claim)),
            value => claims[claim] = value,
        }
        self.key.sign(None, None, &claims)
    }
}

/// Asks for a token with nothing but the assertion to say who asks.
async fn token(app: &TestApp, assertion: &str) -> Answer {
    post(app, "/oauth2/token", assertion, &[("grant_type", "client_credentials"), ("scope", "notes")]).await
}

async fn post(app: &TestApp, path: &str, assertion: &str, form: &[(&str, &str)]) -> Answer {
    let mut form = form.to_vec();
    form.extend([("client_assertion_type", TYPE), ("client_assertion", assertion)]);
    app.http.form(path, &form).await
}

fn accepted(answer: &Answer) {
    assert_eq!(answer.status, 200, "{}", answer.body);
}

fn refused(answer: &Answer) -> String {
    assert_eq!((answer.status.as_u16(), answer.error().as_str()), (401, "invalid_client"), "{}", answer.body);
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.text("error_description")
}

async fn every_algorithm_proves_a_client(app: TestApp) {
    with_scope(&app).await;
    for key in [Key::es256(), Key::eddsa(), Key::rsa(Algorithm::RS256), Key::rsa(Algorithm::PS256)] {
        let job = asserting(&app, key, json!({})).await;
        for typ in [None, Some("JWT"), Some("client-authentication+jwt")] {
            accepted(&token(&app, &job.key.sign(typ, Some("1"), &job.claims(&app))).await);
        }
        let with_client_id = [("grant_type", "client_credentials"), ("client_id", job.client.id.as_str())];
        accepted(&post(&app, "/oauth2/token", &job.good(&app), &with_client_id).await);
    }
    let metadata = app.http.get("/.well-known/oauth-authorization-server").await.json();
    for endpoint in ["token", "revocation", "introspection"] {
        let methods = metadata[format!("{endpoint}_endpoint_auth_methods_supported")].as_array().expect("methods");
        assert!(methods.contains(&"private_key_jwt".into()), "{endpoint}");
        let algorithms = &metadata[format!("{endpoint}_endpoint_auth_signing_alg_values_supported")];
        assert_eq!(*algorithms, json!(["RS256", "PS256", "ES256", "EdDSA"]), "{endpoint}");
    }
}

async fn all_endpoints_take_assertions(app: TestApp) {
    with_scope(&app).await;
    let job = asserting(&app, Key::es256(), json!({})).await;
    let access_token = token(&app, &job.good(&app)).await.text("access_token");
    let form = [("token", access_token.as_str())];
    let introspected = post(&app, "/oauth2/introspect", &job.good(&app), &form).await;
    assert_eq!(introspected.json()["active"], true, "{}", introspected.body);
    accepted(&post(&app, "/oauth2/revoke", &job.good(&app), &form).await);
    let introspected = post(&app, "/oauth2/introspect", &job.good(&app), &form).await;
    assert_eq!(introspected.json(), json!({"active": false}));
    for path in ["/oauth2/token", "/oauth2/introspect", "/oauth2/revoke"] {
        let form = [("client_id", job.client.id.as_str()), ("token", "x"), ("grant_type", "client_credentials")];
        refused(&app.http.form(path, &form).await);
        refused(&post(&app, path, &job.with(&app, "aud", "https://evil.example".into()), &form).await);
    }
}

async fn an_assertion_is_the_only_method(app: TestApp) {
    with_scope(&app).await;
    let job = asserting(&app, Key::es256(), json!({})).await;
    let invalid = |answer: Answer| {
        assert_eq!((answer.status.as_u16(), answer.error().as_str()), (400, "invalid_request"), "{}", answer.body);
    };
    let form = [("grant_type", "client_credentials")];
    invalid(post(&app, "/oauth2/token", &job.good(&app), &[form[0], ("client_secret", "s")]).await);
    invalid(post(&app, "/oauth2/token", &job.good(&app), &[form[0], ("client_assertion", "x")]).await);
    invalid(app.http.form("/oauth2/token", &[form[0], ("client_assertion", &job.good(&app))]).await);
    let body = crate::support::http::encode(&[
        form[0],
        ("client_assertion_type", TYPE),
        ("client_assertion", &job.good(&app)),
    ]);
    let basic = basic(&job.client.id, "s");
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("authorization", basic.as_str())];
    invalid(app.http.send("POST", "/oauth2/token", &headers, Some(body)).await);
    refused(&post(&app, "/oauth2/token", &job.good(&app), &[form[0], ("client_id", "c_other")]).await);
}

async fn the_audience_is_the_issuer_as_one_string(app: TestApp) {
    with_scope(&app).await;
    let job = asserting(&app, Key::es256(), json!({})).await;
    let issuer = app.app.issuer().to_owned();
    for wrong in [
        json!(format!("{issuer}/oauth2/token")),
        json!(format!("{issuer}/oauth2/par")),
        json!([issuer]),
        json!([issuer, "https://evil.example"]),
        json!("https://evil.example"),
        json!(format!("{issuer}/")),
        json!(issuer.to_uppercase()),
        Value::Null,
    ] {
        let description = refused(&token(&app, &job.with(&app, "aud", wrong.clone())).await);
        assert!(description.contains("aud"), "{wrong}: {description}");
    }
}

async fn older_clients_may_name_the_token_endpoint(app: TestApp) {
    with_scope(&app).await;
    let older = asserting(&app, Key::es256(), json!({"client_assertion_audience": "token_endpoint"})).await;
    let endpoint = format!("{}/oauth2/token", app.app.issuer());
    accepted(&token(&app, &older.good(&app)).await);
    accepted(&token(&app, &older.with(&app, "aud", endpoint.clone().into())).await);
    refused(&token(&app, &older.with(&app, "aud", json!([endpoint]))).await);
}

async fn an_assertion_counts_once(app: TestApp) {
    with_scope(&app).await;
    let job = asserting(&app, Key::es256(), json!({})).await;
    let once = job.good(&app);
    accepted(&token(&app, &once).await);
    assert!(refused(&token(&app, &once).await).contains("used before"));
    refused(&token(&app, &job.with(&app, "jti", Value::Null)).await);
    // Servers of the tests have an issuer each, so what comes again there is the identifier.
    let other = app.another().await;
    accepted(&token(&other, &job.with(&other, "jti", "1".into())).await);
    drop(other);
    assert!(refused(&token(&app, &job.with(&app, "jti", "1".into())).await).contains("used before"));
    let app = app.restarted().await;
    assert!(refused(&token(&app, &job.with(&app, "jti", "1".into())).await).contains("used before"));
}

async fn of_many_at_the_same_time_one_is_accepted(app: TestApp) {
    with_scope(&app).await;
    let job = asserting(&app, Key::es256(), json!({})).await;
    let assertion: Arc<str> = job.good(&app).into();
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (http, assertion) = (app.http.clone(), Arc::clone(&assertion));
        all.spawn(async move {
            let form = [
                ("grant_type", "client_credentials"),
                ("client_assertion_type", TYPE),
                ("client_assertion", &*assertion),
            ];
            http.form("/oauth2/token", &form).await
        });
    }
    let answers = all.join_all().await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(won.len(), 1);
    for answer in lost {
        refused(answer);
    }
    // The owner of the key is not taken for somebody who guesses.
    accepted(&token(&app, &job.good(&app)).await);
}

async fn an_assertion_stays_used_when_its_request_fails(app: TestApp) {
    with_scope(&app).await;
    let job = asserting(&app, Key::es256(), json!({})).await;
    let assertion = job.good(&app);
    let failed =
        post(&app, "/oauth2/token", &assertion, &[("grant_type", "client_credentials"), ("scope", "unknown")]).await;
    assert_eq!(failed.error(), "invalid_scope");
    refused(&token(&app, &assertion).await);
}

async fn clients_may_have_the_same_identifiers(app: TestApp) {
    with_scope(&app).await;
    let (one, other) = (asserting(&app, Key::es256(), json!({})).await, asserting(&app, Key::es256(), json!({})).await);
    accepted(&token(&app, &one.with(&app, "jti", "1".into())).await);
    accepted(&token(&app, &other.with(&app, "jti", "1".into())).await);
}

async fn identifiers_are_forgotten_an_hour_after_the_assertion_has_expired(app: TestApp) {
    with_scope(&app).await;
    let job = asserting(&app, Key::es256(), json!({})).await;
    accepted(&token(&app, &job.with(&app, "jti", "1".into())).await);
    let sweep = || async { grantor::jobs::sweep::run(&app.app.store, app.clock.now()).await.expect("the sweep") };
    sweep().await;
    refused(&token(&app, &job.with(&app, "jti", "1".into())).await);
    // Also where the clock is behind that of who sweeps.
    app.clock.advance(69 + 3600);
    sweep().await;
    refused(&token(&app, &job.with(&app, "jti", "1".into())).await);
    app.clock.advance(1);
    assert_eq!(sweep().await, 1);
    accepted(&token(&app, &job.with(&app, "jti", "1".into())).await);
}

async fn times_are_judged_with_clocks_that_differ_a_little(app: TestApp) {
    with_scope(&app).await;
    let job = asserting(&app, Key::es256(), json!({})).await;
    let now = app.clock.now();
    for (claim, value) in [("nbf", now + 8), ("iat", now + 8), ("exp", now - 5), ("iat", now - 3600)] {
        accepted(&token(&app, &job.with(&app, claim, value.into())).await);
    }
    for (claim, value) in [
        ("nbf", json!(now + 61)),
        ("iat", json!(now + 61)),
        ("exp", json!(now - 300)),
        ("exp", json!(now + 365 * 24 * 3600)),
        ("exp", Value::Null),
        ("exp", json!("soon")),
        ("iss", Value::Null),
        ("iss", json!("c_other")),
    ] {
        let description = refused(&token(&app, &job.with(&app, claim, value.clone())).await);
        assert!(description.contains(claim) || claim == "exp", "{claim} {value}: {description}");
    }
}

async fn another_kind_of_token_proves_nothing(app: TestApp) {
    with_scope(&app).await;
    let job = asserting(&app, Key::es256(), json!({"access_token_format": "jwt"})).await;
    for typ in ["at+jwt", "dpop+jwt", "logout+jwt", "oauth-authz-req+jwt"] {
        let description = refused(&token(&app, &job.key.sign(Some(typ), None, &job.claims(&app))).await);
        assert!(description.contains("typ"), "{description}");
    }
    let ours = token(&app, &job.good(&app)).await.text("access_token");
    assert_eq!(ours.split('.').count(), 3);
    refused(&token(&app, &ours).await);
}

async fn whoever_has_no_key_learns_nothing(app: TestApp) {
    with_scope(&app).await;
    let job = asserting(&app, Key::es256(), json!({})).await;
    let secret = app.machine("notes").await;
    let stranger = Key::es256();
    let generic = refused(&token(&app, &stranger.sign(None, Some("1"), &job.claims(&app))).await);
    let mut claims = job.claims(&app);
    claims["sub"] = "c_unknown".into();
    let unknown = stranger.sign(None, None, &claims);
    claims["sub"] = secret.id.as_str().into();
    let by_secret = stranger.sign(None, None, &claims);
    let good = job.good(&app);
    let (head, tail) = good.split_once('.').expect("three parts");
    let none = format!("eyJhbGciOiJub25lIn0.{}.", tail.split_once('.').expect("three parts").0);
    for assertion in [
        unknown,
        by_secret,
        none,
        "x".to_owned(),
        "..".to_owned(),
        format!("{good}="),
        format!(" {good}"),
        format!("{good}.{good}"),
        format!("{head}.{}", "A".repeat(2_000)),
        stranger.sign(None, Some("../../dev/null"), &job.claims(&app)),
    ] {
        assert_eq!(refused(&token(&app, &assertion).await), generic, "{assertion}");
    }
    let (context, id) = (app.context(), job.client.id.clone());
    app.manage(move |connection| management::clients::set_disabled(connection, &context, &id, true)).await;
    assert_eq!(refused(&token(&app, &good).await), generic);
}

async fn a_client_keeps_to_its_algorithm(app: TestApp) {
    with_scope(&app).await;
    let further = json!({"token_endpoint_auth_signing_alg": "PS256"});
    // Without alg in its key, both paddings would do.
    let mut jwk = Key::rsa(Algorithm::PS256).jwk("1");
    jwk.as_object_mut().expect("an object").remove("alg");
    let mut job = asserting(&app, Key::rsa(Algorithm::PS256), further).await;
    job.client = {
        let metadata = json!({
            "client_name": "Job", "grant_types": ["client_credentials"], "scope": "notes", "jwks": {"keys": [jwk]},
            "token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "PS256",
        });
        app.client(metadata).await
    };
    accepted(&token(&app, &job.good(&app)).await);
    job.key = Key::rsa(Algorithm::RS256);
    refused(&token(&app, &job.good(&app)).await);
}

async fn a_client_without_keys_cannot_assert(app: TestApp) {
    with_scope(&app).await;
    let key = Key::es256();
    let public = json!({
        "client_name": "App", "redirect_uris": ["https://rp.example/callback"], "token_endpoint_auth_method": "none",
        "jwks": {"keys": [key.jwk("1")]},
    });
    let asserting = Asserting { client: app.client(public).await, key };
    refused(&token(&app, &asserting.good(&app)).await);
}

async fn keys_behind_a_jwks_uri_are_found_and_followed(app: TestApp) {
    with_scope(&app).await;
    let (authority, directory) = (Authority::new(), tempfile::tempdir().expect("a temporary directory"));
    let mut app = app;
    app.config.outbound = Outbound { ca: Some(authority.file(directory.path())), allow_private: true };
    let app = app.restarted().await;
    // Clients that registered themselves hold up others with nothing that they have us fetch.
    let _turns = all_turns(&app.app.strangers).await;

    let (first, second) = (Key::es256(), Key::eddsa());
    let served = Arc::new(Mutex::new(json!({"keys": [first.jwk("1")]}).to_string()));
    let document = Arc::clone(&served);
    let answer = move |_: &str| Reply::http("200 OK", "", &document.lock().expect("no panic"));
    let remote = Remote::start(Some(&authority.certify(&["localhost"])), answer).await;
    let metadata = json!({
        "client_name": "Job", "grant_types": ["client_credentials"], "scope": "notes",
        "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": remote.url("https", "localhost", "/jwks"),
    });
    let mut job = Asserting { client: app.client(metadata).await, key: first };
    for _ in 0..3 {
        accepted(&token(&app, &job.good(&app)).await);
    }
    assert_eq!(remote.requests().len(), 1, "keys are kept");

    *served.lock().expect("no panic") = json!({"keys": [second.jwk("2")]}).to_string();
    job.key = second;
    let next = |app: &TestApp| job.key.sign(None, Some("2"), &job.claims(app));
    refused(&token(&app, &next(&app)).await);
    app.clock.advance(30);
    accepted(&token(&app, &next(&app)).await);
    assert_eq!(remote.requests().len(), 2, "a key that we do not know is asked for");
}

/// Where clients have their keys, as long as it replies so.
struct Published {
    remote: Remote,
    reply: Arc<Mutex<Reply>>,
}

impl Published {
    async fn start() -> Self {
        let reply = Arc::new(Mutex::new(Reply::http("500 Broken", "", "")));
        let current = Arc::clone(&reply);
        let remote = Remote::start(None, move |_| current.lock().expect("no panic").clone()).await;
        Self { remote, reply }
    }

    fn reply(&self, reply: Reply) {
        *self.reply.lock().expect("no panic") = reply;
    }

    fn keys(&self, keys: &[Value]) {
        self.reply(Reply::http("200 OK", "", &json!({ "keys": keys }).to_string()));
    }

    fn uri(&self) -> String {
        self.remote.url("http", "127.0.0.1", "/jwks")
    }
}

/// The server with the keys of clients on this machine.
async fn near(mut app: TestApp) -> TestApp {
    app.config.outbound.allow_private = true;
    app.restarted().await
}

/// Registers a client whose key is somewhere else.
async fn asserting_with_keys_at(app: &TestApp, uri: &str) -> Asserting {
    asserting(app, Key::es256(), json!({ "jwks": null, "jwks_uri": uri })).await
}

fn postponed(answer: &Answer) {
    let told = (answer.status.as_u16(), answer.error());
    assert_eq!(told, (503, "temporarily_unavailable".to_owned()), "{}", answer.body);
    assert_eq!((answer.header("retry-after"), answer.header("cache-control")), ("30", "no-store"));
    let description = answer.text("error_description");
    assert_eq!(description, "The keys at the client's jwks_uri could not be fetched. Try again shortly.");
}

async fn keys_that_cannot_be_fetched_for_now_are_no_failed_proof(app: TestApp) {
    with_scope(&app).await;
    let app = near(app).await;
    let closed = Remote::start(None, |_| Reply::Silence).await.url("http", "127.0.0.1", "/jwks");
    let unreachable = asserting_with_keys_at(&app, &closed).await;
    postponed(&token(&app, &unreachable.good(&app)).await);

    let published = Published::start().await;
    let job = asserting_with_keys_at(&app, &published.uri()).await;
    for _ in 0..=FAILURES {
        postponed(&token(&app, &job.good(&app)).await);
    }
    assert_eq!(published.remote.requests().len(), 1, "however often somebody asks us");
    let counted =
        format!("grantor_oauth_errors_total{{route=\"/oauth2/token\",error=\"keys_unavailable\"}} {}\n", FAILURES + 2);
    assert!(app.http.get("/metrics").await.body.contains(&counted), "by a name of its own");
    for path in ["/oauth2/introspect", "/oauth2/revoke"] {
        postponed(&post(&app, path, &job.good(&app), &[("token", "x")]).await);
    }
    published.reply(Reply::Whole(String::new()));
    app.clock.advance(30);
    postponed(&token(&app, &job.good(&app)).await);

    let action = Some("client.authentication_failed".to_owned());
    let filter = audit_log::Filter { action, ..audit_log::Filter::default() };
    let read = app.app.store.read::<_, StoreError, _>(move |connection| Ok(audit_log::list(connection, &filter, 1)?));
    assert!(read.await.expect("the log can be read").is_empty());
    published.keys(&[job.key.jwk("1")]);
    app.clock.advance(30);
    accepted(&token(&app, &job.good(&app)).await);
}

/// Nobody who asks for it counts, so that there would be no end of lines.
#[test]
fn keys_that_are_away_are_logged_when_we_ask_for_them() {
    let directory = tempfile::tempdir_in(room()).expect("a temporary directory");
    let settings = Settings::of(&directory.path().join("grantor.db").display().to_string())
        .with("RUST_LOG", "info,access=debug")
        .with("GRANTOR_OUTBOUND_ALLOW_PRIVATE", "true");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
    let closed = listener.local_addr().expect("it is bound");
    drop(listener);
    let client = settings.client(&json!({
        "client_name": "Job", "grant_types": ["client_credentials"], "token_endpoint_auth_method": "private_key_jwt",
        "jwks_uri": format!("https://{closed}/jwks"),
    }));
    let assertion = Key::es256().sign(None, Some("1"), &json!({ "iss": client.id, "sub": client.id }));
    let form = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", TYPE),
        ("client_assertion", assertion.as_str()),
    ];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let server = Process::start(&settings, "");
        for _ in 0..4 {
            postponed(&server.http.form("/oauth2/token", &form).await);
        }
        let log = server.log().await;
        let of_requests = log.iter().filter(|line| line.contains("route=/oauth2/token"));
        let told: Vec<_> = of_requests.filter(|line| !line.contains("duration_us")).collect();
        assert_eq!(told.len(), 2, "that a request of ours failed, and whose keys they are: {told:#?}");
    });
}

async fn a_new_key_waits_for_a_server_that_is_down(app: TestApp) {
    with_scope(&app).await;
    let app = near(app).await;
    let published = Published::start().await;
    let job = asserting_with_keys_at(&app, &published.uri()).await;
    published.keys(&[job.key.jwk("1")]);
    accepted(&token(&app, &job.good(&app)).await);

    let new = Key::es256();
    let next = || new.sign(None, Some("2"), &job.claims(&app));
    published.reply(Reply::http("503 Busy", "", ""));
    app.clock.advance(30);
    postponed(&token(&app, &next()).await);
    accepted(&token(&app, &job.good(&app)).await);
    app.clock.advance(600);
    postponed(&token(&app, &next()).await);
    accepted(&token(&app, &job.good(&app)).await);
    published.keys(&[new.jwk("2")]);
    app.clock.advance(30);
    accepted(&token(&app, &next()).await);
}

async fn a_jwks_uri_that_has_no_keys_proves_nothing(app: TestApp) {
    with_scope(&app).await;
    let app = near(app).await;
    let published = Published::start().await;
    let job = asserting_with_keys_at(&app, &published.uri()).await;
    for reply in [
        Reply::http("404 Not Found", "", ""),
        Reply::http("302 Found", "Location: https://rp.example/\r\n", ""),
        Reply::http("200 OK", "", "<html>"),
    ] {
        published.reply(reply);
        app.clock.advance(30);
        refused(&token(&app, &job.good(&app)).await);
    }
    let forbidden = asserting_with_keys_at(&app, "https://169.254.169.254/jwks").await;
    for _ in 0..FAILURES {
        refused(&token(&app, &forbidden.good(&app)).await);
    }
    assert_eq!(token(&app, &forbidden.good(&app)).await.status, 429, "these count");
}

async fn strangers_do_not_learn_which_addresses_are_forbidden(app: TestApp) {
    let app = near(app).await;
    let closed = Remote::start(None, |_| Reply::Silence).await.url("https", "127.0.0.1", "/jwks");
    for uri in [closed.as_str(), "https://169.254.169.254/jwks"] {
        let metadata = but(web(), "token_endpoint_auth_method", "private_key_jwt".into());
        let (client, _) = registered(&app, &but(metadata, "jwks_uri", uri.into())).await;
        let job = Asserting { client, key: Key::es256() };
        postponed(&token(&app, &job.good(&app)).await);
    }
}
