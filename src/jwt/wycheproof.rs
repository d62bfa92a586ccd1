//! The vectors of Project Wycheproof for JSON Web Signatures and Keys, every one of them judged.
//!
//! Their payloads are no claims, so that they are judged by the very functions that
//! [`Verifier`](super::verifier::Verifier) calls, in its order, without what it asks of claims.

use serde_json::{Value, json};
use wycheproof_ng_kdf_jose::json_web::TestName;

use super::key_set::KeySet;
use super::token::{self, Header};

/// The vectors whose verdict is not ours: what is said here, and why.
const DEVIATIONS: [(u64, &str, &str); 8] = [
    (346, "wrong_algorithm", PINNED),
    (347, NO_KEY, MISSPELT),
    (350, "wrong_algorithm", PINNED),
    (351, NO_KEY, MISSPELT),
    (367, "accepted", TWIN),
    (370, "accepted", TWIN),
    (372, "bad_base64", NOT_BASE64),
    (373, "bad_base64", NOT_BASE64),
];

const PINNED: &str = "the JWK is for PS256 and the token says PS384: a key has one algorithm";
const MISSPELT: &str = "the JWK is for ES521, which is no algorithm (ES512 is)";
const TWIN: &str = "called invalid, yet the very token that vector 357 calls valid, to the byte";
const NOT_BASE64: &str = "called valid with a `?` in it, which is not of the alphabet (RFC 7515)";

/// What stands for the reason of a refusal if the key itself is refused.
const NO_KEY: &str = "no_key";

struct Vector {
    id: u64,
    valid: bool,
    /// A JWK Set.
    keys: Value,
    token: String,
}

/// The vectors of a file that are signatures.
fn vectors(file: TestName) -> Vec<Vector> {
    let all: Value = serde_json::from_str(file.json_data()).unwrap();
    let groups = all["testGroups"].as_array().unwrap().iter();
    let of_group = |group: &Value| {
        let key = group.get("public").unwrap_or(&group["private"]);
        let keys = match key.get("keys") {
            Some(_) => key.clone(),
            None => json!({ "keys": [key] }),
        };
        let tests = group["tests"].as_array().unwrap().clone();
        tests.into_iter().filter_map(move |test| {
            let token = match test.get("jws")? {
                Value::String(compact) => compact.clone(),
                object => object.to_string(),
            };
            Some(Vector {
                id: test["tcId"].as_u64().unwrap(),
                valid: match test["result"].as_str().unwrap() {
                    "valid" => true,
                    "invalid" => false,
                    other => panic!("{other}"),
                },
                keys: keys.clone(),
                token,
            })
        })
    };
    groups.flat_map(of_group).collect()
}

/// Whether `token` is good by `keys`, step by step as the guard sees it.
fn judge(keys: &KeySet, token: &str) -> Result<(), &'static str> {
    let judged = || {
        let parts = token::split(token)?;
        let header = token::decode(parts.header)?;
        let header = Header::read(&header)?;
        let algorithm = keys.algorithm(&header.algorithm)?;
        token::decode(parts.payload)?;
        let signature = token::decode_signature(parts.signature)?;
        let key = keys.find(algorithm, header.key_id.as_deref())?;
        Ok(key.verifies(parts.signed, &signature))
    };
    match judged() {
        Ok(true) => Ok(()),
        Ok(false) => Err("bad_signature"),
        Err(fault) => Err(super::fault::Fault::reason(fault)),
    }
}

fn given(vector: &Vector) -> Result<(), &'static str> {
    let keys = KeySet::from_jwks(&vector.keys.to_string()).map_err(|_| NO_KEY)?;
    judge(&keys, &vector.token)
}

/// Judges each vector of `file`: how many are accepted, how many refused, and those whose verdict
/// is another than the vector's own.
fn run(file: TestName) -> (usize, usize, Vec<(u64, &'static str)>) {
    let (mut accepted, mut refused, mut deviating) = (0, 0, Vec::new());
    for vector in vectors(file) {
        let verdict = given(&vector);
        match verdict {
            Ok(()) => accepted += 1,
            Err(_) => refused += 1,
        }
        if verdict.is_ok() != vector.valid {
            deviating.push((vector.id, verdict.err().unwrap_or("accepted")));
        }
    }
    (accepted, refused, deviating)
}

#[test]
fn signatures_are_judged_as_the_vectors_say_but_for_the_listed_deviations() {
    let listed: Vec<_> = DEVIATIONS
        .iter()
        .map(|(id, seen, _)| (*id, *seen))
        .collect();
    assert_eq!(run(TestName::JsonWebSignature), (42, 359, listed));

    let all = vectors(TestName::JsonWebSignature);
    let token = |id| &all.iter().find(|vector| vector.id == id).unwrap().token;
    for (id, _, why) in DEVIATIONS {
        assert_eq!(token(id) == token(357), why == TWIN, "{id}: {why}");
        assert_eq!(token(id).contains('?'), why == NOT_BASE64, "{id}: {why}");
    }
}

#[test]
fn keys_are_judged_as_the_vectors_say() {
    assert_eq!(run(TestName::JsonWebKey), (5, 21, vec![]));
}

#[test]
fn signatures_among_the_combined_vectors_are_judged_as_they_say() {
    assert_eq!(run(TestName::JsonWebCrypto), (4, 45, vec![]));
}

#[cfg(feature = "remote")]
#[test]
fn fetched_keys_accept_what_given_public_ones_do_and_nothing_else() {
    use super::Algorithm;
    use super::import;

    let mut accepted = 0;
    for vector in [
        TestName::JsonWebSignature,
        TestName::JsonWebKey,
        TestName::JsonWebCrypto,
    ]
    .into_iter()
    .flat_map(vectors)
    {
        let set = vector.keys.to_string();
        let fetched = import::read(set.as_bytes(), &Algorithm::ALL)
            .is_ok_and(|set| judge(&set.keys, &vector.token).is_ok());
        let is_secret = set.contains(r#""kty":"oct""#);
        assert_eq!(
            fetched,
            !is_secret && given(&vector).is_ok(),
            "{}",
            vector.id
        );
        accepted += usize::from(fetched);
    }
    assert!(accepted > 20, "{accepted}");
}
