//! Each proof once: D11 to D14 and D16.

use std::sync::Arc;
use std::time::Duration;

use portcullis::jwt::Grant;
use portcullis::store::memory::MemorySeen;
use portcullis::store::{Answer, Seen, SeenKey, StoreError};
use serde_json::json;

use super::world::{Holder, NOW, World, dpop, get, token};

#[tokio::test]
async fn a_proof_is_good_once_for_as_long_as_it_would_pass() {
    let world = World::new(dpop());
    let proof = world.proof(json!({"iat": NOW + 20}));
    world.show(&proof).await.accepted();
    for seconds in [0, 60, 30] {
        world.clock.advance(Duration::from_secs(seconds));
        let answer = world.show(&proof).await;
        answer.refused("invalid_dpop_proof", "dpop_proof_replayed");
    }
    world.clock.advance(Duration::from_secs(1));
    let answer = world.show(&proof).await;
    answer.refused("invalid_dpop_proof", "dpop_proof_stale");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_simultaneous_uses_one_succeeds() {
    let world = Arc::new(World::new(dpop()));
    let proof = world.proof(json!({}));
    let mut racers = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (world, proof) = (Arc::clone(&world), proof.clone());
        racers.spawn(async move { world.show(&proof).await.status });
    }
    let mut statuses = racers.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200);
    assert_eq!(statuses[1..], [401; 99]);
}

#[tokio::test]
async fn nobody_uses_up_the_proof_of_another() {
    let world = World::new(dpop());
    let attacker = Holder::new(2);
    let own = token(&Grant::to("mallory").with_bound_key(attacker.thumbprint()));
    let headers = [
        ("authorization", format!("DPoP {own}")),
        ("dpop", attacker.proof(&own, json!({}))),
    ];
    world.send(get("/x", &headers)).await.accepted();
    world.show(&world.proof(json!({}))).await.accepted();
}

#[tokio::test]
async fn a_bad_proof_does_not_use_up_a_good_one() {
    let world = World::new(dpop());
    for changes in [
        json!({"htm": "POST"}),
        json!({"htu": "https://evil.example/x"}),
        json!({"iat": NOW - 71}),
        json!({"ath": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}),
    ] {
        assert_eq!(world.show(&world.proof(changes)).await.status, 401);
    }
    let good = world.proof(json!({}));
    let (signed, _) = good.rsplit_once('.').unwrap();
    let forged = format!("{signed}.{}", "A".repeat(86));
    assert_eq!(world.show(&forged).await.reason, "dpop_bad_signature");
    let stranger = Holder::new(2).proof(&world.token, json!({}));
    assert_eq!(world.show(&stranger).await.status, 401);
    world.show(&good).await.accepted();
}

#[tokio::test]
async fn a_full_store_refuses_and_forgets_nothing() {
    let seen = Arc::new(MemorySeen::with_capacity(16));
    let world = World::new(dpop().with_seen(seen.clone()));
    let proof = |i: u32| world.proof(json!({"jti": format!("{i}")}));
    let mut used = Vec::new();
    for i in 0..200 {
        let answer = world.show(&proof(i)).await;
        match answer.status {
            200 => used.push(i),
            503 => assert_eq!(answer.reason, "dpop_store_unavailable"),
            _ => panic!("{answer:?}"),
        }
    }
    assert_eq!((used.len(), seen.len()), (16, 16));
    for i in used {
        assert_eq!(world.show(&proof(i)).await.reason, "dpop_proof_replayed");
    }
    world.clock.advance(Duration::from_secs(81));
    let late = world.proof(json!({"jti": "0", "iat": NOW + 81}));
    world.show(&late).await.accepted();
}

struct Down;

impl Seen for Down {
    fn insert(&self, _: SeenKey, _: u64, _: u64) -> Answer<'_, bool> {
        StoreError::new("down", "no route").into()
    }
}

#[tokio::test]
async fn a_store_that_is_down_lets_nobody_in() {
    let world = World::new(dpop().with_seen(Arc::new(Down)));
    let answer = world.show(&world.proof(json!({}))).await;
    assert_eq!((answer.status, answer.challenge().as_str()), (503, ""));
    let bad = world.show(&world.proof(json!({"htm": "POST"}))).await;
    assert_eq!(bad.status, 401, "a bad proof asks no store");
}
