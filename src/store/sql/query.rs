//! What the two drivers have in common.

use std::sync::Arc;

use sqlx::query::Query;
use sqlx::{AssertSqlSafe, ColumnIndex, Database, Decode, Encode, Row, Type};

use super::dialect::{Columns, Value};
use super::fault::Fault;

/// The statement `sql` with its values. Its text is made of this crate's own and of a prefix that
/// was checked; whatever comes with a request is bound.
pub(super) fn bound<'q, DB: Database>(
    sql: Arc<str>,
    values: Vec<Value>,
) -> Query<'q, DB, DB::Arguments>
where
    Option<String>: Encode<'q, DB> + Type<DB>,
    Option<i64>: Encode<'q, DB> + Type<DB>,
    Option<Vec<u8>>: Encode<'q, DB> + Type<DB>,
{
    let query = sqlx::query(AssertSqlSafe(sql));
    values.into_iter().fold(query, |query, value| match value {
        Value::Text(text) => query.bind(text),
        Value::Number(number) => query.bind(number),
        Value::Bytes(bytes) => query.bind(bytes),
    })
}

impl<R: Row> Columns for R
where
    usize: ColumnIndex<R>,
    Option<String>: for<'r> Decode<'r, R::Database> + Type<R::Database>,
    Option<i64>: for<'r> Decode<'r, R::Database> + Type<R::Database>,
    Option<Vec<u8>>: for<'r> Decode<'r, R::Database> + Type<R::Database>,
{
    fn text(&self, at: usize) -> Result<Option<String>, Fault> {
        self.try_get(at).map_err(|_| Fault::Column(at))
    }

    fn number(&self, at: usize) -> Result<Option<i64>, Fault> {
        self.try_get(at).map_err(|_| Fault::Column(at))
    }

    fn bytes(&self, at: usize) -> Result<Option<Vec<u8>>, Fault> {
        self.try_get(at).map_err(|_| Fault::Column(at))
    }
}
