//! `/account/email`: another address for the account, asked for by somebody who knows its password, and in use once a link that
//! goes there was used ([`management::email`]).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::password::note_current;
use super::{act, profile};
use crate::domain::resource_owner::{Email, ResourceOwner};
use crate::management;
use crate::store::{StoreError, email_confirmations};
use crate::throttle::Key;
use crate::web::error::{PageError, in_words, note_refusal, see_other};
use crate::web::language::say;
use crate::web::page::{FormErrors, Layout, Moment, Section, Tone, respond, sample};
use crate::web::routes;
use crate::web::state::App;
use crate::web::visitor::User;

#[derive(Template)]
#[template(path = "account/email.html")]
pub struct EmailPage {
    pub layout: Layout,
    /// As it is now; empty when there is none.
    pub current: String,
    /// As it was typed.
    pub email: String,
    /// A hint to password managers.
    pub username: String,
    pub has_mail: bool,
    /// Ids: `email`, `current_password`.
    pub errors: FormErrors,
}

/// The address of an account, and one that waits to be confirmed.
pub struct Address {
    /// Empty when there is none.
    pub current: String,
    pub is_verified: bool,
    /// An address that waits, and since when; the current one when it is to be confirmed.
    pub pending: Option<(String, Moment)>,
    /// Whether links can be sent; else an admin hands them over.
    pub has_mail: bool,
}

impl Address {
    pub async fn of(app: &App, owner: &ResourceOwner) -> Result<Self, StoreError> {
        let (id, now) = (owner.id.clone(), app.now());
        let read =
            app.store.read::<_, StoreError, _>(move |connection| Ok(email_confirmations::find(connection, &id, now)?));
        Ok(Self {
            current: owner.email.clone().unwrap_or_default(),
            is_verified: owner.is_email_verified(),
            pending: read.await?.map(|pending| (pending.address, Moment::new(pending.created_at, now))),
            has_mail: app.mailer.is_some(),
        })
    }

    /// Whether there is something to send a link about.
    pub fn may_send(&self) -> bool {
        self.has_mail && (self.pending.is_some() || self.may_be_confirmed())
    }

    /// Whether the address that the account has could be confirmed.
    pub fn may_be_confirmed(&self) -> bool {
        !self.current.is_empty() && !self.is_verified
    }

    /// Whether another address would take its place.
    pub fn is_changing(&self) -> bool {
        self.pending.as_ref().is_some_and(|(address, _)| *address != self.current)
    }

    pub fn samples() -> Vec<Self> {
        let address = |current: &str, is_verified, pending: Option<&str>, has_mail| Self {
            current: current.to_owned(),
            is_verified,
            pending: pending.map(|address| (address.to_owned(), sample::ago(600))),
            has_mail,
        };
        let long = format!("{}@example.com", sample::LONG.replace(' ', "."));
        vec![
            address("bob@example.com", true, None, true),
            address("bob@example.com", false, None, true),
            address("bob@example.com", true, Some(&long), true),
            address("bob@example.com", false, Some("bob@example.com"), true),
            address("", false, Some("bob@example.com"), false),
            address("", false, None, false),
        ]
    }
}

impl EmailPage {
    pub fn title() -> String {
        t!("email-change")
    }

    pub fn samples() -> Vec<Self> {
        let page = |current: &str, email: &str, has_mail, errors| Self {
            layout: sample::account(&Self::title(), Section::Profile),
            current: current.into(),
            email: email.into(),
            username: "bob".into(),
            has_mail,
            errors,
        };
        let errors =
            FormErrors::none().with("email", t!("email-malformed")).with("current_password", t!("password-wrong"));
        vec![
            page("bob@example.com", "", true, FormErrors::none()),
            page("", "", false, FormErrors::none()),
            page("bob@example.com", "bob.example.com", true, errors),
        ]
    }
}

/// `GET /account/email`
pub async fn edit(user: User) -> HttpResponse {
    respond(StatusCode::OK, &page(&user, String::new(), FormErrors::none()))
}

/// `POST /account/email`
pub async fn update(user: User, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, PageError> {
    let form = user.visitor.form(&request, payload).await?;
    let typed = form.get("email").unwrap_or_default().to_owned();
    let mut errors = FormErrors::none();
    note_current(&user, &form, &mut errors).await?;
    if let Err(problem) = Email::parse(&typed) {
        errors.add("email", say(&problem));
    }
    if errors.is_empty() {
        admit(&user)?;
        let (owner, address) = (user.owner.clone(), typed.clone());
        let asked = act(&user, move |connection, context, id| {
            management::users::unless_password_changed(connection, &owner)?;
            management::email::ask(connection, context, id, &address)
        });
        match asked.await? {
            Ok(()) => {
                user.visitor.app.post.wake();
                user.flash(if user.visitor.app.mailer.is_some() {
                    t!("email-link-sent", address = typed.trim())
                } else {
                    t!("email-asked")
                });
                return Ok(see_other(routes::ACCOUNT));
            }
            Err(refusal) => note_refusal(&refusal, &mut errors),
        }
    }
    Ok(respond(StatusCode::UNPROCESSABLE_ENTITY, &page(&user, typed, errors)))
}

/// `POST /account/email/send`
pub async fn send(user: User, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, PageError> {
    let form = user.visitor.form(&request, payload).await?;
    if user.visitor.app.mailer.is_none() {
        return Err(PageError::NotFound);
    }
    admit(&user)?;
    let sent = act(&user, management::email::send).await?;
    user.visitor.app.post.wake();
    match sent {
        Ok(address) => profile::say(&user, &form, Tone::Success, t!("email-link-sent", address = address)).await,
        Err(refusal) => profile::say(&user, &form, Tone::Danger, in_words(&refusal)).await,
    }
}

/// `POST /account/email/cancel`
pub async fn cancel(user: User, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, PageError> {
    let form = user.visitor.form(&request, payload).await?;
    // One that is gone already is cancelled as well.
    let _ = act(&user, management::email::cancel).await?;
    profile::say(&user, &form, Tone::Success, t!("email-cancelled")).await
}

/// Letters go to addresses of whoever's choice, so there are not many.
fn admit(user: &User) -> Result<(), PageError> {
    let key = Key::Letters { account: &user.owner.id };
    user.visitor.app.letters.admit(key, user.visitor.now()).map_err(|wait| PageError::TooMany(wait.0))
}

fn page(user: &User, email: String, errors: FormErrors) -> EmailPage {
    EmailPage {
        layout: user.layout(EmailPage::title(), Section::Profile),
        current: user.owner.email.clone().unwrap_or_default(),
        email,
        username: user.owner.username.clone(),
        has_mail: user.visitor.app.mailer.is_some(),
        errors,
    }
}
