//! The security review of all clients, a few at a time: what a list of very many is ordered by.
//!
//! A client is reviewed soon after it was changed, and once a day, because time and traffic change verdicts too. Pages that
//! show a client review it anew; here only its place in the list is kept.

use std::collections::HashMap;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::domain::client::Client;
use crate::domain::client_traffic::Usage;
use crate::domain::scope::ScopeCatalog;
use crate::protocol::review::{self, Observed, Review, Severity};
use crate::store::client_reviews::{self, Reviewed};
use crate::store::connection::AnyConnection;
use crate::store::{Store, StoreError, client_traffic, clients, grants};

/// A review is done anew after so many seconds.
const AGE: i64 = 24 * 60 * 60;
/// Clients that one read brings, and reads of one run: with the pauses between them about one in a hundred of the time, and
/// a hundred thousand clients in two hours.
const BATCH: i64 = 20;
const BATCHES: usize = 20;
/// Between two of them.
const PAUSE: Duration = Duration::from_millis(250);

/// Reviews those that are due; gives their number.
pub async fn run(store: &Store, now: Timestamp) -> Result<usize, StoreError> {
    let mut reviewed = 0;
    for _ in 0..BATCHES {
        let catalog = store.catalog().await?;
        let done = store.read::<_, StoreError, _>(move |connection| some(connection, &catalog.scopes, now)).await?;
        if done.is_empty() {
            break;
        }
        reviewed += done.len();
        store.write::<_, StoreError, _>(move |connection| Ok(client_reviews::note(connection, &done, now)?)).await?;
        tokio::time::sleep(PAUSE).await;
    }
    Ok(reviewed)
}

fn some(connection: &mut AnyConnection, scopes: &ScopeCatalog, now: Timestamp) -> Result<Vec<Reviewed>, StoreError> {
    let due = client_reviews::due(connection, now - AGE, BATCH)?;
    let ids: Vec<String> = due.iter().map(|(id, _)| id.clone()).collect();
    let clients = clients::find_all(connection, &ids)?;
    let last_used = last_used(connection, &clients)?;
    let reviews = reviews(connection, &clients, &last_used, scopes, now)?;
    let reviewed = |due: (String, i64)| {
        let review = reviews.get(&due.0)?;
        Some(Reviewed { due, score: review.score.into(), needs_attention: needs_attention(review) })
    };
    Ok(due.into_iter().filter_map(reviewed).collect())
}

/// Whether a finding must not wait.
pub fn needs_attention(review: &Review) -> bool {
    review.findings.iter().any(|finding| finding.severity == Severity::High)
}

/// When each client last proved itself or used a grant.
pub fn last_used(connection: &mut AnyConnection, clients: &[Client]) -> Result<Vec<Option<Timestamp>>, StoreError> {
    let ids: Vec<String> = clients.iter().map(|client| client.id.clone()).collect();
    let by_grant = grants::last_used_by(connection, &ids)?;
    let by_secret = |client: &Client| client.secrets.iter().filter_map(|secret| secret.last_used_at).max();
    Ok(clients.iter().map(|client| by_secret(client).max(by_grant.get(&client.id).copied())).collect())
}

/// The reviews of clients, by id.
pub fn reviews(
    connection: &mut AnyConnection,
    clients: &[Client],
    last_used: &[Option<Timestamp>],
    scopes: &ScopeCatalog,
    now: Timestamp,
) -> Result<HashMap<String, Review>, StoreError> {
    let ids: Vec<String> = clients.iter().map(|client| client.id.clone()).collect();
    let mut usage: HashMap<String, Vec<Usage>> = HashMap::new();
    for (id, each) in client_traffic::of_clients(connection, &ids)? {
        usage.entry(id).or_default().push(each);
    }
    let review = |(client, last_used): (&Client, &Option<Timestamp>)| {
        let usage = usage.get(&client.id).map_or(&[][..], Vec::as_slice);
        // Whoever registered itself or asked for codes only has neither a secret nor a grant that tells.
        let seen = usage.iter().map(|each| each.last_at).max();
        let observed = Observed { client, scopes, usage, last_used: (*last_used).max(seen), now };
        (client.id.clone(), review::review(&observed))
    };
    Ok(clients.iter().zip(last_used).map(review).collect())
}
