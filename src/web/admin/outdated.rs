//! Two admins at one form: the second is told, sees what is stored now, and loses nothing that was typed.
//!
//! A form carries the version that it was filled from. When it is no longer the newest, nothing is saved; the form comes
//! back with what was typed, with the newest version, and with what is stored now beside each field that differs. Saving
//! again then replaces it knowingly.

use super::submitted::Submitted;
use crate::web::error::PageError;
use crate::web::page::FormErrors;

/// A field of the form, as it was typed, and as it is stored now.
pub type Difference = (&'static str, String, String);

/// The version that the form was filled from.
///
/// # Errors
/// When the form does not say.
pub fn version(sent: &Submitted) -> Result<i32, PageError> {
    let version = sent.form.get("version").and_then(|version| version.parse().ok());
    version.ok_or(PageError::BadRequest(t!("form-without-version")))
}

/// What to say on the form that comes back.
pub fn problems(fields: impl IntoIterator<Item = Difference>) -> FormErrors {
    let mut errors = FormErrors::none().with("", t!("outdated-lead"));
    for (field, _, stored) in fields.into_iter().filter(|(_, typed, stored)| typed != stored) {
        let now = if stored.is_empty() { t!("outdated-empty") } else { t!("outdated-now", value = stored) };
        errors.add(field, now.replace('\n', ", "));
    }
    errors
}
