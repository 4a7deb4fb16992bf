//! The authorization endpoint (RFC 6749 §4.1.1): parse, bind, validate, decide, answer.

pub mod interaction;
pub mod request;
pub mod response;
pub mod validate;
