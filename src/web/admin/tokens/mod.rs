//! `/admin/tokens`: the opaque tokens that are alive. Their values are nowhere; a token that somebody holds is found by its
//! digest ([`find`]).

pub mod find;
pub mod list;
pub mod revoke;
pub mod show;

use std::sync::Arc;

use actix_web::web;

use super::{form, page};
use crate::clock::Timestamp;
use crate::domain::client::Client;
use crate::store::live_tokens::{Kind, Token};
use crate::web::admin::grants::{waits_for_client, waits_for_user};
use crate::web::handler::{get, post};
use crate::web::page::{Moment, Status, Tone, sample};
use crate::web::routes;

/// The routes of these pages.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .service(page(routes::ADMIN_TOKENS).route(get(list::index)))
        .service(form(routes::ADMIN_TOKENS_FIND).route(get(find::ask)).route(post(find::find)))
        .service(page(routes::ADMIN_TOKEN).route(get(show::show)))
        .service(form(routes::ADMIN_TOKEN_REVOKE).route(get(revoke::confirm)).route(post(revoke::revoke)))
        .service(form(routes::ADMIN_CLIENT_REVOKE).route(get(revoke::confirm_all)).route(post(revoke::revoke_all)));
}

/// A token, without its value.
pub struct TokenLine {
    /// Of the page.
    pub id: String,
    pub kind: String,
    pub grant: String,
    pub client_name: String,
    pub client_id: String,
    /// Id and name; `None` for a machine's.
    pub user: Option<(String, String)>,
    pub scope: String,
    pub issued: Moment,
    pub expires: Moment,
    pub last_used: Moment,
    pub status: Status,
    pub is_access: bool,
}

impl TokenLine {
    fn of(token: &Token, client: Option<&Arc<Client>>, now: Timestamp) -> Self {
        Self {
            id: token.id.to_string(),
            kind: if token.kind == Kind::Access { t!("token-access") } else { t!("token-refresh") },
            grant: token.grant_id.to_string(),
            client_name: client.map_or_else(|| token.client_id.clone(), |client| client.name().to_owned()),
            client_id: token.client_id.clone(),
            user: token.owner.clone(),
            scope: crate::domain::scope::render(&token.scope),
            issued: Moment::new(token.created_at, now),
            expires: Moment::new(token.expires_at, now),
            last_used: Moment::new(token.last_used_at, now),
            status: if token.is_grant_revoked {
                Status::new(Tone::Danger, t!("state-revoked"))
            } else if token.is_rotated {
                Status::new(Tone::Neutral, t!("state-rotated"))
            } else if token.expires_at <= now {
                Status::new(Tone::Neutral, t!("state-expired"))
            } else if token.is_owner_disabled {
                waits_for_user()
            } else if client.is_some_and(|client| client.is_enabled()) {
                Status::new(Tone::Success, t!("state-live"))
            } else {
                waits_for_client()
            },
            is_access: token.kind == Kind::Access,
        }
    }

    fn sample(id: &str, user: Option<&str>, client: &str) -> Self {
        Self {
            id: id.into(),
            kind: t!("token-access"),
            grant: "AAAAAAAAAGU".into(),
            client_name: client.into(),
            client_id: "c_9aVqk2Lw0TzYx4RbN1mEuP".into(),
            user: user.map(|user| ("u_7Qp0s3xK".into(), user.into())),
            scope: "openid reports:read".into(),
            issued: sample::ago(600),
            expires: sample::ahead(3000),
            last_used: sample::ago(60),
            status: Status::new(Tone::Success, t!("state-live")),
            is_access: true,
        }
    }
}
