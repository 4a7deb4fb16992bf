//! Every page as people with and without sight, mouse or daylight meet it: axe-core's rules in both themes, and pictures.
//!
//! The pages are the samples of all templates, served as they are. axe-core is no part of this repository:
//! `GRANTOR_TEST_AXE` names its `axe.min.js`, which `.ci/run` fetches; without it the pages are only looked at.

use std::collections::HashMap;
use std::fmt::Write;
use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex};
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

/// The violations of axe-core's rules on the page as it is, one a line. The page must know axe-core.
fn violations(page: &Page<'_>, of_colours_alone: bool) -> Vec<String> {
    let rules = if of_colours_alone { "runOnly: ['color-contrast', 'link-in-text-block'], " } else { "" };
    let found = page.eval(&format!(
        "axe.run(document, {{ {rules}resultTypes: ['violations'] }}).then(result => result.violations.map(violation =>
            violation.id + ' (' + violation.impact + '): ' + violation.help + ': ' + violation.nodes.map(node =>
                node.target.join(' ') + ' ' + node.any.concat(node.all, node.none).map(each => each.message).join('; '))
                .join(' | ')))"
    ));
    let found = found.as_array().expect("a list").iter();
    found.filter_map(|each| each.as_str().map(str::to_owned)).collect()
}

/// What is asked of the pages, and pictures of them.
struct Look {
    axe: Option<String>,
    pictures: Option<String>,
}

impl Look {
    /// What is wrong with the page at `path`, one a line.
    fn at(&self, tab: &Page<'_>, samples: &Samples, path: &str) -> String {
        let mut problems = String::new();
        tab.goto(&format!("{}{path}", samples.address));
        // What axe-core judges is the same in every language, but for what the words do to the layout.
        let axe = self.axe.as_ref().filter(|_| path.starts_with("/en/"));
        axe.map(|axe| tab.eval(axe));
        for dark in [false, true] {
            tab.set_theme(Some(dark));
            if let Some(directory) = &self.pictures {
                for width in WIDTHS {
                    let theme = if dark { "dark" } else { "light" };
                    let name = path.trim_start_matches('/').replace('/', "_");
                    tab.picture(format!("{directory}/{name}-{width}-{theme}.png"), width);
                }
            }
            if axe.is_some() {
                // Another theme has other colours and nothing else.
                for violation in violations(tab, dark) {
                    let _ = writeln!(problems, "{path}{}: {violation}", if dark { " (dark)" } else { "" });
                }
            }
        }
        tab.set_theme(None);
        if tab.has_horizontal_scroll(320) {
            let _ = writeln!(problems, "{path}: scrolls sideways on a telephone");
        }
        problems
    }
}

#[test]
fn no_page_breaks_a_rule_of_accessibility_in_either_theme() {
    let axe = switch("GRANTOR_TEST_AXE").map(|path| fs::read_to_string(&path).expect("GRANTOR_TEST_AXE can be read"));
    let look = Look { axe, pictures: switch("GRANTOR_TEST_PICTURES") };
    if look.axe.is_none() && look.pictures.is_none() {
        let _ = writeln!(std::io::stderr(), "SKIPPED accessibility: GRANTOR_TEST_AXE names no axe.min.js");
        return;
    }
    let Some(browser) = browser_or_skip() else { return };
    let samples = Samples::serve();
    let only = switch("GRANTOR_TEST_PAGES").unwrap_or_default();
    let paths = Mutex::new(samples.paths.iter().filter(|path| path.contains(&only)));
    // A page at a time occupies one processor.
    let in_turn = || {
        let tab = browser.page();
        let next = || paths.lock().expect("nobody panics while choosing").next();
        std::iter::from_fn(next).map(|path| look.at(&tab, &samples, path)).collect::<String>()
    };
    let problems: String = thread::scope(|scope| {
        let tabs = [scope.spawn(in_turn), scope.spawn(in_turn)];
        tabs.map(|tab| tab.join().unwrap_or_else(|panic| resume_unwind(panic))).concat()
    });
    assert!(problems.is_empty(), "\n{problems}");
}
