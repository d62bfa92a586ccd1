//! Attacks on claims and scopes. The signature of each token is right.

use std::time::Duration;

use http::StatusCode;
use portcullis::identity::Principal;
use serde::Deserialize;
use serde_json::{Value, json};

use super::door::{
    AUDIENCE, Answer, Door, ISSUER, NOW, claims, forge, forge_with, good, guard, header, key, set,
    without,
};

#[tokio::test]
async fn each_claim_is_needed_and_of_its_type() {
    let door = Door::behind(guard());
    door.admits(&good()).await;
    for (name, reason) in [
        ("iss", "wrong_issuer"),
        ("aud", "wrong_audience"),
        ("exp", "exp_missing"),
        ("iat", "iat_missing"),
        ("sub", "sub_malformed"),
        ("client_id", "client_id_malformed"),
        ("jti", "jti_malformed"),
    ] {
        door.refuses(&forge(header(), without(claims(), name)), reason)
            .await;
        let null = set(claims(), name, Value::Null);
        let reason = match name {
            "exp" | "iat" => "date_malformed",
            _ => reason,
        };
        door.refuses(&forge(header(), null), reason).await;
    }
    for (name, value, reason) in [
        ("iss", json!([ISSUER]), "wrong_issuer"),
        (
            "iss",
            json!([ISSUER, "https://evil.example"]),
            "wrong_issuer",
        ),
        ("iss", json!(format!("{ISSUER}/")), "wrong_issuer"),
        ("iss", json!("https://id.exampl"), "wrong_issuer"),
        ("iss", json!("https://ID.example"), "wrong_issuer"),
        ("iss", json!(7), "wrong_issuer"),
        ("aud", json!("https://other.example"), "wrong_audience"),
        ("aud", json!("https://api.exampl"), "wrong_audience"),
        ("aud", json!("https://api.example.evil"), "wrong_audience"),
        ("aud", json!([]), "wrong_audience"),
        ("aud", json!(["https://api.example.evil"]), "wrong_audience"),
        ("aud", json!({ AUDIENCE: 1 }), "wrong_audience"),
        ("aud", json!([AUDIENCE, 1]), "wrong_audience"),
        ("aud", json!([[AUDIENCE]]), "wrong_audience"),
        ("sub", json!(""), "sub_malformed"),
        ("sub", json!(7), "sub_malformed"),
        ("sub", json!("a".repeat(256)), "sub_malformed"),
        ("jti", json!("j".repeat(256)), "jti_malformed"),
        ("client_id", json!(7), "client_id_malformed"),
        ("cnf", json!({ "jkt": "A".repeat(43) }), "token_bound"),
        ("cnf", json!({ "jkt": "x" }), "cnf_malformed"),
        ("cnf", json!({}), "cnf_malformed"),
    ] {
        door.refuses(&forge(header(), set(claims(), name, value)), reason)
            .await;
    }
    let several = set(claims(), "aud", json!(["https://other.example", AUDIENCE]));
    door.admits(&forge(header(), several)).await;
}

#[tokio::test]
async fn dates_are_numbers_that_count_to_the_second() {
    let door = Door::behind(guard());
    for (name, value, reason) in [
        ("exp", json!(NOW - 30), None),
        ("exp", json!(NOW - 31), Some("token_expired")),
        ("exp", json!(1_900_000_000.5), None),
        ("nbf", json!(NOW + 30), None),
        ("nbf", json!(NOW + 31), Some("token_not_yet_valid")),
        ("iat", json!(NOW + 30), None),
        ("iat", json!(NOW + 31), Some("issued_in_future")),
        ("exp", json!("9999999999"), Some("date_malformed")),
        ("exp", json!(1e300), Some("date_malformed")),
        ("exp", json!(u64::MAX), Some("date_malformed")),
        ("exp", json!(NOW * 1000), Some("date_malformed")),
        ("exp", json!(-1), Some("date_malformed")),
        ("exp", json!(true), Some("date_malformed")),
        ("exp", json!([NOW]), Some("date_malformed")),
        ("nbf", json!("0"), Some("date_malformed")),
        ("nbf", json!(-1e300), Some("date_malformed")),
        ("iat", json!(false), Some("date_malformed")),
    ] {
        let token = forge(header(), set(claims(), name, value));
        match reason {
            Some(reason) => door.refuses(&token, reason).await,
            None => door.admits(&token).await,
        }
    }
    for text in [
        "NaN",
        "Infinity",
        "1e999",
        "0x7fffffff",
        "01900000900",
        "1900000900.",
    ] {
        let claims = claims().to_string().replace("1900000900", text);
        door.refuses(&forge(header(), claims), "bad_json").await;
    }
}

#[tokio::test]
async fn leeway_and_age_are_the_authors_within_limits() {
    let expired = forge(header(), set(claims(), "exp", json!(NOW)));
    let none = Door::behind(guard().with_leeway(Duration::ZERO).unwrap());
    none.refuses(&expired, "token_expired").await;
    none.admits(&good()).await;
    assert!(guard().with_leeway(Duration::from_mins(5)).is_ok());
    assert!(guard().with_leeway(Duration::from_millis(300_001)).is_err());

    let aged = Door::behind(guard().with_max_age(Duration::from_mins(1)));
    aged.admits(&forge(header(), set(claims(), "iat", json!(NOW - 90))))
        .await;
    let old = forge(header(), set(claims(), "iat", json!(NOW - 91)));
    aged.refuses(&old, "token_too_old").await;
}

#[tokio::test]
async fn claims_are_one_strict_json_object() {
    let door = Door::behind(guard());
    let text = claims().to_string();
    let added = |more: &str| text.replacen('{', &format!("{{{more},"), 1);
    let deep = format!("\"x\":{}{}", "[".repeat(5_000), "]".repeat(5_000));
    let wide: Vec<_> = (0..1_000).map(|i| format!("\"x{i}\":0")).collect();
    for (payload, reason) in [
        (added(r#""sub":"mallory""#), "duplicate_member"),
        (added(r#""scope":"admin""#), "duplicate_member"),
        (added(r#""\u0073ub":"mallory""#), "duplicate_member"),
        (added(r#""x":{"a":1,"a":1}"#), "duplicate_member"),
        (added(&deep), "json_too_deep"),
        (format!("[{text}]"), "bad_json"),
        (format!("{text}x"), "bad_json"),
        (format!("\u{feff}{text}"), "bad_json"),
        (String::new(), "bad_json"),
        ("null".to_owned(), "bad_json"),
        (added(r#""x":"\ud800""#), "bad_json"),
    ] {
        door.refuses(&forge(header(), payload), reason).await;
    }
    door.admits(&forge(header(), added(&wide.join(",")))).await;
}

#[tokio::test]
async fn scopes_are_compared_whole_and_must_not_contradict_each_other() {
    let door = Door::behind(guard().with_scopes(["items:read"]).unwrap());
    let granted = |scopes: Value| {
        let mut claims = without(claims(), "scope");
        claims
            .as_object_mut()
            .unwrap()
            .extend(scopes.as_object().unwrap().clone());
        forge(header(), claims)
    };
    for scopes in [
        json!({ "scope": "items:read" }),
        json!({ "scope": "items:write  items:read" }),
        json!({ "scp": ["items:write", "items:read"] }),
        json!({ "scopes": ["items:read"], "scope": "items:read" }),
    ] {
        door.admits(&granted(scopes)).await;
    }
    let challenge = r#"Bearer error="insufficient_scope", scope="items:read""#;
    for scopes in [
        json!({}),
        json!({ "scope": "" }),
        json!({ "scope": "items:readonly" }),
        json!({ "scope": "items" }),
        json!({ "scope": "Items:Read" }),
        json!({ "scope": "x\titems:read" }),
        json!({ "scope": "x,items:read" }),
        json!({ "scp": ["x items:read"] }),
        json!({ "roles": ["items:read"] }),
    ] {
        let answer = door.show(&granted(scopes.clone())).await;
        let expected = Answer {
            status: StatusCode::FORBIDDEN,
            challenges: vec![challenge.to_owned()],
            reason: "insufficient-scope".to_owned(),
        };
        assert_eq!(answer, expected, "{scopes}");
    }
    for (scopes, reason) in [
        (json!({ "scope": 1 }), "scope_malformed"),
        (json!({ "scope": null }), "scope_malformed"),
        (json!({ "scp": ["items:read", 1] }), "scope_malformed"),
        (
            json!({ "scopes": { "items:read": true } }),
            "scope_malformed",
        ),
        (
            json!({ "scope": "x", "scp": ["items:read"] }),
            "scope_conflict",
        ),
        (
            json!({ "scopes": [], "scope": "items:read" }),
            "scope_conflict",
        ),
    ] {
        door.refuses(&granted(scopes), reason).await;
    }
    assert!(guard().with_scopes(["a b"]).is_err());
    assert!(guard().with_scopes(["a\""]).is_err());
}

#[tokio::test]
async fn the_same_subject_of_two_issuers_is_two_callers() {
    let one = Principal::new("alice").with_issuer(ISSUER);
    let other = Principal::new("alice").with_issuer("https://other.example");
    assert_ne!(one, other);
    let door = Door::behind(guard());
    let foreign = set(claims(), "iss", json!("https://other.example"));
    door.refuses(&forge(header(), foreign), "wrong_issuer")
        .await;
}

#[derive(Deserialize)]
struct Verified {
    email_verified: bool,
}

#[tokio::test]
async fn an_authors_check_sees_good_tokens_alone() {
    let door = Door::behind(guard().with_check(|claims: &Verified| {
        if claims.email_verified {
            Ok(())
        } else {
            Err("email_unverified")
        }
    }));
    let with = |value: Value| forge(header(), set(claims(), "email_verified", value));
    door.admits(&with(json!(true))).await;
    door.refuses(&with(json!(false)), "email_unverified").await;
    door.refuses(&with(json!("yes")), "claims_mismatch").await;
    door.refuses(&good(), "claims_mismatch").await;
    let header = header().to_string();
    let claims = set(claims(), "email_verified", json!(true)).to_string();
    door.refuses(&forge_with(&[1; 32], &header, &claims), "bad_signature")
        .await;
}

#[tokio::test]
async fn any_audience_will_do_only_if_the_author_says_so() {
    let door = Door::behind(guard().dangerous_allow_any_audience());
    door.admits(&forge(header(), without(claims(), "aud")))
        .await;
    door.admits(&forge(header(), set(claims(), "aud", json!("other"))))
        .await;
    for (issuer, audience) in [("", AUDIENCE), (ISSUER, "")] {
        let key = key().verifying_key();
        assert!(portcullis::jwt::RequireJwt::new(issuer, audience, key).is_err());
    }
}
