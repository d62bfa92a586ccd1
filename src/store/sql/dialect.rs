//! What a database has to do for a store, and no more.

use std::fmt;
use std::sync::Arc;

use super::fault::Fault;
use super::migration::Plan;

/// A database that a [`SqlStore`](super::SqlStore) can keep its tables in: [`Sqlite`] or
/// [`Postgres`]. The set is closed.
///
/// [`Sqlite`]: https://sqlite.org
/// [`Postgres`]: https://www.postgresql.org
pub trait Dialect: sealed::Dialect {}

impl<D: sealed::Dialect> Dialect for D {}

/// One value that is bound to a statement. Each is nullable, since columns are.
#[derive(Clone, Debug)]
pub enum Value {
    /// A text.
    Text(Option<String>),
    /// A number or a moment.
    Number(Option<i64>),
    /// A hash.
    Bytes(Option<Vec<u8>>),
}

/// The columns of one row, by their place in the statement.
pub trait Columns {
    /// The text in column `at`.
    ///
    /// # Errors
    /// [`Fault`] if there is none such.
    fn text(&self, at: usize) -> Result<Option<String>, Fault>;

    /// The number in column `at`.
    ///
    /// # Errors
    /// [`Fault`] if there is none such.
    fn number(&self, at: usize) -> Result<Option<i64>, Fault>;

    /// The bytes in column `at`.
    ///
    /// # Errors
    /// [`Fault`] if there is none such.
    fn bytes(&self, at: usize) -> Result<Option<Vec<u8>>, Fault>;
}

/// How much a statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It only reads.
    Reads,
    /// It writes as well.
    Writes,
}

pub(super) mod sealed {
    use super::{Arc, Columns, Effect, Fault, Plan, Value, fmt};

    pub trait Dialect: Clone + fmt::Debug + Send + Sync + 'static {
        /// What errors call the store.
        const NAME: &'static str;
        /// How the types and endings of this dialect are spelt: pairs of a word in braces and what
        /// stands for it.
        const WORDS: &'static [(&'static str, &'static str)];
        /// A row of an answer.
        type Row: Columns + Send;

        /// Runs one statement to its end, so that what it wrote is durable, and gives its rows.
        fn run(
            &self,
            sql: Arc<str>,
            values: Vec<Value>,
            effect: Effect,
        ) -> impl Future<Output = Result<Vec<Self::Row>, Fault>> + Send;

        /// Runs both statements if each answers with a row, or neither. Tells which.
        fn both(
            &self,
            first: (Arc<str>, Vec<Value>),
            second: (Arc<str>, Vec<Value>),
        ) -> impl Future<Output = Result<bool, Fault>> + Send;

        /// Brings the tables up to date, alone among all that try at the same time.
        fn migrate(&self, plan: &Plan) -> impl Future<Output = Result<(), Fault>> + Send;
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        Self::Text(text.map(str::to_owned))
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(Some(bytes.to_vec()))
    }
}

/// A moment or a count. What is beyond the databases' numbers (292 billion years) is cut.
impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Some(number).into()
    }
}

impl From<Option<u64>> for Value {
    fn from(number: Option<u64>) -> Self {
        Self::Number(number.map(|number| i64::try_from(number).unwrap_or(i64::MAX)))
    }
}
