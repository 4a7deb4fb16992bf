//! The preview of claims: what it shows is what is given, and showing it gives nothing.

use grantor::domain::resource_owner::Role;
use grantor::management;
use grantor::management::resources::NewResource;
use serde_json::{Value, json};

use crate::support::app::{REDIRECT_URI, TestApp, TestClient, on_both_databases};
use crate::support::http::{Answer, Authorization, Browser, allow, encode, redemption};
use crate::support::jose::verified;

on_both_databases!(
    what_is_previewed_is_what_is_given,
    a_jwt_for_a_resource_is_previewed,
    a_machine_is_previewed_in_its_own_name,
    a_device_is_previewed,
    each_claim_says_where_it_comes_from,
    looking_gives_nothing,
    what_is_missing_is_offered,
    what_is_refused_is_said,
);

const CLAIMS: &str = "/admin/claims";

async fn auditor(app: &TestApp) -> Browser {
    app.person("ada", None, Role::Auditor, json!({})).await;
    let mut browser = Browser::new(app);
    browser.sign_in("ada").await;
    browser
}

async fn party(app: &TestApp, more: Value) -> TestClient {
    let mut metadata = json!({
        "client_name": "Relying party", "redirect_uris": ["http://127.0.0.1/callback", REDIRECT_URI],
        "grant_types": ["authorization_code", "refresh_token"],
    });
    metadata.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    app.client(metadata).await
}

async fn alice(app: &TestApp) -> String {
    let claims = json!({ "given_name": "Alice", "birthdate": "1990-04-01", "employee_number": "E-7" });
    app.user_with("alice", "Alice Example", claims).await
}

fn path(fields: &[(&str, &str)]) -> String {
    format!("{CLAIMS}?{}", encode(fields))
}

/// A part of the page, as JSON.
fn part(page: &Answer, id: &str) -> Value {
    let text = page.find(&format!("#json-{id}")).unwrap_or_else(|| panic!("no {id}: {}", page.body));
    serde_json::from_str(&text).expect("JSON")
}

/// Where a claim of a part comes from.
fn source(page: &Answer, id: &str, claim: &str) -> String {
    let html = scraper::Html::parse_document(&page.body);
    let select = |css: &str| scraper::Selector::parse(css).expect("a selector");
    let row = html.select(&select(&format!("#{id} tbody tr"))).find(|row| {
        row.select(&select("td:first-child")).next().is_some_and(|name| name.text().collect::<String>() == claim)
    });
    let row = row.unwrap_or_else(|| panic!("no {claim} in {id}: {}", page.body));
    row.select(&select("td:last-child")).next().expect("a source").text().collect()
}

/// What differs from one token to the next.
fn without_chance(mut value: Value) -> Value {
    for name in ["at_hash", "sid", "jti"] {
        if let Some(member) = value.get_mut(name) {
            *member = "…".into();
        }
    }
    value
}

async fn what_is_previewed_is_what_is_given(app: TestApp) {
    alice(&app).await;
    app.scope_with_claims("staff", &["employee_number"]).await;
    let mut browser = auditor(&app).await;
    let wish = json!({ "id_token": { "given_name": null }, "userinfo": { "birthdate": null } }).to_string();
    for more in [
        json!({ "scope": "openid profile staff offline_access" }),
        json!({ "scope": "openid staff profile", "subject_type": "pairwise", "redirect_uris": [REDIRECT_URI],
            "id_token_signed_response_alg": "EdDSA", "id_token_lifetime": 90, "access_token_lifetime": 100 }),
        json!({ "scope": "openid staff profile", "access_token_format": "jwt", "access_token_signing_alg": "RS256" }),
    ] {
        let client = party(&app, more.clone()).await;
        for scope in ["openid", "openid staff", "openid profile"] {
            let request = Authorization::of(&client, scope).with("claims", &wish);
            let code = allow(&mut Browser::new(&app), &request, "alice").await.redirect()["code"].clone();
            let given = app.http.as_client(&client, "/oauth2/token", &redemption(&code)).await;
            let mut query = vec![("user", "alice"), ("client", client.id.as_str()), ("claims", &wish)];
            query.extend(scope.split(' ').map(|name| ("scope", name)));
            let page = browser.get(&path(&query)).await;
            assert_eq!(page.status, 200, "{}", page.body);

            let id_token = verified(&app.http, &given.text("id_token"), &client.id).await.1;
            assert_eq!(without_chance(part(&page, "id-token")), without_chance(id_token), "{scope}, {more}");
            let access_token = given.text("access_token");
            let answer = app.http.bearer("/oauth2/userinfo", &access_token).await;
            assert_eq!(part(&page, "userinfo"), answer.json(), "{scope}, {more}");
            let form = [("token", access_token.as_str())];
            let answer = app.http.as_client(&client, "/oauth2/introspect", &form).await;
            assert_eq!(without_chance(part(&page, "introspection")), without_chance(answer.json()), "{scope}, {more}");
            if access_token.contains('.') {
                let audience = app.app.issuer().to_owned();
                let (header, claims) = verified(&app.http, &access_token, &audience).await;
                let lead = page.find("#access-token header p").expect("a lead");
                assert!(lead.contains(&format!("signed with {:?}", header.alg)), "{lead}");
                assert_eq!(without_chance(part(&page, "access-token")), without_chance(claims), "{scope}, {more}");
            } else {
                assert!(page.find("#access-token header p").is_some_and(|lead| lead.starts_with("Opaque")));
            }
        }
    }
}

async fn a_jwt_for_a_resource_is_previewed(app: TestApp) {
    alice(&app).await;
    app.scope("reports").await;
    let client = party(&app, json!({ "scope": "openid profile reports" })).await;
    let (context, catalog) = (app.context(), app.app.store.catalog().await.expect("a catalogue"));
    app.manage(move |connection| {
        let resource = NewResource {
            uri: "https://api.example/".to_owned(),
            name: "API".to_owned(),
            scopes: vec!["reports".to_owned()],
            token_format: Some(grantor::domain::client::TokenFormat::Jwt),
            introspected_by: Vec::new(),
        };
        management::resources::create(connection, &context, &resource, &catalog.scopes)
    })
    .await;
    let mut browser = auditor(&app).await;
    let page =
        browser.get(&path(&[("user", "alice"), ("client", &client.id), ("resource", "https://api.example/")])).await;
    let claims = part(&page, "access-token");
    assert_eq!((&claims["aud"], &claims["scope"]), (&json!("https://api.example/"), &json!("reports")));
    let lead = page.find("#access-token header p").expect("a lead");
    assert!(lead.contains("signed with ES256"), "{lead}");
    assert_eq!(source(&page, "access-token", "aud"), "The resource that was asked for.");
    assert!(page.find("#userinfo").is_none(), "it is not for this server");
    assert_eq!(page.find("#resource option[selected]").as_deref(), Some("API (https://api.example/)"));
}

async fn a_machine_is_previewed_in_its_own_name(app: TestApp) {
    app.scope("reports").await;
    let client = app.machine("reports openid").await;
    let mut browser = auditor(&app).await;
    let page = browser.get(&path(&[("client", &client.id)])).await;
    let said = part(&page, "introspection");
    assert_eq!((&said["sub"], &said["scope"]), (&json!(client.id), &json!("reports")));
    assert!(page.find("#id-token").is_none() && page.find("#userinfo").is_none());
    assert_eq!(source(&page, "introspection", "sub"), "The client's own id: no user takes part.");
    assert!(page.find("#scope input[value=openid]").is_none(), "of people");
}

async fn a_device_is_previewed(app: TestApp) {
    let id = alice(&app).await;
    let grants = ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"];
    let metadata = json!({ "client_name": "Television", "grant_types": grants, "scope": "openid profile",
        "token_endpoint_auth_method": "none" });
    let client = app.client(metadata).await;
    let page = auditor(&app).await.get(&path(&[("user", "alice"), ("client", &client.id)])).await;
    assert_eq!(part(&page, "userinfo")["name"], "Alice Example", "{}", page.body);
    let id_token = part(&page, "id-token");
    assert_eq!((&id_token["sub"], id_token.get("sid")), (&json!(id), None), "it is no part of a browser's session");
}

async fn each_claim_says_where_it_comes_from(app: TestApp) {
    alice(&app).await;
    app.scope_with_claims("staff", &["employee_number"]).await;
    let more = json!({ "scope": "openid profile email staff", "id_token_lifetime": 90, "subject_type": "pairwise",
        "redirect_uris": [REDIRECT_URI] });
    let client = party(&app, more).await;
    let public = party(&app, json!({ "scope": "openid profile" })).await;
    let mut browser = auditor(&app).await;
    let page = browser.get(&path(&[("user", "alice"), ("client", &public.id)])).await;
    assert_eq!(source(&page, "introspection", "username"), "The account's username.");
    let wish = json!({ "id_token": { "given_name": null } }).to_string();
    let page = browser.get(&path(&[("user", "ALICE"), ("client", &client.id), ("claims", &wish)])).await;
    for (id, claim, expected) in [
        (
            "id-token",
            "sub",
            "Another id for each sector, here rp.example: the client's setting subject_type is pairwise.",
        ),
        ("id-token", "exp", "90 seconds from now: the client's own lifetime."),
        ("id-token", "given_name", "Asked for in the claims parameter. A claim of the account."),
        ("introspection", "exp", "60 minutes from now: the server's lifetime."),
        ("userinfo", "name", "Opened by the scope profile. The account's display name."),
        ("userinfo", "preferred_username", "Opened by the scope profile. The account's username."),
        ("userinfo", "employee_number", "Opened by the scope staff (made by an admin). A claim of the account."),
    ] {
        assert_eq!(source(&page, id, claim), expected, "{id} {claim}");
    }
    let unsaid = page.find("#unsaid .body").expect("there is more than alice says");
    assert!(unsaid.contains("nickname") && !unsaid.contains("birthdate"), "{unsaid}");
}

async fn looking_gives_nothing(app: TestApp) {
    alice(&app).await;
    let client = party(&app, json!({ "scope": "openid profile offline_access", "access_token_format": "jwt" })).await;
    let mut browser = auditor(&app).await;
    let counts = async || {
        app.app
            .store
            .read::<_, grantor::store::StoreError, _>(|connection| {
                let filter = grantor::store::grants::Filter::default();
                let entries =
                    grantor::store::audit_log::list(connection, &grantor::store::audit_log::Filter::default(), 100)?;
                Ok((grantor::store::grants::list(connection, &filter, 10, 0)?.len(), entries.len()))
            })
            .await
            .expect("a database")
    };
    let before = counts().await;
    let page = browser.get(&path(&[("user", "alice"), ("client", &client.id)])).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert_eq!(counts().await, before);
    for secret in ["gat_", "grt_", "gac_", "eyJ"] {
        assert!(!page.body.contains(secret), "{secret} is shown");
    }
    assert_eq!(page.header("cache-control"), "no-store");
}

async fn what_is_missing_is_offered(app: TestApp) {
    alice(&app).await;
    let client = party(&app, json!({ "scope": "openid" })).await;
    let mut browser = auditor(&app).await;
    let page = browser.get(CLAIMS).await;
    assert_eq!(page.status, 200);
    let link = page.attribute(".offered a[href*=alice]", "href").expect("alice is offered");
    let page = browser.get(&link).await;
    assert!(page.find("#introspection").is_none(), "for which client?");
    let link = page.attribute(&format!(".offered a[href*='{}']", client.id), "href").expect("the client is offered");
    let page = browser.get(&link).await;
    assert!(page.find("#introspection").is_some(), "{}", page.body);
    let page = browser.get(&path(&[("user", "ali"), ("client", "rely")])).await;
    assert_eq!(page.status, 422);
    assert!(page.find("#user-error").is_some_and(|error| error.contains("No user is called “ali”")));
    assert!(page.find(".offered a[href*=alice]").is_some() && page.find("#client-error").is_some(), "{}", page.body);
    // From where one would look for it.
    for from in ["/admin/scopes".to_owned(), format!("/admin/clients/{}", client.id)] {
        let page = browser.get(&from).await;
        assert!(page.find("a[href^='/admin/claims']").is_some(), "{from}");
    }
    let page = browser.get(&format!("/admin/users?q={}", "alice")).await;
    let user = page.attribute("td a.row", "href").expect("alice is listed");
    assert!(browser.get(&user).await.find("a[href='/admin/claims?user=alice']").is_some());
}

async fn what_is_refused_is_said(app: TestApp) {
    let id = alice(&app).await;
    app.scope("reports").await;
    let client = party(&app, json!({ "scope": "openid profile" })).await;
    let mut browser = auditor(&app).await;
    let refusal = |page: &Answer| page.find("main .notice").unwrap_or_default();
    let known = [("user", "alice"), ("client", client.id.as_str())];
    let page = browser.get(&path(&[known.as_slice(), &[("scope", "reports")]].concat())).await;
    assert!(refusal(&page).contains("invalid_scope"), "{}", refusal(&page));
    let page = browser.get(&path(&[known.as_slice(), &[("resource", "https://no.example/")]].concat())).await;
    assert!(refusal(&page).contains("invalid_target"), "{}", refusal(&page));
    let page = browser.get(&path(&[known.as_slice(), &[("claims", "{")]].concat())).await;
    assert_eq!((page.status.as_u16(), page.find("#claims-error").is_some()), (422, true));
    // The scopes of another client are not asked of this one.
    let page = browser.get(&path(&[known.as_slice(), &[("scope", "reports"), ("of", "c_another")]].concat())).await;
    assert_eq!(part(&page, "introspection")["scope"], "openid profile");
    let context = app.context();
    app.manage(move |connection| management::users::set_disabled(connection, &context, &id, true)).await;
    let page = browser.get(&path(&known)).await;
    assert!(refusal(&page).starts_with("alice is disabled"), "{}", refusal(&page));
    let (context, id) = (app.context(), client.id.clone());
    app.user("bob").await;
    app.manage(move |connection| management::clients::set_disabled(connection, &context, &id, true)).await;
    let page = browser.get(&path(&[("user", "bob"), ("client", &client.id)])).await;
    assert!(refusal(&page).starts_with("Relying party is disabled"), "{}", refusal(&page));
}
