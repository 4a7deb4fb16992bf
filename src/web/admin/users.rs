//! `/admin/users`: the people who sign in.
//!
//! An admin never sees or chooses a password: a new user, or one who forgot, gets a one-time link ([`LinkPage`]).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde_json::{Map, Value};

use crate::clock::Timestamp;
use crate::domain::grant::alive;
use crate::domain::resource_owner::{ResourceOwner, Role, login_key};
use crate::management::users::{LINK_LIFETIME, NewUser};
use crate::management::{self, Context, ManagementError};
use crate::protocol::parameters::Parameters;
use crate::store::connection::AnyConnection;
use crate::store::{Failure, StoreError, audit_log, grants, resource_owners, sessions};
use crate::web::account::sessions::line as session_line;
use crate::web::confirm::ConfirmPage;
use crate::web::error::{PageError, note_refusal, see_other};
use crate::web::form::BodyProblem;
use crate::web::page::{
    AuditEntry, FormErrors, Layout, Moment, Pager, ScopeLine, Section, SessionLine, Status, Tone, count, respond,
    sample,
};
use crate::web::visitor::Admin;
use crate::web::{only_page, routes, session};

/// `GET /admin/users?q=`
#[derive(Template)]
#[template(path = "admin/users/index.html")]
pub struct IndexPage {
    pub layout: Layout,
    /// What was searched for.
    pub query: String,
    pub users: Vec<UserLine>,
    pub pager: Pager,
}

/// A user in the list.
pub struct UserLine {
    pub id: String,
    pub username: String,
    /// May be empty.
    pub display_name: String,
    /// May be empty.
    pub email: String,
    pub is_admin: bool,
    /// [`Status::enabled`], or amber `Invited` while no password is set.
    pub status: Status,
    pub last_seen: Option<Moment>,
}

/// `GET /admin/users/new`, and again when the POST to `/admin/users` was refused.
#[derive(Template)]
#[template(path = "admin/users/new.html")]
pub struct NewPage {
    pub layout: Layout,
    pub form: UserForm,
    /// Ids are the names of [`UserForm`]'s members.
    pub errors: FormErrors,
}

/// `GET /admin/users/{id}/edit`, and again when the POST to `/admin/users/{id}` was refused.
#[derive(Template)]
#[template(path = "admin/users/edit.html")]
pub struct EditPage {
    pub layout: Layout,
    pub id: String,
    /// As it is now, for the way back.
    pub username: String,
    pub form: UserForm,
    /// The admin edits their own account, and cannot take the role from themselves.
    pub is_self: bool,
    /// Ids are the names of [`UserForm`]'s members.
    pub errors: FormErrors,
}

/// What an admin may say about a user.
pub struct UserForm {
    pub username: String,
    pub email: String,
    pub display_name: String,
    pub is_admin: bool,
    /// A JSON object of further claims; empty for none.
    pub claims: String,
    /// How many claims there are; the closed group says so.
    pub claim_count: i64,
}

/// `GET /admin/users/{id}`
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
    /// May be empty.
    pub email: String,
    pub is_admin: bool,
    pub status: Status,
    pub is_enabled: bool,
    /// The admin looks at their own account, and cannot disable or delete it.
    pub is_self: bool,
    pub created: Moment,
    pub last_seen: Option<Moment>,
    /// `is_this_browser` is for the admin's own.
    pub sessions: Vec<SessionLine>,
    pub grants: Vec<UserGrant>,
    /// The newest entries about this user, about five.
    pub recent: Vec<AuditEntry>,
}

/// What this user allowed one client.
pub struct UserGrant {
    pub id: String,
    pub client_name: String,
    pub scopes: Vec<ScopeLine>,
    pub since: Moment,
    pub last_used: Option<Moment>,
}

/// The answer to the POST that made a user or a set-password link. Shown once.
#[derive(Template)]
#[template(path = "admin/users/link.html")]
pub struct LinkPage {
    /// Its title is [`LinkPage::CREATED`] or [`LinkPage::RESET`].
    pub layout: Layout,
    pub id: String,
    pub username: String,
    /// The whole URL.
    pub link: String,
    pub expires: Moment,
}

/// Asks before `POST /admin/users/{id}/disable`.
pub fn disable_page(layout: Layout, id: &str, username: &str, sessions: i64, live_grants: i64) -> ConfirmPage {
    ConfirmPage {
        lead: "They cannot sign in, and clients cannot act for them. You can enable them again.".to_owned(),
        consequences: vec![
            format!("{} end at once", count(sessions, "session")),
            format!("The tokens of {} stop working", count(live_grants, "live grant")),
        ],
        is_dangerous: true,
        ..confirm(layout, format!("Disable {username}?"), routes::admin_user_disable(id), "Disable user", id, username)
    }
}

/// Asks before `POST /admin/users/{id}/enable`.
pub fn enable_page(layout: Layout, id: &str, username: &str) -> ConfirmPage {
    ConfirmPage {
        lead: "They can sign in again, and clients can act for them as before.".to_owned(),
        ..confirm(layout, format!("Enable {username}?"), routes::admin_user_enable(id), "Enable user", id, username)
    }
}

/// Asks before `POST /admin/users/{id}/set-password`, which answers with a [`LinkPage`].
pub fn set_password_page(layout: Layout, id: &str, username: &str) -> ConfirmPage {
    ConfirmPage {
        lead: "You get a link that works once. Whoever opens it chooses a new password, so hand it over in private."
            .to_owned(),
        consequences: vec![
            "The present password works until a new one is chosen".to_owned(),
            "Earlier links stop working".to_owned(),
        ],
        ..confirm(
            layout,
            format!("Make a set-password link for {username}?"),
            routes::admin_user_set_password(id),
            "Make link",
            id,
            username,
        )
    }
}

/// Asks before `POST /admin/users/{id}/delete`.
pub fn delete_page(layout: Layout, id: &str, username: &str, sessions: i64, live_grants: i64) -> ConfirmPage {
    ConfirmPage {
        lead:
            "This cannot be undone: a new user of the same name is someone else. To pause them, disable them instead."
                .to_owned(),
        consequences: vec![
            format!("{} and {} end at once", count(sessions, "session"), count(live_grants, "live grant")),
            "Their profile, claims and consents are gone".to_owned(),
            "The audit log is kept".to_owned(),
        ],
        is_dangerous: true,
        ..confirm(layout, format!("Delete {username}?"), routes::admin_user_delete(id), "Delete user", id, username)
    }
}

fn confirm(mut layout: Layout, title: String, action: String, button: &str, id: &str, username: &str) -> ConfirmPage {
    layout.title = title;
    ConfirmPage {
        layout,
        lead: String::new(),
        consequences: Vec::new(),
        action,
        hidden: Vec::new(),
        button: button.to_owned(),
        is_dangerous: false,
        back: (username.to_owned(), routes::admin_user(id)),
    }
}

impl UserForm {
    /// Nothing filled in.
    pub fn empty() -> Self {
        Self {
            username: String::new(),
            email: String::new(),
            display_name: String::new(),
            is_admin: false,
            claims: String::new(),
            claim_count: 0,
        }
    }
}

impl IndexPage {
    pub const TITLE: &str = "Users";

    pub fn samples() -> Vec<Self> {
        let line = |id: &str, username: &str, name: &str, is_admin, status, last_seen| UserLine {
            id: id.into(),
            username: username.into(),
            display_name: name.into(),
            email: if name.is_empty() { String::new() } else { format!("{username}@example.com") },
            is_admin,
            status,
            last_seen,
        };
        let users = vec![
            line("u_1", "alice", "Alice Archer", true, Status::enabled(true), Some(sample::ago(40))),
            line("u_2", "bob", "Bob Brewer", false, Status::enabled(false), Some(sample::ago(86_400 * 3))),
            line("u_3", "carol", "", false, Status::new(Tone::Warning, "Invited"), None),
            line("u_4", sample::LONG, sample::LONG, false, Status::enabled(true), None),
        ];
        let page = |query: &str, users, pager| Self {
            layout: sample::desk(Self::TITLE, Section::Users),
            query: query.into(),
            users,
            pager,
        };
        let pager =
            Pager { newer: Some("/admin/users?before=u_1".into()), older: Some("/admin/users?after=u_4".into()) };
        vec![page("", users, pager), page("zed", Vec::new(), Pager::default()), page("", Vec::new(), Pager::default())]
    }
}

impl NewPage {
    pub const TITLE: &str = "New user";

    pub fn samples() -> Vec<Self> {
        let page = |form, errors| Self { layout: sample::desk(Self::TITLE, Section::Users), form, errors };
        let errors = FormErrors::none()
            .with("username", "alice is taken. Choose another username.")
            .with("claims", "This is not a JSON object. Try {\"phone_number\": \"+49 30 123456\"}.");
        let form = UserForm { username: "alice".into(), claims: "phone".into(), claim_count: 1, ..UserForm::empty() };
        vec![page(UserForm::empty(), FormErrors::none()), page(form, errors)]
    }
}

impl EditPage {
    pub fn title(username: &str) -> String {
        format!("Edit {username}")
    }

    pub fn samples() -> Vec<Self> {
        let page = |is_self| Self {
            layout: sample::desk(&Self::title("alice"), Section::Users),
            id: "u_1".into(),
            username: "alice".into(),
            form: UserForm {
                username: "alice".into(),
                email: "alice@example.com".into(),
                display_name: "Alice Archer".into(),
                is_admin: true,
                claims: "{\n  \"phone_number\": \"+49 30 123456\"\n}".into(),
                claim_count: 1,
            },
            is_self,
            errors: FormErrors::none(),
        };
        vec![page(true), page(false)]
    }
}

impl ShowPage {
    pub fn samples() -> Vec<Self> {
        let grants = vec![
            UserGrant {
                id: "g_41".into(),
                client_name: "Acme Reports".into(),
                scopes: sample::scopes(),
                since: sample::ago(86_400 * 20),
                last_used: Some(sample::ago(600)),
            },
            UserGrant {
                id: "g_42".into(),
                client_name: sample::LONG.into(),
                scopes: sample::scopes().into_iter().take(1).collect(),
                since: sample::ago(86_400 * 2),
                last_used: None,
            },
        ];
        let page = |username: &str, is_self, is_enabled, sessions, grants, recent| Self {
            layout: sample::desk(username, Section::Users),
            id: "u_7Qp0s3xKvB1nYcZ4LwTeRm".into(),
            username: username.into(),
            display_name: if is_self { "Alice Archer".into() } else { String::new() },
            email: if is_self { "alice@example.com".into() } else { String::new() },
            is_admin: is_self,
            status: Status::enabled(is_enabled),
            is_enabled,
            is_self,
            created: sample::ago(86_400 * 300),
            last_seen: is_self.then(|| sample::ago(40)),
            sessions,
            grants,
            recent,
        };
        vec![
            page("alice", true, true, sample::sessions(), grants, sample::audit_entries()),
            page(sample::LONG, false, false, Vec::new(), Vec::new(), Vec::new()),
        ]
    }
}

impl LinkPage {
    pub const CREATED: &str = "User created";
    pub const RESET: &str = "Set-password link";

    pub fn samples() -> Vec<Self> {
        let page = |title: &str| Self {
            layout: sample::desk(title, Section::Users),
            id: "u_3".into(),
            username: "carol".into(),
            link: "https://id.example/set-password?token=gsp_u2JvKq9cY7mB0xT4nWlZs8RdHf3EaPoG1iQyVt6CkXM".into(),
            expires: sample::ahead(86_400 * 3),
        };
        vec![page(Self::CREATED), page(Self::RESET)]
    }
}

const PAGE: usize = 50;
/// By this one more it is known whether there is another page.
const PAGE_AND_ONE: i64 = 51;
/// Most grants and entries of the audit log that a user's page shows.
const MAX_GRANTS: i64 = 100;
const RECENT: usize = 5;
const NOT_YOURSELF: &str = "You cannot do this to your own account. Ask another administrator.";

/// `GET /admin/users`
pub async fn index(user: Admin, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let query = Parameters::parse(request.query_string().as_bytes()).map_err(BodyProblem::Malformed)?;
    let searched = query.get("q").unwrap_or_default().trim().to_owned();
    let (search, after) = (searched.clone(), query.get("after").map(str::to_owned));
    let mut found = user
        .visitor
        .app
        .store
        .read::<_, StoreError, _>(move |connection| {
            let search = Some(search.as_str()).filter(|search| !search.is_empty());
            resource_owners::list(connection, search, after.as_deref(), PAGE_AND_ONE)
        })
        .await?;
    let has_more = found.len() > PAGE;
    found.truncate(PAGE);
    let older = found.last().filter(|_| has_more).map(|last| {
        routes::with_query(routes::ADMIN_USERS, &[("q", &searched), ("after", &login_key(&last.username))])
    });
    let now = user.visitor.now();
    let page = IndexPage {
        layout: user.layout(IndexPage::TITLE, Section::Users),
        query: searched,
        users: found.into_iter().map(|owner| line(owner, now)).collect(),
        pager: Pager { newer: None, older },
    };
    Ok(respond(StatusCode::OK, &page))
}

fn line(owner: ResourceOwner, now: Timestamp) -> UserLine {
    UserLine {
        is_admin: owner.is_admin(),
        status: status(&owner),
        last_seen: owner.last_login_at.map(|at| Moment::new(at, now)),
        id: owner.id,
        username: owner.username,
        display_name: owner.name.unwrap_or_default(),
        email: owner.email.unwrap_or_default(),
    }
}

fn status(owner: &ResourceOwner) -> Status {
    if owner.is_enabled() && owner.password.is_none() {
        Status::new(Tone::Warning, "Invited")
    } else {
        Status::enabled(owner.is_enabled())
    }
}

/// `GET /admin/users/new`
pub async fn new(user: Admin) -> HttpResponse {
    let layout = user.layout(NewPage::TITLE, Section::Users);
    respond(StatusCode::OK, &NewPage { layout, form: UserForm::empty(), errors: FormErrors::none() })
}

/// `POST /admin/users`
pub async fn create(user: Admin, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, PageError> {
    let form = UserForm::read(&user.visitor.form(&request, payload).await?);
    let refused = |form, errors| {
        let layout = user.layout(NewPage::TITLE, Section::Users);
        Ok(respond(StatusCode::UNPROCESSABLE_ENTITY, &NewPage { layout, form, errors }))
    };
    let new = match form.account() {
        Ok(new) => new,
        Err(problem) => return refused(form, FormErrors::none().with("claims", problem)),
    };
    let context = user.context();
    let outcome: Result<(String, String), Failure<ManagementError>> = user
        .visitor
        .app
        .store
        .write(move |connection| {
            let id = management::users::create(connection, &context, &new, None)?;
            let token = management::users::make_link(connection, &context, &id)?;
            Ok((id, token))
        })
        .await;
    match outcome {
        Ok((id, token)) => Ok(link(&user, LinkPage::CREATED, id, form.username.trim().to_owned(), &token)),
        Err(Failure::Store(error)) => Err(error.into()),
        Err(Failure::Refused(refusal)) => {
            let mut errors = FormErrors::none();
            note_refusal(&refusal, &mut errors);
            refused(form, errors)
        }
    }
}

fn link(user: &Admin, title: &str, id: String, username: String, token: &str) -> HttpResponse {
    let now = user.visitor.now();
    let page = LinkPage {
        layout: user.layout(title, Section::Users),
        id,
        username,
        link: user.visitor.app.config.issuer.url(&routes::set_password(token)),
        expires: Moment::new(now + LINK_LIFETIME, now),
    };
    respond(StatusCode::OK, &page)
}

async fn find(user: &Admin, id: &str) -> Result<ResourceOwner, PageError> {
    let id = id.to_owned();
    let found = user.visitor.app.store.read(move |connection| resource_owners::find(connection, &id)).await;
    found.map_err(|error: StoreError| error.into()).and_then(|owner| owner.ok_or(PageError::NotFound))
}

/// `GET /admin/users/{id}`
pub async fn show(user: Admin, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let owner = find(&user, &id).await?;
    let app = &user.visitor.app;
    let (cache, now, catalog, id) =
        (app.store.cache(), user.visitor.now(), app.store.catalog().await?, owner.id.clone());
    let (sessions, grants, recent) = app
        .store
        .read::<_, StoreError, _>(move |connection| {
            let sessions = sessions::list_of_owner(connection, &id, now)?;
            let filter = grants::Filter { owner_id: Some(id.clone()), ..grants::Filter::default() };
            let mut lines = Vec::new();
            for record in grants::list(connection, &filter, MAX_GRANTS)? {
                let client = cache.client(connection, &record.client_id)?;
                let is_over = super::grants::is_over(&record, now);
                let live = alive(record, client.as_deref()).filter(|_| !is_over);
                let Some((grant, client)) = live.zip(client) else { continue };
                lines.push(UserGrant {
                    id: grant.record.id.to_string(),
                    client_name: client.name().to_owned(),
                    scopes: super::grants::scope_lines(&grant.scope, &catalog.scopes),
                    since: Moment::new(grant.record.created_at, now),
                    last_used: Some(Moment::new(grant.record.last_used_at, now)),
                });
            }
            let about = audit_log::Filter { target: Some(id.clone()), ..audit_log::Filter::default() };
            let recent = super::audit_log::read(connection, &cache, &about, RECENT, now)?;
            Ok((sessions, lines, recent))
        })
        .await?;
    let is_self = owner.id == user.owner.id;
    let this = is_self.then_some(user.signed_in.session_id.as_str());
    let last_seen = sessions.iter().map(|session| session.last_seen_at).max().max(owner.last_login_at);
    let mut lines: Vec<SessionLine> = sessions.iter().map(|session| session_line(session, this, now)).collect();
    lines.sort_by_key(|line| !line.is_this_browser);
    let page = ShowPage {
        layout: user.layout(owner.username.clone(), Section::Users),
        is_admin: owner.is_admin(),
        status: status(&owner),
        is_enabled: owner.is_enabled(),
        is_self,
        created: Moment::new(owner.created_at, now),
        last_seen: last_seen.map(|at| Moment::new(at, now)),
        sessions: lines,
        grants,
        recent: recent.into_iter().map(|(_, entry)| entry).collect(),
        id: owner.id,
        username: owner.username,
        display_name: owner.name.unwrap_or_default(),
        email: owner.email.unwrap_or_default(),
    };
    Ok(respond(StatusCode::OK, &page))
}

impl UserForm {
    fn of(owner: &ResourceOwner) -> Self {
        let claims = serde_json::to_string_pretty(&owner.claims).unwrap_or_default();
        Self {
            username: owner.username.clone(),
            email: owner.email.clone().unwrap_or_default(),
            display_name: owner.name.clone().unwrap_or_default(),
            is_admin: owner.is_admin(),
            claims: if owner.claims.is_empty() { String::new() } else { claims },
            claim_count: i64::try_from(owner.claims.len()).unwrap_or(i64::MAX),
        }
    }

    /// As somebody filled it in.
    fn read(form: &Parameters) -> Self {
        let field = |name| form.get(name).unwrap_or_default().to_owned();
        let claims = field("claims");
        let claim_count = parse_claims(&claims).map_or(1, |claims| i64::try_from(claims.len()).unwrap_or(i64::MAX));
        Self {
            username: field("username"),
            email: field("email"),
            display_name: field("display_name"),
            is_admin: form.get("is_admin") == Some("true"),
            claims,
            claim_count,
        }
    }

    /// What it asks for; the error is about the claims.
    fn account(&self) -> Result<NewUser, &'static str> {
        Ok(NewUser {
            username: self.username.clone(),
            email: Some(self.email.clone()).filter(|email| !email.trim().is_empty()),
            name: Some(self.display_name.clone()).filter(|name| !name.trim().is_empty()),
            role: if self.is_admin { Role::Admin } else { Role::User },
            claims: parse_claims(&self.claims)?,
        })
    }
}

fn parse_claims(text: &str) -> Result<Map<String, Value>, &'static str> {
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_str(text).map_err(|_| "This is not a JSON object. Try {\"phone_number\": \"+49 30 123456\"}.")
}

/// `GET /admin/users/{id}/edit`
pub async fn edit(user: Admin, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let owner = find(&user, &id).await?;
    let form = UserForm::of(&owner);
    Ok(respond(StatusCode::OK, &edit_page(&user, owner, form, FormErrors::none())))
}

fn edit_page(user: &Admin, owner: ResourceOwner, form: UserForm, errors: FormErrors) -> EditPage {
    EditPage {
        layout: user.layout(EditPage::title(&owner.username), Section::Users),
        is_self: owner.id == user.owner.id,
        id: owner.id,
        username: owner.username,
        form,
        errors,
    }
}

/// `POST /admin/users/{id}`
pub async fn update(
    user: Admin,
    id: web::Path<String>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, PageError> {
    let mut form = UserForm::read(&user.visitor.form(&request, payload).await?);
    let owner = find(&user, &id).await?;
    if owner.id == user.owner.id {
        // The box is disabled, and a disabled box is not sent.
        form.is_admin = owner.is_admin();
    }
    let changed = match form.account() {
        Ok(changed) => changed,
        Err(problem) => {
            let page = edit_page(&user, owner, form, FormErrors::none().with("claims", problem));
            return Ok(respond(StatusCode::UNPROCESSABLE_ENTITY, &page));
        }
    };
    let (context, id, version) = (user.context(), owner.id.clone(), owner.version);
    let outcome: Result<(), Failure<ManagementError>> = user
        .visitor
        .app
        .store
        .write(move |connection| management::users::update(connection, &context, &id, Some(version), &changed))
        .await;
    match outcome {
        Ok(()) => {
            user.flash("The user was saved.");
            Ok(see_other(&routes::admin_user(&owner.id)))
        }
        Err(Failure::Store(error)) => Err(error.into()),
        Err(Failure::Refused(ManagementError::NotFound)) => Err(PageError::NotFound),
        Err(Failure::Refused(refusal)) => {
            let mut errors = FormErrors::none();
            note_refusal(&refusal, &mut errors);
            Ok(respond(StatusCode::UNPROCESSABLE_ENTITY, &edit_page(&user, owner, form, errors)))
        }
    }
}

/// How many sessions and live grants would end.
async fn counts(user: &Admin, id: &str) -> Result<(i64, i64), StoreError> {
    let (id, now) = (id.to_owned(), user.visitor.now());
    user.visitor
        .app
        .store
        .read(move |connection| {
            let sessions = sessions::list_of_owner(connection, &id, now)?.len();
            let filter = grants::Filter { owner_id: Some(id.clone()), ..grants::Filter::default() };
            let (grants, _) = grants::count(connection, &filter, now)?;
            Ok((i64::try_from(sessions).unwrap_or(i64::MAX), grants))
        })
        .await
}

/// Does one thing to an account, and says so on the next page: at `then`, or at the account when it was refused.
async fn act(
    user: &Admin,
    id: &str,
    then: &str,
    done: String,
    work: impl Fn(&mut AnyConnection, &Context, &str) -> management::Outcome<()> + Send + 'static,
) -> Result<HttpResponse, PageError> {
    let (context, target) = (user.context(), id.to_owned());
    let outcome: Result<(), Failure<ManagementError>> =
        user.visitor.app.store.write(move |connection| work(connection, &context, &target)).await;
    match outcome {
        Ok(()) => {
            user.flash(done);
            Ok(see_other(then))
        }
        Err(Failure::Store(error)) => Err(error.into()),
        Err(Failure::Refused(ManagementError::NotFound)) => Err(PageError::NotFound),
        Err(Failure::Refused(refusal)) => Ok(refuse(user, id, refusal.to_string())),
    }
}

fn refuse(user: &Admin, id: &str, why: impl Into<String>) -> HttpResponse {
    session::flash(&user.visitor.session, Tone::Danger, why);
    see_other(&routes::admin_user(id))
}

/// `GET /admin/users/{id}/disable`
pub async fn confirm_disable(user: Admin, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let owner = find(&user, &id).await?;
    let (sessions, grants) = counts(&user, &owner.id).await?;
    let layout = user.layout("", Section::Users);
    Ok(respond(StatusCode::OK, &disable_page(layout, &owner.id, &owner.username, sessions, grants)))
}

/// `POST /admin/users/{id}/disable`
pub async fn disable(
    user: Admin,
    id: web::Path<String>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, PageError> {
    user.visitor.form(&request, payload).await?;
    let owner = find(&user, &id).await?;
    if owner.id == user.owner.id {
        return Ok(refuse(&user, &owner.id, NOT_YOURSELF));
    }
    let (then, done) = (routes::admin_user(&owner.id), format!("{} was disabled.", owner.username));
    act(&user, &owner.id, &then, done, |connection, context, id| {
        management::users::set_disabled(connection, context, id, true)
    })
    .await
}

/// `GET /admin/users/{id}/enable`
pub async fn confirm_enable(user: Admin, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let owner = find(&user, &id).await?;
    let layout = user.layout("", Section::Users);
    Ok(respond(StatusCode::OK, &enable_page(layout, &owner.id, &owner.username)))
}

/// `POST /admin/users/{id}/enable`
pub async fn enable(
    user: Admin,
    id: web::Path<String>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, PageError> {
    user.visitor.form(&request, payload).await?;
    let owner = find(&user, &id).await?;
    let (then, done) = (routes::admin_user(&owner.id), format!("{} was enabled.", owner.username));
    act(&user, &owner.id, &then, done, |connection, context, id| {
        management::users::set_disabled(connection, context, id, false)
    })
    .await
}

/// `GET /admin/users/{id}/delete`
pub async fn confirm_delete(user: Admin, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let owner = find(&user, &id).await?;
    let (sessions, grants) = counts(&user, &owner.id).await?;
    let layout = user.layout("", Section::Users);
    Ok(respond(StatusCode::OK, &delete_page(layout, &owner.id, &owner.username, sessions, grants)))
}

/// `POST /admin/users/{id}/delete`
pub async fn delete(
    user: Admin,
    id: web::Path<String>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, PageError> {
    user.visitor.form(&request, payload).await?;
    let owner = find(&user, &id).await?;
    if owner.id == user.owner.id {
        return Ok(refuse(&user, &owner.id, NOT_YOURSELF));
    }
    let done = format!("{} was deleted.", owner.username);
    act(&user, &owner.id, routes::ADMIN_USERS, done, management::users::delete).await
}

/// `GET /admin/users/{id}/set-password`
pub async fn confirm_set_password(user: Admin, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let owner = find(&user, &id).await?;
    let layout = user.layout("", Section::Users);
    Ok(respond(StatusCode::OK, &set_password_page(layout, &owner.id, &owner.username)))
}

/// `POST /admin/users/{id}/set-password`
pub async fn set_password(
    user: Admin,
    id: web::Path<String>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, PageError> {
    user.visitor.form(&request, payload).await?;
    let owner = find(&user, &id).await?;
    let (context, id) = (user.context(), owner.id.clone());
    let outcome: Result<String, Failure<ManagementError>> =
        user.visitor.app.store.write(move |connection| management::users::make_link(connection, &context, &id)).await;
    match outcome {
        Ok(token) => Ok(link(&user, LinkPage::RESET, owner.id, owner.username, &token)),
        Err(Failure::Store(error)) => Err(error.into()),
        Err(Failure::Refused(ManagementError::NotFound)) => Err(PageError::NotFound),
        Err(Failure::Refused(refusal)) => Ok(refuse(&user, &owner.id, refusal.to_string())),
    }
}

/// `POST /admin/users/{id}/sessions/{sid}/end`
pub async fn end_session(
    user: Admin,
    path: web::Path<(String, String)>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, PageError> {
    user.visitor.form(&request, payload).await?;
    let (id, ended) = path.into_inner();
    let then = routes::admin_user(&id);
    act(&user, &id, &then, "That browser is signed out.".to_owned(), move |connection, context, id| {
        management::users::end_session(connection, context, id, &ended)
    })
    .await
}

/// The routes of these pages.
pub fn configure(config: &mut web::ServiceConfig) {
    let form = |path: &str| web::resource(path).default_service(only_page("GET, POST"));
    let action = |path: &str| web::resource(path).default_service(only_page("POST"));
    let page = |path: &str| web::resource(path).default_service(only_page("GET"));
    config
        .service(form(routes::ADMIN_USERS).route(web::get().to(index)).route(web::post().to(create)))
        .service(page(routes::ADMIN_USERS_NEW).route(web::get().to(new)))
        .service(form(routes::ADMIN_USER).route(web::get().to(show)).route(web::post().to(update)))
        .service(page(routes::ADMIN_USER_EDIT).route(web::get().to(edit)))
        .service(form(routes::ADMIN_USER_DISABLE).route(web::get().to(confirm_disable)).route(web::post().to(disable)))
        .service(form(routes::ADMIN_USER_ENABLE).route(web::get().to(confirm_enable)).route(web::post().to(enable)))
        .service(
            form(routes::ADMIN_USER_SET_PASSWORD)
                .route(web::get().to(confirm_set_password))
                .route(web::post().to(set_password)),
        )
        .service(form(routes::ADMIN_USER_DELETE).route(web::get().to(confirm_delete)).route(web::post().to(delete)))
        .service(action(routes::ADMIN_USER_SESSION_END).route(web::post().to(end_session)));
}
