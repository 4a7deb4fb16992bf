//! How many there are, for the console's first page, without making it wait.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::clock::Timestamp;
use crate::metrics::Census;
use crate::store::connection::{AnyConnection, on_backend, scan};
use crate::store::counts;

/// So many are counted on the spot. Where there are more, what was counted in the background is near enough.
const FEW: i64 = 1_000;

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// Rows of a table that match, at most so many.
fn count(connection: &mut AnyConnection, from: &str, most: Option<i64>) -> QueryResult<i64> {
    let limit = most.map(|most| format!(" LIMIT {most}")).unwrap_or_default();
    let query = format!("SELECT count(*) AS number FROM (SELECT 1 FROM {from}{limit}) AS counted");
    on_backend!(connection, |c| diesel::sql_query(query).get_result::<Number>(c)).map(|counted| counted.number)
}

const CLIENTS: &str = "clients";
const OWNERS: &str = "resource_owners";
const GRANTS: &str = "grants WHERE revoked_at IS NULL";

fn active(days: i64, now: Timestamp) -> String {
    let first = now - now.rem_euclid(counts::DAY) - (days - 1) * counts::DAY;
    format!("active_users WHERE last_day >= {first}")
}

/// Everything, to its end. For the background: with a million grants it takes a while.
pub fn census(connection: &mut AnyConnection, now: Timestamp) -> QueryResult<Census> {
    scan(connection, |connection| {
        let mut all = |from: &str| count(&mut *connection, from, None);
        Ok(Census {
            clients: all(CLIENTS)?,
            resource_owners: all(OWNERS)?,
            live_grants: all(GRANTS)?,
            active: [all(&active(1, now))?, all(&active(7, now))?, all(&active(30, now))?],
        })
    })
}

/// What there is now where it is few, and `counted` where it is many.
pub fn at_least(connection: &mut AnyConnection, counted: Census, now: Timestamp) -> QueryResult<Census> {
    let mut now_or = |from: &str, counted: i64| {
        let few = count(&mut *connection, from, Some(FEW + 1))?;
        QueryResult::Ok(if few <= FEW { few } else { few.max(counted) })
    };
    Ok(Census {
        clients: now_or(CLIENTS, counted.clients)?,
        resource_owners: now_or(OWNERS, counted.resource_owners)?,
        live_grants: now_or(GRANTS, counted.live_grants)?,
        active: [
            now_or(&active(1, now), counted.active[0])?,
            now_or(&active(7, now), counted.active[1])?,
            now_or(&active(30, now), counted.active[2])?,
        ],
    })
}
