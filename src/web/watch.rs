//! The outermost middleware: counts every answer, writes the access log, and ends connections while the server stops.
//!
//! The access log is one event for each request on the target [`ACCESS_LOG`], at the level debug: `RUST_LOG=info,access=debug`
//! turns it on. It has the pattern of the route and never the path, the query, a header or the body, because these
//! carry codes, tokens and names.

use std::time::{Duration, Instant};

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{Extensions, ServiceRequest, ServiceResponse};
use actix_web::http::header::HeaderName;
use actix_web::http::{ConnectionType, Method};
use actix_web::middleware::Next;

use crate::metrics::requests::{Ended, NO_ROUTE};
use crate::web::error::JsonError;
use crate::web::state::State;

/// The target of the access log's events, for `RUST_LOG`.
pub const ACCESS_LOG: &str = "access";

/// Counts and logs a request.
pub async fn requests(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let app = request.app_data::<State>().expect("every server is configured with its state").clone();
    let method = request.method().clone();
    let (_in_flight, begun) = (app.metrics.requests.in_flight.track(), Instant::now());
    let is_last = app.stopping.notes_request(request.path());
    let mut outcome = next.call(request).await;
    let took = begun.elapsed();
    match &mut outcome {
        Ok(response) => {
            if is_last {
                // RFC 9112 §9.6: a proxy that is told does not send the next request into a connection that is about to end.
                response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
            }
            let pattern = response.request().match_pattern();
            let error = response.response().error().and_then(Error::as_error::<JsonError>).and_then(JsonError::code);
            let ended = Ended { method: method.as_str(), status: response.status().as_u16(), took, error };
            app.metrics.requests.record(pattern.as_deref(), ended);
            log(&app, response, &method, pattern.as_deref(), took);
        }
        Err(error) => {
            let status = error.as_response_error().status_code().as_u16();
            app.metrics.requests.record(None, Ended { method: method.as_str(), status, took, error: None });
        }
    }
    outcome
}

fn log(
    app: &State,
    response: &ServiceResponse<impl MessageBody>,
    method: &Method,
    pattern: Option<&str>,
    took: Duration,
) {
    if !tracing::enabled!(target: ACCESS_LOG, tracing::Level::DEBUG) {
        return;
    }
    let request = response.request();
    let id = response.headers().get(HeaderName::from_static("x-request-id")).and_then(|id| id.to_str().ok());
    tracing::debug!(
        target: ACCESS_LOG,
        method = method.as_str(),
        route = pattern.unwrap_or(NO_ROUTE),
        status = response.status().as_u16(),
        duration_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        request_id = id.unwrap_or_default(),
        client = %app.client_address(request),
    );
}

/// Counts a connection for as long as it is open.
pub fn connection(app: &State, data: &mut Extensions) {
    app.metrics.connections.increment();
    data.insert(Connection(app.clone()));
}

struct Connection(State);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.metrics.connections.decrement();
    }
}
