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
    pub meaning: &'static str,
}

/// A token; opaque ones say nothing by themselves.
pub fn token(title: &str, token: &str, keys: &KeyRing, now: Timestamp) -> Explained {
    let Some((header, claims)) = parts(token) else {
        return Explained {
            title: title.to_owned(),
            lead: "Opaque: random characters. What it stands for is known here only, and introspection says it."
                .to_owned(),
            claims: Vec::new(),
        };
    };
    let text = |name: &str| header.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let verified = keys.verify(token, &text("typ")).is_ok();
    let signature = if verified { "its signature is ours" } else { "its signature is not ours" };
    Explained {
        title: title.to_owned(),
        lead: format!(
            "A JWT of type {}, signed {} with the key {}: {signature}.",
            text("typ"),
            text("alg"),
            text("kid")
        ),
        claims: lines(&claims, now),
    }
}

/// An answer that is claims itself: of introspection, or about a user.
pub fn answer(title: &str, claims: &Map<String, Value>, now: Timestamp) -> Explained {
    Explained { title: title.to_owned(), lead: String::new(), claims: lines(claims, now) }
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
pub fn meaning(name: &str) -> &'static str {
    match name {
        "active" => "Whether the token counts now.",
        "iss" => "Who issued it: a client accepts no other issuer.",
        "sub" => "Whom it is about: the user's id for this client, or the client itself.",
        "aud" => "For whom it is: everybody else refuses it.",
        "azp" | "client_id" => "The client it was issued to.",
        "exp" => "It counts until then.",
        "iat" => "When it was issued.",
        "nbf" => "It does not count before.",
        "jti" => "Its own identifier.",
        "scope" => "What it opens.",
        "token_type" => "How it is presented.",
        "username" => "The account's name here.",
        "auth_time" => "When the user last proved who they are.",
        "nonce" => "What the client sent with its request, to bind the token to it.",
        "acr" => "How strongly the user proved who they are.",
        "amr" => "By which means.",
        "at_hash" => "Binds the access token that came with it.",
        "sid" => "The browser session, for logout.",
        "cnf" => "The key that its sender must prove to have.",
        "name" | "given_name" | "family_name" | "middle_name" | "nickname" | "preferred_username" => {
            "From the user's profile: scope profile."
        }
        "email" | "email_verified" => "The user's e-mail address: scope email.",
        "phone_number" | "phone_number_verified" => "The user's telephone number: scope phone.",
        "address" => "The user's postal address: scope address.",
        "updated_at" => "When the profile last changed.",
        "access_token" => "Opens the API.",
        "refresh_token" => "Gets the next access token.",
        "id_token" => "Says who signed in.",
        "expires_in" => "Seconds that the access token lives.",
        _ => "Set by an admin or by a custom scope.",
    }
}
