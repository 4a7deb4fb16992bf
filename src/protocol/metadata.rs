//! Server metadata (RFC 8414, OpenID Connect Discovery): derived from what is really switched on, so that it cannot lie.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::domain::claims::ACR_PASSWORD;
use crate::domain::client::{AuthMethod, GrantType, SubjectType};
use crate::domain::issuer::Issuer;
use crate::domain::scope::ScopeCatalog;
use crate::domain::signing_key::Algorithm;

/// The document, for OAuth (RFC 8414 §2) and for OpenID Connect (Discovery §3) alike. `has_registration` says whether clients
/// may register themselves, `languages` those of the pages.
pub fn document(issuer: &Issuer, scopes: &ScopeCatalog, has_registration: bool, languages: &[&str]) -> Value {
    let scope_names: Vec<&str> = scopes.iter().map(|entry| entry.name.as_str()).collect();
    let methods: Vec<&str> = AuthMethod::ALL.into_iter().map(AuthMethod::as_str).collect();
    let confidential_methods: Vec<&str> = methods.iter().copied().filter(|method| *method != "none").collect();
    let grant_types: Vec<&str> = GrantType::ALL.into_iter().map(GrantType::as_str).collect();
    let subject_types: Vec<&str> = SubjectType::ALL.into_iter().map(SubjectType::as_str).collect();
    let algorithms: Vec<&str> = Algorithm::ALL.into_iter().map(Algorithm::name).collect();
    let mut document = json!({
        "issuer": issuer.as_str(),
        "authorization_endpoint": issuer.url("/oauth2/authorize"),
        "token_endpoint": issuer.url("/oauth2/token"),
        "userinfo_endpoint": issuer.url("/oauth2/userinfo"),
        "jwks_uri": issuer.url("/.well-known/jwks.json"),
        "device_authorization_endpoint": issuer.url("/oauth2/device_authorization"),
        "revocation_endpoint": issuer.url("/oauth2/revoke"),
        "introspection_endpoint": issuer.url("/oauth2/introspect"),
        "end_session_endpoint": issuer.url("/oauth2/logout"),
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "frontchannel_logout_supported": true,
        "frontchannel_logout_session_supported": true,
        "scopes_supported": scope_names,
        "claims_supported": claims_supported(scopes),
        "claim_types_supported": ["normal"],
        "claims_parameter_supported": true,
        "acr_values_supported": [ACR_PASSWORD],
        "subject_types_supported": subject_types,
        "id_token_signing_alg_values_supported": algorithms,
        "userinfo_signing_alg_values_supported": algorithms,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "display_values_supported": ["page"],
        "ui_locales_supported": languages,
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
        "require_request_uri_registration": false,
    });
    if has_registration {
        document["registration_endpoint"] = issuer.url("/oauth2/register").into();
    }
    document
}

/// What ID tokens and userinfo can say: about the authentication, and what some scope opens.
fn claims_supported(scopes: &ScopeCatalog) -> BTreeSet<&str> {
    let always = ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "azp", "at_hash", "sid"];
    scopes.iter().flat_map(|entry| entry.claims.iter().map(String::as_str)).chain(always).collect()
}
