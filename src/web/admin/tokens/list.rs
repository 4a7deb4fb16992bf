//! The list of live tokens.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::TokenLine;
use crate::store::StoreError;
use crate::store::live_tokens::{self, Kind};
use crate::store::paging::Place;
use crate::web::admin::grants::list::{Narrowed, narrow};
use crate::web::admin::paging::{Slice, place_of};
use crate::web::admin::query_of;
use crate::web::error::{PageError, see_other};
use crate::web::page::{Choice, FormErrors, Layout, Pager, Section, Tone, respond, sample};
use crate::web::routes;
use crate::web::visitor::Reader;

/// `GET /admin/tokens?kind=&user=&client=&id=`
#[derive(Template)]
#[template(path = "admin/tokens/index.html")]
pub struct IndexPage {
    pub layout: Layout,
    /// Access tokens or refresh tokens.
    pub kinds: Vec<Choice>,
    /// A username, a client's id or name, and what a token's id begins with.
    pub user: String,
    pub client: String,
    pub id: String,
    pub errors: FormErrors,
    pub tokens: Vec<TokenLine>,
    pub pager: Pager,
}

impl IndexPage {
    fn title() -> String {
        t!("tokens")
    }

    pub fn is_filtered(&self) -> bool {
        [&self.user, &self.client, &self.id].iter().any(|field| !field.is_empty())
    }

    fn kinds(chosen: Kind) -> Vec<Choice> {
        vec![
            Choice::new("access", t!("tokens-access"), "", chosen == Kind::Access),
            Choice::new("refresh", t!("tokens-refresh"), "", chosen == Kind::Refresh),
        ]
    }

    pub fn samples() -> Vec<Self> {
        let page = |user: &str, tokens, pager| Self {
            layout: sample::desk(&Self::title(), Section::Grants),
            kinds: Self::kinds(Kind::Access),
            user: user.into(),
            client: String::new(),
            id: String::new(),
            errors: FormErrors::none(),
            tokens,
            pager,
        };
        let tokens = vec![
            TokenLine::sample("9f86d081884c7d65", Some("bob"), "Acme Reports"),
            TokenLine::sample("2c26b46b68ffc68f", None, sample::LONG),
        ];
        let pager = Pager { previous: None, next: Some("/admin/tokens?after=1.ab".into()) };
        vec![page("", tokens, pager), page("", Vec::new(), Pager::default()), page("zed", Vec::new(), Pager::default())]
    }
}

/// `GET /admin/tokens`
pub async fn index(user: Reader, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let query = query_of(&request)?;
    let field = |name| query.get(name).unwrap_or_default().trim().to_owned();
    let (username, client, id, place) = (field("user"), field("client"), field("id"), place_of(&query)?);
    let kind = if query.get("kind") == Some("refresh") { Kind::Refresh } else { Kind::Access };
    let app = &user.visitor.app;
    let (cache, now) = (app.store.cache(), user.visitor.now());
    let mut errors = FormErrors::none();
    if !id.is_empty() {
        match id.parse::<live_tokens::TokenId>() {
            Err(()) => errors.add("id", t!("tokens-id-short")),
            Ok(wanted) => {
                match app
                    .store
                    .read::<_, StoreError, _>(move |connection| Ok(live_tokens::find(connection, &wanted)?))
                    .await?
                {
                    Some(token) => return Ok(see_other(&routes::admin_token(&token.id.to_string()))),
                    None => errors.add("id", t!("tokens-id-unknown")),
                }
            }
        }
    }
    let (wanted_user, wanted_client) = (username.clone(), client.clone());
    let found = app
        .store
        .read::<_, StoreError, _>(move |connection| {
            let filter = match narrow(connection, &wanted_user, &wanted_client)? {
                Narrowed::To(filter) => filter,
                Narrowed::Nothing => return Ok(Some(Slice::default())),
                Narrowed::Ambiguous => return Ok(None),
            };
            let list = |place: &Place<_>, limit| Ok(live_tokens::list(connection, kind, &filter, place, limit, now)?);
            let slice = Slice::read(place.clone(), list, live_tokens::key)?;
            let ids: Vec<String> = slice.items.iter().map(|token| token.client_id.clone()).collect();
            let clients = cache.clients(connection, &ids)?;
            let line = |token: &live_tokens::Token| TokenLine::of(token, clients.get(&token.client_id), now);
            Ok(Some(slice.with(slice.items.iter().map(line).collect())))
        })
        .await?;
    let mut layout = user.layout(IndexPage::title(), Section::Grants);
    if found.is_none() {
        layout = layout.with_flash(Tone::Warning, t!("grants-several"));
    }
    let slice = found.unwrap_or_default();
    let kept = [("kind", query.get("kind").unwrap_or_default()), ("user", &username), ("client", &client)];
    let page = IndexPage {
        layout,
        kinds: IndexPage::kinds(kind),
        pager: slice.pager(routes::ADMIN_TOKENS, &kept),
        user: username,
        client,
        id,
        tokens: slice.items,
        errors,
    };
    let status = if page.errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(respond(status, &page))
}
