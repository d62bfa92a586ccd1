//! Which keys of somebody else's set are used, and for what.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use portcullis::jwt::{Algorithm, Issuer, SigningKey};
use serde_json::{Value, json};

use super::world::{API, ISSUER, World, issued, jwks, refused, signer};

fn test_key(algorithm: Algorithm) -> SigningKey {
    SigningKey::from_pem(algorithm, &pem("rsa-2048.pem")).unwrap()
}

fn pem(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/jwt/");
    fs::read_to_string(format!("{folder}{name}")).unwrap()
}

/// The public RSA key of a file, without a word on what it is for.
fn rsa(name: &str, bytes: usize) -> Value {
    let text = pem(name);
    let body: String = text.lines().filter(|line| !line.starts_with('-')).collect();
    let der = base64::engine::general_purpose::STANDARD
        .decode(body)
        .unwrap();
    let n = &der[der.len() - bytes - 5..der.len() - 5];
    json!({"kty": "RSA", "kid": "rsa", "n": BASE64.encode(n), "e": "AQAB"})
}

/// `jwk` with `name` as `value`, or without it if that is null.
fn with(jwk: &Value, name: &str, value: Value) -> Value {
    let mut jwk = jwk.clone();
    match value {
        Value::Null => drop(jwk.as_object_mut().unwrap().remove(name)),
        value => jwk[name] = value,
    }
    jwk
}

#[tokio::test]
async fn j6_keys_that_cannot_be_used_are_skipped_one_by_one_and_counted() {
    let (good, bad) = (signer("good"), signer("bad"));
    let jwk = &bad.jwk;
    for (name, key) in [
        ("no object", json!("key")),
        ("nothing", json!({})),
        (
            "a point that is not on the curve",
            with(jwk, "y", jwk["x"].clone()),
        ),
        ("half a point", with(jwk, "y", Value::Null)),
        ("an unknown curve", with(jwk, "crv", json!("secp256k1"))),
        ("an unknown kind", with(jwk, "kty", json!("AKP"))),
        ("a key for encryption", with(jwk, "use", json!("enc"))),
        (
            "a key that may not verify",
            with(jwk, "key_ops", json!(["sign"])),
        ),
        ("another key's algorithm", with(jwk, "alg", json!("RS256"))),
        (
            "no algorithm of signatures",
            with(jwk, "alg", json!("ECDH-ES")),
        ),
        ("K7: a private key", with(jwk, "d", json!("AQAB"))),
        (
            "K6: a secret",
            json!({"kty": "oct", "k": BASE64.encode([7; 64]), "kid": "bad"}),
        ),
        (
            "K6: a secret with an algorithm",
            json!({"kty": "oct", "k": BASE64.encode([7; 64]), "kid": "bad", "alg": "HS256"}),
        ),
        (
            "a weak key",
            with(&rsa("rsa-1024.pub.pem", 128), "kid", json!("bad")),
        ),
        ("a name that is no text", with(jwk, "kid", json!(7))),
    ] {
        let world = World::new(jwks(&[key, good.jwk.clone()])).await;
        assert_eq!(world.verdict(&good.token()).await, Ok(()), "{name}");
        let found = world.verdict(&bad.token()).await;
        assert_eq!(found, refused("unknown_key"), "{name}");
        let status = world.guard.status().remove(0);
        assert_eq!((status.keys.len(), status.skipped), (1, 1), "{name}");
        assert_eq!(status.keys[0].id(), Some("good"));
    }
    // What can be used but for one member is used without it.
    let world = World::new(jwks(&[with(jwk, "x5u", json!("http://x"))])).await;
    assert_eq!(world.verdict(&bad.token()).await, Ok(()));
}

#[tokio::test]
async fn a_set_in_which_nothing_can_be_used_is_no_set() {
    let key = signer("a");
    for set in [
        vec![json!({"kty": "oct", "k": BASE64.encode([7; 64]), "kid": "a"})],
        vec![with(&key.jwk, "use", json!("enc"))],
        vec![rsa("rsa-1024.pub.pem", 128)],
    ] {
        let world = World::new(jwks(&set)).await;
        let found = world.verdict(&key.token()).await;
        assert_eq!(found, refused("keys_unavailable"));
    }
}

#[tokio::test]
async fn k5_two_keys_of_one_name_serve_nobody_unless_their_algorithms_tell_them_apart() {
    let (one, other) = (signer("a"), signer("a"));
    let world = World::new(jwks(&[one.jwk.clone(), other.jwk.clone()])).await;
    for key in [&one, &other] {
        assert_eq!(world.verdict(&key.token()).await, refused("unknown_key"));
    }
    // Nor does a third one without a name stand in for them.
    let nameless = with(&one.jwk, "kid", Value::Null);
    let world = World::new(jwks(&[one.jwk.clone(), other.jwk.clone(), nameless])).await;
    assert_eq!(world.verdict(&one.token()).await, refused("unknown_key"));

    let rsa = with(&rsa("rsa-2048.pub.pem", 256), "kid", json!("a"));
    let world = World::new(jwks(&[rsa, one.jwk.clone()])).await;
    assert_eq!(world.verdict(&one.token()).await, Ok(()));
    let token = issued(
        &test_key(Algorithm::Ps256).with_id("a"),
        ISSUER,
        &super::world::clock(),
    );
    assert_eq!(world.verdict(&token).await, Ok(()));
}

type Rules = fn(Issuer) -> Issuer;

#[tokio::test]
async fn a_key_that_names_no_algorithm_serves_those_that_its_issuer_may_sign_with() {
    let all = |issuer: Issuer| issuer;
    let one = |issuer: Issuer| issuer.with_algorithms([Algorithm::Ps256]).unwrap();
    let es = |issuer: Issuer| issuer.with_algorithms([Algorithm::Es256]).unwrap();
    let (rs256, rs512, ps256) = (Algorithm::Rs256, Algorithm::Rs512, Algorithm::Ps256);
    for (rules, alg, algorithm, expected) in [
        (all as Rules, None, rs256, Ok(())),
        (all, None, rs512, Ok(())),
        (all, None, ps256, Ok(())),
        (all, Some("RS256"), rs256, Ok(())),
        (all, Some("RS256"), ps256, refused("unknown_key")),
        (all, Some("RS256"), rs512, refused("unknown_key")),
        (one, None, ps256, Ok(())),
        (one, None, rs256, refused("wrong_algorithm")),
        (one, Some("RS256"), ps256, refused("keys_unavailable")),
        (es, None, rs256, refused("wrong_algorithm")),
    ] {
        let key = rsa("rsa-2048.pub.pem", 256);
        let key = alg.map_or(key.clone(), |alg| with(&key, "alg", json!(alg)));
        let world = World::with(jwks(&[key]), rules).await;
        let signing = test_key(algorithm).with_id("rsa");
        let token = issued(&signing, ISSUER, &super::world::clock());
        let found = world.verdict(&token).await;
        assert_eq!(found, expected, "{alg:?} {algorithm:?}");
    }
}

#[test]
fn secrets_are_never_fetched() {
    let server = "https://id.example/keys";
    let endpoint = portcullis::fetch::Endpoint::https(server).unwrap();
    let issuer = Issuer::with_remote_jwks(ISSUER, API, endpoint).unwrap();
    for algorithms in [
        vec![],
        vec![Algorithm::Hs256],
        vec![Algorithm::Es256, Algorithm::Hs512],
    ] {
        assert!(issuer.clone().with_algorithms(algorithms).is_err());
    }
    assert!(issuer.with_algorithms([Algorithm::Es512]).is_ok());
}

#[tokio::test]
async fn a_key_without_a_name_serves_every_token_of_its_algorithm() {
    let (one, other) = (signer("a"), signer("b"));
    let world = World::new(jwks(&[with(&one.jwk, "kid", Value::Null)])).await;
    assert_eq!(
        world.verdict(&one.token()).await,
        Ok(()),
        "nameless keys serve all"
    );
    assert_eq!(
        world.verdict(&other.token()).await,
        refused("bad_signature")
    );
}
