//! The audit log: what people, clients and admins do stands in it, with who did it and to what.

use grantor::store::StoreError;
use grantor::store::audit_log::{self, Entry, Filter};

use crate::support::app::{TestApp, on_both_databases};
use crate::support::http::{Authorization, Browser, but, code, redemption, tokens};

on_both_databases!(what_a_person_does_is_noted, what_a_client_does_is_noted, what_an_admin_does_is_noted,);

async fn entries(app: &TestApp) -> Vec<Entry> {
    app.app
        .store
        .read::<_, StoreError, _>(|connection| Ok(audit_log::list(connection, &Filter::default(), 1000)?))
        .await
        .expect("the log can be read")
}

/// Asserts that the newest entry of `action` names `actor` and `target`, and can be traced.
async fn is_noted(app: &TestApp, action: &str, actor: &str, target: &str) {
    let all = entries(app).await;
    let entry = all.iter().find(|entry| entry.action == action);
    let entry =
        entry.unwrap_or_else(|| panic!("no {action} in {:?}", all.iter().map(|e| &e.action).collect::<Vec<_>>()));
    assert_eq!((entry.actor.as_str(), entry.target.as_str()), (actor, target), "{action}");
    assert!(!entry.request_id.is_empty() && entry.address == "127.0.0.1", "{action}: {entry:?}");
}

async fn what_a_person_does_is_noted(app: TestApp) {
    app.scope("reports").await;
    let alice = app.user("alice").await;
    let client = app.web("reports").await;
    let mut browser = Browser::new(&app);
    let page = browser.get("/login").await;
    browser.submit("/login", &page, &[("username", "alice"), ("password", "wrong wrong wrong")]).await;
    is_noted(&app, "login.failed", "", &alice).await;
    browser.sign_in("alice").await;
    is_noted(&app, "login.succeeded", "alice", &alice).await;
    for (decision, action) in [("deny", "consent.denied"), ("approve", "consent.given")] {
        let first = browser.get(&Authorization::of(&client, "reports").path()).await;
        let page = browser.follow(first).await;
        browser.submit("/consent", &page, &[("decision", decision)]).await;
        is_noted(&app, action, "alice", &client.id).await;
    }
}

async fn what_a_client_does_is_noted(app: TestApp) {
    app.scope("reports").await;
    app.user("alice").await;
    let client = app.web("reports").await;
    let mut impostor = client.clone();
    impostor.secret = Some("gcs_wrong".to_owned());
    app.http.as_client(&impostor, "/oauth2/introspect", &[("token", "x")]).await;
    is_noted(&app, "client.authentication_failed", "", &client.id).await;
    let given = tokens(&app, &client, "reports", "alice").await;
    let grant =
        entries(&app).await.iter().find(|entry| entry.action == "grant.issued").expect("it is noted").target.clone();
    is_noted(&app, "grant.issued", &client.id, &grant).await;
    app.http.as_client(&client, "/oauth2/revoke", &[("token", &given.text("access_token"))]).await;
    is_noted(&app, "token.revoked", &client.id, &grant).await;
    app.http.as_client(&client, "/oauth2/revoke", &[("token", &given.text("refresh_token"))]).await;
    is_noted(&app, "grant.revoked", &client.id, &grant).await;
    let code = code(&app, &client, "reports", "alice").await;
    for _ in 0..2 {
        app.http.as_client(&client, "/oauth2/token", &redemption(&code)).await;
    }
    let replayed = entries(&app).await.into_iter().find(|entry| entry.action == "grant.replayed").expect("it is noted");
    assert_eq!(replayed.actor, client.id);
    let refused = app.http.as_client(&client, "/oauth2/token", &but(&redemption(&code), "code", "gac_x")).await;
    assert_eq!(refused.error(), "invalid_grant");
}

async fn what_an_admin_does_is_noted(app: TestApp) {
    app.scope("reports").await;
    app.admin("root").await;
    let alice = app.user("alice").await;
    let client = app.web("reports").await;
    let mut browser = Browser::new(&app);
    browser.sign_in("root").await;
    let deeds = [
        (format!("/admin/clients/{}/disable", client.id), "client.disabled", client.id.as_str()),
        (format!("/admin/clients/{}/enable", client.id), "client.enabled", &client.id),
        (format!("/admin/clients/{}/rotate-secret", client.id), "client.secret_added", &client.id),
        (format!("/admin/users/{alice}/disable"), "user.disabled", &alice),
        (format!("/admin/users/{alice}/enable"), "user.enabled", &alice),
        ("/admin/keys/rotate".to_owned(), "keys.rotated", ""),
        (format!("/admin/clients/{}/delete", client.id), "client.deleted", &client.id),
        (format!("/admin/users/{alice}/delete"), "user.deleted", &alice),
    ];
    for (path, action, target) in &deeds {
        let page = browser.get(path).await;
        let done = browser.submit(path, &page, &[]).await;
        assert!(done.status == 303 || done.status == 200, "{path}: {} {}", done.status, done.body);
        is_noted(&app, action, "root", target).await;
    }
}
