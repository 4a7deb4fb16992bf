//! What may be registered (RFC 7591 §2): one function for the console's form, the API and the command line.
//!
//! Unknown members are left out silently, as RFC 7591 §2 wants; bad ones are refused with the member's name.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use url::Url;

use crate::domain::client::{ApplicationType, AssertionAudience, AuthMethod, ClientMetadata, GrantType, TokenFormat};
use crate::domain::redirect_uri::RedirectUri;
use crate::domain::scope::{self, Scope, ScopeCatalog};

const MAX_NAME_LENGTH: usize = 200;
const MAX_REDIRECT_URIS: usize = 100;
const MAX_URI_LENGTH: usize = 2048;
const MAX_CONTACTS: usize = 20;
/// Seconds: ten years, beyond which a lifetime is a typing error.
const MAX_LIFETIME: u64 = 315_360_000;

/// Why metadata was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrationError {
    /// The member at fault.
    pub member: &'static str,
    /// What was wrong and what to send instead.
    pub problem: String,
}

impl RegistrationError {
    fn new(member: &'static str, problem: impl Into<String>) -> Self {
        Self { member, problem: problem.into() }
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
    let redirect_uris = or_default(redirect_uris(metadata), &mut note);
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
        require_pkce: or_default(boolean(metadata, "require_pkce"), &mut note).unwrap_or(true),
        access_token_format: or_default(
            choice(metadata, "access_token_format", &[("opaque", TokenFormat::Opaque), ("jwt", TokenFormat::Jwt)]),
            &mut note,
        )
        .unwrap_or_default(),
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
        id_token_lifetime: or_default(lifetime(metadata, "id_token_lifetime"), &mut note),
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
    let mut refuse = |member, problem: &str| errors.push(RegistrationError::new(member, problem));
    if uses(GrantType::AuthorizationCode) && metadata.redirect_uris.is_empty() {
        refuse(
            "redirect_uris",
            "A client with the authorization_code grant needs a redirect URI, for example https://app.example.com/callback.",
        );
    }
    if !uses(GrantType::AuthorizationCode) && !metadata.redirect_uris.is_empty() {
        refuse(
            "redirect_uris",
            "Only a client with the authorization_code grant has redirect URIs. Remove them, or add the grant type.",
        );
    }
    if uses(GrantType::RefreshToken) && !uses(GrantType::AuthorizationCode) {
        refuse("grant_types", "The refresh_token grant needs the authorization_code grant beside it.");
    }
    if is_public && uses(GrantType::ClientCredentials) {
        refuse(
            "grant_types",
            "A public client cannot use client_credentials. Choose a secret as token_endpoint_auth_method, or remove the grant type.",
        );
    }
    if is_public && !metadata.require_pkce {
        refuse("require_pkce", "A public client always needs PKCE. Leave require_pkce true.");
    }
    if is_public && metadata.refresh_token_rotation == Some(false) {
        refuse("refresh_token_rotation", "The refresh tokens of a public client always rotate. Leave the member out.");
    }
    errors
}

fn client_name(metadata: &Map<String, Value>) -> Checked<String> {
    const MEMBER: &str = "client_name";
    let name = string(metadata, MEMBER)?.unwrap_or_default();
    let name = name.trim();
    if name.is_empty() {
        return Err(RegistrationError::new(MEMBER, "Give the client a name that its users will recognise."));
    }
    if name.chars().count() > MAX_NAME_LENGTH {
        return Err(RegistrationError::new(MEMBER, format!("A name has at most {MAX_NAME_LENGTH} characters.")));
    }
    if name.chars().any(char::is_control) {
        return Err(RegistrationError::new(MEMBER, "A name has no line breaks or other control characters."));
    }
    Ok(name.to_owned())
}

fn redirect_uris(metadata: &Map<String, Value>) -> Checked<Vec<String>> {
    const MEMBER: &str = "redirect_uris";
    let uris = strings(metadata, MEMBER)?.unwrap_or_default();
    if uris.len() > MAX_REDIRECT_URIS {
        return Err(RegistrationError::new(MEMBER, format!("A client has at most {MAX_REDIRECT_URIS} redirect URIs.")));
    }
    let mut checked: Vec<String> = Vec::new();
    for (number, uri) in uris.iter().enumerate() {
        RedirectUri::parse(uri)
            .map_err(|error| RegistrationError::new(MEMBER, format!("Number {}: {error}", number + 1)))?;
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
    let problem = "Use authorization_code, refresh_token or client_credentials.";
    if names.is_empty() {
        return Err(RegistrationError::new(MEMBER, format!("A client needs a grant type. {problem}")));
    }
    names.iter().map(|name| GrantType::from_wire(name).ok_or_else(|| RegistrationError::new(MEMBER, problem))).collect()
}

fn response_types(metadata: &Map<String, Value>, grant_types: &BTreeSet<GrantType>) -> Checked<Vec<String>> {
    const MEMBER: &str = "response_types";
    let has_code = grant_types.contains(&GrantType::AuthorizationCode);
    let fitting = if has_code { vec!["code".to_owned()] } else { Vec::new() };
    match strings(metadata, MEMBER)? {
        None => Ok(fitting),
        Some(given) if given == fitting => Ok(fitting),
        Some(_) if has_code => Err(RegistrationError::new(MEMBER, "Only code is supported.")),
        Some(_) => {
            Err(RegistrationError::new(MEMBER, "A client without the authorization_code grant has no response types."))
        }
    }
}

fn auth_method(metadata: &Map<String, Value>) -> Checked<AuthMethod> {
    const MEMBER: &str = "token_endpoint_auth_method";
    let Some(name) = string(metadata, MEMBER)? else { return Ok(AuthMethod::ClientSecretBasic) };
    AuthMethod::from_wire(name)
        .ok_or_else(|| RegistrationError::new(MEMBER, "Use client_secret_basic, client_secret_post or none."))
}

fn scopes(metadata: &Map<String, Value>, catalog: &ScopeCatalog) -> Checked<Option<Scope>> {
    const MEMBER: &str = "scope";
    let Some(text) = string(metadata, MEMBER)? else { return Ok(None) };
    if text.len() > scope::MAX_SCOPE_LENGTH {
        return Err(RegistrationError::new(MEMBER, "The scopes are longer than 4096 characters together."));
    }
    let scope: Scope = text.parse().map_err(|_| {
        RegistrationError::new(MEMBER, "Scope names are separated by a space and have no quotes or backslashes.")
    })?;
    if scope::is_empty(&scope) {
        return Ok(None);
    }
    if catalog.known(&scope) != scope {
        return Err(RegistrationError::new(MEMBER, "One of the scopes does not exist. Create it first."));
    }
    Ok(Some(scope))
}

fn page_uri(metadata: &Map<String, Value>, member: &'static str) -> Checked<Option<String>> {
    let Some(text) = string(metadata, member)?.filter(|text| !text.is_empty()) else { return Ok(None) };
    let problem = || RegistrationError::new(member, "Send an https URL, for example https://app.example.com/.");
    let url = Url::parse(text).map_err(|_| problem())?;
    let is_fine =
        url.scheme() == "https" && url.host().is_some() && url.username().is_empty() && url.password().is_none();
    if !is_fine || text.len() > MAX_URI_LENGTH || !text.bytes().all(|byte| (0x21..=0x7e).contains(&byte)) {
        return Err(problem());
    }
    Ok(Some(text.to_owned()))
}

fn contacts(metadata: &Map<String, Value>) -> Checked<Vec<String>> {
    const MEMBER: &str = "contacts";
    let contacts = strings(metadata, MEMBER)?.unwrap_or_default();
    let too_long = contacts.iter().any(|contact| contact.len() > 254 || contact.chars().any(char::is_control));
    if contacts.len() > MAX_CONTACTS || too_long {
        return Err(RegistrationError::new(MEMBER, "Send at most 20 e-mail addresses."));
    }
    Ok(contacts)
}

fn lifetime(metadata: &Map<String, Value>, member: &'static str) -> Checked<Option<u32>> {
    match metadata.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value
            .as_u64()
            .filter(|seconds| (1..=MAX_LIFETIME).contains(seconds))
            .and_then(|seconds| u32::try_from(seconds).ok())
            .map(Some)
            .ok_or_else(|| RegistrationError::new(member, "Send a whole number of seconds, from 1 to 315360000.")),
    }
}

fn boolean(metadata: &Map<String, Value>, member: &'static str) -> Checked<Option<bool>> {
    match metadata.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(value)) => Ok(Some(*value)),
        Some(_) => Err(RegistrationError::new(member, "Send true or false.")),
    }
}

fn choice<T: Copy>(metadata: &Map<String, Value>, member: &'static str, choices: &[(&str, T)]) -> Checked<Option<T>> {
    let Some(text) = string(metadata, member)? else { return Ok(None) };
    if let Some((_, value)) = choices.iter().find(|(name, _)| *name == text) {
        return Ok(Some(*value));
    }
    let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
    Err(RegistrationError::new(member, format!("Use {}.", names.join(" or "))))
}

fn string<'a>(metadata: &'a Map<String, Value>, member: &'static str) -> Checked<Option<&'a str>> {
    match metadata.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.contains('\0') => {
            Err(RegistrationError::new(member, "The text holds a zero byte."))
        }
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(RegistrationError::new(member, "Send a string.")),
    }
}

fn strings(metadata: &Map<String, Value>, member: &'static str) -> Checked<Option<Vec<String>>> {
    let problem = || RegistrationError::new(member, "Send an array of strings.");
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
        assert!(client.require_pkce && !client.skip_consent && client.scope.is_none());
    }

    #[test]
    fn a_machine_has_neither_redirect_uris_nor_response_types() {
        let client = accepted(json!({"client_name": "Job", "grant_types": ["client_credentials"], "scope": "secret"}));
        assert!(client.redirect_uris.is_empty() && client.response_types.is_empty());
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
}
