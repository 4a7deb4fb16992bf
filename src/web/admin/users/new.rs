//! Creating a user.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::account::UserForm;
use super::link::{LinkPage, Linked, link};
use crate::domain::resource_owner::Role;
use crate::management;
use crate::web::admin::submitted::Submitted;
use crate::web::error::PageError;
use crate::web::page::{FormErrors, Layout, Section, respond, sample};
use crate::web::person::Input;
use crate::web::routes;
use crate::web::visitor::Admin;

/// `GET /admin/users/new`, and again when the POST to `/admin/users` was refused.
#[derive(Template)]
#[template(path = "admin/users/new.html")]
pub struct NewPage {
    pub layout: Layout,
    pub form: UserForm,
    /// Ids are the names of [`UserForm`]'s members.
    pub errors: FormErrors,
}

impl NewPage {
    pub fn title() -> String {
        t!("users-new")
    }

    pub fn samples() -> Vec<Self> {
        let page = |form, errors| Self { layout: sample::desk(&Self::title(), Section::Users), form, errors };
        let errors =
            FormErrors::none().with("username", t!("username-taken")).with("claims", t!("user-claims-malformed"));
        let form = UserForm { username: "alice".into(), claims: "phone".into(), claim_count: 1, ..UserForm::empty() };
        vec![page(UserForm::empty(), FormErrors::none()), page(form, errors)]
    }
}

/// `GET /admin/users/new`
pub async fn new(user: Admin) -> HttpResponse {
    let layout = user.layout(NewPage::title(), Section::Users);
    respond(StatusCode::OK, &NewPage { layout, form: UserForm::empty(), errors: FormErrors::none() })
}

/// `POST /admin/users`
pub async fn create(sent: Submitted) -> Result<HttpResponse, PageError> {
    let form = UserForm::read(&sent.form, Role::User);
    let outcome = match form.account(None) {
        Err(problem) => Err(FormErrors::none().with("claims", problem)),
        Ok(new) => {
            let created = sent.fill_in(move |connection, context| {
                let id = management::users::create(connection, context, &new, None)?;
                let token = management::users::make_link(connection, context, &id)?;
                Ok((id, token))
            });
            created.await?.map_err(|errors| errors.renamed("name", "display_name"))
        }
    };
    Ok(match outcome {
        Ok((id, token)) => {
            let email = Some(form.email.trim().to_owned()).filter(|email| !email.is_empty());
            let linked = Linked { id, username: form.username.trim().to_owned(), email };
            link(&sent.admin, LinkPage::created(), linked, &token)
        }
        Err(errors) => {
            let layout = sent.admin.layout(NewPage::title(), Section::Users);
            respond(StatusCode::UNPROCESSABLE_ENTITY, &NewPage { layout, form, errors })
        }
    })
}
