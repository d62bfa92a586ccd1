//! PostgreSQL: a server, for any number of nodes.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgRow, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgPool};
use tokio::runtime::Handle;
use tokio::time::timeout;

use super::dialect::{Effect, Value, sealed};
use super::fault::Fault;
use super::migration::Plan;
use super::query::bound;
use super::store::SqlStore;
use crate::config::ConfigError;

const CONNECTIONS: u32 = 10;
/// After so long without a use it is asked whether a connection still stands.
const IDLE: Duration = Duration::from_secs(1);
/// A connection that is silent for so long is given up.
const SILENCE: Duration = Duration::from_secs(2);
/// After so long the server gives up a statement; whoever asked has left by then.
const STATEMENT_TIMEOUT: &str = "5s";

/// A store on a PostgreSQL server (12 or later), shared by any number of nodes.
pub type PostgresStore = SqlStore<Postgres>;

/// PostgreSQL, the database of a [`PostgresStore`].
#[derive(Clone)]
pub struct Postgres {
    pool: PgPool,
}

impl SqlStore<Postgres> {
    /// Uses the database of a `postgres://` address, with up to ten connections that are opened
    /// when they are needed. Call [`migrate`](Self::migrate) next.
    ///
    /// On another machine, TLS with a verified certificate is demanded, whatever `sslmode=prefer`
    /// or nothing in the address would do (`sslmode=verify-full`; `sslrootcert=` names your own
    /// authority). To have less, say `sslmode=require` or `sslmode=disable` in the address. The
    /// server ends a statement after 5 seconds.
    ///
    /// # Errors
    /// [`ConfigError`] if the address cannot be read.
    ///
    /// # Panics
    /// If it is called outside of a Tokio runtime.
    pub fn connect(url: &str) -> Result<Self, ConfigError> {
        // The driver's own error would repeat the address, and with it the password.
        let options = PgConnectOptions::from_str(url)
            .map_err(|_| ConfigError::new("the address of the database cannot be read"))?;
        let options = match options.get_ssl_mode() {
            PgSslMode::Prefer | PgSslMode::Allow if !is_here(&options) => {
                options.ssl_mode(PgSslMode::VerifyFull)
            }
            _ => options,
        };
        let options = options
            .application_name("portcullis")
            .options([("statement_timeout", STATEMENT_TIMEOUT)])
            .disable_statement_logging();
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .test_before_acquire(false)
            .before_acquire(|connection, meta| {
                Box::pin(async move {
                    if meta.idle_for > IDLE {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_lazy_with(options);
        Ok(Self::new(pool))
    }

    /// Uses the author's own pool.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        Self::on(Postgres { pool })
    }
}

/// Whether the server is on this machine.
fn is_here(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    options.get_socket().is_some()
        || host.starts_with('/')
        || host == "localhost"
        || address.is_ok_and(|address| address.is_loopback())
}

impl Postgres {
    async fn run_once(&self, sql: Arc<str>, values: Vec<Value>) -> Result<Vec<PgRow>, Fault> {
        let mut held = Held(Some(self.pool.acquire().await?));
        let connection = held.0.as_mut().ok_or(Fault::Pool)?;
        // All rows, since the commit comes after the last of them.
        let rows = bound(sql, values).fetch_all(&mut **connection).await;
        held.done();
        Ok(rows?)
    }

    async fn version(
        connection: &mut sqlx::PgConnection,
        plan: &Plan,
    ) -> Result<Option<i64>, Fault> {
        // Read from the catalogue: what to_regclass() answers may come from before the lock.
        let sql = "SELECT EXISTS (SELECT FROM pg_catalog.pg_class
            WHERE relname = $1 AND relkind IN ('r', 'p') AND pg_table_is_visible(oid))";
        let there: bool = sqlx::query_scalar(sql)
            .bind(plan.schema_table())
            .fetch_one(&mut *connection)
            .await?;
        if !there {
            return Ok(None);
        }
        let sql = plan.spelt("SELECT version FROM {p}schema");
        let version = sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_one(connection)
            .await?;
        Ok(Some(version))
    }
}

impl sealed::Dialect for Postgres {
    const NAME: &'static str = "postgres";
    const WORDS: &'static [(&'static str, &'static str)] = &[
        ("{int}", "BIGINT"),
        // Byte by byte, whatever the language of the database.
        ("{text}", "TEXT COLLATE \"C\""),
        ("{bytes}", "BYTEA"),
        ("{table}", ""),
        ("{lock}", "FOR UPDATE"),
        ("{lock_k}", "FOR UPDATE OF k"),
        ("{skip_locked}", "FOR UPDATE SKIP LOCKED"),
        ("{json}", "JSON"),
        ("{json_each}", "json_each_text"),
    ];
    type Row = PgRow;

    async fn run(
        &self,
        sql: Arc<str>,
        values: Vec<Value>,
        effect: Effect,
    ) -> Result<Vec<PgRow>, Fault> {
        // Each connection of the pool may be of a server that has been started anew since. What only
        // reads can be asked again; of what writes it is not known whether it was done.
        let stale = match effect {
            Effect::Reads => self.pool.size(),
            Effect::Writes => 0,
        };
        for _ in 0..stale {
            match self.run_once(Arc::clone(&sql), values.clone()).await {
                Err(fault) if fault.is_of_the_connection() => {}
                answer => return answer,
            }
        }
        self.run_once(sql, values).await
    }

    async fn both(
        &self,
        first: (Arc<str>, Vec<Value>),
        second: (Arc<str>, Vec<Value>),
    ) -> Result<bool, Fault> {
        let mut held = Held(Some(self.pool.acquire().await?));
        let connection = held.0.as_mut().ok_or(Fault::Pool)?;
        let mut transaction = connection.begin().await?;
        let mut done = true;
        for (sql, values) in [first, second] {
            let rows = bound(sql, values).fetch_all(&mut *transaction).await?;
            done = done && !rows.is_empty();
            if !done {
                break;
            }
        }
        if done {
            transaction.commit().await?;
        } else {
            transaction.rollback().await?;
        }
        held.done();
        Ok(done)
    }

    async fn migrate(&self, plan: &Plan) -> Result<(), Fault> {
        let mut connection = self.pool.acquire().await?;
        let found = Self::version(&mut connection, plan).await?;
        if found.is_some() && plan.steps(found)?.is_empty() {
            return Ok(());
        }
        // Each statement sees what was there when it began: after the wait for the lock.
        let begin = "BEGIN ISOLATION LEVEL READ COMMITTED";
        let mut transaction = connection.begin_with(begin).await?;
        // Until the end of the transaction, whoever else migrates waits here, as long as it takes.
        sqlx::raw_sql("SET LOCAL statement_timeout = 0")
            .execute(&mut *transaction)
            .await?;
        sqlx::query("SELECT pg_advisory_xact_lock($1)")
            .bind(plan.lock())
            .execute(&mut *transaction)
            .await?;
        let found = Self::version(&mut transaction, plan).await?;
        for step in plan.steps(found)? {
            sqlx::raw_sql(AssertSqlSafe(step))
                .execute(&mut *transaction)
                .await?;
        }
        Ok(transaction.commit().await?)
    }
}

/// A connection on which a statement runs. Whoever asked may leave before its end: their time is
/// over, or their own caller has gone.
struct Held(Option<PoolConnection<sqlx::Postgres>>);

impl Held {
    /// The statement has ended: back to the pool.
    fn done(&mut self) {
        self.0 = None;
    }
}

impl Drop for Held {
    /// Back to the pool if the server answers. If it is silent the connection is closed, so that
    /// the pool does not lose its connections to a server that has gone.
    fn drop(&mut self) {
        let (Some(mut connection), Ok(runtime)) = (self.0.take(), Handle::try_current()) else {
            return;
        };
        runtime.spawn(async move {
            if !matches!(timeout(SILENCE, connection.ping()).await, Ok(Ok(()))) {
                drop(connection.detach());
            }
        });
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres")
            .field("connections", &self.pool.size())
            .finish_non_exhaustive()
    }
}
