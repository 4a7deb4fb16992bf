//! The text format that Prometheus reads (version 0.0.4).

use std::fmt::{Display, Write};

use super::instrument::{Distribution, Unit};

/// For `Content-Type`.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A page of metrics. Each family begins once, and its samples follow.
#[derive(Debug, Default)]
pub struct Text {
    page: String,
    family: &'static str,
}

impl Text {
    pub fn counter(&mut self, name: &'static str, help: &str) {
        self.begin(name, "counter", help);
    }

    pub fn gauge(&mut self, name: &'static str, help: &str) {
        self.begin(name, "gauge", help);
    }

    pub fn histogram(&mut self, name: &'static str, help: &str) {
        self.begin(name, "histogram", help);
    }

    fn begin(&mut self, name: &'static str, kind: &str, help: &str) {
        self.family = name;
        self.line(format_args!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
    }

    /// A sample of the family that began last.
    pub fn sample(&mut self, labels: &[(&str, &str)], value: impl Display) {
        self.write("", labels, None, value);
    }

    /// The same for a histogram.
    pub fn distribution(&mut self, labels: &[(&str, &str)], seen: &Distribution) {
        let show = |number: u64| match seen.unit {
            Unit::Time => seconds(number),
            Unit::Number => number.to_string(),
        };
        for (bound, count) in &seen.cumulative {
            self.write("_bucket", labels, Some(&show(*bound)), count);
        }
        self.write("_bucket", labels, Some("+Inf"), seen.count);
        self.write("_sum", labels, None, show(seen.sum));
        self.write("_count", labels, None, seen.count);
    }

    fn write(&mut self, suffix: &str, labels: &[(&str, &str)], bound: Option<&str>, value: impl Display) {
        let family = self.family;
        self.line(format_args!("{family}{suffix}"));
        let labels = labels.iter().copied().chain(bound.map(|bound| ("le", bound)));
        let labels: Vec<String> = labels.map(|(name, value)| format!("{name}=\"{}\"", escape(value))).collect();
        if !labels.is_empty() {
            self.line(format_args!("{{{}}}", labels.join(",")));
        }
        self.line(format_args!(" {value}\n"));
    }

    fn line(&mut self, text: std::fmt::Arguments<'_>) {
        self.page.write_fmt(text).expect("writing to a string works");
    }

    pub fn into_string(self) -> String {
        self.page
    }
}

/// Microseconds as seconds, without an end of zeros.
pub fn seconds(micros: u64) -> String {
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::instrument::Histogram;

    #[test]
    fn a_page_reads_as_the_format_says() {
        let mut text = Text::default();
        text.counter("a_total", "What a is.");
        text.sample(&[("route", "/{x:\\d\"}"), ("b", "c")], 3);
        text.sample(&[], 4);
        assert_eq!(
            text.into_string(),
            "# HELP a_total What a is.\n# TYPE a_total counter\na_total{route=\"/{x:\\\\d\\\"}\",b=\"c\"} 3\na_total 4\n"
        );
    }

    #[test]
    fn a_histogram_of_times_is_in_seconds_and_cumulative() {
        let times = Histogram::of_times();
        for micros in [100, 600_000, 9_000_000] {
            times.observe_number(micros);
        }
        let mut text = Text::default();
        text.histogram("t_seconds", "T.");
        text.distribution(&[("m", "GET")], &times.get());
        let page = text.into_string();
        for line in [
            "t_seconds_bucket{m=\"GET\",le=\"0.00025\"} 1",
            "t_seconds_bucket{m=\"GET\",le=\"1\"} 2",
            "t_seconds_bucket{m=\"GET\",le=\"+Inf\"} 3",
            "t_seconds_sum{m=\"GET\"} 9.6001",
            "t_seconds_count{m=\"GET\"} 3",
        ] {
            assert!(page.lines().any(|each| each == line), "{line} is not in\n{page}");
        }
    }
}
