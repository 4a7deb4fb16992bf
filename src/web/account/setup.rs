//! `/setup?token=`: the first admin makes their own account, once.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::domain::resource_owner::Role;
use crate::management::users::NewUser;
use crate::management::{self, ManagementError};
use crate::secret::Digest;
use crate::store::audit_log::Actor;
use crate::store::one_time_links::{self, Purpose};
use crate::store::{Failure, StoreError, resource_owners};
use crate::web::account::password_strength;
use crate::web::error::{PageError, note_password, note_refusal, see_other};
use crate::web::page::{FormErrors, Layout, respond, sample};
use crate::web::routes;
use crate::web::visitor::Visitor;

/// The form, while the link is good.
#[derive(Template)]
#[template(path = "account/setup/new.html")]
pub struct NewPage {
    pub layout: Layout,
    /// The token of the link, sent back as `token`.
    pub token: String,
    pub username: String,
    pub email: String,
    /// Ids: `username`, `email`, `password`.
    pub errors: FormErrors,
}

/// The link was used, has expired or never existed. 404 or 410.
#[derive(Template)]
#[template(path = "account/setup/invalid.html")]
pub struct InvalidPage {
    pub layout: Layout,
}

impl NewPage {
    pub fn title() -> String {
        t!("setup-title", product = "Grantor")
    }

    pub fn samples() -> Vec<Self> {
        let page = |errors, username: &str, email: &str| Self {
            layout: sample::door(&Self::title()),
            token: "gst_7cV1".into(),
            username: username.into(),
            email: email.into(),
            errors,
        };
        let errors = FormErrors::none().with("username", t!("username-empty")).with("password", t!("password-easy"));
        vec![page(FormErrors::none(), "", ""), page(errors, "alice archer", "alice@example.com")]
    }
}

impl InvalidPage {
    pub fn title() -> String {
        t!("setup-invalid")
    }

    pub fn samples() -> Vec<Self> {
        vec![Self { layout: sample::door(&Self::title()) }]
    }
}

/// What the link carries.
#[derive(Deserialize)]
pub struct LinkQuery {
    #[serde(default)]
    token: String,
}

impl LinkQuery {
    pub fn token(&self) -> &str {
        &self.token
    }
}

/// `GET /setup`
pub async fn new(visitor: Visitor, query: web::Query<LinkQuery>) -> Result<HttpResponse, PageError> {
    if !is_open(&visitor, &query.token).await? {
        return Ok(invalid(&visitor));
    }
    let page = NewPage {
        layout: visitor.layout(NewPage::title()),
        token: query.into_inner().token,
        username: String::new(),
        email: String::new(),
        errors: FormErrors::none(),
    };
    Ok(password_strength::respond(StatusCode::OK, &page))
}

/// `POST /setup`
pub async fn create(visitor: Visitor, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, PageError> {
    let form = visitor.form(&request, payload).await?;
    let field = |name| form.get(name).unwrap_or_default();
    if !is_open(&visitor, field("token")).await? {
        return Ok(invalid(&visitor));
    }
    let mut errors = FormErrors::none();
    let new_user = NewUser {
        username: field("username").to_owned(),
        email: Some(field("email").to_owned()).filter(|email| !email.is_empty()),
        email_verified: None,
        name: None,
        role: Role::Admin,
        claims: serde_json::Map::new(),
    };
    let chosen = visitor.app.passwords.choose(field("password"), &[field("username"), field("email")]).await;
    let password = note_password(chosen, "password", &mut errors)?;
    let outcome = match password {
        None => Err(Failure::Refused(ManagementError::Invalid(Vec::new()))),
        Some(password) => {
            let hash = visitor.app.passwords.hash(password).await?;
            let (digest, context) =
                (Digest::of(field("token")), visitor.context(Actor::Owner(field("username").to_owned())));
            visitor
                .app
                .store
                .write(move |connection| {
                    let purpose = one_time_links::redeem(connection, &digest, context.now)?;
                    if purpose != Some(Purpose::Setup) {
                        return Err(Failure::Refused(ManagementError::NotFound));
                    }
                    management::users::create(connection, &context, &new_user, Some(&hash))
                })
                .await
        }
    };
    match outcome {
        Ok(id) => {
            let owner = visitor
                .app
                .store
                .read::<_, StoreError, _>(move |connection| resource_owners::find(connection, &id))
                .await?
                .ok_or(PageError::Internal)?;
            if !super::login::sign_in(&visitor, &owner, None).await? {
                // Somebody was quicker to change the password.
                return Ok(see_other(routes::LOGIN));
            }
            let mut response = see_other(routes::ADMIN);
            super::login::remember_browser(&visitor, &owner, &mut response)?;
            Ok(response)
        }
        Err(Failure::Refused(ManagementError::NotFound)) => Ok(invalid(&visitor)),
        Err(Failure::Store(error)) => Err(error.into()),
        Err(Failure::Refused(refusal)) => {
            note_refusal(&refusal, &mut errors);
            let page = NewPage {
                layout: visitor.layout(NewPage::title()),
                token: field("token").to_owned(),
                username: field("username").to_owned(),
                email: field("email").to_owned(),
                errors,
            };
            Ok(password_strength::respond(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}

async fn is_open(visitor: &Visitor, token: &str) -> Result<bool, StoreError> {
    let (digest, now) = (Digest::of(token), visitor.now());
    let found = visitor
        .app
        .store
        .read::<_, StoreError, _>(move |connection| Ok(one_time_links::find(connection, &digest, now)?));
    Ok(found.await? == Some(Purpose::Setup))
}

fn invalid(visitor: &Visitor) -> HttpResponse {
    respond(StatusCode::NOT_FOUND, &InvalidPage { layout: visitor.layout(InvalidPage::title()) })
}
