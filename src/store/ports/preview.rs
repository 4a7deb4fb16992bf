//! Ports without a database, for a preview of what a client would get.

use oxide_auth::primitives::authorizer::Authorizer;
use oxide_auth::primitives::grant::Grant;
use oxide_auth::primitives::issuer::{IssuedToken, Issuer, RefreshedToken, TokenType};

use super::client::ClientRegistrar;
use super::{access_token, far_future};
use crate::clock::{Timestamp, wall_millis};
use crate::domain::extension::{self, Standing};
use crate::secret::{Secret, SecretKind};

/// The ports of a preview: a grant is redeemed as if a code stood for it, and nothing is read or kept.
pub struct PreviewPorts {
    pub registrar: ClientRegistrar,
    pub now: Timestamp,
    /// What any code stands for, once.
    pub grant: Option<Grant>,
}

impl Authorizer for PreviewPorts {
    fn authorize(&mut self, _grant: Grant) -> Result<String, ()> {
        Err(())
    }

    fn extract(&mut self, _token: &str) -> Result<Option<Grant>, ()> {
        let mut grant = self.grant.take().ok_or(())?;
        extension::set_standing(&mut grant.extensions, Standing::Fresh);
        Ok(Some(Grant { until: far_future(), ..grant }))
    }
}

impl Issuer for PreviewPorts {
    fn issue(&mut self, grant: Grant) -> Result<IssuedToken, ()> {
        let (token, _) = access_token(&grant, self.now)?;
        let refresh = extension::refresh(&grant.extensions);
        let refresh = refresh.map(|_| Secret::generate_in_order(SecretKind::RefreshToken, wall_millis()));
        let refresh = refresh.map(|secret| secret.expose().to_owned());
        Ok(IssuedToken { token, refresh, until: grant.until, token_type: TokenType::Bearer })
    }

    knows_no_tokens!();
}
