//! Traces in the bytes of OTLP: an `ExportTraceServiceRequest` in protocol buffers, whose field numbers are part of
//! OpenTelemetry's stable interface (opentelemetry-proto 1.x, `trace/v1/trace.proto`).

use super::trace::{Ended, Step, Trace};

/// `Content-Type` of what [`request`] writes.
pub const CONTENT_TYPE: &str = "application/x-protobuf";
/// Below an endpoint, where traces go.
pub const PATH: &str = "/v1/traces";

/// `SPAN_KIND_INTERNAL` and `SPAN_KIND_SERVER`.
const INTERNAL: u64 = 1;
const SERVER: u64 = 2;
/// `STATUS_CODE_ERROR`.
const ERROR: u64 = 2;
/// The bit of a span's flags that says whether the next one tells if the parent is of another process, and that one.
const HAS_IS_REMOTE: u32 = 0x100;
const IS_REMOTE: u32 = 0x200;

/// Everything that `ended` tells, of a process with these attributes.
pub fn request(resource: &[(String, String)], ended: &[Ended]) -> Vec<u8> {
    let mut request = Message::default();
    request.message(1, |resource_spans| {
        resource_spans.message(1, |message| {
            for (name, value) in resource {
                message.attribute(1, name, Value::Text(value));
            }
        });
        resource_spans.message(2, |scope_spans| {
            scope_spans.message(1, |scope| {
                scope.text(1, env!("CARGO_PKG_NAME"));
                scope.text(2, env!("CARGO_PKG_VERSION"));
            });
            for each in ended {
                if let Some(trace) = &each.request.trace {
                    scope_spans.message(2, |span| of_request(span, each, trace));
                    for step in trace.steps() {
                        scope_spans.message(2, |span| of_step(span, &step, trace));
                    }
                }
            }
        });
    });
    request.0
}

/// Spans in `ended`.
pub fn count(ended: &[Ended]) -> u64 {
    ended.iter().filter_map(|each| each.request.trace.as_ref()).map(|trace| 1 + trace.steps().len() as u64).sum()
}

/// Names are those of OpenTelemetry's semantic conventions for HTTP servers. `url.path` is not told: paths carry names.
fn of_request(span: &mut Message, ended: &Ended, trace: &Trace) {
    span.bytes(1, &trace.id);
    span.bytes(2, &trace.span);
    if let Some(parent) = trace.parent {
        span.bytes(4, &parent);
        span.fixed32(16, 1 | HAS_IS_REMOTE | IS_REMOTE);
    } else {
        span.fixed32(16, 1 | HAS_IS_REMOTE);
    }
    let route = ended.request.route.as_deref();
    match route {
        Some(route) => span.text(5, &format!("{} {route}", ended.method)),
        None => span.text(5, ended.method),
    }
    span.number(6, SERVER);
    span.fixed64(7, trace.nanos_at(trace.begun()));
    span.fixed64(8, trace.nanos_at(trace.begun() + ended.took));
    span.attribute(9, "http.request.method", Value::Text(ended.method));
    span.attribute(9, "http.response.status_code", Value::Number(ended.status.into()));
    let texts = [
        ("http.route", route),
        ("error.type", ended.error),
        ("grantor.client_id", trace.client()),
        ("grantor.grant_type", trace.grant_type()),
        ("grantor.request_id", Some(ended.request.id.as_str())),
    ];
    for (name, value) in texts.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        span.attribute(9, name, Value::Text(value));
    }
    // What the client did wrong is no error of the server.
    if ended.status >= 500 {
        span.message(15, |status| status.number(3, ERROR));
    }
}

fn of_step(span: &mut Message, step: &Step, trace: &Trace) {
    span.bytes(1, &trace.id);
    span.bytes(2, &step.id);
    span.bytes(4, &trace.span);
    span.fixed32(16, 1 | HAS_IS_REMOTE);
    span.text(5, step.name);
    span.number(6, INTERNAL);
    span.fixed64(7, trace.nanos_at(step.begun));
    span.fixed64(8, trace.nanos_at(step.begun + step.took));
    if step.has_failed {
        span.message(15, |status| status.number(3, ERROR));
    }
}

#[derive(Clone, Copy)]
enum Value<'a> {
    Text(&'a str),
    Number(u64),
}

/// A message of protocol buffers, field after field.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut number: u64) {
        while number > 0x7f {
            self.0.push(u8::try_from(number & 0x7f).expect("seven bits") | 0x80);
            number >>= 7;
        }
        self.0.push(u8::try_from(number).expect("seven bits"));
    }

    /// The head of a field: its number and how its value is written.
    fn head(&mut self, field: u64, wire: u64) {
        self.varint(field << 3 | wire);
    }

    fn number(&mut self, field: u64, number: u64) {
        self.head(field, 0);
        self.varint(number);
    }

    fn fixed64(&mut self, field: u64, number: u64) {
        self.head(field, 1);
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    fn fixed32(&mut self, field: u64, number: u32) {
        self.head(field, 5);
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    fn bytes(&mut self, field: u64, bytes: &[u8]) {
        self.head(field, 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn text(&mut self, field: u64, text: &str) {
        self.bytes(field, text.as_bytes());
    }

    fn message(&mut self, field: u64, write: impl FnOnce(&mut Self)) {
        let mut inner = Self::default();
        write(&mut inner);
        self.bytes(field, &inner.0);
    }

    fn attribute(&mut self, field: u64, name: &str, value: Value<'_>) {
        self.message(field, |pair| {
            pair.text(1, name);
            pair.message(2, |any| match value {
                Value::Text(text) => any.text(1, text),
                Value::Number(number) => any.number(3, number),
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_protocol_buffers_says() {
        let mut message = Message::default();
        message.number(1, 150);
        message.text(2, "testing");
        message.message(3, |inner| inner.number(1, 150));
        message.fixed32(16, 1);
        let expected = b"\x08\x96\x01\x12\x07testing\x1a\x03\x08\x96\x01\x85\x01\x01\x00\x00\x00";
        assert_eq!(message.0, expected);
    }
}
