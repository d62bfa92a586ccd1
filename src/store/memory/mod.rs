//! The engine in memory: bounded, for one process.

mod quotas;
mod rings;
mod secret_hash;
mod sketch;
mod slot;
mod table;

pub use quotas::MemoryQuotas;
