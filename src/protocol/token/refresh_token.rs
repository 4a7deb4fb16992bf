//! Refreshing (RFC 6749 §6, RFC 9700 §4.14), over oxide-auth's [`Refresh`].
//!
//! Public clients rotate: each refresh token is used once, and its return means that two hold it, so the whole family ends.
//! That alone would punish a client that lost our answer on the way. So within the retry window, counted from the later of
//! the rotation and the server's start, the same token gives the same successor again, until the successor itself is used.
//! There is never a second chain: the successor is computed from its predecessor, not drawn anew.
//!
//! Confidential clients do not rotate unless an admin wants it: their secret is what a thief would lack.

use std::borrow::Cow;

use oxide_auth::code_grant::refresh::{Input, Output, Refresh, Request};
use oxide_auth::primitives::grant::Grant;
use oxide_auth::primitives::issuer::Issuer;

use crate::domain::extension::{self, Standing};
use crate::domain::resource::Resource;
use crate::domain::scope::{self, Scope};
use crate::protocol::check::{Cause, Check};
use crate::protocol::client_auth::AuthenticatedClient;
use crate::protocol::error::{OAuthError, TokenError};
use crate::protocol::token::request::RefreshExchange;
use crate::protocol::token::{
    Authentication, Issued, Terms, at_resources, narrow, nothing_left, port_failed, refuse_empty, time,
    with_access_token,
};

/// Issues an access token, and a successor where tokens rotate.
///
/// # Errors
/// [`TokenError::Replayed`] for a rotated token in an otherwise valid request, else what the specifications name.
pub fn refresh(
    port: &mut dyn Issuer,
    client: &AuthenticatedClient,
    terms: &Terms<'_>,
    resources: &std::collections::BTreeMap<String, Resource>,
    exchange: &RefreshExchange,
) -> Result<Issued, TokenError> {
    let found = port.recover_refresh(&exchange.refresh_token).map_err(port_failed)?;
    let grant = found.ok_or_else(|| unusable(Check::RefreshTokenKnown))?;
    // oxide-auth compares the client only when it authenticated with a secret: a public one would pass with any token.
    if grant.client_id != client.client.id {
        return Err(unusable(Check::RefreshTokenClient));
    }
    refuse_empty(&grant.scope)?;
    let requested = exchange.scope.as_ref().filter(|requested| !scope::is_empty(requested)).map(scope::render);
    let mut machine = Refresh::new(&Canonical { exchange, client });
    let mut input = Input::None;
    let mut issued = None;
    loop {
        input = match machine.advance(input) {
            // The caller authenticated the client before it looked at the token.
            Output::Unauthenticated { .. } => Input::Authenticated { scope: requested.as_deref().map(Cow::Borrowed) },
            Output::RecoverRefresh { .. } => Input::Recovered {
                scope: requested.as_deref().map(Cow::Borrowed),
                grant: Some(Box::new(grant.clone())),
            },
            Output::Refresh { token, grant: narrowed } => {
                let targets = narrow(&extension::resource(&grant.extensions), &exchange.resource, resources)?;
                if extension::standing(&grant.extensions) == Standing::Spent {
                    let grant = extension::grant_id(&grant.extensions).ok_or(TokenError::Port)?;
                    // RFC 9700 §4.14.2: a rotated token presented again means theft.
                    return Err(TokenError::Replayed { grant, check: Check::RefreshTokenFresh });
                }
                let asks_for_less = requested.is_some() || !exchange.resource.is_empty();
                let left = at_resources(&narrowed.scope, &targets)
                    .map_err(|error| if asks_for_less { error } else { nothing_left() })?;
                let mut to_issue = with_access_token(&grant, terms, &targets, &left);
                // Rotation never moves the absolute end.
                let absolute = extension::absolute_end(&grant.extensions).unwrap_or_else(|| terms.refresh_absolute());
                extension::set_refresh(&mut to_issue.extensions, terms.refresh_idle(), absolute);
                // No token outlives its grant, which is forgotten soon after.
                to_issue.until = to_issue.until.min(time(absolute));
                let token = token.to_owned();
                let refreshed = port.refresh(&token, to_issue.clone()).map_err(port_failed)?;
                // OpenID Connect Core §12.2: told anew, with the time of the login and without the nonce.
                let authentication = Authentication::of(&grant, &narrowed.scope)
                    .map(|authentication| Authentication { nonce: None, ..authentication });
                let (token, successor) = (refreshed.token.clone(), refreshed.refresh.clone());
                issued = Some(Issued::new(&to_issue, token, successor, authentication, terms)?);
                Input::Refreshed(refreshed)
            }
            Output::Ok(_) => return issued.ok_or(TokenError::Port),
            Output::Err(_) => return Err(refused(&grant, exchange.scope.as_ref())),
        };
    }
}

/// The machine's errors carry no cause; there are only these two left.
fn refused(grant: &Grant, requested: Option<&Scope>) -> TokenError {
    match requested {
        Some(requested) if !grant.scope.priviledged_to(requested) => {
            OAuthError::invalid_scope("A refresh may ask for fewer scopes than were granted, not for others.")
                .because(
                    Cause::new(Check::RefreshScope)
                        .expecting(scope::names(&grant.scope))
                        .receiving(scope::render(&scope::difference(requested, &grant.scope))),
                )
                .into()
        }
        _ => unusable(Check::RefreshTokenKnown),
    }
}

fn unusable(check: Check) -> TokenError {
    OAuthError::invalid_grant(
        "The refresh token is unknown, expired, revoked, or was issued to another client. Start a new authorization request.",
    )
    .at(check)
    .into()
}

struct Canonical<'a> {
    exchange: &'a RefreshExchange,
    client: &'a AuthenticatedClient,
}

impl Request for Canonical<'_> {
    fn valid(&self) -> bool {
        true
    }

    fn refresh_token(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(&self.exchange.refresh_token))
    }

    fn scope(&self) -> Option<Cow<'_, str>> {
        self.exchange.scope.as_ref().map(|scope| Cow::Owned(scope::render(scope)))
    }

    fn grant_type(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed("refresh_token"))
    }

    /// Always as if by a secret, so that the machine compares client and grant.
    fn authorization(&self) -> Option<(Cow<'_, str>, Cow<'_, [u8]>)> {
        Some((Cow::Borrowed(&self.client.client.id), Cow::Borrowed(&[])))
    }

    fn extension(&self, _key: &str) -> Option<Cow<'_, str>> {
        None
    }
}
