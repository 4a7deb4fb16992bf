//! What is told about a request while it is answered: its id and route on every line of the log ([`context`]), and what
//! took how long as a trace ([`trace`]), written as OpenTelemetry reads it ([`otlp`]).
//!
//! Off, traces cost a look at an `Option`. On, a request and its steps are gathered in memory of its own and handed over
//! by one message to a bounded queue; who finds it full drops the trace and counts it. Nothing here waits.
//!
//! # Why our own
//! OpenTelemetry's crates bring a second HTTP client, gRPC's types and some thirty crates, and a registry of spans that is
//! locked for each. What we say are a request and a handful of steps: [`otlp`] is one page.

pub mod context;
pub mod otlp;
pub mod trace;
