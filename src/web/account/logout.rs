//! `/logout`: sign out here, perhaps because a client asked (OpenID Connect RP-Initiated Logout).
//!
//! 1. The page asks. A form field names the stored request of the client; nothing else in the form is believed. Where nobody is
//!    signed in any more, since the button was pressed twice or in another tab, its goal is reached, and the browser goes on all
//!    the same: the request stays until it expires, and leads nowhere but to an address of the client.
//! 2. [`sign_out`] ends the session; clients that listen on the back channel are told from a queue.
//! 3. [`finish`] shows clients that listen on the front channel in frames, and sends the browser back to where the request
//!    said. What was there before stands in the way of neither: a client that does not answer holds up nobody for long.

use std::collections::BTreeSet;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_SECURITY_POLICY;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::domain::client::Client;
use crate::domain::resource_owner::ResourceOwner;
use crate::management;
use crate::protocol::logout::{self, Frame, PostLogoutRedirect};
use crate::store::audit_log::Actor;
use crate::store::{StoreError, logout_requests};
use crate::web::error::{PageError, see_other};
use crate::web::headers::{content_security_policy, framing_policy, let_forms_lead_to};
use crate::web::oauth::logout as end_session;
use crate::web::page::{Layout, respond, sample};
use crate::web::session::SignedIn;
use crate::web::visitor::Visitor;
use crate::web::{form, language, routes};

/// How long the browser waits until clients were told on the back channel. Those that take longer are told all the same.
const PATIENCE: Duration = Duration::from_secs(1);

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

/// The session has ended. Clients sign themselves out in frames; then the browser goes back to where it came from.
#[derive(Template)]
#[template(path = "account/logout/done.html")]
pub struct DonePage {
    pub layout: Layout,
    pub frames: Vec<LogoutFrame>,
    /// The client's address to return to, when it asked for that.
    pub next: Option<NextStop>,
}

/// A client that signs itself out in a frame.
pub struct LogoutFrame {
    pub client_name: String,
    pub src: String,
}

/// Where the browser goes after the frames.
pub struct NextStop {
    /// The validated address with its `state`.
    pub location: String,
    /// Its host, for people.
    pub host: String,
    /// Whether the browser goes there by itself.
    pub is_automatic: bool,
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
    pub fn title() -> String {
        t!("logout-title")
    }

    pub fn samples() -> Vec<Self> {
        let page = |client_name: Option<&str>| Self {
            layout: sample::account(&Self::title(), crate::web::page::Section::Door),
            username: "alice".into(),
            client_name: client_name.map(str::to_owned),
            request: client_name.map(|_| "l_8sKq".to_owned()).unwrap_or_default(),
        };
        vec![page(None), page(Some("Acme Reports"))]
    }
}

impl DonePage {
    pub fn title() -> String {
        t!("logout-done")
    }

    /// Whom the frames sign out of.
    pub fn frame_names(&self) -> String {
        self.frames.iter().map(|frame| frame.client_name.as_str()).collect::<Vec<_>>().join(", ")
    }

    pub fn samples() -> Vec<Self> {
        let page = |names: &[&str], next| Self {
            layout: sample::door(&Self::title()),
            frames: names
                .iter()
                .map(|name| LogoutFrame {
                    client_name: (*name).to_owned(),
                    src: "https://reports.acme.example/logout?a=1&iss=https%3A%2F%2Fid.example&sid=s_1".to_owned(),
                })
                .collect(),
            next,
        };
        let next = || NextStop {
            location: "https://reports.acme.example/bye?state=%22%3E".to_owned(),
            host: "reports.acme.example".to_owned(),
            is_automatic: true,
        };
        let long = NextStop { host: format!("{}.example", sample::LONG), ..next() };
        vec![
            page(&[], None),
            page(&["Acme Reports"], None),
            page(&["Acme Reports", sample::LONG], Some(next())),
            page(&["Acme Reports"], Some(long)),
            page(&[], Some(NextStop { is_automatic: false, ..next() })),
        ]
    }
}

impl InvalidPage {
    pub fn title() -> String {
        t!("logout-invalid")
    }

    pub fn samples() -> Vec<Self> {
        vec![Self {
            layout: sample::door(&Self::title()),
            developer: "post_logout_redirect_uri is not registered for this client".into(),
        }]
    }
}

/// What the links to this page carry.
#[derive(Deserialize)]
pub struct LogoutQuery {
    #[serde(default)]
    request: String,
}

/// `GET /logout`
pub async fn new(visitor: Visitor, query: web::Query<LogoutQuery>) -> Result<HttpResponse, PageError> {
    let id = query.into_inner().request;
    let asked = if id.is_empty() { None } else { Some(end_session::load(&visitor, &id).await?) };
    let next = asked.as_ref().and_then(|(client, request)| request.redirect(client));
    let Some((owner, _)) = visitor.owner().await? else { return finish(&visitor, None, next).await };
    let page = ConfirmPage {
        layout: visitor.layout(ConfirmPage::title()),
        username: owner.username,
        client_name: asked.map(|(client, _)| language::clients::name(&client)),
        request: id,
    };
    let mut response = respond(StatusCode::OK, &page);
    if let Some(next) = next {
        let_forms_lead_to(&mut response, &next.uri().origin_for_csp());
    }
    Ok(response)
}

/// `POST /logout`
pub async fn create(visitor: Visitor, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, PageError> {
    let form = form::read(&request, payload).await?;
    let ended = match visitor.owner().await? {
        Some((owner, signed_in)) => {
            visitor.believe(&form)?;
            Some(sign_out(&visitor, &owner, &signed_in).await?)
        }
        // There is no session for the form's token to guard.
        None => None,
    };
    let next = match form.get("request") {
        Some(id) => redirect_of(&visitor, id).await?,
        None => None,
    };
    finish(&visitor, ended, next).await
}

/// Where the stored request wants the browser to go. Whoever pressed the button is signed out whether or not the request is
/// still there.
async fn redirect_of(visitor: &Visitor, id: &str) -> Result<Option<PostLogoutRedirect>, PageError> {
    let (id, browser, now) = (id.to_owned(), visitor.browser.id.clone(), visitor.now());
    let stored = visitor
        .app
        .store
        .write::<_, StoreError, _>(move |connection| Ok(logout_requests::open(connection, &id, &browser, now)?))
        .await?;
    let Some(stored) = stored else { return Ok(None) };
    match end_session::of_stored(&visitor.app, &stored).await {
        Ok((client, request)) => Ok(request.redirect(&client)),
        Err(PageError::Expired) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A session that has just ended, and who took part in it.
pub struct EndedSession {
    id: String,
    clients: Vec<Client>,
}

/// Ends the session of this browser.
pub async fn sign_out(
    visitor: &Visitor,
    owner: &ResourceOwner,
    signed_in: &SignedIn,
) -> Result<EndedSession, PageError> {
    let context = visitor.context(Actor::Owner(owner.username.clone()));
    let (owner_id, id) = (owner.id.clone(), signed_in.session_id.clone());
    let app = &visitor.app;
    let ended = app
        .store
        .write::<_, StoreError, _>(move |connection| {
            management::sessions::end_one(connection, &context, &owner_id, &id)
        })
        .await?;
    app.courier.wake();
    visitor.session.purge();
    Ok(EndedSession { id: signed_in.session_id.clone(), clients: ended.clients })
}

/// What the browser sees after the logout, or instead of it when nobody was signed in.
pub async fn finish(
    visitor: &Visitor,
    ended: Option<EndedSession>,
    next: Option<PostLogoutRedirect>,
) -> Result<HttpResponse, PageError> {
    let app = &visitor.app;
    let frames: Vec<(LogoutFrame, Frame)> = ended.iter().flat_map(|ended| frames(visitor, ended)).collect();
    if let Some(next) = next.as_ref().filter(|next| next.is_trusted() && frames.is_empty()) {
        // RP-Initiated §3: the redirect comes after the clients were told.
        if let Some(ended) = &ended
            && tokio::time::timeout(PATIENCE, app.courier.first_attempts(&app.store, &ended.id)).await.is_err()
        {
            tracing::debug!("a client takes its time to answer; the browser does not wait for it");
        }
        return Ok(see_other(&next.location()));
    }
    let origins: BTreeSet<&str> = frames.iter().map(|(_, frame)| frame.origin.as_str()).collect();
    let policy = if origins.is_empty() { content_security_policy(None) } else { framing_policy(&origins) };
    let page = DonePage {
        // The session is gone, and its CSRF token with it; the page has no form.
        layout: visitor.layout(DonePage::title()),
        next: next.map(|next| NextStop {
            location: next.location(),
            is_automatic: next.is_trusted(),
            host: next.uri().host_for_display().to_owned(),
        }),
        frames: frames.into_iter().map(|(shown, _)| shown).collect(),
    };
    let mut response = respond(StatusCode::OK, &page);
    if let Ok(policy) = policy.parse() {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    Ok(response)
}

fn frames(visitor: &Visitor, ended: &EndedSession) -> Vec<(LogoutFrame, Frame)> {
    let app = &visitor.app;
    let frame = |client: &Client| {
        let frame = logout::frame(client, app.issuer(), &app.subjects.session(&client.metadata, &ended.id))?;
        Some((LogoutFrame { client_name: language::clients::name(client), src: frame.src.clone() }, frame))
    };
    ended.clients.iter().filter_map(frame).collect()
}
