//! Requests as admins read them: endpoints, outcomes, checks and facts in words.

use serde_json::{Map, Value};

use crate::clock::Timestamp;
use crate::protocol::check::{Check, Endpoint};
use crate::store::request_log::{self, Record};
use crate::web::inspector::INACTIVE;
use crate::web::page::{Moment, Status, Tone};

/// An endpoint, from the reader's side.
pub fn endpoint(name: &str) -> String {
    match Endpoint::from_stored(name) {
        Some(Endpoint::Authorize) => t!("endpoint-authorize"),
        Some(Endpoint::Token) => t!("endpoint-token"),
        Some(Endpoint::Introspect) => t!("endpoint-introspect"),
        Some(Endpoint::Revoke) => t!("endpoint-revoke"),
        Some(Endpoint::Userinfo) => t!("endpoint-userinfo"),
        Some(Endpoint::Register) => t!("endpoint-register"),
        Some(Endpoint::Logout) => t!("endpoint-logout"),
        Some(Endpoint::DeviceAuthorization) => t!("endpoint-device-authorization"),
        None => name.to_owned(),
    }
}

/// An outcome as a word with a dot.
pub fn outcome(record: &Record) -> Status {
    match record.outcome.as_str() {
        request_log::OK => Status::new(Tone::Success, t!("requests-succeeded")),
        INACTIVE => Status::new(Tone::Neutral, t!("requests-told-nothing")),
        error => Status::new(Tone::Danger, error),
    }
}

/// How long it took.
pub fn duration(micros: i64) -> String {
    if micros < 1000 { format!("{micros} µs") } else { format!("{}.{} ms", micros / 1000, micros % 1000 / 100) }
}

/// A check in words: what is asked, and what to do when the answer is no.
pub struct CheckWords {
    pub name: String,
    pub remedy: String,
}

fn words(name: &str, remedy: &str) -> CheckWords {
    CheckWords { name: t!(name), remedy: t!(remedy) }
}

/// Every check in words.
pub fn check(check: Check) -> CheckWords {
    match check {
        Check::FormReadable => words(key!("check-form-readable"), key!("check-form-readable-help")),
        Check::ParametersOnce => words(key!("check-parameters-once"), key!("check-parameters-once-help")),
        Check::CredentialsOnce => words(key!("check-credentials-once"), key!("check-credentials-once-help")),
        Check::OneMethod => words(key!("check-one-method"), key!("check-one-method-help")),
        Check::AssertionDeclared => words(key!("check-assertion-declared"), key!("check-assertion-declared-help")),
        Check::CredentialsReadable => {
            words(key!("check-credentials-readable"), key!("check-credentials-readable-help"))
        }
        Check::NotThrottled => words(key!("check-not-throttled"), key!("check-not-throttled-help")),
        Check::ClientKnown => words(key!("check-client-known"), key!("check-client-known-help")),
        Check::ClientEnabled => words(key!("check-client-enabled"), key!("check-client-enabled-help")),
        Check::AuthMethod => words(key!("check-auth-method"), key!("check-auth-method-help")),
        Check::SecretMatches => words(key!("check-secret-matches"), key!("check-secret-matches-help")),
        Check::AssertionSigned => words(key!("check-assertion-signed"), key!("check-assertion-signed-help")),
        Check::AssertionTyp => words(key!("check-assertion-typ"), key!("check-assertion-typ-help")),
        Check::AssertionIssuer => words(key!("check-assertion-issuer"), key!("check-assertion-issuer-help")),
        Check::AssertionSubject => words(key!("check-assertion-subject"), key!("check-assertion-subject-help")),
        Check::AssertionAudience => words(key!("check-assertion-audience"), key!("check-assertion-audience-help")),
        Check::AssertionExpiry => words(key!("check-assertion-expiry"), key!("check-assertion-expiry-help")),
        Check::AssertionLifetime => words(key!("check-assertion-lifetime"), key!("check-assertion-lifetime-help")),
        Check::AssertionAge => words(key!("check-assertion-age"), key!("check-assertion-age-help")),
        Check::AssertionNotYet => words(key!("check-assertion-not-yet"), key!("check-assertion-not-yet-help")),
        Check::AssertionId => words(key!("check-assertion-id"), key!("check-assertion-id-help")),
        Check::AssertionFresh => words(key!("check-assertion-fresh"), key!("check-assertion-fresh-help")),
        Check::WithinLimit => words(key!("check-within-limit"), key!("check-within-limit-help")),
        Check::GrantTypeSupported => words(key!("check-grant-type-supported"), key!("check-grant-type-supported-help")),
        Check::ResourceSyntax => words(key!("check-resource-syntax"), key!("check-resource-syntax-help")),
        Check::GrantParameters => words(key!("check-grant-parameters"), key!("check-grant-parameters-help")),
        Check::ScopeSyntax => words(key!("check-scope-syntax"), key!("check-scope-syntax-help")),
        Check::GrantTypeAllowed => words(key!("check-grant-type-allowed"), key!("check-grant-type-allowed-help")),
        Check::CodeKnown => words(key!("check-code-known"), key!("check-code-known-help")),
        Check::CodeRedirectUri => words(key!("check-code-redirect-uri"), key!("check-code-redirect-uri-help")),
        Check::CodeClient => words(key!("check-code-client"), key!("check-code-client-help")),
        Check::VerifierExpected => words(key!("check-verifier-expected"), key!("check-verifier-expected-help")),
        Check::VerifierMatches => words(key!("check-verifier-matches"), key!("check-verifier-matches-help")),
        Check::TargetGranted => words(key!("check-target-granted"), key!("check-target-granted-help")),
        Check::TargetKnown => words(key!("check-target-known"), key!("check-target-known-help")),
        Check::CodeFresh => words(key!("check-code-fresh"), key!("check-code-fresh-help")),
        Check::RefreshTokenKnown => words(key!("check-refresh-token-known"), key!("check-refresh-token-known-help")),
        Check::RefreshTokenClient => words(key!("check-refresh-token-client"), key!("check-refresh-token-client-help")),
        Check::RefreshScope => words(key!("check-refresh-scope"), key!("check-refresh-scope-help")),
        Check::RefreshTokenFresh => words(key!("check-refresh-token-fresh"), key!("check-refresh-token-fresh-help")),
        Check::ClientConfidential => words(key!("check-client-confidential"), key!("check-client-confidential-help")),
        Check::ScopeForMachines => words(key!("check-scope-for-machines"), key!("check-scope-for-machines-help")),
        Check::ScopeNamed => words(key!("check-scope-named"), key!("check-scope-named-help")),
        Check::ScopeKnown => words(key!("check-scope-known"), key!("check-scope-known-help")),
        Check::ScopeAllowed => words(key!("check-scope-allowed"), key!("check-scope-allowed-help")),
        Check::ClientIdSent => words(key!("check-client-id-sent"), key!("check-client-id-sent-help")),
        Check::RedirectUriSent => words(key!("check-redirect-uri-sent"), key!("check-redirect-uri-sent-help")),
        Check::RedirectUri => words(key!("check-redirect-uri"), key!("check-redirect-uri-help")),
        Check::ResponseMode => words(key!("check-response-mode"), key!("check-response-mode-help")),
        Check::RequestObject => words(key!("check-request-object"), key!("check-request-object-help")),
        Check::ResponseType => words(key!("check-response-type"), key!("check-response-type-help")),
        Check::Lengths => words(key!("check-lengths"), key!("check-lengths-help")),
        Check::Pkce => words(key!("check-pkce"), key!("check-pkce-help")),
        Check::PkceMethod => words(key!("check-pkce-method"), key!("check-pkce-method-help")),
        Check::PkceChallenge => words(key!("check-pkce-challenge"), key!("check-pkce-challenge-help")),
        Check::Prompt => words(key!("check-prompt"), key!("check-prompt-help")),
        Check::MaxAge => words(key!("check-max-age"), key!("check-max-age-help")),
        Check::Claims => words(key!("check-claims"), key!("check-claims-help")),
        Check::Acr => words(key!("check-acr"), key!("check-acr-help")),
        Check::IdTokenHint => words(key!("check-id-token-hint"), key!("check-id-token-hint-help")),
        Check::RightUser => words(key!("check-right-user"), key!("check-right-user-help")),
        Check::LoginPossible => words(key!("check-login-possible"), key!("check-login-possible-help")),
        Check::ConsentPossible => words(key!("check-consent-possible"), key!("check-consent-possible-help")),
        Check::UserAgrees => words(key!("check-user-agrees"), key!("check-user-agrees-help")),
        Check::TokenSent => words(key!("check-token-sent"), key!("check-token-sent-help")),
        Check::TokenAlive => words(key!("check-token-alive"), key!("check-token-alive-help")),
        Check::TokenVisible => words(key!("check-token-visible"), key!("check-token-visible-help")),
        Check::TokenOwn => words(key!("check-token-own"), key!("check-token-own-help")),
        Check::BearerSent => words(key!("check-bearer-sent"), key!("check-bearer-sent-help")),
        Check::BearerReadable => words(key!("check-bearer-readable"), key!("check-bearer-readable-help")),
        Check::BearerAlive => words(key!("check-bearer-alive"), key!("check-bearer-alive-help")),
        Check::BearerScope => words(key!("check-bearer-scope"), key!("check-bearer-scope-help")),
        Check::RegistrationToken => words(key!("check-registration-token"), key!("check-registration-token-help")),
        Check::MetadataReadable => words(key!("check-metadata-readable"), key!("check-metadata-readable-help")),
        Check::Metadata => words(key!("check-metadata"), key!("check-metadata-help")),
        Check::RegistrationQuota => words(key!("check-registration-quota"), key!("check-registration-quota-help")),
        Check::LogoutHint => words(key!("check-logout-hint"), key!("check-logout-hint-help")),
        Check::LogoutClient => words(key!("check-logout-client"), key!("check-logout-client-help")),
        Check::DeviceCodeKnown => words(key!("check-device-code-known"), key!("check-device-code-known-help")),
        Check::DeviceCodeClient => words(key!("check-device-code-client"), key!("check-device-code-client-help")),
        Check::DevicePace => words(key!("check-device-pace"), key!("check-device-pace-help")),
        Check::DeviceCodeExpiry => words(key!("check-device-code-expiry"), key!("check-device-code-expiry-help")),
        Check::DeviceAnswered => words(key!("check-device-answered"), key!("check-device-answered-help")),
        Check::LogoutRedirectUri => words(key!("check-logout-redirect-uri"), key!("check-logout-redirect-uri-help")),
    }
}

/// What else is known of a request, as label and value.
pub fn facts(facts: &Map<String, Value>, now: Timestamp) -> Vec<(String, String)> {
    let text = |name: &str| facts.get(name).and_then(Value::as_str);
    let number = |name: &str| facts.get(name).and_then(Value::as_i64);
    let mut lines = Vec::new();
    if let Some(id) = text("claimed_client_id") {
        lines.push((t!("request-fact-client-id"), id.to_owned()));
    }
    if let Some(length) = number("claimed_client_id_length") {
        let length = t!("request-characters", count = length);
        lines.push((t!("request-fact-client-id"), t!("request-not-like-ours", length = length)));
    }
    if let Some(method) = text("auth_method") {
        lines.push((t!("request-fact-proof"), method.to_owned()));
    }
    if let (Some(which), Some(created)) = (text("secret"), number("secret_created_at")) {
        let when = Moment::new(created, now).relative;
        let which = if which == "newest" {
            t!("request-secret-newest", when = when)
        } else {
            t!("request-secret-older", when = when)
        };
        lines.push((t!("request-fact-secret"), which));
    }
    if let Some(length) = number("secret_length") {
        let is_ours = facts.get("secret_is_ours").and_then(Value::as_bool).unwrap_or_default();
        let length = t!("request-characters", count = length);
        let sent = if is_ours {
            t!("request-secret-ours", length = length)
        } else {
            t!("request-secret-not-ours", length = length)
        };
        lines.push((t!("request-fact-secret-sent"), sent));
    }
    if let Some(reason) = text("signature") {
        lines.push((t!("request-fact-signature"), reason.to_owned()));
    }
    if let Some(pkce) = text("pkce") {
        lines.push(("PKCE".to_owned(), if pkce == "none" { t!("none") } else { pkce.to_owned() }));
    }
    if let Some(length) = facts.get("verifier_length") {
        let sent =
            length.as_i64().map_or_else(|| t!("request-none-sent"), |length| t!("request-characters", count = length));
        lines.push((t!("request-fact-verifier"), sent));
    }
    match text("next") {
        Some("login") => lines.push((t!("request-fact-next"), t!("request-next-login"))),
        Some("consent") => lines.push((t!("request-fact-next"), t!("request-next-consent"))),
        Some("code") => lines.push((t!("request-fact-next"), t!("request-next-code"))),
        _ => {}
    }
    lines
}

/// What a check compares in numbers, in words: seconds from now, characters.
pub fn measured(check: Check, value: &str) -> String {
    match check {
        Check::AssertionLifetime | Check::AssertionAge | Check::AssertionNotYet => match value.parse::<i64>() {
            Ok(0) => t!("request-clock-now"),
            Ok(seconds) if seconds < 0 => t!("request-clock-before", count = -seconds),
            Ok(seconds) => t!("request-clock-ahead", count = seconds),
            Err(_) => value.to_owned(),
        },
        Check::PkceChallenge => {
            value.parse::<i64>().map_or(value.to_owned(), |length| t!("request-characters", count = length))
        }
        _ => value.to_owned(),
    }
}
