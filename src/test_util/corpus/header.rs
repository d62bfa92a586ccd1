//! Attacks by what a header asks for (RFC 8725, sections 2 and 3).

use serde_json::{Value, json};

use crate::test_util::attack::Attack;
use crate::test_util::draft::Draft;

pub(super) fn attacks(good: &Draft) -> Vec<Attack> {
    let mut all = Vec::new();
    for (name, alg) in [
        ("none", "none"),
        ("none_capitalized", "None"),
        ("none_in_capitals", "NONE"),
        ("none_mixed", "nOnE"),
        ("empty", ""),
        ("lower_case", "es256"),
    ] {
        let draft = good.clone().with_header("alg", alg);
        all.push(Attack::token(format!("alg_{name}"), &draft.sign()));
        let bare = draft.with_signature([]).sign();
        all.push(Attack::token(format!("alg_{name}_unsigned"), &bare));
    }
    for (name, alg) in [
        ("hs256", json!("HS256")),
        ("rs256", json!("RS256")),
        ("ps256", json!("PS256")),
        ("es384", json!("ES384")),
        ("es256k", json!("ES256K")),
        ("eddsa", json!("EdDSA")),
        ("unknown", json!("XS256")),
        ("null", Value::Null),
        ("number", json!(256)),
        ("boolean", json!(true)),
        ("array", json!(["ES256"])),
        ("object", json!({ "ES256": true })),
    ] {
        let draft = good.clone().with_header("alg", alg);
        all.push(Attack::token(format!("alg_{name}"), &draft.sign()));
    }
    let missing = good.clone().without_header("alg");
    all.push(Attack::token("alg_missing", &missing.sign()));
    all.push(Attack::token(
        "alg_missing_unsigned",
        &missing.with_signature([]).sign(),
    ));
    all.extend(purposes(good));
    all.extend(critical(good));
    all.extend(key_ids(good));
    let encrypted = good.clone().with_header("enc", "A256GCM");
    all.push(Attack::token("enc_in_a_signed_token", &encrypted.sign()));
    all
}

/// Tokens made for something else (RFC 8725, section 3.11; RFC 9068, section 4).
fn purposes(good: &Draft) -> Vec<Attack> {
    let mut types = vec![
        ("dpop", json!("dpop+jwt")),
        ("logout", json!("logout+jwt")),
        ("security_event", json!("secevent+jwt")),
        ("id_token", json!("id+jwt")),
        ("introspection", json!("token-introspection+jwt")),
        ("client_authentication", json!("client-authentication+jwt")),
        ("shortened", json!("at")),
        ("lengthened", json!("at+jwt+jwt")),
        ("with_a_parameter", json!("at+jwt;x=1")),
        ("of_another_family", json!("text/at+jwt")),
        ("empty", json!("")),
        ("null", Value::Null),
        ("number", json!(1)),
        ("array", json!(["at+jwt"])),
    ];
    let mut all = Vec::new();
    if !good.issuer().is_plain {
        types.push(("jwt", json!("JWT")));
        let untyped = good.clone().without_header("typ");
        all.push(Attack::token("typ_missing", &untyped.sign()));
    }
    for (name, typ) in types {
        let draft = good.clone().with_header("typ", typ);
        all.push(Attack::token(format!("typ_{name}"), &draft.sign()));
    }
    all
}

/// Extensions that have to be understood, of which there are none (RFC 7515, section 4.1.11).
fn critical(good: &Draft) -> Vec<Attack> {
    let mut all = Vec::new();
    for (name, crit) in [
        ("exp", json!(["exp"])),
        ("registered", json!(["alg"])),
        ("absent", json!(["absent"])),
        ("twice", json!(["exp", "exp"])),
        ("empty", json!([])),
        ("empty_name", json!([""])),
        ("number", json!([1])),
        ("text", json!("exp")),
        ("object", json!({ "exp": true })),
        ("null", Value::Null),
    ] {
        let draft = good.clone().with_header("crit", crit).with_header("exp", 1);
        all.push(Attack::token(format!("crit_{name}"), &draft.sign()));
    }
    // A payload that is not encoded (RFC 7797).
    let raw = good
        .clone()
        .with_header("crit", json!(["b64"]))
        .with_header("b64", false);
    all.push(Attack::token("crit_b64", &raw.sign()));
    all
}

/// Names of keys that are paths, queries or no names.
fn key_ids(good: &Draft) -> Vec<Attack> {
    let mut all = Vec::new();
    for (name, kid) in [
        ("of_nobody", json!("nobody")),
        ("in_capitals", json!("TEST-KEY")),
        ("longer", json!("test-key2")),
        ("path", json!("../../../../../../dev/null")),
        ("file", json!("file:///dev/null")),
        ("address", json!("http://127.0.0.1:9/key")),
        ("sql", json!("x' UNION SELECT 'AA' --")),
        ("shell", json!("test-key|true")),
        ("nul", json!("test-key\u{0}")),
        ("line_break", json!("test-key\r\nx: y")),
        ("empty", json!("")),
        ("long", json!("k".repeat(256))),
        ("number", json!(0)),
        ("boolean", json!(true)),
        ("array", json!(["test-key"])),
        ("object", json!({ "kid": "test-key" })),
        ("null", Value::Null),
    ] {
        let draft = good.clone().with_header("kid", kid);
        all.push(Attack::token(format!("kid_{name}"), &draft.sign()));
    }
    // A verifier that reads its key from the path that `kid` names finds nothing there.
    let nothing = good
        .clone()
        .signed_with_secret([])
        .with_header("kid", "../../../../../../dev/null");
    all.push(Attack::token(
        "kid_path_to_an_empty_secret",
        &nothing.sign(),
    ));
    all
}
