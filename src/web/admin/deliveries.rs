//! What the console says of something that is tried until it succeeds: of letters, and of clients that are told of logouts.

use actix_web::HttpResponse;

use super::submitted::{Next, Submitted};
use crate::clock::Timestamp;
use crate::jobs::logout::Courier;
use crate::management::{Context, Outcome};
use crate::store::attempts::Progress;
use crate::store::connection::AnyConnection;
use crate::web::error::PageError;
use crate::web::page::{Moment, Status, Tone, sample};
use crate::web::state::App;
use crate::web::visitor::Support;

/// How far it is, for the columns that both lists have.
pub struct Attempts {
    pub created: Moment,
    pub status: Status,
    /// What went wrong last, and when the next attempt is. May be empty.
    pub note: String,
    pub count: i32,
    pub may_retry: bool,
}

impl Attempts {
    /// `done` is the word for what has succeeded.
    pub fn of(progress: Progress, done: String, now: Timestamp) -> Self {
        let may_retry = progress.last_error.is_some();
        let (status, note) = match (progress.finished_at, progress.last_error) {
            (Some(_), None) => (Status::new(Tone::Success, done), String::new()),
            (Some(_), Some(error)) => (Status::new(Tone::Danger, t!("deliveries-given-up")), error),
            (None, None) => (Status::new(Tone::Neutral, t!("deliveries-waiting")), String::new()),
            (None, Some(error)) => {
                let next = Moment::new(progress.next_attempt_at.unwrap_or(now), now).relative;
                let status = Status::new(Tone::Warning, t!("deliveries-trying"));
                (status, format!("{error} {}", t!("deliveries-next", when = next)))
            }
        };
        Self { created: Moment::new(progress.created_at, now), status, note, count: progress.attempts, may_retry }
    }

    /// One of each: new, tried, given up, and finished so many seconds ago.
    pub fn samples(finished: [i64; 2]) -> [Progress; 5] {
        let progress = |attempts, error: Option<&str>, next: Option<i64>, finished: Option<i64>| Progress {
            attempts,
            last_error: error.map(str::to_owned),
            created_at: sample::NOW - 300,
            next_attempt_at: next.map(|seconds| sample::NOW + seconds),
            finished_at: finished.map(|seconds| sample::NOW - seconds),
        };
        let down = Some("The host does not answer at a public address in time.");
        [
            progress(0, None, Some(0), None),
            progress(3, down, Some(120), None),
            progress(7, down, None, Some(60)),
            progress(1, None, None, Some(finished[0])),
            progress(1, None, None, Some(finished[1])),
        ]
    }
}

/// Begins anew with what the button named `field` is about, and wakes whoever tries.
pub async fn retry(
    sent: Submitted<Support>,
    field: &str,
    next: Next,
    work: fn(&mut AnyConnection, &Context, &str) -> Outcome<()>,
    courier: fn(&App) -> &Courier,
) -> Result<HttpResponse, PageError> {
    let id = sent.field(field);
    let response = sent.act(next, move |connection, context| work(connection, context, &id)).await?;
    courier(&sent.admin.visitor.app).wake();
    Ok(response)
}
