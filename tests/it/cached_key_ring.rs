//! A cache over a ring that takes its time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use portcullis::clock::ManualClock;
use portcullis::store::memory::MemoryKeyRing;
use portcullis::store::{
    Answer, CachedKeyRing, KeyHash, KeyId, KeyOwner, KeyRecord, KeyRing, StoreError,
};
use tokio::sync::Semaphore;

/// Reads at once, and answers when it is let.
#[derive(Clone, Debug)]
struct Slow {
    ring: MemoryKeyRing,
    lookups: Arc<AtomicUsize>,
    gate: Arc<Semaphore>,
}

impl Default for Slow {
    fn default() -> Self {
        Self {
            ring: MemoryKeyRing::default(),
            lookups: Arc::default(),
            gate: Arc::new(Semaphore::new(0)),
        }
    }
}

impl Slow {
    fn lookups(&self) -> usize {
        self.lookups.load(Ordering::Relaxed)
    }

    fn open(&self) {
        self.gate.add_permits(1_000_000);
    }
}

impl KeyRing for Slow {
    fn find(&self, id: KeyId) -> Answer<'_, Option<Arc<KeyRecord>>> {
        Answer::later(async move {
            self.lookups.fetch_add(1, Ordering::Relaxed);
            let found = self.ring.find(id).await;
            self.gate
                .acquire()
                .await
                .map_err(|gone| StoreError::new("slow", gone))?
                .forget();
            found
        })
    }

    fn insert(&self, record: Arc<KeyRecord>) -> Answer<'_, bool> {
        Answer::later(async move { self.ring.insert(record).await })
    }

    fn revoke(&self, id: KeyId, at: u64) -> Answer<'_, bool> {
        Answer::later(async move { self.ring.revoke(id, at).await })
    }

    fn retire(&self, id: KeyId, at: u64) -> Answer<'_, bool> {
        Answer::later(async move { self.ring.retire(id, at).await })
    }

    fn replace(&self, successor: Arc<KeyRecord>, ends_at: u64) -> Answer<'_, bool> {
        Answer::later(async move { self.ring.replace(successor, ends_at).await })
    }

    fn rehash(&self, id: KeyId, from: KeyHash, to: KeyHash) -> Answer<'_, bool> {
        Answer::later(async move { self.ring.rehash(id, from, to).await })
    }

    fn touch<'a>(&'a self, uses: &'a [(KeyId, u64)]) -> Answer<'a, ()> {
        self.ring.touch(uses)
    }

    fn list<'a>(
        &'a self,
        owner: KeyOwner<'a>,
        after: Option<KeyId>,
    ) -> Answer<'a, Vec<Arc<KeyRecord>>> {
        self.ring.list(owner, after)
    }
}

fn id(number: usize) -> KeyId {
    KeyId::parse(&format!("{number:016}")).unwrap()
}

fn key(number: usize) -> Arc<KeyRecord> {
    Arc::new(KeyRecord::new(
        id(number),
        KeyHash::of("k"),
        "alice",
        0,
        None,
    ))
}

type Asked = tokio::task::JoinHandle<Result<Option<Arc<KeyRecord>>, StoreError>>;

fn ask(ring: &CachedKeyRing<Slow>, number: usize) -> Asked {
    let ring = ring.clone();
    tokio::spawn(async move { ring.find(id(number)).await })
}

/// Lets what was spawned get as far as it can.
async fn settled() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

async fn house() -> (Slow, CachedKeyRing<Slow>) {
    let slow = Slow::default();
    slow.ring.insert(key(1)).await.unwrap();
    (slow.clone(), CachedKeyRing::over(slow))
}

#[tokio::test]
async fn a_cache_keeps_the_promises_of_a_key_ring() {
    let slow = Slow::default();
    slow.open();
    crate::key_ring::contract(Arc::new(CachedKeyRing::over(slow))).await;
    crate::key_ring::contract(Arc::new(CachedKeyRing::over(MemoryKeyRing::default()))).await;
}

#[tokio::test]
async fn a_thousand_who_ask_at_once_ask_the_ring_once() {
    let (slow, ring) = house().await;
    for number in [1, 2] {
        let before = slow.lookups();
        let asked: Vec<_> = (0..1_000).map(|_| ask(&ring, number)).collect();
        settled().await;
        slow.open();
        for asked in asked {
            let found = asked.await.unwrap().unwrap();
            assert_eq!(found.is_some(), number == 1);
        }
        assert_eq!(slow.lookups() - before, 1);
        slow.gate.forget_permits(1_000_000);
    }
}

#[tokio::test]
async fn a_look_up_that_a_revocation_overtook_is_forgotten() {
    let (slow, ring) = house().await;
    let before = ask(&ring, 1);
    settled().await; // it has read the key as it was
    assert!(ring.revoke(id(1), 5).await.unwrap());
    slow.open();
    assert!(!before.await.unwrap().unwrap().unwrap().is_revoked());
    let kept = ring.find(id(1)).await.unwrap().unwrap();
    assert!(kept.is_revoked());
    assert_eq!(slow.lookups(), 2);
}

#[tokio::test]
async fn who_comes_after_a_revocation_waits_for_no_look_up_from_before_it() {
    let (slow, ring) = house().await;
    let before = ask(&ring, 1);
    settled().await;
    assert!(ring.revoke(id(1), 5).await.unwrap());
    let after = ask(&ring, 1);
    settled().await;
    assert_eq!(slow.lookups(), 2);
    slow.open();
    assert!(!before.await.unwrap().unwrap().unwrap().is_revoked());
    assert!(after.await.unwrap().unwrap().unwrap().is_revoked());
}

#[tokio::test]
async fn who_gives_up_leaves_the_question_to_the_others_and_the_last_one_ends_it() {
    let (slow, ring) = house().await;
    let (first, second) = (ask(&ring, 1), ask(&ring, 1));
    settled().await;
    first.abort();
    settled().await;
    slow.open();
    assert!(second.await.unwrap().unwrap().is_some());
    assert_eq!(slow.lookups(), 1);

    let (slow, ring) = house().await;
    let only = ask(&ring, 1);
    settled().await;
    only.abort();
    assert!(only.await.unwrap_err().is_cancelled());
    slow.open();
    assert!(ring.find(id(1)).await.unwrap().is_some());
    assert_eq!(
        slow.lookups(),
        2,
        "nothing is left of a question that nobody waits for"
    );
}

#[tokio::test]
async fn all_who_waited_are_told_of_a_failure_and_the_next_one_asks_anew() {
    let (slow, ring) = house().await;
    let asked = [ask(&ring, 1), ask(&ring, 1)];
    settled().await;
    slow.gate.close();
    for asked in asked {
        assert_eq!(asked.await.unwrap().unwrap_err().store(), "slow");
    }
    assert_eq!(slow.lookups(), 1);
    assert!(ring.find(id(1)).await.is_err());
    assert_eq!(slow.lookups(), 2);
}

#[tokio::test]
async fn a_flood_of_guesses_drives_no_good_key_out_and_takes_bounded_room() {
    let slow = Slow::default();
    slow.open();
    let ring = CachedKeyRing::with_room_for(100, slow.clone());
    for number in 0..50 {
        slow.ring.insert(key(number)).await.unwrap();
        ring.find(id(number)).await.unwrap();
    }
    for number in 1_000..6_000 {
        assert!(ring.find(id(number)).await.unwrap().is_none());
    }
    assert_eq!(slow.lookups(), 5_050);
    for number in 0..50 {
        assert!(ring.find(id(number)).await.unwrap().is_some());
    }
    assert_eq!(slow.lookups(), 5_050, "each good key is still known");
    let mut again = 0;
    for number in 1_000..6_000 {
        let before = slow.lookups();
        ring.find(id(number)).await.unwrap();
        again += slow.lookups() - before;
    }
    assert!(
        again >= 4_800,
        "no more than about a hundred guesses are kept: {again}"
    );
}

#[tokio::test]
async fn a_longer_or_shorter_time_to_live_is_kept_to_the_second() {
    let slow = Slow::default();
    slow.open();
    slow.ring.insert(key(1)).await.unwrap();
    let minute = Duration::from_mins(1);
    for (asked, kept) in [
        (Duration::from_millis(999), Duration::ZERO),
        (minute, minute),
        (minute * 60, minute * 5),
    ] {
        let clock = ManualClock::at(0);
        let ring = CachedKeyRing::over(slow.clone());
        let ring = ring.with_clock(clock.clone()).with_lifetime(asked);
        let lookups = async || {
            let before = slow.lookups();
            ring.find(id(1)).await.unwrap();
            slow.lookups() - before
        };
        assert_eq!(lookups().await, 1);
        clock.advance(kept.saturating_sub(Duration::from_secs(1)));
        assert_eq!(lookups().await, usize::from(kept.is_zero()));
        clock.advance(Duration::from_secs(1));
        assert_eq!(lookups().await, 1);
    }
}

#[tokio::test]
async fn a_clock_that_is_set_back_makes_nothing_last_longer() {
    let slow = Slow::default();
    slow.open();
    slow.ring.insert(key(1)).await.unwrap();
    let ring = CachedKeyRing::over(slow.clone());
    for (now, lookups) in [(1_000, 1), (1_029, 0), (999, 1), (1_028, 0), (1_029, 1)] {
        let before = slow.lookups();
        assert!(ring.find_at(id(1), now).await.unwrap().is_some());
        assert_eq!(slow.lookups() - before, lookups, "{now}");
    }
}
