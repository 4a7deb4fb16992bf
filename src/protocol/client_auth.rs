//! Client authentication: `client_secret_basic`, `client_secret_post` and `none` (RFC 6749 §2.3, OAuth 2.1 §2.4).
//!
//! A request presents one credential in one way. Whether it opens the client is oxide-auth's rule for public and
//! confidential clients ([`RegisteredClient`]) with our digests behind it.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use oxide_auth::primitives::registrar::{
    ClientType, EncodedClient, PasswordPolicy, RegisteredClient, RegisteredUrl, RegistrarError,
};
use zeroize::Zeroizing;

use crate::clock::Timestamp;
use crate::domain::client::Client;
use crate::protocol::error::{OAuthError, TokenError};
use crate::protocol::parameters::{Parameters, decode};
use crate::secret::Digest;

/// What a request says about who sends it.
pub struct Credentials {
    pub client_id: String,
    secret: Option<Zeroizing<String>>,
    by_header: bool,
}

impl Credentials {
    /// Takes the credentials of a request from its `Authorization` header and its form.
    ///
    /// # Errors
    /// Two methods at once, none at all, or a header that is not Basic.
    pub fn parse(authorization: Option<&str>, parameters: &Parameters) -> Result<Self, TokenError> {
        let in_form = parameters.get("client_id");
        let secret_in_form = parameters.get("client_secret");
        if parameters.get("client_assertion").is_some() {
            return Err(OAuthError::invalid_request(
                "Client assertions are not supported here. Send client_id and client_secret.",
            )
            .into());
        }
        let Some(header) = authorization else {
            let client_id = in_form.ok_or(TokenError::Unauthenticated { by_header: false })?;
            let secret = secret_in_form.map(|secret| Zeroizing::new(secret.to_owned()));
            return Ok(Self { client_id: client_id.to_owned(), secret, by_header: false });
        };
        let (client_id, secret) = basic(header).ok_or(TokenError::Unauthenticated { by_header: true })?;
        // RFC 6749 §2.3: one method in each request. The same client_id in the form is no second method.
        if secret_in_form.is_some() {
            return Err(OAuthError::invalid_request(
                "The client authenticates twice: send the client_secret in the Authorization header or in the form, not in both.",
            )
            .into());
        }
        if in_form.is_some_and(|in_form| in_form != client_id) {
            return Err(OAuthError::invalid_request(
                "The client_id in the form is not the one in the Authorization header.",
            )
            .into());
        }
        Ok(Self { client_id, secret: Some(secret), by_header: true })
    }

    /// Whether a secret was sent at all; only those are worth guessing.
    pub fn has_secret(&self) -> bool {
        self.secret.is_some()
    }

    /// What to answer when authentication fails.
    pub fn refused(&self) -> TokenError {
        TokenError::Unauthenticated { by_header: self.by_header }
    }
}

/// RFC 6749 §2.3.1: both halves are form-encoded before Basic joins them.
fn basic(header: &str) -> Option<(String, Zeroizing<String>)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = Zeroizing::new(STANDARD.decode(encoded.trim()).ok()?);
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    let client_id = decode(&decoded[..colon]).ok()?;
    let secret = decode(&decoded[colon + 1..]).ok()?;
    (!client_id.is_empty()).then(|| (client_id, Zeroizing::new(secret)))
}

/// A client that has proved who it is, or is public and cannot.
#[derive(Clone, Debug)]
pub struct AuthenticatedClient {
    pub client: Arc<Client>,
    /// The secret that opened it, to note its use.
    pub secret_id: Option<String>,
}

impl AuthenticatedClient {
    /// Judges `credentials` against the client that they name.
    ///
    /// # Errors
    /// The same for an unknown, a disabled and a wrongly proved client, and nothing tells them apart.
    pub fn judge(client: Option<Arc<Client>>, credentials: &Credentials, now: Timestamp) -> Result<Self, TokenError> {
        let presented = credentials.secret.as_ref().map(|secret| Digest::of(secret));
        let client = client.filter(|client| client.is_enabled()).ok_or_else(|| credentials.refused())?;
        let encoded = encode(&client, now);
        RegisteredClient::new(&encoded, &LiveSecrets)
            .check_authentication(presented.as_ref().map(Digest::as_bytes))
            .map_err(|_| credentials.refused())?;
        let secret_id = presented
            .and_then(|presented| client.secrets.iter().find(|secret| secret.digest == presented))
            .map(|secret| secret.id.clone());
        Ok(Self { client, secret_id })
    }
}

/// A client as oxide-auth's registrar knows it: its live secrets' digests, one after the other.
fn encode(client: &Client, now: Timestamp) -> EncodedClient {
    let encoded_client = if client.is_public() {
        ClientType::Public
    } else {
        let live = client.secrets.iter().filter(|secret| secret.is_live(now));
        ClientType::Confidential { passdata: live.flat_map(|secret| secret.digest.as_bytes().to_vec()).collect() }
    };
    EncodedClient {
        client_id: client.id.clone(),
        redirect_uri: placeholder_url(),
        additional_redirect_uris: Vec::new(),
        default_scope: crate::domain::scope::empty(),
        encoded_client,
    }
}

/// oxide-auth wants a redirect URI in places that have none; nobody is ever sent to this one.
pub fn placeholder_url() -> RegisteredUrl {
    RegisteredUrl::Semantic("https://redirect.invalid/".parse().expect("it is a URL"))
}

/// The policy "one of the live secrets": `passdata` is digests of 32 bytes, `passphrase` is the digest of what was sent.
#[derive(Debug)]
struct LiveSecrets;

impl PasswordPolicy for LiveSecrets {
    fn store(&self, _client_id: &str, passphrase: &[u8]) -> Vec<u8> {
        passphrase.to_vec()
    }

    fn check(&self, _client_id: &str, passphrase: &[u8], stored: &[u8]) -> Result<(), RegistrarError> {
        let presented = Digest::from_bytes(passphrase).ok_or(RegistrarError::Unspecified)?;
        // Every live secret is compared, so that the time does not tell which matched.
        let matches = stored.chunks_exact(32).filter_map(Digest::from_bytes).filter(|live| *live == presented).count();
        if matches == 0 { Err(RegistrarError::Unspecified) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(text: &str) -> Parameters {
        Parameters::parse(text.as_bytes()).unwrap()
    }

    fn header(text: &str) -> String {
        format!("Basic {}", STANDARD.encode(text))
    }

    #[test]
    fn basic_credentials_are_form_decoded() {
        let credentials = Credentials::parse(Some(&header("c%3A1:s%25+%2B%C3%A9")), &form("")).unwrap();
        assert_eq!(credentials.client_id, "c:1");
        assert_eq!(credentials.secret.unwrap().as_str(), "s% +é");
    }

    #[test]
    fn a_secret_may_hold_a_colon() {
        let credentials = Credentials::parse(Some(&header("c:a:b")), &form("client_id=c")).unwrap();
        assert_eq!(credentials.secret.unwrap().as_str(), "a:b");
    }

    #[test]
    fn two_methods_at_once_are_refused() {
        for form_text in ["client_id=c&client_secret=s", "client_id=other", "client_secret=s"] {
            let error = Credentials::parse(Some(&header("c:s")), &form(form_text)).err().unwrap();
            assert!(matches!(error, TokenError::Refused(_)), "{form_text}");
        }
    }

    #[test]
    fn a_header_that_is_not_basic_is_an_authentication_failure() {
        for bad in ["Basic", "Basic !!!", "Bearer x", "Basic Yw==", &header(":s")] {
            let error = Credentials::parse(Some(bad), &form("")).err().unwrap();
            assert_eq!(error, TokenError::Unauthenticated { by_header: true }, "{bad}");
        }
        assert_eq!(Credentials::parse(None, &form("")).err(), Some(TokenError::Unauthenticated { by_header: false }));
    }
}
