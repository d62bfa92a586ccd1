//! The provider is what it claims to be, before anything of ours is measured against it.

use std::io::ErrorKind;

use serde_json::{Value, json};

use super::{API, CLIENT_ID, CLIENT_SECRET, KeyPair, Library, Outage, Provider, exchange, now};

#[tokio::test]
async fn a_provider_tells_where_everything_is_and_counts_who_asks() {
    let provider = Provider::start(&[]).await;
    let issuer = provider.issuer();
    assert_eq!(provider.hits("/jwks").await, 0);
    let reply = provider
        .get("/.well-known/openid-configuration")
        .await
        .unwrap();
    let found = reply.json();
    assert_eq!(found["issuer"], issuer);
    assert_eq!(found["jwks_uri"], format!("{issuer}/jwks"));
    assert_eq!(found["token_endpoint"], format!("{issuer}/token"));
    assert_eq!(
        found["introspection_endpoint"],
        format!("{issuer}/token/introspection")
    );
    assert_eq!(
        found["revocation_endpoint"],
        format!("{issuer}/token/revocation")
    );
    let jwks = provider.get("/jwks").await.unwrap();
    let kind = jwks.header("content-type").unwrap();
    assert!(kind.starts_with("application/jwk-set+json"), "{kind}");
    assert!(
        jwks.json()["keys"]
            .as_array()
            .unwrap()
            .iter()
            .all(|key| key["d"].is_null())
    );
    assert_eq!(provider.hits("/jwks").await, 1);
}

#[tokio::test]
async fn every_library_accepts_the_providers_tokens_of_every_algorithm() {
    let provider = Provider::start(&["--alg", "PS256", "--ttl", "60"]).await;
    let jwks = provider.get("/jwks").await.unwrap().json();
    let mut jobs = Vec::new();
    for (resource, alg) in [
        ("", "PS256"),
        ("/RS256", "RS256"),
        ("/ES256", "ES256"),
        ("/EdDSA", "EdDSA"),
    ] {
        let resource = format!("{API}{resource}");
        let token = provider
            .access_token(Some(&resource), "orders:read orders:write", None)
            .await;
        assert_eq!(token.split('.').count(), 3);
        jobs.push(json!({
            "do": "verify", "alg": alg, "key": jwks, "token": token, "issuer": provider.issuer(),
            "audience": API, "typ": "at+jwt",
        }));
    }
    for library in Library::ALL {
        for (job, answer) in jobs.iter().zip(library.run(&jobs).await) {
            assert_eq!(answer["accepted"], true, "{library:?} on {job}: {answer}");
            assert_eq!(answer["header"]["alg"], job["alg"]);
            assert_eq!(answer["header"]["typ"], "at+jwt");
            assert_eq!(answer["claims"]["scope"], "orders:read orders:write");
            assert_eq!(answer["claims"]["client_id"], CLIENT_ID);
            let claim = |name: &str| answer["claims"][name].as_u64().unwrap();
            assert_eq!(claim("exp") - claim("iat"), 60);
        }
    }
}

#[tokio::test]
async fn a_token_for_somebody_else_is_refused_by_every_library() {
    let provider = Provider::start(&[]).await;
    let jwks = provider.get("/jwks").await.unwrap().json();
    let other = Some("https://other.example.com");
    let token = provider.access_token(other, "orders:read", None).await;
    for library in Library::ALL {
        let answer = library
            .verify("ES256", &jwks, &token, provider.issuer())
            .await;
        assert_eq!(answer["accepted"], false, "{library:?}: {answer}");
    }
    let foreign = [
        ("grant_type", "client_credentials"),
        ("resource", "https://nobody.example"),
    ];
    let reply = provider.post("/token", &[], &foreign).await.unwrap();
    assert_eq!(reply.json()["error"], "invalid_target");
}

#[tokio::test]
async fn an_opaque_token_lives_until_it_is_revoked_and_survives_a_rotation() {
    let provider = Provider::start(&[]).await;
    let unbound = provider.access_token(None, "orders:read", None).await;
    assert!(!unbound.contains('.'));
    let resource = format!("{API}/opaque");
    let token = provider
        .access_token(Some(&resource), "orders:read", None)
        .await;
    provider.rotate_and_drop().await;
    let told = provider.introspect(&token).await;
    assert_eq!(told["active"], true);
    assert_eq!(told["aud"], API);
    assert_eq!(told["scope"], "orders:read");
    assert_eq!(told["iss"], provider.issuer());
    provider.revoke(&token).await;
    assert_eq!(provider.introspect(&token).await, json!({"active": false}));
    assert_eq!(provider.introspect(&unbound).await["active"], true);
    assert_eq!(
        provider.introspect("made-up").await,
        json!({"active": false})
    );
}

#[tokio::test]
async fn only_the_known_client_is_told_about_tokens_and_only_once_it_has_proved_itself() {
    let provider = Provider::start(&[]).await;
    let token = provider.access_token(None, "orders:read", None).await;
    let kind = ("content-type", "application/x-www-form-urlencoded");
    for secret in ["", "&client_secret=wrong"] {
        let form = format!("token={token}&client_id={CLIENT_ID}{secret}");
        let line = "POST /token/introspection";
        let reply = exchange(provider.address(), line, &[kind], &form).await;
        let reply = reply.unwrap();
        assert_eq!(reply.status, 401, "{reply:?}");
        assert!(reply.json()["active"].is_null(), "{reply:?}");
    }
    let form = [("token", token.as_str()), ("client_secret", CLIENT_SECRET)];
    let twice = provider.post("/token/introspection", &[], &form).await;
    assert_eq!(
        twice.unwrap().status,
        400,
        "a client proves itself in one way"
    );
    assert_eq!(provider.introspect(&token).await["active"], true);
}

#[tokio::test]
async fn a_rotation_changes_the_signing_key_and_keeps_or_drops_the_old_ones() {
    let provider = Provider::start(&[]).await;
    let first = provider.kids().await;
    let old = provider.access_token(Some(API), "orders:read", None).await;
    provider.rotate().await;
    let both = provider.kids().await;
    assert_eq!(both.len(), 2 * first.len());
    assert!(first.iter().all(|kid| both.contains(kid)));
    let new = provider.access_token(Some(API), "orders:read", None).await;
    let jwks = provider.get("/jwks").await.unwrap().json();
    for token in [&old, &new] {
        let answer = Library::Jose
            .verify("ES256", &jwks, token, provider.issuer())
            .await;
        assert_eq!(answer["accepted"], true, "{answer}");
        let kid = answer["header"]["kid"].as_str().unwrap().to_owned();
        assert_eq!(first.contains(&kid), token == &old);
    }
    provider.rotate_and_drop().await;
    let last = provider.kids().await;
    assert!(last.iter().all(|kid| !both.contains(kid)));
    let jwks = provider.get("/jwks").await.unwrap().json();
    for library in Library::ALL {
        let answer = library
            .verify("ES256", &jwks, &old, provider.issuer())
            .await;
        assert_eq!(answer["accepted"], false, "{library:?}: {answer}");
    }
}

#[tokio::test]
async fn a_provider_goes_down_in_three_ways_and_comes_up_again() {
    let provider = Provider::start(&[]).await;
    provider.go_down(Outage::Unavailable).await;
    assert_eq!(provider.get("/jwks").await.unwrap().status, 503);
    provider.go_down(Outage::Torn).await;
    let torn = provider.get("/jwks").await.unwrap_err().kind();
    assert!(
        matches!(torn, ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset),
        "{torn}"
    );
    provider.go_down(Outage::Silent).await;
    let mut asked = std::pin::pin!(provider.get("/jwks"));
    while provider.hits("/jwks").await < 3 {
        let poll =
            std::future::poll_fn(|context| std::task::Poll::Ready(asked.as_mut().poll(context)));
        assert!(poll.await.is_pending(), "a silent provider answered");
    }
    provider.come_up().await;
    assert_eq!(provider.get("/jwks").await.unwrap().status, 200);
    assert_eq!(provider.hits("/jwks").await, 4);
}

#[tokio::test]
async fn a_token_is_bound_to_the_key_of_a_dpop_proof_that_the_provider_accepts() {
    let provider = Provider::start(&[]).await;
    let jwks = provider.get("/jwks").await.unwrap().json();
    let token_endpoint = format!("{}/token", provider.issuer());
    let pair = KeyPair::generate("ES256").await;
    let proof = pair.proof("POST", &token_endpoint, Value::Null).await;
    let token = provider
        .access_token(Some(API), "orders:read", Some(&proof))
        .await;
    let answer = Library::Jose
        .verify("ES256", &jwks, &token, provider.issuer())
        .await;
    assert_eq!(answer["claims"]["cnf"]["jkt"], pair.thumbprint);
    let opaque = format!("{API}/opaque");
    let second = pair.proof("POST", &token_endpoint, Value::Null).await;
    let opaque = provider
        .access_token(Some(&opaque), "orders:read", Some(&second))
        .await;
    let told = provider.introspect(&opaque).await;
    assert_eq!(told["cnf"]["jkt"], pair.thumbprint);
    assert_eq!(told["token_type"], "DPoP");
    let form = [("grant_type", "client_credentials"), ("resource", API)];
    let late = json!({"claims": {"iat": now() - 3600}});
    for bad in [
        proof,
        pair.proof("GET", &token_endpoint, Value::Null).await,
        pair.proof("POST", provider.issuer(), Value::Null).await,
        pair.proof("POST", &token_endpoint, late).await,
        pair.proof("POST", &token_endpoint, json!({"header": {"typ": "JWT"}}))
            .await,
    ] {
        let reply = provider
            .post("/token", &[("dpop", &bad)], &form)
            .await
            .unwrap();
        assert_eq!(reply.status, 400, "a bad proof was taken: {reply:?}");
    }
}
