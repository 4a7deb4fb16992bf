//! The ID token (OpenID Connect Core §2): what it says, before it is signed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::clock::Timestamp;
use crate::domain::claims::{ACR_PASSWORD, AMR_PASSWORD};
use crate::domain::client::ClientMetadata;
use crate::domain::signing_key::Algorithm;
use crate::protocol::token::Authentication;
use crate::secret::{sha256, sha512};

/// The `typ` of an ID token, which tells it from the other JWTs that we sign.
pub const TYP: &str = "JWT";

/// What an ID token says.
#[derive(Debug, Serialize)]
pub struct IdTokenClaims<'a> {
    pub iss: &'a str,
    pub sub: String,
    pub aud: &'a str,
    pub azp: &'a str,
    pub iat: Timestamp,
    pub exp: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<&'a str>,
    pub acr: &'static str,
    pub amr: &'static [&'static str],
    pub at_hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Claims about the user that the request asked to have here.
    #[serde(flatten)]
    pub claims: Map<String, Value>,
}

/// Who the token is about and for whom it is.
#[derive(Debug)]
pub struct About<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub client: &'a ClientMetadata,
    /// What this client calls the user.
    pub subject: String,
    /// What this client calls the browser session.
    pub session: Option<String>,
    /// The access token that is issued beside it.
    pub access_token: &'a str,
    pub issued_at: Timestamp,
    /// Seconds, unless the client has its own.
    pub lifetime: i64,
    /// What the account says about the claims that were asked for.
    pub claims: Map<String, Value>,
}

/// The claims of an ID token for this authentication.
pub fn claims<'a>(about: About<'a>, authentication: &'a Authentication) -> IdTokenClaims<'a> {
    let lifetime = about.client.id_token_lifetime.map_or(about.lifetime, i64::from);
    IdTokenClaims {
        iss: about.issuer,
        sub: about.subject,
        aud: about.client_id,
        azp: about.client_id,
        iat: about.issued_at,
        exp: about.issued_at + lifetime,
        auth_time: authentication.auth_time,
        nonce: authentication.nonce.as_deref(),
        acr: ACR_PASSWORD,
        amr: AMR_PASSWORD,
        at_hash: at_hash(about.client.id_token_signed_response_alg, about.access_token),
        sid: about.session,
        claims: about.claims,
    }
}

/// What an ID token of ours still proves when it comes back as a hint: that we gave it, perhaps long ago.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastLogin {
    pub client_id: String,
    /// What that client calls the user.
    pub subject: String,
    /// What that client calls the session.
    pub session: Option<String>,
}

impl PastLogin {
    /// Read from claims whose signature is ours; whether they have expired does not matter (OpenID Connect Core
    /// §3.1.2.1, RP-Initiated Logout §2).
    pub fn of(claims: &Map<String, Value>, issuer: &str) -> Option<Self> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
        let is_ours = text("iss").is_some_and(|claimed| claimed == issuer);
        is_ours.then_some(Self { client_id: text("aud")?, subject: text("sub")?, session: text("sid") })
    }
}

/// OpenID Connect Core §3.1.3.6: the left half of the token's hash, by the hash function of the signature.
fn at_hash(algorithm: Algorithm, access_token: &str) -> String {
    match algorithm {
        Algorithm::Rs256 | Algorithm::Ps256 | Algorithm::Es256 => {
            URL_SAFE_NO_PAD.encode(&sha256(access_token.as_bytes())[..16])
        }
        // RFC 8032 §5.1: Ed25519 hashes with SHA-512.
        Algorithm::EdDsa => URL_SAFE_NO_PAD.encode(&sha512(access_token.as_bytes())[..32]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_hash_is_the_left_half_of_the_hash() {
        // OpenID Connect Core, Appendix A.3.
        assert_eq!(at_hash(Algorithm::Rs256, "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"), "77QmUPtjPfzWtF2AnpK9RQ");
        assert_eq!(at_hash(Algorithm::EdDsa, "x").len(), 43);
    }
}
