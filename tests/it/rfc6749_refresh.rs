//! RFC 6749 §6 and RFC 9700 §4.14: rotation, reuse, the retry window, and what every refresh looks at anew.

use serde_json::json;

use crate::support::app::{PASSWORD, REDIRECT_URI, TestApp, TestClient, on_both_databases};
use crate::support::http::{Answer, Browser, tokens};

on_both_databases!(
    a_public_client_rotates_and_reuse_ends_the_family,
    a_lost_answer_may_be_asked_for_again,
    the_retry_window_begins_anew_with_the_server,
    a_confidential_client_keeps_its_token,
    a_refresh_keeps_or_narrows_the_scope,
    a_token_belongs_to_its_client,
    idle_and_absolute_ends_hold,
    use_moves_the_end_of_a_token_that_lives_for_less_than_an_hour,
    no_access_token_outlives_its_grant,
    every_refresh_looks_at_user_client_and_scopes,
    a_scope_that_there_is_no_more_is_in_no_token,
    a_grant_of_which_nothing_is_left_gives_nothing,
    a_new_password_ends_everything,
    fifty_at_once_leave_one_chain,
);

async fn refresh(app: &TestApp, client: &TestClient, token: &str) -> Answer {
    refresh_with(app, client, token, &[]).await
}

async fn refresh_with(app: &TestApp, client: &TestClient, token: &str, more: &[(&str, &str)]) -> Answer {
    let form = [&[("grant_type", "refresh_token"), ("refresh_token", token)], more].concat();
    app.http.as_client(client, "/oauth2/token", &form).await
}

async fn start(app: &TestApp) {
    app.scope("reports").await;
    app.scope("more").await;
    app.user("alice").await;
}

async fn a_public_client_rotates_and_reuse_ends_the_family(app: TestApp) {
    start(&app).await;
    let client = app.native("reports").await;
    let first = tokens(&app, &client, "reports", "alice").await.text("refresh_token");
    let second = refresh(&app, &client, &first).await;
    let (access, next) = (second.text("access_token"), second.text("refresh_token"));
    assert_ne!(first, next);
    app.clock.advance(11);
    assert_eq!(refresh(&app, &client, &first).await.error(), "invalid_grant", "the window is over");
    assert_eq!(refresh(&app, &client, &next).await.error(), "invalid_grant", "the family has ended");
    assert_eq!(app.http.bearer("/api/v1/whoami", &access).await.status, 401);
}

async fn a_lost_answer_may_be_asked_for_again(app: TestApp) {
    start(&app).await;
    let client = app.native("reports").await;
    let first = tokens(&app, &client, "reports", "alice").await.text("refresh_token");
    let lost = refresh(&app, &client, &first).await.text("refresh_token");
    app.clock.advance(9);
    let again = refresh(&app, &client, &first).await.text("refresh_token");
    assert_eq!(lost, again, "never two chains");
    let third = refresh(&app, &client, &again).await;
    assert_eq!(third.status, 200);
    assert_eq!(refresh(&app, &client, &first).await.error(), "invalid_grant", "the successor was used");
    assert_eq!(refresh(&app, &client, &third.text("refresh_token")).await.error(), "invalid_grant");
}

async fn the_retry_window_begins_anew_with_the_server(app: TestApp) {
    start(&app).await;
    let client = app.native("reports").await;
    let first = tokens(&app, &client, "reports", "alice").await.text("refresh_token");
    let lost = refresh(&app, &client, &first).await.text("refresh_token");
    app.clock.advance(60);
    let app = app.restarted().await;
    assert_eq!(refresh(&app, &client, &first).await.text("refresh_token"), lost, "the answer was lost in the crash");
}

async fn a_confidential_client_keeps_its_token(app: TestApp) {
    start(&app).await;
    let client = app.web("reports").await;
    let token = tokens(&app, &client, "reports", "alice").await.text("refresh_token");
    for _ in 0..3 {
        assert_eq!(refresh(&app, &client, &token).await.text("refresh_token"), token);
        app.clock.advance(3600);
    }
}

async fn a_refresh_keeps_or_narrows_the_scope(app: TestApp) {
    start(&app).await;
    let client = app.web("reports more").await;
    let token = tokens(&app, &client, "reports more", "alice").await.text("refresh_token");
    let scope = async |more: &[(&str, &str)]| refresh_with(&app, &client, &token, more).await;
    assert_eq!(scope(&[("scope", "reports")]).await.json()["scope"], "reports");
    assert_eq!(scope(&[("scope", "reports secret")]).await.error(), "invalid_scope");
    assert_eq!(scope(&[]).await.json()["scope"], "more reports", "the grant was not narrowed");
    assert_eq!(scope(&[("resource", "https://api.example/")]).await.error(), "invalid_target");
}

async fn a_token_belongs_to_its_client(app: TestApp) {
    start(&app).await;
    let (client, other, thief) = (app.native("reports").await, app.native("reports").await, app.web("reports").await);
    let token = tokens(&app, &client, "reports", "alice").await.text("refresh_token");
    for who in [&other, &thief] {
        assert_eq!(refresh(&app, who, &token).await.error(), "invalid_grant");
    }
    for mangled in [&token[..46], &format!("{token}A"), &token.to_uppercase()] {
        assert_eq!(refresh(&app, &client, mangled).await.error(), "invalid_grant");
    }
    assert_eq!(refresh(&app, &client, &token).await.status, 200, "nobody could spoil it");
}

async fn idle_and_absolute_ends_hold(app: TestApp) {
    const DAY: u32 = 24 * 60 * 60;
    start(&app).await;
    let client = app.native("reports").await;
    let idle = tokens(&app, &client, "reports", "alice").await.text("refresh_token");
    app.clock.advance(30 * DAY);
    assert_eq!(refresh(&app, &client, &idle).await.error(), "invalid_grant", "30 days unused");

    let mut token = tokens(&app, &client, "reports", "alice").await.text("refresh_token");
    for _ in 0..8 {
        app.clock.advance(11 * DAY);
        token = refresh(&app, &client, &token).await.text("refresh_token");
    }
    app.clock.advance(2 * DAY);
    assert_eq!(refresh(&app, &client, &token).await.error(), "invalid_grant", "90 days in all");
}

async fn use_moves_the_end_of_a_token_that_lives_for_less_than_an_hour(mut app: TestApp) {
    app.config.policies.lifetimes.refresh_token_idle = 1800;
    let app = app.restarted().await;
    start(&app).await;
    let client = app.web("reports").await;
    let token = tokens(&app, &client, "reports", "alice").await.text("refresh_token");
    for _ in 0..4 {
        app.clock.advance(1000);
        assert_eq!(refresh(&app, &client, &token).await.status, 200, "it is in use");
    }
    app.clock.advance(1800);
    assert_eq!(refresh(&app, &client, &token).await.error(), "invalid_grant", "it was not used");
}

async fn no_access_token_outlives_its_grant(mut app: TestApp) {
    let day: u32 = 24 * 60 * 60;
    app.config.policies.lifetimes.access_token = i64::from(30 * day);
    let app = app.restarted().await;
    start(&app).await;
    let client = app.web("reports").await;
    let token = tokens(&app, &client, "reports", "alice").await.text("refresh_token");
    for _ in 0..4 {
        app.clock.advance(20 * day);
        assert_eq!(refresh(&app, &client, &token).await.status, 200, "it is in use");
    }
    let last = refresh(&app, &client, &token).await;
    assert_eq!(last.json()["expires_in"], 10 * day, "80 of 90 days are over");
    let access = last.text("access_token");
    app.clock.advance(10 * day - 1);
    assert_eq!(app.http.bearer("/api/v1/whoami", &access).await.status, 200);
}

async fn every_refresh_looks_at_user_client_and_scopes(app: TestApp) {
    start(&app).await;
    let client = app.web("reports more").await;
    let answer = tokens(&app, &client, "reports more", "alice").await;
    let (access, token) = (answer.text("access_token"), answer.text("refresh_token"));
    let (context, id) = (app.context(), client.id.clone());
    let catalog = app.app.store.catalog().await.unwrap();
    app.manage(move |connection| {
        let serde_json::Value::Object(metadata) = serde_json::json!({
            "client_name": "Web app", "redirect_uris": ["https://rp.example/callback"],
            "grant_types": ["authorization_code", "refresh_token"], "scope": "reports",
        }) else {
            unreachable!()
        };
        grantor::management::clients::update(connection, &context, &id, None, &metadata, &catalog.scopes)
    })
    .await;
    assert_eq!(refresh(&app, &client, &token).await.json()["scope"], "reports", "a scope was taken away");
    assert_eq!(app.http.bearer("/api/v1/whoami", &access).await.json()["scope"], "reports");

    app.admin("root").await;
    let (context, user) = (app.context(), app.http.bearer("/api/v1/whoami", &access).await.text("sub"));
    let id = user.clone();
    app.manage(move |connection| grantor::management::users::set_disabled(connection, &context, &id, true)).await;
    assert_eq!(refresh(&app, &client, &token).await.error(), "invalid_grant", "disabled user");
    assert_eq!(app.http.bearer("/api/v1/whoami", &access).await.status, 401);
    let context = app.context();
    app.manage(move |connection| grantor::management::users::delete(connection, &context, &user)).await;
    assert_eq!(refresh(&app, &client, &token).await.error(), "invalid_grant", "deleted user");
}

async fn a_scope_that_there_is_no_more_is_in_no_token(app: TestApp) {
    start(&app).await;
    for name in ["reports", "more"] {
        app.set_default(name, true).await;
    }
    // Neither names its scopes.
    let web = json!({
        "client_name": "Web app", "redirect_uris": [REDIRECT_URI], "grant_types": ["authorization_code", "refresh_token"],
    });
    let job = |format: &str| {
        let grant_types = ["client_credentials"];
        json!({ "client_name": "Job", "grant_types": grant_types, "access_token_format": format })
    };
    let (web, opaque, jwt) = (app.client(web).await, app.client(job("opaque")).await, app.client(job("jwt")).await);
    let given = tokens(&app, &web, "reports more", "alice").await;
    let machine = async |client: &TestClient| {
        let form = [("grant_type", "client_credentials"), ("scope", "reports more")];
        app.http.as_client(client, "/oauth2/token", &form).await.text("access_token")
    };
    let holders = [
        (&web, given.text("access_token")),
        (&web, given.text("refresh_token")),
        (&opaque, machine(&opaque).await),
        (&jwt, machine(&jwt).await),
    ];
    let left = async |scope: &str| {
        for (client, token) in &holders {
            let seen = app.http.as_client(client, "/oauth2/introspect", &[("token", token)]).await.json();
            assert_eq!((&seen["active"], &seen["scope"]), (&json!(true), &json!(scope)), "{token}: {seen}");
            if !token.starts_with("grt_") {
                assert_eq!(app.http.bearer("/api/v1/whoami", token).await.text("scope"), scope, "{token}");
            }
        }
        refresh(&app, &web, &holders[1].1).await
    };
    assert_eq!(left("more reports").await.text("scope"), "more reports");
    app.set_default("more", false).await;
    assert_eq!(left("reports").await.text("scope"), "reports", "it is no default any more");
    app.set_default("more", true).await;
    assert_eq!(left("more reports").await.text("scope"), "more reports");
    let context = app.context();
    app.manage(move |connection| grantor::management::scopes::delete(connection, &context, "reports")).await;
    assert_eq!(left("more").await.text("scope"), "more", "it was deleted");
}

async fn a_grant_of_which_nothing_is_left_gives_nothing(app: TestApp) {
    start(&app).await;
    let client = app.web("reports").await;
    let token = tokens(&app, &client, "reports", "alice").await.text("refresh_token");
    let with = |scope: &str| {
        json!({
            "client_name": "Web app", "redirect_uris": [REDIRECT_URI], "scope": scope,
            "grant_types": ["authorization_code", "refresh_token"],
        })
    };
    app.reregister(&client, with("more")).await;
    let asked: [&[(&str, &str)]; 3] = [&[], &[("scope", "reports")], &[("scope", "more")]];
    for more in asked {
        let refused = refresh_with(&app, &client, &token, more).await;
        assert_eq!((refused.status.as_u16(), refused.error().as_str()), (400, "invalid_grant"), "{more:?}");
    }
    app.reregister(&client, with("reports more")).await;
    assert_eq!(refresh(&app, &client, &token).await.text("scope"), "reports", "it was not the token's fault");
}

async fn a_new_password_ends_everything(app: TestApp) {
    start(&app).await;
    let client = app.web("reports").await;
    let token = tokens(&app, &client, "reports", "alice").await.text("refresh_token");
    let (mut here, mut there) = (Browser::new(&app), Browser::new(&app));
    here.sign_in("alice").await;
    there.sign_in("alice").await;
    let page = here.get("/account/password").await;
    let new = "velvet canyon orbit lemon";
    let wrong = here.submit("/account/password", &page, &[("current_password", "no"), ("new_password", new)]).await;
    assert_eq!(wrong.status, 422);
    let changed =
        here.submit("/account/password", &page, &[("current_password", PASSWORD), ("new_password", new)]).await;
    assert_eq!(changed.status, 303, "{}", changed.body);
    assert_eq!(here.get("/account").await.status, 200, "this browser stays");
    assert_eq!(there.get("/account").await.status, 303, "others are out");
    assert_eq!(refresh(&app, &client, &token).await.error(), "invalid_grant");
}

async fn fifty_at_once_leave_one_chain(app: TestApp) {
    start(&app).await;
    let client = app.native("reports").await;
    let token = tokens(&app, &client, "reports", "alice").await.text("refresh_token");
    let attempts = (0..50).map(|_| {
        let (http, client, token) = (app.http.clone(), client.clone(), token.clone());
        let form = [("grant_type", "refresh_token".to_owned()), ("refresh_token", token)];
        tokio::spawn(async move {
            let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
            loop {
                let answer = http.as_client(&client, "/oauth2/token", &form).await;
                // Whoever waited for too long behind the others asks again.
                if answer.status != 503 {
                    return answer;
                }
            }
        })
    });
    let mut successors = Vec::new();
    for attempt in attempts.collect::<Vec<_>>() {
        let answer = attempt.await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.body);
        successors.push(answer.text("refresh_token"));
    }
    successors.dedup();
    assert_eq!(successors.len(), 1, "one successor, however many asked");
    assert_eq!(refresh(&app, &client, &successors[0]).await.status, 200);
}
