//! Families of refresh tokens in memory.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::ops::Bound;
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::clock::{Clock, SystemClock};
use crate::store::{
    Answer, FAMILIES_A_PAGE, FAMILIES_A_PURGE, Family, FamilyId, FamilyOwner, RefreshFamilies,
    StoreError,
};

/// Families of refresh tokens in the memory of this process: bounded, and gone when the process
/// ends, so that everybody logs in again. A handle: clones share the families.
///
/// When it is full, families that are expired or revoked are dropped to make room; if none is, an
/// insert fails. A live family is never dropped.
#[derive(Clone)]
pub struct MemoryRefreshFamilies {
    families: Arc<RwLock<Families>>,
    capacity: usize,
    clock: Arc<dyn Clock>,
}

#[derive(Default)]
struct Families {
    by_id: HashMap<FamilyId, Arc<Family>>,
    by_owner: HashMap<Owner, BTreeSet<FamilyId>>,
    /// When it was last seen that none is dead, so that a full store is not searched in vain for
    /// every insert.
    none_dead_at: Option<u64>,
}

/// An issuer and a subject.
type Owner = (Box<str>, Box<str>);

impl MemoryRefreshFamilies {
    /// A store for at most `capacity` families. The default is 100 000.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            families: Arc::default(),
            capacity,
            clock: Arc::new(SystemClock),
        }
    }

    /// Tells by `clock` which families have ended when it needs room (default: the machine's own).
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    fn read(&self) -> Result<RwLockReadGuard<'_, Families>, StoreError> {
        self.families.read().map_err(|_| poisoned())
    }

    fn write(&self) -> Result<RwLockWriteGuard<'_, Families>, StoreError> {
        self.families.write().map_err(|_| poisoned())
    }

    fn inserted(&self, family: Arc<Family>) -> Result<bool, StoreError> {
        let mut families = self.write()?;
        if families.by_id.contains_key(&family.id()) {
            return Ok(false);
        }
        if families.by_id.len() >= self.capacity {
            families.make_room(self.clock.now());
        }
        if families.by_id.len() >= self.capacity {
            return Err(StoreError::new(
                "memory",
                "full of live families of refresh tokens: give it more room or revoke some",
            ));
        }
        families.insert(family);
        Ok(true)
    }
}

impl Default for MemoryRefreshFamilies {
    fn default() -> Self {
        Self::with_capacity(100_000)
    }
}

impl RefreshFamilies for MemoryRefreshFamilies {
    fn insert(&self, family: Arc<Family>) -> Answer<'_, bool> {
        Answer::Ready(Some(self.inserted(family)))
    }

    fn find(&self, id: FamilyId) -> Answer<'_, Option<Arc<Family>>> {
        let found = |families: RwLockReadGuard<'_, Families>| families.by_id.get(&id).cloned();
        Answer::Ready(Some(self.read().map(found)))
    }

    fn advance(&self, id: FamilyId, from: u32, now: u64, idle_ends_at: u64) -> Answer<'_, bool> {
        let advanced = |mut families: RwLockWriteGuard<'_, Families>| {
            families.advance(id, from, now, idle_ends_at).is_some()
        };
        Answer::Ready(Some(self.write().map(advanced)))
    }

    fn revoke(&self, id: FamilyId, at: u64) -> Answer<'_, bool> {
        let revoked = |mut families: RwLockWriteGuard<'_, Families>| families.revoke(id, at);
        Answer::Ready(Some(self.write().map(revoked)))
    }

    fn revoke_owner<'a>(&'a self, owner: FamilyOwner<'a>, at: u64) -> Answer<'a, u64> {
        let revoked = |mut families: RwLockWriteGuard<'_, Families>| {
            let ids = families.by_owner.get(&owned(owner)).cloned();
            let ids = ids.unwrap_or_default();
            let revoked = ids.into_iter().filter(|id| families.revoke(*id, at));
            revoked.count() as u64
        };
        Answer::Ready(Some(self.write().map(revoked)))
    }

    fn list<'a>(
        &'a self,
        owner: FamilyOwner<'a>,
        after: Option<FamilyId>,
    ) -> Answer<'a, Vec<Arc<Family>>> {
        let page = |families: RwLockReadGuard<'_, Families>| families.page(owner, after);
        Answer::Ready(Some(self.read().map(page)))
    }

    fn purge(&self, before: u64) -> Answer<'_, u64> {
        let purged = |mut families: RwLockWriteGuard<'_, Families>| {
            let dead = families.dead(before);
            let dead: Vec<_> = dead.take(FAMILIES_A_PURGE).collect();
            for family in &dead {
                families.remove(family);
            }
            dead.len() as u64
        };
        Answer::Ready(Some(self.write().map(purged)))
    }
}

impl fmt::Debug for MemoryRefreshFamilies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryRefreshFamilies")
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

impl Families {
    fn insert(&mut self, family: Arc<Family>) {
        let id = family.id();
        let owner = owned(family.owner());
        self.by_owner.entry(owner).or_default().insert(id);
        self.by_id.insert(id, family);
    }

    fn advance(&mut self, id: FamilyId, from: u32, now: u64, idle_ends_at: u64) -> Option<()> {
        let family = self.by_id.get_mut(&id)?;
        let next = from.checked_add(1)?;
        if family.generation() != from || family.is_revoked() || family.is_expired(now) {
            return None;
        }
        *family = Arc::new(Family::clone(family).with_rotation(next, now, idle_ends_at));
        Some(())
    }

    fn revoke(&mut self, id: FamilyId, at: u64) -> bool {
        match self.by_id.get_mut(&id) {
            Some(family) if !family.is_revoked() => {
                *family = Arc::new(Family::clone(family).with_revocation(at));
                self.none_dead_at = None;
                true
            }
            _ => false,
        }
    }

    fn dead(&self, before: u64) -> impl Iterator<Item = Arc<Family>> {
        let all = self.by_id.values();
        all.filter(move |family| family.is_dead_since(before))
            .cloned()
    }

    fn make_room(&mut self, now: u64) {
        if self.none_dead_at == Some(now) {
            return;
        }
        // A family that was revoked is dead, whichever clock said when.
        let dead = self.by_id.values();
        let dead = dead.filter(|family| family.is_revoked() || family.is_expired(now));
        let dead: Vec<_> = dead.cloned().collect();
        for family in &dead {
            self.remove(family);
        }
        self.none_dead_at = Some(now);
    }

    fn remove(&mut self, family: &Family) {
        self.by_id.remove(&family.id());
        let owner = owned(family.owner());
        if let Some(ids) = self.by_owner.get_mut(&owner) {
            ids.remove(&family.id());
            if ids.is_empty() {
                self.by_owner.remove(&owner);
            }
        }
    }

    fn page(&self, owner: FamilyOwner<'_>, after: Option<FamilyId>) -> Vec<Arc<Family>> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let ids = self.by_owner.get(&owned(owner));
        ids.into_iter()
            .flat_map(|ids| ids.range((start, Bound::Unbounded)))
            .filter_map(|id| self.by_id.get(id).cloned())
            .take(FAMILIES_A_PAGE)
            .collect()
    }
}

fn owned(owner: FamilyOwner<'_>) -> Owner {
    (owner.issuer().into(), owner.subject().into())
}

/// Whoever held the lock panicked, so what it guards may be half done.
fn poisoned() -> StoreError {
    StoreError::new("memory", "a panic left the families half changed")
}

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::time::Duration;

    use super::*;
    use crate::clock::ManualClock;

    fn alice() -> FamilyOwner<'static> {
        FamilyOwner::new("https://id.example", "alice")
    }

    fn family(number: u8, ends_at: u64) -> Arc<Family> {
        let id = FamilyId::from([number; 16]);
        Arc::new(Family::new(id, [0; 32], alice(), "web", 0).with_ends(ends_at, ends_at))
    }

    #[tokio::test]
    async fn a_full_store_drops_dead_families_and_never_a_live_one() {
        let clock = ManualClock::at(100);
        let families = MemoryRefreshFamilies::with_capacity(2).with_clock(clock.clone());
        assert!(families.insert(family(1, 110)).await.unwrap());
        assert!(families.insert(family(2, 900)).await.unwrap());
        assert!(!families.insert(family(2, 900)).await.unwrap());

        let full = families.insert(family(3, 900)).await.unwrap_err();
        assert!(full.source().unwrap().to_string().contains("full"));
        assert!(families.find(family(1, 0).id()).await.unwrap().is_some());

        clock.advance(Duration::from_secs(10)); // the first has ended
        assert!(families.insert(family(3, 900)).await.unwrap());
        assert!(families.find(family(1, 0).id()).await.unwrap().is_none());
        assert!(families.insert(family(4, 900)).await.is_err());

        // Within the same second, and by a clock that is ahead.
        assert!(families.revoke(family(2, 0).id(), 500).await.unwrap());
        assert!(families.insert(family(4, 900)).await.unwrap());
        let left = families.list(alice(), None).await.unwrap();
        let left: Vec<_> = left.iter().map(|family| family.id()).collect();
        assert_eq!(left, [family(3, 0).id(), family(4, 0).id()]);
        assert_eq!(families.purge(900).await.unwrap(), 2);
        assert!(families.read().unwrap().by_owner.is_empty());
    }

    #[tokio::test]
    async fn a_store_that_a_panic_left_half_changed_answers_no_more() {
        let families = MemoryRefreshFamilies::default();
        let twin = families.clone();
        let panicked = std::thread::spawn(move || {
            let _families = twin.families.write();
            panic!("in the middle of a change");
        });
        assert!(panicked.join().is_err());
        assert!(families.find(family(1, 0).id()).await.is_err());
        assert!(families.insert(family(1, 9)).await.is_err());
        assert!(families.advance(family(1, 0).id(), 1, 0, 9).await.is_err());
    }
}
