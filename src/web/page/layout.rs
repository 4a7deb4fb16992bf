//! What every page has around its content: heading, navigation, the signed-in account, what just happened.

use super::specification::{self, Specification};
use super::tone::Tone;
use crate::domain::branding::names;
use crate::domain::resource_owner::{Password, Right, Role};
use crate::web::language::{self, Language};
use crate::web::{assets, routes, settings};

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
    /// Where this page is, so that the door can offer it in other languages; empty when it cannot be opened again.
    pub path: String,
}

/// A language that the page is offered in.
pub struct OtherLanguage {
    pub tag: &'static str,
    pub name: String,
    pub href: String,
}

/// The signed-in account, as the navigation shows it.
#[derive(Clone)]
pub struct Viewer {
    pub username: String,
    /// Empty when the account has none.
    pub display_name: String,
    pub role: Role,
}

/// Where in the navigation a page belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// A page of the door: no navigation.
    Door,
    Overview,
    Clients,
    Playground,
    Scopes,
    Resources,
    Users,
    Grants,
    LogoutDeliveries,
    Mails,
    Requests,
    AuditLog,
    Keys,
    System,
    Settings,
    Profile,
    Password,
    Sessions,
    Applications,
    Activity,
}

/// An entry of the navigation.
pub struct Place {
    pub label: String,
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

impl Layout {
    /// A page outside the navigation, for someone who has not signed in. Others start here and fill in more.
    pub fn new(title: impl Into<String>, section: Section, csrf_token: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            product: settings::current().branding.name.clone(),
            viewer: None,
            section,
            csrf_token: csrf_token.into(),
            flashes: Vec::new(),
            request_id: String::new(),
            path: String::new(),
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

    pub fn language(&self) -> Language {
        language::current()
    }

    /// The languages that this page is not in.
    pub fn other_languages(&self) -> Vec<OtherLanguage> {
        let others = Language::all().filter(|language| *language != language::current());
        others
            .map(|language| OtherLanguage {
                tag: language.tag(),
                name: language.name(),
                href: language::choice::link(language, &self.path),
            })
            .collect()
    }

    /// The URL of a static file.
    pub fn asset(&self, name: &str) -> String {
        assets::asset(name)
    }

    /// Where a field of a form is defined.
    pub fn specification(&self, input: &str) -> Option<Specification> {
        specification::of(input)
    }

    /// Whether the page may have its script, and take the focus: a preview may not.
    pub fn has_script(&self) -> bool {
        !settings::current().is_preview
    }

    /// The style sheet of the brand's colours.
    pub fn style_sheet(&self) -> Option<String> {
        settings::current().style_sheet.clone()
    }

    /// Where the logo is; without one there is our mark and the name.
    pub fn logo(&self) -> Option<String> {
        settings::current().logo.clone()
    }

    /// Where the operator says more: the words and the address.
    pub fn links(&self) -> Vec<(String, String)> {
        let branding = &settings::current().branding;
        let link = |words, href: &Option<String>| href.clone().map(|href| (words, href));
        let all = [
            link(t!("brand-help"), &branding.help_uri),
            link(t!("brand-policy"), &branding.policy_uri),
            link(t!("brand-terms"), &branding.tos_uri),
        ];
        all.into_iter().flatten().collect()
    }

    /// The operator's own words on the sign-in page.
    pub fn login_text(&self) -> Option<String> {
        operators_words(names::LOGIN_TEXT)
    }

    /// The operator's own words on the consent page.
    pub fn consent_text(&self) -> Option<String> {
        operators_words(names::CONSENT_TEXT)
    }

    /// Fewest characters of a password that somebody chooses.
    pub fn password_least(&self) -> usize {
        settings::current().policies.password_min_length
    }

    /// The same for the browser, which says it before the form is sent.
    pub fn password_length(&self) -> String {
        format!("minlength={} maxlength={}", self.password_least(), Password::MAX_LENGTH)
    }

    /// Whether the viewer may help users: pages offer nothing that is refused.
    pub fn may_support(&self) -> bool {
        self.may(Right::Support)
    }

    /// Whether the viewer may change everything.
    pub fn may_administer(&self) -> bool {
        self.may(Right::Administer)
    }

    fn may(&self, right: Right) -> bool {
        self.viewer.as_ref().is_some_and(|viewer| viewer.role.may(right))
    }

    /// The console's places; none for someone who may not look at it.
    pub fn console(&self) -> Vec<Place> {
        if !self.may(Right::Read) {
            return Vec::new();
        }
        let mut places = self.places(&[
            (Section::Overview, t!("place-overview"), "overview", routes::ADMIN),
            (Section::Clients, t!("place-clients"), "client", routes::ADMIN_CLIENTS),
            (Section::Playground, t!("place-playground"), "playground", routes::ADMIN_PLAYGROUND),
            (Section::Scopes, t!("place-scopes"), "scope", routes::ADMIN_SCOPES),
            (Section::Resources, t!("place-resources"), "resource", routes::ADMIN_RESOURCES),
            (Section::Users, t!("place-users"), "users", routes::ADMIN_USERS),
            (Section::Grants, t!("place-grants"), "grant", routes::ADMIN_GRANTS),
            (Section::LogoutDeliveries, t!("place-sign-outs"), "sign-out", routes::ADMIN_LOGOUT_DELIVERIES),
            (Section::Mails, t!("place-mails"), "mail", routes::ADMIN_MAILS),
            (Section::Requests, t!("place-requests"), "request", routes::ADMIN_REQUESTS),
            (Section::AuditLog, t!("place-audit-log"), "log", routes::ADMIN_AUDIT_LOG),
            (Section::Keys, t!("place-keys"), "key", routes::ADMIN_KEYS),
            (Section::System, t!("place-system"), "system", routes::ADMIN_SYSTEM),
            (Section::Settings, t!("place-settings"), "settings", routes::ADMIN_SETTINGS),
        ]);
        // What it tries, it does in a client's name.
        if !self.may_administer() {
            places.retain(|place| place.href != routes::ADMIN_PLAYGROUND);
        }
        places
    }

    /// The places of the viewer's own account.
    pub fn account(&self) -> Vec<Place> {
        self.places(&[
            (Section::Profile, t!("place-profile"), "user", routes::ACCOUNT),
            (Section::Password, t!("place-password"), "password", routes::ACCOUNT_PASSWORD),
            (Section::Sessions, t!("place-sessions"), "session", routes::ACCOUNT_SESSIONS),
            (Section::Applications, t!("place-applications"), "applications", routes::ACCOUNT_APPLICATIONS),
            (Section::Activity, t!("place-activity"), "log", routes::ACCOUNT_ACTIVITY),
        ])
    }

    /// Where the logo leads: the viewer's first page, or the way in.
    pub fn home(&self) -> &'static str {
        match &self.viewer {
            Some(viewer) if viewer.role.may(Right::Read) => routes::ADMIN,
            Some(_) => routes::ACCOUNT,
            None => routes::HOME,
        }
    }

    fn places(&self, places: &[(Section, String, &'static str, &'static str)]) -> Vec<Place> {
        let place = |(section, label, icon, href): &(Section, String, &'static str, &'static str)| Place {
            label: label.clone(),
            icon,
            href,
            is_current: *section == self.section,
        };
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

fn operators_words(place: &str) -> Option<String> {
    settings::current().branding.text(place, language::current().tag()).map(str::to_owned)
}
