//! Values that many samples share.

use super::{AuditEntry, Layout, Moment, ScopeLine, Section, SessionLine, Tone, Viewer};
use crate::clock::Timestamp;
use crate::domain::lifetimes::Lifetimes;
use crate::domain::policies::Policies;
use crate::domain::resource_owner::Role;
use crate::web::person::{self, Field};
use crate::web::routes;

/// 14 November 2026, 10:13:20 UTC.
pub const NOW: Timestamp = 1_794_651_200;

pub const LONG: &str = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft";

pub fn ago(seconds: i64) -> Moment {
    Moment::new(NOW - seconds, NOW)
}

/// The server's lifetimes without any setting.
pub fn lifetimes() -> Lifetimes {
    Policies::default().lifetimes
}

pub fn ahead(seconds: i64) -> Moment {
    Moment::new(NOW + seconds, NOW)
}

pub fn door(title: &str) -> Layout {
    Layout::new(title, Section::Door, "csrf-3qmZ0vWk").with_request_id("0197f3a2-6c1e-7d40-9b1f-2f6e6a4c0d11")
}

pub fn desk(title: &str, section: Section) -> Layout {
    desk_of(Role::Admin, title, section)
}

/// The same for somebody with another role.
pub fn desk_of(role: Role, title: &str, section: Section) -> Layout {
    Layout { section, ..door(title) }.with_viewer(Viewer {
        username: "alice".into(),
        display_name: "Alice Archer".into(),
        role,
    })
}

pub fn account(title: &str, section: Section) -> Layout {
    Layout { section, ..door(title) }.with_viewer(Viewer {
        username: "bob".into(),
        display_name: String::new(),
        role: Role::User,
    })
}

pub fn scopes() -> Vec<ScopeLine> {
    vec![
        ScopeLine::new("openid", "Confirm who you are"),
        ScopeLine::new("profile", "See your profile"),
        ScopeLine::new("email", "See your e-mail address"),
        ScopeLine::new("reports:read", "Read your sales reports"),
        ScopeLine::new("https://api.acme.example/scopes/reports.export-everything.readonly", ""),
    ]
}

pub fn audit_entries() -> Vec<AuditEntry> {
    let entry = |at, action: &str, actor: &str, target: &str, href: Option<String>, detail: &str, tone| AuditEntry {
        at: ago(at),
        action: action.into(),
        actor: actor.into(),
        target: target.into(),
        target_href: href,
        address: if actor == "Grantor" { String::new() } else { "203.0.113.7".into() },
        detail: detail.into(),
        tone,
    };
    let client = Some(routes::admin_client("c_9aVqk2Lw0TzYx4RbN1mEuP"));
    vec![
        entry(40, &t!("action-login-succeeded"), "alice", "", None, "", Tone::Neutral),
        entry(320, &t!("action-client-created"), "alice", "Acme Reports", client.clone(), "", Tone::Neutral),
        entry(4000, &t!("action-login-failed"), "bob", "", None, "", Tone::Warning),
        entry(7300, &t!("action-client-secret-added"), "alice", "Acme Reports", client, "", Tone::Neutral),
        entry(90_000, &t!("action-grant-replayed"), LONG, &t!("audit-grant-of", name = "bob"), None, "", Tone::Danger),
        entry(190_000, &t!("action-keys-rotated"), "Grantor", "2026-11-ES256", None, "", Tone::Neutral),
    ]
}

/// What is known about a person.
pub fn person() -> Vec<Field> {
    let said =
        [("given_name", "Alice"), ("family_name", "Archer"), ("locale", "en-GB"), ("phone_number", "+44 20 7946 0000")];
    let mut claims = said.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    person::take(&mut claims)
}

pub fn sessions() -> Vec<SessionLine> {
    vec![
        SessionLine {
            end: crate::web::routes::account_session_end("s_01"),
            browser: t!("browser-on", browser = "Firefox", system = "Linux"),
            address: "203.0.113.7".into(),
            signed_in: ago(7200),
            last_seen: ago(5),
            is_this_browser: true,
        },
        SessionLine {
            end: crate::web::routes::account_session_end("s_02"),
            browser: t!("browser-on", browser = "Safari", system = "iPhone"),
            address: "2001:db8:85a3:1234:5678:8a2e:370:7334".into(),
            signed_in: ago(400_000),
            last_seen: ago(86_400 * 2),
            is_this_browser: false,
        },
    ]
}
