//! The request that is being answered, wherever it is needed: in headers, pages, the log and the audit trail.
//!
//! It goes where its task goes, and the store's threads take it over for the work that they do for it.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use super::trace::Trace;
use crate::metrics::requests::NO_ROUTE;

tokio::task_local! {
    static CURRENT: Arc<Context>;
}

/// A request.
#[derive(Debug)]
pub struct Context {
    /// Names it in the log, in `X-Request-Id`, on error pages and in the audit log.
    pub id: String,
    /// The pattern of its route, never the path.
    pub route: Option<String>,
    /// When its trace is recorded.
    pub trace: Option<Trace>,
    /// The language in which it is answered, by a number that the pages give it; zero while nobody has chosen.
    pub language: AtomicUsize,
}

impl Context {
    /// The pattern, or the word for there being none.
    pub fn route_name(&self) -> &str {
        self.route.as_deref().unwrap_or(NO_ROUTE)
    }
}

/// Runs `future` as what answers this request.
pub async fn scope<F: Future>(request: Arc<Context>, future: F) -> F::Output {
    CURRENT.scope(request, future).await
}

/// Does `work` for a request on another thread.
pub fn enter<T>(request: Option<&Arc<Context>>, work: impl FnOnce() -> T) -> T {
    match request {
        Some(request) => CURRENT.sync_scope(Arc::clone(request), work),
        None => work(),
    }
}

/// The current request.
pub fn current() -> Option<Arc<Context>> {
    CURRENT.try_with(Arc::clone).ok()
}

/// What `look` sees in the current request; `None` outside one.
pub fn with<T>(look: impl FnOnce(&Context) -> T) -> Option<T> {
    CURRENT.try_with(|request| look(request)).ok()
}
