//! Attacks on the way a token is sent, on its header and on its form. Except where it says so, the
//! signature of each token is right, so that nothing but the check under test can stop it.

use http::StatusCode;
use serde_json::{Value, json};

use super::door::{
    Answer, Door, claims, encode, forge, forge_with, good, guard, header, set, without,
};

const ASKED: &str = "Bearer";
const MALFORMED: &str = r#"Bearer error="invalid_request""#;

#[tokio::test]
async fn a_token_is_sent_in_one_authorization_line_or_not_at_all() {
    let door = Door::behind(guard());
    let good = good();
    let bearer = |prefix: &str| format!("{prefix}{good}").into_bytes();
    let unauthorized = (401, ASKED, "no_credential");
    let malformed = (400, MALFORMED, "malformed_authorization");
    let several = (400, MALFORMED, "several_authorizations");
    for (lines, (status, challenge, reason)) in [
        (vec![], unauthorized),
        (vec![b"Basic dTpw".to_vec()], unauthorized),
        (vec![bearer("DPoP ")], unauthorized),
        (vec![bearer("Bearerx ")], unauthorized),
        (vec![bearer("JWT ")], unauthorized),
        (vec![b"Bearer".to_vec()], malformed),
        (vec![b"Bearer ".to_vec()], malformed),
        (vec![b"Bearer a b".to_vec()], malformed),
        (vec![bearer("Bearer a, ")], malformed),
        (vec![bearer("Bearer\t")], malformed),
        (vec![bearer("Bearer \t")], malformed),
        (vec![bearer("Bearer:")], malformed),
        (vec![bearer(" Bearer ")], malformed),
        (vec![bearer("Bearer \u{e9}")], malformed),
        (vec![[&bearer("Bearer ")[..], b" "].concat()], malformed),
        (vec![[&bearer("Bearer ")[..], b"\xff"].concat()], malformed),
        (vec![bearer("Bearer {\"payload\":")], malformed),
        (vec![b"".to_vec()], malformed),
        (vec![bearer("Bearer "), bearer("Bearer ")], several),
        (vec![bearer("Bearer "), b"DPoP x".to_vec()], several),
        (vec![b"Basic dTpw".to_vec(), bearer("Bearer ")], several),
    ] {
        let expected = Answer {
            status: StatusCode::from_u16(status).unwrap(),
            challenges: vec![challenge.to_owned()],
            reason: reason.to_owned(),
        };
        assert_eq!(door.knock(&lines).await, expected, "{lines:?}");
    }
    for prefix in ["Bearer ", "bearer ", "BEARER ", "Bearer   "] {
        assert_eq!(
            door.knock(&[bearer(prefix)]).await.status,
            StatusCode::OK,
            "{prefix:?}"
        );
    }
}

#[tokio::test]
async fn a_token_in_the_query_never_authenticates() {
    let app = axum::Router::new()
        .route("/", axum::routing::get(|| async {}))
        .layer(guard());
    let request = http::Request::get(format!("/?access_token={}", good()))
        .body(axum::body::Body::empty())
        .unwrap();
    assert_eq!(
        crate::support::send(&app, request).await.status(),
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_token_of_the_wrong_size_or_form_is_refused() {
    let door = Door::behind(guard());
    let good = good();
    let parts: Vec<&str> = good.split('.').collect();
    let (head, body, sig) = (parts[0], parts[1], parts[2]);
    let padded = |length: usize| {
        let claims = set(claims(), "pad", Value::from("x".repeat(length)));
        forge(header(), claims)
    };
    let longest = (1..=13_000)
        .rev()
        .find(|pad| padded(*pad).len() <= 16 * 1024)
        .unwrap();
    door.admits(&padded(longest)).await;
    door.refuses(&padded(longest + 3), "token_too_long").await;
    for (token, reason) in [
        ("a".repeat(8 * 1024 * 1024), "token_too_long"),
        (".".repeat(1_000_000), "token_too_long"),
        (".".repeat(16_000), "token_malformed"),
        ("a".to_owned(), "token_malformed"),
        (format!("{head}.{body}"), "token_malformed"),
        (format!("{good}."), "token_malformed"),
        (format!("{good}.x"), "token_malformed"),
        (format!("{good}.x.x"), "token_encrypted"),
        (format!("{head}.{body}."), "bad_signature"),
        (format!(".{body}.{sig}"), "bad_json"),
        (format!("{head}..{sig}"), "bad_json"),
        ("..".to_owned(), "bad_json"),
        (format!("{good}="), "bad_base64"),
        (format!("{good}AAAA"), "bad_signature"),
        (format!("{head}.{body}+.{sig}"), "bad_base64"),
        (format!("{head}/.{body}.{sig}"), "bad_base64"),
        (format!("{head}~.{body}.{sig}"), "bad_base64"),
    ] {
        door.refuses(&token, reason).await;
    }
    // One text per token: 32 bytes leave two bits of the last character unused.
    let last = sig.chars().last().unwrap();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let place = alphabet.find(last).unwrap();
    for other in 1..4 {
        let twin = alphabet.as_bytes()[place + other] as char;
        let token = format!("{head}.{body}.{}{twin}", &sig[..sig.len() - 1]);
        door.refuses(&token, "bad_base64").await;
    }
}

#[tokio::test]
async fn a_header_cannot_choose_how_it_is_verified() {
    let door = Door::behind(guard());
    for alg in [
        "none", "None", "nOnE", "NONE", "", "HS384", "hs256", "RS256", "ES256", "EdDSA",
    ] {
        let header = set(header(), "alg", json!(alg));
        door.refuses(&forge(&header, claims()), "wrong_algorithm")
            .await;
        let bare = format!(
            "{}.{}.",
            encode(header.to_string()),
            encode(claims().to_string())
        );
        door.refuses(&bare, "wrong_algorithm").await;
    }
    for alg in [
        json!(1),
        json!(null),
        json!(["HS256"]),
        json!({"a": "HS256"}),
    ] {
        door.refuses(
            &forge(set(header(), "alg", alg), claims()),
            "wrong_algorithm",
        )
        .await;
    }
    door.refuses(
        &forge(without(header(), "alg"), claims()),
        "wrong_algorithm",
    )
    .await;

    // Keys that the attacker brings along, signed with them and well formed.
    let own = [9; 32];
    let jwk = json!({ "kty": "oct", "alg": "HS256", "kid": "k1", "k": encode(own) });
    for (name, value) in [
        ("jwk", jwk),
        ("jku", json!("http://127.0.0.1:9/jwks.json")),
        ("x5u", json!("http://127.0.0.1:9/cert.pem")),
        ("x5c", json!(["MIIB"])),
    ] {
        let header = set(header(), name, value).to_string();
        let token = forge_with(&own, &header, &claims().to_string());
        door.refuses(&token, "bad_signature").await;
        door.admits(&forge(header, claims())).await;
    }
}

#[tokio::test]
async fn a_critical_extension_is_refused_whatever_it_is() {
    let door = Door::behind(guard());
    for crit in [
        json!(["exp"]),
        json!(["b64"]),
        json!([]),
        json!([1]),
        json!(["x", "x"]),
        json!("x"),
        json!(["alg"]),
        json!(["absent"]),
        json!(null),
    ] {
        let header = set(set(header(), "crit", crit), "b64", json!(false));
        door.refuses(&forge(header, claims()), "crit_refused").await;
    }
    let encrypted = set(header(), "enc", json!("A256GCM"));
    door.refuses(&forge(encrypted, claims()), "token_encrypted")
        .await;
}

#[tokio::test]
async fn a_key_id_is_a_short_name_of_a_known_key() {
    let door = Door::behind(guard());
    let long = "k".repeat(256);
    for (kid, reason) in [
        (json!("../../dev/null"), "unknown_key"),
        (json!("' OR 1=1 --"), "unknown_key"),
        (json!("k1\u{0}"), "unknown_key"),
        (json!("K1"), "unknown_key"),
        (json!(""), "unknown_key"),
        (json!(long), "kid_malformed"),
        (json!(1), "kid_malformed"),
        (json!(["k1"]), "kid_malformed"),
        (json!(null), "kid_malformed"),
    ] {
        door.refuses(&forge(set(header(), "kid", kid), claims()), reason)
            .await;
    }
    door.admits(&forge(without(header(), "kid"), claims()))
        .await;
}

#[tokio::test]
async fn a_token_made_for_another_purpose_is_refused() {
    let strict = Door::behind(guard());
    let plain = Door::behind(guard().with_plain_jwt());
    for typ in [
        "dpop+jwt",
        "logout+jwt",
        "secevent+jwt",
        "id+jwt",
        "at",
        "",
        "x/at+jwt",
    ] {
        let token = forge(set(header(), "typ", json!(typ)), claims());
        strict.refuses(&token, "wrong_token_type").await;
        plain.refuses(&token, "wrong_token_type").await;
    }
    for typ in [
        "at+jwt",
        "at+JWT",
        "application/at+jwt",
        "APPLICATION/AT+JWT",
    ] {
        let token = forge(set(header(), "typ", json!(typ)), claims());
        strict.admits(&token).await;
        plain.admits(&token).await;
    }
    let id_token = forge(set(header(), "typ", json!("JWT")), claims());
    let untyped = forge(without(header(), "typ"), claims());
    for token in [id_token, untyped] {
        strict.refuses(&token, "wrong_token_type").await;
        plain.admits(&token).await;
    }
    let odd = forge(set(header(), "typ", json!(["at+jwt"])), claims());
    plain.refuses(&odd, "wrong_token_type").await;
}

#[tokio::test]
async fn a_header_is_one_strict_json_object() {
    let door = Door::behind(guard());
    let many: String = (b'a'..=b'n')
        .flat_map(|name| ['"', name as char, '"', ':', '0', ','])
        .collect();
    for (header, reason) in [
        (
            r#"{"alg":"none","alg":"HS256","typ":"at+jwt"}"#,
            "duplicate_member",
        ),
        (
            r#"{"alg":"HS256","typ":"at+jwt","\u0061lg":"none"}"#,
            "duplicate_member",
        ),
        (
            r#"{"alg":"HS256","typ":"at+jwt","jwk":{"k":1,"k":2}}"#,
            "duplicate_member",
        ),
        ("\u{feff}{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}", "bad_json"),
        (r#"[{"alg":"HS256","typ":"at+jwt"}]"#, "bad_json"),
        (r#"{"alg":"HS256","typ":"at+jwt"}x"#, "bad_json"),
        (r#"{"alg":"HS256","typ":"at+jwt"}{}"#, "bad_json"),
        (r"{'alg':'HS256'}", "bad_json"),
        (
            &format!(r#"{{{many}"alg":"HS256","typ":"at+jwt","kid":"k1"}}"#),
            "too_many_members",
        ),
    ] {
        door.refuses(&forge(header, claims()), reason).await;
    }
    let spaced = " { \"alg\" : \"HS256\" , \"typ\" : \"at+jwt\" } \n";
    door.admits(&forge(spaced, claims())).await;
}
