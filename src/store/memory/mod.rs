//! The engine in memory: bounded, for one process.

mod seen;

pub use seen::MemorySeen;
mod key_ring;

pub use key_ring::MemoryKeyRing;
