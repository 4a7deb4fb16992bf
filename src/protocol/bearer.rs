//! Bearer tokens at protected routes (RFC 6750), over oxide-auth's [`Resource`].

use std::borrow::Cow;

use oxide_auth::code_grant::resource::{Error, ErrorCode, Input, Output, Request, Resource};
use oxide_auth::primitives::grant::Grant;

use crate::domain::scope::{self, Scope};

/// Why a request may not pass.
#[derive(Clone, Debug, PartialEq)]
pub enum BearerError {
    /// No token was sent: the challenge has no error code (RFC 6750 §3.1).
    Missing,
    /// The header is no bearer token.
    InvalidRequest,
    /// Unknown, expired, revoked or for somebody else; the answer does not say which.
    InvalidToken,
    /// The token is good and lacks a scope.
    InsufficientScope(Scope),
}

impl BearerError {
    /// The value of `WWW-Authenticate`.
    pub fn challenge(&self) -> String {
        let error = |code: &str, description: &str| {
            format!("Bearer realm=\"grantor\", error=\"{code}\", error_description=\"{description}\"")
        };
        match self {
            Self::Missing => "Bearer realm=\"grantor\"".to_owned(),
            Self::InvalidRequest => {
                error("invalid_request", "Send one Authorization header: Bearer, a space, and the access token.")
            }
            Self::InvalidToken => {
                error("invalid_token", "The access token is unknown, expired or revoked, or is not for this server.")
            }
            Self::InsufficientScope(required) => format!(
                "{}, scope=\"{}\"",
                error("insufficient_scope", "The access token lacks a scope that this needs."),
                scope::render(required)
            ),
        }
    }
}

/// The token of a request that may carry it in a header or in a form, but not in both (RFC 6750 §2).
pub fn presented<'a>(
    mut headers: impl Iterator<Item = &'a str>,
    in_form: Option<&'a str>,
) -> Result<&'a str, BearerError> {
    match in_form {
        None => token(headers),
        Some(_) if headers.next().is_some() => Err(BearerError::InvalidRequest),
        Some(in_form) if is_token(in_form) => Ok(in_form),
        Some(_) => Err(BearerError::InvalidRequest),
    }
}

/// The token in the `Authorization` headers of a request.
///
/// Tokens in the query are ignored (OAuth 2.1 §5.1).
pub fn token<'a>(mut headers: impl Iterator<Item = &'a str>) -> Result<&'a str, BearerError> {
    let header = headers.next().ok_or(BearerError::Missing)?;
    if headers.next().is_some() {
        return Err(BearerError::InvalidRequest);
    }
    let (scheme, token) = header.split_once(' ').ok_or(BearerError::InvalidRequest)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(if scheme.contains(|c: char| c.is_ascii_whitespace()) {
            BearerError::InvalidRequest
        } else {
            BearerError::Missing
        });
    }
    if is_token(token) { Ok(token) } else { Err(BearerError::InvalidRequest) }
}

/// RFC 6750 §2.1: b64token.
fn is_token(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    !body.is_empty() && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte))
}

/// Lets the request pass when `found` is what its token stands for and has all of `required`.
pub fn judge(token: &str, found: Option<Grant>, required: &Scope) -> Result<Grant, BearerError> {
    let request = Canonical(format!("Bearer {token}"));
    let required_list = [required.clone()];
    let mut found = Some(found);
    let mut machine = Resource::new();
    let mut input = Input::None;
    loop {
        input = match machine.advance(input) {
            Output::GetRequest => Input::Request { request: &request },
            Output::DetermineScopes => Input::Scopes(&required_list),
            Output::Recover { .. } => Input::Recovered(found.take().flatten()),
            Output::Ok(grant) => return Ok(*grant),
            Output::Err(error) => return Err(refused(&error, required)),
        };
    }
}

fn refused(error: &Error, required: &Scope) -> BearerError {
    match error {
        Error::AccessDenied { failure, .. } if matches!(failure.code, Some(ErrorCode::InsufficientScope)) => {
            BearerError::InsufficientScope(required.clone())
        }
        // RFC 6750 §3.1: an unknown token is invalid_token, which oxide-auth calls invalid_request.
        Error::AccessDenied { .. } | Error::PrimitiveError => BearerError::InvalidToken,
        Error::NoAuthentication { .. } => BearerError::Missing,
        Error::InvalidRequest { .. } => BearerError::InvalidRequest,
    }
}

struct Canonical(String);

impl Request for Canonical {
    fn valid(&self) -> bool {
        true
    }

    fn token(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_has_one_grammar() {
        assert_eq!(token(["bEaReR gat_a-b"].into_iter()), Ok("gat_a-b"));
        assert_eq!(token([].into_iter()), Err(BearerError::Missing));
        assert_eq!(token(["Basic abc"].into_iter()), Err(BearerError::Missing));
        for bad in ["Bearer", "Bearer ", "Bearer a b", "Bearer\ta", "Bearer  a", "Bearer a,b"] {
            assert_eq!(token([bad].into_iter()), Err(BearerError::InvalidRequest), "{bad:?}");
        }
        assert_eq!(token(["Bearer a", "Bearer a"].into_iter()), Err(BearerError::InvalidRequest));
        assert_eq!(presented([].into_iter(), Some("gat_a")), Ok("gat_a"));
        assert_eq!(presented(["Bearer a"].into_iter(), Some("a")), Err(BearerError::InvalidRequest));
    }
}
