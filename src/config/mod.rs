//! Settings: where they come from, what they may be, and what they are when nobody says.
//!
//! 1. [`SETTINGS`] names every setting once: environment variable, place in the TOML file, default, meaning. The
//!    README's table and `grantor check-config` are made from it.
//! 2. [`Config::load`] gathers texts, the environment before the file before the default, and refuses names that are
//!    not in the table: a misspelt setting must not silently be its default.
//! 3. The texts are parsed into the typed [`Config`], which everything else takes. Nothing is required to start.
//!
//! What may change while the server runs ([`Policies`]) is decided here or, where nothing is said here, in the console, which
//! keeps it in the database: [`Config::policies_with`].
//!
//! An empty environment variable counts as unset, because that is what `NAME=${NAME:-}` in a compose file makes of one.
//! Only [`Config::from_environment`] touches the environment of the process. Loading makes no files:
//! [`SecretKeySource::load`] does, when the server starts. Commands look with [`SecretKeySource::existing`].

pub mod database_url;
mod error;
pub mod mail;
mod nearest;
mod parse;
pub mod secret_key;
mod settings;
mod show;
pub mod traces;
pub mod trusted_proxies;
mod values;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::domain::issuer::Issuer;
use crate::domain::policies::Policies;

use database_url::DatabaseUrl;
pub use error::ConfigError;
use mail::{Mail, SmtpUrl};
use parse::{LOG_FORMAT, METRICS, SWITCH, cost, log_filter, one_of, path, sentence, socket_address};
use secret_key::{SecretKey, SecretKeySource};
pub use settings::{SETTINGS, Setting, named};
use traces::Traces;
use trusted_proxies::TrustedProxies;
use values::{CONFIG_VARIABLE, Values};

/// The name of the file with the secret key, beside the database.
pub const KEY_FILE: &str = "grantor.key";

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
    /// Where mail goes out, if it does.
    pub mail: Option<Mail>,
    /// What admins may decide in the console as well.
    pub policies: Policies,
    /// The policies that are decided here, and how the place calls them that does.
    pub fixed: BTreeMap<&'static str, String>,
    pub bcrypt_cost: u32,
    /// A list of passwords that nobody may choose.
    pub breached_passwords: Option<PathBuf>,
    pub log: Log,
    pub traces: Option<Traces>,
    /// The settings that somebody set, by variable, and how the place calls them that does.
    places: BTreeMap<&'static str, String>,
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

impl Config {
    /// The settings of this process: its environment, and the file that `--config` or `GRANTOR_CONFIG` names.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    pub fn from_environment(config_flag: Option<&Path>) -> Result<Self, ConfigError> {
        let variables = std::env::vars_os().filter_map(values::relevant).collect::<Result<Vec<_>, _>>()?;
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

    /// These settings with an issuer that follows no port.
    pub fn issued_by(self, issuer: Issuer) -> Self {
        Self { issuer, issuer_follows_port: false, ..self }
    }

    /// The policies that hold when `stored` is what admins decided: what is decided here wins.
    pub fn policies_with(&self, stored: &BTreeMap<String, String>) -> Policies {
        let mut policies = self.policies.clone();
        for name in Policies::NAMES.iter().filter(|name| !self.fixed.contains_key(**name)) {
            if let Some(Err(problem)) = stored.get(*name).map(|text| policies.set_stored(name, text)) {
                // A newer version may have written it.
                tracing::warn!(name, %problem, "a setting in the database cannot be read and does not count");
            }
        }
        policies
    }

    /// Whether somebody decided the policy of this name: here, or admins, whose decisions are `stored`.
    pub fn is_decided(&self, name: &str, stored: &BTreeMap<String, String>) -> bool {
        let counts = |text: &String| Policies::default().set_stored(name, text).is_ok();
        self.fixed.contains_key(name) || stored.get(name).is_some_and(counts)
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
        let (policies, fixed) = values.policies()?;
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
            mail: mail(values)?,
            policies,
            fixed,
            // bcrypt takes up to 31, which is ten days.
            bcrypt_cost: values.read("GRANTOR_BCRYPT_COST", cost)?,
            breached_passwords: values.optional("GRANTOR_BREACHED_PASSWORDS", path)?,
            log: Log {
                filter: values.read("RUST_LOG", log_filter)?,
                format: values.read("GRANTOR_LOG_FORMAT", one_of(LOG_FORMAT))?,
            },
            traces: traces(values)?,
            places: values.places(),
        })
    }
}

fn mail(values: &Values) -> Result<Option<Mail>, ConfigError> {
    let server = values.optional("GRANTOR_SMTP_URL", SmtpUrl::parse)?;
    match (server, values.optional("GRANTOR_MAIL_FROM", mail::address)?) {
        (Some(server), Some(from)) => Ok(Some(Mail { server, from })),
        (None, None) => Ok(None),
        (Some(_), None) => Err(without("GRANTOR_SMTP_URL", "mail needs GRANTOR_MAIL_FROM too; set both or none")),
        (None, Some(_)) => Err(without("GRANTOR_MAIL_FROM", "mail needs GRANTOR_SMTP_URL too; set both or none")),
    }
}

fn traces(values: &Values) -> Result<Option<Traces>, ConfigError> {
    let Some(endpoint) = values.optional("OTEL_EXPORTER_OTLP_ENDPOINT", traces::endpoint)? else { return Ok(None) };
    Ok(Some(Traces {
        endpoint,
        headers: values.optional("OTEL_EXPORTER_OTLP_HEADERS", traces::headers)?.unwrap_or_default(),
        service_name: values.read("OTEL_SERVICE_NAME", |text| Ok(text.to_owned()))?,
        attributes: values.optional("OTEL_RESOURCE_ATTRIBUTES", traces::attributes)?.unwrap_or_default(),
        ratio: values.read("OTEL_TRACES_SAMPLER_ARG", traces::ratio)?,
    }))
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

fn without(set: &str, problem: &str) -> ConfigError {
    ConfigError::BadValue { name: set.to_owned(), problem: problem.to_owned() }
}

fn alone(set: &str, missing: &str) -> ConfigError {
    ConfigError::BadValue { name: set.to_owned(), problem: format!("https needs {missing} too; set both or none") }
}

#[cfg(test)]
mod tests;
