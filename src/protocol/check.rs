//! The checks that the protocol's endpoints make, each in its place: so that a refusal can be explained to those who look
//! after the client.
//!
//! An endpoint makes its checks in one order. An error says at which of them it arose ([`Cause`]), and so all before it were
//! passed: nothing has to be noted on the way, and a request that goes well costs nothing. The order in [`of`] is that of
//! the code; a test breaks each request in two places and expects the earlier check.
//!
//! A cause is never told to the client. What it compares is what admins may see: no secret, code, token or verifier.

use crate::domain::client::GrantType;

/// The endpoints of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    Authorize,
    Token,
    Introspect,
    Revoke,
    Userinfo,
    Register,
    Logout,
    DeviceAuthorization,
}

impl Endpoint {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Authorize,
        Self::Token,
        Self::Introspect,
        Self::Revoke,
        Self::Userinfo,
        Self::Register,
        Self::Logout,
        Self::DeviceAuthorization,
    ];

    /// For storage and filters.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authorize => "authorize",
            Self::Token => "token",
            Self::Introspect => "introspect",
            Self::Revoke => "revoke",
            Self::Userinfo => "userinfo",
            Self::Register => "register",
            Self::Logout => "logout",
            Self::DeviceAuthorization => "device_authorization",
        }
    }

    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.as_str() == text)
    }
}

/// By what a client wanted to prove itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofKind {
    None,
    Secret,
    Assertion,
}

impl ProofKind {
    /// For storage.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Secret => "secret",
            Self::Assertion => "assertion",
        }
    }

    pub fn from_stored(text: &str) -> Option<Self> {
        [Self::None, Self::Secret, Self::Assertion].into_iter().find(|each| each.as_str() == text)
    }
}

/// Where a check is demanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clause {
    /// `RFC 6749`, `OpenID Connect Core 1.0`.
    pub document: &'static str,
    pub section: &'static str,
    /// The anchor of a document that is no RFC.
    anchor: &'static str,
}

impl Clause {
    /// A section of an RFC.
    pub const fn of_rfc(document: &'static str, section: &'static str) -> Self {
        Self { document, section, anchor: "" }
    }

    /// The clause on the web.
    pub fn url(&self) -> String {
        let Some(number) = self.document.strip_prefix("RFC ") else {
            let page = match self.document {
                "OpenID Connect RP-Initiated Logout 1.0" => "openid-connect-rpinitiated-1_0",
                _ => "openid-connect-core-1_0",
            };
            return format!("https://openid.net/specs/{page}.html#{}", self.anchor);
        };
        let fragment = match self.section.strip_prefix("Appendix ") {
            Some(letter) => format!("appendix-{letter}"),
            None => format!("section-{}", self.section),
        };
        format!("https://www.rfc-editor.org/rfc/rfc{number}#{fragment}")
    }
}

impl std::fmt::Display for Clause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.section.starts_with("Appendix") { " " } else { " §" };
        write!(f, "{}{sign}{}", self.document, self.section)
    }
}

/// Declares each check with its name in storage and its clause.
macro_rules! checks {
    ($($check:ident $name:literal $document:literal $section:literal $($anchor:literal)?;)*) => {
        /// A check that an endpoint makes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Check { $($check,)* }

        impl Check {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$check,)*];

            /// For storage and the API.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$check => $name,)* }
            }

            /// Where it is demanded.
            pub const fn clause(self) -> Clause {
                match self {
                    $(Self::$check => Clause { document: $document, section: $section, anchor: concat!($($anchor)?) },)*
                }
            }
        }
    };
}

checks! {
    // What every request has.
    FormReadable "form_readable" "RFC 6749" "Appendix B";
    ParametersOnce "parameters_once" "RFC 6749" "3.2";
    // Who asks.
    CredentialsOnce "credentials_once" "RFC 6749" "3.2";
    OneMethod "one_method" "RFC 6749" "2.3";
    AssertionDeclared "assertion_declared" "RFC 7521" "4.2";
    CredentialsReadable "credentials_readable" "RFC 6749" "2.3.1";
    NotThrottled "not_throttled" "RFC 6749" "2.3.1";
    ClientKnown "client_known" "RFC 6749" "2.2";
    ClientEnabled "client_enabled" "RFC 6749" "5.2";
    AuthMethod "auth_method" "RFC 7591" "2";
    SecretMatches "secret_matches" "RFC 6749" "2.3.1";
    AssertionSigned "assertion_signed" "RFC 7523" "3";
    AssertionTyp "assertion_typ" "RFC 8725" "3.11";
    AssertionIssuer "assertion_issuer" "RFC 7523" "3";
    AssertionSubject "assertion_subject" "RFC 7523" "3";
    AssertionAudience "assertion_audience" "RFC 7523" "3";
    AssertionExpiry "assertion_expiry" "RFC 7523" "3";
    AssertionLifetime "assertion_lifetime" "RFC 7523" "3";
    AssertionAge "assertion_age" "RFC 7523" "3";
    AssertionNotYet "assertion_not_yet" "RFC 7523" "3";
    AssertionId "assertion_id" "RFC 7523" "3";
    AssertionFresh "assertion_fresh" "RFC 7523" "3";
    WithinLimit "within_limit" "RFC 6749" "2.3.1";
    // A token request.
    GrantTypeSupported "grant_type_supported" "RFC 6749" "5.2";
    ResourceSyntax "resource_syntax" "RFC 8707" "2";
    GrantParameters "grant_parameters" "RFC 6749" "5.2";
    ScopeSyntax "scope_syntax" "RFC 6749" "3.3";
    GrantTypeAllowed "grant_type_allowed" "RFC 6749" "5.2";
    CodeKnown "code_known" "RFC 6749" "4.1.2";
    CodeRedirectUri "code_redirect_uri" "RFC 6749" "4.1.3";
    CodeClient "code_client" "RFC 6749" "4.1.3";
    VerifierExpected "verifier_expected" "RFC 9700" "2.1.1";
    VerifierMatches "verifier_matches" "RFC 7636" "4.6";
    TargetGranted "target_granted" "RFC 8707" "2.2";
    TargetKnown "target_known" "RFC 8707" "2";
    CodeFresh "code_fresh" "RFC 6749" "4.1.2";
    RefreshTokenKnown "refresh_token_known" "RFC 6749" "6";
    RefreshTokenClient "refresh_token_client" "RFC 6749" "6";
    RefreshScope "refresh_scope" "RFC 6749" "6";
    RefreshTokenFresh "refresh_token_fresh" "RFC 9700" "4.14.2";
    ClientConfidential "client_confidential" "RFC 6749" "4.4";
    ScopeForMachines "scope_for_machines" "RFC 6749" "4.4";
    ScopeNamed "scope_named" "RFC 6749" "3.3";
    ScopeKnown "scope_known" "RFC 6749" "3.3";
    ScopeAllowed "scope_allowed" "RFC 6749" "3.3";
    DeviceCodeKnown "device_code_known" "RFC 8628" "3.4";
    DeviceCodeClient "device_code_client" "RFC 8628" "3.4";
    DeviceCodeExpiry "device_code_expiry" "RFC 8628" "3.5";
    DevicePace "device_pace" "RFC 8628" "3.5";
    DeviceAnswered "device_answered" "RFC 8628" "3.5";
    // An authorization request.
    ClientIdSent "client_id_sent" "RFC 6749" "4.1.1";
    RedirectUriSent "redirect_uri_sent" "RFC 6749" "3.1.2.3";
    RedirectUri "redirect_uri" "RFC 9700" "2.1";
    ResponseMode "response_mode" "OpenID Connect Core 1.0" "3.1.2.1" "AuthRequest";
    RequestObject "request_object" "OpenID Connect Core 1.0" "6" "JWTRequests";
    ResponseType "response_type" "RFC 6749" "3.1.1";
    Lengths "lengths" "RFC 6749" "4.1.1";
    Pkce "pkce" "RFC 7636" "4.3";
    PkceMethod "pkce_method" "RFC 9700" "2.1.1";
    PkceChallenge "pkce_challenge" "RFC 7636" "4.2";
    Prompt "prompt" "OpenID Connect Core 1.0" "3.1.2.1" "AuthRequest";
    MaxAge "max_age" "OpenID Connect Core 1.0" "3.1.2.1" "AuthRequest";
    Claims "claims" "OpenID Connect Core 1.0" "5.5" "ClaimsParameter";
    Acr "acr" "OpenID Connect Core 1.0" "5.5.1.1" "acrSemantics";
    IdTokenHint "id_token_hint" "OpenID Connect Core 1.0" "3.1.2.1" "AuthRequest";
    // What the person at the browser has to do with it.
    RightUser "right_user" "OpenID Connect Core 1.0" "3.1.2.1" "AuthRequest";
    LoginPossible "login_possible" "OpenID Connect Core 1.0" "3.1.2.6" "AuthError";
    ConsentPossible "consent_possible" "OpenID Connect Core 1.0" "3.1.2.6" "AuthError";
    UserAgrees "user_agrees" "RFC 6749" "4.1.2.1";
    // Tokens that are shown.
    TokenSent "token_sent" "RFC 7662" "2.1";
    TokenAlive "token_alive" "RFC 7662" "2.2";
    TokenVisible "token_visible" "RFC 7662" "4";
    TokenOwn "token_own" "RFC 7009" "2.1";
    BearerSent "bearer_sent" "RFC 6750" "2.1";
    BearerReadable "bearer_readable" "RFC 6750" "2.1";
    BearerAlive "bearer_alive" "RFC 6750" "3.1";
    BearerScope "bearer_scope" "RFC 6750" "3.1";
    // Clients that register themselves.
    RegistrationToken "registration_token" "RFC 7591" "3";
    MetadataReadable "metadata_readable" "RFC 7591" "3.1";
    Metadata "metadata" "RFC 7591" "2";
    RegistrationQuota "registration_quota" "RFC 7591" "5";
    // A client that wants to end the session.
    LogoutHint "logout_hint" "OpenID Connect RP-Initiated Logout 1.0" "2" "RPLogout";
    LogoutClient "logout_client" "OpenID Connect RP-Initiated Logout 1.0" "2" "RPLogout";
    LogoutRedirectUri "logout_redirect_uri" "OpenID Connect RP-Initiated Logout 1.0" "3" "RedirectionAfterLogout";
}

impl Check {
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|each| each.as_str() == text)
    }
}

/// The check that said no, and what it compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    pub check: Check,
    /// What would have passed, one of these.
    pub expected: Vec<String>,
    /// What came instead, unless it is a secret.
    pub received: Option<String>,
}

impl Cause {
    pub fn new(check: Check) -> Self {
        Self { check, expected: Vec::new(), received: None }
    }

    /// One of these would have passed.
    pub fn expecting(self, expected: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { expected: expected.into_iter().map(Into::into).collect(), ..self }
    }

    /// This came instead.
    pub fn receiving(self, received: impl Into<String>) -> Self {
        Self { received: Some(received.into()), ..self }
    }
}

const FORM: &[Check] = &[Check::FormReadable, Check::CredentialsOnce];
const CREDENTIALS: &[Check] = &[
    Check::OneMethod,
    Check::AssertionDeclared,
    Check::CredentialsReadable,
    Check::NotThrottled,
    Check::ClientKnown,
    Check::ClientEnabled,
    Check::AuthMethod,
];
const SECRET: &[Check] = &[Check::SecretMatches];
const ASSERTION: &[Check] = &[
    Check::AssertionSigned,
    Check::AssertionTyp,
    Check::AssertionIssuer,
    Check::AssertionSubject,
    Check::AssertionAudience,
    Check::AssertionExpiry,
    Check::AssertionLifetime,
    Check::AssertionAge,
    Check::AssertionNotYet,
    Check::AssertionId,
    Check::AssertionFresh,
];
const TOKEN: &[Check] = &[
    Check::ParametersOnce,
    Check::GrantTypeSupported,
    Check::ResourceSyntax,
    Check::GrantParameters,
    Check::ScopeSyntax,
    Check::GrantTypeAllowed,
];
const CODE: &[Check] = &[
    Check::CodeKnown,
    Check::CodeRedirectUri,
    Check::CodeClient,
    Check::VerifierExpected,
    Check::VerifierMatches,
    Check::TargetGranted,
    Check::TargetKnown,
    Check::CodeFresh,
    Check::ScopeAllowed,
];
const DEVICE: &[Check] = &[
    Check::DeviceCodeKnown,
    Check::DeviceCodeClient,
    Check::DevicePace,
    Check::UserAgrees,
    Check::DeviceCodeExpiry,
    Check::DeviceAnswered,
    Check::VerifierExpected,
    Check::VerifierMatches,
    Check::TargetGranted,
    Check::TargetKnown,
    Check::CodeFresh,
    Check::ScopeAllowed,
];
const REFRESH: &[Check] = &[
    Check::RefreshTokenKnown,
    Check::RefreshTokenClient,
    Check::ScopeAllowed,
    Check::RefreshScope,
    Check::TargetGranted,
    Check::TargetKnown,
    Check::RefreshTokenFresh,
];
const MACHINE: &[Check] = &[
    Check::ClientConfidential,
    Check::ScopeForMachines,
    Check::ScopeNamed,
    Check::ScopeKnown,
    Check::ScopeAllowed,
    Check::TargetKnown,
];
const AUTHORIZE: &[Check] = &[
    Check::FormReadable,
    Check::ClientIdSent,
    Check::ClientKnown,
    Check::ClientEnabled,
    Check::RedirectUriSent,
    Check::RedirectUri,
    Check::ResponseMode,
    Check::ParametersOnce,
    Check::RequestObject,
    Check::ResponseType,
    Check::GrantTypeAllowed,
    Check::Lengths,
    Check::Pkce,
    Check::PkceMethod,
    Check::PkceChallenge,
    Check::ResourceSyntax,
    Check::Prompt,
    Check::MaxAge,
    Check::TargetKnown,
    Check::ScopeSyntax,
    Check::ScopeNamed,
    Check::ScopeKnown,
    Check::ScopeAllowed,
    Check::Claims,
    Check::Acr,
    Check::IdTokenHint,
    Check::RightUser,
    Check::LoginPossible,
    Check::ConsentPossible,
    Check::UserAgrees,
];
const INTROSPECT: &[Check] =
    &[Check::ClientConfidential, Check::ParametersOnce, Check::TokenSent, Check::TokenAlive, Check::TokenVisible];
const REVOKE: &[Check] = &[Check::ParametersOnce, Check::TokenSent, Check::TokenOwn];
const USERINFO: &[Check] = &[
    Check::FormReadable,
    Check::ParametersOnce,
    Check::BearerSent,
    Check::BearerReadable,
    Check::BearerAlive,
    Check::BearerScope,
];
const REGISTER: &[Check] = &[
    Check::BearerSent,
    Check::BearerReadable,
    Check::RegistrationToken,
    Check::ClientEnabled,
    Check::MetadataReadable,
    Check::Metadata,
    Check::RegistrationQuota,
];
const DEVICE_AUTHORIZATION: &[Check] = &[
    Check::ParametersOnce,
    Check::RequestObject,
    Check::GrantTypeAllowed,
    Check::Pkce,
    Check::PkceMethod,
    Check::PkceChallenge,
    Check::ResourceSyntax,
    Check::TargetKnown,
    Check::ScopeSyntax,
    Check::ScopeNamed,
    Check::ScopeKnown,
    Check::ScopeAllowed,
];
const LOGOUT: &[Check] = &[
    Check::FormReadable,
    Check::ParametersOnce,
    Check::LogoutHint,
    Check::LogoutClient,
    Check::ClientKnown,
    Check::Lengths,
    Check::LogoutRedirectUri,
];

/// The checks of an endpoint, in the order in which they are made, for the grant type and the proof of a request, as far as
/// it came to have them.
pub fn of(endpoint: Endpoint, grant_type: Option<GrantType>, proof: Option<ProofKind>) -> Vec<Check> {
    let of_proof = match proof {
        Some(ProofKind::Secret) => SECRET,
        Some(ProofKind::Assertion) => ASSERTION,
        Some(ProofKind::None) | None => &[],
    };
    let of_grant = match grant_type {
        Some(GrantType::AuthorizationCode) => CODE,
        Some(GrantType::RefreshToken) => REFRESH,
        Some(GrantType::ClientCredentials) => MACHINE,
        Some(GrantType::DeviceCode) => DEVICE,
        None => &[],
    };
    let client_form = [FORM, CREDENTIALS, of_proof, &[Check::WithinLimit]].concat();
    match endpoint {
        Endpoint::Authorize => AUTHORIZE.to_vec(),
        Endpoint::Token => [client_form.as_slice(), TOKEN, of_grant].concat(),
        Endpoint::Introspect => [client_form.as_slice(), INTROSPECT].concat(),
        Endpoint::Revoke => [client_form.as_slice(), REVOKE].concat(),
        Endpoint::Userinfo => USERINFO.to_vec(),
        Endpoint::Register => REGISTER.to_vec(),
        Endpoint::Logout => LOGOUT.to_vec(),
        Endpoint::DeviceAuthorization => [client_form.as_slice(), DEVICE_AUTHORIZATION].concat(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_check_has_a_name_of_its_own_and_a_place() {
        let names: HashSet<&str> = Check::ALL.iter().map(|check| check.as_str()).collect();
        assert_eq!(names.len(), Check::ALL.len());
        let mut placed = HashSet::new();
        for endpoint in Endpoint::ALL {
            for grant_type in [None].into_iter().chain(GrantType::ALL.map(Some)) {
                for proof in [None, Some(ProofKind::Secret), Some(ProofKind::Assertion)] {
                    let checks = of(endpoint, grant_type, proof);
                    let own: HashSet<Check> = checks.iter().copied().collect();
                    assert_eq!(own.len(), checks.len(), "{endpoint:?} makes a check twice");
                    placed.extend(own);
                }
            }
        }
        let lost: Vec<_> = Check::ALL.iter().filter(|check| !placed.contains(check)).collect();
        assert!(lost.is_empty(), "no endpoint makes {lost:?}");
    }

    #[test]
    fn a_clause_is_found_on_the_web() {
        assert_eq!(Check::VerifierMatches.clause().to_string(), "RFC 7636 §4.6");
        assert_eq!(Check::VerifierMatches.clause().url(), "https://www.rfc-editor.org/rfc/rfc7636#section-4.6");
        assert_eq!(Check::FormReadable.clause().url(), "https://www.rfc-editor.org/rfc/rfc6749#appendix-B");
        assert_eq!(
            Check::Claims.clause().url(),
            "https://openid.net/specs/openid-connect-core-1_0.html#ClaimsParameter"
        );
    }
}
