//! What the table of buckets is made of, in one place: the test that tries all interleavings of its
//! callers (`interleavings.rs`) puts other parts here.

pub(super) use std::sync::Mutex;
pub(super) use std::sync::atomic::AtomicU64;
pub(super) use std::thread::yield_now;

/// Locks for keys that are not in the table.
pub(super) const STRIPES: usize = 256;
/// Slots in a row.
pub(super) const WAYS: usize = 8;
