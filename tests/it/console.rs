//! The console as admins use it.

use serde_json::json;

use crate::support::app::{TestApp, on_both_databases};
use crate::support::http::{Answer, Browser};

on_both_databases!(a_user_changed_meanwhile_is_not_overwritten, a_client_changed_meanwhile_is_not_overwritten,);

async fn admin(app: &TestApp, name: &str) -> Browser {
    app.admin(name).await;
    let mut browser = Browser::new(app);
    assert_eq!(browser.sign_in(name).await.status, 303);
    browser
}

fn value(page: &Answer, id: &str) -> String {
    let page = scraper::Html::parse_document(&page.body);
    let input = scraper::Selector::parse(&format!("#{id}")).expect("a selector");
    let input = page.select(&input).next().unwrap_or_else(|| panic!("no {id}"));
    input.attr("value").map_or_else(|| input.text().collect(), str::to_owned)
}

async fn a_user_changed_meanwhile_is_not_overwritten(app: TestApp) {
    let (mut one, mut other) = (admin(&app, "alice").await, admin(&app, "carol").await);
    let id = app.user("bob").await;
    let (path, edit) = (format!("/admin/users/{id}"), format!("/admin/users/{id}/edit"));
    let (first, second) = (one.get(&edit).await, other.get(&edit).await);
    let fields = |email, name| [("username", "bob"), ("email", email), ("display_name", name)];
    assert_eq!(one.submit(&path, &first, &fields("bob@new.example", "")).await.status, 303);

    let told = other.submit(&path, &second, &fields("bob@example.com", "Bob Brewer")).await;
    assert_eq!(told.status, 409, "{}", told.body);
    assert!(told.find("[role=alert]").is_some_and(|text| text.contains("Somebody else has changed this")));
    assert_eq!(value(&told, "display_name"), "Bob Brewer", "what was typed is kept");
    assert_eq!(told.find("#email-error").as_deref(), Some("It is now: bob@new.example"));
    assert!(told.find("#username-error").is_none());
    assert_eq!(value(&one.get(&edit).await, "email"), "bob@new.example", "nothing was saved");

    assert_eq!(other.submit(&path, &told, &fields("bob@new.example", "Bob Brewer")).await.status, 303);
    assert_eq!(value(&one.get(&edit).await, "display_name"), "Bob Brewer");
    let blind = other.submit(&path, &told, &fields("bob@example.com", "")).await;
    assert_eq!(blind.status, 409, "once");
    let hidden = told.hidden();
    let token = hidden.iter().find(|(name, _)| name == "csrf_token").map(|(_, value)| value.as_str());
    let without = [("csrf_token", token.expect("a token")), ("username", "bob")];
    assert_eq!(other.post(&path, &without).await.status, 400, "a form says what it was filled from");
}

async fn a_client_changed_meanwhile_is_not_overwritten(app: TestApp) {
    let (mut one, mut other) = (admin(&app, "alice").await, admin(&app, "carol").await);
    let client = app.client(json!({ "client_name": "Job", "grant_types": ["client_credentials"] })).await;
    let (path, edit) = (format!("/admin/clients/{}", client.id), format!("/admin/clients/{}/edit", client.id));
    let (first, second) = (one.get(&edit).await, other.get(&edit).await);
    let fields = |name, uri| {
        [
            ("client_name", name),
            ("client_uri", uri),
            ("grant_types", "client_credentials"),
            ("token_endpoint_auth_method", "client_secret_basic"),
            ("require_pkce", "true"),
        ]
    };
    assert_eq!(one.submit(&path, &first, &fields("Nightly", "")).await.status, 303);
    let told = other.submit(&path, &second, &fields("Job", "https://acme.example/")).await;
    assert_eq!(told.status, 409, "{}", told.body);
    assert_eq!(told.find("#client_name-error").as_deref(), Some("It is now: Nightly"));
    assert_eq!(told.find("#client_uri-error").as_deref(), Some("It is empty now."));
    assert_eq!(value(&told, "client_uri"), "https://acme.example/", "what was typed is kept");
    assert!(told.find("#grant_types-error, #scope-error, #require_pkce-error").is_none(), "{}", told.body);
    assert_eq!(other.submit(&path, &told, &fields("Job", "https://acme.example/")).await.status, 303);
}
