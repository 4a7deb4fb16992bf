//! What a client calls a user and a session: the same for all, or pairwise (OpenID Connect Core §8).

use crate::domain::client::{ClientMetadata, SubjectType};
use crate::secret::keyed_name;

/// Makes pairwise names; without it nobody can tell that two of them are one user.
#[derive(Clone)]
pub struct SubjectKey([u8; 32]);

impl SubjectKey {
    /// With the key derived from the server's secret. Another key gives every pairwise user another name.
    pub const fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// The `sub` of a user for this client. It never changes, and two sectors cannot compare theirs.
    pub fn subject(&self, client: &ClientMetadata, owner_id: &str) -> String {
        self.name(client, "subject", owner_id)
    }

    /// The `sid` of a browser session for this client.
    pub fn session(&self, client: &ClientMetadata, session_id: &str) -> String {
        self.name(client, "session", session_id)
    }

    fn name(&self, client: &ClientMetadata, what: &str, id: &str) -> String {
        match client.subject_type {
            SubjectType::Public => id.to_owned(),
            SubjectType::Pairwise => {
                keyed_name(&self.0, &[what, client.sector_host().as_deref().unwrap_or_default(), id])
            }
        }
    }
}

impl std::fmt::Debug for SubjectKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SubjectKey(…)")
    }
}
