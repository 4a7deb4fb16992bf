//! `grantor restore FILE` puts a backup in the place of the SQLite database; `grantor revoke-all` ends everything that was
//! issued.
//!
//! A backup is older than what it replaces: tokens that were revoked, codes that were used and sessions that were ended since
//! are alive in it. Which ones, nobody knows any more. So a restore ends everything that was issued before it, unless the
//! operator says otherwise, and after a restore of PostgreSQL, which is done by its own tools, `revoke-all` does the same.
//! Nothing has to be asked for that on the way of a request: it is done once, in batches, before a server starts.

use std::path::Path;

use serde_json::{Value, json};

use super::manage::{context, print, print_json};
use super::secret::{Misfit, fitting};
use crate::clock::Clock;
use crate::config::Config;
use crate::config::database_url::DatabaseUrl;
use crate::config::secret_key::SecretKeyError;
use crate::jobs::revoke_all::{self, Ended};
use crate::store::audit_log::Event;
use crate::store::backup::Restoration;
use crate::store::{Store, StoreError, audit_log, signing_keys};

pub async fn run(config: &Config, file: &Path, keep_issued: bool, json: bool) -> Result<(), String> {
    let DatabaseUrl::Sqlite(database) = &config.database else {
        return Err(format!(
            "restore is for an SQLite database. For PostgreSQL stop every server, make the database anew (dropdb, createdb), \
             then: pg_restore --single-transaction --no-owner --dbname=\"$DATABASE_URL\" {:?} && grantor revoke-all --yes",
            file.display().to_string()
        ));
    };
    let restoration = Restoration::begin(file, database)?;
    let (as_of, ended) = prepare(config, &restoration, keep_issued).await?;
    let kept = restoration.finish()?;
    let kept = kept.map(|path| path.display().to_string());
    if json {
        return print_json(&json!({ "as_of": as_of, "replaced": kept, "ended": ended.as_ref().map(Ended::describe) }));
    }
    print(&format!("restored {}", file.display()))?;
    if let Some(kept) = kept {
        print(&format!("the replaced database is {kept}"))?;
    }
    if let Some(ended) = ended {
        print(&ended.to_string())?;
    }
    eprintln!(
        "The newest entry of the audit log in it is of {}. What was changed later is as it was then: look after passwords and \
         client secrets that were replaced, users and clients that were disabled or deleted, and signing keys that were \
         rotated because they leaked (grantor keys rotate --force).",
        as_of
            .and_then(|at| chrono::DateTime::from_timestamp(at, 0))
            .map_or("nobody knows when".into(), |at| at.to_rfc3339())
    );
    Ok(())
}

/// Brings the copy up to date, notes the restore in it and ends what was issued, before it takes its place. The server's key
/// must open its keys.
async fn prepare(
    config: &Config,
    restoration: &Restoration,
    keep_issued: bool,
) -> Result<(Option<i64>, Option<Ended>), String> {
    let say = |error: StoreError| error.to_string();
    let store = Store::open(&restoration.url()).map_err(|error| error.to_string())?;
    let has_keys =
        store.read::<_, StoreError, _>(|connection| Ok(signing_keys::any(connection)?)).await.map_err(say)?;
    let keys = store.read::<_, StoreError, _>(signing_keys::list).await.map_err(say)?;
    fitting(&config.secret_key, has_keys, keys).map_err(unopened)?;
    let as_of = store.read::<_, StoreError, _>(|connection| Ok(audit_log::newest(connection)?)).await.map_err(say)?;
    let restored = Event { detail: json!({ "kept_issued": keep_issued }), ..context().event("database.restored", "") };
    let note = store.write::<_, StoreError, _>(move |connection| Ok(audit_log::insert(connection, &restored)?));
    note.await.map_err(say)?;
    if keep_issued {
        return Ok((as_of, None));
    }
    let ended = revoke_all::run(&store, &context(), &Clock::system()).await.map_err(say)?;
    Ok((as_of, Some(ended)))
}

fn unopened(misfit: Misfit) -> String {
    let why = match misfit {
        Misfit::Unusable(SecretKeyError::Missing { path }) => format!("there is no {}", path.display()),
        Misfit::Unusable(error) => return error.to_string(),
        Misfit::Foreign { error, .. } => error.to_string(),
    };
    format!(
        "the signing keys in the backup do not open ({why}). Restore the grantor.key or GRANTOR_SECRET_KEY of its time, too"
    )
}

pub async fn revoke_all(store: &Store, yes: bool, json: bool) -> Result<(), String> {
    if !yes {
        return Err("this signs everybody out and ends every token of every client; say so with --yes".to_owned());
    }
    let ended = revoke_all::run(store, &context(), &Clock::system()).await.map_err(|error| error.to_string())?;
    if json { print_json(&ended.describe()) } else { print(&ended.to_string()) }
}

impl Ended {
    fn describe(&self) -> Value {
        json!({ "sessions": self.sessions, "grants": self.grants, "consents": self.consents })
    }
}
