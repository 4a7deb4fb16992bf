//! Changing how a scope is described.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::{find, meaning, used_by};
use crate::domain::scope::ScopeEntry;
use crate::management;
use crate::management::scopes::Meaning;
use crate::web::admin::submitted::Submitted;
use crate::web::error::PageError;
use crate::web::page::{FormErrors, Layout, Section, respond, sample};
use crate::web::routes;
use crate::web::visitor::{Admin, User};

/// `GET /admin/scopes/{name}/edit`, and again when the POST to the same path was refused.
#[derive(Template)]
#[template(path = "admin/scopes/edit.html")]
pub struct EditPage {
    pub layout: Layout,
    /// Cannot be changed: it is in tokens.
    pub name: String,
    pub description: String,
    pub is_default: bool,
    /// Names of claims, separated by spaces.
    pub claims: String,
    pub used_by: String,
    pub is_built_in: bool,
    /// Ids: `description`, `is_default`, `claims`.
    pub errors: FormErrors,
}

impl EditPage {
    pub fn title(name: &str) -> String {
        t!("scope-edit-title", scope = name)
    }

    pub fn samples() -> Vec<Self> {
        let page = |name: &str, is_built_in| Self {
            layout: sample::desk(&Self::title(name), Section::Scopes),
            name: name.into(),
            description: "Read your sales reports".into(),
            is_default: true,
            claims: if is_built_in { "name email" } else { "department" }.into(),
            used_by: used_by(2),
            is_built_in,
            errors: FormErrors::none(),
        };
        vec![page("reports:read", false), page("openid", true)]
    }
}

/// `GET /admin/scopes/{name}/edit`
pub async fn edit(user: Admin, name: web::Path<String>) -> Result<HttpResponse, PageError> {
    let (entry, clients) = find(&user, &name).await?;
    Ok(respond(StatusCode::OK, &edit_page(&user, entry, clients, FormErrors::none())))
}

fn edit_page(user: &User, entry: ScopeEntry, clients: i64, errors: FormErrors) -> EditPage {
    EditPage {
        layout: user.layout(EditPage::title(&entry.name), Section::Scopes),
        name: entry.name,
        description: entry.description,
        is_default: entry.is_default,
        claims: entry.claims.join(" "),
        used_by: used_by(clients),
        is_built_in: entry.is_builtin,
        errors,
    }
}

/// `POST /admin/scopes/{name}/edit`
pub async fn update(sent: Submitted, name: web::Path<String>) -> Result<HttpResponse, PageError> {
    let (scope, typed) = (name.clone(), meaning(&sent));
    let meaning = typed.clone();
    let updated =
        sent.fill_in(move |connection, context| management::scopes::update(connection, context, &scope, &meaning));
    Ok(match updated.await?.map_err(|errors| errors.renamed("default", "is_default")) {
        Ok(()) => sent.done(t!("scope-saved"), routes::ADMIN_SCOPES),
        Err(errors) => {
            let (entry, clients) = find(&sent.admin, &name).await?;
            let Meaning { description, is_default, claims } = typed;
            let entry = ScopeEntry { description, is_default, claims, ..entry };
            respond(StatusCode::UNPROCESSABLE_ENTITY, &edit_page(&sent.admin, entry, clients, errors))
        }
    })
}
