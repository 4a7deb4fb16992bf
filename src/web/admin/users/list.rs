//! The list of users.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::account::role_label;
use super::status;
use crate::clock::Timestamp;
use crate::domain::resource_owner::{ResourceOwner, Role, login_key};
use crate::store::paging::Place;
use crate::store::{StoreError, resource_owners};
use crate::web::admin::paging::{Slice, place_of};
use crate::web::admin::query_of;
use crate::web::error::PageError;
use crate::web::page::{Layout, Moment, Pager, Section, Status, Tone, respond, sample};
use crate::web::routes;
use crate::web::visitor::Reader;

/// `GET /admin/users?q=`
#[derive(Template)]
#[template(path = "admin/users/index.html")]
pub struct IndexPage {
    pub layout: Layout,
    /// What was searched for.
    pub query: String,
    pub users: Vec<UserLine>,
    pub pager: Pager,
    /// Where a search goes on that has taken its time without filling the page.
    pub search_on: Option<String>,
}

/// A user in the list.
pub struct UserLine {
    pub id: String,
    pub username: String,
    /// May be empty.
    pub display_name: String,
    /// May be empty.
    pub email: String,
    /// What they may do here; nothing for a user.
    pub role: Option<String>,
    /// [`Status::enabled`], or amber `Invited` while no password is set.
    pub status: Status,
    pub last_seen: Option<Moment>,
}

impl IndexPage {
    pub fn title() -> String {
        t!("place-users")
    }

    pub fn samples() -> Vec<Self> {
        let line = |id: &str, username: &str, name: &str, role, status, last_seen| UserLine {
            id: id.into(),
            username: username.into(),
            display_name: name.into(),
            email: if name.is_empty() { String::new() } else { format!("{username}@example.com") },
            role,
            status,
            last_seen,
        };
        let users = vec![
            line(
                "u_1",
                "alice",
                "Alice Archer",
                Some(t!("administrator")),
                Status::enabled(true),
                Some(sample::ago(40)),
            ),
            line(
                "u_2",
                "bob",
                "Bob Brewer",
                Some(t!("role-support")),
                Status::enabled(false),
                Some(sample::ago(86_400 * 3)),
            ),
            line("u_3", "carol", "", None, Status::new(Tone::Warning, t!("state-invited")), None),
            line("u_4", sample::LONG, sample::LONG, None, Status::enabled(true), None),
        ];
        let page = |query: &str, users, pager| Self {
            layout: sample::desk(&Self::title(), Section::Users),
            query: query.into(),
            users,
            pager,
            search_on: (query == "zed").then(|| "/admin/users?q=zed&after=u_9".to_owned()),
        };
        let pager =
            Pager { previous: Some("/admin/users?before=u_1".into()), next: Some("/admin/users?after=u_4".into()) };
        vec![page("", users, pager), page("zed", Vec::new(), Pager::default()), page("", Vec::new(), Pager::default())]
    }
}

/// `GET /admin/users`
pub async fn index(user: Reader, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let query = query_of(&request)?;
    let searched = query.get("q").unwrap_or_default().trim().to_owned();
    let (search, place) = (searched.clone(), place_of(&query)?);
    let (mut slice, stopped_at) = user
        .visitor
        .app
        .store
        .read::<_, StoreError, _>(move |connection| {
            let mut stopped_at = None;
            let list = |place: &Place<_>, limit| {
                if search.is_empty() {
                    return resource_owners::list(connection, place, limit);
                }
                let found = resource_owners::search(connection, &search, place, limit)?;
                stopped_at = found.stopped_at;
                Ok(found.items)
            };
            Ok((Slice::read(place.clone(), list, |owner| login_key(&owner.username))?, stopped_at))
        })
        .await?;
    let now = user.visitor.now();
    let users = std::mem::take(&mut slice.items).into_iter().map(|owner| line(owner, now)).collect();
    let page = IndexPage {
        layout: user.layout(IndexPage::title(), Section::Users),
        users,
        pager: slice.pager(routes::ADMIN_USERS, &[("q", &searched)]),
        search_on: stopped_at.map(|key| routes::with_query(routes::ADMIN_USERS, &[("q", &searched), ("after", &key)])),
        query: searched,
    };
    Ok(respond(StatusCode::OK, &page))
}

fn line(owner: ResourceOwner, now: Timestamp) -> UserLine {
    UserLine {
        role: Some(role_label(owner.role)).filter(|_| owner.role != Role::User),
        status: status(&owner),
        last_seen: owner.last_login_at.map(|at| Moment::new(at, now)),
        id: owner.id,
        username: owner.username,
        display_name: owner.name.unwrap_or_default(),
        email: owner.email.unwrap_or_default(),
    }
}
