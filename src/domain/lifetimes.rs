//! How long the things that we issue stay good, in seconds. Clients may override some of these for themselves.

use crate::clock::Seconds;

/// The longest that a client's ID tokens may live, in seconds: the keys that signed them are kept that long.
pub const LONGEST_ID_TOKEN: Seconds = 24 * 60 * 60;

/// The server's lifetimes. Their defaults and limits are in [`policies`](super::policies).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// An authorization code (RFC 6749 §4.1.2 recommends ten minutes at most).
    pub authorization_code: Seconds,
    /// An opaque access token, which can be revoked at once.
    pub access_token: Seconds,
    /// A JWT access token (RFC 9068), which resource servers may believe until it expires: never more than ten minutes.
    pub jwt_access_token: Seconds,
    /// A refresh token that nobody uses.
    pub refresh_token_idle: Seconds,
    /// A refresh token however much it is used, counted from the grant's first token.
    pub refresh_token: Seconds,
    /// How long a rotated refresh token may be repeated by a client that lost the answer; 0 for never.
    pub refresh_retry: Seconds,
    /// An ID token.
    pub id_token: Seconds,
    /// A browser session in which nothing happens.
    pub session_idle: Seconds,
    /// A browser session however much happens in it, counted from the login.
    pub session: Seconds,
    /// The `request_uri` of a pushed authorization request (RFC 9126 §2.2).
    pub pushed_request: Seconds,
    /// A device code and its user code (RFC 8628 §3.2).
    pub device_code: Seconds,
}
