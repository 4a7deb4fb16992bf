//! The two schemas: the same tables, columns and indexes on SQLite and PostgreSQL, and a way down and up again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::sql_types::{Bool, Text};
use diesel::{PgConnection, QueryableByName, RunQueryDsl, SqliteConnection};
use grantor::config::database_url::DatabaseUrl;
use grantor::store::connection::{AnyConnection, Manager};
use grantor::store::migrate;

use crate::support::postgres;

/// diesel's own table of applied migrations.
const NOT_OURS: &str = "__diesel_schema_migrations";

/// What has to be the same. Types are not: they go by other names on each database.
#[derive(Debug, PartialEq, Eq)]
struct Schema {
    /// `table.column`, and whether it may be NULL.
    columns: BTreeMap<String, bool>,
    /// `table.index`, for those that we named.
    indexes: BTreeSet<String>,
}

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Bool)]
    is_nullable: bool,
}

#[derive(QueryableByName)]
struct Index {
    #[diesel(sql_type = Text)]
    name: String,
}

fn migrated(url: DatabaseUrl) -> AnyConnection {
    let mut connection = Manager::new(url).open().expect("the database opens");
    let applied = migrate::run(&mut connection).expect("the migrations apply");
    assert!(!applied.is_empty(), "a new database lacks every migration");
    assert_eq!(migrate::pending(&mut connection), Ok(Vec::new()));
    connection
}

fn sqlite(directory: &Path) -> SqliteConnection {
    match migrated(DatabaseUrl::Sqlite(directory.join("schema.db"))) {
        AnyConnection::Sqlite(connection) => connection,
        AnyConnection::Postgres(_) => unreachable!("the URL names SQLite"),
    }
}

fn schema(columns: Vec<Column>, indexes: Vec<Index>) -> Schema {
    Schema {
        columns: columns.into_iter().map(|column| (column.name, column.is_nullable)).collect(),
        indexes: indexes.into_iter().map(|index| index.name).collect(),
    }
}

fn of_sqlite(connection: &mut SqliteConnection) -> Schema {
    // A column of a primary key counts as NOT NULL, as PostgreSQL has it.
    let columns = diesel::sql_query(format!(
        "SELECT t.name || '.' || c.name AS name, c.\"notnull\" = 0 AND c.pk = 0 AS is_nullable
         FROM sqlite_master t, pragma_table_info(t.name) c
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name <> '{NOT_OURS}'"
    ));
    let indexes = diesel::sql_query(
        "SELECT tbl_name || '.' || name AS name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
    );
    schema(columns.load(connection).expect("SQLite tells"), indexes.load(connection).expect("SQLite tells"))
}

fn of_postgres(connection: &mut PgConnection) -> Schema {
    let columns = diesel::sql_query(format!(
        "SELECT table_name || '.' || column_name AS name, is_nullable = 'YES' AS is_nullable
         FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> '{NOT_OURS}'"
    ));
    // What a constraint made has a name that PostgreSQL chose.
    let indexes = diesel::sql_query(format!(
        "SELECT t.relname || '.' || i.relname AS name
         FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
         JOIN pg_namespace n ON n.oid = t.relnamespace
         WHERE n.nspname = 'public' AND t.relname <> '{NOT_OURS}'
           AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = x.indexrelid AND c.contype IN ('p', 'u', 'x'))"
    ));
    schema(columns.load(connection).expect("PostgreSQL tells"), indexes.load(connection).expect("PostgreSQL tells"))
}

#[test]
fn both_databases_have_the_same_tables_columns_and_indexes() {
    let Some(cluster) = postgres::cluster_or_skip() else { return };
    let directory = tempfile::tempdir().expect("a temporary directory");
    let url = cluster.create_database();
    let AnyConnection::Postgres(mut on_postgres) = migrated(DatabaseUrl::Postgres(url.clone())) else {
        unreachable!("the URL names PostgreSQL")
    };
    let (left, right) = (of_sqlite(&mut sqlite(directory.path())), of_postgres(&mut on_postgres));
    drop(on_postgres);
    cluster.drop_database(&url);

    assert!(left.columns.len() > 50 && !left.indexes.is_empty(), "that is not our schema: {left:#?}");
    let columns = |schema: &Schema| schema.columns.clone().into_iter().collect::<BTreeSet<_>>();
    let (ours, theirs) = (columns(&left), columns(&right));
    assert!(
        ours == theirs,
        "columns, and whether they may be NULL, that only one has: SQLite {:?}, PostgreSQL {:?}",
        ours.difference(&theirs).collect::<Vec<_>>(),
        theirs.difference(&ours).collect::<Vec<_>>()
    );
    assert_eq!(left.indexes, right.indexes, "SQLite (left), PostgreSQL (right)");
}

#[test]
fn a_migration_goes_down_and_up_again() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut connection = sqlite(directory.path());
    let before = of_sqlite(&mut connection);
    let mut folders = migrations("sqlite");
    folders.reverse();
    for name in &folders {
        let down = fs::read_to_string(folder("sqlite").join(name).join("down.sql")).expect("down.sql is there");
        connection.batch_execute(&down).unwrap_or_else(|error| panic!("{name}/down.sql: {error}"));
    }
    let between = of_sqlite(&mut connection);
    assert!(between.columns.is_empty() && between.indexes.is_empty(), "down.sql leaves {between:?}");
    connection.batch_execute(&format!("DELETE FROM {NOT_OURS}")).expect("diesel's table is there");

    let mut connection = AnyConnection::Sqlite(connection);
    let applied = migrate::run(&mut connection).expect("the migrations apply again");
    assert_eq!(applied.len(), folders.len());
    let AnyConnection::Sqlite(mut connection) = connection else { unreachable!("it was SQLite") };
    assert_eq!(of_sqlite(&mut connection), before);
}

#[test]
fn every_migration_is_there_for_both_databases_and_both_ways() {
    let names = migrations("sqlite");
    assert!(!names.is_empty());
    assert_eq!(names, migrations("postgres"), "migrations/sqlite (left), migrations/postgres (right)");
    for (database, name) in ["sqlite", "postgres"].iter().flat_map(|each| names.iter().map(move |name| (each, name))) {
        for file in ["up.sql", "down.sql"] {
            let path = folder(database).join(name).join(file);
            assert!(path.is_file(), "{} is missing", path.display());
        }
    }
}

pub fn folder(database: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(database)
}

/// The names of the migrations, oldest first.
pub fn migrations(database: &str) -> Vec<String> {
    let entries = fs::read_dir(folder(database)).expect("the folder is in the repository").filter_map(Result::ok);
    let mut names: Vec<String> = entries
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
