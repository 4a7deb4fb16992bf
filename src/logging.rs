//! The log: to standard error, as text or as JSON lines. Never a query, a header or a body of a request.
//!
//! Whatever is logged while a request is answered carries the request's id and the pattern of its route, and the id of its
//! trace when that is recorded: not by spans, which would cost every request something, but looked up when a line is
//! written. The README describes the members of a JSON line.

use std::fmt;
use std::io::IsTerminal;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::{DefaultFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::config::{Log, LogFormat};
use crate::telemetry::{context, trace};

/// What libraries say of bytes that strangers send is left out unless the filter names them: a line for each malformed request
/// would let anybody fill the disk.
const QUIET: &str = "actix_http=off,h2=off,rustls=off";

/// Starts logging; what was started first stays.
pub fn start(log: &Log) {
    // What is named again later counts.
    let filter = EnvFilter::try_new(format!("{QUIET},{}", log.filter)).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let _ = match log.format {
        LogFormat::Text => builder.fmt_fields(TextFields(DefaultFields::new())).try_init(),
        LogFormat::Json => builder.event_format(JsonLines).try_init(),
    };
    // A panic is an event like any other: on one line, with the request that it happened to.
    std::panic::set_hook(Box::new(|panic| {
        let said = panic.payload();
        let reason = said.downcast_ref::<&str>().copied().or_else(|| said.downcast_ref::<String>().map(String::as_str));
        tracing::error!(at = panic.location().map(ToString::to_string), reason, "panic");
    }));
}

/// Tells the operator something, whatever is filtered from the log.
pub fn announce(log: &Log, sentence: &str) {
    match log.format {
        LogFormat::Text => eprintln!("{sentence}"),
        LogFormat::Json => {
            eprintln!("{}", line("INFO", env!("CARGO_PKG_NAME"), Map::from_iter([text("message", sentence)])));
        }
    }
}

/// What is said about the request in which something is logged.
fn request() -> Vec<(&'static str, String)> {
    let said = context::with(|request| {
        let route = ("route", request.route_name().to_owned());
        let trace = request.trace.as_ref().map(|trace| ("trace_id", trace::hex(&trace.id)));
        [("request_id", request.id.clone()), route].into_iter().chain(trace).collect()
    });
    said.unwrap_or_default()
}

/// The fields of an event, and then those of its request.
struct TextFields(DefaultFields);

impl<'writer> FormatFields<'writer> for TextFields {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'writer>, fields: R) -> fmt::Result {
        self.0.format_fields(writer.by_ref(), fields)?;
        request().into_iter().try_for_each(|(name, value)| write!(writer, " {name}={value}"))
    }
}

/// One flat object for each event.
struct JsonLines;

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut members = Members::default();
        event.record(&mut members);
        members.0.extend(request().into_iter().map(|(name, value)| text(name, &value)));
        let metadata = event.metadata();
        writeln!(writer, "{}", line(metadata.level().as_str(), metadata.target(), members.0))
    }
}

fn line(level: &str, target: &str, members: Map<String, Value>) -> Value {
    let mut time = String::new();
    let _ = SystemTime.format_time(&mut Writer::new(&mut time));
    let mut line = Map::from_iter([text("timestamp", &time), text("level", level), text("target", target)]);
    for (name, value) in members {
        line.entry(name).or_insert(value);
    }
    Value::Object(line)
}

fn text(name: &str, value: &str) -> (String, Value) {
    (name.to_owned(), value.into())
}

/// Collects an event's fields.
#[derive(Default)]
struct Members(Map<String, Value>);

impl Members {
    fn add(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Members {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.add(field, value.to_string());
    }
}
