//! Where a field of a form is defined. Ids of inputs are members of client metadata, so the id is enough to tell.

/// A section of a specification on the web.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Specification {
    /// `RFC 7591 §2`
    pub label: &'static str,
    pub href: &'static str,
}

const fn at(label: &'static str, href: &'static str) -> Specification {
    Specification { label, href }
}

const RFC_7591: Specification = at("RFC 7591 §2", "https://www.rfc-editor.org/rfc/rfc7591#section-2");
const REGISTRATION: Specification =
    at("OpenID Registration §2", "https://openid.net/specs/openid-connect-registration-1_0.html#ClientMetadata");
const BACK_CHANNEL: Specification =
    at("Back-Channel Logout §2.2", "https://openid.net/specs/openid-connect-backchannel-1_0.html#BCRegistration");
const FRONT_CHANNEL: Specification =
    at("Front-Channel Logout §2", "https://openid.net/specs/openid-connect-frontchannel-1_0.html#RPLogout");
const AUDIENCE: Specification = at("RFC 7523 §3", "https://www.rfc-editor.org/rfc/rfc7523#section-3");
const RESOURCE: Specification = at("RFC 8707 §2", "https://www.rfc-editor.org/rfc/rfc8707#section-2");

/// The section that defines a field, if it comes from a specification.
pub fn of(input: &str) -> Option<Specification> {
    Some(match input {
        "client_name" | "client_uri" | "logo_uri" | "policy_uri" | "tos_uri" | "contacts" | "jwks" | "jwks_uri" => {
            RFC_7591
        }
        "grant_types" => {
            at("OAuth 2.1 §1.3", "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1#section-1.3")
        }
        "redirect_uris" => at("RFC 9700 §4.1", "https://www.rfc-editor.org/rfc/rfc9700#section-4.1"),
        "scope" => at("RFC 6749 §3.3", "https://www.rfc-editor.org/rfc/rfc6749#section-3.3"),
        "token_endpoint_auth_method" => {
            at("OpenID Core §9", "https://openid.net/specs/openid-connect-core-1_0.html#ClientAuthentication")
        }
        "application_type"
        | "default_max_age"
        | "require_auth_time"
        | "id_token_signed_response_alg"
        | "userinfo_signed_response_alg"
        | "token_endpoint_auth_signing_alg" => REGISTRATION,
        "initiate_login_uri" => {
            at("OpenID Core §4", "https://openid.net/specs/openid-connect-core-1_0.html#ThirdPartyInitiatedLogin")
        }
        "subject_type" | "sector_identifier_uri" => {
            at("OpenID Core §8", "https://openid.net/specs/openid-connect-core-1_0.html#SubjectIDTypes")
        }
        "post_logout_redirect_uris" => at(
            "RP-Initiated Logout §3.1",
            "https://openid.net/specs/openid-connect-rpinitiated-1_0.html#ClientMetadata",
        ),
        "backchannel_logout_uri" | "backchannel_logout_session_required" => BACK_CHANNEL,
        "frontchannel_logout_uri" | "frontchannel_logout_session_required" => FRONT_CHANNEL,
        "access_token_format" => at("RFC 9068", "https://www.rfc-editor.org/rfc/rfc9068"),
        "access_token_signing_alg" => at("RFC 9068 §2.1", "https://www.rfc-editor.org/rfc/rfc9068#section-2.1"),
        "access_token_lifetime" => at("RFC 6749 §5.1", "https://www.rfc-editor.org/rfc/rfc6749#section-5.1"),
        "refresh_token_lifetime" | "refresh_token_rotation" => {
            at("RFC 9700 §4.14", "https://www.rfc-editor.org/rfc/rfc9700#section-4.14")
        }
        "id_token_lifetime" => at("OpenID Core §2", "https://openid.net/specs/openid-connect-core-1_0.html#IDToken"),
        "require_pkce" => at("RFC 9700 §2.1.1", "https://www.rfc-editor.org/rfc/rfc9700#section-2.1.1"),
        "client_assertion_audience" => AUDIENCE,
        "skip_consent" => at("OpenID Core §3.1.2.4", "https://openid.net/specs/openid-connect-core-1_0.html#Consent"),
        "resource" => RESOURCE,
        _ => return None,
    })
}
