//! Statements of hot paths, whose text is written once.
//!
//! Diesel walks a whole statement several times whenever it runs: to see whether it may be kept prepared, to gather its
//! values, for some also to write its text. Where a row is found by its key, that is more work than to find it. A
//! [`known!`] statement is written by diesel the first time; afterwards only its values are gathered. A [`Prepared`] one is
//! written by hand: an `UPDATE` of diesel's own is prepared anew each time, because its changeset may be another one. For
//! SQLite that is more work than the update itself, for PostgreSQL one more way there and back.

use std::marker::PhantomData;
use std::sync::OnceLock;

use diesel::backend::Backend;
use diesel::connection::Connection;
#[cfg(feature = "postgres")]
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
#[cfg(feature = "postgres")]
use diesel::sql_types::Array;
use diesel::sql_types::{BigInt, Binary, HasSqlType, Nullable, Text};

#[cfg(feature = "postgres")]
use crate::store::gather::padded;

/// A value of a statement.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    Bytes(&'a [u8]),
    Number(i64),
    Text(&'a str),
    #[cfg(feature = "postgres")]
    MaybeBytes(Option<&'a [u8]>),
    MaybeNumber(Option<i64>),
    MaybeText(Option<&'a str>),
}

/// Writes `parts` with the values between them.
fn walk<'b, DB>(
    mut out: AstPass<'_, 'b, DB>,
    parts: impl IntoIterator<Item = &'b str>,
    values: &'b [Value<'_>],
) -> QueryResult<()>
where
    DB: Backend + HasSqlType<Binary> + HasSqlType<BigInt> + HasSqlType<Text>,
    [u8]: ToSql<Binary, DB>,
    i64: ToSql<BigInt, DB>,
    str: ToSql<Text, DB>,
{
    let mut parts = parts.into_iter();
    out.push_sql(parts.next().unwrap_or_default());
    for (value, part) in values.iter().zip(parts) {
        match value {
            Value::Bytes(bytes) => out.push_bind_param::<Binary, [u8]>(bytes)?,
            Value::Number(number) => out.push_bind_param::<BigInt, i64>(number)?,
            Value::Text(text) => out.push_bind_param::<Text, str>(text)?,
            #[cfg(feature = "postgres")]
            Value::MaybeBytes(bytes) => out.push_bind_param::<Nullable<Binary>, Option<&[u8]>>(bytes)?,
            Value::MaybeNumber(number) => out.push_bind_param::<Nullable<BigInt>, Option<i64>>(number)?,
            Value::MaybeText(text) => out.push_bind_param::<Nullable<Text>, Option<&str>>(text)?,
        }
        out.push_sql(part);
    }
    Ok(())
}

/// A statement written by hand that gives rows of the SQL types `Row`, or none.
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
    DB: Backend + HasSqlType<Binary> + HasSqlType<BigInt> + HasSqlType<Text>,
    [u8]: ToSql<Binary, DB>,
    i64: ToSql<BigInt, DB>,
    str: ToSql<Text, DB>,
{
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        walk(out, self.text.split('?'), self.values)
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

/// A value of each row.
#[cfg(feature = "postgres")]
enum Column<'a> {
    Bytes(Vec<Option<&'a [u8]>>),
    Numbers(Vec<Option<i64>>),
    Texts(Vec<Option<&'a str>>),
}

#[cfg(feature = "postgres")]
impl<'a> Column<'a> {
    fn like(value: &Value<'a>) -> Self {
        match value {
            Value::Bytes(_) | Value::MaybeBytes(_) => Self::Bytes(Vec::new()),
            Value::Number(_) | Value::MaybeNumber(_) => Self::Numbers(Vec::new()),
            Value::Text(_) | Value::MaybeText(_) => Self::Texts(Vec::new()),
        }
    }

    fn push(&mut self, value: &Value<'a>) {
        match (self, *value) {
            (Self::Bytes(column), Value::Bytes(bytes)) => column.push(Some(bytes)),
            (Self::Bytes(column), Value::MaybeBytes(bytes)) => column.push(bytes),
            (Self::Numbers(column), Value::Number(number)) => column.push(Some(number)),
            (Self::Numbers(column), Value::MaybeNumber(number)) => column.push(number),
            (Self::Texts(column), Value::Text(text)) => column.push(Some(text)),
            (Self::Texts(column), Value::MaybeText(text)) => column.push(text),
            _ => unreachable!("the values of a column are of one type"),
        }
    }
}

/// A statement for PostgreSQL, written by hand, whose values are columns. It gives rows of the SQL types `Row`, or none.
#[cfg(feature = "postgres")]
pub struct PreparedRows<'a, Row = ()> {
    text: &'static str,
    columns: Vec<Column<'a>>,
    row: PhantomData<Row>,
}

#[cfg(feature = "postgres")]
impl<'a, Row> PreparedRows<'a, Row> {
    /// The text has a `?` for each value of a row and nowhere else. There is a row, and all have the same types.
    pub fn new<const N: usize>(text: &'static str, rows: impl IntoIterator<Item = [Value<'a>; N]>) -> Self {
        let mut columns = Vec::with_capacity(N);
        for row in rows {
            if columns.is_empty() {
                columns.extend(row.iter().map(Column::like));
            }
            for (column, value) in columns.iter_mut().zip(&row) {
                column.push(value);
            }
        }
        Self { text, columns, row: PhantomData }
    }

    /// With more rows where there are few, which have nothing but the key of the last: see [`padded`].
    pub fn padded(mut self) -> Self {
        if let Some(Column::Bytes(keys)) = self.columns.first_mut() {
            *keys = padded(std::mem::take(keys));
        }
        self
    }
}

#[cfg(feature = "postgres")]
impl<Row> QueryFragment<Pg> for PreparedRows<'_, Row> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut parts = self.text.split('?');
        out.push_sql(parts.next().unwrap_or_default());
        for (column, part) in self.columns.iter().zip(parts) {
            match column {
                Column::Bytes(values) => out.push_bind_param::<Array<Nullable<Binary>>, _>(values)?,
                Column::Numbers(values) => out.push_bind_param::<Array<Nullable<BigInt>>, _>(values)?,
                Column::Texts(values) => out.push_bind_param::<Array<Nullable<Text>>, _>(values)?,
            }
            out.push_sql(part);
        }
        Ok(())
    }
}

#[cfg(feature = "postgres")]
impl<Row> QueryId for PreparedRows<'_, Row> {
    type QueryId = ();
    // Known by its text.
    const HAS_STATIC_QUERY_ID: bool = false;
}

#[cfg(feature = "postgres")]
impl<Row> Query for PreparedRows<'_, Row> {
    type SqlType = Row;
}

#[cfg(feature = "postgres")]
impl<Row, Conn> RunQueryDsl<Conn> for PreparedRows<'_, Row> {}

/// A statement of diesel's whose text is known: what stands around its values.
pub struct Known<'a, Q> {
    parts: &'static [String],
    values: &'a [Value<'a>],
    query: PhantomData<Q>,
}

impl<'a, Q> Known<'a, Q> {
    /// The statement that `query` makes, with other values: as many, and in the order in which its text has them. `parts` is
    /// for this statement and this database alone.
    pub fn new<C>(
        _connection: &C,
        parts: &'static OnceLock<Vec<String>>,
        query: impl FnOnce() -> Q,
        values: &'a [Value<'a>],
    ) -> Self
    where
        C: Connection,
        C::Backend: Default,
        <C::Backend as Backend>::QueryBuilder: Default,
        Q: QueryFragment<C::Backend>,
    {
        let parts = parts.get_or_init(|| split(&diesel::debug_query::<C::Backend, _>(&query()).to_string()));
        debug_assert_eq!(parts.len(), values.len() + 1, "{parts:?}");
        Self { parts, values, query: PhantomData }
    }
}

/// What stands around the placeholders, `?` or `$1`.
fn split(written: &str) -> Vec<String> {
    let text = written.split_once(" -- binds: ").map_or(written, |(text, _)| text);
    let mut parts = text.split(['?', '$']);
    let first = parts.next().map(str::to_owned);
    let others = parts.map(|part| part.trim_start_matches(|c: char| c.is_ascii_digit()).to_owned());
    first.into_iter().chain(others).collect()
}

impl<DB, Q> QueryFragment<DB> for Known<'_, Q>
where
    DB: Backend + HasSqlType<Binary> + HasSqlType<BigInt> + HasSqlType<Text>,
    [u8]: ToSql<Binary, DB>,
    i64: ToSql<BigInt, DB>,
    str: ToSql<Text, DB>,
{
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        walk(out, self.parts.iter().map(String::as_str), self.values)
    }
}

/// It is the statement itself.
impl<Q: QueryId> QueryId for Known<'_, Q> {
    type QueryId = Q::QueryId;
    const HAS_STATIC_QUERY_ID: bool = Q::HAS_STATIC_QUERY_ID;
}

impl<Q: Query> Query for Known<'_, Q> {
    type SqlType = Q::SqlType;
}

impl<Q, Conn> RunQueryDsl<Conn> for Known<'_, Q> {}

/// `known!(connection, values, query, |c, known| known.get_result(c))` runs a [`Known`] statement on whichever database it is.
/// The values in `query` are only looked at the first time.
macro_rules! known {
    ($connection:expr, $values:expr, $query:expr, |$c:ident, $known:ident| $run:expr) => {
        $crate::store::connection::on_backend!($connection, |$c| {
            static PARTS: std::sync::OnceLock<Vec<String>> = std::sync::OnceLock::new();
            let values = $values;
            let $known = $crate::store::prepared::Known::new($c, &PARTS, || $query, &values);
            $run
        })
    };
}
pub(crate) use known;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_split_at_its_placeholders() {
        let sqlite = "SELECT `a` FROM `t` WHERE ((`a` = ?) AND (`b` > ?)) -- binds: [1, 2]";
        assert_eq!(split(sqlite), ["SELECT `a` FROM `t` WHERE ((`a` = ", ") AND (`b` > ", "))"]);
        let postgres = r#"INSERT INTO "t" ("a") VALUES ($1, $12) -- binds: [Some("$3 -- binds: ?")]"#;
        assert_eq!(split(postgres).len(), 3);
    }
}
