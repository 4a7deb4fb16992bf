//! An issuer with a path: everything is served below it, for browsers and for clients (RFC 8414 §3.1).

use grantor::domain::issuer::Issuer;
use scraper::{Html, Selector};

use crate::support::app::{PASSWORD, TestApp, TestClient, on_both_databases};
use crate::support::http::{Answer, Authorization, Browser, redemption};

on_both_databases!(
    a_code_flow_stays_below_the_base,
    every_address_of_a_page_is_below_the_base,
    a_proxy_may_take_the_base_off,
    metadata_are_found_where_clients_look,
);

const BASE: &str = "/sign-in/here";

/// A server whose issuer has a path, and the one that was there before.
async fn below(app: TestApp) -> (TestApp, TestApp) {
    let issuer = Issuer::parse(&format!("http://localhost{BASE}")).expect("an issuer");
    let config = app.config.clone().issued_by(issuer);
    let below = app.another_with(config).await;
    (below, app)
}

/// Fills in the form of a page and sends it where the page says.
async fn submit(browser: &mut Browser, page: &Answer, fields: &[(&str, &str)]) -> Answer {
    let action = page.attribute("main form", "action").unwrap_or_else(|| panic!("no form: {}", page.body));
    assert!(action.starts_with(&format!("{BASE}/")), "{action}");
    browser.submit(&action, page, fields).await
}

async fn a_code_flow_stays_below_the_base(app: TestApp) {
    let (app, _before) = below(app).await;
    app.user("alice").await;
    app.scope("secret").await;
    let client: TestClient = app.web("secret").await;
    let mut browser = Browser::new(&app);
    let authorize = format!("{BASE}{}", Authorization::of(&client, "secret").path());
    let started = browser.get(&authorize).await;
    assert!(started.location().starts_with(&format!("{BASE}/login?")), "{}", started.location());
    let login = browser.follow(started).await;
    let signed_in = submit(&mut browser, &login, &[("username", "alice"), ("password", PASSWORD)]).await;
    let consent = browser.follow(signed_in).await;
    let allowed = submit(&mut browser, &consent, &[("decision", "approve")]).await;
    let answer = browser.follow(allowed).await.redirect();
    assert_eq!(answer["iss"], format!("http://localhost{BASE}"));
    let token = app.http.as_client(&client, &format!("{BASE}/oauth2/token"), &redemption(&answer["code"])).await;
    assert_eq!(token.status, 200, "{}", token.body);
    let secret = app.http.bearer(&format!("{BASE}/secret"), &token.text("access_token")).await;
    assert_eq!(secret.status, 200, "{}", secret.body);
}

async fn every_address_of_a_page_is_below_the_base(app: TestApp) {
    let (app, _before) = below(app).await;
    app.admin("root").await;
    let mut browser = Browser::new(&app);
    let login = browser.get(&format!("{BASE}/admin")).await;
    let login = browser.follow(login).await;
    let signed_in = submit(&mut browser, &login, &[("username", "root"), ("password", PASSWORD)]).await;
    assert_eq!(signed_in.location(), format!("{BASE}/admin"));
    let its_own = "grantor-session-sign-in-here";
    assert!(browser.cookies.contains_key(its_own), "servers below other paths share the host: {:?}", browser.cookies);
    for path in
        ["/admin", "/admin/clients/new", "/admin/settings/branding", "/account", "/account/password", "/nowhere"]
    {
        let page = browser.get(&format!("{BASE}{path}")).await;
        let document = Html::parse_document(&page.body);
        let mut found = 0;
        for name in ["href", "action", "formaction", "src", "data-strength"] {
            for element in document.select(&Selector::parse(&format!("[{name}]")).expect("a selector")) {
                let address = element.attr(name).expect("it was selected");
                let is_ours = address.starts_with('/');
                assert!(!is_ours || address.starts_with(&format!("{BASE}/")), "{path}: {name}={address}");
                found += usize::from(is_ours);
            }
        }
        assert!(found > 3, "{path}: {}", page.body);
    }
    let style = login.attribute("link[rel=stylesheet]", "href").expect("a style sheet");
    assert_eq!(browser.get(&style).await.status, 200, "{style}");
}

async fn a_proxy_may_take_the_base_off(app: TestApp) {
    let (app, _before) = below(app).await;
    let page = app.http.get("/login").await;
    assert_eq!(page.attribute("main form", "action").as_deref(), Some("/sign-in/here/login"));
    assert_eq!(app.http.get("/account").await.location(), format!("{BASE}/login?return_to=%2Faccount"));
    assert_eq!(app.http.get("/sign-in/hereabouts/login").await.status, 404);
    assert_eq!(app.http.get("/health/live").await.status, 200, "health is asked by machines that know no base");
}

async fn metadata_are_found_where_clients_look(app: TestApp) {
    let (app, _before) = below(app).await;
    let issuer = format!("http://localhost{BASE}");
    for path in [
        format!("{BASE}/.well-known/openid-configuration"),
        format!("{BASE}/.well-known/oauth-authorization-server"),
        format!("/.well-known/oauth-authorization-server{BASE}"),
        format!("/.well-known/openid-configuration{BASE}"),
    ] {
        let metadata = app.http.get(&path).await;
        assert_eq!(metadata.text("issuer"), issuer, "{path}");
        assert_eq!(metadata.text("token_endpoint"), format!("{issuer}/oauth2/token"));
        assert_eq!(metadata.header("access-control-allow-origin"), "*", "{path}");
    }
    for elsewhere in ["/not-us", "/sign-in", "/sign-in/here/too", "/sign-in/HERE"] {
        let path = format!("/.well-known/oauth-authorization-server{elsewhere}");
        let answer = app.http.get(&path).await;
        assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (404, ""), "{path}");
    }
    let challenge = app.http.get(&format!("{BASE}/oauth2/userinfo")).await;
    assert_eq!((challenge.status.as_u16(), challenge.header("access-control-allow-origin")), (401, "*"));
}
