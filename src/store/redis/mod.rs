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

mod batches;
mod families;
mod family_record;
mod fault;
mod fields;
mod key_record;
mod key_ring;
mod persistence;
mod quota_script;
mod quotas;
mod refusals;
mod revocation_marks;
mod seen;
mod store;

pub use quotas::RedisQuotas;
pub use store::{RedisConnection, RedisStore};
