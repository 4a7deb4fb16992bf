//! `/account`: what we know about you, and what you may change of it. The address is changed on [its own page](super::email).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde_json::Map;

use super::email::Address;
use crate::management::users::NewUser;
use crate::management::{self, ManagementError};
use crate::store::{Failure, StoreError};
use crate::web::error::{PageError, note_refusal, see_other};
use crate::web::language::choice::{self, Because};
use crate::web::page::{FormErrors, Layout, Section, Tone, respond, sample};
use crate::web::person::{Field, Input, own_fields, put_own};
use crate::web::routes;
use crate::web::visitor::User;

#[derive(Template)]
#[template(path = "account/profile.html")]
pub struct ProfilePage {
    pub layout: Layout,
    /// The stable id that clients see (`sub`). Never changes.
    pub subject: String,
    pub username: String,
    pub display_name: String,
    pub email: Address,
    /// What people say about themselves, folded away.
    pub person: Vec<Field>,
    /// Ids: `username`, `display_name`, and the names of the claims.
    pub errors: FormErrors,
}

impl ProfilePage {
    pub fn title() -> String {
        t!("place-profile")
    }

    /// Whether something about the person is wrong.
    pub fn is_person_open(&self) -> bool {
        self.person.iter().any(|field| self.errors.of(field.claim.name).is_some())
    }

    pub fn samples() -> Vec<Self> {
        let page = |email: Address, errors| Self {
            layout: sample::account(&Self::title(), Section::Profile),
            subject: "u_7Qp0s3xKvB1nYcZ4LwTeRm".into(),
            username: "bob".into(),
            email,
            display_name: String::new(),
            person: own_fields(&Map::new()),
            errors,
        };
        let errors =
            FormErrors::none().with("username", t!("username-taken")).with("website", t!("claim-not-an-address"));
        let mut pages: Vec<Self> =
            Address::samples().into_iter().map(|address| page(address, FormErrors::none())).collect();
        pages[0].layout = pages[0].layout.clone().with_flash(Tone::Success, t!("profile-saved"));
        pages[1].errors = errors;
        pages
    }
}

/// `GET /account`
pub async fn show(user: User) -> Result<HttpResponse, PageError> {
    let (username, name) = (user.owner.username.clone(), user.owner.name.clone().unwrap_or_default());
    let page = page(&user, username, name, own_fields(&user.owner.claims), FormErrors::none()).await?;
    Ok(respond(StatusCode::OK, &page))
}

/// `POST /account`
pub async fn update(user: User, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, PageError> {
    let form = user.visitor.form(&request, payload).await?;
    let field = |name| form.get(name).unwrap_or_default().to_owned();
    // What people may not change themselves is taken from what is stored.
    let mut claims = user.owner.claims.clone();
    put_own(&form, &mut claims);
    let typed = own_fields(&claims);
    let changed = NewUser {
        username: field("username"),
        email: user.owner.email.clone(),
        email_verified: None,
        name: Some(field("display_name")).filter(|name| !name.trim().is_empty()),
        role: user.owner.role,
        claims,
    };
    let (context, id, version) = (user.context(), user.owner.id.clone(), user.owner.version);
    let outcome: Result<(), Failure<ManagementError>> = user
        .visitor
        .app
        .store
        .write(move |connection| management::users::update(connection, &context, &id, Some(version), &changed))
        .await;
    match outcome {
        Ok(()) => {
            // The next page is in the language that was just chosen.
            let locale = form.get("locale").unwrap_or_default();
            choice::prefer(Because::Account, choice::find(locale));
            user.flash(t!("profile-saved"));
            Ok(see_other(routes::ACCOUNT))
        }
        Err(Failure::Store(error)) => Err(error.into()),
        Err(Failure::Refused(refusal)) => {
            let mut errors = FormErrors::none();
            note_refusal(&refusal, &mut errors);
            let page = page(&user, field("username"), field("display_name"), typed, errors).await?;
            Ok(respond(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}

async fn page(
    user: &User,
    username: String,
    display_name: String,
    person: Vec<Field>,
    errors: FormErrors,
) -> Result<ProfilePage, StoreError> {
    Ok(ProfilePage {
        layout: user.layout(ProfilePage::title(), Section::Profile),
        subject: user.owner.id.clone(),
        username,
        display_name,
        email: Address::of(&user.visitor.app, &user.owner).await?,
        person,
        errors,
    })
}
