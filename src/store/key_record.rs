//! What is kept of an API key: never the key itself.

mod successor;

use super::key_hash::KeyHash;
use super::key_id::KeyId;
use super::key_ring::KeyOwner;
use crate::identity::{Allowance, Credential, Networks, Principal, Scopes};

/// One API key, as a [`KeyRing`](super::KeyRing) keeps it. Moments are seconds since the Unix
/// epoch.
///
/// An engine stores what the methods without arguments answer, and puts a record together again by
/// [`new`](Self::new) and the steps that follow it.
#[derive(Clone, Debug)]
pub struct KeyRecord {
    id: KeyId,
    hash: KeyHash,
    principal: Principal,
    prefix: Box<str>,
    label: Option<Box<str>>,
    networks: Networks,
    created_at: u64,
    not_before: Option<u64>,
    expires_at: Option<u64>,
    revoked_at: Option<u64>,
    last_used_at: Option<u64>,
    supersedes: Option<KeyId>,
    replaced_by: Option<KeyId>,
}

impl KeyRecord {
    /// The key `id` of the caller `owner`, of which `hash` is kept. From `expires_at` on it is
    /// refused; `None` says never.
    #[must_use]
    pub fn new(
        id: KeyId,
        hash: KeyHash,
        owner: impl Into<Box<str>>,
        created_at: u64,
        expires_at: Option<u64>,
    ) -> Self {
        let credential = Credential::ApiKey {
            id: id.as_str().into(),
        };
        Self {
            id,
            hash,
            principal: Principal::new(owner).with_credential(credential),
            prefix: "key".into(),
            label: None,
            networks: Networks::default(),
            created_at,
            not_before: None,
            expires_at,
            revoked_at: None,
            last_used_at: None,
            supersedes: None,
            replaced_by: None,
        }
    }

    /// Names the customer on whose behalf the key acts.
    #[must_use]
    pub fn with_tenant(mut self, tenant: impl Into<Box<str>>) -> Self {
        self.principal = self.principal.with_tenant(tenant);
        self
    }

    /// Grants scopes to the key.
    #[must_use]
    pub fn with_scopes(mut self, scopes: Scopes) -> Self {
        self.principal = self.principal.with_scopes(scopes);
        self
    }

    /// Gives the key a quota of its own.
    #[must_use]
    pub fn with_allowance(mut self, allowance: Allowance) -> Self {
        self.principal = self.principal.with_allowance(allowance);
        self
    }

    /// Says how the text of the key begins (default: `key`): its environment, as in `acme_live`.
    #[must_use]
    pub fn with_prefix(mut self, prefix: impl Into<Box<str>>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Says what the key is for, in its owner's words.
    #[must_use]
    pub fn with_label(mut self, label: impl Into<Box<str>>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Has the key be refused outside of `networks` (default: none is refused).
    #[must_use]
    pub fn with_networks(mut self, networks: Networks) -> Self {
        self.networks = networks;
        self
    }

    /// Has the key be refused before `moment`.
    #[must_use]
    pub fn with_not_before(mut self, moment: u64) -> Self {
        self.not_before = Some(moment);
        self
    }

    /// Keeps another hash of the same key.
    #[must_use]
    pub fn with_hash(mut self, hash: KeyHash) -> Self {
        self.hash = hash;
        self
    }

    /// Withdraws the key; a moment that stands already stays.
    #[must_use]
    pub fn with_revocation(mut self, at: u64) -> Self {
        self.revoked_at.get_or_insert(at);
        self
    }

    /// Has the key end at `at`; an earlier end that stands already stays.
    #[must_use]
    pub fn with_end(mut self, at: u64) -> Self {
        self.expires_at = Some(self.expires_at.map_or(at, |end| end.min(at)));
        self
    }

    /// Notes that the key was used at `at`; a later use that stands already stays.
    #[must_use]
    pub fn with_last_use(mut self, at: u64) -> Self {
        self.last_used_at = self.last_used_at.max(Some(at));
        self
    }

    /// Says which key this one takes the place of.
    #[must_use]
    pub fn with_predecessor(mut self, id: KeyId) -> Self {
        self.supersedes = Some(id);
        self
    }

    /// Says which key takes the place of this one.
    #[must_use]
    pub fn with_successor(mut self, id: KeyId) -> Self {
        self.replaced_by = Some(id);
        self
    }

    /// The public id of the key.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// What is kept of the key.
    #[must_use]
    pub fn hash(&self) -> &KeyHash {
        &self.hash
    }

    /// The caller that this key proves, ready to be handed on: cloning it costs no allocation.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Whose key it is.
    #[must_use]
    pub fn owner(&self) -> KeyOwner<'_> {
        KeyOwner::of(&self.principal)
    }

    /// What the key may be used for.
    #[must_use]
    pub fn scopes(&self) -> &Scopes {
        self.principal.scopes()
    }

    /// The quota of the key, if it has one of its own.
    #[must_use]
    pub fn allowance(&self) -> Option<Allowance> {
        self.principal.allowance()
    }

    /// How the text of the key begins.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// What the key is for, in its owner's words.
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        self.label.as_deref()
    }

    /// From where the key may be used.
    #[must_use]
    pub fn networks(&self) -> &Networks {
        &self.networks
    }

    /// When the key was issued.
    #[must_use]
    pub fn created_at(&self) -> u64 {
        self.created_at
    }

    /// The first moment at which the key is accepted; `None` if it always was.
    #[must_use]
    pub fn not_before(&self) -> Option<u64> {
        self.not_before
    }

    /// The first moment at which the key is refused; `None` if there is none.
    #[must_use]
    pub fn expires_at(&self) -> Option<u64> {
        self.expires_at
    }

    /// When the key was withdrawn, if it was.
    #[must_use]
    pub fn revoked_at(&self) -> Option<u64> {
        self.revoked_at
    }

    /// When the key was last used, as far as it has been noted: uses are noted a minute and more
    /// late, and not each of them.
    #[must_use]
    pub fn last_used_at(&self) -> Option<u64> {
        self.last_used_at
    }

    /// The key that this one takes the place of.
    #[must_use]
    pub fn supersedes(&self) -> Option<KeyId> {
        self.supersedes
    }

    /// The key that takes the place of this one.
    #[must_use]
    pub fn replaced_by(&self) -> Option<KeyId> {
        self.replaced_by
    }

    /// Whether the key was withdrawn, at whatever moment.
    #[must_use]
    pub fn is_revoked(&self) -> bool {
        self.revoked_at.is_some()
    }

    /// Whether the key has expired at the moment `now`.
    #[must_use]
    pub fn is_expired(&self, now: u64) -> bool {
        self.expires_at.is_some_and(|end| now >= end)
    }

    /// Whether the key is not yet good at the moment `now`.
    #[must_use]
    pub fn is_premature(&self, now: u64) -> bool {
        self.not_before.is_some_and(|start| now < start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_revocation_the_earliest_end_and_the_latest_use_stand() {
        let id = KeyId::parse("0123456789abcXYZ").unwrap();
        let record = KeyRecord::new(id, KeyHash::of("abc"), "alice", 10, None);
        let record = record.with_revocation(20).with_revocation(10);
        assert_eq!(record.revoked_at(), Some(20));
        let record = record.with_end(30).with_end(40).with_end(25).with_end(35);
        assert_eq!(record.expires_at(), Some(25));
        let record = record.with_last_use(2).with_last_use(3).with_last_use(1);
        assert_eq!(record.last_used_at(), Some(3));
    }
}
