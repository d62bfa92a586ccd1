//! Proofs by npm's jose, and tokens of a real provider.

use portcullis::clock::SystemClock;
use portcullis::guard::Shield;
use portcullis::jwt::{Dpop, KeySet, NonceKeys, RequireJwt};
use serde_json::{Value, json};

use super::world::{BASE, World, dpop, get};
use crate::interop::{API, KeyPair, Provider};

#[tokio::test]
async fn a_providers_token_and_a_librarys_proof_open_the_service_once() {
    let provider = Provider::start(&[]).await;
    let jwks = provider.get("/jwks").await.unwrap().json();
    let endpoint = format!("{}/token", provider.issuer());
    for alg in ["ES256", "EdDSA"] {
        let pair = KeyPair::generate(alg).await;
        let at_provider = pair.proof("POST", &endpoint, Value::Null).await;
        let token = provider
            .access_token(Some(API), "orders:read", Some(&at_provider))
            .await;
        let keys = KeySet::from_jwks(&jwks.to_string()).unwrap();
        let guard = RequireJwt::new(provider.issuer(), API, keys).unwrap();
        let nonces = NonceKeys::random().unwrap();
        let guard = guard
            .with_clock(SystemClock)
            .with_dpop(dpop().with_nonces(nonces));
        let guard = guard.with_scopes(["orders:read"]).unwrap();
        let world = World::behind(
            portcullis::clock::ManualClock::default(),
            Shield::new().with(guard),
        );
        let show = async |proof: &str| {
            let headers = [
                ("authorization", format!("DPoP {token}")),
                ("dpop", proof.to_owned()),
            ];
            world.send(get("/x", &headers)).await
        };
        let address = format!("{BASE}/x");
        let rest = json!({"access_token": token});
        let answer = show(&pair.proof("GET", &address, rest).await).await;
        answer.refused("use_dpop_nonce", "dpop_nonce_missing");
        let rest = json!({"access_token": token, "nonce": answer.nonce().unwrap()});
        let proof = pair.proof("GET", &address, rest.clone()).await;
        show(&proof).await.accepted();
        show(&proof)
            .await
            .refused("invalid_dpop_proof", "dpop_proof_replayed");
        let elsewhere = pair.proof("GET", &format!("{BASE}/y"), rest.clone()).await;
        show(&elsewhere)
            .await
            .refused("invalid_dpop_proof", "dpop_htu_mismatch");
        let stranger = KeyPair::generate(alg).await;
        let stolen = stranger.proof("GET", &address, rest).await;
        show(&stolen)
            .await
            .refused("invalid_token", "dpop_key_mismatch");
    }
}

#[tokio::test]
async fn a_librarys_proof_of_every_algorithm_is_verified_and_its_key_recognised() {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD as STRICT;
    use portcullis::clock::ManualClock;
    use portcullis::jwt::Algorithm::{Ed25519, Es256, Es384, Es512, Ps256, Rs256};
    use portcullis::jwt::Grant;

    let all = [Es256, Es384, Es512, Ed25519, Ps256, Rs256];
    let dpop = Dpop::allowed(BASE).unwrap().with_algorithms(all).unwrap();
    let clock = ManualClock::at(super::world::NOW);
    let guard = super::world::guard(&clock).with_dpop(dpop);
    let world = World::behind(clock, Shield::new().with(guard));
    for algorithm in all {
        let pair = KeyPair::generate(algorithm.name()).await;
        let thumbprint = STRICT.decode(&pair.thumbprint).unwrap().try_into().unwrap();
        let token = super::world::token(&Grant::to("alice").with_bound_key(thumbprint));
        let rest = json!({"access_token": token, "claims": {"iat": super::world::NOW}});
        let proof = pair.proof("GET", &format!("{BASE}/x"), rest).await;
        let headers = [("authorization", format!("DPoP {token}")), ("dpop", proof)];
        let answer = world.send(get("/x", &headers)).await;
        assert_eq!(answer.status, 200, "{algorithm:?} {answer:?}");
    }
}
