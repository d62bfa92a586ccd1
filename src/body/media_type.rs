//! `Content-Type`, read by the letter (RFC 9110, section 8.3).

use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use http::request::Parts;

use crate::field::{exactly_one, is_tchar};

/// The media type of a body, as a guard has read it. It travels with the request, so that whoever
/// takes the body means the same type as whoever let it in.
#[derive(Clone, Debug)]
pub(crate) struct MediaType {
    line: HeaderValue,
    /// Where its essence ends.
    end: usize,
}

impl MediaType {
    /// The media type that a head names; the reason if there is none, several, or one with
    /// parameters other than `charset=utf-8`.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, &'static str> {
        let line = line(headers)?;
        let essence = essence(line.as_bytes()).ok_or(NOT_ACCEPTED)?;
        Ok(Self {
            end: essence.len(),
            line: line.clone(),
        })
    }

    /// Whether it is one of `accepted` (lower case, no parameters).
    pub(crate) fn is_one_of<N: AsRef<str>>(&self, accepted: &[N]) -> bool {
        let essence = self.line.as_bytes().get(..self.end).unwrap_or_default();
        is_named(essence, accepted)
    }
}

pub(crate) const NOT_ACCEPTED: &str = "content_type_not_accepted";

/// Whether the body is of one of the types in `accepted`; the reason if not.
pub(super) fn check(head: &Parts, accepted: &[&str]) -> Result<(), &'static str> {
    let fits = match head.extensions.get::<MediaType>() {
        Some(read) => read.is_one_of(accepted),
        None => is_one_of(line(&head.headers)?.as_bytes(), accepted),
    };
    fits.then_some(()).ok_or(NOT_ACCEPTED)
}

fn line(headers: &HeaderMap) -> Result<&HeaderValue, &'static str> {
    match exactly_one(headers, CONTENT_TYPE) {
        Ok(Some(line)) => Ok(line),
        Ok(None) => Err("content_type_missing"),
        Err(_) => Err("content_type_repeated"),
    }
}

fn is_one_of(value: &[u8], accepted: &[&str]) -> bool {
    essence(value).is_some_and(|essence| is_named(essence, accepted))
}

fn is_named<N: AsRef<str>>(essence: &[u8], accepted: &[N]) -> bool {
    let mut names = accepted.iter().map(|name| name.as_ref().as_bytes());
    names.any(|name| essence.eq_ignore_ascii_case(name))
}

/// What `value` names, without parameters or with `charset=utf-8` alone.
///
/// What a lenient reader would let through (a tab, a second parameter, a list) is refused: a
/// checker and a parser that read a header differently are how checks are bypassed.
fn essence(value: &[u8]) -> Option<&[u8]> {
    let mut parts = value.splitn(2, |byte| *byte == b';');
    let essence = parts.next().unwrap_or_default();
    match parts.next() {
        None => Some(essence),
        Some(parameter) => is_utf8(trimmed(parameter)).then(|| trimmed_end(essence)),
    }
}

/// Whether `text` is a type and a subtype.
pub(crate) fn is_essence(text: &[u8]) -> bool {
    let mut halves = text.splitn(2, |byte| *byte == b'/');
    let is_token = |half: Option<&[u8]>| {
        half.is_some_and(|half| !half.is_empty() && half.iter().all(|byte| is_tchar(*byte)))
    };
    is_token(halves.next()) && is_token(halves.next())
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

    fn head(fields: &[(&'static str, &'static str)]) -> Parts {
        let (mut head, ()) = http::Request::new(()).into_parts();
        for (name, value) in fields {
            head.headers.append(*name, HeaderValue::from_static(value));
        }
        head
    }

    #[test]
    fn the_field_counts_once() {
        let json = ("content-type", "application/json");
        for (fields, verdict) in [
            (&[json][..], Ok(())),
            (&[], Err("content_type_missing")),
            (&[json, json], Err("content_type_repeated")),
            (&[("content-type", "text/plain")], Err(NOT_ACCEPTED)),
        ] {
            assert_eq!(check(&head(fields), &JSON), verdict, "{fields:?}");
        }
    }

    #[test]
    fn what_a_guard_has_read_is_what_counts() {
        let read = |line| MediaType::of(&head(&[("content-type", line)]).headers);
        let mut head = head(&[("content-type", "application/json")]);
        head.extensions
            .insert(read("Text/CSV ; charset=utf-8").unwrap());
        assert_eq!(check(&head, &JSON), Err(NOT_ACCEPTED));
        assert_eq!(check(&head, &["text/csv"]), Ok(()));
        assert_eq!(read("a/b; q=1").err(), Some(NOT_ACCEPTED));
        for line in ["a/b", "A/B", "a/b;charset=utf-8"] {
            assert!(read(line).unwrap().is_one_of(&["c/d", "a/b"]), "{line}");
        }
        for line in ["", "a", "a/", "/b", "a/bc", "a /b", "a/b ", "a/b, c/d"] {
            assert!(!read(line).unwrap().is_one_of(&["c/d", "a/b"]), "{line}");
        }
    }

    #[test]
    fn a_type_and_a_subtype_are_two_tokens() {
        for (text, is_one) in [
            ("a/b", true),
            ("application/vnd.x+json", true),
            ("json", false),
            ("a/", false),
            ("/b", false),
            ("/", false),
            ("a/b/c", false),
            ("a/(b)", false),
            ("a /b", false),
            ("a/b;c=d", false),
            ("a/\u{e9}", false),
        ] {
            assert_eq!(is_essence(text.as_bytes()), is_one, "{text}");
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
