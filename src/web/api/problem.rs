//! Errors of the management API as `application/problem+json` (RFC 9457), and what all its routes share.
//!
//! The guard of tokens and the routing refuse as everywhere in the house, in OAuth's JSON; [`in_one_form`] makes problems of
//! that. Of what is refused before a request comes to its route, [`headers`](crate::web::headers) makes them.

use std::str::FromStr;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, LOCATION, RETRY_AFTER};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, HttpResponse, ResponseError, web};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::management::{Context, ManagementError, Outcome};
use crate::protocol::parameters::Parameters;
use crate::store::audit_log::Actor;
use crate::store::connection::AnyConnection;
use crate::store::paging::Place;
use crate::store::{Failure, StoreError};
use crate::web::error::RETRY_SECONDS;
use crate::web::form::{self, BodyProblem};
use crate::web::request_id;
use crate::web::tokens::Bearer;

/// RFC 9457 §3.
const PROBLEM_JSON: &str = "application/problem+json";

/// Why a request to the API was refused.
#[derive(Debug)]
pub enum Problem {
    BadRequest(String),
    /// The path is none of the API's.
    NothingHere,
    Refused(ManagementError),
    TooLarge,
    WrongType,
    Store(StoreError),
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "storage failed");
        Self::Store(error)
    }
}

impl From<Failure<ManagementError>> for Problem {
    fn from(failure: Failure<ManagementError>) -> Self {
        match failure {
            Failure::Refused(error) => Self::Refused(error),
            Failure::Store(error) => error.into(),
        }
    }
}

impl Problem {
    /// There is no such thing.
    pub fn not_found() -> Self {
        Self::Refused(ManagementError::NotFound)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::NothingHere | Self::Refused(ManagementError::NotFound) => StatusCode::NOT_FOUND,
            Self::Refused(ManagementError::Conflict(_) | ManagementError::Outdated) => StatusCode::CONFLICT,
            Self::Refused(ManagementError::Invalid(_)) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::WrongType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Store(error) if error.is_transient() => StatusCode::SERVICE_UNAVAILABLE,
            Self::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        let mut body = members(status);
        body["detail"] = match self {
            Self::BadRequest(detail) => detail.as_str().into(),
            Self::NothingHere => "There is nothing at this path. /api/v1/openapi.json lists what there is.".into(),
            Self::Refused(error) => error.to_string().into(),
            Self::TooLarge => BodyProblem::TooLarge.description().into(),
            Self::WrongType => "Send the body as application/json.".into(),
            Self::Store(error) if error.is_transient() => "The database is busy or down. Try again shortly.".into(),
            Self::Store(_) => "The server failed. Report the X-Request-Id.".into(),
        };
        if let Self::Refused(ManagementError::Invalid(problems)) = self {
            body["errors"] = problems
                .iter()
                .map(|each| json!({ "member": each.field, "problem": each.problem.to_string() }))
                .collect();
        }
        let mut response = HttpResponse::build(status);
        response.insert_header((CACHE_CONTROL, "no-store")).content_type(PROBLEM_JSON);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.insert_header((RETRY_AFTER, RETRY_SECONDS.to_string()));
        }
        response.body(body.to_string())
    }
}

/// What every problem says beside its detail.
fn members(status: StatusCode) -> Value {
    json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or("Error"),
        "status": status.as_u16(),
    })
}

/// Makes a problem of a refusal that is none yet. Its status and headers stay, a challenge (RFC 6750 §3) among them, and its
/// code, as the member `error`.
pub async fn in_one_form(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    let (request, response) = next.call(request).await?.map_into_boxed_body().into_parts();
    Ok(ServiceResponse::new(request, as_problem(response)))
}

/// The same of an answer alone.
pub fn as_problem(mut response: HttpResponse) -> HttpResponse {
    let status = response.status();
    let is_refusal = status.is_client_error() || status.is_server_error();
    if !is_refusal || response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == PROBLEM_JSON) {
        return response;
    }
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    response.map_body(|_, said| BoxBody::new(from_oauth(status, said).to_string()))
}

fn from_oauth(status: StatusCode, said: BoxBody) -> Value {
    let said: Option<Value> = said.try_into_bytes().ok().and_then(|said| serde_json::from_slice(&said).ok());
    let said = said.unwrap_or_default();
    let mut body = members(status);
    // RFC 6750 §3.1: who has sent no token is told no code.
    let none_sent = "Send an access token in the header Authorization, after the word Bearer.";
    body["detail"] = said["error_description"].as_str().unwrap_or(none_sent).into();
    for member in ["error", "error_description"] {
        if said[member].is_string() {
            body[member] = said[member].clone();
        }
    }
    body
}

/// Reads a JSON object.
pub async fn object(request: &HttpRequest, payload: web::Payload) -> Result<Map<String, Value>, Problem> {
    if !form::has_type(request, "application/json") {
        return Err(Problem::WrongType);
    }
    let bytes = form::bytes(request, payload).await.map_err(|problem| match problem {
        BodyProblem::TooLarge => Problem::TooLarge,
        problem => Problem::BadRequest(problem.description().to_owned()),
    })?;
    let value =
        serde_json::from_slice(&bytes).map_err(|_| Problem::BadRequest("The body is not valid JSON.".to_owned()))?;
    match value {
        Value::Object(object) => Ok(object),
        _ => Err(Problem::BadRequest("Send a JSON object.".to_owned())),
    }
}

/// The member `version`, which guards against lost updates; without it the newest is changed.
pub fn version(body: &Map<String, Value>) -> Result<Option<i32>, Problem> {
    let Some(version) = body.get("version") else { return Ok(None) };
    match version.as_i64().and_then(|version| i32::try_from(version).ok()) {
        Some(version) => Ok(Some(version)),
        None => Err(Problem::BadRequest("The version is the number that it was read with.".to_owned())),
    }
}

/// How a list is asked for: `?limit=&after=&q=…`.
#[derive(Debug, Default, Deserialize)]
pub struct ListQuery {
    limit: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// Text to search for.
    pub q: Option<String>,
    pub client_id: Option<String>,
    pub user_id: Option<String>,
    pub endpoint: Option<String>,
    pub outcome: Option<String>,
    /// Access or refresh tokens.
    pub kind: Option<String>,
}

impl ListQuery {
    /// Reads the query of a request.
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let query = web::Query::<Self>::from_query(request.query_string())
            .map_err(|_| Problem::BadRequest("The query is malformed or names a parameter twice.".to_owned()))?
            .into_inner();
        let texts = [&query.limit, &query.after, &query.q, &query.client_id, &query.user_id];
        let narrowed = [&query.endpoint, &query.outcome, &query.kind];
        let texts = texts.into_iter().chain(narrowed);
        if texts.flatten().any(|text| text.contains('\0') || text.len() > 256) {
            return Err(Problem::BadRequest("A query parameter is too long or holds a zero byte.".to_owned()));
        }
        Ok(query)
    }

    /// The same of a query that has parameters of its own.
    pub fn parse(query: &Parameters) -> Result<Self, Problem> {
        if query.any_repeats() {
            return Err(Problem::BadRequest("The query names a parameter twice.".to_owned()));
        }
        let value = |name| query.get(name).map(str::to_owned);
        Ok(Self { limit: value("limit"), after: value("after"), ..Self::default() })
    }

    /// Where the page begins.
    pub fn place<K: FromStr>(&self) -> Result<Place<K>, Problem> {
        match self.after.as_deref().map(str::parse).transpose() {
            Ok(key) => Ok(Place::after(key)),
            Err(_) => Err(Problem::BadRequest("Send after as the next of the page before.".to_owned())),
        }
    }

    /// Entries on a page: 1 to 200, 50 unless told.
    pub fn limit(&self) -> Result<i64, Problem> {
        match self.limit.as_deref() {
            None => Ok(50),
            Some(text) => text
                .parse()
                .ok()
                .filter(|limit| (1..=200).contains(limit))
                .ok_or_else(|| Problem::BadRequest("The limit is a number from 1 to 200.".to_owned())),
        }
    }
}

/// A page of a search; it may stop before it is full, and go on at `next`.
pub fn found(items: &[Value], next: Option<&str>) -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(json!({ "items": items, "next": next }))
}

/// A page of a list; `next` is what `after` of the next page is.
pub fn page(items: &[Value], limit: i64, next: impl FnOnce() -> Option<String>) -> HttpResponse {
    let is_full = i64::try_from(items.len()).unwrap_or(i64::MAX) >= limit;
    let next = if is_full { next() } else { None };
    found(items, next.as_deref())
}

/// One thing.
pub fn ok(value: Value) -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(value)
}

/// Something new.
pub fn created(value: impl Serialize) -> HttpResponse {
    HttpResponse::Created().insert_header((CACHE_CONTROL, "no-store")).json(value)
}

/// Something new that can be asked for at a path of its own.
pub fn created_at(path: String, value: impl Serialize) -> HttpResponse {
    HttpResponse::Created().insert_header((LOCATION, path)).insert_header((CACHE_CONTROL, "no-store")).json(value)
}

/// It is gone.
pub fn deleted() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

impl<S> Bearer<S> {
    /// Does `work` in one transaction, in the name of whom the token stands for.
    pub async fn manage<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&mut AnyConnection, &Context) -> Outcome<T> + Send + 'static,
    ) -> Result<T, Problem> {
        let context = self.context();
        Ok(self.app.store.write(move |connection| work(connection, &context)).await?)
    }

    /// For the audit log: the client acts, in its user's name when it has one.
    fn context(&self) -> Context {
        let actor = match &self.token.grant.record.owner {
            Some(owner) => Actor::Owner(owner.username.clone()),
            None => Actor::Client(self.token.client.id.to_string()),
        };
        Context {
            actor,
            address: self.address.clone(),
            user_agent: String::new(),
            request_id: request_id::current(),
            has_mail: self.app.mailer.is_some(),
            language: "",
            now: self.app.now(),
        }
    }
}
