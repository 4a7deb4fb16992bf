//! Reading the audit log: what console, API and command line may ask it for, and how an entry goes to other programs.

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use serde_json::{Value, json};

use super::{Context, FieldProblem, ManagementError, Outcome, note, refuse};
use crate::clock::Timestamp;
use crate::domain::resource_owner::login_key;
use crate::domain::sentence::sentence;
use crate::store::audit_log::{Entry, Filter};
use crate::store::connection::AnyConnection;
use crate::store::{StoreError, resource_owners};

const DAY: i64 = 24 * 60 * 60;

/// What somebody asked for, as they typed it.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// An action, or what several begin with (`client.`).
    pub action: Option<String>,
    /// A username or a client's id.
    pub actor: Option<String>,
    /// An id, or a username.
    pub target: Option<String>,
    pub address: Option<String>,
    /// A day, or a time, in UTC.
    pub from: Option<String>,
    /// A day, with which it ends, or a time, before which it ends.
    pub to: Option<String>,
}

impl Wanted {
    /// Reads what is asked for; names of accounts become their ids in [`resolve`].
    ///
    /// # Errors
    /// [`ManagementError::Invalid`] with all that is wrong.
    pub fn filter(&self) -> Outcome<Filter> {
        let mut problems = Vec::new();
        let mut time = |field, text: &Option<String>, of_a_day| {
            let text = text.as_deref()?;
            let time = moment(text, of_a_day);
            if time.is_none() {
                let problem = sentence!(
                    "audit-when-malformed",
                    "Give a day, such as 2026-03-14, or a time in UTC, such as 2026-03-14T09:30."
                );
                problems.push(FieldProblem { field, problem });
            }
            time
        };
        let (from, until) = (time("from", &self.from, 0), time("to", &self.to, DAY));
        if from.zip(until).is_some_and(|(from, until)| until <= from) {
            problems.push(FieldProblem {
                field: "to",
                problem: sentence!("audit-when-order", "Give a time that is after the first one."),
            });
        }
        if !problems.is_empty() {
            return refuse(ManagementError::Invalid(problems));
        }
        Ok(Filter {
            action: self.action.clone(),
            actor: self.actor.clone(),
            target: self.target.clone(),
            address: self.address.clone(),
            from,
            until,
            ..Filter::default()
        })
    }
}

/// A day or a time in UTC, or seconds since the epoch; a day stands for its start and `of_a_day` seconds more.
fn moment(text: &str, of_a_day: i64) -> Option<Timestamp> {
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Some(day.and_hms_opt(0, 0, 0)?.and_utc().timestamp() + of_a_day);
    }
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.timestamp());
    }
    let formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"];
    let time = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    time.map(|time| time.and_utc().timestamp()).or_else(|| text.parse().ok().filter(|seconds| *seconds >= 0))
}

/// People know accounts by name, the log knows them by id.
pub fn resolve(connection: &mut AnyConnection, filter: &mut Filter) -> Result<(), StoreError> {
    if let Some(target) = &mut filter.target
        && let Some(owner) = resource_owners::find_by_login(connection, &login_key(target))?
    {
        *target = owner.id;
    }
    Ok(())
}

/// An entry as other programs read it, with its place in the chain once it has one.
pub fn describe(entry: &Entry, link: Option<&(i64, Vec<u8>)>) -> Value {
    let hash = link.map(|(_, hash)| crate::secret::hex(hash));
    json!({
        "id": entry.id,
        "at": entry.at,
        "time": DateTime::from_timestamp(entry.at, 0).map(|time| time.format("%Y-%m-%dT%H:%M:%SZ").to_string()),
        "action": entry.action,
        "actor_kind": entry.actor_kind,
        "actor": entry.actor,
        "target": entry.target,
        "address": entry.address,
        "request_id": entry.request_id,
        "detail": serde_json::from_str::<Value>(&entry.detail).unwrap_or_default(),
        "position": link.map(|(position, _)| position),
        "hash": hash,
    })
}

/// Notes that somebody took a copy of the log, and of which part.
pub fn note_export(connection: &mut AnyConnection, context: &Context, wanted: &Wanted) -> Outcome<()> {
    let filter = json!({
        "action": wanted.action,
        "actor": wanted.actor,
        "target": wanted.target,
        "address": wanted.address,
        "from": wanted.from,
        "to": wanted.to,
    });
    Ok(note(connection, context, "audit_log.exported", "", json!({ "filter": filter }))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_times_are_read_in_utc() {
        assert_eq!(moment("1970-01-02", 0), Some(DAY));
        assert_eq!(moment("1970-01-02", DAY), Some(2 * DAY), "with its end");
        assert_eq!(moment("1970-01-01T00:01", DAY), Some(60));
        assert_eq!(moment("1970-01-01T01:00:05+01:00", 0), Some(5));
        assert_eq!(moment("86400", 0), Some(DAY));
        for bad in ["yesterday", "-5", "2026-13-01", "", "1970-01-01 00:01"] {
            assert_eq!(moment(bad, 0), None, "{bad:?}");
        }
    }
}
