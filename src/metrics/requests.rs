//! Requests by the pattern of their route: how many, how long, how they ended.
//!
//! A pattern is the router's (`/admin/users/{id}`), so there are as many as there are routes.

use std::collections::BTreeMap;
use std::sync::{OnceLock, PoisonError, RwLock};
use std::time::Duration;

use super::instrument::{Counter, Distribution, Family, Gauge, Histogram};

/// The route of a request that none is for.
pub const NO_ROUTE: &str = "none";
/// Methods that are counted by name. Whatever else a client invents is `other`.
const METHODS: [&str; 8] = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", OTHER];
const OTHER: &str = "other";
/// The classes of status codes.
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];
const TOO_MANY_REQUESTS: u16 = 429;

#[derive(Debug, Default)]
pub struct Requests {
    /// Requests that are being answered.
    pub in_flight: Gauge,
    routes: RwLock<BTreeMap<String, Route>>,
}

/// How a request ended.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    /// As [`method_name`] gives it.
    pub method: &'static str,
    pub status: u16,
    pub took: Duration,
    /// The `error` of a JSON answer.
    pub error: Option<&'static str>,
}

#[derive(Debug, Default)]
struct Route {
    by_method: [ByClass; METHODS.len()],
    throttled: Counter,
    errors: Family<1>,
}

/// How long the answers of each class took. Few classes ever come, so each takes its place when it first does.
type ByClass = [OnceLock<Box<Histogram>>; CLASSES.len()];

/// What one route has seen.
#[derive(Clone, Debug)]
pub struct Seen {
    pub pattern: String,
    /// Method, class of status, number of answers.
    pub answers: Vec<(&'static str, &'static str, u64)>,
    /// Method, and how long its answers took, however they ended.
    pub times: Vec<(&'static str, Distribution)>,
    /// Answers 429.
    pub throttled: u64,
    pub errors: Vec<([&'static str; 1], u64)>,
}

/// How long the answers of one route took.
#[derive(Clone, Debug)]
pub struct Timed {
    pub pattern: String,
    /// Method, class of status, times: quick refusals do not hide slow answers.
    pub times: Vec<(&'static str, &'static str, Distribution)>,
}

/// The method as it is counted.
pub fn method_name(method: &str) -> &'static str {
    METHODS.into_iter().find(|name| *name == method).unwrap_or(OTHER)
}

impl Requests {
    /// Counts a request that ended.
    pub fn record(&self, pattern: Option<&str>, ended: Ended) {
        let pattern = pattern.unwrap_or(NO_ROUTE);
        if let Some(route) = self.routes.read().unwrap_or_else(PoisonError::into_inner).get(pattern) {
            return route.record(ended);
        }
        let mut routes = self.routes.write().unwrap_or_else(PoisonError::into_inner);
        routes.entry(pattern.to_owned()).or_default().record(ended);
    }

    /// Every route that was asked for, in the order of their patterns.
    pub fn get(&self) -> Vec<Seen> {
        let routes = self.routes.read().unwrap_or_else(PoisonError::into_inner);
        routes.iter().map(|(pattern, route)| route.seen(pattern)).collect()
    }

    /// The same routes with their times by class of status.
    pub fn times(&self) -> Vec<Timed> {
        let routes = self.routes.read().unwrap_or_else(PoisonError::into_inner);
        routes.iter().map(|(pattern, route)| Timed { pattern: pattern.clone(), times: route.times() }).collect()
    }
}

impl Route {
    fn record(&self, ended: Ended) {
        let method = METHODS.iter().position(|method| *method == ended.method).unwrap_or(METHODS.len() - 1);
        let class = usize::from(ended.status / 100).clamp(1, CLASSES.len()) - 1;
        self.by_method[method][class].get_or_init(|| Box::new(Histogram::of_times())).observe(ended.took);
        if ended.status == TOO_MANY_REQUESTS {
            self.throttled.increment();
        }
        if let Some(error) = ended.error {
            self.errors.increment([error]);
        }
    }

    /// Method, class of status, times, of those that came.
    fn times(&self) -> Vec<(&'static str, &'static str, Distribution)> {
        let mut seen = Vec::new();
        for (method, by_class) in METHODS.into_iter().zip(&self.by_method) {
            for (class, histogram) in CLASSES.into_iter().zip(by_class) {
                let Some(histogram) = histogram.get() else { continue };
                let times = histogram.get();
                if times.count > 0 {
                    seen.push((method, class, times));
                }
            }
        }
        seen
    }

    fn seen(&self, pattern: &str) -> Seen {
        let parts = self.times();
        let mut times = Vec::new();
        for method in METHODS {
            let of_method = parts.iter().filter(|(name, ..)| *name == method).map(|(.., times)| times);
            times.extend(Distribution::sum(of_method).map(|sum| (method, sum)));
        }
        Seen {
            pattern: pattern.to_owned(),
            answers: parts.iter().map(|(method, class, times)| (*method, *class, times.count)).collect(),
            times,
            throttled: self.throttled.get(),
            errors: self.errors.get(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_counts_by_route_method_and_class() {
        let requests = Requests::default();
        let ended = Ended { method: "GET", status: 200, took: Duration::from_millis(3), error: None };
        requests.record(Some("/a"), ended);
        requests.record(Some("/a"), Ended { status: 429, error: Some("slow"), ..ended });
        requests.record(None, Ended { method: "BREW", status: 999, ..ended });
        let seen = requests.get();
        assert_eq!(seen[0].answers, [("GET", "2xx", 1), ("GET", "4xx", 1)]);
        assert_eq!((seen[0].throttled, &seen[0].errors[..]), (1, &[(["slow"], 1)][..]));
        assert_eq!((seen[0].times[0].1.count, seen[0].times[0].1.sum), (2, 6_000));
        let timed = requests.times();
        let parts: Vec<_> =
            timed[0].times.iter().map(|(method, class, times)| (*method, *class, times.count, times.sum)).collect();
        assert_eq!(parts, [("GET", "2xx", 1, 3_000), ("GET", "4xx", 1, 3_000)]);
        assert_eq!((seen[1].pattern.as_str(), &seen[1].answers[..]), (NO_ROUTE, &[("other", "5xx", 1)][..]));
    }
}
