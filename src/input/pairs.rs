//! Names and values as forms and queries bear them.

use std::borrow::Cow;

use crate::body::{Path, undo_percent};
use crate::problem::{FieldFault, Kind, Problem};

/// How many pairs are read.
pub(super) const MOST: usize = 1_024;

/// A name and a value.
pub(super) type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// The pairs of `application/x-www-form-urlencoded`, which is also how queries are written (URL
/// Standard, section 5.1, but for what cannot be undone, which is refused).
pub(super) fn pairs(text: &[u8]) -> Result<Vec<Pair<'_>>, Problem> {
    let mut pairs = Vec::new();
    let parts = text.split(|byte| *byte == b'&');
    for part in parts.filter(|part| !part.is_empty()) {
        if pairs.len() == MOST {
            let detail = "must have at most 1024 parameters";
            return Err(malformed("too_many_parameters", "#", "syntax", detail));
        }
        let mut halves = part.splitn(2, |byte| *byte == b'=');
        let name = undone(halves.next()).ok_or_else(|| miscoded("#"))?;
        let value = undone(halves.next());
        let value = value.ok_or_else(|| miscoded(&pointer_to(&name)))?;
        pairs.push((name, value));
    }
    Ok(pairs)
}

fn undone(half: Option<&[u8]>) -> Option<Cow<'_, str>> {
    let half = half.unwrap_or_default();
    if !half.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        return std::str::from_utf8(half).ok().map(Cow::Borrowed);
    }
    let mut out = Vec::new();
    undo_percent(half, true, &mut out).ok()?;
    String::from_utf8(out).ok().map(Cow::Owned)
}

pub(super) fn pointer_to(name: &str) -> String {
    Path::default().pointer_to(name)
}

pub(super) fn miscoded(pointer: &str) -> Problem {
    let detail = "must be percent-encoded UTF-8";
    malformed("parameter_miscoded", pointer, "syntax", detail)
}

pub(super) fn repeated(name: &str) -> Problem {
    let pointer = pointer_to(name);
    malformed(
        "parameter_repeated",
        &pointer,
        "duplicate-key",
        "must stand once",
    )
}

pub(super) fn malformed(
    reason: &'static str,
    pointer: &str,
    code: &'static str,
    detail: &'static str,
) -> Problem {
    Problem::new(Kind::MalformedBody)
        .because(reason)
        .with_faults(vec![FieldFault::new(pointer, code, detail)], false)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parted(text: &str) -> Option<Vec<(String, String)>> {
        let pairs = pairs(text.as_bytes()).ok()?;
        let owned = |(name, value): Pair<'_>| (name.into_owned(), value.into_owned());
        Some(pairs.into_iter().map(owned).collect())
    }

    #[test]
    fn pairs_are_parted_and_undone_once() {
        for (text, expected) in [
            ("", &[][..]),
            ("&&", &[]),
            ("a", &[("a", "")]),
            ("a=", &[("a", "")]),
            ("=b", &[("", "b")]),
            ("a=b=c", &[("a", "b=c")]),
            ("a=1&b=2&", &[("a", "1"), ("b", "2")]),
            ("a=1;b=2", &[("a", "1;b=2")]),
            ("a+b=c+d%2B", &[("a b", "c d+")]),
            ("a=%2526%26%3D", &[("a", "%26&=")]),
            ("%61=\u{e9}%C3%A9", &[("a", "\u{e9}\u{e9}")]),
        ] {
            let found = parted(text).unwrap();
            let found: Vec<_> = found
                .iter()
                .map(|(n, v)| (n.as_str(), v.as_str()))
                .collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(text in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = pairs(&text);
        }

        #[test]
        fn what_was_encoded_comes_back(list in prop::collection::vec((".{1,9}", ".{0,9}"), 0..9)) {
            let encoded = |text: &str| text.bytes().fold(String::new(), |out, byte| out + &format!("%{byte:02X}"));
            let form: Vec<_> = list.iter().map(|(n, v)| format!("{}={}", encoded(n), encoded(v))).collect();
            prop_assert_eq!(parted(&form.join("&")), Some(list));
        }
    }
}
