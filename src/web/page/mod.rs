//! What every page shares: the [`Layout`], [`FormErrors`], and the small finished values that templates print.
//!
//! A page struct is the page's contract. It holds what is shown, already decided and already formatted: strings, booleans,
//! lists. Handlers fill it, [`respond`] sends it, templates only arrange it. Each page has `samples()`, and [`samples`]
//! renders all of them, for tests and for looking at.
//!
//! Not here: who may see a page (the handler's extractors) and headers that hold for all pages (middleware).

pub mod chart;
pub mod face;
mod form;
mod layout;
mod lines;
pub mod numbers;
pub(super) mod sample;
mod specification;
mod tone;
mod words;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE, VARY};
use askama::Template;

pub use form::{Choice, FieldError, FormErrors};
pub use layout::{Flash, Layout, Place, Section, Viewer};
pub use lines::{AuditEntry, Pager, ScopeLine, SessionLine};
pub use tone::{Status, Tone};
pub use words::{Counted, Moment, count, counted, duration, grouped, some};

use super::{account, admin, confirm, error_help, error_page, form_post, language};

/// Sends a page. Pages carry secrets of their reader, so nothing on the way may keep them.
pub fn respond(status: StatusCode, page: &impl Template) -> HttpResponse {
    match page.render() {
        Ok(html) => HttpResponse::build(status)
            .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
            .insert_header((CACHE_CONTROL, "no-store"))
            .insert_header((CONTENT_LANGUAGE, language::current().tag()))
            .insert_header((VARY, "Accept-Language, Cookie"))
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
    render_all(&mut pages, "error_help", &error_help::HelpPage::samples());
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
