//! The shape of a store that rotates families of refresh tokens.

use std::fmt;
use std::sync::Arc;

use super::answer::Answer;
use super::family::Family;
use super::family_id::FamilyId;

/// The greatest number of families that [`RefreshFamilies::list`] answers with at once.
pub const FAMILIES_A_PAGE: usize = 100;

/// The greatest number of families that [`RefreshFamilies::purge`] drops at once.
pub const FAMILIES_A_PURGE: usize = 1_000;

/// Keeps one record for each family of refresh tokens, and moves it on by compare-and-swap.
///
/// What every engine promises:
/// - Each operation is atomic: it is done whole or not at all. Of any number of simultaneous
///   [`advance`](Self::advance)s from one generation exactly one is done, whichever process they
///   come from.
/// - What is answered is true when it is answered. Once [`revoke`](Self::revoke) or
///   [`revoke_owner`](Self::revoke_owner) has answered, no later [`find`](Self::find) of the same
///   store gives the family without its revocation, and no later `advance` moves it.
/// - A family that is neither expired nor revoked is never dropped to make room.
/// - An error means that it is not known whether the operation was done. Whoever asked refuses.
///   No error holds a value that came with a request.
pub trait RefreshFamilies: fmt::Debug + Send + Sync + 'static {
    /// Keeps a new family. `false` if there is one of this id already; that one stays as it is.
    fn insert(&self, family: Arc<Family>) -> Answer<'_, bool>;

    /// The family `id`, also one that is expired or revoked.
    fn find(&self, id: FamilyId) -> Answer<'_, Option<Arc<Family>>>;

    /// Moves the family `id` from the generation `from` to the next one, rotated at `now`, to end
    /// at `idle_ends_at` unless it is used before. Nothing else of it changes.
    ///
    /// `false` if that was not done: there is no such family, it is of another generation (or of
    /// the last that there can be, `u32::MAX`), it was revoked, or it has ended at `now`. Which of
    /// these it was, [`find`](Self::find) tells: a statement that both tries and reads would read
    /// what was there before others changed it.
    fn advance(&self, id: FamilyId, from: u32, now: u64, idle_ends_at: u64) -> Answer<'_, bool>;

    /// Withdraws the family `id` from `at` (seconds since the Unix epoch) on, for good. `true` if
    /// it was this call that withdrew it, and `false` if there is no such family or it was
    /// withdrawn before; then it keeps that moment.
    fn revoke(&self, id: FamilyId, at: u64) -> Answer<'_, bool>;

    /// Withdraws every family of `owner` likewise, and tells how many that were.
    fn revoke_owner<'a>(&'a self, owner: FamilyOwner<'a>, at: u64) -> Answer<'a, u64>;

    /// The families of `owner` by ascending id, beginning after the id `after`: at most
    /// [`FAMILIES_A_PAGE`], so a shorter answer is the last page. Expired and revoked ones are
    /// listed for as long as the engine keeps them.
    fn list<'a>(
        &'a self,
        owner: FamilyOwner<'a>,
        after: Option<FamilyId>,
    ) -> Answer<'a, Vec<Arc<Family>>>;

    /// Drops families that were revoked at `before` or earlier, or had ended by then: at most
    /// [`FAMILIES_A_PURGE`], so a smaller answer says that none is left. An engine may drop such
    /// families by itself: a token of a family that is not there is refused.
    fn purge(&self, before: u64) -> Answer<'_, u64>;
}

/// A store that several hold is a store.
impl<F: RefreshFamilies + ?Sized> RefreshFamilies for Arc<F> {
    fn insert(&self, family: Arc<Family>) -> Answer<'_, bool> {
        (**self).insert(family)
    }

    fn find(&self, id: FamilyId) -> Answer<'_, Option<Arc<Family>>> {
        (**self).find(id)
    }

    fn advance(&self, id: FamilyId, from: u32, now: u64, idle_ends_at: u64) -> Answer<'_, bool> {
        (**self).advance(id, from, now, idle_ends_at)
    }

    fn revoke(&self, id: FamilyId, at: u64) -> Answer<'_, bool> {
        (**self).revoke(id, at)
    }

    fn revoke_owner<'a>(&'a self, owner: FamilyOwner<'a>, at: u64) -> Answer<'a, u64> {
        (**self).revoke_owner(owner, at)
    }

    fn list<'a>(
        &'a self,
        owner: FamilyOwner<'a>,
        after: Option<FamilyId>,
    ) -> Answer<'a, Vec<Arc<Family>>> {
        (**self).list(owner, after)
    }

    fn purge(&self, before: u64) -> Answer<'_, u64> {
        (**self).purge(before)
    }
}

/// Whose families: a subject of an issuer. The same subject of two issuers is two owners.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FamilyOwner<'a> {
    issuer: &'a str,
    subject: &'a str,
}

impl<'a> FamilyOwner<'a> {
    /// Whoever `issuer` calls `subject`.
    #[must_use]
    pub fn new(issuer: &'a str, subject: &'a str) -> Self {
        Self { issuer, subject }
    }

    /// Who issues the tokens.
    #[must_use]
    pub fn issuer(&self) -> &'a str {
        self.issuer
    }

    /// The subject.
    #[must_use]
    pub fn subject(&self) -> &'a str {
        self.subject
    }
}
