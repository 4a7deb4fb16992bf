//! `/login`: who are you?
//!
//! The page never says which half of the credentials was wrong, and knows the client only to say where one is going.

use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::domain::account_event::Kind;
use crate::domain::resource_owner::{Password, ResourceOwner, login_key};
use crate::management;
use crate::management::account_events::{Happened, record_at_door};
use crate::management::letters;
use crate::protocol::authorize::interaction::may_go_on;
use crate::protocol::authorize::request::ValidRequest;
use crate::store::audit_log::{self, Actor};
use crate::store::{StoreError, account_events, resource_owners};
use crate::throttle;
use crate::web::error::{PageError, see_other};
use crate::web::headers::let_forms_lead_to;
use crate::web::language;
use crate::web::oauth::authorize;
use crate::web::page::face::Face;
use crate::web::page::{Layout, duration, respond, sample};
use crate::web::visitor::Visitor;
use crate::web::{routes, session};

/// The heading is `Sign in`; see the contract for the ids.
#[derive(Template)]
#[template(path = "account/login.html")]
pub struct LoginPage {
    pub layout: Layout,
    /// The id of the stored authorization request; empty when signing in to one's own pages.
    pub request: String,
    /// The path to go to afterwards when there is no request; empty for the default. The handler checks it.
    pub return_to: String,
    /// What was typed last time, or `login_hint`.
    pub username: String,
    /// The client that asks, when known.
    pub client_name: Option<String>,
    pub face: Face,
    /// The origin of that client, for the policy of the page.
    pub leads_to: Option<String>,
    /// Who is signed in already and may go on as they are, because the client only asked to let them choose.
    pub current: Option<String>,
    /// Why it did not work, as a sentence: [`LoginPage::wrong`], [`LoginPage::throttled`].
    pub alert: Option<String>,
}

impl LoginPage {
    pub fn title() -> String {
        t!("sign-in")
    }

    pub fn wrong() -> String {
        t!("login-wrong")
    }

    /// `wait` is a duration in words.
    pub fn throttled(wait: &str) -> String {
        t!("login-throttled", wait = wait)
    }

    pub fn samples() -> Vec<Self> {
        let page = |username: &str, client_name: Option<&str>, alert: Option<String>| Self {
            layout: sample::door(&Self::title()),
            request: if client_name.is_some() { "r_5fT2".into() } else { String::new() },
            return_to: if client_name.is_some() { String::new() } else { routes::ACCOUNT.into() },
            username: username.into(),
            client_name: client_name.map(str::to_owned),
            face: Face::named(client_name.unwrap_or_default()),
            leads_to: None,
            current: None,
            alert,
        };
        let mut after_reset = page("", None, None);
        after_reset.layout = after_reset.layout.with_flash(crate::web::page::Tone::Success, t!("set-password-done"));
        vec![
            page("", Some("Acme Reports"), None),
            page("alice", Some("Acme Reports"), Some(Self::wrong())),
            page("alice", None, Some(Self::throttled(&duration(240)))),
            page(sample::LONG, Some(sample::LONG), None),
            after_reset,
            Self { current: Some("alice@example.com".into()), ..page("", Some("Acme Reports"), None) },
        ]
    }
}

impl LoginPage {
    /// Says whom the login is for, and lets it lead there: with a consent that is remembered the next page is the client's.
    async fn serve_request(&mut self, visitor: &Visitor) -> Result<ValidRequest, PageError> {
        let (_, client, valid) = authorize::load(visitor, &self.request).await?;
        // The request may ask for another language.
        self.layout.title = Self::title();
        self.current = visitor.owner().await?.and_then(|(owner, signed_in)| {
            let known = authorize::known_as(&visitor.app, &client, &signed_in, None);
            may_go_on(&valid, &known, visitor.now()).then(|| owner.email.unwrap_or(owner.username))
        });
        self.client_name = Some(language::clients::name(&client));
        self.face = Face::of(&client);
        self.leads_to = authorize::Target::of(&valid, &client)?.origin_for_csp();
        Ok(valid)
    }

    fn respond(&self, status: StatusCode) -> HttpResponse {
        let mut response = respond(status, self);
        if let Some(origin) = &self.leads_to {
            let_forms_lead_to(&mut response, origin);
        }
        response
    }
}

/// `GET /login`
pub async fn new(visitor: Visitor, query: web::Query<LoginQuery>) -> Result<HttpResponse, PageError> {
    let LoginQuery { request, return_to } = query.into_inner();
    let mut page = page(&visitor, request, return_to);
    if !page.request.is_empty() {
        page.username = page.serve_request(&visitor).await?.login_hint.unwrap_or_default();
    } else if visitor.owner().await?.is_some() {
        return Ok(see_other(&destination("", &page.return_to)));
    }
    Ok(page.respond(StatusCode::OK))
}

/// What the links to this page carry.
#[derive(Default, Deserialize)]
pub struct LoginQuery {
    #[serde(default)]
    request: String,
    #[serde(default)]
    return_to: String,
}

/// `POST /login`
pub async fn create(visitor: Visitor, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, PageError> {
    let form = visitor.form(&request, payload).await?;
    let field = |name| form.get(name).unwrap_or_default().to_owned();
    let mut page = page(&visitor, field("request"), field("return_to"));
    page.username = field("username");
    if !page.request.is_empty() {
        page.serve_request(&visitor).await?;
    }
    if form.get("account") == Some("current") {
        if page.current.is_none() {
            return Err(PageError::Expired);
        }
        session::answer(&visitor.session, &page.request)?;
        return Ok(see_other(&destination(&page.request, "")));
    }
    let app = &visitor.app;
    let key = login_key(&page.username);
    let found = {
        let key = key.clone();
        app.store.read::<_, StoreError, _>(move |connection| resource_owners::find_by_login(connection, &key)).await?
    };
    // All names of one account share one counter.
    let owner_id = found.as_ref().map(|owner| owner.id.clone());
    let account = owner_id.as_deref().unwrap_or(&key);
    let knows = found.as_ref().is_some_and(|owner| visitor.browser.knows(app, &owner.id));
    let keys = throttle::login_keys(account, visitor.address, knows.then_some(visitor.browser.id.as_str()));
    if let Err(wait) = app.throttle.check(&keys, visitor.now()) {
        app.metrics.logins.increment(["throttled"]);
        page.alert = Some(LoginPage::throttled(&duration(wait.0)));
        let mut response = page.respond(StatusCode::TOO_MANY_REQUESTS);
        response.headers_mut().insert(RETRY_AFTER, wait.0.into());
        return Ok(response);
    }
    let stored = found.as_ref().and_then(|owner| owner.password.clone());
    let matches = match Password::typed(form.get("password").unwrap_or_default()) {
        Some(password) => app.passwords.matches(password, stored).await?,
        None => false,
    };
    let Some(owner) = found.filter(|owner| matches && owner.is_enabled()) else {
        app.metrics.logins.increment(["failed"]);
        app.throttle.record_failure(&keys, visitor.now());
        // Not what was typed: it may be a password in the wrong field.
        note_failure(&visitor, owner_id).await?;
        page.alert = Some(LoginPage::wrong());
        return Ok(page.respond(StatusCode::UNAUTHORIZED));
    };
    app.throttle.forget(&keys);
    sign_in(&visitor, &request, &owner, Some(page.request.as_str()).filter(|id| !id.is_empty())).await?;
    rehash(&visitor, &owner, form.get("password").unwrap_or_default()).await;
    let mut response = see_other(&destination(&page.request, &page.return_to));
    remember_browser(&visitor, &owner, &mut response)?;
    Ok(response)
}

/// Begins the session, and says so in the audit log.
pub(super) async fn sign_in(
    visitor: &Visitor,
    _request: &HttpRequest,
    owner: &ResourceOwner,
    answered: Option<&str>,
) -> Result<(), PageError> {
    let address = visitor.address.to_string();
    let login = session::Login {
        owner_id: &owner.id,
        now: visitor.now(),
        request: answered,
        user_agent: &visitor.user_agent,
        address: &address,
    };
    let (id, event) =
        (owner.id.clone(), visitor.context(Actor::Owner(owner.username.clone())).event("login.succeeded", &owner.id));
    let now = visitor.now();
    // Who signs in as somebody else has left the earlier session, and its clients must know.
    let before = visitor.signed_in().filter(|before| before.owner_id != owner.id);
    let context = visitor.context(Actor::Owner(owner.username.clone()));
    let writes_to = owner.clone();
    // The first browser of an account is nothing new.
    let is_first = owner.last_login_at.is_none();
    let knows_browser = is_first || visitor.browser.knows(&visitor.app, &owner.id);
    let own_language = knows_browser.then(|| language::current().tag());
    visitor
        .app
        .store
        .write::<_, StoreError, _>(move |connection| {
            if let Some(before) = &before {
                management::sessions::end_one(connection, &context, &before.owner_id, &before.session_id)?;
            }
            resource_owners::note_login(connection, &id, now, own_language)?;
            let knows_address = is_first || account_events::has_signed_in_from(connection, &id, &context.address)?;
            let kind = match (knows_browser, knows_address) {
                (false, _) => Kind::SignedInNewBrowser,
                (true, false) => Kind::SignedInNewAddress,
                (true, true) => Kind::SignedIn,
            };
            record_at_door(connection, &context, &id, Happened::of(kind))?;
            if kind == Kind::SignedInNewBrowser {
                letters::tell_of_browser(connection, &context, &writes_to)?;
            }
            audit_log::insert(connection, &event)?;
            Ok(())
        })
        .await?;
    visitor.app.post.wake();
    session::sign_in(&visitor.session, &login)?;
    visitor.app.metrics.logins.increment(["succeeded"]);
    visitor.app.statistics.active.note(&owner.id, now);
    Ok(())
}

/// The next login from this browser is not a stranger's.
pub(super) fn remember_browser(
    visitor: &Visitor,
    owner: &ResourceOwner,
    response: &mut HttpResponse,
) -> Result<(), PageError> {
    let browser = visitor.browser.clone().knowing(&visitor.app, &owner.id);
    response.add_cookie(&browser.cookie(&visitor.app)).map_err(|_| PageError::Internal)
}

async fn note_failure(visitor: &Visitor, owner_id: Option<String>) -> Result<(), PageError> {
    let context = visitor.context(Actor::Anonymous);
    let event = context.event("login.failed", owner_id.as_deref().unwrap_or_default());
    visitor
        .app
        .store
        .write::<_, StoreError, _>(move |connection| {
            if let Some(owner_id) = &owner_id {
                record_at_door(connection, &context, owner_id, Happened::of(Kind::SignInFailed))?;
            }
            Ok(audit_log::insert(connection, &event)?)
        })
        .await?;
    Ok(())
}

/// A hash of an outdated cost is made anew while the password is at hand. Failing to is no reason to refuse the login.
async fn rehash(visitor: &Visitor, owner: &ResourceOwner, typed: &str) {
    let app = &visitor.app;
    let Some(old) = owner.password.clone().filter(|hash| hash.has_other_cost_than(app.passwords.cost())) else {
        return;
    };
    let Some(password) = Password::typed(typed) else { return };
    if let Ok(new) = app.passwords.hash(password).await {
        let id = owner.id.clone();
        let stored: Result<(), StoreError> =
            app.store.write(move |connection| Ok(resource_owners::rehash(connection, &id, &old, &new)?)).await;
        if let Err(error) = stored {
            tracing::warn!(%error, "a password could not be rehashed");
        }
    }
}

fn page(visitor: &Visitor, request: String, return_to: String) -> LoginPage {
    let return_to = if is_own_path(&return_to) { return_to } else { String::new() };
    let mut layout = visitor.layout(LoginPage::title());
    // The page can be opened again, even when it answers a form.
    layout.path = routes::with_query(routes::LOGIN, &[("request", &request), ("return_to", &return_to)]);
    LoginPage {
        layout,
        request,
        return_to,
        username: String::new(),
        client_name: None,
        face: Face::default(),
        leads_to: None,
        current: None,
        alert: None,
    }
}

/// Where a login leads: back to the request, to the page that asked for it, or to the account.
fn destination(request: &str, return_to: &str) -> String {
    match (request, return_to) {
        ("", path) if is_own_path(path) => path.to_owned(),
        ("", _) => routes::ACCOUNT.to_owned(),
        (request, _) => authorize::resume_path(request),
    }
}

/// Only our own pages: anything else would make the login a way to send people elsewhere.
fn is_own_path(path: &str) -> bool {
    [routes::ADMIN, routes::ACCOUNT].iter().any(|own| {
        path.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || rest.starts_with('?'))
    }) && path.bytes().all(|byte| (0x21..=0x7e).contains(&byte) && byte != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_leads_to_our_own_pages_only() {
        for own in ["/account", "/admin/clients?search=x", "/account/sessions"] {
            assert!(is_own_path(own), "{own}");
        }
        for foreign in
            ["", "//evil.example", "https://evil.example/", "/accounts.evil", "/admin\\@evil", "/logout", "/account\n"]
        {
            assert!(!is_own_path(foreign), "{foreign:?}");
        }
    }
}
