//! An id in a request, and the one answer for what is not there.

use std::fmt;

use crate::event::Witness;
use crate::problem::{Kind, Problem};

/// The [`PublicId`](super::PublicId) or [`DbId`](super::DbId) that a caller asks for, and the
/// answer if there is nothing of that id: the same, in the same shape, as to a text that is no id.
///
/// As an extractor it finds the id as they do.
pub struct Wanted<I> {
    id: I,
    witness: Witness,
}

impl<I: Copy> Wanted<I> {
    pub(super) fn new(id: I, witness: Witness) -> Self {
        Self { id, witness }
    }

    /// The id.
    #[must_use]
    pub fn id(&self) -> I {
        self.id
    }

    /// What was found under the id. For what the caller may not know of, say `None`: that it is
    /// there must not be told by another answer.
    ///
    /// # Errors
    /// A [`Problem`] (404), told as an event, if that is nothing.
    pub fn found<T>(self, found: Option<T>) -> Result<T, Problem> {
        found.ok_or_else(|| self.witness.refuse(missing("nothing_of_this_id")))
    }
}

impl<I: fmt::Debug> fmt::Debug for Wanted<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Wanted").field(&self.id).finish()
    }
}

/// The answer; the reason is for the event alone.
pub(super) fn missing(reason: &'static str) -> Problem {
    Problem::new(Kind::NotFound).because(reason)
}
