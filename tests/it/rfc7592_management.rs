//! RFC 7592: a client reads, replaces and deletes its own registration.

use grantor::domain::policies::Registration;
use grantor::management;
use grantor::store::audit_log::{self, Filter};
use grantor::store::{cache, clients};
use serde_json::{Value, json};

use crate::support::app::{TestApp, TestClient, on_both_databases};
use crate::support::http::{Answer, Authorization, tokens};
use crate::support::registration::{but, registered, send, web, with_registration};

on_both_databases!(
    a_client_reads_its_registration,
    an_unknown_client_and_a_wrong_token_look_the_same,
    an_update_replaces_everything,
    an_update_that_changes_nothing_leaves_no_trace,
    updates_have_a_limit,
    an_update_keeps_what_an_admin_set,
    an_update_is_refused_when_it_contradicts_the_registration,
    changing_the_method_makes_and_takes_secrets,
    a_deleted_client_is_dead_with_its_tokens,
    a_disabled_client_may_do_nothing,
    other_methods_are_refused,
);

fn path(client: &TestClient) -> String {
    format!("/oauth2/register/{}", client.id)
}

async fn read(app: &TestApp, client: &TestClient, token: &str) -> Answer {
    send(app, "GET", &path(client), token, None).await
}

async fn put(app: &TestApp, client: &TestClient, token: &str, metadata: &Value) -> Answer {
    let metadata = but(metadata.clone(), "client_id", client.id.clone().into());
    send(app, "PUT", &path(client), token, Some(&metadata)).await
}

async fn a_client_reads_its_registration(app: TestApp) {
    let (client, answer) = registered(&app, &web()).await;
    let token = answer.text("registration_access_token");
    app.clock.advance(60);
    let read = read(&app, &client, &token).await;
    assert_eq!((read.status.as_u16(), read.header("cache-control")), (200, "no-store"));
    let mut expected = answer.json();
    for once in ["client_secret", "client_secret_expires_at"] {
        expected.as_object_mut().expect("an object").remove(once);
    }
    assert_eq!(read.json(), expected, "the secret is shown once");
}

async fn an_unknown_client_and_a_wrong_token_look_the_same(app: TestApp) {
    let (client, answer) = registered(&app, &web()).await;
    let (other, _) = registered(&app, &web()).await;
    let token = answer.text("registration_access_token");
    let admins = app.web("openid").await;
    let unknown = TestClient { id: "c_unknown".to_owned(), secret: None };
    let expected = read(&app, &unknown, &token).await;
    assert_eq!((expected.status.as_u16(), expected.error().as_str()), (401, "invalid_token"));
    assert!(expected.header("www-authenticate").contains("error=\"invalid_token\""));
    for method in ["GET", "PUT", "DELETE"] {
        for (client, token) in
            [(&unknown, token.as_str()), (&other, &token), (&admins, &token), (&client, "grr_x"), (&client, "")]
        {
            let answer = send(&app, method, &path(client), token, Some(&json!({}))).await;
            assert_eq!(answer.status, 401, "{method} {} {token}", client.id);
            assert!(token.is_empty() || answer.body_without_id() == expected.body_without_id());
        }
    }
    let secret = client.secret.clone().expect("it is confidential");
    assert_eq!(read(&app, &client, &secret).await.status, 401, "the client's secret is no such token");
    assert_eq!(app.http.bearer("/api/v1/whoami", &token).await.status, 401, "nor is the token an access token");
}

async fn an_update_replaces_everything(app: TestApp) {
    app.user("alice").await;
    let rich = but(but(web(), "tos_uri", "https://rp.example/tos".into()), "scope", "openid email".into());
    let (client, answer) = registered(&app, &rich).await;
    let token = answer.text("registration_access_token");
    let sent = json!({
        "redirect_uris": ["https://rp.example/new"], "client_name": null, "client_secret": client.secret,
    });
    let updated = put(&app, &client, &token, &sent).await;
    assert_eq!(updated.status, 200, "{}", updated.body);
    let shown = updated.json();
    assert_eq!(shown["redirect_uris"], json!(["https://rp.example/new"]));
    assert_eq!(shown["client_name"], "rp.example");
    assert_eq!(shown["grant_types"], json!(["authorization_code"]), "what is left out goes back to its default");
    assert!(shown.get("tos_uri").is_none() && shown.get("scope").is_none() && shown.get("client_secret").is_none());
    assert_eq!(updated.text("registration_access_token"), token, "it does not change");
    assert_eq!(read(&app, &client, &token).await.json(), shown);
    let old = app.http.get(&Authorization::of(&client, "openid").path()).await;
    assert_eq!(old.status, 400, "the old redirect URI is gone");
}

async fn an_update_that_changes_nothing_leaves_no_trace(app: TestApp) {
    let (client, answer) = registered(&app, &web()).await;
    let token = answer.text("registration_access_token");
    let traces = async || {
        let id = client.id.clone();
        app.manage(move |connection| {
            let filter = Filter { target: Some(id.clone()), ..Filter::default() };
            let entries = audit_log::list(connection, &filter, 10)?.len();
            let version = clients::find(connection, &id)?.expect("it is there").version;
            Ok((cache::generation(connection)?, entries, version))
        })
        .await
    };
    let before = traces().await;
    let shown = read(&app, &client, &token).await.json();
    for _ in 0..2 {
        let updated = put(&app, &client, &token, &web()).await;
        assert_eq!((updated.status.as_u16(), updated.json()), (200, shown.clone()));
    }
    assert_eq!(traces().await, before);
    assert_eq!(put(&app, &client, &token, &but(web(), "client_name", "Other".into())).await.status, 200);
    let after = traces().await;
    assert_eq!((after.1, after.2), (before.1 + 1, before.2 + 1));
    assert!(after.0 > before.0);
}

async fn updates_have_a_limit(app: TestApp) {
    let (client, answer) = registered(&app, &web()).await;
    let (other, of_other) = registered(&app, &web()).await;
    let token = answer.text("registration_access_token");
    let bad = but(web(), "redirect_uris", json!(["http://rp.example/"]));
    assert_eq!(put(&app, &client, &token, &bad).await.status, 400, "what is refused does not count");
    for number in 1..=60 {
        assert_eq!(put(&app, &client, &token, &web()).await.status, 200, "{number}");
    }
    let refused = put(&app, &client, &token, &web()).await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "3600"));
    assert_eq!(refused.error(), "temporarily_unavailable");
    assert_eq!(read(&app, &client, &token).await.status, 200);
    let token_of_other = of_other.text("registration_access_token");
    assert_eq!(put(&app, &other, &token_of_other, &web()).await.status, 200, "others have theirs");
    app.clock.advance(3600);
    assert_eq!(put(&app, &client, &token, &web()).await.status, 200);
}

async fn an_update_keeps_what_an_admin_set(app: TestApp) {
    app.scope("secret").await;
    let (client, answer) = registered(&app, &web()).await;
    let token = answer.text("registration_access_token");
    let Value::Object(admins) = but(but(web(), "scope", "openid secret".into()), "access_token_lifetime", json!(120))
    else {
        unreachable!()
    };
    let (context, id, catalog) = (app.context(), client.id.clone(), app.app.store.catalog().await.unwrap());
    app.manage(move |connection| {
        management::clients::update(connection, &context, &id, None, &admins, &catalog.scopes)
    })
    .await;
    let sent = but(but(web(), "scope", "secret grantor.users:read".into()), "access_token_lifetime", json!(999));
    let shown = put(&app, &client, &token, &sent).await.json();
    assert_eq!((&shown["scope"], &shown["access_token_lifetime"]), (&json!("secret"), &json!(120)));
}

async fn an_update_is_refused_when_it_contradicts_the_registration(app: TestApp) {
    let (client, answer) = registered(&app, &web()).await;
    let token = answer.text("registration_access_token");
    let before = read(&app, &client, &token).await.json();
    for (member, value) in [
        ("registration_access_token", json!(token)),
        ("registration_client_uri", answer.json()["registration_client_uri"].clone()),
        ("client_secret_expires_at", json!(0)),
        ("client_id_issued_at", json!(0)),
        ("client_secret", json!("gcs_my_own_choice")),
        ("grant_types", json!(["authorization_code", "implicit"])),
    ] {
        let refused = put(&app, &client, &token, &but(web(), member, value)).await;
        assert_eq!((refused.status.as_u16(), refused.error().as_str()), (400, "invalid_client_metadata"), "{member}");
    }
    for sent in [web(), but(web(), "client_id", "c_other".into())] {
        let refused = send(&app, "PUT", &path(&client), &token, Some(&sent)).await;
        assert_eq!((refused.status.as_u16(), refused.error().as_str()), (400, "invalid_client_metadata"));
    }
    let bad = but(web(), "redirect_uris", json!(["http://rp.example/"]));
    assert_eq!(put(&app, &client, &token, &bad).await.error(), "invalid_redirect_uri");
    assert_eq!(read(&app, &client, &token).await.json(), before, "nothing has changed");
}

async fn changing_the_method_makes_and_takes_secrets(app: TestApp) {
    app.user("alice").await;
    let public = but(web(), "token_endpoint_auth_method", "none".into());
    let (client, answer) = registered(&app, &public).await;
    let token = answer.text("registration_access_token");
    let shown = put(&app, &client, &token, &web()).await;
    assert_eq!(shown.json()["client_secret_expires_at"], 0);
    let confidential = TestClient { secret: Some(shown.text("client_secret")), ..client.clone() };
    tokens(&app, &confidential, "openid", "alice").await;
    let shown = put(&app, &client, &token, &public).await.json();
    assert!(shown.get("client_secret").is_none());
    tokens(&app, &client, "openid", "alice").await;
}

async fn a_deleted_client_is_dead_with_its_tokens(app: TestApp) {
    app.user("alice").await;
    let (client, answer) = registered(&app, &web()).await;
    let token = answer.text("registration_access_token");
    let access = tokens(&app, &client, "openid", "alice").await.text("access_token");
    assert_eq!(app.http.bearer("/api/v1/whoami", &access).await.status, 200);
    let deleted = send(&app, "DELETE", &path(&client), &token, None).await;
    assert_eq!((deleted.status.as_u16(), deleted.body.as_str()), (204, ""));
    assert_eq!(deleted.header("cache-control"), "no-store");
    assert_eq!(app.http.bearer("/api/v1/whoami", &access).await.status, 401);
    assert_eq!(read(&app, &client, &token).await.status, 401);
    assert_eq!(send(&app, "DELETE", &path(&client), &token, None).await.status, 401);

    let (client, answer) = registered(&app, &web()).await;
    let (context, id) = (app.context(), client.id.clone());
    app.manage(move |connection| management::clients::delete(connection, &context, &id)).await;
    assert_eq!(read(&app, &client, &answer.text("registration_access_token")).await.status, 401, "by an admin");
}

async fn a_disabled_client_may_do_nothing(app: TestApp) {
    let (client, answer) = registered(&app, &web()).await;
    let token = answer.text("registration_access_token");
    let (context, id) = (app.context(), client.id.clone());
    app.manage(move |connection| management::clients::set_disabled(connection, &context, &id, true)).await;
    for method in ["GET", "PUT", "DELETE"] {
        let refused = send(&app, method, &path(&client), &token, Some(&web())).await;
        assert_eq!((refused.status.as_u16(), refused.error().as_str()), (403, "access_denied"), "{method}");
    }
    assert_eq!(read(&app, &client, "grr_x").await.status, 401, "only its holder is told");
    let app = with_registration(app, Registration::Closed).await;
    assert_eq!(read(&app, &client, &token).await.status, 404);
}

async fn other_methods_are_refused(app: TestApp) {
    let (client, answer) = registered(&app, &web()).await;
    let refused = send(&app, "PATCH", &path(&client), &answer.text("registration_access_token"), None).await;
    assert_eq!((refused.status.as_u16(), refused.header("allow")), (405, "GET, HEAD, PUT, DELETE"));
}
