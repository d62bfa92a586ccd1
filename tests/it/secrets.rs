//! Nothing that holds a secret shows it.

use std::fmt::Debug;
use std::time::Duration;

use http::{HeaderValue, Request};
use portcullis::api_key::{KeyHasher, LastUsed, NewApiKey, Pepper, RequireApiKey};
use portcullis::clock::ManualClock;
use portcullis::guard::{Guard, Shield};
use portcullis::secret::Secret;
use portcullis::store::memory::MemoryKeyRing;
use portcullis::store::{CachedKeyRing, KeyRing};

/// No eight characters of `secret` in a row stand in what `Debug` writes of `holder`.
fn assert_silent(secret: &str, holder: &impl Debug) {
    for shown in [format!("{holder:?}"), format!("{holder:#?}")] {
        for start in 0..=secret.len() - 8 {
            let piece = &secret[start..start + 8];
            assert!(!shown.contains(piece), "{piece} stands in {shown}");
        }
    }
}

#[test]
#[should_panic(expected = "stands in")]
fn the_look_for_secrets_finds_one() {
    assert_silent("correct horse battery", &"a correct horse battery staple");
}

#[test]
fn a_secret_is_silent() {
    let text = "correct horse battery";
    assert_silent(text, &Secret::new(text.to_owned()));
    assert_silent("99, 111, 114, 114", &Secret::new(text.as_bytes().to_vec()));
}

#[tokio::test]
async fn whatever_holds_an_api_key_is_silent() {
    let clock = ManualClock::at(1_000);
    let ring = MemoryKeyRing::default();
    let issued = NewApiKey::owned_by("alice")
        .expiring_in(Duration::from_hours(1))
        .issue(&ring, &clock)
        .await
        .unwrap();
    // The id, which stands before the secret, is public.
    let key = issued.key.expose();
    let secret = &key[key.rfind('_').unwrap() + 1..];
    assert_silent(secret, &issued);
    assert_silent(secret, &ring);
    assert_silent(secret, &issued.record);
    let pepper = Pepper::new(1, secret).unwrap();
    assert_silent(secret, &pepper);
    assert_silent(secret, &KeyHasher::peppered(pepper));
    let cached = CachedKeyRing::over(ring.clone());
    cached.find(issued.record.id()).await.unwrap();
    assert_silent(secret, &cached);
    let last_used = LastUsed::in_ring(cached);
    assert_silent(secret, &last_used);
    let guard = RequireApiKey::in_ring(ring).with_clock(clock);
    let guard = guard.with_last_used(last_used);
    assert_silent(secret, &guard);
    assert_silent(secret, &Shield::new().with(guard.clone()));

    let mut request = Request::new(());
    let value = HeaderValue::from_str(key).unwrap();
    request.headers_mut().insert("x-api-key", value);
    let (mut head, ()) = request.into_parts();
    guard.check(&mut head).await.unwrap();
    assert_silent(secret, &head.headers);
    assert_silent(secret, &head.extensions);
}

#[cfg(feature = "jwt")]
#[test]
fn whatever_holds_a_signing_key_is_silent() {
    use portcullis::jwt::{Algorithm, Grant, JwtIssuer, RequireJwt, SigningKey};

    let secret = "a secret of more than thirty-two bytes";
    let pem = include_str!("../data/jwt/p-256.pem");
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    for (secret, key) in [
        (secret, SigningKey::hs256(secret).unwrap()),
        (&*body, SigningKey::from_pem(Algorithm::Es256, pem).unwrap()),
    ] {
        assert_silent(secret, &key);
        assert_silent(secret, &key.verifying_key());
        let guard = RequireJwt::new("https://id.example", "api", key.verifying_key()).unwrap();
        assert_silent(secret, &guard);
        let issuer = JwtIssuer::new("https://id.example", "api", key).unwrap();
        assert_silent(secret, &issuer);
        let token = issuer.issue(&Grant::to("alice")).unwrap();
        let signature = token.expose().rsplit('.').next().unwrap();
        assert_silent(signature, &token);
    }
}
