//! `/admin/clients`: the software that may ask for tokens.
//!
//! Ids of inputs are the members of RFC 7591 client metadata, so that form, API and command line speak alike.

pub mod actions;
pub mod connect;
mod curl;
pub mod edit;
mod kind;
pub mod list;
pub mod logo;
mod members;
pub mod new;
pub mod secrets;
mod settings;
pub mod show;
mod snippets;

pub use members::members_of;

use actix_web::web;

use super::requests::{self, RequestLine};
use super::security_review::ReviewLines;
use super::{form, page};
use crate::clock::Timestamp;
use crate::domain::client::Client;
use crate::jobs::review::{last_used, reviews};
use crate::management;
use crate::store::connection::AnyConnection;
use crate::store::paging::{Key, Place};
use crate::store::{StoreError, clients, search, self_registrations};
use crate::web::error::PageError;
use crate::web::handler::{get, post};
use crate::web::routes;
use crate::web::visitor::User;

/// The routes of these pages.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .service(form(routes::ADMIN_CLIENTS).route(get(list::index)).route(post(new::create)))
        .service(page(routes::ADMIN_CLIENTS_NEW).route(get(new::new)))
        .service(form(routes::ADMIN_CLIENT).route(get(show::show)).route(post(edit::update)))
        .service(form(routes::ADMIN_CLIENT_LOGO).route(get(logo::show)).route(post(logo::save)))
        .service(page(routes::ADMIN_CLIENT_EDIT).route(get(edit::edit)))
        .service(page(routes::ADMIN_CLIENT_CONNECT).route(get(connect::connect)))
        .service(form(routes::ADMIN_CLIENT_DISABLE).route(get(actions::confirm_disable)).route(post(actions::disable)))
        .service(form(routes::ADMIN_CLIENT_ENABLE).route(get(actions::confirm_enable)).route(post(actions::enable)))
        .service(
            form(routes::ADMIN_CLIENT_ROTATE_SECRET)
                .route(get(secrets::confirm_rotate_secret))
                .route(post(secrets::rotate_secret)),
        )
        .service(
            form(routes::ADMIN_CLIENT_SECRET_EXPIRY).route(get(secrets::edit_expiry)).route(post(secrets::set_expiry)),
        )
        .service(
            form(routes::ADMIN_CLIENT_SECRET_DELETE)
                .route(get(secrets::confirm_delete_secret))
                .route(post(secrets::delete_secret)),
        )
        .service(form(routes::ADMIN_CLIENT_DELETE).route(get(actions::confirm_delete)).route(post(actions::delete)));
}

/// The list, or what a search for `text` finds in its time.
pub fn list_or_search(
    connection: &mut AnyConnection,
    text: &str,
    place: &Place<Key<String>>,
    limit: i64,
) -> Result<search::Found<Client, Key<String>>, StoreError> {
    if text.is_empty() {
        return Ok(search::Found::all(clients::list(connection, place, limit)?));
    }
    clients::search(connection, text, place, limit)
}

/// Clients of similar names among which the one that is meant is looked for.
const MOST_NAMESAKES: i64 = 50;

/// Whom a filter means by a client.
pub enum Named {
    /// This one, by its id.
    One(String),
    /// Nobody is called like this.
    Nobody,
    /// Several clients are.
    Several,
    /// There are too many to look at in time.
    Unknown,
}

/// The client that is called `text`: by its id, or by its name or a part of it when there is only one such.
pub fn named(connection: &mut AnyConnection, text: &str) -> Result<Named, StoreError> {
    let search::Found { items: found, stopped_at } = clients::search(connection, text, &Place::Top, MOST_NAMESAKES)?;
    if stopped_at.is_some() {
        // Those that nobody has looked at yet may be called so, too.
        return Ok(Named::Unknown);
    }
    let of_id = found.iter().find(|each| each.id == text);
    let exact: Vec<&Client> = found.iter().filter(|each| each.name().to_lowercase() == text.to_lowercase()).collect();
    Ok(match (of_id, exact.as_slice(), found.as_slice()) {
        (Some(one), ..) | (None, &[one], _) | (None, &[], [one]) => Named::One(one.id.clone()),
        (None, &[], []) => Named::Nobody,
        _ => Named::Several,
    })
}

/// A client as it is stored now, since what is kept in memory does not know when a secret was last used.
struct Found {
    client: Client,
    live_grants: i64,
    live_tokens: i64,
    last_used: Option<Timestamp>,
    /// When it goes, since nobody has consented to it.
    expires_at: Option<Timestamp>,
    /// Its newest requests.
    requests: Vec<RequestLine>,
    review: ReviewLines,
}

/// How many requests of a client its page shows.
const RECENT: i64 = 5;

async fn find(user: &User, id: &str) -> Result<Found, PageError> {
    let (id, now, catalog) = (id.to_owned(), user.visitor.now(), user.visitor.app.store.catalog().await?);
    let found = user.visitor.app.store.read::<_, StoreError, _>(move |connection| {
        let Some(client) = clients::find(connection, &id)? else { return Ok(None) };
        let (live_grants, live_tokens) = management::clients::impact(connection, &id, now)?;
        let moments = last_used(connection, std::slice::from_ref(&client))?;
        let mut reviews = reviews(connection, std::slice::from_ref(&client), &moments, &catalog.scopes, now)?;
        let review = reviews.remove(&id).map(|review| ReviewLines::of(&id, &review, now)).unwrap_or_default();
        let last_used = moments.into_iter().next().flatten();
        let expires_at = self_registrations::expiries(connection, std::slice::from_ref(&client.id))?.remove(&client.id);
        let requests = requests::newest(connection, &id, RECENT, now)?;
        Ok(Some(Found { client, live_grants, live_tokens, last_used, expires_at, requests, review }))
    });
    found.await?.ok_or(PageError::NotFound)
}
