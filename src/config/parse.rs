//! What each kind of text may be: choices, numbers, addresses, files, log filters.
//!
//! A parser's error is the second half of "NAME: …", and says what to write instead.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use tracing_subscriber::EnvFilter;

use crate::domain::policies;

use super::{LogFormat, MetricsAccess};

pub(super) const SWITCH: &[(&str, bool)] = &[("on", true), ("off", false), ("true", true), ("false", false)];
pub(super) const METRICS: &[(&str, MetricsAccess)] =
    &[("loopback", MetricsAccess::Loopback), ("open", MetricsAccess::Open)];
pub(super) const LOG_FORMAT: &[(&str, LogFormat)] = &[("text", LogFormat::Text), ("json", LogFormat::Json)];

pub(super) fn one_of<T: Copy>(choices: &'static [(&'static str, T)]) -> impl Fn(&str) -> Result<T, String> {
    let read = policies::one_of(choices);
    move |text| read(text).map_err(sentence)
}

/// Of a password hash.
pub(super) fn cost(text: &str) -> Result<u32, String> {
    policies::number("as a power of two".into(), 10..=16)(text).map_err(sentence)
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
