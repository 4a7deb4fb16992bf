//! RFC 7662 introspection, RFC 7009 revocation, RFC 8707 resources: who may see and end what.

use grantor::management;
use grantor::management::resources::NewResource;
use serde_json::json;

use crate::support::app::{REDIRECT_URI, TestApp, TestClient, on_both_databases};
use crate::support::http::{Authorization, Browser, allow, redemption, tokens};

on_both_databases!(
    a_confidential_client_sees_what_a_token_stands_for,
    a_refresh_token_that_was_replaced_is_not_active,
    a_username_is_told_where_the_scope_opens_it,
    a_token_for_a_resource_is_its_servers_business,
    a_grant_for_one_resource_gives_no_token_for_another,
    a_token_that_opens_nothing_at_its_resource_is_not_issued,
    a_jwt_for_this_server_and_another_opens_both,
    callers_must_prove_who_they_are,
    the_request_is_checked,
    a_client_revokes_its_own_tokens,
    a_public_client_ends_its_grant_with_an_access_token,
);

const INTROSPECT: &str = "/oauth2/introspect";
const REVOKE: &str = "/oauth2/revoke";
const INACTIVE: &str = r#"{"active":false}"#;

async fn a_confidential_client_sees_what_a_token_stands_for(app: TestApp) {
    app.scope("reports").await;
    let sub = app.user("alice").await;
    let (client, api) = (app.web("profile reports").await, app.machine("reports").await);
    let answer = tokens(&app, &client, "profile reports", "alice").await;
    let (access, refresh) = (answer.text("access_token"), answer.text("refresh_token"));
    for hint in ["access_token", "refresh_token", "nonsense"] {
        let seen = app.http.as_client(&api, INTROSPECT, &[("token", &access), ("token_type_hint", hint)]).await;
        let body = seen.json();
        assert_eq!(body["active"], true, "{hint}");
        assert_eq!((body["sub"].as_str(), body["username"].as_str()), (Some(sub.as_str()), Some("alice")));
        assert_eq!(body["scope"], "profile reports");
        assert_eq!(body["client_id"], client.id);
        assert_eq!(body["exp"].as_i64().unwrap() - body["iat"].as_i64().unwrap(), 3600);
        assert_eq!(seen.header("cache-control"), "no-store");
    }
    assert_eq!(app.http.as_client(&client, INTROSPECT, &[("token", &refresh)]).await.json()["active"], true);
    assert_eq!(app.http.as_client(&api, INTROSPECT, &[("token", &refresh)]).await.body, INACTIVE, "not theirs");
    for unknown in ["gat_unknown", "x", "a.b.c", "é"] {
        assert_eq!(app.http.as_client(&api, INTROSPECT, &[("token", unknown)]).await.body, INACTIVE);
    }
    app.clock.advance(3600);
    assert_eq!(app.http.as_client(&api, INTROSPECT, &[("token", &access)]).await.body, INACTIVE, "expired");
}

async fn a_refresh_token_that_was_replaced_is_not_active(app: TestApp) {
    app.scope("reports").await;
    app.user("alice").await;
    let rotating = json!({
        "client_name": "Rotating", "redirect_uris": [REDIRECT_URI], "refresh_token_rotation": true,
        "grant_types": ["authorization_code", "refresh_token"], "scope": "reports",
    });
    let client = app.client(rotating).await;
    let first = tokens(&app, &client, "reports", "alice").await.text("refresh_token");
    assert_eq!(app.http.as_client(&client, INTROSPECT, &[("token", &first)]).await.json()["active"], true);
    let form = [("grant_type", "refresh_token"), ("refresh_token", &*first)];
    let next = app.http.as_client(&client, "/oauth2/token", &form).await.text("refresh_token");
    assert_eq!(app.http.as_client(&client, INTROSPECT, &[("token", &first)]).await.body, INACTIVE);
    assert_eq!(app.http.as_client(&client, INTROSPECT, &[("token", &next)]).await.json()["active"], true);
}

async fn a_username_is_told_where_the_scope_opens_it(app: TestApp) {
    app.scope("reports").await;
    app.user("alice").await;
    let api = app.machine("reports").await;
    let pairwise = json!({
        "client_name": "Pairwise", "redirect_uris": [REDIRECT_URI], "subject_type": "pairwise",
        "grant_types": ["authorization_code", "refresh_token"], "scope": "profile reports",
    });
    let (plain, pairwise) = (app.web("profile reports").await, app.client(pairwise).await);
    for (client, scope, username) in [
        (&plain, "profile reports", json!("alice")),
        (&plain, "reports", json!(null)),
        (&pairwise, "profile reports", json!(null)),
    ] {
        let answer = tokens(&app, client, scope, "alice").await;
        for (caller, member) in [(&api, "access_token"), (client, "access_token"), (client, "refresh_token")] {
            let seen = app.http.as_client(caller, INTROSPECT, &[("token", &answer.text(member))]).await.json();
            assert_eq!((&seen["active"], &seen["username"]), (&json!(true), &username), "{scope} {member}: {seen}");
        }
        let me = app.http.bearer("/api/v1/whoami", &answer.text("access_token")).await.json();
        assert_eq!(me["username"], username, "{scope}: {me}");
    }
}

async fn a_token_for_a_resource_is_its_servers_business(app: TestApp) {
    app.scope("reports").await;
    let (client, server, other) =
        (app.machine("reports").await, app.machine("reports").await, app.machine("reports").await);
    let (context, catalog, by) = (app.context(), app.app.store.catalog().await.unwrap(), server.id.clone());
    let new = NewResource {
        uri: "https://api.example/".to_owned(),
        name: "API".to_owned(),
        introspected_by: vec![by],
        ..Default::default()
    };
    app.manage(move |connection| management::resources::create(connection, &context, &new, &catalog.scopes)).await;
    let ask = async |resource: &str| {
        let form = [("grant_type", "client_credentials"), ("scope", "reports"), ("resource", resource)];
        app.http.as_client(&client, "/oauth2/token", &form).await
    };
    for wrong in ["https://other.example/", "https://api.example", "/relative", "https://api.example/#f"] {
        assert_eq!(ask(wrong).await.error(), "invalid_target", "{wrong}");
    }
    let token = ask("https://api.example/").await.text("access_token");
    let seen = async |who| app.http.as_client(who, INTROSPECT, &[("token", token.as_str())]).await;
    assert_eq!(seen(&server).await.json()["aud"], "https://api.example/");
    assert_eq!(seen(&client).await.json()["active"], true);
    assert_eq!(seen(&other).await.body, INACTIVE);
    assert_eq!(app.http.bearer("/api/v1/whoami", &token).await.status, 401, "not for this server");
}

async fn a_grant_for_one_resource_gives_no_token_for_another(app: TestApp) {
    const ONE: (&str, &str) = ("resource", "https://one.example/");
    const TWO: (&str, &str) = ("resource", "https://two.example/");
    app.scope("reports").await;
    app.user("alice").await;
    let client = app.web("reports").await;
    for (_, uri) in [ONE, TWO] {
        let (context, catalog) = (app.context(), app.app.store.catalog().await.unwrap());
        let new = NewResource { uri: uri.to_owned(), name: "API".to_owned(), ..NewResource::default() };
        app.manage(move |connection| management::resources::create(connection, &context, &new, &catalog.scopes)).await;
    }
    let request = Authorization::of(&client, "reports").with(ONE.0, ONE.1);
    let code = allow(&mut Browser::new(&app), &request, "alice").await.redirect()["code"].clone();
    let ask = async |form: &[(&str, &str)], resource| {
        app.http.as_client(&client, "/oauth2/token", &[form, &[resource]].concat()).await
    };
    assert_eq!(ask(&redemption(&code), TWO).await.error(), "invalid_target", "RFC 8707 §2.2");
    let given = ask(&redemption(&code), ONE).await;
    let refresh = given.text("refresh_token");
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    assert_eq!(ask(&refresh, TWO).await.error(), "invalid_target");
    let token = ask(&refresh, ONE).await.text("access_token");
    let seen = app.http.as_client(&client, INTROSPECT, &[("token", &token)]).await;
    assert_eq!(seen.json()["aud"], ONE.1);
}

/// Registers a resource.
async fn resource(app: &TestApp, uri: &str, scopes: &[&str]) {
    let (context, catalog) = (app.context(), app.app.store.catalog().await.unwrap());
    let new = NewResource {
        uri: uri.to_owned(),
        name: "API".to_owned(),
        scopes: scopes.iter().map(|name| (*name).to_owned()).collect(),
        ..NewResource::default()
    };
    app.manage(move |connection| management::resources::create(connection, &context, &new, &catalog.scopes)).await;
}

async fn a_token_that_opens_nothing_at_its_resource_is_not_issued(app: TestApp) {
    const THERE: (&str, &str) = ("resource", "https://api.example/");
    app.scope("reports").await;
    app.scope("exports").await;
    app.user("alice").await;
    resource(&app, THERE.1, &["exports"]).await;
    let (machine, web) = (app.machine("reports exports").await, app.web("openid reports exports").await);
    let ask = async |scope: &str| {
        let form = [("grant_type", "client_credentials"), ("scope", scope), THERE];
        app.http.as_client(&machine, "/oauth2/token", &form).await
    };
    assert_eq!(ask("reports exports").await.text("scope"), "exports");
    let refused = ask("reports").await;
    assert_eq!((refused.status.as_u16(), refused.error().as_str()), (400, "invalid_scope"));
    let redeem = async |scope: &str| {
        let request = Authorization::of(&web, scope).with(THERE.0, THERE.1);
        let code = allow(&mut Browser::new(&app), &request, "alice").await.redirect()["code"].clone();
        app.http.as_client(&web, "/oauth2/token", &redemption(&code)).await
    };
    // Before anybody is asked.
    let asked = Browser::new(&app).get(&Authorization::of(&web, "reports").with(THERE.0, THERE.1).path()).await;
    assert_eq!(asked.redirect()["error"], "invalid_scope");
    assert_eq!(redeem("reports exports").await.text("scope"), "exports");
    assert!(redeem("openid reports").await.json()["id_token"].is_string(), "it is enough to sign in by");
    // RFC 8707 §2.2: of two APIs with nothing in common each token is for one.
    resource(&app, "https://reports.example/", &["reports"]).await;
    let both =
        Authorization::of(&web, "reports exports").with(THERE.0, THERE.1).and(THERE.0, "https://reports.example/");
    let code = allow(&mut Browser::new(&app), &both, "alice").await.redirect()["code"].clone();
    let of_one = [&redemption(&code)[..], &[(THERE.0, "https://reports.example/")]].concat();
    assert_eq!(app.http.as_client(&web, "/oauth2/token", &of_one).await.text("scope"), "reports");

    // An admin leaves the API to others: what was granted opens nothing there any more, and the user has to be asked anew.
    let token = redeem("reports exports").await.text("refresh_token");
    let (context, catalog) = (app.context(), app.app.store.catalog().await.unwrap());
    let seen = management::resources::version(&catalog.resources[THERE.1]);
    let other = NewResource {
        uri: THERE.1.to_owned(),
        name: "API".to_owned(),
        scopes: vec!["openid".to_owned()],
        ..NewResource::default()
    };
    app.manage(move |connection| management::resources::update(connection, &context, &other, &seen, &catalog.scopes))
        .await;
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
    assert_eq!(app.http.as_client(&web, "/oauth2/token", &refresh).await.error(), "invalid_grant");
    let for_it = [&refresh[..], &[THERE]].concat();
    assert_eq!(app.http.as_client(&web, "/oauth2/token", &for_it).await.error(), "invalid_scope");
}

async fn a_jwt_for_this_server_and_another_opens_both(app: TestApp) {
    const OTHER: &str = "https://api.example/";
    app.scope("secret").await;
    let issuer = app.app.issuer().to_owned();
    let client = app
        .client(json!({
            "client_name": "Job", "grant_types": ["client_credentials"], "scope": "secret", "access_token_format": "jwt",
        }))
        .await;
    let curious = app.machine("secret").await;
    let ask = async |resources: &[&str]| {
        let mut form = vec![("grant_type", "client_credentials")];
        form.extend(resources.iter().map(|uri| ("resource", *uri)));
        app.http.as_client(&client, "/oauth2/token", &form).await.text("access_token")
    };
    let seen = async |who: &TestClient, token: &str| app.http.as_client(who, INTROSPECT, &[("token", token)]).await;
    let opens = async |token: &str| app.http.bearer("/secret", token).await.status == 200;
    let plain = ask(&[]).await;
    assert_eq!(seen(&curious, &plain).await.json()["active"], true, "for no resource");
    assert!(opens(&plain).await);

    let own = issuer.as_str();
    resource(&app, own, &[]).await;
    resource(&app, OTHER, &[]).await;
    let (own, both, other) = (ask(&[own]).await, ask(&[own, OTHER]).await, ask(&[OTHER]).await);
    assert!(opens(&own).await && opens(&both).await && !opens(&other).await);
    for token in [&own, &both, &other] {
        assert_eq!(seen(&curious, token).await.body, INACTIVE, "it is the business of the resource's servers");
    }
    let mut audience = vec![OTHER.to_owned(), issuer.clone()];
    audience.sort();
    assert_eq!(seen(&client, &own).await.json()["aud"], issuer);
    assert_eq!(seen(&client, &both).await.json()["aud"], json!(audience));
}

async fn callers_must_prove_who_they_are(app: TestApp) {
    app.scope("reports").await;
    let (client, public) = (app.machine("reports").await, app.native("reports").await);
    for path in [INTROSPECT, REVOKE] {
        assert_eq!(app.http.form(path, &[("token", "x")]).await.status, 401, "{path}");
        assert_eq!(app.http.form(path, &[("token", "x"), ("client_id", &client.id)]).await.status, 401, "{path}");
        let wrong = [("token", "x"), ("client_id", client.id.as_str()), ("client_secret", "gcs_wrong")];
        assert_eq!(app.http.form(path, &wrong).await.status, 401, "{path}");
    }
    assert_eq!(app.http.as_client(&public, INTROSPECT, &[("token", "x")]).await.status, 401);
    assert_eq!(app.http.as_client(&public, REVOKE, &[("token", "x")]).await.status, 200);
}

async fn the_request_is_checked(app: TestApp) {
    app.scope("reports").await;
    let client = app.machine("reports").await;
    for path in [INTROSPECT, REVOKE] {
        assert_eq!(app.http.as_client(&client, path, &[]).await.error(), "invalid_request");
        assert_eq!(app.http.as_client(&client, path, &[("token", "")]).await.error(), "invalid_request");
        let twice = [("token", "x"), ("token", "x")];
        assert_eq!(app.http.as_client(&client, path, &twice).await.error(), "invalid_request");
        assert_eq!(app.http.get(&format!("{path}?token=x")).await.status, 405);
    }
}

async fn a_client_revokes_its_own_tokens(app: TestApp) {
    app.scope("reports").await;
    app.user("alice").await;
    let (client, other) = (app.web("reports").await, app.web("reports").await);
    let answer = tokens(&app, &client, "reports", "alice").await;
    let (access, refresh) = (answer.text("access_token"), answer.text("refresh_token"));
    let alive = async || app.http.bearer("/api/v1/whoami", &access).await.status == 200;

    let stolen = app.http.as_client(&other, REVOKE, &[("token", &access)]).await;
    assert_eq!((stolen.status.as_u16(), stolen.error().as_str()), (400, "unauthorized_client"));
    assert!(alive().await, "another client's token stays");
    for unknown in ["x", "gat_unknown"] {
        let answer = app.http.as_client(&client, REVOKE, &[("token", unknown)]).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, ""));
    }
    let hinted = [("token", access.as_str()), ("token_type_hint", "refresh_token")];
    assert_eq!(app.http.as_client(&client, REVOKE, &hinted).await.status, 200);
    assert!(!alive().await);
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    let fresh = app.http.as_client(&client, "/oauth2/token", &form).await;
    assert_eq!(fresh.status, 200, "one access token does not end the grant");
    assert_eq!(app.http.as_client(&client, REVOKE, &[("token", &refresh)]).await.status, 200);
    let access = fresh.text("access_token");
    assert_eq!(app.http.bearer("/api/v1/whoami", &access).await.status, 401, "RFC 7009 §2.1");
    assert_eq!(app.http.as_client(&client, "/oauth2/token", &form).await.error(), "invalid_grant");
}

async fn a_public_client_ends_its_grant_with_an_access_token(app: TestApp) {
    app.scope("reports").await;
    app.user("alice").await;
    let client = app.native("reports").await;
    let answer = tokens(&app, &client, "reports", "alice").await;
    assert_eq!(app.http.as_client(&client, REVOKE, &[("token", &answer.text("access_token"))]).await.status, 200);
    let refresh = answer.text("refresh_token");
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    assert_eq!(app.http.as_client(&client, "/oauth2/token", &form).await.error(), "invalid_grant");
}
