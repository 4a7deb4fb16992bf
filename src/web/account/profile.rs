//! `/account`: what we know about you, and what you may change of it.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde_json::Map;

use crate::management::users::NewUser;
use crate::management::{self, ManagementError};
use crate::store::Failure;
use crate::store::mails::Kind;
use crate::web::error::{PageError, note_refusal, see_other};
use crate::web::language::choice::{self, Because};
use crate::web::page::{FormErrors, Layout, Section, Tone, respond, sample};
use crate::web::person::{Field, Input, own_fields, put_own};
use crate::web::visitor::User;
use crate::web::{mail, routes};

#[derive(Template)]
#[template(path = "account/profile.html")]
pub struct ProfilePage {
    pub layout: Layout,
    /// The stable id that clients see (`sub`). Never changes.
    pub subject: String,
    pub username: String,
    pub email: String,
    pub display_name: String,
    /// What people say about themselves, folded away.
    pub person: Vec<Field>,
    /// Ids: `username`, `email`, `display_name`, and the names of the claims.
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
        let page = |email: &str, errors| Self {
            layout: sample::account(&Self::title(), Section::Profile),
            subject: "u_7Qp0s3xKvB1nYcZ4LwTeRm".into(),
            username: "bob".into(),
            email: email.into(),
            display_name: String::new(),
            person: own_fields(&Map::new()),
            errors,
        };
        let mut saved = page("bob@example.com", FormErrors::none());
        saved.layout = saved.layout.with_flash(Tone::Success, t!("profile-saved"));
        let errors =
            FormErrors::none().with("email", t!("email-malformed")).with("website", t!("claim-not-an-address"));
        vec![saved, page("bob.example.com", errors)]
    }
}

/// `GET /account`
pub async fn show(user: User) -> HttpResponse {
    let page = ProfilePage {
        layout: user.layout(ProfilePage::title(), Section::Profile),
        subject: user.owner.id.clone(),
        username: user.owner.username.clone(),
        email: user.owner.email.clone().unwrap_or_default(),
        display_name: user.owner.name.clone().unwrap_or_default(),
        person: own_fields(&user.owner.claims),
        errors: FormErrors::none(),
    };
    respond(StatusCode::OK, &page)
}

/// `POST /account`
pub async fn update(user: User, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, PageError> {
    let form = user.visitor.form(&request, payload).await?;
    let field = |name| form.get(name).unwrap_or_default().to_owned();
    let email = Some(field("email")).filter(|email| !email.trim().is_empty());
    // What people may not change themselves is taken from what is stored.
    let mut claims = user.owner.claims.clone();
    put_own(&form, &mut claims);
    if email.as_deref().map(str::trim) != user.owner.email.as_deref() {
        // Whoever verified the old address has not seen this one.
        claims.remove("email_verified");
    }
    let typed = own_fields(&claims);
    let changed = NewUser {
        username: field("username"),
        email,
        name: Some(field("display_name")).filter(|name| !name.trim().is_empty()),
        role: user.owner.role,
        claims,
    };
    let (context, id, version) = (user.context(), user.owner.id.clone(), user.owner.version);
    // At the address of before.
    let is_same = changed.email.as_deref().map(str::trim) == user.owner.email.as_deref();
    let reader = mail::reader(&user.visitor.app, &user.owner).filter(|_| !is_same);
    let outcome: Result<(), Failure<ManagementError>> = user
        .visitor
        .app
        .store
        .write(move |connection| {
            management::users::update(connection, &context, &id, Some(version), &changed)?;
            Ok(mail::tell(reader.as_ref(), connection, Kind::EmailChanged, context.now)?)
        })
        .await;
    match outcome {
        Ok(()) => {
            user.visitor.app.post.wake();
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
            let page = ProfilePage {
                layout: user.layout(ProfilePage::title(), Section::Profile),
                subject: user.owner.id.clone(),
                username: field("username"),
                email: field("email"),
                display_name: field("display_name"),
                person: typed,
                errors,
            };
            Ok(respond(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}
