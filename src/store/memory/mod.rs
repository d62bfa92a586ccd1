//! The engine in memory: bounded, for one process.

mod seen;

pub use seen::MemorySeen;
