//! Headers that every answer has, and the two middlewares that put them there.
//!
//! What is refused before a handler is asked, and what a panic left unanswered, is answered in [`protect`]: with the headers
//! of any answer at its path, so that whoever may read that may read this.
//!
//! Not here: what actix answers by itself because there is no request yet. To bytes that are none (400), a head beyond its
//! buffer (431) and one that does not come (408) it says nothing more than the status.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::LazyLock;
use std::task::Poll;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{self, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode, Version};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse, ResponseError};

use crate::domain::policies::Registration;
use crate::web::api::problem;
use crate::web::browser::Browser;
use crate::web::error::{JsonError, PageError};
use crate::web::language::{self, choice};
use crate::web::limits::Admitted;
use crate::web::state::{App, State};
use crate::web::{connections, inspector, limits, nothing_at, protocol_error, request_id, routes, settings};

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
    let audience = Audience::of(&app, request.path());
    let answered = match admit(&app, &request, audience) {
        Ok(_admitted) => match survive(inspector::observe(&app, request, next)).await {
            Some(answered) => answered.map(ServiceResponse::map_into_boxed_body),
            None => Err(audience.told(PageError::Internal, JsonError::Internal)),
        },
        Err(refusal) => Ok(request.into_response(audience.in_its_form(*refusal))),
    };
    match answered {
        Ok(mut response) => {
            if !response.request().headers().contains_key(header::AUTHORIZATION) {
                withhold_basic(response.headers_mut());
            }
            complete(response.status(), response.headers_mut(), &app, audience);
            Ok(response)
        }
        // What a middleware refuses comes without its request. It is an answer all the same, and written here it has the id.
        Err(cause) => {
            let mut response = audience.in_its_form(cause.error_response());
            complete(response.status(), response.headers_mut(), &app, audience);
            Err(InternalError::from_response(cause, response).into())
        }
    }
}

/// Who reads the answers at a path.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Audience {
    People,
    Programs,
    /// Programs that look after this server.
    Managers,
    /// Programs, and among them browser apps of any origin: they are public clients and send no cookies.
    BrowserApps,
}

impl Audience {
    fn of(app: &App, path: &str) -> Self {
        if is_for_browser_apps(app, path) {
            Self::BrowserApps
        } else if routes::is_of_api(path) {
            Self::Managers
        } else if routes::is_for_program(path) {
            Self::Programs
        } else {
            Self::People
        }
    }

    /// An error as they read it.
    fn told(self, page: PageError, json: JsonError) -> Error {
        if self == Self::People { page.into() } else { json.into() }
    }

    /// A refusal that came from no route, as the routes refuse.
    fn in_its_form(self, refusal: HttpResponse) -> HttpResponse {
        if self == Self::Managers { problem::as_problem(refusal) } else { refusal }
    }
}

/// Whether one of the endpoints that `web` makes with `public` is at a path.
fn is_for_browser_apps(app: &App, path: &str) -> bool {
    if [routes::TOKEN, routes::REVOKE, routes::USERINFO, routes::JWKS].contains(&path) {
        return true;
    }
    // RFC 8414 §3.1: behind the well-known path comes that of our issuer, or it is another's.
    let well_known = [routes::OPENID_CONFIGURATION, routes::OAUTH_AUTHORIZATION_SERVER];
    if let Some(rest) = well_known.into_iter().find_map(|known| path.strip_prefix(known)) {
        return rest.is_empty() || rest == app.config.issuer.path();
    }
    path.strip_prefix(routes::REGISTER).is_some_and(|rest| {
        let is_client = rest.strip_prefix('/').is_some_and(|id| !id.is_empty() && !id.contains('/'));
        (rest.is_empty() || is_client) && app.policies().registration != Registration::Closed
    })
}

/// Lets a request in, and counts it while the value lives; or says why not.
fn admit<'a>(
    app: &'a App,
    request: &ServiceRequest,
    audience: Audience,
) -> Result<Option<Admitted<'a>>, Box<HttpResponse>> {
    // What decides about the language of pages is further in.
    let in_their_language =
        |refusal: &dyn Fn() -> HttpResponse| Box::new(language::within(choice::wished(request.headers()), refusal));
    if let Some(refusal) = limits::oversized(app, request) {
        return Err(Box::new(refusal));
    }
    if request.path().contains('\0') || request.uri().path().contains("%00") {
        // No name holds one, and PostgreSQL cannot even look for it.
        return Err(in_their_language(&|| nothing_at(request.path())));
    }
    if !has_one_host(request) {
        // A doubled or malformed Host is how requests are smuggled past a proxy. No person's browser sends one.
        let wanted = "Send one Host header, with the name of this server.";
        return Err(Box::new(if audience == Audience::People {
            HttpResponse::BadRequest().body(format!("{wanted}\n"))
        } else {
            protocol_error(wanted).error_response()
        }));
    }
    // A preflight that is refused is an error of the network to the app, whatever it says. Its answer costs no more than a
    // refusal would.
    if audience == Audience::BrowserApps && request.method() == Method::OPTIONS {
        return Ok(None);
    }
    if connections::is_full(request) {
        app.metrics.refusals.increment(["unread"]);
        let refusal = audience.told(PageError::Unavailable, JsonError::Unavailable);
        return Err(in_their_language(&|| refusal.error_response()));
    }
    limits::admit(app, request).map_err(|refusal| in_their_language(&|| refusal.error_response()))
}

/// What `work` comes to; nothing when it panics, of which the log tells. With no answer at all nobody could name the request
/// to whoever reads that.
async fn survive<T>(work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    // What broke is not looked at again: it ends with the request.
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
        Ok(polled) => polled.map(Some),
        Err(_) => Poll::Ready(None),
    })
    .await
}

/// Takes back a Basic challenge. RFC 6749 §5.2 wants one where the client proved itself in the header; elsewhere libraries take
/// it for the error itself, and a browser asks its user for a name and a password in a dialog of its own.
fn withhold_basic(headers: &mut HeaderMap) {
    if headers.get(header::WWW_AUTHENTICATE).is_some_and(|challenge| challenge.as_bytes().starts_with(b"Basic ")) {
        headers.remove(header::WWW_AUTHENTICATE);
    }
}

/// Adds what the answer does not say itself.
fn complete(status: StatusCode, headers: &mut HeaderMap, app: &State, audience: Audience) {
    // What an answer says beside its body, and a page of another origin could not read otherwise.
    const EXPOSED: &str = "ETag, Retry-After, WWW-Authenticate, X-Request-Id";
    let mut set = |name: HeaderName, value: &'static str| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    if status.is_client_error() || status.is_server_error() {
        // RFC 9110 §15.1: caches may keep a 404 or a 405 that does not say otherwise.
        set(header::CACHE_CONTROL, "no-store");
    }
    if audience == Audience::BrowserApps {
        set(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        set(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
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
        // HTTP/2 has it in the pseudo-header. RFC 9112 §3.2 demands it of HTTP/1.1 only, and balancers probe in 1.0 without it.
        (None, _) => matches!(request.version(), Version::HTTP_10 | Version::HTTP_2),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn a_panic_ends_the_request_and_nothing_else() {
        assert_eq!(survive(async { "7".parse::<u8>().expect("a number") }).await, Some(7));
        assert_eq!(survive(async { "x".parse::<u8>().expect("a number") }).await, None);
    }
}
