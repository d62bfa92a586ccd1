//! On a cluster, where no command may touch two slots, Redis keeps the same promises.

use std::sync::Arc;

use portcullis::store::redis::RedisStore;
use portcullis::store::{KeyHash, KeyId, KeyOwner, KeyRecord, KeyRing};

use crate::servers::redis::{CLUSTER, SHARED};

fn store(word: &str) -> Arc<RedisStore> {
    let store = RedisStore::connect(&CLUSTER.url());
    Arc::new(store.unwrap().with_key_prefix(word).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_keeps_the_promises_of_every_shape() {
    crate::seen::contract(store("seen:")).await;
    crate::revocation_marks::contract(store("marks:")).await;
    crate::key_ring::contract(store("keys:")).await;
    crate::refresh_families::contract(store("families:")).await;
}

#[tokio::test]
async fn the_server_of_this_test_refuses_what_touches_two_slots() {
    let client = redis::Client::open(CLUSTER.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut two = redis::cmd("MSET");
    two.arg("a").arg(1).arg("b").arg(2);
    let refused = two.exec_async(&mut connection).await.unwrap_err();
    assert_eq!(refused.code(), Some("CROSSSLOT"));
}

#[tokio::test]
async fn a_server_that_forgets_is_told_from_one_that_does_not() {
    let client = redis::Client::open(SHARED.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let store = RedisStore::connect(&SHARED.url()).unwrap();
    store.check_persistence().await.unwrap();
    let mut set = redis::cmd("CONFIG");
    set.arg("SET").arg("maxmemory-policy").arg("allkeys-lru");
    set.exec_async(&mut connection).await.unwrap();
    let forgets = store.check_persistence().await.unwrap_err();
    let mut restore = redis::cmd("CONFIG");
    restore.arg("SET").arg("maxmemory-policy").arg("noeviction");
    restore.exec_async(&mut connection).await.unwrap();
    assert!(format!("{forgets:?}").contains("noeviction"), "{forgets:?}");
}

/// The states in which a process that is killed in the middle of a rotation leaves the two keys.
#[tokio::test]
async fn a_rotation_that_was_cut_off_is_done_or_is_not() {
    let store = store("cut:");
    let id = |number: u32| KeyId::parse(&format!("{number:016}")).unwrap();
    let key = |number| KeyRecord::new(id(number), KeyHash::of("k"), "alice", 1_000, None);
    for old in [1, 3] {
        assert!(store.insert(Arc::new(key(old))).await.unwrap());
    }
    let done = Arc::new(key(2).with_predecessor(id(1)));
    assert!(store.replace(Arc::clone(&done), 2_000).await.unwrap());
    let undone = Arc::new(key(4).with_predecessor(id(3)));
    assert!(store.insert(undone).await.unwrap());
    let client = redis::Client::open(CLUSTER.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    for (new, old) in [(2, 1), (4, 3)] {
        let mut cut_off = redis::cmd("HSET");
        cut_off.arg(format!("cut:key:{{{new:016}}}"));
        cut_off.arg("pending").arg(id(old).as_str());
        cut_off.exec_async(&mut connection).await.unwrap();
    }
    // The old key names its successor, so that it was done: to be seen, listed and replaced.
    assert!(store.find(id(2)).await.unwrap().is_some());
    let next = Arc::new(key(5).with_predecessor(id(2)));
    assert!(store.replace(next, 2_000).await.unwrap());
    // The other names none: there is no key 4, and the old one lives on.
    assert!(store.find(id(4)).await.unwrap().is_none());
    let next = Arc::new(key(6).with_predecessor(id(4)));
    assert!(!store.replace(next, 2_000).await.unwrap());
    let old = store.find(id(3)).await.unwrap().unwrap();
    assert_eq!((old.expires_at(), old.replaced_by()), (None, None));
    let listed = store.list(KeyOwner::named("alice"), None).await.unwrap();
    let listed: Vec<_> = listed.iter().map(|key| key.id()).collect();
    assert_eq!(listed, [1, 2, 3, 5].map(id));
    let again = Arc::new(key(7).with_predecessor(id(3)));
    assert!(store.replace(again, 2_000).await.unwrap());
}
