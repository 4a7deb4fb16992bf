//! Table `client_reviews`: the score of each client in the security review, so that a list has the worst first.

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::store::connection::{AnyConnection, on_backend};
use crate::store::paging::{Key, Place, beyond, in_order};
use crate::store::schema::client_reviews;

/// Of a client that was not reviewed yet: after all that were.
const UNKNOWN: i64 = 101;

/// A client whose review is due, and how often it was changed until now.
pub type Due = (String, i64);

/// What a review came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reviewed {
    pub due: Due,
    pub score: i64,
    pub needs_attention: bool,
}

/// Says, in the transaction that changes it, that a client is to be reviewed.
pub fn mark(connection: &mut AnyConnection, client_id: &str) -> QueryResult<()> {
    let known = diesel::update(client_reviews::table.find(client_id))
        .set((client_reviews::changes.eq(client_reviews::changes + 1), client_reviews::reviewed_at.eq(0)))
        .execute(connection)?;
    // A program of before makes none.
    if known == 0 { insert(connection, client_id) } else { Ok(()) }
}

/// The same of a new client.
pub fn insert(connection: &mut AnyConnection, client_id: &str) -> QueryResult<()> {
    on_backend!(connection, |c| diesel::insert_into(client_reviews::table)
        .values((
            client_reviews::client_id.eq(client_id),
            client_reviews::score.eq(UNKNOWN),
            client_reviews::needs_attention.eq(false),
            client_reviews::changes.eq(1),
            client_reviews::reviewed_at.eq(0),
        ))
        .execute(c))?;
    Ok(())
}

/// Some of the clients that were last reviewed before.
pub fn due(connection: &mut AnyConnection, before: Timestamp, limit: i64) -> QueryResult<Vec<Due>> {
    client_reviews::table
        .filter(client_reviews::reviewed_at.lt(before))
        .order(client_reviews::reviewed_at)
        .limit(limit)
        .select((client_reviews::client_id, client_reviews::changes))
        .load(connection)
}

/// Notes reviews; those of clients that were changed meanwhile are due again, and stay so.
pub fn note(connection: &mut AnyConnection, reviews: &[Reviewed], now: Timestamp) -> QueryResult<()> {
    // In one order everywhere, so that who changes several clients and this do not wait for each other's rows.
    let mut reviews: Vec<&Reviewed> = reviews.iter().collect();
    reviews.sort_unstable_by(|a, b| a.due.cmp(&b.due));
    for Reviewed { due: (client_id, changes), score, needs_attention } in reviews {
        diesel::update(client_reviews::table.find(client_id).filter(client_reviews::changes.eq(changes)))
            .set((
                client_reviews::score.eq(score),
                client_reviews::needs_attention.eq(needs_attention),
                client_reviews::reviewed_at.eq(now),
            ))
            .execute(connection)?;
    }
    Ok(())
}

/// A page of clients, the worst first: their keys, which hold the score and the client's id.
pub fn worst_first(
    connection: &mut AnyConnection,
    place: &Place<Key<String>>,
    limit: i64,
) -> QueryResult<Vec<Key<String>>> {
    let (score, id) = (client_reviews::score, client_reviews::client_id);
    let query = client_reviews::table.select((score, id)).limit(limit).into_boxed();
    let query = match place {
        Place::Top => query.order((score.asc(), id.asc())),
        Place::After(key) => {
            query.filter(beyond(score, id, ">", key.at, key.id.clone())).order((score.asc(), id.asc()))
        }
        Place::Before(key) => {
            query.filter(beyond(score, id, "<", key.at, key.id.clone())).order((score.desc(), id.desc()))
        }
    };
    let rows = in_order(query.load::<(i64, String)>(connection)?, place);
    Ok(rows.into_iter().map(|(at, id)| Key { at, id }).collect())
}

/// How many clients need attention, at most so many.
pub fn count_bad(connection: &mut AnyConnection, most: i64) -> QueryResult<i64> {
    let some = client_reviews::table
        .filter(client_reviews::needs_attention)
        .select(client_reviews::client_id)
        .limit(most)
        .load::<String>(connection)?;
    Ok(i64::try_from(some.len()).unwrap_or(i64::MAX))
}
