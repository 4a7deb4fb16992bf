//! The client of a request as oxide-auth's [`Registrar`]: where it may be redirected to, and what it may ask for.

use std::sync::Arc;

use oxide_auth::primitives::registrar::{BoundClient, ClientUrl, PreGrant, RegisteredUrl, Registrar, RegistrarError};

use crate::domain::client::Client;
use crate::domain::redirect_uri::placeholder_url;
use crate::domain::scope::{self, Scope, ScopeCatalog};
use crate::store::cache::Catalog;

/// The client of the request as oxide-auth's registrar.
#[derive(Clone, Debug)]
pub struct ClientRegistrar {
    pub client: Arc<Client>,
    pub catalog: Arc<Catalog>,
}

impl ClientRegistrar {
    fn scopes(&self) -> &ScopeCatalog {
        &self.catalog.scopes
    }
}

impl Registrar for ClientRegistrar {
    /// Binds the client to a redirect URI that it registered, or to a placeholder where the request has none.
    fn bound_redirect<'a>(&self, bound: ClientUrl<'a>) -> Result<BoundClient<'a>, RegistrarError> {
        if bound.client_id != self.client.id.as_str() {
            return Err(RegistrarError::Unspecified);
        }
        let redirect_uri = match bound.redirect_uri {
            None => RegisteredUrl::Semantic(placeholder_url()),
            Some(asked) if self.client.redirects_to(asked.as_str()) => RegisteredUrl::Exact(asked.into_owned()),
            Some(_) => return Err(RegistrarError::Unspecified),
        };
        Ok(BoundClient { client_id: bound.client_id, redirect_uri: std::borrow::Cow::Owned(redirect_uri) })
    }

    /// The requested scopes that exist, or the client's defaults; refused when the client may not have one of them.
    fn negotiate(&self, client: BoundClient<'_>, requested: Option<Scope>) -> Result<PreGrant, RegistrarError> {
        let scope = match requested.filter(|requested| !scope::is_empty(requested)) {
            Some(requested) => self.scopes().known(&requested),
            None => self.client.default_scope(self.scopes()),
        };
        if !self.client.allowed_scope(self.scopes()).priviledged_to(&scope) || scope::is_empty(&scope) {
            return Err(RegistrarError::Unspecified);
        }
        Ok(PreGrant { client_id: client.client_id.into_owned(), redirect_uri: client.redirect_uri.into_owned(), scope })
    }

    /// Clients are authenticated before a transaction begins; nothing here can do it.
    fn check(&self, _client_id: &str, _passphrase: Option<&[u8]>) -> Result<(), RegistrarError> {
        Err(RegistrarError::PrimitiveError)
    }
}
