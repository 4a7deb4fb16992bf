//! How much is done at once and for whom: refused early, in a few microseconds, so that the rest is served in time.
//!
//! Headers are bounded before anybody reads them. Requests that are being answered are bounded in all and for each address,
//! since an HTTP/2 connection may send any number at once and each may keep its body waiting. Requests that are stored for
//! strangers are bounded by address; those by address and by client in a minute where an operator says so. Probes, metrics
//! and the preflights of browser apps are never refused for being one too many.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use actix_web::dev::ServiceRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{COOKIE, HeaderValue};
use actix_web::{Error, HttpResponse};

use crate::domain::client::Client;
use crate::protocol::error::OAuthError;
use crate::throttle::{Key, RetryAfter, network};
use crate::web::error::{JsonError, PageError, RETRY_SECONDS};
use crate::web::language::{self, choice};
use crate::web::routes;
use crate::web::state::App;
use crate::web::visitor::Visitor;

/// Most bytes of all headers, names and values, and of the cookies among them.
const MOST_HEADERS: usize = 32 * 1024;
const MOST_COOKIE_BYTES: usize = 16 * 1024;
/// Most cookies: the shortest, once read, takes some 200 bytes until its request ends.
const MOST_COOKIES: usize = 256;
/// Most requests that are being answered: with the largest bodies, half a gigabyte.
const MOST_IN_FLIGHT: i64 = 8_192;

/// The refusal of headers that are too long. Over HTTP/2 a few bytes on the wire can stand for megabytes of them, so this is
/// asked before anything reads them.
pub fn oversized(app: &App, request: &ServiceRequest) -> Option<HttpResponse> {
    let headers = request.headers();
    let all: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    // What decides about the language of pages is further in.
    let refuse = |words: &dyn Fn() -> String, description: &'static str| {
        let json = JsonError::OAuth(OAuthError::invalid_request(description));
        let mut response = language::within(choice::wished(headers), || {
            face(request.path(), PageError::BadRequest(words()), json).error_response()
        });
        *response.status_mut() = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        app.metrics.refusals.increment(["headers"]);
        Some(response)
    };
    if all > MOST_HEADERS {
        let words = || t!("headers-too-large", most = MOST_HEADERS >> 10);
        return refuse(&words, "The headers of the request are longer than 32 KiB together.");
    }
    let cookies = || headers.get_all(COOKIE);
    let bytes: usize = cookies().map(HeaderValue::len).sum();
    let count: usize = cookies().map(|value| value.as_bytes().split(|byte| *byte == b';').count()).sum();
    if bytes > MOST_COOKIE_BYTES || count > MOST_COOKIES {
        let words = || t!("cookies-too-large", most = MOST_COOKIE_BYTES >> 10, count = MOST_COOKIES);
        return refuse(&words, "The cookies of the request are longer than 16 KiB together, or more than 256.");
    }
    None
}

/// Lets a request in, and counts it for its address while the value lives; or refuses one that is one too many.
pub fn admit<'a>(app: &'a App, request: &ServiceRequest) -> Result<Option<Admitted<'a>>, Error> {
    let path = request.path();
    if path.starts_with("/health/") || path == routes::METRICS {
        return Ok(None);
    }
    let refuse = |limit, page: PageError, json: JsonError| {
        app.metrics.refusals.increment([limit]);
        face(path, page, json)
    };
    let too_many = |limit, RetryAfter(seconds)| refuse(limit, PageError::TooMany(seconds), JsonError::TooMany(seconds));
    if app.metrics.requests.in_flight.get() > MOST_IN_FLIGHT {
        return Err(refuse("in_flight", PageError::Unavailable, JsonError::Unavailable));
    }
    let address = app.client_address(request.request());
    app.requests.admit(Key::Address(address), app.now()).map_err(|wait| too_many("address", wait))?;
    app.in_flight.admit(address).map_err(|wait| too_many("address_in_flight", wait))
}

/// An error as whoever asks for `path` reads it.
fn face(path: &str, page: PageError, json: JsonError) -> Error {
    if routes::is_for_program(path) { json.into() } else { page.into() }
}

/// Counts a request of a client; refuses it when it is one too many.
pub fn admit_client(app: &App, client: &Client, address: IpAddr) -> Result<(), RetryAfter> {
    let key =
        if client.is_public() { Key::PublicClient { client: &client.id, address } } else { Key::Client(&client.id) };
    app.client_requests.admit(key, app.now()).inspect_err(|_| app.metrics.refusals.increment(["client"]))
}

/// Counts a request that is to be stored until its person answers, unless they are signed in: it costs a stranger nothing,
/// and us a row.
pub fn admit_stored(visitor: &Visitor) -> Result<(), PageError> {
    if visitor.signed_in().is_some() {
        return Ok(());
    }
    let app = &visitor.app;
    app.stored_requests.admit(Key::Address(visitor.address), app.now()).map_err(|RetryAfter(seconds)| {
        app.metrics.refusals.increment(["stored_requests"]);
        PageError::TooMany(seconds)
    })
}

/// Requests that are being answered, by the address they come from, or for IPv6 its /64. One without any is not in it.
#[derive(Debug, Default)]
pub struct InFlight {
    /// Most of one address; 0 is as many as there are.
    limit: AtomicU32,
    counts: Mutex<HashMap<IpAddr, u32>>,
}

/// A request that counts for its address while the value lives.
#[derive(Debug)]
pub struct Admitted<'a> {
    among: &'a InFlight,
    network: IpAddr,
}

impl InFlight {
    /// From now on lets an address have `limit` at once, or any number.
    pub fn set_limit(&self, limit: Option<u32>) {
        self.limit.store(limit.unwrap_or(0), Ordering::Relaxed);
    }

    fn admit(&self, address: IpAddr) -> Result<Option<Admitted<'_>>, RetryAfter> {
        let limit = self.limit.load(Ordering::Relaxed);
        if limit == 0 {
            return Ok(None);
        }
        let network = network(address);
        let mut counts = self.counts();
        let count = counts.entry(network).or_insert(0);
        if *count >= limit {
            return Err(RetryAfter(RETRY_SECONDS));
        }
        *count += 1;
        Ok(Some(Admitted { among: self, network }))
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<IpAddr, u32>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Admitted<'_> {
    fn drop(&mut self) {
        let mut counts = self.among.counts();
        if let Entry::Occupied(mut count) = counts.entry(self.network) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_at_once_and_gives_them_back() {
        let in_flight = InFlight::default();
        let admit = |address: &str| in_flight.admit(address.parse().unwrap());
        assert!(admit("192.0.2.1").unwrap().is_none(), "without a limit nothing is counted");
        in_flight.set_limit(Some(2));
        let (first, second) = (admit("2001:db8:0:1::1").unwrap(), admit("2001:db8:0:1:ffff::2").unwrap());
        assert_eq!(admit("2001:db8:0:1::3").unwrap_err(), RetryAfter(RETRY_SECONDS));
        assert!(admit("2001:db8:0:2::1").unwrap().is_some(), "another network has its own");
        drop(first);
        let third = admit("2001:db8:0:1::3").unwrap();
        assert!(third.is_some());
        in_flight.set_limit(None);
        assert!(admit("2001:db8:0:1::4").unwrap().is_none());
        drop((second, third));
        assert!(in_flight.counts().is_empty());
    }
}
