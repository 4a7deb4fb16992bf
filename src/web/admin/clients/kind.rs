//! What a client is, in the words of someone who does not know the specifications.

use crate::domain::client::{ApplicationType, AuthMethod, ClientMetadata, GrantType};
use crate::web::page::Choice;

/// What is connected, in the words of someone who does not know the specifications. Each chooses safe settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Confidential, authorization code.
    Web,
    /// Public, authorization code, in a browser.
    SinglePage,
    /// Public, authorization code, on the user's device.
    Native,
    /// Confidential, client credentials.
    Machine,
    /// Public, authorization code, for the tokens of one server that speaks the Model Context Protocol.
    Mcp,
}

impl Kind {
    pub const ALL: [Self; 5] = [Self::Web, Self::SinglePage, Self::Native, Self::Machine, Self::Mcp];

    /// The value of the radio button.
    pub fn value(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::SinglePage => "spa",
            Self::Native => "native",
            Self::Machine => "machine",
            Self::Mcp => "mcp",
        }
    }

    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.value() == value)
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Web => "Web app with a backend",
            Self::SinglePage => "Single-page app",
            Self::Native => "Mobile or desktop app",
            Self::Machine => "Machine to machine",
            Self::Mcp => "MCP client or AI agent",
        }
    }

    fn help(self) -> &'static str {
        match self {
            Self::Web => "Users sign in; your server keeps the client secret.",
            Self::SinglePage => "Users sign in; the app runs in their browser and keeps no secret.",
            Self::Native => "Users sign in; the app or command-line tool runs on their device and keeps no secret.",
            Self::Machine => "No users: a service acts for itself, with a client secret.",
            Self::Mcp => "Users let an agent use one MCP server in their name; it keeps no secret.",
        }
    }

    /// Whether nothing is there that could keep a secret.
    pub fn is_public(self) -> bool {
        self.auth_method() == AuthMethod::None
    }

    /// How it proves itself unless the form says otherwise.
    pub fn auth_method(self) -> AuthMethod {
        match self {
            Self::Web | Self::Machine => AuthMethod::ClientSecretBasic,
            Self::SinglePage | Self::Native | Self::Mcp => AuthMethod::None,
        }
    }

    pub fn application_type(self) -> ApplicationType {
        match self {
            Self::Web | Self::SinglePage | Self::Machine => ApplicationType::Web,
            Self::Native | Self::Mcp => ApplicationType::Native,
        }
    }

    pub fn grant_types(self) -> &'static [GrantType] {
        match self {
            Self::Machine => &[GrantType::ClientCredentials],
            _ => &[GrantType::AuthorizationCode, GrantType::RefreshToken],
        }
    }

    /// What a registered client is. An agent is registered like an app on the user's device.
    pub fn of(metadata: &ClientMetadata) -> Self {
        let is_public = metadata.token_endpoint_auth_method == AuthMethod::None;
        match (is_public, metadata.application_type) {
            (true, ApplicationType::Native) => Self::Native,
            (true, ApplicationType::Web) => Self::SinglePage,
            (false, _) if metadata.grant_types.contains(&GrantType::AuthorizationCode) => Self::Web,
            (false, _) => Self::Machine,
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
