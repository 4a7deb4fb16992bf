//! The playground: a client tried from inside the console.

use grantor::jobs;
use serde_json::json;

use crate::support::app::{TestApp, TestClient, on_both_databases};
use crate::support::http::{Answer, Authorization, Browser};

on_both_databases!(
    a_machine_is_tried,
    an_admin_signs_in_through_a_client,
    a_run_is_its_admins_alone_and_ends,
    a_client_without_a_secret_is_tried,
    a_device_is_tried,
);

async fn admin(app: &TestApp, name: &str) -> Browser {
    app.admin(name).await;
    let mut browser = Browser::new(app);
    assert_eq!(browser.sign_in(name).await.status, 303);
    browser
}

fn path(client: &TestClient) -> String {
    format!("/admin/clients/{}/playground", client.id)
}

/// The value that a field of the page is filled with.
fn field(page: &Answer, name: &str) -> String {
    let html = scraper::Html::parse_document(&page.body);
    let input = scraper::Selector::parse(&format!("input[name={name}]")).expect("a selector");
    let value = html.select(&input).find_map(|input| input.attr("value").filter(|value| !value.is_empty()));
    value.unwrap_or_else(|| panic!("no {name}: {}", page.body)).to_owned()
}

async fn a_machine_is_tried(app: TestApp) {
    app.scope("reports").await;
    let client = app.machine("reports").await;
    let mut browser = admin(&app, "root").await;
    let page = browser.get(&path(&client)).await;
    assert_eq!(page.find("h1").as_deref(), Some("Try Job"), "{}", page.body);

    let got = browser.submit(&path(&client), &page, &[("action", "client_credentials"), ("scope", "reports")]).await;
    assert_eq!(got.status, 200, "{}", got.body);
    let token = field(&got, "access_token");
    assert!(token.starts_with("gat_"), "{token}");
    assert!(!got.body.contains("gcs_"), "the temporary secret is shown to nobody");
    assert!(got.body.contains("$CLIENT_SECRET"), "the call for a terminal names it");

    let active = browser.submit(&path(&client), &got, &[("action", "introspect"), ("access_token", &token)]).await;
    assert!(active.find("#answer").is_some_and(|answer| answer.contains("\"active\": true")), "{}", active.body);
    // Pasted from a terminal, and with what no header can hold.
    let (start, end) = token.split_at(20);
    let pasted = format!("{start}\r\n  {end}\u{7f}");
    let pasted = browser.submit(&path(&client), &got, &[("action", "userinfo"), ("access_token", &pasted)]).await;
    assert!(pasted.find("#answer").is_some_and(|answer| answer.contains("insufficient_scope")), "{}", pasted.body);
    let revoked = browser.submit(&path(&client), &got, &[("action", "revoke"), ("access_token", &token)]).await;
    assert!(revoked.find("#exchange .status").is_some_and(|status| status.starts_with("200")), "{}", revoked.body);
    let dead = browser.submit(&path(&client), &got, &[("action", "introspect"), ("access_token", &token)]).await;
    assert!(dead.find("#answer").is_some_and(|answer| answer.contains("\"active\": false")));

    let wrong = browser.submit(&path(&client), &page, &[("action", "client_credentials"), ("scope", "openid")]).await;
    assert!(wrong.find("#answer").is_some_and(|answer| answer.contains("invalid_scope")), "{}", wrong.body);
    let log = browser.get("/admin/audit-log?action=client.tried").await;
    assert!(log.body.contains("Client tried in the playground"), "{}", log.body);
    // Its own secret works on, and it has one.
    let form = [("grant_type", "client_credentials")];
    assert_eq!(app.http.as_client(&client, "/oauth2/token", &form).await.status, 200);
    let shown = browser.get(&format!("/admin/clients/{}", client.id)).await;
    assert_eq!(shown.body.matches("gcs_••••••••").count(), 1);
}

/// Goes through authorization and consent, as the admin's own account; gives the page of the code.
async fn signed_in(browser: &mut Browser, client: &TestClient, scope: &str) -> Answer {
    let page = browser.get(&path(client)).await;
    let begun = browser.submit(&path(client), &page, &[("action", "authorize"), ("scope", scope)]).await;
    assert!(begun.location().starts_with("/oauth2/authorize?"), "{}", begun.body);
    let consent = browser.follow(begun).await;
    let allowed = browser.submit("/consent", &consent, &[("decision", "approve")]).await;
    let back = allowed.location();
    let (_, callback) = back.split_once("/admin/playground/callback/").unwrap_or_else(|| panic!("to {back}"));
    browser.get(&format!("/admin/playground/callback/{callback}")).await
}

async fn an_admin_signs_in_through_a_client(app: TestApp) {
    let client = app
        .client(json!({
            "client_name": "Notes",
            "redirect_uris": ["https://notes.example/callback"],
            "grant_types": ["authorization_code", "refresh_token"],
            "scope": "openid profile email offline_access",
        }))
        .await;
    let mut browser = admin(&app, "root").await;
    let back = signed_in(&mut browser, &client, "openid email offline_access").await;
    assert_eq!(back.status, 200, "{}", back.body);
    let code = field(&back, "code");
    let redeemed = browser.submit(&path(&client), &back, &[("action", "redeem"), ("code", &code)]).await;
    let explained = scraper::Html::parse_document(&redeemed.body);
    let headings = scraper::Selector::parse(".panel h2").expect("a selector");
    let headings: Vec<String> = explained.select(&headings).map(|heading| heading.text().collect()).collect();
    assert_eq!(headings, ["Redeem the code", "ID token", "Access token", "Refresh token"], "{}", redeemed.body);
    assert!(redeemed.body.contains("its signature is ours"));
    let (access, refresh) = (field(&redeemed, "access_token"), field(&redeemed, "refresh_token"));

    let user = browser.submit(&path(&client), &redeemed, &[("action", "userinfo"), ("access_token", &access)]).await;
    assert!(user.find("#answer").is_some_and(|answer| answer.contains("root@example.com")), "{}", user.body);
    let again = browser.submit(&path(&client), &redeemed, &[("action", "refresh"), ("refresh_token", &refresh)]).await;
    assert_ne!(field(&again, "access_token"), access);
    let spent = browser.submit(&path(&client), &back, &[("action", "redeem"), ("code", &code)]).await;
    assert!(spent.find("#answer").is_some_and(|answer| answer.contains("invalid_grant")), "{}", spent.body);
}

async fn a_client_without_a_secret_is_tried(app: TestApp) {
    app.scope("reports").await;
    let client = app.native("reports").await;
    let mut browser = admin(&app, "root").await;
    let back = signed_in(&mut browser, &client, "reports").await;
    let redeemed =
        browser.submit(&path(&client), &back, &[("action", "redeem"), ("code", &field(&back, "code"))]).await;
    assert!(field(&redeemed, "access_token").starts_with("gat_"));
    assert!(redeemed.find("button[value=introspect]").is_none(), "a public client may not ask");
}

async fn a_device_is_tried(app: TestApp) {
    app.scope("reports").await;
    let client = app
        .client(json!({
            "client_name": "Television",
            "grant_types": ["urn:ietf:params:oauth:grant-type:device_code"],
            "response_types": [],
            "redirect_uris": [],
            "scope": "reports",
        }))
        .await;
    let mut browser = admin(&app, "root").await;
    let page = browser.get(&path(&client)).await;
    assert!(page.find("button[value=authorize]").is_none(), "it has no redirect URI");
    let begun = browser.submit(&path(&client), &page, &[("action", "device"), ("scope", "reports")]).await;
    assert!(begun.find("#answer").is_some_and(|answer| answer.contains("verification_uri_complete")), "{}", begun.body);
    assert!(begun.body.contains("for somebody to enter"), "the answer is explained");
    let (device_code, user_code) = (field(&begun, "device_code"), field(&begun, "user_code"));
    let link = format!("/device?user_code={user_code}");
    assert!(begun.body.contains(&link), "{}", begun.body);

    let poll = async |browser: &mut Browser| {
        let form = [("action", "poll"), ("device_code", device_code.as_str()), ("user_code", user_code.as_str())];
        browser.submit(&path(&client), &begun, &form).await
    };
    let pending = poll(&mut browser).await;
    assert!(pending.find("#answer").is_some_and(|answer| answer.contains("authorization_pending")), "{}", pending.body);
    assert!(pending.body.contains("Nobody has answered yet"), "{}", pending.body);
    assert!(pending.body.contains("--data-urlencode &#39;device_code=gdc_"), "for a terminal: {}", pending.body);
    assert_eq!(field(&pending, "device_code"), device_code, "it is polled on");
    let hasty = poll(&mut browser).await;
    assert!(hasty.find("#answer").is_some_and(|answer| answer.contains("slow_down")), "{}", hasty.body);

    let asked = browser.get(&link).await;
    let entered = browser.submit("/device", &asked, &[("user_code", &user_code)]).await;
    let consent = browser.follow(entered).await;
    let done = browser.submit("/consent", &consent, &[("decision", "approve")]).await;
    assert_eq!(done.status, 303, "{}", done.body);
    app.clock.advance(11);
    let given = poll(&mut browser).await;
    assert!(field(&given, "access_token").starts_with("gat_"), "{}", given.body);
    assert!(given.find("button[value=poll]").is_none() && given.find("button[value=userinfo]").is_some());
    app.clock.advance(11);
    let again = poll(&mut browser).await;
    assert!(again.find("#answer").is_some_and(|answer| answer.contains("invalid_grant")), "{}", again.body);
}

async fn a_run_is_its_admins_alone_and_ends(app: TestApp) {
    app.scope("reports").await;
    let client = app.web("reports").await;
    let (mut one, mut other) = (admin(&app, "one").await, admin(&app, "other").await);
    let page = one.get(&path(&client)).await;
    let begun = one.submit(&path(&client), &page, &[("action", "authorize"), ("scope", "reports")]).await.location();
    let redirect_uri = url::Url::parse(&format!("http://localhost{begun}"))
        .expect("a URL")
        .query_pairs()
        .find(|(name, _)| name == "redirect_uri")
        .expect("a redirect URI")
        .1
        .into_owned();
    let callback = redirect_uri.split_once("/admin").map(|(_, rest)| format!("/admin{rest}?code=gac_x")).expect("ours");
    assert_eq!(one.get(&callback).await.status, 200);
    assert_eq!(other.get(&callback).await.status, 400, "another admin's run");
    let request = Authorization::of(&client, "reports").with("redirect_uri", &redirect_uri);
    assert_eq!(other.get(&request.path()).await.status, 303, "while it lasts");

    app.clock.advance(601);
    jobs::sweep::run(&app.app.store, app.app.now()).await.expect("the sweep runs");
    assert_eq!(one.get(&callback).await.status, 400);
    assert_eq!(other.get(&request.path()).await.status, 400, "the redirect URI is none any more");
}
