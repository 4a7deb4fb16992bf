//! `/login`: who are you?
//!
//! The page never says which half of the credentials was wrong, and knows the client only to say where one is going. Whoever is
//! signed in already and may answer the request is not asked again, unless they come to sign in as somebody else.
//!
//! The password is checked outside any transaction, since that takes long; the session is opened by one that goes through only
//! while that password is still the account's ([`session`](crate::web::session)).

use std::sync::Arc;

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
use crate::protocol::authorize::interaction::{may_answer, may_go_on};
use crate::store::audit_log::{self, Actor};
use crate::store::{StoreError, account_events, resource_owners, sessions};
use crate::throttle::{Attempt, Key, LoginKeys, Origin, RetryAfter};
use crate::web::error::{PageError, see_other};
use crate::web::headers::let_forms_lead_to;
use crate::web::oauth::authorize;
use crate::web::page::face::Face;
use crate::web::page::{Layout, Tone, duration, respond, sample};
use crate::web::visitor::Visitor;
use crate::web::{form, language, routes, session};

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
    /// Who is signed in already and may go on as they are, because the client or they themselves only asked to choose.
    pub current: Option<String>,
    /// Why it did not work, as a sentence: [`LoginPage::wrong`], [`LoginPage::throttled`], [`LoginPage::out_of_date`].
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

    /// The form is of before a session began or ended.
    pub fn out_of_date() -> String {
        t!("login-out-of-date")
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
        after_reset.layout = after_reset.layout.with_flash(Tone::Success, t!("set-password-done"));
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

/// The request that a login is for.
struct Asked {
    login_hint: Option<String>,
    /// Who is signed in and may answer it without another login.
    answerer: Option<ResourceOwner>,
}

impl LoginPage {
    /// Says whom the login is for, and lets it lead there: with a consent that is remembered the next page is the client's.
    async fn serve_request(&mut self, visitor: &Visitor) -> Result<Asked, PageError> {
        let (stored, client, valid) = authorize::load(visitor, &self.request).await?;
        let signed_in = visitor.owner().await?;
        // The request or the account may ask for another language.
        self.layout.title = Self::title();
        self.client_name = Some(language::clients::name(&client));
        self.face = Face::of(&client);
        self.leads_to = authorize::Target::of(&valid, &client)?.origin_for_csp();
        let mut asked = Asked { login_hint: valid.login_hint.clone(), answerer: None };
        if let Some((owner, signed_in)) = signed_in {
            let known = authorize::known_as(&visitor.app, &client, &signed_in, Some(&stored.id));
            let may_answer = may_answer(&valid, &known, visitor.now());
            if may_answer || may_go_on(&valid, &known, visitor.now()) {
                self.current = Some(owner.email.clone().unwrap_or_else(|| owner.username.clone()));
                // In another language it must not lead on, either.
                self.layout.path = routes::login_as_another(&self.request);
            }
            asked.answerer = may_answer.then_some(owner);
        }
        Ok(asked)
    }

    fn respond(&self, status: StatusCode) -> HttpResponse {
        let mut response = respond(status, self);
        if let Some(origin) = &self.leads_to {
            let_forms_lead_to(&mut response, origin);
        }
        response
    }

    /// To where the login was to lead.
    fn lead_on(&self) -> HttpResponse {
        see_other(&destination(&self.request, &self.return_to))
    }

    /// Another tab has signed in or out since the form was opened. Who typed the name of whoever is signed in now has reached
    /// their goal; all others find what they typed, and type the password once more.
    async fn begin_anew(mut self, visitor: &Visitor, asked: Option<Asked>) -> Result<HttpResponse, PageError> {
        let goes_on = match asked {
            Some(asked) => asked.answerer,
            None => visitor.owner().await?.map(|(owner, _)| owner),
        };
        if goes_on.is_some_and(|owner| is_called(&owner, &self.username)) {
            return Ok(self.lead_on());
        }
        self.alert = Some(Self::out_of_date());
        Ok(self.respond(StatusCode::FORBIDDEN))
    }

    fn refuse_for_now(mut self, wait: RetryAfter) -> HttpResponse {
        self.alert = Some(Self::throttled(&duration(wait.0)));
        let mut response = self.respond(StatusCode::TOO_MANY_REQUESTS);
        response.headers_mut().insert(RETRY_AFTER, wait.0.into());
        response
    }
}

/// `GET /login`
pub async fn new(visitor: Visitor, query: web::Query<LoginQuery>) -> Result<HttpResponse, PageError> {
    let LoginQuery { request, return_to, account, lost } = query.into_inner();
    let mut page = page(&visitor, request, return_to);
    if !page.request.is_empty() {
        let asked = page.serve_request(&visitor).await?;
        if asked.answerer.is_some() && account.is_empty() {
            return Ok(page.lead_on());
        }
        page.username = asked.login_hint.unwrap_or_default();
    } else if visitor.owner().await?.is_some() {
        return Ok(page.lead_on());
    }
    if !lost.is_empty() {
        page.layout = page.layout.with_flash(Tone::Warning, t!("login-lost"));
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
    /// Not empty to sign in as somebody else: [`routes::login_as_another`].
    #[serde(default)]
    account: String,
    /// Not empty when a form was sent and not saved: [`routes::sign_in`].
    #[serde(default)]
    lost: String,
}

/// `POST /login`
pub async fn create(visitor: Visitor, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, PageError> {
    let form = form::read(&request, payload).await?;
    let field = |name| form.get(name).unwrap_or_default().to_owned();
    let mut page = page(&visitor, field("request"), field("return_to"));
    page.username = field("username");
    let asked = if page.request.is_empty() { None } else { Some(page.serve_request(&visitor).await?) };
    if visitor.believe(&form).is_err() {
        return page.begin_anew(&visitor, asked).await;
    }
    if form.get("account") == Some("current") {
        if page.current.is_none() {
            return Err(PageError::Expired);
        }
        session::answer(&visitor.session, &page.request)?;
        return Ok(page.lead_on());
    }
    let (app, name) = (&visitor.app, login_key(&page.username));
    let found = find(&visitor, &name).await?;
    let account = found.as_ref().map(|owner| owner.id.clone());
    let is_known = found.as_ref().is_some_and(|owner| visitor.browser.knows(app, &owner.id));
    let from = if is_known { Origin::Known(&visitor.browser.id) } else { Origin::Stranger };
    let typed = form.get("password").unwrap_or_default();
    let keys = if Password::typed(typed).is_some() {
        LoginKeys::new(&name, account.as_deref(), from, visitor.address)
    } else {
        LoginKeys::of_no_guess(visitor.address)
    };
    let begun = app.throttle.check(&keys.told, visitor.now()).and_then(|()| app.throttle.begin(keys.at_once));
    // It is under check until its failure is counted.
    let attempt = match begun {
        Ok(attempt) => attempt,
        Err(wait) => {
            app.metrics.logins.increment(["throttled"]);
            return Ok(page.refuse_for_now(wait));
        }
    };
    // The password is looked at all the same, so that it takes the same time.
    let is_shut = app.throttle.check(keys.untold.as_slice(), visitor.now()).is_err();
    let proved = prove(&visitor, found, typed, &attempt).await?.filter(|_| !is_shut);
    let answered = Some(page.request.as_str()).filter(|id| !id.is_empty());
    let opened = match proved {
        Some(owner) => open(&visitor, owner, typed, answered, &attempt).await?,
        None => None,
    };
    let Some(owner) = opened else {
        app.metrics.logins.increment([if is_shut { "throttled" } else { "failed" }]);
        app.throttle.record_failure(&keys.all(), visitor.now());
        // Not what was typed: it may be a password in the wrong field.
        note_failure(&visitor, account.clone()).await?;
        page.alert = Some(LoginPage::wrong());
        return Ok(page.respond(StatusCode::UNAUTHORIZED));
    };
    app.throttle.forget(&keys.all());
    rehash(&visitor, &owner, typed, attempt).await;
    let mut response = page.lead_on();
    remember_browser(&visitor, &owner, &mut response)?;
    Ok(response)
}

/// The account that has this name or address.
async fn find(visitor: &Visitor, name: &str) -> Result<Option<ResourceOwner>, StoreError> {
    let name = name.to_owned();
    visitor.app.store.read(move |connection| resource_owners::find_by_login(connection, &name)).await
}

/// The account, while it is enabled and the password is its own. It takes the same time whether or not there is one.
async fn prove(
    visitor: &Visitor,
    found: Option<ResourceOwner>,
    typed: &str,
    attempt: &Arc<Attempt>,
) -> Result<Option<ResourceOwner>, PageError> {
    let stored = found.as_ref().and_then(|owner| owner.password.clone());
    let matches = match Password::typed(typed) {
        Some(password) => visitor.app.passwords.matches_in(Arc::clone(attempt), password, stored).await?,
        None => false,
    };
    Ok(found.filter(|owner| matches && owner.is_enabled()))
}

/// Begins the session of whoever has proved who they are; `None` when that is not so any more.
async fn open(
    visitor: &Visitor,
    proved: ResourceOwner,
    typed: &str,
    answered: Option<&str>,
    attempt: &Arc<Attempt>,
) -> Result<Option<ResourceOwner>, PageError> {
    if sign_in(visitor, &proved, answered).await? {
        return Ok(Some(proved));
    }
    // The password was changed, or only hashed anew by a login beside this one: what is stored now counts.
    let id = proved.id;
    let found = visitor.app.store.read::<_, StoreError, _>(move |connection| resource_owners::find(connection, &id));
    let Some(owner) = prove(visitor, found.await?, typed, attempt).await? else { return Ok(None) };
    Ok(if sign_in(visitor, &owner, answered).await? { Some(owner) } else { None })
}

/// Begins the session, and says so in the audit log. False when the password that `owner` was read with is not the account's
/// any more, or the account was disabled: then nothing has begun.
pub(super) async fn sign_in(
    visitor: &Visitor,
    owner: &ResourceOwner,
    answered: Option<&str>,
) -> Result<bool, PageError> {
    let Some(password) = owner.password.clone() else { return Ok(false) };
    let (app, now, address) = (&visitor.app, visitor.now(), visitor.address.to_string());
    let login = session::Login {
        owner_id: &owner.id,
        now,
        request: answered,
        user_agent: &visitor.user_agent,
        address: &address,
    };
    let key = session::new_key();
    let row = login.row(&key, &app.policies().lifetimes);
    let context = visitor.context(Actor::Owner(owner.username.clone()));
    let event = context.event("login.succeeded", &owner.id);
    // Clients know the session by its name (OpenID Connect Back-Channel Logout §2.1, `sid`), so the same person keeps it. Who
    // signs in as somebody else has left the earlier session, and its clients must know.
    let (same, left) = match visitor.signed_in() {
        Some(before) if before.owner_id == owner.id => (Some(before.session_id), None),
        before => (None, before),
    };
    let is_left = left.is_some();
    let writes_to = owner.clone();
    // The first browser of an account is nothing new.
    let is_first = owner.last_login_at.is_none();
    let knows_browser = is_first || visitor.browser.knows(app, &owner.id);
    // A few tell it as well as many, and everybody's letters wait in one queue.
    let is_told = !knows_browser && app.letters.admit(Key::NewBrowser { account: &owner.id }, now).is_ok();
    let own_language = knows_browser.then(|| language::current().tag());
    let begun = app
        .store
        .write::<_, StoreError, _>(move |connection| {
            let id = &writes_to.id;
            if !resource_owners::note_login(connection, id, &password, now, own_language)? {
                return Ok(None);
            }
            if let Some(left) = &left {
                management::sessions::end_one(connection, &context, &left.owner_id, &left.session_id)?;
            }
            let session_id = sessions::begin(connection, &row, same.as_deref())?;
            let knows_address = is_first || account_events::has_signed_in_from(connection, id, &context.address)?;
            let kind = match (knows_browser, knows_address) {
                (false, _) => Kind::SignedInNewBrowser,
                (true, false) => Kind::SignedInNewAddress,
                (true, true) => Kind::SignedIn,
            };
            record_at_door(connection, &context, id, Happened::of(kind))?;
            if is_told {
                letters::tell_of_browser(connection, &context, &writes_to)?;
            }
            audit_log::insert(connection, &event)?;
            Ok(Some(session_id))
        })
        .await?;
    let Some(session_id) = begun else { return Ok(false) };
    app.post.wake();
    if is_left {
        app.courier.wake();
    }
    session::sign_in(&visitor.session, &login, &session_id, &key)?;
    app.metrics.logins.increment(["succeeded"]);
    app.statistics.note_active(&owner.id);
    Ok(true)
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
async fn rehash(visitor: &Visitor, owner: &ResourceOwner, typed: &str, attempt: Arc<Attempt>) {
    let app = &visitor.app;
    let Some(old) = owner.password.clone().filter(|hash| hash.has_other_cost_than(app.passwords.cost())) else {
        return;
    };
    let Some(password) = Password::typed(typed) else { return };
    if let Ok(new) = app.passwords.hash_in(attempt, password).await {
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

/// Whether somebody types this name or address to sign in to the account.
fn is_called(owner: &ResourceOwner, typed: &str) -> bool {
    let mut names = [Some(&owner.username), owner.email.as_ref()].into_iter().flatten();
    names.any(|name| login_key(name) == login_key(typed))
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
