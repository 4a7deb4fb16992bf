//! The security review: what it finds in the registration and in the traffic of clients, and the buttons that mend it.

use serde_json::json;

use crate::support::app::{REDIRECT_URI, TestApp, TestClient, on_both_databases};
use crate::support::http::{Authorization, Browser, allow};

on_both_databases!(
    pkce_that_every_request_used_is_required_by_a_button,
    scopes_that_nobody_asked_for_are_removed_by_a_button,
    uses_are_counted_once_wherever_they_were_seen,
    all_clients_stand_in_one_list,
);

async fn optional_pkce(app: &TestApp) -> TestClient {
    app.client(json!({ "client_name": "Web app", "redirect_uris": [REDIRECT_URI], "scope": "exports reports",
        "grant_types": ["authorization_code"], "require_pkce": false }))
        .await
}

async fn admin(app: &TestApp) -> Browser {
    app.admin("root").await;
    let mut admin = Browser::new(app);
    admin.sign_in("root").await;
    admin
}

/// Asks for `scope` so many times.
async fn ask(app: &TestApp, client: &TestClient, scope: &str, times: usize) {
    for _ in 0..times {
        let answer = app.http.get(&Authorization::of(client, scope).path()).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
    }
    app.app.traffic.flush(&app.app.store).await.expect("uses can be written");
}

/// Presses the button of a finding on the client's page, and the one on the page that asks.
async fn mend(admin: &mut Browser, client: &TestClient, rule: &str) {
    let path = format!("/admin/clients/{}/review/{rule}", client.id);
    let page = admin.get(&format!("/admin/clients/{}", client.id)).await;
    assert!(page.body.contains(&path), "{}", page.body);
    let confirm = admin.get(&path).await;
    assert_eq!(confirm.status, 200, "{}", confirm.body);
    let forged = admin.post(&path, &[("version", "1")]).await;
    assert_eq!(forged.status, 403, "without a CSRF token nothing happens");
    let done = admin.submit(&path, &confirm, &[]).await;
    assert_eq!(done.status, 303, "{}", done.body);
    let page = admin.get(&format!("/admin/clients/{}", client.id)).await;
    assert!(!page.body.contains(&path), "it is mended: {}", page.body);
    assert_eq!(admin.get(&path).await.status, 409);
}

async fn pkce_that_every_request_used_is_required_by_a_button(app: TestApp) {
    app.scope("reports").await;
    app.scope("exports").await;
    let client = optional_pkce(&app).await;
    let mut admin = admin(&app).await;
    ask(&app, &client, "reports", 25).await;
    let page = admin.get(&format!("/admin/clients/{}", client.id)).await;
    assert!(page.body.contains("All of its 25 authorization requests"), "{}", page.body);
    let without = Authorization::of(&client, "reports").without("code_challenge").without("code_challenge_method");
    mend(&mut admin, &client, "pkce-optional").await;
    assert_eq!(app.http.get(&without.path()).await.redirect()["error"], "invalid_request");
    let log = admin.get("/admin/audit-log?action=client.updated").await;
    assert!(log.body.contains("require_pkce"), "{}", log.body);
}

async fn scopes_that_nobody_asked_for_are_removed_by_a_button(app: TestApp) {
    app.scope("reports").await;
    app.scope("exports").await;
    let client = optional_pkce(&app).await;
    let path = format!("/admin/clients/{}/review/scopes-unused", client.id);
    let mut admin = admin(&app).await;
    ask(&app, &client, "reports", 1).await;
    let page = admin.get(&format!("/admin/clients/{}", client.id)).await;
    assert!(!page.body.contains(&path), "too early to tell: {}", page.body);
    app.clock.advance(91 * 24 * 60 * 60);
    admin.sign_in("root").await;
    ask(&app, &client, "reports", 1).await;
    mend(&mut admin, &client, "scopes-unused").await;
    let refused = app.http.get(&Authorization::of(&client, "exports").path()).await;
    assert_eq!(refused.redirect()["error"], "invalid_scope");
    ask(&app, &client, "reports", 1).await;
}

async fn uses_are_counted_once_wherever_they_were_seen(app: TestApp) {
    app.scope("reports").await;
    app.scope("exports").await;
    let client = optional_pkce(&app).await;
    let other = app.another().await;
    let mut admin = admin(&app).await;
    ask(&app, &client, "reports", 12).await;
    ask(&other, &client, "reports", 10).await;
    let page = admin.get(&format!("/admin/clients/{}", client.id)).await;
    assert!(page.body.contains("All of its 22 authorization requests"), "{}", page.body);
    // A client that is gone takes its counts along, and what was not written yet is written nowhere.
    app.http.get(&Authorization::of(&client, "reports").path()).await;
    let (context, id) = (app.context(), client.id.clone());
    app.manage(move |connection| grantor::management::clients::delete(connection, &context, &id)).await;
    app.app.traffic.flush(&app.app.store).await.expect("uses can be written");
}

async fn all_clients_stand_in_one_list(app: TestApp) {
    app.scope("reports").await;
    app.scope("exports").await;
    app.user("alice").await;
    let client = optional_pkce(&app).await;
    let machine = app.machine("reports").await;
    let mut admin = admin(&app).await;
    let without = Authorization::of(&client, "reports").without("code_challenge").without("code_challenge_method");
    allow(&mut Browser::new(&app), &without, "alice").await;
    app.app.traffic.flush(&app.app.store).await.expect("uses can be written");
    let page = admin.get("/admin/security-review").await;
    for (id, words) in [(&client.id, "It does without PKCE"), (&machine.id, "Good")] {
        assert!(page.body.contains(&format!("/admin/clients/{id}#review")), "{}", page.body);
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    let page = admin.get("/admin/security-review?q=job").await;
    assert!(page.body.contains(&machine.id) && !page.body.contains(&client.id), "{}", page.body);
    let page = admin.get("/admin/clients").await;
    assert!(page.body.contains("/admin/security-review"), "{}", page.body);
}
