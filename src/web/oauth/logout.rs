//! `/oauth2/logout` (OpenID Connect RP-Initiated Logout §2): a client asks to end the session.
//!
//! 1. `GET` or `POST /oauth2/logout` validates. What is not valid is a page of ours, never a redirect. A `POST` comes from
//!    another site without our cookies, so it is stored and answered by a redirect to our own `GET`.
//! 2. `GET /oauth2/logout/{request}` goes on with a stored request.
//! 3. Who proves by its hint that it took part in this very session ends it at once. Otherwise `/logout` asks.

use std::sync::Arc;

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};

use super::may_be_stored;
use crate::domain::client::Client;
use crate::protocol::check::Check;
use crate::protocol::error::OAuthError;
use crate::protocol::logout::{self, Invalid, LogoutRequest, PostLogoutRedirect, needs_confirmation};
use crate::protocol::parameters::Parameters;
use crate::secret::random_id;
use crate::store::StoreError;
use crate::store::logout_requests::{self, NewLogoutRequest};
use crate::web::account::logout::{InvalidPage, finish, sign_out};
use crate::web::error::{PageError, see_other};
use crate::web::language::choice::{Because, of_locales, prefer};
use crate::web::page::respond;
use crate::web::state::App;
use crate::web::visitor::Visitor;
use crate::web::{form, inspector, limits, routes};

/// Seconds in which a person must answer a stored request.
const REQUEST_LIFETIME: i64 = 30 * 60;

/// `GET` and `POST /oauth2/logout`.
pub async fn start(visitor: Visitor, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, PageError> {
    let is_post = request.method() == Method::POST;
    let parsed = if is_post {
        form::read(&request, payload).await
    } else {
        Parameters::parse(request.query_string().as_bytes()).map_err(form::BodyProblem::Malformed)
    };
    let parameters = match parsed {
        Ok(parameters) => parameters,
        Err(form::BodyProblem::TooLarge) => return Err(PageError::TooLarge),
        Err(problem) => {
            inspector::refuse(&OAuthError::invalid_request(problem.description()).at(Check::FormReadable));
            return Ok(refusal(&visitor, problem.description()));
        }
    };
    prefer(Because::Request, parameters.get("ui_locales").and_then(of_locales));
    match check(&visitor.app, &parameters).await? {
        Err(Invalid { why, cause }) => {
            inspector::refuse(&OAuthError::invalid_request(why).because(cause));
            Ok(refusal(&visitor, why))
        }
        // Whoever asks, the user is on a page of ours from here on.
        Ok(None) => Ok(see_other(routes::LOGOUT)),
        Ok(Some((_, request))) if is_post => {
            let id = store(&visitor, &request, None).await?;
            Ok(see_other(&format!("{}/{id}", routes::END_SESSION)))
        }
        Ok(Some((client, request))) => proceed(&visitor, &client, request, None).await,
    }
}

/// `GET /oauth2/logout/{request}`
pub async fn resume(visitor: Visitor, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let (client, request) = load(&visitor, &id).await?;
    proceed(&visitor, &client, request, Some(id.into_inner())).await
}

/// The request with its client; `None` when it names no client, and so asks for nothing but a logout.
async fn check(
    app: &App,
    parameters: &Parameters,
) -> Result<Result<Option<(Arc<Client>, LogoutRequest)>, Invalid>, StoreError> {
    if parameters.any_repeats() {
        let why = "A parameter is there more than once. Send each once.";
        return Ok(Err(Invalid::new(Check::ParametersOnce, why)));
    }
    let hint = match parameters.get("id_token_hint") {
        None => None,
        Some(token) => {
            let Some(past) = super::past_login(app, token) else {
                let why = "The id_token_hint is not an ID token of this server.";
                return Ok(Err(Invalid::new(Check::LogoutHint, why)));
            };
            Some(past)
        }
    };
    let client = match logout::client_id(parameters, hint.as_ref()) {
        Err(invalid) => return Ok(Err(invalid)),
        Ok(None) => None,
        Ok(Some(id)) => {
            let Some(client) = app.store.client(&id).await?.filter(|client| client.is_enabled()) else {
                let why = "No client with this client_id is registered here and enabled.";
                inspector::note(|draft| draft.claimed(&id));
                return Ok(Err(Invalid::new(Check::ClientKnown, why)));
            };
            Some(client)
        }
    };
    inspector::note(|draft| draft.client.clone_from(&client));
    let request = logout::validate(parameters, client.as_deref(), hint);
    Ok(request.map(|request| client.zip(request)))
}

/// Loads a stored request for this browser, with its client as it is now.
pub async fn load(visitor: &Visitor, id: &str) -> Result<(Arc<Client>, LogoutRequest), PageError> {
    if !may_be_stored(id) {
        return Err(PageError::Expired);
    }
    let opened = id.to_owned();
    let (id, browser, now) = (id.to_owned(), visitor.browser.id.clone(), visitor.now());
    let stored = visitor
        .app
        .store
        .write::<_, StoreError, _>(move |connection| Ok(logout_requests::open(connection, &id, &browser, now)?))
        .await?;
    let (client, request) = of_stored(&visitor.app, &stored.ok_or(PageError::Expired)?).await?;
    visitor.speak_for_request(&opened, request.ui_locales.as_deref());
    Ok((client, request))
}

/// What was stored, with its client as it is now.
pub async fn of_stored(app: &App, text: &str) -> Result<(Arc<Client>, LogoutRequest), PageError> {
    let request: LogoutRequest = serde_json::from_str(text).map_err(|error| {
        tracing::error!(%error, "a stored logout request is unreadable");
        PageError::Internal
    })?;
    let client = app.store.client(&request.client_id).await?.filter(|client| client.is_enabled());
    Ok((client.ok_or(PageError::Expired)?, request))
}

async fn store(visitor: &Visitor, request: &LogoutRequest, browser: Option<&str>) -> Result<String, PageError> {
    limits::admit_stored(visitor)?;
    let app = &visitor.app;
    let new = NewLogoutRequest {
        id: random_id(),
        browser: browser.map(str::to_owned),
        request: serde_json::to_string(request).map_err(|_| PageError::Internal)?,
        expires_at: app.now() + REQUEST_LIFETIME,
    };
    let id = new.id.clone();
    app.store.write::<_, StoreError, _>(move |connection| Ok(logout_requests::insert(connection, &new)?)).await?;
    Ok(id)
}

/// Decides what comes next, and does it.
async fn proceed(
    visitor: &Visitor,
    client: &Client,
    request: LogoutRequest,
    stored: Option<String>,
) -> Result<HttpResponse, PageError> {
    let app = &visitor.app;
    // RP-Initiated §4: it is no error that nobody is signed in any more.
    let Some((owner, signed_in)) = visitor.owner().await? else {
        return finish(visitor, None, request.redirect(client)).await;
    };
    let as_client_knows = logout::SignedIn {
        subject: app.subjects.subject(&client.metadata, &owner.id),
        session: app.subjects.session(&client.metadata, &signed_in.session_id),
        names: [&owner.username, owner.email.as_deref().unwrap_or_default()],
    };
    if needs_confirmation(&request, &as_client_knows) {
        let id = match stored {
            Some(id) => id,
            None => store(visitor, &request, Some(&visitor.browser.id)).await?,
        };
        return Ok(see_other(&routes::logout(&id)));
    }
    let ended = sign_out(visitor, &owner, &signed_in).await?;
    let next = request.redirect(client).map(PostLogoutRedirect::for_its_user);
    finish(visitor, Some(ended), next).await
}

fn refusal(visitor: &Visitor, why: &str) -> HttpResponse {
    let page = InvalidPage { layout: visitor.layout(InvalidPage::title()), developer: why.to_owned() };
    respond(StatusCode::BAD_REQUEST, &page)
}
