//! What every page shares: the [`Layout`], form errors, and the small finished values that templates print.
//!
//! A page struct is the page's contract. It holds what is shown, already decided and already formatted: strings, booleans,
//! lists. Handlers fill it, [`respond`] sends it, templates only arrange it. Each page has `samples()`, and [`samples`]
//! renders all of them, for tests and for looking at.
//!
//! Not here: who may see a page (the handler's extractors) and headers that hold for all pages (middleware).

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use askama::Template;
use chrono::DateTime;

use super::{account, admin, assets, confirm, error_page, form_post, routes};
use crate::clock::Timestamp;

/// What every page has around its content.
#[derive(Clone)]
pub struct Layout {
    /// The page's name: its heading and, with the product's name, the title of the window.
    pub title: String,
    /// The name people know this server by.
    pub product: String,
    /// Who is signed in, if anyone.
    pub viewer: Option<Viewer>,
    /// Which entry of the navigation is lit.
    pub section: Section,
    /// The token that every form sends back as `csrf_token`.
    pub csrf_token: String,
    /// What just happened, from the request before this one.
    pub flashes: Vec<Flash>,
    /// The request's id, shown on error pages and sent as `X-Request-Id`.
    pub request_id: String,
}

/// The signed-in account, as the navigation shows it.
#[derive(Clone)]
pub struct Viewer {
    pub username: String,
    /// Empty when the account has none.
    pub display_name: String,
    pub is_admin: bool,
}

/// Where in the navigation a page belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// A page of the door: no navigation.
    Door,
    Overview,
    Clients,
    Scopes,
    Resources,
    Users,
    Grants,
    LogoutDeliveries,
    AuditLog,
    Keys,
    Profile,
    Password,
    Sessions,
    Applications,
}

/// An entry of the navigation.
pub struct Place {
    pub label: &'static str,
    pub icon: &'static str,
    pub href: &'static str,
    pub is_current: bool,
}

/// One sentence about what just happened.
#[derive(Clone)]
pub struct Flash {
    pub tone: Tone,
    pub text: String,
}

/// What a colour means. Never shown without a word or an icon beside it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Neutral,
    Success,
    Warning,
    Danger,
}

/// A state as a word with a dot.
#[derive(Clone)]
pub struct Status {
    pub tone: Tone,
    pub word: String,
}

/// A moment, relative in text and absolute on hover.
#[derive(Clone)]
pub struct Moment {
    /// For machines, in `datetime`: `2026-03-14T09:26:53Z`.
    pub iso: String,
    /// For hovering: `14 March 2026, 09:26 UTC`.
    pub absolute: String,
    /// For reading: `5 minutes ago`, `in 3 days`.
    pub relative: String,
}

/// The values that were refused, by the id of their input.
#[derive(Clone, Default)]
pub struct FormErrors(Vec<FieldError>);

/// Why one value was refused, and what would work.
#[derive(Clone)]
pub struct FieldError {
    /// The id of the input, which is also its name; empty when the error belongs to no single one.
    pub field: &'static str,
    pub message: String,
}

/// One option of a select, a group of radio buttons or a group of checkboxes.
#[derive(Clone)]
pub struct Choice {
    pub value: String,
    pub label: String,
    /// One sentence, or empty.
    pub help: String,
    pub is_chosen: bool,
}

/// A scope in words.
#[derive(Clone)]
pub struct ScopeLine {
    /// The technical name.
    pub name: String,
    /// What it allows, in plain words; the name again when nobody described it.
    pub description: String,
}

/// Keyset paging: the links that exist.
#[derive(Clone, Default)]
pub struct Pager {
    pub newer: Option<String>,
    pub older: Option<String>,
}

/// An entry of the audit log, in words. Shown in the log itself, on the overview and beside a user.
#[derive(Clone)]
pub struct AuditEntry {
    pub at: Moment,
    /// What happened, from the reader's side: `Client created`, `Sign-in refused`.
    pub action: String,
    /// Who did it: a username, a client's name, or `Grantor`.
    pub actor: String,
    /// What it was done to; empty when nothing.
    pub target: String,
    /// Where the target can be seen, if it still can.
    pub target_href: Option<String>,
    /// The network address; empty for jobs and the command line.
    pub address: String,
    /// A short remark: the reason of a refusal, the members that changed. May be empty.
    pub detail: String,
    pub tone: Tone,
}

/// A browser session, as its owner and an admin see it.
#[derive(Clone)]
pub struct SessionLine {
    pub id: String,
    /// `Firefox on Linux`; `Unknown browser` when nothing is known.
    pub browser: String,
    pub address: String,
    pub signed_in: Moment,
    pub last_seen: Moment,
    /// The session that shows this page.
    pub is_this_browser: bool,
}

/// Sends a page. Pages carry secrets of their reader, so nothing on the way may keep them.
pub fn respond(status: StatusCode, page: &impl Template) -> HttpResponse {
    match page.render() {
        Ok(html) => HttpResponse::build(status)
            .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
            .insert_header((CACHE_CONTROL, "no-store"))
            .body(html),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            HttpResponse::InternalServerError().insert_header((CACHE_CONTROL, "no-store")).finish()
        }
    }
}

/// Renders every page from every one of its samples; the names are those of the template, numbered.
///
/// # Panics
/// If a page cannot be rendered.
pub fn samples() -> Vec<(String, String)> {
    let mut pages = Vec::new();
    account::render_samples(&mut pages);
    admin::render_samples(&mut pages);
    render_all(&mut pages, "confirm", &confirm::ConfirmPage::samples());
    render_all(&mut pages, "error_page", &error_page::ErrorPage::samples());
    render_all(&mut pages, "form_post", &form_post::FormPostPage::samples());
    pages
}

/// Renders the samples of one page.
pub(super) fn render_all<T: Template>(into: &mut Vec<(String, String)>, name: &str, samples: &[T]) {
    for (index, sample) in samples.iter().enumerate() {
        into.push((format!("{name}-{}", index + 1), sample.render().expect("a sample renders")));
    }
}

impl Layout {
    /// A page outside the navigation, for someone who has not signed in. Others start here and fill in more.
    pub fn new(title: impl Into<String>, section: Section, csrf_token: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            product: "Grantor".to_owned(),
            viewer: None,
            section,
            csrf_token: csrf_token.into(),
            flashes: Vec::new(),
            request_id: String::new(),
        }
    }

    pub fn with_viewer(mut self, viewer: Viewer) -> Self {
        self.viewer = Some(viewer);
        self
    }

    pub fn with_request_id(mut self, request_id: impl Into<String>) -> Self {
        self.request_id = request_id.into();
        self
    }

    pub fn with_flash(mut self, tone: Tone, text: impl Into<String>) -> Self {
        self.flashes.push(Flash { tone, text: text.into() });
        self
    }

    /// The URL of a static file.
    pub fn asset(&self, name: &str) -> String {
        assets::asset(name)
    }

    /// The console's places; none for someone who is no admin.
    pub fn console(&self) -> Vec<Place> {
        if !self.viewer.as_ref().is_some_and(|viewer| viewer.is_admin) {
            return Vec::new();
        }
        self.places(&[
            (Section::Overview, "Overview", "overview", routes::ADMIN),
            (Section::Clients, "Clients", "client", routes::ADMIN_CLIENTS),
            (Section::Scopes, "Scopes", "scope", routes::ADMIN_SCOPES),
            (Section::Resources, "Resources", "resource", routes::ADMIN_RESOURCES),
            (Section::Users, "Users", "users", routes::ADMIN_USERS),
            (Section::Grants, "Grants", "grant", routes::ADMIN_GRANTS),
            (Section::LogoutDeliveries, "Sign-outs", "sign-out", routes::ADMIN_LOGOUT_DELIVERIES),
            (Section::AuditLog, "Audit log", "log", routes::ADMIN_AUDIT_LOG),
            (Section::Keys, "Keys", "key", routes::ADMIN_KEYS),
        ])
    }

    /// The places of the viewer's own account.
    pub fn account(&self) -> Vec<Place> {
        self.places(&[
            (Section::Profile, "Profile", "user", routes::ACCOUNT),
            (Section::Password, "Password", "password", routes::ACCOUNT_PASSWORD),
            (Section::Sessions, "Sessions", "session", routes::ACCOUNT_SESSIONS),
            (Section::Applications, "Applications", "applications", routes::ACCOUNT_APPLICATIONS),
        ])
    }

    /// Where the logo leads: the viewer's first page, or the way in.
    pub fn home(&self) -> &'static str {
        match &self.viewer {
            Some(viewer) if viewer.is_admin => routes::ADMIN,
            Some(_) => routes::ACCOUNT,
            None => routes::HOME,
        }
    }

    fn places(&self, places: &[(Section, &'static str, &'static str, &'static str)]) -> Vec<Place> {
        let place = |&(section, label, icon, href)| Place { label, icon, href, is_current: section == self.section };
        places.iter().map(place).collect()
    }
}

impl Viewer {
    /// The name to show: the display name, or else the username.
    pub fn name(&self) -> &str {
        if self.display_name.is_empty() { &self.username } else { &self.display_name }
    }

    /// One capital letter for the round badge.
    pub fn initial(&self) -> String {
        self.name().chars().next().map(|first| first.to_uppercase().to_string()).unwrap_or_default()
    }
}

impl Tone {
    /// The class that the style sheet knows.
    pub fn class(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Danger => "danger",
        }
    }

    /// The icon that says the same without colour.
    pub fn icon(self) -> &'static str {
        match self {
            Self::Neutral => "info",
            Self::Success => "check",
            Self::Warning | Self::Danger => "alert",
        }
    }

    /// Bad news interrupts a screen reader, good news waits.
    pub fn role(self) -> &'static str {
        match self {
            Self::Neutral | Self::Success => "status",
            Self::Warning | Self::Danger => "alert",
        }
    }
}

impl Status {
    pub fn new(tone: Tone, word: impl Into<String>) -> Self {
        Self { tone, word: word.into() }
    }

    /// Of a client or a user.
    pub fn enabled(is_enabled: bool) -> Self {
        if is_enabled { Self::new(Tone::Success, "Enabled") } else { Self::new(Tone::Neutral, "Disabled") }
    }
}

impl Moment {
    /// `at` as seen from `now`.
    pub fn new(at: Timestamp, now: Timestamp) -> Self {
        let time = DateTime::from_timestamp(at, 0).unwrap_or_default();
        Self {
            iso: time.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            absolute: time.format("%-d %B %Y, %H:%M UTC").to_string(),
            relative: relative(at - now),
        }
    }
}

impl FormErrors {
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds what is wrong with the input of this id. An empty id is for what is wrong with no single one.
    pub fn add(&mut self, field: &'static str, message: impl Into<String>) {
        self.0.push(FieldError { field, message: message.into() });
    }

    pub fn with(mut self, field: &'static str, message: impl Into<String>) -> Self {
        self.add(field, message);
        self
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is wrong with this input.
    pub fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|error| error.field == field).map(|error| error.message.as_str())
    }

    /// In the order in which they were added.
    pub fn all(&self) -> &[FieldError] {
        &self.0
    }
}

impl Choice {
    pub fn new(value: impl Into<String>, label: impl Into<String>, help: impl Into<String>, is_chosen: bool) -> Self {
        Self { value: value.into(), label: label.into(), help: help.into(), is_chosen }
    }
}

impl ScopeLine {
    pub fn new(name: impl Into<String>, description: impl Into<String>) -> Self {
        let (name, description) = (name.into(), description.into());
        Self { description: if description.is_empty() { name.clone() } else { description }, name }
    }

    /// Someone described it, so that name and description differ.
    pub fn is_described(&self) -> bool {
        self.name != self.description
    }
}

impl Pager {
    pub fn is_empty(&self) -> bool {
        self.newer.is_none() && self.older.is_none()
    }
}

/// A length of time in words: `60 minutes`, `30 days`, `90 seconds`. For lifetimes, so it is exact or nearly so.
pub fn duration(seconds: i64) -> String {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    match seconds {
        s if s >= 2 * DAY => count(s / DAY, "day"),
        s if s >= 2 * HOUR => count(s / HOUR, "hour"),
        s if s >= 2 * MINUTE => count(s / MINUTE, "minute"),
        s => count(s, "second"),
    }
}

/// `1 client`, `2 clients`.
pub fn count(number: i64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Time from now in the largest unit that is not zero. Beyond a year the absolute date says more, but rarely.
fn relative(offset: i64) -> String {
    let words = match offset.abs() {
        0..45 => return "just now".to_owned(),
        s if s < 90 => "a minute".to_owned(),
        s if s < 45 * 60 => count((s + 30) / 60, "minute"),
        s if s < 90 * 60 => "an hour".to_owned(),
        s if s < 22 * 3600 => count((s + 1800) / 3600, "hour"),
        s if s < 36 * 3600 => "a day".to_owned(),
        s if s < 45 * 86_400 => count((s + 43_200) / 86_400, "day"),
        s if s < 345 * 86_400 => count((s / (30 * 86_400)).max(2), "month"),
        s if s < 545 * 86_400 => "a year".to_owned(),
        s => count((s + 182 * 86_400) / (365 * 86_400), "year"),
    };
    if offset < 0 { format!("{words} ago") } else { format!("in {words}") }
}

/// Values that many samples share.
pub(super) mod sample {
    use super::{AuditEntry, Layout, Moment, ScopeLine, Section, SessionLine, Timestamp, Tone, Viewer, routes};

    /// 14 November 2026, 10:13:20 UTC.
    pub const NOW: Timestamp = 1_794_651_200;

    pub const LONG: &str = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft";

    pub fn ago(seconds: i64) -> Moment {
        Moment::new(NOW - seconds, NOW)
    }

    pub fn ahead(seconds: i64) -> Moment {
        Moment::new(NOW + seconds, NOW)
    }

    pub fn door(title: &str) -> Layout {
        Layout::new(title, Section::Door, "csrf-3qmZ0vWk").with_request_id("0197f3a2-6c1e-7d40-9b1f-2f6e6a4c0d11")
    }

    pub fn desk(title: &str, section: Section) -> Layout {
        Layout { section, ..door(title) }.with_viewer(Viewer {
            username: "alice".into(),
            display_name: "Alice Archer".into(),
            is_admin: true,
        })
    }

    pub fn account(title: &str, section: Section) -> Layout {
        Layout { section, ..door(title) }.with_viewer(Viewer {
            username: "bob".into(),
            display_name: String::new(),
            is_admin: false,
        })
    }

    pub fn scopes() -> Vec<ScopeLine> {
        vec![
            ScopeLine::new("openid", "Confirm who you are"),
            ScopeLine::new("profile", "See your name and username"),
            ScopeLine::new("email", "See your e-mail address"),
            ScopeLine::new("reports:read", "Read your sales reports"),
            ScopeLine::new("https://api.acme.example/scopes/reports.export-everything.readonly", ""),
        ]
    }

    pub fn audit_entries() -> Vec<AuditEntry> {
        let entry =
            |at, action: &str, actor: &str, target: &str, href: Option<String>, detail: &str, tone| AuditEntry {
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
            entry(40, "Signed in", "alice", "", None, "", Tone::Neutral),
            entry(320, "Client created", "alice", "Acme Reports", client.clone(), "", Tone::Neutral),
            entry(4000, "Sign-in refused", "bob", "", None, "Wrong password", Tone::Warning),
            entry(7300, "Secret rotated", "alice", "Acme Reports", client, "", Tone::Neutral),
            entry(90_000, "Refresh token replayed", LONG, "Grant of bob", None, "The grant was revoked", Tone::Danger),
            entry(190_000, "Key rotated", "Grantor", "2026-11-ES256", None, "", Tone::Neutral),
        ]
    }

    pub fn sessions() -> Vec<SessionLine> {
        vec![
            SessionLine {
                id: "s_01".into(),
                browser: "Firefox on Linux".into(),
                address: "203.0.113.7".into(),
                signed_in: ago(7200),
                last_seen: ago(5),
                is_this_browser: true,
            },
            SessionLine {
                id: "s_02".into(),
                browser: "Safari on iPhone".into(),
                address: "2001:db8:85a3:1234:5678:8a2e:370:7334".into(),
                signed_in: ago(400_000),
                last_seen: ago(86_400 * 2),
                is_this_browser: false,
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_reads_in_the_largest_unit() {
        let seen = |offset: i64| Moment::new(1_000_000 + offset, 1_000_000).relative;
        assert_eq!(seen(-10), "just now");
        assert_eq!(seen(-300), "5 minutes ago");
        assert_eq!(seen(-3600), "an hour ago");
        assert_eq!(seen(3 * 86_400), "in 3 days");
        assert_eq!(seen(-90 * 86_400), "3 months ago");
    }

    #[test]
    fn a_moment_is_absolute_in_utc() {
        let moment = Moment::new(0, 0);
        assert_eq!(
            (moment.iso.as_str(), moment.absolute.as_str()),
            ("1970-01-01T00:00:00Z", "1 January 1970, 00:00 UTC")
        );
    }

    #[test]
    fn a_lifetime_reads_exactly() {
        assert_eq!(duration(3600), "60 minutes");
        assert_eq!(duration(30 * 86_400), "30 days");
        assert_eq!(duration(60), "60 seconds");
    }
}
