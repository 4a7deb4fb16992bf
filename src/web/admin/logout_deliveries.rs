//! `/admin/logout-deliveries`: what clients were told of sessions that ended, and whether it arrived.

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
use crate::store::logout_deliveries::{self, Listed};
use crate::store::paging::Place;
use crate::web::error::PageError;
use crate::web::handler::{get, post};
use crate::web::page::{Layout, Pager, Section, respond, sample};
use crate::web::routes;
use crate::web::visitor::{Reader, Support};

/// `GET /admin/logout-deliveries`
#[derive(Template)]
#[template(path = "admin/logout_deliveries/index.html")]
pub struct IndexPage {
    pub layout: Layout,
    /// Newest first.
    pub deliveries: Vec<DeliveryLine>,
    pub pager: Pager,
}

/// One client that was told of one session.
pub struct DeliveryLine {
    pub id: String,
    pub client: String,
    pub client_href: String,
    /// The username, or that the account is gone.
    pub user: String,
    pub user_href: Option<String>,
    pub attempts: Attempts,
}

impl IndexPage {
    pub fn title() -> String {
        t!("place-sign-outs")
    }

    pub fn samples() -> Vec<Self> {
        let listed = |id: &str, progress: &Progress| Listed {
            id: id.to_owned(),
            client_id: "c_9aVqk2Lw0TzYx4RbN1mEuP".to_owned(),
            client_name: "Acme Reports".to_owned(),
            owner_id: "u_7Qp0s3xK".to_owned(),
            username: Some("bob".to_owned()),
            progress: progress.clone(),
        };
        let [new, tried, given_up, arrived, earlier] = Attempts::samples([3_600, 90_000]);
        let deleted = Listed { username: None, ..listed("d_4", &arrived) };
        let long = Listed { client_name: sample::LONG.to_owned(), ..listed("d_5", &earlier) };
        let all = [listed("d_1", &new), listed("d_2", &tried), listed("d_3", &given_up), deleted, long];
        let page = |deliveries, pager| Self {
            layout: sample::desk(&Self::title(), Section::LogoutDeliveries),
            deliveries,
            pager,
        };
        let pager = Pager { previous: None, next: Some("/admin/logout-deliveries?before=d_5".to_owned()) };
        vec![
            page(all.into_iter().map(|each| line(each, sample::NOW)).collect(), pager),
            page(Vec::new(), Pager::default()),
        ]
    }
}

/// `GET /admin/logout-deliveries`
pub async fn index(user: Reader, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let place = place_of(&query_of(&request)?)?;
    let list = |connection: &mut AnyConnection, place: &Place<_>, limit| {
        Ok(logout_deliveries::list(connection, place, limit)?)
    };
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
        layout: user.layout(IndexPage::title(), Section::LogoutDeliveries),
        pager: slice.pager(routes::ADMIN_LOGOUT_DELIVERIES, &[]),
        deliveries: slice.items.into_iter().map(|each| line(each, now)).collect(),
    };
    Ok(respond(StatusCode::OK, &page))
}

fn line(listed: Listed, now: Timestamp) -> DeliveryLine {
    DeliveryLine {
        attempts: Attempts::of(listed.progress, t!("deliveries-delivered"), now),
        client_href: routes::admin_client(&listed.client_id),
        user_href: listed.username.as_ref().map(|_| routes::admin_user(&listed.owner_id)),
        user: listed.username.unwrap_or_else(|| t!("deliveries-deleted-user")),
        id: listed.id,
        client: listed.client_name,
    }
}

/// `POST /admin/logout-deliveries`
pub async fn retry(sent: Submitted<Support>) -> Result<HttpResponse, PageError> {
    let next = Next::new(t!("deliveries-retried"), routes::ADMIN_LOGOUT_DELIVERIES);
    deliveries::retry(sent, "delivery", next, management::sessions::retry_delivery, |app| &app.courier).await
}

/// The routes of this page.
pub fn configure(config: &mut web::ServiceConfig) {
    config.service(form(routes::ADMIN_LOGOUT_DELIVERIES).route(get(index)).route(post(retry)));
}
