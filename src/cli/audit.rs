//! `grantor audit`: a copy of the audit log, and whether it is whole.

use clap::{Args, Subcommand};
use serde_json::json;

use super::manage::{Desk, context, explain, print, print_json};
use crate::jobs;
use crate::management::audit_chain::{self, ChainKey};
use crate::management::audit_log::{self, Wanted};
use crate::store::{StoreError, audit_log as log};

/// Entries that one read brings.
const PAGE: i64 = 1000;

#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Write the audit log as JSON Lines, oldest first
    Export(Narrowed),
    /// Check that nothing was taken out of the audit log or changed in it
    Verify,
}

#[derive(Debug, Args)]
pub(super) struct Narrowed {
    /// From this day or time on, in UTC: 2026-03-14 or 2026-03-14T09:30
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// With the end of this day, or before this time
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// A username or a client's id
    #[arg(long)]
    actor: Option<String>,
    /// A whole action, such as client.created, or what several begin with, such as client.
    #[arg(long)]
    action: Option<String>,
    /// An id or a username
    #[arg(long)]
    target: Option<String>,
    #[arg(long)]
    address: Option<String>,
}

impl Desk<'_> {
    /// What the audit log is chained with; `None` when no server has been here yet.
    pub(super) async fn chain_key(&self) -> Result<Option<ChainKey>, String> {
        let secret = self.secret().await?;
        Ok(secret.map(|secret| ChainKey::new(secret.derive(audit_chain::PURPOSE))))
    }

    pub(super) async fn audit(&self, command: AuditCommand) -> Result<(), String> {
        match command {
            AuditCommand::Export(narrowed) => self.export_audit_log(narrowed).await,
            AuditCommand::Verify => self.verify_audit_log().await,
        }
    }

    async fn export_audit_log(&self, narrowed: Narrowed) -> Result<(), String> {
        let Narrowed { from, to, actor, action, target, address } = narrowed;
        let wanted = Wanted { action, actor, target, address, from, to };
        let mut filter = wanted.filter().map_err(explain)?;
        let context = context();
        self.write(move |connection| audit_log::note_export(connection, &context, &wanted)).await?;
        let mut after = 0;
        loop {
            let page = self
                .read(move |connection| {
                    audit_log::resolve(connection, &mut filter)?;
                    let page = log::export(connection, &filter, after, PAGE)?;
                    Ok((page, std::mem::take(&mut filter)))
                })
                .await?;
            let ((entries, more), again) = page;
            filter = again;
            for (entry, link) in &entries {
                print(&audit_log::describe(entry, link.as_ref()).to_string())?;
            }
            match more {
                Some(last) => after = last,
                None => return Ok(()),
            }
        }
    }

    async fn verify_audit_log(&self) -> Result<(), String> {
        let key = self.chain_key().await?.ok_or(
            "the audit log is not chained yet: that takes a secret key, which the first start of the server makes; start it, \
             or set GRANTOR_SECRET_KEY",
        )?;
        // What was just written would be missed.
        let now = context().now;
        jobs::audit_log::chain(&self.store, &key, now)
            .await
            .or_else(ignore_damage)
            .map_err(|error| error.to_string())?;
        let checked = jobs::audit_log::verify(&self.store, &key, None, |_| true).await;
        match checked.map_err(|error| error.to_string())? {
            Ok(whole) if self.json => print_json(&json!({
                "intact": true, "entries": whole.entries, "position": whole.position, "hash": whole.hash(),
            })),
            Ok(whole) => {
                print(&format!("intact: {} entries, position {}, hash {}", whole.entries, whole.position, whole.hash()))
            }
            Err(damage) => {
                let what = damage.what.describe();
                if self.json {
                    print_json(&json!({
                        "intact": false, "position": damage.position, "entry": damage.entry_id, "what": what,
                    }))?;
                }
                Err(format!(
                    "the audit log is broken at position {}, entry {}: {what}",
                    damage.position, damage.entry_id
                ))
            }
        }
    }
}

/// The check says better what is wrong.
fn ignore_damage(error: StoreError) -> Result<usize, StoreError> {
    match error {
        StoreError::Corrupt(_) => Ok(0),
        error => Err(error),
    }
}
