//! `/account/sessions`: the browsers in which you are signed in.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::{act, signed_out};
use crate::clock::Timestamp;
use crate::management;
use crate::store::StoreError;
use crate::store::sessions::{self, StoredSession};
use crate::web::error::{PageError, see_other};
use crate::web::page::{Layout, Moment, Section, SessionLine, respond, sample};
use crate::web::visitor::User;
use crate::web::{routes, session};

#[derive(Template)]
#[template(path = "account/sessions.html")]
pub struct SessionsPage {
    pub layout: Layout,
    /// This browser first, then by last use.
    pub sessions: Vec<SessionLine>,
}

impl SessionsPage {
    pub fn title() -> String {
        t!("place-sessions")
    }

    pub fn has_others(&self) -> bool {
        self.sessions.iter().any(|session| !session.is_this_browser)
    }

    pub fn samples() -> Vec<Self> {
        let page = |sessions| Self { layout: sample::account(&Self::title(), Section::Sessions), sessions };
        vec![page(sample::sessions()), page(sample::sessions().into_iter().take(1).collect())]
    }
}

/// `GET /account/sessions`
pub async fn index(user: User) -> Result<HttpResponse, PageError> {
    let (id, now) = (user.owner.id.clone(), user.visitor.now());
    let live = user
        .visitor
        .app
        .store
        .read::<_, StoreError, _>(move |connection| Ok(sessions::list_of_owner(connection, &id, now)?));
    let mut lines: Vec<SessionLine> = live
        .await?
        .iter()
        .map(|session| line(session, Some(&user.signed_in.session_id), now, routes::account_session_end(&session.id)))
        .collect();
    lines.sort_by_key(|line| !line.is_this_browser);
    let page = SessionsPage { layout: user.layout(SessionsPage::title(), Section::Sessions), sessions: lines };
    Ok(respond(StatusCode::OK, &page))
}

/// A session as its owner and admins see it; a form at `end` ends it.
pub fn line(session: &StoredSession, this: Option<&str>, now: Timestamp, end: String) -> SessionLine {
    SessionLine {
        end,
        browser: describe(&session.user_agent),
        address: session.address.clone(),
        signed_in: Moment::new(session.created_at, now),
        last_seen: Moment::new(session.last_seen_at, now),
        is_this_browser: this == Some(session.id.as_str()),
    }
}

/// `Firefox on Linux`, as far as what a browser says about itself can be believed.
pub fn describe(user_agent: &str) -> String {
    let first = |names: &[(&str, &'static str)]| {
        names.iter().find(|(sign, _)| user_agent.contains(sign)).map(|(_, name)| *name)
    };
    let browser = first(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = first(&[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => t!("browser-on", browser = browser, system = system),
        (Some(browser), None) => browser.to_owned(),
        _ => t!("browser-unknown"),
    }
}

/// `POST /account/sessions/{id}/end`
pub async fn end(
    user: User,
    id: web::Path<String>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, PageError> {
    user.visitor.form(&request, payload).await?;
    // One that is gone already is ended as well.
    let _ = act(&user, move |connection, context, owner_id| {
        management::users::end_session(connection, context, owner_id, &id)
    })
    .await?;
    user.visitor.app.courier.wake();
    user.flash(t!("sessions-ended"));
    Ok(see_other(routes::ACCOUNT_SESSIONS))
}

/// `POST /account/sessions/end-others`
pub async fn end_others(user: User, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, PageError> {
    user.visitor.form(&request, payload).await?;
    end_all_others(&user).await?;
    user.flash(t!("sessions-others-ended"));
    Ok(see_other(routes::ACCOUNT_SESSIONS))
}

/// Ends every session of the user but this one, and tells their clients now. This one gets another key: somebody may have a copy
/// of its cookie.
pub(in crate::web) async fn end_all_others(user: &User) -> Result<(), PageError> {
    let key = session::new_key();
    let (owner, keep, digest) = (user.owner.clone(), user.signed_in.session_id.clone(), key.digest());
    let ended = act(user, move |connection, context, owner_id| {
        management::users::unless_password_changed(connection, &owner)?;
        management::users::end_all_sessions(connection, context, owner_id, Some(&keep))?;
        management::sessions::renew(connection, owner_id, &keep, &digest)
    });
    ended.await?.map_err(|_| signed_out(routes::ACCOUNT_SESSIONS))?;
    user.visitor.app.courier.wake();
    session::renew(&user.visitor.session, &key)
}
