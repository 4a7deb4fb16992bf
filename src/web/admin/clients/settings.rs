//! The settings that most clients leave alone, as one table: what each is called, what it is for, and how it is filled in.
//! The form folds them away in groups, and the client's page shows those that were changed.
//!
//! A member of [`ClientMetadata`](crate::domain::client::ClientMetadata) that is missing here still survives the form.

use serde_json::{Map, Value};

use super::members::text;
use crate::domain::client::LOCALIZED;
use crate::domain::lifetimes::Lifetimes;
use crate::protocol::parameters::Parameters;
use crate::web::admin::lines;
use crate::web::page::{Choice, FormErrors, duration};

/// Settings that belong together.
pub struct Group {
    /// The key of what they are called.
    title: &'static str,
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
    /// The key of what it is called.
    label: &'static str,
    pub input: Input,
    /// The key of its sentence.
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
    /// What is said in other languages, one member per line: `client_name#ko = …`.
    Localized,
    /// A checkbox, and whether it is ticked when nobody says anything.
    Check(bool),
    /// A select of values and their words, or the keys of these; the default comes first.
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

/// What follows from the kind of a new client unless somebody says otherwise; the empty option leaves it to the kind. Later
/// the first stands above the groups, and the second among those of the sign-in.
pub static OF_KIND: [Setting; 2] = [
    confidential(
        "token_endpoint_auth_method",
        key!("client-authentication"),
        Input::Select(&[
            ("", key!("setting-of-kind")),
            ("client_secret_basic", key!("auth-method-basic")),
            ("client_secret_post", key!("auth-method-post")),
            ("private_key_jwt", key!("auth-method-private-key-jwt")),
        ]),
        key!("client-authentication-help"),
    ),
    setting(
        "application_type",
        key!("setting-application_type"),
        Input::Select(&[
            ("", key!("setting-of-kind")),
            ("web", key!("setting-application_type-web")),
            ("native", key!("setting-application_type-native")),
        ]),
        key!("setting-application_type-help"),
    ),
];

const SIGN_IN: [Setting; 7] = [
    setting(
        "application_type",
        key!("setting-application_type"),
        Input::Select(&[
            ("web", key!("setting-application_type-web")),
            ("native", key!("setting-application_type-native")),
        ]),
        key!("setting-application_type-help"),
    ),
    setting(
        "initiate_login_uri",
        key!("setting-initiate_login_uri"),
        Input::Url,
        key!("setting-initiate_login_uri-help"),
    ),
    setting(
        "post_logout_redirect_uris",
        key!("setting-post_logout_redirect_uris"),
        Input::Lines,
        key!("setting-post_logout_redirect_uris-help"),
    ),
    setting("default_max_age", key!("setting-default_max_age"), Input::Seconds, key!("setting-default_max_age-help")),
    setting(
        "require_auth_time",
        key!("setting-require_auth_time"),
        Input::Check(false),
        key!("setting-require_auth_time-help"),
    ),
    setting(
        "subject_type",
        key!("setting-subject_type"),
        Input::Select(&[
            ("public", key!("setting-subject_type-public")),
            ("pairwise", key!("setting-subject_type-pairwise")),
        ]),
        key!("setting-subject_type-help"),
    ),
    setting(
        "sector_identifier_uri",
        key!("setting-sector_identifier_uri"),
        Input::Url,
        key!("setting-sector_identifier_uri-help"),
    ),
];

const TOKENS: [Setting; 10] = [
    setting(
        "access_token_format",
        key!("setting-access_token_format"),
        Input::Select(&[("opaque", key!("setting-access_token_format-opaque")), ("jwt", "JWT")]),
        key!("setting-access_token_format-help"),
    ),
    setting(
        "access_token_signing_alg",
        key!("setting-access_token_signing_alg"),
        Input::Select(&[ES256, RS256, PS256, EDDSA]),
        key!("setting-access_token_signing_alg-help"),
    ),
    setting(
        "access_token_lifetime",
        key!("setting-access_token_lifetime"),
        Input::Seconds,
        key!("setting-access_token_lifetime-help"),
    ),
    setting(
        "refresh_token_lifetime",
        key!("setting-refresh_token_lifetime"),
        Input::Seconds,
        key!("setting-refresh_token_lifetime-help"),
    ),
    setting(
        "id_token_lifetime",
        key!("setting-id_token_lifetime"),
        Input::Seconds,
        key!("setting-id_token_lifetime-help"),
    ),
    setting(
        "id_token_signed_response_alg",
        key!("setting-id_token_signed_response_alg"),
        Input::Select(&ALGORITHMS),
        key!("setting-id_token_signed_response_alg-help"),
    ),
    setting(
        "userinfo_signed_response_alg",
        key!("setting-userinfo_signed_response_alg"),
        Input::Select(&[("", key!("setting-userinfo_signed_response_alg-default")), RS256, PS256, ES256, EDDSA]),
        key!("setting-userinfo_signed_response_alg-help"),
    ),
    confidential(
        "refresh_token_rotation",
        key!("setting-refresh_token_rotation"),
        Input::Check(false),
        key!("setting-refresh_token_rotation-help"),
    ),
    confidential("require_pkce", key!("setting-require_pkce"), Input::Check(true), key!("setting-require_pkce-help")),
    setting("skip_consent", key!("setting-skip_consent"), Input::Check(false), key!("setting-skip_consent-help")),
];

const LOGOUT: [Setting; 4] = [
    setting(
        "backchannel_logout_uri",
        key!("setting-backchannel_logout_uri"),
        Input::Url,
        key!("setting-backchannel_logout_uri-help"),
    ),
    setting(
        "backchannel_logout_session_required",
        key!("setting-backchannel_logout_session_required"),
        Input::Check(false),
        key!("setting-backchannel_logout_session_required-help"),
    ),
    setting(
        "frontchannel_logout_uri",
        key!("setting-frontchannel_logout_uri"),
        Input::Url,
        key!("setting-frontchannel_logout_uri-help"),
    ),
    setting(
        "frontchannel_logout_session_required",
        key!("setting-frontchannel_logout_session_required"),
        Input::Check(false),
        key!("setting-frontchannel_logout_session_required-help"),
    ),
];

const KEYS: [Setting; 4] = [
    setting("jwks_uri", key!("setting-jwks_uri"), Input::Url, key!("setting-jwks_uri-help")),
    setting("jwks", key!("setting-jwks"), Input::Json, key!("setting-jwks-help")),
    setting(
        "token_endpoint_auth_signing_alg",
        key!("setting-token_endpoint_auth_signing_alg"),
        Input::Select(&[("", key!("setting-token_endpoint_auth_signing_alg-default")), RS256, PS256, ES256, EDDSA]),
        key!("setting-token_endpoint_auth_signing_alg-help"),
    ),
    setting(
        "client_assertion_audience",
        key!("setting-client_assertion_audience"),
        Input::Select(&[
            ("issuer", key!("setting-client_assertion_audience-issuer")),
            ("token_endpoint", key!("setting-client_assertion_audience-token_endpoint")),
        ]),
        key!("setting-client_assertion_audience-help"),
    ),
];

const ABOUT: [Setting; 6] = [
    setting("client_uri", key!("setting-client_uri"), Input::Url, key!("setting-client_uri-help")),
    setting("logo_uri", key!("setting-logo_uri"), Input::Url, key!("setting-logo_uri-help")),
    setting("policy_uri", key!("setting-policy_uri"), Input::Url, key!("setting-policy_uri-help")),
    setting("tos_uri", key!("setting-tos_uri"), Input::Url, key!("setting-tos_uri-help")),
    setting("contacts", key!("setting-contacts"), Input::Lines, key!("setting-contacts-help")),
    setting("localized", key!("setting-localized"), Input::Localized, key!("setting-localized-help")),
];

const GROUPS: [(&str, &[Setting]); 5] = [
    (key!("setting-group-sign-in"), &SIGN_IN),
    (key!("setting-group-tokens"), &TOKENS),
    (key!("setting-group-logout"), &LOGOUT),
    (key!("setting-group-keys"), &KEYS),
    (key!("setting-group-about"), &ABOUT),
];

/// The settings of a client that is public or not.
pub fn settings(is_public: bool) -> impl Iterator<Item = &'static Setting> {
    GROUPS.into_iter().flat_map(move |(_, all)| of(all, is_public))
}

/// The settings of a new client.
pub fn new_settings(is_public: bool) -> impl Iterator<Item = &'static Setting> {
    of(&OF_KIND, is_public).chain(settings(is_public).filter(|setting| !is_of_kind(setting)))
}

fn is_of_kind(setting: &Setting) -> bool {
    OF_KIND.iter().any(|each| each.member == setting.member)
}

fn of(all: &'static [Setting], is_public: bool) -> impl Iterator<Item = &'static Setting> {
    all.iter().filter(move |setting| !(is_public && setting.is_for_secret_keepers))
}

/// The groups as `members` fill them; `lifetimes` are the server's, for the help.
pub fn groups(members: &Map<String, Value>, is_public: bool, lifetimes: &Lifetimes) -> Vec<Group> {
    let fields = |all| of(all, is_public).map(|setting| Field::new(setting, members, lifetimes)).collect();
    GROUPS.into_iter().map(|(title, all)| Group { title, fields: fields(all) }).collect()
}

/// The groups of a new client, of whatever kind, as `members` fill them.
pub fn new_groups(members: &Map<String, Value>, lifetimes: &Lifetimes) -> Vec<Group> {
    let fields = OF_KIND.iter().map(|setting| Field::new(setting, members, lifetimes)).collect();
    let mut all = vec![Group { title: key!("setting-group-of-kind"), fields }];
    for mut group in groups(members, false, lifetimes) {
        group.fields.retain(|field| !is_of_kind(field.setting));
        all.push(group);
    }
    all
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
        if let Input::Localized = self.input {
            return Some(lines(form, self.member).iter().map(|line| localized(line)).collect::<Map<_, _>>().into());
        }
        let typed = form.get(self.member).map(str::trim).filter(|typed| !typed.is_empty())?;
        Some(match self.input {
            Input::Lines => lines(form, self.member).into(),
            Input::Seconds => typed.parse::<u64>().map_or_else(|_| typed.into(), Value::from),
            Input::Json => match serde_json::from_str(typed) {
                Ok(value @ Value::Object(_)) => value,
                _ => typed.into(),
            },
            Input::Url | Input::Select(_) | Input::Check(_) | Input::Localized => typed.into(),
        })
    }

    pub fn label(&self) -> String {
        t!(self.label)
    }

    fn help(&self, lifetimes: &Lifetimes) -> String {
        let default = match self.member {
            "access_token_lifetime" => lifetimes.access_token,
            "refresh_token_lifetime" => lifetimes.refresh_token,
            "id_token_lifetime" => lifetimes.id_token,
            _ => return t!(self.help),
        };
        t!("setting-empty-means", help = t!(self.help), time = duration(default))
    }
}

impl Group {
    pub fn title(&self) -> String {
        t!(self.title)
    }

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
                choices = options
                    .map(|(index, (value, label))| Choice::new(*value, words(label), "", index == chosen))
                    .collect();
            }
            Input::Url | Input::Lines | Input::Seconds | Input::Json | Input::Localized => {}
        }
        Self { setting, help: setting.help(lifetimes), value, choices, is_checked }
    }

    /// Whether it differs from the default.
    pub fn is_changed(&self) -> bool {
        match self.setting.input {
            Input::Check(default) => self.is_checked != default,
            Input::Select(_) => self.choices.first().is_some_and(|first| !first.is_chosen),
            Input::Url | Input::Lines | Input::Seconds | Input::Json | Input::Localized => !self.value.is_empty(),
        }
    }

    /// Its value for those who only read it, line by line.
    pub fn words(&self) -> Vec<String> {
        match self.setting.input {
            Input::Check(_) => vec![if self.is_checked { t!("yes") } else { t!("no") }],
            Input::Select(_) => {
                self.choices.iter().filter(|each| each.is_chosen).map(|each| each.label.clone()).collect()
            }
            Input::Seconds => vec![self.value.parse().map_or_else(|_| self.value.clone(), duration)],
            Input::Json => vec![t!("setting-given-by-value")],
            Input::Url | Input::Lines | Input::Localized => self.value.lines().map(str::to_owned).collect(),
        }
    }
}

/// A line as the member that it stands for. What stands for none goes on as one, to be refused by its tag.
fn localized(line: &str) -> (String, Value) {
    match line.split_once('=') {
        Some((name, text)) if LOCALIZED.iter().any(|member| name.trim().starts_with(&format!("{member}#"))) => {
            (name.trim().to_owned(), text.trim().into())
        }
        _ => (format!("client_name#{line}"), "?".into()),
    }
}

/// An option in words. Names of algorithms and formats are the same in every language, and have no key.
fn words(label: &str) -> String {
    let is_key = ["setting-", "auth-method-"].iter().any(|start| label.starts_with(start));
    if is_key { t!(label) } else { label.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::client::AuthMethod;
    use crate::domain::signing_key::Algorithm;

    #[test]
    fn a_member_stands_in_one_group() {
        let all: Vec<_> = settings(false).map(|setting| setting.member).collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        assert_eq!(settings(true).count(), all.len() - 2);
    }

    #[test]
    fn a_new_client_has_every_setting_once_and_how_it_proves_itself() {
        let all: Vec<_> = new_settings(false).map(|setting| setting.member).collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        assert_eq!(all.len(), settings(false).count() + 1);
        assert!(new_settings(true).all(|setting| setting.member != "token_endpoint_auth_method"));
        let Input::Select(options) = OF_KIND[0].input else { panic!("it is chosen") };
        let offered: Vec<&str> = options.iter().map(|(value, _)| *value).filter(|value| !value.is_empty()).collect();
        let methods = AuthMethod::ALL.into_iter().filter(|method| *method != AuthMethod::None);
        assert_eq!(offered, methods.map(AuthMethod::as_str).collect::<Vec<_>>());
    }

    #[test]
    fn every_algorithm_is_offered() {
        assert_eq!(ALGORITHMS.map(|(name, _)| name), Algorithm::ALL.map(Algorithm::name));
        let setting = settings(false).find(|setting| setting.member == "access_token_signing_alg").unwrap();
        let Input::Select(options) = setting.input else { panic!("it is chosen") };
        assert_eq!(options[0].0, "ES256", "the default comes first");
        let offered: BTreeSet<&str> = options.iter().map(|(name, _)| *name).collect();
        assert_eq!(offered, Algorithm::ALL.into_iter().map(Algorithm::name).collect::<BTreeSet<_>>());
    }
}
