//! A token request, typed: one variant for each grant type (RFC 6749 §4.1.3, §4.4.2, §6).

use crate::domain::client::GrantType;
use crate::domain::redirect_uri::placeholder_url;
use crate::domain::scope::Scope;
use crate::protocol::check::{Cause, Check};
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::parameters::Parameters;
use crate::protocol::scope_policy;

/// What a client asks the token endpoint for.
#[derive(Clone, Debug)]
pub enum TokenRequest {
    AuthorizationCode(CodeExchange),
    RefreshToken(RefreshExchange),
    ClientCredentials(MachineRequest),
    /// RFC 8628 §3.4: the device code is redeemed like a code, once a person has said yes.
    DeviceCode(CodeExchange),
}

#[derive(Clone, Debug)]
pub struct CodeExchange {
    pub code: String,
    pub redirect_uri: Option<String>,
    pub code_verifier: Option<String>,
    pub resource: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct RefreshExchange {
    pub refresh_token: String,
    pub scope: Option<Scope>,
    pub resource: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct MachineRequest {
    pub scope: Option<Scope>,
    pub resource: Vec<String>,
}

/// Most resources in one request.
pub const MAX_RESOURCES: usize = 16;

impl TokenRequest {
    pub fn parse(parameters: &Parameters) -> Result<Self, OAuthError> {
        if parameters.any_repeats() {
            return Err(OAuthError::invalid_request("A parameter is there more than once. Send each once.")
                .at(Check::ParametersOnce));
        }
        let grant_type = grant_type(parameters)?;
        let resource = resource(parameters)?;
        Ok(match grant_type {
            GrantType::AuthorizationCode => Self::AuthorizationCode(CodeExchange {
                code: required(parameters, "code", "The parameter code is missing.")?,
                redirect_uri: parameters.get("redirect_uri").map(str::to_owned),
                code_verifier: parameters.get("code_verifier").map(str::to_owned),
                resource,
            }),
            GrantType::RefreshToken => Self::RefreshToken(RefreshExchange {
                refresh_token: required(parameters, "refresh_token", "The parameter refresh_token is missing.")?,
                scope: parameters.get("scope").map(scope_policy::parse).transpose()?,
                resource,
            }),
            GrantType::ClientCredentials => Self::ClientCredentials(MachineRequest {
                scope: parameters.get("scope").map(scope_policy::parse).transpose()?,
                resource,
            }),
            GrantType::DeviceCode => Self::DeviceCode(CodeExchange {
                code: required(parameters, "device_code", "The parameter device_code is missing.")?,
                redirect_uri: Some(placeholder_url().to_string()),
                code_verifier: parameters.get("code_verifier").map(str::to_owned),
                resource,
            }),
        })
    }

    pub fn grant_type(&self) -> GrantType {
        match self {
            Self::AuthorizationCode(_) => GrantType::AuthorizationCode,
            Self::RefreshToken(_) => GrantType::RefreshToken,
            Self::ClientCredentials(_) => GrantType::ClientCredentials,
            Self::DeviceCode(_) => GrantType::DeviceCode,
        }
    }
}

fn grant_type(parameters: &Parameters) -> Result<GrantType, OAuthError> {
    let sent = parameters.get("grant_type");
    sent.and_then(GrantType::from_wire).ok_or_else(|| {
        let refused = match sent {
            None => OAuthError::invalid_request("The parameter grant_type is missing."),
            Some(_) => OAuthError::new(
                ErrorCode::UnsupportedGrantType,
                "The grant_type is not supported. Use authorization_code, refresh_token, client_credentials or \
                 urn:ietf:params:oauth:grant-type:device_code.",
            ),
        };
        refused.because(
            Cause::new(Check::GrantTypeSupported)
                .expecting(GrantType::ALL.map(GrantType::as_str))
                .receiving(sent.unwrap_or_default()),
        )
    })
}

fn required(parameters: &Parameters, name: &str, missing: &'static str) -> Result<String, OAuthError> {
    parameters.get(name).map(str::to_owned).ok_or_else(|| {
        OAuthError::invalid_request(missing).because(Cause::new(Check::GrantParameters).expecting([name]))
    })
}

/// The `resource` parameters of any request (RFC 8707 §2).
pub fn resource(parameters: &Parameters) -> Result<Vec<String>, OAuthError> {
    let mut resources: Vec<String> = parameters.all("resource").map(str::to_owned).collect();
    if resources.len() > MAX_RESOURCES {
        return Err(OAuthError::new(ErrorCode::InvalidTarget, "A request may name 16 resources at most.")
            .at(Check::ResourceSyntax));
    }
    if resources.iter().any(|uri| crate::domain::resource::parse_identifier(uri).is_err()) {
        return Err(OAuthError::new(
            ErrorCode::InvalidTarget,
            "A resource must be an absolute URI without a fragment.",
        )
        .because(Cause::new(Check::ResourceSyntax).receiving(resources.join(" "))));
    }
    resources.sort_unstable();
    resources.dedup();
    Ok(resources)
}
