//! Settings that hold for everybody: each has a name and a text; without one its default holds.
//!
//! Two admins at one form: a form says what it was filled from ([`version`]), and when that is no longer so nothing is saved.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Context, FieldProblem, ManagementError, Outcome, note, refuse};
use crate::domain::branding;
use crate::domain::policies::Policies;
use crate::domain::sentence::{Sentence, sentence};
use crate::secret::{hex, sha256};
use crate::store::connection::AnyConnection;
use crate::store::settings;

/// Settings by name; what is `None` is, or becomes, as by default.
pub type Changes = BTreeMap<String, Option<String>>;

/// Longer values stand in the audit log as digests.
const MOST_IN_LOG: usize = 200;

/// What settings of these names are now, as a form carries it.
pub fn version<'a>(stored: &BTreeMap<String, String>, names: impl IntoIterator<Item = &'a str>) -> String {
    let (mut all, mut names) = (Vec::new(), names.into_iter().collect::<Vec<_>>());
    names.sort_unstable();
    for name in names {
        all.extend(name.bytes().chain([0]));
        // A byte that no text has tells an empty one from none.
        all.extend(stored.get(name).map_or(&b"\xff"[..], |value| value.as_bytes()).iter().chain(&[0]));
    }
    hex(&sha256(&all)[..12])
}

/// Changes settings, all or none of them. `page` is what they belong to, for the audit log.
pub fn change(
    connection: &mut AnyConnection,
    context: &Context,
    page: &str,
    filled_from: Option<&str>,
    changes: &Changes,
) -> Outcome<()> {
    let stored = settings::list_to_change(connection)?;
    if filled_from.is_some_and(|filled_from| filled_from != version(&stored, changes.keys().map(String::as_str))) {
        return refuse(ManagementError::Outdated);
    }
    let problems: Vec<FieldProblem> = changes
        .iter()
        .filter_map(|(name, value)| {
            let problem = check(name, value.as_deref()?).err()?;
            let field = Policies::NAMES.iter().find(|known| *known == name).copied().unwrap_or_default();
            Some(FieldProblem { field, problem })
        })
        .collect();
    if !problems.is_empty() {
        return refuse(ManagementError::Invalid(problems));
    }
    let mut log = Map::new();
    for (name, value) in changes {
        let before = stored.get(name);
        if before != value.as_ref() {
            settings::set(connection, name, value.as_deref())?;
            log.insert(name.clone(), json!([before.map(shown), value.as_ref().map(shown)]));
        }
    }
    if log.is_empty() {
        return Ok(());
    }
    Ok(note(connection, context, "settings.changed", page, json!({ "settings": Value::Object(log) }))?)
}

/// Whether a setting of this name may be so.
pub fn check(name: &str, value: &str) -> Result<(), Sentence> {
    if Policies::NAMES.contains(&name) {
        return Policies::default().set(name, value);
    }
    branding::check_any(name, value)
        .unwrap_or_else(|| Err(sentence!("policy-unknown", "There is no setting called {name}.", name = name)))
}

fn shown(value: impl AsRef<str>) -> String {
    let value = value.as_ref();
    if value.len() <= MOST_IN_LOG {
        return value.to_owned();
    }
    format!("sha256:{}… ({} bytes)", hex(&sha256(value.as_bytes())[..8]), value.len())
}
