//! Header fields, read and written by the letter (RFC 9110, RFC 9651).

use bytes::BytesMut;
use http::header::{AsHeaderName, HeaderMap, HeaderName, HeaderValue};
use smallvec::SmallVec;

/// What is left of a quota (draft-ietf-httpapi-ratelimit-headers): a list, an item for each limit.
pub(crate) const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// The quotas themselves: a list, an item for each limit.
pub(crate) const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// What tells strangers with which software they have to do, and nobody else anything.
pub(crate) const TELLTALE: [HeaderName; 6] = [
    http::header::SERVER,
    HeaderName::from_static("x-powered-by"),
    HeaderName::from_static("x-aspnet-version"),
    HeaderName::from_static("x-aspnetmvc-version"),
    HeaderName::from_static("x-generator"),
    HeaderName::from_static("x-runtime"),
];

/// A field that stands more than once where it may stand only once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Repeated;

/// The only line of the field `name`, if there is one.
///
/// # Errors
/// [`Repeated`] if the field has several lines: which one counts would be anybody's guess, and
/// guessing differently from the server behind is how checks are bypassed.
pub(crate) fn exactly_one(
    headers: &HeaderMap,
    name: impl AsHeaderName,
) -> Result<Option<&HeaderValue>, Repeated> {
    let mut lines = headers.get_all(name).iter();
    match (lines.next(), lines.next()) {
        (only, None) => Ok(only),
        _ => Err(Repeated),
    }
}

/// Whether tokens, such as the names of fields and parameters, are made of this byte (RFC 9110,
/// section 5.6.2).
pub(crate) fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Where the quoted string ends whose opening quote stands before `text`
/// (RFC 9110, section 5.6.4).
pub(crate) fn end_of_quoted(text: &[u8]) -> Option<usize> {
    let mut is_escaped = false;
    text.iter().position(|byte| {
        let ends = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        ends
    })
}

/// What an `Authorization` line says: the name of a scheme, and what follows the spaces behind it
/// (RFC 9110, section 11.4); nothing if no space does. `None` if there is no name.
#[cfg_attr(not(any(feature = "jwt", feature = "remote")), allow(dead_code))]
pub(crate) fn credentials(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = match line.get(..7) {
        Some(b"Bearer ") => 6, // nearly always
        _ => line
            .iter()
            .position(|byte| !is_tchar(*byte))
            .unwrap_or(line.len()),
    };
    let (name, rest) = line
        .split_at_checked(end)
        .filter(|(name, _)| !name.is_empty())?;
    let spaces = rest.iter().take_while(|byte| **byte == b' ').count();
    Some((
        name,
        if spaces == 0 {
            b""
        } else {
            rest.get(spaces..)?
        },
    ))
}

/// Whether `token` is one or more characters of the alphabet of tokens, then any number of `=`
/// (RFC 9110, section 11.2).
#[cfg_attr(not(any(feature = "jwt", feature = "remote")), allow(dead_code))]
pub(crate) fn is_b64token(token: &[u8]) -> bool {
    let padding = token.iter().rev().take_while(|byte| **byte == b'=').count();
    let body = token.get(..token.len() - padding).unwrap_or_default();
    // Every byte is looked at, without a branch, so that many are looked at together.
    #[allow(clippy::needless_bitwise_bool)]
    let is_foreign = |byte: u8| {
        let known = ((byte | 0x20).wrapping_sub(b'a') < 26)
            | (byte.wrapping_sub(b'-') < 13) // - . / and the digits
            | (byte == b'_')
            | (byte == b'~')
            | (byte == b'+');
        u8::from(!known)
    };
    !body.is_empty() && body.iter().fold(0, |any, byte| any | is_foreign(*byte)) == 0
}

/// `text` as a quoted-string (RFC 9110, section 5.6.4), which is also a structured-field string
/// (RFC 9651, section 3.3.3). What neither can bear (controls, non-ASCII) becomes `?`.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_quoted(&mut out, text);
    out
}

/// Writes it behind what is there.
pub(crate) fn push_quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            _ => out.push('?'),
        }
    }
    out.push('"');
}

/// A field value put together from `parts`, in one allocation and without another copy of them. What
/// no header can bear gives an empty value.
pub(crate) fn joined(parts: &[&[u8]]) -> HeaderValue {
    let mut out = BytesMut::with_capacity(parts.iter().map(|part| part.len()).sum());
    for part in parts {
        out.extend_from_slice(part);
    }
    HeaderValue::from_maybe_shared(out.freeze()).unwrap_or(HeaderValue::from_static(""))
}

/// A field value that is being written. It is put together on the stack, since most are short.
#[derive(Debug, Default)]
pub(crate) struct Text(SmallVec<[u8; 128]>);

impl Text {
    #[inline]
    pub(crate) fn push(&mut self, part: &[u8]) -> &mut Self {
        self.0.extend_from_slice(part);
        self
    }

    /// A number in decimal digits.
    #[inline]
    pub(crate) fn push_number(&mut self, number: u64) -> &mut Self {
        self.push(itoa::Buffer::new().format(number).as_bytes())
    }

    /// What has to stand before the next item of a list.
    #[inline]
    pub(crate) fn next_item(&mut self) -> &mut Self {
        if self.0.is_empty() {
            return self;
        }
        self.push(b", ")
    }

    /// The value; an empty one if no header can bear it.
    #[inline]
    pub(crate) fn value(&self) -> HeaderValue {
        HeaderValue::from_bytes(&self.0).unwrap_or(HeaderValue::from_static(""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_counts_only_if_it_stands_once() {
        let mut headers = HeaderMap::new();
        assert_eq!(exactly_one(&headers, "x-a"), Ok(None));
        headers.append("x-a", HeaderValue::from_static("1"));
        assert_eq!(
            exactly_one(&headers, "x-a"),
            Ok(Some(&HeaderValue::from_static("1")))
        );
        headers.append("x-a", HeaderValue::from_static("1"));
        assert_eq!(exactly_one(&headers, "x-a"), Err(Repeated));
    }

    #[test]
    fn credentials_are_a_scheme_and_what_follows_the_spaces_behind_it() {
        for (line, expected) in [
            (&b"Bearer a b"[..], Some((&b"Bearer"[..], &b"a b"[..]))),
            (b"Basic   x", Some((b"Basic", b"x"))),
            (b"Bearer ", Some((b"Bearer", b""))),
            (b"Bearer", Some((b"Bearer", b""))),
            (b"Bearer\tx", Some((b"Bearer", b""))),
            (b"Bearer/x", Some((b"Bearer", b""))),
            (b"Bearerx y", Some((b"Bearerx", b"y"))),
            (b" Bearer x", None),
            (b"", None),
        ] {
            let shown = line.escape_ascii().to_string();
            assert_eq!(credentials(line), expected, "{shown}");
        }
    }

    #[test]
    fn the_alphabet_of_tokens_is_that_of_the_standard() {
        for byte in 0..=u8::MAX {
            let known = byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
            assert_eq!(is_b64token(&[b'a', byte, b'a']), known, "{byte}");
        }
        for (token, good) in [("", false), ("=", false), ("a==", true), ("a=b", false)] {
            assert_eq!(is_b64token(token.as_bytes()), good, "{token}");
        }
    }

    #[test]
    fn quoting_escapes_what_would_end_the_string() {
        assert_eq!(quoted(r#"a"b\c"#), r#""a\"b\\c""#);
        assert_eq!(quoted("a\r\nb\u{e9}"), r#""a??b?""#);
    }

    #[test]
    fn a_value_is_its_parts_in_order() {
        assert_eq!(joined(&[b"a=", b"1"]), "a=1");
        assert_eq!(joined(&[b"a\n"]), "");
        let mut text = Text::default();
        text.next_item().push(b"a=").push_number(0);
        text.next_item().push(b"b=").push_number(u64::MAX);
        assert_eq!(text.value(), "a=0, b=18446744073709551615");
        assert_eq!(text.push(b"\n").value(), "");
    }
}
