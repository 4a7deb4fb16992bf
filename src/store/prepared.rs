//! Updates of hot paths as text, which is prepared once for each connection.
//!
//! Diesel prepares an `UPDATE` of its own anew each time, because its changeset may be another one. For SQLite that is more
//! work than the update itself, for PostgreSQL one more way there and back.

use std::marker::PhantomData;

use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Binary, HasSqlType};

/// A value for a `?` in the text.
pub enum Value<'a> {
    Bytes(&'a [u8]),
    Number(i64),
}

/// A statement that gives rows of the SQL types `Row`, or none.
pub struct Prepared<'a, Row = ()> {
    text: &'static str,
    values: &'a [Value<'a>],
    row: PhantomData<Row>,
}

impl<'a, Row> Prepared<'a, Row> {
    /// The text means the same on both databases, and has a `?` for each of the values and nowhere else.
    pub fn new(text: &'static str, values: &'a [Value<'a>]) -> Self {
        Self { text, values, row: PhantomData }
    }
}

impl<DB, Row> QueryFragment<DB> for Prepared<'_, Row>
where
    DB: Backend + HasSqlType<Binary> + HasSqlType<BigInt>,
    [u8]: ToSql<Binary, DB>,
    i64: ToSql<BigInt, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let mut parts = self.text.split('?');
        out.push_sql(parts.next().unwrap_or_default());
        for (value, part) in self.values.iter().zip(parts) {
            match value {
                Value::Bytes(bytes) => out.push_bind_param::<Binary, [u8]>(bytes)?,
                Value::Number(number) => out.push_bind_param::<BigInt, i64>(number)?,
            }
            out.push_sql(part);
        }
        Ok(())
    }
}

impl<Row> QueryId for Prepared<'_, Row> {
    type QueryId = ();
    // Known by its text.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Row> Query for Prepared<'_, Row> {
    type SqlType = Row;
}

impl<Row, Conn> RunQueryDsl<Conn> for Prepared<'_, Row> {}
