//! `/admin/settings`: what admins decide for everybody, a page for each topic.

pub mod policies;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::{form, page};
use crate::web::error::PageError;
use crate::web::page::{Layout, Section, respond, sample};
use crate::web::routes;
use crate::web::visitor::Reader;
use policies::Topic;

/// Registers the routes of this module.
pub fn configure(config: &mut web::ServiceConfig) {
    config.service(page(routes::ADMIN_SETTINGS).route(web::get().to(index)));
    for topic in Topic::ALL {
        let (show, save) =
            (move |user, request| policies::show(user, request, topic), move |sent| policies::save(sent, topic));
        config.service(form(topic.path()).route(web::get().to(show)).route(web::post().to(save)));
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
    Topic::ALL.map(|topic| line(topic.label(), topic.about(), topic.path())).into_iter().collect()
}

/// `GET /admin/settings`
pub async fn index(user: Reader) -> Result<HttpResponse, PageError> {
    let catalog = user.visitor.app.store.catalog().await?;
    let mut topics = topics("");
    for (line, topic) in topics.iter_mut().zip(Topic::ALL) {
        let count = topic.names().filter(|name| catalog.settings.contains_key(*name)).count();
        if count > 0 {
            line.changed = t!("settings-changed", count = count);
        }
    }
    let page = IndexPage { layout: user.layout(IndexPage::title(), Section::Settings), topics };
    Ok(respond(StatusCode::OK, &page))
}
