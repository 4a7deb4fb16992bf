//! What pending migrations will do and how long they will keep others waiting, read from their SQL.
//!
//! An estimate, from the number of rows in the tables that a statement goes through and from rates assumed for a
//! machine with a good SSD ([`BASIS`]). Statements that touch no rows (a table made, a column with a constant default) are
//! done at once whatever the size of the database.

use diesel::sql_types::{BigInt, Nullable, Text};
use diesel::{QueryResult, QueryableByName, RunQueryDsl};

use crate::store::connection::AnyConnection;

/// Where the rates come from, for who reads the estimate.
pub const BASIS: &str = "rates assumed for a 2-core machine with an SSD (SQLite: index 700,000 rows/s, rewrite 400,000 rows/s; \
    PostgreSQL: index 900,000 rows/s, rewrite 150,000 rows/s); a cold cache or a slow disk can make it several times that";

/// The files of `migrations/`.
#[derive(rust_embed::Embed)]
#[folder = "migrations"]
struct Files;

/// One migration.
#[derive(Debug)]
pub struct Planned {
    pub name: String,
    pub steps: Vec<Step>,
}

/// One statement.
#[derive(Debug)]
pub struct Step {
    /// In words.
    pub does: String,
    /// How many rows it goes through, where it goes through any.
    pub rows: i64,
    /// What it keeps from others meanwhile.
    pub lock: String,
    pub seconds: f64,
}

impl Planned {
    pub fn seconds(&self) -> f64 {
        self.steps.iter().map(|step| step.seconds).sum()
    }
}

/// What [`run`](super::run) would do.
pub fn of(connection: &mut AnyConnection) -> Result<Vec<Planned>, String> {
    let database = match connection {
        #[cfg(feature = "sqlite")]
        AnyConnection::Sqlite(_) => Database::Sqlite,
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(_) => Database::Postgres,
    };
    let mut plan = Vec::new();
    for name in super::pending(connection)? {
        let path = format!("{}/{name}/up.sql", database.folder());
        let file = Files::get(&path).ok_or_else(|| format!("{path} is not in this program"))?;
        let sql = String::from_utf8_lossy(&file.data).into_owned();
        let mut steps = Vec::new();
        for statement in statements(&sql) {
            let what = Statement::read(&statement);
            let rows = match what.reads() {
                Some(table) => rows(connection, table).map_err(|error| error.to_string())?.unwrap_or(0),
                None => 0,
            };
            steps.push(what.step(database, rows));
        }
        plan.push(Planned { name, steps });
    }
    Ok(plan)
}

/// How many rows a table has, about; `None` when it is not there.
pub(super) fn rows(connection: &mut AnyConnection, table: &str) -> QueryResult<Option<i64>> {
    #[derive(QueryableByName)]
    struct Number {
        #[diesel(sql_type = Nullable<BigInt>)]
        number: Option<i64>,
    }
    let is_there = match connection {
        #[cfg(feature = "sqlite")]
        AnyConnection::Sqlite(_) => "SELECT count(*) AS number FROM sqlite_schema WHERE type = 'table' AND name = $1",
        // What the last ANALYZE counted; nothing when there was none.
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(_) => {
            "SELECT max(nullif(reltuples, 0))::bigint AS number FROM pg_class WHERE oid = to_regclass($1)
             HAVING count(*) > 0"
        }
    };
    let found = diesel::sql_query(is_there).bind::<Text, _>(table).load::<Number>(connection)?;
    match found.first().map(|found| found.number) {
        None | Some(Some(0)) => return Ok(None),
        Some(Some(counted)) if counted > 1 => return Ok(Some(counted)),
        Some(_) => {}
    }
    let number =
        diesel::sql_query(format!("SELECT count(*) AS number FROM {table}")).get_result::<Number>(connection)?;
    Ok(number.number)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Database {
    #[cfg(feature = "sqlite")]
    Sqlite,
    #[cfg(feature = "postgres")]
    Postgres,
}

impl Database {
    const fn folder(self) -> &'static str {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite => "sqlite",
            #[cfg(feature = "postgres")]
            Self::Postgres => "postgres",
        }
    }

    /// Rows in a second that an index is built over, and that are written anew.
    const fn rates(self) -> (f64, f64) {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite => (700_000.0, 400_000.0),
            #[cfg(feature = "postgres")]
            Self::Postgres => (900_000.0, 150_000.0),
        }
    }

    /// What a statement that needs `level` on `table` keeps from others until its migration ends.
    #[cfg_attr(not(feature = "postgres"), expect(unused_variables, reason = "SQLite locks the whole database"))]
    fn lock(self, level: Level, table: &str) -> String {
        match (self, level) {
            (_, Level::None) => "nobody waits".to_owned(),
            #[cfg(feature = "sqlite")]
            (Self::Sqlite, _) => "all writing waits, reading goes on".to_owned(),
            #[cfg(feature = "postgres")]
            (Self::Postgres, Level::Everything) => format!("ACCESS EXCLUSIVE on {table}: reading and writing it wait"),
            #[cfg(feature = "postgres")]
            (Self::Postgres, Level::Writing) => format!("SHARE on {table}: writing it waits"),
            #[cfg(feature = "postgres")]
            (Self::Postgres, Level::Rows) => format!("ROW EXCLUSIVE on {table}: writing the same rows waits"),
            #[cfg(feature = "postgres")]
            (Self::Postgres, Level::Beside) => format!("SHARE UPDATE EXCLUSIVE on {table}: nobody waits"),
        }
    }

    /// What a statement keeps from others, until its migration ends, in the tables that its foreign keys point to: these get
    /// triggers.
    #[cfg_attr(not(feature = "postgres"), expect(unused_variables, reason = "SQLite locks the whole database"))]
    fn lock_of_referenced(self, tables: &[&str]) -> Option<String> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite => None,
            #[cfg(feature = "postgres")]
            Self::Postgres => {
                let them = if tables.len() == 1 { "it" } else { "them" };
                let lock = || format!("SHARE ROW EXCLUSIVE on {}: writing {them} waits", tables.join(", "));
                (!tables.is_empty()).then(lock)
            }
        }
    }
}

/// What others cannot do to a table meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    None,
    Beside,
    Rows,
    Writing,
    Everything,
}

/// A statement, as far as its cost depends on it.
#[derive(Debug, PartialEq, Eq)]
enum Statement<'a> {
    CreateTable {
        table: &'a str,
        /// The other tables that its foreign keys point to.
        refers_to: Vec<&'a str>,
    },
    AddColumn {
        table: &'a str,
        column: &'a str,
        refers_to: Vec<&'a str>,
    },
    CreateIndex {
        index: &'a str,
        table: &'a str,
        is_beside: bool,
    },
    Update {
        table: &'a str,
    },
    Delete {
        table: &'a str,
    },
    /// From a table when it copies one.
    Insert {
        table: &'a str,
        from: Option<&'a str>,
    },
    /// Another change of a table, which may have to write it anew.
    AlterTable {
        table: &'a str,
        refers_to: Vec<&'a str>,
    },
    DropTable {
        table: &'a str,
    },
    DropIndex {
        index: &'a str,
        is_beside: bool,
    },
    Other(&'a str),
}

impl<'a> Statement<'a> {
    /// Reads a statement without comments and with one space between words.
    fn read(text: &'a str) -> Self {
        let words: Vec<&str> = text.split([' ', '(', ',']).filter(|word| !word.is_empty()).collect();
        let is = |at: usize, word: &str| words.get(at).is_some_and(|each| each.eq_ignore_ascii_case(word));
        let word = |at: usize| words.get(at).copied().unwrap_or_default();
        let after = |name: &str| words.iter().position(|each| each.eq_ignore_ascii_case(name)).map(|at| word(at + 1));
        // Past the words that may stand between CREATE or DROP and the name.
        let named = |from: usize| {
            let noise = ["IF", "NOT", "EXISTS", "CONCURRENTLY", "ONLY"];
            words.iter().skip(from).find(|each| !noise.iter().any(|noise| each.eq_ignore_ascii_case(noise))).copied()
        };
        let is_beside = words.iter().any(|each| each.eq_ignore_ascii_case("CONCURRENTLY"));
        let refers_to = |table: &str| {
            let mut others = Vec::new();
            for (at, _) in words.iter().enumerate().filter(|(_, each)| each.eq_ignore_ascii_case("REFERENCES")) {
                let other = word(at + 1).trim_end_matches(')');
                if other != table && !others.contains(&other) {
                    others.push(other);
                }
            }
            others
        };
        if is(0, "CREATE") && is(1, "TABLE") {
            let table = named(2).unwrap_or_default();
            Self::CreateTable { table, refers_to: refers_to(table) }
        } else if is(0, "CREATE") && (is(1, "INDEX") || is(1, "UNIQUE") && is(2, "INDEX")) {
            let index = named(if is(1, "INDEX") { 2 } else { 3 }).unwrap_or_default();
            Self::CreateIndex { index, table: after("ON").unwrap_or_default(), is_beside }
        } else if is(0, "ALTER") && is(1, "TABLE") {
            let table = named(2).unwrap_or_default();
            match after("ADD").filter(|next| next.eq_ignore_ascii_case("COLUMN")) {
                Some(_) => {
                    let at = words.iter().position(|each| each.eq_ignore_ascii_case("COLUMN")).unwrap_or_default();
                    Self::AddColumn { table, column: named(at + 1).unwrap_or_default(), refers_to: refers_to(table) }
                }
                None => Self::AlterTable { table, refers_to: refers_to(table) },
            }
        } else if is(0, "UPDATE") {
            Self::Update { table: word(1) }
        } else if is(0, "DELETE") {
            Self::Delete { table: word(2) }
        } else if is(0, "INSERT") {
            Self::Insert { table: word(2), from: after("FROM") }
        } else if is(0, "DROP") && is(1, "TABLE") {
            Self::DropTable { table: named(2).unwrap_or_default() }
        } else if is(0, "DROP") && is(1, "INDEX") {
            Self::DropIndex { index: named(2).unwrap_or_default(), is_beside }
        } else {
            Self::Other(text)
        }
    }

    /// The table whose rows it goes through.
    fn reads(&self) -> Option<&'a str> {
        match self {
            Self::CreateIndex { table, .. }
            | Self::Update { table }
            | Self::Delete { table }
            | Self::AlterTable { table, .. } => Some(table),
            Self::Insert { from, .. } => *from,
            Self::CreateTable { .. }
            | Self::AddColumn { .. }
            | Self::DropTable { .. }
            | Self::DropIndex { .. }
            | Self::Other(_) => None,
        }
    }

    /// The other tables that its foreign keys point to.
    fn refers_to(&self) -> &[&'a str] {
        match self {
            Self::CreateTable { refers_to, .. }
            | Self::AddColumn { refers_to, .. }
            | Self::AlterTable { refers_to, .. } => refers_to,
            _ => &[],
        }
    }

    fn step(&self, database: Database, rows: i64) -> Step {
        let (index_rate, rewrite_rate) = database.rates();
        let (does, level, table, rate) = match *self {
            Self::CreateTable { table, .. } => (format!("creates table {table}"), Level::None, table, None),
            Self::AddColumn { table, column, .. } => {
                (format!("adds column {column} to {table}"), Level::Everything, table, None)
            }
            Self::CreateIndex { index, table, is_beside } => {
                let level = if is_beside { Level::Beside } else { Level::Writing };
                (format!("builds index {index} on {table}"), level, table, Some(index_rate))
            }
            Self::Update { table } => (format!("rewrites rows of {table}"), Level::Rows, table, Some(rewrite_rate)),
            Self::Delete { table } => (format!("deletes rows of {table}"), Level::Rows, table, Some(rewrite_rate)),
            Self::Insert { table, from: None } => (format!("inserts rows into {table}"), Level::Rows, table, None),
            Self::Insert { table, from: Some(from) } => {
                (format!("inserts rows into {table} from {from}"), Level::Rows, table, Some(rewrite_rate))
            }
            Self::AlterTable { table, .. } => {
                (format!("changes table {table}"), Level::Everything, table, Some(rewrite_rate))
            }
            Self::DropTable { table } => (format!("drops table {table}"), Level::Everything, table, None),
            Self::DropIndex { index, is_beside } => {
                let level = if is_beside { Level::Beside } else { Level::Everything };
                (format!("drops index {index}"), level, "its table", None)
            }
            Self::Other(text) => (format!("runs: {text}"), Level::Everything, "what it names", None),
        };
        let seconds = rate.map_or(0.0, |rate| rows as f64 / rate);
        let lock = match (level, database.lock_of_referenced(self.refers_to())) {
            (_, None) => database.lock(level, table),
            (Level::None, Some(others)) => others,
            (_, Some(others)) => format!("{}; {others}", database.lock(level, table)),
        };
        Step { does, rows, lock, seconds }
    }
}

/// The statements of a migration on PostgreSQL.
#[cfg(feature = "postgres")]
pub(super) fn statements_of(name: &str) -> Result<Vec<String>, String> {
    let path = format!("{}/{name}/up.sql", Database::Postgres.folder());
    let file = Files::get(&path).ok_or_else(|| format!("{path} is not in this program"))?;
    Ok(statements(&String::from_utf8_lossy(&file.data)))
}

/// The statements of a file, without comments, each on one line.
fn statements(sql: &str) -> Vec<String> {
    let text = sql.lines().map(without_comment).collect::<Vec<_>>().join(" ");
    // A quote inside a string is two.
    let mut is_quoted = false;
    let ends = |c| {
        is_quoted ^= c == '\'';
        c == ';' && !is_quoted
    };
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.split(ends).map(one_line).filter(|text| !text.is_empty()).collect()
}

fn without_comment(line: &str) -> &str {
    let is_quoted = |at: usize| line[..at].matches('\'').count() % 2 == 1;
    line.match_indices("--").find(|(at, _)| !is_quoted(*at)).map_or(line, |(at, _)| &line[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_told_apart() {
        let sql = "-- The first; one.\nCREATE TABLE a (\n    b TEXT DEFAULT ';' -- why\n);\nUPDATE a SET b = 'it''s';";
        assert_eq!(statements(sql), ["CREATE TABLE a ( b TEXT DEFAULT ';' )", "UPDATE a SET b = 'it''s'"]);
    }

    #[test]
    fn a_statement_is_known_by_what_it_costs() {
        let read = Statement::read;
        let made = |refers_to| Statement::CreateTable { table: "a", refers_to };
        assert_eq!(read("CREATE TABLE IF NOT EXISTS a (b TEXT)"), made(Vec::new()));
        let referring = "CREATE TABLE a (b TEXT REFERENCES c (d), e TEXT references f(g), h TEXT REFERENCES c, \
                         i TEXT REFERENCES a)";
        assert_eq!(read(referring), made(vec!["c", "f"]), "each other table once");
        let built = |is_beside| Statement::CreateIndex { index: "i", table: "a", is_beside };
        assert_eq!(read("CREATE UNIQUE INDEX i ON a (b) WHERE c IS NULL"), built(false));
        assert_eq!(read("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON a(b)"), built(true));
        let added = |refers_to| Statement::AddColumn { table: "a", column: "b", refers_to };
        assert_eq!(read("ALTER TABLE a ADD COLUMN b TEXT NOT NULL DEFAULT ''"), added(Vec::new()));
        assert_eq!(read("ALTER TABLE a ADD COLUMN b TEXT REFERENCES c(d)"), added(vec!["c"]));
        let changed = |refers_to| Statement::AlterTable { table: "a", refers_to };
        assert_eq!(read("ALTER TABLE a ALTER COLUMN b TYPE TEXT"), changed(Vec::new()));
        assert_eq!(read("ALTER TABLE a ADD CONSTRAINT e FOREIGN KEY (b) REFERENCES c (d)"), changed(vec!["c"]));
        assert_eq!(read("UPDATE a SET b = 1"), Statement::Update { table: "a" });
        let copied = Statement::Insert { table: "a", from: Some("c") };
        assert_eq!(read("INSERT INTO a (b) SELECT b FROM c WHERE d"), copied);
        assert_eq!(read("INSERT INTO a (b) VALUES (1)"), Statement::Insert { table: "a", from: None });
        let dropped = Statement::DropIndex { index: "i", is_beside: true };
        assert_eq!(read("DROP INDEX CONCURRENTLY IF EXISTS i"), dropped);
        assert_eq!(read("DROP INDEX i"), Statement::DropIndex { index: "i", is_beside: false });
        assert_eq!(read("VACUUM"), Statement::Other("VACUUM"));
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn a_foreign_key_keeps_from_writing_what_it_points_to() {
        let lock = |statement| Statement::read(statement).step(Database::Postgres, 0).lock;
        assert_eq!(lock("CREATE TABLE a (b TEXT REFERENCES a)"), "nobody waits");
        assert_eq!(lock("CREATE TABLE a (b TEXT REFERENCES c)"), "SHARE ROW EXCLUSIVE on c: writing it waits");
        assert_eq!(
            lock("CREATE TABLE a (b TEXT REFERENCES c, d TEXT REFERENCES e (f))"),
            "SHARE ROW EXCLUSIVE on c, e: writing them waits"
        );
        assert_eq!(
            lock("ALTER TABLE a ADD COLUMN b TEXT REFERENCES c (d)"),
            "ACCESS EXCLUSIVE on a: reading and writing it wait; SHARE ROW EXCLUSIVE on c: writing it waits"
        );
    }

    #[test]
    fn every_migration_can_be_read() {
        for path in Files::iter().filter(|path| path.ends_with("up.sql")) {
            let file = Files::get(&path).expect("it was listed");
            for statement in statements(&String::from_utf8_lossy(&file.data)) {
                assert!(!matches!(Statement::read(&statement), Statement::Other(_)), "{path}: {statement}");
            }
        }
    }
}
