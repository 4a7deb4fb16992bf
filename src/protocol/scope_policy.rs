//! Which scopes a client gets for what it asks.

use crate::domain::client::{Client, GrantType};
use crate::domain::scope::{self, OFFLINE_ACCESS, OPENID, Scope, ScopeCatalog};
use crate::protocol::check::{Cause, Check};
use crate::protocol::error::OAuthError;

/// Negotiates the scopes of a request (RFC 6749 §3.3).
///
/// Without a scope parameter: the client's defaults. An unknown scope is dropped when OpenID Connect is asked, which says to
/// ignore it (Core §3.1.2.1), else it is an error; a scope the client may not have is always one.
///
/// # Errors
/// `invalid_scope`, saying what to do.
pub fn negotiate(client: &Client, catalog: &ScopeCatalog, requested: Option<&Scope>) -> Result<Scope, OAuthError> {
    let Some(requested) = requested.filter(|requested| !scope::is_empty(requested)) else {
        let defaults = client.default_scope(catalog);
        if scope::is_empty(&defaults) {
            return Err(OAuthError::invalid_scope(
                "The request names no scope and the client has no default scopes. Name one.",
            )
            .at(Check::ScopeNamed));
        }
        return Ok(defaults);
    };
    let allowed = client.allowed_scope(catalog);
    let known = catalog.known(requested);
    // OpenID Connect Core §11: ignored where nothing would come of it.
    let known = if client.may_use(GrantType::RefreshToken) || !scope::contains(requested, OPENID) {
        known
    } else {
        scope::difference(&known, &scope::from_names([OFFLINE_ACCESS]))
    };
    if known != *requested && !scope::contains(requested, OPENID) {
        return Err(OAuthError::invalid_scope(
            "A requested scope does not exist. Ask only for scopes listed in the server's metadata.",
        )
        .because(
            Cause::new(Check::ScopeKnown)
                .expecting(catalog.iter().map(|entry| entry.name.as_str()))
                .receiving(scope::render(&scope::difference(requested, &known))),
        ));
    }
    if !allowed.priviledged_to(&known) {
        return Err(OAuthError::invalid_scope(
            "The client may not have one of the requested scopes. Ask for less, or have an admin allow it for this client.",
        )
        .because(
            Cause::new(Check::ScopeAllowed)
                .expecting(scope::names(&allowed))
                .receiving(scope::render(&scope::difference(&known, &allowed))),
        ));
    }
    if scope::is_empty(&known) {
        return Err(OAuthError::invalid_scope("None of the requested scopes exists.").because(
            Cause::new(Check::ScopeAllowed).expecting(scope::names(&allowed)).receiving(scope::render(requested)),
        ));
    }
    Ok(known)
}

/// Parses a `scope` parameter (RFC 6749 Appendix A.4).
pub fn parse(text: &str) -> Result<Scope, OAuthError> {
    if text.len() > scope::MAX_SCOPE_LENGTH {
        return Err(
            OAuthError::invalid_scope("The scope parameter is longer than 4096 characters.").at(Check::ScopeSyntax)
        );
    }
    let wrong = "A scope holds a character that scopes may not have.";
    text.parse().map_err(|_| OAuthError::invalid_scope(wrong).at(Check::ScopeSyntax))
}
