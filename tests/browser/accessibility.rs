//! Every page as people with and without sight, mouse or daylight meet it: axe-core's rules in both themes, and pictures.
//!
//! The pages are the samples of all templates, served as they are. axe-core is no part of this repository:
//! `GRANTOR_TEST_AXE` names its `axe.min.js`, which `.ci/run` fetches; without it the pages are only looked at.

use std::collections::HashMap;
use std::fmt::Write;
use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use grantor::web::language::{self, Language};
use grantor::web::{assets, page};

use crate::cdp::Page;
use crate::{browser_or_skip, switch};

/// A telephone and a desk, in pixels.
const WIDTHS: [u32; 2] = [375, 1440];

/// Serves the samples: `/en/admin/dashboard-1`.
struct Samples {
    address: String,
    paths: Vec<String>,
}

impl Samples {
    fn serve() -> Self {
        let mut files: HashMap<String, (&'static str, Vec<u8>)> = HashMap::new();
        let mut paths = Vec::new();
        for language in Language::all() {
            for (name, html) in language::within(language, page::samples) {
                let path = format!("/{}/{name}", language.tag());
                // What sends itself or leads on would be gone before it is looked at, and frames show others' pages.
                let html =
                    ["data-send-at-once", "data-go-on", "http-equiv=\"refresh\"", "<iframe class=\"unseen\" src="]
                        .iter()
                        .fold(html, |html, moving| {
                            html.replace(
                                moving,
                                if moving.starts_with('<') { "<iframe class=\"unseen\" data-src=" } else { "" },
                            )
                        });
                files.insert(path.clone(), ("text/html; charset=utf-8", html.into_bytes()));
                paths.push(path);
            }
        }
        for (name, content) in assets::files() {
            let kind = match name.rsplit('.').next() {
                Some("css") => "text/css",
                Some("js") => "text/javascript",
                _ => "image/svg+xml",
            };
            files.insert(assets::asset(&name), (kind, content));
        }
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = format!("http://{}", listener.local_addr().expect("it is bound"));
        let files = Arc::new(files);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let files = Arc::clone(&files);
                thread::spawn(move || answer(stream, &files));
            }
        });
        Self { address, paths }
    }
}

fn answer(mut stream: TcpStream, files: &HashMap<String, (&'static str, Vec<u8>)>) -> Option<()> {
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
    let first = lines.next()?.ok()?;
    while !lines.next()?.ok()?.is_empty() {}
    let path = first.split(' ').nth(1)?;
    let (status, (kind, body)) = match files.get(path) {
        Some(file) => ("200 OK", file.clone()),
        None => ("404 Not Found", ("text/plain", Vec::new())),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(&body).ok()
}

/// The violations of axe-core's rules on the page as it is, one a line.
fn violations(page: &Page<'_>, axe: &str) -> Vec<String> {
    page.eval(axe);
    let found = page.eval(
        "axe.run(document, { resultTypes: ['violations'] }).then(result => result.violations.map(violation =>
            violation.id + ' (' + violation.impact + '): ' + violation.help + ': ' + violation.nodes.map(node =>
                node.target.join(' ') + ' ' + node.any.concat(node.all, node.none).map(each => each.message).join('; '))
                .join(' | ')))",
    );
    let found = found.as_array().expect("a list").iter();
    found.filter_map(|each| each.as_str().map(str::to_owned)).collect()
}

#[test]
fn no_page_breaks_a_rule_of_accessibility_in_either_theme() {
    let axe = switch("GRANTOR_TEST_AXE").map(|path| fs::read_to_string(&path).expect("GRANTOR_TEST_AXE can be read"));
    let pictures = switch("GRANTOR_TEST_PICTURES");
    if axe.is_none() && pictures.is_none() {
        let _ = writeln!(std::io::stderr(), "SKIPPED accessibility: GRANTOR_TEST_AXE names no axe.min.js");
        return;
    }
    let Some(browser) = browser_or_skip() else { return };
    let samples = Samples::serve();
    let only = switch("GRANTOR_TEST_PAGES").unwrap_or_default();
    let tab = browser.page();
    let mut problems = String::new();
    for path in samples.paths.iter().filter(|path| path.contains(&only)) {
        tab.goto(&format!("{}{path}", samples.address));
        for dark in [false, true] {
            tab.set_theme(Some(dark));
            if let Some(directory) = &pictures {
                for width in WIDTHS {
                    let theme = if dark { "dark" } else { "light" };
                    let name = path.trim_start_matches('/').replace('/', "_");
                    tab.picture(format!("{directory}/{name}-{width}-{theme}.png"), width);
                }
            }
            // What axe-core judges is the same in every language, but for what the words do to the layout.
            if let Some(axe) = axe.as_ref().filter(|_| path.starts_with("/en/")) {
                for violation in violations(&tab, axe) {
                    let _ = writeln!(problems, "{path}{}: {violation}", if dark { " (dark)" } else { "" });
                }
            }
        }
        tab.set_theme(None);
        if tab.has_horizontal_scroll(320) {
            let _ = writeln!(problems, "{path}: scrolls sideways on a telephone");
        }
    }
    assert!(problems.is_empty(), "\n{problems}");
}
