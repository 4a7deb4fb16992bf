//! `grantor export` and `grantor import`: the configuration as a file.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::manage::{Desk, context, explain, print, print_json, read_text};
use crate::management::ManagementError;
use crate::management::configuration::differences::{Difference, Field, Kind};
use crate::management::configuration::import::{self, Wishes};
use crate::management::configuration::{self, parse};
use crate::store::Failure;

impl Desk<'_> {
    pub(super) async fn export(&self, file: Option<PathBuf>) -> Result<(), String> {
        let document = configuration::export(&self.store).await.map_err(|error| error.to_string())?;
        let text = document.to_text();
        match file {
            None => print(text.trim_end()),
            Some(file) => replace(&file, &text).map_err(|error| format!("cannot write {}: {error}", file.display())),
        }
    }

    pub(super) async fn import(&self, file: &str, rehearses: bool, prunes: bool) -> Result<(), String> {
        let text = read_text(file)?;
        let document = parse::parse(&text).map_err(|problems| {
            let lines: Vec<String> = problems.iter().map(|problem| problem.sentence().to_string()).collect();
            format!("{file} cannot be imported, and nothing was changed:\n{}", lines.join("\n"))
        })?;
        let wishes = Wishes { prunes, rehearses, seen: None };
        let done = import::run(&self.store, &context(), document, wishes).await;
        let differences = done.map_err(|failure| {
            let why = match failure {
                Failure::Refused(ManagementError::Invalid(problems)) => {
                    problems.iter().map(|each| each.problem.to_string()).collect::<Vec<_>>().join("\n")
                }
                failure => explain(failure),
            };
            format!("{file} cannot be imported, and nothing was changed:\n{why}")
        })?;
        if self.json {
            let mut value = differences.to_json();
            value["applied"] = json!(!rehearses);
            return print_json(&value);
        }
        let [added, changed, removed, kept] = differences.counts();
        differences.all.iter().try_for_each(|each| print(&line(each)))?;
        if kept > 0 && !prunes {
            eprintln!("{kept} here are not in the file and stay; --prune removes them.");
        }
        let done = if rehearses { "Nothing was changed. It would be" } else { "Done:" };
        eprintln!(
            "{done} {added} added, {changed} changed, {removed} removed; {} are the same.",
            differences.unchanged
        );
        Ok(())
    }
}

/// `+`, `~`, `-` or `=`, what it is, and how it differs.
fn line(each: &Difference) -> String {
    let shown = |value: &Option<String>| value.as_ref().map_or_else(|| "(none)".to_owned(), |value| printable(value));
    let field = |name: &str, value: &str| {
        let name = if name.is_empty() { String::new() } else { format!("{name}: ") };
        format!("\n    {name}{value}")
    };
    let (sign, fields) = match &each.kind {
        Kind::Added(fields) => ('+', fields.iter().map(|(name, _, after)| field(name, &shown(after))).collect()),
        Kind::Left { is_removed: true } => ('-', String::new()),
        Kind::Left { is_removed: false } => ('=', "\n    not in the file; stays".to_owned()),
        Kind::Changed(fields) => {
            let changed =
                |(name, before, after): &Field| field(name, &format!("{} -> {}", shown(before), shown(after)));
            ('~', fields.iter().map(changed).collect())
        }
    };
    let label = if each.label.is_empty() { String::new() } else { format!(" ({})", printable(&each.label)) };
    format!("{sign} {} {}{label}{fields}", each.part, printable(&each.name))
}

/// A name must not be able to move the cursor of a terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// Writes the whole file or leaves the old one: nobody keeps half a configuration.
fn replace(file: &Path, text: &str) -> std::io::Result<()> {
    let directory = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let beside = directory.join(format!(".{name}.{}", std::process::id()));
    let written = create(&beside).and_then(|mut new| {
        new.write_all(text.as_bytes())?;
        new.sync_all()
    });
    let done = written.and_then(|()| std::fs::rename(&beside, file));
    if done.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    done
}

/// For its owner alone: digests of secrets are in it.
fn create(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
