//! What is kept of the requests to the protocol's endpoints, and for how long.

use crate::clock::Seconds;

/// Which requests leave a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recording {
    Off,
    /// Those that were refused.
    Failures,
    /// Those, and of those that went well one in [`SAMPLE`] for each client and kind of request.
    Sample,
    All,
}

/// Seconds in which one success of a kind is recorded, when they are sampled.
pub const SAMPLE: Seconds = 10;

/// What is recorded and how much of it is kept: the oldest records leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestLog {
    pub recording: Recording,
    pub max_rows: i64,
    pub max_age: Seconds,
}
