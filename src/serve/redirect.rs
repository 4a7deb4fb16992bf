//! A second listener that sends people who typed `http://` to the issuer, and does nothing else.
//!
//! Where to is decided by our issuer identifier, never by the request's Host header. Only what a person's browser does by
//! itself is redirected: a client that posts to http has lost its secret already, and should notice.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::http::Method;
use actix_web::http::header::{LOCATION, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use actix_web::middleware::DefaultHeaders;
use actix_web::web::{self, Data};
use actix_web::{App as ActixApp, HttpRequest, HttpResponse, HttpServer};

use super::side::Side;
use crate::web::connections::{self, Listener};
use crate::web::state::App;

/// Serves at most `most` connections on a bound listener.
///
/// # Errors
/// A sentence for the operator.
pub fn serve(app: &Data<App>, (listener, address): (TcpListener, SocketAddr), most: usize) -> Result<Side, String> {
    let (origin, for_connections) = (Data::new(app.config.issuer.origin()), app.clone());
    let listens = Listener { name: "redirect", most };
    // Requests are not followed: none takes as long as a connection may last.
    let server = HttpServer::new(move || {
        let protecting = DefaultHeaders::new().add((X_CONTENT_TYPE_OPTIONS, "nosniff"));
        ActixApp::new()
            .app_data(origin.clone())
            .default_service(web::to(redirect))
            .wrap(protecting.add((REFERRER_POLICY, "no-referrer")))
    });
    let server = server
        .on_connect(move |io, data| connections::open(&for_connections, listens, io, data))
        .client_request_timeout(Duration::from_secs(5))
        .keep_alive(actix_web::http::KeepAlive::Disabled)
        .max_connections(listens.most)
        .workers(1)
        .disable_signals()
        .listen(listener)
        .map_err(|error| format!("cannot send http to https: {error}"))?;
    Ok(Side { address, server: server.run() })
}

async fn redirect(request: HttpRequest, origin: Data<String>) -> HttpResponse {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let refusal = "This server is reached by https only.\n";
        return HttpResponse::BadRequest().content_type("text/plain; charset=utf-8").body(refusal);
    }
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    // The origin is followed by the slash of the path, so nothing in it can make another host of the origin.
    let location = format!("{}/{}", origin.as_str(), path.trim_start_matches('/'));
    HttpResponse::PermanentRedirect().insert_header((LOCATION, location)).finish()
}
