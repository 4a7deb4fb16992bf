//! Changing a client.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::find;
use super::kind::{Kind, auth_method_label, grant_type_label};
use super::members::{changed_members, differences, edit_form, members_of};
use super::secrets::{SecretPage, secret_page};
use crate::domain::client::Client;
use crate::management::{self, ManagementError};
use crate::store::clients;
use crate::web::admin::outdated;
use crate::web::admin::submitted::Submitted;
use crate::web::error::{PageError, note_refusal};
use crate::web::page::{Choice, FormErrors, Layout, Section, respond, sample};
use crate::web::routes;
use crate::web::visitor::{Admin, User};

/// `GET /admin/clients/{id}/edit`, and again when the POST to `/admin/clients/{id}` was refused.
#[derive(Template)]
#[template(path = "admin/clients/edit.html")]
pub struct EditPage {
    pub layout: Layout,
    pub id: String,
    pub name: String,
    /// [`Kind::label`]; it cannot be changed, since a public client cannot become confidential.
    pub kind: String,
    pub is_confidential: bool,
    /// Of the client when the form was filled; a change since then is not overwritten unknowingly.
    pub version: i32,
    pub form: EditForm,
    /// Ids are the names of [`EditForm`]'s and [`Advanced`]'s members.
    pub errors: FormErrors,
}

/// The everyday settings.
pub struct EditForm {
    pub client_name: String,
    /// One per line.
    pub redirect_uris: String,
    /// Checkboxes named `grant_types`.
    pub grant_types: Vec<Choice>,
    /// Checkboxes named `scope`.
    pub scope: Vec<Choice>,
    /// A select.
    pub token_endpoint_auth_method: Vec<Choice>,
    pub advanced: Advanced,
}

/// The settings that most clients leave alone. Empty text means the default.
pub struct Advanced {
    /// How many of these differ from the default; the closed group says so.
    pub changed: i64,
    pub require_pkce: bool,
    pub skip_consent: bool,
    pub refresh_token_rotation: bool,
    /// A select: `opaque`, `jwt`.
    pub access_token_format: Vec<Choice>,
    /// A select: `issuer`, `token_endpoint`.
    pub client_assertion_audience: Vec<Choice>,
    /// Seconds.
    pub access_token_lifetime: String,
    pub refresh_token_lifetime: String,
    pub id_token_lifetime: String,
    /// The server's values, in words, for the help below: `60 minutes`.
    pub default_access_token_lifetime: String,
    pub default_refresh_token_lifetime: String,
    pub default_id_token_lifetime: String,
    pub client_uri: String,
    pub logo_uri: String,
    pub policy_uri: String,
    pub tos_uri: String,
    /// E-mail addresses, one per line.
    pub contacts: String,
}

impl EditPage {
    pub fn title(name: &str) -> String {
        format!("Edit {name}")
    }

    pub fn samples() -> Vec<Self> {
        let page = |changed, is_confidential, errors| Self {
            layout: sample::desk(&Self::title("Acme Reports"), Section::Clients),
            id: "c_9aVqk2Lw0TzYx4RbN1mEuP".into(),
            name: "Acme Reports".into(),
            kind: Kind::Web.label().into(),
            is_confidential,
            version: 1,
            form: EditForm {
                client_name: "Acme Reports".into(),
                redirect_uris: "https://reports.acme.example/callback\nhttp://127.0.0.1/callback".into(),
                grant_types: ["authorization_code", "refresh_token", "client_credentials"]
                    .map(|value| Choice::new(value, grant_type_label(value), value, value != "client_credentials"))
                    .to_vec(),
                scope: sample_scopes(),
                token_endpoint_auth_method: ["client_secret_basic", "client_secret_post", "private_key_jwt"]
                    .map(|value| Choice::new(value, auth_method_label(value), "", value == "client_secret_basic"))
                    .to_vec(),
                advanced: Advanced {
                    changed,
                    require_pkce: changed == 0,
                    skip_consent: false,
                    refresh_token_rotation: true,
                    access_token_format: vec![
                        Choice::new("opaque", "Opaque", "", true),
                        Choice::new("jwt", "JWT", "", false),
                    ],
                    client_assertion_audience: vec![
                        Choice::new("issuer", "The issuer only", "", true),
                        Choice::new("token_endpoint", "The token endpoint's URL too", "", false),
                    ],
                    access_token_lifetime: if changed > 0 { "600".into() } else { String::new() },
                    refresh_token_lifetime: String::new(),
                    id_token_lifetime: String::new(),
                    default_access_token_lifetime: "60 minutes".into(),
                    default_refresh_token_lifetime: "30 days".into(),
                    default_id_token_lifetime: "60 minutes".into(),
                    client_uri: "https://acme.example/".into(),
                    logo_uri: String::new(),
                    policy_uri: String::new(),
                    tos_uri: String::new(),
                    contacts: String::new(),
                },
            },
            errors,
        };
        let errors = FormErrors::none()
            .with("redirect_uris", "https://reports.acme.example/#done has a fragment. Leave out # and what follows.")
            .with("access_token_lifetime", "Give a number of seconds between 60 and 86400, such as 3600.");
        vec![page(0, false, FormErrors::none()), page(2, true, errors)]
    }
}

pub(super) fn sample_scopes() -> Vec<Choice> {
    let scopes = sample::scopes().into_iter().enumerate();
    scopes.map(|(index, scope)| Choice::new(scope.name, scope.description, "", index < 3)).collect()
}

/// `GET /admin/clients/{id}/edit`
pub async fn edit(user: Admin, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let client = find(&user, &id).await?.client;
    let catalog = user.visitor.app.store.catalog().await?;
    let form = edit_form(&user.visitor.app, &client, &members_of(&client.metadata), &catalog.scopes);
    Ok(respond(StatusCode::OK, &edit_page(&user, &client, client.version, form, FormErrors::none())))
}

/// `POST /admin/clients/{id}`
pub async fn update(sent: Submitted, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let (user, form) = (&sent.admin, &sent.form);
    let version = outdated::version(&sent)?;
    let client = find(user, &id).await?.client;
    let app = &user.visitor.app;
    let catalog = app.store.catalog().await?;
    let members = changed_members(&client, form);
    let (id, metadata, known) = (client.id.clone(), members.clone(), catalog.clone());
    let outcome = sent
        .attempt(move |connection, context| {
            let secret =
                management::clients::update(connection, context, &id, Some(version), &metadata, &known.scopes)?;
            Ok((secret, clients::find(connection, &id)?))
        })
        .await?;
    match outcome {
        Ok((Some(secret), Some(client))) => {
            Ok(secret_page(user, SecretPage::CREATED, &client.id, &client.metadata, secret, false))
        }
        Ok(_) => Ok(sent.done("The client was saved.", &routes::admin_client(&client.id))),
        Err(ManagementError::NotFound) => Err(PageError::NotFound),
        Err(ManagementError::Outdated) => {
            let client = find(user, &client.id).await?.client;
            let errors = outdated::problems(differences(&client, &members, &catalog.scopes));
            let form = edit_form(app, &client, &members, &catalog.scopes);
            Ok(respond(StatusCode::CONFLICT, &edit_page(user, &client, client.version, form, errors)))
        }
        Err(refusal) => {
            let mut errors = FormErrors::none();
            note_refusal(&refusal, &mut errors);
            let form = edit_form(app, &client, &members, &catalog.scopes);
            let page = edit_page(user, &client, version, form, errors);
            Ok(respond(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}

fn edit_page(user: &User, client: &Client, version: i32, form: EditForm, errors: FormErrors) -> EditPage {
    EditPage {
        layout: user.layout(EditPage::title(client.name()), Section::Clients),
        id: client.id.clone(),
        name: client.name().to_owned(),
        kind: Kind::of(&client.metadata).label().to_owned(),
        is_confidential: !client.is_public(),
        version,
        form,
        errors,
    }
}
