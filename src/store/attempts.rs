//! What is tried until it succeeds: the columns, and what is done with them, that [`logout_deliveries`](super::logout_deliveries)
//! and [`mails`](super::mails) have in common.
//!
//! A row waits while `next_attempt_at` says when to try. Claiming moves that moment a little into the future, so that one
//! process tries and another takes over should it die. A finished row has no next attempt, and an error if it was given up.

use diesel::prelude::*;

use crate::clock::Timestamp;

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Delivered,
    /// It will be tried again.
    Later {
        at: Timestamp,
        error: String,
    },
    GivenUp {
        error: String,
    },
}

impl Outcome {
    /// When the next attempt is, what went wrong, and when it was finished.
    pub(super) fn columns(&self, now: Timestamp) -> (Option<Timestamp>, Option<&str>, Option<Timestamp>) {
        match self {
            Self::Delivered => (None, None, Some(now)),
            Self::Later { at, error } => (Some(*at), Some(error), None),
            Self::GivenUp { error } => (None, Some(error), Some(now)),
        }
    }
}

/// How far it is.
#[derive(Clone, Debug, Queryable)]
pub struct Progress {
    pub attempts: i32,
    pub last_error: Option<String>,
    pub created_at: Timestamp,
    pub next_attempt_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
}

/// The columns of [`Progress`].
macro_rules! progress {
    ($table:ident) => {
        ($table::attempts, $table::last_error, $table::created_at, $table::next_attempt_at, $table::finished_at)
    };
}
pub(super) use progress;

/// The row that has been due longest of those that match, for the caller alone until `$until`; `None` when none is due, or
/// another process was faster. Selects `$columns`.
macro_rules! claim {
    ($connection:expr, $table:ident, $which:expr, $now:expr, $until:expr, $columns:expr) => {{
        let due = $table::table
            .filter($which)
            .filter($table::next_attempt_at.le($now))
            .order($table::next_attempt_at)
            .select($table::id)
            .first::<String>($connection)
            .optional()?;
        let Some(id) = due else { return Ok(None) };
        diesel::update($table::table.find(id).filter($table::next_attempt_at.le($now)))
            .set(($table::attempts.eq($table::attempts + 1), $table::next_attempt_at.eq($until)))
            .returning($columns)
            .get_result($connection)
            .optional()?
    }};
}
pub(super) use claim;

/// Writes down what became of a claimed attempt, unless another one has begun meanwhile.
macro_rules! conclude {
    ($connection:expr, $table:ident, $attempt:expr, $outcome:expr, $now:expr) => {{
        let (next, error, finished) = $outcome.columns($now);
        let same = $table::table.find(&$attempt.id).filter($table::attempts.eq($attempt.attempts));
        diesel::update(same.filter($table::finished_at.is_null()))
            .set(($table::next_attempt_at.eq(next), $table::last_error.eq(error), $table::finished_at.eq(finished)))
            .execute($connection)
    }};
}
pub(super) use conclude;

/// Begins anew with what has not succeeded, at once: a statement that changes one row, or none.
macro_rules! begin_anew {
    ($table:ident, $id:expr, $now:expr) => {
        diesel::update(
            $table::table.find($id).filter($table::finished_at.is_null().or($table::last_error.is_not_null())),
        )
        .set(($table::attempts.eq(0), $table::next_attempt_at.eq($now), $table::finished_at.eq(None::<Timestamp>)))
    };
}
pub(super) use begin_anew;
