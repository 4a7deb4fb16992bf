//! `/device`: a person enters the code that a device shows (RFC 8628 §3.3).
//!
//! 1. The code binds the waiting request to this browser: nobody else can answer it from then on.
//! 2. From there it is an authorization request like any other: sign in, consent. Only the answer goes to the device, and
//!    consent is asked for every time, because whoever sent the code may be somebody else than the user (§5.4).
//!
//! Codes are short, so guesses are counted by browser and by address (§5.1).

use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::domain::device::{DeviceState, UserCode};
use crate::store::{StoreError, authorization_requests, device_authorizations};
use crate::throttle::Key;
use crate::web::error::{PageError, see_other};
use crate::web::oauth::authorize;
use crate::web::page::{FormErrors, Layout, duration, respond, sample};
use crate::web::routes;
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "account/device/new.html")]
pub struct NewPage {
    pub layout: Layout,
    /// What was typed, or what the link on the device said.
    pub user_code: String,
    /// The code came with the link: then it is to be compared, not typed.
    pub is_from_link: bool,
    /// Id: `user_code`.
    pub errors: FormErrors,
}

/// The device has its answer.
#[derive(Template)]
#[template(path = "account/device/done.html")]
pub struct DonePage {
    pub layout: Layout,
    pub is_approved: bool,
}

impl NewPage {
    pub fn title() -> String {
        t!("device-title")
    }

    pub fn samples() -> Vec<Self> {
        let page = |user_code: &str, is_from_link, errors| Self {
            layout: sample::door(&Self::title()),
            user_code: user_code.into(),
            is_from_link,
            errors,
        };
        let unknown = FormErrors::none().with("user_code", t!("device-unknown"));
        vec![
            page("", false, FormErrors::none()),
            page("WDJB-MJHT", true, FormErrors::none()),
            page("WDJB-MJHX", false, unknown),
        ]
    }
}

impl DonePage {
    fn of(layout: Layout, is_approved: bool) -> Self {
        let title = if is_approved { t!("device-approved") } else { t!("device-denied") };
        Self { layout: Layout { title, ..layout }, is_approved }
    }

    pub fn samples() -> Vec<Self> {
        [true, false].map(|is_approved| Self::of(sample::door(""), is_approved)).into()
    }
}

/// What the link on the device carries.
#[derive(Deserialize)]
pub struct DeviceQuery {
    #[serde(default)]
    user_code: String,
}

/// `GET /device`
pub async fn new(visitor: Visitor, query: web::Query<DeviceQuery>) -> HttpResponse {
    // What is no code is not repeated on the page.
    let linked = UserCode::parse(&query.user_code).map(|code| code.to_string());
    let page = NewPage {
        layout: visitor.layout(NewPage::title()),
        is_from_link: linked.is_some(),
        user_code: linked.unwrap_or_default(),
        errors: FormErrors::none(),
    };
    respond(StatusCode::OK, &page)
}

/// `POST /device`
pub async fn create(visitor: Visitor, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, PageError> {
    let form = visitor.form(&request, payload).await?;
    let typed = form.get("user_code").unwrap_or_default();
    let app = &visitor.app;
    let refused = |status, problem: String| {
        let page = NewPage {
            layout: visitor.layout(NewPage::title()),
            user_code: typed.chars().take(20).collect(),
            is_from_link: false,
            errors: FormErrors::none().with("user_code", problem),
        };
        respond(status, &page)
    };
    let Some(user_code) = UserCode::parse(typed) else {
        return Ok(refused(StatusCode::UNPROCESSABLE_ENTITY, t!("device-malformed")));
    };
    let by_address = [Key::UserCode { address: visitor.address }];
    let by_browser = [Key::UserCodeFrom { browser: &visitor.browser.id }];
    let now = visitor.now();
    if let Err(wait) = app.throttle.check(&by_address, now).and(app.user_codes.check(&by_browser, now)) {
        let mut response = refused(StatusCode::TOO_MANY_REQUESTS, t!("device-throttled", wait = duration(wait.0)));
        response.headers_mut().insert(RETRY_AFTER, wait.0.into());
        return Ok(response);
    }
    let Some(id) = claim(&visitor, &user_code).await? else {
        app.throttle.record_failure(&by_address, now);
        app.user_codes.record_failure(&by_browser, now);
        return Ok(refused(StatusCode::NOT_FOUND, t!("device-unknown")));
    };
    app.user_codes.forget(&by_browser);
    Ok(see_other(&authorize::resume_path(&id)))
}

/// Binds the waiting device to this browser, and stores its request for the pages to come; the id of that.
async fn claim(visitor: &Visitor, user_code: &UserCode) -> Result<Option<String>, StoreError> {
    let (digest, browser, now) = (user_code.digest(), visitor.browser.id.clone(), visitor.now());
    visitor
        .app
        .store
        .write(move |connection| {
            let Some(waiting) = device_authorizations::claim(connection, &digest, &browser, now)? else {
                return Ok(None);
            };
            let new = authorize::stored_request(waiting.client_id, waiting.request, Some(browser.clone()), now);
            authorization_requests::insert(connection, &new)?;
            Ok(Some(new.id))
        })
        .await
}

/// `GET /device/{decision}`
pub async fn done(visitor: Visitor, decision: web::Path<String>) -> Result<HttpResponse, PageError> {
    let is_approved = match decision.as_str() {
        approved if approved == DeviceState::Approved.as_str() => true,
        denied if denied == DeviceState::Denied.as_str() => false,
        _ => return Err(PageError::NotFound),
    };
    Ok(respond(StatusCode::OK, &DonePage::of(visitor.layout(""), is_approved)))
}
