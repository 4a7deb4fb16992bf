//! `/admin/settings/configuration`: the configuration as a file to keep, and a file made the configuration.
//!
//! Importing takes two steps and no memory of ours: the first shows what would change and sends the file back with the page,
//! the second sends it again, with what the installation was when it was shown.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use askama::Template;

use super::{TopicLine, topics};
use crate::management::configuration::differences::{Difference, Differences, Kind};
use crate::management::configuration::import::{self, Wishes};
use crate::management::configuration::{self, parse};
use crate::management::{ManagementError, note_event};
use crate::store::{Failure, StoreError};
use crate::web::admin::submitted::Submitted;
use crate::web::error::{PageError, in_words};
use crate::web::language::say;
use crate::web::page::{FormErrors, Layout, Section, respond, sample};
use crate::web::routes;
use crate::web::visitor::{Reader, User};

/// `GET /admin/settings/configuration`, and again when a file was refused.
#[derive(Template)]
#[template(path = "admin/settings/configuration.html")]
pub struct ConfigurationPage {
    pub layout: Layout,
    pub topics: Vec<TopicLine>,
    /// Id: `file`.
    pub errors: FormErrors,
}

/// What an import would change.
#[derive(Template)]
#[template(path = "admin/settings/import.html")]
pub struct ImportPage {
    pub layout: Layout,
    pub topics: Vec<TopicLine>,
    pub lines: Vec<Line>,
    /// That there are more than are shown; empty otherwise.
    pub more: String,
    /// How much would be done, in a sentence.
    pub summary: String,
    /// What is here and not in the file.
    pub left: String,
    pub prunes: bool,
    /// Whether something is removed.
    pub removes: bool,
    pub is_nothing: bool,
    /// The file, to be sent again.
    pub document: String,
    /// Of what was shown.
    pub version: String,
    pub errors: FormErrors,
}

/// A difference as the page shows it.
pub struct Line {
    pub part: String,
    pub name: String,
    pub label: String,
    pub change: String,
    pub tone: &'static str,
    /// Each field as it is, unless everything is new, and as it would be.
    pub fields: Vec<(String, String, String)>,
    pub is_new: bool,
}

impl ConfigurationPage {
    pub fn title() -> String {
        t!("settings-configuration")
    }

    pub fn about() -> String {
        t!("settings-configuration-lead")
    }

    pub fn samples() -> Vec<Self> {
        let page = |errors| Self::new(sample::desk(&Self::title(), Section::Settings), errors);
        let problems = parse::parse("{}").err().unwrap_or_default();
        let errors =
            problems.iter().fold(FormErrors::none(), |errors, each| errors.with("file", say(&each.sentence())));
        vec![page(FormErrors::none()), page(errors)]
    }

    fn new(layout: Layout, errors: FormErrors) -> Self {
        Self { layout, topics: topics(routes::ADMIN_SETTINGS_CONFIGURATION), errors }
    }
}

impl ImportPage {
    pub fn title() -> String {
        t!("import-title")
    }

    pub fn samples() -> Vec<Self> {
        let difference = |part, name: &str, label: &str, kind| Difference {
            part,
            name: name.to_owned(),
            label: label.to_owned(),
            kind,
        };
        let changed = |field: &str, before: Option<&str>, after: &str| {
            Kind::Changed(vec![(field.to_owned(), before.map(str::to_owned), Some(after.to_owned()))])
        };
        let differences = Differences {
            all: vec![
                difference("settings", "tokens.code_lifetime", "", changed("", Some("60"), "30")),
                difference(
                    "scopes",
                    "reports:read",
                    "",
                    Kind::Added(vec![("description".to_owned(), None, Some("Read your sales reports".to_owned()))]),
                ),
                difference("scopes", "reports:write", "", Kind::Left { is_removed: false }),
                difference(
                    "clients",
                    "c_9aVqk2Lw0TzYx4RbN1mEuP",
                    "Acme Reports",
                    changed(
                        "metadata.redirect_uris",
                        Some("https://reports.acme.example/old"),
                        "https://reports.acme.example/callback",
                    ),
                ),
                difference("clients", "c_5fT2", "Old", Kind::Left { is_removed: true }),
            ],
            unchanged: 12,
            version: "9aVqk2Lw0TzYx4RbN1mEuP".to_owned(),
        };
        let layout = || sample::desk(&Self::title(), Section::Settings);
        vec![
            Self::new(layout(), &differences, "{}".to_owned(), true, FormErrors::none()),
            Self::new(layout(), &Differences::default(), "{}".to_owned(), false, FormErrors::none()),
        ]
    }

    fn new(layout: Layout, differences: &Differences, document: String, prunes: bool, errors: FormErrors) -> Self {
        let [added, changed, removed, left] = differences.counts();
        Self {
            layout,
            topics: topics(routes::ADMIN_SETTINGS_CONFIGURATION),
            lines: differences.all.iter().take(MOST_LINES).map(line).collect(),
            more: match differences.all.len().saturating_sub(MOST_LINES) {
                0 => String::new(),
                more => t!("import-more", count = more),
            },
            summary: t!(
                "import-summary",
                added = added,
                changed = changed,
                removed = removed,
                unchanged = differences.unchanged
            ),
            left: if left > 0 { t!("import-left", count = left) } else { String::new() },
            prunes,
            removes: removed > 0,
            is_nothing: added + changed + removed == 0,
            document,
            version: differences.version.clone(),
            errors,
        }
    }
}

/// Differences that a page shows.
const MOST_LINES: usize = 500;

fn line(each: &Difference) -> Line {
    let part = match each.part {
        "settings" => t!("place-settings"),
        "scopes" => t!("place-scopes"),
        "resources" => t!("place-resources"),
        _ => t!("place-clients"),
    };
    let (change, tone) = match &each.kind {
        Kind::Added(_) => (t!("import-added"), "success"),
        Kind::Changed(_) => (t!("import-changed"), "warning"),
        Kind::Left { is_removed: true } => (t!("import-removed"), "danger"),
        Kind::Left { is_removed: false } => (t!("import-kept"), "neutral"),
    };
    let fields = match &each.kind {
        Kind::Added(fields) | Kind::Changed(fields) => fields.as_slice(),
        Kind::Left { .. } => &[],
    };
    let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| t!("none"));
    Line {
        is_new: matches!(each.kind, Kind::Added(_)),
        part,
        name: each.name.clone(),
        label: each.label.clone(),
        change,
        tone,
        fields: fields.iter().map(|(name, before, after)| (name.clone(), shown(before), shown(after))).collect(),
    }
}

/// `GET /admin/settings/configuration`
pub async fn show(user: Reader) -> HttpResponse {
    let layout = user.layout(ConfigurationPage::title(), Section::Settings);
    respond(StatusCode::OK, &ConfigurationPage::new(layout, FormErrors::none()))
}

/// `GET /admin/settings/configuration/file`
pub async fn export(user: Reader) -> Result<HttpResponse, PageError> {
    let store = &user.visitor.app.store;
    let document = configuration::export(store).await?;
    let context = user.context();
    store
        .write::<_, StoreError, _>(move |connection| note_event(connection, &context, "configuration.exported", ""))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/json"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"grantor-configuration.json\""))
        .body(document.to_text()))
}

/// `POST /admin/settings/configuration`: shows what a file would change, or makes it so.
pub async fn import(sent: Submitted) -> Result<HttpResponse, PageError> {
    let text = match sent.files.iter().find(|file| file.field == "file") {
        Some(file) => String::from_utf8_lossy(&file.bytes).into_owned(),
        None => sent.field("document"),
    };
    let refused = |errors| {
        let layout = sent.admin.layout(ConfigurationPage::title(), Section::Settings);
        Ok(respond(StatusCode::UNPROCESSABLE_ENTITY, &ConfigurationPage::new(layout, errors)))
    };
    if text.trim().is_empty() {
        return refused(FormErrors::none().with("file", t!("import-no-file")));
    }
    let document = match parse::parse(&text) {
        Ok(document) => document,
        Err(problems) => {
            let all: Vec<String> = problems.iter().map(|each| say(&each.sentence())).collect();
            return refused(all.iter().fold(FormErrors::none(), |errors, each| errors.with("file", each.as_str())));
        }
    };
    let (app, prunes) = (&sent.admin.visitor.app, sent.field("prune") == "true");
    let seen = Some(sent.field("version")).filter(|version| !version.is_empty() && sent.field("apply") == "true");
    let rehearsal = Wishes { prunes, rehearses: true, seen: None };
    if seen.is_none() {
        return match import::run(&app.store, &sent.admin.context(), document, rehearsal).await {
            Ok(differences) => Ok(preview(&sent.admin, StatusCode::OK, &differences, text, prunes, FormErrors::none())),
            Err(Failure::Refused(refusal)) => refused(said(&refusal)),
            Err(Failure::Store(error)) => Err(error.into()),
        };
    }
    let wishes = Wishes { prunes, rehearses: false, seen };
    match import::run(&app.store, &sent.admin.context(), document.clone(), wishes).await {
        Ok(_) => {
            app.reload_settings().await?;
            Ok(sent.done(t!("import-done"), routes::ADMIN_SETTINGS_CONFIGURATION))
        }
        Err(Failure::Refused(ManagementError::Outdated)) => {
            match import::run(&app.store, &sent.admin.context(), document, rehearsal).await {
                Ok(differences) => {
                    let errors = FormErrors::none().with("", t!("import-outdated"));
                    Ok(preview(&sent.admin, StatusCode::CONFLICT, &differences, text, prunes, errors))
                }
                Err(Failure::Refused(refusal)) => refused(said(&refusal)),
                Err(Failure::Store(error)) => Err(error.into()),
            }
        }
        Err(Failure::Refused(refusal)) => refused(said(&refusal)),
        Err(Failure::Store(error)) => Err(error.into()),
    }
}

/// Each problem on a line of its own.
fn said(refusal: &ManagementError) -> FormErrors {
    in_words(refusal).lines().fold(FormErrors::none(), |errors, line| errors.with("file", line))
}

fn preview(
    user: &User,
    status: StatusCode,
    differences: &Differences,
    document: String,
    prunes: bool,
    errors: FormErrors,
) -> HttpResponse {
    let layout = user.layout(ImportPage::title(), Section::Settings);
    respond(status, &ImportPage::new(layout, differences, document, prunes, errors))
}
