//! `/admin/resources`: the APIs that tokens are for (RFC 8707).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::scopes::words::scope_choices;
use super::submitted::{Next, Submitted};
use super::{form, lines, page, query_of};
use crate::domain::client::TokenFormat;
use crate::domain::resource::Resource;
use crate::domain::scope;
use crate::management;
use crate::management::resources::NewResource;
use crate::protocol::parameters::Parameters;
use crate::store::{StoreError, access_tokens, clients, resources};
use crate::web::confirm::ConfirmPage;
use crate::web::error::PageError;
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

/// Asks before `POST /admin/resources/delete`; the form sends `uri`.
pub fn delete_page(layout: Layout, uri: &str, name: &str, live_tokens: i64) -> ConfirmPage {
    ConfirmPage::ask(
        layout,
        t!("resource-delete-question", name = name),
        t!("resource-delete-lead"),
        (t!("resource-delete"), routes::ADMIN_RESOURCE_DELETE.to_owned()),
        (t!("place-resources"), routes::ADMIN_RESOURCES.to_owned()),
    )
    .with([t!("resource-delete-tokens", uri = uri, tokens = live_tokens)])
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
    let token_format = match resource.token_format {
        Some(TokenFormat::Opaque) => t!("resource-opaque"),
        Some(TokenFormat::Jwt) => "JWT".to_owned(),
        None => t!("resource-format-of-client"),
    };
    ResourceLine {
        scopes: scopes.into_iter().map(str::to_owned).collect(),
        uri: resource.uri,
        name: resource.name,
        token_format: token_format.clone(),
        introspected_by,
    }
}

/// `GET /admin/resources/new`
pub async fn new(user: Admin) -> Result<HttpResponse, PageError> {
    let empty = Parameters::default();
    Ok(respond(StatusCode::OK, &new_page(&user, &empty, FormErrors::none()).await?))
}

async fn new_page(user: &User, form: &Parameters, errors: FormErrors) -> Result<NewPage, PageError> {
    let store = &user.visitor.app.store;
    let (catalog, ids) = (store.catalog().await?, lines(form, "introspected_by"));
    let introspected_by = ids.join("\n");
    let known = store.read::<_, StoreError, _>(move |connection| clients::find_all(connection, &ids)).await?;
    let scopes: Vec<&str> = form.all("scope").collect();
    Ok(NewPage {
        layout: user.layout(NewPage::title(), Section::Resources),
        uri: form.get("uri").unwrap_or_default().to_owned(),
        name: form.get("name").unwrap_or_default().to_owned(),
        scopes: scope_choices(&catalog.scopes, &scopes),
        token_formats: NewPage::token_formats(form.get("token_format").unwrap_or("opaque")),
        introspected_by,
        introspectors: known.iter().map(|client| format!("{} ({})", client.name(), client.id)).collect(),
        errors,
    })
}

/// `POST /admin/resources`
pub async fn create(sent: Submitted) -> Result<HttpResponse, PageError> {
    let new = NewResource {
        uri: sent.field("uri"),
        name: sent.field("name"),
        scopes: sent.form.all("scope").map(str::to_owned).collect(),
        token_format: sent.form.get("token_format").and_then(TokenFormat::from_wire),
        introspected_by: lines(&sent.form, "introspected_by"),
    };
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

/// `GET /admin/resources/delete?uri=`
pub async fn confirm_delete(user: Admin, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let uri = query_of(&request)?.get("uri").unwrap_or_default().to_owned();
    let now = user.visitor.now();
    let found = user.visitor.app.store.read::<_, StoreError, _>(move |connection| {
        let Some(resource) = resources::list(connection)?.into_iter().find(|each| each.uri == uri) else {
            return Ok(None);
        };
        Ok(Some((access_tokens::count_for_resource(connection, &uri, now)?, resource)))
    });
    let (live_tokens, resource) = found.await?.ok_or(PageError::NotFound)?;
    let layout = user.layout("", Section::Resources);
    Ok(respond(StatusCode::OK, &delete_page(layout, &resource.uri, &resource.name, live_tokens)))
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
        .service(form(routes::ADMIN_RESOURCES).route(web::get().to(index)).route(web::post().to(create)))
        .service(page(routes::ADMIN_RESOURCES_NEW).route(web::get().to(new)))
        .service(
            form(routes::ADMIN_RESOURCE_DELETE).route(web::get().to(confirm_delete)).route(web::post().to(delete)),
        );
}
