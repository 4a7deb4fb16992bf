//! The id of the request that is being answered.
//!
//! It is ours, unless a trusted proxy has given the request one in `X-Request-Id`.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use actix_web::dev::ServiceRequest;
use actix_web::http::header::HeaderName;

use crate::clock;
use crate::secret::random_id;
use crate::telemetry::context::{self, Context};
use crate::telemetry::trace::Parent;
use crate::web::routes;
use crate::web::state::App;

/// Where it is read and written.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id that is taken over.
const MOST: usize = 128;

/// What is known of a request before it is answered.
pub fn describe(app: &App, request: &ServiceRequest) -> Arc<Context> {
    // Whoever else could write into our log and audit trail, and decide what is traced.
    let proxied = |name: &str| {
        let is_trusted = request.peer_addr().is_some_and(|peer| app.config.trusted_proxies.trusts(peer.ip()));
        if is_trusted { request.headers().get(name)?.to_str().ok() } else { None }
    };
    let given = proxied(HEADER.as_str()).filter(|id| is_id(id)).map(str::to_owned);
    let trace = app
        .traces
        .as_ref()
        .and_then(|traces| traces.tracer.begin(proxied("traceparent").and_then(Parent::parse), clock::wall_nanos()));
    Arc::new(Context {
        id: given.unwrap_or_else(random_id),
        route: routes::busy(request.path()).map(str::to_owned).or_else(|| request.match_pattern()),
        trace,
        language: AtomicUsize::default(),
    })
}

/// The id of the current request; empty outside one.
pub fn current() -> String {
    context::with(|request| request.id.clone()).unwrap_or_default()
}

/// What no reader of a log can mistake for anything else.
fn is_id(text: &str) -> bool {
    (1..=MOST).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:=+/@".contains(&byte))
}
