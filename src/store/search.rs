//! Searching lists by text in a time that does not grow with them.
//!
//! 1. What begins with the text is found by an index. When that is not very much ([`FEW`]), it is the result, and is paged in
//!    memory.
//! 2. Otherwise the list is walked in its order, over an index that holds the texts, for what holds the text anywhere, until
//!    the page is full or the time is up ([`PATIENCE`]); then the search says where it stopped, and can go on from there.

use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::store::connection::AnyConnection;
use crate::store::paging::Place;

/// How long one search walks.
const PATIENCE: Duration = Duration::from_millis(8);
/// Most rows that are the result because they begin with the text.
const FEW: usize = 1000;
/// Rows that a step of a walk reads.
pub(super) const STEP: i64 = 2000;

/// A page of a search, in the order of its list.
#[derive(Clone, Debug)]
pub struct Found<T, K> {
    pub items: Vec<T>,
    /// Where the search stopped because its time was up.
    pub stopped_at: Option<K>,
}

impl<T, K> Found<T, K> {
    /// All that there is.
    pub fn all(items: Vec<T>) -> Self {
        Self { items, stopped_at: None }
    }
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    at: i64,
    #[diesel(sql_type = Text)]
    id: String,
}

/// The rows whose `column` begins with `text`: a number and a text of each, which are expressions; `None` when they are many.
pub(super) fn beginning_with(
    connection: &mut AnyConnection,
    (table, column): (&str, &str),
    (at, id): (&str, &str),
    text: &str,
) -> QueryResult<Option<Vec<(i64, String)>>> {
    // Byte by byte, as the index is: what begins with a text lies between it and it with the last character there is.
    let collation = match connection {
        #[cfg(feature = "sqlite")]
        AnyConnection::Sqlite(_) => "BINARY",
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(_) => "\"C\"",
    };
    let rows: Vec<Row> = diesel::sql_query(format!(
        "SELECT {at} AS at, {id} AS id FROM {table}
         WHERE {column} COLLATE {collation} >= $1 AND {column} COLLATE {collation} < $2 LIMIT {}",
        FEW + 1
    ))
    .bind::<Text, _>(text)
    .bind::<Text, _>(format!("{text}\u{10ffff}"))
    .load(connection)?;
    Ok((rows.len() <= FEW).then(|| rows.into_iter().map(|row| (row.at, row.id)).collect()))
}

/// The part of sorted `keys` that a place asks for, from the side it is asked from: at most `limit`, in their order.
pub(super) fn page<K: Ord + Clone>(keys: &[K], place: &Place<K>, limit: usize) -> Vec<K> {
    let part = match place {
        Place::Top => &keys[..limit.min(keys.len())],
        Place::After(key) => {
            let from = keys.partition_point(|each| each <= key);
            &keys[from..(from + limit).min(keys.len())]
        }
        Place::Before(key) => {
            let until = keys.partition_point(|each| each < key);
            &keys[until.saturating_sub(limit)..until]
        }
    };
    part.to_vec()
}

/// Walks a list from a place on with `step`, which reads the rows after a place in the direction of that place, and picks
/// those keys whose texts hold what is looked for. In the order of the walk.
pub(super) fn walk<K: Clone, R>(
    place: &Place<K>,
    limit: usize,
    mut step: impl FnMut(&Place<K>) -> QueryResult<Vec<R>>,
    key: impl Fn(&R) -> K,
    holds: impl Fn(&R) -> bool,
) -> QueryResult<Found<K, K>> {
    let begun = Instant::now();
    let mut at = place.clone();
    let mut items = Vec::new();
    loop {
        let rows = step(&at)?;
        let is_end = i64::try_from(rows.len()).unwrap_or(i64::MAX) < STEP;
        let Some(last) = rows.last().map(&key) else { return Ok(Found { items, stopped_at: None }) };
        items.extend(rows.iter().filter(|row| holds(row)).map(&key).take(limit - items.len()));
        if items.len() == limit || is_end {
            return Ok(Found { items, stopped_at: None });
        }
        if begun.elapsed() > PATIENCE {
            return Ok(Found { items, stopped_at: Some(last) });
        }
        at = if matches!(place, Place::Before(_)) { Place::Before(last) } else { Place::After(last) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_keys_are_those_of_a_list() {
        let keys = [1, 2, 3, 4, 5];
        assert_eq!(page(&keys, &Place::Top, 2), [1, 2]);
        assert_eq!(page(&keys, &Place::After(2), 2), [3, 4]);
        assert_eq!(page(&keys, &Place::After(4), 2), [5]);
        assert_eq!(page(&keys, &Place::Before(4), 2), [2, 3]);
        assert_eq!(page(&keys, &Place::Before(1), 2), [] as [i32; 0]);
    }

    #[test]
    fn a_walk_ends_when_its_page_is_full() {
        let step = |place: &Place<i64>| {
            let from = if let Place::After(key) = place { *key } else { 0 };
            Ok((from + 1..=from + STEP).collect::<Vec<i64>>())
        };
        let found = walk(&Place::Top, 3, step, |row| *row, |row| row % 1000 == 0).expect("no database fails");
        assert_eq!((found.items, found.stopped_at), (vec![1000, 2000, 3000], None));
        let endless = walk(&Place::Top, 3, step, |row| *row, |_| false).expect("no database fails");
        assert!(endless.items.is_empty() && endless.stopped_at.is_some(), "it does not go on for ever");
    }
}
