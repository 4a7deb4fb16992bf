//! Client credentials (RFC 6749 §4.4), over oxide-auth's [`ClientCredentials`]: a machine in its own name.

use std::borrow::Cow;

use oxide_auth::code_grant::client_credentials::{ClientCredentials, Input, Output, Request};
use oxide_auth::primitives::grant::{Extensions, Grant};
use oxide_auth::primitives::issuer::Issuer;
use oxide_auth::primitives::registrar::{ClientUrl, Registrar};

use crate::domain::extension;
use crate::domain::grant::GrantId;
use crate::domain::resource::Resource;
use crate::domain::scope;
use crate::protocol::check::{Cause, Check};
use crate::protocol::client_auth::AuthenticatedClient;
use crate::protocol::error::{ErrorCode, OAuthError, TokenError};
use crate::protocol::scope_policy::negotiate;
use crate::protocol::token::request::MachineRequest;
use crate::protocol::token::{Issued, Terms, at_resources, find_resources, port_failed, time, with_access_token};

/// Issues an access token for the client itself. Never a refresh token (RFC 6749 §4.4.3).
pub fn issue<P: Registrar + Issuer>(
    ports: &mut P,
    client: &AuthenticatedClient,
    terms: &Terms<'_>,
    catalog: &scope::ScopeCatalog,
    resources: &std::collections::BTreeMap<String, Resource>,
    grant_id: GrantId,
    request: &MachineRequest,
) -> Result<Issued, TokenError> {
    if client.client.is_public() {
        // RFC 6749 §4.4: only for clients that can prove who they are.
        return Err(OAuthError::new(
            ErrorCode::UnauthorizedClient,
            "A public client cannot use client_credentials. Register a confidential client.",
        )
        .at(Check::ClientConfidential)
        .into());
    }
    if let Some(scope) = &request.scope
        && scope::without_openid_connect(scope) != *scope
    {
        let openid = scope::difference(scope, &scope::without_openid_connect(scope));
        return Err(OAuthError::invalid_scope(
            "The scopes of OpenID Connect need a user; client_credentials has none.",
        )
        .because(Cause::new(Check::ScopeForMachines).receiving(scope::render(&openid)))
        .into());
    }
    // The port can only say no; the reason is found here first.
    negotiate(terms.client, catalog, request.scope.as_ref())?;
    let targets = find_resources(&request.resource, resources)?;
    let mut machine = ClientCredentials::new(&Canonical { request, client });
    let mut input = Input::None;
    loop {
        input = match machine.advance(input) {
            // The caller authenticated the client.
            Output::Authenticate { .. } => Input::Authenticated,
            Output::Binding { client_id } => {
                let url = ClientUrl { client_id: Cow::Owned(client_id.to_owned()), redirect_uri: None };
                Input::Bound { bound_client: ports.bound_redirect(url).map_err(port_failed)? }
            }
            Output::Extend => {
                let mut extensions = Extensions::new();
                extension::set_grant_id(&mut extensions, grant_id);
                Input::Extended { extensions }
            }
            Output::Negotiate { bound_client, scope } => {
                Input::Negotiated { pre_grant: ports.negotiate(bound_client.clone(), scope).map_err(port_failed)? }
            }
            Output::Ok { pre_grant, extensions } => {
                let grant = Grant {
                    owner_id: String::new(),
                    client_id: pre_grant.client_id.clone(),
                    redirect_uri: pre_grant.redirect_uri.to_url(),
                    scope: pre_grant.scope.clone(),
                    until: time(terms.now),
                    extensions: extensions.clone(),
                };
                let to_issue = with_access_token(&grant, terms, &targets, &at_resources(&grant.scope, &targets)?);
                let token = ports.issue(to_issue.clone()).map_err(port_failed)?;
                return Issued::new(&to_issue, token.token, None, None, terms);
            }
            Output::Err(_) => {
                return Err(
                    OAuthError::invalid_request("The request is not a valid client_credentials request.").into()
                );
            }
        };
    }
}

struct Canonical<'a> {
    request: &'a MachineRequest,
    client: &'a AuthenticatedClient,
}

impl Request for Canonical<'_> {
    fn valid(&self) -> bool {
        true
    }

    fn authorization(&self) -> Option<(Cow<'_, str>, Cow<'_, [u8]>)> {
        Some((Cow::Borrowed(&self.client.client.id), Cow::Borrowed(&[])))
    }

    fn scope(&self) -> Option<Cow<'_, str>> {
        self.request.scope.as_ref().map(|scope| Cow::Owned(scope::render(scope)))
    }

    fn grant_type(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed("client_credentials"))
    }

    fn extension(&self, _key: &str) -> Option<Cow<'_, str>> {
        None
    }
}
