//! Redeeming an authorization code (RFC 6749 §4.1.3, RFC 7636 §4.5, OAuth 2.1 §4.1.3), over oxide-auth's [`AccessToken`].
//!
//! 1. The port says what the code stands for, or what the spent code stood for.
//! 2. The machine binds it to the client, to the redirect URI and to its end.
//! 3. We prove possession: verifier and challenge belong together, and neither comes without the other.
//! 4. Only when everything else is right is a spent code a theft. A request that merely knows a spent code must not be able
//!    to end what its owner got for it (OAuth 2.1 §7.5.2).
//! 5. What the client may not have any more since the user consented is no part of the grant; something has to be left.
//! 6. The port issues, and who asked writes that together with the claim of the code.
//!
//! Whatever fails, nothing is written, so that the code stays with its owner.

use std::borrow::Cow;

use oxide_auth::code_grant::accesstoken::{AccessToken, Authorization, Input, Output, Request};
use oxide_auth::code_grant::extensions::Pkce;
use oxide_auth::primitives::grant::{Extensions, Grant, GrantExtension};

use crate::domain::extension::{self, Standing};
use crate::domain::resource::Resource;
use crate::protocol::Ports;
use crate::protocol::check::{Cause, Check};
use crate::protocol::client_auth::AuthenticatedClient;
use crate::protocol::error::{OAuthError, TokenError};
use crate::protocol::token::request::CodeExchange;
use crate::protocol::token::{
    Authentication, Issued, Terms, at_resources, gives_refresh_token, narrow, port_failed, refuse_empty,
    with_access_token,
};

/// Redeems a code.
///
/// # Errors
/// [`TokenError::Replayed`] for a spent code in an otherwise valid request, [`TokenError::WrongVerifier`] for the right
/// code without the right verifier, else what the specifications name.
pub fn redeem(
    ports: &mut dyn Ports,
    client: &AuthenticatedClient,
    terms: &Terms<'_>,
    resources: &std::collections::BTreeMap<String, Resource>,
    exchange: &CodeExchange,
) -> Result<Issued, TokenError> {
    let grant =
        ports.extract(&exchange.code).map_err(port_failed)?.ok_or_else(|| unusable(Cause::new(Check::CodeKnown)))?;
    check_redirect_uri(exchange, &grant)?;
    let mut machine = AccessToken::new(&Canonical { exchange, client, grant: &grant });
    let mut input = Input::None;
    let mut issued = None;
    loop {
        input = match machine.advance(input) {
            // The caller authenticated the client before it looked at the code.
            Output::Authenticate { .. } => Input::Authenticated,
            Output::Recover { .. } => Input::Recovered(Some(Box::new(grant.clone()))),
            Output::Extend { extensions } => {
                prove_possession(exchange, extensions)?;
                Input::Extended { access_extensions: std::mem::take(extensions) }
            }
            Output::Issue { grant } => {
                let targets = narrow(&extension::resource(&grant.extensions), &exchange.resource, resources)?;
                if extension::standing(&grant.extensions) != Standing::Fresh {
                    let grant = extension::grant_id(&grant.extensions).ok_or(TokenError::Port)?;
                    return Err(TokenError::Replayed { grant, check: Check::CodeFresh });
                }
                refuse_empty(&grant.scope)?;
                let mut to_issue = with_access_token(grant, terms, &targets, &at_resources(&grant.scope, &targets)?);
                // Without openid, which an admin took away since the consent, it would look like a request for more.
                let consented = extension::granted_scope(&grant.extensions);
                let was_for_more = gives_refresh_token(terms.client, consented.as_ref().unwrap_or(&grant.scope));
                if was_for_more && gives_refresh_token(terms.client, &grant.scope) {
                    extension::set_refresh(&mut to_issue.extensions, terms.refresh_idle(), terms.refresh_absolute());
                }
                let token = ports.issue(to_issue.clone()).map_err(port_failed)?;
                issued = Some(Issued::new(
                    &to_issue,
                    token.token.clone(),
                    token.refresh.clone(),
                    Authentication::of(grant, &grant.scope),
                    terms,
                )?);
                Input::Issued(token)
            }
            Output::Ok(_) => return issued.ok_or(TokenError::Port),
            // Of what the machine compares, only the client is left: the port judged the end, and we the redirect URI.
            Output::Err(_) => return Err(unusable(Cause::new(Check::CodeClient))),
        };
    }
}

/// The same words for every code that opens nothing, so that nobody learns which of its properties was wrong.
fn unusable(cause: Cause) -> TokenError {
    OAuthError::invalid_grant(
        "The code is unknown, expired, used, or was issued to another client or redirect URI. Start a new authorization \
         request.",
    )
    .because(cause)
    .into()
}

/// OAuth 2.1 §10.2: compared byte for byte when sent; needed only where no PKCE binds the code.
fn check_redirect_uri(exchange: &CodeExchange, grant: &Grant) -> Result<(), TokenError> {
    let bound = extension::redirect_uri(&grant.extensions).ok_or(TokenError::Port)?;
    let has_challenge = grant.extensions.private().any(|(name, _)| name == Pkce::required().identifier());
    match &exchange.redirect_uri {
        Some(sent) if sent == bound => Ok(()),
        None if has_challenge => Ok(()),
        sent => Err(unusable(
            Cause::new(Check::CodeRedirectUri).expecting([bound]).receiving(sent.clone().unwrap_or_default()),
        )),
    }
}

fn prove_possession(exchange: &CodeExchange, extensions: &mut Extensions) -> Result<(), TokenError> {
    let pkce = Pkce::required();
    match (extensions.remove(&pkce), &exchange.code_verifier) {
        (None, None) => Ok(()),
        // RFC 9700 §2.1.1: a verifier without a challenge means that somebody took the challenge away.
        (None, Some(_)) => Err(OAuthError::invalid_request(
            "A code_verifier was sent, but the authorization request had no code_challenge.",
        )
        .at(Check::VerifierExpected)
        .into()),
        (Some(_), None) => Err(TokenError::WrongVerifier),
        (Some(challenge), Some(verifier)) => {
            // RFC 7636 §4.1: 43 to 128 unreserved characters, also when the digest fits.
            let is_verifier = (43..=128).contains(&verifier.len())
                && verifier.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
            let proof = pkce.verify(Some(challenge), Some(Cow::Borrowed(verifier)));
            if is_verifier && proof.is_ok() { Ok(()) } else { Err(TokenError::WrongVerifier) }
        }
    }
}

/// The request as the machine wants it: authenticated already, and always with the redirect URI.
struct Canonical<'a> {
    exchange: &'a CodeExchange,
    client: &'a AuthenticatedClient,
    grant: &'a Grant,
}

impl Request for Canonical<'_> {
    fn valid(&self) -> bool {
        true
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(&self.exchange.code))
    }

    fn authorization(&self) -> Authorization<'_> {
        Authorization::Username(Cow::Borrowed(&self.client.client.id))
    }

    fn client_id(&self) -> Option<Cow<'_, str>> {
        None
    }

    fn redirect_uri(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(self.grant.redirect_uri.as_str()))
    }

    fn grant_type(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed("authorization_code"))
    }

    fn extension(&self, _key: &str) -> Option<Cow<'_, str>> {
        None
    }
}
