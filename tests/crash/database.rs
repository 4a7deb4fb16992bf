//! What the database holds at the end, without asking the server.

use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use diesel::sql_types::{BigInt, Text};
use grantor::config::database_url::DatabaseUrl;
use grantor::store::connection::{AnyConnection, Manager};
use grantor::store::migrate;

use crate::support::postgres::room;

/// Each counts what must not be.
const NEVER: &[(&str, &str)] = &[
    (
        "families with two living ends",
        "SELECT count(*) FROM (SELECT grant_id FROM refresh_tokens WHERE rotated_at IS NULL GROUP BY grant_id \
         HAVING count(*) > 1) AS families",
    ),
    (
        "rotated refresh tokens without their successor",
        "SELECT count(*) FROM refresh_tokens AS old LEFT JOIN refresh_tokens AS new ON new.digest = old.successor \
         WHERE old.rotated_at IS NOT NULL AND (new.digest IS NULL OR new.grant_id <> old.grant_id)",
    ),
    (
        "redeemed codes without their grant",
        "SELECT count(*) FROM authorization_codes AS code LEFT JOIN grants ON grants.id = code.grant_id \
         WHERE code.redeemed_at IS NOT NULL AND grants.id IS NULL",
    ),
    (
        "grants of unredeemed codes",
        "SELECT count(*) FROM authorization_codes AS code JOIN grants ON grants.id = code.grant_id \
         WHERE code.redeemed_at IS NULL",
    ),
    (
        "grants that the audit log does not know, and the other way round",
        "SELECT abs((SELECT count(*) FROM grants) - (SELECT count(*) FROM audit_log WHERE action = 'grant.issued'))",
    ),
    (
        "revoked grants that the audit log does not know, and the other way round",
        "SELECT abs((SELECT count(*) FROM grants WHERE revoked_at IS NOT NULL) \
         - (SELECT count(*) FROM audit_log WHERE action = 'grant.revoked'))",
    ),
];

#[track_caller]
pub fn check(database: &str) {
    let url = DatabaseUrl::parse(database).expect("a database");
    let mut connection = Manager::new(url).open().expect("the database opens");
    for (what, query) in NEVER {
        let found: i64 = diesel::dsl::sql::<BigInt>(query).get_result(&mut connection).expect(what);
        assert_eq!(found, 0, "{what}");
    }
    if let AnyConnection::Sqlite(sqlite) = &mut connection {
        let mut lines = |query: &str| -> Vec<String> {
            diesel::dsl::sql::<Text>(query).load(&mut *sqlite).expect("the file can be read")
        };
        assert_eq!(lines("PRAGMA integrity_check"), ["ok"]);
        let strays = lines("SELECT \"table\" FROM pragma_foreign_key_check");
        assert!(strays.is_empty(), "rows that point at nothing, in {strays:?}");
    }
}

#[test]
#[should_panic(expected = "rows that point at nothing, in [\"client_secrets\"]")]
fn a_row_that_points_at_nothing_is_found() {
    let directory = tempfile::tempdir_in(room()).expect("a temporary directory");
    let database = directory.path().join("grantor.db").display().to_string();
    let mut connection = Manager::new(DatabaseUrl::parse(&database).expect("a database")).open().expect("it opens");
    migrate::run(&mut connection).expect("the migrations fit");
    let stray = "PRAGMA foreign_keys = OFF; \
         INSERT INTO client_secrets (id, client_id, digest, created_at) VALUES ('s', 'nobody', x'00', 0)";
    connection.batch_execute(stray).expect("a row");
    check(&database);
}
