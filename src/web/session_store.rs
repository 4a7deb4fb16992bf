//! actix-session's store over the database: the cookie holds a random key, the table its digest.
//!
//! Rows begin and get another key elsewhere, in the transaction of what leads to it ([`session`](super::session)); here they
//! are read, and what they keep is updated. A session that was killed stays killed: updating what is gone inserts nothing. Only
//! signed-in browsers have a session at all, so strangers cannot fill the table.

use std::collections::HashMap;

use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_web::cookie::time::Duration;
use actix_web::web::Data;

use crate::secret::Digest;
use crate::store::StoreError;
use crate::store::sessions;
use crate::web::session::KEY;
use crate::web::state::App;

/// Seconds between two notes that a session is in use.
const NOTE_INTERVAL: i64 = 60;

pub struct DieselSessionStore(pub Data<App>);

type State = HashMap<String, String>;

impl DieselSessionStore {
    async fn keep(&self, digest: Digest, state: String) -> Result<(), StoreError> {
        self.0
            .store
            .write::<_, StoreError, _>(move |connection| Ok(sessions::update_state(connection, &digest, &state)?))
            .await?;
        Ok(())
    }
}

impl SessionStore for DieselSessionStore {
    async fn load(&self, key: &SessionKey) -> Result<Option<State>, LoadError> {
        let (digest, now) = (Digest::of(key.as_ref()), self.0.now());
        let found = self.0.store.session((digest, now)).await.map_err(|error| LoadError::Other(error.into()))?;
        let Some(found) = found else { return Ok(None) };
        if now - found.last_seen_at >= NOTE_INTERVAL {
            let idle = (now + self.0.policies().lifetimes.session_idle).min(found.expires_at);
            let noted = self
                .0
                .store
                .add::<_, StoreError, _>(move |connection| Ok(sessions::extend(connection, &digest, now, idle)?))
                .await;
            noted.map_err(|error| LoadError::Other(error.into()))?;
        }
        serde_json::from_str(&found.state).map(Some).map_err(|error| LoadError::Deserialization(error.into()))
    }

    /// Takes up the row that has been stored under the key in `state`.
    async fn save(&self, mut state: State, _ttl: &Duration) -> Result<SessionKey, SaveError> {
        let key = state.remove(KEY).and_then(|json| serde_json::from_str::<String>(&json).ok());
        let key = key.ok_or_else(|| SaveError::Other(anyhow::anyhow!("a session begins with a login")))?;
        let text = serde_json::to_string(&state).map_err(|error| SaveError::Serialization(error.into()))?;
        self.keep(Digest::of(&key), text).await.map_err(|error| SaveError::Other(error.into()))?;
        key.try_into().map_err(|_| SaveError::Other(anyhow::anyhow!("a key of ours is too long")))
    }

    async fn update(&self, key: SessionKey, state: State, _ttl: &Duration) -> Result<SessionKey, UpdateError> {
        let text = serde_json::to_string(&state).map_err(|error| UpdateError::Serialization(error.into()))?;
        self.keep(Digest::of(key.as_ref()), text).await.map_err(|error| UpdateError::Other(error.into()))?;
        Ok(key)
    }

    /// Loading has noted the use already.
    async fn update_ttl(&self, _key: &SessionKey, _ttl: &Duration) -> Result<(), anyhow::Error> {
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error> {
        let digest = Digest::of(key.as_ref());
        self.0.store.write::<_, StoreError, _>(move |connection| Ok(sessions::delete(connection, &digest)?)).await?;
        Ok(())
    }
}
