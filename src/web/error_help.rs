//! `/errors/{code}/{request}`: what an error of the protocol means, for whoever got it. `error_uri` leads here.
//!
//! The page is made of the code in its address and looks nothing up. So it says the same whether or not there was such a
//! request, and nobody learns anything by guessing an id. What it was about is for those who may look into the console.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::error::PageError;
use super::page::{Layout, respond, sample};
use super::routes;
use super::visitor::Visitor;
use crate::domain::resource_owner::Right;
use crate::protocol::error::ErrorCode;

/// Longest id of a request.
const MAX_ID: usize = 64;

/// `GET /errors/{code}/{request}`
#[derive(Template)]
#[template(path = "error_help.html")]
pub struct HelpPage {
    pub layout: Layout,
    /// The value of `error`.
    pub code: &'static str,
    /// What it means, in a sentence.
    pub meaning: String,
    /// What the developer of the client can do.
    pub developer: String,
    /// The request it happened to.
    pub request: String,
    /// Where an admin sees what happened.
    pub record: Option<String>,
}

impl HelpPage {
    pub fn title() -> String {
        t!("help-title")
    }

    fn new(layout: Layout, code: ErrorCode, request: &str, is_admin: bool) -> Self {
        let (meaning, developer) = words(code);
        let record = is_admin.then(|| routes::admin_request(request));
        Self {
            layout,
            code: code.as_str(),
            meaning: t!(meaning),
            developer: t!(developer),
            request: request.to_owned(),
            record,
        }
    }

    pub fn samples() -> Vec<Self> {
        let id = "9aVqk2Lw0TzYx4RbN1mEuP";
        let door = || sample::door(&Self::title());
        let page = |code| Self::new(door(), code, id, false);
        let mut pages = vec![Self::new(door(), ErrorCode::InvalidRedirectUri, id, true)];
        pages.extend(ErrorCode::ALL.into_iter().map(page));
        pages
    }
}

/// `GET /errors/{code}/{request}`
pub async fn show(visitor: Visitor, path: web::Path<(String, String)>) -> Result<HttpResponse, PageError> {
    let (code, request) = path.into_inner();
    let code = ErrorCode::from_wire(&code).ok_or(PageError::NotFound)?;
    let is_id = (1..=MAX_ID).contains(&request.len())
        && request.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if !is_id {
        return Err(PageError::NotFound);
    }
    let is_admin = visitor.owner().await?.is_some_and(|(owner, _)| owner.role.may(Right::Read));
    Ok(respond(StatusCode::OK, &HelpPage::new(visitor.layout(HelpPage::title()), code, &request, is_admin)))
}

/// The texts that say what an error means, and what the developer of a client can do about it.
fn words(code: ErrorCode) -> (&'static str, &'static str) {
    match code {
        ErrorCode::AccessDenied => (key!("help-access-denied"), key!("help-access-denied-developer")),
        ErrorCode::AuthorizationPending | ErrorCode::SlowDown => {
            (key!("help-authorization-pending"), key!("help-authorization-pending-developer"))
        }
        ErrorCode::ExpiredToken => (key!("help-expired-token"), key!("help-expired-token-developer")),
        ErrorCode::ConsentRequired | ErrorCode::InteractionRequired => {
            (key!("help-consent-required"), key!("help-consent-required-developer"))
        }
        ErrorCode::LoginRequired => (key!("help-login-required"), key!("help-login-required-developer")),
        ErrorCode::InsufficientScope => (key!("help-insufficient-scope"), key!("help-insufficient-scope-developer")),
        ErrorCode::InvalidClient => (key!("help-invalid-client"), key!("help-invalid-client-developer")),
        ErrorCode::InvalidClientMetadata => {
            (key!("help-invalid-client-metadata"), key!("help-invalid-client-metadata-developer"))
        }
        ErrorCode::InvalidGrant => (key!("help-invalid-grant"), key!("help-invalid-grant-developer")),
        ErrorCode::InvalidRedirectUri => {
            (key!("help-invalid-redirect-uri"), key!("help-invalid-redirect-uri-developer"))
        }
        ErrorCode::InvalidRequest => (key!("help-invalid-request"), key!("help-invalid-request-developer")),
        ErrorCode::InvalidScope => (key!("help-invalid-scope"), key!("help-invalid-scope-developer")),
        ErrorCode::InvalidSoftwareStatement | ErrorCode::UnapprovedSoftwareStatement => {
            (key!("help-invalid-software-statement"), key!("help-invalid-software-statement-developer"))
        }
        ErrorCode::InvalidTarget => (key!("help-invalid-target"), key!("help-invalid-target-developer")),
        ErrorCode::InvalidToken => (key!("help-invalid-token"), key!("help-invalid-token-developer")),
        ErrorCode::RequestNotSupported | ErrorCode::RequestUriNotSupported | ErrorCode::RegistrationNotSupported => {
            (key!("help-request-not-supported"), key!("help-request-not-supported-developer"))
        }
        ErrorCode::ServerError => (key!("help-server-error"), key!("help-server-error-developer")),
        ErrorCode::TemporarilyUnavailable => {
            (key!("help-temporarily-unavailable"), key!("help-temporarily-unavailable-developer"))
        }
        ErrorCode::UnauthorizedClient => (key!("help-unauthorized-client"), key!("help-unauthorized-client-developer")),
        ErrorCode::UnmetAuthenticationRequirements => {
            (key!("help-unmet-authentication-requirements"), key!("help-unmet-authentication-requirements-developer"))
        }
        ErrorCode::UnsupportedGrantType => {
            (key!("help-unsupported-grant-type"), key!("help-unsupported-grant-type-developer"))
        }
        ErrorCode::UnsupportedResponseType => {
            (key!("help-unsupported-response-type"), key!("help-unsupported-response-type-developer"))
        }
    }
}
