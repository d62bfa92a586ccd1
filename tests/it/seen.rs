//! What every engine of `Seen` promises.

use std::sync::Arc;

use portcullis::store::memory::MemorySeen;
use portcullis::store::{Seen, SeenKey};

#[cfg(any(feature = "postgres", feature = "redis", feature = "sqlite"))]
use crate::servers::engines;

fn key(n: u64) -> SeenKey {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&n.to_be_bytes());
    key[0] = u8::try_from(n % 251).unwrap();
    key
}

pub(crate) async fn contract(seen: Arc<dyn Seen>) {
    assert!(seen.insert(key(1), 1_010, 1_000).await.unwrap());
    assert!(!seen.insert(key(1), 1_010, 1_000).await.unwrap());
    assert!(
        !seen.insert(key(1), 1_020, 1_009).await.unwrap(),
        "still counts in its last second"
    );
    assert!(
        seen.insert(key(1), 1_020, 1_010).await.unwrap(),
        "its time is over"
    );
    assert!(
        seen.insert(key(2), 1_010, 1_000).await.unwrap(),
        "another key is another"
    );

    let mut racers = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let seen = Arc::clone(&seen);
        racers.spawn(async move { seen.insert(key(3), 2_000, 1_000).await.unwrap() });
    }
    let winners = racers
        .join_all()
        .await
        .into_iter()
        .filter(|&first| first)
        .count();
    assert_eq!(winners, 1);

    let farthest = u64::MAX; // no time is too long to be kept
    assert!(seen.insert(key(4), farthest, 1_000).await.unwrap());
    assert!(!seen.insert(key(4), farthest, 1_000).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_keeps_the_contract() {
    contract(Arc::new(MemorySeen::with_capacity(1_000))).await;
}

#[cfg(feature = "sqlite")]
#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_the_contract() {
    let folder = engines::Folder::new();
    contract(Arc::new(engines::sqlite(&folder).await)).await;
    let anew = engines::sqlite(&folder).await;
    survives(&anew).await;
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread")]
async fn postgres_keeps_the_contract() {
    let word = engines::own_word();
    contract(Arc::new(engines::postgres(&word).await)).await;
    survives(&engines::postgres(&word).await).await;
}

#[cfg(feature = "redis")]
#[tokio::test(flavor = "multi_thread")]
async fn redis_keeps_the_contract() {
    let word = engines::own_word();
    contract(Arc::new(engines::redis(&word))).await;
    survives(&engines::redis(&word)).await;
}

/// What the contract has left counts for another handle too.
#[cfg(any(feature = "postgres", feature = "redis", feature = "sqlite"))]
async fn survives(anew: &dyn Seen) {
    assert!(!anew.insert(key(3), 2_000, 1_999).await.unwrap());
    assert!(anew.insert(key(3), 2_001, 2_000).await.unwrap());
}
