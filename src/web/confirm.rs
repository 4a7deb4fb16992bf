//! The page of its own on which a dangerous action asks.
//!
//! One template for all of them; `admin::clients::actions::delete_page` and its like fill it with what will stop working.

use askama::Template;

use super::page::{Layout, sample};
use super::{account, admin};

#[derive(Template)]
#[template(path = "confirm.html")]
pub struct ConfirmPage {
    /// Its title is the question: `Delete Acme Reports?`
    pub layout: Layout,
    /// What the action means, in one or two sentences.
    pub lead: String,
    /// What ends or changes, one line each: `3 live grants end`. May be empty.
    pub consequences: Vec<String>,
    /// Where the form is sent.
    pub action: String,
    /// Further hidden inputs: name and value.
    pub hidden: Vec<(String, String)>,
    /// The button, a verb and its object: `Delete client`.
    pub button: String,
    /// Whether the button is red: something is lost.
    pub is_dangerous: bool,
    /// Where the way back leads, and what is there: `Acme Reports`.
    pub back: (String, String),
}

impl ConfirmPage {
    /// A question, what it means, the button with its target, and the way back: a name and a place. Nothing ends by it.
    pub fn ask(
        mut layout: Layout,
        question: impl Into<String>,
        lead: impl Into<String>,
        button: (impl Into<String>, String),
        back: (impl Into<String>, String),
    ) -> Self {
        layout.title = question.into();
        Self {
            layout,
            lead: lead.into(),
            consequences: Vec::new(),
            action: button.1,
            hidden: Vec::new(),
            button: button.0.into(),
            is_dangerous: false,
            back: (back.0.into(), back.1),
        }
    }

    /// What else changes, one line each.
    pub fn with(mut self, consequences: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.consequences.extend(consequences.into_iter().map(Into::into));
        self
    }

    /// Something is lost by it.
    pub fn dangerous(mut self) -> Self {
        self.is_dangerous = true;
        self
    }

    /// The form sends this too.
    pub fn sending(mut self, name: &str, value: impl Into<String>) -> Self {
        self.hidden.push((name.to_owned(), value.into()));
        self
    }

    /// One of each, from the modules that know what to ask.
    pub fn samples() -> Vec<Self> {
        let mut pages = admin::confirm_samples();
        pages.extend(account::confirm_samples());
        pages.push(admin::users::actions::delete_page(
            sample::desk(sample::LONG, super::page::Section::Users),
            "1",
            sample::LONG,
            0,
            0,
        ));
        pages
    }
}
