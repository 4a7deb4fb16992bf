//! Traces: what took how long while a request was answered.
//!
//! 1. [`Tracer::begin`] decides whether a request's trace is recorded: as the caller decided, when a trusted proxy passed a
//!    `traceparent` on (W3C Trace Context), and else by the ratio of the settings.
//! 2. A [`Span`] is a step within the current request, recorded when it is dropped.
//! 3. [`Tracer::end`] hands the whole over to whoever sends traces away, or drops it when too many wait.
//!
//! A trace says routes, methods, status codes, grant types, errors, and the id of a client that is registered: never a
//! query, a token, a code or a name.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::context::{self, Context};
use crate::metrics::instrument::Counter;
use crate::secret::random_bytes;

pub type TraceId = [u8; 16];
pub type SpanId = [u8; 8];

/// Requests that wait to be sent away.
const QUEUE: usize = 4096;
/// Steps of one request; what comes after them is not told.
const MOST_STEPS: usize = 128;

/// A request that somebody else's step led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parent {
    pub trace: TraceId,
    pub span: SpanId,
    /// Whether the caller records the trace.
    pub is_sampled: bool,
}

impl Parent {
    /// Reads the header `traceparent` (W3C Trace Context §3.2).
    pub fn parse(header: &str) -> Option<Self> {
        let mut parts = header.split('-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let [version] = bytes(version)?;
        // A later version may say more behind; ff is none.
        if version == 0xff || (version == 0 && parts.next().is_some()) {
            return None;
        }
        let [flags] = bytes(flags)?;
        let (trace, span): (TraceId, SpanId) = (bytes(trace)?, bytes(span)?);
        let is_valid = trace != [0; 16] && span != [0; 8];
        is_valid.then_some(Self { trace, span, is_sampled: flags & 1 == 1 })
    }
}

/// Lower-case hexadecimal digits as bytes.
fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let text = text.as_bytes();
    if text.len() != 2 * N {
        return None;
    }
    let mut read = [0; N];
    for (byte, pair) in read.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(read)
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    digits.map(char::from).collect()
}

/// The trace of a request, while it is answered.
#[derive(Debug)]
pub struct Trace {
    pub id: TraceId,
    pub span: SpanId,
    pub parent: Option<SpanId>,
    /// When it began: on the clock of this process, and in nanoseconds since the Unix epoch.
    begun: Instant,
    begun_nanos: u64,
    /// The registered client that it is about.
    client: OnceLock<String>,
    grant_type: OnceLock<&'static str>,
    number: AtomicU64,
    steps: Mutex<Vec<Step>>,
}

/// A step that is over.
#[derive(Clone, Debug)]
pub struct Step {
    pub name: &'static str,
    pub id: SpanId,
    pub begun: Instant,
    pub took: Duration,
    pub has_failed: bool,
}

impl Trace {
    fn new(parent: Option<Parent>, begun_nanos: u64) -> Self {
        Self {
            id: parent.map_or_else(random_bytes, |parent| parent.trace),
            span: random_bytes(),
            parent: parent.map(|parent| parent.span),
            begun: Instant::now(),
            begun_nanos,
            client: OnceLock::new(),
            grant_type: OnceLock::new(),
            number: AtomicU64::new(0),
            steps: Mutex::default(),
        }
    }

    /// Nanoseconds since the Unix epoch, at a moment of this process's clock.
    pub fn nanos_at(&self, moment: Instant) -> u64 {
        let since = moment.saturating_duration_since(self.begun).as_nanos();
        self.begun_nanos.saturating_add(u64::try_from(since).unwrap_or(u64::MAX))
    }

    pub fn begun(&self) -> Instant {
        self.begun
    }

    pub fn client(&self) -> Option<&str> {
        self.client.get().map(String::as_str)
    }

    pub fn grant_type(&self) -> Option<&'static str> {
        self.grant_type.get().copied()
    }

    /// The steps so far.
    pub fn steps(&self) -> Vec<Step> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Unlike the request's own and all others within it, and nobody else looks for it.
    fn next_span(&self) -> SpanId {
        let number = self.number.fetch_add(1, Relaxed) + 1;
        (u64::from_be_bytes(self.span) ^ number).to_be_bytes()
    }
}

/// Says which registered client the current request is about.
pub fn name_client(id: &str) {
    context::with(|request| {
        if let Some(trace) = &request.trace {
            let _ = trace.client.set(id.to_owned());
        }
    });
}

/// Says which grant type the current request uses.
pub fn name_grant_type(grant_type: &'static str) {
    context::with(|request| {
        if let Some(trace) = &request.trace {
            let _ = trace.grant_type.set(grant_type);
        }
    });
}

/// A step within the current request, from now until it is dropped; `None` when its trace is not recorded.
pub fn span(name: &'static str) -> Option<Span> {
    let is_recorded = context::with(|request| request.trace.is_some()).unwrap_or(false);
    let request = if is_recorded { context::current() } else { None };
    request.map(|request| Span { request, name, begun: Instant::now(), has_failed: false })
}

/// A step that is under way.
#[derive(Debug)]
pub struct Span {
    request: Arc<Context>,
    name: &'static str,
    begun: Instant,
    has_failed: bool,
}

impl Span {
    pub fn fail(&mut self) {
        self.has_failed = true;
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        let Some(trace) = &self.request.trace else { return };
        let step = Step {
            name: self.name,
            id: trace.next_span(),
            begun: self.begun,
            took: self.begun.elapsed(),
            has_failed: self.has_failed,
        };
        let mut steps = trace.steps.lock().unwrap_or_else(PoisonError::into_inner);
        if steps.len() < MOST_STEPS {
            steps.push(step);
        }
    }
}

/// A request that was answered.
#[derive(Debug)]
pub struct Ended {
    pub request: Arc<Context>,
    pub method: &'static str,
    pub status: u16,
    pub error: Option<&'static str>,
    pub took: Duration,
}

/// Records traces.
#[derive(Debug)]
pub struct Tracer {
    /// Of 2^63, how many traces without a parent are recorded.
    threshold: u64,
    queue: mpsc::Sender<Ended>,
    /// What whoever sends them away takes them from.
    pub ended: tokio::sync::Mutex<mpsc::Receiver<Ended>>,
    /// Spans that arrived.
    pub delivered: Counter,
    /// Requests whose trace was lost: too many waited, or they could not be delivered.
    pub lost: Counter,
}

impl Tracer {
    /// Records this part of the traces, from 0 to 1.
    pub fn new(ratio: f64) -> Self {
        let (queue, ended) = mpsc::channel(QUEUE);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a number between 0 and 2^63, and which exactly matters to nobody"
        )]
        let threshold = (ratio.clamp(0.0, 1.0) * (1_u64 << 63) as f64) as u64;
        Self { threshold, queue, ended: ended.into(), delivered: Counter::default(), lost: Counter::default() }
    }

    /// The trace of a request that begins now; `None` when it is not recorded.
    pub fn begin(&self, parent: Option<Parent>, now_nanos: u64) -> Option<Trace> {
        if parent.is_some_and(|parent| !parent.is_sampled) {
            return None;
        }
        let trace = Trace::new(parent, now_nanos);
        let low = u64::from_be_bytes([
            trace.id[8],
            trace.id[9],
            trace.id[10],
            trace.id[11],
            trace.id[12],
            trace.id[13],
            trace.id[14],
            trace.id[15],
        ]);
        (parent.is_some() || low >> 1 < self.threshold).then_some(trace)
    }

    /// Hands over the trace of a request that was answered.
    pub fn end(&self, ended: Ended) {
        if self.queue.try_send(ended).is_err() {
            self.lost.increment();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    const HEADER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_traceparent_is_read_as_w3c_says() {
        let parent = Parent::parse(HEADER).unwrap();
        assert_eq!(hex(&parent.trace), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!((hex(&parent.span).as_str(), parent.is_sampled), ("b7ad6b7169203331", true));
        assert!(!Parent::parse(&HEADER.replace("-01", "-02")).unwrap().is_sampled);
        assert!(Parent::parse("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more").is_some());
        for wrong in [
            "",
            "00",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
        ] {
            assert_eq!(Parent::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_ratio_holds_for_traces_that_begin_here_and_the_caller_decides_for_others() {
        let sampled = Parent::parse(HEADER);
        let unsampled = sampled.map(|parent| Parent { is_sampled: false, ..parent });
        for (ratio, of_ours) in [(0.0, 0..=0), (0.5, 400..=600), (1.0, 1000..=1000)] {
            let tracer = Tracer::new(ratio);
            let count = (0..1000).filter(|_| tracer.begin(None, 0).is_some()).count();
            assert!(of_ours.contains(&count), "{ratio}: {count}");
            assert!(tracer.begin(sampled, 0).is_some() && tracer.begin(unsampled, 0).is_none());
        }
    }

    #[test]
    fn what_the_queue_cannot_hold_is_lost_and_counted() {
        let tracer = Tracer::new(1.0);
        let request = Arc::new(Context {
            id: String::new(),
            route: None,
            trace: tracer.begin(None, 0),
            language: AtomicUsize::default(),
        });
        for _ in 0..QUEUE + 3 {
            let request = Arc::clone(&request);
            tracer.end(Ended { request, method: "GET", status: 200, error: None, took: Duration::ZERO });
        }
        assert_eq!(tracer.lost.get(), 3);
    }
}
