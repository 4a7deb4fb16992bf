//! `/account`: what we know about you, and what you may change of it. The address is changed on [its own page](super::email).
//!
//! The form carries the version of the account that it was filled from. When that is no longer the newest, nothing is saved: the
//! form comes back with what was typed, and what is stored now beside each field that differs.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde_json::Map;

use super::act;
use super::email::Address;
use crate::domain::resource_owner::ResourceOwner;
use crate::management::users::NewUser;
use crate::management::{self, ManagementError};
use crate::protocol::parameters::Parameters;
use crate::store::{StoreError, resource_owners};
use crate::throttle::Key;
use crate::web::error::{PageError, note_refusal, see_other};
use crate::web::language::choice::{self, Because};
use crate::web::page::{FormErrors, Layout, Section, Tone, respond, sample};
use crate::web::person::{Field, Input, own_fields, put_own};
use crate::web::visitor::User;
use crate::web::{routes, session};

#[derive(Template)]
#[template(path = "account/profile.html")]
pub struct ProfilePage {
    pub layout: Layout,
    /// Of the account when the form was filled; a change since then is not overwritten unknowingly.
    pub version: i32,
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
            version: 3,
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

/// What stands in the form.
struct Filled {
    version: i32,
    username: String,
    display_name: String,
    person: Vec<Field>,
}

impl Filled {
    fn of(owner: &ResourceOwner) -> Self {
        Self {
            version: owner.version,
            username: owner.username.clone(),
            display_name: owner.name.clone().unwrap_or_default(),
            person: own_fields(&owner.claims),
        }
    }

    /// As somebody filled it in over what is stored.
    fn read(form: &Parameters, owner: &ResourceOwner) -> Self {
        let field = |name| form.get(name).unwrap_or_default().to_owned();
        let mut claims = owner.claims.clone();
        put_own(form, &mut claims);
        Self {
            version: version(form).unwrap_or(owner.version),
            username: field("username"),
            display_name: field("display_name"),
            person: own_fields(&claims),
        }
    }

    /// The fields that differ from what is stored now, and how they are stored.
    fn differences(&self, stored: &Self) -> Vec<(&'static str, String)> {
        let account = [
            ("username", self.username.clone(), stored.username.clone()),
            ("display_name", self.display_name.clone(), stored.display_name.clone()),
        ];
        let person = self.person.iter().zip(&stored.person);
        let person = person.map(|(typed, stored)| (typed.claim.name, typed.words(), stored.words()));
        let all = account.into_iter().chain(person).filter(|(_, typed, stored)| typed.trim() != stored.trim());
        all.map(|(field, _, stored)| (field, stored)).collect()
    }
}

fn version(form: &Parameters) -> Option<i32> {
    form.get("version")?.parse().ok()
}

/// `GET /account`
pub async fn show(user: User) -> Result<HttpResponse, PageError> {
    let page = page(&user, &user.owner, Filled::of(&user.owner), FormErrors::none()).await?;
    Ok(respond(StatusCode::OK, &page))
}

/// `POST /account`
pub async fn update(user: User, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, PageError> {
    let form = user.visitor.form(&request, payload).await?;
    let version = version(&form).ok_or_else(|| PageError::BadRequest(t!("form-without-version")))?;
    let admitted = user.visitor.app.profiles.admit(Key::Profile { account: &user.owner.id }, user.visitor.now());
    admitted.map_err(|wait| PageError::TooMany(wait.0))?;
    let filled = Filled::read(&form, &user.owner);
    // What people may not change themselves is taken from what is stored.
    let mut claims = user.owner.claims.clone();
    put_own(&form, &mut claims);
    let changed = NewUser {
        username: filled.username.clone(),
        email: user.owner.email.clone(),
        email_verified: None,
        name: Some(filled.display_name.clone()).filter(|name| !name.trim().is_empty()),
        role: user.owner.role,
        claims,
    };
    let saved = act(&user, move |connection, context, id| {
        management::users::update(connection, context, id, Some(version), &changed)
    });
    match saved.await? {
        Ok(()) => {
            // The next page is in the language that was just chosen.
            let locale = form.get("locale").unwrap_or_default();
            choice::prefer(Because::Account, choice::find(locale));
            user.flash(t!("profile-saved"));
            Ok(see_other(routes::ACCOUNT))
        }
        Err(ManagementError::Outdated) => outdated(&user, filled).await,
        Err(refusal) => {
            let mut errors = FormErrors::none();
            note_refusal(&refusal, &mut errors);
            let page = page(&user, &user.owner, filled, errors.renamed("name", "display_name")).await?;
            Ok(respond(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}

/// The account was changed meanwhile, in another tab or by somebody else. Saving what was typed again replaces that knowingly.
async fn outdated(user: &User, filled: Filled) -> Result<HttpResponse, PageError> {
    let id = user.owner.id.clone();
    let read =
        user.visitor.app.store.read::<_, StoreError, _>(move |connection| resource_owners::find(connection, &id));
    let owner = read.await?.ok_or(PageError::NotFound)?;
    let stored = Filled::of(&owner);
    let mut errors = FormErrors::none().with("", t!("profile-outdated"));
    for (field, now) in filled.differences(&stored) {
        let now = if now.is_empty() { t!("outdated-empty") } else { t!("outdated-now", value = now) };
        errors.add(field, now);
    }
    let page = page(user, &owner, Filled { version: stored.version, ..filled }, errors).await?;
    Ok(respond(StatusCode::CONFLICT, &page))
}

/// Says what a button beside the form did. What was typed into the form and is not saved stays there.
pub(super) async fn say(user: &User, form: &Parameters, tone: Tone, what: String) -> Result<HttpResponse, PageError> {
    let filled = Filled::read(form, &user.owner);
    if !form.is_sent("username") || filled.differences(&Filled::of(&user.owner)).is_empty() {
        session::flash(&user.visitor.session, tone, what);
        return Ok(see_other(routes::ACCOUNT));
    }
    let mut page = page(user, &user.owner, filled, FormErrors::none()).await?;
    page.layout = page.layout.with_flash(tone, what).with_flash(Tone::Warning, t!("profile-unsaved"));
    Ok(respond(StatusCode::OK, &page))
}

async fn page(
    user: &User,
    owner: &ResourceOwner,
    filled: Filled,
    errors: FormErrors,
) -> Result<ProfilePage, StoreError> {
    Ok(ProfilePage {
        layout: user.layout(ProfilePage::title(), Section::Profile),
        version: filled.version,
        subject: owner.id.clone(),
        username: filled.username,
        display_name: filled.display_name,
        email: Address::of(&user.visitor.app, owner).await?,
        person: filled.person,
        errors,
    })
}
