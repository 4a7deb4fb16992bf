//! Tables `audit_links` and `audit_marks`: the chain beside the audit log, and where it begins and ends.
//!
//! What the hashes are of, and what they prove, is said in [`management::audit_chain`](crate::management::audit_chain).

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::store::audit_log::Entry;
use crate::store::connection::{AnyConnection, lock_rows, on_backend};
use crate::store::schema::{audit_links, audit_log, audit_marks};

/// A link of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Link {
    pub position: i64,
    pub entry_id: i64,
    pub hash: Vec<u8>,
}

/// An end of the chain, or up to where it is settled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Queryable)]
pub struct Mark {
    pub name: String,
    pub position: i64,
    pub entry_id: i64,
    pub hash: Vec<u8>,
    pub at: Timestamp,
    pub seal: Vec<u8>,
}

/// All three marks.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    pub first: Mark,
    pub last: Mark,
    pub settled: Mark,
}

fn by_name(marks: Vec<Mark>) -> Marks {
    let mut found = Marks::default();
    for mark in marks {
        match mark.name.as_str() {
            "first" => found.first = mark,
            "last" => found.last = mark,
            "settled" => found.settled = mark,
            _ => {}
        }
    }
    found
}

pub fn marks(connection: &mut AnyConnection) -> QueryResult<Marks> {
    Ok(by_name(audit_marks::table.load(connection)?))
}

/// The marks, which stay what they are until this transaction ends: one process at a time makes or deletes links.
pub fn lock_marks(connection: &mut AnyConnection) -> QueryResult<Marks> {
    let all = audit_marks::table.order(audit_marks::name);
    Ok(by_name(lock_rows!(connection, all)?))
}

pub fn set_mark(connection: &mut AnyConnection, mark: &Mark) -> QueryResult<()> {
    diesel::update(audit_marks::table.find(&mark.name))
        .set((
            audit_marks::position.eq(mark.position),
            audit_marks::entry_id.eq(mark.entry_id),
            audit_marks::hash.eq(&mark.hash),
            audit_marks::at.eq(mark.at),
            audit_marks::seal.eq(&mark.seal),
        ))
        .execute(connection)?;
    Ok(())
}

/// The oldest entries after `entry_id` that have no link.
pub fn unlinked(connection: &mut AnyConnection, entry_id: i64, limit: i64) -> QueryResult<Vec<Entry>> {
    audit_log::table
        .left_join(audit_links::table)
        .filter(audit_log::id.gt(entry_id))
        .filter(audit_links::position.nullable().is_null())
        .order(audit_log::id)
        .limit(limit)
        .select(audit_log::all_columns)
        .load(connection)
}

/// The first entry in this range that has no link.
pub fn first_unlinked(connection: &mut AnyConnection, after: i64, until: i64) -> QueryResult<Option<i64>> {
    audit_log::table
        .left_join(audit_links::table)
        .filter(audit_log::id.gt(after))
        .filter(audit_log::id.le(until))
        .filter(audit_links::position.nullable().is_null())
        .order(audit_log::id)
        .select(audit_log::id)
        .first(connection)
        .optional()
}

pub fn insert(connection: &mut AnyConnection, links: &[Link]) -> QueryResult<()> {
    let rows: Vec<_> = links
        .iter()
        .map(|link| {
            (
                audit_links::position.eq(link.position),
                audit_links::entry_id.eq(link.entry_id),
                audit_links::hash.eq(&link.hash),
            )
        })
        .collect();
    on_backend!(connection, |c| diesel::insert_into(audit_links::table).values(&rows).execute(c))?;
    Ok(())
}

/// The links after `position`, each with its entry while that is there.
pub fn list(connection: &mut AnyConnection, position: i64, limit: i64) -> QueryResult<Vec<(Link, Option<Entry>)>> {
    audit_links::table
        .left_join(audit_log::table)
        .filter(audit_links::position.gt(position))
        .order(audit_links::position)
        .limit(limit)
        .select((audit_links::all_columns, audit_log::all_columns.nullable()))
        .load(connection)
}

/// Deletes these links with their entries.
pub fn delete(connection: &mut AnyConnection, links: &[Link]) -> QueryResult<()> {
    let entries: Vec<i64> = links.iter().map(|link| link.entry_id).collect();
    let positions: Vec<i64> = links.iter().map(|link| link.position).collect();
    diesel::delete(audit_log::table.filter(audit_log::id.eq_any(entries))).execute(connection)?;
    diesel::delete(audit_links::table.filter(audit_links::position.eq_any(positions))).execute(connection)?;
    Ok(())
}
