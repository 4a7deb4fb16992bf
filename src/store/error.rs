//! What can go wrong in storage. Never to be mistaken for "not found", which is an `Option`.

use std::cell::Cell;
use std::fmt;

use diesel::QueryResult;
use diesel::result::{DatabaseErrorKind, Error as DieselError};

/// A failure of storage.
#[derive(Debug)]
pub enum StoreError {
    /// The database cannot be reached, or did not answer in time. Try again shortly.
    Unavailable(String),
    /// More is waiting already than can be done in time. Try again shortly.
    Overloaded,
    /// The database refused a statement.
    Query(DieselError),
    /// A row holds what this version cannot read.
    Corrupt(String),
}

impl StoreError {
    /// What the database says where a value that must be unique was there already: the column is named in it.
    pub fn unique_violation(&self) -> Option<&str> {
        match self {
            Self::Query(DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, said)) => Some(said.message()),
            _ => None,
        }
    }

    /// The same for another who has waited for the same statement.
    #[cfg(feature = "postgres")]
    pub(super) fn for_another(&self) -> Self {
        match self {
            Self::Unavailable(why) => Self::Unavailable(why.clone()),
            Self::Overloaded => Self::Overloaded,
            Self::Query(error) if self.is_transient() => Self::Unavailable(error.to_string()),
            Self::Query(error) => Self::Corrupt(error.to_string()),
            Self::Corrupt(what) => Self::Corrupt(what.clone()),
        }
    }

    /// Whether trying again shortly may help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable(_) | Self::Overloaded => true,
            Self::Query(error) => !is_our_mistake(error),
            Self::Corrupt(_) => false,
        }
    }
}

/// Whether the database understood us and said no, which no repetition changes.
fn is_our_mistake(error: &DieselError) -> bool {
    match error {
        DieselError::DatabaseError(kind, information) => match kind {
            DatabaseErrorKind::UniqueViolation
            | DatabaseErrorKind::ForeignKeyViolation
            | DatabaseErrorKind::NotNullViolation
            | DatabaseErrorKind::CheckViolation => true,
            // Full disk, locked file, lost connection, time-out: all arrive as text.
            _ => ["syntax error", "no such", "does not exist"].iter().any(|sign| information.message().contains(sign)),
        },
        DieselError::NotFound
        | DieselError::QueryBuilderError(_)
        | DieselError::DeserializationError(_)
        | DieselError::SerializationError(_)
        | DieselError::InvalidCString(_) => true,
        _ => false,
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(why) => write!(f, "the database is not available: {why}"),
            Self::Overloaded => f.write_str("too many requests are waiting for the database"),
            Self::Query(error) => write!(f, "the database refused a statement: {error}"),
            Self::Corrupt(what) => write!(f, "the database holds something unreadable: {what}"),
        }
    }
}

impl std::error::Error for StoreError {}

impl From<DieselError> for StoreError {
    fn from(error: DieselError) -> Self {
        let is_read_only = matches!(error, DieselError::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, _));
        let failed = Self::Query(error);
        if failed.is_transient() {
            note(if is_read_only { Obstacle::ReadOnly } else { Obstacle::GivenUp });
        }
        failed
    }
}

/// What a unit of work met that another attempt may not meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The database gave up a statement: to end a deadlock, or on a full disk.
    GivenUp,
    /// The connection takes no writes: it leads to a standby, or to what has become one.
    ReadOnly,
}

thread_local! {
    static MET: Cell<Option<Obstacle>> = const { Cell::new(None) };
}

/// The first is the cause of those after it.
fn note(obstacle: Obstacle) {
    MET.set(MET.get().or(Some(obstacle)));
}

/// What statements met on this thread since the last time this was asked.
pub(super) fn take_obstacle() -> Option<Obstacle> {
    MET.take()
}

/// For who asks what only a database that takes writes can tell.
#[cfg(feature = "postgres")]
pub(super) fn read_only() -> StoreError {
    note(Obstacle::ReadOnly);
    StoreError::Unavailable("it takes no writes".into())
}

/// Why a unit of work came to nothing: it was refused by a rule, or storage failed. Either way nothing was written.
#[derive(Debug)]
pub enum Failure<E> {
    Refused(E),
    Store(StoreError),
}

/// What a statement gave. Where a value that must be unique was there already, since somebody else wrote it a moment ago, that
/// is the refusal `taken`, which hears what the database says. PostgreSQL takes no more statements in that transaction.
pub fn unless_taken<T, E>(done: QueryResult<T>, taken: impl FnOnce(&str) -> E) -> Result<T, Failure<E>> {
    done.map_err(|error| {
        let error = StoreError::from(error);
        if let Some(said) = error.unique_violation() {
            return Failure::Refused(taken(said));
        }
        Failure::Store(error)
    })
}

impl<E> From<StoreError> for Failure<E> {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl<E> From<DieselError> for Failure<E> {
    fn from(error: DieselError) -> Self {
        Self::Store(error.into())
    }
}
