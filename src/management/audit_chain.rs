//! The audit log's chain: what nobody can take out of the log, or change in it, without its being seen.
//!
//! Each link holds the HMAC-SHA256, with a key of the server's secret, of its entry and of the link before; the two ends of
//! the chain stand beside it, sealed with the same key. Whoever writes to the database but lacks the secret can make
//! neither. Found out: an entry that was changed, taken out, put in or moved, wherever it stands, the newest ones included.
//!
//! # Why not when an entry is written
//! A link needs the one before, so entries would wait for each other; they are written in the middle of giving out tokens.
//! [`link`] chains what was written, in order, within a second, many entries at once. On PostgreSQL an entry may be
//! committed after one with a higher id, so a link has a position of its own; and entries are looked for from [`SETTLE`]
//! seconds back, which is longer than any transaction lives.
//!
//! # What it cannot show
//! What was taken out in the second before it was chained, a database that was put back as a whole to an earlier state, and
//! what somebody did who has the server's secret. Against the last two: keep the position and the hash that [`verify`]
//! ends with elsewhere, and compare.

use crate::clock::{Seconds, Timestamp};
use crate::domain::sentence::{Sentence, sentence};
use crate::secret::Digest;
use crate::store::StoreError;
use crate::store::audit_chain::{self, Link, Mark};
use crate::store::audit_log::Entry;
use crate::store::connection::AnyConnection;

/// What the secret's derived key is for.
pub const PURPOSE: &str = "audit log chain";
/// Most entries that one call chains, checks or deletes.
pub const BATCH: i64 = 500;
/// Seconds after which no entry with a lower id comes any more.
const SETTLE: Seconds = 10;

/// The key of links and seals.
#[derive(Clone)]
pub struct ChainKey([u8; 32]);

impl ChainKey {
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    fn hash(&self, previous: &[u8], position: i64, entry: &Entry) -> Vec<u8> {
        let Entry { id, at, action, actor_kind, actor, target, address, request_id, detail } = entry;
        let texts = [action, actor_kind, actor, target, address, request_id, detail].map(String::as_bytes);
        let numbers = [position, *id, *at].map(i64::to_be_bytes);
        let parts = std::iter::once(previous).chain(numbers.iter().map(<[u8; 8]>::as_slice)).chain(texts);
        Digest::keyed(&self.0, parts).as_bytes().to_vec()
    }

    fn seal(&self, mark: &Mark) -> Vec<u8> {
        let numbers = [mark.position, mark.entry_id, mark.at].map(i64::to_be_bytes);
        let parts = [mark.name.as_bytes(), &mark.hash].into_iter().chain(numbers.iter().map(<[u8; 8]>::as_slice));
        Digest::keyed(&self.0, parts).as_bytes().to_vec()
    }

    fn sealed(&self, mark: Mark) -> Mark {
        Mark { seal: self.seal(&mark), ..mark }
    }

    fn bears_seal(&self, mark: &Mark) -> bool {
        Digest::from_bytes(&mark.seal) == Digest::from_bytes(&self.seal(mark))
    }

    /// A mark that was never altered, so that what is made from it is worth something.
    fn trusted(&self, mark: Mark) -> Result<Mark, StoreError> {
        if self.bears_seal(&mark) {
            return Ok(mark);
        }
        let name = mark.name;
        Err(StoreError::Corrupt(format!("the {name} mark of the audit log was altered; see grantor audit verify")))
    }
}

/// Whether there is something to chain.
pub fn is_behind(connection: &mut AnyConnection) -> Result<bool, StoreError> {
    let marks = audit_chain::marks(connection)?;
    Ok(marks.first.seal.is_empty() || !audit_chain::unlinked(connection, marks.settled.entry_id, 1)?.is_empty())
}

/// Chains the oldest entries that are not yet; gives their number, [`BATCH`] at most.
pub fn link(connection: &mut AnyConnection, key: &ChainKey, now: Timestamp) -> Result<usize, StoreError> {
    let marks = audit_chain::lock_marks(connection)?;
    let (mut last, settled) = (marks.last, marks.settled);
    if marks.first.seal.is_empty() && last.seal.is_empty() {
        audit_chain::set_mark(connection, &key.sealed(Mark { at: now, ..marks.first }))?;
        last = key.sealed(last);
        audit_chain::set_mark(connection, &last)?;
    }
    let mut last = key.trusted(last)?;
    let entries = audit_chain::unlinked(connection, settled.entry_id, BATCH)?;
    let mut links = Vec::with_capacity(entries.len());
    for entry in &entries {
        last.position += 1;
        last.hash = key.hash(&last.hash, last.position, entry);
        last.entry_id = entry.id;
        links.push(Link { position: last.position, entry_id: entry.id, hash: last.hash.clone() });
    }
    if links.is_empty() {
        return Ok(0);
    }
    audit_chain::insert(connection, &links)?;
    audit_chain::set_mark(connection, &key.sealed(Mark { at: now, ..last.clone() }))?;
    if now - settled.at >= SETTLE {
        // `position` keeps the newest entry of now, which is settled the next time.
        let newest = last.entry_id.max(settled.position);
        let mark = Mark { entry_id: settled.position, position: newest, at: now, ..settled };
        audit_chain::set_mark(connection, &mark)?;
    }
    Ok(links.len())
}

/// Deletes the oldest entries that are older than `before`, and keeps where the chain begins then; gives their number.
pub fn expire(connection: &mut AnyConnection, key: &ChainKey, before: Timestamp) -> Result<usize, StoreError> {
    let first = audit_chain::lock_marks(connection)?.first;
    if first.seal.is_empty() {
        return Ok(0);
    }
    let first = key.trusted(first)?;
    let oldest = audit_chain::list(connection, first.position, BATCH)?;
    let is_old = |entry: &Option<Entry>| entry.as_ref().is_none_or(|entry| entry.at < before);
    let old: Vec<Link> = oldest.into_iter().take_while(|(_, entry)| is_old(entry)).map(|(link, _)| link).collect();
    let Some(end) = old.last() else { return Ok(0) };
    let mark = Mark { position: end.position, entry_id: end.entry_id, hash: end.hash.clone(), ..first };
    audit_chain::set_mark(connection, &key.sealed(mark))?;
    audit_chain::delete(connection, &old)?;
    Ok(old.len())
}

/// How far a check has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Of the last link that was checked.
    pub position: i64,
    entry_id: i64,
    hash: Vec<u8>,
    /// How many entries were checked.
    pub entries: u64,
    /// When the chain began, or the oldest entries were last deleted for their age.
    pub since: Timestamp,
    /// Whether this is the end of the chain.
    pub is_done: bool,
}

impl Progress {
    /// To keep elsewhere, and to compare with later.
    pub fn hash(&self) -> String {
        crate::secret::hex(&self.hash)
    }
}

/// A check that came as far as this link before; `None` when the link is gone.
pub fn resume(connection: &mut AnyConnection, position: i64) -> Result<Option<Progress>, StoreError> {
    let since = audit_chain::marks(connection)?.first.at;
    let found = audit_chain::list(connection, position.saturating_sub(1), 1)?.pop();
    let found = found.map(|(link, _)| link).filter(|link| link.position == position);
    Ok(found.map(|Link { position, entry_id, hash }| Progress {
        position,
        entry_id,
        hash,
        since,
        ..Progress::default()
    }))
}

/// The first place where the log is not what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Break {
    pub position: i64,
    pub entry_id: i64,
    pub what: Damage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// The mark of an end does not bear its seal.
    AlteredMark,
    /// A link is gone, and its entry or others with it.
    MissingLink,
    MissingEntry,
    AlteredEntry,
    /// An entry that was not written by this server.
    ForeignEntry,
    /// The newest links are gone.
    MissingEnd,
}

impl Damage {
    /// In a sentence about the entry.
    pub fn describe(self) -> String {
        self.sentence().to_string()
    }

    /// The same, for pages.
    pub fn sentence(self) -> Sentence {
        match self {
            Self::AlteredMark => {
                sentence!("audit-altered-mark", "the mark of where the chain begins or ends was altered")
            }
            Self::MissingLink => sentence!("audit-missing-link", "the link at this position is missing"),
            Self::MissingEntry => sentence!("audit-missing-entry", "the entry at this position was taken out"),
            Self::AlteredEntry => {
                sentence!("audit-altered-entry", "the entry at this position, or its link, was altered")
            }
            Self::ForeignEntry => {
                sentence!("audit-foreign-entry", "this entry was put in: it has no place in the chain")
            }
            Self::MissingEnd => {
                sentence!("audit-missing-end", "the newest entries, from this position on, were taken out")
            }
        }
    }
}

/// Checks the next [`BATCH`] links after `before`; begins where the chain does.
pub fn verify(
    connection: &mut AnyConnection,
    key: &ChainKey,
    before: Option<&Progress>,
) -> Result<Result<Progress, Break>, StoreError> {
    // Read first: what is chained from here on is beyond this end.
    let marks = audit_chain::marks(connection)?;
    let broken = |position, entry_id, what| Ok(Err(Break { position, entry_id, what }));
    if marks.first.seal.is_empty() && marks.last.seal.is_empty() {
        return Ok(Ok(Progress { is_done: true, ..Progress::default() }));
    }
    if !key.bears_seal(&marks.first) {
        return broken(marks.first.position, marks.first.entry_id, Damage::AlteredMark);
    }
    if !key.bears_seal(&marks.last) {
        return broken(marks.last.position, marks.last.entry_id, Damage::AlteredMark);
    }
    let begin = || Progress {
        position: marks.first.position,
        // Entries before the first are looked for as well.
        entry_id: i64::MIN,
        hash: marks.first.hash.clone(),
        entries: 0,
        since: marks.first.at,
        is_done: false,
    };
    // What was checked may have been deleted for its age meanwhile.
    let mut at = before.filter(|before| before.position >= marks.first.position).cloned().unwrap_or_else(begin);
    let checked_from = at.entry_id;
    let links = audit_chain::list(connection, at.position, BATCH)?;
    let is_last_page = links.len() < usize::try_from(BATCH).unwrap_or_default();
    let mut newest = at.entry_id;
    for (link, entry) in links {
        if link.position != at.position + 1 {
            return broken(at.position + 1, 0, Damage::MissingLink);
        }
        let Some(entry) = entry else { return broken(link.position, link.entry_id, Damage::MissingEntry) };
        if key.hash(&at.hash, link.position, &entry) != link.hash {
            return broken(link.position, link.entry_id, Damage::AlteredEntry);
        }
        at = Progress { position: link.position, hash: link.hash, entries: at.entries + 1, ..at };
        newest = newest.max(link.entry_id);
        if at.position == marks.last.position && at.hash != marks.last.hash {
            return broken(at.position, link.entry_id, Damage::AlteredEntry);
        }
    }
    at.is_done = is_last_page;
    if is_last_page && at.position < marks.last.position {
        return broken(at.position + 1, 0, Damage::MissingEnd);
    }
    at.entry_id = newest;
    let settled = newest.min(marks.settled.entry_id);
    if let Some(foreign) = audit_chain::first_unlinked(connection, checked_from, settled)? {
        return broken(0, foreign, Damage::ForeignEntry);
    }
    Ok(Ok(at))
}
