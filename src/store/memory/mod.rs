//! The engine in memory: bounded, for one process.
