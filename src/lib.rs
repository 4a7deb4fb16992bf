//! Grantor: a self-hosted OAuth 2.1 authorization server.

pub mod clock;
pub mod secret;
