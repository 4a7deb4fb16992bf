//! The port of a redemption.

use oxide_auth::primitives::authorizer::Authorizer;
use oxide_auth::primitives::grant::Grant;
use oxide_auth::primitives::issuer::{IssuedToken, Issuer, RefreshedToken, TokenType};

use super::access_token;
use crate::clock::{Timestamp, wall_millis};
use crate::domain::extension;
use crate::secret::{Secret, SecretKind};
use crate::store::grants::NewGrant;
use crate::store::redemptions::Redeemed;

/// The port of a redemption: what the code stands for was found before, and what is to be written is gathered.
pub struct RedemptionPort {
    pub now: Timestamp,
    /// `None` where the code is unknown or does not count.
    pub found: Option<Grant>,
    /// What to write.
    pub redeemed: Option<Redeemed>,
}

impl Authorizer for RedemptionPort {
    fn authorize(&mut self, _grant: Grant) -> Result<String, ()> {
        Err(())
    }

    fn extract(&mut self, _token: &str) -> Result<Option<Grant>, ()> {
        Ok(self.found.take())
    }
}

impl Issuer for RedemptionPort {
    fn issue(&mut self, grant: Grant) -> Result<IssuedToken, ()> {
        let extensions = &grant.extensions;
        let (token, access_token) = access_token(&grant, self.now)?;
        let ends = extension::refresh(extensions);
        let refresh = ends.map(|(idle, _)| (Secret::generate_in_order(SecretKind::RefreshToken, wall_millis()), idle));
        let new = NewGrant {
            id: extension::grant_id(extensions).ok_or(())?,
            client_id: grant.client_id.clone(),
            owner_id: Some(grant.owner_id.clone()),
            session_id: extension::session(extensions).map(str::to_owned),
            // A token cut down for a resource belongs to a grant that still has all its scopes.
            scope: extension::granted_scope(extensions).unwrap_or_else(|| grant.scope.clone()),
            resource: extension::resource(extensions),
            facts: extension::facts(extensions),
            created_at: self.now,
            expires_at: Some(ends.map_or(grant.until.timestamp(), |(_, absolute)| absolute)),
        };
        let refresh_token = refresh.as_ref().map(|(secret, idle)| (secret.digest(), *idle));
        self.redeemed = Some(Redeemed { grant: new, access_token, refresh_token });
        let refresh = refresh.map(|(secret, _)| secret.expose().to_owned());
        Ok(IssuedToken { token, refresh, until: grant.until, token_type: TokenType::Bearer })
    }

    knows_no_tokens!();
}
