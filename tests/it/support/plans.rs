//! What SQLite does for a statement: the statements of a piece of work, and the plan of each.

use std::sync::{Arc, Mutex};

use diesel::connection::{Connection, InstrumentationEvent};
use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl};
use grantor::store::connection::{AnyConnection, Manager};

use super::app::TestApp;

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// The statements of `work` on this server's database, and the steps of each.
pub fn plans_of(app: &TestApp, work: impl FnOnce(&mut AnyConnection)) -> Vec<(String, Vec<String>)> {
    let mut connection = Manager::new(app.config.database.clone()).open().expect("a connection");
    let asked = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&asked);
    connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let text = query.to_string();
            heard.lock().unwrap().push(text.split(" -- binds").next().unwrap_or_default().to_owned());
        }
    });
    work(&mut connection);
    let asked = std::mem::take(&mut *asked.lock().unwrap());
    let mut plan = |query: String| {
        let steps = diesel::sql_query(format!("EXPLAIN QUERY PLAN {query}")).load::<Step>(&mut connection);
        (query, steps.expect("a plan").into_iter().map(|step| step.detail).collect())
    };
    asked.into_iter().map(&mut plan).collect()
}
