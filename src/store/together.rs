//! What servers do most. To PostgreSQL those of many callers go as one statement ([`gather`](super::gather)); on SQLite each is a unit of
//! work like any other.

use std::sync::Arc;

use crate::domain::client::Client;
#[cfg(feature = "postgres")]
use crate::store::Inner;
use crate::store::Store;
use crate::store::access_tokens::{self, LiveAccessToken, NewAccessToken, Presented};
use crate::store::authorization_codes::{self, AuthorizationCode, NewCode};
#[cfg(feature = "postgres")]
use crate::store::cache::Cache;
use crate::store::consents::{self, OwnerAndClient};
use crate::store::error::StoreError;
#[cfg(feature = "postgres")]
use crate::store::figures::Traffic;
#[cfg(feature = "postgres")]
use crate::store::gather::Gathering;
#[cfg(feature = "postgres")]
use crate::store::pool::{Queued, Task};
#[cfg(feature = "postgres")]
use crate::store::queue::Queue;
#[cfg(feature = "postgres")]
use crate::store::redemptions;
use crate::store::redemptions::Redemption;
use crate::store::refreshes::{self, Refreshed};
use crate::store::sessions::{self, StoredSession};
#[cfg(feature = "postgres")]
use crate::telemetry::trace;

/// Those who ask for each kind.
#[cfg(feature = "postgres")]
pub struct Together {
    clients: Arc<Gathering<String, Option<Arc<Client>>>>,
    tokens: Arc<Gathering<Presented, Option<LiveAccessToken>>>,
    tokens_with_owners: Arc<Gathering<Presented, Option<access_tokens::WithOwner>>>,
    tokens_for_machines: Arc<Gathering<NewAccessToken, bool>>,
    owners_with_consents: Arc<Gathering<OwnerAndClient, Option<consents::WithOwner>>>,
    sessions: Arc<Gathering<Presented, Option<StoredSession>>>,
    new_codes: Arc<Gathering<NewCode, ()>>,
    codes: Arc<Gathering<Presented, Option<AuthorizationCode>>>,
    redemptions: Arc<Gathering<Redemption, bool>>,
    refresh_tokens: Arc<Gathering<Presented, Option<refreshes::Found>>>,
    refreshes: Arc<Gathering<Refreshed, bool>>,
}

#[cfg(feature = "postgres")]
impl Together {
    pub fn new(queue: &Arc<Queue<Queued>>, cache: &Arc<Cache>) -> Self {
        let (of_tokens, of_owners, of_refresh) = (Arc::clone(cache), Arc::clone(cache), Arc::clone(cache));
        let of_clients = Arc::clone(cache);
        Self {
            clients: Gathering::new(queue, Task::Read, move |c, ids| of_clients.each_client(c, ids)),
            tokens: Gathering::new(queue, Task::Read, move |c, asked| {
                access_tokens::find_each_alive(c, &of_tokens, asked)
            }),
            tokens_with_owners: Gathering::new(queue, Task::Read, move |c, asked| {
                access_tokens::find_each_alive_with_owner(c, &of_owners, asked)
            }),
            tokens_for_machines: Gathering::new(queue, Task::Add, access_tokens::insert_each_for_machine),
            owners_with_consents: Gathering::new(queue, Task::Read, consents::find_each_with_owner),
            sessions: Gathering::new(queue, Task::Read, sessions::find_each),
            new_codes: Gathering::new(queue, Task::Add, authorization_codes::insert_each),
            codes: Gathering::new(queue, Task::Read, redemptions::find_each_fresh),
            redemptions: Gathering::new(queue, Task::Write, redemptions::settle_each),
            refresh_tokens: Gathering::new(queue, Task::Read, move |c, asked| {
                refreshes::find_each_fresh(c, &of_refresh, asked)
            }),
            refreshes: Gathering::new(queue, Task::Write, refreshes::settle_each),
        }
    }
}

impl Store {
    /// The client with this id, from memory when it was asked for before.
    pub async fn client(&self, id: &str) -> Result<Option<Arc<Client>>, StoreError> {
        if let Some(client) = self.0.cache.kept_client(id) {
            return Ok(Some(client));
        }
        #[cfg(feature = "postgres")]
        if let Some(together) = &self.0.together {
            return self.0.gathered(&together.clients, id.to_owned(), &self.0.figures.reads).await;
        }
        let (cache, id) = (self.cache(), id.to_owned());
        self.read(move |connection| cache.client(connection, &id)).await
    }

    /// The access token that was presented, when it counts.
    pub async fn access_token(&self, token: Presented) -> Result<Option<LiveAccessToken>, StoreError> {
        #[cfg(feature = "postgres")]
        if let Some(together) = &self.0.together {
            return self.0.gathered(&together.tokens, token, &self.0.figures.reads).await;
        }
        let cache = self.cache();
        self.read(move |connection| access_tokens::find_alive(connection, &cache, &token)).await
    }

    /// The same with the resource owner that it speaks for.
    pub async fn access_token_with_owner(
        &self,
        token: Presented,
    ) -> Result<Option<access_tokens::WithOwner>, StoreError> {
        #[cfg(feature = "postgres")]
        if let Some(together) = &self.0.together {
            return self.0.gathered(&together.tokens_with_owners, token, &self.0.figures.reads).await;
        }
        let cache = self.cache();
        self.read(move |connection| access_tokens::find_alive_with_owner(connection, &cache, &token)).await
    }

    /// Inserts a machine's token, unless its grant was revoked: then false.
    pub async fn add_token_for_machine(&self, new: NewAccessToken) -> Result<bool, StoreError> {
        #[cfg(feature = "postgres")]
        if let Some(together) = &self.0.together {
            return self.0.gathered(&together.tokens_for_machines, new, &self.0.figures.writes).await;
        }
        self.add(move |connection| Ok(access_tokens::insert_for_machine(connection, &new)?)).await
    }

    /// A resource owner, and what they have allowed a client.
    pub async fn owner_with_consent(&self, of: OwnerAndClient) -> Result<Option<consents::WithOwner>, StoreError> {
        #[cfg(feature = "postgres")]
        if let Some(together) = &self.0.together {
            return self.0.gathered(&together.owners_with_consents, of, &self.0.figures.reads).await;
        }
        self.read(move |connection| consents::find_with_owner(connection, &of.0, &of.1)).await
    }

    /// The browser session with this key, when it has not ended.
    pub async fn session(&self, key: Presented) -> Result<Option<StoredSession>, StoreError> {
        #[cfg(feature = "postgres")]
        if let Some(together) = &self.0.together {
            return self.0.gathered(&together.sessions, key, &self.0.figures.reads).await;
        }
        self.read(move |connection| Ok(sessions::find(connection, &key)?)).await
    }

    /// Inserts a code that nothing else is settled with.
    pub async fn add_code(&self, new: NewCode) -> Result<(), StoreError> {
        #[cfg(feature = "postgres")]
        if let Some(together) = &self.0.together {
            return self.0.gathered(&together.new_codes, new, &self.0.figures.writes).await;
        }
        self.add(move |connection| authorization_codes::insert(connection, &new.0, &new.1)).await
    }

    /// The refresh token that was presented, when it was never rotated and counts.
    pub async fn fresh_refresh_token(&self, token: Presented) -> Result<Option<refreshes::Found>, StoreError> {
        #[cfg(feature = "postgres")]
        if let Some(together) = &self.0.together {
            return self.0.gathered(&together.refresh_tokens, token, &self.0.figures.reads).await;
        }
        let cache = self.cache();
        self.read(move |connection| refreshes::find_fresh(connection, &cache, &token)).await
    }

    /// Whether a redemption and a refresh are first tried together with those of others, and only what is left of them is for a
    /// transaction. Where one thread writes, its transactions are shared anyway.
    pub fn settles_together(&self) -> bool {
        #[cfg(feature = "postgres")]
        return self.0.together.is_some();
        #[cfg(not(feature = "postgres"))]
        false
    }
}

/// What is for a transaction where nothing goes together.
#[cfg_attr(not(feature = "postgres"), expect(clippy::unused_async, reason = "there is nothing to wait for"))]
impl Store {
    /// What a code stands for that nobody has redeemed; `None`, too, where that is for a transaction to find out.
    pub async fn fresh_code(&self, code: Presented) -> Result<Option<AuthorizationCode>, StoreError> {
        #[cfg(feature = "postgres")]
        if let Some(together) = &self.0.together {
            return self.0.gathered(&together.codes, code, &self.0.figures.reads).await;
        }
        let _ = code;
        Ok(None)
    }

    /// Redeems a code; false where that is for a transaction to do, and then nothing was written.
    pub async fn redeem(&self, redemption: Redemption) -> Result<bool, StoreError> {
        #[cfg(feature = "postgres")]
        if let Some(together) = &self.0.together {
            return self.0.gathered(&together.redemptions, redemption, &self.0.figures.writes).await;
        }
        let _ = redemption;
        Ok(false)
    }

    /// Writes what a refresh gives; false where that is for a transaction to do, and then nothing was written.
    pub async fn refresh(&self, refreshed: Refreshed) -> Result<bool, StoreError> {
        #[cfg(feature = "postgres")]
        if let Some(together) = &self.0.together {
            return self.0.gathered(&together.refreshes, refreshed, &self.0.figures.writes).await;
        }
        let _ = refreshed;
        Ok(false)
    }
}

#[cfg(feature = "postgres")]
impl Inner {
    /// Has something done together with what others ask for.
    async fn gathered<K, T>(
        &self,
        gathering: &Arc<Gathering<K, T>>,
        asked: K,
        traffic: &Traffic,
    ) -> Result<T, StoreError>
    where
        K: Send + 'static,
        T: Send + 'static,
    {
        let _step = trace::span(traffic.step);
        let (number, answer, is_queued) = gathering.join(asked);
        let held_up = || gathering.hurry(number) && self.call_another();
        self.figures.wait(traffic, is_queued, answer.ending, &held_up).await?;
        answer.outcome.take()
    }
}
