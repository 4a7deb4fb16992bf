//! The configuration as a file: out, in again elsewhere, and never half of it.

use diesel::connection::SimpleConnection;
use grantor::config::database_url::DatabaseUrl;
use grantor::domain::signing_key::Algorithm;
use grantor::management::configuration::import::{self, Wishes};
use grantor::management::settings::{self, Changes};
use grantor::management::{self, configuration};
use grantor::store::audit_log::{self, Filter};
use grantor::store::connection::Manager;
use grantor::store::paging::Place;
use grantor::store::{clients, scopes};
use grantor::web::routes;
use serde_json::{Value, json};

use crate::support::app::{Backend, REDIRECT_URI, TestApp, on_both_databases, run};
use crate::support::form::{admin, untouched};
use crate::support::http::{Answer, Browser};
use crate::support::postgres::{cluster_or_skip, until_blocked};
use crate::support::process::Settings;

on_both_databases!(
    nothing_that_was_issued_is_in_the_file,
    an_import_shows_what_would_change_and_then_changes_it,
    what_is_not_in_the_file_stays_unless_it_is_pruned,
    a_file_as_people_write_it_is_imported_once,
    half_a_file_changes_nothing,
    what_changed_since_the_preview_is_shown_again,
    an_import_is_in_the_audit_log,
    a_rotated_secret_outlives_an_import,
    a_file_that_is_none_is_refused_with_what_to_send,
    a_client_s_picture_goes_along,
    a_client_comes_with_two_secrets_and_each_once,
    thousands_of_clients_come_in_or_none,
);

async fn fill(app: &TestApp) -> (String, String) {
    app.scope_with_claims("reports", &["department"]).await;
    let confidential = app.web("openid reports").await;
    let native = app.native("reports").await;
    let context = app.context();
    let changes = Changes::from([
        ("tokens.code_lifetime".to_owned(), Some("30".to_owned())),
        ("branding.name".to_owned(), Some("Acme ID".to_owned())),
    ]);
    app.manage(move |connection| settings::change(connection, &context, "test", None, &changes)).await;
    (confidential.id, native.id)
}

async fn exported(app: &TestApp) -> Value {
    let text = configuration::export(&app.app.store).await.expect("it can be read").to_text();
    serde_json::from_str(&text).expect("JSON")
}

async fn upload(browser: &mut Browser, document: &Value, prunes: bool) -> Answer {
    let page = browser.get(routes::ADMIN_SETTINGS_CONFIGURATION).await;
    let mut form = untouched(&page);
    form.retain(|(name, _)| name != "file");
    if prunes {
        form.push(("prune".to_owned(), "true".to_owned()));
    }
    let text = document.to_string();
    browser.multipart(routes::ADMIN_SETTINGS_CONFIGURATION, &form, Some(("file", text.as_bytes()))).await
}

/// Sends what the preview's own form holds.
async fn confirm(browser: &mut Browser, preview: &Answer) -> Answer {
    browser.multipart(routes::ADMIN_SETTINGS_CONFIGURATION, &untouched(preview), None).await
}

async fn nothing_that_was_issued_is_in_the_file(app: TestApp) {
    let (id, _) = fill(&app).await;
    app.user("bartholomew").await;
    let mut browser = admin(&app).await;
    let answer = browser.get(routes::ADMIN_SETTINGS_CONFIGURATION_FILE).await;
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"grantor-configuration.json\"");
    assert_eq!(answer.header("cache-control"), "no-store");
    let file: Value = answer.json();
    assert_eq!((&file["format"], &file["version"]), (&json!("grantor-configuration"), &json!(1)));
    assert_eq!(file["settings"], json!({ "branding.name": "Acme ID", "tokens.code_lifetime": "30" }));
    assert_eq!(file["scopes"]["reports"]["claims"], json!(["department"]));
    let digest = file["clients"][&id]["secrets"][0]["sha256"].as_str().expect("a digest");
    assert_eq!(digest.len(), 64);
    // Nothing that a random identifier could hold by chance.
    for secret in ["gcs_", "bartholomew", "alice", "PRIVATE", "$2b$"] {
        assert!(!answer.body.contains(secret), "{secret}");
    }
    assert_eq!(browser.get(routes::ADMIN_SETTINGS_CONFIGURATION_FILE).await.body, answer.body, "always the same bytes");
}

async fn an_import_shows_what_would_change_and_then_changes_it(app: TestApp) {
    let (id, _) = fill(&app).await;
    let mut browser = admin(&app).await;
    let mut file = exported(&app).await;
    file["settings"]["tokens.code_lifetime"] = json!(45);
    file["scopes"]["invoices"] = json!({ "description": "See your invoices" });
    file["clients"][&id]["metadata"]["client_name"] = json!("Renamed");
    file["clients"][&id]["metadata"]["access_token_signing_alg"] = json!("RS256");
    file["clients"][&id]["enabled"] = json!(false);
    file["clients"]["c_new"] = json!({ "metadata": { "client_name": "New", "redirect_uris": [REDIRECT_URI], "scope": "invoices" },
        "secrets": [{ "sha256": "ab".repeat(32), "expires_at": 4_000_000_000_i64 }] });
    file["resources"]["https://api.example/"] =
        json!({ "name": "API", "scopes": ["invoices"], "introspected_by": ["c_new"] });

    let preview = upload(&mut browser, &file, false).await;
    assert_eq!(preview.status, 200, "{}", preview.body);
    for expected in [
        "3 added, 2 changed, 0 removed",
        "<del>30</del> <ins>45</ins>",
        "metadata.client_name:",
        "<ins>Renamed</ins>",
        "<del>ES256</del> <ins>RS256</ins>",
        "<del>true</del> <ins>false</ins>",
        "invoices",
        "c_new",
    ] {
        assert!(preview.body.contains(expected), "{expected}\n{}", preview.body);
    }
    assert_eq!(app.app.policies().lifetimes.authorization_code, 30, "nothing is changed by looking");
    assert!(app.app.store.client("c_new").await.expect("it answers").is_none());

    let done = confirm(&mut browser, &preview).await;
    assert_eq!(done.status, 303, "{}", done.body);
    assert_eq!(app.app.policies().lifetimes.authorization_code, 45, "in force");
    let client = app.app.store.client("c_new").await.expect("it answers").expect("it is there");
    assert_eq!((client.name(), client.secrets[0].expires_at), ("New", Some(4_000_000_000)));
    let renamed = app.app.store.client(&id).await.expect("it answers").expect("it is there");
    assert_eq!((renamed.name(), renamed.is_enabled(), renamed.secrets.len()), ("Renamed", false, 1));
    assert_eq!(renamed.metadata.access_token_signing_alg, Algorithm::Rs256);
    assert_eq!(client.metadata.access_token_signing_alg, Algorithm::Es256, "what the file leaves out is as by default");
    let again = upload(&mut browser, &file, false).await;
    assert!(again.body.contains("0 added, 0 changed, 0 removed") && again.find("textarea").is_none(), "{}", again.body);
}

async fn what_is_not_in_the_file_stays_unless_it_is_pruned(app: TestApp) {
    let (id, native) = fill(&app).await;
    app.user("bob").await;
    let mut browser = admin(&app).await;
    let mut file = exported(&app).await;
    for (part, name) in [("clients", native.as_str()), ("settings", "branding.name"), ("scopes", "openid")] {
        file[part].as_object_mut().expect("an object").remove(name);
    }
    let preview = upload(&mut browser, &file, false).await;
    assert!(preview.body.contains("0 added, 0 changed, 0 removed"), "{}", preview.body);
    assert!(preview.body.contains("3 that are here are not in the file and stay."), "{}", preview.body);

    let preview = upload(&mut browser, &file, true).await;
    assert!(preview.body.contains("0 added, 0 changed, 2 removed"), "{}", preview.body);
    assert_eq!(confirm(&mut browser, &preview).await.status, 303);
    let left: Vec<String> = app
        .manage(|connection| Ok(clients::list(connection, &Place::Top, 10)?.into_iter().map(|each| each.id).collect()))
        .await;
    assert_eq!(left, [id]);
    let names = app.manage(|connection| Ok(scopes::list(connection)?)).await;
    assert!(names.iter().any(|scope| scope.name == "openid"), "the server needs it");
    assert_eq!(app.app.settings().branding.name, "Grantor");
}

async fn a_file_as_people_write_it_is_imported_once(app: TestApp) {
    let (id, _) = fill(&app).await;
    let mut browser = admin(&app).await;
    let mut file = exported(&app).await;
    file["scopes"]["zeta"] = json!({ "description": " Do zeta ", "claims": ["b", "a", "b"] });
    file["resources"]["https://api.example/"] =
        json!({ "name": "An API ", "scopes": ["zeta", "reports", "zeta"], "introspected_by": [id] });
    let preview = upload(&mut browser, &file, true).await;
    assert_eq!(preview.status, 200, "{}", preview.body);
    assert_eq!(confirm(&mut browser, &preview).await.status, 303);
    let again = upload(&mut browser, &file, true).await;
    assert!(again.body.contains("0 added, 0 changed, 0 removed"), "{}", again.body);
}

async fn half_a_file_changes_nothing(app: TestApp) {
    fill(&app).await;
    let mut browser = admin(&app).await;
    let before = exported(&app).await;
    let mut file = before.clone();
    file["settings"]["tokens.code_lifetime"] = json!("45");
    file["scopes"]["new"] = json!({ "description": "New" });
    file["clients"]["c_good"] = json!({ "metadata": { "client_name": "Good", "redirect_uris": [REDIRECT_URI] } });
    file["clients"]["c_bad"] =
        json!({ "metadata": { "client_name": "Bad", "redirect_uris": ["http://evil.example/#x"] } });
    let refused = upload(&mut browser, &file, false).await;
    assert_eq!(refused.status, 422);
    let error = refused.find("#file-error").expect("beside the file");
    assert!(error.contains("clients[\"c_bad\"].metadata.redirect_uris"), "{error}");
    // The same by an operation of the last part, after everything else has been done.
    file["clients"].as_object_mut().expect("an object").remove("c_bad");
    file["resources"]["https://api.example/"] = json!({ "name": "API", "introspected_by": ["c_nobody"] });
    let refused = upload(&mut browser, &file, false).await;
    let error = refused.find("#file-error").expect("beside the file");
    assert!(error.contains("resources[\"https://api.example/\"].introspected_by"), "{error}");
    assert_eq!(exported(&app).await, before);
}

async fn what_changed_since_the_preview_is_shown_again(app: TestApp) {
    let (id, _) = fill(&app).await;
    let mut browser = admin(&app).await;
    let mut file = exported(&app).await;
    file["settings"]["tokens.code_lifetime"] = json!("45");
    let preview = upload(&mut browser, &file, false).await;
    let context = app.context();
    app.manage(move |connection| grantor::management::clients::set_disabled(connection, &context, &id, true)).await;
    let again = confirm(&mut browser, &preview).await;
    assert_eq!(again.status, 409);
    assert!(again.body.contains("0 added, 2 changed"), "{}", again.body);
    assert_eq!(app.app.policies().lifetimes.authorization_code, 30);
    assert_eq!(confirm(&mut browser, &again).await.status, 303);
    assert_eq!(app.app.policies().lifetimes.authorization_code, 45);
}

#[test]
fn nobody_changes_what_an_import_has_compared() {
    run(Backend::Postgres, |app| async move {
        let (id, _) = fill(&app).await;
        let mut document = configuration::export(&app.app.store).await.expect("it can be read");
        document.scopes.get_mut("reports").expect("it is there")["description"] = json!("Read all reports");
        document.clients.get_mut(&id).expect("it is there")["enabled"] = json!(false);
        // The import compares, and then waits for whoever holds this row.
        let mut holder = Manager::new(app.config.database.clone()).open().expect("a connection");
        holder.batch_execute("BEGIN; SELECT 1 FROM scopes WHERE name = 'reports' FOR UPDATE").expect("the row");
        let (store, context) = (app.app.store.clone(), app.context());
        let import = tokio::spawn(async move { import::run(&store, &context, document, Wishes::default()).await });
        let DatabaseUrl::Postgres(url) = &app.config.database else { panic!("it is PostgreSQL") };
        until_blocked(url, 1).await;
        let (store, context, of) = (app.app.store.clone(), app.context(), id.clone());
        let enabling = tokio::spawn(async move {
            store.write(move |connection| management::clients::set_disabled(connection, &context, &of, false)).await
        });
        until_blocked(url, 2).await;
        holder.batch_execute("ROLLBACK").expect("the row is let go");
        import.await.expect("no panic").expect("it is done");
        enabling.await.expect("no panic").expect("it is done");
        let client = app.app.store.client(&id).await.expect("it answers").expect("it is there");
        assert!(client.is_enabled(), "what came after the import counts");
    });
}

async fn an_import_is_in_the_audit_log(app: TestApp) {
    fill(&app).await;
    let mut browser = admin(&app).await;
    let mut file = exported(&app).await;
    file["settings"]["tokens.code_lifetime"] = json!("45");
    file["scopes"]["new"] = json!({ "description": "New" });
    let preview = upload(&mut browser, &file, false).await;
    confirm(&mut browser, &preview).await;
    let actions: Vec<(String, String)> = app
        .manage(|connection| {
            let all = audit_log::list(connection, &Filter::default(), 3)?;
            Ok(all.into_iter().map(|each| (each.action, each.detail)).collect())
        })
        .await;
    let names: Vec<&str> = actions.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(names, ["configuration.imported", "scope.created", "settings.changed"]);
    assert_eq!(actions[2].1, r#"{"settings":{"tokens.code_lifetime":["30","45"]}}"#);
}

async fn a_rotated_secret_outlives_an_import(app: TestApp) {
    let (id, _) = fill(&app).await;
    let mut browser = admin(&app).await;
    let mut file = exported(&app).await;
    let (of, context) = (id.clone(), app.context());
    app.manage(move |connection| grantor::management::clients::add_secret(connection, &context, &of)).await;
    let preview = upload(&mut browser, &file, false).await;
    assert!(preview.body.contains("0 added, 0 changed"), "{}", preview.body);
    // A third one has no room.
    file["clients"][&id]["secrets"].as_array_mut().expect("a list").push(json!({ "sha256": "cd".repeat(32) }));
    let refused = upload(&mut browser, &file, false).await;
    assert!(refused.find("#file-error").expect("beside the file").contains("it would have 3 secrets"));
    let preview = upload(&mut browser, &file, true).await;
    assert_eq!(confirm(&mut browser, &preview).await.status, 303);
    let client = app.app.store.client(&id).await.expect("it answers").expect("it is there");
    assert_eq!(client.secrets.len(), 2, "pruned, the client has those of the file");
}

async fn a_file_that_is_none_is_refused_with_what_to_send(app: TestApp) {
    let mut browser = admin(&app).await;
    for (file, expected) in [
        (json!("no"), "Write an object"),
        (json!({ "format": "grantor-configuration", "version": 2 }), "A newer Grantor wrote version 2"),
        (json!({ "format": "grantor-configuration", "version": 1, "clients": { "c": 1 } }), "clients[\"c\"]"),
    ] {
        let refused = upload(&mut browser, &file, false).await;
        assert_eq!(refused.status, 422);
        assert!(refused.find("#file-error").expect("beside the file").contains(expected), "{}", refused.body);
    }
    let page = browser.get(routes::ADMIN_SETTINGS_CONFIGURATION).await;
    let mut form = untouched(&page);
    form.retain(|(name, _)| name != "file");
    let refused = browser.multipart(routes::ADMIN_SETTINGS_CONFIGURATION, &form, None).await;
    assert!(refused.find("#file-error").expect("beside it").contains("Choose a file"), "{}", refused.body);
}

/// From one database to another, by the program itself.
fn from_one_to_another(from: &str, to: &str) {
    let (one, other) = (Settings::of(from), Settings::of(to));
    one.command(&["scope", "create", "reports", "--description", "Read reports", "--claims", "department"], "");
    let client = one.client(
        &json!({ "client_name": "Äcme \"Reports\"", "redirect_uris": [REDIRECT_URI], "scope": "openid reports",
        "grant_types": ["authorization_code", "refresh_token"], "access_token_lifetime": 600 }),
    );
    one.command(&["client", "rotate-secret", &client.id], "");
    let public = one.client(
        &json!({ "client_name": "App", "redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": "none" }),
    );
    one.command(&["client", "disable", &public.id], "");
    one.command(
        &[
            "resource",
            "create",
            "https://api.example/",
            "--name",
            "API",
            "--scope",
            "reports",
            "--introspected-by",
            &client.id,
        ],
        "",
    );
    one.command(&["user", "create", "--username", "alice", "--admin", "--password-stdin"], "tulip anchor seven bread");

    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("grantor.json");
    let path = path.to_str().expect("a name");
    one.command(&["export", path], "");
    let file = std::fs::read_to_string(path).expect("it is written");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(one.command(&["export"], ""), file, "the same on standard output");

    let shown = other.command(&["import", path, "--dry-run"], "");
    assert!(shown.contains(&format!("+ clients {} (Äcme \"Reports\")", client.id)), "{shown}");
    assert!(other.command(&["client", "list"], "").is_empty(), "nothing was changed");
    let done = other.command(&["import", path, "--json"], "");
    let done: Value = serde_json::from_str(&done).expect("JSON");
    assert_eq!((done["applied"].as_bool(), done["differences"].as_array().map(Vec::len)), (Some(true), Some(4)));
    assert_eq!(other.command(&["export"], ""), file, "the same bytes");
    assert!(other.command(&["import", path], "").is_empty(), "and once more there is nothing to do");

    // What would be removed is removed only when that is asked for.
    let empty = r#"{"format": "grantor-configuration", "version": 1}"#;
    other.command(&["import", "-"], empty);
    assert_eq!(other.command(&["export"], ""), file);
    let pruned = other.command(&["import", "-", "--prune"], empty);
    assert!(pruned.contains(&format!("- clients {}", client.id)), "{pruned}");
    assert!(other.command(&["client", "list"], "").is_empty());

    let refused = other.refusal(&["import", "-"], &file.replace(REDIRECT_URI, "nonsense"));
    assert!(refused.contains(&format!("clients[\"{}\"].metadata.redirect_uris: ", client.id)), "{refused}");
    let refused = other.refusal(&["import", "-"], &file.replace("\"version\": 1", "\"version\": 9"));
    assert!(refused.contains("version: A newer Grantor wrote version 9 of this file"), "{refused}");
    let refused = other.refusal(&["import", "-"], &file[..file.len() / 2]);
    assert!(refused.contains("This is no JSON"), "{refused}");
    assert!(other.command(&["client", "list"], "").is_empty(), "nothing of it");
}

#[test]
fn a_configuration_moves_between_the_databases() {
    let directory = tempfile::tempdir().expect("a directory");
    let sqlite = |name: &str| format!("sqlite://{}", directory.path().join(name).display());
    from_one_to_another(&sqlite("one.db"), &sqlite("other.db"));
    let Some(cluster) = cluster_or_skip() else { return };
    let (one, two) = (cluster.create_database(), cluster.create_database());
    from_one_to_another(&sqlite("third.db"), &one);
    from_one_to_another(&two, &sqlite("fourth.db"));
    cluster.drop_database(&one);
    cluster.drop_database(&two);
}

async fn a_client_s_picture_goes_along(app: TestApp) {
    const GIVEN: &str = "iVBORw0KGgoAAAA=";
    let client = app.web("openid").await.id;
    let mut root = admin(&app).await;
    let plain = exported(&app).await;
    assert!(plain["clients"][&client]["logo"].is_null());
    let mut with = plain.clone();
    with["clients"][&client]["logo"] = GIVEN.into();
    let preview = upload(&mut root, &with, false).await;
    assert!(
        preview.body.contains(".png") && !preview.find("table").unwrap_or_default().contains(GIVEN),
        "{}",
        preview.body
    );
    assert_eq!(confirm(&mut root, &preview).await.status, 303);
    assert_eq!(exported(&app).await, with, "what came in goes out");
    assert!(root.get(&routes::admin_client(&client)).await.attribute("img.face", "src").is_some());

    // A file of an earlier version knows of no picture, and takes none away; null does.
    let mut silent = plain.clone();
    silent["clients"][&client].as_object_mut().expect("an object").remove("logo");
    let preview = upload(&mut root, &silent, false).await;
    assert!(!preview.body.contains(".png"), "{}", preview.body);
    assert_eq!(exported(&app).await["clients"][&client]["logo"], GIVEN);
    let preview = upload(&mut root, &plain, false).await;
    assert_eq!(confirm(&mut root, &preview).await.status, 303);
    assert!(exported(&app).await["clients"][&client]["logo"].is_null());

    for bad in [json!("PHN2Zz4="), json!("?"), json!(7)] {
        let mut wrong = plain.clone();
        wrong["clients"][&client]["logo"] = bad;
        let refused = upload(&mut root, &wrong, false).await;
        assert_eq!(refused.status, 422, "{}", refused.body);
        assert!(refused.body.contains(".logo: "), "{}", refused.body);
    }
}

async fn a_client_comes_with_two_secrets_and_each_once(app: TestApp) {
    let mut root = admin(&app).await;
    let mut file = exported(&app).await;
    let secret = |digit: char| json!({ "sha256": digit.to_string().repeat(64) });
    let metadata = json!({ "client_name": "Job", "grant_types": ["client_credentials"] });
    for (secrets, problem) in [
        (json!([secret('a'), secret('b'), secret('c')]), "two is the most"),
        (json!([secret('a'), secret('a')]), "The same secret is here twice"),
    ] {
        file["clients"]["c_new"] = json!({ "enabled": true, "metadata": metadata, "secrets": secrets });
        for prunes in [false, true] {
            let refused = upload(&mut root, &file, prunes).await;
            assert_eq!(refused.status, 422, "{}", refused.body);
            assert!(refused.body.contains(problem), "{}", refused.body);
        }
    }
}

async fn thousands_of_clients_come_in_or_none(app: TestApp) {
    app.scope("reports").await;
    let mut root = admin(&app).await;
    let before = exported(&app).await;
    let client = |number: usize| {
        let metadata = json!({ "client_name": format!("Client {number}"), "scope": "reports",
            "redirect_uris": [format!("https://{number}.example/callback")], "grant_types": ["authorization_code"] });
        (format!("c_{number:05}"), json!({ "enabled": true, "metadata": metadata, "secrets": [] }))
    };
    let file = |number| {
        let mut file = before.clone();
        file["clients"] = Value::Object((0..number).map(client).collect());
        file
    };
    let refused = upload(&mut root, &file(5_001), false).await;
    assert_eq!(refused.status, 422, "{}", &refused.body[..2000]);
    assert!(refused.body.contains("would change 5001 things at once, and 5000 is the most"), "{}", refused.body);
    assert_eq!(exported(&app).await, before);

    let preview = upload(&mut root, &file(1_500), false).await;
    assert!(preview.body.contains("1000 more are not shown here"), "the page stays readable");
    assert_eq!(exported(&app).await, before, "it was a rehearsal");
    let done = confirm(&mut root, &preview).await;
    assert_eq!(done.status, 303, "{}", done.body);
    assert_eq!(exported(&app).await["clients"].as_object().map(serde_json::Map::len), Some(1_500));
    // Known at once, although another connection wrote it.
    assert_eq!(root.get("/admin/clients/c_01499").await.status, 200);
    let mut broken = file(1_600);
    broken["clients"]["c_01599"]["metadata"]["scope"] = "nothing-like-it".into();
    assert_eq!(upload(&mut root, &broken, false).await.status, 422);
    assert_eq!(exported(&app).await["clients"].as_object().map(serde_json::Map::len), Some(1_500));
}
