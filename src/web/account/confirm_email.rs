//! `/confirm-email?token=`: somebody who reads the letters to an address says that it is theirs. Opening the link changes
//! nothing, since programs that look at letters open links; the button does.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::domain::resource_owner::ResourceOwner;
use crate::management::{self, ManagementError};
use crate::secret::Digest;
use crate::store::audit_log::Actor;
use crate::store::one_time_links::{self, Purpose};
use crate::store::{Failure, StoreError, resource_owners};
use crate::web::error::{PageError, in_words};
use crate::web::page::{Layout, respond, sample};
use crate::web::routes;
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "account/confirm_email/edit.html")]
pub struct EditPage {
    pub layout: Layout,
    /// The token of the link, sent back as `token`.
    pub token: String,
    /// Whose address it becomes.
    pub username: String,
    pub address: String,
}

/// It is confirmed.
#[derive(Template)]
#[template(path = "account/confirm_email/done.html")]
pub struct DonePage {
    pub layout: Layout,
    pub username: String,
    pub address: String,
}

/// The link was used, has expired or never existed, or its address cannot be used any more.
#[derive(Template)]
#[template(path = "account/confirm_email/invalid.html")]
pub struct InvalidPage {
    pub layout: Layout,
    /// Why.
    pub why: String,
}

impl EditPage {
    pub fn title() -> String {
        t!("confirm-email-title")
    }

    pub fn samples() -> Vec<Self> {
        let page = |username: &str, address: &str| Self {
            layout: sample::door(&Self::title()),
            token: "gol_2Rt9".into(),
            username: username.into(),
            address: address.into(),
        };
        let long = format!("{}@example.com", sample::LONG.replace(' ', "."));
        vec![page("bob", "bob@example.com"), page("bob", &long)]
    }
}

impl DonePage {
    pub fn title() -> String {
        t!("confirm-email-done")
    }

    pub fn samples() -> Vec<Self> {
        let layout = sample::door(&Self::title());
        vec![Self { layout, username: "bob".into(), address: "bob@example.com".into() }]
    }
}

impl InvalidPage {
    pub fn title() -> String {
        t!("set-password-invalid")
    }

    pub fn samples() -> Vec<Self> {
        let page = |why| Self { layout: sample::door(&Self::title()), why };
        vec![page(t!("link-invalid")), page(t!("email-unusable"))]
    }
}

/// `GET /confirm-email`
pub async fn edit(visitor: Visitor, query: web::Query<super::setup::LinkQuery>) -> Result<HttpResponse, PageError> {
    let Some((owner, address)) = found(&visitor, query.token()).await? else {
        return Ok(invalid(&visitor, StatusCode::NOT_FOUND, t!("link-invalid")));
    };
    let layout = visitor.layout(EditPage::title());
    let page = EditPage { layout, token: query.token().to_owned(), username: owner.username, address };
    Ok(respond(StatusCode::OK, &page))
}

/// `POST /confirm-email`
pub async fn update(visitor: Visitor, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, PageError> {
    let form = visitor.form(&request, payload).await?;
    let token = form.get("token").unwrap_or_default();
    let Some((owner, address)) = found(&visitor, token).await? else {
        return Ok(invalid(&visitor, StatusCode::NOT_FOUND, t!("link-invalid")));
    };
    let (context, digest) = (visitor.context(Actor::Owner(owner.username.clone())), Digest::of(token));
    let outcome: Result<(), Failure<ManagementError>> =
        visitor.app.store.write(move |connection| management::email::confirm(connection, &context, &digest)).await;
    match outcome {
        Ok(()) => {
            visitor.app.post.wake();
            let page = DonePage { layout: visitor.layout(DonePage::title()), username: owner.username, address };
            Ok(respond(StatusCode::OK, &page))
        }
        Err(Failure::Refused(ManagementError::NotFound)) => {
            Ok(invalid(&visitor, StatusCode::NOT_FOUND, t!("link-invalid")))
        }
        Err(Failure::Refused(refusal)) => Ok(invalid(&visitor, StatusCode::CONFLICT, in_words(&refusal))),
        Err(Failure::Store(error)) => Err(error.into()),
    }
}

/// The account and the address that a link is for.
async fn found(visitor: &Visitor, token: &str) -> Result<Option<(ResourceOwner, String)>, StoreError> {
    let (digest, now) = (Digest::of(token), visitor.now());
    visitor
        .app
        .store
        .read(move |connection| match one_time_links::find(connection, &digest, now)? {
            Some(Purpose::ConfirmEmail { owner_id, address }) => {
                Ok(resource_owners::find(connection, &owner_id)?.map(|owner| (owner, address)))
            }
            _ => Ok(None),
        })
        .await
}

fn invalid(visitor: &Visitor, status: StatusCode, why: String) -> HttpResponse {
    respond(status, &InvalidPage { layout: visitor.layout(InvalidPage::title()), why })
}
