//! How often a request goes to the database: what `benches/load` measures in microseconds, held where no clock is needed.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use serde_json::json;

use crate::support::app::{TestApp, on_both_databases};
use crate::support::http::{Answer, Authorization, Browser, allow, redemption};

on_both_databases!(no_request_goes_to_the_database_more_often_than_it_must);

/// Reads and writes of the store.
type Cost = (u64, u64);

async fn no_request_goes_to_the_database_more_often_than_it_must(app: TestApp) {
    app.scope("secret").await;
    app.user("alice").await;
    let (web, native, machine) =
        (app.web("openid secret").await, app.native("secret").await, app.machine("secret").await);
    let signed = app
        .client(json!({
            "client_name": "Signed job", "grant_types": ["client_credentials"], "scope": "secret", "access_token_format": "jwt",
        }))
        .await;
    let mut browser = Browser::new(&app);
    let request = Authorization::of(&web, "openid secret");
    allow(&mut browser, &request, "alice").await;
    let given = allow(&mut Browser::new(&app), &Authorization::of(&native, "secret"), "alice").await;
    let code = given.redirect()["code"].clone();
    let form = [redemption(&code), vec![("client_id", native.id.as_str())]].concat();
    let mut refresh = app.http.form("/oauth2/token", &form).await.text("refresh_token");

    // Where they are settled together with others', what was presented is read before.
    let found_before = u64::from(app.app.store.settles_together());
    let expected = BTreeMap::from([
        ("a machine's token", (0, 1)),
        ("a machine's signed token", (0, 0)),
        ("introspection", (1, 0)),
        ("a protected route", (1, 0)),
        ("metadata", (0, 0)),
        ("keys", (0, 0)),
        // The session; the account and its consent.
        ("a code, with a session and a consent", (2, 1)),
        ("redeeming", (found_before, 1)),
        ("userinfo", (1, 0)),
        ("refreshing", (found_before, 1)),
    ]);
    // What else goes on (keys that are read anew after a change) may count into some rounds, not into all.
    let mut least = BTreeMap::new();
    for round in 0..50 {
        let mut note = |what: &'static str, cost: Cost| {
            least.entry(what).and_modify(|least: &mut Cost| *least = cost.min(*least)).or_insert(cost);
        };
        let grant = [("grant_type", "client_credentials")];
        let (token, cost) = counted(&app, 200, app.http.as_client(&machine, "/oauth2/token", &grant)).await;
        note("a machine's token", cost);
        let token = token.text("access_token");
        let (_, cost) = counted(&app, 200, app.http.as_client(&signed, "/oauth2/token", &grant)).await;
        note("a machine's signed token", cost);
        let (_, cost) =
            counted(&app, 200, app.http.as_client(&machine, "/oauth2/introspect", &[("token", token.as_str())])).await;
        note("introspection", cost);
        let (_, cost) = counted(&app, 200, app.http.bearer("/secret", &token)).await;
        note("a protected route", cost);
        let (_, cost) = counted(&app, 200, app.http.get("/.well-known/openid-configuration")).await;
        note("metadata", cost);
        let (_, cost) = counted(&app, 200, app.http.get("/.well-known/jwks.json")).await;
        note("keys", cost);
        let path = request.path();
        let (answer, cost) = counted(&app, 303, browser.get(&path)).await;
        note("a code, with a session and a consent", cost);
        let code = answer.redirect()["code"].clone();
        let (given, cost) = counted(&app, 200, app.http.as_client(&web, "/oauth2/token", &redemption(&code))).await;
        note("redeeming", cost);
        let (_, cost) = counted(&app, 200, app.http.bearer("/oauth2/userinfo", &given.text("access_token"))).await;
        note("userinfo", cost);
        let form =
            [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str()), ("client_id", native.id.as_str())];
        let (next, cost) = counted(&app, 200, app.http.form("/oauth2/token", &form)).await;
        note("refreshing", cost);
        refresh = next.text("refresh_token");
        if least == expected {
            return;
        }
        // Not in step with what comes again and again.
        tokio::time::sleep(Duration::from_millis(7 * round)).await;
    }
    assert_eq!(least, expected);
}

async fn counted(app: &TestApp, status: u16, request: impl Future<Output = Answer>) -> (Answer, Cost) {
    let calls = || {
        let figures = app.app.store.figures();
        (figures.reads.times.get().count, figures.writes.times.get().count)
    };
    let before = calls();
    let answer = request.await;
    let after = calls();
    assert_eq!(answer.status, status, "{}", answer.body);
    (answer, (after.0 - before.0, after.1 - before.1))
}
