//! Remember once: the store behind replay protection.

use super::answer::Answer;

/// Remembers what was seen, until it need not be remembered any more.
///
/// # What an engine promises
/// - **Atomic**: of any number of simultaneous [`insert`](Self::insert)s of one key, exactly one is
///   told that it was the first.
/// - **Never forgets early**: a key is remembered until its time is over. An engine that is full
///   answers with an error rather than forget what still counts.
/// - **An error means "not known"**: whoever asked must refuse.
pub trait Seen: Send + Sync + 'static {
    /// Remembers `key` until `until`, and tells whether this is the first time. Both times are in
    /// seconds since the Unix epoch; a key whose time is over counts as never seen.
    fn insert(&self, key: SeenKey, until: u64, now: u64) -> Answer<'_, bool>;
}

/// What is remembered: a digest of everything that makes one use unique, so that it has a fixed
/// size and tells nobody anything.
pub type SeenKey = [u8; 32];
