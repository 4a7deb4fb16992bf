//! The claims of the userinfo endpoint (OpenID Connect Core §5.3).

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::domain::claims::{self, ClaimsRequest};
use crate::domain::resource_owner::ResourceOwner;
use crate::domain::scope::{Scope, ScopeCatalog};

/// What a token with `scope` opens about `owner`, whom the client calls `subject`: the claims of the scopes, and those that
/// the request asked for by name.
pub fn claims(
    owner: &ResourceOwner,
    subject: String,
    scope: &Scope,
    requested: &ClaimsRequest,
    catalog: &ScopeCatalog,
) -> Map<String, Value> {
    let mut names: BTreeSet<&str> = catalog.claims_of(scope);
    names.extend(requested.userinfo.keys().map(String::as_str));
    let mut answer = Map::new();
    answer.insert("sub".to_owned(), subject.into());
    answer.extend(claims::of_owner(owner, names));
    answer
}
