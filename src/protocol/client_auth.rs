//! Client authentication: `client_secret_basic`, `client_secret_post`, `private_key_jwt` and `none` (RFC 6749 §2.3, RFC
//! 7521 §4.2, OAuth 2.1 §2.4).
//!
//! A request presents one credential in one way. Whether a secret opens the client is oxide-auth's rule for public and
//! confidential clients ([`RegisteredClient`]) with our digests behind it; what an assertion must say is
//! [`client_assertion`]'s.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use oxide_auth::primitives::registrar::{
    ClientType, EncodedClient, PasswordPolicy, RegisteredClient, RegisteredUrl, RegistrarError,
};
use zeroize::Zeroizing;

use crate::clock::Timestamp;
use crate::domain::client::Client;
use crate::domain::redirect_uri::placeholder_url;
use crate::protocol::check::{Check, ProofKind};
use crate::protocol::client_assertion::{ASSERTION_TYPE, VerifiedAssertion};
use crate::protocol::error::{OAuthError, TokenError};
use crate::protocol::parameters::{Parameters, decode};
use crate::secret::{Digest, SecretKind};

/// What a request says about who sends it.
pub struct Credentials {
    pub client_id: String,
    proof: Proof,
    by_header: bool,
}

enum Proof {
    None,
    Secret(Zeroizing<String>),
    /// A JWT (RFC 7523 §2.2).
    Assertion(String),
}

impl Credentials {
    /// Takes the credentials of a request from its `Authorization` header and its form. `asserted` is the client that the
    /// assertion in the form claims to come from, if there is one and it can be read.
    ///
    /// # Errors
    /// Two methods at once, none at all, a header that is not Basic, or an assertion of another type or client.
    pub fn parse(
        authorization: Option<&str>,
        parameters: &Parameters,
        asserted: Option<String>,
    ) -> Result<Self, TokenError> {
        let in_form = parameters.get("client_id");
        let secret_in_form = parameters.get("client_secret");
        let assertion = parameters.get("client_assertion");
        // RFC 6749 §2.3: one method in each request. The same client_id in the form is no second method.
        let methods = [authorization.is_some(), secret_in_form.is_some(), assertion.is_some()];
        if methods.into_iter().filter(|is_used| *is_used).count() > 1 {
            return Err(OAuthError::invalid_request(
                "The client authenticates twice: send one of the Authorization header, client_secret and client_assertion.",
            )
            .at(Check::OneMethod)
            .into());
        }
        // RFC 7521 §4.2.
        if parameters.get("client_assertion_type") != assertion.map(|_| ASSERTION_TYPE) {
            return Err(OAuthError::invalid_request(
                "Send client_assertion together with the client_assertion_type \
                 urn:ietf:params:oauth:client-assertion-type:jwt-bearer.",
            )
            .at(Check::AssertionDeclared)
            .into());
        }
        if let Some(assertion) = assertion {
            let client_id =
                asserted.filter(|asserted| in_form.is_none_or(|in_form| in_form == asserted)).ok_or_else(unreadable)?;
            return Ok(Self { client_id, proof: Proof::Assertion(assertion.to_owned()), by_header: false });
        }
        let Some(header) = authorization else {
            let client_id = in_form.ok_or_else(unreadable)?.to_owned();
            let secret = secret_in_form.map(|secret| Proof::Secret(Zeroizing::new(secret.to_owned())));
            return Ok(Self { client_id, proof: secret.unwrap_or(Proof::None), by_header: false });
        };
        let (client_id, secret) = basic(header).ok_or_else(unreadable)?;
        if in_form.is_some_and(|in_form| in_form != client_id) {
            return Err(OAuthError::invalid_request(
                "The client_id in the form is not the one in the Authorization header.",
            )
            .at(Check::CredentialsReadable)
            .into());
        }
        Ok(Self { client_id, proof: Proof::Secret(secret), by_header: true })
    }

    /// Whether there is anything that could be wrong; only those are worth counting.
    pub fn has_proof(&self) -> bool {
        !matches!(self.proof, Proof::None)
    }

    /// The assertion, for those who can verify its signature.
    pub fn assertion(&self) -> Option<&str> {
        if let Proof::Assertion(assertion) = &self.proof { Some(assertion) } else { None }
    }

    /// What it was to be proved by.
    pub fn proof_kind(&self) -> ProofKind {
        match self.proof {
            Proof::None => ProofKind::None,
            Proof::Secret(_) => ProofKind::Secret,
            Proof::Assertion(_) => ProofKind::Assertion,
        }
    }

    /// Of a secret: its length, and whether it begins as ours do. What can be said of a wrong one without saying it.
    pub fn secret_shape(&self) -> Option<(usize, bool)> {
        let Proof::Secret(secret) = &self.proof else { return None };
        Some((secret.len(), secret.starts_with(SecretKind::ClientSecret.prefix())))
    }

    /// The method that was used, as client metadata calls it.
    pub fn method(&self) -> &'static str {
        match (self.proof_kind(), self.by_header) {
            (ProofKind::None, _) => "none",
            (ProofKind::Secret, true) => "client_secret_basic",
            (ProofKind::Secret, false) => "client_secret_post",
            (ProofKind::Assertion, _) => "private_key_jwt",
        }
    }

    /// What to answer when authentication fails, which is the same at every check.
    pub fn refused(&self, check: Check) -> TokenError {
        TokenError::Unauthenticated { check }
    }
}

/// There is no telling who asks.
fn unreadable() -> TokenError {
    TokenError::Unauthenticated { check: Check::CredentialsReadable }
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
    /// Judges a secret, or the lack of one, against the client that it is for.
    ///
    /// # Errors
    /// The same for an unknown, a disabled and a wrongly proved client, and nothing tells them apart.
    pub fn judge(client: Option<Arc<Client>>, credentials: &Credentials, now: Timestamp) -> Result<Self, TokenError> {
        let presented = match &credentials.proof {
            Proof::None => None,
            Proof::Secret(secret) => Some(Digest::of(secret)),
            Proof::Assertion(_) => return Err(credentials.refused(Check::AuthMethod)),
        };
        let client = client.ok_or_else(|| credentials.refused(Check::ClientKnown))?;
        if !client.is_enabled() {
            return Err(credentials.refused(Check::ClientEnabled));
        }
        let encoded = encode(&client, now);
        RegisteredClient::new(&encoded, &LiveSecrets)
            .check_authentication(presented.as_ref().map(Digest::as_bytes))
            .map_err(|_| credentials.refused(why(&client, credentials.proof_kind())))?;
        let secret_id = presented
            .and_then(|presented| client.secrets.iter().find(|secret| secret.digest == presented))
            .map(|secret| secret.id.clone());
        Ok(Self { client, secret_id })
    }

    /// The client that an assertion has proved. The caller has used its `jti` up.
    pub fn asserted(client: Arc<Client>, _proof: &VerifiedAssertion) -> Self {
        Self { client, secret_id: None }
    }
}

/// At which check credentials failed that do not open `client`.
fn why(client: &Client, proof: ProofKind) -> Check {
    let takes_secrets = client.metadata.token_endpoint_auth_method.has_secret();
    if takes_secrets && proof == ProofKind::Secret { Check::SecretMatches } else { Check::AuthMethod }
}

/// A client as oxide-auth's registrar knows it: its live secrets' digests, one after the other.
fn encode(client: &Client, now: Timestamp) -> EncodedClient {
    let encoded_client = if client.is_public() {
        ClientType::Public
    } else {
        // A secret from before the client had another method opens nothing.
        let takes_secrets = client.metadata.token_endpoint_auth_method.has_secret();
        let live = client.secrets.iter().filter(|secret| takes_secrets && secret.is_live(now));
        // The playground acts for any confidential client, however that proves itself.
        let trials = client.trials.iter().filter(|trial| now < trial.expires_at).map(|trial| &trial.secret);
        let digests = live.map(|secret| &secret.digest).chain(trials);
        ClientType::Confidential { passdata: digests.flat_map(|digest| digest.as_bytes().to_vec()).collect() }
    };
    EncodedClient {
        client_id: client.id.clone(),
        redirect_uri: RegisteredUrl::Semantic(placeholder_url()),
        additional_redirect_uris: Vec::new(),
        default_scope: crate::domain::scope::empty(),
        encoded_client,
    }
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

    /// The credentials of a form, in which an assertion says that it comes from `asserted`.
    fn parse(authorization: Option<&str>, form: &str) -> Result<Credentials, TokenError> {
        Credentials::parse(authorization, &Parameters::parse(form.as_bytes()).unwrap(), Some("asserted".to_owned()))
    }

    fn secret(credentials: &Credentials) -> Option<&str> {
        if let Proof::Secret(secret) = &credentials.proof { Some(secret.as_str()) } else { None }
    }

    fn header(text: &str) -> String {
        format!("Basic {}", STANDARD.encode(text))
    }

    #[test]
    fn basic_credentials_are_form_decoded() {
        let credentials = parse(Some(&header("c%3A1:s%25+%2B%C3%A9")), "").unwrap();
        assert_eq!(credentials.client_id, "c:1");
        assert_eq!(secret(&credentials), Some("s% +é"));
    }

    #[test]
    fn a_secret_may_hold_a_colon() {
        let credentials = parse(Some(&header("c:a:b")), "client_id=c").unwrap();
        assert_eq!(secret(&credentials), Some("a:b"));
    }

    #[test]
    fn two_methods_at_once_are_refused() {
        for form_text in ["client_id=c&client_secret=s", "client_id=other", "client_secret=s"] {
            let error = parse(Some(&header("c:s")), form_text).err().unwrap();
            assert!(matches!(error, TokenError::Refused(_)), "{form_text}");
        }
    }

    #[test]
    fn a_header_that_is_not_basic_is_an_authentication_failure() {
        for bad in ["Basic", "Basic !!!", "Bearer x", "Basic Yw==", &header(":s")] {
            let error = parse(Some(bad), "").err().unwrap();
            assert_eq!(error, unreadable(), "{bad}");
        }
        assert_eq!(parse(None, "").err(), Some(unreadable()));
    }

    const ASSERTION: &str =
        "client_assertion=a.b.c&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

    #[test]
    fn rfc7521_section_4_2_an_assertion_names_its_client() {
        for form in [ASSERTION.to_owned(), format!("{ASSERTION}&client_id=asserted")] {
            let credentials = parse(None, &form).unwrap();
            assert_eq!((credentials.client_id.as_str(), credentials.assertion()), ("asserted", Some("a.b.c")));
        }
        let other = parse(None, &format!("{ASSERTION}&client_id=other")).err();
        assert_eq!(other, Some(unreadable()));
    }

    #[test]
    fn an_assertion_is_the_only_method_and_has_its_type() {
        let with_secret = format!("{ASSERTION}&client_secret=s");
        for (header, form) in [
            (Some(header("asserted:s")), ASSERTION),
            (None, with_secret.as_str()),
            (None, "client_assertion=a.b.c"),
            (
                None,
                "client_assertion=a.b.c&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:saml2-bearer",
            ),
            (None, "client_id=c&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ] {
            let error = parse(header.as_deref(), form).err();
            assert!(matches!(error, Some(TokenError::Refused(_))), "{form}: {error:?}");
        }
    }
}
