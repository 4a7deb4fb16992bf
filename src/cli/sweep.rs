//! `grantor sweep`: deletes what has expired.
//!
//! What expires by its own time is the same for everybody. How far the audit log goes back, and how many records of requests
//! are kept for how long, are settings, and a shell that lacks the server's environment would go by the defaults and delete
//! what the server keeps. So each is left alone unless somebody said here, or in the console, how much of it is kept.

use serde_json::json;

use super::manage::{Desk, print, print_json};
use crate::clock::{Clock, Timestamp};
use crate::jobs;
use crate::store::StoreError;

const DAY: i64 = 24 * 60 * 60;

impl Desk<'_> {
    pub(super) async fn sweep(&self) -> Result<(), String> {
        let (now, policies) = (Clock::system().now(), self.policies().await?);
        let is_audit_log_ours =
            self.is_decided("audit.retention_days", "GRANTOR_AUDIT_RETENTION_DAYS", "The audit log is").await?;
        // There is no key where nothing is chained yet.
        let key = if is_audit_log_ours { self.chain_key().await? } else { None };
        let kept = policies.request_log;
        let old = "Records of requests, however old, are";
        let is_age_ours = self.is_decided("requests.log_days", "GRANTOR_REQUEST_LOG_DAYS", old).await?;
        let many = "Records of requests, however many, are";
        let is_number_ours = self.is_decided("requests.log_rows", "GRANTOR_REQUEST_LOG_ROWS", many).await?;

        let before = now - i64::from(policies.audit_retention_days) * DAY;
        let expired = match &key {
            Some(key) => jobs::audit_log::expire(&self.store, key, before).await,
            None => Ok(0),
        };
        let most = if is_number_ours { kept.max_rows } else { i64::MAX };
        let oldest = if is_age_ours { now - kept.max_age } else { Timestamp::MIN };
        let trimmed = jobs::request_log::trim(&self.store, most, oldest).await;
        let swept = jobs::sweep::run(&self.store, now).await;
        let deleted = [expired, trimmed, swept].into_iter().sum::<Result<usize, StoreError>>();
        let deleted = deleted.map_err(|error| error.to_string())?;
        if self.json {
            print_json(&json!({ "deleted": deleted }))
        } else {
            print(&format!("{deleted} expired rows deleted"))
        }
    }

    /// Whether the policy of this name is decided here or in the console. Where it is not, it says what is left alone.
    async fn is_decided(&self, name: &str, variable: &str, what: &str) -> Result<bool, String> {
        let catalog = self.store.catalog().await.map_err(|error| error.to_string())?;
        let is_decided = self.config.is_decided(name, &catalog.settings);
        if !is_decided {
            eprintln!("{what} left to the server: {variable} is set neither here nor in the console.");
        }
        Ok(is_decided)
    }
}
