//! Scopes: the sets that requests carry and the catalogue of names that exist.
//!
//! The arithmetic is oxide-auth's [`Scope`]; what it lacks is here: an order that is always the same, so that responses,
//! consent pages and comparisons are stable, and the set operations that negotiation needs.

pub use oxide_auth::primitives::scope::Scope;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::sentence::{Sentence, sentence};

/// Scope names that this server gives a meaning of its own.
pub const OPENID: &str = "openid";
/// Opens what an account is called (OpenID Connect Core §5.4).
pub const PROFILE: &str = "profile";
/// Asks for a refresh token (OpenID Connect Core §11).
pub const OFFLINE_ACCESS: &str = "offline_access";
/// What OpenID Connect Core §3.1.2.1, §5.4 and §11 define: scopes of people, which no machine has.
pub const OPENID_CONNECT: [&str; 6] = [OPENID, PROFILE, "email", "phone", "address", OFFLINE_ACCESS];

/// What a person can allow or leave out: the data about them, and access while they are away.
pub const OPTIONAL: [&str; 5] = [PROFILE, "email", "phone", "address", OFFLINE_ACCESS];

/// Most characters a scope parameter may have.
pub const MAX_SCOPE_LENGTH: usize = 4096;

/// The names in `scope`, sorted.
pub fn names(scope: &Scope) -> Vec<&str> {
    let mut names: Vec<&str> = scope.iter().collect();
    names.sort_unstable();
    names
}

/// The names in `scope`, sorted and separated by a space: the form that is stored and sent.
pub fn render(scope: &Scope) -> String {
    names(scope).join(" ")
}

/// A set of names that are known to be scope names.
pub fn from_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Scope {
    names.into_iter().collect::<Vec<_>>().join(" ").parse().expect("scope names hold no other characters")
}

/// The set without names.
pub fn empty() -> Scope {
    from_names([])
}

/// A scope read back from storage, where only rendered scopes are kept.
pub fn stored(text: &str) -> Scope {
    text.parse().unwrap_or_else(|_| empty())
}

/// Whether `scope` has `name`.
pub fn contains(scope: &Scope, name: &str) -> bool {
    scope.iter().any(|each| each == name)
}

/// The names that both have.
pub fn intersection(left: &Scope, right: &Scope) -> Scope {
    only(left, |name| contains(right, name))
}

/// The names of `scope` that are to be kept, which most often are all.
fn only(scope: &Scope, is_kept: impl Fn(&str) -> bool) -> Scope {
    if scope.iter().all(&is_kept) {
        return scope.clone();
    }
    from_names(scope.iter().filter(|name| is_kept(name)))
}

/// What is left of `scope` when only the names that are to be kept stay, which most often are all.
pub fn retaining(scope: Scope, is_kept: impl Fn(&str) -> bool) -> Scope {
    if scope.iter().all(&is_kept) { scope } else { only(&scope, is_kept) }
}

/// The names that either has.
pub fn union(left: &Scope, right: &Scope) -> Scope {
    from_names(left.iter().chain(right.iter()))
}

/// The names of `left` that `right` does not have.
pub fn difference(left: &Scope, right: &Scope) -> Scope {
    only(left, |name| !contains(right, name))
}

/// The names of `scope` that OpenID Connect does not define.
pub fn without_openid_connect(scope: &Scope) -> Scope {
    only(scope, |name| !OPENID_CONNECT.contains(&name))
}

/// Whether `scope` has no names.
pub fn is_empty(scope: &Scope) -> bool {
    scope.iter().next().is_none()
}

/// A set of names that takes little memory.
#[derive(Clone, Debug)]
pub struct ScopeList(Box<str>);

impl ScopeList {
    pub fn of(scope: &Scope) -> Self {
        Self(render(scope).into())
    }

    pub fn contains(&self, name: &str) -> bool {
        self.0.split_ascii_whitespace().any(|each| each == name)
    }

    pub fn scope(&self) -> Scope {
        stored(&self.0)
    }

    /// Sorted and separated by a space.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One scope name: what RFC 6749 §3.3 calls a scope-token, at most 128 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScopeName(String);

impl ScopeName {
    /// Most characters a scope name may have.
    pub const MAX_LENGTH: usize = 128;

    /// Parses a name; the error says what to write instead.
    pub fn parse(name: &str) -> Result<Self, Sentence> {
        if name.is_empty() {
            return Err(sentence!("scope-name-empty", "A scope needs a name, for example reports:read."));
        }
        if name.len() > Self::MAX_LENGTH {
            return Err(sentence!(
                "scope-name-long",
                "A scope name has at most {most} characters.",
                most = Self::MAX_LENGTH
            ));
        }
        if !name.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e)) {
            return Err(sentence!(
                "scope-name-signs",
                "A scope name holds letters, digits and signs without spaces, quotes or backslashes, for example \
                 reports:read."
            ));
        }
        Ok(Self(name.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ScopeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the server knows about one scope name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeEntry {
    /// The name as requests spell it.
    pub name: String,
    /// What it allows, in words for the consent page.
    pub description: String,
    /// Whether clients without a scope list of their own may ask for it.
    pub is_default: bool,
    /// Whether the server itself needs it, so that it cannot be deleted.
    pub is_builtin: bool,
    /// The claims about the user that it opens (OpenID Connect Core §5.4).
    pub claims: Vec<String>,
}

/// Every scope that exists.
#[derive(Clone, Debug, Default)]
pub struct ScopeCatalog {
    entries: BTreeMap<String, ScopeEntry>,
}

impl ScopeCatalog {
    /// The entry of `name`.
    pub fn find(&self, name: &str) -> Option<&ScopeEntry> {
        self.entries.get(name)
    }

    /// Every entry, by name.
    pub fn iter(&self) -> impl Iterator<Item = &ScopeEntry> {
        self.entries.values()
    }

    /// The names of `scope` that exist.
    pub fn known(&self, scope: &Scope) -> Scope {
        only(scope, |name| self.entries.contains_key(name))
    }

    /// The claims about the user that `scope` opens.
    pub fn claims_of(&self, scope: &Scope) -> BTreeSet<&str> {
        let opened = scope.iter().filter_map(|name| self.entries.get(name));
        opened.flat_map(|entry| entry.claims.iter().map(String::as_str)).collect()
    }

    /// The scopes marked as default.
    pub fn defaults(&self) -> Scope {
        from_names(self.entries.values().filter(|entry| entry.is_default).map(|entry| entry.name.as_str()))
    }
}

impl FromIterator<ScopeEntry> for ScopeCatalog {
    fn from_iter<T: IntoIterator<Item = ScopeEntry>>(entries: T) -> Self {
        Self { entries: entries.into_iter().map(|entry| (entry.name.clone(), entry)).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_renders_in_one_order() {
        for _ in 0..20 {
            assert_eq!(render(&"write read openid read".parse().unwrap()), "openid read write");
        }
    }

    #[test]
    fn sets_add_up() {
        let (left, right) = ("a b".parse().unwrap(), "b c".parse().unwrap());
        assert_eq!(render(&intersection(&left, &right)), "b");
        assert_eq!(render(&union(&left, &right)), "a b c");
        assert_eq!(render(&difference(&left, &right)), "a");
        assert!(is_empty(&empty()));
    }

    #[test]
    fn a_scope_name_is_a_scope_token() {
        assert!(ScopeName::parse("reports:read").is_ok());
        for bad in ["", "a b", "a\"b", "a\\b", "é", "a\n", &"x".repeat(129)] {
            assert!(ScopeName::parse(bad).is_err(), "{bad:?}");
        }
    }
}
