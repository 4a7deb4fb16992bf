//! Registering a client: what is connected chooses safe settings, the form asks only for the rest. Every other setting is
//! there too, folded away.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use serde_json::{Map, Value};
use url::Url;

use super::connect::connect_page;
use super::edit::sample_scopes;
use super::kind::Kind;
use super::members::{put, put_scope};
use super::settings::{Group, Input, OF_KIND, Setting, new_groups, new_settings};
use crate::domain::client::TokenFormat;
use crate::management::resources::NewResource;
use crate::management::{self, ManagementError};
use crate::protocol::parameters::Parameters;
use crate::store::Failure;
use crate::web::admin::lines;
use crate::web::admin::scopes::words::scope_choices;
use crate::web::admin::submitted::Submitted;
use crate::web::client_metadata;
use crate::web::error::{PageError, note_refusal};
use crate::web::page::{Choice, FormErrors, Layout, Section, respond, sample};
use crate::web::routes;
use crate::web::visitor::{Admin, User};

/// Where an app on the user's device is reached unless it says otherwise; the port may vary (RFC 8252 §7.3).
const LOOPBACK: &str = "http://127.0.0.1/callback";
/// Sent by a form that has the folded settings: in one that has not, an absent checkbox says nothing.
const HAS_SETTINGS: &str = "settings";
/// The address of an MCP server.
const RESOURCE: &str = "resource";

/// `GET /admin/clients/new`, and again when the POST to `/admin/clients` was refused.
#[derive(Template)]
#[template(path = "admin/clients/new.html")]
pub struct NewPage {
    pub layout: Layout,
    pub form: NewForm,
    /// Ids: `kind`, `resource`, and the names of client metadata's members.
    pub errors: FormErrors,
}

/// What a new client needs.
pub struct NewForm {
    /// Radio buttons named `kind`: [`Kind::choices`].
    pub kinds: Vec<Choice>,
    pub client_name: String,
    /// One per line; none for a machine.
    pub redirect_uris: String,
    /// The MCP server whose tokens an agent wants.
    pub resource: String,
    /// Checkboxes named `scope`.
    pub scopes: Vec<Choice>,
    /// Everything else.
    pub groups: Vec<Group>,
}

impl NewPage {
    pub fn title() -> String {
        t!("clients-new")
    }

    pub fn samples() -> Vec<Self> {
        let page = |chosen, name: &str, uris: &str, errors| Self {
            layout: sample::desk(&Self::title(), Section::Clients),
            form: NewForm {
                kinds: Kind::choices(chosen),
                client_name: name.into(),
                redirect_uris: uris.into(),
                resource: String::new(),
                scopes: sample_scopes(),
                groups: new_groups(&Map::new(), &sample::lifetimes()),
            },
            errors,
        };
        let errors = FormErrors::none()
            .with("kind", t!("client-kind-missing"))
            .with("client_name", t!("metadata-name-missing"))
            .with("redirect_uris", t!("metadata-number", number = 1_i64, problem = t!("redirect-uri-clear-text")));
        vec![page(Some(Kind::Web), "", "", FormErrors::none()), page(None, "", "http://acme.example", errors)]
    }
}

/// `GET /admin/clients/new`
pub async fn new(user: Admin) -> Result<HttpResponse, PageError> {
    let (form, members) = (Parameters::default(), Map::new());
    let page = new_page(&user, Some(Kind::Web), &form, &members, FormErrors::none()).await?;
    Ok(respond(StatusCode::OK, &page))
}

async fn new_page(
    user: &User,
    kind: Option<Kind>,
    form: &Parameters,
    members: &Map<String, Value>,
    errors: FormErrors,
) -> Result<NewPage, PageError> {
    let app = &user.visitor.app;
    let catalog = app.store.catalog().await?;
    let scopes: Vec<&str> = form.all("scope").collect();
    let field = |name| form.get(name).unwrap_or_default().to_owned();
    let mut said = members.clone();
    for setting in &OF_KIND {
        // What follows from the kind was not said.
        put(&mut said, setting.member, setting.read(form, &Map::new()));
    }
    Ok(NewPage {
        layout: user.layout(NewPage::title(), Section::Clients),
        form: NewForm {
            kinds: Kind::choices(kind),
            client_name: field("client_name"),
            redirect_uris: field("redirect_uris"),
            resource: field(RESOURCE),
            scopes: scope_choices(&catalog.scopes, &scopes),
            groups: new_groups(&said, &app.policies().lifetimes),
        },
        errors,
    })
}

/// `POST /admin/clients`
pub async fn create(sent: Submitted) -> Result<HttpResponse, PageError> {
    let (user, form) = (&sent.admin, &sent.form);
    let app = &user.visitor.app;
    let catalog = app.store.catalog().await?;
    let Some(kind) = form.get("kind").and_then(Kind::parse) else {
        let errors = FormErrors::none().with("kind", t!("client-kind-missing"));
        let page = new_page(user, None, form, &Map::new(), errors).await?;
        return Ok(respond(StatusCode::UNPROCESSABLE_ENTITY, &page));
    };
    let members = new_metadata(kind, form);
    let resource = new_resource(kind, form).filter(|new| !catalog.resources.contains_key(new.uri.as_str()));
    let (metadata, known) = (members.clone(), catalog.clone());
    let looked_at = client_metadata::look_at(&members, None, &catalog.scopes, &app.outbound).await;
    let created = if let Err(refusal) = looked_at {
        Err(refusal)
    } else {
        let created = sent.attempt(move |connection, context| {
            if let Some(resource) = &resource {
                management::resources::create(connection, context, resource, &known.scopes).map_err(at_the_field)?;
            }
            management::clients::create(connection, context, &metadata, &known.scopes)
        });
        created.await?
    };
    match created {
        Ok(created) => {
            let resource = form.get(RESOURCE).map(str::trim).filter(|_| kind == Kind::Mcp).unwrap_or_default();
            connect_page(user, &created.client_id, created.secret, resource).await
        }
        Err(ManagementError::NotFound) => Err(PageError::NotFound),
        Err(refusal) => {
            let mut errors = FormErrors::none();
            note_refusal(&refusal, &mut errors);
            let page = new_page(user, Some(kind), form, &members, errors).await?;
            Ok(respond(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}

/// The form of a new client as client metadata.
fn new_metadata(kind: Kind, form: &Parameters) -> Map<String, Value> {
    let mut members = Map::new();
    let has_settings = form.is_sent(HAS_SETTINGS);
    let says_something = |setting: &Setting| has_settings || !matches!(setting.input, Input::Check(_));
    for setting in new_settings(kind.is_public()).filter(|setting| says_something(setting)) {
        put(&mut members, setting.member, setting.read(form, &Map::new()));
    }
    let mut redirect_uris = lines(form, "redirect_uris");
    if redirect_uris.is_empty() && matches!(kind, Kind::Native | Kind::Mcp) {
        redirect_uris.push(LOOPBACK.to_owned());
    }
    let grant_types: Vec<&str> = kind.grant_types().iter().map(|grant_type| grant_type.as_str()).collect();
    members.insert("client_name".to_owned(), form.get("client_name").unwrap_or_default().into());
    members.insert("redirect_uris".to_owned(), redirect_uris.into());
    members.insert("grant_types".to_owned(), grant_types.into());
    members.entry("token_endpoint_auth_method").or_insert_with(|| kind.auth_method().as_str().into());
    members.entry("application_type").or_insert_with(|| kind.application_type().as_str().into());
    put_scope(&mut members, form);
    members
}

/// The MCP server as a resource, so that the agent's tokens are for it alone (RFC 8707). They are JWTs, which it checks by
/// itself: it is no client, and nobody else could be asked about them.
fn new_resource(kind: Kind, form: &Parameters) -> Option<NewResource> {
    let uri = form.get(RESOURCE).map(str::trim).filter(|uri| kind == Kind::Mcp && !uri.is_empty())?;
    let host = Url::parse(uri).ok().and_then(|url| url.host_str().map(str::to_owned));
    Some(NewResource {
        uri: uri.to_owned(),
        name: format!("MCP server {}", host.unwrap_or_default()),
        scopes: form.all("scope").map(str::to_owned).collect(),
        token_format: Some(TokenFormat::Jwt),
        introspected_by: Vec::new(),
    })
}

/// What a resource is refused for stands beside its address here.
fn at_the_field(failure: Failure<ManagementError>) -> Failure<ManagementError> {
    match failure {
        Failure::Refused(ManagementError::Invalid(mut problems)) => {
            for problem in &mut problems {
                problem.field = RESOURCE;
            }
            Failure::Refused(ManagementError::Invalid(problems))
        }
        other => other,
    }
}
