//! The browser cookie: which browser this is, and whether who signs in has signed in here before.
//!
//! It names no person and opens nothing. It binds a stored authorization request and its forms to one browser, and lets the
//! owner of an account under attack in while strangers have to wait.

use actix_web::cookie::{Cookie, SameSite, time::Duration};
use actix_web::{HttpMessage, HttpRequest};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::secret::{constant_time_eq, random_id};
use crate::web::state::App;

/// Most accounts that a browser is remembered for.
const MAX_KNOWN: usize = 4;

/// What the cookie says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Browser {
    pub id: String,
    /// One mark for each account that has signed in here.
    marks: Vec<String>,
}

fn name(app: &App) -> String {
    app.cookie_name("browser")
}

impl Browser {
    /// A browser that was never here.
    pub fn unknown() -> Self {
        Self { id: random_id(), marks: Vec::new() }
    }

    /// What a request's cookie says, if it has one.
    pub fn of(app: &App, request: &HttpRequest) -> Option<Self> {
        let cookie = request.cookie(&name(app))?;
        let mut parts = cookie.value().split('.');
        let id = parts.next().filter(|id| id.len() == 22 && is_base64url(id))?.to_owned();
        let marks = parts.filter(|mark| is_base64url(mark)).take(MAX_KNOWN).map(str::to_owned).collect();
        Some(Self { id, marks })
    }

    /// The browser of this request; the middleware has put it there.
    pub fn current(request: &HttpRequest) -> Self {
        request.extensions().get::<Self>().cloned().unwrap_or_else(Self::unknown)
    }

    /// Whether `owner_id` has signed in here before.
    pub fn knows(&self, app: &App, owner_id: &str) -> bool {
        let mark = mark(app, &self.id, owner_id);
        self.marks.iter().any(|known| constant_time_eq(known, &mark))
    }

    /// The same browser, knowing `owner_id`.
    pub fn knowing(mut self, app: &App, owner_id: &str) -> Self {
        let mark = mark(app, &self.id, owner_id);
        self.marks.retain(|known| !constant_time_eq(known, &mark));
        self.marks.insert(0, mark);
        self.marks.truncate(MAX_KNOWN);
        self
    }

    /// For `Set-Cookie`.
    pub fn cookie(&self, app: &App) -> Cookie<'static> {
        let value = std::iter::once(self.id.as_str())
            .chain(self.marks.iter().map(String::as_str))
            .collect::<Vec<_>>()
            .join(".");
        Cookie::build(name(app), value)
            .path("/")
            .http_only(true)
            .secure(app.is_https())
            .same_site(SameSite::Lax)
            .max_age(Duration::days(400))
            .finish()
    }
}

fn is_base64url(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

fn mark(app: &App, browser: &str, owner_id: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &app.browser_key);
    let tag = hmac::sign(&key, format!("{browser} {owner_id}").as_bytes());
    URL_SAFE_NO_PAD.encode(&tag.as_ref()[..16])
}
