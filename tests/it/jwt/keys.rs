//! Keys: which are taken, and that each verifies its own signatures alone.

use p256::ecdsa::Signature;
use p256::ecdsa::signature::Signer;
use p256::pkcs8::DecodePrivateKey;
use portcullis::clock::ManualClock;
use portcullis::jwt::{Algorithm, Grant, JwtIssuer, KeySet, SigningKey, VerifyingKey};
use serde_json::json;

use super::door::{
    AUDIENCE, Door, ISSUER, NOW, claims, encode, forge_with, guard_with, header, key, set,
};

macro_rules! data {
    ($name:literal) => {
        include_str!(concat!("../../data/jwt/", $name))
    };
}

/// The private key for an asymmetric algorithm.
pub(super) fn pem(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Es256 => data!("p-256.pem"),
        Algorithm::Es384 => data!("p-384.pem"),
        Algorithm::Es512 => data!("p-521.pem"),
        Algorithm::Ed25519 => data!("ed25519.pem"),
        _ => data!("rsa-2048.pem"),
    }
}

fn public_pem(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Es256 => data!("p-256.pub.pem"),
        Algorithm::Es384 => data!("p-384.pub.pem"),
        Algorithm::Es512 => data!("p-521.pub.pem"),
        Algorithm::Ed25519 => data!("ed25519.pub.pem"),
        _ => data!("rsa-2048.pub.pem"),
    }
}

/// Every algorithm that tokens are issued with: all but ES512, which is verified only.
fn signed_with() -> impl Iterator<Item = Algorithm> {
    Algorithm::ALL
        .into_iter()
        .filter(|algorithm| *algorithm != Algorithm::Es512)
}

fn signing(algorithm: Algorithm) -> SigningKey {
    match algorithm {
        Algorithm::Hs256 => SigningKey::hs256([7; 32]),
        Algorithm::Hs384 => SigningKey::hs384([7; 48]),
        Algorithm::Hs512 => SigningKey::hs512([7; 64]),
        _ => SigningKey::from_pem(algorithm, pem(algorithm)),
    }
    .unwrap()
}

pub(super) fn issuer(key: SigningKey) -> JwtIssuer {
    JwtIssuer::new(ISSUER, AUDIENCE, key)
        .unwrap()
        .with_clock(ManualClock::at(NOW))
}

#[tokio::test]
async fn what_a_key_signs_it_verifies_and_no_key_of_another_algorithm_does() {
    for algorithm in signed_with() {
        let key = signing(algorithm).with_id("k");
        let token = issuer(key.clone()).issue(&Grant::to("alice")).unwrap();
        let token = token.expose();
        Door::behind(guard_with(key.verifying_key()))
            .admits(token)
            .await;
        if !matches!(
            algorithm,
            Algorithm::Hs256 | Algorithm::Hs384 | Algorithm::Hs512
        ) {
            let public = VerifyingKey::from_pem(algorithm, public_pem(algorithm)).unwrap();
            Door::behind(guard_with(public)).admits(token).await;
        }
        for other in signed_with() {
            if other != algorithm {
                let door = Door::behind(guard_with(signing(other).verifying_key().with_id("k")));
                door.refuses(token, "wrong_algorithm").await;
            }
        }
    }
}

#[tokio::test]
async fn pkcs_1_and_pkcs_8_are_the_same_rsa_key() {
    let algorithm = Algorithm::Rs256;
    let key = SigningKey::from_pem(algorithm, data!("rsa-2048-pkcs1.pem")).unwrap();
    let public = VerifyingKey::from_pem(algorithm, data!("rsa-2048-pkcs1.pub.pem")).unwrap();
    let token = issuer(key).issue(&Grant::to("alice")).unwrap();
    for key in [public, signing(algorithm).verifying_key()] {
        Door::behind(guard_with(key)).admits(token.expose()).await;
    }
}

#[tokio::test]
async fn a_public_key_is_no_secret() {
    for algorithm in [Algorithm::Rs256, Algorithm::Es256, Algorithm::Ed25519] {
        let text = public_pem(algorithm);
        let door = Door::behind(guard_with(
            VerifyingKey::from_pem(algorithm, text)
                .unwrap()
                .with_id("k1"),
        ));
        let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": "x" }).to_string();
        for secret in [text.as_bytes(), text.trim().as_bytes(), jwk.as_bytes()] {
            let token = forge_with(secret, &header().to_string(), &claims().to_string());
            door.refuses(&token, "wrong_algorithm").await;
            let named = set(header(), "alg", json!(algorithm.name())).to_string();
            let token = forge_with(secret, &named, &claims().to_string());
            door.refuses(&token, "bad_signature").await;
        }
        assert!(VerifyingKey::hs256(text).is_err());
        assert!(SigningKey::hs256(format!("\n{text}")).is_err());
    }
    assert!(VerifyingKey::hs256(json!({ "kty": "RSA", "n": "x".repeat(64) }).to_string()).is_err());
}

#[test]
fn weak_and_foreign_keys_are_refused_when_they_are_configured() {
    for length in [0, 1, 31] {
        assert!(VerifyingKey::hs256(vec![7; length]).is_err(), "{length}");
    }
    assert!(VerifyingKey::hs384([7; 47]).is_err());
    assert!(VerifyingKey::hs512([7; 63]).is_err());
    assert!(SigningKey::hs256([7; 31]).is_err());
    for text in [data!("rsa-1024.pub.pem"), data!("rsa-e3.pub.pem")] {
        assert!(VerifyingKey::from_pem(Algorithm::Rs256, text).is_err());
    }
    for text in [data!("rsa-1024.pem"), data!("rsa-e3.pem")] {
        assert!(SigningKey::from_pem(Algorithm::Ps256, text).is_err());
    }
    for algorithm in Algorithm::ALL {
        for other in Algorithm::ALL {
            let fits = !algorithm.name().starts_with("HS") && pem(algorithm) == pem(other);
            let private = SigningKey::from_pem(algorithm, pem(other));
            let public = VerifyingKey::from_pem(algorithm, public_pem(other));
            let signs = fits && algorithm != Algorithm::Es512;
            assert_eq!(private.is_ok(), signs, "{algorithm:?} {other:?}");
            assert_eq!(public.is_ok(), fits, "{algorithm:?} {other:?}");
        }
        assert!(
            VerifyingKey::from_pem(algorithm, pem(algorithm)).is_err(),
            "{algorithm:?}"
        );
        assert!(SigningKey::from_pem(algorithm, public_pem(algorithm)).is_err());
        for text in [
            "",
            "x",
            "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----",
        ] {
            assert!(VerifyingKey::from_pem(algorithm, text).is_err(), "{text}");
        }
    }
}

/// A token by the key for ES256, its signature changed by `change`.
fn es256(change: impl FnOnce(Signature) -> Vec<u8>) -> String {
    let key = p256::ecdsa::SigningKey::from_pkcs8_der(&der(pem(Algorithm::Es256))).unwrap();
    let header = set(header(), "alg", json!("ES256"));
    let signed = format!(
        "{}.{}",
        encode(header.to_string()),
        encode(claims().to_string())
    );
    let signature = key.sign(signed.as_bytes());
    format!("{signed}.{}", encode(change(signature)))
}

fn der(pem: &str) -> Vec<u8> {
    use base64::Engine;
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    base64::engine::general_purpose::STANDARD
        .decode(body)
        .unwrap()
}

#[tokio::test]
async fn an_ecdsa_signature_is_two_numbers_within_the_order() {
    let key = VerifyingKey::from_pem(Algorithm::Es256, public_pem(Algorithm::Es256)).unwrap();
    let door = Door::behind(guard_with(key.with_id("k1")));
    let r = |signature: &Signature| signature.to_bytes()[..32].to_vec();
    let s = |signature: &Signature| signature.to_bytes()[32..].to_vec();
    let order = [
        &[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0][..],
        &[0xff; 8],
        &[0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84],
        &[0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51],
    ]
    .concat();
    door.admits(&es256(|signature| signature.to_bytes().to_vec()))
        .await;
    door.admits(&es256(|signature| {
        let (r, s) = signature.split_scalars();
        Signature::from_scalars(*r, -*s)
            .unwrap()
            .to_bytes()
            .to_vec()
    }))
    .await;
    for token in [
        es256(|_| vec![0; 64]),
        es256(|signature| [vec![0; 32], s(&signature)].concat()),
        es256(|signature| [r(&signature), vec![0; 32]].concat()),
        es256(|signature| [r(&signature), order.clone()].concat()),
        es256(|signature| [order.clone(), s(&signature)].concat()),
        es256(|signature| signature.to_der().as_bytes().to_vec()),
        es256(|signature| signature.to_bytes()[..63].to_vec()),
        es256(|signature| [&signature.to_bytes()[..], &[0]].concat()),
        es256(|_| vec![]),
        es256(|_| vec![0xff; 1024]),
    ] {
        door.refuses(&token, "bad_signature").await;
    }
}

#[tokio::test]
async fn a_token_finds_its_key_by_name_and_algorithm() {
    let (rsa, ec) = (signing(Algorithm::Rs256), signing(Algorithm::Es256));
    let keys = [
        rsa.verifying_key().with_id("a"),
        ec.verifying_key().with_id("b"),
    ];
    let door = Door::behind(guard_with(KeySet::new(keys).unwrap()));
    for (key, reason) in [
        (rsa.clone().with_id("a"), None),
        (ec.clone().with_id("b"), None),
        (rsa.clone(), None),
        (ec.clone().with_id("a"), Some("unknown_key")),
        (rsa.with_id("b"), Some("unknown_key")),
        (ec.with_id("c"), Some("unknown_key")),
        (
            signing(Algorithm::Ps256).with_id("a"),
            Some("wrong_algorithm"),
        ),
    ] {
        let token = issuer(key).issue(&Grant::to("alice")).unwrap();
        match reason {
            Some(reason) => door.refuses(token.expose(), reason).await,
            None => door.admits(token.expose()).await,
        }
    }
}

#[tokio::test]
async fn a_key_of_the_same_name_with_another_secret_does_not_verify() {
    let door = Door::behind(guard_with(key().verifying_key()));
    let token = forge_with(&[0x5b; 32], &header().to_string(), &claims().to_string());
    door.refuses(&token, "bad_signature").await;
    let zero = token.rsplit_once('.').unwrap().0.to_owned() + "." + &encode([0; 32]);
    door.refuses(&zero, "bad_signature").await;
}

#[test]
fn debug_shows_nothing_of_a_key() {
    let (key, public) = (key(), signing(Algorithm::Es256));
    let shown = format!(
        "{key:?} {:?} {public:?} {:?} {:?}",
        key.verifying_key(),
        guard_with(public.verifying_key()),
        issuer(public.clone()),
    );
    assert!(shown.contains("k1") && shown.contains("Es256"));
    for secret in ["Z", "90, 90", "5a5a", "5A5A", "04", "BEGIN"] {
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }
}
