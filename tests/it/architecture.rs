//! Who may import whom, and that every page has its template: the rules of the crate documentation (`src/lib.rs`), held
//! against the sources.
//!
//! Cargo cannot enforce borders inside one crate, so this reads what each file names. Comments and unit tests may name
//! anything.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What a room of `src/` may name of the other rooms. A path with `::` opens that part of a room only.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("clock", &[]),
    ("secret", &[]),
    ("metrics", &[]),
    ("domain", &["clock::Timestamp", "clock::Seconds", "secret"]),
    ("throttle", &["clock", "secret"]),
    ("config", &["clock", "domain", "secret"]),
    ("logging", &["config", "telemetry"]),
    ("telemetry", &["metrics", "secret"]),
    ("protocol", &["clock::Timestamp", "clock::Seconds", "domain", "secret"]),
    ("keys", &["clock", "domain", "secret"]),
    ("outbound", &["clock", "config::Outbound", "keys"]),
    ("mail", &["config::mail", "secret"]),
    ("password_rules", &["domain"]),
    ("store", &["clock", "config::database_url", "domain", "metrics", "secret", "telemetry"]),
    ("management", &["clock", "domain", "protocol::registration", "secret", "store"]),
    (
        "jobs",
        &[
            "clock",
            "config::Outbound",
            "config::traces",
            "domain",
            "keys",
            "mail",
            "management",
            "metrics",
            "outbound",
            "protocol::logout",
            "protocol::review",
            "secret",
            "store",
            "telemetry",
        ],
    ),
    (
        "web",
        &[
            "clock",
            "config",
            "domain",
            "jobs",
            "keys",
            "mail",
            "management",
            "metrics",
            "outbound",
            "password_rules",
            "protocol",
            "secret",
            "store",
            "telemetry",
            "throttle",
        ],
    ),
    ("serve", &["clock", "config", "jobs", "keys", "metrics::history", "secret", "store", "web"]),
    (
        "cli",
        &[
            "clock",
            "config",
            "domain",
            "jobs",
            "keys",
            "logging",
            "management",
            "outbound",
            "password_rules",
            "protocol::registration",
            "secret",
            "serve",
            "store",
            "web",
        ],
    ),
];

/// Crates that belong to some rooms (or files) only.
const BELONGS_TO: &[(&str, &[&str])] = &[
    ("actix_web", &["web/", "serve.rs", "serve/", "cli/serve.rs"]),
    ("actix_session", &["web/"]),
    ("actix_tls", &["web/connections.rs"]),
    ("askama", &["web/"]),
    ("fluent_bundle", &["web/language/"]),
    // These two are lists of functions over a connection.
    ("diesel", &["store/", "jobs/sweep.rs", "jobs/revoke_all.rs"]),
    ("diesel_migrations", &["store/"]),
    ("r2d2", &["store/"]),
    ("tokio", &["telemetry/", "mail.rs", "store/", "jobs/", "outbound/", "web/", "serve.rs", "serve/", "cli/"]),
    // Nobody else makes requests: only there are the addresses checked.
    ("hyper", &["outbound/"]),
    ("hyper_util", &["outbound/"]),
    ("tokio_rustls", &["outbound/"]),
    ("oxide_auth", &["domain/", "protocol/", "store/ports/", "web/"]),
    ("bcrypt", &["domain/resource_owner.rs"]),
    ("zxcvbn", &["domain/password_strength.rs"]),
    ("lettre", &["mail.rs"]),
    ("clap", &["cli/"]),
];

/// A file of `src/`: where it is below it, and its text without comments and unit tests.
struct Source {
    path: String,
    code: String,
}

impl Source {
    /// The first part of the path: the module that the crate's root names.
    fn room(&self) -> &str {
        let first = self.path.split('/').next().expect("a path has a first part");
        first.strip_suffix(".rs").unwrap_or(first)
    }
}

fn files_below(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).expect("the folder is in the repository") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            found.extend(files_below(&path, extension));
        } else if path.extension().is_some_and(|each| each == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn below(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).expect("it was found there").to_string_lossy().replace('\\', "/")
}

fn sources() -> Vec<Source> {
    let root = repository().join("src");
    let all: Vec<Source> = files_below(&root, "rs")
        .iter()
        .map(|path| {
            let text = fs::read_to_string(path).expect("a source is text");
            Source { path: below(&root, path), code: without_comments_and_tests(&text) }
        })
        .filter(|source| !["main.rs", "lib.rs", "build.rs"].contains(&source.path.as_str()))
        .collect();
    assert!(all.len() > 80, "that is not our source");
    all
}

/// Unit tests come last in a file, so the rest of it is theirs.
fn without_comments_and_tests(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.map(|line| line.split(" // ").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// The paths after `crate::`, braces opened: `crate::store::{Store, clients}` is `store::Store` and `store::clients`.
fn imports(code: &str) -> BTreeSet<String> {
    code.match_indices("crate::").flat_map(|(at, found)| expand(&code[at + found.len()..])).collect()
}

fn expand(text: &str) -> Vec<String> {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(text.len());
    let (path, rest) = text.split_at(end);
    let Some(inside) = rest.strip_prefix('{').filter(|_| path.is_empty() || path.ends_with("::")) else {
        return vec![path.trim_end_matches(':').to_owned()];
    };
    let (mut depth, mut parts, mut start) = (0_usize, Vec::new(), 0);
    for (at, c) in inside.char_indices() {
        match c {
            '{' => depth += 1,
            ',' if depth == 0 => {
                parts.push(&inside[start..at]);
                start = at + 1;
            }
            '}' if depth == 0 => {
                parts.push(&inside[start..at]);
                break;
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    let parts = parts.into_iter().map(str::trim).filter(|part| !part.is_empty());
    parts.flat_map(expand).map(|part| format!("{path}{part}")).collect()
}

/// Whether `path` is `allowed` or inside it.
fn is_within(path: &str, allowed: &str) -> bool {
    path.strip_prefix(allowed).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Whether `code` names the crate, as the start of a path.
fn names_crate(code: &str, name: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    code.match_indices(&format!("{name}::")).any(|(at, _)| !code[..at].ends_with(is_word))
}

#[test]
fn a_room_imports_only_what_it_may() {
    let mut wrong = Vec::new();
    for source in sources() {
        let room = source.room();
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == room) else {
            wrong.push(format!(
                "src/{}: the room {room} is new; say here and in src/lib.rs whom it may import",
                source.path
            ));
            continue;
        };
        for path in imports(&source.code) {
            if !is_within(&path, room) && !allowed.iter().any(|each| is_within(&path, each)) {
                wrong.push(format!(
                    "src/{} names crate::{path}, but {room} may import only: {}",
                    source.path,
                    allowed.join(", ")
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_crate_is_named_only_where_it_belongs() {
    let sources = sources();
    let mut wrong = Vec::new();
    for (name, places) in BELONGS_TO {
        let users: Vec<&Source> = sources.iter().filter(|source| names_crate(&source.code, name)).collect();
        for source in &users {
            if !places.iter().any(|place| source.path.starts_with(place)) {
                wrong.push(format!("src/{} names {name}, which belongs to {} only", source.path, places.join(", ")));
            }
        }
        for place in *places {
            if !users.iter().any(|source| source.path.starts_with(place)) {
                wrong.push(format!("{place} may name {name} and does not; take it off the list"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_template_is_a_page_and_every_page_has_its_template() {
    let named: BTreeSet<String> = sources()
        .iter()
        .flat_map(|source| {
            let attributes = source.code.split("#[template(").skip(1);
            let paths = attributes.filter_map(|rest| rest.split_once("path = \"")?.1.split('"').next());
            paths.map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    let root = repository().join("templates");
    let there: BTreeSet<String> = files_below(&root, "html").iter().map(|path| below(&root, path)).collect();
    let shared = |name: &&String| name.starts_with("layout") || name.starts_with("components/");
    let missing: Vec<_> = named.difference(&there).collect();
    assert!(missing.is_empty(), "pages without a template: {missing:?}");
    let unused: Vec<_> = there.difference(&named).filter(|name| !shared(name)).collect();
    assert!(unused.is_empty(), "templates without a page: {unused:?}");

    let texts: Vec<String> =
        there.iter().map(|name| fs::read_to_string(root.join(name)).expect("a template is text")).collect();
    let idle: Vec<_> = there
        .iter()
        .filter(shared)
        .filter(|name| !texts.iter().any(|text| text.contains(&format!("\"{name}\""))))
        .collect();
    assert!(idle.is_empty(), "no template extends, imports or includes {idle:?}");
}

#[test]
fn imports_are_understood() {
    let code = "use crate::store::{Store, clients::{self, find}};\nuse crate::{logging, serve};\nlet x = crate::clock::Timestamp::MAX;";
    let expected =
        ["clock::Timestamp::MAX", "logging", "serve", "store::Store", "store::clients::find", "store::clients::self"];
    assert_eq!(imports(code), expected.map(str::to_owned).into());
    assert!(is_within("clock::Timestamp::MAX", "clock::Timestamp"));
    assert!(!is_within("clock::TimestampLike", "clock::Timestamp"));
    assert!(names_crate("use diesel::prelude::*;", "diesel"));
    assert!(!names_crate("use crate::diesel::x; my_diesel::y", "diesel"));
}
