//! Keyset paging: where in an ordered list a page begins, by the key of the entry beside it and never by a number, so that
//! a page far down costs what the first one does and nothing is shown twice when entries come or go.

use std::fmt;
use std::str::FromStr;

use diesel::backend::Backend;
use diesel::dsl::{AsExprOf, SqlTypeOf};
use diesel::expression::{AsExpression, ValidGrouping, is_aggregate};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool, SqlType};

use crate::clock::Timestamp;

/// Which page of a list. Pages are given in the order of the list, whichever side they are asked from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Place<K> {
    /// The first one.
    #[default]
    Top,
    /// The entries that follow this key.
    After(K),
    /// The entries that end before this key.
    Before(K),
}

impl<K> Place<K> {
    /// After this key, or at the top.
    pub fn after(key: Option<K>) -> Self {
        key.map_or(Self::Top, Self::After)
    }
}

/// The key of a list that has the newest first. Entries of one second are ordered by their ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key<I> {
    pub at: Timestamp,
    pub id: I,
}

impl<I: fmt::Display> fmt::Display for Key<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.at, self.id)
    }
}

impl<I> Place<Key<I>> {
    /// Whether all of the page is later than `at`, so that it need not be asked for: of two lower bounds SQLite enters an index
    /// at the first, and would walk from there to the key.
    pub fn lies_after(&self, at: Timestamp) -> bool {
        matches!(self, Self::Before(key) if key.at > at)
    }
}

/// What was not the text of a key.
#[derive(Debug, PartialEq, Eq)]
pub struct NotAKey;

impl<I: FromStr> FromStr for Key<I> {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let (at, id) = text.split_once('.').ok_or(NotAKey)?;
        Ok(Self { at: at.parse().map_err(|_| NotAKey)?, id: id.parse().map_err(|_| NotAKey)? })
    }
}

/// Narrows a query to a page of a list that has the newest first, and orders it from the side it is asked from.
macro_rules! newest_first {
    ($query:expr, $place:expr, $at:expr, $id:expr, $of:expr) => {
        match $place {
            $crate::store::paging::Place::Top => $query.order(($at.desc(), $id.desc())),
            $crate::store::paging::Place::After(key) => $query
                .filter($crate::store::paging::beyond($at, $id, "<", key.at, $of(key)))
                .order(($at.desc(), $id.desc())),
            $crate::store::paging::Place::Before(key) => {
                let beyond = $crate::store::paging::beyond($at, $id, ">", key.at, $of(key));
                $query.filter(beyond).order(($at.asc(), $id.asc()))
            }
        }
    };
}
pub(super) use newest_first;

/// `(at, id) < (…, …)`: an index of both is entered at the key itself, however many entries share its second.
#[derive(Clone, Debug)]
pub struct Beyond<A, I, T, K> {
    columns: (A, I),
    operator: &'static str,
    key: (T, K),
}

/// Where time and id lie on the side of a key that `operator` names.
pub fn beyond<A, I, K>(
    at: A,
    id: I,
    operator: &'static str,
    key_at: Timestamp,
    key_id: K,
) -> Beyond<A, I, AsExprOf<Timestamp, BigInt>, AsExprOf<K, SqlTypeOf<I>>>
where
    I: Expression,
    SqlTypeOf<I>: SqlType,
    K: AsExpression<SqlTypeOf<I>>,
{
    let key = (AsExpression::<BigInt>::as_expression(key_at), key_id.as_expression());
    Beyond { columns: (at, id), operator, key }
}

impl<A, I, T, K> Expression for Beyond<A, I, T, K> {
    type SqlType = Bool;
}

impl<A, I, T, K> ValidGrouping<()> for Beyond<A, I, T, K> {
    type IsAggregate = is_aggregate::No;
}

impl<A, I, T, K> QueryId for Beyond<A, I, T, K> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q, A, I, T, K> AppearsOnTable<Q> for Beyond<A, I, T, K>
where
    A: AppearsOnTable<Q>,
    I: AppearsOnTable<Q>,
    T: AppearsOnTable<Q>,
    K: AppearsOnTable<Q>,
{
}

impl<Q, A, I, T, K> SelectableExpression<Q> for Beyond<A, I, T, K>
where
    A: SelectableExpression<Q>,
    I: SelectableExpression<Q>,
    T: SelectableExpression<Q>,
    K: SelectableExpression<Q>,
{
}

impl<DB, A, I, T, K> QueryFragment<DB> for Beyond<A, I, T, K>
where
    DB: Backend,
    A: QueryFragment<DB>,
    I: QueryFragment<DB>,
    T: QueryFragment<DB>,
    K: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("(");
        self.columns.0.walk_ast(out.reborrow())?;
        out.push_sql(", ");
        self.columns.1.walk_ast(out.reborrow())?;
        out.push_sql(") ");
        out.push_sql(self.operator);
        out.push_sql(" (");
        self.key.0.walk_ast(out.reborrow())?;
        out.push_sql(", ");
        self.key.1.walk_ast(out.reborrow())?;
        out.push_sql(")");
        Ok(())
    }
}

/// The order of the list, for rows that were read from its other side.
pub(super) fn in_order<T, K>(mut rows: Vec<T>, place: &Place<K>) -> Vec<T> {
    if matches!(place, Place::Before(_)) {
        rows.reverse();
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_written() {
        let key = Key { at: 1_794_651_200, id: "c_9aVqk2Lw0T".to_owned() };
        assert_eq!(key.to_string().parse(), Ok(key));
        for bad in ["", "17", "x.c_1", ".c_1"] {
            assert_eq!(bad.parse::<Key<String>>(), Err(NotAKey), "{bad:?}");
        }
    }
}
