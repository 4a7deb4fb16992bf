//! Headers that every answer has, and the two middlewares that put them there.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::Method;
use actix_web::http::header::{self, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse};

use crate::web::browser::Browser;
use crate::web::error::PageError;
use crate::web::state::State;
use crate::web::{inspector, limits, request_id, settings};

/// The policy of a page, with `form_action` beside our own origin where its form leads on to a client.
pub fn content_security_policy(form_action: Option<&str>) -> String {
    let form_action = form_action.map(|origin| format!(" {origin}")).unwrap_or_default();
    format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'{form_action}; \
         base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
    )
}

/// The policy of most answers.
static POLICY: LazyLock<HeaderValue> =
    LazyLock::new(|| content_security_policy(None).parse().expect("it is a header's value"));

/// Lets the forms of a page lead to `origin`, where the browser will be redirected: Chromium and Safari hold the redirects
/// that follow a form to the policy of its page.
pub fn let_forms_lead_to(response: &mut HttpResponse, origin: &str) {
    if let Ok(policy) = content_security_policy(Some(origin)).parse() {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
}

/// The policy of a page that shows frames of clients, from these origins and no other.
pub fn framing_policy(origins: &BTreeSet<&str>) -> String {
    let origins: Vec<&str> = origins.iter().copied().collect();
    format!("{}; frame-src {}", content_security_policy(None), origins.join(" "))
}

/// The policy of a page that one of ours shows in a frame, and that does nothing; pictures may be in it.
pub fn preview_policy() -> HeaderValue {
    HeaderValue::from_static(
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'none'; base-uri 'none'; \
         frame-ancestors 'self'",
    )
}

/// `X-Frame-Options` of such a page.
pub fn same_origin() -> HeaderValue {
    HeaderValue::from_static("SAMEORIGIN")
}

/// The policy of a page that fetches itself anew.
pub fn updating_policy() -> HeaderValue {
    let policy = format!("{}; connect-src 'self'", content_security_policy(None));
    HeaderValue::try_from(policy).expect("it is plain text")
}

/// Gives the answer the headers that protect it, and the request's id; pages go by the settings of this moment.
pub async fn protect(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    let app = request.app_data::<State>().expect("every server is configured with its state").clone();
    let settings = app.settings();
    settings::within(settings, answer(app, request, next)).await
}

async fn answer(
    app: State,
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    // RFC 9110 §9.3.2: HEAD is GET whose answer has no body, and the codec leaves that out.
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    let answered = if let Some(refusal) = limits::oversized(&app, &request) {
        Ok(request.into_response(refusal))
    } else if request.path().contains('\0') || request.uri().path().contains("%00") {
        // No name holds one, and PostgreSQL cannot even look for it.
        Ok(request.into_response(HttpResponse::NotFound().body("There is nothing here.\n")))
    } else if !has_one_host(&request) {
        // A doubled or malformed Host is how requests are smuggled past a proxy.
        Ok(request.into_response(HttpResponse::BadRequest().body("The Host header is malformed.\n")))
    } else {
        match limits::admit(&app, &request) {
            Ok(_admitted) => inspector::observe(&app, request, next).await.map(ServiceResponse::map_into_boxed_body),
            Err(refusal) => Ok(request.into_response(refusal.error_response())),
        }
    };
    match answered {
        Ok(mut response) => {
            if !response.request().headers().contains_key(header::AUTHORIZATION) {
                withhold_basic(response.headers_mut());
            }
            complete(response.headers_mut(), &app);
            Ok(response)
        }
        // What a middleware refuses comes without its request. It is an answer all the same, and written here it has the id.
        Err(cause) => {
            let mut response = cause.error_response();
            complete(response.headers_mut(), &app);
            Err(InternalError::from_response(cause, response).into())
        }
    }
}

/// Takes back a Basic challenge. RFC 6749 §5.2 wants one where the client proved itself in the header; elsewhere libraries take
/// it for the error itself, and a browser asks its user for a name and a password in a dialog of its own.
fn withhold_basic(headers: &mut HeaderMap) {
    if headers.get(header::WWW_AUTHENTICATE).is_some_and(|challenge| challenge.as_bytes().starts_with(b"Basic ")) {
        headers.remove(header::WWW_AUTHENTICATE);
    }
}

/// Adds what the answer does not say itself.
fn complete(headers: &mut HeaderMap, app: &State) {
    let mut set = |name: HeaderName, value: &'static str| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    if app.is_https() {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains");
    }
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, POLICY.clone());
    }
    if let Ok(id) = HeaderValue::try_from(request_id::current()) {
        headers.insert(request_id::HEADER, id);
    }
}

fn has_one_host(request: &ServiceRequest) -> bool {
    let mut hosts = request.headers().get_all(header::HOST);
    let is_host = |value: &HeaderValue| {
        value.to_str().is_ok_and(|host| {
            !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte))
        })
    };
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => is_host(host),
        // HTTP/2 has it in the pseudo-header.
        (None, _) => request.version() == actix_web::http::Version::HTTP_2,
        _ => false,
    }
}

/// Names the browser that asks for a page.
pub async fn name_browser(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    let app = request.app_data::<State>().expect("every server is configured with its state").clone();
    let known = Browser::of(&app, request.request());
    let is_new = known.is_none();
    let is_page = request.method() != Method::POST;
    let browser = known.unwrap_or_else(Browser::unknown);
    let cookie = browser.cookie(&app);
    request.extensions_mut().insert(browser);
    let answered = next.call(request).await.map_err(|error| {
        // What fails outside a handler is the session, and sessions fail with the database.
        tracing::error!(%error, "a session could not be read or kept");
        PageError::Unavailable
    })?;
    let mut response = answered.map_into_boxed_body();
    let sets_it = response.response().cookies().any(|set| set.name() == cookie.name());
    // Forms come after a page that named the browser. One without the cookie was sent by another site, and the browser has
    // its name already, which must not be replaced.
    if is_new && !sets_it && is_page {
        response.response_mut().add_cookie(&cookie)?;
    }
    Ok(response)
}

/// Lets browser apps of any origin read the answer; they are public clients and send no cookies.
pub async fn allow_any_origin(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    // What an answer says beside its body, and a page could not read otherwise.
    const EXPOSED: &str = "ETag, Retry-After, WWW-Authenticate, X-Request-Id";
    let mut response = next.call(request).await?.map_into_boxed_body();
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response.headers_mut().insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    Ok(response)
}
