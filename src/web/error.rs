//! One cause, three faces: JSON for programs, a challenge for bearers, a page for people. The only place that turns errors
//! into HTTP. Causes are logged here, once, with the request's id; answers never carry them.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use serde_json::json;

use crate::clock::Seconds;
use crate::domain::resource_owner::Password;
use crate::management::{ManagementError, registration};
use crate::password_rules::ChooseError;
use crate::protocol::bearer::BearerError;
use crate::protocol::check::Check;
use crate::protocol::error::{ErrorCode, OAuthError, TokenError};
use crate::store::{Failure, StoreError};
use crate::throttle::RetryAfter;
use crate::web::error_page::ErrorPage;
use crate::web::form::{BodyProblem, MAX_BODY, MAX_UPLOAD};
use crate::web::inspector;
use crate::web::language::say;
use crate::web::page::{self, FormErrors, Layout, Section};
use crate::web::passwords::Busy;
use crate::web::request_id;
use crate::web::state::Unsigned;

/// Seconds after which a client may try again when storage or the password pool is busy.
pub const RETRY_SECONDS: Seconds = 2;
/// The same when there is no room for more clients: by then somebody makes room.
const FULL_SECONDS: Seconds = registration::MIN_PATIENCE;

/// The error of a JSON endpoint of the protocol.
#[derive(Debug)]
pub enum JsonError {
    OAuth(OAuthError),
    /// 401: the client did not prove who it is.
    Unauthenticated {
        check: Check,
    },
    /// The keys behind a client's `jwks_uri` could not be fetched, so that it could not prove who it is.
    KeysUnavailable(Seconds),
    Bearer(BearerError),
    /// 403, because of who asks and not of what the token opens.
    Forbidden(&'static str),
    TooMany(Seconds),
    TooLarge,
    /// Too many clients wait for somebody's consent.
    RegistrationFull,
    Unavailable,
    Internal,
}

impl std::fmt::Display for JsonError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

impl From<OAuthError> for JsonError {
    fn from(error: OAuthError) -> Self {
        Self::OAuth(error)
    }
}

impl From<Unsigned> for JsonError {
    fn from(Unsigned: Unsigned) -> Self {
        Self::Internal
    }
}

impl From<BearerError> for JsonError {
    fn from(error: BearerError) -> Self {
        Self::Bearer(error)
    }
}

impl From<TokenError> for JsonError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Unauthenticated { check } => Self::Unauthenticated { check },
            TokenError::KeysUnavailable { retry_after } => Self::KeysUnavailable(retry_after),
            TokenError::Port => {
                tracing::error!("a port failed without a cause");
                Self::Internal
            }
            error => Self::OAuth(error.public()),
        }
    }
}

impl From<StoreError> for JsonError {
    fn from(error: StoreError) -> Self {
        log_store(&error);
        if error.is_transient() { Self::Unavailable } else { Self::Internal }
    }
}

impl From<Failure<TokenError>> for JsonError {
    fn from(failure: Failure<TokenError>) -> Self {
        match failure {
            Failure::Refused(error) => error.into(),
            Failure::Store(error) => error.into(),
        }
    }
}

impl From<RetryAfter> for JsonError {
    fn from(retry: RetryAfter) -> Self {
        Self::TooMany(retry.0)
    }
}

impl From<BodyProblem> for JsonError {
    fn from(problem: BodyProblem) -> Self {
        match problem {
            BodyProblem::TooLarge => Self::TooLarge,
            problem => Self::OAuth(OAuthError::invalid_request(problem.description()).at(Check::FormReadable)),
        }
    }
}

impl JsonError {
    /// The `error` of the answer.
    pub fn code(&self) -> Option<&'static str> {
        let code = match self {
            Self::OAuth(error) => error.code,
            Self::Unauthenticated { .. } => ErrorCode::InvalidClient,
            Self::Bearer(BearerError::Missing) => return None,
            Self::Bearer(BearerError::InvalidToken) => ErrorCode::InvalidToken,
            Self::Bearer(BearerError::InsufficientScope(_)) => ErrorCode::InsufficientScope,
            Self::Bearer(BearerError::InvalidRequest) | Self::TooLarge => ErrorCode::InvalidRequest,
            Self::Forbidden(_) => ErrorCode::AccessDenied,
            Self::TooMany(_) | Self::KeysUnavailable(_) | Self::Unavailable | Self::RegistrationFull => {
                ErrorCode::TemporarilyUnavailable
            }
            Self::Internal => ErrorCode::ServerError,
        };
        Some(code.as_str())
    }

    /// What it is counted as: its code, or what says more. Who is woken for our failures is not for those of a client's host.
    pub fn reason(&self) -> Option<&'static str> {
        if matches!(self, Self::KeysUnavailable(_)) { Some("keys_unavailable") } else { self.code() }
    }
}

fn log_store(error: &StoreError) {
    tracing::error!(%error, "storage failed");
}

impl ResponseError for JsonError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::OAuth(error) if error.code == ErrorCode::InvalidClient => StatusCode::UNAUTHORIZED,
            Self::OAuth(_) | Self::Bearer(BearerError::InvalidRequest) => StatusCode::BAD_REQUEST,
            Self::Unauthenticated { .. } | Self::Bearer(BearerError::Missing | BearerError::InvalidToken) => {
                StatusCode::UNAUTHORIZED
            }
            Self::Bearer(BearerError::InsufficientScope(_)) | Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::KeysUnavailable(_) | Self::Unavailable | Self::RegistrationFull => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        no_store(&mut response);
        if self.code() == Some(ErrorCode::InvalidClient.as_str()) {
            // RFC 6749 §5.2. It goes out to those who sent the header: see headers::protect.
            response.insert_header((WWW_AUTHENTICATE, "Basic realm=\"grantor\", charset=\"UTF-8\""));
        }
        match self {
            Self::OAuth(error) => body(&mut response, error.code.as_str(), &error.description),
            Self::Unauthenticated { check } => {
                let error = TokenError::Unauthenticated { check: *check }.public();
                body(&mut response, error.code.as_str(), &error.description)
            }
            Self::KeysUnavailable(seconds) => {
                response.insert_header((RETRY_AFTER, seconds.to_string()));
                let error = TokenError::KeysUnavailable { retry_after: *seconds }.public();
                body(&mut response, error.code.as_str(), &error.description)
            }
            Self::Bearer(error) => {
                response.insert_header((WWW_AUTHENTICATE, error.challenge()));
                match error {
                    BearerError::Missing => response.finish(),
                    BearerError::InvalidRequest => body(
                        &mut response,
                        "invalid_request",
                        "Send one Authorization header: Bearer and the access token.",
                    ),
                    BearerError::InvalidToken => body(
                        &mut response,
                        "invalid_token",
                        "The access token is unknown, expired or revoked, or is not for this server.",
                    ),
                    BearerError::InsufficientScope(_) => {
                        body(&mut response, "insufficient_scope", "The access token lacks a scope that this needs.")
                    }
                }
            }
            Self::Forbidden(why) => body(&mut response, ErrorCode::AccessDenied.as_str(), why),
            Self::TooMany(seconds) => {
                response.insert_header((RETRY_AFTER, seconds.to_string()));
                body(&mut response, "temporarily_unavailable", "Too many attempts. Wait, then try again.")
            }
            Self::TooLarge => body(&mut response, "invalid_request", BodyProblem::TooLarge.description()),
            Self::RegistrationFull => {
                response.insert_header((RETRY_AFTER, FULL_SECONDS.to_string()));
                body(
                    &mut response,
                    "temporarily_unavailable",
                    "Too many clients wait for a first user here. Try again later, or ask the operator for an initial \
                     access token.",
                )
            }
            Self::Unavailable => {
                response.insert_header((RETRY_AFTER, RETRY_SECONDS.to_string()));
                body(
                    &mut response,
                    "temporarily_unavailable",
                    "The server is busy or its database is down. Try again shortly.",
                )
            }
            Self::Internal => {
                body(&mut response, "server_error", "The server failed. Try again, or report the X-Request-Id.")
            }
        }
    }
}

fn body(response: &mut HttpResponseBuilder, code: &str, description: &str) -> HttpResponse {
    let mut members = json!({ "error": code, "error_description": description });
    if let Some(uri) = inspector::error_uri(code) {
        members["error_uri"] = uri.into();
    }
    response.json(members)
}

/// RFC 6749 §5.1: what carries a secret, or says why there is none, is kept by nobody on the way.
pub fn no_store(response: &mut HttpResponseBuilder) -> &mut HttpResponseBuilder {
    response.insert_header((CACHE_CONTROL, "no-store")).insert_header((PRAGMA, "no-cache"))
}

/// The error of a page.
#[derive(Debug)]
pub enum PageError {
    /// To the sign-in page, and back to this path afterwards.
    SignIn {
        return_to: String,
        /// What was sent is not done, and the sign-in page says so.
        is_lost: bool,
    },
    /// What the browser sent cannot be read.
    BadRequest(String),
    StaleForm,
    /// The stored authorization request is gone.
    Expired,
    Forbidden,
    NotFound,
    Conflict(String),
    TooMany(Seconds),
    TooLarge,
    Unavailable,
    Internal,
}

impl std::fmt::Display for PageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

impl From<StoreError> for PageError {
    fn from(error: StoreError) -> Self {
        log_store(&error);
        if error.is_transient() { Self::Unavailable } else { Self::Internal }
    }
}

impl From<Busy> for PageError {
    fn from(_: Busy) -> Self {
        Self::Unavailable
    }
}

impl From<ChooseError> for PageError {
    /// For where nobody chooses yet, and there is nothing to refuse.
    fn from(error: ChooseError) -> Self {
        tracing::error!(%error, "a password could not be held to the rules");
        Self::Internal
    }
}

impl From<BodyProblem> for PageError {
    fn from(problem: BodyProblem) -> Self {
        match problem {
            BodyProblem::TooLarge => Self::TooLarge,
            BodyProblem::WrongType => Self::BadRequest(t!("body-wrong-type")),
            BodyProblem::Incomplete => Self::BadRequest(t!("body-incomplete")),
            BodyProblem::Malformed(_) => Self::BadRequest(t!("body-malformed")),
        }
    }
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::SignIn { .. } => StatusCode::SEE_OTHER,
            Self::BadRequest(_) | Self::Expired => StatusCode::BAD_REQUEST,
            Self::StaleForm | Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let layout = Layout::new("", Section::Door, "").with_request_id(request_id::current());
        let page = match self {
            Self::SignIn { return_to, is_lost } => return see_other(&super::routes::sign_in(return_to, *is_lost)),
            Self::BadRequest(what) => ErrorPage::bad_request(layout, what.clone()),
            Self::StaleForm => ErrorPage::stale_form(layout),
            Self::Expired => ErrorPage::expired(layout),
            Self::Forbidden => ErrorPage::forbidden(layout),
            Self::NotFound => ErrorPage::not_found(layout),
            Self::Conflict(what) => ErrorPage::conflict(layout, what.clone()),
            Self::TooMany(seconds) => ErrorPage::too_many(layout, &page::duration(*seconds)),
            Self::TooLarge => {
                ErrorPage::bad_request(layout, t!("body-too-large", most = MAX_BODY >> 10, files = MAX_UPLOAD >> 20))
            }
            Self::Unavailable => ErrorPage::unavailable(layout),
            Self::Internal => ErrorPage::internal(layout),
        };
        let mut response = page::respond(self.status_code(), &page);
        let retry = match self {
            Self::TooMany(seconds) => Some(*seconds),
            Self::Unavailable => Some(RETRY_SECONDS),
            _ => None,
        };
        if let Some(seconds) = retry {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// RFC 9700 §4.12: 303, so that no browser repeats a form at the target.
pub fn see_other(location: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header(("Location", location)).insert_header((CACHE_CONTROL, "no-store")).finish()
}

/// Why an operation was refused, as people read it.
pub fn in_words(refusal: &ManagementError) -> String {
    match refusal {
        ManagementError::NotFound => t!("management-deleted"),
        ManagementError::Outdated => t!("management-outdated"),
        ManagementError::Conflict(what) => say(what),
        ManagementError::Invalid(problems) => {
            problems.iter().map(|each| say(&each.problem)).collect::<Vec<_>>().join("\n")
        }
    }
}

/// The password that somebody chose; or puts why there is none beside its field.
pub fn note_password(
    chosen: Result<Password, ChooseError>,
    field: &'static str,
    errors: &mut FormErrors,
) -> Result<Option<Password>, PageError> {
    match chosen {
        Ok(password) => Ok(Some(password)),
        Err(ChooseError::Refused(refusal)) => {
            errors.add(field, say(&refusal));
            Ok(None)
        }
        Err(unreadable) => Err(unreadable.into()),
    }
}

/// Puts what a form's fields were refused for beside them.
pub fn note_refusal(refusal: &ManagementError, errors: &mut FormErrors) {
    match refusal {
        ManagementError::Invalid(problems) => {
            for problem in problems {
                errors.add(problem.field, say(&problem.problem));
            }
        }
        refusal => errors.add("", in_words(refusal)),
    }
}
