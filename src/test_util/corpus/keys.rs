//! Attacks by keys that the attacker has: public ones as secrets, and those brought along.

use serde_json::{Value, json};

use crate::jwt::Algorithm;
use crate::test_util::attack::Attack;
use crate::test_util::draft::{Draft, encode};

pub(super) fn attacks(good: &Draft) -> Vec<Attack> {
    let mut all = confused(good);
    all.extend(brought_along(good));
    all
}

/// The public key, in every form that it is published in, as a secret for HMAC (RFC 8725, section
/// 2.1), and secrets that can be guessed.
fn confused(good: &Draft) -> Vec<Attack> {
    let issuer = good.issuer();
    let pem = issuer.public_key_pem();
    let jwk = issuer.public_jwk();
    let member = |name: &str| jwk.get(name).and_then(Value::as_str).unwrap_or_default();
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let mut all = Vec::new();
    for (name, secret) in [
        ("pem", pem.clone().into_bytes()),
        ("pem_trimmed", pem.trim_end().into()),
        ("pem_with_crlf", pem.replace('\n', "\r\n").into()),
        ("pem_body", body.into()),
        ("der", issuer.public_key_der()),
        ("point", issuer.public_point().to_vec()),
        (
            "coordinates",
            issuer.public_point().iter().skip(1).copied().collect(),
        ),
        ("jwk", jwk.to_string().into()),
        ("jwk_x", member("x").into()),
        ("jwks", issuer.jwks().into()),
        ("key_id", member("kid").into()),
        ("issuer", issuer.name().into()),
        ("nothing", Vec::new()),
        ("zero", vec![0; 32]),
        ("word", b"secret".to_vec()),
    ] {
        let token = good.clone().signed_with_secret(secret).sign();
        all.push(Attack::token(format!("hs256_by_{name}"), &token));
    }
    for (name, algorithm) in [
        ("hs384_by_pem", Algorithm::Hs384),
        ("hs512_by_pem", Algorithm::Hs512),
    ] {
        let draft = good.clone().signed_by_mac(algorithm, pem.clone().into());
        all.push(Attack::token(name, &draft.sign()));
    }
    // Those who look at the header before it is said to be HMAC, and those who do not.
    let honest = good
        .clone()
        .signed_with_secret(pem)
        .with_header("alg", "ES256");
    all.push(Attack::token("es256_by_a_mac_of_pem", &honest.sign()));
    all
}

/// Tokens that say where their key is (RFC 7515, sections 4.1.2 to 4.1.6).
fn brought_along(good: &Draft) -> Vec<Attack> {
    let jwk = good.issuer().stranger_jwk();
    let secret = encode([7; 32]);
    let oct = json!({ "kty": "oct", "alg": "HS256", "k": secret, "kid": "test-key" });
    let stranger = good.clone().signed_by_a_stranger();
    let unnamed = stranger.clone().without_header("kid");
    let with = |name: &str, value: Value| stranger.clone().with_header(name, value);
    let drafts = [
        ("stranger", stranger.clone()),
        ("stranger_without_kid", unnamed.clone()),
        ("stranger_and_jwk", with("jwk", jwk.clone())),
        (
            "stranger_and_jwk_without_kid",
            unnamed.with_header("jwk", jwk.clone()),
        ),
        ("stranger_and_jwks", with("jwks", json!({ "keys": [jwk] }))),
        (
            "stranger_and_jku",
            with("jku", json!("http://127.0.0.1:9/jwks.json")),
        ),
        (
            "stranger_and_jku_with_another_host",
            with("jku", json!("https://id.test@127.0.0.1:9/")),
        ),
        (
            "stranger_and_x5u",
            with("x5u", json!("http://127.0.0.1:9/key.pem")),
        ),
        (
            "stranger_and_x5c",
            with("x5c", json!(["MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"])),
        ),
        ("stranger_and_x5t", with("x5t#S256", json!(encode([7; 32])))),
        (
            "secret_as_jwk",
            good.clone()
                .signed_with_secret([7; 32])
                .with_header("jwk", oct),
        ),
    ];
    drafts
        .into_iter()
        .map(|(name, draft)| Attack::token(format!("key_of_a_{name}"), &draft.sign()))
        .collect()
}
