//! Header fields, read and written by the letter (RFC 9110, RFC 9651).

use bytes::BytesMut;
use http::header::{AsHeaderName, HeaderMap, HeaderName, HeaderValue};

/// What is left of a quota (draft-ietf-httpapi-ratelimit-headers): a list, an item for each limit.
pub(crate) const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// The quotas themselves: a list, an item for each limit.
pub(crate) const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

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

/// Writes `text` as a quoted-string (RFC 9110, section 5.6.4), which is also a structured-field
/// string (RFC 9651, section 3.3.3). What neither can bear (controls, non-ASCII) becomes `?`.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            _ => out.push('?'),
        }
    }
    out.push('"');
    out
}

/// A field value put together from `parts`, in one allocation. What no header can bear gives an
/// empty value.
pub(crate) fn joined(parts: &[&[u8]]) -> HeaderValue {
    let mut out = BytesMut::with_capacity(parts.iter().map(|part| part.len()).sum());
    for part in parts {
        out.extend_from_slice(part);
    }
    HeaderValue::from_maybe_shared(out.freeze()).unwrap_or(HeaderValue::from_static(""))
}

/// The decimal digits of a number, without an allocation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decimal {
    digits: [u8; 20],
    start: usize,
}

impl Decimal {
    pub(crate) fn new(mut number: u64) -> Self {
        let mut digits = [b'0'; 20];
        let mut start = digits.len();
        for (place, digit) in digits.iter_mut().enumerate().rev() {
            start = place;
            *digit = b'0' + u8::try_from(number % 10).unwrap_or(0);
            number /= 10;
            if number == 0 {
                break;
            }
        }
        Self { digits, start }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.digits.get(self.start..).unwrap_or_default()
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
    fn quoting_escapes_what_would_end_the_string() {
        assert_eq!(quoted(r#"a"b\c"#), r#""a\"b\\c""#);
        assert_eq!(quoted("a\r\nb\u{e9}"), r#""a??b?""#);
    }

    #[test]
    fn numbers_are_written_in_full() {
        for number in [0, 9, 10, 1_234, u64::MAX] {
            assert_eq!(
                Decimal::new(number).as_bytes(),
                number.to_string().as_bytes()
            );
        }
    }

    #[test]
    fn a_joined_value_is_its_parts_in_order() {
        assert_eq!(joined(&[b"a=", b"1"]), "a=1");
        assert_eq!(joined(&[b"a\n"]), "");
    }
}
