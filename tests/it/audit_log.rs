//! The audit log: what people, clients and admins do stands in it, with who did it and to what.

use diesel::connection::SimpleConnection;
use grantor::jobs;
use grantor::management::audit_chain::{self, Break, Damage, Progress};
use grantor::store::audit_log::{self, Entry, Event, Filter};
use grantor::store::connection::{AnyConnection, Manager};
use grantor::store::{StoreError, audit_chain as chain};
use serde_json::Value;

use crate::support::app::{PASSWORD, TestApp, on_both_databases};
use crate::support::http::{Authorization, Browser, but, code, redemption, tokens};

on_both_databases!(
    a_time_finds_entries_whatever_their_order,
    what_a_person_does_is_noted,
    what_a_client_does_is_noted,
    what_an_admin_does_is_noted,
    the_log_is_narrowed_the_same_everywhere,
    a_page_of_the_log_tells_what_an_export_tells,
    the_log_holds_no_secret,
    tampering_is_found_where_it_is,
    old_entries_leave_and_the_chain_stays,
    an_entry_that_is_committed_late_is_chained,
);

async fn entries(app: &TestApp) -> Vec<Entry> {
    app.app
        .store
        .read::<_, StoreError, _>(|connection| Ok(audit_log::list(connection, &Filter::default(), 1000)?))
        .await
        .expect("the log can be read")
}

/// Asserts that the newest entry of `action` names `actor` and `target`, and can be traced.
async fn is_noted(app: &TestApp, action: &str, actor: &str, target: &str) {
    let all = entries(app).await;
    let entry = all.iter().find(|entry| entry.action == action);
    let entry =
        entry.unwrap_or_else(|| panic!("no {action} in {:?}", all.iter().map(|e| &e.action).collect::<Vec<_>>()));
    assert_eq!((entry.actor.as_str(), entry.target.as_str()), (actor, target), "{action}");
    assert!(!entry.request_id.is_empty() && entry.address == "127.0.0.1", "{action}: {entry:?}");
}

async fn what_a_person_does_is_noted(app: TestApp) {
    app.scope("reports").await;
    let alice = app.user("alice").await;
    let client = app.web("reports").await;
    let mut browser = Browser::new(&app);
    let page = browser.get("/login").await;
    browser.submit("/login", &page, &[("username", "alice"), ("password", "wrong wrong wrong")]).await;
    is_noted(&app, "login.failed", "", &alice).await;
    browser.sign_in("alice").await;
    is_noted(&app, "login.succeeded", "alice", &alice).await;
    for (decision, action) in [("deny", "consent.denied"), ("approve", "consent.given")] {
        let first = browser.get(&Authorization::of(&client, "reports").path()).await;
        let page = browser.follow(first).await;
        browser.submit("/consent", &page, &[("decision", decision)]).await;
        is_noted(&app, action, "alice", &client.id).await;
    }
}

async fn what_a_client_does_is_noted(app: TestApp) {
    app.scope("reports").await;
    app.user("alice").await;
    let client = app.web("reports").await;
    let mut impostor = client.clone();
    impostor.secret = Some("gcs_wrong".to_owned());
    app.http.as_client(&impostor, "/oauth2/introspect", &[("token", "x")]).await;
    is_noted(&app, "client.authentication_failed", "", &client.id).await;
    let given = tokens(&app, &client, "reports", "alice").await;
    let grant =
        entries(&app).await.iter().find(|entry| entry.action == "grant.issued").expect("it is noted").target.clone();
    is_noted(&app, "grant.issued", &client.id, &grant).await;
    app.http.as_client(&client, "/oauth2/revoke", &[("token", &given.text("access_token"))]).await;
    is_noted(&app, "token.revoked", &client.id, &grant).await;
    app.http.as_client(&client, "/oauth2/revoke", &[("token", &given.text("refresh_token"))]).await;
    is_noted(&app, "grant.revoked", &client.id, &grant).await;
    let code = code(&app, &client, "reports", "alice").await;
    for _ in 0..2 {
        app.http.as_client(&client, "/oauth2/token", &redemption(&code)).await;
    }
    let replayed = entries(&app).await.into_iter().find(|entry| entry.action == "grant.replayed").expect("it is noted");
    assert_eq!(replayed.actor, client.id);
    let refused = app.http.as_client(&client, "/oauth2/token", &but(&redemption(&code), "code", "gac_x")).await;
    assert_eq!(refused.error(), "invalid_grant");
}

async fn what_an_admin_does_is_noted(app: TestApp) {
    app.scope("reports").await;
    app.admin("root").await;
    let alice = app.user("alice").await;
    let client = app.web("reports").await;
    let mut browser = Browser::new(&app);
    browser.sign_in("root").await;
    let deeds = [
        (format!("/admin/clients/{}/disable", client.id), "client.disabled", client.id.as_str()),
        (format!("/admin/clients/{}/enable", client.id), "client.enabled", &client.id),
        (format!("/admin/clients/{}/rotate-secret", client.id), "client.secret_added", &client.id),
        (format!("/admin/users/{alice}/disable"), "user.disabled", &alice),
        (format!("/admin/users/{alice}/enable"), "user.enabled", &alice),
        ("/admin/keys/rotate?emergency=true".to_owned(), "keys.rotated", ""),
        (format!("/admin/clients/{}/delete", client.id), "client.deleted", &client.id),
        (format!("/admin/users/{alice}/delete"), "user.deleted", &alice),
    ];
    for (path, action, target) in &deeds {
        let page = browser.get(path).await;
        let done = browser.submit(path, &page, &[]).await;
        assert!(done.status == 303 || done.status == 200, "{path}: {} {}", done.status, done.body);
        is_noted(&app, action, "root", target).await;
    }
}

/// The actions of an answer in JSON Lines.
fn actions(lines: &str) -> Vec<String> {
    let entry = |line: &str| serde_json::from_str::<Value>(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
    lines.lines().map(|line| entry(line)["action"].as_str().expect("an action").to_owned()).collect()
}

async fn the_log_is_narrowed_the_same_everywhere(app: TestApp) {
    let bob = app.user("bob").await;
    app.admin("root").await;
    let mut root = Browser::new(&app);
    root.sign_in("root").await;
    Browser::new(&app).sign_in("bob").await;
    app.clock.advance(3 * 24 * 60 * 60);
    root.sign_in("root").await;
    let machine = app.machine("grantor.audit-log:read").await;
    let form = [("grant_type", "client_credentials"), ("scope", "grantor.audit-log:read")];
    let token = app.http.as_client(&machine, "/oauth2/token", &form).await.text("access_token");
    let day = |offset: i64| {
        let at = chrono::DateTime::from_timestamp(app.clock.now() + offset * 86_400, 0).expect("a time");
        at.format("%Y-%m-%d").to_string()
    };
    let (first, today) = (day(-3), day(0));
    chain_all(&app).await;
    for (query, expected) in [
        ("action=login.succeeded".to_owned(), 3),
        ("action=login.succeeded&actor=root".to_owned(), 2),
        ("action=login.succeeded&target=bob".to_owned(), 1),
        (format!("action=login.succeeded&target={bob}"), 1),
        (format!("action=login.succeeded&to={first}"), 2),
        (format!("action=login.succeeded&from={today}"), 1),
        (format!("action=login.succeeded&from={first}&to={today}"), 3),
        ("action=login.succeeded&address=127.0.0.1".to_owned(), 3),
        ("action=login.succeeded&address=192.0.2.1".to_owned(), 0),
    ] {
        let page = root.get(&format!("/admin/audit-log?{query}")).await;
        assert_eq!(page.body.matches("Signed in</span>").count(), expected, "{query}");
        let export = root.get(&format!("/admin/audit-log/export?{query}")).await;
        assert_eq!(export.header("content-type"), "application/jsonl");
        assert_eq!(actions(&export.body), vec!["login.succeeded"; expected], "{query}");
        let listed = app.http.bearer(&format!("/api/v1/audit-log?{query}"), &token).await.json();
        assert_eq!(listed["items"].as_array().expect("a list").len(), expected, "{query}");
        let lines = app.http.bearer(&format!("/api/v1/audit-log?{query}&format=jsonl"), &token).await;
        assert_eq!(lines.body, export.body, "{query}");
    }
    let begins = app.http.bearer("/api/v1/audit-log?action=login.&format=jsonl", &token).await;
    assert_eq!(actions(&begins.body).len(), 3);
    let all = entries(&app).await;
    assert_eq!(all.iter().filter(|entry| entry.action == "audit_log.exported").count(), 19, "a copy is noted");
    for bad in
        ["from=yesterday", "from=2026-03-14&to=2026-03-13", "format=xml", "after=x", "limit=0", "actor=a&actor=b"]
    {
        let answer = app.http.bearer(&format!("/api/v1/audit-log?{bad}"), &token).await;
        assert!(answer.status == 400 || answer.status == 422, "{bad}: {} {}", answer.status, answer.body);
    }
    assert_eq!(root.get("/admin/audit-log?from=yesterday").await.status, 422);

    // More than one page of the stream.
    app.prepare(|connection| {
        for _ in 0..1200 {
            audit_log::insert(connection, &app.context().event("keys.rotated", "many"))?;
        }
        Ok(())
    });
    let lines = app.http.bearer("/api/v1/audit-log?target=many&format=jsonl", &token).await;
    assert_eq!(actions(&lines.body).len(), 1200);
}

async fn a_page_of_the_log_tells_what_an_export_tells(app: TestApp) {
    app.user("alice").await;
    app.user("bob").await;
    let machine = app.machine("grantor.audit-log:read").await;
    let token = app.http.as_client(&machine, "/oauth2/token", &[("grant_type", "client_credentials")]).await;
    let (token, path) = (token.text("access_token"), "/api/v1/audit-log?action=user.");
    chain_all(&app).await;
    let export = app.http.bearer(&format!("{path}&format=jsonl"), &token).await.body;
    let lines = export.lines().rev().map(|line| serde_json::from_str(line).expect("a line is JSON"));
    let exported: Vec<Value> = lines.collect();
    let listed = app.http.bearer(path, &token).await.json();
    assert_eq!(listed["items"], Value::Array(exported));
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(2));
    assert!(listed["items"][0]["position"].is_i64() && listed["items"][0]["hash"].is_string(), "{listed}");
}

async fn the_log_holds_no_secret(app: TestApp) {
    app.scope("reports").await;
    app.user("alice").await;
    let client = app.web("reports").await;
    let code = code(&app, &client, "reports", "alice").await;
    let given = app.http.as_client(&client, "/oauth2/token", &redemption(&code)).await;
    let (access, refresh) = (given.text("access_token"), given.text("refresh_token"));
    app.http.as_client(&client, "/oauth2/revoke", &[("token", &access)]).await;
    app.http.as_client(&client, "/oauth2/token", &redemption(&code)).await;
    let mut browser = Browser::new(&app);
    let page = browser.get("/login").await;
    browser.submit("/login", &page, &[("username", "alice"), ("password", "a wrong password of hers")]).await;
    let log = format!("{:?}", entries(&app).await);
    let secrets = [&code, &access, &refresh, client.secret.as_ref().expect("a secret"), PASSWORD, "a wrong password"];
    for secret in secrets {
        assert!(!log.contains(secret), "{secret}");
    }
    assert!(browser.cookies().all(|cookie| !log.contains(cookie)));
}

fn connect(app: &TestApp) -> AnyConnection {
    Manager::new(app.config.database.clone()).open().expect("the database opens")
}

/// Checks the whole chain on a connection of its own.
fn check(app: &TestApp, connection: &mut AnyConnection) -> Result<Progress, Break> {
    let mut before = None;
    loop {
        let checked = audit_chain::verify(connection, &app.app.chain_key, before.as_ref()).expect("it can be read")?;
        if checked.is_done {
            return Ok(checked);
        }
        before = Some(checked);
    }
}

async fn chain_all(app: &TestApp) {
    jobs::audit_log::chain(&app.app.store, &app.app.chain_key, app.clock.now()).await.expect("it can be chained");
}

/// A log of more than a thousand entries, chained.
async fn chained(app: &TestApp) -> AnyConnection {
    app.admin("root").await;
    app.prepare(|connection| {
        for number in 0..1200 {
            audit_log::insert(connection, &app.context().event("keys.rotated", &number.to_string()))?;
        }
        Ok(())
    });
    chain_all(app).await;
    // What was chained a while ago is settled.
    for _ in 0..2 {
        app.clock.advance(60);
        Browser::new(app).sign_in("root").await;
        chain_all(app).await;
    }
    connect(app)
}

async fn tampering_is_found_where_it_is(app: TestApp) {
    let mut connection = chained(&app).await;
    let whole = check(&app, &mut connection).expect("nothing happened to it");
    assert!(whole.entries > 1200 && whole.position == i64::try_from(whole.entries).expect("few"), "{whole:?}");
    let links = chain::list(&mut connection, 0, 2000).expect("links");
    let entry = |position: usize| links[position - 1].0.entry_id;
    let (middle, newest) = (entry(700), entry(links.len()));
    let end = links.len();
    let columns = "at, action, actor_kind, actor, target, address, request_id, detail";
    for (tampering, position, entry_id, what) in [
        (format!("UPDATE audit_log SET actor = 'mallory' WHERE id = {middle}"), 700, middle, Damage::AlteredEntry),
        (format!("UPDATE audit_log SET at = at + 1 WHERE id = {middle}"), 700, middle, Damage::AlteredEntry),
        (format!("DELETE FROM audit_log WHERE id = {middle}"), 700, middle, Damage::MissingEntry),
        (
            format!("DELETE FROM audit_log WHERE id = {middle}; DELETE FROM audit_links WHERE entry_id = {middle}"),
            700,
            0,
            Damage::MissingLink,
        ),
        (
            format!("DELETE FROM audit_log WHERE id = {newest}; DELETE FROM audit_links WHERE entry_id = {newest}"),
            i64::try_from(end).expect("few"),
            0,
            Damage::MissingEnd,
        ),
        (
            format!("INSERT INTO audit_log (id, {columns}) SELECT -5, {columns} FROM audit_log WHERE id = {middle}"),
            0,
            -5,
            Damage::ForeignEntry,
        ),
        (
            "DELETE FROM audit_links WHERE position <= 3; DELETE FROM audit_log WHERE id <= 3;
             UPDATE audit_marks SET position = 3 WHERE name = 'first'"
                .to_owned(),
            3,
            0,
            Damage::AlteredMark,
        ),
        ("UPDATE audit_marks SET position = position - 1 WHERE name = 'last'".to_owned(), 0, 0, Damage::AlteredMark),
    ] {
        connection.batch_execute("BEGIN").expect("a transaction");
        connection.batch_execute(&tampering).expect("whoever writes to the database can do this");
        let found = check(&app, &mut connection).expect_err(&tampering);
        connection.batch_execute("ROLLBACK").expect("as before");
        assert_eq!(found.what, what, "{tampering}");
        if what != Damage::AlteredMark {
            assert_eq!((found.position, found.entry_id), (position, entry_id), "{tampering}");
        }
    }
    assert!(check(&app, &mut connection).is_ok());

    let mut root = Browser::new(&app);
    root.sign_in("root").await;
    let page = root.get("/admin/audit-log/verify").await;
    assert!(
        page.find("main [role=status]").is_some_and(|told| told.contains("Nothing was taken out")),
        "{}",
        page.body
    );
    connection.batch_execute(&format!("UPDATE audit_log SET detail = '{{}} ' WHERE id = {middle}")).expect("tampering");
    let page = root.get("/admin/audit-log/verify").await;
    let told = page.find("main [role=alert]").expect("an alarm");
    assert!(told.contains(&format!("broken at entry {middle}")), "{told}");
}

async fn old_entries_leave_and_the_chain_stays(app: TestApp) {
    let mut connection = chained(&app).await;
    let cutoff = app.clock.now() - 100;
    let gone = jobs::audit_log::expire(&app.app.store, &app.app.chain_key, cutoff).await.expect("it can be deleted");
    assert!(gone >= 1200, "{gone}");
    let left = check(&app, &mut connection).expect("the chain begins later");
    assert!(left.entries > 0 && left.position > 1200, "{left:?}");
    let log = entries(&app).await;
    assert!(!log.is_empty() && log.iter().all(|entry| entry.at >= cutoff), "{log:?}");
    let oldest = log.last().expect("an entry").id;
    connection.batch_execute(&format!("DELETE FROM audit_log WHERE id = {oldest}")).expect("tampering");
    assert_eq!(check(&app, &mut connection).expect_err("it is missed").what, Damage::MissingEntry);
}

async fn an_entry_that_is_committed_late_is_chained(app: TestApp) {
    app.user("alice").await;
    Browser::new(&app).sign_in("alice").await;
    chain_all(&app).await;
    // PostgreSQL may commit an entry after one with a higher id.
    let mut connection = connect(&app);
    let columns = "at, action, actor_kind, actor, target, address, request_id, detail";
    let late = format!("INSERT INTO audit_log (id, {columns}) SELECT 900, {columns} FROM audit_log LIMIT 1");
    let first = format!("INSERT INTO audit_log (id, {columns}) SELECT 1000, {columns} FROM audit_log LIMIT 1");
    for statement in [&first, &late] {
        connection.batch_execute(statement).expect("an entry");
        chain_all(&app).await;
    }
    let links = chain::list(&mut connection, 0, 100).expect("links");
    assert_eq!(links.iter().rev().take(2).map(|(link, _)| link.entry_id).collect::<Vec<_>>(), [900, 1000]);
    assert!(check(&app, &mut connection).is_ok());
}

async fn a_time_finds_entries_whatever_their_order(app: TestApp) {
    let now = app.clock.now();
    let context = app.context();
    // The second is of before the first: clocks differ, and what takes long is noted at its end.
    let entries =
        [0, -1800, 7200].map(|offset| Event { at: now + offset, ..context.event("client.created", "skewed") });
    app.manage(move |connection| {
        for entry in &entries {
            audit_log::insert(connection, entry)?;
        }
        Ok(())
    })
    .await;
    for (from, until, expected) in [
        (Some(now - 1800), Some(now + 1), vec![-1800, 0]),
        (Some(now), Some(now + 7200), vec![0]),
        (Some(now), None, vec![7200, 0]),
        (None, Some(now), vec![-1800]),
        (Some(now + 1), Some(now + 7200), vec![]),
    ] {
        let filter = Filter { target: Some("skewed".to_owned()), from, until, ..Default::default() };
        let listed = app.manage(move |connection| Ok(audit_log::list(connection, &filter, 10)?)).await;
        let offsets: Vec<i64> = listed.iter().map(|entry| entry.at - now).collect();
        assert_eq!(offsets, expected, "{from:?} {until:?}");
    }
}
