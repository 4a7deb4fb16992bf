//! What goes wrong, in the specifications' words.
//!
//! A code for programs, a description for the client's developer: what was wrong and what to send instead, in ASCII, never
//! repeating what was sent. Turning these into responses is `web`'s.

use std::borrow::Cow;
use std::fmt;

use crate::clock::Seconds;
use crate::domain::grant::GrantId;
use crate::protocol::check::{Cause, Check};
use crate::protocol::client_assertion::AssertionError;

/// The registered error codes that we answer with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    AccessDenied,
    AuthorizationPending,
    ConsentRequired,
    ExpiredToken,
    InsufficientScope,
    InteractionRequired,
    InvalidClient,
    InvalidClientMetadata,
    InvalidGrant,
    InvalidRedirectUri,
    InvalidRequest,
    InvalidScope,
    InvalidSoftwareStatement,
    InvalidTarget,
    InvalidToken,
    LoginRequired,
    RequestNotSupported,
    RegistrationNotSupported,
    RequestUriNotSupported,
    ServerError,
    SlowDown,
    TemporarilyUnavailable,
    UnapprovedSoftwareStatement,
    UnauthorizedClient,
    UnmetAuthenticationRequirements,
    UnsupportedGrantType,
    UnsupportedResponseType,
}

impl ErrorCode {
    /// All of them.
    pub const ALL: [Self; 27] = [
        Self::AccessDenied,
        Self::AuthorizationPending,
        Self::ConsentRequired,
        Self::ExpiredToken,
        Self::InsufficientScope,
        Self::InteractionRequired,
        Self::InvalidClient,
        Self::InvalidClientMetadata,
        Self::InvalidGrant,
        Self::InvalidRedirectUri,
        Self::InvalidRequest,
        Self::InvalidScope,
        Self::InvalidSoftwareStatement,
        Self::InvalidTarget,
        Self::InvalidToken,
        Self::LoginRequired,
        Self::RequestNotSupported,
        Self::RegistrationNotSupported,
        Self::RequestUriNotSupported,
        Self::ServerError,
        Self::SlowDown,
        Self::TemporarilyUnavailable,
        Self::UnapprovedSoftwareStatement,
        Self::UnauthorizedClient,
        Self::UnmetAuthenticationRequirements,
        Self::UnsupportedGrantType,
        Self::UnsupportedResponseType,
    ];

    /// The code of a value of `error`.
    pub fn from_wire(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.as_str() == value)
    }

    /// The value of `error`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessDenied => "access_denied",
            Self::AuthorizationPending => "authorization_pending",
            Self::ConsentRequired => "consent_required",
            Self::ExpiredToken => "expired_token",
            Self::InsufficientScope => "insufficient_scope",
            Self::InteractionRequired => "interaction_required",
            Self::InvalidClient => "invalid_client",
            Self::InvalidClientMetadata => "invalid_client_metadata",
            Self::InvalidGrant => "invalid_grant",
            Self::InvalidRedirectUri => "invalid_redirect_uri",
            Self::InvalidRequest => "invalid_request",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidSoftwareStatement => "invalid_software_statement",
            Self::InvalidTarget => "invalid_target",
            Self::InvalidToken => "invalid_token",
            Self::LoginRequired => "login_required",
            Self::RequestNotSupported => "request_not_supported",
            Self::RegistrationNotSupported => "registration_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::ServerError => "server_error",
            Self::SlowDown => "slow_down",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::UnapprovedSoftwareStatement => "unapproved_software_statement",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnmetAuthenticationRequirements => "unmet_authentication_requirements",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
        }
    }
}

/// An error and its explanation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OAuthError {
    pub code: ErrorCode,
    pub description: Cow<'static, str>,
    /// Which check said no. For those who look after the client, never for the wire.
    pub cause: Option<Box<Cause>>,
}

impl OAuthError {
    /// An error; whatever its description is made of, RFC 6749 §5.2 has characters for it.
    pub fn new(code: ErrorCode, description: impl Into<Cow<'static, str>>) -> Self {
        Self { code, description: in_its_characters(description.into()), cause: None }
    }

    pub fn invalid_request(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::InvalidRequest, description)
    }

    pub fn invalid_grant(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::InvalidGrant, description)
    }

    pub fn invalid_scope(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::InvalidScope, description)
    }

    /// It arose at this check.
    pub fn at(self, check: Check) -> Self {
        self.because(Cause::new(check))
    }

    pub fn because(self, cause: Cause) -> Self {
        Self { cause: Some(Box::new(cause)), ..self }
    }
}

/// RFC 6749 §5.2: %x20-21, %x23-5B and %x5D-7E; a mark stands for every other character.
fn in_its_characters(description: Cow<'static, str>) -> Cow<'static, str> {
    let is_its = |c: char| matches!(c, ' ' | '!' | '#'..='[' | ']'..='~');
    if description.chars().all(is_its) {
        return description;
    }
    let mark = |c: char| if c == '"' { '\'' } else { '?' };
    description.chars().map(|c| if is_its(c) { c } else { mark(c) }).collect::<String>().into()
}

impl fmt::Display for OAuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.description)
    }
}

impl std::error::Error for OAuthError {}

/// Why the token endpoint and its neighbours refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenError {
    /// A rule says no.
    Refused(OAuthError),
    /// The client did not prove who it is. The check is for those who look after the client, and nothing that is answered
    /// depends on it.
    Unauthenticated { check: Check },
    /// Nobody knows whether the client signed the assertion: its keys could not be fetched, and later perhaps can.
    KeysUnavailable { retry_after: Seconds },
    /// The client's key signed the assertion, and something else is wrong with it.
    Assertion(AssertionError, Box<Cause>),
    /// The client's key signed the assertion, and it was used before.
    AssertionReplayed,
    /// A spent code or rotated refresh token came again in a request that was otherwise entirely valid: theft. The grant
    /// is to be revoked, in a transaction of its own.
    Replayed { grant: GrantId, check: Check },
    /// The right code with a wrong verifier: to be counted against the code.
    WrongVerifier,
    /// A port failed; it knows why.
    Port,
}

impl TokenError {
    /// What the client is told.
    pub fn public(&self) -> OAuthError {
        match self {
            Self::Refused(error) => error.clone(),
            Self::Unauthenticated { check } => OAuthError::new(
                ErrorCode::InvalidClient,
                "Client authentication failed. Send the client_id with its current client_secret by HTTP Basic or in the \
                 form, or a client_assertion signed with a registered key; a public client sends only its client_id.",
            )
            .at(*check),
            // RFC 6749 §5.2 has no code for this; the one of §4.1.2.1 is what this server says at all its endpoints.
            Self::KeysUnavailable { .. } => OAuthError::new(
                ErrorCode::TemporarilyUnavailable,
                "The keys at the client's jwks_uri could not be fetched. Try again shortly.",
            )
            .at(Check::AssertionSigned),
            Self::Assertion(error, cause) => {
                let description = format!("The client_assertion is refused: {error}.");
                OAuthError { cause: Some(cause.clone()), ..OAuthError::new(ErrorCode::InvalidClient, description) }
            }
            Self::AssertionReplayed => OAuthError::new(
                ErrorCode::InvalidClient,
                "The client_assertion was used before. Make a new one, with a jti of its own, for each request.",
            )
            .at(Check::AssertionFresh),
            Self::Replayed { check, .. } => OAuthError::invalid_grant(
                "The code or refresh token was used before. Start a new authorization request.",
            )
            .at(*check),
            Self::WrongVerifier => OAuthError::invalid_grant(
                "The code_verifier does not belong to the code_challenge of the authorization request.",
            )
            .at(Check::VerifierMatches),
            Self::Port => OAuthError::new(ErrorCode::ServerError, "The server failed. Try again."),
        }
    }
}

impl From<OAuthError> for TokenError {
    fn from(error: OAuthError) -> Self {
        Self::Refused(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc6749_section_5_2_a_description_has_few_characters() {
        let described = |text: &'static str| OAuthError::invalid_request(text).description;
        assert_eq!(described("Send `a`, not {b}: ~!"), "Send `a`, not {b}: ~!");
        assert_eq!(described("say \"x\\y\"\r\n\u{7f}\u{202e}한"), "say 'x?y'?????");
    }
}
