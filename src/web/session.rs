//! The typed browser session over actix-session: who signed in, when, and what to say on the next page.

use actix_session::Session;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::secret::random_id;
use crate::web::error::PageError;
use crate::web::page::{Flash, Tone};

pub const OWNER: &str = "owner";
pub const AUTH_TIME: &str = "auth_time";
pub const SESSION_ID: &str = "id";
pub const USER_AGENT: &str = "user_agent";
pub const ADDRESS: &str = "address";
const ANSWERED_REQUEST: &str = "request";
const FLASH: &str = "flash";

/// Who is signed in at this browser.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub owner_id: String,
    pub auth_time: Timestamp,
    /// Names the session where its key must not appear.
    pub session_id: String,
    /// The stored authorization request that this login was for.
    pub answered_request: Option<String>,
}

/// The signed-in resource owner, if there is one.
pub fn signed_in(session: &Session) -> Option<SignedIn> {
    Some(SignedIn {
        owner_id: session.get(OWNER).ok()??,
        auth_time: session.get(AUTH_TIME).ok()??,
        session_id: session.get(SESSION_ID).ok()??,
        answered_request: session.get(ANSWERED_REQUEST).ok().flatten(),
    })
}

/// What a login knows.
pub struct Login<'a> {
    pub owner_id: &'a str,
    pub now: Timestamp,
    pub request: Option<&'a str>,
    pub user_agent: &'a str,
    pub address: &'a str,
}

/// Signs in: the session gets a new key, and nothing of an earlier one is left but its name, when the same person signed
/// in again: clients know the session by it (OpenID Connect Back-Channel Logout §2.1, `sid`).
pub fn sign_in(session: &Session, login: &Login<'_>) -> Result<(), PageError> {
    let before = signed_in(session).filter(|before| before.owner_id == login.owner_id);
    session.clear();
    session.renew();
    insert(session, OWNER, login.owner_id)?;
    insert(session, AUTH_TIME, login.now)?;
    insert(session, SESSION_ID, before.map_or_else(random_id, |before| before.session_id))?;
    insert(session, USER_AGENT, kept_user_agent(login.user_agent))?;
    insert(session, ADDRESS, login.address)?;
    if let Some(request) = login.request {
        insert(session, ANSWERED_REQUEST, request)?;
    }
    Ok(())
}

/// What is kept of what a browser says of itself.
pub fn kept_user_agent(said: &str) -> String {
    said.chars().filter(|c| !c.is_control()).take(300).collect()
}

/// Notes that whoever is signed in answers this stored request, without a new login.
pub fn answer(session: &Session, request: &str) -> Result<(), PageError> {
    insert(session, ANSWERED_REQUEST, request)
}

fn insert(session: &Session, name: &str, value: impl Serialize) -> Result<(), PageError> {
    session.insert(name, value).map_err(|error| {
        tracing::error!(%error, "a session value could not be kept");
        PageError::Internal
    })
}

#[derive(Serialize, Deserialize)]
struct KeptFlash {
    tone: String,
    text: String,
}

/// Says something on the next page. Only for signed-in browsers: others have no session.
pub fn flash(session: &Session, tone: Tone, text: impl Into<String>) {
    let kept = KeptFlash { tone: tone.class().to_owned(), text: text.into() };
    let _ = session.insert(FLASH, kept);
}

/// What the request before this one wanted to say.
pub fn take_flash(session: &Session) -> Option<Flash> {
    let kept: KeptFlash = session.get(FLASH).ok()??;
    session.remove(FLASH);
    let tone = [Tone::Success, Tone::Warning, Tone::Danger].into_iter().find(|tone| tone.class() == kept.tone);
    Some(Flash { tone: tone.unwrap_or(Tone::Neutral), text: kept.text })
}
