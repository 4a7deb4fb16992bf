//! A client's secrets. One is shown once, straight from the POST that made it; reloading cannot show it again.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::curl::{curl, curl_client_credentials};
use super::find;
use crate::domain::client::{Client, ClientMetadata, ClientSecret};
use crate::management::clients::MAX_SECRETS;
use crate::management::{self, ManagementError};
use crate::store::clients;
use crate::web::admin::submitted::{Next, Submitted};
use crate::web::confirm::ConfirmPage;
use crate::web::error::{PageError, in_words};
use crate::web::page::{Choice, FormErrors, Layout, Moment, Section, respond, sample};
use crate::web::routes;
use crate::web::visitor::{Admin, User};

/// The answer to the POST that made a client with a secret, or rotated one.
#[derive(Template)]
#[template(path = "admin/clients/secret.html")]
pub struct SecretPage {
    /// Its title is [`SecretPage::created()`] or [`SecretPage::rotated()`].
    pub layout: Layout,
    pub id: String,
    pub name: String,
    pub secret: String,
    /// A line to paste into a terminal, with the secret in it.
    pub curl: String,
    /// The secret before this one still works.
    pub has_older_secret: bool,
}

impl SecretPage {
    pub fn created() -> String {
        t!("client-created-title")
    }
    pub fn rotated() -> String {
        t!("client-rotated-title")
    }

    pub fn samples() -> Vec<Self> {
        let (id, secret) = ("c_9aVqk2Lw0TzYx4RbN1mEuP", "gcs_u2JvKq9cY7mB0xT4nWlZs8RdHf3EaPoG1iQyVt6CkXM");
        let page = |title: &str, has_older_secret| Self {
            layout: sample::desk(title, Section::Clients),
            id: id.into(),
            name: "Acme Reports".into(),
            secret: secret.into(),
            curl: curl_client_credentials("https://id.example/oauth2/token", id, secret, "reports:read"),
            has_older_secret,
        };
        vec![page(&Self::created(), false), page(&Self::rotated(), true)]
    }
}

pub(super) fn secret_page(
    user: &User,
    title: String,
    id: &str,
    metadata: &ClientMetadata,
    secret: String,
    has_older_secret: bool,
) -> HttpResponse {
    let page = SecretPage {
        layout: user.layout(title, Section::Clients),
        id: id.to_owned(),
        name: metadata.client_name.clone(),
        curl: curl(&user.visitor.app, id, metadata, &secret),
        secret,
        has_older_secret,
    };
    respond(StatusCode::OK, &page)
}

/// Asks before `POST /admin/clients/{id}/rotate-secret`, which answers with a [`SecretPage`]. `replaced` is the id of the
/// secret that has to make room.
pub fn rotate_secret_page(layout: Layout, id: &str, name: &str, replaced: Option<&str>) -> ConfirmPage {
    let page = ConfirmPage::ask(
        layout,
        t!("client-rotate-question", client = name),
        t!("client-rotate-lead"),
        (t!("client-rotate-secret"), routes::admin_client_rotate_secret(id)),
        (name, routes::admin_client(id)),
    );
    match replaced {
        None => page.with([t!("client-rotate-stays")]),
        Some(replaced) => page
            .with([t!("client-rotate-older"), t!("client-rotate-newer")])
            .sending(REPLACED_SECRET, replaced)
            .dangerous(),
    }
}

/// Asks before `POST /admin/clients/{id}/secrets/{secret_id}/delete`.
pub fn delete_secret_page(layout: Layout, id: &str, name: &str, secret_id: &str) -> ConfirmPage {
    ConfirmPage::ask(
        layout,
        t!("client-secret-delete-question", client = name),
        t!("client-secret-delete-lead"),
        (t!("client-secret-delete"), routes::admin_client_secret_delete(id, secret_id)),
        (name, routes::admin_client(id)),
    )
    .dangerous()
}

/// `GET /admin/clients/{id}/secrets/{secret_id}/expiry`: when a secret ends by itself.
#[derive(Template)]
#[template(path = "admin/clients/secret_expiry.html")]
pub struct ExpiryPage {
    pub layout: Layout,
    pub id: String,
    pub name: String,
    pub secret_id: String,
    /// Days from now; empty for never.
    pub ends: Vec<Choice>,
    /// When it ends as it is.
    pub expires: Option<Moment>,
    pub errors: FormErrors,
}

impl ExpiryPage {
    pub fn title() -> String {
        t!("client-secret-ends-title")
    }

    const DAYS: [i64; 5] = [1, 7, 30, 90, 365];

    fn ends(chosen: &str) -> Vec<Choice> {
        let never = Choice::new("", t!("never"), "", chosen.is_empty());
        let choice = |days: i64| {
            let label = if days == 365 { t!("ahead-years", count = 1) } else { t!("ahead-days", count = days) };
            Choice::new(days.to_string(), label, "", days.to_string() == chosen)
        };
        std::iter::once(never).chain(Self::DAYS.map(choice)).collect()
    }

    pub fn samples() -> Vec<Self> {
        let page = |expires, errors| Self {
            layout: sample::desk(&Self::title(), Section::Clients),
            id: "c_9aVqk2Lw0TzYx4RbN1mEuP".into(),
            name: "Acme Reports".into(),
            secret_id: "7".into(),
            ends: Self::ends("30"),
            expires,
            errors,
        };
        let errors = FormErrors::none().with("ends", t!("audit-choose"));
        vec![page(Some(sample::ahead(86_400 * 12)), FormErrors::none()), page(None, errors)]
    }
}

fn expiry_page(user: &User, client: &Client, secret: &ClientSecret, errors: FormErrors) -> ExpiryPage {
    ExpiryPage {
        layout: user.layout(ExpiryPage::title(), Section::Clients),
        id: client.id.clone(),
        name: client.name().to_owned(),
        secret_id: secret.id.clone(),
        ends: ExpiryPage::ends("30"),
        expires: secret.expires_at.map(|at| Moment::new(at, user.visitor.now())),
        errors,
    }
}

async fn find_secret(user: &User, id: &str, secret_id: &str) -> Result<(Client, ClientSecret), PageError> {
    let client = find(user, id).await?.client;
    let secret = client.secrets.iter().find(|secret| secret.id == secret_id).cloned();
    secret.map(|secret| (client, secret)).ok_or(PageError::NotFound)
}

/// `GET /admin/clients/{id}/secrets/{secret_id}/expiry`
pub async fn edit_expiry(user: Admin, path: web::Path<(String, String)>) -> Result<HttpResponse, PageError> {
    let (client, secret) = find_secret(&user, &path.0, &path.1).await?;
    Ok(respond(StatusCode::OK, &expiry_page(&user, &client, &secret, FormErrors::none())))
}

/// `POST /admin/clients/{id}/secrets/{secret_id}/expiry`
pub async fn set_expiry(sent: Submitted, path: web::Path<(String, String)>) -> Result<HttpResponse, PageError> {
    let (client, secret) = find_secret(&sent.admin, &path.0, &path.1).await?;
    let days = sent.field("ends");
    if !days.is_empty() && ExpiryPage::DAYS.iter().all(|each| each.to_string() != days) {
        let errors = FormErrors::none().with("ends", t!("audit-choose"));
        return Ok(respond(StatusCode::UNPROCESSABLE_ENTITY, &expiry_page(&sent.admin, &client, &secret, errors)));
    }
    let ends = days.parse::<i64>().ok().map(|days| sent.admin.visitor.now() + days * 24 * 60 * 60);
    let next = Next::new(t!("client-secret-ends-changed"), routes::admin_client(&client.id));
    sent.act(next, move |connection, context| {
        management::clients::set_secret_expiry(connection, context, &client.id, &secret.id, ends)
    })
    .await
}

/// Names the secret that has to make room, in the form that asks: another one is never deleted.
const REPLACED_SECRET: &str = "replaces";

/// `GET /admin/clients/{id}/rotate-secret`
pub async fn confirm_rotate_secret(user: Admin, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let (client, now) = (find(&user, &id).await?.client, user.visitor.now());
    let oldest = client.live_secrets(now).next().filter(|_| client.live_secrets(now).count() >= MAX_SECRETS);
    let layout = user.layout("", Section::Clients);
    let page = rotate_secret_page(layout, &client.id, client.name(), oldest.map(|secret| secret.id.as_str()));
    Ok(respond(StatusCode::OK, &page))
}

/// `POST /admin/clients/{id}/rotate-secret`
pub async fn rotate_secret(sent: Submitted, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let replaced = sent.form.get(REPLACED_SECRET).map(str::to_owned);
    let (to, id) = (routes::admin_client(&id), id.into_inner());
    let outcome = sent
        .attempt(move |connection, context| {
            if let Some(replaced) = &replaced {
                management::clients::delete_secret(connection, context, &id, replaced)?;
            }
            let secret = management::clients::add_secret(connection, context, &id)?;
            Ok(clients::find(connection, &id)?.map(|client| (client, secret)))
        })
        .await?;
    match outcome {
        Ok(Some((client, secret))) => {
            let has_older_secret = client.live_secrets(sent.admin.visitor.now()).count() > 1;
            Ok(secret_page(&sent.admin, SecretPage::rotated(), &client.id, &client.metadata, secret, has_older_secret))
        }
        Ok(None) | Err(ManagementError::NotFound) => Err(PageError::NotFound),
        Err(refusal) => Ok(sent.refused(in_words(&refusal), &to)),
    }
}

/// `GET /admin/clients/{id}/secrets/{secret_id}/delete`
pub async fn confirm_delete_secret(user: Admin, path: web::Path<(String, String)>) -> Result<HttpResponse, PageError> {
    let (id, secret_id) = path.into_inner();
    let client = find(&user, &id).await?.client;
    if !client.secrets.iter().any(|secret| secret.id == secret_id) {
        return Err(PageError::NotFound);
    }
    let layout = user.layout("", Section::Clients);
    Ok(respond(StatusCode::OK, &delete_secret_page(layout, &client.id, client.name(), &secret_id)))
}

/// `POST /admin/clients/{id}/secrets/{secret_id}/delete`
pub async fn delete_secret(sent: Submitted, path: web::Path<(String, String)>) -> Result<HttpResponse, PageError> {
    let (id, secret_id) = path.into_inner();
    let next = Next::new(t!("client-secret-deleted"), routes::admin_client(&id));
    sent.act(next, move |connection, context| management::clients::delete_secret(connection, context, &id, &secret_id))
        .await
}
