//! `/metrics`: what operators watch, in the format of Prometheus. The README describes each family.
//!
//! On the main address it exists for programs of this machine only, unless a setting opens it: the connection must come
//! from a loopback address, and no proxy may have passed it on. For everybody else there is nothing at that path, and
//! the answer is that of any unknown path.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use actix_web::guard::GuardContext;
use actix_web::http::header::CACHE_CONTROL;

use crate::config::MetricsAccess;
use crate::domain::signing_key::KeyState;
use crate::metrics::process::{self, Process};
use crate::metrics::text::{CONTENT_TYPE, Text, seconds};
use crate::store::Store;
use crate::web::state::{App, State};

/// Header fields by which a proxy shows.
const FORWARDED: [&str; 6] =
    ["forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-real-ip", "via"];

/// Runs of jobs that an alert may ask for before there was one.
const JOB_RUNS: [[&str; 2]; 11] = [
    ["counts", "done"],
    ["counts", "failed"],
    ["keys", "done"],
    ["keys", "elsewhere"],
    ["keys", "failed"],
    ["review", "done"],
    ["review", "elsewhere"],
    ["review", "failed"],
    ["sweep", "done"],
    ["sweep", "elsewhere"],
    ["sweep", "failed"],
];
/// Reasons for which the store may not serve a call.
const STORE_FAILURES: [[&str; 1]; 4] = [["ended"], ["overloaded"], ["timeout"], ["unavailable"]];

/// Whether the path exists for whoever asks.
pub fn is_open(access: MetricsAccess, request: &GuardContext<'_>) -> bool {
    let head = request.head();
    let is_loopback = head.peer_addr.is_some_and(|peer| peer.ip().to_canonical().is_loopback());
    let is_forwarded = FORWARDED.iter().any(|name| head.headers.contains_key(*name));
    access == MetricsAccess::Open || (is_loopback && !is_forwarded)
}

/// `GET /metrics`
pub async fn get(app: State) -> HttpResponse {
    let mut text = Text::default();
    requests(&mut text, &app);
    outcomes(&mut text, &app);
    condition(&mut text, &app);
    passwords(&mut text, &app);
    store(&mut text, &app.store);
    keys(&mut text, &app);
    traces(&mut text, &app);
    if let Some(process) = process::read() {
        consumption(&mut text, &process);
    }
    text.gauge("grantor_build_info", "The running version; always 1.");
    text.sample(&[("version", env!("CARGO_PKG_VERSION"))], 1);
    HttpResponse::Ok().content_type(CONTENT_TYPE).insert_header((CACHE_CONTROL, "no-store")).body(text.into_string())
}

fn requests(text: &mut Text, app: &App) {
    let routes = app.metrics.requests.get();
    text.counter("grantor_http_requests_total", "Requests answered, by route and class of status.");
    for route in &routes {
        for (method, class, count) in &route.answers {
            text.sample(&[("method", method), ("route", &route.pattern), ("status", class)], count);
        }
    }
    text.histogram("grantor_http_request_duration_seconds", "From a request's arrival to the head of its answer.");
    for route in app.metrics.requests.times() {
        for (method, class, times) in &route.times {
            text.distribution(&[("method", method), ("route", &route.pattern), ("status", class)], times);
        }
    }
    text.counter("grantor_oauth_errors_total", "JSON answers with an OAuth error, by route and error.");
    for route in &routes {
        for ([error], count) in &route.errors {
            text.sample(&[("route", &route.pattern), ("error", error)], count);
        }
    }
    text.counter("grantor_refusals_total", "Requests refused because they were one too many, by what they exceeded.");
    for ([limit], count) in app.metrics.refusals.get() {
        text.sample(&[("limit", limit)], count);
    }
    text.counter("grantor_throttled_total", "Requests answered 429, by route.");
    for route in routes.iter().filter(|route| route.throttled > 0) {
        text.sample(&[("route", &route.pattern)], route.throttled);
    }
    text.gauge("grantor_http_requests_in_flight", "Requests that are being answered.");
    text.sample(&[], app.metrics.requests.in_flight.get());
    text.gauge("grantor_http_connections", "Open connections.");
    text.sample(&[], app.metrics.connections.get());
    text.counter("grantor_http_connections_closed_total", "Connections that were shut down, by reason.");
    for ([reason], count) in app.metrics.connections_closed.get() {
        text.sample(&[("reason", reason)], count);
    }
}

fn outcomes(text: &mut Text, app: &App) {
    let metrics = &app.metrics;
    text.counter("grantor_tokens_issued_total", "Access tokens issued, by grant type and format.");
    for ([grant_type, format], count) in metrics.tokens_issued.get() {
        text.sample(&[("grant_type", grant_type), ("format", format)], count);
    }
    text.counter("grantor_authorizations_total", "Authorization requests answered: granted, or the error.");
    for ([outcome], count) in metrics.authorizations.get() {
        text.sample(&[("outcome", outcome)], count);
    }
    text.counter("grantor_logins_total", "Attempts to sign in, by outcome.");
    for ([outcome], count) in metrics.logins.get() {
        text.sample(&[("outcome", outcome)], count);
    }
    text.counter("grantor_mails_total", "Attempts to hand a letter to the mail server, by outcome.");
    for ([outcome], count) in metrics.mails.get() {
        text.sample(&[("outcome", outcome)], count);
    }
    text.counter("grantor_job_runs_total", "Runs of background jobs, by outcome.");
    for ([job, outcome], count) in from_zero(&JOB_RUNS, metrics.job_runs.get()) {
        text.sample(&[("job", job), ("outcome", outcome)], count);
    }
    text.gauge("grantor_job_last_run_timestamp_seconds", "When a job last ended so, since the Unix epoch.");
    for (job, outcome, at) in metrics.last_runs() {
        text.sample(&[("job", job), ("outcome", outcome)], at);
    }
    text.counter("grantor_refused_requests_total", "Everything that was refused, by reason.");
    for (reason, count) in metrics.refusals(&metrics.requests.get()) {
        text.sample(&[("reason", reason)], count);
    }
    let (written, dropped) = app.request_log.figures();
    text.counter("grantor_request_records_total", "Records of requests, written or dropped because too many waited.");
    text.sample(&[("outcome", "written")], written);
    text.sample(&[("outcome", "dropped")], dropped);
    text.counter("grantor_swept_rows_total", "Expired rows that the sweep deleted.");
    text.sample(&[], metrics.swept_rows.get());
}

/// What was counted, and zeros for what never happened: a series that begins with its first event shows no increase by it,
/// and one that is not there sets off no alert.
fn from_zero<const N: usize>(
    known: &[[&'static str; N]],
    counted: Vec<([&'static str; N], u64)>,
) -> BTreeMap<[&'static str; N], u64> {
    known.iter().map(|labels| (*labels, 0)).chain(counted).collect()
}

/// As it was found within the last half minute; nothing when it could not be looked at.
fn condition(text: &mut Text, app: &App) {
    let condition = app.metrics.condition();
    text.gauge("grantor_database_size_bytes", "Size of the database.");
    if let Some(size) = condition.size_bytes {
        text.sample(&[], size);
    }
    text.gauge("grantor_database_clock_difference_seconds", "How far our clock and PostgreSQL's are apart.");
    if let Some(apart) = app.metrics.clock_difference() {
        text.sample(&[], apart);
    }
    text.gauge("grantor_sweep_backlog_rows", "Rows that have expired and wait to be swept; counted to 10000.");
    for (table, count) in condition.backlog {
        text.sample(&[("table", table)], count);
    }
}

fn passwords(text: &mut Text, app: &App) {
    let pool = &app.passwords;
    text.gauge("grantor_password_queue_depth", "Password hashes that wait for a processor.");
    text.sample(&[], pool.waiting());
    text.histogram("grantor_password_queue_wait_seconds", "How long a password hash waited.");
    text.distribution(&[], &pool.waits.get());
    text.histogram("grantor_password_hash_duration_seconds", "How long a password hash took.");
    text.distribution(&[], &pool.times.get());
    text.counter(
        "grantor_password_queue_full_total",
        "Password hashes refused because the queue was full, or because they waited too long.",
    );
    text.sample(&[], pool.refused.get());
}

fn store(text: &mut Text, store: &Store) {
    let figures = store.figures();
    let operations = [("read", &figures.reads), ("write", &figures.writes)];
    text.gauge("grantor_store_in_flight", "Calls of the store that wait for their answer.");
    for (operation, traffic) in operations {
        text.sample(&[("operation", operation)], traffic.in_flight.get());
    }
    text.histogram("grantor_store_duration_seconds", "From a call of the store to its answer.");
    for (operation, traffic) in operations {
        text.distribution(&[("operation", operation)], &traffic.times.get());
    }
    text.counter("grantor_store_failures_total", "Calls that the store could not serve, by reason.");
    for ([reason], count) in from_zero(&STORE_FAILURES, figures.failures.get()) {
        text.sample(&[("reason", reason)], count);
    }
    text.gauge("grantor_store_queue_depth", "Units of work that wait for a thread of the store.");
    for (queue, depth) in store.queues() {
        text.sample(&[("queue", queue)], depth);
    }
    text.histogram("grantor_store_batch_size", "Writes in one transaction of SQLite.");
    text.distribution(&[], &figures.batch_sizes.get());
    text.histogram(
        "grantor_store_batch_duration_seconds",
        "How long a transaction of SQLite took, until it was on disk.",
    );
    text.distribution(&[], &figures.batch_times.get());
    text.gauge("grantor_store_connections", "Connections of the pool, by what they do.");
    for (state, count) in store.connections() {
        text.sample(&[("state", state)], count);
    }
    text.histogram("grantor_store_pool_wait_seconds", "How long a thread waited for a connection.");
    text.distribution(&[], &figures.pool.waits.get());
    text.counter("grantor_store_pool_timeouts_total", "Waits for a connection that ended without one.");
    text.sample(&[], figures.pool.timeouts.get());
    text.counter("grantor_store_connection_errors_total", "Connections that could not be opened.");
    text.sample(&[], figures.pool.errors.get());
    text.gauge("grantor_cache_generation", "The number of the newest change of what is kept in memory.");
    text.sample(&[], store.cache().generation().unwrap_or_default());
    text.gauge("grantor_cache_age_seconds", "Since the database last said that nothing has changed; about 0.25.");
    text.sample(&[], seconds(u64::try_from(store.cache().age().as_micros()).unwrap_or(u64::MAX)));
}

/// The oldest key of each algorithm and state counts.
fn keys(text: &mut Text, app: &App) {
    let (ring, now) = (app.keys(), app.now());
    let mut ages = BTreeMap::new();
    for key in ring.keys() {
        let since = match key.state {
            KeyState::Next => None,
            KeyState::Current => key.activated_at,
            KeyState::Retiring | KeyState::Retired => key.retiring_at,
        };
        let age = now - since.unwrap_or(key.created_at);
        let oldest = ages.entry((key.algorithm.name(), key.state.name())).or_insert(age);
        *oldest = age.max(*oldest);
    }
    text.gauge("grantor_signing_key_age_seconds", "Since a signing key came to its state.");
    for ((algorithm, state), age) in ages {
        text.sample(&[("algorithm", algorithm), ("state", state)], age);
    }
}

fn traces(text: &mut Text, app: &App) {
    let Some(traces) = &app.traces else { return };
    text.counter("grantor_trace_spans_delivered_total", "Spans that the collector of traces took.");
    text.sample(&[], traces.tracer.delivered.get());
    text.counter("grantor_traces_lost_total", "Traces that were recorded and did not arrive.");
    text.sample(&[], traces.tracer.lost.get());
}

/// Names and units are those of Prometheus's own libraries.
fn consumption(text: &mut Text, process: &Process) {
    text.counter("process_cpu_seconds_total", "Processor time, user and system.");
    text.sample(&[], seconds(process.cpu_micros));
    text.gauge("process_resident_memory_bytes", "Resident memory.");
    text.sample(&[], process.resident_bytes);
    text.gauge("process_open_fds", "Open file descriptors.");
    text.sample(&[], process.open_files);
    text.gauge("process_max_fds", "Most file descriptors that may be open.");
    text.sample(&[], process.max_files);
    text.gauge("process_start_time_seconds", "When the process started, since the Unix epoch.");
    text.sample(&[], process.started_at);
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn metrics_are_there_for_this_machine_unless_a_setting_opens_them() {
        let from = |peer: &str| TestRequest::get().peer_addr(peer.parse().unwrap());
        let is_open = |access, request: TestRequest| is_open(access, &request.to_srv_request().guard_ctx());
        for local in ["127.0.0.1:1", "127.8.8.8:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
            assert!(is_open(MetricsAccess::Loopback, from(local)), "{local}");
            for name in FORWARDED {
                assert!(!is_open(MetricsAccess::Loopback, from(local).insert_header((name, "x"))), "{local} {name}");
            }
        }
        for remote in ["192.0.2.1:1", "10.0.0.1:1", "[2001:db8::1]:1", "[::ffff:10.0.0.1]:1"] {
            assert!(!is_open(MetricsAccess::Loopback, from(remote)), "{remote}");
            assert!(is_open(MetricsAccess::Open, from(remote)), "{remote}");
        }
        assert!(!is_open(MetricsAccess::Loopback, TestRequest::get()), "without a peer");
    }
}
