//! `/admin/requests`: what became of requests to the protocol's endpoints, and why.

mod diff;
pub mod fix;
pub mod list;
pub mod show;
mod words;

use actix_web::web;

use super::{form, page};
use crate::clock::Timestamp;
use crate::protocol::check::Check;
use crate::store::StoreError;
use crate::store::connection::AnyConnection;
use crate::store::request_log::{self, Filter, Record};
use crate::web::error::PageError;
use crate::web::handler::{get, post};
use crate::web::page::{Moment, Status};
use crate::web::visitor::User;
use crate::web::{inspector, routes};

/// The routes of these pages.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .service(page(routes::ADMIN_REQUESTS).route(get(list::index)))
        .service(page(routes::ADMIN_REQUEST).route(get(show::show)))
        .service(form(routes::ADMIN_REQUEST_FIX).route(get(fix::confirm)).route(post(fix::apply)));
}

/// A request in a list.
#[derive(Clone)]
pub struct RequestLine {
    pub href: String,
    pub at: Moment,
    /// `Token · client_credentials`.
    pub what: String,
    pub client_name: String,
    pub outcome: Status,
    /// The check that said no, or empty.
    pub check: String,
}

impl RequestLine {
    fn of(record: &Record, now: Timestamp) -> Self {
        let check = record.failed_check.as_deref().and_then(Check::from_stored);
        Self {
            href: routes::admin_request(&record.request_id),
            at: Moment::new(record.at, now),
            what: what(record),
            client_name: record.client_name.clone(),
            outcome: words::outcome(record),
            check: check.map_or_else(String::new, |check| words::check(check).name),
        }
    }
}

fn what(record: &Record) -> String {
    let endpoint = words::endpoint(&record.endpoint);
    match record.flow.rsplit(':').next() {
        None | Some("" | "code") => endpoint.clone(),
        // Without the namespace of those that have one.
        Some(flow) => format!("{endpoint} · {flow}"),
    }
}

/// The newest requests of a client.
pub fn newest(
    connection: &mut AnyConnection,
    client_id: &str,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<RequestLine>, StoreError> {
    let filter = Filter { client_id: Some(client_id.to_owned()), ..Filter::default() };
    Ok(request_log::list(connection, &filter, limit)?.iter().map(|record| RequestLine::of(record, now)).collect())
}

async fn find(user: &User, request_id: &str) -> Result<Record, PageError> {
    let app = &user.visitor.app;
    inspector::catch_up(app).await;
    let id = request_id.to_owned();
    let found = app.store.read::<_, StoreError, _>(move |connection| Ok(request_log::find(connection, &id)?)).await?;
    found.ok_or(PageError::NotFound)
}
