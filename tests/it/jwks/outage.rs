//! A key server that is down, slow or wrong is no reason to let anybody in, nor to call a token bad.

use std::time::Duration;

use portcullis::fetch::{Discovery, FetchError, Fetcher};
use portcullis::jwt::{Issuer, RequireJwt};
use serde_json::json;
use tokio::task::JoinSet;

use super::world::{API, SOON, World, clock, jwks, refused, set, signer, verdict};
use crate::outgoing::{self, Script, Server, answer};

#[tokio::test]
async fn j2_while_the_server_hangs_known_keys_serve_and_others_wait_for_one_fetch_alone() {
    let key = signer("a");
    let world = World::holding(&[&key]).await;
    world.server.says(Script::Hang(vec![]));
    let mut strangers = JoinSet::new();
    for n in 0..100 {
        let (guard, token) = (world.guard.clone(), key.token_naming(&n.to_string()));
        strangers.spawn(async move { verdict(&guard, &token).await });
    }
    while world.server.hits() < 2 {
        assert_eq!(world.verdict(&key.token()).await, Ok(()));
        tokio::task::yield_now().await;
    }
    assert!(strangers.try_join_next().is_none(), "they wait");
    assert_eq!(world.verdict(&key.token()).await, Ok(()));
    let waited = tokio::time::timeout(10 * SOON, strangers.join_all()).await;
    let answers = waited.expect("nobody waits for longer than the fetch may take");
    assert!(
        answers
            .iter()
            .all(|found| *found == refused("keys_unavailable")),
        "{answers:?}"
    );
    assert_eq!(world.server.hits(), 2);
    let next = world.verdict(&key.token_naming("late")).await;
    assert_eq!(next, refused("keys_unavailable"), "and asks nobody");
    assert_eq!(world.server.hits(), 2);
    assert_eq!(world.verdict(&key.token()).await, Ok(()));
}

#[tokio::test]
async fn j3_whatever_the_server_says_the_last_good_keys_stay_for_an_hour() {
    let key = signer("a");
    let elsewhere = Server::start(set(&[&key])).await;
    let ok = "200 OK\r\ncontent-type: application/json";
    let good = json!({ "keys": [key.jwk] }).to_string();
    let long = json!({ "keys": [key.jwk], "x": "x".repeat(65 * 1_024) }).to_string();
    let many: Vec<_> = (0..101).map(|n| signer(&n.to_string()).jwk).collect();
    let redirect = |to: &str| Script::Say(answer(&format!("302 Found\r\nlocation: {to}"), &good));
    for (name, script) in [
        ("fails", Script::Say(answer("500 Oh", &good))),
        (
            "shows a page",
            Script::Say(answer("200 OK\r\ncontent-type: text/html", &good)),
        ),
        ("has no keys", jwks(&[])),
        ("has no key set", outgoing::json("", "{}")),
        ("has something else", outgoing::json("", r#"{"keys":{}}"#)),
        (
            "repeats a member",
            outgoing::json("", &good.replacen('{', r#"{"keys":[],"#, 1)),
        ),
        ("breaks off", outgoing::json("", &good[..good.len() - 2])),
        ("has too many keys", jwks(&many)),
        ("says too much", outgoing::json("", &long)),
        (
            "compresses",
            Script::Say(answer(&format!("{ok}\r\ncontent-encoding: gzip"), &good)),
        ),
        ("sends to itself", redirect(&elsewhere.address)),
        (
            "sends to the cloud",
            redirect("http://169.254.169.254/latest/"),
        ),
        ("hangs", Script::Hang(vec![])),
        ("says nothing", Script::Say(vec![])),
    ] {
        let world = World::holding(&[&key]).await;
        world.server.says(script);
        assert!(world.guard.reload().await.is_err(), "{name}");
        assert_eq!(world.verdict(&key.token()).await, Ok(()), "{name}");
        let status = world.guard.status().remove(0);
        assert!(status.is_ready, "{name}");
        let fetched = status.fetched.unwrap();
        assert!(
            fetched.failures == 1 && fetched.last_error.is_some(),
            "{name}"
        );

        world.clock.advance(Duration::from_mins(70));
        let found = world.verdict(&key.token()).await;
        assert_eq!(found, refused("keys_unavailable"), "{name}");
        let status = world.guard.status().remove(0);
        assert!(!status.is_ready && status.keys.is_empty(), "{name}");
        world.server.says(set(&[&key]));
        world.clock.advance(Duration::from_mins(1));
        assert_eq!(world.verdict(&key.token()).await, Ok(()), "{name}");
    }
    assert_eq!(elsewhere.hits(), 0);
}

#[tokio::test]
async fn j9_metadata_of_another_issuer_or_with_plain_http_is_never_believed() {
    let key = signer("a");
    for (issuer, jwks_uri, is_believed) in [
        ("{}", "{}/keys", true),
        ("{}/", "{}/keys", false),
        ("https://id.example", "{}/keys", false),
        ("{}", "http://id.example/keys", false),
        ("{}", "file:///etc/keys", false),
    ] {
        let server = Server::start(Script::Say(vec![])).await;
        let filled = |text: &str| text.replace("{}", &server.address);
        // Both documents at once, since this server says the same whatever is asked.
        let both = json!({
            "issuer": filled(issuer), "jwks_uri": filled(jwks_uri), "keys": [key.jwk],
        });
        server.says(outgoing::json("", &both.to_string()));
        let fetcher = Fetcher::new().unwrap();
        let found = Discovery::dangerous_allow_http_on_loopback(&server.address, fetcher);
        let trusted = Issuer::with_discovery(found.unwrap(), API).unwrap();
        let guard = RequireJwt::of([trusted]).unwrap().with_clock(clock());
        let token = key.token_of(&server.address);
        let expected = if is_believed {
            Ok(())
        } else {
            refused("keys_unavailable")
        };
        assert_eq!(
            verdict(&guard, &token).await,
            expected,
            "{issuer} {jwks_uri}"
        );
        assert_eq!(server.hits(), 1 + usize::from(is_believed));
    }
}

#[tokio::test]
async fn j10_a_server_that_is_down_from_the_start_makes_no_token_bad() {
    let key = signer("a");
    let world = World::new(Script::Say(vec![])).await;
    let status = world.guard.status().remove(0);
    assert!(!status.is_ready && status.keys.is_empty());
    for _ in 0..3 {
        let found = world.verdict(&key.token()).await;
        assert_eq!(found, refused("keys_unavailable"));
    }
    assert_eq!(world.server.hits(), 1, "it is left alone for a second");
    let status = world.guard.status().remove(0);
    assert!(!status.is_ready);
    let error = status.fetched.unwrap().last_error;
    assert!(matches!(error, Some(FetchError::Unreachable(_))));
    world.server.says(set(&[&key]));
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(world.verdict(&key.token()).await, Ok(()));
    assert!(world.guard.status()[0].is_ready);
}

#[tokio::test]
async fn a_signature_that_does_not_fit_a_known_key_is_bad_whether_or_not_the_server_is_up() {
    let (known, other) = (signer("a"), signer("a"));
    let world = World::holding(&[&known]).await;
    world.server.says(Script::Say(vec![]));
    assert_eq!(
        world.verdict(&other.token()).await,
        refused("bad_signature")
    );
    assert_eq!(world.verdict(&known.token()).await, Ok(()));
}
