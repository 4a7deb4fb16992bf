//! Figures for the console's first page.

use diesel::QueryResult;

use crate::clock::Timestamp;
use crate::store::connection::AnyConnection;
use crate::store::{access_tokens, audit_log, clients, grants, resource_owners};

#[derive(Clone, Copy, Debug)]
pub struct Overview {
    pub clients: i64,
    pub resource_owners: i64,
    pub live_grants: i64,
    /// Opaque access tokens of the last day that have not been swept yet.
    pub tokens_today: i64,
    pub failed_logins_today: i64,
}

pub fn overview(connection: &mut AnyConnection, now: Timestamp) -> QueryResult<Overview> {
    let yesterday = now - 24 * 60 * 60;
    Ok(Overview {
        clients: clients::count(connection)?,
        resource_owners: resource_owners::count(connection)?,
        live_grants: grants::count(connection, &grants::Filter::default(), now)?.0,
        tokens_today: access_tokens::count_since(connection, yesterday)?,
        failed_logins_today: audit_log::count_since(connection, "login.failed", yesterday)?,
    })
}
