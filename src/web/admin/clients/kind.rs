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
    /// Public, device code: for what has neither a browser nor a keyboard.
    Device,
}

impl Kind {
    pub const ALL: [Self; 6] = [Self::Web, Self::SinglePage, Self::Native, Self::Machine, Self::Mcp, Self::Device];

    /// The value of the radio button.
    pub fn value(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::SinglePage => "spa",
            Self::Native => "native",
            Self::Machine => "machine",
            Self::Mcp => "mcp",
            Self::Device => "device",
        }
    }

    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.value() == value)
    }

    pub fn label(self) -> String {
        match self {
            Self::Web => t!("client-kind-web"),
            Self::SinglePage => t!("client-kind-spa"),
            Self::Native => t!("client-kind-native"),
            Self::Machine => t!("client-kind-machine"),
            Self::Mcp => t!("client-kind-mcp"),
            Self::Device => t!("client-kind-device"),
        }
    }

    fn help(self) -> String {
        match self {
            Self::Web => t!("client-kind-web-help"),
            Self::SinglePage => t!("client-kind-spa-help"),
            Self::Native => t!("client-kind-native-help"),
            Self::Machine => t!("client-kind-machine-help"),
            Self::Mcp => t!("client-kind-mcp-help"),
            Self::Device => t!("client-kind-device-help"),
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
            Self::SinglePage | Self::Native | Self::Mcp | Self::Device => AuthMethod::None,
        }
    }

    pub fn application_type(self) -> ApplicationType {
        match self {
            Self::Web | Self::SinglePage | Self::Machine => ApplicationType::Web,
            Self::Native | Self::Mcp | Self::Device => ApplicationType::Native,
        }
    }

    pub fn grant_types(self) -> &'static [GrantType] {
        match self {
            Self::Machine => &[GrantType::ClientCredentials],
            Self::Device => &[GrantType::DeviceCode, GrantType::RefreshToken],
            _ => &[GrantType::AuthorizationCode, GrantType::RefreshToken],
        }
    }

    /// What a registered client is. An agent is registered like an app on the user's device.
    pub fn of(metadata: &ClientMetadata) -> Self {
        let has = |grant_type| metadata.grant_types.contains(&grant_type);
        if has(GrantType::DeviceCode) && !has(GrantType::AuthorizationCode) {
            return Self::Device;
        }
        let is_public = metadata.token_endpoint_auth_method == AuthMethod::None;
        match (is_public, metadata.application_type) {
            (true, ApplicationType::Native) => Self::Native,
            (true, ApplicationType::Web) => Self::SinglePage,
            (false, _) if has(GrantType::AuthorizationCode) => Self::Web,
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
pub fn grant_type_label(grant_type: &str) -> String {
    match grant_type {
        "authorization_code" => t!("grant-type-code"),
        "refresh_token" => t!("grant-type-refresh"),
        "client_credentials" => t!("grant-type-client-credentials"),
        "urn:ietf:params:oauth:grant-type:device_code" => t!("grant-type-device-code"),
        other => other.to_owned(),
    }
}

pub fn grant_type_labels(metadata: &ClientMetadata) -> Vec<String> {
    metadata.grant_types.iter().map(|grant_type| grant_type_label(grant_type.as_str())).collect()
}

/// How a client proves itself at the token endpoint, in words.
pub fn auth_method_label(method: &str) -> String {
    match method {
        "none" => t!("auth-method-none"),
        "client_secret_basic" => t!("auth-method-basic"),
        "client_secret_post" => t!("auth-method-post"),
        "client_secret_jwt" => t!("auth-method-secret-jwt"),
        "private_key_jwt" => t!("auth-method-private-key-jwt"),
        "tls_client_auth" => t!("auth-method-tls"),
        "self_signed_tls_client_auth" => t!("auth-method-self-signed-tls"),
        other => other.to_owned(),
    }
}
