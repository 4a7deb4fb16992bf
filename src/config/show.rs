//! The settings as they are in force, without the secrets: as a file that gives the same settings, and as JSON.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::path::PathBuf;

use serde_json::{Value, json};

use super::Config;
use super::parse::{LOG_FORMAT, METRICS};
use super::secret_key::SecretKeySource;
use super::settings::{SETTINGS, Setting, toml_name};
use super::traces::{self, Traces};
use crate::domain::policies::Policies;

impl Config {
    /// The settings as a TOML file that gives the same settings when loaded, but for the secrets, which are left out or
    /// shown as `***`. `stored` are those that admins have set in the console: where one of them counts, or would if it were
    /// not set here, the line says so.
    pub fn redacted_toml(&self, stored: &BTreeMap<String, String>) -> String {
        let policies = self.policies_with(stored);
        let mut text = String::new();
        let mut section = "";
        for setting in SETTINGS {
            if setting.section != section {
                section = setting.section;
                let gap = if text.is_empty() { "" } else { "\n" };
                writeln!(text, "{gap}[{section}]").expect("writing to a string works");
            }
            let name = toml_name(*setting);
            let from = if is_policy(&name) { self.origin(&name, stored) } else { String::new() };
            match self.shown(*setting, &policies) {
                Shown::Value(value) => writeln!(text, "{} = {value}{from}", setting.key),
                Shown::Comment(comment) => writeln!(text, "# {}: {comment}{from}", setting.key),
            }
            .expect("writing to a string works");
        }
        text
    }

    /// The same as JSON, for programs: each setting with its value, or a remark where there is none that may be shown, and
    /// with its source. `place` is how the environment or the file calls it, `console` what admins have set, whether it
    /// counts or not.
    pub fn redacted_json(&self, stored: &BTreeMap<String, String>) -> Value {
        let policies = self.policies_with(stored);
        let describe = |setting: &Setting| {
            let name = toml_name(*setting);
            let (value, remark) = self.shown(*setting, &policies).into_json();
            json!({
                "variable": setting.variable,
                "name": name,
                "value": value,
                "remark": remark,
                "source": self.source(*setting, stored),
                "place": self.places.get(setting.variable),
                "console": stored.get(&name).filter(|_| is_policy(&name)),
            })
        };
        SETTINGS.iter().map(describe).collect()
    }

    /// The place that decides: `environment`, `file`, `console` or `default`.
    fn source(&self, setting: Setting, stored: &BTreeMap<String, String>) -> &'static str {
        let name = toml_name(setting);
        match self.places.get(setting.variable) {
            Some(place) if place == setting.variable => "environment",
            Some(_) => "file",
            None if is_policy(&name) && self.is_decided(&name, stored) => "console",
            None => "default",
        }
    }

    fn shown(&self, setting: Setting, policies: &Policies) -> Shown {
        let name = toml_name(setting);
        if is_policy(&name) { Shown::policy(&policies.get(&name)) } else { self.show(setting.variable) }
    }

    /// Where a policy comes from, as the end of its line; nothing where it is as by default.
    fn origin(&self, name: &str, stored: &BTreeMap<String, String>) -> String {
        match (self.fixed.get(name), stored.get(name)) {
            (Some(place), Some(console)) => {
                format!("  # from {place}; the console says {console:?}, which does not count")
            }
            (Some(place), None) => format!("  # from {place}"),
            (None, Some(_)) => "  # from the console".to_owned(),
            (None, None) => String::new(),
        }
    }

    fn show(&self, variable: &str) -> Shown {
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
            "GRANTOR_BCRYPT_COST" => Shown::Value(self.bcrypt_cost.into()),
            "GRANTOR_SMTP_URL" => match &self.mail {
                Some(mail) => Shown::Comment(mail.server.to_string()),
                None => Shown::none(),
            },
            "GRANTOR_MAIL_FROM" => self.mail.as_ref().map_or_else(Shown::none, |mail| Shown::text(&mail.from)),
            "GRANTOR_BREACHED_PASSWORDS" => Shown::path(self.breached_passwords.as_ref()),
            "GRANTOR_LOG_FORMAT" => Shown::choice(LOG_FORMAT, self.log.format),
            "RUST_LOG" => Shown::text(&self.log.filter),
            "OTEL_EXPORTER_OTLP_ENDPOINT" => self.trace(|traces| Shown::text(&traces.endpoint)),
            "OTEL_EXPORTER_OTLP_HEADERS" => self.trace(|traces| match traces.headers.0.len() {
                0 => Shown::none(),
                _ => Shown::Comment("set, not shown".to_owned()),
            }),
            "OTEL_SERVICE_NAME" => self.trace(|traces| Shown::text(&traces.service_name)),
            "OTEL_RESOURCE_ATTRIBUTES" => self.trace(|traces| Shown::text(traces::list(&traces.attributes))),
            "OTEL_TRACES_SAMPLER_ARG" => self.trace(|traces| Shown::text(traces.ratio)),
            unknown => unreachable!("{unknown} is in SETTINGS and cannot be shown"),
        }
    }
}

impl Config {
    fn trace(&self, show: impl FnOnce(&Traces) -> Shown) -> Shown {
        self.traces.as_ref().map_or_else(Shown::none, show)
    }
}

/// Whether admins may decide it in the console as well.
fn is_policy(name: &str) -> bool {
    Policies::NAMES.contains(&name)
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

    fn policy(text: &str) -> Self {
        match text.parse::<i64>() {
            Ok(number) => Self::Value(number.into()),
            Err(_) if text.is_empty() => Self::none(),
            Err(_) => Self::text(text),
        }
    }

    fn path(path: Option<&PathBuf>) -> Self {
        path.map_or_else(Self::none, |path| Self::text(path.display()))
    }

    /// A value, or a remark in its place.
    fn into_json(self) -> (Value, Option<String>) {
        match self {
            Self::Value(toml::Value::Integer(number)) => (number.into(), None),
            Self::Value(toml::Value::Boolean(switch)) => (switch.into(), None),
            Self::Value(toml::Value::String(text)) => (text.into(), None),
            Self::Value(other) => (other.to_string().into(), None),
            Self::Comment(remark) => (Value::Null, Some(remark)),
        }
    }

    fn choice<T: PartialEq + Copy>(choices: &[(&str, T)], chosen: T) -> Self {
        let (name, _) = choices.iter().find(|(_, choice)| *choice == chosen).expect("every choice has a name");
        Self::text(name)
    }
}
