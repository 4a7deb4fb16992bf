//! `grantor sweep`: deletes what has expired.
//!
//! What expires by its own time is the same for everybody. How far the audit log goes back is a setting, and a shell that
//! lacks the server's environment would go by the default and delete what the server keeps. So the audit log is left alone
//! unless somebody said here, or in the console, how long it is kept.

use serde_json::json;

use super::manage::{Desk, print, print_json};
use crate::clock::{Clock, Timestamp};
use crate::domain::request_log::RequestLog;
use crate::jobs;
use crate::management::audit_chain::ChainKey;
use crate::store::{StoreError, request_log};

const RETENTION: &str = "audit.retention_days";
const DAY: i64 = 24 * 60 * 60;

impl Desk<'_> {
    pub(super) async fn sweep(&self) -> Result<(), String> {
        let (now, policies, key) = (Clock::system().now(), self.policies().await?, self.key_to_expire_with().await?);
        let before = now - i64::from(policies.audit_retention_days) * DAY;
        let expired = match &key {
            Some(key) => jobs::audit_log::expire(&self.store, key, before).await,
            None => Ok(0),
        };
        let trimmed = self.trim_request_log(policies.request_log, now).await;
        let swept = jobs::sweep::run(&self.store, now).await;
        let deleted = [expired, trimmed, swept].into_iter().sum::<Result<usize, StoreError>>();
        let deleted = deleted.map_err(|error| error.to_string())?;
        if self.json {
            print_json(&json!({ "deleted": deleted }))
        } else {
            print(&format!("{deleted} expired rows deleted"))
        }
    }

    /// What the audit log is chained with; `None` when its oldest entries are not to be deleted, or nothing is chained yet.
    async fn key_to_expire_with(&self) -> Result<Option<ChainKey>, String> {
        let catalog = self.store.catalog().await.map_err(|error| error.to_string())?;
        if !self.config.is_decided(RETENTION, &catalog.settings) {
            eprintln!(
                "The audit log is left to the server: how long it is kept is set neither here (GRANTOR_AUDIT_RETENTION_DAYS) \
                 nor in the console."
            );
            return Ok(None);
        }
        self.chain_key().await
    }

    async fn trim_request_log(&self, kept: RequestLog, now: Timestamp) -> Result<usize, StoreError> {
        let mut trimmed = 0;
        loop {
            let batch = self.store.write::<_, StoreError, _>(move |connection| {
                Ok(request_log::trim(connection, kept.max_rows, now - kept.max_age)?)
            });
            match batch.await? {
                0 => return Ok(trimmed),
                count => trimmed += count,
            }
            // Let requests that came meanwhile go first.
            tokio::task::yield_now().await;
        }
    }
}
