//! Tokens and sessions that are alive, in the console and by the API: found, looked at, ended.

use std::collections::BTreeSet;

use grantor::domain::client::Origin;
use grantor::domain::grant::Consent;
use grantor::management;
use grantor::secret::Digest;
use grantor::store::access_tokens::{self, NewAccessToken};
use grantor::store::live_tokens::{self, Kind};
use grantor::store::paging::{Key, Place};
use grantor::store::registration_tokens::{self, RegistrationToken};
use grantor::store::sessions::{self, StoredSession};
use grantor::store::{clients, consents, grants};
use serde_json::json;

use crate::support::app::{Backend, TestApp, TestClient, on_both_databases, run};
use crate::support::http::{Browser, tokens};
use crate::support::plans::plans_of;

on_both_databases!(
    a_pasted_token_is_found_and_not_shown,
    one_token_is_revoked_and_its_grant_stays,
    a_client_loses_everything_it_was_given,
    a_user_is_signed_out_everywhere,
    a_session_is_ended_from_the_list,
    tokens_are_listed_by_whom_they_are_for,
    refresh_tokens_are_listed_while_they_can_be_used,
    what_holds_a_text_is_found_after_what_begins_with_it,
    what_waits_for_somebody_disabled_is_seen_and_revoked,
    lists_are_paged_also_within_one_second,
);

async fn admin(app: &TestApp) -> Browser {
    app.admin("root").await;
    let mut browser = Browser::new(app);
    assert_eq!(browser.sign_in("root").await.status, 303);
    browser
}

async fn is_active(app: &TestApp, client: &TestClient, token: &str) -> bool {
    app.http.as_client(client, "/oauth2/introspect", &[("token", token)]).await.json()["active"] == true
}

/// The id by which a token is named.
fn id_of(token: &str) -> String {
    grantor::secret::hex(&Digest::of(token).as_bytes()[..8])
}

async fn a_pasted_token_is_found_and_not_shown(app: TestApp) {
    app.scope("reports").await;
    app.user("bob").await;
    let client = app.web("reports").await;
    let given = tokens(&app, &client, "reports", "bob").await;
    let mut root = admin(&app).await;
    let ask = root.get("/admin/tokens/find").await;
    for (token, kind) in [("access_token", "Access token"), ("refresh_token", "Refresh token")] {
        let token = given.text(token);
        let found = root.submit("/admin/tokens/find", &ask, &[("token", &token)]).await;
        assert_eq!(found.location(), format!("/admin/tokens/{}", id_of(&token)));
        let page = root.follow(found).await;
        assert_eq!(page.find("h1"), Some(format!("{kind} {}", id_of(&token))));
        assert!(page.body.contains("Web app") && page.body.contains("bob") && !page.body.contains(&token));
    }
    let wrong = root.submit("/admin/tokens/find", &ask, &[("token", "gat_somebody-elses")]).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.find("#token-error").is_some() && !wrong.body.contains("somebody-elses"), "{}", wrong.body);
    let signed = app
        .client(json!({
            "client_name": "Signed", "grant_types": ["client_credentials"], "scope": "reports",
            "access_token_format": "jwt",
        }))
        .await;
    let form = [("grant_type", "client_credentials")];
    let jwt = app.http.as_client(&signed, "/oauth2/token", &form).await.text("access_token");
    let found = root.submit("/admin/tokens/find", &ask, &[("token", &jwt)]).await;
    assert!(found.location().starts_with("/admin/grants/"), "{}", found.location());
    let by_prefix = root.get(&format!("/admin/tokens?id={}", &id_of(&given.text("access_token"))[..8])).await;
    assert_eq!(by_prefix.status, 303);
    assert_eq!(root.get("/admin/tokens?id=xyz").await.status, 422);
}

async fn one_token_is_revoked_and_its_grant_stays(app: TestApp) {
    app.scope("reports").await;
    app.user("bob").await;
    let client = app.web("reports").await;
    let given = tokens(&app, &client, "reports", "bob").await;
    let access = given.text("access_token");
    let mut root = admin(&app).await;
    let path = format!("/admin/tokens/{}/revoke", id_of(&access));
    let page = root.get(&path).await;
    assert_eq!(root.submit(&path, &page, &[]).await.status, 303);
    assert!(!is_active(&app, &client, &access).await);
    let form = [("grant_type", "refresh_token"), ("refresh_token", &given.text("refresh_token"))];
    assert_eq!(app.http.as_client(&client, "/oauth2/token", &form).await.status, 200, "the grant stays");
    let refresh = format!("/admin/tokens/{}/revoke", id_of(&given.text("refresh_token")));
    assert_eq!(root.get(&refresh).await.status, 404, "a refresh token ends with its grant");
    assert!(root.get("/admin/audit-log?action=token.revoked").await.body.contains(&id_of(&access)));
}

async fn a_client_loses_everything_it_was_given(app: TestApp) {
    app.scope("reports").await;
    let bob = app.user("bob").await;
    let client = app.web("reports").await;
    let given = tokens(&app, &client, "reports", "bob").await.text("access_token");
    let now = app.clock.now();
    app.prepare(|connection| {
        for _ in 0..1100 {
            let new = grants::NewGrant {
                id: grantor::domain::grant::GrantId::generate(grantor::clock::wall_millis()),
                client_id: client.id.clone(),
                owner_id: Some(bob.clone()),
                session_id: None,
                scope: "reports".parse().expect("a scope"),
                resource: Vec::new(),
                facts: grantor::domain::grant::GrantFacts::default(),
                created_at: now,
                expires_at: None,
            };
            grants::insert(connection, &new)?;
        }
        Ok(())
    });
    let mut root = admin(&app).await;
    let path = format!("/admin/clients/{}/revoke", client.id);
    let page = root.get(&path).await;
    assert!(page.body.contains("more than 1000 live grants"), "{}", page.body);
    assert_eq!(root.submit(&path, &page, &[]).await.status, 303);
    assert!(!is_active(&app, &client, &given).await);
    let page = root.get(&path).await;
    assert!(page.body.contains("0 live grants and 0 tokens"), "{}", page.body);
    assert_eq!(root.get(&format!("/admin/clients/{}", client.id)).await.status, 200, "it works on");
}

async fn a_user_is_signed_out_everywhere(app: TestApp) {
    app.scope("reports").await;
    let bob = app.user("bob").await;
    let client = app.web("reports").await;
    let given = tokens(&app, &client, "reports", "bob").await.text("access_token");
    let mut browser = Browser::new(&app);
    browser.sign_in("bob").await;
    let mut root = admin(&app).await;
    let path = format!("/admin/users/{bob}/sign-out");
    let page = root.get(&path).await;
    assert!(page.body.contains("2 sessions end at once") && page.body.contains("1 live grant"), "{}", page.body);
    assert_eq!(root.submit(&path, &page, &[]).await.status, 303);
    assert_eq!(browser.get("/account").await.status, 303);
    assert!(!is_active(&app, &client, &given).await);

    let machine = app.machine("grantor.users:read grantor.users:write").await;
    let form = [("grant_type", "client_credentials"), ("scope", "grantor.users:read grantor.users:write")];
    let token = app.http.as_client(&machine, "/oauth2/token", &form).await.text("access_token");
    browser.sign_in("bob").await;
    let sessions = format!("/api/v1/users/{bob}/sessions");
    let listed = app.http.bearer(&sessions, &token).await.json();
    assert_eq!(listed["items"].as_array().expect("a list").len(), 1, "{listed}");
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];
    assert_eq!(app.http.send("DELETE", &sessions, &headers, None).await.status, 204);
    assert_eq!(browser.get("/account").await.status, 303);
    let link = app.http.send("POST", &format!("/api/v1/users/{bob}/set-password-link"), &headers, None).await;
    assert_eq!(link.status, 201, "{}", link.body);
    assert!(link.text("set_password_link").contains("/set-password?token="));
}

async fn a_session_is_ended_from_the_list(app: TestApp) {
    app.user("bob").await;
    app.user("carol").await;
    let (mut bob, mut carol) = (Browser::new(&app), Browser::new(&app));
    bob.sign_in("bob").await;
    carol.sign_in("carol").await;
    let mut root = admin(&app).await;
    let all = root.get("/admin/sessions").await;
    assert!(all.body.contains("bob") && all.body.contains("carol") && all.body.contains("This browser"));
    let list = root.get("/admin/sessions?user=bob%40example.com").await;
    assert!(!list.body.contains("carol"), "{}", list.body);
    let page = scraper::Html::parse_document(&list.body);
    let link = scraper::Selector::parse("td.end a").expect("a selector");
    let end = page.select(&link).next().and_then(|link| link.attr("href")).expect("a button").to_owned();
    let page = root.get(&end).await;
    assert_eq!(page.find("h1").as_deref(), Some("End the session of bob?"));
    assert_eq!(root.submit(&end, &page, &[]).await.status, 303);
    assert_eq!(bob.get("/account").await.status, 303);
    assert_eq!(carol.get("/account").await.status, 200);
    assert_eq!(root.get(&end).await.status, 404);
    assert!(root.get("/admin/sessions?user=nobody").await.body.contains("Nobody is signed in"));
}

async fn tokens_are_listed_by_whom_they_are_for(app: TestApp) {
    app.scope("reports").await;
    let machine = app.machine("reports").await;
    let other = app.machine("reports").await;
    for client in [&machine, &other] {
        app.http.as_client(client, "/oauth2/token", &[("grant_type", "client_credentials")]).await;
    }
    let now = app.clock.now();
    app.prepare(|connection| {
        let (grant_id, _) = grants::machine(connection, &machine.id, now)?;
        for number in 0..100 {
            let new = NewAccessToken {
                digest: Digest::of(&format!("token {number}")),
                grant_id,
                scope: "x".parse().expect("a scope"),
                audience: Vec::new(),
                created_at: now,
                // Ten of each second.
                expires_at: now + 60 + number / 10,
            };
            access_tokens::insert(connection, &new)?;
        }
        Ok(())
    });
    let mut root = admin(&app).await;
    let rows = |page: &str| page.matches("class=\"row mono\"").count();
    for path in ["/admin/tokens".to_owned(), format!("/admin/tokens?client={}", machine.id)] {
        let mut page = root.get(&path).await;
        let mut seen = rows(&page.body);
        let next = |body: &str| {
            let html = scraper::Html::parse_document(body);
            let link = scraper::Selector::parse("nav.pager a[rel=next]").expect("a selector");
            html.select(&link).next().and_then(|link| link.attr("href")).map(str::to_owned)
        };
        while let Some(below) = next(&page.body) {
            page = root.get(&below).await;
            seen += rows(&page.body);
        }
        assert_eq!(seen, if path.contains("client") { 101 } else { 102 }, "{path}");
    }
    assert_eq!(rows(&root.get("/admin/tokens?kind=refresh").await.body), 0);
    app.clock.advance(67);
    let live = rows(&root.get(&format!("/admin/tokens?client={}", machine.id)).await.body);
    assert_eq!(live, 21, "those of the last two seconds, and the one that came by the token endpoint");
}

async fn refresh_tokens_are_listed_while_they_can_be_used(app: TestApp) {
    app.scope("reports").await;
    app.user("bob").await;
    let client = app.web("reports").await;
    let given = tokens(&app, &client, "reports", "bob").await;
    let mut root = admin(&app).await;
    let listed = async |root: &mut Browser| {
        let page = root.get("/admin/tokens?kind=refresh").await;
        page.body.matches("class=\"row mono\"").count()
    };
    assert_eq!(listed(&mut root).await, 1);
    let refresh = given.text("refresh_token");
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    assert_eq!(app.http.as_client(&client, "/oauth2/token", &form).await.status, 200);
    assert_eq!(listed(&mut root).await, 1, "its successor alone");
    let lifetime = app.app.policies().lifetimes.refresh_token;
    app.clock.advance(lifetime.try_into().expect("years at most"));
    root.sign_in("root").await;
    assert_eq!(listed(&mut root).await, 0, "expired");
}

/// What follows `before` in the links of all pages of a list, down and up again.
async fn walk(browser: &mut Browser, path: &str, before: &str) -> (Vec<String>, Vec<String>) {
    let seen = |body: &str| {
        let html = scraper::Html::parse_document(body);
        let links = scraper::Selector::parse(&format!("main a[href^=\"{before}\"]")).expect("a selector");
        let links: Vec<String> = html.select(&links).filter_map(|link| Some(link.attr("href")?.to_owned())).collect();
        links
    };
    let neighbour = |body: &str, rel: &str| {
        let html = scraper::Html::parse_document(body);
        let link = scraper::Selector::parse(&format!("nav.pager a[rel={rel}]")).expect("a selector");
        html.select(&link).next().and_then(|link| link.attr("href")).map(str::to_owned)
    };
    let mut page = browser.get(path).await;
    let (mut down, mut up) = (vec![seen(&page.body)], Vec::new());
    while let Some(below) = neighbour(&page.body, "next") {
        page = browser.get(&below).await;
        down.push(seen(&page.body));
    }
    up.push(seen(&page.body));
    while let Some(above) = neighbour(&page.body, "prev") {
        page = browser.get(&above).await;
        up.push(seen(&page.body));
    }
    up.reverse();
    let link_of_page = |link: &String| !link.contains("after=") && !link.contains("before=");
    let flat = |pages: Vec<Vec<String>>| pages.concat().into_iter().filter(link_of_page).collect();
    (flat(down), flat(up))
}

async fn lists_are_paged_also_within_one_second(app: TestApp) {
    let bob = app.user("bob").await;
    let mut root = admin(&app).await;
    let now = app.clock.now();
    app.prepare(|connection| {
        for number in 0..101 {
            let session = StoredSession {
                digest: Digest::of(&format!("session {number}")).as_bytes().to_vec(),
                id: format!("s_{number:03}"),
                owner_id: Some(bob.clone()),
                state: "{}".to_owned(),
                user_agent: "Test".to_owned(),
                address: "192.0.2.7".to_owned(),
                created_at: now,
                last_seen_at: now,
                idle_expires_at: now + 7200,
                expires_at: now + 86_400,
            };
            sessions::insert(connection, &session)?;
            let token = RegistrationToken {
                id: format!("r_{number:03}"),
                note: String::new(),
                remaining_uses: 1,
                created_at: now,
                expires_at: now + 86_400,
            };
            registration_tokens::insert(connection, &token, &Digest::of(&token.id))?;
            let metadata = serde_json::from_value(json!({
                "client_name": format!("Application {number:03}"),
                "redirect_uris": [format!("https://{number}.example/callback")],
                "grant_types": ["authorization_code"],
                "response_types": ["code"],
                "token_endpoint_auth_method": "none",
            }));
            let id = format!("c_{number:03}");
            clients::insert(connection, &id, Origin::Admin, &metadata.expect("metadata"), now)?;
            let consent = Consent { scope: "openid".parse().expect("a scope"), claims: BTreeSet::new() };
            consents::remember(connection, &bob, &id, &consent, now)?;
        }
        Ok(())
    });
    let expected = |before: &str, after: &str, numbers: &mut dyn Iterator<Item = usize>| {
        numbers.map(|number| format!("{before}{number:03}{after}")).collect::<Vec<_>>()
    };
    let all = expected("/admin/sessions/s_", "/end", &mut (0..101).rev());
    assert_eq!(walk(&mut root, "/admin/sessions?user=bob", "/admin/sessions/s_").await, (all.clone(), all));
    let all = expected("/admin/registration-tokens/r_", "/revoke", &mut (0..101).rev());
    let path = "/admin/registration-tokens";
    assert_eq!(walk(&mut root, path, "/admin/registration-tokens/r_").await, (all.clone(), all));
    let mut browser = Browser::new(&app);
    browser.sign_in("bob").await;
    let all = expected("/account/applications/c_", "/withdraw", &mut (0..101));
    assert_eq!(
        walk(&mut browser, "/account/applications", "/account/applications/c_").await,
        (all.clone(), all),
        "by name"
    );
}

async fn what_holds_a_text_is_found_after_what_begins_with_it(app: TestApp) {
    for name in ["bobby", "jacob", "carol"] {
        app.user(name).await;
    }
    app.user_with("zed", "Robert Bobson", json!({})).await;
    let mut root = admin(&app).await;
    let found = async |root: &mut Browser, query: &str| {
        let page = root.get(&format!("/admin/users?q={query}")).await;
        let html = scraper::Html::parse_document(&page.body);
        let cells = scraper::Selector::parse("td a.row").expect("a selector");
        html.select(&cells).map(|cell| cell.text().collect::<String>()).collect::<Vec<_>>()
    };
    assert_eq!(found(&mut root, "bob").await, ["bobby"], "what begins so");
    assert_eq!(found(&mut root, "cob").await, ["jacob"], "else what holds it");
    assert_eq!(found(&mut root, "Robert").await, ["zed"]);
    assert_eq!(found(&mut root, "CAROL%40").await, ["carol"]);
    assert_eq!(found(&mut root, "nobody-like-it").await, [""; 0]);
}

async fn what_waits_for_somebody_disabled_is_seen_and_revoked(app: TestApp) {
    app.scope("reports").await;
    let bob = app.user("bob").await;
    let client = app.web("reports").await;
    let token = tokens(&app, &client, "reports", "bob").await.text("access_token");
    let mut root = admin(&app).await;
    let places = [
        ("/admin/grants?user=bob".to_owned(), "tbody .status"),
        (format!("/admin/users/{bob}"), "#grants .status"),
        ("/admin/tokens?user=bob".to_owned(), "tbody .status"),
        (format!("/admin/tokens/{}", id_of(&token)), "#summary .status"),
    ];
    let says = async |root: &mut Browser, state: &str| {
        for (path, place) in &places {
            let page = root.get(path).await;
            assert_eq!(page.find(place).as_deref(), Some(state), "{path}: {}", page.body);
        }
    };
    let disable_bob = async |is_disabled: bool| {
        let (context, id) = (app.context(), bob.clone());
        app.manage(move |connection| management::users::set_disabled(connection, &context, &id, is_disabled)).await;
    };
    let disable_client = async |is_disabled: bool| {
        let (context, id) = (app.context(), client.id.clone());
        app.manage(move |connection| management::clients::set_disabled(connection, &context, &id, is_disabled)).await;
    };
    says(&mut root, "Live").await;
    disable_client(true).await;
    says(&mut root, "Waits: its client is disabled").await;
    disable_client(false).await;
    disable_bob(true).await;
    says(&mut root, "Waits: its user is disabled").await;

    let list = root.get("/admin/grants?user=bob").await;
    let revoke = format!("{}/revoke", list.attribute("a.row", "href").expect("the grant is listed"));
    let asked = root.get(&revoke).await;
    assert_eq!(root.submit(&revoke, &asked, &[]).await.status, 303);
    disable_bob(false).await;
    assert!(!is_active(&app, &client, &token).await, "it does not come back with its user");
    assert!(root.get("/admin/grants?user=bob").await.find("a.row").is_none());
    // Whether or not there is something to end, as far as anybody knows.
    let sign_out = format!("#sessions a[href='/admin/users/{bob}/sign-out']");
    assert!(root.get(&format!("/admin/users/{bob}")).await.find(&sign_out).is_some());
}

#[test]
fn a_page_before_another_begins_at_its_key() {
    run(Backend::Sqlite, |app| async move {
        let now = app.clock.now();
        let plans = plans_of(&app, |connection| {
            let place = Place::Before(Key { at: now + 60, id: "ab".repeat(32).parse().expect("a digest") });
            for kind in [Kind::Access, Kind::Refresh] {
                live_tokens::list(connection, kind, &grants::Filter::default(), &place, 50, now).expect("a page");
            }
            let place = Place::Before(Key { at: now + 60, id: "s".to_owned() });
            sessions::list_live(connection, None, &place, 50, now).expect("a page");
        });
        assert_eq!(plans.len(), 3, "{plans:?}");
        for (query, steps) in plans {
            let is_entered = steps.iter().any(|step| step.contains("expires_at,") && step.contains(">(?,?)"));
            assert!(is_entered, "not from now on, through all that is alive: {query}: {steps:?}");
        }
    });
}
