//! What a client makes use of, as far as it tells whether its registration is too wide.

use crate::clock::Timestamp;

/// A kind of thing that a client is registered for and may use or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Authorization requests: `S256` or `none`.
    Pkce,
    Scope,
    RedirectUri,
    GrantType,
    /// How it proves itself, as client metadata calls it.
    AuthMethod,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Pkce, Self::Scope, Self::RedirectUri, Self::GrantType, Self::AuthMethod];

    /// For storage.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pkce => "pkce",
            Self::Scope => "scope",
            Self::RedirectUri => "redirect_uri",
            Self::GrantType => "grant_type",
            Self::AuthMethod => "auth_method",
        }
    }

    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.as_str() == text)
    }
}

/// How often and when a client used one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    pub kind: Kind,
    pub name: String,
    pub count: i64,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
}
