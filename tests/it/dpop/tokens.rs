//! Tokens and the hands that they are good in: D1 to D3, D17, U4 and M1.

use std::time::Duration;

use axum::{Json, Router, routing};
use http::HeaderMap;
use portcullis::authz::RequireScopes;
use portcullis::clock::ManualClock;
use portcullis::guard::Shield;
use portcullis::identity::Scopes;
use portcullis::jwt::{ClientCertificate, Dpop, Grant, Mtls, Revocations};
use portcullis::step_up::StepUp;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::world::{self, Answer, BASE, NOW, World, dpop, get, token};
use crate::interop::Library;
use crate::support::read;

const ALGS: &str = r#"algs="EdDSA ES256 PS256 RS256""#;

fn certificate() -> ClientCertificate {
    ClientCertificate::from_der(b"der")
}

async fn bearer(world: &World, token: &str) -> Answer {
    let headers = [("authorization", format!("Bearer {token}"))];
    world.send(get("/x", &headers)).await
}

#[tokio::test]
async fn a_token_is_shown_by_the_scheme_that_it_is_bound_to() {
    let world = World::new(dpop());
    let unbound = token(&Grant::to("alice"));
    bearer(&world, &unbound).await.accepted();
    let answer = bearer(&world, &world.token).await;
    answer.refused("invalid_token", "bound_token_as_bearer");
    let headers = [
        ("authorization", format!("Bearer {}", world.token)),
        ("dpop", world.proof(json!({}))),
    ];
    let answer = world.send(get("/x", &headers)).await;
    answer.refused("invalid_token", "bound_token_as_bearer");
    let headers = [
        ("authorization", format!("DPoP {unbound}")),
        ("dpop", world.holder.proof(&unbound, json!({}))),
    ];
    let answer = world.send(get("/x", &headers)).await;
    answer.refused("invalid_token", "token_not_bound");
}

#[tokio::test]
async fn a_bound_token_that_is_kept_needs_a_proof_each_time() {
    let mut guard = None;
    let world = World::guarded(|plain| guard.insert(plain.with_dpop(dpop())).clone());
    for n in 0..3 {
        let proof = world.proof(json!({"jti": format!("{n}")}));
        world.show(&proof).await.accepted();
    }
    assert_eq!(guard.unwrap().token_cache().tokens, 1);
    let answer = bearer(&world, &world.token).await;
    answer.refused("invalid_token", "bound_token_as_bearer");
    let answer = world.show(&world.proof(json!({"jti": "2"}))).await;
    answer.refused("invalid_dpop_proof", "dpop_proof_replayed");
}

#[tokio::test]
async fn without_proofs_a_bound_token_opens_nothing() {
    let world = World::guarded(|guard| guard);
    let answer = bearer(&world, &world.token).await;
    assert_eq!(
        (answer.status, answer.reason.as_str()),
        (401, "token_bound")
    );
    assert_eq!(answer.challenge(), r#"Bearer error="invalid_token""#);
    let answer = world.show(&world.proof(json!({}))).await;
    assert_eq!(
        (answer.status, answer.reason.as_str()),
        (401, "no_credential")
    );
    assert_eq!(answer.challenge(), "Bearer");
}

#[tokio::test]
async fn where_proofs_are_required_an_unbound_token_is_refused() {
    let world = World::new(Dpop::required(BASE).unwrap());
    let only = r#"DPoP error="invalid_token", algs="ES256 EdDSA PS256""#;
    let answer = bearer(&world, &token(&Grant::to("alice"))).await;
    assert_eq!(
        (answer.status, answer.reason.as_str()),
        (401, "token_not_bound")
    );
    assert_eq!(answer.challenge(), only);
    let answer = world.send(get("/x", &[])).await;
    assert_eq!(answer.challenge(), r#"DPoP algs="ES256 EdDSA PS256""#);
    world.show(&world.proof(json!({}))).await.accepted();
}

#[tokio::test]
async fn both_schemes_are_offered_to_who_shows_nothing_that_can_be_read() {
    let world = World::guarded(|guard| guard.with_dpop(dpop()).with_realm("a"));
    let answer = world.send(get("/x", &[])).await;
    let offer = format!(r#"Bearer realm="a" | DPoP realm="a", {ALGS}"#);
    assert_eq!((answer.status, answer.challenge()), (401, offer));
    let twice = [
        ("authorization", format!("DPoP {}", world.token)),
        ("authorization", "Bearer a".to_owned()),
        ("dpop", world.proof(json!({}))),
    ];
    let answer = world.send(get("/x", &twice)).await;
    let error = r#"realm="a", error="invalid_request""#;
    let both = format!("Bearer {error} | DPoP {error}, {ALGS}");
    assert_eq!((answer.status, answer.challenge()), (400, both));
}

#[tokio::test]
async fn there_is_exactly_one_proof() {
    let world = World::new(dpop());
    let (one, two) = (world.proof(json!({})), world.proof(json!({"jti": "two"})));
    let shown = ("authorization", format!("DPoP {}", world.token));
    for (proofs, reason) in [
        (vec![], "dpop_proof_missing"),
        (vec![one.clone(), two.clone()], "several_dpop_proofs"),
        (vec![one.clone(), one.clone()], "several_dpop_proofs"),
        (vec![format!("{one}, {two}")], "dpop_proof_malformed"),
        (vec![format!("{one},")], "dpop_proof_malformed"),
        (vec![String::new()], "dpop_proof_malformed"),
        (vec!["\u{e9}".to_owned()], "dpop_proof_malformed"),
        (vec!["a".repeat(8 * 1024 + 1)], "dpop_proof_too_long"),
    ] {
        let mut headers = vec![shown.clone()];
        headers.extend(proofs.into_iter().map(|proof| ("dpop", proof)));
        let answer = world.send(get("/x", &headers)).await;
        answer.refused("invalid_dpop_proof", reason);
    }
    world.show(&one).await.accepted();
}

#[tokio::test]
async fn a_binding_that_is_not_understood_in_full_is_refused() {
    let world = World::guarded(|guard| guard.with_dpop(dpop()).with_mtls(Mtls::allowed()));
    let payload = world.token.split('.').nth(1).unwrap();
    let claims: Value = {
        use base64::Engine;
        let json = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload);
        serde_json::from_slice(&json.unwrap()).unwrap()
    };
    let jkt = &claims["cnf"]["jkt"];
    let rows = [
        (claims["cnf"].clone(), ""),
        (json!({"jkt": jkt, "kid": "k"}), "cnf_not_understood"),
        (json!({"jkt": jkt, "x5t": "a"}), "cnf_not_understood"),
        (json!({}), "cnf_malformed"),
        (json!(jkt), "cnf_malformed"),
        (json!([jkt]), "cnf_malformed"),
        (Value::Null, "cnf_malformed"),
        (json!({"jkt": [jkt]}), "cnf_malformed"),
        (json!({"jkt": "short"}), "cnf_malformed"),
        (json!({"jkt": jkt, "x5t#S256": 7}), "cnf_malformed"),
        (json!({"jkt": jkt, "x5t#S256": jkt}), "certificate_missing"),
    ];
    let secret = "\u{7}".repeat(32);
    let jobs: Vec<_> = rows
        .iter()
        .map(|(cnf, _)| {
            let mut claims = claims.clone();
            claims["cnf"] = cnf.clone();
            json!({"do": "mint", "alg": "HS256", "key": secret, "claims": claims,
                "header": {"typ": "at+jwt"}})
        })
        .collect();
    let minted = Library::Jose.run(&jobs).await;
    for ((cnf, reason), minted) in rows.iter().zip(minted) {
        let token = minted["token"].as_str().unwrap();
        let headers = [
            ("authorization", format!("DPoP {token}")),
            ("dpop", world.holder.proof(token, json!({}))),
        ];
        let answer = world.send(get("/x", &headers)).await;
        if reason.is_empty() {
            answer.accepted();
        } else {
            assert_eq!(answer.reason, *reason, "{cnf}");
            answer.refused("invalid_token", reason);
        }
    }
}

#[tokio::test]
async fn a_token_bound_to_both_needs_both() {
    let world = World::guarded(|guard| guard.with_dpop(dpop()).with_mtls(Mtls::allowed()));
    let grant = Grant::to("alice").with_bound_key(world.holder.thumbprint());
    let both = token(&grant.with_bound_certificate(certificate()));
    let other = ClientCertificate::from_der(b"other");
    for (i, (shown, proved, reason)) in [
        (Some(certificate()), true, ""),
        (None, true, "certificate_missing"),
        (Some(other), true, "certificate_mismatch"),
        (Some(certificate()), false, "dpop_proof_missing"),
    ]
    .into_iter()
    .enumerate()
    {
        let proof = world.holder.proof(&both, json!({"jti": format!("{i}")}));
        let mut headers = vec![("authorization", format!("DPoP {both}"))];
        headers.extend(proved.then_some(("dpop", proof)));
        let mut request = get("/x", &headers);
        if let Some(certificate) = shown {
            request.extensions_mut().insert(certificate);
        }
        let answer = world.send(request).await;
        assert_eq!(answer.reason, reason);
        assert_eq!(answer.status, if reason.is_empty() { 200 } else { 401 });
    }
}

#[tokio::test]
async fn a_certificate_counts_only_from_where_it_cannot_be_forged() {
    let bound = token(&Grant::to("alice").with_bound_certificate(certificate()));
    let unbound = token(&Grant::to("alice"));
    let proxied = Mtls::required().dangerous_trust_client_cert_header();
    for (mtls, token, extension, header, reason) in [
        (Mtls::allowed(), &bound, Some(certificate()), None, ""),
        (Mtls::allowed(), &bound, None, None, "certificate_missing"),
        (
            Mtls::allowed(),
            &bound,
            None,
            Some(":ZGVy:"),
            "certificate_missing",
        ),
        (Mtls::allowed(), &unbound, None, None, ""),
        (
            Mtls::required(),
            &unbound,
            Some(certificate()),
            None,
            "token_not_bound",
        ),
        (proxied, &bound, None, Some(":ZGVy:"), ""),
        (
            proxied,
            &bound,
            None,
            Some(":ZGV4:"),
            "certificate_mismatch",
        ),
        (proxied, &bound, None, Some("ZGVy"), "certificate_malformed"),
        (
            proxied,
            &bound,
            Some(certificate()),
            None,
            "certificate_missing",
        ),
    ] {
        let world = World::guarded(|guard| guard.with_mtls(mtls));
        let mut headers = vec![("authorization", format!("Bearer {token}"))];
        headers.extend(header.map(|line| ("client-cert", line.to_owned())));
        let mut request = get("/x", &headers);
        if let Some(certificate) = extension {
            request.extensions_mut().insert(certificate);
        }
        let answer = world.send(request).await;
        assert_eq!(answer.reason, reason, "{mtls:?} {extension:?} {header:?}");
        if reason.is_empty() {
            answer.accepted();
        } else {
            let challenge = answer.challenge();
            let expected = r#"Bearer error="invalid_token""#;
            assert_eq!((answer.status, challenge.as_str()), (401, expected));
        }
    }
}

#[tokio::test]
async fn no_forged_certificate_gets_past_the_guard() {
    let certificates = async |headers: HeaderMap| {
        let lines = ["client-cert", "client-cert-chain"].map(|name| headers.get(name).is_some());
        Json(lines)
    };
    let unbound = token(&Grant::to("alice"));
    let trusting = Mtls::allowed().dangerous_trust_client_cert_header();
    for (mtls, seen) in [
        (Mtls::allowed(), json!([false, false])),
        (trusting, json!([true, true])),
    ] {
        let clock = ManualClock::at(NOW);
        let guard = world::guard(&clock).with_mtls(mtls);
        // One that has to ask a store takes another way through the guard.
        let asking = guard.clone().with_revocations(Revocations::in_memory());
        for guard in [guard, asking] {
            let app = Router::new().route("/x", routing::get(certificates).layer(guard));
            let request = get(
                "/x",
                &[
                    ("authorization", format!("Bearer {unbound}")),
                    ("client-cert", ":ZGVy:".to_owned()),
                    ("client-cert-chain", ":ZGVy:".to_owned()),
                ],
            );
            let (_, body) = read(app.oneshot(request).await.unwrap()).await;
            assert_eq!(body, seen, "{mtls:?}");
        }
    }
}

#[tokio::test]
async fn guards_behind_challenge_by_the_scheme_that_was_used() {
    let clock = ManualClock::at(NOW);
    let scopes = RequireScopes::all(["b"]).unwrap();
    let shield = Shield::new().with(world::guard(&clock).with_dpop(dpop()));
    let world = World::behind(clock.clone(), shield.with(scopes));
    let answer = world.show(&world.proof(json!({}))).await;
    let expected = r#"DPoP error="insufficient_scope", scope="b""#;
    assert_eq!(
        (answer.status, answer.challenge().as_str()),
        (403, expected)
    );
    let answer = bearer(&world, &token(&Grant::to("alice"))).await;
    assert!(
        answer
            .challenge()
            .starts_with("Bearer error=\"insufficient_scope\"")
    );

    let step_up = StepUp::within(Duration::from_mins(5)).with_clock(clock.clone());
    let shield = Shield::new().with(world::guard(&clock).with_dpop(dpop()));
    let world = World::behind(clock.clone(), shield.with(step_up));
    let answer = world.show(&world.proof(json!({}))).await;
    assert_eq!(answer.status, 401);
    let challenge = answer.challenge();
    assert!(challenge.starts_with("DPoP error=\"insufficient_user_authentication\""));

    let guard = world::guard(&clock).with_scopes(["b"]).unwrap();
    let world = World::behind(clock, Shield::new().with(guard.with_dpop(dpop())));
    let answer = world.show(&world.proof(json!({}))).await;
    assert_eq!(
        (answer.status, answer.challenge().as_str()),
        (403, expected)
    );
    let grant = Grant::to("alice").with_bound_key(world.holder.thumbprint());
    let able = token(&grant.with_scopes(Scopes::of(["b"]).unwrap()));
    let headers = [
        ("authorization", format!("dpop {able}")),
        ("dpop", world.holder.proof(&able, json!({"jti": "two"}))),
    ];
    world.send(get("/x", &headers)).await.accepted();
}
