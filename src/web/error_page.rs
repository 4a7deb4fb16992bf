//! The page for everything that went wrong: what happened, what you can do, and the request id to hand on.
//!
//! One template, one constructor per cause, so that each cause has its words in one place. It never blames, and shows an
//! OAuth error code only as a line for the developer.

use askama::Template;

use super::page::{Layout, sample};

/// An error, in words. Built with a constructor such as [`ErrorPage::not_found`].
#[derive(Template)]
#[template(path = "error_page.html")]
pub struct ErrorPage {
    pub layout: Layout,
    /// The heading.
    pub heading: String,
    /// What happened, in a sentence.
    pub what: String,
    /// What you can do about it, in a sentence.
    pub remedy: String,
    /// For the developer: an OAuth error code with its description. Nothing that came unchecked from the request.
    pub developer: Option<String>,
    /// Where to go on: the words of the link or the button, and where it leads.
    pub way_out: Option<(String, String)>,
    /// What is posted there, by a click and not by itself; where it is nothing, the way out is a link.
    pub sent: Vec<(String, String)>,
    /// Where to read about the error, with the request's id to hand on.
    pub about: Option<String>,
}

impl ErrorPage {
    /// 400 at the authorization endpoint: nothing that we may redirect to. The heading is part of the contract.
    pub fn authorization(layout: Layout, what: impl Into<String>, code: &str, description: &str) -> Self {
        Self {
            developer: Some(format!("{code}: {description}")),
            ..Self::plain(layout, t!("error-authorization"), what, t!("error-authorization-remedy"))
        }
    }

    /// 400: an interaction (login, consent) whose stored request is gone or belongs to another browser.
    pub fn expired(layout: Layout) -> Self {
        Self::plain(layout, t!("error-authorization"), t!("error-expired-what"), t!("error-expired-remedy"))
    }

    /// 403 or 400: the form's CSRF token is missing or stale.
    pub fn stale_form(layout: Layout) -> Self {
        Self::plain(layout, t!("error-stale-form"), t!("error-stale-form-what"), t!("error-stale-form-remedy"))
    }

    /// 400: a form or a link that cannot be read.
    pub fn bad_request(layout: Layout, what: impl Into<String>) -> Self {
        Self::plain(layout, t!("error-bad-request"), what, t!("error-bad-request-remedy"))
    }

    /// 403
    pub fn forbidden(layout: Layout) -> Self {
        Self::plain(layout, t!("error-forbidden"), t!("error-forbidden-what"), t!("error-forbidden-remedy"))
            .leading_to(t!("error-forbidden-go"), super::routes::ACCOUNT)
    }

    /// 404
    pub fn not_found(layout: Layout) -> Self {
        let home = layout.home();
        Self::plain(layout, t!("error-not-found"), t!("error-not-found-what"), t!("error-not-found-remedy"))
            .leading_to(t!("error-not-found-go"), home)
    }

    /// 405
    pub fn method_not_allowed(layout: Layout) -> Self {
        Self::plain(layout, t!("error-method"), t!("error-method-what"), t!("error-method-remedy"))
    }

    /// 409
    pub fn conflict(layout: Layout, what: impl Into<String>) -> Self {
        Self::plain(layout, t!("error-conflict"), what, t!("error-conflict-remedy"))
    }

    /// 429
    pub fn too_many(layout: Layout, wait: &str) -> Self {
        Self::plain(layout, t!("error-too-many"), t!("error-too-many-what"), t!("error-too-many-remedy", wait = wait))
    }

    /// 500
    pub fn internal(layout: Layout) -> Self {
        Self::plain(layout, t!("error-internal"), t!("error-internal-what"), t!("error-internal-remedy"))
    }

    /// 503
    pub fn unavailable(layout: Layout) -> Self {
        Self::plain(layout, t!("error-unavailable"), t!("error-unavailable-what"), t!("error-unavailable-remedy"))
    }

    pub fn leading_to(mut self, words: impl Into<String>, href: impl Into<String>) -> Self {
        self.way_out = Some((words.into(), href.into()));
        self
    }

    /// The way out takes these parameters along in a form. The handler must add its origin to `form-action`.
    pub fn posting(mut self, parameters: Vec<(String, String)>) -> Self {
        self.sent = parameters;
        self
    }

    /// There is a page about this error.
    pub fn about(mut self, href: Option<String>) -> Self {
        self.about = href;
        self
    }

    fn plain(mut layout: Layout, heading: String, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        layout.title.clone_from(&heading);
        let (what, remedy) = (what.into(), remedy.into());
        Self { layout, heading, what, remedy, developer: None, way_out: None, sent: Vec::new(), about: None }
    }

    pub fn samples() -> Vec<Self> {
        let layout = || sample::door("");
        vec![
            Self::authorization(
                layout(),
                t!("error-request-refused"),
                "invalid_request",
                "redirect_uri https://reports.acme.example/callback?from=a-very-long-and-unbreakable-address-0123456789 \
                 is not registered for this client",
            )
            .about(Some(super::routes::error("invalid_request", "9aVqk2Lw0TzYx4RbN1mEuP"))),
            Self::expired(layout()),
            Self::stale_form(layout()),
            Self::bad_request(layout(), t!("body-malformed")),
            Self::forbidden(layout()),
            Self::not_found(layout()),
            Self::method_not_allowed(layout()),
            Self::conflict(layout(), t!("error-outdated")),
            Self::too_many(layout(), &super::page::duration(120)),
            Self::internal(layout()),
            Self::unavailable(layout()),
            Self::authorization(
                layout(),
                t!("error-request-refused-of", host = "reports.acme.example"),
                "invalid_scope",
                "The client may not have one of the requested scopes.",
            )
            .leading_to(t!("error-go-back", host = "reports.acme.example"), "https://reports.acme.example/callback")
            .posting(vec![("error".into(), "invalid_scope".into()), ("state".into(), "\"><b>".into())]),
        ]
    }
}
