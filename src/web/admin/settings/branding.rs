//! `/admin/settings/branding`: name, colours, logo, links and words of the operator's own, seen before they are saved.
//!
//! The preview is the sign-in and the consent page as they would be, in a frame. A button sends the form there as it is
//! filled in, so it needs no script; with one the frame follows every change.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, X_FRAME_OPTIONS};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{TopicLine, topics};
use crate::domain::branding::{Branding, Logo, MOST_LOGO, NAME, names};
use crate::domain::colour::{Colour, Palette, Theme};
use crate::domain::sentence::Sentence;
use crate::management::ManagementError;
use crate::management::settings::{self as management, Changes};
use crate::web::account::consent::ConsentPage;
use crate::web::account::login::LoginPage;
use crate::web::admin::outdated;
use crate::web::admin::query_of;
use crate::web::admin::submitted::Submitted;
use crate::web::branding;
use crate::web::error::{PageError, in_words};
use crate::web::headers;
use crate::web::language::{self, Language, choice, say};
use crate::web::page::{Choice, FormErrors, Layout, Section, respond, sample};
use crate::web::routes;
use crate::web::settings::{self, Settings};
use crate::web::visitor::Reader;

/// `GET /admin/settings/branding`, and again when the POST to the same path was refused.
#[derive(Template)]
#[template(path = "admin/settings/branding.html")]
pub struct BrandingPage {
    pub layout: Layout,
    pub topics: Vec<TopicLine>,
    /// What the form was filled from.
    pub version: String,
    /// What each input holds; the ids are those of [`INPUTS`] and [`TEXTS`].
    values: BTreeMap<&'static str, String>,
    /// Where the stored logo is.
    pub logo: Option<String>,
    /// Languages of the preview.
    pub languages: Vec<Choice>,
    pub errors: FormErrors,
}

/// Settings of one line, and the ids of their inputs.
const INPUTS: [(&str, &str); 6] = [
    (names::NAME, "name"),
    (names::ACCENT, "accent"),
    (names::ACCENT_DARK, "accent_dark"),
    (names::HELP, "help_uri"),
    (names::POLICY, "policy_uri"),
    (names::TERMS, "tos_uri"),
];

/// Words in a language.
pub struct Text {
    name: String,
    pub input: &'static str,
    pub is_of_login: bool,
    pub language: Language,
}

static TEXTS: LazyLock<Vec<Text>> = LazyLock::new(|| {
    let text = |place: &str, input: &str, language: Language| Text {
        name: format!("{place}{}", language.tag()),
        // One for each language that there is, for as long as the process lives.
        input: Box::leak(format!("{input}_{}", language.tag()).into_boxed_str()),
        is_of_login: place == names::LOGIN_TEXT,
        language,
    };
    let places = [(names::LOGIN_TEXT, "login_text"), (names::CONSENT_TEXT, "consent_text")];
    places.into_iter().flat_map(|(place, input)| Language::all().map(move |each| text(place, input, each))).collect()
});

/// Every setting of the page but the logo, with its input.
fn inputs() -> impl Iterator<Item = (&'static str, &'static str)> {
    INPUTS.into_iter().chain(TEXTS.iter().map(|text| (text.name.as_str(), text.input)))
}

/// Every setting of the page.
pub fn all_names() -> impl Iterator<Item = &'static str> {
    inputs().map(|(name, _)| name).chain([names::LOGO])
}

impl BrandingPage {
    pub fn title() -> String {
        t!("settings-branding")
    }

    pub fn about() -> String {
        t!("settings-branding-lead")
    }

    pub fn samples() -> Vec<Self> {
        let layout = || sample::desk(&Self::title(), Section::Settings);
        let stored = [(names::NAME, "Acme ID"), (names::ACCENT, "#7a2048"), (names::HELP, "https://acme.example/help")];
        let stored = stored.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let (errors, wrong) = (FormErrors::none(), [("name", "Acme ID".to_owned()), ("accent", "#7fd6cb".to_owned())]);
        let problem = crate::domain::branding::check_any(names::ACCENT, "#7fd6cb").and_then(Result::err);
        let errors = problem.iter().fold(errors, |errors, problem| errors.with("accent", say(problem)));
        vec![
            Self::new(layout(), &BTreeMap::new(), filled_from(&BTreeMap::new()), FormErrors::none()),
            Self {
                logo: Some(crate::web::assets::asset("favicon.svg")),
                ..Self::new(layout(), &stored, filled_from(&stored), FormErrors::none())
            },
            Self::new(layout(), &BTreeMap::new(), wrong.into(), errors),
        ]
    }

    fn new(
        layout: Layout,
        stored: &BTreeMap<String, String>,
        values: BTreeMap<&'static str, String>,
        errors: FormErrors,
    ) -> Self {
        let languages =
            Language::all().map(|each| Choice::new(each.tag(), each.name(), "", each == language::current()));
        Self {
            layout,
            topics: topics(routes::ADMIN_SETTINGS_BRANDING),
            version: management::version(stored, all_names()),
            values,
            logo: branding::logo_of(&Branding::of(stored)),
            languages: languages.collect(),
            errors,
        }
    }

    pub fn value(&self, input: &str) -> &str {
        self.values.get(input).map_or("", String::as_str)
    }

    /// KiB of the largest picture.
    pub fn most_logo(&self) -> usize {
        MOST_LOGO / 1024
    }

    pub fn label(&self, text: &Text) -> String {
        let language = text.language.name();
        if text.is_of_login {
            t!("branding-login-text", language = language)
        } else {
            t!("branding-consent-text", language = language)
        }
    }

    pub fn texts(&self) -> &'static [Text] {
        &TEXTS
    }

    /// The contrast of what is filled in, in words; without a colour what that means.
    pub fn contrast(&self, is_dark: bool) -> String {
        let (theme, input) = if is_dark { (Theme::Dark, "accent_dark") } else { (Theme::Light, "accent") };
        match (Colour::parse(self.value(input)), Colour::parse(self.value("accent"))) {
            (Ok(colour), _) => {
                let contrast = Palette::new(theme, colour).contrast();
                t!("branding-contrast", ratio = format!("{:.1}", (contrast * 10.0).floor() / 10.0))
            }
            (Err(_), Ok(light)) if is_dark => t!("branding-accent-follows", colour = theme.readable(light).to_string()),
            _ => t!("branding-accent-default", colour = theme.accent().to_string()),
        }
    }
}

/// The form of what is stored.
fn filled_from(stored: &BTreeMap<String, String>) -> BTreeMap<&'static str, String> {
    let default = |name: &str| if name == names::NAME { NAME.to_owned() } else { String::new() };
    inputs().map(|(name, input)| (input, stored.get(name).cloned().unwrap_or_else(|| default(name)))).collect()
}

/// `GET /admin/settings/branding`
pub async fn show(user: Reader) -> Result<HttpResponse, PageError> {
    let catalog = user.visitor.app.store.catalog().await?;
    let layout = user.layout(BrandingPage::title(), Section::Settings);
    let page = BrandingPage::new(layout, &catalog.settings, filled_from(&catalog.settings), FormErrors::none());
    Ok(framing(StatusCode::OK, &page))
}

/// The page may show the preview in a frame.
fn framing(status: StatusCode, page: &BrandingPage) -> HttpResponse {
    let mut response = respond(status, page);
    if let Ok(policy) = headers::framing_policy(&["'self'"].into()).parse() {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// What the form asks for, and what is wrong with the picture.
fn changes(sent: &Submitted, stored: &BTreeMap<String, String>) -> (Changes, Option<Sentence>) {
    let typed = |input| sent.field(input).replace("\r\n", "\n").trim().to_owned();
    let mut changes: Changes = inputs()
        .map(|(name, input)| {
            let is_default = |value: &String| value.is_empty() || (name == names::NAME && value == NAME);
            let value = Some(typed(input)).filter(|value| !is_default(value));
            let is_colour = [names::ACCENT, names::ACCENT_DARK].contains(&name);
            let colour = value.as_deref().filter(|_| is_colour).and_then(|value| Colour::parse(value).ok());
            (name.to_owned(), colour.map(|colour| colour.to_string()).or(value))
        })
        .collect();
    let kept = || if sent.field("remove_logo") == "true" { None } else { stored.get(names::LOGO).cloned() };
    let sent_logo = sent.files.iter().find(|file| file.field == "logo").map(|file| Logo::of(&file.bytes));
    let (logo, problem) = match sent_logo {
        Some(Ok(logo)) => (Some(logo.to_text()), None),
        Some(Err(problem)) => (kept(), Some(problem)),
        None => (kept(), None),
    };
    changes.insert(names::LOGO.to_owned(), logo);
    (changes, problem)
}

/// `POST /admin/settings/branding`
pub async fn save(sent: Submitted) -> Result<HttpResponse, PageError> {
    let app = &sent.admin.visitor.app;
    let stored = app.store.catalog().await?;
    let (changes, logo_problem) = changes(&sent, &stored.settings);
    let Some(version) = sent.form.get("version").map(str::to_owned) else {
        return Err(PageError::BadRequest(t!("form-without-version")));
    };
    let seen = version.clone();
    let mut is_told = false;
    let input_of = |name: &str| inputs().find(|(each, _)| *each == name).map_or("logo", |(_, input)| input);
    let mut errors = FormErrors::none();
    for (name, value) in &changes {
        if let Some(Err(problem)) = value.as_ref().map(|value| management::check(name, value)) {
            errors.add(input_of(name), say(&problem));
        }
    }
    if let Some(problem) = logo_problem {
        errors.add("logo", say(&problem));
    }
    let status = if errors.is_empty() {
        let saved = sent.attempt(move |connection, context| {
            management::change(connection, context, "branding", Some(&version), &changes)
        });
        let saved = saved.await?;
        app.reload_settings().await?;
        match saved {
            Ok(()) => return Ok(sent.done(t!("settings-saved"), routes::ADMIN_SETTINGS_BRANDING)),
            Err(ManagementError::Outdated) => {
                let now = filled_from(&app.store.catalog().await?.settings);
                let fields = inputs().map(|(_, input)| {
                    (
                        input,
                        sent.field(input).replace("\r\n", "\n").trim().to_owned(),
                        now.get(input).cloned().unwrap_or_default(),
                    )
                });
                errors = outdated::problems(fields.collect::<Vec<_>>());
                is_told = true;
            }
            Err(refusal) => errors.add("", in_words(&refusal)),
        }
        StatusCode::CONFLICT
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let stored = app.store.catalog().await?;
    let values = inputs().map(|(_, input)| (input, sent.field(input))).collect();
    let layout = sent.admin.layout(BrandingPage::title(), Section::Settings);
    let mut page = BrandingPage::new(layout, &stored.settings, values, errors);
    if !is_told {
        // What somebody else has saved meanwhile is told when there is nothing wrong with this any more.
        page.version = seen;
    }
    Ok(framing(status, &page))
}

/// `GET /admin/settings/branding/preview`: how the pages are now.
pub async fn preview_now(user: Reader, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let query = query_of(&request)?;
    let current = user.visitor.app.settings();
    Ok(preview(
        Settings::clone(&current),
        query.get("page").unwrap_or_default(),
        query.get("preview_language").unwrap_or_default(),
    ))
}

/// `POST /admin/settings/branding/preview`: how they would be with what is filled in.
pub async fn preview_typed(sent: Submitted) -> Result<HttpResponse, PageError> {
    let app = &sent.admin.visitor.app;
    let stored = app.store.catalog().await?;
    let (changes, _) = changes(&sent, &stored.settings);
    let typed = changes.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let mut settings = Settings::new(Arc::clone(&app.settings().policies), Branding::of(&typed));
    // Nobody has saved it, so it is nowhere else.
    settings.logo = settings
        .branding
        .logo
        .as_ref()
        .map(|logo| format!("data:{};base64,{}", logo.format.media_type(), STANDARD.encode(&logo.bytes)));
    Ok(preview(settings, &sent.field("page"), &sent.field("preview_language")))
}

fn preview(settings: Settings, page: &str, tag: &str) -> HttpResponse {
    let settings = Arc::new(Settings { is_preview: true, ..settings });
    let language = choice::find(tag).unwrap_or_else(language::current);
    let mut response = language::within(language, || {
        settings::within_now(settings, || match page {
            "consent" => respond(StatusCode::OK, &ConsentPage::samples().swap_remove(0)),
            _ => respond(StatusCode::OK, &LoginPage::samples().swap_remove(0)),
        })
    });
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, headers::preview_policy());
    headers.insert(X_FRAME_OPTIONS, headers::same_origin());
    response
}
