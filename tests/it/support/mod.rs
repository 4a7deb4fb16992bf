//! What the tests share.

pub mod app;
pub mod balancer;
pub mod collector;
pub mod form;
pub mod guarded;
pub mod http;
pub mod jose;
pub mod mail_server;
pub mod plans;
#[allow(dead_code, reason = "tests/crash needs more of it than tests/it")]
pub mod postgres;
pub mod process;
#[allow(dead_code, reason = "tests/crash needs more of it than tests/it")]
pub mod random;
pub mod registration;
pub mod remote;
pub mod template;

use std::time::{Duration, Instant};

/// An environment variable that steers the tests themselves; the server's settings never come from here.
#[expect(clippy::disallowed_methods, reason = "the tests have switches of their own")]
pub fn switch(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Waits until something is so; for long, because the machine may have other things to do.
pub async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < Duration::from_secs(20), "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
