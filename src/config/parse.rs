//! What each kind of text may be: choices, numbers, addresses, files, log filters.
//!
//! A parser's error is the second half of "NAME: …", and says what to write instead.

use std::fmt;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;

use tracing_subscriber::EnvFilter;

use crate::domain::request_log::Recording;

use super::{LogFormat, MetricsAccess, Registration};

pub(super) const SWITCH: &[(&str, bool)] = &[("on", true), ("off", false), ("true", true), ("false", false)];
pub(super) const METRICS: &[(&str, MetricsAccess)] =
    &[("loopback", MetricsAccess::Loopback), ("open", MetricsAccess::Open)];
pub(super) const REGISTRATION: &[(&str, Registration)] =
    &[("closed", Registration::Closed), ("token", Registration::Token), ("open", Registration::Open)];
pub(super) const RECORDING: &[(&str, Recording)] = &[
    ("off", Recording::Off),
    ("failures", Recording::Failures),
    ("sample", Recording::Sample),
    ("all", Recording::All),
];
pub(super) const LOG_FORMAT: &[(&str, LogFormat)] = &[("text", LogFormat::Text), ("json", LogFormat::Json)];

pub(super) fn one_of<T: Copy>(choices: &'static [(&'static str, T)]) -> impl Fn(&str) -> Result<T, String> {
    move |text| {
        let chosen = choices.iter().find(|(name, _)| *name == text).map(|(_, choice)| *choice);
        chosen.ok_or_else(|| {
            let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
            format!("`{text}` is no choice; write one of {}", names.join(", "))
        })
    }
}

pub(super) fn number<T: FromStr + PartialOrd + fmt::Display>(
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

pub(super) fn socket_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        format!("`{text}` is no address and port; write them like 127.0.0.1:8080, 0.0.0.0:8080 or [::1]:8080")
    })
}

pub(super) fn path(text: &str) -> Result<PathBuf, String> {
    if text.trim().is_empty() {
        Err("this is no file name; write one or leave it out".to_owned())
    } else {
        Ok(text.into())
    }
}

pub(super) fn log_filter(text: &str) -> Result<String, String> {
    match EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err(format!(
            "`{text}` is no log filter; write a level such as info, or directives such as grantor=debug,warn"
        )),
    }
}

/// An error as the second half of "NAME: …".
pub(super) fn sentence(error: impl fmt::Display) -> String {
    error.to_string()
}
