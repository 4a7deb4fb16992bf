//! `/admin/settings`: what admins decide for everybody, a page for each topic.

pub mod branding;
pub mod configuration;
pub mod policies;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::{form, page};
use crate::web::error::PageError;
use crate::web::handler::{get, post};
use crate::web::page::{Layout, Section, respond, sample};
use crate::web::routes;
use crate::web::visitor::Reader;
use branding::BrandingPage;
use configuration::ConfigurationPage;
use policies::Topic;

/// Registers the routes of this module.
pub fn configure(config: &mut web::ServiceConfig) {
    config.service(page(routes::ADMIN_SETTINGS).route(get(index)));
    config
        .service(form(routes::ADMIN_SETTINGS_BRANDING).route(get(branding::show)).route(post(branding::save)))
        .service(
            form(routes::ADMIN_SETTINGS_BRANDING_PREVIEW)
                .route(get(branding::preview_now))
                .route(post(branding::preview_typed)),
        );
    config
        .service(
            form(routes::ADMIN_SETTINGS_CONFIGURATION)
                .route(get(configuration::show))
                .route(post(configuration::import)),
        )
        .service(page(routes::ADMIN_SETTINGS_CONFIGURATION_FILE).route(get(configuration::export)));
    for topic in Topic::ALL {
        let (show, save) =
            (move |user, request| policies::show(user, request, topic), move |sent| policies::save(sent, topic));
        config.service(form(topic.path()).route(get(show)).route(post(save)));
    }
}

/// `GET /admin/settings`
#[derive(Template)]
#[template(path = "admin/settings/index.html")]
pub struct IndexPage {
    pub layout: Layout,
    pub topics: Vec<TopicLine>,
}

/// A topic in the list, and above its page.
pub struct TopicLine {
    pub label: String,
    pub about: String,
    pub href: &'static str,
    /// How many of its settings are not as by default, in words; empty when none is.
    pub changed: String,
    pub is_current: bool,
}

impl IndexPage {
    pub fn title() -> String {
        t!("place-settings")
    }

    pub fn samples() -> Vec<Self> {
        let mut topics = topics("");
        topics[0].changed = t!("settings-changed", count = 2);
        vec![Self { layout: sample::desk(&Self::title(), Section::Settings), topics }]
    }
}

/// All topics; `current` is the path of the one that is shown.
pub fn topics(current: &str) -> Vec<TopicLine> {
    let line =
        |label, about, href| TopicLine { label, about, href, changed: String::new(), is_current: href == current };
    let branding = line(BrandingPage::title(), BrandingPage::about(), routes::ADMIN_SETTINGS_BRANDING);
    let policies = Topic::ALL.map(|topic| line(topic.label(), topic.about(), topic.path()));
    let file = line(ConfigurationPage::title(), ConfigurationPage::about(), routes::ADMIN_SETTINGS_CONFIGURATION);
    std::iter::once(branding).chain(policies).chain([file]).collect()
}

/// `GET /admin/settings`
pub async fn index(user: Reader) -> Result<HttpResponse, PageError> {
    let catalog = user.visitor.app.store.catalog().await?;
    let mut topics = topics("");
    let names = std::iter::once(branding::all_names().collect()).chain(Topic::ALL.map(|topic| topic.names().collect()));
    for (line, names) in topics.iter_mut().zip(names) {
        let names: Vec<&str> = names;
        let count = names.iter().filter(|name| catalog.settings.contains_key(**name)).count();
        if count > 0 {
            line.changed = t!("settings-changed", count = count);
        }
    }
    let page = IndexPage { layout: user.layout(IndexPage::title(), Section::Settings), topics };
    Ok(respond(StatusCode::OK, &page))
}
