//! Serving below a path: with the issuer `https://example.com/auth`, everything is found under `/auth`, as its metadata say.
//!
//! All else in the house knows the paths of [`routes`](super::routes) only. Here, at its door, the base is taken off what
//! comes in, and put before what goes out to browsers: the `Location` of a redirect, and the addresses in a page. Without
//! the base the same paths are answered too, since some proxies take it off themselves.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::Uri;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION};
use actix_web::http::uri::PathAndQuery;
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse};

use crate::web::state::State;

/// Where pages name addresses of ours. Whatever else a page says is escaped, so that no quotation mark of it is one.
const ATTRIBUTES: [&str; 5] = ["href", "action", "formaction", "src", "data-strength"];

/// Takes the base off a request, and puts it before the addresses in its answer.
pub async fn serve_below(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    let app = request.app_data::<State>().expect("every server is configured with its state").clone();
    let base = app.config.issuer.path();
    if let Some(uri) = without_base(request.uri(), base) {
        request.match_info_mut().get_mut().update(&uri);
        request.head_mut().uri = uri;
    }
    match next.call(request).await {
        Ok(response) => {
            let (request, response) = response.into_parts();
            Ok(ServiceResponse::new(request, lead_below(response.map_into_boxed_body(), base)))
        }
        // What a middleware refuses is an answer all the same.
        Err(cause) => {
            let response = lead_below(cause.error_response(), base);
            Err(InternalError::from_response(cause, response).into())
        }
    }
}

/// Puts the base before all addresses of ours in an answer.
fn lead_below(mut response: HttpResponse, base: &str) -> HttpResponse {
    relocate(response.headers_mut(), base);
    if !is_page(response.headers()) {
        return response;
    }
    response.map_body(|_, body| match body.try_into_bytes() {
        Ok(page) => BoxBody::new(with_base(&String::from_utf8_lossy(&page), base)),
        Err(body) => body,
    })
}

/// What our own paths begin with.
const FIRST: [&str; 20] = [
    ".well-known",
    "account",
    "admin",
    "api",
    "branding",
    "confirm-email",
    "consent",
    "device",
    "errors",
    "health",
    "language",
    "login",
    "logout",
    "metrics",
    "oauth2",
    "password-strength",
    "secret",
    "set-password",
    "setup",
    "static",
];

/// Refuses a base with which it could not be told whether a proxy has taken it off already.
///
/// # Errors
/// A sentence for the operator.
pub fn check(base: &str) -> Result<(), String> {
    let first = base.trim_start_matches('/').split('/').next().unwrap_or_default();
    if !FIRST.contains(&first) {
        return Ok(());
    }
    Err(format!(
        "the path of the issuer begins with /{first}, as paths of this server do; choose another one, such as /auth"
    ))
}

/// The same below the base; `None` when it is not there.
fn without_base(uri: &Uri, base: &str) -> Option<Uri> {
    let rest = uri.path().strip_prefix(base)?;
    if !(rest.is_empty() || rest.starts_with('/')) {
        return None;
    }
    let path = if rest.is_empty() { "/" } else { rest };
    let text = uri.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(text).ok()?);
    Uri::from_parts(parts).ok()
}

fn relocate(headers: &mut HeaderMap, base: &str) {
    let own = headers.get(LOCATION).and_then(|location| location.to_str().ok()).filter(|location| is_own(location));
    if let Some(location) = own.and_then(|location| HeaderValue::try_from(format!("{base}{location}")).ok()) {
        headers.insert(LOCATION, location);
    }
}

/// Whether it is a path, and not a URL without a scheme.
fn is_own(address: &str) -> bool {
    address.starts_with('/') && !address.starts_with("//")
}

fn is_page(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"text/html"))
}

/// The page with the base before each path in it.
fn with_base(page: &str, base: &str) -> String {
    const BEGINS: &str = "=\"";
    let mut whole = String::with_capacity(page.len() + page.len() / 16);
    let mut rest = page;
    while let Some(at) = rest.find(BEGINS) {
        let (before, value) = rest.split_at(at + BEGINS.len());
        whole.push_str(before);
        let name = before[..at].rsplit(char::is_whitespace).next().unwrap_or_default();
        if is_own(value) && ATTRIBUTES.contains(&name) {
            whole.push_str(base);
        }
        rest = value;
    }
    whole.push_str(rest);
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_is_taken_off_whole_or_not_at_all() {
        for (from, to) in [
            ("/auth", Some("/")),
            ("/auth/", Some("/")),
            ("/auth?x=1", Some("/?x=1")),
            ("/auth/oauth2/token", Some("/oauth2/token")),
            ("/auth/login?request=r%2F1", Some("/login?request=r%2F1")),
            ("/auth//evil", Some("//evil")),
            ("/authors", None),
            ("/login", None),
            ("/", None),
        ] {
            let uri = Uri::try_from(from).unwrap();
            assert_eq!(without_base(&uri, "/auth").map(|uri| uri.to_string()).as_deref(), to, "{from}");
        }
    }

    #[test]
    fn a_base_is_no_path_of_ours() {
        let routes = include_str!("routes.rs");
        let ours = routes.split("= \"/").skip(1).filter_map(|rest| rest.split(['/', '"']).next());
        let ours: std::collections::BTreeSet<&str> = ours.filter(|first| !first.is_empty()).collect();
        assert_eq!(ours.into_iter().collect::<Vec<_>>(), FIRST);
        assert!(check("/auth").is_ok() && check("/accounts/x").is_ok() && check("/x/account").is_ok());
        assert!(check("/oauth2").is_err() && check("/account/x").is_err());
    }

    #[test]
    fn only_addresses_of_ours_get_the_base() {
        let page = "<a class=\"x\" href=\"/account\">/login</a><a href=\"https://a.example/b\"></a><a href=\"//b\"></a>\
                    <form action=\"/login\"><input value=\"/account\"><button formaction=\"/admin/x?y=1\"></button></form>\
                    <img src=\"/static/a.png\"><use href=\"#x\"/><p title=\"/y\">href=&#34;/z&#34;</p>";
        let expected = "<a class=\"x\" href=\"/t/account\">/login</a><a href=\"https://a.example/b\"></a><a href=\"//b\"></a>\
                    <form action=\"/t/login\"><input value=\"/account\"><button formaction=\"/t/admin/x?y=1\"></button></form>\
                    <img src=\"/t/static/a.png\"><use href=\"#x\"/><p title=\"/y\">href=&#34;/z&#34;</p>";
        assert_eq!(with_base(page, "/t"), expected);
    }
}
