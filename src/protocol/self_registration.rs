//! What a client may say of itself when it registers itself (RFC 7591, RFC 7592 §2.2, OpenID Connect Registration 1.0 §2).
//!
//! The rules of [`registration`] hold for everybody. A client that nobody here knows is held to more:
//!
//! 1. Members that loosen our rules are an admin's ([`ADMINS_MEMBERS`]): what a client sends of them is ignored, and what
//!    an admin has set stays.
//! 2. It gets scopes that are marked as default, and those that an admin has given it. Asking for more narrows to these,
//!    as RFC 7591 §2 allows: clients like to send all of `scopes_supported`.
//! 3. `client_credentials` is for those an admin vouches for, by an initial access token or by the grant type itself: such
//!    a grant has no user who could say no.
//! 4. Its redirect URIs fit its `application_type` (OpenID Connect Registration §2).
//! 5. Its name cannot be written so that it reads as another. Without one it goes by the host of its redirect URI.
//! 6. Software statements are refused: this server trusts nobody's.
//!
//! PKCE stays required, whatever the client says.

use serde_json::{Map, Value};

use crate::domain::client::{ApplicationType, ClientMetadata, GrantType};
use crate::domain::redirect_uri::RedirectUri;
use crate::domain::scope::{self, Scope, ScopeCatalog};
use crate::protocol::check::{Cause, Check};
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::registration::{self, RegistrationError};

/// Ours, which admins may set and clients may not.
const ADMINS_MEMBERS: [&str; 9] = [
    "require_pkce",
    "access_token_format",
    "access_token_signing_alg",
    "refresh_token_rotation",
    "client_assertion_audience",
    "skip_consent",
    "access_token_lifetime",
    "refresh_token_lifetime",
    "id_token_lifetime",
];
/// RFC 7592 §2.2: what an update must not have, because the server alone decides it.
const SERVERS_MEMBERS: [&str; 4] =
    ["registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"];
/// The name of a client without name and redirect URI.
const NAMELESS: &str = "Unnamed application";

/// What is known of the client that registers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Standing<'a> {
    /// Whether it came with an initial access token, which an admin makes.
    pub is_vouched_for: bool,
    /// What it is registered with, when this is an update.
    pub current: Option<&'a ClientMetadata>,
}

/// Checks what a client says of itself, and fills in what it left out.
///
/// # Errors
/// Those of RFC 7591 §3.2.2; the description names every member that is wrong.
pub fn register(
    metadata: &Map<String, Value>,
    catalog: &ScopeCatalog,
    standing: Standing<'_>,
) -> Result<ClientMetadata, OAuthError> {
    refuse_software_statement(metadata)?;
    let mut metadata = metadata.clone();
    set_admins_members(&mut metadata, standing.current);
    narrow_scope(&mut metadata, catalog, standing.current)?;
    if !metadata.get("client_name").is_some_and(is_given) {
        metadata.insert("client_name".to_owned(), default_name(&metadata).into());
    }
    let checked = registration::register(&metadata, catalog).map_err(|errors| refused(&errors))?;
    let errors = distrust(&checked, standing);
    if errors.is_empty() { Ok(checked) } else { Err(refused(&errors)) }
}

/// Checks what an update has beside the metadata (RFC 7592 §2.2); `is_secret` knows the client's secrets.
///
/// # Errors
/// `invalid_client_metadata`, saying what to send instead.
pub fn check_update(
    metadata: &Map<String, Value>,
    client_id: &str,
    is_secret: impl FnOnce(&str) -> bool,
) -> Result<(), OAuthError> {
    let refuse =
        |description: String| Err(OAuthError::new(ErrorCode::InvalidClientMetadata, description).at(Check::Metadata));
    if let Some(member) = SERVERS_MEMBERS.into_iter().find(|member| metadata.contains_key(*member)) {
        return refuse(format!("{member}: The server decides it. Leave the member out."));
    }
    if metadata.get("client_id").and_then(Value::as_str) != Some(client_id) {
        return refuse("client_id: Send the client_id that the request is for.".to_owned());
    }
    let secret = metadata.get("client_secret").filter(|secret| is_given(secret));
    if secret.is_some_and(|secret| !secret.as_str().is_some_and(is_secret)) {
        return refuse("client_secret: It is none of this client's. Leave the member out to keep it.".to_owned());
    }
    Ok(())
}

/// RFC 7592 §2.2: null is as good as left out.
fn is_given(value: &Value) -> bool {
    !value.is_null() && value.as_str() != Some("")
}

/// RFC 7591 §3.1.1: a statement would take precedence over the rest, so it cannot just be ignored.
fn refuse_software_statement(metadata: &Map<String, Value>) -> Result<(), OAuthError> {
    let refuse = |code, description: &'static str| Err(OAuthError::new(code, description).at(Check::Metadata));
    match metadata.get("software_statement") {
        None | Some(Value::Null) => Ok(()),
        Some(Value::String(_)) => refuse(
            ErrorCode::UnapprovedSoftwareStatement,
            "This server approves no software statements. Send the metadata as members of the request.",
        ),
        Some(_) => refuse(
            ErrorCode::InvalidSoftwareStatement,
            "A software statement is a string, and this server approves none. Leave the member out.",
        ),
    }
}

fn set_admins_members(metadata: &mut Map<String, Value>, current: Option<&ClientMetadata>) {
    let current = current.and_then(|current| serde_json::to_value(current).ok());
    for member in ADMINS_MEMBERS {
        metadata.remove(member);
        if let Some(value) = current.as_ref().and_then(|current| current.get(member)) {
            metadata.insert(member.to_owned(), value.clone());
        }
    }
}

/// A scope that is no string stays, to be refused with the rest.
fn narrow_scope(
    metadata: &mut Map<String, Value>,
    catalog: &ScopeCatalog,
    current: Option<&ClientMetadata>,
) -> Result<(), OAuthError> {
    let Some(asked) = metadata.get("scope").and_then(Value::as_str).and_then(|text| text.parse::<Scope>().ok()) else {
        return Ok(());
    };
    if scope::is_empty(&asked) {
        return Ok(());
    }
    let mut allowed = catalog.defaults();
    if let Some(given) = current.and_then(|current| current.scope.as_ref()) {
        allowed = scope::union(&allowed, &catalog.known(given));
    }
    let scope = scope::intersection(&asked, &allowed);
    if scope::is_empty(&scope) {
        // Stored as it is, an empty scope would mean all defaults.
        return Err(OAuthError::new(
            ErrorCode::InvalidClientMetadata,
            "scope: None of these is for clients that register themselves. Leave the member out for those that are.",
        )
        .because(Cause::new(Check::Metadata).receiving("scope")));
    }
    metadata.insert("scope".to_owned(), scope::render(&scope).into());
    Ok(())
}

/// OpenID Connect Registration §2 makes the name optional, and people need something to go by.
fn default_name(metadata: &Map<String, Value>) -> String {
    let first = metadata.get("redirect_uris").and_then(|uris| uris.get(0)).and_then(Value::as_str);
    let uri = first.and_then(|uri| RedirectUri::parse(uri).ok());
    let host = uri.map(|uri| uri.host_for_display().chars().take(200).collect());
    host.unwrap_or_else(|| NAMELESS.to_owned())
}

/// What an admin may register and a stranger may not.
fn distrust(metadata: &ClientMetadata, standing: Standing<'_>) -> Vec<RegistrationError> {
    let mut errors = Vec::new();
    let mut refuse =
        |member, problem: &str| errors.push(RegistrationError { member, problem: problem.to_owned().into() });
    if metadata.client_name.chars().any(is_deceptive) {
        refuse("client_name", "A name has no invisible characters and none that turn the direction of the text.");
    }
    if metadata.localized.values().any(|text| text.chars().any(is_deceptive)) {
        refuse("localized", "A name has no invisible characters and none that turn the direction of the text.");
    }
    let has = |metadata: &ClientMetadata| metadata.grant_types.contains(&GrantType::ClientCredentials);
    if has(metadata) && !standing.is_vouched_for && !standing.current.is_some_and(has) {
        refuse("grant_types", "The client_credentials grant needs an initial access token, or an admin who adds it.");
    }
    let uris = || metadata.redirect_uris.iter().filter_map(|uri| RedirectUri::parse(uri).ok());
    match metadata.application_type {
        ApplicationType::Web if uris().any(|uri| is_private_use(&uri)) => refuse(
            "redirect_uris",
            "A private-use scheme is for native applications: send application_type native, or use https.",
        ),
        // OpenID Connect Registration §2 has native clients without https; RFC 8252 §7.2, which is younger, prefers it
        // where the operating system lets an app claim the address. Nobody can claim a loopback address.
        ApplicationType::Native if uris().any(|uri| uri.is_https() && uri.is_loopback()) => {
            refuse("redirect_uris", "A native application uses http for its loopback address.");
        }
        ApplicationType::Web | ApplicationType::Native => {}
    }
    errors
}

fn is_private_use(uri: &RedirectUri) -> bool {
    !uri.is_https() && !uri.is_loopback()
}

/// Characters that nobody sees, and those of the Unicode bidirectional algorithm: with them a name reads as another.
fn is_deceptive(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}

/// One error of RFC 7591 §3.2.2 for all that is wrong.
pub fn refused(errors: &[RegistrationError]) -> OAuthError {
    let is_redirect_uri = errors.iter().any(|error| error.member == "redirect_uris");
    let code = if is_redirect_uri { ErrorCode::InvalidRedirectUri } else { ErrorCode::InvalidClientMetadata };
    let problems: Vec<String> = errors.iter().map(ToString::to_string).collect();
    let members: Vec<&str> = errors.iter().map(|error| error.member).collect();
    OAuthError::new(code, problems.join(" ")).because(Cause::new(Check::Metadata).receiving(members.join(" ")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::scope::ScopeEntry;

    fn catalog() -> ScopeCatalog {
        let entry = |(name, is_default): (&str, bool)| ScopeEntry {
            name: name.into(),
            description: name.into(),
            is_default,
            is_builtin: false,
            claims: Vec::new(),
        };
        [("openid", true), ("notes", true), ("secret", false), ("grantor.clients:write", false)]
            .map(entry)
            .into_iter()
            .collect()
    }

    fn with(metadata: &Value, standing: Standing<'_>) -> Result<ClientMetadata, OAuthError> {
        let Value::Object(metadata) = metadata else { unreachable!() };
        register(metadata, &catalog(), standing)
    }

    fn web(member: &str, value: Value) -> Value {
        let mut metadata = json!({"client_name": "Web", "redirect_uris": ["https://rp.example/cb"]});
        metadata[member] = value;
        metadata
    }

    fn accepted(metadata: &Value) -> ClientMetadata {
        with(metadata, Standing::default()).unwrap()
    }

    fn refusal(metadata: &Value) -> &'static str {
        with(metadata, Standing::default()).unwrap_err().code.as_str()
    }

    #[test]
    fn what_only_admins_set_is_ignored() {
        let mut sent = web("require_pkce", false.into());
        for (member, value) in [
            ("skip_consent", json!(true)),
            ("access_token_format", json!("jwt")),
            ("refresh_token_rotation", json!(true)),
            ("client_assertion_audience", json!("token_endpoint")),
            ("access_token_lifetime", json!(9)),
            ("refresh_token_lifetime", json!("nonsense")),
            ("id_token_lifetime", json!(9)),
        ] {
            sent[member] = value;
        }
        assert_eq!(accepted(&sent), accepted(&web("unknown", 1.into())));
    }

    #[test]
    fn what_an_admin_set_survives_an_update() {
        let mut current = accepted(&web("scope", "notes".into()));
        current.access_token_lifetime = Some(120);
        current.require_pkce = false;
        current.scope = Some("notes secret".parse().unwrap());
        current.grant_types.insert(GrantType::ClientCredentials);
        let standing = Standing { current: Some(&current), ..Standing::default() };
        let mut sent = web("scope", "secret openid grantor.clients:write".into());
        sent["grant_types"] = json!(["authorization_code", "client_credentials"]);
        let updated = with(&sent, standing).unwrap();
        assert_eq!((updated.access_token_lifetime, updated.require_pkce), (Some(120), false));
        assert_eq!(scope::render(&updated.scope.unwrap()), "openid secret");
    }

    #[test]
    fn scopes_narrow_to_those_marked_as_default() {
        let scope = |text: &str| accepted(&web("scope", text.into())).scope.map(|scope| scope::render(&scope));
        assert_eq!(scope("openid secret grantor.clients:write unknown"), Some("openid".into()));
        assert_eq!(scope(""), None);
        assert_eq!(refusal(&web("scope", "secret".into())), "invalid_client_metadata");
        assert_eq!(refusal(&web("scope", 7.into())), "invalid_client_metadata");
    }

    #[test]
    fn machines_need_somebody_who_vouches_for_them() {
        let machine = json!({"client_name": "Job", "grant_types": ["client_credentials"]});
        assert_eq!(refusal(&machine), "invalid_client_metadata");
        assert!(with(&machine, Standing { is_vouched_for: true, current: None }).is_ok());
    }

    #[test]
    fn a_client_without_a_name_goes_by_its_redirect_host() {
        for missing in [Value::Null, "".into()] {
            assert_eq!(accepted(&web("client_name", missing)).client_name, "rp.example");
        }
        assert_eq!(refusal(&json!({"redirect_uris": ["https://rp.example/#x"]})), "invalid_redirect_uri");
    }

    #[test]
    fn a_name_cannot_read_as_another() {
        for name in [
            "My\u{202e}elgooG",
            "Goo\u{200b}gle",
            "Goo\u{ad}gle",
            "x\u{2066}y",
            "\u{3164}",
            "G\u{34f}oogle",
            "\u{2800}x",
            "a\nb",
        ] {
            assert_eq!(refusal(&web("client_name", name.into())), "invalid_client_metadata", "{name:?}");
        }
        assert_eq!(accepted(&web("client_name", "Größe 時計".into())).client_name, "Größe 時計");
    }

    #[test]
    fn redirect_uris_fit_the_application_type() {
        let of = |kind: &str, uri: &str| {
            let mut metadata = web("application_type", kind.into());
            metadata["redirect_uris"] = json!([uri]);
            with(&metadata, Standing::default()).map(drop).map_err(|error| error.code.as_str())
        };
        assert_eq!(of("web", "com.example.app:/cb"), Err("invalid_redirect_uri"));
        assert_eq!(of("native", "https://localhost/cb"), Err("invalid_redirect_uri"));
        assert_eq!(of("native", "https://127.0.0.1:8443/cb"), Err("invalid_redirect_uri"));
        for (kind, uri) in [
            ("web", "https://rp.example/cb"),
            ("web", "http://localhost:3000/cb"),
            ("native", "com.example.app:/cb"),
            ("native", "http://127.0.0.1/cb"),
            ("native", "https://app.example/claimed"),
        ] {
            assert_eq!(of(kind, uri), Ok(()), "{kind} {uri}");
        }
    }

    #[test]
    fn software_statements_are_refused_clearly() {
        assert_eq!(refusal(&web("software_statement", "a.b.c".into())), "unapproved_software_statement");
        assert_eq!(refusal(&web("software_statement", json!({}))), "invalid_software_statement");
        assert_eq!(accepted(&web("software_statement", Value::Null)).client_name, "Web");
    }

    #[test]
    fn an_update_names_its_client_and_nothing_of_the_server_s() {
        let check = |metadata: Value| {
            let Value::Object(metadata) = metadata else { unreachable!() };
            check_update(&metadata, "c_1", |secret| secret == "right").is_ok()
        };
        assert!(check(json!({"client_id": "c_1", "client_secret": "right"})));
        assert!(check(json!({"client_id": "c_1", "client_secret": null})));
        assert!(!check(json!({"client_id": "c_2"})) && !check(json!({})));
        assert!(!check(json!({"client_id": "c_1", "client_secret": "wrong"})));
        assert!(!check(json!({"client_id": "c_1", "client_secret": 7})));
        for member in SERVERS_MEMBERS {
            assert!(!check(json!({"client_id": "c_1", member: null})), "{member}");
        }
    }
}
