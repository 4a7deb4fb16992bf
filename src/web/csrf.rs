//! CSRF tokens: bound to the browser and to its session, so that one of another browser, or of before the login, is void.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::secret::constant_time_eq;
use crate::web::browser::Browser;
use crate::web::session::SignedIn;
use crate::web::state::App;

/// The name of the hidden input.
pub const FIELD: &str = "csrf_token";

/// The token for the forms of this browser and session.
pub fn token(app: &App, browser: &Browser, signed_in: Option<&SignedIn>) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &app.csrf_key);
    let session = signed_in.map_or("", |signed_in| signed_in.session_id.as_str());
    let tag = hmac::sign(&key, format!("{} {session}", browser.id).as_bytes());
    URL_SAFE_NO_PAD.encode(tag)
}

/// Whether a form sent the right token back.
pub fn is_valid(app: &App, browser: &Browser, signed_in: Option<&SignedIn>, sent: Option<&str>) -> bool {
    sent.is_some_and(|sent| constant_time_eq(sent, &token(app, browser, signed_in)))
}
