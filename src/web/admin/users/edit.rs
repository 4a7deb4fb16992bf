//! Changing a user.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::account::{UserForm, role_choices};
use super::find;
use crate::domain::resource_owner::{ResourceOwner, Role, login_key};
use crate::management::{self, ManagementError};
use crate::web::admin::outdated;
use crate::web::admin::submitted::Submitted;
use crate::web::error::{PageError, note_refusal};
use crate::web::page::{FormErrors, Layout, Section, respond, sample};
use crate::web::person::Input;
use crate::web::routes;
use crate::web::visitor::{Admin, User};

/// `GET /admin/users/{id}/edit`, and again when the POST to `/admin/users/{id}` was refused.
#[derive(Template)]
#[template(path = "admin/users/edit.html")]
pub struct EditPage {
    pub layout: Layout,
    pub id: String,
    /// As it is now, for the way back.
    pub username: String,
    /// Of the account when the form was filled; a change since then is not overwritten unknowingly.
    pub version: i32,
    pub form: UserForm,
    /// The admin edits their own account, and cannot take the role from themselves.
    pub is_self: bool,
    /// Ids are the names of [`UserForm`]'s members.
    pub errors: FormErrors,
}

impl EditPage {
    pub fn title(username: &str) -> String {
        t!("user-edit-title", username = username)
    }

    pub fn samples() -> Vec<Self> {
        let page = |is_self| Self {
            layout: sample::desk(&Self::title("alice"), Section::Users),
            id: "u_1".into(),
            username: "alice".into(),
            version: 3,
            form: UserForm {
                username: "alice".into(),
                email: "alice@example.com".into(),
                email_verified: true,
                display_name: "Alice Archer".into(),
                role: Role::Admin,
                roles: role_choices(Role::Admin),
                person: sample::person(),
                claims: "{\n  \"department\": \"Sales\"\n}".into(),
                claim_count: 1,
            },
            is_self,
            errors: FormErrors::none(),
        };
        vec![page(true), page(false)]
    }
}

/// `GET /admin/users/{id}/edit`
pub async fn edit(user: Admin, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let owner = find(&user, &id).await?;
    let (form, version) = (UserForm::of(&owner), owner.version);
    Ok(respond(StatusCode::OK, &edit_page(&user, owner, version, form, FormErrors::none())))
}

/// `POST /admin/users/{id}`
pub async fn update(sent: Submitted, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let version = outdated::version(&sent)?;
    let owner = find(&sent.admin, &id).await?;
    let mut form = UserForm::read(&sent.form, owner.role);
    if owner.id == sent.admin.owner.id {
        // The form does not ask for it.
        form.role = owner.role;
    }
    let changed = match form.account(Some(&owner)) {
        Ok(changed) => changed,
        Err(problem) => {
            let errors = FormErrors::none().with("claims", problem);
            let page = edit_page(&sent.admin, owner, version, form, errors);
            return Ok(respond(StatusCode::UNPROCESSABLE_ENTITY, &page));
        }
    };
    let is_another = changed.email.as_deref().map(login_key) != owner.email.as_deref().map(login_key);
    let is_unverified = is_another && changed.email.is_some() && changed.email_verified.is_none();
    let of = owner.id.clone();
    let outcome = sent.attempt(move |connection, context| {
        management::users::update(connection, context, &of, Some(version), &changed)
    });
    match outcome.await? {
        Ok(()) => {
            let said = if is_unverified { t!("user-saved-unverified") } else { t!("user-saved") };
            Ok(sent.done(said, &routes::admin_user(&owner.id)))
        }
        Err(ManagementError::NotFound) => Err(PageError::NotFound),
        Err(ManagementError::Outdated) => {
            let owner = find(&sent.admin, &id).await?;
            let (errors, newest) = (outdated::problems(form.differences(&UserForm::of(&owner))), owner.version);
            Ok(respond(StatusCode::CONFLICT, &edit_page(&sent.admin, owner, newest, form, errors)))
        }
        Err(refusal) => {
            let mut errors = FormErrors::none();
            note_refusal(&refusal, &mut errors);
            let page = edit_page(&sent.admin, owner, version, form, errors.renamed("name", "display_name"));
            Ok(respond(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}

fn edit_page(user: &User, owner: ResourceOwner, version: i32, form: UserForm, errors: FormErrors) -> EditPage {
    EditPage {
        layout: user.layout(EditPage::title(&owner.username), Section::Users),
        is_self: owner.id == user.owner.id,
        id: owner.id,
        username: owner.username,
        version,
        form,
        errors,
    }
}
