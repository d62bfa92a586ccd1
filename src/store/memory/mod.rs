//! The engine in memory: bounded, for one process.

mod key_ring;

pub use key_ring::MemoryKeyRing;
