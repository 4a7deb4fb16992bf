//! Describing a new scope.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::meaning;
use crate::management;
use crate::web::admin::submitted::Submitted;
use crate::web::error::PageError;
use crate::web::page::{FormErrors, Layout, Section, respond, sample};
use crate::web::routes;
use crate::web::visitor::Admin;

/// `GET /admin/scopes/new`, and again when the POST to `/admin/scopes` was refused.
#[derive(Template)]
#[template(path = "admin/scopes/new.html")]
pub struct NewPage {
    pub layout: Layout,
    pub name: String,
    pub description: String,
    pub is_default: bool,
    /// Names of claims, separated by spaces.
    pub claims: String,
    /// Ids: `name`, `description`, `is_default`, `claims`.
    pub errors: FormErrors,
}

impl NewPage {
    pub fn title() -> String {
        t!("scopes-new")
    }

    pub fn samples() -> Vec<Self> {
        let page = |name: &str, errors| Self {
            layout: sample::desk(&Self::title(), Section::Scopes),
            name: name.into(),
            description: String::new(),
            is_default: false,
            claims: String::new(),
            errors,
        };
        let errors = FormErrors::none()
            .with("name", t!("scope-name-signs"))
            .with("description", t!("scope-description-missing"));
        vec![page("", FormErrors::none()), page("reports read", errors)]
    }
}

/// `GET /admin/scopes/new`
pub async fn new(user: Admin) -> HttpResponse {
    let page = NewPage {
        layout: user.layout(NewPage::title(), Section::Scopes),
        name: String::new(),
        description: String::new(),
        is_default: false,
        claims: String::new(),
        errors: FormErrors::none(),
    };
    respond(StatusCode::OK, &page)
}

/// `POST /admin/scopes`
pub async fn create(sent: Submitted) -> Result<HttpResponse, PageError> {
    let (name, meaning) = (sent.field("name"), meaning(&sent));
    let is_default = meaning.is_default;
    let created =
        sent.fill_in(move |connection, context| management::scopes::create(connection, context, &name, &meaning));
    Ok(match created.await?.map_err(|errors| errors.renamed("default", "is_default")) {
        Ok(()) => sent.done(t!("scope-created"), routes::ADMIN_SCOPES),
        Err(errors) => {
            let page = NewPage {
                layout: sent.admin.layout(NewPage::title(), Section::Scopes),
                name: sent.field("name"),
                description: sent.field("description"),
                is_default,
                claims: sent.field("claims"),
                errors,
            };
            respond(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    })
}
