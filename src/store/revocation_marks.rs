//! Remember what was withdrawn: the store behind the revocation of tokens.

use std::fmt;
use std::sync::Arc;

use super::answer::Answer;
use super::seen::SeenKey;

/// Remembers which credentials were withdrawn, each under a mark that says what it has in common
/// with others: its own id, its subject, its issuer.
///
/// # What an engine promises
/// - **At once**: when [`revoke`](Self::revoke) has answered, every later [`latest`](Self::latest)
///   of the same store knows of it.
/// - **Never forgets early**: a mark is remembered until its time is over. An engine that is full
///   answers with an error rather than forget what still counts.
/// - **An error means "not known"**: whoever asked must refuse, or try the revocation again.
pub trait RevocationMarks: fmt::Debug + Send + Sync + 'static {
    /// Withdraws all under `mark` that was issued at `issued` or before, and remembers that until
    /// `until`. Where there is such a mark already, the later of both moments counts, of each.
    /// Moments are seconds since the Unix epoch.
    fn revoke(&self, mark: SeenKey, issued: u64, until: u64, now: u64) -> Answer<'_, ()>;

    /// The latest `issued` of those of `marks` that are remembered; `None` if none is.
    fn latest<'a>(&'a self, marks: &'a [SeenKey], now: u64) -> Answer<'a, Option<u64>>;
}

/// A memory that several hold is a memory.
impl<M: RevocationMarks + ?Sized> RevocationMarks for Arc<M> {
    fn revoke(&self, mark: SeenKey, issued: u64, until: u64, now: u64) -> Answer<'_, ()> {
        (**self).revoke(mark, issued, until, now)
    }

    fn latest<'a>(&'a self, marks: &'a [SeenKey], now: u64) -> Answer<'a, Option<u64>> {
        (**self).latest(marks, now)
    }
}
