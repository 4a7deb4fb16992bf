//! The README's tables against the code: a page that nobody checks drifts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use grantor::config::SETTINGS;

const README: &str = include_str!("../../README.md");
const ROUTES: &str = include_str!("../../src/web/routes.rs");

/// The rows of the table in the section with this heading, cell by cell.
fn table(heading: &str) -> Vec<Vec<&'static str>> {
    let start = format!("\n## {heading}\n");
    let section = README.split_once(&start).unwrap_or_else(|| panic!("README.md has a section {heading}")).1;
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let rows: Vec<_> = rows.map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect()).collect();
    assert!(!rows.is_empty(), "{heading} has a table whose first column is in backticks");
    rows
}

/// What stands in backticks.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn the_settings_table_is_the_code_s() {
    let mut documented = BTreeMap::new();
    for row in table("Settings") {
        for variable in quoted(row[0]) {
            assert!(documented.insert(variable, row[1]).is_none(), "{variable} stands in the table twice");
        }
    }
    let known: BTreeSet<&str> = SETTINGS.iter().map(|setting| setting.variable).chain(["GRANTOR_CONFIG"]).collect();
    assert_eq!(
        documented.keys().copied().collect::<BTreeSet<_>>(),
        known,
        "README.md (left), config::SETTINGS (right)"
    );
    for setting in SETTINGS.iter().filter(|setting| !setting.default.is_empty()) {
        let cell = documented[setting.variable];
        assert_eq!(quoted(cell), [setting.default], "the default of {}", setting.variable);
    }
}

/// Name and path of each constant in `routes.rs`.
fn routes() -> BTreeMap<&'static str, &'static str> {
    let constants = ROUTES.lines().filter_map(|line| {
        let (name, path) = line.strip_prefix("pub const ")?.split_once(": &str = \"")?;
        Some((name, path.strip_suffix("\";")?))
    });
    constants.collect()
}

/// Whether a handler is registered under the constant.
fn is_registered(name: &str) -> bool {
    fn any(directory: &Path, wanted: &str) -> bool {
        fs::read_dir(directory).expect("the folder is in the repository").filter_map(Result::ok).any(|entry| {
            let path = entry.path();
            if path.is_dir() {
                return any(&path, wanted);
            }
            let text = fs::read_to_string(&path).unwrap_or_default();
            let is_word = |c: char| c.is_ascii_uppercase() || c == '_';
            text.match_indices(wanted).any(|(at, _)| !text[at + wanted.len()..].starts_with(is_word))
        })
    }
    any(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web"), &format!("routes::{name}"))
}

#[test]
fn the_endpoints_table_is_the_code_s() {
    let routes = routes();
    let documented: BTreeSet<&str> = table("Endpoints").iter().flat_map(|row| quoted(row[0])).collect();
    for path in &documented {
        let constant = routes.iter().find(|(_, known)| *known == path);
        let (name, _) = constant.unwrap_or_else(|| panic!("README.md names {path}, which src/web/routes.rs does not"));
        assert!(is_registered(name), "README.md names {path}, but no handler is registered for it");
    }
    // Pages are found by links; what programs call is listed.
    let for_programs = ["/.well-known/", "/oauth2/", "/api/", "/health/", "/secret", "/metrics"];
    let missing: Vec<_> = routes
        .iter()
        .filter(|(name, path)| for_programs.iter().any(|start| path.starts_with(start)) && is_registered(name))
        .filter(|(_, path)| !documented.contains(**path))
        .collect();
    assert!(missing.is_empty(), "README.md's endpoints table lacks {missing:?}");
}

#[test]
fn files_that_the_documentation_names_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = fs::read_to_string(root.join("tests/README.md")).expect("tests/README.md is text");
    for text in [README, &guide] {
        for name in quoted_or_linked(text) {
            assert!(root.join(name).exists(), "{name} is named in the documentation and not there");
        }
    }
}

/// Links and quotations that look like files of the repository. Pictures are added by hand, and left out.
fn quoted_or_linked(text: &str) -> BTreeSet<&str> {
    let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let prose: Vec<&str> = text.split("```").step_by(2).collect();
    let quotations = prose.into_iter().flat_map(|part| part.split('`').skip(1).step_by(2));
    let is_file = |name: &&str| {
        ["src/", "tests/", "migrations/", "deploy/", "benches/"].iter().any(|start| name.starts_with(start))
            && !name.contains(['*', '{', '<', ' '])
    };
    links.chain(quotations).filter(is_file).collect()
}
