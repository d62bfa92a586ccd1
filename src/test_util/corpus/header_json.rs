//! Attacks on a header as JSON, rightly signed (RFC 7515, section 4).

use crate::test_util::attack::Attack;
use crate::test_util::draft::Draft;

pub(super) fn attacks(good: &Draft) -> Vec<Attack> {
    let header = good.header_json();
    // The members without their braces.
    let inner = header
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
        .unwrap_or(&header);
    let crowd: Vec<_> = (0..64).map(|number| format!("\"x{number}\":0,")).collect();
    let crowd = crowd.concat();
    let deep = "[".repeat(64) + &"]".repeat(64);
    let texts = [
        (
            "duplicate_alg_none_first",
            format!(r#"{{"alg":"none",{inner}}}"#),
        ),
        (
            "duplicate_alg_none_last",
            format!(r#"{{{inner},"alg":"none"}}"#),
        ),
        (
            "duplicate_alg_the_same",
            format!(r#"{{{inner},"alg":"ES256"}}"#),
        ),
        (
            "duplicate_alg_escaped",
            format!(r#"{{{inner},"\u0061lg":"none"}}"#),
        ),
        ("duplicate_kid", format!(r#"{{"kid":"nobody",{inner}}}"#)),
        ("duplicate_typ", format!(r#"{{"typ":"JWT",{inner}}}"#)),
        (
            "duplicate_within",
            format!(r#"{{{inner},"jwk":{{"k":1,"k":2}}}}"#),
        ),
        ("byte_order_mark", format!("\u{feff}{header}")),
        ("array", format!("[{header}]")),
        ("text", format!("\"{}\"", header.replace('"', "'"))),
        ("null", "null".to_owned()),
        ("empty", String::new()),
        ("empty_object", "{}".to_owned()),
        ("letters_after_it", format!("{header}x")),
        ("object_after_it", format!("{header}{{}}")),
        ("nul_after_it", format!("{header}\0")),
        ("comma_at_the_end", format!("{{{inner},}}")),
        ("comment", format!("{{{inner}/**/}}")),
        ("single_quotes", header.replace('"', "'")),
        ("cut_short", format!("{{{inner}")),
        ("crowd", format!("{{{crowd}{inner}}}")),
        ("deep", format!(r#"{{{inner},"x":{deep}}}"#)),
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
            header.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ),
    ];
    texts
        .into_iter()
        .map(|(name, text)| (name, text.into_bytes()))
        .chain(bytes)
        .map(|(name, bytes)| {
            let draft = good.clone().with_header_bytes(bytes);
            Attack::token(format!("header_{name}"), &draft.sign())
        })
        .collect()
}
