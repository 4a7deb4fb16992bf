//! The pages in a real browser: what no HTTP client notices, such as a blocked style sheet, a covered button, a page that
//! scrolls sideways on a telephone. Chromium is driven over its DevTools protocol ([`cdp`]); no driver program is needed.
//!
//! Without Chromium these tests say so and pass, unless `GRANTOR_TEST_REQUIRE_BROWSER=1`.

mod accessibility;
mod cdp;
#[path = "../it/support/guarded.rs"]
mod guarded;
mod journeys;
mod keyboard;
mod test_driver;

use std::io::{self, Write};

use cdp::Browser;

/// A browser for one test, or `None` after saying loudly that the test does not run.
///
/// # Panics
/// When `GRANTOR_TEST_REQUIRE_BROWSER=1` forbids skipping, or when an installed Chromium does not start.
pub fn browser_or_skip() -> Option<Browser> {
    if let Some(chromium) = cdp::find_chromium() {
        return Some(Browser::launch(&chromium).expect("the installed Chromium starts"));
    }
    assert!(
        switch("GRANTOR_TEST_REQUIRE_BROWSER").as_deref() != Some("1"),
        "GRANTOR_TEST_REQUIRE_BROWSER=1, but Chromium is not installed"
    );
    // Not `eprintln!`, which the test harness keeps to itself when a test passes.
    let _ = writeln!(
        io::stderr(),
        "SKIPPED in the browser: Chromium is not installed; on Debian: apt-get install chromium"
    );
    None
}

/// An environment variable that steers the tests themselves; the server's settings never come from here.
#[expect(clippy::disallowed_methods, reason = "the tests have switches of their own")]
fn switch(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
