//! The authorization response as a form (OAuth 2.0 Form Post Response Mode): it sends itself, or waits for a click.
//!
//! The script is a static file, because the content security policy allows no inline one. The handler must add the
//! redirect's origin to `form-action`.

use askama::Template;

use super::page::{Layout, sample};

#[derive(Template)]
#[template(path = "form_post.html")]
pub struct FormPostPage {
    pub layout: Layout,
    /// The validated redirect URI.
    pub action: String,
    /// Its host, for people.
    pub host: String,
    /// `code`, `state`, `iss` or `error`, `error_description`, …, in order.
    pub parameters: Vec<(String, String)>,
}

impl FormPostPage {
    pub fn samples() -> Vec<Self> {
        vec![Self {
            layout: sample::door(&t!("continue")),
            action: "https://reports.acme.example/callback".into(),
            host: "reports.acme.example".into(),
            parameters: vec![
                ("code".into(), "gac_4n8qB2".into()),
                ("state".into(), "\"><script>alert(1)</script>".into()),
                ("iss".into(), "https://id.example".into()),
            ],
        }]
    }
}
