//! The list of scopes.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::used_by;
use crate::domain::scope::ScopeEntry;
use crate::store::{StoreError, clients, scopes};
use crate::web::error::PageError;
use crate::web::page::{Layout, Section, respond, sample};
use crate::web::routes;
use crate::web::visitor::Reader;

/// `GET /admin/scopes`
#[derive(Template)]
#[template(path = "admin/scopes/index.html")]
pub struct IndexPage {
    pub layout: Layout,
    /// All of them, by name: there are never many.
    pub scopes: Vec<ScopeRow>,
}

/// A scope in the list.
pub struct ScopeRow {
    pub name: String,
    pub description: String,
    pub is_default: bool,
    /// How many clients may ask for it: `4 clients`, or `Not used`. See [`used_by`].
    pub used_by: String,
    /// One of ours or of OpenID Connect, which cannot be deleted.
    pub is_built_in: bool,
}

impl IndexPage {
    pub fn title() -> String {
        t!("place-scopes")
    }

    pub fn samples() -> Vec<Self> {
        let scopes = sample::scopes().into_iter().enumerate().map(|(index, scope)| ScopeRow {
            name: scope.name,
            description: scope.description,
            is_default: index == 1,
            used_by: used_by(3 - i64::try_from(index.min(3)).unwrap_or(0)),
            is_built_in: index < 3,
        });
        let page = |scopes| Self { layout: sample::desk(&Self::title(), Section::Scopes), scopes };
        vec![page(scopes.collect()), page(Vec::new())]
    }
}

/// `GET /admin/scopes`
pub async fn index(user: Reader) -> Result<HttpResponse, PageError> {
    let counted = user.visitor.app.store.read::<_, StoreError, _>(|connection| {
        let counts = clients::count_by_scope(connection)?;
        let count = |entry: &ScopeEntry| counts.get(&entry.name).copied().unwrap_or_default();
        Ok(scopes::list(connection)?.into_iter().map(|entry| (count(&entry), entry)).collect::<Vec<_>>())
    });
    let row = |(clients, entry): (i64, ScopeEntry)| ScopeRow {
        name: entry.name,
        description: entry.description,
        is_default: entry.is_default,
        used_by: used_by(clients),
        is_built_in: entry.is_builtin,
    };
    let rows = counted.await?.into_iter().map(row).collect();
    let page = IndexPage { layout: user.layout(IndexPage::title(), Section::Scopes), scopes: rows };
    Ok(respond(StatusCode::OK, &page))
}
