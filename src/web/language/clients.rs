//! Clients in the reader's language, as far as they said something in it (OpenID Connect Registration §2.1).

use super::current;
use crate::domain::client::Client;

/// What the client calls itself.
pub fn name(client: &Client) -> String {
    client.metadata.in_language("client_name", current().tag()).unwrap_or_else(|| client.name()).to_owned()
}

/// Where a page of the client is: `member` is `client_uri`, `policy_uri` or `tos_uri`, and `stored` what it has without a
/// language.
pub fn page(client: &Client, member: &str, stored: Option<&String>) -> Option<String> {
    client.metadata.in_language(member, current().tag()).map(str::to_owned).or_else(|| stored.cloned())
}
