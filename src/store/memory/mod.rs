//! The engine in memory: bounded, for one process.

mod key_ring;
mod seen;

pub use key_ring::MemoryKeyRing;
pub use seen::MemorySeen;
