//! The request inspector: what becomes of each request to the protocol's endpoints, told to those who look after clients.
//!
//! 1. [`observe`] goes around every such request. Its handlers say in passing what they learn of it: [`note`]. Nothing of
//!    it is a secret, and nothing is put into words that may never be read.
//! 2. A refusal is the error that the handler answers with: it says at which check it arose
//!    ([`check`](crate::protocol::check)), so all checks before it were passed.
//! 3. A request that is to be recorded ([`jobs::request_log`](crate::jobs::request_log) decides) becomes a record, in which
//!    what came from outside is [`redact`]ed. A background task writes it; the request does not wait for that.
//!
//! The error that the client gets names a page about it, with the request's id ([`error_uri`]): a developer who has no way
//! into the console can hand the id to somebody who has.

mod redact;

use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use serde_json::{Map, Value, json};

use crate::domain::client::{Brief, Client};
use crate::domain::client_traffic::Kind;
use crate::jobs::pace::Pace;
use crate::protocol::bearer::BearerError;
use crate::protocol::check::{Cause, Check, Endpoint, ProofKind};
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::store::request_log::{self, NewRecord};
use crate::web::error::JsonError;
use crate::web::state::{App, State};
use crate::web::{request_id, routes};

/// The outcome of an introspection that tells the caller nothing.
pub const INACTIVE: &str = "inactive";

/// Most values of which one would have passed that are kept.
const MAX_EXPECTED: usize = 50;

/// What handlers have said of the request that is being answered.
#[derive(Default)]
pub struct Draft {
    pub client: Option<Arc<Client>>,
    /// Whose token was presented, where that is all there is to know who asks.
    pub holder: Option<Arc<Brief>>,
    /// The grant type or the response type.
    pub flow: &'static str,
    pub proof: Option<ProofKind>,
    /// How the client proves itself, as client metadata calls it.
    pub method: &'static str,
    /// Which of the client's secrets matched.
    pub secret_id: Option<String>,
    pub owner_id: Option<String>,
    /// The check that said no, where its error does not say so itself.
    pub check: Option<Check>,
    facts: Vec<(&'static str, Value)>,
    /// Where a page or a redirect is the answer: what it says.
    refusal: Option<Refusal>,
}

/// What a request came to that was not what the client wanted.
struct Refusal {
    outcome: &'static str,
    cause: Option<Box<Cause>>,
}

impl Draft {
    /// Id and name of who asks.
    fn caller(&self) -> Option<(&str, &str)> {
        let client = self.client.as_ref().map(|client| (client.id.as_str(), client.name()));
        client.or_else(|| self.holder.as_ref().map(|holder| (&*holder.id, &*holder.name)))
    }

    /// Something worth knowing beside the checks; never a secret.
    pub fn fact(&mut self, name: &'static str, value: impl Into<Value>) {
        self.facts.push((name, value.into()));
    }

    /// The identifier of a client that there is not. It is kept when it looks like one of ours, since people paste secrets
    /// into the wrong field.
    pub fn claimed(&mut self, client_id: &str) {
        match redact::client_id(client_id) {
            Some(id) => self.fact("claimed_client_id", id),
            None => self.fact("claimed_client_id_length", client_id.len()),
        }
    }
}

struct Current {
    app: State,
    draft: RefCell<Draft>,
}

tokio::task_local! {
    static CURRENT: Current;
}

/// Says something of the request that is being answered; to nobody, where it is none that is observed.
pub fn note(say: impl FnOnce(&mut Draft)) {
    let _ = CURRENT.try_with(|current| say(&mut current.draft.borrow_mut()));
}

/// Says that the request is answered with this error, where the answer is a page or a redirect.
pub fn refuse(error: &OAuthError) {
    note(|draft| draft.refusal = Some(Refusal { outcome: error.code.as_str(), cause: error.cause.clone() }));
}

/// Says why an introspection tells the caller nothing.
pub fn inactive(check: Check) {
    note(|draft| draft.refusal = Some(Refusal { outcome: INACTIVE, cause: Some(Box::new(Cause::new(check))) }));
}

/// Where everybody can read about the error `code` that this request is answered with; `None` where it is not observed.
pub fn error_uri(code: &str) -> Option<String> {
    let uri = |current: &Current| current.app.config.issuer.url(&routes::error(code, &request_id::current()));
    CURRENT.try_with(uri).ok()
}

/// Writes what this process still holds, so that whoever comes straight from a failed request finds it.
pub async fn catch_up(app: &App) {
    if let Err(error) = app.request_log.flush(&app.store, app.now(), |_| Pace::hurried()).await {
        tracing::warn!(%error, "records of requests could not be written");
    }
}

/// The endpoint behind a path.
fn endpoint(path: &str) -> Option<Endpoint> {
    let is_below = |whole: &str| path.strip_prefix(whole).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    match path {
        routes::TOKEN => Some(Endpoint::Token),
        routes::INTROSPECT => Some(Endpoint::Introspect),
        routes::REVOKE => Some(Endpoint::Revoke),
        routes::USERINFO => Some(Endpoint::Userinfo),
        routes::DEVICE_AUTHORIZATION => Some(Endpoint::DeviceAuthorization),
        // The answer to an authorization request may be given there.
        routes::CONSENT => Some(Endpoint::Authorize),
        _ if is_below(routes::AUTHORIZE) => Some(Endpoint::Authorize),
        _ if is_below(routes::REGISTER) => Some(Endpoint::Register),
        _ if is_below(routes::END_SESSION) => Some(Endpoint::Logout),
        _ => None,
    }
}

/// Answers a request, and records what became of it where it is one of the protocol's.
pub async fn observe<B: MessageBody + 'static>(
    app: &State,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let is_shown = request.path() == routes::CONSENT && request.method() == Method::GET;
    let endpoint = endpoint(request.path()).filter(|_| request.method() != Method::OPTIONS && !is_shown);
    let Some(endpoint) = endpoint else { return next.call(request).await };
    let begun = Instant::now();
    let current = Current { app: app.clone(), draft: RefCell::default() };
    let (answered, draft) = CURRENT
        .scope(current, async {
            let answered = next.call(request).await;
            (answered, CURRENT.with(|current| current.draft.take()))
        })
        .await;
    if let Ok(response) = &answered {
        finish(app, endpoint, draft, response, begun.elapsed());
    }
    answered
}

fn finish<B>(app: &App, endpoint: Endpoint, mut draft: Draft, response: &ServiceResponse<B>, took: Duration) {
    let answer = response.response();
    let refusal = match answer.error().and_then(Error::as_error::<JsonError>) {
        Some(error) => Some(refusal(endpoint, error, draft.check)),
        None => draft.refusal.take().or_else(|| unexplained(answer.status().as_u16())),
    };
    // A device that polls in time does what it should, every few seconds.
    if refusal.as_ref().is_some_and(|refusal| refusal.outcome == ErrorCode::AuthorizationPending.as_str()) {
        return;
    }
    let is_failure = refusal.as_ref().is_some_and(|refusal| refusal.outcome != INACTIVE);
    let now = app.now();
    let (client_id, client_name) = draft.caller().unwrap_or_default();
    if !is_failure && endpoint == Endpoint::Token {
        app.traffic.note(client_id, [(Kind::GrantType, draft.flow), (Kind::AuthMethod, draft.method)], now);
    }
    let is_wanted = if is_failure {
        app.request_log.wants_failures()
    } else {
        let kind = if refusal.is_some() { INACTIVE } else { draft.flow };
        app.request_log.wants_success(endpoint.as_str(), kind, client_id, now)
    };
    if !is_wanted {
        return;
    }
    let Refusal { outcome, cause } = refusal.unwrap_or(Refusal { outcome: request_log::OK, cause: None });
    let detail = detail(&draft, cause.as_deref(), now);
    app.request_log.push(NewRecord {
        at: now,
        request_id: request_id::current(),
        endpoint: endpoint.as_str(),
        client_id: (!client_id.is_empty()).then(|| client_id.to_owned()),
        client_name: client_name.to_owned(),
        flow: draft.flow,
        proof: draft.proof.map(ProofKind::as_str).unwrap_or_default(),
        outcome,
        is_failure,
        failed_check: cause.map(|cause| cause.check.as_str()),
        owner_id: draft.owner_id,
        address: app.client_address(response.request()).to_string(),
        duration_us: i64::try_from(took.as_micros()).unwrap_or(i64::MAX),
        detail,
    });
}

/// What an error of a JSON endpoint says. Those that arise at one place only have their check here.
fn refusal(endpoint: Endpoint, error: &JsonError, check: Option<Check>) -> Refusal {
    let is_registration = endpoint == Endpoint::Register;
    let here = |check| Some(Box::new(Cause::new(check)));
    let cause = match error {
        JsonError::OAuth(error) => error.cause.clone(),
        JsonError::Unauthenticated { check, .. } => here(*check),
        JsonError::KeysUnavailable(_) => here(Check::AssertionSigned),
        JsonError::Bearer(BearerError::Missing) => here(Check::BearerSent),
        JsonError::Bearer(BearerError::InvalidRequest) => here(Check::BearerReadable),
        JsonError::Bearer(BearerError::InvalidToken) if is_registration => here(Check::RegistrationToken),
        JsonError::Bearer(BearerError::InvalidToken) => here(Check::BearerAlive),
        JsonError::Bearer(BearerError::InsufficientScope(_)) => here(Check::BearerScope),
        JsonError::Forbidden(_) => here(Check::ClientEnabled),
        JsonError::TooMany(_) if is_registration => here(Check::RegistrationQuota),
        JsonError::RegistrationFull => here(Check::RegistrationQuota),
        JsonError::TooMany(_) => here(check.unwrap_or(Check::NotThrottled)),
        JsonError::TooLarge if is_registration => here(Check::MetadataReadable),
        JsonError::TooLarge => here(Check::FormReadable),
        JsonError::Unavailable | JsonError::Internal => None,
    };
    // A request without a token is answered without an error code.
    Refusal { outcome: error.code().unwrap_or("unauthorized"), cause }
}

/// An answer that failed without saying more: a page of its own.
fn unexplained(status: u16) -> Option<Refusal> {
    let code = match status {
        429 | 503 => ErrorCode::TemporarilyUnavailable,
        500.. => ErrorCode::ServerError,
        400.. => ErrorCode::InvalidRequest,
        _ => return None,
    };
    Some(Refusal { outcome: code.as_str(), cause: None })
}

/// What is known beside the columns, in which what came from outside is redacted.
fn detail(draft: &Draft, cause: Option<&Cause>, now: i64) -> Value {
    let mut facts: Map<String, Value> =
        draft.facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    if !draft.method.is_empty() {
        facts.insert("auth_method".to_owned(), draft.method.into());
    }
    if let (Some(client), Some(id)) = (&draft.client, &draft.secret_id) {
        let live: Vec<_> = client.secrets.iter().filter(|secret| secret.is_live(now)).collect();
        if let Some(matched) = live.iter().find(|secret| secret.id == *id) {
            let is_newest = live.last().is_some_and(|newest| newest.id == *id);
            facts.insert("secret".to_owned(), if is_newest { "newest" } else { "older" }.into());
            facts.insert("secret_created_at".to_owned(), matched.created_at.into());
        }
    }
    let mut detail = json!({ "facts": facts });
    if let Some(cause) = cause.filter(|cause| !cause.expected.is_empty() || cause.received.is_some()) {
        detail["expected"] = cause.expected.iter().take(MAX_EXPECTED).cloned().collect::<Vec<_>>().into();
        if let Some(received) = &cause.received {
            detail["received"] = redact::received(cause.check, received, &cause.expected).into();
        }
    }
    detail
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_says_no_more_is_told_by_its_status() {
        let outcome = |status| unexplained(status).map(|refusal| refusal.outcome);
        for (status, expected) in [
            (303, None),
            (404, Some("invalid_request")),
            (429, Some("temporarily_unavailable")),
            (500, Some("server_error")),
            (503, Some("temporarily_unavailable")),
        ] {
            assert_eq!(outcome(status), expected, "{status}");
        }
    }

    #[test]
    fn the_protocol_s_paths_are_observed_and_no_others() {
        for (path, expected) in [
            ("/oauth2/token", Some(Endpoint::Token)),
            ("/oauth2/authorize", Some(Endpoint::Authorize)),
            ("/oauth2/authorize/abc", Some(Endpoint::Authorize)),
            ("/oauth2/register/c_1", Some(Endpoint::Register)),
            ("/oauth2/authorized", None),
            ("/login", None),
            ("/admin/requests", None),
        ] {
            assert_eq!(endpoint(path), expected, "{path}");
        }
    }
}
