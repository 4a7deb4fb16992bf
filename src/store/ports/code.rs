//! The port of a code to be.

use oxide_auth::primitives::authorizer::Authorizer;
use oxide_auth::primitives::grant::Grant;

use super::authorization_code;
use crate::clock::{Timestamp, wall_millis};
use crate::domain::extension;
use crate::secret::{Secret, SecretKind};
use crate::store::authorization_codes::NewCode;

/// The port of a code: what is to be written is gathered.
pub struct CodePort {
    pub now: Timestamp,
    /// What to insert.
    pub code: Option<NewCode>,
}

impl Authorizer for CodePort {
    /// A device has its code already: then what is granted goes under that code's digest, and nothing is returned.
    fn authorize(&mut self, grant: Grant) -> Result<String, ()> {
        let code = authorization_code(&grant, self.now)?;
        if let Some(digest) = extension::device_code(&grant.extensions) {
            self.code = Some((digest, code));
            return Ok(String::new());
        }
        let secret = Secret::generate_in_order(SecretKind::AuthorizationCode, wall_millis());
        self.code = Some((secret.digest(), code));
        Ok(secret.expose().to_owned())
    }

    fn extract(&mut self, _token: &str) -> Result<Option<Grant>, ()> {
        Err(())
    }
}
