//! What a token or an answer says, claim by claim, in words.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::clock::Timestamp;
use crate::keys::KeyRing;
use crate::web::page::Moment;

/// Something that was answered, taken apart.
pub struct Explained {
    /// `ID token`
    pub title: String,
    /// What it is, and whether its signature is ours.
    pub lead: String,
    pub claims: Vec<ClaimLine>,
}

/// A claim in words.
pub struct ClaimLine {
    pub name: String,
    pub value: String,
    /// Of a time: when that is.
    pub when: Option<Moment>,
    pub meaning: String,
}

/// A token; opaque ones say nothing by themselves.
pub fn token(title: &str, token: &str, keys: &KeyRing, now: Timestamp) -> Explained {
    let Some((header, claims)) = parts(token) else {
        return Explained { title: title.to_owned(), lead: t!("playground-opaque"), claims: Vec::new() };
    };
    let text = |name: &str| header.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (kind, algorithm, key) = (text("typ"), text("alg"), text("kid"));
    let is_ours = keys.verify(token, &kind).is_ok();
    Explained {
        title: title.to_owned(),
        lead: if is_ours {
            t!("playground-jwt-ours", kind = kind, algorithm = algorithm, key = key)
        } else {
            t!("playground-jwt-not-ours", kind = kind, algorithm = algorithm, key = key)
        },
        claims: lines(&claims, now),
    }
}

/// An answer that is claims itself: of introspection, or about a user.
pub fn answer(title: &str, claims: &Map<String, Value>, now: Timestamp) -> Explained {
    Explained { title: title.to_owned(), lead: String::new(), claims: lines(claims, now) }
}

/// What a device is told that polls and gets no token (RFC 8628 §3.5).
pub fn poll(error: &str) -> Option<Explained> {
    let lead = match error {
        "authorization_pending" => t!("playground-device-pending"),
        "slow_down" => t!("playground-device-slow-down"),
        "access_denied" => t!("playground-device-denied"),
        "expired_token" => t!("playground-device-expired"),
        _ => return None,
    };
    Some(Explained { title: error.to_owned(), lead, claims: Vec::new() })
}

fn parts(token: &str) -> Option<(Map<String, Value>, Map<String, Value>)> {
    let mut parts = token.split('.');
    let mut part = || serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts.next()?).ok()?).ok();
    Some((part()?, part()?))
}

fn lines(claims: &Map<String, Value>, now: Timestamp) -> Vec<ClaimLine> {
    let is_time = |name: &str| matches!(name, "exp" | "iat" | "nbf" | "auth_time" | "updated_at");
    let line = |(name, value): (&String, &Value)| ClaimLine {
        value: value.as_str().map_or_else(|| value.to_string(), str::to_owned),
        when: value.as_i64().filter(|_| is_time(name)).map(|at| Moment::new(at, now)),
        meaning: meaning(name),
        name: name.clone(),
    };
    claims.iter().map(line).collect()
}

/// What a claim means (RFC 7519, RFC 7662, RFC 9068, OpenID Connect Core).
pub fn meaning(name: &str) -> String {
    match name {
        "active" => t!("meaning-active"),
        "iss" => t!("meaning-iss"),
        "sub" => t!("meaning-sub"),
        "aud" => t!("meaning-aud"),
        "azp" | "client_id" => t!("meaning-client"),
        "exp" => t!("meaning-exp"),
        "iat" => t!("meaning-iat"),
        "nbf" => t!("meaning-nbf"),
        "jti" => t!("meaning-jti"),
        "scope" => t!("meaning-scope"),
        "token_type" => t!("meaning-token-type"),
        "username" => t!("meaning-username"),
        "auth_time" => t!("meaning-auth-time"),
        "nonce" => t!("meaning-nonce"),
        "acr" => t!("meaning-acr"),
        "amr" => t!("meaning-amr"),
        "at_hash" => t!("meaning-at-hash"),
        "sid" => t!("meaning-sid"),
        "cnf" => t!("meaning-cnf"),
        "name" | "given_name" | "family_name" | "middle_name" | "nickname" | "preferred_username" => {
            t!("meaning-profile")
        }
        "email" | "email_verified" => t!("meaning-email"),
        "phone_number" | "phone_number_verified" => t!("meaning-phone"),
        "address" => t!("meaning-address"),
        "updated_at" => t!("meaning-updated-at"),
        "access_token" => t!("meaning-access-token"),
        "refresh_token" => t!("meaning-refresh-token"),
        "id_token" => t!("meaning-id-token"),
        "expires_in" => t!("meaning-expires-in"),
        "device_code" => t!("meaning-device-code"),
        "user_code" => t!("meaning-user-code"),
        "verification_uri" => t!("meaning-verification-uri"),
        "verification_uri_complete" => t!("meaning-verification-uri-complete"),
        "interval" => t!("meaning-interval"),
        _ => t!("meaning-other"),
    }
}
