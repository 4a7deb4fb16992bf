//! The port without a transaction, for a code that nothing else is settled with.

use oxide_auth::primitives::authorizer::Authorizer;
use oxide_auth::primitives::grant::Grant;

use super::authorization_code;
use crate::clock::{Timestamp, wall_millis};
use crate::secret::{Secret, SecretKind};
use crate::store::authorization_codes::NewCode;

/// The port of a code: what is to be written is gathered.
pub struct CodePort {
    pub now: Timestamp,
    /// What to insert.
    pub code: Option<NewCode>,
}

impl Authorizer for CodePort {
    fn authorize(&mut self, grant: Grant) -> Result<String, ()> {
        let secret = Secret::generate_in_order(SecretKind::AuthorizationCode, wall_millis());
        self.code = Some((secret.digest(), authorization_code(&grant, self.now)?));
        Ok(secret.expose().to_owned())
    }

    fn extract(&mut self, _token: &str) -> Result<Option<Grant>, ()> {
        Err(())
    }
}
