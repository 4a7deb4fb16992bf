//! Claims about a user (OpenID Connect Core §5): which there are, which a client asked for, and what an account says.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::domain::resource_owner::ResourceOwner;
use crate::domain::scope::{Scope, ScopeCatalog};
use crate::domain::sentence::{Sentence, sentence};

/// What proving a password is worth (`acr`): one factor, in the sense of ISO/IEC 29115 level 1.
pub const ACR_PASSWORD: &str = "1";
/// How it was proved (RFC 8176 §2).
pub const AMR_PASSWORD: &[&str] = &["pwd"];

/// What kind of value a standard claim has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Boolean,
    Number,
    Object,
}

impl Kind {
    /// Whether `value` is of this kind.
    pub fn fits(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Boolean => value.is_boolean(),
            Self::Number => value.is_number(),
            Self::Object => value.is_object(),
        }
    }

    /// What to send.
    pub fn demand(self, name: &str) -> Sentence {
        match self {
            Self::Text => sentence!("claim-not-text", "The claim {name} must be a string.", name = name),
            Self::Boolean => sentence!("claim-not-boolean", "The claim {name} must be true or false.", name = name),
            Self::Number => sentence!("claim-not-number", "The claim {name} must be a number of seconds.", name = name),
            Self::Object => sentence!("claim-not-object", "The claim {name} must be an object.", name = name),
        }
    }
}

/// The standard claims (OpenID Connect Core §5.1) but for `sub`.
pub const STANDARD: [(&str, Kind); 19] = [
    ("name", Kind::Text),
    ("given_name", Kind::Text),
    ("family_name", Kind::Text),
    ("middle_name", Kind::Text),
    ("nickname", Kind::Text),
    ("preferred_username", Kind::Text),
    ("profile", Kind::Text),
    ("picture", Kind::Text),
    ("website", Kind::Text),
    ("email", Kind::Text),
    ("email_verified", Kind::Boolean),
    ("gender", Kind::Text),
    ("birthdate", Kind::Text),
    ("zoneinfo", Kind::Text),
    ("locale", Kind::Text),
    ("phone_number", Kind::Text),
    ("phone_number_verified", Kind::Boolean),
    ("address", Kind::Object),
    ("updated_at", Kind::Number),
];

/// What the protocol itself says in a token, so that no account can.
pub const PROTOCOL: [&str; 18] = [
    "sub",
    "iss",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "nonce",
    "acr",
    "amr",
    "azp",
    "auth_time",
    "at_hash",
    "c_hash",
    "s_hash",
    "sid",
    "events",
    "client_id",
];

/// How a claim was asked for (OpenID Connect Core §5.5.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub essential: bool,
    /// The values that would do; empty when any would.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Value>,
}

/// The claims that a request asked for one by one (OpenID Connect Core §5.5), beside those of its scopes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimsRequest {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub userinfo: BTreeMap<String, Wish>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub id_token: BTreeMap<String, Wish>,
}

impl ClaimsRequest {
    pub fn is_empty(&self) -> bool {
        self.userinfo.is_empty() && self.id_token.is_empty()
    }

    /// The names of the claims about the user, wherever they are to appear.
    pub fn names(&self) -> BTreeSet<&str> {
        self.userinfo
            .keys()
            .chain(self.id_token.keys())
            .map(String::as_str)
            .filter(|name| !PROTOCOL.contains(name))
            .collect()
    }

    /// Only the claims that a client with `allowed` may have, and what the protocol itself says.
    pub fn within(mut self, allowed: &Scope, catalog: &ScopeCatalog) -> Self {
        let opened = catalog.claims_of(allowed);
        let may_have =
            |name: &String, _: &mut Wish| PROTOCOL.contains(&name.as_str()) || opened.contains(name.as_str());
        self.userinfo.retain(may_have);
        self.id_token.retain(may_have);
        self
    }

    /// Without the claims of scopes that the user refused, unless a granted one opens them as well.
    pub fn as_granted(mut self, granted: &Scope, refused: &Scope, catalog: &ScopeCatalog) -> Self {
        let (opened, closed) = (catalog.claims_of(granted), catalog.claims_of(refused));
        let is_granted =
            |name: &String, _: &mut Wish| opened.contains(name.as_str()) || !closed.contains(name.as_str());
        self.userinfo.retain(is_granted);
        self.id_token.retain(is_granted);
        self
    }
}

/// What the account says about `names`; what it does not know is left out.
pub fn of_owner<'a>(owner: &ResourceOwner, names: impl IntoIterator<Item = &'a str>) -> Map<String, Value> {
    names.into_iter().filter_map(|name| Some((name.to_owned(), claim(owner, name)?))).collect()
}

fn claim(owner: &ResourceOwner, name: &str) -> Option<Value> {
    let own = || owner.claims.get(name).cloned();
    match name {
        "preferred_username" => Some(owner.username.clone().into()),
        "name" => owner.name.clone().map(Value::from).or_else(own),
        "email" => owner.email.clone().map(Value::from),
        // Who says nothing about it says that nobody has checked.
        "email_verified" => owner.email.as_ref().map(|_| own().unwrap_or(Value::Bool(false))),
        "phone_number_verified" => owner.claims.get("phone_number").map(|_| own().unwrap_or(Value::Bool(false))),
        "updated_at" => Some(owner.updated_at.into()),
        name if PROTOCOL.contains(&name) => None,
        _ => own(),
    }
}
