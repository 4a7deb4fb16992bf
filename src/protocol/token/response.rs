//! The token response (RFC 6749 §5.1) and the claims of a JWT access token (RFC 9068 §2.2).

use oxide_auth::primitives::grant::Grant;
use serde::Serialize;

use crate::clock::Timestamp;
use crate::domain::client::TokenFormat;
use crate::domain::extension;
use crate::domain::scope;
use crate::protocol::error::TokenError;
use crate::protocol::token::{Authentication, Issued, Terms};

/// The body of a successful answer.
#[derive(Debug, Serialize)]
pub struct TokenResponse {
    pub access_token: String,
    pub token_type: &'static str,
    pub expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
    pub scope: String,
}

/// What a JWT access token says. Nothing personal beside the subject.
#[derive(Debug, Serialize)]
pub struct AccessTokenClaims<'a> {
    pub iss: &'a str,
    pub sub: &'a str,
    pub aud: Audience<'a>,
    pub client_id: &'a str,
    pub scope: String,
    pub iat: Timestamp,
    pub exp: Timestamp,
    pub jti: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<Timestamp>,
}

/// RFC 7519 §4.1.3: one recipient is a string, several are an array.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Audience<'a> {
    One(&'a str),
    Several(&'a [String]),
}

impl Issued {
    pub(super) fn new(
        grant: &Grant,
        access_token: String,
        refresh_token: Option<String>,
        authentication: Option<Authentication>,
        terms: &Terms<'_>,
    ) -> Result<Self, TokenError> {
        Ok(Self {
            grant_id: extension::grant_id(&grant.extensions).ok_or(TokenError::Port)?,
            format: extension::format(&grant.extensions),
            access_token,
            refresh_token,
            scope: grant.scope.clone(),
            owner_id: (!grant.owner_id.is_empty()).then(|| grant.owner_id.clone()),
            client_id: grant.client_id.clone(),
            audience: extension::audience(&grant.extensions),
            auth_time: extension::facts(&grant.extensions).auth_time,
            authentication,
            issued_at: terms.now,
            expires_at: grant.until.timestamp(),
        })
    }

    /// The claims to sign, for a JWT access token; `subject` is what the client calls the resource owner.
    pub fn claims<'a>(&'a self, issuer: &'a str, subject: Option<&'a str>) -> Option<AccessTokenClaims<'a>> {
        (self.format == TokenFormat::Jwt).then(|| AccessTokenClaims {
            iss: issuer,
            // RFC 9068 §2.2: without a resource owner the subject is the client.
            sub: subject.unwrap_or(&self.client_id),
            aud: match self.audience.as_slice() {
                // RFC 9068 §3: without a resource the default one, which is this server's own API.
                [] => Audience::One(issuer),
                [only] => Audience::One(only),
                several => Audience::Several(several),
            },
            client_id: &self.client_id,
            scope: scope::render(&self.scope),
            iat: self.issued_at,
            exp: self.expires_at,
            jti: &self.access_token,
            auth_time: self.auth_time,
        })
    }

    /// The answer, with the tokens signed where they had to be.
    pub fn into_response(self, access_token: String, id_token: Option<String>) -> TokenResponse {
        TokenResponse {
            access_token,
            token_type: "Bearer",
            expires_in: self.expires_at - self.issued_at,
            refresh_token: self.refresh_token,
            id_token,
            scope: scope::render(&self.scope),
        }
    }
}
