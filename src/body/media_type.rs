//! `Content-Type` and `Content-Encoding`, read by the letter (RFC 9110, sections 8.3 and 8.4).

use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};

use crate::field::exactly_one;

/// Whether the body is of one of the types in `accepted` (lower case, no parameters) and bears no
/// coding; the reason if not.
pub(super) fn check(headers: &HeaderMap, accepted: &[&str]) -> Result<(), &'static str> {
    match exactly_one(headers, CONTENT_TYPE) {
        Ok(Some(value)) if is_one_of(value.as_bytes(), accepted) => {}
        Ok(Some(_)) => return Err("content_type_not_accepted"),
        Ok(None) => return Err("content_type_missing"),
        Err(_) => return Err("content_type_repeated"),
    }
    match exactly_one(headers, CONTENT_ENCODING) {
        Ok(None) => Ok(()),
        Ok(Some(value)) if value.as_bytes().eq_ignore_ascii_case(b"identity") => Ok(()),
        Ok(Some(_)) | Err(_) => Err("content_encoding_not_accepted"),
    }
}

/// Whether `value` names one of `accepted`, without parameters or with `charset=utf-8` alone.
///
/// What a lenient reader would let through (a tab, a second parameter, a list) is refused: a
/// checker and a parser that read a header differently are how checks are bypassed.
pub(super) fn is_one_of(value: &[u8], accepted: &[&str]) -> bool {
    let mut parts = value.splitn(2, |byte| *byte == b';');
    let essence = parts.next().unwrap_or_default();
    let named = |essence: &[u8]| {
        accepted
            .iter()
            .any(|name| essence.eq_ignore_ascii_case(name.as_bytes()))
    };
    match parts.next() {
        None => named(essence),
        Some(parameter) => named(trimmed_end(essence)) && is_utf8(trimmed(parameter)),
    }
}

fn is_utf8(parameter: &[u8]) -> bool {
    parameter.eq_ignore_ascii_case(b"charset=utf-8")
        || parameter.eq_ignore_ascii_case(b"charset=\"utf-8\"")
}

fn trimmed(mut text: &[u8]) -> &[u8] {
    while let Some((b' ', rest)) = text.split_first() {
        text = rest;
    }
    trimmed_end(text)
}

fn trimmed_end(mut text: &[u8]) -> &[u8] {
    while let Some((b' ', rest)) = text.split_last() {
        text = rest;
    }
    text
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    const JSON: [&str; 1] = ["application/json"];

    #[test]
    fn only_the_exact_type_in_utf_8_is_read() {
        for (value, read) in [
            ("application/json", true),
            ("APPLICATION/JSON", true),
            ("Application/Json;Charset=UTF-8", true),
            ("application/json; charset=utf-8", true),
            ("application/json ; charset=\"utf-8\"", true),
            ("", false),
            ("text/plain", false),
            ("application/json;", false),
            ("application/json;charset=utf-16", false),
            ("application/json;charset=utf-8;charset=utf-8", false),
            ("application/json;charset=utf-8;q=1", false),
            ("application/json;charset = utf-8", false),
            ("application/json; version=1", false),
            ("application/json\t; charset=utf-8", false),
            ("application/json;\tcharset=utf-8", false),
            ("application/json\t", false),
            ("application/json ", false),
            (" application/json", false),
            ("application/json foo=bar", false),
            ("application/json, text/plain", false),
            ("application/jsonx", false),
            ("application/jso", false),
            ("application/vnd.x+json", false),
            ("application/merge-patch+json", false),
            ("application/*", false),
            ("*/*", false),
            ("multipart/form-data; boundary=application/json", false),
            ("application/json\u{e9}", false),
        ] {
            assert_eq!(is_one_of(value.as_bytes(), &JSON), read, "{value:?}");
        }
    }

    #[test]
    fn fields_count_once_and_codings_are_not_undone() {
        let with = |fields: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in fields {
                headers.append(*name, HeaderValue::from_static(value));
            }
            check(&headers, &JSON)
        };
        let json = ("content-type", "application/json");
        for (fields, verdict) in [
            (&[json][..], Ok(())),
            (&[json, ("content-encoding", "Identity")], Ok(())),
            (&[], Err("content_type_missing")),
            (&[json, json], Err("content_type_repeated")),
            (
                &[json, ("content-encoding", "gzip")],
                Err("content_encoding_not_accepted"),
            ),
            (
                &[json, ("content-encoding", "")],
                Err("content_encoding_not_accepted"),
            ),
            (
                &[json, ("content-encoding", "gzip, gzip")],
                Err("content_encoding_not_accepted"),
            ),
            (
                &[
                    json,
                    ("content-encoding", "identity"),
                    ("content-encoding", "gzip"),
                ],
                Err("content_encoding_not_accepted"),
            ),
        ] {
            assert_eq!(with(fields), verdict, "{fields:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_json_in_utf_8(value in "(?i)(application|text)/json[ ;\t,]{0,3}(charset=.{0,7})?") {
            if is_one_of(value.as_bytes(), &JSON) {
                let lower = value.to_ascii_lowercase().replace([' ', '"'], "");
                prop_assert!(lower == "application/json" || lower == "application/json;charset=utf-8");
            }
        }
    }
}
