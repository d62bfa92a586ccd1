//! On a cluster, where no command may touch two slots, Redis keeps the same promises.

use std::sync::Arc;

use portcullis::store::redis::RedisStore;

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
