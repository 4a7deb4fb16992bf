//! What has gathered in a database that was in use for long: rotated refresh tokens, spent codes, the audit log.
//!
//! The audit log is chained here by the server's own function. Left to its job, the first servers would chain half a million
//! entries beside their load.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use diesel::prelude::*;
use grantor::config::secret_key::SecretKey;
use grantor::domain::grant::GrantId;
use grantor::management::audit_chain::{self, ChainKey};
use grantor::secret::{Digest, SecretKind, random_bytes};
use grantor::store::connection::AnyConnection;
use grantor::store::schema::{audit_log, authorization_codes, refresh_tokens};
use serde_json::json;

use crate::data::{
    Prepared, REDIRECT_URI, SCOPE, YEAR, fill, grant_id, in_order, owner_id, secret_bytes, session_id, without_indexes,
};
use crate::{Result, Sizes};

/// How far back the audit log goes: less than it is kept by default, by as long as the database may be used.
const AUDIT_DAYS: u64 = 300;

pub fn write(connection: &mut AnyConnection, prepared: &Prepared, sizes: &Sizes, now: i64) -> Result<()> {
    fill_refresh_tokens(connection, prepared, now)?;
    fill_codes(connection, prepared, sizes.codes, now)?;
    fill_audit_log(connection, prepared, sizes.audit_entries)?;
    chain_audit_log(connection, prepared, sizes.audit_entries, now)
}

/// As many of each user's grant: the newest alive, each of the others rotated into the one after it.
fn fill_refresh_tokens(connection: &mut AnyConnection, prepared: &Prepared, now: i64) -> Result<()> {
    let each = prepared.refresh_tokens / prepared.users;
    if each == 0 {
        return Ok(());
    }
    let digest = |user, age| Digest::of(&prepared.refresh_token(user, age)).as_bytes().to_vec();
    without_indexes(connection, "refresh_tokens", |connection| {
        fill!(connection, refresh_tokens, prepared.users * each, |number| {
            let (user, age) = (number / each, number % each);
            let made_at = seconds(prepared.refresh_made_at(user));
            (
                refresh_tokens::digest.eq(digest(user, age)),
                refresh_tokens::grant_id.eq(grant_id(user)),
                refresh_tokens::successor.eq((age > 0).then(|| digest(user, age - 1))),
                refresh_tokens::created_at.eq(made_at),
                refresh_tokens::expires_at.eq(now + YEAR),
                refresh_tokens::rotated_at.eq((age > 0).then_some(made_at)),
            )
        });
        Ok(())
    })
}

/// Codes of the last day that were redeemed.
fn fill_codes(connection: &mut AnyConnection, prepared: &Prepared, codes: u64, now: i64) -> Result<()> {
    without_indexes(connection, "authorization_codes", |connection| {
        fill!(connection, authorization_codes, codes, |number| {
            let (user, millis) = (number % prepared.users, prepared.made_at(number, codes, 1));
            let random = secret_bytes(&prepared.secret_key, "code", number);
            let code = in_order(SecretKind::AuthorizationCode, millis, random);
            let facts = json!({ "auth_time": now, "session_id": session_id(user) });
            (
                authorization_codes::digest.eq(Digest::of(&code).as_bytes().to_vec()),
                authorization_codes::grant_id.eq(grant_id(user)),
                authorization_codes::client_id.eq(prepared.client_of(user).id),
                authorization_codes::resource_owner_id.eq(owner_id(user)),
                authorization_codes::scope.eq(SCOPE),
                authorization_codes::redirect_uri.eq(REDIRECT_URI),
                authorization_codes::code_challenge.eq(URL_SAFE_NO_PAD.encode(random_bytes::<32>())),
                authorization_codes::facts.eq(facts.to_string()),
                authorization_codes::failures.eq(0),
                authorization_codes::created_at.eq(seconds(millis)),
                authorization_codes::expires_at.eq(now + YEAR),
                authorization_codes::redeemed_at.eq(seconds(millis)),
            )
        });
        Ok(())
    })
}

/// Logins and grants in turn, which is most of what there is.
fn fill_audit_log(connection: &mut AnyConnection, prepared: &Prepared, entries: u64) -> Result<()> {
    without_indexes(connection, "audit_log", |connection| {
        fill!(connection, audit_log, entries, |number| {
            let user = number / 2 % prepared.users;
            let (action, kind, actor, target, detail) = if number.is_multiple_of(2) {
                ("login.succeeded", "user", Prepared::username(user), owner_id(user), json!({}))
            } else {
                let client = prepared.client_of(user).id;
                let grant = GrantId::from_stored(grant_id(user)).to_string();
                ("grant.issued", "client", client.clone(), grant, json!({ "client": client }))
            };
            (
                audit_log::at.eq(seconds(prepared.made_at(number, entries, AUDIT_DAYS))),
                audit_log::action.eq(action),
                audit_log::actor_kind.eq(kind),
                audit_log::actor.eq(actor),
                audit_log::target.eq(target),
                audit_log::address.eq("127.0.0.1"),
                audit_log::request_id.eq(URL_SAFE_NO_PAD.encode(random_bytes::<16>())),
                audit_log::detail.eq(detail.to_string()),
            )
        });
        Ok(())
    })
}

fn chain_audit_log(connection: &mut AnyConnection, prepared: &Prepared, entries: u64, now: i64) -> Result<()> {
    /// Seconds after which the server looks no more at what was chained before.
    const STEP: i64 = 10;
    if entries == 0 {
        return Ok(());
    }
    let secret = SecretKey::parse(&prepared.secret_key).map_err(|error| error.to_string())?;
    let key = ChainKey::new(secret.derive(audit_chain::PURPOSE));
    // As if it was called every ten seconds until now: at one moment, each call would look at everything before it.
    let mut at = now - STEP * (i64::try_from(entries)? / audit_chain::BATCH + 2);
    while i64::try_from(audit_chain::link(connection, &key, at)?)? == audit_chain::BATCH {
        at += STEP;
    }
    Ok(())
}

fn seconds(millis: u64) -> i64 {
    i64::try_from(millis / 1_000).unwrap_or(i64::MAX)
}
