//! Servers that are replaced one after the other share the database: what only the new ones know the old ones leave alone.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use grantor::jobs::rotate_keys;
use grantor::management::keys::Haste;
use grantor::management::settings::{self, Changes};
use grantor::store::cache;
use grantor::store::mails::{self, Kind};
use grantor::store::paging::Place;
use grantor::store::schema::signing_keys;
use serde_json::json;

use crate::support::app::{TestApp, on_both_databases};
use crate::support::mail_server::MailServer;
use crate::support::until;

on_both_databases!(
    a_key_of_an_unknown_algorithm_keeps_nothing_from_being_read,
    an_emergency_withdraws_keys_of_an_unknown_algorithm_too,
    a_letter_of_an_unknown_kind_waits_for_who_can_write_it,
);

async fn a_key_of_an_unknown_algorithm_keeps_nothing_from_being_read(app: TestApp) {
    let keys = async |server: &TestApp| server.http.get("/.well-known/jwks.json").await.body;
    let (other, before) = (app.another().await, keys(&app).await);
    app.manage(|connection| {
        connection.batch_execute(
            "INSERT INTO signing_keys (kid, algorithm, state, sealed, created_at) \
             SELECT 'of-a-newer-server', 'ES384', 'current', sealed, created_at FROM signing_keys LIMIT 1",
        )?;
        Ok(cache::touch(connection)?)
    })
    .await;
    let (context, changes) = (app.context(), Changes::from([("tokens.code_lifetime".into(), Some("30".into()))]));
    app.manage(move |connection| settings::change(connection, &context, "test", None, &changes)).await;
    let started = app.another().await;
    for server in [&app, &other, &started] {
        server.app.reload_keys().await.expect("the keys are read");
        assert_eq!(keys(server).await, before);
        let goes_by_it = async || server.app.policies().lifetimes.authorization_code == 30;
        until("the settings are read, after the keys", goes_by_it).await;
    }
}

async fn an_emergency_withdraws_keys_of_an_unknown_algorithm_too(app: TestApp) {
    app.manage(|connection| {
        Ok(connection.batch_execute(
            "INSERT INTO signing_keys (kid, algorithm, state, sealed, created_at) \
             SELECT 'newer-' || state, 'ES384', state, sealed, created_at FROM signing_keys WHERE algorithm = 'ES256'",
        )?)
    })
    .await;
    let of_the_newer = async || {
        app.manage(|connection| {
            let newer = signing_keys::table.filter(signing_keys::algorithm.eq("ES384")).order(signing_keys::kid);
            let told = newer.select((signing_keys::kid, signing_keys::state, signing_keys::retired_at));
            Ok(told.load::<(String, String, Option<i64>)>(connection)?)
        })
        .await
    };
    let as_of = |kid: &str, state: &str, retired_at: Option<i64>| (kid.to_owned(), state.to_owned(), retired_at);
    let rotate = async |haste: Haste| {
        let context = app.context();
        rotate_keys::rotate(&app.app.store, &app.app.sealing_key, context, haste).await.expect("keys rotate");
    };
    rotate(Haste::None).await;
    let before = [as_of("newer-current", "current", None), as_of("newer-next", "next", None)];
    assert_eq!(of_the_newer().await, before, "a newer server rotates them itself");
    rotate(Haste::Emergency).await;
    let now = Some(app.clock.now());
    let after = [as_of("newer-current", "retired", now), as_of("newer-next", "retired", now)];
    assert_eq!(of_the_newer().await, after);
}

async fn a_letter_of_an_unknown_kind_waits_for_who_can_write_it(app: TestApp) {
    let server = MailServer::start().await;
    let (app, _without) = server.of(app).await;
    let (alice, now) = (app.user("alice").await, app.clock.now());
    let id = alice.clone();
    app.manage(move |connection| {
        mails::insert(connection, "new", Kind::NewBrowser, &id, "alice@example.com", &json!({}), now)?;
        Ok(connection.batch_execute("UPDATE mails SET kind = 'from-the-future'")?)
    })
    .await;
    app.clock.advance(1);
    app.manage(move |connection| {
        Ok(mails::insert(connection, "old", Kind::PasswordChanged, &alice, "alice@example.com", &json!({}), now + 1)?)
    })
    .await;
    app.app.post.wake();
    assert!(server.letter(1).await.says("Subject: Your password was changed"));
    let is_due = app.manage(move |connection| Ok(mails::any_due(connection, now + 1)?)).await;
    let letters = app.manage(|connection| Ok(mails::list(connection, &Place::Top, 10)?)).await;
    let left = letters.iter().find(|mail| mail.id == "new").expect("it is still there");
    assert_eq!((left.kind.as_str(), left.progress.attempts), ("from-the-future", 0));
    assert_eq!((left.progress.next_attempt_at, left.progress.finished_at), (Some(now), None));
    assert!(!is_due, "nobody goes on looking for it");
}
