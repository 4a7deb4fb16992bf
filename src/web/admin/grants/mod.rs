//! `/admin/grants`: who allowed which client what, and the tokens that came of it.

pub mod list;
pub mod revoke;
pub mod show;

use actix_web::web;

use super::{form, page};
use crate::clock::Timestamp;
use crate::domain::client::Client;
use crate::domain::grant::{GrantId, GrantRecord, alive, still_allowed};
use crate::domain::scope::{Scope, ScopeCatalog};
use crate::store::cache::Cache;
use crate::store::connection::AnyConnection;
use crate::store::{StoreError, grants};
use crate::web::error::PageError;
use crate::web::handler::{get, post};
use crate::web::page::{Status, Tone};
use crate::web::routes;
use crate::web::visitor::User;
use show::TokenLine;

/// The routes of these pages.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .service(page(routes::ADMIN_GRANTS).route(get(list::index)))
        .service(page(routes::ADMIN_GRANT).route(get(show::show)))
        .service(form(routes::ADMIN_GRANT_REVOKE).route(get(revoke::confirm)).route(post(revoke::revoke)));
}

/// Whether its time has run out.
pub fn is_over(record: &GrantRecord, now: Timestamp) -> bool {
    record.expires_at.is_some_and(|end| end <= now)
}

/// The state of a grant. One that waits counts again when its user or its client is enabled.
pub fn status(record: &GrantRecord, client: Option<&Client>, now: Timestamp) -> Status {
    if record.revoked_at.is_some() {
        TokenLine::revoked()
    } else if is_over(record, now) {
        TokenLine::expired()
    } else if alive(record.clone(), client).is_some() {
        TokenLine::live()
    } else if record.owner.as_ref().is_some_and(|owner| owner.disabled_at.is_some()) {
        waits_for_user()
    } else {
        waits_for_client()
    }
}

pub fn waits_for_user() -> Status {
    Status::new(Tone::Neutral, t!("state-waits-for-user"))
}

pub fn waits_for_client() -> Status {
    Status::new(Tone::Neutral, t!("state-waits-for-client"))
}

/// A grant in a list.
pub struct Standing {
    pub record: GrantRecord,
    pub client_name: String,
    /// The granted scopes that the client may still have.
    pub scope: Scope,
    pub status: Status,
}

/// How grants stand: one that does not count now is listed too, so that it can be revoked.
pub fn standing(
    connection: &mut AnyConnection,
    cache: &Cache,
    records: &[GrantRecord],
    catalog: &ScopeCatalog,
    now: Timestamp,
) -> Result<Vec<Standing>, StoreError> {
    let ids: Vec<String> = records.iter().map(|record| record.client_id.clone()).collect();
    let clients = cache.clients(connection, &ids)?;
    let standing = |record: &GrantRecord| {
        let client = clients.get(&record.client_id).map(|client| &**client);
        let granted = record.scope.clone();
        Standing {
            client_name: client.map_or_else(|| record.client_id.clone(), |client| client.name().to_owned()),
            scope: match client {
                Some(client) => still_allowed(granted, client, catalog),
                None => granted,
            },
            status: status(record, client, now),
            record: record.clone(),
        }
    };
    Ok(records.iter().map(standing).collect())
}

/// A grant, revoked or not, and what its client is called.
async fn find(user: &User, id: &str) -> Result<(GrantRecord, String), PageError> {
    let id: GrantId = id.parse().map_err(|_| PageError::NotFound)?;
    let store = &user.visitor.app.store;
    let record = store.read::<_, StoreError, _>(move |connection| Ok(grants::find(connection, id)?)).await?;
    let record = record.ok_or(PageError::NotFound)?;
    let client = store.client(&record.client_id).await?;
    let name = client.map_or_else(|| record.client_id.clone(), |client| client.name().to_owned());
    Ok((record, name))
}
