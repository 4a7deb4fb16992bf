//! `/admin/clients/{id}/logo`: the picture that stands for a client on our pages.
//!
//! It is uploaded and served by us. The `logo_uri` of a registration is never shown: a browser that fetched it would tell the
//! client's server who is about to sign in.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use crate::domain::branding::{Logo, MOST_CLIENT_LOGO};
use crate::domain::client::Client;
use crate::management;
use crate::store::{StoreError, clients};
use crate::web::admin::submitted::{Next, Submitted};
use crate::web::error::PageError;
use crate::web::language::{self, say};
use crate::web::page::face::Face;
use crate::web::page::{FormErrors, Layout, Section, respond, sample};
use crate::web::routes;
use crate::web::visitor::{Admin, User};

/// `GET /admin/clients/{id}/logo`, and again when a file was refused.
#[derive(Template)]
#[template(path = "admin/clients/logo.html")]
pub struct LogoPage {
    pub layout: Layout,
    pub id: String,
    pub name: String,
    pub face: Face,
    /// Id: `logo`.
    pub errors: FormErrors,
}

impl LogoPage {
    fn title(name: &str) -> String {
        t!("client-logo-of", client = name)
    }

    fn new(user: &User, client: &Client, errors: FormErrors) -> Self {
        let name = language::clients::name(client);
        let layout = user.layout(Self::title(&name), Section::Clients);
        Self { layout, id: client.id.clone(), name, face: Face::of(client), errors }
    }

    /// KiB of the largest picture.
    pub fn most(&self) -> usize {
        MOST_CLIENT_LOGO / 1024
    }

    pub fn samples() -> Vec<Self> {
        let page = |logo: Option<String>, errors| Self {
            layout: sample::desk(&Self::title("Acme Reports"), Section::Clients),
            id: "c_9aVqk2Lw0TzYx4RbN1mEuP".into(),
            name: "Acme Reports".into(),
            face: Face { logo, ..Face::named("Acme Reports") },
            errors,
        };
        let problem = Logo::of_client(b"<svg>").expect_err("that is no picture");
        vec![
            page(None, FormErrors::none()),
            page(Some(crate::web::assets::asset("favicon.svg")), FormErrors::none()),
            page(None, FormErrors::none().with("logo", say(&problem))),
        ]
    }
}

async fn find(user: &User, id: &str) -> Result<Client, PageError> {
    let id = id.to_owned();
    let found = user.visitor.app.store.read::<_, StoreError, _>(move |connection| clients::find(connection, &id));
    found.await?.ok_or(PageError::NotFound)
}

/// `GET /admin/clients/{id}/logo`
pub async fn show(user: Admin, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let client = find(&user, &id).await?;
    Ok(respond(StatusCode::OK, &LogoPage::new(&user, &client, FormErrors::none())))
}

/// `POST /admin/clients/{id}/logo`
pub async fn save(sent: Submitted, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let client = find(&sent.admin, &id).await?;
    let refused = |problem: String| {
        let errors = FormErrors::none().with("logo", problem);
        Ok(respond(StatusCode::UNPROCESSABLE_ENTITY, &LogoPage::new(&sent.admin, &client, errors)))
    };
    let logo = match sent.files.iter().find(|file| file.field == "logo").map(|file| Logo::of_client(&file.bytes)) {
        Some(Ok(logo)) => Some(logo),
        Some(Err(problem)) => return refused(say(&problem)),
        None if sent.field("remove_logo") == "true" => None,
        None => return refused(t!("client-logo-choose")),
    };
    let done = if logo.is_some() { t!("client-logo-saved") } else { t!("client-logo-removed") };
    let id = client.id.clone();
    let next = Next::new(done, routes::admin_client(&id));
    sent.act(next, move |connection, context| management::clients::set_logo(connection, context, &id, logo.as_ref()))
        .await
}
