//! `/admin/grants`: who allowed which client what, and the tokens that came of it.

pub mod list;
pub mod revoke;
pub mod show;

use std::sync::Arc;

use actix_web::web;

use super::{form, page};
use crate::clock::Timestamp;
use crate::domain::client::Client;
use crate::domain::grant::{GrantId, GrantRecord, LiveGrant, alive};
use crate::store::cache::Cache;
use crate::store::connection::AnyConnection;
use crate::store::{StoreError, grants};
use crate::web::error::PageError;
use crate::web::routes;
use crate::web::visitor::User;

/// The routes of these pages.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .service(page(routes::ADMIN_GRANTS).route(web::get().to(list::index)))
        .service(page(routes::ADMIN_GRANT).route(web::get().to(show::show)))
        .service(
            form(routes::ADMIN_GRANT_REVOKE)
                .route(web::get().to(revoke::confirm))
                .route(web::post().to(revoke::revoke)),
        );
}

/// Whether its time has run out.
pub fn is_over(record: &GrantRecord, now: Timestamp) -> bool {
    record.expires_at.is_some_and(|end| end <= now)
}

/// Those grants that are alive, each with its client.
pub fn live(
    connection: &mut AnyConnection,
    cache: &Cache,
    records: &[GrantRecord],
    now: Timestamp,
) -> Result<Vec<(LiveGrant, Arc<Client>)>, StoreError> {
    let ids: Vec<String> = records.iter().map(|record| record.client_id.clone()).collect();
    let clients = cache.clients(connection, &ids)?;
    let live = |record: &GrantRecord| {
        let client = clients.get(&record.client_id)?;
        Some((alive(record.clone(), Some(client))?, Arc::clone(client)))
    };
    Ok(records.iter().filter(|record| !is_over(record, now)).filter_map(live).collect())
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
