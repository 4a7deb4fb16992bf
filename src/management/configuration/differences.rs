//! What differs between an installation and a file, field by field, as people read it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::Document;
use crate::domain::branding::Logo;

/// What differs between an installation and a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differences {
    pub all: Vec<Difference>,
    pub unchanged: usize,
    /// Of the installation as it was before.
    pub version: String,
}

/// One thing that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// `settings`, `scopes`, `resources` or `clients`.
    pub part: &'static str,
    pub name: String,
    /// What people call it, when that is not its name.
    pub label: String,
    pub kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Added(Vec<Field>),
    Changed(Vec<Field>),
    /// It is not in the file.
    Left {
        is_removed: bool,
    },
}

/// A field by its name, as it is here and as the file has it; without a value it is not there.
pub type Field = (String, Option<String>, Option<String>);

impl Differences {
    /// How many there are to be added, changed and removed, and how many are only left alone.
    pub fn counts(&self) -> [usize; 4] {
        let count = |wanted: fn(&Kind) -> bool| self.all.iter().filter(|each| wanted(&each.kind)).count();
        [
            count(|kind| matches!(kind, Kind::Added(_))),
            count(|kind| matches!(kind, Kind::Changed(_))),
            count(|kind| *kind == Kind::Left { is_removed: true }),
            count(|kind| *kind == Kind::Left { is_removed: false }),
        ]
    }

    /// For other programs.
    pub fn to_json(&self) -> Value {
        let one = |each: &Difference| {
            let mut value = json!({ "part": each.part, "name": each.name });
            let (change, fields) = match &each.kind {
                Kind::Added(fields) => ("added", Some(fields)),
                Kind::Changed(fields) => ("changed", Some(fields)),
                Kind::Left { is_removed: true } => ("removed", None),
                Kind::Left { is_removed: false } => ("kept", None),
            };
            value["change"] = change.into();
            if let Some(fields) = fields {
                let field = |(name, before, after): &Field| (name.clone(), json!({ "before": before, "after": after }));
                value["fields"] = Value::Object(fields.iter().map(field).collect());
            }
            value
        };
        json!({ "differences": self.all.iter().map(one).collect::<Vec<_>>(), "unchanged": self.unchanged })
    }
}

/// `needed` are the scopes of the server itself, which stay in any case.
pub fn compare(
    here: &Document,
    wanted: &Document,
    prunes: bool,
    needed: &BTreeSet<String>,
    version: String,
) -> Differences {
    let mut differences = Differences { version, ..Differences::default() };
    let plain = |settings: &BTreeMap<String, String>| -> BTreeMap<String, Value> {
        settings.iter().map(|(name, value)| (name.clone(), json!(value))).collect()
    };
    let any = |_: &str| prunes;
    differences.part("settings", &plain(&here.settings), &plain(&wanted.settings), any);
    differences.part("scopes", &here.scopes, &wanted.scopes, |name| prunes && !needed.contains(name));
    differences.part("resources", &here.resources, &wanted.resources, any);
    differences.part("clients", &here.clients, &wanted.clients, any);
    differences
}

impl Differences {
    fn part(
        &mut self,
        part: &'static str,
        here: &BTreeMap<String, Value>,
        wanted: &BTreeMap<String, Value>,
        is_removed: impl Fn(&str) -> bool,
    ) {
        let names: BTreeSet<&String> = here.keys().chain(wanted.keys()).collect();
        for name in names {
            let kind = match (here.get(name), wanted.get(name)) {
                (None, after) => Kind::Added(fields(&Value::Null, after.unwrap_or(&Value::Null))),
                (Some(_), None) => Kind::Left { is_removed: is_removed(name) },
                (Some(before), Some(after)) if before == after => {
                    self.unchanged += 1;
                    continue;
                }
                (Some(before), Some(after)) => Kind::Changed(fields(before, after)),
            };
            let label = here.get(name).or(wanted.get(name)).map_or("", |value| {
                value["metadata"]["client_name"].as_str().or(value["name"].as_str()).unwrap_or_default()
            });
            self.all.push(Difference { part, name: name.clone(), label: label.to_owned(), kind });
        }
    }
}

/// The fields that differ.
fn fields(before: &Value, after: &Value) -> Vec<Field> {
    let (before, after) = (flat(before), flat(after));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| {
            let (before, after) = (before.get(name), after.get(name));
            let from = first_difference(before.map_or("", String::as_str), after.map_or("", String::as_str));
            (name.clone(), before.map(|text| excerpt(text, from)), after.map(|text| excerpt(text, from)))
        })
        .collect()
}

/// Most characters of a value that are shown, and how many of them stand before the first that differs.
const MOST_CHARACTERS: usize = 300;
const LEAD: usize = 40;

fn first_difference(one: &str, other: &str) -> usize {
    one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count()
}

/// The text from its beginning, or from shortly before the character `from` that would not be seen otherwise.
fn excerpt(text: &str, from: usize) -> String {
    let skipped = if from + LEAD > MOST_CHARACTERS { from - LEAD } else { 0 };
    let mut rest = text.chars().skip(skipped);
    let shown = rest.by_ref().take(MOST_CHARACTERS);
    let mut excerpt: String = (skipped > 0).then_some('…').into_iter().chain(shown).collect();
    excerpt.extend(rest.next().map(|_| '…'));
    excerpt
}

/// Members of members by their whole name, with their values as people read them.
fn flat(value: &Value) -> BTreeMap<String, String> {
    fn add(into: &mut BTreeMap<String, String>, name: &str, value: &Value) {
        match value {
            Value::Object(members) if name.is_empty() || name == "metadata" => {
                for (member, value) in members {
                    let name = if name.is_empty() { member.clone() } else { format!("{name}.{member}") };
                    add(into, &name, value);
                }
            }
            Value::Null => {}
            Value::String(text) if name == "logo" => {
                let file = Logo::of_client_from_text(text).map(|logo| logo.file());
                drop(into.insert(name.to_owned(), file.unwrap_or_default()));
            }
            value => drop(into.insert(name.to_owned(), words(value))),
        }
    }
    let mut all = BTreeMap::new();
    match value {
        Value::Object(_) => add(&mut all, "", value),
        Value::Null => {}
        value => drop(all.insert(String::new(), words(value))),
    }
    all
}

fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(words).collect::<Vec<_>>().join(", "),
        Value::Object(secret) if secret.contains_key("sha256") => {
            let digest = secret["sha256"].as_str().unwrap_or_default();
            let until = secret.get("expires_at").and_then(Value::as_i64).map(|at| format!(" until {at}"));
            format!("sha256:{}…{}", digest.get(..8).unwrap_or(digest), until.unwrap_or_default())
        }
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_shown_wherever_it_stands() {
        let uris = |last: &str| {
            let many = (0..40).map(|number| format!("https://rp.example/callback/{number}"));
            json!({ "metadata": { "redirect_uris": many.chain([last.to_owned()]).collect::<Vec<_>>() } })
        };
        let changed = fields(&uris("https://rp.example/last"), &uris("https://evil.example/last"));
        let [(name, Some(before), Some(after))] = changed.as_slice() else { panic!("{changed:?}") };
        assert_eq!(name, "metadata.redirect_uris");
        assert!(before.starts_with('…') && before.ends_with("https://rp.example/last"), "{before}");
        assert!(after.starts_with('…') && after.ends_with("https://evil.example/last"), "{after}");

        let long = "x".repeat(400);
        let added = fields(&Value::Null, &json!({ "description": long }));
        assert_eq!(added[0].2.as_deref().map(|text| text.chars().count()), Some(301));
        assert_eq!(excerpt("short", 0), "short");
    }
}
