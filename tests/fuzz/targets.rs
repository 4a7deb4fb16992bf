//! What strangers send, byte for byte, and what must hold of it whatever they send. Each target takes any bytes; beyond not
//! panicking, what is taken must mean the same when it is written and read again, and must be nothing that is forbidden.
//!
//! libFuzzer drives them by `tests/fuzz/run`; `cargo test` sends mutations of their seeds (`tests/it/fuzzed.rs`).

use std::fs;
use std::str::from_utf8;
use std::sync::LazyLock;

use actix_web::cookie::Cookie;
use actix_web::http::header::{COOKIE, HeaderValue, LOCATION};
use actix_web::middleware::from_fn;
use actix_web::rt::Runtime;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{HttpRequest, web};
use grantor::clock::Clock;
use grantor::config::Config;
use grantor::config::database_url::DatabaseUrl;
use grantor::config::secret_key::SecretKey;
use grantor::domain::client::{AssertionAudience, Client, Origin};
use grantor::domain::issuer::Issuer;
use grantor::domain::redirect_uri::RedirectUri;
use grantor::domain::scope::ScopeCatalog;
use grantor::keys::foreign::KeySet;
use grantor::keys::jwt::UnverifiedJwt;
use grantor::protocol::client_assertion::{ASSERTION_TYPE, Expected, VerifiedAssertion};
use grantor::protocol::client_auth::Credentials;
use grantor::protocol::error::TokenError;
use grantor::protocol::parameters::Parameters;
use grantor::protocol::{claims_request, logout, registration};
use grantor::store::Store;
use grantor::web::browser::Browser;
use grantor::web::csrf;
use grantor::web::language::choice;
use grantor::web::language::{self, Language};
use grantor::web::routes;
use grantor::web::state::{App, State};
use serde_json::{Map, Value, json};
use url::form_urlencoded;

/// Does something with bytes from a stranger, and fails when a promise is broken.
pub type Target = fn(&[u8]);

/// Every target, by the name of its corpus.
pub const ALL: &[(&str, Target)] = &[
    ("parameters", parameters),
    ("redirect_uri", redirect_uri),
    ("client_assertion", client_assertion),
    ("claims", claims),
    ("basic", basic),
    ("logout", logout),
    ("jwt", jwt),
    ("key_set", key_set),
    ("client_metadata", client_metadata),
    ("cookies", cookies),
];

const NAMES: [&str; 6] = ["client_id", "state", "resource", "scope", "redirect_uri", "a"];

/// A query or a form.
pub fn parameters(data: &[u8]) {
    let Ok(read) = Parameters::parse(data) else { return };
    let mut written = form_urlencoded::Serializer::new(String::new());
    for name in NAMES {
        for value in read.all(name) {
            assert!(!value.is_empty() && !value.contains('\0'));
            written.append_pair(name, value);
        }
    }
    let again = Parameters::parse(written.finish().as_bytes()).expect("what was taken is taken again");
    for name in NAMES {
        assert!(read.all(name).eq(again.all(name)), "{name} changed");
        assert_eq!(read.get(name), read.all(name).next());
        assert!(!again.repeats(name) || read.repeats(name));
        assert!(read.is_sent(name) || !read.repeats(name));
        assert!(name == "resource" || !read.repeats(name) || read.any_repeats());
    }
}

/// A registered URI and one that a request asks for, on a line each.
pub fn redirect_uri(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let (registered, requested) = text.split_once('\n').unwrap_or((text, text));
    let Ok(uri) = RedirectUri::parse(registered) else { return };
    assert_eq!(uri.as_str(), registered);
    assert_eq!(RedirectUri::parse(uri.as_str()).as_ref(), Ok(&uri));
    assert!(uri.matches(registered));
    let url = url::Url::parse(registered).expect("browsers can read it");
    assert!(url.fragment().is_none() && url.username().is_empty() && url.password().is_none());
    assert!(!["javascript", "data", "file", "vbscript", "blob", "about"].contains(&url.scheme()));
    let source = uri.origin_for_csp();
    assert!(!source.contains([';', ',', ' ', '\'', '"', '*']), "{source:?} would end the directive");
    let answer = uri.with_query(&[("code", "a&b=c #"), ("state", "\"<é")]);
    assert!(answer.starts_with(registered) && url::Url::parse(&answer).is_ok_and(|url| url.fragment().is_none()));
    if !uri.matches(requested) || requested == registered {
        return;
    }
    // Another one matches by its loopback port alone.
    let other = url::Url::parse(requested).expect("browsers can read it");
    assert!(uri.is_loopback() && !uri.is_https() && RedirectUri::parse(requested).is_ok());
    assert!(["127.0.0.1", "[::1]"].contains(&other.host_str().unwrap_or_default()));
    assert_eq!(
        (url.scheme(), url.host(), url.path(), url.query()),
        (other.scheme(), other.host(), other.path(), other.query())
    );
}

/// The claims of an assertion whose signature was right.
pub fn client_assertion(data: &[u8]) {
    const NOW: i64 = 1_800_000_000;
    let Ok(claims) = serde_json::from_slice::<Map<String, Value>>(data) else { return };
    let issuer = Issuer::parse("https://id.example").expect("an issuer");
    for audience in [AssertionAudience::Issuer, AssertionAudience::TokenEndpoint] {
        let expected = Expected {
            client_id: "c_app",
            audience,
            issuer: &issuer,
            token_endpoint: "https://id.example/oauth2/token",
            now: NOW,
        };
        let Ok(taken) = VerifiedAssertion::judge(Some("JWT"), &claims, &expected) else { continue };
        assert_eq!((&claims["iss"], &claims["sub"]), (&json!("c_app"), &json!("c_app")));
        assert!(claims["aud"] == "https://id.example" || audience == AssertionAudience::TokenEndpoint);
        assert!(claims["jti"] == taken.jti.as_str() && (1..=255).contains(&taken.jti.len()));
        assert!(taken.expires_at > NOW && taken.expires_at < NOW + 4000);
    }
}

/// The `claims` parameter.
pub fn claims(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let Ok(read) = claims_request::parse(text) else { return };
    assert!(read.userinfo.len() + read.id_token.len() <= 100);
    let written = serde_json::to_string(&read).expect("it is data");
    // As it is stored with a request and a grant.
    assert_eq!(serde_json::from_str::<grantor::domain::claims::ClaimsRequest>(&written).expect(&written), read);
}

/// An `Authorization` header, or an empty line for none, and a form on the next line.
pub fn basic(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let (header, form) = text.split_once('\n').unwrap_or((text, ""));
    let header = Some(header).filter(|header| !header.is_empty());
    let Ok(form) = Parameters::parse(form.as_bytes()) else { return };
    let (secret, assertion) = (form.get("client_secret"), form.get("client_assertion"));
    let asserted = assertion.and_then(|assertion| UnverifiedJwt::parse(assertion).ok()?.subject());
    let read = Credentials::parse(header, &form, asserted.clone());
    let method = match (header, secret, assertion) {
        (None, None, None) => "none",
        (Some(_), None, None) => "client_secret_basic",
        (None, Some(_), None) => "client_secret_post",
        (None, None, Some(_)) => "private_key_jwt",
        _ => {
            assert!(matches!(read, Err(TokenError::Refused(_))), "two methods at once");
            return;
        }
    };
    let Ok(read) = read else { return };
    assert_eq!((read.method(), read.has_proof()), (method, method != "none"));
    assert!(header.is_none_or(|header| header[..6].eq_ignore_ascii_case("basic ")));
    assert_eq!(read.secret_shape().is_some(), header.or(secret).is_some());
    assert!(secret.is_none_or(|secret| read.secret_shape().is_some_and(|(length, _)| length == secret.len())));
    assert_eq!(read.assertion(), assertion);
    assert_eq!(form.get("client_assertion_type"), assertion.map(|_| ASSERTION_TYPE));
    assert!(form.get("client_id").is_none_or(|in_form| in_form == read.client_id));
    match assertion {
        Some(_) => assert_eq!(Some(read.client_id), asserted),
        None => assert!(!read.client_id.is_empty() && !read.client_id.contains('\0')),
    }
}

/// The parameters of a logout.
pub fn logout(data: &[u8]) {
    let Ok(parameters) = Parameters::parse(data) else { return };
    let registered = ["https://app.example/bye", "http://127.0.0.1:80/bye"];
    let metadata = json!({ "client_name": "App", "redirect_uris": ["https://app.example/"],
        "grant_types": ["authorization_code"], "post_logout_redirect_uris": registered });
    let Value::Object(metadata) = metadata else { unreachable!() };
    let client = client(&metadata);
    assert_eq!(logout::client_id(&parameters, None).expect("there is no hint").as_deref(), parameters.get("client_id"));
    assert!(!matches!(logout::validate(&parameters, None, None), Ok(Some(_))), "nobody's request");
    let Ok(Some(request)) = logout::validate(&parameters, Some(&client), None) else { return };
    let redirect = request.redirect(&client);
    assert_eq!(redirect.is_some(), parameters.get("post_logout_redirect_uri").is_some());
    if let Some(redirect) = redirect {
        assert!(
            registered.contains(&redirect.uri().as_str()) && redirect.location().starts_with(redirect.uri().as_str())
        );
    }
}

fn client(metadata: &Map<String, Value>) -> Client {
    Client {
        id: "c_app".to_owned(),
        origin: Origin::Admin,
        metadata: registration::register(metadata, &ScopeCatalog::default()).expect("the metadata is right"),
        redirect_uris: Vec::new(),
        secrets: Vec::new(),
        logo: None,
        trials: Vec::new(),
        machine_grant: None,
        created_at: 0,
        updated_at: 0,
        disabled_at: None,
        version: 1,
    }
}

/// A token that nobody we know has signed. (The key is the example of RFC 7517 §A.1.)
pub fn jwt(data: &[u8]) {
    const KEYS: &str = r#"{"keys": [{"kty": "EC", "crv": "P-256", "alg": "ES256",
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]}"#;
    let Ok(text) = from_utf8(data) else { return };
    let Ok(read) = UnverifiedJwt::parse(text) else { return };
    assert_eq!(text.matches('.').count(), 2);
    assert!(!read.header().contains_key("crit") && !read.header().contains_key("b64"));
    assert_eq!(read.header()["alg"], read.algorithm().name());
    assert_eq!(read.header().get("kid").and_then(Value::as_str), read.kid());
    assert_eq!(read.expect_typ("JWT").is_ok(), read.typ() == Some("JWT"));
    let _ = read.subject();
    let keys = KeySet::parse(KEYS.as_bytes()).expect("a key set");
    assert!(keys.verify(&read).is_err(), "nobody signed it");
}

/// A client's public keys.
pub fn key_set(data: &[u8]) {
    let Ok(keys) = KeySet::parse(data) else { return };
    let set: Value = serde_json::from_slice(data).expect("it was read as one");
    let listed = set["keys"].as_array().expect("it was read as one");
    assert!(!listed.is_empty() || keys.is_empty());
    assert!(listed.iter().all(|key| key["kty"] == "oct" || key.get("d").is_none() || keys.is_empty()), "a private key");
}

/// A registration.
pub fn client_metadata(data: &[u8]) {
    let Ok(sent) = serde_json::from_slice::<Map<String, Value>>(data) else { return };
    let catalog = ScopeCatalog::default();
    let registered = match registration::register(&sent, &catalog) {
        Ok(registered) => registered,
        Err(errors) => {
            assert!(!errors.is_empty());
            assert!(errors.iter().all(|error| !error.problem.to_string().is_empty() && !error.member.is_empty()));
            return;
        }
    };
    for uri in registered.redirect_uris.iter().chain(&registered.post_logout_redirect_uris) {
        assert!(RedirectUri::parse(uri).is_ok(), "{uri}");
    }
    let answered = registration::response("c_app", 0, &registered);
    assert_eq!(registration::register(&answered, &catalog).as_ref(), Ok(&registered), "what was answered is not taken");
}

/// A `Cookie` header: which browser it is, whom it knows, and its language. (The session's cookie is read by actix-session.)
pub fn cookies(data: &[u8]) {
    let Ok(header) = HeaderValue::from_bytes(data) else { return };
    if let Some(browser) = browser_of(&header) {
        assert!(browser.id.len() == 22 && browser.id.is_ascii());
        assert!(!browser.knows(&APP, OWNER), "we have not marked it");
        assert_eq!(browser_of(&as_sent(&browser.cookie(&APP))).as_ref(), Some(&browser));
        let knowing = browser_of(&as_sent(&browser.clone().knowing(&APP, OWNER).cookie(&APP))).expect("it is ours");
        assert!(knowing.id == browser.id && knowing.knows(&APP, OWNER) && !knowing.knows(&APP, "u_other"));
        assert!(!csrf::is_valid(&APP, &browser, None, from_utf8(data).ok()), "we have not made it");
        one_byte_is_enough(&browser.id, data);
    }
    Runtime::new().expect("a runtime").block_on(languages(&header, &String::from_utf8_lossy(data)));
}

/// Whom the marks are of.
const OWNER: &str = "u_alice";

/// What reads cookies, with a secret that no input can know. Its database is empty, and gone once it is open.
static APP: LazyLock<State> = LazyLock::new(|| {
    let directory = std::env::temp_dir().join(format!("grantor-cookies-{}", std::process::id()));
    fs::create_dir_all(&directory).expect("a directory");
    let store = Store::open(&DatabaseUrl::Sqlite(directory.join("grantor.db"))).expect("a database");
    let config = Config::for_tests().issued_by(Issuer::parse("https://id.example").expect("an issuer"));
    let secret = SecretKey::generate();
    let made = App::new(config, &secret, store, Clock::manual());
    let app = Runtime::new().expect("a runtime").block_on(made).expect("an application");
    // A thread of the store may be opening it once more; then it stays.
    let _ = fs::remove_dir_all(&directory);
    State::new(app)
});

fn browser_of(cookies: &HeaderValue) -> Option<Browser> {
    Browser::of(&APP, &TestRequest::default().insert_header((COOKIE, cookies.clone())).to_http_request())
}

/// As a browser sends a cookie that it was given.
fn as_sent(cookie: &Cookie<'_>) -> HeaderValue {
    HeaderValue::from_str(&format!("{}={}", cookie.name(), cookie.value())).expect("a cookie of ours is plain")
}

/// With one byte of it altered, a cookie knows nobody, and neither a token nor another browser's token is believed.
fn one_byte_is_enough(id: &str, data: &[u8]) {
    let bare = HeaderValue::from_str(&format!("{}={id}", APP.cookie_name("browser"))).expect("an id is plain");
    let browser = browser_of(&bare).expect("it is ours").knowing(&APP, OWNER);
    let token = csrf::token(&APP, &browser, None);
    assert!(csrf::is_valid(&APP, &browser, None, Some(&token)));
    let is_believed = |sent: &[u8]| csrf::is_valid(&APP, &browser, None, from_utf8(sent).ok());
    assert!(!is_believed(&altered(token.as_bytes(), data)));
    let Ok(cookie) = HeaderValue::from_bytes(&altered(as_sent(&browser.cookie(&APP)).as_bytes(), data)) else { return };
    let Some(other) = browser_of(&cookie) else { return };
    assert!(!other.knows(&APP, OWNER), "{cookie:?}");
    assert_eq!(csrf::is_valid(&APP, &other, None, Some(&token)), other.id == browser.id, "{cookie:?}");
}

/// `text` with one byte another; `by` says which, and how.
fn altered(text: &[u8], by: &[u8]) -> Vec<u8> {
    let place = by.iter().map(|byte| usize::from(*byte)).sum::<usize>() % text.len();
    let mut altered = text.to_vec();
    altered[place] ^= by.last().copied().unwrap_or_default().max(1);
    altered
}

/// A cookie from anywhere leads to a language of ours; what was chosen at the door is read back, and leads to no other site.
async fn languages(cookies: &HeaderValue, text: &str) {
    let tags: Vec<_> = Language::all().map(Language::tag).collect();
    let said = at_the_door("/", cookies).await;
    assert!(said.body.split_once('\n').is_some_and(|(tag, _)| tags.contains(&tag)), "{:?}", said.body);
    for language in Language::all() {
        let chosen = at_the_door(&choice::link(language, &format!("/login?request={text}")), cookies).await;
        let back = chosen.location.expect("it leads back");
        assert!(back.starts_with('/') && !back.starts_with("//") && !back.contains('\\'), "{back:?}");
        let again = at_the_door("/", &chosen.cookie.expect("it is kept")).await;
        let (tag, request) = again.body.split_once('\n').expect("two lines");
        assert_eq!(tag, language.tag());
        assert!(request.is_empty() || text.split('&').next() == Some(request), "{request:?} was not asked for");
        let is_id = (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        assert!(!is_id || request == text, "{request:?}");
    }
}

/// An answer of the door: the cookie that it sets, where it leads, and the language and the request it was chosen for.
struct Door {
    cookie: Option<HeaderValue>,
    location: Option<String>,
    body: String,
}

async fn at_the_door(uri: &str, cookies: &HeaderValue) -> Door {
    let spoken = |request: HttpRequest| async move {
        format!("{}\n{}", language::current().tag(), choice::outweighed_request(&request).unwrap_or_default())
    };
    let app = actix_web::App::new()
        .app_data(APP.clone())
        .wrap(from_fn(choice::of_browser))
        .route(routes::LANGUAGE, web::get().to(choice::choose))
        .default_service(web::to(spoken));
    let service = init_service(app).await;
    let request = TestRequest::with_uri(uri).insert_header((COOKIE, cookies.clone())).to_request();
    let response = call_service(&service, request).await;
    let cookie = response.response().cookies().next().map(|cookie| as_sent(&cookie));
    let location = response.headers().get(LOCATION).map(|path| path.to_str().expect("a path is plain").to_owned());
    let body = String::from_utf8_lossy(&read_body(response).await).into_owned();
    Door { cookie, location, body }
}
