//! The key of a row.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

/// The key of a row of `E` in the database. It is for the database alone: it has no `Display` and
/// can be neither serialised nor deserialised.
///
/// As an extractor it opens the [`PublicId`](super::PublicId) in the path, by the
/// [`IdKeys`](super::IdKeys) in the router's state; [`Wanted`](super::Wanted) does so too, and
/// answers for what is not there.
pub struct DbId<E> {
    key: i64,
    entity: PhantomData<fn() -> E>,
}

impl<E> DbId<E> {
    /// The row with this key.
    #[must_use]
    pub const fn new(key: i64) -> Self {
        let entity = PhantomData;
        Self { key, entity }
    }

    /// The key, for a query.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.key
    }
}

impl<E> Clone for DbId<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for DbId<E> {}

impl<E> PartialEq for DbId<E> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl<E> Eq for DbId<E> {}

impl<E> PartialOrd for DbId<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for DbId<E> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key)
    }
}

impl<E> Hash for DbId<E> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

/// For logs, which callers do not see.
impl<E> fmt::Debug for DbId<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DbId").field(&self.key).finish()
    }
}
