//! The security review: what it finds in the registration and in the traffic of clients, and the buttons that mend it.

use grantor::domain::client::{ClientMetadata, Origin};
use grantor::domain::scope;
use grantor::jobs::pace::Pace;
use grantor::store::client_reviews::{self, Reviewed};
use grantor::store::{StoreError, clients};
use serde_json::json;

use crate::support::app::{REDIRECT_URI, TestApp, TestClient, on_both_databases};
use crate::support::http::{Authorization, Browser, allow};

on_both_databases!(
    pkce_that_every_request_used_is_required_by_a_button,
    scopes_that_nobody_asked_for_are_removed_by_a_button,
    uses_are_counted_once_wherever_they_were_seen,
    all_clients_stand_in_one_list,
    the_worst_come_first_and_are_told_of_on_the_overview,
    a_client_that_only_asks_about_tokens_is_in_use,
    management_scopes_are_removed_while_others_are_left,
    grant_types_go_with_what_lives_on_them,
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
    app.app.traffic.flush(&app.app.store, |_| Pace::hurried()).await.expect("uses can be written");
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
    app.app.traffic.flush(&app.app.store, |_| Pace::hurried()).await.expect("uses can be written");
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
    app.app.traffic.flush(&app.app.store, |_| Pace::hurried()).await.expect("uses can be written");
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

async fn the_worst_come_first_and_are_told_of_on_the_overview(app: TestApp) {
    app.scope("reports").await;
    app.scope("exports").await;
    let mut root = admin(&app).await;
    let good = app.machine("reports").await;
    let better = optional_pkce(&app).await;
    let bad = app
        .client(json!({ "client_name": "Bad", "redirect_uris": [REDIRECT_URI], "grant_types": ["authorization_code"],
            "token_endpoint_auth_method": "none", "skip_consent": true, "scope": "reports" }))
        .await;
    let order = async |root: &mut Browser, path: &str| {
        let page = root.get(path).await;
        let html = scraper::Html::parse_document(&page.body);
        let rows = scraper::Selector::parse("td a.row").expect("a selector");
        let ids = html.select(&rows).filter_map(|row| row.attr("href")?.split(['/', '#']).nth(3).map(str::to_owned));
        ids.collect::<Vec<_>>()
    };
    let review =
        async || grantor::jobs::review::run(&app.app.store, app.clock.now()).await.expect("clients can be reviewed");
    assert!(!root.get("/admin").await.body.contains("/admin/security-review"), "nobody was reviewed yet");
    assert_eq!(review().await, 3);
    assert_eq!(review().await, 0, "nothing is due");
    assert_eq!(order(&mut root, "/admin/security-review").await, [&*bad.id, &*better.id, &*good.id]);
    let overview = root.get("/admin").await;
    assert!(overview.body.contains("1 client has a security finding that should not wait"), "{}", overview.body);
    assert!(overview.body.contains("/admin/security-review"));

    // What was changed is reviewed again; a review of what was before does not count.
    let (id, store) = (bad.id.clone(), &app.app.store);
    let stale = store
        .read::<_, StoreError, _>(|connection| Ok(client_reviews::due(connection, i64::MAX, 10)?))
        .await
        .expect("it can be read");
    mend(&mut root, &bad, "consent-skipped").await;
    let now = app.clock.now();
    let stale = stale.into_iter().map(|due| Reviewed { due, score: 1, needs_attention: true }).collect::<Vec<_>>();
    let late: Vec<Reviewed> = stale.into_iter().filter(|each| each.due.0 == id).collect();
    app.manage(move |connection| Ok(client_reviews::note(connection, &late, now)?)).await;
    assert_eq!(review().await, 1);
    assert_eq!(order(&mut root, "/admin/security-review").await[0], *better.id);
    assert!(!root.get("/admin").await.body.contains("/admin/security-review"));
    app.clock.advance(25 * 60 * 60);
    assert_eq!(review().await, 3, "once a day all of them");

    // More than a page.
    app.manage(|connection| {
        let metadata: ClientMetadata = serde_json::from_value(json!({ "client_name": "One of many",
            "redirect_uris": [], "grant_types": ["client_credentials"], "response_types": [],
            "token_endpoint_auth_method": "client_secret_basic" }))
        .expect("metadata");
        for number in 0..60 {
            clients::insert(connection, &format!("c_{number:02}"), Origin::Admin, &metadata, 1)?;
        }
        Ok(())
    })
    .await;
    assert_eq!(review().await, 60);
    root.sign_in("root").await;
    let first = order(&mut root, "/admin/security-review").await;
    let page = root.get("/admin/security-review").await;
    let html = scraper::Html::parse_document(&page.body);
    let next = scraper::Selector::parse("nav.pager a[rel=next]").expect("a selector");
    let below = html.select(&next).next().and_then(|next| next.attr("href")).expect("a second page").to_owned();
    let second = order(&mut root, &below).await;
    assert_eq!((first.len(), second.len()), (50, 13));
    assert!(first.iter().all(|id| !second.contains(id)));
}

async fn a_client_that_only_asks_about_tokens_is_in_use(app: TestApp) {
    const DAY: u32 = 24 * 3600;
    app.scope("reports").await;
    let (asks, silent) = (app.machine("reports").await, app.machine("reports").await);
    app.clock.advance(150 * DAY);
    let answer = app.http.as_client(&asks, "/oauth2/introspect", &[("token", "gat_unknown")]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    app.app.uses.flush(&app.app.store, |_| Pace::hurried()).await.expect("uses can be written");
    app.clock.advance(50 * DAY);
    let mut root = admin(&app).await;
    for (client, is_unused) in [(&asks, false), (&silent, true)] {
        let page = root.get(&format!("/admin/clients/{}", client.id)).await;
        assert_eq!(page.body.contains("Nobody uses this client"), is_unused, "{}", page.body);
    }
}

/// What a client is registered with now.
async fn metadata(app: &TestApp, client: &TestClient) -> ClientMetadata {
    let id = client.id.clone();
    app.manage(move |connection| Ok(clients::find(connection, &id)?.expect("it is there").metadata)).await
}

async fn management_scopes_are_removed_while_others_are_left(app: TestApp) {
    app.scope("reports").await;
    let public = async |scope: &str| {
        app.client(json!({ "client_name": "App", "redirect_uris": [REDIRECT_URI], "scope": scope,
            "grant_types": ["authorization_code"], "token_endpoint_auth_method": "none" }))
            .await
    };
    let (both, only) = (public("grantor.users:write reports").await, public("grantor.users:write").await);
    let mut admin = admin(&app).await;
    mend(&mut admin, &both, "public-management").await;
    let left = metadata(&app, &both).await.scope.expect("it has a scope of its own");
    assert_eq!(scope::render(&left), "reports");

    // Without any it could ask for every default scope.
    let path = format!("/admin/clients/{}", only.id);
    let page = admin.get(&path).await;
    assert!(page.body.contains("may administer this server"), "{}", page.body);
    assert!(!page.body.contains("/review/public-management"), "{}", page.body);
    assert!(page.find(&format!("#review a[href='{path}/disable']")).is_some(), "{}", page.body);
    assert_eq!(admin.get(&format!("{path}/review/public-management")).await.status, 404);
}

async fn grant_types_go_with_what_lives_on_them(app: TestApp) {
    app.scope("reports").await;
    let client = app
        .client(json!({ "client_name": "Web app", "redirect_uris": [REDIRECT_URI], "scope": "reports",
            "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
            "frontchannel_logout_uri": "https://rp.example/bye" }))
        .await;
    let use_it = async || {
        let answer = app.http.as_client(&client, "/oauth2/token", &[("grant_type", "client_credentials")]).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        app.app.traffic.flush(&app.app.store, |_| Pace::hurried()).await.expect("uses can be written");
    };
    use_it().await;
    app.clock.advance(91 * 24 * 60 * 60);
    use_it().await;
    let mut admin = admin(&app).await;
    let asked = admin.get(&format!("/admin/clients/{}/review/grant-types-unused", client.id)).await;
    assert_eq!(asked.status, 200, "{}", asked.body);
    for gone in ["authorization_code", "refresh_token", REDIRECT_URI, "https://rp.example/bye"] {
        assert!(asked.find("ul.ends").is_some_and(|listed| listed.contains(gone)), "{gone}: {}", asked.body);
    }
    mend(&mut admin, &client, "grant-types-unused").await;
    let left = serde_json::to_value(metadata(&app, &client).await).expect("metadata are JSON");
    assert_eq!((&left["grant_types"], &left["redirect_uris"]), (&json!(["client_credentials"]), &json!([])));
    assert_eq!(left.get("frontchannel_logout_uri"), None);
    use_it().await;
}
