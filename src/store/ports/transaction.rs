//! The ports over one connection in one transaction.
//!
//! The traits can only say that something failed; why is kept here and taken out by [`TransactionPorts::explain`].

use std::cell::{Cell, RefCell};

use oxide_auth::primitives::authorizer::Authorizer;
use oxide_auth::primitives::grant::{Extensions, Grant, Value};
use oxide_auth::primitives::issuer::{IssuedToken, Issuer, RefreshedToken, TokenType};

use super::client::ClientRegistrar;
use super::{access_token, authorization_code, far_future};
use crate::clock::{Timestamp, wall_millis};
use crate::domain::extension::{self, Standing};
use crate::domain::grant::{ends_with_session, still_allowed};
use crate::domain::redirect_uri::placeholder_url;
use crate::domain::scope::Scope;
use crate::secret::{Digest, Secret, SecretKind};
use crate::store::access_tokens;
use crate::store::authorization_codes::{self, AuthorizationCode};
use crate::store::cache::Cache;
use crate::store::connection::AnyConnection;
use crate::store::error::{Failure, StoreError};
use crate::store::grants::{self, NewGrant};
use crate::store::{refresh_tokens, sessions};

/// What a refresh needs to know of the server.
#[derive(Clone, Copy)]
pub struct RefreshRules {
    /// Computes a refresh token's successor.
    pub successor_key: [u8; 32],
    /// Seconds in which a rotated token may be repeated.
    pub retry_window: i64,
    /// When the server began to answer.
    pub started_at: Timestamp,
}

/// The ports over a transaction.
pub struct TransactionPorts<'a> {
    connection: RefCell<&'a mut AnyConnection>,
    cache: &'a Cache,
    pub(super) registrar: ClientRegistrar,
    rules: RefreshRules,
    now: Timestamp,
    failure: RefCell<Option<StoreError>>,
    /// When the grant that was looked up was last used.
    last_used_at: Cell<Timestamp>,
}

impl<'a> TransactionPorts<'a> {
    pub fn new(
        connection: &'a mut AnyConnection,
        cache: &'a Cache,
        registrar: ClientRegistrar,
        rules: RefreshRules,
        now: Timestamp,
    ) -> Self {
        let (connection, failure, last_used_at) = (RefCell::new(connection), RefCell::new(None), Cell::new(0));
        Self { connection, cache, registrar, rules, now, failure, last_used_at }
    }

    /// Tells a refusal from a failed port.
    pub fn explain<T, E>(self, outcome: Result<T, E>) -> Result<T, Failure<E>> {
        match (outcome, self.failure.into_inner()) {
            (Ok(value), _) => Ok(value),
            (Err(_), Some(failure)) => Err(Failure::Store(failure)),
            (Err(refusal), None) => Err(Failure::Refused(refusal)),
        }
    }

    fn query<T>(&self, query: impl FnOnce(&mut AnyConnection) -> Result<T, StoreError>) -> Result<T, ()> {
        query(&mut self.connection.borrow_mut()).map_err(|error| {
            self.failure.replace(Some(error));
        })
    }

    /// A code that was claimed just now while its owner may still have given it, or a spent one while what it gave counts:
    /// when that is revoked, there is nothing left to protect.
    fn find_code(
        &self,
        connection: &mut AnyConnection,
        digest: &Digest,
    ) -> Result<Option<(AuthorizationCode, Standing)>, StoreError> {
        if let Some((code, owner_is_enabled)) = authorization_codes::claim(connection, digest, self.now)? {
            let counts = owner_is_enabled && session_is_open(connection, &code)?;
            return Ok(counts.then_some((code, Standing::Fresh)));
        }
        let Some(spent) = authorization_codes::find(connection, digest)?.filter(|code| code.redeemed_at.is_some())
        else {
            return Ok(None);
        };
        let counts = grants::find_alive(connection, self.cache, spent.grant_id)?.is_some();
        Ok(counts.then_some((spent, Standing::Spent)))
    }

    fn extract_code(&self, connection: &mut AnyConnection, code: &str) -> Result<Option<Grant>, StoreError> {
        let Some((code, standing)) = self.find_code(connection, &Digest::of(code))? else { return Ok(None) };
        let Ok(redirect_uri) = code.redirect_uri.parse() else { return Ok(None) };
        let mut extensions = Extensions::new();
        extension::set_grant_id(&mut extensions, code.grant_id);
        extension::set_standing(&mut extensions, standing);
        extension::set_redirect_uri(&mut extensions, &code.redirect_uri);
        extension::set_resource(&mut extensions, &code.facts.resource);
        extension::set_facts(&mut extensions, &code.facts.grant);
        if let Some(session) = &code.facts.session_id {
            extension::set_session(&mut extensions, session);
        }
        if let Some(challenge) = &code.code_challenge {
            let pkce = oxide_auth::code_grant::extensions::Pkce::required();
            let encoded = pkce
                .challenge(Some("S256".into()), Some(challenge.as_str().into()))
                .map_err(|()| StoreError::Corrupt("a code challenge".into()))?;
            extensions.set(&pkce, encoded.unwrap_or_else(|| Value::private(None)));
        }
        extension::set_granted_scope(&mut extensions, &code.scope);
        Ok(Some(Grant {
            owner_id: code.owner_id,
            client_id: code.client_id,
            // As of a refresh token's grant: what an admin took away since the consent is no part of it.
            scope: still_allowed(code.scope, &*self.registrar.client, &self.registrar.catalog.scopes),
            redirect_uri,
            // The claim has judged a fresh code by our clock; a spent one is only asked what it stood for.
            until: far_future(),
            extensions,
        }))
    }

    fn insert_issued(&self, connection: &mut AnyConnection, grant: &Grant) -> Result<IssuedToken, StoreError> {
        let extensions = &grant.extensions;
        let grant_id =
            extension::grant_id(extensions).ok_or_else(|| StoreError::Corrupt("a grant without id".into()))?;
        let refresh = extension::refresh(extensions);
        let new = NewGrant {
            id: grant_id,
            client_id: grant.client_id.clone(),
            owner_id: Some(grant.owner_id.clone()),
            session_id: extension::session(extensions).map(str::to_owned),
            scope: granted_scope(grant),
            resource: extension::resource(extensions),
            facts: extension::facts(extensions),
            created_at: self.now,
            expires_at: refresh.map_or(Some(grant.until.timestamp()), |(_, absolute)| Some(absolute)),
        };
        let (token, row) =
            access_token(grant, self.now).map_err(|()| StoreError::Corrupt("a grant without id".into()))?;
        match row {
            Some(row) => access_tokens::insert_with_grant(connection, &new, &row)?,
            None => grants::insert(connection, &new)?,
        }
        let refresh = match refresh {
            None => None,
            Some((idle, _)) => {
                let secret = Secret::generate_in_order(SecretKind::RefreshToken, wall_millis());
                refresh_tokens::insert(connection, &secret.digest(), grant_id, self.now, idle)?;
                Some(secret.expose().to_owned())
            }
        };
        Ok(IssuedToken { token, refresh, until: grant.until, token_type: TokenType::Bearer })
    }

    fn find_refresh(&self, connection: &mut AnyConnection, token: &str) -> Result<Option<Grant>, StoreError> {
        let digest = Digest::of(token);
        let Some(stored) = refresh_tokens::hold(connection, &digest)? else { return Ok(None) };
        if stored.expires_at <= self.now {
            return Ok(None);
        }
        let Some((live, _)) = grants::find_alive(connection, self.cache, stored.grant_id)? else { return Ok(None) };
        if live.record.expires_at.is_some_and(|end| end <= self.now) {
            return Ok(None);
        }
        let standing = match stored.rotated_at {
            None => Standing::Fresh,
            Some(rotated_at) if self.may_repeat(connection, token, &stored, rotated_at)? => Standing::Repeatable,
            Some(_) => Standing::Spent,
        };
        self.last_used_at.set(live.record.last_used_at);
        let Some(owner) = live.record.owner else { return Ok(None) };
        let mut extensions = Extensions::new();
        extension::set_grant_id(&mut extensions, stored.grant_id);
        extension::set_standing(&mut extensions, standing);
        extension::set_resource(&mut extensions, &live.record.resource);
        extension::set_facts(&mut extensions, &live.record.facts);
        if let Some(session) = &live.record.session_id {
            extension::set_session(&mut extensions, session);
        }
        if let Some(end) = live.record.expires_at {
            extension::set_absolute_end(&mut extensions, end);
        }
        Ok(Some(Grant {
            owner_id: owner.id,
            client_id: live.record.client_id,
            scope: live.scope,
            redirect_uri: placeholder_url(),
            until: far_future(),
            extensions,
        }))
    }

    /// The retry window: still open, and the successor was never used.
    fn may_repeat(
        &self,
        connection: &mut AnyConnection,
        token: &str,
        stored: &refresh_tokens::StoredRefreshToken,
        rotated_at: Timestamp,
    ) -> Result<bool, StoreError> {
        if self.now >= rotated_at.max(self.rules.started_at) + self.rules.retry_window {
            return Ok(false);
        }
        let successor = Secret::succeeding(SecretKind::RefreshToken, token, &self.rules.successor_key).digest();
        if stored.successor != Some(successor) {
            return Ok(false);
        }
        Ok(refresh_tokens::find(connection, &successor)?.is_some_and(|successor| successor.rotated_at.is_none()))
    }

    fn insert_refreshed(
        &self,
        connection: &mut AnyConnection,
        token: &str,
        grant: &Grant,
    ) -> Result<RefreshedToken, StoreError> {
        let missing = || StoreError::Corrupt("a refreshed grant without its facts".into());
        let grant_id = extension::grant_id(&grant.extensions).ok_or_else(missing)?;
        let (idle, _) = extension::refresh(&grant.extensions).ok_or_else(missing)?;
        let (access_token, row) = access_token(grant, self.now).map_err(|()| missing())?;
        if let Some(row) = row {
            access_tokens::insert(connection, &row)?;
        }
        // A statement that changes nothing is a way to PostgreSQL and back all the same.
        if self.last_used_at.get() < self.now - grants::NOTE_INTERVAL {
            grants::note_use(connection, grant_id, self.now)?;
        }
        let digest = Digest::of(token);
        let refresh = if extension::rotates(&grant.extensions) {
            let successor = Secret::succeeding(SecretKind::RefreshToken, token, &self.rules.successor_key);
            // A repeated token finds its rotation done, and its successor waiting.
            refresh_tokens::rotate(connection, &digest, grant_id, &successor.digest(), self.now, idle)?;
            successor.expose().to_owned()
        } else {
            refresh_tokens::extend(connection, &digest, self.now, idle)?;
            token.to_owned()
        };
        Ok(RefreshedToken {
            token: access_token,
            refresh: Some(refresh),
            until: grant.until,
            token_type: TokenType::Bearer,
        })
    }
}

/// Who signed out meanwhile is not signed in again by what was on its way.
fn session_is_open(connection: &mut AnyConnection, code: &AuthorizationCode) -> Result<bool, StoreError> {
    match code.facts.session_id.as_ref().filter(|_| ends_with_session(&code.scope)) {
        Some(session) => Ok(sessions::hold_open(connection, &code.owner_id, session)?),
        None => Ok(true),
    }
}

/// A token cut down for a resource belongs to a grant that still has all its scopes.
fn granted_scope(grant: &Grant) -> Scope {
    extension::granted_scope(&grant.extensions).unwrap_or_else(|| grant.scope.clone())
}

impl Authorizer for TransactionPorts<'_> {
    /// Stores a code for a grant that a resource owner has just given. A device has its code already: then it is stored under
    /// that code's digest, and nothing is returned.
    fn authorize(&mut self, grant: Grant) -> Result<String, ()> {
        let code = authorization_code(&grant, self.now)?;
        if let Some(digest) = extension::device_code(&grant.extensions) {
            self.query(|connection| authorization_codes::insert(connection, &digest, &code))?;
            return Ok(String::new());
        }
        let secret = Secret::generate_in_order(SecretKind::AuthorizationCode, wall_millis());
        self.query(|connection| authorization_codes::insert(connection, &secret.digest(), &code))?;
        Ok(secret.expose().to_owned())
    }

    /// Claims a code, or says what a spent one stood for.
    fn extract(&mut self, token: &str) -> Result<Option<Grant>, ()> {
        let this = &*self;
        this.query(|connection| this.extract_code(connection, token))
    }
}

impl Issuer for TransactionPorts<'_> {
    fn issue(&mut self, grant: Grant) -> Result<IssuedToken, ()> {
        let this = &*self;
        this.query(|connection| this.insert_issued(connection, &grant))
    }

    fn refresh(&mut self, refresh: &str, grant: Grant) -> Result<RefreshedToken, ()> {
        let this = &*self;
        this.query(|connection| this.insert_refreshed(connection, refresh, &grant))
    }

    /// Bearer tokens are looked up without a transaction: see [`access_tokens::find_alive`].
    fn recover_token<'a>(&'a self, _token: &'a str) -> Result<Option<Grant>, ()> {
        Err(())
    }

    fn recover_refresh<'a>(&'a self, token: &'a str) -> Result<Option<Grant>, ()> {
        self.query(|connection| self.find_refresh(connection, token))
    }
}
