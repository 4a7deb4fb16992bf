//! Reading a form: bytes of a bounded size, in bounded time, of the one content type there is.

use std::time::Duration;

use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, web};

use crate::protocol::parameters::{Malformed, Parameters};
use crate::web::multipart::{self, File};

/// Most bytes of a form or a JSON body.
pub const MAX_BODY: usize = 64 * 1024;
/// The same for a form of an admin that comes with files.
pub const MAX_UPLOAD: usize = 8 * 1024 * 1024;
/// How long a client may take to send a body, and an admin's browser a form with files.
const PATIENCE: Duration = Duration::from_secs(15);
const UPLOAD_PATIENCE: Duration = Duration::from_secs(60);

/// Why a body is no form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyProblem {
    WrongType,
    TooLarge,
    /// It ended early or took too long.
    Incomplete,
    Malformed(Malformed),
}

impl BodyProblem {
    /// For the client's developer.
    pub const fn description(self) -> &'static str {
        match self {
            Self::WrongType => "Send the parameters as application/x-www-form-urlencoded in the body of a POST.",
            Self::TooLarge => "The body is longer than 65536 bytes.",
            Self::Incomplete => "The body did not arrive completely.",
            Self::Malformed(problem) => problem.description(),
        }
    }
}

/// Reads the parameters of a form.
pub async fn read(request: &HttpRequest, payload: web::Payload) -> Result<Parameters, BodyProblem> {
    if !has_type(request, "application/x-www-form-urlencoded") {
        return Err(BodyProblem::WrongType);
    }
    Parameters::parse(&bytes(request, payload).await?).map_err(BodyProblem::Malformed)
}

/// Reads the parameters of a form that may come with files.
pub async fn read_with_files(
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<(Parameters, Vec<File>), BodyProblem> {
    if !has_type(request, "multipart/form-data") {
        return Ok((read(request, payload).await?, Vec::new()));
    }
    let body = bytes_within((MAX_UPLOAD, UPLOAD_PATIENCE), request, payload).await?;
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (fields, files) = multipart::parse(content_type, &body).ok_or(BodyProblem::Incomplete)?;
    Ok((Parameters::of(fields), files))
}

/// Whether the body is declared as `expected`, with or without parameters such as a character set.
pub fn has_type(request: &HttpRequest, expected: &str) -> bool {
    let declared = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    declared.split(';').next().is_some_and(|mime| mime.trim().eq_ignore_ascii_case(expected))
}

/// Reads a body of any type.
pub async fn bytes(request: &HttpRequest, payload: web::Payload) -> Result<web::Bytes, BodyProblem> {
    bytes_within((MAX_BODY, PATIENCE), request, payload).await
}

async fn bytes_within(
    (most, patience): (usize, Duration),
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<web::Bytes, BodyProblem> {
    let declared = request.headers().get("content-length").and_then(|value| value.to_str().ok());
    if declared.and_then(|length| length.parse::<u64>().ok()).is_some_and(|length| length > most as u64) {
        return Err(BodyProblem::TooLarge);
    }
    match tokio::time::timeout(patience, payload.to_bytes_limited(most)).await {
        Ok(Ok(Ok(bytes))) => Ok(bytes),
        Ok(Err(_)) => Err(BodyProblem::TooLarge),
        Ok(Ok(Err(_))) | Err(_) => Err(BodyProblem::Incomplete),
    }
}
