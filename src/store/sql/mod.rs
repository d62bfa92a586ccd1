//! The engines on SQL databases: SQLite in a file, and PostgreSQL. What they are told survives the
//! process, and its sudden end.
//!
//! A [`SqliteStore`] keeps a file beside one application: no server, no configuration. It is for
//! the processes of one machine. A [`PostgresStore`] is for any number of nodes. Both keep API keys
//! ([`KeyRing`](super::KeyRing)), families of refresh tokens
//! ([`RefreshFamilies`](super::RefreshFamilies)), revocations
//! ([`RevocationMarks`](super::RevocationMarks)) and what was seen ([`Seen`](super::Seen)).
//!
//! ```
//! # #[cfg(feature = "sqlite")]
//! # mod example {
//! use std::error::Error;
//! use std::time::Duration;
//! use axum::{Router, routing::get};
//! use portcullis::api_key::{NewApiKey, RequireApiKey};
//! use portcullis::clock::SystemClock;
//! use portcullis::store::CachedKeyRing;
//! use portcullis::store::sql::SqliteStore;
//!
//! async fn app(file: &str) -> Result<Router, Box<dyn Error>> {
//!     let store = SqliteStore::open(file); // or PostgresStore::connect("postgres://...")?
//!     store.migrate().await?;
//!     let key = NewApiKey::owned_by("alice").expiring_in(Duration::from_hours(24 * 90));
//!     let issued = key.issue(&store, &SystemClock).await?;
//!     println!("your key, shown once: {}", issued.key.expose());
//!     let keys = RequireApiKey::in_ring(CachedKeyRing::over(store));
//!     Ok(Router::new().route("/", get(|| async {})).layer(keys))
//! }
//! # #[tokio::main(flavor = "current_thread")]
//! # pub(super) async fn run() {
//! #     let file = std::env::temp_dir().join(format!("portcullis-doc-{}", std::process::id()));
//! #     app(file.to_str().unwrap()).await.unwrap();
//! #     for end in ["", "-wal", "-shm"] {
//! #         let _ = std::fs::remove_file(format!("{}{end}", file.display()));
//! #     }
//! # }
//! # }
//! # #[cfg(feature = "sqlite")]
//! # example::run();
//! ```
//!
//! # What is promised
//!
//! - **Durable when answered.** An operation is on the disk before it is answered, so that neither
//!   a killed process nor a loss of power brings a revoked key or a used refresh token back. On
//!   SQLite that takes a write-ahead log and `synchronous=FULL`
//!   ([`options`](SqlStore::options)), on PostgreSQL `synchronous_commit=on`, its default.
//! - **One statement an operation**; only a rotation of an API key takes a transaction, since it
//!   changes two rows.
//! - **An end.** Whatever is not done within 2 seconds ([`with_deadline`](SqlStore::with_deadline))
//!   is an error, and guards refuse with 503. When the database is back, so is the store.
//! - **The caller's clock.** Moments are bound to statements; no statement reads the clock of the
//!   database.
//! - **No secret.** Keys are kept as hashes, refresh tokens not at all. No error repeats a value:
//!   of what a database says, its code is kept.
//!
//! # The tables
//!
//! [`migrate`](SqlStore::migrate) makes them; it may be called at every start, by any number of
//! nodes at once. Their names begin with `portcullis_` or another
//! [prefix](SqlStore::with_table_prefix). Moments are seconds since the Unix epoch.
//!
//! | Table | Row | Columns |
//! |---|---|---|
//! | `schema` | one | `version` |
//! | `keys` | an API key | `id`, `hash`, `hash_rule` (which pepper, 0 for none), `subject`, `tenant`, `prefix`, `label`, `scopes` (parted by spaces), `networks` (likewise; empty for all), `allowance_units`, `allowance_seconds`, `created_at`, `not_before`, `expires_at`, `revoked_at`, `last_used_at`, `supersedes`, `replaced_by` |
//! | `families` | a login that lives on by refresh tokens | `id`, `salt`, `issuer`, `subject`, `client`, `scopes`, `bound_key`, `details`, `generation`, `created_at`, `rotated_at`, `idle_ends_at`, `ends_at`, `revoked_at`, `dead_at` (the earliest of its ends) |
//! | `revocations` | what was withdrawn together | `mark` (a digest), `issued`, `until` |
//! | `seen` | a use that may not come again | `digest`, `until` |
//!
//! Rows of `seen` and `revocations` go a minute after their end: with every 64th write at most 256
//! of them. Families go by [`purge`](super::RefreshFamilies::purge). Keys stay until the operator
//! deletes them, so that it can be told what there was.

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
