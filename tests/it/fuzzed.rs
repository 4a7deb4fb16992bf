//! The fuzz targets of `tests/fuzz` on their seeds and on some thousand mutations of them, so that each `cargo test` looks;
//! `tests/fuzz/run` looks further. And cookies, all of which only a whole server reads: other ones each time, unless
//! `GRANTOR_FUZZ_SEED` repeats an earlier run. `GRANTOR_FUZZ_ROUNDS` for more.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use reqwest::header::{COOKIE, HeaderValue};
use reqwest::{Client, redirect};

use crate::support::app::{TestApp, on_both_databases};
use crate::support::http::Browser;
use crate::support::random::Random;
use crate::support::switch;

#[path = "../fuzz/targets.rs"]
mod targets;

on_both_databases!(no_cookie_breaks_a_page);

fn rounds(otherwise: u32) -> u32 {
    switch("GRANTOR_FUZZ_ROUNDS").map_or(otherwise, |rounds| rounds.parse().expect("a number"))
}

/// The seeds of a target.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(target);
    let entries = fs::read_dir(&directory).unwrap_or_else(|_| panic!("{} is missing", directory.display()));
    let mut seeds: Vec<_> = entries.map(|entry| fs::read(entry.expect("a seed").path()).expect("a seed")).collect();
    seeds.sort();
    assert!(!seeds.is_empty(), "{target} has no seeds");
    seeds
}

/// Bytes that parsers trip over.
const TRICKY: &[&[u8]] = &[
    b"%",
    b"%00",
    b"\0",
    b"=",
    b"&",
    b"..",
    b"\xff",
    b"\xc3\xa9",
    b"\\",
    b"\"",
    b"{",
    b"}",
    b"[",
    b":",
    b"@",
    b"#",
    b"?",
    b"+",
    b" ",
    b"\n",
];

/// One to four changes of a seed.
fn mutated(random: &mut Random, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = random.pick(seeds).expect("there are seeds").clone();
    for _ in 0..=random.below(4) {
        let place = random.index(bytes.len()).unwrap_or(0);
        let end = (place + random.index(16).unwrap_or(0)).min(bytes.len());
        match random.below(6) {
            0 if !bytes.is_empty() => bytes[place] ^= 1 << random.below(8),
            1 => drop(bytes.drain(place..end)),
            2 => {
                let repeated = bytes[place..end].to_vec();
                bytes.splice(place..place, repeated);
            }
            3 => {
                let other = random.pick(seeds).expect("there are seeds");
                let from = random.index(other.len()).unwrap_or(0);
                bytes.truncate(place);
                bytes.extend_from_slice(&other[from..]);
            }
            _ => {
                let tricky = random.pick(TRICKY).expect("there are some");
                bytes.splice(place..place, tricky.iter().copied());
            }
        }
    }
    bytes
}

#[test]
fn targets_hold_on_mutated_seeds() {
    for (name, target) in targets::ALL {
        let seeds = corpus(name);
        for seed in &seeds {
            target(seed);
        }
        let mut random = Random::new(0);
        for round in 0..rounds(3000) {
            let input = mutated(&mut random, &seeds);
            let shown = String::from_utf8_lossy(&input).into_owned();
            let outcome = std::panic::catch_unwind(|| target(&input));
            assert!(outcome.is_ok(), "{name}, round {round}: {shown:?}");
        }
    }
}

#[test]
fn each_target_has_its_program() {
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/fuzz_targets");
    let mut found: Vec<_> = fs::read_dir(programs)
        .expect("the folder is there")
        .map(|entry| entry.expect("a file").file_name().into_string().expect("a name").replace(".rs", ""))
        .collect();
    found.sort();
    let mut named: Vec<_> = targets::ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    named.sort();
    assert_eq!(found, named);
}

async fn no_cookie_breaks_a_page(app: TestApp) {
    app.user("alice").await;
    let mut browser = Browser::new(&app);
    browser.sign_in("alice").await;
    let whole = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
    let seeds: Vec<Vec<u8>> = browser
        .cookies
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .chain([whole.clone(), format!("{whole}; {whole}")])
        .map(String::into_bytes)
        .collect();
    let client = Client::builder().redirect(redirect::Policy::none()).build().expect("a client");
    let mut random = Random::new(*SEED);
    for round in 0..rounds(300).min(5000) {
        let input: Vec<u8> = mutated(&mut random, &seeds).into_iter().map(sendable).collect();
        for path in ["/account", "/login"] {
            let why = || {
                let shown = String::from_utf8_lossy(&input);
                format!("GRANTOR_FUZZ_SEED={}, round {round}: {path} with {shown:?}", *SEED)
            };
            let header = HeaderValue::from_bytes(&input).expect("it can be sent");
            let request = client.get(format!("{}{path}", app.http.base)).header(COOKIE, header);
            let answer = request.send().await.unwrap_or_else(|error| panic!("{}: {error}", why()));
            assert!(answer.status().as_u16() < 500, "{}: {}", why(), answer.status());
            // Read to its end, so that the connection serves the next one too.
            answer.bytes().await.unwrap_or_else(|error| panic!("{}: {error}", why()));
        }
    }
    let answer = app.http.send("GET", "/account", &[("cookie", &whole)], None).await;
    assert_eq!(answer.status, 200, "the session is unharmed, GRANTOR_FUZZ_SEED={}", *SEED);
}

/// By what cookies are altered. (What is altered has a key and an id of its own in each run.)
static SEED: LazyLock<u64> = LazyLock::new(|| match switch("GRANTOR_FUZZ_SEED") {
    None => u64::from_be_bytes(grantor::secret::random_bytes()),
    Some(seed) => seed.parse().expect("a number"),
});

/// What HTTP has no place for in a header, and no client sends, as something else (RFC 9110 §5.5).
fn sendable(byte: u8) -> u8 {
    if byte == b'\t' || (byte >= 0x20 && byte != 0x7f) { byte } else { b'~' }
}
