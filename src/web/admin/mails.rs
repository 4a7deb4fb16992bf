//! `/admin/mails`: letters to users, and whether the mail server took them.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::deliveries::{self, Attempts};
use super::paging::{Slice, place_of};
use super::submitted::{Next, Submitted};
use super::{form, query_of};
use crate::clock::Timestamp;
use crate::management;
use crate::store::StoreError;
use crate::store::attempts::Progress;
use crate::store::connection::AnyConnection;
use crate::store::mails::{self, Kind, Listed};
use crate::store::paging::Place;
use crate::web::error::PageError;
use crate::web::handler::{get, post};
use crate::web::page::{Layout, Pager, Section, respond, sample};
use crate::web::routes;
use crate::web::visitor::{Reader, Support};

/// `GET /admin/mails`
#[derive(Template)]
#[template(path = "admin/mails/index.html")]
pub struct IndexPage {
    pub layout: Layout,
    /// Whether there is a mail server.
    pub is_set_up: bool,
    /// Newest first.
    pub mails: Vec<MailLine>,
    pub pager: Pager,
}

/// One letter.
pub struct MailLine {
    pub id: String,
    pub about: String,
    pub user: String,
    pub user_href: String,
    pub address: String,
    pub attempts: Attempts,
}

impl IndexPage {
    pub fn title() -> String {
        t!("place-mails")
    }

    pub fn samples() -> Vec<Self> {
        let listed = |id: &str, kind: Kind, progress: &Progress| Listed {
            id: id.to_owned(),
            kind: kind.as_str().to_owned(),
            owner_id: "u_7Qp0s3xK".to_owned(),
            username: "bob".to_owned(),
            address: "bob@example.com".to_owned(),
            progress: progress.clone(),
        };
        let [new, tried, given_up, sent, earlier] = Attempts::samples([3_600, 90_000]);
        let long = Listed {
            username: sample::LONG.to_owned(),
            address: format!("{}@example.com", sample::LONG.replace(' ', ".")),
            ..listed("m_5", Kind::SetPassword, &earlier)
        };
        let all = [
            listed("m_1", Kind::NewBrowser, &new),
            listed("m_2", Kind::PasswordChanged, &tried),
            listed("m_3", Kind::EmailChanged, &given_up),
            listed("m_4", Kind::ConfirmEmail, &sent),
            long,
        ];
        let page = |is_set_up, mails, pager| Self {
            layout: sample::desk(&Self::title(), Section::Mails),
            is_set_up,
            mails,
            pager,
        };
        let pager = Pager { previous: None, next: Some("/admin/mails?after=m_5".to_owned()) };
        vec![
            page(true, all.into_iter().map(|each| line(each, sample::NOW)).collect(), pager),
            page(false, Vec::new(), Pager::default()),
        ]
    }
}

/// `GET /admin/mails`
pub async fn index(user: Reader, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let place = place_of(&query_of(&request)?)?;
    let list = |connection: &mut AnyConnection, place: &Place<_>, limit| Ok(mails::list(connection, place, limit)?);
    let slice = user
        .visitor
        .app
        .store
        .read::<_, StoreError, _>(move |connection| {
            Slice::read(place.clone(), |place, limit| list(connection, place, limit), Listed::key)
        })
        .await?;
    let now = user.visitor.now();
    let page = IndexPage {
        layout: user.layout(IndexPage::title(), Section::Mails),
        is_set_up: user.visitor.app.mailer.is_some(),
        pager: slice.pager(routes::ADMIN_MAILS, &[]),
        mails: slice.items.into_iter().map(|each| line(each, now)).collect(),
    };
    Ok(respond(StatusCode::OK, &page))
}

fn line(listed: Listed, now: Timestamp) -> MailLine {
    let about = match Kind::from_stored(&listed.kind) {
        Some(Kind::PasswordChanged) => t!("mail-password-changed"),
        Some(Kind::NewBrowser) => t!("mail-new-browser"),
        Some(Kind::EmailChanged) => t!("mail-email-changed"),
        Some(Kind::EmailChangeAsked) => t!("mail-email-asked"),
        Some(Kind::ConfirmEmail) => t!("mail-confirm-email"),
        Some(Kind::SetPassword) => t!("mail-set-password"),
        None => listed.kind,
    };
    MailLine {
        about,
        attempts: Attempts::of(listed.progress, t!("mails-sent"), now),
        user_href: routes::admin_user(&listed.owner_id),
        user: listed.username,
        address: listed.address,
        id: listed.id,
    }
}

/// `POST /admin/mails`
pub async fn retry(sent: Submitted<Support>) -> Result<HttpResponse, PageError> {
    let next = Next::new(t!("mails-retried"), routes::ADMIN_MAILS);
    deliveries::retry(sent, "mail", next, management::letters::retry, |app| &app.post).await
}

/// The routes of this page.
pub fn configure(config: &mut web::ServiceConfig) {
    config.service(form(routes::ADMIN_MAILS).route(get(index)).route(post(retry)));
}
