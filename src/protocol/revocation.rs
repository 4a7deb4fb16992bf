//! Token revocation (RFC 7009): what ends when a client gives a token back.

use crate::domain::client::Client;

/// What the presented token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presented {
    AccessToken,
    RefreshToken,
}

/// What is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// The token alone.
    Token,
    /// The grant with all its tokens.
    Grant,
    /// Nothing: the token is another client's.
    Refused,
}

/// RFC 7009 §2.1: a refresh token takes its access tokens along. A public client's access token ends its grant too, because
/// it has no other way to say that its user is done.
pub fn decide(client: &Client, presented: Presented, issued_to: &str, is_machine: bool) -> Revocation {
    if client.id != issued_to {
        return Revocation::Refused;
    }
    match presented {
        Presented::RefreshToken => Revocation::Grant,
        Presented::AccessToken if client.is_public() && !is_machine => Revocation::Grant,
        Presented::AccessToken => Revocation::Token,
    }
}
