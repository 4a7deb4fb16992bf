//! What an operator should know about before it hurts, and what to do. Shown first on the overview and the system page.

use std::net::{IpAddr, Ipv4Addr};

use crate::domain::signing_key::{Algorithm, KeyState};
use crate::web::health;
use crate::web::page::{Tone, duration};
use crate::web::routes;
use crate::web::state::App;

const DAY: i64 = 24 * 60 * 60;
/// Expired rows from which on the sweep is behind. It deletes thousands a second, twice a minute.
const BEHIND: u64 = 10_000;
/// Seconds without a sweep, here or elsewhere, that are too many.
const UNSWEPT: i64 = 10 * 60;

/// Something to look at.
pub struct Attention {
    pub tone: Tone,
    pub what: String,
    pub what_to_do: String,
    pub href: &'static str,
    pub link: String,
}

impl Attention {
    pub fn samples() -> Vec<Self> {
        let (proxy, fsync) = (proxy(Ipv4Addr::new(10, 0, 0, 7).into()), durability(&["fsync".to_owned()]));
        let found = vec![clock(), clocks(134), fsync, store(3), sweep(24_310), passwords(12), proxy, next_rotation(3)];
        found.into_iter().chain(clients(2)).collect()
    }
}

/// Everything of this moment, the worst first.
pub fn now(app: &App) -> Vec<Attention> {
    let mut found = Vec::new();
    if health::clock_is_behind(app) {
        found.push(clock());
    }
    found.extend(health::clocks_apart(app).map(clocks));
    let risky = app.metrics.risky_settings();
    found.extend((!risky.is_empty()).then(|| durability(&risky)));
    let before = app.metrics.history.before();
    let (hashes, failures) = before.map_or((0, 0), |before| (before.refused_hashes, before.store_failures));
    let refused = app.passwords.refused.get().saturating_sub(hashes);
    let failed = app.store.figures().failed().saturating_sub(failures);
    found.extend((failed > 0).then(|| store(failed)));
    found.extend((refused > 0).then(|| passwords(refused)));
    found.extend(app.untrusted_proxy.lately(app.now()).map(proxy));
    found.extend(jobs(app));
    found.extend(keys(app));
    found
}

fn clock() -> Attention {
    Attention {
        tone: Tone::Danger,
        what: t!("attention-clock"),
        what_to_do: t!("attention-clock-do"),
        href: routes::ADMIN_KEYS,
        link: t!("attention-see-keys"),
    }
}

fn clocks(seconds: i64) -> Attention {
    Attention {
        tone: Tone::Danger,
        what: t!("attention-clocks", count = seconds),
        what_to_do: t!("attention-clocks-do"),
        href: routes::ADMIN_SYSTEM,
        link: t!("attention-see-system"),
    }
}

/// Of a PostgreSQL in which these are off.
fn durability(settings: &[String]) -> Attention {
    Attention {
        tone: Tone::Danger,
        what: t!("attention-durability", settings = settings.join(" = off, ")),
        what_to_do: t!("attention-durability-do"),
        href: routes::ADMIN_SYSTEM,
        link: t!("attention-see-system"),
    }
}

fn store(failed: u64) -> Attention {
    Attention {
        tone: Tone::Danger,
        what: t!("attention-store", count = failed),
        what_to_do: t!("attention-store-do"),
        href: routes::ADMIN_SYSTEM,
        link: t!("attention-see-system"),
    }
}

/// Clients with findings that must not wait; none where there are none.
pub fn clients(bad: i64) -> Option<Attention> {
    (bad > 0).then(|| Attention {
        tone: Tone::Warning,
        what: t!("attention-clients", count = bad),
        what_to_do: t!("attention-clients-do"),
        href: routes::ADMIN_SECURITY_REVIEW,
        link: t!("attention-see-review"),
    })
}

fn passwords(refused: u64) -> Attention {
    Attention {
        tone: Tone::Warning,
        what: t!("attention-passwords", count = refused),
        what_to_do: t!("attention-passwords-do"),
        href: routes::ADMIN_AUDIT_LOG,
        link: t!("attention-see-audit-log"),
    }
}

fn proxy(address: IpAddr) -> Attention {
    Attention {
        tone: Tone::Warning,
        what: t!("attention-proxy", address = address.to_string()),
        what_to_do: t!("attention-proxy-do"),
        href: routes::ADMIN_SYSTEM,
        link: t!("attention-see-system"),
    }
}

fn sweep(rows: u64) -> Attention {
    Attention {
        tone: Tone::Warning,
        what: t!("attention-sweep", count = rows),
        what_to_do: t!("attention-sweep-do"),
        href: routes::ADMIN_SYSTEM,
        link: t!("attention-see-system"),
    }
}

fn jobs(app: &App) -> Option<Attention> {
    let backlog: u64 = app.metrics.condition().backlog.iter().map(|(_, count)| count).sum();
    if backlog >= BEHIND {
        return Some(sweep(backlog));
    }
    let runs = app.metrics.last_runs();
    let last = |outcomes: &[&str]| {
        runs.iter().filter(|(job, outcome, _)| *job == "sweep" && outcomes.contains(outcome)).map(|run| run.2).max()
    };
    let (well, failed) = (last(&["done", "elsewhere"]), last(&["failed"])?);
    let since = app.now() - well.unwrap_or_else(|| app.started_at());
    (failed > well.unwrap_or(0) && since > UNSWEPT).then(|| Attention {
        tone: Tone::Warning,
        what: t!("attention-unswept", time = duration(since)),
        what_to_do: t!("attention-unswept-do"),
        href: routes::ADMIN_SYSTEM,
        link: t!("attention-see-system"),
    })
}

fn next_rotation(days: i64) -> Attention {
    Attention {
        tone: Tone::Neutral,
        what: t!("attention-rotation", count = days),
        what_to_do: t!("attention-rotation-do"),
        href: routes::ADMIN_KEYS,
        link: t!("attention-see-keys"),
    }
}

fn keys(app: &App) -> Option<Attention> {
    let (ring, now) = (app.keys(), app.now());
    let oldest = ring.keys().filter(|key| key.state == KeyState::Current).filter_map(|key| key.activated_at).min();
    let left = oldest? + i64::from(app.policies().key_rotation_days) * DAY - now;
    let is_missing = Algorithm::ALL.into_iter().any(|algorithm| ring.current(algorithm).is_none());
    if is_missing || left < -2 * DAY {
        return Some(Attention {
            tone: Tone::Warning,
            what: if is_missing { t!("attention-no-key") } else { t!("attention-overdue") },
            what_to_do: t!("attention-overdue-do"),
            href: routes::ADMIN_KEYS,
            link: t!("attention-see-keys"),
        });
    }
    (left < 7 * DAY).then(|| next_rotation((left + DAY / 2) / DAY))
}
