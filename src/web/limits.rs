//! How much is done at once and for whom: refused early, in a few microseconds, so that the rest is served in time.
//!
//! Requests that are being answered are bounded in all, since an HTTP/2 connection may send any number at once and each may
//! keep its body waiting. Requests by address and by client are bounded where an operator says so. Probes and metrics are
//! never refused.

use std::net::IpAddr;

use actix_web::dev::ServiceRequest;
use actix_web::{HttpResponse, ResponseError};

use crate::domain::client::Client;
use crate::throttle::{Key, RetryAfter};
use crate::web::error::{JsonError, PageError};
use crate::web::routes;
use crate::web::state::App;

/// Most requests that are being answered: with the largest bodies, half a gigabyte.
const MOST_IN_FLIGHT: i64 = 8_192;

/// The refusal of a request that is one too many.
pub fn refusal(app: &App, request: &ServiceRequest) -> Option<HttpResponse> {
    let path = request.path();
    if path.starts_with("/health/") || path == routes::METRICS {
        return None;
    }
    let answer = |page: PageError, json: JsonError| {
        if routes::is_for_program(path) { json.error_response() } else { page.error_response() }
    };
    if app.metrics.requests.in_flight.get() > MOST_IN_FLIGHT {
        app.metrics.refusals.increment(["in_flight"]);
        return Some(answer(PageError::Unavailable, JsonError::Unavailable));
    }
    let address = Key::Address(app.client_address(request.request()));
    let RetryAfter(seconds) = app.requests.admit(address, app.now()).err()?;
    app.metrics.refusals.increment(["address"]);
    Some(answer(PageError::TooMany(seconds), JsonError::TooMany(seconds)))
}

/// Counts a request of a client; refuses it when it is one too many.
pub fn admit_client(app: &App, client: &Client, address: IpAddr) -> Result<(), RetryAfter> {
    let key =
        if client.is_public() { Key::PublicClient { client: &client.id, address } } else { Key::Client(&client.id) };
    app.client_requests.admit(key, app.now()).inspect_err(|_| app.metrics.refusals.increment(["client"]))
}
