//! The pictures of the first page: what was counted by hour and by day, over a day, a week or a month.

use std::collections::BTreeMap;

use crate::clock::{Seconds, Timestamp};
use crate::jobs::statistics::{ACTIVE_USERS, LOGINS, MICROSECONDS, REFUSALS, REQUESTS, SLOW, TOKENS};
use crate::store::counts::{DAY, HOUR, Sum};
use crate::web::admin::system::lately;
use crate::web::page::chart::{About, Chart, Point};
use crate::web::page::grouped;
use crate::web::page::numbers::micros;

/// Labels that have a colour of their own; what is rarer is one more.
const MOST_LABELS: usize = 5;
/// Endpoints that are listed.
const MOST_ENDPOINTS: usize = 5;

/// How far back one looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    Day,
    Week,
    Month,
}

impl Span {
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// As in the page's query.
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    pub fn named(name: Option<&str>) -> Self {
        Self::ALL.into_iter().find(|span| Some(span.name()) == name).unwrap_or(Self::Day)
    }

    pub fn label(self) -> String {
        match self {
            Self::Day => t!("dashboard-day"),
            Self::Week => t!("dashboard-week"),
            Self::Month => t!("dashboard-month"),
        }
    }

    /// Days of active users that are shown.
    pub fn days(self) -> i64 {
        if self == Self::Month { 30 } else { 7 }
    }

    /// The sums that are read, and the length of a bar.
    fn source(self) -> Seconds {
        if self == Self::Month { DAY } else { HOUR }
    }

    fn bar(self) -> Seconds {
        match self {
            Self::Day => HOUR,
            Self::Week => 6 * HOUR,
            Self::Month => DAY,
        }
    }

    fn bars(self) -> i64 {
        match self {
            Self::Day => 24,
            Self::Week => 28,
            Self::Month => 30,
        }
    }

    fn unit(self) -> String {
        match self {
            Self::Day => t!("dashboard-each-hour"),
            Self::Week => t!("dashboard-each-six-hours"),
            Self::Month => t!("dashboard-each-day"),
        }
    }

    /// What to read: the length of the sums, and the first one's beginning.
    pub fn reading(self, now: Timestamp) -> (Seconds, Timestamp) {
        (self.source(), self.begin(now))
    }

    fn begin(self, now: Timestamp) -> Timestamp {
        now - now.rem_euclid(self.bar()) - (self.bars() - 1) * self.bar()
    }

    fn at(self, time: Timestamp) -> String {
        let format = match self {
            Self::Day => "%H:%M",
            Self::Week => "%m-%d %H:%M",
            Self::Month => "%m-%d",
        };
        chrono::DateTime::from_timestamp(time, 0).unwrap_or_default().format(format).to_string()
    }
}

/// A route that takes long.
pub struct SlowEndpoint {
    pub route: String,
    pub requests: String,
    pub mean: String,
    /// Answers that took more than half a second.
    pub slow: String,
}

/// What was counted in a span of time.
pub struct OverTime {
    span: Span,
    begin: Timestamp,
    sums: Vec<Sum>,
    /// By day.
    active: Vec<Sum>,
    now: Timestamp,
}

impl OverTime {
    pub fn new(span: Span, now: Timestamp, sums: Vec<Sum>, active: Vec<Sum>) -> Self {
        Self { span, begin: span.begin(now), sums, active, now }
    }

    /// How much of it there was.
    pub fn total(&self, name: &str, label: Option<&str>) -> i64 {
        let of_it = |sum: &&Sum| sum.name == name && label.is_none_or(|label| sum.label == label);
        self.sums.iter().filter(of_it).map(|sum| sum.count).sum()
    }

    pub fn charts(&self) -> Vec<Chart> {
        vec![
            self.chart("tokens", t!("dashboard-tokens"), TOKENS, grant_type),
            self.chart("logins", t!("dashboard-logins"), LOGINS, login),
            self.chart("refusals", t!("dashboard-refusals"), REFUSALS, lately::words),
            self.active_users(),
        ]
    }

    fn chart(&self, id: &'static str, title: String, name: &str, words: fn(&str) -> String) -> Chart {
        let mut totals = BTreeMap::<&str, i64>::new();
        for sum in self.sums.iter().filter(|sum| sum.name == name) {
            *totals.entry(&sum.label).or_insert(0) += sum.count;
        }
        let mut labels: Vec<&str> = totals.keys().copied().collect();
        labels.sort_by_key(|label| std::cmp::Reverse(totals[label]));
        let rest = labels.len() > MOST_LABELS + 1;
        let own = if rest { MOST_LABELS } else { labels.len() };
        let places: BTreeMap<&str, usize> =
            labels.iter().enumerate().map(|(number, label)| (*label, number.min(own))).collect();
        let mut named: Vec<String> = labels[..own].iter().map(|label| words(label)).collect();
        if rest {
            named.push(t!("dashboard-other"));
        }
        let mut points: Vec<Point> = (0..self.span.bars())
            .map(|number| Point {
                at: self.span.at(self.begin + number * self.span.bar()),
                values: vec![Some(0.0); named.len()],
            })
            .collect();
        for sum in self.sums.iter().filter(|sum| sum.name == name) {
            let number = usize::try_from((sum.since - self.begin) / self.span.bar()).ok();
            if let Some(point) = number.and_then(|number| points.get_mut(number))
                && let Some(value) = point.values.get_mut(places[sum.label.as_str()])
            {
                *value = value.map(|value| value + sum.count as f64);
            }
        }
        Chart::bars(About { id, title, unit: self.span.unit(), labels: named, show: whole }, &points)
    }

    fn active_users(&self) -> Chart {
        let today = self.now - self.now.rem_euclid(DAY);
        let points: Vec<Point> = (0..self.span.days())
            .rev()
            .map(|back| {
                let day = today - back * DAY;
                let count = self.active.iter().filter(|sum| sum.since == day).map(|sum| sum.count).sum::<i64>();
                Point { at: Span::Month.at(day), values: vec![Some(count as f64)] }
            })
            .collect();
        let labels = vec![t!("dashboard-active")];
        let title = t!("dashboard-active");
        Chart::bars(About { id: "active", title, unit: t!("dashboard-each-day"), labels, show: whole }, &points)
    }

    /// The slowest first; those that hardly anybody asks for are left out.
    pub fn slow(&self) -> Vec<SlowEndpoint> {
        let mut routes = BTreeMap::<&str, [u64; 3]>::new();
        for sum in &self.sums {
            let Some(place) = [REQUESTS, MICROSECONDS, SLOW].iter().position(|name| *name == sum.name) else {
                continue;
            };
            routes.entry(&sum.label).or_default()[place] += u64::try_from(sum.count).unwrap_or_default();
        }
        let mut lines: Vec<(u64, &str, [u64; 3])> = routes
            .into_iter()
            .filter(|(_, [requests, ..])| *requests > 0)
            .map(|(route, counts)| (counts[1] / counts[0], route, counts))
            .collect();
        lines.sort_unstable_by(|one, other| other.cmp(one));
        let line = |(mean, route, [requests, _, slow]): (u64, &str, [u64; 3])| SlowEndpoint {
            route: route.to_owned(),
            requests: whole(requests as f64),
            mean: micros(mean),
            slow: whole(slow as f64),
        };
        lines.into_iter().take(MOST_ENDPOINTS).map(line).collect()
    }

    /// Sums for samples: something in every hour.
    pub fn sample(span: Span, now: Timestamp) -> Self {
        let (source, begin) = span.reading(now);
        let mut sums = Vec::new();
        for number in 0..=(now - begin) / source {
            let wave = number * 37 % 53;
            let mut add = |name: &str, label: &str, count| {
                let since = begin + number * source;
                sums.push(Sum { since, name: name.to_owned(), label: label.to_owned(), count });
            };
            add(TOKENS, "client_credentials", 400 + wave * 9);
            add(TOKENS, "refresh_token", 120 + wave * 4);
            add(TOKENS, "authorization_code", 30 + wave);
            add(LOGINS, "succeeded", 20 + wave);
            add(LOGINS, "failed", wave / 9);
            for (rank, reason) in [
                "invalid_grant",
                "login_failed",
                "invalid_token",
                "invalid_client",
                "access_denied",
                "invalid_scope",
                "invalid_request",
            ]
            .into_iter()
            .enumerate()
            {
                add(REFUSALS, reason, wave / (i64::try_from(rank).unwrap_or(0) + 2));
            }
            add(REQUESTS, "POST /oauth2/token", 600);
            add(MICROSECONDS, "POST /oauth2/token", 1_900_000);
            add(REQUESTS, "POST /login", 25);
            add(MICROSECONDS, "POST /login", 6_900_000);
            add(SLOW, "POST /login", wave / 20);
        }
        let today = now - now.rem_euclid(DAY);
        let active = (0..30).map(|back| Sum {
            since: today - back * DAY,
            name: ACTIVE_USERS.to_owned(),
            label: String::new(),
            count: 210 + back * 31 % 47,
        });
        let active = active.collect();
        Self::new(span, now, sums, active)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "it was a whole number before")]
fn whole(number: f64) -> String {
    grouped(number.round() as i64)
}

/// A grant type in words.
fn grant_type(name: &str) -> String {
    match name {
        "authorization_code" => t!("grant-type-authorization-code"),
        "refresh_token" => t!("grant-type-refresh-token"),
        "client_credentials" => t!("grant-type-client-credentials"),
        "urn:ietf:params:oauth:grant-type:device_code" => t!("grant-type-device-code"),
        other => other.to_owned(),
    }
}

/// How a sign-in ended, in words.
fn login(outcome: &str) -> String {
    match outcome {
        "succeeded" => t!("login-outcome-succeeded"),
        "failed" => t!("login-outcome-failed"),
        "throttled" => t!("login-outcome-throttled"),
        other => other.to_owned(),
    }
}
