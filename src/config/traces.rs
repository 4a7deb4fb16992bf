//! Where traces go: settings under the names that OpenTelemetry gave them, so that what sets them elsewhere works here.

use std::fmt;

use percent_encoding::percent_decode_str;
use url::Url;

/// Traces, when somebody wants them.
#[derive(Clone, Debug, PartialEq)]
pub struct Traces {
    /// The collector's base URL.
    pub endpoint: Url,
    pub headers: Headers,
    pub service_name: String,
    /// What is said of this process beside its name and version.
    pub attributes: Vec<(String, String)>,
    /// Which part of the traces that begin here is recorded, from 0 to 1.
    pub ratio: f64,
}

/// Headers for the collector. They may be secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(pub Vec<(String, String)>);

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

pub(super) fn endpoint(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok().filter(|url| {
        let is_plain = url.username().is_empty() && url.password().is_none();
        matches!(url.scheme(), "http" | "https") && url.has_host() && is_plain && url.query().is_none()
    });
    url.ok_or_else(|| {
        format!(
            "`{text}` is no base URL; write one like http://127.0.0.1:4318, secrets go to OTEL_EXPORTER_OTLP_HEADERS"
        )
    })
}

pub(super) fn headers(text: &str) -> Result<Headers, String> {
    // What is wrong is not repeated: it may be a secret.
    let problem = "this is no list of headers; write them like x-team=blue,authorization=Bearer%20TOKEN";
    let pairs = pairs(text).ok_or(problem)?;
    let is_header = |(name, value): &(String, String)| {
        name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
            && value.bytes().all(|byte| (b' '..=b'~').contains(&byte))
    };
    if pairs.iter().all(is_header) { Ok(Headers(pairs)) } else { Err(problem.to_owned()) }
}

pub(super) fn attributes(text: &str) -> Result<Vec<(String, String)>, String> {
    pairs(text).ok_or_else(|| format!("`{text}` is no list; write it like deployment.environment.name=live,region=eu"))
}

pub(super) fn ratio(text: &str) -> Result<f64, String> {
    let ratio = text.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio));
    ratio.ok_or_else(|| format!("`{text}` is out of range; write a number from 0 to 1, such as 0.05"))
}

/// The list as it is written.
pub(super) fn list(pairs: &[(String, String)]) -> String {
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(",")
}

/// `name=value,name=value`, values percent-encoded.
fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    let pair = |entry: &str| {
        let (name, value) = entry.split_once('=')?;
        let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
        (!name.trim().is_empty()).then(|| (name.trim().to_owned(), value.into_owned()))
    };
    entries.map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_as_opentelemetry_writes_them() {
        let read = headers("authorization=Basic%20YQ==, x-team = blue,").unwrap();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(read.0, [pair("authorization", "Basic YQ=="), pair("x-team", "blue")]);
        assert_eq!(format!("{read:?}"), r#"["authorization", "x-team"]"#);
        for wrong in ["secret", "=secret", "a b=secret", "a=se%0d%0acret"] {
            assert!(headers(wrong).is_err_and(|problem| !problem.contains("secret")), "{wrong}");
        }
    }

    #[test]
    fn an_endpoint_is_a_base_url_without_secrets() {
        assert!(endpoint("http://collector:4318").is_ok() && endpoint("https://collector.example/otlp/").is_ok());
        for wrong in ["collector:4318", "grpc://collector:4317", "http://a:b@collector", "http://collector?key=1"] {
            assert!(endpoint(wrong).is_err(), "{wrong}");
        }
    }
}
