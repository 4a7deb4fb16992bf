//! `/admin/scopes`: what clients may ask for, in words that users understand.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::clients::after_action;
use crate::domain::scope::ScopeEntry;
use crate::management::{self, ManagementError};
use crate::store::{Failure, StoreError, clients, grants, scopes};
use crate::web::confirm::ConfirmPage;
use crate::web::error::{PageError, note_refusal, see_other};
use crate::web::page::{FormErrors, Layout, Section, count, respond, sample};
use crate::web::visitor::{Admin, User};
use crate::web::{only_page, routes};

/// `GET /admin/scopes`
#[derive(Template)]
#[template(path = "admin/scopes/index.html")]
pub struct IndexPage {
    pub layout: Layout,
    /// All of them, by name: there are never many.
    pub scopes: Vec<ScopeRow>,
}

/// A scope in the list.
pub struct ScopeRow {
    pub name: String,
    pub description: String,
    pub is_default: bool,
    /// How many clients may ask for it: `4 clients`, or `Not used`. See [`used_by`].
    pub used_by: String,
    /// One of ours or of OpenID Connect, which cannot be deleted.
    pub is_built_in: bool,
}

/// `GET /admin/scopes/new`, and again when the POST to `/admin/scopes` was refused.
#[derive(Template)]
#[template(path = "admin/scopes/new.html")]
pub struct NewPage {
    pub layout: Layout,
    pub name: String,
    pub description: String,
    pub is_default: bool,
    /// Ids: `name`, `description`, `is_default`.
    pub errors: FormErrors,
}

/// `GET /admin/scopes/{name}/edit`, and again when the POST to the same path was refused.
#[derive(Template)]
#[template(path = "admin/scopes/edit.html")]
pub struct EditPage {
    pub layout: Layout,
    /// Cannot be changed: it is in tokens.
    pub name: String,
    pub description: String,
    pub is_default: bool,
    pub used_by: String,
    pub is_built_in: bool,
    /// Ids: `description`, `is_default`.
    pub errors: FormErrors,
}

/// Asks before `POST /admin/scopes/{name}/delete`.
pub fn delete_page(mut layout: Layout, name: &str, clients: i64, live_grants: i64) -> ConfirmPage {
    layout.title = format!("Delete the scope {name}?");
    ConfirmPage {
        layout,
        lead: "Nobody can ask for it any more, and it leaves the grants that have it.".to_owned(),
        consequences: vec![
            format!("{} may no longer ask for it", count(clients, "client")),
            format!("{} keep only their other scopes", count(live_grants, "live grant")),
        ],
        action: routes::admin_scope_delete(name),
        hidden: Vec::new(),
        button: "Delete scope".to_owned(),
        is_dangerous: true,
        back: ("Scopes".to_owned(), routes::ADMIN_SCOPES.to_owned()),
    }
}

/// How many clients name a scope, in words.
pub fn used_by(clients: i64) -> String {
    if clients == 0 { "Not used".to_owned() } else { count(clients, "client") }
}

impl IndexPage {
    pub const TITLE: &str = "Scopes";

    pub fn samples() -> Vec<Self> {
        let scopes = sample::scopes().into_iter().enumerate().map(|(index, scope)| ScopeRow {
            name: scope.name,
            description: scope.description,
            is_default: index == 1,
            used_by: used_by(3 - i64::try_from(index.min(3)).unwrap_or(0)),
            is_built_in: index < 3,
        });
        let page = |scopes| Self { layout: sample::desk(Self::TITLE, Section::Scopes), scopes };
        vec![page(scopes.collect()), page(Vec::new())]
    }
}

impl NewPage {
    pub const TITLE: &str = "New scope";

    pub fn samples() -> Vec<Self> {
        let page = |name: &str, errors| Self {
            layout: sample::desk(Self::TITLE, Section::Scopes),
            name: name.into(),
            description: String::new(),
            is_default: false,
            errors,
        };
        let errors = FormErrors::none()
            .with("name", "A scope name has no spaces or quotes. Try reports:read.")
            .with("description", "Say what it allows, such as Read your sales reports.");
        vec![page("", FormErrors::none()), page("reports read", errors)]
    }
}

impl EditPage {
    pub fn title(name: &str) -> String {
        format!("Edit the scope {name}")
    }

    pub fn samples() -> Vec<Self> {
        let page = |name: &str, is_built_in| Self {
            layout: sample::desk(&Self::title(name), Section::Scopes),
            name: name.into(),
            description: "Read your sales reports".into(),
            is_default: true,
            used_by: used_by(2),
            is_built_in,
            errors: FormErrors::none(),
        };
        vec![page("reports:read", false), page("openid", true)]
    }
}

/// `GET /admin/scopes`
pub async fn index(user: Admin) -> Result<HttpResponse, PageError> {
    let counted = user.visitor.app.store.read::<_, StoreError, _>(|connection| {
        let all = scopes::list(connection)?;
        all.into_iter()
            .map(|entry| Ok((clients::count_naming_scope(connection, &entry.name)?, entry)))
            .collect::<Result<Vec<_>, _>>()
    });
    let row = |(clients, entry): (i64, ScopeEntry)| ScopeRow {
        name: entry.name,
        description: entry.description,
        is_default: entry.is_default,
        used_by: used_by(clients),
        is_built_in: entry.is_builtin,
    };
    let rows = counted.await?.into_iter().map(row).collect();
    let page = IndexPage { layout: user.layout(IndexPage::TITLE, Section::Scopes), scopes: rows };
    Ok(respond(StatusCode::OK, &page))
}

/// `GET /admin/scopes/new`
pub async fn new(user: Admin) -> HttpResponse {
    let page = NewPage {
        layout: user.layout(NewPage::TITLE, Section::Scopes),
        name: String::new(),
        description: String::new(),
        is_default: false,
        errors: FormErrors::none(),
    };
    respond(StatusCode::OK, &page)
}

/// `POST /admin/scopes`
pub async fn create(user: Admin, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, PageError> {
    let form = user.visitor.form(&request, payload).await?;
    let field = |name| form.get(name).unwrap_or_default().to_owned();
    let (context, name, description) = (user.context(), field("name"), field("description"));
    let is_default = form.get("is_default").is_some();
    let outcome: Result<(), Failure<ManagementError>> = user
        .visitor
        .app
        .store
        .write(move |connection| management::scopes::create(connection, &context, &name, &description, is_default))
        .await;
    match outcome {
        Ok(()) => {
            user.flash("The scope was created.");
            Ok(see_other(routes::ADMIN_SCOPES))
        }
        Err(Failure::Store(error)) => Err(error.into()),
        Err(Failure::Refused(refusal)) => {
            let mut errors = FormErrors::none();
            note_refusal(&refusal, &mut errors);
            let page = NewPage {
                layout: user.layout(NewPage::TITLE, Section::Scopes),
                name: field("name"),
                description: field("description"),
                is_default,
                errors,
            };
            Ok(respond(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}

/// A scope, how many clients name it and how many grants hold it.
async fn find(user: &User, name: &str) -> Result<(ScopeEntry, i64, i64), PageError> {
    let name = name.to_owned();
    let found = user.visitor.app.store.read::<_, StoreError, _>(move |connection| {
        let Some(entry) = scopes::list(connection)?.into_iter().find(|each| each.name == name) else {
            return Ok(None);
        };
        let clients = clients::count_naming_scope(connection, &name)?;
        Ok(Some((entry, clients, grants::count_with_scope(connection, &name)?)))
    });
    found.await?.ok_or(PageError::NotFound)
}

/// `GET /admin/scopes/{name}/edit`
pub async fn edit(user: Admin, name: web::Path<String>) -> Result<HttpResponse, PageError> {
    let (entry, clients, _) = find(&user, &name).await?;
    Ok(respond(StatusCode::OK, &edit_page(&user, entry, clients, FormErrors::none())))
}

fn edit_page(user: &User, entry: ScopeEntry, clients: i64, errors: FormErrors) -> EditPage {
    EditPage {
        layout: user.layout(EditPage::title(&entry.name), Section::Scopes),
        name: entry.name,
        description: entry.description,
        is_default: entry.is_default,
        used_by: used_by(clients),
        is_built_in: entry.is_builtin,
        errors,
    }
}

/// `POST /admin/scopes/{name}/edit`
pub async fn update(
    user: Admin,
    name: web::Path<String>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, PageError> {
    let form = user.visitor.form(&request, payload).await?;
    let typed = form.get("description").unwrap_or_default();
    let is_default = form.get("is_default").is_some();
    let (context, scope, description) = (user.context(), name.clone(), typed.to_owned());
    let outcome: Result<(), Failure<ManagementError>> = user
        .visitor
        .app
        .store
        .write(move |connection| management::scopes::update(connection, &context, &scope, &description, is_default))
        .await;
    match outcome {
        Ok(()) => {
            user.flash("The scope was saved.");
            Ok(see_other(routes::ADMIN_SCOPES))
        }
        Err(Failure::Store(error)) => Err(error.into()),
        Err(Failure::Refused(ManagementError::NotFound)) => Err(PageError::NotFound),
        Err(Failure::Refused(refusal)) => {
            let mut errors = FormErrors::none();
            note_refusal(&refusal, &mut errors);
            let (entry, clients, _) = find(&user, &name).await?;
            let entry = ScopeEntry { description: typed.to_owned(), is_default, ..entry };
            Ok(respond(StatusCode::UNPROCESSABLE_ENTITY, &edit_page(&user, entry, clients, errors)))
        }
    }
}

/// `GET /admin/scopes/{name}/delete`
pub async fn confirm_delete(user: Admin, name: web::Path<String>) -> Result<HttpResponse, PageError> {
    let (entry, clients, live_grants) = find(&user, &name).await?;
    let layout = user.layout("", Section::Scopes);
    Ok(respond(StatusCode::OK, &delete_page(layout, &entry.name, clients, live_grants)))
}

/// `POST /admin/scopes/{name}/delete`
pub async fn delete(
    user: Admin,
    name: web::Path<String>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, PageError> {
    user.visitor.form(&request, payload).await?;
    let (context, name) = (user.context(), name.into_inner());
    let outcome =
        user.visitor.app.store.write(move |connection| management::scopes::delete(connection, &context, &name)).await;
    after_action(&user, outcome, "The scope was deleted.", routes::ADMIN_SCOPES)
}

/// The routes of these pages.
pub fn configure(config: &mut web::ServiceConfig) {
    let form = |path: &str| web::resource(path).default_service(only_page("GET, POST"));
    config
        .service(form(routes::ADMIN_SCOPES).route(web::get().to(index)).route(web::post().to(create)))
        .service(web::resource(routes::ADMIN_SCOPES_NEW).route(web::get().to(new)).default_service(only_page("GET")))
        .service(form(routes::ADMIN_SCOPE_EDIT).route(web::get().to(edit)).route(web::post().to(update)))
        .service(form(routes::ADMIN_SCOPE_DELETE).route(web::get().to(confirm_delete)).route(web::post().to(delete)));
}
