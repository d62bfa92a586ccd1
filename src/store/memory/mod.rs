//! The engine in memory: bounded, for one process.

mod counters;
#[cfg(test)]
mod crowds;
mod expiring;
mod give_back;
#[cfg(test)]
mod interleavings;
mod key_ring;
mod keys;
mod quotas;
mod refresh_families;
mod revocation_marks;
mod rings;
mod seen;
mod sketch;
mod slot;
mod sync;
mod table;
mod together;

pub use key_ring::MemoryKeyRing;
pub use quotas::MemoryQuotas;
pub use refresh_families::MemoryRefreshFamilies;
pub use revocation_marks::MemoryRevocationMarks;
pub use seen::MemorySeen;
