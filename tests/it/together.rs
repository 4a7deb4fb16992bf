//! Statements that go to PostgreSQL together: each caller gets its own answer, whatever the others get.

use diesel::connection::SimpleConnection;
use grantor::domain::grant::{GrantFacts, GrantId};
use grantor::domain::scope;
use grantor::secret::Digest;
use grantor::store::access_tokens::{self, NewAccessToken};
use grantor::store::authorization_codes::{self, AuthorizationCode, CodeFacts};
use grantor::store::cache::Cache;
use grantor::store::connection::AnyConnection;
use grantor::store::{StoreError, clients, consents, grants};
use tokio::task::JoinSet;

use crate::support::app::{Backend, REDIRECT_URI, TestApp, on_both_databases, run};
use crate::support::http::{Authorization, Browser, allow, code, redemption, tokens};

on_both_databases!(
    many_who_present_tokens_at_once_each_hear_of_their_own,
    machines_get_tokens_at_once_and_one_whose_grant_was_revoked_gets_a_new_grant,
    many_who_are_signed_in_get_codes_at_once,
);

async fn many_who_present_tokens_at_once_each_hear_of_their_own(app: TestApp) {
    app.scope("reports").await;
    let (client, api) = (app.web("openid profile reports").await, app.machine("reports").await);
    let mut alive = Vec::new();
    for name in ["alice", "bob", "carol", "dave"] {
        let owner = app.user(name).await;
        alive.push((name, owner, tokens(&app, &client, "openid profile reports", name).await.text("access_token")));
    }
    let revoked = tokens(&app, &client, "openid", "alice").await.text("access_token");
    app.http.as_client(&client, "/oauth2/revoke", &[("token", &revoked)]).await;
    let mut all = JoinSet::new();
    for round in 0..4 {
        for (name, owner, token) in alive.clone() {
            let (http, api, token) = (app.http.clone(), api.clone(), token.clone());
            all.spawn(async move {
                let seen = http.as_client(&api, "/oauth2/introspect", &[("token", &token)]).await.json();
                assert_eq!((seen["sub"].as_str(), seen["username"].as_str()), (Some(&*owner), Some(name)));
                let claims = http.bearer("/oauth2/userinfo", &token).await.json();
                assert_eq!(
                    (claims["sub"].as_str(), claims["preferred_username"].as_str()),
                    (Some(&*owner), Some(name))
                );
            });
        }
        for dead in [revoked.clone(), format!("gat_unknown{round}")] {
            let (http, api) = (app.http.clone(), api.clone());
            all.spawn(async move {
                let seen = http.as_client(&api, "/oauth2/introspect", &[("token", &dead)]).await;
                assert_eq!(seen.body, r#"{"active":false}"#);
                assert_eq!(http.bearer("/oauth2/userinfo", &dead).await.status, 401);
            });
        }
    }
    all.join_all().await;
}

async fn machines_get_tokens_at_once_and_one_whose_grant_was_revoked_gets_a_new_grant(app: TestApp) {
    app.scope("reports").await;
    let mut machines = Vec::new();
    for _ in 0..4 {
        machines.push(app.machine("reports").await);
    }
    let form = [("grant_type", "client_credentials")];
    for machine in &machines {
        assert_eq!(app.http.as_client(machine, "/oauth2/token", &form).await.status, 200);
    }
    // As another process does it, of which this one has not heard.
    let first = machines[0].id.clone();
    app.prepare_unheard(|connection| {
        let id = grants::machine(connection, &first, 0)?.0;
        grants::revoke(connection, id, 1)?;
        Ok(())
    });
    let mut all = JoinSet::new();
    for machine in machines.iter().cycle().take(24).cloned() {
        let http = app.http.clone();
        all.spawn(async move {
            let token = http.as_client(&machine, "/oauth2/token", &form).await.text("access_token");
            let seen = http.as_client(&machine, "/oauth2/introspect", &[("token", &token)]).await.json();
            assert_eq!((&seen["active"], &seen["client_id"]), (&true.into(), &machine.id.clone().into()));
        });
    }
    all.join_all().await;
}

async fn many_who_are_signed_in_get_codes_at_once(app: TestApp) {
    let client = app.web("openid").await;
    let mut browsers = Vec::new();
    for name in ["alice", "bob", "carol"] {
        let (owner, mut browser) = (app.user(name).await, Browser::new(&app));
        allow(&mut browser, &Authorization::of(&client, "openid"), name).await;
        browsers.push((owner, browser));
    }
    let mut all = JoinSet::new();
    for (owner, mut browser) in browsers.iter().cycle().take(12).map(|(owner, browser)| (owner.clone(), browser.copy()))
    {
        let (client, http) = (client.clone(), app.http.clone());
        all.spawn(async move {
            let answer = browser.get(&Authorization::of(&client, "openid").path()).await;
            let code = answer.redirect()["code"].clone();
            let given = http.as_client(&client, "/oauth2/token", &redemption(&code)).await.text("access_token");
            assert_eq!(http.bearer("/oauth2/userinfo", &given).await.json()["sub"], owner);
            let again = http.as_client(&client, "/oauth2/token", &redemption(&code)).await;
            assert_eq!(again.error(), "invalid_grant");
        });
    }
    all.join_all().await;
}

fn token(name: &str, grant_id: GrantId, expires_at: i64) -> NewAccessToken {
    let scope = "reports".parse().expect("a scope");
    NewAccessToken { digest: Digest::of(name), grant_id, scope, audience: Vec::new(), created_at: 1, expires_at }
}

#[test]
fn one_statement_does_for_each_what_its_own_would() {
    run(Backend::Postgres, |app| async move {
        app.scope("reports").await;
        let (machine, other) = (app.machine("reports").await, app.machine("reports").await);
        let (now, cache) = (app.clock.now(), app.app.store.cache());
        let work = move |connection: &mut _| -> Result<(), StoreError> {
            let (grant, _) = grants::machine(connection, &machine.id, now)?;
            let (revoked, _) = grants::machine(connection, &other.id, now)?;
            grants::revoke(connection, revoked, now)?;
            let new = [
                token("one", grant, now + 10),
                token("revoked", revoked, now + 10),
                token("two", grant, now + 20),
                token("one", grant, now + 10),
            ];
            let inserted = access_tokens::insert_each_for_machine(connection, &new)?;
            let inserted: Vec<bool> = inserted.into_iter().collect::<Result<_, _>>()?;
            assert_eq!(inserted, [true, false, true, true]);
            let asked = [("two", 15), ("unknown", 0), ("one", 5), ("one", 10), ("one", 0), ("revoked", 0)];
            let asked = asked.map(|(name, after)| (Digest::of(name), now + after));
            let found = access_tokens::find_each_alive(connection, &cache, &asked)?;
            let with_owner = access_tokens::find_each_alive_with_owner(connection, &cache, &asked)?;
            let (mut ends, mut ends_with_owner) = (Vec::new(), Vec::new());
            for (found, with_owner) in found.into_iter().zip(with_owner) {
                ends.push(found?.map(|token| token.expires_at - now));
                ends_with_owner.push(with_owner?.map(|(token, owner)| (token.expires_at - now, owner.is_some())));
            }
            assert_eq!(ends, [Some(20), None, Some(10), None, Some(10), None]);
            assert_eq!(ends_with_owner, ends.into_iter().map(|end| Some((end?, false))).collect::<Vec<_>>());
            Ok(())
        };
        app.app.store.read(work).await.expect("it can be read");
    });
}

#[test]
fn codes_are_stored_by_one_statement_and_once() {
    run(Backend::Postgres, |app| async move {
        let now = app.clock.now();
        let new = move |name: &str, client_id: &str, challenge: Option<&str>| {
            let code = AuthorizationCode {
                grant_id: GrantId::from_stored(1),
                client_id: client_id.to_owned(),
                owner_id: format!("owner of {name}"),
                scope: "openid".parse().expect("a scope"),
                redirect_uri: REDIRECT_URI.to_owned(),
                code_challenge: challenge.map(str::to_owned),
                facts: CodeFacts {
                    grant: GrantFacts { auth_time: Some(now), nonce: Some(name.to_owned()), ..GrantFacts::default() },
                    session_id: Some("session".into()),
                    resource: Vec::new(),
                },
                created_at: now,
                expires_at: now + 60,
                redeemed_at: None,
                failures: 0,
            };
            (Digest::of(name), code)
        };
        let work = move |connection: &mut _| -> Result<(), StoreError> {
            let codes = [new("one", "a", Some("c")), new("two", "b", None), new("three", "a", None)];
            for again in [&codes[..2], &codes[..]] {
                let stored = authorization_codes::insert_each(connection, again)?;
                assert!(stored.len() == again.len() && stored.iter().all(Result::is_ok));
            }
            for (digest, code) in &codes {
                let found = authorization_codes::find(connection, digest)?;
                assert_eq!(format!("{found:?}"), format!("{:?}", Some(code)));
            }
            Ok(())
        };
        app.app.store.read(work).await.expect("it can be read");
    });
}

#[test]
fn owners_and_what_they_allowed_are_not_mixed_up() {
    run(Backend::Postgres, |app| async move {
        let (one, two) = (app.web("openid").await, app.web("openid profile").await);
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        code(&app, &one, "openid", "alice").await;
        code(&app, &two, "openid profile", "alice").await;
        code(&app, &two, "openid", "bob").await;
        let of = |owner: &str, client: &str| (owner.to_owned(), client.to_owned());
        let asked =
            [of(&bob, &one.id), of(&alice, &two.id), of("nobody", &one.id), of(&alice, &one.id), of(&bob, &two.id)];
        let work = move |connection: &mut _| consents::find_each_with_owner(connection, &asked);
        let found = app.app.store.read(work).await.expect("it can be read");
        let found = found.into_iter().map(|each| each.expect("each can be read"));
        let found =
            found.map(|each| each.map(|(owner, allowed)| (owner.username, allowed.map(|it| scope::render(&it.scope)))));
        let seen = |name: &str, scope: Option<&str>| Some((name.to_owned(), scope.map(str::to_owned)));
        let expected = [
            seen("bob", None),
            seen("alice", Some("openid profile")),
            None,
            seen("alice", Some("openid")),
            seen("bob", Some("openid")),
        ];
        assert_eq!(found.collect::<Vec<_>>(), expected);
    });
}

#[test]
fn clients_are_read_by_one_statement_and_one_that_cannot_be_read_is_nobody_elses_trouble() {
    run(Backend::Postgres, |app| async move {
        let (one, two, broken) = (app.web("openid").await.id, app.web("openid").await.id, app.web("openid").await.id);
        let (machine, trusted) = (app.machine("").await.id, app.app.store.cache());
        let work = move |connection: &mut AnyConnection| -> Result<(), StoreError> {
            connection.batch_execute(&format!("UPDATE clients SET metadata = '{{}}' WHERE id = '{broken}'"))?;
            let cache = Cache::default();
            let asked = [&two, &broken, &"unknown".to_owned(), &one, &two, &machine].map(String::to_owned);
            let found = cache.each_client(connection, &asked)?;
            let found: Vec<_> = found.into_iter().map(|each| each.map(|it| it.map(|it| it.id.clone())).ok()).collect();
            let [two, one, machine] = [&two, &one, &machine].map(|id| Some(Some(id.clone())));
            assert_eq!(found, [two.clone(), None, Some(None), one, two, machine]);
            for id in &asked {
                let alone = clients::find(connection, id).ok().flatten();
                let together =
                    clients::find_all(connection, std::slice::from_ref(id)).ok().and_then(|mut all| all.pop());
                assert_eq!(format!("{alone:?}"), format!("{together:?}"));
            }
            trusted.prepare_briefs(connection, asked.iter().map(String::as_str))?;
            let good: Vec<&str> = asked.iter().map(String::as_str).filter(|id| *id != broken).collect();
            trusted.prepare_briefs(connection, good.iter().copied())?;
            connection.batch_execute("BEGIN; DELETE FROM clients")?;
            let kept = good.iter().map(|id| Ok(trusted.brief(connection, id)?.is_some()));
            let kept = kept.collect::<Result<Vec<_>, StoreError>>();
            connection.batch_execute("ROLLBACK")?;
            assert_eq!(kept?, [true, false, true, true, true]);
            assert!(trusted.brief(connection, &broken).is_err());
            Ok(())
        };
        app.app.store.read(work).await.expect("it can be read");
    });
}
