//! The command line: what it needs of its surroundings, what it makes, what it leaves alone, and what it says.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use diesel::connection::SimpleConnection;
use grantor::clock::{Clock, Timestamp};
use grantor::config::database_url::DatabaseUrl;
use grantor::jobs;
use grantor::store::connection::{AnyConnection, Manager};
use grantor::store::request_log::NewRecord;
use grantor::store::{audit_log, request_log};
use serde_json::{Value, json};

use crate::support::app::{TestApp, on_both_databases};
use crate::support::postgres::cluster_or_skip;
use crate::support::process::Settings;

on_both_databases!(
    keys_are_not_rotated_with_a_secret_that_does_not_open_them,
    the_wrong_secret_is_no_damage_of_the_audit_log,
    no_key_file_is_made_for_a_database_that_has_keys,
    missing_keys_are_not_made_with_another_secret,
);

const OTHER_SECRET: &str = "AAAAyUvJ5hVQ1q0M8mJb7Yk2Xw9sRt4LdGfEaNcKi6o=";

/// Of somebody who has the database of a server, and another secret.
fn stranger(app: &TestApp) -> Settings {
    match &app.config.database {
        DatabaseUrl::Sqlite(path) => Settings::of(&path.display().to_string()),
        DatabaseUrl::Postgres(url) => Settings::of(url),
    }
}

/// On a database of each kind that has nothing in it.
fn on_new_databases(test: impl Fn(&str)) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    test(&directory.path().join("grantor.db").display().to_string());
    let Some(cluster) = cluster_or_skip() else { return };
    let url = cluster.create_database();
    test(&url);
    cluster.drop_database(&url);
}

fn connect(database: &str) -> AnyConnection {
    Manager::new(DatabaseUrl::parse(database).expect("a database")).open().expect("it opens")
}

/// Runs the program somewhere.
fn output_in(directory: &Path, settings: &Settings, arguments: &[&str]) -> Output {
    settings.program(arguments).current_dir(directory).output().expect("the program starts")
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

fn names(directory: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(directory).expect("it is there").filter_map(Result::ok);
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

async fn keys_are_not_rotated_with_a_secret_that_does_not_open_them(app: TestApp) {
    let settings = stranger(&app);
    let listed = || settings.command(&["keys", "list", "--json"], "");
    let before = listed();
    for command in [&["keys", "rotate"][..], &["keys", "rotate", "--force"]] {
        let refused = settings.refusal(command, "");
        assert!(refused.contains("GRANTOR_SECRET_KEY does not fit this database"), "{refused}");
    }
    assert_eq!(listed(), before);
}

async fn the_wrong_secret_is_no_damage_of_the_audit_log(app: TestApp) {
    let (store, key) = (&app.app.store, &app.app.chain_key);
    app.user("alice").await;
    jobs::audit_log::chain(store, key, app.clock.now()).await.expect("it can be chained");
    let refused = stranger(&app).refusal(&["audit", "verify"], "");
    assert!(refused.contains("GRANTOR_SECRET_KEY does not fit this database"), "{refused}");
    assert!(!refused.contains("broken"), "{refused}");
    let checked = jobs::audit_log::verify(store, key, None, |_| true).await.expect("it can be read");
    assert!(checked.is_ok_and(|whole| whole.entries > 0), "it is as it was");
}

async fn no_key_file_is_made_for_a_database_that_has_keys(app: TestApp) {
    let elsewhere = tempfile::tempdir().expect("a temporary directory");
    let settings = stranger(&app).with("GRANTOR_SECRET_KEY", "").with("GRANTOR_AUDIT_RETENTION_DAYS", "400");
    let file = match &app.config.database {
        DatabaseUrl::Sqlite(path) => path.with_file_name("grantor.key"),
        DatabaseUrl::Postgres(_) => elsewhere.path().join("grantor.key"),
    };
    let mut connection = Manager::new(app.config.database.clone()).open().expect("it opens");
    for algorithm in ["algorithm", "'ES384'"] {
        let keys = format!("UPDATE signing_keys SET algorithm = {algorithm}");
        connection.batch_execute(&keys).expect("they are there");
        for command in [&["keys", "rotate"][..], &["audit", "verify"], &["sweep"], &["check-config"], &["serve"]] {
            let output = output_in(elsewhere.path(), &settings, command);
            let refused = said(&output);
            assert_eq!(output.status.code(), Some(1), "{command:?}: {refused}");
            for part in ["GRANTOR_SECRET_KEY is not set", "grantor.key", "the database has signing keys"] {
                assert!(refused.contains(part), "{command:?}, {algorithm}: {refused}");
            }
            assert!(!file.exists(), "{command:?} makes one, {algorithm}");
        }
    }
}

async fn missing_keys_are_not_made_with_another_secret(app: TestApp) {
    let settings = stranger(&app);
    let mut connection = Manager::new(app.config.database.clone()).open().expect("it opens");
    connection.batch_execute("DELETE FROM signing_keys WHERE algorithm = 'EdDSA'").expect("they are there");
    let listed = || settings.command(&["keys", "list", "--json"], "");
    let before = listed();
    let refused = settings.refusal(&["serve"], "");
    assert!(refused.contains("does not open; start with the GRANTOR_SECRET_KEY"), "{refused}");
    assert_eq!(listed(), before);
}

#[test]
fn a_command_where_there_is_no_database_says_so_and_makes_none() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let place = fs::canonicalize(directory.path()).expect("it is there");
    let settings = Settings::of("grantor.db").with("GRANTOR_SECRET_KEY", "");
    for command in [
        &["client", "list"][..],
        &["client", "show", "c_nobody"],
        &["client", "delete-secret", "c_nobody", "none"],
        &["user", "list"],
        &["scope", "list"],
        &["scope", "delete", "reports"],
        &["resource", "list"],
        &["registration-token", "list"],
        &["keys", "list"],
        &["keys", "rotate"],
        &["audit", "export"],
        &["audit", "verify"],
        &["sweep"],
        &["export"],
        &["revoke-all", "--yes"],
        &["backup", "backup.db"],
    ] {
        let output = output_in(&place, &settings, command);
        let refused = said(&output);
        assert_eq!(output.status.code(), Some(1), "{command:?}: {refused}");
        let sentence = format!("there is no database at {}", place.join("grantor.db").display());
        assert!(refused.contains(&sentence) && refused.contains("DATABASE_URL"), "{command:?}: {refused}");
        assert_eq!(names(&place), BTreeSet::new(), "{command:?} makes something");
    }
    // Who checks the settings of a server to be has no database yet.
    assert!(output_in(&place, &settings, &["check-config"]).status.success());
    assert_eq!(names(&place), BTreeSet::new());
    let create = ["scope", "create", "reports", "--description", "Read reports"];
    assert!(output_in(&place, &settings, &create).status.success());
    // Nor is a secret made by who only needs one.
    let unchained = output_in(&place, &settings, &["audit", "verify"]);
    assert!(said(&unchained).contains("the audit log is not chained yet"), "{}", said(&unchained));
    assert!(output_in(&place, &settings, &["sweep"]).status.success());
    let made = names(&place);
    assert!(made.contains("grantor.db") && !made.contains("grantor.key"), "{made:?}");
}

#[test]
fn a_plan_for_a_new_database_makes_none() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let settings = Settings::of("grantor.db");
    let planned = output_in(directory.path(), &settings, &["migrate", "--plan"]);
    let in_json = output_in(directory.path(), &settings, &["migrate", "--plan", "--json"]);
    assert_eq!(names(directory.path()), BTreeSet::new());
    assert!(planned.status.success() && in_json.status.success(), "{} {}", said(&planned), said(&in_json));
    let plan = String::from_utf8(planned.stdout.clone()).expect("text");
    assert!(plan.starts_with("would apply ") && plan.contains("creates table clients"), "{plan}");
    assert!(said(&planned).contains("There is no database at "), "{}", said(&planned));
    let plan: Value = serde_json::from_slice(&in_json.stdout).expect("JSON");

    // As many as are applied then.
    let migrated = output_in(directory.path(), &settings, &["migrate", "--json"]);
    let migrated: Value = serde_json::from_slice(&migrated.stdout).expect("JSON");
    let number = |of: &Value| of["migrations"].as_array().map(Vec::len);
    assert_eq!((plan["applied"].as_bool(), number(&plan)), (Some(false), number(&migrated)));
    assert!(number(&plan) > Some(0));
}

#[test]
fn a_sweep_leaves_the_audit_log_to_who_knows_how_long_it_is_kept() {
    on_new_databases(|database| {
        let settings = Settings::of(database);
        // An entry that is chained and then very old.
        let age = |connection: &mut AnyConnection, scope: &str| {
            settings.command(&["scope", "create", scope, "--description", "Read"], "");
            settings.command(&["audit", "verify"], "");
            connection.batch_execute("UPDATE audit_log SET at = 1000").expect("entries");
        };
        let count = |connection: &mut AnyConnection| {
            audit_log::list(connection, &audit_log::Filter::default(), 100).expect("entries").len()
        };
        settings.command(&["migrate"], "");
        let mut connection = connect(database);
        age(&mut connection, "one");
        let swept = settings.program(&["sweep"]).output().expect("the program starts");
        assert!(swept.status.success(), "{}", said(&swept));
        assert!(said(&swept).contains("GRANTOR_AUDIT_RETENTION_DAYS"), "{}", said(&swept));
        assert_eq!(count(&mut connection), 1);

        let console = "INSERT INTO settings (name, value) VALUES ('audit.retention_days', '30')";
        connection.batch_execute(console).expect("it is new");
        settings.command(&["sweep"], "");
        assert_eq!(count(&mut connection), 0, "the console says how long");
        connection.batch_execute("DELETE FROM settings").expect("it was there");

        age(&mut connection, "two");
        settings.command(&["sweep"], "");
        assert_eq!(count(&mut connection), 1);
        settings.clone().with("GRANTOR_AUDIT_RETENTION_DAYS", "400").command(&["sweep"], "");
        assert_eq!(count(&mut connection), 0, "the environment does");
    });
}

fn record(at: Timestamp) -> NewRecord {
    NewRecord {
        at,
        request_id: "1".to_owned(),
        endpoint: "token",
        client_id: None,
        client_name: String::new(),
        flow: "",
        proof: "",
        outcome: request_log::OK,
        is_failure: false,
        failed_check: None,
        owner_id: None,
        address: String::new(),
        duration_us: 1,
        detail: json!({}),
    }
}

#[test]
fn a_sweep_leaves_records_of_requests_to_who_knows_how_much_of_them_is_kept() {
    on_new_databases(|database| {
        let settings = Settings::of(database);
        settings.command(&["migrate"], "");
        let (mut connection, now) = (connect(database), Clock::system().now());
        // More than the store deletes at once.
        for _ in 0..5 {
            let old: Vec<NewRecord> = (0..500).map(|_| record(now - 8 * 24 * 60 * 60)).collect();
            request_log::insert(&mut connection, &old).expect("they can be written");
        }
        request_log::insert(&mut connection, &[record(now)]).expect("it can be written");
        let mut sweep = |settings: &Settings| {
            let output = settings.program(&["sweep", "--json"]).output().expect("the program starts");
            assert!(output.status.success(), "{}", said(&output));
            let swept: Value = serde_json::from_slice(&output.stdout).expect("JSON");
            let left = request_log::list(&mut connection, &request_log::Filter::default(), 10_000).expect("records");
            let named = |variable: &str| said(&output).contains(variable);
            let is_left = ["GRANTOR_REQUEST_LOG_DAYS", "GRANTOR_REQUEST_LOG_ROWS"].map(named);
            (swept["deleted"].as_u64(), left.len(), is_left)
        };
        assert_eq!(sweep(&settings), (Some(0), 2501, [true, true]), "older than by default");
        let days = |number: &str| settings.clone().with("GRANTOR_REQUEST_LOG_DAYS", number);
        assert_eq!(sweep(&days("30")), (Some(0), 2501, [false, true]));
        let rows = settings.clone().with("GRANTOR_REQUEST_LOG_ROWS", "2400");
        assert_eq!(sweep(&rows), (Some(101), 2400, [true, false]));
        let console = "INSERT INTO settings (name, value) VALUES ('requests.log_rows', '2300')";
        connect(database).batch_execute(console).expect("it is new");
        assert_eq!(sweep(&settings), (Some(100), 2300, [true, false]), "the console says how many");
        assert_eq!(sweep(&days("7")), (Some(2299), 1, [false, false]));
    });
}

#[test]
fn check_config_shows_each_setting_with_its_source_in_json() {
    on_new_databases(|database| {
        let settings = Settings::of(database)
            .with("GRANTOR_SMTP_URL", "smtps://post:hunter2@mail.example")
            .with("GRANTOR_MAIL_FROM", "id@as.example");
        settings.command(&["migrate"], "");
        let console = "INSERT INTO settings (name, value) VALUES ('limits.failures', '30')";
        connect(database).batch_execute(console).expect("it is new");
        let shown = settings.command(&["check-config", "--json"], "");
        assert!(!shown.contains("hunter2") && !shown.contains("pPz3y"), "{shown}");
        let all: Vec<Value> = serde_json::from_str(&shown).expect("JSON");
        let of = |variable: &str| all.iter().find(|each| each["variable"] == variable).expect("it is shown").clone();
        for (variable, value, source) in [
            ("GRANTOR_LISTEN", json!("127.0.0.1:0"), "environment"),
            ("GRANTOR_BCRYPT_COST", json!(10), "environment"),
            ("GRANTOR_SECRET_KEY", json!(null), "environment"),
            ("GRANTOR_LIMIT_FAILURES", json!(30), "console"),
            ("GRANTOR_AUDIT_RETENTION_DAYS", json!(400), "default"),
        ] {
            assert_eq!((&of(variable)["value"], &of(variable)["source"]), (&value, &json!(source)), "{variable}");
        }
        assert_eq!(of("GRANTOR_SECRET_KEY")["remark"], "set, not shown");
    });
}

#[test]
fn check_config_refuses_what_a_start_refuses() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let at = |name: &str| directory.path().join(name).display().to_string();
    fs::write(at("nothing.pem"), "nothing").expect("it can be written");
    fs::write(at("grantor.key"), "pPz3yUvJ5hVQ1q0M8mJb7Yk2Xw9sRt4LdGfEaNcKi6o=\n").expect("it can be written");
    fs::set_permissions(at("grantor.key"), fs::Permissions::from_mode(0o644)).expect("it is ours");
    let before = names(directory.path());
    let good = Settings::of(&at("grantor.db"));
    good.command(&["check-config"], "");
    let with = |changes: &[(&'static str, &str)]| {
        changes.iter().copied().fold(good.clone(), |settings, (name, value)| settings.with(name, value))
    };
    let files = [at("nothing.pem"), at("absent.pem")];
    let [nothing, absent] = files.each_ref().map(String::as_str);
    let bad = [
        (with(&[("GRANTOR_SECRET_KEY", "")]), "chmod 600"),
        (with(&[("GRANTOR_ISSUER", "http://localhost/api")]), "begins with /api"),
        (with(&[("GRANTOR_TLS_CERT", nothing), ("GRANTOR_TLS_KEY", absent)]), "absent.pem"),
        (with(&[("GRANTOR_TLS_CERT", nothing), ("GRANTOR_TLS_KEY", nothing)]), "no certificate"),
        (with(&[("GRANTOR_OUTBOUND_CA", nothing)]), "GRANTOR_OUTBOUND_CA: "),
        (with(&[("GRANTOR_BREACHED_PASSWORDS", absent)]), "GRANTOR_BREACHED_PASSWORDS: "),
    ];
    let checked = bad.each_ref().map(|(settings, why)| {
        let refused = settings.refusal(&["check-config"], "");
        assert!(refused.contains(*why), "{refused}");
        refused
    });
    assert_eq!(names(directory.path()), before, "nothing is made");
    for ((settings, why), checked) in bad.iter().zip(&checked) {
        let refused = settings.refusal(&["serve"], "");
        assert!(refused.contains(checked.trim_end()), "{why}: {refused}");
    }
    // A start has made keys meanwhile.
    good.command(&["check-config"], "");
    let refused = with(&[("GRANTOR_SECRET_KEY", OTHER_SECRET)]).refusal(&["check-config"], "");
    assert!(refused.contains("GRANTOR_SECRET_KEY does not fit this database"), "{refused}");
}

#[test]
fn a_client_s_secrets_are_shown_without_their_values_and_deleted_by_their_ids() {
    on_new_databases(|database| {
        let settings = Settings::of(database);
        let client = settings.client(&json!({ "client_name": "Job", "grant_types": ["client_credentials"] }));
        let (id, value) = (client.id, client.secret.expect("a secret"));
        let secrets = || {
            let shown = settings.command(&["client", "show", &id], "");
            assert_eq!(shown, settings.command(&["client", "show", &id, "--json"], ""));
            assert!(!shown.contains(&value), "{shown}");
            let shown: Value = serde_json::from_str(&shown).expect("JSON");
            shown["secrets"].as_array().expect("a list").clone()
        };
        let ids = || secrets().iter().map(|each| each["id"].as_str().expect("an id").to_owned()).collect::<Vec<_>>();
        let delete = |secret: &str| settings.refusal(&["client", "delete-secret", &id, secret], "");
        let members: Vec<String> = secrets()[0].as_object().expect("an object").keys().cloned().collect();
        let expected = ["created_at", "expires_at", "hint", "id", "last_used_address", "last_used_at"];
        assert_eq!(BTreeSet::from_iter(members), expected.map(str::to_owned).into());
        let refused = delete(&ids()[0]);
        assert!(refused.contains("the client's only secret"), "{refused}");

        settings.command(&["client", "rotate-secret", &id], "");
        let two = ids();
        assert_eq!(two.len(), 2);
        assert!(secrets().iter().all(|each| each["hint"].is_null()), "nobody has used the newer one");
        let soon = Clock::system().now() + 60;
        let used =
            format!("UPDATE client_secrets SET first_used_at = {soon}, last_used_at = {soon} WHERE id = '{}'", two[1]);
        connect(database).batch_execute(&used).expect("it is there");
        let hint = secrets()[0]["hint"].as_str().map(str::to_owned);
        assert!(hint.is_some_and(|hint| hint.starts_with("safe to delete")));
        assert!(delete("-nobody").contains("There is none"));
        settings.command(&["client", "delete-secret", &id, &two[0]], "");
        assert_eq!(ids(), two[1..]);
    });
}
