//! The texts of the settings, gathered from environment and file, before anybody asks what they mean.
//!
//! A name that is not in the table is refused here, with the one that was probably meant.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::path::Path;

use super::error::ConfigError;
use super::nearest::nearest;
use super::settings::{SETTINGS, by_variable, named, toml_name};
use crate::domain::policies::Policies;
use crate::domain::sentence::Sentence;

/// The variable that names the file, unless `--config` does.
pub(super) const CONFIG_VARIABLE: &str = "GRANTOR_CONFIG";
const PREFIX: &str = "GRANTOR_";

/// The texts of the settings that somebody set, by variable.
#[derive(Default)]
pub(super) struct Values(HashMap<&'static str, Given>);

/// A text, and how its source calls the setting.
struct Given {
    text: String,
    name: String,
}

impl Values {
    pub(super) fn add_file(&mut self, path: &Path) -> Result<(), ConfigError> {
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

    pub(super) fn add_variable(&mut self, name: String, value: String) -> Result<(), ConfigError> {
        if let Some(setting) = by_variable(&name) {
            self.0.insert(setting.variable, Given { text: value, name });
        } else if name.starts_with(PREFIX) && name != CONFIG_VARIABLE && !is_service_link(&name, &value) {
            let nearest = nearest(&name, SETTINGS.iter().map(|setting| setting.variable).chain([CONFIG_VARIABLE]));
            return Err(ConfigError::UnknownVariable { name, nearest });
        }
        Ok(())
    }

    /// A setting that has a default.
    pub(super) fn read<T>(
        &self,
        variable: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, ConfigError> {
        if let Some(value) = self.optional(variable, &parse)? {
            return Ok(value);
        }
        let setting = by_variable(variable).expect("the setting is in the table");
        parse(setting.default).map_err(|problem| ConfigError::BadValue { name: variable.to_owned(), problem })
    }

    /// The policies, and which of them are decided here, each with the name of the place.
    pub(super) fn policies(&self) -> Result<(Policies, BTreeMap<&'static str, String>), ConfigError> {
        let (mut policies, mut fixed) = (Policies::default(), BTreeMap::new());
        for policy in Policies::NAMES {
            let setting = named(policy).expect("every policy is a setting");
            if let Some(Given { text, name }) = self.0.get(setting.variable) {
                let problem = |problem: Sentence| problem.to_string();
                let set = policies.set(policy, text).map_err(problem);
                set.map_err(|problem| ConfigError::BadValue { name: name.clone(), problem })?;
                fixed.insert(*policy, name.clone());
            }
        }
        Ok((policies, fixed))
    }

    /// The settings that somebody set, by variable, each with how its place calls it.
    pub(super) fn places(&self) -> BTreeMap<&'static str, String> {
        self.0.iter().map(|(variable, given)| (*variable, given.name.clone())).collect()
    }

    /// A setting that may be absent.
    pub(super) fn optional<T>(
        &self,
        variable: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<T>, ConfigError> {
        let Some(Given { text, name }) = self.0.get(variable) else { return Ok(None) };
        parse(text).map(Some).map_err(|problem| ConfigError::BadValue { name: name.clone(), problem })
    }
}

fn unknown_key(name: String, path: &Path) -> ConfigError {
    let nearest = nearest(&name, SETTINGS.iter().map(|setting| toml_name(*setting)));
    ConfigError::UnknownKey { name, path: path.to_owned(), nearest }
}

/// A value of the file as one would write it in the environment. An empty string is a value here: in a file, nobody has
/// to write one.
pub(super) fn text_of(value: toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Float(number) if number.is_finite() => Some(number.to_string()),
        toml::Value::Boolean(switch) => Some(switch.to_string()),
        toml::Value::Array(list) => {
            list.into_iter().map(text_of).collect::<Option<Vec<_>>>().map(|list| list.join(","))
        }
        toml::Value::Float(_) | toml::Value::Datetime(_) | toml::Value::Table(_) => None,
    }
}

/// The variables of the process that concern us, which must be Unicode.
pub(super) fn relevant((name, value): (OsString, OsString)) -> Option<Result<(String, String), ConfigError>> {
    let name = name.into_string().ok()?;
    if !name.starts_with(PREFIX) && by_variable(&name).is_none() {
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
