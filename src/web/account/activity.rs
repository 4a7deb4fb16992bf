//! `/account/activity`: what happened to the account lately, and what to do when it was somebody else.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::sessions::{describe, end_all_others};
use crate::clock::Timestamp;
use crate::domain::account_event::Kind;
use crate::protocol::parameters::Parameters;
use crate::store::StoreError;
use crate::store::account_events::{self, Event};
use crate::store::connection::AnyConnection;
use crate::store::paging::Place;
use crate::web::admin::paging::{Slice, place_of};
use crate::web::confirm::ConfirmPage;
use crate::web::error::{PageError, see_other};
use crate::web::page::{Layout, Moment, Pager, Section, Status, Tone, respond, sample};
use crate::web::routes;
use crate::web::session;
use crate::web::visitor::User;

#[derive(Template)]
#[template(path = "account/activity.html")]
pub struct ActivityPage {
    pub layout: Layout,
    /// Newest first.
    pub events: Vec<EventLine>,
    pub pager: Pager,
}

/// Something that happened.
pub struct EventLine {
    pub at: Moment,
    pub what: Status,
    /// Which application, or who did it. May be empty.
    pub note: String,
    /// `Firefox on Linux`; empty when it is nobody's business.
    pub browser: String,
    pub address: String,
}

impl ActivityPage {
    pub fn title() -> String {
        t!("place-activity")
    }

    pub fn samples() -> Vec<Self> {
        let event = |ago: i64, kind, client: Option<&str>, by: Option<&str>, address: &str| Event {
            id: ago,
            at: sample::NOW - ago,
            kind: Some(kind),
            client_id: client.map(|_| "c_1".to_owned()),
            address: address.to_owned(),
            user_agent: if address.is_empty() { String::new() } else { "Firefox/128.0 Linux".to_owned() },
            detail: serde_json::json!({ "client": client, "by": by }),
        };
        let all = [
            event(60, Kind::SignedInNewBrowser, None, None, "203.0.113.7"),
            event(400, Kind::SignInFailed, None, None, "2001:db8:85a3:1234:5678:8a2e:370:7334"),
            event(8_000, Kind::Allowed, Some("Acme Reports"), None, "203.0.113.7"),
            event(90_000, Kind::Withdrawn, Some(sample::LONG), None, "203.0.113.7"),
            event(100_000, Kind::PasswordChanged, None, Some("administrator"), ""),
        ];
        let page = |events, pager| Self { layout: sample::account(&Self::title(), Section::Activity), events, pager };
        let pager = Pager { previous: None, next: Some("/account/activity?after=5".to_owned()) };
        vec![
            page(all.iter().filter_map(|event| line(event, sample::NOW)).collect(), pager),
            page(Vec::new(), Pager::default()),
        ]
    }
}

/// Asks before `POST /account/activity/not-me`.
pub fn not_me_page(layout: Layout) -> ConfirmPage {
    ConfirmPage::ask(
        layout,
        t!("not-me-question"),
        t!("not-me-lead"),
        (t!("not-me-end"), routes::ACCOUNT_NOT_ME.to_owned()),
        (ActivityPage::title(), routes::ACCOUNT_ACTIVITY.to_owned()),
    )
    .with([t!("not-me-sessions"), t!("not-me-applications"), t!("not-me-password")])
    .dangerous()
}

/// `GET /account/activity`
pub async fn index(user: User, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let query = Parameters::parse(request.query_string().as_bytes()).map_err(|_| PageError::NotFound)?;
    let place: Place<i64> = place_of(&query)?;
    let (owner_id, now) = (user.owner.id.clone(), user.visitor.now());
    let slice = user
        .visitor
        .app
        .store
        .read::<_, StoreError, _>(move |connection| {
            let list = |connection: &mut AnyConnection, place: &Place<i64>, limit| {
                Ok(account_events::list(connection, &owner_id, place, limit)?)
            };
            Slice::read(place.clone(), |place, limit| list(connection, place, limit), |event: &Event| event.id)
        })
        .await?;
    let page = ActivityPage {
        layout: user.layout(ActivityPage::title(), Section::Activity),
        pager: slice.pager(routes::ACCOUNT_ACTIVITY, &[]),
        events: slice.items.iter().filter_map(|event| line(event, now)).collect(),
    };
    Ok(respond(StatusCode::OK, &page))
}

fn line(event: &Event, now: Timestamp) -> Option<EventLine> {
    let (tone, what) = match event.kind? {
        Kind::SignedIn => (Tone::Neutral, t!("event-signed-in")),
        Kind::SignedInNewBrowser => (Tone::Warning, t!("event-signed-in-new-browser")),
        Kind::SignedInNewAddress => (Tone::Warning, t!("event-signed-in-new-address")),
        Kind::SignInFailed => (Tone::Warning, t!("event-sign-in-failed")),
        Kind::SignedOut => (Tone::Neutral, t!("event-signed-out")),
        Kind::SignedOutOthers => (Tone::Neutral, t!("event-signed-out-others")),
        Kind::PasswordChanged => (Tone::Warning, t!("event-password-changed")),
        Kind::EmailChanged => (Tone::Warning, t!("event-email-changed")),
        Kind::EmailChangeAsked => (Tone::Warning, t!("event-email-change-asked")),
        Kind::EmailChangeCancelled => (Tone::Neutral, t!("event-email-change-cancelled")),
        Kind::EmailConfirmed => (Tone::Neutral, t!("event-email-confirmed")),
        Kind::Allowed => (Tone::Neutral, t!("event-allowed")),
        Kind::Withdrawn => (Tone::Neutral, t!("event-withdrawn")),
        Kind::Restored => (Tone::Neutral, t!("event-restored")),
    };
    let client = event.detail["client"].as_str().unwrap_or_default();
    let is_other = event.detail["by"].is_string();
    Some(EventLine {
        at: Moment::new(event.at, now),
        what: Status::new(tone, what),
        note: if is_other { t!("event-by-administrator") } else { client.to_owned() },
        browser: if event.user_agent.is_empty() { String::new() } else { describe(&event.user_agent) },
        address: event.address.clone(),
    })
}

/// `GET /account/activity/not-me`
pub async fn not_me(user: User) -> HttpResponse {
    respond(StatusCode::OK, &not_me_page(user.layout("", Section::Activity)))
}

/// `POST /account/activity/not-me`: everybody else is out, then a new password keeps them out.
pub async fn end_all(user: User, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, PageError> {
    user.visitor.form(&request, payload).await?;
    end_all_others(&user).await?;
    session::flash(&user.visitor.session, Tone::Warning, t!("not-me-ended"));
    Ok(see_other(routes::ACCOUNT_PASSWORD))
}
