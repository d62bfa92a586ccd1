//! The libraries agree with each other, before our answers are measured against theirs.

use serde_json::{Value, json};

use super::{API, KeyPair, Library, now};

#[tokio::test]
async fn the_libraries_accept_each_others_tokens_and_refuse_the_broken_ones() {
    const ASYMMETRIC: [&str; 5] = ["RS256", "PS256", "ES256", "ES384", "EdDSA"];
    let issuer = "https://issuer.example";
    let secret = "a secret of at least thirty-two bytes";
    let mut keys = vec![("HS256", json!({"private": secret, "public": secret}))];
    let wanted = ASYMMETRIC.map(|alg| json!({"do": "key", "alg": alg}));
    keys.extend(ASYMMETRIC.into_iter().zip(Library::Jose.run(&wanted).await));

    let mut mints = Vec::new();
    let mut rightness = Vec::new();
    for (alg, key) in &keys {
        for (claim, value, is_right) in [
            ("sub", json!("ada"), true),
            ("exp", json!(now() - 300), false),
            ("exp", Value::Null, false),
            ("iss", json!("https://evil.example"), false),
            ("aud", json!("somebody else"), false),
        ] {
            let mut claims = json!({"iss": issuer, "aud": API, "exp": now() + 300});
            match value {
                Value::Null => drop(claims.as_object_mut().unwrap().remove(claim)),
                value => claims[claim] = value,
            }
            mints.push(json!({
                "do": "mint", "alg": alg, "key": key["private"], "claims": claims,
                "header": {"typ": "at+jwt"}, "public": key["public"],
            }));
            rightness.push(is_right);
        }
    }

    let mut verifications = Vec::new();
    for library in Library::ALL {
        for (mint, minted) in mints.iter().zip(library.run(&mints).await) {
            verifications.push(json!({
                "do": "verify", "alg": mint["alg"], "key": mint["public"], "token": minted["token"],
                "issuer": issuer, "audience": API, "typ": "at+jwt",
            }));
        }
    }
    for library in Library::ALL {
        let answers = library.run(&verifications).await;
        let judged = verifications.iter().zip(answers);
        for ((job, answer), is_right) in judged.zip(rightness.iter().cycle()) {
            assert_eq!(
                answer["accepted"], *is_right,
                "{library:?} on {job}: {answer}"
            );
        }
    }
}

#[tokio::test]
async fn a_wrong_key_or_type_is_refused_by_every_library() {
    let pairs = [
        KeyPair::generate("ES256").await,
        KeyPair::generate("ES256").await,
    ];
    let claims = json!({"iss": "https://issuer.example", "aud": API, "exp": now() + 300});
    for library in Library::ALL {
        let plain = library
            .mint("ES256", &pairs[0].private, &claims, &json!({}))
            .await;
        let typed = json!({"typ": "at+jwt", "kid": pairs[0].private["kid"]});
        let typed = library
            .mint("ES256", &pairs[0].private, &claims, &typed)
            .await;
        for (token, pair, is_right) in [
            (&typed, &pairs[0], true),
            (&typed, &pairs[1], false),
            (&plain, &pairs[0], false),
        ] {
            let issuer = "https://issuer.example";
            let answer = library.verify("ES256", &pair.public, token, issuer).await;
            assert_eq!(answer["accepted"], is_right, "{library:?}: {answer}");
        }
    }
}
