//! Tables `counts` and `active_users`: what happened, by hour and by day, of all processes together.
//!
//! Written in batches from what each process has counted in memory; a sum for each hour and one for each day, so that a month
//! is as quick to read as a day.

use diesel::prelude::*;

use crate::clock::{Seconds, Timestamp};
use crate::store::connection::{AnyConnection, on_backend};
use crate::store::schema::{active_users, counts, resource_owners};

pub const HOUR: Seconds = 60 * 60;
pub const DAY: Seconds = 24 * HOUR;

/// How much more of something was counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Increase {
    pub name: &'static str,
    pub label: String,
    pub by: i64,
}

/// A sum over an hour or a day.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Sum {
    /// When the hour or day begins.
    pub since: Timestamp,
    pub name: String,
    pub label: String,
    pub count: i64,
}

/// Adds to the sums of the hour and of the day that `now` is in.
pub fn add(connection: &mut AnyConnection, increases: &[Increase], now: Timestamp) -> QueryResult<()> {
    for increase in increases {
        for span in [HOUR, DAY] {
            on_backend!(&mut *connection, |c| diesel::insert_into(counts::table)
                .values((
                    counts::span.eq(span),
                    counts::since.eq(now - now.rem_euclid(span)),
                    counts::name.eq(increase.name),
                    counts::label.eq(&increase.label),
                    counts::count.eq(increase.by),
                ))
                .on_conflict((counts::span, counts::since, counts::name, counts::label))
                .do_update()
                .set(counts::count.eq(counts::count + increase.by))
                .execute(c))?;
        }
    }
    Ok(())
}

/// The sums of each `span` ([`HOUR`] or [`DAY`]) from `since` on, in the order of time.
pub fn list(connection: &mut AnyConnection, span: Seconds, since: Timestamp) -> QueryResult<Vec<Sum>> {
    counts::table
        .filter(counts::span.eq(span).and(counts::since.ge(since)))
        .order((counts::since, counts::name, counts::label))
        .select((counts::since, counts::name, counts::label, counts::count))
        .load(connection)
}

/// The same of one name only.
pub fn list_named(
    connection: &mut AnyConnection,
    span: Seconds,
    since: Timestamp,
    name: &str,
) -> QueryResult<Vec<Sum>> {
    counts::table
        .filter(counts::span.eq(span).and(counts::since.ge(since)).and(counts::name.eq(name)))
        .order(counts::since)
        .select((counts::since, counts::name, counts::label, counts::count))
        .load(connection)
}

/// Deletes the sums of hours or days that began before.
pub fn forget(connection: &mut AnyConnection, span: Seconds, before: Timestamp) -> QueryResult<usize> {
    diesel::delete(counts::table.filter(counts::span.eq(span).and(counts::since.lt(before)))).execute(connection)
}

/// Notes that somebody was active today; true for the first time today, of all processes.
pub fn note_activity(connection: &mut AnyConnection, owner_id: &str, now: Timestamp) -> QueryResult<bool> {
    let today = now - now.rem_euclid(DAY);
    let known = diesel::update(active_users::table.find(owner_id).filter(active_users::last_day.lt(today)))
        .set(active_users::last_day.eq(today))
        .execute(&mut *connection)?;
    if known > 0 {
        return Ok(true);
    }
    // Who was deleted meanwhile is nobody to note.
    let owner = resource_owners::table.find(owner_id).select(resource_owners::id);
    if owner.first::<String>(&mut *connection).optional()?.is_none() {
        return Ok(false);
    }
    let added = on_backend!(&mut *connection, |c| diesel::insert_into(active_users::table)
        .values((active_users::resource_owner_id.eq(owner_id), active_users::last_day.eq(today)))
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(added > 0)
}
