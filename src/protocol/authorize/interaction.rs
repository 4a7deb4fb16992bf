//! Whether a person must do something before a valid request can be answered: log in, consent, or nothing.

use crate::clock::Timestamp;
use crate::domain::client::{Client, Origin};
use crate::domain::grant::Consent;
use crate::domain::redirect_uri::RedirectUri;
use crate::protocol::authorize::request::{Prompt, ValidRequest};
use crate::protocol::check::Check;
use crate::protocol::error::{ErrorCode, OAuthError};

/// Who is at the browser.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// What the client calls them.
    pub subject: String,
    /// When they proved who they are.
    pub auth_time: Timestamp,
    /// Whether they did so to answer this very request.
    pub for_this_request: bool,
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interaction {
    Login,
    Consent,
    Grant,
    Refuse(OAuthError),
}

/// Decides; `remembered` is what this resource owner has allowed this client before.
pub fn decide(
    request: &ValidRequest,
    client: &Client,
    signed_in: Option<&SignedIn>,
    remembered: Option<&Consent>,
    now: Timestamp,
) -> Interaction {
    let asks_nothing = request.prompt.contains(&Prompt::None);
    let refuse = |code, check, description| Interaction::Refuse(OAuthError::new(code, description).at(check));
    if !request.has_scope() {
        return refuse(
            ErrorCode::InvalidScope,
            Check::ScopeAllowed,
            "The client may not have any of the requested scopes any more.",
        );
    }
    // OpenID Connect Core §3.1.2.1, §5.5.1: an answer about somebody else than the client named would mislead it.
    if signed_in.is_some_and(|signed_in| signed_in.for_this_request && !is_named(request, signed_in)) {
        return refuse(
            ErrorCode::LoginRequired,
            Check::RightUser,
            "Another user signed in than the one the request is about.",
        );
    }
    if !signed_in.is_some_and(|signed_in| may_answer(request, signed_in, now)) {
        return if asks_nothing {
            refuse(
                ErrorCode::LoginRequired,
                Check::LoginPossible,
                "The user must sign in, and the prompt none forbids to ask.",
            )
        } else {
            Interaction::Login
        };
    }
    if needs_consent(request, client, remembered) {
        return if asks_nothing {
            refuse(
                ErrorCode::ConsentRequired,
                Check::ConsentPossible,
                "The user must consent, and the prompt none forbids to ask.",
            )
        } else {
            Interaction::Consent
        };
    }
    Interaction::Grant
}

/// Whether the user who is signed in may answer the request: it still asks for something, they are the one it is about, and
/// their login is as it wants.
pub fn may_answer(request: &ValidRequest, signed_in: &SignedIn, now: Timestamp) -> bool {
    let wants_choice = request.prompt.contains(&Prompt::SelectAccount);
    let is_fresh = signed_in.for_this_request || (!wants_choice && is_recent(request, signed_in, now));
    request.has_scope() && is_named(request, signed_in) && is_fresh
}

/// Whether the user who is signed in may go on as they are, when the client asked to let them choose an account.
pub fn may_go_on(request: &ValidRequest, signed_in: &SignedIn, now: Timestamp) -> bool {
    request.prompt.contains(&Prompt::SelectAccount)
        && is_named(request, signed_in)
        && is_recent(request, signed_in, now)
}

/// Whether the request is about nobody else.
fn is_named(request: &ValidRequest, signed_in: &SignedIn) -> bool {
    request.subject.as_ref().is_none_or(|wanted| *wanted == signed_in.subject)
}

/// Whether the last login is recent enough for the request; with `max_age=0` none is (OpenID Connect Core §3.1.2.1).
fn is_recent(request: &ValidRequest, signed_in: &SignedIn, now: Timestamp) -> bool {
    let is_young = |max_age| max_age > 0 && now - signed_in.auth_time <= max_age;
    !request.prompt.contains(&Prompt::Login) && request.max_age.is_none_or(is_young)
}

/// Consent is remembered where nobody else can pose as the client; what grows is asked for again.
fn needs_consent(request: &ValidRequest, client: &Client, remembered: Option<&Consent>) -> bool {
    // RFC 8628 §5.4: whoever sent the code may be somebody else than the user, so a person looks every time.
    if request.prompt.contains(&Prompt::Consent) || request.device.is_some() {
        return true;
    }
    if skips_consent(client) {
        return false;
    }
    !remembers_consent(client) || !remembered.is_some_and(|remembered| request.is_covered_by(remembered))
}

/// Whether nobody is asked, because an admin says so of software of their own. RFC 8252 §8.6: of a public client only where
/// nobody else can be answered in its place.
fn skips_consent(client: &Client) -> bool {
    client.metadata.skip_consent
        && client.origin == Origin::Admin
        && (!client.is_public() || client.redirect_uris.iter().all(RedirectUri::is_claimed_https))
}

/// Whether what was allowed once counts the next time. RFC 8252 §8.6: anybody can pose as a public or self-registered client,
/// so a person looks every time.
pub fn remembers_consent(client: &Client) -> bool {
    client.origin == Origin::Admin && !client.is_public()
}
