//! What every engine of `Seen` promises.

use std::sync::Arc;

use portcullis::store::memory::MemorySeen;
use portcullis::store::{Seen, SeenKey};

fn key(n: u64) -> SeenKey {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&n.to_be_bytes());
    key[0] = u8::try_from(n % 251).unwrap();
    key
}

async fn contract(seen: Arc<dyn Seen>) {
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
    for _ in 0..64 {
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
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_keeps_the_contract() {
    contract(Arc::new(MemorySeen::with_capacity(1_000))).await;
}
