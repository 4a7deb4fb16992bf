//! Settings: where they come from, what they may be, and what they are when nobody says.
//!
//! 1. [`SETTINGS`] names every setting once: environment variable, place in the TOML file, default, meaning. The
//!    README's table and `grantor check-config` are made from it.
//! 2. [`Config::load`] gathers texts, the environment before the file before the default, and refuses names that are
//!    not in the table: a misspelt setting must not silently be its default.
//! 3. The texts are parsed into the typed [`Config`], which everything else takes. Nothing is required to start.
//!
//! An empty environment variable counts as unset, because that is what `NAME=${NAME:-}` in a compose file makes of one.
//! Only [`Config::from_environment`] touches the environment of the process. Loading makes no files:
//! [`SecretKeySource::load`] does, when the server starts.

pub mod database_url;
pub mod secret_key;
pub mod trusted_proxies;

use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt::{self, Write};
use std::io;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use tracing_subscriber::EnvFilter;

use crate::clock::Seconds;
use crate::domain::issuer::Issuer;
use crate::domain::lifetimes::Lifetimes;

use database_url::DatabaseUrl;
use secret_key::{SecretKey, SecretKeySource};
use trusted_proxies::TrustedProxies;

/// The variable that names the file, unless `--config` does.
const CONFIG_VARIABLE: &str = "GRANTOR_CONFIG";
const PREFIX: &str = "GRANTOR_";
/// The name of the file with the secret key, beside the database.
pub const KEY_FILE: &str = "grantor.key";

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The environment variable.
    pub variable: &'static str,
    /// The table in the TOML file.
    pub section: &'static str,
    /// The key in that table.
    pub key: &'static str,
    /// What it is when nobody says, as one would write it; empty if it is then absent or follows from others.
    pub default: &'static str,
    /// What it is for, in a sentence.
    pub about: &'static str,
}

const fn setting(
    variable: &'static str,
    section: &'static str,
    key: &'static str,
    default: &'static str,
    about: &'static str,
) -> Setting {
    Setting { variable, section, key, default, about }
}

/// Every setting, in the order of the file.
#[rustfmt::skip]
pub const SETTINGS: &[Setting] = &[
    setting("GRANTOR_LISTEN", "server", "listen", "127.0.0.1:8080", "Address and port to listen on."),
    setting("GRANTOR_ISSUER", "server", "issuer", "", "The URL by which clients know this server. Default: http://localhost with the port of GRANTOR_LISTEN (https with GRANTOR_TLS_CERT)."),
    setting("GRANTOR_SECRET_KEY", "server", "secret_key", "", "32 or more random bytes in base64; seals private keys and cookies. Default: the content of grantor.key beside the database, made on first start."),
    setting("GRANTOR_TRUSTED_PROXIES", "server", "trusted_proxies", "", "Networks of the reverse proxies whose X-Forwarded-For, X-Forwarded-Proto or Forwarded is believed."),
    setting("GRANTOR_METRICS", "server", "metrics", "loopback", "Who may read /metrics: loopback, or open for everybody."),
    setting("GRANTOR_METRICS_LISTEN", "server", "metrics_listen", "", "A second address and port that serves /metrics alone."),
    setting("DATABASE_URL", "database", "url", "grantor.db", "sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME."),
    setting("GRANTOR_TLS_CERT", "tls", "cert", "", "PEM file with the certificate chain; serves https."),
    setting("GRANTOR_TLS_KEY", "tls", "key", "", "PEM file with the certificate's private key."),
    setting("GRANTOR_HTTP_REDIRECT_LISTEN", "tls", "http_redirect_listen", "", "A second address and port, for http, that sends browsers to the https issuer and does nothing else."),
    setting("GRANTOR_OUTBOUND_CA", "outbound", "ca", "", "PEM file with further authorities for requests that we make."),
    setting("GRANTOR_OUTBOUND_ALLOW_PRIVATE", "outbound", "allow_private", "false", "Let requests that we make reach loopback and private addresses."),
    setting("GRANTOR_REGISTRATION", "registration", "mode", "token", "Dynamic client registration: closed, token (needs an initial access token) or open."),
    setting("GRANTOR_CODE_LIFETIME", "tokens", "code_lifetime", "60", "Seconds an authorization code lives."),
    setting("GRANTOR_ACCESS_TOKEN_LIFETIME", "tokens", "access_token_lifetime", "3600", "Seconds an opaque access token lives."),
    setting("GRANTOR_JWT_ACCESS_TOKEN_LIFETIME", "tokens", "jwt_access_token_lifetime", "600", "Seconds a JWT access token lives, 600 at most."),
    setting("GRANTOR_REFRESH_TOKEN_IDLE_LIFETIME", "tokens", "refresh_token_idle_lifetime", "2592000", "Seconds an unused refresh token lives."),
    setting("GRANTOR_REFRESH_TOKEN_LIFETIME", "tokens", "refresh_token_lifetime", "7776000", "Seconds a refresh token lives in all, however much it is used."),
    setting("GRANTOR_REFRESH_RETRY_SECONDS", "tokens", "refresh_retry_seconds", "10", "Seconds in which a rotated refresh token may be repeated by a client that lost the answer; 0 for never."),
    setting("GRANTOR_ID_TOKEN_LIFETIME", "tokens", "id_token_lifetime", "3600", "Seconds an ID token lives."),
    setting("GRANTOR_PUSHED_REQUEST_LIFETIME", "tokens", "pushed_request_lifetime", "60", "Seconds a pushed authorization request lives."),
    setting("GRANTOR_DEVICE_CODE_LIFETIME", "tokens", "device_code_lifetime", "600", "Seconds a device code and its user code live."),
    setting("GRANTOR_SESSION_IDLE_LIFETIME", "sessions", "idle_lifetime", "43200", "Seconds an unused browser session lives."),
    setting("GRANTOR_SESSION_LIFETIME", "sessions", "lifetime", "604800", "Seconds a browser session lives in all."),
    setting("GRANTOR_KEY_ROTATION_DAYS", "keys", "rotation_days", "90", "Days a signing key signs before the next one does."),
    setting("GRANTOR_BCRYPT_COST", "passwords", "bcrypt_cost", "12", "Work factor of password hashes, 10 or more; each step doubles the time of a login."),
    setting("GRANTOR_RATE_LIMITS", "limits", "rate_limits", "on", "Slow down failed attempts; off for load tests and certification runs."),
    setting("GRANTOR_LOG_FORMAT", "log", "format", "text", "text or json."),
    setting("RUST_LOG", "log", "filter", "info", "What is logged: a level, or directives such as grantor=debug."),
];

/// Everything that an operator can decide.
#[derive(Clone, Debug)]
pub struct Config {
    pub listen: SocketAddr,
    pub issuer: Issuer,
    pub database: DatabaseUrl,
    pub secret_key: SecretKeySource,
    pub tls: Option<Tls>,
    /// Where http is sent to the issuer from.
    pub http_redirect_listen: Option<SocketAddr>,
    pub trusted_proxies: TrustedProxies,
    pub metrics: Metrics,
    pub outbound: Outbound,
    pub registration: Registration,
    pub lifetimes: Lifetimes,
    pub key_rotation_days: u32,
    pub bcrypt_cost: u32,
    /// Whether failed attempts are slowed down.
    pub rate_limits: bool,
    pub log: Log,
    issuer_follows_port: bool,
}

/// PEM files of the certificate that we serve https with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    pub cert: PathBuf,
    pub key: PathBuf,
}

/// Where metrics can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metrics {
    pub access: MetricsAccess,
    /// An address that serves them and nothing else.
    pub listen: Option<SocketAddr>,
}

/// Who may read `/metrics` on the main address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricsAccess {
    Loopback,
    Open,
}

/// Requests that we make ourselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outbound {
    pub ca: Option<PathBuf>,
    /// Whether they may reach loopback and private addresses.
    pub allow_private: bool,
}

/// Who may register clients dynamically (RFC 7591 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registration {
    Closed,
    /// Holders of an initial access token.
    Token,
    Open,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// Directives of `EnvFilter`, checked.
    pub filter: String,
    pub format: LogFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

/// Why the settings cannot be used. `Display` names the setting and says what to write; it never repeats a secret.
#[derive(Debug)]
pub enum ConfigError {
    UnreadableFile {
        path: PathBuf,
        source: io::Error,
    },
    /// The file is no TOML. Its text is not quoted, since it may contain secrets.
    Toml {
        path: PathBuf,
        line: usize,
        problem: String,
    },
    UnknownVariable {
        name: String,
        nearest: Option<&'static str>,
    },
    UnknownKey {
        name: String,
        path: PathBuf,
        nearest: Option<String>,
    },
    NotUnicode {
        name: String,
    },
    /// `name` is the variable, or the key and its file.
    BadValue {
        name: String,
        problem: String,
    },
}

impl std::error::Error for ConfigError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::UnreadableFile { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnreadableFile { path, .. } => {
                write!(
                    f,
                    "the configuration file {} cannot be read; correct --config or {CONFIG_VARIABLE}",
                    path.display()
                )
            }
            Self::Toml { path, line, problem } => {
                write!(f, "the configuration file {} is not valid TOML, line {line}: {problem}", path.display())
            }
            Self::UnknownVariable { name, nearest: Some(nearest) } => {
                write!(f, "{name}: there is no such setting; did you mean {nearest}?")
            }
            Self::UnknownVariable { name, nearest: None } => {
                let names: Vec<_> = SETTINGS.iter().map(|setting| setting.variable).collect();
                write!(f, "{name}: there is no such setting; unset it, or use one of {}", names.join(", "))
            }
            Self::UnknownKey { name, path, nearest: Some(nearest) } => {
                write!(f, "{name} in {}: there is no such setting; did you mean {nearest}?", path.display())
            }
            Self::UnknownKey { name, path, nearest: None } => {
                let names: Vec<_> = SETTINGS.iter().map(|setting| toml_name(*setting)).collect();
                write!(
                    f,
                    "{name} in {}: there is no such setting; remove it, or use one of {}",
                    path.display(),
                    names.join(", ")
                )
            }
            Self::NotUnicode { name } => write!(f, "{name}: the value is not valid UTF-8; write it in UTF-8"),
            Self::BadValue { name, problem } => write!(f, "{name}: {problem}"),
        }
    }
}

impl Config {
    /// The settings of this process: its environment, and the file that `--config` or `GRANTOR_CONFIG` names.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    pub fn from_environment(config_flag: Option<&Path>) -> Result<Self, ConfigError> {
        let variables = std::env::vars_os().filter_map(relevant).collect::<Result<Vec<_>, _>>()?;
        Self::load(config_flag, variables)
    }

    /// The settings that follow from a file and environment variables. Without `file`, the variable `GRANTOR_CONFIG`
    /// may name one.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let environment: Vec<_> = environment.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let named = environment.iter().find(|(name, _)| name == CONFIG_VARIABLE).map(|(_, path)| Path::new(path));
        let mut values = Values::default();
        if let Some(path) = file.or(named) {
            values.add_file(path)?;
        }
        for (name, value) in environment {
            values.add_variable(name, value)?;
        }
        Self::from_values(&values)
    }

    /// Settings for tests: any free port, cheap password hashes, a secret key of their own, everything else as by
    /// default. The database is one that does not exist; the test names its own.
    pub fn for_tests() -> Self {
        let defaults = Self::from_values(&Values::default()).expect("the defaults are valid");
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            database: DatabaseUrl::Sqlite("/nonexistent/test.db".into()),
            secret_key: SecretKeySource::Given(SecretKey::generate()),
            bcrypt_cost: 4,
            ..defaults
        }
    }

    /// These settings after the listener got its port: an issuer that nobody set follows it.
    pub fn bound_to(self, port: u16) -> Self {
        let listen = SocketAddr::new(self.listen.ip(), port);
        let issuer =
            if self.issuer_follows_port { default_issuer(port, self.tls.is_some()) } else { self.issuer.clone() };
        Self { listen, issuer, ..self }
    }

    /// The settings as a TOML file that gives the same settings when loaded, but for the secrets, which are left out or
    /// shown as `***`.
    pub fn redacted_toml(&self) -> String {
        let mut text = String::new();
        let mut section = "";
        for setting in SETTINGS {
            if setting.section != section {
                section = setting.section;
                let gap = if text.is_empty() { "" } else { "\n" };
                writeln!(text, "{gap}[{section}]").expect("writing to a string works");
            }
            match self.show(setting.variable) {
                Shown::Value(value) => writeln!(text, "{} = {value}", setting.key),
                Shown::Comment(comment) => writeln!(text, "# {}: {comment}", setting.key),
            }
            .expect("writing to a string works");
        }
        text
    }

    fn from_values(values: &Values) -> Result<Self, ConfigError> {
        let listen: SocketAddr = values.read("GRANTOR_LISTEN", socket_address)?;
        let tls = match (values.optional("GRANTOR_TLS_CERT", path)?, values.optional("GRANTOR_TLS_KEY", path)?) {
            (Some(cert), Some(key)) => Some(Tls { cert, key }),
            (None, None) => None,
            (Some(_), None) => return Err(alone("GRANTOR_TLS_CERT", "GRANTOR_TLS_KEY")),
            (None, Some(_)) => return Err(alone("GRANTOR_TLS_KEY", "GRANTOR_TLS_CERT")),
        };
        let issuer = values.optional("GRANTOR_ISSUER", |text| Issuer::parse(text).map_err(sentence))?;
        let http_redirect_listen = values.optional("GRANTOR_HTTP_REDIRECT_LISTEN", socket_address)?;
        let is_https = issuer.as_ref().map_or(tls.is_some(), Issuer::is_https);
        if http_redirect_listen.is_some() && !is_https {
            return Err(ConfigError::BadValue {
                name: "GRANTOR_HTTP_REDIRECT_LISTEN".to_owned(),
                problem: "there is no https to send anybody to; set GRANTOR_ISSUER to an https URL, or unset this"
                    .to_owned(),
            });
        }
        let database = values.read("DATABASE_URL", |text| DatabaseUrl::parse(text).map_err(sentence))?;
        let secret_key = values.optional("GRANTOR_SECRET_KEY", |text| SecretKey::parse(text).map_err(sentence))?;
        Ok(Self {
            listen,
            issuer_follows_port: issuer.is_none(),
            issuer: issuer.unwrap_or_else(|| default_issuer(listen.port(), tls.is_some())),
            secret_key: secret_key.map_or_else(|| SecretKeySource::File(key_file(&database)), SecretKeySource::Given),
            database,
            tls,
            http_redirect_listen,
            trusted_proxies: values
                .optional("GRANTOR_TRUSTED_PROXIES", |text| TrustedProxies::parse(text).map_err(sentence))?
                .unwrap_or_default(),
            metrics: Metrics {
                access: values.read("GRANTOR_METRICS", one_of(METRICS))?,
                listen: values.optional("GRANTOR_METRICS_LISTEN", socket_address)?,
            },
            outbound: Outbound {
                ca: values.optional("GRANTOR_OUTBOUND_CA", path)?,
                allow_private: values.read("GRANTOR_OUTBOUND_ALLOW_PRIVATE", one_of(SWITCH))?,
            },
            registration: values.read("GRANTOR_REGISTRATION", one_of(REGISTRATION))?,
            lifetimes: lifetimes(values)?,
            key_rotation_days: values.read("GRANTOR_KEY_ROTATION_DAYS", number("days", 1..=3_650))?,
            // bcrypt takes up to 31, which is ten days.
            bcrypt_cost: values.read("GRANTOR_BCRYPT_COST", number("as a power of two", 10..=16))?,
            rate_limits: values.read("GRANTOR_RATE_LIMITS", one_of(SWITCH))?,
            log: Log {
                filter: values.read("RUST_LOG", log_filter)?,
                format: values.read("GRANTOR_LOG_FORMAT", one_of(LOG_FORMAT))?,
            },
        })
    }

    fn show(&self, variable: &str) -> Shown {
        let of = &self.lifetimes;
        match variable {
            "GRANTOR_LISTEN" => Shown::text(self.listen),
            "GRANTOR_ISSUER" => Shown::text(&self.issuer),
            "GRANTOR_SECRET_KEY" => match &self.secret_key {
                SecretKeySource::Given(_) => Shown::Comment("set, not shown".to_owned()),
                SecretKeySource::File(path) => Shown::Comment(format!("in {:?}", path.display().to_string())),
            },
            "GRANTOR_TRUSTED_PROXIES" => Shown::text(&self.trusted_proxies),
            "GRANTOR_METRICS" => Shown::choice(METRICS, self.metrics.access),
            "GRANTOR_METRICS_LISTEN" => self.metrics.listen.map_or_else(Shown::none, Shown::text),
            "DATABASE_URL" => Shown::text(&self.database),
            "GRANTOR_TLS_CERT" => Shown::path(self.tls.as_ref().map(|tls| &tls.cert)),
            "GRANTOR_TLS_KEY" => Shown::path(self.tls.as_ref().map(|tls| &tls.key)),
            "GRANTOR_HTTP_REDIRECT_LISTEN" => self.http_redirect_listen.map_or_else(Shown::none, Shown::text),
            "GRANTOR_OUTBOUND_CA" => Shown::path(self.outbound.ca.as_ref()),
            "GRANTOR_OUTBOUND_ALLOW_PRIVATE" => Shown::Value(self.outbound.allow_private.into()),
            "GRANTOR_REGISTRATION" => Shown::choice(REGISTRATION, self.registration),
            "GRANTOR_CODE_LIFETIME" => Shown::Value(of.authorization_code.into()),
            "GRANTOR_ACCESS_TOKEN_LIFETIME" => Shown::Value(of.access_token.into()),
            "GRANTOR_JWT_ACCESS_TOKEN_LIFETIME" => Shown::Value(of.jwt_access_token.into()),
            "GRANTOR_REFRESH_TOKEN_IDLE_LIFETIME" => Shown::Value(of.refresh_token_idle.into()),
            "GRANTOR_REFRESH_TOKEN_LIFETIME" => Shown::Value(of.refresh_token.into()),
            "GRANTOR_REFRESH_RETRY_SECONDS" => Shown::Value(of.refresh_retry.into()),
            "GRANTOR_ID_TOKEN_LIFETIME" => Shown::Value(of.id_token.into()),
            "GRANTOR_PUSHED_REQUEST_LIFETIME" => Shown::Value(of.pushed_request.into()),
            "GRANTOR_DEVICE_CODE_LIFETIME" => Shown::Value(of.device_code.into()),
            "GRANTOR_SESSION_IDLE_LIFETIME" => Shown::Value(of.session_idle.into()),
            "GRANTOR_SESSION_LIFETIME" => Shown::Value(of.session.into()),
            "GRANTOR_KEY_ROTATION_DAYS" => Shown::Value(self.key_rotation_days.into()),
            "GRANTOR_BCRYPT_COST" => Shown::Value(self.bcrypt_cost.into()),
            "GRANTOR_RATE_LIMITS" => Shown::Value(self.rate_limits.into()),
            "GRANTOR_LOG_FORMAT" => Shown::choice(LOG_FORMAT, self.log.format),
            "RUST_LOG" => Shown::text(&self.log.filter),
            unknown => unreachable!("{unknown} is in SETTINGS and cannot be shown"),
        }
    }
}

/// How a setting looks in [`Config::redacted_toml`].
enum Shown {
    Value(toml::Value),
    Comment(String),
}

impl Shown {
    fn text(value: impl fmt::Display) -> Self {
        Self::Value(value.to_string().into())
    }

    fn none() -> Self {
        Self::Comment("not set".to_owned())
    }

    fn path(path: Option<&PathBuf>) -> Self {
        path.map_or_else(Self::none, |path| Self::text(path.display()))
    }

    fn choice<T: PartialEq + Copy>(choices: &[(&str, T)], chosen: T) -> Self {
        let (name, _) = choices.iter().find(|(_, choice)| *choice == chosen).expect("every choice has a name");
        Self::text(name)
    }
}

fn lifetimes(values: &Values) -> Result<Lifetimes, ConfigError> {
    const MINUTE: Seconds = 60;
    const DAY: Seconds = 86_400;
    let read = |variable, range| values.read(variable, number::<Seconds>("seconds", range));
    Ok(Lifetimes {
        // RFC 6749 §4.1.2: ten minutes at most.
        authorization_code: read("GRANTOR_CODE_LIFETIME", 1..=10 * MINUTE)?,
        access_token: read("GRANTOR_ACCESS_TOKEN_LIFETIME", 1..=30 * DAY)?,
        // Resource servers that do not introspect go on believing one that was revoked.
        jwt_access_token: read("GRANTOR_JWT_ACCESS_TOKEN_LIFETIME", 1..=10 * MINUTE)?,
        refresh_token_idle: read("GRANTOR_REFRESH_TOKEN_IDLE_LIFETIME", 1..=3_650 * DAY)?,
        refresh_token: read("GRANTOR_REFRESH_TOKEN_LIFETIME", 1..=3_650 * DAY)?,
        refresh_retry: read("GRANTOR_REFRESH_RETRY_SECONDS", 0..=5 * MINUTE)?,
        id_token: read("GRANTOR_ID_TOKEN_LIFETIME", 1..=30 * DAY)?,
        session_idle: read("GRANTOR_SESSION_IDLE_LIFETIME", 1..=365 * DAY)?,
        session: read("GRANTOR_SESSION_LIFETIME", 1..=365 * DAY)?,
        // RFC 9126 §2.2: 5 to 600 seconds.
        pushed_request: read("GRANTOR_PUSHED_REQUEST_LIFETIME", 1..=10 * MINUTE)?,
        device_code: read("GRANTOR_DEVICE_CODE_LIFETIME", 1..=60 * MINUTE)?,
    })
}

/// `http://localhost:8080`, or https if we serve that ourselves.
fn default_issuer(port: u16, has_tls: bool) -> Issuer {
    let url = match (has_tls, port) {
        (true, 443) => "https://localhost".to_owned(),
        (true, port) => format!("https://localhost:{port}"),
        (false, 80) => "http://localhost".to_owned(),
        (false, port) => format!("http://localhost:{port}"),
    };
    Issuer::parse(&url).expect("localhost makes an issuer")
}

/// Beside a SQLite database; in the working directory for PostgreSQL.
fn key_file(database: &DatabaseUrl) -> PathBuf {
    match database {
        DatabaseUrl::Sqlite(path) => path.with_file_name(KEY_FILE),
        DatabaseUrl::Postgres(_) => KEY_FILE.into(),
    }
}

fn alone(set: &str, missing: &str) -> ConfigError {
    ConfigError::BadValue { name: set.to_owned(), problem: format!("https needs {missing} too; set both or none") }
}

/// The texts of the settings that somebody set, by variable.
#[derive(Default)]
struct Values(HashMap<&'static str, Given>);

/// A text, and how its source calls the setting.
struct Given {
    text: String,
    name: String,
}

impl Values {
    fn add_file(&mut self, path: &Path) -> Result<(), ConfigError> {
        let content = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::UnreadableFile { path: path.to_owned(), source })?;
        let file: toml::Table = content.parse().map_err(|error: toml::de::Error| ConfigError::Toml {
            path: path.to_owned(),
            line: error.span().map_or(1, |span| content[..span.start].matches('\n').count() + 1),
            problem: error.message().to_owned(),
        })?;
        for (section, content) in file {
            let toml::Value::Table(content) = content else { return Err(unknown_key(section, path)) };
            if !SETTINGS.iter().any(|setting| setting.section == section) {
                return Err(unknown_key(format!("[{section}]"), path));
            }
            for (key, value) in content {
                let name = format!("{section}.{key}");
                let Some(setting) = SETTINGS.iter().find(|setting| toml_name(**setting) == name) else {
                    return Err(unknown_key(name, path));
                };
                let name = format!("{name} in {}", path.display());
                let text = text_of(value).ok_or_else(|| ConfigError::BadValue {
                    name: name.clone(),
                    problem: "this is no value for a setting; write a string, a number, true or false".to_owned(),
                })?;
                self.0.insert(setting.variable, Given { text, name });
            }
        }
        Ok(())
    }

    fn add_variable(&mut self, name: String, value: String) -> Result<(), ConfigError> {
        if let Some(setting) = SETTINGS.iter().find(|setting| setting.variable == name) {
            self.0.insert(setting.variable, Given { text: value, name });
        } else if name.starts_with(PREFIX) && name != CONFIG_VARIABLE && !is_service_link(&name, &value) {
            let nearest = nearest(&name, SETTINGS.iter().map(|setting| setting.variable).chain([CONFIG_VARIABLE]));
            return Err(ConfigError::UnknownVariable { name, nearest });
        }
        Ok(())
    }

    /// A setting that has a default.
    fn read<T>(&self, variable: &'static str, parse: impl Fn(&str) -> Result<T, String>) -> Result<T, ConfigError> {
        if let Some(value) = self.optional(variable, &parse)? {
            return Ok(value);
        }
        let setting =
            SETTINGS.iter().find(|setting| setting.variable == variable).expect("the setting is in the table");
        parse(setting.default).map_err(|problem| ConfigError::BadValue { name: variable.to_owned(), problem })
    }

    /// A setting that may be absent.
    fn optional<T>(
        &self,
        variable: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<T>, ConfigError> {
        let Some(Given { text, name }) = self.0.get(variable) else { return Ok(None) };
        parse(text).map(Some).map_err(|problem| ConfigError::BadValue { name: name.clone(), problem })
    }
}

fn toml_name(setting: Setting) -> String {
    format!("{}.{}", setting.section, setting.key)
}

fn unknown_key(name: String, path: &Path) -> ConfigError {
    let nearest = nearest(&name, SETTINGS.iter().map(|setting| toml_name(*setting)));
    ConfigError::UnknownKey { name, path: path.to_owned(), nearest }
}

/// A value of the file as one would write it in the environment. An empty string is a value here: in a file, nobody has
/// to write one.
fn text_of(value: toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(switch) => Some(switch.to_string()),
        toml::Value::Array(list) => {
            list.into_iter().map(text_of).collect::<Option<Vec<_>>>().map(|list| list.join(","))
        }
        toml::Value::Float(_) | toml::Value::Datetime(_) | toml::Value::Table(_) => None,
    }
}

/// The variables of the process that concern us, which must be Unicode.
fn relevant((name, value): (OsString, OsString)) -> Option<Result<(String, String), ConfigError>> {
    let name = name.into_string().ok()?;
    if !name.starts_with(PREFIX) && !SETTINGS.iter().any(|setting| setting.variable == name) {
        return None;
    }
    Some(match value.into_string() {
        Ok(value) => Ok((name, value)),
        Err(_) => Err(ConfigError::NotUnicode { name }),
    })
}

/// Kubernetes and Docker links describe a service called "grantor" to every container beside it: `GRANTOR_PORT`,
/// `GRANTOR_SERVICE_HOST`, `GRANTOR_PORT_8080_TCP_ADDR` and so on. They are no settings, and no mistakes either.
fn is_service_link(name: &str, value: &str) -> bool {
    let has_port_number = || {
        let (_, behind) = name.rsplit_once("_PORT_")?;
        let (number, protocol) = behind.split_once('_')?;
        let is_protocol = ["TCP", "UDP", "SCTP"].iter().any(|known| protocol.starts_with(known));
        Some(is_protocol && number.bytes().all(|b| b.is_ascii_digit()))
    };
    name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || (name.ends_with("_PORT") && value.contains("://"))
        || has_port_number().unwrap_or(false)
}

/// The candidate that looks most like `name`, if one does.
fn nearest<T: AsRef<str>>(name: &str, candidates: impl Iterator<Item = T>) -> Option<T> {
    let (distance, candidate) = candidates
        .map(|candidate| (edit_distance(name, candidate.as_ref()), candidate))
        .min_by_key(|(distance, _)| *distance)?;
    (distance <= 4).then_some(candidate)
}

/// How many letters to insert, remove or change to make one of the other (Levenshtein).
fn edit_distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.bytes().enumerate() {
            let changed = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

const SWITCH: &[(&str, bool)] = &[("on", true), ("off", false), ("true", true), ("false", false)];
const METRICS: &[(&str, MetricsAccess)] = &[("loopback", MetricsAccess::Loopback), ("open", MetricsAccess::Open)];
const REGISTRATION: &[(&str, Registration)] =
    &[("closed", Registration::Closed), ("token", Registration::Token), ("open", Registration::Open)];
const LOG_FORMAT: &[(&str, LogFormat)] = &[("text", LogFormat::Text), ("json", LogFormat::Json)];

fn one_of<T: Copy>(choices: &'static [(&'static str, T)]) -> impl Fn(&str) -> Result<T, String> {
    move |text| {
        let chosen = choices.iter().find(|(name, _)| *name == text).map(|(_, choice)| *choice);
        chosen.ok_or_else(|| {
            let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
            format!("`{text}` is no choice; write one of {}", names.join(", "))
        })
    }
}

fn number<T: FromStr + PartialOrd + fmt::Display>(
    unit: &'static str,
    range: RangeInclusive<T>,
) -> impl Fn(&str) -> Result<T, String> {
    move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| {
            format!("`{text}` is out of range; write a whole number from {} to {} ({unit})", range.start(), range.end())
        })
    }
}

fn socket_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        format!("`{text}` is no address and port; write them like 127.0.0.1:8080, 0.0.0.0:8080 or [::1]:8080")
    })
}

fn path(text: &str) -> Result<PathBuf, String> {
    if text.trim().is_empty() {
        Err("this is no file name; write one or leave it out".to_owned())
    } else {
        Ok(text.into())
    }
}

fn log_filter(text: &str) -> Result<String, String> {
    match EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err(format!(
            "`{text}` is no log filter; write a level such as info, or directives such as grantor=debug,warn"
        )),
    }
}

/// An error as the second half of "NAME: …".
fn sentence(error: impl fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Vec<(String, String)> {
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn load(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::load(None, environment(variables))
    }

    fn load_file(content: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("grantor.toml");
        std::fs::write(&path, content).unwrap();
        Config::load(Some(&path), environment(variables))
    }

    #[test]
    fn nothing_is_required_to_start() {
        let config = load(&[]).unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(config.issuer.as_str(), "http://localhost:8080");
        assert_eq!(config.database, DatabaseUrl::Sqlite("grantor.db".into()));
        assert!(matches!(&config.secret_key, SecretKeySource::File(path) if path == Path::new("grantor.key")));
        assert_eq!(config.tls, None);
        assert_eq!(config.trusted_proxies, TrustedProxies::default());
        assert_eq!(config.metrics, Metrics { access: MetricsAccess::Loopback, listen: None });
        assert_eq!(config.outbound, Outbound { ca: None, allow_private: false });
        assert_eq!(config.registration, Registration::Token);
        assert_eq!((config.key_rotation_days, config.bcrypt_cost, config.rate_limits), (90, 12, true));
        assert_eq!(config.log, Log { filter: "info".to_owned(), format: LogFormat::Text });
        let day = 24 * 60 * 60;
        let expected = Lifetimes {
            authorization_code: 60,
            access_token: 60 * 60,
            jwt_access_token: 10 * 60,
            refresh_token_idle: 30 * day,
            refresh_token: 90 * day,
            refresh_retry: 10,
            id_token: 60 * 60,
            session_idle: day / 2,
            session: 7 * day,
            pushed_request: 60,
            device_code: 10 * 60,
        };
        assert_eq!(config.lifetimes, expected);
    }

    #[test]
    fn every_setting_can_be_set_in_the_environment_and_in_the_file() {
        let key = "qrvM3e7/ABEiM0RVZneImaq7zN3u/xAhMkNUZXaHmKk=";
        let values = [
            ("GRANTOR_LISTEN", "0.0.0.0:9000"),
            ("GRANTOR_ISSUER", "https://as.example"),
            ("GRANTOR_SECRET_KEY", key),
            ("GRANTOR_TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.7/32"),
            ("GRANTOR_METRICS", "open"),
            ("GRANTOR_METRICS_LISTEN", "127.0.0.1:9001"),
            ("DATABASE_URL", "sqlite://data/as.db"),
            ("GRANTOR_TLS_CERT", "cert.pem"),
            ("GRANTOR_TLS_KEY", "key.pem"),
            ("GRANTOR_HTTP_REDIRECT_LISTEN", "0.0.0.0:80"),
            ("GRANTOR_OUTBOUND_CA", "ca.pem"),
            ("GRANTOR_OUTBOUND_ALLOW_PRIVATE", "true"),
            ("GRANTOR_REGISTRATION", "closed"),
            ("GRANTOR_CODE_LIFETIME", "1"),
            ("GRANTOR_ACCESS_TOKEN_LIFETIME", "2"),
            ("GRANTOR_JWT_ACCESS_TOKEN_LIFETIME", "3"),
            ("GRANTOR_REFRESH_TOKEN_IDLE_LIFETIME", "4"),
            ("GRANTOR_REFRESH_TOKEN_LIFETIME", "5"),
            ("GRANTOR_REFRESH_RETRY_SECONDS", "0"),
            ("GRANTOR_ID_TOKEN_LIFETIME", "6"),
            ("GRANTOR_PUSHED_REQUEST_LIFETIME", "7"),
            ("GRANTOR_DEVICE_CODE_LIFETIME", "8"),
            ("GRANTOR_SESSION_IDLE_LIFETIME", "9"),
            ("GRANTOR_SESSION_LIFETIME", "10"),
            ("GRANTOR_KEY_ROTATION_DAYS", "11"),
            ("GRANTOR_BCRYPT_COST", "13"),
            ("GRANTOR_RATE_LIMITS", "false"),
            ("GRANTOR_LOG_FORMAT", "json"),
            ("RUST_LOG", "grantor=debug,warn"),
        ];
        let by_environment = load(&values).unwrap();
        // Each shows up under its own name, so none is read from another's place.
        let shown: toml::Table = by_environment.redacted_toml().parse().unwrap();
        for (setting, (variable, value)) in SETTINGS.iter().zip(values) {
            assert_eq!(setting.variable, variable);
            let shown = shown[setting.section].get(setting.key).cloned().and_then(text_of);
            assert_eq!(shown.as_deref(), (variable != "GRANTOR_SECRET_KEY").then_some(value), "{variable}");
        }
        let with_key = format!("secret_key = '{key}'");
        let file = by_environment.redacted_toml().replace("# secret_key: set, not shown", &with_key);
        let by_file = load_file(&file, &[]).unwrap();
        assert_eq!(format!("{by_file:?}"), format!("{by_environment:?}"));
        let (SecretKeySource::Given(one), SecretKeySource::Given(other)) =
            (by_environment.secret_key, by_file.secret_key)
        else {
            panic!("both keys were given")
        };
        assert_eq!(one.derive("x"), other.derive("x"));
    }

    #[test]
    fn the_environment_wins_over_the_file_and_an_empty_variable_is_none() {
        let proxies = "trusted_proxies = ['10.0.0.0/8', '192.0.2.7']";
        let file = format!("[server]\nlisten = '127.0.0.1:1'\n{proxies}\n[tokens]\ncode_lifetime = 30\n");
        let environment = [("GRANTOR_LISTEN", "127.0.0.1:2"), ("DATABASE_URL", ""), ("GRANTOR_TLS_CERT", "")];
        let config = load_file(&file, &environment).unwrap();
        assert_eq!(config.listen.port(), 2);
        assert_eq!(config.lifetimes.authorization_code, 30);
        assert_eq!(config.trusted_proxies.to_string(), "10.0.0.0/8, 192.0.2.7/32");
        assert_eq!(config.database, DatabaseUrl::Sqlite("grantor.db".into()));
    }

    #[test]
    fn the_file_is_named_by_the_flag_before_the_variable() {
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str, port: u16| {
            let path = directory.path().join(name);
            std::fs::write(&path, format!("[server]\nlisten = '127.0.0.1:{port}'")).unwrap();
            path
        };
        let (flag, variable) = (file("flag.toml", 1), file("variable.toml", 2));
        let environment = || environment(&[("GRANTOR_CONFIG", variable.to_str().unwrap())]);
        assert_eq!(Config::load(Some(&flag), environment()).unwrap().listen.port(), 1);
        assert_eq!(Config::load(None, environment()).unwrap().listen.port(), 2);
        let error = Config::load(Some(&directory.path().join("none.toml")), []).unwrap_err();
        assert!(matches!(&error, ConfigError::UnreadableFile { .. }));
        assert!(error.to_string().contains("none.toml"));
    }

    #[test]
    fn unknown_names_are_refused_with_the_one_that_was_meant() {
        let message = |result: Result<Config, ConfigError>| result.unwrap_err().to_string();
        let variable = message(load(&[("GRANTOR_LISTN", "127.0.0.1:1")]));
        assert_eq!(variable, "GRANTOR_LISTN: there is no such setting; did you mean GRANTOR_LISTEN?");
        let far = message(load(&[("GRANTOR_QUUX_CORGE_GRAULT", "1")]));
        assert!(
            far.starts_with("GRANTOR_QUUX_CORGE_GRAULT: there is no such setting") && far.contains("GRANTOR_ISSUER")
        );
        let key = message(load_file("[tokens]\ncode_lifetim = 1", &[]));
        assert!(
            key.starts_with("tokens.code_lifetim in ") && key.ends_with("did you mean tokens.code_lifetime?"),
            "{key}"
        );
        for file in ["[quux]\nx = 1", "[quux]", "listen = '127.0.0.1:1'", "[[server]]\nlisten = 'x'"] {
            assert!(matches!(load_file(file, &[]), Err(ConfigError::UnknownKey { .. })), "{file}");
        }
        load(&[("PATH", "/bin"), ("RUST_BACKTRACE", "1")]).unwrap();
    }

    #[test]
    fn what_kubernetes_says_about_a_service_called_grantor_is_no_mistake() {
        let ours = load(&[
            ("GRANTOR_SERVICE_HOST", "10.0.0.1"),
            ("GRANTOR_SERVICE_PORT", "80"),
            ("GRANTOR_SERVICE_PORT_HTTP", "80"),
            ("GRANTOR_PORT", "tcp://10.0.0.1:80"),
            ("GRANTOR_PORT_80_TCP", "tcp://10.0.0.1:80"),
            ("GRANTOR_PORT_80_TCP_ADDR", "10.0.0.1"),
            ("GRANTOR_DB_SERVICE_HOST", "10.0.0.2"),
        ]);
        assert!(ours.is_ok(), "{ours:?}");
        assert!(matches!(load(&[("GRANTOR_PORT", "8080")]), Err(ConfigError::UnknownVariable { .. })));
    }

    #[test]
    fn bad_values_are_refused_by_name_and_with_a_remedy() {
        for (variable, value, remedy) in [
            ("GRANTOR_LISTEN", "localhost:8080", "127.0.0.1:8080"),
            ("GRANTOR_LISTEN", "8080", "127.0.0.1:8080"),
            ("GRANTOR_ISSUER", "http://as.example", "https://"),
            ("GRANTOR_ISSUER", "as.example", "https://auth.example.com"),
            ("GRANTOR_SECRET_KEY", "c2hvcnQ=", "openssl rand"),
            ("GRANTOR_TRUSTED_PROXIES", "0.0.0.0/0", "networks of your proxies"),
            ("DATABASE_URL", "mysql://localhost/x", "sqlite://PATH"),
            ("GRANTOR_OUTBOUND_ALLOW_PRIVATE", "yes", "on, off, true, false"),
            ("GRANTOR_REGISTRATION", "Open", "closed, token, open"),
            ("GRANTOR_JWT_ACCESS_TOKEN_LIFETIME", "601", "1 to 600 (seconds)"),
            ("GRANTOR_CODE_LIFETIME", "0", "1 to 600 (seconds)"),
            ("GRANTOR_CODE_LIFETIME", "-1", "1 to 600"),
            ("GRANTOR_CODE_LIFETIME", "60s", "1 to 600"),
            ("GRANTOR_ACCESS_TOKEN_LIFETIME", "99999999999999999999", "1 to 2592000"),
            ("GRANTOR_BCRYPT_COST", "9", "10 to 16"),
            ("GRANTOR_BCRYPT_COST", "17", "10 to 16"),
            ("GRANTOR_LOG_FORMAT", "xml", "text, json"),
            ("RUST_LOG", "grantor=loud", "grantor=debug"),
            ("GRANTOR_TLS_CERT", "cert.pem", "GRANTOR_TLS_KEY"),
            ("GRANTOR_TLS_KEY", "key.pem", "GRANTOR_TLS_CERT"),
        ] {
            let message = load(&[(variable, value)]).unwrap_err().to_string();
            assert!(message.starts_with(&format!("{variable}: ")) && message.contains(remedy), "{message}");
        }
        let message = load_file("[tokens]\ncode_lifetime = 1.5", &[]).unwrap_err().to_string();
        assert!(message.starts_with("tokens.code_lifetime in "), "{message}");
    }

    #[test]
    fn error_messages_contain_no_secrets() {
        for result in [
            load(&[("GRANTOR_SECRET_KEY", "hunter2hunter2")]),
            load(&[("DATABASE_URL", "mysql://me:hunter2@localhost/x")]),
            load_file("[server]\nsecret_key = 'hunter2", &[]),
            load_file("[database]\nurl = 'mysql://me:hunter2@localhost/x'", &[]),
        ] {
            let error = result.unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
        let broken = load_file("[server]\n\nsecret_key = 'hunter2", &[]).unwrap_err();
        assert!(matches!(broken, ConfigError::Toml { line: 3, .. }), "{broken:?}");
    }

    #[test]
    #[cfg(feature = "postgres")]
    fn shown_settings_contain_no_secrets() {
        let config = load(&[
            ("GRANTOR_SECRET_KEY", "qrvM3e7/ABEiM0RVZneImaq7zN3u/xAhMkNUZXaHmKk="),
            ("DATABASE_URL", "postgres://grantor:hunter2@db/grantor"),
        ])
        .unwrap();
        for shown in [config.redacted_toml(), format!("{config:?}")] {
            assert!(!shown.contains("hunter2") && !shown.contains("qrvM"), "{shown}");
        }
        let without_key = load(&[("DATABASE_URL", "postgres://db/grantor")]).unwrap();
        assert!(matches!(without_key.secret_key, SecretKeySource::File(path) if path == Path::new("grantor.key")));
    }

    #[test]
    fn the_default_issuer_follows_port_and_tls() {
        let issuer = |variables: &[_]| load(variables).unwrap().issuer.to_string();
        assert_eq!(issuer(&[("GRANTOR_LISTEN", "0.0.0.0:80")]), "http://localhost");
        let tls = [("GRANTOR_TLS_CERT", "c"), ("GRANTOR_TLS_KEY", "k"), ("GRANTOR_LISTEN", "0.0.0.0:8443")];
        assert_eq!(issuer(&tls), "https://localhost:8443");
        let bound = |config: Config| config.bound_to(4711).issuer.to_string();
        assert_eq!(bound(Config::for_tests()), "http://localhost:4711");
        assert_eq!(bound(load(&[("GRANTOR_ISSUER", "https://as.example")]).unwrap()), "https://as.example");
    }

    #[test]
    fn the_key_file_is_beside_the_database() {
        let config = load(&[("DATABASE_URL", "sqlite:///var/lib/grantor/as.db")]).unwrap();
        let expected = Path::new("/var/lib/grantor/grantor.key");
        assert!(matches!(config.secret_key, SecretKeySource::File(path) if path == expected));
    }

    #[test]
    fn a_setting_has_one_name_in_each_place() {
        let unique = |names: Vec<String>| names.iter().collect::<std::collections::HashSet<_>>().len() == names.len();
        assert!(unique(SETTINGS.iter().map(|setting| setting.variable.to_owned()).collect()));
        assert!(unique(SETTINGS.iter().map(|setting| toml_name(*setting)).collect()));
    }
}
