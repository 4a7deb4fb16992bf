//! Validating an authorization request, over oxide-auth's [`Authorization`].
//!
//! Nothing is redirected before client and redirect URI are bound: until then an error is a page (RFC 6749 §4.1.2.1).
//! After that every error goes to the client.
//!
//! 1. The client is known and enabled, and the redirect URI is one of its own.
//! 2. Each parameter is there once, and means something. The order of the checks is also said in [`check`](crate::protocol::check).
//! 3. PKCE with S256, unless an admin made it optional for this client.
//! 4. Scopes and resources are negotiated.

use std::borrow::Cow;

use oxide_auth::code_grant::authorization::{Authorization, Input, Output, Request};
use oxide_auth::primitives::grant::Extensions;
use oxide_auth::primitives::registrar::{ClientUrl, ExactUrl, Registrar};

use crate::domain::claims::{ACR_PASSWORD, ClaimsRequest};
use crate::domain::client::{Client, GrantType, Origin};
use crate::domain::redirect_uri::{RedirectUri, placeholder_url};
use crate::domain::resource::Resource;
use crate::domain::scope::{self, OPENID, Scope, ScopeCatalog};
use crate::protocol::authorize::request::{Prompt, ResponseMode, ValidRequest, Wishes};
use crate::protocol::authorize::response::BoundRedirect;
use crate::protocol::check::{Cause, Check};
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::parameters::Parameters;
use crate::protocol::token::{find_resources, grant_type_cause, mean_something, request};
use crate::protocol::{claims_request, scope_policy};

/// Most bytes of `state`, which goes back to the client, and of `nonce`.
const MAX_STATE_LENGTH: usize = 4096;
/// Most bytes of `login_hint`. A longer one is no name of ours.
const MAX_HINT_LENGTH: usize = 1024;

/// Why a request is not valid.
#[derive(Clone, Debug)]
pub enum AuthorizeError {
    /// Shown on a page of ours; nobody is redirected.
    Page(OAuthError),
    /// Told to the client.
    Redirect { to: Box<BoundRedirect>, error: OAuthError },
}

/// What requests are validated against.
pub struct Known<'a> {
    /// The client, which is enabled.
    pub client: &'a Client,
    pub scopes: &'a ScopeCatalog,
    pub resources: &'a std::collections::BTreeMap<String, Resource>,
    pub hint: IdTokenHint,
}

/// What became of the `id_token_hint` of a request, whose signature only its signer can judge.
#[derive(Clone, Debug)]
pub enum IdTokenHint {
    None,
    /// Not a token that we gave this client.
    Invalid,
    /// It names this user.
    Subject(String),
}

/// The client that a request names, which must be looked up before it can be validated.
///
/// # Errors
/// For a page: without exactly one client there is nobody to redirect to.
pub fn client_id(parameters: &Parameters) -> Result<&str, OAuthError> {
    if parameters.repeats("client_id") {
        return Err(
            OAuthError::invalid_request("The parameter client_id is there more than once.").at(Check::ClientIdSent)
        );
    }
    let missing = || OAuthError::invalid_request("The parameter client_id is missing.").at(Check::ClientIdSent);
    parameters.get("client_id").ok_or_else(missing)
}

/// Validates a request, with `registrar` as the one of its client.
pub fn validate(
    registrar: &dyn Registrar,
    known: &Known<'_>,
    parameters: &Parameters,
) -> Result<ValidRequest, AuthorizeError> {
    let client = known.client;
    let uri = bind_redirect_uri(client, parameters).map_err(AuthorizeError::Page)?;
    let mode = response_mode(parameters).map_err(AuthorizeError::Page)?;
    let state = parameters.get("state").filter(|_| !parameters.repeats("state")).map(str::to_owned);
    let to = BoundRedirect::new(uri, state, mode, client.origin == Origin::Admin);
    checked(registrar, known, client, parameters, &to)
        .map_err(|error| AuthorizeError::Redirect { to: Box::new(to), error })
}

/// Validates the request of a device, whose client has proved who it is (RFC 8628 §3.1). PKCE binds its polls to it if it
/// sends a challenge; it need not, since nothing passes through a browser.
///
/// # Errors
/// What is wrong with scopes, resources or the challenge, and `unauthorized_client` without the grant type.
pub fn validate_device(
    registrar: &dyn Registrar,
    known: &Known<'_>,
    parameters: &Parameters,
) -> Result<ValidRequest, OAuthError> {
    let client = known.client;
    if parameters.any_repeats() {
        return Err(OAuthError::invalid_request("A parameter is there more than once. Send each once.")
            .at(Check::ParametersOnce));
    }
    refuse_request_objects(parameters)?;
    if !client.may_use(GrantType::DeviceCode) {
        return Err(OAuthError::new(
            ErrorCode::UnauthorizedClient,
            "The client is not registered for the urn:ietf:params:oauth:grant-type:device_code grant.",
        )
        .because(grant_type_cause(client, GrantType::DeviceCode)));
    }
    let wishes = Wishes {
        code_challenge: code_challenge(false, parameters)?,
        resource: request::resource(parameters)?,
        ..Wishes::default()
    };
    let resources = find_resources(&wishes.resource, known.resources)?;
    let requested = parameters.get("scope").map(scope_policy::parse).transpose()?;
    let scope = scope_policy::negotiate(client, known.scopes, requested.as_ref())?;
    let scope = drive(registrar, client, None, &scope)?;
    mean_something(&scope, &resources)?;
    let nowhere = placeholder_url().to_string();
    Ok(ValidRequest::new(client.id.clone(), nowhere, ResponseMode::default(), &scope, wishes))
}

/// RFC 6749 §3.1.2.3: exactly a registered one; it may be left out only when there is no choice.
fn bind_redirect_uri(client: &Client, parameters: &Parameters) -> Result<RedirectUri, OAuthError> {
    if parameters.repeats("redirect_uri") {
        return Err(OAuthError::invalid_request("The parameter redirect_uri is there more than once.")
            .at(Check::RedirectUriSent));
    }
    let Some(sent) = parameters.get("redirect_uri") else {
        return match client.redirect_uris.as_slice() {
            [only] => Ok(only.clone()),
            _ => Err(OAuthError::invalid_request(
                "The parameter redirect_uri is missing, and the client has not exactly one registered.",
            )
            .at(Check::RedirectUriSent)),
        };
    };
    let refused = || {
        OAuthError::invalid_request(
            "The redirect_uri is not one that is registered for this client. It must be the same, byte for byte.",
        )
        .because(
            Cause::new(Check::RedirectUri)
                .expecting(client.redirect_uris.iter().map(RedirectUri::as_str))
                .receiving(sent),
        )
    };
    let uri = RedirectUri::parse(sent).map_err(|_| refused())?;
    if client.redirects_to(sent) { Ok(uri) } else { Err(refused()) }
}

fn response_mode(parameters: &Parameters) -> Result<ResponseMode, OAuthError> {
    let mut modes = parameters.all("response_mode");
    match (modes.next(), modes.next()) {
        (None | Some("query"), None) => Ok(ResponseMode::Query),
        (Some("form_post"), None) => Ok(ResponseMode::FormPost),
        (sent, _) => Err(OAuthError::invalid_request("The response_mode is not supported. Use query or form_post.")
            .because(
                Cause::new(Check::ResponseMode).expecting(["query", "form_post"]).receiving(sent.unwrap_or_default()),
            )),
    }
}

fn checked(
    registrar: &dyn Registrar,
    known: &Known<'_>,
    client: &Client,
    parameters: &Parameters,
    to: &BoundRedirect,
) -> Result<ValidRequest, OAuthError> {
    if parameters.any_repeats() {
        return Err(OAuthError::invalid_request("A parameter is there more than once. Send each once.")
            .at(Check::ParametersOnce));
    }
    refuse_request_objects(parameters)?;
    check_response_type(parameters)?;
    if !client.may_use(GrantType::AuthorizationCode) {
        return Err(OAuthError::new(
            ErrorCode::UnauthorizedClient,
            "The client is not registered for the authorization_code grant.",
        )
        .because(grant_type_cause(client, GrantType::AuthorizationCode)));
    }
    let wishes = Wishes {
        state: short(parameters, "state", MAX_STATE_LENGTH)?,
        nonce: short(parameters, "nonce", MAX_STATE_LENGTH)?,
        login_hint: parameters.get("login_hint").filter(|hint| hint.len() <= MAX_HINT_LENGTH).map(str::to_owned),
        // OAuth 2.1 §7.5.1: only a confidential client can do without.
        code_challenge: code_challenge(client.is_public() || client.metadata.require_pkce, parameters)?,
        resource: request::resource(parameters)?,
        prompt: prompt(parameters)?,
        max_age: max_age(parameters)?.or(client.metadata.default_max_age.map(i64::from)),
        // OpenID Connect Core §3.1.2.1: a language that we do not have is no error, and neither is a list that says too much.
        ui_locales: parameters.get("ui_locales").filter(|locales| locales.len() <= 256).map(str::to_owned),
        ..Wishes::default()
    };
    let resources = find_resources(&wishes.resource, known.resources)?;
    let requested = parameters.get("scope").map(scope_policy::parse).transpose()?;
    let scope = scope_policy::negotiate(client, known.scopes, requested.as_ref())?;
    let scope = drive(registrar, client, Some(to.uri().as_str()), &scope)?;
    mean_something(&scope, &resources)?;
    let claims = requested_claims(known, parameters, &scope)?;
    let wishes = Wishes { subject: subject(&known.hint, &claims)?, claims, ..wishes };
    Ok(ValidRequest::new(client.id.clone(), to.uri().as_str().to_owned(), response_mode(parameters)?, &scope, wishes))
}

/// Until request objects exist here, they are refused by name.
fn refuse_request_objects(parameters: &Parameters) -> Result<(), OAuthError> {
    let unsupported = [
        // OpenID Connect Core §6, §7.2.1.
        ("request", ErrorCode::RequestNotSupported, "Request objects are not supported."),
        ("request_uri", ErrorCode::RequestUriNotSupported, "Request URIs are not supported."),
        ("registration", ErrorCode::RegistrationNotSupported, "The registration parameter is not supported."),
    ];
    match unsupported.into_iter().find(|(name, ..)| parameters.get(name).is_some()) {
        Some((name, code, description)) => {
            Err(OAuthError::new(code, description).because(Cause::new(Check::RequestObject).receiving(name)))
        }
        None => Ok(()),
    }
}

fn check_response_type(parameters: &Parameters) -> Result<(), OAuthError> {
    let sent = parameters.get("response_type");
    let refused = match sent {
        Some("code") => return Ok(()),
        None => OAuthError::invalid_request("The parameter response_type is missing. Send response_type=code."),
        Some(_) => OAuthError::new(ErrorCode::UnsupportedResponseType, "Only response_type=code is supported."),
    };
    let cause = Cause::new(Check::ResponseType).expecting(["code"]).receiving(sent.unwrap_or_default());
    Err(refused.because(cause))
}

/// OpenID Connect Core §5.5: for OpenID requests only, and no more than the client's scopes would open.
fn requested_claims(known: &Known<'_>, parameters: &Parameters, scope: &Scope) -> Result<ClaimsRequest, OAuthError> {
    let Some(text) = parameters.get("claims").filter(|_| scope::contains(scope, OPENID)) else {
        return Ok(ClaimsRequest::default());
    };
    let claims = claims_request::parse(text)
        .map_err(|error| error.at(Check::Claims))?
        .within(&known.client.allowed_scope(known.scopes), known.scopes);
    let acr = claims.id_token.get("acr");
    if acr.is_some_and(|acr| acr.essential && !acr.values.is_empty() && !acr.values.contains(&ACR_PASSWORD.into())) {
        return Err(OAuthError::new(
            ErrorCode::UnmetAuthenticationRequirements,
            "No requested authentication context is available here. The metadata lists acr_values_supported.",
        )
        .because(Cause::new(Check::Acr).expecting([ACR_PASSWORD])));
    }
    Ok(claims)
}

/// The user whom the request is about: of its hint (OpenID Connect Core §3.1.2.1), or of its claims (§5.5.1).
fn subject(hint: &IdTokenHint, claims: &ClaimsRequest) -> Result<Option<String>, OAuthError> {
    let claimed = claims.id_token.get("sub").and_then(|wish| wish.values.first()).map(|value| value.as_str());
    let hinted = match hint {
        IdTokenHint::None => None,
        IdTokenHint::Invalid => {
            return Err(OAuthError::invalid_request("The id_token_hint is not an ID token that this client got here.")
                .at(Check::IdTokenHint));
        }
        IdTokenHint::Subject(subject) => Some(subject.as_str()),
    };
    match (hinted, claimed) {
        (None, None) => Ok(None),
        (Some(subject), None) | (None, Some(Some(subject))) => Ok(Some(subject.to_owned())),
        (Some(hinted), Some(Some(claimed))) if hinted == claimed => Ok(Some(hinted.to_owned())),
        _ => Err(OAuthError::invalid_request("The claims parameter and the id_token_hint name different users.")
            .at(Check::IdTokenHint)),
    }
}

fn short(parameters: &Parameters, name: &'static str, most: usize) -> Result<Option<String>, OAuthError> {
    match parameters.get(name) {
        Some(value) if value.len() > most => {
            Err(OAuthError::invalid_request(format!("The parameter {name} is longer than {most} bytes."))
                .because(Cause::new(Check::Lengths).receiving(name)))
        }
        value => Ok(value.map(str::to_owned)),
    }
}

/// RFC 7636 §4.3, and OAuth 2.1 §4.1.1: S256 and nothing else.
fn code_challenge(is_required: bool, parameters: &Parameters) -> Result<Option<String>, OAuthError> {
    let method = parameters.get("code_challenge_method");
    let Some(challenge) = parameters.get("code_challenge") else {
        if method.is_some() {
            return Err(OAuthError::invalid_request("A code_challenge_method was sent without a code_challenge.")
                .at(Check::Pkce));
        }
        if is_required {
            return Err(OAuthError::invalid_request(
                "PKCE is required: send code_challenge and code_challenge_method=S256.",
            )
            .at(Check::Pkce));
        }
        return Ok(None);
    };
    if method != Some("S256") {
        return Err(OAuthError::invalid_request("The code_challenge_method must be S256.")
            .because(Cause::new(Check::PkceMethod).expecting(["S256"]).receiving(method.unwrap_or_default())));
    }
    let is_digest = challenge.len() == 43
        && challenge.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if !is_digest {
        return Err(OAuthError::invalid_request(
            "The code_challenge must be the SHA-256 of the code_verifier in base64url without padding: 43 characters.",
        )
        .because(Cause::new(Check::PkceChallenge).expecting(["43"]).receiving(challenge.len().to_string())));
    }
    Ok(Some(challenge.to_owned()))
}

fn prompt(parameters: &Parameters) -> Result<Vec<Prompt>, OAuthError> {
    let words = parameters.get("prompt").unwrap_or_default().split(' ');
    let prompt: Vec<Prompt> = words
        .filter_map(|word| match word {
            "none" => Some(Prompt::None),
            "login" => Some(Prompt::Login),
            "consent" => Some(Prompt::Consent),
            "select_account" => Some(Prompt::SelectAccount),
            // OpenID Connect Core §3.1.2.1: what is not understood is ignored.
            _ => None,
        })
        .collect();
    if prompt.contains(&Prompt::None) && prompt.len() > 1 {
        return Err(OAuthError::invalid_request("The prompt none excludes all others.").at(Check::Prompt));
    }
    Ok(prompt)
}

fn max_age(parameters: &Parameters) -> Result<Option<i64>, OAuthError> {
    let parsed = parameters.get("max_age").map(|text| text.parse::<u32>().map(i64::from)).transpose();
    parsed.map_err(|_| {
        OAuthError::invalid_request("The max_age must be a number of seconds, 0 or more.").at(Check::MaxAge)
    })
}

/// Lets the machine bind and negotiate: the step that no request can skip.
fn drive(
    registrar: &dyn Registrar,
    client: &Client,
    redirect_uri: Option<&str>,
    scope: &Scope,
) -> Result<Scope, OAuthError> {
    let refused = || OAuthError::new(ErrorCode::ServerError, "The request could not be validated.");
    let canonical = Canonical { client, redirect_uri, scope };
    let mut machine = Authorization::new(&canonical);
    let mut input = Input::None;
    loop {
        input = match machine.advance(input) {
            Output::Bind { client_id, redirect_uri } => {
                let url = ClientUrl {
                    client_id: Cow::Owned(client_id),
                    redirect_uri: redirect_uri.map(|uri: ExactUrl| Cow::Owned(uri)),
                };
                Input::Bound {
                    request: &canonical,
                    bound_client: registrar.bound_redirect(url).map_err(|_| refused())?,
                }
            }
            // What oxide-auth would carry in extensions is typed in our own request.
            Output::Extend => Input::Extended(Extensions::new()),
            Output::Negotiate { bound_client, scope } => Input::Negotiated {
                pre_grant: registrar
                    .negotiate(bound_client.clone(), scope)
                    .map_err(|_| OAuthError::invalid_scope("The client may not have the requested scopes."))?,
                state: None,
            },
            Output::Ok { pre_grant, .. } => return Ok(pre_grant.scope),
            Output::Err(_) => return Err(refused()),
        };
    }
}

struct Canonical<'a> {
    client: &'a Client,
    redirect_uri: Option<&'a str>,
    scope: &'a Scope,
}

impl Request for Canonical<'_> {
    fn valid(&self) -> bool {
        true
    }

    fn client_id(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(&self.client.id))
    }

    fn scope(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Owned(crate::domain::scope::render(self.scope)))
    }

    fn redirect_uri(&self) -> Option<Cow<'_, str>> {
        self.redirect_uri.map(Cow::Borrowed)
    }

    fn state(&self) -> Option<Cow<'_, str>> {
        None
    }

    fn response_type(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed("code"))
    }

    fn extension(&self, _key: &str) -> Option<Cow<'_, str>> {
        None
    }
}
