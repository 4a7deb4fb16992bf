//! Resources: the APIs that tokens are for (RFC 8707).

use url::Url;

use crate::clock::Timestamp;
use crate::domain::client::TokenFormat;
use crate::domain::scope::Scope;

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
pub fn parse_identifier(text: &str) -> Result<(), String> {
    const EXAMPLE: &str = "for example https://api.example.com/";
    if text.len() > 2048 {
        return Err("A resource identifier has at most 2048 characters.".into());
    }
    if !text.bytes().all(|byte| (0x21..=0x7e).contains(&byte)) {
        return Err(format!("A resource identifier is a URL without spaces, {EXAMPLE}."));
    }
    let url = Url::parse(text).map_err(|_| format!("A resource identifier is an absolute URL, {EXAMPLE}."))?;
    if url.fragment().is_some() {
        return Err(format!("A resource identifier has no fragment (#…), {EXAMPLE}."));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!("A resource identifier has no user name in it, {EXAMPLE}."));
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
