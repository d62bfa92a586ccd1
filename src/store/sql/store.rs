//! A store on a database.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::dialect::{Dialect, Effect, Value};
use super::fault::Fault;
use super::migration::Plan;
use super::statements::Statements;
use crate::config::ConfigError;
use crate::store::StoreError;

/// How long an operation may take: waiting for a connection, and the statement.
const DEADLINE: Duration = Duration::from_secs(2);
/// How long bringing the tables up to date may take.
const MIGRATION_DEADLINE: Duration = Duration::from_mins(1);
/// Every so many writes of what ends by itself, what is over is dropped: at most so many rows at
/// once, so that no request waits long for it.
const WRITES_A_PURGE: u32 = 64;
const ROWS_A_PURGE: u64 = 256;
/// The clocks of nodes may differ by so many seconds before one drops what counts for another.
const CLOCK_SKEW: u64 = 60;
const PREFIX: &str = "portcullis_";
/// With the longest name after it still within the 63 bytes of an identifier of PostgreSQL.
const MAX_PREFIX_LEN: usize = 32;

/// Keys, refresh families and what was seen, in tables of a database: they survive a restart and
/// are shared by all who use the database. A handle: clones share the connections.
///
/// An operation that is not done within the deadline (2 seconds, see
/// [`with_deadline`](Self::with_deadline)) is an error.
#[derive(Clone)]
pub struct SqlStore<D> {
    pub(super) database: D,
    pub(super) statements: Arc<Statements>,
    written: Arc<AtomicU32>,
    prefix: Arc<str>,
    deadline: Duration,
}

impl<D: Dialect> SqlStore<D> {
    pub(super) fn on(database: D) -> Self {
        let prefix = PREFIX;
        Self {
            statements: Arc::new(Statements::new(&Plan::new(prefix, D::WORDS))),
            database,
            written: Arc::default(),
            prefix: prefix.into(),
            deadline: DEADLINE,
        }
    }

    /// Begins the names of the tables with `prefix` (default: `portcullis_`).
    ///
    /// # Errors
    /// [`ConfigError`] unless it is 1 to 32 lower-case letters, digits and underscores, beginning
    /// with a letter.
    pub fn with_table_prefix(mut self, prefix: &str) -> Result<Self, ConfigError> {
        let is_word = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
        let is_name = prefix.starts_with(|first: char| first.is_ascii_lowercase())
            && prefix.len() <= MAX_PREFIX_LEN
            && prefix.bytes().all(is_word);
        if !is_name {
            return Err(ConfigError::new(
                "a table prefix must be 1 to 32 characters of a-z, 0-9 and _, and begin with a letter",
            ));
        }
        self.statements = Arc::new(Statements::new(&Plan::new(prefix, D::WORDS)));
        self.prefix = prefix.into();
        Ok(self)
    }

    /// Has every operation end within `deadline` (default: 2 seconds), with an error if need be.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Creates the tables, or brings those of an earlier version up to date. Doing it again does
    /// nothing, and any number of nodes may do it at once: one does it, the others wait.
    ///
    /// It takes a role that may create tables. If the tables are up to date already, it takes one
    /// that may read them.
    ///
    /// # Errors
    /// [`StoreError`] if the database does not answer within a minute, refuses, or holds tables
    /// of a later version of this crate. Then nothing was changed.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let plan = Plan::new(&self.prefix, D::WORDS);
        self.within(MIGRATION_DEADLINE, self.database.migrate(&plan))
            .await
    }

    /// The rows that the statement answers with.
    pub(super) async fn run(
        &self,
        sql: &Arc<str>,
        values: Vec<Value>,
        effect: Effect,
    ) -> Result<Vec<D::Row>, StoreError> {
        let run = self.database.run(Arc::clone(sql), values, effect);
        self.within(self.deadline, run).await
    }

    /// Counts a write of what ends by itself, and now and then drops by `purge` what was over at
    /// `now`.
    pub(super) async fn tidy(&self, purge: &Arc<str>, now: u64) {
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        if number % WRITES_A_PURGE == WRITES_A_PURGE - 1 {
            let over = now.saturating_sub(CLOCK_SKEW);
            let values = vec![over.into(), ROWS_A_PURGE.into()];
            // What was asked is answered; that the old is still there harms nobody.
            let _ = self.run(purge, values, Effect::Writes).await;
        }
    }

    /// Runs both statements if each answers with a row, or neither. Tells which.
    pub(super) async fn both(
        &self,
        first: (&Arc<str>, Vec<Value>),
        second: (&Arc<str>, Vec<Value>),
    ) -> Result<bool, StoreError> {
        let first = (Arc::clone(first.0), first.1);
        let second = (Arc::clone(second.0), second.1);
        self.within(self.deadline, self.database.both(first, second))
            .await
    }

    async fn within<T>(
        &self,
        limit: Duration,
        work: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, StoreError> {
        tokio::time::timeout(limit, work)
            .await
            .unwrap_or(Err(Fault::Late(limit)))
            .map_err(Self::error)
    }

    pub(super) fn error(fault: Fault) -> StoreError {
        StoreError::new(D::NAME, fault)
    }
}

impl<D: fmt::Debug> fmt::Debug for SqlStore<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlStore")
            .field("database", &self.database)
            .field("prefix", &self.prefix)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
