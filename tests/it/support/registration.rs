//! Clients that register themselves.

use grantor::domain::policies::Registration;
use grantor::management::registration_tokens::{self, NewRegistrationToken};
use serde_json::{Value, json};

use super::app::{REDIRECT_URI, TestApp, TestClient};
use super::http::Answer;

/// Seconds that a test's initial access token lives.
pub const TOKEN_LIFETIME: u32 = 3600;

/// An initial access token.
pub async fn initial_access_token(app: &TestApp, uses: i32) -> String {
    let (context, new) = (
        app.context(),
        NewRegistrationToken { uses, expires_in: TOKEN_LIFETIME.into(), note: "for the tests".to_owned() },
    );
    let (_, secret) = app.manage(move |connection| registration_tokens::create(connection, &context, &new)).await;
    secret.expose().to_owned()
}

/// The same server with another setting for who may register.
pub async fn with_registration(mut app: TestApp, registration: Registration) -> TestApp {
    app.config.policies.registration = registration;
    app.restarted().await
}

/// Metadata of a confidential client with code and refresh grants.
pub fn web() -> Value {
    json!({
        "client_name": "Notes",
        "redirect_uris": [REDIRECT_URI],
        "grant_types": ["authorization_code", "refresh_token"],
    })
}

/// `metadata` with `member` set to `value`.
pub fn but(mut metadata: Value, member: &str, value: Value) -> Value {
    metadata[member] = value;
    metadata
}

/// A request with a JSON body and a bearer token.
pub async fn send(app: &TestApp, method: &str, path: &str, token: &str, body: Option<&Value>) -> Answer {
    let authorization = format!("Bearer {token}");
    let mut headers = vec![("content-type", "application/json")];
    if !token.is_empty() {
        headers.push(("authorization", authorization.as_str()));
    }
    app.http.send(method, path, &headers, body.map(ToString::to_string)).await
}

/// A registration; without a token when it is empty.
pub async fn register(app: &TestApp, token: &str, metadata: &Value) -> Answer {
    send(app, "POST", "/oauth2/register", token, Some(metadata)).await
}

/// A client that registered itself with a token of its own, and its answer.
pub async fn registered(app: &TestApp, metadata: &Value) -> (TestClient, Answer) {
    let answer = register(app, &initial_access_token(app, 1).await, metadata).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let secret = answer.json()["client_secret"].as_str().map(str::to_owned);
    (TestClient { id: answer.text("client_id"), secret }, answer)
}
