//! Extractors that carry preconditions: a [`Visitor`] is anybody, a [`User`] has signed in, and [`Staff`] have the right that
//! a route of the console takes: a [`Reader`], a [`Supporter`] or an [`Admin`].
//!
//! The account is read for every request, so a role that was changed counts for the next one.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;

use actix_session::{Session, SessionExt};
use actix_web::dev::Payload;
use actix_web::http::header::USER_AGENT;
use actix_web::{FromRequest, HttpRequest, web};

use crate::clock::Timestamp;
use crate::domain::grant::Consent;
use crate::domain::resource_owner::{ResourceOwner, Right};
use crate::management::Context;
use crate::protocol::parameters::Parameters;
use crate::store::audit_log::Actor;
use crate::store::{StoreError, resource_owners};
use crate::web::browser::Browser;
use crate::web::error::PageError;
use crate::web::language::choice::{self, Because};
use crate::web::language::{self, Language};
use crate::web::multipart::File;
use crate::web::page::{Layout, Section, Tone, Viewer};
use crate::web::session::{self, SignedIn};
use crate::web::state::State;
use crate::web::{csrf, form, request_id, routes};

/// Whoever is at the browser.
pub struct Visitor {
    pub app: State,
    pub browser: Browser,
    pub session: Session,
    pub address: std::net::IpAddr,
    pub user_agent: String,
    /// Path and query, to come back to.
    pub path: String,
    /// Whether coming back to it shows the same page.
    is_get: bool,
    /// The authorization request on whose page the language was chosen.
    language_chosen_for: Option<String>,
}

impl Visitor {
    fn of(request: &HttpRequest) -> Self {
        let app = request.app_data::<State>().expect("every server is configured with its state").clone();
        let header = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        Self {
            browser: Browser::current(request),
            session: request.get_session(),
            address: app.client_address(request),
            user_agent: header.to_owned(),
            path: path.to_owned(),
            is_get: request.method() == actix_web::http::Method::GET,
            language_chosen_for: choice::outweighed_request(request),
            app,
        }
    }

    pub fn now(&self) -> Timestamp {
        self.app.now()
    }

    pub fn signed_in(&self) -> Option<SignedIn> {
        session::signed_in(&self.session)
    }

    /// The account that is signed in, while it is enabled.
    pub async fn owner(&self) -> Result<Option<(ResourceOwner, SignedIn)>, StoreError> {
        let Some(signed_in) = self.signed_in() else { return Ok(None) };
        let id = signed_in.owner_id.clone();
        let found = self.app.store.read(move |connection| resource_owners::find(connection, &id)).await?;
        Ok(found.filter(speaks).map(|owner| (owner, signed_in)))
    }

    /// The same, and what it has allowed a client.
    pub async fn owner_with_consent(
        &self,
        client_id: String,
    ) -> Result<Option<(ResourceOwner, SignedIn, Option<Consent>)>, StoreError> {
        let Some(signed_in) = self.signed_in() else { return Ok(None) };
        let found = self.app.store.owner_with_consent((signed_in.owner_id.clone(), client_id)).await?;
        Ok(found.filter(|(owner, _)| speaks(owner)).map(|(owner, consent)| (owner, signed_in, consent)))
    }

    /// Speaks as an authorization request asks, unless the person has chosen otherwise on its own pages.
    pub fn speak_for_request(&self, id: &str, ui_locales: Option<&str>) {
        if self.language_chosen_for.as_deref() != Some(id) {
            choice::prefer(Because::Request, ui_locales.and_then(choice::of_locales));
        }
    }

    pub fn csrf_token(&self) -> String {
        csrf::token(&self.app, &self.browser, self.signed_in().as_ref())
    }

    /// A page outside the navigation.
    pub fn layout(&self, title: impl Into<String>) -> Layout {
        let mut layout = Layout::new(title, Section::Door, self.csrf_token()).with_request_id(request_id::current());
        layout.flashes.extend(session::take_flash(&self.session));
        // A link of one-time use stays where it is.
        if self.is_get && !self.path.contains("token=") {
            layout.path.clone_from(&self.path);
        }
        layout
    }

    /// Whoever has signed in; else the visitor again.
    pub async fn user(self) -> Result<Result<User, Self>, StoreError> {
        let found = self.owner().await?;
        Ok(match found {
            Some((owner, signed_in)) => Ok(User { visitor: self, owner, signed_in }),
            None => Err(self),
        })
    }

    /// Reads a form of ours: with its CSRF token, and no field twice but checkboxes.
    pub async fn form(&self, request: &HttpRequest, payload: web::Payload) -> Result<Parameters, PageError> {
        let form = form::read(request, payload).await?;
        self.believe(&form)?;
        Ok(form)
    }

    /// The same of a form that may come with files.
    pub async fn form_with_files(
        &self,
        request: &HttpRequest,
        payload: web::Payload,
    ) -> Result<(Parameters, Vec<File>), PageError> {
        let (form, files) = form::read_with_files(request, payload).await?;
        self.believe(&form)?;
        Ok((form, files))
    }

    /// Whether a form is ours, for those who read it themselves ([`form::read`]) to say something better when it is not: a
    /// session that ended or began in another tab has made its token void.
    pub fn believe(&self, form: &Parameters) -> Result<(), PageError> {
        let is_ours = csrf::is_valid(&self.app, &self.browser, self.signed_in().as_ref(), form.get(csrf::FIELD));
        if is_ours { Ok(()) } else { Err(PageError::StaleForm) }
    }

    /// For the audit log.
    pub fn context(&self, actor: Actor) -> Context {
        Context {
            actor,
            address: self.address.to_string(),
            user_agent: session::kept_user_agent(&self.user_agent),
            request_id: request_id::current(),
            has_mail: self.app.mailer.is_some(),
            language: language::current().tag(),
            now: self.now(),
        }
    }
}

/// What the account says: OpenID Connect Core §5.1, `locale`.
fn own_language(owner: &ResourceOwner) -> Option<Language> {
    owner.claims.get("locale").and_then(serde_json::Value::as_str).and_then(choice::find)
}

type Extracted<T> = Pin<Box<dyn Future<Output = Result<T, PageError>>>>;

impl FromRequest for Visitor {
    type Error = PageError;
    type Future = std::future::Ready<Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        std::future::ready(Ok(Self::of(request)))
    }
}

/// Somebody who has signed in.
pub struct User {
    pub visitor: Visitor,
    pub owner: ResourceOwner,
    pub signed_in: SignedIn,
}

impl User {
    async fn of(visitor: Visitor) -> Result<Self, PageError> {
        visitor.user().await?.map_err(|visitor| {
            if visitor.is_get {
                return PageError::SignIn { return_to: visitor.path, is_lost: false };
            }
            // A form cannot be sent again after the login, but filled in again.
            PageError::SignIn { return_to: routes::page_of(&visitor.path), is_lost: true }
        })
    }

    /// A page of the desk.
    pub fn layout(&self, title: impl Into<String>, section: Section) -> Layout {
        let viewer = Viewer {
            username: self.owner.username.clone(),
            display_name: self.owner.name.clone().unwrap_or_default(),
            role: self.owner.role,
        };
        let mut layout = self.visitor.layout(title).with_viewer(viewer);
        layout.section = section;
        if own_language(&self.owner).is_some() {
            // It outweighs a choice at the door.
            layout.path.clear();
        }
        layout
    }

    pub fn context(&self) -> Context {
        self.visitor.context(Actor::Owner(self.owner.username.clone()))
    }

    /// Says on the next page what was done.
    pub fn flash(&self, text: impl Into<String>) {
        session::flash(&self.visitor.session, Tone::Success, text);
    }
}

impl FromRequest for User {
    type Error = PageError;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        Box::pin(Self::of(Visitor::of(request)))
    }
}

/// The right that a route takes, as a type.
pub trait Takes {
    const RIGHT: Right;
}

pub struct Read;

impl Takes for Read {
    const RIGHT: Right = Right::Read;
}

pub struct Support;

impl Takes for Support {
    const RIGHT: Right = Right::Support;
}

pub struct Administer;

impl Takes for Administer {
    const RIGHT: Right = Right::Administer;
}

/// Somebody with a right: a handler that takes them cannot run for anybody else.
pub struct Staff<T> {
    user: User,
    right: PhantomData<T>,
}

/// Somebody who may look at the console.
pub type Reader = Staff<Read>;
/// Somebody who may help users.
pub type Supporter = Staff<Support>;
/// Somebody who may change everything.
pub type Admin = Staff<Administer>;

impl<T> std::ops::Deref for Staff<T> {
    type Target = User;

    fn deref(&self) -> &User {
        &self.user
    }
}

impl<T: Takes> FromRequest for Staff<T> {
    type Error = PageError;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let user = User::from_request(request, payload);
        Box::pin(async move {
            let user = user.await?;
            if user.owner.role.may(T::RIGHT) {
                Ok(Self { user, right: PhantomData })
            } else {
                Err(PageError::Forbidden)
            }
        })
    }
}

/// Whether the account that was signed in is enabled. Then it chooses the language.
fn speaks(owner: &ResourceOwner) -> bool {
    if owner.is_enabled() {
        choice::prefer(Because::Account, own_language(owner));
    }
    owner.is_enabled()
}
