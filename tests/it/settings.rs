//! What admins decide for everybody in the console: it acts at once and everywhere, and nobody loses what they decided.

use grantor::config::Config;
use grantor::domain::resource_owner::Role;
use grantor::management::{
    self,
    settings::{self, Changes},
};
use grantor::store::audit_log::{self, Filter};
use grantor::web::routes;
use serde_json::{Value, json};

use crate::support::app::{Backend, REDIRECT_URI, TestApp, on_both_databases, run_prepared};
use crate::support::form::{admin, save};
use crate::support::http::{Browser, Http};
use crate::support::until;

on_both_databases!(
    a_lifetime_acts_at_once_and_in_every_process,
    registration_opens_and_closes_while_the_server_runs,
    a_limit_acts_at_once,
    passwords_are_as_long_as_the_setting_says,
    what_is_wrong_is_said_beside_its_field_and_nothing_is_saved,
    a_setting_as_by_default_is_not_kept,
    a_setting_can_be_put_back,
    two_admins_at_one_form_lose_nothing,
    of_two_who_save_at_once_one_is_told,
    a_change_is_in_the_audit_log_with_before_and_after,
    who_may_only_read_is_offered_no_form,
    a_setting_that_cannot_be_read_does_not_stop_the_server,
    nobody_is_locked_out_by_a_short_session,
);

/// What is stored under a name.
async fn stored(app: &TestApp, name: &'static str) -> Option<String> {
    app.manage(move |connection| Ok(grantor::store::settings::list(connection)?.remove(name))).await
}

async fn set(browser: &mut Browser, path: &str, field: &str, value: &str) {
    let page = browser.get(path).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let saved = save(browser, path, &page, &[(field, Some(value))]).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
}

async fn machine_token(http: &Http, app: &TestApp) -> i64 {
    let client = app.machine("reports").await;
    let form = [("grant_type", "client_credentials"), ("scope", "reports")];
    http.as_client(&client, "/oauth2/token", &form).await.json()["expires_in"].as_i64().expect("a number")
}

async fn a_lifetime_acts_at_once_and_in_every_process(app: TestApp) {
    app.scope("reports").await;
    let other = app.another().await;
    let mut browser = admin(&app).await;
    assert_eq!(machine_token(&app.http, &app).await, 3600);

    set(&mut browser, routes::ADMIN_SETTINGS_LIFETIMES, "access_token_lifetime", "120").await;
    assert_eq!(machine_token(&app.http, &app).await, 120, "at once where it was said");
    until("the other process knows it", async || other.app.policies().lifetimes.access_token == 120).await;
    assert_eq!(machine_token(&other.http, &app).await, 120);

    let again = app.restarted().await;
    assert_eq!(again.app.policies().lifetimes.access_token, 120, "and after a start");
}

async fn registration_opens_and_closes_while_the_server_runs(app: TestApp) {
    let mut browser = admin(&app).await;
    let register = async || {
        let body = json!({ "client_name": "Stranger", "redirect_uris": [REDIRECT_URI] }).to_string();
        app.http.send("POST", "/oauth2/register", &[("content-type", "application/json")], Some(body)).await.status
    };
    let is_published = async || {
        let metadata = app.http.get("/.well-known/oauth-authorization-server").await.json();
        metadata.get("registration_endpoint").is_some_and(Value::is_string)
    };
    assert_eq!((register().await.as_u16(), is_published().await), (401, true), "a token is asked for by default");
    set(&mut browser, routes::ADMIN_SETTINGS_ACCESS, "registration", "open").await;
    assert_eq!((register().await.as_u16(), is_published().await), (201, true));
    set(&mut browser, routes::ADMIN_SETTINGS_ACCESS, "registration", "closed").await;
    assert_eq!((register().await.as_u16(), is_published().await), (404, false));
}

async fn a_limit_acts_at_once(app: TestApp) {
    app.scope("reports").await;
    let client = app.machine("reports").await;
    let mut browser = admin(&app).await;
    let ask = async || {
        let form = [("grant_type", "client_credentials"), ("scope", "reports")];
        app.http.as_client(&client, "/oauth2/token", &form).await.status.as_u16()
    };
    assert_eq!([ask().await, ask().await, ask().await], [200, 200, 200]);
    set(&mut browser, routes::ADMIN_SETTINGS_LIMITS, "client", "2").await;
    assert_eq!([ask().await, ask().await, ask().await], [200, 200, 429]);
    set(&mut browser, routes::ADMIN_SETTINGS_LIMITS, "rate_limits", "off").await;
    assert_eq!(ask().await, 200);
    set(&mut browser, routes::ADMIN_SETTINGS_LIMITS, "rate_limits", "on").await;
    set(&mut browser, routes::ADMIN_SETTINGS_LIMITS, "client", "").await;
    assert_eq!(ask().await, 200, "an empty limit is none");
}

async fn passwords_are_as_long_as_the_setting_says(app: TestApp) {
    let mut browser = admin(&app).await;
    set(&mut browser, routes::ADMIN_SETTINGS_ACCESS, "password_min_length", "30").await;
    let page = browser.get("/account/password").await;
    assert_eq!(page.attribute("#new_password", "minlength").as_deref(), Some("30"));
    assert!(page.body.contains("At least 30 characters"), "{}", page.body);
    let current = crate::support::app::PASSWORD;
    let choose = async |browser: &mut Browser, chosen: &str| {
        let page = browser.get("/account/password").await;
        browser.submit("/account/password", &page, &[("current_password", current), ("new_password", chosen)]).await
    };
    let refused = choose(&mut browser, "velvet canyon orbit lemon").await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("at least 30 characters"), "{}", refused.body);
    assert_eq!(choose(&mut browser, "velvet canyon orbit lemon river").await.status, 303);
}

async fn what_is_wrong_is_said_beside_its_field_and_nothing_is_saved(app: TestApp) {
    let mut browser = admin(&app).await;
    let path = routes::ADMIN_SETTINGS_LIFETIMES;
    let page = browser.get(path).await;
    let wrong =
        [("code_lifetime", Some("9000")), ("access_token_lifetime", Some("1200")), ("session_lifetime", Some("x"))];
    let refused = save(&mut browser, path, &page, &wrong).await;
    assert_eq!(refused.status, 422);
    let error = refused.find("#code_lifetime-error").expect("beside the field");
    assert!(error.contains("from 1 to 600"), "{error}");
    assert!(refused.find("#session_lifetime-error").is_some());
    assert_eq!(refused.attribute("#code_lifetime", "value").as_deref(), Some("9000"), "what was typed stays");
    assert_eq!(stored(&app, "tokens.access_token_lifetime").await, None, "all or nothing");
    assert_eq!(app.app.policies().lifetimes.access_token, 3600);
}

async fn a_setting_as_by_default_is_not_kept(app: TestApp) {
    let mut browser = admin(&app).await;
    let path = routes::ADMIN_SETTINGS_LIFETIMES;
    set(&mut browser, path, "code_lifetime", "30").await;
    assert_eq!(stored(&app, "tokens.code_lifetime").await.as_deref(), Some("30"));
    assert!(browser.get(routes::ADMIN_SETTINGS).await.body.contains("1 differs from the default"));
    set(&mut browser, path, "code_lifetime", "60").await;
    assert_eq!(stored(&app, "tokens.code_lifetime").await, None);
    assert!(!browser.get(routes::ADMIN_SETTINGS).await.body.contains("differs from the default"));
}

async fn a_setting_can_be_put_back(app: TestApp) {
    let mut browser = admin(&app).await;
    let path = routes::ADMIN_SETTINGS_LIFETIMES;
    set(&mut browser, path, "code_lifetime", "30").await;
    let page = browser.get(path).await;
    let reset = page.attribute("main form a[href*='default=']", "href").expect("a link");
    let filled = browser.get(&reset).await;
    assert_eq!(filled.attribute("#code_lifetime", "value").as_deref(), Some("60"));
    assert!(filled.body.contains("is filled in with its default. Save to make it so."), "{}", filled.body);
    assert_eq!(stored(&app, "tokens.code_lifetime").await.as_deref(), Some("30"), "a link changes nothing");
    assert_eq!(save(&mut browser, path, &filled, &[]).await.status, 303);
    assert_eq!(stored(&app, "tokens.code_lifetime").await, None);
}

async fn of_two_who_save_at_once_one_is_told(app: TestApp) {
    for round in 0..10 {
        let name = "tokens.code_lifetime";
        let seen = app.manage(move |connection| Ok(grantor::store::settings::list(connection)?)).await;
        let version = settings::version(&seen, [name]);
        let save = |value: i32| {
            let (context, version) = (app.context(), version.clone());
            let changes: Changes = [(name.to_owned(), Some(value.to_string()))].into();
            app.app
                .store
                .write(move |connection| settings::change(connection, &context, "lifetimes", Some(&version), &changes))
        };
        let done = tokio::join!(save(30 + 2 * round), save(31 + 2 * round));
        let kept = [done.0, done.1].map(|outcome| match outcome {
            Ok(()) => true,
            Err(grantor::store::Failure::Refused(management::ManagementError::Outdated)) => false,
            Err(other) => panic!("{other:?}"),
        });
        assert_eq!(kept.iter().filter(|kept| **kept).count(), 1, "round {round}: {kept:?}");
    }
}

async fn two_admins_at_one_form_lose_nothing(app: TestApp) {
    let mut one = admin(&app).await;
    let mut two = Browser::new(&app);
    two.sign_in("alice").await;
    let path = routes::ADMIN_SETTINGS_LIFETIMES;
    let page = two.get(path).await;
    set(&mut one, path, "code_lifetime", "30").await;

    let refused = save(&mut two, path, &page, &[("access_token_lifetime", Some("900"))]).await;
    assert_eq!(refused.status, 409);
    assert!(refused.find("#code_lifetime-error").expect("what changed").contains("30"), "{}", refused.body);
    assert_eq!(refused.attribute("#access_token_lifetime", "value").as_deref(), Some("900"), "what was typed stays");
    assert_eq!(stored(&app, "tokens.access_token_lifetime").await, None);

    let saved = save(&mut two, path, &refused, &[("code_lifetime", Some("30"))]).await;
    assert_eq!(saved.status, 303, "knowing it");
    assert_eq!(app.app.policies().lifetimes.access_token, 900);
    // A page of another topic is no obstacle.
    let limits = two.get(routes::ADMIN_SETTINGS_LIMITS).await;
    set(&mut one, path, "code_lifetime", "31").await;
    assert_eq!(save(&mut two, routes::ADMIN_SETTINGS_LIMITS, &limits, &[]).await.status, 303);
}

async fn a_change_is_in_the_audit_log_with_before_and_after(app: TestApp) {
    let mut browser = admin(&app).await;
    let path = routes::ADMIN_SETTINGS_LIFETIMES;
    set(&mut browser, path, "code_lifetime", "30").await;
    set(&mut browser, path, "code_lifetime", "45").await;
    // Saved as it is, nothing has changed.
    let page = browser.get(path).await;
    save(&mut browser, path, &page, &[]).await;
    let entries = app
        .manage(|connection| {
            let filter = Filter { action: Some("settings.changed".to_owned()), ..Filter::default() };
            Ok(audit_log::list(connection, &filter, 10)?)
        })
        .await;
    let details: Vec<Value> = entries.iter().map(|each| serde_json::from_str(&each.detail).expect("JSON")).collect();
    assert_eq!(
        details,
        [
            json!({ "settings": { "tokens.code_lifetime": ["30", "45"] } }),
            json!({ "settings": { "tokens.code_lifetime": [null, "30"] } }),
        ]
    );
    let log = browser.get(routes::ADMIN_AUDIT_LOG).await;
    assert!(log.body.contains("tokens.code_lifetime: 30 → 45"), "{}", log.body);
}

async fn who_may_only_read_is_offered_no_form(app: TestApp) {
    app.person("carol", None, Role::Auditor, json!({})).await;
    let mut browser = Browser::new(&app);
    browser.sign_in("carol").await;
    let page = browser.get(routes::ADMIN_SETTINGS_LIFETIMES).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.attribute("#code_lifetime", "value").as_deref(), Some("60"));
    assert!(page.attribute("#code_lifetime", "disabled").is_some());
    assert!(page.find("main form button").is_none(), "{}", page.body);
}

async fn a_setting_that_cannot_be_read_does_not_stop_the_server(app: TestApp) {
    app.manage(|connection| {
        grantor::store::settings::list_to_change(connection)?;
        grantor::store::settings::set(connection, "tokens.code_lifetime", Some("of a newer version"))?;
        grantor::store::settings::set(connection, "tokens.of_a_newer_version", Some("1"))?;
        Ok(())
    })
    .await;
    let again = app.restarted().await;
    assert_eq!(again.app.policies().lifetimes.authorization_code, 60);
    let mut browser = admin(&again).await;
    assert_eq!(browser.get(routes::ADMIN_SETTINGS_LIFETIMES).await.status, 200);
}

async fn nobody_is_locked_out_by_a_short_session(app: TestApp) {
    let mut browser = admin(&app).await;
    let path = routes::ADMIN_SETTINGS_LIFETIMES;
    let page = browser.get(path).await;
    for field in ["session_idle_lifetime", "session_lifetime"] {
        let refused = save(&mut browser, path, &page, &[(field, Some("1"))]).await;
        assert_eq!(refused.status, 422, "{field}");
        let error = refused.find(&format!("#{field}-error")).expect("beside the field");
        assert!(error.contains("from 300 to 31536000"), "{error}");
    }
    // What an earlier version has stored.
    app.manage(|connection| {
        grantor::store::settings::list_to_change(connection)?;
        grantor::store::settings::set(connection, "sessions.idle_lifetime", Some("1"))?;
        Ok(())
    })
    .await;
    let again = app.restarted().await;
    assert_eq!(again.app.policies().lifetimes.session_idle, 300);
    let mut browser = Browser::new(&again);
    browser.sign_in("alice").await;
    let page = browser.get(path).await;
    assert_eq!(page.attribute("#session_idle_lifetime", "value").as_deref(), Some("300"), "{}", page.body);
    assert_eq!(save(&mut browser, path, &page, &[]).await.status, 303, "it is put right by saving");
    assert_eq!(stored(&again, "sessions.idle_lifetime").await.as_deref(), Some("300"));
}

/// What the environment says wins, and the page says so.
async fn fixed(app: TestApp) {
    let context = app.context();
    app.manage(move |connection| {
        let changes = Changes::from([("tokens.access_token_lifetime".to_owned(), Some("900".to_owned()))]);
        settings::change(connection, &context, "lifetimes", None, &changes)
    })
    .await;
    let again = app.restarted().await;
    assert_eq!(again.app.policies().lifetimes.access_token, 120);
    let mut browser = admin(&again).await;
    let path = routes::ADMIN_SETTINGS_LIFETIMES;
    let page = browser.get(path).await;
    assert_eq!(page.attribute("#access_token_lifetime", "value").as_deref(), Some("120"));
    assert!(page.attribute("#access_token_lifetime", "disabled").is_some());
    assert!(page.body.contains("Fixed by <code>GRANTOR_ACCESS_TOKEN_LIFETIME</code>"), "{}", page.body);
    // Whoever sends it all the same changes nothing.
    let saved =
        save(&mut browser, path, &page, &[("access_token_lifetime", Some("77")), ("code_lifetime", Some("30"))]);
    assert_eq!(saved.await.status, 303);
    assert_eq!(again.app.policies().lifetimes.access_token, 120);
    assert_eq!(stored(&again, "tokens.access_token_lifetime").await.as_deref(), Some("900"));
    assert_eq!(again.app.policies().lifetimes.authorization_code, 30);
}

fn with_environment() -> Config {
    let given = [("GRANTOR_ACCESS_TOKEN_LIFETIME".to_owned(), "120".to_owned())];
    let loaded = Config::load(None, given).expect("good settings");
    let mut config = Config::for_tests();
    (config.policies, config.fixed) = (loaded.policies, loaded.fixed);
    config
}

#[test]
fn the_environment_wins_on_sqlite() {
    run_prepared(Backend::Sqlite, with_environment(), |_| {}, fixed);
}

#[test]
fn the_environment_wins_on_postgres() {
    run_prepared(Backend::Postgres, with_environment(), |_| {}, fixed);
}
