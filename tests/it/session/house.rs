//! A store that is watched, can be down, and lets others run in between.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use portcullis::clock::ManualClock;
use portcullis::session::{GivenToken, NewFamily, RefreshError, RefreshKeys, RefreshTokens};
use portcullis::store::memory::MemoryRefreshFamilies;
use portcullis::store::{Answer, Family, FamilyId, FamilyOwner, RefreshFamilies, StoreError};

/// Where a watched store fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Down {
    /// Nowhere.
    #[default]
    Nowhere,
    /// At everything.
    Everywhere,
    /// Before a step is made.
    BeforeAdvance,
    /// After a step was made.
    AfterAdvance,
    /// At revocations.
    AtRevoke,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Watched(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    families: MemoryRefreshFamilies,
    calls: AtomicUsize,
    down: std::sync::Mutex<Down>,
}

impl Watched {
    pub(crate) fn calls(&self) -> usize {
        self.0.calls.load(Ordering::SeqCst)
    }

    pub(crate) fn goes(&self, down: Down) {
        *self.0.down.lock().unwrap() = down;
    }

    /// The family itself, past the watch.
    pub(crate) async fn kept(&self, id: FamilyId) -> Family {
        let family = self.0.families.find(id).await.unwrap().unwrap();
        Arc::unwrap_or_clone(family)
    }

    fn asked<'a, T>(
        &'a self,
        at: &'a [Down],
        answer: impl FnOnce() -> Answer<'a, T> + Send + 'a,
    ) -> Answer<'a, T>
    where
        T: Unpin + Send + 'a,
    {
        self.0.calls.fetch_add(1, Ordering::SeqCst);
        Answer::later(async move {
            tokio::task::yield_now().await;
            let down = *self.0.down.lock().unwrap();
            let fails = down == Down::Everywhere || at.contains(&down);
            if fails && down != Down::AfterAdvance {
                return Err(fault());
            }
            let done = answer().await;
            if fails { Err(fault()) } else { done }
        })
    }
}

fn fault() -> StoreError {
    StoreError::new("watched", "no route to secret-host")
}

impl RefreshFamilies for Watched {
    fn insert(&self, family: Arc<Family>) -> Answer<'_, bool> {
        self.asked(&[], move || self.0.families.insert(family))
    }

    fn find(&self, id: FamilyId) -> Answer<'_, Option<Arc<Family>>> {
        self.asked(&[], move || self.0.families.find(id))
    }

    fn advance(&self, id: FamilyId, from: u32, now: u64, idle_ends_at: u64) -> Answer<'_, bool> {
        let at = &[Down::BeforeAdvance, Down::AfterAdvance];
        self.asked(at, move || {
            self.0.families.advance(id, from, now, idle_ends_at)
        })
    }

    fn revoke(&self, id: FamilyId, at: u64) -> Answer<'_, bool> {
        self.asked(&[Down::AtRevoke], move || self.0.families.revoke(id, at))
    }

    fn revoke_owner<'a>(&'a self, owner: FamilyOwner<'a>, at: u64) -> Answer<'a, u64> {
        self.asked(&[Down::AtRevoke], move || {
            self.0.families.revoke_owner(owner, at)
        })
    }

    fn list<'a>(
        &'a self,
        owner: FamilyOwner<'a>,
        after: Option<FamilyId>,
    ) -> Answer<'a, Vec<Arc<Family>>> {
        self.asked(&[], move || self.0.families.list(owner, after))
    }

    fn purge(&self, before: u64) -> Answer<'_, u64> {
        self.asked(&[], move || self.0.families.purge(before))
    }
}

pub(crate) const ISSUER: &str = "https://id.example";
pub(crate) const START: u64 = 1_000_000;

pub(crate) fn keys() -> RefreshKeys {
    RefreshKeys::new([[7; 32]]).unwrap()
}

pub(crate) fn alice() -> FamilyOwner<'static> {
    FamilyOwner::new(ISSUER, "alice")
}

/// A house with the usual lives, its clock and its store.
pub(crate) fn house() -> (RefreshTokens, ManualClock, Watched) {
    let (clock, store) = (ManualClock::at(START), Watched::default());
    let tokens = RefreshTokens::new(store.clone(), keys()).with_clock(clock.clone());
    (tokens, clock, store)
}

pub(crate) async fn begun(tokens: &RefreshTokens) -> GivenToken {
    tokens.begin(NewFamily::of(alice(), "web")).await.unwrap()
}

pub(crate) fn reason<T>(outcome: Result<T, RefreshError>) -> &'static str {
    outcome.map_or_else(|error| error.reason(), |_| "accepted")
}
