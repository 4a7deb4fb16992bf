//! A second listener that sends people who typed `http://` to the issuer, and does nothing else.
//!
//! Where to is decided by our issuer identifier, never by the request's Host header. Only what a person's browser does by
//! itself is redirected: a client that posts to http has lost its secret already, and should notice.

use std::time::Duration;

use actix_web::http::Method;
use actix_web::http::header::LOCATION;
use actix_web::web::{self, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};

use super::side::{self, Side};
use crate::config::Config;

/// Listens where `GRANTOR_HTTP_REDIRECT_LISTEN` says, if it does.
///
/// # Errors
/// A sentence for the operator.
pub fn bind(config: &Config) -> Result<Option<Side>, String> {
    let Some(address) = config.http_redirect_listen else { return Ok(None) };
    let (listener, address) = side::listen(address, "GRANTOR_HTTP_REDIRECT_LISTEN")?;
    let origin = Data::new(config.issuer.origin());
    let server = HttpServer::new(move || App::new().app_data(origin.clone()).default_service(web::to(redirect)))
        .client_request_timeout(Duration::from_secs(5))
        .keep_alive(actix_web::http::KeepAlive::Disabled)
        .max_connections(1_000)
        .workers(1)
        .disable_signals()
        .listen(listener)
        .map_err(|error| format!("cannot send http to https: {error}"))?;
    Ok(Some(Side { address, server: server.run() }))
}

async fn redirect(request: HttpRequest, origin: Data<String>) -> HttpResponse {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return HttpResponse::BadRequest().body("This server is reached by https only.\n");
    }
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    // The origin is followed by the slash of the path, so nothing in it can make another host of the origin.
    let location = format!("{}/{}", origin.as_str(), path.trim_start_matches('/'));
    HttpResponse::PermanentRedirect().insert_header((LOCATION, location)).finish()
}
