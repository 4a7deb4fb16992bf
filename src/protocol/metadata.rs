//! Authorization server metadata (RFC 8414): derived from what is really switched on, so that it cannot lie.

use serde_json::{Value, json};

use crate::domain::client::{AuthMethod, GrantType};
use crate::domain::issuer::Issuer;
use crate::domain::scope::ScopeCatalog;
use crate::domain::signing_key::Algorithm;

/// The document. `has_registration` says whether clients may register themselves.
pub fn document(issuer: &Issuer, scopes: &ScopeCatalog, has_registration: bool) -> Value {
    let scopes: Vec<&str> = scopes.iter().map(|entry| entry.name.as_str()).collect();
    let methods: Vec<&str> = AuthMethod::ALL.into_iter().map(AuthMethod::as_str).collect();
    let confidential_methods: Vec<&str> = methods.iter().copied().filter(|method| *method != "none").collect();
    let algorithms: Vec<&str> = Algorithm::ALL.into_iter().map(Algorithm::name).collect();
    let grant_types: Vec<&str> = GrantType::ALL.into_iter().map(GrantType::as_str).collect();
    let mut document = json!({
        "issuer": issuer.as_str(),
        "authorization_endpoint": issuer.url("/oauth2/authorize"),
        "token_endpoint": issuer.url("/oauth2/token"),
        "jwks_uri": issuer.url("/.well-known/jwks.json"),
        "revocation_endpoint": issuer.url("/oauth2/revoke"),
        "introspection_endpoint": issuer.url("/oauth2/introspect"),
        "scopes_supported": scopes,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": grant_types,
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
        "introspection_endpoint_auth_methods_supported": confidential_methods,
        "introspection_endpoint_auth_signing_alg_values_supported": algorithms,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
    });
    if has_registration {
        document["registration_endpoint"] = issuer.url("/oauth2/register").into();
    }
    document
}
