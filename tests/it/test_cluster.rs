//! The tests' own database cluster: isolated, prepared once, and fast enough for a database per test.

use std::thread;

use diesel::connection::SimpleConnection;
use diesel::sql_types::BigInt;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl};

use crate::support::postgres;

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

fn notes(url: &str) -> Result<i64, diesel::result::Error> {
    let mut connection = PgConnection::establish(url).expect("the database accepts connections");
    diesel::sql_query("SELECT count(*) AS count FROM notes").get_result::<Count>(&mut connection).map(|row| row.count)
}

fn write(url: &str, statement: &str) {
    PgConnection::establish(url)
        .expect("the database accepts connections")
        .batch_execute(statement)
        .expect("the statement is right");
}

#[test]
fn databases_are_made_in_parallel_from_one_template_and_do_not_share_rows() {
    let Some(cluster) = postgres::cluster_or_skip() else { return };
    let prepare =
        |url: &str| write(url, "CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('from the template')");
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                let url = cluster.create_database_from("one row", prepare);
                write(&url, "INSERT INTO notes VALUES ('mine')");
                assert_eq!(notes(&url), Ok(2));
                cluster.drop_database(&url);
                assert!(PgConnection::establish(&url).is_err());
            });
        }
    });
}

#[test]
fn a_plain_database_is_empty() {
    let Some(cluster) = postgres::cluster_or_skip() else { return };
    let url = cluster.create_database();
    assert!(notes(&url).is_err());
    cluster.drop_database(&url);
}
