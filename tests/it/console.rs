//! The console as admins use it.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use grantor::domain::client::{ClientMetadata, Origin, TokenFormat};
use grantor::domain::resource_owner::{Password, PasswordHash, Role};
use grantor::domain::scope;
use grantor::management::resources::NewResource;
use grantor::management::scopes::Meaning;
use grantor::management::users::NewUser;
use grantor::management::{self, ManagementError, Outcome};
use grantor::store::connection::AnyConnection;
use grantor::store::{Failure, StoreError, clients, grants, resource_owners};
use grantor::web::routes;
use serde_json::json;

use crate::support::app::{PASSWORD, TestApp, on_both_databases};
use crate::support::http::{Answer, Browser};

on_both_databases!(
    a_user_changed_meanwhile_is_not_overwritten,
    a_client_changed_meanwhile_is_not_overwritten,
    every_list_is_paged_both_ways,
    a_search_finds_the_same_whatever_the_case,
    a_scope_in_use_is_not_offered_for_deletion,
    secrets_of_one_second_stay_in_order,
    keys_that_nobody_knows_yet_do_not_sign,
    a_resource_names_its_servers_by_id,
    a_resource_is_changed_and_two_admins_lose_nothing,
    a_secret_that_has_ended_counts_for_nothing,
    a_search_that_takes_too_long_goes_on,
    a_set_password_link_ends_with_what_it_was_for,
    two_admins_do_not_remove_each_other,
    two_rotations_do_not_make_three_secrets,
    two_admins_do_not_demote_each_other,
    of_two_who_create_the_same_one_is_told_that_it_is_taken,
    a_change_without_a_version_is_never_too_late,
);

async fn admin(app: &TestApp, name: &str) -> Browser {
    app.admin(name).await;
    let mut browser = Browser::new(app);
    assert_eq!(browser.sign_in(name).await.status, 303);
    browser
}

fn value(page: &Answer, id: &str) -> String {
    let page = scraper::Html::parse_document(&page.body);
    let input = scraper::Selector::parse(&format!("#{id}")).expect("a selector");
    let input = page.select(&input).next().unwrap_or_else(|| panic!("no {id}"));
    input.attr("value").map_or_else(|| input.text().collect(), str::to_owned)
}

async fn a_user_changed_meanwhile_is_not_overwritten(app: TestApp) {
    let (mut one, mut other) = (admin(&app, "alice").await, admin(&app, "carol").await);
    let id = app.user("bob").await;
    let (path, edit) = (format!("/admin/users/{id}"), format!("/admin/users/{id}/edit"));
    let (first, second) = (one.get(&edit).await, other.get(&edit).await);
    let fields = |email, name| [("username", "bob"), ("email", email), ("display_name", name)];
    assert_eq!(one.submit(&path, &first, &fields("bob@new.example", "")).await.status, 303);

    let told = other.submit(&path, &second, &fields("bob@example.com", "Bob Brewer")).await;
    assert_eq!(told.status, 409, "{}", told.body);
    assert!(told.find("[role=alert]").is_some_and(|text| text.contains("Somebody else has changed this")));
    assert_eq!(value(&told, "display_name"), "Bob Brewer", "what was typed is kept");
    assert_eq!(told.find("#email-error").as_deref(), Some("It is now: bob@new.example"));
    assert!(told.find("#username-error").is_none());
    assert_eq!(value(&one.get(&edit).await, "email"), "bob@new.example", "nothing was saved");

    assert_eq!(other.submit(&path, &told, &fields("bob@new.example", "Bob Brewer")).await.status, 303);
    assert_eq!(value(&one.get(&edit).await, "display_name"), "Bob Brewer");
    let blind = other.submit(&path, &told, &fields("bob@example.com", "")).await;
    assert_eq!(blind.status, 409, "once");
    let hidden = told.hidden();
    let token = hidden.iter().find(|(name, _)| name == "csrf_token").map(|(_, value)| value.as_str());
    let without = [("csrf_token", token.expect("a token")), ("username", "bob")];
    assert_eq!(other.post(&path, &without).await.status, 400, "a form says what it was filled from");
}

async fn a_client_changed_meanwhile_is_not_overwritten(app: TestApp) {
    let (mut one, mut other) = (admin(&app, "alice").await, admin(&app, "carol").await);
    let client = app.client(json!({ "client_name": "Job", "grant_types": ["client_credentials"] })).await;
    let (path, edit) = (format!("/admin/clients/{}", client.id), format!("/admin/clients/{}/edit", client.id));
    let (first, second) = (one.get(&edit).await, other.get(&edit).await);
    let fields = |name, uri| {
        [
            ("client_name", name),
            ("client_uri", uri),
            ("grant_types", "client_credentials"),
            ("token_endpoint_auth_method", "client_secret_basic"),
            ("require_pkce", "true"),
        ]
    };
    assert_eq!(one.submit(&path, &first, &fields("Nightly", "")).await.status, 303);
    let told = other.submit(&path, &second, &fields("Job", "https://acme.example/")).await;
    assert_eq!(told.status, 409, "{}", told.body);
    assert_eq!(told.find("#client_name-error").as_deref(), Some("It is now: Nightly"));
    assert_eq!(told.find("#client_uri-error").as_deref(), Some("It is empty now."));
    assert_eq!(value(&told, "client_uri"), "https://acme.example/", "what was typed is kept");
    assert!(told.find("#grant_types-error, #scope-error, #require_pkce-error").is_none(), "{}", told.body);
    assert_eq!(other.submit(&path, &told, &fields("Job", "https://acme.example/")).await.status, 303);
}

/// The first cells of a list, top down.
fn rows(page: &Answer) -> Vec<String> {
    let page = scraper::Html::parse_document(&page.body);
    let cells = scraper::Selector::parse("main tbody tr td:first-of-type a.row").expect("a selector");
    page.select(&cells).map(|cell| cell.text().collect()).collect()
}

/// Where the pager leads: to the page above and to the page below.
fn neighbours(page: &Answer) -> (Option<String>, Option<String>) {
    let page = scraper::Html::parse_document(&page.body);
    let link = |rel: &str| {
        let link = scraper::Selector::parse(&format!("nav.pager a[rel={rel}]")).expect("a selector");
        page.select(&link).next().and_then(|link| link.attr("href")).map(str::to_owned)
    };
    (link("prev"), link("next"))
}

/// Walks a list down and up again; gives all its rows.
async fn walk(browser: &mut Browser, path: &str) -> Vec<String> {
    let (mut page, mut pages) = (browser.get(path).await, Vec::new());
    assert_eq!(neighbours(&page).0, None, "nothing above the first page of {path}");
    loop {
        pages.push(rows(&page));
        let Some(below) = neighbours(&page).1 else { break };
        page = browser.get(&below).await;
        assert_eq!(page.status, 200, "{below}");
    }
    for expected in pages.iter().rev().skip(1) {
        let above = neighbours(&page).0.expect("a page above");
        page = browser.get(&above).await;
        assert_eq!(&rows(&page), expected, "{above}");
    }
    assert_eq!(neighbours(&page).0, None, "back at the top of {path}");
    pages.concat()
}

fn many_clients(app: &TestApp, number: usize) -> Vec<String> {
    let metadata = |number| -> ClientMetadata {
        serde_json::from_value(json!({
            "client_name": format!("Client {number:03}"),
            "redirect_uris": [],
            "grant_types": ["client_credentials"],
            "response_types": [],
            "token_endpoint_auth_method": "client_secret_basic",
        }))
        .expect("metadata")
    };
    let now = app.clock.now();
    app.prepare(|connection| {
        for each in 0..number {
            // Ten in each second.
            let at = now + i64::try_from(each / 10).expect("a small number");
            clients::insert(connection, &format!("c_{each:03}"), Origin::Admin, &metadata(each), at)?;
            grants::machine(connection, &format!("c_{each:03}"), at)?;
        }
        Ok(())
    });
    (0..number).rev().map(|each| format!("Client {each:03}")).collect()
}

async fn every_list_is_paged_both_ways(app: TestApp) {
    let mut browser = admin(&app, "alice").await;
    let expected = many_clients(&app, 101);
    assert_eq!(walk(&mut browser, "/admin/clients").await, expected, "two whole pages and one client");
    assert_eq!(walk(&mut browser, "/admin/clients?q=client+0").await, expected[1..], "across a filter");
    assert_eq!(walk(&mut browser, "/admin/grants").await.len(), 101);
    assert_eq!(walk(&mut browser, "/admin/grants?client=c_007").await.len(), 1);

    // A page whose neighbours are deleted still leads back.
    let below = neighbours(&browser.get("/admin/clients").await).1.expect("a page below");
    app.prepare(|connection| {
        for each in 0..=50 {
            clients::delete(connection, &format!("c_{each:03}"))?;
        }
        Ok(())
    });
    let left = browser.get(&below).await;
    assert_eq!((left.status.as_u16(), rows(&left).len()), (200, 0));
    assert_eq!(walk(&mut browser, "/admin/clients").await, expected[..50], "one whole page has no neighbours");

    for number in 0..99 {
        let (context, user) = (app.context(), format!("user-{number:02}"));
        app.manage(move |connection| {
            let new = management::users::NewUser {
                username: user.clone(),
                email: None,
                email_verified: None,
                name: None,
                role: grantor::domain::resource_owner::Role::User,
                claims: serde_json::Map::new(),
            };
            management::users::create(connection, &context, &new, None)
        })
        .await;
    }
    let users = walk(&mut browser, "/admin/users").await;
    assert_eq!(users.len(), 100, "two whole pages");
    assert!(users.is_sorted());
    assert_eq!(walk(&mut browser, "/admin/users?q=USER-").await.len(), 99);
    let mut log = 0;
    let mut page = browser.get("/admin/audit-log?action=user.created").await;
    loop {
        log += page.body.matches("User created</span>").count();
        let Some(below) = neighbours(&page).1 else { break };
        page = browser.get(&below).await;
    }
    assert_eq!(log, 100);
    assert!(neighbours(&page).0.is_some_and(|above| above.contains("action=user.created")));
    assert_eq!(browser.get("/admin/clients?after=nonsense").await.status, 404);
}

async fn a_search_finds_the_same_whatever_the_case(app: TestApp) {
    let mut browser = admin(&app, "alice").await;
    let machine = |name: &str| json!({ "client_name": name, "grant_types": ["client_credentials"] });
    let id = app.client(machine("ÄRGER 100%_Kopfschmerz")).await.id;
    app.client(machine("Other")).await;
    for found in ["ärger", "Ärger", "kopf", "100%_K", &id] {
        let path = format!("/admin/clients?{}", crate::support::http::encode(&[("q", found)]));
        assert_eq!(rows(&browser.get(&path).await), ["ÄRGER 100%_Kopfschmerz"], "{found}");
    }
    for missing in ["%", "_", "0%k", "\\", "c_"] {
        let path = format!("/admin/clients?{}", crate::support::http::encode(&[("q", missing)]));
        let expected = usize::from(["%", "_"].contains(&missing));
        assert_eq!(rows(&browser.get(&path).await).len(), expected, "{missing}");
    }
    let bob = app.user("bob").await;
    let page = browser.get(&format!("/admin/users/{bob}/edit")).await;
    let fields = [("username", "Bob"), ("email", "Bob@Example.com"), ("display_name", "Øyvind Brewer")];
    assert_eq!(browser.submit(&format!("/admin/users/{bob}"), &page, &fields).await.status, 303);
    for found in ["BOB", "bob@EXAMPLE", "øYVIND", "brewer"] {
        let path = format!("/admin/users?{}", crate::support::http::encode(&[("q", found)]));
        assert_eq!(rows(&browser.get(&path).await), ["Bob"], "{found}");
    }
    assert!(rows(&browser.get("/admin/users?q=%25").await).is_empty());

    // Scopes are told apart by case, and by every letter.
    for scope in ["read_all", "READ_ALL", "readXall"] {
        app.scope(scope).await;
    }
    app.machine("READ_ALL").await;
    app.manage(|connection| {
        for (scope, number) in [("READ_ALL", 1), ("read_all", 0), ("readXall", 0), ("READ", 0)] {
            assert_eq!(clients::count_naming_scope(connection, scope)?, number, "{scope}");
        }
        Ok(())
    })
    .await;
}

async fn a_scope_in_use_is_not_offered_for_deletion(app: TestApp) {
    let mut browser = admin(&app, "alice").await;
    app.scope("reports:read").await;
    let client = app.machine("reports:read").await;
    let path = "/admin/scopes/reports:read/delete";
    let page = browser.get(path).await;
    assert_eq!(page.find("h1").as_deref(), Some("The scope reports:read is in use"));
    assert!(page.find(&format!("main a[href='/admin/clients/{}/edit']", client.id)).is_some(), "{}", page.body);
    assert!(page.find("main form").is_none(), "no button that does not work");
    assert!(browser.get("/admin/scopes").await.body.contains(">1 client<"));
    // Somebody who asked before the client came.
    let form = browser.get("/admin/scopes/new").await;
    let refused = browser.submit(path, &form, &[]).await;
    let told = browser.follow(refused).await;
    assert!(told.find("[role=alert]").is_some_and(|text| text.contains("1 client names this scope")), "{}", told.body);

    app.manage(move |connection| Ok(clients::delete(connection, &client.id)?)).await;
    let page = browser.get(path).await;
    let done = browser.submit(path, &page, &[]).await;
    assert_eq!(done.status, 303);
    assert_eq!(browser.get(path).await.status, 404);
}

async fn secrets_of_one_second_stay_in_order(app: TestApp) {
    let client = app.machine("").await;
    for _ in 0..8 {
        let (context, id) = (app.context(), client.id.clone());
        app.manage(move |connection| {
            let before = clients::find(connection, &id)?.expect("a client").secrets;
            let newer = management::clients::add_secret(connection, &context, &id)?;
            let after = clients::find(connection, &id)?.expect("a client").secrets;
            assert_eq!(after[0].id, before[0].id, "the older one comes first");
            assert_eq!(after[1].digest, grantor::secret::Digest::of(&newer));
            management::clients::delete_secret(connection, &context, &id, &after[0].id)
        })
        .await;
    }
}

async fn keys_that_nobody_knows_yet_do_not_sign(app: TestApp) {
    let mut browser = admin(&app, "alice").await;
    let signing = || app.app.keys().keys().filter(|key| key.activated_at.is_some()).count();
    // The first keys came together, so everybody who has some has them all.
    app.clock.advance(5);
    let page = browser.get("/admin/keys/rotate").await;
    assert_eq!(browser.submit("/admin/keys/rotate", &page, &[]).await.status, 303);
    let before = signing();
    let told = browser.get("/admin/keys/rotate").await;
    assert!(told.body.contains("Wait 10 minutes"), "{}", told.body);
    let page = browser.get("/admin/keys/rotate?emergency=true").await;
    assert!(page.find("main form button.danger").is_some_and(|text| text == "Withdraw and rotate"), "{}", page.body);
    // The button of a page that asked while the keys were old enough.
    let plain = browser.get("/admin/scopes/new").await;
    let refused = browser.submit("/admin/keys/rotate", &plain, &[]).await;
    let told = browser.follow(refused).await;
    assert!(told.find("[role=alert]").is_some_and(|text| text.contains("Wait 10 minutes")), "{}", told.body);
    assert_eq!(signing(), before);

    assert_eq!(browser.submit("/admin/keys/rotate", &page, &[]).await.status, 303);
    assert_eq!(signing(), 4, "in an emergency the others are withdrawn: one of each algorithm is left");
    app.clock.advance(600);
    let page = browser.get("/admin/keys/rotate").await;
    assert!(page.find("main form button.primary").is_some_and(|text| text == "Rotate keys"), "{}", page.body);
    let before = signing();
    assert_eq!(browser.submit("/admin/keys/rotate", &page, &[]).await.status, 303);
    assert!(signing() > before);
}

async fn a_resource_names_its_servers_by_id(app: TestApp) {
    let mut browser = admin(&app, "alice").await;
    let (server, public) = (app.machine("").await.id, app.native("").await.id);
    let page = browser.get("/admin/resources/new").await;
    let uri = "https://api.example/reports";
    for (ids, problem) in [
        (format!("{server}\r\nc_nobody"), "There is no client with the id c_nobody."),
        (public.clone(), "is a public client"),
    ] {
        let fields = [("uri", uri), ("name", "Reports"), ("introspected_by", ids.as_str())];
        let refused = browser.submit("/admin/resources", &page, &fields).await;
        assert_eq!(refused.status, 422);
        assert!(refused.find("#introspected_by-error").is_some_and(|text| text.contains(problem)), "{}", refused.body);
        assert_eq!(value(&refused, "introspected_by").trim(), ids.replace('\r', ""));
        if ids.contains(&server) {
            assert!(refused.body.contains(&format!("Job ({server})")), "names are shown");
        }
    }
    let fields = [("uri", uri), ("name", "Reports"), ("introspected_by", server.as_str())];
    assert_eq!(browser.submit("/admin/resources", &page, &fields).await.status, 303);
    assert!(browser.get("/admin/resources").await.body.contains("Job"));
}

async fn a_resource_is_changed_and_two_admins_lose_nothing(app: TestApp) {
    let (mut one, mut other) = (admin(&app, "alice").await, admin(&app, "carol").await);
    app.scope("reports").await;
    let server = app.machine("").await.id;
    let (uri, path) = ("https://api.example/reports", "/admin/resources/edit");
    let new = one.get("/admin/resources/new").await;
    let fields = [("uri", uri), ("name", "Reports"), ("token_format", "opaque")];
    assert_eq!(one.submit("/admin/resources", &new, &fields).await.status, 303);
    let edit = one.get("/admin/resources").await.attribute("td a.row", "href").expect("a link");
    let (mine, theirs) = (one.get(&edit).await, other.get(&edit).await);
    assert_eq!(mine.find("h1").as_deref(), Some("Edit Reports"));
    let wrong = one.submit(path, &mine, &[("name", ""), ("token_format", "jwt")]).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.find("#name-error").is_some(), "{}", wrong.body);
    assert!(wrong.find("input[name=token_format][value=jwt][checked]").is_some(), "what was chosen is kept");

    let changed =
        [("name", "Reports API"), ("token_format", "jwt"), ("scope", "reports"), ("introspected_by", server.as_str())];
    let saved = one.submit(path, &wrong, &changed).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let catalog = app.app.store.catalog().await.expect("a catalogue");
    let resource = &catalog.resources[uri];
    assert_eq!((resource.name.as_str(), resource.token_format), ("Reports API", Some(TokenFormat::Jwt)));
    assert_eq!(resource.scope.as_ref().map(scope::render).as_deref(), Some("reports"));
    assert_eq!(resource.introspected_by, [server]);
    let log = one.get("/admin/audit-log?action=resource.updated").await;
    assert!(log.body.contains("Changed: name, scope, token_format, introspected_by"), "{}", log.body);

    let told = other.submit(path, &theirs, &[("name", "Reports"), ("token_format", "opaque")]).await;
    assert_eq!(told.status, 409, "{}", told.body);
    assert_eq!(told.find("#token_format-error").as_deref(), Some("It is now: JWT"));
    assert!(told.find("#name-error").is_some() && told.find("#introspected_by-error").is_some(), "{}", told.body);
    let knowingly = other.submit(path, &told, &[("name", "Reports"), ("token_format", "")]).await;
    assert_eq!(knowingly.status, 303, "{}", knowingly.body);
    let catalog = app.app.store.catalog().await.expect("a catalogue");
    let resource = &catalog.resources[uri];
    assert_eq!((resource.token_format, resource.scope.is_none()), (None, true), "each client's own setting holds");
    assert_eq!(one.get("/admin/resources/edit?uri=https%3A%2F%2Fno.example%2F").await.status, 404);
}

async fn a_secret_that_has_ended_counts_for_nothing(app: TestApp) {
    const DAY: u32 = 24 * 60 * 60;
    app.admin("alice").await;
    let client = app.machine("").await;
    let (path, rotate) =
        (format!("/admin/clients/{}", client.id), format!("/admin/clients/{}/rotate-secret", client.id));
    let (context, id, now) = (app.context(), client.id.clone(), app.clock.now());
    app.manage(move |connection| {
        management::clients::add_secret(connection, &context, &id)?;
        let older = clients::find(connection, &id)?.expect("a client").secrets[0].id.clone();
        let end = now + i64::from(41 * DAY);
        management::clients::set_secret_expiry(connection, &context, &id, &older, Some(end))
    })
    .await;
    let signed_in = async || {
        let mut browser = Browser::new(&app);
        assert_eq!(browser.sign_in("alice").await.status, 303);
        browser
    };
    app.clock.advance(40 * DAY);
    let mut browser = signed_in().await;
    let page = browser.get(&path).await;
    assert!(!page.body.contains("Safe to delete"), "nobody has used the newer one: {}", page.body);
    assert!(page.find("#review a[href*='/secrets/']").is_none(), "{}", page.body);
    assert_eq!(page.find("#credentials .tag").as_deref(), Some("newest"));
    assert!(browser.get(&rotate).await.body.contains("stops working at once"), "two are live");

    app.clock.advance(2 * DAY);
    let mut browser = signed_in().await;
    let page = browser.get(&path).await;
    assert_eq!(page.find("#credentials .tag").as_deref(), Some("Expired"), "{}", page.body);
    assert_eq!(page.body.matches("/secrets/").count() - page.body.matches("/expiry").count(), 1, "what has ended");
    let asked = browser.get(&rotate).await;
    assert!(!asked.body.contains("stops working at once"), "{}", asked.body);
    let shown = browser.submit(&rotate, &asked, &[]).await;
    assert_eq!(shown.status, 200, "{}", shown.body);
    assert!(shown.body.contains("The older secret works on"), "{}", shown.body);
    let page = browser.get(&path).await;
    assert_eq!(page.body.matches("gcs_••••••••").count(), 2, "what has ended made room: {}", page.body);
}

/// A list of which a search reads only a part at once, with what is looked for at its end.
async fn a_search_that_takes_too_long_goes_on(app: TestApp) {
    const METADATA: &str = r#"{"client_name":"A needle","grant_types":["client_credentials"],
        "token_endpoint_auth_method":"client_secret_basic"}"#;
    let mut browser = admin(&app, "alice").await;
    for from in (0..60_000).step_by(2000) {
        app.app
            .store
            .write::<_, StoreError, _>(move |connection| {
                Ok(connection.batch_execute(&format!(
                    "INSERT INTO clients (id, name, origin, metadata, created_at, updated_at, version, name_key)
                     WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 2000)
                     SELECT 'c_' || (n + {from}), 'Client', 'admin', '{METADATA}', n + {from}, 0, 1, 'client'
                     FROM numbers"
                ))?)
            })
            .await
            .expect("the clients are new");
    }
    let needle: ClientMetadata = serde_json::from_str(METADATA).expect("metadata");
    app.manage(move |connection| Ok(clients::insert(connection, "c_needle", Origin::Admin, &needle, 0)?)).await;
    for (path, after, found) in [
        ("/admin/clients?q=needle", "after", "a.row[href='/admin/clients/c_needle']"),
        ("/admin/security-review?q=needle", "after", "a.row[href='/admin/clients/c_needle#review']"),
        ("/admin/playground?q=needle", "after", "a.row[href='/admin/clients/c_needle/playground']"),
        ("/admin/claims?client=needle", "clients_after", ".offered a[title=c_needle]"),
    ] {
        let page = browser.get(path).await;
        assert!(page.find(found).is_none(), "{path}: the list is too short to tell");
        let on = page.attribute(".notice.neutral a", "href");
        let on = on.unwrap_or_else(|| panic!("{path} says that there is none: {}", page.body));
        let (kept, _) = on.split_once(&format!("&{after}=")).unwrap_or_else(|| panic!("{on} goes on nowhere"));
        assert_eq!(kept, path);
        assert_ne!(browser.get(&on).await.status, 404, "{on}");
        let end = browser.get(&format!("{path}&{after}=2.c_2")).await;
        assert!(end.find(found).is_some() && end.find(".notice.neutral a").is_none(), "{path}: {}", end.body);
    }
    // A filter by its name does not say that there is none.
    let page = browser.get("/admin/grants?client=needle").await;
    assert!(page.body.contains("Several clients match"), "{}", page.body);
}

async fn a_set_password_link_ends_with_what_it_was_for(app: TestApp) {
    let id = app.user("bob").await;
    let link = async || {
        let (context, id) = (app.context(), id.clone());
        let token = app.manage(move |connection| management::users::make_link(connection, &context, &id)).await;
        routes::set_password(&token)
    };
    let first = link().await;
    assert_eq!(app.http.get(&first).await.status, 200);
    let (context, of) = (app.context(), id.clone());
    app.manage(move |connection| management::users::set_disabled(connection, &context, &of, true)).await;
    let (context, of) = (app.context(), id.clone());
    app.manage(move |connection| management::users::set_disabled(connection, &context, &of, false)).await;
    assert_eq!(app.http.get(&first).await.status, 404, "disabling ended it, and enabling does not bring it back");

    let second = link().await;
    let hash = PasswordHash::new(&Password::choose(PASSWORD, &[], 12).expect("a password"), 4).expect("a hash");
    let (context, of) = (app.context(), id.clone());
    app.manage(move |connection| management::users::set_password(connection, &context, &of, &hash, None)).await;
    assert_eq!(app.http.get(&second).await.status, 404, "a password was set");
}

/// Runs two operations so that the second begins before the first has committed; gives what was refused.
async fn at_once<T: Send + 'static>(
    app: &TestApp,
    first: impl Fn(&mut AnyConnection) -> Outcome<T> + Send + 'static,
    second: impl Fn(&mut AnyConnection) -> Outcome<T> + Send + 'static,
) -> Vec<ManagementError> {
    let ((did, is_done), (got_through, is_through)) = (mpsc::channel(), mpsc::channel());
    let first = app.app.store.write(move |connection| {
        let done = first(connection)?;
        let _ = did.send(());
        // It has to wait for this transaction, so nothing comes: this is how long it gets to go wrong.
        let _ = is_through.recv_timeout(Duration::from_millis(300));
        Ok::<_, Failure<_>>(done)
    });
    let second = app.app.store.write(move |connection| {
        let _ = is_done.recv_timeout(Duration::from_secs(1));
        let done = second(connection);
        let _ = got_through.send(());
        done
    });
    let (first, second) = tokio::join!(first, second);
    [first.map(drop), second.map(drop)]
        .into_iter()
        .filter_map(|each| match each {
            Ok(()) => None,
            Err(Failure::Refused(refusal)) => Some(refusal),
            Err(Failure::Store(error)) => panic!("{error}"),
        })
        .collect()
}

async fn two_admins_do_not_remove_each_other(app: TestApp) {
    let (one, other) = (app.admin("alice").await, app.admin("carol").await);
    let context = app.context();
    let disable = move |id: String| {
        let context = context.clone();
        move |connection: &mut AnyConnection| management::users::set_disabled(connection, &context, &id, true)
    };
    assert_eq!(at_once(&app, disable(one), disable(other)).await.len(), 1);
}

async fn two_rotations_do_not_make_three_secrets(app: TestApp) {
    let (client, context) = (app.machine("").await, app.context());
    let add = move |id: String| {
        let context = context.clone();
        move |connection: &mut AnyConnection| management::clients::add_secret(connection, &context, &id)
    };
    assert_eq!(at_once(&app, add(client.id.clone()), add(client.id)).await.len(), 1);
}

/// An account as somebody types it.
fn account(username: &str, email: &str) -> NewUser {
    NewUser {
        username: username.to_owned(),
        email: Some(email.to_owned()),
        email_verified: None,
        name: None,
        role: Role::User,
        claims: serde_json::Map::new(),
    }
}

async fn two_admins_do_not_demote_each_other(app: TestApp) {
    let (one, other) = (app.admin("alice").await, app.admin("carol").await);
    let context = app.context();
    let demote = move |id: String, changed: NewUser| {
        let context = context.clone();
        move |connection: &mut AnyConnection| management::users::update(connection, &context, &id, None, &changed)
    };
    let first = demote(other, account("carol", "carol@example.com"));
    let second = demote(one, account("alice", "alice@example.com"));
    assert_eq!(at_once(&app, first, second).await.len(), 1);
}

/// On PostgreSQL neither sees what the other has not committed, and the database refuses the second.
async fn of_two_who_create_the_same_one_is_told_that_it_is_taken(app: TestApp) {
    let member = |refused: Vec<ManagementError>| match refused.as_slice() {
        [ManagementError::Invalid(problems)] if problems.len() == 1 => problems[0].field,
        _ => panic!("{refused:?}"),
    };
    let context = app.context();
    let create = |new: NewUser| {
        let context = context.clone();
        move |connection: &mut AnyConnection| management::users::create(connection, &context, &new, None)
    };
    let (first, second) = (account("bob", "bob@one.example"), account("BOB", "bob@two.example"));
    assert_eq!(member(at_once(&app, create(first), create(second)).await), "username");
    let (first, second) = (account("dan", "d@one.example"), account("dana", "D@one.example"));
    assert_eq!(member(at_once(&app, create(first), create(second)).await), "email");

    let (one, other) = (app.user("one").await, app.user("other").await);
    let change = |id: String, changed: NewUser| {
        let context = context.clone();
        move |connection: &mut AnyConnection| management::users::update(connection, &context, &id, None, &changed)
    };
    let (first, second) = (account("one", "same@one.example"), account("other", "same@one.example"));
    assert_eq!(member(at_once(&app, change(one, first), change(other, second)).await), "email");

    let new_scope = || {
        let (context, meaning) = (context.clone(), Meaning { description: "Notes".to_owned(), ..Meaning::default() });
        move |connection: &mut AnyConnection| management::scopes::create(connection, &context, "notes", &meaning)
    };
    let refused = at_once(&app, new_scope(), new_scope()).await;
    assert!(matches!(refused.as_slice(), [ManagementError::Conflict(why)] if why.key == "scope-taken"), "{refused:?}");
    let catalog = app.app.store.catalog().await.expect("a catalogue");
    let new_resource = || {
        let (context, catalog) = (context.clone(), Arc::clone(&catalog));
        let new =
            NewResource { uri: "https://api.example/".to_owned(), name: "API".to_owned(), ..NewResource::default() };
        move |connection: &mut AnyConnection| management::resources::create(connection, &context, &new, &catalog.scopes)
    };
    let refused = at_once(&app, new_resource(), new_resource()).await;
    let is_taken = matches!(refused.as_slice(), [ManagementError::Conflict(why)] if why.key == "resource-taken");
    assert!(is_taken, "{refused:?}");
}

async fn a_change_without_a_version_is_never_too_late(app: TestApp) {
    let (client, bob) = (app.machine("").await.id, app.user("bob").await);
    let (context, catalog) = (app.context(), app.app.store.catalog().await.expect("a catalogue"));
    let rename = |name: &str| {
        let (context, catalog, id) = (context.clone(), Arc::clone(&catalog), client.clone());
        let metadata = json!({ "client_name": name, "grant_types": ["client_credentials"] });
        let metadata = metadata.as_object().expect("it is one").clone();
        move |connection: &mut AnyConnection| {
            management::clients::update(connection, &context, &id, None, &metadata, &catalog.scopes)
        }
    };
    let refused = at_once(&app, rename("Earlier"), rename("Later")).await;
    assert!(refused.is_empty(), "{refused:?}");
    let move_to = |email: &str| {
        let (context, id, changed) = (context.clone(), bob.clone(), account("bob", email));
        move |connection: &mut AnyConnection| management::users::update(connection, &context, &id, None, &changed)
    };
    let refused = at_once(&app, move_to("bob@one.example"), move_to("bob@two.example")).await;
    assert!(refused.is_empty(), "{refused:?}");
    let (client, owner) = app
        .manage(move |connection| {
            let client = clients::find(connection, &client)?.expect("it is there");
            Ok((client, resource_owners::find(connection, &bob)?.expect("he is there")))
        })
        .await;
    assert_eq!((client.name(), client.version), ("Later", 3));
    assert_eq!((owner.email.as_deref(), owner.version), (Some("bob@two.example"), 3));
}
