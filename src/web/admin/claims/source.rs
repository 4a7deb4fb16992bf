//! Where each claim of a preview comes from: the protocol, the client's settings, a scope, the request, the account.

use serde_json::{Map, Value};

use super::preview::Preview;
use crate::clock::{Seconds, Timestamp};
use crate::domain::claims::PROTOCOL;
use crate::domain::client::{Client, SubjectType};
use crate::domain::resource_owner::ResourceOwner;
use crate::domain::scope;
use crate::store::cache::Catalog;
use crate::web::page::{Moment, duration};

/// A claim, and where it comes from.
pub struct ClaimLine {
    pub name: String,
    /// As it stands in the token.
    pub value: String,
    /// Of a time: when that is.
    pub when: Option<Moment>,
    pub source: String,
}

/// What a claim stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Document {
    IdToken,
    AccessToken,
    Introspection,
    UserInfo,
}

/// What sources are found from.
pub struct Sources<'a> {
    pub client: &'a Client,
    pub owner: Option<&'a ResourceOwner>,
    pub catalog: &'a Catalog,
    pub preview: &'a Preview,
    pub resource: &'a str,
    pub now: Timestamp,
}

impl Sources<'_> {
    /// The members of a document, the protocol's first.
    pub fn lines(&self, document: Document, members: &Map<String, Value>) -> Vec<ClaimLine> {
        let mut lines: Vec<ClaimLine> = members.iter().map(|(name, value)| self.line(document, name, value)).collect();
        lines.sort_by_key(|line| !is_of_protocol(document, &line.name));
        lines
    }

    fn line(&self, document: Document, name: &str, value: &Value) -> ClaimLine {
        let is_time = ["exp", "iat", "auth_time", "updated_at"].contains(&name);
        ClaimLine {
            name: name.to_owned(),
            value: value.as_str().map_or_else(|| value.to_string(), str::to_owned),
            when: value.as_i64().filter(|_| is_time).map(|at| Moment::new(at, self.now)),
            source: self.source(document, name, value),
        }
    }

    fn source(&self, document: Document, name: &str, value: &Value) -> String {
        let metadata = &self.client.metadata;
        let is_pairwise = metadata.subject_type == SubjectType::Pairwise;
        let sector = metadata.sector_host().unwrap_or_default();
        match name {
            _ if !is_of_protocol(document, name) => self.of_account(document, name),
            "iss" => t!("claims-from-issuer"),
            "sub" if self.owner.is_none() => t!("claims-from-machine"),
            "sub" if is_pairwise => t!("claims-from-pairwise", sector = sector),
            "sub" => t!("claims-from-account-id"),
            "aud" if document == Document::IdToken || document == Document::UserInfo => t!("claims-from-client-id"),
            "aud" if self.resource.is_empty() => t!("claims-from-no-resource"),
            "aud" => t!("claims-from-resource"),
            "azp" | "client_id" => t!("claims-from-client-id"),
            "exp" => self.of_lifetime(document, value),
            "iat" => t!("claims-from-now"),
            "jti" => t!("claims-from-chance"),
            "scope" => t!("claims-from-grant"),
            "auth_time" => t!("claims-from-sign-in"),
            "acr" | "amr" => t!("claims-from-proof"),
            "at_hash" => t!("claims-from-access-token"),
            "sid" if is_pairwise => t!("claims-from-session-pairwise", sector = sector),
            "sid" => t!("claims-from-session"),
            "username" => t!("claims-from-username"),
            _ => t!("claims-from-protocol"),
        }
    }

    fn of_lifetime(&self, document: Document, value: &Value) -> String {
        let metadata = &self.client.metadata;
        let time = duration(value.as_i64().unwrap_or_default() - self.now);
        let own = match document {
            Document::IdToken => metadata.id_token_lifetime,
            _ => metadata.access_token_lifetime,
        };
        if own.map(Seconds::from) == value.as_i64().map(|end| end - self.now) {
            t!("claims-from-client-lifetime", time = time)
        } else {
            t!("claims-from-server-lifetime", time = time)
        }
    }

    /// What opened it, and what in the account says it.
    fn of_account(&self, document: Document, name: &str) -> String {
        let opened = if document == Document::UserInfo { self.scopes_opening(name) } else { Vec::new() };
        let why = if opened.is_empty() {
            t!("claims-opened-by-request")
        } else {
            t!("claims-opened-by-scope", scope = opened.join(", "))
        };
        let says = |name: &str| self.owner.is_some_and(|owner| owner.claims.contains_key(name));
        let what = match name {
            "preferred_username" => t!("claims-from-username"),
            "name" if self.owner.is_some_and(|owner| owner.name.is_some()) => t!("claims-from-display-name"),
            "email" => t!("claims-from-email"),
            "updated_at" => t!("claims-from-change"),
            "email_verified" | "phone_number_verified" if !says(name) => t!("claims-from-nobody-checked"),
            _ => t!("claims-from-account"),
        };
        t!("claims-source", why = why, what = what)
    }

    fn scopes_opening(&self, claim: &str) -> Vec<String> {
        let opens = |name: &&str| {
            self.catalog.scopes.find(name).is_some_and(|entry| entry.claims.iter().any(|each| each == claim))
        };
        let named = |name: &str| match self.catalog.scopes.find(name) {
            Some(entry) if !entry.is_builtin => t!("claims-custom-scope", scope = name),
            _ => name.to_owned(),
        };
        scope::names(&self.preview.scope).into_iter().filter(opens).map(named).collect()
    }

    /// What is opened too, and the account says nothing about.
    pub fn unsaid(&self) -> Vec<String> {
        let Some(userinfo) = &self.preview.userinfo else { return Vec::new() };
        let opened = self.catalog.scopes.claims_of(&self.preview.scope);
        let asked = self.preview.requested.names();
        let all = opened.union(&asked).filter(|name| !PROTOCOL.contains(name));
        let in_id_token = |name: &str| self.preview.id_token.as_ref().is_some_and(|token| token.contains_key(name));
        all.filter(|name| !userinfo.contains_key(**name) && !in_id_token(name)).map(|name| (*name).to_owned()).collect()
    }
}

/// What tokens say of themselves, and introspection beside.
fn is_of_protocol(document: Document, name: &str) -> bool {
    let beside = ["active", "scope", "username", "token_type"];
    PROTOCOL.contains(&name)
        || matches!(document, Document::AccessToken | Document::Introspection) && beside.contains(&name)
}
