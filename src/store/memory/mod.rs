//! The engine in memory: bounded, for one process.

mod key_ring;
mod keys;
mod quotas;
mod rings;
mod secret_hash;
mod seen;
mod sketch;
mod slot;
mod table;

pub use key_ring::MemoryKeyRing;
pub use quotas::MemoryQuotas;
pub use seen::MemorySeen;
