//! Why settings are refused, in sentences for the operator.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::settings::{SETTINGS, toml_name};
use super::values::CONFIG_VARIABLE;

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
