//! The records of a ring in memory, by their ids and by their owners.

use std::collections::{BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use crate::store::{KEYS_A_PAGE, KeyId, KeyOwner, KeyRecord};

#[derive(Default)]
pub(super) struct Keys {
    by_id: HashMap<KeyId, Arc<KeyRecord>>,
    by_owner: HashMap<Owner, BTreeSet<KeyId>>,
}

/// A subject and a tenant.
type Owner = (Box<str>, Option<Box<str>>);

impl Keys {
    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(super) fn get(&self, id: KeyId) -> Option<&Arc<KeyRecord>> {
        self.by_id.get(&id)
    }

    pub(super) fn insert(&mut self, record: Arc<KeyRecord>) {
        let id = record.id();
        self.by_owner
            .entry(owned(record.owner()))
            .or_default()
            .insert(id);
        self.by_id.insert(id, record);
    }

    /// Changes the record of the key `id`. `false` if there is none. Its owner must stay.
    pub(super) fn alter(&mut self, id: KeyId, alter: impl FnOnce(KeyRecord) -> KeyRecord) -> bool {
        let record = self.by_id.get_mut(&id);
        let found = record.is_some();
        if let Some(record) = record {
            *record = Arc::new(alter(KeyRecord::clone(record)));
        }
        found
    }

    /// The key that `successor` supersedes, if it may do so.
    pub(super) fn replaceable(&self, successor: &KeyRecord) -> Option<KeyId> {
        let old = self.get(successor.supersedes()?)?;
        let live = !old.is_revoked()
            && !old.is_expired(successor.created_at())
            && old.replaced_by().is_none();
        (live && self.get(successor.id()).is_none()).then(|| old.id())
    }

    pub(super) fn drop_dead(&mut self, now: u64) {
        let Self { by_id, by_owner } = self;
        by_id.retain(|_, record| !record.is_revoked() && !record.is_expired(now));
        by_owner.retain(|_, ids| {
            ids.retain(|id| by_id.contains_key(id));
            !ids.is_empty()
        });
    }

    pub(super) fn page(&self, owner: KeyOwner<'_>, after: Option<KeyId>) -> Vec<Arc<KeyRecord>> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let ids = self.by_owner.get(&owned(owner));
        ids.into_iter()
            .flat_map(|ids| ids.range((start, Bound::Unbounded)))
            .filter_map(|id| self.get(*id).map(Arc::clone))
            .take(KEYS_A_PAGE)
            .collect()
    }
}

fn owned(owner: KeyOwner<'_>) -> Owner {
    (owner.subject().into(), owner.tenant().map(Into::into))
}
