//! `grantor backup FILE`: a consistent copy of a live SQLite database.

use std::path::Path;

use crate::config::Config;
use crate::config::database_url::DatabaseUrl;
use crate::store::backup;

pub fn run(config: &Config, file: &Path) -> Result<(), String> {
    match &config.database {
        DatabaseUrl::Sqlite(database) => backup::copy(database, file),
        DatabaseUrl::Postgres(_) => Err(format!(
            "backup copies an SQLite database. For PostgreSQL: pg_dump --format=custom --file={:?} \"$DATABASE_URL\"",
            file.display().to_string()
        )),
    }
}
