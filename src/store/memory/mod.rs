//! The engine in memory: bounded, for one process.

mod expiring;
mod give_back;
mod key_ring;
mod keys;
mod quotas;
mod refresh_families;
mod revocation_marks;
mod rings;
mod secret_hash;
mod seen;
mod sketch;
mod slot;
mod table;
mod together;

pub use key_ring::MemoryKeyRing;
pub use quotas::MemoryQuotas;
pub use refresh_families::MemoryRefreshFamilies;
pub use revocation_marks::MemoryRevocationMarks;
pub use seen::MemorySeen;
