//! What admins have set, as this process knows it, and as the pages of a request go by it.

use std::sync::Arc;

use crate::domain::branding::Branding;
use crate::domain::policies::Policies;
use crate::web::branding;

/// Everything that the console's settings decide.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub policies: Arc<Policies>,
    pub branding: Arc<Branding>,
    /// Where the style sheet of the brand's colours is, if it has any.
    pub style_sheet: Option<String>,
    /// Where the logo is.
    pub logo: Option<String>,
    /// Whether the page is only looked at, so that it has no script.
    pub is_preview: bool,
}

impl Settings {
    pub fn new(policies: Arc<Policies>, branding: Branding) -> Self {
        let (style_sheet, logo) = (branding::style_sheet_of(&branding), branding::logo_of(&branding));
        Self { policies, branding: Arc::new(branding), style_sheet, logo, is_preview: false }
    }
}

tokio::task_local! {
    static CURRENT: Arc<Settings>;
}

/// Those of the request that is being answered; outside of one those that nobody has changed.
pub fn current() -> Arc<Settings> {
    CURRENT.try_with(Arc::clone).unwrap_or_default()
}

/// Does `work` by these settings.
pub fn within_now<T>(settings: Arc<Settings>, work: impl FnOnce() -> T) -> T {
    CURRENT.sync_scope(settings, work)
}

/// Answers a request by these settings.
pub async fn within<T>(settings: Arc<Settings>, work: impl Future<Output = T>) -> T {
    CURRENT.scope(settings, work).await
}
