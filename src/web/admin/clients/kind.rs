//! What a client is, in the words of someone who does not know the specifications.

use crate::domain::client::{AuthMethod, ClientMetadata, GrantType};
use crate::web::page::Choice;

/// What a new client is, in the words of someone who does not know the specifications.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Confidential, authorization code.
    Web,
    /// Public, authorization code.
    Public,
    /// Confidential, client credentials.
    Machine,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Web, Self::Public, Self::Machine];

    /// The value of the radio button.
    pub fn value(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Public => "public",
            Self::Machine => "machine",
        }
    }

    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.value() == value)
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Web => "Web app with a backend",
            Self::Public => "Single-page or native app",
            Self::Machine => "Machine to machine",
        }
    }

    fn help(self) -> &'static str {
        match self {
            Self::Web => "Users sign in; a server keeps the client secret. A confidential client.",
            Self::Public => "Users sign in; the app runs on their device and cannot keep a secret. A public client.",
            Self::Machine => "No users: a service acts for itself with a client secret.",
        }
    }

    /// What a registered client is.
    pub fn of(metadata: &ClientMetadata) -> Self {
        if metadata.token_endpoint_auth_method == AuthMethod::None {
            Self::Public
        } else if metadata.grant_types.contains(&GrantType::AuthorizationCode) {
            Self::Web
        } else {
            Self::Machine
        }
    }

    /// The radio buttons.
    pub fn choices(chosen: Option<Self>) -> Vec<Choice> {
        Self::ALL
            .into_iter()
            .map(|kind| Choice::new(kind.value(), kind.label(), kind.help(), chosen == Some(kind)))
            .collect()
    }
}

/// A grant type in words; the identifier itself when we do not know it.
pub fn grant_type_label(grant_type: &str) -> &str {
    match grant_type {
        "authorization_code" => "Authorization code",
        "refresh_token" => "Refresh token",
        "client_credentials" => "Client credentials",
        "urn:ietf:params:oauth:grant-type:device_code" => "Device code",
        other => other,
    }
}

pub fn grant_type_labels(metadata: &ClientMetadata) -> Vec<String> {
    metadata.grant_types.iter().map(|grant_type| grant_type_label(grant_type.as_str()).to_owned()).collect()
}

/// How a client proves itself at the token endpoint, in words.
pub fn auth_method_label(method: &str) -> &str {
    match method {
        "none" => "Nothing to prove: a public client",
        "client_secret_basic" => "Client secret in the Authorization header",
        "client_secret_post" => "Client secret in the form",
        "client_secret_jwt" => "Assertion signed with the client secret",
        "private_key_jwt" => "Assertion signed with a private key",
        "tls_client_auth" => "TLS certificate from an authority",
        "self_signed_tls_client_auth" => "Self-signed TLS certificate",
        other => other,
    }
}
