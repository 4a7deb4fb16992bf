//! One grant and the tokens that came of it.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::{find, status};
use crate::clock::Timestamp;
use crate::domain::grant::still_allowed;
use crate::store::grants::TokenSummary;
use crate::store::{StoreError, grants};
use crate::web::admin::scopes::words::scope_lines;
use crate::web::error::PageError;
use crate::web::page::{Layout, Moment, ScopeLine, Section, Status, Tone, respond, sample};
use crate::web::routes;
use crate::web::visitor::Reader;

/// `GET /admin/grants/{id}`
#[derive(Template)]
#[template(path = "admin/grants/show.html")]
pub struct ShowPage {
    /// Its title: [`ShowPage::title`].
    pub layout: Layout,
    pub id: String,
    /// Username and id; `None` for a machine that acts for itself.
    pub user: Option<(String, String)>,
    pub client_name: String,
    pub client_id: String,
    pub scopes: Vec<ScopeLine>,
    /// The APIs it is for; empty means none in particular.
    pub resources: Vec<String>,
    pub status: Status,
    /// Whether there is something left to revoke.
    pub is_live: bool,
    pub since: Moment,
    pub last_used: Option<Moment>,
    /// Newest first; the handler bounds their number.
    pub tokens: Vec<TokenLine>,
}

/// A token, without its value.
pub struct TokenLine {
    /// `Access token`, `Refresh token`.
    pub kind: String,
    pub issued: Moment,
    pub expires: Moment,
    /// `Live`, `Expired`, `Revoked`, `Rotated`: [`TokenLine::live`] and its like.
    pub status: Status,
}

impl ShowPage {
    pub fn title(client_name: &str, username: Option<&str>) -> String {
        username.map_or_else(
            || client_name.to_owned(),
            |username| t!("grant-title", client = client_name, username = username),
        )
    }

    pub fn samples() -> Vec<Self> {
        let token = |kind: String, issued, expires, status| TokenLine { kind, issued, expires, status };
        let tokens = vec![
            token(t!("token-access"), sample::ago(600), sample::ahead(3000), TokenLine::live()),
            token(t!("grant-type-refresh"), sample::ago(600), sample::ahead(86_400 * 30), TokenLine::live()),
            token(t!("grant-type-refresh"), sample::ago(4200), sample::ahead(86_400 * 30), TokenLine::rotated()),
            token(t!("token-access"), sample::ago(4200), sample::ago(600), TokenLine::expired()),
        ];
        let page = |user: Option<&str>, is_live, resources, tokens| Self {
            layout: sample::desk(&Self::title("Acme Reports", user), Section::Grants),
            id: "g_41".into(),
            user: user.map(|user| (user.to_owned(), "u_7Qp0s3xK".to_owned())),
            client_name: "Acme Reports".into(),
            client_id: "c_9aVqk2Lw0TzYx4RbN1mEuP".into(),
            scopes: sample::scopes(),
            resources,
            status: if is_live { TokenLine::live() } else { TokenLine::revoked() },
            is_live,
            since: sample::ago(86_400 * 20),
            last_used: is_live.then(|| sample::ago(600)),
            tokens,
        };
        let resources = vec!["https://api.acme.example/reports".to_owned()];
        vec![page(Some("bob"), true, resources, tokens), page(None, false, Vec::new(), Vec::new())]
    }
}

impl TokenLine {
    pub fn live() -> Status {
        Status::new(Tone::Success, t!("state-live"))
    }

    pub fn expired() -> Status {
        Status::new(Tone::Neutral, t!("state-expired"))
    }

    pub fn rotated() -> Status {
        Status::new(Tone::Neutral, t!("state-rotated"))
    }

    pub fn revoked() -> Status {
        Status::new(Tone::Danger, t!("state-revoked"))
    }
}

/// Most tokens of each kind that it shows.
const MAX_TOKENS: i64 = 50;

/// `GET /admin/grants/{id}`
pub async fn show(user: Reader, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let (record, client_name) = find(&user, &id).await?;
    let store = &user.visitor.app.store;
    let (now, catalog, grant_id) = (user.visitor.now(), store.catalog().await?, record.id);
    let mut tokens =
        store.read::<_, StoreError, _>(move |connection| Ok(grants::tokens(connection, grant_id, MAX_TOKENS)?)).await?;
    tokens.sort_by_key(|token| std::cmp::Reverse(token.created_at));
    let client = store.client(&record.client_id).await?;
    let status = status(&record, client.as_deref(), now);
    let granted = match &client {
        Some(client) => still_allowed(record.scope.clone(), &**client, &catalog.scopes),
        None => record.scope.clone(),
    };
    let username = record.owner.as_ref().map(|owner| owner.username.as_str());
    let page = ShowPage {
        layout: user.layout(ShowPage::title(&client_name, username), Section::Grants),
        id: record.id.to_string(),
        scopes: scope_lines(&granted, &catalog.scopes),
        is_live: record.revoked_at.is_none(),
        since: Moment::new(record.created_at, now),
        last_used: Some(Moment::new(record.last_used_at, now)),
        tokens: tokens.iter().map(|token| token_line(token, &status, now)).collect(),
        status,
        user: record.owner.map(|owner| (owner.username, owner.id)),
        client_name,
        client_id: record.client_id,
        resources: record.resource,
    };
    Ok(respond(StatusCode::OK, &page))
}

/// A token that is neither used up nor expired is worth what its grant is.
fn token_line(token: &TokenSummary, grant: &Status, now: Timestamp) -> TokenLine {
    let status = if token.rotated_at.is_some() {
        TokenLine::rotated()
    } else if token.expires_at <= now {
        TokenLine::expired()
    } else {
        grant.clone()
    };
    TokenLine {
        kind: if token.is_refresh { t!("grant-type-refresh") } else { t!("token-access") }.clone(),
        issued: Moment::new(token.created_at, now),
        expires: Moment::new(token.expires_at, now),
        status,
    }
}
