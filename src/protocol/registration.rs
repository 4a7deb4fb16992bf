//! What may be registered (RFC 7591 §2): one function for the console's form, the API and the command line.
//!
//! Unknown members are left out silently, as RFC 7591 §2 wants; bad ones are refused with the member's name.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use serde_json::{Map, Value};
use url::Url;

use crate::clock::Seconds;
use crate::domain::client::{
    ApplicationType, AssertionAudience, AuthMethod, ClientMetadata, GrantType, LOCALIZED, SubjectType, TokenFormat,
};
use crate::domain::lifetimes::LONGEST_ID_TOKEN;
use crate::domain::redirect_uri::{RedirectUri, web_scheme};
use crate::domain::scope::{self, Scope, ScopeCatalog};
use crate::domain::sentence::{Sentence, sentence};
use crate::domain::signing_key::Algorithm;

const MAX_NAME_LENGTH: usize = 200;
const MAX_REDIRECT_URIS: usize = 100;
const MAX_URI_LENGTH: usize = 2048;
const MAX_CONTACTS: usize = 20;
/// Five members in as many languages as there are likely to be.
const MAX_LOCALIZED: usize = 200;
const MAX_KEYS: usize = 32;
/// RFC 7518 §6: what only the holder of a key may know.
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
/// Seconds: ten years, beyond which a lifetime is a typing error.
const MAX_LIFETIME: Seconds = 315_360_000;

/// Why metadata was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrationError {
    /// The member at fault.
    pub member: &'static str,
    /// What was wrong and what to send instead.
    pub problem: Sentence,
}

impl RegistrationError {
    fn new(member: &'static str, problem: Sentence) -> Self {
        Self { member, problem }
    }

    /// The error code of RFC 7591 §3.2.2.
    pub fn code(&self) -> &'static str {
        if self.member == "redirect_uris" { "invalid_redirect_uri" } else { "invalid_client_metadata" }
    }
}

impl std::fmt::Display for RegistrationError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.member, self.problem)
    }
}

impl std::error::Error for RegistrationError {}

type Checked<T> = Result<T, RegistrationError>;

/// Checks client metadata and fills in the defaults of RFC 7591 §2.
///
/// # Errors
/// All that is wrong, in the order of the members, so that a form can say everything at once. Never empty.
pub fn register(
    metadata: &Map<String, Value>,
    catalog: &ScopeCatalog,
) -> Result<ClientMetadata, Vec<RegistrationError>> {
    let mut errors = Vec::new();
    let mut note = |error: RegistrationError| errors.push(error);

    let client_name = or_default(client_name(metadata), &mut note);
    let redirect_uris = or_default(uris(metadata, "redirect_uris"), &mut note);
    let grant_types = or_default(grant_types(metadata), &mut note);
    let token_endpoint_auth_method = auth_method(metadata).unwrap_or_else(|error| {
        note(error);
        AuthMethod::ClientSecretBasic
    });
    let response_types = or_default(response_types(metadata, &grant_types), &mut note);
    let scope = or_default(scopes(metadata, catalog), &mut note);
    let result = ClientMetadata {
        client_name,
        redirect_uris,
        response_types,
        scope,
        token_endpoint_auth_method,
        application_type: or_default(
            choice(metadata, "application_type", &[("web", ApplicationType::Web), ("native", ApplicationType::Native)]),
            &mut note,
        )
        .unwrap_or_default(),
        client_uri: or_default(page_uri(metadata, "client_uri"), &mut note),
        logo_uri: or_default(page_uri(metadata, "logo_uri"), &mut note),
        policy_uri: or_default(page_uri(metadata, "policy_uri"), &mut note),
        tos_uri: or_default(page_uri(metadata, "tos_uri"), &mut note),
        contacts: or_default(contacts(metadata), &mut note),
        jwks: or_default(jwks(metadata), &mut note),
        jwks_uri: or_default(service_uri(metadata, "jwks_uri"), &mut note),
        token_endpoint_auth_signing_alg: or_default(algorithm(metadata, "token_endpoint_auth_signing_alg"), &mut note),
        subject_type: or_default(
            choice(metadata, "subject_type", &SubjectType::ALL.map(|each| (each.as_str(), each))),
            &mut note,
        )
        .unwrap_or_default(),
        sector_identifier_uri: or_default(https_uri(metadata, "sector_identifier_uri"), &mut note),
        id_token_signed_response_alg: or_default(algorithm(metadata, "id_token_signed_response_alg"), &mut note)
            .unwrap_or(Algorithm::Rs256),
        userinfo_signed_response_alg: or_default(algorithm(metadata, "userinfo_signed_response_alg"), &mut note),
        default_max_age: or_default(seconds(metadata, "default_max_age", 0..=MAX_LIFETIME), &mut note),
        require_auth_time: or_default(boolean(metadata, "require_auth_time"), &mut note).unwrap_or(false),
        post_logout_redirect_uris: or_default(uris(metadata, "post_logout_redirect_uris"), &mut note),
        backchannel_logout_uri: or_default(service_uri(metadata, "backchannel_logout_uri"), &mut note),
        backchannel_logout_session_required: or_default(
            boolean(metadata, "backchannel_logout_session_required"),
            &mut note,
        )
        .unwrap_or(false),
        frontchannel_logout_uri: or_default(service_uri(metadata, "frontchannel_logout_uri"), &mut note),
        frontchannel_logout_session_required: or_default(
            boolean(metadata, "frontchannel_logout_session_required"),
            &mut note,
        )
        .unwrap_or(false),
        initiate_login_uri: or_default(https_uri(metadata, "initiate_login_uri"), &mut note),
        require_pkce: or_default(boolean(metadata, "require_pkce"), &mut note).unwrap_or(true),
        access_token_format: or_default(
            choice(metadata, "access_token_format", &[("opaque", TokenFormat::Opaque), ("jwt", TokenFormat::Jwt)]),
            &mut note,
        )
        .unwrap_or_default(),
        access_token_signing_alg: or_default(algorithm(metadata, "access_token_signing_alg"), &mut note)
            .unwrap_or(Algorithm::Es256),
        refresh_token_rotation: or_default(boolean(metadata, "refresh_token_rotation"), &mut note),
        client_assertion_audience: or_default(
            choice(
                metadata,
                "client_assertion_audience",
                &[("issuer", AssertionAudience::Issuer), ("token_endpoint", AssertionAudience::TokenEndpoint)],
            ),
            &mut note,
        )
        .unwrap_or_default(),
        skip_consent: or_default(boolean(metadata, "skip_consent"), &mut note).unwrap_or(false),
        access_token_lifetime: or_default(lifetime(metadata, "access_token_lifetime"), &mut note),
        refresh_token_lifetime: or_default(lifetime(metadata, "refresh_token_lifetime"), &mut note),
        id_token_lifetime: or_default(seconds(metadata, "id_token_lifetime", 1..=LONGEST_ID_TOKEN), &mut note),
        localized: or_default(localized(metadata), &mut note),
        grant_types,
    };
    if errors.is_empty() {
        errors = contradictions(&result);
    }
    if errors.is_empty() { Ok(result) } else { Err(errors) }
}

fn or_default<T: Default>(checked: Checked<T>, note: &mut impl FnMut(RegistrationError)) -> T {
    checked.unwrap_or_else(|error| {
        note(error);
        T::default()
    })
}

/// What single members cannot see.
fn contradictions(metadata: &ClientMetadata) -> Vec<RegistrationError> {
    let uses = |grant_type| metadata.grant_types.contains(&grant_type);
    let is_public = metadata.token_endpoint_auth_method == AuthMethod::None;
    let mut errors = Vec::new();
    let mut refuse = |member, problem: Sentence| errors.push(RegistrationError::new(member, problem));
    if uses(GrantType::AuthorizationCode) && metadata.redirect_uris.is_empty() {
        refuse(
            "redirect_uris",
            sentence!(
                "metadata-needs-redirect-uri",
                "A client with the authorization_code grant needs a redirect URI, for example https://app.example.com/callback."
            ),
        );
    }
    if !uses(GrantType::AuthorizationCode) && !metadata.redirect_uris.is_empty() {
        refuse(
            "redirect_uris",
            sentence!(
                "metadata-no-redirect-uris",
                "Only a client with the authorization_code grant has redirect URIs. Remove them, or add the grant type."
            ),
        );
    }
    if uses(GrantType::RefreshToken) && !metadata.grant_types.iter().any(|each| each.asks_users()) {
        refuse(
            "grant_types",
            sentence!(
                "metadata-refresh-needs-code",
                "The refresh_token grant needs the authorization_code or the device_code grant beside it."
            ),
        );
    }
    if is_public && uses(GrantType::ClientCredentials) {
        refuse(
            "grant_types",
            sentence!(
                "metadata-public-machine",
                "A public client cannot use client_credentials. Choose a secret as token_endpoint_auth_method, or remove the grant type."
            ),
        );
    }
    if is_public && !metadata.require_pkce {
        refuse(
            "require_pkce",
            sentence!("metadata-public-pkce", "A public client always needs PKCE. Leave require_pkce true."),
        );
    }
    if is_public && metadata.refresh_token_rotation == Some(false) {
        refuse(
            "refresh_token_rotation",
            sentence!(
                "metadata-public-rotation",
                "The refresh tokens of a public client always rotate. Leave the member out."
            ),
        );
    }
    if metadata.jwks.is_some() && metadata.jwks_uri.is_some() {
        // RFC 7591 §2.
        refuse("jwks", sentence!("metadata-jwks-both", "Send either jwks or jwks_uri, not both."));
    }
    let has_keys = metadata.jwks.is_some() || metadata.jwks_uri.is_some();
    if metadata.token_endpoint_auth_method == AuthMethod::PrivateKeyJwt && !has_keys {
        refuse(
            "jwks_uri",
            sentence!(
                "metadata-needs-keys",
                "A client with private_key_jwt needs its public keys: send jwks_uri or jwks."
            ),
        );
    }
    if metadata.subject_type == SubjectType::Pairwise && metadata.sector_host().is_none() {
        // OpenID Connect Core §8.1.
        refuse(
            "sector_identifier_uri",
            sentence!(
                "metadata-sector",
                "Pairwise subjects need one host for all redirect URIs, or a sector_identifier_uri that lists them."
            ),
        );
    }
    if metadata.frontchannel_logout_uri.as_ref().is_some_and(|uri| !shares_origin(uri, &metadata.redirect_uris)) {
        // OpenID Connect Front-Channel Logout §2.
        refuse(
            "frontchannel_logout_uri",
            sentence!(
                "metadata-frontchannel-origin",
                "It must have scheme, host and port of one of the redirect URIs."
            ),
        );
    }
    errors
}

fn shares_origin(uri: &str, redirect_uris: &[String]) -> bool {
    let origin = |text: &str| Url::parse(text).ok().map(|url| url.origin());
    let wanted = origin(uri);
    redirect_uris.iter().any(|each| origin(each) == wanted)
}

fn client_name(metadata: &Map<String, Value>) -> Checked<String> {
    const MEMBER: &str = "client_name";
    let name = string(metadata, MEMBER)?.unwrap_or_default();
    let name = name.trim();
    if name.is_empty() {
        return Err(RegistrationError::new(
            MEMBER,
            sentence!("metadata-name-missing", "Give the client a name that its users will recognise."),
        ));
    }
    if name.chars().count() > MAX_NAME_LENGTH {
        return Err(RegistrationError::new(
            MEMBER,
            sentence!("metadata-name-long", "A name has at most {most} characters.", most = MAX_NAME_LENGTH),
        ));
    }
    if name.chars().any(char::is_control) {
        return Err(RegistrationError::new(
            MEMBER,
            sentence!("metadata-name-control", "A name has no line breaks or other control characters."),
        ));
    }
    Ok(name.to_owned())
}

/// OpenID Connect Registration §2.1: under `member#tag`, with the tag of BCP 47. Whatever is wrong is told of `localized`.
fn localized(metadata: &Map<String, Value>) -> Checked<BTreeMap<String, String>> {
    let mut said = BTreeMap::new();
    for (name, value) in metadata.iter().filter(|(_, value)| !value.is_null()) {
        let Some((member, tag)) = name.split_once('#') else { continue };
        let Some(member) = LOCALIZED.into_iter().find(|each| *each == member) else { continue };
        let wrong = |named: &str, problem: Sentence| {
            let problem = sentence!("metadata-localized", "{member}: {problem}", member = named, problem = problem);
            RegistrationError::new("localized", problem)
        };
        if !is_language_tag(tag) {
            // What is no tag may hold anything, so it is not repeated.
            let problem = sentence!(
                "metadata-language-tag",
                "After the # comes the tag of a language, for example client_name#ko."
            );
            return Err(wrong(member, problem));
        }
        let alone: Map<String, Value> = [(member.to_owned(), value.clone())].into_iter().collect();
        let text = match member {
            "client_name" => client_name(&alone).map(Some),
            _ => page_uri(&alone, member),
        };
        if let Some(text) = text.map_err(|error| wrong(name, error.problem))? {
            said.insert(name.clone(), text);
        }
    }
    if said.len() > MAX_LOCALIZED {
        let problem = sentence!("metadata-many", "A client has at most {most} of them.", most = MAX_LOCALIZED);
        return Err(RegistrationError::new("localized", problem));
    }
    Ok(said)
}

/// BCP 47, as far as its shape goes.
fn is_language_tag(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let is_language = |part: &str| (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphabetic());
    parts.next().is_some_and(is_language)
        && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

fn uris(metadata: &Map<String, Value>, member: &'static str) -> Checked<Vec<String>> {
    let uris = strings(metadata, member)?.unwrap_or_default();
    if uris.len() > MAX_REDIRECT_URIS {
        return Err(RegistrationError::new(
            member,
            sentence!("metadata-many", "A client has at most {most} of them.", most = MAX_REDIRECT_URIS),
        ));
    }
    let mut checked: Vec<String> = Vec::new();
    for (number, uri) in uris.iter().enumerate() {
        RedirectUri::parse(uri).map_err(|error| {
            RegistrationError::new(
                member,
                sentence!(
                    "metadata-number",
                    "Number {number}: {problem}",
                    number = number + 1,
                    problem = error.sentence()
                ),
            )
        })?;
        if !checked.contains(uri) {
            checked.push(uri.clone());
        }
    }
    Ok(checked)
}

fn grant_types(metadata: &Map<String, Value>) -> Checked<BTreeSet<GrantType>> {
    const MEMBER: &str = "grant_types";
    // RFC 7591 §2: the default is the authorization code grant.
    let Some(names) = strings(metadata, MEMBER)? else { return Ok([GrantType::AuthorizationCode].into()) };
    let problem = || {
        let problem = sentence!(
            "metadata-grant-types",
            "Use authorization_code, refresh_token, client_credentials or urn:ietf:params:oauth:grant-type:device_code."
        );
        RegistrationError::new(MEMBER, problem)
    };
    if names.is_empty() {
        return Err(problem());
    }
    names.iter().map(|name| GrantType::from_wire(name).ok_or_else(problem)).collect()
}

fn response_types(metadata: &Map<String, Value>, grant_types: &BTreeSet<GrantType>) -> Checked<Vec<String>> {
    const MEMBER: &str = "response_types";
    let has_code = grant_types.contains(&GrantType::AuthorizationCode);
    let fitting = if has_code { vec!["code".to_owned()] } else { Vec::new() };
    match strings(metadata, MEMBER)? {
        None => Ok(fitting),
        Some(given) if given == fitting => Ok(fitting),
        Some(_) if has_code => {
            Err(RegistrationError::new(MEMBER, sentence!("metadata-only-code", "Only code is supported.")))
        }
        Some(_) => Err(RegistrationError::new(
            MEMBER,
            sentence!(
                "metadata-no-response-types",
                "A client without the authorization_code grant has no response types."
            ),
        )),
    }
}

fn auth_method(metadata: &Map<String, Value>) -> Checked<AuthMethod> {
    const MEMBER: &str = "token_endpoint_auth_method";
    let Some(name) = string(metadata, MEMBER)? else { return Ok(AuthMethod::ClientSecretBasic) };
    AuthMethod::from_wire(name).ok_or_else(|| {
        RegistrationError::new(
            MEMBER,
            sentence!("metadata-auth-method", "Use client_secret_basic, client_secret_post, private_key_jwt or none."),
        )
    })
}

fn scopes(metadata: &Map<String, Value>, catalog: &ScopeCatalog) -> Checked<Option<Scope>> {
    const MEMBER: &str = "scope";
    let Some(text) = string(metadata, MEMBER)? else { return Ok(None) };
    if text.len() > scope::MAX_SCOPE_LENGTH {
        return Err(RegistrationError::new(
            MEMBER,
            sentence!("metadata-scopes-long", "The scopes are longer than 4096 characters together."),
        ));
    }
    let scope: Scope = text.parse().map_err(|_| {
        RegistrationError::new(
            MEMBER,
            sentence!(
                "metadata-scope-names",
                "Scope names are separated by a space and have no quotes or backslashes."
            ),
        )
    })?;
    if scope::is_empty(&scope) {
        return Ok(None);
    }
    if catalog.known(&scope) != scope {
        return Err(RegistrationError::new(
            MEMBER,
            sentence!("scope-unknown", "One of the scopes does not exist. Create it first."),
        ));
    }
    Ok(Some(scope))
}

/// An address that people open: https, on a host that every parser reads alike. What follows the host is theirs.
fn page_uri(metadata: &Map<String, Value>, member: &'static str) -> Checked<Option<String>> {
    let Some(text) = string(metadata, member)?.filter(|text| !text.is_empty()) else { return Ok(None) };
    let is_plain = |text: &str| {
        text.len() <= MAX_URI_LENGTH && text.bytes().all(|byte| matches!(byte, 0x21..=0x7e) && byte != b'\\')
    };
    let is_of_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._[]:".contains(&byte);
    let is_open = |url: Url| {
        url.scheme() == "https"
            && url.host_str().is_some_and(|host| host.bytes().all(is_of_host))
            && url.username().is_empty()
            && url.password().is_none()
    };
    // Without the slashes some read it as a path of ours.
    let is_whole = text.strip_prefix("https://").is_some_and(|rest| !rest.starts_with('/'));
    if is_plain(text) && is_whole && Url::parse(text).is_ok_and(is_open) {
        return Ok(Some(text.to_owned()));
    }
    let problem = sentence!(
        "metadata-https",
        "Send an https URL in full, without patterns such as *, for example https://app.example.com/."
    );
    Err(RegistrationError::new(member, problem))
}

/// An address that is called or led to as it is: https.
fn https_uri(metadata: &Map<String, Value>, member: &'static str) -> Checked<Option<String>> {
    address(metadata, member, |scheme| scheme == "https")
}

/// An address that this server or the user's browser calls: https, or http on this machine itself.
fn service_uri(metadata: &Map<String, Value>, member: &'static str) -> Checked<Option<String>> {
    address(metadata, member, |_| true)
}

/// An address by the rules of redirect URIs: one that every parser reads alike, and no pattern.
fn address(
    metadata: &Map<String, Value>,
    member: &'static str,
    is_allowed: impl FnOnce(&str) -> bool,
) -> Checked<Option<String>> {
    let Some(text) = string(metadata, member)?.filter(|text| !text.is_empty()) else { return Ok(None) };
    if text.contains('#') {
        return Err(RegistrationError::new(
            member,
            sentence!("metadata-fragment", "The URL has no fragment: leave out the # and what follows."),
        ));
    }
    if text.len() > MAX_URI_LENGTH || !web_scheme(text).is_some_and(is_allowed) {
        let problem = sentence!(
            "metadata-https",
            "Send an https URL in full, without patterns such as *, for example https://app.example.com/."
        );
        return Err(RegistrationError::new(member, problem));
    }
    Ok(Some(text.to_owned()))
}

fn contacts(metadata: &Map<String, Value>) -> Checked<Vec<String>> {
    const MEMBER: &str = "contacts";
    let contacts = strings(metadata, MEMBER)?.unwrap_or_default();
    let too_long = contacts.iter().any(|contact| contact.len() > 254 || contact.chars().any(char::is_control));
    if contacts.len() > MAX_CONTACTS || too_long {
        return Err(RegistrationError::new(
            MEMBER,
            sentence!("metadata-contacts", "Send at most 20 e-mail addresses."),
        ));
    }
    Ok(contacts)
}

/// RFC 7517 §5, public keys only. Whether they fit the algorithms shows when they are used.
fn jwks(metadata: &Map<String, Value>) -> Checked<Option<Value>> {
    const MEMBER: &str = "jwks";
    let Some(value) = metadata.get(MEMBER).filter(|value| !value.is_null()) else { return Ok(None) };
    let refused = |problem: Sentence| Err(RegistrationError::new(MEMBER, problem));
    let keys = value.get("keys").and_then(Value::as_array).filter(|keys| keys.iter().all(Value::is_object));
    let Some(keys) = keys else {
        return refused(sentence!(
            "metadata-jwk-set",
            "Send a JWK set: an object whose member keys is an array of keys."
        ));
    };
    if keys.is_empty() || keys.len() > MAX_KEYS {
        return refused(sentence!("metadata-jwks-count", "Send from 1 to 32 keys."));
    }
    if keys.iter().any(|key| PRIVATE_MEMBERS.into_iter().any(|member| key.get(member).is_some())) {
        return refused(sentence!(
            "metadata-private-key",
            "A key has private members. Send public keys only, and replace the one that was sent."
        ));
    }
    if keys.iter().any(|key| key.get("kty").and_then(Value::as_str).is_none()) {
        return refused(sentence!("metadata-kty", "A key has no kty."));
    }
    Ok(Some(value.clone()))
}

fn algorithm(metadata: &Map<String, Value>, member: &'static str) -> Checked<Option<Algorithm>> {
    choice(metadata, member, &Algorithm::ALL.map(|algorithm| (algorithm.name(), algorithm)))
}

fn lifetime(metadata: &Map<String, Value>, member: &'static str) -> Checked<Option<u32>> {
    seconds(metadata, member, 1..=MAX_LIFETIME)
}

fn seconds(
    metadata: &Map<String, Value>,
    member: &'static str,
    range: RangeInclusive<Seconds>,
) -> Checked<Option<u32>> {
    match metadata.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value
            .as_i64()
            .filter(|seconds| range.contains(seconds))
            .and_then(|seconds| u32::try_from(seconds).ok())
            .map(Some)
            .ok_or_else(|| {
                RegistrationError::new(
                    member,
                    sentence!(
                        "metadata-seconds",
                        "Send a whole number of seconds, from {from} to {to}.",
                        from = *range.start(),
                        to = *range.end()
                    ),
                )
            }),
    }
}

fn boolean(metadata: &Map<String, Value>, member: &'static str) -> Checked<Option<bool>> {
    match metadata.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(value)) => Ok(Some(*value)),
        Some(_) => Err(RegistrationError::new(member, sentence!("metadata-boolean", "Send true or false."))),
    }
}

fn choice<T: Copy>(metadata: &Map<String, Value>, member: &'static str, choices: &[(&str, T)]) -> Checked<Option<T>> {
    let Some(text) = string(metadata, member)? else { return Ok(None) };
    if let Some((_, value)) = choices.iter().find(|(name, _)| *name == text) {
        return Ok(Some(*value));
    }
    let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
    Err(RegistrationError::new(member, sentence!("metadata-choice", "Use {names}.", names = names.join(" or "))))
}

fn string<'a>(metadata: &'a Map<String, Value>, member: &'static str) -> Checked<Option<&'a str>> {
    match metadata.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.contains('\0') => {
            Err(RegistrationError::new(member, sentence!("metadata-zero-byte", "The text holds a zero byte.")))
        }
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(RegistrationError::new(member, sentence!("metadata-string", "Send a string."))),
    }
}

fn strings(metadata: &Map<String, Value>, member: &'static str) -> Checked<Option<Vec<String>>> {
    let problem = || RegistrationError::new(member, sentence!("metadata-strings", "Send an array of strings."));
    match metadata.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(values)) if values.len() <= 1000 => values
            .iter()
            .map(|value| value.as_str().filter(|text| !text.contains('\0')).map(str::to_owned).ok_or_else(problem))
            .collect::<Checked<_>>()
            .map(Some),
        Some(_) => Err(problem()),
    }
}

/// The metadata as RFC 7591 §3.2.1 shows it, beside identifier and secret.
pub fn response(client_id: &str, issued_at: i64, metadata: &ClientMetadata) -> Map<String, Value> {
    let mut response = Map::new();
    response.insert("client_id".into(), client_id.into());
    response.insert("client_id_issued_at".into(), issued_at.into());
    if let Ok(Value::Object(members)) = serde_json::to_value(metadata) {
        response.extend(members);
    }
    response
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::scope::ScopeEntry;

    fn catalog() -> ScopeCatalog {
        let entry = |name: &str| ScopeEntry {
            name: name.into(),
            description: name.into(),
            is_default: false,
            is_builtin: false,
            claims: Vec::new(),
        };
        ["secret", "reports"].into_iter().map(entry).collect()
    }

    fn refused(metadata: Value) -> Vec<&'static str> {
        let Value::Object(metadata) = metadata else { unreachable!() };
        register(&metadata, &catalog()).unwrap_err().iter().map(|error| error.member).collect()
    }

    fn accepted(metadata: Value) -> ClientMetadata {
        let Value::Object(metadata) = metadata else { unreachable!() };
        register(&metadata, &catalog()).unwrap()
    }

    #[test]
    fn defaults_are_those_of_the_specification() {
        let client =
            accepted(json!({"client_name": " Web ", "redirect_uris": ["https://rp.example/cb"], "unknown": 1}));
        assert_eq!(client.client_name, "Web");
        assert_eq!(client.token_endpoint_auth_method, AuthMethod::ClientSecretBasic);
        assert_eq!(client.response_types, ["code"]);
        assert_eq!(client.id_token_signed_response_alg, Algorithm::Rs256);
        assert_eq!(client.access_token_signing_alg, Algorithm::Es256);
        assert!(client.require_pkce && !client.skip_consent && client.scope.is_none());
    }

    #[test]
    fn a_machine_has_neither_redirect_uris_nor_response_types() {
        let client = accepted(json!({"client_name": "Job", "grant_types": ["client_credentials"], "scope": "secret"}));
        assert!(client.redirect_uris.is_empty() && client.response_types.is_empty());
    }

    #[test]
    fn access_tokens_are_signed_with_an_algorithm_that_we_have_keys_for() {
        let job = |algorithm: Value| json!({"client_name": "Job", "grant_types": ["client_credentials"], "access_token_signing_alg": algorithm});
        for algorithm in Algorithm::ALL {
            assert_eq!(accepted(job(algorithm.name().into())).access_token_signing_alg, algorithm);
        }
        assert_eq!(accepted(job(Value::Null)).access_token_signing_alg, Algorithm::Es256);
        for bad in ["none", "HS256", "rs256", "ES384", ""] {
            let Value::Object(metadata) = job(bad.into()) else { unreachable!() };
            let told = register(&metadata, &catalog()).unwrap_err()[0].to_string();
            assert_eq!(told, "access_token_signing_alg: Use RS256 or PS256 or ES256 or EdDSA.", "{bad}");
        }
        assert_eq!(refused(job(json!(["RS256"]))), ["access_token_signing_alg"]);
    }

    #[test]
    fn every_bad_member_is_named_at_once() {
        let bad = json!({
            "client_name": "", "redirect_uris": ["javascript:alert(1)"], "grant_types": ["password"], "scope": "nope",
            "logo_uri": "http://rp.example/x", "require_pkce": "yes", "access_token_lifetime": -1,
        });
        assert_eq!(
            refused(bad),
            [
                "client_name",
                "redirect_uris",
                "grant_types",
                "scope",
                "logo_uri",
                "require_pkce",
                "access_token_lifetime"
            ]
        );
    }

    #[test]
    fn contradictions_are_refused() {
        let none = "none";
        assert_eq!(refused(json!({"client_name": "x"})), ["redirect_uris"]);
        assert_eq!(
            refused(
                json!({"client_name": "x", "grant_types": ["client_credentials"], "token_endpoint_auth_method": none})
            ),
            ["grant_types"]
        );
        assert_eq!(
            refused(
                json!({"client_name": "x", "redirect_uris": ["https://a.example/"], "token_endpoint_auth_method": none, "require_pkce": false})
            ),
            ["require_pkce"]
        );
        assert_eq!(
            refused(
                json!({"client_name": "x", "grant_types": ["client_credentials"], "redirect_uris": ["https://a.example/"]})
            ),
            ["redirect_uris"]
        );
    }

    #[test]
    fn the_addresses_of_pages_are_as_people_have_them() {
        for uri in
            ["https://rp.example/#/terms", "https://rp.example/legal?x=*#privacy", "https://[2001:db8::1]:8443/~a/(b)"]
        {
            let metadata = json!({"client_name": "x", "redirect_uris": ["https://a.example/"], "tos_uri": uri});
            assert_eq!(accepted(metadata).tos_uri.as_deref(), Some(uri));
        }
    }

    #[test]
    fn what_is_no_language_tag_is_not_repeated() {
        let Value::Object(metadata) = json!({"client_name": "x", "redirect_uris": ["https://a.example/"],
            "client_name#\"\\\n": "x"})
        else {
            unreachable!()
        };
        let told = register(&metadata, &catalog()).unwrap_err()[0].to_string();
        let expected = "localized: client_name: After the # comes the tag of a language, for example client_name#ko.";
        assert_eq!(told, expected);
    }

    #[test]
    fn openid_connect_members_are_checked_and_kept() {
        let key = json!({"kty": "EC", "crv": "P-256", "x": "x", "y": "y"});
        let good = json!({
            "client_name": "x", "redirect_uris": ["https://rp.example/cb"], "token_endpoint_auth_method": "private_key_jwt",
            "jwks": {"keys": [key]}, "subject_type": "pairwise", "id_token_signed_response_alg": "EdDSA",
            "default_max_age": 0, "post_logout_redirect_uris": ["https://rp.example/bye"],
            "backchannel_logout_uri": "https://rp.example/logout", "frontchannel_logout_uri": "https://rp.example/f",
        });
        let client = accepted(good.clone());
        assert_eq!(client.sector_host().as_deref(), Some("rp.example"));
        assert_eq!(client.id_token_signed_response_alg, Algorithm::EdDsa);
        assert!(client.listens_to_logout());
        let bad = |member: &str, value: Value| {
            let mut metadata = good.clone();
            metadata[member] = value;
            refused(metadata)
        };
        let private = json!({"keys": [{"kty": "EC", "d": "x"}]});
        for (member, value) in [
            ("jwks", private),
            ("jwks", json!({"keys": []})),
            ("jwks", json!([])),
            ("jwks_uri", "http://rp.example/jwks".into()),
            ("id_token_signed_response_alg", "none".into()),
            ("userinfo_signed_response_alg", "HS256".into()),
            ("default_max_age", json!(-1)),
            ("id_token_lifetime", json!(86_401)),
            ("post_logout_redirect_uris", json!(["javascript:alert(1)"])),
            ("backchannel_logout_uri", "https://rp.example/#x".into()),
            ("frontchannel_logout_uri", "https://elsewhere.example/f".into()),
            ("initiate_login_uri", "http://rp.example/login".into()),
            ("initiate_login_uri", "https://rp.example/^login$".into()),
            ("logo_uri", "https://*.rp.example/logo.png".into()),
            ("client_uri", "https://rp,example/".into()),
            ("tos_uri", "https:/account/applications".into()),
            ("backchannel_logout_uri", "https://rp.example\\@evil.example/".into()),
            ("jwks_uri", "https://rp.example/jwks*".into()),
            ("sector_identifier_uri", "http://rp.example/sector".into()),
            ("token_endpoint_auth_method", "client_secret_jwt".into()),
        ] {
            assert_eq!(bad(member, value.clone()), [member], "{value}");
        }
        assert_eq!(bad("jwks_uri", "https://rp.example/jwks".into()), ["jwks"], "one of the two");
        assert_eq!(bad("jwks", Value::Null), ["jwks_uri"], "its method needs keys");
        let own_machine = json!({
            "client_name": "x", "redirect_uris": ["http://127.0.0.1/cb"], "subject_type": "pairwise",
        });
        assert_eq!(refused(own_machine), ["sector_identifier_uri"], "other apps are there too");
        let two_hosts = json!(["https://rp.example/cb", "https://other.example/cb"]);
        assert_eq!(bad("redirect_uris", two_hosts), ["sector_identifier_uri"]);
    }
}
