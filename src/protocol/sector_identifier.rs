//! Whether a sector identifier stands for a client's redirect URIs (OpenID Connect Registration §5): the document there
//! has to list all of them, or anybody could name somebody else's sector and learn its users' pairwise subjects.

use crate::domain::client::ClientMetadata;
use crate::domain::sentence::{Sentence, sentence};
use crate::protocol::registration::RegistrationError;

/// Most bytes of the document.
pub const MAX_DOCUMENT: usize = 64 * 1024;

/// Checks the document that was found at the `sector_identifier_uri`.
pub fn check(document: &[u8], metadata: &ClientMetadata) -> Result<(), RegistrationError> {
    let Ok(listed) = serde_json::from_slice::<Vec<String>>(document) else {
        return Err(refused(sentence!(
            "metadata-sector-no-array",
            "There is no JSON array of redirect URIs at this address."
        )));
    };
    if metadata.redirect_uris.iter().all(|uri| listed.contains(uri)) {
        return Ok(());
    }
    Err(refused(sentence!(
        "metadata-sector-lacks",
        "The array at this address lacks one of the redirect_uris. Add it there first."
    )))
}

/// The error of a document that is not there or does not fit.
pub fn refused(problem: Sentence) -> RegistrationError {
    RegistrationError { member: "sector_identifier_uri", problem }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::scope::ScopeCatalog;
    use crate::protocol::registration::register;

    #[test]
    fn every_redirect_uri_is_listed() {
        let metadata = json!({"client_name": "x", "redirect_uris": ["https://a.example/", "https://b.example/cb"]});
        let Value::Object(metadata) = metadata else { unreachable!() };
        let metadata = register(&metadata, &ScopeCatalog::default()).unwrap();
        let is_fine = |document: &str| check(document.as_bytes(), &metadata).is_ok();
        assert!(is_fine(r#"["https://c.example/", "https://b.example/cb", "https://a.example/"]"#));
        for bad in
            ["", "{}", "null", "[]", r#"["https://a.example/"]"#, r#"["https://a.example", "https://b.example/cb"]"#]
        {
            assert!(!is_fine(bad), "{bad}");
        }
    }
}
