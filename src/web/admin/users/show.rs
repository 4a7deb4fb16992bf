//! One user: who it is, where they are signed in, and what they allowed.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::account::role_label;
use super::{find, status};
use crate::domain::resource_owner::{Right, Role};
use crate::management::users::end_session as end;
use crate::store::{StoreError, audit_log, grants, sessions};
use crate::web::account::email::Address;
use crate::web::account::sessions::line as session_line;
use crate::web::admin::audit_log::words;
use crate::web::admin::grants::show::TokenLine;
use crate::web::admin::grants::{Standing, standing, waits_for_client};
use crate::web::admin::scopes::words::scope_lines;
use crate::web::admin::submitted::{Next, Submitted};
use crate::web::error::PageError;
use crate::web::page::{AuditEntry, Layout, Moment, ScopeLine, Section, SessionLine, Status, respond, sample};
use crate::web::routes;
use crate::web::visitor::{Reader, Support};

/// `GET /admin/users/{id}`
#[expect(clippy::struct_excessive_bools, reason = "each opens one button")]
#[derive(Template)]
#[template(path = "admin/users/show.html")]
pub struct ShowPage {
    /// Its title is the username.
    pub layout: Layout,
    /// The stable id (`sub`).
    pub id: String,
    pub username: String,
    /// May be empty.
    pub display_name: String,
    pub email: Address,
    /// In words.
    pub role: String,
    pub status: Status,
    pub is_enabled: bool,
    /// Whether there is mail, and an address to send a link to.
    pub may_mail_link: bool,
    /// Whether the viewer may make a set-password link for this user.
    pub may_make_link: bool,
    /// The admin looks at their own account, and cannot disable or delete it.
    pub is_self: bool,
    pub created: Moment,
    pub last_seen: Option<Moment>,
    /// `is_this_browser` is for the admin's own.
    pub sessions: Vec<SessionLine>,
    pub grants: Vec<UserGrant>,
    /// The newest entries of what they did and what was done to them.
    pub recent: Vec<AuditEntry>,
}

/// What this user allowed one client.
pub struct UserGrant {
    pub id: String,
    pub client_name: String,
    pub scopes: Vec<ScopeLine>,
    pub status: Status,
    pub since: Moment,
    pub last_used: Option<Moment>,
}

impl ShowPage {
    pub fn samples() -> Vec<Self> {
        let grants = vec![
            UserGrant {
                id: "g_41".into(),
                client_name: "Acme Reports".into(),
                scopes: sample::scopes(),
                status: TokenLine::live(),
                since: sample::ago(86_400 * 20),
                last_used: Some(sample::ago(600)),
            },
            UserGrant {
                id: "g_42".into(),
                client_name: sample::LONG.into(),
                scopes: sample::scopes().into_iter().take(1).collect(),
                status: waits_for_client(),
                since: sample::ago(86_400 * 2),
                last_used: None,
            },
        ];
        let page = |username: &str, email, is_self, is_enabled, sessions, grants, recent| Self {
            layout: sample::desk(username, Section::Users),
            id: "u_7Qp0s3xKvB1nYcZ4LwTeRm".into(),
            username: username.into(),
            display_name: if is_self { "Alice Archer".into() } else { String::new() },
            email,
            role: role_label(if is_self { Role::Admin } else { Role::User }),
            may_mail_link: is_self,
            may_make_link: true,
            status: Status::enabled(is_enabled),
            is_enabled,
            is_self,
            created: sample::ago(86_400 * 300),
            last_seen: is_self.then(|| sample::ago(40)),
            sessions,
            grants,
            recent,
        };
        let mut addresses = Address::samples().into_iter();
        let mut address = || addresses.next().expect("there are enough samples");
        vec![
            page("alice", address(), true, true, sample::sessions(), grants, sample::audit_entries()),
            page("bob", address(), false, true, Vec::new(), Vec::new(), Vec::new()),
            page("bob", address(), false, true, Vec::new(), Vec::new(), Vec::new()),
            page("bob", address(), false, true, Vec::new(), Vec::new(), Vec::new()),
            page(sample::LONG, address(), false, false, Vec::new(), Vec::new(), Vec::new()),
        ]
    }
}

/// Most grants and entries of the audit log that it shows.
const MAX_GRANTS: i64 = 100;
const RECENT: i64 = 10;

/// `GET /admin/users/{id}`
pub async fn show(user: Reader, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let owner = find(&user, &id).await?;
    let app = &user.visitor.app;
    let (cache, now, catalog) = (app.store.cache(), user.visitor.now(), app.store.catalog().await?);
    let (id, username) = (owner.id.clone(), owner.username.clone());
    let (sessions, grants, recent) = app
        .store
        .read::<_, StoreError, _>(move |connection| {
            let sessions = sessions::list_of_owner(connection, &id, now)?;
            let filter = grants::Filter { owner_id: Some(id.clone()), ..grants::Filter::default() };
            let records = grants::list(connection, &filter, MAX_GRANTS, now)?;
            let line = |Standing { record, client_name, scope, status }| UserGrant {
                id: record.id.to_string(),
                client_name,
                scopes: scope_lines(&scope, &catalog.scopes),
                status,
                since: Moment::new(record.created_at, now),
                last_used: Some(Moment::new(record.last_used_at, now)),
            };
            let lines = standing(connection, &cache, &records, &catalog.scopes, now)?;
            let lines = lines.into_iter().map(line).collect::<Vec<_>>();
            let about = audit_log::Filter { target: Some(id.clone()), ..audit_log::Filter::default() };
            let by = audit_log::Filter { actor: Some(username.clone()), ..audit_log::Filter::default() };
            let mut entries = audit_log::list(connection, &about, RECENT)?;
            entries.extend(audit_log::list(connection, &by, RECENT)?);
            entries.sort_by_key(|entry| std::cmp::Reverse(entry.id));
            entries.dedup_by_key(|entry| entry.id);
            entries.truncate(usize::try_from(RECENT).unwrap_or_default());
            let recent = words::in_words(connection, &cache, &entries, now)?;
            Ok((sessions, lines, recent))
        })
        .await?;
    let email = Address::of(app, &owner).await?;
    let is_self = owner.id == user.owner.id;
    let this = is_self.then_some(user.signed_in.session_id.as_str());
    let last_seen = sessions.iter().map(|session| session.last_seen_at).max().max(owner.last_login_at);
    let may_end = user.owner.role.may(Right::Support);
    let end = |session: &str| if may_end { routes::admin_user_session_end(&owner.id, session) } else { String::new() };
    let mut lines: Vec<SessionLine> =
        sessions.iter().map(|session| session_line(session, this, now, end(&session.id))).collect();
    lines.sort_by_key(|line| !line.is_this_browser);
    let page = ShowPage {
        layout: user.layout(owner.username.clone(), Section::Users),
        role: role_label(owner.role),
        may_mail_link: app.mailer.is_some() && owner.email.is_some(),
        may_make_link: user.owner.role.may(Right::Administer)
            || user.owner.role.may(Right::Support) && owner.role == Role::User,
        status: status(&owner),
        is_enabled: owner.is_enabled(),
        is_self,
        created: Moment::new(owner.created_at, now),
        last_seen: last_seen.map(|at| Moment::new(at, now)),
        sessions: lines,
        grants,
        recent,
        id: owner.id,
        username: owner.username,
        display_name: owner.name.unwrap_or_default(),
        email,
    };
    Ok(respond(StatusCode::OK, &page))
}

/// `POST /admin/users/{id}/sessions/{sid}/end`
pub async fn end_session(
    sent: Submitted<Support>,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, PageError> {
    let (id, ended) = path.into_inner();
    let next = Next::new(t!("sessions-ended"), routes::admin_user(&id));
    sent.act(next, move |connection, context| end(connection, context, &id, &ended)).await
}
