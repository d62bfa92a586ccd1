//! Tokens go both ways between this crate and the libraries that applications meet.

use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as BASE64};
use http::Request;
use portcullis::guard::Guard;
use portcullis::identity::{Facts, Scopes};
use portcullis::jwt::{
    Algorithm, Grant, Issuer, JwtIssuer, KeySet, RequireJwt, SigningKey, VerifyingKey,
};
use serde_json::{Value, json};

use super::{API, Library, now};

const ISSUER: &str = "https://issuer.example";
const SECRET: &str = "a secret of sixty-four bytes, which is what HMAC with SHA-512 needs";

/// The caller whom `guard` sees in `token`, or the word for why it sees none.
pub(super) async fn caller(guard: &RequireJwt, token: &str) -> Result<String, String> {
    let request = Request::get("/").header("authorization", format!("Bearer {token}"));
    let (mut head, _) = request.body(Body::empty()).unwrap().into_parts();
    match guard.check(&mut head).await {
        Ok(_) => {
            let facts = Facts::of(&head.extensions).unwrap();
            Ok(facts.caller.principal().unwrap().subject().to_owned())
        }
        Err(stop) => {
            let problem = stop.into_problem().unwrap();
            Err(format!(
                "{} {}",
                problem.status().as_u16(),
                problem.reason()
            ))
        }
    }
}

/// A token's middle with one letter changed.
fn spoiled(token: &str) -> String {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    format!("{signed}.{first}{}", &signature[1..])
}

#[tokio::test]
async fn every_librarys_tokens_of_every_algorithm_are_accepted_and_only_the_right_ones() {
    let mut keys = Vec::new();
    let public = Algorithm::ALL
        .iter()
        .filter(|alg| !alg.name().starts_with("HS"));
    let names: Vec<_> = public.map(|alg| alg.name()).collect();
    let wanted: Vec<_> = names
        .iter()
        .map(|alg| json!({"do": "key", "alg": alg}))
        .collect();
    for (alg, pair) in names.iter().zip(Library::Jose.run(&wanted).await) {
        let verifying = VerifyingKey::from_jwk(&pair["public"].to_string()).unwrap();
        assert_eq!(verifying.algorithm().name(), *alg);
        keys.push((*alg, pair["private"].clone(), verifying));
    }
    let secret = json!(SECRET);
    keys.push((
        "HS256",
        secret.clone(),
        VerifyingKey::hs256(SECRET).unwrap(),
    ));
    keys.push((
        "HS384",
        secret.clone(),
        VerifyingKey::hs384(SECRET).unwrap(),
    ));
    keys.push(("HS512", secret, VerifyingKey::hs512(SECRET).unwrap()));
    assert_eq!(keys.len(), Algorithm::ALL.len());

    let mut jobs = Vec::new();
    for (alg, private, _) in &keys {
        for (claim, value) in [
            ("sub", json!("ada")),
            ("exp", json!(now() - 300)),
            ("iss", json!("https://evil.example")),
            ("aud", json!(["somebody", "else"])),
        ] {
            let mut claims = json!({
                "iss": ISSUER, "aud": [API, "other"], "sub": "ada", "client_id": "app", "jti": "7",
                "iat": now(), "exp": now() + 300,
            });
            claims[claim] = value;
            let header = json!({"typ": "at+jwt", "kid": private["kid"].as_str().unwrap_or("none")});
            jobs.push(json!({
                "do": "mint", "alg": alg, "key": private, "claims": claims, "header": header,
            }));
        }
    }
    for library in Library::ALL {
        let minted = library.run(&jobs).await;
        for ((alg, _, key), tokens) in keys.iter().zip(minted.chunks(4)) {
            let guard = RequireJwt::new(ISSUER, API, key.clone()).unwrap();
            let token = |place: usize| tokens[place]["token"].as_str().unwrap();
            let what = format!("{library:?} {alg}");
            assert_eq!(
                caller(&guard, token(0)).await.as_deref(),
                Ok("ada"),
                "{what}"
            );
            for (bad, word) in [
                (token(1).to_owned(), "401 token_expired"),
                (token(2).to_owned(), "401 wrong_issuer"),
                (token(3).to_owned(), "401 wrong_audience"),
                (spoiled(token(0)), "401 bad_signature"),
            ] {
                assert_eq!(caller(&guard, &bad).await, Err(word.to_owned()), "{what}");
            }
        }
    }
}

fn pem(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/jwt/");
    std::fs::read_to_string(format!("{folder}{name}")).unwrap()
}

/// The public key in a file, as a JWK: the numbers stand at the end of its DER.
fn jwk(file: &str, alg: Algorithm) -> Value {
    let text = pem(&file.replace(".pem", ".pub.pem"));
    let body: String = text.lines().filter(|line| !line.starts_with('-')).collect();
    let der = STANDARD.decode(body).unwrap();
    let end = |length: usize| &der[der.len() - length..];
    let members = match file {
        "rsa-2048.pem" => {
            json!({"kty": "RSA", "n": BASE64.encode(&end(261)[..256]), "e": "AQAB"})
        }
        "ed25519.pem" => json!({"kty": "OKP", "crv": "Ed25519", "x": BASE64.encode(end(32))}),
        curve => {
            let (crv, unit) = match curve {
                "p-256.pem" => ("P-256", 32),
                "p-384.pem" => ("P-384", 48),
                _ => ("P-521", 66),
            };
            let (x, y) = end(2 * unit).split_at(unit);
            json!({"kty": "EC", "crv": crv, "x": BASE64.encode(x), "y": BASE64.encode(y)})
        }
    };
    let mut jwk = members;
    jwk["kid"] = json!("ours");
    jwk["alg"] = json!(alg.name());
    jwk
}

#[tokio::test]
async fn our_tokens_of_every_algorithm_are_accepted_by_every_library() {
    let mut jobs = Vec::new();
    // ES512 is verified only.
    let signed_with = |alg: &Algorithm| *alg != Algorithm::Es512;
    for alg in Algorithm::ALL.into_iter().filter(signed_with) {
        let file = match alg.name() {
            "ES256" => "p-256.pem",
            "ES384" => "p-384.pem",
            "EdDSA" => "ed25519.pem",
            _ => "rsa-2048.pem",
        };
        let (key, public) = match alg {
            Algorithm::Hs256 => (SigningKey::hs256(SECRET).unwrap(), json!(SECRET)),
            Algorithm::Hs384 => (SigningKey::hs384(SECRET).unwrap(), json!(SECRET)),
            Algorithm::Hs512 => (SigningKey::hs512(SECRET).unwrap(), json!(SECRET)),
            _ => (
                SigningKey::from_pem(alg, &pem(file)).unwrap(),
                jwk(file, alg),
            ),
        };
        if public.is_object() {
            // What we read of it is the same key.
            let own = KeySet::from_jwks(&json!({ "keys": [public] }).to_string()).unwrap();
            let issuer = Issuer::new(ISSUER, API, own).unwrap();
            assert_eq!(issuer.status().keys[0].algorithm(), alg);
        }
        let issuer = JwtIssuer::new(ISSUER, API, key.with_id("ours")).unwrap();
        let grant = Grant::to("ada").with_scopes(Scopes::of(["a", "b"]).unwrap());
        let token = issuer.issue(&grant).unwrap().expose().to_owned();
        for (token, is_right) in [(spoiled(&token), false), (token, true)] {
            jobs.push(json!({
                "do": "verify", "alg": alg.name(), "key": public, "token": token, "issuer": ISSUER,
                "audience": API, "typ": "at+jwt", "right": is_right,
            }));
        }
    }
    for library in Library::ALL {
        for (job, answer) in jobs.iter().zip(library.run(&jobs).await) {
            assert_eq!(
                answer["accepted"], job["right"],
                "{library:?} on {job}: {answer}"
            );
            if answer["accepted"] == true {
                assert_eq!(answer["claims"]["sub"], "ada");
                assert_eq!(answer["claims"]["scope"], "a b");
                assert_eq!(answer["header"]["kid"], "ours");
            }
        }
    }
}
