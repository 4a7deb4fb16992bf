//! HTTP and HTML: the only place that names actix and askama.

// First, and its macros with it: everything below speaks.
#[macro_use]
pub mod language;

pub mod account;
pub mod admin;
pub mod api;
pub mod assets;
pub mod base_path;
pub mod branding;
pub mod browser;
pub mod client_metadata;
pub mod confirm;
pub mod connections;
pub mod csrf;
pub mod error;
pub mod error_help;
pub mod error_page;
pub mod form;
pub mod form_post;
pub mod handler;
pub mod headers;
pub mod health;
pub mod in_process;
pub mod inspector;
pub mod json_lines;
pub mod limits;
pub mod live;
pub mod mail;
pub mod metrics;
pub mod multipart;
pub mod oauth;
pub mod page;
pub mod passwords;
pub mod person;
pub mod request_id;
pub mod routes;
pub mod secret;
pub mod session;
pub mod session_store;
pub mod settings;
pub mod state;
pub mod stopping;
pub mod tokens;
pub mod untrusted_proxy;
pub mod visitor;
pub mod watch;

use actix_session::SessionMiddleware;
use actix_session::config::{BrowserSession, CookieContentSecurity, TtlExtensionPolicy};
use actix_web::cookie::{SameSite, time::Duration};
use actix_web::guard::fn_guard;
use actix_web::http::header::{self, ALLOW};
use actix_web::middleware::from_fn;
use actix_web::{HttpRequest, HttpResponse, Resource, ResponseError, Route, web};

use crate::domain::policies::Registration;
use api::problem::Problem;
use error::{JsonError, PageError};
use handler::{delete, get, post, put};
use session_store::DieselSessionStore;
use state::State;

/// Every route, grouped by who calls it.
pub fn configure(app: &State, config: &mut web::ServiceConfig) {
    let access = app.config.metrics.access;
    // First of all, with what people's pages have: a pattern costs a regular expression, and behind the others it would be
    // compared with each.
    config.service(
        web::resource(routes::AUTHORIZE)
            .wrap(sessions(app))
            .wrap(from_fn(headers::name_browser))
            .wrap(from_fn(language::choice::of_browser))
            .route(get(oauth::authorize::start))
            .route(post(oauth::authorize::start))
            .default_service(only_page("GET, POST")),
    );
    machines(app, config);
    config.service(
        document(routes::METRICS, get(metrics::get)).guard(fn_guard(move |request| metrics::is_open(access, request))),
    );
    config.service(
        web::scope("")
            .wrap(sessions(app))
            .wrap(from_fn(headers::name_browser))
            .wrap(from_fn(language::choice::of_browser))
            .configure(people)
            .default_service(web::to(nothing_here)),
    );
}

/// What the second listener serves: metrics for whoever reaches it, and health.
pub fn configure_metrics(config: &mut web::ServiceConfig) {
    health(config);
    config
        .service(document(routes::METRICS, get(metrics::get)))
        .default_service(web::to(|| async { HttpResponse::NotFound().body("There is nothing here.\n") }));
}

fn health(config: &mut web::ServiceConfig) {
    config
        .service(document(routes::HEALTH_LIVE, get(health::live)))
        .service(document(routes::HEALTH_READY, get(health::ready)));
}

/// Endpoints for programs: no cookies, no pages.
fn machines(app: &State, config: &mut web::ServiceConfig) {
    use oauth::{device, introspect, metadata, revoke, token, userinfo};
    let described = |path: &'static str| public(path, "GET").route(get(metadata::get));
    // RFC 8414 §3.1: behind the well-known path comes that of our issuer, or it is another's metadata that are looked for.
    let with_issuer = |well_known: &str| {
        let whole = format!("{well_known}{}", app.config.issuer.path());
        fn_guard(move |request| request.head().uri.path() == whole)
    };
    config
        .service(public(routes::TOKEN, "POST").route(post(token::post)))
        .service(public(routes::REVOKE, "POST").route(post(revoke::post)))
        .service(public(routes::USERINFO, "GET, POST").route(get(userinfo::answer)).route(post(userinfo::answer)))
        .service(web::resource(routes::INTROSPECT).route(post(introspect::post)).default_service(only("POST")))
        .service(web::resource(routes::DEVICE_AUTHORIZATION).route(post(device::post)).default_service(only("POST")))
        .service(described(routes::OAUTH_AUTHORIZATION_SERVER))
        .service(described(routes::OPENID_CONFIGURATION))
        .service(public(routes::JWKS, "GET").route(get(metadata::jwks)))
        .service(document(routes::SECRET, get(secret::get)))
        .configure(health)
        .configure(api::configure)
        // Patterns last: each is a regular expression for whatever comes so far.
        .service(
            described("/.well-known/oauth-authorization-server/{path:.*}")
                .guard(with_issuer(routes::OAUTH_AUTHORIZATION_SERVER)),
        )
        .service(
            described("/.well-known/openid-configuration/{path:.*}").guard(with_issuer(routes::OPENID_CONFIGURATION)),
        )
        .configure(assets::configure)
        .configure(branding::configure);
    registration(app, config);
}

/// Where clients register themselves; closed, it is nowhere.
fn registration(app: &State, config: &mut web::ServiceConfig) {
    use oauth::register;
    let is_open = |app: State| fn_guard(move |_| app.policies().registration != Registration::Closed);
    config.service(public(routes::REGISTER, "POST").guard(is_open(app.clone())).route(post(register::create))).service(
        public(routes::REGISTERED_CLIENT, "GET, PUT, DELETE")
            .guard(is_open(app.clone()))
            .route(get(register::show))
            .route(put(register::update))
            .route(delete(register::delete)),
    );
}

/// Pages for people: sessions, forms, cookies.
fn people(config: &mut web::ServiceConfig) {
    use oauth::{authorize, logout};
    // Of a query with a parameter that is there twice, or with bytes that are no text.
    let unreadable = || PageError::BadRequest(t!("error-not-found-what"));
    config
        .app_data(web::QueryConfig::default().error_handler(move |_, _| unreadable().into()))
        .service(page("/oauth2/authorize/{request}").route(get(authorize::resume)).default_service(only_page("GET")))
        .service(
            web::resource(routes::END_SESSION)
                .route(get(logout::start))
                .route(post(logout::start))
                .default_service(only_page("GET, POST")),
        )
        .service(page("/oauth2/logout/{request}").route(get(logout::resume)).default_service(only_page("GET")))
        .service(page(routes::LANGUAGE).route(get(language::choice::choose)).default_service(only_page("GET")))
        .service(page(routes::ERROR).route(get(error_help::show)).default_service(only_page("GET")))
        .configure(account::configure)
        .configure(admin::configure);
}

/// The resource of a page; other methods get an error page.
pub(crate) fn page(path: &str) -> Resource {
    web::resource(path)
}

fn sessions(app: &State) -> SessionMiddleware<DieselSessionStore> {
    SessionMiddleware::builder(DieselSessionStore(app.clone()), app.session_cookie_key())
        .cookie_name(app.cookie_name("session"))
        .cookie_secure(app.is_https())
        .cookie_http_only(true)
        .cookie_same_site(SameSite::Lax)
        .cookie_content_security(CookieContentSecurity::Private)
        .session_lifecycle(
            BrowserSession::default()
                // The store knows better: it goes by the settings of the moment.
                .state_ttl(Duration::days(1))
                .state_ttl_extension_policy(TtlExtensionPolicy::OnStateChanges),
        )
        .build()
}

/// A document that is only read.
fn document(path: &str, read: Route) -> Resource {
    web::resource(path).route(read).default_service(only("GET"))
}

/// An endpoint that browser apps call from their own pages, without cookies; [`headers::protect`] lets them read its answers.
/// Its routes are those of `methods`.
fn public(path: &str, methods: &'static str) -> Resource {
    web::resource(path).route(preflight(methods)).default_service(only(methods))
}

/// What browsers ask before a page of another origin may send anything unusual. Any header is fine; the wildcard does not stand
/// for `Authorization`, and older browsers do not know it.
fn preflight(methods: &'static str) -> Route {
    web::method(actix_web::http::Method::OPTIONS).to(move || async move {
        HttpResponse::NoContent()
            .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, methods))
            .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, "Authorization, Content-Type, *"))
            .insert_header((header::ACCESS_CONTROL_MAX_AGE, "86400"))
            .finish()
    })
}

/// The answer to a method that an endpoint for programs does not have.
pub(crate) fn only(allowed: &'static str) -> Route {
    web::to(move || async move {
        let error = protocol_error("This endpoint does not have that method.");
        let mut response = error.error_response();
        *response.status_mut() = actix_web::http::StatusCode::METHOD_NOT_ALLOWED;
        allow(&mut response, allowed);
        response
    })
}

/// The same for a page.
pub(crate) fn only_page(allowed: &'static str) -> Route {
    web::to(move || async move {
        let layout = page::Layout::new("", page::Section::Door, "").with_request_id(request_id::current());
        let mut response = page::respond(
            actix_web::http::StatusCode::METHOD_NOT_ALLOWED,
            &error_page::ErrorPage::method_not_allowed(layout),
        );
        allow(&mut response, allowed);
        response
    })
}

/// Names the methods that there are. Where GET is, HEAD is: [`headers::protect`].
fn allow(response: &mut HttpResponse, methods: &str) {
    if let Ok(methods) = methods.replace("GET", "GET, HEAD").parse() {
        response.headers_mut().insert(ALLOW, methods);
    }
}

fn protocol_error(description: &'static str) -> JsonError {
    JsonError::OAuth(crate::protocol::error::OAuthError::invalid_request(description))
}

/// Where no route is; the first page leads on.
async fn nothing_here(request: HttpRequest) -> HttpResponse {
    match request.path() {
        routes::HOME => error::see_other(routes::ACCOUNT),
        path => nothing_at(path),
    }
}

/// Programs get a short answer, people a page.
fn nothing_at(path: &str) -> HttpResponse {
    if routes::is_of_api(path) {
        return Problem::NothingHere.error_response();
    }
    if routes::is_for_program(path) {
        return HttpResponse::NotFound().json(serde_json::json!({
            "error": "not_found",
            "error_description": "There is nothing at this path. The metadata lists the endpoints.",
        }));
    }
    PageError::NotFound.error_response()
}
