//! Who may do what: every route of the console and of the management API, against every role and every kind of token.
//!
//! The tables below declare what each route takes. A route that they lack, or one more method of a path, fails here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use grantor::domain::resource_owner::{Right, Role};
use grantor::management;
use grantor::management::registration_tokens::NewRegistrationToken;
use grantor::management::resources::NewResource;
use grantor::store::paging::Place;
use grantor::web::routes::{
    ADMIN, ADMIN_AUDIT_LOG, ADMIN_AUDIT_LOG_EXPORT, ADMIN_AUDIT_LOG_VERIFY, ADMIN_CLAIMS, ADMIN_CLIENT,
    ADMIN_CLIENT_CONNECT, ADMIN_CLIENT_DELETE, ADMIN_CLIENT_DISABLE, ADMIN_CLIENT_EDIT, ADMIN_CLIENT_ENABLE,
    ADMIN_CLIENT_LOGO, ADMIN_CLIENT_PLAYGROUND, ADMIN_CLIENT_REVIEW_MEND, ADMIN_CLIENT_REVOKE,
    ADMIN_CLIENT_ROTATE_SECRET, ADMIN_CLIENT_SECRET_DELETE, ADMIN_CLIENT_SECRET_EXPIRY, ADMIN_CLIENTS,
    ADMIN_CLIENTS_NEW, ADMIN_GRANT, ADMIN_GRANT_REVOKE, ADMIN_GRANTS, ADMIN_KEYS, ADMIN_KEYS_ROTATE,
    ADMIN_LOGOUT_DELIVERIES, ADMIN_MAILS, ADMIN_PLAYGROUND, ADMIN_PLAYGROUND_CALLBACK, ADMIN_REGISTRATION_TOKEN_REVOKE,
    ADMIN_REGISTRATION_TOKENS, ADMIN_REGISTRATION_TOKENS_NEW, ADMIN_REQUEST, ADMIN_REQUEST_FIX, ADMIN_REQUESTS,
    ADMIN_RESOURCE_DELETE, ADMIN_RESOURCE_EDIT, ADMIN_RESOURCES, ADMIN_RESOURCES_NEW, ADMIN_SCOPE_DELETE,
    ADMIN_SCOPE_EDIT, ADMIN_SCOPES, ADMIN_SCOPES_NEW, ADMIN_SECURITY_REVIEW, ADMIN_SESSION_END, ADMIN_SESSIONS,
    ADMIN_SETTINGS, ADMIN_SETTINGS_ACCESS, ADMIN_SETTINGS_BRANDING, ADMIN_SETTINGS_BRANDING_PREVIEW,
    ADMIN_SETTINGS_CONFIGURATION, ADMIN_SETTINGS_CONFIGURATION_FILE, ADMIN_SETTINGS_LIFETIMES, ADMIN_SETTINGS_LIMITS,
    ADMIN_SETTINGS_RETENTION, ADMIN_SYSTEM, ADMIN_TOKEN, ADMIN_TOKEN_REVOKE, ADMIN_TOKENS, ADMIN_TOKENS_FIND,
    ADMIN_USER, ADMIN_USER_CONFIRM_EMAIL, ADMIN_USER_DELETE, ADMIN_USER_DISABLE, ADMIN_USER_EDIT, ADMIN_USER_ENABLE,
    ADMIN_USER_MAIL_CONFIRMATION, ADMIN_USER_MAIL_LINK, ADMIN_USER_SESSION_END, ADMIN_USER_SET_PASSWORD,
    ADMIN_USER_SIGN_OUT, ADMIN_USERS, ADMIN_USERS_NEW, API_AUDIT_LOG, API_CLIENT, API_CLIENT_ACTION, API_CLIENT_SECRET,
    API_CLIENTS, API_GRANT, API_GRANTS, API_OPENAPI, API_REQUEST, API_REQUESTS, API_SCOPE, API_SCOPES, API_SESSIONS,
    API_TOKEN, API_TOKENS, API_USER, API_USER_ACTION, API_USER_EMAIL_LINK, API_USER_LINK, API_USER_SESSION,
    API_USER_SESSIONS, API_USERS, API_WHOAMI,
};
use serde_json::json;

use crate::support::app::{REDIRECT_URI, TestApp, on_both_databases};
use crate::support::http::{Answer, Authorization, Browser, code, redemption, tokens};

on_both_databases!(
    the_console_opens_to_those_with_the_right,
    the_api_opens_to_those_with_scope_and_right,
    pages_offer_nothing_that_is_refused,
    a_role_counts_at_once,
    only_admins_make_links_for_those_who_work_here,
    what_was_given_before_a_promotion_does_not_rise,
);

const READ: Right = Right::Read;
const SUPPORT: Right = Right::Support;
const ADMINISTER: Right = Right::Administer;

/// The console: path, what reading it takes, and what sending its form takes.
const CONSOLE: &[(&str, Option<Right>, Option<Right>)] = &[
    (ADMIN, Some(READ), None),
    (ADMIN_CLIENTS, Some(READ), Some(ADMINISTER)),
    (ADMIN_CLIENTS_NEW, Some(ADMINISTER), None),
    (ADMIN_CLIENT, Some(READ), Some(ADMINISTER)),
    (ADMIN_CLIENT_EDIT, Some(ADMINISTER), None),
    (ADMIN_CLIENT_LOGO, Some(ADMINISTER), Some(ADMINISTER)),
    (ADMIN_CLIENT_CONNECT, Some(READ), None),
    (ADMIN_CLIENT_PLAYGROUND, Some(ADMINISTER), Some(ADMINISTER)),
    (ADMIN_PLAYGROUND, Some(ADMINISTER), None),
    (ADMIN_PLAYGROUND_CALLBACK, Some(ADMINISTER), None),
    (ADMIN_CLIENT_DISABLE, Some(ADMINISTER), Some(ADMINISTER)),
    (ADMIN_CLIENT_ENABLE, Some(ADMINISTER), Some(ADMINISTER)),
    (ADMIN_CLIENT_ROTATE_SECRET, Some(ADMINISTER), Some(ADMINISTER)),
    (ADMIN_CLIENT_SECRET_DELETE, Some(ADMINISTER), Some(ADMINISTER)),
    (ADMIN_CLIENT_SECRET_EXPIRY, Some(ADMINISTER), Some(ADMINISTER)),
    (ADMIN_CLIENT_DELETE, Some(ADMINISTER), Some(ADMINISTER)),
    (ADMIN_REGISTRATION_TOKENS, Some(READ), Some(ADMINISTER)),
    (ADMIN_REGISTRATION_TOKENS_NEW, Some(ADMINISTER), None),
    (ADMIN_REGISTRATION_TOKEN_REVOKE, Some(ADMINISTER), Some(ADMINISTER)),
    (ADMIN_SCOPES, Some(READ), Some(ADMINISTER)),
    (ADMIN_SCOPES_NEW, Some(ADMINISTER), None),
    (ADMIN_SCOPE_EDIT, Some(ADMINISTER), Some(ADMINISTER)),
    (ADMIN_SCOPE_DELETE, Some(ADMINISTER), Some(ADMINISTER)),
    (ADMIN_RESOURCES, Some(READ), Some(ADMINISTER)),
    (ADMIN_RESOURCES_NEW, Some(ADMINISTER), None),
    (ADMIN_RESOURCE_EDIT, Some(ADMINISTER), Some(ADMINISTER)),
    (ADMIN_RESOURCE_DELETE, Some(ADMINISTER), Some(ADMINISTER)),
    (ADMIN_USERS, Some(READ), Some(ADMINISTER)),
    (ADMIN_USERS_NEW, Some(ADMINISTER), None),
    (ADMIN_USER, Some(READ), Some(ADMINISTER)),
    (ADMIN_USER_EDIT, Some(ADMINISTER), None),
    (ADMIN_USER_DISABLE, Some(ADMINISTER), Some(ADMINISTER)),
    (ADMIN_USER_ENABLE, Some(ADMINISTER), Some(ADMINISTER)),
    (ADMIN_USER_SET_PASSWORD, Some(SUPPORT), Some(SUPPORT)),
    (ADMIN_USER_DELETE, Some(ADMINISTER), Some(ADMINISTER)),
    (ADMIN_USER_SIGN_OUT, Some(SUPPORT), Some(SUPPORT)),
    (ADMIN_USER_SESSION_END, None, Some(SUPPORT)),
    (ADMIN_CLAIMS, Some(READ), None),
    (ADMIN_GRANTS, Some(READ), None),
    (ADMIN_GRANT, Some(READ), None),
    (ADMIN_GRANT_REVOKE, Some(SUPPORT), Some(SUPPORT)),
    (ADMIN_CLIENT_REVOKE, Some(SUPPORT), Some(SUPPORT)),
    (ADMIN_TOKENS, Some(READ), None),
    (ADMIN_TOKENS_FIND, Some(READ), Some(READ)),
    (ADMIN_TOKEN, Some(READ), None),
    (ADMIN_TOKEN_REVOKE, Some(SUPPORT), Some(SUPPORT)),
    (ADMIN_SESSIONS, Some(READ), None),
    (ADMIN_SESSION_END, Some(SUPPORT), Some(SUPPORT)),
    (ADMIN_LOGOUT_DELIVERIES, Some(READ), Some(SUPPORT)),
    (ADMIN_MAILS, Some(READ), Some(SUPPORT)),
    (ADMIN_USER_MAIL_LINK, Some(SUPPORT), Some(SUPPORT)),
    (ADMIN_USER_CONFIRM_EMAIL, Some(SUPPORT), Some(SUPPORT)),
    (ADMIN_USER_MAIL_CONFIRMATION, Some(SUPPORT), Some(SUPPORT)),
    (ADMIN_KEYS, Some(READ), None),
    (ADMIN_KEYS_ROTATE, Some(ADMINISTER), Some(ADMINISTER)),
    (ADMIN_SYSTEM, Some(READ), None),
    (ADMIN_SETTINGS, Some(READ), None),
    (ADMIN_SETTINGS_BRANDING, Some(READ), Some(ADMINISTER)),
    (ADMIN_SETTINGS_BRANDING_PREVIEW, Some(READ), Some(ADMINISTER)),
    (ADMIN_SETTINGS_CONFIGURATION, Some(READ), Some(ADMINISTER)),
    (ADMIN_SETTINGS_CONFIGURATION_FILE, Some(READ), None),
    (ADMIN_SETTINGS_LIFETIMES, Some(READ), Some(ADMINISTER)),
    (ADMIN_SETTINGS_ACCESS, Some(READ), Some(ADMINISTER)),
    (ADMIN_SETTINGS_LIMITS, Some(READ), Some(ADMINISTER)),
    (ADMIN_SETTINGS_RETENTION, Some(READ), Some(ADMINISTER)),
    (ADMIN_REQUESTS, Some(READ), None),
    (ADMIN_REQUEST, Some(READ), None),
    (ADMIN_REQUEST_FIX, Some(ADMINISTER), Some(ADMINISTER)),
    (ADMIN_SECURITY_REVIEW, Some(READ), None),
    (ADMIN_CLIENT_REVIEW_MEND, Some(ADMINISTER), Some(ADMINISTER)),
    (ADMIN_AUDIT_LOG, Some(READ), None),
    (ADMIN_AUDIT_LOG_EXPORT, Some(READ), None),
    (ADMIN_AUDIT_LOG_VERIFY, Some(READ), None),
];

/// The management API: method and path, the scope that a token needs, and the right of the user in whose name it acts.
const API: &[(&str, &str, &str, Option<Right>)] = &[
    ("GET", API_WHOAMI, "", None),
    ("GET", API_CLIENTS, "grantor.clients:read", Some(READ)),
    ("POST", API_CLIENTS, "grantor.clients:write", Some(ADMINISTER)),
    ("GET", API_CLIENT, "grantor.clients:read", Some(READ)),
    ("PUT", API_CLIENT, "grantor.clients:write", Some(ADMINISTER)),
    ("DELETE", API_CLIENT, "grantor.clients:write", Some(ADMINISTER)),
    ("POST", API_CLIENT_ACTION, "grantor.clients:write", Some(ADMINISTER)),
    ("DELETE", API_CLIENT_SECRET, "grantor.clients:write", Some(ADMINISTER)),
    ("GET", API_SCOPES, "grantor.scopes:read", Some(READ)),
    ("POST", API_SCOPES, "grantor.scopes:write", Some(ADMINISTER)),
    ("DELETE", API_SCOPE, "grantor.scopes:write", Some(ADMINISTER)),
    ("GET", API_USERS, "grantor.users:read", Some(READ)),
    ("POST", API_USERS, "grantor.users:write", Some(ADMINISTER)),
    ("GET", API_USER, "grantor.users:read", Some(READ)),
    ("PUT", API_USER, "grantor.users:write", Some(ADMINISTER)),
    ("DELETE", API_USER, "grantor.users:write", Some(ADMINISTER)),
    ("POST", API_USER_ACTION, "grantor.users:write", Some(ADMINISTER)),
    ("POST", API_USER_LINK, "grantor.users:write", Some(SUPPORT)),
    ("POST", API_USER_EMAIL_LINK, "grantor.users:write", Some(SUPPORT)),
    ("GET", API_USER_SESSIONS, "grantor.users:read", Some(READ)),
    ("DELETE", API_USER_SESSIONS, "grantor.users:write", Some(SUPPORT)),
    ("DELETE", API_USER_SESSION, "grantor.users:write", Some(SUPPORT)),
    ("GET", API_TOKENS, "grantor.grants:read", Some(READ)),
    ("GET", API_TOKEN, "grantor.grants:read", Some(READ)),
    ("DELETE", API_TOKEN, "grantor.grants:write", Some(SUPPORT)),
    ("GET", API_SESSIONS, "grantor.grants:read", Some(READ)),
    ("GET", API_AUDIT_LOG, "grantor.audit-log:read", Some(READ)),
    ("GET", API_GRANTS, "grantor.grants:read", Some(READ)),
    ("GET", API_GRANT, "grantor.grants:read", Some(READ)),
    ("DELETE", API_GRANT, "grantor.grants:write", Some(SUPPORT)),
    ("GET", API_REQUESTS, "grantor.requests:read", Some(READ)),
    ("GET", API_REQUEST, "grantor.requests:read", Some(READ)),
];

/// What anybody may read.
const PUBLIC: &[&str] = &[API_OPENAPI];

const ROUTES: &str = include_str!("../../src/web/routes.rs");

/// The paths of `routes.rs` that start so.
fn paths(start: &str) -> BTreeSet<&'static str> {
    let paths = ROUTES.lines().filter_map(|line| line.strip_prefix("pub const ")?.split_once(": &str = \""));
    paths.filter_map(|(_, path)| path.strip_suffix("\";")).filter(|path| path.starts_with(start)).collect()
}

#[test]
fn every_route_declares_what_it_takes() {
    let console: BTreeSet<&str> = CONSOLE.iter().map(|(path, ..)| *path).collect();
    assert_eq!(console, paths("/admin"), "the table (left), src/web/routes.rs (right)");
    let api: BTreeSet<&str> = API.iter().map(|(_, path, ..)| *path).chain(PUBLIC.iter().copied()).collect();
    assert_eq!(api, paths("/api/"), "the table (left), src/web/routes.rs (right)");
    for room in ["admin", "api"] {
        let places = source_of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web").join(room));
        for registered in ["resource(", "page(", "form(", "button(", "document("] {
            let literal = format!("{registered}\"/");
            assert!(!places.contains(&literal), "src/web/{room} registers a path that src/web/routes.rs does not name");
        }
    }
}

fn source_of(directory: &Path) -> String {
    let entries = fs::read_dir(directory).expect("the folder is in the repository").filter_map(Result::ok);
    entries
        .map(|entry| entry.path())
        .map(|path| if path.is_dir() { source_of(&path) } else { fs::read_to_string(&path).unwrap_or_default() })
        .collect()
}

/// A browser of somebody of each role.
async fn browsers(app: &TestApp) -> Vec<(Role, Browser)> {
    let mut browsers = Vec::new();
    for role in Role::ALL {
        let name = format!("the-{}", role.as_str());
        app.person(&name, None, role, json!({})).await;
        let mut browser = Browser::new(app);
        assert_eq!(browser.sign_in(&name).await.status, 303);
        browsers.push((role, browser));
    }
    browsers
}

/// The console's paths with what is there in their places.
async fn filled(app: &TestApp) -> BTreeMap<&'static str, String> {
    app.scope("reports").await;
    let bob = app.user("bob").await;
    // Its review finds something to mend, and so does whoever looks at its request.
    let client = app
        .client(json!({ "client_name": "Web app", "redirect_uris": [REDIRECT_URI], "scope": "reports",
            "grant_types": ["authorization_code", "refresh_token"], "access_token_lifetime": 172_800 }))
        .await;
    tokens(app, &client, "reports", "bob").await;
    let refused = Authorization::of(&client, "reports").with("redirect_uri", "https://rp.example/2").path();
    let refused = app.http.get(&refused).await.header("x-request-id").to_owned();
    let (context, id, owner) = (app.context(), client.id.clone(), bob.clone());
    let catalog = app.app.store.catalog().await.expect("a catalogue");
    let (secret, registration, grant, session, token) = app
        .manage(move |connection| {
            let resource = NewResource {
                uri: "https://api.example/".to_owned(),
                name: "API".to_owned(),
                scopes: Vec::new(),
                token_format: None,
                introspected_by: Vec::new(),
            };
            management::resources::create(connection, &context, &resource, &catalog.scopes)?;
            management::clients::add_secret(connection, &context, &id)?;
            let client = grantor::store::clients::find(connection, &id)?.expect("it is there");
            let new = NewRegistrationToken { uses: 1, expires_in: 3600, note: String::new() };
            let (registration, _) = management::registration_tokens::create(connection, &context, &new)?;
            let filter = grantor::store::grants::Filter::default();
            let grant = grantor::store::grants::list(connection, &filter, 1, context.now)?.pop().expect("it was given");
            let kind = grantor::store::live_tokens::Kind::Access;
            let tokens = grantor::store::live_tokens::list(connection, kind, &filter, &Place::Top, 1, context.now)?;
            let sessions = grantor::store::sessions::list_of_owner(connection, &owner, context.now)?;
            Ok((
                client.secrets[0].id.clone(),
                registration.id,
                grant.id.to_string(),
                sessions[0].id.clone(),
                tokens[0].id.to_string(),
            ))
        })
        .await;
    let fill = |path: &str| {
        let id = match path.split('/').nth(2).unwrap_or_default() {
            "clients" => client.id.as_str(),
            "users" => &bob,
            "grants" => &grant,
            "tokens" => &token,
            "sessions" => &session,
            "registration-tokens" => &registration,
            "requests" => &refused,
            _ => "",
        };
        let path = path.replace("{id}", id).replace("{name}", "reports").replace("{secret_id}", &secret);
        let path = path.replace("{sid}", &session).replace("{rule}", "access-token-long").replace("{run}", "unknown");
        let is_of_resource = [ADMIN_RESOURCE_DELETE, ADMIN_RESOURCE_EDIT].contains(&path.as_str());
        if is_of_resource { format!("{path}?uri=https://api.example/") } else { path }
    };
    CONSOLE.iter().map(|(path, ..)| (*path, fill(path))).collect()
}

fn heading(answer: &Answer) -> String {
    answer.find("h1").unwrap_or_default()
}

async fn the_console_opens_to_those_with_the_right(app: TestApp) {
    let paths = filled(&app).await;
    let mut anonymous = Browser::new(&app);
    let mut browsers = browsers(&app).await;
    for (pattern, read, sent) in CONSOLE {
        let path = &paths[pattern];
        assert!(!path.contains('{'), "{path}: say what stands there");
        for (method, right) in [("GET", *read), ("POST", *sent)] {
            let body = (method == "POST").then(String::new);
            let Some(right) = right else {
                let answer = anonymous.send(method, path, body).await;
                assert_eq!(answer.status, 405, "{method} {pattern} is not declared");
                continue;
            };
            let answer = anonymous.send(method, path, body.clone()).await;
            assert_eq!(answer.status, 303, "{method} {pattern}, nobody signed in");
            assert!(answer.location().starts_with("/login"), "{method} {pattern}: {}", answer.location());
            for (role, browser) in &mut browsers {
                let answer = browser.send(method, path, body.clone()).await;
                let who = format!("{method} {pattern} as {role:?}: {} {}", answer.status, heading(&answer));
                match (role.may(right), method) {
                    (false, _) => {
                        assert_eq!((answer.status.as_u16(), heading(&answer).as_str()), (403, REFUSED), "{who}");
                    }
                    // Nobody has begun a run there.
                    (true, "GET") if *pattern == ADMIN_PLAYGROUND_CALLBACK => assert_eq!(answer.status, 400, "{who}"),
                    (true, "GET") => assert_eq!(answer.status, 200, "{who}"),
                    // Nothing is done: the form has no CSRF token.
                    (true, _) => assert!(answer.status == 403 && heading(&answer) != REFUSED, "{who}"),
                }
            }
        }
        for method in ["PUT", "PATCH", "DELETE"] {
            assert_eq!(anonymous.send(method, path, Some(String::new())).await.status, 405, "{method} {pattern}");
        }
    }
}

const REFUSED: &str = "You cannot open this page";

async fn the_api_opens_to_those_with_scope_and_right(app: TestApp) {
    let scopes: BTreeSet<&str> = API.iter().map(|(_, _, scope, _)| *scope).filter(|scope| !scope.is_empty()).collect();
    let all = scopes.iter().copied().collect::<Vec<_>>().join(" ");
    let machine = app.machine(&all).await;
    let issue = async |scope: &str| {
        let form = [("grant_type", "client_credentials"), ("scope", scope)];
        app.http.as_client(&machine, "/oauth2/token", &form).await.text("access_token")
    };
    let mut with = BTreeMap::new();
    let mut without = BTreeMap::new();
    for scope in &scopes {
        let others: Vec<&str> = scopes.iter().copied().filter(|each| each != scope).collect();
        with.insert(*scope, issue(scope).await);
        without.insert(*scope, issue(&others.join(" ")).await);
    }
    let web = app
        .client(json!({
            "client_name": "Desk",
            "redirect_uris": [REDIRECT_URI],
            "grant_types": ["authorization_code"],
            "scope": all,
        }))
        .await;
    let mut of_role = Vec::new();
    for role in Role::ALL {
        let name = format!("the-{}", role.as_str());
        app.person(&name, None, role, json!({})).await;
        let code = code(&app, &web, &all, &name).await;
        let answer = app.http.as_client(&web, "/oauth2/token", &redemption(&code)).await;
        of_role.push((role, answer.text("access_token")));
    }
    let declared: BTreeSet<(&str, &str)> = API.iter().map(|(method, path, ..)| (*method, *path)).collect();
    let any = with["grantor.users:read"].clone();
    for (method, pattern, scope, right) in API {
        let path = sample(pattern);
        let send = async |token: Option<&str>| {
            let bearer = token.map(|token| format!("Bearer {token}"));
            let headers: Vec<(&str, &str)> = bearer.iter().map(|value| ("authorization", value.as_str())).collect();
            app.http.send(method, &path, &headers, None).await
        };
        assert_eq!(send(None).await.status, 401, "{method} {pattern} without a token");
        if scope.is_empty() {
            assert_eq!(send(Some(&any)).await.status, 200, "{method} {pattern}");
            continue;
        }
        let refused = send(Some(&without[scope])).await;
        assert_eq!(refused.status, 403, "{method} {pattern} without the scope");
        assert_eq!(refused.error(), "insufficient_scope", "{method} {pattern}");
        let machine = send(Some(&with[scope])).await;
        assert!(![401, 403, 405].contains(&machine.status.as_u16()), "{method} {pattern}: {}", machine.body);
        let right = right.expect("what has a scope takes a right");
        for (role, token) in &of_role {
            let answer = send(Some(token)).await;
            if role.may(right) {
                assert!(![401, 403, 405].contains(&answer.status.as_u16()), "{method} {pattern}: {}", answer.body);
            } else {
                assert_eq!(answer.status, 403, "{method} {pattern} for {role:?}");
                assert_eq!(answer.error(), "access_denied", "{method} {pattern} for {role:?}");
            }
        }
    }
    let bearer = format!("Bearer {}", issue(&all).await);
    for path in API.iter().map(|(_, path, ..)| *path).collect::<BTreeSet<_>>() {
        for method in
            ["GET", "POST", "PUT", "PATCH", "DELETE"].into_iter().filter(|each| !declared.contains(&(*each, path)))
        {
            let answer = app.http.send(method, &sample(path), &[("authorization", &bearer)], None).await;
            assert_eq!(answer.status, 405, "{method} {path} is not declared");
        }
    }
}

/// The path of something that is not there.
fn sample(pattern: &str) -> String {
    let parts = pattern.split('/').map(|part| match part {
        "{action}" => "disable",
        _ if part.starts_with('{') => "nothing",
        _ => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

/// Every link, button and form of the console's pages, for each role: what is offered is not refused.
async fn pages_offer_nothing_that_is_refused(app: TestApp) {
    let paths = filled(&app).await;
    let patterns: Vec<(Vec<&str>, Option<Right>, Option<Right>)> =
        CONSOLE.iter().map(|(path, read, sent)| (path.split('/').collect(), *read, *sent)).collect();
    let taken = |path: &str, is_form: bool| {
        let path: Vec<&str> = path.split(['?', '#']).next().unwrap_or_default().split('/').collect();
        let is_it = |pattern: &[&str]| {
            pattern.len() == path.len()
                && pattern.iter().zip(&path).all(|(pattern, part)| pattern.starts_with('{') || pattern == part)
        };
        // Words before braces: `/admin/users/new` is not a user.
        let found = patterns.iter().filter(|(pattern, ..)| is_it(pattern));
        let found = found.min_by_key(|(pattern, ..)| pattern.iter().filter(|part| part.starts_with('{')).count());
        found.and_then(|(_, read, sent)| if is_form { *sent } else { *read })
    };
    for (role, mut browser) in browsers(&app).await.into_iter().filter(|(role, _)| role.may(Right::Read)) {
        let mut offered = 0;
        for (pattern, read, _) in CONSOLE.iter().filter(|(_, read, _)| read.is_some_and(|read| role.may(read))) {
            assert!(read.is_some());
            let page = browser.get(&paths[pattern]).await;
            let html = scraper::Html::parse_document(&page.body);
            for (css, attribute, is_form) in [
                ("a[href]", "href", false),
                ("form[method=post]", "action", true),
                ("button[formaction]", "formaction", true),
            ] {
                let selector = scraper::Selector::parse(css).expect("a selector");
                for element in html.select(&selector) {
                    let target = element.attr(attribute).unwrap_or_default();
                    let Some(right) = taken(target, is_form) else { continue };
                    assert!(role.may(right), "{pattern} offers {target} to {role:?}");
                    offered += 1;
                }
            }
        }
        assert!(offered > 50, "{role:?}: {offered}");
    }
}

async fn a_role_counts_at_once(app: TestApp) {
    let bob = app.user("bob").await;
    let set = async |role| {
        let (context, bob) = (app.context(), bob.clone());
        app.manage(move |connection| management::users::set_role(connection, &context, &bob, role)).await;
    };
    let mut browser = Browser::new(&app);
    browser.sign_in("bob").await;
    assert_eq!(browser.get("/admin").await.status, 403);
    set(Role::Support).await;
    assert_eq!(browser.get("/admin").await.status, 303, "a browser left open does not rise with its owner");
    browser.sign_in("bob").await;
    assert_eq!(browser.get("/admin").await.status, 200);
    assert!(browser.get(&format!("/admin/users/{bob}")).await.find("#password a").is_none(), "a link for oneself");
    set(Role::Auditor).await;
    assert_eq!(browser.get("/admin").await.status, 200, "who may do less stays signed in");
    assert_eq!(browser.get(&format!("/admin/users/{bob}/set-password")).await.status, 403);
    set(Role::User).await;
    assert_eq!(browser.get("/admin").await.status, 403);
    assert_eq!(browser.get("/account").await.status, 200);

    let mut root = Browser::new(&app);
    app.admin("root").await;
    root.sign_in("root").await;
    let page = root.get(&format!("/admin/users/{bob}/edit")).await;
    let fields = [("username", "bob"), ("email", ""), ("display_name", ""), ("role", "auditor")];
    assert_eq!(root.submit(&format!("/admin/users/{bob}"), &page, &fields).await.status, 303);
    let log = root.get("/admin/audit-log?action=user.role_changed").await;
    assert!(log.body.contains("Was User; Is Auditor"), "{}", log.body);
    let page = root.get(&format!("/admin/users/{bob}/edit")).await;
    assert!(page.find("input[name=role][value=auditor][checked]").is_some(), "{}", page.body);
}

async fn what_was_given_before_a_promotion_does_not_rise(app: TestApp) {
    app.scope("reports").await;
    let bob = app.user("bob").await;
    app.person("helen", None, Role::Support, json!({})).await;
    let client = app.web("reports").await;
    let access = tokens(&app, &client, "reports", "bob").await.text("access_token");
    let mut helen = Browser::new(&app);
    helen.sign_in("helen").await;
    let path = format!("/admin/users/{bob}/set-password");
    let page = helen.get(&path).await;
    let link = helen.submit(&path, &page, &[]).await.find("#link").expect("a link");
    let (_, token) = link.split_once("token=").expect("a token");
    let opens = async || app.http.get(&format!("/set-password?token={token}")).await.status;
    assert_eq!((opens().await.as_u16(), app.http.bearer("/api/v1/whoami", &access).await.status.as_u16()), (200, 200));

    let (context, id) = (app.context(), bob.clone());
    app.manage(move |connection| management::users::set_role(connection, &context, &id, Role::Admin)).await;
    assert_eq!(opens().await, 404, "support could become administrator by it");
    assert_eq!(app.http.bearer("/api/v1/whoami", &access).await.status, 401);
}

async fn only_admins_make_links_for_those_who_work_here(app: TestApp) {
    let (bob, root) = (app.user("bob").await, app.admin("root").await);
    app.person("helen", None, Role::Support, json!({})).await;
    let mut helen = Browser::new(&app);
    helen.sign_in("helen").await;
    for (id, is_made) in [(&bob, true), (&root, false)] {
        let path = format!("/admin/users/{id}/set-password");
        let page = helen.get(&path).await;
        let answer = helen.submit(&path, &page, &[]).await;
        assert_eq!(answer.find("#link").is_some(), is_made, "{} {}", answer.status, answer.body);
        if !is_made {
            let told = helen.follow(answer).await;
            assert!(
                told.find("[role=alert]").is_some_and(|why| why.contains("Only an administrator")),
                "{}",
                told.body
            );
            assert!(told.find("#password a").is_none(), "it is not offered");
        }
    }
}
