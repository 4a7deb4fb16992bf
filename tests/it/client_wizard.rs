//! The form of a new client: what is connected chooses safe settings, and a developer gets what it takes to connect it.

use grantor::domain::client::TokenFormat;
use grantor::store::clients;
use serde_json::{Value, json};

use crate::support::app::{REDIRECT_URI, TestApp, TestClient, on_both_databases};
use crate::support::form::save;
use crate::support::http::{Answer, Authorization, Browser, allow, but, encode, redemption};
use crate::support::jose::verified;

on_both_databases!(
    what_is_connected_chooses_the_settings,
    an_agent_gets_a_resource_of_its_own,
    the_programs_of_an_agent_ask_for_a_token_of_its_server,
    what_follows_from_the_kind_can_be_said_otherwise,
    every_other_setting_is_there_too,
    what_is_refused_stands_beside_its_field,
    a_secret_is_shown_once_and_in_no_program,
);

const NEW: &str = "/admin/clients/new";
const CLIENTS: &str = "/admin/clients";

async fn admin(app: &TestApp) -> Browser {
    app.scope("reports").await;
    app.admin("root").await;
    let mut browser = Browser::new(app);
    assert_eq!(browser.sign_in("root").await.status, 303);
    browser
}

async fn create(browser: &mut Browser, fields: &[(&str, &str)]) -> Answer {
    let page = browser.get(NEW).await;
    // The folded settings are left as they are: their marker is left out, as by a form without them.
    let hidden = page.hidden();
    let token = hidden.iter().find(|(name, _)| name == "csrf_token").map(|(_, value)| value.as_str());
    let mut form = vec![("csrf_token", token.expect("a token"))];
    form.extend_from_slice(fields);
    browser.post(CLIENTS, &form).await
}

/// What the client on this page is registered with.
async fn metadata(app: &TestApp, page: &Answer) -> Value {
    let id = page.find("#client-id").unwrap_or_else(|| panic!("no client: {}", page.body));
    let client = app.manage(move |connection| Ok(clients::find(connection, &id)?.expect("it is there"))).await;
    serde_json::to_value(client.metadata).expect("metadata are JSON")
}

async fn what_is_connected_chooses_the_settings(app: TestApp) {
    let mut browser = admin(&app).await;
    let users = json!(["authorization_code", "refresh_token"]);
    for (kind, uris, expected) in [
        (
            "web",
            "https://a.example/callback",
            json!({
                "token_endpoint_auth_method": "client_secret_basic",
                "application_type": "web",
                "grant_types": users,
                "redirect_uris": ["https://a.example/callback"],
                "require_pkce": true,
            }),
        ),
        (
            "spa",
            "https://a.example/",
            json!({
                "token_endpoint_auth_method": "none",
                "application_type": "web",
                "grant_types": users,
                "redirect_uris": ["https://a.example/"],
            }),
        ),
        (
            "native",
            "",
            json!({
                "token_endpoint_auth_method": "none",
                "application_type": "native",
                "grant_types": users,
                "redirect_uris": ["http://127.0.0.1/callback"],
            }),
        ),
        (
            "machine",
            "",
            json!({
                "token_endpoint_auth_method": "client_secret_basic",
                "grant_types": ["client_credentials"],
                "redirect_uris": [],
                "scope": "reports",
            }),
        ),
        (
            "mcp",
            "",
            json!({
                "token_endpoint_auth_method": "none",
                "application_type": "native",
                "grant_types": users,
                "redirect_uris": ["http://127.0.0.1/callback"],
            }),
        ),
    ] {
        let fields = [("kind", kind), ("client_name", "Acme"), ("redirect_uris", uris), ("scope", "reports")];
        let page = create(&mut browser, &fields).await;
        assert_eq!(page.status, 200, "{kind}: {}", page.body);
        assert_eq!(page.find("h1").as_deref(), Some("Client created"));
        let is_public = expected["token_endpoint_auth_method"] == "none";
        assert_eq!(page.find("#client-secret").is_none(), is_public, "{kind}");
        let registered = metadata(&app, &page).await;
        for (member, value) in expected.as_object().expect("an object") {
            assert_eq!(&registered[member], value, "{kind}: {member}");
        }
    }
}

async fn an_agent_gets_a_resource_of_its_own(app: TestApp) {
    let mut browser = admin(&app).await;
    let server = "https://mcp.example/tools";
    for name in ["Agent", "Another agent"] {
        let fields = [("kind", "mcp"), ("client_name", name), ("resource", server), ("scope", "reports")];
        assert_eq!(create(&mut browser, &fields).await.status, 200);
    }
    let catalog = app.app.store.catalog().await.expect("the database answers");
    assert_eq!(catalog.resources[server].name, "MCP server mcp.example");
    assert_eq!(catalog.resources[server].token_format, Some(TokenFormat::Jwt), "it checks them by itself");
    let bad = create(&mut browser, &[("kind", "mcp"), ("client_name", "Agent"), ("resource", "tools")]).await;
    assert_eq!(bad.status, 422);
    assert!(bad.find("#resource-error").is_some(), "{}", bad.body);
    let known = app.manage(|connection| Ok(clients::count(connection)?)).await;
    assert_eq!(known, 2, "nothing is half-written");
}

async fn the_programs_of_an_agent_ask_for_a_token_of_its_server(app: TestApp) {
    let mut browser = admin(&app).await;
    app.user("bob").await;
    let server = "https://mcp.example/tools";
    let fields = [
        ("kind", "mcp"),
        ("client_name", "Agent"),
        ("redirect_uris", REDIRECT_URI),
        ("resource", server),
        ("scope", "reports"),
    ];
    let created = create(&mut browser, &fields).await;
    assert_eq!(created.status, 200, "{}", created.body);
    let id = created.find("#client-id").expect("an id");
    let connect = format!("/admin/clients/{id}/connect");
    let later = browser.get(&format!("{connect}?{}", encode(&[("resource", server)]))).await;
    for page in [&created, &later] {
        let chosen = page.attribute("#resource option[selected]", "value");
        assert_eq!(chosen.as_deref(), Some(server), "{}", page.body);
        for program in ["curl", "javascript", "python", "rust", "go"] {
            let code = page.find(&format!("#{program}-code")).unwrap_or_else(|| panic!("no program in {program}"));
            assert!(code.contains(server), "{program}: {code}");
        }
    }
    for plain in [connect.clone(), format!("{connect}?resource=https%3A%2F%2Fno.example%2F")] {
        let code = browser.get(&plain).await.find("#curl-code").expect("a program");
        assert!(!code.contains("resource="), "{plain}: {code}");
    }

    let client = TestClient { id, secret: None };
    let request = Authorization::of(&client, "reports").with("resource", server);
    let code = allow(&mut Browser::new(&app), &request, "bob").await.redirect()["code"].clone();
    let form = redemption(&code);
    let given = app.http.as_client(&client, "/oauth2/token", &but(&form, "resource", server)).await;
    let (_, claims) = verified(&app.http, &given.text("access_token"), server).await;
    assert_eq!((&claims["aud"], &claims["scope"]), (&json!(server), &json!("reports")));
}

async fn what_follows_from_the_kind_can_be_said_otherwise(app: TestApp) {
    let mut browser = admin(&app).await;
    let new = browser.get(NEW).await;
    let keys = json!({"keys": [
        {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid": "1"},
    ]})
    .to_string();
    let (method, application) = ("token_endpoint_auth_method", "application_type");
    for (kind, said, expected) in [
        // As the form is, with the folded settings left alone.
        ("native", vec![], ("none", "native")),
        ("web", vec![], ("client_secret_basic", "web")),
        ("native", vec![(application, "web")], ("none", "web")),
        ("web", vec![(method, "client_secret_post")], ("client_secret_post", "web")),
        ("web", vec![(method, "private_key_jwt"), ("jwks", keys.as_str())], ("private_key_jwt", "web")),
        // Hidden where nothing keeps a secret, and sent all the same.
        ("spa", vec![(method, "client_secret_post")], ("none", "web")),
    ] {
        let mut fields = vec![("kind", kind), ("client_name", "Acme"), ("redirect_uris", "https://a.example/callback")];
        fields.extend(said);
        let fields: Vec<(&str, Option<&str>)> = fields.into_iter().map(|(name, value)| (name, Some(value))).collect();
        let page = save(&mut browser, CLIENTS, &new, &fields).await;
        assert_eq!(page.status, 200, "{fields:?}: {}", page.body);
        let registered = metadata(&app, &page).await;
        assert_eq!((&registered[method], &registered[application]), (&json!(expected.0), &json!(expected.1)));
    }
    let nameless = [("kind", Some("web")), ("client_name", Some("")), (method, Some("private_key_jwt"))];
    let refused = save(&mut browser, CLIENTS, &new, &nameless).await;
    assert_eq!(refused.status, 422);
    let chosen = |field: &str| refused.attribute(&format!("#{field} option[selected]"), "value");
    assert_eq!(chosen(method).as_deref(), Some("private_key_jwt"), "what was said stays");
    assert_eq!(chosen(application).as_deref(), Some(""), "what follows from the kind was not said");
}

async fn every_other_setting_is_there_too(app: TestApp) {
    let mut browser = admin(&app).await;
    let fields = [
        ("settings", "all"),
        ("kind", "web"),
        ("client_name", "Acme"),
        ("redirect_uris", "https://a.example/callback"),
        ("access_token_lifetime", "120"),
        ("subject_type", "pairwise"),
        ("skip_consent", "true"),
        ("require_pkce", "true"),
    ];
    let page = create(&mut browser, &fields).await;
    let registered = metadata(&app, &page).await;
    assert_eq!(registered["access_token_lifetime"], 120);
    assert_eq!(registered["subject_type"], "pairwise");
    assert_eq!((&registered["skip_consent"], &registered["require_pkce"]), (&json!(true), &json!(true)));
}

async fn what_is_refused_stands_beside_its_field(app: TestApp) {
    let mut browser = admin(&app).await;
    let undecided = create(&mut browser, &[("client_name", "Acme")]).await;
    assert_eq!(undecided.status, 422);
    assert!(undecided.find("#kind-error").is_some());
    let fields = [("settings", "all"), ("kind", "web"), ("client_name", ""), ("access_token_lifetime", "soon")];
    let wrong = create(&mut browser, &fields).await;
    assert_eq!(wrong.status, 422);
    for field in ["client_name", "access_token_lifetime"] {
        assert!(wrong.find(&format!("#{field}-error")).is_some(), "{field}: {}", wrong.body);
    }
    let machine = [("kind", "machine"), ("client_name", "Job"), ("redirect_uris", "https://a.example/")];
    assert!(create(&mut browser, &machine).await.find("#redirect_uris-error").is_some());
}

async fn a_secret_is_shown_once_and_in_no_program(app: TestApp) {
    let mut browser = admin(&app).await;
    let page = create(&mut browser, &[("kind", "machine"), ("client_name", "Job"), ("scope", "reports")]).await;
    let secret = page.find("#client-secret").expect("a secret");
    assert!(secret.starts_with("gcs_"));
    assert!(
        page.find("#curl-setup").is_some_and(|line| line.contains(&secret)),
        "the line that runs it has the secret"
    );
    for program in ["curl", "javascript", "python", "hug", "rust", "go", "spring", "nginx"] {
        let code = page.find(&format!("#{program}-code")).unwrap_or_else(|| panic!("no program in {program}"));
        assert!(!code.contains("gcs_"), "{program}");
    }
    let id = page.find("#client-id").expect("an id");
    let later = browser.get(&format!("/admin/clients/{id}/connect")).await;
    assert!(!later.body.contains("gcs_"), "once");
    assert!(later.find("#curl-code").is_some_and(|code| code.contains(&id)));
}
