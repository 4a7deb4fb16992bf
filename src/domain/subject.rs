//! What a client calls a user and a session: the same for all, or pairwise (OpenID Connect Core §8).

use std::borrow::Cow;

use crate::secret::keyed_name;

/// Whose users have names: a client's registration, or what is kept of it.
pub trait Sector {
    /// `None` for a client that calls users what all do; else the host that its names are made for, which is empty where there
    /// is none (OpenID Connect Core §8.1).
    fn sector(&self) -> Option<Cow<'_, str>>;
}

/// Makes pairwise names; without it nobody can tell that two of them are one user.
#[derive(Clone)]
pub struct SubjectKey([u8; 32]);

impl SubjectKey {
    /// With the key derived from the server's secret. Another key gives every pairwise user another name.
    pub const fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// The `sub` of a user for this client. It never changes, and two sectors cannot compare theirs.
    pub fn subject(&self, client: &impl Sector, owner_id: &str) -> String {
        self.name(client, "subject", owner_id)
    }

    /// The `sid` of a browser session for this client.
    pub fn session(&self, client: &impl Sector, session_id: &str) -> String {
        self.name(client, "session", session_id)
    }

    fn name(&self, client: &impl Sector, what: &str, id: &str) -> String {
        match client.sector() {
            None => id.to_owned(),
            Some(host) => keyed_name(&self.0, &[what, &host, id]),
        }
    }
}

impl std::fmt::Debug for SubjectKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SubjectKey(…)")
    }
}
