//! JSON Web Tokens in compact serialisation (RFC 7515 §3.1), read strictly (RFC 8725).
//!
//! A token is data until its signature is verified, and its header never chooses the key source or the algorithm:
//! [`UnverifiedJwt`] gives out the header, and the claims only against a [`Verifier`] and the `typ` that the caller
//! expects. Everything that two parsers could read in two ways is refused: padding and white space in base64url,
//! non-zero trailing bits, members that occur twice, a fourth part, `crit` and `b64`.
//!
//! Times (`exp`, `nbf`, `iat`), `iss` and `aud` are judged by the caller, who knows the moment and the purpose.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::domain::signing_key::Algorithm;
use crate::keys::jwk::Verifier;
use crate::keys::unique_json;

/// The longest token we look at, in bytes.
pub const MAX_LENGTH: usize = 65_536;
/// The longest encoded header we look at, in bytes.
pub const MAX_HEADER_LENGTH: usize = 4_096;

/// The claims of a token, in no particular order.
pub type Claims = Map<String, Value>;

/// Why a token is not believed. `Display` is fit for the developer who sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JwtError {
    /// Not three parts of base64url, or too long.
    Malformed,
    /// The header is no JSON object with unique members, or a known member has the wrong type.
    Header,
    /// `crit` or `b64`: an extension that we would have to understand.
    Extension,
    /// `alg` is none of ours, or not the one of the key.
    Algorithm,
    /// `typ` is not the one expected here: the token is for another purpose (RFC 8725 §3.11).
    Type,
    /// No `kid`, or one that no believed key has.
    UnknownKey,
    /// The signature is not the key's.
    Signature,
    /// The payload is no JSON object with unique members.
    Claims,
}

impl std::error::Error for JwtError {}

impl fmt::Display for JwtError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => {
                "the JWT is not three base64url parts (without padding) joined by dots, or it is too long"
            }
            Self::Header => "the JWT's header is not a JSON object with unique members",
            Self::Extension => "the JWT's header has crit or b64, which are not supported",
            Self::Algorithm => "the JWT's alg is not the one of its key",
            Self::Type => "the JWT's typ is not the one expected here",
            Self::UnknownKey => "the JWT's kid names no known key",
            Self::Signature => "the JWT's signature is not valid",
            Self::Claims => "the JWT's payload is not a JSON object with unique members",
        })
    }
}

/// A token taken apart but not yet believed.
#[derive(Debug)]
pub struct UnverifiedJwt<'a> {
    algorithm: Algorithm,
    typ: Option<String>,
    kid: Option<String>,
    header: Map<String, Value>,
    signed: &'a str,
    payload: &'a str,
    signature: Vec<u8>,
}

impl<'a> UnverifiedJwt<'a> {
    /// Takes a token apart.
    pub fn parse(token: &'a str) -> Result<Self, JwtError> {
        if token.len() > MAX_LENGTH {
            return Err(JwtError::Malformed);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(JwtError::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(JwtError::Malformed)?;
        if header.len() > MAX_HEADER_LENGTH || payload.contains('.') {
            return Err(JwtError::Malformed);
        }
        let signature = decode(signature)?;
        let header = unique_json::object(&decode(header)?).ok_or(JwtError::Header)?;
        // RFC 7515 §4.1.11: an extension that must be understood makes the token invalid for those who do not. RFC 7797
        // §7 forbids b64 in JWTs.
        if header.contains_key("crit") || header.contains_key("b64") {
            return Err(JwtError::Extension);
        }
        let text = |name: &str| match header.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(JwtError::Header),
        };
        let algorithm = text("alg")?.and_then(|name| Algorithm::from_name(&name)).ok_or(JwtError::Algorithm)?;
        let (typ, kid) = (text("typ")?, text("kid")?);
        Ok(Self { algorithm, typ, kid, header, signed, payload, signature })
    }

    /// The algorithm that the token claims. Only for finding a key that has this algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The kid that the token claims: a name to look up, never a path or an address.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// What the token claims to be.
    pub fn typ(&self) -> Option<&str> {
        self.typ.as_deref()
    }

    /// The `sub` that the token claims. Only for finding the keys of whoever that is.
    pub fn subject(&self) -> Option<String> {
        self.claims().ok()?.get("sub")?.as_str().map(str::to_owned)
    }

    /// The header, for specifications that carry the key in it (DPoP's `jwk`). Believe it after verification only.
    pub fn header(&self) -> &Map<String, Value> {
        &self.header
    }

    /// The claims, if `verifier` confirms the signature. The caller has chosen the verifier for [`Self::algorithm`].
    pub fn verify(&self, verifier: &Verifier) -> Result<Claims, JwtError> {
        if !verifier.verifies(self.signed.as_bytes(), &self.signature) {
            return Err(JwtError::Signature);
        }
        self.claims()
    }

    fn claims(&self) -> Result<Claims, JwtError> {
        unique_json::object(&decode(self.payload)?).ok_or(JwtError::Claims)
    }

    /// Fails unless the token's `typ` is `expected`, written exactly so.
    pub fn expect_typ(&self, expected: &str) -> Result<(), JwtError> {
        if self.typ.as_deref() == Some(expected) { Ok(()) } else { Err(JwtError::Type) }
    }
}

/// Header and claims, ready to be signed: the part of the token before its last dot.
pub(super) fn signing_input(
    algorithm: Algorithm,
    typ: &str,
    kid: &str,
    claims: &impl Serialize,
) -> Result<String, serde_json::Error> {
    let header = json!({"alg": algorithm.name(), "typ": typ, "kid": kid}).to_string();
    let claims = serde_json::to_vec(claims)?;
    Ok(format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims)))
}

/// The token: what was signed, and the signature.
pub(super) fn with_signature(signed: &str, signature: &[u8]) -> String {
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn decode(part: &str) -> Result<Vec<u8>, JwtError> {
    // This engine refuses padding, white space and non-zero trailing bits, so one value has one encoding.
    URL_SAFE_NO_PAD.decode(part).map_err(|_| JwtError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &str) -> String {
        format!("{}.e30.AA", URL_SAFE_NO_PAD.encode(header))
    }

    fn refused(token: &str) -> JwtError {
        UnverifiedJwt::parse(token).map(|_| ()).expect_err(token)
    }

    #[test]
    fn rfc7515_section_3_1_only_compact_serialisation_is_read() {
        let good = token(r#"{"alg":"ES256"}"#);
        assert_eq!(UnverifiedJwt::parse(&good).unwrap().algorithm(), Algorithm::Es256);
        let (header, _) = good.split_once('.').unwrap();
        for bad in [
            String::new(),
            "..".to_owned(),
            header.to_owned(),
            format!("{header}.e30"),
            format!("{good}.AA"),
            format!("{good}.AA.AA"),
            format!("{good}."),
            format!("{good}="),
            format!("{good}=="),
            format!(" {good}"),
            format!("{good}\n"),
            format!("{header}.e30.A A"),
            format!("{header}.e30.AB"),
            format!("{header}.e30.+/"),
            format!(r#"{{"protected":"{header}","payload":"e30","signature":"AA"}}"#),
            format!("{header}.e30.{}", "A".repeat(MAX_LENGTH)),
            token(&format!(r#"{{"alg":"ES256","kid":"{}"}}"#, "k".repeat(MAX_HEADER_LENGTH))),
        ] {
            let error = refused(&bad);
            assert!(matches!(error, JwtError::Malformed | JwtError::Header), "{bad}: {error:?}");
        }
    }

    #[test]
    fn rfc8725_section_3_1_the_algorithm_is_one_of_ours() {
        for alg in [r#""none""#, r#""HS256""#, r#""es256""#, r#""ES256K""#, r#""RS1""#] {
            assert_eq!(refused(&token(&format!(r#"{{"alg":{alg}}}"#))), JwtError::Algorithm, "{alg}");
        }
        assert_eq!(refused(&token("{}")), JwtError::Algorithm);
    }

    #[test]
    fn rfc7515_section_4_header_members_are_unique_strings_without_extensions() {
        for (header, error) in [
            ("[]", JwtError::Header),
            ("\"ES256\"", JwtError::Header),
            ("{", JwtError::Header),
            (r#"{"alg":"ES256"} x"#, JwtError::Header),
            (r#"{"alg":"none","alg":"ES256"}"#, JwtError::Header),
            (r#"{"alg":"ES256","x":1,"x":1}"#, JwtError::Header),
            (r#"{"alg":["ES256"]}"#, JwtError::Header),
            (r#"{"alg":"ES256","kid":null}"#, JwtError::Header),
            (r#"{"alg":"ES256","kid":["a"]}"#, JwtError::Header),
            (r#"{"alg":"ES256","typ":1}"#, JwtError::Header),
            (r#"{"alg":"ES256","crit":[]}"#, JwtError::Extension),
            (r#"{"alg":"ES256","crit":["exp"],"exp":1}"#, JwtError::Extension),
            (r#"{"alg":"ES256","b64":true}"#, JwtError::Extension),
        ] {
            assert_eq!(refused(&token(header)), error, "{header}");
        }
        assert_eq!(refused(&token(&format!(r#"{{"x":{}"#, "[".repeat(2_000)))), JwtError::Header);
    }
}
