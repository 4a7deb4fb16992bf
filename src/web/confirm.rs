//! The page of its own on which a dangerous action asks.
//!
//! One template for all of them; `admin::clients::delete_page` and its like fill it with what will stop working.

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
    /// One of each, from the modules that know what to ask.
    pub fn samples() -> Vec<Self> {
        let mut pages = admin::confirm_samples();
        pages.extend(account::confirm_samples());
        let long = format!("Delete {}?", sample::LONG);
        pages.push(admin::users::delete_page(
            sample::desk(&long, super::page::Section::Users),
            "1",
            sample::LONG,
            0,
            0,
        ));
        pages
    }
}
