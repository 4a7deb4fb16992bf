//! Stopping without a failed request, on SIGTERM or SIGINT:
//!
//! 1. Readiness says no and every answer says `Connection: close`, while connections are accepted as before: a balancer needs
//!    its time to notice, and must not find a closed door until then.
//! 2. That lasts two seconds, and longer while requests keep coming, ten seconds at most: [`drain`].
//! 3. The listener closes. Requests under way finish and their answers are handed on, in fifteen seconds at most: [`finish`].
//!
//! A second signal goes to step 3 at once.

use std::time::Duration;

use actix_web::dev::ServerHandle;
use tokio::time::{Instant, sleep};

use crate::web::state::App;

/// How long the door stays open at least, and at most.
const DRAIN: Duration = Duration::from_secs(2);
const LONGEST_DRAIN: Duration = Duration::from_secs(10);
/// Nobody has come for so long: whoever distributes requests has noticed.
const QUIET: Duration = Duration::from_secs(1);
/// In which requests under way may finish, and answers be sent.
pub const FINISH_SECONDS: u64 = 15;
/// How long what was gathered in memory has to be written then: whoever stops us waits for half a minute in all.
pub const LAST_WRITES: Duration = Duration::from_secs(4);
const LOOK: Duration = Duration::from_millis(50);

/// Waits until `signals` tell the server to stop, and lets it end well; resolves when nothing is under way any more.
pub async fn on_signal(mut signals: Signals, app: &App, handle: &ServerHandle) {
    signals.next().await;
    tracing::info!("stopping: not ready any more; the listener closes when requests stay away");
    app.stopping.begin();
    tokio::select! {
        () = drain(app) => {}
        () = signals.next() => tracing::info!("stopping now"),
    }
    tracing::info!("stopping: the listener closes, requests may finish");
    finish(app, handle).await;
}

async fn drain(app: &App) {
    let begun = Instant::now();
    let (mut last_seen, mut last_change) = (app.stopping.late_requests(), begun);
    while begun.elapsed() < LONGEST_DRAIN {
        sleep(LOOK).await;
        let seen = app.stopping.late_requests();
        if seen != last_seen {
            (last_seen, last_change) = (seen, Instant::now());
        } else if begun.elapsed() >= DRAIN && last_change.elapsed() >= QUIET {
            return;
        }
    }
}

/// HTTP/1.1 connections end by themselves when they are idle. Those of HTTP/2 do not, so that nobody waits for them once
/// nothing is under way.
async fn finish(app: &App, handle: &ServerHandle) {
    let all_idle = async {
        let mut idle_since = Instant::now();
        while idle_since.elapsed() < QUIET {
            sleep(LOOK).await;
            if app.connections.are_busy() {
                idle_since = Instant::now();
            }
        }
    };
    tokio::select! {
        () = handle.stop(true) => {}
        () = all_idle => {}
    }
}

/// The signals that stop a server.
#[cfg(unix)]
pub struct Signals([Option<tokio::signal::unix::Signal>; 2]);

#[cfg(unix)]
impl Signals {
    /// From now on none of them ends the process by itself, and one that comes before it is waited for is not lost.
    pub fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        Self([SignalKind::terminate(), SignalKind::interrupt()].map(|kind| signal(kind).ok()))
    }

    async fn next(&mut self) {
        let [terminate, interrupt] = &mut self.0;
        tokio::select! {
            () = heard(terminate) => {}
            () = heard(interrupt) => {}
        }
    }
}

#[cfg(unix)]
async fn heard(signal: &mut Option<tokio::signal::unix::Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

#[cfg(not(unix))]
pub struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub fn listen() -> Self {
        Self
    }

    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
