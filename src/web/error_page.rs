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
    /// Where to go on: the words of the link and where it leads.
    pub way_out: Option<(String, String)>,
}

impl ErrorPage {
    /// 400 at the authorization endpoint: nothing that we may redirect to. The heading is part of the contract.
    pub fn authorization(layout: Layout, what: impl Into<String>, code: &str, description: &str) -> Self {
        Self {
            developer: Some(format!("{code}: {description}")),
            ..Self::plain(
                layout,
                "This request cannot be completed",
                what,
                "Go back to the application and try again. If it happens again, tell the people who run it.",
            )
        }
    }

    /// 400: an interaction (login, consent) whose stored request is gone or belongs to another browser.
    pub fn expired(layout: Layout) -> Self {
        Self::plain(
            layout,
            "This request cannot be completed",
            "The request has expired or was already answered.",
            "Go back to the application and start again.",
        )
    }

    /// 403 or 400: the form's CSRF token is missing or stale.
    pub fn stale_form(layout: Layout) -> Self {
        Self::plain(
            layout,
            "This form is out of date",
            "It was opened before you signed in or out, or cookies are blocked.",
            "Go back, reload the page and send it again. Nothing was changed.",
        )
    }

    /// 400: a form or a link that cannot be read.
    pub fn bad_request(layout: Layout, what: impl Into<String>) -> Self {
        Self::plain(layout, "That did not work", what, "Go back, check what you sent and try again.")
    }

    /// 403
    pub fn forbidden(layout: Layout) -> Self {
        Self::plain(
            layout,
            "You cannot open this page",
            "It is for administrators.",
            "Sign in with an administrator's account, or ask one to help.",
        )
        .leading_to("Go to your account", super::routes::ACCOUNT)
    }

    /// 404
    pub fn not_found(layout: Layout) -> Self {
        let home = layout.home();
        Self::plain(
            layout,
            "There is nothing here",
            "The page was moved or deleted, or the address has a typing error.",
            "Check the address, or start from the first page.",
        )
        .leading_to("Go to the first page", home)
    }

    /// 405
    pub fn method_not_allowed(layout: Layout) -> Self {
        Self::plain(
            layout,
            "This address does not work that way",
            "A form or a program used a method that this address does not know.",
            "Go back and use the buttons on the page.",
        )
    }

    /// 409
    pub fn conflict(layout: Layout, what: impl Into<String>) -> Self {
        Self::plain(layout, "Someone else was faster", what, "Go back, reload the page and look at what is there now.")
    }

    /// 429
    pub fn too_many(layout: Layout, wait: &str) -> Self {
        Self::plain(layout, "Please wait a moment", "There were too many attempts.", format!("Try again in {wait}."))
    }

    /// 500
    pub fn internal(layout: Layout) -> Self {
        Self::plain(
            layout,
            "Something went wrong on our side",
            "The server could not finish this. Nothing was changed.",
            "Try again. If it happens again, give the request id below to your administrator.",
        )
    }

    /// 503
    pub fn unavailable(layout: Layout) -> Self {
        Self::plain(
            layout,
            "We are not quite ready",
            "The server is busy or restarting. Nothing was changed.",
            "Try again shortly: wait a few seconds, then reload this page.",
        )
    }

    pub fn leading_to(mut self, words: impl Into<String>, href: impl Into<String>) -> Self {
        self.way_out = Some((words.into(), href.into()));
        self
    }

    fn plain(mut layout: Layout, heading: &str, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        heading.clone_into(&mut layout.title);
        Self {
            layout,
            heading: heading.to_owned(),
            what: what.into(),
            remedy: remedy.into(),
            developer: None,
            way_out: None,
        }
    }

    pub fn samples() -> Vec<Self> {
        let layout = || sample::door("");
        vec![
            Self::authorization(
                layout(),
                "The application sent you to an address that is not registered for it.",
                "invalid_request",
                "redirect_uri https://reports.acme.example/callback?from=a-very-long-and-unbreakable-address-0123456789 \
                 is not registered for this client",
            ),
            Self::expired(layout()),
            Self::stale_form(layout()),
            Self::bad_request(layout(), "A field was sent twice."),
            Self::forbidden(layout()),
            Self::not_found(layout()),
            Self::method_not_allowed(layout()),
            Self::conflict(layout(), "The client was changed while you were editing it."),
            Self::too_many(layout(), "2 minutes"),
            Self::internal(layout()),
            Self::unavailable(layout()),
        ]
    }
}
