//! Attacks on the claims as JSON, rightly signed (RFC 7519, section 4; RFC 8725, section 2.4).

use crate::test_util::attack::Attack;
use crate::test_util::draft::Draft;

pub(super) fn attacks(good: &Draft) -> Vec<Attack> {
    let claims = good.claims_json();
    // The members without their braces.
    let inner = claims
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
        .unwrap_or(&claims);
    let deep = |open: &str, close: &str| open.repeat(1000) + &close.repeat(1000);
    let arrays = deep("[", "]");
    let objects = format!("{}1{}", r#"{"a":"#.repeat(1000), "}".repeat(1000));
    let texts = [
        (
            "duplicate_sub_first",
            format!(r#"{{"sub":"admin",{inner}}}"#),
        ),
        (
            "duplicate_sub_last",
            format!(r#"{{{inner},"sub":"admin"}}"#),
        ),
        (
            "duplicate_sub_escaped",
            format!(r#"{{{inner},"\u0073ub":"admin"}}"#),
        ),
        (
            "duplicate_iss",
            format!(r#"{{"iss":"https://issuer.invalid",{inner}}}"#),
        ),
        (
            "duplicate_aud",
            format!(r#"{{"aud":"https://service.invalid",{inner}}}"#),
        ),
        ("duplicate_exp", format!(r#"{{{inner},"exp":9999999999}}"#)),
        (
            "duplicate_scope",
            format!(r#"{{{inner},"scope":"a","scope":"admin"}}"#),
        ),
        (
            "duplicate_within",
            format!(r#"{{{inner},"x":[{{"a":1,"a":2}}]}}"#),
        ),
        (
            "two_claims_of_scopes",
            format!(r#"{{{inner},"scp":"a","scopes":"admin"}}"#),
        ),
        ("byte_order_mark", format!("\u{feff}{claims}")),
        ("array", format!("[{claims}]")),
        ("text", r#""alice""#.to_owned()),
        ("number", "1".to_owned()),
        ("null", "null".to_owned()),
        ("empty", String::new()),
        ("empty_object", "{}".to_owned()),
        ("letters_after_them", format!("{claims}x")),
        ("object_after_them", format!("{claims}{claims}")),
        ("nul_after_them", format!("{claims}\0")),
        ("comma_at_the_end", format!("{{{inner},}}")),
        ("comment", format!("{{{inner}/**/}}")),
        ("single_quotes", claims.replace('"', "'")),
        ("cut_short", format!("{{{inner}")),
        ("not_a_number", format!(r#"{{{inner},"x":NaN}}"#)),
        ("infinity", format!(r#"{{{inner},"x":Infinity}}"#)),
        ("number_beyond_all", format!(r#"{{{inner},"x":1e999}}"#)),
        ("deep_arrays", format!(r#"{{{inner},"x":{arrays}}}"#)),
        ("deep_objects", format!(r#"{{{inner},"x":{objects}}}"#)),
        ("lone_surrogate", format!(r#"{{{inner},"x":"\ud800"}}"#)),
        ("control_character", format!("{{{inner},\"x\":\"\u{1}\"}}")),
    ];
    let bytes = [
        (
            "no_utf_8",
            [b"{\"x\":\"\xff\",", inner.as_bytes(), b"}"].concat(),
        ),
        (
            "utf_16",
            claims.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ),
    ];
    texts
        .into_iter()
        .map(|(name, text)| (name, text.into_bytes()))
        .chain(bytes)
        .map(|(name, bytes)| {
            let draft = good.clone().with_payload(bytes);
            Attack::token(format!("claims_{name}"), &draft.sign())
        })
        .collect()
}
