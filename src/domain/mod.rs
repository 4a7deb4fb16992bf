//! Plain data that parses itself: no I/O, no clock, no HTTP and no SQL.
//!
//! A value of these types has been checked when it was built, so nobody checks it again.

pub mod account_event;
pub mod branding;
pub mod claims;
pub mod client;
pub mod client_traffic;
pub mod colour;
pub mod device;
pub mod extension;
pub mod grant;
pub mod issuer;
pub mod lifetimes;
pub mod password_strength;
pub mod policies;
pub mod redirect_uri;
pub mod request_log;
pub mod resource;
pub mod resource_owner;
pub mod scope;
pub mod sentence;
pub mod signing_key;
pub mod subject;
