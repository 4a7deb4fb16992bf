//! Registering a client: the few things it needs; all else has a default and is on
//! [`EditPage`](super::edit::EditPage).

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use serde_json::{Map, Value, json};

use super::edit::sample_scopes;
use super::kind::Kind;
use super::members::put_scope;
use super::secrets::{SecretPage, secret_page};
use crate::domain::client::AuthMethod;
use crate::domain::redirect_uri::RedirectUri;
use crate::management;
use crate::management::clients::Created;
use crate::protocol::parameters::Parameters;
use crate::web::admin::lines;
use crate::web::admin::scopes::words::scope_choices;
use crate::web::admin::submitted::Submitted;
use crate::web::error::PageError;
use crate::web::page::{Choice, FormErrors, Layout, Section, respond, sample};
use crate::web::routes;
use crate::web::visitor::Admin;

/// `GET /admin/clients/new`, and again when the POST to `/admin/clients` was refused.
#[derive(Template)]
#[template(path = "admin/clients/new.html")]
pub struct NewPage {
    pub layout: Layout,
    pub form: NewForm,
    /// Ids: `kind`, `client_name`, `redirect_uris`, `scope`.
    pub errors: FormErrors,
}

/// The few things a new client needs; all else has a default and is on [`EditPage`].
pub struct NewForm {
    /// Radio buttons named `kind`: [`Kind::choices`].
    pub kinds: Vec<Choice>,
    pub client_name: String,
    /// One per line; none for a machine.
    pub redirect_uris: String,
    /// Checkboxes named `scope`.
    pub scopes: Vec<Choice>,
}

impl NewPage {
    pub const TITLE: &str = "New client";

    pub fn samples() -> Vec<Self> {
        let page = |chosen, name: &str, uris: &str, errors| Self {
            layout: sample::desk(Self::TITLE, Section::Clients),
            form: NewForm {
                kinds: Kind::choices(chosen),
                client_name: name.into(),
                redirect_uris: uris.into(),
                scopes: sample_scopes(),
            },
            errors,
        };
        let errors = FormErrors::none()
            .with("kind", "Choose what kind of client this is.")
            .with("client_name", "Give it a name that users will recognise, such as Acme Reports.")
            .with("redirect_uris", "http://acme.example is not allowed: use https, or http only for 127.0.0.1.");
        vec![page(Some(Kind::Web), "", "", FormErrors::none()), page(None, "", "http://acme.example", errors)]
    }
}

/// `GET /admin/clients/new`
pub async fn new(user: Admin) -> Result<HttpResponse, PageError> {
    let catalog = user.visitor.app.store.catalog().await?;
    let form = NewForm {
        kinds: Kind::choices(Some(Kind::Web)),
        client_name: String::new(),
        redirect_uris: String::new(),
        scopes: scope_choices(&catalog.scopes, &[]),
    };
    let layout = user.layout(NewPage::TITLE, Section::Clients);
    Ok(respond(StatusCode::OK, &NewPage { layout, form, errors: FormErrors::none() }))
}

/// `POST /admin/clients`
pub async fn create(sent: Submitted) -> Result<HttpResponse, PageError> {
    let (user, form) = (&sent.admin, &sent.form);
    let catalog = user.visitor.app.store.catalog().await?;
    let kind = form.get("kind").and_then(Kind::parse);
    let errors = match kind {
        None => FormErrors::none().with("kind", "Choose what kind of client this is."),
        Some(kind) => {
            let (metadata, known) = (new_metadata(kind, form), catalog.clone());
            let outcome = sent.fill_in(move |connection, context| {
                management::clients::create(connection, context, &metadata, &known.scopes)
            });
            match outcome.await? {
                Ok(Created { client_id, secret: Some(secret), metadata }) => {
                    return Ok(secret_page(user, SecretPage::CREATED, &client_id, &metadata, secret, false));
                }
                Ok(Created { client_id, secret: None, .. }) => {
                    return Ok(sent.done("The client was created.", &routes::admin_client(&client_id)));
                }
                Err(errors) => errors,
            }
        }
    };
    let scopes: Vec<&str> = form.all("scope").collect();
    let filled = NewForm {
        kinds: Kind::choices(kind),
        client_name: sent.field("client_name"),
        redirect_uris: sent.field("redirect_uris"),
        scopes: scope_choices(&catalog.scopes, &scopes),
    };
    let page = NewPage { layout: user.layout(NewPage::TITLE, Section::Clients), form: filled, errors };
    Ok(respond(StatusCode::UNPROCESSABLE_ENTITY, &page))
}

/// The form of a new client as client metadata.
fn new_metadata(kind: Kind, form: &Parameters) -> Map<String, Value> {
    let redirect_uris = lines(form, "redirect_uris");
    let (auth_method, grant_types) = match kind {
        Kind::Web => (AuthMethod::ClientSecretBasic, json!(["authorization_code", "refresh_token"])),
        Kind::Public => (AuthMethod::None, json!(["authorization_code", "refresh_token"])),
        Kind::Machine => (AuthMethod::ClientSecretBasic, json!(["client_credentials"])),
    };
    let mut members = Map::new();
    if kind == Kind::Public && is_native(&redirect_uris) {
        members.insert("application_type".to_owned(), "native".into());
    }
    members.insert("client_name".to_owned(), form.get("client_name").unwrap_or_default().into());
    members.insert("redirect_uris".to_owned(), redirect_uris.into());
    members.insert("grant_types".to_owned(), grant_types);
    members.insert("token_endpoint_auth_method".to_owned(), auth_method.as_str().into());
    put_scope(&mut members, form);
    members
}

/// Whether an app on the user's own machine answers at all of these: at a loopback address or a private-use scheme.
fn is_native(redirect_uris: &[String]) -> bool {
    !redirect_uris.is_empty()
        && redirect_uris.iter().all(|uri| RedirectUri::parse(uri).is_ok_and(|uri| uri.is_loopback() || !uri.is_https()))
}
