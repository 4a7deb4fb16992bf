//! The management API: each operation against `openapi.json`, what is refused, secrets, and what its lists leave out.

use std::collections::BTreeSet;

use grantor::domain::grant::{GrantFacts, GrantId};
use grantor::domain::resource_owner::Role;
use grantor::domain::scope;
use grantor::management;
use grantor::protocol::check::Endpoint;
use grantor::store::clients;
use grantor::store::grants::{self, NewGrant};
use serde_json::{Value, json};

use crate::support::app::{REDIRECT_URI, TestApp, TestClient, on_both_databases};
use crate::support::form::{admin, save};
use crate::support::http::{Answer, Authorization, tokens};
use crate::support::registration::send;

on_both_databases!(
    every_answer_is_as_described,
    every_refusal_is_as_described,
    whatever_is_refused_is_a_problem,
    the_description_names_what_there_is,
    a_secret_is_deleted_by_its_id,
    a_secret_that_has_expired_makes_room,
    a_grant_that_is_over_is_not_listed,
    a_client_with_very_many_grants_is_deleted_in_parts,
    errors_name_members_that_there_are,
);

/// A token of a machine.
async fn token(app: &TestApp, scope: &str) -> String {
    let machine = app.machine(scope).await;
    let form = [("grant_type", "client_credentials"), ("scope", scope)];
    app.http.as_client(&machine, "/oauth2/token", &form).await.text("access_token")
}

/// The API with a token that opens all of it, and its description, against which every answer is held.
struct Api<'a> {
    app: &'a TestApp,
    token: String,
    description: Value,
    called: BTreeSet<(String, String)>,
}

impl<'a> Api<'a> {
    async fn of(app: &'a TestApp) -> Self {
        let description = app.http.get("/api/v1/openapi.json").await.json();
        let mut api = Self { app, token: String::new(), description, called: BTreeSet::new() };
        let scopes: BTreeSet<String> = api.operations().iter().filter_map(|each| api.scope(each)).collect();
        api.token = token(app, &scopes.into_iter().collect::<Vec<_>>().join(" ")).await;
        api
    }

    /// Calls an operation with what stands in its braces, in order.
    async fn call(&mut self, method: &str, path: &str, segments: &[&str], body: Option<Value>) -> Answer {
        let mut segments = segments.iter().copied();
        let filled: Vec<&str> = path
            .split('/')
            .map(|part| if part.starts_with('{') { segments.next().expect("one for each brace") } else { part })
            .collect();
        let answer = send(self.app, method, &filled.join("/"), &self.token, body.as_ref()).await;
        let pattern = path.split('?').next().unwrap_or_default();
        self.hold(method, pattern, &answer);
        assert!(answer.status.is_success(), "{method} {path}: {} {}", answer.status, answer.body);
        self.called.insert((method.to_owned(), pattern.to_owned()));
        answer
    }

    /// Method and path of everything that is described.
    fn operations(&self) -> BTreeSet<(String, String)> {
        let paths = self.description["paths"].as_object().expect("there are paths").iter();
        let operations = paths.flat_map(|(path, item)| {
            let methods = item.as_object().into_iter().flatten().filter(|(name, _)| *name != "parameters");
            methods.map(move |(method, _)| (method.to_uppercase(), path.clone()))
        });
        operations.collect()
    }

    fn operation(&self, (method, path): &(String, String)) -> &Value {
        &self.description["paths"][path][method.to_lowercase()]
    }

    /// The scope that an operation needs.
    fn scope(&self, operation: &(String, String)) -> Option<String> {
        self.operation(operation)["security"][0]["bearer"][0].as_str().map(str::to_owned)
    }

    /// Asserts that status, headers and body of an answer are as described.
    fn hold(&self, method: &str, pattern: &str, answer: &Answer) {
        let what = format!("{method} {pattern}: {} {}", answer.status, answer.body);
        let operation = self.operation(&(method.to_owned(), pattern.to_owned()));
        let response = self.resolve(&operation["responses"][answer.status.as_str()]);
        assert!(response.is_object(), "the status is not described: {what}");
        for (name, header) in response["headers"].as_object().into_iter().flatten() {
            let is_there = answer.headers.contains_key(name.as_str());
            assert!(is_there || header["required"] != true, "{name} is missing: {what}");
        }
        let is_described = response["headers"]["Location"].is_object();
        assert_eq!(answer.headers.contains_key("location"), is_described, "Location: {what}");
        if response["content"].is_null() {
            assert!(answer.body.is_empty(), "no body is described: {what}");
            return;
        }
        let media = answer.header("content-type");
        let schema = &response["content"][media]["schema"];
        assert!(schema.is_object(), "{media} is not described: {what}");
        let line = |line: &str| serde_json::from_str::<Value>(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        let values: Vec<Value> = match media {
            "application/jsonl" => answer.body.lines().map(line).collect(),
            _ => vec![answer.json()],
        };
        let faults: Vec<String> = values.iter().flat_map(|value| self.faults(schema, value, "$")).collect();
        assert!(faults.is_empty(), "{faults:#?} in {what}");
    }

    /// What a reference stands for.
    fn resolve<'b>(&'b self, schema: &'b Value) -> &'b Value {
        match schema["$ref"].as_str() {
            Some(name) => self.description.pointer(&name[1..]).unwrap_or_else(|| panic!("{name} is not there")),
            None => schema,
        }
    }

    /// The schemas that one is made of.
    fn parts<'b>(&'b self, schema: &'b Value) -> Vec<&'b Value> {
        let schema = self.resolve(schema);
        match schema["allOf"].as_array() {
            Some(all) => all.iter().flat_map(|each| self.parts(each)).collect(),
            None => vec![schema],
        }
    }

    /// What of `value` is not as `schema` says, by the part of JSON Schema that the description makes use of. A member that
    /// is not declared is a fault.
    fn faults(&self, schema: &Value, value: &Value, at: &str) -> Vec<String> {
        let parts = self.parts(schema);
        let mut faults = Vec::new();
        for part in &parts {
            if !has_type(part, value) {
                faults.push(format!("{at} is {value} and not {}", part["type"]));
            }
            if part["enum"].as_array().is_some_and(|all| !all.contains(value)) {
                faults.push(format!("{at} is {value} and none of {}", part["enum"]));
            }
            let required = part["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let missing = required.filter(|name| value.get(*name).is_none());
            faults.extend(missing.map(|name| format!("{at} lacks {name}")));
        }
        for (number, item) in value.as_array().into_iter().flatten().enumerate() {
            let items = parts.iter().map(|part| &part["items"]).find(|items| !items.is_null());
            faults.extend(items.into_iter().flat_map(|items| self.faults(items, item, &format!("{at}[{number}]"))));
        }
        let is_free = parts.iter().all(|part| part["properties"].is_null());
        for (name, member) in value.as_object().into_iter().flatten().filter(|_| !is_free) {
            let declared = parts.iter().map(|part| &part["properties"][name.as_str()]).find(|each| !each.is_null());
            let is_localized = name.contains('#') && parts.iter().any(|part| part["patternProperties"].is_object());
            match declared {
                Some(schema) => faults.extend(self.faults(schema, member, &format!("{at}.{name}"))),
                None if is_localized => {}
                None => faults.push(format!("{at}.{name} is not declared")),
            }
        }
        faults
    }
}

fn has_type(schema: &Value, value: &Value) -> bool {
    let is = |name: &str| match name {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        other => panic!("{other} is no type"),
    };
    match &schema["type"] {
        Value::String(name) => is(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(is),
        _ => true,
    }
}

async fn every_answer_is_as_described(app: TestApp) {
    app.scope("reports").await;
    let alice = app.person("alice", Some("Alice"), Role::User, json!({ "locale": "ko" })).await;
    let web = app.web("profile reports").await;
    let given = tokens(&app, &web, "profile reports", "alice").await;
    // Something to be looked up: what was expected, and what came.
    app.http.get(&Authorization::of(&web, "unheard-of").path()).await;
    let mut api = Api::of(&app).await;

    api.call("GET", "/api/v1/openapi.json", &[], None).await;
    api.call("GET", "/api/v1/whoami", &[], None).await;
    let of_user = app.http.bearer("/api/v1/whoami?scope=reports", &given.text("access_token")).await;
    assert_eq!(of_user.text("username"), "alice");
    api.hold("GET", "/api/v1/whoami", &of_user);

    about_clients(&mut api).await;
    about_users(&mut api).await;
    let notes = json!({ "name": "notes", "description": "Read notes", "default": true, "claims": ["locale"] });
    api.call("POST", "/api/v1/scopes", &[], Some(notes)).await;
    api.call("GET", "/api/v1/scopes", &[], None).await;
    api.call("DELETE", "/api/v1/scopes/{name}", &["notes"], None).await;

    api.call("GET", "/api/v1/requests?outcome=failed", &[], None).await;
    let failed = api.call("GET", "/api/v1/requests?endpoint=authorize&limit=1", &[], None).await;
    let failed = failed.json()["items"][0]["request_id"].as_str().expect("a request").to_owned();
    api.call("GET", "/api/v1/requests/{id}", &[&failed], None).await;

    api.call("GET", "/api/v1/sessions?limit=1", &[], None).await;
    let session = api.call("GET", "/api/v1/users/{id}/sessions", &[&alice], None).await;
    let session = session.json()["items"][0]["id"].as_str().expect("a session").to_owned();
    api.call("GET", "/api/v1/tokens?kind=refresh", &[], None).await;
    let access = api.call("GET", &format!("/api/v1/tokens?user_id={alice}"), &[], None).await;
    let access = access.json()["items"][0]["id"].as_str().expect("a token").to_owned();
    api.call("GET", "/api/v1/tokens/{id}", &[&access], None).await;
    api.call("DELETE", "/api/v1/tokens/{id}", &[&access], None).await;
    let grant = api.call("GET", &format!("/api/v1/grants?user_id={alice}"), &[], None).await;
    let grant = grant.json()["items"][0]["id"].as_str().expect("a grant").to_owned();
    api.call("GET", "/api/v1/grants/{id}", &[&grant], None).await;
    api.call("DELETE", "/api/v1/grants/{id}", &[&grant], None).await;
    api.call("DELETE", "/api/v1/users/{id}/sessions/{session}", &[&alice, &session], None).await;
    api.call("DELETE", "/api/v1/users/{id}/sessions", &[&alice], None).await;

    api.call("GET", "/api/v1/audit-log?limit=20", &[], None).await;
    api.call("GET", "/api/v1/audit-log?format=jsonl", &[], None).await;
    assert_eq!(api.called, api.operations(), "what was called (left), what is described (right)");
}

/// Each operation about clients.
async fn about_clients(api: &mut Api<'_>) {
    let one = "/api/v1/clients/{id}";
    let metadata = json!({
        "client_name": "Notes", "client_name#ko": "노트", "redirect_uris": [REDIRECT_URI], "scope": "reports",
        "grant_types": ["authorization_code", "refresh_token"], "contacts": ["ops@rp.example"],
        "client_uri": "https://rp.example/", "default_max_age": 60, "access_token_lifetime": 60,
    });
    let made = api.call("POST", "/api/v1/clients", &[], Some(metadata.clone())).await;
    let id = made.text("client_id");
    assert!(made.location().ends_with(&format!("/api/v1/clients/{id}")), "{}", made.location());
    let mut changed = metadata;
    changed["version"] = made.json()["version"].clone();
    changed["token_endpoint_auth_signing_alg"] = "ES256".into();
    api.call("PUT", one, &[&id], Some(changed)).await;
    api.call("GET", "/api/v1/clients?limit=1", &[], None).await;
    api.call("GET", "/api/v1/clients?q=notes", &[], None).await;
    api.call("POST", "/api/v1/clients/{id}/rotate-secret", &[&id], None).await;
    let shown = api.call("GET", one, &[&id], None).await.json();
    let secret = shown["secrets"][0]["id"].as_str().expect("a secret");
    api.call("DELETE", "/api/v1/clients/{id}/secrets/{secret}", &[&id, secret], None).await;
    api.call("POST", "/api/v1/clients/{id}/disable", &[&id], None).await;
    api.call("POST", "/api/v1/clients/{id}/enable", &[&id], None).await;
    api.call("DELETE", one, &[&id], None).await;
}

/// Each operation about users, without their sessions.
async fn about_users(api: &mut Api<'_>) {
    let one = "/api/v1/users/{id}";
    let mut bob = json!({ "username": "bob", "email": "bob@example.com", "claims": { "locale": "ko" } });
    let made = api.call("POST", "/api/v1/users", &[], Some(bob.clone())).await;
    let id = made.text("id");
    assert!(made.location().ends_with(&format!("/api/v1/users/{id}")), "{}", made.location());
    bob["version"] = made.json()["version"].clone();
    bob["name"] = "Bob".into();
    api.call("PUT", one, &[&id], Some(bob)).await;
    api.call("GET", one, &[&id], None).await;
    api.call("GET", "/api/v1/users?limit=1", &[], None).await;
    api.call("GET", "/api/v1/users?q=bob", &[], None).await;
    api.call("POST", "/api/v1/users/{id}/set-password-link", &[&id], None).await;
    api.call("POST", "/api/v1/users/{id}/confirm-email-link", &[&id], None).await;
    api.call("POST", "/api/v1/users/{id}/disable", &[&id], None).await;
    api.call("POST", "/api/v1/users/{id}/enable", &[&id], None).await;
    api.call("DELETE", one, &[&id], None).await;
}

async fn every_refusal_is_as_described(app: TestApp) {
    app.scope("reports").await;
    let api = Api::of(&app).await;
    let (good, other) = (format!("Bearer {}", api.token), format!("Bearer {}", token(&app, "reports").await));
    let (as_json, long) = (("content-type", "application/json"), "x".repeat(70_000));
    for operation in api.operations() {
        let (method, pattern) = &operation;
        let is_guarded = api.scope(&operation).is_some() || pattern == "/api/v1/whoami";
        let parts = pattern.split('/').map(|part| if part.starts_with('{') { "nothing" } else { part });
        let path = parts.collect::<Vec<_>>().join("/");
        let body = api.operation(&operation)["requestBody"].is_object().then_some("{}");
        let refused = async |headers: &[(&str, &str)], body: Option<&str>, status: u16| {
            let answer = app.http.send(method, &path, headers, body.map(str::to_owned)).await;
            assert_eq!(answer.status, status, "{method} {pattern}: {}", answer.body);
            api.hold(method, pattern, &answer);
        };
        // Nothing is there, or nothing is said: a list, or a refusal.
        let headers = [("authorization", good.as_str()), as_json];
        api.hold(method, pattern, &app.http.send(method, &path, &headers, body.map(str::to_owned)).await);
        if !is_guarded {
            continue;
        }
        refused(&[as_json], body, 401).await;
        refused(&[("authorization", "Bearer gat_unknown"), as_json], body, 401).await;
        refused(&[("authorization", "Bearer a b"), as_json], body, 400).await;
        if pattern != "/api/v1/whoami" {
            refused(&[("authorization", other.as_str()), as_json], body, 403).await;
        }
        if body.is_some() {
            refused(&headers[..1], body, 415).await;
            refused(&headers, Some("{"), 400).await;
            refused(&headers, Some(long.as_str()), 413).await;
        }
    }
    for (path, status) in [
        ("/api/v1/whoami?scope=reports", 403),
        ("/api/v1/whoami?scope=%22", 400),
        ("/api/v1/clients?limit=0", 400),
        ("/api/v1/audit-log?from=yesterday", 422),
        ("/api/v1/audit-log?format=xml", 400),
    ] {
        let answer = app.http.bearer(path, &api.token).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        api.hold("GET", path.split('?').next().expect("a path"), &answer);
    }
}

async fn whatever_is_refused_is_a_problem(app: TestApp) {
    let token = token(&app, "grantor.users:read").await;
    for (method, path, status, code) in [
        ("GET", "/api", 404, None),
        ("GET", "/api/v1/nothing", 404, None),
        ("GET", "/api/v1/users/nothing", 404, None),
        ("PATCH", "/api/v1/users", 405, Some("invalid_request")),
        ("GET", "/api/v1/clients", 403, Some("insufficient_scope")),
        ("GET", "/api/v1/whoami?scope=%22", 400, Some("invalid_scope")),
        ("GET", "/api/v1/users?limit=0", 400, None),
    ] {
        let answer = send(&app, method, path, &token, None).await;
        let told = (answer.status.as_u16(), answer.header("content-type"));
        assert_eq!(told, (status, "application/problem+json"), "{path}: {}", answer.body);
        let body = answer.json();
        assert_eq!((&body["status"], body["error"].as_str()), (&json!(status), code), "{path}");
        assert!(body["detail"].as_str().is_some_and(|detail| detail.ends_with('.')), "{path}: {body}");
    }
    let wrong = send(&app, "PATCH", "/api/v1/users", &token, None).await;
    assert_eq!(wrong.header("allow"), "GET, HEAD, POST");
    let lacking = app.http.bearer("/api/v1/clients", &token).await;
    assert!(lacking.header("www-authenticate").contains("scope=\"grantor.clients:read\""), "{}", lacking.body);
    let none = app.http.get("/api/v1/users").await;
    assert_eq!((none.status.as_u16(), none.header("www-authenticate")), (401, "Bearer realm=\"grantor\""));
    assert!(none.json()["error"].is_null(), "RFC 6750 §3.1: {}", none.body);
    assert!(app.http.get("/oauth2/nothing").await.json()["status"].is_null(), "elsewhere all is as it was");
}

async fn the_description_names_what_there_is(app: TestApp) {
    let api = Api::of(&app).await;
    let paths: BTreeSet<String> = api.operations().into_iter().map(|(_, path)| path).collect();
    let of_clients = ["disable", "enable", "rotate-secret"].map(|action| format!("/api/v1/clients/{{id}}/{action}"));
    let of_users = ["disable", "enable"].map(|action| format!("/api/v1/users/{{id}}/{action}"));
    let routes = include_str!("../../src/web/routes.rs").lines();
    let routes = routes.filter_map(|line| line.strip_prefix("pub const API_")?.split('"').nth(1));
    let routes = routes.filter(|path| !path.ends_with("{action}")).map(str::to_owned);
    let known: BTreeSet<String> = routes.chain(of_clients).chain(of_users).collect();
    assert_eq!(paths, known, "openapi.json (left), src/web/routes.rs (right)");
    let endpoints = json!(Endpoint::ALL.map(Endpoint::as_str));
    assert_eq!(api.description["components"]["schemas"]["RequestRecord"]["properties"]["endpoint"]["enum"], endpoints);
}

/// The secrets of a client as the API lists them.
async fn secrets(app: &TestApp, token: &str, id: &str) -> Vec<Value> {
    let shown = app.http.bearer(&format!("/api/v1/clients/{id}"), token).await;
    assert!(!shown.body.contains("gcs_"), "never a secret itself");
    shown.json()["secrets"].as_array().expect("a list").clone()
}

/// Whether a client gets a token with this secret.
async fn opens(app: &TestApp, id: &str, secret: &str) -> bool {
    let client = TestClient { id: id.to_owned(), secret: Some(secret.to_owned()) };
    app.http.as_client(&client, "/oauth2/token", &[("grant_type", "client_credentials")]).await.status == 200
}

const ABOUT_CLIENTS: &str = "grantor.clients:read grantor.clients:write";

async fn a_secret_is_deleted_by_its_id(app: TestApp) {
    app.scope("reports").await;
    let (client, token) = (app.machine("reports").await, token(&app, ABOUT_CLIENTS).await);
    let (path, first) = (format!("/api/v1/clients/{}", client.id), client.secret.expect("a machine has a secret"));
    let older = secrets(&app, &token, &client.id).await;
    assert_eq!((older.len(), &older[0]["hint"], &older[0]["expires_at"]), (1, &Value::Null, &Value::Null));
    let older = older[0]["id"].as_str().expect("an id").to_owned();
    let delete = async |secret: &str| send(&app, "DELETE", &format!("{path}/secrets/{secret}"), &token, None).await;
    let refused = delete(&older).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert!(refused.text("detail").contains("only secret"), "{}", refused.body);
    assert_eq!(delete("unknown").await.status, 404);

    app.clock.advance(10);
    let second = send(&app, "POST", &format!("{path}/rotate-secret"), &token, None).await.text("client_secret");
    let both = secrets(&app, &token, &client.id).await;
    let (newer, now) = (both[1]["id"].as_str().expect("an id").to_owned(), app.clock.now());
    app.manage(move |connection| Ok(clients::note_secret_use(connection, &newer, now, now, "192.0.2.7")?)).await;
    let both = secrets(&app, &token, &client.id).await;
    assert_eq!((&both[0]["id"], &both[0]["hint"]), (&json!(older), &json!("newer_in_use")));
    assert_eq!((&both[1]["hint"], &both[1]["last_used_at"]), (&Value::Null, &json!(now)));
    assert_eq!(both[1]["last_used_address"], "192.0.2.7");

    let other = app.machine("reports").await;
    let elsewhere = format!("/api/v1/clients/{}/secrets/{older}", other.id);
    assert_eq!(send(&app, "DELETE", &elsewhere, &token, None).await.status, 404, "it is not of that client");
    assert_eq!(delete(&older).await.status, 204);
    assert_eq!(delete(&older).await.status, 404);
    assert!(!opens(&app, &client.id, &first).await && opens(&app, &client.id, &second).await);
}

async fn a_secret_that_has_expired_makes_room(app: TestApp) {
    app.scope("reports").await;
    let (client, token) = (app.machine("reports").await, token(&app, ABOUT_CLIENTS).await);
    let path = format!("/api/v1/clients/{}", client.id);
    let rotate = async || send(&app, "POST", &format!("{path}/rotate-secret"), &token, None).await;
    let id = |secret: &Value| secret["id"].as_str().expect("an id").to_owned();
    let expire = async |secret: String| {
        let (context, client, ends) = (app.context(), client.id.clone(), app.clock.now() + 10);
        let work = move |connection: &mut _| {
            management::clients::set_secret_expiry(connection, &context, &client, &secret, Some(ends))
        };
        app.manage(work).await;
        app.clock.advance(10);
    };
    let second = rotate().await.text("client_secret");
    assert_eq!(rotate().await.status, 409, "two work");
    let both = secrets(&app, &token, &client.id).await;
    expire(id(&both[0])).await;
    let mut browser = admin(&app).await;
    let asked = browser.get(&format!("/admin/clients/{}/rotate-secret", client.id)).await;
    assert!(asked.find("input[name=replaces]").is_none(), "none has to make room: {}", asked.body);
    let shown = browser.get(&format!("/admin/clients/{}", client.id)).await;
    let offered = |secret: &Value| format!("/admin/clients/{}/secrets/{}/delete", client.id, id(secret));
    assert!(shown.body.contains(&offered(&both[0])) && !shown.body.contains(&offered(&both[1])), "{}", shown.body);
    let delete = async |secret: &Value| {
        let path = format!("{path}/secrets/{}", id(secret));
        send(&app, "DELETE", &path, &token, None).await.status.as_u16()
    };
    assert_eq!(delete(&both[1]).await, 409, "the other one opens nothing");

    let third = rotate().await;
    assert_eq!(third.status, 200, "{}", third.body);
    let left: Vec<String> = secrets(&app, &token, &client.id).await.iter().map(id).collect();
    assert_eq!((left.len(), &left[0]), (2, &id(&both[1])), "the one that has expired is gone");
    assert!(opens(&app, &client.id, &second).await && opens(&app, &client.id, &third.text("client_secret")).await);
    let log = browser.get(&format!("/admin/audit-log?action=client.secret_deleted&target={}", client.id)).await;
    assert!(log.body.contains(&id(&both[0])), "and that stands in the log: {}", log.body);
    assert_eq!(rotate().await.status, 409, "two work again");
}

/// Gives a client so many grants of a user.
fn grant(app: &TestApp, client: &str, owner: &str, count: i64, expires_at: Option<i64>) {
    app.prepare(|connection| {
        for number in 1..=count {
            let new = NewGrant {
                id: GrantId::from_stored(number),
                client_id: client.to_owned(),
                owner_id: Some(owner.to_owned()),
                session_id: None,
                scope: scope::stored("reports"),
                resource: Vec::new(),
                facts: GrantFacts::default(),
                created_at: app.clock.now(),
                expires_at,
            };
            grants::insert(connection, &new)?;
        }
        Ok(())
    });
}

async fn a_client_with_very_many_grants_is_deleted_in_parts(app: TestApp) {
    app.scope("reports").await;
    let (bob, client) = (app.user("bob").await, app.web("reports").await.id);
    grant(&app, &client, &bob, 501, None);
    let of = client.clone();
    assert!(app.manage(move |connection| Ok(management::clients::empty_some(connection, &of)?)).await, "in two parts");
    let token = token(&app, "grantor.clients:write").await;
    let bearer = format!("Bearer {token}");
    let path = format!("/api/v1/clients/{client}");
    let deleted = app.http.send("DELETE", &path, &[("authorization", &bearer)], None).await;
    assert_eq!(deleted.status, 204, "{}", deleted.body);
    assert!(app.app.store.client(&client).await.unwrap().is_none());
}

async fn a_grant_that_is_over_is_not_listed(app: TestApp) {
    app.scope("reports").await;
    let bob = app.user("bob").await;
    let (lasting, client) = (app.web("reports").await, app.web("reports").await.id);
    tokens(&app, &lasting, "reports", "bob").await;
    app.clock.advance(10);
    // As many as are looked at for the tokens of one user, and newer than the one that lasts.
    grant(&app, &client, &bob, 100, Some(app.clock.now() + 5));
    let token = token(&app, "grantor.grants:read").await;
    let listed = async |path: &str| {
        let answer = app.http.bearer(path, &token).await;
        answer.json()["items"].as_array().unwrap_or_else(|| panic!("{}", answer.body)).clone()
    };
    let of_user = format!("/api/v1/grants?user_id={bob}");
    let of_client = format!("/api/v1/grants?client_id={client}");
    let live = format!("/api/v1/tokens?user_id={bob}");
    assert_eq!((listed(&of_client).await.len(), listed(&live).await.len()), (50, 0), "they are the newest");
    let mut browser = admin(&app).await;
    let page = format!("/admin/grants?client={client}");
    assert!(browser.get(&page).await.find("main tbody tr").is_some());

    app.clock.advance(5);
    assert_eq!(listed(&of_client).await, [] as [Value; 0]);
    let left = listed(&of_user).await;
    assert_eq!((left.len(), &left[0]["client_id"]), (1, &json!(lasting.id)));
    assert_eq!(listed(&live).await.len(), 1);
    let page = browser.get(&page).await;
    assert!(page.find("main tbody tr").is_none() && page.find("a[rel=next]").is_none(), "{}", page.body);
}

async fn errors_name_members_that_there_are(app: TestApp) {
    let token = token(&app, "grantor.users:write grantor.scopes:write").await;
    let long = "x".repeat(201);
    let bodies = [
        ("/api/v1/users", json!({ "username": "bob", "name": long }), "name"),
        ("/api/v1/scopes", json!({ "name": "grantor.mine", "description": "Mine", "default": true }), "default"),
    ];
    for (path, body, member) in bodies {
        let refused = send(&app, "POST", path, &token, Some(&body)).await;
        assert_eq!(refused.status, 422, "{}", refused.body);
        assert_eq!(refused.json()["errors"][0]["member"], member);
        assert!(body.get(member).is_some(), "it is one that was sent");
    }

    let mut browser = admin(&app).await;
    let alice = format!("/admin/users/{}", user_id(&app, "alice").await);
    let edit = format!("{alice}/edit");
    let scope = [("name", Some("grantor.mine")), ("description", Some("Mine")), ("is_default", Some("true"))];
    let reports = [("name", Some("grantor.ours")), ("description", Some("Ours")), ("claims", Some(""))];
    let page = browser.get("/admin/scopes/new").await;
    assert_eq!(save(&mut browser, "/admin/scopes", &page, &reports).await.status, 303);
    let name = [("username", Some("alice")), ("display_name", Some(long.as_str()))];
    for (asked, sent_to, fields, input) in [
        ("/admin/users/new", "/admin/users", &name[..], "display_name"),
        (edit.as_str(), alice.as_str(), &name[..], "display_name"),
        ("/account", "/account", &name[..], "display_name"),
        ("/admin/scopes/new", "/admin/scopes", &scope[..], "is_default"),
        ("/admin/scopes/grantor.ours/edit", "/admin/scopes/grantor.ours/edit", &scope[1..], "is_default"),
    ] {
        let page = browser.get(asked).await;
        let refused = save(&mut browser, sent_to, &page, fields).await;
        assert_eq!(refused.status, 422, "{asked}: {}", refused.body);
        assert!(refused.find(&format!("#{input}-error")).is_some(), "{asked}: {}", refused.body);
        assert!(refused.find(&format!("[role=alert] a[href='#{input}']")).is_some(), "{asked}: {}", refused.body);
    }
}

async fn user_id(app: &TestApp, username: &'static str) -> String {
    let find = move |connection: &mut _| Ok(grantor::store::resource_owners::find_by_login(connection, username)?);
    app.manage(find).await.expect("there is such a user").id
}
