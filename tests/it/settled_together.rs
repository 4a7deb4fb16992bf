//! Redemptions and refreshes of many that PostgreSQL settles by one statement: what they write is what a transaction would, what
//! may not be settled is left out, and nobody waits for what another holds.

use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{Connection, PgConnection, QueryResult, QueryableByName, RunQueryDsl};
use grantor::config::database_url::DatabaseUrl;
use grantor::domain::grant::{GrantFacts, GrantId};
use grantor::secret::Digest;
use grantor::store::access_tokens::NewAccessToken;
use grantor::store::audit_log::{Actor, Event};
use grantor::store::authorization_codes::{self, AuthorizationCode, CodeFacts};
use grantor::store::connection::AnyConnection;
use grantor::store::grants::{self, NewGrant};
use grantor::store::redemptions::{self, Redeemed, Redemption};
use grantor::store::refreshes::{self, Next, Refreshed};
use grantor::store::session_clients::SessionClient;
use grantor::store::sessions::{self, StoredSession};
use grantor::store::{StoreError, refresh_tokens};
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::app::{Backend, REDIRECT_URI, TestApp, on_both_databases, run};
use crate::support::http::{code, redemption, tokens};
use crate::support::postgres::until_blocked;

on_both_databases!(
    many_refresh_at_once_each_along_their_own_chain,
    a_refresh_notes_the_use_of_its_grant_once_a_minute,
    a_code_redeemed_twice_at_once_gives_one_grant,
);

const NAMES: [&str; 4] = ["alice", "bob", "carol", "dave"];

async fn many_refresh_at_once_each_along_their_own_chain(app: TestApp) {
    app.scope("reports").await;
    let (rotating, keeping, api) =
        (app.native("reports").await, app.web("reports").await, app.machine("reports").await);
    let mut all = JoinSet::new();
    for name in NAMES {
        let owner = app.user(name).await;
        for (client, rotates) in [(&rotating, true), (&keeping, false)] {
            let first = tokens(&app, client, "reports", name).await.text("refresh_token");
            let (http, client, api, owner) = (app.http.clone(), client.clone(), api.clone(), owner.clone());
            all.spawn(async move {
                let mut token = first;
                for _ in 0..5 {
                    let form = [("grant_type", "refresh_token"), ("refresh_token", &*token)];
                    let given = http.as_client(&client, "/oauth2/token", &form).await;
                    let (access, next) = (given.text("access_token"), given.text("refresh_token"));
                    assert_eq!(next != token, rotates, "{name}");
                    let seen = http.as_client(&api, "/oauth2/introspect", &[("token", &access)]).await.json();
                    assert_eq!((&seen["sub"], &seen["client_id"]), (&json!(owner), &json!(client.id)));
                    token = next;
                }
            });
        }
    }
    all.join_all().await;
}

async fn a_refresh_notes_the_use_of_its_grant_once_a_minute(app: TestApp) {
    app.scope("reports").await;
    app.user("alice").await;
    let client = app.web("reports").await;
    let token = tokens(&app, &client, "reports", "alice").await.text("refresh_token");
    let begun = app.clock.now();
    for (step, noted) in [(60, 0), (1, 61), (60, 61), (1, 122)] {
        app.clock.advance(step);
        let form = [("grant_type", "refresh_token"), ("refresh_token", &*token)];
        assert_eq!(app.http.as_client(&client, "/oauth2/token", &form).await.status, 200);
        let listed =
            app.manage(move |connection| Ok(grants::list(connection, &grants::Filter::default(), 2, begun)?)).await;
        let used: Vec<i64> = listed.iter().map(|grant| grant.last_used_at - begun).collect();
        assert_eq!(used, [noted], "after {step} s more");
    }
}

async fn a_code_redeemed_twice_at_once_gives_one_grant(app: TestApp) {
    app.scope("reports").await;
    let client = app.web("reports").await;
    let mut all = JoinSet::new();
    for name in NAMES {
        app.user(name).await;
        let given = code(&app, &client, "reports", name).await;
        let (http, client) = (app.http.clone(), client.clone());
        all.spawn(async move {
            let form = redemption(&given);
            let both = tokio::join!(
                http.as_client(&client, "/oauth2/token", &form),
                http.as_client(&client, "/oauth2/token", &form)
            );
            let mut statuses = [both.0.status, both.1.status];
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 400]);
        });
    }
    all.join_all().await;
}

/// All that redemptions and refreshes write, but the audit log's numbers.
fn written(connection: &mut AnyConnection) -> QueryResult<String> {
    #[derive(QueryableByName)]
    struct Rows {
        #[diesel(sql_type = Text)]
        rows: String,
    }
    let part = |columns: &str, table: &str| {
        format!(
            "SELECT coalesce(string_agg(t::text, '\n' ORDER BY t::text), '') AS rows FROM (SELECT {columns} FROM {table}) AS t"
        )
    };
    let parts = [
        part("*", "authorization_codes"),
        part("*", "grants"),
        part("*", "access_tokens"),
        part("*", "refresh_tokens"),
        part("at, action, actor_kind, actor, target, address, request_id, detail", "audit_log"),
        part("*", "session_clients"),
    ];
    diesel::sql_query(parts.join(" UNION ALL "))
        .load::<Rows>(connection)
        .map(|rows| rows.into_iter().map(|row| row.rows + "\n--\n").collect())
}

/// What `write` leaves behind, and nothing is left of it.
fn undone<T>(
    connection: &mut AnyConnection,
    write: impl FnOnce(&mut AnyConnection) -> Result<T, StoreError>,
) -> Result<(T, String), StoreError> {
    connection.batch_execute("BEGIN")?;
    let outcome = write(connection)?;
    let rows = written(connection)?;
    connection.batch_execute("ROLLBACK")?;
    Ok((outcome, rows))
}

struct Setting {
    now: i64,
    client: String,
    owner: String,
}

impl Setting {
    fn code(&self, number: i64, scope: &str) -> AuthorizationCode {
        AuthorizationCode {
            grant_id: GrantId::from_stored(number),
            client_id: self.client.clone(),
            owner_id: self.owner.clone(),
            scope: scope.parse().expect("a scope"),
            redirect_uri: REDIRECT_URI.to_owned(),
            code_challenge: Some("challenge".to_owned()),
            facts: CodeFacts::default(),
            created_at: self.now - 5,
            expires_at: self.now + 60,
            redeemed_at: None,
            failures: 0,
        }
    }

    fn grant(&self, number: i64) -> NewGrant {
        NewGrant {
            id: GrantId::from_stored(number),
            client_id: self.client.clone(),
            owner_id: Some(self.owner.clone()),
            session_id: (number % 2 == 0).then(|| format!("session {number}")),
            scope: "openid reports".parse().expect("a scope"),
            resource: if number % 3 == 0 { vec!["https://api.example/".to_owned()] } else { Vec::new() },
            facts: GrantFacts { nonce: Some(format!("nonce {number}")), ..GrantFacts::default() },
            created_at: self.now,
            expires_at: Some(self.now + 1000 + number),
        }
    }

    fn token(&self, number: i64) -> NewAccessToken {
        NewAccessToken {
            digest: Digest::of(&format!("token {number}")),
            grant_id: GrantId::from_stored(number),
            scope: "reports".parse().expect("a scope"),
            audience: if number % 3 == 0 { vec!["https://api.example/".to_owned()] } else { Vec::new() },
            created_at: self.now,
            expires_at: self.now + 100 + number,
        }
    }

    fn redemption(&self, number: i64) -> Redemption {
        let refresh = Digest::of(&format!("refresh {number}"));
        Redemption {
            code: Digest::of(&format!("code {number}")),
            session: None,
            redeemed: Redeemed {
                grant: self.grant(number),
                access_token: Some(self.token(number)),
                refresh_token: (number % 2 == 0).then_some((refresh, self.now + 500)),
            },
            event: Event {
                at: self.now,
                action: "grant.issued",
                actor: Actor::Client(self.client.clone()),
                target: format!("grant {number}"),
                address: "192.0.2.1".into(),
                request_id: format!("request {number}"),
                detail: json!({ "client": self.client }),
            },
            session_client: None,
        }
    }

    fn session(&self, name: &str) -> StoredSession {
        StoredSession {
            digest: Digest::of(name).as_bytes().to_vec(),
            id: name.to_owned(),
            owner_id: Some(self.owner.clone()),
            state: "{}".into(),
            user_agent: String::new(),
            address: String::new(),
            created_at: self.now,
            last_seen_at: self.now,
            idle_expires_at: self.now + 100,
            expires_at: self.now + 100,
        }
    }
}

fn settled(outcomes: Vec<Result<bool, StoreError>>) -> Result<Vec<bool>, StoreError> {
    outcomes.into_iter().collect()
}

#[test]
fn codes_settled_by_one_statement_are_settled_as_by_a_transaction() {
    run(Backend::Postgres, |app| async move {
        let (now, client, owner) = (app.clock.now(), app.web("openid").await.id, app.user("alice").await);
        let disabled = app.user("bob").await;
        let (cache, of) = (app.app.store.cache(), Setting { now, client, owner });
        let work = move |connection: &mut AnyConnection| -> Result<(), StoreError> {
            diesel::sql_query("UPDATE resource_owners SET disabled_at = 1 WHERE id = $1")
                .bind::<Text, _>(&disabled)
                .execute(connection)?;
            for session in ["open", "of another"] {
                sessions::insert(connection, &of.session(session))?;
            }
            diesel::sql_query("UPDATE browser_sessions SET resource_owner_id = $1 WHERE id = 'of another'")
                .bind::<Text, _>(&disabled)
                .execute(connection)?;
            let (mut jwt, mut in_session) = (of.redemption(3), of.redemption(4));
            jwt.redeemed.access_token = None;
            in_session.session = Some("open".into());
            let good = [of.redemption(1), of.redemption(2), jwt, in_session];
            let mut of_disabled = of.redemption(14);
            of_disabled.redeemed.grant.owner_id = Some(disabled.clone());
            let sessions = ["ended", "of another"].map(|session| Some(session.to_owned()));
            let [ended, foreign] = sessions.map(|session| Redemption { session, ..of.redemption(15) });
            let foreign = Redemption { code: Digest::of("code 16"), ..foreign };
            let listener = SessionClient {
                session_id: "open".into(),
                client_id: of.client.clone(),
                owner_id: of.owner.clone(),
                expires_at: now + 1,
            };
            let told = Redemption { session_client: Some(listener), ..of.redemption(17) };
            let bad = [of.redemption(11), of.redemption(12), of.redemption(13), of_disabled, ended, foreign, told];
            let unknown = of.redemption(99);
            for number in [1, 2, 3, 4, 11, 12, 13, 14, 15, 16, 17] {
                let mut code = of.code(number, "openid reports");
                match number {
                    11 => code.redeemed_at = Some(now),
                    12 => code.expires_at = now,
                    13 => code.failures = authorization_codes::MAX_FAILURES,
                    14 => code.owner_id.clone_from(&disabled),
                    _ => {}
                }
                authorization_codes::insert(connection, &Digest::of(&format!("code {number}")), &code)?;
            }
            diesel::sql_query("UPDATE authorization_codes SET redeemed_at = $1 WHERE grant_id = 11")
                .bind::<diesel::sql_types::BigInt, _>(now)
                .execute(connection)?;
            diesel::sql_query("UPDATE authorization_codes SET failures = 3 WHERE grant_id = 13").execute(connection)?;
            let before = written(connection)?;
            let ((), apart) = undone(connection, |connection| {
                for each in &good {
                    let found = redemptions::claim(connection, &cache, &each.code, now)?;
                    assert!(found.is_some());
                    redemptions::settle(connection, each)?;
                }
                Ok(())
            })?;
            assert_ne!(before, apart);
            let all: Vec<Redemption> = good.iter().chain(&bad).chain([&unknown, &good[0]]).cloned().collect();
            let (outcomes, together) =
                undone(connection, |connection| settled(redemptions::settle_each(connection, &all)?))?;
            assert_eq!(outcomes, [vec![true; 4], vec![false; 9]].concat());
            assert_eq!(together, apart);
            let (outcomes, nothing) =
                undone(connection, |connection| settled(redemptions::settle_each(connection, &bad)?))?;
            assert_eq!((outcomes, nothing), (vec![false; 7], before));
            let asked = [1, 11, 12, 13, 99, 2].map(|number| (Digest::of(&format!("code {number}")), now));
            let fresh = redemptions::find_each_fresh(connection, &asked)?;
            let fresh = fresh.into_iter().map(|each| Ok(each?.map(|code| code.grant_id.get())));
            let fresh = fresh.collect::<Result<Vec<_>, StoreError>>()?;
            assert_eq!(fresh, [Some(1), None, None, None, None, Some(2)]);
            Ok(())
        };
        app.app.store.read(work).await.expect("it can be read");
    });
}

#[test]
fn refreshes_settled_by_one_statement_are_settled_as_by_a_transaction() {
    run(Backend::Postgres, |app| async move {
        app.scope("reports").await;
        let (now, client, owner) = (app.clock.now(), app.web("reports").await.id, app.user("alice").await);
        let (cache, of) = (app.app.store.cache(), Setting { now, client, owner });
        let token = |number: i64| Digest::of(&format!("refresh {number}"));
        let work = move |connection: &mut AnyConnection| -> Result<(), StoreError> {
            for number in [1, 2, 3, 4, 11, 12] {
                let grant = NewGrant { created_at: now - 1000, ..of.grant(number) };
                grants::insert(connection, &grant)?;
                refresh_tokens::insert(connection, &token(number), grant.id, now - 1000, now + 100)?;
            }
            refresh_tokens::insert(connection, &token(5), GrantId::from_stored(1), now - 1000, now + 100)?;
            grants::revoke(connection, GrantId::from_stored(11), now)?;
            let successor = Digest::of("another successor");
            refresh_tokens::rotate(connection, &token(12), GrantId::from_stored(12), &successor, now, now + 1)?;
            let refreshed = |number: i64, grant: i64, next: Next| Refreshed {
                digest: token(number),
                grant_id: GrantId::from_stored(grant),
                now,
                notes_use: number % 2 == 1,
                access_token: Some(NewAccessToken { grant_id: GrantId::from_stored(grant), ..of.token(number) }),
                next,
            };
            let succeeded = |number: i64| Next::Succeeded(Digest::of(&format!("successor {number}")), now + 900);
            let good = [
                refreshed(1, 1, succeeded(1)),
                refreshed(2, 2, Next::Extended(now + 900)),
                Refreshed { access_token: None, ..refreshed(3, 3, Next::Unchanged) },
                Refreshed { access_token: None, ..refreshed(4, 4, succeeded(4)) },
                // Of the grant of the first.
                refreshed(5, 1, Next::Unchanged),
            ];
            let bad =
                [refreshed(11, 11, succeeded(11)), refreshed(12, 12, succeeded(12)), refreshed(99, 1, succeeded(99))];
            let asked = [11, 12, 99, 2, 1].map(|number| (token(number), now));
            let late = (token(3), now + 100);
            let fresh = refreshes::find_each_fresh(connection, &cache, &[&asked[..], &[late]].concat())?;
            let fresh = fresh.into_iter().map(|each| Ok(each?.map(|found| found.token.grant_id.get())));
            let fresh = fresh.collect::<Result<Vec<_>, StoreError>>()?;
            assert_eq!(fresh, [None, None, None, Some(2), Some(1), None]);
            let before = written(connection)?;
            let ((), apart) =
                undone(connection, |connection| good.iter().try_for_each(|each| refreshes::settle(connection, each)))?;
            assert_ne!(before, apart);
            let all: Vec<Refreshed> = bad.iter().chain(&good).chain([&good[0]]).cloned().collect();
            let (outcomes, together) =
                undone(connection, |connection| settled(refreshes::settle_each(connection, &all)?))?;
            assert_eq!(outcomes, [vec![false; 3], vec![true; 5], vec![false]].concat());
            assert_eq!(together, apart);
            Ok(())
        };
        app.app.store.read(work).await.expect("it can be read");
    });
}

#[test]
fn sessions_found_by_one_statement_are_those_that_have_not_ended() {
    run(Backend::Postgres, |app| async move {
        let (now, client, owner) = (app.clock.now(), app.web("openid").await.id, app.user("alice").await);
        let of = Setting { now, client, owner };
        let work = move |connection: &mut AnyConnection| -> Result<(), StoreError> {
            for (name, idle, end) in [("open", 10, 20), ("idle", 5, 20), ("over", 10, 5)] {
                let (idle_expires_at, expires_at) = (now + idle, now + end);
                sessions::insert(connection, &StoredSession { idle_expires_at, expires_at, ..of.session(name) })?;
            }
            let asked = ["idle", "open", "unknown", "over"].map(|name| (Digest::of(name), now + 5));
            let found = sessions::find_each(connection, &asked)?;
            let found = found.into_iter().map(|each| Ok(each?.map(|session| session.id)));
            let found = found.collect::<Result<Vec<_>, StoreError>>()?;
            assert_eq!(found, [None, Some("open".to_owned()), None, None]);
            Ok(())
        };
        app.app.store.read(work).await.expect("it can be read");
    });
}

#[test]
fn what_another_holds_is_left_out_at_once() {
    run(Backend::Postgres, |app| async move {
        app.scope("reports").await;
        let (now, client, owner) = (app.clock.now(), app.web("openid").await.id, app.user("alice").await);
        let (another, bob) = (app.web("openid").await.id, app.user("bob").await);
        let of = Setting { now, client, owner };
        let token = |number: i64| Digest::of(&format!("refresh {number}"));
        let DatabaseUrl::Postgres(url) = app.config.database.clone() else { panic!("it is PostgreSQL") };
        let work = move |connection: &mut AnyConnection| -> Result<(), StoreError> {
            sessions::insert(connection, &of.session("held"))?;
            let (mut in_session, mut of_client, mut of_bob) = (of.redemption(2), of.redemption(3), of.redemption(4));
            in_session.session = Some("held".into());
            of_client.redeemed.grant.client_id.clone_from(&another);
            of_bob.redeemed.grant.owner_id = Some(bob.clone());
            let redemptions = [of.redemption(1), in_session, of_client, of_bob, of.redemption(5)];
            for number in 1..=5 {
                let mut code = of.code(number, "openid");
                code.client_id.clone_from(if number == 3 { &another } else { &of.client });
                code.owner_id.clone_from(if number == 4 { &bob } else { &of.owner });
                authorization_codes::insert(connection, &Digest::of(&format!("code {number}")), &code)?;
            }
            for number in 11..=13 {
                grants::insert(connection, &NewGrant { created_at: now - 1000, ..of.grant(number) })?;
                refresh_tokens::insert(connection, &token(number), GrantId::from_stored(number), now, now + 100)?;
            }
            let refreshes = [11, 12, 13].map(|number| Refreshed {
                digest: token(number),
                grant_id: GrantId::from_stored(number),
                now,
                notes_use: true,
                access_token: Some(of.token(number)),
                next: Next::Succeeded(Digest::of(&format!("successor {number}")), now + 900),
            });
            let mut holder = PgConnection::establish(&url).expect("a connection");
            holder.batch_execute("BEGIN").expect("it begins");
            let mut hold = |row: String| {
                diesel::sql_query(format!("SELECT 1 FROM {row} FOR UPDATE")).execute(&mut holder).expect("it is there")
            };
            hold("authorization_codes WHERE grant_id = 1".into());
            hold("browser_sessions WHERE id = 'held'".into());
            hold(format!("clients WHERE id = '{another}'"));
            hold(format!("resource_owners WHERE id = '{bob}'"));
            hold("refresh_tokens WHERE grant_id = 11".into());
            hold("grants WHERE id = 12".into());
            connection.batch_execute("SET lock_timeout = 1")?;
            let outcomes = redemptions::settle_each(connection, &redemptions)?;
            assert_eq!(settled(outcomes)?, [false, false, false, false, true]);
            let outcomes = refreshes::settle_each(connection, &refreshes)?;
            assert_eq!(settled(outcomes)?, [false, true, true]);
            // Where somebody holds the grant, only the note of its use is left out.
            let used = [11, 12, 13].map(|id| grants::find(connection, GrantId::from_stored(id)));
            let used = used.map(|found| found.map(|found| found.map(|grant| grant.last_used_at - now)));
            assert_eq!(used, [Ok(Some(-1000)), Ok(Some(-1000)), Ok(Some(0))]);
            Ok(())
        };
        app.app.store.read(work).await.expect("it can be read");
    });
}

#[test]
fn who_is_settled_with_others_waits_for_nothing_that_somebody_holds() {
    run(Backend::Postgres, |app| async move {
        app.scope("reports").await;
        let client = app.native("reports").await;
        let mut first = Vec::new();
        for name in NAMES {
            app.user(name).await;
            first.push(tokens(&app, &client, "reports", name).await.text("refresh_token"));
        }
        let DatabaseUrl::Postgres(url) = &app.config.database else { panic!("it is PostgreSQL") };
        let mut holder = PgConnection::establish(url).expect("a connection");
        holder.batch_execute("BEGIN").expect("it begins");
        diesel::sql_query("SELECT 1 FROM refresh_tokens WHERE digest = $1 FOR UPDATE")
            .bind::<diesel::sql_types::Binary, _>(Digest::of(&first[0]).as_bytes().to_vec())
            .execute(&mut holder)
            .expect("it holds a token");
        let refresh = |token: &str| {
            let (http, client, token) = (app.http.clone(), client.clone(), token.to_owned());
            async move {
                let form = [("grant_type", "refresh_token"), ("refresh_token", &*token)];
                http.as_client(&client, "/oauth2/token", &form).await
            }
        };
        let held = tokio::spawn(refresh(&first[0]));
        let others: JoinSet<_> = first[1..].iter().map(|token| refresh(token)).collect();
        for other in others.join_all().await {
            assert_eq!(other.status, 200);
        }
        until_blocked(url, 1).await;
        holder.batch_execute("ROLLBACK").expect("it lets go");
        assert_eq!(held.await.expect("it is answered").status, 200);
    });
}
