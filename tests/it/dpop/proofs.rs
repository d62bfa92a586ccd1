//! Proofs, good and bad: D4 to D10.

use http::Request;
use serde_json::{Value, json};

use super::world::{BASE, Holder, NOW, World, dpop, get, lay};

#[tokio::test]
async fn a_proof_whose_header_is_not_right_is_refused() {
    let world = World::new(dpop());
    let (header, claims) = world.holder.parts(&world.token);
    world
        .show(&world.holder.sign(&header, &claims))
        .await
        .accepted();
    let with = |name: &str, value: &str| {
        let mut jwk = world.holder.jwk();
        jwk[name] = value.into();
        json!({"jwk": jwk, "jti": "x"})
    };
    for (changes, reason) in [
        (json!({"typ": "jwt"}), "dpop_wrong_type"),
        (json!({"typ": "at+jwt"}), "dpop_wrong_type"),
        (json!({"typ": null}), "dpop_wrong_type"),
        (json!({"alg": "none"}), "dpop_wrong_algorithm"),
        (json!({"alg": "HS256"}), "dpop_wrong_algorithm"),
        (json!({"alg": "ES384"}), "dpop_wrong_algorithm"),
        (json!({"alg": "ES256"}), "dpop_key_refused"),
        (json!({"alg": null}), "dpop_proof_malformed"),
        (json!({"crit": ["b64"]}), "dpop_proof_malformed"),
        (json!({"jwk": null}), "dpop_key_malformed"),
        (json!({"jwk": "key"}), "dpop_key_malformed"),
        (
            json!({"jwk": {"kty": "oct", "k": "AQAB"}}),
            "dpop_key_refused",
        ),
        (json!({"jwk": {}}), "dpop_key_refused"),
        (with("d", "AQAB"), "dpop_key_refused"),
        (with("k", "AQAB"), "dpop_key_refused"),
        (with("x5c", "AQAB"), "dpop_key_refused"),
        (with("alg", "ES256"), "dpop_key_refused"),
        (with("use", "enc"), "dpop_key_refused"),
        (with("x", "AQAB"), "dpop_key_refused"),
        (json!({"x5c": ["AQAB"]}), "dpop_key_refused"),
        (json!({"jku": "https://evil.example"}), "dpop_key_refused"),
        (json!({"jwk": Holder::new(2).jwk()}), "dpop_bad_signature"),
    ] {
        let mut spoiled = header.clone();
        lay(changes, &mut spoiled);
        let mut fresh = claims.clone();
        fresh["jti"] = "other".into();
        let answer = world.show(&world.holder.sign(&spoiled, &fresh)).await;
        answer.refused("invalid_dpop_proof", reason);
    }
    let mut named = header.clone();
    lay(
        json!({"typ": "DPOP+JWT", "alg": "Ed25519", "kid": "k"}),
        &mut named,
    );
    let proof = world.proof(json!({"jti": "2"}));
    let payload = proof.split('.').nth(1).unwrap();
    world
        .show(&world.holder.sign(&named, &decoded(payload)))
        .await
        .accepted();
}

fn decoded(part: &str) -> Value {
    use base64::Engine;
    let json = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part);
    serde_json::from_slice(&json.unwrap()).unwrap()
}

#[tokio::test]
async fn a_proof_says_everything_about_this_request_and_its_token() {
    let world = World::new(dpop());
    let other = super::world::token(&portcullis::jwt::Grant::to("alice"));
    let other = decoded(
        world
            .holder
            .proof(&other, json!({}))
            .split('.')
            .nth(1)
            .unwrap(),
    );
    for (changes, reason) in [
        (json!({"jti": null}), "dpop_jti_malformed"),
        (json!({"jti": ""}), "dpop_jti_malformed"),
        (json!({"jti": "a".repeat(256)}), "dpop_jti_malformed"),
        (json!({"jti": 7}), "dpop_jti_malformed"),
        (json!({"htm": null}), "dpop_htm_malformed"),
        (json!({"htm": "POST"}), "dpop_htm_mismatch"),
        (json!({"htm": "get"}), "dpop_htm_mismatch"),
        (json!({"htu": null}), "dpop_htu_malformed"),
        (json!({"iat": null}), "dpop_iat_malformed"),
        (json!({"iat": "1700000000"}), "dpop_iat_malformed"),
        (json!({"ath": null}), "dpop_ath_malformed"),
        (json!({"ath": other["ath"]}), "dpop_ath_mismatch"),
        (json!({"iat": NOW - 71}), "dpop_proof_stale"),
        (json!({"iat": NOW + 21}), "dpop_proof_stale"),
    ] {
        let answer = world.show(&world.proof(changes)).await;
        answer.refused("invalid_dpop_proof", reason);
    }
    for (i, changes) in [
        json!({"iat": NOW - 70}),
        json!({"iat": NOW + 20}),
        json!({"jti": "a".repeat(255)}),
        json!({"nonce": "of somebody else"}),
        json!({"unknown": {"a": [1]}}),
    ]
    .into_iter()
    .enumerate()
    {
        let mut changes = changes;
        if changes["jti"].is_null() {
            changes["jti"] = format!("good {i}").into();
        }
        world.show(&world.proof(changes)).await.accepted();
    }
    let stranger = Holder::new(2).proof(&world.token, json!({}));
    let answer = world.show(&stranger).await;
    answer.refused("invalid_token", "dpop_key_mismatch");
}

#[tokio::test]
async fn the_address_of_a_proof_is_compared_in_normal_form() {
    let world = World::new(dpop());
    for (i, htu) in [
        "https://api.example.com/x?a=b",
        "https://api.example.com/x#f",
        "https://api.example.com/%78",
        "https://api.example.com:443/x",
        "HTTPS://API.example.COM/x",
        "https://api.example.com/a/../x",
    ]
    .into_iter()
    .enumerate()
    {
        let proof = world.proof(json!({"htu": htu, "jti": format!("{i}")}));
        world.show(&proof).await.accepted();
    }
    for htu in [
        "http://api.example.com/x",
        "https://evil.example/x",
        "https://api.example.com/y",
        "https://api.example.com/x/",
        "https://api.example.com:444/x",
        "https://evil.example/x?https://api.example.com/x",
        "https://api.example.com@evil.example/x",
        "https://evil.example#@api.example.com/x",
        "/x",
        "",
    ] {
        let answer = world.show(&world.proof(json!({"htu": htu}))).await;
        answer.refused("invalid_dpop_proof", "dpop_htu_mismatch");
    }
}

#[tokio::test]
async fn what_a_request_says_of_its_host_moves_nothing() {
    let world = World::new(dpop());
    let evil = || world.proof(json!({"htu": "https://evil.example/x"}));
    for name in [
        "host",
        "x-forwarded-host",
        "x-forwarded-prefix",
        "x-original-url",
    ] {
        for value in ["evil.example", "evil.example/x?"] {
            let headers = |proof| {
                [
                    ("authorization", format!("DPoP {}", world.token)),
                    ("dpop", proof),
                    (name, value.to_owned()),
                ]
            };
            let answer = world.send(get("/x", &headers(evil()))).await;
            answer.refused("invalid_dpop_proof", "dpop_htu_mismatch");
            let good = world.proof(json!({"jti": format!("{name} {value}")}));
            world.send(get("/x", &headers(good))).await.accepted();
        }
    }
    let absolute = [
        ("authorization", format!("DPoP {}", world.token)),
        ("dpop", evil()),
    ];
    let answer = world.send(get("https://evil.example/x", &absolute)).await;
    answer.refused("invalid_dpop_proof", "dpop_htu_mismatch");
}

#[tokio::test]
async fn a_nested_router_knows_the_address_that_was_asked_for() {
    use axum::{Router, routing::post};
    let world = World::new(dpop());
    let inner = Router::new()
        .route("/sent", post(|| async { "sent" }))
        .layer(super::world::guard(&world.clock).with_dpop(dpop()));
    let app = Router::new().nest("/v1", inner);
    for (htu, status) in [("/sent", 401), ("/v1/sent", 200)] {
        let proof = world.proof(json!({"htm": "POST", "htu": format!("{BASE}{htu}")}));
        let request = Request::post("/v1/sent")
            .header("authorization", format!("DPoP {}", world.token))
            .header("dpop", proof)
            .body(axum::body::Body::empty())
            .unwrap();
        let response = crate::support::send(&app, request).await;
        assert_eq!(response.status(), status, "{htu}");
    }
}
