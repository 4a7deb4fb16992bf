//! An authorization request that has been validated: typed, complete, and what is stored while a person decides.

use serde::{Deserialize, Serialize};

use crate::domain::claims::ClaimsRequest;
use crate::domain::client::Client;
use crate::domain::grant::{Consent, still_allowed};
use crate::domain::scope::{self, Scope, ScopeCatalog};
use crate::secret::Digest;

/// OpenID Connect Core §3.1.2.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prompt {
    None,
    Login,
    Consent,
    SelectAccount,
}

/// How the answer travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    #[default]
    Query,
    FormPost,
}

/// A request that may be answered at its redirect URI.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValidRequest {
    pub client_id: String,
    /// Byte for byte as the client sent it, and registered.
    pub redirect_uri: String,
    /// Whether the client named it; if not, it has only one.
    pub response_mode: ResponseMode,
    /// Byte for byte as the client sent it.
    pub state: Option<String>,
    scope: String,
    pub code_challenge: Option<String>,
    pub nonce: Option<String>,
    pub resource: Vec<String>,
    pub prompt: Vec<Prompt>,
    /// Seconds since the last login that the client puts up with.
    pub max_age: Option<i64>,
    pub login_hint: Option<String>,
    /// The languages that the client asks pages to be in, separated by spaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ui_locales: Option<String>,
    /// The claims that the client asked for one by one and may have.
    #[serde(default, skip_serializing_if = "ClaimsRequest::is_empty")]
    pub claims: ClaimsRequest,
    /// What the client calls the user who must answer, if it named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The digest of the device code that waits for the answer, where it is a device that asks (RFC 8628): then nothing is
    /// answered at a redirect URI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
}

/// The parts of a [`ValidRequest`] that bind no rule to each other.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    pub state: Option<String>,
    pub code_challenge: Option<String>,
    pub nonce: Option<String>,
    pub resource: Vec<String>,
    pub prompt: Vec<Prompt>,
    pub max_age: Option<i64>,
    pub login_hint: Option<String>,
    pub ui_locales: Option<String>,
    pub claims: ClaimsRequest,
    pub subject: Option<String>,
}

impl ValidRequest {
    pub(super) fn new(
        client_id: String,
        redirect_uri: String,
        response_mode: ResponseMode,
        scope: &Scope,
        wishes: Wishes,
    ) -> Self {
        let Wishes { state, code_challenge, nonce, resource, prompt, max_age, login_hint, ui_locales, claims, subject } =
            wishes;
        Self {
            client_id,
            redirect_uri,
            response_mode,
            state,
            scope: scope::render(scope),
            code_challenge,
            nonce,
            resource,
            prompt,
            max_age,
            login_hint,
            ui_locales,
            claims,
            subject,
            device: None,
        }
    }

    /// The same request, to be answered to the device that has the code of this digest.
    pub fn of_device(self, device_code: &Digest) -> Self {
        Self { device: Some(device_code.to_text()), ..self }
    }

    /// The digest of the device code that waits for the answer, if a device asked.
    pub fn device_code(&self) -> Option<Digest> {
        self.device.as_deref().and_then(Digest::from_text)
    }

    /// The same request, asking for these claims only.
    pub fn with_claims(&self, claims: ClaimsRequest) -> Self {
        Self { claims, ..self.clone() }
    }

    /// The same request, as far as its client may have now what it asks for: since it was stored, an admin may have taken
    /// something away.
    pub fn within(self, client: &Client, catalog: &ScopeCatalog) -> Self {
        let scope = scope::render(&still_allowed(self.scope(), client, catalog));
        Self { scope, ..self }
    }

    /// Whether anything is left of what it asks for.
    pub fn has_scope(&self) -> bool {
        !self.scope.is_empty()
    }

    /// Whether what a person allowed before covers this request.
    pub fn is_covered_by(&self, consent: &Consent) -> bool {
        consent.scope.priviledged_to(&self.scope())
            && self.claims.names().into_iter().all(|name| consent.claims.contains(name))
    }

    /// What would be granted when the resource owner allows all.
    pub fn scope(&self) -> Scope {
        scope::stored(&self.scope)
    }
}
