//! Whether a person must do something before a valid request can be answered: log in, consent, or nothing.

use crate::clock::Timestamp;
use crate::domain::client::{Client, Origin};
use crate::domain::scope::Scope;
use crate::protocol::authorize::request::{Prompt, ValidRequest};
use crate::protocol::error::{ErrorCode, OAuthError};

/// Who is at the browser.
#[derive(Clone, Copy, Debug)]
pub struct SignedIn {
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
    signed_in: Option<SignedIn>,
    remembered: Option<&Scope>,
    now: Timestamp,
) -> Interaction {
    let asks_nothing = request.prompt.contains(&Prompt::None);
    let refuse = |code, description| Interaction::Refuse(OAuthError::new(code, description));
    let is_fresh = |signed_in: SignedIn| {
        let wants_login = request.prompt.contains(&Prompt::Login) || request.prompt.contains(&Prompt::SelectAccount);
        let is_young = request.max_age.is_none_or(|max_age| now - signed_in.auth_time <= max_age);
        signed_in.for_this_request || (!wants_login && is_young)
    };
    if !signed_in.is_some_and(is_fresh) {
        return if asks_nothing {
            refuse(ErrorCode::LoginRequired, "The user must sign in, and the prompt none forbids to ask.")
        } else {
            Interaction::Login
        };
    }
    if needs_consent(request, client, remembered) {
        return if asks_nothing {
            refuse(ErrorCode::ConsentRequired, "The user must consent, and the prompt none forbids to ask.")
        } else {
            Interaction::Consent
        };
    }
    Interaction::Grant
}

/// Consent is remembered where nobody else can pose as the client; what grows is asked for again.
fn needs_consent(request: &ValidRequest, client: &Client, remembered: Option<&Scope>) -> bool {
    if request.prompt.contains(&Prompt::Consent) {
        return true;
    }
    if client.metadata.skip_consent && client.origin == Origin::Admin {
        return false;
    }
    // RFC 8252 §8.6: anybody can pose as a public or self-registered client, so a person looks every time.
    let is_assured = client.origin == Origin::Admin && !client.is_public();
    !is_assured || !remembered.is_some_and(|remembered| remembered.priviledged_to(&request.scope()))
}
