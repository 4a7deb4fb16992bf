//! `/admin/resources`: the APIs that tokens are for (RFC 8707).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::outdated;
use super::scopes::words::scope_choices;
use super::submitted::{Next, Submitted};
use super::{form, lines, page, query_of};
use crate::domain::client::TokenFormat;
use crate::domain::resource::Resource;
use crate::domain::scope;
use crate::management::resources::NewResource;
use crate::management::{self, ManagementError};
use crate::protocol::parameters::Parameters;
use crate::store::cache::Catalog;
use crate::store::{StoreError, clients, resources};
use crate::web::confirm::ConfirmPage;
use crate::web::error::{PageError, note_refusal};
use crate::web::handler::{get, post};
use crate::web::page::{Choice, FormErrors, Layout, Section, respond, sample};
use crate::web::routes;
use crate::web::visitor::{Admin, Reader, User};

/// `GET /admin/resources`
#[derive(Template)]
#[template(path = "admin/resources/index.html")]
pub struct IndexPage {
    pub layout: Layout,
    pub resources: Vec<ResourceLine>,
}

/// An API in the list.
pub struct ResourceLine {
    pub uri: String,
    pub name: String,
    /// Scope names that go with it; empty means any.
    pub scopes: Vec<String>,
    /// `Opaque` or `JWT`.
    pub token_format: String,
    /// Names of the clients that may introspect its tokens.
    pub introspected_by: Vec<String>,
}

/// `GET /admin/resources/new`, and again when the POST to `/admin/resources` was refused.
#[derive(Template)]
#[template(path = "admin/resources/new.html")]
pub struct NewPage {
    pub layout: Layout,
    pub uri: String,
    pub name: String,
    /// Checkboxes named `scope`.
    pub scopes: Vec<Choice>,
    /// Radio buttons named `token_format`: [`NewPage::token_formats`].
    pub token_formats: Vec<Choice>,
    /// Ids of confidential clients, one per line: there may be too many to choose from.
    pub introspected_by: String,
    /// What those of them that exist are called: `Acme Reports (c_9aVq…)`.
    pub introspectors: Vec<String>,
    /// Ids: `uri`, `name`, `scope`, `token_format`, `introspected_by`.
    pub errors: FormErrors,
}

/// `GET /admin/resources/edit?uri=`, and again when the POST to the same path was refused; the form sends `uri`.
#[derive(Template)]
#[template(path = "admin/resources/edit.html")]
pub struct EditPage {
    pub layout: Layout,
    /// Cannot be changed: it is in tokens.
    pub uri: String,
    /// What the form was filled from.
    pub version: String,
    pub name: String,
    /// Checkboxes named `scope`.
    pub scopes: Vec<Choice>,
    /// Radio buttons named `token_format`: [`EditPage::token_formats`].
    pub token_formats: Vec<Choice>,
    /// Ids of confidential clients, one per line.
    pub introspected_by: String,
    /// What those of them that exist are called.
    pub introspectors: Vec<String>,
    /// Ids: `name`, `scope`, `token_format`, `introspected_by`.
    pub errors: FormErrors,
}

/// Asks before `POST /admin/resources/delete`; the form sends `uri`.
pub fn delete_page(layout: Layout, uri: &str, name: &str) -> ConfirmPage {
    ConfirmPage::ask(
        layout,
        t!("resource-delete-question", name = name),
        t!("resource-delete-lead"),
        (t!("resource-delete"), routes::admin_resource_delete(uri)),
        (t!("place-resources"), routes::ADMIN_RESOURCES.to_owned()),
    )
    .with([t!("resource-delete-tokens", uri = uri)])
    .sending("uri", uri)
    .dangerous()
}

impl IndexPage {
    pub fn title() -> String {
        t!("place-resources")
    }

    pub fn samples() -> Vec<Self> {
        let page = |resources| Self { layout: sample::desk(&Self::title(), Section::Resources), resources };
        vec![
            page(vec![
                ResourceLine {
                    uri: "https://api.acme.example/reports".into(),
                    name: "Reports API".into(),
                    scopes: vec!["reports:read".into(), "reports:write".into()],
                    token_format: "JWT".into(),
                    introspected_by: Vec::new(),
                },
                ResourceLine {
                    uri: "https://a-very-long-host-name-for-an-internal-service.acme.example/v2/inventory".into(),
                    name: sample::LONG.into(),
                    scopes: Vec::new(),
                    token_format: t!("resource-opaque"),
                    introspected_by: vec!["Inventory".into()],
                },
            ]),
            page(Vec::new()),
        ]
    }
}

impl NewPage {
    pub fn title() -> String {
        t!("resources-new")
    }

    /// The radio buttons; `chosen` is `opaque` or `jwt`.
    pub fn token_formats(chosen: &str) -> Vec<Choice> {
        vec![
            Choice::new("opaque", t!("resource-opaque"), t!("resource-opaque-help"), chosen == "opaque"),
            Choice::new("jwt", "JWT", t!("resource-jwt-help"), chosen == "jwt"),
        ]
    }

    pub fn samples() -> Vec<Self> {
        let page = |uri: &str, clients: &[&str], scopes: Vec<Choice>, errors| Self {
            layout: sample::desk(&Self::title(), Section::Resources),
            uri: uri.into(),
            name: String::new(),
            scopes,
            token_formats: Self::token_formats("opaque"),
            introspected_by: clients.join("\n"),
            introspectors: clients.iter().take(1).map(|id| format!("Acme Reports ({id})")).collect(),
            errors,
        };
        let scopes = vec![
            Choice::new("reports:read", "Read your sales reports", "", true),
            Choice::new("reports:write", "Change your sales reports", "", false),
        ];
        let clients = ["c_9aVqk2Lw0TzYx4RbN1mEuP", "c_nobody"];
        let errors = FormErrors::none()
            .with("uri", t!("resource-identifier-relative"))
            .with("name", t!("resource-name-malformed"))
            .with("introspected_by", t!("resource-client-unknown", id = "c_nobody"));
        vec![page("", &[], scopes, FormErrors::none()), page("api/reports", &clients, Vec::new(), errors)]
    }
}

impl EditPage {
    pub fn title(name: &str) -> String {
        t!("resource-edit-title", name = name)
    }

    /// The radio buttons; `chosen` is `opaque`, `jwt`, or empty where each client's own setting holds.
    pub fn token_formats(chosen: &str) -> Vec<Choice> {
        let of_client =
            Choice::new("", t!("resource-format-of-client"), t!("resource-format-of-client-help"), chosen.is_empty());
        NewPage::token_formats(chosen).into_iter().chain([of_client]).collect()
    }

    pub fn samples() -> Vec<Self> {
        let page = |name: &str, format: &str, clients: &[&str], errors| Self {
            layout: sample::desk(&Self::title("Reports API"), Section::Resources),
            uri: "https://api.acme.example/reports".into(),
            version: "9f86d081884c7d659a2feaa0".into(),
            name: name.into(),
            scopes: vec![
                Choice::new("reports:read", "Read your sales reports", "", true),
                Choice::new("reports:write", "Change your sales reports", "", false),
            ],
            token_formats: Self::token_formats(format),
            introspected_by: clients.join("\n"),
            introspectors: clients.iter().take(1).map(|id| format!("Acme Reports ({id})")).collect(),
            errors,
        };
        let errors = FormErrors::none()
            .with("name", t!("resource-name-malformed"))
            .with("introspected_by", t!("resource-client-unknown", id = "c_nobody"));
        vec![
            page("Reports API", "jwt", &[], FormErrors::none()),
            page("", "", &["c_9aVqk2Lw0TzYx4RbN1mEuP", "c_nobody"], errors),
        ]
    }
}

/// The resources that a token may be for, and none.
pub fn resource_choices(catalog: &Catalog, chosen: &str) -> Vec<Choice> {
    let of_server = Choice::new("", t!("claims-no-resource"), "", chosen.is_empty());
    let registered = catalog.resources.values();
    let others =
        registered.map(|each| Choice::new(&each.uri, format!("{} ({})", each.name, each.uri), "", each.uri == chosen));
    std::iter::once(of_server).chain(others).collect()
}

/// `GET /admin/resources`
pub async fn index(user: Reader) -> Result<HttpResponse, PageError> {
    let cache = user.visitor.app.store.cache();
    let found = user.visitor.app.store.read::<_, StoreError, _>(move |connection| {
        let stored = resources::list(connection)?;
        let ids: Vec<String> = stored.iter().flat_map(|resource| resource.introspected_by.clone()).collect();
        let known = cache.clients(connection, &ids)?;
        let name = |id: &String| known.get(id).map_or_else(|| id.clone(), |client| client.name().to_owned());
        let line = |resource: Resource| {
            let names = resource.introspected_by.iter().map(name).collect();
            line(resource, names)
        };
        Ok(stored.into_iter().map(line).collect())
    });
    let resources = found.await?;
    let page = IndexPage { layout: user.layout(IndexPage::title(), Section::Resources), resources };
    Ok(respond(StatusCode::OK, &page))
}

fn line(resource: Resource, introspected_by: Vec<String>) -> ResourceLine {
    let scopes = resource.scope.as_ref().map(scope::names).unwrap_or_default();
    ResourceLine {
        scopes: scopes.into_iter().map(str::to_owned).collect(),
        uri: resource.uri,
        name: resource.name,
        token_format: format_in_words(resource.token_format),
        introspected_by,
    }
}

fn format_in_words(format: Option<TokenFormat>) -> String {
    match format {
        Some(TokenFormat::Opaque) => t!("resource-opaque"),
        Some(TokenFormat::Jwt) => "JWT".to_owned(),
        None => t!("resource-format-of-client"),
    }
}

/// `GET /admin/resources/new`
pub async fn new(user: Admin) -> Result<HttpResponse, PageError> {
    let empty = Parameters::default();
    Ok(respond(StatusCode::OK, &new_page(&user, &empty, FormErrors::none()).await?))
}

async fn new_page(user: &User, form: &Parameters, errors: FormErrors) -> Result<NewPage, PageError> {
    let catalog = user.visitor.app.store.catalog().await?;
    let ids = lines(form, "introspected_by");
    let scopes: Vec<&str> = form.all("scope").collect();
    Ok(NewPage {
        layout: user.layout(NewPage::title(), Section::Resources),
        uri: form.get("uri").unwrap_or_default().to_owned(),
        name: form.get("name").unwrap_or_default().to_owned(),
        scopes: scope_choices(&catalog.scopes, &scopes),
        token_formats: NewPage::token_formats(form.get("token_format").unwrap_or("opaque")),
        introspected_by: ids.join("\n"),
        introspectors: called(user, ids).await?,
        errors,
    })
}

/// What those of these clients that exist are called.
async fn called(user: &User, ids: Vec<String>) -> Result<Vec<String>, PageError> {
    let store = &user.visitor.app.store;
    let known = store.read::<_, StoreError, _>(move |connection| clients::find_all(connection, &ids)).await?;
    Ok(known.iter().map(|client| format!("{} ({})", client.name(), client.id)).collect())
}

/// What a form asks for.
fn asked(sent: &Submitted) -> NewResource {
    NewResource {
        uri: sent.field("uri"),
        name: sent.field("name"),
        scopes: sent.form.all("scope").map(str::to_owned).collect(),
        token_format: sent.form.get("token_format").and_then(TokenFormat::from_wire),
        introspected_by: lines(&sent.form, "introspected_by"),
    }
}

/// `POST /admin/resources`
pub async fn create(sent: Submitted) -> Result<HttpResponse, PageError> {
    let new = asked(&sent);
    let catalog = sent.admin.visitor.app.store.catalog().await?;
    let created = sent
        .fill_in(move |connection, context| management::resources::create(connection, context, &new, &catalog.scopes));
    match created.await? {
        Ok(()) => Ok(sent.done(t!("resource-created"), routes::ADMIN_RESOURCES)),
        Err(errors) => {
            let page = new_page(&sent.admin, &sent.form, errors).await?;
            Ok(respond(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}

async fn find(user: &User, uri: String) -> Result<Resource, PageError> {
    let found = user.visitor.app.store.read::<_, StoreError, _>(move |connection| {
        Ok(resources::list(connection)?.into_iter().find(|each| each.uri == uri))
    });
    found.await?.ok_or(PageError::NotFound)
}

/// What a form says that is filled from this resource.
fn filled_from(resource: &Resource) -> NewResource {
    let scopes = resource.scope.as_ref().map(scope::names).unwrap_or_default();
    NewResource {
        uri: resource.uri.clone(),
        name: resource.name.clone(),
        scopes: scopes.into_iter().map(str::to_owned).collect(),
        token_format: resource.token_format,
        introspected_by: resource.introspected_by.clone(),
    }
}

async fn edit_page(
    user: &User,
    stored: &Resource,
    version: String,
    form: &NewResource,
    errors: FormErrors,
) -> Result<EditPage, PageError> {
    let catalog = user.visitor.app.store.catalog().await?;
    let scopes: Vec<&str> = form.scopes.iter().map(String::as_str).collect();
    Ok(EditPage {
        layout: user.layout(EditPage::title(&stored.name), Section::Resources),
        uri: stored.uri.clone(),
        version,
        name: form.name.clone(),
        scopes: scope_choices(&catalog.scopes, &scopes),
        token_formats: EditPage::token_formats(form.token_format.map_or("", TokenFormat::as_str)),
        introspected_by: form.introspected_by.join("\n"),
        introspectors: called(user, form.introspected_by.clone()).await?,
        errors,
    })
}

/// `GET /admin/resources/edit?uri=`
pub async fn edit(user: Admin, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let stored = find(&user, query_of(&request)?.get("uri").unwrap_or_default().to_owned()).await?;
    let version = management::resources::version(&stored);
    let page = edit_page(&user, &stored, version, &filled_from(&stored), FormErrors::none()).await?;
    Ok(respond(StatusCode::OK, &page))
}

/// `POST /admin/resources/edit`
pub async fn update(sent: Submitted) -> Result<HttpResponse, PageError> {
    let version = sent.form.get("version").ok_or(PageError::BadRequest(t!("form-without-version")))?.to_owned();
    let (new, seen) = (asked(&sent), version.clone());
    let catalog = sent.admin.visitor.app.store.catalog().await?;
    let typed = new.clone();
    let updated = sent.attempt(move |connection, context| {
        management::resources::update(connection, context, &new, &seen, &catalog.scopes)
    });
    let (status, version, errors) = match updated.await? {
        Ok(()) => return Ok(sent.done(t!("resource-saved"), routes::ADMIN_RESOURCES)),
        Err(ManagementError::NotFound) => return Err(PageError::NotFound),
        Err(ManagementError::Outdated) => {
            let stored = find(&sent.admin, typed.uri.clone()).await?;
            let errors = outdated::problems(differences(&typed, &filled_from(&stored)));
            (StatusCode::CONFLICT, management::resources::version(&stored), errors)
        }
        Err(refusal) => {
            let mut errors = FormErrors::none();
            note_refusal(&refusal, &mut errors);
            (StatusCode::UNPROCESSABLE_ENTITY, version, errors)
        }
    };
    let stored = find(&sent.admin, typed.uri.clone()).await?;
    let page = edit_page(&sent.admin, &stored, version, &typed, errors).await?;
    Ok(respond(status, &page))
}

/// Each field as it was typed and as it is stored now.
fn differences(typed: &NewResource, stored: &NewResource) -> Vec<outdated::Difference> {
    let sorted = |names: &[String]| {
        let mut names = names.to_vec();
        names.sort_unstable();
        names.join("\n")
    };
    let format = |resource: &NewResource| format_in_words(resource.token_format);
    vec![
        ("name", typed.name.trim().to_owned(), stored.name.clone()),
        ("token_format", format(typed), format(stored)),
        ("scope", sorted(&typed.scopes), sorted(&stored.scopes)),
        ("introspected_by", typed.introspected_by.join("\n"), stored.introspected_by.join("\n")),
    ]
}

/// `GET /admin/resources/delete?uri=`
pub async fn confirm_delete(user: Admin, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let resource = find(&user, query_of(&request)?.get("uri").unwrap_or_default().to_owned()).await?;
    let layout = user.layout("", Section::Resources);
    Ok(respond(StatusCode::OK, &delete_page(layout, &resource.uri, &resource.name)))
}

/// `POST /admin/resources/delete`
pub async fn delete(sent: Submitted) -> Result<HttpResponse, PageError> {
    let uri = sent.field("uri");
    let next = Next::new(t!("resource-deleted"), routes::ADMIN_RESOURCES);
    sent.act(next, move |connection, context| management::resources::delete(connection, context, &uri)).await
}

/// The routes of these pages.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .service(form(routes::ADMIN_RESOURCES).route(get(index)).route(post(create)))
        .service(page(routes::ADMIN_RESOURCES_NEW).route(get(new)))
        .service(form(routes::ADMIN_RESOURCE_EDIT).route(get(edit)).route(post(update)))
        .service(form(routes::ADMIN_RESOURCE_DELETE).route(get(confirm_delete)).route(post(delete)));
}
