//! A resource server of ours beside a real provider: its tokens, its rotations and its outages.

use std::time::Duration;

use portcullis::clock::ManualClock;
use portcullis::fetch::{Discovery, Fetcher};
use portcullis::jwt::{Issuer, RequireJwt};
use serde_json::json;
use tokio::task::JoinSet;

use super::tokens_test::caller;
use super::{API, CLIENT_ID, KeyPair, Library, Outage, Provider, now};

const KEYS: &str = "/jwks";
const METADATA: &str = "/.well-known/openid-configuration";
const UNAVAILABLE: &str = "503 keys_unavailable";
const COOLDOWN: Duration = Duration::from_secs(30);

/// A guard that trusts `provider` and has asked it nothing yet.
fn guard(provider: &Provider, clock: &ManualClock) -> RequireJwt {
    guard_that_waits(provider, clock, Duration::from_secs(15))
}

/// Time that passes between two processes cannot be moved by hand. What has to come to an end by
/// itself is given little of it, and what has to come all that there is.
fn guard_that_waits(provider: &Provider, clock: &ManualClock, timeout: Duration) -> RequireJwt {
    let fetcher = Fetcher::new().unwrap().with_timeout(timeout);
    let found = Discovery::dangerous_allow_http_on_loopback(provider.issuer(), fetcher).unwrap();
    let issuer = Issuer::with_discovery(found, API).unwrap();
    RequireJwt::of([issuer]).unwrap().with_clock(clock.clone())
}

async fn token(provider: &Provider) -> String {
    provider.access_token(Some(API), "orders:read", None).await
}

/// How often its keys and its metadata have been asked for.
async fn asked(provider: &Provider) -> (u64, u64) {
    (provider.hits(KEYS).await, provider.hits(METADATA).await)
}

fn refused(words: &str) -> Result<String, String> {
    Err(words.to_owned())
}

#[tokio::test]
async fn the_providers_tokens_of_every_algorithm_are_accepted_and_those_for_others_are_not() {
    let provider = Provider::start(&[]).await;
    let guard = guard(&provider, &ManualClock::at(now()));
    assert_eq!(
        asked(&provider).await,
        (0, 0),
        "nobody has shown a token yet"
    );
    for alg in ["RS256", "PS256", "ES256", "EdDSA"] {
        let resource = format!("{API}/{alg}");
        let token = provider
            .access_token(Some(&resource), "orders:read", None)
            .await;
        let found = caller(&guard, &token).await;
        assert_eq!(found.as_deref(), Ok(CLIENT_ID), "{alg}");
    }
    assert_eq!(asked(&provider).await, (1, 1));
    let status = guard.status().remove(0);
    assert!(status.is_ready && status.skipped == 0);
    // An RSA key without `alg` serves six, and the others one each.
    assert_eq!(status.keys.len(), 6 + 1 + 1);

    let other = Some("https://other.example.com");
    let foreign = provider.access_token(other, "orders:read", None).await;
    assert_eq!(
        caller(&guard, &foreign).await,
        refused("401 wrong_audience")
    );
    let opaque = provider.access_token(None, "orders:read", None).await;
    assert_eq!(
        caller(&guard, &opaque).await,
        refused("401 token_malformed")
    );
    let strict = guard.clone().with_scopes(["orders:write"]).unwrap();
    let weak = token(&provider).await;
    assert_eq!(
        caller(&strict, &weak).await,
        refused("403 insufficient-scope")
    );
    assert_eq!(
        asked(&provider).await,
        (1, 1),
        "guards share what was fetched"
    );
}

#[tokio::test]
async fn keys_are_rotated_while_requests_go_on() {
    let provider = Provider::start(&[]).await;
    let clock = ManualClock::at(now());
    let guard = guard(&provider, &clock);
    let old = token(&provider).await;
    assert!(caller(&guard, &old).await.is_ok());

    provider.rotate().await;
    let new = token(&provider).await;
    assert_eq!(
        caller(&guard, &new).await,
        refused("401 unknown_key"),
        "a moment too early"
    );
    clock.advance(COOLDOWN);
    let mut requests = JoinSet::new();
    for token in [&old, &new].repeat(50) {
        let (guard, token) = (guard.clone(), token.clone());
        requests.spawn(async move { caller(&guard, &token).await });
    }
    assert!(requests.join_all().await.iter().all(Result::is_ok));
    assert_eq!(asked(&provider).await, (2, 1));

    provider.rotate_and_drop().await;
    let last = token(&provider).await;
    clock.advance(COOLDOWN);
    assert!(
        caller(&guard, &old).await.is_ok(),
        "nobody knows yet that it is withdrawn"
    );
    assert!(caller(&guard, &last).await.is_ok());
    for gone in [&old, &new] {
        assert_eq!(caller(&guard, gone).await, refused("401 unknown_key"));
    }
    assert_eq!(asked(&provider).await, (3, 1));
}

#[tokio::test]
async fn a_provider_that_is_down_is_a_503_at_first_and_unnoticed_later() {
    for (outage, seconds) in [
        (Outage::Unavailable, 15),
        (Outage::Torn, 15),
        (Outage::Silent, 5),
    ] {
        let provider = Provider::start(&["--ttl", "7200"]).await;
        let clock = ManualClock::at(now());
        let guard = guard_that_waits(&provider, &clock, Duration::from_secs(seconds));
        let good = token(&provider).await;
        provider.go_down(outage).await;
        for _ in 0..3 {
            assert_eq!(
                caller(&guard, &good).await,
                refused(UNAVAILABLE),
                "{outage:?}"
            );
        }
        assert_eq!(asked(&provider).await, (0, 1), "{outage:?}");
        assert!(!guard.status()[0].is_ready);
        provider.come_up().await;
        clock.advance(Duration::from_secs(1));
        assert!(caller(&guard, &good).await.is_ok(), "{outage:?}");

        provider.rotate().await;
        let new = token(&provider).await;
        provider.go_down(outage).await;
        clock.advance(COOLDOWN);
        assert_eq!(
            caller(&guard, &new).await,
            refused(UNAVAILABLE),
            "{outage:?}"
        );
        clock.advance(Duration::from_mins(30));
        assert!(caller(&guard, &good).await.is_ok(), "{outage:?}");
        provider.come_up().await;
        clock.advance(Duration::from_mins(1));
        assert!(caller(&guard, &new).await.is_ok(), "{outage:?}");
        assert!(
            guard.status()[0]
                .fetched
                .as_ref()
                .unwrap()
                .last_error
                .is_none()
        );
    }
}

#[tokio::test]
async fn no_flood_of_bad_tokens_reaches_the_provider() {
    let provider = Provider::start(&[]).await;
    let clock = ManualClock::at(now());
    let guard = guard(&provider, &clock);
    let pair = KeyPair::generate("ES256").await;
    let own = |issuer: &str, exp: u64, kid: &str| {
        let claims = json!({
            "iss": issuer, "aud": API, "sub": "eve", "client_id": "eve", "jti": "1", "iat": now(),
            "exp": exp,
        });
        json!({
            "do": "mint", "alg": "ES256", "key": pair.private, "claims": claims,
            "header": {"typ": "at+jwt", "kid": kid},
        })
    };
    let issuer = provider.issuer();
    let mut jobs = vec![
        own("https://evil.example", now() + 300, "x"),
        own(&format!("{issuer}/"), now() + 300, "x"),
        own(issuer, now() - 300, "x"),
    ];
    jobs.extend((0..200).map(|n| own(issuer, now() + 300, &n.to_string())));
    let minted = Library::Jose.run(&jobs).await;
    let tokens: Vec<_> = minted
        .iter()
        .map(|job| job["token"].as_str().unwrap())
        .collect();
    let (bad, unknown) = tokens.split_at(3);
    for garbage in ["x", "a.b.c", "e30.e30.e30", "..", &"a".repeat(16_384)] {
        assert!(caller(&guard, garbage).await.is_err());
    }
    for (token, word) in bad
        .iter()
        .zip(["wrong_issuer", "wrong_issuer", "token_expired"])
    {
        assert_eq!(caller(&guard, token).await, refused(&format!("401 {word}")));
    }
    assert_eq!(
        asked(&provider).await,
        (0, 0),
        "not even a cold guard asks for these"
    );

    assert!(caller(&guard, &token(&provider).await).await.is_ok());
    for round in 1..=2 {
        clock.advance(COOLDOWN);
        for token in unknown {
            assert_eq!(caller(&guard, token).await, refused("401 unknown_key"));
        }
        assert!(caller(&guard, &token(&provider).await).await.is_ok());
        assert_eq!(asked(&provider).await, (1 + round, 1));
    }
    // A name that the provider does publish, and a signature that is not its own.
    clock.advance(COOLDOWN);
    let names = provider.kids().await;
    let before = asked(&provider).await.0;
    let forged: Vec<_> = names
        .iter()
        .map(|kid| own(issuer, now() + 300, kid))
        .collect();
    for job in Library::Jose.run(&forged).await {
        let found = caller(&guard, job["token"].as_str().unwrap()).await;
        assert!(
            found == refused("401 bad_signature") || found == refused("401 unknown_key"),
            "{found:?}"
        );
    }
    assert!(asked(&provider).await.0 <= before + 1);
}
