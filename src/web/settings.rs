//! What admins have set, as this process knows it, and as the pages of a request go by it.

use std::sync::Arc;

use crate::domain::policies::Policies;

/// Everything that the console's settings decide.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub policies: Arc<Policies>,
}

tokio::task_local! {
    static CURRENT: Arc<Settings>;
}

/// Those of the request that is being answered; outside of one those that nobody has changed.
pub fn current() -> Arc<Settings> {
    CURRENT.try_with(Arc::clone).unwrap_or_default()
}

/// Answers a request by these settings.
pub async fn within<T>(settings: Arc<Settings>, work: impl Future<Output = T>) -> T {
    CURRENT.scope(settings, work).await
}
