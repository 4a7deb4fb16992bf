//! `/admin/sessions`: the browsers in which people are signed in.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::paging::{Slice, place_of};
use super::submitted::{Next, Submitted};
use super::{form, page, query_of};
use crate::domain::resource_owner::login_key;
use crate::management;
use crate::store::grants::MOST;
use crate::store::paging::Place;
use crate::store::sessions::{self, StoredSession};
use crate::store::{StoreError, grants, resource_owners};
use crate::web::account::sessions::line;
use crate::web::confirm::ConfirmPage;
use crate::web::error::PageError;
use crate::web::handler::{get, post};
use crate::web::page::{Layout, Pager, Section, SessionLine, counted, respond, sample};
use crate::web::routes;
use crate::web::visitor::{Reader, Support, Supporter, User};

/// The routes of these pages.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .service(page(routes::ADMIN_SESSIONS).route(get(index)))
        .service(form(routes::ADMIN_SESSION_END).route(get(confirm)).route(post(end)));
}

/// `GET /admin/sessions?user=`
#[derive(Template)]
#[template(path = "admin/sessions/index.html")]
pub struct IndexPage {
    pub layout: Layout,
    /// A username or an e-mail address.
    pub user: String,
    pub sessions: Vec<UserSession>,
    pub pager: Pager,
}

/// A session and whose it is.
pub struct UserSession {
    pub user_id: String,
    pub username: String,
    /// Its `end` is the page that asks.
    pub session: SessionLine,
}

impl IndexPage {
    fn title() -> String {
        t!("place-sessions")
    }

    pub fn samples() -> Vec<Self> {
        let page = |user: &str, sessions, pager| Self {
            layout: sample::desk(&Self::title(), Section::Grants),
            user: user.into(),
            sessions,
            pager,
        };
        let sessions = sample::sessions()
            .into_iter()
            .map(|session| UserSession { user_id: "u_7Qp0s3xK".into(), username: "bob".into(), session })
            .collect();
        let pager = Pager { previous: None, next: Some("/admin/sessions?after=1.s_02".into()) };
        vec![page("", sessions, pager), page("zed", Vec::new(), Pager::default())]
    }
}

/// `GET /admin/sessions`
pub async fn index(user: Reader, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let query = query_of(&request)?;
    let wanted = query.get("user").unwrap_or_default().trim().to_owned();
    let (place, now, username) = (place_of(&query)?, user.visitor.now(), wanted.clone());
    let this = user.signed_in.session_id.clone();
    let slice = user
        .visitor
        .app
        .store
        .read::<_, StoreError, _>(move |connection| {
            let owner = match username.as_str() {
                "" => None,
                name => match resource_owners::find_by_login(connection, &login_key(name))? {
                    Some(owner) => Some(owner.id),
                    None => return Ok(Slice::default()),
                },
            };
            let list =
                |place: &Place<_>, limit| Ok(sessions::list_live(connection, owner.as_deref(), place, limit, now)?);
            let slice = Slice::read(place.clone(), list, |(session, _)| sessions::key(session))?;
            let row = |(session, username): &(StoredSession, String)| UserSession {
                user_id: session.owner_id.clone().unwrap_or_default(),
                username: username.clone(),
                session: line(session, Some(&this), now, routes::admin_session_end(&session.id)),
            };
            Ok(slice.with(slice.items.iter().map(row).collect()))
        })
        .await?;
    let page = IndexPage {
        layout: user.layout(IndexPage::title(), Section::Grants),
        pager: slice.pager(routes::ADMIN_SESSIONS, &[("user", &wanted)]),
        user: wanted,
        sessions: slice.items,
    };
    Ok(respond(StatusCode::OK, &page))
}

/// Asks before `POST /admin/sessions/{id}/end`.
pub fn end_page(layout: Layout, id: &str, username: &str, browser: &str, ending: i64) -> ConfirmPage {
    ConfirmPage::ask(
        layout,
        t!("all-sessions-end-question", user = username),
        t!("all-sessions-end-lead", browser = browser),
        (t!("all-sessions-end-button"), routes::admin_session_end(id)),
        (t!("place-sessions"), routes::ADMIN_SESSIONS.to_owned()),
    )
    .with([t!("all-sessions-end-grants", count = counted(ending, MOST)), t!("all-sessions-end-told")])
    .dangerous()
}

async fn find(user: &User, id: &str) -> Result<(StoredSession, String), PageError> {
    let (id, now) = (id.to_owned(), user.visitor.now());
    user.visitor
        .app
        .store
        .read::<_, StoreError, _>(move |connection| Ok(sessions::find_live(connection, &id, now)?))
        .await?
        .ok_or(PageError::NotFound)
}

/// `GET /admin/sessions/{id}/end`
pub async fn confirm(user: Supporter, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let (session, username) = find(&user, &id).await?;
    let of = session.id.clone();
    let ending = user
        .visitor
        .app
        .store
        .read::<_, StoreError, _>(move |connection| Ok(grants::count_online(connection, &of)?))
        .await?;
    let shown = line(&session, None, user.visitor.now(), String::new());
    let page = end_page(user.layout("", Section::Grants), &session.id, &username, &shown.browser, ending);
    Ok(respond(StatusCode::OK, &page))
}

/// `POST /admin/sessions/{id}/end`
pub async fn end(sent: Submitted<Support>, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let (session, username) = find(&sent.admin, &id).await?;
    let owner_id = session.owner_id.ok_or(PageError::NotFound)?;
    let next = Next::new(t!("all-sessions-ended", user = username), routes::ADMIN_SESSIONS);
    sent.act(next, move |connection, context| {
        management::users::end_session(connection, context, &owner_id, &session.id)
    })
    .await
}
