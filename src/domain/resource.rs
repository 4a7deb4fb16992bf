//! Resources: the APIs that tokens are for (RFC 8707).

use url::Url;

use crate::clock::Timestamp;
use crate::domain::client::TokenFormat;
use crate::domain::scope::Scope;
use crate::domain::sentence::{Sentence, sentence};

/// A registered resource.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its identifier: what clients send as `resource` and find as `aud`.
    pub uri: String,
    pub name: String,
    /// The scopes that mean something there; without, all.
    pub scope: Option<Scope>,
    /// What its tokens look like; without, as the client says.
    pub token_format: Option<TokenFormat>,
    /// The clients that may introspect its tokens: its own servers.
    pub introspected_by: Vec<String>,
    pub created_at: Timestamp,
}

/// Checks what RFC 8707 §2 asks of an identifier: absolute, without a fragment; at most 2048 bytes.
pub fn parse_identifier(text: &str) -> Result<(), Sentence> {
    if text.len() > 2048 {
        return Err(sentence!("resource-identifier-long", "A resource identifier has at most 2048 characters."));
    }
    if !text.bytes().all(|byte| (0x21..=0x7e).contains(&byte)) {
        return Err(sentence!(
            "resource-identifier-spaces",
            "A resource identifier is a URL without spaces, for example https://api.example.com/."
        ));
    }
    let url = Url::parse(text).map_err(|_| {
        sentence!(
            "resource-identifier-relative",
            "A resource identifier is an absolute URL, for example https://api.example.com/."
        )
    })?;
    if url.fragment().is_some() {
        return Err(sentence!(
            "resource-identifier-fragment",
            "A resource identifier has no fragment (#…), for example https://api.example.com/."
        ));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(sentence!(
            "resource-identifier-user",
            "A resource identifier has no user name in it, for example https://api.example.com/."
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_absolute_and_has_no_fragment() {
        assert!(parse_identifier("https://api.example.com/").is_ok());
        assert!(parse_identifier("urn:example:reports").is_ok());
        for bad in
            ["/reports", "api.example.com", "https://api.example.com/#x", "https://u@api.example.com/", "https://a b/"]
        {
            assert!(parse_identifier(bad).is_err(), "{bad}");
        }
    }
}
