//! Typed keys for what travels in oxide-auth's [`Extensions`] from the request to the tokens.
//!
//! All are private values: they never appear in a response by themselves.

use std::str::FromStr;

use oxide_auth::primitives::grant::{Extensions, GrantExtension, Value};

use crate::clock::Timestamp;
use crate::domain::client::TokenFormat;
use crate::domain::grant::{GrantFacts, GrantId};
use crate::domain::scope::{self, Scope};
use crate::secret::Digest;

struct Key(&'static str);

impl GrantExtension for Key {
    fn identifier(&self) -> &'static str {
        self.0
    }
}

fn set(extensions: &mut Extensions, key: &'static str, value: String) {
    extensions.set(&Key(key), Value::private(Some(value)));
}

fn get<'a>(extensions: &'a Extensions, key: &'static str) -> Option<&'a str> {
    extensions.private().find(|(name, _)| *name == key).and_then(|(_, value)| value)
}

fn parsed<T: FromStr>(extensions: &Extensions, key: &'static str) -> Option<T> {
    get(extensions, key).and_then(|text| text.parse().ok())
}

const GRANT_ID: &str = "grant_id";
const RESOURCE: &str = "resource";
const AUDIENCE: &str = "audience";
const FACTS: &str = "facts";
const SESSION: &str = "session";
const STANDING: &str = "standing";
const FORMAT: &str = "token_format";
const REFRESH_IDLE: &str = "refresh_idle_until";
const REFRESH_ABSOLUTE: &str = "refresh_until";
const REDIRECT_URI: &str = "redirect_uri";
const ROTATES: &str = "rotates";
const GRANTED: &str = "granted_scope";
const DEVICE_CODE: &str = "device_code";

/// Where a single-use thing that was presented stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// This is its one use.
    Fresh,
    /// A rotated refresh token whose answer may have been lost: it may be repeated.
    Repeatable,
    /// It was used before.
    Spent,
}

/// The grant that everything issued belongs to.
pub fn set_grant_id(extensions: &mut Extensions, id: GrantId) {
    set(extensions, GRANT_ID, id.to_string());
}

/// Every grant that comes from our ports has one.
pub fn grant_id(extensions: &Extensions) -> Option<GrantId> {
    parsed(extensions, GRANT_ID)
}

/// RFC 8707: the resources a grant may give tokens for. They are URLs, which hold no space.
pub fn set_resource(extensions: &mut Extensions, resource: &[String]) {
    set(extensions, RESOURCE, resource.join(" "));
}

pub fn resource(extensions: &Extensions) -> Vec<String> {
    words(get(extensions, RESOURCE))
}

/// The resources that this access token is for.
pub fn set_audience(extensions: &mut Extensions, audience: &[String]) {
    set(extensions, AUDIENCE, audience.join(" "));
}

pub fn audience(extensions: &Extensions) -> Vec<String> {
    words(get(extensions, AUDIENCE))
}

fn words(text: Option<&str>) -> Vec<String> {
    text.unwrap_or_default().split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

pub fn set_facts(extensions: &mut Extensions, facts: &GrantFacts) {
    set(extensions, FACTS, serde_json::to_string(facts).unwrap_or_default());
}

pub fn facts(extensions: &Extensions) -> GrantFacts {
    get(extensions, FACTS).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// The browser session a grant was given in.
pub fn set_session(extensions: &mut Extensions, id: &str) {
    set(extensions, SESSION, id.to_owned());
}

pub fn session(extensions: &Extensions) -> Option<&str> {
    get(extensions, SESSION)
}

pub fn set_standing(extensions: &mut Extensions, standing: Standing) {
    let text = match standing {
        Standing::Fresh => "fresh",
        Standing::Repeatable => "repeatable",
        Standing::Spent => "spent",
    };
    set(extensions, STANDING, text.to_owned());
}

/// What says nothing is spent: forgetting to say it must not give tokens.
pub fn standing(extensions: &Extensions) -> Standing {
    match get(extensions, STANDING) {
        Some("fresh") => Standing::Fresh,
        Some("repeatable") => Standing::Repeatable,
        _ => Standing::Spent,
    }
}

/// The digest of the device code that is to be redeemed for the grant (RFC 8628).
pub fn set_device_code(extensions: &mut Extensions, digest: Digest) {
    set(extensions, DEVICE_CODE, digest.to_text());
}

pub fn device_code(extensions: &Extensions) -> Option<Digest> {
    get(extensions, DEVICE_CODE).and_then(Digest::from_text)
}

/// What the access token is to look like.
pub fn set_format(extensions: &mut Extensions, format: TokenFormat) {
    set(extensions, FORMAT, format.as_str().to_owned());
}

pub fn format(extensions: &Extensions) -> TokenFormat {
    get(extensions, FORMAT).and_then(TokenFormat::from_wire).unwrap_or_default()
}

/// Asks for a refresh token: good until `idle`, moved by use, but never past `absolute`.
pub fn set_refresh(extensions: &mut Extensions, idle: Timestamp, absolute: Timestamp) {
    set(extensions, REFRESH_IDLE, idle.min(absolute).to_string());
    set(extensions, REFRESH_ABSOLUTE, absolute.to_string());
}

/// `(idle, absolute)`, when a refresh token is asked for.
pub fn refresh(extensions: &Extensions) -> Option<(Timestamp, Timestamp)> {
    parsed(extensions, REFRESH_IDLE).zip(parsed(extensions, REFRESH_ABSOLUTE))
}

/// The absolute end of a grant's refresh tokens.
pub fn set_absolute_end(extensions: &mut Extensions, until: Timestamp) {
    set(extensions, REFRESH_ABSOLUTE, until.to_string());
}

pub fn absolute_end(extensions: &Extensions) -> Option<Timestamp> {
    parsed(extensions, REFRESH_ABSOLUTE)
}

/// Whether the refresh token is to be rotated.
pub fn set_rotation(extensions: &mut Extensions, rotates: bool) {
    set(extensions, ROTATES, rotates.to_string());
}

pub fn rotates(extensions: &Extensions) -> bool {
    parsed(extensions, ROTATES).unwrap_or(true)
}

/// The scopes of the whole grant, where a token is cut down to fewer.
pub fn set_granted_scope(extensions: &mut Extensions, scope: &Scope) {
    set(extensions, GRANTED, scope::render(scope));
}

pub fn granted_scope(extensions: &Extensions) -> Option<Scope> {
    get(extensions, GRANTED).map(scope::stored)
}

/// The redirect URI byte for byte as the authorization request had it.
pub fn set_redirect_uri(extensions: &mut Extensions, uri: &str) {
    set(extensions, REDIRECT_URI, uri.to_owned());
}

pub fn redirect_uri(extensions: &Extensions) -> Option<&str> {
    get(extensions, REDIRECT_URI)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_found() {
        let mut extensions = Extensions::new();
        let id = GrantId::generate(1_800_000_000_000);
        set_grant_id(&mut extensions, id);
        set_refresh(&mut extensions, 10, 5);
        set_resource(&mut extensions, &["https://a.example/".into(), "https://b.example/".into()]);
        assert_eq!(grant_id(&extensions), Some(id));
        assert_eq!(refresh(&extensions), Some((5, 5)), "idle never passes the absolute end");
        assert_eq!(resource(&extensions), ["https://a.example/", "https://b.example/"]);
    }

    #[test]
    fn silence_means_spent() {
        assert_eq!(standing(&Extensions::new()), Standing::Spent);
    }
}
