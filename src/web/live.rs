//! What the console's pages of now are drawn from: readings of our own instruments, taken every few seconds.

use crate::metrics::Condition;
use crate::metrics::history::{Reading, Totals};
use crate::metrics::process;
use crate::store::{StoreError, condition, statistics};
use crate::web::state::App;

/// Takes a reading of the instruments. Costs no query.
pub fn read(app: &App) {
    let metrics = &app.metrics;
    let routes = metrics.requests.get();
    let refusals = metrics.refusals(&routes);
    let answers = || routes.iter().flat_map(|route| &route.answers);
    let reading = Reading {
        at: app.now(),
        requests: answers().map(|(_, _, count)| count).sum(),
        failures: answers().filter(|(_, class, _)| *class == "5xx").map(|(_, _, count)| count).sum(),
        refusals: refusals.values().sum(),
        times: None,
        store_queue: app.store.queues().iter().map(|(_, depth)| *depth as u64).sum(),
        password_queue: app.passwords.waiting() as u64,
        resident_bytes: process::resident_bytes().unwrap_or_default(),
        database_bytes: metrics.condition().size_bytes,
    };
    let totals = Totals {
        at: reading.at,
        routes,
        refusals,
        refused_hashes: app.passwords.refused.get(),
        store_failures: app.store.figures().failed(),
    };
    metrics.history.add(reading, totals);
}

/// Looks whether PostgreSQL keeps what it confirms, and says in the log that it may not, when that is new. Costs one small
/// query; its settings can be changed while it runs.
pub async fn look_at_durability(app: &App) -> Result<(), StoreError> {
    let known = app.metrics.risky_settings();
    let looked = app.store.read::<_, StoreError, _>(|connection| Ok(condition::risky_settings(connection)?)).await;
    app.metrics.set_risky_settings(looked.as_deref().unwrap_or_default().to_vec());
    let risky = looked.inspect_err(|error| {
        tracing::warn!(%error, "the database could not be asked whether it keeps what it confirms");
    })?;
    if !risky.is_empty() && risky != known {
        let risk = condition::risk_of(&risky);
        tracing::warn!("{risk}");
    }
    Ok(())
}

/// Looks how the database is, and, now and then, how many of everything there are. When that fails, how it is is unknown:
/// what was true earlier must not pass for what is true now.
pub async fn look(app: &App, counts: bool) -> Result<(), StoreError> {
    let now = app.now();
    let looked = app
        .store
        .read::<_, StoreError, _>(move |connection| {
            let positive = |number: i64| u64::try_from(number).unwrap_or_default();
            let backlog = condition::backlog(connection, now)?;
            Ok(Condition {
                size_bytes: Some(positive(condition::size(connection)?)),
                backlog: backlog.into_iter().map(|(table, count)| (table, positive(count))).collect(),
            })
        })
        .await;
    app.metrics.set_condition(looked.inspect_err(|error| {
        app.metrics.set_condition(Condition::default());
        tracing::warn!(%error, "the database could not be looked at; its size and what waits to be swept are unknown");
    })?);
    if counts {
        // By itself: where there is very much to count, what was looked at before stays known.
        let census = app.store.read::<_, StoreError, _>(move |connection| Ok(statistics::census(connection, now)?));
        app.metrics.set_census(census.await.inspect_err(|error| {
            tracing::warn!(%error, "users, clients and grants could not be counted; the overview shows earlier numbers");
        })?);
    }
    Ok(())
}
