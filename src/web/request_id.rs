//! The id of the request that is being answered, wherever it is needed: in headers, pages, the log and the audit trail.

use std::future::Future;

use crate::secret::random_id;

tokio::task_local! {
    static CURRENT: String;
}

/// Runs `future` as one request with an id of its own; gives the id beside the result.
pub async fn scope<F: Future>(future: F) -> (String, F::Output) {
    let id = random_id();
    let output = CURRENT.scope(id.clone(), future).await;
    (id, output)
}

/// The id of the current request; empty outside one.
pub fn current() -> String {
    CURRENT.try_with(Clone::clone).unwrap_or_default()
}
