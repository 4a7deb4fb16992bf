//! `/admin/scopes`: what clients may ask for, in words that users understand.

pub mod delete;
pub mod edit;
pub mod list;
pub mod new;
pub mod words;

use actix_web::web;

use super::{form, page};
use crate::domain::scope::ScopeEntry;
use crate::management::scopes::Meaning;
use crate::store::{StoreError, clients, scopes};
use crate::web::admin::submitted::Submitted;
use crate::web::error::PageError;
use crate::web::handler::{get, post};
use crate::web::routes;
use crate::web::visitor::User;

/// The routes of these pages.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .service(form(routes::ADMIN_SCOPES).route(get(list::index)).route(post(new::create)))
        .service(page(routes::ADMIN_SCOPES_NEW).route(get(new::new)))
        .service(form(routes::ADMIN_SCOPE_EDIT).route(get(edit::edit)).route(post(edit::update)))
        .service(form(routes::ADMIN_SCOPE_DELETE).route(get(delete::confirm_delete)).route(post(delete::delete)));
}

/// A scope, and how many clients name it.
async fn find(user: &User, name: &str) -> Result<(ScopeEntry, i64), PageError> {
    let name = name.to_owned();
    let found = user.visitor.app.store.read::<_, StoreError, _>(move |connection| {
        let Some(entry) = scopes::list(connection)?.into_iter().find(|each| each.name == name) else {
            return Ok(None);
        };
        Ok(Some((entry, clients::count_naming_scope(connection, &name)?)))
    });
    found.await?.ok_or(PageError::NotFound)
}

/// What the form says about a scope.
fn meaning(sent: &Submitted) -> Meaning {
    Meaning {
        description: sent.field("description"),
        is_default: sent.form.get("is_default").is_some(),
        claims: sent.field("claims").split_whitespace().map(str::to_owned).collect(),
    }
}

/// How many clients name a scope, in words.
pub fn used_by(clients: i64) -> String {
    t!("scope-used-by", count = clients)
}
