//! One token.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::TokenLine;
use crate::store::StoreError;
use crate::store::live_tokens::{self, TokenId};
use crate::web::error::PageError;
use crate::web::page::{Layout, Section, respond, sample};
use crate::web::routes;
use crate::web::visitor::{Reader, User};

/// `GET /admin/tokens/{id}`
#[derive(Template)]
#[template(path = "admin/tokens/show.html")]
pub struct ShowPage {
    pub layout: Layout,
    pub token: TokenLine,
    /// Whether there is something left to revoke.
    pub is_live: bool,
}

impl ShowPage {
    fn title(kind: &str, id: &str) -> String {
        t!("token-title", kind = kind, id = id)
    }

    pub fn samples() -> Vec<Self> {
        let page = |user, is_live| Self {
            layout: sample::desk(&Self::title(&t!("token-access"), "9f86d081884c7d65"), Section::Grants),
            token: TokenLine::sample("9f86d081884c7d65", user, "Acme Reports"),
            is_live,
        };
        vec![page(Some("bob"), true), page(None, false)]
    }
}

/// `GET /admin/tokens/{id}`
pub async fn show(user: Reader, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let token = find(&user, &id).await?;
    let now = user.visitor.now();
    let client = user.visitor.app.store.client(&token.client_id).await?;
    let line = TokenLine::of(&token, client.as_ref(), now);
    let page = ShowPage {
        layout: user.layout(ShowPage::title(&line.kind, &line.id), Section::Grants),
        is_live: !token.is_grant_revoked && token.expires_at > now,
        token: line,
    };
    Ok(respond(StatusCode::OK, &page))
}

pub(super) async fn find(user: &User, id: &str) -> Result<live_tokens::Token, PageError> {
    let id: TokenId = id.parse().map_err(|()| PageError::NotFound)?;
    user.visitor
        .app
        .store
        .read::<_, StoreError, _>(move |connection| Ok(live_tokens::find(connection, &id)?))
        .await?
        .ok_or(PageError::NotFound)
}
