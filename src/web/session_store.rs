//! actix-session's store over the database: the cookie holds a random key, the table its digest.
//!
//! A session that was killed stays killed: updating what is gone inserts nothing. Only signed-in browsers have a session at
//! all, so strangers cannot fill the table.

use std::collections::HashMap;

use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_web::cookie::time::Duration;
use actix_web::web::Data;

use crate::secret::{Digest, Secret, SecretKind};
use crate::store::StoreError;
use crate::store::sessions::{self, StoredSession};
use crate::web::session::{ADDRESS, AUTH_TIME, OWNER, SESSION_ID, USER_AGENT};
use crate::web::state::App;

/// Seconds between two notes that a session is in use.
const NOTE_INTERVAL: i64 = 60;

pub struct DieselSessionStore(pub Data<App>);

type State = HashMap<String, String>;

impl DieselSessionStore {
    fn row(&self, key: &str, state: &State) -> Result<StoredSession, serde_json::Error> {
        let lifetimes = &self.0.policies().lifetimes;
        let now = self.0.now();
        let text = |name| state.get(name).and_then(|json| serde_json::from_str::<String>(json).ok());
        let signed_in = state.get(AUTH_TIME).and_then(|json| json.parse::<i64>().ok()).unwrap_or(now);
        let expires_at = signed_in + lifetimes.session;
        Ok(StoredSession {
            digest: Digest::of(key).as_bytes().to_vec(),
            id: text(SESSION_ID).unwrap_or_else(crate::secret::random_id),
            owner_id: text(OWNER),
            state: serde_json::to_string(state)?,
            user_agent: text(USER_AGENT).unwrap_or_default(),
            address: text(ADDRESS).unwrap_or_default(),
            created_at: signed_in,
            last_seen_at: now,
            idle_expires_at: (now + lifetimes.session_idle).min(expires_at),
            expires_at,
        })
    }
}

impl SessionStore for DieselSessionStore {
    async fn load(&self, key: &SessionKey) -> Result<Option<State>, LoadError> {
        let (digest, now) = (Digest::of(key.as_ref()), self.0.now());
        let found = self
            .0
            .store
            .read::<_, StoreError, _>(move |connection| Ok(sessions::find(connection, &digest, now)?))
            .await
            .map_err(|error| LoadError::Other(error.into()))?;
        let Some(found) = found else { return Ok(None) };
        if now - found.last_seen_at >= NOTE_INTERVAL {
            let idle = (now + self.0.policies().lifetimes.session_idle).min(found.expires_at);
            let noted = self
                .0
                .store
                .write::<_, StoreError, _>(move |connection| Ok(sessions::extend(connection, &digest, now, idle)?))
                .await;
            noted.map_err(|error| LoadError::Other(error.into()))?;
        }
        serde_json::from_str(&found.state).map(Some).map_err(|error| LoadError::Deserialization(error.into()))
    }

    async fn save(&self, state: State, _ttl: &Duration) -> Result<SessionKey, SaveError> {
        let secret = Secret::generate(SecretKind::BrowserSession);
        let row = self.row(secret.expose(), &state).map_err(|error| SaveError::Serialization(error.into()))?;
        self.0
            .store
            .write::<_, StoreError, _>(move |connection| Ok(sessions::insert(connection, &row)?))
            .await
            .map_err(|error| SaveError::Other(error.into()))?;
        secret
            .expose()
            .to_owned()
            .try_into()
            .map_err(|_| SaveError::Other(anyhow::anyhow!("a key of ours is too long")))
    }

    async fn update(&self, key: SessionKey, state: State, _ttl: &Duration) -> Result<SessionKey, UpdateError> {
        let digest = Digest::of(key.as_ref());
        let text = serde_json::to_string(&state).map_err(|error| UpdateError::Serialization(error.into()))?;
        self.0
            .store
            .write::<_, StoreError, _>(move |connection| Ok(sessions::update_state(connection, &digest, &text)?))
            .await
            .map_err(|error| UpdateError::Other(error.into()))?;
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
