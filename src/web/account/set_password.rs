//! `/set-password?token=`: choose a password by a one-time link that an admin handed over or sent.
//!
//! Afterwards nobody is signed in at the browser: not the account's owner, whose sessions all end with the old password, and
//! nobody else who was before.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::domain::resource_owner::ResourceOwner;
use crate::management::{self, ManagementError, users};
use crate::secret::Digest;
use crate::store::audit_log::Actor;
use crate::store::one_time_links::{self, Purpose};
use crate::store::{Failure, StoreError, resource_owners};
use crate::throttle::Key;
use crate::web::account::login::LoginPage;
use crate::web::account::password_strength;
use crate::web::error::{PageError, note_password};
use crate::web::page::face::Face;
use crate::web::page::{FormErrors, Layout, Tone, respond, sample};
use crate::web::routes;
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "account/set_password/edit.html")]
pub struct EditPage {
    pub layout: Layout,
    /// The token of the link, sent back as `token`.
    pub token: String,
    /// Whose password; shown, and a hint to password managers.
    pub username: String,
    /// Id: `password`.
    pub errors: FormErrors,
}

/// The link was used, has expired or never existed.
#[derive(Template)]
#[template(path = "account/set_password/invalid.html")]
pub struct InvalidPage {
    pub layout: Layout,
}

impl EditPage {
    pub fn title() -> String {
        t!("set-password-title")
    }

    pub fn samples() -> Vec<Self> {
        let page = |username: &str, errors| Self {
            layout: sample::door(&Self::title()),
            token: "gsp_2Rt9".into(),
            username: username.into(),
            errors,
        };
        let errors = FormErrors::none().with("password", t!("password-easy"));
        vec![page("bob", FormErrors::none()), page(sample::LONG, errors)]
    }
}

impl InvalidPage {
    pub fn title() -> String {
        t!("set-password-invalid")
    }

    pub fn samples() -> Vec<Self> {
        vec![Self { layout: sample::door(&Self::title()) }]
    }
}

/// `GET /set-password`
pub async fn edit(visitor: Visitor, query: web::Query<super::setup::LinkQuery>) -> Result<HttpResponse, PageError> {
    match owner_of(&visitor, query.token()).await? {
        Some(owner) => {
            let page = page(&visitor, query.token(), &owner, FormErrors::none());
            Ok(password_strength::respond(StatusCode::OK, &page))
        }
        None => Ok(invalid(&visitor)),
    }
}

/// `POST /set-password`
pub async fn update(visitor: Visitor, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, PageError> {
    let form = visitor.form(&request, payload).await?;
    let token = form.get("token").unwrap_or_default();
    let Some(owner) = owner_of(&visitor, token).await? else { return Ok(invalid(&visitor)) };
    let personal = [owner.username.as_str(), owner.email.as_deref().unwrap_or_default()];
    let mut errors = FormErrors::none();
    let chosen = visitor.app.passwords.choose(form.get("password").unwrap_or_default(), &personal).await;
    let Some(password) = note_password(chosen, "password", &mut errors)? else {
        let page = page(&visitor, token, &owner, errors);
        return Ok(password_strength::respond(StatusCode::UNPROCESSABLE_ENTITY, &page));
    };
    // The link is good until one of many is done.
    let attempt = visitor.app.throttle.begin(Key::Link { account: &owner.id });
    let attempt = attempt.map_err(|wait| PageError::TooMany(wait.0))?;
    let hash = visitor.app.passwords.hash_in(attempt, password).await?;
    let digest = Digest::of(token);
    let context = visitor.context(Actor::Owner(owner.username.clone()));
    let other = visitor.signed_in().filter(|signed_in| signed_in.owner_id != owner.id);
    let outcome: Result<(), Failure<ManagementError>> = visitor
        .app
        .store
        .write(move |connection| {
            // Used up in the transaction that sets the password: a failure leaves the link good.
            management::users::set_password_by_link(connection, &context, &digest, &hash)?;
            if let Some(other) = &other {
                management::sessions::end_one(connection, &context, &other.owner_id, &other.session_id)?;
            }
            Ok(())
        })
        .await;
    match outcome {
        Ok(()) => {
            visitor.app.post.wake();
            visitor.app.courier.wake();
            visitor.session.purge();
            let mut layout = visitor.layout(LoginPage::title());
            layout = layout.with_flash(Tone::Success, t!("set-password-done"));
            let page = LoginPage {
                layout,
                request: String::new(),
                return_to: String::new(),
                username: owner.username,
                client_name: None,
                face: Face::default(),
                leads_to: None,
                current: None,
                alert: None,
            };
            Ok(respond(StatusCode::OK, &page))
        }
        Err(Failure::Refused(_)) => Ok(invalid(&visitor)),
        Err(Failure::Store(error)) => Err(error.into()),
    }
}

async fn owner_of(visitor: &Visitor, token: &str) -> Result<Option<ResourceOwner>, StoreError> {
    let (digest, now) = (Digest::of(token), visitor.now());
    visitor
        .app
        .store
        .read(move |connection| match one_time_links::find(connection, &digest, now)? {
            Some(Purpose::SetPassword { owner_id, mailed_to }) => {
                let owner = resource_owners::find(connection, &owner_id)?;
                Ok(owner.filter(|owner| users::reaches(owner, mailed_to.as_ref())))
            }
            _ => Ok(None),
        })
        .await
}

fn page(visitor: &Visitor, token: &str, owner: &ResourceOwner, errors: FormErrors) -> EditPage {
    EditPage {
        layout: visitor.layout(EditPage::title()),
        token: token.to_owned(),
        username: owner.username.clone(),
        errors,
    }
}

fn invalid(visitor: &Visitor) -> HttpResponse {
    respond(StatusCode::NOT_FOUND, &InvalidPage { layout: visitor.layout(InvalidPage::title()) })
}
