//! Keys as JSON: which are taken, and for what.

use portcullis::jwt::{Algorithm, KeySet, VerifyingKey};
use serde_json::{Value, json};

use super::door::{SECRET, encode, set};

const RSA_N: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";

fn rsa() -> Value {
    json!({ "kty": "RSA", "n": RSA_N, "e": "AQAB" })
}

fn ec() -> Value {
    json!({
        "kty": "EC", "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    })
}

fn ed() -> Value {
    json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" })
}

fn oct() -> Value {
    json!({ "kty": "oct", "alg": "HS256", "k": encode(SECRET) })
}

#[test]
fn a_jwk_has_the_one_algorithm_that_it_says_or_implies() {
    for (jwk, algorithm) in [
        (rsa(), Algorithm::Rs256),
        (set(rsa(), "alg", json!("PS384")), Algorithm::Ps384),
        (ec(), Algorithm::Es256),
        (set(ec(), "alg", json!("ES256")), Algorithm::Es256),
        (ed(), Algorithm::Ed25519),
        (set(ed(), "alg", json!("EdDSA")), Algorithm::Ed25519),
        (set(ed(), "alg", json!("Ed25519")), Algorithm::Ed25519),
        (oct(), Algorithm::Hs256),
        (set(rsa(), "use", json!("sig")), Algorithm::Rs256),
        (set(rsa(), "key_ops", json!(["verify"])), Algorithm::Rs256),
        (
            set(rsa(), "x5t", json!("unknown members are ignored")),
            Algorithm::Rs256,
        ),
    ] {
        let key = VerifyingKey::from_jwk(&jwk.to_string()).unwrap();
        assert_eq!(key.algorithm(), algorithm, "{jwk}");
    }
    let named = VerifyingKey::from_jwk(&set(ec(), "kid", json!("e1")).to_string()).unwrap();
    assert_eq!(named.id(), Some("e1"));
}

#[test]
fn a_jwk_that_is_not_a_good_key_to_verify_with_is_refused() {
    let bad = |jwk: Value, name: &str, value: Value| set(jwk, name, value);
    for jwk in [
        json!({}),
        json!({ "kty": "none" }),
        bad(rsa(), "d", json!("AQAB")),
        bad(ec(), "d", json!("AQAB")),
        bad(ed(), "d", json!("AQAB")),
        bad(rsa(), "use", json!("enc")),
        bad(rsa(), "use", json!(["sig"])),
        bad(rsa(), "key_ops", json!([])),
        bad(rsa(), "key_ops", json!(["encrypt"])),
        bad(rsa(), "key_ops", json!(["sign"])),
        bad(rsa(), "key_ops", json!("verify")),
        bad(rsa(), "alg", json!("RSA-OAEP")),
        bad(rsa(), "alg", json!("HS256")),
        bad(rsa(), "alg", json!("none")),
        bad(rsa(), "alg", json!(1)),
        bad(rsa(), "e", json!("AQ")),     // 1
        bad(rsa(), "e", json!("Aw")),     // 3
        bad(rsa(), "e", json!("AQAC")),   // even
        bad(rsa(), "e", json!("AAEAAQ")), // a zero in front
        bad(rsa(), "n", json!(&RSA_N[..170])),
        bad(rsa(), "n", json!("")),
        bad(rsa(), "n", json!(format!("{RSA_N}="))),
        bad(rsa(), "kid", json!(1)),
        bad(ec(), "alg", json!("ES384")),
        bad(ec(), "alg", json!("ES521")),
        bad(ec(), "crv", json!("P-384")),
        bad(ec(), "crv", json!("secp256k1")),
        bad(
            ec(),
            "x",
            json!("g83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
        ), // off the curve
        bad(ec(), "x", json!("")),
        bad(ed(), "alg", json!("ES256")),
        bad(ed(), "crv", json!("X25519")),
        bad(ed(), "x", json!(encode([0; 32]))), // of small order
        bad(ed(), "x", json!(encode([7; 31]))),
        bad(oct(), "k", json!("")),
        bad(oct(), "k", json!(encode([7; 31]))),
        bad(oct(), "alg", json!("HS512")),
        bad(oct(), "alg", json!("RS256")),
        json!({ "kty": "oct", "k": encode(SECRET) }),
    ] {
        assert!(VerifyingKey::from_jwk(&jwk.to_string()).is_err(), "{jwk}");
    }
    let twice = rsa().to_string().replacen('{', r#"{"kty":"RSA","#, 1);
    assert!(VerifyingKey::from_jwk(&twice).is_err());
}

#[test]
fn a_jwk_set_is_good_only_as_a_whole() {
    let named = |jwk: Value, id: &str| set(jwk, "kid", json!(id));
    let read = |keys: &[Value]| KeySet::from_jwks(&json!({ "keys": keys }).to_string());
    assert!(read(&[named(rsa(), "a"), named(ec(), "b"), named(ed(), "c")]).is_ok());
    assert!(read(&[named(rsa(), "a"), named(ec(), "a")]).is_ok());
    assert!(read(&[oct()]).is_ok());
    for keys in [
        vec![],
        vec![rsa(), rsa()],
        vec![named(rsa(), "a"), named(rsa(), "a")],
        vec![rsa(), oct()],
        vec![rsa(), set(ec(), "use", json!("enc"))],
        vec![rsa(), set(ec(), "d", json!("AQ"))],
        vec![rsa(), json!("a")],
        (0..101).map(|i| named(ed(), &i.to_string())).collect(),
    ] {
        assert!(read(&keys).is_err(), "{keys:?}");
    }
    for text in ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[],"keys":[]}"#] {
        assert!(KeySet::from_jwks(text).is_err(), "{text}");
    }
}
