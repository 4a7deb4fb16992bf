//! `/oauth2/authorize` (RFC 6749 §3.1): validate, then answer at once or send the browser on its way.
//!
//! It never renders login or consent itself. A request that needs a person is stored, and pages carry its id:
//!
//! 1. `GET` or `POST /oauth2/authorize` validates. A `POST` may come from another site without our cookies, so it is stored
//!    unseen and answered by a redirect to our own `GET`, where the cookies arrive.
//! 2. `GET /oauth2/authorize/{request}` goes on with a stored request: to `/login`, to `/consent`, or to the client.
//! 3. Login comes back to step 2; consent answers by [`grant`] or denial.

use std::sync::Arc;

use actix_web::http::header::CACHE_CONTROL;
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use oxide_auth::code_grant::extensions::Pkce;
use oxide_auth::primitives::authorizer::Authorizer;
use oxide_auth::primitives::grant::{Extensions, Grant, Value};

use super::{catalog_for, may_be_stored};
use crate::clock::{Timestamp, wall_millis};
use crate::domain::client::{Client, GrantType};
use crate::domain::client_traffic::Kind;
use crate::domain::device::DeviceState;
use crate::domain::extension;
use crate::domain::grant::{Consent, GrantFacts, GrantId};
use crate::domain::resource_owner::ResourceOwner;
use crate::domain::scope::{self, Scope};
use crate::management::grants::Decision;
use crate::management::{self, Context};
use crate::protocol::authorize::interaction::{self, Interaction};
use crate::protocol::authorize::request::{ResponseMode, ValidRequest};
use crate::protocol::authorize::response::{AuthorizeResponse, BoundRedirect};
use crate::protocol::authorize::validate::{self, AuthorizeError, IdTokenHint, Known, validate};
use crate::protocol::check::Check;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::parameters::Parameters;
use crate::protocol::token::time;
use crate::secret::{Digest, random_id};
use crate::store::authorization_codes::{self, NewCode};
use crate::store::authorization_requests::{self, StoredRequest};
use crate::store::cache::Catalog;
use crate::store::connection::AnyConnection;
use crate::store::ports::client::ClientRegistrar;
use crate::store::ports::code::CodePort;
use crate::store::{Failure, StoreError, consents, device_authorizations};
use crate::telemetry::trace;
use crate::web::error::{PageError, see_other};
use crate::web::error_page::ErrorPage;
use crate::web::form_post::FormPostPage;
use crate::web::headers::let_forms_lead_to;
use crate::web::language::choice::{Because, of_locales, prefer};
use crate::web::page::{self, Layout, Section};
use crate::web::session::SignedIn;
use crate::web::state::App;
use crate::web::visitor::Visitor;
use crate::web::{form, inspector, limits, request_id, routes};

/// Seconds in which a person must answer a stored request.
const REQUEST_LIFETIME: i64 = 30 * 60;

/// The path at which a stored request goes on.
pub fn resume_path(id: &str) -> String {
    format!("{}/{id}", routes::AUTHORIZE)
}

/// `GET` and `POST /oauth2/authorize`.
pub async fn start(visitor: Visitor, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, PageError> {
    let is_post = request.method() == Method::POST;
    let parsed = if is_post {
        form::read(&request, payload).await
    } else {
        Parameters::parse(request.query_string().as_bytes()).map_err(form::BodyProblem::Malformed)
    };
    let app = &visitor.app;
    let parameters = match parsed {
        Ok(parameters) => parameters,
        Err(form::BodyProblem::TooLarge) => return Err(PageError::TooLarge),
        Err(problem) => {
            let error = OAuthError::invalid_request(problem.description()).at(Check::FormReadable);
            return Ok(refusal(app, &error));
        }
    };
    prefer(Because::Request, parameters.get("ui_locales").and_then(of_locales));
    let client_id = match validate::client_id(&parameters) {
        Ok(client_id) => client_id,
        Err(error) => return Ok(refusal(app, &error)),
    };
    let client = app.store.client(client_id).await?;
    inspector::note(|draft| {
        if client.is_none() {
            draft.claimed(client_id);
        }
        draft.client.clone_from(&client);
        draft.flow = if parameters.get("response_type") == Some("code") { "code" } else { "" };
    });
    let catalog = catalog_for(app, &parameters).await?;
    let (client, valid) = match check(app, client, &catalog, &parameters) {
        Ok(valid) => valid,
        Err(AuthorizeError::Page(error)) => return Ok(refusal(app, &error)),
        Err(AuthorizeError::Redirect { to, error }) => return Ok(respond_error(app, *to, &error)),
    };
    note_uses(app, &client, &valid);
    if is_post {
        let id = store(&visitor, &valid, None).await?;
        return Ok(see_other(&resume_path(&id)));
    }
    proceed(&visitor, &client, valid, None).await
}

/// What the request makes use of, of all that its client is registered for.
fn note_uses(app: &App, client: &Client, valid: &ValidRequest) {
    let pkce = if valid.code_challenge.is_some() { "S256" } else { "none" };
    inspector::note(|draft| draft.fact("pkce", pkce));
    let scope = valid.scope();
    // A loopback port varies, and what is registered does not.
    let registered = client.redirect_uris.iter().find(|each| each.matches(&valid.redirect_uri));
    let uses = scope::names(&scope).into_iter().map(|name| (Kind::Scope, name));
    let uses = uses.chain(registered.map(|uri| (Kind::RedirectUri, uri.as_str()))).chain([(Kind::Pkce, pkce)]);
    app.traffic.note(&client.id, uses, app.now());
}

/// `GET /oauth2/authorize/{request}`.
pub async fn resume(visitor: Visitor, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let (stored, client, valid) = load(&visitor, &id).await?;
    proceed(&visitor, &client, valid, Some(stored)).await
}

/// What `parameters` ask for, as far as the client and the server allow it.
pub fn check(
    app: &App,
    client: Option<Arc<Client>>,
    catalog: &Arc<Catalog>,
    parameters: &Parameters,
) -> Result<(Arc<Client>, ValidRequest), AuthorizeError> {
    let refused = |check| {
        let why = "No client with this client_id is registered here and enabled.";
        AuthorizeError::Page(OAuthError::new(ErrorCode::InvalidClient, why).at(check))
    };
    let client = client.ok_or_else(|| refused(Check::ClientKnown))?;
    if !client.is_enabled() {
        return Err(refused(Check::ClientEnabled));
    }
    trace::name_client(&client.id);
    let hint = hint(app, &client, parameters.get("id_token_hint"));
    let known = Known { client: &client, scopes: &catalog.scopes, resources: &catalog.resources, hint };
    let registrar = ClientRegistrar { client: Arc::clone(&client), catalog: Arc::clone(catalog) };
    let valid = validate(&registrar, &known, parameters)?;
    Ok((client, valid))
}

/// OpenID Connect Core §3.1.2.1: an ID token that we gave this client, expired or not.
fn hint(app: &App, client: &Client, token: Option<&str>) -> IdTokenHint {
    let Some(token) = token else { return IdTokenHint::None };
    match super::past_login(app, token) {
        Some(past) if past.client_id == client.id => IdTokenHint::Subject(past.subject),
        _ => IdTokenHint::Invalid,
    }
}

/// Loads a stored request for this browser, with its client as it is now and as far as that may have what it asks for.
pub async fn load(visitor: &Visitor, id: &str) -> Result<(StoredRequest, Arc<Client>, ValidRequest), PageError> {
    if !may_be_stored(id) {
        return Err(PageError::Expired);
    }
    let (id, browser, now) = (id.to_owned(), visitor.browser.id.clone(), visitor.now());
    let stored = visitor
        .app
        .store
        .read::<_, StoreError, _>({
            let id = id.clone();
            move |connection| Ok(authorization_requests::find(connection, &id, now)?)
        })
        .await?
        .ok_or(PageError::Expired)?;
    match &stored.browser {
        Some(bound) if *bound == browser => {}
        Some(_) => return Err(PageError::Expired),
        // The first browser to open it keeps it.
        None => {
            let is_ours = visitor
                .app
                .store
                .write::<_, StoreError, _>(move |connection| {
                    Ok(authorization_requests::bind(connection, &id, &browser)?)
                })
                .await?;
            if !is_ours {
                return Err(PageError::Expired);
            }
        }
    }
    let client = visitor.app.store.client(&stored.client_id).await?.filter(|client| client.is_enabled());
    let client = client.ok_or(PageError::Expired)?;
    inspector::note(|draft| {
        draft.client = Some(Arc::clone(&client));
        draft.flow = "code";
    });
    let valid: ValidRequest = serde_json::from_str(&stored.request).map_err(|error| {
        tracing::error!(%error, "a stored authorization request is unreadable");
        PageError::Internal
    })?;
    let valid = valid.within(&client, &visitor.app.store.catalog().await?.scopes);
    if valid.device.is_some() {
        inspector::note(|draft| draft.flow = GrantType::DeviceCode.as_str());
    }
    visitor.speak_for_request(&stored.id, valid.ui_locales.as_deref());
    Ok((stored, client, valid))
}

async fn store(visitor: &Visitor, valid: &ValidRequest, browser: Option<&str>) -> Result<String, PageError> {
    limits::admit_stored(visitor)?;
    let app = &visitor.app;
    let request = serde_json::to_string(valid).map_err(|_| PageError::Internal)?;
    let new = stored_request(valid.client_id.clone(), request, browser.map(str::to_owned), app.now());
    let id = new.id.clone();
    app.store
        .write::<_, StoreError, _>(move |connection| Ok(authorization_requests::insert(connection, &new)?))
        .await?;
    Ok(id)
}

/// A new request that waits for a person.
pub fn stored_request(client_id: String, request: String, browser: Option<String>, now: i64) -> StoredRequest {
    StoredRequest { id: random_id(), client_id, browser, request, created_at: now, expires_at: now + REQUEST_LIFETIME }
}

/// Decides what comes next, and does it.
async fn proceed(
    visitor: &Visitor,
    client: &Arc<Client>,
    valid: ValidRequest,
    stored: Option<StoredRequest>,
) -> Result<HttpResponse, PageError> {
    let app = &visitor.app;
    let (owner, remembered) = match visitor.owner_with_consent(client.id.clone()).await? {
        Some((owner, signed_in, consent)) => (Some((owner, signed_in)), consent),
        None => (None, None),
    };
    inspector::note(|draft| draft.owner_id = owner.as_ref().map(|(owner, _)| owner.id.clone()));
    let id = stored.as_ref().map(|stored| stored.id.as_str());
    let signed_in = owner.as_ref().map(|(_, signed_in)| known_as(app, client, signed_in, id));
    let next = interaction::decide(&valid, client, signed_in.as_ref(), remembered.as_ref(), visitor.now());
    match next {
        Interaction::Refuse(error) => Ok(match Target::of(&valid, client)? {
            Target::Client(to) => respond_error(app, to, &error),
            Target::Device(_) => refusal(app, &error),
        }),
        Interaction::Grant => {
            let (owner, signed_in) = owner.ok_or(PageError::Internal)?;
            let answer = Answer { scope: valid.scope(), stored: stored.map(|stored| stored.id), consent: None };
            grant(visitor, client, &valid, &owner, &signed_in, answer).await
        }
        Interaction::Login | Interaction::Consent => {
            let id = match stored {
                Some(stored) => stored.id,
                None => store(visitor, &valid, Some(&visitor.browser.id)).await?,
            };
            let is_login = next == Interaction::Login;
            inspector::note(|draft| draft.fact("next", if is_login { "login" } else { "consent" }));
            let next = if is_login { routes::login(&id) } else { routes::consent(&id) };
            Ok(see_other(&next))
        }
    }
}

/// Who is signed in, as `client` knows them; `request` is the stored one.
pub fn known_as(app: &App, client: &Client, signed_in: &SignedIn, request: Option<&str>) -> interaction::SignedIn {
    interaction::SignedIn {
        subject: app.subjects.subject(&client.metadata, &signed_in.owner_id),
        auth_time: signed_in.auth_time,
        for_this_request: request.is_some() && signed_in.answered_request.as_deref() == request,
    }
}

/// What the resource owner has allowed this client before.
pub async fn remembered(app: &App, owner_id: &str, client_id: &str) -> Result<Option<Consent>, StoreError> {
    let (owner_id, client_id) = (owner_id.to_owned(), client_id.to_owned());
    app.store.read(move |connection| Ok(consents::find(connection, &owner_id, &client_id)?)).await
}

/// Where a request is answered.
pub enum Target {
    /// At the client's redirect URI.
    Client(BoundRedirect),
    /// To the device that polls with the code of this digest. The browser stays with us (RFC 8628 §3.3).
    Device(Digest),
}

impl Target {
    /// The request's target; a redirect URI is checked against what the client has registered now.
    pub fn of(valid: &ValidRequest, client: &Client) -> Result<Self, PageError> {
        match valid.device_code() {
            Some(device_code) => Ok(Self::Device(device_code)),
            None => BoundRedirect::of(valid, client).map(Self::Client).ok_or(PageError::Expired),
        }
    }

    /// Where a form may lead beside our own pages.
    pub fn origin_for_csp(&self) -> Option<String> {
        match self {
            Self::Client(to) => Some(to.uri().origin_for_csp()),
            Self::Device(_) => None,
        }
    }
}

/// What is settled together with the code.
pub struct Answer {
    /// What is granted: all that was asked for, or less.
    pub scope: Scope,
    /// The stored request that is answered.
    pub stored: Option<String>,
    /// What was just decided, and by whom.
    pub consent: Option<(Decision, Context)>,
}

/// Issues a code and answers the client. The stored request is used up, or the device that waits is answered, and consent
/// remembered, in the same transaction.
pub async fn grant(
    visitor: &Visitor,
    client: &Arc<Client>,
    valid: &ValidRequest,
    owner: &ResourceOwner,
    signed_in: &SignedIn,
    answer: Answer,
) -> Result<HttpResponse, PageError> {
    let app = &visitor.app;
    inspector::note(|draft| {
        draft.owner_id = Some(owner.id.clone());
        draft.fact("next", "code");
    });
    let to = Target::of(valid, client)?;
    let now = visitor.now();
    let new = new_grant(app, valid, owner, signed_in, answer.scope.clone(), now)?;
    let of_client = Arc::clone(client);
    let is_code_alone = answer.stored.is_none() && answer.consent.is_none() && valid.device.is_none();
    let (device, browser) = (valid.device_code(), visitor.browser.id.clone());
    let alone = is_code_alone.then(|| new.clone());
    let settle = move |connection: &mut AnyConnection| -> Result<String, Failure<()>> {
        let is_first = match (&device, &answer.stored) {
            // The device is answered once, and its request stays: whoever clicks twice is told what was answered.
            (Some(device), _) => {
                device_authorizations::answer(connection, device, &browser, DeviceState::Approved, now)?
            }
            (None, Some(id)) => authorization_requests::take(connection, id, now)?.is_some(),
            (None, None) => true,
        };
        if !is_first {
            return Err(Failure::Refused(()));
        }
        if let Some((decision, context)) = &answer.consent {
            management::grants::allow(connection, context, &new.owner_id, &of_client, decision)?;
        }
        let (code, stored) = code_for(new.clone(), now).map_err(Failure::Refused)?;
        authorization_codes::insert(connection, &stored.0, &stored.1)?;
        Ok(code)
    };
    let code = match alone {
        Some(grant) => add_code(app, grant, now).await,
        None => app.store.write(settle).await,
    };
    match code {
        Ok(code) => {
            app.metrics.authorizations.increment(["granted"]);
            Ok(match to {
                Target::Client(to) => respond(&AuthorizeResponse::code(to, code, app.issuer())),
                Target::Device(_) => see_other(&routes::device_done(DeviceState::Approved.as_str())),
            })
        }
        // It was answered in another tab, or by a second click.
        Err(Failure::Refused(())) => Err(PageError::Expired),
        Err(Failure::Store(error)) => Err(error.into()),
    }
}

/// Stores a code that nothing else is settled with.
async fn add_code(app: &App, grant: Grant, now: Timestamp) -> Result<String, Failure<()>> {
    let (code, stored) = code_for(grant, now).map_err(Failure::Refused)?;
    app.store.add_code(stored).await?;
    Ok(code)
}

/// The code for a grant, and what is stored of it.
fn code_for(grant: Grant, now: Timestamp) -> Result<(String, NewCode), ()> {
    let mut port = CodePort { now, code: None };
    let code = port.authorize(grant)?;
    Ok((code, port.code.ok_or(())?))
}

/// What `owner` gives the client with a code.
pub fn new_grant(
    app: &App,
    valid: &ValidRequest,
    owner: &ResourceOwner,
    signed_in: &SignedIn,
    scope: Scope,
    now: i64,
) -> Result<Grant, PageError> {
    let lifetimes = &app.policies().lifetimes;
    let mut extensions = Extensions::new();
    extension::set_grant_id(&mut extensions, GrantId::generate(wall_millis()));
    extension::set_redirect_uri(&mut extensions, &valid.redirect_uri);
    extension::set_resource(&mut extensions, &valid.resource);
    // A device is no part of the browser in which it was allowed, and stays when that is signed out.
    match valid.device_code() {
        Some(device_code) => extension::set_device_code(&mut extensions, device_code),
        None => extension::set_session(&mut extensions, &signed_in.session_id),
    }
    extension::set_facts(
        &mut extensions,
        &GrantFacts { auth_time: Some(signed_in.auth_time), nonce: valid.nonce.clone(), claims: valid.claims.clone() },
    );
    if let Some(challenge) = &valid.code_challenge {
        let pkce = Pkce::required();
        let encoded =
            pkce.challenge(Some("S256".into()), Some(challenge.as_str().into())).map_err(|()| PageError::Internal)?;
        extensions.set(&pkce, encoded.unwrap_or_else(|| Value::private(None)));
    }
    Ok(Grant {
        owner_id: owner.id.clone(),
        client_id: valid.client_id.clone(),
        scope,
        redirect_uri: valid.redirect_uri.parse().map_err(|_| PageError::Expired)?,
        until: time(now + if valid.device.is_some() { lifetimes.device_code } else { lifetimes.authorization_code }),
        extensions,
    })
}

/// The error page in place (RFC 6749 §4.1.2.1): nobody is redirected.
fn refusal(app: &App, error: &OAuthError) -> HttpResponse {
    app.metrics.authorizations.increment([error.code.as_str()]);
    inspector::refuse(error);
    let layout = Layout::new("", Section::Door, "").with_request_id(request_id::current());
    let what = t!("error-request-refused");
    let page = ErrorPage::authorization(layout, what, error.code.as_str(), &error.description)
        .about(inspector::error_uri(error.code.as_str()));
    page::respond(StatusCode::BAD_REQUEST, &page)
}

/// Tells the client of an error. Where nobody vouches for the client, a person decides whether to follow (RFC 9700 §4.11.2).
pub fn respond_error(app: &App, to: BoundRedirect, error: &OAuthError) -> HttpResponse {
    app.metrics.authorizations.increment([error.code.as_str()]);
    inspector::refuse(error);
    let is_trusted = to.is_trusted();
    let host = to.uri().host_for_display().to_owned();
    let response = AuthorizeResponse::error(to, error, inspector::error_uri(error.code.as_str()), app.issuer());
    if is_trusted {
        return respond(&response);
    }
    let layout = Layout::new("", Section::Door, "").with_request_id(request_id::current());
    let what = t!("error-request-refused-of", host = host);
    let page = ErrorPage::authorization(layout, what, error.code.as_str(), &error.description)
        .about(inspector::error_uri(error.code.as_str()));
    let back = t!("error-go-back", host = host);
    match response.mode() {
        ResponseMode::Query => page::respond(StatusCode::BAD_REQUEST, &page.leading_to(back, response.location())),
        ResponseMode::FormPost => {
            let uri = response.to.uri();
            let page = page.leading_to(back, uri.as_str()).posting(fields(&response));
            let mut answer = page::respond(StatusCode::BAD_REQUEST, &page);
            let_forms_lead_to(&mut answer, &uri.origin_for_csp());
            answer
        }
    }
}

/// What a form tells the client.
fn fields(response: &AuthorizeResponse) -> Vec<(String, String)> {
    response.parameters.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

/// Sends the answer as the client wants it.
pub fn respond(response: &AuthorizeResponse) -> HttpResponse {
    match response.mode() {
        ResponseMode::Query => HttpResponse::SeeOther()
            .insert_header(("Location", response.location()))
            .insert_header((CACHE_CONTROL, "no-store"))
            .finish(),
        ResponseMode::FormPost => {
            let uri = response.to.uri();
            let page = FormPostPage {
                layout: Layout::new(t!("continue"), Section::Door, "").with_request_id(request_id::current()),
                action: uri.as_str().to_owned(),
                host: uri.host_for_display().to_owned(),
                parameters: fields(response),
            };
            let mut answer = page::respond(StatusCode::OK, &page);
            let_forms_lead_to(&mut answer, &uri.origin_for_csp());
            answer
        }
    }
}
