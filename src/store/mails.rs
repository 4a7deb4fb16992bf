//! Table `mails`: letters to users, until a mail server has them, and for some days after.
//!
//! A row says to whom and about what. What the letter says is written when it is sent: a link that opens something exists
//! nowhere but in the letter, and in the reader's language of the time. Waiting, claiming and giving up are as with all
//! [`attempts`](super::attempts); what nobody tries to send is [swept](super::sweep::unsent_mails) in the end.

use diesel::prelude::*;
use serde_json::Value;

use crate::clock::Timestamp;
use crate::store::attempts::{self, Outcome, Progress};
use crate::store::connection::AnyConnection;
use crate::store::paging::{Key, Place, in_order, newest_first};
use crate::store::schema::{mails, resource_owners};

/// What a letter is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    PasswordChanged,
    /// Somebody signed in with a browser that is new to the account.
    NewBrowser,
    /// To the address of before.
    EmailChanged,
    /// To the address of now, which stays until the new one is confirmed.
    EmailChangeAsked,
    /// With a link to confirm the address that it goes to.
    ConfirmEmail,
    /// With a link to choose a password.
    SetPassword,
}

impl Kind {
    pub const ALL: [Self; 6] = [
        Self::PasswordChanged,
        Self::NewBrowser,
        Self::EmailChanged,
        Self::EmailChangeAsked,
        Self::ConfirmEmail,
        Self::SetPassword,
    ];

    /// Those whose readers wait for the link in them.
    const WITH_LINK: [Self; 2] = [Self::ConfirmEmail, Self::SetPassword];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PasswordChanged => "password-changed",
            Self::NewBrowser => "new-browser",
            Self::EmailChanged => "email-changed",
            Self::EmailChangeAsked => "email-change-asked",
            Self::ConfirmEmail => "confirm-email",
            Self::SetPassword => "set-password",
        }
    }

    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A letter to be.
#[derive(Clone, Debug)]
pub struct Queued {
    pub id: String,
    pub owner_id: String,
    pub kind: Kind,
    pub address: String,
    pub detail: Value,
    pub created_at: Timestamp,
    /// Attempts so far, this one included.
    pub attempts: i32,
}

/// A letter as the console shows it.
#[derive(Clone, Debug, Queryable)]
pub struct Listed {
    pub id: String,
    pub kind: String,
    pub owner_id: String,
    pub username: String,
    pub address: String,
    pub progress: Progress,
}

impl Listed {
    pub fn key(&self) -> Key<String> {
        Key { at: self.progress.created_at, id: self.id.clone() }
    }
}

/// Puts a letter in the queue, due at once.
pub fn insert(
    connection: &mut AnyConnection,
    id: &str,
    kind: Kind,
    owner_id: &str,
    address: &str,
    detail: &Value,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::insert_into(mails::table)
        .values((
            mails::id.eq(id),
            mails::kind.eq(kind.as_str()),
            mails::resource_owner_id.eq(owner_id),
            mails::address.eq(address),
            mails::detail.eq(detail.to_string()),
            mails::attempts.eq(0),
            mails::created_at.eq(now),
            mails::next_attempt_at.eq(now),
        ))
        .execute(connection)?;
    Ok(())
}

/// Whether a letter waits to be sent now, other than those of kinds that only a newer program knows.
pub fn any_due(connection: &mut AnyConnection, now: Timestamp) -> QueryResult<bool> {
    let known = mails::kind.eq_any(Kind::ALL.map(Kind::as_str));
    let due = mails::table.filter(known).filter(mails::next_attempt_at.le(now)).select(mails::id);
    Ok(due.first::<String>(connection).optional()?.is_some())
}

/// The letter that has been due longest, for the caller alone until `until`: of those with a link, if one is due. `None` when
/// none is, or another process was faster. Letters of a kind that only a newer program knows are left to it.
pub fn claim(connection: &mut AnyConnection, now: Timestamp, until: Timestamp) -> QueryResult<Option<Queued>> {
    match claim_of(connection, &Kind::WITH_LINK, now, until)? {
        None => claim_of(connection, &Kind::ALL, now, until),
        claimed => Ok(claimed),
    }
}

fn claim_of(
    connection: &mut AnyConnection,
    kinds: &[Kind],
    now: Timestamp,
    until: Timestamp,
) -> QueryResult<Option<Queued>> {
    type Row = (String, String, String, String, String, Timestamp, i32);
    let columns = (
        mails::id,
        mails::resource_owner_id,
        mails::kind,
        mails::address,
        mails::detail,
        mails::created_at,
        mails::attempts,
    );
    let of_kinds = mails::kind.eq_any(kinds.iter().copied().map(Kind::as_str));
    let row: Option<Row> = attempts::claim!(connection, mails, of_kinds, now, until, columns);
    Ok(row.and_then(|(id, owner_id, kind, address, detail, created_at, attempts)| {
        Some(Queued {
            id,
            owner_id,
            kind: Kind::from_stored(&kind)?,
            address,
            detail: serde_json::from_str(&detail).unwrap_or_default(),
            created_at,
            attempts,
        })
    }))
}

/// Writes down what became of a claimed attempt, unless another one has begun meanwhile.
pub fn conclude(connection: &mut AnyConnection, mail: &Queued, outcome: &Outcome, now: Timestamp) -> QueryResult<()> {
    attempts::conclude!(connection, mails, mail, outcome, now)?;
    Ok(())
}

/// Gives up what waits of one kind to one resource owner.
pub fn withdraw(
    connection: &mut AnyConnection,
    owner_id: &str,
    kind: Kind,
    why: &str,
    now: Timestamp,
) -> QueryResult<()> {
    let waiting = mails::table
        .filter(mails::resource_owner_id.eq(owner_id))
        .filter(mails::kind.eq(kind.as_str()))
        .filter(mails::finished_at.is_null());
    diesel::update(waiting)
        .set((mails::next_attempt_at.eq(None::<Timestamp>), mails::last_error.eq(why), mails::finished_at.eq(now)))
        .execute(connection)?;
    Ok(())
}

/// What a letter is about, and to whose account; `None` when there is no such letter, or it is one of a newer version.
pub fn about(connection: &mut AnyConnection, id: &str) -> QueryResult<Option<(Kind, String)>> {
    let found = mails::table.find(id).select((mails::kind, mails::resource_owner_id));
    let found = found.first::<(String, String)>(connection).optional()?;
    Ok(found.and_then(|(kind, owner_id)| Some((Kind::from_stored(&kind)?, owner_id))))
}

/// Begins anew with a letter that was not taken, at once; false when there is no such letter.
pub fn retry(connection: &mut AnyConnection, id: &str, now: Timestamp) -> QueryResult<bool> {
    Ok(attempts::begin_anew!(mails, id, now).execute(connection)? == 1)
}

/// A page of letters, newest first.
pub fn list(connection: &mut AnyConnection, place: &Place<Key<String>>, limit: i64) -> QueryResult<Vec<Listed>> {
    let query = mails::table
        .inner_join(resource_owners::table)
        .select((
            mails::id,
            mails::kind,
            mails::resource_owner_id,
            resource_owners::username,
            mails::address,
            attempts::progress!(mails),
        ))
        .limit(limit)
        .into_boxed();
    let query = newest_first!(query, place, mails::created_at, mails::id, |key: &Key<String>| key.id.clone());
    Ok(in_order(query.load(connection)?, place))
}
