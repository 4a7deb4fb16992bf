//! The middleware that names every request, counts its answer, tells its trace, writes the access log, and ends connections
//! while the server stops.
//!
//! The access log is one event for each request on the target [`ACCESS_LOG`], at the level debug: `RUST_LOG=info,access=debug`
//! turns it on. It has the pattern of the route and never the path, the query, a header or the body, because these
//! carry codes, tokens and names.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::middleware::Next;

use crate::metrics::requests::{Ended, method_name};
use crate::telemetry::context;
use crate::telemetry::trace;
use crate::web::error::JsonError;
use crate::web::request_id;
use crate::web::state::State;

/// The target of the access log's events, for `RUST_LOG`.
pub const ACCESS_LOG: &str = "access";

/// Names a request, counts and logs its answer.
pub async fn requests(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let app = request.app_data::<State>().expect("every server is configured with its state").clone();
    let (_in_flight, begun) = (app.metrics.requests.in_flight.track(), Instant::now());
    let is_last = app.stopping.notes_request(request.path());
    let method = method_name(request.method().as_str());
    // What a middleware refuses comes back without its request, and stands in the access log all the same.
    let client = is_logged().then(|| app.client_address(request.request()));
    let context = request_id::describe(&app, &request);
    let mut outcome = context::scope(Arc::clone(&context), next.call(request)).await;
    let (status, error) = match &mut outcome {
        Ok(response) => {
            if is_last {
                // RFC 9112 §9.6: a proxy that is told does not send the next request into a connection that is about to end.
                response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
            }
            let error = response.response().error().and_then(Error::as_error::<JsonError>).and_then(JsonError::reason);
            (response.status().as_u16(), error)
        }
        Err(error) => (error.as_response_error().status_code().as_u16(), None),
    };
    let ended = Ended { method, status, took: begun.elapsed(), error };
    app.metrics.requests.record(context.route.as_deref(), ended);
    if let Some(client) = client {
        context::enter(Some(&context), || log(client, ended));
    }
    if let (Some(traces), Some(_)) = (&app.traces, &context.trace) {
        let Ended { method, status, took, error } = ended;
        traces.tracer.end(trace::Ended { request: context, method, status, error, took });
    }
    outcome
}

/// Names a request, and no more: what asks for metrics is not counted among them.
pub async fn identify(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let app = request.app_data::<State>().expect("every server is configured with its state").clone();
    let context = request_id::describe(&app, &request);
    context::scope(context, next.call(request)).await
}

fn is_logged() -> bool {
    tracing::enabled!(target: ACCESS_LOG, tracing::Level::DEBUG)
}

fn log(client: IpAddr, ended: Ended) {
    tracing::debug!(
        target: ACCESS_LOG,
        method = ended.method,
        status = ended.status,
        duration_us = u64::try_from(ended.took.as_micros()).unwrap_or(u64::MAX),
        %client,
    );
}
