//! The engine in memory: bounded, for one process.

mod key_ring;
mod keys;
mod quotas;
mod refresh_families;
mod rings;
mod secret_hash;
mod seen;
mod sketch;
mod slot;
mod table;

pub use key_ring::MemoryKeyRing;
pub use quotas::MemoryQuotas;
pub use refresh_families::MemoryRefreshFamilies;
pub use seen::MemorySeen;
