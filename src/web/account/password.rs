//! `/account/password`: change it, knowing the old one.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::{act, signed_out};
use crate::domain::resource_owner::Password;
use crate::management;
use crate::protocol::parameters::Parameters;
use crate::store::{StoreError, sessions};
use crate::throttle::{Attempt, Key};
use crate::web::account::password_strength::respond;
use crate::web::error::{PageError, note_password, see_other};
use crate::web::page::{FormErrors, Layout, Moment, Section, sample};
use crate::web::visitor::User;
use crate::web::{routes, session};

#[derive(Template)]
#[template(path = "account/password.html")]
pub struct PasswordPage {
    pub layout: Layout,
    /// A hint to password managers.
    pub username: String,
    pub changed: Option<Moment>,
    /// How many other browsers will be signed out.
    pub other_sessions: i64,
    /// Ids: `current_password`, `new_password`.
    pub errors: FormErrors,
}

impl PasswordPage {
    pub fn title() -> String {
        t!("place-password")
    }

    pub fn samples() -> Vec<Self> {
        let page = |changed, other_sessions, errors| Self {
            layout: sample::account(&Self::title(), Section::Password),
            username: "bob".into(),
            changed,
            other_sessions,
            errors,
        };
        let errors =
            FormErrors::none().with("current_password", t!("password-wrong")).with("new_password", t!("password-easy"));
        vec![page(Some(sample::ago(86_400 * 90)), 2, FormErrors::none()), page(None, 0, errors)]
    }
}

/// `GET /account/password`
pub async fn edit(user: User) -> Result<HttpResponse, PageError> {
    Ok(respond(StatusCode::OK, &page(&user, FormErrors::none()).await?))
}

/// `POST /account/password`
pub async fn update(user: User, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, PageError> {
    let form = user.visitor.form(&request, payload).await?;
    let app = &user.visitor.app;
    let mut errors = FormErrors::none();
    let attempt = note_current(&user, &form, &mut errors).await?;
    let personal = [user.owner.username.as_str(), user.owner.email.as_deref().unwrap_or_default()];
    let chosen = app.passwords.choose(form.get("new_password").unwrap_or_default(), &personal).await;
    let chosen = note_password(chosen, "new_password", &mut errors)?;
    let (true, Some(chosen)) = (errors.is_empty(), chosen) else {
        return Ok(respond(StatusCode::UNPROCESSABLE_ENTITY, &page(&user, errors).await?));
    };
    let hash = app.passwords.hash_in(attempt, chosen).await?;
    let key = session::new_key();
    let (owner, keep, digest) = (user.owner.clone(), user.signed_in.session_id.clone(), key.digest());
    let changed = act(&user, move |connection, context, id| {
        management::users::unless_password_changed(connection, &owner)?;
        management::users::set_password(connection, context, id, &hash, Some(&keep))?;
        // Somebody may have a copy of the cookie. And where this session was ended meanwhile, the password stays as it is.
        management::sessions::renew(connection, id, &keep, &digest)
    });
    changed.await?.map_err(|_| signed_out(routes::ACCOUNT_PASSWORD))?;
    app.post.wake();
    app.courier.wake();
    session::renew(&user.visitor.session, &key)?;
    user.flash(t!("password-changed"));
    Ok(see_other(routes::ACCOUNT_PASSWORD))
}

/// Whether whoever sits at an open session knows the password, sent as `current_password`; they must not be able to guess it
/// here, and to open another session they would have to know it. Gives the attempt, for what else is hashed.
pub(super) async fn note_current(
    user: &User,
    form: &Parameters,
    errors: &mut FormErrors,
) -> Result<Arc<Attempt>, PageError> {
    let (app, now) = (&user.visitor.app, user.visitor.now());
    let key = [Key::CurrentPassword { account: &user.owner.id, session: &user.signed_in.session_id }];
    app.throttle.check(&key, now).map_err(|wait| PageError::TooMany(wait.0))?;
    let own = Key::Own { account: &user.owner.id };
    let attempt = app.throttle.begin(own).map_err(|wait| PageError::TooMany(wait.0))?;
    let is_current = match Password::typed(form.get("current_password").unwrap_or_default()) {
        Some(typed) => app.passwords.matches_in(Arc::clone(&attempt), typed, user.owner.password.clone()).await?,
        None => false,
    };
    if !is_current {
        app.throttle.record_failure(&key, now);
        errors.add("current_password", t!("password-wrong"));
    }
    Ok(attempt)
}

async fn page(user: &User, errors: FormErrors) -> Result<PasswordPage, StoreError> {
    let (id, now) = (user.owner.id.clone(), user.visitor.now());
    let live = user
        .visitor
        .app
        .store
        .read::<_, StoreError, _>(move |connection| Ok(sessions::list_of_owner(connection, &id, now)?));
    let others = live.await?.iter().filter(|session| session.id != user.signed_in.session_id).count();
    Ok(PasswordPage {
        layout: user.layout(PasswordPage::title(), Section::Password),
        username: user.owner.username.clone(),
        changed: user.owner.password_changed_at.map(|at| Moment::new(at, now)),
        other_sessions: i64::try_from(others).unwrap_or(i64::MAX),
        errors,
    })
}
