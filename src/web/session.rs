//! The typed browser session over actix-session: who signed in, when, and what to say on the next page.
//!
//! # Who opens a session
//!
//! A password takes long to check, and may be changed meanwhile, or its account disabled. So the row of a session is not left
//! to actix-session, which would store it after everything else:
//!
//! 1. The transaction of the login first notes it on the account, which goes through only while the password that was checked
//!    is the account's ([`note_login`](crate::store::resource_owners::note_login)), and then stores the row
//!    ([`Login::row`], [`begin`](crate::store::sessions::begin)). Whoever changes the password or ends all sessions holds the
//!    account, so that of the two one comes after the other: either the row is found and ended, or it never was.
//! 2. Another key goes the same way: the transaction that decides so gives it to the row.
//! 3. After the request actix-session only takes up the key that it finds here ([`KEY`]), and updates a row that is there.
//!
//! A mark in each session of the password that opened it, looked at with each request, would come to the same with more to
//! forget. "This wasn't me" ends what is open; whoever knows the password can sign in again until there is a new one, whether
//! they began before it or after.

use actix_session::Session;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::domain::lifetimes::Lifetimes;
use crate::secret::{Secret, SecretKind, random_id};
use crate::store::sessions::StoredSession;
use crate::web::error::PageError;
use crate::web::page::{Flash, Tone};

/// The key that the row of the session has by now; on its way to the cookie, and kept nowhere.
pub const KEY: &str = "key";
const OWNER: &str = "owner";
const AUTH_TIME: &str = "auth_time";
const SESSION_ID: &str = "id";
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

impl Login<'_> {
    /// The row of the session that it opens with `key`. What the session keeps is added at the end of the request.
    pub fn row(&self, key: &Secret, lifetimes: &Lifetimes) -> StoredSession {
        let expires_at = self.now + lifetimes.session;
        StoredSession {
            digest: key.digest().as_bytes().to_vec(),
            id: random_id(),
            owner_id: Some(self.owner_id.to_owned()),
            state: "{}".to_owned(),
            user_agent: kept_user_agent(self.user_agent),
            address: self.address.to_owned(),
            created_at: self.now,
            last_seen_at: self.now,
            idle_expires_at: (self.now + lifetimes.session_idle).min(expires_at),
            expires_at,
        }
    }
}

/// A new key of a session.
pub fn new_key() -> Secret {
    Secret::generate(SecretKind::BrowserSession)
}

/// Signs in to the session of this name, whose row has this key. Nothing of an earlier one is left in the browser.
pub fn sign_in(session: &Session, login: &Login<'_>, id: &str, key: &Secret) -> Result<(), PageError> {
    session.clear();
    renew(session, key)?;
    insert(session, OWNER, login.owner_id)?;
    insert(session, AUTH_TIME, login.now)?;
    insert(session, SESSION_ID, id)?;
    if let Some(request) = login.request {
        insert(session, ANSWERED_REQUEST, request)?;
    }
    Ok(())
}

/// Gives the browser the key that the row of its session has by now. The one of before opens nothing.
pub fn renew(session: &Session, key: &Secret) -> Result<(), PageError> {
    session.renew();
    insert(session, KEY, key.expose())
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
