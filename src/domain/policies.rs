//! What is decided about tokens, sessions, registration, passwords, limits, and how long things are kept.
//!
//! Each policy has a name, that of its setting in the TOML file, and a text that is parsed here, wherever it comes from: the
//! environment, the file, or the console, which keeps it in the database. Who wins over whom is said in
//! [`config`](crate::config).

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use super::lifetimes::Lifetimes;
use super::request_log::{Recording, RequestLog};
use super::sentence::{Sentence, sentence};
use crate::clock::Seconds;

const MINUTE: Seconds = 60;
const DAY: Seconds = 86_400;
/// Seconds that a browser session lasts at least: long enough for an admin to sign in and change this.
const SHORTEST_SESSION: Seconds = 5 * MINUTE;

/// All of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policies {
    pub registration: Registration,
    pub lifetimes: Lifetimes,
    pub key_rotation_days: u32,
    pub audit_retention_days: u32,
    /// Fewest characters of a password that somebody chooses.
    pub password_min_length: usize,
    /// Whether anybody is slowed down.
    pub rate_limits: bool,
    pub limits: Limits,
    /// What is kept of the requests to the protocol's endpoints.
    pub request_log: RequestLog,
}

/// Who may register clients dynamically (RFC 7591 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registration {
    Closed,
    /// Holders of an initial access token.
    Token,
    Open,
}

/// How much is too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Failed attempts, in 15 minutes.
    pub failures: u32,
    /// Clients that an address registers, in an hour.
    pub registrations: u32,
    /// Devices for which a client asks from an address, in 15 minutes.
    pub devices: u32,
    /// Authorization and logout requests that are stored for people who are not signed in, from an address, in 3 minutes.
    pub stored_requests: u32,
    /// Requests from an address, in a minute.
    pub address: Option<u32>,
    /// Requests of a client, in a minute.
    pub client: Option<u32>,
    /// Requests from an address that are being answered.
    pub in_flight: u32,
    /// Connections from an address to one listener; without a number, a share of those that it holds.
    pub connections: Option<u32>,
}

const REGISTRATION: &[(&str, Registration)] =
    &[("closed", Registration::Closed), ("token", Registration::Token), ("open", Registration::Open)];
const RECORDING: &[(&str, Recording)] = &[
    ("off", Recording::Off),
    ("failures", Recording::Failures),
    ("sample", Recording::Sample),
    ("all", Recording::All),
];
const RATE_LIMITS: &[(&str, bool)] = &[("on", true), ("off", false)];

impl Default for Policies {
    /// What holds when nobody says.
    fn default() -> Self {
        Self {
            registration: Registration::Token,
            lifetimes: Lifetimes {
                authorization_code: MINUTE,
                access_token: 60 * MINUTE,
                jwt_access_token: 10 * MINUTE,
                refresh_token_idle: 30 * DAY,
                refresh_token: 90 * DAY,
                refresh_retry: 10,
                id_token: 60 * MINUTE,
                session_idle: DAY / 2,
                session: 7 * DAY,
                pushed_request: MINUTE,
                device_code: 10 * MINUTE,
            },
            key_rotation_days: 90,
            audit_retention_days: 400,
            password_min_length: 12,
            rate_limits: true,
            limits: Limits {
                failures: 20,
                registrations: 20,
                devices: 60,
                stored_requests: 1_000,
                address: None,
                client: None,
                in_flight: 1_024,
                connections: None,
            },
            request_log: RequestLog { recording: Recording::Sample, max_rows: 100_000, max_age: 7 * DAY },
        }
    }
}

impl Policies {
    /// The names, in the order of the file.
    pub const NAMES: &[&str] = &[
        "registration.mode",
        "tokens.code_lifetime",
        "tokens.access_token_lifetime",
        "tokens.jwt_access_token_lifetime",
        "tokens.refresh_token_idle_lifetime",
        "tokens.refresh_token_lifetime",
        "tokens.refresh_retry_seconds",
        "tokens.id_token_lifetime",
        "tokens.pushed_request_lifetime",
        "tokens.device_code_lifetime",
        "sessions.idle_lifetime",
        "sessions.lifetime",
        "keys.rotation_days",
        "audit.retention_days",
        "passwords.min_length",
        "limits.rate_limits",
        "limits.failures",
        "limits.registrations",
        "limits.devices",
        "limits.stored_requests",
        "limits.address",
        "limits.client",
        "limits.in_flight",
        "limits.connections",
        "requests.log",
        "requests.log_rows",
        "requests.log_days",
    ];

    /// Reads `text` as the policy of this name.
    ///
    /// # Errors
    /// What is wrong with the text, and what to write instead.
    pub fn set(&mut self, name: &str, text: &str) -> Result<(), Sentence> {
        let seconds = |range| number::<Seconds>(sentence!("unit-seconds", "seconds"), range)(text);
        let days = |most| number::<u32>(sentence!("unit-days", "days"), 1..=most)(text);
        let most = |unit| number::<u32>(unit, 1..=1_000_000)(text);
        let requests = || {
            let read = number(sentence!("unit-requests", "requests"), 1..=100_000_000);
            if text.is_empty() { Ok(None) } else { read(text).map(Some) }
        };
        let of = &mut self.lifetimes;
        match name {
            "registration.mode" => self.registration = one_of(REGISTRATION)(text)?,
            // RFC 6749 §4.1.2: ten minutes at most.
            "tokens.code_lifetime" => of.authorization_code = seconds(1..=10 * MINUTE)?,
            "tokens.access_token_lifetime" => of.access_token = seconds(1..=30 * DAY)?,
            // Resource servers that do not introspect go on believing one that was revoked.
            "tokens.jwt_access_token_lifetime" => of.jwt_access_token = seconds(1..=10 * MINUTE)?,
            "tokens.refresh_token_idle_lifetime" => of.refresh_token_idle = seconds(1..=3_650 * DAY)?,
            "tokens.refresh_token_lifetime" => of.refresh_token = seconds(1..=3_650 * DAY)?,
            "tokens.refresh_retry_seconds" => of.refresh_retry = seconds(0..=5 * MINUTE)?,
            "tokens.id_token_lifetime" => of.id_token = seconds(1..=30 * DAY)?,
            // RFC 9126 §2.2: 5 to 600 seconds.
            "tokens.pushed_request_lifetime" => of.pushed_request = seconds(1..=10 * MINUTE)?,
            "tokens.device_code_lifetime" => of.device_code = seconds(1..=60 * MINUTE)?,
            "sessions.idle_lifetime" => of.session_idle = seconds(SHORTEST_SESSION..=365 * DAY)?,
            "sessions.lifetime" => of.session = seconds(SHORTEST_SESSION..=365 * DAY)?,
            "keys.rotation_days" => self.key_rotation_days = days(3_650)?,
            "audit.retention_days" => self.audit_retention_days = days(36_500)?,
            // NIST SP 800-63B §3.1.1.2: never fewer than eight.
            "passwords.min_length" => {
                self.password_min_length = number(sentence!("unit-characters", "characters"), 8..=64)(text)?;
            }
            "limits.rate_limits" => {
                let text = match text {
                    "true" => "on",
                    "false" => "off",
                    text => text,
                };
                self.rate_limits = one_of(RATE_LIMITS)(text)?;
            }
            "limits.failures" => self.limits.failures = most(sentence!("unit-failures", "failures"))?,
            "limits.registrations" => self.limits.registrations = most(sentence!("unit-clients", "clients"))?,
            "limits.devices" => self.limits.devices = most(sentence!("unit-devices", "devices"))?,
            "limits.stored_requests" => self.limits.stored_requests = most(sentence!("unit-requests", "requests"))?,
            "limits.address" => self.limits.address = requests()?,
            "limits.client" => self.limits.client = requests()?,
            "limits.in_flight" => self.limits.in_flight = most(sentence!("unit-requests", "requests"))?,
            // A browser opens six.
            "limits.connections" => {
                let read = number(sentence!("unit-connections", "connections"), 10..=1_000_000);
                self.limits.connections = if text.is_empty() { None } else { Some(read(text)?) };
            }
            "requests.log" => self.request_log.recording = one_of(RECORDING)(text)?,
            "requests.log_rows" => {
                self.request_log.max_rows = number(sentence!("unit-rows", "rows"), 1_000..=100_000_000)(text)?;
            }
            "requests.log_days" => self.request_log.max_age = DAY * Seconds::from(days(3_650)?),
            name => return Err(sentence!("policy-unknown", "There is no setting called {name}.", name = name)),
        }
        Ok(())
    }

    /// The same for what was stored: a session that an earlier version let be shorter lasts as long as it has to.
    ///
    /// # Errors
    /// Those of [`set`](Self::set).
    pub fn set_stored(&mut self, name: &str, text: &str) -> Result<(), Sentence> {
        let is_session = ["sessions.idle_lifetime", "sessions.lifetime"].contains(&name);
        let seconds = text.trim().parse::<Seconds>().ok().filter(|_| is_session);
        match seconds {
            Some(1..SHORTEST_SESSION) => self.set(name, &SHORTEST_SESSION.to_string()),
            _ => self.set(name, text),
        }
    }

    /// The policy of this name as [`set`](Self::set) reads it; empty when it is absent.
    pub fn get(&self, name: &str) -> String {
        let optional = |number: Option<u32>| number.map_or_else(String::new, |number| number.to_string());
        let of = &self.lifetimes;
        let number: Seconds = match name {
            "registration.mode" => return name_of(REGISTRATION, self.registration),
            "limits.rate_limits" => return name_of(RATE_LIMITS, self.rate_limits),
            "requests.log" => return name_of(RECORDING, self.request_log.recording),
            "limits.address" => return optional(self.limits.address),
            "limits.client" => return optional(self.limits.client),
            "limits.connections" => return optional(self.limits.connections),
            "passwords.min_length" => return self.password_min_length.to_string(),
            "tokens.code_lifetime" => of.authorization_code,
            "tokens.access_token_lifetime" => of.access_token,
            "tokens.jwt_access_token_lifetime" => of.jwt_access_token,
            "tokens.refresh_token_idle_lifetime" => of.refresh_token_idle,
            "tokens.refresh_token_lifetime" => of.refresh_token,
            "tokens.refresh_retry_seconds" => of.refresh_retry,
            "tokens.id_token_lifetime" => of.id_token,
            "tokens.pushed_request_lifetime" => of.pushed_request,
            "tokens.device_code_lifetime" => of.device_code,
            "sessions.idle_lifetime" => of.session_idle,
            "sessions.lifetime" => of.session,
            "keys.rotation_days" => self.key_rotation_days.into(),
            "audit.retention_days" => self.audit_retention_days.into(),
            "limits.failures" => self.limits.failures.into(),
            "limits.registrations" => self.limits.registrations.into(),
            "limits.devices" => self.limits.devices.into(),
            "limits.stored_requests" => self.limits.stored_requests.into(),
            "limits.in_flight" => self.limits.in_flight.into(),
            "requests.log_rows" => self.request_log.max_rows,
            "requests.log_days" => self.request_log.max_age / DAY,
            _ => return String::new(),
        };
        number.to_string()
    }

    /// What the policy of this name may be, if it is one of a few.
    pub fn choices(name: &str) -> Vec<&'static str> {
        fn names<T>(choices: &'static [(&'static str, T)]) -> Vec<&'static str> {
            choices.iter().map(|(name, _)| *name).collect()
        }
        match name {
            "registration.mode" => names(REGISTRATION),
            "limits.rate_limits" => names(RATE_LIMITS),
            "requests.log" => names(RECORDING),
            _ => Vec::new(),
        }
    }
}

/// One of a few words.
pub fn one_of<T: Copy>(choices: &'static [(&'static str, T)]) -> impl Fn(&str) -> Result<T, Sentence> {
    move |text| {
        let chosen = choices.iter().find(|(name, _)| *name == text).map(|(_, choice)| *choice);
        chosen.ok_or_else(|| {
            let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
            sentence!(
                "policy-choice",
                "`{text}` is no choice; write one of {names}",
                text = text,
                names = names.join(", ")
            )
        })
    }
}

/// A whole number of some unit.
pub fn number<T: FromStr + PartialOrd + fmt::Display>(
    unit: Sentence,
    range: RangeInclusive<T>,
) -> impl Fn(&str) -> Result<T, Sentence> {
    move |text| {
        let number = text.trim().parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| {
            sentence!(
                "policy-number",
                "`{text}` is out of range; write a whole number from {least} to {most} ({unit})",
                text = text,
                least = range.start().to_string(),
                most = range.end().to_string(),
                unit = unit.clone()
            )
        })
    }
}

fn name_of<T: PartialEq + Copy>(choices: &[(&'static str, T)], chosen: T) -> String {
    choices.iter().find(|(_, choice)| *choice == chosen).map(|(name, _)| (*name).to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_policy_is_read_as_it_is_shown() {
        let mut other = Policies::default();
        for name in Policies::NAMES {
            let shown = Policies::default().get(name);
            other.set(name, &shown).unwrap_or_else(|problem| panic!("{name}: {problem}"));
            assert!(!shown.is_empty() || name.starts_with("limits."), "{name} is not shown");
            let choices = Policies::choices(name);
            let changed = choices.iter().find(|choice| **choice != shown).map_or("77", |choice| *choice);
            let changed = if *name == "requests.log_rows" { "7777" } else { changed };
            let changed = if *name == "passwords.min_length" { "17" } else { changed };
            let changed = if name.starts_with("sessions.") { "777" } else { changed };
            let mut changed_one = Policies::default();
            changed_one.set(name, changed).unwrap_or_else(|problem| panic!("{name}: {problem}"));
            assert_eq!(changed_one.get(name), changed, "{name}");
            assert_ne!(changed_one, Policies::default(), "{name}");
        }
        assert_eq!(other, Policies::default());
    }

    #[test]
    fn what_is_wrong_is_named_with_what_to_write() {
        let mut policies = Policies::default();
        let problem = |policies: &mut Policies, name, text| policies.set(name, text).unwrap_err().to_string();
        assert_eq!(
            problem(&mut policies, "tokens.code_lifetime", "9000"),
            "`9000` is out of range; write a whole number from 1 to 600 (seconds)"
        );
        assert_eq!(
            problem(&mut policies, "registration.mode", "ajar"),
            "`ajar` is no choice; write one of closed, token, open"
        );
        assert_eq!(problem(&mut policies, "tokens.luck", "1"), "There is no setting called tokens.luck.");
        assert_eq!(policies, Policies::default());
    }

    #[test]
    fn nobody_is_locked_out_by_a_session_that_ends_at_once() {
        for name in ["sessions.idle_lifetime", "sessions.lifetime"] {
            let mut policies = Policies::default();
            let problem = policies.set(name, "299").unwrap_err().to_string();
            assert_eq!(problem, "`299` is out of range; write a whole number from 300 to 31536000 (seconds)");
            policies.set(name, "300").expect("that is enough");
            for (stored, holds) in [("1", "300"), ("299", "300"), ("301", "301")] {
                policies.set_stored(name, stored).expect("an earlier version has stored it");
                assert_eq!(policies.get(name), holds, "{name}");
            }
            assert!(policies.set_stored(name, "0").is_err() && policies.set_stored(name, "soon").is_err());
        }
        let mut policies = Policies::default();
        policies.set_stored("tokens.code_lifetime", "1").expect("others may be as short as they like");
        assert_eq!(policies.lifetimes.authorization_code, 1);
    }
}
