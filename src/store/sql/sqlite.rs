//! SQLite: a file, in this process.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqlitePool};
use tokio::sync::Semaphore;

use super::dialect::{Effect, Value, sealed};
use super::fault::Fault;
use super::migration::Plan;
use super::query::bound;
use super::store::SqlStore;

/// How long a connection waits for another process that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);
const CONNECTIONS: u32 = 4;

/// A store in a SQLite file: embedded, for the processes of one machine.
pub type SqliteStore = SqlStore<Sqlite>;

/// SQLite, the database of a [`SqliteStore`].
#[derive(Clone)]
pub struct Sqlite {
    pool: SqlitePool,
    /// SQLite has one writer at a time. Here writers queue in order; within SQLite they would poll.
    writer: Arc<Semaphore>,
}

impl SqlStore<Sqlite> {
    /// Uses the file `path`, which is created if need be, with four connections of the
    /// [options](Self::options). Nothing is read yet: call [`migrate`](Self::migrate) next.
    ///
    /// # Panics
    /// If it is called outside of a Tokio runtime.
    #[must_use]
    pub fn open(path: impl AsRef<Path>) -> Self {
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS)
            .test_before_acquire(false)
            .connect_lazy_with(Self::options(path));
        Self::new(pool)
    }

    /// Uses the author's own pool. Whether what is written survives a loss of power is decided by
    /// its options: begin with [`options`](Self::options).
    #[must_use]
    pub fn new(pool: SqlitePool) -> Self {
        Self::on(Sqlite {
            pool,
            writer: Arc::new(Semaphore::new(1)),
        })
    }

    /// Options for the file `path` with which no answer is lost: a write-ahead log (readers do not
    /// wait for the writer), `synchronous=FULL` (the log is on the disk before an operation is
    /// answered; with `NORMAL` a loss of power could bring a revoked key back), and 2 seconds of
    /// waiting for other processes.
    #[must_use]
    pub fn options(path: impl AsRef<Path>) -> SqliteConnectOptions {
        SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            .disable_statement_logging()
    }
}

impl Sqlite {
    async fn migrate_once(&self, plan: &Plan) -> Result<(), Fault> {
        let mut connection = self.pool.acquire().await?;
        // IMMEDIATE takes the one write lock, so whoever else migrates waits.
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        let sql = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = $1";
        let tables: i64 = sqlx::query_scalar(sql)
            .bind(plan.schema_table())
            .fetch_one(&mut *transaction)
            .await?;
        let found = if tables == 0 {
            None
        } else {
            let sql = plan.spelt("SELECT version FROM {p}schema");
            let version = sqlx::query_scalar(AssertSqlSafe(sql));
            Some(version.fetch_one(&mut *transaction).await?)
        };
        for step in plan.steps(found)? {
            sqlx::raw_sql(AssertSqlSafe(step))
                .execute(&mut *transaction)
                .await?;
        }
        Ok(transaction.commit().await?)
    }
}

impl sealed::Dialect for Sqlite {
    const NAME: &'static str = "sqlite";
    const WORDS: &'static [(&'static str, &'static str)] = &[
        ("{int}", "INTEGER"),
        ("{text}", "TEXT"),
        ("{bytes}", "BLOB"),
        ("{table}", " STRICT"),
        ("{lock}", ""),
        ("{lock_k}", ""),
        ("{skip_locked}", ""),
        ("{json}", "TEXT"),
        ("{json_each}", "json_each"),
    ];
    type Row = SqliteRow;

    async fn run(
        &self,
        sql: Arc<str>,
        values: Vec<Value>,
        effect: Effect,
    ) -> Result<Vec<SqliteRow>, Fault> {
        let _turn = match effect {
            Effect::Reads => None,
            Effect::Writes => Some(self.writer.acquire().await.map_err(|_| Fault::Pool)?),
        };
        // All rows, since a statement that is left before its end has not been committed.
        Ok(bound(sql, values).fetch_all(&self.pool).await?)
    }

    async fn both(
        &self,
        first: (Arc<str>, Vec<Value>),
        second: (Arc<str>, Vec<Value>),
    ) -> Result<bool, Fault> {
        let _turn = self.writer.acquire().await.map_err(|_| Fault::Pool)?;
        let mut connection = self.pool.acquire().await?;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        for (sql, values) in [first, second] {
            let rows = bound(sql, values).fetch_all(&mut *transaction).await?;
            if rows.is_empty() {
                transaction.rollback().await?;
                return Ok(false);
            }
        }
        transaction.commit().await?;
        Ok(true)
    }

    async fn migrate(&self, plan: &Plan) -> Result<(), Fault> {
        loop {
            // Two who create one file at once may be told at once that it is busy.
            match self.migrate_once(plan).await {
                Err(Fault::Refused(code)) if is_busy(&code) => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                done => return done,
            }
        }
    }
}

/// Whether the result code is `SQLITE_BUSY` or one of its extended codes.
fn is_busy(code: &str) -> bool {
    code.parse::<u32>().is_ok_and(|code| code & 0xff == 5)
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite")
            .field("connections", &self.pool.size())
            .finish_non_exhaustive()
    }
}
