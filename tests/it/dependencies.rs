//! What we depend on, held against `.deny.toml`: licences, banned crates, crates that are there twice.
//!
//! The part of cargo-deny that needs no network and no minutes of compiling. It reads the same file and means the same,
//! except that a banned crate may serve the tests: a ban is about what we ship.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde::Deserialize;

#[derive(Deserialize)]
struct Policy {
    graph: Graph,
    licenses: Licenses,
    bans: Bans,
}

#[derive(Deserialize)]
struct Graph {
    targets: Vec<String>,
}

#[derive(Deserialize)]
struct Licenses {
    allow: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Entry>,
    skip: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    /// `name`, or `name:version` where the version may stop early: `rand:0.8`.
    #[serde(rename = "crate")]
    spec: String,
    reason: String,
}

impl Entry {
    fn matches(&self, package: &Package) -> bool {
        let (name, version) = self.spec.split_once(':').unwrap_or((&self.spec, ""));
        let version_fits = version.is_empty()
            || package.version.strip_prefix(version).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        name == package.name && version_fits
    }
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    source: Option<String>,
}

#[derive(Deserialize)]
struct Resolve {
    root: String,
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    /// `null` is a normal dependency.
    kind: Option<String>,
}

fn policy() -> Policy {
    toml::from_str(include_str!("../../.deny.toml")).expect(".deny.toml has the tables this test reads")
}

fn metadata(policy: &Policy) -> Metadata {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--format-version=1", "--locked", "--all-features"]);
    cargo.args(["--manifest-path", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")]);
    cargo.args(policy.graph.targets.iter().map(|target| format!("--filter-platform={target}")));
    let output = cargo.output().expect("cargo built this test");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Metadata = serde_json::from_slice(&output.stdout).expect("cargo keeps its format");
    assert!(metadata.packages.len() > 100, "that is not our dependency graph");
    metadata
}

/// Packages of the graph that `follow` leads to from our own.
fn reachable(metadata: &Metadata, follow: impl Fn(&Kind) -> bool) -> Vec<&Package> {
    let edges: BTreeMap<&str, &Node> = metadata.resolve.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
    let mut found = BTreeSet::from([metadata.resolve.root.as_str()]);
    let mut open = vec![metadata.resolve.root.as_str()];
    while let Some(id) = open.pop() {
        for dependency in edges[id].deps.iter().filter(|dependency| dependency.dep_kinds.iter().any(&follow)) {
            if found.insert(&dependency.pkg) {
                open.push(&dependency.pkg);
            }
        }
    }
    metadata.packages.iter().filter(|package| found.contains(package.id.as_str())).collect()
}

#[test]
fn every_licence_is_allowed() {
    let policy = policy();
    let metadata = metadata(&policy);
    let mut unused = policy.licenses.allow.clone();
    let refused: Vec<String> = reachable(&metadata, |_| true)
        .into_iter()
        .filter_map(|package| {
            let expression = package.license.as_deref().unwrap_or("(none stated)");
            let accepted = Expression::parse(expression).is_some_and(|parsed| {
                parsed.is_satisfied_by(&mut |licence| {
                    unused.remove(licence);
                    policy.licenses.allow.contains(licence)
                })
            });
            (!accepted).then(|| format!("{} {}: {expression}", package.name, package.version))
        })
        .collect();
    assert!(refused.is_empty(), "not allowed by [licenses] of .deny.toml:\n{}", refused.join("\n"));
    assert!(unused.is_empty(), "[licenses] of .deny.toml allows what nobody uses: {unused:?}");
}

#[test]
fn what_we_ship_contains_no_banned_crate() {
    let policy = policy();
    let metadata = metadata(&policy);
    let shipped = reachable(&metadata, |kind| kind.kind.as_deref() != Some("dev"));
    let banned: Vec<String> = shipped
        .into_iter()
        .filter_map(|package| {
            let ban = policy.bans.deny.iter().find(|ban| ban.matches(package))?;
            Some(format!("{} {}: {}", package.name, package.version, ban.reason))
        })
        .collect();
    assert!(banned.is_empty(), "banned by [bans] of .deny.toml:\n{}", banned.join("\n"));
}

#[test]
fn a_crate_is_there_twice_only_for_a_reason() {
    let policy = policy();
    let metadata = metadata(&policy);
    let packages = reachable(&metadata, |_| true);
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in packages.iter().filter(|package| !policy.bans.skip.iter().any(|skip| skip.matches(package))) {
        versions.entry(&package.name).or_default().push(&package.version);
    }
    versions.retain(|_, versions| versions.len() > 1);
    assert!(versions.is_empty(), "twice, and not in [bans] skip of .deny.toml: {versions:#?}");

    let idle: Vec<&str> = policy
        .bans
        .skip
        .iter()
        .filter(|skip| !packages.iter().any(|package| skip.matches(package)) || skip.reason.is_empty())
        .map(|skip| skip.spec.as_str())
        .collect();
    assert!(idle.is_empty(), "[bans] skip of .deny.toml lists what is not there, or gives no reason: {idle:?}");
}

#[test]
fn every_crate_comes_from_the_registry() {
    let metadata = metadata(&policy());
    let foreign: Vec<&str> = reachable(&metadata, |_| true)
        .into_iter()
        .filter(|package| package.id != metadata.resolve.root)
        .filter(|package| package.source.as_deref() != Some("registry+https://github.com/rust-lang/crates.io-index"))
        .map(|package| package.id.as_str())
        .collect();
    assert!(foreign.is_empty(), "{foreign:?}");
}

/// An SPDX licence expression, with the old `/` for OR.
#[derive(Debug, PartialEq)]
enum Expression {
    Licence(String),
    Any(Vec<Expression>),
    All(Vec<Expression>),
}

impl Expression {
    fn parse(text: &str) -> Option<Self> {
        let spaced = text.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
        let mut words = spaced.split_whitespace().peekable();
        let parsed = Self::any(&mut words)?;
        words.next().is_none().then_some(parsed)
    }

    // AND binds tighter than OR.
    fn any<'a>(words: &mut std::iter::Peekable<impl Iterator<Item = &'a str>>) -> Option<Self> {
        let mut choices = vec![Self::all(words)?];
        while words.next_if_eq(&"OR").is_some() {
            choices.push(Self::all(words)?);
        }
        Some(if choices.len() == 1 { choices.remove(0) } else { Self::Any(choices) })
    }

    fn all<'a>(words: &mut std::iter::Peekable<impl Iterator<Item = &'a str>>) -> Option<Self> {
        let mut parts = vec![Self::one(words)?];
        while words.next_if_eq(&"AND").is_some() {
            parts.push(Self::one(words)?);
        }
        Some(if parts.len() == 1 { parts.remove(0) } else { Self::All(parts) })
    }

    fn one<'a>(words: &mut std::iter::Peekable<impl Iterator<Item = &'a str>>) -> Option<Self> {
        match words.next()? {
            "(" => {
                let inner = Self::any(words)?;
                words.next_if_eq(&")").map(|_| inner)
            }
            ")" | "AND" | "OR" | "WITH" => None,
            licence if words.next_if_eq(&"WITH").is_some() => {
                Some(Self::Licence(format!("{licence} WITH {}", words.next()?)))
            }
            licence => Some(Self::Licence(licence.to_owned())),
        }
    }

    fn is_satisfied_by(&self, allowed: &mut impl FnMut(&str) -> bool) -> bool {
        match self {
            Self::Licence(licence) => allowed(licence),
            Self::Any(choices) => choices.iter().any(|choice| choice.is_satisfied_by(allowed)),
            Self::All(parts) => parts.iter().all(|part| part.is_satisfied_by(allowed)),
        }
    }
}

#[test]
fn licence_expressions_are_understood() {
    let satisfied = |text: &str| {
        Expression::parse(text).is_some_and(|parsed| parsed.is_satisfied_by(&mut |it| it == "MIT" || it == "ISC"))
    };
    for yes in ["MIT", "MIT/Apache-2.0", "Apache-2.0 OR MIT", "ISC AND (Apache-2.0 OR MIT)", "GPL-3.0 OR MIT AND ISC"] {
        assert!(satisfied(yes), "{yes}");
    }
    for no in
        ["GPL-3.0", "MIT AND GPL-3.0", "(MIT OR ISC) AND GPL-3.0", "MIT WITH extras", "MIT OR", "(MIT", "MIT ISC", ""]
    {
        assert!(!satisfied(no), "{no}");
    }
}
