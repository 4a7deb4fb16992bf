//! Which database: a SQLite file or a PostgreSQL server.
//!
//! Only spellings that cannot be mistaken are accepted. Left to itself, diesel takes `postgres:foo` or `host=db` for
//! the name of a SQLite file and creates it.

use std::fmt;
use std::path::PathBuf;

/// Where the data is. Neither `Display` nor `Debug` prints a password.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file, relative to the working directory unless absolute.
    Sqlite(PathBuf),
    /// A connection URL as libpq takes it, password included.
    Postgres(String),
}

/// Why a string names no database. `Display` says what to write instead, and nothing of what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseUrlError {
    /// None of the accepted forms.
    Form,
    /// SQLite in memory: each connection would have a database of its own.
    InMemory,
    /// SQLite with `?` parameters, which we set ourselves.
    Parameters,
    /// This build has no SQLite or no PostgreSQL.
    NotBuiltIn(&'static str),
    /// TLS is asked for, and this build has none.
    NoTls,
}

impl std::error::Error for DatabaseUrlError {}

impl fmt::Display for DatabaseUrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => f.write_str(
                "this is no database; write a file name such as grantor.db, sqlite://PATH, or \
                 postgres://USER:PASSWORD@HOST/NAME",
            ),
            Self::InMemory => f.write_str("SQLite in memory is not supported; write the name of a file"),
            Self::Parameters => f.write_str("a SQLite file takes no parameters; leave out ? and what follows"),
            Self::NotBuiltIn(feature) => {
                write!(f, "this Grantor was built without the feature {feature}; build it with --features {feature}")
            }
            Self::NoTls => f.write_str(
                "sslmode asks for TLS, and this Grantor was built without the feature postgres-tls; build it with \
                 --features postgres-tls, or write sslmode=disable if the network is yours",
            ),
        }
    }
}

impl DatabaseUrl {
    /// Parses `sqlite://path`, `sqlite:path`, a plain path, `postgres://…` or `postgresql://…`. Paths are taken as they
    /// are, without percent-decoding.
    pub fn parse(text: &str) -> Result<Self, DatabaseUrlError> {
        Self::parse_with(text, cfg!(feature = "postgres-tls"))
    }

    fn parse_with(text: &str, has_tls: bool) -> Result<Self, DatabaseUrlError> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            built_in("postgres", cfg!(feature = "postgres"))?;
            if !has_tls && asks_for_tls(text) {
                return Err(DatabaseUrlError::NoTls);
            }
            return Ok(Self::Postgres(text.to_owned()));
        }
        let path = match text.strip_prefix("sqlite:") {
            Some(path) => path.strip_prefix("//").unwrap_or(path),
            // A colon would be another scheme, an equals sign libpq's other syntax.
            None if text.contains([':', '=']) && text != ":memory:" => return Err(DatabaseUrlError::Form),
            None => text,
        };
        if path.contains('?') {
            return Err(DatabaseUrlError::Parameters);
        }
        if path == ":memory:" {
            return Err(DatabaseUrlError::InMemory);
        }
        if path.trim().is_empty() || path.ends_with('/') || path.contains('\0') {
            return Err(DatabaseUrlError::Form);
        }
        built_in("sqlite", cfg!(feature = "sqlite"))?;
        Ok(Self::Sqlite(path.into()))
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Self::Postgres(url) => f.write_str(&redacted(url)),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

fn built_in(feature: &'static str, is_built_in: bool) -> Result<(), DatabaseUrlError> {
    if is_built_in { Ok(()) } else { Err(DatabaseUrlError::NotBuiltIn(feature)) }
}

/// libpq would answer these modes with an error about a build of its own.
fn asks_for_tls(url: &str) -> bool {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    url::form_urlencoded::parse(query.as_bytes())
        .any(|(name, value)| name == "sslmode" && matches!(&*value, "require" | "verify-ca" | "verify-full"))
}

/// The URL with `***` in place of passwords. Rather too much is covered than too little: an unescaped `@`, `/` or `?`
/// may be part of a password.
fn redacted(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
    let rest = match rest.rsplit_once('@') {
        Some((user, host)) => match user.split_once(':') {
            Some((user, _)) => format!("{user}:***@{host}"),
            None => rest.to_owned(),
        },
        None => rest.to_owned(),
    };
    let Some((before, query)) = rest.split_once('?') else { return format!("{scheme}://{rest}") };
    let parameters: Vec<String> = query
        .split('&')
        .map(|parameter| match parameter.split_once('=') {
            Some((name, _)) if name.to_ascii_lowercase().contains("pass") || name.contains('%') => {
                format!("{name}=***")
            }
            _ => parameter.to_owned(),
        })
        .collect();
    format!("{scheme}://{before}?{}", parameters.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(feature = "sqlite")]
    fn sqlite_files_are_named_in_three_ways() {
        for (text, path) in [
            ("grantor.db", "grantor.db"),
            ("/var/lib/grantor/grantor.db", "/var/lib/grantor/grantor.db"),
            ("sqlite:grantor.db", "grantor.db"),
            ("sqlite://data/grantor.db", "data/grantor.db"),
            ("sqlite:///var/lib/grantor.db", "/var/lib/grantor.db"),
        ] {
            assert_eq!(DatabaseUrl::parse(text), Ok(DatabaseUrl::Sqlite(path.into())), "{text}");
        }
    }

    #[test]
    fn what_could_be_mistaken_for_a_file_is_refused() {
        use DatabaseUrlError::{Form, InMemory, Parameters};
        for (text, error) in [
            ("", Form),
            ("  ", Form),
            ("data/", Form),
            ("sqlite://", Form),
            ("mysql://localhost/grantor", Form),
            ("postgres:foo", Form),
            ("postgresql:/foo", Form),
            ("host=db user=grantor", Form),
            ("file:grantor.db", Form),
            (":memory:", InMemory),
            ("sqlite::memory:", InMemory),
            ("sqlite://:memory:", InMemory),
            ("sqlite:grantor.db?mode=ro", Parameters),
            ("grantor.db?vfs", Parameters),
        ] {
            assert_eq!(DatabaseUrl::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    #[cfg(feature = "postgres")]
    fn tls_is_refused_by_a_build_without_it() {
        for mode in ["require", "verify-ca", "verify-full"] {
            let url = format!("postgres://db/grantor?application_name=x&sslmode={mode}");
            assert_eq!(DatabaseUrl::parse_with(&url, false), Err(DatabaseUrlError::NoTls));
            assert!(DatabaseUrl::parse_with(&url, true).is_ok());
        }
        for url in
            ["postgres://db/grantor", "postgresql://db/grantor?sslmode=prefer", "postgres://db/g?sslmode=disable"]
        {
            assert_eq!(DatabaseUrl::parse_with(url, false), Ok(DatabaseUrl::Postgres(url.to_owned())));
        }
    }

    #[test]
    #[cfg(feature = "postgres")]
    fn a_password_is_never_printed() {
        for (url, shown) in [
            ("postgres://grantor:hunter2@db:5432/grantor", "postgres://grantor:***@db:5432/grantor"),
            ("postgres://grantor:hunter2/@?x@db/grantor", "postgres://grantor:***@db/grantor"),
            (
                "postgresql://db/g?user=a&password=hunter2&sslpassword=hunter2",
                "postgresql://db/g?user=a&password=***&sslpassword=***",
            ),
            ("postgres://db/g?p%61ssword=hunter2", "postgres://db/g?p%61ssword=***"),
            ("postgres://grantor@db/grantor", "postgres://grantor@db/grantor"),
        ] {
            let url = DatabaseUrl::parse(url).unwrap();
            assert_eq!(url.to_string(), shown);
            assert!(!format!("{url:?}").contains("hunter2"));
        }
    }
}
