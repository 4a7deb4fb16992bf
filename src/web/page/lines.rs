//! Entries of lists that several pages show, and paging through them.

use super::tone::Tone;
use super::words::Moment;
use crate::web::language;

/// A scope in words.
#[derive(Clone)]
pub struct ScopeLine {
    /// The technical name.
    pub name: String,
    /// What it allows, in plain words; the name again when nobody described it.
    pub description: String,
}

/// Keyset paging: the links that exist.
#[derive(Clone, Default)]
pub struct Pager {
    pub previous: Option<String>,
    pub next: Option<String>,
}

/// An entry of the audit log, in words. Shown in the log itself, on the overview and beside a user.
#[derive(Clone)]
pub struct AuditEntry {
    pub at: Moment,
    /// What happened, from the reader's side: `Client created`, `Sign-in refused`.
    pub action: String,
    /// Who did it: a username, a client's name, or `Grantor`.
    pub actor: String,
    /// What it was done to; empty when nothing.
    pub target: String,
    /// Where the target can be seen, if it still can.
    pub target_href: Option<String>,
    /// The network address; empty for jobs and the command line.
    pub address: String,
    /// A short remark: the reason of a refusal, the members that changed. May be empty.
    pub detail: String,
    pub tone: Tone,
}

/// A browser session, as its owner and an admin see it.
#[derive(Clone)]
pub struct SessionLine {
    /// The path at which a form ends it; empty when the viewer may not.
    pub end: String,
    /// `Firefox on Linux`; `Unknown browser` when nothing is known.
    pub browser: String,
    pub address: String,
    pub signed_in: Moment,
    pub last_seen: Moment,
    /// The session that shows this page.
    pub is_this_browser: bool,
}

impl ScopeLine {
    pub fn new(name: impl Into<String>, description: impl Into<String>) -> Self {
        let name = name.into();
        let description = language::scopes::description(&name, &description.into());
        Self { description: if description.is_empty() { name.clone() } else { description }, name }
    }

    /// Someone described it, so that name and description differ.
    pub fn is_described(&self) -> bool {
        self.name != self.description
    }
}

impl Pager {
    pub fn is_empty(&self) -> bool {
        self.previous.is_none() && self.next.is_none()
    }
}
