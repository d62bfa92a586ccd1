//! Nonces of the server's own: D15 and D18.

use std::time::Duration;

use portcullis::jwt::NonceKeys;
use serde_json::json;

use super::world::{NOW, World, dpop};

fn keys(byte: u8) -> NonceKeys {
    NonceKeys::new([byte; 32]).unwrap()
}

#[tokio::test]
async fn a_caller_learns_the_nonce_from_the_refusal_and_gets_in_with_it() {
    let world = World::new(dpop().with_nonces(keys(1)));
    let answer = world.show(&world.proof(json!({}))).await;
    answer.refused("use_dpop_nonce", "dpop_nonce_missing");
    let nonce = answer.nonce().unwrap().to_owned();
    let answer = world.show(&world.proof(json!({"nonce": nonce}))).await;
    answer.accepted();
    assert_eq!(answer.nonce(), None, "it is as good as new");

    let foreign = World::new(dpop().with_nonces(keys(2)));
    for nonce in ["", "made up", &nonce[1..], &nonce] {
        let answer = foreign.show(&foreign.proof(json!({"nonce": nonce}))).await;
        answer.refused("use_dpop_nonce", "dpop_nonce_forged");
        let nonce = answer.nonce().unwrap().to_owned();
        let jti = format!("after {nonce}");
        let proof = foreign.proof(json!({"nonce": nonce, "jti": jti}));
        assert_ne!(foreign.show(&proof).await.reason, "dpop_nonce_forged");
    }
    let both = keys(2).with_previous([1; 32]).unwrap();
    let moved = World::new(dpop().with_nonces(both));
    let answer = moved.show(&moved.proof(json!({"nonce": nonce}))).await;
    answer.accepted();
}

#[tokio::test]
async fn a_nonce_is_renewed_in_time_and_ends_after_five_minutes() {
    let world = World::new(dpop().with_nonces(keys(1)));
    let first = world.show(&world.proof(json!({}))).await;
    let nonce = first.nonce().unwrap().to_owned();
    let mut late = NOW;
    for (step, renewed) in [(149, false), (1, true), (150, true)] {
        world.clock.advance(Duration::from_secs(step));
        late += step;
        let proof = world.proof(json!({"nonce": nonce, "iat": late, "jti": format!("{late}")}));
        let answer = world.show(&proof).await;
        answer.accepted();
        assert_eq!(answer.nonce().is_some(), renewed, "{late}");
        assert_ne!(answer.nonce(), Some(nonce.as_str()));
    }
    world.clock.advance(Duration::from_secs(1));
    let proof = world.proof(json!({"nonce": nonce, "iat": late + 1, "jti": "late"}));
    let answer = world.show(&proof).await;
    answer.refused("use_dpop_nonce", "dpop_nonce_expired");
    assert_ne!(answer.nonce(), Some(nonce.as_str()));
}
