//! The pages of policies: one form for each topic, made from a table.
//!
//! Where the environment or the file decides a policy, the page says so by name and does not offer it. A value that is as by
//! default is not kept: it follows the default of a later version.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::{TopicLine, topics};
use crate::config::Config;
use crate::domain::policies::Policies;
use crate::management::ManagementError;
use crate::management::settings::{self, Changes};
use crate::web::admin::outdated;
use crate::web::admin::query_of;
use crate::web::admin::submitted::Submitted;
use crate::web::error::{PageError, in_words};
use crate::web::language::say;
use crate::web::page::{Choice, FormErrors, Layout, Section, duration, respond, sample};
use crate::web::routes;
use crate::web::visitor::{Reader, User};

/// What stands on one page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// How long codes, tokens and sessions live.
    Lifetimes,
    /// Who may come in: registration of clients, passwords.
    Access,
    Limits,
    /// How long what is written down is kept.
    Retention,
}

/// A policy on its page.
struct Line {
    name: &'static str,
    /// The id and the name of its input.
    input: &'static str,
    label: &'static str,
    help: &'static str,
    unit: Unit,
}

/// What a text counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    Seconds,
    Other,
}

const fn line(name: &'static str, input: &'static str, label: &'static str, help: &'static str) -> Line {
    Line { name, input, label, help, unit: Unit::Other }
}

const fn seconds(name: &'static str, input: &'static str, label: &'static str, help: &'static str) -> Line {
    Line { unit: Unit::Seconds, ..line(name, input, label, help) }
}

#[rustfmt::skip]
const LIFETIMES: &[Line] = &[
    seconds("tokens.code_lifetime", "code_lifetime", key!("policy-code"), key!("policy-code-help")),
    seconds("tokens.access_token_lifetime", "access_token_lifetime", key!("policy-access"), key!("policy-access-help")),
    seconds("tokens.jwt_access_token_lifetime", "jwt_access_token_lifetime", key!("policy-jwt"), key!("policy-jwt-help")),
    seconds("tokens.refresh_token_idle_lifetime", "refresh_token_idle_lifetime", key!("policy-refresh-idle"), key!("policy-refresh-idle-help")),
    seconds("tokens.refresh_token_lifetime", "refresh_token_lifetime", key!("policy-refresh"), key!("policy-refresh-help")),
    seconds("tokens.refresh_retry_seconds", "refresh_retry_seconds", key!("policy-retry"), key!("policy-retry-help")),
    seconds("tokens.id_token_lifetime", "id_token_lifetime", key!("policy-id-token"), key!("policy-id-token-help")),
    seconds("tokens.device_code_lifetime", "device_code_lifetime", key!("policy-device-code"), key!("policy-device-code-help")),
    seconds("sessions.idle_lifetime", "session_idle_lifetime", key!("policy-session-idle"), key!("policy-session-idle-help")),
    seconds("sessions.lifetime", "session_lifetime", key!("policy-session"), key!("policy-session-help")),
];
#[rustfmt::skip]
const ACCESS: &[Line] = &[
    line("registration.mode", "registration", key!("policy-registration"), key!("policy-registration-help")),
    line("passwords.min_length", "password_min_length", key!("policy-password"), key!("policy-password-help")),
];
#[rustfmt::skip]
const LIMITS: &[Line] = &[
    line("limits.rate_limits", "rate_limits", key!("policy-rate-limits"), key!("policy-rate-limits-help")),
    line("limits.failures", "failures", key!("policy-failures"), key!("policy-failures-help")),
    line("limits.registrations", "registrations", key!("policy-registrations"), key!("policy-registrations-help")),
    line("limits.devices", "devices", key!("policy-devices"), key!("policy-devices-help")),
    line("limits.stored_requests", "stored_requests", key!("policy-stored-requests"), key!("policy-stored-requests-help")),
    line("limits.address", "address", key!("policy-address"), key!("policy-address-help")),
    line("limits.client", "client", key!("policy-client"), key!("policy-client-help")),
    line("limits.in_flight", "in_flight", key!("policy-in-flight"), key!("policy-in-flight-help")),
    line("limits.connections", "connections", key!("policy-connections"), key!("policy-connections-help")),
];
#[rustfmt::skip]
const RETENTION: &[Line] = &[
    line("audit.retention_days", "audit_days", key!("policy-audit"), key!("policy-audit-help")),
    line("requests.log", "request_log", key!("policy-requests"), key!("policy-requests-help")),
    line("requests.log_rows", "request_rows", key!("policy-request-rows"), key!("policy-request-rows-help")),
    line("requests.log_days", "request_days", key!("policy-request-days"), key!("policy-request-days-help")),
    line("keys.rotation_days", "rotation_days", key!("policy-rotation"), key!("policy-rotation-help")),
];

impl Topic {
    pub const ALL: [Self; 4] = [Self::Lifetimes, Self::Access, Self::Limits, Self::Retention];

    pub fn path(self) -> &'static str {
        match self {
            Self::Lifetimes => routes::ADMIN_SETTINGS_LIFETIMES,
            Self::Access => routes::ADMIN_SETTINGS_ACCESS,
            Self::Limits => routes::ADMIN_SETTINGS_LIMITS,
            Self::Retention => routes::ADMIN_SETTINGS_RETENTION,
        }
    }

    pub fn label(self) -> String {
        match self {
            Self::Lifetimes => t!("settings-lifetimes"),
            Self::Access => t!("settings-access"),
            Self::Limits => t!("settings-limits"),
            Self::Retention => t!("settings-retention"),
        }
    }

    /// What is decided there, in a sentence.
    pub fn about(self) -> String {
        match self {
            Self::Lifetimes => t!("settings-lifetimes-lead"),
            Self::Access => t!("settings-access-lead"),
            Self::Limits => t!("settings-limits-lead"),
            Self::Retention => t!("settings-retention-lead"),
        }
    }

    /// For the audit log.
    const fn name(self) -> &'static str {
        match self {
            Self::Lifetimes => "lifetimes",
            Self::Access => "access",
            Self::Limits => "limits",
            Self::Retention => "retention",
        }
    }

    const fn lines(self) -> &'static [Line] {
        match self {
            Self::Lifetimes => LIFETIMES,
            Self::Access => ACCESS,
            Self::Limits => LIMITS,
            Self::Retention => RETENTION,
        }
    }

    /// The names of its policies.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        self.lines().iter().map(|line| line.name)
    }

    /// The policies that are decided here and not elsewhere.
    fn open(self, config: &Config) -> impl Iterator<Item = &'static Line> {
        self.lines().iter().filter(|line| !config.fixed.contains_key(line.name))
    }
}

/// `GET /admin/settings/…`, and again when the POST to the same path was refused.
#[derive(Template)]
#[template(path = "admin/settings/policies.html")]
pub struct PoliciesPage {
    pub layout: Layout,
    pub topics: Vec<TopicLine>,
    /// Where the form is sent.
    pub path: &'static str,
    pub lead: String,
    /// What the form was filled from.
    pub version: String,
    pub fields: Vec<Field>,
    /// Ids: those of the fields.
    pub errors: FormErrors,
}

/// A policy, as its page shows it.
pub struct Field {
    pub input: &'static str,
    pub label: String,
    /// What it is for, and what it is by default.
    pub help: String,
    pub value: String,
    /// When it is one of a few.
    pub choices: Vec<Choice>,
    /// How the place is called that decides it instead of this page.
    pub fixed_by: Option<String>,
    /// Where it is put back, when it is not as by default.
    pub reset: Option<String>,
}

impl PoliciesPage {
    pub fn samples() -> Vec<Self> {
        let mut config = Config::for_tests();
        config.fixed.insert("tokens.id_token_lifetime", "GRANTOR_ID_TOKEN_LIFETIME".to_owned());
        config.fixed.insert("limits.failures", "limits.failures in /etc/grantor/grantor.toml".to_owned());
        config.fixed.insert("requests.log", "GRANTOR_REQUEST_LOG".to_owned());
        let stored = BTreeMap::from([("tokens.access_token_lifetime".to_owned(), "900".to_owned())]);
        let page = |topic: Topic, errors| {
            let layout = sample::desk(&topic.label(), Section::Settings);
            Self::new(layout, topic, &config, &stored, |line| shown(&config, &stored, line), errors)
        };
        let problem = Policies::default().set("tokens.code_lifetime", "9000").err();
        let errors = problem.map(|problem| FormErrors::none().with("code_lifetime", say(&problem)));
        let mut pages: Vec<_> = Topic::ALL.map(|topic| page(topic, FormErrors::none())).into_iter().collect();
        pages.extend(errors.map(|errors| page(Topic::Lifetimes, errors)));
        pages
    }

    fn new(
        layout: Layout,
        topic: Topic,
        config: &Config,
        stored: &BTreeMap<String, String>,
        value: impl Fn(&Line) -> String,
        errors: FormErrors,
    ) -> Self {
        let defaults = Policies::default();
        let field = |line: &Line| {
            let (value, default) = (value(line), defaults.get(line.name));
            let fixed_by = config.fixed.get(line.name).cloned();
            let is_changed = fixed_by.is_none() && stored.contains_key(line.name);
            let choices = Policies::choices(line.name);
            Field {
                input: line.input,
                label: t!(line.label),
                help: format!("{} {}", t!(line.help), default_in_words(line, &default)),
                choices: choices
                    .into_iter()
                    .map(|choice| Choice::new(choice, choice_in_words(line.name, choice), "", choice == value))
                    .collect(),
                value,
                fixed_by,
                reset: is_changed.then(|| routes::with_query(topic.path(), &[(DEFAULT, line.input)])),
            }
        };
        Self {
            layout,
            topics: topics(topic.path()),
            path: topic.path(),
            lead: topic.about(),
            version: settings::version(stored, topic.open(config).map(|line| line.name)),
            fields: topic.lines().iter().map(field).collect(),
            errors,
        }
    }

    /// Whether there is anything to save.
    pub fn is_open(&self) -> bool {
        self.layout.may_administer() && self.fields.iter().any(|field| field.fixed_by.is_none())
    }
}

/// In the query: the input that is to be filled with its default.
const DEFAULT: &str = "default";

/// What holds, as the form shows it.
fn shown(config: &Config, stored: &BTreeMap<String, String>, line: &Line) -> String {
    config.policies_with(stored).get(line.name)
}

fn default_in_words(line: &Line, default: &str) -> String {
    match (line.unit, default.parse::<i64>()) {
        (Unit::Seconds, Ok(number)) => {
            t!("settings-default-seconds", value = default, time = duration(number))
        }
        _ if line.name == "limits.connections" => t!("settings-default-share"),
        _ if default.is_empty() => t!("settings-default-none"),
        _ if Policies::choices(line.name).is_empty() => t!("settings-default", value = default),
        _ => t!("settings-default", value = choice_in_words(line.name, default)),
    }
}

fn choice_in_words(name: &str, choice: &str) -> String {
    match (name, choice) {
        ("registration.mode", "closed") => t!("policy-registration-closed"),
        ("registration.mode", "token") => t!("policy-registration-token"),
        ("registration.mode", "open") => t!("policy-registration-open"),
        ("limits.rate_limits", "on") => t!("policy-rate-limits-on"),
        ("limits.rate_limits", "off") => t!("policy-rate-limits-off"),
        ("requests.log", "off") => t!("policy-requests-off"),
        ("requests.log", "failures") => t!("policy-requests-failures"),
        ("requests.log", "sample") => t!("policy-requests-sample"),
        ("requests.log", "all") => t!("policy-requests-all"),
        (_, choice) => choice.to_owned(),
    }
}

/// `GET /admin/settings/{topic}`
pub async fn show(user: Reader, request: HttpRequest, topic: Topic) -> Result<HttpResponse, PageError> {
    let (config, catalog) = (&user.visitor.app.config, user.visitor.app.store.catalog().await?);
    let query = query_of(&request)?;
    let reset = query.get(DEFAULT).unwrap_or_default();
    let value = |line: &Line| {
        if line.input == reset { Policies::default().get(line.name) } else { shown(config, &catalog.settings, line) }
    };
    let mut layout = user.layout(topic.label(), Section::Settings);
    if let Some(line) = topic.open(config).find(|line| line.input == reset) {
        layout = layout.with_flash(crate::web::page::Tone::Neutral, t!("settings-reset-note", name = t!(line.label)));
    }
    let page = PoliciesPage::new(layout, topic, config, &catalog.settings, value, FormErrors::none());
    Ok(respond(StatusCode::OK, &page))
}

/// `POST /admin/settings/{topic}`
pub async fn save(sent: Submitted, topic: Topic) -> Result<HttpResponse, PageError> {
    let app = &sent.admin.visitor.app;
    let changes = changes(&sent, topic);
    let filled_from = sent.form.get("version").map(str::to_owned);
    if filled_from.is_none() {
        return Err(PageError::BadRequest(t!("form-without-version")));
    }
    let saved = sent.attempt(move |connection, context| {
        settings::change(connection, context, topic.name(), filled_from.as_deref(), &changes)
    });
    let saved = saved.await?;
    // Before it is acknowledged, also for who is refused: they see what is there.
    app.reload_settings().await?;
    let catalog = app.store.catalog().await?;
    let input = |name| topic.lines().iter().find(|line| line.name == name).map_or("", |line| line.input);
    let (status, errors) = match saved {
        Ok(()) => return Ok(sent.done(t!("settings-saved"), topic.path())),
        Err(ManagementError::Outdated) => {
            let fields = topic.open(&app.config);
            let now = |line: &Line| shown(&app.config, &catalog.settings, line);
            let differences = fields.map(|line| (line.input, sent.field(line.input).trim().to_owned(), now(line)));
            (StatusCode::CONFLICT, outdated::problems(differences))
        }
        Err(ManagementError::Invalid(problems)) => {
            let errors = problems
                .iter()
                .fold(FormErrors::none(), |errors, each| errors.with(input(each.field), say(&each.problem)));
            (StatusCode::UNPROCESSABLE_ENTITY, errors)
        }
        Err(refusal) => (StatusCode::CONFLICT, FormErrors::none().with("", in_words(&refusal))),
    };
    let value = |line: &Line| match app.config.fixed.get(line.name) {
        Some(_) => shown(&app.config, &catalog.settings, line),
        None => sent.field(line.input),
    };
    let layout = layout(&sent.admin, topic);
    let page = PoliciesPage::new(layout, topic, &app.config, &catalog.settings, value, errors);
    Ok(respond(status, &page))
}

fn layout(user: &User, topic: Topic) -> Layout {
    user.layout(topic.label(), Section::Settings)
}

/// What the form asks for; what is as by default is not kept.
fn changes(sent: &Submitted, topic: Topic) -> Changes {
    let defaults = Policies::default();
    let change = |line: &Line| {
        let typed = sent.field(line.input).trim().to_owned();
        (line.name.to_owned(), Some(typed).filter(|typed| *typed != defaults.get(line.name)))
    };
    topic.open(&sent.admin.visitor.app.config).map(change).collect()
}
