//! The settings that most clients leave alone, as one table: what each is called, what it is for, and how it is filled in.
//! The form folds them away in groups, and the client's page shows those that were changed.
//!
//! A member of [`ClientMetadata`](crate::domain::client::ClientMetadata) that is missing here still survives the form.

use serde_json::{Map, Value};

use super::members::text;
use crate::domain::lifetimes::Lifetimes;
use crate::protocol::parameters::Parameters;
use crate::web::admin::lines;
use crate::web::page::{Choice, FormErrors, duration};

/// Settings that belong together.
pub struct Group {
    pub title: &'static str,
    pub fields: Vec<Field>,
}

/// One setting of a client, ready to be shown.
pub struct Field {
    pub setting: &'static Setting,
    /// One sentence.
    pub help: String,
    /// Of everything that is typed.
    pub value: String,
    /// Of a select.
    pub choices: Vec<Choice>,
    /// Of a checkbox.
    pub is_checked: bool,
}

/// A member of client metadata and how people fill it in.
pub struct Setting {
    pub member: &'static str,
    pub label: &'static str,
    pub input: Input,
    help: &'static str,
    /// For a public client it is not up to anybody.
    pub is_for_secret_keepers: bool,
}

/// How a setting is filled in. Empty text and the empty option mean the default, for which the member is left out.
#[derive(Clone, Copy)]
pub enum Input {
    Url,
    /// Several values, one per line.
    Lines,
    Seconds,
    Json,
    /// A checkbox, and whether it is ticked when nobody says anything.
    Check(bool),
    /// A select of values and their words; the default comes first.
    Select(&'static [(&'static str, &'static str)]),
}

const RS256: (&str, &str) = ("RS256", "RS256: RSA");
const PS256: (&str, &str) = ("PS256", "PS256: RSA-PSS");
const ES256: (&str, &str) = ("ES256", "ES256: ECDSA on P-256");
const EDDSA: (&str, &str) = ("EdDSA", "EdDSA: Ed25519");
const ALGORITHMS: [(&str, &str); 4] = [RS256, PS256, ES256, EDDSA];

const fn setting(member: &'static str, label: &'static str, input: Input, help: &'static str) -> Setting {
    Setting { member, label, input, help, is_for_secret_keepers: false }
}

const fn confidential(member: &'static str, label: &'static str, input: Input, help: &'static str) -> Setting {
    Setting { member, label, input, help, is_for_secret_keepers: true }
}

const SIGN_IN: [Setting; 7] = [
    setting(
        "application_type",
        "Application type",
        Input::Select(&[("web", "Web site"), ("native", "App on the user's device")]),
        "What runs it: a server and a browser, or the device itself.",
    ),
    setting(
        "initiate_login_uri",
        "Sign-in page of the client",
        Input::Url,
        "Where a sign-in that starts elsewhere is sent, so that the client can begin it.",
    ),
    setting(
        "post_logout_redirect_uris",
        "After signing out",
        Input::Lines,
        "Where users may return after they signed out, one address per line.",
    ),
    setting(
        "default_max_age",
        "Sign in again after",
        Input::Seconds,
        "Seconds after which users must prove themselves again. Empty means that their session counts.",
    ),
    setting(
        "require_auth_time",
        "Say when users signed in",
        Input::Check(false),
        "Each ID token carries the time of the sign-in (auth_time).",
    ),
    setting(
        "subject_type",
        "What it calls users",
        Input::Select(&[
            ("public", "The same id as other clients"),
            ("pairwise", "Ids of its own, so that clients cannot compare notes"),
        ]),
        "Changing this later makes every user look new to the client.",
    ),
    setting(
        "sector_identifier_uri",
        "Sector identifier",
        Input::Url,
        "A JSON array of all redirect URIs, for clients with ids of their own on several hosts.",
    ),
];

const TOKENS: [Setting; 9] = [
    setting(
        "access_token_format",
        "Access token format",
        Input::Select(&[("opaque", "Opaque"), ("jwt", "JWT")]),
        "Opaque tokens can be revoked at once. A JWT is checked without asking us and lives at most 10 minutes.",
    ),
    setting("access_token_lifetime", "Access token lifetime", Input::Seconds, "Seconds."),
    setting(
        "refresh_token_lifetime",
        "Refresh token lifetime",
        Input::Seconds,
        "Seconds in all, however much it is used.",
    ),
    setting("id_token_lifetime", "ID token lifetime", Input::Seconds, "Seconds."),
    setting(
        "id_token_signed_response_alg",
        "ID tokens are signed with",
        Input::Select(&ALGORITHMS),
        "Every OpenID Connect library knows RS256.",
    ),
    setting(
        "userinfo_signed_response_alg",
        "User info is signed with",
        Input::Select(&[("", "Nothing: plain JSON"), RS256, PS256, ES256, EDDSA]),
        "Plain JSON is what nearly all clients expect.",
    ),
    confidential(
        "refresh_token_rotation",
        "Rotate refresh tokens",
        Input::Check(false),
        "Each works once, and its use brings the next.",
    ),
    confidential(
        "require_pkce",
        "Require PKCE",
        Input::Check(true),
        "Turn it off only for software that cannot do it.",
    ),
    setting("skip_consent", "Skip consent", Input::Check(false), "Users are not asked. Only for your own software."),
];

const LOGOUT: [Setting; 4] = [
    setting(
        "backchannel_logout_uri",
        "Back-channel logout address",
        Input::Url,
        "We tell the client here, server to server, that a user has signed out.",
    ),
    setting(
        "backchannel_logout_session_required",
        "Name the session there",
        Input::Check(false),
        "The message says which session has ended (sid), for clients that keep several.",
    ),
    setting(
        "frontchannel_logout_uri",
        "Front-channel logout address",
        Input::Url,
        "The user's browser loads it while signing out. It is on a host of the redirect URIs.",
    ),
    setting(
        "frontchannel_logout_session_required",
        "Name the session in its address",
        Input::Check(false),
        "The address gets the issuer and the session (iss, sid) as parameters.",
    ),
];

const KEYS: [Setting; 4] = [
    setting(
        "jwks_uri",
        "Address of its public keys",
        Input::Url,
        "A JWK set that the client publishes, so that it can change its keys by itself.",
    ),
    setting(
        "jwks",
        "Its public keys",
        Input::Json,
        "The JWK set itself, for a client that publishes none. One of the two is enough.",
    ),
    setting(
        "token_endpoint_auth_signing_alg",
        "It signs with",
        Input::Select(&[("", "Any algorithm that we know"), RS256, PS256, ES256, EDDSA]),
        "The one algorithm of the assertions by which it proves itself.",
    ),
    setting(
        "client_assertion_audience",
        "Audience of its assertions",
        Input::Select(&[("issuer", "The issuer only"), ("token_endpoint", "The token endpoint's URL too")]),
        "Older libraries send the token endpoint's URL.",
    ),
];

const ABOUT: [Setting; 5] = [
    setting("client_uri", "Website", Input::Url, "Where people read more about it."),
    setting(
        "logo_uri",
        "Logo",
        Input::Url,
        "Kept for software that asks. Our own pages show no pictures from elsewhere.",
    ),
    setting("policy_uri", "Privacy policy", Input::Url, "What it does with people's data."),
    setting("tos_uri", "Terms of service", Input::Url, "What people agree to when they use it."),
    setting("contacts", "Contacts", Input::Lines, "E-mail addresses of the people who run it, one per line."),
];

const GROUPS: [(&str, &[Setting]); 5] =
    [("Sign-in", &SIGN_IN), ("Tokens", &TOKENS), ("Logout", &LOGOUT), ("Keys", &KEYS), ("About", &ABOUT)];

/// The settings of a client that is public or not.
pub fn settings(is_public: bool) -> impl Iterator<Item = &'static Setting> {
    GROUPS.into_iter().flat_map(move |(_, all)| of(all, is_public))
}

fn of(all: &'static [Setting], is_public: bool) -> impl Iterator<Item = &'static Setting> {
    all.iter().filter(move |setting| !(is_public && setting.is_for_secret_keepers))
}

/// The groups as `members` fill them; `lifetimes` are the server's, for the help.
pub fn groups(members: &Map<String, Value>, is_public: bool, lifetimes: &Lifetimes) -> Vec<Group> {
    let fields = |all| of(all, is_public).map(|setting| Field::new(setting, members, lifetimes)).collect();
    GROUPS.into_iter().map(|(title, all)| Group { title, fields: fields(all) }).collect()
}

impl Setting {
    /// What the form says, as the member has it; `None` leaves the member out. A form that lacks the field says nothing,
    /// but for a checkbox, which is sent only when it is ticked. What is of the wrong kind goes on as text, to be refused
    /// with all the rest.
    pub fn read(&self, form: &Parameters, members: &Map<String, Value>) -> Option<Value> {
        if let Input::Check(default) = self.input {
            let is_checked = form.get(self.member).is_some();
            let stands = members.get(self.member);
            let is_as_before = stands.and_then(Value::as_bool).unwrap_or(default) == is_checked;
            return if is_as_before { stands.cloned() } else { Some(is_checked.into()) };
        }
        if !form.is_sent(self.member) {
            return members.get(self.member).cloned();
        }
        let typed = form.get(self.member).map(str::trim).filter(|typed| !typed.is_empty())?;
        Some(match self.input {
            Input::Lines => lines(form, self.member).into(),
            Input::Seconds => typed.parse::<u64>().map_or_else(|_| typed.into(), Value::from),
            Input::Json => serde_json::from_str(typed).unwrap_or_else(|_| typed.into()),
            Input::Url | Input::Select(_) | Input::Check(_) => typed.into(),
        })
    }

    fn help(&self, lifetimes: &Lifetimes) -> String {
        let default = match self.member {
            "access_token_lifetime" => lifetimes.access_token,
            "refresh_token_lifetime" => lifetimes.refresh_token,
            "id_token_lifetime" => lifetimes.id_token,
            _ => return self.help.to_owned(),
        };
        format!("{} Empty means {}.", self.help, duration(default))
    }
}

impl Group {
    /// How many differ from the default.
    pub fn changed(&self) -> usize {
        self.fields.iter().filter(|field| field.is_changed()).count()
    }

    /// Whether there is something in it to be seen.
    pub fn is_open(&self, errors: &FormErrors) -> bool {
        self.changed() > 0 || self.fields.iter().any(|field| errors.of(field.setting.member).is_some())
    }
}

impl Field {
    fn new(setting: &'static Setting, members: &Map<String, Value>, lifetimes: &Lifetimes) -> Self {
        let value = text(members, setting.member);
        let (mut choices, mut is_checked) = (Vec::new(), false);
        match setting.input {
            Input::Check(default) => {
                is_checked = members.get(setting.member).and_then(Value::as_bool).unwrap_or(default);
            }
            Input::Select(options) => {
                let chosen = options.iter().position(|(each, _)| *each == value).unwrap_or(0);
                let options = options.iter().enumerate();
                choices =
                    options.map(|(index, (value, label))| Choice::new(*value, *label, "", index == chosen)).collect();
            }
            Input::Url | Input::Lines | Input::Seconds | Input::Json => {}
        }
        Self { setting, help: setting.help(lifetimes), value, choices, is_checked }
    }

    /// Whether it differs from the default.
    pub fn is_changed(&self) -> bool {
        match self.setting.input {
            Input::Check(default) => self.is_checked != default,
            Input::Select(_) => self.choices.first().is_some_and(|first| !first.is_chosen),
            Input::Url | Input::Lines | Input::Seconds | Input::Json => !self.value.is_empty(),
        }
    }

    /// Its value for those who only read it, line by line.
    pub fn words(&self) -> Vec<String> {
        match self.setting.input {
            Input::Check(_) => vec![if self.is_checked { "Yes" } else { "No" }.to_owned()],
            Input::Select(_) => {
                self.choices.iter().filter(|each| each.is_chosen).map(|each| each.label.clone()).collect()
            }
            Input::Seconds => vec![self.value.parse().map_or_else(|_| self.value.clone(), duration)],
            Input::Json => vec!["Given by value".to_owned()],
            Input::Url | Input::Lines => self.value.lines().map(str::to_owned).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::signing_key::Algorithm;

    #[test]
    fn a_member_stands_in_one_group() {
        let all: Vec<_> = settings(false).map(|setting| setting.member).collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        assert_eq!(settings(true).count(), all.len() - 2);
    }

    #[test]
    fn every_algorithm_is_offered() {
        assert_eq!(ALGORITHMS.map(|(name, _)| name), Algorithm::ALL.map(Algorithm::name));
    }
}
