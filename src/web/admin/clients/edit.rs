//! Changing a client.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde_json::{Map, Value, json};

use super::find;
use super::kind::Kind;
use super::members::{changed_members, differences, edit_form, members_of};
use super::secrets::{SecretPage, secret_page};
use super::settings::{Group, Input};
use crate::domain::client::Client;
use crate::domain::scope::ScopeCatalog;
use crate::management::{self, ManagementError};
use crate::store::clients;
use crate::web::admin::outdated;
use crate::web::admin::submitted::Submitted;
use crate::web::client_metadata;
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
    /// Ids are the names of client metadata's members.
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
    /// Everything else, folded away.
    pub groups: Vec<Group>,
}

impl EditPage {
    pub fn title(name: &str) -> String {
        t!("client-edit-title", client = name)
    }

    pub fn samples() -> Vec<Self> {
        let page = |members: &Map<String, Value>, is_public, errors| Self {
            layout: sample::desk(&Self::title("Acme Reports"), Section::Clients),
            id: "c_9aVqk2Lw0TzYx4RbN1mEuP".into(),
            name: "Acme Reports".into(),
            kind: if is_public { Kind::SinglePage } else { Kind::Web }.label(),
            is_confidential: !is_public,
            version: 1,
            form: EditForm {
                scope: sample_scopes(),
                ..edit_form(members, is_public, &ScopeCatalog::default(), &sample::lifetimes())
            },
            errors,
        };
        let errors = FormErrors::none()
            .with("redirect_uris", t!("metadata-number", number = 1_i64, problem = t!("redirect-uri-fragment")))
            .with("access_token_lifetime", t!("metadata-seconds", from = 1_i64, to = 315_360_000_i64))
            .with("jwks", t!("metadata-jwks-both"));
        let plain = json!({
            "client_name": "Acme Reports",
            "redirect_uris": ["https://reports.acme.example/callback", "http://127.0.0.1/callback"],
            "grant_types": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_method": "client_secret_basic",
        });
        let mut rich = plain.clone();
        for (member, value) in [
            ("access_token_lifetime", "soon".into()),
            ("token_endpoint_auth_method", "private_key_jwt".into()),
            ("jwks_uri", "https://reports.acme.example/jwks.json".into()),
            (
                "jwks",
                json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}),
            ),
            ("require_pkce", false.into()),
            ("contacts", json!(["ops@acme.example", "security@acme.example"])),
        ] {
            rich[member] = value;
        }
        let no_members = Map::new();
        let members = |metadata: &Value| metadata.as_object().unwrap_or(&no_members).clone();
        vec![
            page(&members(&plain), false, FormErrors::none()),
            page(&members(&rich), false, errors),
            page(&members(&plain), true, FormErrors::none()),
        ]
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
    let lifetimes = &user.visitor.app.policies().lifetimes;
    let form = edit_form(&members_of(&client.metadata), client.is_public(), &catalog.scopes, lifetimes);
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
    let looked_at = client_metadata::look_at(&members, Some(&client.metadata), &catalog.scopes, &app.outbound);
    let outcome = if let Err(refusal) = looked_at.await {
        Err(refusal)
    } else {
        let saved = sent.attempt(move |connection, context| {
            let secret =
                management::clients::update(connection, context, &id, Some(version), &metadata, &known.scopes)?;
            Ok((secret, clients::find(connection, &id)?))
        });
        saved.await?
    };
    match outcome {
        Ok((Some(secret), Some(client))) => {
            Ok(secret_page(user, SecretPage::created(), &client.id, &client.metadata, secret, false))
        }
        Ok(_) => Ok(sent.done(t!("client-saved"), &routes::admin_client(&client.id))),
        Err(ManagementError::NotFound) => Err(PageError::NotFound),
        Err(ManagementError::Outdated) => {
            let client = find(user, &client.id).await?.client;
            let errors = outdated::problems(differences(&client, &members, &catalog.scopes));
            let form = edit_form(&members, client.is_public(), &catalog.scopes, &app.policies().lifetimes);
            Ok(respond(StatusCode::CONFLICT, &edit_page(user, &client, client.version, form, errors)))
        }
        Err(refusal) => {
            let mut errors = FormErrors::none();
            note_refusal(&refusal, &mut errors);
            let form = edit_form(&members, client.is_public(), &catalog.scopes, &app.policies().lifetimes);
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
        kind: Kind::of(&client.metadata).label().clone(),
        is_confidential: !client.is_public(),
        version,
        form,
        errors,
    }
}
