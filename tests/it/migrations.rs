//! Upgrades: databases as earlier versions left them, with rows in every table, brought up to date by this one and used.
//!
//! `fixtures/` holds one file for each migration and database: what a server with that migration as its newest had written.
//! Its first line says, in JSON, the secrets that clients and browsers of that time hold; `{+60}` stands for a time 60
//! seconds after it was made. A new migration is tried on all of them; once it is released it gets files of its own:
//! `GRANTOR_TEST_MAKE_FIXTURES=1 cargo test --test it migrations` writes those that are missing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl};
use grantor::clock::{Clock, Timestamp};
use grantor::config::Config;
use grantor::config::database_url::DatabaseUrl;
use grantor::config::secret_key::{SecretKey, SecretKeySource};
use grantor::jobs::pace::Pace;
use grantor::management::Context;
use grantor::management::resources::NewResource;
use grantor::store::connection::{AnyConnection, Manager};
use grantor::store::paging::Place;
use grantor::store::{
    Store, StoreError, access_tokens, audit_log, clients, consents, grants, logout_deliveries, mails, migrate,
    resource_owners, statistics, used_jtis,
};
use grantor::web::routes;
use grantor::{jobs, management};
use serde_json::{Value, json};

use crate::schema::{folder, migrations};
use crate::support::app::{Backend, REDIRECT_URI, TestApp, TestClient, run_prepared};
use crate::support::http::{Authorization, Browser, allow, code, redemption, tokens};
use crate::support::postgres::{cluster_or_skip, until_blocked};
use crate::support::registration::{self, initial_access_token, register};
use crate::support::switch;

/// Of the servers that wrote the fixtures: keys and cookies are sealed with it.
const SECRET_KEY: &str = "pPz3yUvJ5hVQ1q0M8mJb7Yk2Xw9sRt4LdGfEaNcKi6o=";
/// Longer than anything lives, so that every stored time is in it.
const YEAR: Timestamp = 366 * 24 * 60 * 60;

#[test]
fn an_earlier_sqlite_database_works_on() {
    every_fixture(Backend::Sqlite, "sqlite");
}

#[test]
fn an_earlier_postgresql_database_works_on() {
    every_fixture(Backend::Postgres, "postgres");
}

#[test]
fn replicas_that_start_together_migrate_once() {
    let first = "20261123000000_initial";
    let fixture = fs::read_to_string(fixtures().join(format!("{first}.postgres.sql"))).expect("the fixture is there");
    run_prepared(
        Backend::Postgres,
        config(),
        |url| {
            load(url, "postgres", first, &fixture);
            // Each on a connection of its own, which waits for the first that migrates.
            let migrated = std::thread::scope(|scope| {
                let replicas = [(); 3].map(|()| scope.spawn(|| migrate::run(&mut connect(url))));
                replicas.map(|replica| replica.join().expect("it ends"))
            });
            let newest = migrations("postgres").len() - 1;
            let mut applied = migrated.map(|applied| applied.expect("nobody fails").len());
            applied.sort_unstable();
            assert_eq!(applied, [0, 0, newest]);
        },
        async |_| {},
    );
}

#[test]
fn who_waits_behind_a_migration_is_let_through_in_time() {
    let Some(cluster) = cluster_or_skip() else { return };
    let database = cluster.create_database();
    let url = DatabaseUrl::Postgres(database.clone());
    let first = "20261123000000_initial";
    let fixture = fs::read_to_string(fixtures().join(format!("{first}.postgres.sql"))).expect("the fixture is there");
    load(&url, "postgres", first, &fixture);
    let (mut backup, mut request) = (connect(&url), connect(&url));
    // As pg_dump does.
    let begin = "SET idle_in_transaction_session_timeout = 0; BEGIN; LOCK TABLE clients IN ACCESS SHARE MODE";
    backup.batch_execute(begin).expect("the table is there");
    std::thread::scope(|scope| {
        let migrated = scope.spawn(|| migrate::run(&mut connect(&url)));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(until_blocked(&database, 1));
        request.batch_execute("SELECT id FROM clients").expect("its patience is longer than the migration's");
        backup.batch_execute("ROLLBACK").expect("the table is let go");
        let applied = migrated.join().expect("it ends").expect("it is tried again");
        assert_eq!(applied.len(), migrations("postgres").len() - 1);
    });
    cluster.drop_database(&database);
}

fn every_fixture(backend: Backend, database: &str) {
    let newest = migrations(database).pop().expect("there are migrations");
    let path = fixtures().join(format!("{newest}.{database}.sql"));
    if switch("GRANTOR_TEST_MAKE_FIXTURES").is_some() && !path.exists() {
        run_prepared(
            backend,
            config(),
            |_| {},
            async |app| {
                let known = fill(&app).await;
                let rows = dump(&mut connect(&app.config.database), app.clock.now());
                fs::write(&path, format!("-- {known}\n{rows}")).expect("the folder can be written");
            },
        );
    }
    let mut tried = 0;
    for migration in migrations(database) {
        let path = fixtures().join(format!("{migration}.{database}.sql"));
        let Ok(fixture) = fs::read_to_string(&path) else { continue };
        let known = fixture.lines().next().and_then(|line| line.strip_prefix("-- ")).expect("the first line");
        let known = serde_json::from_str(known).expect("JSON");
        run_prepared(
            backend,
            config(),
            |url| load(url, database, &migration, &fixture),
            async |app| {
                everything_is_there(&app, &known).await;
                everything_works_on(&app, &known).await;
            },
        );
        tried += 1;
    }
    assert!(tried > 0, "there are no fixtures for {database}");
}

#[test]
fn a_plan_says_what_a_migration_of_sqlite_does_to_whom() {
    plan(Backend::Sqlite, "sqlite", ["all writing waits, reading goes on", "nobody waits"]);
}

#[test]
fn a_plan_says_what_a_migration_of_postgresql_does_to_whom() {
    let referred_to = "SHARE ROW EXCLUSIVE on clients, resource_owners: writing them waits";
    plan(Backend::Postgres, "postgres", ["ACCESS EXCLUSIVE on clients: reading and writing it wait", referred_to]);
}

/// A database with the first migration only: what the others would do to it, and then a program that is too old for it. The
/// locks are that of a column and that of a table with two foreign keys.
fn plan(backend: Backend, database: &str, [of_a_column, of_a_table]: [&str; 2]) {
    let all = migrations(database);
    let first = all.first().expect("there are migrations").clone();
    let fixture = fs::read_to_string(fixtures().join(format!("{first}.{database}.sql"))).expect("a fixture");
    let prepare = |url: &DatabaseUrl| {
        load(url, database, &first, &fixture);
        let mut connection = connect(url);
        let planned = migrate::plan::of(&mut connection).expect("a plan");
        let names: Vec<&str> = planned.iter().map(|each| each.name.as_str()).collect();
        assert_eq!(names, all[1..]);
        let steps: Vec<_> = planned.iter().flat_map(|each| &each.steps).collect();
        let step = |does: &str| *steps.iter().find(|step| step.does == does).unwrap_or_else(|| panic!("{steps:?}"));
        assert_eq!(step("adds column name_key to clients").lock, of_a_column);
        assert_eq!(step("creates table playground_runs").lock, of_a_table);
        assert_eq!((step("creates table used_jtis").rows, step("creates table used_jtis").seconds), (0, 0.0));
        let index = step("builds index grants_live_by_creation on grants");
        assert!(index.rows > 0 && index.seconds > 0.0, "{index:?}");
        assert!(step("rewrites rows of clients").rows > 0);
        assert_eq!(migrate::pending(&mut connection).expect("they are known"), names, "it only says so");
    };
    run_prepared(backend, config(), prepare, async |app| {
        let mut connection = connect(&app.config.database);
        assert!(migrate::plan::of(&mut connection).expect("a plan").is_empty());
        let later = "INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231000000')";
        connection.batch_execute(later).expect("a row");
        let refused = Store::open(&app.config.database).err().expect("it is refused").to_string();
        let known = all.last().and_then(|name| name.split('_').next()).expect("a version");
        for part in
            ["29991231000000", known, env!("CARGO_PKG_VERSION"), "Start the newer program", "restore the backup"]
        {
            assert!(refused.contains(part), "{part}: {refused}");
        }
    });
}

fn config() -> Config {
    let mut config = Config::for_tests();
    config.secret_key = SecretKeySource::Given(SecretKey::parse(SECRET_KEY).expect("a key"));
    config
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures")
}

fn connect(url: &DatabaseUrl) -> AnyConnection {
    Manager::new(url.clone()).open().expect("the database opens")
}

/// Makes the database of a server whose newest migration was `last`.
fn load(url: &DatabaseUrl, database: &str, last: &str, fixture: &str) {
    let mut connection = connect(url);
    let mut run = |sql: &str| connection.batch_execute(sql).unwrap_or_else(|error| panic!("{last}: {error}"));
    run("CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL,
         run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)");
    for name in migrations(database).iter().filter(|name| name.as_str() <= last) {
        let sql = fs::read_to_string(folder(database).join(name).join("up.sql")).expect("up.sql is there");
        // Beside whom? And what is sent together is one transaction.
        run(&sql.replace(" CONCURRENTLY", ""));
        let version = name.split('_').next().expect("a version");
        run(&format!("INSERT INTO __diesel_schema_migrations (version) VALUES ('{version}')"));
    }
    let now = Clock::manual().now();
    let mut parts = fixture.split("{+");
    let mut sql = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (after, rest) = part.split_once('}').expect("a time ends");
        write!(sql, "{}{rest}", now + after.parse::<Timestamp>().expect("seconds")).expect("strings grow");
    }
    run(&sql);
    // A table that a migration of an earlier stamp made later is none that the fixture knows of.
    let known = |table: &String| fixture.contains(&format!("DELETE FROM {table};"));
    for table in tables(&mut connection).into_iter().filter(known) {
        let any = lines(&mut connection, &format!("SELECT '' AS line FROM {table} LIMIT 1"));
        assert_eq!(any.len(), 1, "{last} left {table} empty: its fixture proves nothing about it");
    }
}

/// Uses every table, and tells what the outside holds of it.
async fn fill(app: &TestApp) -> Value {
    app.scope("reports").await;
    let (alice, web, native) = (app.user("alice").await, app.web("reports").await, app.native("reports").await);
    let admin = app.admin("root").await;
    let machine = app.machine("reports").await;
    let signed = app
        .client(json!({ "client_name": "Signed", "grant_types": ["client_credentials"], "scope": "reports",
            "access_token_format": "jwt" }))
        .await;
    let ask = async |client| app.http.as_client(client, "/oauth2/token", &[("grant_type", "client_credentials")]).await;
    let denied = ask(&signed).await.text("access_token");
    app.http.as_client(&signed, "/oauth2/revoke", &[("token", &denied)]).await;
    let machine_token = ask(&machine).await.text("access_token");
    let given = tokens(app, &web, "reports", "alice").await;
    let rotated = tokens(app, &native, "reports", "alice").await.text("refresh_token");
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", rotated.as_str())];
    let successor = app.http.as_client(&native, "/oauth2/token", &refresh).await.text("refresh_token");
    let code = code(app, &web, "reports", "alice").await;
    let mut browser = Browser::new(app);
    browser.sign_in("alice").await;
    let waiting = browser.get(&Authorization::of(&native, "reports").path()).await.location();
    let context = app.context();
    let (member, operator) = (alice.clone(), context.clone());
    let resource = NewResource { uri: "https://api.example/".into(), name: "An API".into(), ..NewResource::default() };
    let catalog = app.app.store.catalog().await.expect("a catalogue");
    let link = app
        .manage(move |connection| {
            connection
                .batch_execute("INSERT INTO settings (name, value) VALUES ('fixture', 'kept')")
                .map_err(StoreError::from)?;
            management::resources::create(connection, &context, &resource, &catalog.scopes)?;
            management::users::make_link(connection, &context, &member)
        })
        .await;
    let waits = fill_what_waits(app, &alice).await;
    let mut connection = connect(&app.config.database);
    let clients = clients::list(&mut connection, &Place::Top, 100).expect("clients can be read").len();
    let grants = grants::list(&mut connection, &grants::Filter::default(), 100, 0).expect("grants can be read").len();
    app.app
        .statistics
        .flush(&app.app.metrics, &app.app.store, operator.now, |_| Pace::hurried())
        .await
        .expect("counts can be written");
    jobs::audit_log::chain(&app.app.store, &app.app.chain_key, operator.now).await.expect("the log can be chained");
    app.app.request_log.flush(&app.app.store, operator.now, |_| Pace::hurried()).await.expect("records can be written");
    app.app.traffic.flush(&app.app.store, |_| Pace::hurried()).await.expect("uses can be written");
    jobs::lease(&app.app.store, "fixture", "holder", operator.now, YEAR).await.expect("a lease");
    let client = |client: &TestClient| json!({ "id": client.id, "secret": client.secret });
    json!({
        "alice": alice, "admin": admin, "web": client(&web), "native": client(&native), "machine": client(&machine),
        "signed": client(&signed), "machine_token": machine_token, "access_token": given.text("access_token"),
        "refresh_token": given.text("refresh_token"), "rotated": rotated, "successor": successor, "code": code,
        "cookies": browser.cookies, "waiting": waiting, "link": link, "waits": waits,
        "clients": clients, "grants": grants, "users": ["alice", "carol", "root"],
    })
}

/// Begins what is to be ended later: by a device, at a page, by a link, by another server.
async fn fill_what_waits(app: &TestApp, alice: &str) -> Value {
    let device = app
        .client(json!({ "client_name": "Television", "grant_types": [DEVICE_CODE], "scope": "reports",
            "token_endpoint_auth_method": "none", "application_type": "native" }))
        .await;
    let code = app.http.as_client(&device, "/oauth2/device_authorization", &[("scope", "reports")]).await;
    let registration_token = initial_access_token(app, 2).await;
    let registered = register(app, &registration_token, &registration::web()).await;
    assert_eq!(registered.status, 201, "{}", registered.body);

    // One of carol's sessions lasts, the other one has ended, and its client does not answer.
    app.user("carol").await;
    let listening = app
        .client(json!({ "client_name": "Listening", "redirect_uris": [REDIRECT_URI], "scope": "openid",
            "backchannel_logout_uri": "https://rp.invalid/backchannel" }))
        .await;
    for ends in [false, true] {
        let mut carol = Browser::new(app);
        let allowed = allow(&mut carol, &Authorization::of(&listening, "openid"), "carol").await;
        let code = allowed.redirect()["code"].clone();
        assert_eq!(app.http.as_client(&listening, "/oauth2/token", &redemption(&code)).await.status, 200);
        if ends {
            let page = carol.get("/logout").await;
            carol.submit("/logout", &page, &[]).await;
        }
    }
    let mut carol = Browser::new(app);
    carol.sign_in("carol").await;
    let logout = carol.get(&format!("/oauth2/logout?client_id={}", listening.id)).await.location();

    let mut root = Browser::new(app);
    root.sign_in("root").await;
    let tried = app.web("reports").await;
    let playground = format!("/admin/clients/{}/playground", tried.id);
    let page = root.get(&playground).await;
    let run = root.submit(&playground, &page, &[("action", "authorize"), ("scope", "reports")]).await.location();

    let context = Context { has_mail: true, ..app.context() };
    let of = alice.to_owned();
    let (email_link, _) = app
        .manage(move |connection| {
            used_jtis::insert(connection, "fixture", "1", context.now + YEAR).map_err(StoreError::from)?;
            management::email::ask(connection, &context, &of, "alice@new.example")?;
            management::email::make_link(connection, &context, &of)
        })
        .await;
    json!({
        "device": device.id, "device_code": code.text("device_code"), "registration_token": registration_token,
        "registered": registered.text("client_id"),
        "registration_access_token": registered.text("registration_access_token"),
        "carol": carol.cookies, "logout": logout, "root": root.cookies, "run": run, "email_link": email_link,
    })
}

const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// One line of the answer for each row.
fn lines(connection: &mut AnyConnection, query: &str) -> Vec<String> {
    let query = diesel::sql_query(query);
    let lines: Vec<Line> = match connection {
        AnyConnection::Sqlite(c) => query.load(c),
        AnyConnection::Postgres(c) => query.load(c),
    }
    .expect("the query is right");
    lines.into_iter().map(|line| line.line).collect()
}

/// Our tables, in the order they were created in: what is referred to comes first.
fn tables(connection: &mut AnyConnection) -> Vec<String> {
    let query = match connection {
        AnyConnection::Sqlite(_) => {
            "SELECT name AS line FROM sqlite_master WHERE type = 'table'
             AND name NOT LIKE 'sqlite_%' AND name <> '__diesel_schema_migrations' ORDER BY rowid"
        }
        AnyConnection::Postgres(_) => {
            "SELECT relname::text AS line FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
             AND relname <> '__diesel_schema_migrations' ORDER BY oid"
        }
    };
    lines(connection, query)
}

/// Every row as SQL, with times as seconds since `made_at`, but for those of the audit log.
fn dump(connection: &mut AnyConnection, made_at: Timestamp) -> String {
    /// Their chain is computed from their times.
    const CHAINED: [&str; 3] = ["audit_log", "audit_links", "audit_marks"];
    let is_sqlite = matches!(connection, AnyConnection::Sqlite(_));
    let mut sql = String::new();
    for table in tables(connection) {
        let columns = if is_sqlite {
            format!("SELECT name AS line FROM pragma_table_info('{table}')")
        } else {
            format!(
                "SELECT attname::text AS line FROM pg_attribute
                 WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
            )
        };
        let columns = lines(connection, &columns);
        let quote = if is_sqlite { "quote" } else { "quote_nullable" };
        let values: Vec<String> = columns.iter().map(|column| format!("{quote}({column})")).collect();
        let head = format!("INSERT INTO {table} ({}) VALUES (", columns.join(", "));
        let rows = lines(
            connection,
            &format!("SELECT '{head}' || {} || ');' AS line FROM {table} ORDER BY 1", values.join(" || ', ' || ")),
        );
        // A migration may have put rows in.
        writeln!(sql, "DELETE FROM {table};").expect("strings grow");
        for row in rows {
            let row = if CHAINED.contains(&table.as_str()) { row } else { relative(&row, made_at) };
            writeln!(sql, "{row}").expect("strings grow");
        }
        if !is_sqlite && columns[0] == "id" {
            let next = format!(
                "SELECT format('SELECT setval(%L, (SELECT max(id) FROM {table}));', pg_get_serial_sequence('{table}', 'id'))
                 AS line WHERE pg_get_serial_sequence('{table}', 'id') IS NOT NULL"
            );
            sql.extend(lines(connection, &next).into_iter().map(|line| line + "\n"));
        }
    }
    sql
}

/// Writes every number that is a time as the seconds since `made_at`.
fn relative(text: &str, made_at: Timestamp) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, number) = rest.split_at(start);
        let end = number.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(number.len());
        let is_word = before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        let (number, after) = number.split_at(end);
        let time = number.parse::<Timestamp>().ok().filter(|time| (made_at..made_at + 2 * YEAR).contains(time));
        out.push_str(before);
        match time {
            Some(time) if !is_word => write!(out, "{{+{}}}", time - made_at).expect("strings grow"),
            _ => out.push_str(number),
        }
        rest = after;
    }
    out + rest
}

/// Every row, read as this version reads it.
async fn everything_is_there(app: &TestApp, known: &Value) {
    let text = |member: &str| known[member].as_str().expect("the fixture tells").to_owned();
    let number = |member: &str, before: u64| known.get(member).map_or(Some(before), Value::as_u64).expect("a number");
    let mut connection = connect(&app.config.database);
    let connection = &mut connection;
    let catalog = app.app.store.catalog().await.expect("a catalogue");
    assert_eq!(catalog.settings["fixture"], "kept");
    assert_eq!(catalog.resources["https://api.example/"].name, "An API");
    assert!(catalog.scopes.find("reports").is_some() && catalog.scopes.find("grantor.users:read").is_some());
    let all = clients::list(connection, &Place::Top, 100).expect("every client can be read");
    assert_eq!(all.len() as u64, number("clients", 4));
    assert!(all.iter().filter(|client| !client.is_public()).all(|client| client.secrets.len() == 1));
    let owners = resource_owners::list(connection, &Place::Top, 100).expect("every account can be read");
    let users = known.get("users").cloned().unwrap_or(json!(["alice", "root"]));
    assert_eq!(json!(owners.iter().map(|owner| &owner.username).collect::<Vec<_>>()), users);
    assert!(owners.last().expect("there are some").is_admin());
    let consent = consents::find(connection, &text("alice"), known["web"]["id"].as_str().expect("an id"));
    assert!(consent.expect("consents can be read").is_some());
    let grants = grants::list(connection, &grants::Filter::default(), 100, 0).expect("grants can be read");
    assert_eq!(grants.len() as u64, number("grants", 4));
    let log = audit_log::list(connection, &audit_log::Filter::default(), 1000).expect("the log can be read");
    assert!(log.iter().any(|entry| entry.action == "login.succeeded") && log.len() > 10);
    let overview = statistics::census(connection, app.clock.now()).expect("figures");
    let listed = [all.len(), owners.len()].map(|number| i64::try_from(number).expect("they are few"));
    assert_eq!([overview.clients, overview.resource_owners], listed);
    let denied = lines(connection, "SELECT id AS line FROM denied_tokens");
    assert!(access_tokens::is_denied(connection, &denied[0]).expect("the list can be read"));
    let lease = jobs::lease(&app.app.store, "fixture", "another", app.clock.now(), YEAR).await;
    assert!(!lease.expect("leases can be read"), "somebody holds it");
    if known.get("waits").is_some() {
        let letters = mails::list(connection, &Place::Top, 10).expect("letters can be read");
        let kinds: BTreeSet<&str> = letters.iter().map(|mail| mail.kind.as_str()).collect();
        assert_eq!(kinds, ["confirm-email", "email-change-asked"].into());
        assert_eq!(logout_deliveries::list(connection, &Place::Top, 10).expect("deliveries can be read").len(), 1);
        assert!(!used_jtis::insert(connection, "fixture", "1", 0).expect("it can be read"), "it is used");
        let verified = jobs::audit_log::verify(&app.app.store, &app.app.chain_key, None, |_| true).await;
        assert!(verified.expect("the chain can be read").is_ok(), "the log is as it was");
    }
}

/// Those who held something before the upgrade hold it after.
async fn everything_works_on(app: &TestApp, known: &Value) {
    let text = |member: &str| known[member].as_str().expect("the fixture tells").to_owned();
    let client = |member: &str| TestClient {
        id: known[member]["id"].as_str().expect("an id").to_owned(),
        secret: known[member]["secret"].as_str().map(str::to_owned),
    };
    let (web, native) = (client("web"), client("native"));
    for (client, token) in [(&web, text("access_token")), (&client("machine"), text("machine_token"))] {
        let answer = app.http.as_client(client, "/oauth2/introspect", &[("token", &token)]).await;
        assert_eq!(answer.json()["active"], true, "{}", answer.body);
    }
    for member in ["machine", "signed"] {
        let form = [("grant_type", "client_credentials")];
        assert_eq!(app.http.as_client(&client(member), "/oauth2/token", &form).await.status, 200, "{member}");
    }
    let redeemed = app.http.as_client(&web, "/oauth2/token", &redemption(&text("code"))).await;
    assert_eq!(redeemed.status, 200, "{}", redeemed.body);

    let refresh = async |client: &TestClient, token: String| {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
        app.http.as_client(client, "/oauth2/token", &form).await
    };
    assert_eq!(refresh(&web, text("refresh_token")).await.status, 200);
    assert_eq!(refresh(&native, text("successor")).await.status, 200);
    assert_eq!(refresh(&native, text("rotated")).await.error(), "invalid_grant", "it is known as rotated");

    let mut browser = Browser::new(app);
    browser.cookies = serde_json::from_value::<BTreeMap<_, _>>(known["cookies"].clone()).expect("cookies");
    assert_eq!(browser.get("/account").await.status, 200, "the session goes on");
    let waiting = browser.get(&text("waiting")).await;
    let consent = browser.follow(waiting).await;
    let allowed = browser.submit("/consent", &consent, &[("decision", "approve")]).await;
    assert!(allowed.redirect().contains_key("code"), "{}", allowed.body);

    let link = app.http.get(&format!("/set-password?token={}", text("link"))).await;
    assert!(link.find("input[name=password]").is_some(), "{}", link.body);
    if let Some(waits) = known.get("waits") {
        what_waited_goes_on(app, waits).await;
        let record = browser.get("/account/activity").await;
        assert!(record.body.contains("Another e-mail address asked for"), "{}", record.body);
    }
    tokens(app, &web, "reports", "alice").await;
}

async fn what_waited_goes_on(app: &TestApp, waits: &Value) {
    let text = |member: &str| waits[member].as_str().expect("the fixture tells").to_owned();
    let browser = |member: &str| {
        let mut browser = Browser::new(app);
        browser.cookies = serde_json::from_value::<BTreeMap<_, _>>(waits[member].clone()).expect("cookies");
        browser
    };
    let device = TestClient { id: text("device"), secret: None };
    let code = text("device_code");
    let poll = [("grant_type", DEVICE_CODE), ("device_code", code.as_str())];
    assert_eq!(app.http.as_client(&device, "/oauth2/token", &poll).await.error(), "authorization_pending");

    let again = register(app, &text("registration_token"), &registration::web()).await;
    assert_eq!(again.status, 201, "one use was left: {}", again.body);
    let path = format!("/oauth2/register/{}", text("registered"));
    assert_eq!(app.http.bearer(&path, &text("registration_access_token")).await.status, 200);

    let question = browser("carol").get(&text("logout")).await;
    assert!(question.find("#logout-confirm").is_some(), "{}", question.body);
    let mut root = browser("root");
    let run = root.get(&text("run")).await;
    assert!(root.follow(run).await.find("#consent-approve").is_some(), "the run goes on");

    let link = routes::confirm_email(&text("email_link"));
    let mut anybody = Browser::new(app);
    let page = anybody.get(&link).await;
    let done = anybody.submit("/confirm-email", &page, &[]).await;
    assert!(done.body.contains("alice@new.example") && done.status == 200, "{}", done.body);
}
