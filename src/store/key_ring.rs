//! The shape of a store that looks API keys up.

use std::fmt;
use std::sync::Arc;

use super::answer::Answer;
use super::key_hash::KeyHash;
use super::key_id::KeyId;
use super::key_record::KeyRecord;
use crate::identity::Principal;

/// The greatest number of records that [`KeyRing::list`] answers with at once.
pub const KEYS_A_PAGE: usize = 100;

/// The greatest number of uses that [`KeyRing::touch`] is given at once.
pub const USES_AT_ONCE: usize = 500;

/// Keeps API keys by their id; a hash of each and never the key.
///
/// What every engine promises:
/// - Each operation is atomic: it is done whole or not at all, also if the process ends in the
///   middle of it, and of two inserts of one id one fails, whichever process they come from.
/// - What is answered is true when it is answered. Once [`revoke`](Self::revoke),
///   [`retire`](Self::retire) or [`replace`](Self::replace) has answered, no later
///   [`find`](Self::find) of the same store gives the key as it was before, and the change
///   survives whatever the ring itself survives.
/// - A key only ever loses: no operation revives one that was withdrawn, or puts its end later.
/// - A key that is neither expired nor revoked is never dropped to make room.
/// - An error means that it is not known whether the operation was done. Whoever asked refuses.
///   No error holds a value that came with a request.
pub trait KeyRing: fmt::Debug + Send + Sync + 'static {
    /// The record of the key `id`, also of one that is expired or revoked.
    fn find(&self, id: KeyId) -> Answer<'_, Option<Arc<KeyRecord>>>;

    /// As [`find`](Self::find), for one who has just read the time: `now`, in seconds since the Unix
    /// epoch. A ring that keeps answers for a while tells by it which of them still count, without
    /// reading the time again; others have no use for it.
    fn find_at(&self, id: KeyId, now: u64) -> Answer<'_, Option<Arc<KeyRecord>>> {
        let _ = now;
        self.find(id)
    }

    /// Keeps a new record. `false` if there is a key of this id already; that one stays as it is.
    fn insert(&self, record: Arc<KeyRecord>) -> Answer<'_, bool>;

    /// Withdraws the key `id` from `at` (seconds since the Unix epoch) on, for good; it is refused
    /// at once. A key that was withdrawn earlier keeps that moment. `false` if there is no such
    /// key. Other keys stay as they are, its [successor](KeyRecord::replaced_by) too.
    ///
    /// Whether the caller may do that is not asked here: compare the
    /// [`owner`](KeyRecord::owner) of the record first.
    fn revoke(&self, id: KeyId, at: u64) -> Answer<'_, bool>;

    /// Has the key `id` end at `at` (seconds since the Unix epoch) at the latest. An end that is
    /// earlier stays. `false` if there is no such key.
    ///
    /// Whether the caller may do that is not asked here; see [`revoke`](Self::revoke).
    fn retire(&self, id: KeyId, at: u64) -> Answer<'_, bool>;

    /// Keeps the new record `successor`, and has the key that it
    /// [`supersedes`](KeyRecord::supersedes) name it as the one that
    /// [replaced it](KeyRecord::replaced_by) and end at `ends_at` at the latest: both or neither.
    ///
    /// `false`, and nothing changed, if there is no such key, if it is withdrawn, if it has
    /// expired when the successor was [created](KeyRecord::created_at), if it has been replaced
    /// already, or if there is a key of the successor's id. So a key has one successor, however
    /// many ask at once.
    fn replace(&self, successor: Arc<KeyRecord>, ends_at: u64) -> Answer<'_, bool>;

    /// Keeps the hash `to` of the key `id` in the place of `from`. `false`, and nothing changed,
    /// if there is no such key or another hash is kept of it.
    fn rehash(&self, id: KeyId, from: KeyHash, to: KeyHash) -> Answer<'_, bool>;

    /// Notes when keys were last used (seconds since the Unix epoch), all in one go. A later use
    /// that is noted already stays; ids that are not known are passed over; of one id there may be
    /// several moments, of which the latest counts. At most [`USES_AT_ONCE`].
    fn touch<'a>(&'a self, uses: &'a [(KeyId, u64)]) -> Answer<'a, ()>;

    /// The keys of `owner` by ascending id, beginning after the id `after`: at most
    /// [`KEYS_A_PAGE`], so a shorter answer is the last page. Expired and revoked keys are listed
    /// for as long as the engine keeps them.
    fn list<'a>(
        &'a self,
        owner: KeyOwner<'a>,
        after: Option<KeyId>,
    ) -> Answer<'a, Vec<Arc<KeyRecord>>>;
}

/// A ring that several hold is a ring.
impl<K: KeyRing + ?Sized> KeyRing for Arc<K> {
    fn find(&self, id: KeyId) -> Answer<'_, Option<Arc<KeyRecord>>> {
        (**self).find(id)
    }

    fn find_at(&self, id: KeyId, now: u64) -> Answer<'_, Option<Arc<KeyRecord>>> {
        (**self).find_at(id, now)
    }

    fn insert(&self, record: Arc<KeyRecord>) -> Answer<'_, bool> {
        (**self).insert(record)
    }

    fn revoke(&self, id: KeyId, at: u64) -> Answer<'_, bool> {
        (**self).revoke(id, at)
    }

    fn retire(&self, id: KeyId, at: u64) -> Answer<'_, bool> {
        (**self).retire(id, at)
    }

    fn replace(&self, successor: Arc<KeyRecord>, ends_at: u64) -> Answer<'_, bool> {
        (**self).replace(successor, ends_at)
    }

    fn rehash(&self, id: KeyId, from: KeyHash, to: KeyHash) -> Answer<'_, bool> {
        (**self).rehash(id, from, to)
    }

    fn touch<'a>(&'a self, uses: &'a [(KeyId, u64)]) -> Answer<'a, ()> {
        (**self).touch(uses)
    }

    fn list<'a>(
        &'a self,
        owner: KeyOwner<'a>,
        after: Option<KeyId>,
    ) -> Answer<'a, Vec<Arc<KeyRecord>>> {
        (**self).list(owner, after)
    }
}

/// Whose keys: a subject within a tenant. The same subject in two tenants, or in none, is another
/// owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyOwner<'a> {
    subject: &'a str,
    tenant: Option<&'a str>,
}

impl<'a> KeyOwner<'a> {
    /// The owner `subject`, in no tenant.
    #[must_use]
    pub fn named(subject: &'a str) -> Self {
        Self {
            subject,
            tenant: None,
        }
    }

    /// The owner that a caller is.
    #[must_use]
    pub fn of(caller: &'a Principal) -> Self {
        Self {
            subject: caller.subject(),
            tenant: caller.tenant(),
        }
    }

    /// This subject in `tenant`.
    #[must_use]
    pub fn in_tenant(mut self, tenant: &'a str) -> Self {
        self.tenant = Some(tenant);
        self
    }

    /// The subject.
    #[must_use]
    pub fn subject(&self) -> &'a str {
        self.subject
    }

    /// The tenant, if there is one.
    #[must_use]
    pub fn tenant(&self) -> Option<&'a str> {
        self.tenant
    }
}
