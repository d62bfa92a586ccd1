//! Attacks by claims that are missing, of another type or of somebody else, rightly signed
//! (RFC 7519, section 4.1; RFC 9068, section 4).

use serde_json::{Value, json};

use crate::test_util::attack::Attack;
use crate::test_util::draft::Draft;

pub(super) fn attacks(good: &Draft) -> Vec<Attack> {
    let mut all = missing(good);
    let clients = if good.issuer().is_plain {
        Vec::new()
    } else {
        names("c")
    };
    for (name, values) in [
        ("iss", issuers(good.issuer().name())),
        ("aud", audiences(good.issuer().audience())),
        ("sub", names("s")),
        ("jti", names("j")),
        ("client_id", clients),
        ("scope", scopes()),
        ("cnf", confirmations()),
    ] {
        for (variant, value) in values {
            let draft = good.clone().with_claim(name, value);
            all.push(Attack::token(format!("{name}_{variant}"), &draft.sign()));
        }
    }
    all
}

fn missing(good: &Draft) -> Vec<Attack> {
    let strict = ["iat", "client_id", "jti"];
    let strict = if good.issuer().is_plain {
        &[][..]
    } else {
        &strict
    };
    let needed = ["iss", "aud", "exp", "sub"];
    needed
        .iter()
        .chain(strict)
        .map(|name| {
            let draft = good.clone().without_claim(name);
            Attack::token(format!("{name}_missing"), &draft.sign())
        })
        .collect()
}

type Values = Vec<(&'static str, Value)>;

fn issuers(own: &str) -> Values {
    let shortened: String = own
        .chars()
        .take(own.chars().count().saturating_sub(1))
        .collect();
    let mut values = vec![
        ("of_another", json!("https://issuer.invalid")),
        ("with_a_slash_more", json!(format!("{own}/"))),
        ("with_a_space_more", json!(format!("{own} "))),
        ("with_a_nul_more", json!(format!("{own}\u{0}"))),
        ("lengthened", json!(format!("{own}.invalid"))),
        ("shortened", json!(shortened)),
        ("empty", json!("")),
        ("array", json!([own])),
        ("array_with_another", json!(["https://issuer.invalid", own])), // CVE-2025-30144
        ("object", json!({ own: own })),
        ("number", json!(1)),
        ("null", Value::Null),
    ];
    let capitals = own.to_uppercase();
    if capitals != own {
        values.push(("in_capitals", json!(capitals)));
    }
    values
}

fn audiences(own: &str) -> Values {
    let shortened: String = own
        .chars()
        .take(own.chars().count().saturating_sub(1))
        .collect();
    let mut values = vec![
        ("of_another", json!("https://service.invalid")),
        ("with_a_slash_more", json!(format!("{own}/"))),
        ("lengthened", json!(format!("{own}.invalid"))),
        ("shortened", json!(shortened)),
        ("within_a_list_in_a_text", json!(format!("other {own}"))),
        ("wildcard", json!("*")),
        ("empty", json!("")),
        ("empty_array", json!([])),
        ("array_of_others", json!(["https://service.invalid", ""])),
        ("array_with_a_number", json!([own, 1])),
        ("array_in_an_array", json!([[own]])),
        ("object", json!({ own: own })),
        ("number", json!(1)),
        ("boolean", json!(true)),
        ("null", Value::Null),
    ];
    let capitals = own.to_uppercase();
    if capitals != own {
        values.push(("in_capitals", json!(capitals)));
    }
    values
}

fn names(letter: &str) -> Values {
    vec![
        ("empty", json!("")),
        ("long", json!(letter.repeat(256))),
        ("number", json!(7)),
        ("array", json!([letter])),
        ("object", json!({ letter: letter })),
        ("null", Value::Null),
    ]
}

fn scopes() -> Values {
    vec![
        ("number", json!(1)),
        ("boolean", json!(true)),
        ("object", json!({ "admin": true })),
        ("array_with_a_number", json!(["admin", 1])),
        ("null", Value::Null),
    ]
}

/// Tokens that are bound to a key which the bearer does not show (RFC 7800, RFC 9449, RFC 8705).
fn confirmations() -> Values {
    let thumbprint = "A".repeat(43);
    vec![
        ("of_a_key", json!({ "jkt": thumbprint })),
        ("of_a_certificate", json!({ "x5t#S256": thumbprint })),
        ("unknown", json!({ "unknown": thumbprint })),
        ("empty", json!({})),
        ("text", json!(thumbprint)),
        ("null", Value::Null),
    ]
}
