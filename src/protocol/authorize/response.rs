//! Answers at the client's redirect URI (RFC 6749 §4.1.2), with `iss` in every one (RFC 9207).

use crate::domain::redirect_uri::RedirectUri;
use crate::protocol::authorize::request::{ResponseMode, ValidRequest};
use crate::protocol::check::Check;
use crate::protocol::error::{ErrorCode, OAuthError};

/// A redirect URI that a registered client may be answered at. Only validation makes one, so that nothing can send a
/// browser anywhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundRedirect {
    uri: RedirectUri,
    state: Option<String>,
    mode: ResponseMode,
    /// Whether the client registered itself, so that a person is asked before an error goes there.
    is_trusted: bool,
}

impl BoundRedirect {
    pub(super) fn new(uri: RedirectUri, state: Option<String>, mode: ResponseMode, is_trusted: bool) -> Self {
        Self { uri, state, mode, is_trusted }
    }

    /// The target of a request that was validated when it was stored; `None` unless it still is a redirect URI.
    pub fn of(request: &ValidRequest, client: &crate::domain::client::Client) -> Option<Self> {
        let uri = RedirectUri::parse(&request.redirect_uri).ok()?;
        let is_registered = client.redirects_to(uri.as_str());
        let is_trusted = client.origin == crate::domain::client::Origin::Admin;
        is_registered.then(|| Self::new(uri, request.state.clone(), request.response_mode, is_trusted))
    }

    pub fn uri(&self) -> &RedirectUri {
        &self.uri
    }

    pub fn is_trusted(&self) -> bool {
        self.is_trusted
    }
}

/// The user said no.
pub fn denied() -> OAuthError {
    OAuthError::new(ErrorCode::AccessDenied, "The user denied the request.").at(Check::UserAgrees)
}

/// An answer: where it goes and what it says, in order.
#[derive(Clone, Debug)]
pub struct AuthorizeResponse {
    pub to: BoundRedirect,
    pub parameters: Vec<(&'static str, String)>,
}

impl AuthorizeResponse {
    pub fn code(to: BoundRedirect, code: String, issuer: &str) -> Self {
        Self::with(to, vec![("code", code)], issuer)
    }

    /// `uri` is of a page about the error.
    pub fn error(to: BoundRedirect, error: &OAuthError, uri: Option<String>, issuer: &str) -> Self {
        let mut parameters =
            vec![("error", error.code.as_str().to_owned()), ("error_description", error.description.to_string())];
        parameters.extend(uri.map(|uri| ("error_uri", uri)));
        Self::with(to, parameters, issuer)
    }

    fn with(to: BoundRedirect, mut parameters: Vec<(&'static str, String)>, issuer: &str) -> Self {
        if let Some(state) = &to.state {
            parameters.push(("state", state.clone()));
        }
        parameters.push(("iss", issuer.to_owned()));
        Self { to, parameters }
    }

    pub fn mode(&self) -> ResponseMode {
        self.to.mode
    }

    /// The URL for an answer in the query.
    pub fn location(&self) -> String {
        let parameters: Vec<(&str, &str)> =
            self.parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.to.uri.with_query(&parameters)
    }
}
