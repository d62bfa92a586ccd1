//! The engine on Redis (or Valkey, alone or as a cluster): shared by a fleet, one round trip an
//! operation.
//!
//! # What Redis must be told first
//!
//! **A Redis server as it is installed forgets.** It may drop keys when its memory is full, and it
//! loses what it was told lately when it ends. For [`Seen`](super::Seen) that means that a replay
//! can succeed; for API keys and refresh tokens it means that they are lost, and worse, **that a
//! key that was revoked or a token that was used is good again**. Whoever keeps these in Redis sets
//!
//! - `appendonly yes` and `appendfsync always`: what was answered is on the disk (with `everysec`,
//!   the default, up to a second of it is lost when the machine fails);
//! - `maxmemory-policy noeviction`: a full server refuses (and so does the guard) rather than
//!   forget.
//!
//! [`RedisStore::check_persistence`] asks the server whether that is so; call it at the start. A
//! failover to a replica can lose the last writes whatever the settings, since replicas follow
//! behind: where that must not be, keep keys and families in [`sql`](super::sql).
//!
//! ```no_run
//! use portcullis::api_key::RequireApiKey;
//! use portcullis::store::CachedKeyRing;
//! use portcullis::store::redis::RedisStore;
//!
//! # async fn keys() -> Result<RequireApiKey, Box<dyn std::error::Error>> {
//! let store = RedisStore::connect("rediss://:password@redis.internal:6379/")?;
//! store.check_persistence().await?;
//! let keys = RequireApiKey::in_ring(CachedKeyRing::over(store));
//! # Ok(keys)
//! # }
//! ```
//!
//! # Quotas
//!
//! [`RedisQuotas`] counts what a fleet uses. It needs none of the above, since a server that comes
//! back empty has only given everybody a fresh quota, but it should not be one that drops keys of its own
//! accord (`allkeys-*`). What happens while it cannot answer is said for each quota by
//! [`FailingOver`](super::FailingOver): refuse (the default), count here, or let through for a while.
//! With leases a key that is asked for often costs hardly a round trip, and still never gets more than
//! its quota.
//!
//! ```no_run
//! use std::sync::Arc;
//! use std::time::Duration;
//! use portcullis::rate_limit::{Quota, RateLimit};
//! use portcullis::secret::Secret;
//! use portcullis::store::{FailingOver, Quotas};
//! use portcullis::store::redis::{RedisQuotas, RedisStore};
//!
//! # async fn limit(secret: Secret<Vec<u8>>) -> Result<RateLimit, Box<dyn std::error::Error>> {
//! let store = RedisStore::connect("rediss://:password@redis.internal:6379/")?;
//! // The same 32 bytes or more at every node: `openssl rand -base64 48` writes some.
//! let redis = RedisQuotas::over(store, &secret)?.with_leases(Duration::from_millis(50))?;
//! let redis: Arc<dyn Quotas> = Arc::new(redis);
//! let quotas = FailingOver::local(redis, 4)?; // there are four nodes
//! let limit = RateLimit::per_client(Quota::per_minute(100))?.with_store(Arc::new(quotas));
//! # Ok(limit)
//! # }
//! ```

mod asked;
mod batches;
mod bucket_scripts;
mod counter_script;
mod families;
mod family_record;
mod fault;
mod fields;
mod in_turn;
mod key_record;
mod key_ring;
mod leases;
mod leasing;
mod persistence;
mod quota_script;
mod quotas;
mod refusals;
mod revocation_marks;
mod seen;
mod store;
mod taking;
mod terms;

pub use quotas::RedisQuotas;
pub use store::{RedisConnection, RedisStore};
