//! The ports of client credentials.

use oxide_auth::primitives::grant::Grant;
use oxide_auth::primitives::issuer::{IssuedToken, Issuer, RefreshedToken, TokenType};
use oxide_auth::primitives::registrar::{BoundClient, ClientUrl, PreGrant, Registrar, RegistrarError};

use super::access_token;
use super::client::ClientRegistrar;
use crate::clock::Timestamp;
use crate::domain::scope::Scope;
use crate::store::access_tokens::NewAccessToken;

/// The ports of client credentials: nothing is read, and what is to be written is gathered.
pub struct MachinePorts {
    pub registrar: ClientRegistrar,
    pub now: Timestamp,
    /// What to insert; nothing for a JWT.
    pub token: Option<NewAccessToken>,
}

impl Issuer for MachinePorts {
    fn issue(&mut self, grant: Grant) -> Result<IssuedToken, ()> {
        let (access_token, row) = access_token(&grant, self.now)?;
        self.token = row;
        Ok(IssuedToken { token: access_token, refresh: None, until: grant.until, token_type: TokenType::Bearer })
    }

    knows_no_tokens!();
}

impl Registrar for MachinePorts {
    fn bound_redirect<'a>(&self, bound: ClientUrl<'a>) -> Result<BoundClient<'a>, RegistrarError> {
        self.registrar.bound_redirect(bound)
    }

    fn negotiate(&self, client: BoundClient<'_>, scope: Option<Scope>) -> Result<PreGrant, RegistrarError> {
        self.registrar.negotiate(client, scope)
    }

    fn check(&self, client_id: &str, passphrase: Option<&[u8]>) -> Result<(), RegistrarError> {
        self.registrar.check(client_id, passphrase)
    }
}
