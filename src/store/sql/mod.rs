//! The engines on SQL databases: SQLite in a file, and `PostgreSQL`.

mod dialect;
mod families;
mod fault;
mod key_ring;
mod migration;
#[cfg(feature = "postgres")]
mod postgres;
mod query;
mod revocation_marks;
mod row;
mod seen;
#[cfg(feature = "sqlite")]
mod sqlite;
mod statements;
mod store;

pub use dialect::Dialect;
#[cfg(feature = "postgres")]
pub use postgres::{Postgres, PostgresStore};
#[cfg(feature = "sqlite")]
pub use sqlite::{Sqlite, SqliteStore};
pub use store::SqlStore;
