//! What every button of the console does, once.
//!
//! 1. A link leads to a page that asks: a form, or a [`ConfirmPage`](crate::web::confirm::ConfirmPage).
//! 2. Its POST arrives as [`Submitted`]: from somebody with the right to do it, with a CSRF token that was checked.
//! 3. The operation runs in one transaction, in their name: [`Submitted::attempt`].
//! 4. What was done, or why not, is said on the page that a 303 leads to ([`Submitted::act`]), or beside the fields of the
//!    form that asked ([`Submitted::fill_in`]).

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};

use crate::management::{Context, ManagementError, Outcome};
use crate::protocol::parameters::Parameters;
use crate::store::Failure;
use crate::store::connection::AnyConnection;
use crate::web::error::{PageError, in_words, note_refusal, see_other};
use crate::web::multipart::File;
use crate::web::page::{FormErrors, Tone};
use crate::web::session;
use crate::web::visitor::{Administer, Staff, Takes};

/// Somebody with a right, an admin's unless told, and the form they sent.
pub struct Submitted<T = Administer> {
    pub admin: Staff<T>,
    pub form: Parameters,
    /// What came with it.
    pub files: Vec<File>,
}

/// What comes after an action.
pub struct Next {
    /// What was done, in a sentence.
    done: String,
    /// Where that is said.
    at: String,
    /// Where it is said that it was refused.
    refused_at: String,
}

impl Next {
    /// Everything is said at `at`.
    pub fn new(done: impl Into<String>, at: impl Into<String>) -> Self {
        let at = at.into();
        Self { done: done.into(), refused_at: at.clone(), at }
    }

    /// A refusal is said elsewhere: at what is still there then.
    pub fn unless_refused(self, refused_at: impl Into<String>) -> Self {
        Self { refused_at: refused_at.into(), ..self }
    }
}

impl<T> Submitted<T> {
    /// The first value of a field; empty when it is left empty.
    pub fn field(&self, name: &str) -> String {
        self.form.get(name).unwrap_or_default().to_owned()
    }

    /// Does `work`, all or nothing.
    ///
    /// # Errors
    /// When storage fails. A refusal is a value, for the page to say.
    pub async fn attempt<D: Send + 'static>(
        &self,
        mut work: impl FnMut(&mut AnyConnection, &Context) -> Outcome<D> + Send + 'static,
    ) -> Result<Result<D, ManagementError>, PageError> {
        let context = self.admin.context();
        let outcome = self.admin.visitor.app.store.write(move |connection| work(connection, &context)).await;
        match outcome {
            Ok(done) => Ok(Ok(done)),
            Err(Failure::Refused(refusal)) => Ok(Err(refusal)),
            Err(Failure::Store(error)) => Err(error.into()),
        }
    }

    /// Does what a form was filled in for. A refusal is what to say beside its fields.
    ///
    /// # Errors
    /// When storage fails, or what the form is about is gone.
    pub async fn fill_in<D: Send + 'static>(
        &self,
        work: impl FnMut(&mut AnyConnection, &Context) -> Outcome<D> + Send + 'static,
    ) -> Result<Result<D, FormErrors>, PageError> {
        match self.attempt(work).await? {
            Ok(done) => Ok(Ok(done)),
            Err(ManagementError::NotFound) => Err(PageError::NotFound),
            Err(refusal) => {
                let mut errors = FormErrors::none();
                note_refusal(&refusal, &mut errors);
                Ok(Err(errors))
            }
        }
    }

    /// Does what a button is for, and leads to the page that says so, or why not.
    ///
    /// # Errors
    /// When storage fails, or what the button is about is gone.
    pub async fn act(
        &self,
        next: Next,
        work: impl FnMut(&mut AnyConnection, &Context) -> Outcome<()> + Send + 'static,
    ) -> Result<HttpResponse, PageError> {
        match self.attempt(work).await? {
            Ok(()) => Ok(self.done(next.done, &next.at)),
            Err(ManagementError::NotFound) => Err(PageError::NotFound),
            Err(refusal) => Ok(self.refused(in_words(&refusal), &next.refused_at)),
        }
    }

    /// Says at `at` what was done.
    pub fn done(&self, what: impl Into<String>, at: &str) -> HttpResponse {
        self.admin.flash(what);
        see_other(at)
    }

    /// Says at `at` why nothing was done.
    pub fn refused(&self, why: impl Into<String>, at: &str) -> HttpResponse {
        session::flash(&self.admin.visitor.session, Tone::Danger, why);
        see_other(at)
    }
}

impl<T: Takes + 'static> FromRequest for Submitted<T> {
    type Error = PageError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, PageError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let admin = Staff::from_request(request, payload);
        let body = web::Payload::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            let admin = admin.await?;
            let body = body.await.map_err(|_| PageError::Internal)?;
            let (form, files) = admin.visitor.form_with_files(&request, body).await?;
            Ok(Self { admin, form, files })
        })
    }
}
