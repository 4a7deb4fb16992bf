//! What admins do, once: the operations that console, API and command line share.
//!
//! Each runs inside a [`Store::write`](crate::store::Store::write), checks the rules, and says in the audit log who did it,
//! in the same transaction. Nothing slow happens here: passwords arrive hashed and keys generated.

pub mod account_events;
pub mod audit_chain;
pub mod audit_log;
pub mod clients;
pub mod configuration;
pub mod email;
pub mod grants;
pub mod keys;
pub mod letters;
pub mod playground;
pub mod registration;
pub mod registration_tokens;
pub mod resources;
pub mod scopes;
pub mod sessions;
pub mod settings;
pub mod users;

use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::domain::sentence::Sentence;
use crate::store::audit_log::{self as log, Actor, Event};
use crate::store::connection::AnyConnection;
use crate::store::{Failure, StoreError};

/// Who does it, from where, and when.
#[derive(Clone, Debug)]
pub struct Context {
    pub actor: Actor,
    /// An address, or empty.
    pub address: String,
    /// What a person's browser says of itself, or empty.
    pub user_agent: String,
    pub request_id: String,
    /// Whether there is a mail server: without one no letters are written.
    pub has_mail: bool,
    /// What the pages speak to whoever does it (BCP 47), or empty.
    pub language: &'static str,
    pub now: Timestamp,
}

impl Context {
    /// What the server does by itself.
    pub const fn of_server(now: Timestamp) -> Self {
        Self {
            actor: Actor::Server,
            address: String::new(),
            user_agent: String::new(),
            request_id: String::new(),
            has_mail: false,
            language: "",
            now,
        }
    }

    /// An entry for the audit log without further detail.
    pub fn event(&self, action: &'static str, target: &str) -> Event {
        Event {
            at: self.now,
            action,
            actor: self.actor.clone(),
            target: target.to_owned(),
            address: self.address.clone(),
            request_id: self.request_id.clone(),
            detail: json!({}),
        }
    }
}

/// Why an operation was refused. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ManagementError {
    NotFound,
    /// It contradicts what is there; says what to do.
    Conflict(Sentence),
    /// Somebody else changed it since the caller read it.
    Outdated,
    /// Values that are not acceptable; never empty when it comes from here.
    Invalid(Vec<FieldProblem>),
}

/// What is wrong with one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    pub field: &'static str,
    pub problem: Sentence,
}

impl std::fmt::Display for ManagementError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotFound => f.write_str("There is none with this name or id."),
            Self::Conflict(why) => why.fmt(f),
            Self::Outdated => {
                f.write_str("Somebody else has changed this meanwhile. Load it again and repeat your change.")
            }
            Self::Invalid(problems) => {
                let lines: Vec<String> =
                    problems.iter().map(|each| format!("{}: {}", each.field, each.problem)).collect();
                f.write_str(&lines.join("\n"))
            }
        }
    }
}

impl std::error::Error for ManagementError {}

/// The outcome of an operation.
pub type Outcome<T> = Result<T, Failure<ManagementError>>;

fn refuse<T>(error: ManagementError) -> Outcome<T> {
    Err(Failure::Refused(error))
}

fn conflict<T>(why: impl Into<Sentence>) -> Outcome<T> {
    refuse(ManagementError::Conflict(why.into()))
}

fn invalid<T>(field: &'static str, problem: impl Into<Sentence>) -> Outcome<T> {
    refuse(ManagementError::Invalid(vec![FieldProblem { field, problem: problem.into() }]))
}

fn found(is_there: bool) -> Outcome<()> {
    if is_there { Ok(()) } else { refuse(ManagementError::NotFound) }
}

/// Notes something that has no more to say.
pub fn note_event(
    connection: &mut AnyConnection,
    context: &Context,
    action: &'static str,
    target: &str,
) -> Result<(), StoreError> {
    note(connection, context, action, target, json!({}))
}

fn note(
    connection: &mut AnyConnection,
    context: &Context,
    action: &'static str,
    target: &str,
    detail: Value,
) -> Result<(), StoreError> {
    let event = Event { detail, ..context.event(action, target) };
    Ok(log::insert(connection, &event)?)
}
