//! The shape of a store that looks API keys up.

use std::fmt;
use std::sync::Arc;

use super::answer::Answer;
use super::key_record::{KeyId, KeyRecord};
use crate::identity::Principal;

/// The greatest number of records that [`KeyRing::list`] answers with at once.
pub const KEYS_A_PAGE: usize = 100;

/// Keeps API keys by their id; a hash of each and never the key.
///
/// What every engine promises:
/// - Each operation is atomic: it is done whole or not at all, and of two inserts of one id one
///   fails, whichever process they come from.
/// - What is answered is true when it is answered. Once [`revoke`](Self::revoke) has answered, no
///   later [`find`](Self::find) of the same store gives the key without its revocation.
/// - A key that is neither expired nor revoked is never dropped to make room.
/// - An error means that it is not known whether the operation was done. Whoever asked refuses.
///   No error holds a value that came with a request.
pub trait KeyRing: fmt::Debug + Send + Sync + 'static {
    /// The record of the key `id`, also of one that is expired or revoked.
    fn find(&self, id: KeyId) -> Answer<'_, Option<Arc<KeyRecord>>>;

    /// Keeps a new record. `false` if there is a key of this id already; that one stays as it is.
    fn insert(&self, record: Arc<KeyRecord>) -> Answer<'_, bool>;

    /// Withdraws the key `id` from `at` (seconds since the Unix epoch) on, for good; it is refused
    /// at once. A key that was withdrawn earlier keeps that moment. `false` if there is no such
    /// key.
    ///
    /// Whether the caller may do that is not asked here: compare the
    /// [`owner`](KeyRecord::owner) of the record first.
    fn revoke(&self, id: KeyId, at: u64) -> Answer<'_, bool>;

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

    fn insert(&self, record: Arc<KeyRecord>) -> Answer<'_, bool> {
        (**self).insert(record)
    }

    fn revoke(&self, id: KeyId, at: u64) -> Answer<'_, bool> {
        (**self).revoke(id, at)
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
