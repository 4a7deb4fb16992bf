//! `/logout`: sign out here, perhaps because a client asked (OpenID Connect RP-Initiated Logout).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::store::audit_log::{self, Actor};
use crate::store::{StoreError, sessions};
use crate::web::error::PageError;
use crate::web::page::{Layout, respond, sample};
use crate::web::routes;
use crate::web::visitor::Visitor;

/// Asks before the session ends.
#[derive(Template)]
#[template(path = "account/logout/confirm.html")]
pub struct ConfirmPage {
    pub layout: Layout,
    /// Who is signed in.
    pub username: String,
    /// The client that sent the browser here, if any.
    pub client_name: Option<String>,
    /// The id of the stored logout request; empty without one.
    pub request: String,
}

/// The session has ended, and nobody asked to have the browser back.
#[derive(Template)]
#[template(path = "account/logout/done.html")]
pub struct DonePage {
    pub layout: Layout,
}

/// The logout request names a wrong client, hint or address. Never a redirect.
#[derive(Template)]
#[template(path = "account/logout/invalid.html")]
pub struct InvalidPage {
    pub layout: Layout,
    /// What is wrong with it, for the developer.
    pub developer: String,
}

impl ConfirmPage {
    pub const TITLE: &str = "Do you want to sign out?";

    pub fn samples() -> Vec<Self> {
        let page = |client_name: Option<&str>| Self {
            layout: sample::account(Self::TITLE, crate::web::page::Section::Door),
            username: "alice".into(),
            client_name: client_name.map(str::to_owned),
            request: client_name.map(|_| "l_8sKq".to_owned()).unwrap_or_default(),
        };
        vec![page(None), page(Some("Acme Reports"))]
    }
}

impl DonePage {
    pub const TITLE: &str = "You are signed out";

    pub fn samples() -> Vec<Self> {
        vec![Self { layout: sample::door(Self::TITLE) }]
    }
}

impl InvalidPage {
    pub const TITLE: &str = "This logout request is not valid";

    pub fn samples() -> Vec<Self> {
        vec![Self {
            layout: sample::door(Self::TITLE),
            developer: "post_logout_redirect_uri is not registered for this client".into(),
        }]
    }
}

/// `GET /logout`
pub async fn new(visitor: Visitor) -> Result<HttpResponse, PageError> {
    let Some((owner, _)) = visitor.owner().await? else { return Ok(done(&visitor)) };
    let page = ConfirmPage {
        layout: visitor.layout(ConfirmPage::TITLE),
        username: owner.username,
        client_name: None,
        request: String::new(),
    };
    Ok(respond(StatusCode::OK, &page))
}

/// `POST /logout`
pub async fn create(visitor: Visitor, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, PageError> {
    visitor.form(&request, payload).await?;
    if let Some((owner, signed_in)) = visitor.owner().await? {
        let event = visitor.context(Actor::Owner(owner.username.clone())).event("logout", &owner.id);
        visitor
            .app
            .store
            .write::<_, StoreError, _>(move |connection| {
                sessions::end(connection, &owner.id, &signed_in.session_id)?;
                audit_log::insert(connection, &event)?;
                Ok(())
            })
            .await?;
    }
    visitor.session.purge();
    Ok(done(&visitor))
}

fn done(visitor: &Visitor) -> HttpResponse {
    respond(StatusCode::OK, &DonePage { layout: visitor.layout(DonePage::TITLE) })
}
